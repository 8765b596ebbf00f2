"""Scenario files: what they say comes true, and whatever cannot be read is refused in words."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterlab import Simulation, cli
from clusterlab.cluster.events import DueKind, comes
from clusterlab.cluster.states import NodeState
from clusterlab.scenario import read_scenario, run_file, running
from clusterlab.scenario import run_scenario as play
from clusterlab.scenario.layout import ScenarioError
from clusterlab.scenario.running import rewrite
from clusterlab.tomlfiles.problems import ClusterFileError

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "tests" / "scenarios").glob("*.txt"))
GUIDE = ROOT / "docs" / "guides" / "scenario-files.md"
SMALL = "# A comment\ncluster active=3\nfail NODE3\n\nrun\ngroups\n"


def state_at(name: str, moment_s: float, thing: str) -> tuple[str, str]:
    """Return owner and state of a group, or of the group of a resource, at a moment of a file."""
    sim = last_simulation(name)
    cluster = sim.at(moment_s)
    if thing in cluster.config.groups_by_name:
        return cluster.owners[thing], cluster.group_state(thing).value
    resource = cluster.config.resource_name(thing)
    group = cluster.config.resources_by_name[resource].group
    return cluster.owners[group], cluster.resource_states[resource].value


def last_simulation(name: str) -> Simulation:
    """Return the simulation of a file after its last block."""
    scenario = read_scenario(ROOT / "tests" / "scenarios" / f"{name}.txt")
    player = running.Player(scenario)
    for block, commands in zip(scenario.layout.blocks, scenario.blocks, strict=True):
        player.play(block, commands)
    return player.sim


# --- the files --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_scenario_comes_out_as_its_file_says(path: Path, request: pytest.FixtureRequest):
    """Running a file gives the outcomes in it; with --rewrite it gets the new ones."""
    if request.config.getoption("--rewrite"):
        rewrite(path)
    result = run_file(path)
    assert "" == result.diff
    assert all(block.block.expected is not None or not block.lines for block in result.blocks)


@pytest.mark.parametrize("number", [0, 1])
def test_the_examples_of_the_guide_come_out_as_printed(number: int):
    """What the guide shows is what a reader gets."""
    examples = re.findall(r"```text\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert 2 == len(examples)
    assert "" == play(read_scenario(examples[number])).diff


# --- handbook 6.6, values to assert -----------------------------------------------------------

A, A_END = "handbook_6_1_a", "handbook_6_1_a_ending"
B, C, E = "handbook_6_2_b", "handbook_6_3_c", "handbook_6_5_e"
D, D_FORCED = "handbook_6_4_d", "handbook_6_4_d_forced"
E_STARTS_AT = 14 * 3600


@pytest.mark.parametrize(
    ("name", "moment_s", "thing", "node", "states"),
    [
        (A, 175.2, "EVS3", "NODE4", ("Pending", "Online")),
        (A, 777.7, "EVS2", "NODE1", ("Failed", "Failed")),
        (A_END, 2068, "EVS2", "NODE3", ("Pending", "Online")),
        (B, 140.5, "EVS1/IS", "NODE1", ("Online Pending", "Online")),
        (B, 340.5, "EVS1/IS", "NODE1", ("Online Pending", "Online")),
        (B, 540.5, "EVS1/IS", "NODE1", ("Online Pending", "Online")),
        (B, 790, "EVS1", "NODE4", ("Pending", "Online")),
        (C, 30.2, "Cluster Group", "NODE2", ("Pending", "Online")),
        (C, 108.7, "EVS1", "NODE2", ("Failed", "Failed")),
        (C, 108.7, "EVS1/IP", "NODE2", ("Offline Pending", "Offline")),
        (C, 108.7, "EVS2", "NODE2", ("Online", "Online")),
        (D, 8.2, "EVS1", "NODE1", ("Online", "Offline")),
        (D, 526.2, "EVS1", "NODE1", ("Pending", "Online")),
        (D, 541.7, "EVS2", "NODE3", ("Pending", "Online")),
        (D_FORCED, 778, "EVS1", "NODE1", ("Pending", "Online")),
        (D_FORCED, 625.5, "EVS2/Name", "NODE1", ("Offline", "Offline")),
        (D_FORCED, 625.5, "EVS2", "NODE1", ("Failed", "Failed")),
        (E, 14 * 3600 + 120 - E_STARTS_AT, "EVS2", "NODE4", ("Pending", "Online")),
        (E, 22 * 3600 + 120 - E_STARTS_AT, "EVS2", "NODE2", ("Pending", "Online")),
    ],
)
def test_values_of_handbook_6_6(
    name: str, moment_s: float, thing: str, node: str, states: tuple[str, str]
):
    """Each state of the table is reached at its tenth of a second, and not before (6.6)."""
    assert (node, states[0]) == state_at(name, moment_s - 0.1, thing)
    assert (node, states[1]) == state_at(name, moment_s, thing)


def test_value_of_handbook_6_6_for_two_and_two_storage_groups():
    """With 2 + 2 storage groups EVS1 is Online on NODE2 at 125.2 (6.6, c')."""
    scenario = read_scenario("cluster active=2 passive=0 storage_groups=2,2\nfail NODE1\nrun")
    result = play(scenario).blocks[0]
    assert "   125.2  EVS1 Online on NODE2" == result.lines[-1]


def test_attempts_of_handbook_6_6():
    """In (d) all Cluster services are stopped at 8.2; attempts follow at 68.2 + 70 k (6.6, d)."""
    sim = last_simulation(D)
    assert set(sim.at(8.2).node_states.values()) == {NodeState.DOWN}
    starts = [o.cluster.now_s for o in sim.history if comes(o.event, DueKind.SERVICE_STARTED)]
    assert sorted([68.2, 138.2, 208.2, 278.2, 348.2] * 3) == starts


@pytest.mark.parametrize(
    ("name", "until_s", "resource", "failures", "failovers"),
    [
        (A, 800, "EVS2/SA", 44, 10),
        (B, 800, "EVS1/IS", 4, 1),
        (C, 3000, "EVS1/IS", 4, 0),
    ],
)
def test_counts_of_handbook_6_6(
    name: str, until_s: float, resource: str, failures: int, failovers: int
):
    """Events 1069 and counted failovers are those of the table (6.6)."""
    sim = last_simulation(name)
    wanted = sim.cluster.config.resource_name(resource)
    entries = [e for e in sim.log if e.resource == wanted and e.at_s <= until_s]
    assert failures == sum(entry.event_id == 1069 for entry in entries)
    assert failovers == len(sim.at(until_s).failovers.get(resource[:4], ()))


# --- reading ----------------------------------------------------------------------------------

HEAD = "cluster active=3 passive=1\n"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 0, "there is no command in it"),
        ("fail NODE3", 1, "the first command says which cluster it is"),
        ("cluster activ=3", 1, "'activ' is not a setting of a cluster; allowed: active"),
        ("cluster active=3 activ=3", 1, "did you mean 'active'?"),
        ("cluster active", 1, "'active' has no value; allowed: active=VALUE"),
        ("cluster active=3 active=2", 1, "'active' is given twice"),
        ("cluster active=9", 1, "active is '9'; allowed: a whole number 1 to 8"),
        ("cluster active=8 passive=1", 1, "has 9 nodes; allowed: 1 to 8"),
        ("cluster active=3 passive=0", 1, "allowed: at most 2"),
        ("cluster storage_groups=5", 1, "storage_groups is '5'; allowed: a whole number 1 to 4"),
        ("cluster storage_groups=3,2", 1, "storage_groups has 2 figures for 3 EVSs"),
        ("cluster protocols=NNTP", 1, "'NNTP' is not a protocol; allowed: IMAP4, POP3"),
        ("cluster start=25:00", 1, "start is '25:00'; allowed: a time of day"),
        (HEAD + "ffail NODE3", 2, "did you mean 'fail'?"),
        (HEAD + "cluster active=3", 2, "'cluster' is not a command"),
        (HEAD + "fail", 2, "the line ends where a node is expected"),
        (HEAD + "fail NODE33", 2, "'NODE33' is not a node; allowed: NODE1, NODE2, NODE3, NODE4"),
        (HEAD + "fail NODE3 now", 2, "'now' is one word too many"),
        (HEAD + "move EVS2 NODE4", 2, "'NODE4' is not a word that may follow here; allowed: to"),
        (HEAD + "move EVS9 to NODE4", 2, "'EVS9' is not a group"),
        (HEAD + "end EVS1/POP3", 2, "'EVS1/POP3' is not a resource; allowed: Cluster Group/Disk"),
        (HEAD + "end EVS1/SMPT", 2, "did you mean 'EVS1/SMTP'?"),
        (HEAD + 'offline "Cluster Group', 2, "is not closed"),
        (HEAD + "at -5 fail NODE1", 2, "the moment is '-5'; allowed: seconds"),
        (HEAD + "at nan fail NODE1", 2, "the moment is 'nan'; allowed: seconds"),
        (HEAD + "at 24:00 fail NODE1", 2, "the moment is '24:00'; allowed: a time of day"),
        (HEAD + "at 5 run", 2, "'run' is not an action; allowed: fail, start"),
        (HEAD + "run unitl 5", 2, "'unitl' is not a word that may follow here; allowed: until"),
        (HEAD + "run until 99999999999", 2, "allowed: seconds, 0 to 31622400"),
        (HEAD + "set EVS1", 2, "the line ends where a setting is expected"),
        (HEAD + "set EVS1/IP Adress=10.0.0.9", 2, "did you mean 'Address'"),
        (HEAD + "set EVS1/IP Address=10.0.0.9 restart_action=1", 2, "in a line of its own"),
        (HEAD + "set EVS1/IS storage_groups=9", 2, "allowed: 1 to 4"),
        (HEAD + "set EVS1 restart_action=1", 2, "is not a property of a group that can be set"),
        (HEAD + "set EVS1/IS restart_action=3", 2, "restart_action is '3'; allowed: a whole"),
        (HEAD + "set EVS1 preferred_owners=NODE9", 2, "'NODE9' is not a node"),
        (HEAD + "set EVS1 preferred_owners=NODE1,NODE1", 2, "prefers node 'NODE1' twice"),
        (HEAD + "set EVS1 failback_window_start=24", 2, "allowed: a whole number -1 to 23"),
        (HEAD + "duration regroop=1", 2, "did you mean 'regroup'?"),
        (HEAD + "duration regroup=fast", 2, "regroup is 'fast'; allowed: seconds"),
        (HEAD + "set Public roll=2", 2, "did you mean 'role'?"),
        (HEAD + "set Public role=4", 2, "role is '4'; allowed: a whole number 0 to 3"),
        ("cluster quorum=disk", 1, "'disk' is not a quorum model; allowed: shared, local, maj"),
        ("cluster quorum=majority windows=W2K", 1, "from Windows Server 2003 on"),
        (
            "cluster exchange=2002",
            1,
            "'2002' is not a version of Exchange; allowed: 2000, 2000 SP1",
        ),
        ("cluster exchange=5.5", 1, "'5.5' is not a version of Exchange"),
        ('cluster exchange="2000 SP3"', 1, "has Exchange 2000 SP3 on Windows 2003; allowed there"),
        (
            "cluster version=2000 exchange=2003",
            1,
            "version is 2000 and exchange is '2003'; allowed",
        ),
        (HEAD + "set NODE1 exchage=2003", 2, "did you mean 'exchange'?"),
        (HEAD + "set NODE1 exchange=2003SP1", 2, "did you mean '2003 SP1'?"),
        (
            HEAD + 'set NODE1 windows="NT 4.0"',
            2,
            "'NT 4.0' is not a Windows of a node; allowed: 2000",
        ),
        (HEAD + "set NODE1", 2, "the line ends where a setting is expected; allowed: NAME=VALUE"),
        (
            HEAD + "set EVS1 version=2000",
            2,
            "EVS1 has the resources of Exchange 2003, and no version",
        ),
        (HEAD + "set EVS1 version=2003 owner=NODE1", 2, "'owner' is not a property of a version"),
        (
            HEAD + 'set "Cluster Group" version=2003',
            2,
            "'Cluster Group' is not an EVS; allowed: EVS1",
        ),
        (HEAD + "upgrade", 2, "the line ends where an EVS is expected"),
        (HEAD + "upgrade NODE1", 2, "'NODE1' is not an EVS; allowed: EVS1, EVS2, EVS3"),
        (HEAD + "upgrade EVS1 to 2003", 2, "'to' is one word too many"),
        (HEAD + "versions NODE1", 2, "'NODE1' is one word too many"),
        (HEAD + "cut NODE2 Publik", 2, "'Publik' is not a network; allowed: Private, Public"),
        (HEAD + "cut", 2, "the line ends where a node is expected"),
        (HEAD + "lose Public", 2, "'Public' is not a thing that can be lost; allowed: network"),
        (HEAD + "lose", 2, "the line ends where what is to be lost is expected"),
        (HEAD + "lose network", 2, "the line ends where a network is expected"),
        (HEAD + 'lose disk "Disk R:" at NODE1', 2, "'at' is not a word that may follow here"),
        (HEAD + 'restore disk "Disk R:" now', 2, "'now' is one word too many"),
        (HEAD + "damage disk", 2, "'disk' is not a thing that can be damaged; allowed: quorum"),
        (HEAD + "kill NODE1", 2, "'NODE1' is not a thing that can be killed; allowed: monitor"),
        (HEAD + "start NODE1 fixquorom", 2, "'fixquorom' is not a start switch; allowed: force"),
        (HEAD + "start NODE1 /forcequorum", 2, "the line ends where the nodes that count"),
        (HEAD + "start NODE1 forcequorum NODE1,NODE9", 2, "'NODE9' is not a node"),
        (HEAD + "start NODE5\nadd NODE5", 2, "'NODE5' is not a node; allowed: NODE1, NODE2"),
        (HEAD + "quorum EVS1/DISC", 2, "'EVS1/DISC' is not a resource; allowed: Cluster Group"),
        (HEAD + "count", 2, "the line ends where an event id is expected"),
        (HEAD + "log NODE7", 2, "'NODE7' is not a node, group or resource"),
        (HEAD + "switch other", 2, "'other' is not a branch; allowed: main"),
        (HEAD + "branch MAIN", 2, "there is a branch 'MAIN' already"),
        (HEAD + "branch", 2, "the line ends where the name of a branch is expected"),
        (HEAD + "\n----\nx", 3, "'----' has no command above it"),
        (HEAD + "fail \x1b[2J", 2, "character '\\x1b' cannot be shown"),
        (HEAD + "# " + "x" * 1000, 2, "the line has 1,002 characters; allowed: 1,000"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, line: int, words: str):
    """The error names file, line, the wrong word and what is allowed."""
    with pytest.raises(ScenarioError) as caught:
        read_scenario(text)
    assert line == caught.value.line
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"text, line {line}: " if line else "text: ")


