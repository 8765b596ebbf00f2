"""Runbooks: what stands in them, in HTML and Markdown, for the client's own names."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from clusterlab.clusterfiles import ClusterFileError
from clusterlab.procedures.catalogue import installation, removal
from clusterlab.procedures.plan import Plan, most_evs
from clusterlab.procedures.planfiles import read_plan
from clusterlab.procedures.planning import warnings
from clusterlab.procedures.procedure import Procedure
from clusterlab.procedures.run import Run
from clusterlab.procedures.runbook import (
    RunbookStep,
    ranges,
    runbook,
    runbook_html,
    runbook_markdown,
    step_table,
    write_runbook,
)
from clusterlab.procedures.step import Step

NASTY = '</td><script>alert("1")</script> & {0} | *x* `y`'


def small(how: str = "Do it") -> Procedure:
    """Return a procedure of another kind: one step for each node, one at the end."""
    facts = {"phase": "Work", "place": "each node", "permission": "anybody", "verify": "look"}
    patch = {"id": "patch/P1", "title": "Patch", "scope": "node", "how": how, "minutes": 5}
    look = {"id": "patch/P2", "title": "Look", "scope": "cluster", "how": "Look", "minutes": 60}
    steps = tuple(Step(source="here", **facts, **one) for one in (patch, look))
    return Procedure(name="patch", plan=Plan.standard(2, 1), steps=steps)


def install(nodes: int = 2, evs: int = 1) -> Procedure:
    """Return the installation with training values."""
    return installation(Plan.standard(nodes, evs))


def step(key: str, procedure: Procedure | None = None) -> RunbookStep:
    """Return a step of a runbook."""
    return next(s for s in runbook(procedure or install()).steps if s.task.short == key)


class Page(HTMLParser):
    """Collects the tags of a page, and checks that they are closed in order."""

    VOID = ("meta", "input", "br")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert [] == self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag; a script in an attribute is refused."""
        self.tags.append(tag)
        self.ids += [str(value) for name, value in attrs if name == "id"]
        self.links += [str(value) for name, value in attrs if name in ("href", "src")]
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the tag that was opened last."""
        assert tag == self.open.pop()

    def handle_data(self, data: str) -> None:
        """Note what can be read."""
        self.words.append(data)


@pytest.mark.parametrize("nodes", [1, 2, 4, 8])
def test_every_task_stands_in_the_runbook_once(nodes: int) -> None:
    """A runbook has each task of its procedure, numbered, after all that it needs."""
    procedure = install(nodes, most_evs(nodes))
    book = runbook(procedure)
    assert [task.short for task in procedure.tasks] == [s.task.short for s in book.steps]
    assert list(range(1, len(book.steps) + 1)) == [s.number for s in book.steps]
    assert procedure.minutes() == book.minutes
    assert all(max(s.after, default=0) < s.number for s in book.steps)


def test_a_step_with_the_names_of_the_client() -> None:
    """Texts, commands and answers carry the names of the plan, none is left in braces."""
    evs = replace(Plan.standard(2, 1).evs[0], name="MAIL-01", address="192.168.10.77")
    procedure = installation(replace(Plan.standard(2, 1), evs=(evs,)))
    found = step("E02@EVS1", procedure)
    assert "Create the IP Address resource (MAIL-01)" == found.task.title
    assert any("Address=192.168.10.77" in line for line in found.commands)
    for one in runbook(procedure).steps:
        texts = (one.task.title, *one.texts.values())
        assert not re.search(r"[{}]", " ".join((*texts, *one.commands)))


def test_commands_are_those_of_the_run() -> None:
    """What only the run knows is in the lines too: which groups a node owns (X03)."""
    assert 'cluster group "Cluster Group" /moveto:NODE2' in step("X03@N1").commands
    run = Run(install()).do_rest(until="E02@EVS1")
    assert run.lines("E03@EVS1") == step("E03@EVS1").commands


def test_decisions_have_the_right_answer() -> None:
    """A question of a wizard stands with what the handbook recommends."""
    answers = dict(step("E03@EVS1").decisions)
    assert {"Is Enable Kerberos Authentication ticked?": "ticked"} == answers


def test_a_node_is_named_where_each_node_is_meant() -> None:
    """A step for one node says that node as its place."""
    assert "NODE2" == step("N02@N2").texts["Where"]


def test_headings() -> None:
    """Steps for one node or EVS stand under its name, others under their phase."""
    titles = [title for title, _ in runbook(install()).sections]
    assert "Planning" == titles[0]
    assert {"Nodes: NODE1", "Nodes: NODE2", "EVS: EVS1"} <= set(titles)


def test_accounts() -> None:
    """Each step stands in the table of accounts once, at its permission."""
    book = runbook(install())
    table = book.tables[-1]
    assert "accounts" == table.name
    numbers = [number for row in table.rows for number in numbers_of(row[1])]
    assert list(range(1, 56)) == sorted(numbers)
    full = next(row for row in table.rows if row[0].startswith("Enterprise Admins"))
    assert [s.number for s in book.steps if s.task.short == "A03"] == numbers_of(full[1])


def test_steps_as_a_table() -> None:
    """Each step is a row with number, key, permission, minutes, and what comes first."""
    table = step_table(runbook(install()))
    assert 55 == len(table.rows)
    row = next(row for row in table.rows if row[1] == "E05@EVS1")
    numbers = {row[1]: row[0] for row in table.rows}
    assert "1" == row[5]
    needs = [int(numbers[f"{key}@EVS1"]) for key in ("E02", "E03", "E04")]
    assert needs == numbers_of(row[6])


def numbers_of(text: str) -> list[int]:
    """Return the numbers of "1-3, 7"."""
    pairs = [part.partition("-") for part in text.split(", ")]
    return [n for low, _, high in pairs for n in range(int(low), int(high or low) + 1)]


@pytest.mark.parametrize(
    ("numbers", "text"), [([], ""), ([4], "4"), ([1, 2], "1-2"), ([1, 2, 3, 7, 9], "1-3, 7, 9")]
)
def test_ranges(numbers: list[int], text: str) -> None:
    """Numbers in a row are drawn together."""
    assert text == ranges(numbers)


def test_the_rest_of_a_run() -> None:
    """Steps that are done are left out and said; needs that are met are no needs any more."""
    run = Run(install()).do_rest(until="C02@N2")
    book = runbook(run)
    assert [task.short for task in run.left()] == [s.task.short for s in book.steps]
    assert 55 - len(book.steps) == book.done > 0
    assert f"{book.done} steps are done already" in dict(book.facts)["Work"]
    assert () == book.steps[0].after
    assert "C03" == book.steps[0].task.short


def test_a_run_that_is_finished() -> None:
    """Nothing is left, and the runbook is still a page."""
    run = Run(small()).do_rest()
    assert () == runbook(run).steps
    Page(runbook_html(run))


@pytest.mark.parametrize(("nodes", "evs"), [(2, 1), (4, 3)])
def test_the_removal(nodes: int, evs: int) -> None:
    """A removal begins with the finished cluster: the last EVS first, its name deleted by lines."""
    book = runbook(removal(Plan.standard(nodes, evs)))
    assert f"Removal of Exchange Server 2003: cluster {book.plan.cluster}" == book.title
    assert f"R01@EVS{evs}" == book.steps[0].task.short
    line = f'cluster res "EVS{evs} Network Name" /delete'
    assert line in next(s for s in book.steps if s.task.short == f"R04@EVS{evs}").commands
    Page(runbook_html(removal(Plan.standard(nodes, evs))))


def test_any_procedure() -> None:
    """A procedure with steps of its own makes a runbook with its name."""
    book = runbook(small())
    assert "Patch: cluster CLUS2" == book.title
    assert ["P1@N1", "P1@N2", "P2"] == [s.task.short for s in book.steps]
    assert 70 == book.minutes


def test_the_page_is_whole() -> None:
    """The HTML is well formed, loads nothing, runs nothing, and its links lead somewhere."""
    page = Page(runbook_html(install(4, 3)))
    assert not {"script", "link", "img", "iframe", "button"} & set(page.tags)
    assert 109 == page.tags.count("input")
    assert len(page.ids) == len(set(page.ids))
    assert page.links
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)


def test_the_page_is_light_and_prints() -> None:
    """109 steps are less than 200 kB, and have a style for paper."""
    html = runbook_html(install(4, 3))
    assert len(html.encode()) < 200_000
    assert "@media print" in html
    assert "@page { size: A4;" in html


def test_loose_sheets_can_be_put_in_order_again() -> None:
    """Each printed sheet says which page it is, and of how many."""
    page = runbook_html(installation(Plan.standard(2, 1)))
    assert 'content: "Page " counter(page) " of " counter(pages)' in page


def test_no_name_is_broken_in_print() -> None:
    """Names of nodes and EVSs stand in one line, and no short word such as Reserve is cut."""
    style = runbook_html(install()).partition("<style>")[2].partition("</style>")[0]
    rules = dict(re.findall(r"([^{}]+)\{([^{}]*)\}", style))
    whole = " ".join(rule for rule, said in rules.items() if "white-space: nowrap" in said)
    assert ".names td:nth-child(-n+2), .disks td:nth-child(3)," in whole
    assert "overflow-wrap: break-word" in rules["\nth, td "]


def test_everything_of_a_step_is_on_the_page() -> None:
    """Place, permission, how, commands, answers and verification stand in both forms."""
    page = "".join(Page(runbook_html(install())).words)
    text = runbook_markdown(install()).replace("\\", "")
    for one in runbook(install()).steps:
        for words in (one.task.title, *one.texts.values(), *one.commands):
            assert words in page
            assert words.replace("\\", "") in text


def test_nothing_of_the_client_becomes_markup() -> None:
    """Signs of HTML and of Markdown in names and texts are shown as they are."""
    escaped = NASTY.replace("{", "{{").replace("}", "}}")
    page = Page(runbook_html(small(escaped)))
    assert "script" not in page.tags
    assert NASTY in page.words
    line = next(x for x in runbook_markdown(small(escaped)).splitlines() if "alert" in x)
    assert "\\<script>" in line
    assert "\\| \\*x\\* \\`y\\`" in line


def test_markdown_has_a_box_for_each_step() -> None:
    """Each step is a task of a list, with room for time and initials."""
    text = runbook_markdown(install())
    assert 55 == len(re.findall(r"^- \[ \] \*\*\d+\. ", text, re.M))
    assert 55 == text.count("Initials: ____")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    cells = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
    assert min(cells) > 2


@pytest.mark.parametrize("ending", [".html", ".md", ".HTML"])
def test_files(tmp_path: Path, ending: str) -> None:
    """The ending decides the form; nothing is left beside the file."""
    path = tmp_path / f"runbook{ending}"
    write_runbook(small(), path)
    expected = runbook_markdown(small()) if ending == ".md" else runbook_html(small())
    assert expected == path.read_text("utf-8")
    assert [path] == list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["runbook.pdf", "runbook", "no folder/runbook.html"])
def test_files_that_cannot_be(tmp_path: Path, name: str) -> None:
    """Another ending, or a place that does not exist, is a sentence and writes nothing."""
    with pytest.raises(ClusterFileError, match=r"allowed: \.html, \.md|name another place"):
        write_runbook(small(), tmp_path / name)
    assert [] == list(tmp_path.iterdir())


def test_the_plan_of_the_guide_can_be_read() -> None:
    """The guide's plan file is a plan without a warning."""
    guide = Path(__file__).parent.parent / "docs" / "guides" / "plan-and-runbook.md"
    (text,) = re.findall(r"```toml\n(.*?)```", guide.read_text("utf-8"), re.S)
    plan = read_plan(text)
    assert ("MX1", ()) == (plan.evs[0].name, warnings(plan))
    assert 55 == len(runbook(installation(plan)).steps)
