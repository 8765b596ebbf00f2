"""How a group comes online, goes offline and moves; what happens when it fails is in failures.py.

Theory of operation. `cluster.wanted` says which resources the Cluster service is trying to have
Online. `settle` compares that with the states and starts whatever may start now: what is not
wanted, or needs something that is not Online, goes offline, dependents first; what is wanted and
has everything it needs comes online (handbook 1, 1.4). Each start sets one timer; when it comes
due, `settle` runs again. A group has at most one `Activity`, which ends when nothing is left to do.
"""

from __future__ import annotations

from collections.abc import Iterable

from clusterlab.cluster import states as st
from clusterlab.cluster.draft import Draft
from clusterlab.cluster.errors import refuse, refuse_as
from clusterlab.cluster.events import OF_RESOURCES, Due, DueKind, comes
from clusterlab.cluster.model import Cluster, Resource, can_run
from clusterlab.cluster.policy import failover_target, ineligibility

_ON = (st.ResourceState.ONLINE, *st.PENDING_STATES)


def names_of(resources: Iterable[Resource]) -> list[str]:
    """Return the names of *resources*."""
    return [resource.name for resource in resources]


def cancel_timers(d: Draft, resources: Iterable[str]) -> None:
    """Cancel what is due for *resources*, their one retry excepted."""
    names = set(resources)

    d.cancel(lambda event: comes(event, *OF_RESOURCES, of=names))
    d.drop("faults", names)
    d.exclude("restarting", names)


def cancel_retries(d: Draft, resources: Iterable[str]) -> None:
    """Cancel the one retry of *resources*."""
    names = set(resources).intersection(d.cluster.retries)
    if names:
        d.cancel(lambda event: comes(event, DueKind.RETRY, of=names))
        d.drop("retries", names)


def clear_failed(d: Draft, names: Iterable[str], because: str, source: str) -> list[str]:
    """Make those of *names* that are Failed Offline, with nothing due for them; return them."""
    failed = [name for name in names if d.state(name) is st.ResourceState.FAILED]
    cancel_timers(d, failed)
    for name in failed:
        d.set_resource(name, st.ResourceState.OFFLINE, because, source)
    return failed


# --- settle -----------------------------------------------------------------------------------


def settle(d: Draft, group: str) -> None:
    """Start everything in *group* that may start now, and end its activity if it is done."""
    owner = d.cluster.owners[group]
    if d.cluster.is_live(owner):
        leaving, ready = _survey(d, group)
        for resource in leaving:
            _lose_support(d, resource)
        for resource in reversed(leaving):
            _leave(d, resource)
        if ready and d.cluster.node_states[owner] is not st.NodeState.PAUSED:
            _start(d, ready)
    _end_activity(d, group)


def _survey(d: Draft, group: str) -> tuple[list[Resource], list[Resource]]:
    """Return what has to go offline, and what is Offline and has all that it needs."""
    states, wanted = d.cluster.resource_states, d.cluster.wanted
    online = st.ResourceState.ONLINE
    leaving: list[Resource] = []
    ready: list[Resource] = []
    missing: set[str] = set()  # not Online, or not for much longer
    for resource in d.cluster.config.members[group]:
        name = resource.name
        state = states[name]
        is_welcome = name in wanted and (not missing or missing.isdisjoint(resource.depends_on))
        if is_welcome and state is online:
            continue
        missing.add(name)
        if state in _ON:
            if not is_welcome or state is st.ResourceState.OFFLINE_PENDING:
                leaving.append(resource)
        elif is_welcome and state is st.ResourceState.OFFLINE:
            ready.append(resource)
    return leaving, ready


def _lose_support(d: Draft, resource: Resource) -> None:
    """Make what is Online without something it needs Offline Pending, on all levels (4.2, 12).

    It goes offline when nothing that needs it is online any more.
    """
    name = resource.name
    if d.state(name) is not st.ResourceState.ONLINE:
        return
    missing = [n for n in resource.depends_on if d.state(n) is not st.ResourceState.ONLINE]
    if missing:
        cancel_timers(d, (name,))
        because = f"it needs {', '.join(missing)}, which is no longer Online"
        d.set_resource(name, st.ResourceState.OFFLINE_PENDING, because, "handbook 1, 4.2")