def test_a_moment_that_has_passed_is_named():
    """Going back in time is refused with the line and the earliest moment allowed."""
    for command in ("at 5 fail NODE2", "run until 5"):
        with pytest.raises(ScenarioError, match=r"line 4: .*allowed: 100 s or later"):
            play(read_scenario(f"{HEAD}run until 100\n\n{command}"))


def test_nothing_to_undo_is_named():
    """Undo without an action is refused with its line."""
    with pytest.raises(ScenarioError, match="line 2: there is nothing to undo"):
        play(read_scenario(f"{HEAD}undo"))


def test_a_run_without_end_is_refused():
    """With durations of 0 a refused EVS restarts for ever; the line that runs it is named."""
    text = (
        f"{HEAD}duration restart_delay=0 sa_refused=0\n"
        "set EVS3/SA restart_threshold=4294967295\nmove EVS3 to NODE1\nrun"
    )
    with pytest.raises(ScenarioError, match="line 5: more than 20,000 things happen"):
        play(read_scenario(text))


def test_nothing_is_printed_if_the_last_line_is_wrong(tmp_path: Path):
    """A file is read as a whole before anything of it is run."""
    path = tmp_path / "late.txt"
    path.write_text(f"{HEAD}fail NODE3\nrun\n\nfial NODE2\n", "utf-8")
    result = CliRunner().invoke(cli.cli, ["run", str(path)])
    assert (2, "") == (result.exit_code, result.stdout)
    assert "late.txt, line 5: 'fial' is not a command" in result.stderr


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"cluster\n\xff\xfe", "line 2: byte 0xff is not UTF-8 text"),
        (bytes(range(256)), "byte 0x80 is not UTF-8 text"),
        (b"\0" * 500, "line 1: character '\\x00' cannot be shown"),
        (b"x" * 50_000, "line 1: the line has 50,000 characters"),
        (b"#\n" * 600_000, "the file is longer than 1,000,000 bytes"),
        (b"cluster\rfail NODE1", "character '\\r' cannot be shown"),
    ],
    ids=["not UTF-8", "binary", "zeros", "huge line", "huge file", "old Mac"],
)
def test_any_bytes_end_in_a_sentence(data: bytes, words: str, tmp_path: Path):
    """Whatever is in a file, the reader says what is wrong with it."""
    path = tmp_path / "any.txt"
    path.write_bytes(data)
    with pytest.raises(ScenarioError, match=re.escape(words)):
        run_file(path)


