"""Tasks done by deeds: what is kept beside the notebook is graded as the same answer typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from clusterlab import Simulation
from clusterlab.lab import kept, start, task
from clusterlab.lab.exercises import TASKS, check, hints
from clusterlab.lab.panels.tour import TourLab
from clusterlab.lessons import tasks
from clusterlab.procedures import Run
from clusterlab.scenario import read_scenario
from clusterlab.scenario.layout import ScenarioError
from tests import test_exercise_checks as part_1_2
from tests import test_exercise_checks_03 as part_3
from tests import test_exercise_checks_04 as part_4
from tests import test_exercise_checks_05 as part_5
from tests import test_exercise_checks_06 as part_6
from tests import test_exercise_checks_08 as part_8
from tests import test_exercise_checks_11 as part_11
from tests.answers import Act

TYPED: Mapping[str, Act] = {
    name: act
    for part in (part_1_2, part_3, part_4, part_5, part_6, part_8, part_11)
    for name, act in part.RIGHT_ACTS.items()
    if TASKS[name].panel in ("failover", "administrator")
}
"""Right answers by code to the tasks that are about a cluster, by task."""
FORM = ("H01@N1", "H02@N2", "H03@N1", "C01@N1")
OF_WORDS: Mapping[str, tuple[str, ...]] = {
    "07.3": FORM,
    "07.4": FORM,
    "07.5": (
        "recover/M07@N2", "C02@N2", "C03", "C04", "C05", "C06", "C07", "X01@N2", "X03@N1",
        "X04@N1", "X03@N2", "X04@N2", "X05@N1", "X05@N2",
    ),
    "07.6": (
        "G03@EVS1", "E09@EVS1", "G04@EVS1", 'cluster resource "EVS1 Network Name" /offline',
        "E03@EVS1", 'cluster group "EVS1" /online',
    ),
    "08.5": (
        *(f"remove/{step}@N2" for step in ("R07", "R08", "R10", "R11", "R12")),
        "C02@N2", "X03@N2", "X04@N2", "X05@N2", "G03@EVS1", "G03@EVS2",
    ),
    "08.6": tuple(f"remove/R0{number}@EVS2" for number in range(1, 7)),
    "09.3": (
        "U2-04", "U2-05", "U2-06", "U2-07", "U2-08", "fail NODE1",
        "U2-09", "U2-10", "U2-11", "U2-12",
    ),
    "09.4": ("P12", "P08", "P09", "P10", "P11", "U2-01", "U2-02"),
    "09.5": (
        "fail NODE2", 'cluster group "EVS1" /moveto:NODE2', "U2-09", "U2-10", "U2-11", "U2-12",
    ),
    "10.3": ("M-06", "M-07", "M-08", "M-09", "M-12", "M-13"),
    "10.5": ("M-19", "M-20", "M-15", "M-21", "M-22", "M-23", "M-24"),
    "11.8": (
        "NC-05", "NC-contacts", "NC-07", "NC-08@EVS1", "NC-08@EVS2", "NC-08@EVS3", "NC-09",
    ),
    "14.3": ("set active=5", "set passive=2", "set mttr_h=36"),
    "14.7": ("set seed=7", "new year", "set spares=2", *["to end"] * 4),
    "15.2": (
        "set D3=missing", "set D4=shown", "set D6=promised", "set D7=missing", "set D8=shown",
        "set D10=promised",
    ),
}  # fmt: skip
"""Right answers to the tasks on other panels, in the words of the panel."""
DEEDS = [name for name, words in TASKS.items() if words.panel]


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Return what makes the folder of an exercise and lets Python work in it."""

    def enter(name: str) -> Path:
        folder = tmp_path / f"{name[:2]}_exercise"
        folder.mkdir(exist_ok=True)
        (folder / f"{folder.name}.ipynb").write_text("{}", "utf-8")
        monkeypatch.chdir(folder)
        return folder

    return enter


def done(name: str) -> TourLab:
    """Return the panel of a task in which it was done rightly."""
    lab = task(name)
    if name in TYPED:
        TYPED[name](lab.stage.branches.shown)
        lab.stage.branches.notice()
    for words in OF_WORDS.get(name, ()):
        if words.startswith("cluster "):
            lab.stage.run_line(words)
        else:
            lab.stage.act(words)
    return lab


