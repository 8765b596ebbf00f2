"""The failover panel: break a cluster, watch its groups move, and read why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import ipywidgets as w

from clusterlab.cluster.errors import wrong
from clusterlab.cluster.events import BringOnline, Event, InitiateFailure, MoveGroup, TakeOffline
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.states import Windows
from clusterlab.cluster.story import Explanation, explain
from clusterlab.exchange.evs import exchange_cluster
from clusterlab.lab.figures import cluster as drawn
from clusterlab.lab.figures.cluster_parts import Places
from clusterlab.lab.figures.drawing import Box, Page, escape_text, traces_of
from clusterlab.lab.figures.timebars import TimeScale
from clusterlab.lab.folds import Fold
from clusterlab.lab.panels import parts, views
from clusterlab.lab.panels.branches import outages_of
from clusterlab.lab.panels.deeds import MenuLine, group_menu, node_menu
from clusterlab.lab.panels.panel import set_hidden
from clusterlab.lab.panels.parts import put, row
from clusterlab.lab.panels.picture import Objects, Picture, spots_of
from clusterlab.lab.panels.predictor import Predictor
from clusterlab.lab.panels.timepanel import TimePanel, horizon_s
from clusterlab.simulation import Simulation
from clusterlab.tomlfiles.tables import own_table


def _cluster(windows: int = Windows.WS2003, **more: Any) -> Cluster:
    return exchange_cluster(windows=Windows(windows), **more)


_SAID = own_table(Path(__file__).with_suffix(".toml")).data["scenarios"]
SCENARIOS: Mapping[str, Callable[[], Cluster]] = {
    name: partial(_cluster, **of) for name, of in _SAID.items()
}
"""What the scenario chooser offers."""
START = "Nothing has happened yet. Click a node or a group, or begin here:"
"""What stands where the time bars will be."""
NO_LINES: Iterable[MenuLine] = ()
GIVEN = "as given"  # the scenario chooser's entry for a cluster or simulation that was handed in
NOBODY = "nothing"
BEST_POSSIBLE = "Best Possible"
COMPARED = "clusterlab-compared"
"""Class of the picture while another timeline is compared with the one shown."""
FIRST_WIDTH_PX = 820


class FailoverLab(TimePanel):
    """A cluster to break: figure, time, reasons, log, branches.

    Args:
        start: A simulation or a cluster; None takes *scenario*. What is done to a simulation
            elsewhere, in a cell or in another panel, shows at the next click here or with
            `render()`; an `AdministratorLab` that is given this panel shows it at once.
        scenario: A name from `SCENARIOS`.

    Attributes:
        branches: Every sequence of events and the moment shown.
        buttons: By what they do, for example "fail NODE3", "play" or "move".
        choosers: Dropdowns: "scenario", "branch", "compare", "speed", "group", "to", "resource".
        selected: The group that "why" and the buttons of groups are about.

    Raises:
        ConfigError: If there is no such scenario.

    Example:
        >>> lab = FailoverLab(scenario="1 active / 1 passive")
        >>> lab.buttons["fail NODE1"].click()
        >>> lab.buttons["to end"].click()
        >>> print(repr(lab).splitlines()[0])
        CL1 at t = 185.2 s, branch main: NODE1 Down, NODE2 Up
    """

    has_menus = True
    kept = ("selected", "_decided")
    fronts: ClassVar[Mapping[str, str]] = {"log": "Event log", "prompt": "cluster.exe"}

    def __init__(
        self,
        start: Simulation | Cluster | Path | str | None = None,
        *,
        scenario: str = "3 active / 1 passive",
    ) -> None:
        if scenario not in SCENARIOS:
            raise wrong("scenario", scenario, ", ".join(SCENARIOS))
        super().__init__(parts.simulation_of(SCENARIOS[scenario]() if start is None else start))
        self._given = start
        self.opened = ""
        self.first_words, self._is_still = START, False
        self._explanation: Explanation | None = None
        self._objects = Objects(self._hear)
        self.predictor = Predictor(self._guard(self._reveal), self._guard(self._take_back))
        self._make_choosers(scenario if start is None else GIVEN)
        self._make_buttons()
        self._is_rendering = False
        self._open(self.simulation)

    def twin(self) -> str:
        """Return time, nodes, groups, owners, states, outages in words."""
        branches = self.branches
        return views.twin_text(branches.cluster, outages_of(branches.spans()), branches.shown.name)

    @property
    def _still_title(self) -> str:  # type: ignore[override]
        return self.branches.cluster.config.name

    # --- what happens -------------------------------------------------------------------------

    def _ask(self, event: Event) -> None:
        self.predictor.clear()
        if not (self._predict.value and self.predictor.ask(self.branches.cluster, event)):
            self.do(event)

    def do(self, event: Event) -> None:
        """Let *event* happen at the moment shown; a question that waits is taken back."""
        self.predictor.clear()
        super().do(event)

    def _open_question(self) -> str:
        return "" if self.predictor.event is None else "The panel waits for your prediction."

    def _reveal(self) -> None:
        if self.predictor.missing:
            self.predictor.complain()
        else:
            self.reveal()

    def reveal(self) -> None:
        """Let the predicted event happen and say what was misread; an open guess is no mistake."""
        event = self.predictor.event
        if event is None:
            return
        super().do(event)
        self.branches.go_to(max(self.predictor.reveal(), self.branches.moment_s))

    def _take_back(self) -> None:
        self.predictor.clear()
        self._player.wake()

    # --- time ---------------------------------------------------------------------------------

    def travel(self, move: Callable[[], None]) -> None:
        """Go to another moment, as *move* of `branches` does; a question is taken back."""
        self._drop_question()
        super().travel(move)

    def _drop_question(self) -> None:
        if self.predictor.event is not None:
            self.predictor.clear()

    def _toggle_play(self) -> None:
        if not self._player.is_on:
            self._drop_question()
        super()._toggle_play()

    def _is_waiting(self) -> bool:
        return self.predictor.event is not None or super()._is_waiting()

    def _end_play(self) -> None:
        self.branches.go_to(self.simulation.now_s)
        super()._end_play()

    # --- scenarios and branches ---------------------------------------------------------------

    def _choose_scenario(self) -> None:
        name = self.choosers["scenario"].value
        start = self._given if name == GIVEN else SCENARIOS[name]()
        self._open(parts.simulation_of(start))

    def open_file(self, path: Path) -> None:
        """Show the cluster of a client's file or folder instead."""
        start = parts.simulation_of(path)
        self._given, self._is_rendering = path, True
        parts.set_options(self.choosers["scenario"], [GIVEN, *SCENARIOS], GIVEN)
        self._is_rendering = False
        self._open(start)

    def _open(self, simulation: Simulation) -> None:
        self._player.stop()
        self.predictor.clear()
        self.branches.open(simulation)
        self.selected = self.opened = ""
        self._decided: object = None
        self._said: dict[str, str] = {}
        self._filled = None
        self._prompt.clear()
        self._build()
        self._changed()

    def _build(self) -> None:
        """Build what has a part for each node and group; some may have come or gone."""
        self._compared: Picture | None = None
        self._keep_selected()
        hits = {kind: partial(self._hit, kind) for kind in (drawn.NODES, drawn.CARDS)}
        self.pictures = (self._picture_of(self._draw, FIRST_WIDTH_PX, hits),)
        self.picture.put_over(self._objects)
        self._make_nodes()
        self._lay_out()

    def _fork(self) -> None:
        self.travel(lambda: self.branches.fork(self._name.value))
        self._name.value = ""

    # --- building -----------------------------------------------------------------------------

    def _make_texts(self) -> None:
        super()._make_texts()
        self._live_text.add_class("clusterlab-unseen")
        self._headline, self._why, self._differences = w.HTML(), w.HTML(), w.HTML()
        self._name = w.Text(placeholder="name (optional)", tooltip="Name of the new timeline")
        self._name.layout.width = "115px"
        self._predict = w.ToggleButton(
            description="Ask me first",
            tooltip="Before groups go to another node, say where to",
            layout=w.Layout(width="auto"),
        )

    def _make_choosers(self, scenario: str) -> None:
        given = [] if self._given is None else [GIVEN]
        self._add_choosers("failover", self._choose_scenario, scenario=[*given, *SCENARIOS])
        self._add_choosers("failover", compare=[NOBODY])
        self.choosers["compare"].observe(self._refresh, names="value")
        self._add_choosers("failover", self._choose_group, group=[])
        self._add_choosers("failover", to=[], resource=[])
        self.choosers["scenario"].value = scenario

    def _make_buttons(self) -> None:
        undo = partial(self.travel, self.branches.undo)
        self._add_buttons("failover", {"undo": undo, "branch": self._fork})
        asks: Mapping[str, Callable[[], Event]] = {
            "move": self._move,
            "online": lambda: BringOnline(self.selected),
            "offline": lambda: TakeOffline(self.selected),
            "fail resource": lambda: InitiateFailure(str(self.choosers["resource"].value)),
        }
        acts = {key: lambda ask=ask: self.send(ask()) for key, ask in asks.items()}
        self._add_buttons("failover", acts, guard=lambda act: act)
        self.buttons |= self.predictor.buttons

    def _move(self) -> Event:
        to = self.choosers["to"].value
        return MoveGroup(self.selected, None if to == BEST_POSSIBLE else to)

    def _lay_out(self) -> None:
        box, pick = self.buttons, self.choosers
        resources = row(pick["resource"], box["fail resource"])
        groups = row(
            pick["group"], box["move"], pick["to"], box["online"], box["offline"], resources
        )
        head = row(self._headline, self._clock, name="head")
        time = self._time_row()
        middle = w.VBox([head, self.picture, self._live_text, time]).add_class("clusterlab-main")
        side = w.VBox([self.predictor, self._next_text, self._why]).add_class("clusterlab-side")
        branches = row(
            pick["scenario"], pick["branch"], self._name, box["branch"], pick["compare"],
            self._slider,
        )  # fmt: skip
        self._folds = (
            Fold("All controls", w.VBox([branches, self._nodes, groups, self.opener])),
            Fold("Events, tables, cluster.exe", self._tabs),
        )
        self._arrange(
            row(middle, side, name="body"), self.errors,
            row(*self._folds, box["undo"], self._predict, name="folds"),
            branches=branches, open=self.opener, time=time, picture=self.picture, nodes=self._nodes,
            groups=groups, news=self._live_text, prediction=self.predictor, predict=self._predict,
            next=self._next_text, why=self._why, tabs=self._tabs, log=self._tabs,
            prompt=self._tabs, resources=resources, networks=self._nodes.parts["breakage"],
            disks=self._nodes.parts["breakage"], **self._nodes.parts,
        )  # fmt: skip

    def _hide(self) -> None:
        super()._hide()
        for fold in self._folds:  # a part that was chosen stands by itself
            set_hidden(fold.button, self._shown is not None)
            if self._shown is not None:
                fold.unfold()

    def show_all(self) -> None:
        """Show every part again; the controls open, the tables fold up."""
        super().show_all()
        for place, fold in enumerate(self._folds):
            fold.unfold(place == 0)

    # --- the objects --------------------------------------------------------------------------

    def open_menu(self, key: str) -> None:
        """Open the menu of a node or group, such as "nodes:NODE3"; "" closes it."""
        self.opened = key
        kind, _, name = key.partition(":")
        if kind == drawn.CARDS:
            self.selected = name

    def commands(self) -> tuple[MenuLine, ...]:
        """Return the lines of the menu that is open; what cannot be done says why."""
        kind, _, name = self.opened.partition(":")
        cluster, made = self.branches.cluster, NO_LINES
        if kind == drawn.NODES and name in cluster.config.nodes_by_name:
            made = node_menu(cluster, name)
        elif kind == drawn.CARDS and name in cluster.config.groups_by_name:
            made = group_menu(cluster, name, self._failure())
        refusals = ((one, self.refusal_of(one.event)) for one in made)
        return tuple(one._replace(why_not=no.because if no else "") for one, no in refusals)

    def _failure(self) -> Event | None:
        resource = self.choosers["resource"].value
        return None if resource is None else InitiateFailure(resource)

    def choose(self, text: str) -> None:
        """Do what a line of the open menu says, and close it."""
        chosen = [one for one in self.commands() if one.text == text and not one.why_not]
        self.opened = ""
        if chosen:
            self.send(chosen[0].event)

    def _hear(self, message: Mapping[str, Any]) -> None:
        if "drag" in message:
            self._guard(lambda: self.travel(lambda: self._drag_to(float(message["drag"]))))()
            return
        if "choose" not in message or "open" in message:
            self._guard(lambda: self.open_menu(str(message.get("open", ""))))()
        if "choose" in message:
            self.choose(str(message["choose"]))

    def _drag_to(self, px: float) -> None:
        self.branches.go_to(round(self._strip(self._width_px())[0].at_s(px), 1))

    def _width_px(self) -> int:
        return self.figure.width_px or FIRST_WIDTH_PX

    def _end_s(self) -> float:
        return horizon_s(max(self.branches.moment_s, self.branches.shown.now_s))

    def _strip(self, width_px: int) -> tuple[TimeScale, Box]:
        branches = self.branches
        places = Places(branches.cluster, width_px, self.picture.is_low)
        return drawn.time_strip(branches.cluster, branches.spans(), places, self._end_s())

    def _first_node(self) -> str:
        """Return the node to begin with while nothing has happened and nothing is asked, or ""."""
        branches = self.branches
        is_new = len(branches.outcomes) == 1 and branches.moment_s == branches.start_s
        is_free = self._shown is None and not branches.held and self.predictor.event is None
        if not (self.first_words and is_new and is_free) or self._has_more():
            return ""
        nodes = branches.cluster.config.nodes_by_name
        lines = ((node, next(node_menu(branches.cluster, node))) for node in nodes)
        return next((node for node, line in lines if self.refusal_of(line.event) is None), "")

    def _show_objects(self, words: Mapping[str, str]) -> None:
        kinds = {drawn.NODES: "node", drawn.CARDS: "group"}
        names = ((kind, name) for kind in kinds for name in traces_of(self.figure, kind))
        says = {f"{kind}:{name}": words[f"{kinds[kind]} {name}"] for kind, name in names}
        scale, box = self._strip(self._width_px())
        node, moment_s = self._first_node(), self.branches.moment_s
        put(
            self._objects,
            spots=spots_of(self.figure, tuple(kinds), says),
            strip=[*box, scale.px(moment_s)],
            start={"text": self.first_words, "button": f"Pull the plug of {node}",
                   "open": f"{drawn.NODES}:{node}", "choose": "Pull the plug"} if node else {},
        )  # fmt: skip
        self._objects.show_menu(self.opened, self.commands())

    # --- the figure ---------------------------------------------------------------------------

    def _hit(self, kind: str, name: str) -> None:
        self.open_menu(f"{kind}:{name}")

    def _draw(self, page: Page) -> Any:
        if self._is_still:
            return self._drawn(page)
        decision = self._explanation.decision if self._explanation else None
        is_asked = self.predictor.event is not None
        tried = [verdict.node for verdict in decision.verdicts] if decision else []
        return self._drawn(
            page, selected=self.selected, tried=[] if is_asked else tried,
            has_bars=not self._first_node(),
        )  # fmt: skip

    def _drawn(self, page: Page, **more: Any) -> Any:
        branches = self.branches
        question = self.predictor.event
        note = "The picture is frozen" if branches.held else ""
        if question is not None:
            note = "The picture waits for your prediction"
        return drawn.cluster_figure(
            branches.cluster,
            branches.spans(),
            page=page,
            until_s=self._end_s(),
            hidden=() if question is None else self.predictor.groups,
            note=note,
            **more,
        )

    def _first(self) -> Any:
        """Return the picture in which no group is selected and bars are always drawn."""
        self._is_still = True
        try:
            return super()._first()
        finally:
            self._is_still = False

    def _show_comparison(self) -> None:
        other = self.choosers["compare"].value
        if other in (None, NOBODY):
            self.picture.put_below()
            self.picture.remove_class(COMPARED)
            return
        self.picture.add_class(COMPARED)
        if self._compared is None:
            self._compared = self._picture_of(self._draw_comparison, FIRST_WIDTH_PX)
            self._compared.remove_class("clusterlab-stage")  # it stands on the stage of the other
        self._compared.show()
        words = drawn.comparison_text(*self.branches.comparison(other))
        put(self._differences, value=f"<p>{escape_text(words)}</p>")
        self.picture.put_below(self._compared, self._differences)

    def _draw_comparison(self, page: Page) -> Any:
        pair = self.branches.comparison(self.choosers["compare"].value)
        return drawn.comparison_figure(*pair, page=page)

    # --- showing ------------------------------------------------------------------------------

    def _show_moment(self) -> None:
        self._follow_decisions()
        self._keep_selected()
        self._label_branches()
        branches = self.branches
        self._explanation = explain(branches.outcomes, self.selected)
        self.picture.show()
        self._show_comparison()
        self._explain(self._explanation)
        self._label_groups()
        words = views.status_words(branches.cluster)
        self._tell_news(words)
        put(self._headline, value=views.state_html_of(branches.cluster, branches.spans()))
        self._show_objects(words)
        self._fill_tab(self.selected)

    def _follow_decisions(self) -> None:
        """Select the group that was decided on last, unless the user has chosen since then."""
        last = [d for outcome in self.branches.outcomes for d in outcome.decisions][-1:]
        key = (self.simulation.name, last)
        if key == self._decided:
            return
        self._decided = key
        if last and last[0].group in self.branches.cluster.config.served_groups:
            self.selected = last[0].group

    def _keep_selected(self) -> None:
        config = self.branches.cluster.config
        if self.selected not in config.groups_by_name:
            self.selected = (*config.served_groups, config.core_group_name)[0]

    def _label_branches(self) -> None:
        others = [name for name in self.branches.by_name if name != self.simulation.name]
        compared = self.choosers["compare"].value
        kept = compared if compared in others else NOBODY
        parts.set_options(self.choosers["compare"], [NOBODY, *others], kept)

    def _explain(self, explanation: Explanation) -> None:
        branches = self.branches
        outcomes, question = branches.outcomes, self.predictor.event
        decision = explanation.decision
        others = [
            d
            for outcome in outcomes
            for d in outcome.decisions
            if decision and d.at_s == decision.at_s and d.group != self.selected
        ]
        put(self._why, value="" if question else views.why_html(explanation, others))
        hint = "" if self._player.is_on else "Play, Next event or the right arrow let time pass."
        due = branches.next()
        if due is None:
            hint = "Click a node or a group: its commands open there."
        put(self._next_text, value="" if question or branches.held else views.next_html(due, hint))

    def _tell_news(self, words: dict[str, str]) -> None:
        branches, is_first = self.branches, not self._said
        at_s, news = branches.moment_s, views.news_words(self._said, words)
        if is_first:
            at_s, news = views.latest_news(branches.outcomes)
        if is_first and not news:
            self._announce("Nothing has happened yet.")
        else:
            self._announce(f"At {at_s:.1f} s: {'; '.join(news)}." if news else "")
        self._said = words

    def _choose_group(self) -> None:
        self.selected = self.choosers["group"].value

    def _label_groups(self) -> None:
        config = self.branches.cluster.config
        parts.set_options(self.choosers["group"], config.groups_by_name, self.selected)
        targets = [BEST_POSSIBLE, *config.nodes_by_name]
        to, resource = self.choosers["to"], self.choosers["resource"]
        parts.set_options(to, targets, to.value if to.value in targets else BEST_POSSIBLE)
        names = [member.name for member in config.members[self.selected]]
        first = names[0] if names else None
        parts.set_options(resource, names, resource.value if resource.value in names else first)

    # --- state --------------------------------------------------------------------------------

    def _restore(self, snapshot: Any) -> None:
        self.predictor.clear()
        super()._restore(snapshot)
