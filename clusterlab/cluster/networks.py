"""Who can talk to whom: interfaces, networks, partitions, and where a fault is located.

Theory of operation. Heartbeats go over every network with an internal role. Two members that
cannot hear each other on one of them have lost a contact; after two missed heartbeats that is
event 1123, and the fault is located: if others on the network still reach somebody, the interface
is Failed, if nobody does, the network is Down and no interface is blamed. Two members without any
contact are in different partitions when the regroup ends (handbook 1, 2.5 and 4.9; KB 892422,
KB 286342).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from clusterlab.cluster.model import Cluster, ClusterConfig, Network, Resource
from clusterlab.cluster.states import MEMBER_STATES, InterfaceState, NetworkRole, NetworkState

_INTERNAL_ROLES = (NetworkRole.INTERNAL, NetworkRole.ALL)
_CLIENT_ROLES = (NetworkRole.CLIENT, NetworkRole.ALL)


def internal_networks(config: ClusterConfig) -> list[Network]:
    """Return the networks that carry heartbeats; a client-only one never does (2.5)."""
    return [network for network in config.networks if network.role in _INTERNAL_ROLES]


def network_priority(config: ClusterConfig) -> tuple[str, ...]:
    """Return the internal networks in the order in which they are used (2.5).

    Example:
        >>> from clusterlab import exchange_cluster
        >>> network_priority(exchange_cluster().config)
        ('Private', 'Public')
    """
    names = [network.name for network in internal_networks(config)]
    first = [name for name in config.network_priority if name in names]
    return (*first, *(name for name in names if name not in first))


def client_networks(config: ClusterConfig) -> list[Network]:
    """Return the networks that clients use."""
    return [network for network in config.networks if network.role in _CLIENT_ROLES]


def network_of(config: ClusterConfig, resource: Resource) -> str | None:
    """Return the network of an IP Address resource: its own property, else the first for clients.

    Source: handbook 1, 3 (property Network).
    """
    chosen = resource.private.get("network")
    if chosen in [network.name for network in config.networks]:
        return str(chosen)
    first = next(iter(client_networks(config)), None)
    return first.name if first else None


def is_linked(cluster: Cluster, node: str, network: str) -> bool:
    """Return whether *node* can send and receive on *network* at this moment."""
    return (
        (node, network) not in cluster.cut
        and network not in cluster.lost_networks
        and node not in cluster.silent_since
    )


def can_talk(cluster: Cluster, one: str, other: str) -> bool:
    """Return whether two nodes share an internal network that works."""
    return any(
        is_linked(cluster, one, network.name) and is_linked(cluster, other, network.name)
        for network in internal_networks(cluster.config)
    )


def members(cluster: Cluster) -> list[str]:
    """Return the nodes that the cluster believes to be members, by Node ID."""
    return [
        node.name
        for node in cluster.config.nodes
        if cluster.node_states[node.name] in MEMBER_STATES and node.name not in cluster.apart
    ]


def partitions(cluster: Cluster, nodes: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the largest sets of *nodes* in which everybody can talk to everybody (4.14).

    Without a common network of all, a node can be in two of them; one set survives, and the
    regroup prunes who is not in it. The larger come first, then those of lower Node IDs.
    """
    ids = {node.name: node.node_id for node in cluster.config.nodes}
    ordered = sorted(nodes, key=lambda name: ids[name])
    apart = list(_unlinked_pairs(cluster, ordered))
    if not apart:
        return [tuple(ordered)] if ordered else []
    import networkx as nx  # slow to load, and only splits ask

    graph = nx.complete_graph(ordered)
    graph.remove_edges_from(apart)
    sets = [sorted(part, key=lambda name: ids[name]) for part in nx.find_cliques(graph)]
    ranked = sorted(sets, key=lambda part: (-len(part), [ids[name] for name in part]))
    return [tuple(part) for part in ranked]


