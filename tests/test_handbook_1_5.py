"""Handbook 1, section 5: the exact choice of the target node.

The pseudocode of 5.7 is written out here once more, slow and obvious, and compared with the code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterlab import OperationRefused, exchange_cluster
from clusterlab.cluster.configuring import configure
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.policy import (
    best_possible,
    failback_target,
    failover_target,
    is_in_window,
    node_list,
)
from clusterlab.cluster.states import Cause, NodeState, Windows
from tests.plain import logged, moves, plain, refusal, simulated, states, times

NAMES = ("Disk", "IP", "Name", "Service")


def owners_of(group: str, nodes: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return changes that give every resource of *group* the same possible owners."""
    return {f"{group} {name}": {"possible_owners": tuple(nodes)} for name in NAMES}


def target(cluster: Cluster, cause: Cause = Cause.RESOURCE_FAILURE) -> str | None:
    """Return where G1 fails over to."""
    return failover_target(cluster, "G1", cause).target


# --- 5.1 Ingredients --------------------------------------------------------------------------


def test_5_1_node_list_is_preferred_owners_then_the_others_by_node_id():
    """Node List = preferred owners in order, then all other nodes by Node ID (5.1)."""
    cluster = plain(nodes=5, changes={"G1": {"preferred_owners": ("N4", "N2")}})
    expected = ("N4", "N2", "N1", "N3", "N5")
    assert expected == node_list(cluster, cluster.config.groups_by_name["G1"])


def test_5_1_preferred_owners_exclude_nobody():
    """A subset as preferred owners re-orders; the other nodes are still reached (5.1; rule 2)."""
    sim = simulated(owners={"G1": "N1"}, changes={"G1": {"preferred_owners": ("N1", "N2")}})
    for node in ("N1", "N2"):
        sim.fail_node(node)
        sim.run()
    assert ("N3", "Online") == (sim.owner("G1"), sim.state("G1").value)


@pytest.mark.parametrize("state", [NodeState.PAUSED, NodeState.DOWN, NodeState.JOINING])
def test_5_1_only_a_node_that_is_up_is_eligible(state):
    """Not Paused, Down or Joining (5.1)."""
    cluster = plain()
    cluster = replace(cluster, node_states={**cluster.node_states, "N2": state})
    decision = failover_target(cluster, "G1", Cause.RESOURCE_FAILURE)
    assert ("N3", state.value) == (decision.target, decision.verdicts[0].reason)


def test_5_1_one_resource_without_the_node_excludes_it_for_the_group():
    """A node must be possible owner of every resource of the group (5.1; rule 2)."""
    cluster = plain(changes={"G1 Service": {"possible_owners": ("N1", "N3", "N4")}})
    decision = failover_target(cluster, "G1", Cause.RESOURCE_FAILURE)
    assert "N3" == decision.target
    assert "not a possible owner of G1 Service" == decision.verdicts[0].reason


def test_5_1_a_node_without_the_dll_is_not_eligible():
    """Every resource type of the group must be installed on the node (5.1)."""
    cluster = plain()
    nodes = tuple(
        replace(node, missing_types=frozenset({"Generic Service"})) if node.name == "N2" else node
        for node in cluster.config.nodes
    )
    assert "N3" == target(replace(cluster, config=replace(cluster.config, nodes=nodes)))


# --- 5.2 Rules by cause -----------------------------------------------------------------------


@pytest.mark.parametrize("cause", [Cause.RESOURCE_FAILURE, Cause.NODE_FAILURE])
def test_5_2_failover_walk_starts_after_the_current_owner(cause):
    """Next eligible node below the current owner in the Node List, wrapping (5.2; rule 1)."""
    preferred = {"G1": {"preferred_owners": ("N4", "N2")}}
    expected = {"N4": "N2", "N2": "N1", "N1": "N3", "N3": "N5", "N5": "N4"}
    for owner, successor in expected.items():
        cluster = plain(nodes=5, owners={"G1": owner}, changes=preferred)
        assert successor == target(cluster, cause)


