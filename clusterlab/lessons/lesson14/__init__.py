"""What is right in the tasks of lesson 14: availability."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache

from clusterlab.design import availability as av
from clusterlab.design.chains import OFFICE_HOURS, Habits, pool_chain
from clusterlab.design.game import Year
from clusterlab.design.gamerules import Terms
from clusterlab.design.ranges import is_number
from clusterlab.lessons import trials as tr

PROMISE = 0.9995
PARTS = (0.9999, 0.9998)  # directory and network of task 14.2
NEARLY = 1e-5
MOST_MINUTES = 15.0
SAID_MTBF_H = 20_000
NODE_HOURS = 4 * av.HOURS_A_YEAR
LEAST_YEARS = 10_000
MOST_MAILBOX_HOURS = 9_000

CLIENT = av.Pool(active=4, passive=1, mttr_h=36, coverage=0.9, moves=2)  # the client of task 14.4
OFFERS: Mapping[str, tuple[Callable[[av.Pool], av.Pool], int]] = {
    "a": (lambda pool: replace(pool, passive=2), 16_000),
    "b": (lambda pool: replace(pool, mttr_h=8.0), 20_000),
    "c": (lambda pool: replace(pool, coverage=0.99), 6_000),
    "d": (lambda pool: replace(pool, moves=1), 1_000),
}
"""What each offer of task 14.4 changes, and its price a year."""

FAILING = av.Pool(active=3, passive=1, mtbf_h=1000, shared=1)  # the pool of task 14.6


def _number(task: str, answer: object, *keys: str) -> list[float | None]:
    """Return the numbers that were given by name, None for those that were not."""
    example = ", ".join(f'"{key}": 1' for key in keys)
    say = f'Give numbers by name: check("{task}", {{{example}}}).'
    values = map(tr.given(answer, Mapping, say).get, keys)
    return [float(value) if is_number(value, -math.inf, math.inf) else None for value in values]


def _allowed(answer: object) -> tr.Findings:
    bases = {"day": av.HOURS_A_YEAR, "office": av.OFFICE_HOURS_A_YEAR}
    for key, value in zip(bases, _number("14.1", answer, *bases), strict=True):
        right = 60 * av.hours_down(PROMISE, bases[key])
        is_right = value is not None and abs(value - right) < 0.01 * right
        facts = {"right": right, "guess": tr.UNANSWERED if value is None else value}
        yield tr.Finding(key, is_right, facts)


def _chain_of_parts(answer: object) -> tr.Findings:
    (value,) = _number("14.2", answer, "pool")
    if value is None or not 0 <= value <= 1:
        say = 'Give an availability from 0 to 1: check("14.2", {"pool": 0.99}).'
        raise tr.OtherAnswerWanted(say)
    together = av.series(value, *PARTS)
    yield tr.Finding("keeps", together >= PROMISE - 1e-9, {"all": 100 * together})
    yield tr.Finding("least", av.series(max(value - NEARLY, 0), *PARTS) < PROMISE)


def _spares(answer: object) -> tr.Findings:
    say = 'Give a pool: check("14.3", Pool(active=5, passive=1, mttr_h=36)).'
    pool = tr.given(answer, av.Pool, say)
    asked = av.Pool(active=5, passive=pool.passive, mttr_h=36)
    yield tr.Finding("given", pool == asked)
    minutes = 60 * asked.hours_without_node
    yield tr.Finding("enough", minutes <= MOST_MINUTES, {"minutes": minutes})
    less = replace(asked, passive=max(pool.passive - 1, 0))
    is_fewest = pool.passive > 0 and 60 * less.hours_without_node > MOST_MINUTES
    yield tr.Finding("fewest", is_fewest)


def _bought(letter: str) -> tuple[float, int]:
    change, price = OFFERS[letter]
    return 60 * (CLIENT.hours_a_year - change(CLIENT).hours_a_year), price


def _where_to_spend(answer: object) -> tr.Findings:
    (said,) = _number("14.4", answer, "minutes")
    letter = str(answer.get("offer", "")).strip().casefold() if isinstance(answer, Mapping) else ""
    if letter not in OFFERS or said is None:
        example = '{"offer": "a", "minutes": 100}'
        raise tr.OtherAnswerWanted(f'Give a letter from a to d: check("14.4", {example}).')
    minutes, price = _bought(letter)
    best = max(OFFERS, key=lambda one: _bought(one)[0] / _bought(one)[1])
    is_known = abs(said - minutes) < 1
    yield tr.Finding("minutes", is_known, {"minutes": minutes, "guess": said, "offer": letter})
    if is_known:
        facts = {"minutes": minutes, "price": price, "each": 1000 * minutes / price}
        yield tr.Finding("best", letter == best, facts)


def _few_failures(answer: object) -> tr.Findings:
    (value,) = _number("14.5", answer, "failures")
    if value is None or not 0 <= value <= 1000 or not value.is_integer():
        raise tr.OtherAnswerWanted('Give a whole number: check("14.5", {"failures": 3}).')
    count = int(value)
    high = av.mtbf_limits(count, NODE_HOURS).high
    yield tr.Finding("speaks", high < SAID_MTBF_H, {"count": count, "high": high})
    before = av.mtbf_limits(count - 1, NODE_HOURS).high if count else 0.0
    yield tr.Finding("fewest", before >= SAID_MTBF_H)


@cache
def _office_hours() -> tuple[float, float]:
    """Return hours a year sampled with repairs in office hours, and their standard error."""
    from clusterlab.design.montecarlo import study

    found = study(pool_chain(FAILING, Habits(repairs=OFFICE_HOURS)), 40_000, seed=2004)
    return found.hours_a_year, found.standard_error


def _sampled(answer: object) -> tr.Findings:
    names = ("hours_a_year", "standard_error", "years")
    found = [getattr(answer, name, None) for name in names]
    if not all(isinstance(one, float) for one in found):
        raise tr.OtherAnswerWanted('Give what study returns: check("14.6", study(chain, 20_000)).')
    hours, error, years = (float(one) for one in found if one is not None)
    yield tr.Finding("long", years >= LEAST_YEARS, {"years": years})
    right, own_error = _office_hours()
    error = min(error, 3 * own_error)  # more than LEAST_YEARS leave; an answer may claim any
    is_right = abs(hours - right) < 4 * math.hypot(error, own_error)
    usual = {"hours": hours, "exact": FAILING.hours_a_year}
    yield tr.Finding("right", is_right, usual)


def _within_budget(answer: object) -> tr.Findings:
    year = tr.given(answer, Year, 'Give the year: check("14.7", year).')
    is_asked = year.terms == Terms() and year.seed == 7 and year.is_over
    yield tr.Finding("year", is_asked and year.left >= 0)
    expected = year.expected_mailbox_hours
    is_good = year.is_over and expected <= MOST_MAILBOX_HOURS
    yield tr.Finding("expected", is_good, {"expected": expected})


GRADERS: Mapping[str, tr.Grader] = {
    "14.1": _allowed,
    "14.2": _chain_of_parts,
    "14.3": _spares,
    "14.4": _where_to_spend,
    "14.5": _few_failures,
    "14.6": _sampled,
    "14.7": _within_budget,
}
