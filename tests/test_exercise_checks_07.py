"""Checks of the exercises of part 07: right answers pass, wrong ones are told the rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from clusterlab import ConfigError
from clusterlab.cluster.events import BringOnline, TakeOffline
from clusterlab.lab import ProcedureLab
from clusterlab.lab.exercises import TASKS, check, question, quiz
from clusterlab.lessons.lesson07 import numbers, people, startable
from clusterlab.lessons.tasks import begin
from clusterlab.procedures import Run
from tests.answers import expect_right, expect_wrong, lines

Act = Callable[[Run], Run]


def steps(*keys: str) -> Act:
    """Return an act that does some steps with their right choices."""

    def act(run: Run) -> Run:
        for key in keys:
            run = run.do(key)
        return run

    return act


def remember(run: Run, *, kerberos: bool = True) -> Run:
    """Put right what task 07.6 forgot."""
    run = run.do("G03@EVS1").do("E09@EVS1").do("G04@EVS1")
    if kerberos:
        run = run.send(TakeOffline("EVS1 Network Name")).do("E03@EVS1")
        run = run.send(BringOnline("EVS1"))
    return run


RIGHT_VALUES: Mapping[str, object] = {"07.1": numbers(), "07.2": startable(), "07.7": people()}
WRONG_VALUES = [
    ("07.1", {**numbers(), "addresses": 10}, "Addresses: not 10"),
    ("07.1", {"steps": 82}, "Shortest: not answered"),
    ("07.2", "ab", "b: it cannot start yet"),
    ("07.2", "a", "2 more can start now"),
    ("07.7", 3, "3 people need 753 minutes; 720 were allowed"),
    ("07.7", 6, "4 are enough"),
]
CLUSTER = ("H01@N1", "H02@N2", "H03@N1", "C01@N1")
RIGHT_ACTS: Mapping[str, Act] = {
    "07.3": steps(*CLUSTER),
    "07.4": steps(*CLUSTER),
    "07.5": lambda run: run.do("recover/M07@N2").do_rest(until="X05@N2"),
    "07.6": remember,
}
WRONG_ACTS: list[tuple[str, Act, str]] = [
    ("07.3", steps("H01@N1"), "There is no cluster yet (C01)"),
    ("07.3", lambda run: steps(*CLUSTER)(run.attempt("C01@N1")), "Mistakes on the way: 1"),
    ("07.3", lambda run: run.do_rest(until="C01@N1"), "5 steps; 4 are enough"),
    ("07.3", lambda run: steps(*CLUSTER[:3])(run).do("C01@N1", storage="off"), "quorum model is"),
    ("07.4", lambda run: run.attempt("C01@N1"), "The disks are still damaged"),
    ("07.4", steps("H01@N1"), "There is no cluster yet (C01)"),
    ("07.5", steps("C02@N2"), "not have Exchange as a node of the cluster, but: standalone"),
    ("07.5", steps("recover/M07@N2"), "NODE2 is not in the cluster yet"),
    ("07.6", lambda run: remember(run, kerberos=False), "Kerberos is not ticked"),
    ("07.6", steps("G03@EVS1"), r"The data lies in C:\exchsrvr"),
]


@pytest.mark.parametrize(("task", "answer"), RIGHT_VALUES.items())
def test_a_right_value_passes(task: str, answer: object):
    """The check of each task that asks for a value accepts the right one."""
    expect_right(check(task, answer))


@pytest.mark.parametrize(("task", "answer", "said"), WRONG_VALUES)
def test_a_wrong_value_is_told_what_is_wrong_and_where_to_read(
    task: str, answer: object, said: str
):
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
    """The sentence names what the cluster lacks; the source of the rule follows."""
    expect_wrong(check(task, act(begin(task))), said)


@pytest.mark.parametrize("task", RIGHT_ACTS)
def test_a_run_that_nobody_touched_is_not_done_yet(task: str):
    """The check of an untouched beginning gives no points; another run is no answer."""
    result = check(task, begin(task))
    assert result.head.endswith("not done yet")
    other = check(task, Run(begin(task).procedure).do("P02").do("P01"))
    assert "go on with that run" in lines(other, "missing")


def test_a_task_can_be_done_in_the_panel():
    """What is clicked is done to the run that is checked."""
    lab = ProcedureLab(begin("07.4"))
    for key in CLUSTER:
        lab.select(key)
        lab.buttons["do"].click()
    assert check("07.4", lab.run)


def test_a_task_without_a_beginning_is_refused():
    """Tasks that ask for a value begin with nothing."""
    with pytest.raises(ConfigError, match=r"task '07.1' has no beginning; allowed: 07.3"):
        begin("07.1")


def test_every_question_can_be_answered():
    """Each question has a right answer, and the quiz has ten statements."""
    for key in ("07/power", "07/setup", "07/addresses", "07/localquorum", "07/late"):
        asked = question(key)
        assert asked.answer(asked.words.right)
    assert len(quiz("07").questions) == 10


def test_every_task_is_tested_here():
    """No task goes untested."""
    here = {task for task in TASKS if task.startswith("07")}
    assert here == {*RIGHT_VALUES, *RIGHT_ACTS}
