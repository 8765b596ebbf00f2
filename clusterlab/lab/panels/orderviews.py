"""What the upgrade panel says of orders beside its lanes: tables and sentences as HTML.

Forecasts are outlines with times put in, so that other times cost nothing to show.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from clusterlab.lab.drawing import escape_text, in_words
from clusterlab.lab.panels.views import table_html
from clusterlab.procedures.assumptions import Forecast
from clusterlab.procedures.downtime import Outline
from clusterlab.procedures.orders import Best
from clusterlab.procedures.timeline import Timeline


def comparison_html(orders: Mapping[str, Outline], seconds: Mapping[str, float]) -> str:
    """Return a table of whole orders: minutes out and minutes without a standby for each EVS.

    Args:
        orders: The orders by name, each without its preparation.
        seconds: The client's own times; the others are assumptions.
    """
    costs = [outline.timed(seconds) for outline in orders.values()]
    rows = []
    for evs in dict.fromkeys(name for cost in costs for name in cost.evs):
        rows.append(_row(evs, *chain.from_iterable(_pair(cost, evs) for cost in costs)))
    rows.append(_row("all EVSs", *chain.from_iterable(_sums(cost) for cost in costs)))
    whole = chain.from_iterable((in_words(cost.elapsed_s), "") for cost in costs)
    rows.append(_row("from beginning to end", *whole))
    heads = ["EVS"]
    for name in orders:
        heads += [f"{escape_text(name)}: out", "unprotected"]
    label = f"Forecast by {whose(seconds)}, preparation left out (handbook 4, 4.5.3)"
    return f"<p><b>{label}</b></p>{table_html(label, heads, rows)}"


def whose(seconds: Mapping[str, float]) -> str:
    """Return in words what a forecast rests on.

    Example:
        >>> whose({}), whose({"T_CMD": 600.0})
        ('assumptions', '1 time of your own and assumptions')
    """
    count = len(seconds)
    own = f"{count} time{'s' if count > 1 else ''} of your own and " if count else ""
    return f"{own}assumptions"


def planned_html(
    whole: Outline, left: Outline, played: Timeline, seconds: Mapping[str, float]
) -> str:
    """Return a table of what was planned for each EVS, what was played so far, what is to come."""
    plan, rest, since_s = whole.timed(seconds), left.timed(seconds), played.prepared_s
    rows = []
    for evs in plan.evs:
        was = (0.0, 0.0)
        if evs in played.evs:
            was = played.out_s(evs, since_s), played.unprotected_s(evs, since_s)
        planned, still = _both(plan, evs), _both(rest, evs)
        cells = chain.from_iterable(zip(planned, was, still, strict=True))
        rows.append(_row(evs, *map(minutes, cells)))
    kinds = ("planned", "played so far", "planned for the rest")
    heads = ["EVS", *(f"{what}: {kind}" for what in ("out", "unprotected") for kind in kinds)]
    label = f"Planned by {whose(seconds)}, and played; preparation left out"
    note = (
        "<p>Played is what the simulated cluster did with the training minutes of each step, with "
        "what you let fail, and with tests of failover that no plan counts.</p>"
    )
    return f"<p><b>{label}</b></p>{table_html(label, heads, rows)}{note}"


def reasons_html(best: Best) -> str:
    """Return why nothing is better than what was found."""
    items = "".join(f"<li>{escape_text(text)}</li>" for text in best.because)
    return f"<p><b>Why no order is better</b></p><ul>{items}</ul>"


def minutes(seconds: float) -> str:
    """Return seconds as minutes.

    Example:
        >>> minutes(570), minutes(17460)
        ('9.5 min', '291 min')
    """
    return f"{seconds / 60:,.1f}".removesuffix(".0") + " min"


def _both(cost: Forecast, evs: str) -> tuple[float, float]:
    return cost.downtime_s[evs], cost.exposure_s[evs]


def _pair(cost: Forecast, evs: str) -> tuple[str, str]:
    if evs not in cost.evs:
        return "-", "-"
    return minutes(cost.downtime_s[evs]), minutes(cost.exposure_s[evs])


def _sums(cost: Forecast) -> tuple[str, str]:
    return minutes(sum(cost.downtime_s.values())), minutes(sum(cost.exposure_s.values()))


def _row(head: str, *cells: str) -> str:
    body = "".join(f"<td>{escape_text(cell)}</td>" for cell in cells)
    return f"<tr><td><b>{escape_text(head)}</b></td>{body}</tr>"
