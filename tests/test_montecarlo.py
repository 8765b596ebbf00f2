"""Sampled availability: held against chains solved here."""

import math

import numpy as np
import pytest

from clusterlab.cluster.errors import ConfigError
from clusterlab.design import montecarlo
from clusterlab.design.availability import HOURS_A_YEAR, Pool
from clusterlab.design.chains import (
    ALWAYS,
    NIGHT,
    OFFICE_HOURS,
    Chain,
    ChainMove,
    Habits,
    Hours,
    pool_chain,
    rows_of,
    steady_moves,
    with_cycle,
)
from clusterlab.design.montecarlo import BATCH_YEARS, cut, play, played, pooled, study, tables_of

FAILING = Pool(active=3, passive=1, mtbf_h=500, mttr_h=24, operator_h=0.5)
"""A pool that fails often, so that few years tell much."""


def exact_hours(chain: Chain) -> float:
    """Return the hours a year that one EVS is out, from the balance of all states."""
    numbers = {state: number for number, state in enumerate(chain.moves)}
    balance, lost = np.zeros((len(numbers),) * 2), np.zeros(len(numbers))
    for state, moves in chain.moves.items():
        here = numbers[state]
        lost[here] = chain.out[state] + sum(move.rate * move.lost_h for move in moves)
        for move in moves:
            balance[numbers[move.to], here] += move.rate
            balance[here, here] -= move.rate
    balance[0] = 1.0  # one balance follows from the others; shares add up to 1
    shares = np.linalg.solve(balance, np.eye(len(numbers))[0])
    return float(HOURS_A_YEAR / chain.evs * shares @ lost)


# --- chains -----------------------------------------------------------------------------------


@pytest.mark.parametrize("pattern", [(1, 0), (1, 1), (3, 1), (6, 2), (7, 1)], ids=str)
def test_the_chain_of_a_pool_is_the_formula_of_the_handbook(pattern):
    """Handbook 5, 5.5.3: failed nodes, failovers and planned moves add up to the hours of Pool."""
    pool = Pool(active=pattern[0], passive=pattern[1], shared=1)
    assert pool.hours_a_year == pytest.approx(exact_hours(pool_chain(pool)))


def test_failing_storage_takes_every_evs_out():
    """Handbook 5, 5.5.3: an array that is down 1 h in 10,000 costs 0.876 h a year of every EVS."""
    pool = Pool(shared=1)
    habits = Habits(storage_mtbf_h=9999, storage_mttr_h=1)
    more = exact_hours(pool_chain(pool, habits)) - exact_hours(pool_chain(pool))
    assert 0.876 == pytest.approx(more, rel=1e-3)


def test_failback_at_once_costs_more_than_none():
    """Handbook 5, R64: a failback is a second interruption."""
    pool = Pool()
    always = Hours(0, 24)
    at_once = study(pool_chain(pool, Habits(failback=always)), 40_000, seed=1)
    assert at_once.limits[0] > exact_hours(pool_chain(pool))


def test_storage_that_never_lasts_is_refused():
    """A mean time must be above 0."""
    with pytest.raises(ConfigError, match="storage_mttr_h = 0"):
        Habits(storage_mttr_h=0)


@pytest.mark.parametrize(
    ("hours", "open_hours"),
    [(NIGHT, 21), (OFFICE_HOURS, 50), (Hours(22, 6), 56), (Hours(22, 6, (4,)), 8)],
    ids=["night", "office", "over midnight", "friday night"],
)
def test_hours_of_the_week(hours, open_hours):
    """Hours may reach over midnight, into the morning of the next day."""
    assert open_hours == sum(hours.has(hour) for hour in range(168))


# --- sampling ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "chain",
    [
        pool_chain(Pool()),
        pool_chain(FAILING),
        pool_chain(Pool(active=6, passive=2, crews=3)),
        pool_chain(Pool(active=1, passive=0)),
        pool_chain(FAILING, Habits(storage_mtbf_h=5000)),
    ],
    ids=["3+1", "failing", "6+2", "stand-alone", "storage"],
)
def test_the_sample_lies_within_three_standard_errors(chain):
    """Wherever there is an exact value the sample meets it."""
    found = study(chain, 50_000, seed=7)
    assert abs(found.hours_a_year - exact_hours(chain)) < 3 * found.standard_error
    assert found.standard_error < 0.05 * found.hours_a_year


def test_hours_of_the_whole_week_bind_nothing():
    """Thinning with hours that are always open is the chain itself."""
    always = Hours(0, 24)
    found = study(pool_chain(FAILING, Habits(repairs=always)), 20_000, seed=3)
    exact = exact_hours(pool_chain(FAILING))
    assert abs(found.hours_a_year - exact) < 3 * found.standard_error


