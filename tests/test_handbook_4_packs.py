"""Handbook 4, 4.3.9: service packs and hotfixes, node by node; and the passes of P05 and P06."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import groupby

import pytest

from clusterlab import ConfigError, OperationRefused
from clusterlab.cluster.events import (
    MoveGroup,
    NodeFailed,
    PauseNode,
    SetProperties,
    StartNode,
    TakeOffline,
)
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.states import GroupState, NodeState, Windows
from clusterlab.exchange.versions import (
    EXCHANGE,
    UPGRADING_ON,
    WINDOWS,
    ExchangeVersion,
    attendant_of,
    evs_version,
    node_version,
)
from clusterlab.procedures import Plan, Run
from clusterlab.procedures.assumptions import ASSUMPTIONS
from clusterlab.procedures.catalogue import PROCEDURES
from clusterlab.procedures.downtime import forecast
from clusterlab.procedures.timeline import Timeline
from tests.truths import broken

SP1, SP2, HOTFIX = "2003 SP1", "2003 SP2", "2003 hotfix"
PASSES = [("P05", "P06"), ("P06", "P05")]


def planned(nodes: int, evs: int, *, groups: int = 1, windows: Windows = Windows.WS2003) -> Plan:
    """Return a training plan whose EVSs have so many storage groups."""
    plan = Plan.standard(nodes=nodes, evs=evs, windows=windows)
    return replace(plan, evs=tuple(replace(item, storage_groups=groups) for item in plan.evs))


@cache
def walked(path: str, nodes: int, evs: int, until: str = "") -> Run:
    """Return a path with everything up to a task done as it should be."""
    run = Run(PROCEDURES[f"upgrade-{path}"](planned(nodes, evs)))
    return run.do_rest(until=until) if until else run


def rest(run: Run, **choices: dict[str, str]) -> Run:
    """Return the run with all that is left done, some tasks with choices of their own."""
    for task in run.left():
        run = run.do(task.key, **choices.get(task.short.replace("-", "_"), {}))
    return run


def built(run: Run) -> Cluster:
    """Return the cluster, which is there."""
    assert run.cluster is not None
    return run.cluster


def moments(run: Run) -> Iterator[Cluster]:
    """Yield the cluster after all that happened."""
    for record in run.records:
        yield from (outcome.cluster for outcome in record.history)


def versions(run: Run) -> dict[str, str]:
    """Return the Exchange of each node and EVS."""
    config = built(run).config
    nodes = {node.name: node_version(node) for node in config.nodes}
    evs = {e.name: evs_version(attendant_of(config, e.name)) for e in run.procedure.plan.evs}
    return {name: version.value for name, version in {**nodes, **evs}.items() if version}


def owners(run: Run) -> dict[str, str]:
    """Return the owner of each EVS."""
    return {evs.name: built(run).owners[evs.name] for evs in run.procedure.plan.evs}


def homes(run: Run) -> dict[str, str]:
    """Return the home of each EVS."""
    return {evs.name: evs.home for evs in run.procedure.plan.evs}


def is_whole(run: Run) -> bool:
    """Return whether every group is Online, nothing is wrong, and no invariant ever broke."""
    states = {built(run).group_state(group) for group in built(run).owners}
    seen = {sentence for cluster in moments(run) for sentence in broken(cluster)}
    return (states, run.damages, seen) == ({GroupState.ONLINE}, (), set())


def refusal(run: Run, key: str, **choices: str) -> OperationRefused:
    """Return with what a task is refused; nothing must have changed."""
    after = run.attempt(key, **choices)
    assert after.refusal is not None, f"{key} was not refused"
    assert (run.cluster, run.situation.facts) == (after.cluster, after.situation.facts)
    return after.refusal


def codes(run: Run) -> list[str]:
    """Return the codes that the last task showed."""
    return [remark.code for remark in run.records[-1].remarks]


def went_down(run: Run) -> list[str]:
    """Return the nodes that went Down, in their order."""
    down = [
        tuple(name for name, state in cluster.node_states.items() if state is NodeState.DOWN)
        for cluster in moments(run)
    ]
    return [names[0] for names, _ in groupby(down) if names]


# --- SP: which steps ----------------------------------------------------------------------------


def test_with_more_nodes_and_evss_a_mark_stands_behind_the_ids():
    """SP-06 to SP-08 once for each EVS, SP-03 to SP-05 or SP-09 to SP-11 for each node (4.3.9)."""
    steps = [task.short for task in walked("SP", 3, 2).procedure.tasks]
    assert [
        *("SP-01", "SP-02", "SP-03@N3", "SP-04@N3", "SP-05@N3"),
        *("SP-06@EVS1", "SP-07@EVS1", "SP-08@EVS1", "SP-09@N1", "SP-10@N1", "SP-11@N1"),
        *("SP-06@EVS2", "SP-07@EVS2", "SP-08@EVS2", "SP-09@N2", "SP-10@N2", "SP-11@N2"),
        *("SP-12@EVS2", "SP-12@EVS1", "SP-13"),
    ] == steps


def test_one_node_and_one_evs_at_a_time():
    """Each node and each EVS of path SP waits for the one before it (4.3.9, R11)."""
    procedure = walked("SP", 4, 2).procedure
    needs = {task.short: [key.partition("/")[2] for key in task.needs] for task in procedure.tasks}
    assert (["SP-01", "SP-02"], ["SP-05@N4"]) == (needs["SP-03@N4"], needs["SP-03@N3"])
    assert (["SP-05@N3"], ["SP-11@N1"]) == (needs["SP-06@EVS1"], needs["SP-06@EVS2"])


SIZES = [(2, 1), (2, 2), (3, 1), (3, 2), (4, 2), (4, 3), (8, 7)]


@pytest.mark.parametrize(("nodes", "evs"), SIZES)
def test_path_sp_leads_every_cluster_to_the_service_pack(nodes: int, evs: int):
    """Idle nodes first, then each EVS to a free one; at the end all have SP1, at home (4.3.9)."""
    run = walked("SP", nodes, evs).do_rest()
    assert ({SP1}, 0) == (set(versions(run).values()), run.cost().mistakes)
    assert homes(run) == owners(run)
    assert is_whole(run)
    assert run.situation == Run.from_json(run.to_json()).situation


@pytest.mark.parametrize(("nodes", "evs"), SIZES)
def test_each_evs_is_out_for_one_upgrade_and_the_way_home(nodes: int, evs: int):
    """T_OFF + T_MOVE_OFF + T_CMD + T_ON for SP-06 to SP-08, T_MOVE for SP-12 (4.5.3)."""
    cost = forecast(walked("SP", nodes, evs).procedure)
    assert {450.0 + 120.0} == set(cost.downtime_s.values())


def test_the_time_of_a_service_pack_passes_in_the_cluster():
    """T_SP and T_REBOOT keep a node Down for SP-05, the restart alone for SP-04 (4.5.3)."""
    lanes = Timeline(walked("SP", 2, 1, "SP-05"))
    down = [s.end_s - s.start_s for s in lanes.nodes["NODE2"] if s.state in ("Down", "Joining")]
    assert ASSUMPTIONS["T_REBOOT"].seconds == sum(down[:2])
    assert 1200 + 480 == sum(down[2:])


@pytest.mark.parametrize("update", [SP2, HOTFIX])
def test_the_update_is_chosen_with_the_front_ends(update: str):
    """SP2 goes onto Exchange 2003 without SP1, for it is cumulative (4.3.9)."""
    run = rest(walked("SP", 3, 2), SP_01={"which": update})
    assert {update} == set(versions(run).values())
    assert is_whole(run)


def test_sp2_goes_onto_sp1():
    """After SP1 the same steps bring SP2, the front-ends first (4.3.9)."""
    run = walked("SP", 2, 1).do_rest()
    for task in run.procedure.tasks:
        run = run.do(task.key, **({"which": SP2} if task.short == "SP-01" else {}))
    assert {SP2} == set(versions(run).values())
    assert is_whole(run)


def test_on_windows_2000_no_hotfix_is_asked_for():
    """Hotfix 831464 is for Windows Server 2003 alone (4.3.9; handbook 3, 1.1)."""
    run = Run(PROCEDURES["upgrade-SP"](planned(4, 3, windows=Windows.W2K)))
    for task in run.left():
        if not task.short.startswith(("SP-04", "SP-10")):
            run = run.do(task.key)
    assert {SP1} == set(versions(run).values())


def test_a_pair_without_an_idle_node_shares_one_meanwhile():
    """EVS1 goes beside EVS2, as in AA-02; then both to the node that is done (4.3.6, derived)."""
    run = walked("SP", 2, 2, "SP-05@N1")
    assert {"EVS1": "NODE2", "EVS2": "NODE2"} == owners(run)
    run = run.do_rest(until="SP-08@EVS2")
    assert {"EVS1": "NODE1", "EVS2": "NODE1"} == owners(run)


def test_a_pair_with_too_many_storage_groups_cannot_share():
    """Path SP does not let a pair share a node with five storage groups (4.3.6, AA-01)."""
    plan = planned(2, 2, groups=2)
    plan = replace(plan, evs=(replace(plan.evs[0], storage_groups=3), plan.evs[1]))
    run = Run(PROCEDURES["upgrade-SP"](plan)).do("SP-01").do("SP-02")
    assert "5 storage groups" in refusal(run, "SP-03@EVS1").because


@pytest.mark.parametrize("path", ["SP", "HF"])
def test_evss_with_the_same_home_leave_no_scheme(path: str):
    """Paths SP and HF are for EVSs that each have a home of their own (4.3.9, derived)."""
    plan = planned(3, 2)
    plan = replace(plan, evs=tuple(replace(evs, home="NODE1") for evs in plan.evs))
    with pytest.raises(ConfigError, match="home of their own"):
        PROCEDURES[f"upgrade-{path}"](plan)


# --- SP: what goes wrong ------------------------------------------------------------------------


def test_sp1_stops_without_its_hotfix():
    """Mistake 21, on every node: hotfix and restart, then SP1 (4.11)."""
    run = walked("SP", 3, 2, "SP-09@N1")
    assert "upgrade-mistake/21" == refusal(run, "SP-11@N1").code
    assert is_whole(run.do_rest())


def test_sp2_on_windows_server_2003_sp1_wants_a_hotfix_of_its_own():
    """SP2 wants that for network connectivity; 831464 from before does not count (4.3.9)."""
    run = walked("SP", 2, 1).do("SP-01", which=SP2).do("SP-02")
    run = run.do("SP-03").do("SP-04").do("WIN").do("SP-03")
    assert {"2003 SP1"} == {node.installed[WINDOWS] for node in built(run).config.nodes}
    assert "network connectivity" in refusal(run, "SP-05").because
    assert is_whole(run.do("SP-04").do_rest())


def test_sp2_on_windows_server_2003_without_a_pack_is_let_pass():
    """[conflict] preview notes demand Windows SP1, the released SP2 recommends it (4.3.9)."""
    run = walked("SP", 2, 1).do("SP-01", which=SP2).do("SP-02").do("SP-03")
    assert SP2 == versions(run.do("SP-05"))["NODE2"]


def test_moving_an_evs_back_early_fails_with_ue_01():
    """EVS1 fails with UE-01 on a node without the pack, and returns to the other (4.3.9)."""
    run = walked("SP", 2, 1, "SP-08").do("SP-12")
    assert ["ORDER", "UE-01"] == sorted(codes(run))
    reasons = [change.because for record in run.records for outcome in record.history
               for change in outcome.changes]  # fmt: skip
    assert any("version of Exchange on this machine does not match" in text for text in reasons)
    assert is_whole(run.do_rest().do("SP-12"))


def test_two_evss_at_once_hang_and_two_on_a_node_are_refused():
    """In path SP too: UE-11, and UE-05 on a node that has an EVS (4.3.9)."""
    run = walked("SP", 3, 2, "SP-06@EVS1").do("SP-07@EVS1", together="another EVS at the same time")
    assert (["UE-11"], "2003") == (codes(run), versions(run)["EVS1"])
    run = run.do("SP-07@EVS1").do("SP-08@EVS1")
    assert "UE-05" == refusal(run, "SP-06@EVS2", node="NODE3").code
    assert is_whole(run.do_rest())


def test_one_node_with_sp1_and_one_with_sp2_do_not_mix():
    """SP1 on NODE2 and SP2 on NODE1: EVS1 with SP1 needs the command there; then UE-01 (4.0.3)."""
    run = walked("SP", 2, 1, "SP-10").do("SP-11", pack=SP2)
    assert {"NODE1": SP2, "NODE2": SP1, "EVS1": SP1} == versions(run)
    moved = run.do("SP-12")
    assert ["upgrade-mistake/6"] == codes(moved)
    assert "NODE2" == built(moved).owners["EVS1"]
    forward = run.do("SP-06", node="NODE1").do("SP-07").do("SP-08")
    assert (SP2, GroupState.ONLINE) == (
        versions(forward)["EVS1"],
        built(forward).group_state("EVS1"),
    )
    back = forward.send(MoveGroup("EVS1", "NODE2"))
    assert "NODE1" == built(back).owners["EVS1"]
    assert is_whole(forward.do("SP-03").do("SP-05", pack=SP2).send(MoveGroup("EVS1", "NODE2")))


def test_an_older_pack_does_not_go_onto_a_newer_one():
    """Setup of SP1 has nothing to do where SP2 is (4.3.9, derived)."""
    run = walked("SP", 2, 1, "SP-04").do("SP-05", pack=SP2)
    assert "NOTHING" == refusal(run, "SP-05").code


def test_a_hotfix_that_changes_exsetdata_needs_the_command():
    """Without it an EVS fails on the node that has the hotfix, and goes back (4.3.9, R6)."""
    run = walked("SP", 2, 1).do("SP-01", which=HOTFIX).do_rest(until="SP-06").do("SP-08")
    assert "NODE1" == built(run).owners["EVS1"]
    run = run.do("SP-06").do("SP-07").do("SP-08")
    assert ("NODE2", HOTFIX) == (built(run).owners["EVS1"], versions(run)["EVS1"])
    assert is_whole(run.do_rest())


# --- HF: no command -----------------------------------------------------------------------------


@pytest.mark.parametrize(("nodes", "evs"), SIZES)
def test_path_hf_leads_every_cluster_through_a_hotfix_without_a_command(nodes: int, evs: int):
    """Where exsetdata.dll stays as it is, an EVS is moved, online, and never upgraded (4.3.9)."""
    run = walked("HF", nodes, evs).do_rest()
    assert (0, homes(run)) == (run.cost().mistakes, owners(run))
    assert sorted(node.name for node in run.procedure.plan.nodes) == sorted(went_down(run))
    assert {240.0} == set(forecast(run.procedure).downtime_s.values())
    assert is_whole(run)
    assert run.situation == Run.from_json(run.to_json()).situation


def test_a_hotfix_restarts_the_node_unless_its_text_says_otherwise():
    """[conflict] one hotfix of SP1 restarts cluster nodes, one of SP2 asks for none (4.3.9)."""
    run = walked("HF", 2, 1, "HF-02@N2")
    assert ["NODE2"] == went_down(run.do("HF-03@N2"))
    assert [] == went_down(run.do("HF-03@N2", restart="none is needed"))


def test_before_and_after_such_a_hotfix_an_evs_runs_on_either_node():
    """An EVS whose version did not change can be moved back at once (4.3.9, derived)."""
    run = walked("HF", 2, 1, "HF-04@EVS1").send(MoveGroup("EVS1", "NODE1"))
    assert ("NODE1", GroupState.ONLINE) == (
        built(run).owners["EVS1"],
        built(run).group_state("EVS1"),
    )


# --- P05 and P06: the passes --------------------------------------------------------------------

ROUNDS = [("U2", 2, 1), ("U4", 3, 1), ("U4", 3, 2), ("U4", 4, 1), ("U4", 4, 2), ("U4", 4, 3)]


@cache
def passed(path: str, nodes: int, evs: int, order: tuple[str, ...], groups: int = 1) -> Run:
    """Return a path of which the backup and some passes are done."""
    run = Run(PROCEDURES[f"upgrade-{path}"](planned(nodes, evs, groups=groups))).do("P03")
    for key in order:
        run = run.do(key)
    return run


@pytest.mark.parametrize("order", PASSES)
@pytest.mark.parametrize(("path", "nodes", "evs"), [*ROUNDS, ("AA2", 2, 2)])
def test_two_passes_bring_every_evs_home(path: str, nodes: int, evs: int, order: tuple[str, str]):
    """One of P05 and P06 takes an EVS away, the other one brings it back (4.5.3)."""
    run = passed(path, nodes, evs, order)
    start = passed(path, nodes, evs, ())
    assert (homes(run), 0) == (owners(run), run.cost().mistakes)
    assert built(start).owners == built(run).owners
    assert {"2000 SP3"} == set(versions(run).values())
    assert {"2000 SP4"} == {node.installed[WINDOWS] for node in built(run).config.nodes}
    assert is_whole(run)


@pytest.mark.parametrize("key", ["P05", "P06"])
@pytest.mark.parametrize(("path", "nodes", "evs"), ROUNDS)
def test_in_a_pass_every_node_is_down_once_idle_ones_first(
    path: str, nodes: int, evs: int, key: str
):
    """P05 and P06 take idle nodes, then the node that each EVS has left (4.3.9)."""
    idle = [f"NODE{number}" for number in range(nodes, evs, -1)]
    left = [f"NODE{number}" for number in range(1, evs + 1)]
    assert [*idle, *left] == went_down(passed(path, nodes, evs, (key,)))


def test_the_system_attendant_upgrades_its_evs_itself():
    """In P05 without the command, the first time it is online on a node with SP3 (4.3.9, R6)."""
    run = passed("U2", 2, 1, ("P05",))
    online = [stay for stay in Timeline(run).evs["EVS1"] if not stay.is_out]
    seen = dict.fromkeys((stay.node, stay.version) for stay in online)
    assert [("NODE1", "2000 SP2"), ("NODE2", "2000 SP3")] == list(seen)
    attendants = [attendant_of(cluster.config, "EVS1") for cluster in moments(run)]
    assert not [item for item in attendants if UPGRADING_ON in item.private]


def test_a_windows_pack_pauses_its_node():
    """P06 pauses a node, moves groups, installs, restarts, resumes (4.3.9)."""
    run = passed("U2", 2, 1, ("P06",))
    states = [stay.state for stay in Timeline(run).nodes["NODE2"]]
    assert ["Up", "Paused", "Down", "Joining", "Up"] == [state for state, _ in groupby(states)]


@pytest.mark.parametrize("key", ["P05", "P06"])
def test_a_node_is_down_for_the_pack_and_its_restart(key: str):
    """T_SP and T_REBOOT in P05; that a pack of Windows takes T_SP too is ours (4.5.3)."""
    lanes = Timeline(passed("U2", 2, 1, (key,)))
    for stays in lanes.nodes.values():
        away = [s.end_s - s.start_s for s in stays if s.state in ("Down", "Joining")]
        assert 1200 + 480 == sum(away)


@pytest.mark.parametrize(("path", "nodes", "evs", "moves"), [("U4", 4, 3, 2), ("AA2", 2, 2, 4)])
def test_the_forecast_counts_the_moves_that_are_played(path: str, nodes: int, evs: int, moves: int):
    """P05 and P06 cost one move per EVS each, two without an idle node (4.5.3).

    T_MOVE is 120 s; with four storage groups Exchange 2000 takes 135 s, with two 115 s.
    """
    groups = 4 if path == "U4" else 2
    run = passed(path, nodes, evs, ("P05", "P06"), groups)
    procedure = run.procedure
    bare, whole = forecast(procedure), forecast(procedure, with_preparation=True)
    lanes = Timeline(run)
    for name in homes(run):
        assert 120 * moves == whole.downtime_s[name] - bare.downtime_s[name]
        assert (135 if groups == 4 else 115) * moves == lanes.out_s(name)


def test_a_pass_takes_no_longer_than_its_step():
    """P05 and P06 have 45 minutes for each node, and are played in that time (4.2)."""
    run = passed("U4", 4, 3, ("P05", "P06"))
    assert run.situation.minute * 60 == built(run).now_s


@pytest.mark.parametrize("key", ["P05", "P06"])
@pytest.mark.parametrize(
    ("event", "because"),
    [
        (NodeFailed("NODE2"), "NODE2 is Down"),
        (PauseNode("NODE2"), "NODE2 is Paused"),
        (TakeOffline("EVS1"), "EVS1 is Offline"),
    ],
)
def test_nothing_goes_round_while_a_node_or_an_evs_is_not_well(key: str, event, because: str):
    """P05 and P06 are refused by the name of what is not well (4.2, derived from P14)."""
    assert because in refusal(passed("U2", 2, 1, ()).send(event), key).because


def test_an_evs_that_failed_stops_a_pass():
    """A pass waits for an EVS that is Failed and a node that is Down (4.2, derived)."""
    run = passed("U2", 2, 1, ()).send(SetProperties("EVS1/SA", {"defective_on": ("NODE2",)}))
    run = run.send(NodeFailed("NODE1"))
    assert "NODE1 is Down; EVS1 is Failed." == refusal(run, "P05").because


def test_an_evs_that_does_not_come_online_on_the_way_undoes_the_pass():
    """When an EVS does not come online on its way, the pass is refused whole (4.2, derived)."""
    run = passed("U2", 2, 1, ()).send(SetProperties("EVS1/SA", {"defective_on": ("NODE2",)}))
    assert "EVS1 is moved to NODE2 and is then" in refusal(run, "P05").because


def test_a_pack_of_exchange_wants_msdtc():
    """A service pack of Exchange 2000 wants MSDTC online too (4.3.9; KB 312316)."""
    run = passed("U2", 2, 1, ()).send(TakeOffline("MSDTC"))
    assert "UE-03" == refusal(run, "P05").code
    assert is_whole(run.do("P06").do("P13").do("P05"))


@pytest.mark.parametrize("key", ["P05", "P06"])
def test_without_room_to_share_a_pair_does_not_go_round(key: str):
    """P05 and P06 do not let a pair share a node with five storage groups (4.3.6)."""
    plan = planned(2, 2, groups=2)
    plan = replace(plan, evs=(replace(plan.evs[0], storage_groups=3), plan.evs[1]))
    run = Run(PROCEDURES["upgrade-AA2"](plan)).do("P03")
    assert "5 storage groups" in refusal(run, key).because


@pytest.mark.parametrize("key", ["P05", "P06"])
def test_a_second_time_there_is_nothing_to_do(key: str):
    """P05 or P06 done again finds nothing to do (4.2, derived)."""
    assert "NOTHING" == refusal(passed("U2", 2, 1, (key,)), key).code


def test_exchange_2000_does_not_go_round_beside_2003():
    """P05 is refused once a node has 2003, from which no EVS could come back (4.2, derived)."""
    run = walked("CI", 2, 1)
    for task in run.left():
        if task.short == "CI-05":
            break
        if task.short not in ("P05", "P06"):
            run = run.do(task.key)
    assert "The nodes have Exchange 2000 and 2003." == refusal(run, "P05").because


@pytest.mark.parametrize(
    ("path", "nodes", "evs"), [("U2", 2, 1), ("U4", 4, 3), ("U4S", 4, 3), ("AA2", 2, 2)]
)
@pytest.mark.parametrize("order", PASSES)
def test_a_node_that_fails_between_the_passes_stops_no_path(
    path: str, nodes: int, evs: int, order: tuple[str, str]
):
    """After a node failed and started again the other pass and the path go on (4.2, derived)."""
    run = passed(path, nodes, evs, order[:1])
    failed = built(run).owners["EVS1"]
    run = run.send(NodeFailed(failed))
    assert "is Down" in refusal(run, order[1]).because
    run = run.send(StartNode(failed)).do(order[1])
    run = share_out(run).do_rest()
    assert {ExchangeVersion.E2003_RTM.value} == set(versions(run).values())
    assert is_whole(run)


def share_out(run: Run) -> Run:
    """Return the run with EVSs that share a node after a failure apart again."""
    for name, home in homes(run).items():
        others = [node for evs, node in owners(run).items() if evs != name]
        if owners(run)[name] in others:
            run = run.send(MoveGroup(name, home))
    return run


def test_a_newer_pack_of_windows_stays():
    """Beside path SP a node with SP2 of Windows Server 2003 keeps it (4.3.9, derived)."""
    has = {EXCHANGE: "2003", WINDOWS: "2003 SP2"}
    run = walked("SP", 2, 1).send(SetProperties("NODE2", {"installed": has}))
    run = run.do("WIN")
    packs = [node.installed[WINDOWS] for node in built(run).config.nodes]
    assert ["2003 SP1", "2003 SP2"] == packs
    assert "NOTHING" == refusal(run, "WIN").code


def test_the_lines_of_a_pass_are_those_that_were_run():
    """P06 on two nodes: what cluster.exe does of it, in its order (4.3.9)."""
    lines = passed("U2", 2, 1, ("P06",)).records[-1].lines
    assert [
        "cluster node NODE2 /pause",
        'cluster group "Cluster Group" /moveto:NODE1 /wait',
        "cluster node NODE2 /resume",
        'cluster group "EVS1" /moveto:NODE2 /wait',
        "cluster node NODE1 /pause",
        'cluster group "Cluster Group" /moveto:NODE2 /wait',
        "cluster node NODE1 /resume",
        'cluster group "Cluster Group" /moveto:NODE1 /wait',
    ] == list(lines)
