"""Handbook 1, sections 1.1 and 5.8: networks a cluster must have; patterns made of two lists."""

from __future__ import annotations

import pytest

from clusterlab import ConfigError
from clusterlab.cluster.model import Network
from clusterlab.cluster.states import NetworkRole
from tests.plain import plain, refusal, simulated

NODES = ("N1", "N2", "N3", "N4")


def possible_owners(group: str, *nodes: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return changes that limit every resource of a plain group to *nodes*."""
    names = ("Disk", "IP", "Name", "Service")
    return {f"{group} {name}": {"possible_owners": nodes} for name in names}


def test_1_1_names_are_unique_whatever_the_case():
    """Names of groups and resources differ in more than the case of letters (1.1, 2.2)."""
    with pytest.raises(ConfigError, match="'G1', 'g1' have the same name"):
        plain(owners={"G1": "N1", "g1": "N2"})


def test_1_1_at_least_one_network_carries_internal_traffic():
    """Several nodes without a network of role 1 or 3 are no cluster (1.1, 2.5)."""
    public = Network(name="Public", role=NetworkRole.CLIENT)
    with pytest.raises(ConfigError, match=r"no network .* internal traffic"):
        plain(networks=(public,))
    assert 1 == len(plain(nodes=1, networks=(public,)).config.nodes)


def test_5_8_failover_pairs():
    """Possible owners limited to two nodes: a group stays in its pair, or is nowhere (5.8)."""
    sim = simulated(changes=possible_owners("G1", "N1", "N2"), owners={"G1": "N1"})
    sim.fail_node("N1")
    sim.run(100)
    assert ("N2", "Online") == (sim.owner("G1"), sim.state("G1").value)
    assert 5016 == refusal(sim, "move_group", "G1", "N3").code
    sim.fail_node("N2")
    sim.run(300)
    assert "Offline" == sim.state("G1").value


def test_5_8_failover_ring():
    """A preferred list that begins at home and names the next neighbour: round the ring (5.8)."""
    changes = {
        f"G{i}": {"preferred_owners": (*NODES[i - 1 :], *NODES[: i - 1])} for i in range(1, 5)
    }
    owners = {f"G{i}": node for i, node in enumerate(NODES, 1)}
    for number, node in enumerate(NODES, 1):
        sim = simulated(owners=owners, changes=changes)
        sim.fail_node(node)
        sim.run(100)
        assert NODES[number % 4] == sim.owner(f"G{number}")


def test_5_8_hot_standby():
    """Home node first, the spare the only other possible owner: every group finds it (5.8)."""
    changes = {}
    for number, home in enumerate(NODES[:3], 1):
        changes |= possible_owners(f"G{number}", home, "N4")
        changes[f"G{number}"] = {"preferred_owners": (home,)}
    owners = {f"G{i}": node for i, node in enumerate(NODES[:3], 1)}
    sim = simulated(owners=owners, changes=changes)
    for node in NODES[:3]:
        sim.fail_node(node)
        sim.run(sim.now_s + 100)
    assert {"N4"} == {sim.owner(group) for group in owners}


def test_5_8_one_anti_affinity_string_spreads_groups_over_the_idle_nodes():
    """N + I: all nodes possible and one common string, so that two groups take two spares (5.8)."""
    changes = {
        f"G{i}": {"anti_affinity_class_names": ("one",), "preferred_owners": (f"N{i}",)}
        for i in (1, 2)
    }
    sim = simulated(owners={"G1": "N1", "G2": "N2"}, changes=changes)
    sim.fail_node("N1")
    sim.fail_node("N2")
    sim.run(100)
    assert {"N3", "N4"} == {sim.owner("G1"), sim.owner("G2")}
