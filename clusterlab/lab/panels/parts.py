"""Parts that all panels share: style, keys, labelled controls.

Colours come from `palette.py`, everything else from the variables of JupyterLab's theme, so that a
panel fits the light and the dark theme.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cache, partial
from html import escape
from math import isclose
from pathlib import Path
from typing import Any

import ipywidgets as w
import traitlets
from anywidget import AnyWidget
from IPython import get_ipython

from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.model import Cluster
from clusterlab.exchange.evs import exchange_cluster
from clusterlab.lab.figures.drawing import escape_text
from clusterlab.lab.figures.palette import THEMES, Theme
from clusterlab.lab.folds import ANSWER_RULES
from clusterlab.lab.livefigure import hearing
from clusterlab.simulation import Simulation
from clusterlab.tomlfiles.tables import own_table

PATIENCE_S = 2.0  # how long playing waits for a page that does not answer, real seconds


@cache
def keep_all_messages() -> None:
    """Let the kernel keep whatever it has to send, however slow the one who reads.

    A panel begins with some hundred messages, a large tour with two thousand. The kernel drops what
    goes beyond a thousand that wait (zmq's high water mark), and the panel is missing on the page.
    """
    thread = getattr(getattr(get_ipython(), "kernel", None), "iopub_thread", None)
    if thread is not None:  # there is none in a browser's kernel
        thread.schedule(lambda: setattr(thread.socket, "sndhwm", 0))


class Keys(AnyWidget):
    """Makes arrows and Space press the buttons of the panel it stands in; shows nothing.

    It also brings each line that is typed at the panel's prompt as it stands in the box: what a
    page has synchronized may lag behind a fast typist.
    """

    _esm = hearing(Path(__file__).with_name("keys.js"))

    def __init__(self) -> None:
        super().__init__()
        self._is_shown = False
        self._wake: Callable[[], object] | None = None
        self._enter: Callable[[str], object] = lambda line: None
        self.on_msg(Keys._hear)

    def on_line(self, enter: Callable[[str], object]) -> None:
        """Call *enter* with each line that is typed at the prompt of the panel."""
        self._enter = enter

    def _hear(self, content: Any, _buffers: Any) -> None:
        """Take a line; or note, in whatever thread, that a page has painted the panel."""
        if "line" in content:
            self._enter(str(content["line"]))
            return
        self._is_shown = True
        if self._wake is not None:
            with suppress(RuntimeError):  # the loop that waited is closed
                self._wake()

    async def painted(self) -> bool:
        """Wait until the page has painted what it was sent, at most `PATIENCE_S`.

        Returns:
            False if a page showed the panel and did not answer in time.
        """
        if not self._is_shown:
            return True
        answered = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._wake = partial(loop.call_soon_threadsafe, answered.set)
        self.send({"ask": "painted"})
        with suppress(TimeoutError):
            await asyncio.wait_for(answered.wait(), PATIENCE_S)
        return answered.is_set()


class Script(AnyWidget):
    """Lets a script of this folder, such as `tour.js`, hear keys on the page; shows nothing."""

    _esm = traitlets.Unicode().tag(sync=True)

    def __init__(self, name: str) -> None:
        super().__init__(_esm=Path(__file__).with_name(name).read_text("utf-8"))


def simulation_of(start: Simulation | Cluster | Path | str | None) -> Simulation:
    """Return what a panel is to show: a simulation as it is, for None that of most examples."""
    if isinstance(start, Simulation):
        return start
    if start is None:
        start = exchange_cluster()
    if isinstance(start, str | Path):
        from clusterlab.clients import read_client  # plans and designs, which a file alone needs

        start = read_client(start).cluster
    if isinstance(start, Cluster):
        return Simulation(start)
    raise ConfigError(f"a panel shows a Simulation, a Cluster or a file of one, not {start!r}")


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


@cache
def said_of(kind: str, panel: str) -> Mapping[str, Any]:
    """Return what stands on the "buttons" or beside the "choosers" of a panel, by their keys."""
    words: Mapping[str, Any] = own_table(Path(__file__).with_name(f"{kind}.toml")).data[panel]
    return words


def chooser(
    text: str, options: Iterable[Any], act: Callable[[], None], tooltip: str, width: str = "auto"
) -> w.Dropdown:
    """Return a dropdown with its label; *act* is called after each new choice."""
    return labelled(w.Dropdown, text, tooltip, act, width=width, options=list(options))


def labelled(
    kind: Callable[..., Any],
    text: str,
    tooltip: str,
    act: Callable[[], None] | None = None,
    *,
    width: str = "auto",
    room: str = "initial",
    **traits: Any,
) -> Any:
    """Return a control of any kind with its label."""
    made = kind(
        description=text, tooltip=tooltip or None, style={"description_width": room},
        layout=w.Layout(width=width), **traits,
    )  # fmt: skip
    if act is not None:
        on_change(made, act)
    return made


def on_change(control: w.Widget, act: Callable[[], object]) -> None:
    """Call *act* after each new value; a page may send 35.99999999999999 for 36, which is none."""

    def follow(change: Any) -> None:
        values = change.old, change.new
        if {float} != {*map(type, values)} or not isclose(*values, abs_tol=1e-9):
            act()

    control.observe(follow, names="value")


def set_options(control: w.Dropdown, options: Iterable[Any], value: Any) -> None:
    """Give a dropdown options and a value where they differ; callbacks see a panel that renders."""
    put(control, options=tuple(options), value=value)


def put(control: Any, **values: Any) -> None:
    """Set traits of a widget only where they differ."""
    for name, value in values.items():
        if getattr(control, name) != value:
            setattr(control, name, value)


def row(*children: w.Widget, name: str = "row") -> w.Box:
    """Return widgets in a row that wraps where there is no room."""
    made = w.Box(children, layout=w.Layout(display="flex", flex_flow="row wrap"))
    return made.add_class(f"clusterlab-{name}")


def mark_html(role: str, text: str) -> str:
    """Return a short text in the colours of a state, such as "failed"."""
    return f'<span class="clusterlab-mark clusterlab-{role}">{text}</span>'


def show_if(control: w.Widget, is_shown: bool) -> None:
    """Show or hide a widget without leaving a gap."""
    put(control.layout, display=None if is_shown else "none")


# --- the prompt, two lists -----------------------------------------------------------------------


class Prompt(w.VBox):
    """A text field that runs a line of cluster.exe, which `Keys` brings when Enter is pressed."""

    def __init__(self, run: Callable[[str], str]) -> None:
        self._run = run
        self.line = w.Text(
            placeholder='cluster group "EVS1" /moveto:NODE4',
            description="Type a line and press Enter",
            style={"description_width": "initial"},
            layout=w.Layout(width="auto", max_width="700px"),
        )
        self.line.tooltip = "A line of cluster.exe; cluster /? lists what there is"
        self.line.add_class("clusterlab-prompt")
        self.answer, self._done = w.HTML(), w.HTML()
        super().__init__([self.line, self.answer, self._done])

    @property
    def value(self) -> str:
        """The table of what was done so far, as HTML."""
        return str(self._done.value)

    @value.setter
    def value(self, html: str) -> None:
        put(self._done, value=html)

    def enter(self, line: str) -> None:
        """Run a line and show its answer below."""
        lines = self._run(line).splitlines()
        text = "\n".join(map(escape_text, [f"> {line}", "", *lines]))
        put(self.answer, value=f'<pre class="clusterlab-answer">{text}</pre>')

    def clear(self) -> None:
        """Forget the last answer, because another simulation begins."""
        put(self.answer, value="")


class TwoLists(w.HBox):
    """Names that are available and names that were chosen, as on the pages of the product."""

    def __init__(
        self,
        available: str,
        chosen: str,
        names: Iterable[str],
        before: Iterable[str],
        guard: Guard,
        *,
        is_ordered: bool = False,
    ) -> None:
        self._names = tuple(names)
        self.available, self.listed = _list(available), _list(chosen)
        self.buttons = {
            "add": button("Add →", f"Add to {chosen}", guard(self._add)),
            "remove": button("← Remove", f"Remove from {chosen}", guard(self._remove)),
        }
        if is_ordered:
            up, down = (guard(partial(self._shift, by)) for by in (-1, 1))
            self.buttons["up"] = button("▲ Move Up", "Earlier in the order", up)
            self.buttons["down"] = button("▼ Move Down", "Later in the order", down)
        self._show(tuple(before), None)
        between = w.VBox(list(self.buttons.values()))
        super().__init__([_titled(self.available), between, _titled(self.listed)])
        self.add_class("clusterlab-twolists")

    @property
    def chosen(self) -> tuple[str, ...]:
        """What stands in the right list, in order."""
        return tuple(self.listed.options)

    def offer(self, names: Iterable[str]) -> None:
        """Offer other names; what was chosen of them stays chosen."""
        self._names = tuple(names)
        self._show(tuple(one for one in self.chosen if one in self._names), None)

    def _add(self) -> None:
        if self.available.value is not None:
            self._show((*self.chosen, self.available.value), self.available.value)

    def _remove(self) -> None:
        self._show(tuple(one for one in self.chosen if one != self.listed.value), None)

    def _shift(self, by: int) -> None:
        names, moved = list(self.chosen), self.listed.value
        if moved is None:
            return
        place = names.index(moved) + by
        names.remove(moved)
        names.insert(max(place, 0), moved)
        self._show(tuple(names), moved)

    def _show(self, chosen: tuple[str, ...], marked: str | None) -> None:
        rest = [name for name in self._names if name not in chosen]
        put(self.listed, options=chosen)
        put(self.listed, value=marked or next(iter(chosen), None))
        put(self.available, options=tuple(rest))
        put(self.available, value=next(iter(rest), None))


def _list(title: str) -> w.Select:
    return w.Select(options=(), rows=5, tooltip=title, layout=w.Layout(width="auto"))


def _titled(listed: w.Select) -> w.VBox:
    title = w.HTML(f"<b>{listed.tooltip}</b>")
    return w.VBox([title, listed]).add_class("clusterlab-titled")


def saving_link(name: str, text: str) -> str:
    """Return a link that saves *text* as a file; the text is in the link itself."""
    kind = {"csv": "text/csv", "html": "text/html"}.get(name.rpartition(".")[2], "text/plain")
    data = base64.b64encode(text.encode()).decode()
    address = f"data:{kind};charset=utf-8;base64,{data}"
    style = "text-decoration: underline"
    return f'<a style="{style}" download="{escape(name)}" href="{address}">{escape(name)}</a>'


# --- style ------------------------------------------------------------------------------------


DARK_PAGE = (
    "[data-jp-theme-light='false'], [data-vscode-theme-kind='vscode-dark'], "
    "[data-vscode-theme-kind='vscode-high-contrast']"
)
"""The bodies of dark pages: of JupyterLab and Notebook 7, of VS Code; as in `livefigure.js`."""


def style_sheet(*own: str) -> w.HTML:
    """Return the style of all panels, and of the answers printed beside them."""
    rules = [Path(__file__).with_name(name).read_text("utf-8") for name in ("panels.css", *own)]
    themes = (
        f".clusterlab-panel {{ {_variables(THEMES['light'])} }}",
        f":is({DARK_PAGE}) .clusterlab-panel {{ {_variables(THEMES['dark'])} }}",
    )
    sheet = w.HTML(f"<style>{' '.join((*themes, *rules, ANSWER_RULES))}</style>")
    sheet.layout.display = "none"
    return sheet


def _variables(theme: Theme) -> str:
    colors = {"paper": theme.paper, "edge": theme.edge}
    colors |= {"ink": theme.ink, "muted": theme.muted, "box": theme.box, "grid": theme.grid}
    colors["selected"] = theme.fills["offline"]
    colors |= {f"{role}-line": color for role, color in theme.strokes.items()}
    colors |= {f"{role}-fill": color for role, color in theme.fills.items()}
    return " ".join(f"--clusterlab-{name}: {color};" for name, color in colors.items())
