"""What the property listings of a folder say, looked up by thing and name of the property."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from clusterlab.cluster.properties import INFINITE, STORED
from clusterlab.cluster.wording import instead_of, shown
from clusterlab.clusterexe.listings import Listing
from clusterlab.clusterexe.rows import (
    Names,
    PropertyRow,
    kind_of,
    named,
    names_of,
    number,
    property_rows,
)
from clusterlab.tomlfiles.problems import Problems
from clusterlab.tomlfiles.tables import Wrong

MAX_NAMES = 6
"""Names in one assumption; the others are counted."""

_OF_OURS: Mapping[str, str] = {prop.name.casefold(): key for key, prop in STORED.items()}


class ListingEvidence:
    """The listings of one folder, and what is assumed where they say nothing.

    Attributes:
        listings: In the order of the files.
        problems: Where contradictions are noted.
        assumptions: One sentence for each thing that no listing said.
        properties: Rows by kind ("group", "private", ...) and folded name.
    """

    def __init__(self, listings: Sequence[Listing], problems: Problems) -> None:
        """Read all property listings; the first one of a thing counts."""
        self.listings, self.problems = listings, problems
        self.assumptions: list[str] = []
        self.properties: dict[tuple[str, str], tuple[Listing, list[PropertyRow]]] = {}
        for listing in listings:
            if listing.kind in ("properties", "private"):
                kind = kind_of(listing) if listing.kind == "properties" else "private"
                rows = property_rows(listing, problems)
                self.properties.setdefault((kind, listing.name.casefold()), (listing, rows))

    def of(self, kind: str) -> list[Listing]:
        """Return the listings of one kind."""
        return [listing for listing in self.listings if listing.kind == kind]

    def assume(self, text: str, names: Iterable[str] = ()) -> None:
        """Note what is assumed, and of what."""
        found = list(names)
        more = f" and {len(found) - MAX_NAMES} more" if len(found) > MAX_NAMES else ""
        of = f": {', '.join(found[:MAX_NAMES])}{more}" if found else ""
        self.assumptions.append(f"{text}{of}.")

    def titles(self) -> Names:
        """Return the names of resources that stand in titles."""
        kinds = ("private", "possible", "dependencies")
        names = [listing.name for listing in self.listings if listing.kind in kinds]
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
        """Return whether a property listing of a thing is there."""
        return (kind, name.casefold()) in self.properties

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


def _of_stored(key: str, stored: int | None) -> Any:
    """Return a stored number as a cluster file has it; the greatest DWORD means none."""
    prop = STORED[key]
    if stored in (INFINITE, -1) and prop.infinite != INFINITE:
        return prop.none or prop.infinite
    return stored if stored is None or prop.per_unit == 1 else stored / prop.per_unit
