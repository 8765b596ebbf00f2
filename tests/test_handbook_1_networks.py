"""Handbook 1: networks, splits, quorum, eviction, start of nodes; one test for each rule.

Sections 2.4, 2.5, 4.1, 4.8 to 4.14, 6 and 10, as far as networks, disks and membership go. The
plain clusters have a private network "Private" (role 1) and a mixed one "Public" (role 3).
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from clusterlab import ConfigError, OperationRefused, Simulation, exchange_cluster
from clusterlab.cluster.engine import apply
from clusterlab.cluster.events import (
    DesignateQuorum,
    Due,
    DueKind,
    QuorumLogDamaged,
    ResourceMonitorDied,
    StartNode,
)
from clusterlab.cluster.model import Cluster, Network, Resource
from clusterlab.cluster.networks import (
    can_talk,
    interface_state,
    network_state,
    partitions,
)
from clusterlab.cluster.quorum import has_majority, majority, surviving_partition
from clusterlab.cluster.resource_types import GENERIC_SCRIPT, VSS_TASK
from clusterlab.cluster.states import NetworkRole, NodeState, QuorumModel, ResourceState, Windows
from clusterlab.clusterexe import run_line
from clusterlab.clusterexe.listing import network_table
from clusterlab.studies.prediction import upcoming
from tests.plain import logged, moves, plain, refusal, simulated, states, times

MAJORITY = QuorumModel.MAJORITY
PRIVATE = Network(name="Private", role=NetworkRole.INTERNAL)
MIXED = Network(name="Public", role=NetworkRole.ALL)
CLIENTS = Network(name="Public", role=NetworkRole.CLIENT)


def entries(sim: Simulation, event_id: int) -> list[tuple[float, str]]:
    """Return when and on which node an event was logged."""
    return [(entry.at_s, entry.node) for entry in sim.log if entry.event_id == event_id]


def shown(sim: Simulation, network: str) -> tuple[str, list[str]]:
    """Return the state of a network and of its interfaces by Node ID."""
    cluster = sim.cluster
    nodes = [node.name for node in cluster.config.nodes]
    interfaces = [interface_state(cluster, node, network).value for node in nodes]
    return network_state(cluster, network).value, interfaces


def up(sim: Simulation) -> list[str]:
    """Return the nodes that are Up or Paused."""
    cluster = sim.cluster
    return [name for name, state in cluster.node_states.items() if state.value in ("Up", "Paused")]


def cut_off(sim: Simulation, *nodes: str) -> None:
    """Pull all cables of some nodes."""
    for node in nodes:
        sim.pull_cable(node)


# --- 1.2 States of networks and interfaces ----------------------------------------------------


def test_1_2_an_interface_is_failed_where_the_fault_is_located():
    """The interface to blame is Failed, its peers stay Up, and the network with them (1.2)."""
    sim = simulated(nodes=3)
    sim.pull_cable("N2", "Private")
    sim.run(2.3)
    assert ("Up", ["Up", "Up", "Up"]) == shown(sim, "Private")
    sim.run(2.4)
    assert ("Up", ["Up", "Failed", "Up"]) == shown(sim, "Private")


def test_1_2_without_anybody_to_blame_interfaces_are_unreachable_and_the_network_is_down():
    """A dead network is Down, its interfaces Unreachable: the cause is unknown (1.2)."""
    sim = simulated(nodes=3)
    sim.lose_network("Private")
    sim.run(5)
    assert ("Down", ["Unreachable"] * 3) == shown(sim, "Private")


def test_1_2_a_silent_node_partitions_the_network_until_it_is_removed():
    """Two survivors hear each other, not the third: Partitioned, then Up again (1.2)."""
    sim = simulated(nodes=3)
    sim.fail_node("N3")
    sim.run(3)
    assert ("Partitioned", ["Unreachable"] * 3) == shown(sim, "Private")
    sim.run(9)
    assert ("Up", ["Up", "Up", "Unavailable"]) == shown(sim, "Private")


def test_1_2_interfaces_of_a_disabled_network_and_of_down_nodes_are_unavailable():
    """Role 0 makes all interfaces Unavailable, and the network with them (1.2)."""
    sim = simulated(nodes=2, networks=(PRIVATE, MIXED))
    sim.set_properties("Private", role=NetworkRole.NONE)
    assert ("Unavailable", ["Unavailable"] * 2) == shown(sim, "Private")
    assert "Private              Unavailable Unavailable Unavailable" in network_table(sim.cluster)


# --- 2.4 Heartbeats ---------------------------------------------------------------------------


def test_2_4_1123_after_two_missed_heartbeats_on_one_network():
    """2.4 s after a link is lost each of two peers logs 1123 for the other (2.4)."""
    sim = simulated(nodes=2)
    sim.pull_cable("N2", "Private")
    sim.run()
    assert [(2.4, "N1"), (2.4, "N2")] == entries(sim, 1123)


def test_2_4_1122_when_a_missed_heartbeat_returns():
    """A contact that was missed logs 1122 on both sides when it is back (2.4)."""
    sim = simulated(nodes=2)
    sim.pull_cable("N2", "Private")
    sim.run(100)
    sim.plug_cable("N2", "Private")
    assert [(100, "N1"), (100, "N2")] == entries(sim, 1122)


def test_2_4_a_heartbeat_that_returns_before_two_are_missed_logs_nothing():
    """A gap of less than 2.4 s is not noticed (2.4)."""
    sim = simulated(nodes=2)
    sim.pull_cable("N2")
    sim.run(2.3)
    sim.plug_cable("N2")
    sim.run(60)
    assert [] == logged(sim)


def test_2_4_a_heartbeat_that_returns_before_six_are_missed_keeps_the_node():
    """Between 2.4 and 7.2 s a returning heartbeat cancels the loss with 1122 (2.4, 4.5)."""
    sim = simulated(nodes=2)
    sim.pull_cable("N2")
    sim.run(7.1)
    sim.plug_cable("N2")
    sim.run(60)
    assert ["N1", "N2"] == up(sim)
    assert (4, 4, 0) == tuple(len(entries(sim, number)) for number in (1123, 1122, 1126))


def test_2_4_six_missed_heartbeats_on_all_networks_start_the_regroup():
    """7.2 s after the last contact is gone 1126 is logged, once by each node (2.4, 8.3)."""
    sim = simulated(nodes=2)
    sim.pull_cable("N2", "Private")
    sim.run(50)
    assert [] == entries(sim, 1126)
    sim.pull_cable("N2", "Public")
    sim.run(60)
    assert [(57.2, "N1"), (57.2, "N2")] == entries(sim, 1126)


# --- 2.5 Network roles ------------------------------------------------------------------------


def test_2_5_a_client_only_network_never_carries_internal_traffic():
    """Two nodes that share only a role 2 network cannot talk (2.5)."""
    sim = simulated(nodes=2, networks=(PRIVATE, CLIENTS))
    assert can_talk(sim.cluster, "N1", "N2")
    sim.lose_network("Private")
    assert not can_talk(sim.cluster, "N1", "N2")


@pytest.mark.parametrize("role", [NetworkRole.NONE, NetworkRole.CLIENT])
def test_2_5_the_last_internal_network_keeps_its_role(role):
    """Roles 0 and 2 are refused with 5066 for the last network with internal traffic (2.5)."""
    sim = simulated(networks=(PRIVATE, CLIENTS))
    with pytest.raises(OperationRefused) as refused:
        sim.set_properties("Private", role=role)
    assert 5066 == refused.value.code


@pytest.mark.parametrize("role", [NetworkRole.NONE, NetworkRole.INTERNAL])
def test_2_5_a_network_with_addresses_stays_open_to_clients(role):
    """Roles 0 and 1 are refused with 5067 while an IP Address uses the network (2.5)."""
    sim = simulated()
    with pytest.raises(OperationRefused) as refused:
        sim.set_properties("Public", role=role)
    assert (5067, True) == (refused.value.code, "G1 IP" in refused.value.because)


def test_2_5_a_role_may_change_while_another_network_carries_the_traffic():
    """With a mixed network beside it the private one may be given up (2.5)."""
    sim = simulated()
    sim.set_properties("Private", role=NetworkRole.NONE)
    sim.run(60)
    assert 4 == len(up(sim))


# --- 4.1 Resource Monitor ---------------------------------------------------------------------


def test_4_1_a_dead_resource_monitor_brings_its_resources_online_again():
    """Event 1146; the resources come online again on the same node, no failure counts (4.1)."""
    sim = simulated(owners={"G1": "N1", "G2": "N2"})
    sim.kill_resource_monitor("N1")
    assert "Offline" == states(sim, "G1")["Service"]
    sim.run()
    assert [(0, "N1")] == entries(sim, 1146)
    assert [12.0] == times(sim, "G1 Service", "Online")
    assert ([], [], []) == (entries(sim, 1069), moves(sim, "G1"), times(sim, "G2 IP", "Offline"))


def test_4_1_a_resource_monitor_dies_only_where_one_runs():
    """A node that is Down has no Resource Monitor (4.1)."""
    sim = simulated(nodes=2)
    sim.stop_cluster_service("N2")
    assert 5050 == refusal(sim, "send", ResourceMonitorDied("N2")).code


# --- 4.8 Eviction -----------------------------------------------------------------------------


def test_4_8_only_a_node_that_is_down_may_be_evicted():
    """A node that is Up, Paused or starting is refused with 5009 (4.8)."""
    sim = simulated(nodes=3)
    assert 5009 == refusal(sim, "evict_node", "N3").code
    sim.pause_node("N3")
    assert 5009 == refusal(sim, "evict_node", "N3").code
    sim.stop_cluster_service("N3")
    sim.start_node("N3")
    assert "Joining" in refusal(sim, "evict_node", "N3").because


def test_4_8_an_evicted_node_disappears_from_all_lists_and_the_others_keep_their_ids():
    """Node list, preferred and possible owners no longer have it; Node IDs stay (4.8)."""
    changes = {"G1": {"preferred_owners": ("N2", "N3")}, "G1 IP": {"possible_owners": ("N1", "N2")}}
    sim = simulated(nodes=3, changes=changes)
    sim.stop_cluster_service("N2")
    sim.evict_node("N2")
    config = sim.cluster.config
    assert [("N1", 1), ("N3", 3)] == [(node.name, node.node_id) for node in config.nodes]
    assert ("N3",) == config.groups_by_name["G1"].preferred_owners
    assert ("N1",) == config.resources_by_name["G1 IP"].possible_owners
    assert [(0, "N1")] == entries(sim, 1011)


def test_4_8_a_node_that_still_owns_a_group_is_not_evicted():
    """Between a crash and the new owner the dead node still owns its groups (4.8)."""
    sim = simulated(nodes=2, owners={"G1": "N1"})
    sim.fail_node("N1")
    sim.run(9)
    error = refusal(sim, "evict_node", "N1")
    assert (5009, True) == (error.code, "still owns Cluster Group, G1" in error.because)


def test_4_8_a_group_on_its_way_to_an_evicted_node_finds_another():
    """Its move ends on another node (4.8, 5.5)."""
    sim = simulated(nodes=3)
    sim.set_properties("durations", transfer=20.0)
    sim.move_group("G1", "N3")
    sim.run(10)
    sim.stop_cluster_service("N3")
    sim.evict_node("N3")
    sim.run()
    assert ("N2", "Online") == (sim.owner("G1"), sim.state("G1").value)


def test_4_8_a_group_whose_target_was_evicted_may_stay():
    """With nobody else to take it, it is brought online again where it was (4.8, 5.5)."""
    sim = simulated(nodes=2)
    sim.move_group("G1", "N2")
    sim.stop_cluster_service("N2")
    sim.evict_node("N2")
    sim.run()
    assert ("N1", "Online") == (sim.owner("G1"), sim.state("G1").value)


def test_4_8_the_majority_follows_the_number_of_nodes_after_an_eviction():
    """Four nodes need 3; with one evicted 2 of 3 go on (4.8)."""
    for is_evicted, running in ((False, []), (True, ["N1", "N2"])):
        sim = simulated(nodes=4, quorum=MAJORITY)
        sim.stop_cluster_service("N4")
        if is_evicted:
            sim.evict_node("N4")
        sim.fail_node("N3")
        sim.run(20)
        assert running == up(sim)


def test_1_1_an_added_node_gets_the_lowest_free_node_id_and_joins_when_started():
    """IDs run from 1; the new node is Down until its service starts (1.1)."""
    sim = simulated(nodes=3)
    sim.stop_cluster_service("N2")
    sim.evict_node("N2")
    sim.add_node("N9")
    assert 2 == sim.cluster.config.nodes_by_name["N9"].node_id
    assert NodeState.DOWN is sim.state("N9")
    sim.start_node("N9")
    sim.run()
    assert [5.0] == times(sim, "N9", "Up")


def test_7_a_node_too_many_or_twice_is_not_added():
    """Windows Server 2003 has at most eight nodes, and names are unique (7)."""
    sim = simulated(nodes=8)
    assert "has 9 nodes; allowed: 1 to 8" in refusal(sim, "add_node", "N9").because
    sim = simulated(nodes=2)
    assert "the same name" in refusal(sim, "add_node", "n2").because


# --- 4.9 Networks: what is lost and what follows ----------------------------------------------


def test_4_9_one_internal_network_lost_moves_nothing():
    """The other one carries the heartbeats: 1123, then 1130, no failover (4.9, row 1)."""
    sim = simulated(nodes=3)
    sim.lose_network("Private")
    sim.run(200)
    assert (6, 3) == (len(entries(sim, 1123)), len(entries(sim, 1130)))
    assert [(2.4, "N1"), (2.4, "N2"), (2.4, "N3")] == entries(sim, 1130)
    assert ([], 3) == (moves(sim, "G1"), len(up(sim)))


def test_4_9_a_cluster_whose_heartbeats_are_lost_breaks_apart_over_a_working_public_network():
    """All internal networks lost, role 2 works: arbitration decides (4.9, row 2)."""
    sim = simulated(nodes=3, owners={"G1": "N2"}, networks=(PRIVATE, CLIENTS))
    sim.lose_network("Private")
    sim.run(60)
    assert ["N1"] == up(sim)
    assert [(8.2, "N2"), (8.2, "N3")] == entries(sim, 1006)
    assert [(8.2, "N1")] == moves(sim, "G1")


@pytest.mark.parametrize("networks", [(PRIVATE, MIXED), (PRIVATE, CLIENTS)])
def test_4_9_a_lost_client_interface_fails_the_addresses_and_the_group_over(networks):
    """Interface Failed, IP fails at its next LooksAlive, restarts fail, failover (row 3)."""
    sim = simulated(nodes=2, owners={"G1": "N2"}, networks=networks)
    sim.run(101)
    sim.pull_cable("N2", "Public")
    sim.run()
    located_s = 103.4 if MIXED in networks else 101
    assert [(located_s, "N2")] == entries(sim, 1127)
    assert [105.0, 107.5, 110.0, 112.5] == times(sim, "G1 IP", "Failed")
    assert ("N1", "Online") == (sim.owner("G1"), sim.state("G1").value)


def test_4_9_without_affect_the_group_a_lost_client_interface_moves_nothing():
    """The IP Address stays Failed, and the group where it is (row 3)."""
    sim = simulated(nodes=2, owners={"G1": "N2"}, changes={"G1 IP": {"restart_action": 1}})
    sim.pull_cable("N2", "Public")
    sim.run(60)
    assert ("N2", "Failed") == (sim.owner("G1"), sim.state("G1").value)


def test_4_9_an_address_that_is_coming_online_fails_with_its_interface():
    """A start under way on an interface that is located as Failed does not succeed (4.9)."""
    sim = simulated(nodes=2, owners={"G1": "N2"})
    sim.take_offline("G1")
    sim.run(50)
    sim.pull_cable("N2", "Public")
    sim.run(51)
    sim.bring_online("G1")
    sim.run(53.2)
    assert "Failed" == states(sim, "G1")["IP"]


@pytest.mark.parametrize("networks", [(PRIVATE, MIXED), (PRIVATE, CLIENTS)])
def test_4_9_a_client_network_lost_for_all_moves_nothing(networks):
    """Nobody reaches an external host: network Down, no interface to blame (row 4)."""
    sim = simulated(nodes=3, owners={"G1": "N2"}, networks=networks)
    sim.lose_network("Public")
    sim.run(300)
    assert ("Down", ["Unreachable"] * 3) == shown(sim, "Public")
    assert ("N2", "Online") == (sim.owner("G1"), sim.state("G1").value)
    assert [] == entries(sim, 1127)
    assert 3 == len(entries(sim, 1130))


def test_4_9_all_cables_of_all_nodes_are_no_interface_fault_either():
    """If none can reach any, no interface is Failed, however it came about (4.9)."""
    sim = simulated(nodes=2)
    sim.pull_cable("N1", "Public")
    sim.pull_cable("N2", "Public")
    sim.run(60)
    assert ("Down", ["Unreachable"] * 2) == shown(sim, "Public")
    assert [] == entries(sim, 1127)


def test_4_9_a_fault_is_located_again_when_another_node_is_connected():
    """Both cut off: Down. With one connected again the other one's interface is to blame."""
    sim = simulated(nodes=2)
    sim.pull_cable("N1", "Public")
    sim.run(10)
    sim.pull_cable("N2", "Public")
    assert "Down" == shown(sim, "Public")[0]
    sim.plug_cable("N2", "Public")
    assert ("Up", ["Failed", "Up"]) == shown(sim, "Public")
    assert [(2.4, "N1"), (10, "N1")] == entries(sim, 1127)


