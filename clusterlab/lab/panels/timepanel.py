"""A panel of a cluster in time: branches, a player, a slider, nodes to fail, tabs of what happened.

`FailoverLab` and `ConnectorLab` differ in their picture, in what changes next, and in what stands
beside.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from math import ceil
from threading import RLock
from typing import Any

import ipywidgets as w

from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.events import Event
from clusterlab.cluster.invariants import lamps
from clusterlab.cluster.model import Cluster
from clusterlab.clusterexe.lines import read_line, return_s
from clusterlab.clusterexe.services import refusal_text
from clusterlab.exchange.exres import EXCHANGE_LAMPS
from clusterlab.lab.figures.drawing import escape_text
from clusterlab.lab.panels import views
from clusterlab.lab.panels.branches import Branches, outages_of
from clusterlab.lab.panels.controls import NodeControls
from clusterlab.lab.panels.deeds import candidates, read_deed, words_of
from clusterlab.lab.panels.panel import Panel
from clusterlab.lab.panels.parts import Prompt, button, put, row, set_options
from clusterlab.lab.panels.playing import Playing
from clusterlab.simulation import Simulation

SPEEDS = {f"{seconds} s per second": float(seconds) for seconds in (1, 10, 60)}
"""Simulated seconds per second, by what stands in the dropdown."""
SHORT_AXIS_S, LONG_AXIS_S = 60.0, 300.0
"""Steps in which the time axis grows, below and above the longer of the two."""
AHEAD = 1.2
"""The slider ends at least this far beyond the moment, so that there is something to drag to."""
SHORTEST_SLIDER_S = 64.0
STEP_S = 0.125


def horizon_s(moment_s: float) -> float:
    """Return the round figure at which the time axis ends, so that it rarely changes.

    Example:
        >>> [horizon_s(moment_s) for moment_s in (0, 60, 175.2, 3960.9)]
        [60.0, 60.0, 180.0, 4200.0]
    """
    step_s = SHORT_AXIS_S if moment_s <= LONG_AXIS_S else LONG_AXIS_S
    return max(ceil(moment_s / step_s) * step_s, SHORT_AXIS_S)


def _slider_end_s(moment_s: float) -> float:
    end_s = SHORTEST_SLIDER_S
    while end_s < AHEAD * moment_s:
        end_s *= 2
    return end_s


ENDS = ("to start", "back", "forward", "to end")
TIMES = (*ENDS[:2], "play", *ENDS[2:])  # the buttons of time, in their order
PLAY, PAUSE = "▶ Play", "❚❚ Pause"
PLAY_TIP = "Let time pass, or stop it (Space)"
VIEWS: Mapping[str, Callable[[Branches, str], str]] = {
    "Event log": lambda shown, group: views.log_html(shown.outcomes),
    "Groups": lambda shown, group: views.groups_html(shown.cluster, outages_of(shown.spans())),
    "Resources": lambda shown, group: views.resources_html(shown.outcomes, group),
    "Events in words": lambda shown, group: views.story_html(shown.outcomes),
    "cluster.exe": lambda shown, group: views.commands_html(shown.outcomes),
    "Self-check": lambda shown, group: views.lamps_html(lamps(shown.cluster, EXCHANGE_LAMPS)),
}
"""What each tab shows of the moment shown and the group selected, in order."""
TIMED = "Groups"  # the tab that changes with every second, not only with events


class ClusterPanel(Panel):
    """A panel of branches, alone or beside another one that shows the same."""

    told: Collection[str] = ()
    """Buttons that are deeds of their own; the others make events, and these are told."""

    def __init__(self, branches: Branches, turn: RLock | None = None) -> None:
        super().__init__(turn)
        self.branches = branches
        self.branches.watchers.append(lambda: self.render())  # noqa: PLW0108 - looked up late
        self.branches.observers.append(self._deeds.append)
        self._refusals: tuple[object, dict[Event, OperationRefused | None]] = (None, {})

    @property
    def simulation(self) -> Simulation:
        """The branch that is shown."""
        return self.branches.shown

    def send(self, event: Event) -> None:
        """Let *event* happen at the moment shown; what goes wrong is shown in `errors`."""

    # --- deeds --------------------------------------------------------------------------------

    def acts(self) -> tuple[str, ...]:
        """Return names in words of what can be done now: buttons, choices, and events."""
        cluster = self.branches.cluster
        return (
            *super().acts(),
            *(words_of(event, cluster.config) for event in candidates(cluster)
              if self.refusal_of(event) is None),
        )  # fmt: skip

    def act(self, words: str) -> None:
        """Do one of `acts()`, any command of a scenario file, or a line of cluster.exe."""
        name = words.strip().removeprefix("set ").partition("=")[0].strip()
        if self._deed_of(words.strip()) or name in self._fields():
            super().act(words)
        else:
            self.send(read_deed(words, self.branches.cluster))

    def _deed_of(self, key: str) -> str:
        return key if key in self.told and key in self.buttons else ""

    def refusal_of(self, event: Event) -> OperationRefused | None:
        """Return why the product would refuse *event* now, or None; kept while nothing happens."""
        branches = self.branches
        key = (branches.shown, len(branches.outcomes))
        if self._refusals[0] != key:
            self._refusals = (key, {})
        known = self._refusals[1]
        if event not in known:
            known[event] = branches.refusal_of(event)
        return known[event]

    def render(self) -> None:
        """Show the moment of the branch, then tell of what was done to the cluster."""
        if not self._is_rendering:
            self.branches.notice()
        super().render()

    def _changed(self) -> None:
        """Show what was changed, here and in every panel beside."""
        self.branches.tell()

    # --- state --------------------------------------------------------------------------------

    def snapshot(self) -> Any:
        """Return branches, moment and choices, to be given to `restore` as often as one likes."""
        return self.branches.saved(), super().snapshot()

    def _restore(self, snapshot: Any) -> None:
        branches, more = snapshot
        self.branches.restore(branches)
        super()._restore(more)


class TimePanel(ClusterPanel):
    """A panel of branches with everything that shows and moves time, and nodes to fail."""

    _nothing_to_play = "Nothing to play yet: pull a plug"  # why Play is off
    told: Collection[str] = (*TIMES, "undo", "branch")

    def __init__(self, simulation: Simulation) -> None:
        super().__init__(Branches(simulation))
        self._player = Playing(
            self._advance,
            lambda: self._has_more() and not self._is_waiting(),
            self._keys.painted,
            self._play_failed,
        )
        self._is_step = False
        self._make_texts()
        self._make_times()

    # --- what a panel of time says ------------------------------------------------------------

    def _next(self) -> tuple[float, str] | None:
        return self.branches.next()

    def _has_more(self) -> bool:
        """Return whether anything would be seen to change if time passed."""
        return self.branches.is_past or self._next() is not None

    def _is_waiting(self) -> bool:
        """Return whether playing only waits for somebody, and then goes on."""
        return bool(self.branches.held)

    def _build(self) -> None:
        """Build what has a part for each node and group, and lay out the panel."""

    # --- what happens -------------------------------------------------------------------------

    def send(self, event: Event) -> None:
        """Let *event* happen at the moment shown; what goes wrong is shown in `errors`."""
        with self.errors:
            try:
                self._ask(event)
            except OperationRefused as refusal:
                line, path = views.command_cells(event, self.branches.cluster.config)
                self.errors.show(refusal, f"<div>{line} ({path})</div>")
            self._changed()

    def _ask(self, event: Event) -> None:
        """Let *event* happen, unless a question comes first."""
        self.do(event)

    def do(self, event: Event) -> None:
        """Let *event* happen at the moment shown; a panel beside this one shows what goes wrong."""
        self.branches.send(event)
        self._player.wake()

    def _do_to_node(self, choose: Callable[[Cluster, str], Event], node: str) -> None:
        self.send(choose(self.branches.cluster, node))

    def run_line(self, line: str) -> str:
        """Do what a line of cluster.exe says at the moment shown, and return what it prints.

        The event takes the way of a click; then time passes until the prompt would return.
        """
        with self.errors.turn:
            try:
                order = read_line(self.branches.cluster, line)
            except OperationRefused as refusal:
                return refusal_text(refusal)
            if order.event is not None:
                self.send(order.event)
                caught = self.errors.caught
                if isinstance(caught, OperationRefused | ConfigError):
                    return refusal_text(caught)
                if caught is not None or self._open_question():
                    return self.errors.text or self._open_question()
                self.branches.go_to(return_s(self.branches.cluster, order))
                self._changed()
            return order.answer(self.branches.cluster)

    def _open_question(self) -> str:
        """Return why an event has not happened yet, or ""."""
        return ""

    # --- time ---------------------------------------------------------------------------------

    def go_to(self, moment_s: float) -> None:
        """Show another moment; time that has not passed yet passes."""
        with self.errors:
            self.branches.go_to(float(moment_s))
            self._changed()

    def travel(self, move: Callable[[], None]) -> None:
        """Go to another moment, as *move* of `branches` does."""
        move()
        self._player.wake()

    def _step(self, move: Callable[[], None]) -> None:
        """Travel by a button, which is announced even if nothing is new there."""
        self._is_step = True
        self.travel(move)

    def _drag(self) -> None:
        self.travel(lambda: self.branches.go_to(self._slider.value))

    def _moves(self) -> dict[str, Callable[[], None]]:
        branches = self.branches
        moves = (branches.to_start, branches.back, branches.forward, branches.to_end)
        return dict(zip(ENDS, moves, strict=True))

    def _toggle_play(self) -> None:
        if self._player.is_on:
            self._player.stop()
        elif self._has_more():
            self._player.start()
        else:
            raise ConfigError(self._nothing_to_play)

    def _advance(self, seconds: float) -> None:
        """Let time pass while playing; with nothing left to come, playing ends."""
        with self.errors.turn:
            if self._is_waiting():
                return
            speed = SPEEDS[self.choosers["speed"].value]
            self.branches.go_to(self.branches.moment_s + seconds * speed)
            if not self._has_more():
                self._end_play()
            self.render()

    def _end_play(self) -> None:
        self._player.stop()

    def _play_failed(self, error: Exception) -> None:
        self.errors.show(error)
        put(self.buttons["play"], description=PLAY)

    # --- branches -----------------------------------------------------------------------------

    def _fork(self) -> None:
        self.travel(self.branches.fork)

    def _choose_branch(self) -> None:
        self.travel(lambda: self.branches.choose(self.choosers["branch"].value))

    # --- building -----------------------------------------------------------------------------

    def _make_texts(self) -> None:
        self._clock = w.HTML().add_class("clusterlab-clock")
        self._live_text, self._next_text = w.HTML().add_class("clusterlab-live"), w.HTML()
        self._prompt = Prompt(self.run_line)
        pages = [self._prompt if title == "cluster.exe" else w.HTML() for title in VIEWS]
        self._tabs = w.Tab(pages, titles=tuple(VIEWS), selected_index=0)
        self._filled: object = None
        self._tabs.observe(self._refresh, names="selected_index")
        self._slider = w.FloatSlider(
            min=0, max=SHORTEST_SLIDER_S, step=STEP_S, readout=False,
            tooltip="Moment shown: drag back and forth", layout=w.Layout(width="auto"),
        )  # fmt: skip
        self._slider.add_class("clusterlab-slider")
        dragged = self._guard(self._drag)
        self._slider.observe(lambda _: dragged(), names="value")
        self._keys.on_line(self._prompt.enter)

    def _make_times(self) -> None:
        steps = {key: partial(self._step, act) for key, act in self._moves().items()}
        self._add_buttons("time", steps)
        self.buttons["play"] = button(PLAY, "", self._guard(self._toggle_play), "clusterlab-play")
        self._add_choosers("time", self._choose_branch, branch=[])
        self._add_choosers("time", speed=SPEEDS)
        self.choosers["speed"].observe(self._refresh, names="value")
        self.choosers["speed"].value = "10 s per second"

    def _time_row(self, *more: w.Widget) -> w.Box:
        times = [self.buttons[key] for key in TIMES]
        return row(*times, self.choosers["speed"], *more)

    def _make_nodes(self) -> None:
        self._built_for = _names(self.branches.cluster)
        self._nodes = NodeControls(self.branches.cluster, self._do_to_node)
        self.buttons |= self._nodes.buttons

    # --- showing ------------------------------------------------------------------------------

    def _show(self) -> None:
        if _names(self.branches.cluster) != self._built_for:
            self._build()
        self._show_moment()
        self._label_time()
        self._nodes.label(self.branches.cluster, self.refusal_of)
        self._is_step = False

    def _show_moment(self) -> None:
        """Show what the panel says of the moment, besides time and nodes."""

    def _fill_tab(self, group: str) -> None:
        """Fill the tab in front, if what it shows of the moment and a group has changed."""
        index, branches = self._tabs.selected_index, self.branches
        title = self._tabs.titles[index or 0]
        key = (title, branches.shown.name, len(branches.outcomes), group)
        if index is not None and (key != self._filled or title == TIMED):
            self._filled = key
            put(self._tabs.children[index], value=VIEWS[title](branches, group))

    def _label_time(self) -> None:
        branches = self.branches
        is_on = self._player.is_on
        can_play = is_on or self._has_more()
        self._show_slider(branches.moment_s, branches.shown.now_s)
        put(self._clock, value=f"t = {branches.moment_s:.1f} s")
        put(
            self.buttons["play"],
            description=PAUSE if is_on else PLAY,
            disabled=not can_play,
            tooltip=PLAY_TIP if can_play else self._nothing_to_play,
        )
        set_options(self.choosers["branch"], list(branches.by_name), branches.shown.name)

    def _show_slider(self, moment_s: float, known_s: float) -> None:
        """Put the handle on a moment; what happens is known until *known_s*, simulated seconds.

        A page tells back where it has put the handle wherever that is not exactly where it was
        told to put it, as if somebody had dragged it there; a page that is late takes the panel
        back in time so. Therefore the slider has steps of an eighth of a second and ends at a power
        of two, with which a page reckons without rounding, and the handle never has to stand
        beyond the end, not even between two messages.
        """
        end_s, at_s = _slider_end_s(max(moment_s, known_s)), round(moment_s / STEP_S) * STEP_S
        put(self._slider, max=max(end_s, self._slider.max))
        put(self._slider, value=at_s)
        put(self._slider, max=end_s)

    def _announce(self, news: str) -> None:
        """Say in the live region what is new; after a step also that nothing is."""
        at = f"At {self.branches.moment_s:.1f} s"
        if self._is_step and not news:
            due = self._next()
            ahead = f"next at {due[0]:.1f} s: {due[1]}" if due else "nothing is pending"
            news = f"{at}: nothing new to see; {ahead}."
        if news:
            put(self._live_text, value=escape_text(news))

    # --- state --------------------------------------------------------------------------------

    def _restore(self, snapshot: Any) -> None:
        self._player.stop()
        self.branches.restore(snapshot[0])
        self._build()
        self._show()
        super()._restore(snapshot)


def _names(cluster: Cluster) -> tuple[frozenset[str], ...]:
    config = cluster.config
    return frozenset(config.nodes_by_name), frozenset(config.groups_by_name)
