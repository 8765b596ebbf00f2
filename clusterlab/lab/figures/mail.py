"""The picture of mail flow: who passes what to whom, what waits, and below it how it came to that.

Same values, same figure. Queues are shown as words and as bars, what is closed by a cross and a
broken line; colour only repeats it. Boxes of stand-alone servers answer to clicks.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from math import ceil, hypot, log10

import plotly.graph_objects as go

from clusterlab.cluster.model import Cluster
from clusterlab.cluster.outages import service_part
from clusterlab.exchange import mailflow as mf
from clusterlab.exchange.mailflow import MailFlow
from clusterlab.exchange.topologies import Kind, Place, PlaceKind
from clusterlab.lab.figures import drawing as dr
from clusterlab.lab.figures.palette import FAILED, OFFLINE, ONLINE, PENDING, Theme
from clusterlab.lab.figures.still import Still, still
from clusterlab.lab.figures.timebars import TimeScale, axis_end, axis_traces, emptied
from clusterlab.simulation import Simulation

PLACES = "places"  # kind of the traces that stand for a place; see `drawing.traces_of`

MARGIN = 8.0
HEAD_PX = 40.0
BOX_PX, BOX_GAP = 66.0, 8.0
FIRST_LINE_PX, LINE_PX = 10.0, 14.0
CHART_PX = 72.0
LEGEND_ROWS, LEGEND_COLUMNS = 2, 3
MOST_SERIES = LEGEND_ROWS * LEGEND_COLUMNS
ROW_PX = 19.0
LABEL_PX = 132.0

_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_COLORS = {
    "light": ("#0072B2", "#A65E00", "#007A58", "#A8417E", "#1B1F24", "#D55E00"),
    "dark": ("#56B4E9", "#E69F00", "#2BBF95", "#E49BC4", "#E9ECEF", "#F08A4B"),
}

_Line = tuple[tuple[float, float], ...]
_Series = tuple[str, _Line, Kind]
"""A line of the chart: what it counts, how much whenever the slope changes, and of which kind."""


class _Layout:
    """Where everything stands; below the boxes only what there is to show."""

    def __init__(self, flow: MailFlow, width_px: float, at_s: float, lines: int) -> None:
        made = flow.topology
        self.width_px = width_px
        self.shown = [place for place in made.places if not place.beside]
        self.columns = 1 + max(place.column for place in self.shown)
        gap = max(34.0, 0.09 * width_px)
        self.gap = min(gap, 90.0)
        self.box_width = (width_px - 2 * MARGIN - 12 - (self.columns - 1) * self.gap) / self.columns
        rows = max(len(self.column(number)) for number in range(self.columns))
        self.stage_bottom = HEAD_PX + rows * (BOX_PX + BOX_GAP)
        self.legend_top = self.stage_bottom + 26
        self.chart_top = self.legend_top + -(-lines // LEGEND_COLUMNS) * 18 + 22
        self.chart_bottom = self.chart_top + (CHART_PX if lines else 0)
        self.rows_top = self.chart_bottom + 10
        self.bars = [place for place in self.shown if _was_out(flow, place, at_s)]
        self.rows_bottom = self.rows_top + ROW_PX * len(self.bars)
        self.has_axis = bool(lines or self.bars)
        self.height_px = self.rows_bottom + 26 if self.has_axis else self.legend_top
        self.left = MARGIN + min(LABEL_PX, 0.24 * width_px)
        self.right = width_px - MARGIN - dr.text_width_px("0:00:00") / 2

    def column(self, number: int) -> list[Place]:
        """Return the places of a column, topmost first."""
        return [place for place in self.shown if place.column == number]

    @cached_property
    def boxes(self) -> dict[str, dr.Box]:
        """Outline of each place that has a box, centred in its column."""
        found = {}
        height = self.stage_bottom - HEAD_PX
        for number in range(self.columns):
            here = self.column(number)
            used = len(here) * (BOX_PX + BOX_GAP) - BOX_GAP
            top = HEAD_PX + (height - BOX_GAP - used) / 2
            left = MARGIN + number * (self.box_width + self.gap)
            for place in here:
                found[place.name] = dr.Box(left, top, left + self.box_width, top + BOX_PX)
                top += BOX_PX + BOX_GAP
        return found


def _was_out(flow: MailFlow, place: Place, at_s: float) -> bool:
    return any(start_s < at_s for start_s, _ in flow.outages.get(place.name, ()))


def mailflow_figure(
    flow: MailFlow, cluster: Cluster, *, page: dr.Page = dr.PAGE, until_s: float | None = None
) -> go.Figure:
    """Return the picture of mail flow at the moment of *cluster*, on a time axis until *until_s*.

    For one topology it has always the same traces in the same order.
    """
    colors = page.colors
    at_s = cluster.now_s
    series = _series(flow, at_s)
    layout = _Layout(flow, page.width_px, at_s, len(series))
    end_s = axis_end(at_s, until_s)
    scale = TimeScale((), end_s, layout.left, layout.right)
    traces = [
        *_frame(layout, cluster, colors),
        *_arrows(flow, layout, at_s, colors),
        *_boxes(flow, layout, cluster, colors),
        *_chart(series, layout, scale, page, at_s),
        *_outage_rows(flow, layout, scale, at_s, colors),
        *_axis(layout, scale, at_s, colors),
    ]
    return dr.figure_of(traces, page, layout.height_px, alt_text(flow, cluster))


def _axis(layout: _Layout, scale: TimeScale, at_s: float, colors: Theme) -> Iterator[dr.Trace]:
    """Yield the axis of chart and outages; while there are none, its traces show nothing."""
    axis = axis_traces(scale, at_s, layout.chart_top, layout.rows_bottom, colors)
    yield from axis if layout.has_axis else map(emptied, axis)


def mailflow_picture(flow: MailFlow, sim: Simulation) -> Still:
    """Return the same as a still picture, as a notebook shows it to every reader.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> from clusterlab.exchange.mailflow import mail_flow
        >>> sim = Simulation(exchange_cluster(active=1))
        >>> print(mailflow_picture(mail_flow(sim), sim).alt[:52])
        Lotus Notes: stand-alone connector server, t = 0.0 s
    """
    figure = mailflow_figure(flow, sim.at(flow.until_s))
    return still(figure, flow.topology.title)


def alt_text(flow: MailFlow, cluster: Cluster) -> str:
    """Return in sentences what the picture shows."""
    at_s = cluster.now_s
    parts = [f"{flow.topology.title}, t = {at_s:.1f} s."]
    for place in flow.topology.places:
        if place.beside:
            continue
        words = _state(flow, place, cluster, at_s)[1]
        waits = ", ".join(f"{text} {where}" for where, text in _waits(flow, place, at_s))
        parts.append(f"{place.name}: {words}{'; ' + waits if waits else ''}.")
    return " ".join([*parts, mf.total_words(flow, at_s).replace("\n", ". ") + "."])


# --- boxes --------------------------------------------------------------------------------------


def _frame(layout: _Layout, cluster: Cluster, colors: Theme) -> Iterator[dr.Trace]:
    boxes = [layout.boxes[p.name] for p in layout.shown if p.kind is PlaceKind.EVS]
    left, right = boxes[0].left - 6, boxes[0].right + 6
    box = dr.Box(left, boxes[0].top - 26, right, boxes[-1].bottom + 6)
    yield dr.line_trace("cluster", dr.outline(box), colors.muted, 1.5, "dash")
    text = dr.shortened(f"Cluster {cluster.config.name}", box.width)
    labels = [dr.Label(box.middle[0], box.top + 12, f"<b>{dr.escape_text(text)}</b>")]
    yield dr.text_trace("cluster name", labels, colors.ink)


def _state(flow: MailFlow, place: Place, cluster: Cluster, at_s: float) -> tuple[str, str]:
    word = mf.state_word(flow, place.name, at_s)
    if word == "outside":
        return OFFLINE, "outside"
    on = f" on {cluster.owners[place.name]}" if place.name in cluster.owners else ""
    if word == "works":
        return ONLINE, f"works{on}"
    why = f": {service_part(cluster, place.name)}" if on else ""
    return FAILED, f"down{why}"


def _waits(flow: MailFlow, place: Place, at_s: float) -> Iterator[tuple[str, str]]:
    text, _ = mf.waiting_words(flow, place.name, at_s)
    if text:
        yield "waiting", text
    for other in flow.topology.places:
        if other.beside == place.name:
            text, _ = mf.waiting_words(flow, other.name, at_s)
            if text:
                yield "in Outboxes", text


_GLYPHS = {ONLINE: "●", FAILED: "✖", OFFLINE: "◇"}
_LINES = {ONLINE: (2.0, "solid"), FAILED: (4.0, "solid"), OFFLINE: (1.5, "dash")}


def _boxes(flow: MailFlow, layout: _Layout, cluster: Cluster, colors: Theme) -> Iterator[dr.Trace]:
    at_s = cluster.now_s
    labels: list[dr.Label] = []
    bars: list[dr.Points] = []
    most = max((flow.peak(place.name)[0] for place in flow.topology.places), default=0.0)
    for place in layout.shown:
        box = layout.boxes[place.name]
        role, words = _state(flow, place, cluster, at_s)
        paint = dr.Paint(colors.fills[role], colors.strokes[role], *_LINES[role])
        yield dr.area_trace(
            PLACES, place.name, dr.outline(box), paint, _hover(flow, place, words, at_s)
        )
        labels += _box_labels(flow, place, box, f"{_GLYPHS[role]} {words}", at_s)
        count = flow.waiting(place.name, at_s)
        bars.append(_bar(box, count / most if most else 0.0))
    yield dr.text_trace("place labels", labels, colors.ink)
    stroke = colors.strokes[PENDING]
    yield dr.filled(dr.line_trace("queue bars", dr.joined(bars), stroke, 1), stroke)


def _box_labels(
    flow: MailFlow, place: Place, box: dr.Box, state: str, at_s: float
) -> Iterator[dr.Label]:
    x, room_px = box.left + 7, box.width - 10
    name = [
        f"<b>{dr.escape_text(line)}</b>" for line in dr.in_two_lines(place.name, room_px / 1.08)
    ]
    words = dr.first_that_fits((state, state.replace("works on ", "")), room_px)
    lines = [*name, dr.escape_text(dr.shortened(words, room_px))]
    for where, text in _waits(flow, place, at_s):
        lines.append(dr.shortened(f"{text.split()[0]} {where}", room_px))
    for number, line in enumerate(lines):
        yield dr.Label(x, box.top + FIRST_LINE_PX + number * LINE_PX, line, "middle right")


def _bar(box: dr.Box, share: float) -> dr.Points:
    """Return the closed outline of a bar at the bottom of a box; nothing for nothing."""
    right = box.left + 6 + max(2.0, share * (box.width - 12))
    bar = dr.Box(box.left + 6, box.bottom - 6, right, box.bottom - 1.5)
    return dr.rectangle(bar) if share > 0 else ([], [])


def _hover(flow: MailFlow, place: Place, words: str, at_s: float) -> str:
    lines = [f"<b>{dr.escape_text(place.name)}</b> ({place.kind.value}): {dr.escape_text(words)}"]
    lines += [f"{text} {where}" for where, text in _waits(flow, place, at_s)]
    count, moment_s = flow.peak(place.name)
    if count:
        kind = mf.kind_at(flow.topology, place.name)
        lines.append(f"most so far: {mf.count_words(count, kind)} at {-moment_s:.1f} s")
    if place.kind is PlaceKind.SERVER:
        lines.append("Click: fail or start it")
    return "<br>".join(lines)


# --- arrows -------------------------------------------------------------------------------------


def _arrows(flow: MailFlow, layout: _Layout, at_s: float, colors: Theme) -> Iterator[dr.Trace]:
    steps = [pair for pair in flow.topology.limits if set(pair) <= set(layout.boxes)]
    ways: dict[bool, list[list[tuple[float, float]]]] = {True: [], False: []}
    crosses = []
    for giver, taker in steps:
        is_open = flow.is_open(giver, taker, at_s)
        way = _way(layout.boxes[giver], layout.boxes[taker])
        ways[is_open] += [way, _head(way)]
        if not is_open:
            crosses.append(dr.Label(*_along(way), "<b>✕</b>"))
    yield dr.line_trace("open steps", dr.polylines(ways[True]), colors.muted, 1.8)
    yield dr.line_trace(
        "closed steps", dr.polylines(ways[False]), colors.strokes[FAILED], 1.8, "dot"
    )
    yield dr.text_trace("crosses", crosses, colors.ink, 14)


def _way(giver: dr.Box, taker: dr.Box) -> list[tuple[float, float]]:
    """Return the line of a step; the two directions keep apart."""
    if giver.left < taker.left:
        return [(giver.right + 2, giver.middle[1] - 6), (taker.left - 9, taker.middle[1] - 6)]
    if giver.left > taker.left:
        return [(giver.left - 9, giver.middle[1] + 6), (taker.right + 2, taker.middle[1] + 6)]
    trunk = giver.left - 18 if giver.top > taker.top else giver.left - 24
    return [
        (giver.left - 3, giver.middle[1]),
        (trunk, giver.middle[1]),
        (trunk, taker.bottom - 8),
        (taker.left - 3, taker.bottom - 8),
    ]


def _head(way: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    (x0, y0), (x, y) = way[-2], way[-1]
    length = hypot(x - x0, y - y0) or 1.0
    along, across = ((x - x0) / length, (y - y0) / length), (-(y - y0) / length, (x - x0) / length)
    first, second = ((x - 8 * along[0] + 4 * s * across[0], y - 8 * along[1] + 4 * s * across[1])
                     for s in (1, -1))  # fmt: skip
    return [first, (x, y), second]


def _along(way: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return where a cross stands: nearer to the end that takes, where few lines meet."""
    (x0, y0), (x, y) = way[-2], way[-1]
    return x0 + 0.6 * (x - x0), y0 + 0.6 * (y - y0)


