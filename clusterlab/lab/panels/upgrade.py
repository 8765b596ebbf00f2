"""The upgrade panel: do the steps of an upgrade, and see what each of them puts at risk.

It is the procedure panel with swim lanes in place of the picture of the nodes, buttons to fail and
start a node in the middle, another order beside this one or the best one there is, times to put in,
and a runbook to take away.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import ipywidgets as w
import plotly.graph_objects as go

from clusterlab.clients import ANY, plan_there, read_client
from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.events import NodeFailed, StartNode
from clusterlab.clusterfiles.filekinds import FileKind, kind_of
from clusterlab.lab.figures.drawing import Page, escape_text
from clusterlab.lab.figures.procedure import steps_text
from clusterlab.lab.figures.swimlanes import swimlanes_alt, swimlanes_figure, swimlanes_text
from clusterlab.lab.livefigure import LiveFigure
from clusterlab.lab.panels.forecast import Times, comparison_html, planned_html, reasons_html
from clusterlab.lab.panels.parts import button, put, row, set_options, show_if
from clusterlab.lab.panels.picture import Picture
from clusterlab.lab.panels.playing import Slices
from clusterlab.lab.panels.procedure import FIRST_WIDTH_PX, GUIDED, ProcedureLab, Works, run_of
from clusterlab.procedures.assumptions import Forecast
from clusterlab.procedures.catalogue import PROCEDURES
from clusterlab.procedures.downtime import forecast
from clusterlab.procedures.orders import UpgradeOrder, search
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.procedure import Procedure
from clusterlab.procedures.run import Run
from clusterlab.procedures.runbook import write_runbook
from clusterlab.procedures.timeline import Lookout, Timeline
from clusterlab.procedures.upgrade import order_procedure
from clusterlab.tomlfiles.files import PRESS_AGAIN, check_is_new
from clusterlab.tomlfiles.parsing import read_source
from clusterlab.tomlfiles.tables import own_table

_PATHS = own_table(Path(__file__).with_suffix(".toml")).data["paths"]
UPGRADES: Works = {
    name: partial(PROCEDURES[f"upgrade-{path}"], Plan.standard(nodes=nodes, evs=evs))
    for name, (path, nodes, evs) in _PATHS.items()
}
"""Paths to choose from."""


def paths_for(plan: Plan) -> dict[str, str]:
    """Return the entries of `UPGRADES` that a plan can go, each in words with its numbers.

    Example:
        >>> list(paths_for(Plan.standard(nodes=3, evs=2)).values())[:2]
        ['3 nodes, 2 EVSs, documented order (U4)', '3 nodes, 2 EVSs, idle node first (U4S)']
    """
    evs = len(plan.evs)
    size, made = f"{len(plan.nodes)} nodes, {evs} EVS{'s' * (evs > 1)}", dict[str, str]()
    for name, (path, *_) in _PATHS.items():
        with suppress(ConfigError):
            PROCEDURES[f"upgrade-{path}"](plan)
            made[name] = re.sub(r"\d nodes, \d EVSs?", size, name)
    return made


def works_for(plan: Plan) -> Works:
    """Return the paths that a plan can go, by the words of `paths_for`."""
    paths = paths_for(plan).items()
    return {words: partial(PROCEDURES[f"upgrade-{_PATHS[name][0]}"], plan) for name, words in paths}


ALONE = "nothing"
NO_TIMES = "<p>This path has no step that the assumptions speak of: nothing can be forecast.</p>"
WAY_HOME = ("U4S-7",)
BEST = "Best order for these nodes, found by search"
BEST_HOME = "Best order for these nodes, ending at home"
SEARCHED = {BEST: False, BEST_HOME: True}
"""Entries that are searched for, for nodes and EVSs of the run: whether EVSs have to come home."""
SHORT = {BEST: "best order", BEST_HOME: "best order home"}  # what they are called in a table


class UpgradeLab(ProcedureLab):
    """An upgrade to do: lanes of nodes and EVSs, the steps, and what would survive which failure.

    Args:
        start: A run to go on with, or a procedure; of a plan or a client's file, the paths that
            it can go are offered; None upgrades 2 nodes.
        mode: "guided", "free" or "exam".

    Attributes:
        lanes: The lanes of the run as it is.
        times: The fields with the client's own times.
        found: What was searched for and what the path is, by the entry of the lists.

    There are also the buttons "fail NODE1" and so on, "runbook" and "stop", and the chooser
    "compare".

    Example:
        >>> lab = UpgradeLab()
        >>> lab.buttons["fail NODE2"].click()
        >>> [lamp.words for lamp in lab.lanes.lamps]
        ['✖ EVS1 lost', '○ not running']
    """

    works = UPGRADES
    titles = ("Lanes", "Times", "Steps", "Journal", "cluster.exe", "Log")
    styles = ("procedure.css", "upgrade.css")

    def __init__(
        self, start: Run | Procedure | Plan | Path | str | None = None, *, mode: str = GUIDED
    ) -> None:
        self._lookout = Lookout()
        self._whole: dict[Hashable, Timeline] = {}
        self.lanes: Timeline
        self._other: Picture | None = None
        self.found: dict[str, tuple[UpgradeOrder, Procedure]] = {}
        self._node_names: tuple[str, ...] = ()
        self._forecasts: list[tuple[Procedure | Run, Forecast]] = []
        self._other_timeline: Timeline
        self._work_done, self._so_far = (0, 1), ""
        self._slices = Slices(self.render, self._failed)
        if plan := _plan_of(start):
            self.works, start = works_for(plan), None
        super().__init__(start, mode=mode)
        self.add_class("clusterlab-upgrade")

    def twin(self) -> str:
        """Return in words: the lanes, then the steps with their states."""
        head = f"{self.run!r}, {self.mode}"
        steps = steps_text(self.run, is_exam=self.is_exam)
        return f"{head}\n\n{swimlanes_text(self._timeline())}\n\n{steps}"

    def _first(self) -> go.Figure:
        return self._site.first()

    @property
    def _still_title(self) -> str:  # type: ignore[override]
        return str(self._first().layout.meta)

    @property
    def other(self) -> LiveFigure | None:
        """The live figure of the order that this one is compared with, or None."""
        return None if self._other is None else self._other.figure

    def switch(self, node: str) -> None:
        """Let a node lose power, or start it if it is not running."""
        is_up = self._is_up(node)
        self.run = self.run.send(NodeFailed(node) if is_up else StartNode(node))
        self._tell(f"{node} {'lost power' if is_up else 'was started'}.")

    def write_runbook(self) -> None:
        """Write a runbook of what is left as a new page to print, beside this notebook."""
        plan = self.run.procedure.plan
        path = Path(f"{plan.cluster}-{self.run.procedure.name}.html")
        check_is_new(path, remedy=PRESS_AGAIN)
        work = self.run if self.run.entries else self.run.procedure
        write_runbook(work, path, self.times.seconds)
        self._tell(f"The runbook is in {path}.")

    def _is_up(self, node: str) -> bool:
        cluster = self.run.cluster
        return cluster is not None and node in cluster.node_states and cluster.is_live(node)

    def _tell(self, text: str) -> None:
        super()._tell(text)
        words = swimlanes_alt(self._timeline()).partition(". ")[2].rpartition("now: ")[2]
        self._said += f" {words.partition('. ')[2]}"

    def _make_choosers(self, mode: str) -> None:
        super()._make_choosers(mode)
        work = self.choosers["work"]
        work.options, work.layout.width = (*work.options, *SEARCHED), "380px"
        self._add_choosers("upgrade", self._compare, compare=(ALONE, *SEARCHED, *self.works))
        self._table, self._why, self._work_text = (w.HTML() for _ in range(3))
        self._work_bar = w.IntProgress(min=0, max=1, layout=w.Layout(width="160px"))
        self._work_bar.tooltip = "How far the other order is"
        self._beside = w.VBox([])

    def _make_buttons(self) -> None:
        super()._make_buttons()
        self._add_buttons("upgrade", {"runbook": self.write_runbook, "stop": self._stop})

    def _make_texts(self) -> None:
        super()._make_texts()
        self.times = self._pages["Times"] = Times(self._guard(self._take_times))
        self._tabs.children = tuple(self._pages.values())

    def _pictures(self) -> list[w.Widget]:
        self._node_names = tuple(node.name for node in self.run.procedure.plan.nodes)
        for name in self._node_names:
            switch = self._guard(partial(self.switch, name))
            self.buttons[f"fail {name}"] = button("", "", switch)
        nodes = [self.buttons[f"fail {name}"] for name in self._node_names]
        self._node_row = row(*nodes)
        acts = row(self._node_row, self.buttons["runbook"], self.choosers["compare"])
        self._progress_row = row(self.buttons["stop"], self._work_bar, self._work_text)
        return [self._site, acts, self._progress_row, self._beside, self._steps]

    def _seen(self) -> dict[str, w.Widget]:
        return {"steps": self._steps, "lanes": self._site, "nodes": self._node_row}

    def open_file(self, path: Path) -> None:
        """Offer the paths that the cluster of a client's file can go, and begin the first one."""
        if plan := _plan_of(path):
            self.works, pick = works_for(plan), self.choosers
            set_options(pick["work"], (*self.works, *SEARCHED), next(iter(self.works)))
            set_options(pick["compare"], (ALONE, *SEARCHED, *self.works), ALONE)
            self._compare()
        self.show_run(run_of(None if plan else path, self.works))

    def _compare(self) -> None:
        self._slices.stop()
        self._other, self._so_far = None, ""
        put(self._beside, children=())
        name = self.choosers["compare"].value
        if name != ALONE:
            self._slices.start(self._comparing(name))

    def _comparing(self, name: str) -> Iterator[object]:
        if name in SEARCHED:
            yield from self._searching(name)
        procedure = self.found[name][1] if name in SEARCHED else self.works[name]()
        key = (name, procedure.plan, procedure.order)
        if key not in self._whole:
            yield from self._walking(key, Run(procedure))
        with self.errors.turn:
            self._other_timeline = self._whole[key]
            self._show_other(name)

    def _walking(self, key: Hashable, run: Run) -> Iterator[object]:
        """Do a run to its end, and try which failures it would survive on the way."""
        left = run.left()
        for number, task in enumerate(left, start=1):
            run = run.do(task.key)
            yield self._report(number, len(left), "steps done")
        whole = Timeline(run, self._lookout)
        for done, total in whole.tried():
            yield self._report(done, total, "moments tried with each node failing")
        self._whole[key] = whole

    def _show_other(self, name: str) -> None:
        self._other = self._picture_of(self._draw_other, FIRST_WIDTH_PX)
        title = w.HTML(f"<h3>{escape_text(name)}, done to its end</h3>")
        put(self._beside, children=(title, self._other, self._table, self._why))

    def _draw_other(self, page: Page) -> Any:
        return swimlanes_figure(self._other_timeline, page=page)

    def _choose_work(self) -> None:
        name = self.choosers["work"].value
        if name in SEARCHED:
            self._slices.start(self._beginning(name))
        else:
            super()._choose_work()

    def _beginning(self, name: str) -> Iterator[object]:
        yield from self._searching(name)
        with self.errors.turn:
            self.show_run(Run(self.found[name][1]))

    def _searching(self, name: str) -> Iterator[object]:
        plan = self.run.procedure.plan
        for step in search(plan, self.times.seconds, is_home=SEARCHED[name]):
            if isinstance(step, UpgradeOrder):
                self.found[name] = step, order_procedure(plan, step)
            elif step[0]:
                yield self._report(*step, "positions settled")
            else:
                yield self._report(*step, "positions settled, and more are found")

    def show_run(self, run: Run) -> None:
        """Show another run; for other nodes or EVSs the best order is searched anew."""
        super().show_run(run)
        name, plan = self.choosers["compare"].value, run.procedure.plan
        if name in SEARCHED and self.other is not None:
            known = self.found[name][1].plan
            if (known.nodes, known.evs) != (plan.nodes, plan.evs):
                self._compare()

    def _stop(self) -> None:
        self._slices.stop()
        said = self._so_far
        put(self.choosers["compare"], value=ALONE)
        self._so_far = f"Stopped: {said}"

    def _report(self, done: int, total: int, what: str) -> str:
        self._work_done, self._so_far = (done, total), f"{done} of {total} {what}"
        return self._so_far

    def _show_progress(self) -> None:
        """Show how far search and walk are, as long as they go on or when they were stopped."""
        is_on, (done, total) = self._slices.is_on, self._work_done
        show_if(self._progress_row, is_on or self._so_far.startswith("Stopped"))
        put(self.buttons["stop"], disabled=not is_on)
        put(self._work_bar, max=total, value=done)
        put(self._work_text, value=escape_text(self._so_far))

    def _take_times(self) -> None:
        """Take the client's own times; the best order by other times is another search."""
        try:
            self.times.read()
        finally:
            self._show_times()
        if self.choosers["compare"].value in SEARCHED:
            self._compare()

    def _forecast(self, work: Procedure | Run) -> Forecast:
        """Return what a path, or what is left of a run, costs; the last few are kept."""
        for known, found in self._forecasts:
            if known is work:
                return found
        made = forecast(work, leave_out=WAY_HOME)
        self._forecasts = [(work, made), *self._forecasts[:5]]
        return made

    def _show_times(self) -> None:
        """Show what comes of the times: planned beside played, and the table of two orders."""
        if self.titles[self._tabs.selected_index or 0] == "Times":
            whole, left = self._forecast(self.run.procedure), self._forecast(self.run)
            used = {name for part in whole.steps for name in part.takes}
            html = planned_html(whole, left, self._timeline(), self.times.seconds)
            self.times.show(used, html if used else NO_TIMES)
        if self.other is not None:
            name, other = self.choosers["compare"].value, self._other_timeline.run.procedure
            orders = {"this order": self.run.procedure, SHORT.get(name, name): other}
            costs = {words: self._forecast(work) for words, work in orders.items()}
            put(self._table, value=comparison_html(costs, self.times.seconds))
            put(self._why, value=reasons_html(self.found[name][0]) if name in SEARCHED else "")

    def _timeline(self) -> Timeline:
        if getattr(self, "lanes", None) is None or self.lanes.run is not self.run:
            self.lanes = Timeline(self.run, self._lookout)
        return self.lanes

    def _draw_site(self, page: Page) -> Any:
        return swimlanes_figure(self._timeline(), page=page)

    def _show(self) -> None:
        super()._show()
        if self._other is not None:
            self._other.show()

    def _label(self) -> None:
        super()._label()
        self._show_progress()
        for name in self._node_names:
            control = self.buttons[f"fail {name}"]
            is_up = self.run.cluster is None or self._is_up(name)
            put(control, description=f"{'Pull the plug of' if is_up else 'Power on'} {name}",
                disabled=self.run.cluster is None)  # fmt: skip

    def _fill_tab(self) -> None:
        self._show_times()
        if self.titles[self._tabs.selected_index or 0] != "Times":
            super()._fill_tab()

    def _tab_html(self, title: str) -> str:
        if title == "Lanes":
            lines = swimlanes_text(self._timeline()).splitlines()
            return "<pre>{}</pre>".format("\n".join(map(escape_text, lines)))
        return super()._tab_html(title)


def _plan_of(start: Any) -> Plan | None:
    """Return the plan whose paths are offered: one that is given, or that of a client's file."""
    if not isinstance(start, str | Path):
        return start if isinstance(start, Plan) else None
    path = Path(start)
    is_own = not path.is_dir() and kind_of(read_source(path)[0]) is FileKind.PROCEDURE
    return None if is_own else plan_there(read_client(path, ANY))
