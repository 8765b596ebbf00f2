"""What the engine schedules itself: it comes due about one thing unless something intervenes.

Its words stand in `events.csv`: `{subject}` is the node, group or resource that it is about.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from enum import StrEnum

from clusterlab.cluster.eventbase import WORDS, Event, ItemName


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
