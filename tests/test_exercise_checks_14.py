"""Checks of the exercises of parts 14 and 15: right answers pass, wrong ones are told the rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce

import pytest

from clusterlab.design.availability import Pool
from clusterlab.design.chains import OFFICE_HOURS, Habits, pool_chain
from clusterlab.design.game import Year
from clusterlab.design.gamerules import Policy, Terms
from clusterlab.design.montecarlo import Study, study
from clusterlab.design.readiness import Evidence
from clusterlab.lab.exercises import TASKS, check, question, quiz
from clusterlab.lessons import tasks_of
from clusterlab.lessons.lesson14 import FAILING
from tests.test_exercise_checks import lines


def a_year(*policies: Policy, seed: int = 7) -> Year:
    """Return the year of task 14.7 under these policies."""
    return reduce(Year.after, policies, Year(terms=Terms(), seed=seed))


def sampled(years: float = 20_000, repairs: bool = True) -> Study:
    """Return a study of the pool of task 14.6."""
    return study(pool_chain(FAILING, Habits(repairs=OFFICE_HOURS if repairs else None)), years)


SHOWN, PROMISED, MISSING = Evidence.SHOWN, Evidence.PROMISED, Evidence.MISSING
INTERVIEW = {
    "D3": MISSING,
    "D4": SHOWN,
    "D6": PROMISED,
    "D7": MISSING,
    "D8": SHOWN,
    "D10": PROMISED,
}
TWO_SPARES = Policy(spares=2)

RIGHT: Mapping[str, object] = {
    "14.1": {"day": 262.8, "office": 87.36},
    "14.2": {"pool": 0.9998},
    "14.3": Pool(active=5, passive=2, mttr_h=36),
    "14.4": {"offer": "d", "minutes": 24},
    "14.5": {"failures": 5},
    "14.6": sampled(),
    "14.7": a_year(*[TWO_SPARES] * 4),
    "15.1": "bde",
    "15.2": INTERVIEW,
    "15.3": {"D3", "D8", "D10"},
    "15.4": "cd",
    "15.5": "bcf",
    "15.6": 99.95,
}

WRONG = [
    ("14.1", {"day": 4.38, "office": 87.36}, "All day: not 4.38"),
    ("14.1", {"day": 262.8}, "Eight hours a day: not answered"),
    ("14.1", 262.8, "Give numbers by name"),
    ("14.2", {"pool": 0.9995}, "which is less than 99.95 %"),
    ("14.2", {"pool": 0.9999}, "Less would be enough"),
    ("14.2", {"pool": 99.98}, "Give an availability from 0 to 1"),
    ("14.3", Pool(active=5, passive=1, mttr_h=36), "for 216.5 minutes a year; 15 are allowed"),
    ("14.3", Pool(active=5, passive=3, mttr_h=36), "One spare fewer would be enough"),
    ("14.3", Pool(active=5, passive=2, mttr_h=8), "Keep what is given"),
    ("14.3", 2, "Give a pool"),
    ("14.4", {"offer": "a", "minutes": 169}, "169 minutes for 16,000"),
    ("14.4", {"offer": "d", "minutes": 100}, "Offer d does not gain 100 minutes"),
    ("14.4", {"offer": "e", "minutes": 24}, "Give a letter"),
    ("14.4", "d", "Give numbers by name"),
    ("14.5", {"failures": 4}, "20,000 h is still possible"),
    ("14.5", {"failures": 9}, "One failure fewer would be enough"),
    ("14.5", {"failures": 4.5}, "Give a whole number"),
    ("14.6", sampled(1000), "say too little"),
    ("14.6", sampled(repairs=False), "Did you use the pool and the habits"),
    ("14.6", replace(sampled(), hours_a_year=1.0, standard_error=99.0), "Did you use"),
    ("14.6", 34.7, "Give what study returns"),
    ("14.7", a_year(*[Policy()] * 4), "9,000 are allowed"),
    ("14.7", a_year(*[TWO_SPARES] * 4, seed=8), "Play four quarters"),
    ("14.7", 8_988, "Give the year"),
    ("15.1", "abde", "the programme of 2000: manufacturers only"),
    ("15.1", "bd", "Left out although true: 1"),
    ("15.1", 7, "Give letters from a to f"),
    ("15.2", {**INTERVIEW, "D6": SHOWN}, "nothing can be shown yet"),
    ("15.2", {**INTERVIEW, "D3": SHOWN}, "Listed parts are not a listed solution"),
    ("15.2", {"D3": "missing"}, "Give evidence by id"),
    ("15.3", {"D3", "D8"}, "1 more are not shown"),
    ("15.3", {"D3", "D8", "D10", "D12"}, "The notes show these already: D12"),
    ("15.3", "D3", "Give a set of requirements"),
    ("15.4", "bcd", "Exchange does not use memory"),
    ("15.4", "c", "Left out although true: 1"),
    ("15.5", "abcf", "listed as a whole"),
    ("15.5", "bc", "Left out although true: 1"),
    ("15.6", 99.9, "A higher promise can be kept"),
    ("15.6", 99.99, "only reaches 99.963 %"),
    ("15.6", 98, "Give one of 99.5, 99.9, 99.95, 99.99"),
]


@pytest.mark.parametrize(("task", "answer"), RIGHT.items())
def test_a_right_value_passes(task: str, answer: object):
    """The check of each task accepts the right answer."""
    assert (True, "") == (bool(result := check(task, answer)), lines(result, "missing"))


@pytest.mark.parametrize(("task", "wrong", "said"), WRONG)
def test_what_is_wrong_is_told_with_where_to_read(task: str, wrong: object, said: str):
    """The sentence names the mistake; the source of the rule follows."""
    result = check(task, wrong)
    assert not result
    assert said in lines(result, "missing"), result
    assert "handbook" in lines(result, "read")


def test_every_task_has_a_right_answer_and_two_wrong_ones_here():
    """No task of parts 14 and 15 goes untested."""
    here = {task for task in TASKS if task[:2] in ("14", "15")}
    wrong = [task for task, *_ in WRONG]
    assert here == set(RIGHT) == {*tasks_of("14"), *tasks_of("15")}
    assert [] == [task for task in here if wrong.count(task) < 2]


def test_other_ways_to_the_same_end_pass():
    """Any year within the budget that is good enough is right."""
    dear = Policy(spares=2, has_drills=True)
    assert check("14.7", a_year(dear, TWO_SPARES, TWO_SPARES, TWO_SPARES))


def test_the_parts_have_statements_and_questions():
    """Ten statements each; the questions have the answers that the lessons explain."""
    assert (10, 10) == (len(quiz("14").questions), len(quiz("15").questions))
    answers = {
        "14/spare": "c", "14/failure": "b", "14/office": "b",
        "15/parts": "b", "15/why": "c", "15/contact": "b",
    }  # fmt: skip
    assert all(question(key).answer(letter) for key, letter in answers.items())


def test_repairs_in_office_hours_cost_about_ten_times_as_much():
    """What the question of the lesson says holds for its own pool."""
    pool = Pool(shared=1, maintenance_a_year=0, coverage=1, failover_min=0)
    found = study(pool_chain(pool, Habits(repairs=OFFICE_HOURS)), 100_000, seed=5)
    assert 8 < found.hours_a_year / pool.hours_without_node < 16
