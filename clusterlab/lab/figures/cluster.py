"""The picture of a cluster: who owns what, and below it one time bar for each EVS.

Same values, same figure: no state, no widgets. Where things stand is reckoned from the
configuration alone, so nothing jumps during a scenario; a group's card has a place of its own
on every node. Clicks: each node and each card is one trace that answers anywhere inside its
outline; its ``meta`` says of which kind it is and whom it stands for (`traces_of`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import plotly.graph_objects as go

from clusterlab.cluster.model import Cluster
from clusterlab.cluster.outages import ONLINE, Span, outage_of, service_part
from clusterlab.cluster.states import Activity, GroupState, NodeState
from clusterlab.exchange.evs import INFORMATION_STORE, storage_groups
from clusterlab.lab.figures import cluster_parts as parts
from clusterlab.lab.figures import drawing as dr
from clusterlab.lab.figures import timebars as tb
from clusterlab.lab.figures.palette import GROUP_LOOKS, RESOURCE_LOOKS, Look, Theme, node_look

NOW_ROOM_PX = 92.0  # room for "now" and the seconds above the bars

Moves = Mapping[str, tuple[Span, Span]]
"""By group its last change of owner: the span before it, and the one after."""


def last_moves(cluster: Cluster, spans: Mapping[str, Sequence[Span]]) -> Moves:
    """Return the last move of each group that has moved between nodes that are still there."""
    moves = {}
    for group in cluster.config.groups_by_name:
        hops = [pair for pair in pairwise(spans.get(group, ())) if pair[0].node != pair[1].node]
        if hops and all(span.node in cluster.config.nodes_by_name for span in hops[-1]):
            moves[group] = hops[-1]
    return moves


def _move_traces(
    cluster: Cluster, moves: Moves, places: parts.Places, colors: Theme
) -> list[dr.Trace]:
    """Draw an arrow for each move, dark until the group serves again; always four traces.

    A dotted outline with the time stands where the group was.
    """
    ghosts: list[dr.Points] = []
    labels: list[dr.Label] = []
    now: list[list[tuple[float, float]]] = []
    before: list[list[tuple[float, float]]] = []
    for group, (left, entered) in moves.items():
        box, target = (places.card_box(span.node, group) for span in (left, entered))
        ghosts.append(dr.rectangle(box))
        words = _ghost_text(group, entered.start_s, places)
        labels.append(dr.Label(box.middle[0], box.middle[1] + 1.5, words))
        is_over = service_part(cluster, group) == ONLINE
        (before if is_over else now).extend(_arrow(box, target))
    return [
        dr.line_trace("places left", dr.joined(ghosts), colors.muted, 1, "dot"),
        dr.line_trace("moves before", dr.polylines(before), colors.muted, 1.5),
        dr.line_trace("moves now", dr.polylines(now), colors.ink, 2.5),
        dr.text_trace("left at", labels, colors.ink),
    ]


def _arrow(source: dr.Box, target: dr.Box) -> list[list[tuple[float, float]]]:
    """Return shaft and head of an arrow between the places of a group on two nodes."""
    y, is_right = source.middle[1], source.left < target.left
    start, end = (source.right, target.left - 3) if is_right else (source.left, target.right + 3)
    back = end - 8 if is_right else end + 8
    return [[(start, y), (end, y)], [(back, y - 5), (end, y), (back, y + 5)]]


def _ghost_text(group: str, at_s: float, places: parts.Places) -> str:
    room, time = places.card_width - 8, dr.in_seconds(at_s)
    if places.card_height <= parts.FLAT_CARD_PX:
        words = (f"{group} left at {time}", f"left at {time}", "left")
        return dr.escape_text(dr.first_that_fits(words, room))
    when = dr.first_that_fits((f"left at {time}", f"left {time}", time, "left"), room)
    return f"{dr.escape_text(dr.shortened(group, room))}<br>{when}"


FIRST_BADGE = ord("①")
NODES, CARDS = "nodes", "cards"  # kinds of traces that stand for something; see `traces_of`
RING_PX = 3.0
"""How far around a card the mark of the selected group runs: between it and its neighbours."""


def cluster_figure(
    cluster: Cluster,
    spans: Mapping[str, Sequence[Span]],
    *,
    page: dr.Page = dr.PAGE,
    until_s: float | None = None,
    hidden: Collection[str] = (),
    note: str = "",
    selected: str = "",
    tried: Sequence[str] = (),
    has_bars: bool = True,
) -> go.Figure:
    """Return the one figure of a panel: the cluster on top, the time bars of its groups below.

    For one configuration it has always the same traces in the same order. The time axis ends at
    *until_s*, or at the next round figure after now; where *hidden* groups are is for the learner
    to predict; *note* stands above the networks; the card of *selected* has a second outline;
    nodes that were *tried* have their numbers; without bars their place is kept.
    """
    places = parts.Places(cluster, page.width_px, page.is_low)
    bars = Bars(spans, until_s, hidden, has_bars)
    traces = cluster_traces(
        cluster, bars, places, page.colors, note=note, selected=selected, tried=tried
    )
    alt = alt_text(cluster, spans, hidden=hidden, selected=selected)
    return dr.figure_of(traces, page, places.height_px, alt)


def cluster_traces(
    cluster: Cluster,
    bars: Bars,
    places: parts.Places,
    colors: Theme,
    *,
    note: str = "",
    selected: str = "",
    tried: Sequence[str] = (),
) -> list[dr.Trace]:
    """Return the traces of `cluster_figure` alone, for whoever draws very many moments."""
    hidden = bars.hidden
    moves = {g: hop for g, hop in last_moves(cluster, bars.spans).items() if g not in hidden}
    return [
        *parts.wires(cluster, places, colors),
        *_nodes(cluster, places, colors),
        *parts.storage(cluster, places, colors, hidden),
        *_move_traces(cluster, moves, places, colors),
        *_cards(cluster, places, colors, hidden),
        _chosen(cluster, places, colors, "" if selected in hidden else selected),
        *_time_bars(cluster, bars, places, colors),
        dr.text_trace("tried", _tried(places, tried), colors.ink),
        dr.text_trace("note", _note(places, note), colors.ink),
    ]


def _note(places: parts.Places, note: str) -> list[dr.Label]:
    if not note:
        return []
    x = places.width_px - parts.MARGIN - 8
    return [
        dr.Label(x, 8, dr.escape_text(dr.shortened(note, places.width_px * 0.6)), "middle left")
    ]


def _tried(places: parts.Places, nodes: Sequence[str]) -> list[dr.Label]:
    boxes = [places.node_boxes[node] for node in nodes if node in places.node_boxes]
    return [
        dr.Label(box.left + 9, box.top - 9, f"<b>{chr(FIRST_BADGE + number)}</b>")
        for number, box in enumerate(boxes)
    ]


def _nodes(cluster: Cluster, places: parts.Places, colors: Theme) -> Iterator[dr.Trace]:
    labels = []
    for node in places.nodes:
        box = places.node_boxes[node]
        look, words = node_look(cluster, node)
        label = _node_label(places, node, look, words)
        if site := cluster.config.nodes_by_name[node].site:
            site = dr.shortened(f"site {site}", box.width - 8)
            label = label._replace(text=f"{label.text}<br>{dr.escape_text(site)}")
        labels.append(label)
        stroke = colors.muted if look.word == "Up" else colors.strokes[look.role]
        fill = colors.down if cluster.node_states[node] is NodeState.DOWN else colors.box
        paint = dr.Paint(fill, stroke, look.width_px, look.dash)
        hover = _node_hover(cluster, node, words)
        yield dr.area_trace(NODES, node, dr.outline(box, 8), paint, hover)
    yield dr.text_trace("node labels", labels, colors.ink)


def _node_label(places: parts.Places, node: str, look: Look, words: str) -> dr.Label:
    box, state = places.node_boxes[node], f"{look.glyph} {words}"
    middle, y = box.middle[0], box.top + places.head_px / 2
    if places.has_flat_heads:
        # What a node that is Down is doing gives way to its name.
        room = box.width - 12 - dr.text_width_px(f"{node}  ") * parts.BOLD
        state = dr.first_that_fits((state, f"{look.glyph} {look.word}"), room)
        name = dr.shortened(node, (box.width - 12 - dr.text_width_px(f"  {state}")) / parts.BOLD)
        return dr.Label(middle, y, f"<b>{dr.escape_text(name)}</b>  {dr.escape_text(state)}")
    brief = f"{look.glyph} {words.removeprefix('Up - ')}"
    state = dr.first_that_fits((state, brief, f"{look.glyph} {look.short}"), box.width - 4)
    name, state = dr.shortened(node, (box.width - 8) / parts.BOLD), dr.shortened(state, box.width)
    return dr.Label(middle, y, f"<b>{dr.escape_text(name)}</b><br>{dr.escape_text(state)}")


def _node_hover(cluster: Cluster, node: str, words: str) -> str:
    found = cluster.config.nodes_by_name[node]
    where = f", site {dr.escape_text(found.site)}" if found.site else ""
    owned = [
        f"owns {dr.escape_text(group)}: {cluster.group_state(group).value}"
        for group in cluster.groups_on(node)
    ]
    head = f"<b>{dr.escape_text(node)}</b>, Node ID {found.node_id}{where}: {dr.escape_text(words)}"
    return "<br>".join([head, *(owned or ["owns no group"])])


_PLAIN_PARTS = (ONLINE, "failed", "offline")
"""Parts of an outage that say no more than the state of the group."""


def _cards(
    cluster: Cluster, places: parts.Places, colors: Theme, hidden: Collection[str]
) -> Iterator[dr.Trace]:
    labels = []
    for group in (places.core_group, *places.groups):
        look = GROUP_LOOKS[cluster.group_state(group)]
        box = places.card_box(cluster.owners[group], group)
        points: dr.Points = ([], []) if group in hidden else dr.outline(box)
        paint = dr.Paint(
            colors.fills[look.role], colors.strokes[look.role], look.width_px, look.dash
        )
        yield dr.area_trace(CARDS, group, points, paint, _card_hover(cluster, group))
        text = _card_text(places, group, look, service_part(cluster, group))
        x, y = box.middle
        labels.append(dr.Label(x, y + 1.5, "" if group in hidden else text))
    yield dr.text_trace("card labels", labels, colors.ink)


def _chosen(cluster: Cluster, places: parts.Places, colors: Theme, selected: str) -> dr.Trace:
    points: dr.Points = ([], [])
    if selected:
        box = places.card_box(cluster.owners[selected], selected)
        points = dr.outline(box.grown(RING_PX), 8)
    return dr.line_trace("selected", points, colors.ink, 2)


def _card_text(places: parts.Places, group: str, look: Look, part: str) -> str:
    box = places.card_box(places.nodes[0], group)
    room, brief, full = box.width - 10, f"{look.glyph} {look.short}", f"{look.glyph} {look.word}"
    if box.bottom - box.top > parts.FLAT_CARD_PX:
        candidates: tuple[str, ...] = (full, brief, look.short)
        if part not in _PLAIN_PARTS:
            candidates = (f"{full}: {part}", *candidates)
        lines = [f"<b>{dr.escape_text(line)}</b>" for line in places.name_lines(group)]
        return "<br>".join([*lines, dr.escape_text(dr.first_that_fits(candidates, room))])
    state = dr.first_that_fits((full, brief), room - dr.text_width_px(group) * parts.BOLD)
    name = dr.shortened(group, (room - dr.text_width_px(f" {state}")) / parts.BOLD)
    return f"<b>{dr.escape_text(name)}</b> {dr.escape_text(state)}"


def _card_hover(cluster: Cluster, group: str) -> str:
    members = cluster.config.members[group]
    mounted = sum(storage_groups(r) for r in members if r.type.name == INFORMATION_STORE)
    head = (
        f"<b>{dr.escape_text(group)}</b>: {cluster.group_state(group).value} on "
        f"{dr.escape_text(cluster.owners[group])}"
    )
    lines = [head]
    if group in cluster.activities:
        lines.append(dr.escape_text(activity_words(cluster.activities[group])))
    if mounted:
        lines.append(f"{mounted} storage group{'s' if mounted > 1 else ''}")
    for resource in members:
        look = RESOURCE_LOOKS[cluster.resource_states[resource.name]]
        lines.append(f"{look.glyph} {look.word}: {dr.escape_text(resource.name)}")
    return "<br>".join(lines)


def activity_words(activity: Activity) -> str:
    """Return what is going on with a group: "moving to NODE4 (node failure)"."""
    target = f" to {activity.target}" if activity.target else ""
    cause = f" ({activity.cause.value})" if activity.cause else ""
    resource = f": {activity.resource}" if activity.resource else ""
    return f"{activity.kind.value}{target}{cause}{resource}"


class Bars(NamedTuple):
    """What the time bars show."""

    spans: Mapping[str, Sequence[Span]]
    until_s: float | None
    hidden: Collection[str] = ()
    is_drawn: bool = True


def time_strip(
    cluster: Cluster,
    spans: Mapping[str, Sequence[Span]],
    places: parts.Places,
    until_s: float | None,
) -> tuple[tb.TimeScale, dr.Box]:
    """Return where `cluster_figure` draws the time bars: the scale of time, and its box."""
    left, right = places.bar_ends
    moments = [*tb.moments_of({g: spans.get(g, ()) for g in places.groups}), cluster.now_s]
    scale = tb.TimeScale(moments, tb.axis_end(cluster.now_s, until_s), left, right)
    return scale, dr.Box(left, places.bars_top, right, places.bars_bottom)


def _time_bars(cluster: Cluster, bars: Bars, places: parts.Places, colors: Theme) -> list[dr.Trace]:
    scale, _ = time_strip(cluster, bars.spans, places, bars.until_s)
    left, right = places.bar_ends
    rows, names, sums = [], [], []
    for number, group in enumerate(places.groups if bars.is_drawn else ()):
        y, is_hidden = places.bars_top + places.row_px * (number + 0.5), group in bars.hidden
        spans = () if is_hidden else bars.spans.get(group, ())
        rows.append((spans, y, places.bar_px))
        glyph = "?" if is_hidden else GROUP_LOOKS[cluster.group_state(group)].glyph
        name = dr.escape_text(dr.shortened(group, parts.WIDEST_NAME_PX / parts.BOLD))
        names.append(dr.Label(left - 6, y, f"<b>{name}</b> {glyph}", "middle left"))
        words = "your turn" if is_hidden else _without_mail(spans)
        is_out = not is_hidden and service_part(cluster, group) != ONLINE
        sums.append(dr.Label(right + 6, y, f"<b>{words}</b>" if is_out else words, "middle right"))
    axis = tb.axis_traces(scale, cluster.now_s, places.bars_top, places.bars_bottom, colors)
    return [
        tb.bars_trace(rows, scale, colors, is_numbered=True),
        *(axis if bars.is_drawn else map(tb.emptied, axis)),
        dr.text_trace("short parts", _short_parts(bars, cluster.now_s, scale, places), colors.ink),
        dr.text_trace("bar names", names, colors.ink),
        dr.text_trace("outages", sums, colors.ink),
    ]


def _short_parts(
    bars: Bars, now_s: float, scale: tb.TimeScale, places: parts.Places
) -> Iterator[dr.Label]:
    """Yield beside "now" what the numbers in the bars stand for, as much of it as has room."""
    shown = [g for g in places.groups if bars.is_drawn and g not in bars.hidden]
    found = {group: tb.short_parts(bars.spans.get(group, ()), scale) for group in shown}
    numbers = tb.part_numbers(found.values())
    names = ", ".join(_entry(number, name) for name, number in numbers.items())
    left, now_px, now_room = places.bar_ends[0], scale.px(now_s), NOW_ROOM_PX / 2
    after = max(now_px, left + now_room) + now_room
    sides = (left, now_px - now_room), (after, places.width_px - parts.MARGIN)
    start, end = max(sides, key=lambda side: side[1] - side[0])
    ways = _legend(found, numbers), names, dr.shortened(names, end - start)
    words = dr.escape_text(dr.first_that_fits(ways, end - start))
    if numbers:
        yield dr.Label(start, places.bars_top - 12, words, "middle right")


def _legend(found: Mapping[str, Sequence[tb.Segment]], numbers: Mapping[str, int]) -> str:
    return "; ".join(
        f"{group}: "
        + ", ".join(dict.fromkeys(_entry(numbers[one.words[1]], one.words[0]) for one in short))
        for group, short in found.items()
        if short
    )


def _entry(number: int, words: str) -> str:
    return f"{number}{':' * words[:1].isdigit()} {words}"


def _without_mail(spans: Sequence[Span]) -> str:
    seconds, _, out = outage_of(spans)
    is_in_parts = any(one.end_s < later.start_s for one, later in pairwise(out))
    words = "{} in all" if is_in_parts else "no mail for {}"
    return words.format(dr.in_seconds(seconds)) if seconds else "no outage"


def alt_text(
    cluster: Cluster,
    spans: Mapping[str, Sequence[Span]],
    *,
    hidden: Collection[str] = (),
    selected: str = "",
) -> str:
    """Return what `cluster_figure` shows, as one paragraph of plain text.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> alt_text(exchange_cluster(active=1), {})
        'Cluster CL1 at 0.0 s. NODE1 is Up and owns Cluster Group (Online), EVS1 (Online). NODE2
        is Up and owns no group. Quorum disk Q: belongs to NODE1. Disks R: S: of EVS1 belong to
        NODE1.'
    """
    config = cluster.config
    sentences = [f"Cluster {config.name} at {dr.in_seconds(cluster.now_s)}."]
    for node in config.nodes_by_name:
        owned = [
            f"{group} ({_state_words(cluster, group)})"
            for group in cluster.groups_on(node)
            if group not in hidden
        ]
        owns = ", ".join(owned) or "no group"
        site = config.nodes_by_name[node].site
        where = f" (site {site})" if site else ""
        sentences.append(f"{node}{where} is {node_look(cluster, node)[1]} and owns {owns}.")
    moves = last_moves(cluster, spans)
    sentences += parts.fault_sentences(cluster)
    sentences.append(parts.quorum_sentence(cluster))
    for group in config.groups_by_name:
        if group in hidden:
            sentences.append(f"Where {group} is, is for you to say.")
        elif group != config.core_group_name:
            disks = parts.disk_words(cluster, group)
            sentences.append(f"Disks {disks} of {group} belong to {cluster.owners[group]}.")
            if group in moves:
                left, entered = moves[group]
                when = dr.in_seconds(entered.start_s)
                sentences.append(f"{group} left {left.node} for {entered.node} at {when}.")
            sentences += _outage_sentence(cluster, group, spans.get(group, ()))
    sentences += [f"{selected} is selected."] if selected else []
    return " ".join(sentences)


def _state_words(cluster: Cluster, group: str) -> str:
    state = cluster.group_state(group)
    activity = cluster.activities.get(group)
    if activity is None or state is GroupState.ONLINE:
        return state.value
    return f"{state.value}, {activity_words(activity)}"


def _outage_sentence(cluster: Cluster, group: str, spans: Sequence[Span]) -> list[str]:
    outage = outage_of(spans)
    if not outage.spans:
        return []
    listed = ", ".join(f"{part} {dr.in_seconds(seconds)}" for part, seconds in outage.parts.items())
    so_far = "" if service_part(cluster, group) == ONLINE else " so far"
    return [f"{group} had no mail for {dr.in_seconds(outage.seconds)}{so_far}: {listed}."]


Branch = tuple[str, Mapping[str, Sequence[Span]]]  # name of a branch and its spans by group


def comparison_figure(left: Branch, right: Branch, *, page: dr.Page = dr.PAGE) -> go.Figure:
    """Return the time bars of two branches, those of one group one above the other.

    Stretches in which the branches differ are marked by a thick line between the two bars; the
    sums stand in words above each pair.
    """
    colors = page.colors
    groups = [group for group in left[1] if group in right[1]]
    moments = [*tb.moments_of(left[1]), *tb.moments_of(right[1])]
    ends = parts.MARGIN + 84, page.width_px - parts.MARGIN - 16
    scale = tb.TimeScale(moments, tb.axis_end(max(moments, default=0.0), None), *ends)
    rows, marks, texts, names = [], [], [], []
    top = 8.0
    for number, group in enumerate(groups):
        y = top + 76 * number
        pair = [(branch, spans[group], y + 32 + 26 * i)
                for i, (branch, spans) in enumerate((left, right))]  # fmt: skip
        rows += [(spans, middle, 18.0) for _, spans, middle in pair]
        for branch, _, middle in pair:
            name = dr.escape_text(dr.shortened(branch, 70))
            names.append(dr.Label(ends[0] - 6, middle, name, "middle left"))
        stretches = tb.differences(left[1][group], right[1][group])
        texts.append(dr.Label(ends[0], y + 12, _difference_words(group, pair, stretches),
                           "middle right"))  # fmt: skip
        marks += [[(scale.px(start), y + 45), (scale.px(end), y + 45)] for start, end in stretches]
    bottom = top + 76 * len(groups) - 4
    traces = [
        tb.bars_trace(rows, scale, colors),
        *tb.axis_traces(scale, None, top + 20, bottom, colors),
        dr.line_trace("differences", dr.polylines(marks), colors.ink, 4),
        dr.text_trace("branch names", names, colors.ink),
        dr.text_trace("sums", texts, colors.ink),
    ]
    return dr.figure_of(traces, page, bottom + 26, comparison_text(left, right))


def _difference_words(
    group: str,
    pair: Sequence[tuple[str, Sequence[Span], float]],
    stretches: Sequence[tuple[float, float]],
) -> str:
    sums = _sums((dr.escape_text(branch), spans) for branch, spans, _ in pair)
    if not stretches:
        return f"<b>{dr.escape_text(group)}</b>  {sums}; no difference"
    shown = ", ".join(f"{start:.1f} to {end:.1f} s" for start, end in stretches[:2])
    more = f" and {len(stretches) - 2} more" if len(stretches) > 2 else ""
    return f"<b>{dr.escape_text(group)}</b>  {sums}; ▬ differs {shown}{more}"


def _sums(branches: Iterable[tuple[str, Sequence[Span]]]) -> str:
    return "; ".join(f"{branch}: {_without_mail(spans)}" for branch, spans in branches)


def comparison_text(left: Branch, right: Branch) -> str:
    """Return what `comparison_figure` shows, as one paragraph of plain text."""
    sentences = []
    for group in (group for group in left[1] if group in right[1]):
        sums = _sums((branch, spans[group]) for branch, spans in (left, right))
        stretches = tb.differences(left[1][group], right[1][group])
        where = ", ".join(f"{start:.1f} to {end:.1f} s" for start, end in stretches)
        sentences.append(f"{group}: {sums}; {f'differs {where}' if where else 'no difference'}.")
    return " ".join(sentences)
