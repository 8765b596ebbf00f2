"""Shapes and text as plotly traces, in pixels from the top left corner.

All figures are drawn on one pair of hidden axes whose unit is the pixel, out of few scatter and
bar traces; so a live figure changes in place, and `still.py` can draw the same values as SVG.
Names come from users: `escape_text` is the only way from a name to a figure.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import escape
from typing import Any, NamedTuple

import plotly.graph_objects as go

from clusterlab.lab.figures.palette import THEMES, Theme

FONT = "'Segoe UI', 'Helvetica Neue', Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
TEXT_PX = 12.0

Trace = dict[str, Any]
Points = tuple[list[float | None], list[float | None]]

_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of the text around a name."""
_NARROW = frozenset("iljtfrI.,:;|!'()[] ")
_WIDE_LETTERS = frozenset("mwMW@%")


@lru_cache(4096)
def escape_text(text: str) -> str:
    """Return *text* so that plotly and browsers show it as written and never run it.

    Example:
        >>> escape_text("<b>EVS & Co</b>")
        '&lt;b&gt;EVS &amp; Co&lt;/b&gt;'
    """
    # A dollar sign would start a formula on pages that have MathJax.
    return escape(plain_text(text), quote=False).replace("$", "&#36;")


def plain_text(text: str) -> str:
    """Return *text* in one line that reads in one direction, for what shows text as it is."""
    return "".join(
        " " if unicodedata.category(letter) == "Cc" else letter
        for letter in str(text)
        if letter not in _OVERRIDES
    )


@lru_cache(4096)
def text_width_px(text: str, size_px: float = TEXT_PX) -> float:
    """Return about how wide *text* (without markup) is; rather too wide than too narrow."""
    return size_px * sum(_EM.get(letter) or _em(letter) for letter in text)


def _em(letter: str) -> float:
    if unicodedata.combining(letter):
        width = 0.0
    elif unicodedata.east_asian_width(letter) in "WF":
        width = 1.05
    elif letter in _NARROW:
        width = 0.33
    elif letter in _WIDE_LETTERS:
        width = 0.92
    elif letter.isupper() or not letter.isascii():
        width = 0.72
    else:
        width = 0.58
    return width


_EM = {chr(code): _em(chr(code)) for code in range(32, 127)}


def shortened(text: str, room_px: float, size_px: float = TEXT_PX) -> str:
    """Return *text*, cut with an ellipsis where it is wider than *room_px*.

    Example:
        >>> shortened("a name that is much too long", 60)
        'a name…'
    """
    if text_width_px(text, size_px) <= room_px:
        return text
    room_px -= size_px
    kept = 0
    while kept < len(text) and text_width_px(text[: kept + 1], size_px) <= room_px:
        kept += 1
    return text[: max(kept, 1)].rstrip() + "…"


def in_two_lines(text: str, room_px: float) -> list[str]:
    """Return *text* in one line if it fits, else in two, cut where even that is too much.

    Example:
        >>> in_two_lines("Domino bridgehead", 90)
        ['Domino', 'bridgehead']
    """
    if text_width_px(text) <= room_px or " " not in text:
        return [shortened(text, room_px)]
    places = [index for index, letter in enumerate(text) if letter == " "]
    fitting = [index for index in places if text_width_px(text[:index]) <= room_px]
    cut = max(fitting, default=places[0])
    return [shortened(text[:cut], room_px), shortened(text[cut + 1 :], room_px)]


def first_that_fits(candidates: Sequence[str], room_px: float, size_px: float = TEXT_PX) -> str:
    """Return the first of *candidates* that is no wider than *room_px*, else the last."""
    for candidate in candidates:
        if text_width_px(candidate, size_px) <= room_px:
            return candidate
    return candidates[-1]


def in_seconds(seconds: float) -> str:
    """Return a duration in seconds, or `in_words` where it is long.

    Example:
        >>> [in_seconds(value) for value in (7.2, 175.2, 3425)]
        ['7.2 s', '175.2 s', '57 min 5 s']
    """
    return f"{seconds:.1f} s" if seconds < 1000 else in_words(seconds)


