"""What is right in the tasks of lesson 06: troubleshooting.

Each task is a case, so the failures decide. A task may ask for more than a repair: which setting
has to stay as it is, or what the repaired group has to do besides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from clusterlab.cases import Case, case
from clusterlab.lessons.trials import Finding, Findings, Grader, OtherAnswerWanted, causes
from clusterlab.simulation import Simulation

_CASES: Mapping[str, tuple[int, int]] = {
    "06.1": (159, 1),
    "06.2": (159, 1),
    "06.3": (162, 1),
    "06.4": (79, 1),
    "06.5": (51, 1),
    "06.6": (220, 1),
    "06.7": (13, 3),
}
"""Number and count of faults of the case of each task."""
LETTERS = "abcdef"
RIGHT_LETTERS = "bde"
"""What holds of the case of task 06.3."""
NIGHT = range(18, 24)
"""Hours of the evening in which a window of task 06.4 may begin."""


def case_of(task: str) -> Case:
    """Return the case of a task.

    Example:
        >>> len(case_of("06.7").incidents)
        3
    """
    return case(*_CASES[task])


# --- 06.1 From the first error --------------------------------------------------------------------


def _first_error(answer: object) -> Findings:
    wanted = ("first", "failed", "nodes")
    if not isinstance(answer, Mapping) or not set(answer) <= set(wanted):
        raise OtherAnswerWanted(
            'Give an event, a resource and nodes: check("06.1", {"first": 1130, '
            '"failed": "IS", "nodes": {"NODE1"}}).'
        )
    log = next(iter(case_of("06.1").incidents.values())).log
    failures = [entry for entry in log if entry.event_id == 1069]
    config = case_of("06.1").start.config
    resource = config.resources_by_name[failures[0].resource]
    yield Finding("first", answer.get("first") == log[0].event_id, {"guess": answer.get("first")})
    names = (resource.type.short, f"{resource.group}/{resource.type.short}", resource.name)
    is_right = str(answer.get("failed")).casefold() in map(str.casefold, names)
    yield Finding("failed", is_right, {"guess": answer.get("failed")})
    nodes, right = _names(answer.get("nodes")), {entry.node for entry in failures}
    extra = ", ".join(sorted(nodes - right)) or "none"
    yield Finding("nodes", nodes == right, {"extra": extra, "more": len(right - nodes)})


def _names(given: object) -> set[str]:
    names = [given] if isinstance(given, str) else given
    return {str(name).upper() for name in names} if isinstance(names, Iterable) else set()


# --- cases to repair ------------------------------------------------------------------------------


def _repaired(task: str, sim: Simulation) -> Findings:
    report = case_of(task).check(sim)
    for finding in report.findings:
        facts = {"title": finding.title, "evidence": finding.evidence}
        yield Finding("repaired", finding.is_repaired, facts)
    yield Finding("harmless", not report.harm, {"harm": " ".join(report.harm)})
    yield Finding("finished", not report.unfinished, {"left": " ".join(report.unfinished)})


def _statements(answer: object) -> Findings:
    return causes("06.3", answer, LETTERS, RIGHT_LETTERS)


def _at_night(sim: Simulation) -> Findings:
    yield from _repaired("06.4", sim)
    group = sim.cluster.config.groups_by_name["EVS1"]
    start, end = group.failback_window_start, group.failback_window_end
    goes_home = group.auto_failback_type == 1 and group.preferred_owners[:1] == ("NODE1",)
    is_night = start in NIGHT and 0 <= end <= 7
    yield Finding("goes_home", goes_home and is_night, {"start": start, "end": end})


def _another_way(sim: Simulation) -> Findings:
    yield from _repaired("06.6", sim)
    before = case_of("06.6").start.config.groups_by_name["EVS1"].anti_affinity_class_names
    now = sim.cluster.config.groups_by_name["EVS1"].anti_affinity_class_names
    yield Finding("untouched", now == before)


def _begin(task: str) -> Simulation:
    return case_of(task).simulation()


STARTS: Mapping[str, Callable[[], Simulation]] = {
    task: partial(_begin, task) for task in ("06.2", "06.4", "06.5", "06.6", "06.7")
}
"""How a task begins, by its number."""

GRADERS: Mapping[str, Grader] = {
    "06.1": _first_error,
    "06.2": partial(_repaired, "06.2"),
    "06.3": _statements,
    "06.4": _at_night,
    "06.5": partial(_repaired, "06.5"),
    "06.6": _another_way,
    "06.7": partial(_repaired, "06.7"),
}
"""What the check of a task looks at, by its number."""
