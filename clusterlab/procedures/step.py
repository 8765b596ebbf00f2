"""What a step of a procedure is: values only, so that list, drawing, run and runbook share them.

A step has no code of its own. What it does is a list of cluster.exe lines and of `EFFECTS`, which
`effects.py` interprets by name; what can go wrong are `Need`s and `Check`s with the code they show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import Enum
from functools import wraps
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar, cast

from clusterlab.cluster.model import Cluster, Resource
from clusterlab.cluster.states import Windows
from clusterlab.exchange.exres import NODES_THAT_MAY_SHARE, hosted_evs
from clusterlab.procedures.plan import Plan
from clusterlab.tomlfiles.tables import own_table

_ON = own_table(Path(__file__).with_name("versions.toml")).data


class Subject(NamedTuple):
    """What a task is done for.

    Attributes:
        mark: As the handbook writes it behind the @: "N2", "EVS1", "D1"; "" for what is done once.
        number: Its place in the plan, from 1; 0 for what is done once.
    """

    mark: str = ""
    name: str = ""
    number: int = 0


class Harm(NamedTuple):
    """What a step done in a wrong way or order left behind.

    Attributes:
        code: Under which it shows (handbook 3, 10).
        subject: Name of the node or EVS that has it; "" for all.
    """

    code: str
    task: str
    subject: str
    because: str
    is_surfaced: bool = False


@dataclass(frozen=True, kw_only=True)
class Situation:
    """How far a procedure has come.

    Attributes:
        facts: Flat keys such as "node.NODE1.components" to values (handbook 3, 10.1).
        done: Keys of the tasks that are done, in their order, to whether each choice was right.
        harms: What was planted and not repaired yet.
    """

    facts: Mapping[str, Any] = field(default_factory=dict)
    cluster: Cluster | None = None
    minute: int = 0
    done: Mapping[str, bool] = field(default_factory=dict)
    harms: tuple[Harm, ...] = ()


class TaskState(Enum):
    """How a task stands."""

    DONE = "done"
    AVAILABLE = "available"
    BLOCKED = "blocked"
    HARMED = "harmed"


class Site(NamedTuple):
    """What a check looks at: the situation, the plan, and who is doing what with which choices."""

    situation: Situation
    plan: Plan
    subject: Subject = Subject()
    choices: Mapping[str, str] = {}

    def fact(self, key: str, default: Any = None) -> Any:
        """Return a fact; *key* may hold names such as {node}."""
        return self.situation.facts.get(key.format_map(self.names), default)

    @property
    def names(self) -> Mapping[str, str]:
        """Names for texts and lines: those of the plan, the group of the EVS, the choices."""
        name = self.subject.name
        group = {"group": self.situation.facts.get(f"evs.{name}.group", name)}
        return {**names_of(self.plan, self.subject), **group, **self.choices}


def names_of(plan: Plan, subject: Subject) -> Mapping[str, str]:
    """Return the names that texts and lines about *subject* may use.

    Example:
        >>> plan = Plan.standard(nodes=2, evs=1)
        >>> names_of(plan, Subject("EVS1", "EVS1", 1))["home"]
        'NODE1'
    """
    names = {
        "cluster": plan.cluster,
        "address": plan.address,
        "quorum": plan.quorum_disk,
        "drive": plan.binaries,
        "account": plan.service_account,
        "domain": plan.domains[0],
        "first": plan.nodes[0].name,
        "name": subject.name,
        "disk1": plan.evs[0].disks[0],
        "mask": str(IPv4Network(plan.public_network).netmask),
        **_ON["2003" if plan.windows >= Windows.WS2003 else "2000"],
    }
    if subject.mark.startswith("N"):
        node = plan.nodes[subject.number - 1]
        return {**names, "node": node.name, "public": node.public, "private": node.private}
    if subject.mark.startswith("EVS"):
        evs = plan.evs[subject.number - 1]
        own = {"evs": evs.name, "ip": evs.address, "home": evs.home, "disk": evs.disks[0]}
        return {**names, **own}
    return {**names, "domain": subject.name} if subject.mark else names


def of_type(cluster: Cluster, type_name: str, group: str | None = None) -> tuple[Resource, ...]:
    """Return the resources of a type, in one group or in all."""
    return tuple(
        item
        for item in cluster.config.resources
        if item.type.name == type_name and group in (None, item.group)
    )


Scope = Literal[
    "forest", "domain", "cluster", "node1", "node", "nodeX", "each node but the last", "evs"
]
"""For what a step is done, in the handbook's words (handbook 3, 0)."""
Quantifier = Literal["one", "same", "same?", "all", "prev", "others"]
"""Which instances of another step come first (handbook 3, 7.1)."""
Breaking = Literal["refuses", "damages", "plants", "warns", "allows"]
"""What happens when something stands against a step.

Damage takes the place of the step's effect; planted harm shows later; what is allowed is a case in
which a need does not count.
"""

