"""Where a network fault is: which interface is blamed, and which addresses fail with it (4.9).

The product asks hosts outside the cluster whether they answer; here a node reaches them if its
interface and the network work. Networks for clients only carry no heartbeats: there the adapter
itself tells at once that it has no link (unsourced).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from clusterlab.cluster.draft import Draft
from clusterlab.cluster.events import FaultNoticed, OnlineAttemptFailed, ResourceCameOnline
from clusterlab.cluster.model import Resource
from clusterlab.cluster.networks import (
    faulty_interfaces,
    is_isolated,
    is_linked,
    is_overdue,
    members,
    network_of,
)
from clusterlab.cluster.resource_types import IP_ADDRESS
from clusterlab.cluster.states import ResourceState, Windows


def locate_faults(d: Draft) -> None:
    """Blame interfaces for faults that were noticed, and no longer blame those that mended (4.9).

    A blamed interface fails the addresses on it at their next check. An interface is not blamed
    any more when its link is back, or when no other node reaches anything on the network either.
    """
    if d.cluster.config.windows is Windows.NT4:
        return  # a pulled cable is not noticed (10; KB 176320)
    for network in (item.name for item in d.cluster.config.networks):
        noticed = {node for node, name in d.cluster.noticed if name == network}
        faulty = faulty_interfaces(d.cluster, network)
        for node in sorted(noticed.difference(faulty)):
            d.exclude("noticed", ((node, network),))
            forget_faults(d, (item.name for item in _addresses(d, node, network)))
        for node in faulty:
            if node not in noticed and is_overdue(d.cluster, node, network):
                d.include("noticed", ((node, network),))
                # Of a node without any network only the events are logged (4.9, unsourced).
                if not is_isolated(d.cluster, node):
                    _interface_failed(d, node, network)


def _interface_failed(d: Draft, node: str, network: str) -> None:
    d.log_event(1127, node, peer=node, network=network)
    for resource in _addresses(d, node, network):
        note_fault(d, resource)


def log_if_down(d: Draft, network: str) -> None:
    """Each live member logs 1130 if no node reaches anything on *network* any more (8.3)."""
    nodes = [node for node in members(d.cluster) if d.cluster.is_live(node)]
    if not any(is_linked(d.cluster, node, network) for node in nodes):
        for node in nodes:
            d.log_event(1130, node, network=network)


def note_fault(d: Draft, resource: Resource) -> None:
    """Let a resource no longer work: its next LooksAlive finds out, or its start fails (4.1)."""
    name = resource.name
    if d.state(name) is ResourceState.ONLINE and name not in d.cluster.faults:
        d.table("faults")[name] = d.cluster.now_s
        d.schedule(resource.type.detection_s(d.cluster, resource, False), FaultNoticed(name))
    elif d.state(name) is ResourceState.ONLINE_PENDING:
        _spoil_start(d, resource)


def _spoil_start(d: Draft, resource: Resource) -> None:
    """Let a start that is under way end in a failure at the time it would have succeeded."""
    success = ResourceCameOnline(resource.name)
    due_s = [timer.due_s for timer in d.cluster.timers if timer.event == success]
    refusal = resource.type.online_refusal(d.cluster, resource)
    if due_s and refusal:
        d.cancel(lambda event: event == success)
        failure = OnlineAttemptFailed(resource.name, refusal.because, refusal.source)
        d.schedule(due_s[0] - d.cluster.now_s, failure)


def forget_faults(d: Draft, resources: Iterable[str]) -> None:
    """Let *resources* work again before a check has found that they did not."""
    names = set(resources).intersection(d.cluster.faults)
    d.cancel(lambda event: isinstance(event, FaultNoticed) and event.resource in names)
    d.drop("faults", names)


def _addresses(d: Draft, node: str, network: str) -> Iterator[Resource]:
    """Yield the IP Address resources that a node owns on a network."""
    for group in d.cluster.groups_on(node):
        for resource in d.members(group):
            is_address = resource.type.name == IP_ADDRESS.name
            if is_address and network_of(d.cluster.config, resource) == network:
                yield resource
