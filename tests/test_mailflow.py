"""Mail flow around a cluster: what waits where, how it drains, in every topology."""

import math
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterlab import ConfigError, Simulation, exchange_cluster
from clusterlab.exchange.mailflow import (
    MailFlow,
    flow_text,
    mail_flow,
    shares,
    waiting_words,
)
from clusterlab.exchange.support import instead
from clusterlab.exchange.topologies import (
    ASSUMPTIONS,
    TOPOLOGIES,
    Kind,
    PlaceKind,
    Topology,
    outbox,
    topology,
)
from tests.plain import plain

CLUSTER = exchange_cluster()
CONNECTOR, BRIDGEHEAD, DOMINO = "Connector server", "Domino bridgehead", "Domino servers"


def notes(out: Mapping[str, list[tuple[float, float]]], until_s: float, **figures: float):
    """Return the flow of the Notes topology around three EVSs."""
    return MailFlow(topology("notes", CLUSTER, figures), out, until_s=until_s)


# --- what waits where ---------------------------------------------------------------------------


def test_nothing_waits_while_everything_works():
    """Each topology at rest: all arrives, nothing waits, nothing fails."""
    for key in TOPOLOGIES:
        flow = MailFlow(topology(key, CLUSTER), {}, until_s=600)
        assert flow.is_quiet
        assert 0 == flow.failed(600)
        for stream in flow.topology.streams:
            assert math.isclose(stream.per_minute * 10, flow.at(600).done[stream.name])


def test_while_the_connector_server_is_out_mail_waits_on_both_sides():
    """On the EVSs for Notes, on the Domino side for Exchange (handbook 2, 6.1 and 4.7)."""
    flow = notes({CONNECTOR: [(0, math.inf)]}, 600)
    assert 300 == round(flow.waiting(BRIDGEHEAD, 600))
    assert [100, 100, 100] == [round(flow.waiting(f"EVS{i}", 600)) for i in (1, 2, 3)]
    assert (0, 0) == (flow.waiting(CONNECTOR, 600), flow.waiting(outbox("EVS1"), 600))


def test_while_an_evs_is_out_its_mail_waits_on_the_connector_server():
    """Mail for it waits before it, its users' mail in their Outboxes; others see nothing (4.7)."""
    flow = notes({"EVS3": [(0, math.inf)]}, 600)
    assert 100 == round(flow.waiting(CONNECTOR, 600))
    assert 100 == round(flow.waiting(outbox("EVS3"), 600))
    assert 0 == flow.waiting(BRIDGEHEAD, 600) == flow.waiting("EVS1", 600)
    done = flow.at(600).done
    assert math.isclose(100, done["EVS1 to Domino servers"])
    assert 0 == done["Domino servers to EVS3"]


def test_what_waits_on_an_evs_survives_its_failure():
    """The queue lies on its disk: it stands still while the EVS is out, and goes on (4.7)."""
    flow = notes({CONNECTOR: [(0, 900)], "EVS1": [(300, 600)]}, 3600)
    held = [round(flow.waiting("EVS1", at_s), 6) for at_s in (300, 450, 600)]
    assert [50, 50, 50] == held
    assert flow.is_quiet


def test_a_waiting_queue_is_tried_again_at_intervals():
    """A server that returns between two tries is found at the next one, 60 s later at most."""
    flow = notes({CONNECTOR: [(30, 200)]}, 600)
    assert not flow.is_open(BRIDGEHEAD, CONNECTOR, 209.9)
    assert flow.is_open(BRIDGEHEAD, CONNECTOR, 210)
    assert 90 == round(flow.peak(BRIDGEHEAD)[0])
    quick = notes({CONNECTOR: [(30, 200)]}, 600, gateway_retry_s=1)
    assert 85 == round(quick.peak(BRIDGEHEAD)[0])


def test_outlook_reconnects_at_once():
    """Clients wait for no interval (handbook 2, 4.7)."""
    flow = notes({"EVS1": [(0, 100)]}, 200)
    assert flow.is_open(outbox("EVS1"), "EVS1", 100)


def test_a_queue_drains_with_what_the_connector_server_can_do():
    """300 wait after ten minutes; 120 a minute are converted and 30 come: empty after 200 s."""
    flow = notes({CONNECTOR: [(0, 600)]}, 1200)
    assert math.isclose(150, flow.waiting(BRIDGEHEAD, 700))
    empty_s = next(at for at, count in flow.series(BRIDGEHEAD) if at > 600 and not count)
    assert math.isclose(800, empty_s)


