"""Kinds of faults around the groups: networks, quorum, nodes, and what was left behind."""

from __future__ import annotations

from dataclasses import replace

from clusterlab.cases.model import (
    ORDINARY,
    FaultKind,
    Lines,
    crash,
    evs_names,
    home,
    looks,
    members_of,
    network_away,
    resource,
    set_back,
    set_to,
    spares,
)
from clusterlab.cases.trials import Trial
from clusterlab.cluster.events import NodeFailed
from clusterlab.cluster.model import Cluster, Node
from clusterlab.cluster.states import NetworkRole, NodeState, QuorumModel, ResourceState

GHOSTS = 2
"""Nodes that were scrapped and never evicted."""


def _network(role: NetworkRole, sound: Cluster) -> list[str]:
    return [network.name for network in sound.config.networks if network.role is role]


def _private_networks(sound: Cluster) -> list[str]:
    """Return the private networks of a cluster in which a survivor cannot take everything."""
    is_crowded = spares(sound) and len(evs_names(sound.config)) > 1
    return _network(NetworkRole.INTERNAL, sound) if is_crowded else []


def _mixed_networks(sound: Cluster) -> list[str]:
    """Return the mixed networks of a cluster that loses an EVS when it breaks apart."""
    return _network(NetworkRole.ALL, sound) if len(evs_names(sound.config)) > 1 else []


def _other_network_away(sound: Cluster, place: str) -> tuple[Trial, ...]:
    other = next(n.name for n in sound.config.networks if n.name != place)
    return (network_away(other),)


def _crowded_disks(sound: Cluster) -> list[str]:
    """Return data disks of EVSs that could not all be at home on the lowest node."""
    is_shared = sound.config.quorum_model is QuorumModel.SHARED_DISK
    names = evs_names(sound.config)
    return members_of(sound, "Disk") if is_shared and spares(sound) and len(names) > 1 else []


def _quorum_moved(sound: Cluster, place: str) -> Cluster:
    config = replace(sound.config, quorum=place)
    return replace(sound, config=config, quorum_owners=(home(sound, place),))


def _home_crash(sound: Cluster, place: str) -> tuple[Trial, ...]:
    return (crash(home(sound, place)),)


def _quorum_back(sound: Cluster, place: str) -> tuple[Lines, ...]:
    return ((f'cluster /quorum:"{sound.config.quorum}"',),)


def _names_of_ghosts(sound: Cluster) -> list[str]:
    count = len(sound.config.nodes)
    return [f"NODE{number}" for number in range(count + 1, count + 1 + GHOSTS)]


def _haunted(sound: Cluster) -> list[str]:
    is_majority = sound.config.quorum_model is QuorumModel.MAJORITY
    return _names_of_ghosts(sound)[:1] if is_majority else []


def _with_ghosts(sound: Cluster, place: str) -> Cluster:
    names = _names_of_ghosts(sound)
    first_id = len(sound.config.nodes) + 1
    ghosts = tuple(Node(name=name, node_id=first_id + i) for i, name in enumerate(names))
    config = replace(sound.config, nodes=(*sound.config.nodes, *ghosts))
    states = {**sound.node_states, **dict.fromkeys(names, NodeState.DOWN)}
    return replace(sound, config=config, node_states=states)


def _spares_crash(sound: Cluster, place: str) -> tuple[Trial, ...]:
    free = spares(sound)[:2]
    words = f"{free[0]} and then {free[1]} lose power"
    return (Trial(words, tuple(map(NodeFailed, free))),)


def _without_ghosts(sound: Cluster, place: str) -> tuple[Lines, ...]:
    names = _names_of_ghosts(sound)
    return (
        tuple(f"cluster node {name} /evict" for name in names),
        tuple(f"cluster node {name} /start /wait" for name in names),
    )


def _only_spare(sound: Cluster) -> list[str]:
    free = spares(sound)
    return free if len(free) == 1 else []


def _first_crash(sound: Cluster, place: str) -> tuple[Trial, ...]:
    return (crash(home(sound, evs_names(sound.config)[-1])),)


