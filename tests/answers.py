"""Answers to the tasks of the exercises, and what the checks have to say of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from clusterlab import Simulation
from clusterlab.lab.exercises import TASKS, Result, check
from clusterlab.lessons.tasks import start

Act = Callable[[Simulation], None]
"""What a learner does to the simulation of a task."""


def lines(result: Result, word: str) -> str:
    """Return the sentences of a result that begin with *word*, joined."""
    return " ".join(text for found, text in result.lines if found == word)


def acted(task: str, act: Act) -> Result:
    """Return what the check says after *act* on the start of a task."""
    sim = start(task)
    act(sim)
    return check(task, sim)


def expect_right(result: Result) -> None:
    """The answer is accepted, and nothing is said to be missing."""
    assert result, result
    assert "" == lines(result, "missing")


def expect_wrong(result: Result, said: str) -> None:
    """The answer is not accepted; the mistake is named, and where to read."""
    assert not result
    assert said in lines(result, "missing"), result
    assert "handbook" in lines(result, "read")


def expect_untouched(task: str) -> None:
    """The check of an untouched start finds nothing, right or missing, and gives no points."""
    result = check(task, start(task))
    assert result.head.endswith("not done yet")
    assert 0 == result.points(3)


def expect_all_tried(parts: tuple[str, ...], right: Iterable[str], wrong: Iterable[str]) -> None:
    """Every task of these parts has a right answer among the tests and two wrong ones."""
    here, tried = {task for task in TASKS if task[:2] in parts}, list(wrong)
    assert here == set(right)
    assert [] == [task for task in here if tried.count(task) < 2]
