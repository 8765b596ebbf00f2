"""The tasks of all lessons: how each starts, and what its check finds.

What is right in a task is decided in the module of its lesson, which is loaded when a task of it
is asked for. Each check tries the learner's cluster out in the simulation, so every answer that
works counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from clusterlab.cluster.errors import ConfigError
from clusterlab.lessons import lesson_numbers
from clusterlab.lessons.trials import Findings, Grader, OtherAnswerWanted
from clusterlab.simulation import Simulation


def findings(task: str, answer: object) -> Findings:
    """Yield what the check of *task* finds; nothing if nothing was done yet.

    Args:
        task: Number of a task that exists.
        answer: What the learner gives.

    Raises:
        OtherAnswerWanted: If the answer is of another kind.
    """
    if task in _starts(task):
        return _of_simulation(task, answer)
    return _grader(task)(answer)


def _of_simulation(task: str, answer: object) -> Findings:
    if not isinstance(answer, Simulation):
        raise OtherAnswerWanted(
            f'Give the simulation: check("{task}", sim); this was {type(answer).__name__}.'
        )
    beginning = start(task)
    if answer.history[: len(beginning.history)] != beginning.history:
        raise OtherAnswerWanted(f'Begin with sim = start("{task}") and act on that simulation.')
    if len(answer.history) > len(beginning.history):
        yield from _grader(task)(answer)


def start(task: str) -> Simulation:
    """Return the simulation that a task begins with, the same one each time.

    Raises:
        ConfigError: If the task has none.

    Example:
        >>> start("02.2").state("EVS2").value
        'Failed'
    """
    if task not in _starts(task):
        known = sorted(one for number in lesson_numbers() for one in _starts(f"{number}."))
        raise ConfigError(f"task {task!r} has no start; allowed: {', '.join(known)}")
    return _starts(task)[task]()


def _starts(task: str) -> Mapping[str, Callable[[], Simulation]]:
    """Return how the tasks begin that are in the lesson of this one, by their numbers."""
    number = task.partition(".")[0]
    if number not in lesson_numbers():
        return {}
    checks = import_module(f"clusterlab.lessons.lesson{number}")
    starts: Mapping[str, Callable[[], Simulation]] = getattr(checks, "STARTS", {})
    return starts


def _grader(task: str) -> Grader:
    checks = import_module(f"clusterlab.lessons.lesson{task.partition('.')[0]}")
    grader: Grader = checks.GRADERS[task]
    return grader
