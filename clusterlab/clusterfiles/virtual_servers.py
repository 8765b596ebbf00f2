"""The short form of an EVS: one table of a file for a group and all its resources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from clusterlab.cluster.model import Resource
from clusterlab.exchange.evs import (
    EXCHANGE_TYPES,
    INFORMATION_STORE,
    SYSTEM_ATTENDANT,
    evs_resources,
)
from clusterlab.exchange.versions import LAST_WINDOWS, VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualServer:
    """What the short form says about the resources of an EVS.

    Attributes:
        storage_groups: 1 to 4.
        databases: In each storage group, 1 to 5.
        has_mta: Whether it is the first EVS of the cluster.
        protocols: "IMAP4" and "POP3" where they were added.
        mailboxes: How many; None if nobody said.
        possible_owners: Of every resource; None means every node.
        exchange: The exact version such as "2003 SP1"; None if nobody named one.
        last_windows: The Windows on which it was last Online; None if nobody named one.
    """

    name: str
    disks: tuple[str, ...]
    version: int
    storage_groups: int
    databases: int
    has_mta: bool
    protocols: tuple[str, ...]
    mailboxes: int | None
    possible_owners: tuple[str, ...] | None
    exchange: str | None = None
    last_windows: str | None = None

    def resources(self) -> tuple[Resource, ...]:
        """Return the resources that the short form stands for."""
        made = evs_resources(
            self.name,
            self.disks,
            version=self.version,
            storage_groups=self.storage_groups,
            databases=self.databases,
            has_mta=self.has_mta,
            protocols=self.protocols,
        )
        return tuple(self._completed(resource) for resource in made)

    def _completed(self, resource: Resource) -> Resource:
        private = resource.private
        if self.mailboxes is not None and resource.type.name == INFORMATION_STORE:
            private = {**private, "mailboxes": self.mailboxes}
        if resource.type.name == SYSTEM_ATTENDANT:
            named = {VERSION: self.exchange, LAST_WINDOWS: self.last_windows}
            private = {**private, **{key: text for key, text in named.items() if text is not None}}
        return replace(resource, private=private, possible_owners=self.possible_owners)


def short_form(group: str, members: Sequence[Resource]) -> VirtualServer | None:
    """Return the short form that stands for exactly *members* of *group*; None without one.

    Example:
        >>> short_form("EVS1", evs_resources("EVS1", ["Disk R:"], storage_groups=2)).disks
        ('Disk R:',)
    """
    types = {resource.type.name: resource for resource in members}
    if not {SYSTEM_ATTENDANT, INFORMATION_STORE} <= set(types):
        return None
    private, versions = types[INFORMATION_STORE].private, types[SYSTEM_ATTENDANT].private
    shorts = [resource.type.short for resource in members]
    for version in EXCHANGE_TYPES:
        short = VirtualServer(
            name=group,
            disks=tuple(r.name for r in members if r.type.short == "Disk"),
            version=version,
            storage_groups=private.get("storage_groups", 0),
            databases=private.get("databases", 0),
            has_mta="MTA" in shorts,
            protocols=_protocols(shorts, version),
            mailboxes=private.get("mailboxes"),
            possible_owners=members[0].possible_owners,
            exchange=versions.get(VERSION),
            last_windows=versions.get(LAST_WINDOWS),
        )
        if short.resources() == tuple(members):
            return short
    return None


def _protocols(shorts: Sequence[str], version: int) -> tuple[str, ...]:
    """Return which protocols were added; Exchange 2000 has them always (handbook 2, 1.2)."""
    return tuple(word for word in ("IMAP4", "POP3") if word in shorts) if version > 2000 else ()
