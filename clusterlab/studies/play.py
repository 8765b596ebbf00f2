"""The one player: failures one after the other, what is left of a cluster, who was served when.

A failure happens, the cluster goes quiet, the next one happens. Then the clock runs on to a
horizon, so that all plays are measured alike. A group that serves nobody when the cluster has gone
quiet is lost, even if its one retry (`RetryPeriodOnFailure`) brings it back an hour later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from clusterlab.cluster.draft import Draft, Outcome, SilentDraft
from clusterlab.cluster.engine import advance, apply, go_on, next_timer
from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.events import Due, DueKind, Event, InterfaceLost, Request
from clusterlab.cluster.model import Cluster, ClusterConfig
from clusterlab.cluster.networks import members
from clusterlab.cluster.outages import ONLINE, PARTS, Outage, Watch
from clusterlab.cluster.quorum import surviving_partition
from clusterlab.cluster.states import GroupState
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
        side: Nodes that are cut off from all others together, where it is a cut between sites.
    """

    label: str
    words: str
    events: tuple[Event, ...]
    side: tuple[str, ...] = ()

    def events_in(self, cluster: Cluster) -> tuple[Event, ...]:
        """Return what it is to the engine as *cluster* is now.

        Of a cut only the side that must stop loses its networks: each site has clients of its own,
        and those of the side that goes on still reach it (handbook 5, 5.4 and 1, 4.10; simplified).
        """
        sides: tuple[list[str], list[str]] = ([], [])
        for node in members(cluster):
            sides[node in self.side].append(node)
        if not all(sides):
            return self.events
        stays = surviving_partition(cluster, sides)
        return tuple(InterfaceLost(node) for node in sides[stays == sides[0]])


class Fate(NamedTuple):
    """What became of one group.

    Attributes:
        lost: What it lacked when the cluster had gone quiet, a key of `outages.PARTS`; "" if it
            served its clients by then.
        back_s: When a lost group served again all the same; None if it did not by the horizon.
        outage: How long it did not serve, from the start to the horizon.
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
        out = f"{minutes(self.outage.seconds)} down ({parts})" if parts else "not touched"
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
        refusals: Why one of them could not happen, for example a node that was Down already.
        quiet_s: When the cluster had gone quiet after the last one.
        fates: What became of each group but the Cluster Group, by name.
        was_out: The groups that did not serve at the start.
    """

    start: Cluster
    failures: tuple[Failure, ...]
    refusals: tuple[str, ...]
    quiet_s: float
    cluster: Cluster
    fates: tuple[Fate, ...]
    was_out: frozenset[str]

    @property
    def hit(self) -> tuple[Fate, ...]:
        """The groups that served at the start, were out, and came back."""
        back = (fate for fate in self.fates if fate.outage.seconds and not fate.lost)
        return tuple(fate for fate in back if fate.group not in self.was_out)

    @property
    def lost(self) -> tuple[str, ...]:
        """Names of the groups that are lost."""
        return tuple(fate.group for fate in self.fates if fate.lost)

    @property
    def seconds_out(self) -> float:
        """The longest outage of a group that served at the start and is not lost."""
        return max((fate.outage.seconds for fate in self.hit), default=0.0)

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
        again = Play(self.start, keeps_record=True)
        for failure in self.failures:
            again.fail(failure)
        again.run(until_s=again.failed_s + HORIZON_S)
        return Simulation.of(again.record, again.asked, name=self.label)


def group_with_clients(cluster: Cluster, name: str) -> str:
    """Return the name of a group of which losses are counted, as configured."""
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
    for timer in cluster.timers:
        event = timer.event
        if not isinstance(event, Due) or event.kind is not DueKind.RETRY:
            return False
    return True


