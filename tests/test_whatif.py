"""What if: sweeps against brute force, shortest ways, settings that save, stopping, the command."""

import json
from contextlib import suppress
from dataclasses import replace
from itertools import permutations

import pytest
from click.testing import CliRunner

from clusterlab import ConfigError, OperationRefused, Simulation, exchange_cluster
from clusterlab.cli import cli
from clusterlab.cluster.configuring import configure
from clusterlab.cluster.engine import apply, schedule
from clusterlab.cluster.events import DueKind, MoveGroup, NodeFailed, comes
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.outages import ONLINE, Span, service_part
from clusterlab.cluster.resting import cluster_from
from clusterlab.cluster.states import QuorumModel
from clusterlab.clusterfiles import write_cluster
from clusterlab.exchange.creation import formed_cluster
from clusterlab.studies.play import HORIZON_S, QUIET_LIMIT_S, Failure, is_quiet, play
from clusterlab.studies.remedies import which_setting_saves
from clusterlab.studies.whatif import (
    double_failures,
    failures_of,
    kinds_in,
    shortest_way_to_lose,
    single_failures,
    single_points_of_failure,
)


def with_settings(cluster: Cluster, *settings: tuple[str, dict[str, object]]) -> Cluster:
    """Return *cluster* with changed properties."""
    config = cluster.config
    for name, properties in settings:
        config = configure(config, name, **properties)
    return replace(cluster, config=config)


NO_PREFERENCE = [(f"EVS{n}", {"preferred_owners": ()}) for n in range(1, 5)]
CLUSTERS = {
    "2 nodes, active/passive": exchange_cluster(1, 1),
    "2 nodes, active/active that fits": exchange_cluster(2, 0, storage_groups=2),
    "2 nodes, active/active that does not fit": exchange_cluster(2, 0),
    "3 nodes": exchange_cluster(2, 1),
    "4 nodes": exchange_cluster(3, 1),
    "4 nodes, two passive": exchange_cluster(2, 2),
    "4 nodes, Exchange 2000": exchange_cluster(3, 1, version=2000),
    "4 nodes, one owner": with_settings(
        exchange_cluster(3, 1), ("EVS2/SA", {"possible_owners": ("NODE2",)})
    ),
    "4 nodes, no failover, quick retry": with_settings(
        exchange_cluster(3, 1),
        ("EVS1", {"failover_threshold": 0}),
        ("EVS2/SA", {"restart_threshold": 0, "restart_period_s": 60.0, "retry_period_s": 60.0}),
        ("EVS3", {"anti_affinity_class_names": ()}),
    ),
    "4 nodes, failback at night": with_settings(
        replace(exchange_cluster(3, 1, start_time_s=21 * 3600.0), seed=5),
        (
            "EVS2",
            {"auto_failback_type": 1, "failback_window_start": 22, "failback_window_end": 23},
        ),
        ("EVS2", {"preferred_owners": ("NODE4", "NODE2")}),
    ),
    "5 nodes, at random": with_settings(
        replace(exchange_cluster(4, 1), seed=3), *NO_PREFERENCE[:4]
    ),
    "6 nodes, two passive": exchange_cluster(4, 2),
    "7 nodes, at random": replace(with_settings(exchange_cluster(4, 3), *NO_PREFERENCE), seed=11),
    "4 nodes, requests set for later": schedule(
        schedule(exchange_cluster(2, 2), MoveGroup("EVS1", "NODE4"), at_s=100.0),
        MoveGroup("EVS2", "NODE2"),
        at_s=400.0,
    ),
    "8 nodes": exchange_cluster(7, 1),
}


def played(cluster: Cluster, failures: tuple[Failure, ...]) -> tuple[Simulation, set[str]]:
    """Play *failures* the slow and obvious way; also return what is lost when quiet."""
    sim = Simulation(cluster, cluster.seed)
    for failure in failures:
        failed_s = sim.now_s
        for event in failure.events:
            with suppress(OperationRefused):
                sim.send(event)
        while any(not comes(timer.event, DueKind.RETRY) for timer in sim.cluster.timers):
            if sim.next_s() > failed_s + QUIET_LIMIT_S:
                break
            sim.step()
    lost = {group for group in sim.outages() if service_part(sim.cluster, group) != ONLINE}
    sim.run(until_s=failed_s + HORIZON_S)
    return sim, lost


