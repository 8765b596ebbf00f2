"""Nodes that hang, as a whole or in user mode only, and that wake up again (handbook 1, 4.5).

A machine that hangs sends no heartbeats and renews no reservation: to the others it is like one
without power, until it wakes and finds that it was removed. In user mode heartbeats go on, for they
are the kernel's; only the watchdog on the node itself sees that its Cluster service hangs (2.4).
"""

from __future__ import annotations

from clusterlab.cluster.draft import Draft
from clusterlab.cluster.due import Due, DueKind, comes
from clusterlab.cluster.errors import refuse
from clusterlab.cluster.facts import SERVICE_CONTROL
from clusterlab.cluster.failures import check_can_fail
from clusterlab.cluster.membership import (
    end_membership,
    node_failed,
    start_again_later,
    stop_abruptly,
)
from clusterlab.cluster.states import MEMBER_STATES, Hang, HangAction, NodeState

_SOURCE = "handbook 1, 4.5"


def hang_node(d: Draft, name: str, in_user_mode: bool) -> None:
    """Let a node that works hang; nothing of it goes on until it wakes (4.5)."""
    node = check_can_fail(d.cluster, name)
    if node in d.cluster.hung:
        refuse(f"{node} hangs already.", f"Wake {node}.", source=_SOURCE)
    owned_quorum = d.cluster.owners[d.cluster.config.quorum_group] == node
    timers = d.cluster.timers
    if in_user_mode:
        d.schedule(d.cluster.config.durations["service_watchdog"], Due(node, DueKind.HANG_NOTICED))
    else:
        node_failed(d, node)
    stopped = tuple(timer for timer in timers if timer not in d.cluster.timers)
    d.table("hung")[node] = Hang(in_user_mode, owned_quorum, d.cluster.now_s, stopped)


def hang_noticed(d: Draft, node: str) -> None:
    """The watchdog does what `HangRecoveryAction` says (2.4)."""
    match d.cluster.config.hang_recovery_action:
        case HangAction.TERMINATE:
            d.log_event(7031, node, source=SERVICE_CONTROL)
            end_membership(d, node, "its watchdog terminated the Cluster service, which hung")
        case HangAction.BUGCHECK:
            d.drop("hung", (node,))
            node_failed(d, node)


def wake_node(d: Draft, name: str) -> None:
    """Let a node that hangs go on, if the others have not removed it meanwhile (4.5)."""
    node = d.cluster.config.node_name(name)
    hang = d.cluster.hung.get(node)
    if hang is None:
        refuse(f"{node} does not hang.")
    d.drop("hung", (node,))
    d.drop("silent_since", (node,))
    d.cancel(lambda event: comes(event, DueKind.HANG_NOTICED, of=(node,)))
    if d.cluster.node_states[node] in MEMBER_STATES:
        for timer in hang.timers:  # what was under way takes as long as it would have taken
            d.schedule(timer.due_s - hang.since_s, timer.event)
    elif d.cluster.node_states[node] is NodeState.DOWN and hang.in_user_mode:
        start_again_later(d, node)
    elif d.cluster.node_states[node] is NodeState.DOWN:
        _find_itself_removed(d, node, hang)


def _find_itself_removed(d: Draft, node: str, hang: Hang) -> None:
    """The service ends: its reservation is lost, or it is no member any more (4.11)."""
    if not hang.owned_quorum:
        stop_abruptly(d, node, 1006, "it hung, and the others removed it meanwhile")
        return
    d.log_event(1038, node, resource=d.cluster.config.quorum)
    start_again_later(d, node)