# --- the chart ----------------------------------------------------------------------------------


def _series(flow: MailFlow, at_s: float) -> list[_Series]:
    """Return what the chart shows: the longest queues, or failed requests where nothing waits.

    What never waited is left out.
    """
    made = flow.topology
    places = dict.fromkeys(queue.place for queue in flow.moments[0].waiting)
    found: list[_Series] = [(name, flow.series(name), mf.kind_at(made, name)) for name in places]
    for stream in made.streams:
        if stream.kind is Kind.REQUESTS:
            points = tuple((moment.at_s, moment.failed[stream.name]) for moment in flow.moments)
            found.append((f"failed, {stream.name}", points, Kind.REQUESTS))
    found = [(name, _until(points, at_s), kind) for name, points, kind in found]
    most = {name: max(count for _, count in points) for name, points, _ in found}
    kept = sorted((name for name in most if most[name] >= 0.5), key=lambda name: -most[name])
    return [item for item in found if item[0] in kept[:MOST_SERIES]]


def _until(points: _Line, at_s: float) -> _Line:
    kept = [point for point in points if point[0] <= at_s]
    for (x0, y0), (x, y) in pairwise(points):
        if x0 <= at_s < x:
            kept.append((at_s, y0 + (at_s - x0) / (x - x0) * (y - y0)))
    return tuple(kept) if kept[-1][0] == at_s else (*kept, (at_s, kept[-1][1]))


