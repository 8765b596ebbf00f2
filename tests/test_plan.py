"""Plans of a cluster: the training values, and what makes a plan impossible (handbook 3, 1)."""

import pickle
from dataclasses import replace
from typing import Any

import pytest

from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.states import Windows
from clusterlab.procedures.plan import Plan, PlanError, PlannedEvs, PlannedNode, most_evs


def faults(**changes: Any) -> list[tuple[tuple[str | int, ...], str]]:
    """Return the faults of the 4/3 plan with some of its fields replaced."""
    with pytest.raises(PlanError) as caught:
        replace(Plan.standard(4, 3), **changes)
    return list(caught.value.faults)


def with_evs(**changes: Any) -> tuple[PlannedEvs, ...]:
    """Return the EVSs of the 4/3 plan, the second with some of its fields replaced."""
    first, second, third = Plan.standard(4, 3).evs
    return (first, replace(second, **changes), third)


def test_standard_plan_of_four_nodes() -> None:
    """The training values of handbook 3, 1.6, for four nodes and three EVSs."""
    plan = Plan.standard(4, 3)
    assert "CLUS1" == plan.cluster
    assert "192.168.10.20" == plan.address
    assert PlannedNode(name="NODE4", public="192.168.10.14", private="10.10.10.4") == plan.nodes[3]
    assert [("R:", "S:"), ("T:", "U:"), ("V:", "W:")] == [evs.disks for evs in plan.evs]
    assert ["192.168.10.21", "192.168.10.22", "192.168.10.23"] == [e.address for e in plan.evs]
    assert ("192.168.10.24",) == plan.reserve


def test_standard_plan_of_two_nodes() -> None:
    """With two nodes and one EVS the cluster is CLUS2 and .22 is the reserve (3, 1.6)."""
    plan = Plan.standard(2, 1)
    assert ("CLUS2", "192.168.10.20") == (plan.cluster, plan.address)
    assert ("192.168.10.22",) == plan.reserve


@pytest.mark.parametrize("nodes", range(1, 9))
def test_every_legal_number_of_evs(nodes: int) -> None:
    """Every legal number of EVSs has a plan, and one more is refused (3, 1.3)."""
    for evs in range(1, most_evs(nodes) + 1):
        assert nodes + 1 + evs == len(Plan.standard(nodes, evs).names)
    with pytest.raises(ConfigError):
        Plan.standard(nodes, most_evs(nodes) + 1)


@pytest.mark.parametrize("count", [0, 9, True, "4", 2.0])
def test_numbers_of_nodes_that_are_none(count: Any) -> None:
    """A number of nodes is a whole number from 1 to 8."""
    with pytest.raises(ConfigError, match=r"the number of nodes is .*; allowed: 1 to 8"):
        Plan.standard(count, 1)


def test_windows_2000_has_four_nodes() -> None:
    """Windows 2000 clusters have at most four nodes (3, 1.1)."""
    assert 4 == len(Plan.standard(4, 3, windows=Windows.W2K).nodes)
    with pytest.raises(ConfigError, match="has 5 nodes; allowed on this Windows: 1 to 4"):
        Plan.standard(5, 3, windows=Windows.W2K)


@pytest.mark.parametrize("name", ["", "EVS_1", "-EVS", "EVS-", "A" * 16, "123", "EVS 1", "ÉVS"])
def test_names_that_dns_does_not_allow(name: str) -> None:
    """Names have 1 to 15 letters, digits and hyphens (3, 1.6)."""
    ((where, text),) = faults(evs=with_evs(name=name))
    assert ("evs", 1, "name") == where
    assert "15 letters (A to Z), digits and hyphens" in text


def test_names_of_fifteen_characters() -> None:
    """A name may have 15 characters, a hyphen inside and a digit in front (3, 1.6)."""
    assert "1-" + "A" * 13 == replace(Plan.standard(), cluster="1-" + "A" * 13).cluster


