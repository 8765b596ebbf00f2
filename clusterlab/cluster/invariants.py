"""What is always true of a cluster, whatever happens to it (handbook 1, 12).

`INVARIANTS` hold of every cluster, `TRANSITIONS` of every event. Each check yields a sentence for
each object that breaks it, and none in a correct simulation: they are lamps for a learner and nets
for the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from clusterlab.cluster import due
from clusterlab.cluster.draft import Outcome
from clusterlab.cluster.events import Event
from clusterlab.cluster.facts import INVARIANT_WORDS
from clusterlab.cluster.model import Cluster, can_run
from clusterlab.cluster.networks import regroup_s
from clusterlab.cluster.policy import ineligibility, is_in_window, node_list
from clusterlab.cluster.quorum import has_majority, votes_needed
from clusterlab.cluster.states import (
    MEMBER_STATES,
    OFF_STATES,
    PENDING_STATES,
    ActivityKind,
    Cause,
    GroupState,
    NodeState,
    QuorumModel,
    ResourceState,
)


class Invariant(NamedTuple):
    """One truth about every cluster, or about every event.

    Attributes:
        number: In the list of handbook 1, 12; 0 for one that only this model needs.
        name: In a few words.
        text: In one sentence.
        check: Yields a sentence for each object that breaks it; takes a cluster, or the cluster
            before an event and its outcome.
    """

    number: int
    name: str
    text: str
    check: Callable[..., Iterable[str]]


class Lamp(NamedTuple):
    """Whether one truth holds now; *detail* says what breaks it, or what was looked at."""

    name: str
    text: str
    is_ok: bool
    detail: str


def _truth(check: Callable[..., Iterable[str]]) -> Invariant:
    return Invariant(*INVARIANT_WORDS[check.__name__.lstrip("_")], check)


def broken(cluster: Cluster) -> tuple[str, ...]:
    """Return a sentence for each invariant that *cluster* breaks; none in a correct simulation.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> broken(exchange_cluster())
        ()

    Source: handbook 1, 12.
    """
    return tuple(
        f"{invariant.name}: {sentence}"
        for invariant in INVARIANTS
        for sentence in invariant.check(cluster)
    )


def broken_by(before: Cluster, outcome: Outcome) -> tuple[str, ...]:
    """Return a sentence for each truth that an event broke, those of the state after included."""
    sentences = [
        f"{transition.name}: {sentence}"
        for transition in TRANSITIONS
        for sentence in transition.check(before, outcome)
    ]
    return (*sentences, *broken(outcome.cluster))


def lamps(cluster: Cluster, extra: Iterable[Callable[[Cluster], Lamp]] = ()) -> tuple[Lamp, ...]:
    """Return a lamp for each invariant that a learner can see, and one for each *extra* check.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> [lamp.name for lamp in lamps(exchange_cluster()) if not lamp.is_ok]
        []
    """
    shown = [_lamp(invariant, cluster) for invariant in INVARIANTS if invariant.number]
    return (*shown, *(check(cluster) for check in extra))


def _lamp(invariant: Invariant, cluster: Cluster) -> Lamp:
    sentences = tuple(invariant.check(cluster))
    detail = " ".join(sentences) or f"Handbook 1, 12, number {invariant.number}."
    return Lamp(invariant.name, invariant.text, not sentences, detail)


# --- of the state -----------------------------------------------------------------------------


def _one_owner(cluster: Cluster) -> Iterator[str]:
    for group in cluster.config.groups_by_name:
        owner = cluster.owners.get(group)
        if owner not in cluster.config.nodes_by_name:
            yield f"{group} is owned by {owner!r}."
    for name in set(cluster.owners) - set(cluster.config.groups_by_name):
        yield f"{name} has an owner and is no group."
    for name in set(cluster.resource_states) ^ set(cluster.config.resources_by_name):
        yield f"{name} has a state and is no resource, or the other way round."


def _dependencies_online(cluster: Cluster) -> Iterator[str]:
    states = cluster.resource_states
    for resource in cluster.config.resources:
        if states[resource.name] in (ResourceState.ONLINE, ResourceState.ONLINE_PENDING):
            for needed in resource.depends_on:
                if states[needed] is not ResourceState.ONLINE:
                    yield (
                        f"{resource.name} is {states[resource.name].value} while {needed} is "
                        f"{states[needed].value}."
                    )


def _whole_node_list(cluster: Cluster) -> Iterator[str]:
    names = sorted(cluster.config.nodes_by_name)
    for group in cluster.config.groups:
        if sorted(node_list(cluster, group)) != names:
            yield f"The Node List of {group.name} is {', '.join(node_list(cluster, group))}."


def _group_states(cluster: Cluster) -> Iterator[str]:
    for group in cluster.config.groups_by_name:
        states = [cluster.resource_states[r.name] for r in cluster.config.members[group]]
        expected = _state_by_1_3(states)
        if cluster.group_state(group) is not expected:
            yield f"{group} is {cluster.group_state(group).value}, not {expected.value}."


def _state_by_1_3(states: list[ResourceState]) -> GroupState:
    """Return the group state in the words of the handbook, independent of `states.py`."""
    if any(state is ResourceState.FAILED for state in states):
        return GroupState.FAILED
    if any(state in PENDING_STATES for state in states):
        return GroupState.PENDING
    if not states or all(state is ResourceState.OFFLINE for state in states):
        return GroupState.OFFLINE
    if all(state is ResourceState.ONLINE for state in states):
        return GroupState.ONLINE
    return GroupState.PARTIALLY_ONLINE


def _one_quorum_owner(cluster: Cluster) -> Iterator[str]:
    quorum = cluster.config.quorum
    if cluster.challenger and cluster.resource_states[quorum] is ResourceState.ONLINE:
        yield f"{cluster.challenger} arbitrates for {quorum}, which is Online."
    for group, activity in cluster.activities.items():
        if activity.kind is not ActivityKind.AWAITING_QUORUM:
            continue
        for resource in cluster.config.members[group]:
            state = cluster.resource_states[resource.name]
            if state not in OFF_STATES and resource.name != quorum:
                yield f"{resource.name} is {state.value} before the quorum is owned."


def _majority_present(cluster: Cluster) -> Iterator[str]:
    here = {n: state for n, state in cluster.node_states.items() if n not in cluster.apart}
    is_running = any(state in MEMBER_STATES for state in here.values())
    if cluster.config.quorum_model is not QuorumModel.MAJORITY or not is_running:
        return
    # Who is joining communicates already; who was lost is missed only when the regroup ends.
    present = [node for node, state in here.items() if state is not NodeState.DOWN]
    if not has_majority(cluster, present):
        yield f"{', '.join(present)} run on, and {votes_needed(cluster)} are needed."


def _one_partition(cluster: Cluster) -> Iterator[str]:
    for (one, other), since_s in cluster.separated.items():
        if cluster.now_s > round(since_s + regroup_s(cluster.config), 3):
            yield f"{one} and {other} have not heard each other since {since_s:g} s."


def _paused_stays(cluster: Cluster) -> Iterator[str]:
    for node, state in cluster.node_states.items():
        if state in MEMBER_STATES and (state is NodeState.PAUSED) != (node in cluster.paused):
            word = "" if node in cluster.paused else "not "
            yield f"{node} is {state.value} and was {word}paused."


def _no_needless_wait(cluster: Cluster) -> Iterator[str]:
    for group, activity in cluster.activities.items():
        # A silent owner is found out by the next regroup.
        is_waiting = activity.kind is ActivityKind.AWAITING_OWNER
        if not is_waiting or cluster.owners[group] in cluster.silent_since:
            continue
        for node in cluster.config.nodes_by_name:
            if cluster.is_live(node) and ineligibility(cluster, group, node) is None:
                yield f"{group} waits for an owner, and {node} could be it."


def _quorum_sought(cluster: Cluster) -> Iterator[str]:
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
    for group, owner in cluster.owners.items():
        if cluster.node_states[owner] in MEMBER_STATES:
            continue
        for resource in cluster.config.members[group]:
            state = cluster.resource_states[resource.name]
            if state not in OFF_STATES:
                yield f"{resource.name} is {state.value} on {owner}, which is not Up."


def _timers_ahead(cluster: Cluster) -> Iterator[str]:
    if list(cluster.timers) != sorted(cluster.timers):
        yield "The timers are out of order."
    arriving = [t.event.group for t in cluster.timers if isinstance(t.event, due.OwnershipPassed)]
    moving = [group for group, doing in cluster.activities.items() if doing.is_in_transfer]
    if sorted(arriving) != sorted(moving):
        yield f"{sorted(arriving)} are to arrive, and {sorted(moving)} are in transfer."
    for timer in cluster.timers:
        if timer.due_s < cluster.now_s:
            yield f"{timer.event} was due at {timer.due_s:g} s."


_ENDINGS: Mapping[ResourceState, tuple[type[Event], ...]] = {
    ResourceState.ONLINE_PENDING: (due.ResourceCameOnline, due.OnlineAttemptFailed),
    ResourceState.OFFLINE_PENDING: (due.ResourceWentOffline, due.OfflineTimedOut),
    ResourceState.ONLINE: (due.FaultNoticed,),
    ResourceState.FAILED: (due.RestartDue,),
    ResourceState.OFFLINE: (),
}
_RESOURCE_TIMERS: tuple[type[Event], ...] = tuple(
    kind for kinds in _ENDINGS.values() for kind in kinds
)


def _pending_ends(cluster: Cluster) -> Iterator[str]:
    """A pending resource on a live node has one timer, and no timer fits another state."""
    ends: dict[str, int] = {}
    events = [timer.event for timer in cluster.timers]
    for event in events:
        if not isinstance(event, _RESOURCE_TIMERS):
            continue
        name = str(event.subject)
        ends[name] = ends.get(name, 0) + 1
        state = cluster.resource_states[name]
        if not isinstance(event, _ENDINGS[state]) and not _is_core(cluster, name):
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
    retries = {
        timer.event.resource for timer in cluster.timers if isinstance(timer.event, due.RetryDue)
    }
    for name in retries ^ set(cluster.retries):
        yield f"{name} has a retry without a timer, or a timer without a retry."


def _node_tables_agree(cluster: Cluster) -> Iterator[str]:
    for node in cluster.stopping:
        if cluster.node_states[node] not in MEMBER_STATES:
            yield f"{node} is stopping and is {cluster.node_states[node].value}."
    for node in cluster.starting:
        if cluster.node_states[node] is not NodeState.DOWN or node in cluster.silent_since:
            yield f"{node} is starting and is {cluster.node_states[node].value}."


INVARIANTS = tuple(
    _truth(check)
    for check in (
        _one_owner,
        _dependencies_online,
        _whole_node_list,
        _group_states,
        _majority_present,
        _one_quorum_owner,
        _one_partition,
        _paused_stays,
        _no_needless_wait,
        _quorum_sought,
        _nothing_on_down_nodes,
        _timers_ahead,
        _pending_ends,
        _tables_agree,
        _node_tables_agree,
    )
)
"""What holds of every cluster."""


# --- of an event ------------------------------------------------------------------------------


def _online_where_allowed(before: Cluster, outcome: Outcome) -> Iterator[str]:
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
    for name in outcome.cluster.restarting - before.restarting:
        if outcome.cluster.config.resources_by_name[name].restart_threshold == 0:
            yield f"{name} is restarted, and its RestartThreshold is 0."


def _failback_allowed(before: Cluster, outcome: Outcome) -> Iterator[str]:
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
    for decision in outcome.decisions:
        # Without 5.5 the failovers are used up: a candidate may have been passed over before.
        is_blocked = decision.target is None and decision.source == "handbook 1, 5.5"
        if is_blocked and any("anti-affinity" in verdict.reason for verdict in decision.verdicts):
            yield f"{decision.group} found no node because of anti-affinity."


def _clock_runs_on(before: Cluster, outcome: Outcome) -> Iterator[str]:
    if outcome.cluster.now_s < before.now_s:
        yield f"The clock went from {before.now_s:g} s back to {outcome.cluster.now_s:g} s."


TRANSITIONS = tuple(
    _truth(check)
    for check in (
        _online_where_allowed,
        _failovers_allowed,
        _first_failure_escalates,
        _failback_allowed,
        _affinity_never_blocks,
        _clock_runs_on,
    )
)
"""What holds of every event."""
