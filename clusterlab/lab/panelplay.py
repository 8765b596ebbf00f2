"""Playing tours on panels that have words of their own: installation, upgrade, what-if, design.

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
}


def panel_of(scenario: Scenario, *start: Any) -> Panel:
    """Return a new panel of the kind that a tour is about."""
    assert scenario.tour is not None
    module, name = _MAKERS[scenario.tour.panel]
    make: Callable[..., Panel] = getattr(import_module(f"clusterlab.lab.panels.{module}"), name)
    return make(*start)


def player_of(scenario: Scenario) -> Player:
    """Return what plays a scenario or a tour."""
    return PanelPlayer(scenario) if scenario.is_of_words else Player(scenario)


def picture_of(player: Player) -> Still | None:
    """Return how things look where a player is; None if its panel draws nothing."""
    if not isinstance(player, PanelPlayer):
        return cluster_picture(player.sim)
    pictures = player.panel.pictures
    title = player.panel.twin().partition("\n")[0]
    return still(pictures[0].first(), title) if pictures else None


class PanelPlayer(Player):
    """Plays a tour of words on a panel of its own.

    Attributes:
        panel: The panel, which nobody sees.
    """

    def __init__(self, scenario: Scenario) -> None:
        super().__init__(scenario)
        self.panel = panel_of(scenario)

    def obey(self, command: Command) -> None:
        """Do or look at what one command says."""
        if command.verb == "look":
            wanted = command.text.casefold()
            rows = self.panel.twin().splitlines()
            self.lines += [row for row in rows if wanted in row.casefold()] or ["not there"]
        elif command.verb in ("do", "act"):
            self.panel.act(command.text)
            if self.panel.errors.caught is not None:
                self.lines.append(self.panel.errors.text)

    def flush(self) -> None:
        """Print nothing: a panel tells no story."""

    def save(self) -> Any:
        """Return the state of the panel."""
        return self.panel.snapshot()

    def restore(self, saved: Any) -> None:
        """Go back to a state, exactly."""
        self.panel.restore(saved)