def obvious_spans(sim: Simulation, group: str) -> tuple[Span, ...]:
    """Return what clients saw of *group*, every cluster of the history looked at by itself."""
    spans: list[Span] = []
    ends = [outcome.cluster.now_s for outcome in sim.history[1:]] + [sim.now_s]
    for (cluster, *_), end_s in zip(sim.history, ends, strict=True):
        part, node = service_part(cluster, group), cluster.owners[group]
        if spans and (spans[-1].part, spans[-1].node) == (part, node):
            spans[-1] = spans[-1]._replace(end_s=end_s)
        elif end_s > cluster.now_s or not spans:
            spans.append(Span(part, cluster.now_s, end_s, node))
    return tuple(spans)


def check_every_cell(cluster: Cluster, kinds: tuple[str, ...]):
    """Compare a whole double sweep with simulations."""
    sweep, failures = double_failures(cluster, kinds=kinds), failures_of(cluster, kinds)
    expected = [(one,) if one == other else (one, other) for one in failures for other in failures]
    assert expected == [cell.failures for cell in sweep.cells]
    for cell in sweep.cells:
        sim, lost = played(cluster, cell.failures)
        assert sim.cluster == cell.cluster
        assert sim.outages() == {fate.group: fate.outage for fate in cell.fates}
        for fate in cell.fates:
            assert obvious_spans(sim, fate.group) == sim.spans(fate.group)
        assert lost == set(cell.lost)


@pytest.mark.parametrize("name", CLUSTERS)
def test_every_cell_is_what_a_simulation_says(name: str):
    """Owners, states, losses and every second of every outage equal those of a `Simulation`."""
    check_every_cell(CLUSTERS[name], ("nodes",))


@pytest.mark.parametrize("name", ["2 nodes, active/passive", "3 nodes"])
def test_every_kind_of_failure_is_what_a_simulation_says(name: str):
    """Lost networks, interfaces, disks and quorums are played as a `Simulation` plays them."""
    check_every_cell(CLUSTERS[name], kinds_in(CLUSTERS[name]))


@pytest.mark.parametrize("name", CLUSTERS)
def test_a_single_sweep_is_the_diagonal_of_a_double_one(name: str):
    """The single failures are the same cells in both sweeps."""
    singles, doubles = single_failures(CLUSTERS[name]), double_failures(CLUSTERS[name])
    assert singles.cells == tuple(doubles.cell(f.label) for f in doubles.failures)


def test_a_cell_can_be_played_again():
    """The simulation of a cell ends where the cell ends and starts where the sweep started."""
    cell = double_failures(exchange_cluster()).cell("NODE3", "node2")
    sim = cell.simulation()
    assert cell.cluster == sim.cluster
    assert cell.start == sim.history[0].cluster
    assert [NodeFailed("NODE3"), NodeFailed("NODE2")] == [
        item.event for item in sim.history if isinstance(item.event, NodeFailed)
    ]


def test_the_second_failure_of_3_plus_1_loses_one_evs():
    """One spare node saves one EVS, whichever two active nodes fail; NODE4 alone costs nothing."""
    sweep = double_failures(exchange_cluster(3, 1))
    assert 0 == len(single_failures(exchange_cluster(3, 1)).losses)
    assert 12 == len(sweep.losses)
    assert {1} == {len(cell.lost) for cell in sweep.losses}
    assert ("0 lost, 2.9 min", "1 lost, 2.9 min") == (
        sweep.cell("NODE3").text,
        sweep.cell("NODE3", "NODE2").text,
    )


