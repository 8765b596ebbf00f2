"""Groups, resources and dependencies that are made, renamed, bound and deleted (handbook 1, 8.1).

Each request is checked as in `requests.py`: does the thing exist, can its owner be reached, is its
state valid. A cluster may stay half built: what a resource type must depend on is asked for only
when the resource is brought online (handbook 1, 3).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from clusterlab.cluster.draft import Change, Draft
from clusterlab.cluster.errors import (
    ConfigError,
    OperationRefused,
    instead_of,
    refuse,
    shown,
    unshown,
)
from clusterlab.cluster.events import CreateResource
from clusterlab.cluster.groups import cancel_retries, cancel_timers, free_group, names_of, settle
from clusterlab.cluster.kinds import ResourceType
from clusterlab.cluster.membership import place_waiting
from clusterlab.cluster.model import ClusterConfig, Group, Resource, reached
from clusterlab.cluster.networks import check_network
from clusterlab.cluster.quorum import check_may_change
from clusterlab.cluster.renaming import forget, rename_group, rename_resource, reorder_timers
from clusterlab.cluster.resource_types import IP_ADDRESS, NETWORK_NAME, known_types
from clusterlab.cluster.states import OFF_STATES, ResourceState

MAX_RESOURCES = 1674
"""Resources in a cluster (handbook 1, 3)."""


# --- groups -----------------------------------------------------------------------------------


def create_group(d: Draft, name: str) -> None:
    """Make an empty group, owned by the node that owns the Cluster Group (owner unsourced)."""
    config = d.cluster.config
    owner = _administered_on(d)
    _check_new_name(config, "group", name)
    d.put("config", rebuilt(config, groups=(*config.groups, Group(name=name))))
    d.table("owners")[name] = owner


def _administered_on(d: Draft) -> str:
    """Return the node that Cluster Administrator talks to, or refuse: no node is Up."""
    check_may_change(d)
    live = d.live_nodes()
    if not live:
        refuse("No node of the cluster is Up.", "Start a node first.", 5050)
    owner = d.cluster.owners[d.cluster.config.core_group_name]
    return owner if owner in live else live[0]


def delete_group(d: Draft, name: str) -> None:
    """Delete a group that is empty; the Cluster Group stays (8.1; 8.4)."""
    config = d.cluster.config
    group = config.group_name(name)
    _administered_on(d)
    if group == config.core_group_name:
        refuse(f"{group} holds the core resources.", "Delete another group.", 5026)
    if config.members[group]:
        members = ", ".join(names_of(config.members[group]))
        refuse(f"{group} still has {members}.", "Delete them, or change their group, first.")
    free_group(d.cluster, group)
    groups = tuple(item for item in config.groups if item.name != group)
    d.put("config", rebuilt(config, groups=groups))
    forget(d, "group", group)


def give_group_name(d: Draft, name: str, to: str) -> None:
    """Rename a group; its resources and what is going on with it stay (8.1)."""
    group = d.cluster.config.group_name(name)
    _administered_on(d)
    _check_new_name(d.cluster.config, "group", to, instead_of_name=group)
    rename_group(d, group, to)


def _check_new_name(
    config: ClusterConfig, kind: str, name: str, instead_of_name: str | None = None
) -> None:
    if not isinstance(name, str) or not name.strip():
        refuse(f"The new {kind} has no name.", "Give it one.")
    if unshown(name):
        refuse(f"{shown(name)} has characters that cannot be shown.", "Choose another name.")
    taken = {item.name.casefold(): item.name for item in getattr(config, f"{kind}s")}
    found = taken.get(name.casefold())
    if found == name or (found is not None and found != instead_of_name):
        refuse(f"There is a {kind} {found} already.", "Choose another name.")


# --- resources --------------------------------------------------------------------------------


def create_resource(d: Draft, *described: Any) -> None:
    """Make a resource that is Offline, with what its wizard makes beside it (8.1; 3, 4.1)."""
    event, config = CreateResource(*described), d.cluster.config
    group = config.group_name(event.group)
    _administered_on(d)
    free_group(d.cluster, group)
    created = with_resource(config, event)
    d.put("config", created)
    for item in created.resources[len(config.resources) :]:
        d.table("resource_states")[item.name] = ResourceState.OFFLINE
        d.table("since_s")[item.name] = d.cluster.now_s


def with_resource(config: ClusterConfig, event: CreateResource) -> ClusterConfig:
    """Return *config* with a new resource, and behind it what its wizard makes beside it."""
    group = config.group_name(event.group)
    resource_type = _type_named(config, event.type)
    _check_new_name(config, "resource", event.resource)
    if len(config.resources) >= MAX_RESOURCES:
        refuse(f"There are {MAX_RESOURCES} resources.", "Delete one first.", 5076)
    check_network(config, event.private or {})
    resource = _described(config, event, resource_type, group)
    _check_own_group(config, resource)
    added = rebuilt(config, (resource.name,), resources=(*config.resources, resource))
    created = resource_type.on_created(added, resource)
    return rebuilt(created, [item.name for item in created.resources[len(config.resources) :]])


def _described(
    config: ClusterConfig, event: CreateResource, resource_type: ResourceType, group: str
) -> Resource:
    owners = event.possible_owners
    return Resource(
        name=event.resource,
        type=resource_type,
        group=group,
        depends_on=tuple(config.resource_name(name) for name in event.depends_on),
        possible_owners=None if owners is None else tuple(map(config.node_name, owners)),
        private=dict(event.private or {}),
    )


def _type_named(config: ClusterConfig, name: str) -> ResourceType:
    types = {item.casefold(): kind for item, kind in known_types(config).items()}
    kind = types.get(name.casefold())
    if kind is None:
        allowed = instead_of(name, [item.name for item in types.values()])
        refuse(f"There is no resource type {name!r}.", f"A{allowed[1:]}.")
    if all(kind.name in node.missing_types for node in config.nodes):
        refuse(f"No node has the type {kind.name}.", "Install its program on every node.", 5079)
    return kind


def delete_resource(d: Draft, name: str) -> None:
    """Delete a resource that is not online and that nothing depends on (8.4)."""
    config = d.cluster.config
    resource = config.resources_by_name[config.resource_name(name)]
    _administered_on(d)
    if resource.name == config.quorum:
        refuse(f"{resource.name} is the quorum.", "Designate another one first.", 5020)
    if resource.name in core_resources(config):
        refuse(f"{resource.name} is a core resource.", "Leave it.", 5026)
    users = config.needed_by[resource.name]
    if users:
        remedy = "Delete them, or remove the dependencies, first."
        refuse(f"{resource.name} is needed by {', '.join(users)}.", remedy, 5001)
    free_group(d.cluster, resource.group)
    _check_is_off(d, resource)
    if loss := resource.type.loss(config, resource):
        change = Change(
            d.cluster.now_s, "note", resource.name, "", "is gone", loss, "handbook 2, 1.3"
        )
        d.changes.append(change)
    _forget(d, resource)
    settle(d, resource.group)
    place_waiting(d)


def _check_is_off(d: Draft, resource: Resource) -> None:
    state = d.state(resource.name)
    if state not in OFF_STATES:
        refuse(f"{resource.name} is {state.value}.", "Take it offline first.", 5019)


def _forget(d: Draft, resource: Resource) -> None:
    """Take an offline resource out of the configuration and of every table."""
    name, config = resource.name, d.cluster.config
    cancel_timers(d, (name,))
    cancel_retries(d, (name,))
    for group, activity in dict(d.cluster.activities).items():
        if activity.resource == name:
            d.set_activity(group, None)
    forget(d, "resource", name)
    kept = tuple(item for item in config.resources if item.name != name)
    d.put("config", rebuilt(config, resources=kept))


def give_resource_name(d: Draft, name: str, to: str) -> None:
    """Rename a resource; its state and what is due for it stay (8.1)."""
    resource = d.cluster.config.resource_name(name)
    _administered_on(d)
    _check_new_name(d.cluster.config, "resource", to, instead_of_name=resource)
    rename_resource(d, resource, to)


# --- the group of a resource ------------------------------------------------------------------


def bound_to(config: ClusterConfig, name: str) -> frozenset[str]:
    """Return a resource and all that dependencies bind it to, in both directions (1.4).

    Example:
        >>> from clusterlab import exchange_cluster
        >>> sorted(bound_to(exchange_cluster().config, "MSDTC"))
        ['Cluster IP Address', 'Cluster Name', 'Disk Q:', 'MSDTC']
    """
    by_name, users = config.resources_by_name, config.needed_by
    return frozenset(reached([name], lambda one: (*by_name[one].depends_on, *users[one])))


def with_group_of(config: ClusterConfig, names: frozenset[str], group: str) -> ClusterConfig:
    """Return *config* with the resources *names* in *group*."""
    moved = (
        replace(item, group=group) if item.name in names else item for item in config.resources
    )
    return rebuilt(config, names, resources=tuple(moved))


def change_group(d: Draft, name: str, to: str) -> None:
    """Put a resource and all it is bound to into another group of the same node (1.4)."""
    config = d.cluster.config
    resource = config.resources_by_name[config.resource_name(name)]
    group = config.group_name(to)
    _administered_on(d)
    if group == resource.group:
        refuse(f"{resource.name} is in {group}.")
    _check_same_node(d, resource, group)
    moving = bound_to(config, resource.name)
    _check_may_leave(d, resource.name, moving)
    _check_calm(d, moving, (resource.group, group))
    d.put("config", with_group_of(config, moving, group))
    reorder_timers(d)
    for changed_group in (resource.group, group):
        settle(d, changed_group)
    place_waiting(d)


def _check_same_node(d: Draft, resource: Resource, group: str) -> None:
    owner, other = free_group(d.cluster, resource.group), free_group(d.cluster, group)
    if owner != other:
        because = f"{owner} owns {resource.name}, and {other} owns {group}."
        refuse(because, f"Move {group} to {owner} first.", 5015)


def _check_may_leave(d: Draft, name: str, bound: Iterable[str]) -> None:
    """Refuse to take a core resource out of the Cluster Group (1.1)."""
    config = d.cluster.config
    core = core_resources(config).intersection(bound)
    if name == config.quorum or core == {config.quorum}:
        because = f"{config.quorum} is the quorum resource."
        refuse(because, "Designate another one first.", 5068)
    if core:
        first = name if name in core else min(core)
        refuse(f"{first} is a core resource.", f"It stays in {config.core_group_name}.")


def _check_calm(d: Draft, names: Iterable[str], groups: Iterable[str]) -> None:
    """Refuse while something is going on with the resources or their groups."""
    for name in names:
        if d.state(name).is_pending:
            refuse(f"{name} is {d.state(name).value}.", "Wait until it is not.", 5023)
    for group in groups:
        activity = d.cluster.activities.get(group)
        if activity is not None:
            refuse(f"{group} is {activity.kind.value}.", "Wait until that is over.", 5023)


# --- dependencies -----------------------------------------------------------------------------


def add_dependency(d: Draft, name: str, on: str) -> None:
    """Let a resource that is offline depend on another one of its group (8.4)."""
    resource, other = _pair(d, name, on)
    if other.name in resource.depends_on:
        refuse(f"{resource.name} depends on {other.name}.", "Nothing needs to be done.", 5003)
    changed = replace(resource, depends_on=(*resource.depends_on, other.name))
    _check_own_group(d.cluster.config, changed)
    _check_may_rebind(d, resource)
    if resource.name in (other.name, *d.cluster.config.needs_of(other)):
        because = f"{other.name} needs {resource.name}; the dependencies would run in a circle."
        refuse(because, "Choose another resource.")
    _put_resource(d, changed)


def remove_dependency(d: Draft, name: str, on: str) -> None:
    """Let a resource that is offline no longer depend on another one (8.4)."""
    resource, other = _pair(d, name, on)
    if other.name not in resource.depends_on:
        because = f"{resource.name} does not depend on {other.name}."
        refuse(because, "Nothing needs to be done.", 5002)
    _check_may_rebind(d, resource)
    needs = tuple(item for item in resource.depends_on if item != other.name)
    _put_resource(d, replace(resource, depends_on=needs))


def _pair(d: Draft, name: str, on: str) -> tuple[Resource, Resource]:
    config = d.cluster.config
    by_name = config.resources_by_name
    _administered_on(d)
    return by_name[config.resource_name(name)], by_name[config.resource_name(on)]


def _check_own_group(config: ClusterConfig, resource: Resource) -> None:
    if resource.depends_on and resource.name == config.quorum:
        refuse(f"{resource.name} is the quorum.", "Let others depend on it instead.", 5069)
    for needed in resource.depends_on:
        group = config.resources_by_name[needed].group
        if group != resource.group:
            because = f"{needed} is in {group}, {resource.name} in {resource.group}."
            refuse(because, f"Name a resource of {resource.group}.")


def _check_may_rebind(d: Draft, resource: Resource) -> None:
    """Refuse unless *resource* is offline and nobody has asked for it to be online."""
    free_group(d.cluster, resource.group)
    _check_is_off(d, resource)
    if resource.name in d.cluster.persistent:
        because = f"{resource.name} is {d.state(resource.name).value}, and is to come online again."
        refuse(because, "Take it offline first.", 5019)


def _put_resource(d: Draft, changed: Resource) -> None:
    config = d.cluster.config
    resources = (changed if item.name == changed.name else item for item in config.resources)
    d.put("config", rebuilt(config, resources=tuple(resources)))


# --- the configuration ------------------------------------------------------------------------


def rebuilt(config: ClusterConfig, new: Iterable[str] = (), **parts: Any) -> ClusterConfig:
    """Return *config* with *parts* in place of its own; it may be half built.

    As long as a dependency that a type requires is missing the cluster counts as one "as found".
    The limits that types set are kept for the resources named in *new*.
    """
    try:
        return replace(config, **parts, is_as_found=False)
    except ConfigError:
        pass
    try:
        found = replace(config, **parts, is_as_found=True)
        for name in new:
            resource = found.resources_by_name[name]
            resource.type.config_check(found, resource)
    except ConfigError as error:
        raise OperationRefused(
            None, because=f"{error}.", remedy="Leave it as it is, or choose something else."
        ) from error
    return found


# --- the Cluster Group ----------------------------------------------------------------------------


def core_resources(config: ClusterConfig) -> frozenset[str]:
    """Return the names of the quorum resource, the cluster's name and its address.

    The name is the first Network Name of the Cluster Group, the addresses are those it needs.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> sorted(core_resources(exchange_cluster().config))
        ['Cluster IP Address', 'Cluster Name', 'Disk Q:']

    Source: handbook 1, 1.1.
    """
    members = config.members[config.core_group_name]
    name = next((item for item in members if item.type.name == NETWORK_NAME.name), None)
    needed = () if name is None else (name.name, *name.depends_on)
    if name is None:
        needed = tuple(item.name for item in members if item.type.name == IP_ADDRESS.name)[:1]
    return frozenset((config.quorum, *needed))
