"""Handbook 2, sections 3.1, 7 and 9: what an administrator does to an EVS, and what is asked first.

Each action of Cluster Administrator is one test; the states are those of the whole EVS.
"""

from __future__ import annotations

import pytest

from clusterlab import ConfigError, OperationRefused, Simulation, exchange_cluster
from clusterlab.cluster.model import Cluster
from tests.plain import moves, refusal, times

STORE = "Exchange Information Store Instance - (EVS1)"
PROTOCOLS = ("POP3", "IMAP4")
INFRASTRUCTURE = {"Disk", "IP", "Name"}


def after(verb: str, *arguments: str, version: int = 2003) -> Simulation:
    """Return a cluster of four nodes some minutes after an action."""
    sim = Simulation(exchange_cluster(protocols=PROTOCOLS, version=version))
    getattr(sim, verb)(*arguments)
    sim.run(until_s=1000)
    return sim


def online(cluster: Cluster, evs: str = "EVS1") -> set[str]:
    """Return the short names of what is Online in an EVS."""
    members = cluster.config.members[evs]
    return {r.type.short for r in members if cluster.resource_states[r.name].value == "Online"}


def everything(version: int = 2003) -> set[str]:
    """Return the short names of what an EVS consists of."""
    cluster = exchange_cluster(protocols=PROTOCOLS, version=version)
    return {r.type.short for r in cluster.config.members["EVS1"]}


# --- 1.3 MTA ----------------------------------------------------------------------------------


def test_1_3_without_the_first_evs_the_others_stay_online():
    """If the EVS with the MTA is down, the others stay Online (1.3)."""
    sim = after("take_offline", "EVS1")
    states = [sim.state(group).value for group in ("EVS1", "EVS2", "EVS3")]
    assert ["Offline", "Online", "Online"] == states


# --- 3.1 Active/passive and active/active -----------------------------------------------------


def test_3_1_active_active_stays_so_when_one_node_owns_every_evs():
    """Two EVSs in two nodes are active/active, wherever they are now; no third one fits (3.1)."""
    sim = Simulation(exchange_cluster(active=2, passive=0, storage_groups=2))
    sim.fail_node("NODE1")
    sim.run(until_s=1000)
    assert ["NODE2", "NODE2"] == [sim.owner("EVS1"), sim.owner("EVS2")]
    assert {"Online"} == {sim.state(group).value for group in ("EVS1", "EVS2")}
    with pytest.raises(ConfigError, match="one must stay passive"):
        exchange_cluster(active=3, passive=0)


# --- 7.2 Cluster Administrator ----------------------------------------------------------------


def test_7_2_take_offline_of_a_group_causes_no_failover():
    """The whole EVS stops cleanly and stays Offline until it is brought online (7.2)."""
    sim = after("take_offline", "EVS1")
    assert (set(), []) == (online(sim.cluster), moves(sim, "EVS1"))
    assert STORE not in sim.cluster.unclean


def test_7_2_take_offline_of_the_sa_leaves_disks_name_and_address():
    """Everything except disks, name and IP goes Offline (7.2)."""
    assert INFRASTRUCTURE == online(after("take_offline", "EVS1/SA").cluster)


def test_7_2_take_offline_of_the_store_leaves_the_protocols_in_2003():
    """2003: only the store; 2000: the protocols go Offline with it (7.2)."""
    assert everything() - {"IS"} == online(after("take_offline", "EVS1/IS").cluster)
    older = online(after("take_offline", "EVS1/IS", version=2000).cluster)
    assert {*INFRASTRUCTURE, "SA", "MTA", "Routing"} == older


@pytest.mark.parametrize(
    ("resource", "left"),
    [("EVS1/Name", {"Disk", "IP"}), ("EVS1/IP", {"Disk"}), ("Disk R:", {"Disk", "IP", "Name"})],
)
def test_7_2_take_offline_below_the_sa_takes_everything_above(resource: str, left: set[str]):
    """Network Name, IP or a disk: the SA and everything above it goes Offline (7.2)."""
    assert left == online(after("take_offline", resource).cluster)


def test_7_2_take_offline_of_pop3_takes_pop3_alone():
    """Only POP3 goes Offline (7.2)."""
    assert everything() - {"POP3"} == online(after("take_offline", "EVS1/POP3").cluster)