def nice_top(most: float) -> float:
    """Return the round number at which an axis of counts ends.

    Example:
        >>> [nice_top(most) for most in (0, 7, 54, 300, 1201)]
        [10, 10, 100, 500, 2000]
    """
    if most <= 10:
        return 10
    step: int = 10 ** int(log10(most))
    return next(factor * step for factor in (1, 2, 5, 10) if factor * step >= most)


def _chart(
    series: Sequence[_Series], layout: _Layout, scale: TimeScale, page: dr.Page, at_s: float
) -> Iterator[dr.Trace]:
    colors = page.colors
    top_count = nice_top(ceil(max((n for _, points, _ in series for _, n in points), default=0.0)))
    height = layout.chart_bottom - layout.chart_top

    def place(point: tuple[float, float]) -> tuple[float, float]:
        return scale.px(point[0]), layout.chart_bottom - height * point[1] / top_count

    levels = [top_count * share / 2 for share in range(3)] if series else []
    rules = [[(layout.left, y), (layout.right, y)] for y in (place((0, n))[1] for n in levels)]
    yield dr.line_trace("count lines", dr.polylines(rules), colors.grid, 1)
    labels = [dr.Label(layout.left - 6, place((0, n))[1], f"{n:,g}", "middle left") for n in levels]
    yield dr.text_trace("counts", labels, colors.muted)
    for index in range(MOST_SERIES):
        shown = [series[index][1]] if index < len(series) else []
        points = dr.polylines([place(point) for point in line] for line in shown)
        color = _COLORS[page.theme][index]
        yield dr.line_trace(f"queue {index}", points, color, 2.5, _DASHES[index])
    yield from _legend(series, layout, page)