def test_a_retry_does_not_hide_that_a_group_was_given_up():
    """A group that its one retry brings back an hour later is lost all the same."""
    night = {"auto_failback_type": 1, "failback_window_start": 22, "failback_window_end": 23}
    cluster = with_settings(
        exchange_cluster(3, 1, start_time_s=21 * 3600 + 300.0),
        ("EVS3/SA", {"possible_owners": ("NODE2", "NODE3")}),
        ("EVS2", {"preferred_owners": ("NODE4", "NODE2"), **night}),
    )
    cell = single_failures(cluster).cell("NODE3")
    fate = cell.fate("EVS3")  # refused on NODE2 until EVS2 goes to NODE4 at ten in the evening
    assert ("failed", ("EVS3",)) == (fate.lost, cell.lost)
    assert 3600 < fate.back_s < 4000
    assert "it served again at" in str(fate)


def test_a_group_that_was_offline_before_is_not_lost():
    """What an administrator took offline before the failures does not count as a loss."""
    sim = Simulation(exchange_cluster())
    sim.take_offline("EVS2")
    sim.run()
    assert () == single_failures(sim.cluster).cell("NODE2").lost


def test_a_node_that_is_down_cannot_fail():
    """Only nodes that have power are rows and columns of a sweep."""
    sim = Simulation(exchange_cluster())
    sim.fail_node("NODE4")
    sim.run()
    assert ["NODE1", "NODE2", "NODE3"] == [failure.label for failure in failures_of(sim.cluster)]


def test_a_refused_failure_is_reported():
    """A second failure that cannot happen changes nothing and says why."""
    cluster = exchange_cluster()
    node3 = failures_of(cluster)[2]
    cell = play(cluster, [node3, node3])
    assert ("5062: the node is already down. NODE3 lost power at 0 s. "
            "Fail another node, or start NODE3 first.",) == cell.refusals  # fmt: skip
    assert cell.simulation().cluster == cell.cluster


def test_nothing_that_goes_in_is_changed():
    """A sweep leaves its cluster as it was."""
    cluster = exchange_cluster()
    double_failures(cluster)
    assert exchange_cluster() == cluster
    assert is_quiet(cluster)


# --- shortest way -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in CLUSTERS if not name.startswith(("7", "8"))])
def test_no_shorter_way_exists(name: str):
    """Every shorter course keeps the group, and every earlier one of the same length."""
    cluster = CLUSTERS[name]
    failures = failures_of(cluster)
    path = shortest_way_to_lose(cluster, "EVS1")
    expected = None
    for length in range(1, len(failures) + 1):
        courses = permutations(failures, length)
        expected = next((way for way in courses if "EVS1" in played(cluster, way)[1]), None)
        if expected is not None:
            break
    assert expected == path.failures


def test_the_shortest_way_is_told_with_its_proof():
    """The sentence names the failures, what is missing then, and how many sequences were tried."""
    path = shortest_way_to_lose(exchange_cluster(), "evs3")
    assert (
        "EVS3 is lost when NODE1 loses power, then NODE3 loses power: a resource failed for good, "
        "or the group was given up. None of the 4 shorter sequences loses it."
    ) == str(path)
    assert (4, 2) == path.tried


@pytest.mark.parametrize(
    ("group", "error"), [("Cluster Group", ConfigError), ("EVS9", OperationRefused)]
)
def test_only_a_group_with_clients_can_be_lost(group: str, error: type[Exception]):
    """The Cluster Group and unknown groups are refused, with what may be named."""
    with pytest.raises(error, match="EVS1, EVS2, EVS3"):
        shortest_way_to_lose(exchange_cluster(), group)


