"""Plain clusters without Exchange: nodes N1, N2, ... and groups of four resources each.

A group G1 holds "G1 Disk", "G1 IP", "G1 Name" (needs the IP) and "G1 Service" (needs Name and
Disk). It is Online 2 + 5 + 5 = 12 s after it starts and Offline 1 + 1 + 1 = 3 s after it stops.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clusterlab import OperationRefused, Simulation
from clusterlab.cluster.configuring import configure
from clusterlab.cluster.model import Cluster, ClusterConfig, Group, Node, Resource
from clusterlab.cluster.resource_types import (
    GENERIC_SERVICE,
    IP_ADDRESS,
    NETWORK_NAME,
    PHYSICAL_DISK,
)
from clusterlab.cluster.resting import cluster_from
from clusterlab.cluster.states import QuorumModel
from clusterlab.exchange.evs import cluster_group_resources

CHAIN = ("IP", "Name", "Service")


def group_resources(group: str) -> tuple[Resource, ...]:
    """Return the four resources of a plain group."""
    address, name, disk = f"{group} IP", f"{group} Name", f"{group} Disk"
    return (
        Resource(name=disk, type=PHYSICAL_DISK, group=group),
        Resource(name=address, type=IP_ADDRESS, group=group),
        Resource(name=name, type=NETWORK_NAME, group=group, depends_on=(address,)),
        Resource(
            name=f"{group} Service",
            type=GENERIC_SERVICE,
            group=group,
            depends_on=(name, disk),
        ),
    )


def plain(
    nodes: int = 4,
    owners: Mapping[str, str] | None = None,
    changes: Mapping[str, Mapping[str, Any]] | None = None,
    quorum: QuorumModel = QuorumModel.SHARED_DISK,
    **config: Any,
) -> Cluster:
    """Return a plain cluster at rest.

    Args:
        nodes: How many; N1 owns the Cluster Group.
        owners: Group name to owner; G1 on N1 if nothing is said.
        changes: Properties by name of a group or a resource.
        quorum: Quorum model, a shared disk or a majority node set.
        config: More fields of ClusterConfig.
    """
    placed = {"Cluster Group": "N1", **(owners or {"G1": "N1"})}
    groups = [group for group in placed if group != "Cluster Group"]
    core = cluster_group_resources(quorum)
    resources = (*core, *(r for g in groups for r in group_resources(g)))
    described = ClusterConfig(
        nodes=tuple(Node(name=f"N{i}", node_id=i) for i in range(1, nodes + 1)),
        groups=tuple(Group(name=name) for name in placed),
        resources=resources,
        quorum=core[0].name,
        **config,
    )
    for name, properties in (changes or {}).items():
        described = configure(described, name, **properties)
    return cluster_from(described, placed)


def simulated(*arguments: Any, seed: int = 0, **more: Any) -> Simulation:
    """Return a simulation of a plain cluster."""
    return Simulation(plain(*arguments, **more), seed)


def states(sim: Simulation, group: str) -> dict[str, str]:
    """Return the states of the resources of *group* by their last word, such as "Name"."""
    members = sim.cluster.config.members[group]
    return {r.name.split()[-1]: sim.cluster.resource_states[r.name].value for r in members}


def logged(sim: Simulation, *, group: str = "", since_s: float = 0.0) -> list[tuple[int, str]]:
    """Return id and node of what was logged, about *group* alone if one is named."""
    return [
        (entry.event_id, entry.node)
        for entry in sim.log
        if entry.at_s >= since_s and group in ("", entry.group)
    ]


def refusal(sim: Simulation, verb: str, *arguments: Any) -> OperationRefused:
    """Return the refusal of a request, and make sure that it changed nothing."""
    before = sim.cluster
    try:
        getattr(sim, verb)(*arguments)
    except OperationRefused as error:
        assert sim.cluster is before
        return error
    raise AssertionError(f"{verb}{arguments} was not refused")


def moves(sim: Simulation, group: str) -> list[tuple[float, str]]:
    """Return when *group* changed its owner, and to which node."""
    return [
        (change.at_s, change.new)
        for outcome in sim.history
        for change in outcome.changes
        if change.kind == "owner" and change.name == group
    ]


def times(sim: Simulation, name: str, state: str) -> list[float]:
    """Return when the resource or node *name* changed to *state*."""
    return [
        change.at_s
        for outcome in sim.history
        for change in outcome.changes
        if change.name == name and change.new == state
    ]


def trace_named(figure: Any, name: str) -> Any:
    """Return the one trace of *figure* called *name*, for example "cards:EVS1" or "bars".

    Raises:
        KeyError: If there is none.
    """
    for trace in figure.data:
        if trace.name == name:
            return trace
    raise KeyError(f"the figure has no trace {name!r}")
