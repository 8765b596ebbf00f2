"""The trainer's desk: a failover panel that is opened by a code, frozen, revealed and reset.

It decides what waits and what may go on. It knows no rule of the domain and draws nothing.
"""

from __future__ import annotations

from typing import Any

import ipywidgets as w

from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.events import Event
from clusterlab.lab.drawing import escape_text
from clusterlab.lab.panels.codes import CLUSTERS, LETTERS, code_of, read_code
from clusterlab.lab.panels.failover import FailoverLab
from clusterlab.lab.panels.panel import Panel
from clusterlab.lab.panels.parts import (
    button,
    put,
    row,
)

FROZEN = "the picture is frozen; press Reveal or Go on first"
"""What whoever goes on while the picture is frozen is told."""


class DeskLab(Panel):
    """A failover panel for a class: the same code opens the same moment on every machine.

    The code of the moment on screen is shown, so a trainer clicks a situation together and writes
    it on the whiteboard; with "Predict first" a click becomes the question at its end.

    Args:
        code: What to open, for example "31-F3-F2?"; see the guide "Teach a class".

    Attributes:
        failover: The panel with the cluster.
        buttons: "open", "reset", "freeze", "reveal".
        field: The text field for a code.
        errors: What went wrong, as shown.

    Raises:
        ConfigError: If *code* says nothing that can be opened.

    Example:
        >>> desk = DeskLab("31-F3-F2?")
        >>> desk.failover.simulation.owner("EVS3"), desk.failover.simulation.owner("EVS2")
        ('NODE4', 'NODE2')
        >>> desk.buttons["reveal"].click()
        >>> desk.failover.simulation.owner("EVS2"), desk.code
        ('NODE1', '31-F3-F2-@183.4')
    """

    failover: FailoverLab

    def __init__(self, code: str = "31") -> None:
        super().__init__()
        self._asked: Event | None = None
        self._opened = ""
        self._make_controls()
        self._is_rendering = False
        self._open(code)

    def twin(self) -> str:
        """Return in words: the code and the question, and the twin of the failover panel."""
        question = self._question_text()
        head = f"Code {self.field.value}" + (f": {question}" if question else "")
        return f"{head}\n\n{self.failover!r}"

    def _still(self) -> dict[str, str]:
        return self.failover._still()

    # --- what happens -------------------------------------------------------------------------

    @property
    def code(self) -> str:
        """The code of the moment on screen, with what waits to happen as its question.

        Raises:
            ConfigError: If something was done that has no word.
        """
        scenario = str(self.failover.choosers["scenario"].value)
        return code_of(scenario, self.failover.branches, self.question)

    @property
    def question(self) -> Event | None:
        """What waits to happen, or None."""
        return self.failover.predictor.event or self._asked

    @property
    def is_frozen(self) -> bool:
        """Whether nothing may happen and no time may pass."""
        return bool(self.failover.branches.held)

    def _open(self, text: str) -> None:
        """Open a code from its beginning; what cannot be opened changes nothing."""
        code = read_code(text)
        failover = FailoverLab(scenario=code.scenario)
        question = code.play(failover.simulation)
        failover.branches.go_to(failover.simulation.now_s)
        self._asked = None
        if question is not None and not _asks_for_places(failover, question):
            self._asked, failover.branches.held = question, FROZEN
        if self._opened:
            self.failover.branches.held = FROZEN  # nobody sees it any more: it stops playing
        self.failover, self._opened = failover, text
        failover.on_deed(self._did)
        failover.branches.watchers.append(self._label)
        put(self.field, value=text)
        self._lay_out()
        self.render()

    def _freeze(self) -> None:
        if self.is_frozen:
            self._thaw()
        else:
            self.failover.branches.held = FROZEN

    def _thaw(self) -> None:
        self.failover.branches.held, self._asked = "", None
        with self.failover.errors:  # what was refused while it was frozen is over
            self.failover.travel(lambda: None)

    def _reveal(self) -> None:
        """Let what waits happen and time go on."""
        asked, self.failover.branches.held = self._asked, ""
        self._asked = None
        if self.failover.predictor.event is not None:
            self.failover.reveal()
        elif asked is not None:
            self.failover.send(asked)
        else:
            self._thaw()

    # --- showing ------------------------------------------------------------------------------

    def _inner(self) -> tuple[Panel, ...]:
        return (self.failover,)

    def snapshot(self) -> Any:
        """Return what is open and its state, to be given to `restore`."""
        return self._opened, self._asked, self.failover.snapshot()

    def _restore(self, snapshot: Any) -> None:
        code, asked, state = snapshot
        self._open(code)
        self.failover.restore(state)
        self._asked = asked

    def _show(self) -> None:
        """Show the failover panel, which then has the desk say what it says of it."""
        self.failover._changed()

    def _label(self) -> None:
        """Name the buttons and the code by the moment on screen."""
        put(
            self.buttons["freeze"],
            description="Go on" if self.is_frozen else "Freeze",
            disabled=self.question is not None,
        )
        put(self.buttons["reveal"], disabled=self.question is None and not self.is_frozen)
        question = escape_text(self._question_text())
        asked = f"<b>{question}</b> " if question and self._asked is not None else ""
        frozen = "<b>Frozen.</b> " if self.is_frozen else ""
        put(self._told, value=f'<div role="status">{frozen}{asked}{self._code_html()}</div>')

    def _question_text(self) -> str:
        question = self.question
        return "" if question is None else f"{question.in_words()}. What happens?"

    def _code_html(self) -> str:
        try:
            return f"Code of this moment: <code>{escape_text(self.code)}</code>"
        except ConfigError as error:
            return f"No code for this moment: {escape_text(str(error))}."

    # --- building -----------------------------------------------------------------------------

    def _make_controls(self) -> None:
        guard = self._guard
        self._told, self._words = w.HTML(), w.HTML(_words_html())
        self.field = w.Text(
            description="Code",
            tooltip="What to open, for example 31-F3-F2?",
            placeholder="31-F3-F2?",
            layout=w.Layout(width="300px"),
            style={"description_width": "initial"},
        )
        self.field.on_msg(self._hear)
        self._enter = guard(lambda: self._open(self.field.value))
        self.buttons = {
            "open": button("Open", "Open this code, from its beginning", self._enter),
            "reset": button(
                "Reset", "Open the last code again", guard(lambda: self._open(self._opened))
            ),
            "freeze": button(
                "Freeze", "Nothing may happen until you go on", guard(self._freeze)
            ),
            "reveal": button(
                "Reveal", "Let what waits happen", guard(self._reveal), "clusterlab-play"
            ),
        }  # fmt: skip

    def _hear(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if content.get("event") == "submit":
            self._enter()

    def _lay_out(self) -> None:
        code = row(self.field, *self.buttons.values(), self._told)
        self._arrange(
            code, self._words, self.errors, self.failover,
            code=code, words=self._words, failover=self.failover,
        )  # fmt: skip


def _asks_for_places(failover: FailoverLab, question: Event) -> bool:
    """Let the panel ask where groups go; False if none has to, or if it will be refused."""
    try:
        return failover.predictor.ask(failover.branches.cluster, question)
    except OperationRefused:
        return False


def _words_html() -> str:
    """Return what a code is made of, folded."""
    rows = "".join(
        f"<tr><td><code>{escape_text(word)}</code></td><td>{escape_text(meaning)}</td></tr>"
        for word, meaning in [
            *CLUSTERS.items(),
            *LETTERS.items(),
            ("?", "asks about the last word"),
        ]
    )
    return f"<details><summary>What a code is made of</summary><table>{rows}</table></details>"
