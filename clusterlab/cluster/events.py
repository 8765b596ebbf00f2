"""Everything that can happen to a cluster, as frozen values.

Names in the past tense happened and cannot be refused; imperative ones were asked for and may be
refused. The last part holds what the engine schedules itself; `apply` takes all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class Event:
    """Base of all events; `subject` is the node, group or resource an event is about."""

    __slots__ = ()

    @property
    def subject(self) -> str:
        """Name of what the event is about."""
        return str(getattr(self, self.__match_args__[0]))  # type: ignore[attr-defined]


# --- what happens to the machines -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NodeFailed(Event):
    """A node loses power or stops with a bugcheck (handbook 1, 4.5)."""

    node: str


@dataclass(frozen=True, slots=True)
class ResourceFaulted(Event):
    """What a resource stands for stops working: its process ends, or hangs (1, 4.1; 2, 1.4)."""

    resource: str
    is_hang: bool = False


# --- what an administrator asks for -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StartNode(Event):
    """Power a node on, or start its Cluster service if it has power (4.13)."""

    node: str


@dataclass(frozen=True, slots=True)
class StopClusterService(Event):
    """Stop the Cluster service of a node in an orderly way (4.6)."""

    node: str


@dataclass(frozen=True, slots=True)
class PauseNode(Event):
    """Let a node keep its groups and accept no others (4.7)."""

    node: str


@dataclass(frozen=True, slots=True)
class ResumeNode(Event):
    """End the pause of a node (4.7)."""

    node: str


@dataclass(frozen=True, slots=True)
class MoveGroup(Event):
    """Move a group to a named node, or with None to the best possible one (5.2, 5.5)."""

    group: str
    to: str | None = None


@dataclass(frozen=True, slots=True)
class TakeOffline(Event):
    """Take a group or a resource offline (2.1)."""

    name: str


@dataclass(frozen=True, slots=True)
class BringOnline(Event):
    """Bring a group or a resource online on its present owner (2.1)."""

    name: str


@dataclass(frozen=True, slots=True)
class InitiateFailure(Event):
    """Treat a resource as failed at this moment (4.2)."""

    resource: str


@dataclass(frozen=True, slots=True)
class SetProperties(Event):
    """Change properties of a group or a resource; see `model.configure`."""

    name: str
    properties: Mapping[str, Any]


REQUESTS = (
    StartNode,
    StopClusterService,
    PauseNode,
    ResumeNode,
    MoveGroup,
    TakeOffline,
    BringOnline,
    InitiateFailure,
    SetProperties,
)
"""What an administrator asks for; at one moment it comes after everything else (4.14)."""


# --- what comes due ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HeartbeatsMissed(Event):
    """The others have missed two heartbeats of a node on each network."""

    node: str


@dataclass(frozen=True, slots=True)
class RegroupStarted(Event):
    """The others have missed six heartbeats of a node on all networks."""

    node: str


@dataclass(frozen=True, slots=True)
class RegroupEnded(Event):
    """The new membership is agreed; every silent node is out of it (4.14)."""

    node: str


@dataclass(frozen=True, slots=True)
class QuorumReserved(Event):
    """The challenger has reserved the quorum disk (4.11)."""

    node: str


@dataclass(frozen=True, slots=True)
class QuorumCameOnline(Event):
    """The quorum resource is Online on the challenger; groups may start (4.11)."""

    node: str


@dataclass(frozen=True, slots=True)
class ResourceCameOnline(Event):
    """A resource finished coming online."""

    resource: str


@dataclass(frozen=True, slots=True)
class ResourceWentOffline(Event):
    """A resource finished going offline."""

    resource: str


@dataclass(frozen=True, slots=True)
class OnlineAttemptFailed(Event):
    """An attempt to come online ended in a failure."""

    resource: str
    because: str
    source: str
    error_code: int | None = None
    is_timeout: bool = False


@dataclass(frozen=True, slots=True)
class OfflineTimedOut(Event):
    """A resource was not offline within its pending timeout and is terminated (1.4)."""

    resource: str


@dataclass(frozen=True, slots=True)
class FaultNoticed(Event):
    """A check of a resource found its fault."""

    resource: str


@dataclass(frozen=True, slots=True)
class RestartDue(Event):
    """The pause before a restart in place is over (4.2)."""

    resource: str


@dataclass(frozen=True, slots=True)
class RetryDue(Event):
    """`RetryPeriodOnFailure` is over: one more attempt (4.3)."""

    resource: str


@dataclass(frozen=True, slots=True)
class OwnershipPassed(Event):
    """A moving group arrives on its target (4.4)."""

    group: str


@dataclass(frozen=True, slots=True)
class ServiceStarted(Event):
    """The Cluster service of a node has started and looks for a cluster (4.13)."""

    node: str


@dataclass(frozen=True, slots=True)
class NodeJoined(Event):
    """A node has joined the running cluster (4.13)."""

    node: str


@dataclass(frozen=True, slots=True)
class SearchEnded(Event):
    """No cluster answered a starting node (4.13)."""

    node: str


@dataclass(frozen=True, slots=True)
class FailbackHour(Event):
    """A full hour at which a group goes home (5.6)."""

    group: str


LOSSES = (
    NodeFailed,
    ResourceFaulted,
    HeartbeatsMissed,
    RegroupStarted,
    RegroupEnded,
    OnlineAttemptFailed,
    FaultNoticed,
)
"""Losses and failures; at one moment they come before everything else (4.14)."""
