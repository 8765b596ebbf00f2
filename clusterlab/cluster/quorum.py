"""Which partition may run: quorum models, majority, who survives a split, start switches.

A shared quorum disk lets the partition run whose member owns the disk; a majority node set the
one with more than half of the configured nodes; a local quorum the single node it belongs to
(handbook 1, 4.10, 4.11 and 6).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn

from clusterlab.cluster.draft import Draft
from clusterlab.cluster.errors import ConfigError, refuse, refuse_as
from clusterlab.cluster.model import Cluster, can_run
from clusterlab.cluster.networks import can_talk, has_client_network
from clusterlab.cluster.properties import WITNESS
from clusterlab.cluster.states import GroupState, QuorumModel, Windows

NODES_WITH_A_WITNESS = 2
"""Nodes of the cluster for which a file share witness is described (handbook 1, 6)."""


def majority(voters: int) -> int:
    """Return how many nodes a majority node set needs to keep running (handbook 1, 6; KB 947713).

    Args:
        voters: Nodes configured in the cluster, failed ones included; 1 or more.

    Example:
        >>> [majority(n) for n in (1, 2, 3, 4, 5, 6, 7, 8)]
        [1, 2, 2, 3, 3, 4, 4, 5]
    """
    if not isinstance(voters, int) or voters < 1:
        raise ConfigError(f"a majority of {voters!r} nodes was asked for; allowed: 1 or more")
    return voters // 2 + 1


def voters(cluster: Cluster) -> tuple[str, ...]:
    """Return the nodes that count: all configured ones, or those `/forcequorum` named (6.1)."""
    return cluster.forced or tuple(node.name for node in cluster.config.nodes)


def has_witness(cluster: Cluster) -> bool:
    """Return whether a file share votes beside two nodes; forced quorum counts nodes only (6).

    With other numbers of nodes it is not said what it does; there it counts for nothing.

    Source: handbook 1, 6; KB 921181.
    """
    quorum = cluster.config.resources_by_name[cluster.config.quorum]
    is_set = bool(quorum.private.get(WITNESS))
    return is_set and len(cluster.config.nodes) == NODES_WITH_A_WITNESS and not cluster.forced


def votes_needed(cluster: Cluster) -> int:
    """Return how many votes a majority node set needs, that of a witness included."""
    return majority(len(voters(cluster)) + has_witness(cluster))


def votes_by_site(cluster: Cluster) -> str:
    """Return in a sentence which site has a majority of its own; "" if that is no question.

    Source: handbook 5, 5.4 (Two equal sites); 1, 6.
    """
    sites, count = cluster.config.sites, set(voters(cluster))
    if len(sites) < 2 or cluster.config.quorum_model is not QuorumModel.MAJORITY:
        return ""
    votes = {site: len(count.intersection(nodes)) for site, nodes in sites.items()}
    needed = votes_needed(cluster)
    able = [site for site, number in votes.items() if number >= needed]
    parts = [f"{site} has {number}" for site, number in votes.items()]
    parts += ["the witness has 1"] if has_witness(cluster) else []
    return (
        f"The majority node set needs {needed} votes: {', '.join(parts)}; "
        f"{able[0] if able else 'no site'} can run on its nodes alone."
    )


def has_majority(cluster: Cluster, nodes: Sequence[str]) -> bool:
    """Return whether *nodes* are enough for a majority node set.

    A witness votes for them unless a member outside of them holds it.
    """
    is_free = all(node in nodes for node in cluster.node_states if cluster.is_live(node))
    votes = len(set(nodes).intersection(voters(cluster)))
    return votes + (is_free and has_witness(cluster)) >= votes_needed(cluster)


def _majority_partition(cluster: Cluster, parts: Sequence[Sequence[str]]) -> Sequence[str]:
    """Return the part that goes on; of two single nodes the owner of the quorum has the witness."""
    if not has_witness(cluster):
        return next((part for part in parts if has_majority(cluster, part)), ())
    owner = cluster.owners[cluster.config.quorum_group]
    ranked = sorted(parts, key=lambda part: owner not in part)  # between them unsourced
    return next((part for part in ranked if len(part) + 1 >= votes_needed(cluster)), ())


def surviving_partition(cluster: Cluster, parts: Sequence[Sequence[str]]) -> Sequence[str]:
    """Return the partition that may go on when the members have split; empty if none may.

    *parts* are sets of members that can talk to each other; between equals the first wins.

    Source: handbook 1, 4.10, 4.11 and 6; KB 286342, KB 309186. The order between partitions
    without the owner is unsourced.
    """
    if cluster.config.quorum_model is QuorumModel.MAJORITY:
        return _majority_partition(cluster, parts)
    owner = cluster.challenger or cluster.owners[cluster.config.quorum_group]
    able = [
        part
        for part in parts
        if any(cluster.can_reach_disk(cluster.config.quorum, node) for node in part)
    ]
    ranked = sorted(able, key=lambda part: owner not in part)
    is_shared = cluster.config.quorum_model is QuorumModel.SHARED_DISK
    if is_shared and cluster.config.windows >= Windows.WS2003:
        # A quorum owner without a client network gives way to a node that has one (4.10).
        ranked.sort(key=lambda part: not any(has_client_network(cluster, node) for node in part))
    return ranked[0] if ranked else ()


def is_arbitration_too_slow(cluster: Cluster) -> bool:
    """Return whether the disk would be reserved later than a node may arbitrate (2.4, 4.11)."""
    return quorum_delays_s(cluster)[0] > cluster.config.durations["arbitration_max"]


def quorum_delays_s(cluster: Cluster) -> tuple[float, float]:
    """Return the seconds until the quorum is reserved, and until it is Online (4.11, 9)."""
    durations = cluster.config.durations
    match cluster.config.quorum_model:
        case QuorumModel.SHARED_DISK:
            is_older = cluster.config.windows < Windows.WS2003
            key = "arbitration_reserve_older" if is_older else "arbitration_reserve"
            disk_s = max(0.0, durations["arbitration_online"] - durations["arbitration_reserve"])
            return durations[key], round(durations[key] + disk_s, 3)
        case QuorumModel.MAJORITY:
            return 0.0, durations["majority_node_set_online"]
        case QuorumModel.LOCAL:
            return 0.0, durations["local_quorum_online"]


SEARCHING = "searching for a cluster"
"""What a node does that has power and has found nobody yet (4.13)."""


def why_not_formed(d: Draft, node: str) -> str:
    """Return why *node* cannot form the cluster, or "" (4.13)."""
    cluster, quorum = d.cluster, d.cluster.config.quorum
    resource = cluster.config.resources_by_name[quorum]
    if not can_run(resource, cluster.config.nodes_by_name[node]):
        return f"it is not a possible owner of {quorum}"
    match cluster.config.quorum_model:
        case QuorumModel.MAJORITY:
            return too_few(d, node)
        case _ if d.live_nodes() or cluster.challenger is not None:
            return f"another node owns {quorum}"
        case QuorumModel.SHARED_DISK if not cluster.finds_disk(quorum, node):
            d.log_if_not_found(quorum, node)
            return f"{quorum} cannot be reached"
        case QuorumModel.SHARED_DISK if cluster.is_quorum_full and not cluster.switch:
            d.log_event(1022, node, resource=quorum)
            return f"{quorum} is full"
        case QuorumModel.SHARED_DISK if cluster.is_quorum_log_bad and not cluster.switch:
            d.log_event(1019, node)
            d.log_event(1148, node)
            return f"the quorum log on {quorum} cannot be used"
    return ""


def too_few(d: Draft, node: str) -> str:
    """Return why *node* and the starting nodes that it reaches are no majority, or "" (4.13)."""
    searching = [other for other, phase in d.cluster.starting.items() if phase == SEARCHING]
    present = {node, *(other for other in searching if can_talk(d.cluster, node, other))}
    counted, needed = voters(d.cluster), votes_needed(d.cluster)
    is_needed = d.cluster.config.quorum_model is QuorumModel.MAJORITY
    if not is_needed or has_majority(d.cluster, tuple(present)):
        return ""
    return f"{len(present)} of {len(counted)} nodes are no majority ({needed} needed)"


# --- start switches -------------------------------------------------------------------------------


FORCE_QUORUM = "forcequorum"
FIX_QUORUM = "fixquorum"
NO_QUORUM_LOGGING = "noquorumlogging"
RESET_QUORUM_LOG = "resetquorumlog"

SWITCHES: Mapping[str, QuorumModel] = {
    FORCE_QUORUM: QuorumModel.MAJORITY,
    FIX_QUORUM: QuorumModel.SHARED_DISK,
    NO_QUORUM_LOGGING: QuorumModel.SHARED_DISK,
    RESET_QUORUM_LOG: QuorumModel.SHARED_DISK,
}
"""Each switch and the quorum model it is for."""

_SOURCE = "handbook 1, 6.1; KB 258078"


def use_switch(d: Draft, node: str, switch: str, nodes: tuple[str, ...]) -> None:
    """Check a start switch and let the cluster run with it (6.1)."""
    running = [*d.live_nodes(), *(name for name in d.cluster.starting if name != node)]
    others = [
        other for other in running if switch != FORCE_QUORUM or can_talk(d.cluster, node, other)
    ]
    named = tuple(d.cluster.config.node_name(name) for name in nodes)
    if switch:
        _check_switch(d, node, switch, named)
    if others:
        _check_joins_with(d, switch, named, others)
    else:
        _part_from(d, d.live_nodes())
        d.put("switch", switch)
        d.put("forced", named)


def _part_from(d: Draft, nodes: Sequence[str]) -> None:
    """Note running nodes out of reach, which cannot be asked, and what is Online there (6.1).

    From now on they stand still here: what they do on their side is not simulated [simplified].
    """
    d.include("apart", nodes)
    for node in nodes:
        for group in d.cluster.groups_on(node):
            if d.cluster.group_state(group) is GroupState.ONLINE:
                d.table("twice")[group] = node


def check_stay_apart(cluster: Cluster) -> None:
    """Refuse to let two running sides see each other again: what follows is not documented."""
    met = [
        (node, other)
        for node in sorted(cluster.apart)
        for other in cluster.node_states
        if cluster.is_live(other) and can_talk(cluster, node, other)
    ]
    if met:
        _refuse(
            f"Quorum was forced, and {met[0][0]} and {met[0][1]} would see each other again; no "
            "document says what follows.",
            f"Stop one side first: {', '.join(sorted(cluster.apart))}.",
        )


def _check_switch(d: Draft, node: str, switch: str, nodes: tuple[str, ...]) -> None:
    model = d.cluster.config.quorum_model
    if switch not in SWITCHES:
        _refuse(f"There is no switch /{switch}.", f"Use one of: {', '.join(SWITCHES)}.")
    if SWITCHES[switch] is not model:
        _refuse(
            f"/{switch} is for a {SWITCHES[switch].value}; this cluster has a {model.value}.",
            "Start without it.",
        )
    if switch == FORCE_QUORUM and node not in nodes:
        _refuse(
            f"/{switch} lists {', '.join(nodes) or 'no node'}, and {node} is not on the list.",
            "List every node that is to run, the same list on each.",
        )


def _check_joins_with(d: Draft, switch: str, nodes: tuple[str, ...], others: list[str]) -> None:
    running, listed = d.cluster.switch, d.cluster.forced
    if switch and (switch, nodes) != (running, listed):
        _refuse(
            f"The service is running or starting on {', '.join(others)}.",
            "Stop the Cluster service on all nodes of this side first.",
        )
    if running == NO_QUORUM_LOGGING and switch != running:
        _refuse(f"The cluster runs with /{running}.", "Start this node with the same switch.")


def _refuse(because: str, remedy: str) -> NoReturn:
    refuse(because, remedy, source=_SOURCE)


def check_may_change(d: Draft) -> None:
    """Refuse changes while quorum is forced (6.1, conflict 11: forbid) or its disk full (4.12)."""
    if d.cluster.is_quorum_full:
        owner = d.cluster.owners[d.cluster.config.quorum_group]
        refuse_as("quorum disk is full", d.cluster.config.quorum, owner)
    if d.cluster.forced:
        _refuse(
            f"Quorum is forced to {', '.join(d.cluster.forced)}.",
            "Leave the configuration as it is until the cluster runs normally.",
        )


def check_can_commit(d: Draft) -> None:
    """Refuse a change that a majority of the nodes cannot write (6)."""
    count, up = len(d.cluster.config.nodes), d.live_nodes()
    is_majority_needed = d.cluster.config.quorum_model is QuorumModel.MAJORITY
    if is_majority_needed and len(up) < majority(count):
        refuse_as("majority would be lost", majority(count), count, len(up))
