"""The connector panel: fail a stand-alone server or a node, and watch where mail waits.

The cluster is a simulation as in the failover panel; what flows around it is reckoned anew for
each moment shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from math import ceil
from pathlib import Path
from typing import Any

import ipywidgets as w

from clusterlab.cluster.errors import ConfigError, impossible
from clusterlab.cluster.events import Event
from clusterlab.cluster.model import Cluster
from clusterlab.exchange import mailflow as mail
from clusterlab.exchange.mailflow import MailFlow
from clusterlab.exchange.topologies import ASSUMPTIONS, TOPOLOGIES, Topology, figures_used, topology
from clusterlab.lab.figures.drawing import Page, escape_text
from clusterlab.lab.figures.mail import PLACES, mailflow_figure
from clusterlab.lab.folds import folds
from clusterlab.lab.panels.controls import TEXTS, ServerChange, beside, box_of, servers_out
from clusterlab.lab.panels.deeds import Deed
from clusterlab.lab.panels.parts import button, labelled, put, row, simulation_of
from clusterlab.lab.panels.timepanel import TimePanel, horizon_s
from clusterlab.lab.panels.views import next_html, table_html
from clusterlab.simulation import Simulation

_MARKS = {
    "works": '<span class="clusterlab-state clusterlab-online">● works</span>',
    "down": '<span class="clusterlab-state clusterlab-failed">✖ down</span>',
    "outside": '<span class="clusterlab-state clusterlab-offline">◇ outside</span>',
}


def _places_html(flow: MailFlow, at_s: float) -> str:
    rows = []
    for place in flow.topology.places:
        waits, most = mail.waiting_words(flow, place.name, at_s)
        word = _MARKS[mail.state_word(flow, place.name, at_s)]
        cells = (escape_text(place.name), word, *(text.split(" ")[0] for text in (waits, most)))
        rows.append(cells)
    table = table_html("What waits where", ("Place", "State", "Waiting", "Most"), rows)
    total = "".join(f"<p>{line}</p>" for line in mail.total_words(flow, at_s).splitlines())
    return f"<h3>What waits where</h3>{table}{total}"


def _rules_html(made: Topology) -> str:
    rules = "".join(
        f'<p>{escape_text(text)} <span class="clusterlab-source">({escape_text(source)})</span></p>'
        for text, source in made.rules
    )
    return f"<h3>Rules</h3>{rules}"


FIRST_WIDTH_PX = 900
LOOK_AHEAD_S = 24 * 3600.0  # how far the panel looks for the next change of a queue


class ConnectorLab(TimePanel):
    """Mail flow around a cluster: topology, queues over time, servers and nodes to fail.

    Args:
        start: A simulation or a cluster; None takes three active nodes and a passive one.
        key: The topology shown first, from `TOPOLOGIES`.
        figures: In place of assumptions, by key.

    Attributes:
        branches: Every sequence of events of the cluster, and the moment shown.
        flow: What flows until the moment shown.
        buttons: By what they do: "fail Connector server", "fail NODE3", "play" and so on.
        choosers: "topology", "branch", "speed".
        numbers: The fields of the assumptions, by key.

    Raises:
        ConfigError: If there is no such topology or figure.

    Example:
        >>> lab = ConnectorLab()
        >>> lab.buttons["fail Connector server"].click()
        >>> lab.go_to(600)
        >>> round(lab.flow.waiting("Domino bridgehead", 600))
        300
    """

    kept = ("_changes", "topology")

    def __init__(
        self,
        start: Simulation | Cluster | Path | str | None = None,
        *,
        key: str = "notes",
        figures: Mapping[str, float] | None = None,
    ) -> None:
        simulation = simulation_of(start)
        self.topology = topology(key, simulation.cluster, figures)
        super().__init__(simulation)
        self._changes: Mapping[str, tuple[ServerChange, ...]] = {}  # of servers, by timeline
        self._said = ""
        self._make_topologies()
        self._is_rendering = False
        self._build()
        self.render()

    @property
    def moment_s(self) -> float:
        """The moment shown, simulated seconds."""
        return self.branches.moment_s

    def twin(self) -> str:
        """Return every place in words: whether it works, what waits there."""
        return mail.flow_text(self.flow, self.moment_s)

    @property
    def _still_title(self) -> str:  # type: ignore[override]
        return self.topology.title

    def do(self, event: Event) -> None:
        """Let *event* happen to the cluster now, as any panel of time does."""
        self._acting(lambda: self.branches.send(event))

    def switch(self, server: str) -> None:
        """Fail a stand-alone server that works, or start one that is down."""
        with self.errors:
            self._acting(lambda: self._switch(self.topology.place(server).name))
            self._changed()

    def _switch(self, server: str) -> None:
        if server not in self.topology.servers:
            raise impossible("no server of the topology", server, ", ".join(self.topology.servers))
        if self.branches.is_past:
            self._fork()
        is_up, past = self._servers_up()[server], self._past(self.simulation.name)
        change = self.moment_s, server, not is_up
        self._changes = {**self._changes, self.simulation.name: (*past, change)}
        self.branches.report(Deed(f"{'fail' if is_up else 'start'} {server}"))

    def _acting(self, act: Callable[[], None]) -> None:
        """Act at the moment shown; what was done later to servers stays on its own branch."""
        if self._later_change() is not None:
            self._fork()
        self._share(act)
        self._player.wake()

    def _fork(self) -> None:
        self._share(self.branches.fork)

    def _share(self, act: Callable[[], None]) -> None:
        """Act; a new timeline has the past of servers of the one it began on."""
        before = self.simulation.name
        act()
        self._changes = {self.simulation.name: self._past(before), **self._changes}

    def _past(self, timeline: str) -> tuple[ServerChange, ...]:
        changes = self._changes.get(timeline, ())
        return tuple(change for change in changes if change[0] <= self.moment_s)

    def _change_times(self) -> list[float]:
        return [at_s for at_s, *_ in self._changes.get(self.simulation.name, ())]

    def _later_change(self) -> float | None:
        return next((at_s for at_s in self._change_times() if at_s > self.moment_s), None)

    def acts(self) -> tuple[str, ...]:
        """Return names in words of what can be done now, stand-alone servers included."""
        up = self._servers_up()
        servers = (f"{'fail' if is_up else 'start'} {name}" for name, is_up in up.items())
        return (*super().acts(), *servers)

    def act(self, words: str) -> None:
        """Do one of `acts()`, as if the learner had; what goes wrong is shown in `errors`."""
        verb, _, name = words.strip().partition(" ")
        up = self._servers_up()
        if verb not in ("fail", "start") or name not in up:
            super().act(words)
        elif up[name] is not (verb == "fail"):
            raise ConfigError(f"{name} {'works' if up[name] else 'is down'} already")
        else:
            self.switch(name)

    def _servers_up(self) -> dict[str, bool]:
        state = {name: is_up for _, name, is_up in self._past(self.simulation.name)}
        return {name: state.get(name, True) for name in self.topology.servers}

    def _fields(self) -> Mapping[str, Any]:
        return {**self.choosers, **self.numbers}

    def _choose_topology(self) -> None:
        self._replace(self.choosers["topology"].value, self.topology.figures)

    def _choose_figures(self) -> None:
        figures = {key: field.value for key, field in self.numbers.items()}
        self._replace(self.topology.key, {**self.topology.figures, **figures})

    def _replace(self, key: str, figures: Mapping[str, float]) -> None:
        self.topology = topology(key, self.branches.cluster, figures)
        self._build()

    def open_file(self, path: Path) -> None:
        """Show the cluster of a client's file or folder instead, in the same topology."""
        start = simulation_of(path)
        self.topology = topology(self.topology.key, start.cluster, self.topology.figures)
        self._player.stop()
        self._changes = {}
        self.branches.open(start)
        self._build()

    def _moves(self) -> dict[str, Callable[[], None]]:
        own = {"back": self._back, "forward": self._forward, "to end": self._to_end}
        return {**super()._moves(), **own}

    def _forward(self) -> None:
        """Go on to the next moment at which anything changes, in the cluster or in a queue."""
        due = self._next()
        if due is not None:
            self.branches.go_to(_in_tenths(due[0]))

    def _next(self) -> tuple[float, str] | None:
        found = [] if (due := self.branches.next()) is None else [due]
        if (later_s := self._later_change()) is not None:
            found.append((later_s, "a stand-alone server (done then on this timeline)"))
        if (turn_s := self._ahead().next_s(self.moment_s)) is not None:
            found.append((turn_s, "a queue is tried again, or is empty"))
        return min(found, default=None)

    def _back(self) -> None:
        times = self._change_times()
        times += [outcome.cluster.now_s for outcome in self.branches.outcomes]
        times += [_in_tenths(moment.at_s) for moment in self.flow.moments]
        earlier = [at_s for at_s in times if at_s < self.moment_s]
        self.branches.go_to(max(earlier, default=self.branches.start_s))

    def _to_end(self) -> None:
        """Go on until the cluster is at rest and no queue changes its course any more."""
        times = self._change_times()
        self.branches.to_end()
        self.branches.go_to(max([self.moment_s, *times]))
        ahead = self._ahead()
        turns = [moment.at_s for moment in ahead.moments if moment.at_s < ahead.until_s]
        self.branches.go_to(_in_tenths(max([self.moment_s, *turns])))

    def _has_more(self) -> bool:
        flow, moment_s = self.flow, self.moment_s
        is_out = any(flow.is_out(place.name, moment_s) for place in self.topology.places)
        is_coming = self.branches.is_past or self._later_change() is not None
        return is_out or is_coming or not flow.is_quiet or self.branches.next() is not None

    def _reckoned(self, until_s: float) -> MailFlow:
        branches = self.branches
        known = mail.outages_from(self.topology, branches.spans(), branches.outcomes)
        changes = self._changes.get(branches.shown.name, ())
        servers = servers_out(changes, self.topology.servers, self.moment_s)
        outages = {**known, **servers}
        return MailFlow(self.topology, outages, start_s=branches.start_s, until_s=until_s)

    def _ahead(self) -> MailFlow:
        return self._reckoned(self.moment_s + LOOK_AHEAD_S)

    def _make_texts(self) -> None:
        super()._make_texts()
        self._table = w.HTML()

    def _make_topologies(self) -> None:
        cluster = self.branches.cluster
        titles = [(topology(key, cluster).title, key) for key in TOPOLOGIES]
        self._add_choosers("connectors", self._choose_topology, topology=titles)
        self.choosers["topology"].value = self.topology.key

    def _build(self) -> None:
        self.topology = topology(self.topology.key, self.branches.cluster, self.topology.figures)
        self.flow = self._reckoned(self.moment_s)
        self.pictures = (self._picture_of(self._draw, FIRST_WIDTH_PX, {PLACES: self._hit}),)
        self._make_servers()
        self._make_nodes()
        self._make_numbers()
        self._lay_out()

    def _hit(self, place: str) -> None:
        if place in self.topology.servers:
            self._acting(lambda: self._switch(place))

    def _make_servers(self) -> None:
        self._server_texts = {server: w.HTML() for server in self.topology.servers}
        boxes = []
        for server, text in self._server_texts.items():
            act = partial(self.switch, server)
            made = button(TEXTS["fail"], f"{server} is stand-alone", act)
            self.buttons |= {f"fail {server}": made, f"start {server}": made}
            boxes.append(box_of(text, made))
        self._server_box = beside(boxes)

    def _label_servers(self) -> None:
        for server, is_up in self._servers_up().items():
            words = "● works" if is_up else "✖ down"
            state = f'<span style="white-space: nowrap">{words}</span>'
            put(self._server_texts[server], value=f"<b>{escape_text(server)}</b> {state}")
            power = TEXTS["fail"] if is_up else "Power on"
            put(self.buttons[f"fail {server}"], description=power)

    def _make_numbers(self) -> None:
        self.numbers = {}
        for key in figures_used(self.topology.key, self.branches.cluster):
            row_of = ASSUMPTIONS[key]
            self.numbers[key] = labelled(
                w.BoundedFloatText, f"{row_of.meaning} ({row_of.unit})", "",
                self._guard(self._choose_figures), width="440px", room="340px",
                value=self.topology.figures[key], min=1.0 if key.endswith("_s") else 0.0,
                max=100_000.0,
            )  # fmt: skip

    def _lay_out(self) -> None:
        middle = w.VBox([self.picture, self._live_text, self._server_box, self._nodes])
        middle.add_class("clusterlab-main")
        rules = w.HTML(_rules_html(self.topology))
        side = w.VBox([self._next_text, self._table, rules]).add_class("clusterlab-side")
        note = w.HTML("These figures are assumptions; put in your own.")
        figures = folds(["Assumptions"], [w.VBox([note, *self.numbers.values()])])
        topologies = row(self.choosers["topology"], self.choosers["branch"])
        time = self._time_row(self._slider, self._clock)
        self._arrange(
            topologies, time, self.errors, row(middle, side, name="body"), figures, self._tabs,
            topology=topologies, time=time, picture=self.picture, news=self._live_text,
            servers=self._server_box, nodes=self._nodes, next=self._next_text, queues=self._table,
            rules=rules, assumptions=figures, tabs=self._tabs, **self._nodes.parts,
        )  # fmt: skip

    def _draw(self, page: Page) -> Any:
        branches = self.branches
        end_s = horizon_s(max(self.moment_s, branches.shown.now_s))
        return mailflow_figure(self.flow, branches.cluster, page=page, until_s=end_s)

    def _show_moment(self) -> None:
        branches = self.branches
        self.flow = self._reckoned(self.moment_s)
        self.picture.show()
        self._label_servers()
        self._tell_queues()
        self._fill_tab(branches.cluster.config.served_groups[0])

    def _tell_queues(self) -> None:
        """Say what changes next, what waits where, and what has just changed its state."""
        due, hint = self._next(), "Click a server in the picture, or use its button."
        if self._has_more():
            hint = "Play, Next event or the right arrow let time pass."
        if due is None and self._has_more():
            hint = "Queues grow while a server is down: power it on, or let time pass."
        put(self._next_text, value=next_html(due, hint))
        put(self._table, value=_places_html(self.flow, self.moment_s))
        out = [p.name for p in self.topology.places if self.flow.is_out(p.name, self.moment_s)]
        words = f"Down: {', '.join(out)}" if out else "Nothing is down"
        self._announce(f"{words} (t = {self.moment_s:.1f} s)." if words != self._said else "")
        self._said = words

    def show_only(self, parts: Iterable[str]) -> None:
        """Show these parts; of the nodes the buttons that pull the plug."""
        plugs = [f"fail {node}" for node in self.branches.cluster.config.nodes_by_name]
        super().show_only(one for part in parts for one in (plugs if part == "nodes" else [part]))

    def _restore(self, snapshot: Any) -> None:
        _, (kept, _) = snapshot
        self.topology, self._changes = kept["topology"], kept["_changes"]
        super()._restore(snapshot)


def _in_tenths(at_s: float) -> float:
    """Return the first tenth of a second that is not before a moment."""
    return ceil(round(at_s * 10, 6)) / 10
