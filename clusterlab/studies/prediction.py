"""Predict first, then see: which groups an event concerns, and which rule a wrong guess misread.

It decides nothing itself: the right answer comes from letting it happen on a copy, the
feedback from the decision's own verdicts (handbook 1, 5).
"""

from __future__ import annotations

from clusterlab.cluster.engine import next_timer
from clusterlab.cluster.events import (
    OF_CONTACTS,
    Event,
    MoveGroup,
    NodeFailed,
    StopClusterService,
    comes,
)
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.networks import is_isolated, members
from clusterlab.cluster.policy import Decision
from clusterlab.cluster.states import MEMBER_STATES, Cause, NodeState
from clusterlab.studies.play import QUIET_LIMIT_S, Play


def affected_groups(cluster: Cluster, event: Event) -> tuple[str, ...]:
    """Return the groups that *event* sends to a node of the product's choice, ascending.

    Those of a node that is lost or stops, and the one that is moved to the best possible node.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> affected_groups(exchange_cluster(), NodeFailed("NODE1"))
        ('Cluster Group', 'EVS1')
    """
    if isinstance(event, MoveGroup) and event.to is None:
        return (cluster.config.group_name(event.group),)
    if not isinstance(event, NodeFailed | StopClusterService):
        return ()
    return cluster.groups_on(cluster.config.node_name(event.node))


def answers(cluster: Cluster, event: Event) -> dict[str, tuple[Decision, Cluster]]:
    """Return for each group that *event* concerns the first choice of a node for it.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> answers(exchange_cluster(), NodeFailed("NODE3"))["EVS3"][0].target
        'NODE4'
    """
    waiting = set(affected_groups(cluster, event))
    found: dict[str, tuple[Decision, Cluster]] = {}
    if not waiting:
        return found
    play, goes_on = Play(cluster, keeps_record=True).do(event), True
    while waiting and goes_on:
        outcome = play.record[-1]
        for decision in outcome.decisions:
            if decision.group in waiting:
                waiting.discard(decision.group)
                found[decision.group] = decision, outcome.cluster
        goes_on = play.step(cluster.now_s + QUIET_LIMIT_S)
    return found


def misread(cluster: Cluster, decision: Decision, guess: str | None) -> str:
    """Return in one sentence which rule a guess misread; "" if the guess is right.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> decision, then = answers(exchange_cluster(), NodeFailed("NODE3"))["EVS3"]
        >>> print(misread(then, decision, "NODE1"))
        Anti-affinity was overlooked: NODE1 owns EVS1 (same anti-affinity class), and an eligible
        node without such a group comes first (handbook 1, 5.3).

    Source: handbook 1, 5.1 to 5.6.
    """
    if guess == decision.target:
        return ""
    if guess is None:
        return (
            f"A group stays without a node only if none is eligible; {decision.target} is "
            "(handbook 1, 5.1)."
        )
    if guess == decision.owner:
        return (
            f"{guess} is the node that {decision.group} has to leave; the walk through the Node "
            "List starts after it and leaves it out (handbook 1, 5.2)."
        )
    return _not_eligible(cluster, decision, guess) or _not_first(cluster, decision, guess)


def _not_eligible(cluster: Cluster, decision: Decision, guess: str) -> str:
    group = decision.group
    state = cluster.node_states[guess]
    # Every member can arbitrate, a paused one too (handbook 1, 5.4).
    is_quorum = group == cluster.config.quorum_group
    takers = MEMBER_STATES if is_quorum else (NodeState.UP,)
    if state not in takers:
        return (
            f"{guess} is {state.value}, and only a node that is Up is eligible (handbook 1, 5.1)."
        )
    if guess in cluster.silent_since and is_quorum:
        return f"{guess} does not answer, so it cannot reserve the quorum disk (handbook 1, 5.4)."
    if guess in cluster.stopping and not is_quorum:
        return (
            f"The Cluster service of {guess} is stopping, so it takes no group (handbook 1, 5.1)."
        )
    if guess not in cluster.config.possible_owners[group]:
        return (
            f"Possible owners were overlooked: {guess} cannot run every resource of {group}, "
            f"because it is {_reason(decision, guess)} (handbook 1, 5.1)."
        )
    return ""


def _not_first(cluster: Cluster, decision: Decision, guess: str) -> str:
    target, group = decision.target, decision.group
    if target is None:
        return f"{decision.rule} ({decision.source})."
    if group == cluster.config.quorum_group and decision.cause is Cause.NODE_FAILURE:
        reason = _reason(decision, target)
        does = reason if reason.startswith("owned") else f"has the {reason}"
        head = f"{group} follows the quorum disk, whatever its preferred owners"
        return f"{head}: {target} {does} (handbook 1, 5.4)."
    if decision.is_random:
        return (
            f"No rule prefers {target} to {guess}: without a usable preferred owner the pick is "
            "random (handbook 1, 5.2)."
        )
    order = [verdict.node for verdict in decision.verdicts]
    if order.index(guess) < order.index(target):
        return (
            f"Anti-affinity was overlooked: {guess} {_reason(decision, guess)}, and an eligible "
            "node without such a group comes first (handbook 1, 5.3)."
        )
    return _out_of_order(decision, order, guess)


def _out_of_order(decision: Decision, order: list[str], guess: str) -> str:
    walk = ", ".join(order[: order.index(guess) + 1])
    start = "starts at the top of the preferred owners"
    if decision.cause in (Cause.NODE_FAILURE, Cause.RESOURCE_FAILURE):
        start = f"starts after {decision.owner} and wraps"
    return (
        f"The order was misread: the walk through the Node List {start}, so it reaches "
        f"{decision.target} before {guess} ({walk}) (handbook 1, 5.2)."
    )


def _reason(decision: Decision, node: str) -> str:
    return next(verdict.reason for verdict in decision.verdicts if verdict.node == node)


# --- what comes next --------------------------------------------------------------------------


def upcoming(cluster: Cluster) -> tuple[float, str] | None:
    """Return when the next thing happens and what it is; None if nothing is pending.

    Example:
        >>> from clusterlab import Simulation, exchange_cluster
        >>> sim = Simulation(exchange_cluster())
        >>> sim.fail_node("NODE3")
        >>> upcoming(sim.cluster)
        (2.4, 'two heartbeats of NODE3 are missed')
    """
    timer = next_timer(cluster)
    if timer is None:
        return None
    return timer.due_s, _text(cluster, timer.event)


def _text(cluster: Cluster, event: Event) -> str:
    if not event.due:
        return event.in_words()
    resource = cluster.config.resources_by_name.get(event.subject)
    name = event.subject if resource is None else cluster.config.path_of(resource)
    if comes(event, *OF_CONTACTS):
        name = _unheard(cluster)
    return event.filled(event.due, subject=name)


def _unheard(cluster: Cluster) -> str:
    """Return the members that nobody hears, or else the networks on which somebody is missed."""
    nodes = [n for n in members(cluster) if n in cluster.silent_since or is_isolated(cluster, n)]
    networks = sorted({network for *_, network in cluster.contacts})
    return ", ".join(nodes) or f"some nodes on {', '.join(networks)}"
