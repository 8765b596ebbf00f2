"""Playing tours on panels with words of their own: installation, connectors, design and so on.

The words go to a panel that nobody sees, so what a tour says is what a learner will get.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from clusterlab.lab.figures.pictures import cluster_picture
from clusterlab.lab.figures.still import Still, still
from clusterlab.scenario.commands import Command, Scenario
from clusterlab.scenario.running import Player

if TYPE_CHECKING:
    from clusterlab.lab.panels.panel import Panel

_MAKERS: Mapping[str, tuple[str, str]] = {
    "failover": ("failover", "FailoverLab"),
    "administrator": ("administrator", "AdministratorLab"),
    "connectors": ("connectors", "ConnectorLab"),
    "whatif": ("whatif", "WhatIfLab"),
    "installation": ("procedure", "ProcedureLab"),
    "upgrade": ("upgrade", "UpgradeLab"),
    "design": ("design", "DesignLab"),
    "readiness": ("readiness", "ReadinessLab"),
    "availability": ("availability", "AvailabilityLab"),
    "game": ("game", "GameLab"),
}

BUILT = ("site", "lanes")
"""Parts that are drawn for a scene that names no picture: what was built so far."""


def panel_of(scenario: Scenario, *start: Any) -> Panel:
    """Return a new panel of the kind that a tour is about."""
    assert scenario.tour is not None
    module, name = _MAKERS[scenario.tour.panel]
    make: Callable[..., Panel] = getattr(import_module(f"clusterlab.lab.panels.{module}"), name)
    if scenario.tour.panel == "whatif":
        return make(scenario.cluster, kinds=scenario.tour.kinds or ("nodes",))
    return make(*start)


def player_of(scenario: Scenario) -> Player:
    """Return what plays a scenario or a tour."""
    return PanelPlayer(scenario) if scenario.is_of_words else Player(scenario)


def picture_of(player: Player) -> Still | None:
    """Return how things look where a player is; None if its panel draws nothing."""
    if not isinstance(player, PanelPlayer):
        return cluster_picture(player.sim)
    panel = player.panel
    named = [panel.parts[part] for part in (*player.parts, *BUILT) if part in panel.parts]
    pictures = [*(part for part in named if part in panel.pictures), *panel.pictures]
    return still(pictures[0].first(), panel.twin().partition("\n")[0]) if pictures else None


class PanelPlayer(Player):
    """Plays a tour of words on a panel of its own.

    Attributes:
        panel: The panel, which nobody sees.
        parts: What of it the scene shows.
    """

    def __init__(self, scenario: Scenario) -> None:
        super().__init__(scenario)
        self.panel = panel_of(scenario)
        self.parts: tuple[str, ...] = ()

    def obey(self, command: Command) -> None:
        """Do or look at what one command says."""
        if command.verb == "look":
            wanted = command.text.casefold()
            rows = self.panel.looks().splitlines()
            self.lines += [row for row in rows if wanted in row.casefold()] or ["not there"]
        elif command.verb == "show":
            self.parts = command.words
        elif command.verb in ("do", "act"):
            self._act(command.text)
            self.lines += self.panel.came()

    def _act(self, text: str) -> None:
        """Do words of the panel; `until MOMENT`, `until TASK` and lines of cluster.exe too."""
        panel: Any = self.panel
        first, _, rest = text.partition(" ")
        if first not in ("until", "cluster") or not hasattr(panel, "run_line"):
            panel.act(text)
        elif first == "until" and hasattr(panel, "go_to"):
            panel.go_to(float(rest))
        elif first == "until":
            panel.errors.clear()
            panel.show_run(panel.run.do_rest(until=rest))
        else:
            panel.run_line(text)

    def holds(self, goal: Command) -> bool:
        """Return whether the panel says what a goal wants."""
        return goal.is_said_in(self.panel.looks())

    def flush(self) -> None:
        """Print nothing: a panel tells no story."""

    def save(self) -> Any:
        """Return the state of the panel."""
        return self.panel.snapshot()

    def restore(self, saved: Any) -> None:
        """Go back to a state, exactly."""
        self.panel.restore(saved)
