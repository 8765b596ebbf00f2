"""Random walks: clusters of many shapes, whatever may happen to them, and what must stay true."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from clusterlab import ConfigError, OperationRefused, Simulation, exchange_cluster
from clusterlab.cluster import events as ev
from clusterlab.cluster.configuring import configure
from clusterlab.cluster.draft import Outcome
from clusterlab.cluster.engine import advance, apply, next_timer
from clusterlab.cluster.events import (
    AddDependency,
    AddNode,
    BringOnline,
    ChangeGroup,
    CleanUpNode,
    CreateGroup,
    CreateResource,
    DeleteGroup,
    DeleteResource,
    DesignateQuorum,
    DiskLost,
    DiskRestored,
    Event,
    EvictNode,
    InitiateFailure,
    InterfaceLost,
    InterfaceRestored,
    MoveGroup,
    NetworkLost,
    NetworkRestored,
    NodeFailed,
    PauseNode,
    QuorumLogDamaged,
    RemoveDependency,
    RenameGroup,
    RenameResource,
    ResourceFaulted,
    ResourceMonitorDied,
    ResumeNode,
    SetMaintenance,
    SetNetworkPriority,
    SetProperties,
    StartNode,
    StopClusterService,
    TakeOffline,
)
from clusterlab.cluster.model import Cluster, Network
from clusterlab.cluster.quorum import SWITCHES
from clusterlab.cluster.resting import cluster_from
from clusterlab.cluster.states import ActivityKind, NetworkRole, NodeState, QuorumModel, Windows
from clusterlab.exchange.creation import attendant_event, formed_cluster
from clusterlab.exchange.exres import evs_lamp, storage_group_lamp
from tests.truths import broken_by

ZERO_DURATIONS = dict.fromkeys(exchange_cluster().config.durations, 0.0) | {
    "replay_logs_per_s": 2.0,
    "looks_alive": 5.0,
    "is_alive": 60.0,
    "exres_check": 10.0,
}


def configured(cluster: Cluster, changes: Mapping[str, Mapping[str, Any]]) -> Cluster:
    """Return *cluster* at rest with properties changed, by name of group or resource."""
    config = cluster.config
    for name, properties in changes.items():
        config = configure(config, name, **properties)
    return cluster_from(config, cluster.owners)


def without_preferred_owners(active: int, passive: int) -> Cluster:
    """Return a cluster in which no EVS prefers a node."""
    cluster = exchange_cluster(active=active, passive=passive)
    return configured(cluster, {f"EVS{i}": {"preferred_owners": ()} for i in range(1, active + 1)})


def with_short_periods() -> Cluster:
    """Return a cluster that forgets failures and failovers soon, and allows few of them."""
    cluster = exchange_cluster(protocols=("IMAP4", "POP3"))
    resources = {
        resource.name: {
            "restart_threshold": place % 3,
            "restart_period_s": 30.0 * place,
            "retry_period_s": 30.0 * place + 60,
        }
        for place, resource in enumerate(cluster.config.resources)
    }
    groups = {f"EVS{i}": {"failover_threshold": i, "failover_period_h": i} for i in (1, 2, 3)}
    return configured(cluster, {**resources, **groups})


def with_windows() -> Cluster:
    """Return a cluster whose EVSs go home: by night, at noon, and at once."""
    windows = ((22, 6), (12, 13), (-1, -1))
    changes = {
        f"EVS{i}": {
            "auto_failback_type": 1,
            "failback_window_start": start,
            "failback_window_end": end,
            "preferred_owners": (f"NODE{i}", "NODE4"),
        }
        for i, (start, end) in enumerate(windows, start=1)
    }
    return configured(exchange_cluster(), changes)


def with_defects() -> Cluster:
    """Return a cluster in which some resources come online on some nodes only, one on one."""
    defects: Mapping[str, Mapping[str, Any]] = {
        "EVS1/IS": {"defective_on": frozenset({"NODE2", "NODE4"})},
        "EVS2/SA": {"defective_on": frozenset({"NODE4"}), "retry_period_s": None},
        "EVS3/IP": {"defective_on": frozenset({"NODE1", "NODE2", "NODE4"})},
        "EVS2/SMTP": {"possible_owners": ("NODE2", "NODE4")},
        "EVS1/IMAP4": {"defective_on": frozenset({"NODE3"})},
    }
    return configured(exchange_cluster(protocols=("IMAP4",)), defects)


def at_once() -> Cluster:
    """Return a cluster in which everything takes no time, with a resource that can run nowhere."""
    cluster = exchange_cluster(durations=ZERO_DURATIONS)
    return configured(
        cluster,
        {
            "EVS3/SA": {"defective_on": frozenset({"NODE1", "NODE2", "NODE4"})},
            "EVS1/IS": {"restart_period_s": 0.0, "defective_on": frozenset({"NODE4"})},
            "EVS1": {"failover_period_h": 0},
        },
    )


def with_short_timeouts() -> Cluster:
    """Return a cluster whose stores and attendants often exceed their pending timeouts."""
    changes: dict[str, dict[str, Any]] = {}
    for evs in ("EVS1", "EVS2", "EVS3"):
        changes[f"{evs}/IS"] = {"pending_timeout_s": 30.0}
        changes[f"{evs}/HTTP"] = {"pending_timeout_s": 2.5, "restart_action": 0}
    changes["EVS2/SA"] = {"pending_timeout_s": 15.0}
    return configured(exchange_cluster(), changes)


def with_networks(cluster: Cluster, **roles: NetworkRole) -> Cluster:
    """Return *cluster* at rest on these networks."""
    networks = tuple(Network(name=name, role=role) for name, role in roles.items())
    return cluster_from(replace(cluster.config, networks=networks), cluster.owners)


PUBLIC_ONLY = {"Private": NetworkRole.INTERNAL, "Public": NetworkRole.CLIENT}
THREE_NETWORKS = {
    "Heart": NetworkRole.INTERNAL,
    "Office": NetworkRole.ALL,
    "Backup": NetworkRole.ALL,
}

SHAPES: Mapping[str, Callable[[], Cluster]] = {
    "2 active, 3 + 2 storage groups": lambda: exchange_cluster(2, 0, storage_groups=(3, 2)),
    "2 active, 2 + 2 storage groups": lambda: exchange_cluster(2, 0, storage_groups=2),
    "1 active, 1 passive": lambda: exchange_cluster(1, 1),
    "3 active, 1 passive": exchange_cluster,
    "2 active, 2 passive": lambda: exchange_cluster(2, 2),
    "7 active, 1 passive": lambda: exchange_cluster(7, 1),
    "Exchange 2000": lambda: exchange_cluster(version=2000),
    "Windows 2000": lambda: exchange_cluster(windows=Windows.W2K),
    "no preferred owners": lambda: without_preferred_owners(3, 2),
    "short periods": with_short_periods,
    "failback": with_windows,
    "defects": with_defects,
    "no durations": at_once,
    "short timeouts": with_short_timeouts,
}
"""Clusters whose nodes, groups and resources fail."""


def half_built() -> Cluster:
    """Return a cluster with a group that is empty and one without a System Attendant."""
    sim = Simulation(exchange_cluster(2, 1))
    sim.create_group("G1")
    sim.create_group("G2")
    for name, kind in (("R1", "Physical Disk"), ("R2", "IP Address"), ("R3", "Network Name")):
        sim.create_resource(name, kind, "G2", depends_on=("R2",) if name == "R3" else ())
    sim.create_resource("R4", "Network Name", "G2")
    for name in ("R1", "R3"):
        sim.bring_online(name)
    sim.run()
    return sim.cluster


RETRYING = ZERO_DURATIONS | {"service_retry": 60.0}
"""Without a pause a service that cannot start would try again for ever."""
MAJORITY = QuorumModel.MAJORITY
BROKEN_SHAPES: Mapping[str, Callable[[], Cluster]] = {
    "shared disk": lambda: exchange_cluster(2, 1),
    "majority of 3": lambda: exchange_cluster(2, 1, quorum=MAJORITY),
    "majority of 4": lambda: exchange_cluster(2, 2, quorum=MAJORITY),
    "majority of 5": lambda: exchange_cluster(3, 2, quorum=MAJORITY),
    "majority of 2": lambda: exchange_cluster(1, 1, quorum=MAJORITY),
    "local quorum": lambda: exchange_cluster(1, 1, quorum=QuorumModel.LOCAL),
    "Windows 2000": lambda: exchange_cluster(2, 1, windows=Windows.W2K),
    "public only": lambda: with_networks(exchange_cluster(2, 2), **PUBLIC_ONLY),
    "three networks": lambda: with_networks(exchange_cluster(2, 3), **THREE_NETWORKS),
    "three networks, majority": lambda: with_networks(
        exchange_cluster(2, 3, quorum=MAJORITY), **THREE_NETWORKS
    ),
    "no durations": lambda: exchange_cluster(2, 1, durations=RETRYING),
    "no durations, majority": lambda: exchange_cluster(2, 1, quorum=MAJORITY, durations=RETRYING),
    "failback": with_windows,
    "just formed": lambda: formed_cluster(disks=("Disk R:", "Disk S:", "Disk T:")),
    "half built": half_built,
}
"""Clusters in which networks, disks, quorum and membership change as well."""


class Chance:
    """A source of random events for one cluster."""

    def __init__(self, rng: random.Random) -> None:
        """Draw from *rng*."""
        self.rng = rng

    def event(self, cluster: Cluster) -> Event:
        """Return an event that may happen to *cluster*, or be refused."""
        makers: Mapping[Callable[[Cluster], Event], int] = {
            self.of_node: 10,
            self.of_group: 6,
            self.of_resource: 6,
            self.of_properties: 3,
        }
        maker = self.rng.choices(list(makers), list(makers.values()))[0]
        return maker(cluster)

    def breakage(self, cluster: Cluster) -> Event:
        """Return an event of any kind, those of networks, disks and quorum included."""
        makers: Mapping[Callable[[Cluster], Event], int] = {
            self.event: 10,
            self.of_network: 6,
            self.of_disk: 2,
            self.of_membership: 3,
            self.of_building: 4,
            self.of_hangs: 4,
            self.of_odds: 3,
        }
        maker = self.rng.choices(list(makers), list(makers.values()))[0]
        return maker(cluster)

    def of_network(self, cluster: Cluster) -> Event:
        """Return a cable or a network that breaks or is mended; a role that changes."""
        network = self.rng.choice(cluster.config.networks).name
        where = network if self.rng.random() < 0.6 else None
        node = self.node(cluster)
        return self.rng.choice(
            (
                *(InterfaceLost(node, where), InterfaceLost(node, where)),
                *(InterfaceRestored(node, where), InterfaceRestored(node)),
                *(InterfaceRestored(node), NetworkLost(network), NetworkRestored(network)),
                SetProperties(network, {"role": self.rng.choice(list(NetworkRole))}),
            )
        )

    def of_disk(self, cluster: Cluster) -> Event:
        """Return a disk that is lost or found, or a quorum log that is damaged."""
        disks = [r.name for r in cluster.config.resources if r.type.name == "Physical Disk"]
        disk = cluster.config.quorum if self.rng.random() < 0.4 else self.rng.choice(disks)
        node = self.node(cluster) if self.rng.random() < 0.6 else None
        lost, found = DiskLost(disk, node), DiskRestored(disk)
        return self.rng.choice((lost, lost, found, found, QuorumLogDamaged(disk)))

    def of_membership(self, cluster: Cluster) -> Event:
        """Return a node that is evicted, added or started with a switch, or another quorum."""
        node = self.node(cluster)
        switch = self.rng.choice(list(SWITCHES))
        names = [item.name for item in cluster.config.nodes]
        listed = tuple(self.rng.sample(names, self.rng.randint(0, len(names))))
        resource = self.rng.choice(cluster.config.resources).name
        number = self.rng.randint(1, 6)
        return self.rng.choice(
            (
                *(EvictNode(node), AddNode(f"NODE{number}"), ResourceMonitorDied(node)),
                *(StartNode(node, switch, listed), StartNode(node, switch)),
                *(DesignateQuorum(resource), CleanUpNode(f"NODE{number}")),
                *(SetMaintenance(resource, True), SetMaintenance(resource, False)),
                SetNetworkPriority(tuple(n.name for n in reversed(cluster.config.networks))),
            )
        )

    def of_hangs(self, cluster: Cluster) -> Event:
        """Return a node that hangs or wakes, or IIS Admin that ends; more wake than hang."""
        node, is_odd = self.node(cluster), self.rng.random() < 0.5
        woken = [ev.NodeWoken(node)] * 3
        return self.rng.choice((ev.NodeHung(node, is_odd), *woken, ev.IisAdminEnded(node, is_odd)))

    def of_odds(self, cluster: Cluster) -> Event:
        """Return a signature, a full quorum disk, a checkpoint, a private property or a service."""
        config, node = cluster.config, self.node(cluster)
        resource = self.rng.choice(config.resources)
        some, key = self.rng.choice((None, "0BAD0BAD")), self.rng.choice(("A", "B"))
        owner = node if self.rng.random() < 0.5 else None
        timeout = {"is_alive_timeout_s": self.rng.choice((60.0, 600.0))}
        named = {"Name": self.rng.choice(("EVS1", "OTHER"))}
        return self.rng.choice(
            (
                *(ev.DiskSigned(resource.name, some), ev.DiskSigned(config.quorum, some)),
                *(ev.QuorumDiskFilled(config.quorum), ev.QuorumDiskFreed(config.quorum, owner)),
                *(ev.QuorumDiskFreed(config.quorum, owner), ev.ServiceStopped(resource.name)),
                *(ev.SetRegistry(node, key, "1"), ev.AddCheckpoint(resource.name, key)),
                ev.RemoveCheckpoint(resource.name, key),
                SetProperties(resource.name, {"private": {**resource.private, **timeout}}),
                SetProperties(resource.name, {"private": {**resource.private, **named}}),
                SetProperties(config.name, {"hang_recovery_action": self.rng.randint(0, 3)}),
                SetProperties(node, {"service_fault": self.rng.choice(("", "", "a fault"))}),
            )
        )

    def of_building(self, cluster: Cluster) -> Event:
        """Return a group, a resource or a dependency that is made, renamed or unmade."""
        return self.rng.choice((self._of_groups, self._of_resources, self._of_bonds))(cluster)

    def _of_groups(self, cluster: Cluster) -> Event:
        group = self.rng.choice(cluster.config.groups).name
        new = f"G{self.rng.randint(1, 3)}"
        renamed = RenameGroup(group, self.rng.choice((new, f"EVS{self.rng.randint(1, 3)}")))
        return self.rng.choice((CreateGroup(new), DeleteGroup(group), DeleteGroup(new), renamed))

    def _of_resources(self, cluster: Cluster) -> Event:
        config = cluster.config
        resource, group = self.rng.choice(config.resources), self.rng.choice(config.groups).name
        new = f"R{self.rng.randint(1, 6)}"
        kind = self.rng.choice((*(item.type.name for item in config.resources), "Print Spooler"))
        peers = [item.name for item in config.resources if item.group == group]
        needs = tuple(self.rng.sample(peers, self.rng.randint(0, min(2, len(peers)))))
        owners = (self.node(cluster),) if self.rng.random() < 0.2 else None
        attendant = attendant_event(config, group)
        return self.rng.choice(
            (
                *(CreateResource(new, kind, group, needs, owners), attendant),
                *(DeleteResource(resource.name), DeleteResource(new)),
                RenameResource(resource.name, new),
            )
        )

    def _of_bonds(self, cluster: Cluster) -> Event:
        config = cluster.config
        resource = self.rng.choice(config.resources)
        peers = [item.name for item in config.resources if item.group == resource.group]
        on, group = self.rng.choice(peers), self.rng.choice(config.groups).name
        needed = self.rng.choice(resource.depends_on or (on,))
        return self.rng.choice(
            (
                *(AddDependency(resource.name, on), RemoveDependency(resource.name, needed)),
                *(ChangeGroup(resource.name, group), TakeOffline(resource.name)),
            )
        )

    def node(self, cluster: Cluster) -> str:
        """Return the name of a node."""
        return self.rng.choice(cluster.config.nodes).name

    def of_node(self, cluster: Cluster) -> Event:
        """Return something that happens to a node; more start than fail."""
        kinds = (NodeFailed, StopClusterService, PauseNode)
        more = (StartNode, StartNode, StartNode, ResumeNode, ResumeNode)
        kind = self.rng.choice((*kinds, *more))
        return kind(self.node(cluster))

    def of_group(self, cluster: Cluster) -> Event:
        """Return something that is asked of a group."""
        group = self.rng.choice(cluster.config.groups).name
        to = self.node(cluster) if self.rng.random() < 0.5 else None
        return self.rng.choice(
            (MoveGroup(group, to), MoveGroup(group, to), TakeOffline(group), BringOnline(group))
        )

    def of_resource(self, cluster: Cluster) -> Event:
        """Return something that happens to a resource, or is asked of it."""
        resource = self.rng.choice(cluster.config.resources).name
        kinds = (InitiateFailure, InitiateFailure, TakeOffline, BringOnline, BringOnline)
        kind = self.rng.choice((*kinds, None))
        return kind(resource) if kind else ResourceFaulted(resource, self.rng.random() < 0.5)

    def of_properties(self, cluster: Cluster) -> Event:
        """Return a change of a group's or a resource's properties."""
        nodes = [node.name for node in cluster.config.nodes]
        some = tuple(self.rng.sample(nodes, self.rng.randint(0, len(nodes))))
        if self.rng.random() < 0.5:
            hours = {end: self.rng.randint(-1, 23) for end in ("start", "end")}
            group = self.rng.choice(cluster.config.groups).name
            choices: tuple[dict[str, Any], ...] = (
                {"preferred_owners": some},
                {"auto_failback_type": self.rng.randint(0, 1)},
                {f"failback_window_{end}": hour for end, hour in hours.items()},
                {"failover_threshold": self.rng.choice((0, 1, 3, 10))},
                {"failover_period_h": self.rng.choice((1, 2, 6))},
            )
            return SetProperties(group, self.rng.choice(choices))
        resource = self.rng.choice(cluster.config.resources).name
        owners = None if self.rng.random() < 0.6 else some
        choices = (
            {"possible_owners": owners},
            {"restart_action": self.rng.choice((0, 1, 2, 2))},
            {"restart_threshold": self.rng.choice((0, 1, 3))},
            {"restart_period_s": self.rng.choice((60.0, 900.0)), "retry_period_s": 900.0},
            {"retry_period_s": self.rng.choice((None, 900.0, 3600.0))},
            {"defective_on": frozenset(some[:1]) if self.rng.random() < 0.2 else frozenset()},
            {"pending_timeout_s": self.rng.choice((5.0, 30.0, 180.0, 180.0))},
        )
        return SetProperties(resource, self.rng.choice(choices))


# --- lives of clusters -------------------------------------------------------------------------

EVENTS_PER_LIFE = 400
HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
MOST_EVENTS_IN_A_DAY = 60_000


def copied(cluster: Cluster) -> Cluster:
    """Return a deep copy."""
    return pickle.loads(pickle.dumps(cluster))  # type: ignore[no-any-return]


def check(before: Cluster, outcome: Outcome) -> None:
    """Assert all truths after one event."""
    assert () == broken_by(before, outcome), outcome.event
    for lamp in (evs_lamp, storage_group_lamp):
        # A third node makes two EVSs on a node one too many; neither is stopped for that.
        was_ok = not isinstance(outcome.event, AddNode)
        assert lamp(outcome.cluster).is_ok or not (was_ok and lamp(before).is_ok), outcome.event


def happen(cluster: Cluster, event: Event) -> Cluster:
    """Return *cluster* after *event*; the same object if the event was refused."""
    try:
        outcome = apply(cluster, event)
    except (OperationRefused, ConfigError):
        return cluster
    check(cluster, outcome)
    return outcome.cluster


def run_on(cluster: Cluster, most_s: float = DAY_S) -> Cluster:
    """Return *cluster* when nothing is pending any more, or after *most_s*."""
    end_s = cluster.now_s + most_s
    for _ in range(MOST_EVENTS_IN_A_DAY):
        timer = next_timer(cluster)
        if timer is None or timer.due_s > end_s:
            break
        outcome = advance(cluster)
        assert outcome is not None
        check(cluster, outcome)
        cluster = outcome.cluster
    else:
        raise AssertionError(f"still busy after {MOST_EVENTS_IN_A_DAY} events: {cluster.timers}")
    return cluster


def unfinished(cluster: Cluster) -> list[str]:
    """Return the groups that stopped half way although nothing holds them up."""
    idle = (ActivityKind.AWAITING_OWNER, ActivityKind.AWAITING_QUORUM)
    if next_timer(cluster) is not None:
        return []  # a short RestartPeriod can let a resource be restarted for ever
    return [
        f"{group}: {activity}"
        for group, activity in cluster.activities.items()
        if activity.kind not in idle
        and cluster.node_states[cluster.owners[group]] is not NodeState.PAUSED
    ]


def pass_or_act(cluster: Cluster, rng: random.Random, event: Callable[[Cluster], Event]) -> Cluster:
    """Return *cluster* after the next timer, seven times in ten, or after a random event."""
    if cluster.timers and rng.random() < 0.7:
        outcome = advance(cluster)
        assert outcome is not None
        check(cluster, outcome)
        return outcome.cluster
    return happen(cluster, event(cluster))


def live(cluster: Cluster, rng: random.Random, event: Callable[[Cluster], Event]) -> None:
    """Let hundreds of things happen to *cluster*, then let it come to rest."""
    for count in range(EVENTS_PER_LIFE):
        before, is_sample = cluster, count % 40 == 0
        copy = copied(before) if is_sample else before
        cluster = pass_or_act(before, rng, event)
        assert not is_sample or copy == before
    # Services that cannot start try again every 70 s: what is broken is mended before the rest.
    is_broken = cluster.starting or cluster.cut or cluster.lost_networks or cluster.lost_disks
    assert [] == unfinished(run_on(mended(cluster), 2 * HOUR_S if is_broken else DAY_S))


def mended(cluster: Cluster) -> Cluster:
    """Return *cluster* with all cables, networks and disks in order again."""
    events: list[Event] = [InterfaceRestored(node) for node in cluster.node_states]
    events += [NetworkRestored(network.name) for network in cluster.config.networks]
    events += [DiskRestored(disk) for disk in sorted({disk for disk, _ in cluster.lost_disks})]
    for event in events:
        cluster = happen(cluster, event)
    return cluster
