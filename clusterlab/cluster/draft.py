"""A cluster while `apply` changes it, and the record of what was done and why.

A `Draft` works on a private copy of the value it was given and copies each status table the
first time it is written, so the value that went in never changes. It knows how to note a change,
an event of the log, a decision and a timer; it has no rules.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from clusterlab.cluster.errors import OperationRefused
from clusterlab.cluster.events import DueKind, Event, comes
from clusterlab.cluster.facts import CLUSDISK, CLUSSVC, EVENTS
from clusterlab.cluster.kinds import FailureEvent
from clusterlab.cluster.model import KEPT, Cluster, Resource, Timer
from clusterlab.cluster.states import Activity, NodeState, ResourceState, Seen

if TYPE_CHECKING:
    from clusterlab.cluster.policy import Decision


class LogEntry(NamedTuple):
    """One entry of the System or Application log.

    Attributes:
        event_id: The product's number; it is unique only together with *source*.
        source: Who logged it: "ClusSvc", "Service Control Manager", "MSExchangeCluster" ...
        text: The sense of the entry; the words are ours.
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
        kind: "node", "owner" (of a group) or "resource".
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
        decisions: One for each group that had to find a node.
        refusal: Why a request that was set for a later moment was refused when it came due.
    """

    cluster: Cluster
    event: Event | None = None
    log: tuple[LogEntry, ...] = ()
    changes: tuple[Change, ...] = ()
    decisions: tuple[Decision, ...] = ()
    refusal: OperationRefused | None = None

    @property
    def dangers(self) -> tuple[str, ...]:
        """A sentence for each group that is, or will be, Online on both sides of a cut (6.1)."""
        owners = self.cluster.owners
        return tuple(
            f"Danger: {group} is Online on {node} on the other side"
            + ("" if owners[group] == node else f", and {owners[group]} has it too")
            + "; its data can become inconsistent or corrupt."
            for group, node in self.cluster.twice.items()
        )

    def __repr__(self) -> str:
        """Return what happened and what changed, a line each, for a cell that ends with it."""
        event, what = self.event, "the start"
        if event is not None:
            what = event.in_words() or event.filled(event.due)
        rows = [f"{self.cluster.now_s:g} s: {what}"]
        rows += [
            f"  {item.name}: {item.old} to {item.new}, {item.because}" for item in self.changes
        ]
        if self.refusal is not None:
            rows.append(f"  refused: {self.refusal.message}")
        more = len(rows) - MOST_ROWS
        return "\n".join([*rows[:MOST_ROWS], *([f"  and {more} more"] if more > 0 else [])])


MOST_ROWS = 12
"""Lines that an outcome shows of itself; `log`, `changes` and `decisions` have everything."""


def copied(cluster: Cluster) -> Cluster:
    """Return a copy of *cluster*, twenty times as fast as `dataclasses.replace`."""
    copy = object.__new__(Cluster)
    copy.__dict__.update(cluster.__dict__)
    return copy


_MEMBERSHIP = itemgetter("node_states", "silent_since", "cut", "lost_networks", "config")
"""What decides who hears whom; comparing what is the same object costs next to nothing."""


class Draft:
    """A private copy of a cluster that can be written."""

    def __init__(self, cluster: Cluster, now_s: float) -> None:
        """Copy *cluster* at the time *now_s*."""
        self.cluster = copied(cluster)
        self._fields = self.cluster.__dict__  # past the guard of the frozen value: it is ours
        self._fields["now_s"] = now_s
        self._membership = _MEMBERSHIP(self._fields)
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
        self._fields[field] = value

    def table(self, field: str) -> dict[Any, Any]:
        """Return a status table that may be written."""
        fields = self._fields
        if field not in self._copied:
            self._copied.add(field)
            fields[field] = dict(fields[field])
        return fields[field]  # type: ignore[no-any-return]

    def drop(self, field: str, names: Iterable[Any]) -> None:
        """Remove *names* from a status table, as far as they are in it."""
        table = self._fields[field]
        if table:
            for name in [name for name in names if name in table]:
                del self.table(field)[name]

    def include(self, field: str, names: Iterable[Any]) -> None:
        """Add *names* to a set."""
        self._fields[field] = self._fields[field].union(names)

    def exclude(self, field: str, names: Iterable[Any]) -> None:
        """Remove *names* from a set."""
        present = self._fields[field]
        if present:
            self._fields[field] = present.difference(names)

    # --- noting -------------------------------------------------------------------------------

    def note(
        self,
        kind: str,
        name: str,
        old: NodeState | ResourceState | str,
        new: NodeState | ResourceState | str,
        *,
        because: str,
        source: str,
        error_code: int | None = None,
    ) -> None:
        """Note a change and why."""
        now_s, was, is_now = self.cluster.now_s, _word(old), _word(new)
        self.changes.append(Change(now_s, kind, name, was, is_now, because, source, error_code))

    def set_resource(
        self,
        name: str,
        state: ResourceState,
        because: str,
        source: str,
        error_code: int | None = None,
    ) -> None:
        """Change the state of a resource and note why."""
        fields = self._fields
        old = fields["resource_states"][name]
        if old is state:
            return
        self.table("resource_states")[name] = state
        self.table("since_s")[name] = fields["now_s"]
        if fields["maintenance"]:
            self.exclude("maintenance", (name,))
        self.note(
            "resource", name, old, state, because=because, source=source, error_code=error_code
        )

    def set_node(self, name: str, state: NodeState, because: str, source: str) -> None:
        """Change the state of a node and note why."""
        old = self.cluster.node_states[name]
        if old is not state:
            self.table("node_states")[name] = state
            self.note("node", name, old, state, because=because, source=source)

    def set_owner(self, group: str, node: str, because: str, source: str) -> None:
        """Give a group to a node and note why."""
        old = self.cluster.owners[group]
        if old != node:
            self.table("owners")[group] = node
            self.note("owner", group, old, node, because=because, source=source)

    def set_activity(self, group: str, activity: Activity | None) -> None:
        """Say what is going on with a group, None for nothing; the timer of a transfer ends too."""
        before = self.cluster.activities.get(group)
        if before and before.is_in_transfer and not (activity and activity.is_in_transfer):
            self.cancel(lambda event: comes(event, DueKind.OWNERSHIP_PASSED, of=(group,)))
        if activity is None:
            self.drop("activities", (group,))
        else:
            self.table("activities")[group] = activity

    def decide(self, decision: Decision) -> None:
        """Note a decision and count the random choice if it was one."""
        self.decisions.append(decision)
        if decision.is_random:
            self.put("random_count", self.cluster.random_count + 1)

    def log_if_not_found(self, disk: str, node: str) -> None:
        """Log 1034 on *node* if it finds no disk with the signature that is expected (3, 8.3)."""
        if not self.cluster.finds_disk(disk, node):
            resource = self.cluster.config.resources_by_name[disk]
            known = resource.private.get("Signature") or "not recorded"
            signature = f"{known:08X}" if isinstance(known, int) else str(known)
            self.log_event(
                1034, node, resource.group, source=CLUSDISK, resource=disk, signature=signature
            )

    def log_event(
        self, event_id: int, node: str, group: str = "", source: str = CLUSSVC, **words: str
    ) -> None:
        """Write an entry, by default of the Cluster service, into the System log of *node*."""
        text = EVENTS[source, event_id].text.format(node=node, group=group, **words)
        self.log.append(
            LogEntry(
                self.cluster.now_s, event_id, source, node, text, group, words.get("resource", "")
            )
        )

    def log_failure(self, entry: FailureEvent, node: str, resource: Resource) -> None:
        """Write what the type of a failed resource logs itself into the log of *node*."""
        text, now_s = f"{entry.text} ({resource.name})", self.cluster.now_s
        self.log.append(
            LogEntry(now_s, entry.event_id, entry.source, node, text, resource.group, resource.name)
        )

    def touched_membership(self) -> bool:
        """Return whether a node, its power or a link may have changed in this event."""
        return bool(_MEMBERSHIP(self._fields) != self._membership)

    # --- timers -------------------------------------------------------------------------------

    def schedule(self, delay_s: float, event: Event) -> None:
        """Let *event* happen in *delay_s* seconds unless it is cancelled."""
        timer = timer_for(self.cluster, round(self.cluster.now_s + delay_s, 3), event)
        timers = list(self.cluster.timers)
        insort(timers, timer)
        self._fields["timers"] = tuple(timers)
        self._fields["sequence"] = timer.sequence

    def cancel(self, is_void: Callable[[Event], bool]) -> None:
        """Remove the timers whose event is void."""
        timers = self.cluster.timers
        kept = tuple([timer for timer in timers if not is_void(timer.event)])
        if len(kept) < len(timers):
            self.put("timers", kept)

    # --- reading ------------------------------------------------------------------------------

    def live_nodes(self) -> list[str]:
        """Return the members that have power, by Node ID."""
        return self.cluster.live_nodes

    def members(self, group: str) -> tuple[Resource, ...]:
        """Return the resources of a group, what comes online first standing first."""
        return self.cluster.config.members[group]

    def state(self, resource: str) -> ResourceState:
        """Return the state of a resource."""
        return self.cluster.resource_states[resource]

    def owner_of(self, resource: str) -> str:
        """Return the node that owns the group of a resource."""
        return self.cluster.owners[self.cluster.config.resources_by_name[resource].group]


def _word(state: NodeState | ResourceState | str) -> str:
    return state if isinstance(state, str) else str(state.value)


_LASTING = {name for name, kept in KEPT.items() if kept.seen is not Seen.BY_VALUE}
"""Tables of which nobody compares what they were with what they are."""


class SilentDraft(Draft):
    """A draft for runs that nobody reads: it goes from event to event and notes names only.

    It copies the large tables once for the whole run and not for each event.
    """

    def __init__(self, cluster: Cluster) -> None:
        """Copy *cluster*."""
        super().__init__(cluster, cluster.now_s)
        self.names: list[str] = []

    def begin(self, now_s: float) -> None:
        """Begin with the next event at *now_s*."""
        self._membership = _MEMBERSHIP(self._fields)
        self._copied &= _LASTING
        self._fields["now_s"] = now_s
        self.names = []

    def note(self, kind: str, name: str, *states: Any, **why: Any) -> None:
        """Note only that *name* changed."""
        self.names.append(name)

    def decide(self, decision: Decision) -> None:
        """Count the random choice if it was one."""
        if decision.is_random:
            self.put("random_count", self.cluster.random_count + 1)

    def log_event(self, *entry: Any, **words: Any) -> None:
        """Log nothing."""

    def log_failure(self, *entry: Any) -> None:
        """Log nothing."""


def timer_for(cluster: Cluster, due_s: float, event: Event) -> Timer:
    """Return a timer for *event* with its place among simultaneous ones (handbook 1, 4.14)."""
    config, name = cluster.config, event.subject
    if name in config.resources_by_name:
        group = config.resources_by_name[name].group
        node, key = cluster.owners[group], f"{group}\0{name}"
    else:
        node, key = cluster.owners.get(name, name), name
    node_id = config.nodes_by_name[node].node_id if node in config.nodes_by_name else 0
    return Timer(due_s, event.priority, node_id, key, cluster.sequence + 1, event)
