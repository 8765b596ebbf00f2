"""One client, one file: its parts, what they must agree in, and the plan that follows."""

import errno
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from clusterlab import cli, exchange_cluster
from clusterlab.clients import client_text, plan_for, read_client
from clusterlab.clusterfiles import ClusterFileError, cluster_toml, export_listings
from clusterlab.clusterfiles.filekinds import FileKind, as_part
from clusterlab.design.designfiles import DesignFile, design_toml, read_design, starter
from clusterlab.design.requirements import Requirements
from clusterlab.lab import (
    AdministratorLab,
    AvailabilityLab,
    ConnectorLab,
    DesignLab,
    FailoverLab,
    GameLab,
    ProcedureLab,
    UpgradeLab,
    WhatIfLab,
)
from clusterlab.lab.panels.panel import Panel
from clusterlab.lab.reports.making import report
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.planfiles import plan_toml, read_plan


def call(*arguments: object) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(cli.cli, [str(argument) for argument in arguments])


@pytest.fixture
def client(tmp_path: Path) -> Path:
    """Return a client file as `clusterlab new` writes it, with a plan from `clusterlab design`."""
    path = tmp_path / "client.toml"
    assert 0 == call("new", path, "--name", "MAIL").exit_code
    assert 0 == call("design", path).exit_code
    return path


def change(path: Path, *pairs: tuple[str, str]) -> list[str]:
    """Write other words into a file; return its lines."""
    text = path.read_text("utf-8")
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text, "utf-8")
    return text.splitlines()


def said(path: Path) -> list[str]:
    """Return what is wrong with a file."""
    with pytest.raises(ClusterFileError) as caught:
        read_client(path)
    return [str(problem) for problem in caught.value.problems]


# --- from new to the report -----------------------------------------------------------------------


def test_one_file_from_new_to_the_report(tmp_path: Path):
    """Every command reads the same file; what design adds is all that changes in it."""
    path = tmp_path / "client.toml"
    written = call("new", path, "--name", "MAIL", "--active", "1")
    assert f"Written: {path} (next: clusterlab design {path})\n" == written.stdout
    first = path.read_text("utf-8")
    made = call("design", path)
    assert made.stdout.endswith(f"Written: [plan] of {path} (next: clusterlab plan {path})\n")
    second = path.read_text("utf-8")
    assert second.startswith(first.rstrip() + "\n\n[plan]\n")
    for command in ("design", "plan", "runbook", "check", "whatif", "lint", "checklist"):
        result = call(command, path)
        assert (0, "") == (result.exit_code, result.stderr), command
        assert "MAIL" in result.stdout or command in {"design", "lint", "runbook", "checklist"}
    assert "[plan] agrees with the design." in call("design", path).stdout
    page = tmp_path / "client.html"
    assert 0 == call("report", path, "-o", page).exit_code
    html, book = page.read_text("utf-8"), (tmp_path / "client-runbook.html").read_text("utf-8")
    for word in ("Figures of the design", "Partitions", "Single points of failure", "F:\\"):
        assert word in html
    assert "cluster MAIL</h1>" in book
    assert second == path.read_text("utf-8")


def test_the_plan_follows_the_design(client: Path):
    """Names are those of the cluster; disks and storage groups those of the design."""
    plan, made = read_plan(client), read_client(client).design
    assert made is not None
    assert ("MAIL", ["NODE1", "NODE2", "NODE3", "NODE4"]) == (
        plan.cluster,
        [n.name for n in plan.nodes],
    )
    assert ["NODE1", "NODE2", "NODE3"] == [evs.home for evs in plan.evs]
    assert [int(made["evs1.storage_groups"])] * 3 == [evs.storage_groups for evs in plan.evs]
    assert ("F:", "F:\\SG1LOG") == plan.evs[0].disks[:2]
    assert "G:" == plan.evs[1].disks[0]


def test_a_new_plan_takes_names_and_homes_of_the_cluster_there_is(tmp_path: Path):
    """Nobody types them twice; what the cluster has not gets a number."""
    cluster = '[cluster]\nname = "OLD"\nnodes = ["A", "B", "C"]\n[[cluster.evs]]\nname = "POST"'
    path = tmp_path / "c.toml"
    path.write_text(f'[requirements]\nmailboxes = 6000\n{cluster}\nhome = "C"\n', "utf-8")
    plan = plan_for(read_client(path))
    assert ("OLD", ["A", "B", "C"]) == (plan.cluster, [node.name for node in plan.nodes])
    assert [("POST", "C"), ("EVS1", "B")] == [(evs.name, evs.home) for evs in plan.evs]