EFFECTS: tuple[str, ...] = tuple(own_table(Path(__file__).with_name("effects.toml")).data["names"])
"""What cluster.exe lines cannot do, or what depends on how the cluster is now, by name."""


class Obstacle(NamedTuple):
    """What a check found.

    Attributes:
        because: In one sentence, with the client's names.
        values: For `<x>` in the text of the code.
        subjects: Names of those that have the harm, if not the one that the step is done for.
    """

    because: str
    values: Mapping[str, str] = {}
    subjects: tuple[str, ...] = ()


Finder = Callable[[Site], Obstacle | None]
"""Looks at a site: a module-level function or a frozen value, so that steps can be pickled."""
FINDERS: dict[str, Finder] = {}
"""What a file of steps can look at, by name; `finder` enters it."""


def finder(function: Callable[[Site], Iterable[Obstacle]]) -> Finder:
    """Let files of steps use *function* by its name; it finds the first obstacle that it yields."""

    @wraps(function)
    def find(site: Site) -> Obstacle | None:
        return next(iter(function(site)), None)

    FINDERS[find.__name__] = find
    return find


def cluster_finder(function: Callable[[Site, Cluster], Iterable[Obstacle]]) -> Finder:
    """The same for what looks at the cluster; where there is none it finds nothing."""

    @wraps(function)
    def look(site: Site) -> Iterable[Obstacle]:
        cluster = site.situation.cluster
        return () if cluster is None else function(site, cluster)

    return finder(look)


