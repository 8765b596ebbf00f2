"""Mail flow around a cluster: what waits where while a server is out, and how it drains.

Theory of operation. Each stream is a fluid that enters evenly at its sender and passes from place
to place. A step is open while the place that gives works and the place that takes has been found
working at the last try; what cannot go on waits where it is. Between two changes of that kind
every rate is constant, so the queues are straight lines, and the moments at which one of them
runs empty are reckoned exactly, without chance and without steps of time.

Streams that want more than a step can pass share it evenly. Which places are out comes from the
simulation of the cluster (EVSs, nodes) and from the caller (stand-alone servers).

The product also keeps accepting mail while only the store of an EVS is out, since SMTP stays
Online; here an EVS works when it serves its clients, because that is what users ask about.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import ceil, inf
from typing import NamedTuple, TypeVar

from clusterlab.cluster.draft import Outcome
from clusterlab.cluster.errors import OperationRefused, impossible, wrong
from clusterlab.cluster.failures import check_can_fail
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.outages import ONLINE, Span, service_part
from clusterlab.exchange.topologies import Kind, PlaceKind, Stream, Topology, topology
from clusterlab.simulation import Simulation

SECONDS = 60.0
_EMPTY = 1e-6
"""Less than this counts as nothing: rounding, not mail."""

Interval = tuple[float, float]
Outages = Mapping[str, Sequence[Interval]]
"""By place from when until when it is out; infinity where the end is not known yet."""


class Queue(NamedTuple):
    """What waits at one place to go on along one stream."""

    stream: str
    place: str


_Key = TypeVar("_Key", Queue, str)


class MailMoment(NamedTuple):
    """How things stand at one moment.

    Attributes:
        waiting: Items by queue.
        done: Items that have arrived, by stream.
        failed: Requests that were answered with an error, by stream.
    """

    at_s: float
    waiting: Mapping[Queue, float]
    done: Mapping[str, float]
    failed: Mapping[str, float]


class MailFlow:
    """What flows through a topology from one moment to another.

    Attributes:
        moments: Whenever a rate changes, oldest first; in between everything is a straight line.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> notes = topology("notes", exchange_cluster())
        >>> mail = MailFlow(notes, {"Connector server": [(60, 660)]}, until_s=900)
        >>> round(mail.waiting("Domino bridgehead", 660))
        300
        >>> mail.waiting("Domino bridgehead", 900)
        0.0
    """

    def __init__(
        self, topology: Topology, outages: Outages, *, start_s: float = 0.0, until_s: float
    ) -> None:
        if not start_s <= until_s < inf:
            raise wrong("until_s", until_s, f"{start_s:g} s or later")
        for name in outages:
            topology.place(name)
        self.topology = topology
        self.outages = outages
        self.start_s = start_s
        self.until_s = until_s
        self._closed: dict[tuple[str, str], tuple[Interval, ...]] = {}
        self._queues: dict[str, tuple[Queue, ...]] = {}
        self.moments = tuple(self._moments())

    def __repr__(self) -> str:
        """Return the state at the end as a listing, so that a cell that ends with it shows it."""
        return flow_text(self, self.until_s)

    # --- what is known of a moment ----------------------------------------------------------

    def is_out(self, place: str, at_s: float) -> bool:
        """Return whether *place* is out at a moment."""
        return _is_inside(self.outages.get(place, ()), at_s)

    def is_open(self, giver: str, taker: str, at_s: float) -> bool:
        """Return whether *giver* passes on to *taker* at a moment."""
        key = (giver, taker)
        if key not in self._closed:
            retry_s = self.topology.retry_s.get(giver, 0.0)
            seen = [(a, _next_try(a, b, retry_s)) for a, b in self.outages.get(taker, ())]
            self._closed[key] = (*self.outages.get(giver, ()), *seen)
        return not _is_inside(self._closed[key], at_s)

    def at(self, at_s: float) -> MailMoment:
        """Return how things stand at a moment; before the start and after the end as there."""
        index = bisect_right(self.moments, at_s, key=lambda moment: moment.at_s)
        if not 0 < index < len(self.moments):
            return self.moments[max(index - 1, 0)]
        before, after = self.moments[index - 1], self.moments[index]
        share = (at_s - before.at_s) / (after.at_s - before.at_s)
        return MailMoment(
            at_s,
            _between(before.waiting, after.waiting, share),
            _between(before.done, after.done, share),
            _between(before.failed, after.failed, share),
        )

    def waiting(self, place: str, at_s: float) -> float:
        """Return how much waits at *place*, all streams together."""
        return _at_place(self.at(at_s), place)

    def series(self, place: str) -> tuple[tuple[float, float], ...]:
        """Return moment and length of the queue at *place* wherever its slope changes."""
        return tuple((moment.at_s, _at_place(moment, place)) for moment in self.moments)

    def peak(self, place: str) -> tuple[float, float]:
        """Return the longest queue at *place* so far, and when it was that long first."""
        return max(((count, -at_s) for at_s, count in self.series(place)), default=(0.0, 0.0))

    def failed(self, at_s: float) -> float:
        """Return how many requests have failed until a moment."""
        return sum(self.at(at_s).failed.values())

    def longest_wait_s(self, stream: str) -> float:
        """Return the longest time that anything of a stream was on its way until the end."""
        found = self._stream(stream)
        per_s = found.per_minute / SECONDS
        if found.kind is Kind.REQUESTS or not per_s:
            return 0.0
        late = (m.at_s - self.start_s - m.done[stream] / per_s for m in self.moments)
        return round(max(late), 3)

    def next_s(self, after_s: float) -> float | None:
        """Return the next moment at which a rate changes, or None before the end."""
        times = (moment.at_s for moment in self.moments)
        return next((at_s for at_s in times if after_s < at_s < self.until_s), None)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing waits at the end."""
        return not any(self.moments[-1].waiting.values())

    def _stream(self, name: str) -> Stream:
        return next(stream for stream in self.topology.streams if stream.name == name)

    # --- reckoning --------------------------------------------------------------------------

    def _moments(self) -> Iterator[MailMoment]:
        names = [stream.name for stream in self.topology.streams]
        waiting = {queue: 0.0 for name in names for queue in self._queues_of(name)}
        done, failed = dict.fromkeys(names, 0.0), dict.fromkeys(names, 0.0)
        moment = MailMoment(self.start_s, waiting, done, failed)
        yield moment
        for start_s, end_s in pairwise(self._turns()):
            while moment.at_s < end_s:
                rates = self._rates(start_s, moment.waiting)
                moment = _later(moment, rates, _first_empty(moment, rates, end_s))
                yield moment

    def _queues_of(self, name: str) -> tuple[Queue, ...]:
        if name not in self._queues:
            stream = self._stream(name)
            givers = [] if stream.kind is Kind.REQUESTS else stream.path[:-1]
            self._queues[name] = tuple(Queue(name, place) for step in givers for place in step)
        return self._queues[name]

    def _turns(self) -> list[float]:
        """Return every moment at which a step opens or closes, with the start and the end."""
        turns = {self.start_s, self.until_s}
        for stream in self.topology.streams:
            for givers, takers in pairwise(stream.path):
                for giver in givers:
                    for taker in takers:
                        self.is_open(giver, taker, self.start_s)
        for closed in self._closed.values():
            turns |= {at_s for interval in closed for at_s in interval}
        return sorted(at_s for at_s in turns if self.start_s <= at_s <= self.until_s)

    def _taker(self, giver: str, takers: Iterable[str], at_s: float) -> str | None:
        return next((name for name in takers if self.is_open(giver, name, at_s)), None)

    def _rates(self, at_s: float, waiting: Mapping[Queue, float]) -> _Rates:
        """Return what changes in a second, with the steps as they are from *at_s* on."""
        rates = _Rates(defaultdict(float), defaultdict(float), defaultdict(float))
        carried = [s for s in self.topology.streams if s.kind is not Kind.REQUESTS]
        for stream in carried:
            rates.waiting[Queue(stream.name, stream.path[0][0])] = stream.per_minute / SECONDS
        for number in range(max((len(stream.path) for stream in carried), default=1) - 1):
            self._pass_on(number, carried, at_s, waiting, rates)
        for stream in self.topology.streams:
            if stream.kind is Kind.REQUESTS:
                reached = rates.done if self._is_answered(stream, at_s) else rates.failed
                reached[stream.name] = stream.per_minute / SECONDS
        return rates

    def _pass_on(
        self,
        number: int,
        streams: Sequence[Stream],
        at_s: float,
        waiting: Mapping[Queue, float],
        rates: _Rates,
    ) -> None:
        """Let every queue of step *number* flow on; queues that use the same step share it."""
        wanted: dict[tuple[str, str], list[tuple[Stream, Queue]]] = defaultdict(list)
        for stream in streams:
            if number + 1 < len(stream.path):
                for giver in stream.path[number]:
                    taker = self._taker(giver, stream.path[number + 1], at_s)
                    if taker is not None:
                        wanted[giver, taker].append((stream, Queue(stream.name, giver)))
        for (giver, taker), users in wanted.items():
            asked = [inf if waiting[queue] else rates.waiting[queue] for _, queue in users]
            limit = self.topology.limits[giver, taker] / SECONDS
            for (stream, queue), share in zip(users, shares(asked, limit), strict=True):
                rates.waiting[queue] -= share
                if number + 2 == len(stream.path):
                    rates.done[stream.name] += share
                else:
                    rates.waiting[Queue(stream.name, taker)] += share

    def _is_answered(self, stream: Stream, at_s: float) -> bool:
        here: str | None = stream.path[0][0]
        for takers in stream.path[1:]:
            here = self._taker(here, takers, at_s) if here is not None else None
        return here is not None


