"""How fast availability is sampled, beside SimPy and beside numpy drawing the same numbers.

What the study draws is written down once and drawn again without doing anything with it. Drawing
two numbers for each failure and repair, as a simulation does that plays them all, stands beside it.

Run it with ``python -m benchmarks.montecarlo`` on a quiet machine. Everything is measured
in one run, so that the ratios mean something.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from typing import cast

import numpy as np
import simpy

from clusterlab.design.availability import HOURS_A_YEAR, Pool
from clusterlab.design.chains import NIGHT, Habits, pool_chain
from clusterlab.design.montecarlo import (
    BATCH_YEARS,
    CLUSTERS,
    YEARS_EACH,
    played,
    study,
    tables_of,
)

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

OFTEN = Pool(active=3, passive=1, mtbf_h=500, mttr_h=24, operator_h=0.5)
"""Nodes that fail so often that some EVS always waits for the night to move back."""

RUNS = 5
"""Of which the best counts: on a shared machine the others tell what else was going on."""

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


class Recorder:
    """Draws as a generator does, and writes down what was asked for."""

    def __init__(self) -> None:
        """Begin a stream of numbers."""
        self.generator = np.random.Generator(np.random.SFC64(1))
        self.asked: list[tuple[str, tuple[object, ...]]] = []

    def __getattr__(self, name: str) -> Callable[..., object]:
        """Return a method that is written down before it draws."""

        def draw(*wanted: object) -> object:
            copies = (np.copy(one) if isinstance(one, np.ndarray) else one for one in wanted)
            self.asked.append((name, tuple(copies)))
            return getattr(self.generator, name)(*wanted)

        return draw

    def draw_again(self) -> None:
        """Draw all of it once more, and do nothing with it."""
        for name, wanted in self.asked:
            getattr(self.generator, name)(*wanted)


def draw_each(years: float) -> None:
    """Draw two numbers for each failure and repair of *years*, and do nothing with them."""
    random = np.random.Generator(np.random.SFC64(1))
    numbers = np.empty(CLUSTERS)
    for _ in range(round(years / CLUSTERS * EVENTS_A_YEAR)):
        random.standard_exponential(out=numbers)
        random.random(out=numbers)


def years_a_second(call: Callable[[], object], years: float) -> float:
    """Return cluster-years a second of the best of some runs, by the time of this process."""
    best = float("inf")
    for _ in range(RUNS):
        start = time.process_time()
        call()
        best = min(best, time.process_time() - start)
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
    ours = years_a_second(lambda: study(chain, 8 * BATCH_YEARS), 8 * BATCH_YEARS)
    recorder = Recorder()
    played(tables_of(chain), cast(np.random.Generator, recorder), CLUSTERS, YEARS_EACH)
    floor = years_a_second(recorder.draw_again, BATCH_YEARS)
    each = years_a_second(lambda: draw_each(3 * BATCH_YEARS), 3 * BATCH_YEARS)
    night = pool_chain(OFTEN, Habits(failback=NIGHT))
    at_night = years_a_second(lambda: study(night, 20_000), 20_000)
    theirs = years_a_second(lambda: simpy_hours(5000, 1), 5000)
    print(f"by formula {POOL.hours_a_year:.4f} h a year; {study(chain, 1e6, seed=2)}")
    print(f"SimPy                 {theirs:12,.0f} cluster-years a second")
    print(f"drawing its numbers   {floor:12,.0f}")
    print(f"drawing each event's  {each:12,.0f}")
    print(f"study                 {ours:12,.0f}")
    print(f"failback at night     {at_night:12,.0f}")
    print(f"study / SimPy         {ours / theirs:12.0f}   (target: at least 200)")
    print(f"time / drawing        {floor / ours:12.2f}   (target: at most 4)")
    years = float(CLUSTERS * YEARS_EACH)
    while years <= longest:
        study(chain, years)
        print(f"memory after {years:13,.0f} cluster-years: {memory_mb():6.0f} MB")
        years *= 10


if __name__ == "__main__":
    main()