def test_a_connector_server_that_is_too_slow_never_empties_its_queue():
    """What comes faster than it can go piles up, without any failure."""
    flow = notes({}, 3600, notes_in=130)
    assert 600 == round(flow.waiting(BRIDGEHEAD, 3600))


def test_streams_share_a_step_evenly():
    """Three streams with a queue on the connector server each get a third of what it converts."""
    flow = notes({BRIDGEHEAD: [(0, 600)]}, 660)
    moment = flow.at(660)
    done = [moment.done[f"EVS{i} to {DOMINO}"] for i in (1, 2, 3)]
    assert math.isclose(done[0], done[1])
    assert math.isclose(sum(done), 120)
    assert math.isclose(flow.waiting(CONNECTOR, 660), 300 - 60 / 60 * (120 - 30))


def test_nobody_gets_more_than_wanted():
    """The rest is shared by those who want more."""
    assert [0, 4, 4] == shares([0, math.inf, math.inf], 8)
    assert [1, 2] == shares([1, 2], 8)


def test_a_second_connector_server_takes_over():
    """Traffic goes on through the second one; what lies on the first one waits (6.1)."""
    two = topology("notes-2", CLUSTER)
    flow = MailFlow(two, {CONNECTOR: [(300, math.inf)], "EVS1": [(0, 420)]}, until_s=3600)
    assert 0 == flow.peak(BRIDGEHEAD)[0]
    assert 50 == round(flow.waiting(CONNECTOR, 3600))
    assert 0 == flow.waiting("Connector server 2", 3600)


def test_questions_do_not_wait():
    """Front-ends and the Calendar Connector answer at once or with an error (4.7)."""
    web = topology("front-ends", CLUSTER)
    both = MailFlow(web, {"Front-end 1": [(0, 600)]}, until_s=600)
    assert 0 == both.failed(600)
    one_evs = MailFlow(web, {"EVS2": [(0, 60)]}, until_s=600)
    assert math.isclose(40, one_evs.failed(600))
    calendar = MailFlow(topology("calendar", CLUSTER), {CONNECTOR: [(0, 60)]}, until_s=600)
    assert math.isclose(12, calendar.failed(600))
    assert ("", "") == waiting_words(calendar, CONNECTOR, 60)


def test_one_mta_for_all():
    """While the first EVS is out mail from Exchange 5.5 reaches no EVS (handbook 2, 1.3)."""
    site = topology("srs", CLUSTER)
    first = MailFlow(site, {"EVS1": [(0, math.inf)]}, until_s=600)
    assert 100 == round(first.waiting("Exchange 5.5 servers", 600))
    second = MailFlow(site, {"EVS2": [(0, math.inf)]}, until_s=600)
    assert 33 == round(second.waiting("EVS1", 600))
    assert 0 == second.waiting("Exchange 5.5 servers", 600)


def test_directory_replication_leaves_mail_alone():
    """While the ADC server is out changes wait where they were made, nothing else (6)."""
    flow = MailFlow(topology("adc", CLUSTER), {"ADC server": [(0, 600)]}, until_s=600)
    assert [120, 120] == [
        round(flow.waiting(name, 600)) for name in ("Exchange 5.5 servers", "Active Directory")
    ]
    assert {Kind.CHANGES} == {stream.kind for stream in flow.topology.streams}


def test_the_longest_wait_is_that_of_what_came_first():
    """Mail written when the server failed waits longest; the queue drains in order."""
    flow = notes({CONNECTOR: [(0, 600)]}, 3600)
    assert 600 == flow.longest_wait_s("Domino servers to EVS1")
    assert 0 == MailFlow(topology("notes", CLUSTER), {}, until_s=9).longest_wait_s(
        "Domino servers to EVS1"
    )


