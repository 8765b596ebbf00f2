"""The connector panel without a browser: clicks, time travel, topologies, assumptions."""

import asyncio

import pytest

from clusterlab import ConfigError, Simulation, exchange_cluster
from clusterlab.cluster.events import NodeFailed
from clusterlab.exchange.topologies import TOPOLOGIES
from clusterlab.lab import ConnectorLab
from clusterlab.lab.panels.controls import servers_out
from clusterlab.lab.panels.panel import HIDDEN

CONNECTOR, BRIDGEHEAD = "Connector server", "Domino bridgehead"


@pytest.fixture
def lab() -> ConnectorLab:
    """The Notes topology around three active nodes and a passive one."""
    return ConnectorLab()


def waiting(lab: ConnectorLab, place: str) -> int:
    """Return what waits at a place at the moment shown."""
    return round(lab.flow.waiting(place, lab.moment_s))


def test_failing_the_connector_server_by_button(lab: ConnectorLab):
    """Its queues build on both sides; the button then starts it, and they drain."""
    lab.buttons[f"fail {CONNECTOR}"].click()
    assert "Power on" == lab.buttons[f"fail {CONNECTOR}"].description
    lab.go_to(600)
    assert (300, 100) == (waiting(lab, BRIDGEHEAD), waiting(lab, "EVS1"))
    lab.buttons[f"start {CONNECTOR}"].click()
    lab.buttons["to end"].click()
    assert lab.flow.is_quiet
    assert 600 < lab.moment_s < 1200
    assert "Pull the plug" == lab.buttons[f"fail {CONNECTOR}"].description
    assert "" == lab.errors.text


def test_failing_a_node_makes_the_queue_of_its_evs_grow(lab: ConnectorLab):
    """The simulation of the cluster says when EVS3 is out and when it is back."""
    lab.buttons["fail NODE3"].click()
    lab.go_to(120)
    assert 20 == waiting(lab, CONNECTOR)
    lab.buttons["to end"].click()
    assert (0, "NODE4") == (waiting(lab, CONNECTOR), lab.simulation.owner("EVS3"))
    assert "EVS3: works on NODE4" in lab.figure.alt


def test_a_click_on_a_server_fails_it(lab: ConnectorLab):
    """Boxes of stand-alone servers answer to clicks; those of EVSs do not."""
    lab.switch("connector server")
    assert lab.flow.is_out(CONNECTOR, 0)
    lab.switch("EVS1")
    assert "'EVS1' is no stand-alone server" in lab.errors.text
    assert {BRIDGEHEAD, CONNECTOR} == set(lab._server_texts)


def test_the_topology_changes_around_the_same_course_of_events(lab: ConnectorLab):
    """One failure, seen with one connector server, with two, and on a node."""
    lab.buttons["fail NODE1"].click()
    lab.buttons[f"fail {CONNECTOR}"].click()
    lab.go_to(600)
    assert 300 == waiting(lab, BRIDGEHEAD)
    lab.choosers["topology"].value = "notes-2"
    assert (600, 0) == (lab.moment_s, waiting(lab, BRIDGEHEAD))
    lab.choosers["topology"].value = "notes-on-node"
    assert 300 == waiting(lab, BRIDGEHEAD)
    assert f"fail {BRIDGEHEAD}" in lab.buttons
    assert "Connector on NODE1: down" in lab.figure.alt


@pytest.mark.parametrize("key", TOPOLOGIES)
def test_every_topology_opens_and_plays(key: str):
    """Each one shows, each of its servers fails and comes back, nothing goes wrong."""
    lab = ConnectorLab(key=key)
    for server in lab.topology.servers:
        lab.buttons[f"fail {server}"].click()
        lab.go_to(lab.moment_s + 60)
        assert f"{server}: down" in lab.figure.alt
        lab.buttons[f"start {server}"].click()
    lab.buttons["to end"].click()
    assert lab.flow.is_quiet
    assert "" == lab.errors.text
    assert repr(lab).startswith(lab.topology.title)


def test_steps_lead_from_change_to_change(lab: ConnectorLab):
    """Next goes to the moment a queue is tried again or runs empty, Back returns."""
    lab.buttons[f"fail {CONNECTOR}"].click()
    lab.go_to(90)
    lab.buttons[f"start {CONNECTOR}"].click()
    times = []
    for _ in range(3):
        lab.buttons["forward"].click()
        times.append(round(lab.moment_s, 1))
    assert 120.0 == times[0]
    assert sorted(set(times)) == times
    lab.buttons["back"].click()
    assert times[1] == round(lab.moment_s, 1)
    lab.buttons["to start"].click()
    assert 0 == lab.moment_s


