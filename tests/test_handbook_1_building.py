"""Handbook 1, 1.4, 3, 8.1 and 8.4: groups, resources and dependencies that are made and unmade."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from clusterlab import ConfigError, OperationRefused, Simulation, exchange_cluster
from clusterlab.cluster.building import MAX_RESOURCES, core_resources
from clusterlab.cluster.events import CreateGroup, DeleteGroup, RenameGroup
from clusterlab.cluster.model import ClusterConfig, Group
from clusterlab.cluster.states import GroupState, ResourceState, Windows
from clusterlab.clusterexe import run_line
from tests.plain import plain, refusal, simulated, states
from tests.truths import broken


def sim_with_group(*, owner: str = "N1") -> Simulation:
    """Return a plain cluster with an empty group G9 on *owner*."""
    sim = Simulation(plain())
    sim.create_group("G9")
    if owner != "N1":
        sim.move_group("G9", owner)
        sim.run()
    return sim


# --- groups -----------------------------------------------------------------------------------


def test_1_3_a_new_group_is_empty_and_offline():
    """A group is made without resources and is Offline, on the node of the Cluster Group."""
    sim = sim_with_group()
    assert (GroupState.OFFLINE, "N1") == (sim.state("g9"), sim.owner("G9"))
    assert () == sim.cluster.config.members["G9"]
    assert () == broken(sim.cluster)


def test_1_3_groups_without_resources_are_a_legal_description():
    """A configuration may have groups that nothing is in."""
    config = plain().config
    assert "G8" in replace(config, groups=(*config.groups, Group(name="G8"))).groups_by_name


def test_4_5_an_empty_group_fails_over_like_any_other():
    """Every group has an owner that is a member, also when it is empty."""
    sim = sim_with_group(owner="N2")
    sim.fail_node("N2")
    sim.run()
    assert "N2" != sim.owner("G9")
    assert GroupState.OFFLINE is sim.state("G9")


def test_8_1_a_group_name_is_given_once():
    """Names of groups are unique, whatever the case of the letters, and not empty."""
    sim = sim_with_group()
    assert "There is a group G9 already." == refusal(sim, "create_group", "g9").because
    assert "has no name" in refusal(sim, "create_group", " ").because


def test_8_1_only_an_empty_group_is_deleted():
    """A group with resources is not deleted; an empty one is gone."""
    sim = sim_with_group()
    assert "G1 still has" in refusal(sim, "delete_group", "G1").because
    sim.delete_group("G9")
    assert "G9" not in sim.cluster.owners
    assert 5013 == refusal(sim, "delete_group", "G9").code


def test_1_1_the_cluster_group_is_not_deleted():
    """The group of the core resources stays, also under another name."""
    sim = sim_with_group()
    sim.rename_group("Cluster Group", "Core")
    assert 5026 == refusal(sim, "delete_group", "Core").code
    assert "Core" == sim.cluster.config.core_group_name


def test_6_2_the_cluster_group_keeps_its_place_when_another_disk_is_the_quorum():
    """Designating a data disk moves the quorum, not the Cluster Group; its outage still counts."""
    sim = simulated(owners={"G1": "N1"})
    sim.designate_quorum("G1 Disk")
    assert ("G1", "Cluster Group") == (
        sim.cluster.config.quorum_group,
        sim.cluster.config.core_group_name,
    )
    assert ["G1"] == list(sim.outages())
    assert {"G1 Disk", "Cluster Name", "Cluster IP Address"} == core_resources(sim.cluster.config)


def test_8_1_a_renamed_group_goes_on_under_its_new_name():
    """A group that is moving is renamed and arrives; its past is kept."""
    sim = simulated(owners={"G1": "N1"})
    sim.move_group("G1", "N2")
    sim.rename_group("g1", "Mail")
    sim.run()
    assert ("N2", GroupState.ONLINE) == (sim.owner("Mail"), sim.state("Mail"))
    assert 0.0 == sim.spans("Mail")[0].start_s
    assert "There is a group Mail already." == refusal(sim, "rename_group", "Mail", "Mail").because
    sim.rename_group("Mail", "MAIL")
    assert "MAIL" in sim.cluster.owners


def test_a_group_that_is_created_later_has_no_past():
    """What a group's clients saw begins when the group was created; an empty one serves nobody."""
    sim = simulated(owners={"G1": "N1"})
    sim.run(until_s=50)
    sim.create_group("G9")
    sim.run(until_s=60)
    (span,) = sim.spans("G9")
    assert ("offline", 50.0, 60.0) == (span.part, span.start_s, span.end_s)


