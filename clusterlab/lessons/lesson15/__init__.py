"""What is right in the tasks of lesson 15: Datacenter programmes and support."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from clusterlab.design.availability import Pool
from clusterlab.design.readiness import REQUIREMENTS, Evidence
from clusterlab.lessons.trials import Finding, Findings, Grader, OtherAnswerWanted, causes

SAID = """\
D3   "Server, adapters and array are each in the catalogue. Nobody ever listed them together."
D4   "The contract is here: one number, day and night. We called it at two o'clock; they came."
D6   "We are going to write down how we handle hotfixes, by Christmas."
D7   "The last audit? There was none."
D8   "Here is the list of all drivers, with signatures and dates."
D10  "99.9 %, planned downtime included. That goes into the contract in spring."
"""
"""What the client of task 15.2 says."""
NOTES = """\
Microsoft's confirmation of the provider, dated March. The manufacturer's entry for Datacenter.
The catalogue, Cluster Solutions: the server is there, with another array.
One number for day and night, in the contract; I called it at two.
The assessment was in June; I have read the report. A folder on changes: classes of hotfixes, and
what is tested again after each. The audit of last year, with a failover test.
The backup agent and the multipath driver are "certified, I am sure".
Enterprise Edition and Service Pack 2, node by node, on one page.
The contract says 99.9 %. It does not say whether patch nights count.
Four hours for spare parts, by contract. A test cluster of two virtual nodes.
"""
"""A colleague's notes, for task 15.3."""
_OPEN = {"D3", "D8", "D10"}

_TRUTH: Mapping[str, tuple[Evidence, str]] = {
    "D3": (Evidence.MISSING, "Listed parts are not a listed solution."),
    "D4": (Evidence.SHOWN, "The contract is there, and it was tried."),
    "D6": (Evidence.PROMISED, "It is to be written; nothing can be shown yet."),
    "D7": (Evidence.MISSING, "There was no audit."),
    "D8": (Evidence.SHOWN, "The list is on the table."),
    "D10": (Evidence.PROMISED, "It is to be written; nothing can be shown yet."),
}
PROMISES = (99.5, 99.9, 99.95, 99.99)
"""Per cent to choose from in task 15.6."""
DESIGN = Pool(active=2, passive=1, mttr_h=36)
"""The design of task 15.6."""


def _ids(task: str, answer: object) -> set[str]:
    """Return the requirements that were named."""
    is_named = isinstance(answer, Iterable) and not isinstance(answer, str | Mapping)
    given = {str(one).strip().upper() for one in answer} if is_named else set()  # type: ignore[attr-defined]
    if not is_named or not given <= {item.id for item in REQUIREMENTS}:
        raise OtherAnswerWanted(f'Give a set of requirements: check("{task}", {{"D3", "D4"}}).')
    return given


def _named(given: set[str], right: set[str]) -> Findings:
    extra = sorted(given - right, key=lambda name: int(name[1:]))
    yield Finding("none_extra", not extra, {"extra": ", ".join(extra)})
    yield Finding("all_named", right <= given, {"more": len(right - given)})


def _interview(answer: object) -> Findings:
    if not isinstance(answer, Mapping) or not set(answer.values()) <= set(Evidence):
        raise OtherAnswerWanted('Give evidence by id: check("15.2", {"D3": Evidence.SHOWN, ...}).')
    for name, (right, why) in _TRUTH.items():
        given = answer.get(name, Evidence.NOT_ASKED)
        facts = {"id": name, "right": right.value, "guess": given.value, "why": why}
        yield Finding(name, given is right, facts)


def _open_ones(answer: object) -> Findings:
    yield from _named(_ids("15.3", answer), _OPEN)


def _promise(answer: object) -> Findings:
    if isinstance(answer, bool) or not isinstance(answer, int | float) or answer not in PROMISES:
        offered = ", ".join(f"{one:g}" for one in PROMISES)
        raise OtherAnswerWanted(f'Give one of {offered}: check("15.6", 99.5).')
    reached = 100 * DESIGN.availability
    yield Finding("kept", answer <= reached, {"reached": reached})
    higher = [one for one in PROMISES if answer < one <= reached]
    yield Finding("highest", not higher)


GRADERS: Mapping[str, Grader] = {
    "15.1": lambda answer: causes("15.1", answer, "abcdef", "bde"),
    "15.2": _interview,
    "15.3": _open_ones,
    "15.4": lambda answer: causes("15.4", answer, "abcdef", "cd"),
    "15.5": lambda answer: causes("15.5", answer, "abcdef", "bcf"),
    "15.6": _promise,
}
"""What the check of each task looks at."""
