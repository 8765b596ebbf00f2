"""Assignments `Name=Value` as cluster.exe takes them: the product's names and units to ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from clusterlab.cluster.errors import shown
from clusterlab.cluster.model import ClusterConfig, Group, Network, Resource
from clusterlab.cluster.properties import (
    INFINITE,
    PRIVATE_NAMES,
    PRIVATE_SECONDS,
    STORED,
    Property,
    private_defaults,
)
from clusterlab.clusterexe.prompt import allowed, names_in, refuse, unquoted, words_of

DEFAULT = "usedefault"
"""The word, as a value or an option, that puts a default back (handbook 8, 1.4)."""
FORMATS: Mapping[str, tuple[str, ...]] = {
    "number": ("dword", "ularge"),
    "text": ("string", "str", "expandstr"),
    "texts": ("multistr", "multistring"),
}
"""Formats that may follow a value, by what the property holds."""
_FORMAT = re.compile(
    r"(?P<value>.*):(?P<format>dword|ularge|string|str|expandstr|multistr|multistring|binary|security)",
    re.IGNORECASE,
)
_BLANKS = re.compile(r"(\"[^\"]*\")|\s*([=,])\s*")
_NUMBER = re.compile(r"0x[0-9a-f]{1,8}|[0-9]{1,10}|-1", re.ASCII | re.IGNORECASE)


def assigned(
    item: Group | Resource | Network | ClusterConfig, words: Iterable[str]
) -> dict[str, Any]:
    """Return the fields of *item* that the assignments of `/prop` set, in our units.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> config = exchange_cluster().config
        >>> assigned(config.groups_by_name["EVS1"], ["FailoverThreshold=4:DWORD"])
        {'failover_threshold': 4}
        >>> assigned(config.resources[0], ["restartperiod=60000", "RetryPeriodOnFailure=-1"])
        {'restart_period_s': 60.0, 'retry_period_s': None}

    Raises:
        OperationRefused: If a property does not exist or a value is none of its values.
    """
    keys = {prop.name: key for key, prop in STORED.items() if hasattr(item, key)}
    defaults = {one.name: one.default for one in fields(item)}
    found: dict[str, Any] = {}
    for name, value in _halves(words, keys):
        key = keys[name]
        form = "texts" if isinstance(getattr(item, key), tuple) else "number"
        if value.casefold() == DEFAULT:
            found[key] = defaults[key]
        else:
            text = _unformatted(name, value, form)
            found[key] = names_in(text) if form == "texts" else _ours(STORED[key], text)
    return found


def assigned_private(resource: Resource, words: Iterable[str]) -> dict[str, Any]:
    """Return all private properties of *resource* after the assignments of `/priv`.

    Raises:
        OperationRefused: If it has no such property or a value is none of its values.
    """
    known = {**private_defaults(resource.type.name), **resource.private}
    keys = {PRIVATE_NAMES.get(key, key): key for key in known}
    found = dict(resource.private)
    for name, value in _halves(words, keys):
        key = keys[name]
        if value.casefold() == DEFAULT:  # a private property is deleted (handbook 8, 1.4)
            found.pop(key, None)
        else:
            found[key] = _private(name, key, known[key], value)
    return found


def _private(name: str, key: str, old: Any, value: str) -> Any:
    form = "texts" if isinstance(old, tuple | list) else "text" if isinstance(old, str) else ""
    text = _unformatted(name, value, form or "number")
    if key in PRIVATE_SECONDS:
        return _ours(Property("resource", "seconds", name), text)
    if form:
        return names_in(text) if form == "texts" else unquoted(text)
    return bool(_number(name, text)) if isinstance(old, bool) else _number(name, text)


def _unformatted(name: str, value: str, form: str) -> str:
    """Return a value without its format, which is read and never stored (handbook 8, 1.4)."""
    match = _FORMAT.fullmatch(value)
    if match is None:
        return value
    if match["format"].casefold() not in FORMATS[form]:
        refuse(
            f"The data type does not match: {name} is no {match['format']}.",
            f"Allowed: {', '.join(f':{word}' for word in FORMATS[form])}, or no format.",
        )
    return match["value"]


def _halves(words: Iterable[str], names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the full name of each property and the text behind its equals sign."""
    known = {name.casefold(): name for name in names}
    text = _BLANKS.sub(lambda match: match[1] or match[2], " ".join(words))
    for word in words_of(text):
        typed, sign, value = word.partition("=")
        typed = unquoted(typed)
        if typed.casefold() not in known:
            refuse(
                f"There is no property {shown(typed)} that can be set.",
                allowed(typed, known.values()),
            )
        name = known[typed.casefold()]
        if not sign:
            refuse(f"{name} has no value.", f"Type {name}=VALUE.")
        yield name, value


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
