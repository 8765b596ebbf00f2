"""Whether a group serves its clients, and if not, what they wait for; and who was served when.

A group serves when every resource that may move the group ("Affect the group") is Online and
works. The parts of an outage follow the critical path: of several resources that are coming online
together, the one whose way to the end is longest gives the part its name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from clusterlab.cluster.facts import PARTS as PARTS  # noqa: PLC0414  importers find it here
from clusterlab.cluster.model import KEPT, Cluster, ClusterConfig, Resource
from clusterlab.cluster.networks import is_linked, network_of
from clusterlab.cluster.states import MEMBER_STATES, ActivityKind, ResourceState, Seen

ONLINE = "Online"
"""The part in which nothing is missing."""

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
    """

    part: str
    start_s: float
    end_s: float
    node: str


class Outage(NamedTuple):
    """How long one group did not serve, and why.

    Attributes:
        parts: Seconds by part, in the order of `PARTS`; they add up to *seconds*.
    """

    seconds: float
    parts: Mapping[str, float]
    spans: tuple[Span, ...]


def service_part(cluster: Cluster, group: str, needed: Sequence[Resource] | None = None) -> str:
    """Return what the clients of *group* are waiting for now; "Online" if for nothing.

    *needed* is what the group cannot do without; None takes what is configured. A group that has
    nothing, or lost it, serves nobody.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> service_part(exchange_cluster(), "EVS1")
        'Online'

    Source: handbook 2, 4.6; handbook 6.
    """
    if needed is None:
        needed = cluster.config.essential[group]
    elif not needed:
        return "offline"
    owner = cluster.owners[group]
    if owner in cluster.silent_since and cluster.node_states[owner] in MEMBER_STATES:
        return "detect"
    if owner in cluster.hung and cluster.node_states[owner] in MEMBER_STATES:
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
    if activity.kind is ActivityKind.AWAITING_QUORUM and not cluster.live_nodes:
        return "no node"
    return _BY_ACTIVITY.get(activity.kind) or _part_of_states(cluster, missing)


def _those_of(config: ClusterConfig, cluster: Cluster, group: str) -> tuple[Resource, ...]:
    """Return what *group* needs in *config* as *cluster* has it now; none if any of it is gone."""
    by_name = cluster.config.resources_by_name
    names = [resource.name for resource in config.essential[group]]
    if group not in cluster.owners or any(name not in by_name for name in names):
        return ()
    return tuple(by_name[name] for name in names)


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
        _add(parts, span)
    ordered = _in_order(parts)
    return Outage(round(sum(ordered.values()), 3), ordered, out)


# --- who was served when ----------------------------------------------------------------------

_COMPARED = {name: kept for name, kept in KEPT.items() if kept.seen is Seen.BY_VALUE}
_NAMED = [name for name, kept in _COMPARED.items() if kept.keyed_by in {("group",), ("resource",)}]
_TABLES = itemgetter(*_NAMED)
_SHARED = itemgetter(*(name for name in _COMPARED if name not in _NAMED))


