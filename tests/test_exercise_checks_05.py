"""Checks of the exercises of part 05: right answers pass, wrong ones are told the rule."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from clusterlab import Simulation
from clusterlab.clusterfiles import read_listings
from clusterlab.lab.exercises import check, question, quiz
from clusterlab.lessons import tasks_of
from clusterlab.lessons.lesson05 import client_file, client_listings
from clusterlab.studies.whatif import shortest_way_to_lose
from tests.answers import (
    Act,
    acted,
    expect_all_tried,
    expect_right,
    expect_wrong,
    lines,
)


def mended(**changes: str) -> str:
    """Return the file of task 05.1 with its three mistakes corrected, or with *changes*."""
    right = {"disk =": "disks =", "NODE02": "NODE2", "groups = 6": "groups = 4"}
    text = client_file()
    for wrong, correct in (right | changes).items():
        text = text.replace(wrong, correct)
    return text


def owners(*nodes: str) -> Act:
    """Return an act that lists the possible owners of Disk S:."""
    return lambda sim: sim.set_properties("Disk S:", possible_owners=nodes)


def two_settings(sim: Simulation) -> None:
    """Change something else first."""
    sim.set_properties("EVS1", failover_threshold=5)
    owners("NODE1", "NODE2", "NODE3", "NODE4")(sim)


SURVEY = {"EVS1": 3, "EVS2": 2, "resource": "EVS2/IS", "missing": ("NODE1", "NODE4")}

RIGHT_VALUES: Mapping[str, object] = {
    "05.1": mended(),
    "05.2": {"single": 0, "pairs": 12},
    "05.3": ("NODE3", "NODE2"),
    "05.4": ("NODE1", "node2", "NODE3"),
    "05.5": {"c", "d", "e"},
    "05.7": SURVEY,
}

WRONG_VALUES = [
    ("05.1", client_file(), "Mistakes left: 3"),
    ("05.1", mended(NODE02="NODE3"), "It describes another cluster"),
    ("05.1", mended(**{"disk =": "# disk ="}), "The disks have changed"),
    ("05.1", mended(**{"groups = 6": "groups = 1"}), "EVS2 has 1 storage groups"),
    ("05.2", {"single": 1, "pairs": 12}, "Single failures: not 1"),
    ("05.2", {"single": 0, "pairs": 6}, "Pairs: not 6"),
    ("05.2", {"single": 0}, "Pairs: not answered"),
    ("05.3", ("NODE3", "NODE3"), "Name two different nodes"),
    ("05.3", ("NODE1", "NODE4"), "both cost EVS1"),
    ("05.3", ("NODE4", "NODE1"), "NODE4 was empty at the start"),
    ("05.4", ("NODE1", "NODE3"), "EVS1 is served"),
    ("05.4", ("NODE1", "NODE2", "NODE3", "NODE4"), "4 failures; 3 are enough"),
    ("05.5", "acde", "EVS1 comes up on NODE4"),
    ("05.5", "bcde", "carries the heartbeats"),
    ("05.5", "cdef", "moves to NODE4"),
    ("05.5", "cd", "1 more lose EVS1"),
    ("05.7", SURVEY | {"EVS2": 3}, "EVS2: not 3"),
    ("05.7", {"evs2": 2}, "EVS1: not answered"),
    ("05.7", SURVEY | {"resource": "EVS1/IS"}, "Not EVS1/IS"),
    ("05.7", SURVEY | {"missing": "NODE4"}, "Not NODE4"),
    ("05.7", {"EVS1": 3, "EVS2": 2}, "Not none"),
]

RIGHT_ACTS: Mapping[str, Act] = {"05.6": owners("NODE1", "NODE2", "NODE3", "NODE4")}

WRONG_ACTS = [
    ("05.6", owners("NODE1", "NODE2"), "(NODE1: EVS1)"),
    ("05.6", two_settings, "2 settings were changed; one is enough"),
    ("05.6", lambda sim: sim.fail_node("NODE3"), "An EVS is still lost"),
]


@pytest.mark.parametrize(("task", "answer"), RIGHT_VALUES.items())
def test_a_right_value_passes(task: str, answer: object):
    """The check of each task that asks for a value accepts the right one."""
    expect_right(check(task, answer))


@pytest.mark.parametrize("task", RIGHT_ACTS)
def test_the_right_acts_pass(task: str):
    """The check of the task with a simulation accepts the right setting."""
    expect_right(acted(task, RIGHT_ACTS[task]))


@pytest.mark.parametrize(("task", "wrong", "said"), [*WRONG_VALUES, *WRONG_ACTS])
def test_what_is_wrong_is_told_with_where_to_read(task: str, wrong: object, said: str):
    """The sentence names the mistake; the source of the rule follows."""
    expect_wrong(acted(task, wrong) if task in RIGHT_ACTS else check(task, wrong), said)


@pytest.mark.parametrize(
    ("task", "answer"), [("05.3", "NODE1"), ("05.3", ("NODE9", "NODE1")), ("05.4", ())]
)
def test_a_course_of_other_things_is_told_what_to_give(task: str, answer: object):
    """A node that does not exist, or a word, is answered with the nodes there are."""
    assert "Give nodes in order, of NODE1, NODE2" in lines(check(task, answer), "missing")


def test_every_task_has_a_right_answer_and_two_wrong_ones_here():
    """No task of part 05 goes untested."""
    wrong = (task for task, *_ in (*WRONG_VALUES, *WRONG_ACTS))
    expect_all_tried(("05",), {*RIGHT_VALUES, *RIGHT_ACTS}, wrong)
    assert {*RIGHT_VALUES, *RIGHT_ACTS} == set(tasks_of("05"))


def test_other_ways_to_the_same_end_pass():
    """Any shortest course is right, and any list of owners with the node that is missing."""
    assert check("05.4", ("NODE1", "NODE3", "NODE4"))
    assert check("05.3", ("NODE1", "NODE2"))
    assert acted("05.6", owners("NODE1", "NODE4"))


def test_the_listings_lead_to_the_answer():
    """The folder can be read, and the search finds what the check wants."""
    found = read_listings(client_listings())
    for name, count in {"EVS1": 3, "EVS2": 2}.items():
        assert count == len(shortest_way_to_lose(found.cluster, name).failures)


def test_the_part_has_ten_statements_and_three_questions():
    """Half of the statements are often said and wrong."""
    assert 10 == len(quiz("05").questions)
    assert question("05/second").answer("b")
    assert question("05/point").answer("c")
    assert question("05/owner").answer("b")