class _Rates(NamedTuple):
    """What changes in a second: queues, arrivals, failures."""

    waiting: defaultdict[Queue, float]
    done: defaultdict[str, float]
    failed: defaultdict[str, float]


def shares(wanted: Sequence[float], limit: float) -> list[float]:
    """Return what each of several gets of *limit*: nobody more than wanted, else evenly.

    Example:
        >>> shares([1.0, 9.0, 9.0], 11.0)
        [1.0, 5.0, 5.0]
    """
    given = [0.0] * len(wanted)
    left = limit
    for rank, index in enumerate(sorted(range(len(wanted)), key=wanted.__getitem__)):
        given[index] = min(wanted[index], left / (len(wanted) - rank))
        left -= given[index]
    return given


def _first_empty(moment: MailMoment, rates: _Rates, end_s: float) -> float:
    """Return when the first queue runs empty, at the latest *end_s*."""
    times = (
        moment.at_s + count / -rates.waiting[queue]
        for queue, count in moment.waiting.items()
        if count and rates.waiting[queue] < -_EMPTY
    )
    return min([end_s, *times])


def _later(moment: MailMoment, rates: _Rates, at_s: float) -> MailMoment:
    passed_s = at_s - moment.at_s
    waiting = {
        queue: _cleaned(count + passed_s * rates.waiting[queue])
        for queue, count in moment.waiting.items()
    }
    done = {name: count + passed_s * rates.done[name] for name, count in moment.done.items()}
    failed = {name: count + passed_s * rates.failed[name] for name, count in moment.failed.items()}
    return MailMoment(at_s, waiting, done, failed)