def _legend(series: Sequence[_Series], layout: _Layout, page: dr.Page) -> Iterator[dr.Trace]:
    colors = page.colors
    cell_px = (layout.width_px - 2 * MARGIN) / LEGEND_COLUMNS
    labels = []
    for index in range(MOST_SERIES):
        row, column = divmod(index, LEGEND_COLUMNS)
        x, y = MARGIN + column * cell_px, layout.legend_top + 9 + row * 18
        sample: dr.Points = dr.polylines([[(x, y), (x + 30, y)]] if index < len(series) else [])
        yield dr.line_trace(
            f"sample {index}", sample, _COLORS[page.theme][index], 2.5, _DASHES[index]
        )
        if index < len(series):
            name, line, _ = series[index]
            count = f": {round(line[-1][1]):,}"
            short = dr.shortened(name, cell_px - 44 - dr.text_width_px(count))
            labels.append(dr.Label(x + 34, y, dr.escape_text(short) + count, "middle right"))
    yield dr.text_trace("legend", labels, colors.ink)
    heading = "Waiting, over time"
    if not series:
        heading = "Nothing has waited or failed so far: pull the plug of a server"
    elif all(kind is Kind.REQUESTS for *_, kind in series):
        heading = "Requests failed so far"
    head = [dr.Label(MARGIN, layout.legend_top - 14, f"<b>{heading}</b>", "middle right")]
    yield dr.text_trace("chart heading", head, colors.ink)


