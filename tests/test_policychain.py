"""The chain of a configured cluster: what the engine plays, up to names, and how it is solved."""

from dataclasses import replace

import pytest

from clusterlab import Simulation, exchange_cluster
from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.model import Cluster
from clusterlab.design import policychain
from clusterlab.design.availability import Pool
from clusterlab.design.chains import OFFICE_HOURS, Habits, pool_chain
from clusterlab.design.markov import head_start
from clusterlab.design.policychain import What, courses_of, policy_chain

FAILING = Pool(active=3, passive=1, mtbf_h=500, mttr_h=24, operator_h=0.5)
AT_ONCE = {"auto_failback_type": 1}


def cluster_with(active: int, passive: int, **properties: int) -> Cluster:
    """Return a cluster whose EVSs have some properties."""
    sim = Simulation(exchange_cluster(active, passive))
    for number in range(1, active + 1):
        sim.set_properties(f"EVS{number}", **properties)
    return sim.cluster


@pytest.mark.parametrize("pattern", [(2, 1), (3, 1), (2, 2)], ids=str)
def test_a_real_cluster_loses_what_its_engine_says(pattern):
    """Handbook 5, 5.5.3: the chain is the formula, given the engine's 176 s of a failover."""
    active, passive = pattern
    pool = Pool(
        active=active,
        passive=passive,
        crews=active + passive,
        shared=1,
        maintenance_a_year=0,
        operator_h=0.5,
        failover_min=177 / 60,
    )
    exact = policy_chain(exchange_cluster(active, passive), pool).exact_hours()
    assert pool.hours_a_year == pytest.approx(exact, rel=0.01)


@pytest.mark.parametrize("properties", [{}, AT_ONCE], ids=["no failback", "failback"])
def test_names_make_no_difference(properties, monkeypatch):
    """States that differ in nothing but names are one state, and the answer is the same."""
    cluster = cluster_with(2, 1, **properties)
    few = courses_of(cluster)
    monkeypatch.setattr(policychain, "FEW", -1)
    many = courses_of(cluster)
    assert len(few.after) <= len(many.after)
    assert few.chain(FAILING).exact_hours() == pytest.approx(many.chain(FAILING).exact_hours())


def test_three_evss_and_a_spare_have_22_states():
    """EVS2 and EVS3 may change names; EVS1 has the MTA (handbook 2, 6)."""
    assert 22 == len(courses_of(exchange_cluster(3, 1)).after)


def test_what_can_happen_to_all_nodes_up():
    """With nobody's failback it matters only which node has EVS1, an EVS, or none."""
    courses = courses_of(exchange_cluster(3, 1))
    first = next(iter(courses.after.values()))
    assert {What.FAILURE} == {course.what for course in first}
    assert [0, 1, 1] == sorted(course.moved for course in first)
    assert 4 == sum(course.nodes for course in first)


def test_an_evs_that_cannot_run_everywhere_keeps_its_name():
    """A possible owner that is missing tells the nodes apart, so no names are changed."""
    cluster = exchange_cluster(2, 1)
    address = cluster.config.resources_by_name["EVS2 IP Address"]
    bound = replace(address, possible_owners=("NODE2", "NODE3"))
    others = tuple(bound if one == address else one for one in cluster.config.resources)
    told = replace(cluster, config=replace(cluster.config, resources=others))
    assert len(courses_of(cluster).after) < len(courses_of(told).after)


def test_a_failover_by_hand_takes_as_long_as_the_pool_says():
    """Handbook 5, 5.5.3: a share of the failovers takes an hour instead of three minutes."""
    courses = courses_of(exchange_cluster(3, 1))
    pool = Pool(mtbf_h=1e5, coverage=1.0)
    all_work, half_work = (
        courses.chain(p).exact_hours() for p in (pool, replace(pool, coverage=0.5))
    )
    assert 0.5 * (1 - 176 / 3600) * 8760 / 1e5 == pytest.approx(half_work - all_work, rel=0.01)


def test_too_many_states_are_refused(monkeypatch):
    """A cluster that would take too long is named, with a remedy."""
    monkeypatch.setattr(policychain, "STATES_MAX", 5)
    with pytest.raises(ConfigError, match="'CL1' has more than 5 states; take fewer nodes"):
        courses_of(exchange_cluster(3, 1))


def test_a_chain_that_begins_with_all_nodes_up_has_a_head_start():
    """Over 1,000 hours a server of 90 h up, 10 h down loses 99.1 h, not 100 (closed form)."""
    pool = Pool(active=1, passive=0, mtbf_h=90, mttr_h=10, shared=1, maintenance_a_year=0)
    chain = pool_chain(pool)
    assert 100 - 0.1 * 9 == pytest.approx(chain.exact_hours_until(1000))


def test_a_head_start_is_what_stepping_through_time_gives():
    """The head start of 3+1 nodes is held against small steps of time."""
    rates = {0: {1: 0.4}, 1: {0: 1.0, 2: 0.3}, 2: {1: 1.0, 3: 0.2}, 3: {2: 1.0}}
    out = {0: 0.0, 1: 0.0, 2: 1.0, 3: 2.0}
    share, lost, step_h = {0: 1.0, 1: 0.0, 2: 0.0, 3: 0.0}, 0.0, 0.002
    for _ in range(30_000):
        lost += step_h * sum(share[state] * out[state] for state in share)
        flows = [(a, b, step_h * share[a] * r) for a, to in rates.items() for b, r in to.items()]
        for source, target, flow in flows:
            share[source] -= flow
            share[target] += flow
    mean = sum(share[state] * out[state] for state in share)
    assert lost - mean * 60 == pytest.approx(head_start(rates, out), rel=0.01)


def test_what_depends_on_the_hour_has_no_exact_value():
    """Neither for a year nor for hours from the start."""
    with pytest.raises(ConfigError, match="study"):
        pool_chain(Pool(), Habits(repairs=OFFICE_HOURS)).exact_hours_until(100)
