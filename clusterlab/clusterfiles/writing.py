"""From a cluster to a cluster file, which gives the same cluster when it is read.

Written is the starting point (`start.starting_point`): configuration, owners, states. An EVS that
is as Setup makes it is one table; anything else is written out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from clusterlab.cluster import model
from clusterlab.cluster.errors import impossible, printable
from clusterlab.cluster.kinds import ResourceType
from clusterlab.cluster.properties import PROPERTIES
from clusterlab.cluster.resource_types import CLUSTER_TYPES
from clusterlab.cluster.resting import needs_are_online, starting_point
from clusterlab.cluster.states import HangAction, NodeState, ResourceState, RestartAction, Windows
from clusterlab.clusterfiles.reading import GROUP_VALUES, RESOURCE_VALUES, read_cluster
from clusterlab.clusterfiles.virtual_servers import VirtualServer, short_form
from clusterlab.exchange import evs
from clusterlab.tomlfiles.files import write_text
from clusterlab.tomlfiles.problems import ClusterFileError
from clusterlab.tomlfiles.tables import own_table

MOST_NAMED = 3
"""Reasons given why a cluster cannot be written."""
HEAD = "A cluster file of clusterlab. 'clusterlab check FILE' says whether it can be read."


def cluster_toml(cluster: model.Cluster) -> str:
    """Return a cluster file that describes *cluster* as it stands now, as a new start.

    Counters, timers and the log are no part of it, and neither is what is broken at the moment
    (networks, cables, disks, the quorum log, a start switch), maintenance of a disk, and machines
    that were evicted.

    Raises:
        ConfigError: If it is no start that a file can describe: no node is Up, the quorum resource
            is not Online, a group is on a node that is Down, or a resource type behaves like none
            that a file can name.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> from clusterlab.clusterfiles import read_cluster
        >>> read_cluster(cluster_toml(exchange_cluster())) == exchange_cluster()
        True
    """
    start = starting_point(cluster)
    made = toml_text(_Writer(start).document(), HEAD)
    check_reads_back(made, start, cluster.now_s)
    return made


def check_reads_back(made: str, start: model.Cluster, now_s: float) -> None:
    """Raise ConfigError unless a cluster file describes *start*."""
    try:
        again = read_cluster(made)
    except ClusterFileError as error:
        why = "; ".join(dict.fromkeys(problem.text for problem in error.problems[:MOST_NAMED]))
    else:
        why = ", ".join(_different(start, again))
        why = why and f"{why} cannot be said in a cluster file"
    if why:
        raise impossible("no start", start.config.name, now_s, why)


def _different(one: model.Cluster, other: model.Cluster) -> Iterator[str]:
    """Yield the names of fields in which two clusters differ."""
    for before, after in ((one.config, other.config), (one, other)):
        for item in fields(before):
            name = item.name
            if name != "config" and getattr(before, name) != getattr(after, name):
                yield name


def write_cluster(cluster: model.Cluster, path: Path) -> None:
    """Write a cluster file, as a whole or not at all.

    Raises:
        ConfigError: If it cannot be written; a file that stood there is as it was.
    """
    write_text(path, cluster_toml(cluster))


class _Writer:
    """Writes the tables of one cluster, in the order in which a reader wants them."""

    def __init__(self, cluster: model.Cluster) -> None:
        self.cluster = cluster
        self.config = cluster.config
        self.types: dict[str, ResourceType] = {}
        self.offline = _offline_groups(cluster)
        self.shorts = self.short_forms()

    def document(self) -> dict[str, Any]:
        """Return the whole file: values, tables and lists of tables by key."""
        nodes = [self.node(node) for node in self.config.nodes]
        is_plain = all(
            node == {"name": node["name"], "id": place} for place, node in enumerate(nodes, start=1)
        )
        groups = [group for group in self.config.groups if group.name not in self.shorts]
        resources = [r for r in self.config.resources if r.group not in self.shorts]
        resource_tables = [self.resource(resource) for resource in resources]
        document: dict[str, Any] = {
            **dict(self.settings()),
            "nodes": [node["name"] for node in nodes] if is_plain else nodes,
            "networks": self.networks(),
            "types": [self.extra_type(item) for item in self.types.values()],
            "groups": [self.group(group) for group in groups],
            "resources": resource_tables,
            "evs": [self.evs(short) for short in self.shorts.values()],
            "between_sites": dict(self.config.between_sites),
            "durations": self.durations(),
        }
        said = {key: value for key, value in document.items() if value not in ([], {})}
        return said if self.config.networks else {**said, "networks": []}

    # --- the cluster --------------------------------------------------------------------------

    def settings(self) -> Iterator[tuple[str, Any]]:
        """Yield what concerns the cluster as a whole."""
        config = self.config
        yield "name", config.name
        if config.windows is not Windows.WS2003:
            yield "windows", config.windows.name
        yield "start_time", _clock(config.start_time_s)
        yield "quorum", config.quorum
        if config.sites:
            yield "sites", list(config.sites)
        if config.node_limit is not None:
            yield "node_limit", config.node_limit
        if config.is_as_found:
            yield "as_found", True
        if config.network_priority:
            yield "network_priority", config.network_priority
        if config.core_group is not None:
            yield "core_group", config.core_group
        if config.added_types != evs.added_types(config.resources):
            yield from self.registered()
        if config.disable_group_preferred_owner_randomization:
            yield "disable_group_preferred_owner_randomization", True
        if config.join_resources_max != model.JOIN_RESOURCES_MAX:
            yield "join_resources_max", config.join_resources_max
        if config.hang_recovery_action != HangAction.TERMINATE:
            yield "hang_recovery_action", int(config.hang_recovery_action)
        if config.forgets_tried_nodes:
            yield "forgets_tried_nodes", True

    def registered(self) -> Iterator[tuple[str, int]]:
        """Yield the Exchange version whose types are registered, if they are those of one."""
        for version, types in evs.EXCHANGE_TYPES.items():
            if self.config.added_types == tuple(types.values()):
                yield "exchange_types", version

    def node(self, node: model.Node) -> dict[str, Any]:
        table: dict[str, Any] = {"name": node.name, "id": node.node_id}
        if node.missing_types:
            table["missing_types"] = sorted(node.missing_types)
        if node.service_fault:
            table["service_fault"] = node.service_fault
        if node.site:
            table["site"] = node.site
        table |= {key.lower(): value for key, value in node.installed.items()}
        state = self.cluster.node_states[node.name]
        if state is not NodeState.UP:
            table["state"] = state.value
        if state is NodeState.DOWN and node.name not in self.cluster.silent_since:
            table["has_power"] = True
        return table

    def extra_type(self, item: ResourceType) -> dict[str, Any]:
        """Return the table of a type that is not in the handbook."""
        return {"name": item.name, "like": _like(item), "short": item.short}

    def networks(self) -> list[dict[str, Any]]:
        """Return the tables of the networks, unless they are the usual ones."""
        if self.config.networks == model.DEFAULT_NETWORKS:
            return []
        return [{"name": n.name, "role": n.role.name.lower()} for n in self.config.networks]

    def durations(self) -> dict[str, float]:
        """Return the durations that are not those of the tables."""
        usual = evs.all_durations({})
        given = self.config.durations.items()
        return {key: seconds for key, seconds in given if seconds != usual.get(key)}

    # --- groups and resources -----------------------------------------------------------------

    def group(self, group: model.Group) -> dict[str, Any]:
        """Return the table of a group in the long form."""
        return {
            "name": group.name,
            "owner": self.cluster.owners[group.name],
            **({"preferred_owners": group.preferred_owners} if group.preferred_owners else {}),
            **_changed(group, GROUP_VALUES),
            **self.group_state(group.name),
        }

    def group_state(self, name: str) -> dict[str, Any]:
        """Return state and `PersistentState` of a group, where they do not go without saying."""
        is_offline = name in self.offline
        table: dict[str, Any] = {"state": "Offline"} if is_offline else {}
        if (name in self.cluster.persistent) is is_offline:
            table["persistent_state"] = int(name in self.cluster.persistent)
        return table

    def resource(self, resource: model.Resource) -> dict[str, Any]:
        """Return the table of a resource in the long form."""
        table: dict[str, Any] = {
            "name": resource.name,
            "type": resource.type.name,
            "group": resource.group,
        }
        version = _version(resource.type)
        if version is None:
            self.types[resource.type.name] = resource.type
        elif version != evs.EXCHANGE_2003:
            table["version"] = version
        for key in ("depends_on", "possible_owners"):
            value = getattr(resource, key)
            if value is not None and value != ():
                table[key] = value
        if resource.possible_owners == ():
            table["possible_owners"] = []
        if resource.defective_on:
            table["defective_on"] = sorted(resource.defective_on)
        return {**table, **_changed(resource, RESOURCE_VALUES), **self.resource_state(resource)}

    def resource_state(self, resource: model.Resource) -> dict[str, Any]:
        """Return state and `PersistentState` of a resource, where they do not follow."""
        state = self.cluster.resource_states[resource.name]
        table: dict[str, Any] = {} if state is self.usual(resource) else {"state": state.value}
        was_asked = not (table and state is ResourceState.OFFLINE)
        is_persistent = resource.name in self.cluster.persistent
        if is_persistent is not (was_asked and resource.group not in self.offline):
            table["persistent_state"] = int(is_persistent)
        return table

    def usual(self, resource: model.Resource) -> ResourceState:
        """Return the state that follows from the group's and from what the resource needs."""
        is_up = resource.group not in self.offline
        is_up = is_up and needs_are_online(resource, self.cluster.resource_states)
        return ResourceState.ONLINE if is_up else ResourceState.OFFLINE

    def short_forms(self) -> dict[str, VirtualServer]:
        """Return the EVSs that can be written short: those at the end, as Setup makes them."""
        config = self.config
        members: dict[str, list[model.Resource]] = {group.name: [] for group in config.groups}
        for resource in config.resources:
            members[resource.group].append(resource)
        found: dict[str, VirtualServer] = {}
        for name, resources in members.items():
            short = short_form(name, resources)
            if short is not None and all(self.is_usual(resource) for resource in resources):
                found[name] = short
        groups = sorted(members, key=lambda name: name in found)
        resources = sorted(config.resources, key=lambda resource: resource.group in found)
        is_grouped = [r for r in resources if r.group in found] == [
            resource for name in found for resource in members[name]
        ]
        is_same = list(members) == groups and list(config.resources) == resources
        return found if is_same and is_grouped else {}

    def is_usual(self, resource: model.Resource) -> bool:
        """Return whether state and `PersistentState` follow from those of the group."""
        is_up = resource.group not in self.offline
        is_persistent = resource.name in self.cluster.persistent
        state = self.cluster.resource_states[resource.name]
        return state is self.usual(resource) and is_persistent is is_up

    def evs(self, short: VirtualServer) -> dict[str, Any]:
        """Return the table of an EVS in the short form."""
        group = self.config.groups_by_name[short.name]
        owner = self.cluster.owners[short.name]
        home = group.preferred_owners[0] if len(group.preferred_owners) == 1 else owner
        table: dict[str, Any] = {"name": short.name, "home": home}
        if owner != home:
            table["owner"] = owner
        if group.preferred_owners != (home,):
            table["preferred_owners"] = group.preferred_owners
        table |= {
            "disks": short.disks,
            "storage_groups": short.storage_groups,
            "databases": short.databases,
            "has_mta": short.has_mta,
        }
        optional = {
            "version": short.version if short.version != evs.EXCHANGE_2003 else None,
            "exchange": short.exchange,
            "last_windows": short.last_windows,
            "protocols": short.protocols or None,
            "mailboxes": short.mailboxes,
            "possible_owners": short.possible_owners,
        }
        table |= {key: value for key, value in optional.items() if value is not None}
        changed = _changed(group, GROUP_VALUES)
        if changed.pop("anti_affinity_class_names", ()) != (evs.EVS_CLASS,):
            changed["anti_affinity_class_names"] = group.anti_affinity_class_names
        return {**table, **changed, **self.group_state(short.name)}


