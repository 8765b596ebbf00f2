"""The Cluster Group and the core resources in it, which cannot be deleted (handbook 1, 1.1).

The quorum resource lives in the Cluster Group unless another disk was designated; then the group
of that disk is `ClusterConfig.quorum_group`, and the Cluster Group (`core_group_name`) stays what
it was.
"""

from __future__ import annotations

from clusterlab.cluster.model import ClusterConfig
from clusterlab.cluster.resource_types import IP_ADDRESS, NETWORK_NAME


def core_resources(config: ClusterConfig) -> frozenset[str]:
    """Return the names of the quorum resource, the cluster's name and its address.

    The name is the first Network Name of the Cluster Group, the addresses are those it needs.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> sorted(core_resources(exchange_cluster().config))
        ['Cluster IP Address', 'Cluster Name', 'Disk Q:']

    Source: handbook 1, 1.1.
    """
    members = config.members[config.core_group_name]
    name = next((item for item in members if item.type.name == NETWORK_NAME.name), None)
    needed = () if name is None else (name.name, *name.depends_on)
    if name is None:
        needed = tuple(item.name for item in members if item.type.name == IP_ADDRESS.name)[:1]
    return frozenset((config.quorum, *needed))
