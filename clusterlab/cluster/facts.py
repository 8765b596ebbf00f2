"""Facts of the Cluster service that stand in tables: durations, event texts, error codes.

Each fact stands once, with its source; everything else looks it up. Durations can be replaced
for one cluster (`ClusterConfig.durations`); the tables themselves change only with the handbook.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Duration(NamedTuple):
    """One row of a table of durations."""

    seconds: float
    meaning: str
    source: str


class EventFact(NamedTuple):
    """One event of the System or Application log; the text is ours, the id is the product's."""

    text: str
    source: str


class ErrorFact(NamedTuple):
    """One error code; *verbatim* is true only where a document of the product has these words."""

    text: str
    source: str
    verbatim: bool = False


_9 = "handbook 1, 9"

CLUSTER_DURATIONS: Mapping[str, Duration] = {
    "interface_lost": Duration(2.4, "2 missed heartbeats: event 1123", f"{_9}; KB 892422"),
    "node_lost": Duration(7.2, "6 missed heartbeats on all networks", f"{_9}; KB 892422"),
    "regroup": Duration(1.0, "regroup until stable", f"{_9}; unsourced"),
    "arbitration_reserve": Duration(7.0, "challenger waits, then reserves", "1, 4.11; KB 309186"),
    "arbitration_reserve_older": Duration(
        10.0, "the same on Windows 2000 and NT 4", "1, 4.11; older texts"
    ),
    "arbitration_online": Duration(10.0, "quorum online after this", "1, 4.11; KB 309186"),
    "arbitration_max": Duration(
        20.0, "longest a node may arbitrate: QuorumArbitrationTimeMax", "1, 2.4 and 4.11; SDK"
    ),
    "transfer": Duration(1.0, "ownership transfer in a move", f"{_9}; unsourced"),
    "ip_address_online": Duration(2.0, "IP Address online", f"{_9}; unsourced"),
    "network_name_online": Duration(5.0, "Network Name online", f"{_9}; unsourced"),
    "disk_online": Duration(3.0, "Physical Disk online", f"{_9}; unsourced"),
    "file_share_online": Duration(0.5, "File Share online", f"{_9}; unsourced"),
    "generic_service_online": Duration(5.0, "Generic Service online", f"{_9}; unsourced"),
    "msdtc_online": Duration(5.0, "Distributed Transaction Coordinator online", f"{_9}; unsourced"),
    "resource_offline": Duration(1.0, "offline of each of these types", f"{_9}; unsourced"),
    "restart_delay": Duration(0.5, "pause before a restart in place", f"{_9}; SDK RestartDelay"),
    "majority_node_set_online": Duration(1.0, "Majority Node Set online", f"{_9}; unsourced"),
    "local_quorum_online": Duration(1.0, "Local Quorum online", "unsourced"),
    "service_retry": Duration(60.0, "the service starts again after a stop", f"{_9}; 1, 4.13"),
    "service_watchdog": Duration(
        60.0, "a Cluster service that hangs is noticed: ClusSvcHeartbeatTimeout", "1, 2.4; SDK"
    ),
    "looks_alive": Duration(5.0, "LooksAlivePollInterval of a type", "handbook 1, 2.3; SDK"),
    "is_alive": Duration(60.0, "IsAlivePollInterval of a type", "handbook 1, 2.3; SDK"),
    "reboot": Duration(475.0, "power on until the Cluster service starts", f"{_9}; unsourced"),
    "join": Duration(5.0, "service start to Up when a cluster answers", f"{_9}; unsourced"),
    "search": Duration(10.0, "search for a cluster when none answers", f"{_9}; unsourced"),
}

CLUSSVC = "ClusSvc"
CLUSDISK = "ClusDisk"
SERVICE_CONTROL = "Service Control Manager"
_83 = "handbook 1, 8.3"

