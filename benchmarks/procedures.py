"""Time procedures: expanding, asking what is available, doing all. Prints a table, asserts nothing.

Run from the folder of the clone: `python -m benchmarks.procedures`. Absolute times move by a factor
of two between machines and runs, and by more beside other work; run it on an idle machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from clusterlab.procedures import Plan, Run, installation
from clusterlab.procedures.downtime import forecast
from clusterlab.procedures.orders import search
from clusterlab.procedures.procedure import Procedure
from clusterlab.procedures.upgrade import upgrade, upgrade_best

REPEATS = 9
SEARCH_LIMIT_MS = 5000.0
"""The search of an order for four nodes and three EVSs may take so long."""


class Row(NamedTuple):
    """One line of the table; *target_ms* where there is one."""

    work: str
    run: Callable[[], object]
    target_ms: float | None = None


def expanded(nodes: int, evs: int) -> Procedure:
    """Return an installation with its tasks expanded."""
    procedure = installation(Plan.standard(nodes=nodes, evs=evs))
    assert procedure.tasks
    return procedure


def built(procedure: Procedure) -> Run:
    """Return a run with everything done, on a procedure that is expanded already."""
    return Run(procedure).do_rest()


def asked(run: Run) -> int:
    """Ask after each step of *run* what is available; return how often."""
    for count in range(1, len(run.records) + 1):
        Run(run.procedure, run.records[:count]).available()
    return len(run.records)


def rows() -> list[Row]:
    """Return what is measured."""
    four, eight = expanded(4, 3), expanded(8, 7)
    eight_built, four_built = built(eight), built(four)
    half = Run(eight, eight_built.records[: len(eight_built.records) // 2])
    text = four_built.to_json()
    documented = upgrade("U4", Plan.standard(nodes=4, evs=3))
    return [
        Row("8 nodes, 7 EVSs: expand 217 tasks, 652 edges", lambda: expanded(8, 7)),
        Row("8 nodes, 7 EVSs: expand, and ask what is available", lambda: first_look(8, 7), 5.0),
        Row("8 nodes, 7 EVSs: what is available, half way", half.available, 5.0),
        Row("8 nodes, 7 EVSs: what is blocked and why, half way", half.blocked, 5.0),
        Row("8 nodes, 7 EVSs: available after each of 217 steps", lambda: asked(eight_built)),
        Row("8 nodes, 7 EVSs: a whole run of 217 steps", lambda: built(eight)),
        Row("4 nodes, 3 EVSs: a whole run of 109 steps", lambda: built(four), 500.0),
        Row("4 nodes, 3 EVSs: expand, run, ask after each step", lambda: guided(4, 3), 500.0),
        Row("4 nodes, 3 EVSs: read a saved run of 109 steps", lambda: Run.from_json(text)),
        Row("8 nodes, 7 EVSs: schedule for 3 people", lambda: eight.schedule(3)),
        Row(
            "4 nodes, 3 EVSs: best order, telling its progress",
            lambda: searched(4, 3, False),
            SEARCH_LIMIT_MS,
        ),
        Row(
            "4 nodes, 3 EVSs: the same, EVSs at home", lambda: searched(4, 3, True), SEARCH_LIMIT_MS
        ),
        Row("8 nodes, 7 EVSs: the same, EVSs at home", lambda: searched(8, 7, True)),
        Row("4 nodes, 3 EVSs: the best order as a path, forecast", lambda: walked(4, 3)),
        Row("4 nodes, 3 EVSs: forecast of path U4", lambda: forecast(documented)),
    ]


def first_look(nodes: int, evs: int) -> object:
    """Expand a procedure and ask what is available at its start."""
    return Run(expanded(nodes, evs)).available()


def guided(nodes: int, evs: int) -> Run:
    """Do a whole run as a learner in guided mode does: always the first available step."""
    run = Run(expanded(nodes, evs))
    while tasks := run.available():
        run = run.do(tasks[0].key)
    return run


def searched(nodes: int, evs: int, is_home: bool) -> int:
    """Look at every order of an upgrade as a panel does; return how often progress was told."""
    told = list(search(Plan.standard(nodes=nodes, evs=evs), is_home=is_home))
    assert told, "a search tells how far it is"
    return len(told)


def walked(nodes: int, evs: int) -> object:
    """Find the best order, make a path of it, and forecast it by playing."""
    return forecast(upgrade_best(Plan.standard(nodes=nodes, evs=evs)))


def times_ms(work: Callable[[], object]) -> tuple[float, float, float]:
    """Return the shortest and median milliseconds of *work*, and the least of processor time."""
    walls, busy = [], []
    for _ in range(REPEATS):
        start, start_busy = time.perf_counter(), time.process_time()
        work()
        walls.append((time.perf_counter() - start) * 1000)
        busy.append((time.process_time() - start_busy) * 1000)
    return min(walls), sorted(walls)[REPEATS // 2], min(busy)


def main() -> None:
    """Print the table."""
    print(f"{'':<52} {'best ms':>9} {'median ms':>10} {'CPU ms':>8} {'target ms':>10}")
    for row in rows():
        best, median, busy = times_ms(row.run)
        target = "" if row.target_ms is None else f"{row.target_ms:.0f}"
        print(f"{row.work:<52} {best:>9.2f} {median:>10.2f} {busy:>8.2f} {target:>10}".rstrip())


if __name__ == "__main__":
    main()
