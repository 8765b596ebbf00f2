"""The service-level game: a year of four quarters, what it lost, and what was to be expected.

The learner chooses a policy before each quarter, within a budget. Beside the year stand the value
to be expected and other years under the same policies. Where an EVS goes and how long it is out is
decided by the engine, so preferred owners, failback and the seconds of every resource count.

Theory of operation: failures come at moments that depend on the seed alone, drawn at the highest
rate that any policy can have, each with a mark between 0 and 1. A policy with a lower rate leaves
out those with a higher mark (thinning), so the same seed is the same year under every policy.

Source: handbook 5, 5.5.3 and 5.5.4; handbook 1, 5.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from itertools import count
from random import Random
from typing import NamedTuple

from clusterlab.cluster import events as ev
from clusterlab.cluster.errors import ConfigError, OperationRefused, impossible
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.outages import ONLINE, service_part
from clusterlab.cluster.states import GroupState, NodeState
from clusterlab.design import gamerules as rules
from clusterlab.design.availability import HOURS_A_YEAR
from clusterlab.design.gamerules import PATCHING, QUARTER_H, QUARTERS, Policy, Terms
from clusterlab.exchange.evs import exchange_cluster
from clusterlab.simulation import Simulation
from clusterlab.studies.play import Play

HOUR_S = 3600.0

FIRST_ROUND_H = 10 * 24 + 1.0
"""The first round of a quarter begins in its tenth night, at one o'clock."""
ROUND_EVERY_H = 30 * 24.0
NODE_EVERY_H = 0.5
EMPTY_H = 0.15
"""A node that is patched is stopped so long after its EVS was moved."""
SHORTEST_REPAIR_H = 0.1

# --- what is drawn ----------------------------------------------------------------------------


Drawn = tuple[float, float, float, float]
"""A failure that the seed holds ready.

At which hour of the quarter; a mark (it happens below the share of failures that the policy lets
happen); how many times the mean its repair takes; luck (the failover works by itself below the
coverage).
"""


def failures_of(seed: int, quarter: int, what: str, per_hour: float) -> Iterator[Drawn]:
    """Yield the failures of one thing in a quarter, in order; a function of the arguments alone."""
    random = Random(f"{seed}/{quarter}/{what}")
    at_h = random.expovariate(per_hour)
    while at_h < QUARTER_H:
        yield at_h, random.random(), random.expovariate(1.0), random.random()
        at_h += random.expovariate(per_hour)


# --- what came of it --------------------------------------------------------------------------


class Loss(NamedTuple):
    """A stretch in which an EVS was out.

    Attributes:
        at_h: From when, hours of the year.
        cause: In words, one of `CAUSES`.
    """

    evs: str
    at_h: float
    hours: float
    cause: str


Happening = tuple[float, str]
"""Something that happened, for the story: when (hours of the year) and what."""