def test_4_9_a_cable_that_is_back_before_the_poll_saves_the_address():
    """Between the located fault and the next LooksAlive a mended link prevents the failure."""
    sim = simulated(nodes=2, owners={"G1": "N2"})
    sim.pull_cable("N2", "Public")
    sim.run(4)
    sim.plug_cable("N2", "Public")
    sim.run(60)
    assert [] == entries(sim, 1069)


def test_4_9_of_a_node_that_lost_every_network_only_the_events_are_logged():
    """Until the regroup has decided its addresses do not fail separately (4.9, row 5)."""
    sim = simulated(nodes=3, owners={"G1": "N2"})
    sim.pull_cable("N2")
    sim.run(8.1)
    assert "Online" == sim.state("G1").value
    sim.run(8.2)
    assert [] == entries(sim, 1069)
    assert [8.2] == [at_s for at_s, _ in moves(sim, "G1")]


def test_4_9_nt4_does_not_notice_a_pulled_cable():
    """Pulling a cable did not fail the IP Address on NT 4 (4.9, 10)."""
    sim = simulated(nodes=2, owners={"G1": "N2"}, windows=Windows.NT4)
    sim.pull_cable("N2", "Public")
    sim.run(200)
    assert ("N2", "Online") == (sim.owner("G1"), sim.state("G1").value)


