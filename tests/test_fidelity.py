"""The fidelity page: in step with tests and tables, complete, and nothing in it out of date."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clusterlab.cluster.facts import standing
from clusterlab.lab.exercises import QUESTIONS, TASKS
from tools import fidelity
from tools.fidelity import Entries, FidelityError, Page, entries, page_text


def page_with(**changes: object) -> Page:
    """Return a page whose entries differ from those of the repository."""
    return Page(entries=replace(entries(), **changes))


def problem(**changes: object) -> str:
    """Return what the generator says of changed entries."""
    with pytest.raises(FidelityError) as caught:
        page_text(page_with(**changes))
    return str(caught.value)


def test_the_page_is_in_step():
    """docs/fidelity.md is what the tests and tables say now: run python -m tools.fidelity."""
    assert page_text() == fidelity.PAGE.read_text("utf-8")


def test_a_section_without_test_or_entry_is_an_error():
    """A rule of the handbook is tested, simplified or left out for a reason, never forgotten."""
    assert "handbook 2, 9.4 (Backup rules): no test names it" in problem(rules=())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"standings": {"1_1_gone": "unsourced"}}, "'1_1_gone' is no test of a rule any more"),
        ({"events": {**entries().events, "1, 1069": "no"}}, "event 1069 exists now"),
        ({"events": {}}, "event 1035 does not exist; write why"),
        ({"errors": {**entries().errors, "4711": "no"}}, "error 4711 is not in handbook 1, 8.4"),
        ({"errors": {}}, "error 5034 does not exist; write why"),
        ({"conflicts": {}}, "conflict 1 (FailoverThreshold default): neither test nor entry"),
    ],
)
def test_an_entry_that_is_missing_or_no_longer_true_is_an_error(
    changes: dict[str, object], said: str
):
    """What the file of entries says is checked against tests, tables and handbook."""
    assert said in problem(**changes)


def test_an_entry_about_no_section_is_an_error():
    """A section that is not in the handbook is named with what was said of it."""
    lost = fidelity.Rule("1, 99", "Moons: too far", fidelity.LEFT_OUT)
    assert "the handbook has no section '1, 99': Moons: too far" in problem(
        rules=(*entries().rules, lost)
    )


def test_every_problem_is_reported_at_once():
    """One run names everything that is missing."""
    empty = Entries((1, 2), (), {}, {}, {}, {})
    with pytest.raises(FidelityError) as caught:
        page_text(Page(entries=empty))
    assert 60 < len(str(caught.value).splitlines())


def test_the_package_knows_which_sections_cite_a_source():
    """What the package reads is what the handbook says now."""
    assert fidelity.SOURCED_FILE.read_text("utf-8") == fidelity.standing_text()


@pytest.mark.parametrize("key", [*QUESTIONS, *TASKS])
def test_nothing_is_graded_on_a_rule_without_a_source(key: str):
    """What sources disagree on, or no source says, is neither asked nor set as a task."""
    source = QUESTIONS[key].source if key in QUESTIONS else TASKS[key].read
    assert standing(source) in ("sourced", "derived"), source
