"""What the upgrade panel says of time: the client's own times as fields, and tables of forecasts.

What a time means, where its default comes from and what documents say stands in
`assumptions.ASSUMPTIONS`; which values are allowed is said by `assumptions.times` alone. Forecasts
are timed anew, so that other times cost nothing to show.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import chain
from typing import Any

import ipywidgets as w

from clusterlab.cluster.errors import ConfigError, wrong
from clusterlab.lab.figures.drawing import escape_text, in_words
from clusterlab.lab.panels.parts import button, labelled, mark_html, put, row
from clusterlab.lab.panels.views import list_html, table_html
from clusterlab.procedures.assumptions import ASSUMPTIONS, Forecast, times
from clusterlab.procedures.orders import UpgradeOrder
from clusterlab.procedures.timeline import Timeline

_INTRO = (
    "<p><b>These are assumptions, not measured at your client</b> (handbook 4, 4.5.3). "
    "Put in seconds that you have measured; forecast, comparison, best order and runbook follow. "
    "An empty field is the default again.</p>"
)


class Times(w.VBox):
    """A field for each assumption, with its default, what it is made of and what documents say.

    Example:
        >>> form = Times(lambda: None)
        >>> form.fields["T_CMD"].value = "600"
        >>> form.read()
        >>> form.seconds
        {'T_CMD': 600.0}
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._is_set_by_code = False
        self._used: frozenset[str] = frozenset(ASSUMPTIONS)
        self.seconds: Mapping[str, float] = {}
        self.fields = {name: self._field(name) for name in ASSUMPTIONS}
        self._notes = {name: w.HTML() for name in ASSUMPTIONS}
        self.reset = button("All defaults", "Forget the client's own times", self._reset)
        self.result = w.HTML()
        rows = [row(self.fields[name], self._notes[name], name="time") for name in ASSUMPTIONS]
        super().__init__([self.result, w.HTML(_INTRO), *rows, row(self.reset)])
        self.add_class("clusterlab-times")
        self._note({})

    def show(self, used: Collection[str], result: str) -> None:
        """Show what comes of the times, and which of them matter."""
        put(self.result, value=result)
        if self._used != frozenset(used):
            self._used = frozenset(used)
            self._note(self._problems())

    def read(self) -> None:
        """Take what the fields say; what is wrong keeps its default."""
        problems = self._problems()
        self.seconds = {
            name: seconds
            for name, field in self.fields.items()
            if name not in problems and (seconds := _number(name, field.value)) is not None
            if seconds != ASSUMPTIONS[name].seconds
        }
        self._note(problems)
        for problem in problems.values():
            raise ConfigError(problem)

    def _field(self, name: str) -> Any:
        default = f"{ASSUMPTIONS[name].seconds:g}"
        return labelled(
            w.Text, name, f"{ASSUMPTIONS[name].text}, in seconds", self._tell,
            width="186px", room="92px", value=default, placeholder=default,
            continuous_update=False,
        )  # fmt: skip

    def _tell(self) -> None:
        if not self._is_set_by_code:
            self._changed()

    def _reset(self) -> None:
        self._is_set_by_code = True
        for name, field in self.fields.items():
            put(field, value=f"{ASSUMPTIONS[name].seconds:g}")
        self._is_set_by_code = False
        self._changed()

    def _problems(self) -> dict[str, str]:
        found = {}
        for name, field in self.fields.items():
            try:
                _number(name, field.value)
            except ConfigError as error:
                found[name] = str(error)
        return found

    def _note(self, problems: Mapping[str, str]) -> None:
        for name, note in self._notes.items():
            put(note, value=self._note_html(name, problems.get(name, "")))

    def _note_html(self, name: str, problem: str) -> str:
        item, own = ASSUMPTIONS[name], self.seconds.get(name)
        mark = mark_html("offline", "◇ assumption")
        text = f"{in_words(item.seconds)} by default: {item.basis}"
        if problem:
            mark = mark_html("failed", "✖ no time")
            text = f"{problem}; until then {item.seconds:g} s, the default"
        elif own is not None:
            mark = mark_html("online", "✔ your own")
            text = f"{in_words(own)}; default {item.seconds:g} s: {item.basis}"
        known = f"documents: {item.known}" if item.known else "documents say nothing of it"
        idle = "" if name in self._used else "; this path does not need it"
        words = escape_text(f"{text}; {known}{idle}")
        return f"<b>{escape_text(item.text)}</b> {mark} {words}"


def _number(name: str, text: str) -> float | None:
    """Return the seconds that a field holds; None for an empty one."""
    if not text.strip():
        return None
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        raise wrong(name, text, "seconds, 0 or more, such as 120") from None
    return times({name: number})[name]


def comparison_html(orders: Mapping[str, Forecast], seconds: Mapping[str, float]) -> str:
    """Return a table of whole orders: minutes out and minutes without a standby for each EVS."""
    costs = [cost.timed(seconds) for cost in orders.values()]
    rows = []
    for evs in dict.fromkeys(name for cost in costs for name in cost.evs):
        rows.append(_row(evs, *chain.from_iterable(_pair(cost, evs) for cost in costs)))
    rows.append(_row("all EVSs", *chain.from_iterable(_sums(cost) for cost in costs)))
    whole = chain.from_iterable((in_words(cost.elapsed_s), "") for cost in costs)
    rows.append(_row("from beginning to end", *whole))
    heads = ["EVS"]
    for name in orders:
        heads += [f"{escape_text(name)}: down", "unprotected"]
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
    whole: Forecast, left: Forecast, played: Timeline, seconds: Mapping[str, float]
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
    heads = ["EVS", *(f"{what}: {kind}" for what in ("down", "unprotected") for kind in kinds)]
    label = f"Planned by {whose(seconds)}, and played; preparation left out"
    note = (
        "<p>Played is what the simulated cluster did with the training minutes of each step, with "
        "what you let fail, and with tests of failover that no plan counts.</p>"
    )
    return f"<p><b>{label}</b></p>{table_html(label, heads, rows)}{note}"


def reasons_html(best: UpgradeOrder) -> str:
    """Return why nothing is better than what was found."""
    return f"<p><b>Why no order is better</b></p>{list_html(best.because)}"


def minutes(seconds: float) -> str:
    """Return seconds as minutes.

    Example:
        >>> minutes(570), minutes(17460)
        ('9.5 min', '291 min')
    """
    return f"{seconds / 60:,.1f}".removesuffix(".0") + " min"


def _both(cost: Forecast, evs: str) -> tuple[float, float]:
    return cost.downtime_s[evs], cost.exposure_s[evs]


def _pair(cost: Forecast, evs: str) -> Iterable[str]:
    return map(minutes, _both(cost, evs)) if evs in cost.evs else ("-", "-")


def _sums(cost: Forecast) -> tuple[str, str]:
    return minutes(sum(cost.downtime_s.values())), minutes(sum(cost.exposure_s.values()))


def _row(head: str, *cells: str) -> str:
    body = "".join(f"<td>{escape_text(cell)}</td>" for cell in cells)
    return f"<tr><td><b>{escape_text(head)}</b></td>{body}</tr>"
