"""Procedures of the handbook as data: plans, steps, and runs of them.

>>> from clusterlab.procedures import Plan, Run, installation
>>> run = Run(installation(Plan.standard(nodes=2, evs=1)))
>>> [task.short for task in run.available()]
['P01', 'P02']
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clusterlab.procedures.catalogue import installation, removal, upgrade_path
    from clusterlab.procedures.plan import Plan
    from clusterlab.procedures.procedure import Procedure, Task
    from clusterlab.procedures.run import Run
    from clusterlab.procedures.step import Step

_HOMES = {
    "Plan": "plan",
    "Procedure": "procedure",
    "Run": "run",
    "Step": "step",
    "Task": "procedure",
    "installation": "catalogue",
    "removal": "catalogue",
    "upgrade_path": "catalogue",
}
"""Public names and the module of each, which is loaded when the name is first used."""

__all__ = ["Plan", "Procedure", "Run", "Step", "Task", "installation", "removal", "upgrade_path"]


def __getattr__(name: str) -> Any:
    """Load a public name from its module when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