def groups_of(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """Yield that the node which the step is for owns groups, if it is in the cluster."""
    node = site.subject.name
    if groups := cluster.groups_on(node) if node in cluster.node_states else ():
        yield Obstacle(f"{node} owns {', '.join(groups)}.")


def taken(cluster: Cluster, node: str, evs: str) -> Iterator[Obstacle]:
    """Yield that a node runs another EVS than *evs*, where three or more are configured."""
    other = next(hosted_evs(cluster, node, evs), None)
    if other is not None and len(cluster.config.nodes) > NODES_THAT_MAY_SHARE:
        yield Obstacle(f"{node} already runs {other}.")


@dataclass(frozen=True, slots=True)
class Found:
    """Finds that a fact, or a choice, has one of some values, or with *is_not* none of them.

    None stands for a fact that is false or was never set.
    """

    key: str
    values: tuple[str | int | None, ...]
    because: str
    fills: tuple[tuple[str, str], ...] = ()
    is_choice: bool = False
    is_not: bool = False

    def __call__(self, site: Site) -> Obstacle | None:
        """Return the reason if it is so."""
        names = site.names
        known = site.choices.get(self.key) if self.is_choice else site.fact(self.key)
        wanted = [v.format_map(names) if isinstance(v, str) else v for v in self.values]
        if (known in wanted or (not known and None in wanted)) is self.is_not:
            return None
        values = {key: text.format_map(names) for key, text in self.fills}
        return Obstacle(self.because.format_map(names), values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What is looked at before a step, and what it means.

    Attributes:
        code: Shown when something is found (`codes.codes`).
        finds: Returns what is found, or None; a module-level function or a frozen value.
        sets: Facts that damage or a planted harm leaves behind.
        undoes: Ids of steps that have to be done again after damage.
    """

    code: str
    finds: Finder
    breaking: Breaking = "refuses"
    sets: Mapping[str, Any] = field(default_factory=dict)
    undoes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Another step that comes first.

    Attributes:
        step: Full id, "install/X01".
        is_hard: Whether breaking it is refused or does harm; a soft one only warns.
        code: Shown when it is broken.
        cases: Looked at in order before *code*; the first that finds something decides.
        sets: Facts that damage or a planted harm leaves behind.
        only: "first" or "last" subject, for which alone it counts; "" for all.
    """

    step: str
    quantifier: Quantifier = "one"
    is_hard: bool = False
    code: str = "ORDER"
    breaking: Breaking = "warns"
    cases: tuple[Check, ...] = ()
    sets: Mapping[str, Any] = field(default_factory=dict)
    only: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is decided on a page or in a dialogue of a step.

    Attributes:
        name: Python's name of it, for `Run.do(key, name=value)` and for templates.
        options: What can be chosen, the right one first; names of the plan in braces.
        is_open: Whether other words are accepted too, such as a list of nodes.
    """

    name: str
    question: str
    options: tuple[str, ...]
    is_open: bool = False

    @property
    def right(self) -> str:
        """What the handbook recommends; taken unless something else is said."""
        return self.options[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a procedure; texts may hold names of the plan in braces.

    Attributes:
        commands: Lines typed elsewhere than in cluster.exe; shown, never run.
        does: cluster.exe lines, shown and run on the simulated cluster, and effects.
        checks: Looked at in order when the needs are met.
        clears: Codes of planted harms that it repairs, for the same subject.
        undoes: Ids of steps of the same subject that have to be done again afterwards.
        minutes: Learner's time, with handling and checks.
        later: What shows later when it is left out or done too late.
        rollback: The way back, where the handbook names one.
        mark: The one subject that it is done for, such as "N2" or "EVS1"; "" for all of its scope.
            Its key is then its id alone.
        takes: Names of the assumptions of `downtime.py` that its time is made of, for handbook 4.
        block: Steps next to each other with the same block are done together for each subject.
        is_setting: Whether it can be done again at any time.
        is_optional: Whether it is left out of the counts.
        is_recovery: Whether it is a way back from a mistake, which is never counted.
        is_backwards: Whether the last EVS or node comes first.
    """

    id: str
    title: str
    phase: str
    scope: Scope
    place: str
    how: str
    commands: tuple[str, ...] = ()
    does: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    needs: tuple[Need, ...] = ()
    checks: tuple[Check, ...] = ()
    sets: Mapping[str, Any] = field(default_factory=dict)
    clears: tuple[str, ...] = ()
    undoes: tuple[str, ...] = ()
    minutes: int
    permission: str
    verify: str
    later: str = ""
    rollback: str = ""
    mark: str = ""
    takes: tuple[str, ...] = ()
    block: str = ""
    is_setting: bool = False
    is_optional: bool = False
    is_recovery: bool = False
    is_backwards: bool = False
    source: str


T = TypeVar("T")
Fill = str | tuple[str, ...]
"""What `filled` puts in: a text, or in a list several."""


def filled(value: T, **fills: Fill) -> T:
    """Return a step, or a part of one, with texts in place of `<x>`.

    A list takes all texts of a tuple where one of its items is `<x>` alone.

    Example:
        >>> filled(("Move it to <target>", "<others>"), target="NODE1", others=("A", "B"))
        ('Move it to NODE1', 'A', 'B')
    """
    return cast("T", _filled(value, fills))


def _filled(value: Any, fills: Mapping[str, Fill]) -> Any:
    if isinstance(value, str):
        for name, new in fills.items():
            value = value.replace(f"<{name}>", new) if isinstance(new, str) else value
        return value
    if isinstance(value, tuple):
        return tuple(item for part in value for item in _items(part, fills))
    if isinstance(value, Mapping):
        return {_filled(key, fills): _filled(item, fills) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **_filled(keys_of(value), fills))
    return value


def _items(item: Any, fills: Mapping[str, Fill]) -> tuple[Any, ...]:
    is_name = isinstance(item, str) and item.startswith("<") and item.endswith(">")
    several = fills.get(item[1:-1]) if is_name else None
    return several if isinstance(several, tuple) else (_filled(item, fills),)


def keys_of(value: Any) -> dict[str, Any]:
    """Return the attributes of a step, or of a part of one, by name."""
    return {item.name: getattr(value, item.name) for item in fields(value)}
