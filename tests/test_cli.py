"""The command ``clusterlab`` as a user types it."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from clusterlab import __version__, cli, delivery, doctor, exchange_cluster
from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.resting import cluster_from
from clusterlab.clusterfiles import export_listings, read_cluster, write_cluster
from clusterlab.clusterfiles.writing import starter_text
from clusterlab.doctor import Diagnosis
from clusterlab.studies.play import Failure, Play


def call(*arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(cli.cli, arguments)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Collects the options with which JupyterLab would have been started."""
    labapp = pytest.importorskip("jupyterlab.labapp")
    calls: list[list[str]] = []
    monkeypatch.setattr(labapp.LabApp, "launch_instance", calls.append)
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "before")
    return calls


def test_help_names_the_three_commands_and_ends_well():
    """``python -m clusterlab --help`` works in a shell of its own."""
    command = [sys.executable, "-m", "clusterlab", "--help"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 0 == result.returncode, result.stderr
    assert all(name in result.stdout for name in ("doctor", "lab", "run"))


def test_version_is_that_of_the_package():
    """The version printed is the one that ``import clusterlab`` gives."""
    assert __version__ in call("--version").output


def test_an_unknown_word_is_a_sentence_with_status_2():
    """A wrong command ends with status 2 and no traceback."""
    result = call("simulate")
    assert 2 == result.exit_code
    assert "No such command 'simulate'" in result.stderr


def test_lab_in_a_clone_opens_the_repository(started: list[list[str]], tmp_path, monkeypatch):
    """The repository's own notebooks are opened and nothing is copied."""
    monkeypatch.setattr(delivery, "checkout", lambda: tmp_path)
    result = call("lab", "--port", "9000", "--no-browser")
    assert 0 == result.exit_code, result.output
    assert f"--ServerApp.root_dir={tmp_path}" == started[0][0]
    assert ["--ServerApp.port=9000", "--no-browser"] == started[0][-2:]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Makes the package look installed; returns the folder of its packed course."""
    page = tmp_path / "site" / "clusterlab" / "course" / delivery.START_PAGE
    page.parent.mkdir(parents=True)
    page.write_text("start", encoding="utf-8")
    monkeypatch.setattr(delivery, "_PACKAGE", tmp_path / "site" / "clusterlab")
    return tmp_path / "site" / "clusterlab" / "course"


def test_lab_of_an_installed_package_copies_the_course(
    installed: Path, started: list[list[str]], tmp_path: Path
):
    """The course is put into the folder asked for, and JupyterLab is opened on it."""
    folder = tmp_path / "my course"
    result = call("lab", "--folder", str(folder))
    assert 0 == result.exit_code, result.output
    assert "start" == (folder / delivery.START_PAGE).read_text("utf-8")
    assert f"--ServerApp.root_dir={folder}" == started[0][0]
    assert f"Course: {folder} (1 files added)" in result.stderr


def test_lab_names_the_file_that_it_leaves_alone(
    installed: Path, started: list[list[str]], tmp_path: Path
):
    """A learner's changed file keeps its text, and the learner is told."""
    page = tmp_path / "mine" / delivery.START_PAGE
    page.parent.mkdir(parents=True)
    page.write_text("my notes", encoding="utf-8")
    result = call("lab", "--folder", str(tmp_path / "mine"))
    assert "my notes" == page.read_text("utf-8")
    assert "Left alone" in result.stderr
    assert "notebooks/00_start_here.ipynb" in result.stderr


def test_lab_without_a_course_is_a_sentence_with_status_2(
    started: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """An installation without a course does not start JupyterLab."""
    monkeypatch.setattr(delivery, "_PACKAGE", tmp_path)
    result = call("lab", "--folder", str(tmp_path / "mine"))
    assert 2 == result.exit_code
    assert result.stderr.startswith("Error: This installation of clusterlab holds no course")
    assert [] == started


def test_lab_without_jupyterlab_points_to_doctor(monkeypatch: pytest.MonkeyPatch):
    """Where JupyterLab is missing the message says which command helps."""
    monkeypatch.setitem(sys.modules, "jupyterlab.labapp", None)
    result = call("lab")
    assert 2 == result.exit_code
    assert "clusterlab doctor" in result.stderr


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_a_port_that_cannot_be_is_refused(port: str):
    """Ports run from 1 to 65535."""
    result = call("lab", "--port", port)
    assert 2 == result.exit_code
    assert "--port" in result.stderr


def test_run_without_a_file_says_what_is_missing():
    """The argument is named."""
    result = call("run")
    assert 2 == result.exit_code
    assert "FILES" in result.stderr


def test_run_names_a_file_that_is_not_there(tmp_path: Path):
    """The message is one sentence that names the file."""
    result = call("run", str(tmp_path / "absent.txt"))
    assert 2 == result.exit_code
    assert "absent.txt" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("name", ["dir", "."])
def test_run_names_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    """A folder in place of a file is named, whatever words the system has for it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dir").mkdir()
    result = call("run", name)
    assert 2 == result.exit_code
    assert result.stderr.startswith(f"Error: {name}: ")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ConfigError("a.txt, line 3: no node 'NODE9'"), "a.txt, line 3: no node 'NODE9'"),
        (ConfigError("no node 'NODE9'"), "a.txt: no node 'NODE9'"),
        (PermissionError(13, "Permission denied"), "a.txt: Permission denied; name a file"),
        (ConfigError("a line names no a.txt"), "a.txt: a line names no a.txt"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), "a.txt: is not a text file in UTF-8"),
    ],
    ids=["word and line", "word alone", "not readable", "named elsewhere", "not text"],
)
def test_run_says_what_is_wrong_with_a_file(
    error: Exception, sentence: str, monkeypatch: pytest.MonkeyPatch
):
    """The file is named once, and the command ends with status 2 and no traceback."""

    def run_file(path: Path, player_of: object) -> None:
        raise error

    monkeypatch.setitem(sys.modules, "clusterlab.scenario", SimpleNamespace(run_file=run_file))
    result = call("run", "a.txt")
    assert 2 == result.exit_code
    assert result.stderr.startswith(f"Error: {sentence}")


def checks(*, ok: bool, needed: bool = True) -> tuple[Diagnosis, ...]:
    """One check as ``examine`` would return it."""
    return (Diagnosis(name="Thing", found="1", ok=ok, remedy="Do this.", needed=needed),)


@pytest.mark.parametrize(
    ("found", "status", "words"),
    [
        (checks(ok=True), 0, "The course can be opened"),
        (checks(ok=False), 1, "To do for Thing: Do this."),
        (checks(ok=False, needed=False), 0, "(only for working on clusterlab): Do this."),
    ],
    ids=["all there", "something missing", "only a test tool missing"],
)
def test_doctor_ends_with_1_if_the_course_lacks_something(
    found: tuple[Diagnosis, ...], status: int, words: str, monkeypatch: pytest.MonkeyPatch
):
    """What only the tests need does not change the exit status."""
    monkeypatch.setattr(doctor, "examine", lambda: found)
    result = call("doctor", "--dev")
    assert status == result.exit_code
    assert words in result.output


def test_a_learner_hears_of_test_tools_only_when_asked(monkeypatch: pytest.MonkeyPatch):
    """When all is well, doctor prints one line."""
    monkeypatch.setattr(
        doctor, "examine", lambda: (*checks(ok=True), *checks(ok=False, needed=False))
    )
    assert "The course can be opened: clusterlab lab\n" == call("doctor").output


def test_run_prints_text_or_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Without an option scenarios are printed as text, with --json as one list of data."""
    scenario = SimpleNamespace(
        run_file=lambda path, player_of: SimpleNamespace(
            text=f"text of {path.name}\n", to_json=lambda: "{}", mismatches=()
        )
    )
    monkeypatch.setitem(sys.modules, "clusterlab.scenario", scenario)
    assert "text of a.txt\n" == call("run", "a.txt").output
    assert "[{},\n{}]\n" == call("run", "--json", "a.txt", "b.txt").output


def test_new_writes_a_file_that_check_can_read(tmp_path: Path):
    """The starter file is read as it stands, and is never overwritten."""
    path = tmp_path / "client.toml"
    result = call("new", str(path), "--active", "2", "--name", "MAIL")
    assert 0 == result.exit_code, result.output
    result = call("check", str(path))
    assert 0 == result.exit_code, result.output
    assert "MAIL at t = 0 s: NODE1 Up, NODE2 Up, NODE3 Up" in result.output
    assert "EVS2                 NODE2           Online" in result.output
    again = call("new", str(path))
    assert 2 == again.exit_code
    assert "exists; name a new file" in again.stderr


def test_a_strange_name_of_a_file_stays_in_its_comment(tmp_path: Path):
    """What `new` wrote can be read, whatever the file is called; check prints nothing but that."""
    path = tmp_path / "a\x7f\x85b.toml"
    assert 0 == call("new", str(path)).exit_code
    assert 0 == call("check", str(path)).exit_code
    assert read_cluster(starter_text(file='c\nnodes = ["A"]\x07')).config.nodes[3].name == "NODE4"


def test_new_refuses_a_cluster_that_cannot_be(tmp_path: Path):
    """The limit is named, and no file is left."""
    result = call("new", str(tmp_path / "a.toml"), "--active", "9")
    assert 2 == result.exit_code
    assert "allowed: 1 to 8" in result.stderr
    assert [] == list(tmp_path.iterdir())


def test_check_prints_every_problem_with_its_line(tmp_path: Path):
    """Status 1 for a file that is wrong, 2 for none at all."""
    path = tmp_path / "client.toml"
    path.write_text('windows = "W2004"\nnodes = ["A", "a"]\n', encoding="utf-8")
    result = call("check", str(path))
    assert 1 == result.exit_code
    lines = result.stderr.splitlines()
    assert ["client.toml, line 1", "client.toml, line 2"] == [line[:19] for line in lines]
    assert not result.stdout
    assert 2 == call("check", str(tmp_path / "absent.toml")).exit_code


def test_check_of_a_folder_says_what_was_assumed(tmp_path: Path):
    """A consultant sees what no listing told and which limits are passed."""
    cluster = exchange_cluster()
    config = replace(cluster.config, nodes=cluster.config.nodes[:3], is_as_found=True)
    export_listings(cluster_from(config, cluster.owners), tmp_path / "client")
    (tmp_path / "client" / "node.txt").unlink()
    result = call("check", str(tmp_path / "client"))
    assert 0 == result.exit_code, result.output
    assert (
        "Assumed: No 'cluster node': the nodes are those that other listings name" in result.output
    )
    assert "Over a limit: cluster 'CL1' has 3 EVSs on 3 nodes" in result.output


def test_what_if_of_a_folder_with_listings(tmp_path: Path):
    """A client's listings are played as they are; what was assumed stays out of the data."""
    export_listings(exchange_cluster(), tmp_path / "client")
    (tmp_path / "client" / "node.txt").unlink()
    result = call("whatif", str(tmp_path / "client"), "--json")
    assert 0 == result.exit_code, result.output
    assert 16 == json.loads(result.stdout)["total"]
    assert "Assumed: No 'cluster node'" in result.stderr


def test_ctrl_c_stops_what_if_in_the_middle_of_a_course(tmp_path: Path, monkeypatch):
    """What was played until then is printed, and that it is not all."""
    played = Play.fail

    def interrupted(play: Play, failure: Failure) -> Play:
        if "NODE2" in {failed.label for failed in (*play.failures, failure)}:
            raise KeyboardInterrupt
        return played(play, failure)

    monkeypatch.setattr(Play, "fail", interrupted)
    write_cluster(exchange_cluster(), tmp_path / "a.toml")
    result = call("whatif", str(tmp_path / "a.toml"))
    assert 0 == result.exit_code, result.output
    assert "1 sequences of one or two failures played, 0 of them" in result.stdout
    assert "Stopped before the end: 16 would be all." in result.stdout


def test_a_plan_is_written_checked_and_printed(tmp_path: Path) -> None:
    """``new --plan`` writes a plan, ``plan`` prints its tables and writes them as CSV."""
    file, folder = tmp_path / "plan.toml", tmp_path / "tables"
    written = call("new", str(file), "--plan", "--active", "1", "--name", "MAIL")
    assert f"Written: {file} (next: clusterlab plan {file})\n" == written.stdout
    printed = call("plan", str(file), "--csv", str(folder))
    assert 0 == printed.exit_code, printed.output
    assert "mail.corp.example" in printed.stdout
    assert "Written: " in printed.stdout
    assert 8 == len(list(folder.glob("*.csv")))
    assert 1 + 55 == len((folder / "steps.csv").read_text("utf-8").splitlines())
    again = call("plan", str(file), "--csv", str(folder), "--separator", ";")
    assert (2, True) == (again.exit_code, "it exists; name a new file" in again.stderr)
    assert "\ufeffNo.,Key" in (folder / "steps.csv").read_text("utf-8")
    call("plan", str(file), "--csv", str(folder), "--separator", ";", "--force")
    assert (folder / "steps.csv").read_text("utf-8-sig").startswith("No.;Key;Step;")


def test_a_plan_with_problems(tmp_path: Path) -> None:
    """Every problem of a plan follows on stderr with its line; the status is 1."""
    file = tmp_path / "plan.toml"
    call("new", str(file), "--plan")
    text = file.read_text("utf-8").replace('"NODE2"', '"NODE 2"').replace('["V:"', '["R:"')
    file.write_text(text, "utf-8")
    result = call("plan", str(file))
    assert 1 == result.exit_code
    assert 2 == len(result.stderr.splitlines()), result.stderr
    assert "plan.toml, line 20: the name of node 'NODE 2' is not allowed" in result.stderr


def test_a_plan_that_is_not_there(tmp_path: Path) -> None:
    """A file that does not exist is status 2; an impossible number of EVSs writes nothing."""
    assert 2 == call("plan", str(tmp_path / "plan.toml")).exit_code
    result = call("new", str(tmp_path / "plan.toml"), "--plan", "--active", "8")
    assert 2 == result.exit_code
    assert "the number of nodes is 9; allowed: 1 to 8" in result.stderr
    assert [] == list(tmp_path.iterdir())


def test_tables_that_cannot_be_written(tmp_path: Path) -> None:
    """A file where the folder of tables should be is status 2 and a sentence."""
    file = tmp_path / "plan.toml"
    call("new", str(file), "--plan")
    result = call("plan", str(file), "--csv", str(file / "tables"))
    assert 2 == result.exit_code
    assert "name another folder" in result.stderr


def test_a_runbook_of_a_plan(tmp_path: Path) -> None:
    """``runbook`` writes HTML beside the plan, or what the ending of the output says."""
    file, out = tmp_path / "client.toml", tmp_path / "client.md"
    call("new", str(file), "--plan", "--active", "1", "--name", "MAIL")
    html = tmp_path / "client-runbook.html"
    assert f"Written: {html}\n" == call("runbook", str(file)).stdout
    assert "cluster MAIL</h1>" in html.read_text("utf-8")
    assert 0 == call("runbook", str(file), "-o", str(out)).exit_code
    assert out.read_text("utf-8").startswith("# Installation of Exchange Server 2003: cluster MAIL")
    for written in (html, out):
        again = call("runbook", str(file), "-o", str(written), "--procedure", "remove")
        assert (2, True) == (again.exit_code, "replace it with --force" in again.stderr)
        assert "Installation" in written.read_text("utf-8")
    again = call("runbook", str(file), "-o", str(out), "--procedure", "remove", "--force")
    assert 0 == again.exit_code
    assert out.read_text("utf-8").startswith("# Removal of Exchange Server 2003: cluster MAIL")


def test_runbooks_that_cannot_be(tmp_path: Path) -> None:
    """A wrong plan is status 1 with its lines, a wrong ending status 2; nothing is written."""
    file = tmp_path / "client.toml"
    call("new", str(file), "--plan")
    result = call("runbook", str(file), "-o", str(tmp_path / "client.pdf"))
    assert 2 == result.exit_code
    assert "allowed: .html, .md" in result.stderr
    unknown = call("runbook", str(file), "--procedure", "upgrade")
    assert (2, True) == (unknown.exit_code, "allowed: install, remove" in unknown.stderr)
    file.write_text(file.read_text("utf-8").replace('"NODE1"', '"NODE 1"'), "utf-8")
    assert 1 == call("runbook", str(file)).exit_code
    assert [file] == list(tmp_path.iterdir())


def test_a_checklist(tmp_path: Path) -> None:
    """``checklist`` ends with 0 for a good cluster, 1 with deviations, 2 for no cluster."""
    file = tmp_path / "client.toml"
    call("new", str(file))
    good = call("checklist", str(file))
    assert 0 == good.exit_code, good.output
    assert "no findings" in good.stdout
    assert "ok     move EVS1 to NODE4" in good.stdout
    text = file.read_text("utf-8").replace("mailboxes = 1000", "auto_failback_type = 1", 1)
    file.write_text(text, "utf-8")
    assert 1 == call("checklist", str(file)).exit_code
    file.write_text("nodes = 3", "utf-8")
    assert 2 == call("checklist", str(file)).exit_code
