"""Handbook 2, corrections: what later reading of the documents changed, each with its example."""

from __future__ import annotations

import pytest

from clusterlab import Simulation, exchange_cluster
from clusterlab.exchange.clients import outlook_caveat, web_outage_s
from tests.plain import moves, times

STORE = "Exchange Information Store Instance - (EVS1)"


@pytest.mark.parametrize(
    ("verb", "online_s"), [("stop_by_hand", 1043.5), ("fault_resource", 1143.5)]
)
def test_1_4_a_store_stopped_by_hand_starts_clean(verb, online_s):
    """After `net stop` a store replays no logs, after a crash it does; both are restarted (1.4)."""
    sim = Simulation(exchange_cluster())
    sim.run(until_s=1003)
    getattr(sim, verb)("EVS1/IS")
    sim.run(until_s=2000)
    assert ([1003], [online_s]) == (times(sim, STORE, "Failed"), times(sim, STORE, "Online"))
    events = [(e.event_id, e.source) for e in sim.log if e.at_s == 1003]
    assert [(1012, "MSExchangeCluster"), (1069, "ClusSvc")] == events[:2]
    assert [] == moves(sim, "EVS1")


def test_1_4_the_fourth_stop_by_hand_within_900_s_moves_the_group():
    """Each `net stop` is one failure: the fourth within RestartPeriod is a failover (1.4)."""
    sim = Simulation(exchange_cluster())
    for start_s in (0, 200, 400, 600):
        sim.run(until_s=start_s)
        assert [] == moves(sim, "EVS1")
        sim.stop_by_hand("EVS1/IS")
    sim.run(until_s=1000)
    assert ["NODE4"] == [node for _, node in moves(sim, "EVS1")]


def test_8_4_a_slow_attendant_logs_1019_then_1003_four_times():
    """2003: each attempt that runs into its timeout: 1019, 1003, 1069 in this order (8.4)."""
    sim = Simulation(exchange_cluster(1, 1, durations={"sa_online": 200.0}))
    sim.move_group("EVS1", "NODE2")
    sim.run(until_s=860)
    found = [e.event_id for e in sim.log if e.event_id in (1003, 1012, 1019, 1069)]
    assert [1019, 1003, 1069] * 4 == found[:12]


def test_8_4_a_store_of_2000_with_too_many_storage_groups_logs_2074():
    """2000: 2074 for the store, 2086 and 2065 for the protocol above it (8.4; KB 314266)."""
    cluster = exchange_cluster(2, 0, storage_groups=(3, 2), protocols=("IMAP4",), version=2000)
    sim = Simulation(cluster)
    sim.move_group("EVS1", "NODE2")
    sim.run(until_s=200)
    by_type = {r.name: r.type.short for r in cluster.config.members["EVS1"]}
    found = {(e.event_id, by_type[e.resource]) for e in sim.log if e.event_id > 2000}
    assert {(2074, "IS"), (2086, "IMAP4"), (2065, "IMAP4")} <= found
    assert (2065, "IS") not in found
    assert "Online" not in [sim.state("EVS1").value] * (sim.owner("EVS1") == "NODE2")


def test_4_7_old_front_ends_remember_a_back_end_for_ten_minutes():
    """Before Exchange 2000 SP2 web users are out up to 600 s longer, from then on not (4.7)."""
    versions = ("2000", "2000 SP1", "2000 SP2", "2003")
    assert [775, 775, 175, 175] == [web_outage_s(175, version) for version in versions]


def test_4_7_outlook_2002_on_active_active_2000_may_need_a_restart():
    """The caveat is shown for an active/active cluster of Exchange 2000 only (4.7)."""
    shown = {
        (version, is_active_active): bool(
            outlook_caveat(version, is_active_active=is_active_active)
        )
        for version in (2000, 2003)
        for is_active_active in (True, False)
    }
    assert [(2000, True)] == [key for key, value in shown.items() if value]
