"""The failover panel without a browser: every control by its callback, every view by its text."""

import asyncio
import html
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import ipywidgets as w
import pytest

from clusterlab import ConfigError, Simulation, exchange_cluster
from clusterlab.cases import case
from clusterlab.cluster.events import (
    DesignateQuorum,
    InterfaceLost,
    MoveGroup,
    NodeFailed,
    StopClusterService,
)
from clusterlab.cluster.model import Cluster, ClusterConfig
from clusterlab.cluster.resting import cluster_from
from clusterlab.cluster.states import NodeState
from clusterlab.cluster.story import Explanation
from clusterlab.exchange.evs import SYSTEM_ATTENDANT, cluster_group_resources, evs_resources
from clusterlab.lab import CaseLab, ConnectorLab, FailoverLab, TreeLab, WhatIfLab, livefigure
from clusterlab.lab.figures.cluster import CARDS, NODES
from clusterlab.lab.figures.drawing import traces_of
from clusterlab.lab.panels import failover, parts, playing, timepanel
from clusterlab.lab.panels.branches import Branches
from clusterlab.lab.panels.failover import SCENARIOS
from clusterlab.symptoms import symptoms
from tests.plain import trace_named

REST_S = 175.2
"""When EVS3 is Online again after NODE3 failed at 0 (handbook 6, 6.1)."""
NASTY = '<img src=x onerror="alert(1)">'


@pytest.fixture
def lab() -> FailoverLab:
    """A panel with three active nodes and a passive one."""
    return FailoverLab()


def press(lab: FailoverLab, *keys: str) -> None:
    """Press buttons one after the other; an error that is shown fails the test."""
    for key in keys:
        lab.buttons[key].click()
        assert "" == lab.errors.text


def tab(lab: FailoverLab, name: str) -> str:
    """Bring a tab to the front and return what it shows."""
    titles = list(lab._tabs.titles)
    lab._tabs.selected_index = titles.index(name)
    return str(lab._tabs.children[titles.index(name)].value)


def widgets(root: w.Widget) -> Iterator[w.Widget]:
    """Yield a widget and all that stand in it."""
    yield root
    for child in getattr(root, "children", ()):
        yield from widgets(child)


def click(lab: FailoverLab, kind: str, name: str) -> None:
    """Click a shape of the figure, as the page reports it: all traces hear of it."""
    index = list(lab.figure.data).index(traces_of(lab.figure, kind)[name])
    points = {"trace_indexes": [index], "point_indexes": [0], "xs": [0], "ys": [0]}
    lab.figure._handler_js2py_pointsCallback(
        {"new": {"event_type": "plotly_click", "points": points}}
    )


# --- what happens -----------------------------------------------------------------------------


def test_a_failed_node_loses_its_evs(lab: FailoverLab) -> None:
    """The button of NODE3 fails it, and after some steps EVS3 is on NODE4."""
    press(lab, "fail NODE3", "to end")
    assert "NODE4" == lab.simulation.owner("EVS3")
    assert REST_S == lab.simulation.now_s


def test_the_same_button_starts_a_node(lab: FailoverLab) -> None:
    """A node without power has "Power on" instead of "Pull the plug", in the same place."""
    press(lab, "fail NODE3", "to end")
    assert "Power on" == lab.buttons["start NODE3"].description
    press(lab, "start NODE3", "to end")
    assert NodeState.UP is lab.simulation.state("NODE3")
    assert "Pull the plug" == lab.buttons["fail NODE3"].description


@pytest.mark.parametrize(
    ("key", "state"), [("stop NODE2", NodeState.DOWN), ("pause NODE2", NodeState.PAUSED)]
)
def test_a_node_is_stopped_and_paused(lab: FailoverLab, key: str, state: NodeState) -> None:
    """Stop service and Pause ask the Cluster service of the node."""
    press(lab, key, "to end")
    assert state is lab.simulation.state("NODE2")


def test_a_paused_node_can_be_resumed(lab: FailoverLab) -> None:
    """The button of a Paused node says Resume and does it."""
    press(lab, "pause NODE2")
    assert "Resume" == lab.buttons["resume NODE2"].description
    press(lab, "resume NODE2")
    assert NodeState.UP is lab.simulation.state("NODE2")


def test_a_click_on_a_node_opens_its_menu_and_no_other(lab: FailoverLab) -> None:
    """Of all shapes that hear of a click only the one that was hit acts; a line is a deed."""
    heard: list[str] = []
    lab.on_deed(lambda deed: heard.append(deed.words))
    click(lab, NODES, "NODE3")
    assert "nodes:NODE3" == lab.opened
    assert ["Pull the plug", "Stop service", "Pause", "Cut network"] == menu_of(lab)
    lab.choose("Pull the plug")
    assert ["NODE3"] == list(lab.simulation.cluster.silent_since)
    assert ["fail NODE3"] == heard
    assert {} == lab._objects.menu


def menu_of(lab: FailoverLab) -> list[str]:
    """Return the lines of the menu that a page is told to show."""
    return [line["text"] for line in lab._objects.menu["items"]]


