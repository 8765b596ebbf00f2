"""Handbook 1, sections 1 to 4: objects, states, properties, failures; one test for each rule."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterlab import ConfigError, OperationRefused, Simulation
from clusterlab.cluster.configuring import configure
from clusterlab.cluster.events import BringOnline, Due, DueKind, InitiateFailure, NodeFailed, comes
from clusterlab.cluster.model import ClusterConfig, Group, Network, Node, Resource
from clusterlab.cluster.properties import NO_WINDOW
from clusterlab.cluster.resource_types import FILE_SHARE
from clusterlab.cluster.states import (
    GroupState,
    NetworkRole,
    NodeState,
    ResourceState,
    RestartAction,
    Windows,
    derive_group_state,
)
from tests.plain import logged, moves, plain, refusal, simulated, states, times

ON, OFF = ResourceState.ONLINE, ResourceState.OFFLINE
FAILED = ResourceState.FAILED


def fail_repeatedly(sim: Simulation, resource: str, count: int = 4, pause_s: float = 60.0) -> None:
    """Let a resource fail *count* times, at *pause_s* from each other."""
    for _ in range(count - 1):
        sim.fail_resource(resource)
        sim.run(sim.now_s + pause_s)
    sim.fail_resource(resource)


# --- 1 Objects and states ---------------------------------------------------------------------


def test_1_1_a_group_has_an_owner_even_when_it_is_offline():
    """A group is owned by exactly one node at any time, even when offline (1.1)."""
    sim = simulated()
    sim.take_offline("G1")
    sim.run()
    assert ("N1", "Offline") == (sim.owner("G1"), sim.state("G1").value)


def test_1_1_a_dependency_stays_inside_its_group():
    """Dependencies are inside the same group only (1.1)."""
    with pytest.raises(ConfigError, match="'G2 Service' depends on 'G1 Disk' of group 'G1'"):
        plain(owners={"G1": "N1", "G2": "N2"}, changes={"G2 Service": {"depends_on": ("G1 Disk",)}})


def test_1_1_node_ids_run_from_1_and_differ():
    """Each node has a small integer Node ID of its own, from 1 (1.1)."""
    config = plain().config
    for ids in ((0, 1, 2, 3), (1, 1, 2, 3), (2, 1, 3, 4)):
        nodes = tuple(Node(name=f"N{i}", node_id=id_) for i, id_ in enumerate(ids, 1))
        with pytest.raises(ConfigError, match="from 1 up"):
            ClusterConfig(
                nodes=nodes, groups=config.groups, resources=config.resources, quorum="Disk Q:"
            )


def test_1_1_the_quorum_lives_in_the_cluster_group():
    """The quorum resource lives in the Cluster Group by default (1.1)."""
    assert "Cluster Group" == plain().config.quorum_group


def test_1_2_states_are_printed_in_the_words_of_the_product():
    """Display strings of nodes, groups and resources (1.2)."""
    assert ["Up", "Down", "Paused", "Joining"] == [state.value for state in NodeState]
    words = ["Online", "Offline", "Failed", "Partially Online", "Pending"]
    assert words == [state.value for state in GroupState]
    words = ["Online", "Offline", "Failed", "Online Pending", "Offline Pending"]
    assert words == [state.value for state in ResourceState]


def group_state_of_the_handbook(numbers: list[int]) -> int:
    """The rule of 1.3 with the values of the Cluster API, word for word."""
    if any(number == 4 for number in numbers):
        return 2
    elif any(number >= 128 for number in numbers):
        return 4
    elif not numbers or all(number == 3 for number in numbers):
        return 1
    elif all(number == 2 for number in numbers):
        return 0
    else:
        return 3


RESOURCE_VALUES = dict(zip(ResourceState, (2, 3, 4, 129, 130), strict=True))
GROUP_VALUES = dict(zip(GroupState, (0, 1, 2, 3, 4), strict=True))


def test_1_3_group_state_is_derived_in_the_order_of_the_handbook():
    """Failed before Pending before Offline before Online before Partially Online (1.3)."""
    for length in range(4):
        for combination in itertools.product(ResourceState, repeat=length):
            numbers = [RESOURCE_VALUES[state] for state in combination]
            expected = group_state_of_the_handbook(numbers)
            assert expected == GROUP_VALUES[derive_group_state(combination)], combination


def test_1_3_an_empty_group_is_offline():
    """An empty group is Offline (1.3)."""
    config = plain().config
    groups = (*config.groups, Group(name="Empty"))
    empty = ClusterConfig(
        nodes=config.nodes, groups=groups, resources=config.resources, quorum=config.quorum
    )
    from clusterlab.cluster.resting import cluster_from

    cluster = cluster_from(empty, {"Cluster Group": "N1", "G1": "N1", "Empty": "N2"})
    assert GroupState.OFFLINE is cluster.group_state("Empty")


def test_1_4_coming_online_is_pending_first_and_dependencies_come_before():
    """An online request brings dependencies online first, each by way of Online Pending (1.4)."""
    sim = simulated()
    sim.take_offline("G1")
    sim.run()
    start_s = sim.now_s
    sim.bring_online("G1 Service")
    assert "Online Pending" == states(sim, "G1")["IP"]
    assert "Offline" == states(sim, "G1")["Service"]
    sim.run()
    began = [times(sim, f"G1 {name}", "Online Pending")[-1] - start_s for name in ("IP", "Name")]
    ended = [times(sim, f"G1 {name}", "Online")[-1] - start_s for name in ("Name", "Service")]
    assert ([0, 2], [7, 12]) == (began, ended)


def test_1_4_resources_without_a_path_between_them_go_in_parallel():
    """The disk and the address of a group come online together (1.4)."""
    sim = simulated()
    sim.move_group("G1", "N2")
    sim.run()
    assert times(sim, "G1 Disk", "Online Pending") == times(sim, "G1 IP", "Online Pending")


def test_1_4_going_offline_takes_dependents_first():
    """A resource goes Offline Pending only after what needs it is Offline (1.4)."""
    sim = simulated()
    sim.take_offline("G1")
    sim.run()
    pending = [times(sim, f"G1 {name}", "Offline Pending") for name in ("Service", "Name", "IP")]
    assert [[0], [1], [2]] == pending
    assert [3] == times(sim, "G1 IP", "Offline")


@pytest.mark.parametrize("fail", ["fail_resource", "fault_resource"])
def test_1_4_an_online_resource_that_fails_is_failed_at_once(fail):
    """Online becomes Failed without an offline phase (1.4)."""
    sim = simulated(changes={"G1 Service": {"restart_action": 0}})
    getattr(sim, fail)("G1 Service")
    sim.run(5)
    assert "Failed" == states(sim, "G1")["Service"]
    assert [] == times(sim, "G1 Service", "Offline Pending")


def test_1_4_online_pending_for_too_long_ends_failed():
    """A resource that is not Online within its PendingTimeout is Failed (1.4)."""
    sim = simulated(changes={"G1 Service": {"pending_timeout_s": 4.0, "restart_action": 0}})
    sim.move_group("G1", "N2")
    sim.run()
    start_s = times(sim, "G1 Service", "Online Pending")[-1]
    assert [start_s + 4] == times(sim, "G1 Service", "Failed")


def test_1_4_offline_pending_for_too_long_ends_failed():
    """A resource that is not Offline within its PendingTimeout is Failed (1.4)."""
    sim = simulated(changes={"G1 Service": {"pending_timeout_s": 0.5}})
    sim.take_offline("G1 Service")
    sim.run()
    assert [0.5] == times(sim, "G1 Service", "Failed")
    assert (0, "Failed") == (len(sim.cluster.failures), sim.state("G1").value)
    assert "G1 Service" in sim.cluster.unclean


# --- 2 Properties -----------------------------------------------------------------------------


def test_2_1_defaults_of_a_group():
    """Defaults: 10 failovers in 6 hours, failback prevented, no window, no owners (2.1)."""
    group = Group(name="G")
    assert (10, 6, 0) == (
        group.failover_threshold,
        group.failover_period_h,
        group.auto_failback_type,
    )
    assert (-1, -1) == (group.failback_window_start, group.failback_window_end)
    assert ((), ()) == (group.preferred_owners, group.anti_affinity_class_names)


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("failover_threshold", (0, 0xFFFFFFFF), (-1, 0x100000000, 2.5, "3", True)),
        ("failover_period_h", (0, 1193), (-1, 1194, 0.5)),
        ("auto_failback_type", (0, 1), (2, -1, 0.5)),
        ("failback_window_start", (-1, 0, 23), (24, -2, 12.5)),
        ("failback_window_end", (-1, 0, 23), (24, -2, 12.5)),
    ],
)
def test_2_1_ranges_of_a_group(key, good, bad):
    """Each property takes whole numbers of its range; others are refused with the range (2.1)."""
    config = plain().config
    for value in good:
        assert value == getattr(configure(config, "G1", **{key: value}).groups_by_name["G1"], key)
    for value in bad:
        with pytest.raises(ConfigError) as caught:
            configure(config, "G1", **{key: value})
        message = str(caught.value)
        assert all(word in message for word in (key, "'G1'", repr(value), "allowed"))


def test_2_2_defaults_of_a_resource():
    """Defaults: 3 restarts in 900 s, restart and affect the group, 60 min, 180 s (2.2)."""
    resource = Resource(name="R", type=FILE_SHARE, group="G")
    assert (3, 900, 3600, 180) == (
        resource.restart_threshold,
        resource.restart_period_s,
        resource.retry_period_s,
        resource.pending_timeout_s,
    )
    assert RestartAction.RESTART_AND_AFFECT_GROUP is resource.restart_action
    assert (None, None) == (resource.looks_alive_poll_s, resource.is_alive_poll_s)
    assert resource.possible_owners is None


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("restart_action", (0, 1, 2), (3, -1, "2")),
        ("restart_threshold", (0, 0xFFFFFFFF), (-1, 0x100000000, 1.5)),
        ("restart_period_s", (0, 900, 3600), (-1, float("inf"), float("nan"), 4294967.3)),
        ("retry_period_s", (None, 900, 4294967.294), (899, -1, 4294967.3)),
        ("pending_timeout_s", (0.01, 3600), (0, -1, None)),
        ("looks_alive_poll_s", (None, 0.01, 5), (0, 0.001)),
        ("is_alive_poll_s", (None, 0.01, 60), (0, 0.001)),
    ],
)
def test_2_2_ranges_of_a_resource(key, good, bad):
    """Each property takes the range of the product, in seconds (2.2)."""
    config = plain().config
    for value in good:
        changed = configure(config, "G1 Service", **{key: value})
        assert value == getattr(changed.resources_by_name["G1 Service"], key)
    for value in bad:
        with pytest.raises(ConfigError) as caught:
            configure(config, "G1 Service", **{key: value})
        message = str(caught.value)
        assert all(word in message for word in (key, "'G1 Service'", repr(value), "allowed"))


def persistent(sim: Simulation, group: str) -> set[str]:
    """Return the names with PersistentState 1 in a group, the group included."""
    names = {r.name for r in sim.cluster.config.members[group]} | {group}
    return names & sim.cluster.persistent


def test_2_1_persistent_state_follows_requests_for_a_group():
    """Take Offline on a group sets 0 on all of it, Bring Online sets 1 (2.1)."""
    sim = simulated()
    everything = persistent(sim, "G1")
    sim.take_offline("G1")
    assert set() == persistent(sim, "G1")
    sim.run()
    sim.bring_online("G1")
    assert everything == persistent(sim, "G1")


def test_2_1_persistent_state_follows_requests_for_a_resource():
    """Take Offline on a resource sets 0 on it and its dependents; Bring Online sets 1 on it, on
    what it needs and on the group (2.1).
    """
    sim = simulated()
    sim.take_offline("G1 Name")
    assert {"G1", "G1 IP", "G1 Disk"} == persistent(sim, "G1")
    sim.run()
    sim.take_offline("G1")
    sim.run()
    sim.bring_online("G1 Name")
    assert {"G1", "G1 IP", "G1 Name"} == persistent(sim, "G1")


def test_2_1_failures_and_moves_do_not_change_persistent_state():
    """Failures, failovers, moves and an exceeded threshold change no PersistentState (2.1)."""
    sim = simulated(changes={"G1": {"failover_threshold": 0}})
    everything = persistent(sim, "G1")
    sim.move_group("G1", "N2")
    sim.run()
    fail_repeatedly(sim, "G1 Service")
    sim.run(sim.now_s + 60)
    assert "Failed" == sim.state("G1").value
    assert everything == persistent(sim, "G1")


def test_2_1_after_a_move_exactly_the_persistent_resources_come_online():
    """After a move the resources with PersistentState 1 are brought online, no others, whatever
    their state was before (2.1).
    """
    sim = simulated(changes={"G1 IP": {"restart_action": 0}})
    sim.take_offline("G1 Service")
    sim.run()
    sim.fail_resource("G1 IP")
    sim.run()
    sim.move_group("G1", "N2")
    sim.run()
    expected = {"Disk": "Online", "IP": "Online", "Name": "Online", "Service": "Offline"}
    assert expected == states(sim, "G1")


@pytest.mark.parametrize("window", [(22, NO_WINDOW), (NO_WINDOW, 6), (NO_WINDOW, NO_WINDOW)])
def test_2_1_a_window_exists_only_with_both_ends(window):
    """With one end of the window missing failback is immediate (2.1)."""
    home = {
        "preferred_owners": ("N2",),
        "auto_failback_type": 1,
        "failback_window_start": window[0],
        "failback_window_end": window[1],
    }
    sim = simulated(owners={"G1": "N2"}, changes={"G1": home})
    sim.fail_node("N2")
    sim.run()
    sim.start_node("N2")
    sim.run(sim.now_s + 500)
    assert "N2" == sim.owner("G1")


def test_2_3_a_resources_own_interval_overrides_its_types():
    """LooksAlivePollInterval of the resource wins over the 5 s of the type (2.3)."""
    sim = simulated(changes={"G1 Service": {"looks_alive_poll_s": 2.0}})
    sim.run(3)
    sim.fault_resource("G1 Service")
    sim.fault_resource("G1 Disk")
    sim.run(60)
    assert [4] == times(sim, "G1 Service", "Failed")
    assert [5] == times(sim, "G1 Disk", "Failed")


def test_2_4_two_missed_heartbeats_are_a_lost_interface_six_a_lost_node():
    """1123 after 2.4 s, 1126 after 7.2 s, the node is out 1 s later (2.4, 9)."""
    sim = simulated(nodes=2)
    sim.fail_node("N2")
    sim.run()
    moments = {entry.event_id: entry.at_s for entry in sim.log}
    assert {1123: 2.4, 1126: 7.2, 1135: 8.2} == moments
    assert [8.2] == times(sim, "N2", "Down")


def test_2_5_a_client_only_network_carries_no_heartbeats():
    """Roles 1 and 3 carry internal traffic; 0 and 2 never do (2.5; index, rule 20)."""
    networks = tuple(Network(name=f"Net {role.value}", role=role) for role in NetworkRole)
    sim = Simulation(plain(nodes=2, networks=networks))
    sim.fail_node("N2")
    sim.run()
    lost = [entry.text.split("network ")[1] for entry in sim.log if entry.event_id == 1123]
    assert ["Net 1.", "Net 3."] == lost


# --- 3 Resource types -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resource", "needs", "missing"),
    [
        ("G1 Name", (), "IP Address"),
        ("MSDTC", ("Cluster Name",), "Physical Disk"),
        ("MSDTC", ("Disk Q:",), "Network Name"),
    ],
)
def test_3_types_have_required_dependencies(resource, needs, missing):
    """A Network Name needs an IP Address, a DTC needs a Network Name and a disk (3)."""
    with pytest.raises(ConfigError, match=f"must depend on a resource of type '{missing}'"):
        configure(plain().config, resource, depends_on=needs)


def test_3_a_file_share_needs_nothing():
    """File Share: no dependency is enforced (3)."""
    config = plain().config
    share = Resource(name="Share", type=FILE_SHARE, group="G1")
    resources = (*config.resources, share)
    assert ClusterConfig(
        nodes=config.nodes, groups=config.groups, resources=resources, quorum="Disk Q:"
    )


def test_3_the_quorum_resource_depends_on_nothing_and_is_a_disk():
    """Only a Physical Disk may be the quorum here, and it may not depend on anything (3, 5069)."""
    config = plain().config
    with pytest.raises(ConfigError, match=r"'Disk Q:' depends on 'Cluster IP Address'"):
        configure(config, "Disk Q:", depends_on=("Cluster IP Address",))
    with pytest.raises(ConfigError, match="IP Address and cannot be the quorum"):
        ClusterConfig(
            nodes=config.nodes,
            groups=config.groups,
            resources=config.resources,
            quorum="Cluster IP Address",
        )


@pytest.mark.parametrize(
    ("verb", "arguments", "code"),
    [
        ("take_offline", ("Disk Q:",), 5020),
        ("take_offline", ("Cluster Group",), 5020),
        ("fail_resource", ("Disk Q:",), 5068),
    ],
)
def test_3_the_quorum_resource_stays_online(verb, arguments, code):
    """The quorum resource cannot be taken offline (5020) or made to fail (3)."""
    assert code == refusal(simulated(), verb, *arguments).code


def test_3_the_possible_owners_of_the_quorum_cannot_be_edited():
    """The quorum resource's possible owners cannot be edited: 5068 (3)."""
    for name in ("Disk Q:", "disk q:", "Cluster Group/Disk"):
        with pytest.raises(OperationRefused) as caught:
            simulated().set_properties(name, possible_owners=("N1",))
        assert 5068 == caught.value.code


