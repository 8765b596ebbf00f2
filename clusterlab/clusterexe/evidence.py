"""What the listings of a folder say: rows, and properties by thing; what was seen, what was not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from clusterlab.cluster.errors import instead_of, shown
from clusterlab.cluster.properties import INFINITE, STORED, TABLE
from clusterlab.clusterexe.listings import Listing
from clusterlab.clusterexe.rows import (
    Names,
    PropertyRow,
    group_rows,
    kind_of,
    named,
    names_of,
    node_rows,
    number,
    property_rows,
    resource_rows,
)
from clusterlab.tomlfiles.problems import Problems
from clusterlab.tomlfiles.tables import Wrong

_COMMON = frozenset(row.name.casefold() for row in TABLE if row.of == "resource")
"""Common properties of resources (handbook 8, 2.1)."""
MAX_NAMES = 6
"""Names in one assumption; the others are counted."""

OF_ONE = ("preferred", "possible", "dependencies")
"""Listings of owners and dependencies, each of one thing."""
_OF_OURS: Mapping[str, str] = {prop.name.casefold(): key for key, prop in STORED.items()}
_OTHERS = ("Cluster ", "Network ", "Node ", "Group ")


class ListingEvidence:
    """The listings of one folder, and what is assumed where they say nothing.

    Attributes:
        assumptions: One sentence for each thing that no listing said.
        properties: Rows by kind ("group", "private", ...) and folded name.
        version: What `cluster /version` says, by folded label.
    """

    def __init__(self, listings: Sequence[Listing], problems: Problems) -> None:
        """Read the rows of all listings; what was said first counts."""
        self.listings, self.problems = listings, problems
        self.assumptions: list[str] = []
        self.properties: dict[tuple[str, str], tuple[Listing, list[PropertyRow]]] = {}
        for listing in listings:
            if listing.kind in ("properties", "private", "interfaces"):
                self._add_properties(listing)
        lines = [row.text.partition(":") for one in self.of("version") for row in one.rows]
        self.version = {label.strip().casefold(): value.strip() for label, _, value in lines}
        self.nodes = node_rows(self.of("nodes"), problems)
        names = names_of(row.name for row in self.nodes)
        self.groups = group_rows(self.of("groups"), names, problems)
        groups = names_of(row.name for row in self.groups)
        listed = [*self.of("resources"), *self.of("typed")]
        self.resources = resource_rows(listed, names, groups, self.titles(), problems)

    def _add_properties(self, listing: Listing) -> None:
        """Add the rows of a listing, but not properties that another one gave before."""
        kind = kind_of(listing)
        if listing.name:
            self.properties.setdefault((kind, listing.name.casefold()), (listing, []))
        given: dict[tuple[str, str], set[str]] = {}
        for row in property_rows(listing, self.problems):
            is_private = kind == "resource" and not listing.name and _is_private(row)
            thing = ("private" if is_private else kind, row.of.casefold())
            _, rows = self.properties.setdefault(thing, (listing._replace(name=row.of), []))
            if row.name not in given.setdefault(thing, {row.name for row in rows}):
                rows.append(row)

    def of(self, kind: str) -> list[Listing]:
        """Return the listings of one kind."""
        return [listing for listing in self.listings if listing.kind == kind]

    def assume(self, text: str, names: Iterable[str] = ()) -> None:
        """Note what is assumed, and of what."""
        found = list(names)
        more = f" and {len(found) - MAX_NAMES} more" if len(found) > MAX_NAMES else ""
        of = f": {', '.join(found[:MAX_NAMES])}{more}" if found else ""
        self.assumptions.append(f"{text}{of}.")

    def seen(self) -> Mapping[str, frozenset[str]]:
        """Return the folded names of the things that a listing was seen of, by kind of listing."""
        found: dict[str, set[str]] = {}
        for kind, name in self.properties:
            if self.has(kind, name):
                found.setdefault(kind, set()).add(name)
        for listing in self.listings:
            if listing.name and listing.kind in OF_ONE:
                found.setdefault(listing.kind, set()).add(listing.name.casefold())
        known = names_of(row.name for row in self.resources)
        rows = [row for one in self.of("quorum") for row in one.rows]
        quorum = {full.casefold() for row in rows if (full := named(row, known))}
        names = {
            "nodes": {row.name.casefold() for row in self.nodes},
            "groups": {row.name.casefold() for row in self.groups},
            "resources": {row.name.casefold() for row in self.resources},
        }
        all_kinds = {**found, **names, "quorum": quorum}
        return {kind: frozenset(things) for kind, things in all_kinds.items() if things}

    def titles(self) -> Names:
        """Return the names of resources that stand in titles."""
        kinds = ("private", "possible", "dependencies")
        names = [one.name for one in self.listings if one.kind in kinds
                 and not one.header.lstrip("T ").startswith(_OTHERS)]  # fmt: skip
        things = self.properties.items()
        return names_of([*names, *(of.name for (kind, _), (of, _) in things if kind == "resource")])

    def values(self, kind: str, name: str) -> dict[str, str]:
        """Return the properties of a thing by name; of a multi-string the first."""
        _, rows = self.properties.get((kind, name.casefold()), (None, []))
        values: dict[str, str] = {}
        for row in rows:
            values.setdefault(row.name.casefold(), row.value)
        return values

    def has(self, kind: str, name: str) -> bool:
        """Return whether a property listing of a thing is there, and more than its type."""
        _, rows = self.properties.get((kind, name.casefold()), (None, None))
        return rows is not None and {row.name for row in rows} != {"Type"}

    def common(self, kind: str, name: str, readers: Mapping[str, Any]) -> dict[str, Any]:
        """Return the common properties of a group or resource as the model has them."""
        listing, rows = self.properties.get((kind, name.casefold()), (None, []))
        values: dict[str, Any] = {}
        for row in rows:
            key = _OF_OURS.get(row.name.casefold(), "")
            if listing is None or key not in readers:
                continue
            if key == "anti_affinity_class_names":
                values[key] = (*values.get(key, ()), *([row.value] if row.value else []))
                continue
            stored = number(row.value)
            try:
                values[key] = readers[key](_of_stored(key, stored))
            except Wrong as wrong:
                text = f"{row.name} of {kind} {shown(name)} is {shown(row.value)}; {wrong.allowed}"
                self.problems.add(row.line, text, listing.file)
        return values

    def listed(self, kind: str, names: Names, what: str) -> dict[str, tuple[str, ...]]:
        """Return for each thing the names that a listing of *kind* gives, by folded name."""
        table: dict[str, tuple[str, ...]] = {}
        for listing in self.of(kind):
            found: dict[str, None] = {}
            for row in listing.rows:
                name = named(row, names)
                if name is None:
                    word = row.text.strip()
                    allowed = instead_of(word, names.values())
                    self.problems.add(
                        row.line, f"{shown(word)} is no {what}; {allowed}", listing.file
                    )
                else:
                    found[name] = None
            table.setdefault(listing.name.casefold(), tuple(found))
        return table


def _is_private(row: PropertyRow) -> bool:
    """Return whether a row of a table of all resources is a private property of one."""
    is_own_name = row.name == "Name" and "R" not in row.flags  # that of a Network Name
    return is_own_name or row.name.casefold() not in _COMMON


def _of_stored(key: str, stored: int | None) -> Any:
    """Return a stored number as a cluster file has it; the greatest DWORD means none."""
    prop = STORED[key]
    if stored in (INFINITE, -1) and prop.infinite != INFINITE:
        return prop.none or prop.infinite
    return stored if stored is None or prop.per_unit == 1 else stored / prop.per_unit
