"""Checks of the exercises of part 06: right answers pass, wrong ones are told what happens."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from clusterlab import Simulation
from clusterlab.clusterexe import run_line
from clusterlab.lab.exercises import TASKS, check, question, quiz
from clusterlab.lessons.lesson06 import case_of
from tests.answers import (
    Act,
    acted,
    expect_all_tried,
    expect_right,
    expect_wrong,
    lines,
)

LOG = {"first": 1123, "failed": "SA", "nodes": {"NODE1", "NODE2"}}


def typed(*commands: str) -> Act:
    """Return an act that types lines at the prompt."""

    def act(sim: Simulation) -> None:
        for command in commands:
            run_line(sim, command)

    return act


def solve(task: str) -> Act:
    """Return an act that types the solution of a task's case."""
    return typed(*(line for lines in case_of(task).repairs() for line in lines))


WINDOW = 'cluster group "EVS1" /prop FailbackWindowStart={} FailbackWindowEnd={}'

RIGHT_VALUES: Mapping[str, object] = {"06.1": LOG, "06.3": {"b", "d", "e"}}

WRONG_VALUES = [
    ("06.1", {**LOG, "first": 1069}, "Not 1069: what is the number of the very first entry"),
    ("06.1", {**LOG, "failed": "IS"}, "Not IS: find the first 1069"),
    ("06.1", {**LOG, "nodes": "NODE4"}, "too many NODE4, missing 2"),
    ("06.3", {"b", "d"}, "Left out although true: 1"),
    ("06.3", "abde", "a lost node shows as 1123"),
    ("06.3", "bcde", "on NODE4 the group is Online"),
    ("06.3", "bdef", "would not have moved at all"),
]

RIGHT_ACTS: Mapping[str, Act] = {
    "06.2": typed("cluster node NODE4 /resume"),
    "06.4": typed(WINDOW.format(22, 5)),
    "06.5": typed("cluster network Public /prop Role=3"),
    "06.6": typed("cluster group EVS1 /setowners:NODE1,NODE3"),
    "06.7": solve("06.7"),
}

WRONG_ACTS = [
    ("06.2", typed("cluster group EVS3 /setowners:NODE3,NODE4"), "EVS3: no service any more"),
    ("06.2", typed("cluster node NODE4 /resume", "cluster node NODE1 /pause"), "NODE1 is Paused"),
    ("06.4", typed("cluster group EVS1 /prop AutoFailbackType=0"), "does not fail back at night"),
    ("06.4", typed(WINDOW.format(11, 13)), "When NODE1 loses power and is started again"),
    ("06.5", typed("cluster network Private /prop Role=3"), "When network Private fails"),
    ("06.5", lambda sim: sim.pull_cable("NODE3", "Public"), "is broken; undo the loss"),
    ("06.6", solve("06.6"), "the task asks for another way"),
    ("06.6", typed("cluster group EVS1 /setowners:NODE1,NODE2"), "When NODE1 loses power: EVS1"),
    ("06.7", typed('cluster group "EVS1" /prop AutoFailbackType=0'), "When NODE2 loses power"),
    ("06.7", typed('cluster group "EVS2" /offline'), "EVS2 is Offline on NODE2; bring it online"),
]


@pytest.mark.parametrize("name", ["sa", "EVS3/SA", "Exchange System Attendant Instance - (EVS3)"])
def test_the_failed_resource_may_have_any_of_its_names(name: str):
    """06.1: short, with its group, or as the log has it."""
    assert check("06.1", {**LOG, "failed": name})


@pytest.mark.parametrize(("task", "answer"), RIGHT_VALUES.items())
def test_a_right_value_passes(task: str, answer: object):
    """The check of each task that asks for a value accepts the right one."""
    expect_right(check(task, answer))


@pytest.mark.parametrize(("task", "answer", "said"), WRONG_VALUES)
def test_a_wrong_value_is_told_what_is_wrong(task: str, answer: object, said: str):
    """The sentence names the mistake; the source of the rule follows."""
    expect_wrong(check(task, answer), said)


@pytest.mark.parametrize(("task", "act"), RIGHT_ACTS.items())
def test_a_repair_passes(task: str, act: Act):
    """What makes the failures end as they should is right."""
    expect_right(acted(task, act))


@pytest.mark.parametrize(("task", "act", "said"), WRONG_ACTS)
def test_what_is_no_repair_is_told_what_still_happens(task: str, act: Act, said: str):
    """The failures are played again, and what they do is said."""
    result = acted(task, act)
    assert not result
    assert said in lines(result, "missing")


def test_every_task_has_a_right_answer_and_two_wrong_ones_here():
    """No task of this part goes untested."""
    wrong = (task for task, *_ in (*WRONG_VALUES, *WRONG_ACTS))
    expect_all_tried(("06",), {*RIGHT_VALUES, *RIGHT_ACTS}, wrong)


def test_the_hints_of_a_case_do_not_give_it_away():
    """Neither complaints nor first hints name what was planted."""
    for task in TASKS:
        if task.startswith("06"):
            told = " ".join([*case_of(task).complaints(), *case_of(task).hints(1)])
            assert [] == [fault for fault in case_of(task).faults if fault.kind.title in told]


def test_questions_of_the_part_are_there():
    """The lesson asks three questions and ends with a quiz of ten statements."""
    assert question("06/where").answer("b")
    assert 10 == len(quiz("06").questions)
    assert "True or false?" in repr(quiz("06"))
