"""The failover panel: break a cluster, watch its groups move, and read why.

It turns clicks into events for `Branches` and shows what comes of them. It knows no rule of the
domain and draws nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import ipywidgets as w

from clusterlab.cluster.errors import wrong
from clusterlab.cluster.events import (
    BringOnline,
    Event,
    InitiateFailure,
    MoveGroup,
    TakeOffline,
)
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.states import Windows
from clusterlab.cluster.story import explain
from clusterlab.exchange.evs import exchange_cluster
from clusterlab.lab.figures.cluster import (
    CARDS,
    NODES,
    cluster_figure,
    comparison_figure,
    comparison_text,
)
from clusterlab.lab.figures.drawing import escape_text, traces_of
from clusterlab.lab.livefigure import LiveFigure
from clusterlab.lab.panels.branches import outages_of
from clusterlab.lab.panels.controls import power_event
from clusterlab.lab.panels.parts import (
    button,
    chooser,
    put,
    row,
    set_options,
    simulation_of,
    when_hit,
)
from clusterlab.lab.panels.picture import Picture
from clusterlab.lab.panels.predictor import Predictor
from clusterlab.lab.panels.timepanel import TimePanel, TimeState, horizon_s
from clusterlab.lab.panels.views import (
    latest_news,
    news_words,
    next_html,
    status_words,
    twin_text,
    why_html,
)
from clusterlab.simulation import Simulation

SCENARIOS: Mapping[str, Callable[[], Cluster]] = {
    "3 active / 1 passive": lambda: exchange_cluster(3, 1),
    "2 active / 2 passive": lambda: exchange_cluster(2, 2),
    "7 active / 1 passive": lambda: exchange_cluster(7, 1),
    "1 active / 1 passive": lambda: exchange_cluster(1, 1),
    "2 active / 0 passive, 2 storage groups each": lambda: exchange_cluster(2, 0, storage_groups=2),
    "2 active / 0 passive, 4 storage groups each": lambda: exchange_cluster(2, 0),
    "3 active / 1 passive, Exchange 2000": lambda: exchange_cluster(
        3, 1, version=2000, windows=Windows.W2K
    ),
}
"""What the scenario chooser offers."""


GIVEN = "as given"
"""The scenario chooser's entry for a cluster or simulation that was handed in."""
NOBODY = "no other branch"
BEST_POSSIBLE = "Best Possible"
FIRST_WIDTH_PX = 820


