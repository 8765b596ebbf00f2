"""Changes of the configuration while the cluster runs: properties, nodes, the quorum resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from clusterlab.cluster.configuring import configure
from clusterlab.cluster.draft import Draft
from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.events import CommandEnded, FaultNoticed
from clusterlab.cluster.kinds import MenuCommand
from clusterlab.cluster.membership import place_waiting
from clusterlab.cluster.model import Cluster, ClusterConfig, Resource
from clusterlab.cluster.networks import check_network, internal_networks, network_of
from clusterlab.cluster.properties import ONLY_OFFLINE
from clusterlab.cluster.resource_types import IP_ADDRESS
from clusterlab.cluster.states import NetworkRole, ResourceState
from clusterlab.cluster.switches import check_can_commit, check_may_change


def set_properties(d: Draft, name: str, properties: Mapping[str, Any]) -> None:
    """Change properties of a group, a resource or a network while the cluster runs."""
    config = d.cluster.config
    check_may_change(d)
    kind = config.kind_of(name)
    if kind == "resource" and config.resource_name(name) == config.quorum:
        _check_quorum_properties(config, properties)
    elif kind == "network":
        _check_role(d.cluster, config.network_name(name), properties.get("role"))
    changed = configure(config, name, **properties)
    if "depends_on" in properties or "private" in properties:
        resource = config.resource_name(name)
        _check_is_offline_for(d, changed.resources_by_name[resource])
    d.put("config", changed)
    place_waiting(d)


def _check_is_offline_for(d: Draft, changed: Resource) -> None:
    """Refuse what changes only while a resource is offline: dependencies, Kerberos (8.4)."""
    check_network(d.cluster.config, changed.private)
    name = changed.name
    resource, state = d.cluster.config.resources_by_name[name], d.state(name)
    if state in (ResourceState.OFFLINE, ResourceState.FAILED):
        return
    if changed.depends_on != resource.depends_on:
        raise OperationRefused(
            5019, because=f"{name} is {state.value}.", remedy="Take it offline first."
        )
    old, new = resource.private, changed.private
    keys = [key for key in ONLY_OFFLINE if new.get(key, 0) != old.get(key, 0)]
    if keys:
        raise OperationRefused(
            5023,
            because=f"{name} is {state.value}; {keys[0]} changes only while it is offline.",
            remedy="Take it offline first.",
            source="handbook 3, 4.2",
        )


def _check_quorum_properties(config: ClusterConfig, properties: Mapping[str, Any]) -> None:
    if "possible_owners" in properties:
        raise OperationRefused(
            5068,
            because=f"{config.quorum} is the quorum resource; every node must be able to own it.",
            remedy="Leave its possible owners as they are.",
        )
    if properties.get("depends_on"):
        raise OperationRefused(
            5069,
            because=f"{config.quorum} is the quorum resource.",
            remedy="Let other resources depend on it instead.",
        )


def _check_role(cluster: Cluster, network: str, role: int | None) -> None:
    if role in (NetworkRole.NONE, NetworkRole.INTERNAL):
        users = [
            resource.name
            for resource in cluster.config.resources
            if resource.type.name == IP_ADDRESS.name
            and network_of(cluster.config, resource) == network
        ]
        if users:
            raise OperationRefused(
                5067,
                because=f"Network {network} carries {', '.join(users)}.",
                remedy="Put these addresses on another network first.",
            )
    internal = [item.name for item in internal_networks(cluster.config)]
    if role in (NetworkRole.NONE, NetworkRole.CLIENT) and internal == [network]:
        raise OperationRefused(
            5066,
            because=f"Network {network} is the only one that carries internal traffic.",
            remedy="Give another network role 1 or 3 first.",
        )


def set_network_priority(d: Draft, networks: tuple[str, ...]) -> None:
    """Say in which order the internal networks are used; all of them are given (2.5, 8.1)."""
    config = d.cluster.config
    check_may_change(d)
    names = tuple(map(config.network_name, networks))
    internal = [network.name for network in internal_networks(config)]
    if sorted(names) != sorted(internal):
        raise OperationRefused(
            None,
            because=f"The internal networks are {', '.join(internal)}.",
            remedy="Name each of them once, the one to use first standing first.",
            source="handbook 1, 8.1",
        )
    d.put("config", replace(config, network_priority=names))


def set_maintenance(d: Draft, name: str, is_on: bool) -> None:
    """Ignore the health checks of a disk that stays Online, or heed them again (3)."""
    config = d.cluster.config
    disk = config.resources_by_name[config.resource_name(name)]
    _check_maintenance(d, disk, is_on)
    if is_on:
        d.include("maintenance", (disk.name,))
        return
    d.exclude("maintenance", (disk.name,))
    if disk.name in d.cluster.faults:
        d.cancel(lambda event: event == FaultNoticed(disk.name))
        d.schedule(disk.type.detection_s(d.cluster, disk, False), FaultNoticed(disk.name))


def _check_maintenance(d: Draft, disk: Resource, is_on: bool) -> None:
    source, state = "handbook 1, 3", d.state(disk.name)
    if disk.type.name != "Physical Disk":
        because = f"{disk.name} is of type {disk.type.name}."
        raise OperationRefused(None, because=because, remedy="Name a disk.", source=source)
    if disk.name == d.cluster.config.quorum:
        because = f"{disk.name} is the quorum resource."
        raise OperationRefused(5068, because=because, remedy="Name another disk.")
    if state is not ResourceState.ONLINE:
        because = f"{disk.name} is {state.value}."
        raise OperationRefused(5023, because=because, remedy="Bring it online first.")
    if is_on == (disk.name in d.cluster.maintenance):
        word = "already" if is_on else "not"
        because = f"{disk.name} is {word} in maintenance."
        raise OperationRefused(None, because=because, remedy="Nothing needs to be done.")


def designate_quorum(d: Draft, name: str) -> None:
    """Make another resource the quorum resource; its owner logs 1064 (6.2; KB 280353)."""
    config = d.cluster.config
    check_may_change(d)
    resource = config.resources_by_name[config.resource_name(name)]
    if resource.name == config.quorum:
        raise OperationRefused(
            None, because=f"{resource.name} is the quorum.", remedy="Nothing needs to be done."
        )
    if d.cluster.challenger is not None:
        raise OperationRefused(
            5023,
            because=f"{d.cluster.challenger} is arbitrating for {config.quorum}.",
            remedy="Wait until it is Online.",
        )
    if not resource.type.can_be_quorum:
        raise OperationRefused(
            5021,
            because=f"{resource.name} is of type {resource.type.name}.",
            remedy="Choose a Physical Disk, Local Quorum or Majority Node Set.",
        )
    if resource.name in d.cluster.maintenance:
        raise OperationRefused(
            5023, because=f"{resource.name} is in maintenance.", remedy="End that first."
        )
    if d.state(resource.name) is not ResourceState.ONLINE:
        raise OperationRefused(
            5023,
            because=f"{resource.name} is {d.state(resource.name).value}.",
            remedy="Bring it online first.",
        )
    try:
        d.put("config", replace(config, quorum=resource.name))
    except ConfigError as error:
        raise OperationRefused(
            5069, because=f"{error}.", remedy="Remove its dependencies first."
        ) from error
    check_can_commit(d)
    d.put("quorum_owners", (d.cluster.owners[resource.group],))
    d.put("is_quorum_log_bad", False)
    d.log_event(1064, d.cluster.owners[resource.group], resource=resource.name)


# --- the menu of a resource ---------------------------------------------------------------------


def begin_command(d: Draft, name: str, command: str) -> None:
    """Begin what a program added to the menu of a resource; the type decides (4, 4.3.1)."""
    check_may_change(d)
    resource = d.cluster.config.resources_by_name[d.cluster.config.resource_name(name)]
    item = _command(resource, command)
    owner = d.cluster.owners[resource.group]
    if not d.cluster.is_live(owner):
        raise OperationRefused(
            5050, because=f"{owner} is not Up.", remedy="Move the group to a node that is Up."
        )
    config, takes_s = item.begin(d.cluster, resource), item.takes_s(d.cluster, resource)
    d.put("config", config)
    if takes_s is not None:
        d.schedule(takes_s, CommandEnded(resource.name, item.name))


def end_command(d: Draft, name: str, command: str) -> None:
    """End a command: its type says what it leaves, and notices an interruption (4, 4.5.2)."""
    resource = d.cluster.config.resources_by_name.get(name)
    if resource is not None:
        d.put("config", _command(resource, command).end(d.cluster, resource))


def _command(resource: Resource, name: str) -> MenuCommand:
    for item in resource.type.commands:
        if item.name.casefold() == name.casefold():
            return item
    allowed = ", ".join(item.name for item in resource.type.commands)
    raise OperationRefused(
        None,
        because=f"The menu of {resource.name} has no {name!r}.",
        remedy=f"Choose {allowed}." if allowed else "Choose a resource of another type.",
        source="handbook 4, 4.3.1",
    )
