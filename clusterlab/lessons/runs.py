"""What tasks about runs of a procedure share: how they begin, and what counts as an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from clusterlab.cluster.errors import ConfigError
from clusterlab.lessons.trials import Finding, Findings, Grader, OtherAnswerWanted
from clusterlab.procedures.run import Run

Beginning = Callable[[], Run]


def mistakes_since(beginning: Run, run: Run) -> int:
    """Return how many mistakes were made after the beginning."""
    return run.cost().mistakes - beginning.cost().mistakes


def few_steps(beginning: Run, run: Run, fewest: int) -> Finding:
    """Return whether a run took no step that it did not need, so that the steps were chosen."""
    count = len(run.entries) - len(beginning.entries)
    return Finding("fewest", count <= fewest, {"count": count, "fewest": fewest})


def graded(task: str, begin: Beginning, grade: Callable[[Run], Findings]) -> Grader:
    """Return a check of a run: one that was not touched finds nothing."""

    def grader(answer: object) -> Findings:
        beginning = begin()
        if not isinstance(answer, Run):
            raise OtherAnswerWanted(
                f'Give the run: check("{task}", lab.run); this was {type(answer).__name__}.'
            )
        count = len(beginning.entries)
        if answer.entries[:count] != beginning.entries or answer.procedure != beginning.procedure:
            raise OtherAnswerWanted(f'Begin with begin("{task}") and go on with that run.')
        if len(answer.entries) > count:
            yield from grade(answer)

    return grader


def begun(table: Mapping[str, Beginning], task: str) -> Run:
    """Return the run that a task begins with.

    Raises:
        ConfigError: If the task has none.
    """
    if task not in table:
        raise ConfigError(f"task {task!r} has no beginning; allowed: {', '.join(table)}")
    return table[task]()
