"""Cluster files: what they say, that they read back the same, and what is wrong with bad ones."""

from __future__ import annotations

import os
import pickle
import random
import re
import tracemalloc
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clusterlab import ConfigError, OperationRefused, Simulation, exchange_cluster
from clusterlab.cluster.configuring import configure
from clusterlab.cluster.events import RenameGroup
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.resource_types import (
    CLUSTER_TYPES,
    check_one_in_cluster,
    check_one_in_group,
)
from clusterlab.cluster.resting import cluster_from, starting_point
from clusterlab.cluster.states import NetworkRole, NodeState, QuorumModel, ResourceState, Windows
from clusterlab.clusterfiles import (
    ClusterFileError,
    cluster_toml,
    load_cluster,
    read_cluster,
    write_cluster,
)
from clusterlab.clusterfiles.building import MAX_RESOURCES
from clusterlab.clusterfiles.writing import starter_text
from clusterlab.exchange.creation import formed_cluster
from clusterlab.exchange.evs import EXCHANGE_TYPES, resource_types
from clusterlab.exchange.versions import (
    ExchangeVersion,
    NodeWindows,
    attendant_of,
    with_versions,
)
from clusterlab.scenario import run_file
from clusterlab.tomlfiles.parsing import MAX_BYTES, lines_of
from clusterlab.tomlfiles.problems import MOST_PROBLEMS
from tests.clusters import clusters, large_cluster
from tests.truths import broken
from tests.walking import BROKEN_SHAPES, SHAPES, Chance

