"""Ask me first: asks for the new owner of each group before the picture may move."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as w

from clusterlab.cluster.events import Event
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.policy import Decision
from clusterlab.lab.figures.drawing import escape_text
from clusterlab.lab.panels.parts import button, labelled, put, row, show_if
from clusterlab.lab.panels.views import feedback_html
from clusterlab.studies.prediction import affected_groups, answers, misread

NOT_YET = "choose a node"
NO_NODE = "no node"


class Predictor(w.VBox):
    """A question, one dropdown for each group, and afterwards what was misread.

    `event` is what waits to happen, or None.
    """

    def __init__(self, show: Callable[[], None], cancel: Callable[[], None]) -> None:
        self.event: Event | None = None
        self.groups: tuple[str, ...] = ()
        self.guesses: dict[str, w.Dropdown] = {}
        self.answers: dict[str, tuple[Decision, Cluster]] = {}
        self.text = w.HTML()
        self.buttons = {
            "show": button("Show", "Let it happen and compare", show, style="primary"),
            "cancel": button("Cancel", "Take the question back; nothing happens", cancel),
        }
        self._rows = w.VBox()
        self._row = row(*self.buttons.values())
        super().__init__([self.text, self._rows, self._row])
        self.clear()

    def ask(self, cluster: Cluster, event: Event) -> bool:
        """Ask where the groups go that *event* concerns; False if it concerns none."""
        if not affected_groups(cluster, event):
            return False
        self.answers = answers(cluster, event)
        self.groups = affected_groups(cluster, event)
        self.event = event
        nodes = [(node, node) for node in cluster.config.nodes_by_name]
        options: list[Any] = [(NOT_YET, ""), *nodes, (NO_NODE, None)]
        self.guesses = {
            group: labelled(
                w.Dropdown, f"{group} goes to", f"Your prediction for {group}", width="100%",
                options=options, value="",
            )
            for group in self.groups
        }  # fmt: skip
        self._ask()
        self._rows.children = tuple(self.guesses.values())
        show_if(self._row, True)
        show_if(self, True)
        return True

    @property
    def missing(self) -> tuple[str, ...]:
        """Groups that the learner has not placed yet."""
        return tuple(group for group, guess in self.guesses.items() if guess.value == "")

    def complain(self) -> None:
        """Say which groups are still to be placed."""
        self._ask(f"Choose a node for {' and '.join(self.missing)} first.")

    def _ask(self, complaint: str = "") -> None:
        assert self.event is not None
        what = escape_text(self.event.in_words())
        alert = f'<p role="alert"><b>{escape_text(complaint)}</b></p>' if complaint else ""
        self.text.value = f"<h3>Predict</h3><p><b>{what}.</b> Which node takes over?</p>{alert}"

    def reveal(self) -> float:
        """Show what was right and which rule was misread; return when the last choice was made."""
        items = [self._feedback(group) for group in self.groups]
        self.text.value = (
            f'<h3>Prediction</h3><ol class="clusterlab-verdicts">{"".join(items)}</ol>'
        )
        self._rows.children = ()
        show_if(self._row, False)
        self.event = None
        return max((decision.at_s for decision, _ in self.answers.values()), default=0.0)

    def _feedback(self, group: str) -> str:
        guess = self.guesses[group].value
        answer = self.answers.get(group)
        if guess == "":
            target = answer[0].target if answer else None
            return f"<li><b>{escape_text(group)}</b>: {escape_text(target or NO_NODE)}.</li>"
        if answer is None:
            return feedback_html(group, guess, None, "No node is left that could decide.")
        decision, after = answer
        misreading = misread(after, decision, guess)
        return feedback_html(group, guess, decision.target, misreading)

    def clear(self) -> None:
        """Ask and show nothing."""
        self.event, self.groups, self.guesses, self.answers = None, (), {}, {}
        self._rows.children = ()
        put(self.text, value="")
        show_if(self, False)
