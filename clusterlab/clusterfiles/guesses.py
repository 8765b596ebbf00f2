"""What is assumed of a resource when a listing is missing: its type by its name, its dependencies.

A guess is never silent: whoever imports listings is told what was assumed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from clusterlab.cluster.model import Resource
from clusterlab.cluster.resource_types import GENERIC_SERVICE, PHYSICAL_DISK
from clusterlab.exchange.evs import (
    EXCHANGE_2000,
    EXCHANGE_2003,
    EXCHANGE_TYPES,
    SYSTEM_ATTENDANT,
    TREES,
)

_WORDS: Sequence[tuple[str, str]] = (
    (r"system attendant", SYSTEM_ATTENDANT),
    (r"information store", "Microsoft Exchange Information Store"),
    (r"message transfer agent|\bmta\b", "Microsoft Exchange Message Transfer Agent"),
    (r"routing", "Microsoft Exchange Routing Service"),
    (r"\bsmtp\b", "Microsoft Exchange SMTP Server Instance"),
    (r"\bhttp\b", "Microsoft Exchange HTTP Server Instance"),
    (r"\bimap4\b", "Microsoft Exchange IMAP4 Server Instance"),
    (r"\bpop3\b", "Microsoft Exchange POP3 Server Instance"),
    (r"ms ?search", "Microsoft Exchange MS Search Instance"),
    (r"msdtc|transaction coordinator", "Distributed Transaction Coordinator"),
    (r"majority node set", "Majority Node Set"),
    (r"local quorum", "Local Quorum"),
    (r"message queuing|msmq", "Message Queuing"),
    (r"spool", "Print Spooler"),
    (r"\bdhcp\b", "DHCP Service"),
    (r"\bwins\b", "WINS Service"),
    (r"\bip\b|ip address", "IP Address"),
    (r"\bname\b", "Network Name"),
    (r"\bdis[ck]s?\b|\b[a-z]:", "Physical Disk"),
    (r"\bshare\b", "File Share"),
)


def type_by_name(name: str) -> str:
    """Return the type that a resource of this name usually has.

    Example:
        >>> type_by_name("Exchange Information Store Instance - (EVS1)")
        'Microsoft Exchange Information Store'
        >>> type_by_name("Disk Q:"), type_by_name("Backup agent")
        ('Physical Disk', 'Generic Service')
    """
    folded = name.casefold()
    return next((kind for word, kind in _WORDS if re.search(word, folded)), GENERIC_SERVICE.name)


def usual_needs(resource: Resource, members: Iterable[Resource]) -> tuple[str, ...]:
    """Return what a resource of this type usually depends on, out of its group.

    Source: handbook 1, 3; handbook 2, 2.1 (the tree of Exchange Server 2003).
    """
    wanted = list(resource.type.needs_types)
    if resource.type.short in TREES[EXCHANGE_2003] and resource.type.name in _EXCHANGE_NAMES:
        wanted = [SYSTEM_ATTENDANT]
    return tuple(
        other.name for other in members if other.type.name in wanted and other is not resource
    )


_EXCHANGE_NAMES = frozenset(item.name for item in EXCHANGE_TYPES[EXCHANGE_2000].values())


def exchange_version(kinds: Mapping[str, str], needs: Mapping[str, Sequence[str]]) -> int:
    """Return 2000 if a protocol depends on the store, as in Exchange 2000, else 2003.

    Args:
        kinds: Type name by resource, for one group.
        needs: Dependencies by resource.

    Source: handbook 2, 2.1 and 2.2.
    """
    store = EXCHANGE_TYPES[EXCHANGE_2000]["IS"].name
    for name, kind in kinds.items():
        is_protocol = kind in _EXCHANGE_NAMES and kind not in (store, SYSTEM_ATTENDANT)
        if is_protocol and any(kinds.get(needed) == store for needed in needs.get(name, ())):
            return EXCHANGE_2000
    return EXCHANGE_2003


def likely_quorum(resources: Sequence[Resource]) -> str | None:
    """Return which resource is probably the quorum: by type, else a disk of the Cluster Group."""
    for resource in resources:
        if resource.type.quorum_model is not None and resource.type is not PHYSICAL_DISK:
            return resource.name
    disks = [r for r in resources if r.type is PHYSICAL_DISK and not r.depends_on]
    core = {r.group for r in resources if r.name.casefold() == "cluster name"}
    core = core or {r.group for r in resources if r.group.casefold() == "cluster group"}
    best = [r.name for r in disks if r.group in core]
    named = [n for n in best if re.search(r"quorum|\bq:", n.casefold())]
    return next(iter(named or best), None)
