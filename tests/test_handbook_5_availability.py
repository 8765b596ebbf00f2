"""Availability: every test vector of handbook 5, 5.5, and what must hold of any pool."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterlab.cluster.errors import ConfigError
from clusterlab.design.availability import (
    OFFICE_HOURS_A_YEAR,
    Limits,
    Pool,
    cost_a_year,
    hours_down,
    k_of_n,
    mtbf_limits,
    parallel,
    sensitivity,
    series,
)

REALISTIC = Pool(coverage=1, shared=1, maintenance_a_year=0)

PATTERNS = st.integers(1, 7).flatmap(
    lambda active: st.tuples(st.just(active), st.integers(0, 8 - active))
)


@st.composite
def pools(draw):
    """Any pool of up to 8 nodes."""
    active, passive = draw(PATTERNS)
    return Pool(
        active=active,
        passive=passive,
        mtbf_h=draw(st.floats(100, 1e5)),
        mttr_h=draw(st.floats(0.5, 100)),
        crews=draw(st.integers(1, 8)),
        standby_rate=draw(st.floats(0, 1)),
        failover_min=draw(st.floats(0.1, 30)),
        coverage=draw(st.floats(0, 1)),
        manual_h=draw(st.floats(0.5, 8)),  # never quicker than a failover that works
        operator_h=draw(st.floats(0.1, 8)),
    )


# --- 5.5.1 and 5.5.2 --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("availability", "hours", "office_hours"),
    [
        (0.90, 876, 291.2),
        (0.95, 438, 145.6),
        (0.99, 87.6, 29.12),
        (0.999, 8.76, 2.912),
        (0.9999, 52.56 / 60, 17.472 / 60),
        (0.99999, 5.256 / 60, 1.7472 / 60),
        (0.999999, 31.536 / 3600, 10.4832 / 3600),
    ],
)
def test_the_table_of_nines(availability, hours, office_hours):
    """Handbook 5, 5.5.1: hours a year by nines, for days of 24 and of 8 hours."""
    assert hours == pytest.approx(hours_down(availability))
    assert office_hours == pytest.approx(hours_down(availability, OFFICE_HOURS_A_YEAR))


def test_parts_in_a_series_are_all_needed():
    """Handbook 5, 5.5.2: the availabilities of parts in a series multiply."""
    assert 0.729 == pytest.approx(series(0.9, 0.9, 0.9))


def test_of_parallel_parts_one_is_enough():
    """Handbook 5, 5.5.2: parallel parts are down only together."""
    assert 0.999 == pytest.approx(parallel(0.9, 0.9, 0.9))


@settings(deadline=None)  # a busy machine is no mistake
@given(st.integers(1, 8), st.floats(0, 1))
def test_all_of_n_is_a_series_and_one_of_n_is_parallel(n, availability):
    """Handbook 5, 5.5.2: k of n has both as its ends."""
    assert series(*[availability] * n) == pytest.approx(k_of_n(n, n, availability))
    assert parallel(*[availability] * n) == pytest.approx(k_of_n(1, n, availability))


@pytest.mark.parametrize(
    "call", [lambda: series(1.2), lambda: hours_down(-0.1)], ids=["1.2", "-0.1"]
)
def test_an_availability_is_a_share(call):
    """A number below 0 or above 1 is refused with its value."""
    with pytest.raises(ConfigError, match="allowed: a number from 0 to 1"):
        call()


def test_more_parts_than_there_are_cannot_be_needed():
    """Five of four is refused."""
    with pytest.raises(ConfigError, match=r"k = 5 .*; allowed: a whole number from 0 to 4"):
        k_of_n(5, 4, 0.9)


# --- 5.5.5, small exact case ------------------------------------------------------------------


def all_have_a_node(pool: Pool) -> float:
    """Return the probability that every EVS has a node to run on (A_all)."""
    return math.fsum(pool.failed_nodes[: pool.passive + 1])


@pytest.mark.parametrize(
    ("standby_rate", "crews", "first", "all_have", "capacity"),
    [
        (1, 1, 0.6466632178, 0.9053285049, 0.9622348681),
        (0, 1, 0.7093204710, 0.9221166123, 0.9689317634),
        (1, 4, 0.6830134554, 0.9562188375, 0.9844500603),
        (0, 4, 0.7417984904, 0.9643380376, 0.9873337908),
    ],
)
def test_the_small_case_to_ten_digits(standby_rate, crews, first, all_have, capacity):
    """Handbook 5, 5.5.5: n = 3, m = 1, rho = 0.1, hot and cold, one crew and as many as needed."""
    pool = Pool(mtbf_h=10, mttr_h=1, standby_rate=standby_rate, crews=crews)
    assert first == pytest.approx(pool.failed_nodes[0], abs=5e-11)
    assert all_have == pytest.approx(all_have_a_node(pool), abs=5e-11)
    assert capacity == pytest.approx(1 - pool.without_node, abs=5e-11)


def test_unlimited_repair_of_hot_nodes_is_binomial():
    """Handbook 5, 5.5.5: the third row equals A(3, 4) with A = 1/1.1."""
    pool = Pool(mtbf_h=10, mttr_h=1, crews=4)
    assert k_of_n(3, 4, 1 / 1.1) == pytest.approx(all_have_a_node(pool), rel=1e-14)


# --- 5.5.5, realistic case --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("active", "passive", "crews", "all_have", "all_h", "each_h", "failover_min"),
    [
        (1, 1, 1, 0.999993352, 0.058234, 0.058234, 5.978),
        (2, 1, 1, 0.999980057, 0.174702, 0.087510, 5.967),
        (3, 1, 1, 0.999960114, 0.349402, 0.116893, 5.956),
        (3, 1, 4, 0.999980105, 0.174279, 0.058164, 5.956),
        (4, 1, 1, 0.999933524, 0.582332, 0.146382, 5.945),
        (5, 1, 1, 0.999900286, 0.873492, 0.175979, 5.934),
        (6, 1, 1, 0.999860402, 1.222881, 0.205685, 5.923),
        (7, 1, 1, 0.999813870, 1.630497, 0.235499, 5.912),
        (6, 2, 1, 0.999997964, 0.017836, 0.003000, 5.999),
        (6, 2, 8, 0.999999663, 0.002953, 0.000493, 5.999),
        (1, 0, 1, 0.998176846, 15.970830, 15.970830, 0),
    ],
)
def test_the_realistic_case(  # noqa: PLR0917  the columns of the handbook's table
    active, passive, crews, all_have, all_h, each_h, failover_min
):
    """Handbook 5, 5.5.5: MTBF 4,380 h, MTTR 8 h, failovers of 3 minutes that always work."""
    pool = replace(REALISTIC, active=active, passive=passive, crews=crews)
    assert all_have == pytest.approx(all_have_a_node(pool), abs=5e-10)
    assert all_h == pytest.approx(8760 * (1 - all_have_a_node(pool)), abs=6e-7)
    assert each_h == pytest.approx(pool.hours_without_node, abs=6e-7)
    assert failover_min == pytest.approx(pool.in_failover * 8760 * 60, abs=6e-4)


def test_the_case_worked_step_by_step():
    """Handbook 5, 5.5.5: 3+1 with one crew runs short once in 23 years."""
    assert [0.9927074568, 0.0072526572, 0.0000397406, 1.4517e-7] == [
        pytest.approx(share, rel=4e-5) for share in REALISTIC.failed_nodes[:4]
    ]
    assert 4.967573e-6 * 8760 == pytest.approx(REALISTIC.shortages_a_year, rel=1e-6)
    assert 23.0 == pytest.approx(1 / REALISTIC.shortages_a_year, abs=0.05)


def test_maintenance_takes_the_spare_away():
    """Handbook 5, 5.5.5: 12 rounds of 1 h per node make 0.2041 of 0.1169 hours a year."""
    pool = replace(REALISTIC, maintenance_a_year=12, patch_h=1)
    assert 2.32971e-5 == pytest.approx(pool.without_node_maintained, rel=1e-5)


@pytest.mark.parametrize(
    ("active", "passive", "unplanned_h", "planned_h", "availability"),
    [
        (1, 1, 1.128498, 0.4, 0.999825514),
        (3, 1, 1.186440, 0.4, 0.999818900),
        (4, 1, 1.215571, 0.4, 0.999815574),
        (7, 1, 1.303613, 0.4, 0.999805524),
        (6, 2, 1.073944, 0.4, 0.999831742),
        (1, 0, 16.845232, 6.0, 0.997392),
    ],
)
def test_coverage_and_shared_parts(active, passive, unplanned_h, planned_h, availability):
    """Handbook 5, 5.5.5: c = 0.95, recovery in 1 h, shared parts 0.9999, 12 rounds a year."""
    pool = Pool(active=active, passive=passive)
    assert unplanned_h == pytest.approx(pool.hours_a_year - pool.planned_h, abs=6e-7)
    assert planned_h == pytest.approx(pool.planned_h)
    assert availability == pytest.approx(pool.availability, abs=6e-10 if passive else 6e-7)


def test_the_shared_array_dominates_a_cluster():
    """Handbook 5, 5.5.5: once clustered, what is shared costs most of the hours."""
    assert "shared parts" == next(iter(Pool(active=3, passive=1).down))
    assert "no node left" == next(iter(Pool(active=1, passive=0).down))


# --- improvements and cost --------------------------------------------------------------------


@settings(deadline=None)  # a busy machine is no mistake
@given(pools())
def test_every_improvement_helps_or_does_nothing(pool):
    """Halving a weakness never costs minutes (a spare that fails hot may).

    Where a recovery by hand took as long as a repair, waiting for the repair would be better.
    """
    usual = replace(pool, manual_h=0.5, mttr_h=8 + pool.mttr_h, mtbf_h=2000 + pool.mtbf_h)
    for change, minutes in sensitivity(usual):
        assert minutes > -1e-6 or change == "one more spare node"


@pytest.mark.parametrize(
    ("failures", "low", "high"), [(0, 0, 2.9957), (1, 0.0513, 4.7439), (4, 1.3663, 9.1535)]
)
def test_the_limits_of_a_count(failures, low, high):
    """90 % limits of a Poisson count are those of the published tables (Garwood)."""
    limits = mtbf_limits(failures, 1.0)
    assert high == pytest.approx(1 / limits.low, rel=1e-4)
    assert low == pytest.approx(1 / limits.high if math.isfinite(limits.high) else 0, rel=1e-3)


def test_more_failures_cost_more():
    """The lower limit of the MTBF is the upper limit of the cost."""
    cost = cost_a_year(Pool(), 100, Limits(4380, 2000, 8000))
    assert cost.low < cost.value < cost.high
    assert Pool().hours_a_year * 3 * 100 == pytest.approx(cost.value)


def test_a_cost_counts_the_evss_that_matter():
    """One EVS of three costs a third."""
    assert cost_a_year(Pool(), 90).value == pytest.approx(3 * cost_a_year(Pool(), 90, evs=1).value)


@pytest.mark.parametrize(
    "call",
    [
        lambda: cost_a_year(Pool(), -1),
        lambda: mtbf_limits(-1, 10),
        lambda: mtbf_limits(1, 0),
        lambda: mtbf_limits(1, 10, confidence=1),
    ],
    ids=["cost", "failures", "hours", "confidence"],
)
def test_impossible_costs_and_counts_are_refused(call):
    """The message says what is allowed."""
    with pytest.raises(ConfigError, match="allowed:"):
        call()


def test_all_wrong_inputs_of_a_pool_are_named_at_once():
    """Each with its value and its range."""
    with pytest.raises(ConfigError) as error:
        Pool(active=0, mtbf_h=math.nan, coverage=95, crews=1.5)
    for text in ("active = 0", "mtbf_h = nan", "coverage = 95", "crews = 1.5", "from 0 to 1"):
        assert text in str(error.value)


def test_nine_nodes_are_no_cluster():
    """Handbook 5, 5.1.1: a cluster has at most eight nodes."""
    with pytest.raises(ConfigError, match="7 \\+ 2 nodes"):
        Pool(active=7, passive=2)