def in_words(seconds: float) -> str:
    """Return a duration in hours, minutes and whole seconds.

    Example:
        >>> [in_words(value) for value in (414.8, 7200)]
        ['6 min 55 s', '2 h']
    """
    minutes, rest_s = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    named = ((hours, "h"), (minutes, "min"), (rest_s, "s"))
    return " ".join(f"{value} {unit}" for value, unit in named if value) or "0 s"


class Box(NamedTuple):
    """A rectangle in pixels; *y* grows downwards."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Width in pixels."""
        return self.right - self.left

    def grown(self, by_px: float) -> Box:
        """Return the box with each edge further out."""
        return Box(self.left - by_px, self.top - by_px, self.right + by_px, self.bottom + by_px)

    @property
    def middle(self) -> tuple[float, float]:
        """Centre."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


_CORNER = ((0.0, 1.0), (0.3, 0.3), (1.0, 0.0))
"""A rounded corner by three points, from one edge to the next."""


def outline(box: Box, radius: float = 6.0) -> Points:
    """Return the closed outline of a box with rounded corners, always of 13 points."""
    left, top, right, bottom = box
    corners = ((left, top, 1, 1), (right, top, -1, 1), (right, bottom, -1, -1),
               (left, bottom, 1, -1))  # fmt: skip
    xs: list[float | None] = []
    ys: list[float | None] = []
    for index, (x, y, right_of, below) in enumerate(corners):
        for along, across in _CORNER if index % 2 == 0 else reversed(_CORNER):
            xs.append(round(x + right_of * radius * along, 1))
            ys.append(round(y + below * radius * across, 1))
    return [*xs, xs[0]], [*ys, ys[0]]


def rectangle(box: Box) -> Points:
    """Return the closed outline of a box with sharp corners."""
    left, top, right, bottom = (round(side, 1) for side in box)
    return [left, right, right, left, left], [top, top, bottom, bottom, top]


def polylines(lines: Iterable[Sequence[tuple[float, float]]]) -> Points:
    """Return several lines as one list of points with gaps between them."""
    return joined(
        ([round(x, 1) for x, _ in line], [round(y, 1) for _, y in line]) for line in lines
    )


def joined(shapes: Iterable[Points]) -> Points:
    """Return several outlines as one list of points with gaps between them."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    for more_x, more_y in shapes:
        xs += [*more_x, None]
        ys += [*more_y, None]
    return xs, ys


def line_trace(
    name: str, points: Points, color: str, width_px: float = 1.5, dash: str = "solid"
) -> Trace:
    """Return lines that the pointer does not notice."""
    xs, ys = points
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": xs,
        "y": ys,
        "line": {"color": color, "width": width_px, "dash": dash},
        "hoverinfo": "skip",
    }


def filled(trace: Trace, color: str) -> Trace:
    """Return lines with their inside filled."""
    return trace | {"fill": "toself", "fillcolor": color}


class Paint(NamedTuple):
    """Colour of the inside; colour, width and dash of the outline."""

    fill: str
    line: str
    width_px: float
    dash: str = "solid"


def area_trace(kind: str, item: str, points: Points, paint: Paint, hover: str) -> Trace:
    """Return a filled shape that answers to pointer and click anywhere inside it.

    *kind* is one of the constants of the figures, *item* what the shape stands for; names in
    *hover*, which is markup, are escaped already.
    """
    fill, color, width_px, dash = paint
    return {
        **line_trace(f"{kind}:{item}", points, color, width_px, dash),
        "meta": {"kind": kind, "name": item},
        "fill": "toself",
        "fillcolor": fill,
        "hoveron": "fills",
        "hoverinfo": "text",
        "text": hover,
    }


class Bar(NamedTuple):
    """A hatched bar: where it is, its words, what it says when it is pointed at, its colours.

    *hatch* is its pattern, as plotly names it, and the colour of the pattern's lines.
    """

    box: Box
    words: str
    hover: str
    fill: str
    line: str
    hatch: tuple[str, str]


