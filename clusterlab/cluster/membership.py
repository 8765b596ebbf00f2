"""Nodes that fail, stop, start, form and join, and what becomes of their groups.

Theory of operation. A node that loses power is silent; the others believe it Up until a regroup
ends 8.2 s later. Then every silent node is out, the quorum is arbitrated for if its owner is
gone, and each group of a lost node gets a new owner, one after the other by name. Members that
cannot hear each other split; the partition with the quorum goes on, the services of the others
terminate and start again a minute later (handbook 1, 4.5, 4.9 to 4.14 and 6).
"""

from __future__ import annotations

from clusterlab.cluster import groups, states
from clusterlab.cluster.draft import Draft
from clusterlab.cluster.events import OF_NODES, Due, DueKind, comes
from clusterlab.cluster.facts import SERVICE_CONTROL
from clusterlab.cluster.model import WINDOWS
from clusterlab.cluster.networks import can_talk, is_isolated, members
from clusterlab.cluster.policy import failover_target, ineligibility, quorum_successor
from clusterlab.cluster.quorum import (
    SEARCHING,
    has_majority,
    is_arbitration_too_slow,
    quorum_delays_s,
    too_few,
)


def cancel_node_timers(d: Draft, node: str) -> None:
    """Forget what was to happen to a node: reservations, starts, joins, searches."""
    d.cancel(lambda event: comes(event, *OF_NODES, of=(node,)))


def _is_in_transfer(d: Draft, group: str) -> bool:
    activity = d.cluster.activities.get(group)
    return activity is not None and activity.is_in_transfer


# --- losing a node ----------------------------------------------------------------------------


def node_failed(d: Draft, node: str) -> None:
    """A node loses power; the others notice by and by (4.5)."""
    if node in d.cluster.apart:
        d.table("silent_since")[node] = d.cluster.now_s
        leave_other_side(d, node)
        return
    was_member = d.cluster.node_states[node] in states.MEMBER_STATES
    cancel_node_timers(d, node)
    d.drop("starting", (node,))
    d.table("silent_since")[node] = d.cluster.now_s
    for group in d.cluster.groups_on(node):
        names = groups.names_of(d.members(group))
        faults = {name: d.cluster.faults[name] for name in names if name in d.cluster.faults}
        groups.cancel_timers(d, names)
        d.table("faults").update(faults)
    if not was_member:
        d.set_node(
            node, states.NodeState.DOWN, "it lost power while it was joining", "handbook 1, 4.13"
        )
        check_majority(d)
    elif not d.live_nodes():
        silent = [name for name in members(d.cluster) if name in d.cluster.silent_since]
        lose_nodes(d, silent, [])


def leave_other_side(d: Draft, node: str) -> None:
    """A node on the other side of a cut loses power, or its service is stopped there (6.1)."""
    because = "it stopped on the other side of the cut"
    _leave_membership(d, node, because, "handbook 1, 6.1; KB 258078")
    for group in d.cluster.groups_on(node):  # none once this side has formed
        _lose_group(d, group, node)


def lose_nodes(d: Draft, silent: list[str], losers: list[str]) -> None:
    """Remove members: *silent* ones have no power, *losers* stop their Cluster service."""
    ids = d.cluster.config.nodes_by_name
    lost = sorted([*silent, *losers], key=lambda name: ids[name].node_id)
    for node in lost:
        if node in losers:
            stop_abruptly(d, node, 1006, "its partition has no quorum and must stop")
        else:
            because = (
                "it answered no heartbeat, and the regroup removed it"
                if d.live_nodes()
                else "no node is left to take its groups"
            )
            _leave_membership(d, node, because, "handbook 1, 4.14")
    for node in lost:
        for survivor in d.live_nodes():
            d.log_event(1135, survivor, peer=node)
    for node in lost:
        for group in d.cluster.groups_on(node):
            _lose_group(d, group, node)


