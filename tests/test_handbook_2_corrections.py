"""Handbook 2, corrections: what later reading of the documents changed, each with its example."""

from __future__ import annotations

import pytest

from clusterlab import Simulation, exchange_cluster
from clusterlab.cluster.properties import PRIVATE_NAMES, PRIVATE_PROPERTIES
from clusterlab.cluster.states import Windows
from clusterlab.clusterexe.listing import private_properties
from clusterlab.exchange.versions import ExchangeVersion, with_versions
from tests.plain import moves, times

ATTENDANT = "Exchange System Attendant Instance - (EVS1)"
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


def short_of_memory(active: int, block_mb: int) -> Simulation:
    """Return a cluster after store.exe on NODE1 was short of memory and NODE2 failed."""
    sim = Simulation(exchange_cluster(active, 2 - active, storage_groups=2))
    if active == 1:
        sim.move_group("EVS1", "NODE2")
        sim.run()
    sim.set_properties("EVS1/IS", private={"storage_groups": 2, "largest_block_mb": block_mb})
    sim.fail_node("NODE2")
    sim.run(until_s=3000)
    return sim


def test_4_2_a_store_finds_no_room_in_a_fragmented_store_exe():
    """A/A, 12 MB left on NODE1: the arriving store fails with 9582, EVS1 stays Online (8.1)."""
    sim = short_of_memory(2, 12)
    assert ("Failed", "Online") == (sim.state("EVS2/IS").value, sim.state("EVS1").value)
    ids = [e.event_id for e in sim.log if e.source == "MSExchangeIS"]
    assert (True, {9582}) == (len(ids) > 1, set(ids))
    assert "Online" == short_of_memory(2, 40).state("EVS2").value
    assert "Online" == short_of_memory(1, 12).state("EVS1").value


def test_8_1_a_move_to_a_node_without_store_exe_starts_afresh():
    """9582 warns below 32 MB and is an error below 16; a new store.exe has room again (8.1)."""
    sim = Simulation(exchange_cluster(1, 1))
    for block_mb in (40, 31, 30, 12):
        sim.set_properties("EVS1/IS", private={"largest_block_mb": block_mb})
    assert ["(warning).", "(error)."] == [e.text.split()[4] for e in sim.log]
    sim.move_group("EVS1", "NODE2")
    sim.run()
    store = sim.cluster.config.resources_by_name[STORE]
    assert 300 == store.private["largest_block_mb"]


@pytest.mark.parametrize(("is_reset", "owner"), [(True, "NODE2"), (False, "NODE1")])
def test_1_4_iis_admin_with_its_recovery_action_leaves_a_defect(is_reset, owner):
    """All that needs IIS Admin fails together; after IISRESET the EVS cannot come back (1.4)."""
    sim = Simulation(exchange_cluster(1, 1))
    sim.kill_iis_admin("NODE1", is_reset=is_reset)
    failed = {e.resource.split()[1] for e in sim.log if e.event_id == 1069}
    assert {"SMTP", "HTTP", "Routing"} == failed
    sim.run(until_s=3000)
    assert ("Online", owner) == (sim.state("EVS1").value, sim.owner("EVS1"))
    if is_reset:
        sim.move_group("EVS1", "NODE1")
        sim.run(until_s=6000)
        assert ("Online", "NODE2") == (sim.state("EVS1").value, sim.owner("EVS1"))


def moved_to(there: str, lacking: str) -> Simulation:
    """Return EVS1 of 2000 SP2 moved to a node with another Exchange, by an account that lacks."""
    cluster = exchange_cluster(1, 1, version=2000, windows=Windows.W2K)
    sim = Simulation(with_versions(cluster, ExchangeVersion.E2000_SP2))
    private = sim.cluster.config.resources_by_name[ATTENDANT].private
    sim.set_properties(ATTENDANT, private={**private, "account_lacks": lacking})
    sim.set_properties("NODE2", installed={"Exchange": there, "Windows": "2000 SP4"})
    sim.move_group("EVS1", "NODE2")
    sim.run(until_s=3000)
    return sim


