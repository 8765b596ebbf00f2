"""Where the hours of a year go, and what an improvement buys: two rows of bars with words.

Causes keep their order, so nothing jumps while an input is dragged; improvements are sorted, the
best first. Every bar stands beside its name and its time, so colour only repeats what is written.
The numbers come from `design/availability.py`.
"""

import math
from collections.abc import Iterator, Sequence

import plotly.graph_objects as go

from clusterlab.design.availability import Pool, sensitivity
from clusterlab.lab.figures import drawing as dr
from clusterlab.lab.figures.palette import FAILED, OFFLINE, ONLINE, PENDING, Theme

CAUSES: dict[str, str] = {
    "shared parts": FAILED,
    "no node left": FAILED,
    "waiting for an operator": FAILED,
    "failovers": PENDING,
    "planned maintenance": OFFLINE,
}
"""What takes an EVS out, from the top, and its colour."""

DOWNTIME, GAINS = "downtime", "gains"  # kinds of the traces, see `drawing.traces_of`
MOST_GAINS = 10  # improvements that `sensitivity` can name

MARGIN = 10.0
ROW_PX = 26.0
HEAD_PX = 34.0
GAP_PX = 20.0


def time_text(hours: float) -> str:
    """Return a duration in the unit that reads best, always one.

    Example:
        >>> [time_text(hours) for hours in (22.845, 1.5, 0.1169, 0.003, 0)]
        ['22.8 h', '90.0 min', '7.0 min', '10.8 s', '0 s']
    """
    if hours >= 2:
        return f"{hours:,.1f} h"
    if hours * 60 >= 1:
        return f"{hours * 60:.1f} min"
    return f"{hours * 3600:.1f} s" if hours else "0 s"


def percent_text(availability: float) -> str:
    """Return an availability in percent with as many digits as its nines need.

    Example:
        >>> percent_text(0.9998189), percent_text(0.9973921), percent_text(0.9999996)
        ('99.982 %', '99.74 %', '99.999960 %')
    """
    down = max(1 - availability, 1e-9)
    digits = max(2, math.ceil(-math.log10(100 * down)) + 1)
    return f"{100 * availability:.{digits}f} %"


def head_text(pool: Pool) -> str:
    """Return the outcome in one line."""
    return (
        f"{pool}: one EVS is down for {time_text(pool.hours_a_year)} a year, "
        f"{percent_text(pool.availability)} available"
    )


def causes_of(pool: Pool) -> dict[str, float]:
    """Return the hours a year of each cause, in the order of the figure."""
    hours = pool.down
    return {cause: hours[cause] for cause in CAUSES}


_Row = tuple[str, float, str, str]
"""One bar: its name, its hours, its colour, and what it says when it is pointed at."""
_NOTHING: _Row = ("", 0.0, OFFLINE, "")


def _bars(
    kind: str, rows: Sequence[_Row], top: float, width_px: float, colors: Theme
) -> Iterator[tuple[dr.Trace, dr.Label, dr.Label]]:
    """Yield each bar with its name and its time; a row with nothing in it is an empty trace."""
    most = max((hours for _, hours, *_ in rows), default=0.0)
    left = MARGIN + max((dr.text_width_px(name) for name, *_ in rows), default=0.0) + 12
    room_px = width_px - MARGIN - dr.text_width_px("100.0 min less") - 8 - left
    for index, (name, hours, role, hover) in enumerate(rows):
        y = top + HEAD_PX + ROW_PX * index
        reach_px = max(2.0, room_px * hours / most) if most else 2.0
        box = dr.Box(left, y + 3, left + reach_px, y + ROW_PX - 3)
        points = dr.rectangle(box) if hours else ([], [])
        paint = dr.Paint(colors.fills[role], colors.strokes[role], 1.5)
        time = f"{time_text(hours)}{' less' if kind == GAINS else ''}" if name else ""
        yield (
            dr.area_trace(kind, name or f"none {index}", points, paint, hover),
            dr.Label(MARGIN, box.middle[1], dr.escape_text(name), "middle right"),
            dr.Label(box.right + 6, box.middle[1], time, "middle right"),
        )


