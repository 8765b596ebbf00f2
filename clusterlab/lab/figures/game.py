"""The year of the service-level game: a row for each EVS, and what has been lost so far.

A loss of minutes would not be seen in a year, so every loss is a mark at least some pixels wide,
with the letter of its cause under it; how long it was stands in the table. Below runs the sum,
beside what is to be expected. What is later than the moment shown is not drawn, but its place
is kept, so nothing jumps while the year passes.
"""

import math
from collections.abc import Iterator, Sequence

import plotly.graph_objects as go

from clusterlab.design.availability import HOURS_A_YEAR
from clusterlab.design.game import Loss, Year
from clusterlab.design.gamerules import QUARTER_H, QUARTERS
from clusterlab.lab.figures import drawing as dr
from clusterlab.lab.figures.availability import time_text
from clusterlab.lab.figures.mail import nice_top
from clusterlab.lab.figures.palette import FAILED, OFFLINE, ONLINE, PENDING, Theme

MARKS: dict[str, tuple[str, str]] = {
    "failover": ("F", PENDING),
    "failover by hand": ("H", FAILED),
    "no node left": ("N", FAILED),
    "storage failed": ("S", FAILED),
    "planned move": ("P", OFFLINE),
    "failback": ("B", PENDING),
}
"""How losses of one cause are marked: a letter and a colour."""
GRAVEST = (
    "storage failed", "no node left", "failover by hand", "failover", "failback", "planned move",
)  # fmt: skip
LEGEND = "   ".join(f"{letter} = {cause}" for cause, (letter, _) in MARKS.items())
SHORT_LEGEND = "  ".join(f"{letter} {cause}" for cause, (letter, _) in MARKS.items())
EMPTY = "Nothing has happened yet: choose a policy and play quarter 1."
LOSSES = "losses"  # kind of the traces of marks, see `drawing.traces_of`

MARGIN = 10.0
LEFT = 64.0
HEAD_PX = 44.0
ROW_PX = 40.0
BAR_PX = 20.0
SUM_PX = 100.0
SHARES = (0.0, 0.5, 1.0)  # where the axis of the sum has numbers
LEAST_PX = 4.0
LETTER_PX = 11.0


class _Scene:
    """Where everything lies: a function of terms and width alone, but for the scale of the sum."""

    def __init__(self, year: Year, at_h: float, width_px: float) -> None:
        self.year, self.at_h, self.width_px = year, at_h, width_px
        self.right = width_px - MARGIN - 8
        self.rows_bottom = HEAD_PX + ROW_PX * year.terms.active
        self.sum_top = self.rows_bottom + 34
        self.sum_bottom = self.sum_top + SUM_PX
        self.height_px = self.sum_bottom + 50 if year.quarters else self.rows_bottom
        self.shown = [loss for loss in year.losses if loss.at_h <= at_h]
        self.most = nice_top(max(year.mailbox_hours, year.expected_mailbox_hours))

    def x(self, at_h: float) -> float:
        return LEFT + (self.right - LEFT) * min(at_h, HOURS_A_YEAR) / HOURS_A_YEAR

    def y_sum(self, mailbox_hours: float) -> float:
        return self.sum_bottom - SUM_PX * mailbox_hours / self.most

    def bar(self, evs: str) -> tuple[float, float]:
        top = HEAD_PX + ROW_PX * (int(evs.removeprefix("EVS")) - 1)
        return top, top + BAR_PX

    def mark(self, loss: Loss) -> tuple[float, float]:
        left, right = self.x(loss.at_h), self.x(loss.at_h + loss.hours)
        return left, min(max(right, left + LEAST_PX), self.right + LEAST_PX)