WORDS = st.sampled_from(["at", "fail", "move", "EVS1", "EVS1/IS", "NODE9", "run", "----", '"', "="])
COMMANDS = st.sampled_from(
    [
        *("fail NODE1", "fail NODE3", "at 30 fail NODE4", "start NODE1", "stop NODE2"),
        *("pause NODE4", "resume NODE4", "at 50 resume NODE4", "move EVS1", "move EVS2 to NODE4"),
        *("offline EVS1/SA", "online EVS1", "end EVS1/IS", "at 20 hang EVS3/SMTP"),
        *("fail resource EVS2/Name", "set EVS1/IS restart_threshold=0", "duration regroup=0"),
        *("run", "run until 100", "run until 23:00", "step", "undo", "branch b", "switch main"),
        *("cut NODE1", "cut NODE2 Public", "plug NODE1", "lose network Private", "networks"),
        *("restore network Private", 'lose disk "Disk Q:"', 'restore disk "Disk Q:"'),
        *("evict NODE4", "add NODE5", "start NODE5", "kill monitor NODE1", "damage quorum log"),
        *("create group G", "delete group G", "rename group EVS2 to G", "online G"),
        *('create resource A group=G type="IP Address"', "delete resource A", "change A to EVS1"),
        *(
            'create resource N group=G type="Network Name" needs=A',
            "depend N on A",
            "release N from A",
        ),
        *("rename resource EVS1/IS to Store", "change EVS2/IP to G", "move G to NODE2"),
        *('quorum "Disk R:"', "start NODE1 fixquorum", "set Public role=2"),
        *(
            "upgrade EVS1",
            "at 70 upgrade EVS2",
            "versions",
            "offline EVS1/SA",
            "set EVS1 version=2003",
        ),
        *('set NODE2 exchange="2003 SP1"', "set NODE4 exchange=2000", "set NODE1 windows=2000"),
        *("", "groups", "why EVS1", "log 1069", "outages", "story", "changes EVS1", "----"),
    ]
)
LINES = st.lists(st.one_of(COMMANDS, COMMANDS, st.lists(WORDS).map(" ".join)), max_size=8).map(
    "\n".join
)
PLAYS = st.lists(COMMANDS, max_size=12).map("\n".join)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.one_of(st.text(), *(some.map(HEAD.__add__) for some in (st.text(), LINES, PLAYS))))
def test_random_text_is_played_or_refused(text: str):
    """No text ends in anything but an outcome or a ScenarioError; outcomes hold no blank line."""
    try:
        result = play(read_scenario(text))
    except ScenarioError:
        return
    assert all(line.strip() for block in result.blocks for line in block.lines)
    assert "" == play(read_scenario(result.text)).diff


