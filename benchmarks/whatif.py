"""Time the what-if sweeps beside Pacemaker's scheduler. Prints a table, asserts nothing.

Run from the folder of the clone: `python -m benchmarks.whatif`. Absolute times move by a factor of
two between machines and runs, and by more beside other work; run it on an idle machine.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from typing import NamedTuple

from benchmarks.core import cluster_of, start_pacemaker
from clusterlab.studies.remedies import which_setting_saves
from clusterlab.studies.whatif import (
    double_failures,
    failures_of,
    shortest_way_to_lose,
    single_failures,
)

REPEATS = 9


class Row(NamedTuple):
    """One line of the table; *target_s* and *pacemaker_s* where there is one."""

    work: str
    run: Callable[[], object]
    target_s: float | None = None
    pacemaker_s: float | None = None


def rows() -> list[Row]:
    """Return what is measured."""
    eight, four, large = cluster_of(8), cluster_of(4), cluster_of(32)
    losing = [failures_of(four)[0], failures_of(four)[2]]
    return [
        Row("8 nodes: 64 single and double failures", lambda: double_failures(eight), 0.3, 8.6),
        # 32 decisions and simulations at 3.9 s each.
        Row("32 nodes: single failures", lambda: single_failures(large), 2.0, 32 * 3.9),
        Row("3+1: shortest way to lose EVS3", lambda: shortest_way_to_lose(four, "EVS3")),
        Row("3+1: settings that save EVS3", lambda: which_setting_saves(four, losing, "EVS3")),
    ]


def best_s(work: Callable[[], object]) -> tuple[float, float]:
    """Return the shortest and the median seconds of *work*."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times), sorted(times)[REPEATS // 2]


def main() -> None:
    """Print the table."""
    print(f"{'':<40} {'best s':>7} {'median s':>9} {'target s':>9}  Pacemaker 2.1.5")
    for row in rows():
        best, median = best_s(row.run)
        target = f"{row.target_s:.1f}" if row.target_s else "-"
        other = "no such thing"
        if row.pacemaker_s:
            other = f"{row.pacemaker_s:.1f} s, {row.pacemaker_s / median:.0f} times as long"
        print(f"{row.work:<40} {best:>7.3f} {median:>9.3f} {target:>9}  {other}")
    if shutil.which("crm_simulate"):
        start = time.perf_counter()
        start_pacemaker()
        print(f"starting crm_simulate alone takes {time.perf_counter() - start:.2f} s here")


if __name__ == "__main__":
    main()
