"""A cluster while `apply` changes it, and the record of what was done and why.

A `Draft` works on a private copy of the value it was given and copies each status table the
first time it is written, so the value that went in never changes. It knows how to note a change,
an event of the log, a decision and a timer; it has no rules.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from clusterlab.cluster.errors import OperationRefused
from clusterlab.cluster.events import LOSSES, REQUESTS, Event
from clusterlab.cluster.facts import CLUSSVC, EVENTS
from clusterlab.cluster.model import Activity, Cluster, Resource, Timer
from clusterlab.cluster.policy import Decision
from clusterlab.cluster.states import NodeState, ResourceState


class LogEntry(NamedTuple):
    """One entry of the System or Application log.

    Attributes:
        at_s: When.
        event_id: The product's number; it is unique only together with *source*.
        source: Who logged it: "ClusSvc" or "MSExchangeCluster".
        node: On which node.
        text: The sense of the entry; the words are ours.
        group: Name of the group it is about, or "".
        resource: Name of the resource it is about, or "".
    """

    at_s: float
    event_id: int
    source: str
    node: str
    text: str
    group: str = ""
    resource: str = ""


class Change(NamedTuple):
    """One change of state, with its reason in a sentence.

    Attributes:
        at_s: When.
        kind: "node", "owner" (of a group) or "resource".
        name: Of the node, group or resource.
        old: State or owner before.
        new: State or owner after.
        because: Why, in one sentence.
        source: Where the rule stands.
        error_code: The product's error behind it, if any.
    """

    at_s: float
    kind: str
    name: str
    old: str
    new: str
    because: str
    source: str
    error_code: int | None = None


class Outcome(NamedTuple):
    """What one event did.

    Attributes:
        cluster: The cluster after the event; its `timers` say what happens later unless
            something intervenes.
        event: The event.
        log: What the event logs show.
        changes: Every change of state with its reason.
        decisions: One for each group that had to find a node.
        refusal: Why a request that was set for a later moment was refused when it came due.
    """

    cluster: Cluster
    event: Event | None = None
    log: tuple[LogEntry, ...] = ()
    changes: tuple[Change, ...] = ()
    decisions: tuple[Decision, ...] = ()
    refusal: OperationRefused | None = None


def copied(cluster: Cluster) -> Cluster:
    """Return a copy of *cluster*, twenty times as fast as `dataclasses.replace`."""
    copy = object.__new__(Cluster)
    copy.__dict__.update(cluster.__dict__)
    return copy


class Draft:
    """A private copy of a cluster that can be written."""

    def __init__(self, cluster: Cluster, now_s: float) -> None:
        """Copy *cluster* at the time *now_s*."""
        self._before = cluster
        self.cluster = copied(cluster)
        self.put("now_s", now_s)
        self.log: list[LogEntry] = []
        self.changes: list[Change] = []
        self.decisions: list[Decision] = []
        self._copied: set[str] = set()

    def outcome(self, event: Event) -> Outcome:
        """Return what was done as an immutable value."""
        return Outcome(
            self.cluster, event, tuple(self.log), tuple(self.changes), tuple(self.decisions)
        )

    # --- writing ------------------------------------------------------------------------------

    def put(self, field: str, value: Any) -> None:
        """Set a whole field of the private copy."""
        self.cluster.__dict__[field] = value  # past the guard of the frozen value: it is ours

    def table(self, field: str) -> dict[str, Any]:
        """Return a status table that may be written."""
        if field not in self._copied:
            self._copied.add(field)
            self.put(field, dict(getattr(self.cluster, field)))
        return getattr(self.cluster, field)  # type: ignore[no-any-return]

    def drop(self, field: str, names: Iterable[str]) -> None:
        """Remove *names* from a status table, as far as they are in it."""
        table = getattr(self.cluster, field)
        present = [name for name in names if name in table] if table else []
        for name in present:
            del self.table(field)[name]

    def include(self, field: str, names: Iterable[Any]) -> None:
        """Add *names* to a set."""
        self.put(field, getattr(self.cluster, field).union(names))

    def exclude(self, field: str, names: Iterable[Any]) -> None:
        """Remove *names* from a set."""
        present = getattr(self.cluster, field)
        if present:
            self.put(field, present.difference(names))

    # --- noting -------------------------------------------------------------------------------

    def set_resource(
        self,
        name: str,
        state: ResourceState,
        because: str,
        source: str,
        error_code: int | None = None,
    ) -> None:
        """Change the state of a resource and note why."""
        old = self.cluster.resource_states[name]
        if old is state:
            return
        now_s = self.cluster.now_s
        self.table("resource_states")[name] = state
        self.table("since_s")[name] = now_s
        self.changes.append(
            Change(now_s, "resource", name, old.value, state.value, because, source, error_code)
        )

    def set_node(self, name: str, state: NodeState, because: str, source: str) -> None:
        """Change the state of a node and note why."""
        old = self.cluster.node_states[name]
        if old is not state:
            self.table("node_states")[name] = state
            self.changes.append(
                Change(self.cluster.now_s, "node", name, old.value, state.value, because, source)
            )

    def set_owner(self, group: str, node: str, because: str, source: str) -> None:
        """Give a group to a node and note why."""
        old = self.cluster.owners[group]
        if old != node:
            self.table("owners")[group] = node
            self.changes.append(
                Change(self.cluster.now_s, "owner", group, old, node, because, source)
            )

    def set_activity(self, group: str, activity: Activity | None) -> None:
        """Say what is going on with a group; None for nothing."""
        if activity is None:
            self.drop("activities", (group,))
        else:
            self.table("activities")[group] = activity

    def decide(self, decision: Decision) -> None:
        """Note a decision and count the random choice if it was one."""
        self.decisions.append(decision)
        if decision.is_random:
            self.put("random_count", self.cluster.random_count + 1)

    def log_event(self, event_id: int, node: str, group: str = "", **words: str) -> None:
        """Write an entry of the Cluster service into the System log of *node*."""
        text = EVENTS[CLUSSVC, event_id].text.format(node=node, group=group, **words)
        self.log.append(
            LogEntry(
                self.cluster.now_s,
                event_id,
                CLUSSVC,
                node,
                text,
                group,
                words.get("resource", ""),
            )
        )

    def touched_membership(self) -> bool:
        """Return whether a node, its power or a link may have changed in this event."""
        before, now = self._before, self.cluster
        return (
            now.node_states is not before.node_states
            or now.silent_since is not before.silent_since
            or now.cut is not before.cut
            or now.lost_networks is not before.lost_networks
            or now.config is not before.config
        )

    # --- timers -------------------------------------------------------------------------------

    def schedule(self, delay_s: float, event: Event) -> None:
        """Let *event* happen in *delay_s* seconds unless it is cancelled."""
        timer = timer_for(self.cluster, round(self.cluster.now_s + delay_s, 3), event)
        timers = list(self.cluster.timers)
        insort(timers, timer)
        self.put("timers", tuple(timers))
        self.put("sequence", timer.sequence)

    def cancel(self, is_void: Callable[[Event], bool]) -> None:
        """Remove the timers whose event is void."""
        timers = self.cluster.timers
        kept = tuple(timer for timer in timers if not is_void(timer.event))
        if len(kept) < len(timers):
            self.put("timers", kept)

    # --- reading ------------------------------------------------------------------------------

    def members(self, group: str) -> tuple[Resource, ...]:
        """Return the resources of a group, what comes online first standing first."""
        return self.cluster.config.members[group]

    def state(self, resource: str) -> ResourceState:
        """Return the state of a resource."""
        return self.cluster.resource_states[resource]

    def owner_of(self, resource: str) -> str:
        """Return the node that owns the group of a resource."""
        return self.cluster.owners[self.cluster.config.resources_by_name[resource].group]


_PRIORITIES: Mapping[type, int] = {**dict.fromkeys(LOSSES, 0), **dict.fromkeys(REQUESTS, 2)}
"""Losses and failures first, requests last (handbook 1, 4.14)."""


def timer_for(cluster: Cluster, due_s: float, event: Event) -> Timer:
    """Return a timer for *event* with its place among simultaneous ones (handbook 1, 4.14)."""
    config, name = cluster.config, event.subject
    if name in config.resources_by_name:
        group = config.resources_by_name[name].group
        node, key = cluster.owners[group], f"{group}\0{name}"
    else:
        node, key = cluster.owners.get(name, name), name
    priority = _PRIORITIES.get(type(event), 1)
    node_id = config.nodes_by_name[node].node_id if node in config.nodes_by_name else 0
    return Timer(due_s, priority, node_id, key, cluster.sequence + 1, event)
