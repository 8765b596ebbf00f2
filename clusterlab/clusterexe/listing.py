"""What cluster.exe prints: states, properties, owners, dependencies, the quorum (handbook 1, 8.1).

Each format stands here once: its title, its columns, its rows. `clusterfiles` reads the same
listings back by the titles and columns of this module. No layout here is sourced but the titles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from clusterlab.cluster.model import Cluster, Resource
from clusterlab.cluster.networks import interface_state, network_priority, network_state
from clusterlab.cluster.properties import INFINITE, listed_of, printed_private, properties_of
from clusterlab.cluster.states import ResourceState, Windows

BUILD_NUMBERS: Mapping[Windows, tuple[int, int]] = {
    Windows.NT4: (4, 0),
    Windows.W2K: (5, 0),
    Windows.WS2003: (5, 2),
}
"""`MajorVersion` and `MinorVersion` of a node; unsourced."""


def node_listing(cluster: Cluster, name: str | None = None) -> str:
    """Return what `cluster node` prints, for all nodes or for one (handbook 1, 8.1)."""
    nodes = [node for node in cluster.config.nodes if name in (None, node.name)]
    rows = ((n.name, f"{n.node_id:>7}", cluster.node_states[n.name].value) for n in nodes)
    return _table(_title("node", name, "nodes"), {"Node": 14, "Node ID": 7, "Status": 21}, rows)


def _title(kind: str, name: str | None, kinds: str) -> str:
    if name is None:
        return f"Listing status for all available {kinds}:"
    return f"Listing status for {kind} '{name}':"


def _table(title: str, columns: Mapping[str, int], rows: Iterable[Sequence[str]]) -> str:
    """Return a title, heads, a rule and rows; cells but the last are as wide as their column."""
    widths = list(columns.values())

    def line(cells: Iterable[str]) -> str:
        *first, last = cells
        return " ".join([*(f"{c:<{w}}" for c, w in zip(first, widths, strict=False)), last])

    return "\n".join(
        [title, "", line(columns), " ".join("-" * w for w in widths), *map(line, rows)]
    )


def group_listing(cluster: Cluster, name: str | None = None, *, node: str | None = None) -> str:
    """Return what `cluster group` prints, for all groups, one, or those of *node* (1, 8.1).

    Example:
        >>> from clusterlab import exchange_cluster
        >>> print(group_listing(exchange_cluster(active=1)))
        Listing status for all available resource groups:
        <BLANKLINE>
        Group                Node            Status
        -------------------- --------------- ------
        Cluster Group        NODE1           Online
        EVS1                 NODE1           Online
    """
    named = [group.name for group in cluster.config.groups if name in (None, group.name)]
    groups = [group for group in named if node in (None, cluster.owners[group])]
    rows = ((one, cluster.owners[one], cluster.group_state(one).value) for one in groups)
    columns = {"Group": 20, "Node": 15, "Status": 6}
    return _table(_title("resource group", name, "resource groups"), columns, rows)


def resource_listing(cluster: Cluster, group: str | None = None, *, name: str | None = None) -> str:
    """Return what `cluster resource` prints: all, those of one group, or one (handbook 1, 8.1)."""
    names = [
        resource.name
        for resource in cluster.config.resources
        if group in (None, resource.group) and name in (None, resource.name)
    ]
    return _resource_table(_title("resource", name, "resources"), cluster, names)


def _resource_table(title: str, cluster: Cluster, names: Iterable[str]) -> str:
    found = (cluster.config.resources_by_name[name] for name in names)
    rows = (
        (r.name, r.group, cluster.owners[r.group], cluster.resource_states[r.name].value)
        for r in found
    )
    return _table(title, {"Resource": 20, "Group": 20, "Node": 15, "Status": 6}, rows)


def network_listing(cluster: Cluster, name: str | None = None) -> str:
    """Return what `cluster network` prints, for all networks or for one; the layout is ours."""
    names = [item.name for item in cluster.config.networks if name in (None, item.name)]
    rows = ((network, network_state(cluster, network).value) for network in names)
    return _table(_title("network", name, "networks"), {"Network": 20, "Status": 11}, rows)


def interface_listing(cluster: Cluster, node: str | None = None, network: str | None = None) -> str:
    """Return what `cluster netinterface` prints: all, or of one node or network (layout: ours)."""
    pairs = [
        (one.name, other.name)
        for one in cluster.config.nodes
        for other in cluster.config.networks
        if node in (None, one.name) and network in (None, other.name)
    ]
    rows = ((one, other, interface_state(cluster, one, other).value) for one, other in pairs)
    title = _title("network interface", None, "network interfaces")
    return _table(title, {"Node": 14, "Network": 20, "Status": 11}, rows)


def type_names(cluster: Cluster) -> list[str]:
    """Return the resource types in use."""
    return list(dict.fromkeys(resource.type.name for resource in cluster.config.resources))


def type_listing(cluster: Cluster) -> str:
    """Return the resource types in use, as `cluster restype` lists them; the layout is ours."""
    title = "Listing all available resource types:"
    return _table(title, {"Resource Type": 40}, ([name] for name in type_names(cluster)))


def network_table(cluster: Cluster) -> str:
    """Return the state of each network, and of the interface of each node on it.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> print(network_table(exchange_cluster(active=1)))
        Network              Status      NODE1       NODE2
        -------------------- ----------- ----------- -----------
        Private              Up          Up          Up
        Public               Up          Up          Up

    Source: handbook 1, 1.2; the layout is ours.
    """
    nodes = [node.name for node in cluster.config.nodes]
    rows = [["Network", "Status", *nodes], ["-" * 20, *["-" * 11] * (len(nodes) + 1)]]
    for network in (item.name for item in cluster.config.networks):
        interfaces = [interface_state(cluster, node, network).value for node in nodes]
        rows.append([network, network_state(cluster, network).value, *interfaces])
    return "\n".join(
        " ".join([f"{row[0]:<20}", *(f"{word:<11}" for word in row[1:])]).rstrip() for row in rows
    )


def status_text(cluster: Cluster) -> str:
    """Return the cluster at one moment: the time, the nodes, the groups."""
    nodes = ", ".join(
        f"{node.name} {cluster.node_states[node.name].value}" for node in cluster.config.nodes
    )
    return f"{cluster.config.name} at t = {cluster.now_s:g} s: {nodes}\n\n{group_listing(cluster)}"


# --- properties -------------------------------------------------------------------------------


_PropertyLine = tuple[str, str, str | int]
"""Flags (S string, D DWORD, M multi-string; R behind it: read-only), name, and value as stored."""


def properties(kind: str, cluster: Cluster, name: str, *, only: Sequence[str] = ()) -> str:
    """Return what `cluster KIND "NAME" /prop` prints: what the table has and the lab knows.

    *kind* is "node", "group", "resource", "network", "resourcetype", "netinterface" or "cluster".
    Of an interface *name* is "NODE NETWORK", each padded to its column. *only* has folded names of
    the properties that are wanted; () is for all.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> print(properties("network", exchange_cluster(), "Public"))
        Listing properties for 'Public':
        <BLANKLINE>
        T  Network              Name                           Value
        -- -------------------- ------------------------------ -----------------------
        SR Public               Name                           Public
        M  Public               AdminExtensions
        S  Public               Description
        D  Public               Role                           3 (0x3)
    """
    known = _values(cluster, kind, name)
    rows = (
        line
        for row in listed_of(kind, cluster.config.windows)
        for line in _lines(row.flag, row.name, known.get(row.name, row.default))
    )
    return _listing(kind, name, rows, only)


def private_properties(kind: str, cluster: Cluster, name: str, *, only: Sequence[str] = ()) -> str:
    """Return what `cluster KIND "NAME" /priv` prints; what only the lab keeps is left out."""
    windows = cluster.config.windows
    found = {row.name: (row.flag, row.default) for row in listed_of(f"{kind} private", windows)}
    if kind == "resource":
        resource = cluster.config.resources_by_name[name]
        flags = {row.name: row.flag for row in listed_of(resource.type.name, windows)}
        stored_here = (codes(cluster, resource) | printed_private(resource.private)).items()
        found = {key: (_flag(flags.get(key, ""), value), value) for key, value in stored_here}
    read_only_first = sorted(found, key=lambda key: not found[key][0].endswith("R"))
    rows = (line for key in read_only_first for line in _lines(found[key][0], key, found[key][1]))
    return _listing(kind, name, rows, only, "private properties")


def codes(cluster: Cluster, resource: Resource) -> dict[str, int]:
    """Return what a Network Name was told last (StatusDNS ...): 0 while it is Online (8, 2.3)."""
    is_online = cluster.resource_states[resource.name] is ResourceState.ONLINE
    rows = listed_of(resource.type.name, cluster.config.windows)
    return {row.name: 0 if is_online else row.default for row in rows if row.flag == "DR"}


def _flag(known: str, value: Any) -> str:
    """Return the letters of a value: those of the table where they fit it."""
    letter = "M" if isinstance(value, tuple | list) else "D" if isinstance(value, int) else "S"
    return known if known.startswith(("B", letter)) else letter


def _values(cluster: Cluster, kind: str, name: str) -> dict[str, Any]:
    """Return the properties of a thing that the lab knows, as they are stored."""
    config, durations = cluster.config, cluster.config.durations
    persistent = int(name in cluster.persistent)
    match kind:
        case "node":
            major, minor = BUILD_NUMBERS[config.windows]
            return {"NodeName": name, "MajorVersion": major, "MinorVersion": minor}
        case "group":
            common = _common("group", config.groups_by_name[name])
            return {"Name": name, "PersistentState": persistent, **common}
        case "resource":
            resource = config.resources_by_name[name]
            head = {"Name": name, "Type": resource.type.name, "PersistentState": persistent}
            return {**head, **_common("resource", resource)}
        case "network":
            network = next(item for item in config.networks if item.name == name)
            return {"Name": name, **_common("network", network)}
        case "resourcetype":
            polls = {"LooksAlivePollInterval": "looks_alive", "IsAlivePollInterval": "is_alive"}
            return {"Name": name, **{key: stored(durations[of], 1000) for key, of in polls.items()}}
        case "netinterface":
            node, network_name = name[:14].rstrip(), name[15:].rstrip()
            return {"Node": node, "Network": network_name}
    return _common("cluster", config)


def network_priorities(cluster: Cluster) -> str:
    """Return what `cluster /listnetpri` prints; the layout is ours."""
    names = network_priority(cluster.config)
    return "\n".join(["Network priorities for internal traffic:", "", *names])


def preferred_owners(cluster: Cluster, group: str) -> str:
    """Return what `cluster group "G" /listowners` prints."""
    owners = cluster.config.groups_by_name[group].preferred_owners
    title = f"Listing preferred owners for resource group '{group}':"
    return _table(title, {"Preferred Owner Nodes": 21}, ([name] for name in owners))


def possible_owners(cluster: Cluster, resource: str) -> str:
    """Return what `cluster resource "R" /listowners` prints."""
    owners = cluster.config.resources_by_name[resource].possible_owners
    names = cluster.config.nodes_by_name if owners is None else owners
    title = f"Listing possible owners for resource '{resource}':"
    return _table(title, {"Possible Owner Nodes": 20}, ([name] for name in names))


def type_owners(cluster: Cluster, name: str) -> str:
    """Return what `cluster restype "T" /listowners` prints: nodes that have its DLL."""
    names = [node.name for node in cluster.config.nodes if name not in node.missing_types]
    title = f"Listing possible owners for resource type '{name}':"
    return _table(title, {"Possible Owner Nodes": 20}, ([name] for name in names))


def checkpoints(cluster: Cluster, name: str) -> str:
    """Return what `cluster resource "R" /checkpoints` prints: its registry keys; layout ours."""
    keys = [key for resource, key in cluster.checkpoints if resource == name]
    title = f"Listing registry checkpoints for resource '{name}':"
    return _table(title, {"Resource": 20, "Registry Checkpoint": 40}, ((name, key) for key in keys))


def dependencies(cluster: Cluster, name: str) -> str:
    """Return what `cluster resource "R" /listdep` prints."""
    resource = cluster.config.resources_by_name[name]
    title = f"Listing dependencies for resource '{name}':"
    return _resource_table(title, cluster, resource.depends_on)


def quorum_listing(cluster: Cluster) -> str:
    """Return what `cluster /quorum` prints, as far as it matters here."""
    head = ["Quorum Resource Name", "-" * 20]
    return "\n".join([*head, cluster.config.quorum])


def stored(value: Any, per_unit: int) -> int:
    """Return a number as the product stores it; None and -1 are its greatest DWORD."""
    return INFINITE if value is None or value == -1 else round(value * per_unit)


# --- rows -------------------------------------------------------------------------------------


def _common(kind: str, item: Any) -> dict[str, Any]:
    """Return the simulated common properties of a thing, as they are stored."""
    values = {prop: getattr(item, key) for key, prop in properties_of(kind).items() if prop.name}
    return {
        prop.name: value if isinstance(value, tuple) else stored(value, prop.per_unit)
        for prop, value in values.items()
    }


def _lines(flag: str, name: str, value: Any) -> Iterator[_PropertyLine]:
    """Yield the rows of a property: one for each string, none for what is not known."""
    if isinstance(value, tuple | list):
        yield from ((flag, name, str(one)) for one in value or ("",))
    elif value is not None:
        yield flag, name, int(value) if isinstance(value, int) else str(value)


_HEADS = {"resourcetype": f"{'Resource Type':<20}", "netinterface": f"{'Node':<14} {'Network':<20}"}
_RULES = {"netinterface": f"{'-' * 14} {'-' * 20}"}


def _listing(
    kind: str,
    name: str,
    rows: Iterable[_PropertyLine],
    only: Sequence[str],
    what: str = "properties",
) -> str:
    shown = [_row_text(name, row) for row in rows if not only or row[1].casefold() in only]
    return "\n".join(
        [
            f"Listing {what} for '{name}':",
            "",
            f"T  {_HEADS.get(kind) or f'{kind.capitalize():<20}'} {'Name':<30} Value",
            f"-- {_RULES.get(kind, '-' * 20)} {'-' * 30} {'-' * 23}",
            *(shown or ["(The lab keeps no such property here.)"] * bool(only)),
        ]
    )


def _row_text(of: str, row: _PropertyLine) -> str:
    flags, name, value = row
    shown = f"{value} ({value:#x})" if isinstance(value, int) else value
    return f"{flags:<2} {of:<20} {name:<30} {shown}".rstrip()
