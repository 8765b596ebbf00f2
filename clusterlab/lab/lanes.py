"""What each node goes through, one bar for each: silence, arbitration, stop, search, join.

The challenge for a quorum disk is a matter of seconds on several nodes at once; one bar for each
node under one axis shows it as it is told (handbook 1, 4.10 and 4.11).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

import plotly.graph_objects as go

from clusterlab.cluster.draft import Outcome
from clusterlab.cluster.membership import RESTARTING, SEARCHING
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.networks import separated_pairs
from clusterlab.cluster.outages import Span
from clusterlab.cluster.states import MEMBER_STATES, NodeState, ResourceState
from clusterlab.lab.drawing import (
    Label,
    escape_text,
    figure_of,
    in_seconds,
    shortened,
    text_trace,
    theme_named,
)
from clusterlab.lab.timebars import BarRow, TimeScale, axis_traces, bars_trace

MARGIN = 16.0
NAME_PX = 74.0
ROW_PX, BAR_PX = 34.0, 24.0
TOP = 14.0

NO_POWER, HEARS_NOBODY, MISSES = "no power", "hears nobody", "misses"
WAITS, MOUNTS, DOWN = "challenges", "quorum online", "Down"
_SERVICE = {RESTARTING: "stopped", SEARCHING: "searches"}
"""Short words for what the Cluster service of a node that is Down is doing."""


def node_phase(cluster: Cluster, node: str) -> str:
    """Return what a node is doing: a word of this module, or what its service is doing.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> node_phase(exchange_cluster(), "NODE1")
        'Up'
    """
    if node in cluster.silent_since and cluster.node_states[node] in MEMBER_STATES:
        return NO_POWER
    if node == cluster.challenger:
        is_reserved = cluster.resource_states[cluster.config.quorum] is ResourceState.ONLINE_PENDING
        return MOUNTS if is_reserved else WAITS
    state = cluster.node_states[node]
    if state is NodeState.DOWN:
        return _SERVICE.get(cluster.starting.get(node, ""), cluster.starting.get(node, DOWN))
    if state not in MEMBER_STATES:
        return str(state.value)
    missed = [pair for pair in separated_pairs(cluster) if node in pair]
    others = [name for name, other in cluster.node_states.items() if other in MEMBER_STATES]
    if not missed:
        return str(state.value)
    if len(missed) == len(others) - 1 > 1:
        return HEARS_NOBODY
    silent = [name for pair in missed for name in pair if name != node]
    return f"{MISSES} {', '.join(silent)}"


def node_lanes(outcomes: Sequence[Outcome], until_s: float) -> Mapping[str, list[Span]]:
    """Return for each node what it went through from 0 to *until_s*, as spans."""
    clusters = [outcome.cluster for outcome in outcomes if outcome.cluster.now_s <= until_s]
    by_moment = [list(group)[-1] for _, group in groupby(clusters, key=lambda c: c.now_s)]
    ends = [cluster.now_s for cluster in by_moment[1:]] + [until_s]
    lanes = {}
    for node in clusters[-1].config.nodes_by_name:
        phases = [
            (node_phase(cluster, node) if node in cluster.node_states else DOWN, end_s)
            for cluster, end_s in zip(by_moment, ends, strict=True)
        ]
        lanes[node] = _merged(node, phases, by_moment[0].now_s)
    return lanes


def _merged(node: str, phases: Sequence[tuple[str, float]], start_s: float) -> list[Span]:
    spans = []
    for phase, run in groupby(phases, key=lambda pair: pair[0]):
        end_s = list(run)[-1][1]
        if end_s > start_s:
            spans.append(Span(phase, start_s, end_s, node))
        start_s = end_s
    return spans


def lanes_figure(
    lanes: Mapping[str, Sequence[Span]], *, theme: str = "light", width_px: int = 1000
) -> go.Figure:
    """Return one bar for each node under a common axis.

    Args:
        lanes: From `node_lanes`.
        theme: "light" or "dark".
        width_px: Width it is shown at.

    Raises:
        ValueError: If there is no such theme.
    """
    colors = theme_named(theme)
    left, right = MARGIN + NAME_PX, width_px - MARGIN
    spans = [span for lane in lanes.values() for span in lane]
    moments = [moment for span in spans for moment in span[1:3]]
    scale = TimeScale(moments, max(moments), left, right)
    rows, names = [], []
    for number, (node, lane) in enumerate(lanes.items()):
        middle = TOP + ROW_PX * (number + 0.5)
        rows.append(BarRow(lane, middle, BAR_PX))
        name = escape_text(shortened(node, NAME_PX - 8))
        names.append(Label(left - 6, middle, f"<b>{name}</b>", "middle left"))
    bottom = TOP + ROW_PX * len(lanes)
    traces = [
        bars_trace(rows, scale, colors),
        *axis_traces(scale, None, TOP, bottom, colors),
        text_trace("node names", names, colors.ink),
    ]
    return figure_of(traces, (width_px, bottom + 26), colors, lanes_text(lanes))


def lanes_text(lanes: Mapping[str, Sequence[Span]]) -> str:
    """Return what `lanes_figure` shows, as one paragraph of plain text."""
    sentences = []
    for node, lane in lanes.items():
        words = ", ".join(f"{span.part} until {in_seconds(span.end_s)}" for span in lane)
        sentences.append(f"{node}: {words}.")
    return " ".join(sentences)