def _leave(d: Draft, resource: Resource) -> None:
    name, state = resource.name, d.state(resource.name)
    if state is st.ResourceState.ONLINE_PENDING:
        # Terminated at once, without an offline phase (4.4, unsourced).
        terminate(d, (name,), "it was still coming online and is terminated")
        return
    states = d.cluster.resource_states
    for user in d.cluster.config.needed_by[name]:
        if states[user] not in st.OFF_STATES:
            return
    if state is st.ResourceState.ONLINE:
        cancel_timers(d, (name,))
        activity = d.cluster.activities.get(resource.group)
        what = activity.kind.value if activity else "taken offline"
        because = f"{resource.group} is {what}, and nothing that needs it is online any more"
        d.set_resource(name, st.ResourceState.OFFLINE_PENDING, because, "handbook 1, 1.4 and 4.4")
    if not _is_stopping(d, name):
        _schedule_offline(d, resource)


def _is_stopping(d: Draft, name: str) -> bool:
    """Return whether *name* is going offline, not only waiting for what needs it."""
    stops = (DueKind.WENT_OFFLINE, DueKind.OFFLINE_TIMED_OUT)
    return any(comes(timer.event, *stops, of=(name,)) for timer in d.cluster.timers)


def _schedule_offline(d: Draft, resource: Resource) -> None:
    offline_s = resource.type.offline_s(d.cluster, resource)
    if offline_s > resource.pending_timeout_s:
        d.schedule(resource.pending_timeout_s, Due(resource.name, DueKind.OFFLINE_TIMED_OUT))
    else:
        d.schedule(offline_s, Due(resource.name, DueKind.WENT_OFFLINE))


def _start(d: Draft, ready: Iterable[Resource]) -> None:
    for resource in ready:
        if can_run_here(d, resource):
            what = (
                "everything it needs is Online" if resource.depends_on else "it needs nothing else"
            )
            d.set_resource(resource.name, st.ResourceState.ONLINE_PENDING, what, "handbook 1, 1.4")
            d.drop("in_use", (resource.name,))
            _write_checkpoints(d, resource.name)
            _schedule_online(d, resource)


def _write_checkpoints(d: Draft, name: str) -> None:
    """Write the keys that go with a resource into the registry of its node (3, 4.4)."""
    for (resource, key), value in d.cluster.checkpoints.items():
        if resource == name:
            d.table("registry")[d.owner_of(name), key] = value


def can_run_here(d: Draft, resource: Resource) -> bool:
    """Return whether the owner may run *resource*; its possible owners may have changed (12)."""
    return can_run(resource, d.cluster.config.nodes_by_name[d.cluster.owners[resource.group]])


def _schedule_online(d: Draft, resource: Resource) -> None:
    name, owner = resource.name, d.owner_of(resource.name)
    online_s = resource.type.online_s(d.cluster, resource)
    refusal = resource.type.online_refusal(d.cluster, resource)
    if refusal:
        because, source, code = refusal.because, refusal.source, refusal.error_code
        event = Due(name, DueKind.ONLINE_FAILED, because, source, code)
        online_s = refusal.after_s
    elif owner in resource.defective_on:
        because = f"{owner} has a local defect that keeps it from starting"
        event = Due(name, DueKind.ONLINE_FAILED, because, "handbook 2, 4.2 and 9.1")
    else:
        event = Due(name, DueKind.CAME_ONLINE)
    if online_s > resource.pending_timeout_s and not resource.type.is_timeout_exempt:
        because = (
            f"it was not Online within its pending timeout of {resource.pending_timeout_s:g} s"
        )
        event = Due(name, DueKind.ONLINE_FAILED, because, "handbook 1, 1.4", is_timeout=True)
        online_s = resource.pending_timeout_s
    d.schedule(online_s, event)


def terminate(d: Draft, resources: Iterable[str], because: str) -> None:
    """Stop *resources* at once; those that were not Offline are unclean from now on."""
    names = list(resources)
    cancel_timers(d, names)
    d.include("unclean", [name for name in names if d.state(name) in _ON])
    for name in names:
        d.set_resource(name, st.ResourceState.OFFLINE, because, "handbook 1, 1.4 and 4.10")


# --- activities -------------------------------------------------------------------------------


def _end_activity(d: Draft, group: str) -> None:
    activity = d.cluster.activities.get(group)
    if activity is None:
        return
    match activity.kind:
        case st.ActivityKind.COMING_ONLINE:
            _end_coming_online(d, group)
        case st.ActivityKind.MOVING if not activity.is_in_transfer and _is_off(
            d, group, whole=True
        ):
            _begin_transfer(d, group, activity)
        case st.ActivityKind.GOING_OFFLINE if _is_off(d, group):
            d.log_event(1204, d.cluster.owners[group], group)
            d.set_activity(group, None)
        case st.ActivityKind.GIVING_UP if _is_off(d, group):
            d.log_event(1205, d.cluster.owners[group], group)
            d.set_activity(group, None)
        case st.ActivityKind.RETRYING:
            _end_retry(d, group, activity)
        case _:
            pass


