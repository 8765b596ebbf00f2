"""From records to bars: clocks made one, and for each group what its clients waited for when.

A part that the records do not tell is "cannot be told"; it is never filled with a usual value.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from clusterlab.cluster.facts import CLUSTER_DURATIONS
from clusterlab.cluster.outages import ONLINE, Span
from clusterlab.eventlogs.reading import KINDS, Logs, Record, said

UNTOLD = "cannot be told"
"""The part of a bar of which the records do not tell what it was, or whether users were served."""
COMING = "coming online"
"""The group comes online; only cluster.log tells which resource it waits for."""

HEARTBEATS_S = CLUSTER_DURATIONS["interface_lost"].seconds
"""How long before the first 1123 the last heartbeat came (handbook 1, 2.4)."""
RESTART_PERIOD_S = 900.0
"""Within this time a failure after a failure counts as of the same trouble (handbook 1, 2.2)."""
LONGEST_WAIT_S = 30.0
"""Longer than this nobody waits for the quorum (handbook 1, 2.4 and 4.11)."""
_NEAR_S = 2.0
_FAR_S = 15 * 3600.0
_MOST_OF_A_KEY = 40
_ZONE_S = 900.0
_RANK = {kind: place for place, kind in enumerate(KINDS)}
_ONLINE, _OFFLINE, _FAILED, _COMING, _GOING = "2", "3", "4", "129", "130"

Clock = tuple[str, bool]
"""A node, and whether it is its cluster.log that counts, in UTC."""


# --- clocks ---------------------------------------------------------------------------------------


def one_clock(logs: Logs) -> list[Record]:
    """Return the records by the clock of the node that records most, in the order of time.

    How far another clock is off is what most events that both logs have agree on. What
    cluster.log says of groups is left out where the event log of the node says it.
    """
    by_clock: dict[Clock, list[Record]] = defaultdict(list)
    for record in dict.fromkeys(logs.records):
        by_clock[record.node, record.is_utc].append(record)
    if not by_clock:
        return []
    first = max(by_clock, key=lambda clock: (not clock[1], len(by_clock[clock])))
    offsets = {first: 0.0}
    keys = {clock: _keyed(records) for clock, records in by_clock.items()}
    lone: dict[str, list[str]] = defaultdict(list)
    while left := sorted(keys.keys() - offsets.keys(), key=lambda clock: (clock[1], clock)):
        if found := _next_clock(keys, offsets):
            clock, base, off_s, count = found
            offsets[clock] = offsets[base] + off_s
            if abs(offsets[clock]) >= _NEAR_S:
                logs.notes.append(_clock_note(clock, first, offsets[clock], count))
            continue
        clock = left[0]
        zones = [round(off_s / _ZONE_S) * _ZONE_S for one, off_s in offsets.items() if one[1]]
        if clock[1] and not zones:
            lone["left out"].append(_clock_name(clock))
            del keys[clock]
        else:
            lone["taken as right"].append(_clock_name(clock))
            offsets[clock] = zones[0] if clock[1] else 0.0
    for what, names in lone.items():
        clocks = ", ".join(names)
        logs.notes.append(said("lone clock", clocks=clocks, base=_clock_name(first), what=what))
    shifted = (
        record._replace(at_s=record.at_s - offsets[clock])
        for clock, records in by_clock.items()
        if clock in offsets
        for record in records
    )
    with_events = {clock[0] for clock in by_clock if not clock[1]}
    kept = (one for one in shifted if not (one.is_utc and one.group and one.node in with_events))
    return sorted(kept, key=lambda one: (one.at_s, _RANK.get(one.kind, -1)))


def _clock_name(clock: Clock) -> str:
    return f"{clock[0]}{' (cluster.log)' if clock[1] else ''}"


def _clock_note(clock: Clock, first: Clock, off_s: float, count: int) -> str:
    way = "ahead of" if off_s > 0 else "behind"
    names = {"clock": _clock_name(clock), "base": _clock_name(first), "way": way}
    return said("clock", seconds=abs(off_s), count=count, **names)


def _keyed(records: Iterable[Record]) -> Mapping[tuple[object, ...], list[float]]:
    """Return the moments of events that another log may have too, by what they are about."""
    found: dict[tuple[object, ...], list[float]] = defaultdict(list)
    for one in records:
        keys: list[tuple[object, ...]] = []
        if one.group and one.kind in _RANK:
            keys = [(one.kind, one.node, one.group, one.resource if one.kind == "failed" else "")]
        elif one.about and one.kind != "node":
            keys = [(one.kind, one.about, one.detail)]
            keys += [(one.kind, frozenset((one.node, one.about)), one.detail)]
        for key in keys:
            if len(found[key]) < _MOST_OF_A_KEY:
                found[key].append(one.at_s)
    return found


def _next_clock(
    keys: Mapping[Clock, Mapping[tuple[object, ...], list[float]]], offsets: Mapping[Clock, float]
) -> tuple[Clock, Clock, float, int] | None:
    """Return a clock that can be compared with one that is known, and by how much it is ahead."""
    best: tuple[Clock, Clock, float, int] | None = None
    for clock in keys.keys() - offsets.keys():
        for base in offsets:
            told = _ahead_s(keys[clock], keys[base])
            if told and (best is None or told[1] > best[3]):
                best = (clock, base, *told)
    return best


def _ahead_s(
    one: Mapping[tuple[object, ...], list[float]], other: Mapping[tuple[object, ...], list[float]]
) -> tuple[float, int] | None:
    """Return by how many seconds one clock is ahead of another, and how many events agree."""
    gaps = sorted(
        mine - theirs
        for key in one.keys() & other.keys()
        for mine in one[key]
        for theirs in other[key]
        if abs(mine - theirs) <= _FAR_S
    )
    counts = Counter(round(gap) for gap in gaps)
    if not counts:
        return None
    near = {gap: sum(counts[gap + step] for step in (-1, 0, 1)) for gap in counts}
    ahead_s = min(near, key=lambda gap: (-near[gap], -counts[gap], abs(gap)))
    zone_s = round(ahead_s / _ZONE_S) * _ZONE_S
    is_zone = abs(ahead_s - zone_s) < _NEAR_S
    return (zone_s if is_zone else float(ahead_s)), near[ahead_s]


# --- what cluster.log adds ------------------------------------------------------------------------


class Attempt(NamedTuple):
    """One resource on its way, from cluster.log.

    Attributes:
        resource: Its name.
        node: Where.
        start_s: When it became pending.
        end_s: When it was no longer.
        state: What it became, a code of handbook 1, 1.2.
        was_going: Whether it went offline.
    """

    resource: str
    node: str
    start_s: float
    end_s: float
    state: str
    was_going: bool


def attempts_in(records: Iterable[Record]) -> list[Attempt]:
    """Return each way of a resource through a pending state, by its end."""
    since: dict[tuple[str, str], tuple[float, str]] = {}
    found = []
    for one in records:
        if one.kind == "state":
            begun = since.pop((one.node, one.resource), None)
            if one.detail in {_COMING, _GOING}:
                since[one.node, one.resource] = (one.at_s, one.detail)
            elif begun:
                start_s, way = begun
                found.append(
                    Attempt(one.resource, one.node, start_s, one.at_s, one.detail, way == _GOING)
                )
    return found


def with_removed(records: Iterable[Record]) -> Iterator[Record]:
    """Yield the records; lines of cluster.log about lost nodes take the nodes last missed."""
    missed: dict[str, Record] = {}
    for one in records:
        if one.kind == "contact lost":
            missed[one.node] = one
        if one.kind == "removed" and not one.about and one.node in missed:
            yield one._replace(about=missed[one.node].about)
        else:
            yield one


def members_in(records: Iterable[Record]) -> dict[str, str]:
    """Return the group of each resource that the records name together with it."""
    names: dict[str, str] = {}
    held: dict[str, str] = {}
    found: dict[str, str] = {}
    for one in records:
        if one.kind == "failed":
            found[one.resource] = one.group
        elif one.kind in {"resource name", "group name"}:
            names[one.detail] = one.resource or one.group
        elif one.kind == "contains":
            held[one.detail] = one.group
    told = {names[one]: names[group] for one, group in held.items() if {one, group} <= names.keys()}
    return {**told, **found}


def told_by_states(records: Sequence[Record], members: Mapping[str, str]) -> Iterator[Record]:
    """Yield what an event log would have said of groups, from the states in cluster.log."""
    used = {one.resource for one in records if one.kind == "state"}
    whole = Counter(group for resource, group in members.items() if resource in used)
    states: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    last: dict[tuple[str, str], str] = {}
    for one in records:
        group = members.get(one.resource, "")
        if one.kind != "state" or not group:
            continue
        place = (one.node, group)
        states[place][one.resource] = one.detail
        kind = _group_kind(Counter(states[place].values()), one.detail, whole[group])
        if kind and (kind == "failed" or kind != last.get(place)):
            if kind == "starts" and last.get(place) in {"failed", "online"}:
                continue  # a restart in place
            last[place] = kind
            yield one._replace(kind=kind, group=group)


def _group_kind(counts: Counter[str], state: str, whole: int) -> str:
    if state == _FAILED:
        return "failed"
    if state == _GOING:
        return "leaves"
    if state == _OFFLINE:
        return "offline" if counts[_OFFLINE] + counts[_FAILED] >= whole else ""
    if state == _ONLINE:
        return "online" if counts[_ONLINE] >= whole else ""
    return "starts"


# --- bars -----------------------------------------------------------------------------------------


class Turn(NamedTuple):
    """From when what was true of a group."""

    at_s: float
    part: str
    node: str


def bar_of(
    group: str, records: Sequence[Record], attempts: Sequence[Attempt], part_of: Mapping[str, str]
) -> list[Span]:
    """Return what the clients of *group* waited for, from its first record to the last of all.

    Args:
        group: Its name.
        records: By one clock, in order.
        attempts: Those of the resources that it cannot do without.
        part_of: The part of an outage that each resource stands for.

    Returns:
        Spans without gaps; the last one is "Online" if the group is back.
    """
    turns = sorted(_turns(group, records), key=lambda turn: turn.at_s)
    for turn, after in pairwise(list(turns)):
        if turn.part == "arbitrate" and after.at_s - turn.at_s > LONGEST_WAIT_S:
            turns[turns.index(turn)] = turn._replace(part=UNTOLD)
    end_s = max(records[-1].at_s, turns[-1].at_s) if turns else 0.0
    spans: list[Span] = []
    for turn, after in pairwise([*turns, Turn(end_s, "", "")]):
        stretch = Span(turn.part, turn.at_s, after.at_s, turn.node)
        if turn.part == "restart":
            spans += _restarted(stretch, attempts, part_of)
        elif turn.part == COMING:
            spans += _divided(stretch, attempts, part_of)
        else:
            spans.append(stretch)
    last = spans[-1:] if spans and spans[-1].part == ONLINE else []
    return _joined([*(span for span in spans if span.end_s > span.start_s), *last])


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Return spans without gaps or doubles: neighbours of one part and node are one."""
    joined: list[Span] = []
    for span in spans:
        if joined and (joined[-1].part, joined[-1].node) == (span.part, span.node):
            joined[-1] = joined[-1]._replace(end_s=span.end_s)
        else:
            joined.append(span)
    return joined