def test_5_2_without_preferred_owners_a_resource_failure_walks_the_node_ids():
    """Resource failure, no preferred owners: the same walk over the Node IDs (5.2)."""
    chosen = [target(plain(owners={"G1": f"N{i}"})) for i in (1, 2, 3, 4)]
    assert ["N2", "N3", "N4", "N1"] == chosen


def test_5_2_without_preferred_owners_a_node_failure_picks_by_the_seed():
    """Node failure, no preferred owners: index (seed + k) mod size of the pool by Node ID, k
    counting the random choices of the run (5.2; rule 3).
    """
    for seed in range(4):
        sim = simulated(owners={"A": "N4", "B": "N4", "C": "N4"}, seed=seed)
        sim.fail_node("N4")
        sim.run()
        pool = ["N1", "N2", "N3"]
        expected = [pool[(seed + k) % 3] for k in range(3)]
        assert expected == [sim.owner(group) for group in "ABC"]
        assert 3 == sim.cluster.random_count


def test_5_2_a_cluster_service_stop_chooses_as_for_a_node_failure():
    """The choice at a stop is that of a node failure, the random one included (4.6, 5.2)."""
    sim = simulated(owners={"A": "N4", "B": "N4"}, seed=1)
    sim.stop_cluster_service("N4")
    sim.run()
    assert ("N2", "N3") == (sim.owner("A"), sim.owner("B"))


@pytest.mark.parametrize(
    "config",
    [{"disable_group_preferred_owner_randomization": True}, {"windows": Windows.W2K}],
)
def test_5_2_randomisation_can_be_off(config):
    """DisableGroupPreferredOwnerRandomization = 1, or Windows 2000: the ordered walk (5.2, 10)."""
    for seed in range(3):
        sim = simulated(owners={"A": "N2", "B": "N2"}, seed=seed, **config)
        sim.fail_node("N2")
        sim.run()
        assert ("N3", "N3", 0) == (sim.owner("A"), sim.owner("B"), sim.cluster.random_count)


def test_5_2_with_two_nodes_there_is_nothing_to_randomise():
    """One candidate is no random choice and does not count as one (5.2)."""
    sim = simulated(nodes=2, owners={"G1": "N2"}, seed=5)
    sim.fail_node("N2")
    sim.run()
    assert ("N1", 0) == (sim.owner("G1"), sim.cluster.random_count)


def test_5_2_best_possible_starts_at_the_top():
    """Move Group without a node: top of the Node List, current owner skipped (5.2; rule 1)."""
    preferred = {"G1": {"preferred_owners": ("N4", "N2")}}
    expected = {"N3": "N4", "N4": "N2", "N2": "N4", "N1": "N4"}
    for owner, best in expected.items():
        sim = simulated(nodes=5, owners={"G1": owner}, changes=preferred)
        sim.move_group("G1")
        sim.run()
        assert best == sim.owner("G1"), owner


def test_5_2_best_possible_is_random_among_the_rest():
    """If no other preferred owner is available: random among the remaining ones (5.2)."""
    for seed in range(3):
        sim = simulated(changes={"G1": {"preferred_owners": ("N1",)}}, seed=seed)
        sim.move_group("G1")
        sim.run()
        assert ["N2", "N3", "N4"][seed] == sim.owner("G1")
        assert 1 == sim.cluster.random_count


def test_5_2_a_named_node_gets_the_group():
    """Move Group to a named node: that node, whatever the preferred owners (5.2)."""
    sim = simulated(changes={"G1": {"preferred_owners": ("N1", "N2")}})
    sim.move_group("G1", "N4")
    sim.run()
    assert ("N4", "Online") == (sim.owner("G1"), sim.state("G1").value)