# --- settings ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cluster", "nodes", "group", "first"),
    [
        (CLUSTERS["4 nodes, one owner"], ("NODE2",), "EVS2",
         "EVS2/SA may come online on NODE1, NODE3, NODE4 too"),
        (exchange_cluster(2, 0, storage_groups=(3, 2)), ("NODE1",), "EVS1",
         "storage groups of EVS1/IS 2 instead of 3"),
        (exchange_cluster(2, 2), ("NODE1", "NODE2", "NODE3"), "EVS1",
         "NODE3 is not a possible owner of EVS1/IP (then EVS2 is lost)"),
        (with_settings(exchange_cluster(1, 1), ("EVS1", {"failover_threshold": 0}),
                       ("EVS1/SA", {"possible_owners": ("NODE1",)})), ("NODE1",), "EVS1",
         "EVS1/SA may come online on NODE2 too"),
    ],
)  # fmt: skip
def test_each_setting_saves(cluster: Cluster, nodes: tuple[str, ...], group: str, first: str):
    """Every setting keeps the group online when the failures are played by a `Simulation`."""
    failures = tuple(f for node in nodes for f in failures_of(cluster) if f.label == node)
    remedies = which_setting_saves(cluster, failures, group)
    assert first == str(remedies[0])
    assert group in played(cluster, failures)[1]
    for remedy in remedies:
        changed = apply(cluster, remedy.event).cluster
        assert set(remedy.lost) == played(changed, failures)[1]


def test_no_setting_is_named_where_none_saves():
    """With nobody left no setting helps."""
    cluster = exchange_cluster(1, 1)
    assert () == which_setting_saves(cluster, failures_of(cluster), "EVS1")


def test_settings_are_asked_for_a_loss_only():
    """Failures that do not lose the group are refused, not answered with every setting."""
    cluster = exchange_cluster()
    with pytest.raises(ConfigError, match="EVS3 is not lost by NODE3"):
        which_setting_saves(cluster, failures_of(cluster)[2:3], "EVS3")


# --- single points of failure -----------------------------------------------------------------


def test_an_evs_whose_disk_is_the_quorum_still_has_users():
    """Its minutes without service are counted, and it can be lost."""
    sim = Simulation(exchange_cluster())
    sim.designate_quorum("Disk R:")
    cell = single_failures(sim.cluster).cell("NODE1")
    assert ["EVS1", "EVS2", "EVS3"] == [fate.group for fate in cell.fates]
    assert cell.fate("EVS1").outage.seconds == cell.seconds_out > 60
    assert "EVS1" == shortest_way_to_lose(sim.cluster, "EVS1").group


def test_single_points_of_failure_are_named_with_their_reason():
    """The sentence names what fails, what is lost, and the resource that has one owner only."""
    cluster = CLUSTERS["4 nodes, one owner"]
    assert (
        "If NODE2 loses power, EVS2 is lost (no possible owner is Up; Exchange System "
        "Attendant Instance - (EVS2) can come online on NODE2 only).",
    ) == single_points_of_failure(cluster, kinds=("nodes",))
    assert () == single_points_of_failure(exchange_cluster(), kinds=("nodes",))


def test_every_shared_thing_is_found():
    """Every disk, the network of the clients and the quorum disk lose EVSs; nodes do not."""
    words = single_points_of_failure(exchange_cluster(1, 1))
    assert [
        "If network Public fails, EVS1 is lost",
        "If Disk R: of EVS1 fails, EVS1 is lost",
        "If Disk S: of EVS1 fails, EVS1 is lost",
        "If the quorum disk Disk Q: fails, EVS1 is lost",
    ] == [sentence.split(" (")[0] for sentence in words]


# --- stopping, data, command ------------------------------------------------------------------


def test_a_sweep_that_was_stopped_says_so():
    """A sweep that a panel stops keeps what it has."""
    sweep = double_failures(exchange_cluster())
    assert not sweep.is_partial
    stopped = replace(sweep, cells=sweep.cells[:6])
    assert stopped.is_partial
    assert "Stopped before the end: 16 would be all." in stopped.summary()
    assert [4, 2, 0, 0] == [len(cells) for _, cells in stopped.rows()]


def test_an_unknown_kind_is_refused():
    """A kind of failure that does not exist is refused with those that do."""
    with pytest.raises(ConfigError, match="'floods'; allowed: nodes, networks"):
        single_failures(exchange_cluster(), kinds=("floods",))