def year_figure(year: Year, at_h: float | None = None, *, page: dr.Page = dr.PAGE) -> go.Figure:
    """Return a year of the game until an hour of it, or all that was played.

    Example:
        >>> from clusterlab.design.gamerules import Terms
        >>> figure = year_figure(Year(terms=Terms(), seed=1))
        >>> figure.layout.meta[:40]
        'At hour 0 of the year. 0 mailbox-hours l'
    """
    colors = page.colors
    moment_h = QUARTER_H * len(year.quarters) if at_h is None else at_h
    scene = _Scene(year, moment_h, page.width_px)
    traces = [
        dr.line_trace("quarters", _quarter_lines(scene), colors.grid, 1.0),
        *(_row_trace(scene, f"EVS{i + 1}", colors) for i in range(year.terms.active)),
        *(_mark_trace(scene, cause, colors) for cause in MARKS),
        dr.line_trace("axis", _axis(scene), colors.muted, 1.0),
        dr.line_trace("expected", _expected(scene), colors.muted, 2.0, "dash"),
        dr.line_trace("sum", _sum(scene), colors.strokes[FAILED], 2.5),
        dr.line_trace("now", _now(scene), colors.ink, 1.5),
        dr.text_trace("names", _names(scene), colors.ink),
        dr.text_trace("letters", _letters(scene), colors.ink),
        dr.text_trace("texts", _texts(scene), colors.ink),
    ]
    return dr.figure_of(traces, page, scene.height_px, year_text(year, moment_h))


def year_text(year: Year, at_h: float) -> str:
    """Return in sentences what the figure shows."""
    shown = [loss for loss in year.losses if loss.at_h <= at_h]
    counts = [(cause, sum(loss.cause == cause for loss in shown)) for cause in MARKS]
    words = ", ".join(f"{cause} {_times(number)}" for cause, number in counts if number)
    return (
        f"At hour {at_h:,.0f} of the year. {year.mailbox_hours_until(at_h):,.0f} mailbox-hours "
        f"lost: {words or 'nothing happened to an EVS'}."
    )


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _quarter_lines(scene: _Scene) -> dr.Points:
    if not scene.year.quarters:
        return [], []
    edges = [scene.x(QUARTER_H * number) for number in range(QUARTERS + 1)]
    above = [((x, 24.0), (x, scene.rows_bottom)) for x in edges]
    below = [((x, scene.sum_top), (x, scene.sum_bottom)) for x in edges]
    heights = [scene.y_sum(scene.most * share) for share in SHARES]
    across = [((edges[0], y), (edges[-1], y)) for y in heights]
    return dr.polylines([*above, *below, *across])


def _axis(scene: _Scene) -> dr.Points:
    left, right = scene.x(0), scene.x(HOURS_A_YEAR)
    ends = ((left, scene.sum_bottom), (right, scene.sum_bottom))
    return dr.polylines([ends] if scene.year.quarters else [])


def _row_trace(scene: _Scene, evs: str, colors: Theme) -> dr.Trace:
    top, bottom = scene.bar(evs)
    left, right = scene.x(0), scene.x(scene.at_h)
    out_h = math.fsum(loss.hours for loss in scene.shown if loss.evs == evs)
    points = dr.rectangle(dr.Box(left, top, right, bottom)) if right > left else ([], [])
    hover = f"<b>{evs}</b><br>down {time_text(out_h)} so far"
    return dr.area_trace(
        "evs", evs, points, dr.Paint(colors.fills[ONLINE], colors.grid, 1.0), hover
    )


def _mark_trace(scene: _Scene, cause: str, colors: Theme) -> dr.Trace:
    losses = [loss for loss in scene.shown if loss.cause == cause]
    boxes = []
    for loss in losses:
        (top, bottom), (left, right) = scene.bar(loss.evs), scene.mark(loss)
        boxes.append(dr.Box(left, top - 3, right, bottom + 3))
    points = dr.joined(map(dr.rectangle, boxes))
    _, role = MARKS[cause]
    hours = math.fsum(loss.hours for loss in losses)
    hover = f"<b>{cause}</b><br>{_times(len(losses))}, {time_text(hours)} in all"
    paint = dr.Paint(colors.strokes[role], colors.strokes[role], 1.0)
    return dr.area_trace(LOSSES, cause, points, paint, hover)


def _sum(scene: _Scene) -> dr.Points:
    if not scene.year.quarters:
        return [], []
    points = [(scene.x(0), scene.y_sum(0))]
    total = 0.0
    for loss in scene.shown:
        hours = min(loss.hours, scene.at_h - loss.at_h)
        points.append((scene.x(loss.at_h), scene.y_sum(total)))
        total += hours * scene.year.terms.mailboxes
        points.append((scene.x(loss.at_h), scene.y_sum(total)))
    points.append((scene.x(scene.at_h), scene.y_sum(total)))
    return dr.polylines([points])


