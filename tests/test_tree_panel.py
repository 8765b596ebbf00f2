"""The tree panel: one action on two trees, what it says, and what a click does."""

import ipywidgets as w
import pytest

from clusterlab import ConfigError, OperationRefused, Simulation, exchange_cluster
from clusterlab.lab import TreeLab
from clusterlab.lab.figures.drawing import text_width_px
from clusterlab.lab.figures.palette import THEMES
from clusterlab.lab.figures.tree import RESOURCES, tree_text
from clusterlab.lab.livefigure import LiveFigure

SMTP = "Exchange SMTP Virtual Server Instance - (EVS1)"
STORE = "Exchange Information Store Instance - (EVS1)"
FROM_2000_ONLY = "POP3 Server Instance"


@pytest.fixture
def lab() -> TreeLab:
    """Exchange 2000 beside Exchange 2003, everything Online."""
    return TreeLab()


def states(lab: TreeLab, resource: str) -> list[str]:
    """Return the state of a resource on each side."""
    return [side.cluster.resource_states[resource].value for side in lab.sides]


def sentences(lab: TreeLab) -> list[str]:
    """Return what has just happened on each side."""
    return [side.sentence() for side in lab.sides]


def words_in(figure: LiveFigure) -> str:
    """Return everything that is written in the figure."""
    return "\n".join(text for trace in figure.data if trace.mode == "text" for text in trace.text)


def boxes(figure: LiveFigure, resource: str) -> list[int]:
    """Return the places of the boxes of a resource among the traces, left first."""
    wanted = {"kind": RESOURCES, "name": resource}
    return [index for index, trace in enumerate(figure.data) if trace.meta == wanted]


def click(lab: TreeLab, index: int) -> None:
    """Click a box of the figure, as the page reports it: all traces hear of it."""
    points = {"trace_indexes": [index], "point_indexes": [0], "xs": [0], "ys": [0]}
    lab.figure._handler_js2py_pointsCallback(
        {"new": {"event_type": "plotly_click", "points": points}}
    )


def shown(widget: w.Widget) -> str:
    """Return all HTML in a widget."""
    own = widget.value if isinstance(widget, w.HTML) else ""
    return own + "".join(shown(child) for child in getattr(widget, "children", ()))


def test_a_failed_store_takes_the_protocols_along_in_exchange_2000_only(lab: TreeLab) -> None:
    """Initiate Failure of the store: the protocols go Offline left and stay Online right."""
    lab.buttons["fail"].click()
    for _ in range(4):
        lab.buttons["next"].click()
    assert 5.0 == lab.now_s
    assert ["Offline", "Online"] == states(lab, SMTP)
    assert ["Online Pending", "Online Pending"] == states(lab, STORE)
    left, right = (lab.figure.data[index] for index in boxes(lab.figure, SMTP))
    fills = THEMES["light"].fills
    assert (fills["offline"], fills["online"]) == (left.fillcolor, right.fillcolor)
    assert ("dash", "solid") == (left.line.dash, right.line.dash)
    assert "○ Offline" in words_in(lab.figure)


def test_next_stops_at_the_next_happening_of_either_side(lab: TreeLab) -> None:
    """Both sides always stand at the same moment, also where only one of them changes."""
    lab.buttons["fail"].click()
    moments = []
    for _ in range(5):
        lab.buttons["next"].click()
        moments.append([side.simulation.now_s for side in lab.sides])
    assert [[at_s, at_s] for at_s in (0.5, 2.0, 3.0, 5.0, 140.5)] == moments


def test_each_side_says_what_has_happened_and_why(lab: TreeLab) -> None:
    """The sentences are about the last action or step, with the reason of each change."""
    assert ["Nothing has changed."] * 2 == sentences(lab)
    lab.buttons["fail"].click()
    left, right = sentences(lab)
    failed = "At 0.0 s: Information Store now Failed: an administrator chose Initiate Failure."
    assert failed == right
    assert left.startswith(f"{failed} SMTP Server Instance, HTTP Server Instance, ")
    assert f"now Offline Pending: it needs {STORE}, which is no longer Online." in left
    lab.buttons["end"].click()
    left, right = sentences(lab)
    assert left.startswith("18 changes, the last at 150.5 s: MS Search Instance now Online: ")
    assert right.startswith("3 changes, the last at 140.5 s: Information Store now Online: ")
    assert "<b>Next</b>: nothing is pending." in shown(lab)


