"""The live figure without a browser: what it sends, keeps and refuses."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from clusterlab.lab import livefigure
from clusterlab.lab.livefigure import LiveFigure, packed_bundle

Sent = list[tuple[Any, ...]]


def drawn(
    owner: str = "NODE3", *, colour: str = "#009E73", cards: int = 2, font: int | None = None
) -> go.Figure:
    """Return a figure as a diagram draws it: two traces, cards as shapes, their words."""
    figure = go.Figure(layout={"template": None, "xaxis": {"range": [0, 4]}})
    figure.add_trace(go.Scatter(x=[1, 2], y=[1, 1], text=["EVS1", owner], mode="markers+text"))
    figure.add_trace(go.Bar(x=["EVS1"], y=[3.5], marker={"color": [colour]}))
    for card in range(cards):
        figure.add_shape(type="rect", x0=card, x1=card + 1, y0=0, y1=1, fillcolor=colour)
    figure.add_annotation(x=1, y=1, text=owner, showarrow=False)
    if font:
        figure.update_layout(font={"size": font})
    return figure


@pytest.fixture
def live() -> LiveFigure:
    """A live figure with two traces, two shapes and one annotation."""
    return LiveFigure(drawn(), alt="EVS3 on NODE3")


@pytest.fixture
def updates(live: LiveFigure, monkeypatch: pytest.MonkeyPatch) -> Sent:
    """The updates that went to the page: (restyle, relayout, indexes of traces)."""
    sent: Sent = []
    monkeypatch.setattr(live, "_send_update_msg", lambda *update: sent.append(update))
    return sent


def without_uid(figure: go.Figure) -> dict[str, Any]:
    """Return the figure as plain values, without the random ids of its traces."""
    plain: dict[str, Any] = figure.to_plotly_json()
    for trace in plain["data"]:
        trace.pop("uid", None)
    return plain


def test_same_figure_sends_nothing(live: LiveFigure, updates: Sent) -> None:
    """A figure drawn anew from the same value causes no message."""
    live.update_from(drawn())
    assert [] == updates


def test_only_what_differs_is_sent(live: LiveFigure, updates: Sent) -> None:
    """A new owner sends the text of one trace and of one annotation, in one update."""
    live.update_from(drawn("NODE4"))
    expected = ({"text": [["EVS1", "NODE4"]]}, {"annotations[0].text": "NODE4"}, [0])
    assert [expected] == updates


def test_traces_that_keep_a_property_are_marked_undefined(live: LiveFigure, updates: Sent) -> None:
    """Where two traces change in different properties, neither touches the other's."""
    live.update_from(drawn("NODE4", colour="#D55E00"))
    restyle, relayout, indexes = updates[0]
    nothing = livefigure.Undefined
    assert [0, 1] == indexes
    assert [["EVS1", "NODE4"], nothing] == restyle["text"]
    assert [nothing, ["#D55E00"]] == restyle["marker.color"]
    assert "#D55E00" == relayout["shapes[1].fillcolor"]


@pytest.mark.parametrize(
    "draw",
    [
        lambda: drawn("NODE4"),
        lambda: drawn(colour="#E69F00"),
        lambda: drawn(cards=5),
        lambda: drawn(cards=0),
        lambda: drawn(font=14),
    ],
    ids=["other owner", "other colour", "more shapes", "no shapes", "new layout key"],
)
def test_python_side_equals_the_new_figure(live: LiveFigure, draw: Callable[[], go.Figure]) -> None:
    """After an update the figure in Python is the one that was drawn, there and back."""
    live.update_from(draw())
    assert without_uid(draw()) == without_uid(live)
    live.update_from(drawn())
    assert without_uid(drawn()) == without_uid(live)


def test_objects_follow_the_new_values(live: LiveFigure) -> None:
    """Traces and shapes that a panel holds show the new values, also when shapes are added."""
    bar = live.data[1]
    live.update_from(drawn(colour="#E69F00", cards=3))
    assert ("#E69F00",) == bar.marker.color
    assert ["#E69F00"] * 3 == [shape.fillcolor for shape in live.layout.shapes]


def test_removed_property_is_sent_as_none(live: LiveFigure, updates: Sent) -> None:
    """A property that the new figure lacks goes back to plotly's default."""
    live.update_from(drawn(font=14))
    live.update_from(drawn())
    assert ({}, {"font.size": None}, []) == updates[1]


