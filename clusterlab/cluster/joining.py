"""Nodes that start: they look for a cluster, join it or form one, and what comes home to them."""

from __future__ import annotations

from clusterlab.cluster import membership
from clusterlab.cluster.draft import Draft
from clusterlab.cluster.events import Due, DueKind, comes
from clusterlab.cluster.facts import SERVICE_CONTROL
from clusterlab.cluster.groups import move, settle
from clusterlab.cluster.networks import can_talk, internal_networks, is_linked
from clusterlab.cluster.policy import failback_target
from clusterlab.cluster.quorum import SEARCHING, why_not_formed
from clusterlab.cluster.states import ActivityKind, Cause, NodeState, Windows


def start_node(d: Draft, node: str) -> None:
    """Power a node on, or start its Cluster service at once if it has power (4.13, 9)."""
    membership.cancel_node_timers(d, node)
    d.drop("starting", (node,))
    d.drop("hung", (node,))
    if node in d.cluster.silent_since:
        d.drop("silent_since", (node,))
        d.table("starting")[node] = membership.BOOTING
        d.schedule(d.cluster.config.durations["reboot"], Due(node, DueKind.SERVICE_STARTED))
    else:
        service_started(d, node)


def reachable_members(d: Draft, node: str) -> list[str]:
    """Return the members that would answer a starting node."""
    return [other for other in d.live_nodes() if can_talk(d.cluster, node, other)]


def service_started(d: Draft, node: str) -> None:
    """Join if a cluster answers, else look for one (4.13)."""
    if node not in d.cluster.node_states:
        start_evicted(d, node)
        return
    fault = d.cluster.config.nodes_by_name[node].service_fault
    if fault:
        membership.cannot_start(d, node, fault)
    elif reachable_members(d, node):
        membership.begin_join(d, node)
    else:
        d.table("starting")[node] = SEARCHING
        d.schedule(d.cluster.config.durations["search"], Due(node, DueKind.SEARCH_ENDED))


def start_evicted(d: Draft, name: str) -> None:
    """Start a machine that was evicted while it could not be cleaned up (4.8; KB 924473).

    Windows Server 2003: it is refused with 5893 and cleans itself up. Before, or while no member
    answers, it logs 1009 each minute.
    """
    machine = next((m for m in d.cluster.uncleaned if m.casefold() == name.casefold()), None)
    if machine is None:
        return  # cleaned up meanwhile
    if d.live_nodes() and d.cluster.config.windows >= Windows.WS2003:
        d.exclude("uncleaned", (machine,))
        because = "it was evicted while it was unavailable: its join is refused, and it cleans up"
        source = "handbook 1, 4.8; KB 924473"
        d.note(
            "node",
            machine,
            "evicted",
            "cleaned up",
            because=because,
            source=source,
            error_code=5893,
        )
        return
    d.log_event(1009, machine, why="it is no member of the cluster any more")
    d.log_event(7031, machine, source=SERVICE_CONTROL)
    d.cancel(lambda event: comes(event, DueKind.SERVICE_STARTED, of=(machine,)))
    d.schedule(d.cluster.config.durations["service_retry"], Due(machine, DueKind.SERVICE_STARTED))


def node_joined(d: Draft, node: str) -> None:
    """A node is a member: failback and waiting groups are looked at (4.13, 5.6)."""
    if not reachable_members(d, node):
        d.set_node(node, NodeState.DOWN, "the cluster it was joining is gone", "handbook 1, 4.13")
        service_started(d, node)
        membership.check_majority(d)
        return
    d.set_node(node, membership.up_state(d, node), "it joined the cluster", "handbook 1, 4.13")
    for other in reachable_members(d, node):
        for network in internal_networks(d.cluster.config):
            is_heard = all(is_linked(d.cluster, one, network.name) for one in (node, other))
            if is_heard and other != node:
                d.log_event(1122, other, peer=node, network=network.name)
    d.log_event(1062, node)
    membership.seek_quorum(d)
    membership.place_waiting(d)
    fail_back(d, node)


def search_ended(d: Draft, node: str) -> None:
    """Nobody answered: form the cluster, unless another node is doing it (4.13)."""
    forming = d.cluster.challenger
    if reachable_members(d, node):
        membership.begin_join(d, node)
    elif forming is not None and can_talk(d.cluster, node, forming):
        return  # it joins as soon as the cluster is formed
    else:
        why = "" if d.cluster.switch == "fixquorum" else why_not_formed(d, node)
        if why:
            membership.cannot_start(d, node, why)
        elif d.cluster.switch == "fixquorum":
            membership.form_without_quorum(d, node)
        else:
            d.table("starting")[node] = membership.FORMING
            membership.challenge(d, node)


def fail_back(d: Draft, joined: str | None) -> None:
    """Send groups home: after *joined* came up, or with None at a full hour (5.6)."""
    for group in d.cluster.config.groups_by_name:
        activity = d.cluster.activities.get(group)
        if activity and (joined is None or activity.kind is not ActivityKind.COMING_ONLINE):
            continue
        if not d.cluster.is_live(d.cluster.owners[group]):
            continue
        decision = failback_target(d.cluster, group, joined)
        if decision is not None and decision.target is not None:
            d.decide(decision)
            move(d, group, decision.target, Cause.FAILBACK)


def resume_groups(d: Draft, node: str) -> None:
    """Let the groups of a resumed node go on, and start those that waited for one (4.7)."""
    for group in d.cluster.groups_on(node):
        settle(d, group)
    membership.place_waiting(d)
