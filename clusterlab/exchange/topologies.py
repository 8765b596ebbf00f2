"""Topologies around a cluster: who passes what to whom, and what waits where.

Each topology is places and streams between them; its title and the rules behind it stand with their
sources in `topologies.toml`.
Rates, limits and intervals are assumptions in one table, and every one of them may be replaced.
What comes of a failure is reckoned in `exchange/mailflow.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from itertools import pairwise, product
from pathlib import Path
from typing import NamedTuple

from clusterlab.cluster.checks import check_range
from clusterlab.cluster.errors import ConfigError, impossible, instead_of, shown
from clusterlab.cluster.model import Cluster
from clusterlab.tomlfiles.tables import (
    Keys,
    Reader,
    flag,
    line,
    names_in,
    own_rows,
    own_table,
    whole,
)


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
        key: Its name, such as "notes".
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
        """Return the place of this name.

        Raises:
            ConfigError: If there is none.
        """
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


SERVER, SERVER_2 = "Connector server", "Connector server 2"
BRIDGEHEAD, DOMINO = "Domino bridgehead", "Domino servers"
API_GATEWAY, GROUPWISE = "GroupWise API Gateway", "GroupWise system"
GATEWAY, INTERNET = "SMTP gateway", "Internet"
FRONT_ENDS, BROWSERS = ("Front-end 1", "Front-end 2"), "Browsers"
SITE_SERVER, EXCHANGE_55 = "Server with SRS", "Exchange 5.5 servers"
ADC_SERVER, DIRECTORY = "ADC server", "Active Directory"
_DIRECTORY = (SITE_SERVER, ADC_SERVER, DIRECTORY)


def outbox(group: str) -> str:
    """Return the name of the place where the mail of an EVS's users waits for it."""
    return f"Outboxes of {group}"


class _Site(NamedTuple):
    """What a topology is built around: the EVSs, a node, and the figures."""

    groups: Sequence[str]
    node: str
    figures: Mapping[str, float]

    def evs_places(self, column: int, *, is_sending: bool = True) -> Iterator[Place]:
        for group in self.groups:
            yield Place(name=group, kind=PlaceKind.EVS, column=column)
            if is_sending:
                name, kind = outbox(group), PlaceKind.CLIENTS
                yield Place(name=name, kind=kind, column=column, beside=group)

    def shared(self, key: str) -> float:
        """Return the share of one EVS in a figure for all of them."""
        return self.figures[key] / len(self.groups)

    def both_ways(
        self, there: str, way: Sequence[tuple[str, ...]], in_key: str, out_key: str
    ) -> Iterator[Stream]:
        """Yield mail between the system *there* and each EVS, along *way* from *there* on."""
        for group in self.groups:
            inward = ((there,), *way, (group,))
            yield _mail(f"{there} to {group}", self.shared(in_key), inward)
        for group in self.groups:
            outward = ((outbox(group),), (group,), *reversed(way), (there,))
            yield _mail(f"{group} to {there}", self.shared(out_key), outward)


def _mail(name: str, per_minute: float, way: Sequence[tuple[str, ...]]) -> Stream:
    """Return a stream of messages along *way*; who is named twice in a row hands on to nobody."""
    path = tuple(dict.fromkeys(way))
    return Stream(name=name, kind=Kind.MESSAGES, per_minute=per_minute, path=path)


def _made(site: _Site, key: str, places: Sequence[Place], streams: Iterable[Stream]) -> Topology:
    """Return the topology of this key, with limits and intervals that fit its places."""
    flowing = tuple(streams)
    steps = {pair for stream in flowing for pair in _steps(stream)}
    is_patient = any(stream.kind is not Kind.REQUESTS for stream in flowing)
    givers = {giver for giver, _ in steps if is_patient}
    senders = [p for p in places if p.name in givers and p.kind is not PlaceKind.CLIENTS]
    return Topology(
        key=key,
        places=tuple(places),
        streams=flowing,
        limits={step: site.figures[_limit_key(step)] for step in sorted(steps)},
        retry_s={place.name: site.figures[_retry_key(place)] for place in senders},
        figures=site.figures,
        **_words(key, node=site.node, first=site.groups[0]),
    )