# --- 4.1 Health checks ------------------------------------------------------------------------


def test_4_1_a_fault_is_seen_at_the_next_looks_alive_poll():
    """Polls fall at online + k x interval; a fault is detected at the first one at or after it."""
    for fault_s, seen_s in ((0.0, 5), (4.9, 5), (5.0, 5), (5.1, 10)):
        sim = simulated()
        sim.run(fault_s)
        sim.fault_resource("G1 Service")
        sim.run(60)
        assert [seen_s] == times(sim, "G1 Service", "Failed")[:1], fault_s


def test_4_1_a_hang_is_seen_by_is_alive_only():
    """A fault that only IsAlive sees waits for the next of its polls, 60 s apart (4.1)."""
    sim = simulated()
    sim.run(61)
    sim.fault_resource("G1 Service", is_hang=True)
    sim.run(200)
    assert [120] == times(sim, "G1 Service", "Failed")


def test_4_1_polls_count_from_the_moment_of_coming_online():
    """The polls of a resource start when it comes online (4.1)."""
    sim = simulated()
    sim.fail_resource("G1 Service")
    sim.run(6)
    assert [5.5] == times(sim, "G1 Service", "Online")
    sim.fault_resource("G1 Service")
    sim.run(20)
    assert [0, 10.5] == times(sim, "G1 Service", "Failed")


