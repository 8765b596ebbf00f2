"""Playing tours on panels with words of their own: installation, connectors, design and so on.

The words go to a panel that nobody sees, so what a tour says is what a learner will get.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clusterlab.cluster.errors import ConfigError, wrong
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

_OF_NO_FILE = frozenset({"readiness", "availability", "game"})

BUILT = ("site", "lanes")
"""Parts that are drawn for a scene that names no picture: what was built so far."""


def panel_of(scenario: Scenario, *start: Any) -> Panel:
    """Return a new panel of the kind that a tour is about."""
    assert scenario.tour is not None
    make = _maker(scenario.tour.panel)
    if scenario.tour.panel == "whatif":
        return make(scenario.cluster, kinds=scenario.tour.kinds or ("nodes",))
    return make(*start)


def open_panel(name: str, file: Path | str | None = None) -> Panel:
    """Return a new panel by its name, such as "whatif", on a client's file if one is named.

    Raises:
        ConfigError: If there is no such panel, or it shows no file; of the file, what is wrong.

    Example:
        >>> open_panel("failover").looks().splitlines()[0]
        'Cluster CL1, main, t = 0.0 s, nothing pending'
    """
    if name not in _MAKERS:
        raise wrong("panel", name, ", ".join(_MAKERS))
    if file is None:
        return _maker(name)()
    if name in _OF_NO_FILE:
        takers = ", ".join(one for one in _MAKERS if one not in _OF_NO_FILE)
        raise ConfigError(f"the panel {name!r} shows no file; leave {file} out, or name {takers}")
    return _maker(name)(Path(file))


def _maker(panel: str) -> Callable[..., Panel]:
    module, name = _MAKERS[panel]
    make: Callable[..., Panel] = getattr(import_module(f"clusterlab.lab.panels.{module}"), name)
    return make


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
    """Plays a tour of words on a panel of its own."""

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
