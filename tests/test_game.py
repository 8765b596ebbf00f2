"""The service-level game: same seed, same year; losses and money; the formulas beside it."""

import math
from itertools import pairwise
from statistics import fmean, stdev

import pytest

from clusterlab import ConfigError
from clusterlab.design.availability import HOURS_A_YEAR
from clusterlab.design.game import (
    CAUSES,
    Loss,
    Year,
    expected_mailbox_hours,
    failures_of,
    other_years,
    play_quarter,
    play_year,
    share_below,
)
from clusterlab.design.gamerules import (
    CHEAPEST,
    QUARTER_H,
    Policy,
    Terms,
)

FAILING = Terms(mtbf_h=1000)
"""Nodes that fail often, so that one year has much to show."""


def played(seed: int, policy: Policy, terms: Terms = FAILING) -> Year:
    """Return a whole year under one policy."""
    return play_year(terms, seed, [policy] * 4)


def test_the_same_seed_is_the_same_year():
    """A year is a function of seed and policies; another seed is another year."""
    assert played(1, Policy()) == played(1, Policy())
    assert played(1, Policy()).losses != played(2, Policy()).losses


def test_failures_do_not_depend_on_the_policy():
    """A better contract shortens repairs; the nodes fail when the seed says so."""

    def failures(policy: Policy) -> list[tuple[float, str]]:
        told = played(3, policy).happenings
        return [(at_h, text[:12]) for at_h, text in told if " failed with" in text]

    slow, fast = failures(Policy()), failures(Policy(contract="four hours"))
    assert set(slow) <= set(fast)
    assert len(slow) > 10


def test_more_patches_leave_out_failures_and_move_none():
    """Thinning: what fails with monthly patches also fails without any, at the same moments."""

    def moments(patching: str) -> set[float]:
        told = played(5, Policy(contract="four hours", patching=patching)).happenings
        return {at_h for at_h, text in told if " failed with" in text}

    patched, never = moments("every month"), moments("never")
    assert len(patched) < len(never)
    assert len(patched - never) <= 2  # a node that is Down already cannot fail again


def test_failures_come_at_the_stated_rate():
    """The gaps between failures are exponential with the rate given."""
    times = [at_h for seed in range(400) for at_h, *_ in failures_of(seed, 0, "NODE1", 1 / 500)]
    assert len(times) == pytest.approx(400 * QUARTER_H / 500, rel=0.05)
    assert QUARTER_H / 2 == pytest.approx(fmean(times), rel=0.05)


def test_no_hour_of_an_evs_is_counted_twice():
    """Losses of one EVS follow each other and lie within the year."""
    losses = played(4, Policy(failback="at once")).losses
    for evs in ("EVS1", "EVS2", "EVS3"):
        own = [loss for loss in losses if loss.evs == evs]
        for before, after in pairwise(own):
            assert before.at_h + before.hours <= after.at_h + 1e-9
        assert own[-1].at_h + own[-1].hours <= HOURS_A_YEAR + 1e-9


def test_a_failover_lasts_as_long_as_the_engine_says():
    """Handbook 2, 4.9: the reference EVS is out for 175.2 s, or 185.2 s with the quorum disk."""
    lasted = {
        round(loss.hours * 3600, 1)
        for loss in played(1, Policy(), Terms()).losses
        if loss.cause == "failover"
    }
    assert lasted <= {175.2, 185.2}
    assert lasted


def test_planned_moves_are_those_of_the_patches():
    """Handbook 5, 5.5.4: a planned move takes two minutes; three EVSs move in each round."""
    year = play_year(Terms(mtbf_h=1e6), 1, [Policy(patching="every month")] * 4)
    moves = [loss for loss in year.losses if loss.cause == "planned move"]
    assert (36, 120.0) == (len(moves), round(moves[0].hours * 3600, 1))


def test_failback_moves_an_evs_a_second_time():
    """Handbook 1, 5.6: with failback every planned move is followed by one back."""
    terms, plain = Terms(mtbf_h=1e6), {"patching": "every month"}
    never = play_year(terms, 1, [Policy(**plain)] * 4).hours_by_cause()
    back = play_year(terms, 1, [Policy(failback="at once", **plain)] * 4).hours_by_cause()
    assert 0 == never["failback"]
    assert back["failback"] == pytest.approx(back["planned move"])


