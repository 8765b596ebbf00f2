"""Names in the tables of a cluster: changed when something is renamed, out when it is gone.

Where a name is kept, the fields of `Cluster` say themselves. Whether a name may be given is decided
in `building.py`. Timers are ordered by name, so those of a
group or a resource take their new places among simultaneous ones (handbook 1, 4.14).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from clusterlab.cluster.draft import Draft, timer_for
from clusterlab.cluster.events import OF_RESOURCES, Due, DueKind, comes
from clusterlab.cluster.model import KEPT, Cluster, ClusterConfig, Resource, Timer

RESOURCE_TIMERS = (*OF_RESOURCES, DueKind.RETRY)
"""What comes due for a resource."""
_OTHERS = {"group": "resources_by_name", "resource": "groups_by_name", "node": ""}
"""What may have the same name and share a table."""


def forget(d: Draft, kind: str, name: str) -> None:
    """Take what is kept of *name*, which is a "node", "group" or "resource", out of every table."""
    for field, places in _places(d.cluster, kind, name):
        value = getattr(d.cluster, field)
        gone = [key for key in value if _is_named(key, places, name)]
        if isinstance(value, Mapping):
            d.drop(field, gone)
        elif isinstance(value, frozenset):
            d.exclude(field, gone)
        else:
            d.put(field, tuple(key for key in value if key not in gone))


def _rename_keys(d: Draft, kind: str, old: str, new: str) -> None:
    for field, places in _places(d.cluster, kind, old):
        value = getattr(d.cluster, field)
        found = [key for key in value if _is_named(key, places, old)]
        if isinstance(value, Mapping):
            for key in found:
                d.table(field)[_renamed_key(key, places, old, new)] = d.table(field).pop(key)
        elif found:
            d.exclude(field, found)
            d.include(field, [_renamed_key(key, places, old, new) for key in found])


def _places(cluster: Cluster, kind: str, name: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the fields with keys that name a *kind*, and where in a key that name stands.

    What groups and resources share is left alone while the other one has the same name.
    """
    is_shared = bool(_OTHERS[kind]) and name in getattr(cluster.config, _OTHERS[kind])
    for field, kept in KEPT.items():
        places = tuple(
            place
            for place, word in enumerate(kept.keyed_by)
            if word == kind or (kind in word.split(" or ") and not is_shared)
        )
        if places:
            yield field, places


def _is_named(key: str | tuple[str, ...], places: tuple[int, ...], name: str) -> bool:
    names = key if isinstance(key, tuple) else (key,)
    return any(names[place] == name for place in places)


def _renamed_key(key: str | tuple[str, ...], places: tuple[int, ...], old: str, new: str) -> Any:
    if not isinstance(key, tuple):
        return new
    return tuple(new if place in places and name == old else name for place, name in enumerate(key))


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
    _rename_keys(d, "group", old, new)
    d.put("config", changed)
    _rename_events(d, (DueKind.OWNERSHIP_PASSED,), old, new)


def rename_resource(d: Draft, old: str, new: str) -> None:
    """Give the resource *old* the name *new* everywhere."""
    config = d.cluster.config
    changed = with_resource_renamed(config, old, new)
    _rename_keys(d, "resource", old, new)
    for group, activity in dict(d.cluster.activities).items():
        if activity.resource == old:
            d.set_activity(group, activity._replace(resource=new))
    d.put("config", changed)
    _rename_events(d, RESOURCE_TIMERS, old, new)


def _renamed(config: ClusterConfig, old: str, new: str) -> Iterable[Resource]:
    for item in config.resources:
        needs = tuple(new if name == old else name for name in item.depends_on)
        yield replace(item, name=new if item.name == old else item.name, depends_on=needs)


def _rename_events(d: Draft, kinds: tuple[DueKind, ...], old: str, new: str) -> None:
    timers = tuple(
        timer._replace(event=Due(**{**vars(timer.event), "name": new}))
        if comes(timer.event, *kinds, of=(old,))
        else timer
        for timer in d.cluster.timers
    )
    d.put("timers", timers)
    reorder_timers(d)


def reorder_timers(d: Draft) -> None:
    """Give every timer of a group or a resource its place by the names that hold now."""
    d.put("timers", tuple(sorted(_placed(d, timer) for timer in d.cluster.timers)))


def _placed(d: Draft, timer: Timer) -> Timer:
    if not comes(timer.event, *RESOURCE_TIMERS, DueKind.OWNERSHIP_PASSED):
        return timer
    return timer_for(d.cluster, timer.due_s, timer.event)._replace(
        node_id=timer.node_id, sequence=timer.sequence
    )
