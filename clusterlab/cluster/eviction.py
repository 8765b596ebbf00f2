"""Nodes that are evicted and added while the cluster runs (handbook 1, 1.1, 4.8 and 6)."""

from __future__ import annotations

from dataclasses import replace

from clusterlab.cluster.draft import Change, Draft
from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.membership import live_nodes, place_waiting
from clusterlab.cluster.model import Cluster, ClusterConfig, Node
from clusterlab.cluster.renaming import forget
from clusterlab.cluster.states import NodeState, ResourceState, Windows
from clusterlab.cluster.switches import check_can_commit, check_may_change

_SOURCE = "handbook 1, 4.8"


def evict_node(d: Draft, name: str) -> None:
    """Take a node that is Down out of the configuration; N changes with it (4.8).

    Windows Server 2003 cleans the machine up, unless it has no power: error 5896. Before that it is
    never cleaned. It is the owner of the quorum that logs 1011 (unsourced).
    """
    node, config = d.cluster.config.node_name(name), d.cluster.config
    check_may_change(d)
    if len(config.nodes) == 1:
        _dissolve(d, node)
        return
    if not live_nodes(d):
        raise OperationRefused(
            5050, because="No node of the cluster is Up.", remedy="Start a node first."
        )
    _check_may_be_evicted(d.cluster, node)
    _clean(d, node)
    d.put("config", _without(config, node))
    forget(d, "node", node)
    for group, activity in dict(d.cluster.activities).items():
        if activity.target == node:  # its move finds another node when it ends
            d.set_activity(group, activity._replace(target=None))
    d.log_event(1011, d.cluster.owners[config.quorum_group], peer=node)
    place_waiting(d)


def _clean(d: Draft, node: str) -> None:
    """Note a machine that cannot be cleaned up, and say so (4.8)."""
    is_silent = node in d.cluster.silent_since
    if d.cluster.config.windows < Windows.WS2003 or is_silent:
        d.include("uncleaned", (node,))
    if is_silent and d.cluster.config.windows >= Windows.WS2003:
        because = "its machine has no power and could not be cleaned up"
        change = Change(d.cluster.now_s, "node", node, "Down", "evicted", because, _SOURCE, 5896)
        d.changes.append(change)


def _dissolve(d: Draft, node: str) -> None:
    """Evict the last node, which may be Up: the cluster ends, and its machine is cleaned (4.8)."""
    if d.cluster.is_dissolved:
        raise OperationRefused(
            None, because="The cluster has ended.", remedy="Form another one.", source=_SOURCE
        )
    d.log_event(1011, node, peer=node)
    for resource in d.cluster.config.resources:
        because = "the last node was evicted"
        d.set_resource(resource.name, ResourceState.OFFLINE, because, _SOURCE)
    d.cancel(lambda event: True)
    for field in ("activities", "faults", "failures", "retries", "starting"):
        d.drop(field, tuple(getattr(d.cluster, field)))
    for field in ("wanted", "persistent", "restarting", "stopping"):
        d.put(field, frozenset())
    d.put("challenger", None)
    d.set_node(node, NodeState.DOWN, "it was the last node and was evicted", _SOURCE)
    d.put("is_dissolved", True)


def clean_up_node(d: Draft, name: str) -> None:
    """Clean the configuration off an evicted machine: `/forcecleanup`, or a new installation."""
    found = {node.casefold(): node for node in d.cluster.uncleaned}
    if str(name).casefold() not in found:
        raise OperationRefused(
            None,
            because=f"{name} is no evicted machine that must be cleaned up.",
            remedy=f"Such machines: {', '.join(sorted(found.values())) or 'none'}.",
            source=_SOURCE,
        )
    d.exclude("uncleaned", (found[str(name).casefold()],))


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
    if str(name).casefold() in map(str.casefold, d.cluster.uncleaned):
        raise OperationRefused(
            5896,
            because=f"{name} still has the configuration of this cluster.",
            remedy=f"Run cluster node {name} /forcecleanup on it first.",
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
    check_can_commit(d)
