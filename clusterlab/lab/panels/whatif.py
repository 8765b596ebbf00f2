"""The what-if panel: every failure of a cluster at once, and any of them played beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as w
import plotly.graph_objects as go
from IPython.display import display

from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.model import Cluster
from clusterlab.eventlogs.postmortem import Postmortem
from clusterlab.lab.figures.drawing import Page, escape_text
from clusterlab.lab.figures.heatmap import CELLS, Folds, heat_map_figure, worst_of
from clusterlab.lab.figures.pictures import ON_PAGE
from clusterlab.lab.figures.timebars import lanes_figure
from clusterlab.lab.panels.failover import FailoverLab
from clusterlab.lab.panels.panel import Panel
from clusterlab.lab.panels.parts import put, row, saving_link, show_if, simulation_of
from clusterlab.lab.panels.picture import Picture
from clusterlab.lab.panels.playing import Slices
from clusterlab.lab.panels.views import headline_html, list_html, table_html
from clusterlab.lab.reports.findings import result, some
from clusterlab.lab.reports.making import report
from clusterlab.simulation import Simulation
from clusterlab.studies.play import Aftermath, play
from clusterlab.studies.remedies import each_setting, with_spare
from clusterlab.studies.whatif import (
    Sweep,
    each_cell,
    failures_of,
    kinds_in,
    single_points_of_failure,
    site_sentences,
)
from clusterlab.tomlfiles.tables import own_table

FIRST_WIDTH_PX = 820
MOST_INCIDENTS = 20  # so many incidents of a client's logs are drawn
AT_ONCE = 64  # up to this many sequences are played before the panel is shown
MOST_LINES, MOST_SETTINGS = 12, 5
"""With more failures those of one kind share a line; so many settings that help are named."""
_SAID = own_table(Path(__file__).with_name("whatif.toml")).data


def show_incidents(found: Postmortem) -> None:
    """Show a postmortem in a notebook: its text, and the bars of its first incidents, live."""
    display(w.HTML(f"<pre>{escape(str(found))}</pre>"))
    for number in range(1, min(len(found.incidents), MOST_INCIDENTS) + 1):
        display(Picture(partial(lanes_figure, found.lanes(number)), ON_PAGE.width_px))


class WhatIfLab(Panel):
    """Every single and double failure of a cluster, each of them to be played.

    Args:
        start: The cluster before the failures, or a simulation that has come there; None takes
            three active nodes and a passive one.
        kinds: What may fail, from `whatif.KINDS`.

    Attributes:
        sweep: What was played so far.
        failover: The panel that plays a cell, or None before one is played.
        kinds: Checkboxes by kind of failure.
        is_folded: Whether failures of one kind share a line of the map.
        buttons: "play all", "stop", "play", "back", "settings", "report".
        choosers: "first", "then": the cell that the buttons are about.

    Raises:
        ConfigError: If there is no such kind of failure, or *start* is something else.

    Example:
        >>> lab = WhatIfLab()
        >>> lab.choose("NODE3", "NODE2")
        >>> lab.cell.text
        '1 lost, 2.9 min'
        >>> lab
        WhatIfLab(CL1: 16 sequences of one or two failures played, 12 of them lose a group.)
    """

    _still_title = "What if"

    def __init__(
        self,
        start: Simulation | Cluster | Path | str | None = None,
        *,
        kinds: Sequence[str] = ("nodes",),
    ) -> None:
        super().__init__()
        self._cluster = simulation_of(start).cluster
        failures = failures_of(self._cluster, kinds)
        self._slices = Slices(self.render, self._failed)
        self._cells: list[Aftermath] = []
        self.failover: FailoverLab | None = None
        self._make_controls(kinds)
        self._is_rendering = False
        self._begin(len(failures) ** 2 <= AT_ONCE)

    def __repr__(self) -> str:
        return f"WhatIfLab({self.sweep.summary()})"

    def twin(self) -> str:
        """Return the map as a table of words, and what it says as a whole."""
        sweep = self.sweep
        ways = [] if sweep.is_partial else [str(way) for way in sweep.ways()]
        return "\n".join([str(sweep), "", *ways, *map(str, self._points), *site_sentences(sweep)])

    def came(self) -> tuple[str, ...]:
        """Return what became of each group in the chosen cell."""
        cell = self.cell
        head = f"{cell.label.removesuffix(':')}: {cell.text}"
        return super().came() or (head, *map(str, cell.fates))

    def _first(self) -> go.Figure:
        return heat_map_figure(self.sweep, page=Page(FIRST_WIDTH_PX))

    @property
    def sweep(self) -> Sweep:
        """What was played so far."""
        return Sweep(
            start=self._cluster, failures=self._failures, is_double=True, cells=tuple(self._cells)
        )

    @property
    def cell(self) -> Aftermath:
        """The chosen cell.

        Raises:
            ConfigError: If it was not played yet.
        """
        return self.sweep.cell(self.choosers["first"].value, self.choosers["then"].value)

    def choose(self, first: str, then: str | None = None) -> None:
        """Choose a cell; without *then* the failure alone."""
        put(self.choosers["first"], value=first)
        put(self.choosers["then"], value=then or first)

    def play(self) -> None:
        """Play the chosen cell in a failover panel in place of the map, from its start."""
        cell = self.cell
        sim = cell.simulation().branch(cell.label, at_s=cell.quiet_s)
        if self.failover is not None:
            self.failover.close()
        self.failover = FailoverLab(sim)
        self.failover.branches.go_to(cell.start.now_s)
        self.failover.render()
        self.failover.on_deed(self._did)
        self._stage.children = (self.buttons["back"], self.failover)
        show_if(self._map, False)

    def open_file(self, path: Path) -> None:
        """Show the failures of a client's cluster instead."""
        self._cluster = simulation_of(path).cluster
        self._slices.stop()
        self._go_back()
        kinds = [kind for kind, box in self.kinds.items() if box.value]
        self._is_rendering = True
        self._make_controls(kinds)
        self._begin(len(failures_of(self._cluster, kinds)) ** 2 <= AT_ONCE)

    def _go_back(self) -> None:
        self._stage.children = ()
        show_if(self._map, True)

    def _restore(self, snapshot: Any) -> None:
        self._go_back()
        super()._restore(snapshot)

    def _folds(self) -> Folds:
        """Return the failures that share a line of the map, by its name."""
        kinds = [kind for kind in _SAID["folds"] if self.is_folded.value and self.kinds[kind].value]
        found = [(kind, failures_of(self._cluster, [kind])) for kind in kinds]
        return {_SAID["folds"][kind].format(count=len(one)): one for kind, one in found if one[2:]}

    def _begin(self, is_at_once: bool) -> None:
        chosen = [kind for kind, box in self.kinds.items() if box.value]
        self._failures = failures_of(self._cluster, chosen)
        self._cells = []
        self._points = single_points_of_failure(self._cluster, kinds=chosen)
        self._is_rendering = True
        self.is_folded.value = len(self._failures) > MOST_LINES
        labels = [failure.label for failure in self._failures]
        for name in ("first", "then"):
            self.choosers[name].options = labels
            self.choosers[name].value = labels[0]
        self._is_rendering = False
        self.pictures = (self._picture_of(self._draw, FIRST_WIDTH_PX, {CELLS: self._hit}),)
        self._remedies.value = ""
        self._lay_out()
        steps = self._steps()
        if is_at_once:
            for _ in steps:
                pass
            self.render()
        else:
            self._slices.start(steps)

    def _steps(self) -> Iterator[object]:
        for cell in each_cell(self._cluster, self._failures, is_double=True):
            self._cells.append(cell)
            self._report(len(self._cells), len(self._failures) ** 2, "sequences played")
            yield cell

    def _settings(self) -> None:
        """Try every setting that might have saved the first lost group of the chosen cell."""
        cell = self.cell
        if not cell.lost:
            raise ConfigError(f"nothing is lost by {cell.label}; choose a cell that loses a group")
        self._slices.start(self._try_settings(cell))

    def _make_report(self) -> None:
        made = report(self._cluster)
        link = saving_link(f"{self._cluster.config.name}.html", made.html)
        self._remedies.value = f"<p>Save: {link}</p>"

    def _try_settings(self, cell: Aftermath) -> Iterator[object]:
        said, found = _SAID["saves"], list[str]()
        head = f"<b>{escape_text(said['head'].format(cell=cell.label))}</b>"
        for count, total, remedy in each_setting(self._cluster, cell.failures, cell.lost[0]):
            self._report(count, total, "settings tried")
            if remedy is not None and not remedy.lost:  # none that saves one and loses another
                found.append(str(remedy))
            self._remedies.value = head
            yield remedy
        named, more = found[:MOST_SETTINGS], len(found) - MOST_SETTINGS
        named += [said["more"].format(count=more)] if more > 0 else []
        if not found:
            spare = with_spare(self._cluster)
            helps = spare is not None and not play(spare, cell.failures).lost
            named = [said["none"], said["spare" if helps else "no_spare"]]
        self._remedies.value = head + list_html(named)

    def _report(self, done: int, total: int, what: str) -> None:
        self._done = (done, total, what)

    def _show(self) -> None:
        done, total, what = self._done
        put(self._bar, max=total, value=done)
        put(self._count, value=f"{done} of {total} {what}")
        sweep, cell = self.sweep, self._chosen_cell()
        for part in (self.buttons["stop"], self._bar, self._count):
            show_if(part, self._slices.is_on or sweep.is_partial)
        show_if(self.is_folded, len(self._failures) > MOST_LINES)
        put(self.buttons["stop"], disabled=not self._slices.is_on)
        put(self.buttons["play"], disabled=cell is None)
        put(self.buttons["settings"], disabled=cell is None or not cell.lost)
        self.picture.show()
        put(self._headline, value=_headline_html(sweep))
        put(self._chosen, value=_cell_html(cell))
        if self._slices.is_on:
            return  # sentences wait until all is played
        ways = list(sweep.ways()) if not sweep.is_partial else ["known when all is played"]
        points = self._points or ("none of these",)
        put(self._ways, value=f"<b>The shortest way to lose each group</b>{list_html(ways)}")
        put(self._singles, value=f"<b>Single points of failure</b>{list_html(points)}")
        table = f"<details><summary>The map as a table</summary>{map_html(sweep)}</details>"
        put(self._table, value=table)

    def _chosen_cell(self) -> Aftermath | None:
        with suppress(ConfigError):  # it was not played yet
            return self.cell
        return None

    def _draw(self, page: Page) -> Any:
        first, then = self.choosers["first"].value, self.choosers["then"].value
        selected = first if first == then else f"{first}, then {then}"
        return heat_map_figure(self.sweep, page=page, selected=selected, folds=self._folds())

    def _hit(self, name: str) -> None:
        """Choose a cell; play it if it is chosen already."""
        first, then = self.choosers["first"].value, self.choosers["then"].value
        names = worst_of(self.sweep, self._folds(), name).split(", then ")
        if [first, then] == [names[0], names[-1]]:
            self.play()
        self.choose(*names)

    def _make_controls(self, kinds: Sequence[str]) -> None:
        self._done = (0, 1, "sequences played")
        self.kinds = {
            kind: w.Checkbox(
                value=kind in kinds, description=kind, indent=False, layout=w.Layout(width="auto")
            )
            for kind in kinds_in(self._cluster)
        }
        self._bar = w.IntProgress(min=0, max=1, layout=w.Layout(width="160px"))
        self.is_folded = w.Checkbox(
            description="one line for each kind", indent=False, layout=w.Layout(width="auto")
        )
        self.is_folded.observe(lambda _: self._refresh(), names="value")
        self._count, self._ways, self._singles, self._table, self._remedies = (
            w.HTML() for _ in range(5)
        )
        self._headline, self._chosen = (w.HTML().add_class("clusterlab-live") for _ in range(2))
        self._stage = w.VBox()
        acts: dict[str, Callable[[], None]] = {
            "play all": lambda: self._begin(is_at_once=False), "stop": self._slices.stop,
            "play": self.play, "back": self._go_back, "settings": self._settings,
            "report": self._make_report,
        }  # fmt: skip
        self._add_buttons("whatif", acts)
        self._add_choosers("whatif", self.render, first=[], then=[])

    def _lay_out(self) -> None:
        kinds = row(w.HTML("May fail:"), *self.kinds.values(), self.is_folded)
        kinds.children += (*(self.buttons[n] for n in ("play all", "stop")), self._bar, self._count)
        main = w.VBox([self.picture]).add_class("clusterlab-main")
        acts = row(*(self.buttons[name] for name in ("play", "settings")))
        cell = w.VBox([row(*self.choosers.values()), acts])
        side = w.VBox([cell, self._chosen, self._remedies]).add_class("clusterlab-side")
        self._map = row(main, side, name="body")
        findings = row(self._ways, self._singles, name="columns")
        head = row(self._headline, self.buttons["report"], name="head")
        self._arrange(
            head, kinds, self.errors, self._map, self._stage, findings, self._table,
            picture=self.picture, cell=cell, answer=self._chosen, remedies=self._remedies,
            failover=self._stage, findings=findings, table=self._table,
        )  # fmt: skip


