"""Handbook 4, 4.0 and 4.5.2: versions of nodes and of EVSs, and what comes of them."""

from dataclasses import replace

import pytest

from clusterlab import OperationRefused, Simulation, exchange_cluster
from clusterlab.cluster.configuring import configure
from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.states import GroupState, ResourceState, Windows
from clusterlab.clusterfiles import cluster_toml, read_cluster
from clusterlab.exchange.evs import TREES
from clusterlab.exchange.resource_types import UPGRADE_COMMAND
from clusterlab.exchange.versions import (
    FITS,
    ExchangeVersion,
    FitResult,
    NodeWindows,
    attendant_of,
    evs_version,
    fit,
    with_versions,
)
from tests import handbook_4

E2000, E2003 = ExchangeVersion.E2000_SP3, ExchangeVersion.E2003_RTM
SP2, SP1 = ExchangeVersion.E2000_SP2, ExchangeVersion.E2003_SP1
W2000, W2003 = NodeWindows.W2000_SP4, NodeWindows.W2003

# EVS version, node binaries and node OS as 4.0.3 has them, with an example and the result.
ROWS = [
    ("2000 SPx", "none", "any", (E2000, None, W2000, W2000), FitResult.NO_TYPES),
    ("2000 SPx", "2000 SPx", "W2000", (E2000, E2000, W2000, W2000), FitResult.ONLINE),
    ("2000 SPx", "2000 SPy, y>x", "W2000", (SP2, E2000, W2000, W2000), FitResult.UPGRADES_ITSELF),
    ("2000 SPy", "2000 SPx, y>x", "W2000", (E2000, SP2, W2000, W2000), FitResult.TOO_NEW),
    ("2000 SP3", "2003", "W2000", (E2000, E2003, W2000, W2000), FitResult.NEEDS_COMMAND),
    ("2003", "2000", "W2000", (E2003, E2000, W2000, W2000), FitResult.TOO_NEW),
    ("2003 RTM", "2003 SP1/SP2", "any", (E2003, SP1, W2003, W2003), FitResult.NEEDS_COMMAND),
    ("2003 SP1/SP2", "2003 lower", "any", (SP1, E2003, W2003, W2003), FitResult.TOO_NEW),
    ("2003", "same 2003", "W2000 -> W2003", (E2003, E2003, W2003, W2000), FitResult.ONLINE),
    ("2003", "same 2003", "W2003 -> W2000", (E2003, E2003, W2000, W2003), FitResult.NO_WAY_BACK),
    ("any 2000", "any", "W2003", (E2000, E2003, W2003, W2000), FitResult.IMPOSSIBLE),
]


def two_nodes(exchange: ExchangeVersion = E2000, second: ExchangeVersion = E2003) -> Cluster:
    """Return EVS1 on NODE1 in a cluster of two nodes, the second with another Exchange."""
    version = int(exchange.product)
    cluster = exchange_cluster(1, 1, version=version, windows=Windows.W2K)
    return with_versions(with_versions(cluster, exchange), second, nodes=["NODE2"], evs=[])


def parked(exchange: ExchangeVersion = E2000) -> Simulation:
    """Return a simulation with EVS1 on NODE2, its System Attendant Offline."""
    sim = Simulation(two_nodes(exchange))
    sim.take_offline("EVS1/SA")
    sim.run()
    sim.move_group("EVS1", "NODE2")
    sim.run()
    return sim


def test_the_table_has_the_rows_of_the_handbook():
    """The truth table has these rows, in this order (4.0.3)."""
    assert [list(row[:3]) for row in ROWS] == [row[:3] for row in handbook_4.tables("4.0.3")[0]]


@pytest.mark.parametrize("place", range(len(ROWS)))
def test_each_row_decides_its_example(place: int):
    """An example of each row is decided by that row (4.0.3)."""
    *_, example, result = ROWS[place]
    assert (FITS[place], result) == (fit(*example), fit(*example).result)


def test_an_evs_of_2000_cannot_come_online_on_a_node_with_2003():
    """The Cluster service tries it all the same (R8); then the group is Failed (4.5.2)."""
    sim = Simulation(two_nodes())
    sim.fail_node("NODE1")
    sim.run(until_s=1200)
    assert ("NODE2", GroupState.FAILED) == (sim.owner("EVS1"), sim.state("EVS1"))
    assert ResourceState.FAILED is sim.state("EVS1/SA")
    reasons = [change.because for outcome in sim.history for change in outcome.changes]
    assert any("Upgrade Exchange Virtual Server has to run there" in text for text in reasons)


