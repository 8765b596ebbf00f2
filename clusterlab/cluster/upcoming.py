"""What happens next if nobody intervenes, in words."""

from __future__ import annotations

from clusterlab.cluster.engine import next_timer
from clusterlab.cluster.events import Event, HeartbeatsMissed, RegroupEnded, RegroupStarted
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.networks import is_isolated, members


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


def _text(cluster: Cluster, event: Event) -> str:
    if not event.due:
        return event.in_words()
    is_about_contact = isinstance(event, HeartbeatsMissed | RegroupStarted | RegroupEnded)
    name = _unheard(cluster) if is_about_contact else _short_name(cluster, event.subject)
    return event.filled(event.due, subject=name)


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