def _headline_html(sweep: Sweep) -> str:
    """Return the answer in one line: what is lost by one failure, and by two."""
    said, losses = _SAID["headline"], [cell for cell in sweep.losses if not cell.failures[1:]]
    of, pairs = len(sweep.failures), len(sweep.losses) - len(losses)
    if sweep.is_partial:
        words = said["playing"]
        words = words.format(done=len(sweep.cells), total=sweep.total, lost=len(sweep.losses))
        return headline_html("offline", words)
    key = "some" if losses[1:] else "one" if losses else "safe"
    groups = some(group for cell in losses for group in cell.lost)
    names = some(cell.label for cell in losses)
    words = said[key].format(count=len(losses), of=of, names=names, groups=groups)
    if of > 1:
        both = said[("no_pair", "pairs", "all_pairs")[bool(pairs) + (pairs == sweep.total - of)]]
        words = both.format(head=words, count=pairs, of=sweep.total - of)
    return headline_html("failed" if losses else "pending" if pairs else "online", words)


def map_html(sweep: Sweep) -> str:
    """Return the map as a table, each failure alone and then its pairs, for readers of text."""
    then = [f"then {one.label}" for one in sweep.failures if sweep.is_double]
    rows = []
    for failure, cells in sweep.rows():
        alone = "".join(_words(cell) for cell in cells if not cell.failures[1:])
        pairs = (_words(cell) if cell.failures[1:] else "" for cell in cells[: len(then)])
        rows.append(tuple(map(escape_text, (failure.label, alone, *pairs))))
    return table_html("The map", ("first", "alone", *map(escape_text, then)), rows)


def _words(cell: Aftermath) -> str:
    return ": ".join(filter(None, (cell.text, ", ".join(cell.lost))))


def _cell_html(cell: Aftermath | None) -> str:
    if cell is None:
        return "<b>Not played yet.</b>"
    fates = list_html([str(fate) for fate in cell.fates])
    notes = "".join(f"<p>{escape_text(text)}</p>" for text in cell.refusals)
    return f"<h3>{escape_text(cell.label)}</h3><b>{escape_text(result(cell))}</b>{fates}{notes}"
