"""Many years of a chain at once, with numpy: the studies that have no formula.

`study` plays a `Chain` in batches of some thousand clusters side by side. Each batch has its own
stream of random numbers, made from the seed and the number of the batch, and batches are added up
in their order. A batch needs about a megabyte, however many years are asked for.

Theory of operation: in each step every cluster draws how long it stays in its state and which move
follows (one look-up for each move that the state has). Where moves are bound to hours of the week,
a stay ends at the latest when such hours begin or end and is drawn anew, for an exponential time
has no memory. Three things need no steps; they are drawn at once, from exactly the same laws:

- what happens in every state alike, as rounds of maintenance do, is a Poisson count;
- most failures are repaired before anything else happens. How often a cluster goes so from its
  first state to another one and back is a geometric number, its stays there add up to two gamma
  times (`chains.py`), and only what comes after them is played in steps;
- a cluster that reaches its end amid such cycles has them halved, by beta shares, until the one
  is found in which it ends.

This is the only module of the package that needs numpy.

Source: handbook 5, 5.5.3 [derived].
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from clusterlab.cluster.errors import ConfigError, impossible
from clusterlab.design import chains
from clusterlab.design.availability import HOURS_A_YEAR
from clusterlab.design.chains import Chain, Cycle, StateRow
from clusterlab.design.ranges import check_numbers, problem_of

try:
    import numpy as np
except ImportError:
    np = None  # type: ignore[assignment]  # Python in a browser; `study` says so

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Places = npt.NDArray[np.intp]

CLUSTERS = 4096
"""Clusters of a batch: enough that numpy works on arrays, few enough that they fit a cache."""

YEARS_EACH = 100
"""Years that each of them is played."""

BATCH_YEARS = CLUSTERS * YEARS_EACH
"""Cluster-years of a full batch."""

CHECK_EVERY = 16
"""Steps between two looks at which clusters of a batch have reached their end."""

YEARS_MAX = 1e12
"""Cluster-years that can be asked for, a month of work for one core."""

CYCLES_MAX = 2.0**40
"""Cycles drawn at once where nothing else can happen: more than any time holds."""

HOURS_A_WEEK = 168


Sums = tuple[int, float, float, float]
"""Of a batch: clusters, years of each, hours of one EVS out in all years, their squares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """How long one EVS was out in a year, as sampled.

    Attributes:
        standard_error: Of that mean, in hours a year.
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
        low, high = self.limits
        partial = ", stopped early" if self.is_partial else ""
        return (
            f"{self.hours_a_year:.4f} h a year down (95 %: {low:.4f} to {high:.4f}), "
            f"{self.years:,.0f} cluster-years{partial}"
        )


def study(
    chain: Chain,
    years: float,
    *,
    seed: int = 0,
) -> Study:
    """Play *chain* for some cluster-years and return how long one EVS was out in a year.

    Args:
        chain: What can happen; see `pool_chain`.
        years: Cluster-years, 1 to 1e12; rounded up to whole clusters of a batch.
        seed: Same seed, same answer; 0 to 2**63.

    Returns:
        Mean and standard error; `is_partial` if Ctrl+C stopped it.

    Raises:
        ConfigError: If *years* or *seed* is out of range, or numpy is not installed.

    Example:
        >>> from clusterlab.design.availability import Pool
        >>> from clusterlab.design.chains import pool_chain
        >>> pool = Pool(active=3, passive=1, shared=1)
        >>> found = study(pool_chain(pool), 20_000, seed=1)
        >>> abs(found.hours_a_year - pool.hours_a_year) < 3 * found.standard_error
        True
    """
    if np is None:
        raise impossible("no numpy")
    check_numbers(
        problem_of("years", years, 1, YEARS_MAX, what="cluster-years to play"),
        problem_of("seed", seed, 0, 2**63, is_whole=True),
    )
    tables = tables_of(chain)
    done: list[Sums] = []
    is_partial = True
    try:
        for number, (clusters, years_each) in enumerate(_batches(years)):
            done.append(play(tables, seed, number, clusters, years_each))
        is_partial = False
    except KeyboardInterrupt:
        if not done:
            raise
    return _summary(done, is_partial)


def pooled(studies: Sequence[Study]) -> Study:
    """Return what several studies of one chain, each with a seed of its own, found together.

    A long study can so be made of short ones, with time for something else in between.

    Example:
        >>> halves = [Study(hours_a_year=h, standard_error=0.3, years=50, is_partial=False)
        ...           for h in (1.0, 2.0)]
        >>> print(pooled(halves))
        1.5000 h a year down (95 %: 1.0842 to 1.9158), 100 cluster-years
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


