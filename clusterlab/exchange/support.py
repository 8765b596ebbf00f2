"""Which component of Exchange may run on a server cluster, and what to build where it may not.

`assess` takes a list of components as a client writes them and says what can stay, what must move
and where to. The matrix itself is `components.toml`, which is read when it is first asked for; how
mail flows in the topologies that come out of it is decided in `mailflow.py`.
"""

from __future__ import annotations

import difflib
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path

from clusterlab.cluster.errors import ConfigError, shown
from clusterlab.tomlfiles.tables import (
    Keys,
    Reader,
    line,
    lines,
    one_of,
    own_rows,
    own_table,
    whole,
)

WIDTH = 92
"""Characters in a line of the report."""
MOST_NEAR = 3
"""Near names that a message proposes."""
_FILLERS = frozenset({"a", "an", "exchange", "for", "microsoft", "of", "on", "the", "to", "2003"})


class Status(Enum):
    """What the product's support says of a component on an Exchange 2003 cluster."""

    SUPPORTED = "supported"
    ONE_PER_CLUSTER = "supported, one per cluster"
    NOT_SUPPORTED = "not supported"
    NOT_IN_2003 = "not in Exchange 2003"


SOURCED = "sourced"
MARKS = (SOURCED, "conflict", "unsourced", "derived")
"""How well a row is sourced (handbook 0, 0.5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead:
    """What to build beside the cluster for a component that may not run on it.

    Attributes:
        key: Its name in the matrix; those that the connector lab shows have the same one there.
        servers: How many more machines it takes; 0 where one that exists does it.
        build: What to do, in a sentence or two.
    """

    key: str
    title: str
    servers: int
    build: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One row of the matrix.

    Attributes:
        aliases: What people also call it.
        per_evs: Instances in one EVS, in words; "" where it may not run.
        per_cluster: Instances in a cluster, in words.
        reason: Why, or what to heed.
        instead: Key of `instead`; "" if it can stay.
        mark: How well it is sourced, one of `MARKS`.
    """

    name: str
    aliases: tuple[str, ...]
    status: Status
    per_evs: str = ""
    per_cluster: str = ""
    reason: str
    instead: str = ""
    source: str
    mark: str = SOURCED

    @property
    def can_stay(self) -> bool:
        """Whether it may run on the cluster."""
        return self.status in (Status.SUPPORTED, Status.ONE_PER_CLUSTER)

    @property
    def instances(self) -> str:
        """How many there may be, in words; "none" where it may not run."""
        words = [f"{self.per_evs} for each EVS" if self.per_evs else "", self.per_cluster]
        return ", ".join(word for word in words if word) or "none"


@cache
def components() -> tuple[Component, ...]:
    """Return the whole matrix, in the order of the handbook."""
    return tuple(Component(name=name, **keys) for name, keys in _file()[1].items())


@cache
def instead() -> Mapping[str, Instead]:
    """Return what to build or keep instead, by key."""
    return {key: Instead(key=key, **keys) for key, keys in _file()[0].items()}


@cache
def _file() -> tuple[Mapping[str, Keys], Mapping[str, Keys]]:
    """Return the tables of `components.toml`: what to do instead, and the components."""
    root = own_table(Path(__file__).with_name("components.toml"))
    built = own_rows(root.table("instead"), _INSTEAD, must=("title", "build", "source"))
    readers = {**_COMPONENT, "instead": one_of({key: key for key in built})}
    rows = own_rows(root, readers, must=("status", "reason", "source"))
    root.problems.raise_if_any()
    return built, rows


_INSTEAD: Mapping[str, Reader] = {
    **dict.fromkeys(("title", "build", "source"), line),
    "servers": whole(0, 9),
}
_COMPONENT: Mapping[str, Reader] = {
    **dict.fromkeys(("per_evs", "per_cluster", "reason", "source"), line),
    "aliases": lines,
    "status": one_of({status.value: status for status in Status}),
    "mark": one_of({mark: mark for mark in MARKS}),
}


# --- names -------------------------------------------------------------------------------------


def component(name: str) -> Component:
    """Return the row of a component, by any of its usual names.

    Case, word order, hyphens and words such as "Microsoft" or "for" do not matter.

    Raises:
        ConfigError: If nothing is called so; the message proposes what is near.

    Example:
        >>> component("connector for lotus notes").status.value
        'not supported'
        >>> component("the MTA").instances
        '0 or 1 for each EVS, exactly 1 in a cluster'
    """
    found = _by_words().get(_words(name))
    if found is None:
        raise ConfigError(_unknown(name))
    return found


def _words(name: str) -> tuple[str, ...]:
    """Return the words of a name that matter, in order of the alphabet."""
    words = re.findall(r"[^\W_]+", str(name).casefold().replace("cc:", "cc"))
    return tuple(sorted(word for word in words if word not in _FILLERS))


