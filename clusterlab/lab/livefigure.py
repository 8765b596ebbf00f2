"""The live figure: a plotly figure that a page can show many times over at the price of one.

It decides how plotly.js reaches a page (once, from the kernel, never from an address) and how a
figure drawn anew becomes the smallest change of the one on screen. What is drawn is decided in
`figures`; what a click means, in the panels.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import plotly
import plotly.graph_objects as go
import traitlets as t
from plotly.basedatatypes import BasePlotlyType, Undefined


@contextmanager
def _left_out(name: str) -> Iterator[None]:
    """Let an optional module that nobody has imported yet look absent for a while."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]  # documented: the import system refuses it
    try:
        yield
    finally:
        del sys.modules[name]


# plotly's widget imports nbformat, that imports jsonschema, and that compiles a grammar for
# international addresses, if it finds one: three quarters of the time to the first figure.
# jsonschema does without it; nothing here has such an address to check.
with _left_out("rfc3987_syntax"):
    from plotly.graph_objs import FigureWidget

# Lists whose items are changed one by one; plotly.js then redraws only these items.
_ITEM_LISTS = frozenset({"annotations", "images", "shapes"})
# A template has no meaning in parts: plotly.js takes it whole or not at all.
_WHOLE = frozenset({"template"})
# Every trace of a widget has a random uid, which a newly drawn figure does not know.
_OWN_KEYS = frozenset({"uid"})
# No logo, no cloud, no server: nothing that could ask an address outside this machine.
_CONFIG = {
    "displaylogo": False,
    "displayModeBar": "hover",
    "modeBarButtons": [["toImage"]],  # nothing can be zoomed or selected, but a slide wants it
    "toImageButtonOptions": {"filename": "clusterlab", "scale": 2},
    "plotlyServerURL": "",
    "showEditInChartStudio": False,
    "showSendToCloud": False,
    "topojsonURL": "",
}


def hearing(script: Path) -> str:
    """Return a widget's script with what makes it hear its kernel when it is started late."""
    first = Path(__file__).with_name("hearing.js")
    return first.read_text("utf-8") + script.read_text("utf-8")


@cache
def packed_bundle() -> bytes:
    """Return plotly's widget bundle, compressed with gzip once per process."""
    bundle = files("plotly") / "package_data" / "widgetbundle.js"
    return gzip.compress(bundle.read_bytes(), compresslevel=6, mtime=0)