def test_a_click_on_either_tree_chooses_the_resource(lab: TreeLab) -> None:
    """A box in the figure and the list of types choose the same, and nothing happens by it."""
    for index, label in zip(
        (*boxes(lab.figure, SMTP), boxes(lab.figure, STORE)[1]),
        ("SMTP Server Instance", "SMTP Server Instance", "Information Store"),
        strict=True,
    ):
        lab.choosers["resource"].value = "System Attendant"
        click(lab, index)
        assert label == lab.choosers["resource"].value
    assert ["Online", "Online"] == states(lab, STORE)


def test_offline_and_online(lab: TreeLab) -> None:
    """Take Offline and Bring Online are requests to both sides, too."""
    lab.buttons["offline"].click()
    lab.buttons["end"].click()
    assert ["Offline", "Offline"] == states(lab, STORE)
    assert ["Offline", "Online"] == states(lab, SMTP)
    lab.buttons["online"].click()
    lab.buttons["end"].click()
    assert ["Online", "Online"] == states(lab, STORE)


def test_a_refusal_is_shown_and_does_not_hold_up_the_other_side(lab: TreeLab) -> None:
    """Where one side refuses, the other obeys, and both say so."""
    lab.buttons["fail"].click()
    for _ in range(3):
        lab.buttons["next"].click()
    lab.choosers["resource"].value = "SMTP Server Instance"
    lab.buttons["fail"].click()
    assert lab.errors.text.startswith("Refused: 5023")
    assert "Refused in Exchange 2000." in lab.errors.value
    left, right = sentences(lab)
    assert left.startswith("Refused: 5023")
    assert right.startswith("At 3.0 s: SMTP Server Instance now Failed")
    lab.buttons["next"].click()
    assert "" == lab.errors.text


def test_the_same_refusal_is_shown_once(lab: TreeLab) -> None:
    """If both sides refuse for the same reason, it stands there once and both are named."""
    lab.buttons["fail"].click()
    lab.buttons["fail"].click()
    assert "Refused in Exchange 2000 and Exchange 2003." in lab.errors.value
    assert 1 == lab.errors.value.count("What to do:")


def test_two_refusals_are_both_shown() -> None:
    """If the sides refuse for different reasons, each reason is shown."""
    old, new = Simulation(exchange_cluster(1, 1, version=2000)), Simulation(exchange_cluster(1, 1))
    new.take_offline("EVS1/IS")
    old.fail_resource("EVS1/IS")
    lab = TreeLab(old, new)
    lab.buttons["fail"].click()
    assert 2 == lab.errors.value.count("What to do:")
    assert "(EVS1) is Failed" in lab.errors.value
    assert "(EVS1) is Offline Pending" in lab.errors.value


def test_what_only_one_side_has_fails_there_only(lab: TreeLab) -> None:
    """POP3 is in the tree of Exchange 2000; the other side says that it has none."""
    lab.choosers["resource"].value = FROM_2000_ONLY
    lab.buttons["fail"].click()
    left, right = sentences(lab)
    assert left.startswith("At 0.0 s: POP3 Server Instance now Failed")
    assert "There is no POP3 Server Instance here, so nothing has changed." == right


def test_start_over_goes_back(lab: TreeLab) -> None:
    """Start over shows the beginning again, with nothing refused and nothing pending."""
    before = repr(lab)
    lab.buttons["fail"].click()
    lab.buttons["fail"].click()
    lab.buttons["end"].click()
    assert before != repr(lab)
    lab.buttons["start over"].click()
    assert (before, "", 0.0) == (repr(lab), lab.errors.text, lab.now_s)
    assert ["Nothing has changed."] * 2 == sentences(lab)