def _turns(group: str, records: Sequence[Record]) -> Iterator[Turn]:
    heard = [one for one in records if one.group == group or one.kind in {"removed", "halted"}]
    own = [one for one in heard if one.group == group and one.kind in _RANK]
    owner, part, place, lost_s = "", "", 0, 0.0
    for one in heard:
        if one.group == group:
            if one.kind not in _RANK:
                continue
            place += 1
            after = own[place] if place < len(own) else None
            yield from _own_turns(one, after, part, owner, records)
            part = {"online": ONLINE, "starts": COMING, "failed": part}.get(one.kind, "out")
            owner = one.node
            continue
        gone = one.about if one.kind == "removed" else one.node
        after = own[place] if place < len(own) else None
        is_next = after and after.kind == "starts" and after.node != gone
        if not owner and is_next and after and after.at_s - one.at_s < RESTART_PERIOD_S:
            owner = gone
        if gone and gone == owner and part != "lost":
            start_s = max(_lost_s(gone, one, records), lost_s)
            yield Turn(start_s, "detect", gone)
            yield Turn(one.at_s, "arbitrate" if after else UNTOLD, gone)
            part, lost_s = "lost", one.at_s


def _own_turns(
    one: Record, after: Record | None, part: str, owner: str, records: Sequence[Record]
) -> Iterator[Turn]:
    if one.kind == "starts":
        if part in {"", ONLINE}:
            since_s = max((r.at_s for r in records if r.at_s < one.at_s), default=one.at_s)
            yield Turn(since_s, UNTOLD, owner or one.node)
        yield Turn(one.at_s, COMING, one.node)
    elif one.kind == "leaves":
        yield Turn(one.at_s, "stop", one.node)
    elif one.kind == "offline":
        moves = after is not None and after.kind == "starts" and after.node != one.node
        yield Turn(one.at_s, "transfer" if moves else "offline", one.node)
    elif one.kind == "given up":
        yield Turn(one.at_s, "failed", one.node)
    elif one.kind == "online":
        yield Turn(one.at_s, ONLINE, one.node)
    elif part in {"", ONLINE}:  # a resource failed
        yield Turn(one.at_s, "restart", one.node)


