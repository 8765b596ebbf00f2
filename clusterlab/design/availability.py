"""How often users are cut off: nines, combinations, and pools of n + m nodes (handbook 5, 5.5).

It decides probabilities, hours a year and what they cost; how a single failover goes is the
simulation's business. `Pool` holds the formulas of handbook 5, 5.5.3, which add failovers to
first order; `sensitivity` says what an improvement buys, `montecarlo.py` samples the rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from clusterlab.cluster.errors import ConfigError
from clusterlab.design.ranges import check_numbers, problem_of
from clusterlab.tomlfiles.tables import own_table

HOURS_A_YEAR = 8760.0
"""Hours of a year of 24-hour days (handbook 5, 5.5.1)."""

OFFICE_HOURS_A_YEAR = 2912.0
"""Hours of a year of 8-hour days: 52 weeks of 7 days (handbook 5, 5.5.1)."""

# --- combinations -----------------------------------------------------------------------------


def series(*availabilities: float) -> float:
    """Return the availability of parts that are all needed (handbook 5, 5.5.2).

    Example:
        >>> series(0.999, 0.9999)
        0.9989001
    """
    return math.prod(_share(a) for a in availabilities)


def parallel(*availabilities: float) -> float:
    """Return the availability of parts of which one is enough (handbook 5, 5.5.2).

    Example:
        >>> round(parallel(0.99, 0.99), 6)
        0.9999
    """
    return 1 - math.prod(1 - _share(a) for a in availabilities)


def k_of_n(k: int, n: int, availability: float) -> float:
    """Return the probability that at least *k* of *n* equal, independent parts are up.

    Example:
        >>> round(k_of_n(3, 4, 1 / 1.1), 10)
        0.9562188375

    Source: handbook 5, 5.5.2.
    """
    check_numbers(problem_of("n", n, 1, 1000, what="parts that there are", is_whole=True))
    check_numbers(problem_of("k", k, 0, n, what="parts that are needed", is_whole=True))
    up = _share(availability)
    terms = (math.comb(n, i) * up**i * (1 - up) ** (n - i) for i in range(k, n + 1))
    return math.fsum(terms)


def hours_down(availability: float, hours_a_year: float = HOURS_A_YEAR) -> float:
    """Return the hours a year that an availability leaves down (handbook 5, 5.5.1).

    *hours_a_year* are the hours of service promised in a year, 8,760 or 2,912.

    Example:
        >>> round(hours_down(0.9999) * 60, 2), round(hours_down(0.99, OFFICE_HOURS_A_YEAR), 2)
        (52.56, 29.12)
    """
    promised = "hours of service promised in a year"
    check_numbers(problem_of("hours_a_year", hours_a_year, 1, 8784, what=promised, unit="h"))
    return (1 - _share(availability)) * hours_a_year


def _share(value: float) -> float:
    check_numbers(problem_of("availability", value, 0, 1, what="a share of the time"))
    return value


# --- a pool of nodes --------------------------------------------------------------------------


MTBF_MAX_H = 1e7
"""Longest mean time between failures that a pool takes, over a thousand years."""


RANGES: Mapping[str, tuple[float, float, str]] = {
    name: tuple(row) for name, row in own_table(Path(__file__).with_suffix(".toml")).data.items()
}
"""Every input of a pool, in its order: lowest, highest, what it means."""

_WHOLE = ("active", "passive", "crews")


@dataclass(frozen=True, kw_only=True)
class Pool:
    """n active and m passive nodes, how they fail and how they are repaired.

    The defaults are the typical inputs of handbook 5, 5.5.4 (all but the sources of the formulas
    are practice, not the product's).

    `RANGES` says what each input means. A pool of 1 + 0 is a stand-alone server; idle nodes fail at
    a rate of 1 hot, 0 cold; moves in a round are 1 rolling, 2 with a move back.

    Raises:
        ConfigError: If a value is out of range; all of them are named at once.

    Example:
        >>> pool = Pool(active=3, passive=1, coverage=1, maintenance_a_year=0, shared=1)
        >>> round(pool.hours_without_node, 6)
        0.116893

    Source: handbook 5, 5.5.3 and 5.5.4.
    """

    active: int = 3
    passive: int = 1
    mtbf_h: float = 4380.0
    mttr_h: float = 8.0
    crews: int = 1
    standby_rate: float = 1.0
    failover_min: float = 3.0
    coverage: float = 0.95
    manual_h: float = 1.0
    operator_h: float = 0.0
    shared: float = 0.9999
    maintenance_a_year: float = 12.0
    moves: float = 1.0
    move_min: float = 2.0
    patch_h: float = 0.0
    reboot_min: float = 30.0

    def __post_init__(self) -> None:
        problems = [text for field in fields(self) if (text := self._problem(field.name))]
        if not problems and self.active + self.passive > 8:
            problems.append(f"{self.active} + {self.passive} nodes are more than a cluster of 8")
        if problems:
            raise ConfigError("; ".join(problems))

    def _problem(self, name: str) -> str:
        low, high, what = RANGES[name]
        is_whole = name in _WHOLE
        return problem_of(name, getattr(self, name), low, high, what=what, is_whole=is_whole)

    def __str__(self) -> str:
        return f"{self.active}+{self.passive}"

    # --- the birth-death chain of failed nodes ------------------------------------------------

    @property
    def nodes(self) -> int:
        """Nodes of the pool."""
        return self.active + self.passive

    def hosts(self, failed: int) -> int:
        """Return how many EVSs have a node while *failed* nodes are down."""
        return min(self.active, self.nodes - failed)

    def failure_rate(self, failed: int) -> float:
        """Return failures per hour while *failed* nodes are down."""
        hosts = self.hosts(failed)
        return (hosts + (self.nodes - failed - hosts) * self.standby_rate) / self.mtbf_h

    def repair_rate(self, failed: int) -> float:
        """Return repairs per hour while *failed* nodes are down."""
        return min(failed, self.crews) / self.mttr_h

    @cached_property
    def failed_nodes(self) -> tuple[float, ...]:
        """Probability that 0, 1, ... nodes are down."""
        weights = [1.0]
        for failed in range(self.nodes):
            up, down = self.failure_rate(failed), self.repair_rate(failed + 1)
            weights.append(weights[-1] * up / down)
        total = math.fsum(weights)
        return tuple(weight / total for weight in weights)

    @property
    def without_node(self) -> float:
        """Expected share of EVSs that have none (U_cap), summed without subtraction."""
        return math.fsum(
            share * (self.active - self.hosts(failed)) / self.active
            for failed, share in enumerate(self.failed_nodes)
        )

    @property
    def hours_without_node(self) -> float:
        """Hours a year that one EVS has no node."""
        return self.without_node * HOURS_A_YEAR

    @property
    def shortages_a_year(self) -> float:
        """How often a year the last spare is used up and one more node fails."""
        last = self.failed_nodes[self.passive]
        return last * self.failure_rate(self.passive) * HOURS_A_YEAR

    # --- what users see, to first order -------------------------------------------------------

    @property
    def in_failover(self) -> float:
        """Share of time that one EVS is being failed over or recovered by hand (U_sw)."""
        spare = math.fsum(self.failed_nodes[: self.passive])
        mean_h = self.coverage * self.failover_min / 60 + (1 - self.coverage) * self.manual_h
        return spare * mean_h / self.mtbf_h

    @property
    def waiting_for_operator(self) -> float:
        """Share of time that one EVS is Failed although a node is back (U_op)."""
        return self.shortages_a_year / HOURS_A_YEAR * self.operator_h / self.active

    @property
    def without_node_maintained(self) -> float:
        """U_cap with one node in turn taken out for maintenance."""
        if not self.patch_h or not self.passive:
            return self.without_node
        share = self.maintenance_a_year * self.nodes * self.patch_h / HOURS_A_YEAR
        short = replace(self, passive=self.passive - 1)
        return (1 - share) * self.without_node + share * short.without_node

    @property
    def planned_h(self) -> float:
        """Hours a year that one EVS is out because somebody planned it."""
        once_min = self.moves * self.move_min if self.passive else self.reboot_min
        return self.maintenance_a_year * once_min / 60

    @property
    def down(self) -> Mapping[str, float]:
        """Where the hours of one EVS go in a year, by cause, the largest part first."""
        own = self.without_node_maintained + self.in_failover + self.waiting_for_operator
        parts = {
            "shared parts": (1 - self.shared) * HOURS_A_YEAR,
            "failovers": self.shared * self.in_failover * HOURS_A_YEAR,
            "no node left": self.shared * self.without_node_maintained * HOURS_A_YEAR,
            "waiting for an operator": self.shared * self.waiting_for_operator * HOURS_A_YEAR,
        }
        assert math.isclose(sum(parts.values()), (1 - self.shared * (1 - own)) * HOURS_A_YEAR)
        parts["planned maintenance"] = self.planned_h
        return dict(sorted(parts.items(), key=lambda part: -part[1]))

    @property
    def hours_a_year(self) -> float:
        """Hours a year that one EVS is out, planned and unplanned."""
        return math.fsum(self.down.values())

    @property
    def availability(self) -> float:
        """Availability of one EVS, planned downtime included (A_total)."""
        return 1 - self.hours_a_year / HOURS_A_YEAR


# --- what an improvement buys, and what downtime costs [derived] -------------------------------


class Gain(NamedTuple):
    """What one improvement of a pool buys."""

    change: str
    minutes_a_year: float


_IMPROVEMENTS: tuple[tuple[str, Callable[[Pool], Pool]], ...] = (
    ("half the node failures", lambda p: replace(p, mtbf_h=p.mtbf_h * 2)),
    ("repairs in half the time", lambda p: replace(p, mttr_h=p.mttr_h / 2)),
    ("failovers in half the time", lambda p: replace(p, failover_min=p.failover_min / 2)),
    ("half the failed failovers", lambda p: replace(p, coverage=(1 + p.coverage) / 2)),
    ("recovery by hand in half the time", lambda p: replace(p, manual_h=p.manual_h / 2)),
    ("half the downtime of shared parts", lambda p: replace(p, shared=(1 + p.shared) / 2)),
    ("half the maintenance", lambda p: replace(p, maintenance_a_year=p.maintenance_a_year / 2)),
)


def sensitivity(pool: Pool) -> tuple[Gain, ...]:
    """Return how many minutes a year each input would buy one EVS, the best first.

    Every weakness is halved by itself; one more spare and one more repair crew are added where
    eight nodes allow it.

    Example:
        >>> for gain in sensitivity(Pool(active=3, passive=1))[:2]:
        ...     print(f"{gain.change}: {gain.minutes_a_year:.1f} min")
        half the downtime of shared parts: 26.3 min
        half the maintenance: 12.0 min

    Source: handbook 5, 5.5.5 ("lesson for demos") [derived].
    """
    steps = [(change, improve(pool)) for change, improve in _IMPROVEMENTS]
    if pool.passive:
        steps.append(("planned moves in half the time", replace(pool, move_min=pool.move_min / 2)))
    if pool.nodes < 8:
        steps.append(("one more spare node", replace(pool, passive=pool.passive + 1)))
    if pool.crews < pool.nodes:
        steps.append(("one more repair crew", replace(pool, crews=pool.crews + 1)))
    gains = [Gain(text, (pool.hours_a_year - better.hours_a_year) * 60) for text, better in steps]
    return tuple(sorted(gains, key=lambda gain: -gain.minutes_a_year))


class Limits(NamedTuple):
    """A value with its confidence limits."""

    value: float
    low: float
    high: float


def mtbf_limits(failures: int, node_hours: float, confidence: float = 0.9) -> Limits:
    """Return the MTBF that observed failures speak for, with exact two-sided limits.

    The limits are those of a Poisson count (Garwood): the true rate that would give so few, or so
    many, failures with half of the remaining chance.

    Args:
        failures: Seen in all nodes together, 0 to 10,000.
        node_hours: Hours of all nodes together in which they were seen, 1 to 1e12.
        confidence: 0.01 to 0.9999, as 0.9.

    Returns:
        Hours; the upper limit is infinite where no failure was seen.

    Example:
        >>> value, low, high = mtbf_limits(4, 4 * 4380)
        >>> f"{value:.0f} h, 90 %: {low:.0f} to {high:.0f} h"
        '4380 h, 90 %: 1914 to 12823 h'
    """
    check_numbers(
        problem_of("failures", failures, 0, 10_000, what="seen in all nodes", is_whole=True),
        problem_of("node_hours", node_hours, 1, 1e12, what="hours of all nodes together"),
        problem_of("confidence", confidence, 0.01, 0.9999),
    )
    tail = (1 - confidence) / 2
    most = _solved(lambda mean: _poisson_at_most(failures, mean), tail)
    least = _solved(lambda mean: _poisson_at_most(failures - 1, mean), 1 - tail) if failures else 0
    return Limits(
        node_hours / failures if failures else math.inf,
        node_hours / most,
        node_hours / least if least else math.inf,
    )


def _poisson_at_most(count: int, mean: float) -> float:
    logs = (i * math.log(mean) - mean - math.lgamma(i + 1) for i in range(count + 1))
    return math.fsum(math.exp(log) for log in logs)


def _solved(falling: Callable[[float], float], value: float) -> float:
    """Return where a falling function of a positive number takes *value*."""
    low, high = 1e-9, 1.0
    while falling(high) > value:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > value else (low, middle)
    return (low + high) / 2


def cost_a_year(
    pool: Pool, per_hour: float, mtbf_h: Limits | None = None, *, evs: int | None = None
) -> Limits:
    """Return what the downtime of a pool costs in a year, with limits where the MTBF has some.

    *per_hour* is the cost of one hour of one EVS out, in any currency, 0 to 1e12; *mtbf_h* an MTBF
    with its limits, as from `mtbf_limits`, without it the pool's own; *evs* are the EVSs that
    count, 1 to 8, all active nodes' where not given.

    Returns:
        Cost, lower and upper limit. More failures cost more, so the lower limit of the MTBF gives
        the upper limit of the cost.

    Example:
        >>> cost = cost_a_year(Pool(active=3, passive=1), 1000, mtbf_limits(4, 4 * 4380))
        >>> [round(limit) for limit in cost]
        [4759, 4068, 6980]
    """
    count = pool.active if evs is None else evs
    check_numbers(
        problem_of("per_hour", per_hour, 0, 1e12, what="cost of an hour of one EVS"),
        problem_of("evs", count, 1, 8, what="EVSs that count", is_whole=True),
    )
    limits = mtbf_h or Limits(pool.mtbf_h, pool.mtbf_h, pool.mtbf_h)
    dearest = MTBF_MAX_H

    def cost(mtbf: float) -> float:
        return replace(pool, mtbf_h=min(mtbf, dearest)).hours_a_year * per_hour * count

    return Limits(cost(limits.value), cost(limits.high), cost(limits.low))
