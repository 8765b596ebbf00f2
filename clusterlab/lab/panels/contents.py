"""What Cluster Administrator shows of a cluster: the tree, and the list of each of its items.

Values only: the widgets and the text twin are made from the same ones. No rule is decided here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import traitlets
from anywidget import AnyWidget

from clusterlab.cluster.model import Cluster, Resource
from clusterlab.cluster.networks import interface_state, network_state
from clusterlab.cluster.resource_types import CLUSTER_TYPES
from clusterlab.cluster.states import NetworkRole, ResourceState
from clusterlab.lab.figures import palette
from clusterlab.lab.figures.drawing import plain_text
from clusterlab.lab.figures.palette import Look, node_look
from clusterlab.lab.livefigure import hearing
from clusterlab.lab.panels.parts import put
from clusterlab.tomlfiles.tables import own_table

ROLE_WORDS: Mapping[NetworkRole, str] = {
    NetworkRole.NONE: "Not used by the cluster",
    NetworkRole.INTERNAL: "Internal cluster communications only (private network)",
    NetworkRole.CLIENT: "Client access only (public network)",
    NetworkRole.ALL: "All communications (mixed network)",
}
"""What the property page of a network offers (handbook 1, 2.5)."""


class TreeItem(NamedTuple):
    """Something that can be selected."""

    kind: str  # "cluster", "groups", "group", "resource", "node", "network" and so on
    name: str = ""  # as configured; for what belongs to a node, the node
    of: str = ""  # the network of an interface

    @property
    def key(self) -> str:
        """One text for each item."""
        return "|".join(self)


Cell = str | Look  # a text, or how a state is shown


class Entry(NamedTuple):
    """One line of the tree."""

    item: TreeItem
    level: int
    text: str
    state: Look | None = None
    is_closed: bool = False


ListRow = tuple[TreeItem, tuple[Cell, ...]]
ListTable = tuple[tuple[str, ...], Sequence[ListRow]]
"""A list: titles of the columns, and for each row its item and its cells."""


# --- the tree ---------------------------------------------------------------------------------

GROUPS, RESOURCES = TreeItem("groups"), TreeItem("resources")
CONFIGURATION, TYPES = TreeItem("configuration"), TreeItem("types")
NETWORKS, INTERFACES = TreeItem("networks"), TreeItem("interfaces")

_SAID = own_table(Path(__file__).with_name("administrator.toml")).data
FOLDERS: Mapping[str, str] = _SAID["folders"]  # what the folders are called (handbook 1, 8.2)
OF_A_NODE = ("node groups", "node resources", "node interfaces")


def tree(cluster: Cluster) -> Iterator[Entry]:
    """Yield the tree from top to bottom (handbook 1, 8.2).

    Example:
        >>> from clusterlab import exchange_cluster
        >>> [entry.text for entry in tree(exchange_cluster(1, 1))][:5]
        ['CL1', 'Groups', 'Cluster Group', 'EVS1', 'Resources']
    """
    yield Entry(TreeItem("cluster"), 1, cluster.config.name)
    yield _folder(GROUPS, 2)
    for group in cluster.config.groups_by_name:
        yield Entry(TreeItem("group", group), 3, group, group_state(cluster, group))
    yield _folder(RESOURCES, 2)
    yield _folder(CONFIGURATION, 2)
    for item in (TYPES, NETWORKS, INTERFACES):
        yield _folder(item, 3)
    for node in cluster.config.nodes_by_name:
        yield Entry(TreeItem("node", node), 2, node, node_state(cluster, node), is_closed=True)
        for kind in OF_A_NODE:
            yield _folder(TreeItem(kind, node), 3)


def _folder(item: TreeItem, level: int) -> Entry:
    return Entry(item, level, FOLDERS[item.kind])


def name_of(cluster: Cluster, item: TreeItem) -> str:
    """Return what an item is called, as in "EVS1" or "Active Groups of NODE1"."""
    if item.kind == "cluster":
        return cluster.config.name
    if item.kind == "interface":
        return f"{item.name} on {item.of}"
    if item.kind in OF_A_NODE:
        return f"{FOLDERS[item.kind]} of {item.name}"
    return FOLDERS.get(item.kind, item.name)


# --- states -----------------------------------------------------------------------------------


def group_state(cluster: Cluster, group: str) -> Look:
    """Return the state of a group."""
    return palette.GROUP_LOOKS[cluster.group_state(group)]


def node_state(cluster: Cluster, node: str) -> Look:
    """Return the state of a node, with how long it has been silent and what it does."""
    look, words = node_look(cluster, node)
    return look._replace(word=words)


def network_state_of(cluster: Cluster, network: str) -> Look:
    """Return the state of a network."""
    return palette.NETWORK_LOOKS[network_state(cluster, network)]


def interface_state_of(cluster: Cluster, node: str, network: str) -> Look:
    """Return the state of the interface of a node on a network."""
    return palette.INTERFACE_LOOKS[interface_state(cluster, node, network)]


def summary(cluster: Cluster) -> Iterator[tuple[str, Look, int]]:
    """Yield how many nodes and groups are in which state: ("Nodes", look, 4) and so on."""
    nodes = Counter(node_look(cluster, node)[0] for node in cluster.config.nodes_by_name)
    groups = Counter(group_state(cluster, group) for group in cluster.config.groups_by_name)
    for kind, counted in (("Nodes", nodes), ("Groups", groups)):
        yield from ((kind, look, count) for look, count in counted.items())


# --- lists ------------------------------------------------------------------------------------


def table(cluster: Cluster, item: TreeItem) -> ListTable:
    """Return the list of what is under an item of the tree.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> table(exchange_cluster(1, 1), TreeItem("groups"))[0]
        ('Name', 'State', 'Owner', 'Now')
    """
    heads, rows = _TABLES[item.kind]
    return heads, list(rows(cluster, item))


def _folder_rows(cluster: Cluster, item: TreeItem) -> Iterator[ListRow]:
    own = [TreeItem(kind, item.name) for kind in OF_A_NODE]
    for one in own if item.kind == "node" else (TYPES, NETWORKS, INTERFACES):
        yield one, (FOLDERS[one.kind], _size(cluster, one))


def _size(cluster: Cluster, item: TreeItem) -> str:
    _, rows = table(cluster, item)
    states = Counter(cell.word for _, cells in rows for cell in cells if isinstance(cell, Look))
    counted = ", ".join(f"{count} {word}" for word, count in states.items())
    return counted or (f"{len(rows)} kinds" if rows else "none")


def _cluster_rows(cluster: Cluster, item: TreeItem) -> Iterator[ListRow]:
    for one in (GROUPS, RESOURCES, CONFIGURATION):
        yield one, (FOLDERS[one.kind], "", _size(cluster, one))
    for node in cluster.config.nodes_by_name:
        owned = ", ".join(cluster.groups_on(node)) or "owns no group"
        yield TreeItem("node", node), (node, node_state(cluster, node), owned)


def _groups(cluster: Cluster, node: str) -> Iterable[str]:
    return cluster.groups_on(node) if node else cluster.config.groups_by_name


def _group_rows(cluster: Cluster, item: TreeItem) -> Iterator[ListRow]:
    for name in _groups(cluster, item.name):
        state, now = group_state(cluster, name), _group_now(cluster, name)
        yield TreeItem("group", name), (name, state, cluster.owners[name], now)


def _group_now(cluster: Cluster, group: str) -> str:
    activity = cluster.activities.get(group)
    if activity is None:
        return "" if group in cluster.persistent else "left offline"
    to = f" to {activity.target}" if activity.target else ""
    return f"{activity.kind.value}{to}"


def _resource_rows(cluster: Cluster, item: TreeItem) -> Iterator[ListRow]:
    """Yield the resources of a group, or of all groups; of a node only what is not Offline."""
    is_group = item.kind == "group"
    for group in [item.name] if is_group else _groups(cluster, item.name):
        for one in cluster.config.members[group]:
            state = cluster.resource_states[one.name]
            if is_group or not item.name or state is not ResourceState.OFFLINE:
                in_group = () if is_group else (group,)
                look, owner = palette.RESOURCE_LOOKS[state], cluster.owners[group]
                more = (*in_group, one.type.name, _resource_now(cluster, one))
                yield TreeItem("resource", one.name), (one.name, look, owner, *more)


def _resource_now(cluster: Cluster, resource: Resource) -> str:
    name, state = resource.name, cluster.resource_states[resource.name]
    if state.is_pending:
        return f"since {cluster.since_s.get(name, 0.0):.1f} s"
    if name in cluster.retries:
        return f"one more attempt at {cluster.retries[name]:.1f} s"
    if name in cluster.restarting:
        return "about to be restarted"
    if state is ResourceState.OFFLINE and name not in cluster.persistent:
        return "left offline"
    states = cluster.resource_states
    waits = [one for one in resource.depends_on if states[one] is not ResourceState.ONLINE]
    return f"waits for {waits[0]}" if waits and state is ResourceState.OFFLINE else ""


def _type_rows(cluster: Cluster, item: TreeItem) -> Iterator[ListRow]:
    used = Counter(resource.type.name for resource in cluster.config.resources)
    for name in dict.fromkeys((*CLUSTER_TYPES, *used)):
        yield TreeItem("type", name), (name, str(used[name] or "none"))


def _network_rows(cluster: Cluster, item: TreeItem) -> Iterator[ListRow]:
    for one in cluster.config.networks:
        state = network_state_of(cluster, one.name)
        yield TreeItem("network", one.name), (one.name, state, ROLE_WORDS[one.role])


def _interface_rows(cluster: Cluster, item: TreeItem) -> Iterator[ListRow]:
    for node in [item.name] if item.name else cluster.config.nodes_by_name:
        for network in cluster.config.networks:
            state = interface_state_of(cluster, node, network.name)
            yield TreeItem("interface", node, network.name), (node, network.name, state)


_RESOURCE = "Resource Type", "Now"
_GROUP_LIST = ("Name", "State", "Owner", "Now"), _group_rows
_RESOURCE_LIST = ("Name", "State", "Owner", "Group", *_RESOURCE), _resource_rows
_INTERFACE_LIST = ("Node", "Network", "State"), _interface_rows
_FOLDER_LIST = ("Name", "Contents"), _folder_rows
_TABLES: Mapping[str, tuple[tuple[str, ...], Callable[[Cluster, TreeItem], Iterable[ListRow]]]] = {
    "cluster": (("Name", "State", "Contents"), _cluster_rows),
    "groups": _GROUP_LIST,
    "group": (("Name", "State", "Owner", *_RESOURCE), _resource_rows),
    "resources": _RESOURCE_LIST,
    "configuration": _FOLDER_LIST,
    "types": (("Name", "Resources"), _type_rows),
    "networks": (("Name", "State", "Role"), _network_rows),
    "interfaces": _INTERFACE_LIST,
    "node": _FOLDER_LIST,
    "node groups": _GROUP_LIST,
    "node resources": _RESOURCE_LIST,
    "node interfaces": _INTERFACE_LIST,
}


# --- the text twin ----------------------------------------------------------------------------


def tree_text(cluster: Cluster) -> str:
    """Return the tree as text, closed items closed, with the state behind each name."""
    lines = []
    hidden_under = 0
    for entry in tree(cluster):
        if hidden_under and entry.level > hidden_under:
            continue
        hidden_under = entry.level if entry.is_closed else 0
        name = "  " * (entry.level - 1) + entry.text
        state = "" if entry.state is None else _as_text(entry.state)
        lines.append(f"{name:<28} {state}".rstrip())
    return "\n".join(lines)


def table_text(shown: ListTable) -> str:
    """Return a list as text: titles, rule, rows.

    Example:
        >>> print(table_text((("Name",), [(TreeItem("group", "EVS1"), ("EVS1",))])))
        Name
        ----
        EVS1
    """
    heads, found = shown
    words = [[_as_text(cell) for cell in cells] for _, cells in found]
    widths = [max(len(row[column]) for row in (heads, *words)) for column in range(len(heads))]
    rows = [list(heads), ["-" * width for width in widths], *words]
    return "\n".join(
        " ".join(f"{word:<{width}}" for word, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _as_text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else f"{cell.glyph} {cell.word}"


class Explorer(AnyWidget):
    """Shows a tree and a list; tells what was selected, and opened by Enter or a double click."""

    _esm = hearing(Path(__file__).with_name("explorer.js"))
    tree: Any = traitlets.List().tag(sync=True)
    table: Any = traitlets.Dict({"heads": [], "rows": []}).tag(sync=True)
    place = traitlets.Unicode().tag(sync=True)  # key of the item selected in the tree
    chosen = traitlets.Unicode().tag(sync=True)  # of the row selected in the list, or ""

    def __init__(self, opened: Callable[[TreeItem], None]) -> None:
        super().__init__()
        self._items: dict[str, TreeItem] = {}
        self._opened = opened
        self.on_msg(Explorer._hear)

    def _hear(self, content: Any, _buffers: Any) -> None:
        item = self._items.get(str(content.get("open")))
        if item is not None:
            self._opened(item)

    @property
    def item(self) -> TreeItem:
        """What is selected: the row of the list, else the item of the tree."""
        return self._items[self.chosen or self.place]

    @property
    def folder(self) -> TreeItem:
        """What is selected in the tree."""
        return self._items[self.place]

    def fill(self, cluster: Cluster, folder: TreeItem, item: TreeItem) -> None:
        """Show *cluster* with *folder* selected in the tree and *item* in the list."""
        (heads, found), entries = table(cluster, folder), list(tree(cluster))
        self._items = {one.key: one for one, _ in found}
        self._items |= {entry.item.key: entry.item for entry in entries}
        rows = [{"key": one.key, "cells": [_told(cell) for cell in cells]} for one, cells in found]
        branches = [
            {
                "key": entry.item.key,
                "level": entry.level,
                "text": plain_text(entry.text),
                "state": None if entry.state is None else _told(entry.state),
                "closed": entry.is_closed,
            }
            for entry in entries
        ]
        with self.hold_sync():
            put(self, tree=branches, table={"heads": list(heads), "rows": rows})
            put(self, place=folder.key, chosen="" if item == folder else item.key)


def _told(cell: Cell) -> Any:
    if isinstance(cell, Look):
        return {"glyph": cell.glyph, "word": cell.word, "role": cell.role}
    return plain_text(cell)