@settings(max_examples=100, deadline=None, derandomize=True)
@given(data=st.binary(max_size=200))
def test_random_bytes_are_read_or_refused(data: bytes, tmp_path_factory: pytest.TempPathFactory):
    """No bytes in a file end in anything but an outcome or a ScenarioError that names the file."""
    path = tmp_path_factory.getbasetemp() / "random.txt"
    path.write_bytes(data)
    with pytest.raises(ScenarioError, match=r"^random\.txt"):
        run_file(path)


# --- what commands do -------------------------------------------------------------------------


def outcome(commands: str) -> list[str]:
    """Return what the last block prints."""
    return list(play(read_scenario(HEAD + "\n" + commands)).blocks[-1].lines)


def test_names_and_commands_may_be_written_in_any_case():
    """An administrator's lower case is understood; names are shown as configured."""
    assert "     0.0  NODE3 loses power" == outcome("FAIL node3")[0]


def test_a_refusal_is_an_outcome_and_changes_nothing():
    """What the product refuses is printed, and the next command finds the same cluster."""
    lines = outcome("groups\n\nstart NODE1\ngroups")
    assert lines[0].startswith("refused: 5061: ")
    assert outcome("groups") == lines[1:]


def test_step_shows_what_the_next_moment_brings():
    """A step prints changes and log entries; when nothing is pending it says so."""
    lines = outcome("fail NODE3\n\nstep\nstep\nstep")
    assert 6 == sum(" 1123 " in line for line in lines)
    assert "     8.2  NODE3 Down" in lines
    assert ["     0.0  nothing is pending"] == outcome("step")
    assert ["     0.0  nothing is pending"] == outcome("run")


