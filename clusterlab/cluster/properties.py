"""The properties of the product, each once: for checks, files, listings, prompt, property pages.

They stand in `properties.csv`: name as printed, letters of its type, range, default, the first
Windows that has it, when it acts, and for what is simulated our own name and unit (handbook 8, 2).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from enum import IntEnum
from pathlib import Path
from typing import Any, NamedTuple

from clusterlab.cluster.states import HangAction, NetworkRole, RestartAction, Windows

MAX_DWORD = 0xFFFFFFFF
"""Greatest value of the product's counts, and of its periods in milliseconds (handbook 1, 2.2)."""
MAX_S = MAX_DWORD / 1000
"""The longest period that the product can store, in seconds."""
INFINITE = MAX_DWORD
"""How the product stores "never" and "not set" (handbook 1, 2)."""
NO_WINDOW = -1
"""`FailbackWindowStart` and `FailbackWindowEnd` when no window is set (handbook 1, 2.1)."""


class Property(NamedTuple):
    """One property.

    Attributes:
        of: What has it: "group", "resource", "network", "netinterface", "node", "resourcetype" or
            "cluster"; with " private" behind it, or a resource type, for private properties.
        form: "whole" (a number), "seconds", "choice" (a number with a name), "nodes",
            "texts" or "flag"; "" for what is not simulated.
        name: The product's; "" if it has none.
        unit: What a message says behind the range.
        none: The word for None in files; "" if None is no value.
        key: Ours; "" for what is not simulated, and for private properties called alike.
        flag: As listings print it: S string, D DWORD, M strings, B binary; R behind it: read-only.
        default: As it is stored; None if that depends on the thing.
        since: Year of the first Windows that has it.
        acts: "online": stored, but acts only at the next online (5024); "offline": can be set only
            while the resource is offline (5023); "": at once.
    """

    of: str
    form: str
    name: str = ""
    low: float = 0
    high: float = MAX_DWORD
    unit: str = ""
    none: str = ""
    key: str = ""
    flag: str = "D"
    default: Any = None
    since: int = 0
    acts: str = ""

    @property
    def per_unit(self) -> int:
        """How many of the product's units make one of ours."""
        return 1000 if self.form == "seconds" else 1

    @property
    def infinite(self) -> int | None:
        """What `INFINITE` is here; a number like any other unless it has another meaning."""
        return None if self.none else NO_WINDOW if self.low == NO_WINDOW else INFINITE

    @property
    def values(self) -> type[IntEnum] | None:
        """What its numbers mean, where they are names."""
        return _MEANINGS.get(self.key)

    @property
    def is_read_only(self) -> bool:
        """Whether `/prop` and `/priv` cannot set it."""
        return self.flag.endswith("R")


_MEANINGS: Mapping[str, type[IntEnum]] = {
    "restart_action": RestartAction,
    "role": NetworkRole,
    "hang_recovery_action": HangAction,
}


def _read() -> Iterator[Property]:
    text = Path(__file__).with_name("properties.csv").read_text("utf-8")
    row: dict[str, Any]
    for row in csv.DictReader(text.splitlines()):
        since, default = int(row.pop("since") or 0), _default(row["flag"], row.pop("default"))
        low, high = int(row.pop("low") or "0", 0), int(row.pop("high") or "0xffffffff", 0)
        per_unit = 1000 if row["form"] == "seconds" else 1
        row |= {"low": low / per_unit, "high": high / per_unit}
        yield Property(**row, since=since, default=default)


def _default(flag: str, text: str) -> Any:
    if text in ("", "-"):
        return "" if text else None
    return int(text, 0) if flag.startswith("D") else text


TABLE = tuple(_read())
"""Every property, in the order of the product's listings: read-only first (handbook 8, 1.4)."""
PROPERTIES: Mapping[str, Property] = {
    row.key: row
    for row in TABLE
    if row.key and row.of in ("group", "resource", "network", "cluster")
}
"""Those that are simulated, by our name (handbook 1, 2.1, 2.2, 2.4 and 2.5)."""

STORED: Mapping[str, Property] = {key: prop for key, prop in PROPERTIES.items() if prop.name}
"""Those that the product stores by a name of its own."""
RANDOMIZATION = "disable_group_preferred_owner_randomization"
"""Whether no group without preferred owners goes to a random node (handbook 1, 2.4)."""


