"""Many years of a chain at once, with numpy: the studies that have no formula.

`study` plays a `Chain` in batches of some thousand clusters side by side. Each batch has its own
stream of random numbers, made from the seed and the number of the batch, and batches are added up
in their order; so the answer is the same on one core, on all of them, and on a cluster of
machines. A batch needs about a megabyte, however many years are asked for.

Theory of operation: in each step every cluster draws how long it stays in its state and which move
follows (one look-up for each move that the state has). A move bound to hours of the week is drawn
as if it could always happen and then taken back outside its hours, which gives exactly the process
with those hours (thinning).

This is the only module of the package that needs numpy.

Source: handbook 5, 5.5.3 [derived].
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from clusterlab.cluster.errors import ConfigError
from clusterlab.design.availability import HOURS_A_YEAR
from clusterlab.design.chains import Chain

CLUSTERS = 4096
"""Clusters of a batch: enough that numpy works on arrays, few enough that they fit a cache."""

YEARS_EACH = 100
"""Years that each of them is played."""

BATCH_YEARS = CLUSTERS * YEARS_EACH
"""Cluster-years of a full batch."""

IN_FLIGHT = 64
"""Batches handed to an executor at a time, so that a long study does not fill its memory."""

CHECK_EVERY = 16
"""Steps between two looks at whether all clusters of a batch have reached their end."""

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


class Sums(NamedTuple):
    """What a batch found: lengths, and hours of one EVS out in all years of each cluster."""

    clusters: int
    years_each: float
    hours: float
    hours_squared: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """How long one EVS was out in a year, as sampled.

    Attributes:
        hours_a_year: Mean over all cluster-years.
        standard_error: Of that mean, in hours a year.
        years: Cluster-years played.
        is_partial: Whether it was stopped before the years that were asked for.
    """

    hours_a_year: float
    standard_error: float
    years: float
    is_partial: bool

    @property
    def limits(self) -> tuple[float, float]:
        """Limits between which the true mean lies with 95 % confidence."""
        reach = 1.959964 * self.standard_error
        return self.hours_a_year - reach, self.hours_a_year + reach

    def __str__(self) -> str:
        """Return mean and limits in words."""
        low, high = self.limits
        partial = ", stopped early" if self.is_partial else ""
        return (
            f"{self.hours_a_year:.4f} h a year out (95 %: {low:.4f} to {high:.4f}), "
            f"{self.years:,.0f} cluster-years{partial}"
        )


def study(
    chain: Chain,
    years: float,
    *,
    seed: int = 0,
    executor: Executor | None = None,
    progress: Callable[[float], bool] | None = None,
) -> Study:
    """Play *chain* for some cluster-years and return how long one EVS was out in a year.

    Args:
        chain: What can happen; see `pool_chain` and `policy_chain`.
        years: Cluster-years, 1 to 1e12; rounded up to whole clusters of a batch.
        seed: Same seed, same answer, on any executor and any number of workers.
        executor: Where batches run: a `ProcessPoolExecutor` for all cores,
            ``Client(...).get_executor()`` of Dask for many machines; this process if None.
        progress: Called after each batch with the share that is done, 0 to 1; the study stops
            when it returns False.

    Returns:
        Mean and standard error; `is_partial` if *progress* or Ctrl+C stopped it.

    Raises:
        ConfigError: If *years* is out of range.

    Example:
        >>> from clusterlab.design.availability import Pool
        >>> from clusterlab.design.chains import pool_chain
        >>> chain = pool_chain(Pool(active=3, passive=1))
        >>> found = study(chain, 20_000, seed=1)
        >>> abs(found.hours_a_year - chain.exact_hours()) < 3 * found.standard_error
        True
    """
    if not 1 <= years <= 1e12:
        raise ConfigError(f"{years!r} cluster-years cannot be played; allowed: 1 to 1e12")
    tables = _tables(chain)
    done: list[Sums] = []
    played = 0.0
    is_partial = True
    sums = _run(tables, seed, _batches(years), executor)
    try:
        for batch in sums:
            done.append(batch)
            played += batch.clusters * batch.years_each
            if progress is not None and not progress(min(1.0, played / years)):
                break
        is_partial = played < years
    except KeyboardInterrupt:
        if not done:
            raise
    finally:
        sums.close()
    return _summary(done, is_partial)


def pooled(studies: Sequence[Study]) -> Study:
    """Return what several studies of one chain, each with a seed of its own, found together.

    A long study can so be made of short ones, with time for something else in between.

    Raises:
        ConfigError: If there is none.

    Example:
        >>> halves = [Study(hours_a_year=h, standard_error=0.3, years=50, is_partial=False)
        ...           for h in (1.0, 2.0)]
        >>> print(pooled(halves))
        1.5000 h a year out (95 %: 1.0842 to 1.9158), 100 cluster-years
    """
    if not studies:
        raise ConfigError("there is no study to pool; allowed: one or more")
    years = math.fsum(one.years for one in studies)
    return Study(
        hours_a_year=math.fsum(one.hours_a_year * one.years for one in studies) / years,
        standard_error=math.hypot(*(one.standard_error * one.years for one in studies)) / years,
        years=years,
        is_partial=any(one.is_partial for one in studies),
    )


def _batches(years: float) -> Iterator[tuple[int, float]]:
    """Yield how many clusters each batch plays and for how long."""
    left = years
    while left > 0:
        if left >= BATCH_YEARS:
            yield CLUSTERS, YEARS_EACH
            left -= BATCH_YEARS
        else:
            clusters = min(CLUSTERS, math.ceil(left))
            yield clusters, left / clusters
            return


def _run(
    tables: Tables, seed: int, batches: Iterator[tuple[int, float]], executor: Executor | None
) -> Any:
    """Yield what each batch finds, in order, with a bounded number of them under way."""
    if executor is None:
        for number, (clusters, years_each) in enumerate(batches):
            yield play(tables, seed, number, clusters, years_each)
        return
    waiting: deque[Future[Sums]] = deque()
    try:
        for number, (clusters, years_each) in enumerate(batches):
            waiting.append(executor.submit(play, tables, seed, number, clusters, years_each))
            if len(waiting) == IN_FLIGHT:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _summary(done: list[Sums], is_partial: bool) -> Study:
    """Return the mean over all years, and its error from how much the clusters differ."""
    years = math.fsum(batch.clusters * batch.years_each for batch in done)
    hours = math.fsum(batch.hours for batch in done)
    mean = hours / years
    clusters = sum(batch.clusters for batch in done)
    spread = math.fsum(
        batch.hours_squared
        - 2 * mean * batch.years_each * batch.hours
        + batch.clusters * (mean * batch.years_each) ** 2
        for batch in done
    )
    variance = max(0.0, spread) * clusters / max(1, clusters - 1)
    return Study(
        hours_a_year=mean,
        standard_error=math.sqrt(variance) / years,
        years=years,
        is_partial=is_partial,
    )


# --- tables -----------------------------------------------------------------------------------


class Tables(NamedTuple):
    """A chain as arrays; rows are states, columns their moves, filled up to the longest row.

    Attributes:
        stay_h: Mean hours in each state.
        out: EVSs out in each state, as a share of all.
        up_to: For each column but the last, by state: the move is a later one if the number drawn
            (0 to 1) is not below this.
        target: State that the move of each cell leads to; cells are counted row by row.
        lost_h: Hours of one EVS lost at it.
        is_open: For each cell whether it can happen, by hour of the week; None if all always can.
    """

    stay_h: Floats
    out: Floats
    up_to: tuple[Floats, ...]
    target: Places
    lost_h: Floats
    is_open: npt.NDArray[np.bool_] | None


def _tables(chain: Chain) -> Tables:
    numbers = {state: number for number, state in enumerate(chain.moves)}
    rates = [[move.rate for move in moves] for moves in chain.moves.values()]
    columns = max(len(row) for row in rates)
    shape = (len(numbers), columns)
    target, lost_h = np.zeros(shape, np.intp), np.zeros(shape)
    is_open = np.ones((*shape, 168), np.bool_)
    for row, moves in enumerate(chain.moves.values()):
        for column, move in enumerate(moves):
            target[row, column] = numbers[move.to]
            lost_h[row, column] = move.lost_h / chain.evs
            if move.hours:
                is_open[row, column] = [move.hours.has(hour) for hour in range(168)]
    filled = np.array([row + [0.0] * (columns - len(row)) for row in rates])
    total = filled.sum(axis=1)
    up_to = (filled.cumsum(axis=1) / total[:, np.newaxis])[:, :-1]
    last = np.array([len(row) for row in rates])[:, np.newaxis] - 1
    up_to[np.arange(columns - 1) >= last] = 1.0
    return Tables(
        stay_h=1 / total,
        out=np.array([chain.out[state] / chain.evs for state in chain.moves]),
        up_to=tuple(np.ascontiguousarray(column) for column in up_to.T),
        target=target.ravel(),
        lost_h=lost_h.ravel(),
        is_open=is_open.ravel() if chain.is_bound_to_hours else None,
    )


# --- one batch --------------------------------------------------------------------------------


def play(tables: Tables, seed: int, number: int, clusters: int, years_each: float) -> Sums:
    """Play one batch, in whatever process this is called."""
    random = np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, number])))
    left = np.full(clusters, years_each * HOURS_A_YEAR)
    state = np.zeros(clusters, np.intp)
    lost = np.zeros(clusters)
    step = _Step(tables, clusters, years_each * HOURS_A_YEAR)
    while left.any():
        for _ in range(CHECK_EVERY):
            step.take(random, state, left, lost)
    return Sums(clusters, years_each, float(lost.sum()), float(np.dot(lost, lost)))


class _Step:
    """One step of all clusters of a batch, with the arrays it needs made once."""

    def __init__(self, tables: Tables, clusters: int, horizon_h: float) -> None:
        """Make the arrays."""
        self.tables = tables
        self.horizon_h = horizon_h
        self.stay, self.buffer, self.drawn = (np.empty(clusters) for _ in range(3))
        self.cell = np.empty(clusters, np.intp)
        self.is_so = np.empty(clusters, np.bool_)

    def take(self, random: np.random.Generator, state: Places, left: Floats, lost: Floats) -> None:
        """Let every cluster stay in its state for a while and move on; change the three arrays."""
        tables, stay, buffer, cell = self.tables, self.stay, self.buffer, self.cell
        random.standard_exponential(out=stay)
        stay *= tables.stay_h.take(state, out=buffer, mode="clip")
        np.minimum(stay, left, out=stay)
        left -= stay
        stay *= tables.out.take(state, out=buffer, mode="clip")
        lost += stay
        self._draw(random, state)
        if tables.is_open is not None:
            self._move_if_open(state, left, lost)
            return
        tables.lost_h.take(cell, out=buffer, mode="clip")
        buffer *= np.greater(left, 0, out=self.is_so)
        lost += buffer
        tables.target.take(cell, out=state, mode="clip")

    def _draw(self, random: np.random.Generator, state: Places) -> None:
        """Draw a move for every cluster into `cell`."""
        up_to, cell = self.tables.up_to, self.cell
        random.random(out=self.drawn)
        np.multiply(state, len(up_to) + 1, out=cell)
        for column in up_to:
            column.take(state, out=self.buffer, mode="clip")
            cell += np.greater_equal(self.drawn, self.buffer, out=self.is_so)

    def _move_if_open(self, state: Places, left: Floats, lost: Floats) -> None:
        """Let the moves drawn happen where the hour of the week allows them."""
        tables, cell = self.tables, self.cell
        assert tables.is_open is not None
        hour = ((self.horizon_h - left) % 168).astype(np.intp)
        can = tables.is_open.take(cell * 168 + hour) & (left > 0)
        lost += tables.lost_h.take(cell) * can
        np.copyto(state, tables.target.take(cell), where=can)