def test_branches_go_on_by_themselves():
    """What happens in a branch does not happen in the one it came from."""
    lines = outcome("branch other\nfail NODE3\nrun until 200\n\nswitch main\nnodes")
    assert "     0.0  on branch main" == lines[0]
    assert "NODE3                3 Up" in lines


def test_undo_takes_back_the_last_action_with_its_consequences():
    """After undo the story goes on from before the action."""
    lines = outcome("fail NODE3\nrun\n\nundo\ngroups")
    assert "     0.0  the last action is undone" == lines[0]
    assert "EVS3                 NODE3           Online" == lines[-1]


def test_a_time_of_day_is_the_next_one():
    """22:00 is this evening before 22:00 and tomorrow after it, and the second itself is now."""
    text = "cluster start=14:00\nrun until 22:00\nstep\n\nrun until 22:00\nstep\n\n"
    result = play(read_scenario(text + "run until 21:00\nstep"))
    said = [block.lines[-1].split("  nothing")[0] for block in result.blocks]
    assert ["   22:00:00  ", "   22:00:00  ", "+1 21:00:00  "] == said


def test_an_added_node_is_known_from_there_on():
    """The lines after `add` may name the new node; one that was evicted is refused when played."""
    lines = outcome("add NODE5\nstart NODE5\nrun\nmove EVS1 to NODE5\nnodes")
    assert "NODE5                5 Up" in lines
    lines = outcome("stop NODE4\nevict NODE4\nmove EVS1 to NODE4")
    assert "refused: Cluster 'CL1' has no node 'NODE4'." in lines[-1]


