"""What improving a pool of nodes buys, and what its downtime costs, with confidence limits.

Source: handbook 5, 5.5.4 and 5.5.5 [derived].
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from clusterlab.design.availability import MTBF_MAX_H, Pool
from clusterlab.design.numbers import check_numbers, problem_of


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

    Raises:
        ConfigError: If a number is out of range.

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

    Args:
        pool: The nodes.
        per_hour: Cost of one hour of one EVS out, in any currency, 0 to 1e12.
        mtbf_h: An MTBF with its limits, as from `mtbf_limits`; without it the pool's own.
        evs: EVSs that count, 1 to 8; all active nodes' where not given.

    Returns:
        Cost, lower and upper limit. More failures cost more, so the lower limit of the MTBF gives
        the upper limit of the cost.

    Raises:
        ConfigError: If a number is out of range.

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
