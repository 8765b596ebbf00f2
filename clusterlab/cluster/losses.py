"""What breaks besides nodes: cables, networks, disks, the quorum log, a Resource Monitor.

Each function notes what is broken; what follows from it over time is decided in `membership.py`
(contacts, partitions, quorum) and `groups.py` (resources that fail).
"""

from __future__ import annotations

from clusterlab.cluster.draft import Draft
from clusterlab.cluster.errors import OperationRefused
from clusterlab.cluster.events import FaultNoticed
from clusterlab.cluster.groups import names_of, settle, terminate
from clusterlab.cluster.location import locate_faults
from clusterlab.cluster.membership import lose_quorum_disk
from clusterlab.cluster.networks import faulty_interfaces, is_linked, network_of
from clusterlab.cluster.resource_types import IP_ADDRESS
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
    if is_cut:
        d.include("cut", links)
    else:
        d.exclude("cut", links)
    _after_link_change(d)


def set_network(d: Draft, name: str, *, is_lost: bool) -> None:
    """Let a network fail or work again, for all nodes (4.9)."""
    network = d.cluster.config.network_name(name)
    if is_lost == (network in d.cluster.lost_networks):
        raise _nothing_to_do(f"Network {network} is already {'down' if is_lost else 'up'}.")
    if is_lost:
        d.include("lost_networks", (network,))
    else:
        d.exclude("lost_networks", (network,))
    _after_link_change(d)


def _after_link_change(d: Draft) -> None:
    _forget_mended(d)
    roles = {network.name: network.role for network in d.cluster.config.networks}
    if any(
        roles[network] is NetworkRole.CLIENT and faulty_interfaces(d.cluster, network)
        for network in roles
    ):
        # No heartbeats there; the adapter itself tells that its cable is gone (4.9, unsourced).
        locate_faults(d, (NetworkRole.CLIENT,))


def _forget_mended(d: Draft) -> None:
    """An interface that works again is Up, and what it would have failed stays Online."""
    mended = {
        (node, network)
        for node, network in d.cluster.noticed
        if is_linked(d.cluster, node, network)
    }
    d.exclude("noticed", mended)
    for node, network in sorted(mended):
        for group in d.cluster.groups_on(node):
            for resource in d.members(group):
                is_address = resource.type.name == IP_ADDRESS.name
                if is_address and network_of(d.cluster.config, resource) == network:
                    _forget_fault(d, resource.name)


def _forget_fault(d: Draft, name: str) -> None:
    d.cancel(lambda event: isinstance(event, FaultNoticed) and event.resource == name)
    d.drop("faults", (name,))


def lose_disk(d: Draft, name: str, node: str | None) -> None:
    """A disk cannot be reached: by *node*, or with None by any (4.12)."""
    config = d.cluster.config
    resource = config.resources_by_name[config.resource_name(name)]
    if resource.type.name != "Physical Disk":
        raise OperationRefused(
            None,
            because=f"{resource.name} is a {resource.type.name}.",
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
    elif d.state(resource.name) is ResourceState.ONLINE:
        d.table("faults")[resource.name] = d.cluster.now_s
        detection_s = resource.type.detection_s(d.cluster, resource, False)
        d.schedule(detection_s, FaultNoticed(resource.name))


def restore_disk(d: Draft, name: str) -> None:
    """A lost disk can be reached again, by every node."""
    disk = d.cluster.config.resource_name(name)
    lost = {pair for pair in d.cluster.lost_disks if pair[0] == disk}
    if not lost:
        raise _nothing_to_do(f"{disk} can be reached by every node.")
    d.exclude("lost_disks", lost)
    _forget_fault(d, disk)


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
    """The Resource Monitor of a node dies: its resources are brought online again (4.1)."""
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
