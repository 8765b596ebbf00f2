"""Parts that all panels share: style, keys, the errors area, labelled controls.

Colours come from `palette.py`, everything else from the variables of JupyterLab's theme, so that a
panel fits the light and the dark theme.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any

import ipywidgets as w
from anywidget import AnyWidget

from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.model import Cluster
from clusterlab.lab.answers import ANSWER_RULES
from clusterlab.lab.drawing import escape_text
from clusterlab.lab.palette import THEMES, Theme
from clusterlab.lab.panels.views import refusal_html
from clusterlab.simulation import Simulation

PATIENCE_S = 2.0
"""How long playing waits for a page that does not answer, real seconds."""


class Keys(AnyWidget):
    """Makes arrows and Space press the buttons of the panel it stands in; shows nothing."""

    _esm = Path(__file__).with_name("keys.js")

    def __init__(self) -> None:
        super().__init__()
        self._is_shown = False
        self._wake: Callable[[], object] | None = None
        self.on_msg(Keys._hear)

    def _hear(self, content: Any, _buffers: Any) -> None:
        """Note, in whatever thread, that a page shows the panel or has painted it."""
        self._is_shown = True
        if self._wake is not None:
            with suppress(RuntimeError):  # the loop that waited is closed
                self._wake()

    async def painted(self) -> None:
        """Wait until the page has painted what it was sent, at most `PATIENCE_S`."""
        if not self._is_shown:
            return
        answered = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._wake = partial(loop.call_soon_threadsafe, answered.set)
        self.send({"ask": "painted"})
        with suppress(TimeoutError):
            await asyncio.wait_for(answered.wait(), PATIENCE_S)


class ErrorArea(w.HTML):
    """Where a panel says what went wrong; nothing is swallowed.

    Used as a context manager around every callback: what it catches, it shows, a refusal of the
    product as the lesson it is, anything else as an alert with its traceback folded.

    JupyterLab lets the messages of widgets arrive in two threads of the kernel, so callbacks also
    have to take turns.

    Args:
        turn: The lock of a panel beside this one, if they show the same.

    Attributes:
        caught: The exception that is shown, or None.
        turn: Lock that a callback holds; entering the area takes it.
    """

    def __init__(self, turn: RLock | None = None) -> None:
        super().__init__()
        self.caught: Exception | None = None
        self.turn = turn or RLock()
        self.add_class("clusterlab-errors")

    def __enter__(self) -> ErrorArea:
        self.turn.acquire()
        self.clear()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        try:
            if isinstance(error, Exception):
                self.show(error)
            return isinstance(error, Exception)
        finally:
            self.turn.release()

    @property
    def text(self) -> str:
        """What is shown, as plain text; "" if nothing is."""
        if isinstance(self.caught, OperationRefused):
            return f"Refused: {self.caught.message}"
        return "" if self.caught is None else f"{type(self.caught).__name__}: {self.caught}"

    def clear(self) -> None:
        """Show nothing."""
        self.caught = None
        self.value = ""

    def show(self, error: Exception, note: str = "") -> None:
        """Show an exception; *note* is HTML that is added to a refusal."""
        self.caught = error
        if isinstance(error, OperationRefused):
            self.value = _alert("pending", refusal_html(error) + note)
        elif isinstance(error, ConfigError):
            self.value = _alert("pending", f"<b>Not possible</b>: {escape_text(str(error))}.")
        else:
            trace = "".join(traceback.format_exception(error))
            self.value = _alert(
                "failed",
                f"<b>The panel met an error</b>: {escape_text(self.text)}. Choose the scenario "
                "again to start afresh."
                f"<details><summary>Details</summary><pre>{_lines(trace)}</pre></details>",
            )


class Guarded:
    """What the callbacks of every panel have in common; a panel is a box as well.

    Attributes:
        errors: What went wrong, as shown.
    """

    errors: ErrorArea
    _is_rendering: bool
    """Whether controls are set by the panel itself, which is no user's choice."""

    def render(self) -> None:
        """Show everything as it is now."""
        raise NotImplementedError

    def _guard(self, act: Callable[[], None]) -> Callable[[], None]:
        """Return a callback that shows what goes wrong, and the panel afterwards.

        It waits for its turn before it asks who changed the control: a click that arrives while
        another thread renders is still a click.
        """

        def callback() -> None:
            with self.errors.turn:
                if self._is_rendering:
                    return
                with self.errors:
                    try:
                        act()
                    except (ConfigError, OperationRefused):
                        self.render()  # a control that was moved goes back
                        raise
                    self.render()

        return callback

    def _refresh(self, change: Any = None) -> None:
        """Show the same in another way; what went wrong before stays on screen."""
        try:
            self.render()
        except Exception as error:
            self.errors.show(error)


