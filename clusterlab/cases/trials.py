"""Trials: failures that are played on a cluster at rest, and what users notice of them.

A trial is a list of events with quiet between them, unless a pause says how long to wait. It is
always played from the same beginning (`rested`): every group at home, ten o'clock in the morning,
so that two clusters can be compared. What counts as service is decided by the sound cluster: an
EVS serves while every resource that may move it *there* is Online, so nobody repairs an outage by
clearing "Affect the group".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from clusterlab.cluster.draft import LogEntry, Outcome
from clusterlab.cluster.engine import advance, apply
from clusterlab.cluster.errors import OperationRefused
from clusterlab.cluster.events import Event
from clusterlab.cluster.model import Cluster, ClusterConfig, can_run
from clusterlab.cluster.networks import is_linked, network_of
from clusterlab.cluster.states import MEMBER_STATES, NodeState, ResourceState
from clusterlab.studies.play import is_quiet, minutes

MORNING_S = 10 * 3600.0
"""Time of day at which every trial begins, seconds after midnight."""
STEP_LIMIT_S = 3600.0
"""How long one event may keep the cluster busy before the next one happens anyway."""
AFTERWARDS_S = 7200.0
"""How long users are watched after the last event, the hourly retry included."""
PATIENCE_S = 600.0
"""When a group is out and the cluster busy for this long, nothing will help: the trial ends."""
ABOUT_A_MINUTE_S = 100.0
"""Shorter stretches of time are told in seconds."""
MARGIN, MARGIN_S = 1.05, 3.0
"""A repair may cost this much more than the sound cluster: another way of repair may be slower."""


class Pause(NamedTuple):
    """A step of a trial in which nothing happens for a while."""

    seconds: float


Step = Event | Pause


class Trial(NamedTuple):
    """Failures that are played one after the other.

    Attributes:
        words: What happens, in words that fit behind "when".
        steps: Events with quiet between them, and pauses.
        margin: How many times as long as on the sound cluster users may wait after a repair.
    """

    words: str
    steps: tuple[Step, ...] = ()
    margin: float = MARGIN


class Gap(NamedTuple):
    """A stretch of time in which a group did not serve.

    Attributes:
        start_s: From when, simulated seconds since the trial began.
        end_s: Until when.
        missing: Short names of the resource types that were not Online at first.
    """

    start_s: float
    end_s: float
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What a trial did to a cluster.

    Attributes:
        trial: What was played.
        cluster: The cluster at the end.
        log: The event logs.
        gaps: For each group that was looked at, when it did not serve.
        idle: For each group, resources that were asked to be Online and are not at the end.
        end_s: When it ended.
    """

    trial: Trial
    cluster: Cluster
    log: tuple[LogEntry, ...]
    gaps: Mapping[str, tuple[Gap, ...]]
    idle: Mapping[str, tuple[str, ...]]
    end_s: float

    def seconds_out(self, group: str) -> float:
        """Return how long *group* did not serve, in all."""
        return round(sum(gap.end_s - gap.start_s for gap in self.gaps[group]), 3)

    def is_open(self, group: str) -> bool:
        """Return whether *group* does not serve at the end."""
        return bool(self.gaps[group]) and self.gaps[group][-1].end_s >= self.end_s


class Norm(NamedTuple):
    """What the sound cluster says about service.

    Attributes:
        config: The sound configuration.
        homes: Group name to the node it belongs on.
    """

    config: ClusterConfig
    homes: Mapping[str, str]

    def needed(self, group: str) -> tuple[str, ...]:
        """Return the names of the resources without which *group* does not serve."""
        return tuple(resource.name for resource in self.config.essential[group])