@pytest.mark.parametrize("windows", [Windows.W2K, Windows.WS2003])
def test_10_newer_windows_notice_a_pulled_cable(windows):
    """From Windows 2000 on the group fails over (10)."""
    sim = simulated(nodes=2, owners={"G1": "N2"}, windows=windows)
    sim.pull_cable("N2", "Public")
    sim.run(200)
    assert ("N1", "Online") == (sim.owner("G1"), sim.state("G1").value)


# --- 4.10 Split -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("windows", "winners"), [(Windows.W2K, ["N1"]), (Windows.WS2003, ["N2", "N3"])]
)
def test_4_10_a_quorum_owner_without_clients_gives_way_from_2003_on(windows, winners):
    """Windows 2000: the owner wins. 2003: who has a client network beats who has none (4.10)."""
    sim = simulated(nodes=3, windows=windows)
    sim.pull_cable("N1")
    sim.run(60)
    assert winners == up(sim)


@pytest.mark.parametrize("windows", [Windows.W2K, Windows.WS2003])
@pytest.mark.parametrize("owner", ["N1", "N2"])
def test_4_10_between_equals_the_owner_of_the_quorum_wins(windows, owner):
    """Both sides reach the clients: the owner's side goes on (4.10)."""
    placed = {"Cluster Group": owner, "G1": "N1"}
    sim = simulated(nodes=2, owners=placed, windows=windows, networks=(PRIVATE, CLIENTS))
    sim.lose_network("Private")
    sim.run(60)
    assert [owner] == up(sim)