def test_what_cannot_be_done_is_off_and_says_why(lab: FailoverLab) -> None:
    """A node without power cannot be paused; the line says so and does nothing."""
    press(lab, "fail NODE3", "to end")
    click(lab, NODES, "NODE3")
    assert ["Power on", "Stop service", "Pause", "Cut network"] == menu_of(lab)
    pause = lab._objects.menu["items"][2]
    assert "NODE3 is Down." == pause["why"]
    before = len(lab.simulation.history)
    lab.choose("Pause")
    assert before == len(lab.simulation.history)
    assert "" == lab.errors.text


def test_a_group_has_its_commands(lab: FailoverLab) -> None:
    """A group is moved, taken offline, brought online and failed at its card."""
    click(lab, CARDS, "EVS2")
    lines = menu_of(lab)
    assert ["Move to NODE1", "Move to NODE3", "Move to NODE4"] == lines[:3]
    assert ["Bring online", "Take offline"] == lines[3:5]
    assert lines[5].startswith("Initiate failure of EVS2")
    lab.choose("Move to NODE4")
    press(lab, "to end")
    assert "NODE4" == lab.simulation.owner("EVS2")


def test_at_first_there_are_no_empty_bars_but_a_first_step(lab: FailoverLab) -> None:
    """Before anything has happened one sentence and one button stand where the bars will be."""
    assert "Pull the plug of NODE1" == lab._objects.start["button"]
    assert () == trace_named(lab.figure, "bar names").text
    lab._hear({"open": "nodes:NODE1", "choose": "Pull the plug"})
    assert {} == lab._objects.start
    assert 3 == len(trace_named(lab.figure, "bar names").text)
    assert "NODE1" in lab.simulation.cluster.silent_since


def test_the_bars_are_dragged(lab: FailoverLab) -> None:
    """Where the bars are pressed is the moment that is shown; a page tells it in pixels."""
    press(lab, "fail NODE3", "to end")
    left, _, right, _, _ = lab._objects.strip
    lab._hear({"drag": (left + right) / 2})
    assert 90.0 == lab.branches.moment_s
    lab._hear({"drag": left - 50})
    assert 0.0 == lab.branches.moment_s


def test_the_headline_says_who_serves(lab: FailoverLab) -> None:
    """One line says the state of all: who serves, or for how long there was no mail, and why."""
    assert "All 3 EVSs serve" in lab._headline.value
    press(lab, "fail NODE3")
    lab.go_to(21.2)
    assert "EVS3: no mail for 21.2 s, coming online on NODE4" in lab._headline.value


def test_the_headline_says_taken_offline_of_nobody():
    """An EVS whose address failed is offline although no administrator asked for it."""
    sim = Simulation(exchange_cluster())
    sim.set_properties("EVS2 IP Address", restart_action=1)
    sim.send(InterfaceLost("NODE2", "Public"))
    sim.run(300)
    lab = FailoverLab(sim)
    assert "EVS2: no mail for 295.0 s, offline on NODE2" in lab._headline.value


def test_the_nodes_tried_have_numbers_in_the_picture(lab: FailoverLab) -> None:
    """Each node of the decision has the number that it has in the list beside."""
    press(lab, "fail NODE3", "to end")
    badges = trace_named(lab.figure, "tried")
    assert ["①", "②", "③", "④"] == [text[3:4] for text in badges.text]
    assert badges.x[2] > badges.x[3] > badges.x[1] > badges.x[0]


def test_a_click_on_a_card_selects_its_group(lab: FailoverLab) -> None:
    """A click on EVS2 fails nothing: it says what "why" and the buttons are about."""
    click(lab, CARDS, "EVS2")
    assert "EVS2" == lab.selected == lab.choosers["group"].value
    assert 1 == len(lab.simulation.history)


def test_the_selected_card_is_marked_in_the_picture(lab: FailoverLab) -> None:
    """A click moves the mark to the card; a failover takes it along, and the words say whose."""
    click(lab, CARDS, "EVS2")
    assert middle_of(lab, "cards:EVS2") == middle_of(lab, "selected")
    assert "EVS2 is selected." in lab.figure.alt
    press(lab, "fail NODE2", "to end")
    assert "NODE4" == lab.simulation.owner("EVS2")
    assert middle_of(lab, "cards:EVS2") == middle_of(lab, "selected")


def middle_of(lab: FailoverLab, name: str) -> tuple[float, float]:
    """Return the middle of what a trace of the figure draws."""
    trace = trace_named(lab.figure, name)
    return (min(trace.x) + max(trace.x)) / 2, (min(trace.y) + max(trace.y)) / 2


def test_choosers_follow_the_selected_card(lab: FailoverLab) -> None:
    """What is done by keyboard below the picture is done to the group that is marked in it."""
    for group in ("EVS3", "EVS1"):
        click(lab, CARDS, group)
        assert group == lab.choosers["group"].value
        names = [member.name for member in lab.branches.cluster.config.members[group]]
        assert names == list(lab.choosers["resource"].options)
        assert names[0] == lab.choosers["resource"].value
    lab.choosers["group"].value = "EVS2"
    assert middle_of(lab, "cards:EVS2") == middle_of(lab, "selected")


