"""What is always true of a cluster, whatever happens to it (handbook 1, 12): lamps for a learner.

Each check yields a sentence for each object that breaks it, and none in a correct simulation. What
the tests ask beside it, of the model and of every event, is in `tests/truths.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from clusterlab.cluster import states as st
from clusterlab.cluster.facts import INVARIANT_WORDS
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.networks import regroup_s
from clusterlab.cluster.policy import ineligibility, node_list
from clusterlab.cluster.quorum import has_majority, votes_needed


class Lamp(NamedTuple):
    """Whether one truth holds now; *detail* says what breaks it, or what was looked at."""

    name: str
    text: str
    is_ok: bool
    detail: str


def lamps(cluster: Cluster, extra: Iterable[Callable[[Cluster], Lamp]] = ()) -> tuple[Lamp, ...]:
    """Return a lamp for each invariant, and one for each *extra* check.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> [lamp.name for lamp in lamps(exchange_cluster()) if not lamp.is_ok]
        []
    """
    shown = (_lamp(key, cluster) for key in INVARIANTS)
    return (*shown, *(check(cluster) for check in extra))


def _lamp(key: str, cluster: Cluster) -> Lamp:
    number, name, text = INVARIANT_WORDS[key]
    sentences = tuple(INVARIANTS[key](cluster))
    detail = " ".join(sentences) or f"Handbook 1, 12, number {number}."
    return Lamp(name, text, not sentences, detail)


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
        if states[resource.name] in (st.ResourceState.ONLINE, st.ResourceState.ONLINE_PENDING):
            for needed in resource.depends_on:
                if states[needed] is not st.ResourceState.ONLINE:
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


def _state_by_1_3(states: list[st.ResourceState]) -> st.GroupState:
    """Return the group state in the words of the handbook, independent of `states.py`."""
    if any(state is st.ResourceState.FAILED for state in states):
        return st.GroupState.FAILED
    if any(state in st.PENDING_STATES for state in states):
        return st.GroupState.PENDING
    if not states or all(state is st.ResourceState.OFFLINE for state in states):
        return st.GroupState.OFFLINE
    if all(state is st.ResourceState.ONLINE for state in states):
        return st.GroupState.ONLINE
    return st.GroupState.PARTIALLY_ONLINE


def _one_quorum_owner(cluster: Cluster) -> Iterator[str]:
    quorum = cluster.config.quorum
    if cluster.challenger and cluster.resource_states[quorum] is st.ResourceState.ONLINE:
        yield f"{cluster.challenger} arbitrates for {quorum}, which is Online."
    for group, activity in cluster.activities.items():
        if activity.kind is not st.ActivityKind.AWAITING_QUORUM:
            continue
        for resource in cluster.config.members[group]:
            state = cluster.resource_states[resource.name]
            if state not in st.OFF_STATES and resource.name != quorum:
                yield f"{resource.name} is {state.value} before the quorum is owned."


def _majority_present(cluster: Cluster) -> Iterator[str]:
    here = {n: state for n, state in cluster.node_states.items() if n not in cluster.apart}
    is_running = any(state in st.MEMBER_STATES for state in here.values())
    if cluster.config.quorum_model is not st.QuorumModel.MAJORITY or not is_running:
        return
    # Who is joining communicates already; who was lost is missed only when the regroup ends.
    present = [node for node, state in here.items() if state is not st.NodeState.DOWN]
    if not has_majority(cluster, present):
        yield f"{', '.join(present)} run on, and {votes_needed(cluster)} are needed."


def _one_partition(cluster: Cluster) -> Iterator[str]:
    for (one, other), since_s in cluster.separated.items():
        if cluster.now_s > round(since_s + regroup_s(cluster.config), 3):
            yield f"{one} and {other} have not heard each other since {since_s:g} s."


def _paused_stays(cluster: Cluster) -> Iterator[str]:
    for node, state in cluster.node_states.items():
        if state in st.MEMBER_STATES and (state is st.NodeState.PAUSED) != (node in cluster.paused):
            word = "" if node in cluster.paused else "not "
            yield f"{node} is {state.value} and was {word}paused."


def _no_needless_wait(cluster: Cluster) -> Iterator[str]:
    for group, activity in cluster.activities.items():
        # A silent owner is found out by the next regroup.
        is_waiting = activity.kind is st.ActivityKind.AWAITING_OWNER
        if not is_waiting or cluster.owners[group] in cluster.silent_since:
            continue
        for node in cluster.config.nodes_by_name:
            if cluster.is_live(node) and ineligibility(cluster, group, node) is None:
                yield f"{group} waits for an owner, and {node} could be it."


INVARIANTS: Mapping[str, Callable[[Cluster], Iterable[str]]] = {
    check.__name__.lstrip("_"): check
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
    )
}
"""What holds of every cluster, by its key in `facts.toml`, in the order of the lamps."""