GUIDE = Path(__file__).parent.parent / "docs" / "guides" / "cluster-files.md"
FUZZ = settings(
    deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
TWO = 'nodes = ["NODE1", "NODE2"]\n'
EVS = TWO + '[[evs]]\nname = "M"\nhome = "NODE1"\n'


def problems(text: str) -> list[tuple[int, str]]:
    """Return line and text of each problem of a cluster file."""
    with pytest.raises(ClusterFileError) as caught:
        read_cluster(text)
    return [(problem.line, problem.text) for problem in caught.value.problems]


def one_problem(text: str) -> tuple[int, str]:
    """Return the only problem of a cluster file."""
    (problem,) = problems(text)
    return problem


# --- what a file says -------------------------------------------------------------------------


def test_the_short_form_describes_the_cluster_of_the_course():
    """Nodes and EVSs alone give what exchange_cluster gives, Cluster Group included."""
    homes = {"EVS1": ("NODE1", "R", "S"), "EVS2": ("NODE2", "T", "U"), "EVS3": ("NODE3", "V", "W")}
    text = 'nodes = ["NODE1", "NODE2", "NODE3", "NODE4"]\n'
    for name, (home, first, second) in homes.items():
        text += f'[[evs]]\nname = "{name}"\nhome = "{home}"\n'
        text += f'disks = ["Disk {first}:", "Disk {second}:"]\n'
    assert exchange_cluster() == read_cluster(text)


def test_every_setting_of_an_evs_can_be_given():
    """Version, disks, protocols, mailboxes, owners and policies stand in one table."""
    text = """
    nodes = ["A", "B", "C"]
    [[evs]]
    name = "MAIL"
    home = "a"
    version = 2003
    disks = ["Disk X:"]
    storage_groups = 2
    databases = 5
    mailboxes = 1500
    protocols = ["pop3"]
    preferred_owners = ["A", "C"]
    possible_owners = ["A", "C"]
    auto_failback_type = 1
    failback_window_start = 22
    failback_window_end = 6
    """
    config = read_cluster(text).config
    group = config.groups_by_name["MAIL"]
    store = config.resources_by_name[config.resource_name("MAIL/IS")]
    assert {"storage_groups": 2, "databases": 5, "mailboxes": 1500} == store.private
    assert ("A", "C") == group.preferred_owners
    assert {"A", "C"} == config.possible_owners["MAIL"]
    assert (1, 22, 6) == (
        group.auto_failback_type,
        group.failback_window_start,
        group.failback_window_end,
    )
    assert config.resource_name("MAIL/POP3")


def test_the_long_form_describes_anything():
    """Groups, resources, networks, durations and the quorum are written out."""
    text = """
    name = "FILES"
    windows = "w2k"
    start_time = "8:30"
    quorum = "Disk Q:"
    nodes = [{ name = "A", id = 3 }, { name = "B", id = 7, missing_types = ["Print Spooler"] }]
    networks = [{ name = "LAN", role = "client" }, { name = "Heart", role = 1 }]
    durations = { regroup = 2.5 }
    [[groups]]
    name = "Core"
    owner = "B"
    [[resources]]
    name = "Disk Q:"
    type = "physical disk"
    group = "core"
    restart_action = "restart"
    retry_period_s = "never"
    looks_alive_poll_s = 1.5
    is_alive_poll_s = "type"
    defective_on = ["A"]
    private = { Signature = "0A1B", SkipChkdsk = 1 }
    """
    cluster = read_cluster(text)
    config, disk = cluster.config, cluster.config.resources_by_name["Disk Q:"]
    assert [3, 7] == [node.node_id for node in config.nodes]
    assert frozenset({"Print Spooler"}) == config.nodes[1].missing_types
    assert [NetworkRole.CLIENT, NetworkRole.INTERNAL] == [n.role for n in config.networks]
    assert (Windows.W2K, 8.5 * 3600, 2.5) == (
        config.windows,
        config.start_time_s,
        config.durations["regroup"],
    )
    assert (1, None, 1.5, None) == (
        disk.restart_action,
        disk.retry_period_s,
        disk.looks_alive_poll_s,
        disk.is_alive_poll_s,
    )
    assert {"Signature": "0A1B", "SkipChkdsk": 1} == disk.private
    assert ("Core", "B", frozenset({"A"})) == (
        disk.group,
        cluster.owners["Core"],
        disk.defective_on,
    )


def test_nodes_and_groups_may_be_down_and_offline_at_the_start():
    """What is Offline takes what needs it along; a stopped service leaves the power on."""
    text = """
    nodes = [
      "NODE1", "NODE2", "NODE3",
      { name = "NODE4", state = "Down" },
      { name = "NODE5", state = "Down", has_power = true },
      { name = "NODE6", state = "Paused" },
    ]
    [[evs]]
    name = "EVS1"
    home = "NODE1"
    [[evs]]
    name = "EVS2"
    home = "NODE2"
    state = "Offline"
    [[groups]]
    name = "Files"
    owner = "NODE3"
    [[resources]]
    name = "Disk X:"
    type = "Physical Disk"
    group = "Files"
    state = "Failed"
    [[resources]]
    name = "Share"
    type = "File Share"
    group = "Files"
    depends_on = ["Disk X:"]
    """
    cluster = read_cluster(text)
    assert () == broken(cluster)
    assert {"NODE4": 0.0} == cluster.silent_since
    assert (NodeState.DOWN, NodeState.PAUSED) == (
        cluster.node_states["NODE5"],
        cluster.node_states["NODE6"],
    )
    assert frozenset({"NODE6"}) == cluster.paused
    assert ["Online", "Offline", "Failed"] == [
        cluster.group_state(name).value for name in ("EVS1", "EVS2", "Files")
    ]
    assert "EVS2" not in cluster.persistent
    assert ResourceState.OFFLINE is cluster.resource_states["Share"]
    assert {"Share", "Disk X:", "Files"} <= cluster.persistent


def test_a_cluster_file_can_be_simulated():
    """The cluster of a file fails over like any other."""
    sim = Simulation(read_cluster(starter_text(active=2, passive=1)))
    sim.fail_node("NODE2")
    sim.run()
    assert "NODE3" == sim.owner("EVS2")


def test_without_an_owner_a_group_is_where_it_prefers_to_be():
    """The first preferred owner that is Up and possible has it, else the first node."""
    text = 'nodes = ["A", { name = "B", state = "Down" }, "C"]\n'
    text += '[[groups]]\nname = "X"\npreferred_owners = ["B", "C"]\n[[groups]]\nname = "Y"\n'
    owners = read_cluster(text).owners
    assert ("C", "A") == (owners["X"], owners["Y"])


def test_a_type_of_a_third_party_behaves_like_a_known_one():
    """[[types]] names what it behaves like; written and read it stays the same."""
    text = TWO + '[[types]]\nname = "Backup Agent"\nlike = "Generic Application"\nshort = "Agent"\n'
    text += '[[groups]]\nname = "G"\n[[resources]]\nname = "R"\ntype = "Backup Agent"\ngroup = "G"'
    cluster = read_cluster(text)
    kind = cluster.config.resources_by_name["R"].type
    assert ("Backup Agent", "Agent", "service") == (kind.name, kind.short, kind.service_part)
    assert cluster == read_cluster(cluster_toml(cluster))


@pytest.mark.parametrize("word", ["14:00:30", "14:00", "0:05", "23:59:59"])
def test_the_time_of_day_is_kept(word: str):
    """Times of day read and write as such."""
    cluster = read_cluster(f'start_time = "{word}"\n{TWO}')
    assert f'start_time = "{word}"' in cluster_toml(cluster)


def test_notepad_may_save_a_cluster_file(tmp_path: Path):
    """A byte order mark, Windows line ends and UTF-16 make no difference."""
    text = starter_text().replace("\n", "\r\n")
    for encoding in ("utf-8-sig", "utf-16", "utf-8"):
        path = tmp_path / f"{encoding}.toml"
        path.write_bytes(text.encode(encoding))
        assert read_cluster(starter_text()) == load_cluster(path)


# --- written and read again -------------------------------------------------------------------


@settings(FUZZ, max_examples=150)
@given(clusters())
def test_what_is_written_reads_back_as_the_same_cluster(cluster):
    """Any names, policies, properties and states survive."""
    assert cluster == read_cluster(cluster_toml(cluster))


def test_a_cluster_in_mid_story_is_written_as_a_new_start():
    """Owners and states are kept; counters, timers and the clock begin anew."""
    sim = Simulation(exchange_cluster(protocols=["POP3"]))
    sim.fail_node("NODE3")
    sim.run(until_s=60)
    sim.take_offline("EVS1/IS")
    sim.pause_node("NODE2")
    start = starting_point(sim.cluster)
    assert start == read_cluster(cluster_toml(sim.cluster))
    assert () == broken(start)
    assert (0.0, ()) == (start.now_s, start.timers)


def kept_or_refused(cluster: Cluster) -> tuple[bool, str]:
    """Return whether a cluster can be written, and its file, or why it cannot."""
    try:
        return True, cluster_toml(cluster)
    except ConfigError as error:
        return False, str(error)


@pytest.mark.parametrize("shape", {**SHAPES, **BROKEN_SHAPES})
def test_whatever_a_walk_reaches_is_kept_or_refused_in_words(shape: str):
    """A cluster at any moment of a random life reads back as the same start, or is no start."""
    rng = random.Random(f"file {shape}")
    chance, sim = Chance(rng), Simulation({**SHAPES, **BROKEN_SHAPES}[shape]())
    kinds = (chance.event, chance.of_membership, chance.of_building)
    for _ in range(6):
        for _ in range(10):
            if sim.next_s() is not None and rng.random() < 0.7:
                sim.step()
            else:
                with suppress(OperationRefused):
                    sim.send(rng.choice(kinds)(sim.cluster))
        is_kept, made = kept_or_refused(sim.cluster)
        assert not is_kept or starting_point(sim.cluster) == read_cluster(made)
        assert is_kept or "cannot be said" not in made


def test_what_was_named_registered_and_ordered_is_written():
    """The Cluster Group by another name, the order of networks, types that nothing uses yet."""
    sim = Simulation(formed_cluster())
    sim.send(RenameGroup("Cluster Group", "Core"))
    sim.set_network_priority("Public", "Private")
    sim.run()
    again = read_cluster(cluster_toml(sim.cluster)).config
    assert ("Core", ("Public", "Private")) == (again.core_group, again.network_priority)
    assert tuple(EXCHANGE_TYPES[2003].values()) == again.added_types


def test_a_cluster_that_cannot_begin_so_is_not_written():
    """Without a node that is Up there is no start; the error names cluster, moment and reason."""
    sim = Simulation(exchange_cluster(1, 1))
    sim.fail_node("NODE1")
    sim.fail_node("NODE2")
    sim.run(until_s=60)
    with pytest.raises(ConfigError, match=r"'CL1' as it stands at 60.0 s is no start .* Down"):
        cluster_toml(sim.cluster)


def test_defects_and_limits_are_written():
    """What only a lab has is kept as well: defects, durations, a limit of nodes, as found."""
    config = configure(exchange_cluster(2, 1).config, "EVS1/SA", defective_on=["NODE2"])
    config = replace(config, node_limit=12, is_as_found=True)
    config = configure(config, "durations", regroup=3.5)
    cluster = cluster_from(config, exchange_cluster(2, 1).owners)
    assert cluster == read_cluster(cluster_toml(cluster))


def test_an_evs_as_setup_makes_it_is_one_table():
    """The short form is written where it says everything."""
    text = cluster_toml(exchange_cluster())
    assert 3 == text.count("[[evs]]")
    assert "System Attendant" not in text


@pytest.mark.parametrize("version", [v for v in ExchangeVersion if v is not ExchangeVersion.E55])
def test_an_evs_with_a_version_is_one_table(version: ExchangeVersion):
    """The short form has the exact version and the last Windows of an EVS (4, 4.0.1)."""
    cluster = exchange_cluster(2, 1, version=int(version.product), windows=Windows.W2K)
    cluster = with_versions(cluster, version, NodeWindows.W2000_SP4)
    text = cluster_toml(cluster)
    assert (2, "System Attendant" in text) == (text.count("[[evs]]"), False)
    assert cluster == read_cluster(text)


def test_the_exact_version_says_the_product_too():
    """With exchange = "2000 SP3" the EVS has the resources of Exchange 2000."""
    node = '[[nodes]]\nname = "NODE1"\nexchange = "2000 SP3"\n'
    evs = '[[evs]]\nname = "M"\nhome = "NODE1"\n'
    exact, product = (
        read_cluster(f"{node}{evs}{key}").config
        for key in ('exchange = "2000 SP3"', "version = 2000")
    )
    assert [r.type for r in exact.resources] == [r.type for r in product.resources]
    assert "2000 SP3" == attendant_of(exact, "M").private["version"]


def test_an_evs_does_not_begin_online_where_it_cannot_be():
    """An EVS with a version begins on a node that fits (4, 4.0.3)."""
    text = EVS.replace('"NODE1", ', '{name = "NODE1", exchange = "2003"}, ', 1)
    line, found = one_problem(text + 'exchange = "2003 SP1"')
    assert 2 == line
    assert "M cannot be Online: version of Exchange on this machine does not match" in found
    assert "allowed: another owner" in found


def test_a_file_is_replaced_as_a_whole_or_not_at_all(tmp_path: Path):
    """A cluster that cannot be written leaves the old file as it was."""
    path = tmp_path / "cluster.toml"
    write_cluster(exchange_cluster(), path)
    before = path.read_bytes()
    with pytest.raises(ConfigError):
        write_cluster(exchange_cluster(name="\ud800"), path)
    assert before == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())


