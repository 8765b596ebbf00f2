"""What a checklist looks at, and what a rule of it is: values only.

`Scene` is a cluster with the facts of the run that built it, if there was one; `Seen` is one thing
that a rule looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from clusterlab.cluster.events import Event
from clusterlab.cluster.kinds import ResourceType
from clusterlab.cluster.model import Cluster, Resource
from clusterlab.exchange.evs import EXCHANGE_2003, EXCHANGE_TYPES, SYSTEM_ATTENDANT


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
        facts: Of a run, by flat keys such as "node.NODE1.binding"; None if there was none.
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