def test_acting_in_the_past_keeps_the_future_on_its_own_branch(lab: ConnectorLab):
    """Failing a server or a node before something that was done makes a branch."""
    lab.go_to(600)
    lab.buttons[f"fail {CONNECTOR}"].click()
    lab.go_to(300)
    assert not lab.flow.is_out(CONNECTOR, 300)
    lab.buttons[f"fail {BRIDGEHEAD}"].click()
    assert 2 == len(lab.branches.by_name)
    lab.go_to(700)
    assert (True, False) == (lab.flow.is_out(BRIDGEHEAD, 700), lab.flow.is_out(CONNECTOR, 700))
    lab.choosers["branch"].value = "main"
    lab.go_to(700)
    assert (False, True) == (lab.flow.is_out(BRIDGEHEAD, 700), lab.flow.is_out(CONNECTOR, 700))


def test_a_branch_of_the_cluster_shares_what_servers_went_through(lab: ConnectorLab):
    """What the server did before the branch stays; what the node did after it does not."""
    lab.buttons[f"fail {CONNECTOR}"].click()
    lab.go_to(600)
    lab.send(NodeFailed("NODE3"))
    lab.buttons["to end"].click()
    lab.go_to(300)
    lab.send(NodeFailed("NODE2"))
    assert 2 == len(lab.branches.by_name)
    assert 150 == waiting(lab, BRIDGEHEAD)


def test_next_names_what_was_done_later_on_the_branch(lab: ConnectorLab):
    """Dragged back, the panel knows that a server fails at 600 s, and goes there."""
    lab.go_to(600)
    lab.buttons[f"fail {CONNECTOR}"].click()
    lab.go_to(0)
    assert "600.0 s: a stand-alone server" in lab._next_text.value
    lab.buttons["forward"].click()
    assert 600 == lab.moment_s


def test_assumptions_can_be_replaced(lab: ConnectorLab):
    """A figure changed in its field changes what flows; only figures that matter are shown."""
    assert {"notes_in", "connector_limit"} < set(lab.numbers)
    assert "web" not in lab.numbers
    lab.buttons[f"fail {CONNECTOR}"].click()
    lab.go_to(600)
    lab.numbers["notes_in"].value = 60
    assert 600 == waiting(lab, BRIDGEHEAD)
    lab.choosers["topology"].value = "imf"
    lab.choosers["topology"].value = "notes"
    assert 600 == waiting(lab, BRIDGEHEAD)
    assert 90 == ConnectorLab(figures={"notes_in": 90}).numbers["notes_in"].value


def test_bad_input_names_what_is_allowed():
    """An unknown topology, an unknown figure, something that is no cluster."""
    with pytest.raises(ConfigError, match="there is no topology 'exchange'"):
        ConnectorLab(key="exchange")
    with pytest.raises(ConfigError, match="there is no figure 'x'"):
        ConnectorLab(figures={"x": 1})
    with pytest.raises(ConfigError, match="CL1: No such file or directory; name a file"):
        ConnectorLab("CL1")


def test_a_refusal_is_shown_and_changes_nothing(lab: ConnectorLab):
    """The product says no to a move to the node of another EVS that is Down."""
    lab.buttons["fail NODE3"].click()
    lab.send(NodeFailed("NODE3"))
    assert "Refused" in lab.errors.text
    assert 1 == len(lab.branches.by_name)


def test_lines_of_cluster_exe_act_on_the_cluster(lab: ConnectorLab):
    """The prompt moves a group, time passes, and mail for it waits meanwhile."""
    assert "EVS1" in lab.run_line('cluster group "EVS1" /moveto:NODE4')
    lab.buttons["to end"].click()
    assert "NODE4" == lab.simulation.owner("EVS1")
    assert 20 == round(lab.flow.peak(CONNECTOR)[0])
    assert "EVS9" in lab.run_line("cluster group EVS9 /move")


def test_the_slider_travels(lab: ConnectorLab):
    """Dragging shows another moment and what waits then."""
    lab.buttons[f"fail {CONNECTOR}"].click()
    lab.go_to(600)
    lab._slider.value = 200
    assert (200, 100) == (lab.moment_s, waiting(lab, BRIDGEHEAD))


