"""Absurd numbers: every entrance of the room names the thing, the value and what is allowed."""

import math
from collections.abc import Callable

import pytest

from clusterlab.cluster.errors import ConfigError
from clusterlab.design.availability import (
    Pool,
    cost_a_year,
    hours_down,
    mtbf_limits,
    series,
)
from clusterlab.design.chains import Chain, ChainMove, Habits, Hours, pool_chain
from clusterlab.design.game import play_year, share_below
from clusterlab.design.gamerules import Policy, Terms
from clusterlab.design.montecarlo import study
from clusterlab.design.requirements import Requirements
from clusterlab.design.sizing import design

CHAIN = pool_chain(Pool())

ABSURD: list[tuple[Callable[[], object], str]] = [
    (lambda: series("a"), "availability = 'a' (a share of the time); allowed: a number from 0 to"),
    (lambda: series(True), "availability = True"),
    (lambda: hours_down(0.9, -5), "hours_a_year = -5 (hours of service promised in a year)"),
    (lambda: hours_down(0.9, math.nan), "hours_a_year = nan"),
    (lambda: mtbf_limits(2.5, 100), "failures = 2.5 (seen in all nodes); allowed: a whole number"),
    (lambda: mtbf_limits(10**7, 100), "failures = 10000000"),
    (lambda: mtbf_limits(2, math.inf), "node_hours = inf (hours of all nodes together); allowed"),
    (lambda: mtbf_limits(2, 100, math.nan), "confidence = nan; allowed: a number from 0.01 to"),
    (lambda: cost_a_year(Pool(), math.nan), "per_hour = nan (cost of an hour of one EVS)"),
    (lambda: cost_a_year(Pool(), 1, evs=-3), "evs = -3 (EVSs that count); allowed: a whole"),
    (lambda: Hours(25, -3), "first = 25 (hour at which it begins); allowed: a whole number from 0"),
    (lambda: Hours(5, 5), "hours from 5 to 5 are none; allowed: two hours that differ"),
    (lambda: Hours(1, 4, ()), "days = (); allowed: one day or more"),
    (lambda: Hours(1, 4, (9,)), "day = 9 (0 is Monday); allowed: a whole number from 0 to 6"),
    (lambda: Habits(failback=3), "failback = 3; allowed: Hours, as Hours(8, 18), or None"),
    (lambda: Habits(storage_mtbf_h="x"), "storage_mtbf_h = 'x'; allowed: hours above 0"),
    (lambda: study(CHAIN, "x"), "years = 'x' (cluster-years to play); allowed: a number from 1"),
    (lambda: study(CHAIN, 10, seed=-1), "seed = -1; allowed: a whole number from 0"),
    (lambda: study(CHAIN, 10, seed=1.5), "seed = 1.5; allowed: a whole number"),
    (lambda: Terms(active=2.5), "active = 2.5; allowed: a whole number from 1 to 6"),
    (lambda: Terms(budget="a lot"), "budget = 'a lot'; allowed: a number from 20000"),
    (lambda: play_year(Terms(), 1, [Policy()] * 5), "5 policies; allowed: up to 4"),
    (lambda: share_below(1, []), "no other year to compare with; allowed: one or more"),
    (lambda: Requirements(pool=3), "pool = 3; allowed: a Pool, as Pool()"),
    (
        lambda: Chain(name="empty", evs=0, moves={}, out={}),
        "chain 'empty' has 0 EVSs; allowed: 1 or more",
    ),
    (
        lambda: Chain(name="lost", evs=1, moves={0: (ChainMove(1.0, 7),)}, out={0: 0.0}),
        "chain 'lost' has moves to 7, which is no state of it",
    ),
]


@pytest.mark.parametrize(("call", "said"), ABSURD, ids=[said[:24] for _, said in ABSURD])
def test_an_absurd_number_is_refused_in_words(call, said):
    """The message names what is wrong, its value, and what is allowed."""
    with pytest.raises(ConfigError) as refused:
        call()
    assert said in str(refused.value)


def test_many_failures_speak_for_themselves():
    """Ten thousand failures in ten thousand times 4,380 hours leave little doubt."""
    value, low, high = mtbf_limits(10_000, 10_000 * 4380)
    assert 4380 == value
    assert 0.98 * value < low < value < high < 1.02 * value


def test_too_many_evss_wanted_are_not_blamed_on_mailboxes():
    """Handbook 5, 5.1.7: eight EVSs were asked for, so asking for fewer is the remedy."""
    with pytest.raises(ConfigError) as refused:
        design(Requirements(evs_at_least=8, passive=4))
    assert (
        "evs_at_least = 8 need 12 nodes (8 EVSs and 4 passive), which do not fit a cluster of 8; "
        "ask for fewer EVSs or passive nodes (handbook 5, 5.1.7)"
    ) == str(refused.value)
