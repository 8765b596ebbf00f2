"""Handbook 1, sections 7 to 12: limits, events, error codes, durations, versions, invariants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from clusterlab import ConfigError, OperationRefused, Simulation, exchange_cluster
from clusterlab.cluster.draft import Change, Outcome
from clusterlab.cluster.engine import apply
from clusterlab.cluster.events import Due, DueKind, RenameGroup
from clusterlab.cluster.facts import CLUSTER_DURATIONS, ERROR_CODES, EVENTS, INVARIANT_WORDS
from clusterlab.cluster.invariants import INVARIANTS, lamps
from clusterlab.cluster.model import Cluster, Resource, Timer
from clusterlab.cluster.policy import failover_target
from clusterlab.cluster.resource_types import FILE_SHARE
from clusterlab.cluster.resting import cluster_from
from clusterlab.cluster.states import (
    Activity,
    ActivityKind,
    Cause,
    NodeState,
    QuorumModel,
    ResourceState,
    Windows,
)
from clusterlab.exchange.evs import EXCHANGE_DURATIONS
from clusterlab.exchange.exres import evs_lamp, storage_group_lamp
from clusterlab.exchange.resource_types import UPGRADE_COMMAND
from clusterlab.exchange.versions import ExchangeVersion, with_versions
from tests.plain import logged, plain, refusal, simulated
from tests.truths import OF_THE_MODEL, TRANSITIONS, broken, broken_by

# --- 7, 10 Limits of editions -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("windows", "most"), [(Windows.NT4, 2), (Windows.W2K, 4), (Windows.WS2003, 8)]
)
def test_7_most_nodes_of_each_windows(windows, most):
    """NT 4: 2 nodes, Windows 2000: 4, Windows Server 2003: 8 (7, 10)."""
    assert most == len(plain(nodes=most, windows=windows).config.nodes)
    with pytest.raises(ConfigError, match=f"has {most + 1} nodes; allowed: 1 to {most}"):
        plain(nodes=most + 1, windows=windows)


# --- 8.3 Events -------------------------------------------------------------------------------


def ids(sim: Simulation, group: str = "G1") -> list[tuple[int, str]]:
    """Return what was logged about a group."""
    return logged(sim, group=group)


def test_8_3_a_restart_in_place_logs_1069_only():
    """Typical trace of a resource restart: 1069, by the owner (8.3)."""
    sim = simulated()
    sim.fail_resource("G1 Service")
    sim.run()
    assert [(1069, "N1")] == logged(sim)


def test_8_3_failover_by_a_resource():
    """1069 x (threshold + 1), 1203, 1204 on the old node, 1200, 1201 on the new (8.3)."""
    sim = simulated()
    for _ in range(4):
        sim.fail_resource("G1 Service")
        sim.run(sim.now_s + 30)
    expected = [(1069, "N1")] * 4 + [(1203, "N1"), (1204, "N1"), (1200, "N2"), (1201, "N2")]
    assert expected == logged(sim)


def test_8_3_node_crash():
    """1123 per network, 1126 and 1135 by every survivor, then 1200, 1201 by the taker (8.3)."""
    sim = simulated(nodes=3, owners={"G1": "N3"}, changes={"G1": {"preferred_owners": ("N3",)}})
    sim.fail_node("N3")
    sim.run()
    survivors = ("N1", "N2")
    expected = [(1123, node) for node in survivors for _ in range(2)]
    expected += [(event, node) for event in (1126, 1135) for node in survivors]
    assert [*expected, (1200, "N1"), (1201, "N1")] == logged(sim)


def test_8_3_cluster_service_stop():
    """1203, 1204 by the node for each group, 1063 when it is Down, 1200, 1201 elsewhere (8.3)."""
    sim = simulated(owners={"G1": "N3"}, changes={"G1": {"preferred_owners": ("N3", "N4")}})
    sim.stop_cluster_service("N3")
    sim.run()
    expected = [(1203, "N3"), (1204, "N3"), (1063, "N3"), (1200, "N4"), (1201, "N4")]
    assert expected == logged(sim)


def test_8_3_taking_offline_and_bringing_online():
    """The owner logs 1203 and 1204, then 1200 and 1201 (8.3)."""
    sim = simulated()
    sim.take_offline("G1")
    sim.run()
    sim.bring_online("G1")
    sim.run()
    assert [(event, "N1") for event in (1203, 1204, 1200, 1201)] == logged(sim)


def test_8_3_a_group_that_is_left_failed_logs_1205():
    """1203 when it is given up, 1205 when all is offline, and 1204 never (8.3, 6)."""
    changes = {"G1": {"failover_threshold": 0}, "G1 Service": {"restart_threshold": 0}}
    sim = simulated(changes=changes)
    sim.fail_resource("G1 Service")
    sim.run(60)
    assert [(1069, "N1"), (1203, "N1"), (1205, "N1")] == logged(sim)


def test_8_3_1201_waits_for_every_resource_with_persistent_state_1():
    """1201 is logged when every resource with PersistentState 1 is Online, no other (8.3)."""
    sim = simulated()
    sim.take_offline("G1 Service")
    sim.run()
    sim.move_group("G1", "N2")
    sim.run()
    assert [1203, 1204, 1200, 1201] == [event for event, _ in logged(sim)]
    assert 1 + 2 + 1 + 7 == sim.log[-1].at_s


def test_8_3_every_event_of_the_model_has_a_text():
    """Each id in the log stands in the table, with its source (8.3)."""
    sim = Simulation(exchange_cluster(2, 1))
    sim.fail_node("NODE1")
    sim.run()
    sim.fail_node("NODE2")
    sim.run()
    sim.start_node("NODE1")
    sim.run()
    keys = {(entry.source, entry.event_id) for entry in sim.log if entry.source == "ClusSvc"}
    assert keys <= set(EVENTS)
    assert all(fact.text and "handbook 1, 8.3" in fact.source for fact in EVENTS.values())


# --- 8.4 Error codes --------------------------------------------------------------------------


def test_8_4_no_host_node_is_available():
    """5005 (8.4)."""
    assert 5005 == refusal(simulated(nodes=1), "move_group", "G1").code


def test_8_4_group_not_found():
    """5013, and the names that exist (8.4)."""
    error = refusal(simulated(), "move_group", "G9")
    assert (5013, True) == (error.code, "Cluster Group, G1" in error.remedy)


@pytest.mark.parametrize("verb", ["take_offline", "bring_online"])
def test_8_4_a_name_that_is_neither_group_nor_resource(verb):
    """Looked up as a group: 5013 (8.4)."""
    assert 5013 == refusal(simulated(), verb, "nothing").code


@pytest.mark.parametrize(
    "verb", ["fail_node", "start_node", "stop_cluster_service", "pause_node", "resume_node"]
)
def test_8_4_an_unknown_node_is_named_with_those_that_exist(verb):
    """Every action on a node names the unknown one and the nodes (8.4)."""
    error = refusal(simulated(), verb, "N9")
    assert "no node 'N9'" in error.because
    assert "N1, N2, N3, N4" in error.remedy


def test_8_4_unknown_nodes_and_resources_in_other_requests():
    """Move Group to an unknown node; the failure of an unknown resource (8.4)."""
    assert "no node 'N9'" in refusal(simulated(), "move_group", "G1", "N9").because
    assert "no resource 'X'" in refusal(simulated(), "fail_resource", "X").because


@pytest.mark.parametrize(
    ("verb", "code"),
    [
        ("fail_node", 5062),
        ("stop_cluster_service", 5062),
        ("pause_node", 5062),
        ("resume_node", 5062),
    ],
)
def test_8_4_an_action_on_a_node_that_is_down(verb, code):
    """5062: already down (8.4)."""
    sim = simulated()
    sim.fail_node("N3")
    sim.run()
    error = refusal(sim, verb, "n3")
    assert (5062, True) == (error.code, "N3" in error.because)


def test_8_4_a_node_that_is_up_starting_or_stopping():
    """5061 for a node that is already up or on its way; 5062 for a second stop (8.4)."""
    sim = simulated(owners={"G1": "N3"})
    assert 5061 == refusal(sim, "start_node", "N1").code
    sim.fail_node("N4")
    sim.run()
    sim.start_node("N4")
    assert 5061 == refusal(sim, "start_node", "N4").code
    sim.stop_cluster_service("N3")
    assert 5062 == refusal(sim, "stop_cluster_service", "N3").code


def test_8_4_paused_and_not_paused():
    """5070 for a second pause, 5058 to resume what is not paused (8.4)."""
    sim = simulated()
    assert 5058 == refusal(sim, "resume_node", "N2").code
    sim.pause_node("N2")
    assert 5070 == refusal(sim, "pause_node", "N2").code


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("start_node", ("N1",)),
        ("stop_cluster_service", ("N1",)),
        ("pause_node", ("N1",)),
        ("move_group", ("G1", "N2")),
        ("take_offline", ("G1",)),
        ("bring_online", ("G1",)),
        ("fail_resource", ("G1 Service",)),
    ],
)
def test_8_4_a_node_that_is_silent_cannot_be_reached(verb, arguments):
    """5051 until the others have removed it (8.4)."""
    sim = simulated()
    sim.fail_node("N1")
    assert 5051 == refusal(sim, verb, *arguments).code


@pytest.mark.parametrize("verb", ["move_group", "take_offline", "bring_online"])
def test_8_4_a_group_whose_owner_is_down(verb):
    """5050 while the survivors arbitrate (8.4)."""
    sim = simulated()
    sim.fail_node("N1")
    sim.run(9)
    assert 5050 == refusal(sim, verb, "G1").code


def test_8_4_each_code_has_a_text_and_a_source_and_only_5018_is_verbatim():
    """Texts of ours are never shown as the product's own; the code stands in front (8.4)."""
    assert [5018] == [code for code, fact in ERROR_CODES.items() if fact.verbatim]
    for code, fact in ERROR_CODES.items():
        error = OperationRefused(code, because="Because.", remedy="Remedy.")
        assert f"{code}: {fact.text}. Because. Remedy." == str(error)
        assert fact.source