def _between(
    old: Mapping[_Key, float], new: Mapping[_Key, float], share: float
) -> dict[_Key, float]:
    return {key: old[key] + share * (new[key] - old[key]) for key in old}


def _cleaned(count: float) -> float:
    return count if count > _EMPTY else 0.0


def _next_try(start_s: float, end_s: float, retry_s: float) -> float:
    """Return when a place that was out from *start_s* to *end_s* is found working again."""
    if end_s == inf or not retry_s:
        return end_s
    return start_s + ceil(round((end_s - start_s) / retry_s, 9)) * retry_s


def _is_inside(intervals: Iterable[Interval], at_s: float) -> bool:
    return any(start_s <= at_s < end_s for start_s, end_s in intervals)


def _at_place(moment: MailMoment, place: str) -> float:
    return sum(count for queue, count in moment.waiting.items() if queue.place == place)


# --- what is out --------------------------------------------------------------------------------


def outages_from(
    made: Topology, spans: Mapping[str, Sequence[Span]], history: Sequence[Outcome]
) -> dict[str, tuple[Interval, ...]]:
    """Return when the EVSs, and services bound to a node, were out.

    Source: handbook 2, 4.6; handbook 2, 6.1 for services on a node.
    """
    found: dict[str, tuple[Interval, ...]] = {}
    for place in made.places:
        if place.kind is PlaceKind.EVS and place.name in spans:
            last = history[-1].cluster
            found[place.name] = tuple(_merged(_out_spans(spans[place.name], last, place.name)))
        elif place.kind is PlaceKind.ON_NODE:
            found[place.name] = tuple(_merged(_down_spans(history, place.node)))
    return {name: intervals for name, intervals in found.items() if intervals}


