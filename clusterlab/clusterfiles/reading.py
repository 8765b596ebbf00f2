"""From a cluster file to a cluster: every table is read, every problem noted, then all is built.

The file says what an administrator configured and how things stand at the start. References are
checked here, because only here is the line known; the rules of the Cluster service and of Exchange
are those of `ClusterConfig` and of the resource types, asked at the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import time
from math import isfinite
from pathlib import Path as FilePath
from typing import Any

from clusterlab.cluster.checks import INTERVALS, SHORTEST_S
from clusterlab.cluster.kinds import ResourceType
from clusterlab.cluster.model import DEFAULT_NETWORKS, Cluster, Group, Network, Node, Resource
from clusterlab.cluster.properties import MAX_DWORD, MAX_S, RANDOMIZATION, Property, properties_of
from clusterlab.cluster.resource_types import CLUSTER_TYPES
from clusterlab.cluster.states import NetworkRole, NodeState, ResourceState, Windows
from clusterlab.clusterfiles.building import Description, build
from clusterlab.clusterfiles.filekinds import FileKind, part_of
from clusterlab.clusterfiles.virtual_servers import VirtualServer
from clusterlab.exchange import evs as ex
from clusterlab.exchange.versions import ExchangeVersion, NodeWindows
from clusterlab.tomlfiles import tables as toml
from clusterlab.tomlfiles.parsing import Document, read_source
from clusterlab.tomlfiles.problems import Problems

NODE_STATES: Mapping[str, NodeState] = {
    state.value: state for state in (NodeState.UP, NodeState.DOWN, NodeState.PAUSED)
}
_INSTALLED: Mapping[str, toml.Reader] = {
    "exchange": toml.one_of({version.value: version.value for version in ExchangeVersion}),
    "windows": toml.one_of({windows.value: windows.value for windows in NodeWindows}),
}
"""Versions of a node (handbook 4, 4.0.1)."""
_BETWEEN_SITES: Mapping[str, toml.Reader] = {
    "rtt_ms": toml.whole(0, 60_000, " ms"),
    "is_one_lan": toml.flag,
    "is_listed_as_geographic": toml.flag,
}
"""What design rules R46 and R47 ask of the way between sites (handbook 5, 5.4)."""
GROUP_STATES: Mapping[str, bool] = {"Online": False, "Offline": True}
"""What a file says of a group, and whether it was taken offline."""
RESOURCE_STATES: Mapping[str, ResourceState] = {
    state.value: state
    for state in (ResourceState.ONLINE, ResourceState.OFFLINE, ResourceState.FAILED)
}
NETWORK_ROLES: Mapping[str, NetworkRole] = {role.name.lower(): role for role in NetworkRole}
VERSIONS: Mapping[str, int] = {str(version): version for version in ex.EXCHANGE_TYPES}
_EVS_VERSION = toml.one_of({v.value: v.value for v in ExchangeVersion if v.product in VERSIONS})
MAX_MAILBOXES = 10_000_000
"""No more than a slip of the finger: a store of Exchange 2003 holds thousands."""


# --- values that only cluster files have ---------------------------------------------------------


def seconds(low: float, high: float = MAX_S, none: str = "") -> toml.Reader:
    """Return a reader of seconds; the word *none*, if there is one, stands for None."""
    word = f', or "{none}"' if none else ""

    def read(value: Any) -> float | None:
        if none and isinstance(value, str) and value.casefold() == none:
            return None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not isfinite(value) or not low <= value <= high:
            upper = f"to {high:.10g}" if isfinite(high) else "or more"
            raise toml.Wrong(value, f"allowed: seconds, {low:g} {upper}, without quotes{word}")
        return float(value)

    return read


def clock(value: Any) -> float:
    """Return a time of day as seconds after midnight."""
    if isinstance(value, time):
        return value.hour * 3600.0 + value.minute * 60 + value.second + value.microsecond / 1e6
    if isinstance(value, str):
        match = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?", value)
        if match:
            hours, minutes, rest = (int(part or 0) for part in match.groups())
            return hours * 3600.0 + minutes * 60 + rest
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and 0 <= value < 24 * 3600:
        return float(value)
    raise toml.Wrong(value, 'allowed: a time of day, "0:00" to "23:59:59"')


def private(value: Any) -> Mapping[str, Any]:
    """Return private properties: numbers, texts, true or false, and lists of them."""
    if not isinstance(value, dict):
        raise toml.Wrong(value, "allowed: a table, such as { storage_groups = 4 }")
    for key, item in value.items():
        items = item if isinstance(item, list) else [item]
        for one in items:
            if not isinstance(one, str | int | float):
                allowed = "allowed: a number, a text, true or false, or a list of them"
                raise toml.Wrong(f"{key} = {toml.value_text(one)}", allowed)
    return {key: tuple(item) if isinstance(item, list) else item for key, item in value.items()}


def _reader(prop: Property) -> toml.Reader:
    """Return what reads a property of the model."""
    if prop.values is not None:
        return toml.one_of({value.name.lower(): value for value in prop.values})
    if prop.form == "whole":
        return toml.whole(int(prop.low), int(prop.high), f" {prop.unit}")
    return seconds(prop.low, none=prop.none) if prop.form == "seconds" else toml.texts


def _values_of(kind: str) -> dict[str, toml.Reader]:
    items = properties_of(kind).items()
    return {key: _reader(prop) for key, prop in items if prop.form != "nodes"}


GROUP_VALUES: Mapping[str, toml.Reader] = _values_of("group")
"""Properties of a group beside its lists of nodes, by the names of the model (handbook 1, 2.1)."""

RESOURCE_VALUES: Mapping[str, toml.Reader] = {**_values_of("resource"), "private": private}
"""Properties of a resource beside its lists, by the names of the model (handbook 1, 2.2)."""


# --- the file -----------------------------------------------------------------------------------


def read_cluster(source: FilePath | str) -> Cluster:
    r"""Return the cluster that a TOML text describes, as it stands at the start.

    Args:
        source: A `Path` is a file, a `str` the text itself.

    Raises:
        ClusterFileError: With everything that is wrong, each with its line; nothing is loaded.

    Example:
        >>> text = 'nodes = ["A", "B"]\n[[evs]]\nname = "MAIL"\nhome = "B"'
        >>> read_cluster(text).owners
        {'Cluster Group': 'A', 'MAIL': 'B'}
    """
    document, problems = read_source(source)
    return cluster_of(part_of(document, FileKind.CLUSTER, problems), problems)


def cluster_of(document: Document, problems: Problems) -> Cluster:
    """Return the cluster that tables describe."""
    reader = _Reader(document, problems)
    reader.read()
    if problems.has_gaps:
        problems.raise_if_any()
    return build(reader.described, problems)


class _Reader:
    """Reads the tables of one file into a description."""

    def __init__(self, document: Document, problems: Problems) -> None:
        self.problems = problems
        self.top = toml.Table(document.data, (), "the file", document.lines, problems)
        self.described = Description()
        self.types: dict[str, ResourceType] = {}
        self.extra_types: dict[str, ResourceType] = {}

    def read(self) -> None:
        """Read every table; each may name only what was read before."""
        self.read_types()
        self.read_nodes()
        self.read_settings()
        evs = self.top.tables("evs", "evs")
        self.read_groups(self.top.tables("groups", "group"))
        self.read_virtual_servers(evs)
        self.read_resources(self.top.tables("resources", "resource"))
        self.read_core_group()
        self.top.end()

    def note(self, kind: str, name: str, table: toml.Table) -> None:
        """Remember where a thing stands."""
        self.described.where.setdefault((kind, name), (self.problems.file, table.line()))

    def one(self, names: Iterable[str]) -> toml.Reader:
        """Return a reader of one name; of any text if a part of the file could not be read."""
        return toml.text if self.problems.has_gaps else toml.name_in(names)

    def many(self, names: Iterable[str]) -> toml.Reader:
        """Return a reader of a list of names; of any texts if a part could not be read."""
        return toml.texts if self.problems.has_gaps else toml.names_in(names)

    @property
    def node_names(self) -> list[str]:
        return [node.name for node in self.described.nodes]

    # --- the cluster --------------------------------------------------------------------------

    def read_types(self) -> None:
        """Read types that are not in the handbook: each behaves like one that is."""
        for table in self.top.tables("types", "type"):
            name = table.name("type")
            table.must("like", '"Generic Service"')
            like = CLUSTER_TYPES[table.get("like", toml.name_in(CLUSTER_TYPES), "Generic Service")]
            short = table.get("short", toml.text, like.short)
            if name:
                self.extra_types[name] = replace(like, name=name, short=short)
            table.end()
        self.types = {**ex.resource_types(), **self.extra_types}

    def read_nodes(self) -> None:
        """Read nodes: names alone, or tables."""
        described = self.described
        sites = self.top.get("sites", toml.lines, ())
        tables = self.top.tables("nodes", "node", _named)
        for place, table in enumerate(tables, start=1):
            name = table.name("node")
            node_id = table.get("id", toml.whole(1, 0xFFFF), place)
            missing = table.get("missing_types", self.many(self.types), ())
            installed = table.values(_INSTALLED)
            fault = table.get("service_fault", toml.text, "")
            site = table.get("site", self.one(sites) if sites else toml.line, "")
            state = table.get("state", toml.one_of(NODE_STATES), NodeState.UP)
            if table.get("has_power", toml.flag, False):
                described.powered.add(name)
            if name:
                self.note("node", name, table)
                described.nodes.append(
                    Node(
                        name=name,
                        node_id=node_id,
                        missing_types=frozenset(missing),
                        service_fault=fault,
                        site=site,
                        installed={key.capitalize(): value for key, value in installed.items()},
                    )
                )
                if state is not NodeState.UP:
                    described.node_states[name] = state
            table.end()
        described.nodes.sort(key=lambda node: node.node_id)
        described.sites = sites
        for key in ("sites", "between_sites"):
            described.where["site", key] = (self.problems.file, self.top.line(key))

    def read_settings(self) -> None:
        """Read what concerns the cluster as a whole."""
        top = self.top
        keys: Mapping[str, tuple[str, toml.Reader]] = {
            "name": ("name", toml.text),
            "windows": ("windows", toml.one_of({windows.name: windows for windows in Windows})),
            "start_time": ("start_time_s", clock),
            "quorum": ("quorum", toml.text),
            "as_found": ("is_as_found", toml.flag),
            "node_limit": ("node_limit", toml.whole(1, 64)),
            RANDOMIZATION: (RANDOMIZATION, toml.flag),
            "join_resources_max": ("join_resources_max", toml.whole(1, MAX_DWORD)),
            "hang_recovery_action": ("hang_recovery_action", toml.whole(0, 3)),
            "forgets_tried_nodes": ("forgets_tried_nodes", toml.flag),
        }
        missing = object()
        for key, (setting, reader) in keys.items():
            value = top.get(key, reader, missing)
            if value is not missing:
                self.described.settings[setting] = value
        read = [self.read_network(table) for table in top.tables("networks", "network")]
        found = tuple(network for network in read if network is not None)
        networks = found if top.has("networks") else DEFAULT_NETWORKS
        names = self.many(network.name for network in networks)
        self.described.settings["networks"] = networks
        self.described.settings["network_priority"] = top.get("network_priority", names, ())
        self.described.registered = top.get("exchange_types", toml.one_of(VERSIONS), None)
        table = top.table("between_sites")
        self.described.settings["between_sites"] = table.values(_BETWEEN_SITES)
        table.end()
        table = top.table("durations")
        lows = {key: SHORTEST_S if key in INTERVALS else 0.0 for key in ex.all_durations({})}
        given = table.values({key: seconds(low, float("inf")) for key, low in lows.items()})
        self.described.settings["durations"] = ex.all_durations(given)
        table.end()

    def read_network(self, table: toml.Table) -> Network | None:
        name = table.name("network")
        table.must("role", '"all"')
        role = table.get("role", toml.one_of(NETWORK_ROLES), NetworkRole.ALL)
        table.end()
        if not name:
            return None
        self.note("network", name, table)
        return Network(name=name, role=role)

    # --- groups -------------------------------------------------------------------------------

    def read_groups(self, tables: Sequence[toml.Table]) -> None:
        """Read groups in the long form."""
        for table in tables:
            name = table.name("group")
            owner = table.get("owner", self.one(self.node_names), "")
            preferred = table.get("preferred_owners", self.many(self.node_names), ())
            values = table.values(GROUP_VALUES)
            self.group_start(table, name, owner)
            if name:
                self.described.groups.append(Group(name=name, preferred_owners=preferred, **values))
            table.end()

    def group_start(self, table: toml.Table, name: str, owner: str) -> None:
        """Read where a group is at the start, and whether it was taken offline."""
        self.note("group", name, table)
        if owner:
            self.described.owners[name] = owner
            place = table.line("owner" if table.has("owner") else "home")
            self.described.where["owner", name] = (self.problems.file, place)
        if table.get("state", toml.one_of(GROUP_STATES), False):
            self.described.offline.add(name)
        self.read_persistent(table, name)

    def read_persistent(self, table: toml.Table, name: str) -> None:
        """Read `PersistentState`, where it does not follow from the state (handbook 1, 2.1)."""
        if table.has("persistent_state"):
            value = table.get("persistent_state", toml.whole(0, 1), 1)
            self.described.persistent[name] = bool(value)

    def read_virtual_servers(self, tables: Sequence[toml.Table]) -> None:
        """Read EVSs in the short form: a group and its resources in one table."""
        described = self.described
        for place, table in enumerate(tables):
            name = table.name("evs")
            table.must("home", '"NODE1"')
            home = table.get("home", self.one(self.node_names), "")
            preferred = (home,) if home else ()
            preferred = table.get("preferred_owners", self.many(self.node_names), preferred)
            owner = table.get("owner", self.one(self.node_names), home)
            values = table.values(GROUP_VALUES)
            values.setdefault("anti_affinity_class_names", (ex.EVS_CLASS,))
            self.group_start(table, name, owner)
            resources = self.virtual_server(table, name, place == 0)
            table.end()
            if name:
                described.groups.append(Group(name=name, preferred_owners=preferred, **values))
                described.resources += resources
            for resource in resources:
                self.note("resource", resource.name, table)

    def virtual_server(self, table: toml.Table, name: str, is_first: bool) -> tuple[Resource, ...]:
        version, exchange = _versions(table)
        evs = VirtualServer(
            name=name or "EVS",
            disks=table.get("disks", toml.texts, (f"Disk {name} 1", f"Disk {name} 2")),
            version=version,
            exchange=exchange,
            last_windows=table.get("last_windows", _INSTALLED["windows"], None),
            storage_groups=table.get("storage_groups", toml.whole(1, ex.MAX_STORAGE_GROUPS), 4),
            databases=table.get("databases", toml.whole(1, ex.MAX_DATABASES), 1),
            has_mta=table.get("has_mta", toml.flag, is_first),
            protocols=table.get("protocols", toml.names_in(("IMAP4", "POP3")), ()),
            mailboxes=table.get("mailboxes", toml.whole(0, MAX_MAILBOXES), None),
            possible_owners=table.get("possible_owners", self.many(self.node_names), None),
        )
        return evs.resources()

    # --- resources ----------------------------------------------------------------------------

    def read_resources(self, tables: Sequence[toml.Table]) -> None:
        """Read resources in the long form; without `quorum` the Cluster Group is added."""
        described = self.described
        from_evs, described.resources = described.resources, []
        if not self.top.has("quorum"):
            self.add_cluster_group(tables)
        names = [table.name("resource") for table in tables]
        known = [*names, *(r.name for r in (*from_evs, *described.resources))]
        groups = [group.name for group in described.groups]
        for name, table in zip(names, tables, strict=True):
            resource = self.resource(table, name, self.one(groups), self.many(known))
            if resource is not None:
                described.resources.append(resource)
        described.resources += from_evs
        if self.top.has("quorum"):
            self.described.settings["quorum"] = self.top.get("quorum", self.one(known), "")
            self.problems.is_whole &= bool(self.described.settings["quorum"])

    def add_cluster_group(self, tables: Sequence[toml.Table]) -> None:
        """Describe the Cluster Group that the course uses: disk Q:, address, name, MSDTC."""
        described = self.described
        if any(table.data.get("group") == ex.CLUSTER_GROUP for table in tables):
            self.problems.add(0, f'it has no quorum; write quorum = "{ex.QUORUM_DISK}"')
            self.problems.is_whole = False
            return
        if ex.CLUSTER_GROUP not in [group.name for group in described.groups]:
            described.groups.insert(0, Group(name=ex.CLUSTER_GROUP))
        described.resources += ex.cluster_group_resources()
        described.settings["quorum"] = ex.QUORUM_DISK

    def read_core_group(self) -> None:
        """Read which group is the Cluster Group, where it has another name (handbook 1, 1.1)."""
        groups = self.one(group.name for group in self.described.groups)
        self.described.settings["core_group"] = self.top.get("core_group", groups, None)

    def resource(
        self, table: toml.Table, name: str, group: toml.Reader, known: toml.Reader
    ) -> Resource | None:
        table.must("type", '"Physical Disk"')
        table.must("group", '"Cluster Group"')
        before = len(self.problems)
        version = table.get("version", toml.one_of(VERSIONS), ex.EXCHANGE_2003)
        types = {**ex.resource_types(version), **self.extra_types}
        kind = table.get("type", self.one(types), "")
        in_group = table.get("group", group, "")
        owners = table.get("possible_owners", self.many(self.node_names), None)
        defective = table.get("defective_on", self.many(self.node_names), ())
        depends_on = table.get("depends_on", known, ())
        if len(self.problems) > before:
            self.described.half_read.add(name)
        values = table.values(RESOURCE_VALUES)
        self.note("resource", name, table)
        state = table.get("state", toml.one_of(RESOURCE_STATES), None)
        if state is not None:
            self.described.states[name] = state
        self.read_persistent(table, name)
        table.end()
        if not (name and kind in types and in_group):
            self.problems.is_whole = False
            return None
        return Resource(
            name=name,
            type=types[kind],
            group=in_group,
            depends_on=depends_on,
            possible_owners=owners,
            defective_on=frozenset(defective),
            **values,
        )


def _versions(table: toml.Table) -> tuple[int, str | None]:
    """Return the product of an EVS, and its exact version if one is named."""
    exchange = table.get("exchange", _EVS_VERSION, None)
    product = VERSIONS.get(str(exchange).partition(" ")[0], ex.EXCHANGE_2003)
    version = table.get("version", toml.one_of(VERSIONS), product)
    if exchange is not None and version != product:
        problem = f"version of {table.what} is {version}, and its exchange {exchange!r}"
        table.wrong(("version",), f"{problem}; allowed: the same product, or exchange alone")
    return version, exchange


def _named(item: Any) -> Any:
    """Return a node that is written as its name alone as a table."""
    return {"name": item} if isinstance(item, str) else item
