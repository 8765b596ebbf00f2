"""The support interview as a picture: a card for each requirement, in rows by what it weighs.

A card says its number, what is asked and what could be shown; colour, glyph and outline only repeat
it. A card keeps its place whatever is answered, also where its programme does not ask for it.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby

import plotly.graph_objects as go

from clusterlab.design.readiness import REQUIREMENTS, Evidence, Readiness, Requirement
from clusterlab.lab.figures import drawing as dr
from clusterlab.lab.figures.palette import FAILED, OFFLINE, ONLINE, PENDING, Theme

CARDS = "cards"  # kind of the traces that stand for requirements, see `drawing.traces_of`
MARKS: Mapping[Evidence, tuple[str, str, str]] = {
    Evidence.SHOWN: ("●", ONLINE, "solid"),
    Evidence.PROMISED: ("◐", PENDING, "dot"),
    Evidence.MISSING: ("✖", FAILED, "solid"),
    Evidence.NOT_ASKED: ("○", OFFLINE, "dash"),
}
"""Glyph, colour and outline beside the word."""
WEIGHTS = {3: "no support without it", 2: "support suffers", 1: "good practice"}
MARGIN, HEAD_PX, ROW_PX, TITLE_PX, GAP = 8.0, 30.0, 98.0, 22.0, 6.0
COLUMNS = 6


def _cards(width_px: float) -> Iterator[tuple[Requirement, dr.Box]]:
    step = (width_px - 2 * MARGIN) / COLUMNS
    ranked = sorted(REQUIREMENTS, key=lambda item: -item.weight)
    for row, (_, items) in enumerate(groupby(ranked, key=lambda item: item.weight)):
        top = HEAD_PX + ROW_PX * row + TITLE_PX
        for column, item in enumerate(items):
            left = MARGIN + step * column
            yield item, dr.Box(left, top, left + step - GAP, top + ROW_PX - TITLE_PX - GAP)


def readiness_figure(ready: Readiness, *, page: dr.Page = dr.PAGE, chosen: str = "") -> go.Figure:
    """Return the interview as far as it went, the card of *chosen*, such as "D3", framed.

    Example:
        >>> from clusterlab.design.readiness import readiness
        >>> figure = readiness_figure(readiness({"D3": Evidence.SHOWN}))
        >>> len(dr.traces_of(figure, CARDS))
        12
    """
    colors, cards = page.colors, list(_cards(page.width_px))
    tops = {item.weight: box.top - 10 for item, box in reversed(cards)}
    rows = [
        dr.Label(MARGIN, top, f"{WEIGHTS[weight]} (course rule)", "middle right")
        for weight, top in tops.items()
    ]
    head = dr.Label(MARGIN, 14, f"<b>{dr.escape_text(ready.verdict)}</b>", "middle right")
    traces = [
        *(_card(item, box, ready, colors, item.id == chosen) for item, box in cards),
        dr.text_trace("words", (_words(item, box, ready) for item, box in cards), colors.ink),
        dr.text_trace("rows", rows, colors.muted),
        dr.text_trace("head", [head], colors.ink, 14.0),
    ]
    bottom = max(box.bottom for _, box in cards) + MARGIN
    return dr.figure_of(traces, page, bottom, readiness_text(ready))


def readiness_text(ready: Readiness) -> str:
    """Return in words what the figure shows."""
    said = (
        f"{item.id} {item.short}: {_state(item, ready)}"
        for item in sorted(REQUIREMENTS, key=lambda item: -item.weight)
    )
    return f"{ready.verdict}. {'; '.join(said)}."


def _state(item: Requirement, ready: Readiness) -> str:
    return ready.answers[item.id].value if item.id in ready.answers else "does not count"


def _card(
    item: Requirement, box: dr.Box, ready: Readiness, colors: Theme, is_chosen: bool
) -> dr.Trace:
    _, role, dash = MARKS[ready.answers.get(item.id, Evidence.NOT_ASKED)]
    line = (colors.ink, 3.5, "solid") if is_chosen else (colors.strokes[role], 2.0, dash)
    hover = f"<b>{item.id}</b> {dr.escape_text(item.title)}<br>{_state(item, ready)}"
    return dr.area_trace(
        CARDS, item.id, dr.outline(box), dr.Paint(colors.fills[role], *line), hover
    )


def _words(item: Requirement, box: dr.Box, ready: Readiness) -> dr.Label:
    given = ready.answers.get(item.id)
    glyph = f"{MARKS[given][0]} " if given else ""
    lines = (
        *dr.in_two_lines(f"{item.id} {item.short}", box.width - 8),
        glyph + _state(item, ready),
    )
    return dr.Label(*box.middle, "<br>".join(lines))
