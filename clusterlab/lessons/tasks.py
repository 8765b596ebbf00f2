"""The tasks of all lessons: how each starts, and what its check finds.

What is right in a task is decided in the module of its lesson, which is loaded when a task of it
is asked for: `GRADERS` has the checks by the numbers of the tasks; `STARTS` and `RUNS` have how
those begin that are about a simulation or about a run of a procedure. Each check tries the
learner's cluster out in the simulation, so every answer that works counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from clusterlab.cluster.errors import ConfigError
from clusterlab.lessons import lesson_numbers
from clusterlab.lessons.trials import Findings, OtherAnswerWanted, Runs, Starts, given
from clusterlab.simulation import Simulation

if TYPE_CHECKING:
    from clusterlab.procedures.run import Run


def findings(task: str, answer: object) -> Findings:
    """Yield what the check of *task* finds; nothing if nothing was done yet.

    Raises:
        OtherAnswerWanted: If the answer is of another kind.
    """
    if task in _table(task, "STARTS"):
        is_touched = _is_touched(task, answer)
    elif task in _table(task, "RUNS"):
        is_touched = _has_steps(task, answer)
    else:
        is_touched = True
    if is_touched:
        yield from _table(task, "GRADERS")[task](answer)


def _is_touched(task: str, answer: object) -> bool:
    """Return whether anything was done to the simulation that a task begins with."""
    say = f'Give the simulation: check("{task}", sim); this was {type(answer).__name__}.'
    history, before = given(answer, Simulation, say).history, start(task).history
    if history[: len(before)] != before:
        raise OtherAnswerWanted(f'Begin with sim = start("{task}") and act on that simulation.')
    return len(history) > len(before)


def _has_steps(task: str, answer: object) -> bool:
    """Return whether anything was done in the run that a task begins with."""
    beginning = begin(task)
    say = f'Give the run: check("{task}", lab.run); this was {type(answer).__name__}.'
    run, count = given(answer, type(beginning), say), len(beginning.entries)
    if run.entries[:count] != beginning.entries or run.procedure != beginning.procedure:
        raise OtherAnswerWanted(f'Begin with begin("{task}") and go on with that run.')
    return len(run.entries) > count


def start(task: str) -> Simulation:
    """Return the simulation that a task begins with, the same one each time.

    Raises:
        ConfigError: If the task has none.

    Example:
        >>> start("02.2").state("EVS2").value
        'Failed'
    """
    starts: Starts = _table(task, "STARTS")
    _check(task, "STARTS", "start")
    return starts[task]()


def begin(task: str) -> Run:
    """Return the run of a procedure that a task begins with, the same one each time.

    Raises:
        ConfigError: If the task has none.

    Example:
        >>> begin("07.3")
        Run(install CLUS2: 21 of 55 tasks, 385 min, 0 mistakes)
        >>> begin("10.3").refusal.code
        'UE-15'
    """
    runs: Runs = _table(task, "RUNS")
    _check(task, "RUNS", "beginning")
    return runs[task]()


def _check(task: str, table: str, what: str) -> None:
    near = _table(task, table)
    if task not in near:
        known = near or [one for number in lesson_numbers() for one in _table(f"{number}.", table)]
        raise ConfigError(f"task {task!r} has no {what}; allowed: {', '.join(known)}")


def _table(task: str, name: str) -> Mapping[str, Any]:
    number = task.partition(".")[0]
    if number not in lesson_numbers():
        return {}
    table: Mapping[str, Any] = getattr(
        import_module(f"clusterlab.lessons.lesson{number}"), name, {}
    )
    return table
