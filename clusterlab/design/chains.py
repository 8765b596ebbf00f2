"""Chains: what can happen next in each state, how often, and what it costs.

A `Chain` is a continuous-time Markov chain with two kinds of loss: so many EVSs out while it stays
in a state, and so many EVS-hours at a move (a failover is over before the next failure). Moves may
be bound to hours of the week: work done in office hours, failback at night. `montecarlo.study`
samples it.

Source: handbook 5, 5.5.3 [derived].
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, cast

from clusterlab.cluster.errors import ConfigError, impossible
from clusterlab.design.availability import HOURS_A_YEAR, Pool
from clusterlab.design.ranges import check_numbers, is_number, problem_of


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of the week in which a move can happen.

    Attributes:
        first: Hour of the day at which it begins, 0 to 23.
        last: Hour of the day before which it ends, 1 to 24; smaller than first: over midnight.
        days: Days of the week, 0 Monday to 6 Sunday.
    """

    first: int
    last: int
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)

    def __post_init__(self) -> None:
        check_numbers(
            problem_of("first", self.first, 0, 23, what="hour at which it begins", is_whole=True),
            problem_of("last", self.last, 1, 24, what="hour before which it ends", is_whole=True),
            ""
            if self.first != self.last
            else f"hours from {self.first} to {self.last} are none; "
            "allowed: two hours that differ, 0 to 24 for the whole day",
            "" if self.days else "days = (); allowed: one day or more, 0 Monday to 6 Sunday",
            *(problem_of("day", day, 0, 6, what="0 is Monday", is_whole=True) for day in self.days),
        )

    def has(self, hour_of_week: int) -> bool:
        """Return whether an hour of the week, 0 to 167 from Monday midnight, is one of them."""
        day, hour = divmod(hour_of_week, 24)
        if self.first < self.last:
            return day in self.days and self.first <= hour < self.last
        return (day in self.days and hour >= self.first) or (
            (day - 1) % 7 in self.days and hour < self.last
        )


OFFICE_HOURS = Hours(8, 18, (0, 1, 2, 3, 4))
NIGHT = Hours(1, 4)
ALWAYS = Hours(0, 24)
"""Every hour of the week: a habit that waits for nothing."""


class ChainMove(NamedTuple):
    """Something that can happen in a state.

    Attributes:
        rate: How often per hour, in the hours in which it can happen at all.
        lost_h: EVS-hours lost at the move itself.
        hours: When it can happen; at any time if None.
    """

    rate: float
    to: Hashable
    lost_h: float = 0.0
    hours: Hours | None = None


@dataclass(frozen=True, kw_only=True)
class Chain:
    """States, what can happen in each, and how many EVSs are out meanwhile (handbook 5, 5.5.3).

    Attributes:
        moves: What can happen, by state; the first state is the start.
        out: EVSs out of service, by state.

    Example:
        >>> chain = pool_chain(Pool(active=3, passive=1, shared=1, maintenance_a_year=0))
        >>> len(chain.moves), chain.is_bound_to_hours
        (5, False)
    """

    name: str
    evs: int
    moves: Mapping[Hashable, tuple[ChainMove, ...]]
    out: Mapping[Hashable, float]

    def __post_init__(self) -> None:
        if self.evs < 1:
            raise ConfigError(f"chain {self.name!r} has {self.evs} EVSs; allowed: 1 or more")
        reached = {move.to for moves in self.moves.values() for move in moves}
        if unknown := reached - self.moves.keys():
            raise impossible("move to no state", self.name, sorted(map(repr, unknown))[0])

    @cached_property
    def is_bound_to_hours(self) -> bool:
        """Whether a move depends on the hour of the week."""
        hours = {move.hours for moves in self.moves.values() for move in moves}
        return not hours <= {None, ALWAYS}


# --- a pool of equal nodes --------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Habits:
    """How a pool is run, where no formula of the handbook reaches (handbook 5, 5.5.3 and R64).

    Attributes:
        repairs: When repairs are worked on; at any time if None.
        failback: When an EVS is moved back to a repaired node, with a planned move; never if
            None, which is the recommended setting.
        storage_mtbf_h: Hours between failures of the shared storage, which take all EVSs out.
        storage_mttr_h: Hours until it is back.
    """

    repairs: Hours | None = None
    failback: Hours | None = None
    storage_mtbf_h: float = math.inf
    storage_mttr_h: float = 8.0

    def __post_init__(self) -> None:
        for name in ("storage_mtbf_h", "storage_mttr_h"):
            value = getattr(self, name)
            if not (is_number(value, 0, math.inf) and value):
                raise ConfigError(f"{name} = {value!r}; allowed: hours above 0")
        for name in ("repairs", "failback"):
            if not isinstance(value := getattr(self, name), Hours | None):
                raise ConfigError(f"{name} = {value!r}; allowed: Hours, as Hours(8, 18), or None")