def test_the_starter_file_describes_what_was_asked_for():
    """It is read as it stands, and so are its comments once their mark is taken away."""
    assert 8 == len(read_cluster(starter_text(active=7, passive=1)).config.nodes)
    lines = starter_text(active=1, passive=1).splitlines()
    plain = [re.sub(r"^# (?=\w+ = |\[)", "", line) for line in lines]
    cluster = read_cluster("\n".join(plain))
    assert "Files" in cluster.config.groups_by_name


def test_a_scenario_starts_from_a_cluster_file_beside_it(tmp_path: Path):
    """file= names it; only the time of day and the seed may be added."""
    write_cluster(exchange_cluster(2, 1), tmp_path / "client.toml")
    story = tmp_path / "story.txt"
    story.write_text("cluster file=client.toml start=9:00\nfail NODE2\nrun\n")
    result = run_file(story)
    assert "NODE3" == result.blocks[-1].cluster.owners["EVS2"]
    assert 9 * 3600 == result.blocks[-1].cluster.config.start_time_s
    story.write_text("cluster file=client.toml active=3\n")
    with pytest.raises(ConfigError, match=r"line 1: 'active' belongs in the cluster file"):
        run_file(story)


def test_a_scenario_names_every_problem_of_its_cluster_file(tmp_path: Path):
    """The line of the scenario comes first, then those of the file."""
    (tmp_path / "client.toml").write_text('nodes = ["A"]\nx = 1\ny = 1\n')
    (tmp_path / "story.txt").write_text("cluster file=client.toml\n")
    with pytest.raises(ConfigError, match=r"story.txt, line 1: client.toml, line 2: .*\n.*line 3"):
        run_file(tmp_path / "story.txt")