# --- 4.2 One resource fails -------------------------------------------------------------------


def test_4_2_all_dependents_go_offline_and_the_rest_stays():
    """Dependents on all levels are taken offline; what it does not support stays Online (4.2)."""
    sim = simulated()
    sim.fail_resource("G1 IP")
    expected = {
        "IP": "Failed",
        "Name": "Offline Pending",
        "Service": "Offline Pending",
        "Disk": "Online",
    }
    assert expected == states(sim, "G1")
    sim.run()
    assert "Online" == sim.state("G1").value
    assert [] == times(sim, "G1 Disk", "Offline Pending")


def test_4_2_restart_action_0_leaves_it_failed():
    """RestartAction 0: Failed, nothing moves, no retry (4.2)."""
    sim = simulated(changes={"G1 Service": {"restart_action": 0}})
    sim.fail_resource("G1 Service")
    sim.run()
    assert ("Failed", "N1", 0) == (sim.state("G1").value, sim.owner("G1"), sim.now_s)
    assert ["Online"] * 3 == [states(sim, "G1")[name] for name in ("Disk", "IP", "Name")]


def test_4_2_a_resource_is_restarted_in_place_and_its_dependents_come_back():
    """Restart after 0.5 s on the same node; dependents follow (4.2, 9)."""
    sim = simulated()
    sim.fail_resource("G1 Name")
    sim.run()
    assert [0.5] == times(sim, "G1 Name", "Online Pending")
    assert ("Online", "N1") == (sim.state("G1").value, sim.owner("G1"))
    assert [0.5 + 5 + 5] == times(sim, "G1 Service", "Online")