def test_the_tasks_that_ask_for_doing_have_a_panel():
    """Every task that begins with a run is among them; each has an answer by deeds here."""
    assert {*TYPED, *OF_WORDS} == {*DEEDS}
    assert [] == [n for n in TASKS if isinstance(tasks.beginning(n), Run) and n not in DEEDS]


@pytest.mark.parametrize("name", DEEDS)
def test_an_answer_by_deeds_is_as_right_as_a_typed_one(name: str, beside: Callable[[str], Path]):
    """*Keep my answer* writes lines that replay to a right answer."""
    folder = beside(name)
    lab = done(name)
    lab.buttons["check"].click()
    lab.buttons["keep"].click()
    assert "" == lab.errors.text
    assert {f"{folder.name}.ipynb", f"{name}.txt"} == {p.name for p in folder.iterdir()}
    result = check(name, kept(name))
    assert result, result
    assert 4 == result.points(4)


@pytest.mark.parametrize("name", [name for name in DEEDS if name in TYPED])
def test_the_lines_kept_are_deeds_of_the_panel(name: str, beside: Callable[[str], Path]):
    """Done line by line in the panel itself, they come out as the same answer."""
    folder = beside(name)
    done(name).buttons["keep"].click()
    typed = kept(name).cluster
    lab = task(name)
    for line in (folder / f"{name}.txt").read_text("utf-8").splitlines()[2:]:
        if line.startswith("run until "):
            lab.stage.branches.go_to(float(line.removeprefix("run until ")))
        else:
            lab.stage.act(line)
    assert "" == lab.stage.errors.text
    lab.buttons["keep"].click()
    assert typed == kept(name).cluster


