"""Changing the configuration: `configure` returns it with properties of one thing changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from clusterlab.cluster.checks import listed
from clusterlab.cluster.errors import ConfigError, impossible, wrong
from clusterlab.cluster.model import ClusterConfig, Group, Network, Node, Resource
from clusterlab.cluster.properties import PROPERTIES, RANDOMIZATION


def configure(config: ClusterConfig, name: str, /, **properties: Any) -> ClusterConfig:
    """Return *config* with properties of one thing, or durations, changed.

    *name* is a group, a network, a resource (also by a path such as "EVS1/IS"), a node, or
    "durations"; *properties* are new values by field name, for "durations" seconds by key.

    Raises:
        ConfigError: If there is no such property or the new description is impossible.
        OperationRefused: If there is no such group or resource.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> config = configure(exchange_cluster().config, "EVS2", preferred_owners=("NODE4",))
        >>> config.groups_by_name["EVS2"].preferred_owners
        ('NODE4',)
    """
    folded = str(name).casefold()
    if name == "durations":
        return replace(config, durations={**config.durations, **_known(config, properties)})
    if folded in config._folded["group"]:
        return _with(config, "groups", config.group_name(name), properties)
    if folded in config._folded["network"]:
        return _with(config, "networks", config.network_name(name), properties)
    if folded == config.name.casefold() and set(properties) <= _OF_THE_CLUSTER:
        return replace(config, **properties)
    if folded in config._folded["node"] and config.kind_of(name) != "resource":
        return _with(config, "nodes", config.node_name(name), properties)
    return _with(config, "resources", config.resource_name(name), properties)


def _with(
    config: ClusterConfig, field: str, name: str, properties: Mapping[str, Any]
) -> ClusterConfig:
    """Return *config* with properties of one of its nodes, networks, groups or resources."""
    items = getattr(config, field)
    changed = tuple(_replaced(config, x, properties) if x.name == name else x for x in items)
    parts: dict[str, Any] = {field: changed}
    return replace(config, **parts)


def _known(config: ClusterConfig, durations: Mapping[str, float]) -> Mapping[str, float]:
    for key in durations:
        if key not in config.durations:
            allowed = listed(sorted(config.durations))
            raise ConfigError(f"there is no duration {key!r}; allowed: {allowed}")
    return durations


_OF_THE_CLUSTER = {RANDOMIZATION, "hang_recovery_action"}
FIXED_PROPERTIES = ("name", "type", "group", "node_id")

ItemT = TypeVar("ItemT", Group, Resource, Network, Node)


_LISTS = ("preferred_owners", "possible_owners", "depends_on", "anti_affinity_class_names")
_SETS = ("defective_on", "missing_types")
_TABLES = ("private", "installed")


def _replaced(config: ClusterConfig, item: ItemT, properties: Mapping[str, Any]) -> ItemT:
    allowed = [f.name for f in fields(item) if f.name not in FIXED_PROPERTIES]
    for key in properties:
        if key not in allowed:
            raise impossible("no such property", item.name, key, ", ".join(allowed))
    return replace(
        item, **{key: _tidied(config, item, key, value) for key, value in properties.items()}
    )


def _tidied(config: ClusterConfig, item: ItemT, key: str, value: Any) -> Any:
    """Return *value* as the model keeps it: lists as tuples, nodes as they are configured."""
    if key in _TABLES and not isinstance(value, Mapping):
        raise wrong(f"{key} of {item.name!r}", value, "values by name")
    prop = PROPERTIES.get(key)
    if prop is not None and prop.values is not None and value in tuple(prop.values):
        return prop.values(value)  # a plain number becomes the one with a name
    is_everybody = value is None and key == "possible_owners"
    if is_everybody or key not in (*_LISTS, *_SETS):
        return value
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise wrong(f"{key} of {item.name!r}", value, "a list of names")
    names = [str(name) for name in value]
    if prop is not None and prop.form == "nodes":
        names = [config._folded["node"].get(name.casefold(), name) for name in names]
    return tuple(names) if key in _LISTS else frozenset(names)