def _alert(role: str, html: str) -> str:
    return f'<div role="alert" class="clusterlab-alert clusterlab-{role}">{html}</div>'


def _lines(text: str) -> str:
    return "\n".join(escape_text(line) for line in text.splitlines())


def simulation_of(start: Simulation | Cluster | None) -> Simulation:
    """Return what a panel is to show as a simulation; a simulation as it is.

    Raises:
        ConfigError: If it is neither a simulation nor a cluster.
    """
    if isinstance(start, Simulation):
        return start
    if isinstance(start, Cluster):
        return Simulation(start)
    raise ConfigError(f"a panel shows a Simulation or a Cluster, not {start!r}")


def when_hit(act: Callable[[], None]) -> Callable[[Any, Any, Any], None]:
    """Return a callback for clicks on a trace; a figure tells all traces of each click."""
    return lambda trace, points, state: act() if points.point_inds else None


Guard = Callable[[Callable[[], None]], Callable[[], None]]
"""From what a control does to a callback that shows what goes wrong."""


def button(
    text: str, tooltip: str, act: Callable[[], None], *classes: str, style: str = ""
) -> w.Button:
    """Return a button as wide as its text."""
    made = w.Button(
        description=text, tooltip=tooltip, button_style=style, layout=w.Layout(width="auto")
    )
    for name in classes:
        made.add_class(name)
    made.on_click(lambda _: act())
    return made


def chooser(
    text: str, options: Iterable[Any], act: Callable[[], None], tooltip: str, width: str = "auto"
) -> w.Dropdown:
    """Return a dropdown with its label; *act* is called after each new choice."""
    made = w.Dropdown(
        options=list(options),
        description=text,
        tooltip=tooltip,
        style={"description_width": "initial"},
        layout=w.Layout(width=width),
    )
    made.observe(lambda _: act(), names="value")
    return made


def set_options(control: w.Dropdown, options: Iterable[Any], value: Any) -> None:
    """Give a dropdown options and a value where they differ; callbacks see a panel that renders."""
    wanted = tuple(options)
    put(control, options=wanted)
    put(control, value=value)


def put(control: Any, **values: Any) -> None:
    """Set traits of a widget only where they differ."""
    for name, value in values.items():
        if getattr(control, name) != value:
            setattr(control, name, value)


def row(*children: w.Widget, name: str = "row") -> w.Box:
    """Return widgets in a row that wraps where there is no room."""
    made = w.Box(children, layout=w.Layout(display="flex", flex_flow="row wrap"))
    made.add_class(f"clusterlab-{name}")
    return made


def show_if(control: w.Widget, is_shown: bool) -> None:
    """Show or hide a widget without leaving a gap."""
    put(control.layout, display=None if is_shown else "none")


# --- style ------------------------------------------------------------------------------------


def style_sheet(*own: str) -> w.HTML:
    """Return the style of all panels, and of the answers printed beside them.

    Args:
        own: Files beside this one with the rules of parts that only one panel has.
    """
    rules = [Path(__file__).with_name(name).read_text("utf-8") for name in ("panels.css", *own)]
    themes = (
        f".clusterlab-panel {{ {_variables(THEMES['light'])} }}",
        f"[data-jp-theme-light='false'] .clusterlab-panel {{ {_variables(THEMES['dark'])} }}",
    )
    sheet = w.HTML(f"<style>{' '.join((*themes, *rules, ANSWER_RULES))}</style>")
    sheet.layout.display = "none"
    return sheet


def _variables(theme: Theme) -> str:
    colors = {"ink": theme.ink, "muted": theme.muted, "box": theme.box, "grid": theme.grid}
    colors["selected"] = theme.fills["offline"]
    colors |= {f"{role}-line": color for role, color in theme.strokes.items()}
    colors |= {f"{role}-fill": color for role, color in theme.fills.items()}
    return " ".join(f"--clusterlab-{name}: {color};" for name, color in colors.items())