def rested(cluster: Cluster, norm: Norm) -> Cluster:
    """Return *cluster* at rest: groups at home and Online as far as its lasting settings allow.

    Lasting are the configuration, which nodes are Up, Paused or Down, and what an administrator
    took offline (`PersistentState`). Counters, timers and the time of day are as on a new morning.
    """
    config = replace(cluster.config, start_time_s=MORNING_S)
    up = {node for node, state in cluster.node_states.items() if state is not NodeState.DOWN}
    owners = {name: _owner(cluster, norm, name, up) for name in config.groups_by_name}
    states: dict[str, ResourceState] = {}
    for group, members in config.members.items():
        node = config.nodes_by_name[owners[group]]
        for resource in members:
            is_on = (
                node.name in up
                and resource.name in cluster.persistent
                and can_run(resource, node)
                and all(states[needed] is ResourceState.ONLINE for needed in resource.depends_on)
            )
            states[resource.name] = ResourceState.ONLINE if is_on else ResourceState.OFFLINE
    return Cluster(
        config=config,
        node_states={n: _lasting(cluster, n) for n in config.nodes_by_name},
        paused=cluster.paused,
        owners=owners,
        resource_states=states,
        since_s=dict.fromkeys(states, 0.0),
        persistent=cluster.persistent,
        wanted=frozenset(n for n, state in states.items() if state is ResourceState.ONLINE),
        is_quorum_log_bad=cluster.is_quorum_log_bad,
        quorum_owners=(owners[config.quorum_group],),
    )


def _lasting(cluster: Cluster, node: str) -> NodeState:
    if cluster.node_states[node] is NodeState.DOWN:
        return NodeState.DOWN
    return NodeState.PAUSED if node in cluster.paused else NodeState.UP


def _owner(cluster: Cluster, norm: Norm, group: str, up: set[str]) -> str:
    """Return the home of *group* if it can run it, else whoever can, else the present owner."""
    able = [n for n in cluster.config.nodes_by_name if n in up]
    able = [n for n in able if n in cluster.config.possible_owners[group]] or able
    home = norm.homes.get(group, cluster.owners[group])
    return next((n for n in (home, cluster.owners[group], *able) if n in able), home)


def serves(cluster: Cluster, group: str, needed: Iterable[str]) -> bool:
    """Return whether the clients of *group* are served, given what they need."""
    if group not in cluster.owners:
        return False
    states, faults, owner = cluster.resource_states, cluster.faults, cluster.owners[group]
    for name in needed:
        if states.get(name) is not ResourceState.ONLINE or name in faults:
            return False
    if owner in cluster.silent_since or cluster.node_states[owner] not in MEMBER_STATES:
        return False
    if not cluster.cut and not cluster.lost_networks:
        return True
    networks = [
        network_of(cluster.config, resource)
        for resource in cluster.config.members[group]
        if resource.type.name == "IP Address"
    ]
    return all(network is None or is_linked(cluster, owner, network) for network in networks)


def play(cluster: Cluster, trial: Trial, norm: Norm) -> Course:
    """Return what *trial* does to *cluster*, which is at rest.

    A step that the product refuses, such as a failure of what is not Online, is passed over.
    """
    run = _Run(cluster, norm)
    for step, following in pairwise((*trial.steps, Pause(AFTERWARDS_S))):
        if isinstance(step, Pause):
            run.wait(step.seconds)
        else:
            run.do(step)
            run.settle(0.0 if isinstance(following, Pause) else STEP_LIMIT_S)
    run.wait(AFTERWARDS_S)
    return run.course(trial)


