"""Everything that can happen to a cluster, as frozen values.

Names in the past tense happened and cannot be refused; imperative ones were asked for and may be
refused. The last part holds what the engine schedules itself; `apply` takes all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NoReturn, dataclass_transform


@dataclass_transform(eq_default=True, frozen_default=True)
class Event:
    """Base of all events, which are frozen values like dataclasses.

    A real frozen dataclass takes 0.6 ms to make. There are forty events, and `import clusterlab`
    is to stay under 60 ms; this base makes each in a hundredth of that.
    """

    __match_args__: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        """Take the annotations as fields, in order; a class attribute is a default."""
        cls.__match_args__ = tuple(cls.__annotations__)  # type: ignore[misc]

    def __init__(self, *values: Any, **named: Any) -> None:
        """Set the fields, by position or by name."""
        names = self.__match_args__
        if named or len(values) != len(names):
            values = self._completed(values, named)
        fields = self.__dict__
        for name, value in zip(names, values, strict=True):
            fields[name] = value

    @classmethod
    def _completed(cls, values: tuple[Any, ...], named: Mapping[str, Any]) -> tuple[Any, ...]:
        names = cls.__match_args__
        rest = names[len(values) :]
        if not named and rest and all(hasattr(cls, name) for name in rest):
            return (*values, *(getattr(cls, name) for name in rest))
        given = dict(zip(names, values, strict=False)) | dict(named)
        missing = [name for name in names if name not in given and not hasattr(cls, name)]
        if missing or len(given) != len(values) + len(named) or not given.keys() <= set(names):
            raise TypeError(f"{cls.__name__} takes {', '.join(names)}; got {values} {dict(named)}")
        return tuple(given[name] if name in given else getattr(cls, name) for name in names)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        """Refuse: an event is a value."""
        raise AttributeError(f"{type(self).__name__} cannot be changed; make another one")

    def __eq__(self, other: object) -> bool:
        """Return whether *other* is the same event with the same fields."""
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        """Return a hash of the kind of event and what it is about."""
        return hash((type(self), self.subject))

    def __repr__(self) -> str:
        """Return how the event is written in Python."""
        fields = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({fields})"

    @property
    def subject(self) -> str:
        """Name of the node, group or resource that the event is about."""
        return str(getattr(self, self.__match_args__[0]))


# --- what happens to the machines -------------------------------------------------------------


class NodeFailed(Event):
    """A node loses power or stops with a bugcheck (handbook 1, 4.5)."""

    node: str


class ResourceFaulted(Event):
    """What a resource stands for stops working: its process ends, or hangs (1, 4.1; 2, 1.4)."""

    resource: str
    is_hang: bool = False


class InterfaceLost(Event):
    """A cable of a node is pulled: its interface on a network, or with None on all (4.9)."""

    node: str
    network: str | None = None


class InterfaceRestored(Event):
    """A cable of a node is plugged in again; with None all of them."""

    node: str
    network: str | None = None


class NetworkLost(Event):
    """A network carries nothing any more, for all nodes (4.9)."""

    network: str


class NetworkRestored(Event):
    """A lost network works again."""

    network: str


class DiskLost(Event):
    """A shared disk cannot be reached: by one node, or with None by any (4.12)."""

    resource: str
    node: str | None = None


class DiskRestored(Event):
    """A shared disk can be reached again, by every node."""

    resource: str


class QuorumLogDamaged(Event):
    """The quorum log on the quorum disk cannot be used any more (4.12)."""

    resource: str


class ResourceMonitorDied(Event):
    """The Resource Monitor of a node dies; its resources are brought online again (4.1)."""

    node: str


# --- what an administrator asks for -----------------------------------------------------------


class StartNode(Event):
    """Power a node on, or start its Cluster service if it has power (4.13).

    *switch* is one of the start switches of handbook 1, 6.1 without its slash, or "";
    *nodes* is the list of `/forcequorum`.
    """

    node: str
    switch: str = ""
    nodes: tuple[str, ...] = ()


class StopClusterService(Event):
    """Stop the Cluster service of a node in an orderly way (4.6)."""

    node: str


class PauseNode(Event):
    """Let a node keep its groups and accept no others (4.7)."""

    node: str


class ResumeNode(Event):
    """End the pause of a node (4.7)."""

    node: str


class EvictNode(Event):
    """Take a node that is Down out of the cluster (4.8)."""

    node: str


class AddNode(Event):
    """Configure a new node, with the lowest free Node ID; it is Down until it is started (1.1).

    *missing_types* are resource types whose program is not installed on it (5.1).
    """

    node: str
    missing_types: frozenset[str] = frozenset()


class CleanUpNode(Event):
    """Clean the cluster configuration off a machine that was evicted (4.8)."""

    node: str


class SetNetworkPriority(Event):
    """Say which internal network is used first; all of them are given (2.5, 8.1)."""

    networks: tuple[str, ...]


class SetMaintenance(Event):
    """Let a disk stay Online whatever its health checks say, or end that (3)."""

    resource: str
    is_on: bool


class CreateGroup(Event):
    """Make a group without resources; it is Offline (8.1; 3, E01)."""

    group: str


class DeleteGroup(Event):
    """Delete a group that has no resources any more (8.1; 3, 6.2)."""

    group: str


class RenameGroup(Event):
    """Give a group another name (8.1)."""

    group: str
    to: str


class CreateResource(Event):
    """Make a resource, which is Offline, and what its DLL makes with it (8.1; 3, 4.1).

    *type* is the display name of its type; *possible_owners* None means every node; *private*
    are private properties of its type.
    """

    resource: str
    type: str
    group: str
    depends_on: tuple[str, ...] = ()
    possible_owners: tuple[str, ...] | None = None
    private: Mapping[str, Any] | None = None


class DeleteResource(Event):
    """Delete a resource that is offline and that nothing depends on (8.1, 8.4)."""

    resource: str


class RenameResource(Event):
    """Give a resource another name (8.1)."""

    resource: str
    to: str


class ChangeGroup(Event):
    """Put a resource, and all it is bound to by dependencies, into another group (1.4)."""

    resource: str
    to: str


class AddDependency(Event):
    """Let a resource that is offline depend on another one of its group (8.1)."""

    resource: str
    on: str


class RemoveDependency(Event):
    """Let a resource that is offline no longer depend on another one (8.1)."""

    resource: str
    on: str


class DesignateQuorum(Event):
    """Make another resource the quorum resource (6.2)."""

    resource: str


class MoveGroup(Event):
    """Move a group to a named node, or with None to the best possible one (5.2, 5.5)."""

    group: str
    to: str | None = None


class TakeOffline(Event):
    """Take a group or a resource offline (2.1)."""

    name: str


class BringOnline(Event):
    """Bring a group or a resource online on its present owner (2.1)."""

    name: str


class InitiateFailure(Event):
    """Treat a resource as failed at this moment (4.2)."""

    resource: str


class ChooseCommand(Event):
    """Choose an item that a program added to the menu of a resource (4, 4.3.1)."""

    resource: str
    command: str


class SetProperties(Event):
    """Change properties of a group or a resource; see `configuring.configure`."""

    name: str
    properties: Mapping[str, Any]


REQUESTS = (
    StartNode,
    StopClusterService,
    PauseNode,
    ResumeNode,
    EvictNode,
    AddNode,
    CleanUpNode,
    SetNetworkPriority,
    SetMaintenance,
    CreateGroup,
    DeleteGroup,
    RenameGroup,
    CreateResource,
    DeleteResource,
    RenameResource,
    ChangeGroup,
    AddDependency,
    RemoveDependency,
    DesignateQuorum,
    MoveGroup,
    TakeOffline,
    BringOnline,
    InitiateFailure,
    ChooseCommand,
    SetProperties,
)
"""What an administrator asks for; at one moment it comes after everything else (4.14)."""


# --- what comes due ---------------------------------------------------------------------------


class HeartbeatsMissed(Event):
    """Two heartbeats in a row are missing on some network between two members."""

    cluster: str


class RegroupStarted(Event):
    """Six heartbeats in a row are missing on all networks between two members."""

    cluster: str


class RegroupEnded(Event):
    """The new membership is agreed; who does not answer is out of it (4.14)."""

    cluster: str


class QuorumReserved(Event):
    """The challenger has reserved the quorum disk (4.11)."""

    node: str


class QuorumCameOnline(Event):
    """The quorum resource is Online on the challenger; groups may start (4.11)."""

    node: str


class ResourceCameOnline(Event):
    """A resource finished coming online."""

    resource: str


class ResourceWentOffline(Event):
    """A resource finished going offline."""

    resource: str


class OnlineAttemptFailed(Event):
    """An attempt to come online ended in a failure."""

    resource: str
    because: str
    source: str
    error_code: int | None = None
    is_timeout: bool = False


class OfflineTimedOut(Event):
    """A resource was not offline within its pending timeout and is terminated (1.4)."""

    resource: str


class FaultNoticed(Event):
    """A check of a resource found its fault."""

    resource: str


class RestartDue(Event):
    """The pause before a restart in place is over (4.2)."""

    resource: str


class RetryDue(Event):
    """`RetryPeriodOnFailure` is over: one more attempt (4.3)."""

    resource: str


class OwnershipPassed(Event):
    """A moving group arrives on its target (4.4)."""

    group: str


class ServiceStarted(Event):
    """The Cluster service of a node has started and looks for a cluster (4.13)."""

    node: str


class NodeJoined(Event):
    """A node has joined the running cluster (4.13)."""

    node: str


class SearchEnded(Event):
    """No cluster answered a starting node (4.13)."""

    node: str


class CommandEnded(Event):
    """A command of a resource's menu has done its work, if nothing interrupted it (4, 4.5.2)."""

    resource: str
    command: str


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
