"""What the engine schedules itself: events that come due unless something intervenes."""

from __future__ import annotations

from clusterlab.cluster.eventbase import Event, GroupName, NodeName, ResourceName


class HeartbeatsMissed(Event):
    """Two heartbeats in a row are missing on some network between two members."""

    cluster: str
    due = "two heartbeats of {subject} are missed"
    priority = 0


class RegroupStarted(Event):
    """Six heartbeats in a row are missing on all networks between two members."""

    cluster: str
    due = "six heartbeats of {subject} are missed: a regroup starts"
    priority = 0


class RegroupEnded(Event):
    """The new membership is agreed; who does not answer is out of it (4.14)."""

    cluster: str
    due = "the regroup ends; {subject} did not answer"
    priority = 0


class QuorumReserved(Event):
    """The challenger has reserved the quorum disk (4.11)."""

    node: NodeName
    due = "{subject} reserves the quorum"


class QuorumCameOnline(Event):
    """The quorum resource is Online on the challenger; groups may start (4.11)."""

    node: NodeName
    due = "the quorum is Online on {subject}"


class ResourceCameOnline(Event):
    """A resource finished coming online."""

    resource: ResourceName
    due = "{subject} Online"


class ResourceWentOffline(Event):
    """A resource finished going offline."""

    resource: ResourceName
    due = "{subject} Offline"


class OnlineAttemptFailed(Event):
    """An attempt to come online ended in a failure."""

    resource: ResourceName
    because: str
    source: str
    error_code: int | None = None
    is_timeout: bool = False
    due = "{subject} gives up coming online"
    priority = 0


class OfflineTimedOut(Event):
    """A resource was not offline within its pending timeout and is terminated (1.4)."""

    resource: ResourceName
    due = "{subject} is terminated, its pending timeout is over"


class FaultNoticed(Event):
    """A check of a resource found its fault; after a stop by hand what it left is clean."""

    resource: ResourceName
    is_clean: bool = False
    due = "a check of {subject} finds its fault"
    priority = 0


class HangNoticed(Event):
    """The watchdog of a node sees that its Cluster service hangs (2.4)."""

    node: NodeName
    due = "the watchdog of {subject} finds its Cluster service hanging"
    priority = 0


class RestartDue(Event):
    """The pause before a restart in place is over (4.2)."""

    resource: ResourceName
    due = "{subject} is restarted in place"


class RetryDue(Event):
    """`RetryPeriodOnFailure` is over: one more attempt (4.3)."""

    resource: ResourceName
    due = "{subject} is tried once more"


class OwnershipPassed(Event):
    """A moving group arrives on its target (4.4)."""

    group: GroupName
    due = "{subject} arrives on its new owner"


class ServiceStarted(Event):
    """The Cluster service of a node has started and looks for a cluster (4.13)."""

    node: NodeName
    due = "the Cluster service of {subject} has started"


class NodeJoined(Event):
    """A node has joined the running cluster (4.13)."""

    node: NodeName
    due = "{subject} has joined"


class SearchEnded(Event):
    """No cluster answered a starting node (4.13)."""

    node: NodeName
    due = "{subject} has found no cluster and tries to form one"


class CommandEnded(Event):
    """A command of a resource's menu has done its work, if nothing interrupted it (4, 4.5.2)."""

    resource: ResourceName
    command: str
    due = "{command} of {subject} ends"


class FailbackHour(Event):
    """A full hour at which a group goes home (5.6)."""

    group: GroupName
    due = "a full hour: groups may go home"