class _Run:
    """A trial while it is played."""

    def __init__(self, cluster: Cluster, norm: Norm) -> None:
        self.cluster = cluster
        self.log: list[LogEntry] = []
        self.needed = {group: norm.needed(group) for group in norm.config.groups_by_name}
        self.gaps: dict[str, list[Gap]] = {group: [] for group in self.needed}
        self.out: dict[str, tuple[float, tuple[str, ...]]] = {}
        self.quiet_s = cluster.now_s
        self.is_over = False
        self._look()

    def do(self, event: Event) -> None:
        """Let *event* happen."""
        if self.is_over:
            return
        with suppress(OperationRefused):
            self._follow(apply(self.cluster, event))
            self._look()

    def settle(self, limit_s: float) -> None:
        """Let the cluster go quiet."""
        end_s = self.cluster.now_s + limit_s
        while not self.is_over and not is_quiet(self.cluster) and self._step(end_s):
            pass

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        end_s = self.cluster.now_s + seconds
        while not self.is_over and self._step(end_s):
            pass
        if not self.is_over:
            self.cluster = replace(self.cluster, now_s=end_s)

    def _step(self, end_s: float) -> bool:
        was_quiet = is_quiet(self.cluster)
        outcome = advance(self.cluster, until_s=end_s)
        if outcome is None:
            return False
        self._follow(outcome)
        if outcome.changes:
            self._look()
        if was_quiet:
            self.quiet_s = self.cluster.now_s
        since_s = max(self.quiet_s, min((since for since, _ in self.out.values()), default=0.0))
        self.is_over = bool(self.out) and self.cluster.now_s - since_s > PATIENCE_S
        return not self.is_over

    def _follow(self, outcome: Outcome) -> None:
        self.cluster = outcome.cluster
        self.log += outcome.log

    def _look(self) -> None:
        now_s = self.cluster.now_s
        for group, needed in self.needed.items():
            is_served = serves(self.cluster, group, needed)
            if not is_served and group not in self.out:
                self.out[group] = (now_s, self._missing(group))
            elif is_served and group in self.out:
                self._close(group, now_s)

    def _missing(self, group: str) -> tuple[str, ...]:
        states, faults = self.cluster.resource_states, self.cluster.faults
        by_name = self.cluster.config.resources_by_name
        lacking = [
            by_name[name].type.short
            for name in self.needed[group]
            if name in by_name and (states[name] is not ResourceState.ONLINE or name in faults)
        ]
        return tuple(dict.fromkeys(lacking))

    def _close(self, group: str, now_s: float) -> None:
        since_s, missing = self.out.pop(group)
        if now_s > since_s:
            self.gaps[group].append(Gap(since_s, now_s, missing))

    def course(self, trial: Trial) -> Course:
        """Return what was seen; a group that is out stays out as long as users are watched."""
        end_s = self.cluster.now_s + (AFTERWARDS_S if self.is_over else 0.0)
        for group in list(self.out):
            self._close(group, end_s)
        states, config = self.cluster.resource_states, self.cluster.config
        return Course(
            trial=trial,
            cluster=self.cluster,
            log=tuple(self.log),
            gaps={group: tuple(gaps) for group, gaps in self.gaps.items()},
            idle={
                group: tuple(
                    resource.name
                    for resource in config.members.get(group, ())
                    if states[resource.name] is not ResourceState.ONLINE
                )
                for group in self.needed
            },
            end_s=end_s,
        )


def worse(fair: Course, seen: Course) -> Mapping[str, str]:
    """Return what users suffer in *seen* and not in *fair*: group name to a few words."""
    found = {group: _worse(fair, seen, group) for group in fair.gaps}
    return {group: words for group, words in found.items() if words}


def told(found: Mapping[str, str]) -> str:
    """Return what `worse` found, groups that suffer the same together.

    Example:
        >>> told({"EVS1": "out 9 s instead of 0 s", "EVS2": "out 9 s instead of 0 s"})
        'EVS1, EVS2: out 9 s instead of 0 s'
    """
    who: dict[str, list[str]] = {}
    for group, words in found.items():
        who.setdefault(words, []).append(group)
    return "; ".join(f"{', '.join(groups)}: {words}" for words, groups in who.items())


def _worse(fair: Course, seen: Course, group: str) -> str:
    fair_s, out_s = fair.seconds_out(group), seen.seconds_out(group)
    if seen.is_open(group) and not fair.is_open(group):
        return f"no service any more ({_state(seen, group)})"
    if out_s > fair_s * fair.trial.margin + MARGIN_S:
        return f"out {lasting(out_s)} instead of {lasting(fair_s)}"
    idle = [name for name in seen.idle[group] if name not in fair.idle[group]]
    states = seen.cluster.resource_states
    return "; ".join(f"{name} stays {states[name].value}" for name in idle)


def lasting(seconds: float) -> str:
    """Return a stretch of time as users tell it.

    Example:
        >>> lasting(13.0), lasting(175.2)
        ('13 s', '2.9 min')
    """
    return f"{seconds:.0f} s" if seconds < ABOUT_A_MINUTE_S else minutes(seconds)


def _state(seen: Course, group: str) -> str:
    if group not in seen.cluster.owners:
        return "the group is gone"
    return f"{seen.cluster.group_state(group).value} on {seen.cluster.owners[group]}"