def test_two_spares_lose_less_than_one():
    """The second failure before a repair is what a second spare is bought for."""
    one = [played(seed, Policy()).hours_by_cause()["no node left"] for seed in range(6)]
    two = [played(seed, Policy(spares=2)).hours_by_cause()["no node left"] for seed in range(6)]
    assert math.fsum(two) < math.fsum(one) / 2


@pytest.mark.parametrize(
    "policy", [Policy(contract="four hours"), Policy(failback="at once", has_drills=True)], ids=str
)
def test_the_mean_of_many_years_is_what_the_formulas_expect(policy: Policy):
    """Handbook 5, 5.5.3: played years lie around what the formulas say, storage and all."""
    terms = Terms(mtbf_h=3000)
    years = [play_year(terms, seed, [policy] * 4) for seed in range(60)]
    storage = [year.hours_by_cause()["storage failed"] for year in years]
    rest = [sum(year.hours_by_cause().values()) - s for year, s in zip(years, storage, strict=True)]
    pool = policy.pool(terms)
    expected_h = 3 * (pool.hours_a_year - (1 - pool.shared) * HOURS_A_YEAR)
    assert abs(fmean(rest) - expected_h) < 3 * stdev(rest) / math.sqrt(len(rest))


def test_causes_add_up_to_the_mailbox_hours():
    """Every loss has a cause from the list, and nothing is lost without one."""
    year = played(2, Policy())
    assert {loss.cause for loss in year.losses} <= set(CAUSES)
    total = 2000 * math.fsum(year.hours_by_cause().values())
    assert year.mailbox_hours == pytest.approx(total)
    assert year.mailbox_hours_until(0) == 0
    assert year.mailbox_hours_until(4000) < year.mailbox_hours


def test_the_budget_holds_and_later_quarters_stay_affordable():
    """A policy that leaves too little for the rest of the year is refused with the numbers."""
    year = Year(terms=Terms(budget=28_000), seed=1)
    dear = Policy(spares=2, contract="four hours")
    with pytest.raises(ConfigError, match=r"13,500; allowed: up to 13,000, since 28,000 are left"):
        year.after(dear)
    for _ in range(4):
        year = year.after(CHEAPEST)
    assert (20_000, 8_000, True) == (year.spent, year.left, year.is_over)
    with pytest.raises(ConfigError, match="the year is over"):
        year.after(CHEAPEST)


def test_a_year_is_played_quarter_by_quarter():
    """Four quarters one after the other are the year at once."""
    year = Year(terms=Terms(), seed=9)
    for policy in (Policy(), Policy(has_drills=True), Policy(), Policy(patching="never")):
        year = year.after(policy)
    assert play_year(Terms(), 9, [quarter.policy for quarter in year.quarters]) == year


def test_what_the_formulas_expect_of_a_mixed_year():
    """Each quarter counts for a quarter of its policy's year."""
    good, bad = Policy(has_drills=True), Policy(patching="never")
    year = play_year(Terms(), 1, [good, good, bad, bad])
    half = expected_mailbox_hours(Terms(), good) + expected_mailbox_hours(Terms(), bad)
    assert year.expected_mailbox_hours == pytest.approx(half / 2)


def test_other_years_tell_where_this_one_lies():
    """Other years come from the same policies; the share below is 0 for the best of all."""
    others = other_years(played(1, Policy()))
    known = [next(others) for _ in range(4)]
    assert (0.0, 1.0) == (share_below(min(known), known), share_below(max(known) + 1, known))
    assert 4 == len(set(known))


def test_impossible_choices_are_named_at_once():
    """Each wrong choice is named with what is allowed."""
    with pytest.raises(ConfigError, match=r"spares is 3; allowed: 1, 2; contract is 'none'"):
        Policy(spares=3, contract="none")
    words = r"active = 9; allowed: a whole number from 1 to 6; budget = 5"
    with pytest.raises(ConfigError, match=words):
        Terms(active=9, budget=5)


def test_a_quarter_tells_its_story_in_order():
    """Happenings are in order of time and name nodes and EVSs."""
    quarter = play_quarter(FAILING, 1, 1, Policy())
    times = [at_h for at_h, _ in quarter.happenings]
    assert sorted(times) == times
    assert all(QUARTER_H <= at_h <= 2 * QUARTER_H for at_h in times)
    assert all(isinstance(loss, Loss) for loss in quarter.losses)
