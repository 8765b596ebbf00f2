"""The picture of a cluster being built: nodes that are no members yet beside the cluster so far.

The cluster itself is drawn by `cluster.py`; here stand the bare nodes, the storage before there is
a cluster, and what the facts of a run say of both. A node keeps its place when it joins.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from clusterlab.cluster.model import Cluster
from clusterlab.lab.figures import drawing as dr
from clusterlab.lab.figures.cluster import alt_text as cluster_words
from clusterlab.lab.figures.cluster import cluster_figure
from clusterlab.lab.figures.cluster_parts import MARGIN, Places
from clusterlab.lab.figures.palette import FAILED, OFFLINE, ONLINE, Theme
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.run import Run

BARE = "bare nodes"
"""Kind of the traces of nodes that are not in the cluster; see `drawing.traces_of`."""

_GAP, _NARROW_GAP = 20.0, 8.0
_LINE_PX = 17.0
_WIDE_PX = 130.0  # boxes of nodes that are not so wide have short words
_TOP, _BARE_PX, _STORAGE_PX = 14.0, 128.0, 44.0
_TIME_BARS = frozenset(
    {"bars", "tick marks", "ticks", "breaks", "break lengths", "now", "now label", "bar names",
     "outages", "note"}
)  # fmt: skip
"""Traces of a figure of a cluster that need a sequence of events."""

Stage = tuple[str, str, bool]
"""One thing a node has or has not: in words, in a word for narrow boxes, and whether it has it."""


def stages(facts: Mapping[str, Any], node: str) -> tuple[Stage, ...]:
    """Return how far a node is, by the facts of a run.

    Example:
        >>> [words for words, *_ in stages({"node.NODE1.os": "Windows"}, "NODE1")]
        ['Windows', 'no domain', 'adapters not set', 'no components', 'no Exchange']
    """
    known = {
        name: facts.get(f"node.{node}.{name}")
        for name in ("os", "pack", "role", "binding", "components", "exchange")
    }
    windows = str(known["os"] or "no Windows").partition(",")[0]
    pack = f" {known['pack']}" if known["pack"] else ""
    exchange = {
        None: "no Exchange",
        "cluster": "Exchange",
        "standalone": "stand-alone Exchange",
    }.get(known["exchange"], f"Exchange {known['exchange']}")
    return (
        (windows + pack, "Windows", bool(known["os"])),
        (str(known["role"] or "no domain"), "domain", bool(known["role"])),
        (f"adapters {'set' if known['binding'] else 'not set'}", "adapters",
         bool(known["binding"])),
        (f"{'' if known['components'] else 'no '}components", "compon.",
         bool(known["components"])),
        (exchange, "Exchange", known["exchange"] == "cluster"),
    )  # fmt: skip


def storage_words(facts: Mapping[str, Any]) -> str:
    """Return how the shared storage is before there is a cluster."""
    if facts.get("storage.damaged"):
        return "✖ damaged: two nodes wrote to it"
    disks = facts.get("storage.disks")
    power = "on" if facts.get("storage.on") else "off"
    return f"{'✔' if disks else '○'} {power}, {f'{disks} disks' if disks else 'not prepared'}"


def site_figure(run: Run, *, page: dr.Page = dr.PAGE) -> go.Figure:
    """Return what has been built so far: the cluster, and beside it the nodes not yet in it."""
    colors, cluster = page.colors, run.cluster
    bare = bare_nodes(run)
    if cluster is None:
        return _bare_figure(run, bare, page)
    everyone = len(bare) + len(cluster.config.nodes)
    pitch = (page.width_px - 2 * MARGIN) / everyone
    part_px = round(2 * MARGIN + pitch * len(cluster.config.nodes))
    places = Places(cluster, part_px)
    drawn = cluster_figure(cluster, {}, page=page._replace(width_px=part_px))
    traces = [trace for trace in drawn.to_dict()["data"] if trace["name"] not in _TIME_BARS]
    boxes = _boxes(bare, (part_px - MARGIN, places.nodes_top), pitch, places.nodes_bottom)
    height_px = max(box.bottom for box in (places.storage_box, *boxes.values())) + 8
    traces += _bare_traces(run, boxes, colors)
    return dr.figure_of(traces, page, height_px, site_text(run))


def bare_nodes(run: Run) -> tuple[str, ...]:
    """Return the nodes of the plan that are not in the cluster."""
    members = () if run.cluster is None else run.cluster.config.nodes_by_name
    return tuple(node.name for node in run.procedure.plan.nodes if node.name not in members)


def _boxes(
    nodes: Sequence[str], corner: tuple[float, float], pitch: float, bottom: float
) -> Mapping[str, dr.Box]:
    left, top = corner
    inset = (_GAP if pitch - _GAP > _WIDE_PX else _NARROW_GAP) / 2
    return {
        node: dr.Box(left + pitch * i + inset, top, left + pitch * (i + 1) - inset,
                  max(bottom, top + _BARE_PX))
        for i, node in enumerate(nodes)
    }  # fmt: skip


def _bare_figure(run: Run, bare: Sequence[str], page: dr.Page) -> go.Figure:
    colors = page.colors
    pitch = (page.width_px - 2 * MARGIN) / max(len(bare), 1)
    boxes = _boxes(bare, (MARGIN, _TOP), pitch, 0.0)
    bottom = _TOP + _BARE_PX
    shelf = dr.Box(MARGIN + _GAP / 2, bottom + 16, page.width_px - MARGIN - _GAP / 2,
                bottom + 16 + _STORAGE_PX)  # fmt: skip
    facts = run.situation.facts
    is_on = [bool(facts.get("storage.on")) for _ in boxes]
    cables = [[(box.middle[0], box.bottom), (box.middle[0], shelf.top)] for box in boxes.values()]
    is_damaged = bool(facts.get("storage.damaged"))
    stroke = colors.strokes[FAILED] if is_damaged else colors.muted
    words = f"<b>Shared storage</b><br>{dr.escape_text(storage_words(facts))}"
    traces = [
        dr.line_trace(
            "links", dr.polylines(cables), colors.muted, 1.5, "solid" if any(is_on) else "dot"
        ),
        dr.filled(dr.line_trace("storage", dr.outline(shelf), stroke, 1.5), colors.box),
        dr.text_trace("storage label", [dr.Label(*shelf.middle, words)], colors.ink),
        *_bare_traces(run, boxes, colors),
    ]
    return dr.figure_of(traces, page, shelf.bottom + 8, site_text(run))


def _bare_traces(run: Run, boxes: Mapping[str, dr.Box], colors: Theme) -> Iterator[dr.Trace]:
    facts = run.situation.facts
    labels: list[dr.Label] = []
    for node, box in boxes.items():
        is_on = facts.get(f"node.{node}.powered", False)
        role = ONLINE if is_on else OFFLINE
        dash = "solid" if is_on else "dash"
        paint = dr.Paint(colors.box, colors.strokes[role], 2.0, dash)
        yield dr.area_trace(BARE, node, dr.outline(box, 8), paint, "<br>".join(_lines(run, node)))
        labels += _node_labels(run, node, box)
    yield dr.text_trace("bare labels", labels, colors.ink)


def _power(run: Run, node: str) -> str:
    facts = run.situation.facts
    if f"node.{node}.powered" in facts:
        return "● on" if facts[f"node.{node}.powered"] else "○ off"
    return "● on" if facts.get(f"node.{node}.os") else "○ bare"


def _node_labels(run: Run, node: str, box: dr.Box) -> Iterator[dr.Label]:
    is_narrow = box.width < _WIDE_PX
    room = box.width - (8 if is_narrow else 16)
    name = dr.escape_text(dr.shortened(node, room * (0.95 if is_narrow else 0.7)))
    middle = box.middle[0]
    if is_narrow:
        yield dr.Label(middle, box.top + 12, f"<b>{name}</b>")
        yield dr.Label(middle, box.top + 28, _power(run, node))
    else:
        yield dr.Label(middle, box.top + 15, f"<b>{name}</b>  {_power(run, node)}")
    first = box.top + (46 if is_narrow else 36)
    for number, (words, short, is_done) in enumerate(stages(run.situation.facts, node)):
        text = dr.shortened(f"{'✔' if is_done else '○'} {short if is_narrow else words}", room)
        left = box.left + (4 if is_narrow else 8)
        yield dr.Label(left, first + _LINE_PX * number, dr.escape_text(text), "middle right")


def _lines(run: Run, node: str) -> Iterator[str]:
    yield f"<b>{dr.escape_text(node)}</b>, not in the cluster: {_power(run, node)}"
    for words, _, is_done in stages(run.situation.facts, node):
        yield f"{'✔' if is_done else '○'} {dr.escape_text(words)}"


def site_text(run: Run) -> str:
    """Return what `site_figure` shows, as one paragraph.

    Example:
        >>> from clusterlab.procedures import Plan, Run, installation
        >>> site_text(Run(installation(Plan.standard(nodes=2, evs=1))))[:80]
        'No cluster yet. Shared storage: off, not prepared. NODE1 is not in the cluster: '
    """
    sentences = [_built_words(run.cluster, run)]
    for node in bare_nodes(run):
        has = ", ".join(words for words, *_ in stages(run.situation.facts, node))
        sentences.append(f"{node} is not in the cluster: {has}.")
    return " ".join(sentences)


def _built_words(cluster: Cluster | None, run: Run) -> str:
    if cluster is not None:
        return cluster_words(cluster, {})
    return f"No cluster yet. Shared storage: {storage_words(run.situation.facts)[2:]}."


def node_rows(run: Run) -> Iterator[tuple[str, ...]]:
    """Yield for each node of the plan its name, where it is, and how far it is."""
    plan: Plan = run.procedure.plan
    bare = bare_nodes(run)
    for node in plan.nodes:
        where = _power(run, node.name)[2:] if node.name in bare else "in the cluster"
        yield node.name, where, *(words for words, *_ in stages(run.situation.facts, node.name))
