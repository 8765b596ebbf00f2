"""What a kind of fault is, and the pieces that kinds are made of.

Everything here is a pure function of a sound cluster and a place: where a fault can be, what it
changes, which failures show it, which lines of cluster.exe repair it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from clusterlab.cases.trials import Trial
from clusterlab.cluster import events as ev
from clusterlab.cluster.configuring import configure
from clusterlab.cluster.model import Cluster, Resource
from clusterlab.clusterexe.commands import command_line
from clusterlab.exchange.evs import INFORMATION_STORE
from clusterlab.exchange.exres import evs_names

Lines = tuple[str, ...]
"""Lines of cluster.exe, in the order in which they are typed."""

FIVE_MINUTES_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultKind:
    """One way to spoil a sound cluster.

    Attributes:
        id: Short name, in small letters with hyphens.
        title: What is wrong, in words that fit behind the name of a place.
        places: Names of what it can be planted on in a sound cluster: resources, groups, nodes or
            networks; none if the cluster cannot have it.
        plant: Returns the cluster with the fault on one of these.
        trials: What shows it; the first one is what users went through. All of them end as on the
            sound cluster once it is repaired.
        repairs: Accepted ways to repair it, each as lines; the first is the usual one.
        look: The line that prints what is wrong, with {} for the place.
    """

    id: str
    title: str
    rule: str
    source: str
    places: Callable[[Cluster], Sequence[str]]
    plant: Callable[[Cluster, str], Cluster]
    trials: Callable[[Cluster, str], tuple[Trial, ...]]
    repairs: Callable[[Cluster, str], tuple[Lines, ...]]
    look: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A kind of fault in its place."""

    kind: FaultKind
    place: str

    def __str__(self) -> str:
        """Return the fault in words."""
        return f"{self.place} - {self.kind.title}"


# --- looking around in a sound cluster --------------------------------------------------------


def spares(cluster: Cluster) -> list[str]:
    """Return the nodes that own no EVS."""
    busy = {cluster.owners[name] for name in evs_names(cluster.config)}
    return [node for node in cluster.config.nodes_by_name if node not in busy]


def members_of(cluster: Cluster, *shorts: str) -> list[str]:
    """Return the names of the resources of EVSs whose type has one of these short names."""
    names = set(evs_names(cluster.config))
    return [r.name for r in cluster.config.resources if r.group in names and r.type.short in shorts]


def resource(cluster: Cluster, name: str) -> Resource:
    """Return the resource *name*."""
    return cluster.config.resources_by_name[name]


def home(cluster: Cluster, name: str) -> str:
    """Return the node that owns the group *name*, or the group of the resource *name*."""
    group = name if name in cluster.owners else resource(cluster, name).group
    return cluster.owners[group]


def path(cluster: Cluster, name: str) -> str:
    """Return "EVS1/IS" for a resource of an EVS, or the name if the group has two of its type."""
    one = resource(cluster, name)
    return cluster.config.path_of(one) if one.group in evs_names(cluster.config) else name


def store_of(cluster: Cluster, group: str) -> str:
    """Return the name of the Information Store of an EVS."""
    members = cluster.config.members[group]
    return next(r.name for r in members if r.type.name == INFORMATION_STORE)


# --- planting and repairing -------------------------------------------------------------------


def given(cluster: Cluster, name: str, **properties: Any) -> Cluster:
    """Return *cluster* with properties of one thing changed."""
    return replace(cluster, config=configure(cluster.config, name, **properties))


def line(cluster: Cluster, name: str, **properties: Any) -> str:
    """Return the line that sets properties of one thing."""
    return command_line(ev.SetProperties(name, properties), cluster.config)


def set_back(*keys: str) -> Callable[[Cluster, str], tuple[Lines, ...]]:
    """Return a function that repairs by setting properties to what the sound cluster has."""

    def repairs(sound: Cluster, place: str) -> tuple[Lines, ...]:
        groups, resources = sound.config.groups_by_name, sound.config.resources_by_name
        networks = {network.name: network for network in sound.config.networks}
        item = groups.get(place) or resources.get(place) or networks[place]
        return ((line(sound, place, **{key: getattr(item, key) for key in keys}),),)

    return repairs


# --- what shows a fault -----------------------------------------------------------------------

ORDINARY = Trial("nothing fails, on an ordinary morning")


def crash(node: str) -> Trial:
    """Return the loss of a node."""
    return Trial(f"{node} loses power", (ev.NodeFailed(node),))


def crash_and_return(node: str) -> Trial:
    """Return the loss of a node that is started again."""
    words = f"{node} loses power and is started again"
    return Trial(words, (ev.NodeFailed(node), ev.StartNode(node)))


def fails(cluster: Cluster, name: str, times: int = 1) -> Trial:
    """Return failures of one resource, the next one as soon as it is Online again."""
    count = "" if times == 1 else f" {times} times"
    return Trial(f"{path(cluster, name)} fails{count}", (ev.InitiateFailure(name),) * times)


def network_away(network: str) -> Trial:
    """Return a network that fails for five minutes."""
    steps = (ev.NetworkLost(network), FIVE_MINUTES_S, ev.NetworkRestored(network))
    return Trial(f"network {network} fails for five minutes", steps)
