"""What the engine schedules itself: events that come due unless something intervenes.

Its words stand in `events.csv`: `{subject}` is the node, group or resource that it is about.
"""

from __future__ import annotations

from typing import Any

from clusterlab.cluster.eventbase import WORDS, Event


def _due(name: str, kind: str, **more: Any) -> type[Any]:
    """Return a kind of event about a *kind* of thing; *more* are further fields with defaults."""
    fields = {kind: f"{kind.capitalize()}Name", **dict.fromkeys(more, "Any")}
    row = {"__module__": __name__, "__doc__": f"{WORDS[name]['due']}.", "__annotations__": fields}
    return type(name, (Event,), {**row, **more})


HeartbeatsMissed = _due("HeartbeatsMissed", "cluster")
RegroupStarted = _due("RegroupStarted", "cluster")
RegroupEnded = _due("RegroupEnded", "cluster")
QuorumReserved = _due("QuorumReserved", "node")
QuorumCameOnline = _due("QuorumCameOnline", "node")
ResourceCameOnline = _due("ResourceCameOnline", "resource")
ResourceWentOffline = _due("ResourceWentOffline", "resource")
OnlineAttemptFailed = _due(
    "OnlineAttemptFailed", "resource", because="", source="", error_code=None, is_timeout=False
)
OfflineTimedOut = _due("OfflineTimedOut", "resource")
FaultNoticed = _due("FaultNoticed", "resource", is_clean=False)
"""After a stop by hand what the resource left is clean."""
HangNoticed = _due("HangNoticed", "node")
RestartDue = _due("RestartDue", "resource")
RetryDue = _due("RetryDue", "resource")
OwnershipPassed = _due("OwnershipPassed", "group")
ServiceStarted = _due("ServiceStarted", "node")
NodeJoined = _due("NodeJoined", "node")
SearchEnded = _due("SearchEnded", "node")
CommandEnded = _due("CommandEnded", "resource", command="")
FailbackHour = _due("FailbackHour", "group")

OF_RESOURCES = (
    *(ResourceCameOnline, ResourceWentOffline, OnlineAttemptFailed),
    *(OfflineTimedOut, FaultNoticed, RestartDue),
)
"""What comes due for a resource, apart from the one retry."""