def _leave_membership(d: Draft, node: str, because: str, source: str) -> None:
    cancel_node_timers(d, node)
    d.exclude("stopping", (node,))
    d.exclude("apart", (node,))
    d.drop("twice", [group for group, owner in d.cluster.twice.items() if owner == node])
    d.set_node(node, states.NodeState.DOWN, because, source)
    if d.cluster.challenger == node:
        d.put("challenger", None)


def stop_abruptly(d: Draft, node: str, event_id: int, why: str) -> None:
    """The Cluster service of a node terminates itself and starts again a minute later (4.13)."""
    d.log_event(event_id, node, why=why)
    d.log_event(7023, node, source=SERVICE_CONTROL)
    _leave_membership(d, node, why, "handbook 1, 4.10")
    start_again_later(d, node)


def start_again_later(d: Draft, node: str) -> None:
    """The service control manager starts the service again after a minute (4.13)."""
    if not d.live_nodes():
        d.put("switch", "")
        d.put("forced", ())
    cancel_node_timers(d, node)
    d.table("starting")[node] = RESTARTING
    d.schedule(d.cluster.config.durations["service_retry"], Due(node, DueKind.SERVICE_STARTED))


def _lose_group(d: Draft, group: str, node: str) -> None:
    is_quorum = group == d.cluster.config.quorum_group
    if _is_in_transfer(d, group) and not is_quorum and d.live_nodes():
        return  # it is on its way to another node already
    names = groups.names_of(d.members(group))
    groups.terminate(d, names, f"{node} is Down")
    groups.cancel_retries(d, names)
    d.exclude("wanted", names)
    d.set_activity(group, states.Activity(states.ActivityKind.AWAITING_QUORUM))


def lose_quorum_disk(d: Draft, node: str) -> None:
    """The owner lost the quorum disk: its Cluster service terminates at once (4.12).

    The others do not wait for missed heartbeats here; the product may need them [simplified].
    """
    quorum = d.cluster.config.quorum
    d.log_event(1038, node, resource=quorum)
    stop_abruptly(d, node, 1006, f"it lost {quorum}")
    _replace_member(d, node)


def end_membership(d: Draft, node: str, why: str) -> None:
    """The Cluster service of a member is terminated; the others know at once (4.6)."""
    _leave_membership(d, node, why, "handbook 1, 2.4 and 4.6")
    _replace_member(d, node)


def _replace_member(d: Draft, node: str) -> None:
    """Let the others log that a member is gone, and take over what it owned."""
    for survivor in d.live_nodes():
        d.log_event(1135, survivor, peer=node)
    for group in d.cluster.groups_on(node):
        _lose_group(d, group, node)
    check_majority(d)
    recover_quorum(d)


def check_majority(d: Draft) -> None:
    """Stop everything when too few nodes of a majority node set are left (6).

    Nodes that are joining communicate already and count.
    """
    nodes = d.live_nodes()
    joining = [n for n, state in d.cluster.node_states.items() if state is states.NodeState.JOINING]
    is_majority = d.cluster.config.quorum_model is states.QuorumModel.MAJORITY
    if is_majority and nodes and not has_majority(d.cluster, [*nodes, *joining]):
        lose_nodes(d, [], nodes)


# --- the quorum -------------------------------------------------------------------------------


def recover_quorum(d: Draft) -> None:
    """Let groups start if a member owns the quorum, else arbitrate for it (4.5, 4.11)."""
    if _awaits_quorum(d, d.cluster.config.quorum_group):
        seek_quorum(d)
    else:
        take_over(d)


def seek_quorum(d: Draft) -> None:
    """Let a survivor challenge for a quorum that nobody owns, unless one already does (4.11)."""
    group = d.cluster.config.quorum_group
    if not _awaits_quorum(d, group) or d.cluster.challenger is not None or not d.live_nodes():
        return
    owner = d.cluster.owners[group]
    if d.cluster.is_live(owner) and owner not in d.cluster.stopping:
        challenge(d, owner)  # it was lost and has come back before anybody else could arbitrate
        return
    decision = quorum_successor(d.cluster)
    d.decide(decision)
    if decision.target is not None:
        challenge(d, decision.target)


