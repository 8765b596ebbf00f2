"""Everything that can happen to a cluster, as frozen values; their words stand in `events.csv`.

Names in the past tense happened and cannot be refused; imperative ones were asked for and may be
refused. What the engine schedules itself is `Due`; `apply` takes all of them.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from enum import StrEnum
from typing import Any

from clusterlab.cluster.eventbase import (
    WORDS,
    GroupName,
    ItemName,
    NetworkName,
    NewName,
    NodeName,
    ResourceName,
)
from clusterlab.cluster.eventbase import Event as Event  # noqa: PLC0414  importers find it here
from clusterlab.cluster.properties import private_words

# --- what happens to the machines -------------------------------------------------------------


class NodeFailed(Event):
    """A node loses power or stops with a bugcheck (handbook 1, 4.5)."""

    node: NodeName


class NodeHung(Event):
    """A machine hangs, or only its programs while the kernel goes on (handbook 1, 4.5)."""

    node: NodeName
    in_user_mode: bool = False


class NodeWoken(Event):
    """A machine that hung goes on (handbook 1, 4.5)."""

    node: NodeName


class ResourceFaulted(Event):
    """What a resource stands for stops working: its process ends, or hangs (1, 4.1; 2, 1.4)."""

    resource: ResourceName
    is_hang: bool = False


class ServiceStopped(Event):
    """The service behind a resource is stopped by hand: a failure, but a clean stop (2, 1.4)."""

    resource: ResourceName


class InterfaceLost(Event):
    """A cable of a node is pulled: its interface on a network, or with None on all (4.9)."""

    node: NodeName
    network: NetworkName | None = None


class InterfaceRestored(Event):
    """A cable of a node is plugged in again; with None all of them."""

    node: NodeName
    network: NetworkName | None = None


class NetworkLost(Event):
    """A network carries nothing any more, for all nodes (4.9)."""

    network: NetworkName


class NetworkRestored(Event):
    """A lost network works again."""

    network: NetworkName


class DiskLost(Event):
    """A shared disk cannot be reached: by one node, or with None by any (4.12)."""

    resource: ResourceName
    node: NodeName | None = None


class DiskRestored(Event):
    """A shared disk can be reached again, by every node."""

    resource: ResourceName


class DiskSigned(Event):
    """A tool, or another disk in its place, changes the signature of a disk (3; KB 305793).

    None writes the one back that the cluster expects.
    """

    resource: ResourceName
    signature: str | None = None


class QuorumLogDamaged(Event):
    """The quorum log on the quorum disk cannot be used any more (4.12)."""

    resource: ResourceName


class QuorumDiskFilled(Event):
    """The quorum disk has no space left: changes are refused, a start too (4.12)."""

    resource: ResourceName


class QuorumDiskFreed(Event):
    """Files are deleted from the quorum disk; with *node* by the cure for a stopped cluster (4.12).

    The cure: the other nodes off, ClusDisk and the Cluster service disabled on *node*, restart.
    """

    resource: ResourceName
    node: NodeName | None = None


class ResourceMonitorDied(Event):
    """The Resource Monitor of a node dies; its resources are brought online again (4.1)."""

    node: NodeName


class IisAdminEnded(Event):
    """IIS Admin ends on a node: what needs it fails; a reset on top leaves a defect (2, 1.4)."""

    node: NodeName
    is_reset: bool = True


class SetRegistry(Event):
    """Set a key of the registry on one node by hand (3)."""

    node: NodeName
    key: str
    value: str


# --- what an administrator asks for -----------------------------------------------------------


class Request(Event):
    """What an administrator asks for."""


class StartNode(Request):
    """Power a node on, or start its Cluster service if it has power (4.13).

    *switch* is one of the start switches of handbook 1, 6.1 without its slash, or "";
    *nodes* is the list of `/forcequorum`.
    """

    node: NodeName
    switch: str = ""
    nodes: tuple[NodeName, ...] = ()

    def in_words(self) -> str:
        """Return what was asked for, with the switch."""
        switch = f" with /{self.switch} {','.join(self.nodes)}".rstrip() if self.switch else ""
        return super().in_words() + switch


class StopClusterService(Request):
    """Stop the Cluster service of a node in an orderly way (4.6)."""

    node: NodeName


class PauseNode(Request):
    """Let a node keep its groups and accept no others (4.7)."""

    node: NodeName


class ResumeNode(Request):
    """End the pause of a node (4.7)."""

    node: NodeName


class EvictNode(Request):
    """Take a node that is Down out of the cluster (4.8)."""

    node: NodeName


class CleanUpNode(Request):
    """Clean the cluster configuration off a machine that was evicted (4.8)."""

    node: NodeName


class SetNetworkPriority(Request):
    """Say which internal network is used first; all of them are given (2.5, 8.1)."""

    networks: tuple[NetworkName, ...]


class AddNode(Request):
    """Configure a new node, with the lowest free Node ID; it is Down until it is started (1.1).

    *missing_types* are resource types whose program is not installed on it (5.1).
    """

    node: NewName
    missing_types: frozenset[str] = frozenset()


class DesignateQuorum(Request):
    """Make another resource the quorum resource (6.2)."""

    resource: ResourceName


class CreateGroup(Request):
    """Make a group without resources; it is Offline (8.1; 3, E01)."""

    group: NewName


class DeleteGroup(Request):
    """Delete a group that has no resources any more (8.1; 3, 6.2)."""

    group: GroupName


class RenameGroup(Request):
    """Give a group another name (8.1)."""

    group: GroupName
    to: NewName


class MoveGroup(Request):
    """Move a group to a named node, or with None to the best possible one (5.2, 5.5)."""

    group: GroupName
    to: NodeName | None = None


class CreateResource(Request):
    """Make a resource, which is Offline, and what its DLL makes with it (8.1; 3, 4.1).

    *type* is the display name of its type; *possible_owners* None means every node; *private*
    are private properties of its type.
    """

    resource: NewName
    type: str
    group: GroupName
    depends_on: tuple[ResourceName, ...] = ()
    possible_owners: tuple[NodeName, ...] | None = None
    private: Mapping[str, Any] | None = None


class DeleteResource(Request):
    """Delete a resource that is offline and that nothing depends on (8.1, 8.4)."""

    resource: ResourceName


class RenameResource(Request):
    """Give a resource another name (8.1)."""

    resource: ResourceName
    to: NewName


class ChangeGroup(Request):
    """Put a resource, and all it is bound to by dependencies, into another group (1.4)."""

    resource: ResourceName
    to: GroupName


class AddDependency(Request):
    """Let a resource that is offline depend on another one of its group (8.1)."""

    resource: ResourceName
    on: ResourceName


class RemoveDependency(Request):
    """Let a resource that is offline no longer depend on another one (8.1)."""

    resource: ResourceName
    on: ResourceName


class AddCheckpoint(Request):
    """Let a key of the registry go with a resource from node to node (3)."""

    resource: ResourceName
    key: str


class RemoveCheckpoint(Request):
    """Let a key of the registry no longer go with a resource (3)."""

    resource: ResourceName
    key: str


class BringOnline(Request):
    """Bring a group or a resource online on its present owner (2.1)."""

    name: ItemName


class TakeOffline(Request):
    """Take a group or a resource offline (2.1)."""

    name: ItemName


class SetMaintenance(Request):
    """Let a disk stay Online whatever its health checks say, or end that (3)."""

    resource: ResourceName
    is_on: bool


class InitiateFailure(Request):
    """Treat a resource as failed at this moment (4.2)."""

    resource: ResourceName


class ChooseCommand(Request):
    """Choose an item that a program added to the menu of a resource (4, 4.3.1)."""

    resource: ResourceName
    command: str


class SetProperties(Request):
    """Change properties of a group or a resource; see `configuring.configure`."""

    name: ItemName
    properties: Mapping[str, Any]

    def in_words(self) -> str:
        """Return what was asked for: each property with its value."""
        given = (property_text(key, value) for key, value in self.properties.items())
        return super().in_words() + ", ".join(given)


def property_text(key: str, value: object) -> str:
    """Return a property and its value; of versions and private properties each by its own name."""
    if isinstance(value, Mapping) and key == "private":
        return ", ".join(private_words(value)) or "no private properties"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {inner}" for name, inner in value.items()) or f"no {key}"
    return f"{key} = {_value_text(value)}"


def _value_text(value: object) -> str:
    if isinstance(value, tuple | frozenset):
        return ", ".join(sorted(value) if isinstance(value, frozenset) else value) or "none"
    return str(value)


REQUESTS = tuple(Request.__subclasses__())
"""What an administrator asks for."""

SENT = (*REQUESTS, *(kind for kind in Event.__subclasses__() if kind.says))
"""What somebody does, or what happens to the machines; the engine schedules everything else."""


# --- what comes due -----------------------------------------------------------------------------


class DueKind(StrEnum):
    """What can come due, by its row in `events.csv`."""

    HEARTBEATS_MISSED = "HeartbeatsMissed"
    REGROUP_STARTED = "RegroupStarted"
    REGROUP_ENDED = "RegroupEnded"
    QUORUM_RESERVED = "QuorumReserved"
    QUORUM_CAME_ONLINE = "QuorumCameOnline"
    CAME_ONLINE = "ResourceCameOnline"
    WENT_OFFLINE = "ResourceWentOffline"
    ONLINE_FAILED = "OnlineAttemptFailed"
    OFFLINE_TIMED_OUT = "OfflineTimedOut"
    FAULT_NOTICED = "FaultNoticed"
    HANG_NOTICED = "HangNoticed"
    RESTART = "RestartDue"
    RETRY = "RetryDue"
    OWNERSHIP_PASSED = "OwnershipPassed"
    SERVICE_STARTED = "ServiceStarted"
    NODE_JOINED = "NodeJoined"
    SEARCH_ENDED = "SearchEnded"
    COMMAND_ENDED = "CommandEnded"
    FAILBACK_HOUR = "FailbackHour"


class Due(Event):
    """Something that comes due about a node, group or resource, or about the cluster.

    Attributes:
        because: Why an attempt to come online fails, with the source and the code of the error.
        is_timeout: Whether it fails since it took too long.
        is_clean: Whether what a fault leaves is clean, as after a stop by hand.
        command: Of the menu of a resource, that ends.
    """

    name: ItemName
    kind: DueKind
    because: str = ""
    source: str = ""
    error_code: int | None = None
    is_timeout: bool = False
    is_clean: bool = False
    command: str = ""

    @property
    def row(self) -> Mapping[str, str]:
        """The words of its kind."""
        return WORDS[self.kind]


def comes(event: Event, *kinds: DueKind, of: Container[str] | None = None) -> bool:
    """Return whether *event* is one of these, about one of the names *of* if some are given."""
    return isinstance(event, Due) and event.kind in kinds and (of is None or event.name in of)


OF_CONTACTS = (DueKind.HEARTBEATS_MISSED, DueKind.REGROUP_STARTED, DueKind.REGROUP_ENDED)
"""What comes due while members do not hear each other."""
OF_NODES = (
    *(DueKind.QUORUM_RESERVED, DueKind.QUORUM_CAME_ONLINE),
    *(DueKind.SERVICE_STARTED, DueKind.NODE_JOINED, DueKind.SEARCH_ENDED),
)
"""Reservations, starts, joins, searches."""
OF_RESOURCES = (
    *(DueKind.CAME_ONLINE, DueKind.WENT_OFFLINE, DueKind.ONLINE_FAILED),
    *(DueKind.OFFLINE_TIMED_OUT, DueKind.FAULT_NOTICED, DueKind.RESTART),
)
"""What comes due for a resource, apart from the one retry."""
