"""What must be true of the simulation: nets for the tests.

`broken` looks at one cluster: at the invariants of handbook 1, 12 that learners see as lamps, and
at what this model alone needs. `broken_by` looks at what an event did. Each check yields a sentence
for each object that breaks it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from clusterlab.cluster.draft import Outcome
from clusterlab.cluster.events import DueKind, comes
from clusterlab.cluster.facts import INVARIANT_WORDS
from clusterlab.cluster.invariants import INVARIANTS
from clusterlab.cluster.model import Cluster, can_run
from clusterlab.cluster.policy import is_in_window
from clusterlab.cluster.states import (
    MEMBER_STATES,
    OFF_STATES,
    ActivityKind,
    Cause,
    NodeState,
    ResourceState,
)


def broken(cluster: Cluster) -> tuple[str, ...]:
    """Return a sentence for each truth that *cluster* breaks (handbook 1, 12)."""
    shown = {INVARIANT_WORDS[key][1]: check for key, check in INVARIANTS.items()}
    checks = {**shown, **OF_THE_MODEL}
    return tuple(f"{name}: {said}" for name, check in checks.items() for said in check(cluster))


def broken_by(before: Cluster, outcome: Outcome) -> tuple[str, ...]:
    """Return a sentence for each truth that an event broke, those of the state after included."""
    checks = TRANSITIONS.items()
    said = [f"{name}: {text}" for name, check in checks for text in check(before, outcome)]
    return (*said, *broken(outcome.cluster))


# --- of the state -----------------------------------------------------------------------------


def _quorum_sought(cluster: Cluster) -> Iterator[str]:
    """A lost quorum is arbitrated for."""
    group = cluster.config.quorum_group
    activity = cluster.activities.get(group)
    is_lost = activity is not None and activity.kind is ActivityKind.AWAITING_QUORUM
    if not is_lost or cluster.challenger or cluster.owners[group] in cluster.silent_since:
        return
    quorum = cluster.config.resources_by_name[cluster.config.quorum]
    for node in cluster.config.nodes:
        is_there = cluster.is_live(node.name) and node.name not in cluster.stopping
        if is_there and can_run(quorum, node):
            yield f"{node.name} could arbitrate for {quorum.name}, and nobody does."


def _nothing_on_down_nodes(cluster: Cluster) -> Iterator[str]:
    """Nothing is Online on a node that is Down."""
    for group, owner in cluster.owners.items():
        if cluster.node_states[owner] in MEMBER_STATES:
            continue
        for resource in cluster.config.members[group]:
            state = cluster.resource_states[resource.name]
            if state not in OFF_STATES:
                yield f"{resource.name} is {state.value} on {owner}, which is not Up."


def _timers_ahead(cluster: Cluster) -> Iterator[str]:
    """What comes due lies ahead, in order."""
    if list(cluster.timers) != sorted(cluster.timers):
        yield "The timers are out of order."
    arriving = [t.event.subject for t in cluster.timers if comes(t.event, DueKind.OWNERSHIP_PASSED)]
    moving = [group for group, doing in cluster.activities.items() if doing.is_in_transfer]
    if sorted(arriving) != sorted(moving):
        yield f"{sorted(arriving)} are to arrive, and {sorted(moving)} are in transfer."
    for timer in cluster.timers:
        if timer.due_s < cluster.now_s:
            yield f"{timer.event} was due at {timer.due_s:g} s."


_ENDINGS: Mapping[ResourceState, tuple[DueKind, ...]] = {
    ResourceState.ONLINE_PENDING: (DueKind.CAME_ONLINE, DueKind.ONLINE_FAILED),
    ResourceState.OFFLINE_PENDING: (DueKind.WENT_OFFLINE, DueKind.OFFLINE_TIMED_OUT),
    ResourceState.ONLINE: (DueKind.FAULT_NOTICED,),
    ResourceState.FAILED: (DueKind.RESTART,),
    ResourceState.OFFLINE: (),
}
_RESOURCE_TIMERS: tuple[DueKind, ...] = tuple(kind for kinds in _ENDINGS.values() for kind in kinds)


def _pending_ends(cluster: Cluster) -> Iterator[str]:
    """A pending resource on a live node has one timer, and no timer fits another state."""
    ends: dict[str, int] = {}
    events = [timer.event for timer in cluster.timers]
    for event in events:
        if not comes(event, *_RESOURCE_TIMERS):
            continue
        name = str(event.subject)
        ends[name] = ends.get(name, 0) + 1
        state = cluster.resource_states[name]
        if not comes(event, *_ENDINGS[state]) and not _is_core(cluster, name):
            yield f"{name} is {state.value}, and {event} is due."
    for name, state in cluster.resource_states.items():
        must_end = state.is_pending and _is_on_live_node(cluster, name)
        is_held = _is_core(cluster, name) or _waits_for_users(cluster, name)
        if must_end and not is_held and ends.get(name, 0) != 1:
            yield f"{name} is {state.value}, and {ends.get(name, 0)} timers end that."


def _is_core(cluster: Cluster, name: str) -> bool:
    """Return whether *name* is the quorum, which arbitration brings online."""
    return name == cluster.config.quorum


def _is_on_live_node(cluster: Cluster, name: str) -> bool:
    return cluster.is_live(cluster.owners[cluster.config.resources_by_name[name].group])


def _waits_for_users(cluster: Cluster, name: str) -> bool:
    """Return whether *name* is to go offline and something that needs it is not off yet."""
    return cluster.resource_states[name] is ResourceState.OFFLINE_PENDING and any(
        cluster.resource_states[user] not in OFF_STATES for user in cluster.config.needed_by[name]
    )


def _tables_agree(cluster: Cluster) -> Iterator[str]:
    """The tables of resources agree with their states."""
    states = cluster.resource_states
    for name in cluster.restarting:
        if states[name] is not ResourceState.FAILED:
            yield f"{name} is to be restarted and is {states[name].value}."
    for name in cluster.faults:
        if states[name] is not ResourceState.ONLINE:
            yield f"{name} no longer works and is {states[name].value}."
    for name, state in states.items():
        if state is ResourceState.ONLINE_PENDING and not (
            name in cluster.wanted or _is_core(cluster, name)
        ):
            yield f"{name} comes online, and nobody wants it."
    retries = {timer.event.subject for timer in cluster.timers if comes(timer.event, DueKind.RETRY)}
    for name in retries ^ set(cluster.retries):
        yield f"{name} has a retry without a timer, or a timer without a retry."


def _node_tables_agree(cluster: Cluster) -> Iterator[str]:
    """The tables of nodes agree with their states."""
    for node in cluster.stopping:
        if cluster.node_states[node] not in MEMBER_STATES:
            yield f"{node} is stopping and is {cluster.node_states[node].value}."
    for node in cluster.starting:
        if cluster.node_states[node] is not NodeState.DOWN or node in cluster.silent_since:
            yield f"{node} is starting and is {cluster.node_states[node].value}."


OF_THE_MODEL: Mapping[str, Callable[[Cluster], Iterable[str]]] = {
    "Arbitration": _quorum_sought,
    "Down nodes": _nothing_on_down_nodes,
    "Timers": _timers_ahead,
    "Pending": _pending_ends,
    "Resources": _tables_agree,
    "Nodes": _node_tables_agree,
}
"""What holds of every cluster of this model, and stands in no list."""


# --- of an event ------------------------------------------------------------------------------


def _online_where_allowed(before: Cluster, outcome: Outcome) -> Iterator[str]:
    """Nothing is brought online on a node that is no possible owner, or Paused."""
    after = outcome.cluster
    for change in outcome.changes:
        is_start = change.new == ResourceState.ONLINE_PENDING.value
        if change.kind != "resource" or not is_start or change.name == after.config.quorum:
            continue
        resource = after.config.resources_by_name[change.name]
        owner = after.owners[resource.group]
        if after.node_states[owner] is not NodeState.UP:
            yield f"{change.name} starts on {owner}, which is {after.node_states[owner].value}."
        if not can_run(resource, after.config.nodes_by_name[owner]):
            yield f"{change.name} starts on {owner}, which is not a possible owner."


def _failovers_allowed(before: Cluster, outcome: Outcome) -> Iterator[str]:
    """At most FailoverThreshold failovers in a FailoverPeriod."""
    after = outcome.cluster
    for group, times in after.failovers.items():
        is_renamed = group not in before.owners
        if is_renamed or times == before.failovers.get(group, ()):
            continue
        policy = after.config.groups_by_name[group]
        recent = [t for t in times if after.now_s - t < policy.failover_period_h * 3600]
        if len(recent) > policy.failover_threshold:
            yield f"{group} failed over {len(recent)} times."


def _first_failure_escalates(before: Cluster, outcome: Outcome) -> Iterator[str]:
    """With RestartThreshold 0 the first failure escalates."""
    for name in outcome.cluster.restarting - before.restarting:
        if outcome.cluster.config.resources_by_name[name].restart_threshold == 0:
            yield f"{name} is restarted, and its RestartThreshold is 0."


def _failback_allowed(before: Cluster, outcome: Outcome) -> Iterator[str]:
    """Failback only when allowed, to a preferred owner, inside the window."""
    for decision in outcome.decisions:
        if decision.cause is not Cause.FAILBACK:
            continue
        group = outcome.cluster.config.groups_by_name[decision.group]
        if group.auto_failback_type != 1 or not group.preferred_owners:
            yield f"{group.name} goes home although its failback is prevented."
        if not is_in_window(group, outcome.cluster.hour()):
            yield f"{group.name} goes home outside its window."
        if decision.target not in group.preferred_owners:
            yield f"{group.name} goes home to {decision.target}, which it does not prefer."


def _affinity_never_blocks(before: Cluster, outcome: Outcome) -> Iterator[str]:
    """Anti-affinity alone never leaves a group offline."""
    for decision in outcome.decisions:
        # Without 5.5 the failovers are used up: a candidate may have been passed over before.
        is_blocked = decision.target is None and decision.source == "handbook 1, 5.5"
        if is_blocked and any("anti-affinity" in verdict.reason for verdict in decision.verdicts):
            yield f"{decision.group} found no node because of anti-affinity."


def _clock_runs_on(before: Cluster, outcome: Outcome) -> Iterator[str]:
    """Time never runs back."""
    if outcome.cluster.now_s < before.now_s:
        yield f"The clock went from {before.now_s:g} s back to {outcome.cluster.now_s:g} s."


TRANSITIONS: Mapping[str, Callable[[Cluster, Outcome], Iterable[str]]] = {
    "Possible owners": _online_where_allowed,
    "Failover threshold": _failovers_allowed,
    "Restart threshold": _first_failure_escalates,
    "Failback": _failback_allowed,
    "Anti-affinity": _affinity_never_blocks,
    "Clock": _clock_runs_on,
}
"""What holds of every event: numbers 3, 5, 6, 7 and 12 of the list, and time never runs back."""