def test_each_setting_of_a_node_adds_to_what_it_has():
    """What is not set stays: the Windows of a node beside its Exchange, line by line."""
    lines = outcome('set NODE2 exchange="2003 SP1"\nset NODE2 windows=2003\nversions')
    assert "NODE1           not named   not named" in lines
    assert "NODE2           2003 SP1    2003" in lines
    assert "     0.0  NODE2 now has Exchange 2003 SP1, Windows 2003" in lines


def test_an_evs_may_have_another_version_than_the_nodes():
    """One EVS is newer than the nodes: where it goes it fails with UE-01 (4, 4.0.3)."""
    text = 'cluster active=2 passive=1 exchange=2003\nset EVS2 version="2003 SP1"\n'
    lines = play(read_scenario(text + "fail NODE2\nrun until 60\nversions")).blocks[-1].lines
    assert "EVS1            2003        2003" in lines
    assert "EVS2            2003 SP1    2003" in lines
    assert any("EVS2/SA failed on NODE3" in line and "(UE-01)" in line for line in lines)


def test_the_exchange_of_a_cluster_decides_its_resources():
    """With exchange= of 2000 the tree is that of Exchange 2000; the version may be said as well."""
    texts = ('cluster exchange="2000 SP3" windows=W2K', "cluster version=2000 windows=W2K")
    first, second = (read_scenario(text).cluster.config for text in texts)
    assert [r.type for r in first.resources] == [r.type for r in second.resources]
    said = read_scenario('cluster version=2000 exchange="2000 SP3" windows=W2K').cluster
    assert first == said.config