# --- 9 Durations ------------------------------------------------------------------------------


E2000_SP3, E2003_RTM = ExchangeVersion.E2000_SP3, ExchangeVersion.E2003_RTM


def everything_happens(  # noqa: PLR0915  a long story
    durations: dict[str, float],
) -> list[tuple[float, str, str]]:
    """Return the whole history of a cluster to which everything happens once."""
    known = {key: value for key, value in durations.items() if key in CLUSTER_DURATIONS}
    cluster = plain(nodes=3, owners={"G1": "N1", "G2": "N2"}, durations=known)
    share = Resource(name="G2 Share", type=FILE_SHARE, group="G2", depends_on=("G2 Name",))
    config = replace(cluster.config, resources=(*cluster.config.resources, share))
    plain_sim = Simulation(cluster_from(config, cluster.owners))
    plain_sim.run(10)
    plain_sim.fault_resource("G1 Service")
    plain_sim.fault_resource("G1 Disk", is_hang=True)
    plain_sim.run(400)
    older = Simulation(plain(nodes=2, windows=Windows.W2K, durations=known))
    older.fail_node("N1")
    slow = Simulation(plain(nodes=2, durations={**known, "arbitration_reserve": 30.0}))
    slow.fail_node("N1")
    slow.run(60)
    exchange = Simulation(exchange_cluster(2, 1, protocols=("IMAP4", "POP3"), durations=durations))
    exchange.fault_resource("EVS1/IS", is_hang=True)
    exchange.run()
    exchange.move_group("EVS1", "NODE3")
    exchange.run()
    exchange.move_group("EVS1", "NODE2")
    exchange.run()
    versioned = with_versions(exchange_cluster(1, 1, durations=durations), E2003_RTM, evs=[])
    upgraded = Simulation(with_versions(versioned, E2000_SP3, nodes=[]))
    upgraded.take_offline("EVS1/SA")
    upgraded.run()
    upgraded.choose("EVS1/SA", UPGRADE_COMMAND)
    upgraded.run()
    upgraded.bring_online("EVS1")
    upgraded.run()
    full = Simulation(exchange_cluster(2, 0, storage_groups=(3, 2), durations=durations))
    full.fail_node("NODE1")
    full.run()
    voters = Simulation(exchange_cluster(2, 1, quorum=QuorumModel.MAJORITY, durations=durations))
    for node in ("NODE2", "NODE3"):
        voters.pull_cable(node)
    voters.run(100)
    for node in ("NODE2", "NODE3"):
        voters.plug_cable(node)
    voters.run(400)
    single = Simulation(exchange_cluster(1, 0, quorum=QuorumModel.LOCAL, durations=durations))
    single.fail_node("NODE1")
    single.start_node("NODE1")
    single.run(600)
    for sim in (plain_sim, older):
        for node in [node.name for node in sim.cluster.config.nodes]:
            if sim.cluster.is_live(node):
                sim.fail_node(node)
        sim.run()
        for node in ("N2", "N1"):
            sim.start_node(node)
            sim.run()
    hung = Simulation(exchange_cluster(1, 1, durations=durations))
    hung.hang_node("NODE1", in_user_mode=True)
    hung.run()
    sims = (plain_sim, older, slow, exchange, upgraded, full, voters, single, hung)
    outcomes = [o for sim in sims for o in sim.history]
    changes = [(c.at_s, c.name, c.new) for outcome in outcomes for c in outcome.changes]
    return changes + [(e.at_s, e.node, e.text) for outcome in outcomes for e in outcome.log]


