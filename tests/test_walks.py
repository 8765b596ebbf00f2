"""Random walks: whatever happens in whatever order, the truths of handbook 1, 12 hold."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from clusterlab import exchange_cluster
from clusterlab.cluster.engine import advance
from clusterlab.cluster.events import (
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
from tests.walking import (
    BROKEN_SHAPES,
    HOUR_S,
    SHAPES,
    Chance,
    check,
    copied,
    happen,
    live,
    mended,
    run_on,
    unfinished,
)

LIVES = 6
"""Times 400 events, times 29 shapes: 69,600; `python -m benchmarks.faults` tries a million."""


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
    for seed in range(LIVES):
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
    max_examples=100, stateful_step_count=30, deadline=None, derandomize=True, database=None
)
TestClusterMachine.__doc__ = "No order of events that hypothesis finds breaks a truth."
