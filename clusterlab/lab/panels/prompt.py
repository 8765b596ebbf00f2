"""The prompt in the tab "cluster.exe": a line, Enter, and what the product prints."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as w

from clusterlab.lab.drawing import escape_text
from clusterlab.lab.panels.parts import put


class Prompt(w.VBox):
    """A text field that runs a line of cluster.exe when Enter is pressed; `Keys` brings the line.

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