def test_the_command_is_refused_where_no_version_is_named():
    """An EVS without a version has nothing to be upgraded to, and nothing has changed."""
    lines = outcome("offline EVS1/SA\nrun\nupgrade EVS1\nresources EVS1")
    assert "refused: No version of Exchange is named for EVS1 or NODE1." in lines[1]


def test_networks_are_shown_with_the_interface_of_each_node():
    """The view `networks` has a column for each node."""
    lines = outcome("cut NODE2 Public\nrun until 3\nnetworks")
    assert lines[-1].split() == ["Public", "Up", "Up", "Failed", "Up", "Up"]


def test_story_prints_everything_again():
    """The view `story` begins at the start."""
    assert outcome("fail NODE3\nrun") == outcome("fail NODE3\nrun\n\nstory")


def test_a_property_may_be_a_plain_number_in_python():
    """`restart_action=1` in Python does what it does in a file: the group stays (1, 4.3)."""
    sim = Simulation(read_scenario(HEAD).cluster)
    sim.set_properties("EVS1/IS", restart_action=1, restart_threshold=0)
    sim.fault_resource("EVS1/IS")
    sim.run(until_s=100)
    assert ("NODE1", "Failed") == (sim.owner("EVS1"), sim.state("EVS1/IS").value)


# --- files: comparing, rewriting, data --------------------------------------------------------


@pytest.fixture
def story(tmp_path: Path) -> Path:
    """A scenario with a wrong outcome, Windows line ends and the mark that Notepad writes."""
    path = tmp_path / "my story.txt"
    text = SMALL.replace("\n\nrun", "\n----\nnothing\n\n\n# Then?\nrun")
    path.write_bytes(("\ufeff" + text.replace("\n", "\r\n")).encode("utf-8"))
    return path


def test_a_mismatch_names_block_expected_and_got(story: Path):
    """A block with another outcome than the file's is reported; one without is not."""
    (mismatch,) = run_file(story).mismatches
    assert (2, ("nothing",)) == (mismatch.block.line, mismatch.block.expected)
    assert ("     0.0  NODE3 loses power",) == mismatch.lines


def test_rewrite_keeps_comments_and_layout(story: Path):
    """New outcomes replace old ones; comments, blank lines, line ends and mark stay."""
    assert rewrite(story)
    text = story.read_bytes().decode("utf-8")
    assert text.startswith(
        "\ufeff# A comment\r\ncluster active=3\r\nfail NODE3\r\n----\r\n"
        "     0.0  NODE3 loses power\r\n\r\n\r\n# Then?\r\nrun\r\ngroups\r\n----\r\n     8.2  NODE3"
    )
    assert "\n" not in text.replace("\r\n", "")
    assert () == run_file(story).mismatches
    assert not rewrite(story)


