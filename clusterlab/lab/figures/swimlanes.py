"""Swim lanes of an upgrade: one lane for each node and each EVS, one column for each step.

Columns are equally wide whatever they take, so that two minutes of outage are seen beside an hour
of Setup; the clock stands below. Steps that are left stand behind, so nothing jumps. Versions are
words and hatches, states words and colours; an outage is a gap with its seconds, and a thin strip
below an EVS says while there was no node to fail over to.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import plotly.graph_objects as go

from clusterlab.cluster.events import NodeFailed, StartNode
from clusterlab.cluster.outages import PARTS
from clusterlab.lab.figures import drawing as dr
from clusterlab.lab.figures.palette import FAILED, HATCHES, OFFLINE, ONLINE, PENDING, Theme
from clusterlab.lab.figures.still import Still, still
from clusterlab.procedures.procedure import RunEntry
from clusterlab.procedures.run import Run
from clusterlab.procedures.timeline import ABSENT, Stay, Timeline

LANES, LAMPS = "lanes", "lamps"
"""Name of the trace of the bars, and kind of the traces of the lamps; see `traces_of`."""

NO_CLUSTER = "There is no cluster yet."
PREPARATION = "Preparation"  # phase whose steps share a column
_MARGIN, _NAME_PX, _SUM_PX = 10.0, 66.0, 182.0
_TOP, _HEAD_PX, _GAP = 26.0, 18.0, 14.0
_NODE_PX, _EVS_PX, _BAR_PX, _STRIP_PX = 32.0, 58.0, 24.0, 9.0
_WIDE = 3.0
_PICTURE_PX = 900
_OLDER, _NEWER = "/", "."
"""Hatches of Exchange 2000 and of Exchange 2003; the dots have the colour of their ground."""
_STATE_ROLES: Mapping[str, str] = {"Up": ONLINE, "Down": FAILED, ABSENT: OFFLINE}

Column = tuple[tuple[str, ...], tuple[float, float] | None, float]
"""One step, or several that prepare or do nothing to the cluster: what stands above, the longest
first; when it began and ended, or None while it is left; and how wide it is beside the others."""


def columns_of(timeline: Timeline) -> tuple[Column, ...]:
    """Return the columns: what was done and what happened, in this order, then what is left."""
    run = timeline.run
    entries = list(timeline.turns)
    before_cluster = {entry.key for entry, _ in entries}
    left = [(RunEntry(task.key), None) for task in run.left() if task.key not in before_cluster]
    columns: list[Column] = []
    for is_idle, same in groupby((*entries, *left), key=lambda row: _is_idle(timeline, *row)):
        rows = list(same)
        if is_idle is None or len(rows) == 1:
            columns += [(_words(entry), span, 1.0) for entry, span in rows]
            continue
        first, last = (_words(rows[place][0])[0] for place in (0, -1))
        spans = [span for _, span in rows if span is not None]
        whole = (spans[0][0], spans[-1][1]) if spans else None
        columns.append(((f"{first}-{last}", f"{len(rows)}×"), whole, _WIDE))
    return tuple(columns)


def _is_idle(timeline: Timeline, entry: RunEntry, span: tuple[float, float] | None) -> str | None:
    """Return in which bundle a step belongs that is not worth a column; None for others."""
    if entry.event is not None:
        return None
    step = timeline.run.procedure.task(entry.key).step
    if step.does and step.phase != PREPARATION:
        return None
    return "left" if span is None else "done"


def _words(entry: RunEntry) -> tuple[str, ...]:
    """Return what stands above a column: "U2-04", "04"; of "U4-1a" also "a"."""
    if entry.event is not None:
        glyph = {NodeFailed: "✖", StartNode: "▶"}.get(type(entry.event), "•")
        node = str(getattr(entry.event, "node", ""))
        return (f"{glyph} {node}".strip(), glyph)
    step, _, mark = entry.key.partition("/")[2].partition("@")
    short = step.partition("-")[2] or step
    letter = (short[-1],) if short[-1:].isalpha() else ()
    return (*((f"{step}@{mark}",) if mark else ()), step, short, *letter)


class _Places:
    def __init__(self, timeline: Timeline, width_px: int) -> None:
        self.columns = columns_of(timeline)
        self.left, self.right = _MARGIN + _NAME_PX, width_px - _MARGIN - _SUM_PX
        self.width_px = width_px
        shares = sum(share for *_, share in self.columns) or 1.0
        self.unit = (self.right - self.left) / shares
        ends = [self.left]
        for *_, share in self.columns:
            ends.append(ends[-1] + share * self.unit)
        self.ends = tuple(ends)
        self.head = _TOP + _HEAD_PX / 2
        y = _TOP + _HEAD_PX + 2
        self.nodes = {name: y + _NODE_PX * n for n, name in enumerate(timeline.nodes)}
        y += _NODE_PX * len(timeline.nodes) + _GAP
        self.evs = {name: y + _EVS_PX * n for n, name in enumerate(timeline.evs)}
        self.bottom = y + _EVS_PX * len(timeline.evs)
        self.height_px = self.bottom + 36

    @property
    def gaps(self) -> list[tuple[float, float]]:
        """Where lines of columns are seen: above, between and below the bars."""
        bars = [(y + 3, y + 3 + _BAR_PX) for y in self.nodes.values()]
        bars += [(y + 3, y + 5 + _BAR_PX + _STRIP_PX) for y in self.evs.values()]
        edges = [_TOP + _HEAD_PX, *(edge for bar in bars for edge in bar), self.bottom]
        return list(zip(edges[::2], edges[1::2], strict=True))

    @property
    def now_x(self) -> float:
        done = sum(span is not None for _, span, _ in self.columns)
        return self.ends[done]

    def x(self, at_s: float) -> float:
        """Return where a moment lies; one between two columns lies at their border."""
        for (_, span, _), left, right in zip(self.columns, self.ends, self.ends[1:], strict=False):
            if span is None:
                return left
            start_s, end_s = span
            if at_s <= end_s:
                share = (at_s - start_s) / (end_s - start_s) if end_s > start_s else 1.0
                return left + max(share, 0.0) * (right - left)
        return self.ends[-1]


_Span = tuple[float, float]
_Told = tuple[_Span, tuple[str, ...], tuple[str, str, tuple[str, str]], str]
"""One piece of a lane: from when to when, its words, the longest first, fill, line and hatch, and
what it says when it is pointed at."""
_Piece = tuple[_Span, tuple[str, ...], dr.Bar]  # the same where it is drawn


def swimlanes_figure(timeline: Timeline, *, page: dr.Page = dr.PAGE) -> go.Figure:
    """Return the lanes of nodes and EVSs over the steps, with lamps and sums at the right.

    For one procedure it has always the same traces in the same order.
    """
    colors = page.colors
    places = _Places(timeline, page.width_px)
    everything = (*_node_bars(timeline, places, colors), *_evs_bars(timeline, places, colors))
    bars = [bar for (start_s, end_s), _, bar in everything if end_s > start_s]
    traces = [
        dr.bars_trace(LANES, bars, colors, "middle"),
        *_frame(places, colors),
        *_names(timeline, places, colors),
        _standing(everything, timeline, places, colors),
        *_lamps(timeline, places, colors),
        _seconds(timeline, places, colors),
        *_sums(timeline, places, colors),
        *_clock(timeline, places, colors),
    ]
    return dr.figure_of(traces, page, places.height_px, swimlanes_alt(timeline))


def lanes_picture(run: Run) -> Still:
    """Return the lanes of a run as a picture for a page.

    Example:
        >>> from clusterlab.procedures import Plan, Run, installation
        >>> lanes_picture(Run(installation(Plan.standard(nodes=2, evs=1)))).alt
        'Swim lanes. There is no cluster yet.'
    """
    timeline = Timeline(run)
    return still(swimlanes_figure(timeline, page=dr.Page(_PICTURE_PX)), swimlanes_alt(timeline))


# --- bars -------------------------------------------------------------------------------------


def _version_hatch(version: str, role: str, colors: Theme) -> tuple[str, str]:
    if version.startswith("2000"):
        return _OLDER, colors.older
    return _NEWER, colors.fills[role]


def _piece(told: _Told, top: float, places: _Places, height: float = _BAR_PX) -> _Piece:
    span, words, look, hover = told
    left = round(places.x(span[0]), 1)
    right = max(round(places.x(span[1]), 1), left + 2)
    shown = dr.first_that_fits(words, right - left - 4)
    return span, words, dr.Bar(dr.Box(left, top, right, top + height), shown, hover, *look)


def _node_bars(timeline: Timeline, places: _Places, colors: Theme) -> Iterator[_Piece]:
    for name, stays in timeline.nodes.items():
        for stay in stays:
            role = _STATE_ROLES.get(stay.state, PENDING)
            hatch = HATCHES[role], colors.hatches[role]
            if role == ONLINE:
                hatch = _version_hatch(stay.version, role, colors)
            words = node_words(stay)
            hover = f"{_bold(name)} {_times(stay, timeline)}<br>{dr.escape_text(words[0])}"
            look = colors.fills[role], colors.strokes[role], hatch
            yield _piece((stay[:2], words, look, hover), places.nodes[name] + 3, places)


def _bold(name: str) -> str:
    return f"<b>{dr.escape_text(name)}</b>"


def node_words(stay: Stay) -> tuple[str, ...]:
    """Return how a stretch of a node's lane is labelled, the longest first.

    Example:
        >>> node_words(Stay(0, 60, "Up", "2000 SP3", "2000 SP4"))
        ('Exchange 2000 SP3, Windows 2000 SP4', 'Exchange 2000 SP3', '2000 SP3', '2000', '')
    """
    state, exchange, windows = stay[2:5]
    if state != "Up":
        return (f"✖ {state}", state, "✖", "") if state == "Down" else (state, "")
    if not exchange:
        return ("no Exchange named", "Up", "")
    both = (f"Exchange {exchange}, Windows {windows}",) if windows else ()
    return (*both, f"Exchange {exchange}", exchange, exchange.partition(" ")[0], "")


def _runs(
    stays: Iterable[Stay], key: Callable[[Stay], Any]
) -> Iterator[tuple[Any, _Span, list[Stay]]]:
    """Yield neighbours that are alike: what they share, from when to when, and each of them."""
    for shared, run in groupby(stays, key=key):
        spans = list(run)
        yield shared, (spans[0].start_s, spans[-1].end_s), spans


def _is_out(stay: Stay) -> bool:
    return stay.is_out


def _evs_bars(timeline: Timeline, places: _Places, colors: Theme) -> Iterator[_Piece]:
    for name, stays in timeline.evs.items():
        top = places.evs[name] + 3
        for is_out, whole, spans in _runs(stays, _is_out):
            if is_out:
                yield _piece(_outage(name, whole, spans, timeline, colors), top, places)
            else:
                told = _online(name, spans, timeline, colors)
                yield from (_piece(one, top, places) for one in told)
        for is_fine, whole, _ in _runs(stays, lambda stay: stay.is_out or stay.is_protected):
            if not is_fine:
                told_of = _unprotected(name, whole, timeline, colors)
                yield _piece(told_of, top + _BAR_PX + 2, places, _STRIP_PX)


def _online(name: str, stays: Sequence[Stay], timeline: Timeline, colors: Theme) -> Iterator[_Told]:
    for (node, version), whole, _ in _runs(stays, lambda stay: (stay.node, stay.version)):
        named = (f"{version} on {node}", f"{version} {node}", node, version, "")
        words = named if version else (f"Online on {node}", node, "")
        hover = f"{_bold(name)} Online, {dr.escape_text(words[0])}<br>{_times(whole, timeline)}"
        hatch = _version_hatch(version, ONLINE, colors)
        yield whole, words, (colors.fills[ONLINE], colors.strokes[ONLINE], hatch), hover


def _outage(
    name: str, whole: _Span, stays: Sequence[Stay], timeline: Timeline, colors: Theme
) -> _Told:
    parts = [
        f"{stay.end_s - stay.start_s:.1f} s {PARTS[stay.state]} ({dr.escape_text(stay.node)})"
        for stay in stays
    ]
    shown = [*parts[:14], "..."] if len(parts) > 15 else parts
    head = f"{_bold(name)} down {whole[1] - whole[0]:.0f} s"
    look = colors.paper, colors.strokes[FAILED], (_NEWER, colors.paper)
    return whole, ("✖ down", "✖", ""), look, "<br>".join([head, _times(whole, timeline), *shown])


def _unprotected(name: str, whole: _Span, timeline: Timeline, colors: Theme) -> _Told:
    hover = (
        f"{_bold(name)} unprotected {dr.in_words(whole[1] - whole[0])}<br>"
        f"{_times(whole, timeline)}<br>there was no node to fail over to"
    )
    red = colors.strokes[FAILED]
    return whole, ("",), (colors.fills[FAILED], red, (HATCHES[FAILED], red)), hover


def _times(span: Sequence[float | str], timeline: Timeline) -> str:
    start_s, end_s = (_clock_words(float(at_s) - timeline.start_s) for at_s in span[:2])
    return f"{start_s} to {end_s}"


def _clock_words(seconds: float) -> str:
    minutes, rest_s = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest_s:02}"


def _standing(
    pieces: Sequence[_Piece], timeline: Timeline, places: _Places, colors: Theme
) -> dr.Trace:
    """Write right of now how nodes and EVSs stand whose last bar has no room for words."""
    tops = {*places.nodes.values(), *places.evs.values()}
    last = {bar.box.top: (span, words) for span, words, bar in pieces
            if span[1] == timeline.now_s and bar.box.top - 3 in tops}  # fmt: skip
    labels = []
    for top, (span, words) in last.items():
        width = places.now_x - places.x(span[0])
        if not dr.first_that_fits((*words, ""), width - 4):
            shown = dr.first_that_fits((*words, ""), places.right - places.now_x - 10)
            x, y = places.now_x + 6, top + _BAR_PX / 2
            labels.append(dr.Label(x, y, dr.escape_text(shown), "middle right"))
    return dr.text_trace("standing", labels, colors.muted)


# --- frame, names, sums -----------------------------------------------------------------------


def _frame(places: _Places, colors: Theme) -> Iterator[dr.Trace]:
    lines = [[(x, y) for y in gap] for x in places.ends for gap in places.gaps]
    yield dr.line_trace("columns", dr.polylines(lines), colors.grid, 1)
    heads = []
    for (texts, *_), left, right in zip(places.columns, places.ends, places.ends[1:], strict=False):
        words = dr.first_that_fits((*texts, ""), right - left - 1)
        heads.append(dr.Label((left + right) / 2, places.head, dr.escape_text(words)))
    yield dr.text_trace("steps", heads, colors.muted)
    yield dr.text_trace("legend", _legend(), colors.ink)
    older, newer, out, exposed = _SWATCHES.values()
    xs = [older.left + x for x in (0, 7, 7, 14, 14, 22)]
    hatch = list(zip(xs, 3 * (older.bottom, older.top), strict=True))
    served = [_edge(older) + hatch, _edge(newer), [], []]
    red = colors.strokes[FAILED]
    yield dr.line_trace("swatches", dr.polylines(served), colors.strokes[ONLINE], 1)
    yield dr.line_trace("swatch of an outage", dr.outline(out, 1), red, 1)
    yield dr.line_trace("swatch of exposure", dr.polylines(_crosses(exposed)), red, 1)


_SWATCHES = {
    words: dr.Box(_MARGIN + x, 5.0, _MARGIN + x + 22, 18.0)
    for words, x in (
        ("Exchange 2000", 0), ("Exchange 2003", 130), ("down", 260), ("unprotected", 330),
    )
}  # fmt: skip


def _edge(box: dr.Box) -> list[tuple[float, float]]:
    left, top, right, bottom = box
    return [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]


def _crosses(box: dr.Box) -> Iterator[list[tuple[float, float]]]:
    left, top, right, bottom = box.left, box.top + 2, box.right, box.bottom - 2
    yield _edge(dr.Box(left, top, right, bottom))
    for x in (left, left + 7, left + 14):
        yield [(x, top), (x + 8, bottom)]
        yield [(x, bottom), (x + 8, top)]


def _legend() -> Iterator[dr.Label]:
    for words, box in _SWATCHES.items():
        yield dr.Label(box.left + 27, box.top + 7, words, "middle right")


def _names(timeline: Timeline, places: _Places, colors: Theme) -> Iterator[dr.Trace]:
    tops = {**places.nodes, **places.evs}
    short = {name: dr.escape_text(dr.shortened(name, _NAME_PX - 6)) for name in tops}
    labels = [
        dr.Label(_MARGIN, top + 3 + _BAR_PX / 2, f"<b>{short[name]}</b>", "middle right")
        for name, top in tops.items()
    ]
    if not tops:
        labels = [dr.Label(places.left + 8, places.bottom + 4, NO_CLUSTER, "middle right")]
    yield dr.text_trace("names", labels, colors.ink)


def _lamps(timeline: Timeline, places: _Places, colors: Theme) -> Iterator[dr.Trace]:
    left, right = places.right + 8, places.width_px - _MARGIN
    head = [dr.Label(left, places.head, "<b>If it failed now</b>", "middle right")]
    yield dr.text_trace("lamp head", head, colors.ink)
    labels = []
    by_node = {lamp.node: lamp for lamp in timeline.lamps}
    for name, top in places.nodes.items():
        lamp = by_node.get(name)
        words = "○ not a member" if lamp is None else lamp.words
        role = OFFLINE if lamp is None or not lamp.is_up else FAILED if lamp.lost else ONLINE
        if role == ONLINE and lamp is not None and (lamp.out or lamp.shared):
            role = PENDING
        box = dr.Box(left, top + 3, right, top + 3 + _BAR_PX)
        dash = "dash" if role == OFFLINE else "solid"
        paint = dr.Paint(
            colors.fills[role], colors.strokes[role], 3 if role == FAILED else 1.5, dash
        )
        hover = f"If {dr.escape_text(name)} failed now: {dr.escape_text(words)}"
        yield dr.area_trace(LAMPS, name, dr.outline(box, 5), paint, hover)
        short = dr.escape_text(dr.shortened(words, right - left - 12))
        labels.append(dr.Label(left + 7, box.middle[1], short, "middle right"))
    yield dr.text_trace("lamp words", labels, colors.ink)


def _seconds(timeline: Timeline, places: _Places, colors: Theme) -> dr.Trace:
    """Write the seconds below each outage, left of now; the later one wins where two are near."""
    labels, limit = [], places.now_x - 2
    for name, stays in timeline.evs.items():
        free = limit
        outages = [whole for is_out, whole, _ in _runs(stays, _is_out) if is_out]
        for start_s, end_s in reversed(outages):
            text = f"{end_s - start_s:.0f} s"
            half = dr.text_width_px(text) / 2 + 1
            middle = min((places.x(start_s) + places.x(end_s)) / 2, limit - half)
            if middle + half <= free:
                labels.append(dr.Label(middle, places.evs[name] + 46, text))
                free = middle - half
    return dr.text_trace("outage seconds", labels, colors.ink)


def _sums(timeline: Timeline, places: _Places, colors: Theme) -> Iterator[dr.Trace]:
    left = places.right + 8
    labels = []
    for name, top in places.evs.items():
        labels.append(
            dr.Label(left, top + 14, f"<b>down {timeline.out_s(name):.0f} s</b>", "middle right")
        )
        words = f"unprotected {dr.in_words(60 * round(timeline.unprotected_s(name) / 60))}"
        labels.append(dr.Label(left, top + 32, words, "middle right"))
    yield dr.text_trace("sums", labels, colors.ink)


def _clock(timeline: Timeline, places: _Places, colors: Theme) -> Iterator[dr.Trace]:
    marks, free = [], places.left - 40.0
    for (_, span, _), right in zip(places.columns, places.ends[1:], strict=False):
        if span is None:
            break
        text = _clock_words(span[1] - timeline.start_s)
        half = dr.text_width_px(text) / 2 + 3
        if right - half > free:
            marks.append(dr.Label(right, places.bottom + 13, text))
            free = right + half
    yield dr.text_trace("clock", marks, colors.muted)
    x = places.now_x
    yield dr.line_trace(
        "now", dr.polylines([[(x, _TOP + _HEAD_PX - 2), (x, places.bottom + 4)]]), colors.ink, 2
    )
    now = [dr.Label(min(x, places.right - 10), places.bottom + 27, "now")]
    yield dr.text_trace("now label", now, colors.ink)


# --- words ------------------------------------------------------------------------------------


def swimlanes_alt(timeline: Timeline) -> str:
    """Return what `swimlanes_figure` shows, as one paragraph."""
    nodes = [
        f"{name} {node_words(stays[-1])[0]}, if it failed now: {_lamp_words(timeline, name)}"
        for name, stays in timeline.nodes.items()
        if stays
    ]
    evs = [
        f"{name} {_evs_state(stays[-1])}, down {timeline.out_s(name):.0f} s, "
        f"unprotected {timeline.unprotected_s(name) / 60:.0f} min"
        for name, stays in timeline.evs.items()
        if stays
    ]
    sentences = ["Swim lanes", "; ".join(nodes) or NO_CLUSTER.rstrip("."), "; ".join(evs)]
    return " ".join(f"{sentence}." for sentence in sentences if sentence)


def _evs_state(stay: Stay) -> str:
    version = f"{stay.version}, " if stay.version else ""
    return f"{version}{'down' if stay.is_out else 'Online'} on {stay.node}"


def _lamp_words(timeline: Timeline, node: str) -> str:
    return next((lamp.words for lamp in timeline.lamps if lamp.node == node), "○ not a member")


def swimlanes_text(timeline: Timeline) -> str:
    """Return the text twin of the lanes: what each node and each EVS went through."""
    lines = [] if timeline.nodes else [NO_CLUSTER]
    for name, stays in timeline.nodes.items():
        lines.append(f"{name}   if it failed now: {_lamp_words(timeline, name)}")
        lines += [f"  {_times(stay, timeline):<20} {node_words(stay)[0]}" for stay in stays]
    for name, evs in timeline.evs.items():
        lines.append(
            f"{name}   down {timeline.out_s(name):.0f} s, unprotected "
            f"{timeline.unprotected_s(name) / 60:.0f} min"
        )
        lines += _evs_lines(evs, timeline)
    return "\n".join(lines)


def _evs_lines(stays: Iterable[Stay], timeline: Timeline) -> Iterator[str]:
    def kind(stay: Stay) -> tuple[object, ...]:
        return (True,) if stay.is_out else (stay.node, stay.version, stay.is_protected)

    for _, whole, spans in _runs(stays, kind):
        words = f"down {whole[1] - whole[0]:.0f} s"
        if not spans[0].is_out:
            words = _evs_state(spans[0]) + ("" if spans[0].is_protected else ", unprotected")
        yield f"  {_times(whole, timeline):<20} {words}"