def _out_spans(spans: Sequence[Span], last: Cluster, group: str) -> Iterator[Interval]:
    """Yield when a group did not serve; what is so at last goes on without an end."""
    for span in spans:
        if span.part != ONLINE:
            yield span.start_s, span.end_s
    if service_part(last, group) != ONLINE:
        yield last.now_s, inf


def _down_spans(history: Sequence[Outcome], node: str) -> Iterator[Interval]:
    times = [outcome.cluster.now_s for outcome in history[1:]] + [inf]
    for outcome, end_s in zip(history, times, strict=True):
        if not _is_running(outcome.cluster, node):
            yield outcome.cluster.now_s, end_s


def _is_running(cluster: Cluster, node: str) -> bool:
    """Return whether services of a node run.

    They would also run while only its Cluster service is stopped; the simulation does not tell
    that from a node without power once it is Down, so it counts as out.
    """
    if node not in cluster.config.nodes_by_name:
        return False
    try:
        check_can_fail(cluster, node)
    except OperationRefused:
        return False
    return True


def _merged(intervals: Iterable[Interval]) -> Iterator[Interval]:
    """Yield intervals without gaps between neighbours that touch, and none of no length."""
    last: Interval | None = None
    for start_s, end_s in intervals:
        if last is not None and start_s <= last[1]:
            last = (last[0], max(last[1], end_s))
        elif start_s < end_s:
            if last is not None:
                yield last
            last = (start_s, end_s)
    if last is not None:
        yield last


def mail_flow(
    sim: Simulation,
    made: Topology | str = "notes",
    *,
    out: Outages | None = None,
    until_s: float | None = None,
) -> MailFlow:
    """Return what flows around the cluster of a simulation, from its start on.

    Args:
        sim: Says when each EVS was out.
        made: A topology, or the key of one.
        out: When stand-alone servers are out: by name, pairs of seconds.
        until_s: Until when; now, if nothing is said. Later than now, things stay as they are.

    Raises:
        ConfigError: If there is no such place or topology, if a place is no stand-alone server,
            or if an interval ends before it begins.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> sim = Simulation(exchange_cluster())
        >>> sim.fail_node("NODE3")
        >>> sim.run()
        >>> mail = mail_flow(sim, until_s=300)
        >>> round(mail.waiting("Connector server", 175), 1)
        29.2
    """
    made = topology(made, sim.cluster) if isinstance(made, str) else made
    checked = _checked_outages(made, out or {})
    history = sim.history
    spans = {name: sim.spans(name) for name in sim.outages()}
    found = outages_from(made, spans, history)
    end_s = sim.now_s if until_s is None else until_s
    start_s = history[0].cluster.now_s
    return MailFlow(made, {**found, **checked}, start_s=start_s, until_s=end_s)


