"""Sequences of events by name, and the moment that is shown: what time travel in a panel means.

It decides that acting in the past makes a branch instead of destroying the future. It draws
nothing and knows no widget.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence

from clusterlab.cluster.draft import Outcome
from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.events import Event
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.outages import Outage, Span, outage_of, service_part
from clusterlab.lab.panels.deeds import Deed, words_of
from clusterlab.simulation import Simulation
from clusterlab.studies.prediction import upcoming

Saved = tuple[tuple[Simulation, ...], str, float, str]
"""Branches as they were: copies that nothing changes, which was shown, when, and why held."""


class Branches:
    """Several simulations of one cluster, one of them shown at one moment.

    Between two events nothing changes, so the moment shown may lie behind the last event without
    anything being written into the history.

    Attributes:
        by_name: Every branch by its name; none is ever lost.
        shown: The branch on screen.
        moment_s: The moment on screen, simulated seconds.
        held: Why nothing may happen and no time may pass now, or ""; opening another simulation
            ends it.
        watchers: Called by `tell`; each panel that shows these branches adds how it is shown.
        observers: Told of each request and each failure, also of those that were refused.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> from clusterlab.cluster.events import NodeFailed
        >>> branches = Branches(Simulation(exchange_cluster()))
        >>> branches.send(NodeFailed("NODE3"))
        >>> branches.to_end()
        >>> branches.go_to(42.0)
        >>> branches.send(NodeFailed("NODE4"))
        >>> list(branches.by_name)
        ['main', 'main, from 42.0 s']
    """

    def __init__(self, simulation: Simulation) -> None:
        self.watchers: list[Callable[[], None]] = []
        self.observers: list[Callable[[Deed], None]] = []
        self.open(simulation)

    def open(self, simulation: Simulation) -> None:
        """Show another simulation as it is now, with no other branch; watchers stay."""
        self.by_name = {simulation.name: simulation}
        self.shown = simulation
        self.moment_s = simulation.now_s
        self.held = ""
        self._seen = len(simulation.history)

    def check_free(self) -> None:
        """Refuse to go on while the picture is held."""
        if self.held:
            raise ConfigError(self.held)

    @property
    def cluster(self) -> Cluster:
        """The cluster at the moment shown."""
        return self.shown.at(self.moment_s)

    @property
    def is_past(self) -> bool:
        """Whether the branch goes on after the moment shown."""
        return self.moment_s < self.shown.now_s

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """What each event did until the moment shown."""
        return self.shown.history[: self._count(self.moment_s)]

    def _count(self, moment_s: float) -> int:
        history = self.shown.history
        return max(1, bisect_right(history, moment_s, key=lambda item: item.cluster.now_s))

    def spans(self) -> dict[str, tuple[Span, ...]]:
        """Return for each group but the Cluster Group what its clients saw until this moment."""
        return spans_until(self.shown, self.moment_s)

    def next(self) -> tuple[float, str] | None:
        """Return when the next thing happens and what it is, also an action of the past."""
        due = upcoming(self.cluster)
        later = self.shown.history[self._count(self.moment_s) :]
        done = later[0].event if later else None
        if done is not None and (due is None or later[0].cluster.now_s < due[0]):
            return later[0].cluster.now_s, f"{done.in_words()} (done then on this timeline)"
        return due

    def go_to(self, moment_s: float) -> None:
        """Show another moment; time that has not passed yet passes."""
        self.check_free()
        moment_s = max(round(moment_s, 3), self.start_s)
        while (next_s := self.shown.next_s()) is not None and next_s <= moment_s:
            self.shown.step()
        self._show(moment_s)

    @property
    def start_s(self) -> float:
        """When the branch begins."""
        return self.shown.history[0].cluster.now_s

    def forward(self) -> None:
        """Go on to the next moment at which anything happens; stay if nothing does."""
        later = self.shown.history[self._count(self.moment_s) :]
        next_s = later[0].cluster.now_s if later else self.shown.next_s()
        if next_s is not None:
            self.go_to(next_s)

    def back(self) -> None:
        """Go back to the moment before this one at which anything happened."""
        self.check_free()
        earlier = [item.cluster.now_s for item in self.outcomes]
        self._show(max((at for at in earlier if at < self.moment_s), default=self.start_s))

    def to_start(self) -> None:
        """Go back to the start."""
        self.check_free()
        self._show(self.start_s)

    def to_end(self) -> None:
        """Go on until nothing is pending."""
        self.check_free()
        self.shown.run()
        self._show(max(self.moment_s, self.shown.now_s))

    def _show(self, moment_s: float) -> None:
        self.moment_s = moment_s
        self._seen = len(self.shown.history)

    def tell(self) -> None:
        """Let every panel show what is on screen now."""
        self.notice()
        for watcher in self.watchers:
            watcher()

    def notice(self) -> None:
        """Follow what was done to the branch from outside, in a cell of the notebook."""
        if len(self.shown.history) != self._seen:
            self._show(self.shown.now_s)

    def send(self, event: Event) -> None:
        """Let *event* happen at the moment shown, on a new branch if that has passed.

        Raises:
            OperationRefused: If the product would refuse it; then there is no new branch.
        """
        self.check_free()
        config = self.cluster.config
        try:
            self._send(event)
        except OperationRefused as refusal:
            self.report(Deed(words_of(event, config), event, refusal))
            raise
        self.report(Deed(words_of(event, config), event))

    def report(self, deed: Deed) -> None:
        """Let every observer know what was asked for, and whether it was refused."""
        for observer in self.observers:
            observer(deed)

    def _send(self, event: Event) -> None:
        target = self.shown
        if self.is_past:
            target = self.shown.branch(self._free_name(self._name_of_now()), self.moment_s)
        elif target.now_s < self.moment_s:
            target.run(until_s=self.moment_s)
        target.send(event)
        self.by_name[target.name] = self.shown = target
        self._show(target.now_s)

    def try_out(self, *events: Event) -> None:
        """Let *events* happen at the moment shown on a branch that nobody sees."""
        trial = self.shown.branch("rehearsal", self.moment_s)
        for event in events:
            trial.send(event)

    def refusal_of(self, event: Event) -> OperationRefused | None:
        """Return why the product would refuse *event* at the moment shown, or None."""
        try:
            self.try_out(event)
        except OperationRefused as refusal:
            return refusal
        return None

    def undo(self) -> None:
        """Take back the last thing that was done on this branch."""
        self.check_free()
        self.shown.undo()
        self._show(self.shown.now_s)

    def fork(self, name: str = "") -> None:
        """Begin a branch at the moment shown and show it."""
        self.check_free()
        name = name.strip() or self._free_name(self._name_of_now())
        if name in self.by_name:
            raise ConfigError(f"there is a timeline {name!r} already; choose it, or another name")
        if self.shown.now_s < self.moment_s:
            self.shown.run(until_s=self.moment_s)
        self.shown = self.by_name[name] = self.shown.branch(name, self.moment_s)
        self._show(self.shown.now_s)

    def choose(self, name: str) -> None:
        """Show another branch at the same moment, or at its end if it is not that far yet."""
        self.check_free()
        moment_s = self.moment_s
        self.shown = self.by_name[name]
        is_quiet = self.shown.next_s() is None
        self._show(moment_s if is_quiet else min(moment_s, self.shown.now_s))

    def _name_of_now(self) -> str:
        root = self.shown.name.split(", from ")[0]
        return f"{root}, from {self.moment_s:.1f} s"

    def _free_name(self, name: str) -> str:
        number, free = 1, name
        while free in self.by_name:
            number += 1
            free = f"{name} ({number})"
        return free

    def saved(self) -> Saved:
        """Return all branches and the moment shown, to be given to `restore`."""
        kept = tuple(branch.branch(name) for name, branch in self.by_name.items())
        return kept, self.shown.name, self.moment_s, self.held

    def restore(self, saved: Saved) -> None:
        """Show what was saved; the simulations are copies, those of now stay as they are."""
        branches, shown, moment_s, self.held = saved
        self.by_name = {branch.name: branch.branch(branch.name) for branch in branches}
        self.shown = self.by_name[shown]
        self._show(moment_s)

    def comparison(
        self, other: str
    ) -> tuple[tuple[str, Mapping[str, Sequence[Span]]], tuple[str, Mapping[str, Sequence[Span]]]]:
        """Return short names and spans of this branch and another, as far as both are known."""
        pair = (self.shown, self.by_name[other])
        known = [branch.now_s for branch in pair if branch.next_s() is not None]
        until_s = min(known, default=max(self.moment_s, *(branch.now_s for branch in pair)))
        left, right = (
            (branch.name.split(", ")[-1], spans_until(branch, until_s)) for branch in pair
        )
        return left, right


def spans_until(simulation: Simulation, moment_s: float) -> dict[str, tuple[Span, ...]]:
    """Return the spans of each of the `served_groups`, cut or extended to *moment_s*.

    What has begun at that very moment is the last span, of no length yet.
    """
    cluster = simulation.at(moment_s)
    spans: dict[str, tuple[Span, ...]] = {}
    for group in cluster.config.served_groups:
        past = _cut(simulation.spans(group), moment_s)
        last, part = past[-1], service_part(cluster, group)
        if (part, cluster.owners[group]) == (last.part, last.node):
            spans[group] = (*past[:-1], last._replace(end_s=moment_s))
        else:
            now = Span(part, last.end_s, moment_s, cluster.owners[group])
            spans[group] = (*past, now)
    return spans


def _cut(spans: Sequence[Span], moment_s: float) -> tuple[Span, ...]:
    begun = [span for span in spans if span.start_s < moment_s] or list(spans[:1])
    last = begun[-1]
    return (*begun[:-1], last._replace(end_s=max(min(last.end_s, moment_s), last.start_s)))


def outages_of(spans: Mapping[str, Sequence[Span]]) -> dict[str, Outage]:
    """Return the outage of each group."""
    return {group: outage_of(items) for group, items in spans.items()}
