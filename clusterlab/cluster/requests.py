"""What an administrator may ask for, and machines that fail or hang: checked, then carried out.

The checks are the product's refusals (handbook 1, 4.6 to 4.8, 5.5 and 8.4); the order of checks
is: does the thing exist, can its owner be reached, is its state valid for the request.
"""

from __future__ import annotations

from clusterlab.cluster import groups
from clusterlab.cluster import states as st
from clusterlab.cluster.draft import Draft
from clusterlab.cluster.errors import refuse, refuse_as
from clusterlab.cluster.events import Due, DueKind, comes
from clusterlab.cluster.facts import SERVICE_CONTROL
from clusterlab.cluster.failures import check_can_fail, failed_while_online
from clusterlab.cluster.joining import resume_groups, start_evicted, start_node
from clusterlab.cluster.membership import (
    RESTARTING,
    end_membership,
    leave_other_side,
    node_failed,
    place_waiting,
    start_again_later,
    stop_abruptly,
    stop_cluster_service,
    stop_trying,
)
from clusterlab.cluster.model import Cluster, ClusterConfig, Resource, can_run
from clusterlab.cluster.policy import best_possible, check_named_target
from clusterlab.cluster.quorum import SEARCHING, use_switch

# --- nodes ------------------------------------------------------------------------------------


def fail_node(d: Draft, name: str) -> None:
    """Let a node that has power lose it (4.5)."""
    node = check_can_fail(d.cluster, name)
    d.drop("hung", (node,))
    d.cancel(lambda event: comes(event, DueKind.HANG_NOTICED, of=(node,)))
    node_failed(d, node)


def _member(cluster: Cluster, name: str) -> str:
    """Return the name of a node whose Cluster service answers, or refuse."""
    node = cluster.config.node_name(name)
    if cluster.node_states[node] not in st.MEMBER_STATES:
        refuse_as("cannot stop", node, cluster.node_states[node].value)
    groups.check_reachable(cluster, node)
    return node


def start(d: Draft, name: str, switch: str = "", nodes: tuple[str, ...] = ()) -> None:
    """Start a node that is Down, with a start switch if one is given (4.13, 6.1)."""
    if str(name).casefold() in map(str.casefold, d.cluster.uncleaned):
        start_evicted(d, name)
        return
    node = d.cluster.config.node_name(name)
    state = d.cluster.node_states[node]
    phase = d.cluster.starting.get(node)
    if phase not in (None, RESTARTING) or state is st.NodeState.JOINING:
        refuse_as("starts already", node, d.cluster.starting.get(node, state.value))
    groups.check_reachable(d.cluster, node)
    if state is not st.NodeState.DOWN:
        refuse(f"{node} is {state.value}.", "Start a node that is Down.", 5061)
    if d.cluster.is_dissolved:
        refuse_as("cluster has ended", node)
    use_switch(d, node, switch, nodes)
    start_node(d, node)


def stop_service(d: Draft, name: str) -> None:
    """Stop the Cluster service of a member, or of a node that keeps trying to start it."""
    found = d.cluster.config.node_name(name)
    if d.cluster.starting.get(found) in (RESTARTING, SEARCHING):
        stop_trying(d, found)
        return
    node = _member(d.cluster, name)
    if node in d.cluster.apart:
        leave_other_side(d, node)
        return
    if node in d.cluster.stopping:
        refuse_as("stops already", node)
    stop_cluster_service(d, node)


def pause_node(d: Draft, name: str) -> None:
    """Pause a node that is Up (4.7)."""
    node = _member(d.cluster, name)
    if node in d.cluster.paused:
        refuse(f"{node} is already Paused.", "Pause a node that is Up.", 5070)
    d.include("paused", (node,))
    d.set_node(node, st.NodeState.PAUSED, "an administrator paused it", "handbook 1, 4.7")


def resume_node(d: Draft, name: str) -> None:
    """End a pause (4.7)."""
    node = _member(d.cluster, name)
    if node not in d.cluster.paused:
        refuse(f"{node} is Up.", "Resume a node that is Paused.", 5058)
    d.exclude("paused", (node,))
    d.set_node(node, st.NodeState.UP, "an administrator resumed it", "handbook 1, 4.7")
    resume_groups(d, node)


# --- nodes that hang, as a whole or in user mode only -----------------------------------------

_HANGS = "handbook 1, 4.5"
"""A machine that hangs sends no heartbeats and renews no reservation: to the others it is like one
without power, until it wakes and finds that it was removed. In user mode heartbeats go on, for they
are the kernel's; only the watchdog on the node itself sees that its Cluster service hangs (2.4).
"""


