"""How far a run has come: what is done, what is left, how long it will take at least.

Only counting; what can be done and what comes of it is decided in `run.py`.
"""

from __future__ import annotations

from typing import NamedTuple

from clusterlab.procedures.procedure import Task
from clusterlab.procedures.run import Run


class Progress(NamedTuple):
    """Where a run stands, in numbers.

    Attributes:
        done: Counted tasks that are done.
        counted: All tasks that are counted.
        minutes: Spent so far.
        mistakes: Refusals, warnings and damage so far.
        left_minutes: Of the tasks that are left, one after the other.
        chain: The tasks left that take longest one after the other; nobody can be faster.
    """

    done: int
    counted: int
    minutes: int
    mistakes: int
    left_minutes: int
    chain: tuple[Task, ...]

    @property
    def chain_minutes(self) -> int:
        """Minutes of the critical path that is left."""
        return sum(task.step.minutes for task in self.chain)


def progress(run: Run) -> Progress:
    """Return how far *run* has come.

    Example:
        >>> from clusterlab.procedures import Plan, Run, installation
        >>> so_far = progress(Run(installation(Plan.standard(nodes=2, evs=1))).do("P01"))
        >>> so_far.done, so_far.counted, so_far.left_minutes, so_far.chain_minutes
        (1, 55, 722, 485)

    Source: handbook 3, 7.2.
    """
    left, cost, counted = run.left(), run.cost(), len(run.procedure.tasks)
    return Progress(
        done=counted - len(left),
        counted=counted,
        minutes=cost.minutes,
        mistakes=cost.mistakes,
        left_minutes=sum(task.step.minutes for task in left),
        chain=critical_chain(run),
    )


def critical_chain(run: Run) -> tuple[Task, ...]:
    """Return the tasks left that take longest one after the other.

    Example:
        >>> from clusterlab.procedures import Plan, Run, installation
        >>> run = Run(installation(Plan.standard(nodes=2, evs=1))).do_rest(until="G08@EVS1")
        >>> [task.short for task in critical_chain(run)]
        ['G09', 'G10']
    """
    left = {task.key for task in run.left()}
    tails: dict[str, tuple[int, tuple[Task, ...]]] = {}
    # A task stands behind all that it needs, so the way back meets its users first.
    for task in (t for level in reversed(run.procedure.levels()) for t in level if t.key in left):
        users = (tails[user] for user in run.procedure.users[task.key] if user in tails)
        minutes, chain = max(users, key=lambda tail: tail[0], default=(0, ()))
        tails[task.key] = (minutes + task.step.minutes, (task, *chain))
    return max(tails.values(), key=lambda tail: tail[0], default=(0, ()))[1]
