"""What the procedure panel can show, and in which modes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from clusterlab.cluster.errors import ConfigError
from clusterlab.procedures.catalogue import installation, read_work, removal
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.procedure import Procedure
from clusterlab.procedures.run import Run

GUIDED, FREE, EXAM = "guided", "free", "exam"
MODES: Mapping[str, str] = {
    GUIDED: "Only steps that can be done are offered.",
    FREE: "Every step may be tried in any order; what the product does comes of it.",
    EXAM: "No hints, nothing chosen beforehand, no undo; mistakes and hours are the score.",
}
"""The modes, and what each means."""

Works = Mapping[str, Callable[[], Procedure]]

WORKS: Works = {
    "Install 2 nodes, 1 EVS": lambda: installation(Plan.standard(nodes=2, evs=1)),
    "Install 4 nodes, 3 EVSs": lambda: installation(Plan.standard(nodes=4, evs=3)),
    "Install 8 nodes, 7 EVSs": lambda: installation(Plan.standard(nodes=8, evs=7)),
    "Remove 2 nodes, 1 EVS": lambda: removal(Plan.standard(nodes=2, evs=1)),
    "Remove 4 nodes, 3 EVSs": lambda: removal(Plan.standard(nodes=4, evs=3)),
}
"""Procedures to choose from."""
GIVEN = "as given"


def run_of(start: Run | Procedure | Plan | Path | str | None, works: Works = WORKS) -> Run:
    """Return what a panel is to show as a run; None takes the first of *works*.

    Raises:
        ConfigError: If it is no run, procedure or plan, and no file of a procedure.
    """
    if start is None:
        return Run(next(iter(works.values()))())
    if isinstance(start, Run):
        return start
    if isinstance(start, Procedure):
        return Run(start)
    if isinstance(start, str | Path):
        return Run(read_work(Path(start)))
    if isinstance(start, Plan):
        return Run(installation(start))
    raise ConfigError(f"the panel shows a Run, a Procedure, a Plan or a file, not {start!r}")