def test_rewrite_leaves_the_file_alone_if_it_cannot_finish(
    story: Path, monkeypatch: pytest.MonkeyPatch
):
    """A file is replaced as a whole or not at all, and nothing is left beside it."""

    def fail(*_: object) -> None:
        raise OSError("disk full")

    before = story.read_bytes()
    monkeypatch.setattr("clusterlab.tomlfiles.files.os.replace", fail)
    with pytest.raises(ClusterFileError, match=f"{story.name}: disk full; name another place"):
        rewrite(story)
    assert before == story.read_bytes()
    assert [story] == list(story.parent.iterdir())


def run(*arguments: str) -> Result:
    """Call `clusterlab run`."""
    return CliRunner().invoke(cli.cli, ["run", *arguments])


def test_run_ends_with_1_and_a_diff_if_an_outcome_differs(story: Path):
    """The text of the run goes to stdout, the difference to stderr."""
    result = run(str(story))
    assert 1 == result.exit_code
    assert "-nothing\n+     0.0  NODE3 loses power\n" in result.stderr
    assert "   175.2  EVS3 Online on NODE4\n" in result.stdout


def test_run_rewrites_and_is_content(story: Path):
    """With --rewrite the outcomes are stored, and then they are the expected ones."""
    assert 0 == run("--rewrite", str(story)).exit_code
    assert 0 == run(str(story)).exit_code


def test_one_bad_file_does_not_hide_the_others(story: Path):
    """The files that can be read are run; the status is that of the worst."""
    result = run(str(story.parent / "absent.txt"), str(story))
    assert 2 == result.exit_code
    assert "absent.txt: No such file" in result.stderr
    assert "EVS3 Online on NODE4" in result.stdout


def test_the_name_of_a_file_forges_no_line(tmp_path: Path):
    """It is said once, escaped."""
    path = tmp_path / "a\x7fb.txt"
    path.write_text("fail NODE1\n", encoding="utf-8")
    result = run(str(path))
    assert 2 == result.exit_code
    assert result.stderr.startswith("Error: a\\x7fb.txt, line 1: ")


def test_json_holds_the_same_as_data(story: Path):
    """One document with a list of files; states, story, log, decisions and outages by block."""
    result = run("--json", str(story), str(story))
    first, second = json.loads(result.stdout)
    assert first == second
    assert ("my story.txt", False) == (first["file"], first["matches"])
    start, end = first["blocks"]
    assert (["cluster active=3", "fail NODE3"], ["nothing"]) == (
        start["commands"],
        start["expected"],
    )
    assert {"owner": "NODE4", "state": "Online"} == end["groups"]["EVS3"]
    assert ("Down", 175.2) == (end["nodes"]["NODE3"], end["now_s"])
    assert (
        175.2 == end["outages"]["EVS3"]["seconds"] == sum(end["outages"]["EVS3"]["parts"].values())
    )
    assert [1123] * 6 == [entry["event_id"] for entry in end["log"][:6]]
    assert ("EVS3", "NODE4") == (end["decisions"][0]["group"], end["decisions"][0]["target"])
    assert ["NODE1", "NODE2", "NODE4", "NODE3"] == [
        verdict["node"] for verdict in end["decisions"][0]["verdicts"]
    ]
    assert "EVS3 Online on NODE4" == end["story"][-1]["text"]


def test_a_pipe_gets_utf_8(tmp_path: Path):
    """Names in any script reach a file or a pipe as UTF-8."""
    path = tmp_path / "names.txt"
    path.write_text('# Größe\ncluster name="Büro 東京 <img>"\nduration regroup=2\n', "utf-8")
    command = [sys.executable, "-m", "clusterlab", "run", str(path)]
    result = subprocess.run(command, capture_output=True, check=False, cwd=ROOT)
    assert 0 == result.returncode, result.stderr
    assert '# Größe\ncluster name="Büro 東京 <img>"\n' in result.stdout.decode("utf-8").replace(
        "\r\n", "\n"
    )