def test_a_group_is_moved_to_a_named_node(lab: FailoverLab) -> None:
    """Move Group takes the chosen group to the chosen node."""
    lab.choosers["group"].value = "EVS2"
    lab.choosers["to"].value = "NODE4"
    press(lab, "move", "to end")
    assert "NODE4" == lab.simulation.owner("EVS2")


def test_best_possible_is_chosen_by_the_product(lab: FailoverLab) -> None:
    """Without a named node the move is a decision with verdicts."""
    lab.choosers["group"].value = "EVS2"
    press(lab, "move")
    assert ["EVS2"] == [decision.group for decision in lab.simulation.decisions]


def test_a_group_goes_offline_and_online(lab: FailoverLab) -> None:
    """Take Offline and Bring Online act on the chosen group."""
    lab.choosers["group"].value = "EVS1"
    press(lab, "offline", "to end")
    assert "Offline" == lab.simulation.state("EVS1").value
    press(lab, "online", "to end")
    assert "Online" == lab.simulation.state("EVS1").value


def test_a_resource_fails(lab: FailoverLab) -> None:
    """The resource chooser offers the resources of the group, and the button fails one."""
    lab.choosers["group"].value = "EVS2"
    lab.choosers["resource"].value = "EVS2 Network Name"
    press(lab, "fail resource")
    assert "Failed" in {change.new for change in lab.simulation.history[-1].changes}


def test_what_a_cell_does_is_followed() -> None:
    """A simulation that is handed in is shared: what a cell does to it is shown next."""
    sim = Simulation(exchange_cluster())
    lab = FailoverLab(sim)
    sim.fail_node("NODE3")
    sim.run()
    lab.render()
    assert sim is lab.simulation
    assert "t = 175.2 s" == lab._clock.value


def test_nodes_that_come_and_go_are_followed(lab: FailoverLab) -> None:
    """An evicted node leaves the picture and its controls, an added one comes; both can act."""
    press(lab, "stop NODE4", "to end")
    lab.run_line("cluster node NODE4 /evict")
    assert {"NODE1", "NODE2", "NODE3"} == set(traces_of(lab.figure, NODES))
    lab.run_line("cluster /add:NODE9")
    assert "" == lab.errors.text
    press(lab, "start NODE9", "to end")
    assert NodeState.UP is lab.simulation.state("NODE9")
    press(lab, "undo", "undo", "undo")
    assert {"NODE1", "NODE2", "NODE3", "NODE4"} == set(traces_of(lab.figure, NODES))


# --- refusals and errors ----------------------------------------------------------------------


def test_an_evs_keeps_its_bar_when_its_disk_becomes_the_quorum(lab: FailoverLab) -> None:
    """The quorum moves to another group, but users still wait for that group (handbook 1, 6.2)."""
    lab.send(DesignateQuorum("Disk R:"))
    press(lab, "fail NODE1", "to end")
    assert ["EVS1", "EVS2", "EVS3"] == bars_of(lab)
    cells = trace_named(lab.figure, "storage labels").text
    assert ["Q:<br>Cluster Group ▸ NODE2", "R: S: quorum<br>EVS1 ▸ NODE4"] == list(cells[1:3])


@pytest.mark.parametrize("seed", range(12))
def test_a_case_of_a_quorum_on_a_data_disk_shows_the_evs_it_is_about(seed: int) -> None:
    """Every EVS of such a case has its bar as soon as anything has happened."""
    simulation = case(seed, faults=1, kinds=("quorum-on-data-disk",)).simulation()
    evss = {item.group for item in simulation.cluster.config.resources_by_type[SYSTEM_ATTENDANT]}
    assert simulation.cluster.config.quorum_group in evss
    lab = FailoverLab(simulation)
    lab.go_to(1)
    assert sorted(evss) == bars_of(lab)


def bars_of(lab: FailoverLab) -> list[str]:
    """Return the names beside the time bars of the figure that a panel shows."""
    named = trace_named(lab.figure, "bar names").text
    assert len(set(trace_named(lab.figure, "bars").y)) == len(named)
    return [text.removeprefix("<b>").partition("</b>")[0] for text in named]


def test_a_refusal_is_a_lesson(lab: FailoverLab) -> None:
    """Code, reason, remedy, source and the line that was refused are shown; nothing changes."""
    press(lab, "fail NODE3", "to end")
    before = repr(lab)
    lab.send(MoveGroup("EVS1", "NODE3"))
    shown = lab.errors.value
    assert lab.errors.text.startswith("Refused: 5050: the cluster node is down. NODE3 is Down.")
    for words in ("5050", "What to do:", "wording reconstructed", "handbook 1, 5.5", 'role="alert"',
                  "/moveto:NODE3"):  # fmt: skip
        assert words in shown
    assert before == repr(lab)