def test_more_is_planned_and_what_was_typed_stays(client: Path):
    """With --force the plan follows: new nodes and EVSs get free addresses, comments stay."""
    before = change(
        client, ("192.168.10.12", "192.168.10.99"), ("evs_at_least = 3", "evs_at_least = 4")
    )
    client.write_text("\n".join(before))
    old = client.read_text("utf-8")
    refused = call("design", client)
    assert (1, old) == (refused.exit_code, client.read_text("utf-8"))
    assert "[plan] has 3 EVSs, but [requirements]" in refused.stderr
    done = call("design", client, "--force")
    assert (0, "") == (done.exit_code, done.stderr)
    plan, text = read_plan(client), client.read_text("utf-8")
    assert [
        "192.168.10.11",
        "192.168.10.99",
        "192.168.10.13",
        "192.168.10.14",
        "192.168.10.100",
    ] == [node.public for node in plan.nodes]
    assert ("EVS4", "192.168.10.101", "NODE4") == (
        plan.evs[3].name, plan.evs[3].address, plan.evs[3].home,
    )  # fmt: skip
    assert text.startswith(old[: old.index("[plan]")])


def test_what_stands_around_the_plan_stays(client: Path):
    """Only [plan] is written anew; the comment above the next table is the next table's."""
    text = client.read_text("utf-8")
    start, middle = text.index("[requirements]"), text.index("\n# What is there")
    first, second = text[start:middle], text[middle : text.index("[plan]")]
    plan = text[text.index("[plan]") :]
    client.write_text(f"# top\n{second}\n{plan}\n# wanted\n\n{first}", "utf-8")
    change(client, ("\npassive = 1", "\npassive = 2"))
    before = client.read_text("utf-8")
    assert 0 == call("design", client, "--force").exit_code
    after = client.read_text("utf-8")
    for part in (before[: before.index("[plan]")], before[before.index("# wanted") :].rstrip()):
        assert part in after
    assert 5 == len(read_plan(client).nodes)


def test_less_is_planned(client: Path):
    """What the design does not have leaves the plan; a home that left is taken over."""
    change(
        client, ("evs_at_least = 3", "evs_at_least = 1"), ("mailboxes = 9000", "mailboxes = 600")
    )
    change(client, ('home = "NODE1"\nstorage', 'home = "NODE4"\nstorage'))
    change(client, ('name = "MAIL"', 'name = "OLD"'))
    assert 0 == call("design", client, "--force").exit_code
    plan = read_plan(client)
    assert (2, 1, "NODE1") == (len(plan.nodes), len(plan.evs), plan.evs[0].home)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_ends_of_lines_stay(tmp_path: Path, end: str):
    """A file of Windows stays one."""
    path = tmp_path / "c.toml"
    text = client_text(1, 1, name="CL1", file="c.toml").replace("\n", end)
    path.write_bytes(text.encode())
    assert 0 == call("design", path).exit_code
    lines = path.read_bytes().split(b"\n")[:-1]
    assert [end == "\r\n"] == list({line.endswith(b"\r") for line in lines})


def test_no_plan_follows(tmp_path: Path):
    """A drive that each node has for itself cannot be a shared disk; the file stays as it was."""
    path = tmp_path / "c.toml"
    path.write_text("[requirements]\nmailboxes = 3000\nlocal_letters = 3\n", "utf-8")
    result = call("design", path)
    assert 1 == result.exit_code
    assert "c.toml, line 1: no plan follows from the design: " in result.stderr
    assert "'D:'" in result.stderr
    assert "[plan]" not in path.read_text("utf-8")


# --- what must agree ------------------------------------------------------------------------------


