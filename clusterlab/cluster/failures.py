"""How a resource fails, is restarted in place, and makes its group fail over or be given up.

Theory of operation. Every failure, a failed attempt to come online included, goes through
`resource_failed`: it is logged and counted on the present owner. Up to `RestartThreshold` of them
within `RestartPeriod` are restarts in place; the next one makes the group fail over, at most
`FailoverThreshold` times within `FailoverPeriod`; then it is given up, with one attempt more after
`RetryPeriodOnFailure` (handbook 1, 4.2 to 4.4).
"""

from __future__ import annotations

from collections.abc import Iterable

from clusterlab.cluster import groups, states
from clusterlab.cluster.draft import Draft
from clusterlab.cluster.errors import refuse_as
from clusterlab.cluster.events import Due, DueKind
from clusterlab.cluster.kinds import FailureEvent
from clusterlab.cluster.model import Cluster, Resource
from clusterlab.cluster.policy import Verdict, failover_target


def check_can_fail(cluster: Cluster, name: str) -> str:
    """Return the name of a node that has power, or refuse."""
    node = cluster.config.node_name(name)
    if node in cluster.silent_since:
        refuse_as("lost power already", node, cluster.silent_since[node])
    if cluster.node_states[node] is states.NodeState.DOWN:
        refuse_as("is down already", node, cluster.starting.get(node, "Down"))
    return node


def online_attempt_failed(d: Draft, event: Due) -> None:
    """An attempt to come online failed; it counts like any failure (4.4).

    One that took too long logs the timeout and then the failure, for the same resource (2, 8.4).
    """
    resource = d.cluster.config.resources_by_name[event.name]
    kinds, refusal = resource.type.failure_events, resource.type.online_refusal(d.cluster, resource)
    usual = (kinds.pending_timeout if event.is_timeout else None, kinds.online_attempt)
    entries = (refusal and refusal.instead) or usual
    owner, users = d.owner_of(resource.name), d.cluster.config.needed_by[resource.name]
    because, source, code = event.because, event.source, event.error_code
    resource_failed(d, event.name, *entries, because=because, source=source, error_code=code)
    for entry in refusal.of_users if refusal else ():
        for user in users:
            d.log_failure(entry, owner, d.cluster.config.resources_by_name[user])


def fault_noticed(d: Draft, event: Due) -> None:
    """A check found a fault, unless the checks of the resource are ignored (3; 4.1)."""
    if event.name not in d.cluster.maintenance:
        because, source = "a check found that it no longer works", "handbook 1, 4.1"
        failed_while_online(d, event.name, because, source, is_clean=event.is_clean)


def failed_while_online(
    d: Draft, name: str, because: str, source: str, *, is_clean: bool = False
) -> None:
    """A resource that was Online is noticed to have failed; its service may have stopped clean."""
    entry = d.cluster.config.resources_by_name[name].type.failure_events.while_online
    resource_failed(d, name, entry, because=because, source=source)
    if is_clean:
        d.exclude("unclean", (name,))


def offline_timed_out(d: Draft, name: str) -> None:
    """A resource did not stop in time: it is terminated, Failed and unclean (1.4).

    It is no failure that counts. What was to come back with something it needs still does so.
    """
    timeout_s = d.cluster.config.resources_by_name[name].pending_timeout_s
    because = f"it was not offline within {timeout_s:g} s and was terminated"
    if name in d.cluster.wanted:
        _fail(d, name, because=because, source="handbook 1, 1.4")
        _restart_later(d, name)
    else:
        resource_failed(d, name, because=because, source="handbook 1, 1.4")


def resource_failed(
    d: Draft,
    name: str,
    *entries: FailureEvent | None,
    because: str,
    source: str,
    error_code: int | None = None,
) -> None:
    """Do what follows when a resource fails (handbook 1, 4.2, 4.3 and 5.7)."""
    resource = d.cluster.config.resources_by_name[name]
    _fail(d, name, *entries, because=because, source=source, error_code=error_code)
    activity = d.cluster.activities.get(resource.group)
    if name not in d.cluster.wanted:
        groups.settle(d, resource.group)  # it was going offline anyway
    elif activity and activity.kind is states.ActivityKind.RETRYING:
        _retry_failed(d, resource)
    elif resource.restart_action == states.RestartAction.DONT_RESTART:
        groups.settle(d, resource.group)
    else:
        _restart_or_escalate(d, resource)


def _fail(
    d: Draft,
    name: str,
    *entries: FailureEvent | None,
    because: str,
    source: str,
    error_code: int | None = None,
) -> None:
    """Make a resource Failed and unclean, and log it."""
    resource, owner = d.cluster.config.resources_by_name[name], d.owner_of(name)
    groups.cancel_timers(d, (name,))
    d.include("unclean", (name,))
    d.set_resource(name, states.ResourceState.FAILED, because, source, error_code)
    d.log_if_not_found(name, owner)
    for entry in filter(None, entries):
        d.log_failure(entry, owner, resource)
    d.log_event(1069, owner, resource.group, resource=name)


def _restart_or_escalate(d: Draft, resource: Resource) -> None:
    name, now_s = resource.name, d.cluster.now_s
    recent = _recent(d.cluster.failures.get(name, ()), now_s, resource.restart_period_s)
    d.table("failures")[name] = (*recent, now_s)
    # A paused node keeps what is Online and lets nothing come online (4.7).
    may_restart = groups.can_run_here(d, resource) and (
        d.cluster.node_states[d.owner_of(name)] is not states.NodeState.PAUSED
    )
    if len(recent) < resource.restart_threshold and may_restart:
        _restart_later(d, name)
    elif resource.restart_action == states.RestartAction.RESTART:
        arm_retry(d, resource)
        groups.settle(d, resource.group)
    else:
        fail_over(d, resource)


