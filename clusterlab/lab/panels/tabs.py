"""The tabs below a figure: log, groups, resources, story, commands, invariants."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import ipywidgets as w

from clusterlab.cluster.invariants import lamps
from clusterlab.exchange.exres import EXCHANGE_LAMPS
from clusterlab.lab.figures.drawing import escape_text
from clusterlab.lab.panels import views
from clusterlab.lab.panels.branches import Branches, outages_of
from clusterlab.lab.panels.parts import put


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


VIEWS: Mapping[str, Callable[[Branches, str], str]] = {
    "Event log": lambda shown, group: views.log_html(shown.outcomes),
    "Groups": lambda shown, group: views.groups_html(shown.cluster, outages_of(shown.spans())),
    "Resources": lambda shown, group: views.resources_html(shown.outcomes, group),
    "Events in words": lambda shown, group: views.story_html(shown.outcomes),
    "cluster.exe": lambda shown, group: views.commands_html(shown.outcomes),
    "Self-check": lambda shown, group: views.lamps_html(lamps(shown.cluster, EXCHANGE_LAMPS)),
}
"""What each tab shows of the moment shown and the group selected, in order."""
TIMED = "Groups"
"""The tab that changes with every second, not only with events."""
