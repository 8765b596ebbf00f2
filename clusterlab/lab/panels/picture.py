"""A live figure on its stage: drawn anew as the panel is, built anew where its shapes are others.

What stands in the picture can be marked, for example what a learner is to click; the mark is a
dashed line around it, and the words of the picture name it. Over it may lie a layer, whose buttons
reach its nodes and groups by keyboard, with a menu at each, and on which time bars are dragged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import ipywidgets as w
import plotly.graph_objects as go
import traitlets as t
from anywidget import AnyWidget

from clusterlab.lab.figures.drawing import Page, plain_text, traces_of
from clusterlab.lab.figures.palette import THEMES
from clusterlab.lab.livefigure import LiveFigure, hearing
from clusterlab.lab.panels.deeds import MenuLine
from clusterlab.lab.panels.parts import put

Draw = Callable[[Page], go.Figure]  # from what it is drawn for to a figure
MARK_PX = 5.0  # how far around what is marked the mark runs


class Picture(w.VBox):
    """A stage with a live figure, and whatever else a panel puts below it."""

    is_low = False  # whether the figure has to save height

    def __init__(
        self,
        draw: Draw,
        width_px: int,
        built: Callable[[LiveFigure], None] = lambda figure: None,
        look_changed: Callable[[Any], None] | None = None,
    ) -> None:
        super().__init__()
        self.add_class("clusterlab-stage")
        self.marked = ""
        self._draw = draw
        self._width_px = width_px
        self._built = built
        self._look_changed = look_changed or (lambda change: self.show())
        self.layer: w.Widget | None = None
        self._below: tuple[w.Widget, ...] = ()
        self._build(self.first())

    def first(self) -> go.Figure:
        """Return the figure as a page is given it first, and as a still keeps it."""
        return self._marked(self._draw(Page(self._width_px)), "light")

    def show(self) -> None:
        """Draw what is to be seen now; what is the same stays as it is."""
        theme = self.figure.theme
        page = Page(self.figure.width_px or self._width_px, theme, self.is_low)
        drawing = self._marked(self._draw(page), theme)
        if _shapes(drawing) == _shapes(self.figure):
            self.figure.update_from(drawing)
            put(self.figure, alt=drawing.layout.meta)
        else:
            self._build(drawing)

    def put_below(self, *widgets: w.Widget) -> None:
        """Put widgets below the figure, in place of those that are there."""
        self._below = widgets
        over = () if self.layer is None else (self.layer,)
        put(self, children=(*over, self.figure, *widgets))

    def put_over(self, layer: w.Widget) -> None:
        """Lay a widget over the figure; it comes first in the order of the keyboard."""
        self.layer = layer
        self.put_below(*self._below)

    def mark(self, target: str) -> None:
        """Put the mark around a shape; what is not in the picture is marked when it comes."""
        if target != self.marked:
            self.marked = target
            self.show()

    def _build(self, drawing: go.Figure) -> None:
        self.figure = LiveFigure(drawing, alt=drawing.layout.meta)
        self.figure.observe(self._look_changed, names=["theme", "width_px"])
        self._built(self.figure)
        self.put_below(*self._below)

    def _marked(self, drawing: go.Figure, theme: str) -> go.Figure:
        around = [_frame(trace) for trace in drawing.data if self._is_marked(trace)]
        if around:
            line = {"color": THEMES[theme].ink, "width": 2.5, "dash": "dash"}
            drawing.layout.shapes = [{"type": "rect", "line": line, **frame} for frame in around]
            drawing.layout.meta = f"{drawing.layout.meta} Marked: {self.marked}."
        return drawing

    def _is_marked(self, trace: Any) -> bool:
        is_named = trace.meta is not None and trace.meta["name"] == self.marked
        return bool(self.marked) and is_named and any(x is not None for x in trace.x or ())


def _frame(trace: Any) -> dict[str, float]:
    xs, ys = ([value for value in axis if value is not None] for axis in (trace.x, trace.y))
    return {
        "x0": min(xs) - MARK_PX, "x1": max(xs) + MARK_PX,
        "y0": min(ys) - MARK_PX, "y1": max(ys) + MARK_PX,
    }  # fmt: skip


def _shapes(figure: Any) -> list[tuple[str, Any]]:
    return [(trace.type, trace.meta) for trace in figure.data]


class Objects(AnyWidget):
    """The layer over a picture; *hear* is called with each message of the page.

    A message is ``{"open": key}``, ``{"choose": text}``, ``{"close": True}`` or
    ``{"drag": pixels}``.
    """

    _esm = hearing(Path(__file__).with_name("objects.js"))
    spots: t.List[Any] = t.List().tag(sync=True)  # for each object key, words, box in pixels
    menu = t.Dict().tag(sync=True)  # key and lines of the menu that is open
    strip: t.List[Any] = t.List().tag(sync=True)  # box of the time bars, and where now is
    start = t.Dict().tag(sync=True)  # sentence and command of the button instead of empty bars

    def __init__(self, hear: Callable[[Mapping[str, Any]], None]) -> None:
        super().__init__()
        self.add_class("clusterlab-objects")
        self.on_msg(lambda _, content, buffers: hear(content))

    def show_menu(self, key: str, commands: Sequence[MenuLine]) -> None:
        """Show the menu of an object, or none where there is no command."""
        lines = [{"text": plain_text(one.text), "why": one.why_not} for one in commands]
        put(self, menu={"key": key, "items": lines} if lines else {})


def spots_of(figure: Any, kinds: tuple[str, ...], says: Mapping[str, str]) -> list[Any]:
    """Return the objects of a figure as `Objects.spots` wants them."""
    spots = []
    for kind in kinds:
        for name, shape in traces_of(figure, kind).items():
            if shape.x:
                box = (min(shape.x), min(shape.y), max(shape.x), max(shape.y))
                spots.append([shape.name, plain_text(says.get(shape.name, name)), *box])
    return spots