ALL_DURATIONS = {
    key: row.seconds for key, row in {**CLUSTER_DURATIONS, **EXCHANGE_DURATIONS}.items()
}


@pytest.fixture(scope="module")
def usual() -> list[tuple[float, str, str]]:
    """The history with the durations of the tables."""
    return everything_happens(ALL_DURATIONS)


@pytest.mark.parametrize("key", ALL_DURATIONS)
def test_9_every_row_of_both_tables_is_used(key, usual):
    """A longer duration in either table changes when things happen (9; 2, 4.9)."""
    longer = {**ALL_DURATIONS, key: ALL_DURATIONS[key] * 2 + 0.3}
    assert usual != everything_happens(longer)


@pytest.mark.parametrize(
    ("key", "seconds"),
    [
        ("interface_lost", 2.4),
        ("node_lost", 7.2),
        ("regroup", 1),
        ("arbitration_reserve", 7),
        ("arbitration_online", 10),
        ("arbitration_max", 20),
        ("transfer", 1),
        ("ip_address_online", 2),
        ("network_name_online", 5),
        ("disk_online", 3),
        ("file_share_online", 0.5),
        ("generic_service_online", 5),
        ("msdtc_online", 5),
        ("resource_offline", 1),
        ("restart_delay", 0.5),
        ("looks_alive", 5),
        ("is_alive", 60),
        ("reboot", 475),
        ("join", 5),
        ("search", 10),
    ],
)
def test_9_the_figures_of_the_table(key, seconds):
    """Each row of the only table of Cluster service durations (9)."""
    assert seconds == CLUSTER_DURATIONS[key].seconds
    assert CLUSTER_DURATIONS[key].source


