"""What is right in the tasks of lesson 15: Datacenter programmes and support."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from clusterlab.design.availability import Pool
from clusterlab.design.readiness import REQUIREMENTS, Evidence
from clusterlab.lessons import trials as tr

SAID = Path(__file__).with_name("said.md").read_text("utf-8")  # what the client of task 15.2 says
NOTES = Path(__file__).with_name("notes.md").read_text("utf-8")
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
PROMISES = (99.5, 99.9, 99.95, 99.99)  # per cent to choose from in task 15.6
DESIGN = Pool(active=2, passive=1, mttr_h=36)  # the design of task 15.6


def _interview(answer: object) -> tr.Findings:
    if not isinstance(answer, Mapping) or not set(answer.values()) <= set(Evidence):
        raise tr.OtherAnswerWanted(
            'Give evidence by id: check("15.2", {"D3": Evidence.SHOWN, ...}).'
        )
    for name, (right, why) in _TRUTH.items():
        given = answer.get(name, Evidence.NOT_ASKED)
        said = why if given is not Evidence.NOT_ASKED else "Look for it in what the client says."
        facts = {"id": name, "right": right.value, "guess": given.value, "why": said}
        yield tr.Finding(name, given is right, facts)


def _open_ones(answer: object) -> tr.Findings:
    is_named = isinstance(answer, Iterable) and not isinstance(answer, str | Mapping)
    given = {str(one).strip().upper() for one in answer} if is_named else set()  # type: ignore[attr-defined]
    if not is_named or not given <= {item.id for item in REQUIREMENTS}:
        raise tr.OtherAnswerWanted('Give a set of requirements: check("15.3", {"D1", "D4"}).')
    extra = sorted(given - _OPEN, key=lambda name: int(name[1:]))
    yield tr.Finding("none_extra", not extra, {"extra": ", ".join(extra)})
    yield tr.all_named("all_named", given, _OPEN)


def _promise(answer: object) -> tr.Findings:
    if isinstance(answer, bool) or not isinstance(answer, int | float) or answer not in PROMISES:
        offered = ", ".join(f"{one:g}" for one in PROMISES)
        raise tr.OtherAnswerWanted(f'Give one of {offered}: check("15.6", 99.5).')
    reached = 100 * DESIGN.availability
    yield tr.Finding("kept", answer <= reached, {"reached": reached})
    higher = [one for one in PROMISES if answer < one <= reached]
    yield tr.Finding("highest", not higher)


GRADERS: Mapping[str, tr.Grader] = {
    "15.1": lambda answer: tr.causes("15.1", answer, "abcdef", "bde"),
    "15.2": _interview,
    "15.3": _open_ones,
    "15.4": lambda answer: tr.causes("15.4", answer, "abcdef", "cd"),
    "15.5": lambda answer: tr.causes("15.5", answer, "abcdef", "bcf"),
    "15.6": _promise,
}