@pytest.mark.parametrize(
    "foreign", ["root:x:0:0:root:/root\nbin:x:1:1", "password = hunter2 # no\n", "[[root]\n"]
)
def test_a_scenario_shows_no_line_of_a_file_that_is_no_cluster_file(foreign: str, tmp_path: Path):
    """Whoever wrote the scenario may have named any file; only the line is counted."""
    (tmp_path / "secret").write_text(foreign)
    (tmp_path / "story.txt").write_text("cluster file=secret\n")
    with pytest.raises(ConfigError, match="'secret' is no cluster file: its line 1 is") as caught:
        run_file(tmp_path / "story.txt")
    assert not re.search("root|bin|hunter2", str(caught.value))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes on Windows")
def test_a_pipe_or_an_endless_device_is_refused_at_once(tmp_path: Path):
    """As a cluster file, as a scenario and as the cluster of a scenario."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "story.txt").write_text("cluster file=pipe\n")
    for read in (
        lambda: read_cluster(tmp_path / "pipe"),
        lambda: run_file(tmp_path / "pipe"),
        lambda: run_file(tmp_path / "story.txt"),
        lambda: read_cluster(Path("/dev/zero")),
    ):
        with pytest.raises((ConfigError, OSError), match=r"is a named pipe|is longer"):
            read()


# --- a majority node set ----------------------------------------------------------------------

MAJORITY = """
[[resources]]
name = "MNS"
type = "Majority Node Set"
group = "Cluster Group"
[[groups]]
name = "Cluster Group"
owner = "A"
"""


@pytest.mark.parametrize(("down", "voters"), [("BC", 3), ("BCD", 5), ("CDE", 5), ("B", 2)], ids=str)
def test_a_majority_node_set_without_its_majority_is_refused(down: str, voters: int):
    """It would stop at once: at least one more than half of the nodes must be Up (6)."""
    names = "ABCDE"[:voters]
    states = {name: "Down" if name in down else "Up" for name in names}
    rows = [f'{{ name = "{name}", state = "{state}" }}' for name, state in states.items()]
    text = f'nodes = [{", ".join(rows)}]\nquorum = "MNS"\n{MAJORITY}'
    up = voters - len(down)
    (problem,) = problems(text)
    assert (
        f"majority node set, and {up} of {voters} nodes are Up; allowed: {voters // 2 + 1} votes"
        in problem[1]
    )


def test_a_majority_node_set_without_its_majority_is_never_written():
    """Neither at a moment at which the nodes of the majority are still joining."""
    names = [f"NODE{number}" for number in range(1, 4)]
    cluster = exchange_cluster(2, 1, quorum=QuorumModel.MAJORITY)
    states = {name: NodeState.JOINING if name != names[0] else NodeState.UP for name in names}
    owners = dict.fromkeys(cluster.owners, names[0])
    with pytest.raises(ConfigError, match="majority node set, and 1 of 3 nodes are Up"):
        cluster_toml(replace(cluster, node_states=states, owners=owners))


# --- what is wrong ----------------------------------------------------------------------------


def test_all_problems_of_a_file_are_reported_with_their_lines():
    """Each names the thing, the wrong word, what is allowed and the likeliest word."""
    text = """windows = "WS2004"