@given(
    st.sampled_from(list(TOPOLOGIES)),
    st.dictionaries(
        st.integers(0, 20),
        st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 900)), max_size=3),
        max_size=4,
    ),
)
def test_nothing_is_lost_and_nothing_comes_from_nowhere(
    key: str, failures: dict[int, list[tuple[int, int]]]
):
    """Whatever fails: what was sent has arrived, waits, or was refused; no queue is negative."""
    made = topology(key, CLUSTER)
    places = [p.name for p in made.places if p.kind not in (PlaceKind.CLIENTS, PlaceKind.OUTSIDE)]
    out = {
        places[index % len(places)]: [(a, a + b) for a, b in spans]
        for index, spans in failures.items()
    }
    flow = MailFlow(made, out, until_s=3000)
    for moment in flow.moments:
        assert 0 <= min(moment.waiting.values(), default=0)
        for stream in made.streams:
            waits = sum(n for queue, n in moment.waiting.items() if queue.stream == stream.name)
            sent = moment.at_s * stream.per_minute / 60
            passed = moment.done[stream.name] + moment.failed[stream.name] + waits
            assert math.isclose(sent, passed, rel_tol=1e-6, abs_tol=1e-4)


# --- fed by the simulation ----------------------------------------------------------------------


def test_a_failover_is_a_queue_that_builds_and_drains():
    """NODE3 fails: EVS3 is out for 175.2 s, and mail for it waits until the next try."""
    sim = Simulation(CLUSTER)
    sim.fail_node("NODE3")
    sim.run()
    flow = mail_flow(sim, until_s=600)
    assert ((0.0, 175.2),) == flow.outages["EVS3"]
    assert (29, 29) == tuple(
        round(flow.waiting(name, 175.2)) for name in (CONNECTOR, outbox("EVS3"))
    )
    assert flow.is_quiet


def test_an_evs_that_stays_failed_keeps_its_mail_waiting():
    """The second failure leaves EVS2 Failed; its queue grows until somebody helps (4.4)."""
    sim = Simulation(CLUSTER)
    for node in ("NODE3", "NODE2"):
        sim.fail_node(node)
        sim.run(until_s=sim.now_s + 900)
    flow = mail_flow(sim, until_s=3600)
    assert math.inf == flow.outages["EVS2"][-1][1]
    assert 450 == round(flow.waiting(CONNECTOR, 3600))


def test_a_connector_on_a_node_does_not_follow_the_evs():
    """EVS1 moves to NODE4 and works; the connector is out until NODE1 is back (6.1)."""
    sim = Simulation(CLUSTER)
    sim.fail_node("NODE1")
    sim.run(until_s=1800)
    alone, on_node = mail_flow(sim), mail_flow(sim, "notes-on-node")
    assert "NODE4" == sim.owner("EVS1")
    assert alone.is_quiet
    assert 900 == round(on_node.waiting(BRIDGEHEAD, 1800))
    sim.start_node("NODE1")
    sim.run(until_s=7200)
    assert mail_flow(sim, "notes-on-node").is_quiet
    assert 1 == len(mail_flow(sim, "notes-on-node").outages["Connector on NODE1"])


def test_stand_alone_servers_fail_by_name():
    """Names need no exact case; what begins again before it ended is one outage."""
    out = {"connector SERVER": [(300, 600), (60, 400)]}
    flow = mail_flow(Simulation(CLUSTER), out=out, until_s=900)
    assert ((60, 600),) == flow.outages[CONNECTOR]


def test_later_than_now_things_stay_as_they_are():
    """A flow may look ahead of the simulation; an EVS that is out then stays out."""
    sim = Simulation(CLUSTER)
    sim.fail_node("NODE3")
    assert math.inf == mail_flow(sim, until_s=900).outages["EVS3"][-1][1]


# --- topologies ---------------------------------------------------------------------------------


@pytest.mark.parametrize("key", TOPOLOGIES)
def test_each_topology_is_complete(key: str):
    """Every place of a stream exists, every rule names its source, no two streams one name."""
    made = topology(key, CLUSTER)
    names = {place.name for place in made.places}
    steps = {name for stream in made.streams for step in stream.path for name in step}
    assert set() == steps - names
    assert all(source for _, source in made.rules)
    assert len(made.streams) == len({stream.name for stream in made.streams})
    assert {place.beside for place in made.places} <= names | {""}


def test_the_cluster_group_has_no_outboxes_wherever_the_quorum_is():
    """An EVS whose disk is the quorum keeps its users, and the Cluster Group gets none."""
    sim = Simulation(exchange_cluster())
    sim.designate_quorum("Disk R:")
    before, after = topology("notes", exchange_cluster()), topology("notes", sim.cluster)
    assert [place.name for place in before.places] == [place.name for place in after.places]