def test_5_8_the_illustration():
    """Preferred owners N4, N2: from N2 to N1, from N5 to N4, Best Possible from N3 to N4 and from
    N4 to N2; failback to N2, then to N4 (5.8).
    """
    preferred = {"G1": {"preferred_owners": ("N4", "N2"), "auto_failback_type": 1}}

    def at(owner: str) -> Cluster:
        return plain(nodes=5, owners={"G1": owner}, changes=preferred)

    assert ["N1", "N4"] == [target(at("N2")), target(at("N5"))]
    assert ["N4", "N2"] == [best_possible(at(owner), "G1").target for owner in ("N3", "N4")]
    sim = simulated(nodes=5, owners={"G1": "N2"}, changes=preferred)
    sim.fail_node("N4")
    sim.fail_node("N2")
    sim.run()
    assert "N1" == sim.owner("G1")
    for node in ("N2", "N4"):
        sim.start_node(node)
        sim.run()
        assert node == sim.owner("G1")


# --- 5.3 Anti-affinity ------------------------------------------------------------------------

SAME = {"anti_affinity_class_names": ("class", "more")}


def test_5_3_anti_affinity_outranks_the_preferred_order():
    """The first candidate without a group of the same class wins over an earlier one (5.3)."""
    changes = {"G1": {**SAME, "preferred_owners": ("N1", "N2", "N3")}, "G2": SAME}
    cluster = plain(owners={"G1": "N1", "G2": "N2"}, changes=changes)
    assert "N3" == target(cluster)


def test_5_3_anti_affinity_is_ignored_when_every_candidate_has_a_mate():
    """If all candidates host one, the first candidate is taken (5.3; rule 4; 12, 12)."""
    changes: dict[str, Any] = {f"G{i}": SAME for i in (2, 3, 4)}
    changes["G1"] = {**SAME, "preferred_owners": ("N1", "N3")}
    cluster = plain(owners={f"G{i}": f"N{i}" for i in (1, 2, 3, 4)}, changes=changes)
    decision = failover_target(cluster, "G1", Cause.NODE_FAILURE)
    assert "N3" == decision.target
    assert "anti-affinity gives way" in decision.verdicts[0].reason


def test_5_3_one_common_string_is_enough_and_case_counts_as_written():
    """Two groups are anti-affined that share at least one identical string (2.1, 5.3)."""
    for other, expected in ((("x", "more"), "N3"), (("x", "More"), "N2"), ((), "N2")):
        changes = {"G1": SAME, "G2": {"anti_affinity_class_names": other}}
        cluster = plain(owners={"G1": "N1", "G2": "N2"}, changes=changes)
        assert expected == target(cluster)


def test_5_3_a_group_counts_for_its_owner_also_when_it_is_offline():
    """Ownership decides, whatever the state (5.3)."""
    sim = simulated(owners={"G1": "N1", "G2": "N2"}, changes={"G1": SAME, "G2": SAME})
    sim.take_offline("G2")
    sim.run()
    assert "N3" == target(sim.cluster)


def test_5_3_windows_2000_has_no_anti_affinity():
    """AntiAffinityClassNames is new in Windows Server 2003 (5.3, 10)."""
    changes = {"G1": SAME, "G2": SAME}
    assert "N2" == target(plain(owners={"G1": "N1", "G2": "N2"}, changes=changes, windows=5))


def test_5_3_a_random_choice_stays_inside_the_clean_subset():
    """Random choice: prefer the subset without a mate, then choose inside it (5.3)."""
    changes = {"G1": SAME, "G2": SAME}
    for seed in range(4):
        cluster = replace(plain(owners={"G1": "N1", "G2": "N3"}, changes=changes), seed=seed)
        assert ["N2", "N4"][seed % 2] == target(cluster, Cause.NODE_FAILURE)


def test_5_3_best_possible_applies_it_and_a_named_move_ignores_it():
    """Best Possible avoids a class mate; a move to a named node does not look (5.3)."""
    changes = {"G1": {**SAME, "preferred_owners": ("N2", "N3")}, "G2": SAME}
    owners = {"G1": "N1", "G2": "N2"}
    assert "N3" == best_possible(plain(owners=owners, changes=changes), "G1").target
    sim = simulated(owners=owners, changes=changes)
    sim.move_group("G1", "N2")
    sim.run()
    assert ("N2", "Online") == (sim.owner("G1"), sim.state("G1").value)


