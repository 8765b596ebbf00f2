"""Exchange Virtual Servers: resource types, dependency trees and the checks that EXRES adds.

The Cluster service decides where a group goes; what is written here decides whether an EVS can
run there: one EVS on a node when there are three or more nodes (error 5018), and four storage
groups on a node. `exchange_cluster` builds the clusters that the course and the handbook use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from clusterlab.cluster.checks import SHORTEST_S, check_range
from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.facts import CLUSTER_DURATIONS
from clusterlab.cluster.invariants import Lamp
from clusterlab.cluster.model import (
    Cluster,
    ClusterConfig,
    FailureEvent,
    FailureEvents,
    Group,
    Node,
    OnlineRefusal,
    Resource,
    ResourceType,
    cluster_from,
)
from clusterlab.cluster.resource_types import (
    CLUSTER_TYPES,
    IP_ADDRESS,
    LOCAL_QUORUM,
    MAJORITY_NODE_SET,
    MSDTC,
    NETWORK_NAME,
    PHYSICAL_DISK,
    polled_detection_s,
    table_s,
    until_next_check_s,
)
from clusterlab.cluster.states import QuorumModel, ResourceState, RestartAction, Windows
from clusterlab.exchange.facts import EXCHANGE_DURATIONS

MAX_STORAGE_GROUPS = 4
"""Storage groups on one node, over all EVSs it hosts (handbook 2, 1.2 and 3.2; KB 259197)."""
MAX_DATABASES = 5
"""Databases in one storage group (handbook 2, 3.2)."""
MAX_EVS_ON_TWO_NODES = 2
"""EVSs in a two-node active/active cluster (handbook 2, 3.2)."""
EVS_CLASS = "Microsoft Exchange Virtual Server"
"""The string Exchange writes into AntiAffinityClassNames of each EVS (handbook 1, 5.3)."""
NODES_THAT_MAY_SHARE = 2
"""With more configured nodes than this, one EVS per node (handbook 2, 3.2)."""


def storage_groups(resource: Resource) -> int:
    """Return how many storage groups an Information Store resource mounts."""
    return int(resource.private.get("storage_groups", MAX_STORAGE_GROUPS))


def store_online_s(cluster: Cluster, resource: Resource) -> float:
    """Return the seconds a store needs to come online, log replay included.

    Source: handbook 2, 4.9.
    """
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
    durations = cluster.config.durations
    timeout_s = float(resource.private.get("is_alive_timeout_s", durations["is_alive_timeout"]))
    return until_next_check_s(cluster, resource, durations["exres_check"], timeout_s)


def hosted_evs(cluster: Cluster, node: str, but: str) -> Iterator[str]:
    """Yield the EVSs other than *but* whose SA is Online or Online Pending on *node*.

    Source: handbook 2, 4.1.
    """
    running = (ResourceState.ONLINE, ResourceState.ONLINE_PENDING)
    for resource in cluster.config.resources:
        if (
            resource.type.name == SYSTEM_ATTENDANT
            and resource.group != but
            and cluster.owners[resource.group] == node
            and cluster.resource_states[resource.name] in running
        ):
            yield resource.group


def attendant_refusal(cluster: Cluster, resource: Resource) -> OnlineRefusal | None:
    """Refuse a second EVS on a node with 5018 when three or more nodes are configured.

    Source: handbook 2, 4.1; KB 329208.
    """
    nodes = len(cluster.config.nodes)
    owner = cluster.owners[resource.group]
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
    here = sum(
        storage_groups(member)
        for group in hosted_evs(cluster, owner, resource.group)
        for member in cluster.config.members[group]
        if member.type.name == INFORMATION_STORE
    )
    total = here + storage_groups(resource)
    if here == 0 or total <= MAX_STORAGE_GROUPS:
        return None
    return OnlineRefusal(
        after_s=cluster.config.durations["is_refused"],
        because=f"{owner} already mounts {here} storage groups, and {here} + "
        f"{storage_groups(resource)} is more than {MAX_STORAGE_GROUPS}",
        source="handbook 2, 4.2; KB 259197",
    )


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


def check_attendant(config: ClusterConfig, resource: Resource) -> None:
    """Raise ConfigError for two EVSs in a group or too many for the nodes (handbook 2, 3.2)."""
    attendants = [r for r in config.resources if r.type.name == SYSTEM_ATTENDANT]
    if sum(r.group == resource.group for r in attendants) > 1:
        raise ConfigError(
            f"group {resource.group!r} has two System Attendants; an EVS has exactly one "
            "(handbook 2, 1.2)"
        )
    nodes = len(config.nodes)
    limit = MAX_EVS_ON_TWO_NODES if nodes == NODES_THAT_MAY_SHARE else max(1, nodes - 1)
    if len(attendants) > limit:
        raise ConfigError(
            f"cluster {config.name!r} has {len(attendants)} EVSs on {nodes} nodes; allowed: at "
            f"most {limit}. With three or more nodes one must stay passive (handbook 2, 3.2); "
            "add a node or remove an EVS"
        )


def check_store(config: ClusterConfig, resource: Resource) -> None:
    """Raise ConfigError for too many storage groups or databases (handbook 2, 3.2)."""
    for key in ("replay_logs_per_s", "exres_check"):
        check_range(f"duration {key!r}", config.durations.get(key), SHORTEST_S, float("inf"), "")
    limits = {"storage_groups": MAX_STORAGE_GROUPS, "databases": MAX_DATABASES}
    for key, limit in limits.items():
        value = resource.private.get(key, 1)
        if not isinstance(value, int) or not 1 <= value <= limit:
            raise ConfigError(
                f"{key} of {resource.name!r} is {value!r}; allowed: 1 to {limit} "
                "(handbook 2, 3.2; KB 259197)"
            )


def check_mta(config: ClusterConfig, resource: Resource) -> None:
    """Raise ConfigError for a second MTA in the cluster (handbook 2, 1.3)."""
    owners = [r.group for r in config.resources if r.type.name == resource.type.name]
    if len(owners) > 1:
        raise ConfigError(
            f"cluster {config.name!r} has a Message Transfer Agent in {', '.join(owners)}; a "
            "cluster has one, in its first EVS (handbook 2, 1.3)"
        )


SYSTEM_ATTENDANT = "Microsoft Exchange System Attendant"
INFORMATION_STORE = "Microsoft Exchange Information Store"

_CLUSTER_LOG = "MSExchangeCluster"
_EVENTS_2003 = FailureEvents(
    online_attempt=FailureEvent(_CLUSTER_LOG, 1003, "Failed to bring the resource online."),
    pending_timeout=FailureEvent(
        _CLUSTER_LOG, 1019, "Failed to bring this resource online because of timeout."
    ),
)
_EVENTS_2000 = FailureEvents(
    online_attempt=FailureEvent(_CLUSTER_LOG, 2065, "Failed to bring the resource online."),
    pending_timeout=FailureEvent(_CLUSTER_LOG, 2065, "Failed to bring the resource online."),
    while_online=FailureEvent(
        _CLUSTER_LOG, 2074, "Cluster Service failed the isalive checking for the resource."
    ),
)
_STORE_RPC = FailureEvent(_CLUSTER_LOG, 1012, "RPC-related failure of the store instance.")


def _type(version: int, name: str, short: str, part: str, key: str, **more: Any) -> ResourceType:
    events = _EVENTS_2003 if version == EXCHANGE_2003 else _EVENTS_2000
    facts: dict[str, Any] = {
        "online_s": table_s(f"{key}_online"),
        "offline_s": table_s(f"{key}_offline"),
        "detection_s": exres_detection_s,
        "failure_events": events,
    }
    return ResourceType(name=name, short=short, service_part=part, **{**facts, **more})


EXCHANGE_2000 = 2000
EXCHANGE_2003 = 2003


def _types(version: int) -> Mapping[str, ResourceType]:
    is_2003 = version == EXCHANGE_2003
    make = partial(_type, version)
    store_events = _EVENTS_2003._replace(while_online=_STORE_RPC) if is_2003 else _EVENTS_2000
    types = (
        make(
            SYSTEM_ATTENDANT,
            "SA",
            "SA",
            "sa",
            config_check=check_attendant,
            needs_types=("Network Name", "Physical Disk"),
            # Whether Exchange 2000 refuses as well is open (handbook 0, 0.7); it does not here.
            **({"online_refusal": attendant_refusal} if is_2003 else {}),
        ),
        make(
            INFORMATION_STORE,
            "IS",
            "store",
            "is",
            online_s=store_online_s,
            offline_s=store_offline_s,
            online_refusal=store_refusal,
            config_check=check_store,
            is_timeout_exempt=True,
            failure_events=store_events,
        ),
        make(
            "Microsoft Exchange Message Transfer Agent", "MTA", "protocols", "mta",
            config_check=check_mta,
        ),
        make("Microsoft Exchange Routing Service", "Routing", "protocols", "routing"),
        make("Microsoft Exchange SMTP Server Instance", "SMTP", "protocols", "smtp"),
        make("Microsoft Exchange HTTP Server Instance", "HTTP", "protocols", "http"),
        make("Microsoft Exchange IMAP4 Server Instance", "IMAP4", "protocols", "imap4"),
        make("Microsoft Exchange POP3 Server Instance", "POP3", "protocols", "pop3"),
        make(
            "Microsoft Exchange MS Search Instance", "Search", "protocols", "search",
            detection_s=polled_detection_s,  # Gathercl.dll, not EXRES (handbook 2, 1.4)
        ),
    )  # fmt: skip
    return {item.short: item for item in types}


EXCHANGE_TYPES: Mapping[int, Mapping[str, ResourceType]] = {
    version: _types(version) for version in (EXCHANGE_2000, EXCHANGE_2003)
}
"""Resource types by Exchange version and short name (handbook 2, 1.2)."""


def resource_types(version: int = EXCHANGE_2003) -> Mapping[str, ResourceType]:
    """Return every resource type by display name, with those of one Exchange version.

    Args:
        version: 2000 or 2003; both have types of the same names.

    Example:
        >>> resource_types()["Microsoft Exchange Information Store"].short
        'IS'
        >>> resource_types()["Message Queuing"].needs_types
        ('Network Name', 'Physical Disk', 'Distributed Transaction Coordinator')

    Source: handbook 1, 3; handbook 2, 1.2.
    """
    exchange = {item.name: item for item in EXCHANGE_TYPES[version].values()}
    return {**CLUSTER_TYPES, **exchange}


TREES: Mapping[int, Mapping[str, str]] = {
    EXCHANGE_2003: dict.fromkeys(
        ("IS", "MTA", "Routing", "SMTP", "HTTP", "Search", "IMAP4", "POP3"), "SA"
    ),
    EXCHANGE_2000: {
        **dict.fromkeys(("IS", "MTA", "Routing"), "SA"),
        **dict.fromkeys(("SMTP", "HTTP", "Search", "IMAP4", "POP3"), "IS"),
    },
}
"""What each Exchange resource needs, by version; the SA needs name and disks (handbook 2, 2)."""

_INSTANCE_NAMES = {
    "SA": "Exchange System Attendant Instance",
    "IS": "Exchange Information Store Instance",
    "MTA": "Exchange Message Transfer Agent Instance",
    "Routing": "Exchange Routing Service Instance",
    "SMTP": "Exchange SMTP Virtual Server Instance",
    "HTTP": "Exchange HTTP Virtual Server Instance",
    "Search": "Exchange MS Search Instance",
    "IMAP4": "Exchange IMAP4 Virtual Server Instance",
    "POP3": "Exchange POP3 Virtual Server Instance",
}


def evs_resources(
    group: str,
    disks: Sequence[str],
    *,
    version: int = EXCHANGE_2003,
    storage_groups: int = MAX_STORAGE_GROUPS,
    databases: int = 1,
    has_mta: bool = False,
    protocols: Sequence[str] = (),
) -> tuple[Resource, ...]:
    """Return the resources of one EVS, with the dependency tree of its Exchange version.

    Args:
        group: Name of the EVS and of its group.
        disks: Names of its Physical Disk resources.
        version: 2000 or 2003.
        storage_groups: Storage groups, 1 to 4.
        databases: Databases in each storage group, 1 to 5.
        has_mta: Whether it is the first EVS of the cluster.
        protocols: "IMAP4" and "POP3" where they were added; Exchange 2000 has both always.

    Source: handbook 2, 1.1, 2.1 and 2.2.
    """
    _check_choice("Exchange version", version, tuple(TREES))
    for protocol in protocols:
        _check_choice("protocol", protocol, ("IMAP4", "POP3"))
    address, name = f"{group} IP Address", f"{group} Network Name"
    infrastructure = (
        Resource(name=address, type=IP_ADDRESS, group=group),
        *(Resource(name=disk, type=PHYSICAL_DISK, group=group) for disk in disks),
        Resource(name=name, type=NETWORK_NAME, group=group, depends_on=(address,)),
    )
    optional = {"IMAP4", "POP3"} - set(("IMAP4", "POP3") if version == EXCHANGE_2000 else protocols)
    left_out = optional | (set() if has_mta else {"MTA"})
    children = [short for short in TREES[version] if short not in left_out]
    private = {"IS": {"storage_groups": storage_groups, "databases": databases}}

    def instance(short: str) -> str:
        return f"{_INSTANCE_NAMES[short]} - ({group})"

    def exchange(short: str, needs: tuple[str, ...]) -> Resource:
        # POP3 and IMAP4 do not affect the group (handbook 2, 5.2)
        may_move = short not in ("IMAP4", "POP3")
        action = RestartAction.RESTART_AND_AFFECT_GROUP if may_move else RestartAction.RESTART
        return Resource(
            name=instance(short),
            type=EXCHANGE_TYPES[version][short],
            group=group,
            depends_on=needs,
            restart_action=action,
            private=private.get(short, {}),
        )

    return (
        *infrastructure,
        exchange("SA", (name, *disks)),
        *(exchange(short, (instance(TREES[version][short]),)) for short in children),
    )


def _check_choice(what: str, value: object, allowed: Sequence[object]) -> None:
    if value not in allowed:
        listed = ", ".join(str(item) for item in allowed)
        raise ConfigError(f"{what} is {value!r}; allowed: {listed}")


_LETTERS = "RSTUVWXYZEFGHIJKLMNOP"
"""Drive letters of EVS disks in the order they are given out; Q: is the quorum disk."""


def _disk_names(count: int) -> list[str]:
    letters = [f"Disk {letter}:" for letter in _LETTERS[:count]]
    return letters + [f"Disk {number}" for number in range(len(letters) + 1, count + 1)]


def cluster_group_resources(
    quorum: QuorumModel = QuorumModel.SHARED_DISK,
) -> tuple[Resource, ...]:
    """Return the resources of the Cluster Group: the quorum, address, name, MSDTC.

    MSDTC needs a shared disk; with another quorum model it is left out (handbook 6, 6.0). A Local
    Quorum belongs to NODE1 alone (handbook 1, 3).

    Source: handbook 6, 6.0; handbook 3, 2.6. MSDTC does not affect the group (handbook 2, 5.2).
    """
    group = CLUSTER_GROUP
    address, name = "Cluster IP Address", "Cluster Name"
    quorum_type = QUORUM_TYPES[quorum]
    core = (
        Resource(
            name=QUORUM_NAMES[quorum],
            type=quorum_type,
            group=group,
            possible_owners=("NODE1",) if quorum is QuorumModel.LOCAL else None,
        ),
        Resource(name=address, type=IP_ADDRESS, group=group),
        Resource(name=name, type=NETWORK_NAME, group=group, depends_on=(address,)),
    )
    if quorum is not QuorumModel.SHARED_DISK:
        return core
    return (
        *core,
        Resource(
            name="MSDTC",
            type=MSDTC,
            group=group,
            depends_on=(name, QUORUM_DISK),
            restart_action=RestartAction.RESTART,
        ),
    )


CLUSTER_GROUP = "Cluster Group"
QUORUM_DISK = "Disk Q:"
QUORUM_TYPES: Mapping[QuorumModel, ResourceType] = {
    QuorumModel.SHARED_DISK: PHYSICAL_DISK,
    QuorumModel.LOCAL: LOCAL_QUORUM,
    QuorumModel.MAJORITY: MAJORITY_NODE_SET,
}
QUORUM_NAMES: Mapping[QuorumModel, str] = {
    QuorumModel.SHARED_DISK: QUORUM_DISK,
    QuorumModel.LOCAL: "Local Quorum",
    QuorumModel.MAJORITY: "Majority Node Set",
}
"""Name of the quorum resource for each model."""


def exchange_cluster(
    active: int = 3,
    passive: int = 1,
    *,
    name: str = "CL1",
    storage_groups: int | Sequence[int] = MAX_STORAGE_GROUPS,
    databases: int = 1,
    disks_per_evs: int = 2,
    protocols: Sequence[str] = (),
    version: int = EXCHANGE_2003,
    windows: Windows = Windows.WS2003,
    quorum: QuorumModel = QuorumModel.SHARED_DISK,
    durations: Mapping[str, float] | None = None,
    start_time_s: float = 14 * 3600.0,
    node_limit: int | None = None,
) -> Cluster:
    """Return a cluster at rest: EVSi on NODEi, the Cluster Group with quorum disk Q: on NODE1.

    Args:
        active: Nodes with an EVS, one each.
        passive: Nodes without; only a two-node cluster may have none.
        name: Name of the cluster.
        storage_groups: Storage groups of each EVS, one figure for all or one for each; 1 to 4.
        databases: Databases in each storage group, 1 to 5.
        disks_per_evs: Shared disks of each EVS, 1 or more.
        protocols: "IMAP4" and "POP3" where they were added by hand.
        version: Exchange 2000 or 2003: the dependency tree and the refusal 5018.
        windows: Operating system of the nodes.
        quorum: Quorum model; a majority node set exists from Windows Server 2003 on.
        durations: Seconds that replace rows of the tables of durations, by key.
        start_time_s: Time of day at t = 0, seconds after midnight.
        node_limit: Most nodes; None takes what the edition allows (8).

    Raises:
        ConfigError: If such a cluster cannot exist.

    Example:
        >>> cluster = exchange_cluster(active=3, passive=1)
        >>> cluster.owners["EVS3"]
        'NODE3'
        >>> [node.name for node in cluster.config.nodes]
        ['NODE1', 'NODE2', 'NODE3', 'NODE4']

    Source: handbook 6, 6.0; handbook 2, 5.1.
    """
    for what, value, low in (("active", active, 1), ("passive", passive, 0)):
        if not isinstance(value, int) or value < low:
            raise ConfigError(f"{what} is {value!r}; allowed: a whole number from {low} up")
    if not isinstance(disks_per_evs, int) or disks_per_evs < 1:
        raise ConfigError(f"disks_per_evs is {disks_per_evs!r}; allowed: 1 or more")
    counts = _one_for_each(storage_groups, active)
    evs_names = [f"EVS{number}" for number in range(1, active + 1)]
    disks = _disk_names(active * disks_per_evs)
    resources = [*cluster_group_resources(quorum)]
    for index, evs in enumerate(evs_names):
        resources += evs_resources(
            evs,
            disks[index * disks_per_evs : (index + 1) * disks_per_evs],
            version=version,
            storage_groups=counts[index],
            databases=databases,
            has_mta=index == 0,
            protocols=protocols,
        )
    homes = {evs: f"NODE{number}" for number, evs in enumerate(evs_names, start=1)}
    config = ClusterConfig(
        name=name,
        nodes=tuple(
            Node(name=f"NODE{number}", node_id=number) for number in range(1, active + passive + 1)
        ),
        groups=(
            Group(name=CLUSTER_GROUP),
            *(
                Group(
                    name=evs,
                    preferred_owners=(homes[evs],),
                    anti_affinity_class_names=(EVS_CLASS,),
                )
                for evs in evs_names
            ),
        ),
        resources=tuple(resources),
        quorum=QUORUM_NAMES[quorum],
        windows=windows,
        durations=all_durations(durations or {}),
        start_time_s=start_time_s,
        node_limit=node_limit,
    )
    return cluster_from(config, {CLUSTER_GROUP: "NODE1", **homes})


def _one_for_each(storage_groups: int | Sequence[int], active: int) -> list[int]:
    counts = [storage_groups] * active if isinstance(storage_groups, int) else list(storage_groups)
    if len(counts) != active:
        raise ConfigError(
            f"storage_groups has {len(counts)} figures for {active} EVSs; give one for each, or "
            "one figure for all"
        )
    return counts


def all_durations(replaced: Mapping[str, float]) -> Mapping[str, float]:
    """Return seconds by key from both tables, with *replaced* in place of the default rows.

    Raises:
        ConfigError: If *replaced* has a key that is in neither table.
    """
    table = {key: row.seconds for key, row in {**CLUSTER_DURATIONS, **EXCHANGE_DURATIONS}.items()}
    for key in replaced:
        if key not in table:
            raise ConfigError(f"there is no duration {key!r}; allowed: {', '.join(sorted(table))}")
    return {**table, **replaced}
