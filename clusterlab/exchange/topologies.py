"""Topologies around a cluster: who passes what to whom, and what waits where.

Each topology is places and streams between them; they, its title and the rules behind it stand with
their sources in `topologies.toml`.
Rates, limits and intervals are assumptions in one table, and every one of them may be replaced.
What comes of a failure is reckoned in `exchange/mailflow.py`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise, product
from pathlib import Path
from typing import NamedTuple

from clusterlab.cluster.checks import check_range
from clusterlab.cluster.errors import ConfigError, impossible, instead_of, shown
from clusterlab.cluster.model import Cluster
from clusterlab.tomlfiles import tables as toml


class Kind(Enum):
    """What flows; messages and changes wait where they cannot go on, requests fail at once."""

    MESSAGES = "messages"
    CHANGES = "changes"
    REQUESTS = "requests"


class PlaceKind(Enum):
    """What a place is, and so what decides whether it is out."""

    OUTSIDE = "outside"
    CLIENTS = "clients"
    SERVER = "stand-alone server"
    EVS = "EVS"
    ON_NODE = "service on a node"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A server, an EVS, or people and systems outside that never fail here.

    Attributes:
        name: The name of an EVS is that of its group.
        column: Where it stands in the picture, 0 at the left.
        beside: The place in whose box it is shown; "" for a box of its own.
        node: The node it is bound to, of a service on a node.
    """

    name: str
    kind: PlaceKind
    column: int
    beside: str = ""
    node: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """What one sender has for one receiver.

    Attributes:
        per_minute: How much, evenly.
        path: Its places from sender to receiver; where there are several for one step, the first
            one that works is taken.
    """

    name: str
    kind: Kind
    per_minute: float
    path: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """Places and streams around a cluster.

    Attributes:
        places: In the order they are shown.
        limits: How many pass from one place to the next in a minute at most, by both names.
        retry_s: How often a place tries again; no entry: at once.
        rules: What holds here, and where that stands.
        figures: The assumptions it was made with, by key.
        is_supported: Whether it may be built.
    """

    key: str
    title: str
    places: tuple[Place, ...]
    streams: tuple[Stream, ...]
    limits: Mapping[tuple[str, str], float]
    retry_s: Mapping[str, float]
    rules: tuple[tuple[str, str], ...]
    figures: Mapping[str, float]
    is_supported: bool = True

    def place(self, name: str) -> Place:
        """Return the place of this name."""
        for item in self.places:
            if item.name.casefold() == name.casefold():
                return item
        names = instead_of(name, [item.name for item in self.places])
        raise ConfigError(f"topology {self.key!r} has no place {shown(name)}; {names}")

    @property
    def servers(self) -> tuple[str, ...]:
        """The stand-alone servers, which can be failed by name."""
        return tuple(item.name for item in self.places if item.kind is PlaceKind.SERVER)


class Assumption(NamedTuple):
    """A figure that nobody measured: its value, what it counts, what it means."""

    value: float
    unit: str
    meaning: str
    source: str = "unsourced: a training choice"


SERVER, BRIDGEHEAD = "Connector server", "Domino bridgehead"
_CHANGES = ("Server with SRS", "ADC server")
"""Servers that pass changes of a directory on."""
_SYSTEMS, _OUTSIDE = (BRIDGEHEAD, "GroupWise API Gateway"), ("Domino servers", "GroupWise system")
"""Other mail systems: their last server, and what lies behind it."""


def outbox(group: str) -> str:
    """Return the name of the place where the mail of an EVS's users waits for it."""
    return f"Outboxes of {group}"


def _made(key: str, groups: Sequence[str], node: str, figures: Mapping[str, float]) -> Topology:
    """Return the topology of this key, with limits and intervals that fit its places."""
    row = {name: value for name, value in TOPOLOGIES[key].items() if name not in _MADE}
    flowing = tuple(_streams(key, groups, node, figures))
    places = tuple(_places(key, groups, node, {stream.path[0][0] for stream in flowing}))
    steps = {pair for stream in flowing for pair in _steps(stream)}
    is_patient = any(stream.kind is not Kind.REQUESTS for stream in flowing)
    givers = {giver for giver, _ in steps if is_patient}
    senders = [p for p in places if p.name in givers and p.kind is not PlaceKind.CLIENTS]
    return Topology(
        key=key,
        places=places,
        streams=flowing,
        limits={step: figures[_limit_key(step)] for step in sorted(steps)},
        retry_s={place.name: figures[_retry_key(place)] for place in senders},
        figures=figures,
        **{**row, "rules": tuple(_rules(row["rules"], node=node, first=groups[0]))},
    )


def _places(
    key: str, groups: Sequence[str], node: str, senders: Collection[str]
) -> Iterator[Place]:
    """Yield the places by columns; an EVS has outboxes where its users send."""
    for column, kinds in enumerate(TOPOLOGIES[key]["columns"]):
        for kind, names in ((PlaceKind(word), names) for word, names in kinds.items()):
            for name in groups if kind is PlaceKind.EVS else names:
                bound = node if kind is PlaceKind.ON_NODE else ""
                named = name.replace("<node>", node)
                yield Place(name=named, kind=kind, column=column, node=bound)
                if kind is PlaceKind.EVS and (own := outbox(name)) in senders:
                    yield Place(name=own, kind=PlaceKind.CLIENTS, column=column, beside=name)