class Play:
    """Events that happen to a cluster, and what its users see of them.

    Steps that nobody reads cost less: without a record only the cluster now, refusals and outages
    are kept. With one they are the same, and every outcome is there too.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> from clusterlab.cluster.events import NodeFailed
        >>> play = Play(exchange_cluster())
        >>> play.do(NodeFailed("NODE3")).settle().watch.outage("EVS3").seconds
        175.2
    """

    def __init__(
        self,
        cluster: Cluster,
        *,
        keeps_record: bool = False,
        as_configured_in: ClusterConfig | None = None,
    ) -> None:
        """Start with *cluster* as it is.

        With *keeps_record* the outcome of every step is kept. *as_configured_in* says what groups
        there are and what they need; None takes the configuration of *cluster*.
        """
        self.start = self.cluster = cluster
        self.watch = Watch(cluster, as_configured_in)
        self.keeps_record = keeps_record
        self.record = [Outcome(cluster)]
        self.asked: tuple[int, ...] = ()
        self.failures: tuple[Failure, ...] = ()
        self.refusals: tuple[str, ...] = ()
        self.failed_s = cluster.now_s
        self._draft: SilentDraft | None = None  # holds the cluster while steps follow steps

    def branch(self) -> Play:
        """Return one that shares the past."""
        self._draft = None
        other = Play.__new__(Play)
        other.__dict__.update(self.__dict__)
        other.watch = self.watch.copy()
        other.record = list(self.record)
        return other

    def lost(self) -> dict[str, str]:
        """Return the groups that served at the start and do not now, with what they lack."""
        parts = {group: self.watch.part(group) for group in self.cluster.config.groups_by_name}
        return {
            group: part
            for group, part in parts.items()
            if part != ONLINE and group not in self.watch.was_out
        }

    # --- playing ------------------------------------------------------------------------------

    def fail(self, failure: Failure) -> Play:
        """Let *failure* happen and the cluster go quiet; return self."""
        self.failures += (failure,)
        self.failed_s = self.cluster.now_s
        for event in failure.events_in(self.cluster):
            try:
                self.do(event)
            except OperationRefused as refusal:
                self.refusals += (refusal.message,)
        return self.settle()

    def do(self, event: Event) -> Play:
        """Let *event* happen now; return self."""
        outcome = apply(self.cluster, event)
        self.asked += (len(self.record),)
        self._take(outcome)
        return self

    def settle(self, limit_s: float = QUIET_LIMIT_S) -> Play:
        """Let time pass until the cluster is quiet, *limit_s* seconds at most; return self."""
        end_s = self.cluster.now_s + limit_s
        while not is_quiet(self.cluster) and self.step(end_s):
            pass
        self.watch.look()
        return self

    def run(self, until_s: float) -> Play:
        """Let time pass up to *until_s*; return self."""
        while self.step(until_s):
            pass
        if self.cluster.now_s < until_s:
            self.watch.let_pass(until_s)
            self._take(Outcome(Draft(self.cluster, until_s).cluster))
        self.watch.look()
        return self

    def step(self, until_s: float) -> bool:
        """Let the next thing happen, if it happens up to *until_s*; return whether it did."""
        timer = next_timer(self.cluster)
        if timer is None or timer.due_s > until_s:
            return False
        self.watch.let_pass(timer.due_s)
        if self.keeps_record or isinstance(timer.event, Request):
            self._take(advance(self.cluster) or Outcome(self.cluster))
            return True
        if self._draft is None:
            self._draft = SilentDraft(self.cluster)
            self.cluster = self._draft.cluster
        go_on(self._draft, timer)
        self.watch.follow(self.cluster, self._draft.names)
        return True

    def _take(self, outcome: Outcome) -> None:
        self.cluster, self._draft = outcome.cluster, None
        if self.keeps_record:
            self.record.append(outcome)
        self.watch.follow(outcome.cluster, [change.name for change in outcome.changes])

    # --- what is left -------------------------------------------------------------------------

    def aftermath(self) -> Aftermath:
        """Return what is left; the play runs on to the horizon."""
        quiet_s, lost = self.cluster.now_s, self.lost()
        self.run(until_s=self.failed_s + HORIZON_S)
        return Aftermath(
            start=self.start,
            failures=self.failures,
            refusals=self.refusals,
            quiet_s=quiet_s,
            cluster=self.cluster,
            was_out=self.watch.was_out,
            fates=tuple(
                self._fate(group, lost.get(group, ""))
                for group in self.cluster.config.served_groups
            ),
        )

    def _fate(self, group: str, lost: str) -> Fate:
        outage = self.watch.outage(group)
        is_back = lost and self.watch.part(group) == ONLINE
        return Fate(
            group=group,
            lost=lost,
            back_s=outage.spans[-1].end_s if is_back else None,
            outage=outage,
            owner=self.cluster.owners[group],
            state=self.cluster.group_state(group),
        )


def play(cluster: Cluster, failures: Sequence[Failure]) -> Aftermath:
    """Return what *failures*, one after the other, leave of *cluster*.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> from clusterlab.cluster.events import NodeFailed
        >>> failure = Failure("NODE3", "NODE3 loses power", (NodeFailed("NODE3"),))
        >>> play(exchange_cluster(), [failure]).text
        '0 lost, 2.9 min'
    """
    playing = Play(cluster)
    for failure in failures:
        playing.fail(failure)
    return playing.aftermath()
