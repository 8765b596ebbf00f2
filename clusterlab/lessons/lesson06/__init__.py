"""What is right in the tasks of lesson 06: troubleshooting.

Each task is a case, so the failures decide. A task may ask for more than a repair: which setting
has to stay as it is, or what the repaired group has to do besides.
"""

from collections.abc import Iterable, Mapping
from functools import partial

from clusterlab.cases import Case, case
from clusterlab.lessons import trials as tr
from clusterlab.simulation import Simulation

_CASES: Mapping[str, tuple[int, int]] = {
    "06.1": (159, 1), "06.2": (159, 1), "06.3": (162, 1), "06.4": (79, 1), "06.5": (51, 1),
    "06.6": (220, 1), "06.7": (13, 3),
}  # fmt: skip
"""Number and count of faults of the case of each task."""
NIGHT = range(18, 24)  # hours of the evening in which a window of task 06.4 may begin


def case_of(task: str) -> Case:
    """Return the case of a task.

    Example:
        >>> len(case_of("06.7").incidents)
        3
    """
    return case(*_CASES[task])


def _first_error(answer: object) -> tr.Findings:
    wanted = ("first", "failed", "nodes")
    if not isinstance(answer, Mapping) or not set(answer) <= set(wanted):
        raise tr.OtherAnswerWanted(
            'Give an event, a resource and nodes: check("06.1", {"first": 1130, '
            '"failed": "IS", "nodes": {"NODE1"}}).'
        )
    log = next(iter(case_of("06.1").incidents.values())).log
    failures = [entry for entry in log if entry.event_id == 1069]
    config = case_of("06.1").start.config
    resource = config.resources_by_name[failures[0].resource]
    guess = answer.get("first")
    yield tr.Finding("first", guess == log[0].event_id, {"guess": guess})
    names = (resource.type.short, f"{resource.group}/{resource.type.short}", resource.name)
    is_right = str(answer.get("failed")).casefold() in map(str.casefold, names)
    yield tr.Finding("failed", is_right, {"guess": answer.get("failed")})
    nodes, right = _names(answer.get("nodes")), {entry.node for entry in failures}
    extra = ", ".join(sorted(nodes - right)) or "none"
    yield tr.Finding("nodes", nodes == right, {"extra": extra, "more": len(right - nodes)})


def _names(given: object) -> set[str]:
    names = [given] if isinstance(given, str) else given
    return {str(name).upper() for name in names} if isinstance(names, Iterable) else set()


def _repaired(task: str, sim: Simulation) -> tr.Findings:
    report = case_of(task).check(sim)
    for finding in report.findings:
        facts = {"title": finding.title, "evidence": finding.evidence}
        yield tr.Finding("repaired", finding.is_repaired, facts)
    yield tr.Finding("harmless", not report.harm, {"harm": " ".join(report.harm)})
    yield tr.Finding("finished", not report.unfinished, {"left": " ".join(report.unfinished)})


def _at_night(sim: Simulation) -> tr.Findings:
    yield from _repaired("06.4", sim)
    group = sim.cluster.config.groups_by_name["EVS1"]
    start, end = group.failback_window_start, group.failback_window_end
    goes_home = group.auto_failback_type == 1 and group.preferred_owners[:1] == ("NODE1",)
    is_night = start in NIGHT and 0 <= end <= 7
    yield tr.Finding("goes_home", goes_home and is_night, {"start": start, "end": end})


def _another_way(sim: Simulation) -> tr.Findings:
    yield from _repaired("06.6", sim)
    before = case_of("06.6").start.config.groups_by_name["EVS1"].anti_affinity_class_names
    now = sim.cluster.config.groups_by_name["EVS1"].anti_affinity_class_names
    yield tr.Finding("untouched", now == before)


def _begin(task: str) -> Simulation:
    return case_of(task).simulation()


STARTS: tr.Starts = {
    task: partial(_begin, task) for task in ("06.2", "06.4", "06.5", "06.6", "06.7")
}

GRADERS: Mapping[str, tr.Grader] = {
    "06.1": _first_error,
    "06.2": partial(_repaired, "06.2"),
    "06.3": lambda answer: tr.causes("06.3", answer, "abcdef", "bde"),
    "06.4": _at_night,
    "06.5": partial(_repaired, "06.5"),
    "06.6": _another_way,
    "06.7": partial(_repaired, "06.7"),
}
