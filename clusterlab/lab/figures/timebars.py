"""Time bars: spans of service and outage laid out along one axis, long waits folded.

It decides which spans are drawn as one (a repeated cascade, slivers) and which stretches of time
are folded; what the spans are is decided in `cluster/outages.py`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

import plotly.graph_objects as go

from clusterlab.cluster.outages import ONLINE, PARTS, Span
from clusterlab.cluster.story import lane_lines
from clusterlab.lab.figures import drawing as dr
from clusterlab.lab.figures.palette import FAILED, HATCHES, Theme, role_of_part

BARS, BREAKS, TICKS, NOW = "bars", "breaks", "ticks", "now"  # names of traces

LONG_WAIT_S = 300.0
"""A stretch without any change that is longer than this is folded, if others are not."""
FOLD_PX = 78.0
SLIVER_PX = 6.0  # neighbouring spans narrower than this are drawn as one
LEAST_NUMBER_PX = 10.0  # a piece of a bar that is narrower has no number
TRY_PX = 110.0  # stays on a node narrower than this may be drawn as tries of one cascade
LEAST_AXIS_S = 60.0
MOST_HOVER_LINES, MOST_NAMED = 16, 3
"""So many lines has a hover text, and so many steps of a bundle are named."""

_STEPS_S = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)


class Piece(NamedTuple):
    """A stretch of the time axis and where it lies."""

    start_s: float
    end_s: float
    left: float
    right: float
    is_fold: bool

    @property
    def mark(self) -> float:
        """Where the break mark of a fold stands: right of the words a bar may have there."""
        return self.left + 0.8 * (self.right - self.left)


class TimeScale:
    """Where each moment lies, in pixels: proportional, but for long waits, which are folded."""

    def __init__(self, moments: Sequence[float], end_s: float, left: float, right: float) -> None:
        inside = sorted({0.0, end_s, *(moment for moment in moments if 0 < moment < end_s)})
        gaps = list(pairwise(inside))
        folds = {gap for gap in gaps if gap[1] - gap[0] > LONG_WAIT_S}
        if len(folds) == len(gaps):
            folds = set()
        shown_s = sum(end - start for start, end in gaps if (start, end) not in folds)
        fold_px = min(FOLD_PX, 0.5 * (right - left) / max(len(folds), 1))
        self.px_per_s = (right - left - fold_px * len(folds)) / shown_s
        self.pieces = tuple(self._placed(gaps, folds, left, fold_px))

    def _placed(
        self,
        gaps: Sequence[tuple[float, float]],
        folds: set[tuple[float, float]],
        left: float,
        fold_px: float,
    ) -> Iterator[Piece]:
        for is_fold, group in groupby(gaps, key=lambda gap: gap in folds and gap):
            stretch = list(group)
            start_s, end_s = stretch[0][0], stretch[-1][1]
            right = left + (fold_px if is_fold else (end_s - start_s) * self.px_per_s)
            yield Piece(start_s, end_s, left, right, bool(is_fold))
            left = right

    @property
    def folds(self) -> list[Piece]:
        """The folded stretches."""
        return [piece for piece in self.pieces if piece.is_fold]

    def px(self, at_s: float) -> float:
        """Return where *at_s* lies; moments past the end lie at the end."""
        for piece in self.pieces:
            if at_s <= piece.end_s:
                share = (at_s - piece.start_s) / (piece.end_s - piece.start_s)
                return piece.left + share * (piece.right - piece.left)
        return self.pieces[-1].right

    def at_s(self, px: float) -> float:
        """Return the moment that lies at *px*; beyond the ends the first or last one."""
        for piece in self.pieces:
            if px <= piece.right:
                share = (max(px, piece.left) - piece.left) / (piece.right - piece.left)
                return piece.start_s + share * (piece.end_s - piece.start_s)
        return self.pieces[-1].end_s

    def room(self, left: float, right: float) -> float:
        """Return how much of a bar from *left* to *right* is free for words at its left end."""
        marks = [fold.mark - 6 for fold in self.folds]
        return min([right, *(mark for mark in marks if left < mark < right)]) - left

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Yield position and words of each tick, none nearer to another than a label is wide."""
        is_long = self.pieces[-1].end_s > 900
        step_s = next((step for step in _STEPS_S if step * self.px_per_s >= 64), _STEPS_S[-1])
        taken = [_label_box(fold) for fold in self.folds]
        for piece in self.pieces:
            if piece.is_fold:
                continue
            first = -(-piece.start_s // step_s) * step_s
            for number in range(int((piece.end_s - first) // step_s) + 1):
                at_s = first + number * step_s
                where = self.px(at_s)
                if all(right < where - 22 or where + 22 < left for left, right in taken):
                    taken.append((where - 8, where + 8))
                    yield where, _clock(at_s, is_long)


def _fold_words(fold: Piece) -> str:
    return f"≈ {dr.in_words(fold.end_s - fold.start_s)} ≈"


def _label_box(fold: Piece) -> tuple[float, float]:
    middle = (fold.left + fold.right) / 2
    half = dr.text_width_px(_fold_words(fold)) / 2
    return middle - half, middle + half


def _clock(at_s: float, is_long: bool) -> str:
    if not is_long:
        return f"{at_s:g} s"
    minutes, seconds = divmod(round(at_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


def axis_end(now_s: float, until_s: float | None) -> float:
    """Return where an axis ends that shows *now_s*, and *until_s* if that is later."""
    return max(now_s, until_s or 0.0, LEAST_AXIS_S)


def moments_of(rows: Mapping[str, Sequence[Span]]) -> list[float]:
    """Return the times at which any of *rows* changed."""
    return [moment for spans in rows.values() for span in spans for moment in span[1:3]]


_WAITING = ("failed", "no node", "offline")  # parts in which the cluster does nothing for the group


class Segment(NamedTuple):
    """A stretch of a bar that is drawn as one piece; of its words the longest stand first."""

    start_s: float
    end_s: float
    words: tuple[str, ...]
    role: str
    is_bundle: bool
    hover: tuple[str, ...]


def segments(spans: Sequence[Span], scale: TimeScale) -> list[Segment]:
    """Return what to draw for *spans*: cascades and slivers bundled, the rest one by one."""
    drawn: list[Segment] = []
    for is_serving, run in groupby(spans, key=lambda span: span.part == ONLINE):
        stretch = list(run)
        drawn += [_single(s) for s in stretch] if is_serving else _outage(stretch, scale)
    return drawn


def _outage(spans: Sequence[Span], scale: TimeScale) -> list[Segment]:
    """Bundle what lies between the first and the last stay on a node, if it is several tries."""
    by_stay = groupby(spans, key=lambda span: (span.node, span.part in _WAITING))
    stays = [list(run) for _, run in by_stay]

    def is_short_try(stay: Sequence[Span]) -> bool:
        return stay[0].part not in _WAITING and _width(stay, scale) < TRY_PX

    drawn: list[Segment] = []
    for is_try, run in groupby(stays[1:-1], key=is_short_try):
        tries = list(run)
        if is_try and len(tries) > 1:
            drawn.append(_tries(tries))
        else:
            drawn += _bundled([span for stay in tries for span in stay], scale)
    if len(stays) == 1:
        return _bundled(spans, scale)
    return _bundled(stays[0], scale) + drawn + _bundled(stays[-1], scale)


def _width(spans: Sequence[Span], scale: TimeScale) -> float:
    return scale.px(spans[-1].end_s) - scale.px(spans[0].start_s)


def _bundled(spans: Sequence[Span], scale: TimeScale) -> list[Segment]:
    """Bundle neighbours that are slivers; a sliver by itself stays."""
    drawn: list[Segment] = []
    for is_sliver, run in groupby(spans, key=lambda span: _width([span], scale) < SLIVER_PX):
        stretch = list(run)
        if is_sliver and len(stretch) > 1:
            drawn.append(_steps(stretch))
        else:
            drawn += [_single(span) for span in stretch]
    return drawn


def _single(span: Span) -> Segment:
    length_s = span.end_s - span.start_s
    node = dr.escape_text(span.node)
    part = span.part
    words = (f"{part} on {span.node}", part) if part == ONLINE else (
        f"{part} {dr.in_seconds(length_s)}", part
    )  # fmt: skip
    lines = [
        f"<b>{dr.escape_text(part)}</b> on {node}: {dr.in_seconds(length_s)}",
        f"{span.start_s:.1f} s to {span.end_s:.1f} s",
        *([PARTS[part]] if part in PARTS else []),
    ]
    return Segment(span.start_s, span.end_s, (*words, ""), role_of_part(part), False, tuple(lines))


def _tries(stays: Sequence[Sequence[Span]]) -> Segment:
    nodes = list(dict.fromkeys(stay[0].node for stay in stays))
    count = f"{len(stays)} tries"
    words = (f"{count}: {', '.join(nodes)}", count, f"{len(stays)}×", "")
    start_s, end_s = stays[0][0].start_s, stays[-1][-1].end_s
    lines = [
        f"{stay[0].start_s:.1f} s to {stay[-1].end_s:.1f} s: {dr.escape_text(stay[0].node)}"
        for stay in stays
    ]
    head = f"<b>{len(stays)} tries</b>, {dr.in_seconds(end_s - start_s)}"
    return Segment(start_s, end_s, words, FAILED, True, (head, *_at_most(lines)))


def _steps(spans: Sequence[Span]) -> Segment:
    start_s, end_s = spans[0].start_s, spans[-1].end_s
    lines = [
        f"{start:.1f} s: {dr.escape_text(part)} {dr.in_seconds(end - start)} on "
        f"{dr.escape_text(node)}"
        for part, start, end, node in spans
    ]
    head = f"<b>{len(spans)} short steps</b>, {dr.in_seconds(end_s - start_s)}"
    role = role_of_part(spans[-1].part)
    parts = ", ".join(span.part for span in spans[:MOST_NAMED])
    steps = f"{len(spans)} steps"
    is_named = len(spans) <= MOST_NAMED
    named = (f"{parts} {dr.in_seconds(end_s - start_s)}", parts) if is_named else (steps,)
    words = (*named, steps, f"{len(spans)}×", "")
    return Segment(start_s, end_s, words, role, True, (head, *_at_most(lines)))


def _at_most(lines: Sequence[str]) -> list[str]:
    if len(lines) <= MOST_HOVER_LINES:
        return list(lines)
    return [*lines[: MOST_HOVER_LINES - 1], f"… and {len(lines) - MOST_HOVER_LINES + 1} more"]


BarRow = tuple[Sequence[Span], float, float]
"""One time bar: its spans, the height of its middle, and how high it is."""


def short_parts(spans: Sequence[Span], scale: TimeScale) -> list[Segment]:
    """Return the parts of outages whose bars have no room for a word, in the order of time."""
    outages = (one for one in segments(spans, scale) if one.role != role_of_part(ONLINE))
    return [one for one in outages if not _fitting(one, scale)]


def part_numbers(rows: Iterable[Sequence[Segment]]) -> dict[str, int]:
    """Return by name the number of each short part; it is the same in all bars."""
    names = dict.fromkeys(one.words[1] for row in rows for one in row)
    return {name: number for number, name in enumerate(names, 1)}


def _fitting(segment: Segment, scale: TimeScale) -> str:
    left, right = (round(scale.px(at_s), 1) for at_s in segment[:2])
    return dr.first_that_fits(segment.words, scale.room(left, right) - 8)


def bars_trace(
    rows: Sequence[BarRow], scale: TimeScale, theme: Theme, *, is_numbered: bool = False
) -> dr.Trace:
    """Return all time bars as one trace; numbers may stand where a word has no room."""
    numbers = part_numbers(short_parts(row[0], scale) for row in rows if is_numbered)
    bars = [
        _bar(row, one, scale, theme, str(numbers.get(one.words[1], "")))
        for row in rows
        for one in segments(row[0], scale)
    ]
    return dr.bars_trace(BARS, bars, theme, "start")


def _bar(row: BarRow, segment: Segment, scale: TimeScale, theme: Theme, number: str) -> dr.Bar:
    left, right = (round(scale.px(at_s), 1) for at_s in segment[:2])
    _, middle, height_px = row
    box = dr.Box(left, middle - height_px / 2, right, middle + height_px / 2)
    words = _fitting(segment, scale) or (number if right - left >= LEAST_NUMBER_PX else "")
    role = segment.role
    hatch = "\\" if segment.is_bundle else HATCHES[role], theme.hatches[role]
    hover = "<br>".join(segment.hover)
    return dr.Bar(box, words, hover, theme.fills[role], theme.strokes[role], hatch)


def axis_traces(
    scale: TimeScale, now_s: float | None, top: float, bottom: float, theme: Theme
) -> list[dr.Trace]:
    """Return ticks, break marks and the line of now, always six traces."""
    ticks = list(scale.ticks())
    marks_of_ticks = dr.polylines([(x, bottom), (x, bottom + 5)] for x, _ in ticks)
    nows = [] if now_s is None else [scale.px(now_s)]
    labels = [dr.Label(x, bottom + 13, text) for x, text in ticks]
    words = [
        dr.Label((fold.left + fold.right) / 2, bottom + 13, _fold_words(fold))
        for fold in scale.folds
    ]
    marks = dr.polylines(
        [(x - 3, bottom + 2), (x + 1, bottom - 4), (x - 1, top + 4), (x + 3, top - 2)]
        for mark in (fold.mark for fold in scale.folds)
        for x in (mark - 3, mark + 3)
    )
    now_line = dr.polylines([(x, top - 4), (x, bottom + 4)] for x in nows)
    return [
        dr.line_trace("tick marks", marks_of_ticks, theme.muted, 1),
        dr.text_trace(TICKS, labels, theme.muted),
        dr.line_trace(BREAKS, marks, theme.muted, 2),
        dr.text_trace("break lengths", words, theme.ink),
        dr.line_trace(NOW, now_line, theme.ink, 2),
        dr.text_trace("now label", [_now_label(scale, x, now_s, top) for x in nows], theme.ink),
    ]


def emptied(trace: dr.Trace) -> dr.Trace:
    """Return a trace that shows nothing."""
    return trace | {name: [] for name, value in trace.items() if isinstance(value, list | tuple)}


def _now_label(scale: TimeScale, x: float, now_s: float | None, top: float) -> dr.Label:
    text = f"now {dr.in_seconds(now_s or 0.0)}"
    half = dr.text_width_px(text) / 2
    left, right = scale.pieces[0].left, scale.pieces[-1].right
    x = min(max(x, left + half), right - half)
    return dr.Label(x, top - 12, text)


def differences(left: Sequence[Span], right: Sequence[Span]) -> list[tuple[float, float]]:
    """Return the stretches of time in which two sequences differ in part or node."""
    cuts = sorted({moment for spans in (left, right) for span in spans for moment in span[1:3]})
    stretches: list[tuple[float, float]] = []
    for start, end in pairwise(cuts):
        if _at(left, start) == _at(right, start):
            continue
        is_next = bool(stretches) and stretches[-1][1] == start
        stretches.append((stretches.pop()[0] if is_next else start, end))
    return stretches


def _at(spans: Sequence[Span], at_s: float) -> tuple[str, str] | None:
    found = (s for s in spans if s.start_s <= at_s < s.end_s)
    return next(((span.part, span.node) for span in found), None)


MARGIN = 16.0
NAME_PX = 74.0
ROW_PX, BAR_PX = 34.0, 24.0
TOP = 14.0


def lanes_figure(lanes: Mapping[str, Sequence[Span]], page: dr.Page = dr.PAGE) -> go.Figure:
    """Return one bar for each of the `node_lanes` under a common axis."""
    colors = page.colors
    left, right = MARGIN + NAME_PX, page.width_px - MARGIN
    moments = moments_of(lanes)
    scale = TimeScale(moments, max(moments), left, right)
    rows, names = [], []
    for number, (node, lane) in enumerate(lanes.items()):
        middle = TOP + ROW_PX * (number + 0.5)
        rows.append((lane, middle, BAR_PX))
        name = dr.escape_text(dr.shortened(node, NAME_PX - 8))
        names.append(dr.Label(left - 6, middle, f"<b>{name}</b>", "middle left"))
    bottom = TOP + ROW_PX * len(lanes)
    traces = [
        bars_trace(rows, scale, colors),
        *axis_traces(scale, None, TOP, bottom, colors),
        dr.text_trace("node names", names, colors.ink),
    ]
    return dr.figure_of(traces, page, bottom + 26, " ".join(lane_lines(lanes)))