def challenge(d: Draft, node: str) -> None:
    """Start the arbitration of *node*: wait, reserve, bring the quorum online (4.11, 9).

    It ends after `QuorumArbitrationTimeMax` even if the disk is not reserved by then (2.4).
    """
    reserve_s, online_s = quorum_delays_s(d.cluster)
    d.put("challenger", node)
    reserve_s = min(reserve_s, d.cluster.config.durations["arbitration_max"])
    d.schedule(reserve_s, Due(node, DueKind.QUORUM_RESERVED))
    d.schedule(online_s, Due(node, DueKind.QUORUM_CAME_ONLINE))


def quorum_reserved(d: Draft, node: str) -> None:
    """The challenger has the disk; a node that forms the cluster is its first member (4.13)."""
    quorum = d.cluster.config.quorum
    is_forming = d.cluster.node_states[node] not in states.MEMBER_STATES
    is_refused = not d.cluster.finds_disk(quorum, node) or is_arbitration_too_slow(d.cluster)
    if is_refused or (is_forming and too_few(d, node)):
        _lose_arbitration(d, node)
        return
    if is_forming:
        _form(d, node)
    d.set_owner(
        d.cluster.config.quorum_group, node, f"it has reserved {quorum}", "handbook 1, 4.11 and 5.4"
    )
    d.set_resource(
        quorum,
        states.ResourceState.ONLINE_PENDING,
        f"{node} has reserved it",
        "handbook 1, 4.11; KB 309186",
    )


def quorum_came_online(d: Draft, node: str) -> None:
    """The quorum is Online again; only now groups start (4.5, 4.11)."""
    config = d.cluster.config
    d.put("challenger", None)
    d.include("persistent", (config.quorum,))
    d.set_resource(
        config.quorum,
        states.ResourceState.ONLINE,
        f"{node} owns the quorum",
        "handbook 1, 4.11; KB 309186",
    )
    groups.note_quorum_owner(d, node)
    take_over(d)


def _lose_arbitration(d: Draft, node: str) -> None:
    """The challenger could not reserve the disk: its service cannot stay up (4.11, 4.12).

    The next member arbitrates then, one after the other (4.12); in the product all members of a
    partition live or die together (4.11, unsourced) [simplified].
    """
    cancel_node_timers(d, node)
    d.put("challenger", None)
    if d.cluster.node_states[node] in states.MEMBER_STATES:
        lose_nodes(d, [], [node])
        recover_quorum(d)
    else:
        d.log_if_not_found(d.cluster.config.quorum, node)
        is_late = is_arbitration_too_slow(d.cluster)
        word = "was not reserved in time" if is_late else "cannot be reserved"
        why = too_few(d, node) or f"{d.cluster.config.quorum} {word}"
        cannot_start(d, node, why)


def _form(d: Draft, node: str) -> None:
    d.drop("starting", (node,))
    d.set_node(node, up_state(d, node), "it formed the cluster", "handbook 1, 4.13")
    d.log_event(1061, node)
    for group in d.cluster.config.groups_by_name:
        if d.cluster.owners[group] in d.cluster.apart:  # they go on there; here nothing is Online
            groups.terminate(d, groups.names_of(d.members(group)), "quorum is forced on this side")
        d.set_owner(group, node, f"{node} forms the cluster", "handbook 1, 4.13")
        d.set_activity(group, states.Activity(states.ActivityKind.AWAITING_QUORUM))
        d.drop("failovers", (group,))
    if d.cluster.switch == "resetquorumlog":
        d.put("is_quorum_log_bad", False)
    for other, phase in dict(d.cluster.starting).items():
        if phase == SEARCHING and can_talk(d.cluster, node, other):
            begin_join(d, other)