def test_4_10_a_partition_that_cannot_reach_the_disk_does_not_win():
    """The owner gives way only to nodes that can have the quorum disk (4.10, 4.11)."""
    sim = simulated(nodes=2)
    sim.lose_disk("Disk Q:", "N2")
    sim.pull_cable("N1")
    sim.run(60)
    assert ["N1"] == up(sim)


def test_4_10_losers_stop_abruptly_and_log_1006():
    """No offline phase: at the end of the regroup everything on a loser is terminated (4.10)."""
    sim = simulated(nodes=2, owners={"G1": "N2"})
    sim.pull_cable("N2")
    sim.run(20)
    assert [(8.2, "N2")] == entries(sim, 1006)
    assert [(8.2, "N1")] == entries(sim, 1135)
    assert [8.2] == times(sim, "G1 Service", "Offline")
    assert [] == times(sim, "G1 Service", "Offline Pending")


def test_4_10_a_majority_node_set_does_not_arbitrate():
    """The majority goes on at the end of the regroup, its new quorum owner 1 s later (4.10)."""
    sim = simulated(nodes=3, owners={"G1": "N1"}, quorum=MAJORITY)
    sim.pull_cable("N1")
    sim.run(60)
    assert ["N2", "N3"] == up(sim)
    assert [9.2] == [at_s for at_s, node in entries(sim, 1200) if node == "N2"][:1]


# --- 4.11 Arbitration -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("windows", "reserved_s", "online_s"),
    [(Windows.WS2003, 15.2, 18.2), (Windows.W2K, 18.2, 21.2), (Windows.NT4, 18.2, 21.2)],
)
def test_4_11_the_challenger_waits_after_the_split(windows, reserved_s, online_s):
    """7 s on Windows Server 2003, 10 s before, then the disk comes online (4.11, conflict 4)."""
    sim = simulated(nodes=2, windows=windows)
    sim.fail_node("N1")
    sim.run(60)
    assert [reserved_s] == times(sim, "Disk Q:", "Online Pending")
    assert [online_s] == times(sim, "Disk Q:", "Online")


def test_4_11_an_arbitration_ends_after_twenty_seconds():
    """QuorumArbitrationTimeMax: who has not reserved the disk by then stops, and tries again."""
    sim = Simulation(exchange_cluster(1, 1, durations={"arbitration_reserve": 25}))
    sim.fail_node("NODE1")
    sim.run(130)
    assert [(28.2, "NODE2")] == entries(sim, 1006)
    assert [(118.2, "NODE2")] == entries(sim, 1009)
    assert "Disk Q: was not reserved in time." in sim.log[-2].text
    assert [] == times(sim, "Disk Q:", "Online Pending")


def test_4_11_a_reservation_at_the_last_moment_counts():
    """The limit of 20 s is inclusive (4.11)."""
    sim = Simulation(exchange_cluster(1, 1, durations={"arbitration_reserve": 20}))
    sim.fail_node("NODE1")
    sim.run(60)
    assert ([28.2], "NODE2") == (times(sim, "Disk Q:", "Online Pending"), sim.owner("EVS1"))


def test_4_11_a_partition_has_one_challenger():
    """Of several survivors one arbitrates; the others keep their groups meanwhile (4.11)."""
    sim = simulated(nodes=3, owners={"G1": "N3"})
    sim.fail_node("N1")
    sim.run(10)
    assert "N2" == sim.cluster.challenger
    assert "Online" == sim.state("G1").value


# --- 4.12 Loss of the quorum disk -------------------------------------------------------------


def test_4_12_the_owner_that_loses_the_quorum_disk_terminates_at_once():
    """Events 1038 and 1006 at once; the next node arbitrates, 10 s to the quorum (4.12)."""
    sim = simulated(nodes=2)
    sim.lose_disk("Disk Q:", "N1")
    assert [(1038, "N1"), (1006, "N1"), (7023, "N1"), (1135, "N2")] == logged(sim)
    sim.run(60)
    assert [10.0] == times(sim, "Disk Q:", "Online")
    assert ("N2", "Online") == (sim.owner("G1"), sim.state("G1").value)


def test_4_12_a_node_that_does_not_own_the_disk_does_not_mind():
    """Only the owner needs the disk (4.12)."""
    sim = simulated(nodes=2)
    sim.lose_disk("Disk Q:", "N2")
    sim.run(60)
    assert ["N1", "N2"] == up(sim)


def test_4_12_the_challenger_is_a_node_that_reaches_the_disk():
    """N2 cannot reach it, so N3 arbitrates (4.12)."""
    sim = simulated(nodes=3)
    sim.lose_disk("Disk Q:", "N1")
    sim.undo()
    sim.lose_disk("Disk Q:", "N2")
    sim.lose_disk("Disk Q:", "N1")
    sim.run(30)
    assert ("N3", ["N2", "N3"]) == (sim.owner("Cluster Group"), up(sim))