NOT_DESIGNED = {
    ("passive = 1", "passive = 2"): (
        r"\[\[plan.nodes\]\]",
        "[plan] has 4 nodes, but [requirements] (line {}) lead to 5",
    ),
    ("evs_at_least = 3", "evs_at_least = 4"): (
        r"\[\[plan.evs\]\]",
        "[plan] has 3 EVSs, but [requirements] (line {}) lead to 4",
    ),
    ("storage_groups_max = 4", "storage_groups_max = 2"): (
        "storage_groups = 4$",
        "EVS1 has 4 storage groups in [plan], but [requirements] (line {}) lead to 2",
    ),
    ("local_letters = 5", "local_letters = 6"): (
        'disks = ."F:"',
        "the disks of EVS1 differ: only [plan] has F:, F:\\MAINT, F:\\SG1DB and 7 more; only the "
        "design of [requirements] (line {}) has G:, G:\\MAINT, G:\\SG1DB and 7 more",
    ),
    ("mapped_letters = 0", 'mapped_letters = 0\ncluster = "POST"'): (
        "cluster = .MAIL",
        "[plan] is for cluster MAIL, but [requirements] (line {}) call it POST",
    ),
}
"""What is changed: where the statement of the plan is, and what is said of it."""


@pytest.mark.parametrize(("old", "new"), NOT_DESIGNED)
def test_a_plan_that_is_not_the_design(client: Path, old: str, new: str):
    """Both statements are named with their lines, and what mends it."""
    head, _, rest = client.read_text("utf-8").partition("[cluster]")
    client.write_text(head + rest[rest.index("[plan]") :], "utf-8")
    other, words = NOT_DESIGNED[old, new]
    lines = change(client, (f"\n{old}", f"\n{new}"))
    here = next(n for n, line in enumerate(lines, 1) if re.search(other, line))
    named = new.splitlines()[-1]
    there = next(n for n, line in enumerate(lines, 1) if line.startswith(named))
    found = said(client)
    start = f"client.toml, line {here}: {words.format(there)}"
    assert any(one.startswith(start) for one in found), found
    assert all("'clusterlab design client.toml --force'" in one for one in found)
    assert 0 == call("design", client, "--force").exit_code
    assert read_client(client).plan is not None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            '"NODE3", "NODE4"]',
            '"NODE3", "SPARE"]',
            "node SPARE is in [cluster], but not in [plan] (line {nodes})",
        ),
        (
            'name = "EVS2"',
            'name = "POST"',
            "EVS POST is in [cluster], but not in [plan] (line {evs})",
        ),
        (
            'home = "NODE2"',
            'home = "NODE4"',
            "the home of EVS2 is NODE4 in [cluster], but NODE2 in [plan] (line {home})",
        ),
    ],
)
def test_a_cluster_that_is_not_planned(client: Path, old: str, new: str, words: str):
    """What is there must be in the plan of the same cluster; one of another name is another."""
    text = client.read_text("utf-8")
    place = text.index("[plan]")
    client.write_text(text[:place].replace(old, new) + text[place:], "utf-8")
    lines = client.read_text("utf-8").splitlines()
    plan = lines.index("[plan]")
    at = {
        "nodes": lines.index("[[plan.nodes]]") + 1,
        "evs": lines.index("[[plan.evs]]") + 1,
        "home": 1 + next(n for n in range(plan, len(lines)) if lines[n] == 'home = "NODE2"'),
    }
    named = 'name = "EVS2"' if "home" in old else new
    here = 1 + next(n for n, line in enumerate(lines) if named in line)
    (found,) = said(client)
    assert found.startswith(f"client.toml, line {here}: {words.format(**at)}")
    assert "give it a name of its own (now both are MAIL)" in found
    for command in ("check", "plan", "runbook", "whatif", "lint", "checklist", "design"):
        result = call(command, client)
        assert 0 != result.exit_code, command
        assert words.format(**at) in result.stderr, command
    change(client, ('cluster = "MAIL"', 'cluster = "NEXT"'))
    assert 0 == call("check", client).exit_code


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "\nstorage_groups = 4\n",
            "\nstorage_groups = 3\n",
            "EVS1 has 4 storage groups in [cluster], but 3 in [plan] (line {})",
        ),
        (
            "\nstorage_groups_max = 4",
            "\nstorage_groups_max = 3",
            "EVS1 has 4 storage groups in [cluster], but [requirements] (line {}) allow 3",
        ),
        (
            "\ndatabases_max = 20",
            "\ndatabases_max = 19",
            "EVS1 has 20 databases in [cluster], but [requirements] (line {}) allow 19",
        ),
    ],
)
def test_more_is_stored_than_planned_or_wanted(client: Path, old: str, new: str, words: str):
    """Both lines are named; requirements and a plan for another cluster are not compared."""
    change(client, ("\ndatabases = 1 ", "\ndatabases = 5 "))
    lines = change(client, (old, new))
    there = 1 + next(n for n, line in enumerate(lines) if line.startswith(new.strip()))
    here = 1 + lines.index("[[cluster.evs]]") + 1
    found = [one for one in said(client) if words.format(there) in one]
    assert f"client.toml, line {here}: " == found[0][: len(f"client.toml, line {here}: ")]
    text = client.read_text("utf-8")
    own = text[: text.index("[plan]")].replace("[requirements]", "[requirements]\ncluster = 'B'")
    client.write_text(own, "utf-8")
    assert "MAIL" == read_client(client).cluster.config.name


