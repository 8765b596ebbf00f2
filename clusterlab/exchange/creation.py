"""Clusters before Exchange, and what creates and removes an Exchange Virtual Server on them.

Each function is pure: it returns a cluster at the start, or the events that an administrator would
ask for; `engine.apply` carries them out.
"""

from __future__ import annotations

from collections.abc import Sequence

from clusterlab.cluster.errors import refuse
from clusterlab.cluster.events import CreateResource
from clusterlab.cluster.model import DEFAULT_NETWORKS as _DEFAULT_NETWORKS
from clusterlab.cluster.model import Cluster, ClusterConfig, Group, Network, Node, Resource
from clusterlab.cluster.resource_types import MSDTC, NETWORK_NAME, PHYSICAL_DISK
from clusterlab.cluster.resting import cluster_from
from clusterlab.cluster.states import QuorumModel, Windows
from clusterlab.exchange import evs


def formed_cluster(
    node: str = "NODE1",
    *,
    name: str = "CL1",
    disks: Sequence[str] = (),
    networks: tuple[Network, ...] = _DEFAULT_NETWORKS,
    quorum: QuorumModel = QuorumModel.SHARED_DISK,
    windows: Windows = Windows.WS2003,
    version: int = evs.EXCHANGE_2003,
) -> Cluster:
    """Return a cluster as the New Server Cluster Wizard leaves it, with one node.

    *disks* are shared ones beside the quorum disk; *version* is that of Exchange, 2000 or 2003,
    whose types Setup will register.

    The Cluster Group has the quorum, an address and a name; each shared disk stands alone in
    Group 0, Group 1, ... Exchange is not installed: the node has none of its resource types, until
    `SetProperties(node, {"missing_types": ()})` says that Setup ran there.

    Example:
        >>> cluster = formed_cluster(disks=("Disk R:", "Disk S:"))
        >>> [group.name for group in cluster.config.groups]
        ['Cluster Group', 'Group 0', 'Group 1']

    Source: handbook 3, 2.3 to 2.5 and C01; the names of the groups are unsourced.
    """
    types = tuple(evs.EXCHANGE_TYPES[version].values())
    spare = {f"Group {number}": disk for number, disk in enumerate(disks)}
    core = (item for item in evs.cluster_group_resources(quorum, node) if item.type is not MSDTC)
    alone = (Resource(name=disk, type=PHYSICAL_DISK, group=group) for group, disk in spare.items())
    config = ClusterConfig(
        name=name,
        nodes=(Node(name=node, node_id=1, missing_types=missing_exchange_types(version)),),
        groups=tuple(Group(name=group) for group in (evs.CLUSTER_GROUP, *spare)),
        resources=(*core, *alone),
        quorum=evs.QUORUM_NAMES[quorum],
        windows=windows,
        networks=networks,
        durations=evs.all_durations({}),
        added_types=types,
    )
    return cluster_from(config, dict.fromkeys(config.groups_by_name, node))


def missing_exchange_types(version: int = evs.EXCHANGE_2003) -> frozenset[str]:
    """Return the types that a node does not have until Setup has run on it (handbook 3, X04)."""
    return frozenset(kind.name for kind in evs.EXCHANGE_TYPES[version].values())


def attendant_event(
    config: ClusterConfig, group: str, possible_owners: tuple[str, ...] | None = None
) -> CreateResource:
    """Return the request that creates a System Attendant with the dependencies it must have.

    Carried out, EXRES creates the rest of the tree of its version (`kinds.attendant_created`).

    Example:
        >>> from clusterlab import exchange_cluster
        >>> attendant_event(exchange_cluster().config, "EVS1").depends_on
        ('EVS1 Network Name', 'Disk R:', 'Disk S:')

    Source: handbook 3, E06 and 4.1.
    """
    members = config.members[config.group_name(group)]
    names = [item.name for item in members if item.type.name == NETWORK_NAME.name][:1]
    disks = [item.name for item in members if item.type.name == PHYSICAL_DISK.name]
    name = f"Exchange System Attendant Instance - ({config.group_name(group)})"
    needs = (*names, *disks)
    return CreateResource(
        name, evs.SYSTEM_ATTENDANT, config.group_name(group), needs, possible_owners
    )


def removal_order(config: ClusterConfig, group: str) -> tuple[str, ...]:
    """Return what Remove Exchange Virtual Server deletes, what depends standing first.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> removal_order(exchange_cluster().config, "EVS2")[-1]
        'Exchange System Attendant Instance - (EVS2)'

    Source: handbook 3, 6.1 and R03; handbook 2, 1.3 and 7.8.
    """
    name = config.group_name(group)
    types = [item for table in evs.EXCHANGE_TYPES.values() for item in table.values()]
    own = [item for item in config.members[name] if item.type in types]
    mta = [item.name for item in own if item.type.short == "MTA"]
    others = [
        item.group
        for item in config.resources
        if item.type.name == evs.SYSTEM_ATTENDANT and item.group != name
    ]
    if mta and others:
        because = f"{name} owns the Message Transfer Agent of the cluster."
        source = "handbook 3, 6.1 and 10 (ERR-REMOVE-MTA)"
        refuse(because, f"Remove {', '.join(others)} first.", source=source)
    return tuple(item.name for item in reversed(own))