def test_names_are_unique() -> None:
    """Case does not make two names different (3, 1.6)."""
    ((where, text),) = faults(cluster="node1")
    assert ("nodes", 0, "name") == where
    assert "node 'NODE1' has the same name as cluster 'node1'" in text


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("192.168.10.20", "address of cluster CLUS1 already"),
        ("192.168.11.22", "no host of 192.168.10.0/24; allowed: 192.168.10.1 to 192.168.10.254"),
        ("192.168.10.255", "no host of"),
        ("192.168.10.0", "no host of"),
        ("DHCP", "allowed: a static address"),
        ("192.168.10.256", "allowed: a static address"),
    ],
)
def test_addresses_of_an_evs(address: str, said: str) -> None:
    """An EVS has a static public address of its own (3, 1.4)."""
    ((where, text),) = faults(evs=with_evs(address=address))
    assert ("evs", 1, "address") == where
    assert said in text


def test_private_network_is_a_subnet_of_its_own() -> None:
    """The private network lies apart from the public one (3, 2.2)."""
    assert ("private_network",) == faults(private_network="192.168.0.0/16")[0][0]
    assert ("public_network",) == faults(public_network="192.168.10.0/33")[0][0]
    assert ("public_network",) == faults(public_network="192.168.10.0/32")[0][0]


@pytest.mark.parametrize(
    ("disks", "said"),
    [
        ((), "has no disk"),
        (("R:",), "belongs to EVS1 already"),
        (("Q:",), "belongs to the quorum already"),
        (("D:",), "none of A, B, C, D"),
        (("t:",), "allowed: a capital letter"),
        (("T:", "T:"), "belongs to EVS2 already"),
        (("T:", "V:\\SG2"), "lies on V:, which is no disk of EVS2"),
    ],
)
def test_disks_of_an_evs(disks: tuple[str, ...], said: str) -> None:
    """Every disk belongs to one group, and letters are shared by the whole cluster (3, 1.5)."""
    where, text = faults(evs=with_evs(disks=disks))[0]
    assert ("evs", 1, "disks") == where[:3]
    assert said in text


def test_mount_points_lie_on_a_disk_of_the_evs() -> None:
    """A mount point on a disk of the same EVS is a disk of its own (3, 1.5)."""
    evs = with_evs(disks=("T:", "T:\\SG1 logs", "T:\\SG2"))
    assert evs == replace(Plan.standard(), evs=evs).evs


def test_windows_2000_has_no_mount_points() -> None:
    """Mount points need Windows Server 2003 and Exchange 2003 (5, 5.2.4)."""
    evs = with_evs(disks=("T:", "T:\\SG2"))
    assert ("evs", 1, "disks", 1) == faults(evs=evs, windows=Windows.W2K)[0][0]
    assert "is a mount point" in faults(evs=evs, exchange=2000)[0][1]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"quorum_disk": "C:"}, ("quorum_disk",)),
        ({"binaries": "A:"}, ("binaries",)),
        ({"binaries": "T:"}, ("evs", 1, "disks", 0)),
        ({"exchange": 5}, ("exchange",)),
        ({"windows": Windows.NT4, "nodes": Plan.standard(2, 1).nodes}, ("windows",)),
        ({"domains": ()}, ("domains",)),
        ({"domains": ("corp example",)}, ("domains", 0)),
        ({"service_account": "svc cluster"}, ("service_account",)),
        ({"service_account": "=cmd|'/C'!A0\\x"}, ("service_account",)),
        ({"service_account": "CORP\\<script>"}, ("service_account",)),
        ({"evs": with_evs(home="NODE9")}, ("evs", 1, "home")),
        ({"evs": with_evs(storage_groups=5)}, ("evs", 1, "storage_groups")),
        ({"evs": ()}, ("evs",)),
        ({"reserve": ("192.168.10.24", "192.168.10.24")}, ("reserve", 1)),
    ],
)
def test_other_faults(changes: dict[str, Any], where: tuple[str | int, ...]) -> None:
    """Each fault names the field in which it stands."""
    assert where == faults(**changes)[0][0]


def test_all_faults_are_found_at_once() -> None:
    """The error lists every fault; its message says the first, and how many there are."""
    with pytest.raises(PlanError, match=r"cluster '-' is not allowed.*\(and 2 more\)") as caught:
        replace(Plan.standard(), cluster="-", address="x", quorum_disk="C:")
    assert 3 == len(caught.value.faults)
    assert caught.value.faults == pickle.loads(pickle.dumps(caught.value)).faults
