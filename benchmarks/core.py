"""Time the core: decisions, failures, listings, walks, import. Prints tables, asserts nothing.

Run from the folder of the clone: `python -m benchmarks.core`. Absolute times move by a factor of
two between machines and runs; the ratios of one run are what to compare.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial

from clusterlab import OperationRefused, Simulation, exchange_cluster
from clusterlab.cluster.engine import advance, apply, next_timer
from clusterlab.cluster.events import (
    BringOnline,
    Event,
    InitiateFailure,
    MoveGroup,
    NodeFailed,
    StartNode,
    StopClusterService,
    TakeOffline,
)
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.policy import failover_target
from clusterlab.cluster.states import Cause
from clusterlab.clusterexe import run_line

PACEMAKER_MS = {8: 238.0, 32: 3900.0}
"""`crm_simulate -S` 2.1.5, one failure decided and simulated, measured on four shared cores."""

PACEMAKER_DECIDE_MS = {8: 148.0, 32: 2300.0}
"""The same, decided only."""

REPEATS = 15


def median_ms(work: Callable[[], object]) -> float:
    """Return the median milliseconds of *work*, over `REPEATS` calls after a first one."""
    work()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def run_to_quiet(cluster: Cluster) -> Cluster:
    """Let everything happen that is pending."""
    while (outcome := advance(cluster)) is not None:
        cluster = outcome.cluster
    return cluster


def cluster_of(nodes: int) -> Cluster:
    """Return a cluster with one passive node, beyond the edition's limit if need be."""
    return exchange_cluster(active=nodes - 1, passive=1, node_limit=nodes)


def node_failures() -> None:
    """Print what one node failure costs, by size of the cluster."""
    print(
        f"{'nodes':>5} {'groups':>6} {'decide ms':>10} {'run ms':>8} {'x 4 nodes':>10}  Pacemaker"
    )
    base = 0.0
    for nodes in (4, 8, 16, 32):
        cluster, group = cluster_of(nodes), f"EVS{nodes - 1}"
        event = NodeFailed(f"NODE{nodes - 1}")
        decide = median_ms(lambda c=cluster, g=group: failover_target(c, g, Cause.NODE_FAILURE))
        run = median_ms(lambda c=cluster, e=event: run_to_quiet(apply(c, e).cluster))
        base = base or run
        print(
            f"{nodes:>5} {nodes:>6} {decide:>10.3f} {run:>8.2f} {run / base:>10.1f}  "
            f"{pacemaker(nodes, decide, run)}"
        )
    if shutil.which("crm_simulate"):
        print("crm_simulate is installed here; the figures above were measured elsewhere:")
        print(f"  starting it alone takes {median_ms(start_pacemaker):.0f} ms on this machine")


def pacemaker(nodes: int, decide_ms: float, run_ms: float) -> str:
    """Return the comparison with `crm_simulate`, where it was measured."""
    if nodes not in PACEMAKER_MS:
        return "not measured"
    decided, simulated = PACEMAKER_DECIDE_MS[nodes], PACEMAKER_MS[nodes]
    return (
        f"decides in {decided:.0f} ms ({decided / decide_ms:.0f} times), "
        f"simulates in {simulated:.0f} ms ({simulated / run_ms:.0f} times)"
    )


def start_pacemaker() -> None:
    """Start `crm_simulate` for its version."""
    subprocess.run(["crm_simulate", "--version"], capture_output=True, check=False)


def second_failure() -> None:
    """Print what the cascade of a second failure costs: 44 refusals until the EVS is given up."""
    first = run_to_quiet(apply(cluster_of(4), NodeFailed("NODE3")).cluster)
    cascade = median_ms(lambda: run_to_quiet(apply(first, NodeFailed("NODE2")).cluster))
    print(f"\nsecond failure of 3+1, refused 45 times with 5018: {cascade:.1f} ms")


def listings() -> None:
    """Print what the listings of `cluster node`, `group` and `resource` cost at the prompt."""
    sim = Simulation(cluster_of(8))
    print("\ncluster.exe, 8 nodes:  target 1 ms for `cluster group`")
    for line in ("cluster node", "cluster group", "cluster resource"):
        print(f"  {line:<20} {median_ms(partial(run_line, sim, line)):.3f} ms")


def random_events(cluster: Cluster, chance: random.Random) -> Event:
    """Return something that might happen to *cluster*."""
    node = chance.choice(cluster.config.nodes).name
    group = chance.choice(cluster.config.groups).name
    resource = chance.choice(cluster.config.resources).name
    return chance.choice(
        [
            NodeFailed(node),
            StartNode(node),
            StartNode(node),
            StopClusterService(node),
            MoveGroup(group),
            MoveGroup(group, node),
            TakeOffline(group),
            BringOnline(group),
            BringOnline(group),
            InitiateFailure(resource),
        ]
    )


def random_walk(events: int) -> None:
    """Print how many events of a random walk pass in a second."""
    chance, cluster = random.Random(1), exchange_cluster()
    done = refused = 0
    start = time.perf_counter()
    while done < events:
        done += 1
        if next_timer(cluster) is not None and chance.random() < 0.8:
            outcome = advance(cluster)
            cluster = outcome.cluster if outcome else cluster
            continue
        try:
            cluster = apply(cluster, random_events(cluster, chance)).cluster
        except OperationRefused:
            refused += 1
    seconds = time.perf_counter() - start
    print(f"random walk, 3+1: {events / seconds:,.0f} events a second ({refused} refused)")


def import_time() -> None:
    """Print how long `import clusterlab` takes, beside an interpreter that imports nothing."""
    probe = (
        "import sys, time; start = time.perf_counter(); import clusterlab; "
        "heavy = [m for m in ('plotly', 'ipywidgets', 'networkx') if m in sys.modules]; "
        "print(1000 * (time.perf_counter() - start), *heavy)"
    )
    times = []
    with tempfile.TemporaryDirectory() as cache:
        # Compiled once, as on any machine that may write its cache.
        env = os.environ | {"PYTHONPYCACHEPREFIX": cache}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        for _ in range(8):
            answer = subprocess.run(
                [sys.executable, "-c", probe], capture_output=True, text=True, check=True, env=env
            ).stdout.split()
            times.append(float(answer[0]))
    heavy = ", ".join(answer[1:]) or "none"
    print(
        f"import clusterlab: {statistics.median(times[1:]):.0f} ms, heavy modules loaded: {heavy}"
    )


def main() -> None:
    """Run every measurement."""
    node_failures()
    second_failure()
    listings()
    random_walk(20_000)
    import_time()


if __name__ == "__main__":
    main()