def _streams(
    key: str, groups: Sequence[str], node: str, figures: Mapping[str, float]
) -> Iterator[Stream]:
    """Yield the streams, each that names an EVS once for every EVS with its share."""
    for name, kind, figure, way in TOPOLOGIES[key]["streams"]:
        for evs in groups if "<evs>" in name else groups[:1]:
            words = {"node": node, "first": groups[0], "evs": evs}
            steps = (step.split(" | ") for step in way.split(" > "))
            yield Stream(
                name=_filled(name, **words),
                kind=Kind(kind),
                per_minute=figures[figure] / (len(groups) if "<evs>" in name else 1),
                path=tuple(
                    dict.fromkeys(tuple(_filled(o, **words) for o in step) for step in steps)
                ),
            )


def _rules(names: Iterable[str], **words: str) -> Iterator[tuple[str, str]]:
    for name in names:
        yield _filled(_RULES[name]["text"], **words), _RULES[name]["source"]


def _filled(text: str, **words: str) -> str:
    return re.sub(r"<(\w+)>", lambda found: words[found[1]], text)


def _file() -> tuple[Mapping[str, toml.Keys], Mapping[str, toml.Keys], Mapping[str, toml.Keys]]:
    """Return the topologies, the rules and the figures of `topologies.toml`."""
    root = toml.own_table(Path(__file__).with_name("topologies.toml"))
    rules = toml.own_rows(
        root.table("rule"), {"text": toml.line, "source": toml.line}, must=("text", "source")
    )
    keys = {"value": toml.whole(0, 100_000), "unit": toml.line, "meaning": toml.line}
    figures = toml.own_rows(root.table("figure"), keys, must=tuple(keys))
    readers: Mapping[str, toml.Reader] = {
        **{"title": toml.line, "rules": toml.names_in(rules), "is_supported": toml.flag},
        **dict.fromkeys(_MADE, list),
    }
    heads = toml.own_rows(root, readers, must=("title", "rules", *_MADE))
    root.problems.raise_if_any()
    return heads, rules, figures


_MADE = ("columns", "streams")
"""What places and streams are made of."""
TOPOLOGIES, _RULES, _FIGURES = _file()
ASSUMPTIONS = {key: Assumption(**row) for key, row in _FIGURES.items()}
"""Every figure of mail flow, by key; the handbook has none of them."""


def _steps(stream: Stream) -> Iterator[tuple[str, str]]:
    """Yield giver and taker of each step that a stream can take."""
    for givers, takers in pairwise(stream.path):
        yield from product(givers, takers)


def _limit_key(step: tuple[str, str]) -> str:
    """Return which limit a step has: converting between two systems is slow, SMTP is quick."""
    if set(step) & set(_CHANGES):
        return "change_limit"
    is_system = bool(set(step) & set(_SYSTEMS))
    is_outside = bool(set(step) & set(_OUTSIDE))
    return "connector_limit" if is_system and not is_outside else "smtp_limit"


def _retry_key(place: Place) -> str:
    if place.name in (*_CHANGES, "Active Directory"):
        return "directory_retry_s"
    is_exchange = place.kind in (PlaceKind.ON_NODE, PlaceKind.EVS)
    return "smtp_retry_s" if is_exchange or place.name in _BY_SMTP else "gateway_retry_s"


_BY_SMTP = (SERVER, "Connector server 2", "SMTP gateway")
"""Stand-alone servers that try again as often as an EVS does."""


def topology(key: str, cluster: Cluster, figures: Mapping[str, float] | None = None) -> Topology:
    """Return a topology around a cluster (handbook 2, 6 and 6.1).

    Args:
        key: From `TOPOLOGIES`.
        cluster: Its groups other than the Cluster Group are the EVSs.
        figures: In place of those of `ASSUMPTIONS`, by key.

    Raises:
        ConfigError: If there is no such topology or figure, a figure is out of range, or the
            cluster has no EVS.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> topology("notes", exchange_cluster()).servers
        ('Domino bridgehead', 'Connector server')
    """
    if key not in TOPOLOGIES:
        raise ConfigError(f"there is no topology {shown(key)}; {instead_of(key, TOPOLOGIES)}")
    config = cluster.config
    groups = config.served_groups
    if not groups:
        raise ConfigError(f"cluster {config.name!r} has no EVS; mail needs at least one")
    made = _made(key, groups, config.nodes[0].name, _checked(figures or {}))
    names = [place.name for place in made.places]
    twice = [name for name in groups if names.count(name) > 1]
    if twice:
        raise ConfigError(f"group {twice[0]!r} has the name of another place; rename the group")
    return made


def _checked(figures: Mapping[str, float]) -> Mapping[str, float]:
    for key, value in figures.items():
        if key not in ASSUMPTIONS:
            raise impossible("no figure of mail flow", shown(key), instead_of(key, ASSUMPTIONS))
        least, unit = (0.0, "a minute") if not key.endswith("_s") else (1.0, "s")
        check_range(f"figure {key!r}", value, least, 100_000.0, unit)
    return {key: assumption.value for key, assumption in ASSUMPTIONS.items()} | dict(figures)


def figures_used(key: str, cluster: Cluster) -> tuple[str, ...]:
    """Return the keys of the assumptions that matter in a topology.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> figures_used("adc", exchange_cluster())
        ('changes', 'change_limit', 'gateway_retry_s', 'directory_retry_s')
    """
    usual = topology(key, cluster)
    return tuple(
        name
        for name, row in ASSUMPTIONS.items()
        if replace(topology(key, cluster, {name: row.value + 1}), figures=usual.figures) != usual
    )
