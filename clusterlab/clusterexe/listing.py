"""What cluster.exe prints: states, properties, owners, dependencies, the quorum (handbook 1, 8.1).

Each format stands here once: its title, its columns, its rows. `clusterfiles` reads the same
listings back by the titles and columns of this module. No layout here is sourced but the titles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from clusterlab.cluster.model import Cluster, Group, Resource
from clusterlab.cluster.networks import interface_state, network_priority, network_state
from clusterlab.cluster.properties import INFINITE, PRIVATE_NAMES, PRIVATE_SECONDS, STORED
from clusterlab.cluster.states import Windows

BUILD_NUMBERS: Mapping[Windows, tuple[int, int]] = {
    Windows.NT4: (4, 0),
    Windows.W2K: (5, 0),
    Windows.WS2003: (5, 2),
}
"""`MajorVersion` and `MinorVersion` of a node; unsourced."""


def node_listing(cluster: Cluster, name: str | None = None) -> str:
    """Return what `cluster node` prints, for all nodes or for one (handbook 1, 8.1)."""
    nodes = [node for node in cluster.config.nodes if name in (None, node.name)]
    return _table(
        _title("node", name, "nodes"),
        f"{'Node':<14} {'Node ID':<7} Status",
        f"{'-' * 14} {'-' * 7} {'-' * 21}",
        (
            f"{node.name:<14} {node.node_id:>7} {cluster.node_states[node.name].value}"
            for node in nodes
        ),
    )


def _title(kind: str, name: str | None, kinds: str) -> str:
    if name is None:
        return f"Listing status for all available {kinds}:"
    return f"Listing status for {kind} '{name}':"


def _table(title: str, heads: str, rule: str, rows: Iterable[str]) -> str:
    return "\n".join([title, "", heads, rule, *rows])


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
    return _table(
        _title("resource group", name, "resource groups"),
        f"{'Group':<20} {'Node':<15} Status",
        f"{'-' * 20} {'-' * 15} {'-' * 6}",
        (
            f"{group:<20} {cluster.owners[group]:<15} {cluster.group_state(group).value}"
            for group in groups
        ),
    )


def resource_listing(cluster: Cluster, group: str | None = None, *, name: str | None = None) -> str:
    """Return what `cluster resource` prints: all, those of one group, or one (handbook 1, 8.1)."""
    names = [
        resource.name
        for resource in cluster.config.resources
        if group in (None, resource.group) and name in (None, resource.name)
    ]
    return "\n".join([_title("resource", name, "resources"), "", *resource_rows(cluster, names)])


def network_listing(cluster: Cluster, name: str | None = None) -> str:
    """Return what `cluster network` prints, for all networks or for one; the layout is ours."""
    names = [item.name for item in cluster.config.networks if name in (None, item.name)]
    return _table(
        _title("network", name, "networks"),
        f"{'Network':<20} Status",
        f"{'-' * 20} {'-' * 11}",
        (f"{network:<20} {network_state(cluster, network).value}" for network in names),
    )


def interface_listing(cluster: Cluster, node: str | None = None, network: str | None = None) -> str:
    """Return what `cluster netinterface` prints: all, or of one node or network (layout: ours)."""
    pairs = [
        (one.name, other.name)
        for one in cluster.config.nodes
        for other in cluster.config.networks
        if node in (None, one.name) and network in (None, other.name)
    ]
    return _table(
        _title("network interface", None, "network interfaces"),
        f"{'Node':<14} {'Network':<20} Status",
        f"{'-' * 14} {'-' * 20} {'-' * 11}",
        (f"{one:<14} {other:<20} {interface_state(cluster, one, other).value}"
         for one, other in pairs),
    )  # fmt: skip


def type_listing(cluster: Cluster) -> str:
    """Return the resource types in use, as `cluster restype` lists them; the layout is ours."""
    types = dict.fromkeys(resource.type.name for resource in cluster.config.resources)
    title = "Listing all available resource types:"
    return _table(title, "Resource Type", "-" * 40, types)


def resource_rows(cluster: Cluster, names: Iterable[str]) -> list[str]:
    """Return the table of resources: header, rule, one row for each of *names*."""
    by_name = cluster.config.resources_by_name
    return [
        f"{'Resource':<20} {'Group':<20} {'Node':<15} Status",
        f"{'-' * 20} {'-' * 20} {'-' * 15} {'-' * 6}",
        *(
            f"{name:<20} {by_name[name].group:<20} {cluster.owners[by_name[name].group]:<15} "
            f"{cluster.resource_states[name].value}"
            for name in names
        ),
    ]


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


class PropertyLine(NamedTuple):
    """One row of a property listing.

    Attributes:
        flags: S string, D DWORD, M multi-string; R behind it: read-only.
        name: Of the property.
        value: As it is stored; a multi-string is one row for each of its strings.
    """

    flags: str
    name: str
    value: str | int


def group_properties(cluster: Cluster, name: str) -> str:
    """Return what `cluster group "G" /prop` prints.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> print(group_properties(exchange_cluster(), "Cluster Group"))
        Listing properties for 'Cluster Group':
        <BLANKLINE>
        T  Group                Name                           Value
        -- -------------------- ------------------------------ -----------------------
        SR Cluster Group        Name                           Cluster Group
        D  Cluster Group        PersistentState                1 (0x1)
        D  Cluster Group        FailoverThreshold              10 (0xa)
        D  Cluster Group        FailoverPeriod                 6 (0x6)
        D  Cluster Group        AutoFailbackType               0 (0x0)
        D  Cluster Group        FailbackWindowStart            4294967295 (0xffffffff)
        D  Cluster Group        FailbackWindowEnd              4294967295 (0xffffffff)
        M  Cluster Group        AntiAffinityClassNames
    """
    group = cluster.config.groups_by_name[name]
    rows = [PropertyLine("SR", "Name", name), _persistent(cluster, name), *_common(group)]
    return _listing("Group", name, rows)


def resource_properties(cluster: Cluster, name: str) -> str:
    """Return what `cluster resource "R" /prop` prints."""
    resource = cluster.config.resources_by_name[name]
    rows = [
        PropertyLine("SR", "Name", name),
        PropertyLine("SR", "Type", resource.type.name),
        _persistent(cluster, name),
        *_common(resource),
    ]
    return _listing("Resource", name, rows)


def private_properties(cluster: Cluster, name: str) -> str:
    """Return what `cluster resource "R" /priv` prints."""
    private = cluster.config.resources_by_name[name].private
    rows = [row for key, value in private.items() for row in _private_rows(key, value)]
    return _listing("Resource", name, rows, "private properties")


def node_properties(cluster: Cluster, name: str) -> str:
    """Return what `cluster node "N" /prop` prints, as far as it matters here."""
    major, minor = BUILD_NUMBERS[cluster.config.windows]
    rows = [
        PropertyLine("SR", "NodeName", name),
        PropertyLine("DR", "MajorVersion", major),
        PropertyLine("DR", "MinorVersion", minor),
    ]
    return _listing("Node", name, rows)


def network_properties(cluster: Cluster, name: str) -> str:
    """Return what `cluster network "N" /prop` prints, as far as it matters here."""
    role = next(item.role for item in cluster.config.networks if item.name == name)
    return _listing(
        "Network", name, [PropertyLine("SR", "Name", name), PropertyLine("D", "Role", int(role))]
    )


def cluster_properties(cluster: Cluster) -> str:
    """Return what `cluster /prop` prints, as far as it matters here."""
    is_ordered = cluster.config.disable_group_preferred_owner_randomization
    name = cluster.config.name
    rows = [PropertyLine("D", "DisableGroupPreferredOwnerRandomization", int(is_ordered))]
    return _listing("Cluster", name, rows)


def network_priorities(cluster: Cluster) -> str:
    """Return what `cluster /listnetpri` prints; the layout is ours."""
    names = network_priority(cluster.config)
    return "\n".join(["Network priorities for internal traffic:", "", *names])


def preferred_owners(cluster: Cluster, group: str) -> str:
    """Return what `cluster group "G" /listowners` prints."""
    owners = cluster.config.groups_by_name[group].preferred_owners
    title = f"Listing preferred owners for resource group '{group}':"
    return "\n".join([title, "", "Preferred Owner Nodes", "-" * 21, *owners])


def possible_owners(cluster: Cluster, resource: str) -> str:
    """Return what `cluster resource "R" /listowners` prints."""
    owners = cluster.config.resources_by_name[resource].possible_owners
    names = cluster.config.nodes_by_name if owners is None else owners
    title = f"Listing possible owners for resource '{resource}':"
    return "\n".join([title, "", "Possible Owner Nodes", "-" * 20, *names])


def dependencies(cluster: Cluster, name: str) -> str:
    """Return what `cluster resource "R" /listdep` prints."""
    resource = cluster.config.resources_by_name[name]
    title = f"Listing dependencies for resource '{name}':"
    return "\n".join([title, "", *resource_rows(cluster, resource.depends_on)])


def quorum_listing(cluster: Cluster) -> str:
    """Return what `cluster /quorum` prints, as far as it matters here."""
    head = ["Quorum Resource Name", "-" * 20]
    return "\n".join([*head, cluster.config.quorum])


def stored(value: Any, per_unit: int) -> int:
    """Return a number as the product stores it; None and -1 are its greatest DWORD."""
    return INFINITE if value is None or value == -1 else round(value * per_unit)


# --- rows -------------------------------------------------------------------------------------


def _persistent(cluster: Cluster, name: str) -> PropertyLine:
    return PropertyLine("D", "PersistentState", int(name in cluster.persistent))


def _common(item: Group | Resource) -> list[PropertyLine]:
    rows: list[PropertyLine] = []
    for key, prop in STORED.items():
        if hasattr(item, key):
            value = getattr(item, key)
            if isinstance(value, tuple):
                rows += _strings(prop.name, value)
            else:
                rows.append(PropertyLine("D", prop.name, stored(value, prop.per_unit)))
    return rows


def _strings(name: str, values: Iterable[Any]) -> list[PropertyLine]:
    return [PropertyLine("M", name, str(value)) for value in values] or [
        PropertyLine("M", name, "")
    ]


def _private_rows(key: str, value: Any) -> list[PropertyLine]:
    if key in PRIVATE_SECONDS:
        return [PropertyLine("D", PRIVATE_SECONDS[key], stored(value, 1000))]
    if isinstance(value, tuple | list):
        return _strings(key, value)
    flag = "D" if isinstance(value, int) else "S"
    return [PropertyLine(flag, PRIVATE_NAMES.get(key, key), value if flag == "D" else str(value))]


def _listing(kind: str, name: str, rows: Iterable[PropertyLine], what: str = "properties") -> str:
    return "\n".join(
        [
            f"Listing {what} for '{name}':",
            "",
            f"T  {kind:<20} {'Name':<30} Value",
            f"-- {'-' * 20} {'-' * 30} {'-' * 23}",
            *(_row_text(name, row) for row in rows),
        ]
    )


def _row_text(name: str, row: PropertyLine) -> str:
    is_number = isinstance(row.value, int)
    value = f"{row.value} ({row.value:#x})" if is_number else str(row.value)
    return f"{row.flags:<2} {name:<20} {row.name:<30} {value}".rstrip()
