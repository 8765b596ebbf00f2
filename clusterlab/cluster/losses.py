"""What breaks besides nodes: cables, networks, disks, the quorum log, a Resource Monitor.

Each function notes what is broken; what follows from it over time is decided in `membership.py`
(contacts, partitions, quorum) and `groups.py` (resources that fail).
"""

from __future__ import annotations

from collections.abc import Iterable

from clusterlab.cluster.draft import Draft
from clusterlab.cluster.errors import OperationRefused
from clusterlab.cluster.groups import names_of, settle, terminate
from clusterlab.cluster.location import forget_faults, log_if_down, note_fault
from clusterlab.cluster.membership import lose_quorum_disk
from clusterlab.cluster.networks import is_linked, members
from clusterlab.cluster.states import NetworkRole, ResourceState


def _nothing_to_do(because: str) -> OperationRefused:
    return OperationRefused(None, because=because, remedy="Nothing needs to be done.")


def set_links(d: Draft, name: str, network: str | None, *, is_cut: bool) -> None:
    """Pull or plug one cable of a node, or with None all of them (4.9)."""
    config = d.cluster.config
    node = config.node_name(name)
    names = [config.network_name(network)] if network else [item.name for item in config.networks]
    links = {(node, item) for item in names}
    if is_cut and links <= d.cluster.cut:
        raise _nothing_to_do(f"{node} is already cut off from {', '.join(names)}.")
    if not is_cut and not links & d.cluster.cut:
        raise _nothing_to_do(f"{node} is connected to {', '.join(names)}.")
    if not is_cut:
        d.exclude("cut", links)
        return
    working = _working_client_networks(d)
    d.include("cut", links)
    _log_dead(d, working)


def set_network(d: Draft, name: str, *, is_lost: bool) -> None:
    """Let a network fail or work again, for all nodes (4.9)."""
    network = d.cluster.config.network_name(name)
    if is_lost == (network in d.cluster.lost_networks):
        raise _nothing_to_do(f"Network {network} is already {'down' if is_lost else 'up'}.")
    if not is_lost:
        d.exclude("lost_networks", (network,))
        return
    working = _working_client_networks(d)
    d.include("lost_networks", (network,))
    _log_dead(d, working)


def _working_client_networks(d: Draft) -> list[str]:
    """Return the networks for clients only on which a member has a link."""
    return [
        network.name
        for network in d.cluster.config.networks
        if network.role == NetworkRole.CLIENT
        and any(is_linked(d.cluster, node, network.name) for node in members(d.cluster))
    ]


def _log_dead(d: Draft, working: Iterable[str]) -> None:
    """Log 1130 for client networks that worked until now; the others wait for heartbeats (4.9)."""
    for network in working:
        log_if_down(d, network)


def lose_disk(d: Draft, name: str, node: str | None) -> None:
    """A disk cannot be reached: by *node*, or with None by any (4.12)."""
    config = d.cluster.config
    resource = config.resources_by_name[config.resource_name(name)]
    if resource.type.name != "Physical Disk":
        raise OperationRefused(
            None,
            because=f"{resource.name} is of type {resource.type.name}.",
            remedy="Name a Physical Disk.",
        )
    owner = d.cluster.owners[resource.group]
    where = config.node_name(node) if node is not None else ""
    was_reached = d.cluster.can_reach_disk(resource.name, owner)
    d.include("lost_disks", ((resource.name, where),))
    is_lost_now = was_reached and not d.cluster.can_reach_disk(resource.name, owner)
    if not is_lost_now or not d.cluster.is_live(owner):
        return
    if resource.name == config.quorum:
        lose_quorum_disk(d, owner)
    else:
        note_fault(d, resource)


def restore_disk(d: Draft, name: str) -> None:
    """A lost disk can be reached again, by every node."""
    disk = d.cluster.config.resource_name(name)
    lost = {pair for pair in d.cluster.lost_disks if pair[0] == disk}
    if not lost:
        raise _nothing_to_do(f"{disk} can be reached by every node.")
    d.exclude("lost_disks", lost)
    forget_faults(d, (disk,))


def damage_quorum_log(d: Draft, name: str) -> None:
    """The quorum log is damaged; it matters when the cluster is formed next (4.12)."""
    disk = d.cluster.config.resource_name(name)
    if disk != d.cluster.config.quorum:
        raise OperationRefused(
            None,
            because=f"{disk} is not the quorum resource.",
            remedy=f"Name {d.cluster.config.quorum}.",
        )
    d.put("is_quorum_log_bad", True)


def resource_monitor_died(d: Draft, name: str) -> None:
    """The Resource Monitor of a node dies: its resources are brought online again (4.1).

    Each node has one here; resources with a monitor of their own are left out, and the quorum
    resource stays Online [simplified].
    """
    node = d.cluster.config.node_name(name)
    if not d.cluster.is_live(node):
        raise OperationRefused(
            5050, because=f"{node} is not running.", remedy="Name a node that is Up."
        )
    d.log_event(1146, node)
    for group in d.cluster.groups_on(node):
        hosted = [item for item in names_of(d.members(group)) if item != d.cluster.config.quorum]
        was_on = [item for item in hosted if d.state(item) not in _OFF]
        terminate(d, was_on, "its Resource Monitor died")
        settle(d, group)


_OFF = (ResourceState.OFFLINE, ResourceState.FAILED)