def test_problems_of_all_parts_are_named_at_once(client: Path):
    """Each with its line in the one file, under the name that its table has there."""
    change(client, ("mailboxes = 9000", "mailboxes = 0"), ('role = "all"', 'role = "al"'))
    change(client, ('address = "192.168.10.20"', 'address = "x"'))
    lines = client.read_text("utf-8").splitlines()
    wrong = [1 + lines.index(line) for line in ('role = "al"', 'address = "x"')]
    numbers = [int(re.search(r"line (\d+)", one)[1]) for one in said(client)]
    assert [10, *wrong] == numbers
    assert "[cluster.durations] has no key 'x'" in said_of(
        "[cluster]\nnodes = ['A']\n[cluster.durations]\nx = 1"
    )


def said_of(text: str) -> str:
    """Return what is wrong with the cluster of a text."""
    from clusterlab.clusterfiles import read_cluster

    with pytest.raises(ClusterFileError) as caught:
        read_cluster(text)
    return str(caught.value)


# --- what is not there ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "words", "names"),
    [
        ("plan", "this is the cluster that [plan] leads to", ["CLUS2", "EVS1"]),
        ("wanted", "this is the cluster that [requirements] lead to", ["POST", "EVS1"]),
    ],
)
def test_without_a_cluster_the_planned_one_is_played(
    tmp_path: Path, parts: str, words: str, names: list[str]
):
    """Without a plan it is that of the design; what is played is said."""
    path = tmp_path / "c.toml"
    texts = {
        "plan": as_part(plan_toml(Plan.standard(2, 1)), FileKind.PLAN),
        "wanted": as_part(design_toml(starter(1, 1, "POST")), FileKind.DESIGN),
    }
    path.write_text(texts[parts], "utf-8")
    result = call("check", path)
    assert f"Assumed: [cluster] is not there, so {words}" in result.stdout
    assert all(name in result.stdout for name in names)
    assert names[0] == FailoverLab(path).branches.cluster.config.name


# --- old files, folders, panels -------------------------------------------------------------------


def test_old_files_are_read(tmp_path: Path):
    """A file that says one thing alone, and a folder of listings, are read as they were."""
    files = {
        "--cluster": ("check", "whatif", "lint", "checklist"),
        "--plan": ("plan", "runbook"),
        "--design": ("design", "lint"),
    }
    for kind, commands in files.items():
        path = tmp_path / f"{kind}.toml"
        assert 0 == call("new", path, kind, "--name", "MAIL", "--active", "1").exit_code
        assert "MAIL" in path.read_text("utf-8")
        before = path.read_bytes()
        for command in commands:
            assert 0 == call(command, path).exit_code, (kind, command)
        assert before == path.read_bytes()
    folder = tmp_path / "listings"
    folder.mkdir()
    export_listings(exchange_cluster(1, 1), folder)
    assert 0 == call("check", folder).exit_code


def test_requirements_keep_the_name(tmp_path: Path):
    """`new --design --name` puts it into the file; the design's cluster has it."""
    file = DesignFile(requirements=Requirements(mailboxes=500), cluster="POST")
    assert file == read_design(design_toml(file))
    path = tmp_path / "wanted.toml"
    call("new", path, "--design", "--name", "POST")
    assert "POST" == read_client(path, (FileKind.DESIGN,)).cluster.config.name
    assert "POST: what fails" in report(path).title


def test_panels_read_the_same_file(client: Path):
    """Each takes its part; one that contradicts itself is refused by all."""
    assert "MAIL" == FailoverLab(client).branches.cluster.config.name
    assert "MAIL" == WhatIfLab(client).sweep.start.config.name
    assert 9000 == DesignLab(client).file.requirements.mailboxes
    assert "MAIL" == ProcedureLab(client).run.procedure.plan.cluster
    change(client, ("\npassive = 1", "\npassive = 2"))
    for panel in (FailoverLab, WhatIfLab, DesignLab, ProcedureLab):
        with pytest.raises(ClusterFileError, match="has 4 nodes, but"):
            panel(client)


