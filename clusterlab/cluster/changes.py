"""Changes of the configuration while the cluster runs: properties, nodes, the quorum resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from clusterlab.cluster.configuring import configure
from clusterlab.cluster.draft import Draft
from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.membership import live_nodes, place_waiting
from clusterlab.cluster.model import Cluster, ClusterConfig, Node
from clusterlab.cluster.networks import internal_networks, network_of
from clusterlab.cluster.private import ONLY_OFFLINE, check_network
from clusterlab.cluster.quorum import majority
from clusterlab.cluster.resource_types import IP_ADDRESS
from clusterlab.cluster.states import NetworkRole, NodeState, QuorumModel, ResourceState
from clusterlab.cluster.switches import check_may_change


def set_properties(d: Draft, name: str, properties: Mapping[str, Any]) -> None:
    """Change properties of a group, a resource or a network while the cluster runs."""
    config = d.cluster.config
    check_may_change(d)
    kind = config.kind_of(name)
    if "depends_on" in properties or "private" in properties:
        _check_is_offline_for(d, config.resource_name(name), properties)
    if kind == "resource" and config.resource_name(name) == config.quorum:
        _check_quorum_properties(config, properties)
    elif kind == "network":
        _check_role(d.cluster, config.network_name(name), properties.get("role"))
    d.put("config", configure(config, name, **properties))
    place_waiting(d)


def _check_is_offline_for(d: Draft, name: str, properties: Mapping[str, Any]) -> None:
    """Refuse what changes only while a resource is offline: dependencies, Kerberos (8.4)."""
    check_network(d.cluster.config, properties.get("private", {}))
    resource, state = d.cluster.config.resources_by_name[name], d.state(name)
    if state in (ResourceState.OFFLINE, ResourceState.FAILED):
        return
    if tuple(properties.get("depends_on", resource.depends_on)) != resource.depends_on:
        raise OperationRefused(
            5019, because=f"{name} is {state.value}.", remedy="Take it offline first."
        )
    private = properties.get("private", resource.private)
    changed = [key for key in ONLY_OFFLINE if private.get(key, 0) != resource.private.get(key, 0)]
    if changed:
        raise OperationRefused(
            5023,
            because=f"{name} is {state.value}; {changed[0]} changes only while it is offline.",
            remedy="Take it offline first.",
            source="handbook 3, 4.2",
        )


def _check_quorum_properties(config: ClusterConfig, properties: Mapping[str, Any]) -> None:
    if "possible_owners" in properties:
        raise OperationRefused(
            5068,
            because=f"{config.quorum} is the quorum resource; every node must be able to own it.",
            remedy="Leave its possible owners as they are.",
        )
    if properties.get("depends_on"):
        raise OperationRefused(
            5069,
            because=f"{config.quorum} is the quorum resource.",
            remedy="Let other resources depend on it instead.",
        )


def _check_role(cluster: Cluster, network: str, role: int | None) -> None:
    if role in (NetworkRole.NONE, NetworkRole.INTERNAL):
        users = [
            resource.name
            for resource in cluster.config.resources
            if resource.type.name == IP_ADDRESS.name
            and network_of(cluster.config, resource) == network
        ]
        if users:
            raise OperationRefused(
                5067,
                because=f"Network {network} carries {', '.join(users)}.",
                remedy="Put these addresses on another network first.",
            )
    internal = [item.name for item in internal_networks(cluster.config)]
    if role in (NetworkRole.NONE, NetworkRole.CLIENT) and internal == [network]:
        raise OperationRefused(
            5066,
            because=f"Network {network} is the only one that carries internal traffic.",
            remedy="Give another network role 1 or 3 first.",
        )


def evict_node(d: Draft, name: str) -> None:
    """Take a node that is Down out of the configuration; N changes with it (4.8).

    Left out: the eviction of the last node, which ends the cluster, and error 5896 of a machine
    that cannot be cleaned up; a node evicted here can be added again. It is the owner of the
    quorum that logs 1011 (unsourced).
    """
    node, config = d.cluster.config.node_name(name), d.cluster.config
    check_may_change(d)
    if not live_nodes(d):
        raise OperationRefused(
            5050, because="No node of the cluster is Up.", remedy="Start a node first."
        )
    _check_may_be_evicted(d.cluster, node)
    d.put("config", _without(config, node))
    for field in ("node_states", "silent_since"):
        d.drop(field, (node,))
    d.exclude("paused", (node,))
    d.exclude("cut", {pair for pair in d.cluster.cut if pair[0] == node})
    d.exclude("lost_disks", {pair for pair in d.cluster.lost_disks if pair[1] == node})
    d.put("quorum_owners", tuple(other for other in d.cluster.quorum_owners if other != node))
    for group, activity in dict(d.cluster.activities).items():
        if activity.target == node:  # its move finds another node when it ends
            d.set_activity(group, activity._replace(target=None))
    d.log_event(1011, d.cluster.owners[config.quorum_group], peer=node)
    place_waiting(d)


def _check_may_be_evicted(cluster: Cluster, node: str) -> None:
    state = cluster.starting.get(node, cluster.node_states[node].value)
    groups = cluster.groups_on(node)
    if state != NodeState.DOWN.value or groups:
        owns = f" and still owns {', '.join(groups)}" if groups else ""
        raise OperationRefused(
            5009,
            because=f"{node} is {state}{owns}.",
            remedy=f"Move its groups, stop its Cluster service, then evict {node}.",
        )


def _without(config: ClusterConfig, node: str) -> ClusterConfig:
    def others(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if name != node)

    return replace(
        config,
        nodes=tuple(item for item in config.nodes if item.name != node),
        groups=tuple(
            replace(group, preferred_owners=others(group.preferred_owners))
            for group in config.groups
        ),
        resources=tuple(
            replace(
                resource,
                possible_owners=None
                if resource.possible_owners is None
                else others(resource.possible_owners),
                defective_on=resource.defective_on - {node},
            )
            for resource in config.resources
        ),
        is_as_found=True,
    )


def add_node(d: Draft, name: str, missing_types: frozenset[str] = frozenset()) -> None:
    """Configure a new node with the lowest free Node ID; it is Down until started (1.1).

    In a majority node set a change is committed only if a majority of the nodes can write it; the
    new node is one of those that count (6).
    """
    config = d.cluster.config
    check_may_change(d)
    if not live_nodes(d):
        raise OperationRefused(
            5050, because="No node of the cluster is Up.", remedy="Start a node first."
        )
    taken = {node.node_id for node in config.nodes}
    free = next(number for number in range(1, len(taken) + 2) if number not in taken)
    node = Node(name=name, node_id=free, missing_types=frozenset(missing_types))
    nodes = sorted((*config.nodes, node), key=lambda node: node.node_id)
    try:
        d.put("config", replace(config, nodes=tuple(nodes)))
    except ConfigError as error:
        raise OperationRefused(
            None, because=f"{error}.", remedy="Evict a node first, or choose another name."
        ) from error
    d.table("node_states")[name] = NodeState.DOWN
    _check_can_commit(d)


def _check_can_commit(d: Draft) -> None:
    count, up = len(d.cluster.config.nodes), live_nodes(d)
    is_majority_needed = d.cluster.config.quorum_model is QuorumModel.MAJORITY
    if is_majority_needed and len(up) < majority(count):
        raise OperationRefused(
            None,
            because=f"A majority is then {majority(count)} of {count} nodes, and {len(up)} are Up.",
            remedy="Start or evict a node that is Down first.",
            source="handbook 1, 6",
        )


def designate_quorum(d: Draft, name: str) -> None:
    """Make another resource the quorum resource; its owner logs 1064 (6.2; KB 280353)."""
    config = d.cluster.config
    check_may_change(d)
    resource = config.resources_by_name[config.resource_name(name)]
    if resource.name == config.quorum:
        raise OperationRefused(
            None, because=f"{resource.name} is the quorum.", remedy="Nothing needs to be done."
        )
    if d.cluster.challenger is not None:
        raise OperationRefused(
            5023,
            because=f"{d.cluster.challenger} is arbitrating for {config.quorum}.",
            remedy="Wait until it is Online.",
        )
    if not resource.type.can_be_quorum:
        raise OperationRefused(
            5021,
            because=f"{resource.name} is a {resource.type.name}.",
            remedy="Choose a Physical Disk, Local Quorum or Majority Node Set.",
        )
    if d.state(resource.name) is not ResourceState.ONLINE:
        raise OperationRefused(
            5023,
            because=f"{resource.name} is {d.state(resource.name).value}.",
            remedy="Bring it online first.",
        )
    try:
        d.put("config", replace(config, quorum=resource.name))
    except ConfigError as error:
        raise OperationRefused(
            5069, because=f"{error}.", remedy="Remove its dependencies first."
        ) from error
    _check_can_commit(d)
    d.put("quorum_owners", (d.cluster.owners[resource.group],))
    d.put("is_quorum_log_bad", False)
    d.log_event(1064, d.cluster.owners[resource.group], resource=resource.name)
