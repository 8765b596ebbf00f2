"""What an event does to a cluster: `apply`, and the clock that says which event comes next.

Theory of operation. `apply(cluster, event)` returns a new value and never changes the old one.
Everything that happens later is a `Timer` inside the value, ordered as handbook 1, 4.14 says, so
a cluster can be copied, branched and compared at any moment. `advance` lets the next timer happen.
Requests are checked first; a refused one raises `OperationRefused` and nothing has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from math import inf

from clusterlab.cluster import (
    building,
    changes,
    failures,
    groups,
    joining,
    losses,
    membership,
    requests,
)
from clusterlab.cluster import events as ev
from clusterlab.cluster.configuring import configure
from clusterlab.cluster.draft import Change, Draft, LogEntry, Outcome, SilentDraft, timer_for
from clusterlab.cluster.errors import ConfigError, OperationRefused, impossible
from clusterlab.cluster.events import Due, DueKind, Event, comes
from clusterlab.cluster.facts import CLUSTER_DURATIONS
from clusterlab.cluster.model import Cluster, ClusterConfig, Group, Node, Timer
from clusterlab.cluster.policy import next_failback_s
from clusterlab.cluster.renaming import with_group_renamed, with_resource_renamed

__all__ = ["Change", "LogEntry", "Outcome", "advance", "apply", "go_on", "next_timer", "schedule"]

BUSY_S = 600.0
MOST_BUSY = 50_000
"""More than this many timers do not come due within `BUSY_S`: with durations of 0 or little more
the same thing happens over and over, and time stands still. Whatever plays, plays with this limit.
"""
RUN_LIMIT_S = 24 * 3600.0
"""How far time runs at most unasked, since a failback window can move a group every night."""


HANDLERS: Mapping[type[Event], Callable[..., None]] = {
    ev.NodeFailed: requests.fail_node,
    ev.NodeHung: requests.hang_node,
    ev.NodeWoken: requests.wake_node,
    ev.ResourceFaulted: requests.fault_resource,
    ev.ServiceStopped: partial(requests.fault_resource, is_clean=True),
    ev.InterfaceLost: partial(losses.set_links, is_cut=True),
    ev.InterfaceRestored: partial(losses.set_links, is_cut=False),
    ev.NetworkLost: partial(losses.set_network, is_lost=True),
    ev.NetworkRestored: partial(losses.set_network, is_lost=False),
    ev.DiskLost: losses.lose_disk,
    ev.DiskRestored: losses.restore_disk,
    ev.DiskSigned: losses.sign_disk,
    ev.QuorumLogDamaged: losses.damage_quorum_log,
    ev.QuorumDiskFilled: losses.fill_quorum_disk,
    ev.QuorumDiskFreed: losses.free_quorum_disk,
    ev.ResourceMonitorDied: losses.resource_monitor_died,
    ev.IisAdminEnded: losses.iis_admin_ended,
    ev.StartNode: requests.start,
    ev.StopClusterService: requests.stop_service,
    ev.PauseNode: requests.pause_node,
    ev.ResumeNode: requests.resume_node,
    ev.EvictNode: changes.evict_node,
    ev.AddNode: changes.add_node,
    ev.CleanUpNode: changes.clean_up_node,
    ev.SetNetworkPriority: changes.set_network_priority,
    ev.SetMaintenance: changes.set_maintenance,
    ev.CreateGroup: building.create_group,
    ev.DeleteGroup: building.delete_group,
    ev.RenameGroup: building.give_group_name,
    ev.CreateResource: building.create_resource,
    ev.DeleteResource: building.delete_resource,
    ev.RenameResource: building.give_resource_name,
    ev.ChangeGroup: building.change_group,
    ev.AddDependency: building.add_dependency,
    ev.RemoveDependency: building.remove_dependency,
    ev.DesignateQuorum: changes.designate_quorum,
    ev.SetRegistry: changes.set_registry,
    ev.AddCheckpoint: changes.add_checkpoint,
    ev.RemoveCheckpoint: changes.remove_checkpoint,
    ev.MoveGroup: requests.move_group,
    ev.TakeOffline: requests.take_offline,
    ev.BringOnline: requests.bring_online,
    ev.InitiateFailure: requests.initiate_failure,
    ev.ChooseCommand: changes.begin_command,
    ev.SetProperties: changes.set_properties,
}
"""What carries each event out; it is given the draft and the fields of the event."""
DUE_HANDLERS: Mapping[DueKind, Callable[[Draft, Due], None]] = {
    DueKind.HEARTBEATS_MISSED: lambda draft, _: losses.heartbeats_missed(draft),
    DueKind.REGROUP_STARTED: lambda draft, _: losses.regroup_started(draft),
    DueKind.REGROUP_ENDED: lambda draft, _: losses.regroup_ended(draft),
    DueKind.QUORUM_RESERVED: lambda draft, it: membership.quorum_reserved(draft, it.name),
    DueKind.QUORUM_CAME_ONLINE: lambda draft, it: membership.quorum_came_online(draft, it.name),
    DueKind.CAME_ONLINE: lambda draft, it: groups.came_online(draft, it.name),
    DueKind.WENT_OFFLINE: lambda draft, it: groups.went_offline(draft, it.name),
    DueKind.ONLINE_FAILED: failures.online_attempt_failed,
    DueKind.OFFLINE_TIMED_OUT: lambda draft, it: failures.offline_timed_out(draft, it.name),
    DueKind.FAULT_NOTICED: failures.fault_noticed,
    DueKind.HANG_NOTICED: lambda draft, it: requests.hang_noticed(draft, it.name),
    DueKind.RESTART: lambda draft, it: failures.restart(draft, it.name),
    DueKind.RETRY: lambda draft, it: failures.retry(draft, it.name),
    DueKind.OWNERSHIP_PASSED: lambda draft, it: groups.ownership_passed(draft, it.name),
    DueKind.SERVICE_STARTED: lambda draft, it: joining.service_started(draft, it.name),
    DueKind.NODE_JOINED: lambda draft, it: joining.node_joined(draft, it.name),
    DueKind.SEARCH_ENDED: lambda draft, it: joining.search_ended(draft, it.name),
    DueKind.COMMAND_ENDED: changes.end_command,
    DueKind.FAILBACK_HOUR: lambda draft, _: joining.fail_back(draft, None),
}
"""What follows when each kind of thing comes due."""


def configured_after(config: ClusterConfig, event: Event) -> ClusterConfig:
    """Return *config* with what *event* names anew; as it is if the event is refused in any case.

    What is evicted or deleted stays, and no state is asked: this is for whoever reads requests
    before any of them happens.
    """
    try:
        return _configured_after(config, event)
    except (OperationRefused, ConfigError):
        return config


def _configured_after(config: ClusterConfig, event: Event) -> ClusterConfig:
    match event:
        case ev.AddNode(name) if name.casefold() not in map(str.casefold, config.nodes_by_name):
            node = Node(name=name, node_id=config.nodes[-1].node_id + 1)
            limit = len(config.nodes) + 1
            return replace(config, nodes=(*config.nodes, node), node_limit=limit, is_as_found=True)
        case ev.SetProperties(name, properties) if {"installed", "private"} & properties.keys():
            return configure(config, name, **properties)  # the next line adds to it
        case ev.DesignateQuorum(name):
            return replace(config, quorum=config.resource_name(name))
        case ev.CreateGroup(name):
            return replace(config, groups=(*config.groups, Group(name=name)))
        case ev.CreateResource():
            return building.with_resource(config, event)
        case ev.RenameGroup(name, to):
            return with_group_renamed(config, config.group_name(name), to)
        case ev.RenameResource(name, to):
            return with_resource_renamed(config, config.resource_name(name), to)
        case ev.ChangeGroup(name, to):
            bound = building.bound_to(config, config.resource_name(name))
            return building.with_group_of(config, bound, config.group_name(to))
    return config


def apply(cluster: Cluster, event: Event, *, at_s: float | None = None) -> Outcome:
    """Return what *event* does to *cluster*; the cluster that goes in is left as it is.

    *at_s* is when, in simulated seconds and not before `cluster.now_s`; None means now.

    Raises:
        OperationRefused: If the product itself would refuse the request.
        ConfigError: If the event sets a property to something impossible.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> outcome = apply(exchange_cluster(), ev.NodeFailed("NODE3"))
        >>> outcome.cluster.silent_since
        {'NODE3': 0.0}

    Source: handbook 1, 4 and 5.
    """
    return _applied(Draft(cluster, cluster.now_s if at_s is None else at_s), event)


def _applied(draft: Draft, event: Event) -> Outcome:
    _happen(draft, event)
    return draft.outcome(event)


def _happen(draft: Draft, event: Event) -> None:
    if isinstance(event, Due):
        DUE_HANDLERS[event.kind](draft, event)
    elif handler := HANDLERS.get(type(event)):
        handler(draft, *vars(event).values())
    else:
        raise TypeError(f"{event!r} is not an event that a cluster knows")
    if draft.cluster.stopping:
        membership.finish_stopping(draft)
    if draft.touched_membership():
        losses.update_contacts(draft)


def next_timer(cluster: Cluster) -> Timer | None:
    """Return what happens next if nobody intervenes, or None if nothing is pending."""
    timers = cluster.timers
    hour_s = next_failback_s(cluster)
    if hour_s is not None and (not timers or hour_s < timers[0].due_s):
        return timer_for(cluster, hour_s, Due(cluster.config.name, DueKind.FAILBACK_HOUR))
    return timers[0] if timers else None


def advance(cluster: Cluster, *, until_s: float = inf) -> Outcome | None:
    """Let the next timer happen; None if nothing is pending before or at *until_s*.

    Raises:
        ConfigError: If things would go on happening without end, see `MOST_BUSY`.
    """
    timer = next_timer(cluster)
    if timer is None or timer.due_s > until_s:
        return None
    draft = _due(cluster, timer)
    try:
        return _applied(draft, timer.event)
    except (OperationRefused, ConfigError) as error:
        # A request that was set for this moment (`schedule`) is refused: only the clock moves.
        if isinstance(error, ConfigError):
            error = OperationRefused(None, because=f"{error}.", remedy="Set another value.")
        return Outcome(_due(cluster, timer).cluster, timer.event, refusal=error)


def _due(cluster: Cluster, timer: Timer) -> Draft:
    """Return a draft of *cluster* at the moment of *timer*, which is no longer set."""
    draft = Draft(cluster, max(timer.due_s, cluster.now_s))
    _unset(draft, timer)
    return draft


def _unset(draft: Draft, timer: Timer) -> None:
    if not comes(timer.event, DueKind.FAILBACK_HOUR):
        draft.put("timers", draft.cluster.timers[1:])
    _count(draft)


def _count(draft: Draft) -> None:
    """Count what comes due, and raise ConfigError where it would never end, see `MOST_BUSY`."""
    cluster = draft.cluster
    busy = cluster.busy + 1
    if cluster.now_s - cluster.busy_since_s >= BUSY_S:
        draft.put("busy_since_s", cluster.now_s)
        busy = 1
    elif busy > MOST_BUSY:
        durations, usual = cluster.config.durations.items(), CLUSTER_DURATIONS
        short = [f"{key} = {seconds:g}" for key, seconds in durations
                 if seconds < 1 and key in usual and seconds < usual[key].seconds]  # fmt: skip
        moments = (MOST_BUSY, cluster.busy_since_s, cluster.now_s)
        raise impossible("too busy", *moments, ", ".join(short) or "none")
    draft.put("busy", busy)


def go_on(draft: SilentDraft, timer: Timer) -> None:
    """Let *timer*, the next one, happen to *draft* itself: the same as `advance`, for less.

    The timer must not be for a request, which might be refused half-way.
    """
    draft.begin(max(timer.due_s, draft.cluster.now_s))
    _unset(draft, timer)
    _happen(draft, timer.event)


def schedule(cluster: Cluster, event: Event, at_s: float) -> Cluster:
    """Return *cluster* with *event* set for the moment *at_s*, at its place among the timers."""
    draft = Draft(cluster, cluster.now_s)
    draft.schedule(at_s - cluster.now_s, event)
    return draft.cluster