def test_the_report_has_the_answers_of_the_client(client: Path):
    """What was asked and answered is a table; the name of the client stands on top."""
    change(client, ("# client = ", "client = "))
    change(client, ("[requirements.interview]", "[requirements.interview]\nis_trained = false"))
    made = report(client)
    for words in ("What the client answered", "Wingtip Toys", "MAIL: what fails"):
        assert words in made.html
    lab = DesignLab(client)
    lab.answer("is_trained", True)
    lab.make_report()
    assert "What the client answered" in report(lab.file).html
    assert cluster_toml(read_client(client).cluster)


def test_a_panel_opens_a_file_by_its_name(client: Path, tmp_path: Path):
    """A name that is typed is read and shown; what is wrong is said, and nothing changes."""
    lab = FailoverLab()
    lab.opener.value = str(client)
    assert ("MAIL", "") == (lab.branches.cluster.config.name, lab.errors.text)
    lab.choosers["scenario"].value = "1 active / 1 passive"
    assert 2 == len(lab.branches.cluster.config.nodes)
    lab.choosers["scenario"].value = "as given"
    assert 4 == len(lab.branches.cluster.config.nodes)
    for name in (str(tmp_path / "nix.toml"), str(tmp_path)):
        lab.opener.value = name
        assert lab.errors.text.startswith("ClusterFileError: ")
        assert "MAIL" == lab.branches.cluster.config.name
    assert "open" in lab.parts


@pytest.mark.parametrize(
    "make", [AdministratorLab, AvailabilityLab, ConnectorLab, ProcedureLab, UpgradeLab, WhatIfLab]
)
def test_every_panel_of_a_cluster_opens_a_file(make: type[Panel], client: Path, tmp_path: Path):
    """It shows what it shows of that file from the start; one that is wrong changes nothing."""
    lab, given = make(), make(client)
    before = lab.twin()
    lab.opener.value = str(tmp_path / "nix.toml")
    assert ("nix.toml" in lab.errors.text, before) == (True, lab.twin())
    lab.opener.value = str(client)
    assert ("", given.twin()) == (lab.errors.text, lab.twin())
    assert lab.opener is lab.parts["open"]


def test_a_panel_that_shows_no_client_has_no_field(client: Path):
    """A game, a case, answers; nor has Cluster Administrator beside a panel that has one."""
    assert "open" not in GameLab().parts
    beside = AdministratorLab(FailoverLab(client))
    assert "none" == beside.opener.layout.display


def test_the_panels_of_design_and_installation_open_a_file(client: Path, tmp_path: Path):
    """Requirements with answers and name, and the plan; what is wrong is said."""
    change(client, ("[requirements.interview]", "[requirements.interview]\nis_trained = false"))
    lab = DesignLab(Requirements(mailboxes=500))
    lab.opener.value = str(client)
    assert (9000, {"is_trained": False}) == (
        lab.file.requirements.mailboxes, lab.file.interview,
    )  # fmt: skip
    assert 4 == lab.design["nodes"]
    lab.opener.value = str(tmp_path / "nix.toml")
    assert "nix.toml" in lab.errors.text
    assert 9000 == lab.file.requirements.mailboxes
    work = ProcedureLab()
    work._file.value = str(client)
    work.buttons["load"].click()
    assert ("MAIL", "") == (work.run.procedure.plan.cluster, work.errors.text)


@pytest.mark.parametrize("command", ["design", "report", "runbook", "plan"])
def test_no_space_on_the_disk(command: str, client: Path, monkeypatch: pytest.MonkeyPatch):
    """A sentence, status 2, and no half of a file; what stood there is as it was."""
    text = client.read_text("utf-8")
    client.write_text(text[: text.index("[plan]")] if command == "design" else text, "utf-8")
    before = {one.name: one.read_bytes() for one in client.parent.iterdir()}

    def full(beside: Path, *_: object) -> None:
        beside.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("clusterlab.tomlfiles.files._write_beside", full)
    out = {"plan": ["--csv", client.parent], "design": []}.get(
        command, ["-o", client.parent / "a.html"]
    )
    result = call(command, client, *out)
    assert (2, True) == (result.exit_code, "No space left on device; name another" in result.stderr)
    assert before == {one.name: one.read_bytes() for one in client.parent.iterdir()}