def _summary(done: list[Sums], is_partial: bool) -> Study:
    """Return the mean over all years, and its error from how much the clusters differ."""
    years = math.fsum(clusters * each for clusters, each, _, _ in done)
    mean = math.fsum(hours for _, _, hours, _ in done) / years
    clusters = sum(count for count, _, _, _ in done)
    spread = math.fsum(
        squared - 2 * mean * each * hours + count * (mean * each) ** 2
        for count, each, hours, squared in done
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
    """A chain as arrays; rows are states (in hours that differ), columns their moves.

    Attributes:
        stay_h: Mean hours until a move, by row.
        out: EVSs out, as a share of all, by row.
        up_to: For each column but the last, by row: the move is a later one if the number drawn
            (0 to 1) is not below this.
        target: State that the move of each cell leads to; cells are counted row by row.
        lost_h: Hours of one EVS lost at it.
        steady: Hours of one EVS lost at what happens in every state alike, and its rate an hour.
        cycle: What is drawn at once, if that is worth it.
        week: For each state in each of the 168 hours its row, and the hour, of this week or the
            next, at which it has another one; None if no move is bound to hours.
    """

    stay_h: Floats
    out: Floats
    up_to: tuple[Floats, ...]
    target: Places
    lost_h: Floats
    steady: tuple[tuple[float, float], ...]
    cycle: Cycle | None
    week: tuple[Places, Floats] | None


def tables_of(chain: Chain) -> Tables:
    """Return a chain as arrays."""
    cycle, week = None, None
    if chain.is_bound_to_hours:
        week, rows = _week(chain)
    else:
        rows, cycle = chains.with_cycle(chains.rows_of(chain))
    columns = max(1, *(len(row.cells) for row in rows))
    weights, lost_h = np.zeros((2, len(rows), columns))
    target = np.zeros((len(rows), columns), np.intp)
    for number, row in enumerate(rows):
        for column, cell in enumerate(row.cells):
            weights[number, column], target[number, column], lost_h[number, column] = cell
    up_to = weights.cumsum(axis=1) / np.maximum(weights.sum(axis=1, keepdims=True), 1e-300)
    last = np.array([[len(row.cells) - 1] for row in rows])
    up_to[np.arange(columns) >= last] = 1.0
    return Tables(
        stay_h=np.array([row.stay_h for row in rows]),
        out=np.array([row.out for row in rows]),
        up_to=tuple(np.ascontiguousarray(column) for column in up_to.T[:-1]),
        target=target.ravel(),
        lost_h=lost_h.ravel(),
        steady=tuple((lost / chain.evs, rate) for lost, rate in chains.steady_moves(chain).items()),
        cycle=cycle,
        week=week,
    )


def _week(chain: Chain) -> tuple[tuple[Places, Floats], list[StateRow]]:
    """Return which rows the states have in the hours of the week, and all these rows."""
    by_hour = [chains.rows_of(chain, hour) for hour in range(HOURS_A_WEEK)]
    by_state = list(zip(*by_hour, strict=True))
    different = dict.fromkeys(row for rows in by_state for row in rows)
    numbers = {row: number for number, row in enumerate(different)}
    week = (
        np.array([[numbers[row] for row in rows] for rows in by_state], np.intp).ravel(),
        np.array([_changes(rows) for rows in by_state]).ravel(),
    )
    return week, list(different)


def _changes(rows: Sequence[StateRow]) -> list[float]:
    """Return for each hour of the week the next one that has another row."""
    changes, coming = [], chains.NEVER_H
    for hour in reversed(range(2 * HOURS_A_WEEK)):
        if rows[hour % HOURS_A_WEEK] != rows[(hour + 1) % HOURS_A_WEEK]:
            coming = hour + 1.0
        changes.append(coming)
    return changes[: HOURS_A_WEEK - 1 : -1]


# --- one batch --------------------------------------------------------------------------------


def play(tables: Tables, seed: int, number: int, clusters: int, years_each: float) -> Sums:
    """Play one batch."""
    random = np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, number])))
    return played(tables, random, clusters, years_each)


def played(tables: Tables, random: np.random.Generator, clusters: int, years_each: float) -> Sums:
    """Play one batch with the numbers that *random* draws."""
    batch = _Batch(tables, random, clusters, years_each * HOURS_A_YEAR)
    while batch.left.size:
        for _ in range(CHECK_EVERY):
            batch.step()
        batch.take_out_the_finished()
    return clusters, years_each, batch.hours, batch.hours_squared


