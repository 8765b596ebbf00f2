"""What tours and trainers use of any panel: deeds by name, parts, state, marks."""

import ipywidgets as w
import pytest

from clusterlab import ConfigError, Simulation, exchange_cluster
from clusterlab.lab import (
    AdministratorLab,
    AvailabilityLab,
    CaseLab,
    ConnectorLab,
    DesignLab,
    DeskLab,
    FailoverLab,
    GameLab,
    ProcedureLab,
    ReadinessLab,
    TreeLab,
    UpgradeLab,
    WhatIfLab,
)
from clusterlab.lab.panels.deeds import candidates, read_deed, words_of
from clusterlab.lab.panels.panel import HIDDEN, Panel

PANELS = (
    AdministratorLab, AvailabilityLab, CaseLab, ConnectorLab, DesignLab, DeskLab, FailoverLab,
    GameLab, ProcedureLab, ReadinessLab, TreeLab, UpgradeLab, WhatIfLab,
)  # fmt: skip
DEEDS = {
    AdministratorLab: "fail NODE3",
    AvailabilityLab: "set passive=2",
    CaseLab: "fail NODE1",
    ConnectorLab: "fail Connector server",
    DesignLab: "set mailboxes=12000",
    DeskLab: "fail NODE3",
    FailoverLab: "fail NODE3",
    GameLab: "set spares=2",
    ProcedureLab: "install/P01",
    ReadinessLab: "set D3=shown",
    TreeLab: "fail",
    UpgradeLab: "upgrade/P01",
    WhatIfLab: "set first=NODE3",
}


@pytest.fixture(params=PANELS, ids=lambda kind: kind.__name__)
def panel(request: pytest.FixtureRequest) -> Panel:
    """One of all panels."""
    return request.param()


def test_every_panel_is_one_shape(panel: Panel):
    """Whoever knows one panel knows them all."""
    assert isinstance(panel, Panel)
    assert panel.acts()
    assert panel.parts


def test_what_can_be_done_is_done_and_told(panel: Panel):
    """A deed by its name changes the panel, and whoever listens hears of it in the same words."""
    heard = []
    before = repr(panel.twin())
    panel.on_deed(heard.append)
    panel.act(DEEDS[type(panel)])
    assert [DEEDS[type(panel)]] == [deed.words for deed in heard]
    assert "" == panel.errors.text
    if type(panel) not in (WhatIfLab, GameLab, CaseLab):  # nothing that the twin speaks of
        assert before != repr(panel.twin())


def test_a_deed_that_is_none_names_what_there_is(panel: Panel):
    """The message says what can be done."""
    with pytest.raises(ConfigError):
        panel.act("dance")


def test_a_state_is_kept_exactly(panel: Panel):
    """Back to a snapshot everything is as it was, as often as one likes, and nobody is told."""
    before, state = panel.twin(), panel.snapshot()
    for _ in range(2):
        panel.act(DEEDS[type(panel)])
        heard = []
        stop = panel.on_deed(heard.append)
        panel.restore(state)
        stop()
        assert before == panel.twin()
        assert "" == panel.errors.text
        assert [] == heard


def hidden(panel: Panel, name: str) -> bool:
    """Return whether a part is left out."""
    return HIDDEN in panel._named()[name]._dom_classes


def test_parts_are_chosen_and_all_come_back(panel: Panel):
    """Only what was chosen is on screen, until everything is."""
    first, *others = panel.parts
    panel.show_only([first])
    assert not hidden(panel, first)
    panel.show_all()
    assert not any(hidden(panel, name) for name in (first, *others))


def test_an_unknown_part_is_named(panel: Panel):
    """The message names the parts that there are."""
    with pytest.raises(ConfigError, match="no part 'roof'; allowed: "):
        panel.show_only(["roof"])


def test_single_buttons_are_shown_with_the_name_of_their_node():
    """A tour that wants NODE3 failed shows this button, its node, and the picture; no more."""
    lab = FailoverLab()
    lab.show_only(["picture", "fail NODE3"])
    assert not hidden(lab, "picture")
    assert not hidden(lab, "fail NODE3")
    assert not hidden(lab, "NODE3")
    for name in ("NODE1", "pause NODE3", "groups", "tabs", "time", "branches", "breakage"):
        assert lab._named()[name].model_id in hidden_widgets(lab), name