def test_an_upgraded_evs_fails_on_an_older_node_with_ue_01():
    """R7: a newer EVS on an older node fails with UE-01, and 1003 of MSExchangeCluster."""
    sim = Simulation(two_nodes(E2003, E2000))
    sim.fail_node("NODE1")
    sim.run(until_s=1200)
    assert GroupState.FAILED is sim.state("EVS1")
    assert any(entry.event_id == 1003 for entry in sim.log)
    reasons = [change.because for outcome in sim.history for change in outcome.changes]
    text = "version of Exchange on this machine does not match the version of Exchange server EVS1"
    assert any(text in reason for reason in reasons)


def test_after_the_failure_the_way_is_forward():
    """With the SA offline and name and disks online the EVS is upgraded where it is (4.5.2)."""
    sim = Simulation(two_nodes())
    sim.fail_node("NODE1")
    sim.run(until_s=1200)
    sim.take_offline("EVS1/SA")
    sim.choose("EVS1/SA", UPGRADE_COMMAND)
    sim.run(until_s=sim.now_s + 300)
    sim.bring_online("EVS1")
    sim.run()
    assert GroupState.ONLINE is sim.state("EVS1")


def test_the_command_rewrites_the_tree_and_takes_five_minutes():
    """Afterwards everything of Exchange needs the System Attendant alone (4.3.4)."""
    sim = parked()
    before_s = sim.now_s
    sim.choose("EVS1/SA", UPGRADE_COMMAND)
    sim.run()
    assert 300.0 == sim.now_s - before_s
    needs = {r.type.short: r.depends_on for r in sim.cluster.config.members["EVS1"]}
    attendant = attendant_of(sim.cluster.config, "EVS1")
    assert {(attendant.name,)} == {needs[short] for short in TREES[2003] if short in needs}
    assert {"IMAP4", "POP3"} < needs.keys()
    assert E2003 is evs_version(attendant)
    sim.bring_online("EVS1")
    sim.run()
    assert GroupState.ONLINE is sim.state("EVS1")


def test_the_upgrade_cannot_be_undone():
    """R12: there is no command for the way back, and the old node cannot run the EVS."""
    sim = parked()
    sim.choose("EVS1/SA", UPGRADE_COMMAND)
    sim.run()
    with pytest.raises(OperationRefused, match="cannot be undone"):
        sim.choose("EVS1/SA", UPGRADE_COMMAND)
    sim.move_group("EVS1", "NODE1")
    sim.run()
    with pytest.raises(OperationRefused, match="UE-01"):
        sim.choose("EVS1/SA", UPGRADE_COMMAND)


@pytest.mark.parametrize("name", ["EVS1/SA", "EVS1"])
def test_the_command_wants_the_attendant_offline_and_the_name_online(name: str):
    """With the SA online or the Network Name offline it is refused with UE-12 (4.3.1)."""
    sim = Simulation(with_versions(two_nodes(), E2003, evs=[]))
    if name == "EVS1":
        sim.take_offline("EVS1")
        sim.run()
    with pytest.raises(OperationRefused, match="UE-12"):
        sim.choose("EVS1/SA", UPGRADE_COMMAND)


def test_a_node_that_dies_during_the_command_leaves_it_half_done():
    """The EVS stays offline until the command is repeated (4.5.2)."""
    sim = parked()
    sim.choose("EVS1/SA", UPGRADE_COMMAND)
    sim.run(until_s=sim.now_s + 100)
    sim.fail_node("NODE2")
    sim.run(until_s=sim.now_s + 600)
    assert E2000 is evs_version(attendant_of(sim.cluster.config, "EVS1"))
    sim.start_node("NODE2")
    sim.run()
    sim.move_group("EVS1", "NODE2")
    sim.run()
    sim.choose("EVS1/SA", UPGRADE_COMMAND)
    sim.run()
    assert E2003 is evs_version(attendant_of(sim.cluster.config, "EVS1"))


def test_the_command_ends_nothing_on_a_node_without_power():
    """With no other node the group stays on the dead one, half done all the same (4.5.2)."""
    sim = parked()
    sim.stop_cluster_service("NODE1")
    sim.run()
    sim.choose("EVS1/SA", UPGRADE_COMMAND)
    sim.fail_node("NODE2")
    sim.run(until_s=sim.now_s + 600)
    assert "NODE2" == sim.owner("EVS1")
    assert E2000 is evs_version(attendant_of(sim.cluster.config, "EVS1"))


