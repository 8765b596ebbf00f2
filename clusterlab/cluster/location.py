"""Where a network fault is: which interface is blamed, and which addresses fail with it (4.9)."""

from __future__ import annotations

from collections.abc import Collection

from clusterlab.cluster.draft import Draft
from clusterlab.cluster.events import FaultNoticed
from clusterlab.cluster.networks import faulty_interfaces, is_isolated, network_of
from clusterlab.cluster.resource_types import IP_ADDRESS
from clusterlab.cluster.states import NetworkRole, ResourceState, Windows


def locate_faults(d: Draft, roles: Collection[NetworkRole] = tuple(NetworkRole)) -> None:
    """Blame an interface for a fault, or nobody; a blamed one fails its addresses (4.9)."""
    if d.cluster.config.windows is Windows.NT4:
        return  # a pulled cable is not noticed (10; KB 176320)
    for network in d.cluster.config.networks:
        for node in faulty_interfaces(d.cluster, network.name) if network.role in roles else ():
            if (node, network.name) not in d.cluster.noticed:
                d.include("noticed", ((node, network.name),))
                # Of a node without any network only the events are logged (4.9, unsourced).
                if not is_isolated(d.cluster, node):
                    _interface_failed(d, node, network.name)


def _interface_failed(d: Draft, node: str, network: str) -> None:
    d.log_event(1127, node, peer=node, network=network)
    for group in d.cluster.groups_on(node):
        for resource in d.members(group):
            is_here = resource.type is IP_ADDRESS and network_of(d.cluster.config, resource)
            if is_here == network and d.state(resource.name) is ResourceState.ONLINE:
                d.table("faults").setdefault(resource.name, d.cluster.now_s)
                detection_s = resource.type.detection_s(d.cluster, resource, False)
                d.schedule(detection_s, FaultNoticed(resource.name))
