"""Handbook 1, corrections: what later reading of the documents changed, each with its example."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clusterlab import OperationRefused, Simulation, exchange_cluster
from clusterlab.cluster.configuring import configure
from clusterlab.cluster.model import WINDOWS, Resource
from clusterlab.cluster.outages import service_part
from clusterlab.cluster.resource_types import GENERIC_SERVICE, IP_ADDRESS, WINS
from clusterlab.cluster.resting import at_rest, cluster_from
from clusterlab.cluster.states import QuorumModel, ResourceState, RestartAction, Windows
from clusterlab.cluster.story import story_text
from tests.plain import logged, moves, plain, refusal, simulated, times
from tests.truths import broken

DISK_OF_EVS3 = "Disk V:"
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
    """Offline Pending for too long: Failed, 1069, unclean; the move goes on (1.4; 2, 4.5)."""
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


def dead_disk(*, forgets_tried_nodes: bool = False) -> Simulation:
    """Return three EVSs on four nodes after a disk of EVS3 died for every node."""
    cluster = exchange_cluster()
    config = replace(cluster.config, forgets_tried_nodes=forgets_tried_nodes)
    sim = Simulation(replace(cluster, config=config))
    sim.lose_disk(DISK_OF_EVS3)
    sim.run(until_s=3000)
    return sim


def test_5_3_a_group_is_tried_on_every_possible_owner_before_it_goes_back():
    """Nodes that host an EVS are put last and visited; nobody is tried twice in a round (5.3)."""
    sim = dead_disk()
    owners = [node[-1] for _, node in moves(sim, "EVS3")]
    assert list("4124314324") == owners
    assert (10, "Failed") == (len(sim.cluster.failovers["EVS3"]), sim.state("EVS3").value)
    failed_on = {e.node for e in sim.log if (e.event_id, e.resource) == (1069, DISK_OF_EVS3)}
    assert {"NODE1", "NODE2", "NODE3", "NODE4"} == failed_on
    assert {"Online"} == {sim.state(evs).value for evs in ("EVS1", "EVS2")}
    assert [] == moves(sim, "EVS1") + moves(sim, "EVS2")


def test_5_3_the_walk_without_memory_is_an_option():
    """Option: without memory the group goes between the two nodes that host no other EVS (5.3)."""
    owners = [node[-1] for _, node in moves(dead_disk(forgets_tried_nodes=True), "EVS3")]
    assert list("4343434343") == owners


def test_5_3_online_as_a_whole_or_an_administrator_ends_the_memory():
    """The nodes tried are forgotten when the whole group is Online, or somebody acts (5.3)."""
    sim = dead_disk()
    assert {"EVS3"} == set(sim.cluster.tried)
    sim.restore_disk(DISK_OF_EVS3)
    sim.bring_online("EVS3")
    assert {} == sim.cluster.tried
    sim = Simulation(exchange_cluster())
    sim.set_properties("EVS3/IS", restart_threshold=0)
    sim.fail_resource("EVS3/IS")
    assert {"EVS3": ("NODE3",)} == sim.cluster.tried
    sim.run(until_s=1000)
    assert ("Online", {}) == (sim.state("EVS3").value, sim.cluster.tried)


def test_8_3_the_service_control_manager_logs_beside_the_cluster_service():
    """7023 follows each 1006 and 7031 each 1009, on the node concerned; none after 1063 (8.3)."""
    sim = simulated(nodes=2)
    sim.lose_disk("Disk Q:", "N2")
    sim.fail_node("N1")
    sim.run(until_s=200)
    on_n2 = [(e.event_id, e.source) for e in sim.log if e.event_id in (1006, 1009, 7023, 7031)]
    manager = "Service Control Manager"
    assert [(1006, "ClusSvc"), (7023, manager)] == on_n2[:2]
    assert {(1009, "ClusSvc"), (7031, manager)} == set(on_n2[2:])
    assert [1009, 7031] * (len(on_n2[2:]) // 2) == [event_id for event_id, _ in on_n2[2:]]
    calm = simulated(nodes=2)
    calm.stop_cluster_service("N2")
    calm.run(until_s=60)
    assert [1063] == [e.event_id for e in calm.log if e.node == "N2"][-1:]


def signed() -> Simulation:
    """Return a cluster whose Disk R: is configured with a signature."""
    cluster = exchange_cluster()
    config = configure(cluster.config, "Disk R:", private={"Signature": "1A2B3C4D"})
    return Simulation(replace(cluster, config=config))


@pytest.mark.parametrize(
    ("lose", "mend"), [(("lose_disk",), "restore_disk"), (("sign_disk", "99"), "sign_disk")]
)
def test_3_a_disk_is_found_by_its_signature(lose, mend):
    """Lost or with another signature: 1034 of ClusDisk, then 1069; put back: Online (3, 4.12)."""
    sim = signed()
    sim.take_offline("EVS1")
    sim.run(until_s=100)
    getattr(sim, lose[0])("Disk R:", *lose[1:])
    sim.set_properties("Disk R:", restart_threshold=0, restart_action=1)
    sim.bring_online("Disk R:")
    sim.run(until_s=110)
    assert "Failed" == sim.state("Disk R:").value
    found = [entry for entry in sim.log if entry.resource == "Disk R:"]
    assert [(1034, "ClusDisk"), (1069, "ClusSvc")] == [(e.event_id, e.source) for e in found]
    assert all(word in found[0].text for word in ("R:", "1A2B3C4D"))
    getattr(sim, mend)("Disk R:")
    sim.bring_online("EVS1")
    sim.run(until_s=400)
    assert "Online" == sim.state("EVS1").value


def test_4_12_a_quorum_disk_with_another_signature_stops_the_start():
    """Signature of the quorum disk changed: 1034, then 1009; nothing happens before (4.12)."""
    sim = simulated(nodes=1)
    sim.sign_disk("Disk Q:", "0")
    sim.run(until_s=100)
    assert [] == list(sim.log)
    sim.stop_cluster_service("N1")
    sim.run(until_s=120)
    sim.start_node("N1")
    sim.run(until_s=135)
    assert [1034, 1009, 7031] == [e.event_id for e in sim.log][-3:]
    sim.sign_disk("Disk Q:")
    sim.run(until_s=300)
    assert "Up" == sim.state("N1").value


def test_3_the_disk_keeps_its_signature_when_the_property_changes():
    """Another signature in the properties is not on the disk: it is no longer found (3)."""
    sim = signed()
    sim.set_properties("Disk R:", private={"Signature": "5"})
    sim.move_group("EVS1", "NODE4")
    sim.run(until_s=60)
    assert 1034 in [entry.event_id for entry in sim.log]


LISTED = ("N5", "N6", "N7")
OTHERS = ("N1", "N2", "N3", "N4")


def forced_side(*, is_cut: bool = True, without_power: tuple[str, ...] = ()) -> Simulation:
    """Return seven nodes after 5 to 7, which hear each other, were started with /forcequorum."""
    sim = simulated(nodes=7, owners={"G1": "N1", "G2": "N6"}, quorum=QuorumModel.MAJORITY)
    for node in sim.cluster.config.nodes_by_name if is_cut else ():
        sim.pull_cable(node, "Private" if node in OTHERS else "Public")
    sim.run(until_s=100)
    for node in LISTED:
        sim.stop_cluster_service(node)
    sim.run(until_s=200)
    for node in without_power:
        sim.fail_node(node)
    sim.run(until_s=300)
    for node in LISTED:
        sim.start_node(node, "forcequorum", LISTED)
    sim.run(until_s=400)
    return sim


def test_6_1_forcing_a_side_that_is_cut_off_runs_both_and_names_the_danger():
    """Unreachable nodes cannot be asked: both sides run, and the groups are Online twice (6.1)."""
    sim = forced_side()
    assert {"Up"} == {state.value for state in sim.cluster.node_states.values()}
    assert {"Online"} == {sim.state(group).value for group in ("G1", "G2")}
    assert all(sim.owner(group) in LISTED for group in ("G1", "G2"))
    dangers = " ".join(sim.history[-1].dangers)
    assert all(f"{g} is Online on {n}" in dangers for g, n in sim.cluster.twice.items())
    assert {"G1", "G2"} <= set(sim.cluster.twice)
    assert "Danger: G1 is Online on N1" in story_text(sim.history)
    assert () == broken(sim.cluster)
    assert "no document says what follows" in refusal(sim, "plug_cable", "N1", "Private").message


def test_6_1_the_danger_ends_when_the_other_side_stops():
    """Nodes on the other side that lose power or are stopped hold nothing any more (6.1)."""
    sim = forced_side()
    sim.fail_node("N1")
    for node in OTHERS[1:]:
        sim.stop_cluster_service(node)
    assert ((), frozenset()) == (sim.history[-1].dangers, sim.cluster.apart)
    sim.plug_cable("N2", "Private")
    assert "Down" == sim.state("N2").value


def cut_in_two() -> Simulation:
    """Return three nodes; N3, which hears nobody, is started with /forcequorum for two."""
    sim = simulated(nodes=3, owners={"G1": "N1", "G2": "N2"}, quorum=QuorumModel.MAJORITY)
    sim.pull_cable("N3", "Private")
    sim.pull_cable("N3", "Public")
    sim.run(until_s=40)
    sim.stop_cluster_service("N3")
    sim.start_node("N3", "forcequorum", ("N1", "N3"))
    return sim


@pytest.mark.parametrize("stop", ["fail_node", "stop_cluster_service"])
def test_6_1_what_ran_on_the_other_side_ends_with_its_node(stop):
    """Also while this side has not formed yet, or never does: a node that is Down runs nothing."""
    sim = cut_in_two()
    assert {"N1", "N2"} == sim.cluster.apart
    getattr(sim, stop)("N1")
    assert ("Down", "Offline") == (sim.state("N1").value, sim.state("G1").value)
    assert (frozenset({"N2"}), ()) == (sim.cluster.apart, broken(sim.cluster))


def test_6_1_a_hang_on_the_other_side_leaves_it():
    """What its watchdog ends is on no side any more, and may join like any other (2.4, 6.1)."""
    sim = forced_side()
    sim.hang_node("N1", in_user_mode=True)
    sim.run(until_s=500)
    assert ("Down", False) == (sim.state("N1").value, "N1" in sim.cluster.apart)
    assert "N1" not in sim.cluster.twice.values()
    assert () == broken(sim.cluster)


def test_6_1_forcing_is_safe_when_the_others_have_no_power():
    """With the other nodes powered off the start is accepted without danger (6.1)."""
    sim = forced_side(without_power=OTHERS)
    assert {"Online"} == {sim.state(group).value for group in ("G1", "G2")}
    assert ((), set(LISTED)) == (
        sim.history[-1].dangers,
        {name for name, state in sim.cluster.node_states.items() if state.value == "Up"},
    )


def test_6_1_a_reachable_node_that_runs_refuses_the_start():
    """With the link whole the running nodes are named, and nothing starts (6.1)."""
    with pytest.raises(OperationRefused, match="running or starting on N1, N2, N3, N4"):
        forced_side(is_cut=False)


def hung(*, in_user_mode: bool = False, action: int = 2) -> Simulation:
    """Return two nodes of which N1, owner of the quorum and of G1, has just hung."""
    sim = simulated(nodes=2, hang_recovery_action=action)
    sim.hang_node("N1", in_user_mode=in_user_mode)
    return sim


def test_4_5_a_node_that_wakes_too_late_terminates_its_service_and_joins():
    """Removed while it hung: 1038 if it owned the quorum, service again 60 s later (4.5, 4.11)."""
    sim = hung()
    sim.run(until_s=120)
    assert ([8.2], "N2", "N2") == (
        times(sim, "N1", "Down"),
        sim.owner("Cluster Group"),
        sim.owner("G1"),
    )
    assert [18.2] == times(sim, "Disk Q:", "Online")
    sim.wake_node("N1")
    sim.run(until_s=400)
    assert [(1038, "N1")] == logged(sim, since_s=120)[:1]
    assert ([185], "N2", "Online") == (
        times(sim, "N1", "Up"),
        sim.owner("G1"),
        sim.state("G1").value,
    )


def test_4_5_a_node_that_did_not_own_the_quorum_logs_1006_when_it_wakes():
    """Without the quorum disk it is 1006, then 7023 of the Service Control Manager (4.5)."""
    sim = simulated(nodes=2)
    sim.hang_node("N2")
    sim.run(until_s=100)
    sim.wake_node("N2")
    assert [(1006, "N2"), (7023, "N2")] == logged(sim, since_s=100)
    sim.run(until_s=200)
    assert [165] == times(sim, "N2", "Up")


def test_4_5_a_node_that_wakes_soon_goes_on():
    """Hang and wake within 5 s: 1123, then 1122, no failover; what was under way goes on (4.5)."""
    sim = simulated(nodes=2)
    sim.take_offline("G1")
    sim.run(until_s=100)
    sim.bring_online("G1")
    sim.run(until_s=101)
    sim.hang_node("N1")
    sim.run(until_s=105)
    sim.wake_node("N1")
    sim.run(until_s=300)
    assert {1123, 1122} == {e.event_id for e in sim.log if 1100 < e.event_id < 1200}
    assert [] == moves(sim, "G1")
    assert [116] == times(sim, "G1 Service", "Online")


def test_4_5_a_node_that_wakes_soon_starts_what_it_was_given_while_it_hung():
    """A group that was moved to it meanwhile, and waited for an owner, comes online there (4.5)."""
    sim = simulated(nodes=2)
    sim.move_group("G1", "N2")
    sim.run(until_s=0.5)
    sim.hang_node("N2")
    sim.run(until_s=5)
    assert ("N2", "Offline") == (sim.owner("G1"), sim.state("G1").value)
    sim.wake_node("N2")
    assert () == broken(sim.cluster)
    sim.run(until_s=60)
    assert ("N2", "Online") == (sim.owner("G1"), sim.state("G1").value)


@pytest.mark.parametrize(("action", "down_s"), [(0, []), (1, []), (2, [60]), (3, [68.2])])
def test_4_5_in_user_mode_only_the_watchdog_sees_a_hang(action, down_s):
    """Heartbeats go on: HangRecoveryAction 2 and 3 act after 60 s, 0 and 1 never (2.4, 4.5)."""
    sim = hung(in_user_mode=True, action=action)
    sim.run(until_s=50)
    assert ("Online", "detect") == (sim.state("G1").value, service_part(sim.cluster, "G1"))
    sim.run(until_s=2000)
    assert down_s == times(sim, "N1", "Down")
    assert ("N2" if down_s else "N1") == sim.owner("G1")
    if action == 2:
        sim.wake_node("N1")
        sim.run(until_s=2070)
        assert [2065] == times(sim, "N1", "Up")


def test_4_12_a_full_quorum_disk_lets_the_cluster_run_and_refuses_changes():
    """While running: 1021 once, each change refused with 1080, groups stay Online (4.12)."""
    sim = simulated(nodes=2)
    sim.fill_quorum_disk()
    assert [(1021, "N1")] == logged(sim)
    said = refusal(sim, "create_group", "G9")
    assert "1080" in said.message
    sim.run(until_s=600)
    assert ("Online", [(1021, "N1")]) == (sim.state("G1").value, logged(sim))
    sim.free_quorum_disk()
    sim.create_group("G9")


def test_4_12_a_full_quorum_disk_of_a_stopped_cluster_needs_the_cure():
    """At a start 1022, 1009, 7031; files are deleted only with the driver disabled (4.12)."""
    sim = simulated(nodes=2)
    sim.fill_quorum_disk()
    sim.stop_cluster_service("N2")
    sim.run(until_s=60)
    sim.stop_cluster_service("N1")
    sim.run(until_s=120)
    sim.start_node("N1")
    sim.run(until_s=140)
    assert [(1022, "N1"), (1009, "N1"), (7031, "N1")] == logged(sim, since_s=120)
    assert "Down" == sim.state("N1").value
    assert "No node owns Disk Q:" in refusal(sim, "free_quorum_disk").message
    assert "N1 runs or starts" in refusal(sim, "free_quorum_disk", "N2").message
    sim.free_quorum_disk("N1")
    sim.run(until_s=400)
    assert "Up" == sim.state("N1").value


def evicted_while_off(windows: Windows) -> Simulation:
    """Return three nodes of which N3 was switched off, evicted, and is started again."""
    sim = simulated(nodes=3, windows=windows)
    sim.fail_node("N3")
    sim.run(until_s=100)
    sim.evict_node("N3")
    sim.start_node("N3")
    return sim


def test_4_8_a_machine_evicted_while_it_was_off_cleans_itself_up():
    """WS2003: 5893 at its start, no retry, then it can be added without /forcecleanup (4.8)."""
    sim = evicted_while_off(Windows.WS2003)
    assert [5893] == [change.error_code for change in sim.history[-1].changes]
    sim.run(until_s=400)
    assert "N3" not in sim.cluster.node_states
    sim.add_node("N3")
    sim.start_node("N3")
    sim.run(until_s=500)
    assert "Up" == sim.state("N3").value


def test_4_8_before_2003_it_logs_1009_each_minute():
    """W2K: 1009 is repeated until the machine is cleaned up by hand (4.8)."""
    sim = evicted_while_off(Windows.W2K)
    sim.run(until_s=290)
    assert [100, 160, 220, 280] == [e.at_s for e in sim.log if (e.event_id, e.node) == (1009, "N3")]
    sim.clean_up_node("N3")
    sim.run(until_s=500)
    assert 280 == max(e.at_s for e in sim.log if e.node == "N3")


def with_key() -> Simulation:
    """Return a service that takes the key K, now 1 on N1, from node to node."""
    sim = simulated(nodes=2)
    sim.set_registry("N1", "K", "1")
    sim.add_checkpoint("G1 Service", "K")
    return sim


def test_3_a_key_changed_while_its_resource_is_offline_is_overwritten():
    """Checkpoints are written into the registry before the resource comes online (3)."""
    sim = with_key()
    sim.take_offline("G1 Service")
    sim.run(until_s=50)
    sim.set_registry("N1", "K", "2")
    sim.bring_online("G1 Service")
    sim.run(until_s=100)
    assert "1" == sim.cluster.registry["N1", "K"]


def test_3_a_key_changed_while_its_resource_is_online_goes_with_it():
    """Changes while the resource is online are saved, and arrive on the next node (3, 4.4)."""
    sim = with_key()
    sim.set_registry("N1", "K", "2")
    sim.set_registry("N2", "K", "9")
    sim.move_group("G1", "N2")
    sim.run(until_s=100)
    assert {("N1", "K"): "2", ("N2", "K"): "2"} == sim.cluster.registry
    sim.remove_checkpoint("G1 Service", "K")
    assert {} == sim.cluster.checkpoints
    assert "It has: none." in refusal(sim, "remove_checkpoint", "G1 Service", "K").message


@pytest.mark.parametrize(("with_netbios", "online"), [(81, 64), (64, 81)])
def test_3_a_node_holds_64_netbios_addresses(with_netbios, online):
    """The 65th address with EnableNetBIOS 1 fails with 1044, then 1069; others do not count (3)."""
    cluster = plain(nodes=1, owners={"G1": "N1"})
    names = [f"IP {number}" for number in range(81)]
    addresses = [
        Resource(
            name=name,
            type=IP_ADDRESS,
            group="G1",
            restart_action=RestartAction.DONT_RESTART,
            private={"EnableNetBIOS": int(place < with_netbios)},
        )
        for place, name in enumerate(names)
    ]
    kept = [replace(r, private={"EnableNetBIOS": 0}) for r in cluster.config.resources]
    config = replace(cluster.config, resources=(*kept, *addresses), is_as_found=True)
    states = {name: ResourceState.OFFLINE for name in names}
    sim = Simulation(at_rest(config, cluster.owners, states=states))
    sim.bring_online("G1")
    sim.run(until_s=100)
    assert online == [sim.state(name).value for name in names].count("Online")
    failed = [e.event_id for e in sim.log if e.event_id in (1044, 1069)]
    assert [1044, 1069] * (81 - online) == failed


def test_5_3_windows_2000_has_no_word_of_anti_affinity():
    """W2K: verdicts say where a node stands in the list; the property cannot be set (5.3)."""
    sim = Simulation(exchange_cluster(windows=Windows.W2K))
    sim.fail_node("NODE1")
    sim.run(until_s=300)
    text = story_text(sim.history) + "".join(
        decision.rule + decision.source for o in sim.history for decision in o.decisions
    )
    assert "affinity" not in text
    assert "5.3" not in text
    with pytest.raises(OperationRefused, match="no AntiAffinityClassNames"):
        sim.set_properties("EVS1", anti_affinity_class_names=("x",))


def with_many(count: int, windows: str) -> Simulation:
    """Return three nodes with so many resources; N3, whose Windows is given, is Down."""
    cluster = plain(nodes=3)
    more = tuple(
        Resource(name=f"Service {number}", type=GENERIC_SERVICE, group="G1")
        for number in range(count - len(cluster.config.resources))
    )
    nodes = tuple(replace(node, installed={WINDOWS: windows}) for node in cluster.config.nodes)
    config = replace(cluster.config, resources=(*cluster.config.resources, *more), nodes=nodes)
    sim = Simulation(cluster_from(config, cluster.owners))
    sim.stop_cluster_service("N3")
    sim.run(until_s=100)
    sim.start_node("N3")
    sim.run(until_s=110)
    return sim


@pytest.mark.parametrize(
    ("count", "windows", "state"),
    [(600, "2003", "Down"), (600, "2003 SP1", "Up"), (12, "2003", "Up")],
)
def test_4_13_very_many_resources_stop_a_join_without_a_service_pack(count, windows, state):
    """600 resources without SP1: 1070 (1726), 1009, 7031; from SP1 on, or with few: Up (4.13)."""
    sim = with_many(count, windows)
    assert state == sim.state("N3").value
    failed = [1070, 1009, 7031] if state == "Down" else []
    assert failed == [e.event_id for e in sim.log if e.event_id in (1070, 1009, 7031)]


def test_4_13_a_node_whose_service_cannot_start_goes_on_until_its_next_start():
    """What keeps a service from starting shows at the next start: 1009 each minute (4.13)."""
    sim = simulated(nodes=2)
    sim.set_properties("N2", service_fault="NTLMv2 is demanded, and hotfix 890761 is missing")
    sim.run(until_s=100)
    assert "Up" == sim.state("N2").value
    sim.stop_cluster_service("N2")
    sim.run(until_s=200)
    sim.start_node("N2")
    sim.run(until_s=270)
    assert [200, 260] == [e.at_s for e in sim.log if e.event_id == 1009]
    sim.set_properties("N2", service_fault="")
    sim.run(until_s=400)
    assert "Up" == sim.state("N2").value


def wins() -> Simulation:
    """Return a cluster with WINS on N1 and N2 with Windows 2000 and N3 with 2003."""
    cluster = plain(nodes=3)
    config = cluster.config
    service = replace(config.resources_by_name["G1 Service"], type=WINS)
    service = replace(service, depends_on=("G1 Disk", "G1 IP"))
    resources = tuple(service if r.name == service.name else r for r in config.resources)
    releases = {"N1": "2000", "N2": "2000", "N3": "2003"}
    nodes = tuple(replace(n, installed={WINDOWS: releases[n.name]}) for n in config.nodes)
    config = replace(config, resources=resources, nodes=nodes, windows=Windows.W2K)
    return Simulation(cluster_from(config, cluster.owners))


def test_3_wins_that_was_online_on_2003_does_not_run_on_2000_again():
    """The first online on 2003 converts the database (609); on 2000 it is then unreadable (412)."""
    sim = wins()
    sim.move_group("G1", "N2")
    sim.run()
    assert ("N2", "Online") == (sim.owner("G1"), sim.state("G1").value)
    sim.move_group("G1", "N3")
    sim.run()
    assert [(609, "N3")] == [(e.event_id, e.node) for e in sim.log if e.source == "esent"]
    sim.move_group("G1", "N1")
    sim.run()
    assert "N1" in {e.node for e in sim.log if (e.event_id, e.source) == (412, "esent")}
    assert ("N3", "Online") == (sim.owner("G1"), sim.state("G1").value)
    assert 1 == [e.event_id for e in sim.log].count(609)


def test_4_5_losing_power_ends_a_hang_and_a_join_that_hangs_goes_on():
    """A hung node that lost power does not wake; one that hangs while it joins starts once."""
    sim = hung(in_user_mode=True)
    sim.fail_node("N1")
    assert "does not hang" in refusal(sim, "wake_node", "N1").message
    sim = simulated(nodes=2)
    sim.stop_cluster_service("N2")
    sim.run(until_s=100)
    sim.start_node("N2")
    sim.hang_node("N2", in_user_mode=True)
    sim.wake_node("N2")
    sim.run()
    assert [105] == times(sim, "N2", "Up")


def test_6_a_majority_that_is_lost_to_a_watchdog_stops():
    """Two of three nodes run, one hangs in user mode: its end leaves no majority (2.4, 6)."""
    sim = simulated(nodes=3, quorum=QuorumModel.MAJORITY)
    sim.stop_cluster_service("N3")
    sim.run(until_s=100)
    sim.hang_node("N2", in_user_mode=True)
    sim.run(until_s=161)
    assert {"Down"} == {sim.state(f"N{number}").value for number in (1, 2, 3)}
    assert () == broken(sim.cluster)