def test_5_3_failback_does_not_look_at_it():
    """A group goes home also to a node that hosts a class mate (5.3, 5.6)."""
    home = {**SAME, "preferred_owners": ("N3",), "auto_failback_type": 1}
    sim = simulated(owners={"G1": "N3", "G2": "N2"}, changes={"G1": home, "G2": SAME})
    sim.fail_node("N3")
    sim.run()
    sim.start_node("N3")
    sim.run(sim.now_s + 479)
    sim.move_group("G2", "N1")
    sim.run()
    assert "N3" == sim.owner("G1")


# --- 5.4 Cluster Group ------------------------------------------------------------------------


def test_5_4_the_cluster_group_follows_the_quorum_not_its_preferred_owners():
    """When its owner dies the Cluster Group goes to the lowest Node ID of the survivors if none
    owned the quorum before, whatever it prefers (5.4).
    """
    sim = simulated(changes={"Cluster Group": {"preferred_owners": ("N4", "N3")}})
    sim.fail_node("N1")
    sim.run()
    assert "N2" == sim.owner("Cluster Group")


def test_5_4_the_most_recent_earlier_owner_of_the_quorum_comes_first():
    """Among equal survivors the most recent earlier owner (5.4)."""
    sim = simulated()
    for node in ("N4", "N3", "N1"):
        sim.move_group("Cluster Group", node)
        sim.run()
    sim.fail_node("N1")
    sim.run()
    assert "N3" == sim.owner("Cluster Group")


def test_5_4_a_paused_survivor_can_win_the_quorum():
    """Arbitration is among members; a paused node is fully a member (1.2, 5.4)."""
    sim = simulated(nodes=2)
    sim.pause_node("N2")
    sim.fail_node("N1")
    sim.run()
    assert ("N2", "Online") == (sim.owner("Cluster Group"), sim.state("Disk Q:").value)


def test_5_4_a_deliberate_move_of_the_cluster_group_works_normally():
    """Move Group of the Cluster Group: as any other, by name or Best Possible (5.4)."""
    sim = simulated(changes={"Cluster Group": {"preferred_owners": ("N1", "N3")}})
    sim.move_group("Cluster Group")
    sim.run()
    assert ("N3", "Online") == (sim.owner("Cluster Group"), sim.state("Cluster Group").value)


# --- 5.5 No candidate, refusals ---------------------------------------------------------------


def test_5_5_resource_failure_without_another_node():
    """No failover and no count; left failed as in 4.3; one retry (5.5)."""
    changes = {**owners_of("G1", ("N1",)), "G1": {"failover_threshold": 10}}
    sim = simulated(changes=changes)
    for _ in range(4):
        sim.fail_resource("G1 Service")
        sim.run(sim.now_s + 20)
    assert ({}, [], "Failed") == (sim.cluster.failovers, moves(sim, "G1"), sim.state("G1").value)
    assert ["G1 Service"] == list(sim.cluster.retries)


def test_5_5_node_failure_without_an_eligible_survivor():
    """Offline, owned on paper by the survivor with the lowest Node ID (5.5)."""
    sim = simulated(owners={"G1": "N4"}, changes=owners_of("G1", ("N3", "N4")))
    sim.pause_node("N3")
    sim.fail_node("N4")
    sim.run()
    assert ("N1", "Offline") == (sim.owner("G1"), sim.state("G1").value)
    sim.resume_node("N3")
    sim.run()
    assert ("N3", "Online") == (sim.owner("G1"), sim.state("G1").value)


@pytest.mark.parametrize(
    ("state", "code", "word"), [("fail_node", 5050, "Down"), ("pause_node", 5070, "Paused")]
)
def test_5_5_move_to_a_node_that_is_down_or_paused(state, code, word):
    """Move to a Down node: 5050; to a Paused one: 5070 (5.5)."""
    sim = simulated()
    getattr(sim, state)("N3")
    sim.run()
    error = refusal(sim, "move_group", "G1", "N3")
    assert code == error.code
    assert f"N3 is {word}" in error.because