EVENTS: Mapping[tuple[str, int], EventFact] = {
    (CLUSSVC, 1006): EventFact("The Cluster service of {node} halted: {why}.", _83),
    (CLUSSVC, 1009): EventFact("{node} could neither join nor form a cluster: {why}.", _83),
    (CLUSSVC, 1011): EventFact("{peer} was evicted from the cluster.", _83),
    (CLUSSVC, 1021): EventFact("{resource} is low on space.", f"{_83}; KB 251284"),
    (CLUSSVC, 1022): EventFact(
        "{resource} has no space left; the Cluster service cannot start.", f"{_83}; KB 251284"
    ),
    (CLUSSVC, 1038): EventFact("{node} lost the reservation of {resource}.", f"{_83}; KB 309186"),
    (CLUSSVC, 1044): EventFact("No room for another NetBIOS address.", f"{_83}; KB 248605"),
    (CLUSSVC, 1061): EventFact("{node} formed the cluster.", f"{_83}; unsourced"),
    (CLUSSVC, 1062): EventFact("{node} joined the cluster.", f"{_83}; unsourced"),
    (CLUSSVC, 1063): EventFact("The Cluster service of {node} stopped.", _83),
    (CLUSSVC, 1064): EventFact("The quorum resource is now {resource}.", f"{_83}; unsourced"),
    (CLUSSVC, 1069): EventFact("Resource {resource} of group {group} failed.", _83),
    (CLUSSVC, 1070): EventFact(
        "{node} could not begin to join: error {code}.", f"{_83}; KB 886717"
    ),
    (CLUSSVC, 1122): EventFact(
        "Communication with {peer} re-established on network {network}.", f"{_83}; KB 892422"
    ),
    (CLUSSVC, 1123): EventFact(
        "Communication with {peer} lost on network {network}.", f"{_83}; KB 892422"
    ),
    (CLUSSVC, 1126): EventFact("Interface of {peer} unreachable.", f"{_83}; KB 892422"),
    (CLUSSVC, 1127): EventFact(
        "The interface of {peer} on network {network} failed.", f"{_83}; unsourced"
    ),
    (CLUSSVC, 1129): EventFact("Network {network} is partitioned.", f"{_83}; unsourced"),
    (CLUSSVC, 1130): EventFact("Network {network} is down.", f"{_83}; unsourced"),
    (CLUSSVC, 1135): EventFact("{peer} removed from active membership.", f"{_83}; KB 892422"),
    (CLUSSVC, 1146): EventFact("A Resource Monitor of {node} died and is started again.", _83),
    (CLUSSVC, 1147): EventFact("{node} cannot use the quorum log.", f"{_83}; WS2003"),
    (CLUSSVC, 1200): EventFact("Attempting to bring group {group} online.", f"{_83}; unsourced"),
    (CLUSSVC, 1201): EventFact("Group {group} is online.", f"{_83}; unsourced"),
    (CLUSSVC, 1203): EventFact("Attempting to take group {group} offline.", f"{_83}; unsourced"),
    (CLUSSVC, 1204): EventFact("Group {group} is offline.", f"{_83}; unsourced"),
    (CLUSSVC, 1205): EventFact(
        "Group {group} could not be brought completely online or offline.", f"{_83}; unsourced"
    ),
    (CLUSDISK, 1034): EventFact(
        "The disk of {resource} was not found. Expected signature: {signature}.",
        f"{_83}; KB 280425, KB 305793",
    ),
    (SERVICE_CONTROL, 7023): EventFact(
        "The Cluster Service of {node} terminated with an error.", f"{_83}; KB 169414"
    ),
    (SERVICE_CONTROL, 7031): EventFact(
        "The Cluster Service of {node} terminated unexpectedly; it is restarted.",
        f"{_83}; Access Denied errors on 2003 clusters",
    ),
}

_84 = "handbook 1, 8.4"

ERROR_CODES: Mapping[int, ErrorFact] = {
    5001: ErrorFact("other resources depend on the resource", _84),
    5002: ErrorFact("the dependency was not found", _84),
    5003: ErrorFact("the dependency exists already", _84),
    5005: ErrorFact("no host node is available", _84),
    5009: ErrorFact("a node must be down to be evicted", _84),
    5013: ErrorFact("the group was not found", _84),
    5015: ErrorFact("the node is not the owner of the resource", f"{_84}; code unsourced"),
    5016: ErrorFact("the node is not a possible owner", "handbook 1, 5.5; code unsourced"),
    5018: ErrorFact(
        "The cluster resource could not be brought online by the resource monitor",
        "handbook 2, 4.1; KB 329208",
        verbatim=True,
    ),
    5019: ErrorFact("the resource must be offline for this change", _84),
    5020: ErrorFact("the quorum resource cannot be taken offline", _84),
    5021: ErrorFact("the resource cannot be the quorum resource", _84),
    5023: ErrorFact("the state is not valid for this request", _84),
    5024: ErrorFact(
        "the properties are stored, but act only at the next online", "handbook 8, 1.5"
    ),
    5026: ErrorFact("a core resource cannot be deleted", _84),
    5050: ErrorFact("the cluster node is down", "handbook 1, 5.5; code unsourced"),
    5051: ErrorFact("the cluster node cannot be reached", _84),
    5058: ErrorFact("the node is not paused", _84),
    5061: ErrorFact("the node is already up", _84),
    5062: ErrorFact("the node is already down", _84),
    5066: ErrorFact("the network is the last one for internal traffic", _84),
    5067: ErrorFact("the network has resources that depend on it", _84),
    5068: ErrorFact("the operation is not allowed on the quorum resource", _84),
    5069: ErrorFact("the quorum resource may not depend on anything", _84),
    5070: ErrorFact("the node is paused", _84),
    5071: ErrorFact("the owner node cannot run this resource", _84),
    5076: ErrorFact("the cluster has too many resources", _84),
    5079: ErrorFact("the node does not support the resource type", _84),
    5084: ErrorFact("the resource cannot be failed in its present state", _84),
    5893: ErrorFact(
        "the cluster instance of the joining node is not that of its sponsor", f"{_84}; KB 924473"
    ),
    5896: ErrorFact("the node was evicted, and its machine was not cleaned up", _84),
    5908: ErrorFact("the group is moving", _84),
}
