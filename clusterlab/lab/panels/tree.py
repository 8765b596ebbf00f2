"""The tree panel: break one resource of an EVS and see what goes down with it, and what stays.

One or two simulations get the same action at the same moment; their dependency trees stand beside
each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import Any

import ipywidgets as w

from clusterlab.cluster.draft import Change
from clusterlab.cluster.errors import OperationRefused
from clusterlab.cluster.events import BringOnline, Event, InitiateFailure, TakeOffline
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.states import Windows
from clusterlab.exchange.evs import EXCHANGE_2000, exchange_cluster
from clusterlab.lab.figures.drawing import Page, escape_text
from clusterlab.lab.figures.tree import RESOURCES, long_name, tree_figure, tree_text, version_words
from clusterlab.lab.panels.panel import Panel
from clusterlab.lab.panels.parts import put, row, simulation_of
from clusterlab.lab.panels.views import refusal_html
from clusterlab.simulation import Simulation
from clusterlab.studies.prediction import upcoming

FIRST_WIDTH_PX = 1000
PLACES = ("first", "second")
FIRST_CHOICE = "Information Store"  # what is chosen at first, where there is one
_ACTIONS = {"fail": InitiateFailure, "offline": TakeOffline, "online": BringOnline}
"""What each button does to a resource."""


class Side:
    """One of the trees: a sequence of events of its own, and what has happened last.

    What is done here leaves the simulation it was made from as it was.
    """

    def __init__(self, start: Simulation, group: str, label: str) -> None:
        self._start = start
        self.group = group
        self.label = label
        self.start_over()

    def start_over(self) -> None:
        """Go back to where it began."""
        self.simulation = self._start.branch(self._start.name)
        self.begin()

    def begin(self) -> None:
        """Count what has happened from here on."""
        self._seen = len(self.simulation.history)
        self._missing = ""
        self.refusal: OperationRefused | None = None

    @property
    def cluster(self) -> Cluster:
        """The cluster now."""
        return self.simulation.cluster

    def resources(self) -> dict[str, str]:
        """Return the resources by what they are called in the list: by type where that is unique.

        What comes online first stands first.
        """
        members = self.cluster.config.members[self.group]
        kinds = [long_name(resource) for resource in members]
        return {
            kind if kinds.count(kind) == 1 else resource.name: resource.name
            for kind, resource in zip(kinds, members, strict=True)
        }

    def act(self, choose: Callable[[str], Event], label: str) -> None:
        """Do something to the resource called *label*, if there is one and nothing forbids it."""
        name = self.resources().get(label)
        if name is None:
            self._missing = label
            return
        try:
            self.simulation.send(choose(name))
        except OperationRefused as refusal:
            self.refusal = refusal

    def sentence(self) -> str:
        """Return what has just happened here and why."""
        if self.refusal is not None:
            return f"Refused: {self.refusal.message}"
        if self._missing:
            return f"There is no {self._missing} here, so nothing has changed."
        outcomes = self.simulation.history[self._seen :]
        refused = [f"Refused: {item.refusal.message}" for item in outcomes if item.refusal]
        changes = [change for item in outcomes for change in item.changes if self._is_ours(change)]
        if not changes:
            return " ".join(refused) or "Nothing has changed."
        last_s = changes[-1].at_s
        shown = [change for change in changes if change.at_s == last_s]
        head = f"{len(changes)} changes, the last at" if len(shown) < len(changes) else "At"
        return " ".join([f"{head} {last_s:.1f} s:", *self._reasons(shown), *refused])

    def _is_ours(self, change: Change) -> bool:
        members = self.cluster.config.members[self.group]
        ours = {resource.name for resource in members} | {self.group}
        return change.kind == "node" or change.name in ours

    def _reasons(self, changes: Sequence[Change]) -> Iterator[str]:
        """Yield what became of what, and why, once for neighbours with the same reason."""
        labels = {name: label for label, name in self.resources().items()}
        for (new, because), group in groupby(changes, lambda item: (item.new, item.because)):
            names = ", ".join(labels.get(change.name, change.name) for change in group)
            yield f"{names} now {new}: {because}."


class TreeLab(Panel):
    """The dependency tree of an EVS to try things on, or two beside each other.

    What is done in the panel leaves the simulations that it was given as they were.

    Args:
        left: A simulation or a cluster; with nothing given, Exchange 2000 is shown here.
        right: Another one to show beside it; with nothing given, Exchange 2003.
        group: Name of the EVS in each of them.

    Attributes:
        sides: What is shown, left first.
        buttons: "fail", "offline", "online", "next", "end", "start over".
        choosers: "resource": the list of resources, by type.

    Raises:
        ConfigError: If *left* or *right* is something else.
        OperationRefused: If there is no such group.

    Example:
        >>> lab = TreeLab()
        >>> lab.buttons["fail"].click()
        >>> print(lab.sides[1].sentence())
        At 0.0 s: Information Store now Failed: an administrator chose Initiate Failure.
    """

    def __init__(
        self,
        left: Simulation | Cluster | None = None,
        right: Simulation | Cluster | None = None,
        *,
        group: str = "EVS1",
    ) -> None:
        super().__init__()
        given = [item for item in (left, right) if item is not None] or _both_versions()
        self.sides = tuple(_sides([simulation_of(item) for item in given], group))
        self._start_over()
        self._make_controls()
        self.pictures = (self._picture_of(self._draw, FIRST_WIDTH_PX, {RESOURCES: self._choose}),)
        self._lay_out()
        self._is_rendering = False
        self.render()

    @property
    def now_s(self) -> float:
        """The moment shown, simulated seconds; the same on both sides."""
        return max(side.simulation.now_s for side in self.sides)

    def twin(self) -> str:
        """Return in words: time, and the tree of each side in words."""
        trees = [f"{side.label}: {tree_text(side.cluster, side.group)}" for side in self.sides]
        return "\n\n".join([f"TreeLab at t = {self.now_s:.1f} s", *trees])

    @property
    def _still_title(self) -> str:  # type: ignore[override]
        return f"Dependency tree of {self.sides[0].group}"

    def send(self, choose: Callable[[str], Event]) -> None:
        """Do the same, such as `TakeOffline`, to the chosen resource of each side."""
        self._begin()
        for side in self.sides:
            side.act(choose, self.choosers["resource"].value)
        refused = [side for side in self.sides if side.refusal is not None]
        if refused and refused[0].refusal is not None:
            others = [refusal_html(side.refusal) for side in refused[1:] if side.refusal]
            new = [html for html in others if html != refusal_html(refused[0].refusal)]
            notes = "".join(f"<div>{html}</div>" for html in new)
            whose = escape_text(" and ".join(side.label for side in refused))
            self.errors.show(refused[0].refusal, f"{notes}<div>Refused in {whose}.</div>")

    def _begin(self) -> None:
        for side in self.sides:
            side.begin()

    def _next(self) -> None:
        self._begin()
        due = [at_s for side in self.sides if (at_s := side.simulation.next_s()) is not None]
        if due:
            self._meet(min(due))

    def _end(self) -> None:
        self._begin()
        for side in self.sides:
            side.simulation.run()
        self._meet()

    def _meet(self, moment_s: float = 0.0) -> None:
        moment_s = max(moment_s, self.now_s)
        for side in self.sides:
            if side.simulation.now_s < moment_s:
                side.simulation.run(until_s=moment_s)

    def _start_over(self) -> None:
        for side in self.sides:
            side.start_over()
        self._meet()
        self._begin()

    def _make_controls(self) -> None:
        labels = list(dict.fromkeys(label for side in self.sides for label in side.resources()))
        self._add_choosers("tree", resource=labels)
        put(self.choosers["resource"], value=FIRST_CHOICE if FIRST_CHOICE in labels else labels[0])
        acts: dict[str, Callable[[], None]] = {
            "next": self._next, "end": self._end, "start over": self._start_over,
        }  # fmt: skip
        acts = {key: partial(self.send, event) for key, event in _ACTIONS.items()} | acts
        self._add_buttons("tree", acts)
        self._clock = w.HTML().add_class("clusterlab-clock")
        self._news = [w.HTML().add_class("clusterlab-live") for _ in self.sides]
        self._twins = [w.HTML() for _ in self.sides]

    def _lay_out(self) -> None:
        box = self.buttons
        columns = []
        for texts in zip(self._news, self._twins, strict=True):
            columns.append(w.VBox(texts, layout=w.Layout(flex="1 1 340px", min_width="0")))
        acts = row(self.choosers["resource"], box["fail"], box["offline"], box["online"])
        times = row(box["next"], box["end"], box["start over"], self._clock)
        words = row(*columns, name="body")
        self._arrange(
            acts, times, self.errors, self.picture, words,
            resource=acts, time=times, picture=self.picture, words=words,
        )  # fmt: skip

    def _choose(self, resource: str) -> None:
        labels = {name: label for side in self.sides for label, name in side.resources().items()}
        put(self.choosers["resource"], value=labels[resource])

    def _draw(self, page: Page) -> Any:
        first, *others = ((side.cluster, side.group) for side in self.sides)
        beside = others[0] if others else None
        return tree_figure(*first, beside=beside, page=page)

    def _show(self) -> None:
        put(self._clock, value=f"t = {self.now_s:.1f} s")
        self.picture.show()
        for side, news, twin in zip(self.sides, self._news, self._twins, strict=True):
            put(news, value=_news_html(side))
            text = escape_text(tree_text(side.cluster, side.group))
            put(twin, value=f"<details><summary>The tree in words</summary>{text}</details>")

    def snapshot(self) -> Any:
        """Return both sides and the choice, to be given to `restore` as often as one likes."""
        copies = tuple(side.simulation.branch(side.simulation.name) for side in self.sides)
        return copies, super().snapshot()

    def _restore(self, snapshot: Any) -> None:
        sides, values = snapshot
        for side, saved in zip(self.sides, sides, strict=True):
            side.simulation = saved.branch(saved.name)
            side.begin()
        super()._restore(values)


def _sides(simulations: Sequence[Simulation], group: str) -> Iterator[Side]:
    names = [sim.cluster.config.group_name(group) for sim in simulations]
    versions = [
        version_words(sim.cluster, name) or sim.cluster.config.name
        for sim, name in zip(simulations, names, strict=True)
    ]
    for sim, name, version, place in zip(simulations, names, versions, PLACES, strict=False):
        yield Side(sim, name, version if versions.count(version) == 1 else f"{version}, {place}")


def _news_html(side: Side) -> str:
    due = upcoming(side.cluster)
    then = "nothing is pending" if due is None else f"at {due[0]:.1f} s, {due[1]}"
    said = f"<b>{escape_text(side.label)}</b> {escape_text(side.sentence())}"
    return f"{said} <b>Next</b>: {escape_text(then)}."


def _both_versions() -> list[Simulation | Cluster]:
    """Return a cluster of two nodes with one EVS as it was, and as it is with Exchange 2003."""
    old = exchange_cluster(1, 1, version=EXCHANGE_2000, windows=Windows.W2K)
    return [old, exchange_cluster(1, 1)]