@pytest.mark.parametrize("kinds", ["nodes", None, 5])
def test_kinds_are_a_list(kinds):
    """One word is not taken letter by letter: the words that can stand in the list are named."""
    with pytest.raises(ConfigError, match=f"kinds is {kinds!r}; allowed: a list of some of: nodes"):
        double_failures(exchange_cluster(), kinds=kinds)


@pytest.mark.parametrize("kind", ["disks", "quorum"])
def test_where_nothing_of_a_kind_can_fail_it_is_said(kind):
    """No table, no list of ways: one sentence."""
    cluster = formed_cluster(quorum=QuorumModel.MAJORITY)
    sweep = double_failures(cluster, kinds=(kind,))
    assert "CL1: nothing of these kinds can fail." == str(sweep)
    assert [] == list(sweep.ways())


def test_a_cluster_group_alone_has_no_users_and_that_is_said():
    """A client's only group holds the quorum: that nothing is lost would be a false comfort."""
    cluster = exchange_cluster(active=1, passive=1)
    config = cluster.config
    alone = replace(
        config,
        groups=tuple(one for one in config.groups if one.name == "Cluster Group"),
        resources=tuple(one for one in config.resources if one.group == "Cluster Group"),
    )
    told = single_failures(cluster_from(alone, {"Cluster Group": "NODE1"})).summary()
    assert "Cluster Group is the only group" in told
    assert "only group" not in single_failures(cluster).summary()


def test_an_unknown_cell_is_refused():
    """A cell that the sweep does not have is refused with the failures it has."""
    with pytest.raises(ConfigError, match="no cell NODE9; failures: NODE1, NODE2"):
        single_failures(exchange_cluster(1, 1)).cell("NODE9")


def test_a_wide_table_becomes_a_list():
    """With more than eight failures each cell has a line of its own."""
    sweep = single_failures(exchange_cluster(9, 1, node_limit=10))
    assert "NODE3   0 lost, 2.9 min" in str(sweep).splitlines()


@pytest.fixture(scope="module")
def cluster_file(tmp_path_factory: pytest.TempPathFactory):
    """Return a cluster file of 3 + 1 nodes."""
    path = tmp_path_factory.mktemp("whatif") / "cluster.toml"
    write_cluster(exchange_cluster(), path)
    return str(path)


def test_the_command_prints_table_ways_and_points(cluster_file: str):
    """`clusterlab whatif FILE` prints the table, the shortest ways and the single points."""
    result = CliRunner().invoke(cli, ["whatif", cluster_file])
    assert 0 == result.exit_code, result.output
    sweep = double_failures(exchange_cluster())
    assert str(sweep) in result.stdout
    assert "- EVS3: lost by 2 failures: NODE1 loses power, then NODE3 loses power." in result.stdout


def test_the_command_prints_data(cluster_file: str):
    """With --json it prints the cells as data that any program can read."""
    result = CliRunner().invoke(cli, ["whatif", cluster_file, "--json"])
    data = json.loads(result.stdout)
    assert (16, False, HORIZON_S) == (data["total"], data["is_partial"], data["horizon_s"])
    sweep = double_failures(exchange_cluster())
    assert json.loads(json.dumps(sweep.as_data())) == {
        key: value for key, value in data.items() if key != "single_points_of_failure"
    }
    cell = next(cell for cell in data["cells"] if cell["failures"] == ["NODE3", "NODE2"])
    assert ["EVS2"] == cell["lost"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.toml"], "nowhere.toml"),
        (["FILE", "--kinds", "floods"], "--kinds 'floods' is not known; allowed: nodes, networks"),
        (["FILE", "--kinds", ""], "--kinds '' is not known; allowed: nodes, networks"),
    ],
)
def test_the_command_says_what_is_wrong(cluster_file: str, arguments: list[str], message: str):
    """A missing file or an unknown kind is a sentence on stderr and exit status 2."""
    words = [cluster_file if word == "FILE" else word for word in arguments]
    result = CliRunner().invoke(cli, ["whatif", *words])
    assert 2 == result.exit_code
    assert message in result.stderr