def test_4_2_the_fourth_failure_within_900_s_escalates():
    """RestartThreshold 3: the fourth failure in the period fails the group over (4.2; rule 7)."""
    sim = simulated()
    fail_repeatedly(sim, "G1 Service", 3, 290)
    sim.run()
    assert "N1" == sim.owner("G1")
    sim.run(890)
    sim.fail_resource("G1 Service")
    sim.run()
    assert "N2" == sim.owner("G1")


def test_4_2_failures_older_than_the_period_are_forgotten():
    """Entries as old as RestartPeriod are dropped from the list (4.2)."""
    sim = simulated()
    fail_repeatedly(sim, "G1 Service", 4, 300)  # at 0, 300, 600, 900
    sim.run()
    assert ("N1", "Online") == (sim.owner("G1"), sim.state("G1").value)


def test_4_2_a_threshold_of_0_escalates_at_once():
    """RestartThreshold 0: the first failure goes straight to the failover (4.2; 12, 6)."""
    sim = simulated(changes={"G1 Service": {"restart_threshold": 0}})
    sim.fail_resource("G1 Service")
    sim.run()
    assert "N2" == sim.owner("G1")


def test_4_2_counters_start_at_zero_on_a_new_owner():
    """A move empties the list of failures (4.2; rule 7)."""
    sim = simulated()
    fail_repeatedly(sim, "G1 Service", 3)
    sim.run()
    sim.move_group("G1", "N2")
    sim.run()
    fail_repeatedly(sim, "G1 Service", 3)
    sim.run()
    assert "N2" == sim.owner("G1")


def test_4_2_initiate_failure_does_what_a_failure_does():
    """Initiate Failure and a noticed failure lead to the same states and events (4.2)."""
    asked, real = simulated(), simulated()
    asked.run(5)
    asked.fail_resource("G1 Service")
    real.fault_resource("G1 Service")
    for sim in (asked, real):
        sim.run()
    assert asked.log == real.log
    assert asked.cluster.resource_states == real.cluster.resource_states


def test_4_2_a_pending_resource_cannot_be_failed():
    """Initiate Failure on a pending resource: 5084; on one that is not Online: 5023 (4.2)."""
    sim = simulated()
    sim.take_offline("G1 Service")
    assert 5084 == refusal(sim, "fail_resource", "G1 Service").code
    sim.run()
    assert 5023 == refusal(sim, "fail_resource", "G1 Service").code


# --- 4.3 Failing repeatedly -------------------------------------------------------------------

NOWHERE = frozenset({"N1", "N2", "N3", "N4"})


def test_4_3_affect_the_group_cleared_never_moves_the_group():
    """RestartAction 1: it stays Failed, dependents offline, the rest online; one retry after
    RetryPeriodOnFailure, then nothing more (4.3).
    """
    sim = simulated(changes={"G1 Name": {"restart_action": 1}})
    fail_repeatedly(sim, "G1 Name")
    last_s = sim.now_s
    sim.set_properties("G1 Name", defective_on=NOWHERE)
    sim.run(last_s + 60)
    expected = {"Disk": "Online", "IP": "Online", "Name": "Failed", "Service": "Offline"}
    assert ("N1", expected) == (sim.owner("G1"), states(sim, "G1"))
    sim.run()
    assert last_s + 3600 + 5 == times(sim, "G1 Name", "Failed")[-1] == sim.now_s
    assert ("N1", expected) == (sim.owner("G1"), states(sim, "G1"))