def test_7_2_bring_online_brings_what_it_depends_on_first():
    """Bring Online of the store brings the SA, the name, the address and the disks first (7.2)."""
    sim = after("take_offline", "EVS1")
    sim.bring_online("EVS1/IS")
    sim.run(until_s=2000)
    assert {*INFRASTRUCTURE, "SA", "IS"} == online(sim.cluster)
    came = [times(sim, sim.cluster.config.resource_name(f"EVS1/{name}"), "Online")[-1]
            for name in ("IP", "Name", "SA", "IS")]  # fmt: skip
    assert sorted(came) == came


def test_7_2_evict_needs_a_node_that_is_down():
    """Evict Node: only a node that is Down; N changes with it (7.2; 1, 4.8)."""
    sim = Simulation(exchange_cluster())
    assert 5009 == refusal(sim, "evict_node", "NODE4").code
    sim.stop_cluster_service("NODE4")
    sim.run()
    sim.evict_node("NODE4")
    assert 3 == len(sim.cluster.config.nodes)


# --- 7.7 Adding a node ------------------------------------------------------------------------


def test_7_7_an_added_node_takes_an_evs_once_it_is_up():
    """A node that is added and started is the spare of the next failure (7.7)."""
    sim = Simulation(exchange_cluster(active=2, passive=1))
    sim.add_node("NODE4")
    sim.start_node("NODE4")
    sim.run()
    sim.fail_node("NODE1")
    sim.run(until_s=sim.now_s + 300)
    sim.fail_node("NODE2")
    sim.run(until_s=sim.now_s + 300)
    assert {"NODE3", "NODE4"} == {sim.owner("EVS1"), sim.owner("EVS2")}
    assert {"Online"} == {sim.state(group).value for group in ("EVS1", "EVS2")}


# --- 9.1 One node or every node? --------------------------------------------------------------


def defective(*nodes: str) -> Simulation:
    """Return a cluster after NODE1 failed, whose EVS1 cannot start on some nodes."""
    sim = Simulation(exchange_cluster(active=1, passive=3))
    sim.set_properties("EVS1/SA", defective_on=frozenset(nodes))
    sim.fail_node("NODE1")
    sim.run(until_s=3000)
    return sim


def test_9_1_what_fails_on_one_node_runs_on_another():
    """A fault of one node's files, services or keys: the EVS runs elsewhere (9.1)."""
    sim = defective("NODE2", "NODE3")
    assert ("NODE4", "Online") == (sim.owner("EVS1"), sim.state("EVS1").value)


def test_9_1_what_fails_on_every_node_is_tried_everywhere_and_stays_failed():
    """A fault of the cluster's objects or disks: all owners are tried, none helps (9.1)."""
    sim = defective("NODE1", "NODE2", "NODE3", "NODE4")
    assert "Failed" == sim.state("EVS1").value
    assert {"NODE2", "NODE3", "NODE4"} == {node for _, node in moves(sim, "EVS1")}


def test_9_1_a_store_that_was_terminated_is_unclean():
    """Failed and unclean: its pending timeout is too short; the next start replays logs (9.1)."""
    sim = Simulation(exchange_cluster())
    sim.set_properties("EVS1/IS", pending_timeout_s=10)
    sim.take_offline("EVS1")
    sim.run(until_s=500)
    assert STORE in sim.cluster.unclean
    start_s = sim.now_s
    sim.bring_online("EVS1")
    sim.run(until_s=2000)
    came_s = times(sim, STORE, "Online")[-1] - start_s
    assert 7 + 20 + 140 == came_s


# --- 10 Misconceptions ------------------------------------------------------------------------


def test_10_12_the_oldest_evs_cannot_be_left_without_an_mta_elsewhere():
    """Quiz 10 and 12: one MTA for each cluster, on the first EVS; a second one is refused."""
    config = exchange_cluster().config
    with_mta = [r.group for r in config.resources if r.type.short == "MTA"]
    assert ["EVS1"] == with_mta


def test_10_24_a_node_that_was_evicted_comes_back_as_a_new_one():
    """Quiz 24: a lost node is evicted and added again; nothing of it is restored."""
    sim = Simulation(exchange_cluster())
    sim.fail_node("NODE2")
    sim.run(until_s=400)
    sim.evict_node("NODE2")
    sim.clean_up_node("NODE2")
    sim.add_node("NODE2")
    with pytest.raises(OperationRefused, match="5050"):
        sim.move_group("EVS2", "NODE2")
    sim.start_node("NODE2")
    sim.run(until_s=2000)
    assert "Up" == sim.state("NODE2").value
