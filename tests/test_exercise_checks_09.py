"""Checks of the exercises of part 09: right answers pass, wrong ones are told the rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from clusterlab import ConfigError
from clusterlab.cluster.events import MoveGroup, StartNode
from clusterlab.lab import UpgradeLab
from clusterlab.lab.exercises import TASKS, check, question, quiz
from clusterlab.lessons.lesson09 import interruptions, online_pairs, unprotected_steps
from clusterlab.lessons.tasks import begin
from clusterlab.procedures import Run
from tests.answers import expect_right, expect_wrong, lines

Act = Callable[[Run], Run]
FORWARD = ("U2-04", "U2-05", "U2-06", "U2-07", "U2-08")
PREPARED = ("P12", "P08", "P09", "P10", "P11", "U2-01", "U2-02")


def steps(*keys: str) -> Act:
    """Return an act that tries some steps with their right choices."""

    def act(run: Run) -> Run:
        for key in keys:
            run = run.attempt(key)
        return run

    return act


def forward(run: Run) -> Run:
    """Upgrade EVS1 where it is, then give NODE1 back and finish."""
    return steps(*FORWARD)(run).send(StartNode("NODE1")).do_rest(until="U2-12")


def back_to_the_new_node(run: Run) -> Run:
    """Give NODE2 back, bring EVS1 there and finish."""
    run = run.send(StartNode("NODE2")).send(MoveGroup("EVS1", "NODE2"))
    return run.do_rest(until="U2-12")


def repaired_first(run: Run) -> Run:
    """Wait for NODE1 before going forward."""
    return steps(*FORWARD)(run.send(StartNode("NODE1"))).do_rest(until="U2-12")


RIGHT_VALUES: Mapping[str, object] = {
    "09.1": "adg",
    "09.2": {"ends": "U2-02", "begins": "u2-11"},
    "09.6": {"U4": 2, "U4S": 1},
    "09.7": {"b", "f", "g"},
}
WRONG_VALUES = [
    ("09.1", "abdg", "b: the EVS has to be upgraded there first"),
    ("09.1", "a", "2 more come online"),
    ("09.1", "adfg", "f: the node is older than the EVS"),
    ("09.2", {"ends": "U2-04", "begins": "U2-11"}, "It does not end with U2-04"),
    ("09.2", {"ends": "U2-02"}, "It does not begin again with NOTHING"),
    ("09.6", {"U4": 1, "U4S": 1}, "Documented order: not 1"),
    ("09.6", {"U4": 2}, "Idle node first: not nothing"),
    ("09.7", "bef", "e does not hold"),
    ("09.7", "b", "Left out although true: 2"),
]
RIGHT_ACTS: Mapping[str, Act] = {
    "09.3": forward,
    "09.4": steps(*PREPARED),
    "09.5": back_to_the_new_node,
}
WRONG_ACTS: list[tuple[str, Act, str]] = [
    ("09.3", steps("U2-04"), "EVS1 is down"),
    ("09.3", steps(*FORWARD), "No other node could take EVS1 over"),
    ("09.3", repaired_first, "1,200 s were allowed"),
    ("09.4", steps("U2-01", "U2-02"), "NODE2 still has Exchange 2000 SP3"),
    ("09.4", steps("P12", "P08", "P09", "U2-01", "U2-02"), "UE-09, upgrade-mistake/14"),
    ("09.4", steps("U2-02", *PREPARED), "8 steps; 7 are enough"),
    ("09.5", lambda run: run.send(StartNode("NODE2")), "EVS1 is down (failed) on NODE1"),
    ("09.5", lambda run: run.send(StartNode("NODE2")).send(MoveGroup("EVS1", "NODE2")),
     "No other node could take EVS1 over"),
]  # fmt: skip


def test_what_the_checks_want_comes_from_the_simulation():
    """Table, lanes and paths give the answers of the handbook."""
    assert "adg" == online_pairs()
    assert {"ends": "U2-02", "begins": "U2-11"} == unprotected_steps()
    assert {"U4": 2, "U4S": 1} == interruptions()


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
    """The sentence names what the cluster lacks; the source of the rule follows."""
    expect_wrong(check(task, act(begin(task))), said)


@pytest.mark.parametrize("task", RIGHT_ACTS)
def test_a_run_that_nobody_touched_is_not_done_yet(task: str):
    """The check of an untouched beginning gives no points."""
    assert check(task, begin(task)).head.endswith("not done yet")


def test_a_task_can_be_done_in_the_panel():
    """What is clicked is done to the run that is checked."""
    lab = UpgradeLab(begin("09.4"))
    for key in PREPARED:
        lab.select(key)
        lab.do()
    assert check("09.4", lab.run)


def test_a_task_without_a_beginning_is_refused():
    """Tasks that ask for a value begin with nothing."""
    with pytest.raises(ConfigError, match=r"task '09.1' has no beginning; allowed: 09.3"):
        begin("09.1")


def test_every_question_can_be_answered():
    """Each question has a right answer, and the quiz has ten statements."""
    for key in ("09/acts", "09/window", "09/order"):
        asked = question(key)
        assert asked.answer(asked.words.right)
    assert 10 == len(quiz("09").questions)


def test_every_task_is_tested_here():
    """No task goes untested."""
    here = {task for task in TASKS if task.startswith("09")}
    assert here == {*RIGHT_VALUES, *RIGHT_ACTS}
