"""What is left of a cluster after failures: play them one after the other, measure every group.

A failure happens, the cluster goes quiet, the next one happens. Then the clock runs on to a
horizon, so that every course of events is measured alike. A group that serves nobody when the
cluster has gone quiet is lost, even if its one retry (`RetryPeriodOnFailure`) brings it back an
hour later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any, NamedTuple

from clusterlab.cluster.draft import Outcome, SilentDraft
from clusterlab.cluster.engine import advance, apply, go_on, next_timer
from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.events import Event, Request, RetryDue
from clusterlab.cluster.model import KEPT, Cluster
from clusterlab.cluster.outages import ONLINE, PARTS, Outage, Span, outage_of, service_part
from clusterlab.cluster.states import GroupState, Seen
from clusterlab.simulation import Simulation

QUIET_LIMIT_S = 3600.0
"""How long a failure may keep the cluster busy; after that the next one happens anyway."""
HORIZON_S = 7200.0
"""Outages are measured up to this long after the last failure, the hourly retry included."""


class Failure(NamedTuple):
    """Something that goes wrong, under a name.

    Attributes:
        label: How tables name it, for example "NODE3".
        words: What happens, for example "NODE3 loses power".
        events: What it is to the engine.
    """

    label: str
    words: str
    events: tuple[Event, ...]


class Fate(NamedTuple):
    """What became of one group.

    Attributes:
        group: Its name.
        lost: What it lacked when the cluster had gone quiet, a key of `outages.PARTS`; "" if it
            served its clients by then.
        back_s: When a lost group served again all the same; None if it did not by the horizon.
        outage: How long it did not serve, from the start to the horizon.
        owner: Who owns it at the horizon.
        state: Its state at the horizon.
    """

    group: str
    lost: str
    back_s: float | None
    outage: Outage
    owner: str
    state: GroupState

    def __str__(self) -> str:
        """Return the fate in one line."""
        parts = ", ".join(f"{part} {seconds:g} s" for part, seconds in self.outage.parts.items())
        out = f"{minutes(self.outage.seconds)} out ({parts})" if parts else "not touched"
        if not self.lost:
            return f"{self.group}: {out}; {self.state.value} on {self.owner}"
        after = "" if self.back_s is None else f"; it served again at {self.back_s:g} s"
        return f"{self.group}: lost: {PARTS.get(self.lost, self.lost)}{after}"


def minutes(seconds: float) -> str:
    """Return a duration in minutes with one decimal.

    Example:
        >>> minutes(175.2)
        '2.9 min'
    """
    return f"{seconds / 60:.1f} min"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """What some failures, one after the other, leave behind.

    Attributes:
        start: The cluster before.
        failures: What went wrong, in order.
        refusals: Why one of them could not happen, for example a node that was Down already.
        quiet_s: When the cluster had gone quiet after the last one.
        cluster: The cluster at the horizon.
        fates: What became of each group but the Cluster Group, by name.
    """

    start: Cluster
    failures: tuple[Failure, ...]
    refusals: tuple[str, ...]
    quiet_s: float
    cluster: Cluster
    fates: tuple[Fate, ...]

    @property
    def lost(self) -> tuple[str, ...]:
        """Names of the groups that are lost."""
        return tuple(fate.group for fate in self.fates if fate.lost)

    @property
    def seconds_out(self) -> float:
        """The longest outage of a group that is not lost."""
        return max((fate.outage.seconds for fate in self.fates if not fate.lost), default=0.0)

    @property
    def label(self) -> str:
        """The failures by name, for example "NODE3, then NODE4"."""
        return ", then ".join(failure.label for failure in self.failures)

    @property
    def text(self) -> str:
        """Groups lost and minutes out, for example "1 lost, 2.9 min"."""
        return f"{len(self.lost)} lost, {minutes(self.seconds_out)}"

    def fate(self, group: str) -> Fate:
        """Return what became of *group*."""
        name = self.start.config.group_name(group)
        return next(fate for fate in self.fates if fate.group == name)

    def simulation(self) -> Simulation:
        """Play it again and return all of it, to be looked at step by step."""
        sim = Simulation(self.start, self.start.seed, name=self.label)
        end_s = sim.now_s
        for failure in self.failures:
            end_s = sim.now_s + HORIZON_S
            limit_s = sim.now_s + QUIET_LIMIT_S
            for event in failure.events:
                _send(sim, event)
            while not is_quiet(sim.cluster) and (sim.next_s() or 0.0) <= limit_s:
                sim.step()
        sim.run(until_s=end_s)
        return sim


def _send(sim: Simulation, event: Event) -> None:
    try:
        sim.send(event)
    except OperationRefused:
        return  # `refusals` of the aftermath has it


def group_with_clients(cluster: Cluster, name: str) -> str:
    """Return the name of a group of which losses are counted, as configured.

    Raises:
        OperationRefused: If there is no such group.
        ConfigError: If it is the Cluster Group, which no client uses.
    """
    config = cluster.config
    group = config.group_name(name)
    if group not in config.served_groups:
        allowed = ", ".join(config.served_groups)
        raise ConfigError(f"{group} serves no clients, so it cannot be lost; allowed: {allowed}")
    return group


def is_quiet(cluster: Cluster) -> bool:
    """Return whether nothing is pending but retries and failback windows.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> is_quiet(exchange_cluster())
        True
    """
    for timer in cluster.timers:  # noqa: SIM110  asked before every step: a loop is faster
        if not isinstance(timer.event, RetryDue):
            return False
    return True


_COMPARED = {name: kept for name, kept in KEPT.items() if kept.seen is Seen.BY_VALUE}
_NAMED = [name for name, kept in _COMPARED.items() if kept.keyed_by in {("group",), ("resource",)}]
_TABLES = itemgetter(*_NAMED)
_SHARED = itemgetter(*(name for name in _COMPARED if name not in _NAMED))


class Course:
    """A course of events of which only the cluster now and the outages are kept.

    It says the same as a `Simulation` that is sent the same events, and costs less: a group is
    looked at again only when something about it has changed.
    """

    def __init__(self, cluster: Cluster) -> None:
        """Start with *cluster* as it is."""
        self.start = self.cluster = cluster
        self.failures: tuple[Failure, ...] = ()
        self.refusals: tuple[str, ...] = ()
        self._failed_s = cluster.now_s
        self._now = {name: _glance(cluster, name) for name in cluster.config.groups_by_name}
        self._was_out = frozenset(name for name, (part, _) in self._now.items() if part != ONLINE)
        self._since = dict.fromkeys(self._now, cluster.now_s)
        self._spans: dict[str, list[Span]] = {name: [] for name in self._now}
        self._stirred: set[str] = set()
        self._shared, self._tables = _SHARED(cluster.__dict__), _TABLES(cluster.__dict__)
        self._draft: SilentDraft | None = None  # holds the cluster while steps follow steps

    def branch(self) -> Course:
        """Return a course that shares the past."""
        self._draft = None
        other = Course.__new__(Course)
        other.__dict__.update(self.__dict__)
        other._now, other._since = dict(self._now), dict(self._since)
        other._spans = {name: list(spans) for name, spans in self._spans.items()}
        other._stirred = set(self._stirred)
        return other

    def part(self, group: str) -> str:
        """Return what the clients of *group* are waiting for now."""
        return self._now[group][0]

    def lost(self) -> dict[str, str]:
        """Return the groups that served at the start and do not now, with what they lack."""
        return {
            group: part
            for group, (part, _) in self._now.items()
            if part != ONLINE and group not in self._was_out
        }

    def fail(self, failure: Failure) -> Course:
        """Let *failure* happen and the cluster go quiet; return self."""
        self.failures += (failure,)
        self._failed_s = self.cluster.now_s
        for event in failure.events:
            try:
                self._take(apply(self.cluster, event))
            except OperationRefused as refusal:
                self.refusals += (refusal.message,)
        limit_s = self._failed_s + QUIET_LIMIT_S
        while not is_quiet(self.cluster) and self._step(limit_s):
            pass
        self._look()
        return self

    def aftermath(self) -> Aftermath:
        """Return what is left; the course runs on to the horizon."""
        quiet_s, lost = self.cluster.now_s, self.lost()
        end_s = self._failed_s + HORIZON_S
        while self._step(end_s):
            pass
        self._look()
        self.cluster, self._draft = replace(self.cluster, now_s=end_s), None
        return Aftermath(
            start=self.start,
            failures=self.failures,
            refusals=self.refusals,
            quiet_s=quiet_s,
            cluster=self.cluster,
            fates=tuple(
                self._fate(group, lost.get(group, ""))
                for group in self.cluster.config.served_groups
            ),
        )

    def _fate(self, group: str, lost: str) -> Fate:
        self._close(group)
        outage = outage_of(self._spans[group])
        is_back = lost and self._now[group][0] == ONLINE
        return Fate(
            group=group,
            lost=lost,
            back_s=outage.spans[-1].end_s if is_back else None,
            outage=outage,
            owner=self.cluster.owners[group],
            state=self.cluster.group_state(group),
        )

    def _step(self, until_s: float) -> bool:
        timer = next_timer(self.cluster)
        if timer is None or timer.due_s > until_s:
            return False
        if timer.due_s > self.cluster.now_s:
            self._look()  # only what a moment leaves behind makes a span
        if isinstance(timer.event, Request):
            self._take(advance(self.cluster) or Outcome(self.cluster))
            return True
        if self._draft is None:
            self._draft = SilentDraft(self.cluster)
            self.cluster = self._draft.cluster
        go_on(self._draft, timer)
        self._stir(self._draft.names)
        return True

    def _take(self, outcome: Outcome) -> None:
        self.cluster, self._draft = outcome.cluster, None
        self._stir([change.name for change in outcome.changes])

    def _stir(self, names: Iterable[str]) -> None:
        """Note the groups whose clients may see something else; *names* have changed.

        Cheap, since it is asked after every step: what is the same object is not compared further.
        """
        new, stirred = self.cluster, self._stirred
        shared, tables = _SHARED(new.__dict__), _TABLES(new.__dict__)
        if shared != self._shared:
            stirred.update(new.config.groups_by_name)
        else:
            by_name = new.config.resources_by_name
            if tables != self._tables:
                names = [*names, *_differing(self._tables, tables)]
            for name in names:
                stirred.add(by_name[name].group if name in by_name else name)
        self._shared, self._tables = shared, tables

    def _look(self) -> None:
        """See what has become of the groups that something happened to."""
        for group in self._stirred:
            seen = _glance(self.cluster, group)
            if seen != self._now[group]:
                self._close(group)
                self._now[group], self._since[group] = seen, self.cluster.now_s
        self._stirred.clear()

    def _close(self, group: str) -> None:
        """Add what was seen of *group* up to now to its spans, as `Simulation.spans` does."""
        spans, (part, node) = self._spans[group], self._now[group]
        since_s, now_s = self._since[group], self.cluster.now_s
        if spans and spans[-1].part == part and spans[-1].node == node:
            spans[-1] = Span(part, spans[-1].start_s, now_s, node)
        elif now_s > since_s or not spans:
            spans.append(Span(part, since_s, now_s, node))


def _differing(old: Iterable[Any], new: Iterable[Any]) -> Iterator[str]:
    """Yield the names under which tables differ."""
    for before, after in zip(old, new, strict=True):
        if before is after:
            continue
        if isinstance(before, Mapping):
            yield from (name for name, _ in before.items() ^ after.items())
        else:
            yield from before ^ after


def _glance(cluster: Cluster, group: str) -> tuple[str, str]:
    return service_part(cluster, group), cluster.owners[group]


def play(cluster: Cluster, failures: Sequence[Failure]) -> Aftermath:
    """Return what *failures*, one after the other, leave of *cluster*.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> from clusterlab.cluster.events import NodeFailed
        >>> failure = Failure("NODE3", "NODE3 loses power", (NodeFailed("NODE3"),))
        >>> play(exchange_cluster(), [failure]).text
        '0 lost, 2.9 min'
    """
    course = Course(cluster)
    for failure in failures:
        course.fail(failure)
    return course.aftermath()