def test_4_12_a_disk_that_is_dead_for_everybody_stops_every_node():
    """No service stays up, none starts again: 1009 every 70 s (4.12)."""
    sim = simulated(nodes=2)
    sim.lose_disk("Disk Q:")
    sim.run(200)
    assert [] == up(sim)
    assert [70.0, 140.0] == [at_s for at_s, node in entries(sim, 1009) if node == "N1"]
    sim.restore_disk("Disk Q:")
    sim.run(400)
    assert ["N1", "N2"] == up(sim)


def test_4_12_a_data_disk_that_is_lost_fails_its_group_over():
    """LooksAlive finds it; on a node that reaches the disk the group comes online (4.1, 3)."""
    sim = simulated(nodes=2)
    sim.lose_disk("G1 Disk", "N1")
    sim.run()
    assert [5.0, 8.5, 12.0, 15.5] == times(sim, "G1 Disk", "Failed")
    assert ("N2", "Online") == (sim.owner("G1"), sim.state("G1").value)


def test_4_12_a_disk_lost_while_it_comes_online_does_not_come_online():
    """A start under way fails when the disk goes (4.12)."""
    sim = simulated(nodes=2)
    sim.take_offline("G1")
    sim.run(50)
    sim.bring_online("G1")
    sim.lose_disk("G1 Disk")
    sim.run(53)
    assert "Failed" == states(sim, "G1")["Disk"]


# --- 4.13 Start of a node ---------------------------------------------------------------------


def stopped(nodes: int, **more: object) -> Simulation:
    """Return a simulation of a cluster whose services have all been stopped."""
    sim = simulated(nodes=nodes, **more)
    for number in range(nodes, 0, -1):
        if f"N{number}" in up(sim):
            sim.stop_cluster_service(f"N{number}")
            sim.run(sim.now_s + 10)
    for node in sim.cluster.starting:
        sim.stop_cluster_service(node)
    return sim


def test_4_13_join_takes_5_s_when_a_member_answers():
    """Joining at once, Up 5 s after the service start, 1062 (4.13, 9)."""
    sim = simulated(nodes=2)
    sim.stop_cluster_service("N2")
    sim.run(100)
    sim.start_node("N2")
    assert NodeState.JOINING is sim.state("N2")
    sim.run()
    assert [(105, "N2")] == entries(sim, 1062)


def test_4_13_form_if_nobody_answers():
    """10 s of search, 7 s of arbitration; the owner of everything; quorum online 3 s later."""
    sim = stopped(2)
    start_s = sim.now_s
    sim.start_node("N2")
    sim.run()
    assert [(start_s + 17, "N2")] == entries(sim, 1061)
    assert start_s + 20 == times(sim, "Disk Q:", "Online")[-1]
    assert ("N2", "N2") == (sim.owner("G1"), sim.owner("Cluster Group"))


def test_4_13_neither_join_nor_form_is_tried_again_every_minute():
    """1009 after the search; 60 s later the service starts again (4.13)."""
    sim = simulated(nodes=2)
    sim.pull_cable("N2")
    sim.run(300)
    assert [78.2, 148.2, 218.2, 288.2] == [at_s for at_s, _ in entries(sim, 1009)]


def test_4_13_of_several_that_start_together_the_lowest_node_id_forms():
    """The others are searching when it forms and join it (4.13, 6)."""
    sim = stopped(3)
    start_s = sim.now_s
    for node in ("N3", "N2", "N1"):
        sim.start_node(node)
    sim.run(start_s + 60)
    assert [(start_s + 17, "N1")] == entries(sim, 1061)
    assert [(start_s + 22, "N2"), (start_s + 22, "N3")] == entries(sim, 1062)


def test_4_13_a_majority_must_be_starting_to_form():
    """Two of five are refused with 1009; with a third they form (4.13, 6)."""
    sim = stopped(5, quorum=MAJORITY)
    sim.start_node("N1")
    sim.start_node("N2")
    start_s = sim.now_s
    sim.run(start_s + 15)
    assert [] == up(sim)
    sim.run(start_s + 70)
    sim.start_node("N3")
    sim.run(start_s + 100)
    assert ["N1", "N2", "N3"] == up(sim)


def test_4_13_a_node_that_reaches_only_some_members_does_not_join():
    """The regroup would prune it again; it is told so with 1009 (4.13, 4.14; 1079 in 8.3)."""
    sim = simulated(nodes=3)
    sim.stop_cluster_service("N3")
    sim.pull_cable("N1", "Private")
    sim.pull_cable("N3", "Public")
    sim.start_node("N3")
    assert "shares no working network with N1" in sim.log[-2].text
    sim.plug_cable("N1", "Private")
    sim.run(100)
    assert ["N1", "N2", "N3"] == up(sim)


def test_4_13_a_join_ends_when_the_cluster_is_gone():
    """The members lose power while a node joins: it searches and forms by itself (4.13)."""
    sim = simulated(nodes=2)
    sim.stop_cluster_service("N2")
    sim.start_node("N2")
    sim.fail_node("N1")
    sim.run(100)
    assert (["N2"], "Online") == (up(sim), sim.state("G1").value)


# --- 4.14 Regroup -----------------------------------------------------------------------------


def chain(**more: object) -> Simulation:
    """Return three nodes of which N1 and N3 share no network, but both share one with N2."""
    sim = simulated(nodes=3, **more)
    sim.pull_cable("N1", "Private")
    sim.pull_cable("N3", "Public")
    return sim


def test_4_14_members_are_mutually_reachable():
    """Everybody must hear everybody; who does not is in another set (4.14)."""
    cluster = chain().cluster
    assert [("N1", "N2"), ("N2", "N3")] == partitions(cluster, ["N1", "N2", "N3"])


@pytest.mark.parametrize("quorum", [QuorumModel.SHARED_DISK, MAJORITY])
def test_4_14_a_node_without_full_connectivity_is_pruned(quorum):
    """Of {N1, N2} and {N2, N3} the one with the owner of the quorum goes on (4.14)."""
    sim = chain(quorum=quorum)
    sim.run(60)
    assert ["N1", "N2"] == up(sim)
    assert [(8.2, "N3")] == entries(sim, 1006)


