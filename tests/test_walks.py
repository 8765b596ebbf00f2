"""Random walks: whatever happens in whatever order, the truths of handbook 1, 12 hold."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from clusterlab import ConfigError, OperationRefused, exchange_cluster
from clusterlab.cluster.draft import Outcome
from clusterlab.cluster.engine import advance, apply, next_timer
from clusterlab.cluster.events import (
    AddNode,
    BringOnline,
    DiskLost,
    DiskRestored,
    Event,
    InitiateFailure,
    InterfaceLost,
    InterfaceRestored,
    MoveGroup,
    NetworkLost,
    NetworkRestored,
    NodeFailed,
    PauseNode,
    ResourceFaulted,
    ResumeNode,
    SetProperties,
    StartNode,
    StopClusterService,
    TakeOffline,
)
from clusterlab.cluster.invariants import broken_by
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.states import ActivityKind, NodeState
from clusterlab.exchange.lamps import evs_lamp, storage_group_lamp
from tests.walking import BROKEN_SHAPES, SHAPES, Chance

LIVES = 18  # times 400 events, times 14 shapes: 100,800
BROKEN_LIVES = 20  # times 400 events, times 13 shapes: 104,000
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
        pytest.fail(f"still busy after {MOST_EVENTS_IN_A_DAY} events: {cluster.timers}")
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


@pytest.mark.parametrize("shape", SHAPES)
def test_a_random_walk_keeps_every_invariant(shape):
    """Thousands of random events in a row break no truth, change no value that goes in, and what
    they leave behind always comes to rest (handbook 1, 12).
    """
    rng = random.Random(f"walk {shape}")
    for seed in range(LIVES):
        live(replace(SHAPES[shape](), seed=seed), rng, Chance(rng).event)


@pytest.mark.parametrize("shape", BROKEN_SHAPES)
def test_a_walk_over_broken_networks_keeps_every_invariant(shape):
    """The same with cables, networks, disks, quorum models, evictions, new nodes and start
    switches, in clusters of every quorum model (handbook 1, 12, above all 9 and 10).
    """
    rng = random.Random(f"broken {shape}")
    for seed in range(BROKEN_LIVES):
        live(replace(BROKEN_SHAPES[shape](), seed=seed), rng, Chance(rng).breakage)


class ClusterMachine(RuleBasedStateMachine):
    """A cluster to which hypothesis does what it likes, in the order that shrinks best."""

    nodes = st.sampled_from(["NODE1", "NODE2", "NODE3", "NODE4"])
    evs = st.sampled_from(["EVS1", "EVS2", "EVS3"])
    groups = st.sampled_from(["EVS1", "EVS2", "EVS3", "Cluster Group"])
    networks = st.sampled_from(["Private", "Public"])
    disks = st.sampled_from(["Disk Q:", "Disk R:", "Disk T:"])
    members = st.sampled_from(["SA", "IS", "IP", "Name", "SMTP", "Routing", "Disk"])

    def __init__(self) -> None:
        super().__init__()
        self.cluster = exchange_cluster()

    def act(self, event: Event) -> None:
        """Let an event happen or be refused; the value that goes in stays as it is."""
        before = self.cluster
        copy = copied(before)
        self.cluster = happen(before, event)
        assert copy == before

    @rule(node=nodes, kind=st.sampled_from([NodeFailed, StopClusterService, PauseNode]))
    def a_node_leaves(self, node, kind):
        """A node fails, stops or is paused."""
        self.act(kind(node))

    @rule(node=nodes, kind=st.sampled_from([StartNode, ResumeNode]))
    def a_node_returns(self, node, kind):
        """A node starts or is resumed."""
        self.act(kind(node))

    @rule(group=groups, to=st.none() | nodes)
    def a_group_is_moved(self, group, to):
        """A group is moved to a node or to the best possible one."""
        self.act(MoveGroup(group, to))

    @rule(group=groups, kind=st.sampled_from([TakeOffline, BringOnline]))
    def a_group_is_asked(self, group, kind):
        """A group is taken offline or brought online."""
        self.act(kind(group))

    @rule(evs=evs, short=members, kind=st.sampled_from([InitiateFailure, TakeOffline, BringOnline]))
    def a_resource_is_asked(self, evs, short, kind):
        """A resource is made to fail, taken offline or brought online."""
        self.act(kind(f"{evs}/{short}"))

    @rule(evs=evs, short=members, is_hang=st.booleans())
    def a_resource_faults(self, evs, short, is_hang):
        """What a resource stands for ends or hangs."""
        self.act(ResourceFaulted(f"{evs}/{short}", is_hang))

    @rule(
        node=nodes,
        network=st.none() | networks,
        kind=st.sampled_from([InterfaceLost, InterfaceRestored]),
    )
    def a_cable_is_touched(self, node, network, kind):
        """A cable of a node, or all of them, is pulled or plugged in."""
        self.act(kind(node, network))

    @rule(network=networks, kind=st.sampled_from([NetworkLost, NetworkRestored]))
    def a_network_changes(self, network, kind):
        """A network fails or works again."""
        self.act(kind(network))

    @rule(disk=disks, node=st.none() | nodes)
    def a_disk_is_lost(self, disk, node):
        """A disk is out of reach of one node or of all."""
        self.act(DiskLost(disk, node))

    @rule(disk=disks)
    def a_disk_is_found(self, disk):
        """A disk is within reach of every node again."""
        self.act(DiskRestored(disk))

    @rule(evs=evs, owners=st.permutations(["NODE1", "NODE2", "NODE3", "NODE4"]), home=st.booleans())
    def owners_are_preferred(self, evs, owners, home):
        """An EVS prefers two nodes, and may go home to them."""
        properties = {"preferred_owners": tuple(owners[:2]), "auto_failback_type": int(home)}
        self.act(SetProperties(evs, properties))

    @rule(steps=st.integers(1, 12))
    def time_passes(self, steps):
        """Some of what is due happens."""
        for _ in range(steps):
            outcome = advance(self.cluster)
            if outcome is None:
                break
            check(self.cluster, outcome)
            self.cluster = outcome.cluster

    def teardown(self):
        """At the end everything comes to rest."""
        assert [] == unfinished(run_on(mended(self.cluster), 2 * HOUR_S))


TestClusterMachine = ClusterMachine.TestCase
TestClusterMachine.settings = settings(
    max_examples=300, stateful_step_count=30, deadline=None, derandomize=True, database=None
)
TestClusterMachine.__doc__ = "No order of events that hypothesis finds breaks a truth."