def test_a_move_happens_only_in_its_hours():
    """Something that comes six times an hour between 1 and 4 comes 18 times a day."""
    chain = Chain(name="night", evs=1, moves={0: (ChainMove(6.0, 0, 1.0, NIGHT),)}, out={0: 0.0})
    found = study(chain, 100, seed=1)
    assert abs(found.hours_a_year - 18 * 365) < 3 * found.standard_error


def test_repairs_in_office_hours_cost_more():
    """Nodes that wait for Monday leave the cluster without a spare."""
    slow = study(pool_chain(FAILING, Habits(repairs=OFFICE_HOURS)), 5_000, seed=1)
    assert slow.limits[0] > 2 * exact_hours(pool_chain(FAILING))


def test_the_standard_error_is_the_spread_between_seeds():
    """Twenty studies differ by what one of them says of itself."""
    chain = pool_chain(FAILING)
    found = [study(chain, 2_000, seed=seed) for seed in range(20)]
    mean = sum(item.hours_a_year for item in found) / 20
    spread = math.sqrt(sum((item.hours_a_year - mean) ** 2 for item in found) / 19)
    assert found[0].standard_error == pytest.approx(spread, rel=0.5)


def test_the_same_seed_gives_the_same_answer():
    """And another seed another one."""
    chain = pool_chain(FAILING)
    assert study(chain, 1000, seed=1) == study(chain, 1000, seed=1)
    assert study(chain, 1000, seed=1) != study(chain, 1000, seed=2)


def interrupt(monkeypatch, after):
    """Let Ctrl+C come once so many batches are done."""
    batches = iter(range(after))

    def play_or_stop(*what):
        if next(batches, None) is None:
            raise KeyboardInterrupt
        return play(*what)

    monkeypatch.setattr(montecarlo, "play", play_or_stop)


def test_an_interrupted_study_returns_what_it_has(monkeypatch):
    """Ctrl+C keeps the batches that are done, and the answer says that it was stopped."""
    interrupt(monkeypatch, after=2)
    found = study(pool_chain(Pool()), 3 * BATCH_YEARS)
    assert (True, 2 * BATCH_YEARS) == (found.is_partial, found.years)
    assert "stopped early" in str(found)


def test_an_interrupt_before_anything_was_found_is_passed_on(monkeypatch):
    """There is nothing to return."""
    interrupt(monkeypatch, after=0)
    with pytest.raises(KeyboardInterrupt):
        study(pool_chain(Pool()), 1000)


@pytest.mark.parametrize("years", [0, -1, math.nan, math.inf, 1e13])
def test_impossible_years_are_refused(years):
    """The message names the value and what is allowed."""
    with pytest.raises(ConfigError, match=r"allowed: a number from 1 to 1e\+12"):
        study(pool_chain(Pool()), years)


def test_studies_of_one_chain_can_be_pooled():
    """Ten short studies together are as good as one that is ten times as long."""
    chain = pool_chain(FAILING)
    short = [study(chain, 2_000, seed=seed) for seed in range(10)]
    together = pooled(short)
    assert 20_000 == together.years
    assert abs(together.hours_a_year - exact_hours(chain)) < 3 * together.standard_error
    assert together.standard_error < min(one.standard_error for one in short) / 2


def test_nothing_cannot_be_pooled():
    """Without any study there is no mean."""
    with pytest.raises(ConfigError, match="one or more"):
        pooled([])


def test_failback_at_once_has_an_exact_value():
    """A move that waits for no hour is solved like any other, and agrees with sampling."""
    chain = pool_chain(FAILING, Habits(failback=ALWAYS))
    assert not chain.is_bound_to_hours
    assert exact_hours(pool_chain(FAILING)) < exact_hours(chain)
    found = study(chain, 20_000, seed=3)
    assert abs(found.hours_a_year - exact_hours(chain)) < 3 * found.standard_error


# --- what is drawn at once --------------------------------------------------------------------

TOGGLE = Chain(
    name="up and down",
    evs=1,
    moves={"up": (ChainMove(0.1, "down", 0.5),), "down": (ChainMove(0.2, "up", 0.25),)},
    out={"up": 0.0, "down": 1.0},
)
"""One server that is down for 5 hours every 10 hours, and loses hours at both moves as well."""


def lost_until(end_h: float) -> float:
    """Return what TOGGLE loses until an hour, in closed form."""
    share, both = 0.1 / 0.3, 0.3
    down_h = share * end_h - share / both * (1 - math.exp(-both * end_h))
    return down_h + 0.5 * 0.1 * (end_h - down_h) + 0.25 * 0.2 * down_h


@pytest.mark.parametrize("end_h", [1, 8, 30, 400])
def test_a_year_that_ends_amid_cycles_is_cut_there(end_h):
    """From up to down and back at once, cut at the end: the closed form of a short time."""
    tables = tables_of(TOGGLE)
    assert tables.cycle is not None
    random = np.random.Generator(np.random.SFC64(1))
    clusters, _, hours, squared = played(tables, random, 50_000, end_h / HOURS_A_YEAR)
    mean = hours / clusters
    error = math.sqrt((squared / clusters - mean**2) / clusters)
    assert abs(mean - lost_until(end_h)) < 3 * error


