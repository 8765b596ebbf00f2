"""The resource types that come with Windows (handbook 1, 3) and how their faults are noticed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from clusterlab.cluster.errors import impossible
from clusterlab.cluster.facts import CLUSSVC, EVENTS
from clusterlab.cluster.kinds import (
    FailureEvent,
    FailureEvents,
    OnlineRefusal,
    ResourceType,
    with_private,
)
from clusterlab.cluster.model import WINDOWS, Cluster, ClusterConfig, Resource
from clusterlab.cluster.networks import network_of
from clusterlab.cluster.states import QuorumModel, ResourceState


def table_s(key: str) -> Callable[[Cluster, Resource], float]:
    """Return a function that looks the duration *key* up in the cluster's table."""
    return _TableDuration(key)


@dataclass(frozen=True, slots=True)
class _TableDuration:
    """A duration that is one row of the table; a class, so that types can be pickled."""

    key: str

    def __call__(self, cluster: Cluster, resource: Resource) -> float:
        return cluster.config.durations[self.key]


def polled_detection_s(cluster: Cluster, resource: Resource, is_hang: bool) -> float:
    """Return the seconds until the first poll that sees a fault which begins now (handbook 1, 4.1).

    LooksAlive sees a process that ended, only IsAlive sees a hang; polls fall at whole multiples
    of the interval after the resource came online.
    """
    durations = cluster.config.durations
    if is_hang:
        interval_s = resource.is_alive_poll_s or durations["is_alive"]
    else:
        interval_s = resource.looks_alive_poll_s or durations["looks_alive"]
    return until_next_check_s(cluster, resource, interval_s, 0.0)