def test_a_refused_action_of_the_past_makes_no_branch(lab: FailoverLab) -> None:
    """Nothing has changed means nothing: no branch either."""
    press(lab, "fail NODE3", "to end", "back")
    lab.send(MoveGroup("EVS1", "NODE3"))
    assert ["main"] == list(lab.branches.by_name)


def test_the_next_action_clears_a_refusal(lab: FailoverLab) -> None:
    """A refusal is gone as soon as something else was done, but not by looking at another tab."""
    lab.send(MoveGroup("EVS1", "NODE1"))
    tab(lab, "Events in words")
    assert "" != lab.errors.text
    press(lab, "fail NODE3")
    assert "" == lab.errors.value


def test_an_exception_is_shown(lab: FailoverLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody expected is shown with its traceback folded, never swallowed."""

    def broken(event: object) -> None:
        raise ZeroDivisionError(NASTY)

    monkeypatch.setattr(lab.branches, "send", broken)
    lab.buttons["fail NODE3"].click()
    assert f"ZeroDivisionError: {NASTY}" == lab.errors.text
    assert "<details>" in lab.errors.value
    assert "<img" not in lab.errors.value


def test_an_unknown_scenario_is_refused() -> None:
    """The message names what there is."""
    with pytest.raises(ConfigError, match="allowed: 3 active / 1 passive, "):
        FailoverLab(scenario="9 active")


def test_only_clusters_can_be_shown() -> None:
    """What is neither a simulation nor a cluster is named in the message."""
    with pytest.raises(ConfigError, match="CL1: No such file or directory; name a file"):
        FailoverLab("CL1")


def test_undo_without_an_action_is_explained(lab: FailoverLab) -> None:
    """Undo at the start says why it cannot."""
    lab.buttons["undo"].click()
    assert "ConfigError: there is nothing to undo; do something first" == lab.errors.text


# --- time -------------------------------------------------------------------------------------


def test_steps_go_from_happening_to_happening(lab: FailoverLab) -> None:
    """Next and Back stop at the same moments."""
    press(lab, "fail NODE3")
    moments = []
    for _ in range(4):
        press(lab, "forward")
        moments.append(lab.branches.moment_s)
    assert [2.4, 7.2, 8.2, 10.2] == moments
    press(lab, "back")
    assert 8.2 == lab.branches.moment_s


def test_dragging_shows_any_moment(lab: FailoverLab) -> None:
    """The slider goes back and forth over the history, which stays as it is."""
    press(lab, "fail NODE3", "to end")
    events = len(lab.simulation.history)
    lab._slider.value = 20.0
    assert "CL1 at t = 20.0 s" in repr(lab)
    assert "Pending" in repr(lab)
    lab._slider.value = 176.0
    assert "EVS3                 NODE4           Online           175.2 s" in repr(lab)
    assert events == len(lab.simulation.history)


def test_a_page_has_no_need_to_round_the_moment(lab: FailoverLab) -> None:
    """Wherever the handle stands, a page that reckons in percents comes back to the same number."""
    for moment_s in (12.345, 59.97, 250.25, 700.0, 900.111, 3999.9):
        lab.branches.go_to(moment_s)
        lab.render()
        slider = lab._slider
        percent = slider.value * 100 / slider.max
        steps = round(percent / (slider.step * 100 / slider.max))
        assert slider.value == steps * (slider.step * 100 / slider.max) * slider.max / 100
        assert abs(slider.value - moment_s) <= slider.step / 2
        assert moment_s == lab.branches.moment_s


def test_the_end_of_the_slider_goes_to_the_page_before_what_lies_behind_the_old_one(
    lab: FailoverLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told of the moment before the new end, a page would hold the handle at the old end."""
    sent: list[dict[str, float]] = []
    slider = lab._slider
    keep = lambda key=None: sent.append(slider.get_state(key))  # noqa: E731
    monkeypatch.setattr(slider, "send_state", keep)
    lab.branches.go_to(4000.0)
    lab.render()
    assert [{"max": 8192.0}, {"value": 4000.0}] == sent


def test_dragging_on_lets_time_pass(lab: FailoverLab) -> None:
    """Behind the last event nothing is written down, but an action happens at that moment."""
    lab._slider.value = 30.0
    assert 1 == len(lab.simulation.history)
    press(lab, "fail NODE3")
    assert {"NODE3": 30.0} == lab.simulation.cluster.silent_since


def test_play_runs_to_the_end(lab: FailoverLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Playing ends in the same state as stepping; then Play is off until something is pending."""
    monkeypatch.setattr(playing, "TICK_S", 0.0)
    monkeypatch.setitem(timepanel.SPEEDS, "60 s per second", 1e6)

    async def play() -> None:
        lab.choosers["speed"].value = "60 s per second"
        press(lab, "fail NODE3", "play")
        assert "❚❚ Pause" == lab.buttons["play"].description
        await lab._player._task
        assert REST_S == lab.branches.moment_s
        assert "▶ Play" == lab.buttons["play"].description
        assert lab.buttons["play"].disabled
        assert "Nothing to play yet: pull a plug" == lab.buttons["play"].tooltip
        press(lab, "start NODE3", "play")
        await lab._player._task
        assert NodeState.UP is lab.simulation.state("NODE3")
        assert "▶ Play" == lab.buttons["play"].description

    asyncio.run(play())


def test_play_ends_when_its_page_is_closed(
    lab: FailoverLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that answers no more has been closed; the kernel does not play on for nobody."""
    monkeypatch.setattr(playing, "TICK_S", 0.0)
    monkeypatch.setattr(lab._player, "_painted", lambda: asyncio.sleep(0, result=False))

    async def play() -> None:
        press(lab, "fail NODE3", "play")
        await lab._player._task

    asyncio.run(play())
    assert "▶ Play" == lab.buttons["play"].description
    assert lab.branches.moment_s < REST_S


def test_a_click_while_playing_acts_now(lab: FailoverLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time stands where it stood when the click came."""
    monkeypatch.setattr(playing, "TICK_S", 0.0)

    async def play() -> None:
        press(lab, "fail NODE3", "play")
        while lab.branches.moment_s < 0.01:
            await asyncio.sleep(0)
        moment_s = lab.branches.moment_s
        press(lab, "fail NODE2")
        assert moment_s == lab.simulation.cluster.silent_since["NODE2"]
        press(lab, "play")

    asyncio.run(play())


def test_an_error_while_playing_is_shown(lab: FailoverLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task has nobody who sees its exceptions, so the panel shows them and stops."""
    monkeypatch.setattr(playing, "TICK_S", 0.0)

    async def play() -> None:
        press(lab, "fail NODE3", "play")
        monkeypatch.setattr(lab, "render", lambda: 1 / 0)
        await lab._player._task

    asyncio.run(play())
    assert "ZeroDivisionError: division by zero" == lab.errors.text
    assert "▶ Play" == lab.buttons["play"].description


def test_callbacks_take_turns(lab: FailoverLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """A choice that arrives in another thread while the panel renders is not lost."""
    press(lab, "branch")
    choose = threading.Thread(target=lambda: setattr(lab.choosers["compare"], "value", "main"))
    explain = lab._explain

    def slow(explanation: Explanation) -> None:
        if choose.ident is None:
            choose.start()
            choose.join(0.1)
        explain(explanation)

    monkeypatch.setattr(lab, "_explain", slow)
    press(lab, "forward")
    choose.join()
    assert 4 == len(lab.picture.children)


@pytest.mark.parametrize("panel", [FailoverLab, WhatIfLab, TreeLab, ConnectorLab, CaseLab])
def test_a_click_waits_for_its_turn(panel: type) -> None:
    """Whether a control was set by the panel itself is asked only after a rendering has ended."""
    lab, clicks = panel(), []
    click = threading.Thread(target=lab._guard(lambda: clicks.append("clicked")))
    with lab.errors.turn:
        lab._is_rendering = True
        click.start()
        click.join(0.1)
        lab._is_rendering = False
    click.join()
    assert ["clicked"] == clicks


# --- branches ---------------------------------------------------------------------------------


def test_acting_in_the_past_makes_a_branch(lab: FailoverLab) -> None:
    """The future that was there stays, under its own name."""
    press(lab, "fail NODE3", "to end")
    lab._slider.value = 42.0
    press(lab, "fail NODE2")
    assert ("main", "main, from 42.0 s") == lab.choosers["branch"].options
    assert "main, from 42.0 s" == lab.simulation.name
    assert REST_S == lab.branches.by_name["main"].now_s
    lab.choosers["branch"].value = "main"
    assert "NODE2 Up" in repr(lab)


def test_a_branch_can_be_named(lab: FailoverLab) -> None:
    """New timeline takes the name that was typed; a name that is taken is refused."""
    lab._name.value = "without NODE4"
    press(lab, "branch")
    assert "without NODE4" == lab.simulation.name
    lab._name.value = "main"
    lab.buttons["branch"].click()
    assert "there is a timeline 'main' already" in lab.errors.text


def test_branches_of_one_moment_have_different_names() -> None:
    """A second branch from the same moment is numbered."""
    branches = Branches(Simulation(exchange_cluster()))
    for _ in range(2):
        branches.fork()
    assert ["main", "main, from 0.0 s", "main, from 0.0 s (2)"] == list(branches.by_name)


def test_undo_goes_back_before_the_action(lab: FailoverLab) -> None:
    """Undo takes back the last action and shows the moment before it."""
    lab._slider.value = 10.0
    press(lab, "fail NODE3", "to end", "undo")
    assert 10.0 == lab.branches.moment_s
    assert {} == lab.simulation.cluster.silent_since


def test_two_branches_are_compared(lab: FailoverLab) -> None:
    """The bars of both stand in a second figure, and the differences in words below it."""
    press(lab, "fail NODE3", "to end")
    lab._slider.value = 42.0
    press(lab, "fail NODE4", "to end")
    lab.choosers["compare"].value = "main"
    figures = [child for child in lab.picture.children if child is lab._compared]
    assert 1 == len(figures)
    assert "EVS3: from 42.0 s: no mail for" in lab._differences.value
    assert "differs 42.0 to" in lab._differences.value
    lab.choosers["compare"].value = failover.NOBODY
    assert (lab._objects, lab.figure) == lab.picture.children


def test_branches_are_compared_as_far_as_both_are_known(lab: FailoverLab) -> None:
    """A branch in which something is pending ends the comparison at its own moment."""
    press(lab, "fail NODE3", "to end")
    lab._slider.value = 42.0
    press(lab, "fail NODE4")
    left, right = lab.branches.comparison("main")
    assert 42.0 == left[1]["EVS3"][-1].end_s == right[1]["EVS3"][-1].end_s


def test_another_scenario_begins_anew(lab: FailoverLab) -> None:
    """Every scenario of the chooser can be shown and broken."""
    for name in SCENARIOS:
        lab.choosers["scenario"].value = name
        assert "" == lab.errors.text
        assert ("main",) == lab.choosers["branch"].options
        press(lab, "fail NODE1", "to end")


# --- predict first ----------------------------------------------------------------------------


@pytest.fixture
def asked(lab: FailoverLab) -> FailoverLab:
    """A panel that asks where the groups of NODE1 go."""
    lab._predict.value = True
    press(lab, "fail NODE1")
    return lab


def test_the_picture_waits(asked: FailoverLab) -> None:
    """Until the learner has answered, nothing happens and the cards of the groups are hidden."""
    assert 1 == len(asked.simulation.history)
    assert ["Cluster Group", "EVS1"] == list(asked.predictor.guesses)
    assert () == trace_named(asked.figure, "cards:EVS1").x
    assert "" == asked._why.value == asked._next_text.value


def test_every_group_must_be_placed(asked: FailoverLab) -> None:
    """Show without a guess asks again, and the question stays."""
    press(asked, "show")
    assert "NODE1 loses power" in asked.predictor.text.value
    assert "Choose a node for Cluster Group and EVS1 first." in asked.predictor.text.value
    assert 1 == len(asked.simulation.history)


def test_a_wrong_guess_is_answered_by_its_rule(asked: FailoverLab) -> None:
    """Show lets it happen up to the decisions and says which rule was misread."""
    asked.predictor.guesses["Cluster Group"].value = "NODE2"
    asked.predictor.guesses["EVS1"].value = "NODE2"
    press(asked, "show")
    text = asked.predictor.text.value
    assert "✔ right</span> <b>Cluster Group</b>: NODE2." in text
    assert "you said NODE2, it is NODE4. Anti-affinity was overlooked: NODE2 owns EVS2" in text
    assert "NODE4" == asked.simulation.owner("EVS1")
    assert asked.branches.moment_s == asked.simulation.decisions[-1].at_s
    press(asked, "forward")
    assert text == asked.predictor.text.value


def test_a_move_to_the_best_possible_node_is_asked_about(lab: FailoverLab) -> None:
    """Where an administrator leaves the choice to the product, the learner makes it first."""
    lab._predict.value = True
    lab.choosers["group"].value = "EVS2"
    press(lab, "move")
    lab.predictor.guesses["EVS2"].value = "NODE1"
    press(lab, "show")
    text = lab.predictor.text.value
    assert "you said NODE1, it is NODE4. Anti-affinity was overlooked" in text
    press(lab, "to end")
    assert "NODE4" == lab.simulation.owner("EVS2")


def test_a_question_can_be_taken_back(asked: FailoverLab) -> None:
    """Cancel shows the cluster as it was."""
    press(asked, "cancel")
    assert "none" == asked.predictor.layout.display
    assert 1 == len(asked.simulation.history)
    assert () != trace_named(asked.figure, "cards:EVS1").x


def test_only_losses_are_asked_for(lab: FailoverLab) -> None:
    """A stopping service is a question too; a move is not."""
    lab._predict.value = True
    lab.send(StopClusterService("NODE2"))
    assert ["EVS2"] == list(lab.predictor.guesses)
    lab.send(MoveGroup("EVS2", "NODE4"))
    assert 2 == len(lab.simulation.history)


# --- what is said -----------------------------------------------------------------------------


def test_why_names_every_node(lab: FailoverLab) -> None:
    """After a failover the group concerned is selected and each node has its verdict in words."""
    press(lab, "fail NODE3", "to end")
    text = lab._why.value
    assert "Why EVS3" in text
    assert "✔ chosen</span> <b>NODE4</b>: owns no group of the same anti-affinity class" in text
    assert "✘ rejected</span> <b>NODE1</b>: owns EVS1 (same anti-affinity class)" in text
    assert "KB 299631" in text


def test_next_says_what_comes(lab: FailoverLab) -> None:
    """The box "next" names time and event, and at rest what to do."""
    assert "Click a node" in lab._next_text.value
    press(lab, "fail NODE3")
    assert "2.4 s: two heartbeats of NODE3 are missed" in lab._next_text.value
    press(lab, "to end", "to start")
    lab.branches.go_to(42.0)
    lab.render()
    assert "45.2 s: EVS3/Search Online" in lab._next_text.value


def test_an_action_of_the_past_is_announced(lab: FailoverLab) -> None:
    """Going over a branch again, its own actions come next."""
    press(lab, "fail NODE3", "to end", "fail NODE4", "to end")
    lab._slider.value = 170.0
    press(lab, "forward")
    lab._slider.value = 175.0
    assert "175.2 s: EVS3/IS Online" in lab._next_text.value


def test_the_live_region_reads_changes_only(lab: FailoverLab) -> None:
    """What changed is read out once, also what clients are waiting for."""
    press(lab, "fail NODE3", "forward", "forward", "forward")
    assert "At 8.2 s: NODE3 Down; EVS3 Pending on NODE4, clients wait: the IP Address " in (
        lab._live_text.value
    )
    before = lab._live_text.value
    lab._slider.value = 9.0
    assert before == lab._live_text.value


def test_the_live_region_does_not_repeat_the_state() -> None:
    """A group that failed for good is Failed; no more is said of what its clients wait for."""
    lab = FailoverLab(scenario="2 active / 0 passive, 4 storage groups each")
    press(lab, "fail NODE1", "to end")
    assert lab._live_text.value.endswith("EVS1 Failed on NODE2.")


def test_a_simulation_with_a_past_has_latest_news() -> None:
    """The panel of a simulation that went on before says what happened last, and when."""
    sim = Simulation(exchange_cluster())
    assert "Nothing has happened yet." in FailoverLab(sim)._live_text.value
    sim.fail_node("NODE3")
    assert "At 0.0 s: NODE3 has gone silent; EVS3" in FailoverLab(sim)._live_text.value
    sim.run()
    assert FailoverLab(sim)._live_text.value.endswith("At 175.2 s: EVS3 Online on NODE4.")
    sim.run(until_s=600)
    lab = FailoverLab(sim)
    assert lab._live_text.value.endswith("At 175.2 s: EVS3 Online on NODE4.")
    press(lab, "fail NODE4")
    assert "At 600.0 s: NODE4 has gone silent" in lab._live_text.value


def test_tabs_show_the_run(lab: FailoverLab) -> None:
    """Log, groups, resources, story, commands and invariants come from the same values."""
    press(lab, "fail NODE3", "to end")
    lab.send(MoveGroup("EVS1", "NODE4"))
    lab.choosers["group"].value = "EVS3"
    assert "1135</button></td><td>NODE3 removed from active membership." in tab(lab, "Event log")
    assert "<td>175.2 s</td><td>detect 8.2 s, address 2.0 s" in tab(lab, "Groups")
    assert "Microsoft Exchange Information Store" in tab(lab, "Resources")
    assert "NODE3 loses power" in tab(lab, "Events in words")
    assert "it happened by itself" in tab(lab, "cluster.exe")
    assert '<code>cluster group "EVS1" /moveto:NODE4</code>' in tab(lab, "cluster.exe")
    assert "✔ holds" in tab(lab, "Self-check")
    assert "✘ broken" not in tab(lab, "Self-check")
    for name in ("EVSs on a node", "Storage groups"):
        assert name in tab(lab, "Self-check")


def test_an_event_of_the_log_opens_its_entry_of_the_handbook(lab: FailoverLab) -> None:
    """Each number names the one entry that opens, and its words stand there once (handbook 7)."""
    press(lab, "fail NODE3", "to end")
    text = tab(lab, "Event log")
    targets = set(re.findall('popovertarget="([^"]+)"', text))
    assert targets == set(re.findall('popover id="([^"]+)"', text)) >= {"clusterlab-ClusSvc-1135"}
    assert 1 == text.count(html.escape(symptoms()["ClusSvc 1135"].fields["means"]))


def test_a_hidden_tab_is_not_filled(lab: FailoverLab) -> None:
    """Only the tab in front costs anything."""
    tab(lab, "Event log")
    press(lab, "fail NODE3", "to end")
    assert "" == lab._tabs.children[list(lab._tabs.titles).index("Events in words")].value


def test_a_cascade_is_one_row_that_opens(lab: FailoverLab) -> None:
    """Story and log show eleven stays and 44 refusals as one line with the rest behind it."""
    press(lab, "fail NODE3", "to end", "fail NODE4", "to end")
    for name in ("Events in words", "Event log"):
        text = tab(lab, name)
        assert 1 == text.count("<details>")
        assert "11 stays: NODE1, NODE2: refused 5018, 44 times" in text


# --- the text twin ----------------------------------------------------------------------------


def test_the_twin_is_the_state(lab: FailoverLab) -> None:
    """The text form lists time, nodes, groups, owners, states and outages of this moment."""
    press(lab, "fail NODE3", "to end")
    assert repr(lab).splitlines() == [
        "CL1 at t = 175.2 s, branch main: NODE1 Up, NODE2 Up, NODE3 Down, NODE4 Up",
        "",
        "Group                Node            Status           Out",
        "-------------------- --------------- ---------------- -------",
        "Cluster Group        NODE1           Online",
        "EVS1                 NODE1           Online           0.0 s",
        "EVS2                 NODE2           Online           0.0 s",
        "EVS3                 NODE4           Online           175.2 s (detect 8.2, address 2.0, "
        "name 5.0, SA 20.0, store 140.0)",
    ]


def test_a_notebook_keeps_twin_and_picture(lab: FailoverLab) -> None:
    """What is saved with a notebook is the same every time and needs no kernel to be read."""
    data, again = (FailoverLab()._repr_mimebundle_() for _ in range(2))
    assert repr(lab) == data["text/plain"]
    assert data["text/html"].startswith("<img ")
    assert "is selected" not in data["text/html"]
    view = "application/vnd.jupyter.widget-view+json"
    assert {k: v for k, v in data.items() if k != view} == {
        k: v for k, v in again.items() if k != view
    }


def test_the_figure_has_its_words(lab: FailoverLab) -> None:
    """Who cannot see the figure hears what it shows at this moment."""
    press(lab, "fail NODE3", "to end")
    assert "EVS3 had no mail for 175.2 s" in lab.figure.alt


def test_controls_have_names(lab: FailoverLab) -> None:
    """Every button, chooser and field says what it is and what it does."""
    kinds = (w.Button, w.Dropdown, w.ToggleButton, w.Text, w.FloatSlider)
    controls = [one for one in widgets(lab) if isinstance(one, kinds)]
    assert len(controls) > 25
    for control in controls:
        assert control.tooltip
        assert control.description or isinstance(control, w.Text | w.FloatSlider)


def nasty_cluster() -> Cluster:
    """Return a cluster in which everything is named in HTML."""
    base = exchange_cluster(active=1).config
    nodes = base.nodes
    group = f"EVS {NASTY}"
    config = ClusterConfig(
        name=f"CL {NASTY}",
        nodes=nodes,
        groups=(base.groups[0], type(base.groups[0])(name=group)),
        resources=(*cluster_group_resources(), *evs_resources(group, ["Disk <b>R</b>:"])),
        quorum=base.quorum,
        durations=base.durations,
    )
    return cluster_from(config, {"Cluster Group": "NODE1", group: "NODE1"})


def test_names_are_never_markup() -> None:
    """HTML in names shows as written in every text of the panel."""
    lab = FailoverLab(nasty_cluster())
    lab.send(NodeFailed("NODE1"))
    press(lab, "to end")
    lab.send(MoveGroup(f"EVS {NASTY}", "NODE1"))
    for name in lab._tabs.titles:
        tab(lab, name)
    texts = [one.value for one in widgets(lab) if isinstance(one, w.HTML)]
    assert any("&lt;img" in text for text in texts)
    assert not any("<img" in text or "<b>R</b>" in text for text in texts)
    drawn = [(trace.text, trace.hovertext) for trace in lab.figure.data]
    assert "&lt;img" in str(drawn)
    assert "<img" not in str(drawn)


def test_a_drawn_step_stays_small(lab: FailoverLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step sends changes of the figure, never the figure anew."""
    sent: list[object] = []
    monkeypatch.setattr(lab.figure, "_send_update_msg", lambda *change: sent.append(change))
    press(lab, "fail NODE3", "forward")
    assert 2 == len(sent)
    assert all(0 < len(indices) < 20 for _, _, indices in sent)  # type: ignore[misc]


def test_the_panel_is_loaded_when_it_is_named() -> None:
    """`import clusterlab` and `import clusterlab.lab` load no widgets."""
    code = (
        "import sys, clusterlab, clusterlab.lab; print('ipywidgets' in sys.modules); "
        "from clusterlab.lab import FailoverLab; print('ipywidgets' in sys.modules)"
    )
    root = Path(__file__).parent.parent
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=root
    )
    assert "False\nTrue\n" == run.stdout, run.stderr


# --- why, in words ----------------------------------------------------------------------------


def test_a_lost_group_went_and_a_stopped_one_was_sent(lab: FailoverLab) -> None:
    """A lost node's group has its new owner at once, that of a stopping one goes offline first."""
    press(lab, "stop NODE3")
    assert "At 0 s it was sent from NODE3 to NODE4 (failover, its node stops)" in lab._why.value
    press(lab, "undo", "fail NODE3", "to end")
    assert "At 8.2 s it went from NODE3 to NODE4 (failover, its node is lost)" in lab._why.value


def test_panel_and_figure_know_the_same_dark_pages():
    """What makes a page dark is written in the script of the figure and in the style of panels."""
    script = Path(livefigure.__file__).with_suffix(".js").read_text("utf-8")
    (known,) = re.findall(r'^const DARK_PAGE =\s+"(.*)";$', script, re.MULTILINE)
    assert parts.DARK_PAGE == known
    assert f":is({known}) .clusterlab-panel {{" in parts.style_sheet().value