FAILBACKS_AN_HOUR = 6.0
"""How quickly a failback follows once its hours have begun: within ten minutes [unsourced]."""


class _PoolState(NamedTuple):
    failed: int
    displaced: int = 0
    in_maintenance: bool = False
    has_storage: bool = True


def pool_chain(pool: Pool, habits: Habits | None = None) -> Chain:
    """Return the chain of a pool: failed nodes, and what its habits add.

    Rounds of maintenance are played at random moments of the night where `pool.patch_h` takes the
    node out; else their planned moves are a loss at a rate. Shared parts are in the chain only as
    the storage of *habits*.

    Example:
        >>> night = pool_chain(Pool(), Habits(failback=NIGHT))
        >>> night.is_bound_to_hours
        True
    """
    habits = habits or Habits()
    moves: dict[Hashable, tuple[ChainMove, ...]] = {}
    out: dict[Hashable, float] = {}
    waiting = [_PoolState(0)]
    while waiting:
        state = waiting.pop()
        if state not in moves:
            can = [move for move in _pool_moves(pool, habits, state) if move.rate > 0]
            moves[state] = tuple(can)
            out[state] = float(pool.active - _hosts(pool, state) * state.has_storage)
            waiting += [cast("_PoolState", move.to) for move in can]
    return Chain(name=str(pool), evs=pool.active, moves=moves, out=out)


def _hosts(pool: Pool, state: _PoolState) -> int:
    return min(pool.active, pool.nodes - state.failed - state.in_maintenance)


def _pool_moves(pool: Pool, habits: Habits, state: _PoolState) -> Iterable[ChainMove]:
    hosts = _hosts(pool, state)
    idle = pool.nodes - state.failed - state.in_maintenance - hosts
    down = state._replace(failed=state.failed + 1)
    rate = hosts / pool.mtbf_h
    if idle:
        displaced = min(pool.active, state.displaced + 1) if habits.failback else 0
        moved = down._replace(displaced=displaced)
        yield ChainMove(rate * pool.coverage, moved, pool.failover_min / 60)
        yield ChainMove(rate * (1 - pool.coverage), moved, pool.manual_h)
    elif hosts:
        yield ChainMove(rate, down)
    yield ChainMove(idle * pool.standby_rate / pool.mtbf_h, down)
    if state.failed:
        repaired = state._replace(failed=state.failed - 1)
        yield ChainMove(pool.repair_rate(state.failed), repaired, hours=habits.repairs)
    yield from _maintenance(pool, habits, state)
    if habits.failback and state.displaced and idle:
        back = state._replace(displaced=state.displaced - 1)
        yield ChainMove(FAILBACKS_AN_HOUR, back, pool.move_min / 60, habits.failback)
    if state.has_storage:
        yield ChainMove(1 / habits.storage_mtbf_h, state._replace(has_storage=False))
    else:
        yield ChainMove(1 / habits.storage_mttr_h, state._replace(has_storage=True))


def _maintenance(pool: Pool, habits: Habits, state: _PoolState) -> Iterable[ChainMove]:
    a_year = pool.maintenance_a_year
    if not a_year:
        return
    if not (pool.patch_h and pool.passive):
        yield ChainMove(a_year / HOURS_A_YEAR, state, pool.planned_h / a_year * pool.active)
    elif state.in_maintenance:
        yield ChainMove(1 / pool.patch_h, state._replace(in_maintenance=False))
    elif state.failed < pool.passive:
        # One node after the other, so each round takes as many turns as there are nodes; NIGHT
        # has three of 24 hours, so a turn comes eight times as often within it.
        share_of_day = (NIGHT.last - NIGHT.first) / 24
        turns = a_year * pool.nodes / HOURS_A_YEAR / share_of_day
        lost_h = pool.moves * pool.move_min / 60 * pool.active / pool.nodes
        yield ChainMove(turns, state._replace(in_maintenance=True), lost_h, NIGHT)


