"""What is not as it should be in a built cluster: the checklist of the handbook as a function.

`inspect_cluster` looks at any `Cluster`: one that was just built, one of a cluster file, one from a
client's listings. What a cluster value does not hold (adapters, directory, builds) comes from the
facts of a run; without them it is said as not checked. The rules are in `checklist_rules.py`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from clusterlab.cluster.commands import command_line
from clusterlab.cluster.events import Event
from clusterlab.cluster.model import Cluster, Resource, ResourceType
from clusterlab.exchange.evs import EXCHANGE_2003, EXCHANGE_TYPES, SYSTEM_ATTENDANT

WIDTH = 96
"""Characters in a line of the report."""


class Seen(NamedTuple):
    """One thing that a rule looked at.

    Attributes:
        subject: Which node, group, resource or network.
        value: What it is now, in words.
        is_ok: Whether it is as it should be; None if nobody knows.
        remedy: What to do.
        fixes: Requests that do it, for the lines of cluster.exe.
    """

    subject: str
    value: str
    is_ok: bool | None
    remedy: str = ""
    fixes: tuple[Event, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What the rules look at.

    Attributes:
        cluster: As it is now.
        facts: Of a run, by flat keys such as "node.NODE1.build"; None if there was none.
    """

    cluster: Cluster
    facts: Mapping[str, Any] | None = None

    @cached_property
    def evs(self) -> Mapping[str, tuple[Resource, ...]]:
        """The groups that hold a System Attendant, with their resources."""
        return {
            group: members
            for group, members in self.cluster.config.members.items()
            if any(resource.type.name == SYSTEM_ATTENDANT for resource in members)
        }

    @property
    def is_2003(self) -> bool:
        """Whether the Exchange resources are those of Exchange 2003."""
        return EXCHANGE_TYPES[EXCHANGE_2003]["SA"] in self._types

    @cached_property
    def _types(self) -> tuple[ResourceType, ...]:
        return tuple(resource.type for resource in self.cluster.config.resources)

    def of_type(self, *shorts: str) -> Iterator[Resource]:
        """Yield the resources of the EVSs whose type has one of these short names."""
        for members in self.evs.values():
            yield from (resource for resource in members if resource.type.short in shorts)

    def private(self, resource: Resource, key: str, default: Any = None) -> Any:
        """Return a private property; its *default* if it must be known, None if it is not.

        In a cluster that a run has built nothing is unknown: what was not set has its default. In
        a file a property that is not given may be anything.
        """
        return resource.private.get(key, default if self.facts is not None else None)

    def fact(self, key: str) -> Any:
        """Return a fact, None if it is not known."""
        return (self.facts or {}).get(key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What should be, why, and what looks at it.

    Attributes:
        id: Unique; a number is a row of handbook 3, 5.8.
        title: What is looked at.
        expected: How it should be.
        reason: What happens otherwise.
        source: Where the rule stands.
        look: Yields everything that the rule is about.
    """

    id: str
    title: str
    expected: str
    reason: str
    source: str
    look: Callable[[Scene], Iterator[Seen]] = field(repr=False)


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
    from clusterlab.procedures.checklist_rules import RULES

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
