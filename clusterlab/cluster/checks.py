"""Which descriptions of a cluster are impossible; `check_config` names the first fault found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import IntEnum
from math import isfinite
from typing import TYPE_CHECKING, Any

from clusterlab.cluster.errors import ConfigError, impossible, shown, unshown, wrong
from clusterlab.cluster.properties import MAX_DWORD, MAX_S, RANDOMIZATION, Property, properties_of
from clusterlab.cluster.states import MAX_NODES, NetworkRole, Windows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clusterlab.cluster.model import ClusterConfig, Group, Network, Node, Resource

SHORTEST_S = 0.001
"""Shortest interval between two checks; 0 is not allowed (handbook 1, 2.3)."""
NEW_IN_2003 = ("Majority Node Set", "Generic Script", "Volume Shadow Copy Service Task")
"""Resource types that older Windows do not have (handbook 1, 10)."""
INTERVALS = ("looks_alive", "is_alive")
"""Durations that are intervals between two checks."""


_OF_GROUPS, _OF_RESOURCES = properties_of("group"), properties_of("resource")


def check_config(config: ClusterConfig) -> None:
    """Raise ConfigError for the first thing in *config* that the product could not have."""
    _check_settings(config)
    _check_names(config)
    _check_nodes(config)
    _check_networks(config)
    for group in config.groups:
        _check_group(config, group)
    for resource in config.resources:
        _check_resource(config, resource)
    for group in config.groups:
        in_dependency_order(config, group.name)
    _check_quorum(config)
    for key, seconds in config.durations.items():
        low = SHORTEST_S if key in INTERVALS else 0
        check_range(f"duration {key!r}", seconds, low, float("inf"), "seconds")
    for resource in () if config.is_as_found else config.resources:
        resource.type.config_check(config, resource)


def listed(names: Iterable[str]) -> str:
    """Return *names* in quotes, with commas between; "none" if there are none."""
    return ", ".join(repr(name) for name in names) or "none"


def _members(values: type[IntEnum]) -> str:
    return ", ".join(f"{values.__name__}.{item.name}" for item in values)


def _check_settings(config: ClusterConfig) -> None:
    what = f"of cluster {config.name!r}"
    if not isinstance(config.name, str) or not config.name.strip():
        raise ConfigError(f"the name {what} is no name; allowed: a text that is not empty")
    _check_shown(f"the name {what}", config.name)
    if config.windows not in tuple(Windows):
        raise wrong(f"windows {what}", config.windows, _members(Windows))
    if config.node_limit is not None:
        _check_whole(f"node_limit {what}", config.node_limit, 1, MAX_DWORD, "nodes")
    check_flag(f"{RANDOMIZATION} {what}", config.disable_group_preferred_owner_randomization)
    check_range(f"hang_recovery_action {what}", config.hang_recovery_action, 0, 3, "")
    most = config.join_resources_max
    _check_whole(f"join_resources_max {what}", most, 1, MAX_DWORD, "resources")


def _check_shown(what: str, text: str) -> None:
    if unshown(text):
        raise impossible("characters", what, shown(text), unshown(text))


def _check_names(config: ClusterConfig) -> None:
    kinds: Mapping[str, Iterable[Node | Group | Resource | Network]] = {
        "nodes": config.nodes,
        "groups": config.groups,
        "resources": config.resources,
        "networks": config.networks,
    }
    for kind, items in kinds.items():
        names = [item.name for item in items]
        for name in names:
            if not isinstance(name, str):
                raise ConfigError(f"one of the {kind} has the name {name!r}; allowed: a text")
            _check_shown(f"the name of one of the {kind}", name)
        for folded, count in Counter(name.casefold() for name in names).items():
            if not folded.strip():
                raise ConfigError(f"one of the {kind} has an empty name; give it a name")
            if count > 1:
                same = [name for name in names if name.casefold() == folded]
                raise impossible("same name", kind, listed(same))


def _check_nodes(config: ClusterConfig) -> None:
    limit = MAX_NODES[config.windows] if config.node_limit is None else config.node_limit
    if not 1 <= len(config.nodes) <= limit:
        raise impossible("node count", config.name, len(config.nodes), limit)
    ids = [node.node_id for node in config.nodes]
    if ids != sorted(set(ids)) or ids[0] < 1:
        raise impossible("node ids", config.name, ids)
    start_s = config.start_time_s
    if not isinstance(start_s, int | float) or not 0 <= start_s < 24 * 3600:
        raise wrong(
            f"start_time_s of cluster {config.name!r}",
            start_s,
            "0 up to 86399 seconds after midnight",
        )


def _check_networks(config: ClusterConfig) -> None:
    for network in config.networks:
        if network.role not in tuple(NetworkRole):
            raise wrong(
                f"role of network {network.name!r}",
                network.role,
                f"{_members(NetworkRole)} (handbook 1, 2.5)",
            )
    internal = (NetworkRole.INTERNAL, NetworkRole.ALL)
    has_one = any(network.role in internal for network in config.networks)
    if len(config.nodes) > 1 and not has_one and not config.is_as_found:
        raise impossible(
            "no internal network", config.name, listed(network.name for network in config.networks)
        )


def check_range(what: str, value: Any, low: float, high: float, unit: str) -> None:
    """Raise ConfigError if *value* is no finite number from *low* to *high*."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not isfinite(value) or not low <= value <= high:
        upper = f"to {high:.10g}" if high != float("inf") else "or more"
        raise wrong(what, value, f"{low:g} {upper} {unit}")


