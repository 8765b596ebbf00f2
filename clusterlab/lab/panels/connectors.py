"""The connector panel: fail a stand-alone server or a node, and watch where mail waits.

The cluster is a simulation as in the failover panel; what flows around it is reckoned anew for
each moment shown. It knows no rule of the domain and draws nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import ceil
from typing import Any

import ipywidgets as w

from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.events import Event
from clusterlab.cluster.model import Cluster
from clusterlab.exchange.evs import exchange_cluster
from clusterlab.exchange.mailflow import MailFlow, flow_text, outages_from
from clusterlab.exchange.topologies import ASSUMPTIONS, TOPOLOGIES, figures_used, topology
from clusterlab.lab.diagrams import traces_of
from clusterlab.lab.drawing import escape_text
from clusterlab.lab.folds import folds
from clusterlab.lab.livefigure import LiveFigure
from clusterlab.lab.mailflow import PLACES, mailflow_figure
from clusterlab.lab.panels.branches import Branches
from clusterlab.lab.panels.controls import NodeControls
from clusterlab.lab.panels.parts import (
    ErrorArea,
    Guarded,
    Keys,
    button,
    chooser,
    put,
    row,
    set_options,
    simulation_of,
    style_sheet,
    when_hit,
)
from clusterlab.lab.panels.player import Player
from clusterlab.lab.panels.prompt import run_line
from clusterlab.lab.panels.servers import ServerChange, ServerControls, ServerTimes
from clusterlab.lab.panels.tabs import Tabs
from clusterlab.lab.panels.timeline import SPEEDS, MomentSlider, horizon_s
from clusterlab.lab.panels.views import command_cells, next_html
from clusterlab.lab.panels.waiting import places_html, rules_html
from clusterlab.lab.still import still
from clusterlab.simulation import Simulation

FIRST_WIDTH_PX = 900
LOOK_AHEAD_S = 24 * 3600.0
"""How far the panel looks for the next change of a queue."""


class ConnectorLab(Guarded, w.VBox):
    """Mail flow around a cluster: topology, queues over time, servers and nodes to fail.

    Args:
        start: A simulation or a cluster; None takes three active nodes and a passive one.
        key: The topology shown first, from `TOPOLOGIES`.
        figures: In place of assumptions, by key.

    Attributes:
        branches: Every course of events of the cluster, and the moment shown.
        flow: What flows until the moment shown.
        figure: The live figure.
        buttons: By what they do: "fail Connector server", "fail NODE3", "play" and so on.
        choosers: "topology", "branch", "speed".
        numbers: The fields of the assumptions, by key.
        errors: What went wrong, as shown.

    Raises:
        ConfigError: If there is no such topology or figure.

    Example:
        >>> lab = ConnectorLab()
        >>> lab.buttons["fail Connector server"].click()
        >>> lab.go_to(600)
        >>> round(lab.flow.waiting("Domino bridgehead", 600))
        300
    """

    def __init__(
        self,
        start: Simulation | Cluster | None = None,
        *,
        key: str = "notes",
        figures: Mapping[str, float] | None = None,
    ) -> None:
        simulation = simulation_of(exchange_cluster() if start is None else start)
        self.topology = topology(key, simulation.cluster, figures)
        self._is_rendering = True  # nothing that is set while building is a user's choice
        self._keys = Keys()
        self._player = Player(self._advance, self._has_more, self._keys.painted, self._play_failed)
        self.errors = ErrorArea()
        self.branches = Branches(simulation)
        self._servers = ServerTimes()
        self._said = ""
        self._make_texts()
        self._make_controls()
        super().__init__()
        self.add_class("clusterlab-panel")
        self._is_rendering = False
        self._build()
        self.render()

    @property
    def simulation(self) -> Simulation:
        """The branch that is shown."""
        return self.branches.shown

    @property
    def moment_s(self) -> float:
        """The moment shown, simulated seconds."""
        return self.branches.moment_s

    def __repr__(self) -> str:
        """Return the text twin: every place, whether it works, what waits there."""
        return flow_text(self.flow, self.moment_s)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """Return the live view, and for readers without a kernel the twin and a still picture."""
        data: dict[str, Any] = super()._repr_mimebundle_(**kwargs)
        picture = still(self._drawing("light", FIRST_WIDTH_PX), self.topology.title)
        return data | {"text/plain": repr(self), "image/svg+xml": picture.svg}

    # --- what happens -------------------------------------------------------------------------

    def send(self, event: Event) -> None:
        """Let *event* happen to the cluster now; what goes wrong is shown in `errors`."""
        with self.errors:
            try:
                self._acting(lambda: self.branches.send(event))
            except OperationRefused as refusal:
                line, path = command_cells(event, self.branches.cluster.config)
                self.errors.show(refusal, f"<div>{line} ({path})</div>")
            self.render()

    def switch(self, server: str) -> None:
        """Fail a stand-alone server that works, or start one that is out."""
        with self.errors:
            self._acting(lambda: self._switch(self.topology.place(server).name))
            self.render()

    def _switch(self, server: str) -> None:
        if server not in self.topology.servers:
            raise ConfigError(
                f"{server!r} is no stand-alone server; allowed: {', '.join(self.topology.servers)}"
            )
        if self.branches.is_past:
            self._fork()
        branch, at_s = self.simulation.name, self.moment_s
        is_up = self._servers.is_up(branch, server, at_s)
        self._servers.change(branch, ServerChange(at_s, server, not is_up))

    def _acting(self, act: Callable[[], None]) -> None:
        """Act at the moment shown; what was done later to servers stays on its own branch."""
        if self._later_change() is not None:
            self._fork()
        before = self.simulation.name
        act()
        self._servers.share(before, self.simulation.name, self.moment_s)
        self._player.wake()

    def _fork(self) -> None:
        before = self.simulation.name
        self.branches.fork()
        self._servers.share(before, self.simulation.name, self.moment_s)

    def _later_change(self) -> float | None:
        changes = self._servers.of(self.simulation.name)
        return next((item.at_s for item in changes if item.at_s > self.moment_s), None)

    def run_line(self, line: str) -> str:
        """Do what a line of cluster.exe says at the moment shown, and return what it prints."""
        return run_line(self, line)

    def _act_on_node(self, choose: Callable[[Cluster, str], Event], node: str) -> None:
        self.send(choose(self.branches.cluster, node))

    def _choose_topology(self) -> None:
        self._replace(self.choosers["topology"].value, self.topology.figures)

    def _choose_figures(self) -> None:
        figures = {key: field.value for key, field in self.numbers.items()}
        self._replace(self.topology.key, {**self.topology.figures, **figures})

    def _replace(self, key: str, figures: Mapping[str, float]) -> None:
        """Show the same course of events around another topology."""
        self.topology = topology(key, self.branches.cluster, figures)
        self._build()

    # --- time ---------------------------------------------------------------------------------

    def go_to(self, moment_s: float) -> None:
        """Show another moment; time that has not passed yet passes."""
        with self.errors:
            self.branches.go_to(float(moment_s))
            self.render()

    def _forward(self) -> None:
        """Go on to the next moment at which anything changes, in the cluster or in a queue."""
        due = self._next()
        if due is not None:
            self.branches.go_to(_in_tenths(due[0]))

    def _next(self) -> tuple[float, str] | None:
        """Return when something changes next, and what."""
        found = [] if (due := self.branches.next()) is None else [due]
        if (later_s := self._later_change()) is not None:
            found.append((later_s, "a stand-alone server (done then on this branch)"))
        if (turn_s := self._ahead().next_s(self.moment_s)) is not None:
            found.append((turn_s, "a queue is tried again, or is empty"))
        return min(found, default=None)

    def _back(self) -> None:
        times = [item.at_s for item in self._servers.of(self.simulation.name)]
        times += [outcome.cluster.now_s for outcome in self.branches.outcomes]
        times += [_in_tenths(moment.at_s) for moment in self.flow.moments]
        earlier = [at_s for at_s in times if at_s < self.moment_s]
        self.branches.go_to(max(earlier, default=self.branches.start_s))

    def _to_end(self) -> None:
        """Go on until the cluster is at rest and no queue changes its course any more."""
        changes = self._servers.of(self.simulation.name)
        self.branches.to_end()
        self.branches.go_to(max([self.moment_s, *(item.at_s for item in changes)]))
        ahead = self._ahead()
        turns = [moment.at_s for moment in ahead.moments if moment.at_s < ahead.until_s]
        self.branches.go_to(_in_tenths(max([self.moment_s, *turns])))

    def _drag(self) -> None:
        self.branches.go_to(self._slider.value)
        self._player.wake()

    def _toggle_play(self) -> None:
        if self._player.is_on:
            self._player.stop()
        else:
            self._player.start()

    def _has_more(self) -> bool:
        """Return whether anything would be seen to change if time passed."""
        flow, moment_s = self.flow, self.moment_s
        is_out = any(flow.is_out(place.name, moment_s) for place in self.topology.places)
        is_coming = self.branches.is_past or self._later_change() is not None
        return is_out or is_coming or not flow.is_quiet or self.branches.next() is not None

    def _advance(self, seconds: float) -> None:
        with self.errors.turn:
            speed = SPEEDS[self.choosers["speed"].value]
            self.branches.go_to(self.moment_s + seconds * speed)
            self.render()

    def _play_failed(self, error: Exception) -> None:
        self.errors.show(error)
        put(self.buttons["play"], description="▶ Play")

    def _choose_branch(self) -> None:
        self.branches.choose(self.choosers["branch"].value)
        self._player.wake()

    # --- what flows ---------------------------------------------------------------------------

    def _reckoned(self, until_s: float) -> MailFlow:
        branches = self.branches
        known = outages_from(self.topology, branches.spans(), branches.outcomes)
        servers = self._servers.out(branches.shown.name, self.topology.servers, self.moment_s)
        outages = {**known, **servers}
        return MailFlow(self.topology, outages, start_s=branches.start_s, until_s=until_s)

    def _ahead(self) -> MailFlow:
        """Return what would flow if nothing else happened."""
        return self._reckoned(self.moment_s + LOOK_AHEAD_S)

    # --- building -----------------------------------------------------------------------------

    def _make_texts(self) -> None:
        self._clock, self._live_text, self._next_text, self._table = (w.HTML() for _ in range(4))
        self._clock.add_class("clusterlab-clock")
        self._live_text.add_class("clusterlab-live")
        self._tabs = Tabs(self.run_line)
        self._tabs.observe(self._refresh, names="selected_index")
        self._slider = MomentSlider(self._guard(self._drag))

    def _make_controls(self) -> None:
        guard, cluster = self._guard, self.branches.cluster
        titles = [(topology(key, cluster).title, key) for key in TOPOLOGIES]
        self.choosers = {
            "topology": chooser(
                "Topology", titles, guard(self._choose_topology),
                "What stands around the cluster; the course of events stays", "430px",
            ),
            "branch": chooser("Branch", [], guard(self._choose_branch),
                              "Which course of events is shown", "190px"),
            "speed": chooser("Speed", SPEEDS, self._refresh, "Simulated seconds per second",
                             "106px"),
        }  # fmt: skip
        self.choosers["topology"].value = self.topology.key
        self.choosers["speed"].value = "×10"
        texts = {
            "to start": ("|◀ Start", "Go back to the start", self.branches.to_start),
            "back": ("◀ Back", "Go back to the last change (left arrow)", self._back),
            "play": ("▶ Play", "Let time pass, or stop it (Space)", self._toggle_play),
            "forward": ("Next ▶", "Go on to the next change (right arrow)", self._forward),
            "to end": ("End ▶|", "Go on until nothing changes its course", self._to_end),
        }
        self.buttons = {
            key: button(text, tooltip, guard(act), f"clusterlab-{key.replace(' ', '-')}")
            for key, (text, tooltip, act) in texts.items()
        }

    def _build(self) -> None:
        """Make what depends on the topology and on the nodes: figure, controls, fields."""
        self._groups = tuple(self.branches.cluster.config.groups_by_name)
        self.flow = self._reckoned(self.moment_s)
        drawing = self._drawing("light", FIRST_WIDTH_PX)
        self.figure = LiveFigure(drawing, alt=drawing.layout.meta)
        for server, trace in traces_of(self.figure, PLACES).items():
            if server in self.topology.servers:
                trace.on_click(when_hit(partial(self.switch, server)))
        self.figure.observe(self._refresh, names=["theme", "width_px"])
        self._server_box = ServerControls(self.topology.servers, self.switch)
        self._nodes = NodeControls(self.branches.cluster, self._act_on_node)
        self.buttons |= self._server_box.buttons | self._nodes.buttons
        self._make_numbers()
        self._lay_out()

    def _make_numbers(self) -> None:
        """Make a field for each figure that matters here."""
        self.numbers = {}
        for key in figures_used(self.topology.key, self.branches.cluster):
            row_of = ASSUMPTIONS[key]
            field = w.BoundedFloatText(
                value=self.topology.figures[key],
                min=1.0 if key.endswith("_s") else 0.0,
                max=100_000.0,
                description=f"{row_of.meaning} ({row_of.unit})",
                style={"description_width": "340px"},
                layout=w.Layout(width="440px"),
            )
            field.observe(lambda _: self._guard(self._choose_figures)(), names="value")
            self.numbers[key] = field

    def _lay_out(self) -> None:
        box, pick = self.buttons, self.choosers
        stage = w.VBox([self.figure])
        stage.add_class("clusterlab-stage")
        middle = w.VBox([stage, self._live_text, self._server_box, self._nodes])
        middle.add_class("clusterlab-main")
        rules = w.HTML(rules_html(self.topology))
        side = w.VBox([self._next_text, self._table, rules])
        side.add_class("clusterlab-side")
        note = w.HTML("Nobody measured these figures; put in your own.")
        figures = folds(["Assumptions"], [w.VBox([note, *self.numbers.values()])])
        times = [box[key] for key in ("to start", "back", "play", "forward", "to end")]
        self.children = [
            style_sheet(),
            row(pick["topology"], pick["branch"]),
            row(*times, pick["speed"], self._slider, self._clock),
            self.errors,
            row(middle, side, name="body"),
            figures,
            self._tabs,
            self._keys,
        ]

    # --- showing ------------------------------------------------------------------------------

    def _drawing(self, theme: str, width_px: int) -> Any:
        branches = self.branches
        end_s = horizon_s(max(self.moment_s, branches.shown.now_s))
        return mailflow_figure(
            self.flow, branches.cluster, theme=theme, width_px=width_px, until_s=end_s
        )

    def render(self) -> None:
        """Show the moment of the branch; everything changes in place."""
        with self.errors.turn:
            if not self._is_rendering:
                self._is_rendering = True
                try:
                    self._render()
                finally:
                    self._is_rendering = False

    def _render(self) -> None:
        branches = self.branches
        branches.notice()
        if tuple(branches.cluster.config.groups_by_name) != self._groups:
            self._replace(self.topology.key, self.topology.figures)
        self.flow = self._reckoned(self.moment_s)
        drawing = self._drawing(self.figure.theme, self.figure.width_px or FIRST_WIDTH_PX)
        self.figure.update_from(drawing)
        put(self.figure, alt=drawing.layout.meta)
        self._label_time()
        name = branches.shown.name
        states = {s: self._servers.is_up(name, s, self.moment_s) for s in self.topology.servers}
        self._server_box.label(states)
        self._nodes.label(branches.cluster)
        self._tell()
        self._tabs.fill(branches, branches.cluster.config.served_groups[0])

    def _label_time(self) -> None:
        branches = self.branches
        self._slider.show(self.moment_s, branches.shown.now_s)
        put(self._clock, value=f"t = {self.moment_s:.1f} s")
        put(self.buttons["play"], description="❚❚ Pause" if self._player.is_on else "▶ Play")
        set_options(self.choosers["branch"], list(branches.by_name), branches.shown.name)

    def _tell(self) -> None:
        """Say what changes next, what waits where, and what has just changed its state."""
        due, hint = self._next(), "Fail a server: click it in the picture, or use its button."
        if self._has_more():
            hint = "Play, Next or the right arrow let time pass."
        if due is None and self._has_more():
            hint = "Queues grow while a server is out: start it, or drag on and see."
        put(self._next_text, value=next_html(due, hint))
        put(self._table, value=places_html(self.flow, self.moment_s))
        out = [p.name for p in self.topology.places if self.flow.is_out(p.name, self.moment_s)]
        words = f"Out: {', '.join(out)}" if out else "Nothing is out"
        if words != self._said:
            text = escape_text(f"{words} (t = {self.moment_s:.1f} s).")
            put(self._live_text, value=f"<b>Latest</b> {text}")
            self._said = words


def _in_tenths(at_s: float) -> float:
    """Return the first tenth of a second that is not before a moment."""
    return ceil(round(at_s * 10, 6)) / 10
