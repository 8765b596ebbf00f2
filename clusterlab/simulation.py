"""`Simulation`, the shell that learners hold: verbs, a clock, a history, undo and branches.

It has no rules of its own: each verb is an event for `engine.apply`, and every value it ever had
is kept, so that time can be scrubbed and futures compared.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from inspect import Parameter, Signature
from math import isfinite
from typing import Any, Concatenate, ParamSpec, cast

from clusterlab.cluster import events as ev
from clusterlab.cluster.draft import LogEntry, Outcome
from clusterlab.cluster.engine import RUN_LIMIT_S, advance, apply, next_timer, schedule
from clusterlab.cluster.errors import ConfigError, impossible, wrong
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.outages import Outage, Span, Watch
from clusterlab.cluster.policy import Decision
from clusterlab.cluster.states import GroupState, NodeState, ResourceState
from clusterlab.cluster.story import Explanation, explain, explain_state
from clusterlab.clusterexe.listing import status_text


def _check_moment(what: str, value: float, earliest_s: float | None = None) -> None:
    is_number = isinstance(value, int | float) and isfinite(value)
    if not is_number or (earliest_s is not None and value < earliest_s):
        allowed = "seconds" if earliest_s is None else f"{earliest_s:g} s or later"
        raise wrong(what, value, allowed)


P = ParamSpec("P")


def _verb(kind: Callable[P, ev.Event], does: str) -> Callable[Concatenate[Simulation, P], None]:
    """Return the method that sends an event of a kind, made of what the method is given."""

    def verb(sim: Simulation, /, *values: P.args, **named: P.kwargs) -> None:
        sim.send(kind(*values, **named))

    names = ("self", *cast("type[ev.Event]", kind).__match_args__)
    either, none = Parameter.POSITIONAL_OR_KEYWORD, Parameter.empty
    taken = [Parameter(name, either, default=getattr(kind, name, none)) for name in names]
    verb.__doc__, vars(verb)["__signature__"] = does, Signature(taken)
    return verb


class Simulation:
    """A cluster that things happen to.

    Every verb acts at the present moment and returns at once; `run` lets time pass.

    Args:
        cluster: The cluster at the start.
        seed: Decides the choices that the product makes at random (handbook 1, 5.2).
        name: Name of this sequence of events.

    Raises:
        ConfigError: If *cluster* is no cluster, or *seed* no whole number.

    Example:
        >>> from clusterlab import Simulation, exchange_cluster
        >>> sim = Simulation(exchange_cluster(active=3, passive=1))
        >>> sim.fail_node("NODE3")
        >>> sim.run()
        >>> sim.owner("EVS3"), sim.state("EVS3").value, sim.now_s
        ('NODE4', 'Online', 175.2)
    """

    def __init__(self, cluster: Cluster, seed: int = 0, *, name: str = "main") -> None:
        """Start at `cluster.now_s` with nothing in the history."""
        if not isinstance(cluster, Cluster):
            raise impossible("no cluster", cluster)
        if not isinstance(seed, int):
            raise wrong("seed", seed, "a whole number")
        self.name = name
        self._history: list[Outcome] = [Outcome(replace(cluster, seed=seed))]
        self._action_starts: list[int] = []
        self._watch: Watch | None = None
        self._seen = 0

    @classmethod
    def of(cls, record: Sequence[Outcome], asked: Sequence[int], *, name: str) -> Simulation:
        """Return the simulation of what was played elsewhere.

        Args:
            record: The outcomes, the first one being the start.
            asked: Where in it something was asked for, to be undone.
            name: Name of this sequence of events.
        """
        sim = cls(record[0].cluster, record[0].cluster.seed, name=name)
        sim._history, sim._action_starts = list(record), list(asked)
        return sim

    def __repr__(self) -> str:
        """Return the state as a listing, so that a cell that ends with it shows it."""
        return status_text(self.cluster)

    # --- what it is ---------------------------------------------------------------------------

    @property
    def cluster(self) -> Cluster:
        """The cluster now, a frozen value."""
        return self._history[-1].cluster

    @property
    def now_s(self) -> float:
        """Simulated seconds since the start."""
        return self.cluster.now_s

    @property
    def history(self) -> tuple[Outcome, ...]:
        """What each event did, oldest first; the first one is the start."""
        return tuple(self._history)

    def since(self, count: int) -> Sequence[Outcome]:
        """Return what each event did after the first *count*, oldest first."""
        return self._history[count:]

    @property
    def log(self) -> tuple[LogEntry, ...]:
        """The event logs so far, oldest first."""
        return tuple(entry for outcome in self._history for entry in outcome.log)

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """Every choice of a node so far, oldest first."""
        return tuple(item for outcome in self._history for item in outcome.decisions)

    def owner(self, group: str) -> str:
        """Return the node that owns *group* now."""
        return self.cluster.owners[self.cluster.config.group_name(group)]

    def state(self, name: str) -> GroupState | NodeState | ResourceState:
        """Return the state of a group, a node or a resource, in the product's word."""
        cluster = self.cluster
        folded = str(name).casefold()
        nodes = {node.name.casefold(): node.name for node in cluster.config.nodes}
        groups = {group.name.casefold(): group.name for group in cluster.config.groups}
        if folded in groups:
            return cluster.group_state(groups[folded])
        if folded in nodes:
            return cluster.node_states[nodes[folded]]
        return cluster.resource_states[cluster.config.resource_name(name)]

    def why(self, name: str) -> Explanation:
        """Return in sentences how a group came to where it is, or a node or resource to its state.

        Example:
            >>> from clusterlab import Simulation, exchange_cluster
            >>> sim = Simulation(exchange_cluster())
            >>> sim.pause_node("NODE4")
            >>> print(sim.why("NODE4"))
            NODE4 is Paused.
            At 0 s it went from Up to Paused: an administrator paused it.
            (handbook 1, 4.7: sourced)
        """
        config, folded = self.cluster.config, str(name).casefold()
        if folded in {node.name.casefold() for node in config.nodes}:
            return explain_state(self._history, config.node_name(name))
        if config.kind_of(name) == "resource":
            return explain_state(self._history, config.resource_name(name))
        return explain(self._history, config.group_name(name))

    # --- what happens -------------------------------------------------------------------------

    fail_node = _verb(ev.NodeFailed, "Let *node* lose power.")
    start_node = _verb(
        ev.StartNode,
        "Power *node* on; if only its Cluster service was stopped, start that.\n\n"
        '*switch* is a start switch without its slash, *nodes* the list of "forcequorum".',
    )
    stop_cluster_service = _verb(ev.StopClusterService, "Stop its Cluster service the orderly way.")
    pause_node = _verb(ev.PauseNode, "Pause *node*: it keeps its groups and takes no others.")
    resume_node = _verb(ev.ResumeNode, "End the pause of *node*.")
    move_group = _verb(ev.MoveGroup, "Move *group* to the node *to*, or to the best possible one.")
    take_offline = _verb(ev.TakeOffline, "Take a group or a resource offline.")
    bring_online = _verb(ev.BringOnline, "Bring a group or a resource online.")
    fail_resource = _verb(ev.InitiateFailure, 'Initiate its failure ("EVS1/IS" will do).')
    fault_resource = _verb(ev.ResourceFaulted, "Let its process end, or hang; a check sees it.")
    stop_by_hand = _verb(ev.ServiceStopped, "Stop its service by hand, as `net stop` does.")
    hang_node = _verb(ev.NodeHung, "Let the machine hang, or what runs in user mode on it.")
    wake_node = _verb(ev.NodeWoken, "Let a node that hangs go on.")
    pull_cable = _verb(ev.InterfaceLost, "Pull its cable out of one network, or of all of them.")
    plug_cable = _verb(ev.InterfaceRestored, "Plug its cable in again, on one network or on all.")
    lose_network = _verb(ev.NetworkLost, "Let *network* fail for every node.")
    restore_network = _verb(ev.NetworkRestored, "Let *network* work again.")
    lose_disk = _verb(ev.DiskLost, "Let a disk be out of reach, for every node or for one.")
    restore_disk = _verb(ev.DiskRestored, "Let a disk be within reach of every node again.")
    sign_disk = _verb(ev.DiskSigned, "Write another signature, or with None the expected one.")
    evict_node = _verb(ev.EvictNode, "Take *node*, which is Down, out of the cluster.")
    add_node = _verb(ev.AddNode, "Configure a new node; it is Down until it is started.")
    designate_quorum = _verb(ev.DesignateQuorum, "Make *resource* the quorum resource.")
    kill_resource_monitor = _verb(ev.ResourceMonitorDied, "Let its Resource Monitor die.")
    kill_iis_admin = _verb(
        ev.IisAdminEnded, "Let IIS Admin of *node* end, with the reset that is usual or without."
    )
    clean_up_node = _verb(ev.CleanUpNode, "Clean the cluster off *node*, which was evicted.")
    set_maintenance = _verb(ev.SetMaintenance, "Ignore health checks of a disk, or heed them.")
    set_registry = _verb(ev.SetRegistry, "Set *key* below HKEY_LOCAL_MACHINE by hand.")
    add_checkpoint = _verb(ev.AddCheckpoint, "Let *key* go with *resource* from node to node.")
    remove_checkpoint = _verb(ev.RemoveCheckpoint, "Let *key* no longer go with *resource*.")
    choose = _verb(ev.ChooseCommand, "Choose *command* of the menu that a program gave it.")

    # --- what is built ------------------------------------------------------------------------

    create_group = _verb(ev.CreateGroup, "Make a group without resources.")
    delete_group = _verb(ev.DeleteGroup, "Delete *group*, which has no resources any more.")
    rename_group = _verb(ev.RenameGroup, "Give *group* the name *to*.")
    create_resource = _verb(ev.CreateResource, "Make a resource of a *type*; it is Offline.")
    delete_resource = _verb(ev.DeleteResource, "Delete it; it is offline, and nothing needs it.")
    rename_resource = _verb(ev.RenameResource, "Give *resource* the name *to*.")
    change_group = _verb(ev.ChangeGroup, "Put it, and all it is bound to, into the group *to*.")
    add_dependency = _verb(ev.AddDependency, "Let *resource*, which is offline, depend on *on*.")
    remove_dependency = _verb(ev.RemoveDependency, "End a dependency of one that is offline.")

    def set_properties(self, name: str, /, **properties: Any) -> None:
        """Change properties of a group or a resource, as on its property pages."""
        self.send(ev.SetProperties(name, properties))

    def damage_quorum_log(self) -> None:
        """Let the log on the quorum disk be damaged; it matters when the cluster forms."""
        self.send(ev.QuorumLogDamaged(self.cluster.config.quorum))

    def fill_quorum_disk(self) -> None:
        """Let the quorum disk be full."""
        self.send(ev.QuorumDiskFilled(self.cluster.config.quorum))

    def free_quorum_disk(self, node: str | None = None) -> None:
        """Delete files on the quorum disk; of a stopped cluster by the cure, on *node* alone."""
        self.send(ev.QuorumDiskFreed(self.cluster.config.quorum, node))

    def set_network_priority(self, *networks: str) -> None:
        """Use the internal *networks* in this order; all of them must be given."""
        self.send(ev.SetNetworkPriority(networks))

    # --- any event ----------------------------------------------------------------------------

    def send(self, event: ev.Event, at_s: float | None = None) -> Outcome | None:
        """Let *event* happen now, or set it for the moment *at_s*.

        Returns:
            What it did; None if it was set for later.

        Raises:
            OperationRefused: If the product would refuse it now; nothing has changed.
            ConfigError: If *at_s* has passed or is no moment.
        """
        if at_s is not None:
            _check_moment("at_s", at_s, self.now_s)
        start = len(self._history)
        if at_s is None:
            outcome = apply(self.cluster, event)
            self._history.append(outcome)
        else:
            outcome = None
            self._history.append(Outcome(schedule(self.cluster, event, at_s)))
        self._action_starts.append(start)
        return outcome

    # --- time ---------------------------------------------------------------------------------

    def step(self) -> Outcome | None:
        """Let the next thing happen; None if nothing is pending."""
        outcome = advance(self.cluster)
        if outcome is not None:
            self._history.append(outcome)
        return outcome

    def run(self, until_s: float | None = None) -> None:
        """Let time pass until nothing is pending (at most a day), or to the moment *until_s*.

        Raises:
            ConfigError: If *until_s* has passed or is no moment.
        """
        if until_s is not None:
            _check_moment("until_s", until_s, self.now_s)
        end_s = self.now_s + RUN_LIMIT_S if until_s is None else until_s
        while (timer := next_timer(self.cluster)) is not None and timer.due_s <= end_s:
            self.step()
        if until_s is not None and self.now_s < until_s:
            self._history.append(Outcome(replace(self.cluster, now_s=until_s)))

    def next_s(self) -> float | None:
        """Return when the next thing happens, or None if nothing is pending."""
        timer = next_timer(self.cluster)
        return None if timer is None else timer.due_s

    def at(self, moment_s: float) -> Cluster:
        """Return the cluster as it was at *moment_s*, after everything of that moment.

        Raises:
            ConfigError: If *moment_s* is no number of seconds.
        """
        _check_moment("moment_s", moment_s)
        index = bisect_right(self._history, moment_s, key=lambda item: item.cluster.now_s) - 1
        cluster = self._history[max(index, 0)].cluster
        return replace(cluster, now_s=max(moment_s, cluster.now_s))

    def undo(self) -> None:
        """Take back the last thing that was done, and all that followed from it.

        Raises:
            ConfigError: If nothing was done yet.
        """
        if not self._action_starts:
            raise ConfigError("there is nothing to undo; do something first")
        del self._history[self._action_starts.pop() :]
        self._watch = None

    def branch(self, name: str, at_s: float | None = None) -> Simulation:
        """Return another sequence of events that shares the past up to *at_s* (default: now).

        Raises:
            ConfigError: If *at_s* is no number of seconds.
        """
        if at_s is not None:
            _check_moment("at_s", at_s)
        other = Simulation(self._history[0].cluster, self.cluster.seed, name=name)
        moment_s = self.now_s if at_s is None else at_s
        kept = [item for item in self._history if item.cluster.now_s <= moment_s]
        other._history = kept or self._history[:1]
        other._action_starts = [i for i in self._action_starts if i < len(other._history)]
        if other.now_s < moment_s:
            other._history.append(Outcome(replace(other.cluster, now_s=moment_s)))
        return other

    # --- outages ------------------------------------------------------------------------------

    def spans(self, group: str) -> tuple[Span, ...]:
        """Return what the clients of *group* saw, from the start to now, without gaps.

        A group that was created later begins then; one that was renamed keeps its past.
        """
        return self._watched().spans(self.cluster.config.group_name(group))

    def outages(self) -> Mapping[str, Outage]:
        """Return for each of the `served_groups` how long it did not serve, and why."""
        watch = self._watched()
        return {group: watch.outage(group) for group in self.cluster.config.served_groups}

    def parts_out(self) -> Mapping[str, Mapping[str, float]]:
        """Return for each of the `served_groups` the seconds without service so far, by part."""
        watch = self._watched()
        return {group: watch.parts_out(group) for group in self.cluster.config.served_groups}

    def _watched(self) -> Watch:
        """Return the watch, which has seen everything up to now."""
        watch, seen = self._watch, self._seen
        if watch is None or seen > len(self._history):
            watch, seen = Watch(self._history[0].cluster), 1
        for outcome in self._history[seen:]:
            watch.let_pass(outcome.cluster.now_s)
            watch.follow(outcome.cluster, [change.name for change in outcome.changes])
        self._watch, self._seen = watch, len(self._history)
        return watch