def _lost_s(node: str, removed: Record, records: Sequence[Record]) -> float:
    """Return when a node was lost: two heartbeats before the first that missed it said so."""
    near = [
        one.at_s
        for one in records
        if one.kind == "contact lost"
        and one.about == node
        and removed.at_s - LONGEST_WAIT_S <= one.at_s <= removed.at_s
    ]
    return min(near) - HEARTBEATS_S if near else removed.at_s


def _restarted(
    stretch: Span, attempts: Sequence[Attempt], part_of: Mapping[str, str]
) -> Iterator[Span]:
    """Yield what followed a failure in place, of which event logs have the failure only (8.3)."""
    back_s = stretch.start_s
    for one in sorted(attempts, key=lambda one: one.start_s):
        if one.node == stretch.node and stretch.start_s - _NEAR_S < one.start_s < back_s + _NEAR_S:
            back_s = max(back_s, one.end_s)
    if back_s > stretch.start_s:
        yield from _divided(stretch._replace(end_s=back_s), attempts, part_of)
    elif stretch.end_s - stretch.start_s <= RESTART_PERIOD_S:
        yield stretch._replace(part=UNTOLD)
        back_s = stretch.end_s
    yield stretch._replace(part=ONLINE, start_s=back_s)


def _divided(
    stretch: Span, attempts: Sequence[Attempt], part_of: Mapping[str, str]
) -> Iterator[Span]:
    """Yield a stretch by the resources it waited for: the way that ended last, backwards."""
    inside = [
        one
        for one in attempts
        if one.node == stretch.node
        and stretch.start_s - _NEAR_S < one.start_s
        and one.end_s < stretch.end_s + _NEAR_S
    ]
    way: list[Attempt] = []
    limit_s = stretch.end_s + _NEAR_S
    while found := [one for one in inside if one.end_s <= limit_s + 0.01 and one not in way]:
        way.insert(0, max(found, key=lambda one: (one.end_s, -one.start_s)))
        limit_s = way[0].start_s
    at_s = stretch.start_s
    for number, one in enumerate(way):
        if one.start_s - at_s > 0.1 and (number or stretch.part == "restart"):
            yield Span("restart", at_s, one.start_s, one.node)
            at_s = one.start_s
        is_end = one is way[-1] and stretch.end_s - one.end_s < _NEAR_S
        end_s = stretch.end_s if is_end else one.end_s
        yield Span(part_of.get(one.resource, UNTOLD), at_s, end_s, one.node)
        at_s = end_s
    if at_s < stretch.end_s:
        is_back = bool(way) and way[-1].state == _ONLINE and stretch.part == COMING
        yield stretch._replace(part=ONLINE if is_back else stretch.part, start_s=at_s)
