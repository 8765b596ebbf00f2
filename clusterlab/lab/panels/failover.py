"""The failover panel: break a cluster, watch its groups move, and read why.

It turns clicks into events for `Branches` and shows what comes of them. It knows no rule of the
domain and draws nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import ipywidgets as w

from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.events import (
    BringOnline,
    Event,
    InitiateFailure,
    MoveGroup,
    TakeOffline,
)
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.story import explain
from clusterlab.lab.diagrams import (
    CARDS,
    NODES,
    cluster_figure,
    comparison_figure,
    comparison_text,
    traces_of,
)
from clusterlab.lab.drawing import escape_text
from clusterlab.lab.livefigure import LiveFigure
from clusterlab.lab.panels.branches import Branches, outages_of
from clusterlab.lab.panels.controls import NodeControls, power_event
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
from clusterlab.lab.panels.predictor import Predictor
from clusterlab.lab.panels.prompt import run_line
from clusterlab.lab.panels.scenarios import SCENARIOS
from clusterlab.lab.panels.tabs import Tabs
from clusterlab.lab.panels.timeline import SPEEDS, MomentSlider, horizon_s
from clusterlab.lab.panels.views import (
    command_cells,
    latest_news,
    news_words,
    next_html,
    status_words,
    twin_text,
    why_html,
)
from clusterlab.lab.still import still
from clusterlab.simulation import Simulation

GIVEN = "as given"
"""The scenario chooser's entry for a cluster or simulation that was handed in."""
NOBODY = "no other branch"
BEST_POSSIBLE = "Best Possible"
FIRST_WIDTH_PX = 820