def test_4_3_affect_the_group_fails_the_group_over():
    """RestartAction 2: past the threshold the group fails over (4.3)."""
    sim = simulated()
    fail_repeatedly(sim, "G1 Service")
    sim.run()
    assert ("N2", "Online") == (sim.owner("G1"), sim.state("G1").value)


def exhausted(**more) -> Simulation:
    """Return a cluster at the moment in which a group has used up its last failover."""
    sim = simulated(changes={"G1": {"failover_threshold": 0}}, **more)
    fail_repeatedly(sim, "G1 Service")
    return sim


def test_4_3_threshold_exceeded_leaves_the_whole_group_offline():
    """Windows Server 2003: culprit Failed, all others Offline, group state Failed (4.3)."""
    sim = exhausted()
    sim.run(sim.now_s + 60)
    expected = {"Disk": "Offline", "IP": "Offline", "Name": "Offline", "Service": "Failed"}
    assert (expected, "Failed", "N1") == (
        states(sim, "G1"),
        sim.state("G1").value,
        sim.owner("G1"),
    )


@pytest.mark.parametrize("windows", [Windows.NT4, Windows.W2K])
def test_4_3_older_windows_leave_only_the_resource_offline(windows):
    """NT 4 and Windows 2000: only the failed resource is left offline (4.3, 10)."""
    sim = exhausted(nodes=2, windows=windows)
    sim.run(sim.now_s + 60)
    expected = {"Disk": "Online", "IP": "Online", "Name": "Online", "Service": "Failed"}
    assert (expected, "N1") == (states(sim, "G1"), sim.owner("G1"))


def test_4_3_the_one_retry_succeeds_and_the_others_follow():
    """After RetryPeriodOnFailure the failed resource and what it needs are brought online on the
    present owner; on success the other resources with PersistentState 1 follow (4.3).
    """
    sim = simulated(changes={"G1": {"failover_threshold": 0}})
    fail_repeatedly(sim, "G1 Name")
    failed_s = sim.now_s
    sim.run(failed_s + 3600)
    expected = {"Disk": "Offline", "IP": "Online Pending", "Name": "Offline", "Service": "Offline"}
    assert expected == states(sim, "G1")
    sim.run()
    assert ("Online", "N1") == (sim.state("G1").value, sim.owner("G1"))
    assert failed_s + 3600 + 7 == times(sim, "G1 Name", "Online")[-1]


def test_4_3_the_one_retry_fails_for_good():
    """If the retry fails: no restart, no failover, the group offline again, nothing more (4.3)."""
    sim = exhausted()
    failed_s = sim.now_s
    sim.set_properties("G1 Service", defective_on=NOWHERE)
    sim.run(failed_s + 3700)
    expected = {"Disk": "Offline", "IP": "Offline", "Name": "Offline", "Service": "Failed"}
    assert (expected, "N1") == (states(sim, "G1"), sim.owner("G1"))
    assert failed_s + 3600 + 12 == times(sim, "G1 Service", "Failed")[-1]
    assert sim.next_s() is None


def test_4_3_a_retry_period_of_never_means_no_retry():
    """RetryPeriodOnFailure "never": the resource stays Failed (2.2, 4.3)."""
    sim = exhausted()
    sim = simulated(
        changes={"G1": {"failover_threshold": 0}, "G1 Service": {"retry_period_s": None}}
    )
    fail_repeatedly(sim, "G1 Service")
    sim.run()
    assert sim.now_s < 3600


@pytest.mark.parametrize("threshold", [1, 2, 3])
def test_4_3_exactly_failover_threshold_failovers_are_allowed(threshold):
    """T failovers inside the period are allowed, the next one is refused (4.3; 12, 5)."""
    changes = {
        "G1": {"failover_threshold": threshold},
        "G1 Service": {"defective_on": NOWHERE, "retry_period_s": None},
    }
    sim = simulated(changes=changes)
    fail_repeatedly(sim, "G1 Service", 1)
    sim.run()
    assert threshold == len(moves(sim, "G1"))
    assert "Failed" == sim.state("G1").value


def test_4_3_failovers_older_than_the_period_are_forgotten():
    """FailoverPeriod is a sliding window of hours (4.3)."""
    sim = simulated(changes={"G1": {"failover_threshold": 1, "failover_period_h": 1}})
    for start_s in (0.0, 4000.0):
        sim.run(start_s)
        fail_repeatedly(sim, "G1 Service")
        sim.run(start_s + 300)
    assert (2, "Online") == (len(moves(sim, "G1")), sim.state("G1").value)


def test_4_3_only_failovers_caused_by_a_resource_count():
    """Node losses, moves, failbacks and Cluster service stops are not counted (4.3; rule 6)."""
    home = {"preferred_owners": ("N1",), "auto_failback_type": 1}
    sim = simulated(changes={"G1": home})
    sim.fail_node("N1")
    sim.run()
    sim.start_node("N1")
    sim.run()
    sim.move_group("G1", "N3")
    sim.run()
    sim.stop_cluster_service("N3")
    sim.run()
    assert (4, {}) == (len(moves(sim, "G1")), sim.cluster.failovers)
    fail_repeatedly(sim, "G1 Service")
    assert {"G1": (sim.now_s,)} == sim.cluster.failovers


# --- 4.4 Group failover -----------------------------------------------------------------------


def test_4_4_a_failed_resource_needs_no_offline_time():
    """Failover: dependents first, the Failed one needs no time, then 1 s transfer (4.4, 9)."""
    sim = simulated(changes={"G1 Service": {"restart_threshold": 0}})
    sim.fail_resource("G1 Service")
    sim.run()
    assert [0] == times(sim, "G1 Name", "Offline Pending")
    assert [(2 + 1, "N2")] == moves(sim, "G1")
    assert [3 + 12] == times(sim, "G1 Service", "Online")


