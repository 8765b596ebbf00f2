"""Readers of values that only cluster files have: periods, times of day, private properties.

`GROUP_VALUES` and `RESOURCE_VALUES` are the properties of handbook 1, 2.1 and 2.2; the
same tables say what is written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from math import isfinite
from typing import Any

from clusterlab.cluster.properties import MAX_S, Property, properties_of
from clusterlab.tomlfiles.tables import Reader, Wrong, one_of, texts, value_text, whole


def seconds(low: float, high: float = MAX_S, none: str = "") -> Reader:
    """Return a reader of seconds; the word *none*, if there is one, stands for None."""
    word = f', or "{none}"' if none else ""

    def read(value: Any) -> float | None:
        if none and isinstance(value, str) and value.casefold() == none:
            return None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not isfinite(value) or not low <= value <= high:
            upper = f"to {high:.10g}" if isfinite(high) else "or more"
            raise Wrong(value, f"allowed: seconds, {low:g} {upper}, without quotes{word}")
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
    raise Wrong(value, 'allowed: a time of day, "0:00" to "23:59:59"')


def private(value: Any) -> Mapping[str, Any]:
    """Return private properties: numbers, texts, true or false, and lists of them."""
    if not isinstance(value, dict):
        raise Wrong(value, "allowed: a table, such as { storage_groups = 4 }")
    for key, item in value.items():
        items = item if isinstance(item, list) else [item]
        for one in items:
            if not isinstance(one, str | int | float):
                allowed = "allowed: a number, a text, true or false, or a list of them"
                raise Wrong(f"{key} = {value_text(one)}", allowed)
    return {key: tuple(item) if isinstance(item, list) else item for key, item in value.items()}


def _reader(prop: Property) -> Reader:
    """Return what reads a property of the model."""
    if prop.values is not None:
        return one_of({value.name.lower(): value for value in prop.values})
    if prop.form == "whole":
        return whole(int(prop.low), int(prop.high), f" {prop.unit}")
    return seconds(prop.low, none=prop.none) if prop.form == "seconds" else texts


def _values_of(kind: str) -> dict[str, Reader]:
    items = properties_of(kind).items()
    return {key: _reader(prop) for key, prop in items if prop.form != "nodes"}


GROUP_VALUES: Mapping[str, Reader] = _values_of("group")
"""Properties of a group beside its lists of nodes, by the names of the model (handbook 1, 2.1)."""

RESOURCE_VALUES: Mapping[str, Reader] = {**_values_of("resource"), "private": private}
"""Properties of a resource beside its lists, by the names of the model (handbook 1, 2.2)."""
