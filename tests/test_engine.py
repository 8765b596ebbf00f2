"""`apply` and the clock: values in, values out, ties in one order, refusals that come due."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from clusterlab import ConfigError, OperationRefused, Simulation, exchange_cluster
from clusterlab.cluster.engine import DUE_HANDLERS, HANDLERS, advance, apply, next_timer, schedule
from clusterlab.cluster.eventbase import FIELD
from clusterlab.cluster.events import (
    REQUESTS,
    SENT,
    Due,
    DueKind,
    Event,
    MoveGroup,
    NetworkLost,
    NodeFailed,
    Request,
    SetProperties,
    TakeOffline,
)
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.resting import cluster_from
from clusterlab.procedures.work import Work
from clusterlab.studies.play import Play
from clusterlab.studies.whatif import double_failures
from tests.plain import plain


def test_apply_leaves_its_input_as_it_was():
    """The value that goes in is equal to what it was, and shares no table that was written."""
    before, same = exchange_cluster(), exchange_cluster()
    after = apply(before, TakeOffline("EVS1")).cluster
    assert same == before
    assert before.resource_states != after.resource_states


def run_without_networks(cluster: Cluster) -> None:
    """Let a `Simulation` run on after every network has failed."""
    sim = Simulation(cluster)
    for network in cluster.config.networks:
        sim.lose_network(network.name)
    sim.run(until_s=3600)


def wait_without_networks(cluster: Cluster) -> None:
    """Let time pass inside a step of a procedure after every network has failed."""
    play = Play(cluster)
    for network in cluster.config.networks:
        play.do(NetworkLost(network.name))
    Work(None, {}, play.cluster).wait(3600)


PLAYING = (
    run_without_networks,
    wait_without_networks,
    partial(double_failures, kinds=("networks",)),
)


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (MoveGroup("EVS1", "NODE1"), OperationRefused),
        (MoveGroup("EVS9"), OperationRefused),
        (SetProperties("EVS1", {"colour": 1}), ConfigError),
    ],
)
def test_a_refused_event_raises_and_changes_nothing(event, error):
    """A refusal comes as an exception and the value stays as it was."""
    before, same = exchange_cluster(), exchange_cluster()
    with pytest.raises(error):
        apply(before, event)
    assert same == before


EVENTS = {*Event.__subclasses__(), *REQUESTS} - {Request, Due}


def test_every_event_has_its_handler():
    """The table of handlers is complete, and nothing in it is out of date."""
    assert (set(HANDLERS), set(DUE_HANDLERS)) == (EVENTS, set(DueKind))


@pytest.mark.parametrize("event", HANDLERS, ids=lambda event: event.__name__)
def test_a_handler_takes_the_fields_of_its_event(event):
    """A handler is given the draft and the fields in their order; its words name such fields."""
    inspect.signature(HANDLERS[event]).bind(None, *event.__match_args__)
    words = f"{event.says} {event.typed} {event.clicked} {event.written}"
    fields = {found[1] for found in FIELD.finditer(words)}
    assert fields <= {*event.__match_args__}


def test_every_event_says_what_happened_or_what_comes_due():
    """What somebody does has a sentence for the story, everything else one for what comes next."""
    assert {event for event in EVENTS if event.says} == set(SENT) == EVENTS
    assert [] == [kind for kind in DueKind if not Due("EVS1", kind).due]


def test_the_same_course_of_events_gives_the_same_values():
    """Nothing is drawn at random: two runs are equal event by event."""
    runs = []
    for _ in range(2):
        sim = Simulation(exchange_cluster(3, 2), seed=2)
        sim.set_properties("EVS1", preferred_owners=())
        sim.fail_node("NODE1")
        sim.run()
        runs.append(sim.history)
    assert runs[0] == runs[1]


def test_a_request_that_is_refused_when_it_comes_due_is_reported():
    """Only the clock moves, and the outcome holds the refusal."""
    cluster = schedule(plain(), MoveGroup("G1", "N1"), 5.0)
    outcome = advance(cluster)
    assert outcome is not None
    assert outcome.refusal is not None
    assert "G1 is already on N1" in outcome.refusal.because
    assert (5.0, ()) == (outcome.cluster.now_s, outcome.cluster.timers)
    assert cluster.owners == outcome.cluster.owners


def test_a_property_that_is_impossible_when_it_comes_due_is_reported():
    """A property that cannot be set at a later moment does not stop the clock either."""
    cluster = schedule(plain(), SetProperties("G1", {"failover_threshold": -1}), 5.0)
    outcome = advance(cluster)
    assert outcome is not None
    assert outcome.refusal is not None
    assert "failover_threshold of group 'G1' is -1; allowed: 0 to" in str(outcome.refusal)
    assert (5.0, ()) == (outcome.cluster.now_s, outcome.cluster.timers)


def test_nothing_pending_means_nothing_happens():
    """A cluster at rest has no next timer."""
    assert (None, None) == (next_timer(plain()), advance(plain()))


def test_an_unknown_event_is_a_fault_of_the_caller():
    """Something that is no event of a cluster is a TypeError."""
    with pytest.raises(TypeError, match="not an event that a cluster knows"):
        apply(plain(), Event())


def test_an_event_may_be_set_for_a_moment():
    """apply takes the moment at which it happens."""
    assert {"N3": 7.5} == apply(plain(), NodeFailed("N3"), at_s=7.5).cluster.silent_since


def test_8_3_a_join_logs_1122_for_each_network_and_then_1062():
    """Each member logs 1122 for the node that joins, once per network, and that node 1062 (8.3)."""
    sim = Simulation(exchange_cluster(1, 2))
    sim.stop_cluster_service("NODE3")
    sim.run()
    before = len(sim.log)
    sim.start_node("NODE3")
    sim.run()
    events = [(entry.event_id, entry.node) for entry in sim.log[before:]]
    assert [(1122, "NODE1")] * 2 + [(1122, "NODE2")] * 2 + [(1062, "NODE3")] == events


RESTLESS = [{"search": 0.0, "service_retry": 0.0}, {"search": 0.001, "service_retry": 0.001}]


@pytest.mark.parametrize("durations", RESTLESS, ids=["0 s", "1 ms"])
@pytest.mark.parametrize("playing", PLAYING)
def test_what_never_ends_is_refused_wherever_it_is_played(
    durations: dict[str, float], playing: Callable[[Cluster], object]
):
    """A service that searches without a pause stops every player, and the durations are named."""
    config = exchange_cluster(1, 1).config
    restless = replace(config, durations={**config.durations, **durations})
    cluster = cluster_from(restless, exchange_cluster(1, 1).owners)
    with pytest.raises(ConfigError, match=r"things happen .* without an end; .* service_retry = 0"):
        playing(cluster)