def _offline_groups(cluster: model.Cluster) -> frozenset[str]:
    states = {
        name: {cluster.resource_states[member.name] for member in members}
        for name, members in cluster.config.members.items()
    }
    return frozenset(name for name, found in states.items() if found == {ResourceState.OFFLINE})


def _changed(item: model.Group | model.Resource, keys: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of *item* that do not have their default, as a file writes them."""
    defaults: dict[str, Any] = {
        f.name: {} if f.name == "private" else f.default for f in fields(item) if f.name in keys
    }
    table: dict[str, Any] = {}
    for key, default in defaults.items():
        value = getattr(item, key)
        if value != default:
            value = PROPERTIES[key].none if value is None else value
            table[key] = value.name.lower() if isinstance(value, RestartAction) else value
    return table


def toml_text(document: Mapping[str, Any], head: str) -> str:
    """Return the text of a file; what stands in a table of a list is written in one line."""
    import tomlkit  # where a cluster is only read, as in a browser, it need not be there

    def item(value: Any) -> Any:
        if isinstance(value, Mapping):
            inline = tomlkit.inline_table()
            inline.update({key: item(inner) for key, inner in value.items()})
            return inline
        return [item(inner) for inner in value] if isinstance(value, tuple | list) else value

    def table(entries: Mapping[str, Any]) -> Any:
        made = tomlkit.table()
        for key, value in entries.items():
            made.add(key, item(value))
        return made

    text = tomlkit.document()
    text.add(tomlkit.comment(head))
    for key, value in document.items():
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            tables = tomlkit.aot()
            for entries in value:
                tables.append(table(entries))
            text.add(key, tables)
        else:
            text.add(key, table(value) if isinstance(value, Mapping) else item(value))
    return tomlkit.dumps(text)


def _clock(start_s: float) -> str | float:
    """Return a time of day; as seconds if it has parts of one."""
    if start_s != int(start_s):
        return start_s
    hours, rest = divmod(int(start_s), 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}" + (f":{seconds:02}" if seconds else "")


def _version(item: ResourceType) -> int | None:
    """Return the Exchange version whose type it is, the newest first; None for no known type."""
    versions = sorted(evs.EXCHANGE_TYPES, reverse=True)
    return next((v for v in versions if evs.resource_types(v).get(item.name) == item), None)


def _like(item: ResourceType) -> str:
    """Return which type of Windows *item* behaves like."""
    for name, known in CLUSTER_TYPES.items():
        alike = {f.name: getattr(item, f.name) == getattr(known, f.name) for f in fields(item)}
        if all(same for key, same in alike.items() if key not in ("name", "short")):
            return name
    raise impossible("type like none", item.name, ", ".join(CLUSTER_TYPES))


# --- a file to begin with -------------------------------------------------------------------------

_PARTS: Mapping[str, str] = own_table(Path(__file__).with_name("starter.toml")).data


def starter_text(
    active: int = 3, passive: int = 1, *, name: str = "CL1", file: str = "FILE"
) -> str:
    """Return a commented cluster file for EVSs on *active* nodes and *passive* ones without.

    Example:
        >>> from clusterlab.clusterfiles import read_cluster
        >>> read_cluster(starter_text(active=2, passive=1)).owners
        {'Cluster Group': 'NODE1', 'EVS1': 'NODE1', 'EVS2': 'NODE2'}
    """
    cluster = evs.exchange_cluster(active, passive, name=name)
    nodes = [node.name for node in cluster.config.nodes]
    text = _PARTS["head"].format(
        file=printable(file),
        name=json.dumps(name, ensure_ascii=False),
        windows=json.dumps(cluster.config.windows.name),
        nodes=", ".join(map(json.dumps, nodes)),
    )
    for group in cluster.config.groups:
        if group.name != evs.CLUSTER_GROUP:
            home = cluster.owners[group.name]
            text += _starter_evs(cluster, group.name, home)
            if home == nodes[0]:
                text += _PARTS["policies"].format(home=home, last=nodes[-1])
    return text + _PARTS["tail"].format(last=nodes[-1])


def _starter_evs(cluster: model.Cluster, name: str, home: str) -> str:
    members = cluster.config.members[name]
    store = next(resource for resource in members if resource.type.short == "IS")
    disks = [resource.name for resource in members if resource.type.short == "Disk"]
    return _PARTS["evs"].format(
        name=json.dumps(name),
        home=json.dumps(home),
        disks=", ".join(map(json.dumps, disks)),
        groups=store.private["storage_groups"],
        databases=store.private["databases"],
    )