def test_9_derived_totals():
    """Crash of a non-quorum owner 8.2 s, of the quorum owner 18.2 s, before any start (9)."""
    for node, expected_s in (("N3", 8.2), ("N1", 18.2)):
        sim = simulated(owners={"G1": node})
        sim.fail_node(node)
        sim.run()
        assert expected_s == next(entry.at_s for entry in sim.log if entry.event_id == 1200)


# --- 12 Invariants ----------------------------------------------------------------------------


def changed(**fields: object) -> Cluster:
    """Return a plain cluster with some tables written over."""
    return replace(plain(owners={"G1": "N1", "G2": "N2"}), **fields)  # type: ignore[arg-type]


def with_states(**by_name: ResourceState) -> dict[str, ResourceState]:
    """Return the states of a plain cluster with some changed; "G1_IP" means "G1 IP"."""
    states = changed().resource_states
    return {**states, **{name.replace("_", " "): state for name, state in by_name.items()}}


SETTLED = changed()
LATE = Timer(-5.0, 1, 1, "x", 1, Due("G1 IP", DueKind.RETRY))
RESTART = Timer(5.0, 1, 1, "x", 1, Due("G1 IP", DueKind.RESTART))
STOPPING = ResourceState.OFFLINE_PENDING
DOWN = {**SETTLED.node_states, "N2": NodeState.DOWN}
MINORITY = exchange_cluster(2, 1, quorum=QuorumModel.MAJORITY)
MOST_DOWN = {"NODE2": NodeState.DOWN, "NODE3": NodeState.DOWN}
BROKEN: dict[str, Callable[[], Cluster]] = {
    "One owner": lambda: changed(owners={**SETTLED.owners, "G9": "N1"}),
    "Dependencies": lambda: changed(resource_states=with_states(G1_IP=ResourceState.OFFLINE)),
    "Majority": lambda: replace(MINORITY, node_states={**MINORITY.node_states, **MOST_DOWN}),
    "Quorum": lambda: changed(challenger="N2"),
    "One partition": lambda: changed(separated={("N1", "N2"): 0.0}, now_s=8.3),
    "Paused": lambda: changed(paused=frozenset({"N3"})),
    "No needless wait": lambda: changed(
        activities={"G1": Activity(ActivityKind.AWAITING_OWNER)},
    ),
    "Arbitration": lambda: changed(
        activities={"Cluster Group": Activity(ActivityKind.AWAITING_QUORUM)},
    ),
    "Down nodes": lambda: changed(node_states=DOWN),
    "Timers": lambda: changed(timers=(LATE,), retries={"G1 IP": -5.0}),
    "Pending": lambda: changed(
        resource_states=with_states(G1_Service=ResourceState.OFFLINE_PENDING)
    ),
    "Resources": lambda: changed(restarting=frozenset({"G1 IP"}), timers=(RESTART,)),
    "Nodes": lambda: changed(stopping=frozenset({"N2"}), node_states=DOWN),
}


