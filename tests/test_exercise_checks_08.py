"""Checks of the exercises of part 08: right answers pass, wrong ones are told the rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from clusterlab import Simulation
from clusterlab.clusterexe import run_line
from clusterlab.lab.exercises import TASKS, check, question
from clusterlab.lessons.lesson08 import IMAP4
from clusterlab.lessons.tasks import begin
from clusterlab.procedures import Run
from clusterlab.procedures.checklist import inspect_cluster
from tests.answers import Act, acted, expect_right, expect_untouched, expect_wrong, lines

Steps = Callable[[Run], Run]
OUT = ("R07@N2", "R08@N2", "R10@N2", "R11@N2", "R12@N2")
INTO = ("C02@N2", "X03@N2", "X04@N2", "X05@N2", "G03@EVS1", "G03@EVS2")


def homes(failback: int = 0, **owners: tuple[str, ...]) -> Act:
    """Return an act that sets preferred owners and failback of both EVSs."""

    def act(sim: Simulation) -> None:
        for group, home in (("EVS1", "NODE1"), ("EVS2", "NODE2")):
            listed = owners.get(group, (home,))
            sim.set_properties(group, preferred_owners=listed, auto_failback_type=failback)

    return act


def repair(sim: Simulation, most: int = 10) -> None:
    """Type the lines that the checklist proposes, and the home of EVS2 as the client wants it."""
    copy_lines(sim, most)
    sim.set_properties("EVS2", preferred_owners=("NODE3",))


def copy_lines(sim: Simulation, most: int = 10) -> None:
    """Type the lines that the checklist proposes."""
    for deviation in inspect_cluster(sim.cluster).findings[:most]:
        for line in deviation.commands:
            run_line(sim, line)


def imap4(action: int = 1, on: str = "EVS1/SA", *, is_online: bool = True) -> Act:
    """Return an act that adds IMAP4 to EVS1."""

    def act(sim: Simulation) -> None:
        needed = sim.cluster.config.resource_name(on)
        sim.create_resource("IMAP4", IMAP4, "EVS1", depends_on=(needed,))
        sim.set_properties("IMAP4", restart_action=action)
        if is_online:
            sim.bring_online("IMAP4")

    return act


def steps(*keys: str, **choices: str) -> Steps:
    """Return what does some steps; choices are for the last one."""

    def act(run: Run) -> Run:
        for key in keys:
            full = f"remove/{key}" if key.startswith("R") else key
            run = run.do(full, **(choices if key == keys[-1] else {}))
        return run

    return act


RIGHT_ACTS: Mapping[str, Act] = {"08.2": homes(), "08.3": repair, "08.4": imap4()}
WRONG_ACTS: list[tuple[str, Act, str]] = [
    ("08.2", homes(failback=1), "a second outage"),
    ("08.2", homes(EVS1=("NODE1", "NODE3")), "EVS1 should have NODE1 alone in its list"),
    ("08.3", lambda sim: repair(sim, 3), "Not kept: FailoverThreshold is 3"),
    ("08.3", copy_lines, "The client wants NODE3 as the home of EVS2; the list has NODE2"),
    ("08.3", lambda sim: repair(sim, 1), "Not kept: failback is allowed at once"),
    ("08.4", imap4(action=2), "Five failures of IMAP4 move EVS1 to NODE2"),
    ("08.4", imap4(is_online=False), "It is Offline"),
    ("08.4", imap4(on="EVS1/IS", is_online=False), "not on the System Attendant"),
]
RIGHT_STEPS: Mapping[str, Steps] = {
    "08.5": steps(*OUT, *INTO),
    "08.6": steps(*(f"R0{number}@EVS2" for number in range(1, 7))),
}
WRONG_STEPS: list[tuple[str, Steps, str]] = [
    ("08.5", steps(*OUT), "NODE2 is not in the cluster"),
    ("08.5", steps(*OUT, "C02@N2"), "Exchange on NODE2: none"),
    ("08.6", steps("R01@EVS2", "R02@EVS2", "R03@EVS2", method="Delete"), "still in Active Dir"),
    ("08.6", steps("R01@EVS2", "R02@EVS2", "R03@EVS2"), "There is still a group EVS2"),
]


def test_the_two_that_need_a_role_are_c_and_e():
    """Setup and the wizard of the System Attendant write to the organization."""
    assert check("08.1", "ce")
    assert "1 more need a role" in lines(check("08.1", "c"), "missing")
    assert "a: ForestPrep needs none" in lines(check("08.1", "ace"), "missing")
    assert check("08.1", 5).is_open


@pytest.mark.parametrize("task", RIGHT_ACTS)
def test_the_right_acts_pass(task: str):
    """The check of each task that begins with a simulation accepts the right acts."""
    expect_untouched(task)
    expect_right(acted(task, RIGHT_ACTS[task]))


@pytest.mark.parametrize(("task", "act", "said"), WRONG_ACTS)
def test_wrong_acts_are_told_what_is_wrong(task: str, act: Act, said: str):
    """The sentence names what the cluster lacks; the source of the rule follows."""
    expect_wrong(acted(task, act), said)


@pytest.mark.parametrize("task", RIGHT_STEPS)
def test_the_right_steps_pass(task: str):
    """The check of each task that begins with a run accepts the right steps."""
    assert check(task, begin(task)).head.endswith("not done yet")
    expect_right(check(task, RIGHT_STEPS[task](begin(task))))


@pytest.mark.parametrize(("task", "act", "said"), WRONG_STEPS)
def test_wrong_steps_are_told_what_is_wrong(task: str, act: Steps, said: str):
    """The sentence names what the cluster lacks; the source of the rule follows."""
    expect_wrong(check(task, act(begin(task))), said)


def test_a_refusal_on_the_way_is_no_wrong_answer():
    """That the command wants the System Attendant offline has no source, so it is not graded."""
    run = begin("08.6").do("remove/R01@EVS2").attempt("remove/R03@EVS2")
    assert run.refusal is not None
    expect_right(check("08.6", steps(*(f"R0{number}@EVS2" for number in range(2, 7)))(run)))


def test_every_question_can_be_answered():
    """Each question has a right answer."""
    for key in ("08/failback", "08/affect", "08/header", "08/mta", "08/harden", "08/owner"):
        asked = question(key)
        assert asked.answer(asked.words.right)


def test_every_task_is_tested_here():
    """No task goes untested."""
    here = {task for task in TASKS if task.startswith("08")}
    assert here == {"08.1", *RIGHT_ACTS, *RIGHT_STEPS}