def test_4_14_every_survivor_logs_1135_for_each_lost_node():
    """Two lost, two survive: four entries at the end of the regroup (4.14)."""
    sim = simulated(nodes=4)
    sim.fail_node("N3")
    sim.fail_node("N4")
    sim.run(20)
    expected = sorted([(8.2, "N1"), (8.2, "N2")] * 2)
    assert expected == sorted(entries(sim, 1135))


def slowly_partitioned(cluster: Cluster, nodes: list[str]) -> set[tuple[str, ...]]:
    """Return the same sets as `partitions`, by looking at every subset."""
    subsets = [
        subset
        for size in range(1, len(nodes) + 1)
        for subset in itertools.combinations(nodes, size)
        if all(can_talk(cluster, a, b) for a, b in itertools.combinations(subset, 2))
    ]
    return {s for s in subsets if not any(set(s) < set(other) for other in subsets)}


def test_4_14_partitions_agree_with_trying_every_subset():
    """Whatever cables are pulled, the sets are those that cannot be enlarged (4.14)."""
    nodes = ["N1", "N2", "N3", "N4"]
    both = ("Private", "Public")
    for choice in itertools.product((*both, None, "none"), repeat=4):
        sim = simulated(nodes=4)
        for node, cut in zip(nodes, choice, strict=True):
            if cut != "none":
                sim.pull_cable(node, cut)
        assert slowly_partitioned(sim.cluster, nodes) == set(partitions(sim.cluster, nodes))


# --- 6 Quorum models --------------------------------------------------------------------------

TABLE = [(1, 1, 0), (2, 2, 0), (3, 2, 1), (4, 3, 1), (5, 3, 2), (6, 4, 2), (7, 4, 3), (8, 5, 3)]
"""Configured nodes, majority needed, node failures tolerated (6)."""


@pytest.mark.parametrize(("nodes", "needed", "tolerated"), TABLE)
def test_6_the_majority_table(nodes, needed, tolerated):
    """Majority and tolerated failures for 1 to 8 nodes; the SDK's formula agrees (6)."""
    assert (needed, tolerated) == (majority(nodes), nodes - majority(nodes))
    assert needed == min(m for m in range(nodes + 1) if m >= (nodes + 1) / 2)


def with_witness(active: int = 1, passive: int = 1) -> Simulation:
    """Return a majority node set with a file share witness, typed as an administrator would."""
    sim = Simulation(exchange_cluster(active, passive, quorum=MAJORITY))
    run_line(sim, r'cluster res "Majority Node Set" /priv MNSFileShare="\\DC1\witness"')
    return sim


def test_6_two_nodes_with_a_file_share_witness_survive_the_loss_of_one():
    """Three votes, two needed: the EVS goes on; without the share everything stops (KB 921181)."""
    sims = (with_witness(), Simulation(exchange_cluster(1, 1, quorum=MAJORITY)))
    for sim in sims:
        sim.fail_node("NODE1")
        sim.run(400)
    assert [("NODE2", "Online"), ("NODE1", "Offline")] == [
        (sim.owner("EVS1"), sim.state("EVS1").value) for sim in sims
    ]


def test_6_of_two_nodes_apart_one_has_the_witness():
    """The owner of the quorum goes on; the other stops and cannot form a cluster of its own."""
    sim = with_witness()
    sim.pull_cable("NODE2")
    sim.run(100)
    assert [(8.2, "NODE2")] == entries(sim, 1006)
    assert [(78.2, "NODE2")] == entries(sim, 1009)
    assert ["NODE1"] == up(sim)
    sim.plug_cable("NODE2")
    sim.run(400)
    assert ["NODE1", "NODE2"] == up(sim)


def test_6_one_node_forms_with_the_witness_if_the_other_is_off():
    """A node and the share are two of three votes (6; 4.13)."""
    sim = with_witness()
    for node in ("NODE1", "NODE2"):
        sim.fail_node(node)
    sim.run()
    sim.start_node("NODE2")
    sim.run(sim.now_s + 700)
    assert ("NODE2", "Online") == (sim.owner("EVS1"), sim.state("EVS1").value)


def test_6_a_witness_counts_for_nothing_beside_three_nodes():
    """It is described for two nodes only: of three, two must be up (6)."""
    sim = with_witness(2, 1)
    for node in ("NODE3", "NODE2"):
        sim.fail_node(node)
        sim.run(sim.now_s + 20)
    assert [] == up(sim)


@pytest.mark.parametrize("nodes", [0, 2.5, "3", None])
def test_6_a_majority_is_of_whole_nodes(nodes):
    """Half a node, none, or a word has no majority (6)."""
    with pytest.raises(ConfigError, match=r"a majority of .* nodes was asked for; allowed: 1"):
        majority(nodes)


@pytest.mark.parametrize(("nodes", "needed", "tolerated"), TABLE[1:])
def test_6_the_majority_table_by_brute_force(nodes, needed, tolerated):
    """The cluster runs through *tolerated* lost nodes and stops with one more (6)."""
    sim = simulated(nodes=nodes, quorum=MAJORITY)
    for lost in range(1, nodes):
        sim.fail_node(f"N{nodes + 1 - lost}")
        sim.run(sim.now_s + 9)
        assert (nodes - lost >= needed) is bool(up(sim))
        if not up(sim):
            assert tolerated + 1 == lost
            break


@pytest.mark.parametrize("nodes", range(2, 9))
def test_6_every_split_in_two_by_brute_force(nodes):
    """Of two halves the one with floor(N/2) + 1 nodes goes on; an even split stops both (6)."""
    cluster = simulated(nodes=nodes, quorum=MAJORITY).cluster
    names = [node.name for node in cluster.config.nodes]
    for size in range(1, nodes):
        parts = [names[:size], names[size:]]
        larger = next((part for part in parts if len(part) > nodes / 2), ())
        assert larger == surviving_partition(cluster, parts)
        assert [2 * len(part) > nodes for part in parts] == [
            has_majority(cluster, part) for part in parts
        ]


def test_6_a_shared_disk_survives_n_minus_1_failures():
    """One node is enough as long as the disk survives (6)."""
    sim = simulated(nodes=4)
    for node in ("N1", "N2", "N3"):
        sim.fail_node(node)
        sim.run(sim.now_s + 40)
    assert (["N4"], "Online") == (up(sim), sim.state("G1").value)