def _restart_later(d: Draft, name: str) -> None:
    """Restart a failed resource after the pause between two attempts (4.2)."""
    d.include("restarting", (name,))
    d.schedule(d.cluster.config.durations["restart_delay"], Due(name, DueKind.RESTART))
    groups.settle(d, d.cluster.config.resources_by_name[name].group)


def _recent(times: Iterable[float], now_s: float, period_s: float) -> tuple[float, ...]:
    """Return the *times* younger than *period_s*; those of this very moment always count.

    The last part is ours: without it a period of 0 and steps that take no time would never end.
    """
    return tuple(at_s for at_s in times if now_s - at_s < period_s or at_s == now_s)


def restart(d: Draft, name: str) -> None:
    """Restart a failed resource in place (4.2)."""
    resource = d.cluster.config.resources_by_name[name]
    d.exclude("restarting", (name,))
    failures = d.cluster.failures.get(name, ())
    because = f"restart {len(failures)} of {resource.restart_threshold} on {d.owner_of(name)}"
    if d.cluster.since_s[name] not in failures:
        because = "it comes back with what it needs"
    d.set_resource(name, states.ResourceState.OFFLINE, because, "handbook 1, 4.2")
    groups.settle(d, resource.group)


def fail_over(d: Draft, resource: Resource) -> None:
    """Fail the group over, or give it up when it may not or cannot (4.3, 4.4, 5.5)."""
    group = d.cluster.config.groups_by_name[resource.group]
    now_s, period_s = d.cluster.now_s, group.failover_period_h * 3600
    recent = _recent(d.cluster.failovers.get(group.name, ()), now_s, period_s)
    _note_tried(d, group.name)
    decision = failover_target(d.cluster, group.name, states.Cause.RESOURCE_FAILURE)
    if len(recent) >= group.failover_threshold:
        rule = (
            f"{len(recent)} failovers within {group.failover_period_h} hours are used up "
            f"(FailoverThreshold {group.failover_threshold}): no further one."
        )
        verdicts = tuple(
            Verdict(v.node, False, "would be next, but no failover is left") if v.accepted else v
            for v in decision.verdicts
        )
        decision = decision._replace(
            target=None, rule=rule, source="handbook 1, 4.3", verdicts=verdicts, is_random=False
        )
    d.decide(decision)
    if decision.target is None:
        give_up(d, resource)
        return
    if decision.target in d.cluster.tried.get(group.name, ()):
        d.table("tried")[group.name] = (decision.owner,)  # each was tried: the next round begins
    d.table("failovers")[group.name] = (*recent, now_s)
    groups.move(d, group.name, decision.target, states.Cause.RESOURCE_FAILURE)


def _note_tried(d: Draft, group: str) -> None:
    """Remember that a group has used up its restarts on its present owner (5.3)."""
    tried, owner = d.cluster.tried.get(group, ()), d.cluster.owners[group]
    if owner not in tried and not d.cluster.config.forgets_tried_nodes:
        d.table("tried")[group] = (*tried, owner)


def give_up(d: Draft, resource: Resource, *, may_retry: bool = True) -> None:
    """Leave a group Failed: the culprit Failed, everything else Offline (4.3)."""
    group = resource.group
    if may_retry:
        arm_retry(d, resource)
    if d.cluster.config.windows >= states.Windows.WS2003:
        d.exclude("wanted", set(groups.names_of(d.members(group))) - {d.cluster.config.quorum})
        d.set_activity(
            group, states.Activity(states.ActivityKind.GIVING_UP, resource=resource.name)
        )
        d.log_event(1203, d.cluster.owners[group], group)
    # NT 4 and Windows 2000 leave only the failed resource offline (10; KB 197047).
    groups.settle(d, group)


def arm_retry(d: Draft, resource: Resource) -> None:
    """Set the one attempt after `RetryPeriodOnFailure` (2.2, 4.3)."""
    groups.cancel_retries(d, (resource.name,))
    if resource.retry_period_s is not None:
        due_s = round(d.cluster.now_s + resource.retry_period_s, 3)
        d.table("retries")[resource.name] = due_s
        d.schedule(resource.retry_period_s, Due(resource.name, DueKind.RETRY))


def retry(d: Draft, name: str) -> None:
    """Make the one attempt: the failed resource and what it needs, on the present owner (4.3)."""
    resource = d.cluster.config.resources_by_name[name]
    d.drop("retries", (name,))
    needed = [name, *d.cluster.config.needs_of(resource)]
    can_try = all(groups.can_run_here(d, d.cluster.config.resources_by_name[n]) for n in needed)
    is_idle = resource.group not in d.cluster.activities
    if d.state(name) is not states.ResourceState.FAILED or not is_idle or not can_try:
        return
    because = "RetryPeriodOnFailure is over: one more attempt"
    groups.cancel_retries(d, groups.clear_failed(d, needed, because, "handbook 1, 4.3"))
    d.include("wanted", needed)
    d.set_activity(resource.group, states.Activity(states.ActivityKind.RETRYING, resource=name))
    groups.settle(d, resource.group)


def _retry_failed(d: Draft, resource: Resource) -> None:
    if resource.restart_action == states.RestartAction.RESTART_AND_AFFECT_GROUP:
        give_up(d, resource, may_retry=False)
    else:
        d.set_activity(resource.group, None)
        groups.settle(d, resource.group)
