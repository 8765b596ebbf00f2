"""Members that lose and regain contact: missed heartbeats, regroup, splits (4.5, 4.9, 4.14)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from clusterlab.cluster.draft import Draft
from clusterlab.cluster.events import Event, HeartbeatsMissed, RegroupEnded, RegroupStarted
from clusterlab.cluster.location import locate_faults, log_if_down
from clusterlab.cluster.membership import live_nodes, lose_nodes, recover_quorum
from clusterlab.cluster.networks import (
    internal_networks,
    lost_contacts,
    members,
    network_state,
    partitions,
    regroup_s,
    separated_pairs,
)
from clusterlab.cluster.quorum import surviving_partition
from clusterlab.cluster.states import NetworkState, QuorumModel

_CONTACT_TIMERS = (HeartbeatsMissed, RegroupStarted, RegroupEnded)


def update_contacts(d: Draft) -> None:
    """Note which members lost or regained contact, and set what follows from it (4.5, 4.9)."""
    if not live_nodes(d):
        # The last member has left; nobody is there to wait for heartbeats of a silent one.
        lose_nodes(d, members(d.cluster), [])
    old, apart = d.cluster.contacts, d.cluster.separated
    lost = {key: old.get(key, d.cluster.now_s) for key in lost_contacts(d.cluster)}
    separated = {pair: apart.get(pair, d.cluster.now_s) for pair in separated_pairs(d.cluster)}
    if (lost, separated) != (old, apart):
        d.put("contacts", lost)
        d.put("separated", separated)
        _log_regained(d, old)
        _schedule_what_follows(d)
    locate_faults(d)


def _schedule_what_follows(d: Draft) -> None:
    d.cancel(lambda event: isinstance(event, _CONTACT_TIMERS))
    durations, name = d.cluster.config.durations, d.cluster.config.name
    for since_s in sorted(set(d.cluster.contacts.values())):
        _schedule_after(d, since_s, durations["interface_lost"], HeartbeatsMissed(name))
    for since_s in sorted(set(d.cluster.separated.values())):
        _schedule_after(d, since_s, durations["node_lost"], RegroupStarted(name))
        _schedule_after(d, since_s, regroup_s(d.cluster.config), RegroupEnded(name))


def _schedule_after(d: Draft, since_s: float, delay_s: float, event: Event) -> None:
    due_s = round(since_s + delay_s, 3)
    if due_s > d.cluster.now_s or since_s == d.cluster.now_s:
        d.schedule(due_s - d.cluster.now_s, event)


def _log_regained(d: Draft, old: Mapping[tuple[str, str, str], float]) -> None:
    """Log 1122 where a heartbeat returned that was missed before (2.4)."""
    missed_s = d.cluster.config.durations["interface_lost"]
    for (one, other, network), since_s in old.items():
        is_back = d.cluster.is_live(one) and d.cluster.is_live(other)
        is_lost = (one, other, network) in d.cluster.contacts
        if is_back and not is_lost and d.cluster.now_s >= round(since_s + missed_s, 3):
            d.log_event(1122, one, peer=other, network=network)
            d.log_event(1122, other, peer=one, network=network)


def heartbeats_missed(d: Draft) -> None:
    """Each live member logs 1123 for each peer and network it lost just now (4.5, 8.3)."""
    missed_s = d.cluster.config.durations["interface_lost"]
    due = [
        key
        for key, since_s in d.cluster.contacts.items()
        if round(since_s + missed_s, 3) == d.cluster.now_s
    ]
    place = {node.name: node.node_id for node in d.cluster.config.nodes}
    networks = [network.name for network in internal_networks(d.cluster.config)]
    heard = [(one, other, network) for one, other, network in due if d.cluster.is_live(one)]
    heard += [(other, one, network) for one, other, network in due if d.cluster.is_live(other)]
    for observer, peer, network in sorted(
        heard, key=lambda key: (place[key[0]], place[key[1]], networks.index(key[2]))
    ):
        d.log_event(1123, observer, peer=peer, network=network)
    locate_faults(d)
    for network in networks:
        if any(name == network for *_, name in due):
            log_if_down(d, network)
            _log_if_partitioned(d, network, due)


def _log_if_partitioned(d: Draft, network: str, due: Iterable[tuple[str, str, str]]) -> None:
    """Each live member logs 1129 where a fault cannot be located: NT4 blames nobody (1.2, 4.9)."""
    is_between_living = any(
        name == network and d.cluster.is_live(one) and d.cluster.is_live(other)
        for one, other, name in due
    )
    if is_between_living and network_state(d.cluster, network) is NetworkState.PARTITIONED:
        for node in live_nodes(d):
            d.log_event(1129, node, network=network)


def regroup_started(d: Draft) -> None:
    """Each live member that lost another one logs 1126 once (4.5, 8.3)."""
    nodes, apart = members(d.cluster), d.cluster.separated
    for observer in live_nodes(d):
        gone = [p for p in nodes if (observer, p) in apart or (p, observer) in apart]
        if gone:
            d.log_event(1126, observer, peer=", ".join(gone))


def regroup_ended(d: Draft) -> None:
    """Who does not answer is out; quorum first, then the groups (4.5, 4.10, 4.14)."""
    parts = partitions(d.cluster, live_nodes(d))
    survivors = surviving_partition(d.cluster, parts) if _must_be_tested(d, parts) else parts[0]
    losers = [node for node in live_nodes(d) if node not in survivors]
    silent = [node for node in members(d.cluster) if node in d.cluster.silent_since]
    lose_nodes(d, silent, losers)
    locate_faults(d)  # of a node that is alone now no interface is to blame
    recover_quorum(d)


def _must_be_tested(d: Draft, parts: Sequence[Sequence[str]]) -> bool:
    return len(parts) != 1 or d.cluster.config.quorum_model is QuorumModel.MAJORITY
