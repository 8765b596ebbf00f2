"""Handbook 3, C01 to E08 and 6.2: an EVS is created on a new cluster and removed again."""

from __future__ import annotations

import pytest

from clusterlab import OperationRefused, Simulation, exchange_cluster
from clusterlab.cluster.events import AddNode
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.states import GroupState, QuorumModel
from clusterlab.exchange.creation import (
    attendant_event,
    formed_cluster,
    missing_exchange_types,
    removal_order,
)
from clusterlab.exchange.evs import EVS_CLASS, EXCHANGE_2000, EXCHANGE_2003, SYSTEM_ATTENDANT
from tests.truths import broken

NEEDS_2000 = {"SMTP": "IS", "HTTP": "IS", "Search": "IS", "IMAP4": "IS", "POP3": "IS"}


def built(version: int = EXCHANGE_2003, nodes: int = 2) -> Simulation:
    """Return a cluster with Exchange on every node and two disks in Group 0 and Group 1."""
    sim = Simulation(formed_cluster(disks=("Disk R:", "Disk S:"), version=version))
    for number in range(2, nodes + 1):
        sim.send(AddNode(f"NODE{number}", missing_exchange_types(version)))
        sim.start_node(f"NODE{number}")
        sim.run()
    for node in sim.cluster.config.nodes_by_name:
        sim.set_properties(node, missing_types=())
    return sim


def with_infrastructure(sim: Simulation, evs: str, disk: str) -> None:
    """Create group, address, name and disk of *evs* and bring them online (E01 to E05)."""
    sim.create_group(evs)
    sim.create_resource(f"{evs} IP Address", "IP Address", evs)
    sim.create_resource(
        f"{evs} Network Name",
        "Network Name",
        evs,
        depends_on=(f"{evs} IP Address",),
        private={"Name": evs, "RequireDNS": 1, "RequireKerberos": 1},
    )
    sim.change_group(disk, evs)
    sim.bring_online(evs)
    sim.run()


def tree(sim: Simulation, evs: str) -> dict[str, tuple[str, ...]]:
    """Return what each resource of *evs* needs, by short names."""
    by_name = sim.cluster.config.resources_by_name
    return {
        item.type.short: tuple(by_name[name].type.short for name in item.depends_on)
        for item in sim.cluster.config.members[evs]
    }


def test_2_5_a_formed_cluster_has_one_node_and_the_core_resources():
    """After C01: one node, Cluster Group with quorum, address and name, a group for each disk."""
    cluster = formed_cluster("A", disks=("Disk R:",))
    assert ["A"] == list(cluster.config.nodes_by_name)
    assert {"Cluster Group", "Group 0"} == set(cluster.owners)
    assert {"Disk Q:", "Cluster IP Address", "Cluster Name", "Disk R:"} == set(
        cluster.config.resources_by_name
    )
    assert () == broken(cluster)


@pytest.mark.parametrize("quorum", list(QuorumModel))
def test_2_4_a_cluster_is_formed_with_every_quorum_model(quorum: QuorumModel):
    """One node is a cluster, whatever its quorum; it forms again after a restart."""
    sim = Simulation(formed_cluster(quorum=quorum))
    sim.stop_cluster_service("NODE1")
    sim.run(until_s=30)
    sim.start_node("NODE1")
    sim.run()
    assert GroupState.ONLINE is sim.state("Cluster Group")


def test_e06_without_exchange_the_type_is_not_offered():
    """Before Setup no node has the type: refused with 5079 (ERR-NOTYPE)."""
    sim = Simulation(formed_cluster(disks=("Disk R:",)))
    with_infrastructure(sim, "EVS1", "Disk R:")
    with pytest.raises(OperationRefused) as caught:
        sim.send(attendant_event(sim.cluster.config, "EVS1"))
    assert 5079 == caught.value.code


@pytest.mark.parametrize("missing", ["Network Name", "Disk R:"])
def test_e06_a_system_attendant_needs_the_name_and_every_disk(missing: str):
    """The wizard refuses without one of these dependencies (ERR-DEP, mistake M16)."""
    sim = built()
    with_infrastructure(sim, "EVS1", "Disk R:")
    needs = [name for name in ("EVS1 Network Name", "Disk R:") if missing not in name]
    with pytest.raises(OperationRefused) as caught:
        sim.create_resource("SA", SYSTEM_ATTENDANT, "EVS1", depends_on=tuple(needs))
    assert missing in caught.value.because
    assert "SA" not in sim.cluster.resource_states


def test_e06_exres_creates_the_tree_of_exchange_2003():
    """With the System Attendant come store, MTA, routing, SMTP, HTTP and search, below it (4.1)."""
    sim = built()
    with_infrastructure(sim, "EVS1", "Disk R:")
    sim.send(attendant_event(sim.cluster.config, "EVS1"))
    children = {short: ("SA",) for short in ("IS", "MTA", "Routing", "SMTP", "HTTP", "Search")}
    assert {
        "Disk": (), "IP": (), "Name": ("IP",), "SA": ("Name", "Disk"), **children
    } == tree(sim, "EVS1")  # fmt: skip
    group = sim.cluster.config.groups_by_name["EVS1"]
    assert (EVS_CLASS,) == group.anti_affinity_class_names
    assert GroupState.PARTIALLY_ONLINE is sim.state("EVS1")
    store = sim.cluster.config.resources_by_name[sim.cluster.config.resource_name("EVS1/IS")]
    assert {"storage_groups": 1, "databases": 2} == store.private


