"""The dependency tree of one EVS, with the states of its resources and its critical path.

What stands further left is Online first. Levels, states and seconds come from the cluster's
values; two trees beside each other show what Exchange 2003 changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import plotly.graph_objects as go

from clusterlab.cluster.model import Cluster, Resource
from clusterlab.cluster.outages import critical_path
from clusterlab.exchange.evs import EXCHANGE_TYPES
from clusterlab.lab.figures import drawing as dr
from clusterlab.lab.figures.palette import RESOURCE_LOOKS, Theme

RESOURCES = "resources"  # kind of the traces that stand for resources, see `drawing.traces_of`

STEP_PX = 44.0
BOX_PX = 36.0
TOP_PX = 46.0
BESIDE_FROM_PX = 900  # from this width on two trees stand side by side, else one below the other


def levels(cluster: Cluster, group: str) -> tuple[tuple[str, ...], ...]:
    """Return the resources of *group* by level: 0 needs nothing, each other the level before.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> [len(level) for level in levels(exchange_cluster(), "EVS1")]
        [3, 1, 1, 6]

    Source: handbook 2, 2.3.
    """
    level_of: dict[str, int] = {}
    for resource in cluster.config.members[group]:
        needs = [level_of[need] for need in resource.depends_on]
        level_of[resource.name] = 1 + max(needs, default=-1)
    count = 1 + max(level_of.values(), default=-1)
    return tuple(
        tuple(name for name, level in level_of.items() if level == wanted)
        for wanted in range(count)
    )


def tree_figure(
    cluster: Cluster,
    group: str,
    *,
    beside: tuple[Cluster, str] | None = None,
    page: dr.Page = dr.PAGE,
) -> go.Figure:
    """Return the dependency tree of a group, states live, its critical path marked.

    Source: handbook 2, 2.1 to 2.3.
    """
    colors = page.colors
    shown = [(cluster, group), *([beside] if beside else [])]
    is_wide = len(shown) == 1 or page.width_px >= BESIDE_FROM_PX
    counts = [len(levels(*each)) for each in shown]
    column_px = (page.width_px - 20 - 20 * (len(shown) - 1)) / (
        sum(counts) if is_wide else max(counts)
    )
    trees: list[_Tree] = []
    left, top = 10.0, 0.0
    for each, count in zip(shown, counts, strict=True):
        trees.append(_Tree(*each, left, top, column_px))
        left, top = (left + count * column_px + 20, top) if is_wide else (left, trees[-1].bottom)
    traces = [trace for tree in trees for trace in _tree_traces(tree, colors)]
    alt = " ".join(tree_text(*each) for each in shown)
    return dr.figure_of(traces, page, max(tree.bottom for tree in trees), alt)


class _Tree:
    def __init__(
        self, cluster: Cluster, group: str, left: float, top: float, column_px: float
    ) -> None:
        self.cluster, self.group = cluster, group
        self.left, self.top, self.column_px = left, top, column_px
        self.levels = levels(cluster, group)
        most = max((len(level) for level in self.levels), default=1)
        self.bottom = top + TOP_PX + most * STEP_PX + 30
        self.path = dict(critical_path(cluster, group))
        self.has_long_names = all(
            dr.text_width_px(f"{long_name(member)} 00 s") * 1.05 < column_px - 28
            for member in cluster.config.members[group]
        )
        self.middles = self._middles(top + TOP_PX + most * STEP_PX / 2)
        self.boxes: Mapping[str, dr.Box] = {
            name: self._box(column, self.middles[name])
            for column, level in enumerate(self.levels)
            for name in level
        }

    def _middles(self, centre: float) -> dict[str, float]:
        """Put each resource beside what it needs, and as far apart as boxes are high."""
        middles: dict[str, float] = {}
        for column, level in enumerate(self.levels):
            count = len(level)
            if column and count == 1:
                needs = self.cluster.config.resources_by_name[level[0]].depends_on
                wanted = sum(middles[need] for need in needs) / len(needs)
                middles[level[0]] = wanted
                continue
            for row, name in enumerate(level):
                middles[name] = centre + (row - (count - 1) / 2) * STEP_PX
        return middles

    def _box(self, column: int, middle: float) -> dr.Box:
        gap = 22.0
        left = self.left + column * self.column_px + gap / 2
        return dr.Box(left, middle - BOX_PX / 2, left + self.column_px - gap, middle + BOX_PX / 2)

    def resource(self, name: str) -> Resource:
        return self.cluster.config.resources_by_name[name]


def long_name(resource: Resource) -> str:
    """Return what a resource is called where there is room: its type, or the name of a disk.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> [long_name(resource) for resource in exchange_cluster().config.members["EVS2"]][2:5]
        ['Disk U:', 'Network Name', 'System Attendant']
    """
    if resource.type.can_be_quorum:
        return resource.name
    return resource.type.name.removeprefix("Microsoft Exchange ")


def _edge_line(tree: _Tree, first: str, then: str) -> list[tuple[float, float]]:
    start, end = tree.boxes[first], tree.boxes[then]
    y, other_y = start.middle[1], end.middle[1]
    turn = end.left - 11
    return [(start.right, y), (turn, y), (turn, other_y), (end.left, other_y)]


def _tree_traces(tree: _Tree, colors: Theme) -> Iterator[dr.Trace]:
    marked = set(pairwise(tree.path))
    edges = [(need, name) for name in tree.boxes for need in tree.resource(name).depends_on]
    lines = [_edge_line(tree, *edge) for edge in edges if edge not in marked]
    path = [_edge_line(tree, *edge) for edge in edges if edge in marked]
    tag = f"{tree.group}, level 0 at {tree.left:.0f}"
    yield dr.line_trace(f"needs of {tag}", dr.polylines(lines), colors.muted, 1.5)
    yield dr.line_trace(f"critical path of {tag}", dr.polylines(path), colors.ink, 5)
    labels = []
    for name, box in tree.boxes.items():
        look = RESOURCE_LOOKS[tree.cluster.resource_states[name]]
        paint = dr.Paint(
            colors.fills[look.role], colors.strokes[look.role], look.width_px, look.dash
        )
        yield dr.area_trace(RESOURCES, name, dr.outline(box), paint, _hover(tree, name))
        labels.append(_box_label(tree, name, box))
    yield dr.text_trace(f"resources of {tag}", labels, colors.ink)
    yield dr.text_trace(f"levels of {tag}", _headings(tree), colors.muted)
    yield dr.text_trace(f"captions of {tag}", _captions(tree), colors.ink)


def _box_label(tree: _Tree, name: str, box: dr.Box) -> dr.Label:
    resource = tree.resource(name)
    look = RESOURCE_LOOKS[tree.cluster.resource_states[name]]
    room = box.width - 6
    seconds = f" {_seconds(tree, name)}"
    is_long = tree.has_long_names or resource.type.can_be_quorum
    free = (room - dr.text_width_px(seconds)) * 0.93
    first = dr.shortened(long_name(resource) if is_long else resource.type.short, free)
    states = (f"{look.glyph} {look.word}", f"{look.glyph} {look.short}")
    second = dr.first_that_fits(states, room)
    x, y = box.middle
    return dr.Label(x, y + 1.5, f"<b>{dr.escape_text(first)}</b>{seconds}<br>{second}")


def _seconds(tree: _Tree, name: str) -> str:
    resource = tree.resource(name)
    return f"{resource.type.online_s(tree.cluster, resource):g} s"


def _hover(tree: _Tree, name: str) -> str:
    resource = tree.resource(name)
    state = tree.cluster.resource_states[name]
    needs = ", ".join(resource.depends_on) or "nothing"
    lines = [
        f"<b>{dr.escape_text(name)}</b>",
        f"{RESOURCE_LOOKS[state].glyph} {state.value} on "
        f"{dr.escape_text(tree.cluster.owners[tree.group])}",
        f"{resource.type.name}, {_seconds(tree, name)} to come online",
        f"needs {dr.escape_text(needs)}",
    ]
    return "<br>".join(lines + (["on the critical path"] if name in tree.path else []))


def _headings(tree: _Tree) -> list[dr.Label]:
    return [
        dr.Label(tree.left + (column + 0.5) * tree.column_px, tree.top + 34, f"level {column}")
        for column in range(len(tree.levels))
    ]


def path_words(cluster: Cluster, group: str) -> str:
    """Return the critical path: "IP 2 + Name 5 + SA 20 + IS 40 = 67 s" (handbook 2, 2.3)."""
    path = critical_path(cluster, group)
    resources = cluster.config.resources_by_name
    parts = [
        f"{name if resources[name].type.can_be_quorum else resources[name].type.short} {seconds:g}"
        for name, seconds in path
    ]
    return f"{' + '.join(parts)} = {sum(seconds for _, seconds in path):g} s"


def version_words(cluster: Cluster, group: str) -> str:
    """Return "Exchange 2003" or "Exchange 2000", or "" for a group without Exchange."""
    for version, types in EXCHANGE_TYPES.items():
        if any(r.type in types.values() for r in cluster.config.members[group]):
            return f"Exchange {version}"
    return ""


def _titled(cluster: Cluster, group: str) -> str:
    version = version_words(cluster, group)
    return f"{group}, {version}" if version else group


def _captions(tree: _Tree) -> Sequence[dr.Label]:
    width = len(tree.levels) * tree.column_px - 20
    x = tree.left + 11
    config = tree.cluster.config
    title = dr.shortened(
        f"{_titled(tree.cluster, tree.group)}, cluster {config.name}, on "
        f"{tree.cluster.owners[tree.group]}",
        width,
    )
    words = path_words(tree.cluster, tree.group)
    caption = dr.first_that_fits((f"critical path  {words}", words), width)
    bold, _, rest = caption.partition("  ")
    text = f"<b>{bold}</b>  {dr.escape_text(rest)}" if rest else dr.escape_text(caption)
    return [
        dr.Label(x, tree.top + 14, f"<b>{dr.escape_text(title)}</b>", "middle right"),
        dr.Label(x, tree.bottom - 14, f"━ {text}", "middle right"),
    ]


def tree_text(cluster: Cluster, group: str) -> str:
    """Return what `tree_figure` shows of one group, as one paragraph of plain text."""
    sentences = [f"Dependency tree of {_titled(cluster, group)}, cluster {cluster.config.name}."]
    for number, level in enumerate(levels(cluster, group)):
        listed = ", ".join(f"{name} ({cluster.resource_states[name].value})" for name in level)
        sentences.append(f"Level {number}: {listed}.")
    return " ".join([*sentences, f"Critical path: {path_words(cluster, group)}."])
