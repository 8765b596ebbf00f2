"""Whether the two rules of Exchange about a node hold at a moment: EVSs and storage groups."""

from __future__ import annotations

from clusterlab.cluster.invariants import Lamp
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.states import ResourceState
from clusterlab.exchange.exres import (
    INFORMATION_STORE,
    MAX_STORAGE_GROUPS,
    NODES_THAT_MAY_SHARE,
    attendant_refusal,
    storage_groups,
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


EXCHANGE_LAMPS = (evs_lamp, storage_group_lamp)
"""What is shown beside the invariants of the Cluster service."""
