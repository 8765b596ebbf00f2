"""What a what-if sweep found: each failure alone in words, each pair as one figure in a map.

Rows fail first, columns second. A figure says how many groups are lost or, if none is, how long
one was down; colour and outline only repeat it. Failures of one kind may share a line, whose cells
show the worst of theirs. Same sweep, same figure; cells that were not played yet keep their place,
so the map can fill while it is on screen. Each cell is one trace of the kind `CELLS`, named by its
sequence ("NODE3, then NODE2"), that answers to a click anywhere inside (`drawing.traces_of`).
"""

from collections.abc import Iterator, Mapping, Sequence

import plotly.graph_objects as go

from clusterlab.lab.figures import drawing as dr
from clusterlab.lab.figures.palette import FAILED, OFFLINE, ONLINE, PENDING, Theme
from clusterlab.studies.play import Aftermath, Failure, minutes
from clusterlab.studies.whatif import Sweep

CELLS = "cells"  # kind of the traces that stand for cells, see `drawing.traces_of`
MOST_SHOWN = 24
"""With more lines than this only the single failures are drawn; the table has all of them."""
Folds = Mapping[str, Sequence[Failure]]  # failures that share a line, by its name

MARGIN = 10.0
GAP = 4.0
ROW_PX = 30.0
LEGEND_PX = 20.0
MOST_LABEL_PX = 190.0
MOST_CELL_PX, ALONE_PX = 96.0, 116.0
NOT_PLAYED = "not played"
_OUTLINES = {ONLINE: (1.5, "solid"), PENDING: (2.0, "dot"), FAILED: (3.0, "solid"),
             OFFLINE: (1.5, "dash")}  # fmt: skip
_LEGEND = {
    FAILED: ("lost: so many groups do not serve again", "groups lost"),
    PENDING: ("minutes: nothing is lost; the longest time that a group was down", "longest time"),
    ONLINE: ("0 min: no client has noticed anything", "no one noticed"),
}
"""What the colours mean, long and short."""

_Square = tuple[str, Sequence[str], Aftermath | None, dr.Box]
"""One cell of the map: its name, the sequences it stands for, the worst of them, and its place."""


class _Grid:
    """Where the cells stand, a function of the failures and the width alone."""

    def __init__(self, sweep: Sweep, folds: Folds, width_px: float) -> None:
        self.sweep, self.width_px = sweep, width_px
        self.lines = lines_of(sweep, folds)
        is_double = sweep.is_double and len(self.lines) <= MOST_SHOWN
        self.columns = list(self.lines) if is_double else []
        longest = max(map(dr.text_width_px, self.lines), default=0.0)
        self.label_px = min(longest + 14, MOST_LABEL_PX)
        room_px = width_px - 2 * MARGIN - self.label_px
        self.alone_px = ALONE_PX if is_double else room_px
        self.map_left = MARGIN + self.label_px + self.alone_px + 8
        room_px -= self.alone_px + 8
        self.cell_px = min(room_px / max(len(self.columns), 1), MOST_CELL_PX)
        self.names = [dr.in_two_lines(name, self.cell_px - 2) for name in self.columns]
        self.head_px = 24.0 + 15 * max(map(len, self.names), default=0)
        self.legend_top = self.head_px + ROW_PX * len(self.lines) + 4
        self.height_px = self.legend_top + LEGEND_PX * len(_LEGEND)

    def squares(self) -> Iterator[_Square]:
        """Yield the cells, rows first, the failure alone before its pairs."""
        known = {cell.label: cell for cell in self.sweep.cells}
        for row, (name, firsts) in enumerate(self.lines.items()):
            top = self.head_px + row * ROW_PX
            left = MARGIN + self.label_px
            box = dr.Box(left, top, left + self.alone_px - GAP, top + ROW_PX - GAP)
            yield _square(name, [one.label for one in firsts], known, box)
            for index, then in enumerate(self.columns):
                left = self.map_left + index * self.cell_px
                box = dr.Box(left, top, left + self.cell_px - GAP, top + ROW_PX - GAP)
                pairs = ((one, two) for one in firsts for two in self.lines[then] if one != two)
                if names := [f"{one.label}, then {two.label}" for one, two in pairs]:
                    yield _square(f"{name}, then {then}", names, known, box)


def _square(
    name: str, labels: Sequence[str], known: Mapping[str, Aftermath], box: dr.Box
) -> _Square:
    played = (known[label] for label in labels if label in known)
    worst = max(played, key=lambda cell: (len(cell.lost), cell.seconds_out), default=None)
    return name, labels, worst, box


def lines_of(sweep: Sweep, folds: Folds) -> dict[str, Sequence[Failure]]:
    """Return the lines of the map: the failures that stand in each, by its name."""
    folded = {failure: name for name, some in folds.items() for failure in some}
    names = dict.fromkeys(folded.get(failure, failure.label) for failure in sweep.failures)
    alone = {failure.label: (failure,) for failure in sweep.failures}
    return {name: folds.get(name) or alone[name] for name in names}


def worst_of(sweep: Sweep, folds: Folds, name: str) -> str:
    """Return the sequence that the cell *name* shows: its own, or the worst of several."""
    squares = _Grid(sweep, folds, dr.PAGE.width_px).squares()
    return next(
        cell.label if cell else labels[0] for one, labels, cell, _ in squares if one == name
    )