nodes = ["NODE1", "NODE2", "NODE3"]
tpyo = 1
[[groups]]
name = "Files"
owner = "NODE33"
failover_threshold = -1
[[resources]]
name = "Disk X:"
type = "Physical Dsk"
group = "Fils"
[[resources]]
name = "Share"
type = "File Share"
group = "Files"
depends_on = [
  "Disk X:",
  "Disk Y:",
]
"""
    found = problems(text)
    assert [1, 3, 6, 7, 10, 11, 18] == [line for line, _ in found]
    texts = [text for _, text in found]
    assert texts[0].startswith("windows of the file is 'WS2004'; allowed: NT4, W2K, WS2003")
    assert "no key 'tpyo'" in texts[1]
    assert texts[2].endswith("allowed: NODE1, NODE2, NODE3; did you mean 'NODE3'?")
    assert "allowed: a whole number 0 to 4294967295" in texts[3]
    assert texts[4].endswith("did you mean 'Physical Disk'?")
    assert "did you mean 'Files'?" in texts[5]
    assert "depends_on of resource 'Share' is 'Disk Y:'" in texts[6]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 0, 'it has no nodes; write nodes = ["NODE1", "NODE2"]'),
        ("nodes = 3", 1, "nodes is 3; write it as [[nodes]]"),
        ("nodes = [3]", 1, "node 1 is 3; allowed: a table"),
        ('nodes = ["A", "a"]', 1, "two nodes 'a' (case does not count)"),
        ('nodes = [{ name = "A", id = 2 }, { name = "B" }]', 1, "the id 2 of"),
        ('nodes = [{ name = "A", state = "Down" }]', 0, "all its nodes are Down"),
        ('nodes = ["A\\u001b[2J"]', 1, r"node 'A\x1b[2J' has the character '\x1b'; allowed: char"),
        ('nodes = ["A\\nB"]', 1, r"node 'A\nB' has the character '\n'; allowed: characters that"),
        (TWO + '[[evs]]\nname = "E"', 2, "evs 'E' has no home; write home ="),
        (TWO + '[[groups]]\nowner = "NODE1"', 2, 'group 1 has no name; write name = "..."'),
        (TWO + "[durations]\nregruop = 1", 3, "did you mean 'regroup'?"),
        (TWO + 'start_time = "25:00"', 2, "allowed: a time of day"),
        (TWO + 'quorum = "Disk Z:"', 2, "quorum of the file is 'Disk Z:'; allowed: none"),
        (TWO + "node_limit = true", 2, "node_limit of the file is true; allowed: a whole number"),
        (TWO + 'networks = [{ name = "N" }]', 2, "network 'N' has no role"),
        (TWO + 'networks = [{ name = "N", role = 4 }]', 2, "none, internal, client, all"),
        (
            EVS + 'exchange = "2003 SP4"',
            5,
            "exchange of evs 'M' is '2003 SP4'; allowed: 2000, 2000",
        ),
        (EVS + 'exchange = "5.5"', 5, "exchange of evs 'M' is '5.5'; allowed: 2000, 2000 SP1"),
        (
            EVS + 'exchange = "2003"\nversion = 2000',
            6,
            "allowed: the same product, or exchange alone",
        ),
        (EVS + 'last_windows = "95"', 5, "last_windows of evs 'M' is '95'; allowed: NT 4.0, 2000"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(text: str, line: int, words: str):
    """Line and remedy are there for each kind of mistake."""
    found_line, found = one_problem(text)
    assert line == found_line
    assert words in found


RESOURCES = TWO + '[[groups]]\nname = "G"\nowner = "NODE1"\n'


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (
            '[[resources]]\nname = "N"\ntype = "Network Name"\ngroup = "G"',
            5,
            "must depend on a IP Address of its group (handbook 1, 3)",
        ),
        (
            '[[resources]]\nname = "N"\ntype = "File Share"\ngroup = "G"\ndepends_on = ["N"]',
            5,
            "the dependencies of N run in a circle",
        ),
        (
            '[[resources]]\nname = "S"\ntype = "File Share"\ngroup = "G"\ndepends_on = ["Disk Q:"]',
            5,
            "depends on 'Disk Q:', which is not in its own group; allowed: S",
        ),
        (
            '[[resources]]\nname = "S"\ntype = "File Share"\ngroup = "G"\n'
            'possible_owners = ["NODE2"]',
            4,
            "the owner of group 'G' is NODE1; allowed: NODE2",
        ),
        (
            '[[resources]]\nname = "S"\ntype = "File Share"\ngroup = "G"\nrestart_period_s = 10\n'
            "retry_period_s = 5",
            5,
            "not less than its restart_period_s",
        ),
        (
            '[[resources]]\nname = "D"\ntype = "File Share"\ngroup = "G"\nstate = "Offline"\n'
            '[[resources]]\nname = "S"\ntype = "File Share"\ngroup = "G"\nstate = "Online"\n'
            'depends_on = ["D"]',
            10,
            "'S' cannot be Online while D is not",
        ),
        (
            '[[resources]]\nname = "D"\ntype = "File Share"\ngroup = "G"\nprivate = { x = [{}] }',
            9,
            "allowed: a number, a text, true or false, or a list of them",
        ),
    ],
)
def test_rules_about_resources_are_named_with_the_line(text: str, line: int, words: str):
    """Dependencies, owners, periods and states are checked before anything is built."""
    found_line, found = one_problem(RESOURCES + text)
    assert words in found
    assert line == found_line


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("".join(f'[[evs]]\nname = "E{i}"\nhome = "NODE{i}"\n' for i in (1, 2, 3)), "3 EVSs on 3"),
        (
            '[[evs]]\nname = "E1"\nhome = "NODE1"\n[[evs]]\nname = "E2"\nhome = "NODE1"\n',
            "NODE1 already runs",
        ),
        (
            '[[evs]]\nname = "E1"\nhome = "NODE1"\n'
            '[[evs]]\nname = "E2"\nhome = "NODE2"\nhas_mta = true\n',
            "a cluster has one, in its first EVS",
        ),
    ],
)
def test_the_rules_of_exchange_hold_unless_a_cluster_is_as_found(text: str, words: str):
    """A new cluster over a limit is refused; one that exists is read (handbook 2, 3.2 and 4.1)."""
    text = 'nodes = ["NODE1", "NODE2", "NODE3"]\n' + text
    assert any(words in found for _, found in problems(text))
    assert read_cluster("as_found = true\n" + text).config.is_as_found


def test_a_missing_quote_does_not_hide_the_other_problems():
    """The line is repaired for the rest of the reading, and reported."""
    text = 'name = CL1 # mine\nnodes = ["A", "B"]\nwindows = "W2003"\n'
    assert [
        (1, "'CL1' has no quotes; write name = \"CL1\""),
        (3, "windows of the file is 'W2003'; allowed: NT4, W2K, WS2003; did you mean 'WS2003'?"),
    ] == problems(text)


def test_lines_that_cannot_be_read_are_all_reported():
    """Each is left out, and nothing that may stand in it is called missing."""
    text = '[[nodes]]\nname "A"\n[[nodes]\nname = "B"\nstate = "Upp"\nname = "C"\n'
    found = problems(text)
    assert [2, 3, 5, 6] == [line for line, _ in found]
    assert "give each key and each table once" in found[3][1]


def test_a_broken_header_is_repaired_for_the_rest_of_the_reading():
    """What stands below it is read as what it was meant to be."""
    assert [
        (2, "'[[groups]' is no table; write [[groups]]"),
        (4, "state of group 'G' is 'Of'; allowed: Online, Offline"),
        (5, "'[durations' is no table; write [durations]"),
    ] == problems('nodes = ["A"]\n[[groups]\nname = "G"\nstate = "Of"\n[durations\n')


def test_nothing_is_half_loaded():
    """The error has all problems and is a ConfigError that can be pickled."""
    with pytest.raises(ConfigError, match=r"text, line 1: .*\ntext, line 2") as caught:
        read_cluster('windows = "X"\nnodes = ["A", 3]')
    again = pickle.loads(pickle.dumps(caught.value))
    assert caught.value.problems == again.problems


def test_a_file_with_very_many_problems_is_given_up():
    """After fifty the reader has seen enough."""
    text = TWO + "".join(f"key{number} = 1\n" for number in range(500))
    assert MOST_PROBLEMS + 1 == len(problems(text))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"name = '\xff'", "is not UTF-8 text; save it as UTF-8"),
        (b"a\0b", "zero bytes"),
        (b"PK\x03\x04\xff", "it is a Word, Excel or ZIP file, not plain text"),
        (b"%PDF-1.4", "it is a PDF, not plain text"),
        (b"#" + b"x" * MAX_BYTES, "longer than 1,000,000 bytes"),
        (b"x = " + b"[" * 30, "more than 8 brackets are open"),
        (b"x." * 30 + b"y = 1", "more than 8 parts"),
        (b"x = " + b"1" * 3000, "characters; allowed: 2,000"),
        (b"x = 1\n" * 40_000, "more than 120,000 words and signs"),
    ],
)
def test_what_is_no_cluster_file_is_refused(data: bytes, words: str, tmp_path: Path):
    """Other files end in one sentence."""
    path = tmp_path / "file.toml"
    path.write_bytes(data)
    with pytest.raises(ClusterFileError, match=re.escape(words)):
        load_cluster(path)


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path):
    """The name and the remedy are in it."""
    with pytest.raises(ClusterFileError, match=r"nix.toml: .*; name a file that can be read"):
        load_cluster(tmp_path / "nix.toml")


# --- any text at all --------------------------------------------------------------------------

WORDS = st.sampled_from(
    [
        *("[[nodes]]", "[[evs]]", "[[groups]]", "[[resources]]", "[[types]]", "[durations]"),
        *("name", "home", "owner", "state", "type", "group", "depends_on", "private", "quorum"),
        *("networks", " = ", " = ", "\n", "\n", "\n", '"NODE1"', '"EVS1"', '"Physical Disk"'),
        *('"Offline"', "[", "]", "{", "}", ",", "1", "-1", "1.5", "inf", "nan", "true", "0x10"),
        *("2003-01-01", "07:32:00", '"', "'", '"""', "'''", "\\", "#", ".", "\u00e9", "\ufeff"),
        *("\r", "\t", "\x00", "NODE1"),
    ]
)
GOOD_LINES = cluster_toml(exchange_cluster(version=2000)).splitlines()