def test_4_4_what_is_online_pending_is_terminated_at_once():
    """A resource that is Online Pending when its group leaves has no offline phase (4.4)."""
    sim = simulated(changes={"G1 Disk": {"restart_threshold": 0}})
    sim.fail_resource("G1 Service")
    sim.run(1)
    assert "Online Pending" == states(sim, "G1")["Service"]
    sim.fail_resource("G1 Disk")
    assert "Offline" == states(sim, "G1")["Service"]


def test_4_4_what_a_terminated_resource_needs_goes_offline_in_the_same_moment():
    """Terminating takes 0 s, so what it depends on starts to go offline at once (4.4, 9)."""
    sim = simulated()
    sim.fail_resource("G1 Service")
    sim.run(1)
    sim.move_group("G1", "N2")
    assert [1] == times(sim, "G1 Name", "Offline Pending")
    sim.run()
    assert ("N2", "Online") == (sim.owner("G1"), sim.state("G1").value)


def test_4_4_what_fails_while_its_group_leaves_is_not_restarted():
    """A resource that fails on its way out stops nothing: the move goes on (4.4)."""
    sim = simulated(changes={"G1 Name": {"restart_threshold": 0}})
    sim.move_group("G1", "N3")
    sim.fail_resource("G1 Name")
    sim.run()
    assert [(1 + 1 + 1, "N3")] == moves(sim, "G1")
    assert ({}, "Online") == (sim.cluster.failovers, sim.state("G1").value)


def test_4_4_a_resource_that_exceeds_its_timeout_while_leaving_is_terminated():
    """A resource exceeding PendingTimeout on the way out is terminated; the move goes on (4.4)."""
    sim = simulated(changes={"G1 Name": {"pending_timeout_s": 5.0}})
    sim.set_properties("durations", resource_offline=20.0)
    sim.move_group("G1", "N2")
    sim.run()
    assert [20 + 5 + 20 + 1] == [at_s for at_s, _ in moves(sim, "G1")]


def test_4_4_a_failed_online_attempt_counts_like_any_failure():
    """An attempt that fails: 1069, an entry in the list, the restart delay (4.4; rule 8)."""
    sim = simulated(changes={"G1 Service": {"defective_on": frozenset({"N2"})}})
    sim.move_group("G1", "N2")
    sim.run()
    stay = [entry for entry in sim.log if entry.event_id == 1069]
    assert [("N2", 16 + 5.5 * k) for k in range(4)] == [(e.node, e.at_s) for e in stay]
    assert ("N3", "Online") == (sim.owner("G1"), sim.state("G1").value)


def test_4_4_with_two_nodes_it_bounces_until_ten_failovers():
    """A resource that can run nowhere bounces between two nodes, four failures on each side,
    until 10 failovers in 6 hours are reached (4.4, 5.5).
    """
    sim = simulated(
        nodes=2,
        changes={"G1 Service": {"defective_on": frozenset({"N1", "N2"}), "retry_period_s": None}},
    )
    sim.fail_resource("G1 Service")
    sim.run()
    assert ["N2", "N1"] * 5 == [node for _, node in moves(sim, "G1")]
    assert 11 * 4 == sum(entry.event_id == 1069 for entry in sim.log)


# --- 4.5 Node crash ---------------------------------------------------------------------------


def test_4_5_groups_of_survivors_are_not_touched():
    """Groups that the survivors already owned stay as they are (4.5)."""
    sim = simulated(owners={"G1": "N1", "G2": "N2", "G3": "N3"})
    sim.fail_node("N3")
    sim.run()
    assert [] == moves(sim, "G1") + moves(sim, "G2")
    assert [] == [e for e in sim.log if e.group in ("G1", "G2")]


def test_4_5_there_is_no_offline_phase_after_a_crash():
    """A crashed node's groups start elsewhere at 8.2 s, without an offline phase (4.5)."""
    sim = simulated(owners={"G1": "N3"})
    sim.fail_node("N3")
    sim.run()
    assert [8.2] == times(sim, "G1 IP", "Online Pending")
    assert [20.2] == times(sim, "G1 Service", "Online")


def test_4_5_no_group_starts_before_the_quorum_is_online():
    """If the quorum owner died, groups wait for the arbitration: 7.2 + 1 + 10 s (4.5, 4.11)."""
    sim = simulated(owners={"G1": "N1", "G3": "N3"})
    sim.fail_node("N1")
    sim.fail_node("N3")
    sim.run()
    for group in ("G1", "G3"):
        assert [18.2] == times(sim, f"{group} IP", "Online Pending")


def test_4_5_targets_are_chosen_in_order_of_name_and_ownership_changes_at_once():
    """Ascending order of group name; the next group already sees the choice (4.5)."""
    same = {"anti_affinity_class_names": ("class",)}
    sim = simulated(
        owners={"B": "N4", "A": "N4", "C": "N4"}, changes={"A": same, "B": same, "C": same}
    )
    sim.set_properties("B", preferred_owners=("N4",))
    sim.set_properties("A", preferred_owners=("N4",))
    sim.set_properties("C", preferred_owners=("N4",))
    sim.fail_node("N4")
    sim.run()
    chosen = [(decision.group, decision.target) for decision in sim.decisions]
    assert [("A", "N1"), ("B", "N2"), ("C", "N3")] == chosen


def test_4_5_two_nodes_that_fail_before_the_regroup_leave_together():
    """Every silent node is out when a regroup ends (4.14); neither is chosen as a target."""
    sim = simulated(owners={"G1": "N3"})
    sim.fail_node("N3")
    sim.run(5)
    sim.fail_node("N4")
    sim.run()
    assert ([8.2], [8.2]) == (times(sim, "N3", "Down"), times(sim, "N4", "Down"))
    assert "N1" == sim.owner("G1")


# --- 4.6 Cluster service stopped --------------------------------------------------------------


