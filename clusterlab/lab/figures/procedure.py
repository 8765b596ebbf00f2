"""The picture of a procedure: a box for each task, phases from left to right, subjects downwards.

Same values, same figure. In the picture of all phases a box holds the id of its step alone; that
of one phase is a list: a row for each step, with its title. Where things stand is reckoned from the
procedure alone, so nothing moves while it is done. Each task is one trace that answers to clicks
anywhere inside its box (`drawing.traces_of` with `TASKS`).
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import plotly.graph_objects as go

from clusterlab.cluster.errors import wrong
from clusterlab.lab.figures import drawing as dr
from clusterlab.lab.figures.palette import TASK_LOOKS, UNTOLD_LOOK, Look, Theme
from clusterlab.procedures.procedure import Procedure, Task
from clusterlab.procedures.run import Run
from clusterlab.procedures.step import TaskState

TASKS = "tasks"  # kind of the traces that stand for a task; see `drawing.traces_of`
ALL_PHASES = "all phases"
ONCE = "once"  # name of the row of what is done once

_MARGIN, _ROW_NAME_PX, _GAP = 8.0, 54.0, 3.0
_LEAST_BOX_PX = 42.0
_LINES_PX = ((10, 26.0), (1000, 20.0))
"""Height of a line of boxes, by how many lines there are at most."""
_LEGEND_PX, _ROW_GAP = 24.0, 6.0
_TITLE_LINE_PX = 16.0
_REASONS = 6  # so many tasks are named that a blocked one waits for


def phases_of(procedure: Procedure) -> tuple[str, ...]:
    """Return the phases of a procedure in the order in which they end.

    Example:
        >>> from clusterlab.procedures import Plan, installation
        >>> phases_of(installation(Plan.standard(nodes=2, evs=1)))[2:6]
        ('Nodes', 'Storage', 'Cluster', 'Binaries')
    """
    ends = {task.step.phase: number for number, task in enumerate(procedure.tasks)}
    return tuple(sorted(ends, key=ends.__getitem__))


def row_of(task: Task) -> str:
    """Return in which row a task stands: the node or EVS it is done for, else `ONCE`."""
    return task.subject.name if task.subject.mark.startswith(("N", "EVS")) else ONCE


class TaskPlaces:
    """Where everything stands, in pixels; a function of procedure, phase and width alone.

    Boxes are by task, columns by their titles (left and right end), rows by name (top, bottom).
    """

    def __init__(self, procedure: Procedure, phase: str, width_px: float) -> None:
        phases = phases_of(procedure)
        if phase not in (ALL_PHASES, *phases):
            allowed = ", ".join((ALL_PHASES, *phases))
            raise wrong("phase", phase, allowed)
        self.is_all = phase == ALL_PHASES
        tasks = [task for task in procedure.tasks if self.is_all or task.step.phase == phase]
        plan, cells = procedure.plan, dict[tuple[str, str], list[str]]()
        for task in tasks:
            cell = (row_of(task), task.step.phase) if self.is_all else (_title(task), row_of(task))
            cells.setdefault(cell, []).append(task.key)
        subjects = (ONCE, *(node.name for node in plan.nodes), *(evs.name for evs in plan.evs))
        rows = subjects if self.is_all else tuple(dict.fromkeys(map(_title, tasks)))
        keys = (
            phases if self.is_all else tuple(n for n in subjects if any(n == c for _, c in cells))
        )
        longest = max(map(dr.text_width_px, rows)) * 1.08 + 12
        self.names_px = _ROW_NAME_PX if self.is_all else min(longest, 0.6 * width_px)
        self.width_px, self.room_px = width_px, width_px - 2 * _MARGIN - self.names_px
        self._least = {key: max(map(dr.text_width_px, key.split())) + _GAP for key in keys}
        self._slots = self._slots_of(cells, keys, self._least_box_px(tasks))
        self._place_columns(keys)
        self._place_rows(rows, cells)
        self._place_boxes(cells)

    def _least_box_px(self, tasks: list[Task]) -> float:
        """Return how wide a box must be: room for the longest step where steps are named."""
        names = [_step_name(task.key) for task in tasks if self.is_all]
        return max((dr.text_width_px(f"✔ {name}") + 2 * _GAP for name in names), default=0.0)

    def _slots_of(
        self, cells: Mapping[tuple[str, str], list[str]], keys: tuple[str, ...], least_px: float
    ) -> Mapping[str, int]:
        """Return how many boxes stand beside each other in each column: as many as have room."""
        most = {
            key: max(len(tasks) for (_, column), tasks in cells.items() if column == key)
            for key in keys
        }
        lines, box_px = 1, max(_LEAST_BOX_PX, least_px)
        while lines < max(most.values()):
            columns = ((-(-count // lines), self._least.get(key, 0)) for key, count in most.items())
            if sum(max(slots * box_px, px) for slots, px in columns) <= self.room_px:
                break
            lines += 1
        return {key: -(-count // lines) for key, count in most.items()}

    def _place_columns(self, keys: tuple[str, ...]) -> None:
        left, widths = _MARGIN + self.names_px, self._widths(keys)
        self._ends: dict[str, tuple[float, float]] = {}
        for key in keys:
            self._ends[key] = (left, left + widths[key])
            left = self._ends[key][1]
        self.columns = {key.replace(" ", "\n"): ends for key, ends in self._ends.items()}
        lines = max(title.count("\n") + 1 for title in self.columns)
        self.head_px = _TITLE_LINE_PX * lines + 8

    def _widths(self, keys: tuple[str, ...]) -> Mapping[str, float]:
        """Return the width of each column: by its boxes, but at least that of its longest word."""
        fixed: dict[str, float] = {}
        while True:
            slots = sum(self._slots[key] for key in keys if key not in fixed)
            slot = (self.room_px - sum(fixed.values())) / max(slots, 1)
            narrow = {key: px for key, px in self._least.items() if slot * self._slots[key] < px}
            if narrow.keys() <= fixed.keys():
                return {key: fixed.get(key, slot * self._slots[key]) for key in keys}
            fixed |= narrow

    def _place_rows(
        self, names: tuple[str, ...], cells: Mapping[tuple[str, str], list[str]]
    ) -> None:
        top, used = _LEGEND_PX + self.head_px, {row for row, _ in cells}
        lines = {
            name: max(
                -(-len(keys) // self._slots[column])
                for (row, column), keys in cells.items()
                if row == name
            )
            for name in names
            if name in used
        }
        self.line_px = next(px for most, px in _LINES_PX if sum(lines.values()) <= most)
        self.rows: dict[str, tuple[float, float]] = {}
        for name, count in lines.items():
            self.rows[name] = (top, top + count * self.line_px)
            top += count * self.line_px + (_ROW_GAP if self.is_all else 0)
        self.height_px = top + 2

    def _place_boxes(self, cells: Mapping[tuple[str, str], list[str]]) -> None:
        self.boxes: dict[str, dr.Box] = {}
        for (row, column), keys in cells.items():
            left, right = self._ends[column]
            slots = self._slots[column]
            pitch = (right - left - _GAP) / slots
            for number, key in enumerate(keys):
                x = left + _GAP + pitch * (number % slots)
                y = self.rows[row][0] + self.line_px * (number // slots)
                self.boxes[key] = dr.Box(x, y, x + pitch - _GAP, y + self.line_px - 3)


# --- looks and words --------------------------------------------------------------------------


def task_look(run: Run, key: str, *, is_exam: bool = False) -> Look:
    """Return how a task is shown; an exam does not tell what can be done."""
    state = run.state(key)
    if is_exam and state in (TaskState.AVAILABLE, TaskState.BLOCKED):
        return UNTOLD_LOOK
    return TASK_LOOKS[state]


def counts(run: Run, *, is_exam: bool = False) -> Mapping[Look, int]:
    """Return how many of the counted tasks have each look, in the order of the legend."""
    shown = [TASK_LOOKS[TaskState.DONE], TASK_LOOKS[TaskState.AVAILABLE]]
    shown += [TASK_LOOKS[TaskState.BLOCKED], TASK_LOOKS[TaskState.HARMED]]
    if is_exam:
        shown = [shown[0], UNTOLD_LOOK, shown[3]]
    table = dict.fromkeys(shown, 0)
    for task in run.procedure.tasks:
        table[task_look(run, task.key, is_exam=is_exam)] += 1
    return table


def alt_text(run: Run, *, is_exam: bool = False) -> str:
    """Return what `steps_figure` shows, as one paragraph.

    Example:
        >>> from clusterlab.procedures import Plan, Run, installation
        >>> alt_text(Run(installation(Plan.standard(nodes=2, evs=1))))
        'Steps of install CLUS2: 0 done, 2 available, 53 blocked, 0 harmed. Available: P01, P02.'
    """
    procedure = run.procedure
    words = ", ".join(f"{n} {look.word}" for look, n in counts(run, is_exam=is_exam).items())
    head = f"Steps of {procedure.name} {procedure.plan.cluster}: {words}."
    free = "" if is_exam else ", ".join(task.short for task in run.available())
    return f"{head} Available: {free}." if free else head


def steps_text(run: Run, *, is_exam: bool = False) -> str:
    r"""Return the text twin of the picture: for each phase and row the tasks with their glyphs.

    Example:
        >>> from clusterlab.procedures import Plan, Run, installation
        >>> run = Run(installation(Plan.standard(nodes=2, evs=1))).do("P01")
        >>> print(*steps_text(run).splitlines()[2:4], sep="\n")
        Planning       once    ✔ P01  ▶ P02
        Directory      once    ▶ A01  ▶ A02  ○ A03  ○ A04  ○ A05@D1  ○ A06@D1
    """
    table: dict[tuple[str, str], list[str]] = {}
    for phase in phases_of(run.procedure):
        for task in run.procedure.tasks:
            if task.step.phase == phase:
                look = task_look(run, task.key, is_exam=is_exam)
                cell = table.setdefault((phase, row_of(task)), [])
                short = task.short if row_of(task) == ONCE else task.short.partition("@")[0]
                cell.append(f"{look.glyph} {short}")
    head = ", ".join(
        f"{look.glyph} {look.word} {number}"
        for look, number in counts(run, is_exam=is_exam).items()
    )
    rows = [f"{phase:<14} {row:<7} {'  '.join(cell)}" for (phase, row), cell in table.items()]
    return "\n".join([head, "", *rows])


# --- the figure -------------------------------------------------------------------------------


class _View(NamedTuple):
    run: Run
    places: TaskPlaces
    colors: Theme
    is_exam: bool
    blocked: Mapping[str, Mapping[str, str]]


def steps_figure(
    run: Run,
    *,
    selected: str = "",
    phase: str = ALL_PHASES,
    is_exam: bool = False,
    page: dr.Page = dr.PAGE,
) -> go.Figure:
    """Return the tasks of a run with their states.

    For one procedure and phase it has always the same traces in the same order. The task
    *selected* is outlined, with lines from what it needs and to what needs it; an exam keeps back
    what can be done, and what needs what.
    """
    colors = page.colors
    blocked = {} if is_exam else run.blocked()
    view = _View(run, TaskPlaces(run.procedure, phase, page.width_px), colors, is_exam, blocked)
    traces = [
        *_frame(view, has_lines=bool(selected) and not is_exam),
        *_edges(view, "" if is_exam else selected),
        *_tasks(view),
        _chosen(view, selected),
    ]
    alt = alt_text(run, is_exam=is_exam)
    return dr.figure_of(traces, page, view.places.height_px, alt)


def _frame(view: _View, *, has_lines: bool) -> Iterator[dr.Trace]:
    places, colors = view.places, view.colors
    lines = [[(x, _LEGEND_PX + 2), (x, places.height_px)] for x, _ in places.columns.values()]
    right = places.width_px - _MARGIN
    lines += [[(_MARGIN, y - 4), (right, y - 4)] for y, _ in places.rows.values()]
    yield dr.line_trace("frame", dr.polylines(lines), colors.grid, 1)
    samples = _samples(view).values() if has_lines else ()
    yield dr.text_trace("legend", [*_legend(view), *(label for label, _ in samples)], colors.ink)
    yield dr.text_trace("columns", _titles(places), colors.ink)
    short = {name: dr.shortened(name, (places.names_px - 4) * 0.93) for name in places.rows}
    middle, bold = (places.line_px - 3) / 2, "<b>{}</b>" if places.is_all else "{}"
    names = [
        dr.Label(_MARGIN, y + middle, bold.format(dr.escape_text(short[name])), "middle right")
        for name, (y, _) in places.rows.items()
    ]
    yield dr.text_trace("rows", names, colors.ink)


def _titles(places: TaskPlaces) -> Iterator[dr.Label]:
    middle = _LEGEND_PX + places.head_px / 2
    for title, (left, right) in places.columns.items():
        words = "<br>".join(dr.escape_text(line) for line in title.split("\n"))
        yield dr.Label((left + right + _GAP) / 2, middle, words)


def _legend(view: _View) -> Iterator[dr.Label]:
    x = _MARGIN
    for look, number in counts(view.run, is_exam=view.is_exam).items():
        text = f"{look.glyph} {look.word} {number}"
        yield dr.Label(x, 12, text, "middle right")
        x += dr.text_width_px(text) + 22


_LINE_NAMES = {"needs, hard": "must", "needs, soft": "should", "needed by": "needed by"}
"""The kinds of lines, by the names of their traces."""


def _samples(view: _View) -> Mapping[str, tuple[dr.Label, list[tuple[float, float]]]]:
    """Return the name of each kind of lines with a sample, at the right end if there is room."""
    x, found = view.places.width_px - _MARGIN - 24, {}  # beside the button of the page
    for trace, name in reversed(_LINE_NAMES.items()):
        x -= dr.text_width_px(name)
        found[trace] = (dr.Label(x, 12, name, "middle right"), [(x - 30, 12.0), (x - 4, 12.0)])
        x -= 44
    last = list(_legend(view))[-1]
    return found if x > last.x + dr.text_width_px(last.text) else {}


def _edges(view: _View, selected: str) -> Iterator[dr.Trace]:
    """Draw what the selected task needs, hard and soft, and what needs it."""
    boxes, procedure = view.places.boxes, view.run.procedure
    needs = procedure.task(selected).needs if selected else {}
    groups: dict[str, list[tuple[str, str]]] = {
        "needs, hard": [(key, selected) for key, need in needs.items() if need.is_hard],
        "needs, soft": [(key, selected) for key, need in needs.items() if not need.is_hard],
        "needed by": [(selected, user) for user in procedure.users.get(selected, ())],
    }
    dashes = {"needs, hard": "solid", "needs, soft": "dash", "needed by": "dot"}
    samples = _samples(view) if selected else {}
    for name, pairs in groups.items():
        lines = [
            _path(boxes[one], boxes[other])
            for one, other in pairs
            if one in boxes and other in boxes
        ]
        color = view.colors.muted if name == "needed by" else view.colors.ink
        lines += [samples[name][1]] if name in samples else []
        yield dr.line_trace(name, dr.polylines(lines), color, 1.5, dashes[name])


def _path(one: dr.Box, other: dr.Box) -> list[tuple[float, float]]:
    if one.right <= other.left:
        return [(one.right, one.middle[1]), (other.left, other.middle[1])]
    if one.bottom <= other.top:
        return [(one.middle[0], one.bottom), (other.middle[0], other.top)]
    if other.bottom <= one.top:
        return [(one.middle[0], one.top), (other.middle[0], other.bottom)]
    return [(one.left, one.middle[1]), (other.right, other.middle[1])]


def _tasks(view: _View) -> Iterator[dr.Trace]:
    labels = []
    for key, box in view.places.boxes.items():
        look = task_look(view.run, key, is_exam=view.is_exam)
        strokes, fills = view.colors.strokes, view.colors.fills
        paint = dr.Paint(fills[look.role], strokes[look.role], look.width_px, look.dash)
        yield dr.area_trace(TASKS, key, dr.outline(box, 4), paint, _hover(view, key, look))
        labels.append(dr.Label(*box.middle, _box_words(view, key, look, box)))
    yield dr.text_trace("task labels", labels, view.colors.ink)


def _title(task: Task) -> str:
    return f"{_step_name(task.step.id)} {task.step.title}"


def _step_name(key: str) -> str:
    return key.partition("/")[2].partition("@")[0]


def _box_words(view: _View, key: str, look: Look, box: dr.Box) -> str:
    words = f"{look.glyph} {_step_name(key) if view.places.is_all else look.word}"
    return dr.escape_text(words) if dr.text_width_px(words) <= box.width else look.glyph


def _hover(view: _View, key: str, look: Look) -> str:
    task = view.run.procedure.task(key)
    head = f"<b>{dr.escape_text(task.short)}</b> {dr.escape_text(task.title)}"
    lines = [head, f"{look.glyph} {look.word}, {task.step.minutes} min"]
    waits = [other.partition("/")[2] for other in view.blocked.get(key, ())]
    more = ["..."] if len(waits) > _REASONS else []
    lines += [f"waits for {', '.join(waits[:_REASONS] + more)}"] if waits else []
    return "<br>".join(lines)


def _chosen(view: _View, selected: str) -> dr.Trace:
    box = view.places.boxes.get(selected)
    points = ([], []) if box is None else dr.outline(box.grown(2), 6)
    return dr.line_trace("selected", points, view.colors.ink, 2.5)
