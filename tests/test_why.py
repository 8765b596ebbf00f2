"""Every state has its reason: groups, resources and nodes are asked why."""

import pytest

from clusterlab import OperationRefused, Simulation, exchange_cluster
from clusterlab.cluster.events import BringOnline, TakeOffline
from clusterlab.lab import FailoverLab


@pytest.fixture
def sim() -> Simulation:
    """Three active nodes and a passive one."""
    return Simulation(exchange_cluster(active=3, passive=1))


def test_an_offline_group_says_who_took_it_offline(sim: Simulation):
    """Without it, why is an EVS offline? would be answered with where it is."""
    sim.take_offline("evs2")
    sim.run()
    assert "At 0 s an administrator took it offline." in sim.why("EVS2").sentences
    assert "handbook 1, 4.4" in sim.why("EVS2").sources
    sim.bring_online("EVS2")
    assert "offline" not in repr(sim.why("EVS2"))


def test_a_partially_online_group_names_the_resource_taken_offline(sim: Simulation):
    """The one that somebody took offline, not those that had to follow it."""
    sim.take_offline("EVS1/SA")
    sim.run()
    name = "Exchange System Attendant Instance - (EVS1)"
    assert f"At 0 s an administrator took {name} offline." in sim.why("EVS1").sentences
    sim.bring_online("EVS1")
    sim.run()
    assert "offline" not in repr(sim.why("EVS1"))


def test_one_failure_is_told_as_one(sim: Simulation):
    """A single failure has a moment, not a period."""
    sim.fail_resource("EVS1/IS")
    words = "failed at 0 s, because an administrator chose Initiate Failure."
    assert f"Its Microsoft Exchange Information Store {words}" in sim.why("EVS1").sentences


def test_a_resource_says_how_it_came_to_its_state(sim: Simulation):
    """Through the pending state, with the reason of each step."""
    sim.take_offline("EVS1/IS")
    sim.run()
    assert (
        "Exchange Information Store Instance - (EVS1) is Offline.",
        "At 0 s it went from Online to Offline Pending: EVS1 is taken offline, and nothing that "
        "needs it is online any more.",
        "At 40 s it went from Offline Pending to Offline: it stopped after 40 s.",
    ) == sim.why("EVS1/IS").sentences


def test_a_node_says_why_it_is_down(sim: Simulation):
    """A node that nothing has happened to says that too."""
    sim.fail_node("NODE4")
    sim.run()
    assert (
        "At 8.2 s it went from Up to Down: it answered no heartbeat, and the regroup removed it."
        in sim.why("node4").sentences
    )
    assert "NODE1 is Up.\nIt has been so from the start." == repr(sim.why("NODE1"))


def test_nothing_of_that_name_is_refused(sim: Simulation):
    """A wrong name is answered with the names there are."""
    with pytest.raises(OperationRefused, match="has no group 'EVS9'"):
        sim.why("EVS9")


def test_the_resources_of_the_panel_have_their_reasons():
    """The tab "Resources" says of each why it has its state."""
    lab = FailoverLab()
    lab.buttons["fail NODE3"].click()
    lab.buttons["to end"].click()
    lab._tabs.selected_index = lab._tabs.titles.index("Resources")
    shown = lab._tabs.children[lab._tabs.selected_index].value
    assert '<th scope="col">Why</th>' in shown
    assert "everything it needs is Online; it came online after 140 s" in shown


@pytest.mark.parametrize("request_", [TakeOffline, BringOnline])
@pytest.mark.parametrize("is_renamed", [False, True])
def test_a_request_for_what_is_gone_by_then_does_not_matter(
    sim: Simulation, request_: type[TakeOffline | BringOnline], is_renamed: bool
):
    """It is refused when it comes due; every other group can still say why, and panels open."""
    sim.create_group("G2")
    sim.send(request_("G2"), at_s=100)
    if is_renamed:
        sim.rename_group("G2", "G3")
    else:
        sim.delete_group("G2")
    sim.take_offline("EVS1")
    sim.run()
    assert any(outcome.refusal is not None for outcome in sim.history)
    assert "At 0 s an administrator took it offline." in sim.why("EVS1").sentences
    assert "EVS1" in repr(FailoverLab(sim))