class FailoverLab(Guarded, w.VBox):
    """A cluster to break: figure, time, reasons, log, branches.

    Args:
        start: A simulation or a cluster; None takes *scenario*. What is done to a simulation
            elsewhere, in a cell or in another panel, shows at the next click here or with
            `render()`; an `AdministratorLab` that is given this panel shows it at once.
        scenario: A name from `SCENARIOS`.

    Attributes:
        branches: Every course of events and the moment shown.
        figure: The live figure.
        buttons: By what they do, for example "fail NODE3", "play" or "move".
        choosers: Dropdowns: "scenario", "branch", "compare", "speed", "group", "to", "resource".
        errors: What went wrong, as shown.
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

    def __init__(
        self,
        start: Simulation | Cluster | None = None,
        *,
        scenario: str = "3 active / 1 passive",
    ) -> None:
        if scenario not in SCENARIOS:
            raise ConfigError(f"scenario is {scenario!r}; allowed: {', '.join(SCENARIOS)}")
        self._is_rendering = True  # nothing that is set while building is a user's choice
        self._given = start
        self._keys = Keys()
        self._player = Player(self._advance, self._has_more, self._keys.painted, self._play_failed)
        self.errors = ErrorArea()
        self.predictor = Predictor(self._guard(self._reveal), self._guard(self._take_back))
        self.buttons: dict[str, w.Button] = {}
        self.choosers: dict[str, w.Dropdown] = {}
        self._make_texts()
        name = scenario if start is None else GIVEN
        self._make_choosers(name)
        self._make_buttons()
        super().__init__()
        self.add_class("clusterlab-panel")
        self._is_rendering = False
        simulation = simulation_of(SCENARIOS[scenario]() if start is None else start)
        self.branches = Branches(simulation)
        self.branches.watchers.append(self._show)
        self._open(simulation)

    @property
    def simulation(self) -> Simulation:
        """The branch that is shown."""
        return self.branches.shown

    def __repr__(self) -> str:
        """Return the text twin: time, nodes, groups, owners, states, outages."""
        branches = self.branches
        return twin_text(branches.cluster, outages_of(branches.spans()), branches.shown.name)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """Return the live view, and for readers without a kernel the twin and a still picture."""
        data: dict[str, Any] = super()._repr_mimebundle_(**kwargs)
        picture = still(self._drawing("light", FIRST_WIDTH_PX), self.branches.cluster.config.name)
        return data | {"text/plain": repr(self), "image/svg+xml": picture.svg}

    # --- what happens -------------------------------------------------------------------------

    def send(self, event: Event) -> None:
        """Let *event* happen at the moment shown; what goes wrong is shown in `errors`."""
        with self.errors:
            try:
                self._ask_or_act(event)
            except OperationRefused as refusal:
                line, path = command_cells(event, self.branches.cluster.config)
                self.errors.show(refusal, f"<div>{line} ({path})</div>")
            self.render()

    def run_line(self, line: str) -> str:
        """Do what a line of cluster.exe says at the moment shown, and return what it prints.

        The event takes the way of a click; then time passes until the prompt would return.
        """
        return run_line(self, line, self._waiting_for)

    def _waiting_for(self) -> str:
        """Return why an event has not happened yet, or ""."""
        return "" if self.predictor.event is None else "The panel waits for your prediction."

    def _act_on_node(self, choose: Callable[[Cluster, str], Event], node: str) -> None:
        """Do to a node what fits the state that it has now."""
        self.send(choose(self.branches.cluster, node))

    def _ask_or_act(self, event: Event) -> None:
        self.predictor.clear()
        if self._predict.value and self.predictor.ask(self.branches.cluster, event):
            return
        self._act(event)

    def act(self, event: Event) -> None:
        """Let *event* happen at the moment shown; a panel beside this one shows what goes wrong.

        Raises:
            OperationRefused: If the product would refuse it.
        """
        self.predictor.clear()
        self._act(event)

    def _act(self, event: Event) -> None:
        self.branches.send(event)
        self._player.wake()

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
        self._act(event)
        self.branches.go_to(max(self.predictor.reveal(), self.branches.moment_s))

    def _take_back(self) -> None:
        self.predictor.clear()
        self._player.wake()

    # --- time ---------------------------------------------------------------------------------

    def travel(self, move: Callable[[], None]) -> None:
        """Go to another moment, as *move* of `branches` does; a question is taken back."""
        self._drop_question()
        move()
        self._player.wake()

    def _drop_question(self) -> None:
        if self.predictor.event is not None:
            self.predictor.clear()

    def _drag(self) -> None:
        self.travel(lambda: self.branches.go_to(self._slider.value))

    def _toggle_play(self) -> None:
        if self._player.is_on:
            self._player.stop()
        else:
            self._drop_question()
            self._player.start()

    def _has_more(self) -> bool:
        if self.predictor.event is not None or self.branches.held:
            return False
        return self.branches.is_past or self.branches.next() is not None

    def _advance(self, seconds: float) -> None:
        """Let time pass while playing, to the next happening at most once nothing follows it."""
        with self.errors.turn:
            if self.branches.held:
                return
            speed = SPEEDS[self.choosers["speed"].value]
            self.branches.go_to(self.branches.moment_s + seconds * speed)
            if not self._has_more():
                self.branches.go_to(self.simulation.now_s)
            self.render()

    def _play_failed(self, error: Exception) -> None:
        self.errors.show(error)
        put(self.buttons["play"], description="▶ Play")

    # --- scenarios and branches ---------------------------------------------------------------

    def _choose_scenario(self) -> None:
        name = self.choosers["scenario"].value
        start = self._given if name == GIVEN else SCENARIOS[name]()
        self._open(simulation_of(start))

    def _open(self, simulation: Simulation) -> None:
        """Show another simulation from where it is now."""
        self._player.stop()
        self.predictor.clear()
        self.branches.open(simulation)
        self.selected = ""
        self._decided: object = None
        self._said: dict[str, str] = {}
        self._tabs.empty()
        self._build(self._drawing("light", FIRST_WIDTH_PX))
        self.render()

    def _build(self, drawing: Any) -> None:
        """Build what has a part for each node and group; some may have come or gone."""
        self._compared: LiveFigure | None = None
        self.figure = self._live(drawing)
        self._listen_to_figure()
        self._nodes = NodeControls(self.branches.cluster, self._act_on_node)
        self.buttons |= self._nodes.buttons
        self._lay_out()

    def _fork(self) -> None:
        self.travel(lambda: self.branches.fork(self._name.value))
        self._name.value = ""

    def _choose_branch(self) -> None:
        self.travel(lambda: self.branches.choose(self.choosers["branch"].value))

    # --- building -----------------------------------------------------------------------------

    def _make_texts(self) -> None:
        self._clock, self._why, self._next, self._live_text = (w.HTML() for _ in range(4))
        self._differences = w.HTML()
        self._clock.add_class("clusterlab-clock")
        self._live_text.add_class("clusterlab-live")
        self._tabs = Tabs(self.run_line)
        self._tabs.observe(self._refresh, names="selected_index")
        self._slider = MomentSlider(self._guard(self._drag))
        self._name = w.Text(placeholder="name (optional)", tooltip="Name of the new branch")
        self._name.layout.width = "115px"
        self._predict = w.ToggleButton(
            description="Predict first",
            tooltip="Before groups go to another node, say where to",
            layout=w.Layout(width="auto"),
        )

    def _make_choosers(self, scenario: str) -> None:
        given = [] if self._given is None else [GIVEN]
        self.choosers = {
            "scenario": chooser(
                "Scenario", [*given, *SCENARIOS], self._guard(self._choose_scenario),
                "Which cluster; choosing begins anew", "225px",
            ),
            "branch": chooser(
                "Branch", [], self._guard(self._choose_branch),
                "Which course of events is shown", "190px",
            ),
            "compare": chooser(
                "Compare with", [NOBODY], self._refresh,
                "Show another branch beside this one", "225px",
            ),
            "speed": chooser(
                "Speed", SPEEDS, self._refresh, "Simulated seconds per second",
                "106px",
            ),
            "group": chooser(
                "Group", [], self._guard(self._choose_group), "Which group", "165px"
            ),
            "to": chooser("to", [], lambda: None, "Where Move Group takes it", "140px"),
            "resource": chooser("Resource", [], lambda: None, "Which resource fails", "260px"),
        }  # fmt: skip
        self.choosers["scenario"].value = scenario
        self.choosers["speed"].value = "×10"

    def _make_buttons(self) -> None:
        def add(key: str, text: str, tooltip: str, act: Callable[[], None], *classes: str) -> None:
            self.buttons[key] = button(text, tooltip, self._guard(act), *classes)

        def time(key: str, text: str, tooltip: str, move: str, *classes: str) -> None:
            travel = lambda: self.travel(getattr(self.branches, move))  # noqa: E731
            add(key, text, tooltip, travel, *classes)

        time("to start", "|◀ Start", "Go back to the start", "to_start")
        time("back", "◀ Back", "Go back to the last happening (left arrow)", "back",
             "clusterlab-back")  # fmt: skip
        add("play", "▶ Play", "Let time pass, or stop it (Space)", self._toggle_play,
            "clusterlab-play")  # fmt: skip
        time("forward", "Next ▶", "Go on to the next happening (right arrow)", "forward",
             "clusterlab-forward")  # fmt: skip
        time("to end", "End ▶|", "Go on until nothing is pending", "to_end")
        time("undo", "Undo", "Take back the last action of this branch", "undo")
        add("branch", "New branch", "Begin another course of events here", self._fork)
        self._make_group_buttons()
        self.buttons |= self.predictor.buttons

    def _make_group_buttons(self) -> None:
        def add(key: str, text: str, tooltip: str, event: Callable[[], Event]) -> None:
            self.buttons[key] = button(text, tooltip, lambda: self.send(event()))

        def resource() -> str:
            return str(self.choosers["resource"].value)

        def target() -> str | None:
            to = self.choosers["to"].value
            return None if to == BEST_POSSIBLE else to

        add("move", "Move Group", "Move the group", lambda: MoveGroup(self.selected, target()))
        add("online", "Bring Online", "Bring the group online", lambda: BringOnline(self.selected))
        add("offline", "Take Offline", "Take the group offline", lambda: TakeOffline(self.selected))
        add("fail resource", "Fail resource", "Initiate Failure of the resource",
            lambda: InitiateFailure(resource()))  # fmt: skip

    def _lay_out(self) -> None:
        box, pick = self.buttons, self.choosers
        self._stage = w.VBox([self.figure])
        self._stage.add_class("clusterlab-stage")
        groups = row(
            pick["group"], box["move"], pick["to"], box["online"], box["offline"],
            pick["resource"], box["fail resource"],
        )  # fmt: skip
        middle = w.VBox([self._stage, self._live_text, self._nodes, groups])
        middle.add_class("clusterlab-main")
        side = w.VBox([self.predictor, self._next, self._why])
        side.add_class("clusterlab-side")
        times = [box[key] for key in ("to start", "back", "play", "forward", "to end")]
        self.children = [
            style_sheet(),
            row(pick["scenario"], pick["branch"], self._name, box["branch"], pick["compare"],
                self._predict),
            row(*times, pick["speed"], self._slider, self._clock, box["undo"]),
            self.errors,
            row(middle, side, name="body"),
            self._tabs,
            self._keys,
        ]  # fmt: skip

    # --- the figure ---------------------------------------------------------------------------

    def _live(self, drawing: Any) -> LiveFigure:
        return LiveFigure(drawing, alt=drawing.layout.meta)

    def _listen_to_figure(self) -> None:
        for node, trace in traces_of(self.figure, NODES).items():
            trace.on_click(when_hit(partial(self._act_on_node, power_event, node)))
        for group, trace in traces_of(self.figure, CARDS).items():
            trace.on_click(when_hit(self._guard(self._selector(group))))
        self.figure.observe(self._refresh, names=["theme", "width_px"])

    def _selector(self, group: str) -> Callable[[], None]:
        def select() -> None:
            self.selected = group

        return select

    def _drawing(self, theme: str, width_px: int, selected: str = "") -> Any:
        branches = self.branches
        question = self.predictor.event
        end_s = horizon_s(max(branches.moment_s, branches.shown.now_s))
        note = "The picture is frozen" if branches.held else ""
        if question is not None:
            note = "The picture waits for your prediction"
        return cluster_figure(
            branches.cluster,
            branches.spans(),
            theme=theme,
            width_px=width_px,
            until_s=end_s,
            hidden=() if question is None else self.predictor.groups,
            note=note,
            selected=selected,
        )

    def _draw(self) -> None:
        width_px = self.figure.width_px or FIRST_WIDTH_PX
        drawing = self._drawing(self.figure.theme, width_px, self.selected)
        if _names(drawing) == _names(self.figure):
            self.figure.update_from(drawing)
        else:
            self._build(drawing)
        put(self.figure, alt=drawing.layout.meta)

    def _draw_comparison(self) -> None:
        other = self.choosers["compare"].value
        if other in (None, NOBODY):
            put(self._stage, children=(self.figure,))
            return
        left, right = self.branches.comparison(other)
        figure = self.figure
        drawing = comparison_figure(
            left, right, theme=figure.theme, width_px=figure.width_px or FIRST_WIDTH_PX
        )
        if self._compared is None:
            self._compared = self._live(drawing)
        self._compared.update_from(drawing)
        put(self._compared, alt=drawing.layout.meta)
        put(self._differences, value=f"<p>{escape_text(comparison_text(left, right))}</p>")
        put(self._stage, children=(figure, self._compared, self._differences))

    # --- showing ------------------------------------------------------------------------------

    def render(self) -> None:
        """Show the moment of the branch here and in every panel beside; all changes in place."""
        with self.errors.turn:
            if not self._is_rendering:
                self.branches.tell()

    def _show(self) -> None:
        self._is_rendering = True
        try:
            self._follow_decisions()
            self._keep_selected()
            self._label_time()
            self._draw()
            self._draw_comparison()
            self._explain()
            self._nodes.label(self.branches.cluster)
            self._label_groups()
            self._tabs.fill(self.branches, self.selected)
        finally:
            self._is_rendering = False

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
        """Select another group if the selected one is gone."""
        config = self.branches.cluster.config
        if self.selected not in config.groups_by_name:
            self.selected = (*config.served_groups, config.core_group_name)[0]

    def _label_time(self) -> None:
        branches = self.branches
        self._slider.show(branches.moment_s, branches.shown.now_s)
        put(self._clock, value=f"t = {branches.moment_s:.1f} s")
        put(self.buttons["play"], description="❚❚ Pause" if self._player.is_on else "▶ Play")
        names = list(branches.by_name)
        others = [name for name in names if name != branches.shown.name]
        set_options(self.choosers["branch"], names, branches.shown.name)
        compared = self.choosers["compare"].value
        kept = compared if compared in others else NOBODY
        set_options(self.choosers["compare"], [NOBODY, *others], kept)

    def _explain(self) -> None:
        branches = self.branches
        outcomes, question = branches.outcomes, self.predictor.event
        explanation = explain(outcomes, self.selected)
        decision = explanation.decision
        others = [
            d
            for outcome in outcomes
            for d in outcome.decisions
            if decision and d.at_s == decision.at_s and d.group != self.selected
        ]
        put(self._why, value="" if question else why_html(explanation, others))
        hint = "" if self._player.is_on else "Play, Next or the right arrow let time pass."
        due = branches.next()
        if due is None:
            hint = "Fail a node: click it in the picture, or use its button."
        put(self._next, value="" if question or branches.held else next_html(due, hint))
        self._tell_news()

    def _tell_news(self) -> None:
        branches = self.branches
        words, is_first = status_words(branches.cluster), not self._said
        at_s, news = branches.moment_s, news_words(self._said, words)
        if is_first:
            at_s, news = latest_news(branches.outcomes)
        if news or is_first:
            text = f"At {at_s:.1f} s: {'; '.join(news)}." if news else "Nothing has happened yet."
            put(self._live_text, value=f"<b>Latest</b> {escape_text(text)}")
        self._said = words

    def _choose_group(self) -> None:
        self.selected = self.choosers["group"].value

    def _label_groups(self) -> None:
        config = self.branches.cluster.config
        set_options(self.choosers["group"], config.groups_by_name, self.selected)
        targets = [BEST_POSSIBLE, *config.nodes_by_name]
        to, resource = self.choosers["to"], self.choosers["resource"]
        set_options(to, targets, to.value if to.value in targets else BEST_POSSIBLE)
        names = [member.name for member in config.members[self.selected]]
        first = names[0] if names else None
        set_options(resource, names, resource.value if resource.value in names else first)


def _names(figure: Any) -> list[str | None]:
    """Return the names of the traces, which say which nodes and groups a figure is of."""
    return [trace.name for trace in figure.data]
