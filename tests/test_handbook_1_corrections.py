"""Handbook 1, corrections: what later reading of the documents changed, each with its example."""

from __future__ import annotations

from clusterlab import Simulation, exchange_cluster
from tests.plain import logged, times

STORE = "Exchange Information Store Instance - (EVS1)"
ATTENDANT = "Exchange System Attendant Instance - (EVS1)"


def slow_store(timeout_s: float) -> Simulation:
    """Return EVS1 moved at 100 s, with a store that needs 240 s to stop."""
    cluster = exchange_cluster(storage_groups=4, durations={"is_offline": 220.0})
    sim = Simulation(cluster)
    sim.set_properties("EVS1/IS", pending_timeout_s=timeout_s)
    sim.run(until_s=100)
    sim.move_group("EVS1", "NODE4")
    sim.run(until_s=1000)
    return sim


def test_1_4_a_store_too_slow_to_stop_is_failed_and_the_move_goes_on():
    """Offline Pending for too long: Failed, 1069, unclean; the move goes on at once (1.4; 2, 4.5)."""
    sim = slow_store(180.0)
    assert ([100], [280], [290]) == (
        times(sim, STORE, "Offline Pending"),
        times(sim, STORE, "Failed"),
        times(sim, ATTENDANT, "Offline"),
    )
    assert 1 == logged(sim, group="EVS1").count((1069, "NODE1"))
    pending_s, online_s = times(sim, STORE, "Online Pending")[-1], times(sim, STORE, "Online")[-1]
    assert 140 == online_s - pending_s
    assert ("NODE4", "Online") == (sim.owner("EVS1"), sim.state("EVS1").value)


def test_1_4_with_a_longer_pending_timeout_the_store_stops_clean():
    """With PendingTimeout 300 s the same store is Offline at 340, and starts clean (1.4)."""
    sim = slow_store(300.0)
    assert ([340], []) == (times(sim, STORE, "Offline"), times(sim, STORE, "Failed"))
    pending_s, online_s = times(sim, STORE, "Online Pending")[-1], times(sim, STORE, "Online")[-1]
    assert 40 == online_s - pending_s
