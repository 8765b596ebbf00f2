"""Exchange Virtual Servers: resource types, dependency trees, and what EXRES creates.

What EXRES refuses and how long it takes stands in `exres.py`. `exchange_cluster` builds the
clusters that the course and the handbook use.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NoReturn

from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.facts import CLUSTER_DURATIONS
from clusterlab.cluster.kinds import FailureEvent, FailureEvents, ResourceType
from clusterlab.cluster.model import Cluster, ClusterConfig, Group, Node, Resource, cluster_from
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
)
from clusterlab.cluster.states import QuorumModel, RestartAction, Windows
from clusterlab.exchange.exres import (
    INFORMATION_STORE,
    MAX_DATABASES,
    MAX_EVS_ON_TWO_NODES,
    MAX_STORAGE_GROUPS,
    NODES_THAT_MAY_SHARE,
    SYSTEM_ATTENDANT,
    attendant_refusal,
    check_attendant,
    check_mta,
    check_store,
    exres_detection_s,
    storage_groups,
    store_offline_s,
    store_online_s,
    store_refusal,
)
from clusterlab.exchange.facts import EXCHANGE_DURATIONS

__all__ = [
    "CLUSTER_GROUP",
    "EVS_CLASS",
    "EXCHANGE_2000",
    "EXCHANGE_2003",
    "EXCHANGE_DURATIONS",
    "EXCHANGE_TYPES",
    "INFORMATION_STORE",
    "MAX_DATABASES",
    "MAX_EVS_ON_TWO_NODES",
    "MAX_STORAGE_GROUPS",
    "NODES_THAT_MAY_SHARE",
    "QUORUM_DISK",
    "QUORUM_NAMES",
    "SYSTEM_ATTENDANT",
    "TREES",
    "added_types",
    "all_durations",
    "cluster_group_resources",
    "evs_resources",
    "exchange_cluster",
    "resource_types",
    "storage_groups",
]

EVS_CLASS = "Microsoft Exchange Virtual Server"
"""The string Exchange writes into AntiAffinityClassNames of each EVS (handbook 1, 5.3)."""


def attendant_created(config: ClusterConfig, attendant: Resource) -> ClusterConfig:
    """Return *config* with all that EXRES creates when *attendant* is created.

    These are the other automatic resources of the tree of its version, the MTA only in the first
    EVS, and the string of Exchange in the group's AntiAffinityClassNames. The store has one
    storage group with a mailbox and a public store.

    Args:
        config: The configuration with *attendant* already in it.
        attendant: A System Attendant.

    Raises:
        OperationRefused: If it does not depend on a Network Name and every disk of its group.

    Source: handbook 2, 1.1, 1.3, 2.1 and 2.2; handbook 3, E06 and 4.1.
    """
    _check_attendant_needs(config, attendant)
    version = next(v for v, types in EXCHANGE_TYPES.items() if types["SA"] == attendant.type)
    mta = EXCHANGE_TYPES[version]["MTA"].name
    has_mta = all(item.type.name != mta for item in config.resources)
    children = (
        replace(child, possible_owners=attendant.possible_owners)
        for child in evs_children(
            attendant.group,
            attendant.name,
            version=version,
            storage_groups=1,
            databases=2,
            has_mta=has_mta,
        )
    )
    return replace(
        config,
        resources=(*config.resources, *children),
        groups=tuple(
            _with_evs_class(group) if group.name == attendant.group else group
            for group in config.groups
        ),
    )


def created_by_exres(config: ClusterConfig, resource: Resource) -> NoReturn:
    """Refuse to create by hand what comes with the System Attendant (handbook 2, 1.2)."""
    raise OperationRefused(
        None,
        because=f"{resource.type.name} is created with the System Attendant, not by hand.",
        remedy="Create a System Attendant.",
        source="handbook 2, 1.2",
    )


def _check_attendant_needs(config: ClusterConfig, attendant: Resource) -> None:
    members = config.members[attendant.group]
    types = {config.resources_by_name[name].type.name for name in attendant.depends_on}
    disks = [item.name for item in members if item.type.name == PHYSICAL_DISK.name]
    missing = [name for name in disks if name not in attendant.depends_on]
    missing += [] if disks else [PHYSICAL_DISK.name]
    missing += [] if NETWORK_NAME.name in types else [NETWORK_NAME.name]
    if missing:
        raise OperationRefused(
            None,
            because="A System Attendant must depend on a Network Name and on every Physical Disk "
            f"of its group; missing: {', '.join(missing)}.",
            remedy="Add these dependencies.",
            source="handbook 3, E06 and 10 (ERR-DEP)",
        )


def _with_evs_class(group: Group) -> Group:
    others = (name for name in group.anti_affinity_class_names if name != EVS_CLASS)
    return replace(group, anti_affinity_class_names=(*others, EVS_CLASS))


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
            on_created=attendant_created,
            has_wizard=True,
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
    names = {item.short: item.name for item in types}
    return {item.short: _in_tree(item, TREES[version].get(item.short), names) for item in types}


def _in_tree(item: ResourceType, needed: str | None, names: Mapping[str, str]) -> ResourceType:
    """Return a type that must depend on another one, as EXRES creates it (handbook 2, 2)."""
    if needed is None:
        return item
    is_automatic = item.short in ("IS", "MTA", "Routing", "Search")
    more: dict[str, Any] = {"on_created": created_by_exres, "has_wizard": True}
    return replace(item, needs_types=(names[needed],), **(more if is_automatic else {}))


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


def added_types(resources: Iterable[Resource]) -> tuple[ResourceType, ...]:
    """Return the types that Setup has registered where *resources* of Exchange are in use.

    Source: handbook 2, 1.2.
    """
    in_use = {resource.type.name: resource.type for resource in resources}
    for types in EXCHANGE_TYPES.values():
        if any(in_use.get(item.name) == item for item in types.values()):
            return tuple(types.values())
    return ()


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
    attendant = f"{_INSTANCE_NAMES['SA']} - ({group})"
    return (
        *infrastructure,
        Resource(
            name=attendant,
            type=EXCHANGE_TYPES[version]["SA"],
            group=group,
            depends_on=(name, *disks),
        ),
        *evs_children(
            group,
            attendant,
            version=version,
            storage_groups=storage_groups,
            databases=databases,
            has_mta=has_mta,
            protocols=protocols,
        ),
    )


def evs_children(
    group: str,
    attendant: str,
    *,
    version: int,
    storage_groups: int,
    databases: int,
    has_mta: bool,
    protocols: Sequence[str] = (),
) -> tuple[Resource, ...]:
    """Return the resources of an EVS that need its System Attendant, directly or not.

    Source: handbook 2, 2.1 and 2.2.
    """
    optional = {"IMAP4", "POP3"} - set(("IMAP4", "POP3") if version == EXCHANGE_2000 else protocols)
    left_out = optional | (set() if has_mta else {"MTA"})
    children = [short for short in TREES[version] if short not in left_out]
    private = {"IS": {"storage_groups": storage_groups, "databases": databases}}

    def instance(short: str) -> str:
        return attendant if short == "SA" else f"{_INSTANCE_NAMES[short]} - ({group})"

    def exchange(short: str) -> Resource:
        # POP3 and IMAP4 do not affect the group (handbook 2, 5.2)
        may_move = short not in ("IMAP4", "POP3")
        action = RestartAction.RESTART_AND_AFFECT_GROUP if may_move else RestartAction.RESTART
        return Resource(
            name=instance(short),
            type=EXCHANGE_TYPES[version][short],
            group=group,
            depends_on=(instance(TREES[version][short]),),
            restart_action=action,
            private=private.get(short, {}),
        )

    return tuple(map(exchange, children))


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
    quorum: QuorumModel = QuorumModel.SHARED_DISK, first_node: str = "NODE1"
) -> tuple[Resource, ...]:
    """Return the resources of the Cluster Group: the quorum, address, name, MSDTC.

    MSDTC needs a shared disk; with another quorum model it is left out (handbook 6, 6.0). A Local
    Quorum belongs to the first node alone (handbook 1, 3).

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
            possible_owners=(first_node,) if quorum is QuorumModel.LOCAL else None,
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
        added_types=added_types(resources),
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
