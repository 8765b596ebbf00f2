"""What is right in each task of the exercises: how it starts, and what its check looks at.

Each check tries the learner's cluster out in the simulation, so every answer that works counts.
Each part has a module of its own; the words stand beside it, those of parts 03 to 15 in
`lab.wording`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from clusterlab.cluster.errors import ConfigError
from clusterlab.lab import (
    tasks03,
    tasks04,
    tasks05,
    tasks06,
    tasks07,
    tasks08,
    tasks09,
    tasks10,
    tasks11,
    tasks12,
    tasks13,
    tasks14,
    tasks15,
)
from clusterlab.lessons.lesson01 import checks as lesson01
from clusterlab.lessons.lesson02 import checks as lesson02
from clusterlab.lessons.trials import (
    Findings,
    Grader,
    OtherAnswerWanted,
)
from clusterlab.simulation import Simulation


def findings(task: str, answer: object) -> Findings:
    """Yield what the check of *task* finds; nothing if nothing was done yet.

    Args:
        task: Number of a task that exists.
        answer: What the learner gives.

    Raises:
        OtherAnswerWanted: If the answer is of another kind.
    """
    if task in STARTS:
        return _of_simulation(task, answer)
    return _GRADERS[task](answer)


def _of_simulation(task: str, answer: object) -> Findings:
    if not isinstance(answer, Simulation):
        raise OtherAnswerWanted(
            f'Give the simulation: check("{task}", sim); this was {type(answer).__name__}.'
        )
    beginning = start(task)
    if answer.history[: len(beginning.history)] != beginning.history:
        raise OtherAnswerWanted(f'Begin with sim = start("{task}") and act on that simulation.')
    if len(answer.history) > len(beginning.history):
        yield from _GRADERS[task](answer)


def start(task: str) -> Simulation:
    """Return the simulation that a task begins with, the same one each time.

    Raises:
        ConfigError: If the task has none.

    Example:
        >>> start("02.2").state("EVS2").value
        'Failed'
    """
    if task not in STARTS:
        raise ConfigError(f"task {task!r} has no start; allowed: {', '.join(STARTS)}")
    return STARTS[task]()


STARTS: Mapping[str, Callable[[], Simulation]] = {
    **lesson01.STARTS,
    **lesson02.STARTS,
    **tasks03.STARTS,
    **tasks04.STARTS,
    **tasks05.STARTS,
    **tasks06.STARTS,
    **tasks08.STARTS,
    **tasks11.STARTS,
}
"""How a task begins, by its number."""

_GRADERS: Mapping[str, Grader] = {
    **lesson01.GRADERS,
    **lesson02.GRADERS,
    **tasks03.GRADERS,
    **tasks04.GRADERS,
    **tasks05.GRADERS,
    **tasks06.GRADERS,
    **tasks07.GRADERS,
    **tasks08.GRADERS,
    **tasks09.GRADERS,
    **tasks10.GRADERS,
    **tasks11.GRADERS,
    **tasks12.GRADERS,
    **tasks13.GRADERS,
    **tasks14.GRADERS,
    **tasks15.GRADERS,
}