@pytest.mark.parametrize("name", BROKEN)
def test_12_each_invariant_notices_what_breaks_it(name):
    """A cluster that breaks a truth is reported with the object that breaks it (12)."""
    sentences = [text for text in broken(BROKEN[name]()) if text.startswith(f"{name}: ")]
    assert sentences
    assert any(word in sentences[0] for word in ("G1", "G9", "N2", "N3", "NODE1", "Disk Q:"))


def test_12_every_other_invariant_holds_by_construction():
    """Group states and Node Lists are derived, so no value can break them (1.3, 5.1)."""
    listed = [INVARIANT_WORDS[key] for key in INVARIANTS]
    names = {*OF_THE_MODEL, *(name for _, name, _ in listed)}
    assert {"Preferred owners", "Group state"} == names - set(BROKEN)
    assert [1, 2, 4, 8, 9, 10, 10, 11, 12] == [number for number, _, _ in listed]


def outcome_of(cluster: Cluster, **more: object) -> Outcome:
    """Return an outcome with some fields."""
    return Outcome(cluster)._replace(**more)  # type: ignore[arg-type]


START = Change(0, "resource", "G2 IP", "Offline", "Online Pending", "", "")
HOME = failover_target(SETTLED, "G1", Cause.RESOURCE_FAILURE)._replace(cause=Cause.FAILBACK)
BLOCKED = HOME._replace(
    cause=Cause.NODE_FAILURE,
    target=None,
    source="handbook 1, 5.5",
    verdicts=(HOME.verdicts[0]._replace(accepted=False, reason="same anti-affinity class"),),
)
ELEVEN = tuple(float(moment_s) for moment_s in range(11))
WRONG: dict[str, Callable[[], Outcome]] = {
    "Possible owners": lambda: outcome_of(
        changed(node_states={**SETTLED.node_states, "N2": NodeState.PAUSED}), changes=(START,)
    ),
    "Failover threshold": lambda: outcome_of(
        changed(failovers={"G1": tuple(map(float, range(11)))})
    ),
    "Restart threshold": lambda: outcome_of(
        replace(plain(changes={"G1 IP": {"restart_threshold": 0}}), restarting=frozenset({"G1 IP"}))
    ),
    "Failback": lambda: outcome_of(SETTLED, decisions=(HOME,)),
    "Anti-affinity": lambda: outcome_of(SETTLED, decisions=(BLOCKED,)),
    "Clock": lambda: outcome_of(changed(now_s=-1.0)),
}


@pytest.mark.parametrize("name", WRONG)
def test_12_each_truth_about_events_notices_what_breaks_it(name):
    """An outcome that breaks a truth is reported (12)."""
    assert set(TRANSITIONS) == set(WRONG)
    assert any(text.startswith(f"{name}: ") for text in broken_by(SETTLED, WRONG[name]()))


def test_12_failovers_of_a_higher_threshold_are_no_alarm_under_a_new_name():
    """A group keeps its counter when it is renamed; nothing failed over in that event (12)."""
    before = changed(failovers={"G1": (1.0, 2.0)})
    policies = (replace(group, failover_threshold=1) for group in before.config.groups)
    before = replace(before, config=replace(before.config, groups=tuple(policies)))
    assert () == broken_by(before, apply(before, RenameGroup("G1", "G9")))


def test_12_lamps_show_the_invariants_and_those_of_exchange():
    """One lamp for each invariant of the list, and one for each extra check (12; 2, 3.2)."""
    shown = lamps(exchange_cluster(), (evs_lamp, storage_group_lamp))
    assert ["EVSs on a node", "Storage groups"] == [lamp.name for lamp in shown[-2:]]
    assert all(lamp.is_ok and lamp.text and lamp.detail for lamp in shown)


def test_12_lamps_go_out_with_the_reason():
    """A lamp that is off says what broke it."""
    lamp = next(lamp for lamp in lamps(BROKEN["Dependencies"]()) if lamp.name == "Dependencies")
    assert (False, True) == (lamp.is_ok, "G1 Name is Online while G1 IP is Offline" in lamp.detail)
    crowded = exchange_cluster()
    crowded = replace(crowded, owners={**crowded.owners, "EVS2": "NODE1"})
    assert "NODE1 runs EVS1 and EVS2." == evs_lamp(crowded).detail
    assert "NODE1 mounts 8." == storage_group_lamp(crowded).detail
    assert evs_lamp(exchange_cluster(2, 0, storage_groups=2)).is_ok