@pytest.mark.parametrize(
    "event", [CreateGroup("G9"), DeleteGroup("G1"), RenameGroup("G1", "G9")], ids=repr
)
def test_8_4_nothing_is_built_without_a_node(event):
    """Without a node that is Up the configuration cannot be changed: 5050."""
    sim = simulated(2)
    for node in ("N1", "N2"):
        sim.fail_node(node)
    sim.run()
    with pytest.raises(OperationRefused) as caught:
        sim.send(event)
    assert 5050 == caught.value.code


# --- resources --------------------------------------------------------------------------------


def test_8_1_a_new_resource_is_offline_and_may_run_everywhere():
    """A resource is made Offline, with every node as possible owner, its type in any case."""
    sim = sim_with_group()
    sim.create_resource("A", "ip address", "g9", private={"Address": "10.0.0.9"})
    resource = sim.cluster.config.resources_by_name["A"]
    assert ResourceState.OFFLINE is sim.state("A")
    assert (None, "G9", "10.0.0.9") == (
        resource.possible_owners,
        resource.group,
        resource.private["Address"],
    )


def test_3_a_half_built_group_is_legal_and_does_not_come_online():
    """What a type must depend on is asked for when the resource is brought online: 5002."""
    sim = sim_with_group()
    sim.create_resource("A", "IP Address", "G9")
    sim.create_resource("N", "Network Name", "G9")
    for name in ("N", "G9"):
        assert 5002 == refusal(sim, "bring_online", name).code
    assert sim.cluster.config.is_as_found
    sim.add_dependency("N", "A")
    assert not sim.cluster.config.is_as_found
    sim.bring_online("G9")
    sim.run()
    assert GroupState.ONLINE is sim.state("G9")


def test_2_1_an_empty_group_cannot_be_brought_online():
    """Bring Online of a group without resources is refused in words."""
    assert "has no resources" in refusal(sim_with_group(), "bring_online", "G9").because


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("A", "IP Address", "G8"), 5013, "has no group 'G8'"),
        (("A", "IP Adress", "G9"), None, "did you mean 'IP Address'?"),
        (("G1 IP", "IP Address", "G9"), None, "There is a resource G1 IP already."),
        ((" ", "IP Address", "G9"), None, "has no name"),
        (("D", "DHCP Service", "G9"), None, ""),
    ],
)
def test_8_1_what_cannot_be_created_is_refused(arguments, code, words):
    """Group, type and name of a new resource are checked; nothing has changed afterwards."""
    sim = sim_with_group()
    if not words:  # a type that a cluster has once (3)
        sim.create_resource("D1", "DHCP Service", "G1")
        words = "one (handbook 1, 3)"
    before = sim.cluster
    error = refusal(sim, "create_resource", *arguments)
    assert code == error.code
    assert words in error.message
    assert before is sim.cluster


def test_8_4_a_type_that_no_node_has_cannot_be_used():
    """A resource type whose program is on no node is refused: 5079 (handbook 1, 8.4)."""
    sim = sim_with_group()
    for node in sim.cluster.config.nodes_by_name:
        sim.set_properties(node, missing_types=("DHCP Service",))
    assert 5079 == refusal(sim, "create_resource", "D", "DHCP Service", "G9").code
    sim.set_properties("N3", missing_types=())
    sim.create_resource("D", "DHCP Service", "G9")
    assert frozenset({"N3"}) == sim.cluster.config.possible_owners["G9"]


def test_3_a_cluster_has_1674_resources_at_most():
    """The resource after the last possible one is refused: 5076 (handbook 1, 3 and 8.4)."""
    sim = sim_with_group()
    config = sim.cluster.config
    one = config.resources_by_name["G1 IP"]
    more = [
        replace(one, name=f"IP {number}") for number in range(len(config.resources), MAX_RESOURCES)
    ]
    full = replace(config, resources=(*config.resources, *more))
    states_now = {item.name: ResourceState.OFFLINE for item in more}
    cluster = replace(
        sim.cluster, config=full, resource_states={**sim.cluster.resource_states, **states_now}
    )
    assert 5076 == refusal(Simulation(cluster), "create_resource", "A", "IP Address", "G9").code


@pytest.mark.parametrize(
    ("resource", "code"),
    [
        ("Disk Q:", 5020),
        ("Cluster Name", 5026),
        ("Cluster IP Address", 5026),
        ("G1 Disk", 5001),
        ("G1 Service", 5019),
    ],
)
def test_8_4_what_cannot_be_deleted_is_refused(resource, code):
    """The quorum, a core resource, one that others need and one that is online are kept."""
    assert code == refusal(simulated(owners={"G1": "N1"}), "delete_resource", resource).code


