"""Whether a group serves its clients at a moment, and if not, what they are waiting for.

A group serves when every resource that may move the group ("Affect the group") is Online and
works. The parts of an outage follow the critical path: of several resources that are coming online
together, the one whose way to the end is longest gives the part its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from clusterlab.cluster.model import Cluster, Resource
from clusterlab.cluster.networks import is_linked, network_of
from clusterlab.cluster.states import MEMBER_STATES, ActivityKind, ResourceState

ONLINE = "Online"
"""The part in which nothing is missing."""

PARTS: Mapping[str, str] = {
    "detect": "nobody has noticed the failure yet",
    "network": "the owner has lost the network of the clients",
    "arbitrate": "waiting until a survivor owns the quorum",
    "stop": "going offline in order",
    "transfer": "the ownership passes to another node",
    "address": "the IP Address comes online",
    "name": "the Network Name comes online",
    "disk": "the disks come online",
    "SA": "the System Attendant comes online, or is refused",
    "store": "the Information Store starts and replays its logs",
    "protocols": "the protocols come online",
    "restart": "the pause before a restart in place",
    "failed": "a resource failed for good, or the group was given up",
    "no node": "no possible owner is Up",
    "offline": "an administrator took it offline",
}
"""What each part of an outage means; other resource types add parts of their own."""

_BY_ACTIVITY = {
    ActivityKind.AWAITING_QUORUM: "arbitrate",
    ActivityKind.AWAITING_OWNER: "no node",
    ActivityKind.GIVING_UP: "failed",
    ActivityKind.GOING_OFFLINE: "stop",
}


class Span(NamedTuple):
    """A stretch of time in which one thing was true of a group.

    Attributes:
        part: "Online", or a key of `PARTS`: what its clients were waiting for.
        start_s: From when, simulated seconds.
        end_s: Until when.
        node: The owner meanwhile.
    """

    part: str
    start_s: float
    end_s: float
    node: str


class Outage(NamedTuple):
    """How long one group did not serve, and why.

    Attributes:
        seconds: In all.
        parts: Seconds by part, in the order of `PARTS`; they add up to *seconds*.
        spans: Each stretch without service.
    """

    seconds: float
    parts: Mapping[str, float]
    spans: tuple[Span, ...]


def service_part(cluster: Cluster, group: str) -> str:
    """Return what the clients of *group* are waiting for now; "Online" if for nothing.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> service_part(exchange_cluster(), "EVS1")
        'Online'

    Source: handbook 2, 4.6; handbook 6.
    """
    needed = cluster.config.essential[group]
    owner = cluster.owners[group]
    if owner in cluster.silent_since and cluster.node_states[owner] in MEMBER_STATES:
        return "detect"
    if cluster.faults and any(resource.name in cluster.faults for resource in needed):
        return "detect"
    if not needed:
        return "offline"
    states, online = cluster.resource_states, ResourceState.ONLINE
    missing = [r for r in needed if states[r.name] is not online]
    if not missing:
        return ONLINE if _reaches_clients(cluster, needed, owner) else "network"
    activity = cluster.activities.get(group)
    if activity is None or activity.kind is ActivityKind.COMING_ONLINE:
        return _part_of_states(cluster, missing)
    if activity.kind is ActivityKind.MOVING:
        return "transfer" if activity.is_in_transfer else "stop"
    if activity.kind is ActivityKind.AWAITING_QUORUM and not _is_running(cluster):
        return "no node"
    return _BY_ACTIVITY.get(activity.kind) or _part_of_states(cluster, missing)


def _is_running(cluster: Cluster) -> bool:
    return any(cluster.is_live(node.name) for node in cluster.config.nodes)


def _reaches_clients(cluster: Cluster, needed: Iterable[Resource], owner: str) -> bool:
    if not cluster.cut and not cluster.lost_networks:
        return True
    networks = [network_of(cluster.config, r) for r in needed if r.type.name == "IP Address"]
    return all(network is None or is_linked(cluster, owner, network) for network in networks)


def _part_of_states(cluster: Cluster, missing: list[Resource]) -> str:
    states, wanted = cluster.resource_states, ResourceState.ONLINE_PENDING
    pending = [r for r in missing if states[r.name] is wanted]
    if pending:
        return _longest(cluster, pending).type.service_part
    if cluster.restarting and not cluster.restarting.isdisjoint([r.name for r in missing]):
        return "restart"
    if any(states[resource.name] is ResourceState.OFFLINE_PENDING for resource in missing):
        return "stop"
    is_failed = any(states[resource.name] is ResourceState.FAILED for resource in missing)
    return "failed" if is_failed else "offline"


def _longest(cluster: Cluster, pending: list[Resource]) -> Resource:
    """Return the one of *pending* from which the way to the end is longest."""
    if len(pending) == 1 or len({resource.type.service_part for resource in pending}) == 1:
        return pending[0]
    known_s: dict[str, float] = {}
    return max(pending, key=lambda resource: _time_to_end_s(cluster, resource, known_s))


def _time_to_end_s(cluster: Cluster, resource: Resource, known_s: dict[str, float]) -> float:
    """Return the seconds until everything that needs *resource* is Online; *known_s* by name."""
    after_s = 0.0
    for user in cluster.config.needed_by[resource.name]:
        if user not in known_s:
            by_name = cluster.config.resources_by_name
            known_s[user] = _time_to_end_s(cluster, by_name[user], known_s)
        after_s = max(after_s, known_s[user])
    return resource.type.online_s(cluster, resource) + after_s


def outage_of(spans: Iterable[Span]) -> Outage:
    """Return the outage that *spans* of one group add up to.

    Example:
        >>> outage_of([Span("Online", 0, 5, "N1"), Span("detect", 5, 13.2, "N1")]).parts
        {'detect': 8.2}
    """
    out = tuple(span for span in spans if span.part != ONLINE and span.end_s > span.start_s)
    parts: dict[str, float] = {}
    for span in out:
        parts[span.part] = round(parts.get(span.part, 0.0) + span.end_s - span.start_s, 3)
    order = {part: place for place, part in enumerate(PARTS)}
    ordered = dict(sorted(parts.items(), key=lambda item: order.get(item[0], len(order))))
    return Outage(round(sum(ordered.values()), 3), ordered, out)
