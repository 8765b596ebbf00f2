"""The times of a forecast as fields: each is an assumption until the client's own stands there.

What a time means, where its default comes from and what documents say stands in
`assumptions.ASSUMPTIONS`; which values are allowed is said by `assumptions.times` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import ipywidgets as w

from clusterlab.cluster.errors import ConfigError
from clusterlab.lab.drawing import escape_text, in_words
from clusterlab.lab.panels.parts import button, put, row
from clusterlab.procedures.assumptions import ASSUMPTIONS, times

_INTRO = (
    "<p><b>Nobody has measured these at your client: they are assumptions</b> (handbook 4, 4.5.3). "
    "Put in seconds that you have measured; forecast, comparison, best order and runbook follow. "
    "An empty field is the default again.</p>"
)


class Times(w.VBox):
    """A field for each assumption, with its default, what it is made of and what documents say.

    Args:
        changed: Called after each change by the user.

    Attributes:
        fields: By the name of the assumption, "T_MOVE".
        seconds: The client's own times that are allowed, by name; without those that are defaults.
        reset: The button that brings back all defaults.

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
        """Show what comes of the times, and which of them matter.

        Args:
            used: Names of the assumptions that the path has to do with.
            result: A table, as HTML.
        """
        put(self.result, value=result)
        if self._used != frozenset(used):
            self._used = frozenset(used)
            self._note(self._problems())

    def read(self) -> None:
        """Take what the fields say; what is wrong keeps its default.

        Raises:
            ConfigError: If a field holds no time; it names the first of them.
        """
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

    # --- inside ---------------------------------------------------------------------------------

    def _field(self, name: str) -> Any:
        made = w.Text(
            value=f"{ASSUMPTIONS[name].seconds:g}",
            description=name,
            tooltip=f"{ASSUMPTIONS[name].text}, in seconds",
            placeholder=f"{ASSUMPTIONS[name].seconds:g}",
            continuous_update=False,
            style={"description_width": "92px"},
            layout=w.Layout(width="186px"),
        )
        made.observe(lambda _: self._tell(), names="value")
        return made

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
        """Return what is wrong with which field."""
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
        mark = _mark("offline", "◇ assumption")
        text = f"{in_words(item.seconds)} by default: {item.basis}"
        if problem:
            mark = _mark("failed", "✖ no time")
            text = f"{problem}; until then {item.seconds:g} s, the default"
        elif own is not None:
            mark = _mark("online", "✔ your own")
            text = f"{in_words(own)}; default {item.seconds:g} s: {item.basis}"
        known = f"documents: {item.known}" if item.known else "documents say nothing of it"
        idle = "" if name in self._used else "; this path does not need it"
        words = escape_text(f"{text}; {known}{idle}")
        return f"<b>{escape_text(item.text)}</b> {mark} {words}"


def _mark(role: str, text: str) -> str:
    return f'<span class="clusterlab-mark clusterlab-{role}">{text}</span>'


def _number(name: str, text: str) -> float | None:
    """Return the seconds that a field holds; None for an empty one.

    Raises:
        ConfigError: If it is no time.
    """
    if not text.strip():
        return None
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        raise ConfigError(f"{name} is {text!r}; allowed: seconds, 0 or more, such as 120") from None
    return times({name: number})[name]
