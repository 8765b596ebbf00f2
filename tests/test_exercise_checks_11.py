"""Checks of the exercises of part 11: right answers pass, wrong ones are told the rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from clusterlab.lab.exercises import check, question, quiz
from clusterlab.lessons import tasks_of
from clusterlab.lessons.lesson11 import CLIENT_LIST
from clusterlab.lessons.tasks import begin
from clusterlab.procedures import Run
from tests.answers import (
    Act,
    acted,
    expect_all_tried,
    expect_right,
    expect_wrong,
    lines,
)

MOVES = {
    "Lotus Notes connector",
    "Calendar Connector",
    "front-end servers",
    "Intelligent Message Filter",
    "Site Replication Service",
}

RIGHT_VALUES: Mapping[str, object] = {
    "11.1": MOVES,
    "11.2": "abf",
    "11.3": {"seconds": 360},
    "11.4": {"messages": 90},
    "11.6": "notes-2",
    "11.7": {"b", "c", "f"},
}

WRONG_VALUES = [
    ("11.1", MOVES - {"front-end servers"}, "Still missing from the list: 1"),
    ("11.1", MOVES | {"OWA", "POP3"}, "This may stay on the cluster: Outlook Web Access, POP3"),
    ("11.1", {"IMFX"}, "'IMFX' is not known to the handbook"),
    ("11.2", "ab", "Left out although true: 1"),
    ("11.2", "abcf", "their EVS works"),
    ("11.3", {"seconds": 400}, "Up to 210 messages wait"),
    ("11.3", {"seconds": 300}, "a little longer"),
    ("11.4", {"messages": 89}, "Fifteen minutes after its return 30 messages still wait"),
    ("11.4", {"messages": 120}, "A slower server would also do"),
    ("11.6", "notes", "a message waits for"),
    ("11.6", "notes-on-node", "It is not supported on a cluster"),
    ("11.7", "bc", "Left out although true: 1"),
    ("11.7", "abcf", "must not run there"),
]

RIGHT_ACTS: Mapping[str, Act] = {"11.5": lambda sim: sim.move_group("EVS2", "NODE4")}

WRONG_ACTS = [
    ("11.5", lambda sim: sim.fail_node("NODE2"), "messages waited on the connector server"),
    ("11.5", lambda sim: sim.move_group("EVS1", "NODE4"), "NODE2 still owns: EVS2"),
    ("11.5", lambda sim: sim.move_group("EVS2", "NODE1"), "waited on the connector server"),
]

Steps = Callable[[Run], Run]
RIGHT_RUNS: Mapping[str, Steps] = {
    "11.8": lambda run: run.do("NC-05").do("NC-contacts").do_rest(),
}


def server_first(run: Run) -> Run:
    """Put the contacts right, then remove the old server with its connector on it."""
    run = run.do("NC-05").do("NC-contacts")
    for task in ("NC-08@EVS1", "NC-08@EVS2", "NC-08@EVS3", "NC-09"):
        run = run.do(task)
    return run


WRONG_RUNS: list[tuple[str, Steps, str]] = [
    ("11.8", lambda run: run.do("NC-05"), "The contacts are double"),
    ("11.8", lambda run: run.do("NC-05").do("NC-contacts"), "The old server is still there"),
    ("11.8", server_first, "The contacts are orphaned"),
    ("11.8", lambda run: run.attempt("NC-contacts").do("NC-05"), "since then: 1"),
]


@pytest.mark.parametrize(("task", "answer"), RIGHT_VALUES.items())
def test_a_right_value_passes(task: str, answer: object):
    """The check of each task that asks for a value accepts the right one."""
    expect_right(check(task, answer))


@pytest.mark.parametrize("task", RIGHT_ACTS)
def test_the_right_acts_pass(task: str):
    """A planned move to the free node is short enough."""
    expect_right(acted(task, RIGHT_ACTS[task]))


@pytest.mark.parametrize("task", RIGHT_RUNS)
def test_the_right_steps_pass(task: str):
    """The old connector stops, what is double goes, then the rest of path NC."""
    expect_right(check(task, RIGHT_RUNS[task](begin(task))))


@pytest.mark.parametrize(("task", "steps", "said"), WRONG_RUNS)
def test_wrong_steps_are_told_what_is_wrong(task: str, steps: Steps, said: str):
    """The sentence names what is left, or that something was refused on the way."""
    expect_wrong(check(task, steps(begin(task))), said)


def test_a_run_that_nobody_touched_is_not_done_yet():
    """What the colleague did gives no points."""
    assert check("11.8", begin("11.8")).head.endswith("not done yet")


def test_the_order_of_the_connectors_is_asked():
    """First stop the old one, then start the new one (handbook 4, 4.8)."""
    assert question("11/order").answer("b")


@pytest.mark.parametrize(("task", "wrong", "said"), [*WRONG_VALUES, *WRONG_ACTS])
def test_what_is_wrong_is_told_with_where_to_read(task: str, wrong: object, said: str):
    """The sentence names the mistake; the source of the rule follows."""
    expect_wrong(acted(task, wrong) if task in RIGHT_ACTS else check(task, wrong), said)


@pytest.mark.parametrize(
    ("task", "answer"),
    [("11.1", "POP3"), ("11.3", {"seconds": "x"}), ("11.3", {"seconds": -1}),
     ("11.4", {"messages": True}), ("11.4", {"messages": float("nan")}), ("11.4", {"x": 1}),
     ("11.6", "imf"), ("11.8", "NC-05")],
)  # fmt: skip
def test_an_answer_of_another_kind_is_told_what_to_give(task: str, answer: object):
    """Words for numbers, numbers that cannot be, topologies without Notes."""
    assert "Give" in lines(check(task, answer), "missing")


def test_every_task_has_a_right_answer_and_two_wrong_ones_here():
    """No task of part 11 goes untested."""
    wrong = (task for task, *_ in (*WRONG_VALUES, *WRONG_ACTS, *WRONG_RUNS))
    right = {*RIGHT_VALUES, *RIGHT_ACTS, *RIGHT_RUNS}
    expect_all_tried(("11",), right, wrong)
    assert right == set(tasks_of("11"))


def test_the_quiz_has_the_misconceptions_about_components_and_tools():
    """Those of handbook 2, section 10, that no other part asks, and five of its own."""
    keys = [item.key for item in quiz("11").questions]
    assert ["quiz/19", "quiz/20", "quiz/23", "quiz/25", "quiz/26"] == keys[:5]
    assert 10 == len(keys)


def test_every_misconception_of_the_handbook_is_asked_somewhere():
    """The 26 statements of handbook 2, section 10, are in a quiz, but for one without source."""
    from clusterlab.lab.exercises import QUESTIONS

    asked = {key for key in QUESTIONS if key.startswith("quiz/")}
    assert {f"quiz/{number}" for number in range(1, 27)} - {"quiz/24"} == asked


def test_names_of_the_list_are_taken_as_people_write_them():
    """The list of the client itself is understood, and so are other names for the same."""
    assert check("11.1", {"Domino", "Calendar", "front-end", "IMF", "SRS"})
    assert 10 == len(CLIENT_LIST)