def test_each_topology_of_the_matrix_that_has_servers_is_simulated():
    """What the support matrix sends people to build can be tried out, plain servers aside."""
    to_build = {key for key, item in instead().items() if item.servers} - {"stand-alone"}
    assert set() == to_build - set(TOPOLOGIES)
    unsupported = [key for key in TOPOLOGIES if not topology(key, CLUSTER).is_supported]
    assert ["notes-on-node"] == unsupported


def test_figures_are_assumptions_and_can_be_replaced():
    """Each is marked as such; replacing one changes what flows."""
    assert [] == [key for key, row in ASSUMPTIONS.items() if "unsourced" not in row.source]
    made = topology("notes", CLUSTER, {"notes_in": 90})
    assert [30, 30, 30] == [stream.per_minute for stream in made.streams[:3]]


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ({"notes_inn": 3}, "there is no figure 'notes_inn' of mail flow"),
        ({"notes_in": -1}, "figure 'notes_in' is -1; allowed: 0 to 100000 a minute"),
        ({"smtp_retry_s": 0}, "figure 'smtp_retry_s' is 0; allowed: 1 to 100000 s"),
        ({"notes_in": "many"}, "figure 'notes_in' is 'many'"),
        ({"notes_in": math.nan}, "figure 'notes_in' is nan"),
    ],
)
def test_impossible_figures_are_refused(figures: dict[str, float], said: str):
    """The message names the figure, its value and what is allowed."""
    with pytest.raises(ConfigError, match=said):
        topology("notes", CLUSTER, figures)


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ({"Connector servr": [(0, 1)]}, "has no place 'Connector servr'.*did you mean 'Connector"),
        ({"EVS1": [(0, 1)]}, "'EVS1' is no stand-alone server; allowed: Domino bridgehead, Conn"),
        ({CONNECTOR: [(9, 3)]}, "is down from 9 to 3; allowed"),
    ],
)
def test_impossible_failures_are_refused(out: dict[str, list[tuple[float, float]]], said: str):
    """An unknown place, an EVS and an interval that runs backwards."""
    with pytest.raises(ConfigError, match=said):
        mail_flow(Simulation(CLUSTER), out=out, until_s=600)


def test_a_backlog_of_the_evss_moves_to_the_connector_server():
    """SMTP is quick, converting is not: after the outage the queue stands where it is converted."""
    flow = notes({CONNECTOR: [(0, 600)]}, 3600)
    assert 0 == flow.waiting("EVS1", 660)
    assert 200 < flow.peak(CONNECTOR)[0] < 300
    assert flow.is_quiet


def test_other_impossible_requests():
    """No such topology, no EVS, an EVS with the name of a server, an end before the start."""
    with pytest.raises(ConfigError, match=r"there is no topology 'note'.*did you mean 'notes'"):
        topology("note", CLUSTER)
    with pytest.raises(ConfigError, match="group 'Connector server' has the name of another place"):
        topology("notes", plain(2, {CONNECTOR: "N1"}))
    with pytest.raises(ConfigError, match=r"has no EVS; mail needs at least one"):
        topology("notes", plain(2, {"Cluster Group": "N1"}))
    with pytest.raises(ConfigError, match="until_s is -1; allowed: 0 s or later"):
        notes({}, -1)


def test_the_listing_names_every_place():
    """One line for each, with its state, what waits, and the most so far."""
    flow = notes({CONNECTOR: [(0, math.inf)]}, 600)
    text = flow_text(flow, 600)
    assert "Connector server       down     0 messages        0 messages" in text
    assert "Domino bridgehead      works    300 messages      300 messages" in text
    assert text == repr(flow)
    assert all(place.name in text for place in flow.topology.places)


def test_a_moment_between_two_turns_lies_on_a_straight_line():
    """Half of the way is half of the change."""
    flow = notes({CONNECTOR: [(0, 600)]}, 600)
    assert math.isclose(75, flow.waiting(BRIDGEHEAD, 150))
    assert 0 == flow.waiting(BRIDGEHEAD, -5)
    assert flow.next_s(0) is None
    assert 600 == notes({CONNECTOR: [(0, 600)]}, 900).next_s(0)


def test_every_cluster_has_its_topologies(topologies_of_two: list[Topology]):
    """With one EVS or many the same places stand around it."""
    assert all(made.streams for made in topologies_of_two)


@pytest.fixture
def topologies_of_two() -> list[Topology]:
    """Every topology around one EVS, and around seven."""
    return [topology(key, exchange_cluster(n, 1)) for key in TOPOLOGIES for n in (1, 7)]