def _is_off(d: Draft, group: str, *, whole: bool = False) -> bool:
    """Return whether everything is off; the quorum leaves its node only with its group."""
    states, quorum = d.cluster.resource_states, d.cluster.config.quorum
    for resource in d.members(group):
        if states[resource.name] not in st.OFF_STATES and (whole or resource.name != quorum):
            return False
    return True


def _end_coming_online(d: Draft, group: str) -> None:
    if _is_all_online(d, group):
        d.log_event(1201, d.cluster.owners[group], group)
    elif _is_busy(d, group):
        return
    else:
        d.log_event(1205, d.cluster.owners[group], group)
    d.set_activity(group, None)


def _is_all_online(d: Draft, group: str) -> bool:
    """Return whether everything in *group* that was asked for is Online."""
    states, asked, online = d.cluster.resource_states, d.cluster.persistent, st.ResourceState.ONLINE
    for resource in d.members(group):  # loops here and below: they are asked after every step
        if states[resource.name] is not online and resource.name in asked:
            return False
    return True


def _is_busy(d: Draft, group: str) -> bool:
    """Return whether something in *group* is pending, or about to be restarted."""
    states, restarting = d.cluster.resource_states, d.cluster.restarting
    for resource in d.members(group):
        if states[resource.name] in st.PENDING_STATES or resource.name in restarting:
            return True
    return False


def _end_retry(d: Draft, group: str, activity: st.Activity) -> None:
    resource = d.cluster.config.resources_by_name[activity.resource or ""]
    is_online = d.state(resource.name) is st.ResourceState.ONLINE
    is_paused = d.cluster.node_states[d.cluster.owners[group]] is st.NodeState.PAUSED
    if not is_online and (is_paused or _is_busy(d, group)):
        return
    d.set_activity(group, None)
    if is_online and resource.restart_action == st.RestartAction.RESTART_AND_AFFECT_GROUP:
        d.include("wanted", set(names_of(d.members(group))) & d.cluster.persistent)
        d.set_activity(group, st.Activity(st.ActivityKind.COMING_ONLINE))
        settle(d, group)


def _begin_transfer(d: Draft, group: str, activity: st.Activity) -> None:
    owner = d.cluster.owners[group]
    if any(entry.group == group and entry.event_id == 1203 for entry in d.log) or _was_on(d, group):
        d.log_event(1204, owner, group)
    target = activity.target or _late_target(d, group)
    if target is None:
        d.set_activity(group, st.Activity(st.ActivityKind.AWAITING_OWNER))
    else:
        d.set_activity(group, activity._replace(target=target, is_in_transfer=True))
        d.schedule(d.cluster.config.durations["transfer"], Due(group, DueKind.OWNERSHIP_PASSED))


def _late_target(d: Draft, group: str) -> str | None:
    """Return a node that became eligible only while *group* was going offline (4.6).

    If the target of a move was evicted meanwhile, the owner itself may be the only one left.
    """
    decision = failover_target(d.cluster, group, st.Cause.NODE_FAILURE)
    if decision.target is not None:
        d.decide(decision)
        return decision.target
    owner = d.cluster.owners[group]
    return owner if ineligibility(d.cluster, group, owner) is None else None


def _was_on(d: Draft, group: str) -> bool:
    """Return whether a resource of *group* has just gone off in this very event."""
    names = set(names_of(d.members(group)))
    return any(change.kind == "resource" and change.name in names for change in d.changes)


def start_group(d: Draft, group: str) -> None:
    """Bring online on the owner what `PersistentState` says, counters empty (2.1, 4.2, 4.4)."""
    owner = d.cluster.owners[group]
    node = d.cluster.config.nodes_by_name[owner]
    members = d.members(group)
    forget_failures(d, group)
    clear_failed(d, names_of(members), f"the group starts afresh on {owner}", "handbook 1, 4.2")
    asked = {r.name for r in members if r.name in d.cluster.persistent and can_run(r, node)}
    d.exclude("wanted", names_of(members))
    d.include("wanted", asked)
    if not asked:
        d.set_activity(group, None)
    elif d.cluster.is_live(owner):
        d.set_activity(group, st.Activity(st.ActivityKind.COMING_ONLINE))
        d.log_event(1200, owner, group)
        settle(d, group)
    else:
        # Passed to a node that has just lost power; the next regroup finds another one.
        d.set_activity(group, st.Activity(st.ActivityKind.AWAITING_OWNER))


