"""Playing tours on panels with words of their own: installation, connectors, design and so on.

The words go to a panel that nobody sees, so what a tour says is what a learner will get.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clusterlab.cluster.errors import ConfigError, wrong
from clusterlab.cluster.events import SENT
from clusterlab.cluster.model import Cluster
from clusterlab.lab.figures.pictures import cluster_picture
from clusterlab.lab.figures.still import Still, still
from clusterlab.lessons.tasks import beginning, beside, words_of_task
from clusterlab.lessons.trials import a_cluster
from clusterlab.scenario.commands import Command, Scenario, read_scenario
from clusterlab.scenario.running import Player, run_scenario
from clusterlab.simulation import Simulation
from clusterlab.tomlfiles.files import PRESS_AGAIN, check_is_new, read_start, write_text
from clusterlab.tomlfiles.tables import own_table

if TYPE_CHECKING:
    from clusterlab.lab.panels.panel import Panel

_MAKERS: Mapping[str, tuple[str, str, str]] = own_table(
    Path(__file__).parent / "panels" / "makers.toml"
).data
"""For each panel its module, its class, and which attribute answers a task, if one does."""

_OF_NO_FILE = frozenset({"readiness", "game"})

KEPT = "# Written by Keep my answer"
"""How a kept answer begins."""
BUILT = ("site", "lanes")
"""Parts that are drawn for a scene that names no picture: what was built so far."""


def panel_of(scenario: Scenario, *start: Any) -> Panel:
    """Return a new panel of the kind that a tour is about."""
    assert scenario.tour is not None
    make = _maker(scenario.tour.panel)
    if scenario.tour.panel == "whatif":
        return make(scenario.cluster, kinds=scenario.tour.kinds or ("nodes",))
    if scenario.task and not start and (begun := beginning(scenario.task)) is not ...:
        is_run = _MAKERS[scenario.tour.panel][2] == "run"
        return make(begun, mode="free") if is_run else make(begun)
    return make(*(start or scenario.begin))


def open_panel(name: str, file: Path | str | None = None) -> Panel:
    """Return a new panel by its name, such as "whatif", on a client's file if one is named.

    Raises:
        ConfigError: If there is no such panel, or it shows no file; of the file, what is wrong.

    Example:
        >>> open_panel("failover").looks().splitlines()[0]
        'CL1 at t = 0.0 s, branch main: NODE1 Up, NODE2 Up, NODE3 Up, NODE4 Up'
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
    module, name, _ = _MAKERS[panel]
    make: Callable[..., Panel] = getattr(import_module(f"clusterlab.lab.panels.{module}"), name)
    return make


def player_of(scenario: Scenario) -> Player:
    """Return what plays a scenario or a tour."""
    return PanelPlayer(scenario) if scenario.is_of_words else Player(scenario)


def answer_of(panel: Any, scenario: Scenario) -> Any:
    """Return what a panel has to say to the task that a scenario is about."""
    assert scenario.tour is not None
    if scenario.is_of_words:
        return attrgetter(_MAKERS[scenario.tour.panel][2])(panel)
    return panel.branches.shown.branch("answer", panel.branches.moment_s)


def kept(task: str) -> Any:
    """Return the answer to a task that was kept beside the notebook, replayed.

    Returns:
        A simulation, a run or what else the task asks for; if nothing is kept, what the task
        begins with, to act on by code; `...` if there is no such thing.

    Raises:
        ConfigError: If there is no such task, or the file cannot be replayed.

    Example:
        >>> kept("02.2").state("EVS2").value
        'Failed'
    """
    words_of_task(task)
    file = beside(task, f"{task}.txt")
    if file is None or not file.is_file():
        return beginning(task)
    return replayed(read_scenario(file))


def replayed(scenario: Scenario) -> Any:
    """Return the answer to a task that comes out of the deeds of a scenario."""
    player = player_of(scenario)
    run_scenario(scenario, player)
    return answer_of(player.panel, scenario) if isinstance(player, PanelPlayer) else player.sim


def keep(task: str, deeds: Iterable[str], answer: Any) -> Path:
    """Write the deeds that led to an answer beside the notebook, and return the file.

    Raises:
        ConfigError: If Python works elsewhere, the deeds do not lead to *answer* once more, or a
            file stands there that was not kept so.
    """
    file = beside(task, f"{task}.txt")
    if file is None:
        raise ConfigError(
            f"an answer is kept beside its notebook, and {Path.cwd().name} is not the folder of "
            f"the exercise of task {task}; open that notebook and do it there"
        )
    is_kept = file.is_file() and read_start(file, len(KEPT)) == KEPT.encode()
    check_is_new(file, force=is_kept, remedy=PRESS_AGAIN)
    text = "\n".join((f"{KEPT}; nbgrader replays it.\ntask {task}", *deeds, ""))
    again = replayed(read_scenario(text))
    if _compared(again) != _compared(answer):
        raise ConfigError(f"these deeds cannot be kept as lines; do task {task} by code instead")
    write_text(file, text)
    return file


def as_text(task: str, answer: object) -> str:
    """Return an answer as text of values and deeds, which `exercises/nbgrader_config.py` repeats.

    Example:
        >>> as_text("02.1", {"EVS1": "NODE4"})
        "{'EVS1': 'NODE4'}"
    """
    from clusterlab.clusterfiles import cluster_toml
    from clusterlab.design.game import Year
    from clusterlab.procedures.run import Run

    match answer, beginning(task):
        case Simulation(), Simulation() as begun:
            done = [  # with the moment, if time has passed since the deed before
                (None if isinstance(before.event, SENT) else after.cluster.now_s, after.event)
                for before, after in pairwise(answer.since(len(begun.history) - 1))
                if isinstance(after.event, SENT)
            ]
            text = f"simulation({task!r}, {done!r}, {answer.now_s!r})"
        case Run(), _:
            return f"run({answer.to_json()!r})"
        case Year(terms=terms, seed=seed), _:
            text = f"year({terms!r}, {seed!r}, {[one.policy for one in answer.quarters]!r})"
        case ((Cluster() | Simulation()), _):
            return f"cluster({cluster_toml(a_cluster(task, answer))!r})"
        case str(), _:
            return repr(answer)
        case _:
            text = repr(dict(answer) if isinstance(answer, Mapping) else answer)
    return re.sub(r"<(\w+)\.\w+: ('[\w ]+'|\d+)>", r"\1(\2)", text)  # members of an Enum


def _compared(answer: Any) -> Any:
    return answer.cluster if isinstance(answer, Simulation) else getattr(answer, "entries", answer)


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
