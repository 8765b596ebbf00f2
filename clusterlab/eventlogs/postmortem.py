"""What happened? The outages in a client's logs, part by part, beside what was to be expected.

A part that the records do not tell is "cannot be told"; it is never filled with a usual value.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial
from itertools import groupby, pairwise
from operator import attrgetter
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from clusterlab.cluster.errors import ConfigError, OperationRefused, printable
from clusterlab.cluster.events import Event, InitiateFailure, InterfaceLost, MoveGroup, NodeFailed
from clusterlab.cluster.facts import CLUSTER_DURATIONS
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.outages import ONLINE, Span, outage_of
from clusterlab.cluster.resource_types import CLUSTER_TYPES
from clusterlab.clusterfiles.guesses import UNKNOWN, type_by_name
from clusterlab.eventlogs import reading as logs
from clusterlab.eventlogs.reading import LogRecord, said
from clusterlab.exchange.evs import EXCHANGE_TYPES
from clusterlab.exchange.exres import storage_groups
from clusterlab.studies.play import Play

UNTOLD = "cannot be told"
"""The part of a bar of which the records do not tell what it was, or whether users were served."""
COMING = "coming online"
"""The group comes online; only cluster.log tells which resource it waits for."""
LOST = {"detect": "lost", "network": "cut off"}
"""Parts of a bar until a lost node is removed: it failed, or it ran and was out of reach."""
HEARTBEATS_S = CLUSTER_DURATIONS["interface_lost"].seconds
"""How long before the first 1123 the last heartbeat came (handbook 1, 2.4)."""
RESTART_PERIOD_S = 900.0
"""A failure so soon after a failure is of the same trouble (RestartPeriod; handbook 1, 2.2)."""
LONGEST_WAIT_S = 30.0
"""Longer than this nobody waits for the quorum (handbook 1, 2.4 and 4.11)."""
TOGETHER_S = 60.0
"""Outages that begin this soon after another one are of the same trouble."""

_NEAR_S = 2.0
_PARTS = {
    one.name: one.service_part
    for types in (CLUSTER_TYPES, *EXCHANGE_TYPES.values())
    for one in types.values()
}
_KEYS_OF_PARTS = {"arbitrate": "arbitration_online", "transfer": "transfer"}
_START = attrgetter("start_s")
_BAR = 40

Bars = Mapping[str, Sequence[Span]]
"""What the clients of each group waited for, without gaps."""


class LoggedIncident(NamedTuple):
    """One cause, and the groups that it put out.

    Attributes:
        words: What happened first.
        events: The same for the simulation; none if it cannot be told.
        bars: The outage of each group.
        expected: What the simulation has instead, from the same moment; none without a cluster.
    """

    words: str
    events: tuple[Event, ...]
    bars: Bars
    expected: Bars

    @property
    def start_s(self) -> float:
        """When its first outage began."""
        return min(spans[0].start_s for spans in self.bars.values())


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Postmortem:
    """What a client's logs say of outages.

    Attributes:
        incidents: Each cause with the groups it put out, in the order of time.
        notes: Sentences: what each file is, clocks, and what cannot be told.
        measured: Seconds that each duration of a cluster file took in the logs, by its key.
    """

    incidents: tuple[LoggedIncident, ...]
    notes: tuple[str, ...]
    measured: Mapping[str, Sequence[float]]

    def __str__(self) -> str:
        """Return the outages with their bars, and the notes, as text."""
        rows = [said("found", count=len(self.incidents))]
        for number, one in enumerate(self.incidents, start=1):
            rows += ["", f"{number}. {clock(one.start_s)}: {printable(one.words)}."]
            lanes = self.lanes(number)
            per_s = _BAR / max(1, *(spans[-1].end_s for spans in lanes.values()))
            for name, spans in lanes.items():
                rows.append(f"   {printable(name)}: {outage_of(spans).seconds:g} s down")
                rows += [_bar_row(span, one.start_s, per_s) for span in spans]
        for key, taken in sorted(self.measured.items()):
            rows.append(said("measured", duration=key, median=median(taken), count=len(taken)))
        return "\n".join([*rows, "", *self.notes])

    def __repr__(self) -> str:
        """Return the same, as a cell shows it; `clusterlab.lab.show_incidents` draws the bars."""
        return str(self)

    def as_data(self) -> dict[str, Any]:
        """Return everything as data for JSON; bars count seconds from the start of an incident."""
        incidents = [
            {"start": clock(one.start_s), "what": one.words}
            | {"bars": {n: [span._asdict() for span in b] for n, b in self.lanes(place).items()}}
            for place, one in enumerate(self.incidents, start=1)
        ]
        return {"incidents": incidents, "measured": dict(self.measured), "notes": self.notes}

    def lanes(self, number: int = 1) -> dict[str, list[Span]]:
        """Return bars to draw: each group of an incident, then what the simulation expected.

        Args:
            number: Which incident, from 1; its first outage begins at 0 s.
        """
        if not 1 <= number <= len(self.incidents):
            raise ConfigError(f"incident {number}: allowed: 1 to {len(self.incidents)}")
        one = self.incidents[number - 1]
        return {
            f"{title}{group}": [_shifted(span, -one.start_s) for span in bars[group]]
            for group in one.bars
            for title, bars in (("", one.bars), ("sim ", one.expected))
            if bars.get(group)
        }


def clock(at_s: float) -> str:
    """Return a moment of a log as text.

    Example:
        >>> clock(86399.6)
        '1970-01-02 00:00:00'
    """
    return f"{datetime.fromtimestamp(round(at_s), UTC):%Y-%m-%d %H:%M:%S}"


def _shifted(span: Span, by_s: float) -> Span:
    return span._replace(start_s=round(span.start_s + by_s, 3), end_s=round(span.end_s + by_s, 3))


def _bar_row(span: Span, start_s: float, per_s: float) -> str:
    seconds, when = span.end_s - span.start_s, clock(start_s + span.start_s)[11:]
    bar = " " * round(span.start_s * per_s) + "#" * max(round(seconds * per_s), 1)
    return f"     {when}  {span.part:15} {seconds:7.1f} s  {bar:{_BAR + 1}} {printable(span.node)}"


# --- from files to outages ------------------------------------------------------------------------


class _Told(NamedTuple):
    """All that files tell: records by one clock, ways of resources, their groups and types."""

    records: Sequence[LogRecord]
    ways: Sequence[LogRecord]
    members: Mapping[str, str]
    types: Mapping[str, str]
    cluster: Cluster | None
    notes: list[str]


def postmortem(
    files: Sequence[Path | str] | Path | str, cluster: Cluster | None = None
) -> Postmortem:
    """Return the outages that a client's logs tell of (handbook 1, 4, 8.3 and 9; 7.6).

    Args:
        files: Exported System and Application logs (Event Viewer's CSV, eventquery, dumpel) and
            cluster.logs, of any nodes, in any order.
        cluster: The cluster, for what was to be expected; None if there is no file of it.

    Raises:
        ClusterFileError: If a file cannot be read, or is no text.
        ConfigError: If a file is no log that is known, or no event of the Cluster service is there.
    """
    told = _told([files] if isinstance(files, Path | str) else files, cluster)
    bars = _bars(told)
    incidents = [_incident(outages, told.records) for outages in _together(bars)]
    if cluster:
        incidents = [_with_expected(one, cluster, bars, told.notes) for one in incidents]
    elif incidents:
        told.notes.append(said("no cluster"))
    told.notes.extend(_untold(incidents, bars, told.records))
    measured: dict[str, list[float]] = defaultdict(list)
    for key, seconds in _measured(incidents, told):
        measured[key].append(round(seconds, 3))
    notes = tuple(dict.fromkeys(told.notes))
    return Postmortem(incidents=tuple(incidents), notes=notes, measured=measured)


def _told(files: Iterable[Path | str], cluster: Cluster | None) -> _Told:
    nodes = [node.name for node in cluster.config.nodes] if cluster else []
    found, notes = logs.read_logs([Path(one) for one in files], nodes)
    members = logs.members_in(found)
    types = {one.resource: one.detail for one in found if one.detail in _PARTS}
    for one in cluster.config.resources if cluster else ():
        members[one.name], types[one.name] = one.group, one.type.name
    for name in dict.fromkeys(one.resource for one in found if one.kind == "state"):
        if name not in types and (guess := type_by_name(name)) != UNKNOWN:
            types[name] = guess
            notes.append(said("guess", resource=name, type=guess))
    found = logs.with_ways(found, members)
    records = logs.one_clock([*found, *logs.told_by_states(found, members)], notes)
    if not records:
        raise ConfigError(said("nothing"))
    ways = [one for one in records if one.kind == "state" and one.since_s]
    return _Told(records, ways, members, types, cluster, notes)


def _between(records: Sequence[LogRecord], start_s: float, end_s: float) -> Sequence[LogRecord]:
    """Return those of *records*, which are in order, of a stretch of time, its ends included."""
    first = bisect_left(records, start_s, key=lambda one: one.at_s)
    return records[first : bisect_right(records, end_s, key=lambda one: one.at_s)]


# --- bars -----------------------------------------------------------------------------------------


def _bars(told: _Told) -> dict[str, list[Span]]:
    """Return the bar of each group that the records name, from its first record to the last."""
    groups = told.cluster.config.essential.values() if told.cluster else ()
    needed = {one.name for resources in groups for one in resources} or told.members.keys()
    ways: dict[str, list[LogRecord]] = defaultdict(list)
    for one in told.ways:
        if one.resource in needed:
            ways[told.members.get(one.resource, "")].append(one)
    own: dict[str, list[LogRecord]] = defaultdict(list)
    for one in told.records:
        if one.group and one.kind in logs.RANKS:
            own[one.group].append(one)
    losses = [one for one in told.records if one.kind in {"removed", "halted"}]
    loss = cache(partial(_loss, told.records))  # logs may repeat a loss often
    made = {
        group: list(_joined([*_turns(heard, losses, told.records, loss)], ways[group], told))
        for group, heard in own.items()
    }
    return {group: spans for group, spans in made.items() if spans}


def _joined(turns: list[Span], ways: Sequence[LogRecord], told: _Told) -> Iterator[Span]:
    """Yield spans from each turn to the next; neighbours of one part and node are one."""
    spans: list[Span] = []
    end_s = told.records[-1].at_s
    for turn, after in pairwise([*turns, Span("", end_s, end_s, "")]):
        stretch = turn._replace(end_s=max(after.start_s, turn.start_s))
        if turn.part == "arbitrate" and stretch.end_s - stretch.start_s > LONGEST_WAIT_S:
            spans.append(stretch._replace(part=UNTOLD))
        elif turn.part == "restart":
            spans += _restarted(stretch, ways, told.types)
        else:
            spans += _divided(stretch, ways, told.types) if turn.part == COMING else [stretch]
    kept = [span for span in spans if span.end_s > span.start_s]
    kept += [span for span in spans[-1:] if span.part == ONLINE]
    for _, run in groupby(kept, key=lambda span: (span.part, span.node)):
        first, *more = run
        yield first._replace(end_s=more[-1].end_s) if more else first


def _turns(
    own: Sequence[LogRecord],
    losses: Sequence[LogRecord],
    records: Sequence[LogRecord],
    loss: Callable[[str, float], tuple[float, str]],
) -> Iterator[Span]:
    """Yield what became true of a group when; spans without length."""
    owner, part, place, last_s = "", "", 0, 0.0
    for one in sorted([*own, *losses], key=lambda one: (one.at_s, logs.RANKS[one.kind])):
        place += bool(one.group)
        after = own[place] if place < len(own) else None
        if one.group:
            if one.kind == "starts" and part in {"", ONLINE, "restart"}:
                yield _untold_before(one, owner, records)
            turned = _part_after(one, after, part)
            if turned != part or owner != one.node or turned == "restart":
                part, owner = turned, one.node
                yield Span(part, one.at_s, one.at_s, owner)
            continue
        gone = one.about or one.node
        if not owner and after and after.kind == "starts" and after.node != gone:
            owner = gone if after.at_s - one.at_s < RESTART_PERIOD_S else ""
        if gone == owner:
            (lost_s, missed), part = loss(gone, one.at_s), "arbitrate"
            lost_s = max(lost_s, last_s)
            yield from (Span(missed, lost_s, lost_s, gone), Span(part, one.at_s, one.at_s, gone))
        last_s = one.at_s


def _part_after(one: LogRecord, after: LogRecord | None, part: str) -> str:
    """Return what is true of a group after a record of its own."""
    if one.kind == "offline":
        moves = after is not None and after.kind == "starts" and after.node != one.node
        return "transfer" if moves else "offline"
    if one.kind == "failed":
        return "restart" if part in {"", ONLINE} else part
    if one.kind == "leaves" and after and after.kind == "given up":
        return "failed"
    return {"leaves": "stop", "given up": "failed", "online": ONLINE, "starts": COMING}[one.kind]


def _untold_before(one: LogRecord, owner: str, records: Sequence[LogRecord]) -> Span:
    """Return since when it cannot be told why a group that starts was not online."""
    place = bisect_left(records, one.at_s, key=lambda before: before.at_s)
    since_s = records[max(place - 1, 0)].at_s
    return Span(UNTOLD, since_s, since_s, owner or one.node)


def _loss(records: Sequence[LogRecord], node: str, removed_s: float) -> tuple[float, str]:
    """Return when a node was lost, two heartbeats before the first that missed it, and how."""
    for one in _between(records, removed_s - LONGEST_WAIT_S, removed_s):
        if one.kind == "contact lost" and one.about == node:
            lost_s = one.at_s - HEARTBEATS_S
            is_out = _networks_out(records, node, lost_s, removed_s)
            return lost_s, "network" if is_out else "detect"
    return removed_s, "detect"


def _networks_out(
    records: Sequence[LogRecord], node: str, lost_s: float, removed_s: float
) -> tuple[str, ...]:
    """Return the networks on which a lost node missed nodes that missed it, so that it ran."""
    heard = _between(records, lost_s, removed_s)
    missed = {(one.node, one.about) for one in heard if one.kind == "contact lost"}
    own = [one for one in heard if one.node == node and (one.about, node) in missed]
    return tuple(dict.fromkeys(one.detail for one in own if (node, one.about) in missed))


def _restarted(
    stretch: Span, ways: Sequence[LogRecord], types: Mapping[str, str]
) -> Iterator[Span]:
    """Yield what followed a failure in place, of which event logs have the failure only (8.3)."""
    back_s = stretch.start_s
    for one in _between(ways, stretch.start_s, stretch.start_s + RESTART_PERIOD_S):
        if one.node == stretch.node and stretch.start_s - _NEAR_S < one.since_s < back_s + _NEAR_S:
            back_s = one.at_s
    if back_s > stretch.start_s:
        yield from _divided(stretch._replace(end_s=back_s), ways, types)
    elif stretch.end_s - stretch.start_s <= RESTART_PERIOD_S:
        yield stretch._replace(part=UNTOLD)
        back_s = stretch.end_s
    yield stretch._replace(part=ONLINE, start_s=back_s)


def _divided(stretch: Span, ways: Sequence[LogRecord], types: Mapping[str, str]) -> Iterator[Span]:
    """Yield a stretch by the resources it waited for: the way that ended last, backwards."""
    path: list[LogRecord] = []
    limit_s = stretch.end_s + _NEAR_S
    for one in reversed(_between(ways, stretch.start_s, limit_s)):
        is_before = one.at_s <= limit_s + 0.01 and stretch.start_s - _NEAR_S < one.since_s
        if one.node == stretch.node and is_before and one.was == logs.PENDING:
            path.insert(0, one)
            limit_s = one.since_s
    at_s = stretch.start_s
    for one in path:
        if one.since_s - at_s > 0.1 and (at_s > stretch.start_s or stretch.part == "restart"):
            ended = _between(ways, one.since_s - 0.1, one.since_s)
            part = "stop" if any(way.was == logs.GOING for way in ended) else "restart"
            yield stretch._replace(part=part, start_s=at_s, end_s=one.since_s)
            at_s = one.since_s
        is_end = one is path[-1] and stretch.end_s - one.at_s < _NEAR_S
        end_s = stretch.end_s if is_end else one.at_s
        part = _PARTS.get(types.get(one.resource, ""), UNTOLD)
        yield stretch._replace(part=part, start_s=at_s, end_s=end_s)
        at_s = end_s
    is_back = bool(path) and path[-1].detail == logs.SERVES and stretch.part == COMING
    yield stretch._replace(part=ONLINE if is_back else stretch.part, start_s=at_s)


# --- incidents ------------------------------------------------------------------------------------


def _together(bars: Bars) -> list[dict[str, tuple[Span, ...]]]:
    """Return outages, each a run of spans without service, those of one incident together."""
    runs = [
        (group, tuple(run))
        for group, spans in bars.items()
        for is_out, run in groupby(spans, key=lambda span: span.part != ONLINE)
        if is_out
    ]
    found: list[dict[str, tuple[Span, ...]]] = []
    last_s = 0.0
    for group, spans in sorted(runs, key=lambda run: run[1][0].start_s):
        if not found or group in found[-1] or spans[0].start_s - last_s > TOGETHER_S:
            found.append({})
        found[-1][group] = spans
        last_s = spans[0].start_s
    return found


def _incident(outages: Bars, records: Sequence[LogRecord]) -> LoggedIncident:
    """Return outages with their cause: a node lost, a resource failed, a group moved."""
    lost = {span.node: span for bar in outages.values() for span in bar if span.part in LOST}
    if lost:
        nodes, events = defaultdict[str, list[str]](list), list[Event]()
        for node, span in lost.items():
            nodes[LOST[span.part]].append(node)
            networks = _networks_out(records, node, span.start_s, span.end_s)
            events += [InterfaceLost(node, one or None) for one in networks] or [NodeFailed(node)]
        words = "; ".join(said(key, nodes=", ".join(own)) for key, own in nodes.items())
        return LoggedIncident(words, tuple(events), outages, {})
    group, (first, *more) = next(iter(outages.items()))
    names = {"group": group, "node": first.node}
    for one in _between(records, first.start_s - 1, first.start_s + 1):
        if one.kind == "failed" and one.group == group:
            words = said("failed", resource=one.resource, **names)
            return LoggedIncident(words, (InitiateFailure(one.resource),), outages, {})
    if first.part == "stop" and more and more[0].part == "transfer":
        to = next((span.node for span in more if span.node != first.node), first.node)
        words = said("moved", to=to, **names)
        return LoggedIncident(words, (MoveGroup(group, to),), outages, {})
    words = said("taken" if first.part == "stop" else "why", **names)
    return LoggedIncident(words, (), outages, {})


def _with_expected(
    incident: LoggedIncident, cluster: Cluster, bars: Bars, notes: list[str]
) -> LoggedIncident:
    """Return *incident* with what the simulation has, from owners as they were at its start."""
    if not incident.events:
        notes.append(said("no cause"))
        return incident
    start_s, config, expected = incident.start_s, cluster.config, {}
    try:
        play = Play(cluster)
        for group, spans in bars.items():
            place = bisect_right(spans, start_s + 1, key=_START)
            owner = spans[max(place - 1, 0)].node
            if owner != play.cluster.owners[config.group_name(group)]:
                play.do(MoveGroup(group, owner)).settle()
        by_s = start_s - play.cluster.now_s
        for event in incident.events:
            play.do(event)
        play.settle()
        for group in incident.bars:
            spans = play.watch.outage(config.group_name(group)).spans
            moved = [_shifted(span, by_s) for span in spans]
            expected[group] = [span for span in moved if span.start_s >= start_s - 0.01]
    except (ConfigError, OperationRefused) as error:
        notes.append(said("no expectation", why=str(error)))
    return incident._replace(expected=expected)


def _untold(
    incidents: Iterable[LoggedIncident], bars: Bars, records: Sequence[LogRecord]
) -> Iterator[str]:
    """Yield what the logs do not tell of the outages, one sentence each."""
    nodes = {one.node for one in records}
    for incident in incidents:
        for group, spans in incident.bars.items():
            if others := _rivals(spans, bars[group][0], records):
                yield said("owner", group=group, node=spans[0].node, others=", ".join(others))
            for span in spans:
                if span.part in {*LOST, COMING, UNTOLD}:
                    names = {"group": group, "node": span.node, "seconds": HEARTBEATS_S}
                    names |= {"start": clock(span.start_s), "end": clock(span.end_s)}
                    yield said("detect" if span.part in LOST else span.part, **names)
                if span.node not in nodes:
                    yield said("no log", node=span.node)
            if bars[group][-1] == spans[-1]:
                yield said("not back", group=group, end=clock(records[-1].at_s))
    for one in records:
        bar = bars.get(one.group, ()) if one.kind == "failed" else ()
        place = bisect_right(bar, one.at_s + 1, key=_START)
        near = bar[max(place - 2, 0) : place]
        if bar and all(span.part == ONLINE or span.end_s < one.at_s - 1 for span in near):
            yield said("restart", group=one.group, resource=one.resource, node=one.node)


def _rivals(spans: Sequence[Span], first: Span, records: Sequence[LogRecord]) -> list[str]:
    """Return other nodes lost before a group started that no earlier record places on one."""
    if first not in spans or first.part not in LOST:
        return []
    start_s = next((one.start_s for one in spans if one.node != first.node), first.end_s)
    heard = _between(records, first.start_s, start_s)
    lost = {one.about or one.node for one in heard if one.kind in {"removed", "halted"}}
    return sorted(lost - {first.node})


# --- durations ------------------------------------------------------------------------------------


def _measured(incidents: Iterable[LoggedIncident], told: _Told) -> Iterator[tuple[str, float]]:
    """Yield each duration that the logs measure: its key and seconds."""
    for one in told.ways:
        key = logs.DURATIONS.get(told.types.get(one.resource, ""), "")
        if key and one.detail == logs.SERVES and one.was == logs.PENDING:
            yield key, one.at_s - one.since_s
    for span in sorted({s for one in incidents for bar in one.bars.values() for s in bar}):
        if span.part in _KEYS_OF_PARTS:
            yield _KEYS_OF_PARTS[span.part], span.end_s - span.start_s
        heard = _between(told.records, span.start_s, span.end_s) if span.part in LOST else ()
        missed = (one for one in heard if one.kind == "unreachable" and one.about == span.node)
        if first := next(missed, None):
            yield "node_lost", first.at_s - span.start_s
            yield "regroup", span.end_s - first.at_s
    if told.cluster:
        yield from _of_stores(told.ways, told.cluster)


def _of_stores(ways: Iterable[LogRecord], cluster: Cluster) -> Iterator[tuple[str, float]]:
    """Yield what the ways of Information Stores measure (handbook 2, 4.9).

    After a clean stop it is the time of the store itself; else the rate at which logs are replayed.
    """
    own, is_clean = cluster.config.durations, set()
    stores = {one.name: one for one in cluster.config.resources if one.type.short == "IS"}
    for one in ways:
        if one.resource in stores and one.detail == logs.SERVES:
            groups = storage_groups(stores[one.resource])
            rest_s = one.at_s - one.since_s - own["is_online_per_sg"] * groups
            if one.resource in is_clean and rest_s > 0:
                yield "is_online", rest_s
            elif rest_s > own["is_online"]:
                replayed = own["replay_logs_per_sg"] * groups
                yield "replay_logs_per_s", replayed / (rest_s - own["is_online"])
            is_clean.discard(one.resource)
        elif (one.was, one.detail) == (logs.GOING, logs.OFFLINE):
            is_clean.add(one.resource)


def with_measured(cluster: Cluster, found: Postmortem) -> tuple[Cluster, dict[str, float]]:
    """Return *cluster* with the durations that its logs have, and those that are others now.

    Event logs count whole seconds: what differs by less from the cluster's own stays as it is.
    """
    own = cluster.config.durations
    new = {key: round(float(median(taken)), 3) for key, taken in found.measured.items()}
    if new.get("arbitration_online", own["arbitration_online"]) < own["arbitration_reserve"]:
        new["arbitration_reserve"] = new["arbitration_online"]
    least = defaultdict(lambda: 1.0, replay_logs_per_s=0.01)
    changed = {k: v for k, v in new.items() if v > 0 and abs(v - own[k]) >= least[k]}
    config = replace(cluster.config, durations={**own, **changed})
    return replace(cluster, config=config), changed