def _paused(sound: Cluster, place: str) -> Cluster:
    states = {**sound.node_states, place: NodeState.PAUSED}
    return replace(sound, node_states=states, paused=sound.paused | {place})


def _stopped(sound: Cluster, place: str) -> Cluster:
    return replace(sound, node_states={**sound.node_states, place: NodeState.DOWN})


def _taken_offline(sound: Cluster, place: str) -> Cluster:
    off = {place}
    return replace(
        sound,
        resource_states={**sound.resource_states, place: ResourceState.OFFLINE},
        persistent=sound.persistent - off,
        wanted=sound.wanted - off,
    )


def _brought_online(sound: Cluster, place: str) -> tuple[Lines, ...]:
    group = resource(sound, place).group
    return (
        (f'cluster resource "{place}" /online',),
        (f'cluster group "{group}" /online',),
    )


SURROUNDING_KINDS = (
    FaultKind(
        id="private-network-unused",
        title="its role is 0: the cluster does not use it",
        rule="Heartbeats go over networks with role 1 or 3; if one network is left, its loss "
        "breaks the cluster apart.",
        source="handbook 1, 2.5 and 4.9; handbook 3, 2.2 and 5.8",
        places=_private_networks,
        plant=set_to(role=NetworkRole.NONE),
        trials=_other_network_away,
        repairs=set_back("role"),
        look=looks('cluster network "{}" /prop'),
    ),
    FaultKind(
        id="public-network-clients-only",
        title="its role is 2: it carries no heartbeats",
        rule="A network with role 2 never carries heartbeats, not even when it is the only one "
        "left; the public network is mixed, as the second path.",
        source="handbook 1, 2.5 and 4.9; handbook 3, 2.2",
        places=_mixed_networks,
        plant=set_to(role=NetworkRole.CLIENT),
        trials=_other_network_away,
        repairs=set_back("role"),
        look=looks('cluster network "{}" /prop'),
    ),
    FaultKind(
        id="quorum-on-data-disk",
        title="this data disk of an EVS is the quorum",
        rule="The group with the quorum follows the quorum, whether that node is free or not; so "
        "the quorum has a disk of its own, in the Cluster Group.",
        source="handbook 1, 5.4 and 6.2; handbook 3, 2.4",
        places=_crowded_disks,
        plant=_quorum_moved,
        trials=_home_crash,
        repairs=_quorum_back,
        look=lambda place: "cluster /quorum",
    ),
    FaultKind(
        id="ghost-nodes",
        title="two nodes that are gone were never evicted",
        rule="In a majority node set every configured node counts, those that are Down too; only "
        "evicting changes the number.",
        source="handbook 1, 4.8 and 6",
        places=_haunted,
        plant=_with_ghosts,
        trials=_spares_crash,
        repairs=_without_ghosts,
        look=lambda place: "cluster node",
    ),
    FaultKind(
        id="spare-paused",
        title="the spare node is Paused",
        rule="A Paused node keeps what it has and takes no group.",
        source="handbook 1, 4.7 and 5.1",
        places=_only_spare,
        plant=_paused,
        trials=_first_crash,
        repairs=lambda sound, place: ((f"cluster node {place} /resume",),),
        look=lambda place: "cluster node",
    ),
    FaultKind(
        id="spare-stopped",
        title="the Cluster service of the spare node is stopped",
        rule="A group fails over to nodes that are Up; a spare that is Down is none.",
        source="handbook 1, 4.6 and 5.1",
        places=_only_spare,
        plant=_stopped,
        trials=_first_crash,
        repairs=lambda sound, place: ((f"cluster node {place} /start /wait",),),
        look=lambda place: "cluster node",
    ),
    FaultKind(
        id="left-offline",
        title="an administrator took it offline and left it so",
        rule="What an administrator took offline stays offline, after each failover too "
        "(PersistentState).",
        source="handbook 1, 2.1",
        places=lambda sound: members_of(sound, "SMTP", "HTTP", "POP3", "IMAP4"),
        plant=_taken_offline,
        trials=lambda sound, place: (ORDINARY,),
        repairs=_brought_online,
        look=looks('cluster resource "{}"'),
    ),
)
