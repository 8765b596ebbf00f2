"""What happens next if nobody intervenes, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from clusterlab.cluster.engine import next_timer
from clusterlab.cluster.events import (
    Event,
    FailbackHour,
    FaultNoticed,
    HeartbeatsMissed,
    NodeJoined,
    OfflineTimedOut,
    OnlineAttemptFailed,
    OwnershipPassed,
    QuorumCameOnline,
    QuorumReserved,
    RegroupEnded,
    RegroupStarted,
    ResourceCameOnline,
    ResourceWentOffline,
    RestartDue,
    RetryDue,
    SearchEnded,
    ServiceStarted,
)
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.networks import is_isolated, members
from clusterlab.cluster.story import event_text

_WORDS: Mapping[type[Event], str] = {
    HeartbeatsMissed: "two heartbeats of {0} are missed",
    RegroupStarted: "six heartbeats of {0} are missed: a regroup starts",
    RegroupEnded: "the regroup ends; {0} did not answer",
    QuorumReserved: "{0} reserves the quorum",
    QuorumCameOnline: "the quorum is Online on {0}",
    ResourceCameOnline: "{0} Online",
    ResourceWentOffline: "{0} Offline",
    OnlineAttemptFailed: "{0} gives up coming online",
    OfflineTimedOut: "{0} is terminated, its pending timeout is over",
    FaultNoticed: "a check of {0} finds its fault",
    RestartDue: "{0} is restarted in place",
    RetryDue: "{0} is tried once more",
    OwnershipPassed: "{0} arrives on its new owner",
    ServiceStarted: "the Cluster service of {0} has started",
    NodeJoined: "{0} has joined",
    SearchEnded: "{0} has found no cluster and tries to form one",
    FailbackHour: "a full hour: groups may go home",
}


def upcoming(cluster: Cluster) -> tuple[float, str] | None:
    """Return when the next thing happens and what it is; None if nothing is pending.

    Example:
        >>> from clusterlab import Simulation, exchange_cluster
        >>> sim = Simulation(exchange_cluster())
        >>> sim.fail_node("NODE3")
        >>> upcoming(sim.cluster)
        (2.4, 'two heartbeats of NODE3 are missed')
    """
    timer = next_timer(cluster)
    if timer is None:
        return None
    return timer.due_s, _text(cluster, timer.event)


def _text(cluster: Cluster, event: Any) -> str:
    words: Callable[[str], str] | None = getattr(_WORDS.get(type(event)), "format", None)
    if words is None:
        return event_text(event)
    is_about_contact = isinstance(event, HeartbeatsMissed | RegroupStarted | RegroupEnded)
    return words(_unheard(cluster) if is_about_contact else _short_name(cluster, event.subject))


def _unheard(cluster: Cluster) -> str:
    """Return the members that nobody hears, or else the networks on which somebody is missed."""
    nodes = [n for n in members(cluster) if n in cluster.silent_since or is_isolated(cluster, n)]
    networks = sorted({network for *_, network in cluster.contacts})
    return ", ".join(nodes) or f"some nodes on {', '.join(networks)}"


def _short_name(cluster: Cluster, name: str) -> str:
    resource = cluster.config.resources_by_name.get(name)
    if resource is None:
        return name
    twins = [r for r in cluster.config.members[resource.group] if r.type is resource.type]
    return f"{resource.group}/{resource.type.short}" if len(twins) == 1 else name
