"""What EXRES decides: how long its resources take, what it refuses, what it cannot accept.

The Cluster service decides where a group goes; here stands whether an EVS can run there: one EVS
on a node when there are three or more nodes (error 5018), and four storage groups on a node.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from clusterlab.cluster.checks import SHORTEST_S, check_range
from clusterlab.cluster.errors import impossible, wrong
from clusterlab.cluster.facts import Duration, durations_in
from clusterlab.cluster.invariants import Lamp
from clusterlab.cluster.kinds import FailureEvent, OnlineRefusal, with_private
from clusterlab.cluster.model import Cluster, ClusterConfig, Resource
from clusterlab.cluster.resource_types import until_next_check_s
from clusterlab.cluster.states import ResourceState
from clusterlab.exchange.versions import check_versions, version_refusal

SYSTEM_ATTENDANT = "Microsoft Exchange System Attendant"
INFORMATION_STORE = "Microsoft Exchange Information Store"

MAX_STORAGE_GROUPS = 4
"""Storage groups on one node, over all EVSs it hosts (handbook 2, 1.2 and 3.2; KB 259197)."""
MAX_DATABASES = 5
"""Databases in one storage group (handbook 2, 3.2)."""
MAX_EVS_ON_TWO_NODES = 2
"""EVSs in a two-node active/active cluster (handbook 2, 3.2)."""
NODES_THAT_MAY_SHARE = 2
"""With more configured nodes than this, one EVS per node (handbook 2, 3.2)."""


def storage_groups(resource: Resource) -> int:
    """Return how many storage groups an Information Store resource mounts."""
    return int(resource.private.get("storage_groups", MAX_STORAGE_GROUPS))


def store_online_s(cluster: Cluster, resource: Resource) -> float:
    """Return the seconds a store needs to come online, log replay included (handbook 2, 4.9)."""
    durations, groups = cluster.config.durations, storage_groups(resource)
    logs = durations["replay_logs_per_sg"] * groups if resource.name in cluster.unclean else 0
    start_s = durations["is_online"] + durations["is_online_per_sg"] * groups
    return start_s + logs / durations["replay_logs_per_s"]


def store_offline_s(cluster: Cluster, resource: Resource) -> float:
    """Return the seconds a store needs to stop cleanly (handbook 2, 4.9)."""
    durations = cluster.config.durations
    return durations["is_offline"] + durations["is_offline_per_sg"] * storage_groups(resource)


def exres_detection_s(cluster: Cluster, resource: Resource, is_hang: bool) -> float:
    """Return the seconds until EXRES notices a fault that begins now.

    A process that ends is signalled at once; a hang counts after `IsAliveTimeout`, at the next
    10-second check.

    Source: handbook 2, 1.4; KB 810860, KB 836566.
    """
    if not is_hang:
        return 0.0
    durations, read = cluster.config.durations, cluster.private_in_use(resource)
    timeout_s = float(read.get("is_alive_timeout_s", durations["is_alive_timeout"]))
    return until_next_check_s(cluster, resource, durations["exres_check"], timeout_s)


def hosted_evs(cluster: Cluster, node: str, but: str) -> Iterator[str]:
    """Yield the EVSs other than *but* whose SA is Online or Online Pending on *node*.

    Source: handbook 2, 4.1.
    """
    running = (ResourceState.ONLINE, ResourceState.ONLINE_PENDING)
    for resource in cluster.config.resources_by_type.get(SYSTEM_ATTENDANT, ()):
        if (
            resource.group != but
            and cluster.owners[resource.group] == node
            and cluster.resource_states[resource.name] in running
        ):
            yield resource.group


def attendant_refusal(cluster: Cluster, resource: Resource) -> OnlineRefusal | None:
    """Refuse a version that does not fit, and a second EVS on a node of three or more (5018).

    Source: handbook 4, 4.0.3; handbook 2, 4.1; KB 329208.
    """
    refusal = version_refusal(cluster, resource)
    nodes = len(cluster.config.nodes)
    owner = cluster.owners[resource.group]
    if refusal is not None:
        return refusal
    other = next(hosted_evs(cluster, owner, resource.group), None)
    if nodes <= NODES_THAT_MAY_SHARE or other is None:
        return None
    return OnlineRefusal(
        after_s=cluster.config.durations["sa_refused"],
        because=f"{owner} already runs {other}, and with {nodes} nodes configured a node runs "
        "one EVS only",
        source="handbook 2, 4.1; KB 329208",
        error_code=5018,
    )


def store_refusal(cluster: Cluster, resource: Resource) -> OnlineRefusal | None:
    """Refuse a store that would make more than four storage groups on its node.

    Source: handbook 2, 4.2; KB 259197.
    """
    owner = cluster.owners[resource.group]
    stores = _stores_beside(cluster, resource)
    if any(_largest_block_mb(store) < LEAST_BLOCK_MB for store in stores):
        return OnlineRefusal(
            after_s=cluster.config.durations["is_refused"],
            because=f"store.exe on {owner} has no block of {LEAST_BLOCK_MB} MB left",
            source="handbook 2, 4.2 and 8.1; KB 325044",
            instead=(_BLOCK_ERROR,),
        )
    here = sum(map(storage_groups, stores))
    total = here + storage_groups(resource)
    if here == 0 or total <= MAX_STORAGE_GROUPS:
        return None
    return OnlineRefusal(
        after_s=cluster.config.durations["is_refused"],
        because=f"{owner} already mounts {here} storage groups, and {here} + "
        f"{storage_groups(resource)} is more than {MAX_STORAGE_GROUPS}",
        source="handbook 2, 4.2; KB 259197",
    )


def _stores_beside(cluster: Cluster, resource: Resource) -> list[Resource]:
    """Return the stores of other EVSs that run on the node of *resource*."""
    owner = cluster.owners[resource.group]
    return [
        member
        for group in hosted_evs(cluster, owner, resource.group)
        for member in cluster.config.members[group]
        if member.type.name == INFORMATION_STORE
    ]


# --- virtual memory of store.exe ------------------------------------------------------------------

LARGEST_BLOCK = "largest_block_mb"
"""Private property of ours: largest free block of the store.exe that a store runs in, in MB."""
FRESH_BLOCK_MB, WARNING_BLOCK_MB, LEAST_BLOCK_MB = 300, 32, 16
"""When store.exe starts (ours); 9582 warns below the second, is an error below the third (8.1)."""
_BLOCK_WARNING = FailureEvent("MSExchangeIS", 9582, "Virtual memory is fragmented (warning).")
_BLOCK_ERROR = FailureEvent("MSExchangeIS", 9582, "Virtual memory is fragmented (error).")


def _largest_block_mb(store: Resource) -> float:
    return float(store.private.get(LARGEST_BLOCK, FRESH_BLOCK_MB))


def memory_warning(old: Resource, new: Resource) -> FailureEvent | None:
    """Return 9582 when the largest free block falls below 32 MB, or 16 MB (2, 8.1)."""
    before, now = _largest_block_mb(old), _largest_block_mb(new)
    for limit, entry in ((LEAST_BLOCK_MB, _BLOCK_ERROR), (WARNING_BLOCK_MB, _BLOCK_WARNING)):
        if now < limit <= before:
            return entry
    return None


def memory_shared(cluster: Cluster, store: Resource) -> ClusterConfig:
    """Return the configuration with the store.exe that *store* shares, or a fresh one (8.1)."""
    beside = [_largest_block_mb(other) for other in _stores_beside(cluster, store)]
    block_mb = min(beside, default=FRESH_BLOCK_MB)
    if block_mb == _largest_block_mb(store):
        return cluster.config
    return with_private(cluster.config, store, {**store.private, LARGEST_BLOCK: block_mb})


def evs_names(config: ClusterConfig) -> tuple[str, ...]:
    """Return the groups that are EVSs: those with a System Attendant, in order of creation.

    Which groups users work with, whatever is in them, says `ClusterConfig.served_groups`.
    """
    return tuple(resource.group for resource in config.resources_by_type.get(SYSTEM_ATTENDANT, ()))


def check_attendant(config: ClusterConfig, resource: Resource) -> None:
    """Raise ConfigError for two EVSs in a group, too many for the nodes, or no such version."""
    check_versions(config, resource)
    attendants = [r for r in config.resources if r.type.name == SYSTEM_ATTENDANT]
    if sum(r.group == resource.group for r in attendants) > 1:
        raise impossible("two attendants", resource.group)
    nodes = len(config.nodes)
    limit = MAX_EVS_ON_TWO_NODES if nodes == NODES_THAT_MAY_SHARE else max(1, nodes - 1)
    if len(attendants) > limit:
        raise impossible("too many EVSs", config.name, len(attendants), nodes, limit)


def check_store(config: ClusterConfig, resource: Resource) -> None:
    """Raise ConfigError for too many storage groups or databases (handbook 2, 3.2)."""
    for key in ("replay_logs_per_s", "exres_check"):
        check_range(f"duration {key!r}", config.durations.get(key), SHORTEST_S, float("inf"), "")
    limits = {"storage_groups": MAX_STORAGE_GROUPS, "databases": MAX_DATABASES}
    for key, limit in limits.items():
        value = resource.private.get(key, 1)
        if not isinstance(value, int) or not 1 <= value <= limit:
            raise wrong(
                f"{key} of {resource.name!r}", value, f"1 to {limit} (handbook 2, 3.2; KB 259197)"
            )


def mta_loss(config: ClusterConfig, deleted: Resource) -> str:
    """Return what EVSs that are left lack without the MTA of the cluster (handbook 2, 1.3)."""
    left = [r.group for r in config.resources_by_type[SYSTEM_ATTENDANT] if r.group != deleted.group]
    return (
        f"no MTA is left in the cluster, and {', '.join(left)} used it too: mail over X.400 and to "
        "servers of Exchange 5.5 stops; the EVS that owns the MTA is the last to be removed"
        if left
        else ""
    )


def check_mta(config: ClusterConfig, resource: Resource) -> None:
    """Raise ConfigError for a second MTA in the cluster (handbook 2, 1.3)."""
    owners = [r.group for r in config.resources if r.type.name == resource.type.name]
    if len(owners) > 1:
        raise impossible("two MTAs", config.name, ", ".join(owners))


EXCHANGE_DURATIONS: Mapping[str, Duration] = durations_in(
    tomllib.loads(Path(__file__).with_name("durations.toml").read_text("utf-8"))
)
"""How long the resources of Exchange take (handbook 2, 4.9)."""


# --- lamps ----------------------------------------------------------------------------------------


def evs_lamp(cluster: Cluster) -> Lamp:
    """Return whether no node runs two EVSs, where a second one is refused.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> evs_lamp(exchange_cluster()).is_ok
        True

    Source: handbook 2, 3.2 and 4.1.
    """
    nodes = len(cluster.config.nodes)
    running = [
        resource.group
        for resource in cluster.config.resources
        if resource.type.online_refusal is attendant_refusal
        and cluster.resource_states[resource.name] is ResourceState.ONLINE
    ]
    crowded = [
        f"{node} runs {' and '.join(here)}."
        for node in cluster.config.nodes_by_name
        if len(here := [group for group in running if cluster.owners[group] == node]) > 1
    ]
    if nodes <= NODES_THAT_MAY_SHARE:
        text = "With two nodes both EVSs may run on one."
        return Lamp("EVSs on a node", text, True, "Handbook 2, 3.2.")
    text = f"With {nodes} nodes configured a node runs one EVS only."
    return Lamp("EVSs on a node", text, not crowded, " ".join(crowded) or "Handbook 2, 4.1.")


def storage_group_lamp(cluster: Cluster) -> Lamp:
    """Return whether no node mounts more than four storage groups (handbook 2, 3.2)."""
    mounted = dict.fromkeys(cluster.config.nodes_by_name, 0)
    for resource in cluster.config.resources:
        is_online = cluster.resource_states[resource.name] is ResourceState.ONLINE
        if resource.type.name == INFORMATION_STORE and is_online:
            mounted[cluster.owners[resource.group]] += storage_groups(resource)
    over = [
        f"{node} mounts {count}." for node, count in mounted.items() if count > MAX_STORAGE_GROUPS
    ]
    text = f"A node mounts at most {MAX_STORAGE_GROUPS} storage groups, over all its EVSs."
    return Lamp("Storage groups", text, not over, " ".join(over) or "Handbook 2, 3.2 and 4.2.")


EXCHANGE_LAMPS = (evs_lamp, storage_group_lamp)
"""What is shown beside the invariants of the Cluster service."""