def test_5_5_move_to_a_node_that_is_no_possible_owner():
    """Refused with 5016, naming the resource and the nodes that could (5.5)."""
    sim = simulated(changes={"G1 Name": {"possible_owners": ("N1", "N2")}})
    error = refusal(sim, "move_group", "G1", "N3")
    assert 5016 == error.code
    assert "N3 is not a possible owner of G1 Name" in error.because
    assert "N1, N2" in error.remedy


def test_5_5_best_possible_with_nobody_eligible():
    """No node named and nobody eligible: the move fails as a whole with 5005 (5.5)."""
    sim = simulated(nodes=3)
    sim.pause_node("N2")
    sim.fail_node("N3")
    sim.run()
    error = refusal(sim, "move_group", "G1")
    assert (5005, True) == (error.code, "N2 Paused; N3 Down" in error.because)


def test_5_5_bring_online_on_an_owner_that_cannot():
    """Bring Online on an owner that cannot run one of the resources: 5071 (5.5)."""
    sim = simulated()
    sim.take_offline("G1")
    sim.run()
    sim.set_properties("G1 Name", possible_owners=("N2",))
    assert 5071 == refusal(sim, "bring_online", "G1").code
    assert 5071 == refusal(sim, "bring_online", "G1 Service").code
    sim.bring_online("G1 Disk")


@pytest.mark.parametrize("how", ["offline", "failed"])
def test_5_5_a_group_that_is_off_moves_without_an_offline_phase(how):
    """Move Group of an Offline or Failed group: transfer, then the resources with PersistentState
    1 come online (5.5).
    """
    sim = simulated(changes={"G1": {"failover_threshold": 0}, "G1 IP": {"restart_threshold": 0}})
    if how == "offline":
        sim.take_offline("G1")
    else:
        sim.fail_resource("G1 IP")
    sim.run(60)
    sim.move_group("G1", "N2")
    sim.run()
    assert [(61, "N2")] == moves(sim, "G1")
    assert ("Offline" if how == "offline" else "Online") == sim.state("G1").value


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("move_group", ("G1", "N3")),
        ("move_group", ("G1",)),
        ("take_offline", ("G1",)),
        ("bring_online", ("G1",)),
        ("take_offline", ("G1 Disk",)),
        ("bring_online", ("G1 Disk",)),
    ],
)
def test_5_5_any_request_while_the_group_is_moving(verb, arguments):
    """Any request while the group is already moving: 5908 (5.5)."""
    for moment_s in (1.5, 3.5):  # going offline, and in transfer
        sim = simulated()
        sim.move_group("G1", "N2")
        sim.run(moment_s)
        assert 5908 == refusal(sim, verb, *arguments).code


# --- 5.6 Failback -----------------------------------------------------------------------------


def home(*nodes: str, start: int = -1, end: int = -1, kind: int = 1) -> dict[str, Any]:
    """Return the failback properties of a group."""
    return {
        "preferred_owners": nodes,
        "auto_failback_type": kind,
        "failback_window_start": start,
        "failback_window_end": end,
    }


def returned(properties: dict[str, Any], **more: Any):
    """Return a simulation in which the owner of G1, N2, failed and came back."""
    sim = simulated(owners={"G1": "N2"}, changes={"G1": properties}, **more)
    sim.fail_node("N2")
    sim.run(60)
    sim.start_node("N2")
    sim.run(600)
    return sim


@pytest.mark.parametrize("properties", [home("N2", kind=0), home()])
def test_5_6_prevent_failback_or_no_preferred_owner(properties):
    """Without AutoFailbackType 1 and a preferred owner nothing goes home (5.6; rule 11; 12, 7)."""
    sim = returned(properties)
    assert "N2" != sim.owner("G1")
    assert Cause.FAILBACK not in [decision.cause for decision in sim.decisions]


def test_5_6_without_a_window_the_return_of_the_node_triggers():
    """No window: immediately when the node becomes Up, as an orderly move (5.6)."""
    sim = returned(home("N2"))
    up_s = times(sim, "N2", "Up")[0]
    assert [up_s] == times(sim, "G1 Service", "Offline Pending")
    assert (up_s + 4, "N2") == moves(sim, "G1")[-1]
    assert Cause.FAILBACK is sim.decisions[-1].cause


