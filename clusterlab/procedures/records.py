"""What a run keeps of each thing that was done, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from clusterlab.cluster.draft import LogEntry, Outcome
from clusterlab.cluster.errors import OperationRefused
from clusterlab.cluster.events import Event
from clusterlab.procedures.situation import Situation


class TaskState(Enum):
    """How a task stands."""

    DONE = "done"
    AVAILABLE = "available"
    BLOCKED = "blocked"
    HARMED = "harmed"


class Entry(NamedTuple):
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


class Block(NamedTuple):
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

    entry: Entry
    situation: Situation
    remarks: tuple[Remark, ...] = ()
    refusal: OperationRefused | None = None
    lines: tuple[str, ...] = ()
    log: tuple[LogEntry, ...] = ()
    history: tuple[Outcome, ...] = ()