def heat_map_figure(
    sweep: Sweep, *, page: dr.Page = dr.PAGE, selected: str = "", folds: Folds | None = None
) -> go.Figure:
    """Return the heat map of a sweep; *selected* is the sequence whose cell is to be marked.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> from clusterlab.studies.whatif import double_failures
        >>> figure = heat_map_figure(double_failures(exchange_cluster(active=1)))
        >>> [trace.meta["name"] for trace in figure.data if trace.meta]
        ['NODE1', 'NODE1, then NODE2', 'NODE2', 'NODE2, then NODE1']
    """
    colors = page.colors
    grid = _Grid(sweep, folds or {}, page.width_px)
    squares = list(grid.squares())
    traces = [_cell_trace(square, colors, selected in square[1]) for square in squares]
    traces.append(dr.text_trace("cell texts", map(_cell_label, squares), colors.ink))
    traces.append(dr.text_trace("names", _names(grid), colors.ink))
    traces.append(dr.text_trace("headings", _headings(grid), colors.muted))
    traces += _legend(grid, colors)
    return dr.figure_of(traces, page, grid.height_px, heat_map_text(sweep))


def role_of_cell(cell: Aftermath | None) -> str:
    """Return the colour of a cell: lost, out for a while, untouched, or not played."""
    if cell is None:
        return OFFLINE
    if cell.lost:
        return FAILED
    return PENDING if cell.seconds_out else ONLINE


def _cell_trace(square: _Square, colors: Theme, is_selected: bool) -> dr.Trace:
    name, labels, cell, box = square
    role = role_of_cell(cell)
    width_px, dash = _OUTLINES[role]
    color = colors.strokes[role]
    if is_selected:
        color, width_px, dash = colors.ink, 4.0, "solid"
    paint = dr.Paint(colors.fills[role], color, width_px, dash)
    lines = [NOT_PLAYED] if cell is None else [cell.text, *map(str, cell.fates)]
    if cell is not None and len(labels) > 1:
        lines.insert(0, f"the worst of {len(labels)}: {cell.label}")
    hover = "<br>".join((f"<b>{dr.escape_text(name)}</b>", *map(dr.escape_text, lines)))
    return dr.area_trace(CELLS, name, dr.outline(box, 4.0), paint, hover)


def _cell_label(square: _Square) -> dr.Label:
    """Return what stands in a cell: one figure, or the failure alone in words."""
    _, labels, cell, box = square
    if cell is None:
        said: tuple[str, ...] = (NOT_PLAYED, "…")
    elif cell.lost:
        said = (f"{len(cell.lost)} lost", f"{len(cell.lost)}")
        if len(cell.failures) == len(labels) == 1:
            said = (f"{', '.join(cell.lost)} lost", *said)
    else:
        said = (
            minutes(cell.seconds_out) if cell.seconds_out else "0 min",
            f"{cell.seconds_out / 60:.0f}",
        )
    return dr.Label(*box.middle, dr.escape_text(dr.first_that_fits(said, box.width - 4)))


def _names(grid: _Grid) -> Iterator[dr.Label]:
    for index, name in enumerate(grid.lines):
        y = grid.head_px + (index + 0.5) * ROW_PX - GAP / 2
        text = dr.shortened(name, grid.label_px - 8)
        yield dr.Label(MARGIN, y, dr.escape_text(text), "middle right")
    for index, lines in enumerate(grid.names):
        x = grid.map_left + (index + 0.5) * grid.cell_px - GAP / 2
        y = grid.head_px - 3 - 8 * len(lines)
        yield dr.Label(x, y, "<br>".join(dr.escape_text(line) for line in lines))


def _headings(grid: _Grid) -> Iterator[dr.Label]:
    left = MARGIN + grid.label_px
    yield dr.Label(MARGIN, dr.TEXT_PX, "Fails", "middle right")
    yield dr.Label(
        left,
        dr.TEXT_PX,
        "alone" if grid.columns else "alone: what is lost, or how long one was down",
        "middle right",
    )
    if grid.columns:
        notes = ("then, when the cluster is quiet, this fails too", "then this fails too")
        note = dr.first_that_fits(notes, grid.width_px - grid.map_left - MARGIN)
        yield dr.Label(grid.map_left, dr.TEXT_PX, note, "middle right")


def _legend(grid: _Grid, colors: Theme) -> Iterator[dr.Trace]:
    """Draw below the map what its colours and figures mean, one line for each colour."""
    labels = []
    for index, (role, words) in enumerate(_LEGEND.items()):
        top = grid.legend_top + LEGEND_PX * index
        width_px, dash = _OUTLINES[role]
        swatch = dr.outline(dr.Box(MARGIN + 2, top + 3, MARGIN + 26, top + 16), 3.0)
        line = dr.line_trace(f"legend {role}", swatch, colors.strokes[role], width_px, dash)
        yield dr.filled(line, colors.fills[role])
        room_px = grid.width_px - 2 * MARGIN - 34
        labels.append(
            dr.Label(MARGIN + 34, top + 10, dr.first_that_fits(words, room_px), "middle right")
        )
    yield dr.text_trace("legend", labels, colors.ink)


def heat_map_text(sweep: Sweep) -> str:
    """Return in sentences what the heat map shows."""
    losses = "; ".join(
        f"{cell.label}: {', '.join(cell.lost)}" for cell in sweep.losses[:MOST_SHOWN]
    )
    more = len(sweep.losses) - MOST_SHOWN
    words = f"{sweep.summary()} Lost: {losses or 'nothing'}"
    return words + (f"; and {more} more." if more > 0 else ".")