def _words(key: str, **names: str) -> Keys:
    """Return what `topologies.toml` says of a topology, with its own names."""
    heads, rules, _ = _file()
    filled = []
    for name in heads[key]["rules"]:
        text = rules[name]["text"]
        for word, own in names.items():
            text = text.replace(f"<{word}>", own)
        filled.append((text, rules[name]["source"]))
    return {**heads[key], "rules": tuple(filled)}


@cache
def _file() -> tuple[Mapping[str, Keys], Mapping[str, Keys], Mapping[str, Keys]]:
    """Return the topologies, the rules and the figures of `topologies.toml`."""
    root = own_table(Path(__file__).with_name("topologies.toml"))
    rules = own_rows(root.table("rule"), {"text": line, "source": line}, must=("text", "source"))
    keys = {"value": whole(0, 100_000), "unit": line, "meaning": line}
    figures = own_rows(root.table("figure"), keys, must=tuple(keys))
    readers: Mapping[str, Reader] = {"title": line, "rules": names_in(rules), "is_supported": flag}
    heads = own_rows(root, readers, must=("title", "rules"))
    root.problems.raise_if_any()
    return heads, rules, figures


ASSUMPTIONS = {key: Assumption(**row) for key, row in _file()[2].items()}
"""Every figure of mail flow, by key; the handbook has none of them."""


def _steps(stream: Stream) -> Iterator[tuple[str, str]]:
    """Yield giver and taker of each step that a stream can take."""
    for givers, takers in pairwise(stream.path):
        yield from product(givers, takers)


def _limit_key(step: tuple[str, str]) -> str:
    """Return which limit a step has: converting between two systems is slow, SMTP is quick."""
    if set(step) & {SITE_SERVER, ADC_SERVER}:
        return "change_limit"
    is_system = bool(set(step) & {BRIDGEHEAD, API_GATEWAY})
    is_outside = bool(set(step) & {DOMINO, GROUPWISE})
    return "connector_limit" if is_system and not is_outside else "smtp_limit"


def _retry_key(place: Place) -> str:
    if place.name in _DIRECTORY:
        return "directory_retry_s"
    is_exchange = _is_connector(place) or place.kind is PlaceKind.EVS or place.name == GATEWAY
    return "smtp_retry_s" if is_exchange else "gateway_retry_s"


def _is_connector(place: Place) -> bool:
    return place.kind is PlaceKind.ON_NODE or place.name in (SERVER, SERVER_2)


def _chain(*names: str) -> list[Place]:
    """Return the places left of the cluster: what is outside, then stand-alone servers."""
    first = Place(name=names[0], kind=PlaceKind.OUTSIDE, column=0)
    rest = [
        Place(name=name, kind=PlaceKind.SERVER, column=column)
        for column, name in enumerate(names[1:], start=1)
    ]
    return [first, *rest]


def _mail_chain(site: _Site, key: str, figures: str, *names: str) -> Topology:
    """Return mail both ways along one chain of places, with the figures of its name."""
    places = [*_chain(*names), *site.evs_places(len(names))]
    way = [(name,) for name in names[1:]]
    return _made(
        site, key, places, site.both_ways(names[0], way, f"{figures}_in", f"{figures}_out")
    )


def _notes_2(site: _Site) -> Topology:
    second = Place(name=SERVER_2, kind=PlaceKind.SERVER, column=2)
    places = [*_chain(DOMINO, BRIDGEHEAD, SERVER), second, *site.evs_places(3)]
    way = ((BRIDGEHEAD,), (SERVER, SERVER_2))
    streams = site.both_ways(DOMINO, way, "notes_in", "notes_out")
    return _made(site, "notes-2", places, streams)


