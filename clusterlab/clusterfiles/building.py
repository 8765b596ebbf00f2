"""From a description, whatever file it came from, to a cluster; every fault of it is noted.

A description is what could be read. What contradicts itself is found here, with the line; the rules
of the Cluster service and of Exchange are those of `ClusterConfig` and of the resource types.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from clusterlab.cluster.errors import ConfigError, instead_of, said, shown, unshown
from clusterlab.cluster.kinds import ResourceType
from clusterlab.cluster.model import Cluster, ClusterConfig, Group, Node, Resource
from clusterlab.cluster.quorum import has_majority, votes_needed
from clusterlab.cluster.resting import needs_are_online, started, usual_states
from clusterlab.cluster.states import NodeState, QuorumModel, ResourceState
from clusterlab.exchange.evs import EXCHANGE_TYPES, added_types
from clusterlab.tomlfiles.problems import Problems

MAX_RESOURCES = 1674
"""Resources in a cluster: 27 threads in each of 62 Resource Monitors (handbook 1, 3)."""
MAX_NETWORKS = 32
"""More networks than any cluster has; a longer list is no description of one."""


@dataclass(slots=True, kw_only=True)
class Description:
    """What a file says about a cluster, before anybody asked whether that can be.

    Attributes:
        settings: Fields of `ClusterConfig` other than those below.
        sites: The sites that the nodes may name; none where each node names its own.
        powered: Down nodes that have power.
        owners: Group to node; a group that is missing gets its best node.
        offline: Groups that were taken offline.
        states: Resource to state, where it is not what follows from the others.
        persistent: `PersistentState` of groups and resources where it was given.
        registered: The Exchange version whose types are registered; None for what is in use.
        half_read: Resources of which some words could not be read.
        where: File and line of each thing, by kind and name.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    sites: tuple[str, ...] = ()
    node_states: dict[str, NodeState] = field(default_factory=dict)
    powered: set[str] = field(default_factory=set)
    groups: list[Group] = field(default_factory=list)
    owners: dict[str, str] = field(default_factory=dict)
    offline: set[str] = field(default_factory=set)
    resources: list[Resource] = field(default_factory=list)
    states: dict[str, ResourceState] = field(default_factory=dict)
    persistent: dict[str, bool] = field(default_factory=dict)
    registered: int | None = None
    half_read: set[str] = field(default_factory=set)
    where: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)

    def is_online_node(self, name: str) -> bool:
        """Return whether a node is a member of the cluster."""
        return self.node_states.get(name) is not NodeState.DOWN


def build(description: Description, problems: Problems) -> Cluster:
    """Return the cluster that is described."""
    builder = _Builder(description, problems)
    builder.check()
    config = builder.config() if problems.is_whole else None
    cluster = builder.cluster(config) if config is not None else None
    problems.raise_if_any()
    assert cluster is not None
    return cluster


def best_node(description: Description, config: ClusterConfig, group: Group) -> str | None:
    """Return where *group* would be: a preferred owner, else the first node that can run it."""
    order = [*group.preferred_owners, *config.nodes_by_name]
    possible = config.possible_owners[group.name]
    up = [name for name in order if description.is_online_node(name)]
    return next((name for name in up if name in possible), None)


