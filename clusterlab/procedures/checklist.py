"""What is not as it should be in a built cluster: the checklist of the handbook as a function.

`inspect_cluster` looks at any `Cluster`: one that was just built, one of a cluster file, one from a
client's listings. What a cluster value does not hold (adapters, directory) comes from the
facts of a run; without them it is said as not checked. The rules are in `checklist_rules.py`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clusterlab.cluster.model import Cluster
from clusterlab.clusterexe.commands import command_line
from clusterlab.procedures.checklist_rules import RULES
from clusterlab.procedures.checklist_scene import Rule, Scene, Seen

WIDTH = 96
"""Characters in a line of the report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """Something that is not as it should be.

    Attributes:
        rule: The rule it breaks.
        subject: Which node, group, resource or network.
        value: What it is.
        remedy: What to do.
        commands: The cluster.exe lines that do it, where there are such.
    """

    rule: Rule
    subject: str
    value: str
    remedy: str
    commands: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the deviation as a paragraph."""
        rule = self.rule
        first = f"{self.subject}: {rule.title} is {self.value}; expected: {rule.expected}."
        text = f"{first} {rule.reason} To do: {self.remedy} ({rule.source})"
        lines = textwrap.wrap(text, WIDTH, initial_indent="- ", subsequent_indent="  ")
        return "\n".join((*lines, *(f"    {line}" for line in self.commands)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What an inspection found.

    Attributes:
        deviations: What is not as it should be, in the order of the rules.
        unchecked: What nobody knows: title of the rule and of what.
        passed: Titles of the rules that looked at something and found it right.
    """

    deviations: tuple[Deviation, ...]
    unchecked: tuple[tuple[str, str], ...]
    passed: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong; some things may not have been checked."""
        return not self.deviations

    def __str__(self) -> str:
        """Return the whole report."""
        blocks = [f"{_counted(len(self.deviations), 'deviation')}, {len(self.passed)} rules kept"]
        blocks += map(str, self.deviations)
        grouped: dict[str, list[str]] = {}
        for title, subject in self.unchecked:
            grouped.setdefault(title, []).append(subject)
        said = [f"- {title}: {', '.join(subjects)}" for title, subjects in grouped.items()]
        if said:
            blocks += ["Not checked, because it is not known here:", *said]
        return "\n".join(blocks)


def _counted(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"


def inspect_cluster(cluster: Cluster, facts: Mapping[str, Any] | None = None) -> Inspection:
    """Return what is not as it should be in *cluster*.

    Args:
        cluster: Any cluster, as built, read or imported.
        facts: Of the run that built it; without them some things are not checked.

    Example:
        >>> from dataclasses import replace
        >>> from clusterlab import Simulation, exchange_cluster
        >>> sim = Simulation(exchange_cluster())
        >>> sim.set_properties("EVS2", auto_failback_type=1)
        >>> [(d.subject, d.value) for d in inspect_cluster(sim.cluster).deviations]
        [('EVS2', 'allowed at once')]

    Source: handbook 3, 4.2, 5.1 and 5.8; handbook 2, 5.
    """
    scene = Scene(cluster=cluster, facts=facts)
    deviations: list[Deviation] = []
    unchecked: list[tuple[str, str]] = []
    passed: list[str] = []
    for rule in RULES:
        seen = tuple(rule.look(scene))
        deviations += (_deviation(scene, rule, one) for one in seen if one.is_ok is False)
        unchecked += ((rule.title, one.subject) for one in seen if one.is_ok is None)
        if seen and all(one.is_ok for one in seen):
            passed.append(rule.title)
    return Inspection(
        deviations=tuple(deviations), unchecked=tuple(unchecked), passed=tuple(passed)
    )


def _deviation(scene: Scene, rule: Rule, seen: Seen) -> Deviation:
    lines = (command_line(event, scene.cluster.config) for event in seen.fixes)
    return Deviation(
        rule=rule,
        subject=seen.subject,
        value=seen.value,
        remedy=seen.remedy,
        commands=tuple(part for line in lines for part in line.splitlines()),
    )