class _Batch:
    """Clusters side by side, those that have reached their end taken out and added up."""

    def __init__(
        self, tables: Tables, random: np.random.Generator, clusters: int, horizon_h: float
    ) -> None:
        self.tables, self.random, self.horizon_h = tables, random, horizon_h
        self.left = np.full(clusters, horizon_h)
        self.state = np.zeros(clusters, np.intp)
        self.lost, self.clock, self.gone, self.returned = np.zeros((4, clusters))
        self.hours = self.hours_squared = 0.0

    def step(self) -> None:
        """Let every cluster stay in its state for a while and move on."""
        tables = self.tables
        if tables.cycle is not None:
            self._go_to_and_fro(tables.cycle)
        row, end = self.state, self.left
        if tables.week is not None:
            row, change_h = self._row_and_change(tables.week)
            end = np.minimum(end, change_h - self.clock)
        stay = self.random.standard_exponential(end.size)
        stay *= tables.stay_h.take(row)
        moves = stay < end
        np.minimum(stay, end, out=stay)
        self.left -= stay
        if tables.week is not None:
            self._wind(stay, moves, change_h)
        stay *= tables.out.take(row)
        self.lost += stay
        cell = self._drawn(row)
        self.lost += tables.lost_h.take(cell) * moves
        np.copyto(self.state, tables.target.take(cell), where=moves)

    def _row_and_change(self, week: tuple[Places, Floats]) -> tuple[Places, Floats]:
        """Return the row of each cluster now, and the hour of the week at which that changes."""
        place = self.state * HOURS_A_WEEK
        place += self.clock.astype(np.intp)
        return week[0].take(place), week[1].take(place)

    def _wind(self, stay: Floats, moves: npt.NDArray[np.bool_], change_h: Floats) -> None:
        """Turn the clocks on: to exactly the full hour where clusters wait for it."""
        self.clock += stay
        np.copyto(self.clock, change_h, where=~moves)
        self.clock -= HOURS_A_WEEK * np.floor(self.clock / HOURS_A_WEEK)

    def _drawn(self, row: Places) -> Places:
        up_to = self.tables.up_to
        cell = row * (len(up_to) + 1)
        number = self.random.random(row.size)
        for column in up_to:
            cell += number >= column.take(row)
        return cell

    def _go_to_and_fro(self, cycle: Cycle) -> None:
        """Let every cluster in the first state pass all its cycles until something else comes."""
        here = np.flatnonzero((self.state == 0) & (self.left > 0))
        often = -1 / math.log(cycle.chance) if cycle.chance < 1 else CYCLES_MAX
        times = np.floor(self.random.standard_exponential(here.size) * often)
        stays = self.random.standard_gamma(times, (2, here.size))
        stays *= np.array(cycle.stay_h)[:, np.newaxis]
        left = self.left[here] - stays.sum(axis=0)
        ends = np.flatnonzero(left <= 0)
        if ends.size:
            last = here[ends]
            times[ends], stays[:, ends], is_away = cut(
                self.random, times[ends], stays[:, ends], self.left[last]
            )
            self.gone[last] += is_away
            left[ends] = 0
        self.left[here] = left
        self.lost[here] += np.dot(cycle.out, stays)
        self.gone[here] += times
        self.returned[here] += times

    def take_out_the_finished(self) -> None:
        """Add up the clusters that have reached their end, and leave the others."""
        is_done = self.left <= 0
        lost = self.lost[is_done]
        if self.tables.cycle is not None:
            lost += _total(self.random, self.gone[is_done], self.tables.cycle.going)
            lost += _total(self.random, self.returned[is_done], self.tables.cycle.returning)
        for lost_h, rate in self.tables.steady:
            lost += lost_h * self.random.poisson(rate * self.horizon_h, lost.size)
        self.hours += float(lost.sum())
        self.hours_squared += float(np.dot(lost, lost))
        for name in ("left", "state", "lost", "clock", "gone", "returned"):
            setattr(self, name, getattr(self, name)[~is_done])


def _total(random: np.random.Generator, times: Floats, values: Mapping[float, float]) -> Floats:
    """Return sums of so many values each, drawn with their chances."""
    if len(values) == 1:
        return times * next(iter(values))
    counts = random.multinomial(times.astype(np.int64), list(values.values()))
    totals: Floats = np.dot(counts, np.array(list(values)))
    return totals


def cut(
    random: np.random.Generator, times: Floats, stays: Floats, until: Floats
) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Cut cycles off where the hours *until* the end run out; *stays* are longer than these.

    Returns:
        Cycles that are complete, hours in the two states, and who ends in the other state.
    """
    done, spent = np.zeros(times.size), np.zeros(stays.shape)
    many = np.flatnonzero(times > 1)
    while many.size:
        half = np.floor(times[many] / 2)
        rest = times[many] - half
        first = stays[:, many] * random.beta(half, rest, (2, many.size))
        fits = (spent[:, many] + first).sum(axis=0) <= until[many]
        done[many] += np.where(fits, half, 0)
        spent[:, many] += np.where(fits, first, 0)
        times[many] = np.where(fits, rest, half)
        stays[:, many] = np.where(fits, stays[:, many] - first, first)
        many = many[times[many] > 1]
    left = until - spent.sum(axis=0)
    at_home = np.minimum(stays[0], left)
    spent += np.array((at_home, left - at_home))
    return done, spent, stays[0] < left
