"""What of a chain can be drawn at once, without playing every move: for `montecarlo.py`.

Most failures of a cluster are repaired before anything else happens, and rounds of maintenance go
on whatever happens. Here both are found in a chain, in plain Python; `montecarlo.py` draws them.

Source: handbook 5, 5.5.3 [derived].
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from clusterlab.design.chains import ALWAYS, Chain, ChainMove

NEVER_H = 1e300
"""Hours until something that does not come; finite, so that no hours times it are no number."""

WORTH = 0.6
"""Chance of a cycle from which on it is quicker to draw many at once than to play each."""


class Cell(NamedTuple):
    """A move out of a row: how likely beside the others, to which row, hours of one EVS lost."""

    weight: float
    to: int
    lost_h: float


class StateRow(NamedTuple):
    """A state by number: mean hours until a move, share of the EVSs out, what may follow."""

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
    """Return what happens in every state alike and leads nowhere: rate an hour by EVS-hours lost.

    Example:
        >>> from clusterlab.design.availability import Pool
        >>> from clusterlab.design.chains import pool_chain
        >>> chain = pool_chain(Pool(active=3, passive=1, maintenance_a_year=12, move_min=2))
        >>> [(lost_h, round(rate * 8760)) for lost_h, rate in steady_moves(chain).items()]
        [(0.1, 12)]
    """
    kinds = []
    for state, moves in chain.moves.items():
        rates = defaultdict[float, float](float)
        for move in moves:
            if move.to == state and move.hours in (None, ALWAYS):
                rates[move.lost_h] += move.rate
        kinds.append(set(rates.items()))
    return dict(set.intersection(*kinds))


def rows_of(chain: Chain, hour: int | None = None) -> list[StateRow]:
    """Return the states of *chain* by number, without its steady moves.

    Args:
        chain: What can happen.
        hour: Hour of the week; only moves that can happen in it are kept. Needed where moves are
            bound to hours.
    """
    steady = steady_moves(chain)
    numbers = {state: number for number, state in enumerate(chain.moves)}

    def cells(state: object, moves: Iterable[ChainMove]) -> Iterable[Cell]:
        for rate, to, lost_h, hours in moves:
            is_steady = to == state and lost_h in steady and hours in (None, ALWAYS)
            if not is_steady and (hours is None or hour is None or hours.has(hour)):
                yield Cell(rate, numbers[to], lost_h / chain.evs)

    return [
        _row(chain.out[state] / chain.evs, tuple(cells(state, moves)))
        for state, moves in chain.moves.items()
    ]


def _row(out: float, cells: tuple[Cell, ...]) -> StateRow:
    rate = math.fsum(cell.weight for cell in cells)
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
        for away in {cell.to for cell in home.cells} - {0}
    }
    away = max(chances, key=lambda number: chances[number], default=0)
    if not away or chances[away] < WORTH:
        return list(rows), None
    there = rows[away]
    onward = tuple(cell for cell in there.cells if cell.to)
    missed = math.fsum(cell.weight for cell in onward) * there.stay_h
    cells = tuple(
        Cell(weight * missed, len(rows), lost_h) if to == away else Cell(weight, to, lost_h)
        for weight, to, lost_h in home.cells
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
    return math.fsum(cell.weight for cell in row.cells if cell.to == to) * row.stay_h


def _values(row: StateRow, to: int) -> dict[float, float]:
    """Return the hours that moves of a row to another one lose, with the chance of each."""
    weights = defaultdict[float, float](float)
    for cell in row.cells:
        if cell.to == to:
            weights[cell.lost_h] += cell.weight
    total = math.fsum(weights.values())
    return {lost_h: weight / total for lost_h, weight in weights.items()}