def forget_failures(d: Draft, group: str) -> None:
    """Empty the counters of a group that starts on a node, and its pending retries (4.2)."""
    names = names_of(d.members(group))
    cancel_timers(d, [name for name in names if d.state(name) in st.OFF_STATES])
    cancel_retries(d, names)
    d.drop("failures", names)


def move(d: Draft, group: str, target: str | None, cause: st.Cause) -> None:
    """Take *group* offline in order and pass it to *target*; None leaves it without an owner."""
    names = names_of(d.members(group))
    cancel_retries(d, names)
    cancel_timers(d, [name for name in names if d.state(name) is st.ResourceState.FAILED])
    d.exclude("wanted", names)
    d.set_activity(group, st.Activity(st.ActivityKind.MOVING, target, cause))
    if not _is_off(d, group, whole=True):
        d.log_event(1203, d.cluster.owners[group], group)
    settle(d, group)


def ownership_passed(d: Draft, group: str) -> None:
    """Let a moving group arrive; if its target is gone by now, look for another one."""
    activity = d.cluster.activities[group]
    target, cause = activity.target, activity.cause or st.Cause.MOVE_GROUP
    if target is None or ineligibility(d.cluster, group, target):
        decision = failover_target(d.cluster, group, st.Cause.RESOURCE_FAILURE)
        d.decide(decision)
        target = decision.target
    if target is None:
        target = d.cluster.owners[group]
        if ineligibility(d.cluster, group, target):
            d.set_activity(group, st.Activity(st.ActivityKind.AWAITING_OWNER))
            return
    d.set_owner(group, target, f"its move ends ({cause.value})", "handbook 1, 4.4 and 9")
    if group == d.cluster.config.quorum_group:
        note_quorum_owner(d, target)
    start_group(d, group)


def note_quorum_owner(d: Draft, node: str) -> None:
    """Remember *node* as the latest owner of the quorum (5.4)."""
    d.put("quorum_owners", (*(n for n in d.cluster.quorum_owners if n != node), node))


# --- arriving ---------------------------------------------------------------------------------


def came_online(d: Draft, name: str) -> None:
    """A resource is Online; what needs it may start."""
    resource = d.cluster.config.resources_by_name[name]
    took_s = d.cluster.now_s - d.cluster.since_s[name]
    d.set_resource(
        name, st.ResourceState.ONLINE, f"it came online after {took_s:g} s", "handbook 1, 9; 2, 4.9"
    )
    d.exclude("unclean", (name,))
    if resource.group in d.cluster.tried and _is_all_online(d, resource.group):
        d.drop("tried", (resource.group,))
    config = resource.type.on_online(d.cluster, resource)
    if config is not d.cluster.config:
        d.put("config", config)
        if resource.type.failure_events.converted:
            d.log_failure(resource.type.failure_events.converted, d.owner_of(name), resource)
    settle(d, resource.group)


def went_offline(d: Draft, name: str) -> None:
    """A resource is Offline in an orderly way; what it needs may follow."""
    resource = d.cluster.config.resources_by_name[name]
    took_s = d.cluster.now_s - d.cluster.since_s[name]
    d.set_resource(
        name, st.ResourceState.OFFLINE, f"it stopped after {took_s:g} s", "handbook 1, 9; 2, 4.9"
    )
    settle(d, resource.group)


# --- who takes requests -----------------------------------------------------------------------


def check_reachable(cluster: Cluster, node: str) -> None:
    """Refuse a node that the others have not missed yet."""
    if node in cluster.silent_since and cluster.node_states[node] in st.MEMBER_STATES:
        refuse_as("does not answer", node)


def free_group(cluster: Cluster, group: str) -> str:
    """Return the owner of a group that takes requests now, or refuse."""
    owner = cluster.owners[group]
    activity = cluster.activities.get(group)
    if activity and activity.kind is st.ActivityKind.MOVING:
        refuse_as("on its way", group, owner, activity.target or "no node")
    if activity and activity.kind is st.ActivityKind.AWAITING_QUORUM:
        refuse_as("owner is down", owner, group)
    check_reachable(cluster, owner)
    if not cluster.live_nodes:
        refuse("No node of the cluster is Up.", "Start a node first.", 5050)
    return owner
