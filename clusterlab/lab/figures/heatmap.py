"""The heat map of a what-if sweep: rows fail first, columns second, each cell says what is lost.

A cell says in words how many groups are lost and how long another one was out; colour and outline
only repeat it. Same sweep, same figure; cells that were not played yet keep their place, so the
map can fill while it is on screen. Each cell is one trace of the kind `CELLS`, named by its
sequence ("NODE3, then NODE4"), that answers to a click anywhere inside (`drawing.traces_of`).
"""

from __future__ import annotations

from collections.abc import Iterator

import plotly.graph_objects as go

from clusterlab.lab.figures import drawing as dr
from clusterlab.lab.figures.palette import FAILED, OFFLINE, ONLINE, PENDING, Theme
from clusterlab.studies.play import Aftermath, Failure, minutes
from clusterlab.studies.whatif import Sweep

CELLS = "cells"
"""Kind of the traces that stand for cells, see `drawing.traces_of`."""
MOST_SHOWN = 24
"""With more failures than this only the single ones are drawn; the table has all of them."""

MARGIN = 10.0
GAP = 4.0
HEAD_PX, TWO_LINES_HEAD_PX = 54.0, 68.0
LEGEND_PX = 20.0
MOST_LABEL_PX = 190.0
MOST_CELL_PX = 150.0
NOT_PLAYED = "not played"
_OUTLINES = {ONLINE: (1.5, "solid"), PENDING: (2.0, "dot"), FAILED: (3.0, "solid"),
             OFFLINE: (1.5, "dash")}  # fmt: skip
_LEGEND = {
    FAILED: (
        "lost: so many groups serve no more; minutes: the longest time that another one was down",
        "lost: groups that serve no more; min: longest time down of others",
    ),
    PENDING: ("0 lost: every group serves again, after so many minutes at most", "all serve again"),
    ONLINE: ("0 lost, 0.0 min: no client has noticed anything", "no one noticed"),
}
"""What the colours mean, long and short."""


_Square = tuple[str, Aftermath | None, dr.Box]
"""One cell of the map: its sequence, what is known of it, and where it stands."""


class _Grid:
    """Where the cells stand, a function of the failures and the width alone."""

    def __init__(self, sweep: Sweep, width_px: float) -> None:
        self.sweep, self.width_px = sweep, width_px
        self.rows = sweep.failures
        self.is_double = sweep.is_double and len(sweep.failures) <= MOST_SHOWN
        self.columns: tuple[Failure | None, ...] = self.rows if self.is_double else (None,)
        longest = max((dr.text_width_px(row.label) for row in self.rows), default=0.0)
        self.label_px = min(longest + 14, MOST_LABEL_PX)
        room_px = width_px - 2 * MARGIN - self.label_px
        self.cell_px = min(room_px / max(len(self.columns), 1), MOST_CELL_PX)
        self.is_one_line = self.cell_px - GAP >= dr.text_width_px("10 lost, 100.0 min") + 8
        self.row_px = 32.0 if self.is_one_line else 44.0
        self.names = [dr.in_two_lines(row.label, self.cell_px - 2) for row in self.rows]
        is_high = any(len(lines) > 1 for lines in self.names)
        head_px = TWO_LINES_HEAD_PX if is_high else HEAD_PX
        self.head_px = head_px if self.is_double else 24.0
        self.legend_top = self.head_px + self.row_px * len(self.rows) + 4
        self.height_px = self.legend_top + LEGEND_PX * len(_LEGEND)

    def squares(self) -> Iterator[_Square]:
        """Yield the cells, rows first."""
        known = {cell.failures: cell for cell in self.sweep.cells}
        for row_index, row in enumerate(self.rows):
            for index, column in enumerate(self.columns):
                is_alone = column is None or column is row
                sequence = (row,) if column is None or is_alone else (row, column)
                left = MARGIN + self.label_px + index * self.cell_px
                top = self.head_px + row_index * self.row_px
                box = dr.Box(left, top, left + self.cell_px - GAP, top + self.row_px - GAP)
                label = ", then ".join(failure.label for failure in sequence)
                yield label, known.get(sequence), box