def availability_figure(pool: Pool, *, page: dr.Page = dr.PAGE) -> go.Figure:
    """Return the downtime of one EVS by cause, and what each improvement would buy.

    Example:
        >>> figure = availability_figure(Pool(active=3, passive=1))
        >>> [trace.meta["name"] for trace in figure.data if trace.meta][:2]
        ['shared parts', 'no node left']
    """
    colors = page.colors
    down, gains = list(_down_rows(pool)), list(_gain_rows(pool))
    middle = MARGIN + HEAD_PX + ROW_PX * len(down) + GAP_PX
    bars = [
        *_bars(DOWNTIME, down, MARGIN, page.width_px, colors),
        *_bars(GAINS, gains, middle, page.width_px, colors),
    ]
    head = dr.escape_text(_fitting(pool, page.width_px - 2 * MARGIN))
    heads = (
        dr.Label(MARGIN, MARGIN + 12, f"<b>{head}</b>", "middle right"),
        dr.Label(MARGIN, middle + 12, "<b>What an improvement buys, the best first</b>",
              "middle right"),
    )  # fmt: skip
    traces = [
        *(bar for bar, _, _ in bars),
        dr.text_trace("names", (name for _, name, _ in bars), colors.ink),
        dr.text_trace("times", (time for _, _, time in bars), colors.ink),
        dr.text_trace("headings", heads, colors.ink, 14.0),
    ]
    bottom = middle + HEAD_PX + ROW_PX * len(gains) + MARGIN
    return dr.figure_of(traces, page, bottom, availability_text(pool))


def _fitting(pool: Pool, room_px: float) -> str:
    out, available = time_text(pool.hours_a_year), percent_text(pool.availability)
    short = (f"{pool}: down for {out} a year, {available} available", f"{pool}: {out} a year")
    return dr.first_that_fits((head_text(pool), *short), room_px, 15.0)


def _down_rows(pool: Pool) -> Iterator[_Row]:
    for cause, hours in causes_of(pool).items():
        share = 100 * hours / pool.hours_a_year if pool.hours_a_year else 0.0
        hover = f"<b>{cause}</b><br>{time_text(hours)} a year, {share:.0f} % of all"
        yield cause, hours, CAUSES[cause], hover


def _gain_rows(pool: Pool) -> Iterator[_Row]:
    found = sensitivity(pool)
    for gain in found:
        hover = f"<b>{gain.change}</b><br>{gain.minutes_a_year:.2f} minutes a year less"
        yield gain.change, max(gain.minutes_a_year / 60, 0.0), ONLINE, hover
    yield from [_NOTHING] * (MOST_GAINS - len(found))


def availability_text(pool: Pool) -> str:
    """Return in sentences what the figure shows."""
    parts = "; ".join(f"{cause} {time_text(hours)}" for cause, hours in causes_of(pool).items())
    gains = "; ".join(
        f"{gain.change} {time_text(gain.minutes_a_year / 60)}" for gain in sensitivity(pool)[:3]
    )
    return f"{head_text(pool)}. Where it goes: {parts}. What would help most: {gains}."


def availability_table(pool: Pool) -> str:
    """Return the figure as lines of text.

    Example:
        >>> print(availability_table(Pool(active=6, passive=2)).splitlines()[0])
        6+2: one EVS is down for 88.4 min a year, 99.983 % available
    """
    lines = [head_text(pool), "", "Where the time goes"]
    lines += [f"  {cause:<34} {time_text(hours):>10}" for cause, hours in causes_of(pool).items()]
    lines += ["", "What an improvement buys"]
    lines += [
        f"  {gain.change:<34} {time_text(max(gain.minutes_a_year, 0.0) / 60):>10}"
        for gain in sensitivity(pool)
    ]
    return "\n".join(lines)
