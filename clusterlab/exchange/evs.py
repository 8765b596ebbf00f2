"""Exchange Virtual Servers: their resources, and the clusters that course and handbook use.

The resource types stand in `kinds.py`, what EXRES refuses and how long it takes in `exres.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from zlib import crc32

from clusterlab.cluster import resource_types as rt
from clusterlab.cluster.errors import ConfigError, impossible, wrong
from clusterlab.cluster.facts import CLUSTER_DURATIONS
from clusterlab.cluster.kinds import ResourceType
from clusterlab.cluster.model import CLUSTER_GROUP, Cluster, ClusterConfig, Group, Node, Resource
from clusterlab.cluster.resting import cluster_from
from clusterlab.cluster.states import QuorumModel, RestartAction, Windows
from clusterlab.exchange.exres import (
    EXCHANGE_DURATIONS,
    INFORMATION_STORE,
    MAX_DATABASES,
    MAX_EVS_ON_TWO_NODES,
    MAX_STORAGE_GROUPS,
    NODES_THAT_MAY_SHARE,
    SYSTEM_ATTENDANT,
    storage_groups,
)
from clusterlab.exchange.resource_types import (
    EVS_CLASS,
    EXCHANGE_2000,
    EXCHANGE_2003,
    EXCHANGE_TYPES,
    INSTANCE_NAMES,
    TREES,
    evs_children,
)

__all__ = [
    "CLUSTER_GROUP", "EVS_CLASS", "EXCHANGE_2000", "EXCHANGE_2003", "EXCHANGE_DURATIONS",
    "EXCHANGE_TYPES", "INFORMATION_STORE", "MAX_DATABASES", "MAX_EVS_ON_TWO_NODES",
    "MAX_STORAGE_GROUPS", "NODES_THAT_MAY_SHARE", "QUORUM_DISK", "QUORUM_NAMES",
    "SYSTEM_ATTENDANT", "TREES", "added_types", "all_durations", "cluster_group_resources",
    "evs_resources", "exchange_cluster", "resource_types", "storage_groups",
]  # fmt: skip


def resource_types(version: int = EXCHANGE_2003) -> Mapping[str, ResourceType]:
    """Return every resource type by display name, with those of one Exchange version.

    Example:
        >>> resource_types()["Microsoft Exchange Information Store"].short
        'IS'
        >>> resource_types()["Message Queuing"].needs_types
        ('Network Name', 'Physical Disk', 'Distributed Transaction Coordinator')

    Source: handbook 1, 3; handbook 2, 1.2.
    """
    exchange = {item.name: item for item in EXCHANGE_TYPES[version].values()}
    return {**rt.CLUSTER_TYPES, **exchange}


def added_types(resources: Iterable[Resource]) -> tuple[ResourceType, ...]:
    """Return the types that Setup has registered where *resources* of Exchange are in use.

    Source: handbook 2, 1.2.
    """
    in_use = {resource.type.name: resource.type for resource in resources}
    for types in EXCHANGE_TYPES.values():
        if any(in_use.get(item.name) == item for item in types.values()):
            return tuple(types.values())
    return ()


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

    It has 1 to 4 *storage_groups* with 1 to 5 *databases* each. *has_mta* is for the first EVS of a
    cluster; *protocols* are "IMAP4" and "POP3" where they were added, Exchange 2000 has both
    always.

    Source: handbook 2, 1.1, 2.1 and 2.2.
    """
    _check_choice("Exchange version", version, tuple(TREES))
    for protocol in protocols:
        _check_choice("protocol", protocol, ("IMAP4", "POP3"))
    address, name = f"{group} IP Address", f"{group} Network Name"
    make = partial(Resource, group=group)
    infrastructure = (
        make(name=address, type=rt.IP_ADDRESS, private=_address(_host(group))),
        *(make(name=disk, type=rt.PHYSICAL_DISK, private=_signature(disk)) for disk in disks),
        make(name=name, type=rt.NETWORK_NAME, depends_on=(address,), private={"Name": group}),
    )
    attendant = f"{INSTANCE_NAMES['SA']} - ({group})"
    return (
        *infrastructure,
        make(
            name=attendant,
            type=EXCHANGE_TYPES[version]["SA"],
            depends_on=(name, *disks),
            private={"server_object": group},
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


def _address(host: int) -> Mapping[str, str]:
    """Return what an IP Address requires, of the address plan of handbook 3, 1.6."""
    address = f"192.168.10.{host}"
    return {"Address": address, "SubnetMask": "255.255.255.0", "network": "Public"}


def _host(group: str) -> int:
    """Return the last part of the address of an EVS: 21 for EVS1; any free one for other names."""
    number = group.removeprefix("EVS")
    is_planned = number.isdecimal() and len(number) < 3
    return 20 + int(number) if is_planned else 120 + crc32(group.encode()) % 130


def _signature(disk: str) -> Mapping[str, int]:
    """Return what a Physical Disk requires: the signature by which it is found."""
    return {"Signature": crc32(disk.encode())}


def _check_choice(what: str, value: object, allowed: Sequence[object]) -> None:
    if value not in allowed:
        listed = ", ".join(str(item) for item in allowed)
        raise wrong(what, value, listed)


_LETTERS = "RSTUVWXYZEFGHIJKLMNOP"
"""Drive letters of EVS disks in the order they are given out; Q: is the quorum disk."""


def _disk_names(count: int) -> list[str]:
    letters = [f"Disk {letter}:" for letter in _LETTERS[:count]]
    return letters + [f"Disk {number}" for number in range(len(letters) + 1, count + 1)]


def cluster_group_resources(
    quorum: QuorumModel = QuorumModel.SHARED_DISK, first_node: str = "NODE1", cluster: str = "CL1"
) -> tuple[Resource, ...]:
    """Return the resources of the Cluster Group: the quorum, address, name, MSDTC.

    MSDTC needs a shared disk; with another quorum model it is left out (handbook 6, 6.0). A Local
    Quorum belongs to the first node alone (handbook 1, 3).

    Source: handbook 6, 6.0; handbook 3, 2.6. MSDTC does not affect the group (handbook 2, 5.2).
    """
    address, name = "Cluster IP Address", "Cluster Name"
    make = partial(Resource, group=CLUSTER_GROUP)
    core = (
        make(
            name=QUORUM_NAMES[quorum],
            type=QUORUM_TYPES[quorum],
            possible_owners=(first_node,) if quorum is QuorumModel.LOCAL else None,
            private=_signature(QUORUM_DISK) if quorum is QuorumModel.SHARED_DISK else {},
        ),
        make(name=address, type=rt.IP_ADDRESS, private=_address(20)),
        make(name=name, type=rt.NETWORK_NAME, depends_on=(address,), private={"Name": cluster}),
    )
    if quorum is not QuorumModel.SHARED_DISK:
        return core
    needs, action = (name, QUORUM_DISK), RestartAction.RESTART
    return (*core, make(name="MSDTC", type=rt.MSDTC, depends_on=needs, restart_action=action))


QUORUM_DISK = "Disk Q:"
QUORUM_TYPES: Mapping[QuorumModel, ResourceType] = {
    QuorumModel.SHARED_DISK: rt.PHYSICAL_DISK,
    QuorumModel.LOCAL: rt.LOCAL_QUORUM,
    QuorumModel.MAJORITY: rt.MAJORITY_NODE_SET,
}
QUORUM_NAMES: Mapping[QuorumModel, str] = {
    QuorumModel.SHARED_DISK: QUORUM_DISK,
    QuorumModel.LOCAL: "Local Quorum",
    QuorumModel.MAJORITY: "Majority Node Set",
}
"""Name of the quorum resource for each model."""


MOST_OF_EACH = 200
"""No more than a slip of the finger: a cluster has 8 nodes, and a server 26 drive letters."""


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
    alternates: int = 0,
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
        alternates: How many of the passive nodes are used only when the ones before them are not
            available; each EVS then prefers its home, the primary passive nodes, these.

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
    _check_counts(active, passive, disks_per_evs)
    if alternates not in range(max(passive, 1)):
        raise wrong("alternates", alternates, "fewer than the passive nodes")
    _check_choice("quorum", quorum, tuple(QuorumModel))
    if not isinstance(durations, Mapping | None):
        raise wrong("durations", durations, "seconds by key")
    counts = _one_for_each(storage_groups, active)
    evs_names = [f"EVS{number}" for number in range(1, active + 1)]
    disks = _disk_names(active * disks_per_evs)
    resources = [*cluster_group_resources(quorum, cluster=name)]
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
    spares = [f"NODE{active + number}" for number in range(1, passive + 1)] if alternates else []
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
                    preferred_owners=(homes[evs], *spares),
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


def _check_counts(active: int, passive: int, disks_per_evs: int) -> None:
    """Refuse what no cluster has before hundreds of nodes and disks are described."""
    counts = {"active": (active, 1), "passive": (passive, 0), "disks_per_evs": (disks_per_evs, 1)}
    for what, (value, low) in counts.items():
        if not isinstance(value, int) or not low <= value <= MOST_OF_EACH:
            raise wrong(what, value, f"a whole number from {low} to {MOST_OF_EACH}")


def _one_for_each(storage_groups: int | Sequence[int], active: int) -> list[int]:
    if not isinstance(storage_groups, int | Sequence):
        raise wrong(
            "storage_groups",
            storage_groups,
            f"1 to {MAX_STORAGE_GROUPS}, or a list with one figure for each EVS",
        )
    counts = [storage_groups] * active if isinstance(storage_groups, int) else list(storage_groups)
    if len(counts) != active:
        raise impossible("figures for each EVS", len(counts), active)
    return counts


def all_durations(replaced: Mapping[str, float]) -> Mapping[str, float]:
    """Return seconds by key from both tables, with *replaced* in place of the default rows."""
    table = {key: row.seconds for key, row in {**CLUSTER_DURATIONS, **EXCHANGE_DURATIONS}.items()}
    for key in replaced:
        if key not in table:
            raise ConfigError(f"there is no duration {key!r}; allowed: {', '.join(sorted(table))}")
    return {**table, **replaced}
