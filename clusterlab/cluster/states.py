"""The states of nodes, groups and resources in the product's words, and other enumerations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum, IntEnum
from typing import Any, NamedTuple


class NodeState(Enum):
    """State of a node as Cluster Administrator shows it (handbook 1, 1.2)."""

    UP = "Up"
    DOWN = "Down"
    PAUSED = "Paused"
    JOINING = "Joining"


class ResourceState(Enum):
    """State of a resource in the product's words (handbook 1, 1.2)."""

    ONLINE = "Online"
    OFFLINE = "Offline"
    FAILED = "Failed"
    ONLINE_PENDING = "Online Pending"
    OFFLINE_PENDING = "Offline Pending"

    @property
    def is_pending(self) -> bool:
        """Whether the resource is on its way to Online or Offline."""
        return self in PENDING_STATES


PENDING_STATES = (ResourceState.ONLINE_PENDING, ResourceState.OFFLINE_PENDING)
OFF_STATES = (ResourceState.OFFLINE, ResourceState.FAILED)


class GroupState(Enum):
    """State of a group, always derived from its resources (handbook 1, 1.3)."""

    ONLINE = "Online"
    OFFLINE = "Offline"
    FAILED = "Failed"
    PARTIALLY_ONLINE = "Partially Online"
    PENDING = "Pending"


class RestartAction(IntEnum):
    """What a failed resource may do (property `RestartAction`, handbook 1, 2.2)."""

    DONT_RESTART = 0
    RESTART = 1
    """Restart; "Affect the group" cleared: never moves the group."""
    RESTART_AND_AFFECT_GROUP = 2
    """Restart; past the threshold the whole group fails over."""


class Windows(IntEnum):
    """The operating system of the nodes, in order of age (handbook 1, 10)."""

    NT4 = 4
    W2K = 5
    WS2003 = 6

    @property
    def year(self) -> int:
        """The year in its name, or that it appeared in."""
        return {4: 1996, 5: 2000, 6: 2003}[self.value]


MAX_NODES: Mapping[Windows, int] = {Windows.NT4: 2, Windows.W2K: 4, Windows.WS2003: 8}
"""Most nodes the largest edition of each Windows allows (handbook 1, 7)."""


class NetworkState(Enum):
    """State of a network (handbook 1, 1.2)."""

    UNAVAILABLE = "Unavailable"
    DOWN = "Down"
    PARTITIONED = "Partitioned"
    UP = "Up"


class InterfaceState(Enum):
    """State of one node's interface on a network (handbook 1, 1.2)."""

    UNAVAILABLE = "Unavailable"
    FAILED = "Failed"
    UNREACHABLE = "Unreachable"
    UP = "Up"


class QuorumModel(Enum):
    """How a partition of the cluster proves that it may run (handbook 1, 6)."""

    SHARED_DISK = "shared disk"
    LOCAL = "local quorum"
    MAJORITY = "majority node set"


class NetworkRole(IntEnum):
    """What a network may carry (handbook 1, 2.5)."""

    NONE = 0
    INTERNAL = 1
    CLIENT = 2
    ALL = 3


MEMBER_STATES = (NodeState.UP, NodeState.PAUSED)


def derive_group_state(states: Iterable[ResourceState]) -> GroupState:
    """Return the state of a group whose resources are in *states* (handbook 1, 1.3).

    Example:
        >>> derive_group_state([ResourceState.ONLINE, ResourceState.OFFLINE])
        <GroupState.PARTIALLY_ONLINE: 'Partially Online'>
        >>> derive_group_state([])
        <GroupState.OFFLINE: 'Offline'>

    Source: handbook 1, 1.3.
    """
    present = set(states)
    if ResourceState.FAILED in present:
        return GroupState.FAILED
    if present.intersection(PENDING_STATES):
        return GroupState.PENDING
    if present <= {ResourceState.OFFLINE}:
        return GroupState.OFFLINE
    if present == {ResourceState.ONLINE}:
        return GroupState.ONLINE
    return GroupState.PARTIALLY_ONLINE


class ActivityKind(Enum):
    """What the Cluster service is doing with a group; the words are ours."""

    COMING_ONLINE = "coming online"
    GOING_OFFLINE = "going offline"
    MOVING = "moving"
    GIVING_UP = "giving up"
    """Going offline because its resource failed for good (handbook 1, 4.3)."""
    RETRYING = "retrying"
    """The one attempt after `RetryPeriodOnFailure`."""
    AWAITING_QUORUM = "awaiting quorum"
    AWAITING_OWNER = "awaiting owner"
    """No eligible node; brought online when one is Up (handbook 1, 4.13)."""


class Cause(Enum):
    """Why a group needs a node (handbook 1, 5.2)."""

    RESOURCE_FAILURE = "resource failure"
    NODE_FAILURE = "node failure"
    MOVE_GROUP = "Move Group"
    FAILBACK = "failback"


class Activity(NamedTuple):
    """What is going on with one group.

    Attributes:
        target: Node a moving group will arrive on.
        resource: The resource being retried, or the one that failed for good.
        is_in_transfer: Whether everything is offline and only the ownership is still passing.
    """

    kind: ActivityKind
    target: str | None = None
    cause: Cause | None = None
    resource: str | None = None
    is_in_transfer: bool = False


class HangAction(IntEnum):
    """What the watchdog of a node does when its Cluster service hangs (handbook 1, 2.4)."""

    NOTHING = 0
    LOG = 1
    TERMINATE = 2
    """Terminate the service: the default on Windows 2000 SP4 and Windows Server 2003."""
    BUGCHECK = 3
    """Stop the machine, 0x9E: the default from Windows Server 2008 on."""


class Hang(NamedTuple):
    """A node that hangs: how, whether it owned the quorum, since when, and what stood still."""

    in_user_mode: bool
    owned_quorum: bool
    since_s: float
    timers: tuple[Any, ...]


# --- what a table of a cluster holds ----------------------------------------------------------


class Seen(Enum):
    """How those who watch whether users are served learn that a table has changed."""

    BY_NAME = "by name"
    """Each change is noted under the name of the group or resource."""
    BY_VALUE = "by value"
    """The value before and the value after are compared."""
    NOT = "not"
    """Users see nothing of it."""


class Kept(NamedTuple):
    """What a field of a `Cluster` says of itself.

    Attributes:
        keyed_by: What its keys name, such as "node"; a key of several names has several words.
            Empty for a single value.
        is_moment: Whether its values are moments, or tuples of moments.
        seen: How users come to see a change.
    """

    keyed_by: tuple[str, ...]
    is_moment: bool
    seen: Seen


def kept(*keyed_by: str, is_moment: bool = False, seen: Seen = Seen.BY_VALUE) -> Mapping[str, Kept]:
    """Return what a field of a cluster says of itself, as metadata for the field."""
    return {"kept": Kept(keyed_by, is_moment, seen)}
