"""What the rows of listings say: names are told apart although nothing stands between them.

Columns are padded, and a longer name pushes the rest of its row to the right (handbook 1, 8.1).
So a row is read from its end, where states and node names are known, and what is left is divided
by the names that other listings gave. Names are looked up by the places of blanks, so that a row
takes the same time however many names there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from clusterlab.cluster.errors import instead_of, shown
from clusterlab.cluster.states import GroupState, NodeState, ResourceState
from clusterlab.clusterexe.listings import Listing, ListingRow
from clusterlab.tomlfiles.problems import Problems

NODE_STATES = tuple(state.value for state in NodeState)
GROUP_STATES = tuple(state.value for state in GroupState)
RESOURCE_STATES = tuple(state.value for state in ResourceState)

MAX_NAME = 260
"""Letters of the longest name that is looked for."""
MOST_ROWS = 5_000
"""Different rows that are read; more than a cluster has is noticed by then."""
NAME_WIDTH = 20
"""Width of the columns of group and resource names (handbook 1, 8.1)."""


Names = Mapping[str, str]
"""Names by what they are without regard to case."""


def names_of(names: Iterable[str]) -> Names:
    """Return a table of names."""
    return {name.casefold(): name for name in names}


class NodeRow(NamedTuple):
    """One row of `cluster node`."""

    name: str
    node_id: int
    state: str
    line: int
    file: str


class OwnedRow(NamedTuple):
    """One row of `cluster group` or `cluster resource`; *group* is "" for a group."""

    name: str
    group: str
    owner: str
    state: str
    line: int
    file: str


class PropertyRow(NamedTuple):
    """One row of a property listing: S string, D DWORD, M multi-string, and so on."""

    flags: str
    of: str
    name: str
    value: str
    line: int


def node_rows(listings: Iterable[Listing], problems: Problems) -> list[NodeRow]:
    """Return the rows of all listings of nodes; what cannot be read is noted."""
    found: dict[str, NodeRow] = {}
    for listing, (line, text) in _different(listings):
        match = re.fullmatch(r"\s*(\S.*?)\s+(\d{1,5})\s+(\S.*?)\s*", text)
        state = _state(match[3], NODE_STATES) if match else None
        if match is None or state is None:
            word = match[3] if match else text.strip()
            what = "state of a node" if match else "row 'name, id, state'"
            allowed = instead_of(word, NODE_STATES)
            problems.add(line, f"{shown(word)} is no {what}; {allowed}", listing.file)
            continue
        row = NodeRow(match[1], int(match[2]), state, line, listing.file)
        found.setdefault(row.name.casefold(), row)
    return list(found.values())


def group_rows(listings: Iterable[Listing], nodes: Names, problems: Problems) -> list[OwnedRow]:
    """Return the rows of all listings of groups; without names of nodes a node is one word."""
    found: dict[str, OwnedRow] = {}
    for listing, row in _different(listings):
        ending = _ending(listing, row, _GROUP_STATES, nodes, problems)
        if ending is not None:
            name, owner, state, _ = ending
            group = OwnedRow(name, "", owner, state, row.line, listing.file)
            found.setdefault(name.casefold(), group)
    return list(found.values())


def resource_rows(
    listings: Iterable[Listing], nodes: Names, groups: Names, titles: Names, problems: Problems
) -> list[OwnedRow]:
    """Return the rows of all listings of resources.

    *groups* is empty if there was no listing of groups; *titles* are names of resources that stand
    in titles of listings, which settle doubts.
    """
    found: dict[str, OwnedRow] = {}
    for listing, row in _different(listings):
        if listing.kind == "typed":  # a table of PowerShell, which names no node
            name, told, group, _ = row.text.split("\t")
            state = _state(told, RESOURCE_STATES)
            if state is None:
                allowed = instead_of(told, RESOURCE_STATES)
                problems.add(row.line, f"{shown(told)} is no state; {allowed}", listing.file)
                continue
            typed = OwnedRow(name, group, "", state, row.line, listing.file)
            found.setdefault(name.casefold(), typed)
            continue
        ending = _ending(listing, row, _RESOURCE_STATES, nodes, problems)
        if ending is None:
            continue
        both, owner, state, place = ending
        names = divided(both, groups, titles) or (None if groups else by_column(both, place))
        if names is None:
            known = f"{instead_of(both[-20:], groups.values())}; " if groups else ""
            what = f"no group is found in {shown(both)}; {known}save 'cluster group' here too"
            problems.add(row.line, what, listing.file)
            continue
        resource = OwnedRow(*names, owner, state, row.line, listing.file)
        found.setdefault(resource.name.casefold(), resource)
    return list(found.values())


def _different(listings: Iterable[Listing]) -> Iterator[tuple[Listing, ListingRow]]:
    """Yield the rows of listings, one that is printed again left out, and so many at most."""
    seen: set[str] = set()
    for listing in listings:
        for row in listing.rows:
            if row.text not in seen and len(seen) < MOST_ROWS:
                seen.add(row.text)
                yield listing, row


def divided(both: str, groups: Names, titles: Names) -> tuple[str, str] | None:
    """Return the names of a resource and of its group from the front of a row.

    Example:
        >>> divided("Very Long Resource Name (EVS1) EVS1", names_of(["EVS1"]), {})
        ('Very Long Resource Name (EVS1)', 'EVS1')
    """
    fitting = [(front, groups[back.casefold()]) for front, back, _ in _cuts(both, groups)]
    exact = [pair for pair in fitting if len(f"{pair[0]:<{NAME_WIDTH}} {pair[1]}") == len(both)]
    known = [pair for pair in exact or fitting if pair[0].casefold() in titles]
    return max(known or exact or fitting, key=lambda pair: len(pair[1]), default=None)


def by_column(both: str, node_place: int) -> tuple[str, str] | None:
    """Return the names of a resource and of its group where no names of groups are known.

    The group stands in the column before the node, unless its name is longer than that column;
    where the columns have slipped, the only gap of two blanks or more parts the names.

    Example:
        >>> by_column("Disk Q:              Cluster Group", 42)
        ('Disk Q:', 'Cluster Group')
        >>> by_column("SMTP Queue Disk   EVS1", 30)
        ('SMTP Queue Disk', 'EVS1')
    """
    place = node_place - NAME_WIDTH - 1
    name, group = both[:place].rstrip(), both[place:].strip()
    is_column = 0 < place < len(both) and both[place - 1] == " " and both[place] != " "
    if is_column and name and group:
        return name, group
    parts = re.split(" {2,}", both)
    return (parts[0], parts[1]) if len(parts) == 2 else None


def _cuts(text: str, names: Names) -> Iterator[tuple[str, str, int]]:
    """Yield front and back of *text* where the back is one of *names*, and its place.

    The longest back comes first.
    """
    for match in re.finditer(" (?=[^ ])", text):
        front, back = text[: match.start()].rstrip(), text[match.end() :]
        if front and back.casefold() in names:
            yield front, back, match.end()


_GROUP_STATES = names_of(GROUP_STATES)
_RESOURCE_STATES = names_of(RESOURCE_STATES)


def _ending(
    listing: Listing, row: ListingRow, states: Names, nodes: Names, problems: Problems
) -> tuple[str, str, str, int] | None:
    """Return what stands in front, the node and the state at the end of a row, and its place."""
    text = row.text.strip()
    front, state, _ = next(_cuts(text, states), ("", "", 0))
    if not state:
        word = text.rpartition(" ")[2]
        allowed = instead_of(word, states.values())
        problems.add(row.line, f"{shown(word)} is no state; {allowed}", listing.file)
        return None
    word = front.rpartition(" ")[2]
    name, node, place = next(_cuts(front, nodes or names_of([word])), ("", "", 0))
    if not node:
        allowed = instead_of(word, nodes.values())
        problems.add(row.line, f"{shown(word)} is no node; {allowed}", listing.file)
        return None
    return name, nodes.get(node.casefold(), node), states[state.casefold()], place


def _state(word: str, states: Sequence[str]) -> str | None:
    return next((state for state in states if state.casefold() == word.casefold()), None)


_KIND = re.compile(r"\s*T\s+(\w+(?: \w+)?)\s+Name\s+Value\s*", re.IGNORECASE)
_PROPERTY = re.compile(r"(?P<name>\S+)(?:\s+(?P<value>.*))?")
_PLACED = re.compile(r"(?P<of>.{20}) (?P<name>\S+)(?: +(?P<value>.*))?")
_PUSHED = re.compile(r"(?P<of>\S.*) (?P<name>[A-Z]\w+) {2,}(?P<value>\S.*)?")
_INTERFACE = re.compile(r"(?P<of>\S+ +\S.*?) +(?P<name>[A-Z]\w+) +(?P<value>\S.*)")


def kind_of(listing: Listing) -> str:
    """Return what a property listing is about: "group", "resource", "node", "network", ..."""
    if listing.kind in ("private", "interfaces"):
        return listing.kind
    match = _KIND.fullmatch(listing.header)
    return match[1].split()[-1].casefold() if match else "" if listing.header else "resource"


def property_rows(listing: Listing, problems: Problems) -> list[PropertyRow]:
    """Return the rows of a property listing, each with the name of its thing."""
    found: list[PropertyRow] = []
    for line, text in listing.rows:
        flags, _, rest = text.strip().partition(" ")
        match = _property(listing, rest if listing.name else rest.removeprefix(" "))
        if match and re.fullmatch("[A-Z]{1,3}", flags):
            of = listing.name or re.sub(" +", " ", match["of"].strip())
            value = (match["value"] or "").strip()
            found.append(PropertyRow(flags, of, match["name"], value, line))
            continue
        problems.add(
            line,
            f"{shown(text.strip())} is no property of {shown(listing.name)}; allowed: rows "
            "'type, name of the thing, property, value'",
            listing.file,
        )
    return found


def _property(listing: Listing, rest: str) -> re.Match[str] | None:
    """Return the parts of a row behind its flags; the name in the title goes before columns."""
    if listing.name:
        rest = rest.strip()
        is_of_it = rest.casefold().startswith(f"{listing.name.casefold()} ")
        return _PROPERTY.fullmatch(rest[len(listing.name) :].strip()) if is_of_it else None
    if listing.kind == "interfaces":
        return _INTERFACE.fullmatch(rest.strip())
    return _PLACED.fullmatch(rest) or _PUSHED.fullmatch(rest)


_NUMBER = re.compile(r"(-?\d{1,20})(?: \(0x[0-9a-fA-F]{1,16}\))?")


def number(value: str) -> int | None:
    """Return a DWORD as printed, such as "10 (0xa)"; None if it is none.

    Example:
        >>> number("4294967295 (0xffffffff)")
        4294967295
    """
    match = _NUMBER.fullmatch(value)
    return int(match[1]) if match else None


def named(row: ListingRow, names: Names) -> str | None:
    """Return the longest of *names* that a row begins with."""
    text = row.text.strip().casefold()[:MAX_NAME]
    ends = [len(text), *(match.start() for match in re.finditer("(?<=[^ ]) ", text))]
    found = [names[text[:end]] for end in ends if text[:end] in names]
    return max(found, key=len, default=None)