def bars_trace(name: str, bars: Sequence[Bar], theme: Theme, anchor: str) -> Trace:
    """Return hatched bars as one trace; *anchor* is where in each its words stand."""
    return {
        "type": "bar",
        "name": name,
        "meta": {"kind": name, "name": ""},
        "orientation": "h",
        "base": [bar.box.left for bar in bars],
        "x": [round(bar.box.width, 1) for bar in bars],
        "y": [bar.box.middle[1] for bar in bars],
        "width": [bar.box.bottom - bar.box.top for bar in bars],
        "marker": {
            # One colour here: from a list plotly.js would choose the colours of hatching itself.
            "color": theme.box,
            "line": {"color": [bar.line for bar in bars], "width": 1},
            "pattern": {
                "shape": [bar.hatch[0] for bar in bars],
                "fgcolor": [bar.hatch[1] for bar in bars],
                "bgcolor": [bar.fill for bar in bars],
                "size": 7,
                "solidity": 0.25,
            },
        },
        "text": [escape_text(bar.words) for bar in bars],
        "textposition": "inside",
        "insidetextanchor": anchor,
        "constraintext": "none",
        "textangle": 0,
        "textfont": {"color": theme.ink, "size": 12},
        "hovertext": [bar.hover for bar in bars],
        "hoverinfo": "text",
    }


class Label(NamedTuple):
    """A text with markup at a point; *anchor* as plotly's ``textposition``."""

    x: float
    y: float
    text: str
    anchor: str = "middle center"


def text_trace(name: str, labels: Iterable[Label], color: str, size_px: float = TEXT_PX) -> Trace:
    """Return texts that the pointer does not notice."""
    rows = list(labels)
    return {
        "type": "scatter",
        "mode": "text",
        "name": name,
        "x": [round(row.x, 1) for row in rows],
        "y": [round(row.y, 1) for row in rows],
        "text": [row.text or " " for row in rows],  # plotly.js never redraws an empty text
        "textposition": [row.anchor for row in rows],
        "textfont": {"color": color, "size": size_px},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


class Page(NamedTuple):
    """What a figure is drawn for: its width in pixels, a theme, whether it has to save height."""

    width_px: int = 1000
    theme: str = "light"
    is_low: bool = False

    @property
    def colors(self) -> Theme:
        """The colours of the theme."""
        if self.theme not in THEMES:
            raise ValueError(f"theme is {self.theme!r}; allowed: {', '.join(THEMES)}")
        return THEMES[self.theme]


PAGE = Page()

_HIDDEN_AXIS = {"visible": False, "fixedrange": True}


def figure_of(traces: Sequence[Trace], page: Page, height_px: float, alt: str) -> go.Figure:
    """Return the figure of *traces*; nothing is validated, for it is drawn at every step.

    They are in drawing order, but bars always lie under the rest; *alt*, what the figure shows in
    words, is kept as ``figure.layout.meta``.
    """
    theme = page.colors
    layout = {
        "autosize": True,
        "height": height_px,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "xaxis": {**_HIDDEN_AXIS, "range": [0, page.width_px]},
        "yaxis": {**_HIDDEN_AXIS, "range": [height_px, 0]},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": TEXT_PX, "color": theme.ink},
        "hoverlabel": {
            "bgcolor": theme.box,
            "bordercolor": theme.muted,
            "font": {"family": FONT, "size": TEXT_PX, "color": theme.ink},
            "align": "left",
            "namelength": -1,
        },
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": theme.muted, "activecolor": theme.ink},
        "showlegend": False,
        "hovermode": "closest",
        "dragmode": False,
        "barmode": "overlay",
        "meta": alt,
        "template": {},
    }
    return go.Figure(data=list(traces), layout=layout, _validate=False)


def traces_of(figure: go.Figure, kind: str) -> dict[str, Any]:
    """Return the traces of a kind, such as `cluster.NODES`, by what each stands for.

    They are shapes that answer to pointer and click anywhere inside their outline.
    """
    return {
        trace.meta["name"]: trace
        for trace in figure.data
        if trace.meta is not None and trace.meta["kind"] == kind
    }