def _outage_rows(
    flow: MailFlow, layout: _Layout, scale: TimeScale, at_s: float, colors: Theme
) -> Iterator[dr.Trace]:
    """Yield a row for each place that was out: a line while it works, a block while it is out."""
    lines, blocks, labels, words = [], [], [], []
    for index, place in enumerate(layout.bars):
        y = layout.rows_top + (index + 0.5) * ROW_PX
        name = dr.shortened(place.name, layout.left - MARGIN - 8)
        labels.append(dr.Label(MARGIN, y, dr.escape_text(name), "middle right"))
        lines.append([(layout.left, y), (scale.px(at_s), y)])
        for start_s, end_s in flow.outages.get(place.name, ()):
            if start_s >= at_s:
                continue
            left, right = scale.px(start_s), max(scale.px(min(end_s, at_s)), scale.px(start_s) + 2)
            blocks.append(dr.rectangle(dr.Box(left, y - 7, right, y + 7)))
            text = f"down {dr.in_seconds(min(end_s, at_s) - start_s)}"
            shown = next((t for t in (text, "down") if dr.text_width_px(t) < right - left - 4), "")
            words.append(dr.Label((left + right) / 2, y, shown))
    yield dr.line_trace("working", dr.polylines(lines), colors.strokes[ONLINE], 3)
    block = dr.line_trace("out", dr.joined(blocks), colors.strokes[FAILED], 1.5)
    yield dr.filled(block, colors.fills[FAILED])
    yield dr.text_trace("down words", words, colors.ink)
    yield dr.text_trace("rows", labels, colors.ink)
