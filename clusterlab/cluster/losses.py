"""What breaks besides nodes: cables, networks, disks, the quorum log, a Resource Monitor.

What is broken is noted at once. What follows from it over time: members that no longer hear each
other and the regroup are decided here, partitions and the quorum in `membership.py`, resources that
fail in `groups.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from clusterlab.cluster import networks, states
from clusterlab.cluster.configuring import configure
from clusterlab.cluster.draft import Draft
from clusterlab.cluster.errors import refuse, refuse_as
from clusterlab.cluster.events import OF_CONTACTS, Due, DueKind, comes
from clusterlab.cluster.failures import failed_while_online
from clusterlab.cluster.groups import names_of, settle, terminate
from clusterlab.cluster.membership import lose_nodes, lose_quorum_disk, recover_quorum
from clusterlab.cluster.model import Resource
from clusterlab.cluster.quorum import check_stay_apart, surviving_partition
from clusterlab.cluster.resource_types import IP_ADDRESS


def set_links(d: Draft, name: str, network: str | None, *, is_cut: bool) -> None:
    """Pull or plug one cable of a node, or with None all of them (4.9)."""
    config = d.cluster.config
    node = config.node_name(name)
    names = [config.network_name(network)] if network else [item.name for item in config.networks]
    links = {(node, item) for item in names}
    if is_cut and links <= d.cluster.cut:
        refuse(f"{node} is already cut off from {', '.join(names)}.")
    if not is_cut and not links & d.cluster.cut:
        refuse(f"{node} is connected to {', '.join(names)}.")
    if not is_cut:
        d.exclude("cut", links)
        check_stay_apart(d.cluster)
        return
    working = _working_client_networks(d)
    d.include("cut", links)
    _log_dead(d, working)


def set_network(d: Draft, name: str, *, is_lost: bool) -> None:
    """Let a network fail or work again, for all nodes (4.9)."""
    network = d.cluster.config.network_name(name)
    if is_lost == (network in d.cluster.lost_networks):
        refuse(f"Network {network} is already {'down' if is_lost else 'up'}.")
    if not is_lost:
        d.exclude("lost_networks", (network,))
        check_stay_apart(d.cluster)
        return
    working = _working_client_networks(d)
    d.include("lost_networks", (network,))
    _log_dead(d, working)


def _working_client_networks(d: Draft) -> list[str]:
    """Return the networks for clients only on which a member has a link."""
    return [
        network.name
        for network in d.cluster.config.networks
        if network.role == states.NetworkRole.CLIENT
        and any(
            networks.is_linked(d.cluster, node, network.name)
            for node in networks.members(d.cluster)
        )
    ]


def _log_dead(d: Draft, working: Iterable[str]) -> None:
    """Log 1130 for client networks that worked until now; the others wait for heartbeats (4.9)."""
    for network in working:
        log_if_down(d, network)


def lose_disk(d: Draft, name: str, node: str | None) -> None:
    """A disk cannot be reached: by *node*, or with None by any (4.12)."""
    config, resource = d.cluster.config, _disk(d, name)
    owner = d.cluster.owners[resource.group]
    where = config.node_name(node) if node is not None else ""
    was_reached = d.cluster.can_reach_disk(resource.name, owner)
    d.include("lost_disks", ((resource.name, where),))
    is_lost_now = was_reached and not d.cluster.can_reach_disk(resource.name, owner)
    if not is_lost_now or not d.cluster.is_live(owner):
        return
    if resource.name == config.quorum:
        lose_quorum_disk(d, owner)
    else:
        note_fault(d, resource)


def restore_disk(d: Draft, name: str) -> None:
    """A lost disk can be reached again, by every node."""
    disk = d.cluster.config.resource_name(name)
    lost = {pair for pair in d.cluster.lost_disks if pair[0] == disk}
    if not lost:
        refuse(f"{disk} can be reached by every node.")
    d.exclude("lost_disks", lost)
    forget_faults(d, (disk,))


def sign_disk(d: Draft, name: str, signature: str | None) -> None:
    """Change the signature on a disk: it matters when the disk is looked for next (3)."""
    resource = _disk(d, name)
    if signature is not None:
        d.table("signatures")[resource.name] = signature
    elif d.cluster.has_other_signature(resource.name):
        d.drop("signatures", (resource.name,))
    else:
        refuse(f"{resource.name} has the signature that the cluster expects.")


def _disk(d: Draft, name: str) -> Resource:
    """Return a Physical Disk, or refuse."""
    resource = d.cluster.config.resources_by_name[d.cluster.config.resource_name(name)]
    if resource.type.name != "Physical Disk":
        refuse(f"{resource.name} is of type {resource.type.name}.", "Name a Physical Disk.")
    return resource


def damage_quorum_log(d: Draft, name: str) -> None:
    """The quorum log is damaged; it matters when the cluster is formed next (4.12)."""
    _check_is_quorum(d, name)
    d.put("is_quorum_log_bad", True)


def _check_is_quorum(d: Draft, name: str) -> None:
    disk = d.cluster.config.resource_name(name)
    if disk != d.cluster.config.quorum:
        refuse(f"{disk} is not the quorum resource.", f"Name {d.cluster.config.quorum}.")


def fill_quorum_disk(d: Draft, name: str) -> None:
    """The quorum disk is full: 1021 while the cluster runs, 1022 at the next start (4.12)."""
    _check_is_quorum(d, name)
    if d.cluster.is_quorum_full:
        refuse(f"{d.cluster.config.quorum} is full already.")
    d.put("is_quorum_full", True)
    owner = d.cluster.owners[d.cluster.config.quorum_group]
    if d.cluster.is_live(owner):
        d.log_event(1021, owner, resource=d.cluster.config.quorum)


def free_quorum_disk(d: Draft, name: str, node: str | None) -> None:
    """Delete files: on the owner, or with the driver disabled on a node alone (4.12; KB 251284)."""
    _check_is_quorum(d, name)
    quorum = d.cluster.config.quorum
    if not d.cluster.is_quorum_full:
        refuse(f"{quorum} is not full.")
    owner = d.cluster.owners[d.cluster.config.quorum_group]
    is_owned = d.cluster.is_live(owner) and d.state(quorum) is states.ResourceState.ONLINE
    if node is None and not is_owned:
        refuse_as("files without owner", quorum)
    if node is not None:
        _check_is_alone(d, d.cluster.config.node_name(node))
    d.put("is_quorum_full", False)


def _check_is_alone(d: Draft, node: str) -> None:
    """Refuse while a Cluster service runs or starts; one that is stopped counts as switched off."""
    busy = d.live_nodes()
    busy += [name for name in d.cluster.starting if name != node]
    if busy or node in d.cluster.silent_since:
        refuse_as(
            "driver in use", ", ".join(busy) or node, "runs or starts" if busy else "has no power"
        )


def resource_monitor_died(d: Draft, name: str) -> None:
    """The Resource Monitor of a node dies: its resources are brought online again (4.1).

    Each node has one here; resources with a monitor of their own are left out, and the quorum
    resource stays Online [simplified].
    """
    node = d.cluster.config.node_name(name)
    if not d.cluster.is_live(node):
        refuse(f"{node} is not running.", "Name a node that is Up.", 5050)
    d.log_event(1146, node)
    for group in d.cluster.groups_on(node):
        hosted = [item for item in names_of(d.members(group)) if item != d.cluster.config.quorum]
        was_on = [item for item in hosted if d.state(item) not in states.OFF_STATES]
        terminate(d, was_on, "its Resource Monitor died")
        settle(d, group)


def iis_admin_ended(d: Draft, name: str, is_reset: bool) -> None:
    """IIS Admin ends: all that needs it on the node fails together (2, 1.4; KB 819865).

    The reset by its recovery action collides with the restarts of the cluster: from then on these
    resources do not start on this node until it is repaired.
    """
    node = d.cluster.config.node_name(name)
    needing = [r for g in d.cluster.groups_on(node) for r in d.members(g) if r.type.needs_iis]
    for resource in needing if is_reset else ():
        defective = resource.defective_on | {node}
        d.put("config", configure(d.cluster.config, resource.name, defective_on=defective))
    for resource in needing:
        if d.state(resource.name) is states.ResourceState.ONLINE:
            because = f"IIS Admin ended on {node}"
            failed_while_online(d, resource.name, because, "handbook 2, 1.4; KB 819865")


# --- who hears whom -------------------------------------------------------------------------------


def update_contacts(d: Draft) -> None:
    """Note which members lost or regained contact, and set what follows from it (4.5, 4.9)."""
    if not d.live_nodes():
        # The last member has left; nobody is there to wait for heartbeats of a silent one.
        lose_nodes(d, networks.members(d.cluster), [])
    old, apart = d.cluster.contacts, d.cluster.separated
    lost = {key: old.get(key, d.cluster.now_s) for key in networks.lost_contacts(d.cluster)}
    separated = {
        pair: apart.get(pair, d.cluster.now_s) for pair in networks.separated_pairs(d.cluster)
    }
    if (lost, separated) != (old, apart):
        d.put("contacts", lost)
        d.put("separated", separated)
        _log_regained(d, old)
        _schedule_what_follows(d)
    locate_faults(d)


def _schedule_what_follows(d: Draft) -> None:
    d.cancel(lambda event: comes(event, *OF_CONTACTS))
    durations = d.cluster.config.durations
    for since_s in sorted(set(d.cluster.contacts.values())):
        _schedule_after(d, since_s, durations["interface_lost"], DueKind.HEARTBEATS_MISSED)
    for since_s in sorted(set(d.cluster.separated.values())):
        _schedule_after(d, since_s, durations["node_lost"], DueKind.REGROUP_STARTED)
        _schedule_after(d, since_s, networks.regroup_s(d.cluster.config), DueKind.REGROUP_ENDED)


def _schedule_after(d: Draft, since_s: float, delay_s: float, kind: DueKind) -> None:
    due_s = round(since_s + delay_s, 3)
    if due_s > d.cluster.now_s or since_s == d.cluster.now_s:
        d.schedule(due_s - d.cluster.now_s, Due(d.cluster.config.name, kind))


def _log_regained(d: Draft, old: Mapping[tuple[str, str, str], float]) -> None:
    """Log 1122 where a heartbeat returned that was missed before (2.4)."""
    missed_s = d.cluster.config.durations["interface_lost"]
    for (one, other, network), since_s in old.items():
        is_back = d.cluster.is_live(one) and d.cluster.is_live(other)
        is_lost = (one, other, network) in d.cluster.contacts
        if is_back and not is_lost and d.cluster.now_s >= round(since_s + missed_s, 3):
            d.log_event(1122, one, peer=other, network=network)
            d.log_event(1122, other, peer=one, network=network)


def heartbeats_missed(d: Draft) -> None:
    """Each live member logs 1123 for each peer and network it lost just now (4.5, 8.3)."""
    missed_s = d.cluster.config.durations["interface_lost"]
    due = [
        key
        for key, since_s in d.cluster.contacts.items()
        if round(since_s + missed_s, 3) == d.cluster.now_s
    ]
    place = {node.name: node.node_id for node in d.cluster.config.nodes}
    names = [network.name for network in networks.internal_networks(d.cluster.config)]
    heard = [(one, other, network) for one, other, network in due if d.cluster.is_live(one)]
    heard += [(other, one, network) for one, other, network in due if d.cluster.is_live(other)]
    for observer, peer, network in sorted(
        heard, key=lambda key: (place[key[0]], place[key[1]], names.index(key[2]))
    ):
        d.log_event(1123, observer, peer=peer, network=network)
    locate_faults(d)
    for network in names:
        if any(name == network for *_, name in due):
            log_if_down(d, network)
            _log_if_partitioned(d, network, due)


def _log_if_partitioned(d: Draft, network: str, due: Iterable[tuple[str, str, str]]) -> None:
    """Each live member logs 1129 where a fault cannot be located: NT4 blames nobody (1.2, 4.9)."""
    is_between_living = any(
        name == network and d.cluster.is_live(one) and d.cluster.is_live(other)
        for one, other, name in due
    )
    if (
        is_between_living
        and networks.network_state(d.cluster, network) is states.NetworkState.PARTITIONED
    ):
        for node in d.live_nodes():
            d.log_event(1129, node, network=network)


def regroup_started(d: Draft) -> None:
    """Each live member that lost another one logs 1126 once (4.5, 8.3)."""
    nodes, apart = networks.members(d.cluster), d.cluster.separated
    for observer in d.live_nodes():
        gone = [p for p in nodes if (observer, p) in apart or (p, observer) in apart]
        if gone:
            d.log_event(1126, observer, peer=", ".join(gone))


def regroup_ended(d: Draft) -> None:
    """Who does not answer is out; quorum first, then the groups (4.5, 4.10, 4.14)."""
    parts = networks.partitions(d.cluster, d.live_nodes())
    survivors = surviving_partition(d.cluster, parts) if _must_be_tested(d, parts) else parts[0]
    losers = [node for node in d.live_nodes() if node not in survivors]
    silent = [node for node in networks.members(d.cluster) if node in d.cluster.silent_since]
    lose_nodes(d, silent, losers)
    locate_faults(d)  # of a node that is alone now no interface is to blame
    recover_quorum(d)


def _must_be_tested(d: Draft, parts: Sequence[Sequence[str]]) -> bool:
    return len(parts) != 1 or d.cluster.config.quorum_model is states.QuorumModel.MAJORITY


# --- where a fault is -----------------------------------------------------------------------------


def locate_faults(d: Draft) -> None:
    """Blame interfaces for faults that were noticed, and no longer blame those that mended (4.9).

    A blamed interface fails the addresses on it at their next check. An interface is not blamed
    any more when its link is back, or when no other node reaches anything on the network either.
    """
    if d.cluster.config.windows is states.Windows.NT4:
        return  # a pulled cable is not noticed (10; KB 176320)
    for network in (item.name for item in d.cluster.config.networks):
        noticed = {node for node, name in d.cluster.noticed if name == network}
        faulty = networks.faulty_interfaces(d.cluster, network)
        for node in sorted(noticed.difference(faulty)):
            d.exclude("noticed", ((node, network),))
            forget_faults(d, (item.name for item in _addresses(d, node, network)))
        for node in faulty:
            if node not in noticed and networks.is_overdue(d.cluster, node, network):
                d.include("noticed", ((node, network),))
                # Of a node without any network only the events are logged (4.9, unsourced).
                if not networks.is_isolated(d.cluster, node):
                    _interface_failed(d, node, network)


def _interface_failed(d: Draft, node: str, network: str) -> None:
    d.log_event(1127, node, peer=node, network=network)
    for resource in _addresses(d, node, network):
        note_fault(d, resource)


def log_if_down(d: Draft, network: str) -> None:
    """Each live member logs 1130 if no node reaches anything on *network* any more (8.3)."""
    nodes = [node for node in networks.members(d.cluster) if d.cluster.is_live(node)]
    if not any(networks.is_linked(d.cluster, node, network) for node in nodes):
        for node in nodes:
            d.log_event(1130, node, network=network)


def note_fault(d: Draft, resource: Resource) -> None:
    """Let a resource no longer work: its next LooksAlive finds out, or its start fails (4.1)."""
    name = resource.name
    if d.state(name) is states.ResourceState.ONLINE and name not in d.cluster.faults:
        d.table("faults")[name] = d.cluster.now_s
        detection_s = resource.type.detection_s(d.cluster, resource, False)
        d.schedule(detection_s, Due(name, DueKind.FAULT_NOTICED))
    elif d.state(name) is states.ResourceState.ONLINE_PENDING:
        _spoil_start(d, resource)


def _spoil_start(d: Draft, resource: Resource) -> None:
    """Let a start that is under way end in a failure at the time it would have succeeded."""
    success = Due(resource.name, DueKind.CAME_ONLINE)
    due_s = [timer.due_s for timer in d.cluster.timers if timer.event == success]
    refusal = resource.type.online_refusal(d.cluster, resource)
    if due_s and refusal:
        d.cancel(lambda event: event == success)
        failure = Due(resource.name, DueKind.ONLINE_FAILED, refusal.because, refusal.source)
        d.schedule(due_s[0] - d.cluster.now_s, failure)


def forget_faults(d: Draft, resources: Iterable[str]) -> None:
    """Let *resources* work again before a check has found that they did not."""
    names = set(resources).intersection(d.cluster.faults)
    d.cancel(lambda event: comes(event, DueKind.FAULT_NOTICED, of=names))
    d.drop("faults", names)


def _addresses(d: Draft, node: str, network: str) -> Iterator[Resource]:
    for group in d.cluster.groups_on(node):
        for resource in d.members(group):
            is_address = resource.type.name == IP_ADDRESS.name
            if is_address and networks.network_of(d.cluster.config, resource) == network:
                yield resource
