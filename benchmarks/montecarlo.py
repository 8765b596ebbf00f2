"""How fast availability is sampled, beside SimPy and beside numpy drawing the same numbers.

Run it with ``python -m benchmarks.montecarlo`` on a quiet machine (extra ``clusterlab[scale]`` and
SimPy installed). Everything is measured in one run, so that the ratios mean something.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import simpy

from clusterlab.design.availability import HOURS_A_YEAR, Pool
from clusterlab.design.chains import pool_chain
from clusterlab.design.montecarlo import BATCH_YEARS, CLUSTERS, YEARS_EACH, study

POOL = Pool(
    active=3,
    passive=1,
    mtbf_h=2000,
    mttr_h=12,
    crews=4,
    coverage=1,
    shared=1,
    maintenance_a_year=0,
)
"""The study that the project is measured by: 3 + 1 nodes, failovers of 3 minutes."""

EVENTS_A_YEAR = 2 * POOL.nodes * HOURS_A_YEAR / (POOL.mtbf_h + POOL.mttr_h)
"""Failures and repairs of all nodes."""


def simpy_hours(years: float, seed: int) -> float:
    """Return the hours that one EVS was out in *years*, from a plain model in SimPy."""
    random = np.random.Generator(np.random.PCG64(seed))
    environment = simpy.Environment()
    state = {"up": POOL.nodes, "since": 0.0, "lost": 0.0}

    def account() -> None:
        short = POOL.active - min(POOL.active, state["up"])
        state["lost"] += (environment.now - state["since"]) * short / POOL.active
        state["since"] = environment.now

    def node():  # a SimPy process is a generator
        while True:
            yield environment.timeout(random.exponential(POOL.mtbf_h))
            account()
            if state["up"] > POOL.active:
                hosts = POOL.active / state["up"]
                state["lost"] += hosts * POOL.failover_min / 60 / POOL.active
            state["up"] -= 1
            yield environment.timeout(random.exponential(POOL.mttr_h))
            account()
            state["up"] += 1

    for _ in range(POOL.nodes):
        environment.process(node())
    environment.run(until=years * HOURS_A_YEAR)
    account()
    return state["lost"]


def draw(years: float) -> None:
    """Draw the numbers that a study of *years* needs, and do nothing with them."""
    random = np.random.Generator(np.random.SFC64(1))
    numbers = np.empty(CLUSTERS)
    for _ in range(round(years / CLUSTERS * EVENTS_A_YEAR)):
        random.standard_exponential(out=numbers)
        random.random(out=numbers)


def years_a_second(call: Callable[[], object], years: float) -> float:
    """Return cluster-years a second of the best of three runs."""
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return years / best


def memory_mb() -> float:
    """Return the most memory this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print the rates, their ratios, and the memory of ever longer studies."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--longest", type=float, default=1e7, help="cluster-years (to 1e8)")
    longest = parser.parse_args().longest
    chain = pool_chain(POOL)
    ours = years_a_second(lambda: study(chain, 3 * BATCH_YEARS), 3 * BATCH_YEARS)
    with ProcessPoolExecutor() as executor:
        study(chain, BATCH_YEARS, executor=executor)  # its processes are started
        many = 16 * BATCH_YEARS
        all_cores = years_a_second(lambda: study(chain, many, executor=executor), many)
    floor = years_a_second(lambda: draw(3 * BATCH_YEARS), 3 * BATCH_YEARS)
    theirs = years_a_second(lambda: simpy_hours(5000, 1), 5000)
    print(f"exact {chain.exact_hours():.4f} h a year; {study(chain, 1e6, seed=2)}")
    print(f"SimPy                 {theirs:12,.0f} cluster-years a second")
    print(f"drawing the numbers   {floor:12,.0f}")
    print(f"study                 {ours:12,.0f}")
    print(f"study, all cores      {all_cores:12,.0f}")
    print(f"study / SimPy         {ours / theirs:12.0f}   (target: at least 200)")
    print(f"all cores / SimPy     {all_cores / theirs:12.0f}")
    print(f"time / drawing        {floor / ours:12.2f}   (target: at most 4)")
    years = float(CLUSTERS * YEARS_EACH)
    while years <= longest:
        study(chain, years)
        print(f"memory after {years:13,.0f} cluster-years: {memory_mb():6.0f} MB")
        years *= 10


if __name__ == "__main__":
    main()
