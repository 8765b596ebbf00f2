"""The upgrade panel: do the steps of an upgrade, and see what each of them puts at risk.

It is the procedure panel with swim lanes in place of the picture of the nodes, buttons to fail and
start a node in the middle, another order beside this one, and a runbook to take away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import ipywidgets as w

from clusterlab.cluster.events import NodeFailed, StartNode
from clusterlab.lab.drawing import escape_text, in_words
from clusterlab.lab.livefigure import LiveFigure
from clusterlab.lab.panels.parts import button, chooser, put, row
from clusterlab.lab.panels.procedure import FIRST_WIDTH_PX, ProcedureLab
from clusterlab.lab.panels.views import table_html
from clusterlab.lab.panels.works import GUIDED, Works
from clusterlab.lab.procedures import steps_text
from clusterlab.lab.still import still
from clusterlab.lab.swimlanes import swimlanes_alt, swimlanes_figure, swimlanes_text
from clusterlab.procedures.catalogue import PROCEDURES
from clusterlab.procedures.downtime import forecast
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.procedure import Procedure
from clusterlab.procedures.run import Run
from clusterlab.procedures.runbook_page import write_runbook
from clusterlab.procedures.timeline import Lookout, Timeline

_TWO, _FOUR = Plan.standard(nodes=2, evs=1), Plan.standard(nodes=4, evs=3)
_PATHS = {
    "2 nodes, 1 EVS to Exchange 2003 (U2)": ("U2", _TWO),
    "4 nodes, 3 EVSs, documented order (U4)": ("U4", _FOUR),
    "4 nodes, 3 EVSs, idle node first (U4S)": ("U4S", _FOUR),
    "2 nodes, 2 EVSs, active/active (AA2)": ("AA2", Plan.standard(nodes=2, evs=2)),
    "2 nodes, 1 EVS, Exchange and Windows (U2, W)": ("U2W", _TWO),
    "2 nodes, 1 EVS, clean installation (CI)": ("CI", _TWO),
    "2 nodes, 1 EVS, service pack (SP)": ("SP", _TWO),
    "2 nodes, 1 EVS, Windows only (W)": ("W", _TWO),
    "Exchange 5.5 to a new cluster (M55)": ("M55", _TWO),
    "Stand-alone server to a new cluster (SW)": ("SW", _TWO),
}
UPGRADES: Works = {
    name: partial(PROCEDURES[f"upgrade-{path}"], plan) for name, (path, plan) in _PATHS.items()
}
"""Paths to choose from."""
ALONE = "nothing"
WAY_HOME = ("U4S-7",)


class UpgradeLab(ProcedureLab):
    """An upgrade to do: lanes of nodes and EVSs, the steps, and what would survive which failure.

    Args:
        start: A run to go on with, or a procedure; None upgrades 2 nodes.
        mode: "guided", "free" or "exam".

    Attributes:
        lanes: The lanes of the run as it is.
        other: The picture of the order that it is compared with, or None.

    There are also the buttons "fail NODE1" and so on, and "runbook", and the chooser "compare".

    Example:
        >>> lab = UpgradeLab()
        >>> lab.buttons["fail NODE2"].click()
        >>> [lamp.words for lamp in lab.lanes.lamps]
        ['✖ EVS1 lost', '○ not running']
    """

    works = UPGRADES
    titles = ("Lanes", "Steps", "Journal", "cluster.exe", "Log")

    def __init__(self, start: Run | Procedure | Plan | None = None, *, mode: str = GUIDED) -> None:
        self._lookout = Lookout()
        self._whole: dict[str, Timeline] = {}
        self.lanes: Timeline
        self.other: LiveFigure | None = None
        self._node_names: tuple[str, ...] = ()
        self._compared: Mapping[str, Procedure] = {}
        super().__init__(start, mode=mode)

    def __repr__(self) -> str:
        """Return the text twin: the lanes, then the steps with their states."""
        head = f"{self.run!r}, {self.mode}"
        steps = steps_text(self.run, is_exam=self.is_exam)
        return f"{head}\n\n{swimlanes_text(self._timeline())}\n\n{steps}"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """Return the live view, and for readers without a kernel the twin and a still picture."""
        data = super()._repr_mimebundle_(**kwargs)
        drawing = self._site("light", FIRST_WIDTH_PX)
        return data | {"image/svg+xml": still(drawing, drawing.layout.meta).svg}

    # --- what happens -------------------------------------------------------------------------

    def switch(self, node: str) -> None:
        """Let a node lose power, or start it if it is not running."""
        is_up = self._is_up(node)
        self.run = self.run.send(NodeFailed(node) if is_up else StartNode(node))
        self._tell(f"{node} {'lost power' if is_up else 'was started'}.")

    def write_runbook(self) -> None:
        """Write a runbook of what is left as a page to print, beside this notebook."""
        plan = self.run.procedure.plan
        path = Path(f"{plan.cluster}-{self.run.procedure.name}.html")
        write_runbook(self.run if self.run.entries else self.run.procedure, path)
        self._tell(f"The runbook is in {path}.")

    def _is_up(self, node: str) -> bool:
        cluster = self.run.cluster
        return cluster is not None and node in cluster.node_states and cluster.is_live(node)

    def _tell(self, text: str) -> None:
        super()._tell(text)
        words = swimlanes_alt(self._timeline()).partition(". ")[2].rpartition("now: ")[2]
        self._said += f" {words.partition('. ')[2]}"

    # --- building -----------------------------------------------------------------------------

    def _make_choosers(self, mode: str) -> None:
        super()._make_choosers(mode)
        self.choosers["compare"] = chooser(
            "Compare with", (ALONE, *self.works), self._guard(self._compare),
            "Another order, done to its end, below this one", "330px",
        )  # fmt: skip
        self._table = w.HTML()
        self._beside = w.VBox([])

    def _make_buttons(self) -> None:
        super()._make_buttons()
        self.buttons["runbook"] = button(
            "Runbook", "Write what is left as a page to print", self._guard(self.write_runbook)
        )

    def _pictures(self) -> list[w.Widget]:
        """Return the lanes, what may be done to them, the other order, and the steps."""
        self._node_names = tuple(node.name for node in self.run.procedure.plan.nodes)
        for name in self._node_names:
            switch = self._guard(self._switcher(name))
            self.buttons[f"fail {name}"] = button(f"Fail {name}", "", switch)
        nodes = [self.buttons[f"fail {name}"] for name in self._node_names]
        acts = row(*nodes, self.buttons["runbook"], self.choosers["compare"])
        return [self._site_stage, acts, self._beside, self._graph_stage]

    def _switcher(self, node: str) -> Callable[[], None]:
        return lambda: self.switch(node)

    # --- another order ------------------------------------------------------------------------

    def _compare(self) -> None:
        """Show the order that was chosen, done to its end, and a table of both."""
        name = self.choosers["compare"].value
        self.other = None
        if name == ALONE:
            put(self._beside, children=())
            return
        self.other = self._live_figure(self._other_lanes("light", FIRST_WIDTH_PX))
        stage = w.VBox([self.other])
        stage.add_class("clusterlab-stage")
        title = w.HTML(f"<h3>{escape_text(name)}, done to its end</h3>")
        put(self._beside, children=(title, stage, self._table))

    def _other_lanes(self, theme: str, width_px: int) -> Any:
        whole = self._to_its_end(self.choosers["compare"].value)
        return swimlanes_figure(whole, theme=theme, width_px=width_px)

    def _to_its_end(self, name: str) -> Timeline:
        if name not in self._whole:
            self._whole[name] = Timeline(Run(self.works[name]()).do_rest(), self._lookout)
        return self._whole[name]

    # --- showing ------------------------------------------------------------------------------

    def _timeline(self) -> Timeline:
        """Return the lanes of the run as it is now."""
        if getattr(self, "lanes", None) is None or self.lanes.run is not self.run:
            self.lanes = Timeline(self.run, self._lookout)
        return self.lanes

    def _site(self, theme: str, width_px: int) -> Any:
        return swimlanes_figure(self._timeline(), theme=theme, width_px=width_px)

    def _draw_site(self) -> None:
        super()._draw_site()
        if self.other is None:
            return
        other = self.other
        other.update_from(self._other_lanes(other.theme, other.width_px or FIRST_WIDTH_PX))
        name = self.choosers["compare"].value
        orders = {"this order": self.run.procedure, name: self._to_its_end(name).run.procedure}
        if orders != self._compared:
            self._compared = orders
            put(self._table, value=comparison_html(orders))

    def _label(self, so_far: Any) -> None:
        super()._label(so_far)
        for name in self._node_names:
            control = self.buttons[f"fail {name}"]
            is_up = self._is_up(name)
            put(control, description=f"{'Fail' if is_up else 'Start'} {name}",
                tooltip=f"{name} loses power" if is_up else f"Switch {name} on",
                disabled=self.run.cluster is None)  # fmt: skip

    def _tab_html(self, title: str) -> str:
        if title == "Lanes":
            return f"<pre>{escape_text_lines(swimlanes_text(self._timeline()))}</pre>"
        return super()._tab_html(title)


def escape_text_lines(text: str) -> str:
    """Return several lines so that a page shows them as written."""
    return "\n".join(escape_text(line) for line in text.splitlines())


def comparison_html(orders: Mapping[str, Procedure]) -> str:
    """Return a table of whole orders by the assumptions of handbook 4, 4.5.3.

    For each EVS the seconds out and the minutes without a standby, and the hours of everything. The
    way home that ends U4S is left out; homes may as well stay rotated (handbook 4, 4.3.3).
    """
    costs = {name: forecast(procedure, leave_out=WAY_HOME) for name, procedure in orders.items()}
    rows = []
    for evs in dict.fromkeys(name for cost in costs.values() for name in cost.evs):
        cells = [escape_text(evs)]
        for cost in costs.values():
            known = evs in cost.evs
            cells.append(f"{cost.downtime_s[evs]:,.0f} s" if known else "-")
            cells.append(f"{cost.exposure_s[evs] / 60:.0f} min" if known else "-")
        rows.append(_row(cells))
    whole = ["elapsed"]
    for cost in costs.values():
        whole += [in_words(cost.elapsed_s), ""]
    heads = ["EVS"]
    for name in costs:
        heads += [f"{escape_text(name)}: out", "unprotected"]
    label = "Forecast by assumptions, without the way home of U4S (handbook 4, 4.5.3)"
    return f"<p><b>{label}</b></p>{table_html(label, heads, [*rows, _row(whole)])}"


def _row(cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