CAUSES = (
    "failover", "failover by hand", "no node left", "storage failed", "planned move", "failback",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Quarter:
    """A quarter as it was played."""

    number: int
    policy: Policy
    losses: tuple[Loss, ...]
    happenings: tuple[Happening, ...]


# --- one quarter ------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def play_quarter(terms: Terms, seed: int, number: int, policy: Policy) -> Quarter:
    """Return one quarter, played on a cluster whose nodes are all Up when it begins."""
    return _Play(terms, seed, number, policy).quarter()


class _Play:
    def __init__(self, terms: Terms, seed: int, number: int, policy: Policy) -> None:
        self.terms, self.policy, self.number = terms, policy, number
        self.play = Play(cluster_of(terms.active, policy.spares, policy.failback))
        self.evss = [f"EVS{i + 1}" for i in range(terms.active)]
        self.losses: list[Loss] = []
        self.story: list[Happening] = []
        self.causes: dict[str, list[tuple[float, str]]] = {evs: [] for evs in self.evss}
        self._order = count()
        self._coming: list[tuple[float, int, Callable[[float], None]]] = []
        worst = max(one.failures for one in PATCHING.values()) / terms.mtbf_h
        for node in self.play.cluster.node_states:
            for failure in failures_of(seed, number, node, worst):
                self._plan(failure[0], partial(self._fail, node, failure))
        down = (1 - rules.SHARED) / rules.SHARED / rules.STORAGE_MTTR_H
        for failure in failures_of(seed, number, "storage", down):
            self._plan(failure[0], partial(self._lose_storage, failure))
        for index in range(PATCHING[policy.patching].rounds):
            self._plan(FIRST_ROUND_H + index * ROUND_EVERY_H, self._begin_round)

    def _plan(self, at_h: float, act: Callable[[float], None]) -> None:
        heapq.heappush(self._coming, (at_h, next(self._order), act))

    def quarter(self) -> Quarter:
        """Play it to its end."""
        while self._coming and self._coming[0][0] < QUARTER_H:
            at_h, _, act = heapq.heappop(self._coming)
            if at_h * HOUR_S > self.play.cluster.now_s:
                self.play.run(until_s=at_h * HOUR_S)
            act(at_h)
        self.play.run(until_s=QUARTER_H * HOUR_S)
        for evs in self.evss:
            self.losses += self._outages(evs)
        losses, story = tuple(self._merged()), tuple(self.story)
        return Quarter(number=self.number, policy=self.policy, losses=losses, happenings=story)

    def _lose_storage(self, failure: Drawn, at_h: float) -> None:
        hours = min(rules.STORAGE_MTTR_H * failure[2], QUARTER_H - at_h)
        self._tell(at_h, f"the shared storage failed for {hours:.1f} h")
        self.losses += [Loss(evs, at_h, hours, "storage failed") for evs in self.evss]

    def _repair(self, node: str, at_h: float) -> None:
        self._tell(at_h, f"{node} is repaired")
        self._start(node, at_h)

    def _tell(self, at_h: float, text: str) -> None:
        self.story.append((self.number * QUARTER_H + at_h, text))

    def _fail(self, node: str, failure: Drawn, at_h: float) -> None:
        _, mark, repair, luck = failure
        worst = max(one.failures for one in PATCHING.values())
        happens = mark < PATCHING[self.policy.patching].failures / worst
        if not happens or not self._is_up(node):
            return
        evss = [evs for evs in self.evss if self._serves(evs) and self._owner(evs) == node]
        has_spare = len(self._free_nodes()) - (not evss) > 0
        works = luck < rules.COVERAGE[self.policy.has_drills]
        for evs in evss:
            self.causes[evs].append((at_h, "failover"))
            if has_spare and not works:
                self.losses.append(Loss(evs, at_h, rules.MANUAL_H, "failover by hand"))
        by_hand = "; its failover had to be done by hand" if evss and has_spare > works else ""
        self._tell(at_h, f"{node} failed with {', '.join(evss) or 'nothing on it'}{by_hand}")
        self.play.do(ev.NodeFailed(node))
        repair_h = rules.CONTRACTS[self.policy.contract].mttr_h * repair
        self._plan(at_h + max(repair_h, SHORTEST_REPAIR_H), partial(self._repair, node))
        self._plan(at_h + rules.OPERATOR_H, self._operate)

    def _start(self, node: str, at_h: float) -> None:
        self.play.do(ev.StartNode(node))
        self._plan(at_h + rules.OPERATOR_H, self._operate)

    def _stop(self, node: str, at_h: float) -> None:
        """Stop the Cluster service of a node that is patched, unless it has work again."""
        hosts = [self._owner(evs) for evs in self.evss]
        if self._is_up(node) and node not in hosts:
            self.play.do(ev.StopClusterService(node))
            self._plan(at_h + rules.REBOOT_H, partial(self._start, node))

    def _operate(self, at_h: float) -> None:
        """Let an operator bring every Failed EVS online that some free node takes."""
        for evs in self.evss:
            if self.play.cluster.group_state(evs) is GroupState.FAILED and (
                node := self._helper(evs)
            ):
                self._tell(at_h, f"an operator brings {evs} online on {node}")

    def _helper(self, evs: str) -> str:
        for node in self._free_nodes():
            try:
                if self._owner(evs) != node:
                    self.play.do(ev.MoveGroup(evs, node))
                self.play.do(ev.BringOnline(evs))
            except OperationRefused:
                continue
            return node
        return ""

    def _begin_round(self, at_h: float) -> None:
        """Plan a turn of maintenance for each node; a cluster with a node Down is left alone."""
        if all(map(self._is_up, self.play.cluster.node_states)):
            for index, evs in enumerate(self.evss):
                self._plan(at_h + index * NODE_EVERY_H, partial(self._empty, evs))

    def _empty(self, evs: str, at_h: float) -> None:
        """Move an EVS away, so that its node can be patched, if a node is free for it."""
        free = self._free_nodes()
        if free and self._serves(evs):
            node = self._owner(evs)
            self._tell(at_h, f"{evs} moves from {node} to {free[0]}, for {node} is patched")
            self.causes[evs].append((at_h, "planned move"))
            self.play.do(ev.MoveGroup(evs, free[0]))
            self._plan(at_h + EMPTY_H, partial(self._stop, node))

    def _is_up(self, node: str) -> bool:
        return self.play.cluster.node_states[node] is NodeState.UP

    def _owner(self, evs: str) -> str:
        return self.play.cluster.owners[evs]

    def _serves(self, evs: str) -> bool:
        return service_part(self.play.cluster, evs) == ONLINE

    def _free_nodes(self) -> list[str]:
        taken = {
            self._owner(evs)
            for evs in self.evss
            if self.play.cluster.group_state(evs) is not GroupState.FAILED
        }
        nodes = self.play.cluster.node_states
        return [node for node in nodes if self._is_up(node) and node not in taken]

    # --- adding up ----------------------------------------------------------------------------

    def _outages(self, evs: str) -> Iterator[Loss]:
        begin_s, parts = -1.0, set[str]()
        for span in (*self.play.watch.spans(evs), None):
            if span is not None and span.part != ONLINE:
                begin_s = span.start_s if begin_s < 0 else begin_s
                parts.add(span.part)
                end_s = span.end_s
            elif begin_s >= 0:
                cause = self._cause(evs, begin_s / HOUR_S, parts)
                yield Loss(evs, begin_s / HOUR_S, (end_s - begin_s) / HOUR_S, cause)
                begin_s, parts = -1.0, set()

    def _cause(self, evs: str, at_h: float, parts: set[str]) -> str:
        if parts & {"failed", "no node"}:
            return "no node left"
        known = [cause for when_h, cause in self.causes[evs] if abs(when_h - at_h) < 1 / HOUR_S]
        return known[-1] if known else "failback"

    def _merged(self) -> Iterator[Loss]:
        """Yield the losses in order of time, none counted twice; hours are those of the year."""
        ends = dict.fromkeys(self.evss, 0.0)
        kept = []
        order = sorted(self.losses, key=lambda loss: (loss.at_h, -loss.hours))
        for loss in order:
            start_h = max(loss.at_h, ends[loss.evs])
            end_h = min(loss.at_h + loss.hours, QUARTER_H)
            if end_h > start_h:
                ends[loss.evs] = end_h
                at_h = self.number * QUARTER_H + start_h
                kept.append(Loss(loss.evs, at_h, end_h - start_h, loss.cause))
        yield from sorted(kept, key=lambda loss: loss.at_h)


@cache
def cluster_of(active: int, spares: int, failback: str) -> Cluster:
    """Return the cluster of a quarter, that begins at midnight; with failback each EVS has a home.

    Source: handbook 1, 5.6.
    """
    sim = Simulation(exchange_cluster(active, spares, start_time_s=0.0))
    for number in range(1, active + 1):
        if rules.FAILBACKS[failback]:
            homes = {"preferred_owners": (f"NODE{number}",)}
            sim.set_properties(f"EVS{number}", **homes, **rules.FAILBACKS[failback])
    return sim.cluster


# --- the year ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Year:
    """Up to four quarters, those played so far; same seed and policies, same year."""

    terms: Terms
    seed: int
    quarters: tuple[Quarter, ...] = ()

    @property
    def losses(self) -> tuple[Loss, ...]:
        """Every stretch without service, in order of time."""
        return tuple(loss for quarter in self.quarters for loss in quarter.losses)

    @property
    def happenings(self) -> tuple[Happening, ...]:
        """What happened, in order of time."""
        return tuple(item for quarter in self.quarters for item in quarter.happenings)

    @property
    def mailbox_hours(self) -> float:
        """Mailbox-hours lost so far."""
        return self.mailbox_hours_until(HOURS_A_YEAR)

    def mailbox_hours_until(self, at_h: float) -> float:
        """Return the mailbox-hours lost until an hour of the year."""
        hours = (min(loss.hours, max(0.0, at_h - loss.at_h)) for loss in self.losses)
        return self.terms.mailboxes * math.fsum(hours)

    @property
    def spent(self) -> float:
        """Money spent so far."""
        return math.fsum(quarter.policy.price for quarter in self.quarters)

    @property
    def left(self) -> float:
        """Money left of the budget."""
        return self.terms.budget - self.spent

    @property
    def score(self) -> float:
        """Money spent and what the lost mailbox-hours cost: the lower the better."""
        return self.spent + self.mailbox_hours * self.terms.per_mailbox_hour

    @property
    def is_over(self) -> bool:
        """Whether all four quarters are played."""
        return len(self.quarters) == QUARTERS

    @property
    def expected_mailbox_hours(self) -> float:
        """What is to be expected of the quarters played, in mailbox-hours."""
        return math.fsum(
            expected_mailbox_hours(self.terms, quarter.policy) / QUARTERS
            for quarter in self.quarters
        )

    def hours_by_cause(self) -> dict[str, float]:
        """Return EVS-hours lost by cause, all causes in their order."""
        return {
            cause: math.fsum(loss.hours for loss in self.losses if loss.cause == cause)
            for cause in CAUSES
        }

    def check_affordable(self, policy: Policy) -> None:
        """Refuse a policy that leaves too little for the cheapest one in later quarters.

        Raises:
            ConfigError: If the year is over or the money does not reach.
        """
        if self.is_over:
            raise ConfigError("the year is over; begin another one")
        later = (QUARTERS - 1 - len(self.quarters)) * rules.CHEAPEST.price
        if policy.price > self.left - later:
            raise impossible(
                "too dear", policy.price, self.left - later, self.left, rules.CHEAPEST.price
            )

    def after(self, policy: Policy) -> Year:
        """Return the year with one more quarter, played under a policy.

        Raises:
            ConfigError: If the year is over or the money does not reach.

        Example:
            >>> year = Year(terms=Terms(), seed=1).after(Policy()).after(Policy(spares=2))
            >>> year.spent, len(year.quarters)
            (15000.0, 2)
        """
        self.check_affordable(policy)
        quarter = play_quarter(self.terms, self.seed, len(self.quarters), policy)
        return Year(terms=self.terms, seed=self.seed, quarters=(*self.quarters, quarter))

    def __str__(self) -> str:
        lines = [f"{self.terms.active} EVSs with {self.terms.mailboxes:,} mailboxes each"]
        lines += [_quarter_line(self, quarter) for quarter in self.quarters]
        for cause, hours in self.hours_by_cause().items():
            lines.append(f"  {cause:<18} {60 * hours:9.1f} EVS-minutes")
        lines += [
            f"Lost: {self.mailbox_hours:,.0f} mailbox-hours; expected of such policies: "
            f"{self.expected_mailbox_hours:,.0f}.",
            f"Spent: {self.spent:,.0f} of {self.terms.budget:,.0f}; "
            f"score, spent and lost together: {self.score:,.0f}.",
        ]
        return "\n".join(lines)


def _quarter_line(year: Year, quarter: Quarter) -> str:
    policy = quarter.policy
    hours = math.fsum(loss.hours for loss in quarter.losses)
    drills = "drills" if policy.has_drills else "no drills"
    return (
        f"Quarter {quarter.number + 1}: {year.terms.active}+{policy.spares}, {policy.contract}, "
        f"patches {policy.patching}, failback {policy.failback}, {drills}: "
        f"{hours * year.terms.mailboxes:,.0f} mailbox-hours lost"
    )


def expected_mailbox_hours(terms: Terms, policy: Policy) -> float:
    """Return the mailbox-hours that a year under one policy loses on average (handbook 5, 5.5.3).

    By the formulas, which are a few percent above it, for they know no quarter that begins with all
    nodes Up.

    Example:
        >>> never, at_night = Policy(), Policy(failback="at night")
        >>> [round(expected_mailbox_hours(Terms(), policy)) for policy in (never, at_night)]
        [24649, 26020]
    """
    return policy.pool(terms).hours_a_year * terms.active * terms.mailboxes


def play_year(terms: Terms, seed: int, policies: Sequence[Policy]) -> Year:
    """Return the year of a seed under up to four policies; the budget is not looked at."""
    if len(policies) > QUARTERS:
        raise ConfigError(f"{len(policies)} policies; allowed: up to {QUARTERS}, one for a quarter")
    quarters = [play_quarter(terms, seed, *numbered) for numbered in enumerate(policies)]
    return Year(terms=terms, seed=seed, quarters=tuple(quarters))


def other_years(year: Year) -> Iterator[float]:
    """Yield the mailbox-hours of other years under the same policies, without end."""
    policies = [quarter.policy for quarter in year.quarters]
    for number in count(1):
        yield play_year(year.terms, 1_000_003 * year.seed + number, policies).mailbox_hours


def share_below(value: float, others: Sequence[float]) -> float:
    """Return the share of *others* that are below a value: 0 the best year, 1 the worst."""
    if not others:
        raise ConfigError("there is no other year to compare with; allowed: one or more")
    return sum(other < value for other in others) / len(others)