def test_6_a_local_quorum_is_one_node():
    """The node with the Local Quorum is the cluster; the other cannot go on without it (6)."""
    sim = Simulation(exchange_cluster(1, 1, quorum=QuorumModel.LOCAL))
    sim.fail_node("NODE1")
    sim.run(300)
    assert [] == [
        node for node in up(sim) if node == "NODE1" or sim.state("EVS1").value == "Online"
    ]
    assert ("NODE1",) == sim.cluster.config.resources_by_name["Local Quorum"].possible_owners


def test_6_a_down_node_counts_until_it_is_evicted():
    """N counts configured nodes, including those that are Down (6)."""
    sim = simulated(nodes=3, quorum=MAJORITY)
    sim.stop_cluster_service("N3")
    assert ["N1", "N2"] == up(sim)
    sim.stop_cluster_service("N2")
    assert [] == up(sim)


def test_6_a_new_node_is_configured_only_if_a_majority_can_write_it():
    """Two of three are Up: with a fourth node 3 would be needed (6)."""
    sim = simulated(nodes=3, quorum=MAJORITY)
    sim.stop_cluster_service("N3")
    assert "A majority is then 3 of 4" in refusal(sim, "add_node", "N4").because
    sim.start_node("N3")
    sim.run()
    sim.add_node("N4")
    assert ["N1", "N2", "N3"] == up(sim)


def test_6_a_joining_node_counts_and_its_loss_is_a_loss():
    """A cluster that formed with a joiner stops when that one loses power (6, 4.13)."""
    sim = stopped(3, quorum=MAJORITY)
    sim.start_node("N1")
    sim.start_node("N2")
    while sim.state("N2") is not NodeState.JOINING:
        sim.step()
    assert ["N1"] == up(sim)
    sim.fail_node("N2")
    assert [] == up(sim)


# --- 6.1 Start switches -----------------------------------------------------------------------


def start(sim: Simulation, node: str, switch: str = "", *nodes: str) -> None:
    """Start a node with a switch."""
    sim.send(StartNode(node, switch, nodes))


def refused(sim: Simulation, node: str, switch: str = "", *nodes: str) -> str:
    """Return why a start with a switch is refused."""
    return refusal(sim, "send", StartNode(node, switch, nodes)).because


@pytest.mark.parametrize(
    ("quorum", "switch"),
    [
        (QuorumModel.SHARED_DISK, "forcequorum"),
        (MAJORITY, "fixquorum"),
        (MAJORITY, "noquorumlogging"),
        (MAJORITY, "resetquorumlog"),
    ],
)
def test_6_1_each_switch_is_for_one_quorum_model(quorum, switch):
    """`/forcequorum` is for majority node sets, the others for a quorum disk (6.1)."""
    assert f"/{switch} is for a " in refused(stopped(2, quorum=quorum), "N1", switch, "N1")


def test_6_1_an_unknown_switch_is_named():
    """The refusal lists the switches there are (6.1)."""
    error = refusal(stopped(2), "send", StartNode("N1", "fixit"))
    assert "fixquorum" in error.remedy
    assert "/fixit" in error.because


def test_6_1_forced_nodes_count_as_the_full_set():
    """N1 of three forms alone with `/forcequorum N1` and runs (6.1)."""
    sim = stopped(3, quorum=MAJORITY)
    start_s = sim.now_s
    start(sim, "N1", "forcequorum", "N1")
    sim.run(start_s + 60)
    assert (["N1"], "Online") == (up(sim), sim.state("G1").value)
    assert [(start_s + 10, "N1")] == entries(sim, 1061)


def test_6_1_the_list_of_forced_nodes_is_the_same_on_each():
    """Listed nodes start with the same list; an unlisted one stays out with 1009 (6.1)."""
    sim = stopped(3, quorum=MAJORITY)
    assert "N1 is not on the list" in refused(sim, "N1", "forcequorum", "N2")
    start(sim, "N1", "forcequorum", "N1", "N2")
    assert "running or starting on N1" in refused(sim, "N2", "forcequorum", "N2")
    start(sim, "N2", "forcequorum", "N1", "N2")
    sim.run(sim.now_s + 20)
    start(sim, "N3")
    assert "not on the list" in sim.log[-2].text
    assert ["N1", "N2"] == up(sim)


def test_6_1_services_must_be_stopped_elsewhere_first():
    """No switch while another service runs (6.1)."""
    sim = simulated(nodes=2)
    sim.stop_cluster_service("N2")
    assert "running or starting on N1" in refused(sim, "N2", "fixquorum")


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [("evict_node", ("N3",)), ("add_node", ("N4",)), ("send", (DesignateQuorum("G1 Disk"),))],
)
def test_6_1_nothing_is_configured_while_quorum_is_forced(verb, arguments):
    """Changes are forbidden (6.1, conflict 11)."""
    sim = stopped(3, quorum=MAJORITY)
    start(sim, "N1", "forcequorum", "N1")
    sim.run(sim.now_s + 60)
    assert "Quorum is forced to N1" in refusal(sim, verb, *arguments).because


def test_6_1_a_switch_ends_with_the_last_member():
    """Switches are not persistent: the next start needs a majority again (6.1)."""
    sim = stopped(3, quorum=MAJORITY)
    start(sim, "N1", "forcequorum", "N1")
    sim.run(sim.now_s + 60)
    sim.stop_cluster_service("N1")
    sim.run(sim.now_s + 60)
    start(sim, "N1")
    sim.run(sim.now_s + 15)
    assert [] == up(sim)


def test_6_1_fixquorum_brings_only_address_and_name_online():
    """The quorum is not mounted; everything else is up to the administrator (conflict 10)."""
    sim = stopped(2)
    sim.lose_disk("Disk Q:")
    start(sim, "N1", "fixquorum")
    sim.run(sim.now_s + 60)
    online = [n for n, s in sim.cluster.resource_states.items() if s is ResourceState.ONLINE]
    assert ["Cluster IP Address", "Cluster Name"] == online
    start(sim, "N2")
    assert "no second node may join" in sim.log[-2].text


def test_6_1_fixquorum_repairs_a_dead_quorum_disk():
    """Another disk is made the quorum; after a normal start the cluster runs (4.12, 6.1)."""
    sim = stopped(2)
    sim.lose_disk("Disk Q:")
    start(sim, "N1", "fixquorum")
    sim.run(sim.now_s + 60)
    sim.bring_online("G1 Disk")
    sim.run(sim.now_s + 10)
    sim.send(DesignateQuorum("G1 Disk"))
    assert [(sim.now_s, "N1")] == entries(sim, 1064)
    sim.stop_cluster_service("N1")
    sim.run(sim.now_s + 30)
    start(sim, "N1")
    start(sim, "N2")
    sim.run(sim.now_s + 60)
    assert (["N1", "N2"], "Online") == (up(sim), sim.state("G1").value)