def _unlinked_pairs(cluster: Cluster, nodes: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield every two of *nodes* without a common internal network that works."""
    names = [network.name for network in internal_networks(cluster.config)]
    links = {node: {name for name in names if is_linked(cluster, node, name)} for node in nodes}
    for index, one in enumerate(nodes):
        for other in nodes[index + 1 :]:
            if links[one].isdisjoint(links[other]):
                yield (one, other)


def lost_contacts(cluster: Cluster) -> Iterator[tuple[str, str, str]]:
    """Yield (node, node, network) for every two members that cannot hear each other on it."""
    nodes = members(cluster)
    for network in internal_networks(cluster.config):
        linked = {node for node in nodes if is_linked(cluster, node, network.name)}
        if len(linked) == len(nodes):
            continue
        for index, one in enumerate(nodes):
            for other in nodes[index + 1 :]:
                if one not in linked or other not in linked:
                    yield (one, other, network.name)


def separated_pairs(cluster: Cluster) -> Iterator[tuple[str, str]]:
    """Yield every two members that cannot hear each other on any network."""
    return _unlinked_pairs(cluster, members(cluster))


def regroup_s(config: ClusterConfig) -> float:
    """Return the seconds from the last contact to the end of the regroup (9)."""
    return round(config.durations["node_lost"] + config.durations["regroup"], 3)


def is_isolated(cluster: Cluster, node: str) -> bool:
    """Return whether a member hears no other member on any network."""
    others = [other for other in members(cluster) if other != node]
    return bool(others) and not any(can_talk(cluster, node, other) for other in others)


def faulty_interfaces(cluster: Cluster, network: str) -> list[str]:
    """Return the nodes whose interface on *network* is to blame for a fault (4.9).

    An interface without a link is Failed as long as another node still reaches somebody on the
    network. If nobody does, the network is Down and no interface is blamed.

    Source: handbook 1, 4.9; KB 242600, KB 814459.
    """
    nodes = [node for node in members(cluster) if node not in cluster.silent_since]
    broken = [node for node in nodes if not is_linked(cluster, node, network)]
    return broken if len(broken) < len(nodes) else []


def is_overdue(cluster: Cluster, node: str, network: str) -> bool:
    """Return whether another node on *network* has noticed that *node* is not heard there.

    That takes two missed heartbeats, and a peer whose own interface works; a network for clients
    only has no heartbeats (4.9).
    """
    role = {item.name: item.role for item in cluster.config.networks}[network]
    return role == NetworkRole.CLIENT or any(
        node in pair
        and name == network
        and _is_missed(cluster, since_s)
        and any(is_linked(cluster, peer, network) for peer in pair)
        for (*pair, name), since_s in cluster.contacts.items()
    )


def interface_state(cluster: Cluster, node: str, network: str) -> InterfaceState:
    """Return the state of a node's interface as the cluster shows it (handbook 1, 1.2)."""
    role = {item.name: item.role for item in cluster.config.networks}[network]
    if cluster.node_states[node] not in MEMBER_STATES or role == NetworkRole.NONE:
        return InterfaceState.UNAVAILABLE
    if (node, network) in cluster.noticed:
        return InterfaceState.FAILED
    if role == NetworkRole.CLIENT and not is_linked(cluster, node, network):
        return InterfaceState.UNREACHABLE
    if any(
        node in pair
        and name == network
        and _is_missed(cluster, since_s)
        # A peer whose own interface is Failed does not make this one Unreachable (1.2).
        and cluster.noticed.isdisjoint((peer, network) for peer in pair)
        for (*pair, name), since_s in cluster.contacts.items()
    ):
        return InterfaceState.UNREACHABLE
    return InterfaceState.UP


def _is_missed(cluster: Cluster, since_s: float) -> bool:
    """Return whether two heartbeats in a row are missing since *since_s* (2.4)."""
    return cluster.now_s >= round(since_s + cluster.config.durations["interface_lost"], 3)


def network_state(cluster: Cluster, network: str) -> NetworkState:
    """Return the state of a network as the cluster shows it (handbook 1, 1.2)."""
    states = [interface_state(cluster, node.name, network) for node in cluster.config.nodes]
    present = [state for state in states if state is not InterfaceState.UNAVAILABLE]
    if not present:
        return NetworkState.UNAVAILABLE
    if all(state is InterfaceState.UP for state in present):
        return NetworkState.UP
    if not any(is_linked(cluster, node, network) for node in members(cluster)):
        return NetworkState.DOWN
    # With an interface to blame the network itself is Up; otherwise somebody is just not heard.
    blamed = InterfaceState.FAILED in present
    return NetworkState.UP if blamed else NetworkState.PARTITIONED


def check_network(config: ClusterConfig, private: Mapping[str, Any]) -> None:
    """Refuse an IP Address on a network that the cluster does not have."""
    if private.get("network"):
        config.network_name(str(private["network"]))


def has_client_network(cluster: Cluster, node: str) -> bool:
    """Return whether a node still has a working interface that clients use (4.10)."""
    return any(
        is_linked(cluster, node, network.name) for network in client_networks(cluster.config)
    )