def heat_map_figure(sweep: Sweep, *, page: dr.Page = dr.PAGE, selected: str = "") -> go.Figure:
    """Return the heat map of a sweep; *selected* is the sequence of the cell to be marked.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> from clusterlab.studies.whatif import double_failures
        >>> figure = heat_map_figure(double_failures(exchange_cluster(active=1)))
        >>> [trace.meta["name"] for trace in figure.data if trace.meta]
        ['NODE1', 'NODE1, then NODE2', 'NODE2, then NODE1', 'NODE2']
    """
    colors = page.colors
    grid = _Grid(sweep, page.width_px)
    squares = list(grid.squares())
    traces = [_cell_trace(square, colors, square[0] == selected) for square in squares]
    traces.append(dr.text_trace("cell texts", _cell_labels(squares, grid.is_one_line), colors.ink))
    traces.append(dr.text_trace("names", _names(grid), colors.ink))
    traces.append(dr.text_trace("losses", _losses(grid, squares), colors.ink))
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
    label, cell, box = square
    role = role_of_cell(cell)
    width_px, dash = _OUTLINES[role]
    color = colors.strokes[role]
    if is_selected:
        color, width_px, dash = colors.ink, 4.0, "solid"
    paint = dr.Paint(colors.fills[role], color, width_px, dash)
    return dr.area_trace(CELLS, label, dr.outline(box, 4.0), paint, _hover(label, cell))


def _hover(label: str, cell: Aftermath | None) -> str:
    lines = [NOT_PLAYED] if cell is None else [cell.text, *map(str, cell.fates)]
    return "<br>".join((f"<b>{dr.escape_text(label)}</b>", *map(dr.escape_text, lines)))


def _cell_labels(squares: list[_Square], is_one_line: bool) -> Iterator[dr.Label]:
    for _, cell, box in squares:
        room_px = box.width - 4
        if cell is None:
            yield dr.Label(*box.middle, dr.first_that_fits((NOT_PLAYED, "…"), room_px))
        else:
            yield dr.Label(*box.middle, cell.text if is_one_line else _two_lines(cell, room_px))


def _two_lines(cell: Aftermath, room_px: float) -> str:
    lost = dr.first_that_fits((f"{len(cell.lost)} lost", str(len(cell.lost))), room_px)
    out = dr.first_that_fits(
        (minutes(cell.seconds_out), f"{cell.seconds_out / 60:.1f}", ""), room_px
    )
    return f"{lost}<br>{out}" if out else lost


def _names(grid: _Grid) -> Iterator[dr.Label]:
    for index, row in enumerate(grid.rows):
        y = grid.head_px + (index + 0.5) * grid.row_px - GAP / 2
        text = dr.shortened(row.label, grid.label_px - 8)
        yield dr.Label(MARGIN, y, dr.escape_text(text), "middle right")
    for index, lines in enumerate(grid.names if grid.is_double else ()):
        x = MARGIN + grid.label_px + (index + 0.5) * grid.cell_px - GAP / 2
        y = grid.head_px - 3 - 8 * len(lines)
        yield dr.Label(x, y, "<br>".join(dr.escape_text(line) for line in lines))


def _losses(grid: _Grid, squares: list[_Square]) -> Iterator[dr.Label]:
    """Yield the names of what is lost beside the only column."""
    for _, cell, box in squares if not grid.is_double else ():
        names = ", ".join(cell.lost) if cell else ""
        text = dr.shortened(names, grid.width_px - box.right - MARGIN - 10)
        yield dr.Label(box.right + 10, box.middle[1], dr.escape_text(text), "middle right")


def _headings(grid: _Grid) -> Iterator[dr.Label]:
    left = MARGIN + grid.label_px
    yield dr.Label(MARGIN, dr.TEXT_PX, "Fails first" if grid.is_double else "Fails", "middle right")
    if grid.is_double:
        note = dr.first_that_fits(
            (
                "Then, when the cluster is quiet, fails (with itself: the first failure alone)",
                "Then fails (with itself: alone)",
                "Then fails",
            ),
            grid.width_px - left - MARGIN,
        )
        yield dr.Label(left, dr.TEXT_PX, note, "middle right")
    else:
        yield dr.Label(left, dr.TEXT_PX, "lost, and longest time down", "middle right")


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


def heat_map_html(sweep: Sweep) -> str:
    """Return the same as an HTML table, for those who do not see the figure."""
    columns = sweep.failures if sweep.is_double else ()
    heads = "".join(f'<th scope="col">{dr.escape_text(item.label)}</th>' for item in columns)
    head = f'<tr><th scope="col">first \\ then</th>{heads or "<th>alone</th>"}</tr>'
    rows = "".join(
        f'<tr><th scope="row">{dr.escape_text(row.label)}</th>'
        f"{''.join(_td(cell) for cell in cells)}</tr>"
        for row, cells in sweep.rows()
    )
    caption = f"<caption>{dr.escape_text(sweep.summary())}</caption>"
    return f"<table>{caption}<thead>{head}</thead><tbody>{rows}</tbody></table>"


def _td(cell: Aftermath) -> str:
    lost = f": {', '.join(cell.lost)}" if cell.lost else ""
    return f'<td class="clusterlab-{role_of_cell(cell)}">{dr.escape_text(cell.text + lost)}</td>'