class Watch:
    """What the clients of each group saw, while one cluster follows another.

    A group is looked at again only when something about it has changed, and only what a moment
    leaves behind makes a span. A group that is made begins then, whoever had its name before; one
    that is renamed keeps its past.
    """

    def __init__(self, cluster: Cluster, as_configured_in: ClusterConfig | None = None) -> None:
        """Begin with *cluster*; the groups are those of *as_configured_in*, if that is given."""
        self.cluster = cluster
        self._norm = as_configured_in
        self._needed_by: Mapping[str, str] = {}
        self._needs: Mapping[str, tuple[Resource, ...]] = {}
        if as_configured_in is not None:
            self._needed_by = {one.name: one.group for one in as_configured_in.resources}
            self._read_needs(as_configured_in)
        self._now: dict[str, tuple[str, str]] = {}
        self._since: dict[str, float] = {}
        self._spans: dict[str, list[Span]] = {}
        self._parts: dict[str, dict[str, float]] = {}  # of the spans that are over
        self._stirred: set[str] = set()
        self._shared, self._tables = _SHARED(cluster.__dict__), _TABLES(cluster.__dict__)
        for name in (as_configured_in or cluster.config).groups_by_name:
            self._begin(name)
        self.was_out = frozenset(name for name in self._now if self.part(name) != ONLINE)

    def _begin(self, group: str) -> None:
        self._now[group] = self._glance(group)
        self._since[group] = self.cluster.now_s
        self._spans[group], self._parts[group] = [], {}

    def copy(self) -> Watch:
        """Return a watch that shares the past."""
        other = Watch.__new__(Watch)
        other.__dict__.update(self.__dict__)
        other._now, other._since = dict(self._now), dict(self._since)
        other._spans = {name: list(spans) for name, spans in self._spans.items()}
        other._parts = {name: dict(parts) for name, parts in self._parts.items()}
        other._stirred = set(self._stirred)
        return other

    def part(self, group: str) -> str:
        """Return what the clients of *group* were waiting for when it was last looked at."""
        return self._now[group][0]

    def spans(self, group: str) -> tuple[Span, ...]:
        """Return what the clients of *group* saw, from its beginning to now, without gaps."""
        self.look()
        return (*self._spans[group][:-1], *self._last(group))

    def outage(self, group: str) -> Outage:
        """Return how long *group* did not serve so far, and why."""
        return outage_of(self.spans(group))

    def parts_out(self, group: str) -> Mapping[str, float]:
        """Return the seconds that *group* did not serve so far, by part, as `outage` does.

        It costs the same however much has happened.
        """
        self.look()
        parts = dict(self._parts[group])
        for span in self._last(group):
            _add(parts, span)
        return _in_order(parts)

    def let_pass(self, until_s: float) -> None:
        """See what the present moment leaves behind, if the next thing happens later."""
        if self._stirred and until_s > self.cluster.now_s:
            self.look()

    def follow(self, new: Cluster, names: Iterable[str]) -> None:
        """Take over *new*, in which something about *names* has changed.

        It may be the same object, changed. Cheap, since it is called after every step: what is the
        same object is not compared further.
        """
        self.cluster, stirred = new, self._stirred
        shared, tables = _SHARED(new.__dict__), _TABLES(new.__dict__)
        if shared != self._shared:
            if new.config is not self._shared[0]:
                self._follow_config(new.config)
            stirred.update(self._now)
        else:
            for before, after in zip(self._tables, tables, strict=True):
                if before is not after:  # what is written is copied first
                    names = [*names, *_differing(before, after)]
            by_name, needed_by = new.config.resources_by_name, self._needed_by
            for name in names:
                stirred.add(by_name[name].group if name in by_name else name)
                if name in needed_by:
                    stirred.add(needed_by[name])
        self._shared, self._tables = shared, tables

    def _follow_config(self, config: ClusterConfig) -> None:
        if self._norm is None:
            self._follow_names(config.groups_by_name)
        else:
            self._read_needs(self._norm)

    def _read_needs(self, norm: ClusterConfig) -> None:
        self._needs = {name: _those_of(norm, self.cluster, name) for name in norm.groups_by_name}

    def _follow_names(self, groups: Collection[str]) -> None:
        """Follow groups that were made, deleted or renamed; one event does one of these."""
        gone = [name for name in self._now if name not in groups]
        made = [name for name in groups if name not in self._now]
        tables: tuple[dict[str, Any], ...] = (self._now, self._since, self._spans, self._parts)
        for table in tables:
            kept = [table.pop(name) for name in gone]
            table.update(zip(made, kept, strict=False))
        self._stirred.difference_update(gone)
        for name in made[len(gone) :]:
            self._begin(name)

    def look(self) -> None:
        """See what has become of the groups that something happened to."""
        for group in self._stirred & self._now.keys():
            seen = self._glance(group)
            if seen != self._now[group]:
                self._close(group)
                self._now[group], self._since[group] = seen, self.cluster.now_s
        self._stirred.clear()

    def _glance(self, group: str) -> tuple[str, str]:
        cluster = self.cluster
        part = service_part(cluster, group, self._needs.get(group))
        return part, cluster.owners.get(group, "")

    def _close(self, group: str) -> None:
        spans, last = self._spans[group], self._last(group)
        if len(last) > 1:
            _add(self._parts[group], last[0])
        spans[-1:] = last

    def _last(self, group: str) -> tuple[Span, ...]:
        """Return the last span of those that are over, and what came next.

        The first one of a group counts even if it took no time.
        """
        (part, node), before = self._now[group], self._spans[group][-1:]
        now_s = self.cluster.now_s
        if before and (before[0].part, before[0].node) == (part, node):
            return (before[0]._replace(end_s=now_s),)
        span = Span(part, self._since[group], now_s, node)
        return (*before, span) if now_s > span.start_s or not before else tuple(before)


def _add(parts: dict[str, float], span: Span) -> None:
    """Add a span without service to the seconds by part."""
    if span.part != ONLINE and span.end_s > span.start_s:
        parts[span.part] = round(parts.get(span.part, 0.0) + span.end_s - span.start_s, 3)


_ORDER = {part: place for place, part in enumerate(PARTS)}


def _in_order(parts: Mapping[str, float]) -> dict[str, float]:
    return dict(sorted(parts.items(), key=lambda item: _ORDER.get(item[0], len(_ORDER))))


def _differing(before: Any, after: Any) -> Iterable[str]:
    """Return the names under which two tables differ."""
    if isinstance(before, Mapping):
        return [name for name, _ in before.items() ^ after.items()]
    return before ^ after  # type: ignore[no-any-return]


# --- the critical path ----------------------------------------------------------------------------


def critical_path(cluster: Cluster, group: str) -> tuple[tuple[str, float], ...]:
    """Return the resources of *group* that decide how long coming online takes (handbook 2, 2.3).

    Returns:
        Resource names with the seconds each needs, the first to come online standing first.
        Of two chains that take equally long the one whose resources were created first; empty
        for a group without resources.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> path = critical_path(exchange_cluster(), "EVS1")
        >>> [seconds for _, seconds in path]
        [2.0, 5.0, 20.0, 40.0]
    """
    import networkx as nx

    graph = dependency_graph(cluster, group)
    path = nx.dag_longest_path(graph, weight="seconds")[1:]
    return tuple((name, graph.nodes[name]["seconds"]) for name in path)


def dependency_graph(cluster: Cluster, group: str) -> Any:
    """Return the dependencies of *group* as a networkx.DiGraph, from START to what comes last.

    An edge leads from what must be Online first to what needs it and weighs the seconds that this
    one takes to come online; START leads to what needs nothing.

    Source: handbook 2, 2.1 and 2.2.
    """
    import networkx as nx  # slow to load, and only pictures ask

    graph = nx.DiGraph()
    for resource in cluster.config.members[group]:
        seconds = resource.type.online_s(cluster, resource)
        graph.add_node(resource.name, seconds=seconds)
        for needed in resource.depends_on or (START,):
            graph.add_edge(needed, resource.name, seconds=seconds)
    return graph


START = ""
"""The node of a dependency graph that stands before everything."""