def test_of_two_upgrades_at_once_the_second_hangs():
    """UE-11: nothing prevents it; one EVS is upgraded, and the other has to be done again."""
    cluster = exchange_cluster(2, 0, version=2000, windows=Windows.W2K, storage_groups=2)
    cluster = with_versions(with_versions(cluster, E2000), E2003, evs=[])
    sim = Simulation(cluster)
    for evs in ("EVS1", "EVS2"):
        sim.take_offline(f"{evs}/SA")
    sim.run()
    for evs in ("EVS1", "EVS2"):
        sim.choose(f"{evs}/SA", UPGRADE_COMMAND)
    sim.run()
    versions = [evs_version(attendant_of(sim.cluster.config, evs)) for evs in ("EVS1", "EVS2")]
    assert [E2003, E2000] == versions
    sim.choose("EVS2/SA", UPGRADE_COMMAND)
    sim.run()
    assert E2003 is evs_version(attendant_of(sim.cluster.config, "EVS2"))


def test_a_service_pack_of_2000_upgrades_the_evs_by_itself():
    """R6: the first time the SA comes online on a node with the newer service pack."""
    sim = Simulation(two_nodes(SP2, E2000))
    sim.move_group("EVS1", "NODE2")
    sim.run()
    assert GroupState.ONLINE is sim.state("EVS1")
    assert E2000 is evs_version(attendant_of(sim.cluster.config, "EVS1"))


def test_no_planned_way_back_to_an_older_windows():
    """A planned move back is refused with UE-18; after a failover the SA fails (4.0.3)."""
    cluster = exchange_cluster(1, 1, windows=Windows.W2K)
    cluster = with_versions(with_versions(cluster, E2003), E2003, W2003, nodes=["NODE2"], evs=[])
    sim = Simulation(cluster)
    sim.move_group("EVS1", "NODE2")
    sim.run()
    assert GroupState.ONLINE is sim.state("EVS1")
    with pytest.raises(OperationRefused, match="UE-18"):
        sim.move_group("EVS1", "NODE1")
    sim.fail_node("NODE2")
    sim.run(until_s=sim.now_s + 1200)
    assert ("NODE1", GroupState.FAILED) == (sim.owner("EVS1"), sim.state("EVS1"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("NODE1", {"installed": {"Exchange": "2002"}}),
        ("NODE1", {"installed": {"Exchange": "2000 SP3", "Windows": "2003"}}),
        ("EVS1/SA", {"private": {"version": "5.5"}}),
        ("NODE2", {"installed": {"Exchange": "5.5"}}),
        ("NODE2", {"installed": {"Exchange": "2003", "Windows": "NT 4.0"}}),
    ],
)
def test_versions_that_cannot_be_are_refused(name: str, words: dict):
    """R1 and R3: no Exchange 2000 on Windows Server 2003, no EVS of 5.5, no other words."""
    with pytest.raises(ConfigError, match="allowed"):
        configure(two_nodes().config, name, **words)


def test_without_versions_nothing_is_asked():
    """A cluster of which no versions are named behaves as if there were none."""
    sim = Simulation(exchange_cluster(1, 1))
    sim.move_group("EVS1", "NODE2")
    sim.run()
    assert GroupState.ONLINE is sim.state("EVS1")
    with pytest.raises(OperationRefused, match="No version"):
        sim.choose("EVS1/SA", UPGRADE_COMMAND)


def test_an_unknown_command_names_the_ones_there_are():
    """The menu of a System Attendant has Upgrade Exchange Virtual Server (4.3.1)."""
    with pytest.raises(OperationRefused, match=UPGRADE_COMMAND):
        Simulation(exchange_cluster(1, 1)).choose("EVS1/SA", "Downgrade")


def test_versions_are_kept_in_a_cluster_file():
    """A cluster file has the versions of nodes and EVSs, and reads them again."""
    cluster = with_versions(exchange_cluster(1, 1), SP1, W2003)
    again = read_cluster(cluster_toml(cluster))
    assert cluster.config.nodes == again.config.nodes
    wanted = attendant_of(cluster.config, "EVS1").private
    assert wanted == attendant_of(again.config, "EVS1").private
    assert replace(again, config=cluster.config) == replace(cluster, config=cluster.config)