def test_4_6_a_stop_is_orderly_and_needs_no_detection():
    """Groups go offline in order and move; the others know at once; 1063; then Down (4.6)."""
    sim = simulated(owners={"G1": "N3"})
    sim.stop_cluster_service("N3")
    sim.run()
    assert [0] == times(sim, "G1 Service", "Offline Pending")
    assert [3] == times(sim, "N3", "Down")
    assert (1063, "N3") in logged(sim)
    assert {1123, 1126, 1135}.isdisjoint(event for event, _ in logged(sim))
    assert [4] == [at_s for at_s, _ in moves(sim, "G1")]


def test_4_6_groups_leave_in_parallel_with_targets_chosen_one_after_the_other():
    """All groups leave in parallel; each sees where the one before goes (4.6)."""
    same = {"anti_affinity_class_names": ("class",), "preferred_owners": ("N3",)}
    sim = simulated(owners={"A": "N3", "B": "N3"}, changes={"A": same, "B": same})
    sim.stop_cluster_service("N3")
    sim.run()
    assert [4] == [at_s for at_s, _ in moves(sim, "A")] == [at_s for at_s, _ in moves(sim, "B")]


def test_4_6_the_quorum_is_handed_over_in_its_groups_move():
    """No arbitration: the disk is passed with the Cluster Group (4.6)."""
    sim = simulated()
    sim.stop_cluster_service("N1")
    sim.run()
    assert sim.cluster.owners["Cluster Group"] == sim.cluster.quorum_owners[-1] != "N1"
    assert [4 + 3] == times(sim, "Disk Q:", "Online")
    assert [] == [c for o in sim.history for c in o.changes if "reserved" in c.because]


def test_4_6_the_last_node_takes_the_cluster_with_it():
    """Stopping the last node leaves every group Offline on paper (4.6, 5.5)."""
    sim = simulated(nodes=1)
    sim.stop_cluster_service("N1")
    sim.run()
    assert ("Down", "Offline") == (sim.state("N1").value, sim.state("G1").value)
    assert "N1" == sim.owner("G1")


def test_4_6_a_stopping_node_wins_no_quorum():
    """A node whose service is stopping does not arbitrate; another survivor does (4.6, 4.11)."""
    sim = simulated(nodes=3, owners={"G2": "N2"})
    sim.set_properties("durations", resource_offline=30.0)
    sim.stop_cluster_service("N2")
    sim.fail_node("N1")
    sim.run()
    assert ("N3", "Down", "Online") == (
        sim.owner("Cluster Group"),
        sim.state("N2").value,
        sim.state("G2").value,
    )


# --- 4.7 Pausing ------------------------------------------------------------------------------


def test_4_7_groups_stay_on_a_paused_node_and_run():
    """Pausing touches no group (4.7)."""
    sim = simulated()
    sim.pause_node("N1")
    sim.run()
    assert ("N1", "Online") == (sim.owner("G1"), sim.state("G1").value)


def test_4_7_no_group_can_move_or_fail_over_to_a_paused_node():
    """A paused node is no target: not by name (5070), not by failover (4.7)."""
    sim = simulated()
    sim.pause_node("N2")
    assert 5070 == refusal(sim, "move_group", "G1", "N2").code
    sim.fail_node("N1")
    sim.run()
    assert "N3" == sim.owner("G1")


def test_4_7_a_paused_node_takes_offline_and_brings_nothing_online():
    """Resources may be taken offline on a paused node, not brought online: 5070 (4.7)."""
    sim = simulated()
    sim.pause_node("N1")
    sim.take_offline("G1 Service")
    sim.run()
    assert 5070 == refusal(sim, "bring_online", "G1 Service").code
    assert 5070 == refusal(sim, "bring_online", "G1").code


def test_4_7_groups_may_be_moved_away_from_a_paused_node():
    """Pause, move groups, patch, resume is the documented procedure (4.7)."""
    sim = simulated()
    sim.pause_node("N1")
    sim.move_group("G1", "N2")
    sim.run()
    assert ("N2", "Online") == (sim.owner("G1"), sim.state("G1").value)


@pytest.mark.parametrize("leave", ["fail_node", "stop_cluster_service"])
def test_4_7_a_paused_node_stays_paused_over_a_restart(leave):
    """Pausing is persistent across reboot (4.7; 12, 11)."""
    sim = simulated()
    sim.pause_node("N2")
    getattr(sim, leave)("N2")
    sim.run()
    sim.start_node("N2")
    sim.run()
    assert "Paused" == sim.state("N2").value
    sim.resume_node("N2")
    assert "Up" == sim.state("N2").value


def test_4_7_a_resource_that_fails_on_a_paused_node_leaves_with_its_group():
    """Nothing comes online on a paused node, so a failure there fails the group over (4.7)."""
    sim = simulated()
    sim.pause_node("N1")
    sim.fail_resource("G1 Service")
    sim.run()
    assert ("N2", "Online") == (sim.owner("G1"), sim.state("G1").value)


# --- 4.11, 4.13 Arbitration, joining, forming -------------------------------------------------


def test_4_11_the_challenger_reserves_after_7_s_and_has_the_quorum_after_10():
    """Windows Server 2003: 7 s wait, quorum online at 10 s (4.11)."""
    sim = simulated()
    sim.fail_node("N1")
    sim.run()
    assert [15.2] == times(sim, "Disk Q:", "Online Pending")
    assert [18.2] == times(sim, "Disk Q:", "Online")


def test_4_11_older_windows_wait_10_s():
    """Windows 2000 and NT 4: the challenger waits 10 s before it reserves (4.11)."""
    sim = simulated(windows=Windows.W2K)
    sim.fail_node("N1")
    sim.run()
    assert [18.2] == times(sim, "Disk Q:", "Online Pending")
    assert [21.2] == times(sim, "Disk Q:", "Online")


def test_4_13_a_node_joins_5_s_after_its_service_starts():
    """Reboot 475 s, then Joining, Up after 5 s, event 1062 by the node (4.13, 9)."""
    sim = simulated()
    sim.fail_node("N3")
    sim.run()
    start_s = sim.now_s
    sim.start_node("N3")
    sim.run()
    assert [start_s + 475] == times(sim, "N3", "Joining")
    assert [start_s + 480] == times(sim, "N3", "Up")
    assert (1062, "N3") in logged(sim)


