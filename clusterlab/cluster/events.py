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


@dataclass(frozen=True, slots=True)
class InterfaceLost(Event):
    """A cable of a node is pulled: its interface on a network, or with None on all (4.9)."""

    node: str
    network: str | None = None


@dataclass(frozen=True, slots=True)
class InterfaceRestored(Event):
    """A cable of a node is plugged in again; with None all of them."""

    node: str
    network: str | None = None


@dataclass(frozen=True, slots=True)
class NetworkLost(Event):
    """A network carries nothing any more, for all nodes (4.9)."""

    network: str


@dataclass(frozen=True, slots=True)
class NetworkRestored(Event):
    """A lost network works again."""

    network: str


@dataclass(frozen=True, slots=True)
class DiskLost(Event):
    """A shared disk cannot be reached: by one node, or with None by any (4.12)."""

    resource: str
    node: str | None = None


@dataclass(frozen=True, slots=True)
class DiskRestored(Event):
    """A shared disk can be reached again, by every node."""

    resource: str


@dataclass(frozen=True, slots=True)
class QuorumLogDamaged(Event):
    """The quorum log on the quorum disk cannot be used any more (4.12)."""

    resource: str


@dataclass(frozen=True, slots=True)
class ResourceMonitorDied(Event):
    """The Resource Monitor of a node dies; its resources are brought online again (4.1)."""

    node: str


# --- what an administrator asks for -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StartNode(Event):
    """Power a node on, or start its Cluster service if it has power (4.13).

    *switch* is one of the start switches of handbook 1, 6.1 without its slash, or "";
    *nodes* is the list of `/forcequorum`.
    """

    node: str
    switch: str = ""
    nodes: tuple[str, ...] = ()


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
class EvictNode(Event):
    """Take a node that is Down out of the cluster (4.8)."""

    node: str


@dataclass(frozen=True, slots=True)
class AddNode(Event):
    """Configure a new node, with the lowest free Node ID; it is Down until it is started (1.1)."""

    node: str


@dataclass(frozen=True, slots=True)
class DesignateQuorum(Event):
    """Make another resource the quorum resource (6.2)."""

    resource: str


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
    EvictNode,
    AddNode,
    DesignateQuorum,
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
    """Two heartbeats in a row are missing on some network between two members."""

    cluster: str


@dataclass(frozen=True, slots=True)
class RegroupStarted(Event):
    """Six heartbeats in a row are missing on all networks between two members."""

    cluster: str


@dataclass(frozen=True, slots=True)
class RegroupEnded(Event):
    """The new membership is agreed; who does not answer is out of it (4.14)."""

    cluster: str


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
    InterfaceLost,
    NetworkLost,
    DiskLost,
    QuorumLogDamaged,
    ResourceMonitorDied,
    ResourceFaulted,
    HeartbeatsMissed,
    RegroupStarted,
    RegroupEnded,
    OnlineAttemptFailed,
    FaultNoticed,
)
"""Losses and failures; at one moment they come before everything else (4.14)."""
