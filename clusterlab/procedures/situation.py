"""Where a procedure stands: facts, the cluster as built so far, what was planted.

`Subject` is what a task is done for, a node, an EVS, a domain, or the whole; `Site` is what a check
looks at, and `Record` what a run keeps of each thing that was done. All are frozen values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv4Network
from typing import Any, NamedTuple

from clusterlab.cluster.draft import LogEntry, Outcome
from clusterlab.cluster.errors import OperationRefused
from clusterlab.cluster.events import Event
from clusterlab.cluster.model import Cluster, Resource
from clusterlab.cluster.states import Windows
from clusterlab.procedures.plan import Plan

_ON_2003 = {
    "windows": "Windows Server 2003, Enterprise Edition",
    "latest": "SP2",
    "older": "SP1",
    "kerberos": "ticked",
}
_ON_2000 = {
    "windows": "Windows 2000 Advanced or Datacenter Server",
    "latest": "SP4",
    "older": "SP3",
    "kerberos": "not offered",  # on a Network Name of Windows 2000 (handbook 3, 1.11)
}


class Subject(NamedTuple):
    """What a task is done for.

    Attributes:
        mark: As the handbook writes it behind the @: "N2", "EVS1", "D1"; "" for what is done once.
        name: The client's name of it; "" for what is done once.
        number: Its place in the plan, from 1; 0 for what is done once.
    """

    mark: str = ""
    name: str = ""
    number: int = 0


class Harm(NamedTuple):
    """What a step done in a wrong way or order left behind.

    Attributes:
        code: Under which it shows (handbook 3, 10).
        task: Key of the task that planted it.
        subject: Name of the node or EVS that has it; "" for all.
        because: What is wrong, in one sentence.
        is_surfaced: Whether it has shown itself yet.
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
        cluster: The cluster as built so far; None before one was formed.
        minute: Minutes spent.
        done: Keys of the tasks that are done, in their order, to whether each choice was right.
        harms: What was planted and not repaired yet.
    """

    facts: Mapping[str, Any] = field(default_factory=dict)
    cluster: Cluster | None = None
    minute: int = 0
    done: Mapping[str, bool] = field(default_factory=dict)
    harms: tuple[Harm, ...] = ()


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
        **(_ON_2003 if plan.windows >= Windows.WS2003 else _ON_2000),
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


# --- what a run keeps ----------------------------------------------------------------------------


class TaskState(Enum):
    """How a task stands."""

    DONE = "done"
    AVAILABLE = "available"
    BLOCKED = "blocked"
    HARMED = "harmed"


class RunEntry(NamedTuple):
    """What was done: a task with its choices, or an event sent to the cluster.

    Attributes:
        key: Key of the task; "" for an event.
        choices: Those that were said; all others were the right ones.
        event: What was sent; None for a task.
    """

    key: str = ""
    choices: Mapping[str, str] = {}
    event: Event | None = None


class Remark(NamedTuple):
    """A warning, a damage or a refusal in words.

    Attributes:
        code: Under which handbook 3, 10 has it.
        text: Text of the code, with values; with *is_verbatim* the product's own.
        because: Why, here.
        remedy: What to do about it.
        is_verbatim: Whether a source has these words.
        is_damage: Whether it did harm instead of the step's effect.
    """

    code: str
    text: str
    because: str
    remedy: str
    is_verbatim: bool = False
    is_damage: bool = False

    def __str__(self) -> str:
        """Return it in one line, the code in front."""
        return f"{self.code}: {self.text.removesuffix('.')}. {self.because} {self.remedy}".strip()


class OpenNeed(NamedTuple):
    """Why a task is not available: something that comes first is not done."""

    key: str
    is_hard: bool
    code: str
    text: str


class Cost(NamedTuple):
    """What a run has cost so far: minutes, and how often something went wrong that showed.

    A mistake is a refusal, a warning, damage, or a planted harm that the cluster showed.
    """

    minutes: int
    mistakes: int


class Record(NamedTuple):
    """What came of one entry.

    Attributes:
        entry: What was done.
        situation: Where things stand afterwards.
        remarks: Warnings and damage that were shown.
        refusal: Why it was refused; None if it was done.
        lines: cluster.exe lines that were run.
        log: What the cluster logged.
        history: What happened in the cluster meanwhile, in its seconds; empty without a cluster.
    """

    entry: RunEntry
    situation: Situation
    remarks: tuple[Remark, ...] = ()
    refusal: OperationRefused | None = None
    lines: tuple[str, ...] = ()
    log: tuple[LogEntry, ...] = ()
    history: tuple[Outcome, ...] = ()