def read_or_refuse(text: str) -> None:
    """Read a text; anything but a sound cluster or a refusal is a failure."""
    with suppress(ClusterFileError):
        assert () == broken(read_cluster(text))


@settings(FUZZ, max_examples=1000)
@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str):
    """No text makes the reader stumble."""
    read_or_refuse(text)


@settings(FUZZ, max_examples=1000)
@given(st.lists(WORDS, max_size=40).map("".join))
def test_any_order_of_the_right_words_is_read_or_refused(text: str):
    """Nor do the words of a cluster file in any order."""
    read_or_refuse(TWO + text)


@settings(FUZZ, max_examples=600)
@given(st.randoms(use_true_random=False))
def test_any_change_of_a_good_file_is_read_or_refused(chance):
    """Nor a good file in which lines are lost, doubled, exchanged or changed."""
    lines = list(GOOD_LINES)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(lines))
        other = chance.choice(GOOD_LINES)
        line = lines[place]
        cut = chance.randint(0, len(line))
        lines[place : place + 1] = chance.choice(
            [[], [line, line], [other], [line[:cut]], [line[:cut] + other[cut:]], [other, line]]
        )
    read_or_refuse("\n".join(lines))


def test_a_file_of_10_megabytes_is_refused_before_it_is_read(tmp_path: Path):
    """A long file costs neither time nor memory."""
    path = tmp_path / "long.toml"
    path.write_bytes(b'[[nodes]]\nname = "A"\n' * 500_000)
    tracemalloc.start()
    with pytest.raises(ClusterFileError, match="longer than 1,000,000 bytes"):
        load_cluster(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200_000_000


@pytest.mark.parametrize(
    "text",
    [
        '[[a]]\nb = "1"\n' * 10_000,
        '"""\n\\"""\n' * 60_000,
        "".join(f'[[resources]]\nname = "{i}"\n' for i in range(9_000)),
        "x = [\n" + '"NODE1",\n' * 50_000 + "]\n",
        "a = '\n" * 20_000,
    ],
    ids=["tables", "open quotes", "resources", "list", "open quotes of a line"],
)
def test_hard_texts_are_refused(text: str):
    """Texts made to keep a reader busy are refused like any other (see benchmarks for time)."""
    assert problems(text)


def test_the_largest_cluster_of_the_product_can_be_written_and_read():
    """1,674 resources in one chain of dependencies (handbook 1, 3)."""
    cluster = large_cluster(MAX_RESOURCES)
    assert cluster == read_cluster(cluster_toml(cluster))


def test_one_resource_more_than_the_product_takes_is_refused():
    """The number and the limit are named."""
    with pytest.raises(ConfigError, match="1675 resources are described; allowed: 1674"):
        cluster_toml(large_cluster(MAX_RESOURCES + 1))


# --- lines and types --------------------------------------------------------------------------


def test_lines_are_known_of_keys_items_and_tables():
    """Arrays over several lines, inline tables and sub-tables are followed."""
    text = (
        "# c\na = [ # x\n  1,\n  2 ]\n[[t]]\nk = { b = \"]\" }\n[[t]]\n[t.s]\n\"q\" = '''\n'''\nz=1"
    )
    index = lines_of(text)
    assert [2, 3, 4] == [index.line("a"), index.line("a", 0), index.line("a", 1)]
    assert [5, 6, 6, 7] == [
        index.line("t", 0),
        index.line("t", 0, "k"),
        index.line("t", 0, "k", "b"),
        index.line("t", 1),
    ]
    assert [8, 9, 11, 8, 0] == [
        index.line("t", 1, "s"),
        index.line("t", 1, "s", "q"),
        index.line("t", 1, "s", "z"),
        index.line("t", 1, "s", "absent"),
        index.line("absent"),
    ]


def test_every_type_of_the_handbook_is_known_by_its_display_name():
    """Fifteen types of Windows (handbook 1, 3) and nine of Exchange (handbook 2, 1.2)."""
    assert (15, 9) == (len(CLUSTER_TYPES), len(EXCHANGE_TYPES[2003]))
    assert 24 == len(resource_types(2000))
    assert all(name == kind.name for name, kind in resource_types().items())


@pytest.mark.parametrize(
    ("name", "needs"),
    [
        ("Print Spooler", {"Network Name", "Physical Disk"}),
        ("DHCP Service", {"Physical Disk"}),
        ("WINS Service", {"Physical Disk", "IP Address"}),
        (
            "Message Queuing",
            {"Network Name", "Physical Disk", "Distributed Transaction Coordinator"},
        ),
        ("File Share", set()),
        ("Generic Script", set()),
        ("Volume Shadow Copy Service Task", set()),
    ],
)
def test_required_dependencies_are_those_that_the_register_names(name: str, needs: set[str]):
    """Where documents disagree, the value named USE holds (handbook 1, 3 and 11, row 13)."""
    assert needs == set(CLUSTER_TYPES[name].needs_types)


def test_some_types_exist_once_in_a_cluster_and_some_once_in_a_group():
    """DHCP, WINS and MSDTC once in a cluster, spooler and queues once in a group (1, 3)."""
    checks = {name: kind.config_check for name, kind in CLUSTER_TYPES.items()}
    once = {name for name, check in checks.items() if check is check_one_in_cluster}
    assert {"DHCP Service", "WINS Service", "Distributed Transaction Coordinator"} == once
    once = {name for name, check in checks.items() if check is check_one_in_group}
    assert {"Print Spooler", "Message Queuing"} == once


def test_a_second_dhcp_service_is_refused():
    """Both are named (handbook 1, 3)."""
    text = TWO + '[[groups]]\nname = "G"\n'
    text += '[[resources]]\nname = "X:"\ntype = "Physical Disk"\ngroup = "G"\n'
    for name in ("D1", "D2"):
        text += f'[[resources]]\nname = "{name}"\ntype = "DHCP Service"\ngroup = "G"\n'
        text += 'depends_on = ["X:"]\n'
    _, found = one_problem(text)
    assert "has 2 resources of type 'DHCP Service' (D1, D2); allowed: one" in found


# --- the guide --------------------------------------------------------------------------------


def test_the_cluster_files_of_the_guide_can_be_read():
    """Each example is a whole file."""
    blocks = re.findall(r"```toml\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    names = [read_cluster(block).config.name for block in blocks]
    assert ["MAIL", "FILES", "GEO"] == names