class LiveFigure(FigureWidget):
    """A figure on the page that changes in place and knows how the page looks.

    Build it once from a figure, show it, then hand newly drawn figures to `update_from`.
    `on_click` and `on_hover` of its traces work as in any `FigureWidget`.

    Attributes:
        alt: The sentence for those who cannot see the figure.
        theme: ``"light"`` or ``"dark"``, as the page around the figure is now.
        reduced_motion: True where the system asks programs not to animate.
        width_px: Width of the figure on the page in CSS pixels, 0 before it is shown.

    Example:
        >>> figure = go.Figure(go.Scatter(x=[1, 2], y=[3, 4]))
        >>> LiveFigure(figure, alt="Two nodes, both Up")
        LiveFigure(Two nodes, both Up)
    """

    _esm = hearing(Path(__file__).with_name("livefigure.js"))
    _bundle_version = t.Unicode(plotly.__version__).tag(sync=True)
    alt = t.Unicode().tag(sync=True)
    theme = t.Enum(("light", "dark"), default_value="light").tag(sync=True)
    reduced_motion = t.Bool(False).tag(sync=True)
    width_px = t.Int(0).tag(sync=True)

    def __init__(self, figure: go.Figure, *, alt: str) -> None:
        super().__init__(figure)
        self.alt = alt
        self._config = dict(_CONFIG)
        self._view_count = None  # a page that counts views fails when the figure is closed
        self.on_msg(LiveFigure._answer)

    def __repr__(self) -> str:
        return f"LiveFigure({self.alt})"

    def _answer(self, content: Mapping[str, Any], _buffers: Sequence[bytes]) -> None:
        """Answer a view's question for plotly's bundle or for the state of now."""
        match content:
            case {"ask": "bundle"}:
                self.send({"answer": "bundle"}, buffers=[packed_bundle()])
            case {"ask": "state"}:
                self._widget_layout = deepcopy(self._layout)
                self._widget_data = deepcopy(self._data)
                self.send({"answer": "state"})

    def update_from(self, figure: go.Figure) -> None:
        """Make this figure equal to *figure*, sending only what differs, as one change.

        What a user zoomed or dragged goes back to what *figure* says. The values of *figure* have
        been checked when it was drawn and are not checked again; `on_change` callbacks are not
        called.

        Raises:
            ValueError: If *figure* has another number or other types of traces.
        """
        _check_same_traces(self, figure)
        edits = {
            index: change
            for index, (old, new) in enumerate(zip(self._data, figure._data, strict=True))
            if (change := dict(_changes(old, new)))
        }
        layout_edits = dict(_changes(self._layout, figure._layout))
        if "height" in layout_edits:
            # To plotly.js a new height alone means that the width is fixed from now on.
            layout_edits["autosize"] = figure._layout.get("autosize")
        if not edits and not layout_edits:
            return
        for index in edits:
            _copy_values(figure._data[index], self._data[index])
        if layout_edits:
            self._copy_layout(figure._layout)
        self._send_update_msg(_restyle(edits), layout_edits, list(edits))

    def _copy_layout(self, new: Mapping[str, Any]) -> None:
        resized = [
            name
            for name, children in self.layout._compound_array_props.items()
            if len(children or ()) != len(new.get(name) or ())
        ]
        _copy_values(new, self._layout)
        for name in resized:
            self._build_children(name)

    def _build_children(self, name: str) -> None:
        """Rebuild the objects of a layout list whose length has changed."""
        values = self._layout.get(name)
        children = self.layout._get_validator(name).validate_coerce(values)
        for child in children:
            child._orphan_props.clear()
            child._parent = self.layout
        self.layout._compound_array_props[name] = children


def _check_same_traces(old: go.Figure, new: go.Figure) -> None:
    here = [trace["type"] for trace in old._data]
    there = [trace["type"] for trace in new._data]
    if here != there:
        raise ValueError(
            f"the live figure has the traces {here} and the new one {there}; a figure can only be "
            "changed into one with the same traces: draw those with nothing to show as empty "
            "traces, or build a new LiveFigure"
        )


def _changes(
    old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    """Yield what turns *old* into *new*: dotted names with new values, None for what goes."""
    for name in {**old, **new}:
        before, after = old.get(name), new.get(name)
        if name in _OWN_KEYS or _is_same(before, after):
            continue
        path = prefix + name
        if name in _ITEM_LISTS and len(before or ()) == len(after or ()):
            for index, (one, other) in enumerate(zip(before or (), after or (), strict=True)):
                yield from _changes(one, other, f"{path}[{index}].")
        elif name not in _WHOLE and (isinstance(before, dict) or isinstance(after, dict)):
            yield from _changes(before or {}, after or {}, f"{path}.")
        else:
            yield path, after


def _is_same(one: Any, other: Any) -> bool:
    try:
        return bool(one == other)
    except ValueError:  # arrays of numpy, where a figure was drawn with them
        return bool(BasePlotlyType._vals_equal(one, other))


def _copy_values(source: Mapping[str, Any], target: dict[str, Any]) -> None:
    """Make *target*, which others hold on to, equal to *source* by copying what differs."""
    for name in {**target, **source}:
        if name in _OWN_KEYS:
            continue
        if name not in source:
            del target[name]
        elif not _is_same(source[name], target.get(name)):
            target[name] = deepcopy(source[name])


def _restyle(edits: Mapping[int, Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return the edits by name, with one value for each changed trace, as plotly.js wants them."""
    names = {name: None for edit in edits.values() for name in edit}
    return {name: [edit.get(name, Undefined) for edit in edits.values()] for name in names}
