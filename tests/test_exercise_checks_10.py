"""Checks of the exercises of part 10: right answers pass, wrong ones are told the rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from clusterlab import ConfigError
from clusterlab.lab.exercises import TASKS, check, question, quiz
from clusterlab.lessons.lesson10 import hours, right_paths, startable
from clusterlab.lessons.tasks import begin
from clusterlab.procedures import Run
from tests.answers import expect_right, expect_wrong, lines

Act = Callable[[Run], Run]
JOIN = ("M-06", "M-07", "M-08", "M-09", "M-12", "M-13")
LEAVE = ("M-19", "M-20", "M-15", "M-21", "M-22", "M-23", "M-24")
PATHS = {"a": "M55", "b": "U4", "c": "AA2", "d": "SW", "e": "M55", "f": "U2"}


def steps(*keys: str) -> Act:
    """Return an act that tries some steps with their right choices."""

    def act(run: Run) -> Run:
        for key in keys:
            run = run.attempt(key)
        return run

    return act


RIGHT_VALUES: Mapping[str, object] = {
    "10.1": PATHS,
    "10.2": {"a", "b", "f"},
    "10.4": {"alone": 2680, "fewest": 1940, "people": 2},
    "10.6": {"hours": 6},
    "10.7": {"b", "d", "f"},
}
WRONG_VALUES = [
    ("10.1", {**PATHS, "a": "U2"}, "a: not U2. Exchange 5.5 has no upgrade in place"),
    ("10.1", {**PATHS, "d": "U2"}, "d: not U2. A stand-alone server cannot be made into an EVS"),
    ("10.2", "abcf", "c cannot"),
    ("10.2", "ab", "1 more can start"),
    ("10.4", {"alone": 2680, "fewest": 2680, "people": 2}, "The fewest: not 2680"),
    ("10.4", {"alone": 2680}, "People for that: not answered"),
    ("10.6", {"hours": 18}, "Not 18 hours"),
    ("10.6", {"hours": 2}, "Not 2 hours"),
    ("10.7", "abdf", "a does not hold"),
    ("10.7", "b", "Left out although true: 2"),
]
RIGHT_ACTS: Mapping[str, Act] = {"10.3": steps(*JOIN), "10.5": steps(*LEAVE)}
WRONG_ACTS: list[tuple[str, Act, str]] = [
    ("10.3", steps("M-06"), "There is no EVS1 Online yet"),
    ("10.3", steps("M-12", *JOIN), "Refusals and warnings since then: 1"),
    ("10.3", lambda run: run.do_rest(until="M-13"), "8 steps; 6 are enough"),
    ("10.5", lambda run: run.do_rest(), "was away: M-15 comes after M-19 and M-20"),
    ("10.5", steps(*LEAVE[:-1]), "It is not in native mode yet"),
    ("10.5", steps(*LEAVE[3:]), "Exchange 5.5 was removed too early"),
]


def test_what_the_checks_want_comes_from_the_paths():
    """Matrix, needs and schedule give the answers of the handbook."""
    assert right_paths() == PATHS
    assert "abf" == startable()
    assert {"alone": 2680, "fewest": 1940, "people": 2} == hours()


@pytest.mark.parametrize(("task", "answer"), RIGHT_VALUES.items())
def test_a_right_value_passes(task: str, answer: object):
    """The check of each task that asks for a value accepts the right one."""
    expect_right(check(task, answer))


@pytest.mark.parametrize(("task", "answer", "said"), WRONG_VALUES)
def test_a_wrong_value_is_told_what_is_wrong(task: str, answer: object, said: str):
    """The sentence names the mistake; the source of the rule follows."""
    expect_wrong(check(task, answer), said)


@pytest.mark.parametrize("task", [*RIGHT_VALUES, *RIGHT_ACTS])
def test_something_else_is_no_answer(task: str):
    """A value of another kind is not wrong; the check says what to give."""
    result = check(task, object())
    assert result.is_open
    assert f'check("{task}", ' in lines(result, "missing")


@pytest.mark.parametrize("task", RIGHT_ACTS)
def test_the_right_steps_pass(task: str):
    """The check of each task that begins with a run accepts the right steps."""
    expect_right(check(task, RIGHT_ACTS[task](begin(task))))


@pytest.mark.parametrize(("task", "act", "said"), WRONG_ACTS)
def test_wrong_steps_are_told_what_is_wrong(task: str, act: Act, said: str):
    """The sentence names what is left, or what came too early."""
    expect_wrong(check(task, act(begin(task))), said)


@pytest.mark.parametrize("task", RIGHT_ACTS)
def test_a_run_that_nobody_touched_is_not_done_yet(task: str):
    """The check of an untouched beginning gives no points."""
    assert check(task, begin(task)).head.endswith("not done yet")


def test_a_task_without_a_beginning_is_refused():
    """Tasks that ask for a value begin with nothing."""
    with pytest.raises(ConfigError, match=r"task '10.1' has no beginning; allowed: 10.3"):
        begin("10.1")


def test_every_question_can_be_answered():
    """Each question has a right answer, and the quiz has ten statements."""
    for key in ("10/first", "10/back", "10/outage"):
        asked = question(key)
        assert asked.answer(asked.words.right)
    assert 10 == len(quiz("10").questions)


def test_every_task_is_tested_here():
    """No task goes untested."""
    here = {task for task in TASKS if task.startswith("10")}
    assert here == {*RIGHT_VALUES, *RIGHT_ACTS}