def test_an_answer_is_kept_beside_its_own_notebook_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Elsewhere nothing is written, and the message says where to go."""
    monkeypatch.chdir(tmp_path)
    lab = done("02.7")
    lab.buttons["keep"].click()
    assert "open that notebook and do it there" in lab.errors.text
    hints("02.3").show(3)
    assert [] == list(tmp_path.iterdir())


def test_what_does_not_replay_is_not_kept(beside: Callable[[str], Path]):
    """An earlier answer stays as it was, whole."""
    folder = beside("02.7")
    done("02.7").buttons["keep"].click()
    before = (folder / "02.7.txt").read_bytes()
    lab = task("02.7")
    lab.stage.branches.shown.set_properties("EVS1/IS", restart_period_s=0.0004)
    lab.stage.branches.notice()
    lab.buttons["keep"].click()
    assert "cannot be kept as lines; do task 02.7 by code" in lab.errors.text
    assert before == (folder / "02.7.txt").read_bytes()


def test_what_was_refused_on_the_way_is_kept_with_it(beside: Callable[[str], Path]):
    """A refusal counts as a step of the answer, in the panel and when it is done again."""
    beside("09.4")
    lab = task("09.4")
    lab.stage.act("U2-02")
    assert lab.stage.run.refusal is not None
    for words in OF_WORDS["09.4"]:
        lab.stage.act(words)
    lab.buttons["keep"].click()
    assert "" == lab.errors.text
    assert lab.stage.run.entries == kept("09.4").entries
    assert "8 steps; 7 are enough" in repr(check("09.4", kept("09.4")))


def test_without_a_kept_answer_there_is_the_beginning(beside: Callable[[str], Path]):
    """Code goes on from there; a task that begins with nothing is not answered yet."""
    beside("02.2")
    assert start("02.2").history == kept("02.2").history
    assert kept("14.3") is ...
    assert check("02.2", kept("02.2")).is_open


def test_begin_again_forgets_the_deeds(beside: Callable[[str], Path]):
    """On a panel with words of its own as on a cluster."""
    folder = beside("15.2")
    lab = done("15.2")
    lab.buttons["again"].click()
    lab.stage.act("set D3=missing")
    lab.buttons["keep"].click()
    lines = (folder / "15.2.txt").read_text("utf-8").splitlines()
    assert ["task 15.2", "act set D3=missing"] == lines[1:]


def test_the_story_says_what_is_right_and_what_is_not_yet():
    """*Check* tells it beside the panel; the next deed takes it away, for it is old then."""
    lab = task("02.7")
    lab.stage.act("pause NODE2")
    lab.buttons["check"].click()
    assert "NODE2 still owns: EVS2" in lab._turn.value
    assert "50 % of the points" in lab._turn.value
    lab.stage.act("move EVS2 to NODE4")
    assert "still owns" not in lab._turn.value


@pytest.mark.parametrize("text", ["task 02.9", "task 02.1", "task", "task 02.2 more"])
def test_a_task_that_is_none_or_has_no_panel_is_refused(text: str):
    """A file may begin with `task NN.k` where that task is done by deeds."""
    with pytest.raises(ScenarioError, match="line 1"):
        read_scenario(text)


# --- points and hints ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "answer", "points"),
    [
        ("01.3", {2000: {"SMTP"}, 2003: set()}, 1),
        ("02.1", {"EVS1": "NODE4", "EVS2": "NODE2"}, 2.5),
        ("02.4", {"b", "c"}, 2.5),
        ("02.4", {"a", "b", "c"}, 1),
        ("02.4", set("abcdef"), 0),
        ("11.1", {"Lotus Notes connector", "mailboxes"}, 0),
        ("14.1", {"day": 262.8, "office": 1}, 2),
        ("14.3", 2, 0),
        ("15.3", {"D3", "D8"}, 2.5),
    ],
)
def test_each_part_earns_and_each_mistake_takes_one_away(name: str, answer: object, points: float):
    """In half points, rounded down, of four."""
    assert points == check(name, answer).points(4)


def test_ticking_everything_earns_nothing():
    """In every task with statements."""
    for name, words in TASKS.items():
        letters = {letter for letter in words.findings if len(letter) == 1}
        if "complete" in words.findings:
            assert 0 == check(name, letters).points(4), name


def test_what_was_right_at_the_beginning_earns_nothing():
    """A task that starts half done gives no point for that half."""
    for name, words in TASKS.items():
        if isinstance(begun := tasks.beginning(name), Simulation):
            found = [*tasks._table(name, "GRADERS")[name](begun)]
            assert 0 == tasks.share(name, words, found), name


def test_the_parts_of_a_task_are_conditions_of_its_check():
    """A part that no check knows would earn nothing."""
    for name, words in TASKS.items():
        assert {*words.parts} <= {*words.findings}, name
        assert 0 <= words.gives_line <= len(words.hints), name


def test_a_hint_says_before_what_it_costs(beside: Callable[[str], Path]):
    """On its button and in the text; taken, it is written down once and taken off the points."""
    folder = beside("02.3")
    shown = hints("02.3")
    assert repr(shown).endswith("Hint 3 gives the line and costs 1 point.")
    assert "costs" not in repr(hints("02.2"))
    assert repr(hints("09.7")).startswith("1 hint, ")
    more, _, _ = shown.widget.children
    more.click()
    more.click()
    assert not (folder / "hints.txt").exists()
    assert "Hint 3 of 3 (gives the line and costs 1 point)" == more.description
    more.click()
    shown.show(3)
    assert "02.3 hint 3\n" == (folder / "hints.txt").read_text("utf-8")
    sim = start("02.3")
    sim.set_properties("EVS1/SA", possible_owners=("NODE1", "NODE3", "NODE4"))
    result = check("02.3", sim)
    assert 3 == result.points(4)
    assert ("points", "Hints cost 1 point.") == result.lines[-1]


def test_a_file_that_was_not_kept_so_is_not_replaced(beside: Callable[[str], Path]):
    """Notes of that name stay; the message says what to do."""
    file = beside("02.7") / "02.7.txt"
    file.write_text("my notes", "utf-8")
    lab = done("02.7")
    lab.buttons["keep"].click()
    assert "it exists; rename it or move it away, then press again" in lab.errors.text
    assert "my notes" == file.read_text("utf-8")
