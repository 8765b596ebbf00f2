"""What the engine schedules itself: events that come due unless something intervenes.

Each is a row with its words: `{subject}` is the node, group or resource that it is about.
"""

from __future__ import annotations

from typing import Any

from clusterlab.cluster.eventbase import Event


def _due(name: str, words: str, kind: str, *, priority: int = 1, **more: Any) -> type[Any]:
    """Return a kind of event about a *kind* of thing; *more* are further fields with defaults."""
    fields = {kind: f"{kind.capitalize()}Name", **dict.fromkeys(more, "Any")}
    row = {"__module__": __name__, "__doc__": f"{words}.", "__annotations__": fields}
    return type(name, (Event,), {**row, "due": words, "priority": priority, **more})


_FIRST: dict[str, Any] = {"priority": 0}  # losses and failures come before changes of state (4.14)

HeartbeatsMissed = _due(
    "HeartbeatsMissed", "two heartbeats of {subject} are missed", "cluster", **_FIRST
)
RegroupStarted = _due(
    "RegroupStarted",
    "six heartbeats of {subject} are missed: a regroup starts",
    "cluster",
    **_FIRST,
)
RegroupEnded = _due(
    "RegroupEnded", "the regroup ends; {subject} did not answer", "cluster", **_FIRST
)
QuorumReserved = _due("QuorumReserved", "{subject} reserves the quorum", "node")
QuorumCameOnline = _due("QuorumCameOnline", "the quorum is Online on {subject}", "node")
ResourceCameOnline = _due("ResourceCameOnline", "{subject} Online", "resource")
ResourceWentOffline = _due("ResourceWentOffline", "{subject} Offline", "resource")
OnlineAttemptFailed = _due(
    "OnlineAttemptFailed", "{subject} gives up coming online", "resource",
    because="", source="", error_code=None, is_timeout=False, **_FIRST,
)  # fmt: skip
OfflineTimedOut = _due(
    "OfflineTimedOut", "{subject} is terminated, its pending timeout is over", "resource"
)
FaultNoticed = _due(
    "FaultNoticed", "a check of {subject} finds its fault", "resource", is_clean=False, **_FIRST
)
"""After a stop by hand what the resource left is clean."""
HangNoticed = _due(
    "HangNoticed",
    "the watchdog of {subject} finds its Cluster service hanging",
    "node",
    **_FIRST,
)
RestartDue = _due("RestartDue", "{subject} is restarted in place", "resource")
RetryDue = _due("RetryDue", "{subject} is tried once more", "resource")
OwnershipPassed = _due("OwnershipPassed", "{subject} arrives on its new owner", "group")
ServiceStarted = _due("ServiceStarted", "the Cluster service of {subject} has started", "node")
NodeJoined = _due("NodeJoined", "{subject} has joined", "node")
SearchEnded = _due("SearchEnded", "{subject} has found no cluster and tries to form one", "node")
CommandEnded = _due("CommandEnded", "{command} of {subject} ends", "resource", command="")
FailbackHour = _due("FailbackHour", "a full hour: groups may go home", "group")

OF_RESOURCES = (
    *(ResourceCameOnline, ResourceWentOffline, OnlineAttemptFailed),
    *(OfflineTimedOut, FaultNoticed, RestartDue),
)
"""What comes due for a resource, apart from the one retry."""