def test_5_6_without_a_window_a_manual_move_stays():
    """No window: a group moved by hand is left alone until the preferred node rejoins (5.6)."""
    sim = simulated(owners={"G1": "N2"}, changes={"G1": home("N2")})
    sim.move_group("G1", "N3")
    sim.run()
    sim.fail_node("N4")
    sim.run()
    sim.start_node("N4")
    sim.run()
    assert "N3" == sim.owner("G1")
    sim.stop_cluster_service("N2")
    sim.run()
    sim.start_node("N2")
    sim.run()
    assert "N2" == sim.owner("G1")


def test_5_6_only_a_higher_preferred_owner_takes_a_group():
    """Only if that node precedes the current owner in the preferred list (5.6)."""
    sim = simulated(owners={"G1": "N1"}, changes={"G1": home("N1", "N2")})
    sim.fail_node("N2")
    sim.run()
    sim.start_node("N2")
    sim.run()
    assert [] == moves(sim, "G1")


def test_5_6_the_target_is_the_highest_preferred_owner_that_is_available():
    """A preferred owner that is Paused, or no possible owner, is passed over (5.6)."""
    cluster = plain(owners={"G1": "N1"}, changes={"G1": home("N4", "N3", "N2")})
    cluster = replace(cluster, node_states={**cluster.node_states, "N4": NodeState.PAUSED})
    decision = failback_target(cluster, "G1", "N3")
    assert decision is not None
    assert "N3" == decision.target


HOUR_S = 3600.0


@pytest.mark.parametrize(
    ("up_s", "home_s"),
    [
        (15 * HOUR_S, 22 * HOUR_S),  # before the window: the Start hour
        (23 * HOUR_S + 10, 23 * HOUR_S + 10),  # inside it: when the node joins
    ],
)
def test_5_6_with_a_window_a_group_goes_home_inside_it(up_s, home_s):
    """Window 22 to 6: at Start, or when the node joins inside it (5.6)."""
    sim = simulated(
        owners={"G1": "N2"}, changes={"G1": home("N2", start=22, end=6)}, start_time_s=0.0
    )
    sim.stop_cluster_service("N2")
    sim.run(up_s - 5)
    sim.start_node("N2")
    sim.run()
    assert [home_s + 4] == [at_s for at_s, node in moves(sim, "G1") if node == "N2"]


def test_5_6_with_a_window_a_manual_move_is_undone_at_a_full_hour():
    """With a window the group goes home at the next full hour inside it (5.6; rule 11)."""
    sim = simulated(
        owners={"G1": "N2"},
        changes={"G1": home("N2", start=9, end=17)},
        start_time_s=10.5 * HOUR_S,
    )
    sim.move_group("G1", "N3")
    sim.run()
    assert (0.5 * HOUR_S + 4, "N2") == moves(sim, "G1")[-1]


def test_5_6_the_window_does_not_delay_a_failover():
    """A failure of the current owner outside the window moves the group at once (5.6)."""
    sim = simulated(owners={"G1": "N2"}, changes={"G1": home("N2", start=22, end=6)})
    sim.fail_node("N2")
    sim.run(60)
    assert [8.2] == [at_s for at_s, _ in moves(sim, "G1")]


def window_of_the_handbook(start: int, end: int, hour: int) -> bool:
    """The function in_window of 5.7, word for word."""
    if start == -1 or end == -1:
        return True
    return start <= hour < end if start <= end else (hour >= start or hour < end)


def test_5_7_every_window_at_every_hour():
    """in_window: End exclusive, over midnight if Start > End, never if equal (5.7)."""
    group = plain().config.groups_by_name["G1"]
    for start in range(-1, 24):
        for end in range(-1, 24):
            window = replace(group, failback_window_start=start, failback_window_end=end)
            hours = [is_in_window(window, hour) for hour in range(24)]
            expected = [window_of_the_handbook(start, end, hour) for hour in range(24)]
            assert expected == hours