@pytest.mark.parametrize("lacking", ["Exchange Full Administrator", "local Administrators"])
def test_4_3_9_an_account_without_rights_cannot_upgrade_an_evs(lacking):
    """2000: the SA upgrades itself; without a right 2146, 2065, and Online on the other node."""
    sim = moved_to("2000 SP3", lacking)
    ids = [e.event_id for e in sim.log if e.node == "NODE2" and e.source == "MSExchangeCluster"]
    assert [2146, 2065] * 4 == ids
    assert ("Online", "NODE1") == (sim.state("EVS1").value, sim.owner("EVS1"))


def test_4_3_9_rights_of_the_account_matter_for_2000_only():
    """With the right it comes Online on the new node; 2003 there needs the command instead."""
    assert "NODE2" == moved_to("2000 SP3", "").owner("EVS1")
    assert 2146 not in [e.event_id for e in moved_to("2003", "a right").log]


def renewed(sim: Simulation) -> None:
    """Take EVS1 offline and bring it online again."""
    for verb in (sim.take_offline, sim.bring_online):
        verb("EVS1")
        sim.run(until_s=sim.now_s + 2000)


def private(sim: Simulation, name: str) -> dict[str, object]:
    """Return the private properties of a resource."""
    return dict(sim.cluster.config.resources_by_name[name].private)


def test_7_2_another_address_acts_at_the_next_online():
    """Stored at once, 5024; clients stay on the old one until offline and online (7.2)."""
    sim = Simulation(exchange_cluster())
    address = sim.cluster.config.resources_by_name["EVS1 IP Address"]
    sim.set_properties(address.name, private={**address.private, "Address": "192.168.10.99"})
    assert "192.168.10.21" == sim.cluster.private_in_use(address)["Address"]
    renewed(sim)
    stored = sim.cluster.config.resources_by_name[address.name]
    assert "192.168.10.99" == sim.cluster.private_in_use(stored)["Address"]
    assert "Online" == sim.state("EVS1").value


def test_1_4_another_is_alive_timeout_acts_at_the_next_online():
    """A hang before the next offline and online: Failed after 180 s; after it 600 s (1.4)."""
    sim = Simulation(exchange_cluster())
    sim.set_properties(STORE, private={**private(sim, STORE), "is_alive_timeout_s": 600.0})
    sim.fault_resource(STORE, is_hang=True)
    sim.run(until_s=500)
    assert [180] == times(sim, STORE, "Failed")
    renewed(sim)
    start_s = sim.now_s
    sim.fault_resource(STORE, is_hang=True)
    sim.run(until_s=start_s + 1000)
    assert 600 <= times(sim, STORE, "Failed")[-1] - start_s < 610


@pytest.mark.parametrize("version", [2000, 2003])
def test_7_2_an_evs_cannot_be_renamed(version):
    """Name=NEWEVS is stored; at the next online the SA fails on every node, until it is back."""
    windows = Windows.W2K if version == 2000 else Windows.WS2003
    sim = Simulation(exchange_cluster(1, 1, version=version, windows=windows))
    name = "EVS1 Network Name"
    for new, state in (("NEWEVS", "Failed"), ("EVS1", "Online")):
        sim.set_properties(name, private={**private(sim, name), "Name": new})
        renewed(sim)
        assert state == sim.state(ATTENDANT).value
    failed = [c for o in sim.history for c in o.changes if (c.name, c.new) == (ATTENDANT, "Failed")]
    assert "no server object NEWEVS" in failed[0].because
    assert {"NODE1", "NODE2"} == {e.node for e in sim.log if e.resource == ATTENDANT}


def test_1_1_resources_have_what_their_types_require():
    """Address, SubnetMask, Network, Name, Signature are filled in; none is invented (8: 3)."""
    cluster = exchange_cluster()
    required = {
        "IP Address": {"Address", "SubnetMask", "Network"},
        "Network Name": {"Name"},
        "Physical Disk": {"Signature"},
    }
    known = {PRIVATE_NAMES.get(k, k) for keys in PRIVATE_PROPERTIES.values() for k in keys}
    values = []
    for resource in cluster.config.resources:
        rows = private_properties("resource", cluster, resource.name).splitlines()[4:]
        names = {
            row[23 + max(0, len(resource.name) - 20) :].split()[0]
            for row in rows
            if row[1] != "R"  # what the product writes itself
        }
        assert required.get(resource.type.name, set()) <= names <= known
        values += [resource.private.get(key) for key in ("Address", "Name", "Signature")]
    given = [value for value in values if value]
    assert len(set(given)) == len(given)
