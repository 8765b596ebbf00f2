"""The readiness panel: the interview D1 to D12, its score, the gaps and what to do about them.

It turns answers into a `Readiness` and shows it. It knows no requirement.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import ipywidgets as w

from clusterlab.design import readiness
from clusterlab.lab.figures.drawing import escape_text
from clusterlab.lab.panels.panel import Panel
from clusterlab.lab.panels.parts import chooser, put, row, show_if
from clusterlab.lab.panels.views import list_html, table_html

MARKS: Mapping[readiness.Evidence, tuple[str, str]] = {
    readiness.Evidence.SHOWN: ("●", "online"),
    readiness.Evidence.PROMISED: ("◐", "pending"),
    readiness.Evidence.MISSING: ("✖", "failed"),
    readiness.Evidence.NOT_ASKED: ("○", "offline"),
}
"""Glyph and colour beside the word."""
WEIGHTS = {3: "no support without it", 2: "support suffers", 1: "good practice"}


class ReadinessLab(Panel):
    """The support interview.

    Args:
        given: Evidence by id, as known already.
        programme: One of `PROGRAMMES`.

    Attributes:
        answers: The list of each requirement, by id.
        programme: The list of programmes.

    Raises:
        ConfigError: If there is no such requirement or programme.

    Example:
        >>> lab = ReadinessLab()
        >>> lab.answers["D3"].value = Evidence.SHOWN
        >>> lab
        ReadinessLab(Datacenter programme: 10 % ready, not supported as it stands)
    """

    def __init__(
        self,
        given: Mapping[str, readiness.Evidence] | None = None,
        *,
        programme: str = "Datacenter programme",
    ) -> None:
        super().__init__()
        self._given = readiness.readiness(given or {}, programme).answers
        guard = self._guard
        self.programme = chooser(
            "Programme", readiness.PROGRAMMES, guard(lambda: None), "Which requirements count"
        )
        self.programme.value = programme
        self._rows: dict[str, Any] = {}
        self.answers = {item.id: self._answer(item.id) for item in readiness.REQUIREMENTS}
        self._bar = w.FloatProgress(min=0, max=1, description="Ready")
        self._head, self._gaps, self._export = (w.HTML() for _ in range(3))
        self._head.add_class("clusterlab-live")
        self._lay_out()
        self._is_rendering = False
        self.render()

    @property
    def result(self) -> readiness.Readiness:
        """What was answered, judged."""
        names = readiness.PROGRAMMES[self.programme.value]
        given = {name: self.answers[name].value for name in names}
        return readiness.readiness(given, self.programme.value)

    def __repr__(self) -> str:
        """Return programme, score and verdict."""
        return f"ReadinessLab({self._verdict()})"

    def twin(self) -> str:
        """Return the report."""
        return str(self.result)

    def _fields(self) -> dict[str, Any]:
        return {"programme": self.programme, **self.answers}

    # --- showing ------------------------------------------------------------------------------

    def _show(self) -> None:
        result = self.result
        for name, line in self._rows.items():
            show_if(line, name in result.answers)
        put(self._bar, value=result.score)
        put(self._head, value=f"<b>{escape_text(self._verdict())}</b>")
        put(self._gaps, value=_gaps_html(result))
        files = {"readiness.txt": str(result), "readiness.csv": result.csv()}
        links = " ".join(_link(name, text) for name, text in files.items())
        put(self._export, value=f"<p>Save: {links}</p>")

    def _verdict(self) -> str:
        return str(self.result).partition("\n")[0].rstrip(".")

    # --- building -----------------------------------------------------------------------------

    def _answer(self, name: str) -> Any:
        options = [(f"{MARKS[one][0]} {one.value}", one) for one in readiness.Evidence]
        tooltip = f"What the client could show for {name}"
        made = chooser(name, options, self._guard(lambda: None), tooltip, "170px")
        made.style.description_width = "32px"
        made.value = self._given.get(name, readiness.Evidence.NOT_ASKED)
        return made

    def _lay_out(self) -> None:
        for item in readiness.REQUIREMENTS:
            text = w.HTML(
                f"{escape_text(item.title)}. "
                f'<span class="clusterlab-source">Ask for: {escape_text(item.evidence)}</span>'
            )
            text.layout.flex = "1 1 320px"
            self._rows[item.id] = row(self.answers[item.id], text)
        advice = w.HTML(
            "<details><summary>Questions for the support chapter of a design</summary>"
            f"{list_html(readiness.QUESTIONS_TO_THE_PROVIDER)}</details>"
        )
        head = row(self.programme, self._bar)
        answers = w.VBox(list(self._rows.values()))
        self._arrange(
            head, self._head, self.errors, answers, self._gaps, self._export, advice,
            programme=head, verdict=self._head, answers=answers, gaps=self._gaps,
            export=self._export, questions=advice,
        )  # fmt: skip


def _gaps_html(result: readiness.Readiness) -> str:
    rows = []
    for item in result.gaps:
        glyph, role = MARKS[result.answers[item.id]]
        word = escape_text(result.answers[item.id].value)
        mark = f'<span class="clusterlab-state clusterlab-{role}">{glyph} {word}</span>'
        source = f"handbook 5, 5.7.3; {escape_text(item.source)}"
        rows.append((item.id, mark, WEIGHTS[item.weight], escape_text(item.remedy), source))
    heads = ("Gap", "Evidence", "Weight", "What to do", "Source")
    return f"<h3>Gaps, the heaviest first</h3>{table_html('Gaps', heads, rows)}"


def _link(name: str, text: str) -> str:
    kind = "text/csv" if name.endswith("csv") else "text/plain"
    data = base64.b64encode(text.encode()).decode()
    address = f"data:{kind};charset=utf-8;base64,{data}"
    style = "text-decoration: underline"
    return f'<a style="{style}" download="{name}" href="{address}">{name}</a>'