class FailoverLab(TimePanel):
    """A cluster to break: figure, time, reasons, log, branches.

    Args:
        start: A simulation or a cluster; None takes *scenario*. What is done to a simulation
            elsewhere, in a cell or in another panel, shows at the next click here or with
            `render()`; an `AdministratorLab` that is given this panel shows it at once.
        scenario: A name from `SCENARIOS`.

    Attributes:
        branches: Every course of events and the moment shown.
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
            raise wrong("scenario", scenario, ", ".join(SCENARIOS))
        super().__init__(simulation_of(SCENARIOS[scenario]() if start is None else start))
        self._given = start
        self.predictor = Predictor(self._guard(self._reveal), self._guard(self._take_back))
        self._make_choosers(scenario if start is None else GIVEN)
        self._make_buttons()
        self._is_rendering = False
        self._open(self.simulation)

    def twin(self) -> str:
        """Return time, nodes, groups, owners, states, outages in words."""
        branches = self.branches
        return twin_text(branches.cluster, outages_of(branches.spans()), branches.shown.name)

    def _still_title(self) -> str:
        return self.branches.cluster.config.name

    # --- what happens -------------------------------------------------------------------------

    def _ask(self, event: Event) -> None:
        """Let *event* happen, or ask first where its groups go."""
        self.predictor.clear()
        if not (self._predict.value and self.predictor.ask(self.branches.cluster, event)):
            self.do(event)

    def do(self, event: Event) -> None:
        """Let *event* happen at the moment shown; a panel beside this one shows what goes wrong.

        Raises:
            OperationRefused: If the product would refuse it.
        """
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
        """Stop where the last thing happened."""
        self.branches.go_to(self.simulation.now_s)
        super()._end_play()

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
        self._build()
        self._changed()

    def _build(self) -> None:
        """Build what has a part for each node and group; some may have come or gone."""
        self._compared: Picture | None = None
        self._keep_selected()
        self.pictures = (self._picture_of(self._draw, FIRST_WIDTH_PX, self._listen_to_figure),)
        self._make_nodes()
        self._lay_out()

    def _fork(self) -> None:
        self.travel(lambda: self.branches.fork(self._name.value))
        self._name.value = ""

    # --- building -----------------------------------------------------------------------------

    def _make_texts(self) -> None:
        super()._make_texts()
        self._why, self._differences = w.HTML(), w.HTML()
        self._name = w.Text(placeholder="name (optional)", tooltip="Name of the new branch")
        self._name.layout.width = "115px"
        self._predict = w.ToggleButton(
            description="Predict first",
            tooltip="Before groups go to another node, say where to",
            layout=w.Layout(width="auto"),
        )

    def _make_choosers(self, scenario: str) -> None:
        given = [] if self._given is None else [GIVEN]
        self.choosers |= {
            "scenario": chooser(
                "Scenario", [*given, *SCENARIOS], self._guard(self._choose_scenario),
                "Which cluster; choosing begins anew", "225px",
            ),
            "compare": chooser(
                "Compare with", [NOBODY], self._refresh,
                "Show another branch beside this one", "225px",
            ),
            "group": chooser(
                "Group", [], self._guard(self._choose_group), "Which group", "165px"
            ),
            "to": chooser("to", [], lambda: None, "Where Move Group takes it", "140px"),
            "resource": chooser("Resource", [], lambda: None, "Which resource fails", "260px"),
        }  # fmt: skip
        self.choosers["scenario"].value = scenario

    def _make_buttons(self) -> None:
        undo = self._guard(lambda: self.travel(self.branches.undo))
        self.buttons |= {
            "undo": button("Undo", "Take back the last action of this branch", undo),
            "branch": button(
                "New branch", "Begin another course of events here", self._guard(self._fork)
            ),
        }
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
        groups = row(
            pick["group"], box["move"], pick["to"], box["online"], box["offline"],
            pick["resource"], box["fail resource"],
        )  # fmt: skip
        middle = w.VBox([self.picture, self._live_text, self._nodes, groups])
        middle.add_class("clusterlab-main")
        side = w.VBox([self.predictor, self._next_text, self._why])
        side.add_class("clusterlab-side")
        branches = row(
            pick["scenario"], pick["branch"], self._name, box["branch"], pick["compare"],
            self._predict,
        )  # fmt: skip
        time = self._time_row(box["undo"])
        self._arrange(
            branches, time, self.errors, row(middle, side, name="body"), self._tabs,
            branches=branches, time=time, picture=self.picture, nodes=self._nodes,
            groups=groups, news=self._live_text, prediction=self.predictor, predict=self._predict,
            next=self._next_text, why=self._why, tabs=self._tabs, log=self._tabs,
            prompt=self._tabs, **self._nodes.parts,
        )  # fmt: skip

    # --- the figure ---------------------------------------------------------------------------

    def _listen_to_figure(self, figure: LiveFigure) -> None:
        for node, trace in traces_of(figure, NODES).items():
            trace.on_click(when_hit(partial(self._do_to_node, power_event, node)))
        for group, trace in traces_of(figure, CARDS).items():
            trace.on_click(when_hit(self._guard(self._selector(group))))

    def _selector(self, group: str) -> Callable[[], None]:
        def select() -> None:
            self.selected = group

        return select

    def _draw(self, theme: str, width_px: int) -> Any:
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
            selected=self.selected,
        )

    def _still(self) -> dict[str, str]:
        """Return the still picture, in which no group is selected."""
        selected, self.selected = self.selected, ""
        try:
            return super()._still()
        finally:
            self.selected = selected

    def _show_comparison(self) -> None:
        other = self.choosers["compare"].value
        if other in (None, NOBODY):
            self.picture.put_below()
            return
        if self._compared is None:
            self._compared = self._picture_of(self._draw_comparison, FIRST_WIDTH_PX)
            self._compared.remove_class("clusterlab-stage")  # it stands on the stage of the other
        self._compared.show()
        words = comparison_text(*self.branches.comparison(other))
        put(self._differences, value=f"<p>{escape_text(words)}</p>")
        self.picture.put_below(self._compared, self._differences)

    def _draw_comparison(self, theme: str, width_px: int) -> Any:
        pair = self.branches.comparison(self.choosers["compare"].value)
        return comparison_figure(*pair, theme=theme, width_px=width_px)

    # --- showing ------------------------------------------------------------------------------

    def _show_moment(self) -> None:
        self._follow_decisions()
        self._keep_selected()
        self._label_branches()
        self.picture.show()
        self._show_comparison()
        self._explain()
        self._label_groups()
        self._tabs.fill(self.branches, self.selected)

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

    def _label_branches(self) -> None:
        others = [name for name in self.branches.by_name if name != self.simulation.name]
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
        put(self._next_text, value="" if question or branches.held else next_html(due, hint))
        self._tell_news()

    def _tell_news(self) -> None:
        branches = self.branches
        words, is_first = status_words(branches.cluster), not self._said
        at_s, news = branches.moment_s, news_words(self._said, words)
        if is_first:
            at_s, news = latest_news(branches.outcomes)
        if is_first and not news:
            self._announce("Nothing has happened yet.")
        else:
            self._announce(f"At {at_s:.1f} s: {'; '.join(news)}." if news else "")
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

    # --- state --------------------------------------------------------------------------------

    def snapshot(self) -> TimeState:
        """Return branches, moment and choices, to be given to `restore` as often as one likes."""
        state = super().snapshot()
        return state._replace(more=(self.selected, self._decided, state.more))

    def _restore(self, snapshot: TimeState) -> None:
        self.predictor.clear()
        self.selected, self._decided, values = snapshot.more
        super()._restore(snapshot._replace(more=values))
