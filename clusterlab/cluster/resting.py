"""A cluster before anything happens: all at rest, with its clock at 0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clusterlab.cluster.checks import listed
from clusterlab.cluster.errors import impossible
from clusterlab.cluster.model import Cluster, ClusterConfig
from clusterlab.cluster.states import NodeState, ResourceState


def cluster_from(config: ClusterConfig, owners: Mapping[str, str]) -> Cluster:
    """Return a cluster at rest: all nodes Up, all groups Online on *owners*.

    Raises:
        ConfigError: If a group is missing from *owners* or sits on a node that cannot run it.
    """
    for name in config.groups_by_name:
        if owners.get(name) not in config.possible_owners[name]:
            raise impossible(
                "cannot be online there",
                name,
                owners.get(name),
                listed(sorted(config.possible_owners[name])),
            )
    names = (*config.resources_by_name, *config.groups_by_name)
    return at_rest(config, owners, persistent=frozenset(names))


def at_rest(
    config: ClusterConfig,
    owners: Mapping[str, str],
    *,
    nodes: Mapping[str, NodeState] | None = None,
    states: Mapping[str, ResourceState] | None = None,
    **others: Any,
) -> Cluster:
    """Return a cluster with its clock at 0 in which nothing is going on.

    Args:
        config: What is configured.
        owners: Group name to node name.
        nodes: States of nodes; the others are Up.
        states: States of resources; the others are Online.
        others: Further fields of the cluster.
    """
    known = states or {}
    now = {name: known.get(name, ResourceState.ONLINE) for name in config.resources_by_name}
    return Cluster(
        config=config,
        node_states={name: (nodes or {}).get(name, NodeState.UP) for name in config.nodes_by_name},
        owners=dict(owners),
        resource_states=now,
        since_s=dict.fromkeys(now, 0.0),
        wanted=frozenset(name for name, state in now.items() if state is ResourceState.ONLINE),
        quorum_owners=(owners[config.quorum_group],),
        **others,
    )