def properties_of(kind: str) -> dict[str, Property]:
    """Return the simulated properties of a kind of thing by our name."""
    return {key: prop for key, prop in PROPERTIES.items() if prop.of == kind}


def listed_of(kind: str, windows: Windows = Windows.WS2003) -> tuple[Property, ...]:
    """Return the properties that *windows* lists of a kind of thing, or of a resource type.

    Example:
        >>> [row.name for row in listed_of("IP Address", Windows.NT4)]
        ['Address', 'SubnetMask', 'Network', 'EnableNetBIOS']
    """
    kinds = (kind, "(Exchange)") if kind.startswith("Microsoft Exchange ") else (kind,)
    rows = (row for row in TABLE if row.of in kinds and row.name)
    return tuple(row for row in rows if row.since <= windows.year)


def later_years(kind: str) -> Mapping[str, int]:
    """Return the properties that only a later Windows has, folded, with its year."""
    return {
        row.name.casefold(): row.since
        for row in TABLE
        if row.of == kind and row.since > Windows.WS2003.year
    }


# --- private properties -----------------------------------------------------------------------

PRIVATE_SECONDS: Mapping[str, str] = {"is_alive_timeout_s": "IsAliveTimeout"}
"""Private properties that we keep in seconds and the product in milliseconds (2, 1.4)."""
PRIVATE_NAMES: Mapping[str, str] = {**PRIVATE_SECONDS, "network": "Network"}
"""Names of the product where ours differ."""

MANAGED = {row.key: row.unit for row in TABLE if row.key and not row.name and row.of[0].isupper()}
"""What the lab keeps with a resource, and the product where System Manager sets it; in words."""
WITNESS = "MNSFileShare"
"""Share that votes as a third node in a majority node set of two (KB 921181; 1, 6)."""


def _privates() -> Mapping[str, Mapping[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in TABLE:
        is_typed = row.of[0].isupper() and row.flag in ("S", "D")
        if is_typed and row.since <= Windows.WS2003.year:
            value = ("" if row.flag == "S" else 0) if row.default is None else row.default
            found.setdefault(row.of, {})[row.key or row.name] = value
    return found


PRIVATE_PROPERTIES = _privates()
"""Private properties that can be set, by type, with their defaults (handbook 8, 2.3)."""


def printed_private(private: Mapping[str, Any]) -> dict[str, Any]:
    """Return private properties by the product's names, in its units, without the lab's own.

    Example:
        >>> printed_private({"is_alive_timeout_s": 45.0, "storage_groups": 4, "Name": "EVS1"})
        {'IsAliveTimeout': 45000, 'Name': 'EVS1'}
    """
    return {
        PRIVATE_NAMES.get(key, key): round(value * 1000) if key in PRIVATE_SECONDS else value
        for key, value in private.items()
        if not is_own(key)
    }


def is_own(key: str) -> bool:
    """Return whether a private property is the lab's own, which no listing and no line has."""
    return key[:1].islower() and key not in PRIVATE_NAMES


def private_words(private: Mapping[str, Any]) -> list[str]:
    """Return private properties in words, each by the product's name; then the lab's own.

    Example:
        >>> private_words({"is_alive_timeout_s": 45.0, "storage_groups": 4})
        ['IsAliveTimeout 45000', 'storage groups 4']
    """
    printed = printed_private(private)
    own = {key: value for key, value in private.items() if is_own(key)}
    own = {MANAGED.get(key, key.replace("_", " ")): value for key, value in own.items()}
    return [f"{name} {value}" for name, value in (printed | own).items()]


AT_NEXT_ONLINE = tuple(row.key or row.name for row in TABLE if row.acts == "online")
"""Private properties that are stored at once and act at the next online: 5024 (handbook 8, 1.5)."""
ONLY_OFFLINE = tuple(row.name for row in TABLE if row.acts == "offline")
"""Private properties that change only while the resource is offline (handbook 3, 4.2)."""


def private_defaults(type_name: str) -> Mapping[str, Any]:
    """Return the private properties that a resource of this type may have, with their defaults.

    IsAliveTimeout can be set on every Exchange resource, and is not there before (KB 836566).
    """
    is_exchange = type_name.startswith("Microsoft Exchange ")
    seconds = dict.fromkeys(PRIVATE_SECONDS, 180.0) if is_exchange else {}
    return {**PRIVATE_PROPERTIES.get(type_name, {}), **seconds}