def test_e06_exres_creates_the_tree_of_exchange_2000():
    """In Exchange 2000 the protocols need the store, and POP3 and IMAP4 are created too (2.2)."""
    sim = built(EXCHANGE_2000)
    with_infrastructure(sim, "EVS1", "Disk R:")
    sim.send(attendant_event(sim.cluster.config, "EVS1"))
    found = tree(sim, "EVS1")
    assert NEEDS_2000 == {short: needs[0] for short, needs in found.items() if needs == ("IS",)}
    assert {"IS", "MTA", "Routing"} == {s for s, needs in found.items() if needs == ("SA",)}


def test_e08_what_was_built_fails_over():
    """An EVS that was built by hand comes online, and again on the other node after a crash."""
    sim = built()
    with_infrastructure(sim, "EVS1", "Disk R:")
    sim.send(attendant_event(sim.cluster.config, "EVS1"))
    sim.bring_online("EVS1")
    sim.run()
    assert ("NODE1", GroupState.ONLINE) == (sim.owner("EVS1"), sim.state("EVS1"))
    sim.fail_node("NODE1")
    sim.run()
    assert ("NODE2", GroupState.ONLINE) == (sim.owner("EVS1"), sim.state("EVS1"))


def test_4_5_the_second_evs_has_no_mta_and_the_third_is_one_too_many():
    """One MTA in a cluster; three nodes carry two EVSs (handbook 2, 1.3 and 3.2; M20)."""
    sim = built(nodes=3)
    sim.create_resource("Disk T:", "Physical Disk", "Cluster Group")
    for evs, disk in (("EVS1", "Disk R:"), ("EVS2", "Disk S:"), ("EVS3", "Disk T:")):
        with_infrastructure(sim, evs, disk)
        event = attendant_event(sim.cluster.config, evs)
        if evs != "EVS3":
            sim.send(event)
    assert "MTA" in tree(sim, "EVS1")
    assert "MTA" not in tree(sim, "EVS2")
    with pytest.raises(OperationRefused) as caught:
        sim.send(event)
    assert "3 EVSs on 3 nodes" in caught.value.because


def test_r03_an_evs_is_removed_and_the_mta_owner_last():
    """Remove Exchange Virtual Server deletes its Exchange resources; the MTA owner goes last."""
    sim = Simulation(exchange_cluster(2, 1))
    with pytest.raises(OperationRefused) as caught:
        removal_order(sim.cluster.config, "EVS1")
    assert "Message Transfer Agent" in caught.value.because
    for evs in ("EVS2", "EVS1"):
        sim.take_offline(f"{evs}/SA")
        sim.run()
        for name in removal_order(sim.cluster.config, evs):
            sim.delete_resource(name)
    kinds = {item.type.short for item in sim.cluster.config.members["EVS1"]}
    assert {"IP", "Disk", "Name"} == kinds
    assert broken_free(sim.cluster)


def broken_free(cluster: Cluster) -> bool:
    """Return whether no invariant is broken."""
    return () == broken(cluster)


def test_r03_an_online_evs_is_not_removed():
    """While it runs its resources are not deleted: 5019 (R03 needs R02)."""
    sim = Simulation(exchange_cluster(1, 1))
    with pytest.raises(OperationRefused) as caught:
        sim.delete_resource(removal_order(sim.cluster.config, "EVS1")[0])
    assert 5019 == caught.value.code


def test_e06_what_exres_creates_is_not_created_by_hand():
    """Store, MTA, routing and search come with the System Attendant (handbook 2, 1.2)."""
    sim = built()
    with_infrastructure(sim, "EVS1", "Disk R:")
    for kind in ("Information Store", "Routing Service", "MS Search Instance"):
        with pytest.raises(OperationRefused) as caught:
            sim.create_resource("X", f"Microsoft Exchange {kind}", "EVS1")
        assert "with the System Attendant" in caught.value.because


def test_g06_pop3_is_added_by_hand_and_needs_the_system_attendant():
    """POP3 is created later, by hand, and depends on the System Attendant (handbook 3, 5.2)."""
    sim = Simulation(exchange_cluster(1, 1))
    attendant = sim.cluster.config.resource_name("EVS1/SA")
    sim.create_resource("POP3", "Microsoft Exchange POP3 Server Instance", "EVS1")
    with pytest.raises(OperationRefused) as caught:
        sim.bring_online("POP3")
    assert 5002 == caught.value.code
    sim.add_dependency("POP3", attendant)
    sim.bring_online("POP3")
    sim.run()
    assert GroupState.ONLINE is sim.state("EVS1")