# --- 5.7 Pseudocode ---------------------------------------------------------------------------


class Oracle:
    """The pseudocode of 5.7 on plain lists and dictionaries."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.config = cluster.config
        self.ids = {node.name: node.node_id for node in cluster.config.nodes}

    def node_list(self, group: str) -> list[str]:
        """Preferred owners, then the rest by Node ID."""
        pref = list(self.config.groups_by_name[group].preferred_owners)
        return pref + sorted((n for n in self.ids if n not in pref), key=self.ids.__getitem__)

    def eligible(self, group: str, node: str) -> bool:
        """Up, and possible owner of every resource."""
        resources = [r for r in self.config.resources if r.group == group]
        missing = next(n.missing_types for n in self.config.nodes if n.name == node)
        return self.cluster.node_states[node] is NodeState.UP and all(
            (r.possible_owners is None or node in r.possible_owners) and r.type.name not in missing
            for r in resources
        )

    def anti_affined(self, group: str, node: str) -> bool:
        """Owns another group that shares a string."""
        if self.config.windows < Windows.WS2003:
            return False
        mine = set(self.config.groups_by_name[group].anti_affinity_class_names)
        return any(
            mine & set(other.anti_affinity_class_names)
            for other in self.config.groups
            if other.name != group and self.cluster.owners[other.name] == node
        )

    def choice(self, pool: list[str]) -> str:
        """The deterministic rule of 5.2."""
        pool = sorted(pool, key=self.ids.__getitem__)
        return pool[(self.cluster.seed + self.cluster.random_count) % len(pool)]

    def failover_target(self, group: str, cause: Cause) -> str | None:
        """After the current owner, wrapping."""
        order = self.node_list(group)
        i = order.index(self.cluster.owners[group])
        ring = order[i + 1 :] + order[:i]
        cand = [n for n in ring if self.eligible(group, n)]
        if not cand:
            return None
        cand = [n for n in cand if n not in self.cluster.tried.get(group, ())] or cand
        pool = [n for n in cand if not self.anti_affined(group, n)] or cand
        randomise = (
            self.config.windows >= Windows.WS2003
            and cause is Cause.NODE_FAILURE
            and not self.config.groups_by_name[group].preferred_owners
            and not self.config.disable_group_preferred_owner_randomization
        )
        return self.choice(pool) if randomise else pool[0]

    def best_possible(self, group: str) -> str | None:
        """From the top; None stands for 5005."""
        owner = self.cluster.owners[group]
        ok = [n for n in self.node_list(group) if n != owner and self.eligible(group, n)]
        if not ok:
            return None
        pref = [n for n in ok if n in self.config.groups_by_name[group].preferred_owners]
        pool = pref or ok
        clean = [n for n in pool if not self.anti_affined(group, n)] or pool
        return clean[0] if pref else self.choice(clean)

    def failback(self, group: str, joined: str | None, hour: float) -> str | None:
        """One round of failback_check for one group."""
        g = self.config.groups_by_name[group]
        if g.auto_failback_type != 1 or not g.preferred_owners:
            return None
        best = next((n for n in g.preferred_owners if self.eligible(group, n)), None)
        owner = self.cluster.owners[group]
        if best is None or best == owner:
            return None
        places = {node: place for place, node in enumerate(g.preferred_owners)}
        if owner in places and places[owner] < places[best]:
            return None
        has_window = g.failback_window_start != -1 and g.failback_window_end != -1
        if not has_window and best != joined:
            return None
        inside = window_of_the_handbook(g.failback_window_start, g.failback_window_end, int(hour))
        return best if inside else None


@st.composite
def situations(draw: st.DrawFn) -> Cluster:
    """Draw a cluster in any situation that a choice could meet."""
    count = draw(st.integers(1, 5))
    nodes = [f"N{i}" for i in range(1, count + 1)]
    groups = [f"G{i}" for i in range(1, draw(st.integers(1, 4)) + 1)]
    some = st.lists(st.sampled_from(nodes), unique=True, max_size=count)
    classes = st.lists(st.sampled_from(["a", "b"]), unique=True)
    hours = st.sampled_from([-1, 0, 6, 13, 14, 15, 22])
    windows = Windows.WS2003 if count > 4 else draw(st.sampled_from([Windows.W2K, Windows.WS2003]))
    cluster = plain(
        count,
        owners=dict.fromkeys(groups, "N1"),
        windows=windows,
        disable_group_preferred_owner_randomization=draw(st.booleans()),
    )
    config = cluster.config
    for group in groups:
        config = configure(
            config,
            group,
            preferred_owners=tuple(draw(some)),
            anti_affinity_class_names=tuple(draw(classes)),
            auto_failback_type=draw(st.integers(0, 1)),
            failback_window_start=draw(hours),
            failback_window_end=draw(hours),
        )
    owners = draw(st.none() | some)
    if owners is not None:
        config = configure(config, "G1 Name", possible_owners=tuple(owners))
    up = st.sampled_from([NodeState.UP, NodeState.UP, NodeState.PAUSED, NodeState.DOWN])
    return replace(
        cluster,
        config=config,
        owners={"Cluster Group": "N1", **{group: draw(st.sampled_from(nodes)) for group in groups}},
        node_states={node: draw(up) for node in nodes},
        tried={group: tuple(draw(some)) for group in groups},
        seed=draw(st.integers(0, 7)),
        random_count=draw(st.integers(0, 3)),
    )


@settings(max_examples=600, deadline=None, derandomize=True, database=None)
@given(situations())
def test_5_7_choices_agree_with_the_pseudocode(cluster):
    """failover_target, best_possible and failback do in every situation what 5.7 says."""
    oracle = Oracle(cluster)
    for group in (g.name for g in cluster.config.groups if g.name != "Cluster Group"):
        for cause in (Cause.RESOURCE_FAILURE, Cause.NODE_FAILURE):
            decision = failover_target(cluster, group, cause)
            assert oracle.failover_target(group, cause) == decision.target
            accepted = [verdict.node for verdict in decision.verdicts if verdict.accepted]
            assert accepted == ([decision.target] if decision.target else [])
            judged = sorted(verdict.node for verdict in decision.verdicts)
            assert sorted(cluster.node_states) == judged
        best = oracle.best_possible(group)
        if best is None:
            with pytest.raises(OperationRefused, match="5005: no host node"):
                best_possible(cluster, group)
        else:
            assert best == best_possible(cluster, group).target
        for joined in (None, *cluster.node_states):
            back = failback_target(cluster, group, joined)
            expected = oracle.failback(group, joined, cluster.hour())
            assert expected == (back.target if back else None)


# --- the evidence of a decision ---------------------------------------------------------------


def test_5_a_decision_names_every_node_and_why():
    """Every choice is returned with a verdict for each node and the rule's source (5)."""
    decision = failover_target(exchange_cluster(), "EVS3", Cause.NODE_FAILURE)
    expected = [
        ("NODE1", False, "owns EVS1 (same anti-affinity class)"),
        ("NODE2", False, "owns EVS2 (same anti-affinity class)"),
        ("NODE4", True, "owns no group of the same anti-affinity class"),
        ("NODE3", False, "the present owner"),
    ]
    assert expected == [tuple(verdict) for verdict in decision.verdicts]
    assert "handbook 1, 5.2" in decision.source


def test_5_exhausted_failovers_say_so():
    """At the threshold the decision shows who would be next and that none is left (4.3)."""
    sim = simulated(changes={"G1": {"failover_threshold": 0}, "G1 IP": {"restart_threshold": 0}})
    sim.fail_resource("G1 IP")
    decision = sim.decisions[-1]
    assert (None, "handbook 1, 4.3") == (decision.target, decision.source)
    assert "would be next, but no failover is left" == decision.verdicts[0].reason
    assert [(1069, "N1"), (1203, "N1")] == logged(sim, group="G1")
    assert "Failed" == states(sim, "G1")["IP"]