@pytest.mark.parametrize(("until_h", "chance"), [(0.5, 0.125), (1.0, 0.5), (1.5, 0.875)])
def test_cycles_are_cut_where_the_hours_run_out(until_h, chance):
    """Two cycles of an hour in each state: the first is over by then as often as two even shares.

    Each of its two stays is an even share of the hour, so their sum has a triangular law.
    """
    random = np.random.Generator(np.random.SFC64(1))
    count = 40_000
    done, spent, _ = cut(random, np.full(count, 2.0), np.ones((2, count)), np.full(count, until_h))
    assert abs(done.mean() - chance) < 4 * math.sqrt(chance * (1 - chance) / count)
    assert spent.sum(axis=0) == pytest.approx(until_h)


@pytest.mark.parametrize(
    "chain",
    [pool_chain(FAILING), pool_chain(Pool(active=1, passive=0, mtbf_h=100)), TOGGLE],
    ids=["failing", "stand-alone", "toggle"],
)
def test_cycles_drawn_at_once_spread_as_those_played_in_steps(chain, monkeypatch):
    """Mean and spread of the hours lost in a month are the same, cycle by cycle or at once."""

    def means() -> tuple[float, float, float]:
        random = np.random.Generator(np.random.SFC64(3))
        clusters, _, hours, squared = played(tables_of(chain), random, 60_000, 1 / 12)
        mean, square = hours / clusters, squared / clusters
        return mean, math.sqrt(square - mean**2), math.sqrt(square / clusters)

    at_once = means()
    monkeypatch.setattr("clusterlab.design.chains.WORTH", 2.0)
    assert tables_of(chain).cycle is None
    in_steps = means()
    assert abs(at_once[0] - in_steps[0]) < 4 * in_steps[2]
    assert at_once[1] == pytest.approx(in_steps[1], rel=0.05)


def test_the_cycle_of_a_pool_is_a_failure_that_is_repaired():
    """Of 3+1 nodes one fails, and in 83 of 84.5 cases is repaired before another one does."""
    pool = Pool(mtbf_h=2000, mttr_h=12, crews=4, coverage=1, shared=1)
    rows, cycle = with_cycle(rows_of(pool_chain(pool)))
    assert cycle.chance == pytest.approx((1 / 12) / (1 / 12 + 3 / 2000))
    assert (500, 1 / (1 / 12 + 3 / 2000)) == pytest.approx(cycle.stay_h)
    assert {0.05 / 3: 0.75, 0.0: 0.25} == pytest.approx(cycle.going)
    assert {len(rows) - 1} == {cell[1] for cell in rows[0].cells}
    assert [2] == [cell[1] for cell in rows[-1].cells]


def test_a_chain_without_a_common_way_back_is_played_in_steps():
    """Where most failures are not repaired first, there is nothing to draw at once."""
    rows = rows_of(pool_chain(Pool(mtbf_h=10, mttr_h=12)))
    assert (rows, None) == with_cycle(rows)


def test_maintenance_is_steady():
    """Rounds of maintenance come in every state alike; moves bound to hours do not count."""
    assert {0.1: pytest.approx(12 / HOURS_A_YEAR)} == steady_moves(pool_chain(Pool()))
    chain = Chain(name="night", evs=1, moves={0: (ChainMove(6.0, 0, 1.0, NIGHT),)}, out={0: 0.0})
    assert {} == steady_moves(chain)


def test_hours_that_follow_each_other_bind_nothing():
    """Repairs by the early, the late and the weekend shift are repairs at any time."""
    shifts = (Hours(0, 9, (0, 1, 2, 3, 4)), Hours(9, 24, (0, 1, 2, 3, 4)), Hours(0, 24, (5, 6)))
    moves = {
        "up": TOGGLE.moves["up"],
        "down": tuple(ChainMove(0.2, "up", 0.25, hours) for hours in shifts),
    }
    found = study(Chain(name="shifts", evs=1, moves=moves, out=TOGGLE.out), 200, seed=2)
    assert abs(found.hours_a_year - exact_hours(TOGGLE)) < 3 * found.standard_error


def test_a_repair_waits_for_its_hour():
    """A node that fails now and then and is repaired in no time, but only at night, waits 9.2 h.

    It fails at any hour of the day: 21 of 24 are outside 1 to 4, with 10.5 hours to wait.
    """
    moves = {"up": (ChainMove(0.001, "down"),), "down": (ChainMove(1000.0, "up", 0.0, NIGHT),)}
    chain = Chain(name="wait", evs=1, moves=moves, out={"up": 0.0, "down": 1.0})
    found = study(chain, 4_000, seed=4)
    wait_h = 21 / 24 * 10.5
    expected = HOURS_A_YEAR * wait_h / (1000 + wait_h)
    assert abs(found.hours_a_year - expected) < 3 * found.standard_error
