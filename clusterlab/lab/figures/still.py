"""A still picture of a figure as SVG, for readers without a kernel, print and repository pages.

It understands exactly what `drawing.py` and `timebars.py` draw: lines, filled shapes, texts and
hatched bars in pixels. The same figure gives the same text, so pictures can be compared.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape
from typing import Any
from urllib.parse import quote

import plotly.graph_objects as go

from clusterlab.lab.figures.drawing import FONT
from clusterlab.lab.figures.palette import THEMES

SAFE = " !$()*+,-./:;=?@[]_'"
"""What may stand in the address of a picture as it is; the rest is written as %XX."""
_LINE_HEIGHT = 1.3
_SAID = re.compile("<title>.*?</title>|<desc>.*?</desc>", re.DOTALL)
_SHARED = (" xml:space='preserve'", " font-size='12'")
_ANCHORS = {"left": "end", "center": "middle", "right": "start"}
HATCHES = {
    "/": "M-2,2 L2,-2 M0,8 L8,0 M6,10 L10,6",
    "\\": "M-2,6 L2,10 M0,0 L8,8 M6,-2 L10,2",
    "x": "M0,0 L8,8 M0,8 L8,0",
    ".": "M3,4 L5,4",
}
"""The lines of a hatched square of 8 pixels, by the name that plotly has for the hatch."""


@dataclass(frozen=True)
class Still:
    """A still picture; a notebook shows it as an image that says in words what it shows.

    An image with its words is shown in notebooks that JupyterLab does not trust, and is read out
    in exported pages; SVG as such is neither.
    """

    svg: str
    alt: str
    width_px: float

    def _repr_html_(self) -> str:
        return f'<img src="{self.address}" alt="{escape(self.alt)}" width="{self.width_px:g}">'

    @property
    def address(self) -> str:
        """The picture as an address: what all its texts have in common is said once."""
        short = _SAID.sub("", self.svg).replace('"', "'").replace("\n", "")
        for attribute in _SHARED:
            short = short.replace(attribute, "")
        short = short.replace("<svg", f"<svg{''.join(_SHARED)}", 1)
        return f"data:image/svg+xml,{quote(short, safe=SAFE)}"

    def __repr__(self) -> str:
        return self.alt


def still(figure: go.Figure, title: str = "Server cluster") -> Still:
    """Return *figure*, drawn by this package, as a still picture on the paper of its theme.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> from clusterlab.lab.figures.tree import tree_figure
        >>> picture = still(tree_figure(exchange_cluster(), "EVS1"))
        >>> picture.svg[:4], len(picture.svg) < 60_000
        ('<svg', True)
    """
    values: Mapping[str, Any] = figure.to_dict()
    layout = values["layout"]
    width, height = layout["xaxis"]["range"][1], layout["yaxis"]["range"][0]
    alt = layout["meta"]
    # plotly draws bars below lines and texts, whatever their order
    traces = sorted(values["data"], key=lambda trace: trace["type"] != "bar")
    marks = (_mark(shape) for shape in layout.get("shapes", ()))
    body = "\n".join((*(part for trace in traces for part in _trace(trace)), *marks))
    # Without a width of its own the picture fits the page; JupyterLab would cut it off.
    ink = layout["font"]["color"]
    paper = next(theme.paper for theme in THEMES.values() if theme.ink == ink)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'font-family="{escape(FONT)}" style="max-width:{width:g}px;height:auto">\n'
        f"<title>{escape(title)}</title>\n<desc>{escape(alt)}</desc>\n"
        f'<rect width="100%" height="100%" fill="{paper}"/>\n{body}\n</svg>\n'
    )
    return Still(svg, alt, width)


Drawn = tuple[Any, ...]
"""One thing that is drawn, as plain values: its kind, where it is, how it looks (`marks`)."""


def marks(trace: Mapping[str, Any]) -> Iterator[Drawn]:
    """Yield what a trace draws.

    "path": commands, fill, stroke, width, dashes. "text": x, y of each line, anchor, size, colour,
    lines as plain and bold pieces by turns. "bar": left, top, width, height, hatch (its shape,
    ground and colour), stroke.
    """
    if trace["type"] == "bar":
        yield from _bars(trace)
    elif trace["mode"] == "text":
        rows = zip(trace["x"], trace["y"], trace["text"], trace["textposition"], strict=True)
        for x, y, text, anchor in (row for row in rows if row[2].strip()):
            yield _text(x, y, text, _ANCHORS[anchor.split()[1]], trace["textfont"])
    else:
        yield from _path(trace)


def _trace(trace: Mapping[str, Any]) -> Iterator[str]:
    drawn = tuple(marks(trace))
    hatches = dict.fromkeys(mark[5] for mark in drawn if mark[0] == "bar")
    yield from (
        f'<pattern id="{_hatch_id(shape, ground)}" width="8" height="8" '
        f'patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="{ground}"/>'
        f'<path d="{HATCHES[shape]}" stroke="{color}" stroke-width="2"/></pattern>'
        for shape, ground, color in hatches
    )
    yield from map(_svg, drawn)


def _svg(mark: Drawn) -> str:
    match mark:
        case "path", commands, fill, stroke, width, dashes:
            dash = f' stroke-dasharray="{dashes}"' if dashes else ""
            return (
                f'<path d="{commands}" fill="{fill}" stroke="{stroke}" '
                f'stroke-width="{width:g}"{dash}/>'
            )
        case "bar", left, top, width, height, (shape, ground, _), stroke:
            return (
                f'<rect x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}" '
                f'fill="url(#{_hatch_id(shape, ground)})" stroke="{stroke}"/>'
            )
    _, x, ys, anchor, size, color, lines = mark
    spans = "".join(
        f'<tspan x="{x:g}" y="{y:.1f}">{_bold(line)}</tspan>'
        for y, line in zip(ys, lines, strict=True)
    )
    return (
        f'<text font-size="{size:g}" fill="{color}" text-anchor="{anchor}" '
        f'xml:space="preserve">{spans}</text>'
    )


def _path(trace: Mapping[str, Any]) -> Iterator[Drawn]:
    points = list(zip(trace["x"], trace["y"], strict=True))
    commands, pen = [], "M"
    for x, y in points:
        if x is None:
            pen = "M"
            continue
        commands.append(f"{pen}{x:g},{y:g}")
        pen = "L"
    if commands:
        line = trace["line"]
        dashes = _dashes(line["dash"], line["width"])
        fill = trace.get("fillcolor", "none")
        yield "path", "".join(commands), fill, line["color"], line["width"], dashes


def _mark(shape: Mapping[str, Any]) -> str:
    left, top, line = shape["x0"], shape["y0"], shape["line"]
    dashes = _dashes(line["dash"], line["width"])
    dash = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<rect x="{left:g}" y="{top:g}" width="{shape["x1"] - left:g}" '
        f'height="{shape["y1"] - top:g}" fill="none" stroke="{line["color"]}" '
        f'stroke-width="{line["width"]:g}"{dash}/>'
    )


def _dashes(name: str, width: float) -> str:
    unit = max(width, 3)
    steps = {
        "dot": (1, 1),
        "dash": (3, 3),
        "longdash": (5, 5),
        "dashdot": (3, 1, 1, 1),
        "longdashdot": (5, 2, 1, 2),
    }.get(name)
    return " ".join(f"{unit * step:g}" for step in steps or ())


def _text(x: float, y: float, text: str, anchor: str, font: Mapping[str, Any]) -> Drawn:
    """Return one text; *text* has the markup of `drawing.py`: line breaks and bold."""
    size = font["size"]
    lines = [line.replace("</b>", "<b>").split("<b>") for line in text.split("<br>")]
    # plotly sets a text of several lines a little higher than the middle
    first = y + size * (0.35 - 0.12 * (len(lines) > 1) - _LINE_HEIGHT / 2 * (len(lines) - 1))
    ys = tuple(round(first + row * size * _LINE_HEIGHT, 1) for row in range(len(lines)))
    pieces = tuple(tuple(map(unescape, line)) for line in lines)
    return "text", x, ys, anchor, size, font["color"], pieces


def _bold(line: Sequence[str]) -> str:
    """Return pieces of text, every second of them bold."""
    shown = [escape(piece, quote=False) for piece in line]
    shown[1::2] = (f'<tspan font-weight="bold">{piece}</tspan>' for piece in shown[1::2])
    return "".join(shown)


def _bars(trace: Mapping[str, Any]) -> Iterator[Drawn]:
    pattern, lines = trace["marker"]["pattern"], trace["marker"]["line"]["color"]
    looks = list(zip(pattern["shape"], pattern["bgcolor"], pattern["fgcolor"], strict=True))
    for index, (left, width) in enumerate(zip(trace["base"], trace["x"], strict=True)):
        middle, height = trace["y"][index], trace["width"][index]
        yield "bar", left, middle - height / 2, width, height, looks[index], lines[index]
        if text := trace["text"][index]:
            yield _text(left + 3, middle, text, "start", trace["textfont"])


def _hatch_id(shape: str, ground: str) -> str:
    return f"hatch-{list(HATCHES).index(shape)}-{ground.removeprefix('#')}"