def test_one_simulation_is_shown_alone_and_left_as_it_was() -> None:
    """Given one simulation the panel shows one tree from that moment, on a copy of it."""
    sim = Simulation(exchange_cluster())
    sim.move_group("EVS2", "NODE4")
    sim.run(until_s=30)
    lab = TreeLab(sim, group="evs2")
    assert (1, 30.0) == (len(lab.sides), lab.now_s)
    assert repr(lab).endswith(f"\n\nExchange 2003: {tree_text(sim.cluster, 'EVS2')}")
    lab.buttons["end"].click()
    assert 30.0 == sim.now_s
    lab.buttons["start over"].click()
    assert 30.0 == lab.now_s


def test_the_side_that_is_behind_catches_up() -> None:
    """Two simulations at different moments meet at the later one, at the beginning and again."""
    late = Simulation(exchange_cluster(1, 1))
    late.run(until_s=20)
    early = Simulation(exchange_cluster(1, 1, version=2000))
    early.fail_resource("EVS1/IS")
    lab = TreeLab(early, late)
    assert ["Nothing has changed."] * 2 == sentences(lab)
    lab.buttons["start over"].click()
    assert [20.0, 20.0] == [side.simulation.now_s for side in lab.sides]


def test_sides_of_the_same_version_are_told_apart() -> None:
    """Where both sides have the same version they are called first and second."""
    lab = TreeLab(exchange_cluster(1, 1), exchange_cluster(3, 1))
    assert ["Exchange 2003, first", "Exchange 2003, second"] == [s.label for s in lab.sides]


def test_wrong_arguments_are_refused() -> None:
    """Neither a stranger's object nor an unknown group is shown."""
    with pytest.raises(ConfigError, match="EVS1: No such file or directory; name a file"):
        TreeLab("EVS1")
    with pytest.raises(OperationRefused, match="EVS9"):
        TreeLab(group="EVS9")


def test_unexpected_errors_are_shown(lab: TreeLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong inside a callback stands in the panel instead of vanishing."""

    def broken(self: Simulation) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(Simulation, "run", broken)
    lab.buttons["end"].click()
    assert "RuntimeError: out of order" == lab.errors.text


def test_the_figure_changes_in_place_and_follows_the_page(lab: TreeLab) -> None:
    """Theme and width of the page redraw the same figure; narrow pages stack the trees."""
    figure, height_px = lab.figure, lab.figure.layout.height
    figure.theme = "dark"
    assert THEMES["dark"].ink == figure.layout.font.color
    figure.width_px = 700
    assert figure.layout.height > height_px
    lab.buttons["fail"].click()
    assert figure is lab.figure
    assert "✖ Failed" in words_in(figure)


@pytest.mark.parametrize("width_px", [560, 880, 1000])
def test_words_fit_into_their_boxes(lab: TreeLab, width_px: int) -> None:
    """At every width of a page a state fits into its box, whatever the state."""
    lab.figure.width_px = width_px
    lab.buttons["fail"].click()
    room_px = min(
        max(lab.figure.data[index].x) - min(lab.figure.data[index].x)
        for index in boxes(lab.figure, STORE)
    )
    for line in words_in(lab.figure).split("<br>")[1:]:
        assert text_width_px(line.split("\n")[0]) <= room_px


def test_the_panel_prints_its_twin_and_has_a_picture(lab: TreeLab) -> None:
    """Without a kernel the panel is its text and a picture, the same at every run."""
    bundle = lab._repr_mimebundle_()
    assert repr(TreeLab()) == bundle["text/plain"]
    assert bundle["text/plain"].startswith("TreeLab at t = 0.0 s\n\nExchange 2000: ")
    assert bundle["text/html"].startswith("<img ")
    for side in lab.sides:
        assert tree_text(side.cluster, side.group) in bundle["text/plain"]
        assert tree_text(side.cluster, side.group) in shown(lab)
