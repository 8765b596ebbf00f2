"""Assignments `Name=Value` as cluster.exe takes them: the product's names and units to ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from clusterlab.cluster.model import ClusterConfig, Group, Network, Resource
from clusterlab.cluster.properties import (
    INFINITE,
    PRIVATE_PROPERTIES,
    PRIVATE_SECONDS,
    STORED,
    Property,
)
from clusterlab.cluster.wording import shown
from clusterlab.clusterexe.prompt import allowed, names_in, refuse, unquoted

_NUMBER = re.compile(r"0x[0-9a-f]{1,8}|[0-9]{1,10}|-1", re.ASCII | re.IGNORECASE)


def assigned(
    item: Group | Resource | Network | ClusterConfig, words: Iterable[str]
) -> dict[str, Any]:
    """Return the fields of *item* that the assignments of `/prop` set, in our units.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> config = exchange_cluster().config
        >>> assigned(config.groups_by_name["EVS1"], ["FailoverThreshold=4"])
        {'failover_threshold': 4}
        >>> assigned(config.resources[0], ["restartperiod=60000", "RetryPeriodOnFailure=-1"])
        {'restart_period_s': 60.0, 'retry_period_s': None}

    Raises:
        OperationRefused: If a property does not exist or a value is none of its values.
    """
    keys = {prop.name: key for key, prop in STORED.items() if hasattr(item, key)}
    found: dict[str, Any] = {}
    for word in words:
        name, value = _halves(word, keys)
        key = keys[name]
        is_list = isinstance(getattr(item, key), tuple)
        found[key] = names_in(value) if is_list else _ours(STORED[key], value)
    return found


def assigned_private(resource: Resource, words: Iterable[str]) -> dict[str, Any]:
    """Return all private properties of *resource* after the assignments of `/priv`.

    Raises:
        OperationRefused: If it has no such property or a value is none of its values.
    """
    known = {**PRIVATE_PROPERTIES.get(resource.type.name, {}), **resource.private}
    keys = {PRIVATE_SECONDS.get(key, key): key for key in known}
    found = dict(resource.private)
    for word in words:
        name, value = _halves(word, keys)
        key = keys[name]
        found[key] = _private(name, key, known[key], value)
    return found


def _private(name: str, key: str, old: Any, value: str) -> Any:
    if key in PRIVATE_SECONDS:
        return _ours(Property("resource", "seconds", name), value)
    if isinstance(old, tuple | list):
        return names_in(value)
    if isinstance(old, bool):
        return bool(_number(name, value))
    return _number(name, value) if isinstance(old, int) else unquoted(value)


def _halves(word: str, names: Iterable[str]) -> tuple[str, str]:
    """Return the full name of the property and the text behind the equals sign."""
    typed, sign, value = word.partition("=")
    typed = unquoted(typed)
    known = {name.casefold(): name for name in names}
    if typed.casefold() not in known:
        refuse(
            f"There is no property {shown(typed)} that can be set.", allowed(typed, known.values())
        )
    name = known[typed.casefold()]
    if not sign:
        refuse(f"{name} has no value.", f"Type {name}=VALUE without spaces.")
    return name, value


def _ours(prop: Property, text: str) -> Any:
    number = _number(prop.name, text)
    if number == INFINITE and prop.infinite != INFINITE:
        return prop.infinite
    if prop.values is not None:
        meanings: Mapping[int, Any] = {int(value): value for value in prop.values}
        if number not in meanings:
            refuse(f"{prop.name} is {number}.", f"Allowed: {', '.join(map(str, meanings))}.")
        return meanings[number]
    if prop.form == "flag":
        return bool(number)
    return number if prop.per_unit == 1 else number / prop.per_unit


def _number(name: str, text: str) -> int:
    word = unquoted(text)
    if not _NUMBER.fullmatch(word):
        refuse(f"{name} is {shown(word)}.", f"Allowed: whole numbers from 0 to {INFINITE}.")
    number = int(word, 16 if word[:2].casefold() == "0x" else 10)
    if number > INFINITE:
        refuse(f"{name} is {number}.", f"Allowed: whole numbers from 0 to {INFINITE}.")
    return INFINITE if number == -1 else number