# --- cycles ---------------------------------------------------------------------------------------

NEVER_H = 1e300
"""Hours until something that does not come; finite, so that no hours times it are no number."""

WORTH = 0.6
"""Chance of a cycle from which on it is quicker to draw many at once than to play each."""


Cell = tuple[float, int, float]
"""A move out of a row: how often an hour, to which row, hours of one EVS lost."""


class StateRow(NamedTuple):
    """A state by number: mean hours until a move, share of the EVSs out, moves to other numbers."""

    stay_h: float
    out: float
    cells: tuple[Cell, ...]


class Cycle(NamedTuple):
    """The way from the first state to another one and straight back.

    Attributes:
        chance: That a cluster in the first state takes it, 0 to 1.
        stay_h: Mean hours in the first and in the other state.
        out: Shares of the EVSs that are out in the two.
        going: Hours of one EVS lost on the way there, with the chance of each.
        returning: The same on the way back.
    """

    chance: float
    stay_h: tuple[float, float]
    out: tuple[float, float]
    going: Mapping[float, float]
    returning: Mapping[float, float]


def steady_moves(chain: Chain) -> dict[float, float]:
    """Return what happens in every state alike and leads nowhere: rate by EVS-hours lost."""
    kinds = []
    for state, moves in chain.moves.items():
        rates = defaultdict[float, float](float)
        for move in moves:
            if move.to == state and move.hours in (None, ALWAYS):
                rates[move.lost_h] += move.rate
        kinds.append(set(rates.items()))
    return dict(set.intersection(*kinds))


def rows_of(chain: Chain, hour: int | None = None) -> list[StateRow]:
    """Return the states of *chain* by number, without steady moves and those of other hours."""
    steady = steady_moves(chain)
    numbers = {state: number for number, state in enumerate(chain.moves)}

    def cells(state: object, moves: Iterable[ChainMove]) -> Iterable[Cell]:
        for rate, to, lost_h, hours in moves:
            is_steady = to == state and lost_h in steady and hours in (None, ALWAYS)
            if not is_steady and (hours is None or hour is None or hours.has(hour)):
                yield (rate, numbers[to], lost_h / chain.evs)

    return [
        _row(chain.out[state] / chain.evs, tuple(cells(state, moves)))
        for state, moves in chain.moves.items()
    ]


def _row(out: float, cells: tuple[Cell, ...]) -> StateRow:
    rate = math.fsum(rate for rate, _, _ in cells)
    return StateRow(1 / rate if rate else NEVER_H, out, cells)


def with_cycle(rows: Sequence[StateRow]) -> tuple[list[StateRow], Cycle | None]:
    """Take out of *rows* the cycle that is taken most often from the first one, if it is worth it.

    Returns:
        Rows in which the first one leads anywhere but through the cycle (one more row is the other
        state of it, when what follows is not the way back), and the cycle; or the same rows and
        None.
    """
    home = rows[0]
    chances = {
        away: _share(home, away) * _share(rows[away], 0)
        for away in {to for _, to, _ in home.cells} - {0}
    }
    away = max(chances, key=lambda number: chances[number], default=0)
    if not away or chances[away] < WORTH:
        return list(rows), None
    there = rows[away]
    onward = tuple(cell for cell in there.cells if cell[1])
    missed = math.fsum(rate for rate, _, _ in onward) * there.stay_h
    cells = tuple(
        (rate * missed, len(rows), lost_h) if to == away else (rate, to, lost_h)
        for rate, to, lost_h in home.cells
        if missed or to != away
    )
    cycle = Cycle(
        chances[away] if cells else 1.0,
        (home.stay_h, there.stay_h),
        (home.out, there.out),
        _values(home, away),
        _values(there, 0),
    )
    if not cells:
        return list(rows), cycle
    return [home._replace(cells=cells), *rows[1:], there._replace(cells=onward)], cycle


def _share(row: StateRow, to: int) -> float:
    return math.fsum(rate for rate, there, _ in row.cells if there == to) * row.stay_h


def _values(row: StateRow, to: int) -> dict[float, float]:
    """Return the hours that moves of a row to another one lose, with the chance of each."""
    weights = defaultdict[float, float](float)
    for rate, there, lost_h in row.cells:
        if there == to:
            weights[lost_h] += rate
    total = math.fsum(weights.values())
    return {lost_h: weight / total for lost_h, weight in weights.items()}