def test_8_4_a_resource_that_is_offline_is_deleted():
    """A deleted resource leaves nothing behind in any table."""
    sim = simulated(owners={"G1": "N1"})
    sim.fault_resource("G1 Service")
    sim.take_offline("G1 Service")
    sim.run()
    sim.delete_resource("g1/service")
    assert "G1 Service" not in repr([vars(sim.cluster), vars(sim.cluster.config)])
    assert () == broken(sim.cluster)


def test_4_3_a_failed_resource_may_be_deleted_and_its_group_goes_on():
    """Deleting a resource that has failed for good cancels its one retry."""
    sim = simulated(
        owners={"G1": "N1"}, changes={"G1 Service": {"restart_action": 1, "restart_threshold": 0}}
    )
    sim.fail_resource("G1 Service")
    sim.delete_resource("G1 Service")
    assert (GroupState.ONLINE, ()) == (sim.state("G1"), sim.cluster.timers)


def test_8_1_a_renamed_resource_keeps_its_state_and_what_is_due():
    """A resource that is coming online is renamed and comes online; others still need it."""
    sim = simulated(owners={"G1": "N1"})
    sim.take_offline("G1")
    sim.run()
    sim.bring_online("G1")
    sim.rename_resource("G1 IP", "Address")
    sim.run()
    assert "Online" == states(sim, "G1")["Address"]
    assert ("Address",) == sim.cluster.config.resources_by_name["G1 Name"].depends_on
    sim.rename_resource("Disk Q:", "Quorum")
    assert "Quorum" == sim.cluster.config.quorum


# --- the group of a resource ------------------------------------------------------------------


def test_1_4_a_resource_drags_all_it_is_bound_to_into_another_group():
    """Dependencies never cross groups: what it needs and what needs it go with it (1.4)."""
    sim = sim_with_group()
    sim.change_group("G1 IP", "G9")
    assert () == sim.cluster.config.members["G1"]
    assert GroupState.ONLINE is sim.state("G9")
    sim.fail_node("N1")
    sim.run()
    assert GroupState.ONLINE is sim.state("G9")


def test_3_e04_a_disk_alone_changes_its_group_while_it_is_online():
    """A disk is put into another group and stays Online there (handbook 3, E04)."""
    sim = sim_with_group()
    sim.create_resource("New Disk", "Physical Disk", "G1")
    sim.bring_online("New Disk")
    sim.run()
    sim.change_group("New Disk", "G9")
    assert ("Online", "Online") == (sim.state("New Disk").value, sim.state("G9").value)


def test_1_4_both_groups_must_be_on_one_node():
    """A resource does not change to a group of another node: 5015."""
    error = refusal(sim_with_group(owner="N2"), "change_group", "G1 IP", "G9")
    assert (5015, "Move G9 to N1 first.") == (error.code, error.remedy)


@pytest.mark.parametrize(
    ("resource", "code", "words"),
    [
        ("Disk Q:", 5068, "is the quorum resource"),
        ("Cluster Name", None, "is a core resource"),
        ("G9 IP", None, "is in G9"),
    ],
)
def test_1_1_core_resources_stay_in_the_cluster_group(resource, code, words):
    """The quorum and the cluster's name and address do not change their group."""
    sim = sim_with_group()
    sim.create_resource("G9 IP", "IP Address", "G9")
    error = refusal(sim, "change_group", resource, "G9")
    assert code == error.code
    assert words in error.message


def test_8_4_a_group_changes_only_at_rest():
    """While a resource is pending it does not change its group: 5023."""
    sim = sim_with_group()
    sim.take_offline("G1")
    assert 5023 == refusal(sim, "change_group", "G1 IP", "G9").code


# --- dependencies -----------------------------------------------------------------------------


def test_8_4_dependencies_change_only_while_the_resource_is_offline():
    """Adding and removing a dependency of a resource that is online is refused: 5019."""
    sim = simulated(owners={"G1": "N1"})
    for verb, on in (("add_dependency", "G1 IP"), ("remove_dependency", "G1 Disk")):
        assert 5019 == refusal(sim, verb, "G1 Service", on).code
    needs = ("G1 Name",)
    with pytest.raises(OperationRefused) as caught:
        sim.set_properties("G1 Service", depends_on=needs)
    assert 5019 == caught.value.code
    sim.take_offline("G1 Service")
    sim.run()
    sim.add_dependency("G1 Service", "G1 IP")
    sim.remove_dependency("G1 Service", "G1 Disk")
    assert (*needs, "G1 IP") == sim.cluster.config.resources_by_name["G1 Service"].depends_on


