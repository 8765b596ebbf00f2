"""Which type a resource has, by the strongest evidence (handbook 8, 4), and what is guessed.

A proof always wins over a guess, a guess is never silent, and what nothing tells stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from clusterlab.cluster.model import Resource
from clusterlab.cluster.resource_types import PHYSICAL_DISK
from clusterlab.exchange import evs as ex
from clusterlab.tomlfiles.tables import own_lists, text

UNKNOWN = "Unknown type"
"""Type of a resource of which nothing tells the type; never Generic Service (handbook 8, E8)."""

_WORDS = own_lists(Path(__file__).with_name("types.toml"), {"words": text, "type": text})
"""What tells a type: names of private properties ("proofs"), words in a name ("guesses")."""


def type_by_name(name: str) -> str:
    """Return the type that a resource of this name usually has.

    Example:
        >>> type_by_name("Exchange Information Store Instance - (EVS1)")
        'Microsoft Exchange Information Store'
        >>> type_by_name("SMTP Queue Disk"), type_by_name("Backup agent")
        ('Physical Disk', 'Unknown type')
    """
    folded = name.casefold()
    found = (row["type"] for row in _WORDS["guesses"] if re.search(row["words"], folded))
    return next(found, UNKNOWN)


def type_by_private(names: Iterable[str]) -> str:
    """Return the type that alone has private properties of these names; "" if none tells.

    Example:
        >>> type_by_private(["Address", "SubnetMask"]), type_by_private(["Path"])
        ('IP Address', '')
    """
    there = {name.casefold() for name in names}
    found = (row["type"] for row in _WORDS["proofs"] if there.issuperset(row["words"].split()))
    return next(found, "")


def type_by_quorum(row: str) -> str:
    """Return what a resource that `cluster /quorum` names can be; *row* is what it prints.

    A path without a drive letter is that of a majority node set (handbook 8, E3).
    """
    _, _, path = row.partition("  ")
    is_set = "\\" in path and not re.search(r"\b[A-Za-z]:", row)
    return "Majority Node Set" if is_set or re.search(r"\bmns\b|majority", row, re.I) else (
        "Local Quorum" if re.search("local quorum", row, re.I) else PHYSICAL_DISK.name)  # fmt: skip


def types_by_needs(
    needs: Mapping[str, Sequence[str]], known: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield resources and types that dependencies tell, from types that are proven (E4).

    Example:
        >>> needs = {"SA": ("Name", "Store"), "Name": ("Addr",), "Store": (), "Addr": ()}
        >>> dict(types_by_needs(needs, {"SA": ex.SYSTEM_ATTENDANT}))
        {'Name': 'Network Name', 'Store': 'Physical Disk', 'Addr': 'IP Address'}
    """
    names = {name for name, kind in known.items() if kind == "Network Name"}
    for name, kind in known.items():
        for needed in needs.get(name, ()) if kind == ex.SYSTEM_ATTENDANT else ():
            if needed not in known and needed in needs:
                yield needed, "Network Name" if needs[needed] else PHYSICAL_DISK.name
                names |= {needed} if needs[needed] else set()
    for name in sorted(names):
        yield from ((one, "IP Address") for one in needs.get(name, ()) if one not in known)


def usual_needs(resource: Resource, members: Iterable[Resource]) -> tuple[str, ...]:
    """Return what a resource of this type usually depends on, out of its group.

    Source: handbook 1, 3; handbook 2, 2.1 (the tree of Exchange Server 2003).
    """
    wanted = list(resource.type.needs_types)
    if resource.type.short in ex.TREES[ex.EXCHANGE_2003] and resource.type.name in _EXCHANGE_NAMES:
        wanted = [ex.SYSTEM_ATTENDANT]
    return tuple(
        other.name for other in members if other.type.name in wanted and other is not resource
    )


_EXCHANGE_NAMES = frozenset(item.name for item in ex.EXCHANGE_TYPES[ex.EXCHANGE_2000].values())


def exchange_version(kinds: Mapping[str, str], needs: Mapping[str, Sequence[str]]) -> int:
    """Return 2000 if a protocol depends on the store, as in Exchange 2000, else 2003.

    Source: handbook 2, 2.1 and 2.2.
    """
    store = ex.EXCHANGE_TYPES[ex.EXCHANGE_2000]["IS"].name
    for name, kind in kinds.items():
        is_protocol = kind in _EXCHANGE_NAMES and kind not in (store, ex.SYSTEM_ATTENDANT)
        if is_protocol and any(kinds.get(needed) == store for needed in needs.get(name, ())):
            return ex.EXCHANGE_2000
    return ex.EXCHANGE_2003


def likely_quorum(resources: Sequence[Resource]) -> str | None:
    """Return which resource is probably the quorum: by type, else a disk of the Cluster Group.

    That group holds the cluster's name and address whatever it is called (handbook 8, E5).
    """
    for resource in resources:
        if resource.type.quorum_model is not None and resource.type is not PHYSICAL_DISK:
            return resource.name
    disks = [r for r in resources if r.type is PHYSICAL_DISK and not r.depends_on]
    core = {r.group for r in resources if r.name.casefold() == "cluster name"}
    core = core or {r.group for r in resources if r.group.casefold() == "cluster group"}
    best = [r for r in disks if r.group in core]
    named = [r.name for r in best or disks if re.search(r"quorum|\bq:", r.name.casefold())]
    return next(iter(named or [r.name for r in best or disks]), None)
