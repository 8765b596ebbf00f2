"""Whether a group serves its clients at a moment, and if not, what they are waiting for.

A group serves when every resource that may move the group ("Affect the group") is Online and
works. The parts of an outage follow the critical path: of several resources that are coming online
together, the one whose way to the end is longest gives the part its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from clusterlab.cluster.model import ActivityKind, Cluster, Resource
from clusterlab.cluster.states import MEMBER_STATES, ResourceState, RestartAction

ONLINE = "Online"
"""The part in which nothing is missing."""

PARTS: Mapping[str, str] = {
    "detect": "nobody has noticed the failure yet",
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
    "no node": "no node that may run it is Up",
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


def essential(cluster: Cluster, group: str) -> list[Resource]:
    """Return the resources without which the group does not serve."""
    members = cluster.config.members[group]
    chosen = [
        resource
        for resource in members
        if resource.restart_action == RestartAction.RESTART_AND_AFFECT_GROUP
    ]
    return chosen or list(members)


def service_part(cluster: Cluster, group: str) -> str:
    """Return what the clients of *group* are waiting for now; "Online" if for nothing.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> service_part(exchange_cluster(), "EVS1")
        'Online'

    Source: handbook 2, 4.6; handbook 6.
    """
    needed = essential(cluster, group)
    states = [cluster.resource_states[resource.name] for resource in needed]
    owner = cluster.owners[group]
    activity = cluster.activities.get(group)
    is_silent = owner in cluster.silent_since and cluster.node_states[owner] in MEMBER_STATES
    if is_silent or any(resource.name in cluster.faults for resource in needed):
        return "detect"
    if all(state is ResourceState.ONLINE for state in states):
        return ONLINE
    if activity and activity.kind in _BY_ACTIVITY:
        return _BY_ACTIVITY[activity.kind]
    if activity and activity.kind is ActivityKind.MOVING:
        return "transfer" if activity.is_in_transfer else "stop"
    return _part_of_states(cluster, needed)


def _part_of_states(cluster: Cluster, needed: list[Resource]) -> str:
    by_state: dict[ResourceState, list[Resource]] = {state: [] for state in ResourceState}
    for resource in needed:
        by_state[cluster.resource_states[resource.name]].append(resource)
    pending = by_state[ResourceState.ONLINE_PENDING]
    if pending:
        return max(pending, key=lambda r: time_to_end_s(cluster, r)).type.service_part
    if any(resource.name in cluster.restarting for resource in needed):
        return "restart"
    if by_state[ResourceState.OFFLINE_PENDING]:
        return "stop"
    return "failed" if by_state[ResourceState.FAILED] else "offline"


def time_to_end_s(cluster: Cluster, resource: Resource) -> float:
    """Return the seconds from here until everything that needs *resource* is Online."""
    users = cluster.config.needed_by[resource.name]
    by_name = cluster.config.resources_by_name
    after_s = max((time_to_end_s(cluster, by_name[user]) for user in users), default=0.0)
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