def test_6_1_noquorumlogging_asks_every_node_for_the_same_switch():
    """Any other node must use it too (6.1)."""
    sim = stopped(2)
    start(sim, "N1", "noquorumlogging")
    sim.run(sim.now_s + 60)
    assert "runs with /noquorumlogging" in refused(sim, "N2")
    start(sim, "N2", "noquorumlogging")
    sim.run(sim.now_s + 60)
    assert ["N1", "N2"] == up(sim)


def test_6_1_resetquorumlog_makes_a_damaged_log_new():
    """1019, 1148 and 1009 without it; with it the cluster forms, and the log is sound (6.1)."""
    sim = simulated(nodes=2)
    sim.send(QuorumLogDamaged("Disk Q:"))
    sim.run(60)
    assert ["N1", "N2"] == up(sim)
    sim.stop_cluster_service("N2")
    sim.stop_cluster_service("N1")
    sim.run(100)
    start(sim, "N1")
    sim.run(115)
    for event_id in (1019, 1148, 1009):
        assert [(110, "N1")] == entries(sim, event_id)
    start(sim, "N1", "resetquorumlog")
    sim.run(200)
    assert (["N1"], False) == (up(sim), sim.cluster.is_quorum_log_bad)


def test_6_1_only_the_log_of_the_quorum_can_be_damaged():
    """Another disk has no quorum log (4.12)."""
    assert "not the quorum" in refusal(simulated(), "send", QuorumLogDamaged("G1 Disk")).because


# --- 6.2 Designating the quorum ---------------------------------------------------------------


def test_6_2_another_disk_becomes_the_quorum():
    """An Online disk without dependencies may be designated; its group is special then (6.2)."""
    sim = simulated(nodes=2)
    sim.send(DesignateQuorum("G1 Disk"))
    assert ("G1 Disk", "G1") == (sim.cluster.config.quorum, sim.cluster.config.quorum_group)
    sim.fail_node("N1")
    sim.run()
    assert ("N2", "Online") == (sim.owner("G1"), sim.state("G1").value)


def test_6_2_what_cannot_be_the_quorum():
    """5021 for other types, 5023 if it is Offline, 5069 if it depends on something (6.2)."""
    bound = simulated(nodes=2, changes={"G1 Disk": {"depends_on": ("G1 Name",)}})
    assert 5069 == refusal(bound, "send", DesignateQuorum("G1 Disk")).code
    sim = simulated(nodes=2)
    assert 5021 == refusal(sim, "send", DesignateQuorum("G1 IP")).code
    sim.take_offline("G1")
    sim.run()
    assert 5023 == refusal(sim, "send", DesignateQuorum("G1 Disk")).code
    assert "is the quorum" in refusal(sim, "send", DesignateQuorum("Disk Q:")).because


def test_6_2_not_while_the_quorum_is_arbitrated_for():
    """A survivor's arbitration comes first (6.2, 4.11)."""
    sim = simulated(nodes=3, owners={"G1": "N2"})
    sim.fail_node("N1")
    sim.run(10)
    assert (
        "N2 is arbitrating for Disk Q:" in refusal(sim, "send", DesignateQuorum("G1 Disk")).because
    )


def test_6_2_the_quorum_resource_may_not_be_given_a_dependency():
    """5069 (3, 6.2)."""
    sim = simulated()
    with pytest.raises(OperationRefused) as caught:
        sim.set_properties("Disk Q:", depends_on=("Cluster Name",))
    assert 5069 == caught.value.code


# --- 10 Version differences -------------------------------------------------------------------


@pytest.mark.parametrize("windows", [Windows.NT4, Windows.W2K])
def test_10_older_windows_have_no_majority_node_set(windows):
    """Quorum types before 2003: shared disk and local (10)."""
    with pytest.raises(ConfigError, match=r"Majority Node Set.*from Windows Server 2003 on"):
        exchange_cluster(1, 1, windows=windows, quorum=MAJORITY)


def test_10_generic_script_and_shadow_copies_are_new_in_2003():
    """Both resource types are refused in a Windows 2000 cluster (10)."""
    config = plain().config
    for resource_type in (GENERIC_SCRIPT, VSS_TASK):
        new = Resource(name="New", type=resource_type, group="G1")
        changed = replace(config, resources=(*config.resources, new))
        with pytest.raises(ConfigError, match="from Windows Server 2003 on"):
            replace(changed, windows=Windows.W2K)


# --- what is pending, and events that have passed ---------------------------------------------


def test_what_is_pending_after_a_cut_is_told_in_words():
    """The next thing names who is not heard, or on which network."""
    sim = simulated(nodes=3)
    sim.pull_cable("N2", "Private")
    assert (2.4, "two heartbeats of some nodes on Private are missed") == upcoming(sim.cluster)
    sim.pull_cable("N2", "Public")
    assert (2.4, "two heartbeats of N2 are missed") == upcoming(sim.cluster)


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("plug_cable", ("N1", "Public")),
        ("restore_network", ("Public",)),
        ("restore_disk", ("Disk Q:",)),
    ],
)
def test_what_works_need_not_be_mended(verb, arguments):
    """Mending what is not broken is refused, and so is breaking it twice."""
    sim = simulated()
    assert refusal(sim, verb, *arguments).remedy == "Nothing needs to be done."
    broken = {"plug_cable": "pull_cable", "restore_network": "lose_network"}.get(verb, "lose_disk")
    getattr(sim, broken)(*arguments)
    if broken != "lose_disk":
        assert "already" in refusal(sim, broken, *arguments).because


def test_a_join_of_a_node_that_is_cut_off_meanwhile_fails():
    """Its cables are pulled while it joins: it is Down and searches again (4.13)."""
    sim = simulated(nodes=2)
    sim.stop_cluster_service("N2")
    sim.start_node("N2")
    sim.pull_cable("N2")
    outcome = apply(sim.at(4), Due("N2", DueKind.NODE_JOINED))
    assert NodeState.DOWN is outcome.cluster.node_states["N2"]
