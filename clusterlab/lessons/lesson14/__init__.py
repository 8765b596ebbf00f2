"""What is right in the tasks of lesson 14: availability."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache

from clusterlab.design.availability import (
    HOURS_A_YEAR,
    OFFICE_HOURS_A_YEAR,
    Pool,
    hours_down,
    mtbf_limits,
    series,
)
from clusterlab.design.chains import OFFICE_HOURS, Habits, pool_chain
from clusterlab.design.game import Year
from clusterlab.design.gamerules import Terms
from clusterlab.lessons.trials import UNANSWERED, Finding, Findings, Grader, OtherAnswerWanted

PROMISE = 0.9995
PARTS = (0.9999, 0.9998)
"""Directory and network of task 14.2."""
NEARLY = 1e-5
MOST_MINUTES = 15.0
SAID_MTBF_H = 20_000
NODE_HOURS = 4 * HOURS_A_YEAR
LEAST_YEARS = 10_000
MOST_MAILBOX_HOURS = 9_000

CLIENT = Pool(active=4, passive=1, mttr_h=36, coverage=0.9, moves=2)
"""The client of task 14.4."""
OFFERS: Mapping[str, tuple[Callable[[Pool], Pool], int]] = {
    "a": (lambda pool: replace(pool, passive=2), 16_000),
    "b": (lambda pool: replace(pool, mttr_h=8.0), 20_000),
    "c": (lambda pool: replace(pool, coverage=0.99), 6_000),
    "d": (lambda pool: replace(pool, moves=1), 1_000),
}
"""What each offer of task 14.4 changes, and its price a year."""

FAILING = Pool(active=3, passive=1, mtbf_h=1000, shared=1)
"""The pool of task 14.6."""


def _number(task: str, answer: object, *keys: str) -> list[float | None]:
    """Return the numbers that were given by name, None for those that were not."""
    if not isinstance(answer, Mapping):
        example = ", ".join(f'"{key}": 1' for key in keys)
        raise OtherAnswerWanted(f'Give numbers by name: check("{task}", {{{example}}}).')
    given = [answer.get(key) for key in keys]
    return [
        float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
        for value in given
    ]


def _allowed(answer: object) -> Findings:
    bases = {"day": HOURS_A_YEAR, "office": OFFICE_HOURS_A_YEAR}
    for key, value in zip(bases, _number("14.1", answer, *bases), strict=True):
        right = 60 * hours_down(PROMISE, bases[key])
        is_right = value is not None and abs(value - right) < 0.01 * right
        facts = {"right": right, "guess": UNANSWERED if value is None else value}
        yield Finding(key, is_right, facts)


def _chain_of_parts(answer: object) -> Findings:
    (value,) = _number("14.2", answer, "pool")
    if value is None or not 0 <= value <= 1:
        raise OtherAnswerWanted('Give an availability from 0 to 1: check("14.2", {"pool": 0.99}).')
    together = series(value, *PARTS)
    yield Finding("keeps", together >= PROMISE - 1e-9, {"all": 100 * together})
    yield Finding("least", series(max(value - NEARLY, 0), *PARTS) < PROMISE)


def _spares(answer: object) -> Findings:
    if not isinstance(answer, Pool):
        raise OtherAnswerWanted('Give a pool: check("14.3", Pool(active=5, passive=1, mttr_h=36)).')
    asked = Pool(active=5, passive=answer.passive, mttr_h=36)
    yield Finding("given", answer == asked)
    minutes = 60 * asked.hours_without_node
    yield Finding("enough", minutes <= MOST_MINUTES, {"minutes": minutes})
    less = replace(asked, passive=max(answer.passive - 1, 0))
    is_fewest = answer.passive > 0 and 60 * less.hours_without_node > MOST_MINUTES
    yield Finding("fewest", is_fewest)


def _bought(letter: str) -> tuple[float, int]:
    change, price = OFFERS[letter]
    return 60 * (CLIENT.hours_a_year - change(CLIENT).hours_a_year), price


def _where_to_spend(answer: object) -> Findings:
    (said,) = _number("14.4", answer, "minutes")
    letter = str(answer.get("offer", "")).strip().casefold() if isinstance(answer, Mapping) else ""
    if letter not in OFFERS or said is None:
        example = '{"offer": "a", "minutes": 100}'
        raise OtherAnswerWanted(f'Give a letter from a to d: check("14.4", {example}).')
    minutes, price = _bought(letter)
    best = max(OFFERS, key=lambda one: _bought(one)[0] / _bought(one)[1])
    is_known = abs(said - minutes) < 1
    yield Finding("minutes", is_known, {"minutes": minutes, "guess": said, "offer": letter})
    if is_known:
        facts = {"minutes": minutes, "price": price, "each": 1000 * minutes / price}
        yield Finding("best", letter == best, facts)


def _few_failures(answer: object) -> Findings:
    (value,) = _number("14.5", answer, "failures")
    if value is None or not 0 <= value <= 1000 or not value.is_integer():
        raise OtherAnswerWanted('Give a whole number: check("14.5", {"failures": 3}).')
    count = int(value)
    high = mtbf_limits(count, NODE_HOURS).high
    yield Finding("speaks", high < SAID_MTBF_H, {"count": count, "high": high})
    before = mtbf_limits(count - 1, NODE_HOURS).high if count else 0.0
    yield Finding("fewest", before >= SAID_MTBF_H)


@cache
def _office_hours() -> tuple[float, float]:
    """Return hours a year sampled with repairs in office hours, and their standard error."""
    from clusterlab.design.montecarlo import study

    found = study(pool_chain(FAILING, Habits(repairs=OFFICE_HOURS)), 40_000, seed=2004)
    return found.hours_a_year, found.standard_error


def _sampled(answer: object) -> Findings:
    names = ("hours_a_year", "standard_error", "years")
    found = [getattr(answer, name, None) for name in names]
    if not all(isinstance(one, float) for one in found):
        raise OtherAnswerWanted('Give what study returns: check("14.6", study(chain, 20_000)).')
    hours, error, years = (float(one) for one in found if one is not None)
    yield Finding("long", years >= LEAST_YEARS, {"years": years})
    right, own_error = _office_hours()
    is_right = abs(hours - right) < 4 * math.hypot(error, own_error)
    usual = {"hours": hours, "exact": FAILING.hours_a_year}
    yield Finding("right", is_right, usual)


def _within_budget(answer: object) -> Findings:
    if not isinstance(answer, Year):
        raise OtherAnswerWanted('Give the year: check("14.7", year).')
    is_asked = answer.terms == Terms() and answer.seed == 7 and answer.is_over
    yield Finding("year", is_asked and answer.left >= 0)
    expected = answer.expected_mailbox_hours
    is_good = answer.is_over and expected <= MOST_MAILBOX_HOURS
    yield Finding("expected", is_good, {"expected": expected})


GRADERS: Mapping[str, Grader] = {
    "14.1": _allowed,
    "14.2": _chain_of_parts,
    "14.3": _spares,
    "14.4": _where_to_spend,
    "14.5": _few_failures,
    "14.6": _sampled,
    "14.7": _within_budget,
}
"""What the check of each task looks at."""