def test_what_is_done_in_a_cell_shows(lab: ConnectorLab):
    """The simulation in the panel may be acted on by code."""
    lab.simulation.fail_node("NODE3")
    lab.simulation.run()
    lab.render()
    assert 175.2 == lab.moment_s
    assert waiting(lab, CONNECTOR) > 20


def test_a_group_that_is_renamed_away_or_added_rebuilds_the_picture(lab: ConnectorLab):
    """The places follow the groups of the cluster."""
    lab.run_line("cluster group NEW /create")
    names = [place.name for place in lab.topology.places]
    assert ("NEW" in names) is ("NEW" in lab.branches.cluster.config.groups_by_name)


def test_playing_lets_queues_grow(lab: ConnectorLab):
    """Play goes on while a server is out, though nothing is pending in the cluster."""

    async def played() -> None:
        lab.choosers["speed"].value = "60 s per second"
        assert lab.buttons["play"].disabled
        lab.buttons[f"fail {CONNECTOR}"].click()
        assert not lab.buttons["play"].disabled
        lab.buttons["play"].click()
        while not waiting(lab, BRIDGEHEAD):
            await asyncio.sleep(0.01)
        lab.buttons["play"].click()

    asyncio.run(played())
    assert waiting(lab, BRIDGEHEAD) > 0
    assert "" == lab.errors.text


def test_the_side_says_what_waits_and_why(lab: ConnectorLab):
    """Table, rules with sources, and a sentence for screen readers."""
    lab.buttons[f"fail {CONNECTOR}"].click()
    assert "Down: Connector server (t = " in lab._live_text.value
    lab.go_to(60)
    assert "<td>30</td><td>30</td>" in lab._table.value
    assert "Queues grow while a server is down" in lab._next_text.value
    side = lab.children[4].children[1].children[2].value
    assert "handbook 2, 6.1" in side


def test_without_a_kernel_there_is_a_picture_and_a_listing(lab: ConnectorLab):
    """The cell holds the twin as text and a still of moderate size."""
    data = lab._repr_mimebundle_()
    assert "Domino bridgehead" in data["text/plain"]
    assert len(data["text/html"]) < 60_000


def test_names_are_escaped():
    """A group named in HTML is shown as written in table, texts and figure."""
    from tests.plain import plain, trace_named

    lab = ConnectorLab(plain(2, {"Cluster Group": "N1", "<i>G</i>": "N1"}))
    lab.send(NodeFailed("N1"))
    assert "<i>" not in lab._table.value + lab._live_text.value
    labels = trace_named(lab.figure, "place labels").text
    assert not any("<i>" in text for text in labels)


def test_panels_begin_where_their_simulation_is():
    """A simulation that has gone on is shown at its end, its past included."""
    sim = Simulation(exchange_cluster())
    sim.fail_node("NODE3")
    sim.run(until_s=60)
    lab = ConnectorLab(sim)
    assert (60, 10) == (lab.moment_s, waiting(lab, CONNECTOR))


# --- servers by branch --------------------------------------------------------------------------


def test_a_server_that_failed_and_came_back_was_out_in_between():
    """Intervals come from changes; what is not known to have ended has no end yet."""
    changes = [(60, "S", False), (90, "S", True), (200, "S", False)]
    assert {"S": ((60, 90), (200, float("inf")))} == servers_out(changes, ["S", "T"], 300)
    assert {"S": ((60, float("inf")),)} == servers_out(changes, ["S"], 80)
    assert {} == servers_out(changes, ["S"], 59)


def test_what_lasted_no_time_is_no_outage():
    """A server that failed and was started in the same moment was never out."""
    assert {} == servers_out([(60, "S", False), (60, "S", True)], ["S"], 300)


def test_of_its_nodes_a_tour_shows_only_the_plugs():
    """Beside the picture each node has one button, so that its box is wide enough."""
    lab = ConnectorLab()
    lab.show_only(["picture", "nodes"])
    hidden = {key for key, made in lab.buttons.items() if HIDDEN in made._dom_classes}
    assert {"stop NODE1", "pause NODE1"} <= hidden
    assert not {"fail NODE1", "fail NODE4"} & hidden
    assert HIDDEN in lab.parts["breakage"]._dom_classes