def _notes_on_node(site: _Site) -> Topology:
    here = Place(name=f"Connector on {site.node}", kind=PlaceKind.ON_NODE, column=2, node=site.node)
    places = [*_chain(DOMINO, BRIDGEHEAD), here, *site.evs_places(3)]
    streams = site.both_ways(DOMINO, ((BRIDGEHEAD,), (here.name,)), "notes_in", "notes_out")
    return _made(site, "notes-on-node", places, streams)


def _calendar(site: _Site) -> Topology:
    places = [*_chain(DOMINO, BRIDGEHEAD, SERVER), *site.evs_places(3)]
    way = ((DOMINO,), (BRIDGEHEAD,), (SERVER,))
    rate = site.shared("free_busy")
    streams = []
    for group in site.groups:
        there, back = (*way, (group,)), ((outbox(group),), (group,), *reversed(way[1:]))
        for name, path in ((f"{DOMINO} ask {group}", there), (f"{group} asks {DOMINO}", back)):
            streams.append(Stream(name=name, kind=Kind.REQUESTS, per_minute=rate, path=path))
    return _made(site, "calendar", places, streams)


def _front_ends(site: _Site) -> Topology:
    outside = Place(name=BROWSERS, kind=PlaceKind.CLIENTS, column=0)
    servers = [Place(name=name, kind=PlaceKind.SERVER, column=1) for name in FRONT_ENDS]
    places = [outside, *servers, *site.evs_places(2, is_sending=False)]
    streams = [
        Stream(name=f"{BROWSERS} to {group}", kind=Kind.REQUESTS, per_minute=site.shared("web"),
               path=((BROWSERS,), FRONT_ENDS, (group,)))
        for group in site.groups
    ]  # fmt: skip
    return _made(site, "front-ends", places, streams)


def _changes(site: _Site, way: Sequence[str]) -> Iterator[Stream]:
    for names in (way, tuple(reversed(way))):
        yield Stream(
            name=f"changes, {names[0]} to {names[-1]}",
            kind=Kind.CHANGES,
            per_minute=site.figures["changes"],
            path=tuple((name,) for name in names),
        )


def _adc(site: _Site) -> Topology:
    directory = Place(name=DIRECTORY, kind=PlaceKind.OUTSIDE, column=2)
    places = [*_chain(EXCHANGE_55, ADC_SERVER), directory]
    evss = [Place(name=group, kind=PlaceKind.EVS, column=3) for group in site.groups]
    streams = list(_changes(site, (EXCHANGE_55, ADC_SERVER, DIRECTORY)))
    return _made(site, "adc", [*places, *evss], streams)


def _srs(site: _Site) -> Topology:
    exchange_55 = Place(name=EXCHANGE_55, kind=PlaceKind.OUTSIDE, column=2)
    places = [*_chain(DIRECTORY, SITE_SERVER), exchange_55, *site.evs_places(3)]
    first = site.groups[0]
    mail = list(site.both_ways(EXCHANGE_55, ((first,),), "mail55_in", "mail55_out"))
    streams = [*_changes(site, (EXCHANGE_55, SITE_SERVER, DIRECTORY)), *mail]
    return _made(site, "srs", places, streams)


TOPOLOGIES: Mapping[str, Callable[[_Site], Topology]] = {
    "notes": lambda site: _mail_chain(site, "notes", "notes", DOMINO, BRIDGEHEAD, SERVER),
    "notes-2": _notes_2,
    "notes-on-node": _notes_on_node,
    "groupwise": lambda site: _mail_chain(
        site, "groupwise", "groupwise", GROUPWISE, API_GATEWAY, SERVER
    ),
    "calendar": _calendar,
    "front-ends": _front_ends,
    "imf": lambda site: _mail_chain(site, "imf", "internet", INTERNET, GATEWAY),
    "srs": _srs,
    "adc": _adc,
}
"""How each topology is made, by key."""


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
    site = _Site(groups, config.nodes[0].name, _checked(figures or {}))
    made = TOPOLOGIES[key](site)
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