def until_next_check_s(
    cluster: Cluster, resource: Resource, interval_s: float, after_s: float
) -> float:
    """Return the seconds from now to the first check at or after now + *after_s*."""
    online_since_s = cluster.since_s.get(resource.name, 0.0)
    elapsed_s = cluster.now_s + after_s - online_since_s
    checks = max(1, -(-round(elapsed_s, 3) // interval_s))
    return float(round(online_since_s + checks * interval_s - cluster.now_s, 3))


def check_one_in_cluster(config: ClusterConfig, resource: Resource) -> None:
    """Raise ConfigError for a second resource of a type that a cluster has once (handbook 1, 3)."""
    _check_one(config.resources, resource, f"cluster {config.name!r}")


def check_one_in_group(config: ClusterConfig, resource: Resource) -> None:
    """Raise ConfigError for a second resource of a type that a group has once (handbook 1, 3)."""
    _check_one(config.members[resource.group], resource, f"group {resource.group!r}")


def _check_one(among: tuple[Resource, ...], resource: Resource, where: str) -> None:
    same = sorted(other.name for other in among if other.type.name == resource.type.name)
    if len(same) > 1:
        raise impossible(
            "two of one type", where, len(same), resource.type.name, ", ".join(same[:5])
        )


_OFFLINE = table_s("resource_offline")


def _cluster_type(name: str, short: str, part: str, key: str, **more: Any) -> ResourceType:
    return ResourceType(
        name=name,
        short=short,
        service_part=part,
        online_s=table_s(key),
        offline_s=_OFFLINE,
        detection_s=polled_detection_s,
        **more,
    )


def disk_refusal(cluster: Cluster, resource: Resource) -> OnlineRefusal | None:
    """Fail to come online where no disk with its signature is found (2, 4.2; 1, 3 and 4.12)."""
    owner = cluster.owners[resource.group]
    if cluster.finds_disk(resource.name, owner):
        return None
    because = f"{owner} cannot reach the disk"
    if cluster.can_reach_disk(resource.name, owner):
        because = "the signature on the disk is not the one in its properties: write it back first"
    after_s = cluster.config.durations["disk_online"]
    return OnlineRefusal(after_s, because, "handbook 1, 3 and 4.12; 2, 4.2")


MAX_NETBIOS = 64
"""Addresses bound to NetBIOS on one node (handbook 1, 3; KB 248605)."""
_NETBIOS_FULL = FailureEvent(CLUSSVC, 1044, EVENTS[CLUSSVC, 1044].text)


def uses_netbios(private: Mapping[str, Any]) -> bool:
    """Return whether an IP Address takes a place in the NetBIOS table of its node."""
    return bool(private.get("EnableNetBIOS", 1))


def _netbios_on(cluster: Cluster, node: str, but: str) -> int:
    """Return how many other addresses with NetBIOS are up on *node*, or on their way."""
    addresses = cluster.config.resources_by_type.get("IP Address", ())
    if len(addresses) <= MAX_NETBIOS:
        return 0
    running = (ResourceState.ONLINE, ResourceState.ONLINE_PENDING)
    return sum(
        cluster.owners[other.group] == node
        and cluster.resource_states[other.name] in running
        and uses_netbios(cluster.private_in_use(other))
        for other in addresses
        if other.name != but
    )


def address_refusal(cluster: Cluster, resource: Resource) -> OnlineRefusal | None:
    """Fail to come online on a node whose interface on the network is Failed (4.9)."""
    owner, network = cluster.owners[resource.group], network_of(cluster.config, resource)
    after_s = cluster.config.durations["ip_address_online"]
    if uses_netbios(resource.private) and _netbios_on(cluster, owner, resource.name) >= MAX_NETBIOS:
        because = f"{owner} has {MAX_NETBIOS} addresses with NetBIOS already"
        return OnlineRefusal(after_s, because, "handbook 1, 3; KB 248605", instead=(_NETBIOS_FULL,))
    if (owner, network) not in cluster.noticed:
        return None
    because = f"the interface of {owner} on network {network} is Failed"
    return OnlineRefusal(after_s, because, "handbook 1, 4.9; KB 242600")


CONVERTED = "converted"
"""Private property of ours: whether Windows Server 2003 has converted a database."""
_CONVERTED = FailureEvent("esent", 609, "The database is converted to the newer format.")
_UNREADABLE = FailureEvent("esent", 412, "The header of the database cannot be read: error -530.")


def _windows_of(cluster: Cluster, resource: Resource) -> str:
    owner = cluster.config.nodes_by_name[cluster.owners[resource.group]]
    return owner.installed.get(WINDOWS, "")


def database_converted(cluster: Cluster, resource: Resource) -> ClusterConfig:
    """Return the configuration after the first online on Windows Server 2003 (3; KB 293302)."""
    if resource.private.get(CONVERTED) or not _windows_of(cluster, resource).startswith("2003"):
        return cluster.config
    return with_private(cluster.config, resource, {**resource.private, CONVERTED: True})


def database_refusal(cluster: Cluster, resource: Resource) -> OnlineRefusal | None:
    """Fail on Windows 2000 once the database was converted (handbook 1, 3; KB 293302)."""
    windows = _windows_of(cluster, resource)
    if not resource.private.get(CONVERTED) or not windows.startswith("2000"):
        return None
    because = f"its database was converted on Windows 2003, and {windows} cannot read it"
    after_s = cluster.config.durations[_SERVICE_KEY]
    return OnlineRefusal(after_s, because, "handbook 1, 3; KB 293302", instead=(_UNREADABLE,))


_DATABASE: dict[str, Any] = {
    "online_refusal": database_refusal,
    "on_online": database_converted,
    "failure_events": FailureEvents(converted=_CONVERTED),
}

PHYSICAL_DISK = _cluster_type(
    "Physical Disk", "Disk", "disk", "disk_online", online_refusal=disk_refusal,
    quorum_model=QuorumModel.SHARED_DISK,
)  # fmt: skip
LOCAL_QUORUM = _cluster_type(
    "Local Quorum", "Quorum", "quorum", "local_quorum_online", quorum_model=QuorumModel.LOCAL
)
MAJORITY_NODE_SET = _cluster_type(
    "Majority Node Set", "MNS", "quorum", "majority_node_set_online",
    quorum_model=QuorumModel.MAJORITY,
)  # fmt: skip
IP_ADDRESS = _cluster_type(
    "IP Address", "IP", "address", "ip_address_online", online_refusal=address_refusal
)
NETWORK_NAME = _cluster_type(
    "Network Name", "Name", "name", "network_name_online", needs_types=("IP Address",)
)
FILE_SHARE = _cluster_type("File Share", "Share", "share", "file_share_online")
GENERIC_SERVICE = _cluster_type("Generic Service", "Service", "service", "generic_service_online")
MSDTC = _cluster_type(
    "Distributed Transaction Coordinator", "MSDTC", "MSDTC", "msdtc_online",
    needs_types=("Network Name", "Physical Disk"), config_check=check_one_in_cluster,
)  # fmt: skip

# How long these take is not in handbook 1, 9; they take what a Generic Service takes.
_SERVICE_KEY = "generic_service_online"

PRINT_SPOOLER = _cluster_type(
    "Print Spooler", "Spooler", "service", _SERVICE_KEY,
    needs_types=("Network Name", "Physical Disk"), config_check=check_one_in_group,
)  # fmt: skip
GENERIC_APPLICATION = _cluster_type("Generic Application", "Application", "service", _SERVICE_KEY)
GENERIC_SCRIPT = _cluster_type("Generic Script", "Script", "service", _SERVICE_KEY)
DHCP = _cluster_type(
    "DHCP Service", "DHCP", "service", _SERVICE_KEY, needs_types=("Physical Disk",),
    config_check=check_one_in_cluster, **_DATABASE,
)  # fmt: skip
WINS = _cluster_type(
    "WINS Service", "WINS", "service", _SERVICE_KEY,
    needs_types=("Physical Disk", "IP Address"), config_check=check_one_in_cluster,
    **_DATABASE,
)  # fmt: skip
MESSAGE_QUEUING = _cluster_type(
    "Message Queuing", "MSMQ", "service", _SERVICE_KEY,
    needs_types=("Network Name", "Physical Disk", MSDTC.name),
    config_check=check_one_in_group,
)  # fmt: skip
VSS_TASK = _cluster_type("Volume Shadow Copy Service Task", "VSS", "service", _SERVICE_KEY)

CLUSTER_TYPES: Mapping[str, ResourceType] = {
    item.name: item
    for item in (
        *(PHYSICAL_DISK, IP_ADDRESS, NETWORK_NAME, FILE_SHARE, PRINT_SPOOLER),
        *(GENERIC_APPLICATION, GENERIC_SERVICE, GENERIC_SCRIPT, DHCP, WINS),
        *(MSDTC, MESSAGE_QUEUING, LOCAL_QUORUM, MAJORITY_NODE_SET, VSS_TASK),
    )
}
"""Resource types by display name, in the order of handbook 1, 3; what each needs is the value
that its register of conflicts (11, row 13) names USE."""


def known_types(config: ClusterConfig) -> Mapping[str, ResourceType]:
    """Return the resource types of a cluster by display name: Windows', registered, in use.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> list(known_types(exchange_cluster().config))[-1]
        'Microsoft Exchange MS Search Instance'
    """
    in_use = {resource.type.name: resource.type for resource in config.resources}
    return {**CLUSTER_TYPES, **{item.name: item for item in config.added_types}, **in_use}
