"""The prompt in the tab "cluster.exe": a line, Enter, and what the product prints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import ipywidgets as w

from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.events import Event
from clusterlab.clusterexe.lines import read_line, refusal_text, return_s
from clusterlab.lab.drawing import escape_text
from clusterlab.lab.panels.branches import Branches
from clusterlab.lab.panels.parts import ErrorArea, put


class Shown(Protocol):
    """A panel of branches, as far as a line of cluster.exe needs it."""

    branches: Branches
    errors: ErrorArea

    def send(self, event: Event) -> None:
        """Let *event* happen now; what goes wrong is shown in `errors`."""

    def render(self) -> None:
        """Show the moment of the branch."""


def run_line(panel: Shown, line: str, waiting_for: Callable[[], str] = str) -> str:
    """Do what a line of cluster.exe says at the moment shown, and return what it prints.

    The event takes the way of a click; then time passes until the prompt would return.

    Args:
        panel: Where it happens.
        line: The line as typed.
        waiting_for: Returns why the event has not happened yet, or "".
    """
    with panel.errors.turn:
        try:
            order = read_line(panel.branches.cluster, line)
        except OperationRefused as refusal:
            return refusal_text(refusal)
        if order.event is not None:
            panel.send(order.event)
            caught = panel.errors.caught
            if isinstance(caught, OperationRefused | ConfigError):
                return refusal_text(caught)
            if caught is not None or waiting_for():
                return panel.errors.text or waiting_for()
            panel.branches.go_to(return_s(panel.branches.cluster, order))
            panel.render()
        return order.answer(panel.branches.cluster)


class Prompt(w.VBox):
    """A text field that runs a line of cluster.exe when Enter is pressed.

    Args:
        run: Does what a line says and returns what is printed.

    Attributes:
        line: The text field.
        answer: What was printed last, as HTML.
    """

    def __init__(self, run: Callable[[str], str]) -> None:
        self._run = run
        self.line = w.Text(
            placeholder='cluster group "EVS1" /moveto:NODE4',
            description="Type a line and press Enter",
            style={"description_width": "initial"},
            layout=w.Layout(width="auto", max_width="700px"),
        )
        self.line.tooltip = "A line of cluster.exe; cluster /? lists what there is"
        self.line.on_msg(self._hear)
        self.answer, self._done = w.HTML(), w.HTML()
        super().__init__([self.line, self.answer, self._done])

    @property
    def value(self) -> str:
        """The table of what was done so far, as HTML."""
        return str(self._done.value)

    @value.setter
    def value(self, html: str) -> None:
        put(self._done, value=html)

    def _hear(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if content.get("event") == "submit":
            self.enter()

    def enter(self) -> None:
        """Run the line in the field and show its answer below."""
        lines = self._run(self.line.value).splitlines()
        text = "\n".join(map(escape_text, [f"> {self.line.value}", "", *lines]))
        put(self.answer, value=f'<pre class="clusterlab-answer">{text}</pre>')
        put(self.line, value="")

    def clear(self) -> None:
        """Forget the last answer, because another simulation begins."""
        put(self.answer, value="")