def _checked_outages(made: Topology, out: Outages) -> dict[str, tuple[Interval, ...]]:
    checked: dict[str, tuple[Interval, ...]] = {}
    for name, intervals in out.items():
        place = made.place(name)
        if place.kind is not PlaceKind.SERVER:
            raise impossible("no stand-alone server", place.name, ", ".join(made.servers))
        for start_s, end_s in intervals:
            if not 0 <= start_s < end_s:
                raise impossible("no outage", place.name, start_s, end_s)
        checked[place.name] = tuple(_merged(sorted(intervals)))
    return checked


# --- in words -----------------------------------------------------------------------------------


def count_words(count: float, kind: Kind = Kind.MESSAGES) -> str:
    """Return a number of items in words, whole items only.

    Example:
        >>> count_words(29.2), count_words(1)
        ('29 messages', '1 message')
    """
    whole = round(count)
    return f"{whole:,} {kind.value.removesuffix('s') if whole == 1 else kind.value}"


def kind_at(made: Topology, place: str) -> Kind:
    """Return what passes a place; messages if nothing does, or more than one kind."""
    kinds = {stream.kind for stream in made.streams if any(place in step for step in stream.path)}
    return kinds.pop() if len(kinds) == 1 else Kind.MESSAGES


def flow_text(flow: MailFlow, at_s: float) -> str:
    """Return each place as a line: whether it works, what waits there, the most so far.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> print(flow_text(mail_flow(Simulation(exchange_cluster(active=1)), "front-ends"), 0))
        Front-end servers with Network Load Balancing, t = 0.0 s
        <BLANKLINE>
        Place                  State    Waiting           Most so far
        ---------------------- -------- ----------------- -----------------
        Browsers               outside
        Front-end 1            works
        Front-end 2            works
        EVS1                   works
        <BLANKLINE>
        Answered: 0 requests; failed: 0 requests
    """
    made = flow.topology
    lines = [
        f"{made.title}, t = {at_s:.1f} s",
        "",
        f"{'Place':<22} {'State':<8} {'Waiting':<17} Most so far",
        " ".join("-" * width for width in (22, 8, 17, 17)),
    ]
    for place in made.places:
        state = state_word(flow, place.name, at_s)
        waits, most = waiting_words(flow, place.name, at_s)
        lines.append(f"{place.name:<22} {state:<8} {waits:<17} {most}".rstrip())
    return "\n".join([*lines, "", total_words(flow, at_s)])


def state_word(flow: MailFlow, name: str, at_s: float) -> str:
    """Return whether a place works, is down, or is outside of what can fail here."""
    if flow.topology.place(name).kind in (PlaceKind.OUTSIDE, PlaceKind.CLIENTS):
        return "outside"
    return "down" if flow.is_out(name, at_s) else "works"


def waiting_words(flow: MailFlow, name: str, at_s: float) -> tuple[str, str]:
    """Return what waits at a place and the most that has waited there; "" where nothing can."""
    if not any(queue.place == name for queue in flow.moments[0].waiting):
        return "", ""
    kind = kind_at(flow.topology, name)
    return count_words(flow.waiting(name, at_s), kind), count_words(flow.peak(name)[0], kind)


def total_words(flow: MailFlow, at_s: float) -> str:
    """Return what has arrived, what waits and what failed until a moment, all places together."""
    moment = flow.at(at_s)
    words = []
    for kind in Kind:
        names = [stream.name for stream in flow.topology.streams if stream.kind is kind]
        if names:
            done = count_words(sum(moment.done[name] for name in names), kind)
            rest = sum(n for queue, n in moment.waiting.items() if queue.stream in names)
            if kind is Kind.REQUESTS:
                failed = count_words(sum(moment.failed[name] for name in names), kind)
                words.append(f"Answered: {done}; failed: {failed}")
            else:
                words.append(f"Arrived: {done}; waiting: {count_words(rest, kind)}")
    return "\n".join(words)
