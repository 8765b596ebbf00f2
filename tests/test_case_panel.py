"""The case panel without a browser: open, repair at the prompt, check, hints, solution."""

import asyncio

import pytest

from clusterlab import ConfigError
from clusterlab.cases import case
from clusterlab.lab import CaseLab


@pytest.fixture
def lab() -> CaseLab:
    """A panel with a case of one fault."""
    return CaseLab(3)


def repair(lab: CaseLab) -> None:
    """Type the lines of the solution."""
    for line in (line for lines in lab.case.repairs() for line in lines):
        lab.run_line(line)


def texts(lab: CaseLab) -> str:
    """Return what is told, found and hinted, as HTML."""
    return lab._told.value + lab._found.value + lab._help.value


def test_it_shows_complaints_log_and_listings_and_no_fault(lab: CaseLab):
    """A learner begins with what users say."""
    shown = texts(lab)
    assert "no mailbox can be opened, from 10:36 to 10:37" in shown
    assert "The event log of those days" in shown
    assert "Listing status for all available resource groups" in shown
    assert "depends on" not in shown


def test_an_unrepaired_case_stays_unsolved(lab: CaseLab):
    """The check says what still happens."""
    lab.buttons["check"].click()
    assert "" == lab.errors.text
    assert "Not solved: 0 of 1 faults repaired." in texts(lab)
    assert "When EVS2/Search fails: EVS2: out 80 s instead of 10 s." in texts(lab)


def test_a_repair_at_the_prompt_solves_it(lab: CaseLab):
    """What is typed at the panel's prompt changes the cluster that is checked."""
    repair(lab)
    lab.buttons["check"].click()
    assert "Solved: 1 of 1 faults repaired." == lab.report.summary
    assert "clusterlab-online" in lab._found.value


def test_another_scenario_is_not_checked(lab: CaseLab):
    """The failover panel can show others too; a check of those would say nothing of the case."""
    lab.failover.choosers["scenario"].value = "1 active / 1 passive"
    lab.buttons["check"].click()
    assert "choose the scenario 'as given' there" in lab.errors.text
    assert lab.report is None
    lab.failover.choosers["scenario"].value = "as given"
    lab.buttons["check"].click()
    assert "Not solved: 0 of 1 faults repaired." == lab.report.summary


def test_a_disk_that_cannot_be_reached_reads_well(lab: CaseLab):
    """The name of a disk ends with a colon, and so does what comes before a finding."""
    lab.simulation.lose_disk("Disk T:", "NODE2")
    lab.buttons["check"].click()
    assert "::" not in repr(lab.report)


def test_hints_come_one_after_the_other(lab: CaseLab):
    """Three levels, then the button rests and the solution may be shown."""
    assert lab.buttons["solution"].disabled
    for level in (1, 2, 3):
        lab.buttons["hint"].click()
        assert f"Hint {level}" in texts(lab)
        assert f"Hint {level + 1}" not in texts(lab)
    assert lab.buttons["hint"].disabled
    assert not lab.buttons["solution"].disabled


def test_the_solution_is_shown_after_a_check(lab: CaseLab):
    """Who has tried may look."""
    lab.buttons["check"].click()
    lab.buttons["solution"].click()
    assert "it depends on MS Search" in texts(lab)
    assert "/removedep:" in texts(lab)


def test_another_case_begins_anew(lab: CaseLab):
    """Number and count of faults are chosen; what was found before is gone."""
    lab.buttons["check"].click()
    lab.choosers["seed"].value = 11
    lab.choosers["faults"].value = "1"
    lab.buttons["open"].click()
    assert case(11, 1) == lab.case
    assert lab.report is None
    assert lab.simulation.cluster.config == case(11, 1).start.config
    lab.buttons["next"].click()
    assert (12, "") == (lab.case.seed, lab.errors.text)


def test_the_text_twin_is_the_case_and_its_report(lab: CaseLab):
    """A reader without a kernel sees complaints and listings."""
    assert repr(case(3)) == repr(lab)
    lab.check()
    assert repr(lab).endswith("out 80 s instead of 10 s.")
    assert {"text/plain", "text/html"} <= set(lab._repr_mimebundle_())


def test_a_number_that_is_no_case_is_refused():
    """The panel does not open without a case."""
    with pytest.raises(ConfigError, match="faults is 9; allowed: 1 to 3, or None"):
        CaseLab(3, faults=9)


def test_a_check_runs_in_slices(lab: CaseLab):
    """In a notebook the page stays awake; the bar is gone at the end."""

    async def checked() -> None:
        lab.buttons["check"].click()
        assert "played again" in lab._found.value
        while lab._slices.is_on:
            await asyncio.sleep(0.01)

    asyncio.run(checked())
    assert "Not solved: 0 of 1 faults repaired." in texts(lab)
    assert "none" == lab._bar.layout.display


def test_deeds_of_both_panels_inside_are_taken() -> None:
    """What `acts` names is done by the panel that names it: here Cluster Administrator."""
    lab = CaseLab()
    assert "New Group" in lab.acts()
    lab.act("New Group")
    assert lab.administrator.sheet is not None
    lab.act("Cancel")
    assert lab.administrator.sheet is None
