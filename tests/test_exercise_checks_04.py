"""Checks of the exercises of part 04: right answers pass, wrong ones are told the rule."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from clusterlab import Simulation
from clusterlab.lab.exercises import check, question, quiz
from tests.answers import (
    Act,
    acted,
    expect_all_tried,
    expect_right,
    expect_untouched,
    expect_wrong,
)

SPLITS = {"a": "NODE1", "b": "NODE1", "c": "NODE1", "d": "nobody"}
SIZES = {2: 0, 3: 1, 5: 2, 8: 3}

RIGHT_VALUES: Mapping[str, object] = {
    "04.1": SIZES,
    "04.3": {"b", "d", "f"},
    "04.4": SPLITS,
}

WRONG_VALUES = [
    ("04.1", {**SIZES, 8: 4}, "Of 8 nodes: not 4"),
    ("04.1", {3: 1}, "Of 2 nodes: not answered"),
    ("04.3", {"b", "d"}, "Left out although true: 1"),
    ("04.3", {"b", "d", "e", "f"}, "nothing was lost on Private"),
    ("04.3", "abdf", "no node was removed"),
    ("04.3", "bcdf", "1130 would say so"),
    ("04.4", {**SPLITS, "a": "NODE2"}, "a: not NODE2. Count: 2 of 3"),
    ("04.4", {**SPLITS, "b": "NODE2"}, "b: not NODE2. On Windows 2000"),
    ("04.4", {**SPLITS, "c": "NODE3", "d": "NODE1"}, "NODE3 is alone"),
]


def stop_everywhere(sim: Simulation) -> None:
    """Stop the Cluster services that keep trying."""
    for node in ("NODE2", "NODE3"):
        sim.stop_cluster_service(node)


def repair(sim: Simulation, *, is_normal: bool = True) -> None:
    """Make Disk R: the quorum with /fixquorum, then start normally unless told otherwise."""
    stop_everywhere(sim)
    sim.start_node("NODE1", "fixquorum")
    sim.run(until_s=330)
    sim.bring_online("Disk R:")
    sim.run(until_s=350)
    sim.designate_quorum("Disk R:")
    if is_normal:
        sim.stop_cluster_service("NODE1")
        sim.run(until_s=400)
        for node in ("NODE1", "NODE2", "NODE3"):
            sim.start_node(node)


def only_fixquorum(sim: Simulation) -> None:
    """Start one node for repair and stop there."""
    stop_everywhere(sim)
    sim.start_node("NODE1", "fixquorum")


def force(*nodes: str) -> Act:
    """Return an act that forces quorum to *nodes*."""
    return lambda sim: sim.start_node("NODE1", "forcequorum", nodes)


def twice(sim: Simulation) -> None:
    """Stop the service of NODE1 first, which is not needed."""
    sim.stop_cluster_service("NODE1")
    force("NODE1")(sim)


def role(network: str, value: int) -> Act:
    """Return an act that gives a network another role."""
    return lambda sim: sim.set_properties(network, role=value)


def both_roles(sim: Simulation) -> None:
    """Open both networks for everything."""
    sim.set_properties("Public", role=3)
    sim.set_properties("Private", role=3)


def swap_roles(sim: Simulation) -> None:
    """Make Public mixed, then Private none: heartbeats have one way again."""
    sim.set_properties("Public", role=3)
    sim.set_properties("Private", role=0)


def evict_and_fail(sim: Simulation) -> None:
    """Evict NODE4, and lose another node."""
    sim.evict_node("NODE4")
    sim.fail_node("NODE2")


RIGHT_ACTS: Mapping[str, Act] = {
    "04.2": role("Public", 3),
    "04.5": repair,
    "04.6": force("NODE1"),
    "04.7": lambda sim: sim.evict_node("NODE4"),
}

WRONG_ACTS = [
    ("04.2", role("Private", 3), "breaks apart; these are Down then: NODE2, NODE3"),
    ("04.2", both_roles, "2 changes; one is enough"),
    ("04.2", swap_roles, "2 changes; one is enough"),
    ("04.5", only_fixquorum, "Disk Q: is still the quorum"),
    ("04.5", lambda sim: repair(sim, is_normal=False), "The cluster runs with /fixquorum"),
    ("04.5", lambda sim: sim.stop_cluster_service("NODE2"), "Up: none"),
    ("04.6", lambda sim: sim.run(until_s=5000), "one node of three is no majority"),
    ("04.6", force("NODE1", "NODE2", "NODE3"), "Forced: none"),
    ("04.6", twice, "2 requests; 1 is enough"),
    ("04.7", lambda sim: sim.run(until_s=5000), "an EVS is not Online: NODE1, NODE2, NODE3"),
    ("04.7", lambda sim: sim.move_group("EVS1", "NODE3"), "These had an outage meanwhile: EVS1"),
    ("04.7", evict_and_fail, "These had an outage meanwhile: EVS2"),
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


@pytest.mark.parametrize("task", RIGHT_ACTS)
def test_the_right_acts_pass(task: str):
    """The check of each task that starts with a simulation accepts the right acts."""
    expect_right(acted(task, RIGHT_ACTS[task]))


@pytest.mark.parametrize(("task", "act", "said"), WRONG_ACTS)
def test_wrong_acts_are_told_what_is_wrong_and_where_to_read(task: str, act: Act, said: str):
    """The sentence names what the cluster lacks; the source of the rule follows."""
    expect_wrong(acted(task, act), said)


@pytest.mark.parametrize("task", RIGHT_ACTS)
def test_a_simulation_that_nobody_touched_is_not_done_yet(task: str):
    """The check of an untouched start finds nothing, right or missing, and gives no points."""
    expect_untouched(task)


def test_every_task_has_a_right_answer_and_two_wrong_ones_here():
    """No task goes untested."""
    wrong = (task for task, *_ in (*WRONG_VALUES, *WRONG_ACTS))
    expect_all_tried(("04",), {*RIGHT_VALUES, *RIGHT_ACTS}, wrong)


def test_the_quiz_has_ten_statements():
    """Ten statements, some of them true."""
    keys = [item.key for item in quiz("04").questions]
    rights = [question(key).words.right for key in keys]
    assert (10, {"true", "false"}) == (len(keys), set(rights))