def test_a_scene_brings_its_tab_to_the_front_once():
    """The prompt opens on cluster.exe; who opens another tab then is left there."""
    lab = FailoverLab()
    for _ in range(2):
        lab.show_only(["prompt"])
    assert "cluster.exe" == lab._tabs.titles[lab._tabs.selected_index]
    lab._tabs.selected_index = 1
    lab.show_only(["prompt"])
    assert 1 == lab._tabs.selected_index
    lab.show_only(["log"])
    assert "Event log" == lab._tabs.titles[lab._tabs.selected_index]


def hidden_widgets(root: w.Widget, *, inside: bool = False) -> set[str]:
    """Return what cannot be seen, because it or what holds it is left out."""
    is_hidden = inside or HIDDEN in getattr(root, "_dom_classes", ())
    found = {root.model_id} if is_hidden else set()
    for child in getattr(root, "children", ()):
        found |= hidden_widgets(child, inside=is_hidden)
    return found


def test_what_is_left_out_stays_out_when_nodes_come_and_go():
    """A node that is evicted changes the controls; what is shown stays chosen by its name."""
    lab = FailoverLab()
    lab.act("stop NODE4")
    lab.act("to end")
    lab.show_only(["picture", "NODE1"])
    lab.act("cluster node NODE4 /evict")
    assert "NODE4" not in lab.parts
    assert not hidden(lab, "NODE1")
    assert lab._named()["NODE2"].model_id in hidden_widgets(lab)


@pytest.mark.parametrize(
    "way",
    [
        lambda lab: lab.buttons["fail NODE3"].click(),
        lambda lab: lab.act("fail NODE3"),
        lambda lab: lab.send(read_deed("fail NODE3", lab.branches.cluster)),
        lambda lab: AdministratorLab(lab).act("fail NODE3"),
    ],
    ids=["button", "name", "event", "Cluster Administrator"],
)
def test_a_deed_counts_however_it_is_done(way):
    """Whoever waits for NODE3 to fail hears the same words each time, once."""
    lab, heard = FailoverLab(), []
    lab.on_deed(heard.append)
    way(lab)
    assert ["fail NODE3"] == [deed.words for deed in heard]
    assert read_deed("fail NODE3", lab.branches.cluster) == heard[0].event


def test_a_line_at_the_prompt_is_a_deed():
    """The product's own words are told in ours."""
    lab, heard = FailoverLab(), []
    lab.on_deed(heard.append)
    lab._keys._hear({"line": 'cluster group "EVS2" /moveto:NODE4'}, None)
    assert ["move EVS2 to NODE4"] == [deed.words for deed in heard]
    assert "move" in lab._prompt.answer.value


def test_a_refused_deed_is_told_with_its_refusal():
    """A lesson may want to see what the product refuses."""
    lab, heard = FailoverLab(), []
    lab.on_deed(heard.append)
    lab.act("move EVS1 to NODE1")
    assert "move EVS1 to NODE1" == heard[0].words
    assert heard[0].refusal is not None
    assert lab.errors.text.startswith("Refused: ")


def test_every_way_to_say_an_event_is_read_back():
    """The words of what a panel offers mean what they are the words of."""
    cluster = exchange_cluster()
    for event in candidates(cluster):
        assert event == read_deed(words_of(event, cluster.config), cluster)


def test_what_cannot_be_done_is_not_offered():
    """A node that is Down is started, not stopped; its buttons say why."""
    lab = FailoverLab()
    lab.act("fail NODE3")
    lab.act("to end")
    offered = {words for words in lab.acts() if words.split()[0] in ("fail", "start", "stop")}
    assert {words for words in offered if words.endswith(" NODE3")} == {"start NODE3"}
    assert lab.buttons["stop NODE3"].disabled
    assert "Not now: NODE3 is Down." == lab.buttons["stop NODE3"].tooltip


def test_a_mark_is_drawn_and_said():
    """What is to be clicked has a frame in the picture and its name in the words."""
    lab = FailoverLab()
    lab.mark("NODE3")
    assert 1 == len(lab.figure.layout.shapes)
    assert lab.figure.alt.endswith("Marked: NODE3.")
    assert "Marked: NODE3." in lab._repr_mimebundle_()["text/html"]
    lab.mark()
    assert () == lab.figure.layout.shapes
    assert "Marked" not in lab.figure.alt


def test_snapshots_leave_simulations_alone():
    """What was saved is a copy: what a cell does to its simulation stays done."""
    sim = Simulation(exchange_cluster())
    lab = FailoverLab(sim)
    state = lab.snapshot()
    lab.act("fail NODE3")
    lab.restore(state)
    assert "NODE3" in sim.cluster.silent_since
    assert {} == lab.simulation.cluster.silent_since