def test_new_figure_stays_untouched(live: LiveFigure) -> None:
    """The figure that was handed over shares no list with the live one."""
    figure = drawn(cards=3)
    live.update_from(figure)
    live.layout.shapes[0].fillcolor = "black"
    assert without_uid(drawn(cards=3)) == without_uid(figure)


def test_arrays_of_numpy_can_be_compared() -> None:
    """A figure drawn with numpy arrays can be updated, too."""
    live = LiveFigure(go.Figure(go.Scatter(y=np.array([1.0, 2.0]))), alt="numbers")
    live.update_from(go.Figure(go.Scatter(y=np.array([1.0, 3.0]))))
    assert [1.0, 3.0] == list(live.data[0].y)


@pytest.mark.parametrize(
    "other",
    [go.Figure(), go.Figure([go.Scatter(), go.Scatter()]), go.Figure([go.Bar(), go.Scatter()])],
    ids=["none", "other type", "other order"],
)
def test_other_traces_are_refused(live: LiveFigure, other: go.Figure) -> None:
    """A figure with another number or other types of traces is refused and nothing changes."""
    with pytest.raises(ValueError, match=r"has the traces \['scatter', 'bar'\]"):
        live.update_from(other)
    assert without_uid(drawn()) == without_uid(live)


def test_repr_is_the_description(live: LiveFigure) -> None:
    """The text of a figure is its description, without a random id."""
    assert "LiveFigure(EVS3 on NODE3)" == repr(live)


def test_state_is_sent_anew_on_request(live: LiveFigure, monkeypatch: pytest.MonkeyPatch) -> None:
    """A view that asks gets the state of now, then the answer that it may paint."""
    sent: Sent = []
    live.update_from(drawn("NODE4"))
    live.observe(lambda change: sent.append((change.name,)), ["_widget_data", "_widget_layout"])
    monkeypatch.setattr(live, "send", lambda *message, **_: sent.append(message))
    live._handle_custom_msg({"ask": "state"}, [])
    assert {("_widget_data",), ("_widget_layout",)} == set(sent[:-1])
    assert ({"answer": "state"},) == sent[-1]
    assert "NODE4" == live._widget_data[0]["text"][1]
    assert live._widget_data[0] is not live._data[0]


def test_bundle_is_sent_as_one_buffer(live: LiveFigure, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that asks for plotly gets it as one compressed buffer."""
    sent: list[tuple[Any, Any]] = []
    monkeypatch.setattr(live, "send", lambda content, buffers: sent.append((content, buffers)))
    live._handle_custom_msg({"ask": "bundle"}, [])
    assert [({"answer": "bundle"}, [packed_bundle()])] == sent


def test_bundle_is_compressed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many pages ask, plotly is compressed once per process."""
    calls: list[int] = []

    def compress(text: bytes, **_: int) -> bytes:
        calls.append(len(text))
        return text[: len(text) // 3]

    monkeypatch.setattr(livefigure.gzip, "compress", compress)
    packed_bundle.cache_clear()
    assert packed_bundle() is packed_bundle()
    assert 1 == len(calls)
    packed_bundle.cache_clear()


def test_other_messages_are_left_alone(live: LiveFigure, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that is no question of ours gets no answer."""
    sent: Sent = []
    monkeypatch.setattr(live, "send", lambda *message, **_: sent.append(message))
    live._handle_custom_msg({"ask": "weather"}, [])
    assert [] == sent


def test_grammar_of_addresses_is_not_compiled() -> None:
    """Importing the live figure leaves out the slow optional part of jsonschema, only then."""
    program = (
        "import sys, clusterlab.lab.livefigure as l; print('rfc3987_syntax' in sys.modules)\n"
        "with l._left_out('zlib'): import zlib\n"
        "print(zlib.__name__)"
    )
    output = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "False\nzlib\n" == output.stdout


def test_the_only_tool_saves_the_picture(live: LiveFigure) -> None:
    """Nothing can be zoomed or selected, so no button offers it; a picture for a slide is saved."""
    assert [["toImage"]] == live._config["modeBarButtons"]


def test_no_outside_address_is_configured(live: LiveFigure) -> None:
    """Neither logo nor cloud nor map server is offered to the page."""
    assert not live._config["displaylogo"]
    assert "" == live._config["plotlyServerURL"] == live._config["topojsonURL"]
