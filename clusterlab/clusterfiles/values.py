"""How one value of a cluster file is read, and what is said when it is wrong.

Each reader takes what tomllib gives and returns what the model wants, or raises `Wrong` with what
is allowed. `GROUP_VALUES` and `RESOURCE_VALUES` are the properties of handbook 1, 2.1 and 2.2; the
same tables say what is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import time
from math import isfinite
from typing import Any

from clusterlab.cluster.checks import MAX_DWORD
from clusterlab.cluster.states import RestartAction
from clusterlab.cluster.wording import instead_of, shown

MAX_S = MAX_DWORD / 1000
"""The longest period that the product can store, in seconds (handbook 1, 2.2)."""


class Wrong(ValueError):
    """A value is not allowed; the text says what is, and `place` which item of a list it is."""

    def __init__(self, value: object, allowed: str, place: int | None = None) -> None:
        """Keep the value as it is shown, what is allowed, and the place in a list."""
        self.value, self.allowed, self.place = value_text(value), allowed, place
        super().__init__(f"{self.value}; {allowed}")


Reader = Callable[[Any], Any]


def value_text(value: object) -> str:
    """Return a value of a file for a message: short, and never an error itself."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list | tuple):
        return "a table" if isinstance(value, dict) else f"a list of {len(value)}"
    if isinstance(value, int) and abs(value) > 10**20:
        return "a number of more than 20 digits"
    return str(value)


def text(value: Any) -> str:
    """Return a string that is not blank."""
    if not isinstance(value, str) or not value.strip():
        raise Wrong(value, 'allowed: text in quotes, such as "NODE1"')
    return value


def texts(value: Any) -> tuple[str, ...]:
    """Return a list of strings."""
    if not isinstance(value, list):
        raise Wrong(value, 'allowed: a list of texts, such as ["NODE1", "NODE2"]')
    for place, item in enumerate(value):
        if not isinstance(item, str) or not item.strip():
            raise Wrong(item, 'allowed: text in quotes, such as "NODE1"', place)
    return tuple(value)


def flag(value: Any) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise Wrong(value, "allowed: true or false, without quotes")
    return value


def whole(low: int, high: int, meaning: str = "") -> Reader:
    """Return a reader of whole numbers; *meaning* says what some of them mean."""

    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise Wrong(value, f"allowed: a whole number {low} to {high}{meaning}")
        return value

    return read


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


def one_of(words: Mapping[str, Any]) -> Reader:
    """Return a reader of words, whatever their case; whole numbers stand for themselves."""
    folded = {word.casefold(): meaning for word, meaning in words.items()}

    def read(value: Any) -> Any:
        word = str(value).casefold() if isinstance(value, str) else ""
        if word in folded:
            return folded[word]
        for meaning in folded.values():
            if isinstance(meaning, int) and type(value) is int and meaning == value:
                return meaning
        raise Wrong(value, instead_of(value if isinstance(value, str) else "", words))

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


def name_in(names: Iterable[str]) -> Reader:
    """Return a reader of one of *names*, whatever the case."""
    known = list(names)
    folded = {name.casefold(): name for name in known}

    def read(value: Any) -> str:
        word = text(value)
        if word.casefold() not in folded:
            raise Wrong(word, instead_of(word, known))
        return folded[word.casefold()]

    return read


def names_in(names: Iterable[str]) -> Reader:
    """Return a reader of a list of different names out of *names*, whatever the case."""
    one = name_in(names)

    def read(value: Any) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for place, word in enumerate(texts(value)):
            try:
                name = one(word)
            except Wrong as wrong:
                raise Wrong(word, wrong.allowed, place) from None
            if name in found:
                raise Wrong(word, "it stands there twice; name each once", place)
            found[name] = None
        return tuple(found)

    return read


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


RESTART_ACTIONS: Mapping[str, RestartAction] = {
    "dont_restart": RestartAction.DONT_RESTART,
    "restart": RestartAction.RESTART,
    "restart_and_affect_group": RestartAction.RESTART_AND_AFFECT_GROUP,
}

_HOUR = whole(-1, 23, " (an hour; -1: none)")

GROUP_VALUES: Mapping[str, Reader] = {
    "failover_threshold": whole(0, MAX_DWORD, " (failovers)"),
    "failover_period_h": whole(0, 1193, " (hours)"),
    "auto_failback_type": whole(0, 1, " (0 prevents failback, 1 allows it)"),
    "failback_window_start": _HOUR,
    "failback_window_end": _HOUR,
    "anti_affinity_class_names": texts,
}
"""Properties of a group beside its lists of nodes, by the names of the model (handbook 1, 2.1)."""

RESOURCE_VALUES: Mapping[str, Reader] = {
    "restart_action": one_of(RESTART_ACTIONS),
    "restart_threshold": whole(0, MAX_DWORD, " (restarts)"),
    "restart_period_s": seconds(0),
    "retry_period_s": seconds(0, none="never"),
    "pending_timeout_s": seconds(0.01),
    "looks_alive_poll_s": seconds(0.01, none="type"),
    "is_alive_poll_s": seconds(0.01, none="type"),
    "private": private,
}
"""Properties of a resource beside its lists, by the names of the model (handbook 1, 2.2)."""
