"""What is right in the tasks of lesson 15: Datacenter programmes and support."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations

from clusterlab.design.availability import Pool
from clusterlab.design.readiness import PROGRAMMES, Evidence, Readiness, readiness
from clusterlab.lessons.trials import Finding, Findings, Grader, OtherAnswerWanted, causes

DATACENTER, ENTERPRISE = PROGRAMMES
SAID = """\
D3   "Server, adapters and array are each in the catalogue. Nobody ever listed them together."
D4   "The contract is here: one number, day and night. We called it at two o'clock; they came."
D6   "We are going to write down how we handle hotfixes, by Christmas."
D7   "The last audit? There was none."
D8   "Here is the list of all drivers, with signatures and dates."
D10  "99.9 %. Whether patch nights count, the lawyers are still discussing."
"""
"""What the client of task 15.2 says."""

_TRUTH: Mapping[str, tuple[Evidence, str]] = {
    "D3": (Evidence.MISSING, "Listed parts are not a listed solution."),
    "D4": (Evidence.SHOWN, "The contract is there, and it was tried."),
    "D6": (Evidence.PROMISED, "It is to be written; nothing can be shown yet."),
    "D7": (Evidence.MISSING, "There was no audit."),
    "D8": (Evidence.SHOWN, "The list lies on the table."),
    "D10": (Evidence.PROMISED, "A figure without a definition is half of it."),
}
_KNOWN = {
    "D1": Evidence.SHOWN,
    "D2": Evidence.SHOWN,
    "D3": Evidence.PROMISED,
    "D4": Evidence.SHOWN,
    "D5": Evidence.MISSING,
    "D6": Evidence.MISSING,
    "D7": Evidence.PROMISED,
    "D8": Evidence.MISSING,
    "D9": Evidence.SHOWN,
    "D10": Evidence.PROMISED,
    "D11": Evidence.SHOWN,
    "D12": Evidence.MISSING,
}
LEAST_SCORE = 0.8
PROMISES = (99.5, 99.9, 99.95, 99.99)
"""Per cent to choose from in task 15.6."""
DESIGN = Pool(active=2, passive=1, mttr_h=36)
"""The design of task 15.6."""


def client() -> Readiness:
    """Return what the client of tasks 15.3 and 15.4 could show.

    Example:
        >>> round(client().score, 2)
        0.6
    """
    return readiness(_KNOWN, DATACENTER)


def _ids(task: str, answer: object) -> set[str]:
    """Return the requirements that were named."""
    is_named = isinstance(answer, Iterable) and not isinstance(answer, str | Mapping)
    given = {str(one).strip().upper() for one in answer} if is_named else set()  # type: ignore[attr-defined]
    if not is_named or not given <= set(PROGRAMMES[DATACENTER]):
        raise OtherAnswerWanted(f'Give a set of requirements: check("{task}", {{"D3", "D4"}}).')
    return given


def _named(given: set[str], right: set[str]) -> Findings:
    extra = sorted(given - right, key=lambda name: int(name[1:]))
    yield Finding("none_extra", not extra, {"extra": ", ".join(extra)})
    yield Finding("all_named", right <= given, {"more": len(right - given)})


def _programme_alone(answer: object) -> Findings:
    right = set(PROGRAMMES[DATACENTER]) - set(PROGRAMMES[ENTERPRISE])
    yield from _named(_ids("15.1", answer), right)


def _interview(answer: object) -> Findings:
    if not isinstance(answer, Mapping) or not set(answer.values()) <= set(Evidence):
        raise OtherAnswerWanted('Give evidence by id: check("15.2", {"D3": Evidence.SHOWN, ...}).')
    for name, (right, why) in _TRUTH.items():
        given = answer.get(name, Evidence.NOT_ASKED)
        facts = {"id": name, "right": right.value, "guess": given.value, "why": why}
        yield Finding(name, given is right, facts)


def _stopping(ready: Readiness) -> set[str]:
    return {item.id for item in ready.gaps if item.weight == 3}


def _what_stops(answer: object) -> Findings:
    yield from _named(_ids("15.3", answer), _stopping(client()))


def _with(names: Iterable[str]) -> Readiness:
    return readiness({**_KNOWN, **dict.fromkeys(names, Evidence.SHOWN)}, DATACENTER)


def _is_enough(ready: Readiness) -> bool:
    return ready.is_supported and ready.score >= LEAST_SCORE


def _fewest() -> int:
    open_ones = [item.id for item in client().gaps]
    return next(
        count
        for count in range(len(open_ones) + 1)
        if any(_is_enough(_with(names)) for names in combinations(open_ones, count))
    )


def _shortest_way(answer: object) -> Findings:
    given = _ids("15.4", answer)
    after = _with(given)
    left = ", ".join(sorted(_stopping(after)))
    yield Finding("supported", after.is_supported, {"left": left})
    yield Finding("score", after.score >= LEAST_SCORE, {"score": 100 * after.score})
    fewest = _fewest()
    facts = {"count": len(given), "fewest": fewest}
    yield Finding("fewest", len(given) <= fewest, facts)


def _promise(answer: object) -> Findings:
    if isinstance(answer, bool) or not isinstance(answer, int | float) or answer not in PROMISES:
        offered = ", ".join(f"{one:g}" for one in PROMISES)
        raise OtherAnswerWanted(f'Give one of {offered}: check("15.6", 99.5).')
    reached = 100 * DESIGN.availability
    yield Finding("kept", answer <= reached, {"reached": reached})
    higher = [one for one in PROMISES if answer < one <= reached]
    yield Finding("highest", not higher)


GRADERS: Mapping[str, Grader] = {
    "15.1": _programme_alone,
    "15.2": _interview,
    "15.3": _what_stops,
    "15.4": _shortest_way,
    "15.5": lambda answer: causes("15.5", answer, "abcdef", "bcf"),
    "15.6": _promise,
}
"""What the check of each task looks at."""