def test_8_4_dependencies_are_not_taken_from_what_is_to_come_online_again():
    """A resource whose node is down is Offline and still asked for: 5019 until it is not."""
    sim = simulated(2, owners={"G1": "N1"}, changes={"G1 Disk": {"possible_owners": ("N1",)}})
    sim.fail_node("N1")
    sim.run()
    assert ResourceState.OFFLINE is sim.state("G1 Service")
    assert 5019 == refusal(sim, "remove_dependency", "G1 Service", "G1 Disk").code


@pytest.mark.parametrize(
    ("verb", "arguments", "code", "words"),
    [
        ("add_dependency", ("G1 Service", "G1 Disk"), 5003, "depends on G1 Disk"),
        ("remove_dependency", ("G1 Service", "G1 IP"), 5002, "does not depend on G1 IP"),
        ("add_dependency", ("G1 Service", "Disk Q:"), None, "Disk Q: is in Cluster Group"),
        ("add_dependency", ("G1 IP", "G1 Service"), None, "run in a circle"),
        ("add_dependency", ("Disk Q:", "Cluster IP Address"), 5069, "is the quorum"),
    ],
)
def test_8_4_dependencies_that_cannot_be_are_refused(verb, arguments, code, words):
    """Dependencies exist once, stay in a group and never run in a circle."""
    sim = simulated(owners={"G1": "N1"})
    sim.take_offline("G1")
    sim.run()
    error = refusal(sim, verb, *arguments)
    assert code == error.code
    assert words in error.message


def test_3_4_2_kerberos_is_ticked_only_while_the_name_is_offline():
    """RequireKerberos of a Network Name that is online cannot be changed: 5023 (handbook 3)."""
    sim = simulated(owners={"G1": "N1"})
    with pytest.raises(OperationRefused) as caught:
        sim.set_properties("G1 Name", private={"RequireKerberos": 1})
    assert 5023 == caught.value.code
    sim.set_properties("G1 Name", private={"Name": "MAIL"})
    sim.take_offline("G1 Name")
    sim.run()
    sim.set_properties("G1 Name", private={"RequireKerberos": 1})


def test_an_address_is_on_a_network_of_the_cluster():
    """An IP Address on an unknown network is refused; names of networks are looked up."""
    sim = sim_with_group()
    with pytest.raises(OperationRefused) as caught:
        sim.create_resource("A", "IP Address", "G9", private={"network": "Moon"})
    assert "has no network 'Moon'" in caught.value.message


def test_a_description_cannot_be_built_wrong():
    """What `configure` cannot do is still impossible in a half-built cluster."""
    sim = sim_with_group()
    sim.create_resource("N", "Network Name", "G9")
    with pytest.raises(ConfigError):
        sim.set_properties("N", restart_threshold=-1)
    assert isinstance(sim.cluster.config, ClusterConfig)
    assert exchange_cluster().config.added_types


# --- nodes, networks, maintenance -------------------------------------------------------------


def test_4_8_a_machine_without_power_is_evicted_and_not_cleaned_up():
    """The eviction succeeds with error 5896; the node joins again only after a cleanup (4.8)."""
    sim = simulated(3, owners={"G1": "N1"})
    sim.fail_node("N3")
    sim.run()
    assert "System error 5896" in run_line(sim, "cluster node N3 /evict")
    assert "N3" not in sim.cluster.config.nodes_by_name
    assert 5896 == refusal(sim, "add_node", "N3").code
    run_line(sim, "cluster node N3 /forcecleanup")
    sim.add_node("N3")
    assert "is no evicted machine" in refusal(sim, "clean_up_node", "N3").because


def test_4_8_a_stopped_machine_is_cleaned_up_with_its_eviction():
    """Windows Server 2003 cleans a machine that can be reached; older ones never do (4.8, 10)."""
    for windows, uncleaned in ((Windows.WS2003, set()), (Windows.W2K, {"N3"})):
        sim = simulated(3, owners={"G1": "N1"}, windows=windows)
        sim.stop_cluster_service("N3")
        sim.run()
        assert "5896" not in run_line(sim, "cluster node N3 /evict")
        assert uncleaned == sim.cluster.uncleaned


def test_4_8_the_last_node_may_be_evicted_while_it_is_up():
    """That ends the cluster: everything stops, and nothing starts again (4.8; 3, M06)."""
    sim = simulated(1, owners={"G1": "N1"})
    sim.evict_node("N1")
    sim.run()
    assert {ResourceState.OFFLINE} == set(sim.cluster.resource_states.values())
    assert "has ended" in refusal(sim, "start_node", "N1").because
    assert "has ended" in refusal(sim, "evict_node", "N1").because
    assert ((), 1011) == (broken(sim.cluster), sim.log[-1].event_id)


