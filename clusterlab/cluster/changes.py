"""Changes of the configuration while the cluster runs: properties, nodes, quorum, checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from clusterlab.cluster.configuring import configure
from clusterlab.cluster.draft import Change, Draft
from clusterlab.cluster.errors import ConfigError, OperationRefused, refuse, refuse_as
from clusterlab.cluster.events import Due, DueKind, comes
from clusterlab.cluster.kinds import MenuCommand
from clusterlab.cluster.membership import place_waiting
from clusterlab.cluster.model import Cluster, ClusterConfig, Node, Resource
from clusterlab.cluster.networks import check_network, internal_networks, network_of
from clusterlab.cluster.properties import AT_NEXT_ONLINE, ONLY_OFFLINE, PRIVATE_SECONDS
from clusterlab.cluster.quorum import check_can_commit, check_may_change
from clusterlab.cluster.renaming import forget
from clusterlab.cluster.resource_types import IP_ADDRESS
from clusterlab.cluster.states import NetworkRole, NodeState, ResourceState, Windows


def set_properties(d: Draft, name: str, properties: Mapping[str, Any]) -> None:
    """Change properties of a group, a resource or a network while the cluster runs."""
    config = d.cluster.config
    check_may_change(d)
    kind = config.kind_of(name)
    if "anti_affinity_class_names" in properties and config.windows < Windows.WS2003:
        refuse_as("no anti-affinity yet", config.windows.year)
    if kind == "resource" and config.resource_name(name) == config.quorum:
        _check_quorum_properties(config, properties)
    elif kind == "network":
        _check_role(d.cluster, config.network_name(name), properties.get("role"))
    changed = configure(config, name, **properties)
    if "depends_on" in properties or "private" in properties:
        resource = config.resource_name(name)
        _check_is_offline_for(d, changed.resources_by_name[resource])
        _keep_signature(d, changed.resources_by_name[resource])
        _log_changed(d, changed.resources_by_name[resource])
        _keep_in_use(d, changed.resources_by_name[resource])
    d.put("config", changed)
    place_waiting(d)


def _keep_signature(d: Draft, changed: Resource) -> None:
    """Remember what is on a disk when another signature is put into its properties (3)."""
    old = d.cluster.config.resources_by_name[changed.name].private.get("Signature")
    if old and changed.private.get("Signature") != old:
        d.table("signatures").setdefault(changed.name, str(old))


def _keep_in_use(d: Draft, changed: Resource) -> None:
    """Let a resource that is not offline go on with what it read when it came online (5024)."""
    before = d.cluster.config.resources_by_name[changed.name].private
    is_off = d.state(changed.name) in (ResourceState.OFFLINE, ResourceState.FAILED)
    later = (*AT_NEXT_ONLINE, *PRIVATE_SECONDS)
    if not is_off and any(before.get(key) != changed.private.get(key) for key in later):
        d.table("in_use").setdefault(changed.name, before)


def _log_changed(d: Draft, changed: Resource) -> None:
    """Log what the type of a resource says of its new properties."""
    entry = changed.type.on_changed(d.cluster.config.resources_by_name[changed.name], changed)
    if entry:
        d.log_failure(entry, d.owner_of(changed.name), changed)


def _check_is_offline_for(d: Draft, changed: Resource) -> None:
    """Refuse what changes only while a resource is offline: dependencies, Kerberos (8.4)."""
    check_network(d.cluster.config, changed.private)
    name = changed.name
    resource, state = d.cluster.config.resources_by_name[name], d.state(name)
    if state in (ResourceState.OFFLINE, ResourceState.FAILED):
        return
    if changed.depends_on != resource.depends_on:
        refuse(f"{name} is {state.value}.", "Take it offline first.", 5019)
    old, new = resource.private, changed.private
    keys = [key for key in ONLY_OFFLINE if new.get(key, 0) != old.get(key, 0)]
    if keys:
        refuse_as("only offline", name, state.value, keys[0])


def _check_quorum_properties(config: ClusterConfig, properties: Mapping[str, Any]) -> None:
    if "possible_owners" in properties:
        refuse_as("owned by every node", config.quorum)
    if properties.get("depends_on"):
        refuse_as("quorum needs nothing", config.quorum)


def _check_role(cluster: Cluster, network: str, role: int | None) -> None:
    if role in (NetworkRole.NONE, NetworkRole.INTERNAL):
        users = [
            resource.name
            for resource in cluster.config.resources
            if resource.type.name == IP_ADDRESS.name
            and network_of(cluster.config, resource) == network
        ]
        if users:
            refuse_as("carries addresses", network, ", ".join(users))
    internal = [item.name for item in internal_networks(cluster.config)]
    if role in (NetworkRole.NONE, NetworkRole.CLIENT) and internal == [network]:
        refuse_as("only internal network", network)


def set_network_priority(d: Draft, networks: tuple[str, ...]) -> None:
    """Say in which order the internal networks are used; all of them are given (2.5, 8.1)."""
    config = d.cluster.config
    check_may_change(d)
    names = tuple(map(config.network_name, networks))
    internal = [network.name for network in internal_networks(config)]
    if sorted(names) != sorted(internal):
        refuse_as("internal networks", ", ".join(internal))
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
        d.cancel(lambda event: comes(event, DueKind.FAULT_NOTICED, of=(disk.name,)))
        detection_s = disk.type.detection_s(d.cluster, disk, False)
        d.schedule(detection_s, Due(disk.name, DueKind.FAULT_NOTICED))


def _check_maintenance(d: Draft, disk: Resource, is_on: bool) -> None:
    source, state = "handbook 1, 3", d.state(disk.name)
    if disk.type.name != "Physical Disk":
        refuse(f"{disk.name} is of type {disk.type.name}.", "Name a disk.", source=source)
    if disk.name == d.cluster.config.quorum:
        refuse(f"{disk.name} is the quorum resource.", "Name another disk.", 5068)
    if state is not ResourceState.ONLINE:
        refuse(f"{disk.name} is {state.value}.", "Bring it online first.", 5023)
    if is_on == (disk.name in d.cluster.maintenance):
        refuse(f"{disk.name} is {'already' if is_on else 'not'} in maintenance.")


def designate_quorum(d: Draft, name: str) -> None:
    """Make another resource the quorum resource; its owner logs 1064 (6.2; KB 280353)."""
    config = d.cluster.config
    check_may_change(d)
    resource = config.resources_by_name[config.resource_name(name)]
    if resource.name == config.quorum:
        refuse(f"{resource.name} is the quorum.")
    if d.cluster.challenger is not None:
        refuse_as("is arbitrating", d.cluster.challenger, config.quorum)
    if not resource.type.can_be_quorum:
        refuse_as("no quorum type", resource.name, resource.type.name)
    if resource.name in d.cluster.maintenance:
        refuse(f"{resource.name} is in maintenance.", "End that first.", 5023)
    if d.state(resource.name) is not ResourceState.ONLINE:
        refuse(
            f"{resource.name} is {d.state(resource.name).value}.", "Bring it online first.", 5023
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
        refuse(f"{owner} is not Up.", "Move the group to a node that is Up.", 5050)
    config, takes_s = item.begin(d.cluster, resource), item.takes_s(d.cluster, resource)
    d.put("config", config)
    if takes_s is not None:
        d.schedule(takes_s, Due(resource.name, DueKind.COMMAND_ENDED, command=item.name))
    else:
        _note(d, resource, item.name, "hangs: another one runs beside it; choose it again later")


def _note(d: Draft, resource: Resource, command: str, what: str) -> None:
    """Say what became of a command, which no event log has (4, 4.3.1)."""
    new, _, because = what.partition(": ")
    name = f"{command} of {resource.name}"
    d.changes.append(Change(d.cluster.now_s, "note", name, "", new, because, "handbook 4, 4.3.1"))


def end_command(d: Draft, event: Due) -> None:
    """End a command: its type says what it leaves, and notices an interruption (4, 4.5.2)."""
    resource = d.cluster.config.resources_by_name.get(event.name)
    if resource is not None:
        config = _command(resource, event.command).end(d.cluster, resource)
        is_done = config is not d.cluster.config
        what = "is done: nothing interrupted it" if is_done else "is half done: repeat it"
        _note(d, resource, event.command, what)
        d.put("config", config)


def _command(resource: Resource, name: str) -> MenuCommand:
    for item in resource.type.commands:
        if item.name.casefold() == name.casefold():
            return item
    allowed = ", ".join(item.name for item in resource.type.commands)
    because = f"The menu of {resource.name} has no {name!r}."
    remedy = f"Choose {allowed or 'a resource of another type'}."
    refuse(because, remedy, source="handbook 4, 4.3.1")


# --- nodes ----------------------------------------------------------------------------------------


_SOURCE = "handbook 1, 4.8"


def evict_node(d: Draft, name: str) -> None:
    """Take a node that is Down out of the configuration; N changes with it (4.8).

    Windows Server 2003 cleans the machine up, unless it has no power: error 5896. Before that it is
    never cleaned. It is the owner of the quorum that logs 1011 (unsourced).
    """
    node, config = d.cluster.config.node_name(name), d.cluster.config
    check_may_change(d)
    if len(config.nodes) == 1:
        _dissolve(d, node)
        return
    if not d.live_nodes():
        refuse("No node of the cluster is Up.", "Start a node first.", 5050)
    _check_may_be_evicted(d.cluster, node)
    _clean(d, node)
    d.put("config", _without(config, node))
    forget(d, "node", node)
    for group, activity in dict(d.cluster.activities).items():
        if activity.target == node:  # its move finds another node when it ends
            d.set_activity(group, activity._replace(target=None))
    d.log_event(1011, d.cluster.owners[config.quorum_group], peer=node)
    place_waiting(d)


def _clean(d: Draft, node: str) -> None:
    """Note a machine that cannot be cleaned up, and say so (4.8)."""
    is_silent = node in d.cluster.silent_since
    if d.cluster.config.windows < Windows.WS2003 or is_silent:
        d.include("uncleaned", (node,))
    if is_silent and d.cluster.config.windows >= Windows.WS2003:
        because = "its machine has no power and could not be cleaned up"
        change = Change(d.cluster.now_s, "node", node, "Down", "evicted", because, _SOURCE, 5896)
        d.changes.append(change)


def _dissolve(d: Draft, node: str) -> None:
    """Evict the last node, which may be Up: the cluster ends, and its machine is cleaned (4.8)."""
    if d.cluster.is_dissolved:
        refuse("The cluster has ended.", "Form another one.", source=_SOURCE)
    d.log_event(1011, node, peer=node)
    for resource in d.cluster.config.resources:
        because = "the last node was evicted"
        d.set_resource(resource.name, ResourceState.OFFLINE, because, _SOURCE)
    d.cancel(lambda event: True)
    for field in ("activities", "faults", "failures", "retries", "starting"):
        d.drop(field, tuple(getattr(d.cluster, field)))
    for field in ("wanted", "persistent", "restarting", "stopping"):
        d.put(field, frozenset())
    d.put("challenger", None)
    d.set_node(node, NodeState.DOWN, "it was the last node and was evicted", _SOURCE)
    d.put("is_dissolved", True)


def clean_up_node(d: Draft, name: str) -> None:
    """Clean the configuration off an evicted machine: `/forcecleanup`, or a new installation."""
    found = {node.casefold(): node for node in d.cluster.uncleaned}
    if str(name).casefold() not in found:
        refuse(
            f"{name} is no evicted machine that must be cleaned up.",
            f"Such machines: {', '.join(sorted(found.values())) or 'none'}.",
            source=_SOURCE,
        )
    d.exclude("uncleaned", (found[str(name).casefold()],))


def _check_may_be_evicted(cluster: Cluster, node: str) -> None:
    state = cluster.starting.get(node, cluster.node_states[node].value)
    groups = cluster.groups_on(node)
    if state != NodeState.DOWN.value or groups:
        owns = f" and still owns {', '.join(groups)}" if groups else ""
        refuse_as("evicts no owner", node, state, owns)


def _without(config: ClusterConfig, node: str) -> ClusterConfig:
    def others(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if name != node)

    def on_others(resource: Resource) -> Resource:
        owners = resource.possible_owners and others(resource.possible_owners)
        defective = resource.defective_on - {node}
        return replace(resource, possible_owners=owners, defective_on=defective)

    return replace(
        config,
        nodes=tuple(item for item in config.nodes if item.name != node),
        groups=tuple(
            replace(group, preferred_owners=others(group.preferred_owners))
            for group in config.groups
        ),
        resources=tuple(map(on_others, config.resources)),
        is_as_found=True,
    )


def add_node(d: Draft, name: str, missing_types: frozenset[str] = frozenset()) -> None:
    """Configure a new node with the lowest free Node ID; it is Down until started (1.1).

    In a majority node set a change is committed only if a majority of the nodes can write it; the
    new node is one of those that count (6).
    """
    config = d.cluster.config
    check_may_change(d)
    if not d.live_nodes():
        refuse("No node of the cluster is Up.", "Start a node first.", 5050)
    if str(name).casefold() in map(str.casefold, d.cluster.uncleaned):
        refuse_as("still configured", name)
    taken = {node.node_id for node in config.nodes}
    free = next(number for number in range(1, len(taken) + 2) if number not in taken)
    node = Node(name=name, node_id=free, missing_types=frozenset(missing_types))
    nodes = sorted((*config.nodes, node), key=lambda node: node.node_id)
    try:
        d.put("config", replace(config, nodes=tuple(nodes)))
    except ConfigError as error:
        raise OperationRefused(
            None, because=f"{error}.", remedy="Evict a node first, or choose another name."
        ) from error
    d.table("node_states")[name] = NodeState.DOWN
    check_can_commit(d)


# --- registry checkpoints: keys that go with a resource from node to node (3) -----------------

_CHECKPOINTS = "handbook 1, 3; KB 174070"
"""A key is saved on the quorum device when it is named, and whenever it changes while its resource
is Online; it is written into the registry of a node before the resource comes online there. So what
is changed while the resource is offline, or on another node, is overwritten.
"""


def set_registry(d: Draft, name: str, key: str, value: str) -> None:
    """Set a key below HKEY_LOCAL_MACHINE on one node by hand."""
    node = d.cluster.config.node_name(name)
    d.table("registry")[node, key] = value
    for resource, saved in list(d.cluster.checkpoints):
        is_here = d.owner_of(resource) == node and d.state(resource) is ResourceState.ONLINE
        if saved == key and is_here:
            d.table("checkpoints")[resource, key] = value


def add_checkpoint(d: Draft, name: str, key: str) -> None:
    """Name a key that goes with a resource; its value on the owner is saved."""
    check_may_change(d)
    resource = d.cluster.config.resource_name(name)
    if (resource, key) in d.cluster.checkpoints:
        refuse(f"{resource} has the checkpoint {key}.", source=_CHECKPOINTS)
    value = d.cluster.registry.get((d.owner_of(resource), key), "")
    d.table("checkpoints")[resource, key] = value


def remove_checkpoint(d: Draft, name: str, key: str) -> None:
    """Let a key stay with its node again."""
    check_may_change(d)
    resource = d.cluster.config.resource_name(name)
    if (resource, key) not in d.cluster.checkpoints:
        known = [saved for owner, saved in d.cluster.checkpoints if owner == resource]
        refuse(
            f"{resource} has no checkpoint {key}.",
            f"It has: {', '.join(known) or 'none'}.",
            source=_CHECKPOINTS,
        )
    d.drop("checkpoints", ((resource, key),))
