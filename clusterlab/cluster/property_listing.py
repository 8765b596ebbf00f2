"""What cluster.exe prints for /prop, /priv, /listowners, /listdep and /quorum (handbook 1, 8.1).

Each format stands here once: its title, its columns, its rows. `clusterfiles` reads the same
listings back by the titles and columns of this module. No layout here is sourced but the titles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from clusterlab.cluster.commands import INFINITE, PROPERTIES
from clusterlab.cluster.listing import resource_rows
from clusterlab.cluster.model import Cluster, Group, Resource
from clusterlab.cluster.networks import network_priority
from clusterlab.cluster.private import PRIVATE_SECONDS
from clusterlab.cluster.states import Windows

BUILD_NUMBERS: Mapping[Windows, tuple[int, int]] = {
    Windows.NT4: (4, 0),
    Windows.W2K: (5, 0),
    Windows.WS2003: (5, 2),
}
"""`MajorVersion` and `MinorVersion` of a node; unsourced."""


class Row(NamedTuple):
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
    rows = [Row("SR", "Name", name), _persistent(cluster, name), *_common(group)]
    return _listing("Group", name, rows)


def resource_properties(cluster: Cluster, name: str) -> str:
    """Return what `cluster resource "R" /prop` prints."""
    resource = cluster.config.resources_by_name[name]
    rows = [
        Row("SR", "Name", name),
        Row("SR", "Type", resource.type.name),
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
        Row("SR", "NodeName", name),
        Row("DR", "MajorVersion", major),
        Row("DR", "MinorVersion", minor),
    ]
    return _listing("Node", name, rows)


def network_properties(cluster: Cluster, name: str) -> str:
    """Return what `cluster network "N" /prop` prints, as far as it matters here."""
    role = next(item.role for item in cluster.config.networks if item.name == name)
    return _listing("Network", name, [Row("SR", "Name", name), Row("D", "Role", int(role))])


def cluster_properties(cluster: Cluster) -> str:
    """Return what `cluster /prop` prints, as far as it matters here."""
    is_ordered = cluster.config.disable_group_preferred_owner_randomization
    name = cluster.config.name
    rows = [Row("D", "DisableGroupPreferredOwnerRandomization", int(is_ordered))]
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


def _persistent(cluster: Cluster, name: str) -> Row:
    return Row("D", "PersistentState", int(name in cluster.persistent))


def _common(item: Group | Resource) -> list[Row]:
    rows: list[Row] = []
    for key, prop in PROPERTIES.items():
        if hasattr(item, key):
            value = getattr(item, key)
            if isinstance(value, tuple):
                rows += _strings(prop.name, value)
            else:
                rows.append(Row("D", prop.name, stored(value, prop.per_unit)))
    return rows


def _strings(name: str, values: Iterable[Any]) -> list[Row]:
    return [Row("M", name, str(value)) for value in values] or [Row("M", name, "")]


def _private_rows(key: str, value: Any) -> list[Row]:
    if key in PRIVATE_SECONDS:
        return [Row("D", PRIVATE_SECONDS[key], stored(value, 1000))]
    if isinstance(value, tuple | list):
        return _strings(key, value)
    if isinstance(value, int):
        return [Row("D", key, int(value))]
    return [Row("S", key, str(value))]


def _listing(kind: str, name: str, rows: Iterable[Row], what: str = "properties") -> str:
    return "\n".join(
        [
            f"Listing {what} for '{name}':",
            "",
            f"T  {kind:<20} {'Name':<30} Value",
            f"-- {'-' * 20} {'-' * 30} {'-' * 23}",
            *(_row_text(name, row) for row in rows),
        ]
    )


def _row_text(name: str, row: Row) -> str:
    is_number = isinstance(row.value, int)
    value = f"{row.value} ({row.value:#x})" if is_number else str(row.value)
    return f"{row.flags:<2} {name:<20} {row.name:<30} {value}".rstrip()