def form_without_quorum(d: Draft, node: str) -> None:
    """With /fixquorum only Cluster IP Address and Cluster Name come online (6.1)."""
    _form(d, node)
    core = d.cluster.config.quorum_group
    for group in d.cluster.config.groups_by_name:
        groups.forget_failures(d, group)
        d.set_activity(group, None)
    names = [r.name for r in d.members(core) if r.type.name in ("IP Address", "Network Name")]
    d.include("wanted", names)
    groups.settle(d, core)


def stop_trying(d: Draft, node: str) -> None:
    """Stop the Cluster service of a node that is not a member and keeps trying (4.13)."""
    cancel_node_timers(d, node)
    d.drop("starting", (node,))
    d.log_event(1063, node)


# --- giving groups a new owner ----------------------------------------------------------------


def take_over(d: Draft) -> None:
    """Give every group that waits for the quorum an owner and start it, by name (4.5)."""
    for group, activity in sorted(d.cluster.activities.items()):
        if activity.kind is states.ActivityKind.AWAITING_QUORUM:
            if group == d.cluster.config.quorum_group:
                groups.start_group(d, group)
            else:
                _place(d, group)


def _place(d: Draft, group: str) -> None:
    """Start *group* on its owner if that can run it, else on the node the rules choose."""
    if ineligibility(d.cluster, group, d.cluster.owners[group]) is None:
        groups.start_group(d, group)
        return
    decision = failover_target(d.cluster, group, states.Cause.NODE_FAILURE)
    d.decide(decision)
    if decision.target is not None:
        d.set_owner(group, decision.target, f"{decision.owner} was lost", "handbook 1, 4.5 and 5.2")
        groups.start_group(d, group)
    else:
        _leave_without_owner(d, group)


def _leave_without_owner(d: Draft, group: str) -> None:
    groups.forget_failures(d, group)
    survivors = d.live_nodes()
    if survivors:
        because = "no eligible node is Up; owned on paper by the lowest Node ID"
        d.set_owner(group, survivors[0], because, "handbook 1, 5.5; unsourced")
    d.set_activity(group, states.Activity(states.ActivityKind.AWAITING_OWNER))


def place_waiting(d: Draft) -> None:
    """Start the groups that had no eligible node and have one now (4.13)."""
    for group, activity in sorted(d.cluster.activities.items()):
        if activity.kind is states.ActivityKind.AWAITING_OWNER and d.live_nodes():
            owner_can = ineligibility(d.cluster, group, d.cluster.owners[group]) is None
            if owner_can or failover_target(d.cluster, group, states.Cause.NODE_FAILURE).target:
                _place(d, group)


# --- stopping in an orderly way ---------------------------------------------------------------


def stop_cluster_service(d: Draft, node: str) -> None:
    """Hand every group over, targets chosen one after the other (4.6)."""
    d.include("stopping", (node,))
    if d.cluster.challenger == node:
        _give_up_challenge(d, node)
    for group in d.cluster.groups_on(node):
        if not _is_in_transfer(d, group) and not _awaits_quorum(d, group):
            _hand_over(d, group)
    finish_stopping(d)


def _give_up_challenge(d: Draft, node: str) -> None:
    """Leave the quorum to another node (4.6 and 4.11; unsourced)."""
    cancel_node_timers(d, node)
    d.put("challenger", None)
    groups.terminate(d, (d.cluster.config.quorum,), f"{node} gives up its arbitration")
    seek_quorum(d)


def _awaits_quorum(d: Draft, group: str) -> bool:
    activity = d.cluster.activities.get(group)
    return activity is not None and activity.kind is states.ActivityKind.AWAITING_QUORUM


def _hand_over(d: Draft, group: str) -> None:
    decision = failover_target(d.cluster, group, states.Cause.NODE_FAILURE)
    d.decide(decision)
    groups.move(d, group, decision.target, states.Cause.NODE_FAILURE)


