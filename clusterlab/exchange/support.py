"""Which component of Exchange may run on a server cluster, and what to build where it may not.

`assess` takes a list of components as a client writes them and says what can stay, what must move
and where to. The rules themselves are data in `exchange/components.py`; how mail flows in the
topologies that come out of it is decided in `exchange/mailflow.py`.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.wording import shown
from clusterlab.exchange.components import COMPONENTS, INSTEAD, Component, Instead, Mark

WIDTH = 92
"""Characters in a line of the report."""
MOST_NEAR = 3
"""Near names that a message proposes."""
_FILLERS = frozenset({"a", "an", "exchange", "for", "microsoft", "of", "on", "the", "to", "2003"})


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
    found = _BY_WORDS.get(_words(name))
    if found is None:
        raise ConfigError(_unknown(name))
    return found


def _words(name: str) -> tuple[str, ...]:
    """Return the words of a name that matter, in order of the alphabet."""
    words = re.findall(r"[^\W_]+", str(name).casefold().replace("cc:", "cc"))
    return tuple(sorted(word for word in words if word not in _FILLERS))


def _names() -> Iterator[tuple[str, Component]]:
    for item in COMPONENTS:
        for name in (item.name, *item.aliases):
            yield name, item


_BY_WORDS: Mapping[tuple[str, ...], Component] = {_words(name): item for name, item in _names()}


def _unknown(name: str) -> str:
    near = _near(name)
    hint = f"did you mean {' or '.join(map(repr, near))}? " if near else ""
    known = ", ".join(item.name for item in COMPONENTS)
    return f"there is no component {shown(str(name))}; {hint}Known: {known}"


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
        return tuple(INSTEAD[key] for key in dict.fromkeys(item.instead for item in self.moves))

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

    def as_data(self) -> dict[str, Any]:
        """Return the same as plain data, for JSON."""
        return {
            "stays": [item.as_data() for item in self.stays],
            "moves": [item.as_data() for item in self.moves],
            "topologies": [
                {"topology": i.key, "title": i.title, "servers": i.servers, "build": i.build,
                 "source": i.source}
                for i in self.topologies
            ],
        }  # fmt: skip

    def to_json(self) -> str:
        """Return the same as JSON."""
        return json.dumps(self.as_data(), indent=2)

    def to_csv(self) -> str:
        """Return one line for each component, as comma-separated values with a heading."""
        return matrix_csv(self.asked)


def assess(names: Iterable[str]) -> Assessment:
    """Return what can stay on a cluster of the components named, and what must move and where to.

    Args:
        names: As people write them.

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


def matrix_csv(components: Iterable[Component] = COMPONENTS) -> str:
    """Return *components* as comma-separated values with a heading.

    Example:
        >>> matrix_csv().splitlines()[0]
        'component,on a cluster,instances,reason,instead,topology,source,mark'
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, list(COMPONENTS[0].as_data()), lineterminator="\n")
    writer.writeheader()
    writer.writerows(item.as_data() for item in components)
    return out.getvalue()


def matrix_text(components: Iterable[Component] = COMPONENTS) -> str:
    """Return *components* as a listing: name, status, topology to be built instead, mark.

    Example:
        >>> print(matrix_text([component("IMF")]))
        Component                        On a cluster         Instead       Mark
        -------------------------------- -------------------- ------------- ---------
        Intelligent Message Filter       not supported        imf
    """
    rows = [
        ("Component", "On a cluster", "Instead", "Mark"),
        ("-" * 32, "-" * 20, "-" * 13, "-" * 9),
    ]
    for item in components:
        mark = "" if item.mark is Mark.SOURCED else item.mark.value
        status = item.status.value.removeprefix("supported, ")
        rows.append((item.name, status, item.instead, mark))
    lines = (f"{name:<32} {status:<20} {key:<13} {mark}" for name, status, key, mark in rows)
    return "\n".join(line.rstrip() for line in lines)


def _section(title: str, lines: Iterable[str]) -> str:
    items = [
        textwrap.fill(line, WIDTH, initial_indent="- ", subsequent_indent="  ") for line in lines
    ]
    return "\n".join([title, *items]) if items else ""


def _stay_line(item: Component) -> str:
    count = "" if item.instances == "none" else f" Instances: {item.instances}."
    return f"{item.name}: {item.status.value}.{count} {item.reason} ({_cited(item)})"


def _move_line(item: Component) -> str:
    title = INSTEAD[item.instead].title
    return f"{item.name}: {item.status.value}. {item.reason} Instead: {title}. ({_cited(item)})"


def _cited(item: Component) -> str:
    mark = "" if item.mark is Mark.SOURCED else f"; {item.mark.value}"
    return f"{item.source}{mark}"
