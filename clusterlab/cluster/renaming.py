"""New names of groups and resources, in the configuration and wherever a cluster keeps a name.

Whether a name may be given is decided in `building.py`. Timers are ordered by name, so those of a
group or a resource take their new places among simultaneous ones (handbook 1, 4.14).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from clusterlab.cluster.draft import Draft, timer_for
from clusterlab.cluster.events import (
    Event,
    FaultNoticed,
    OfflineTimedOut,
    OnlineAttemptFailed,
    OwnershipPassed,
    ResourceCameOnline,
    ResourceWentOffline,
    RestartDue,
    RetryDue,
)
from clusterlab.cluster.model import ClusterConfig, Resource, Timer

RESOURCE_TIMERS = (
    ResourceCameOnline,
    ResourceWentOffline,
    OnlineAttemptFailed,
    OfflineTimedOut,
    FaultNoticed,
    RestartDue,
    RetryDue,
)
"""What comes due for a resource."""
RESOURCE_TABLES = ("resource_states", "since_s", "faults", "failures", "retries")
RESOURCE_SETS = ("wanted", "restarting", "unclean", "maintenance")
GROUP_TABLES = ("owners", "failovers", "activities")


def with_group_renamed(config: ClusterConfig, old: str, new: str) -> ClusterConfig:
    """Return *config* with the group *old* called *new*."""
    groups = (replace(item, name=new) if item.name == old else item for item in config.groups)
    members = (replace(item, group=new) if item.group == old else item for item in config.resources)
    return replace(
        config,
        groups=tuple(groups),
        resources=tuple(members),
        core_group=new if old == config.core_group_name else config.core_group,
    )


def with_resource_renamed(config: ClusterConfig, old: str, new: str) -> ClusterConfig:
    """Return *config* with the resource *old* called *new*."""
    return replace(
        config,
        resources=tuple(_renamed(config, old, new)),
        quorum=new if config.quorum == old else config.quorum,
    )


def rename_group(d: Draft, old: str, new: str) -> None:
    """Give the group *old* the name *new* everywhere."""
    config = d.cluster.config
    changed = with_group_renamed(config, old, new)
    _rename_keys(d, GROUP_TABLES, old, new)
    _rename_persistent(d, old, new, is_kept=old in config.resources_by_name)
    d.put("config", changed)
    _rename_events(d, (OwnershipPassed,), old, new)


def rename_resource(d: Draft, old: str, new: str) -> None:
    """Give the resource *old* the name *new* everywhere."""
    config = d.cluster.config
    changed = with_resource_renamed(config, old, new)
    _rename_keys(d, RESOURCE_TABLES, old, new)
    for field in RESOURCE_SETS:
        if old in getattr(d.cluster, field):
            d.exclude(field, (old,))
            d.include(field, (new,))
    _rename_persistent(d, old, new, is_kept=old in config.groups_by_name)
    lost = {pair for pair in d.cluster.lost_disks if pair[0] == old}
    d.exclude("lost_disks", lost)
    d.include("lost_disks", {(new, node) for _, node in lost})
    for group, activity in dict(d.cluster.activities).items():
        if activity.resource == old:
            d.set_activity(group, activity._replace(resource=new))
    d.put("config", changed)
    _rename_events(d, RESOURCE_TIMERS, old, new)


def _renamed(config: ClusterConfig, old: str, new: str) -> Iterable[Resource]:
    for item in config.resources:
        needs = tuple(new if name == old else name for name in item.depends_on)
        yield replace(item, name=new if item.name == old else item.name, depends_on=needs)


def _rename_keys(d: Draft, fields: Iterable[str], old: str, new: str) -> None:
    for field in fields:
        if old in getattr(d.cluster, field):
            table = d.table(field)
            table[new] = table.pop(old)


def _rename_persistent(d: Draft, old: str, new: str, *, is_kept: bool) -> None:
    """Rename in the one set that groups and resources share; *is_kept* if the other has *old*."""
    if old in d.cluster.persistent:
        d.include("persistent", (new,))
        if not is_kept:
            d.exclude("persistent", (old,))


def _rename_events(d: Draft, kinds: tuple[type[Event], ...], old: str, new: str) -> None:
    timers = tuple(
        timer._replace(event=_with_subject(timer.event, new))
        if isinstance(timer.event, kinds) and timer.event.subject == old
        else timer
        for timer in d.cluster.timers
    )
    d.put("timers", timers)
    reorder_timers(d)


def _with_subject(event: Event, name: str) -> Event:
    fields = dict(vars(event))
    fields[type(event).__match_args__[0]] = name
    return type(event)(**fields)


def reorder_timers(d: Draft) -> None:
    """Give every timer of a group or a resource its place by the names that hold now."""
    d.put("timers", tuple(sorted(_placed(d, timer) for timer in d.cluster.timers)))


def _placed(d: Draft, timer: Timer) -> Timer:
    if not isinstance(timer.event, (*RESOURCE_TIMERS, OwnershipPassed)):
        return timer
    return timer_for(d.cluster, timer.due_s, timer.event)._replace(
        node_id=timer.node_id, sequence=timer.sequence
    )
