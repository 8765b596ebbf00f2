"""A cluster before anything happens: all at rest, with its clock at 0.

What happened before is not described: counters are empty, nothing is pending.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any

from clusterlab.cluster.checks import listed
from clusterlab.cluster.errors import impossible
from clusterlab.cluster.model import Cluster, ClusterConfig, Resource
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
    """Return a cluster with its clock at 0 in which nothing is going on."""
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


def started(
    config: ClusterConfig,
    owners: Mapping[str, str],
    *,
    nodes: Mapping[str, NodeState],
    powered: Container[str],
    states: Mapping[str, ResourceState],
    persistent: frozenset[str],
) -> Cluster:
    """Return the cluster at t = 0, with nothing going on.

    *nodes* are those that are not Up; *powered* are Down nodes that have power: their Cluster
    service is stopped. Resources that *states* leaves out are Online; *persistent* are groups and
    resources whose `PersistentState` is 1 (handbook 1, 2.1).
    """
    down = [name for name, state in nodes.items() if state is NodeState.DOWN]
    return at_rest(
        config,
        owners,
        nodes=nodes,
        states=states,
        silent_since={name: 0.0 for name in down if name not in powered},
        paused=frozenset(n for n, state in nodes.items() if state is NodeState.PAUSED),
        persistent=persistent,
    )


def starting_point(cluster: Cluster) -> Cluster:
    """Return *cluster* as a new start: the same owners and states, without what went before.

    A pending resource counts as what it is becoming, a resource on a node that is not a member
    as Offline.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> starting_point(exchange_cluster()) == exchange_cluster()
        True
    """
    becoming = {
        ResourceState.ONLINE_PENDING: ResourceState.ONLINE,
        ResourceState.OFFLINE_PENDING: ResourceState.OFFLINE,
    }
    states = {name: becoming.get(state, state) for name, state in cluster.resource_states.items()}
    down = frozenset(n for n, state in cluster.node_states.items() if state is NodeState.DOWN)
    return started(
        cluster.config,
        cluster.owners,
        nodes={
            name: NodeState.DOWN if state is NodeState.JOINING else state
            for name, state in cluster.node_states.items()
        },
        powered=down - set(cluster.silent_since),
        states=_possible(cluster.config, states),
        persistent=cluster.persistent,
    )


def _possible(
    config: ClusterConfig, states: Mapping[str, ResourceState]
) -> Mapping[str, ResourceState]:
    """Return *states* with everything Offline that needs something which is not Online."""
    settled = dict(states)
    for group in config.groups:
        for resource in config.members[group.name]:
            is_up = settled[resource.name] is ResourceState.ONLINE
            if is_up and not needs_are_online(resource, settled):
                settled[resource.name] = ResourceState.OFFLINE
    return settled


def needs_are_online(resource: Resource, states: Mapping[str, ResourceState]) -> bool:
    """Return whether everything that *resource* needs is Online."""
    return all(states[needed] is ResourceState.ONLINE for needed in resource.depends_on)


def usual_states(
    members: Iterable[Resource], is_offline: bool, given: Mapping[str, ResourceState]
) -> Mapping[str, ResourceState]:
    """Return the states of a group's resources where only some are *given*.

    Args:
        members: What comes online first stands first.
        is_offline: Whether the group was taken offline.
        given: States by name of resource.
    """
    states: dict[str, ResourceState] = {}
    for resource in members:
        can_be = not is_offline and needs_are_online(resource, states)
        usual = ResourceState.ONLINE if can_be else ResourceState.OFFLINE
        states[resource.name] = given.get(resource.name, usual)
    return states