def finish_stopping(d: Draft) -> None:
    """A stopping node is Down when its last group is offline on it (4.6)."""
    for node in sorted(d.cluster.stopping):
        if d.cluster.is_live(node) and _has_left(d, node):
            d.exclude("stopping", (node,))
            d.log_event(1063, node)
            d.set_node(
                node, states.NodeState.DOWN, "its Cluster service stopped", "handbook 1, 4.6"
            )
            cancel_node_timers(d, node)
            _settle_paper(d, node)
            check_majority(d)


def _has_left(d: Draft, node: str) -> bool:
    return all(
        d.cluster.group_state(group) in (states.GroupState.OFFLINE, states.GroupState.FAILED)
        and not _has_something_on(d, group)
        for group in d.cluster.groups_on(node)
    )


def _has_something_on(d: Draft, group: str) -> bool:
    off = (states.ResourceState.OFFLINE, states.ResourceState.FAILED)
    return any(d.state(name) not in off for name in groups.names_of(d.members(group)))


def _settle_paper(d: Draft, node: str) -> None:
    """Groups that nobody could take are owned on paper by a survivor (5.5)."""
    for group in d.cluster.groups_on(node):
        if not _is_in_transfer(d, group) and not _awaits_quorum(d, group):
            _place(d, group)
    if not d.live_nodes():
        for group in d.cluster.config.groups_by_name:
            d.set_activity(group, states.Activity(states.ActivityKind.AWAITING_OWNER))
            groups.cancel_timers(d, groups.names_of(d.members(group)))


# --- starting ---------------------------------------------------------------------------------

BOOTING = "booting"
FORMING = "forming the cluster"
RESTARTING = "waiting to start its service again"


def up_state(d: Draft, node: str) -> states.NodeState:
    """Return Up, or Paused for a node that was paused when it left (4.7)."""
    return states.NodeState.PAUSED if node in d.cluster.paused else states.NodeState.UP


def begin_join(d: Draft, node: str) -> None:
    """Let a node join the members that it can hear, or say why it cannot."""
    cancel_node_timers(d, node)
    why = _why_not_joined(d, node)
    if why:
        cannot_start(d, node, why)
        return
    d.drop("starting", (node,))
    d.set_node(node, states.NodeState.JOINING, "a running cluster answered", "handbook 1, 4.13")
    d.schedule(d.cluster.config.durations["join"], Due(node, DueKind.NODE_JOINED))


def _why_not_joined(d: Draft, node: str) -> str:
    if d.cluster.switch == "fixquorum":
        return "the cluster runs with /fixquorum, and no second node may join"
    if d.cluster.forced and node not in d.cluster.forced:
        return "quorum is forced, and the node is not on the list"
    if _is_hive_too_large(d, node):
        d.log_event(1070, node, code="1726")
        return "saving the cluster database of so many resources took longer than a join may"
    unheard = [
        other
        for other in d.live_nodes()
        if not can_talk(d.cluster, node, other) and not is_isolated(d.cluster, other)
    ]
    # The regroup would prune a node that does not reach every member (4.14; event 1079 in 8.3).
    return f"it shares no working network with {', '.join(unheard)}" if unheard else ""


def _is_hive_too_large(d: Draft, node: str) -> bool:
    """Return whether Windows Server 2003 without a service pack cannot save the hive (4.13)."""
    config = d.cluster.config
    is_bare = config.nodes_by_name[node].installed.get(WINDOWS) == "2003"
    return is_bare and len(config.resources) > config.join_resources_max


def cannot_start(d: Draft, node: str, why: str) -> None:
    """Neither join nor form: event 1009, and another attempt a minute later (4.13)."""
    d.log_event(1009, node, why=why)
    d.log_event(7031, node, source=SERVICE_CONTROL)
    d.set_node(node, states.NodeState.DOWN, why, "handbook 1, 4.13")
    start_again_later(d, node)