def test_4_13_a_stopped_service_starts_without_a_reboot():
    """After a stop the machine has power: the service starts and joins in 5 s (4.13, 9)."""
    sim = simulated()
    sim.stop_cluster_service("N3")
    sim.run()
    sim.start_node("N3")
    start_s = sim.now_s
    sim.run()
    assert [start_s + 5] == times(sim, "N3", "Up")


def test_4_13_a_node_that_finds_nobody_forms_the_cluster():
    """10 s search, arbitration 10 s, 1061; the forming node owns and starts every group with
    PersistentState 1 (4.13, 9).
    """
    sim = simulated(nodes=2, owners={"G1": "N1", "G2": "N2"})
    sim.take_offline("G2")
    sim.run()
    for node in ("N1", "N2"):
        sim.fail_node(node)
    sim.run()
    start_s = sim.now_s
    sim.start_node("N2")
    sim.run()
    assert [start_s + 475 + 10 + 7] == times(sim, "N2", "Up")
    assert (1061, "N2") in logged(sim)
    assert ["N2"] * 3 == [sim.owner(group) for group in ("Cluster Group", "G1", "G2")]
    assert [start_s + 475 + 10 + 10] == times(sim, "G1 IP", "Online Pending")[-1:]
    assert ("Online", "Offline") == (sim.state("G1").value, sim.state("G2").value)


def test_4_13_of_simultaneous_starts_the_lowest_node_id_forms():
    """Of several nodes that start together the lowest Node ID forms, the others join (4.13)."""
    sim = simulated(nodes=3)
    for node in ("N1", "N2", "N3"):
        sim.fail_node(node)
    sim.run()
    for node in ("N3", "N2"):
        sim.start_node(node)
    sim.run()
    assert [(1061, "N2"), (1062, "N3")] == [x for x in logged(sim) if x[0] in (1061, 1062)]
    assert "N2" == sim.owner("G1")


def test_4_13_a_node_still_searching_when_the_cluster_forms_joins_it():
    """A node that is searching when the cluster forms joins it then (4.13)."""
    sim = simulated(nodes=2)
    for node in ("N1", "N2"):
        sim.fail_node(node)
    sim.run()
    sim.start_node("N1")
    sim.run(sim.now_s + 9)
    sim.start_node("N2")
    sim.run()
    formed_s = times(sim, "N1", "Up")[-1]
    assert [formed_s] == times(sim, "N2", "Joining")
    assert [formed_s + 5] == times(sim, "N2", "Up")


def test_4_13_a_group_without_a_possible_owner_starts_when_one_joins():
    """A group that was offline for want of a possible owner is brought online (4.13, 5.5)."""
    pair = ("N3", "N4")
    owners = {f"G1 {name}": {"possible_owners": pair} for name in ("Disk", "IP", "Name", "Service")}
    sim = simulated(owners={"G1": "N3"}, changes=owners)
    sim.fail_node("N4")
    sim.run()
    sim.fail_node("N3")
    sim.run()
    assert ("N1", "Offline") == (sim.owner("G1"), sim.state("G1").value)
    sim.start_node("N4")
    sim.run()
    assert ("N4", "Online") == (sim.owner("G1"), sim.state("G1").value)


def test_4_13_a_joining_node_does_not_revive_a_failed_group():
    """A group left Failed is not started by a joining node (4.13; rule 10)."""
    sim = simulated(
        changes={"G1": {"failover_threshold": 0}, "G1 Service": {"retry_period_s": None}}
    )
    sim.fail_node("N4")
    sim.run()
    fail_repeatedly(sim, "G1 Service")
    sim.run()
    sim.start_node("N4")
    sim.run()
    assert ("N1", "Failed") == (sim.owner("G1"), sim.state("G1").value)


# --- 4.14 Order of simultaneous happenings ----------------------------------------------------


def test_4_14_losses_come_before_state_changes_before_requests():
    """At one moment: losses and failures, then what comes due, then requests (4.14)."""
    sim = simulated()
    sim.take_offline("G1 Service")  # ends at 1.0
    sim.send(BringOnline("G1 Service"), at_s=1.0)
    sim.send(NodeFailed("N4"), at_s=1.0)
    sim.run(1.0)
    happened = [outcome.event for outcome in sim.history if outcome.event][-3:]
    stopped = Due("G1 Service", DueKind.WENT_OFFLINE)
    assert [NodeFailed("N4"), stopped, BringOnline("G1 Service")] == happened


def test_4_14_ties_go_by_node_id_then_group_then_resource():
    """Node ID, then group name, then resource name, ascending (4.14)."""
    sim = simulated(owners={"B": "N1", "A": "N1", "Z": "N1", "Y": "N2"})
    for group in ("Y", "Z", "B", "A"):
        sim.take_offline(f"{group} Service")
    sim.run()
    order = [o.event.subject for o in sim.history if comes(o.event, DueKind.WENT_OFFLINE)]
    assert ["A Service", "B Service", "Z Service", "Y Service"] == order


def test_4_14_nodes_that_fail_together_are_noticed_in_order_of_node_id():
    """Simultaneous losses of nodes go by Node ID, whatever the order of the calls (4.14)."""
    sim = simulated()
    for node in ("N4", "N2", "N3"):
        sim.fail_node(node)
    sim.run()
    removed = [c.name for o in sim.history for c in o.changes if "Down" == c.new]
    assert ["N2", "N3", "N4"] == removed


@given(st.permutations(["G1 Disk", "G1 IP", "G1 Name", "G1 Service"]))
def test_4_14_the_order_of_requests_at_one_moment_does_not_matter(order):
    """Requests set for one moment happen in the order of names, however they were set."""
    sim = simulated()
    for name in order:
        sim.send(InitiateFailure(name), at_s=1.0)
    sim.run(1.0)
    assert "Failed" == states(sim, "G1")["Disk"]
    happened = [o.event for o in sim.history if isinstance(o.event, InitiateFailure)]
    assert [InitiateFailure(name) for name in sorted(order)] == happened