def test_8_3_a_fault_that_nobody_can_locate_partitions_the_network():
    """NT4 blames no interface: the network is Partitioned, 1129. Later Windows blame one."""
    for windows, expected in ((Windows.NT4, True), (Windows.WS2003, False)):
        sim = simulated(2, owners={"G1": "N1"}, windows=windows)
        sim.pull_cable("N2", "Private")
        sim.run(until_s=5)
        assert expected == (1129 in {entry.event_id for entry in sim.log})


def test_2_5_every_internal_network_has_a_priority():
    """/setnetpri needs all internal networks and changes the order in which they are used."""
    sim = simulated()
    assert "The internal networks are" in refusal(sim, "set_network_priority", "Public").because
    answer = run_line(sim, "cluster /setnetpri:Public,Private")
    assert ["Public", "Private"] == answer.splitlines()[-2:]
    assert answer == run_line(sim, "cluster /listnetpri")


def test_3_a_disk_in_maintenance_stays_online_whatever_happens_to_it():
    """Its health checks are ignored until maintenance ends; then the fault is found (3)."""
    sim = simulated(owners={"G1": "N1"})
    run_line(sim, 'cluster res "G1 Disk" /maint:on')
    sim.lose_disk("G1 Disk")
    sim.run(until_s=100)
    assert ResourceState.ONLINE is sim.state("G1 Disk")
    sim.set_maintenance("G1 Disk", False)
    sim.run(until_s=110)
    assert 1069 in {entry.event_id for entry in sim.log}


@pytest.mark.parametrize(
    ("resource", "code", "words"),
    [
        ("Disk Q:", 5068, "quorum"),
        ("G1 IP", None, "is of type IP Address"),
        ("G9 Disk", 5023, "is Offline"),
    ],
)
def test_3_only_an_online_data_disk_has_maintenance(resource, code, words):
    """The quorum disk, other types and what is offline are refused (3)."""
    sim = sim_with_group()
    sim.create_resource("G9 Disk", "Physical Disk", "G9")
    error = refusal(sim, "set_maintenance", resource, True)
    assert code == error.code
    assert words in error.message


def test_3_maintenance_ends_when_the_disk_goes_offline():
    """It holds only while the disk stays Online."""
    sim = simulated(owners={"G1": "N1"})
    sim.set_maintenance("G1 Disk", True)
    assert 5023 == refusal(sim, "designate_quorum", "G1 Disk").code
    sim.move_group("G1", "N2")
    sim.run()
    assert frozenset() == sim.cluster.maintenance


def test_2_4_the_cluster_has_a_property_that_can_be_typed():
    """DisableGroupPreferredOwnerRandomization is set at the prompt; a wrong name is none (2.4)."""
    sim = simulated()
    answer = run_line(sim, "cluster /prop DisableGroupPreferredOwnerRandomization=1")
    assert "DisableGroupPreferredOwnerRandomization 1 (0x1)" in answer
    assert sim.cluster.config.disable_group_preferred_owner_randomization
    assert "no common property" in run_line(sim, "cluster /prop Heartbeat=1")


def test_a_group_made_anew_has_no_past():
    """What its deleted namesake was waiting for is not its own; its time begins when it is made."""
    sim = Simulation(exchange_cluster(1, 1))
    for made_s in (0.0, 500.0):
        sim.run(until_s=made_s)
        sim.create_group("G2")
        sim.run(until_s=made_s + 100)
        assert 100.0 == sim.outages()["G2"].seconds
        assert [made_s] == [span.start_s for span in sim.spans("G2")]
        sim.delete_group("G2")


def test_a_renamed_group_keeps_its_past_without_gaps():
    """Its spans follow each other from the start to now, also when somebody else gets its name."""
    sim = Simulation(exchange_cluster(2, 1))
    sim.fail_node("NODE1")
    sim.run(until_s=50)
    sim.rename_group("EVS1", "EVS9")
    sim.create_group("EVS1")
    sim.run(until_s=400)
    spans = sim.spans("EVS9")
    assert (0.0, 400.0) == (spans[0].start_s, spans[-1].end_s)
    assert all(one.end_s == other.start_s for one, other in pairwise(spans))
    assert ["offline"] == [span.part for span in sim.spans("EVS1")]
    assert 50.0 == sim.spans("EVS1")[0].start_s
    sim.undo()
    assert "EVS1" not in sim.cluster.config.groups_by_name