@dataclass(slots=True)
class _Builder:
    described: Description
    problems: Problems
    _members: dict[str, list[Resource]] = field(default_factory=dict)

    def wrong(self, kind: str, name: str, text: str, *, spoils: bool = False) -> None:
        """Note a problem with a thing; after one that spoils it no rule asks about the whole."""
        file, line = self.described.where.get((kind, name), ("", 0))
        self.problems.add(line, text, file)
        self.problems.is_whole &= not spoils

    # --- what contradicts itself --------------------------------------------------------------

    def check(self) -> None:
        """Note what can be seen without building anything."""
        described = self.described
        many = (
            ("node", described.nodes, 64),
            ("group", described.groups, MAX_RESOURCES),
            ("resource", described.resources, MAX_RESOURCES),
            ("network", described.settings.get("networks", ()), MAX_NETWORKS),
        )
        for kind, items, most in many:
            self.check_names(kind, [item.name for item in items], most)
        self.check_ids()
        self.check_sites()
        if not described.nodes:
            if self.problems.is_whole:
                self.problems.add(0, 'it has no nodes; write nodes = ["NODE1", "NODE2"]')
            self.problems.is_whole = False
        elif not any(described.is_online_node(node.name) for node in described.nodes):
            self.problems.add(0, "all its nodes are Down; allowed: at least one that is Up")
            self.problems.is_whole = False
        for resource in described.resources:
            self.check_needs(resource)
        for group in described.groups:
            self.check_circle(group.name)

    def check_names(self, kind: str, names: list[str], most: int) -> None:
        """Note names that are given twice, and lists that are longer than *most*."""
        if len(names) > most:
            self.wrong(kind, names[most], f"{len(names)} {kind}s are described; allowed: {most}")
            self.problems.raise_if_any()
        seen: set[str] = set()
        for name in names:
            if char := unshown(name):
                text = said("file unshown", kind, shown(name), char)
                self.wrong(kind, name, text, spoils=True)
            if name.casefold() in seen:
                self.wrong(kind, name, said("file twice", kind, shown(name)), spoils=True)
            seen.add(name.casefold())

    def check_ids(self) -> None:
        """Note Node IDs that two nodes have."""
        first: dict[int, str] = {}
        for node in self.described.nodes:
            if node.node_id in first:
                names = (shown(node.name), node.node_id, shown(first[node.node_id]))
                self.wrong("node", node.name, said("file node id", *names), spoils=True)
            first.setdefault(node.node_id, node.name)

    def check_sites(self) -> None:
        """Note sites without nodes, nodes without a site, and a way between fewer than two."""
        nodes, named = self.described.nodes, self.described.sites
        found = tuple(dict.fromkeys(node.site for node in nodes if node.site))
        self.check_names("site", list(named or found), len(nodes))
        for node in nodes if found else ():
            if not node.site:
                self.wrong("node", node.name, said("file no site", shown(node.name)))
        if empty := [site for site in named if site not in found]:
            self.wrong("site", "sites", said("file empty site", shown(empty[0])))
        if self.described.settings.get("between_sites") and len(found) < 2:
            self.wrong("site", "between_sites", said("file one site"))

    def check_needs(self, resource: Resource) -> None:
        """Note dependencies on other groups, and required ones that are missing (1, 3)."""
        by_name = {other.name: other for other in self.members(resource.group)}
        for needed in resource.depends_on:
            if needed not in by_name:
                names = (shown(resource.name), shown(needed), instead_of(needed, by_name))
                self.wrong("resource", resource.name, said("file needs", *names), spoils=True)
                return
        if resource.name in self.described.half_read or self.described.settings.get("is_as_found"):
            return
        types = {by_name[needed].type.name for needed in resource.depends_on}
        for wanted in resource.type.needs_types:
            if wanted not in types:
                found = [other.name for other in by_name.values() if other.type.name == wanted]
                names = (shown(resource.name), resource.type.name, wanted)
                text = said("file needs a type", *names, ", ".join(found[:9]) or "add one")
                self.wrong("resource", resource.name, text)

    def members(self, group: str) -> list[Resource]:
        if not self._members:
            for resource in self.described.resources:
                self._members.setdefault(resource.group, []).append(resource)
        return self._members.get(group, [])

    def check_circle(self, group: str) -> None:
        names = {resource.name for resource in self.members(group)}
        waiting = {r.name: names.intersection(r.depends_on) for r in self.members(group)}
        users: dict[str, list[str]] = {}
        for name, needs in waiting.items():
            for needed in needs:
                users.setdefault(needed, []).append(name)
        ready = [name for name, needs in waiting.items() if not needs]
        while ready:
            name = ready.pop()
            waiting.pop(name)
            for user in users.get(name, ()):
                waiting[user].discard(name)
                if not waiting[user]:
                    ready.append(user)
        if waiting:
            circle = sorted(waiting)
            text = said("file circle", ", ".join(circle[:9]))
            self.wrong("resource", circle[0], text, spoils=True)

    # --- building -----------------------------------------------------------------------------

    def config(self) -> ClusterConfig | None:
        """Return the configuration; None, with the faults noted, if there cannot be one."""
        described = self.described
        parts: dict[str, Any] = {
            **described.settings,
            "nodes": tuple(described.nodes),
            "groups": tuple(described.groups),
            "resources": tuple(described.resources),
            "added_types": self.added_types(),
        }
        try:
            return ClusterConfig(**parts)
        except ConfigError:
            parts["is_as_found"] = True  # so that every rule can be asked, not the first alone
        try:
            loose = ClusterConfig(**parts)
        except ConfigError as error:
            self.problems.add(*self.place(str(error)))
            return None
        for fault in dict.fromkeys(broken_rules(loose)):
            self.problems.add(*self.place(fault))
        return loose

    def added_types(self) -> tuple[ResourceType, ...]:
        """Return the types that Setup of Exchange has registered (handbook 2, 1.2)."""
        if self.described.registered is None:
            return added_types(self.described.resources)
        return tuple(EXCHANGE_TYPES[self.described.registered].values())

    def place(self, fault: str) -> tuple[int, str, str]:
        """Return line, text and file of a fault, by the first name in it that has a line."""
        for name in re.findall(r"'([^']*)'", fault):
            for kind in ("resource", "group", "node", "network", "cluster"):
                if (kind, name) in self.described.where:
                    file, line = self.described.where[kind, name]
                    return line, fault, file
        return 0, fault, ""

    def cluster(self, config: ClusterConfig) -> Cluster:
        """Return the cluster at the start; what cannot stand so is noted."""
        described = self.described
        states: dict[str, ResourceState] = {}
        persistent: set[str] = set()
        for group in config.groups:
            members, is_offline = config.members[group.name], group.name in described.offline
            states.update(usual_states(members, is_offline, described.states))
            persistent.update(self.persistent(group.name, members))
            for resource in members:
                is_up = states[resource.name] is ResourceState.ONLINE
                if is_up and not needs_are_online(resource, states):
                    off = [n for n in resource.depends_on if states[n] is not ResourceState.ONLINE]
                    text = said("file needs Online", shown(resource.name), ", ".join(off[:9]))
                    self.wrong("resource", resource.name, text)
        owners = {group.name: self.owner(config, group, states) for group in config.groups}
        if states[config.quorum] is not ResourceState.ONLINE:
            self.wrong("resource", config.quorum, said("file quorum", shown(config.quorum)))
        cluster = started(
            config,
            owners,
            nodes=described.node_states,
            powered=described.powered,
            states=states,
            persistent=frozenset(persistent),
        )
        self.check_majority(cluster)
        if not self.problems and not config.is_as_found:
            self.check_refusals(cluster)
        return cluster

    def check_majority(self, cluster: Cluster) -> None:
        """Note that too few nodes are Up for a majority node set (6)."""
        up = cluster.live_nodes
        is_needed = cluster.config.quorum_model is QuorumModel.MAJORITY
        if is_needed and up and not has_majority(cluster, up):
            numbers = (len(up), len(cluster.node_states), votes_needed(cluster))
            self.problems.add(0, said("file majority", *numbers))

    def persistent(self, group: str, members: Iterable[Resource]) -> Iterator[str]:
        """Yield the group and its resources whose `PersistentState` is 1 (handbook 1, 2.1)."""
        is_on = group not in self.described.offline
        if self.described.persistent.get(group, is_on):
            yield group
        for resource in members:
            was_asked = self.described.states.get(resource.name) is not ResourceState.OFFLINE
            if self.described.persistent.get(resource.name, is_on and was_asked):
                yield resource.name

    def owner(self, config: ClusterConfig, group: Group, states: dict[str, ResourceState]) -> str:
        """Return the owner of a group, which must be Up, and able to run what is Online."""
        name, possible = group.name, config.possible_owners[group.name]
        owner = self.described.owners.get(name) or best_node(self.described, config, group)
        up = [n for n in config.nodes_by_name if self.described.is_online_node(n)]
        is_online = any(states[r.name] is ResourceState.ONLINE for r in config.members[name])
        allowed = [n for n in up if n in possible] if is_online else up
        if owner not in allowed:
            text = f"the owner of group {shown(name)} is {owner or 'none'}; allowed: "
            why = "Up and a possible owner of all its resources" if is_online else "Up"
            kind = "owner" if ("owner", name) in self.described.where else "group"
            self.wrong(kind, name, f"{text}{', '.join(allowed) or 'no node'} ({why})")
            return owner or config.nodes[0].name
        return owner

    def check_refusals(self, cluster: Cluster) -> None:
        """Note what its own DLL would not have brought online where it is (handbook 2, 4.1)."""
        for resource in cluster.config.resources:
            if cluster.resource_states[resource.name] is ResourceState.ONLINE:
                refusal = resource.type.online_refusal(cluster, resource)
                if refusal is not None:
                    why = (resource.group, refusal.because, refusal.source)
                    self.wrong("group", resource.group, said("file refused", *why))


def broken_rules(config: ClusterConfig) -> Iterator[str]:
    """Yield what the resource types have against a configuration: limits of Exchange's design."""
    for resource in config.resources:
        try:
            resource.type.config_check(config, resource)
        except ConfigError as error:
            yield str(error)