def hang_node(d: Draft, name: str, in_user_mode: bool) -> None:
    """Let a node that works hang; nothing of it goes on until it wakes (4.5)."""
    node = check_can_fail(d.cluster, name)
    if node in d.cluster.hung:
        refuse(f"{node} hangs already.", f"Wake {node}.", source=_HANGS)
    owned_quorum = d.cluster.owners[d.cluster.config.quorum_group] == node
    timers = d.cluster.timers
    if in_user_mode:
        d.schedule(d.cluster.config.durations["service_watchdog"], Due(node, DueKind.HANG_NOTICED))
    else:
        node_failed(d, node)
    stopped = tuple(timer for timer in timers if timer not in d.cluster.timers)
    d.table("hung")[node] = st.Hang(in_user_mode, owned_quorum, d.cluster.now_s, stopped)


def hang_noticed(d: Draft, node: str) -> None:
    """The watchdog does what `HangRecoveryAction` says (2.4)."""
    match d.cluster.config.hang_recovery_action:
        case st.HangAction.TERMINATE:
            d.log_event(7031, node, source=SERVICE_CONTROL)
            end_membership(d, node, "its watchdog terminated the Cluster service, which hung")
        case st.HangAction.BUGCHECK:
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
    if d.cluster.node_states[node] in st.MEMBER_STATES:
        for timer in hang.timers:  # what was under way takes as long as it would have taken
            d.schedule(timer.due_s - hang.since_s, timer.event)
        place_waiting(d)
    elif d.cluster.node_states[node] is st.NodeState.DOWN and hang.in_user_mode:
        start_again_later(d, node)
    elif d.cluster.node_states[node] is st.NodeState.DOWN:
        _find_itself_removed(d, node, hang)


def _find_itself_removed(d: Draft, node: str, hang: st.Hang) -> None:
    """The service ends: its reservation is lost, or it is no member any more (4.11)."""
    if not hang.owned_quorum:
        stop_abruptly(d, node, 1006, "it hung, and the others removed it meanwhile")
        return
    d.log_event(1038, node, resource=d.cluster.config.quorum)
    start_again_later(d, node)


# --- groups -----------------------------------------------------------------------------------


def move_group(d: Draft, name: str, to: str | None) -> None:
    """Move a group to a named node, or to the best possible one (5.2, 5.5)."""
    group = d.cluster.config.group_name(name)
    node = d.cluster.config.node_name(to) if to is not None else None
    groups.free_group(d.cluster, group)
    if node is None:
        decision = best_possible(d.cluster, group)
        d.decide(decision)
        node = decision.target
    else:
        check_named_target(d.cluster, group, node)
    if node is not None:
        for resource in d.members(group):
            resource.type.move_check(d.cluster, resource, node)
    d.drop("tried", (group,))
    groups.move(d, group, node, st.Cause.MOVE_GROUP)


def take_offline(d: Draft, name: str) -> None:
    """Take a group or a resource offline; it stays offline (2.1)."""
    if d.cluster.config.kind_of(name) == "group":
        _take_group_offline(d, d.cluster.config.group_name(name))
    else:
        _take_resource_offline(d, d.cluster.config.resource_name(name))


def _take_group_offline(d: Draft, group: str) -> None:
    owner = groups.free_group(d.cluster, group)
    if group == d.cluster.config.quorum_group:
        refuse_as("holds the quorum", group, d.cluster.config.quorum)
    names = groups.names_of(d.members(group))
    if not d.cluster.persistent.intersection((group, *names)):
        refuse(f"{group} is already Offline.")
    _forget_request(d, names)
    d.exclude("persistent", (group,))
    d.set_activity(group, st.Activity(st.ActivityKind.GOING_OFFLINE))
    d.log_event(1203, owner, group)
    groups.settle(d, group)


def _forget_request(d: Draft, names: list[str]) -> None:
    """Let resources go offline and stay there; a Failed one is Offline at once."""
    groups.cancel_retries(d, names)
    d.drop("tried", {d.cluster.config.resources_by_name[name].group for name in names})
    d.exclude("persistent", names)
    d.exclude("wanted", names)
    groups.clear_failed(d, names, "an administrator took it offline", "handbook 1, 2.1")


def _take_resource_offline(d: Draft, name: str) -> None:
    resource = d.cluster.config.resources_by_name[name]
    groups.free_group(d.cluster, resource.group)
    if name == d.cluster.config.quorum:
        refuse(f"{name} is the quorum resource.", "Move its group instead.", 5020)
    if d.state(name) is st.ResourceState.OFFLINE and name not in d.cluster.persistent:
        refuse(f"{name} is already Offline.")
    _forget_request(d, [name, *d.cluster.config.users_of(name)])
    groups.settle(d, resource.group)