def check_flag(what: str, value: Any) -> None:
    """Raise ConfigError if *value* is neither true nor false."""
    if not isinstance(value, bool):
        raise wrong(what, value, "True or False")


def _check_whole(what: str, value: Any, low: int, high: int, unit: str) -> None:
    if not isinstance(value, int):
        raise wrong(what, value, f"whole numbers from {low} to {high} {unit}")
    check_range(what, value, low, high, unit)


def _check_owners(config: ClusterConfig, what: str, owners: Iterable[str]) -> None:
    names = list(owners)
    for name in names:
        if name not in config.nodes_by_name:
            raise impossible(
                "no such node", what, name, config.name, ", ".join(config.nodes_by_name)
            )
        if names.count(name) > 1:
            raise ConfigError(f"{what} {name!r} twice; name each node once")


def _check_group(config: ClusterConfig, group: Group) -> None:
    what = f"group {group.name!r}"
    _check_shown(f"anti_affinity_class_names of {what}", " ".join(group.anti_affinity_class_names))
    _check_owners(config, f"{what} prefers node", group.preferred_owners)
    _check_properties(what, group, _OF_GROUPS)


def _check_properties(what: str, item: Group | Resource, known: Mapping[str, Property]) -> None:
    """Check the numbers of a thing against their ranges (2.1, 2.2)."""
    for key, prop in known.items():
        value = getattr(item, key)
        if prop.values is not None and value not in tuple(prop.values):
            numbers = ", ".join(map(str, map(int, prop.values)))
            allowed = f"{numbers} ({_members(prop.values)})"
            raise wrong(f"{key} of {what}", value, allowed)
        if prop.form == "whole":
            _check_whole(f"{key} of {what}", value, int(prop.low), int(prop.high), prop.unit)
        elif prop.form == "seconds" and not (prop.none and value is None):
            unit = f"{prop.unit}, or None for {prop.none}" if prop.none else prop.unit
            check_range(f"{key} of {what}", value, prop.low, prop.high, unit)


def _check_resource(config: ClusterConfig, resource: Resource) -> None:
    what = f"resource {resource.name!r}"
    _check_shown(f"the type of {what}", resource.type.name)
    for key, value in resource.private.items():
        _check_shown(f"a private property of {what}", f"{key} = {value}")
    if resource.group not in config.groups_by_name:
        raise impossible("no such group", what, resource.group, listed(config.groups_by_name))
    if resource.type.name in NEW_IN_2003 and config.windows < Windows.WS2003:
        raise impossible("type of a later Windows", what, resource.type.name)
    _check_owners(config, f"{what} has the possible owner", resource.possible_owners or ())
    _check_owners(config, f"{what} is defective on node", resource.defective_on)
    _check_properties(what, resource, _OF_RESOURCES)
    retry_s, least_s = resource.retry_period_s, resource.restart_period_s
    if retry_s is not None and retry_s < least_s:  # "never" is None here (2.2)
        unit = "seconds (not less than its restart_period_s), or None for never"
        check_range(f"retry_period_s of {what}", retry_s, least_s, MAX_S, unit)
    _check_dependencies(config, resource)


def _check_dependencies(config: ClusterConfig, resource: Resource) -> None:
    what = f"resource {resource.name!r}"
    for needed in resource.depends_on:
        other = config.resources_by_name.get(needed)
        if other is None:
            raise ConfigError(f"{what} depends on {needed!r}, which does not exist")
        if other.group != resource.group:
            raise impossible("needs of another group", what, needed, other.group, resource.group)
    types = {config.resources_by_name[needed].type.name for needed in resource.depends_on}
    for wanted in () if config.is_as_found else resource.type.needs_types:
        if wanted not in types:
            raise impossible("needs a type", what, resource.type.name, wanted)


def _check_quorum(config: ClusterConfig) -> None:
    quorum = config.resources_by_name.get(config.quorum)
    if quorum is None:
        raise ConfigError(f"the quorum resource {config.quorum!r} does not exist")
    if not quorum.type.can_be_quorum:
        raise impossible("no quorum", quorum.name, quorum.type.name)
    if quorum.depends_on:
        raise impossible("quorum with needs", quorum.name, listed(quorum.depends_on))


def in_dependency_order(config: ClusterConfig, group: str) -> tuple[Resource, ...]:
    """Return the resources of *group*, each after all that it needs."""
    waiting = [resource for resource in config.resources if resource.group == group]
    placed: list[Resource] = []
    names: set[str] = set()
    while waiting:
        ready = [resource for resource in waiting if names.issuperset(resource.depends_on)]
        if not ready:
            raise impossible("circle", listed(r.name for r in waiting), group)
        placed += ready
        names.update(resource.name for resource in ready)
        waiting = [resource for resource in waiting if resource.name not in names]
    return tuple(placed)
