"""The readiness panel: the interview D1 to D12 as a picture, its gaps and what to do about them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import ipywidgets as w

from clusterlab.design import readiness
from clusterlab.lab.figures.drawing import Page, escape_text
from clusterlab.lab.figures.readiness import CARDS, MARKS, WEIGHTS, readiness_figure
from clusterlab.lab.panels.panel import Panel
from clusterlab.lab.panels.parts import chooser, put, row, saving_link, show_if
from clusterlab.lab.panels.views import table_html

FIRST_WIDTH_PX = 760


class ReadinessLab(Panel):
    """The support interview.

    Args:
        given: Evidence by id, as known already.
        programme: One of `PROGRAMMES`.

    Attributes:
        answers: The list of each requirement, by id.
        choosers: "programme", and "requirement", whose sheet is shown.

    Raises:
        ConfigError: If there is no such requirement or programme.

    Example:
        >>> lab = ReadinessLab()
        >>> lab.answers["D3"].value = readiness.Evidence.SHOWN
        >>> lab
        ReadinessLab(Datacenter programme: 10 % ready, not supported as it stands)
    """

    _still_title = "Support interview"

    def __init__(
        self,
        given: Mapping[str, readiness.Evidence] | None = None,
        *,
        programme: str = "Datacenter programme",
    ) -> None:
        super().__init__()
        self._given = readiness.readiness(given or {}, programme).answers
        items = {f"{item.id} {item.short}": item.id for item in readiness.REQUIREMENTS}
        self._add_choosers("readiness", programme=readiness.PROGRAMMES, requirement=items.items())
        self.choosers["programme"].value = programme
        for list_ in self.choosers.values():
            list_.observe(self._refresh, names="value")
        self.answers = {item.id: self._answer(item.id) for item in readiness.REQUIREMENTS}
        self._sheet, self._gaps, self._export = (w.HTML() for _ in range(3))
        self._sheet.add_class("clusterlab-live")
        picture = self._picture_of(self._draw, FIRST_WIDTH_PX, {CARDS: self._choose})
        self.pictures = (picture,)
        sheet = w.VBox([row(self.choosers["requirement"], *self.answers.values()), self._sheet])
        self._arrange(
            self.choosers["programme"], self.errors, picture, sheet, self._gaps, self._export,
            programme=self.choosers["programme"], picture=picture, sheet=sheet,
            gaps=self._gaps, export=self._export,
        )  # fmt: skip
        self._is_rendering = False
        self.render()

    @property
    def result(self) -> readiness.Readiness:
        """What was answered, judged."""
        programme = self.choosers["programme"].value
        names = readiness.PROGRAMMES[programme]
        return readiness.readiness({name: self.answers[name].value for name in names}, programme)

    def __repr__(self) -> str:
        return f"ReadinessLab({self.result.verdict})"

    def twin(self) -> str:
        """Return the report."""
        return str(self.result)

    def _fields(self) -> dict[str, Any]:
        return {**self.choosers, **self.answers}

    def _show(self) -> None:
        result, chosen = self.result, self.choosers["requirement"].value
        self.picture.show()
        for name, answer in self.answers.items():
            show_if(answer, name == chosen and name in result.answers)
        item = next(item for item in readiness.REQUIREMENTS if item.id == chosen)
        put(self._sheet, value=f"{_sheet_html(item)}<br>{escape_text(result.verdict)}.")
        put(self._gaps, value=_gaps_html(result))
        files = {"readiness.txt": str(result), "readiness.csv": result.csv()}
        links = " ".join(saving_link(name, text) for name, text in files.items())
        put(self._export, value=f"<p>Save: {links}</p>")

    def _draw(self, page: Page) -> Any:
        return readiness_figure(self.result, page=page, chosen=self.choosers["requirement"].value)

    def _choose(self, name: str) -> None:
        """Show the sheet of a requirement; that is no deed."""
        self._is_rendering = True
        put(self.choosers["requirement"], value=name)
        self._is_rendering = False

    def _answer(self, name: str) -> Any:
        options = [(one.value, one) for one in readiness.Evidence]
        act = self._guard(partial(self._choose, name))
        made = chooser(name, options, act, f"What the client could show for {name}", "170px")
        made.value = self._given.get(name, readiness.Evidence.NOT_ASKED)
        return made


def _sheet_html(item: readiness.Requirement) -> str:
    source = "" if item.source == "unsourced" else f"handbook 5, 5.7.3; {item.source}"
    return (
        f"<b>{item.id}</b> {escape_text(item.title)}. Ask for: {escape_text(item.evidence)}. "
        f"Without it: {WEIGHTS[item.weight]} (course rule). "
        f'<span class="clusterlab-source">{escape_text(source)}</span>'
    )


def _gaps_html(result: readiness.Readiness) -> str:
    rows = []
    for item in result.gaps:
        glyph, role, _ = MARKS[result.answers[item.id]]
        word = escape_text(result.answers[item.id].value)
        mark = f'<span class="clusterlab-state clusterlab-{role}">{glyph} {word}</span>'
        source = f"handbook 5, 5.7.3; {escape_text(item.source)}"
        rows.append((item.id, mark, WEIGHTS[item.weight], escape_text(item.remedy), source))
    heads = ("Gap", "Evidence", "Weight", "What to do", "Source")
    return f"<h3>Gaps, the heaviest first</h3>{table_html('Gaps', heads, rows)}"
