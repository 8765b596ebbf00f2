"""Checks of the exercises of part 03: right answers pass, wrong ones are told the rule."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from clusterlab import Simulation
from clusterlab.lab import AdministratorLab
from clusterlab.lab.exercises import check, question, quiz
from clusterlab.lessons.lesson03 import COMMANDS
from clusterlab.lessons.tasks import start
from tests.answers import (
    Act,
    acted,
    expect_all_tried,
    expect_right,
    expect_untouched,
    expect_wrong,
    lines,
)

HTTP = "Exchange HTTP Virtual Server Instance - (EVS1)"
SEEN = {"owner": "NODE4", "failed": HTTP, "paused": "NODE2", "missing": "NODE4"}
NODES = ("NODE1", "NODE2", "NODE3", "NODE4")

RIGHT_VALUES: Mapping[str, object] = {"03.1": SEEN, "03.2": COMMANDS}

WRONG_VALUES = [
    ("03.1", {**SEEN, "owner": "NODE2"}, "EVS2 is not on NODE2"),
    ("03.1", {"owner": "NODE4"}, "Failed is not nothing"),
    ("03.2", {**COMMANDS, "b": "Evict Node", "e": "Pause Node"}, "b: not Evict Node"),
    ("03.2", {"a": "Take Offline"}, "a: not Take Offline"),
]


def everyone(*resources: str) -> Act:
    """Return an act that makes every node a possible owner of *resources*."""

    def act(sim: Simulation) -> None:
        for name in resources:
            sim.set_properties(name, possible_owners=NODES)

    return act


def prefer(*nodes: str) -> Act:
    """Return an act that sets the preferred owners of EVS1."""
    return lambda sim: sim.set_properties("EVS1", preferred_owners=nodes)


def exclude_node3(sim: Simulation) -> None:
    """Forbid NODE3 where an order was wanted."""
    sim.set_properties("EVS1/SA", possible_owners=("NODE1", "NODE2", "NODE4"))


def policies(threshold: int, period_s: float, *, action: int = 1) -> Act:
    """Return an act that sets the policies of the store and of POP3."""

    def act(sim: Simulation) -> None:
        sim.set_properties("EVS2/IS", restart_threshold=threshold, restart_period_s=period_s)
        sim.set_properties("EVS2/POP3", restart_action=action)

    return act


def build(sim: Simulation, *, needs: tuple[str, ...] = ("Disk F:", "Files Name")) -> None:
    """Build the group Files and bring it online on NODE4."""
    sim.create_group("Files")
    sim.create_resource("Disk F:", "Physical Disk", "Files")
    sim.create_resource("Files IP", "IP Address", "Files")
    sim.create_resource("Files Name", "Network Name", "Files", depends_on=("Files IP",))
    sim.create_resource("Share", "File Share", "Files", depends_on=needs)
    sim.move_group("Files", "NODE4")
    sim.run()
    sim.bring_online("Files")


def only_a_group(sim: Simulation) -> None:
    """Build nothing but the group."""
    sim.create_group("Files")


def tidy(sim: Simulation) -> None:
    """Take Old Files offline and delete it."""
    sim.take_offline("Old Files")
    sim.run()
    sim.delete_resource("Old Name")
    sim.delete_resource("Old IP")
    sim.delete_group("Old Files")


def tidy_slowly(sim: Simulation) -> None:
    """Take each resource offline for itself."""
    sim.take_offline("Old Name")
    sim.run()
    tidy(sim)


RIGHT_ACTS: Mapping[str, Act] = {
    "03.3": everyone("EVS2 Network Name", "Disk V:"),
    "03.4": prefer("NODE1", "NODE4"),
    "03.5": policies(1, 1800),
    "03.6": build,
    "03.7": tidy,
}

WRONG_ACTS = [
    ("03.3", everyone("Disk V:"), "When NODE2 is lost, EVS2 is Failed"),
    ("03.3", everyone("EVS2 Network Name"), "These still exclude a node: Disk V:"),
    ("03.4", prefer("NODE1", "NODE3"), "When NODE1 is lost, EVS1 goes to NODE3"),
    ("03.4", exclude_node3, "The task asks for an order, not for a prohibition"),
    ("03.5", policies(2, 1800), "leaves EVS2 on NODE2"),
    ("03.5", policies(1, 3600), "31 minutes after the first moves EVS2"),
    ("03.5", policies(0, 1800), "After the first failure EVS2 is on NODE4"),
    ("03.5", policies(1, 1800, action=0), "RestartAction of POP3 is 0"),
    ("03.6", only_a_group, "It has no: Physical Disk, IP Address"),
    ("03.6", lambda sim: build(sim, needs=("Files Name",)), "The share depends on Files Name"),
    ("03.7", tidy_slowly, "5 requests; 4 are enough"),
    ("03.7", lambda sim: sim.take_offline("Old Files"), "Old Files is still there, with: Old IP"),
]


@pytest.mark.parametrize("name", ["HTTP", "http", "EVS1/HTTP"])
def test_the_failed_resource_may_be_called_by_its_short_name(name: str):
    """03.1: the other lessons use short names everywhere."""
    assert check("03.1", {**SEEN, "failed": name})


def test_a_command_may_be_called_without_its_object():
    """03.2: Pause is Pause Node, and Move is Move Group."""
    assert check("03.2", {**COMMANDS, "b": "Pause", "c": "move", "e": "Evict"})


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


@pytest.mark.parametrize("task", RIGHT_VALUES)
def test_something_else_is_no_answer(task: str):
    """A value of another kind is not wrong; the check says what to give."""
    result = check(task, 5)
    assert result.is_open
    assert f'check("{task}", {{' in lines(result, "missing")


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


def test_a_task_can_be_done_in_the_panel():
    """What is clicked in Cluster Administrator is done to the simulation that is checked."""
    sim = start("03.7")
    lab = AdministratorLab(sim)
    lab.select("group", "Old Files")
    for key in ("Take Offline", "to end"):
        lab.buttons[key].click()
    for name in ("Old Name", "Old IP"):
        lab.select("resource", name)
        lab.buttons["Delete"].click()
    lab.select("group", "Old Files")
    lab.buttons["Delete"].click()
    assert check("03.7", sim)


def test_every_task_has_a_right_answer_and_two_wrong_ones_here():
    """No task goes untested."""
    wrong = (task for task, *_ in (*WRONG_VALUES, *WRONG_ACTS))
    expect_all_tried(("03",), {*RIGHT_VALUES, *RIGHT_ACTS}, wrong)


def test_the_quiz_has_ten_statements():
    """Ten statements, some of them true."""
    keys = [item.key for item in quiz("03").questions]
    rights = [question(key).words.right for key in keys]
    assert (10, {"true", "false"}) == (len(keys), set(rights))