def bring_online(d: Draft, name: str) -> None:
    """Bring a group or a resource online on its present owner (2.1)."""
    if d.cluster.config.kind_of(name) == "group":
        group = d.cluster.config.group_name(name)
        resources = list(d.members(group))
    else:
        resource = d.cluster.config.resources_by_name[d.cluster.config.resource_name(name)]
        group = resource.group
        by_name = d.cluster.config.resources_by_name
        resources = [resource, *(by_name[needed] for needed in d.cluster.config.needs_of(resource))]
    _check_can_come_online(d, group, resources)
    names = groups.names_of(resources)
    d.drop("tried", (group,))
    d.include("persistent", (group, *names))
    d.include("wanted", names)
    because = "an administrator brings it online"
    groups.cancel_retries(d, groups.clear_failed(d, names, because, "handbook 1, 1.4"))
    if len(resources) == len(d.members(group)):
        d.set_activity(group, st.Activity(st.ActivityKind.COMING_ONLINE))
        d.log_event(1200, d.cluster.owners[group], group)
    elif group in d.cluster.activities:
        d.set_activity(group, None)
    groups.settle(d, group)


def _check_can_come_online(d: Draft, group: str, resources: list[Resource]) -> None:
    owner = groups.free_group(d.cluster, group)
    if not resources:
        refuse(f"{group} has no resources.", "Create one in it first.")
    if all(d.state(resource.name) is st.ResourceState.ONLINE for resource in resources):
        refuse(f"{resources[0].name if len(resources) == 1 else group} is already Online.")
    state = d.cluster.node_states[owner]
    if state is st.NodeState.PAUSED:
        refuse_as("owner is paused", owner, group)
    if state is not st.NodeState.UP or owner in d.cluster.stopping:
        refuse_as("owner is not up", owner, group, state.value)
    for resource in resources:
        _check_is_complete(d.cluster.config, resource)
        if not can_run(resource, d.cluster.config.nodes_by_name[owner]):
            refuse_as("not a possible owner", owner, resource.name, group)


def _check_is_complete(config: ClusterConfig, resource: Resource) -> None:
    """Refuse a resource that depends on nothing of a type that its own type requires (3)."""
    if not config.is_as_found:
        return
    types = {config.resources_by_name[needed].type.name for needed in resource.depends_on}
    missing = [wanted for wanted in resource.type.needs_types if wanted not in types]
    if missing:
        refuse_as(
            "lacks a dependency", resource.name, resource.type.name, missing[0], resource.group
        )


# --- failures ---------------------------------------------------------------------------------


def _resource_that_works(d: Draft, name: str) -> Resource:
    """Return a resource that is Online and can fail, or refuse."""
    resource = d.cluster.config.resources_by_name[d.cluster.config.resource_name(name)]
    state = d.state(resource.name)
    groups.check_reachable(d.cluster, d.cluster.owners[resource.group])
    if resource.name == d.cluster.config.quorum:
        refuse(f"{resource.name} is the quorum resource.", "Fail its node instead.", 5068)
    if state is not st.ResourceState.ONLINE:
        refuse(
            f"{resource.name} is {state.value}.",
            "Fail a resource that is Online.",
            5084 if state.is_pending else 5023,
        )
    return resource


def initiate_failure(d: Draft, name: str) -> None:
    """Do exactly what a failure noticed now would do (4.2)."""
    resource = _resource_that_works(d, name)
    failed_while_online(
        d, resource.name, "an administrator chose Initiate Failure", "handbook 1, 4.2"
    )


def fault_resource(d: Draft, name: str, is_hang: bool = False, *, is_clean: bool = False) -> None:
    """Let a process end or hang; it is noticed when a check finds it (4.1; 2, 1.4).

    A service that was stopped by hand is noticed like one that ended; it leaves no unclean store.
    """
    resource = _resource_that_works(d, name)
    if resource.name in d.cluster.faults:
        refuse_as("fault unnoticed", resource.name, d.cluster.faults[resource.name])
    detection_s = resource.type.detection_s(d.cluster, resource, is_hang)
    if detection_s <= 0:
        because = "its service was stopped by hand" if is_clean else "its process ended"
        failed_while_online(d, resource.name, because, "handbook 1, 4.1; 2, 1.4", is_clean=is_clean)
    else:
        d.table("faults")[resource.name] = d.cluster.now_s
        event = Due(resource.name, DueKind.FAULT_NOTICED, is_clean=is_clean)
        d.schedule(detection_s, event)