def _names() -> Iterator[tuple[str, Component]]:
    for item in components():
        for name in (item.name, *item.aliases):
            yield name, item


@cache
def _by_words() -> Mapping[tuple[str, ...], Component]:
    return {_words(name): item for name, item in _names()}


def _unknown(name: str) -> str:
    near = _near(name)
    hint = f"did you mean {' or '.join(map(repr, near))}? " if near else ""
    known = ", ".join(item.name for item in components())
    return (
        f"{shown(str(name))} is not known to the handbook, which cannot say whether it may run on "
        f"a cluster; {hint or 'ask its maker. '}Known: {known}"
    )


def _near(name: str) -> list[str]:
    """Return what is spelled alike, else what has a word in common."""
    by_name = {" ".join(_words(alias)): item.name for alias, item in _names()}
    wanted = _words(str(name)[:80])
    close = difflib.get_close_matches(" ".join(wanted), by_name, n=MOST_NEAR, cutoff=0.75)
    sharing = [key for key in by_name if set(wanted) & set(key.split())]
    return list(dict.fromkeys(by_name[key] for key in close or sharing))[:MOST_NEAR]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What becomes of a client's components when the mailboxes move to a cluster.

    Attributes:
        asked: The components, in the order given, each once.
    """

    asked: tuple[Component, ...]

    @property
    def stays(self) -> tuple[Component, ...]:
        """What may run on the cluster."""
        return tuple(item for item in self.asked if item.can_stay)

    @property
    def moves(self) -> tuple[Component, ...]:
        """What must run elsewhere."""
        return tuple(item for item in self.asked if not item.can_stay)

    @property
    def topologies(self) -> tuple[Instead, ...]:
        """What has to be built or kept beside the cluster, each once."""
        return tuple(instead()[key] for key in dict.fromkeys(item.instead for item in self.moves))

    @property
    def text(self) -> str:
        """The report: what stays, what moves, what to build."""
        parts = [
            _section("Can stay on the cluster", map(_stay_line, self.stays)),
            _section("Must run elsewhere", map(_move_line, self.moves)),
            _section("To build or to keep", (f"{i.title}: {i.build} ({i.source})"
                                             for i in self.topologies)),
        ]  # fmt: skip
        return "\n\n".join(part for part in parts if part)

    def __repr__(self) -> str:
        """Return the report, so that a cell that ends with it shows it."""
        return self.text or "No components were named."


def assess(names: Iterable[str]) -> Assessment:
    """Return what can stay on a cluster of the components named, and what must move and where to.

    Raises:
        ConfigError: If one of them is unknown; the message proposes what is near.

    Example:
        >>> found = assess(["OWA", "Lotus Notes connector", "IMF"])
        >>> [item.name for item in found.stays]
        ['Outlook Web Access']
        >>> [item.title for item in found.topologies]
        ['connector server for Lotus Notes', 'SMTP gateway']

    Source: handbook 2, 6.
    """
    if isinstance(names, str):
        names = (names,)
    return Assessment(asked=tuple(dict.fromkeys(component(name) for name in names)))


def matrix_text(rows: Iterable[Component] | None = None) -> str:
    """Return *rows* of the matrix, or all, as a listing: name, status, what to build, mark.

    Example:
        >>> print(matrix_text([component("IMF")]))
        Component                        On a cluster         Instead       Mark
        -------------------------------- -------------------- ------------- ---------
        Intelligent Message Filter       not supported        imf
    """
    cells = [
        ("Component", "On a cluster", "Instead", "Mark"),
        ("-" * 32, "-" * 20, "-" * 13, "-" * 9),
    ]
    for item in components() if rows is None else rows:
        mark = "" if item.mark == SOURCED else item.mark
        status = item.status.value.removeprefix("supported, ")
        cells.append((item.name, status, item.instead, mark))
    listed = (f"{name:<32} {status:<20} {key:<13} {mark}" for name, status, key, mark in cells)
    return "\n".join(row.rstrip() for row in listed)


def _section(title: str, lines: Iterable[str]) -> str:
    items = [
        textwrap.fill(line, WIDTH, initial_indent="- ", subsequent_indent="  ") for line in lines
    ]
    return "\n".join([title, *items]) if items else ""


def _stay_line(item: Component) -> str:
    count = "" if item.instances == "none" else f" Instances: {item.instances}."
    return f"{item.name}: {item.status.value}.{count} {item.reason} ({_cited(item)})"


def _move_line(item: Component) -> str:
    title = instead()[item.instead].title
    return f"{item.name}: {item.status.value}. {item.reason} Instead: {title}. ({_cited(item)})"


def _cited(item: Component) -> str:
    mark = "" if item.mark == SOURCED else f"; {item.mark}"
    return f"{item.source}{mark}"
