"""What is left of choosing nodes: the seed's pick and the hour of the next failback."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from clusterlab.cluster.model import Cluster
from clusterlab.cluster.policy import failback_target, next_failback_s, pick, ring_after
from clusterlab.cluster.states import NodeState
from tests.plain import plain


def test_the_pick_goes_by_node_id_and_not_by_the_order_given():
    """The pool is sorted by Node ID before the seed chooses (handbook 1, 5.2)."""
    cluster = replace(plain(nodes=8), seed=1)
    assert "N3" == pick(cluster, ["N7", "N3", "N2"])


def test_every_node_of_a_pool_is_picked_equally_often():
    """Over consecutive seeds each node is chosen the same number of times (handbook 1, 5.2)."""
    pool = ["N1", "N2", "N4"]
    found = Counter(pick(replace(plain(), seed=seed), pool) for seed in range(30))
    assert {node: 10 for node in pool} == found


@given(st.permutations(["N1", "N2", "N3", "N4", "N5"]), st.integers(0, 4))
def test_a_ring_holds_all_others_once_and_in_order(order, place):
    """The walk visits every other node once, starting after the owner (handbook 1, 5.2)."""
    ring = ring_after(order, order[place])
    expected = [order[(place + step) % 5] for step in range(1, 5)]
    assert expected == list(ring)


@st.composite
def waiting(draw: st.DrawFn) -> Cluster:
    """Draw a cluster in which G1 may be away from home, at any time of day."""
    hours = st.integers(-1, 23)
    home = {
        "preferred_owners": tuple(draw(st.permutations(["N1", "N2", "N3"]))[:2]),
        "auto_failback_type": draw(st.integers(0, 1)),
        "failback_window_start": draw(hours),
        "failback_window_end": draw(hours),
    }
    owner = draw(st.sampled_from(["N1", "N2", "N3"]))
    start_s = float(draw(st.integers(0, 86399)))
    cluster = plain(3, {"G1": owner}, {"G1": home}, start_time_s=start_s)
    states = {**cluster.node_states, "N1": draw(st.sampled_from([NodeState.UP, NodeState.DOWN]))}
    return replace(cluster, node_states=states, now_s=float(draw(st.integers(0, 100_000))))


@settings(deadline=None, derandomize=True, database=None)
@given(waiting())
def test_the_next_failback_is_the_first_full_hour_that_sends_a_group_home(cluster):
    """It is what one finds by asking at every full hour of the coming day (handbook 1, 5.6)."""
    group = cluster.config.groups_by_name["G1"]
    clock_s = cluster.config.start_time_s + cluster.now_s
    hours = [
        hour * 3600 - cluster.config.start_time_s for hour in range(int(clock_s // 3600) + 1, 80)
    ]
    found = [
        hour_s
        for hour_s in hours[:24]
        if group.has_failback_window
        and failback_target(replace(cluster, now_s=hour_s), "G1", None) is not None
    ]
    assert (found[0] if found else None) == next_failback_s(cluster)
