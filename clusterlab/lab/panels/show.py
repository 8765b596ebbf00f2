"""The tours of a lesson for a room that looks on: one screen, large, turned by Page Down and Up.

Each tour is the tour panel as learners have it; this turns from one tour to the next and adds what
a presenter needs: a black screen, a pointer that enlarges, a line that says the keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import ipywidgets as w

from clusterlab.clients import ANY, Client, plan_there, planned_cluster, read_client
from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.model import Cluster
from clusterlab.design.requirements import Requirements
from clusterlab.lab.panelplay import player_of
from clusterlab.lab.panels.panel import Panel
from clusterlab.lab.panels.parts import Script, put
from clusterlab.lab.panels.tour import TourLab
from clusterlab.lab.panels.upgrade import UPGRADES, paths_for, works_for
from clusterlab.lessons import tour_file, tours_of
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.run import Run
from clusterlab.scenario.clients import SAY, on_client
from clusterlab.scenario.commands import Scenario, read_scenario

OF_CLIENTS = "02, 05, 09, 12"  # lessons that can be shown on a client's cluster
TWICE = "mailboxes=20000"  # what lesson 12 asks for, a good twice its 9,000


class Show(Panel):
    """Tours, one after the other, on a page of their own; `lab` is the panel of the one shown."""

    styles = ("tour.css", "show.css")

    def __init__(self, tours: Sequence[Scenario]) -> None:
        super().__init__()
        self.tours, self.index = tuple(tours), 0
        self._frame = w.VBox().add_class("clusterlab-show-frame")
        self.add_class("clusterlab-show")
        self._open()
        self._arrange(self.errors, self._frame, Script("show.js"))
        self._is_rendering = False

    def twin(self) -> str:
        """Return which tours these are; their stories are played only as they are shown."""
        titles = (one.tour.title for one in self.tours if one.tour)
        return "\n".join(("Tours, one after the other:", *titles))

    def _still(self) -> dict[str, str]:
        return {}  # nobody reads this page without a kernel

    def _inner(self) -> tuple[Panel, ...]:
        return (self.lab,)

    def _turn(self, lab: TourLab, step: int) -> bool:
        """Go to the next tour or to the end of the one before; return whether there is one.

        A key may still reach a tour that has been turned over; it is not heard twice.
        """
        if lab is not self.lab:
            return True
        if not 0 <= self.index + step < len(self.tours):
            return False
        self.index += step
        self._open()
        if step < 0:
            last = self.lab.play.count - 1
            self.lab._go(lambda: self.lab.play.go_to(last))
        return True

    def _open(self) -> None:
        self.lab = TourLab(self.tours[self.index])
        self.lab.turn = partial(self._turn, self.lab)
        for one in (self.lab.stage, *self.lab.stage.pictures):
            one.is_low = True
        self.lab.stage.render()
        put(self._frame, children=(self.lab,))


def show(lesson: str, file: Path | str | None = None) -> Show:
    """Return the tours of a lesson, such as "02", for a room that looks on.

    A *file* is a client's file or folder with listings, on which they are then played.

    Raises:
        ConfigError: If there is no such lesson, or it shows no file; of the file, what is wrong.

    Example:
        >>> show("02").lab.play.title
        'Three active, one passive'
    """
    tours = [read_scenario(tour_file(name)) for name in tours_of(lesson)]
    if file is None:
        return Show(tours)
    if lesson not in OF_CLIENTS.split(", "):
        raise ConfigError(f"lesson {lesson} shows no file; leave {file} out, or name {OF_CLIENTS}")
    client = read_client(file, ANY)
    own = [one for one in tours if client.wanted or _panel(one) != "design"]
    others = (one.tour.title for one in tours if one not in own and one.tour)
    also = [SAY["other_tour"].format(title=title) for title in others]
    return Show([_on_client(one, client, also * (one is own[0])) for one in own])


def _panel(tour: Scenario) -> str:
    return tour.tour.panel if tour.tour else ""


def _on_client(tour: Scenario, client: Client, also: Sequence[str]) -> Scenario:
    """Return a tour on what a client's file says: the cluster, the requirements, or the upgrade."""
    cluster, panel = client.cluster, _panel(tour)
    if panel == "design" and client.wanted is not None:
        begin, needs = (client.wanted,), client.wanted.requirements
        is_alike = needs == Requirements(mailboxes=9000)
        more = {} if is_alike else {TWICE: f"mailboxes={2 * needs.mailboxes}"}
        of_design = replace(tour, cluster=cluster, begin=begin)
        return on_client(of_design, cluster, player_of, also, more=more, is_alike=is_alike)
    if panel != "upgrade":
        return on_client(tour, cluster, player_of, also)
    plan, text = plan_there(client), "\n".join(one.text for block in tour.blocks for one in block)
    labels = [name for name in UPGRADES if name in text]
    plans = [*(UPGRADES[name]().plan for name in labels), Plan.standard(nodes=2, evs=1)]
    ours = min(plans, key=lambda one: abs(len(one.nodes) - len(plan.nodes)))
    words = paths_for(plan)
    more = {name: words.get(name, "") for name in labels}
    of_upgrade = replace(tour, cluster=_before(ours), begin=(plan,))
    return on_client(of_upgrade, _before(plan), player_of, also, more=more)


def _before(plan: Plan) -> Cluster:
    """Return the cluster with which the first path of a plan begins."""
    return Run(next(iter(works_for(plan).values()))()).cluster or planned_cluster(plan)