def _expected(scene: _Scene) -> dr.Points:
    """Return what the formulas expect, a straight line in each quarter that was played."""
    points = [(scene.x(0), scene.y_sum(0))]
    for number in range(len(scene.year.quarters)):
        part = Year(
            terms=scene.year.terms, seed=scene.year.seed, quarters=scene.year.quarters[: number + 1]
        )
        end = (scene.x(QUARTER_H * (number + 1)), scene.y_sum(part.expected_mailbox_hours))
        points.append(end)
    return dr.polylines([points])


def _now(scene: _Scene) -> dr.Points:
    x = scene.x(scene.at_h)
    above, below = ((x, 30.0), (x, scene.rows_bottom)), ((x, scene.sum_top), (x, scene.sum_bottom))
    return dr.polylines([above, below] if scene.year.quarters else [above])


def _names(scene: _Scene) -> Iterator[dr.Label]:
    for number in range(1, scene.year.terms.active + 1):
        top, bottom = scene.bar(f"EVS{number}")
        yield dr.Label(MARGIN, (top + bottom) / 2, f"EVS{number}", "middle right")
    for number in range(QUARTERS):
        x = scene.x(QUARTER_H * number) + 4
        room_px = scene.x(QUARTER_H) - scene.x(0) - 8
        yield dr.Label(x, 14, _quarter_words(scene.year, number, room_px), "middle right")


def _quarter_words(year: Year, number: int, room_px: float) -> str:
    head = f"Quarter {number + 1}"
    if number >= len(year.quarters):
        return dr.first_that_fits((head, f"Q{number + 1}"), room_px)
    policy = year.quarters[number].policy
    pattern = f"{year.terms.active}+{policy.spares}"
    full = f"{head}: {pattern}, {policy.contract}"
    short = (f"Q{number + 1}: {pattern}, {policy.contract}", f"{head}: {pattern}")
    return dr.escape_text(dr.first_that_fits((full, *short, f"Q{number + 1}"), room_px))


def _letters(scene: _Scene) -> list[dr.Label]:
    """Return the letters of the marks; where two have no room the graver cause keeps it."""
    taken: dict[str, list[float]] = {}
    labels = []
    for loss in sorted(scene.shown, key=lambda loss: GRAVEST.index(loss.cause)):
        left, right = scene.mark(loss)
        middle = (left + right) / 2
        near = [x for x in taken.get(loss.evs, []) if abs(x - middle) < LETTER_PX]
        if not near:
            taken.setdefault(loss.evs, []).append(middle)
            y = scene.bar(loss.evs)[1] + 10
            labels.append(dr.Label(middle, y, MARKS[loss.cause][0]))
    return labels


def _texts(scene: _Scene) -> Iterator[dr.Label]:
    year, at_h = scene.year, scene.at_h
    if not year.quarters:
        yield dr.Label(LEFT + 10, HEAD_PX + 10, EMPTY, "middle right")
        return
    lost = f"Lost so far: {year.mailbox_hours_until(at_h):,.0f} mailbox-hours"
    expected = f"dashed: {year.expected_mailbox_hours:,.0f} expected of these policies"
    room_px = scene.right - LEFT
    texts = (f"{lost}; {expected}", lost)
    for share in SHARES:
        hours = scene.most * share
        yield dr.Label(LEFT - 6, scene.y_sum(hours), f"{hours:,g}", "middle left")
    yield dr.Label(LEFT, scene.rows_bottom + 18, dr.first_that_fits(texts, room_px), "middle right")
    day = f"Day {int(at_h / 24)} of 365"
    x = min(max(scene.x(at_h), LEFT + 40), scene.right - 44)
    yield dr.Label(x, scene.sum_bottom + 12, day)
    legend = dr.first_that_fits((LEGEND, SHORT_LEGEND), room_px + LEFT)
    if dr.text_width_px(legend) <= room_px + LEFT:
        yield dr.Label(MARGIN, scene.sum_bottom + 36, legend, "middle right")
    else:
        yield dr.Label(MARGIN, scene.sum_bottom + 34, _two_lines(legend), "middle right")


def _two_lines(text: str) -> str:
    middle = text.index("  ", len(text) // 2)
    return f"{text[:middle]}<br>{text[middle:].strip()}"


def losses_rows(losses: Sequence[Loss]) -> list[tuple[str, str, str, str]]:
    """Return day, EVS, how long and cause of losses, for a table."""
    return [
        (f"day {int(loss.at_h / 24)}", loss.evs, time_text(loss.hours), loss.cause)
        for loss in losses
    ]
