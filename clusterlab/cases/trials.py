"""Trials: failures that are played on a cluster at rest, and what users notice of them.

A trial is a list of events with quiet between them, unless a pause says how long to wait. It is
always played from the same beginning (`rested`): every group at home, ten o'clock in the morning,
so that two clusters can be compared. What counts as service is decided by the sound cluster: an
EVS serves while every resource that may move it *there* is Online, so nobody repairs an outage by
clearing "Affect the group".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple

from clusterlab.cluster.configuring import configure
from clusterlab.cluster.draft import LogEntry
from clusterlab.cluster.errors import OperationRefused
from clusterlab.cluster.events import Event
from clusterlab.cluster.model import Cluster, can_run
from clusterlab.cluster.outages import ONLINE
from clusterlab.cluster.resting import at_rest
from clusterlab.cluster.states import NodeState, QuorumModel, ResourceState, Windows
from clusterlab.exchange.evs import exchange_cluster
from clusterlab.studies.play import HORIZON_S, QUIET_LIMIT_S, Play, is_quiet, minutes

MORNING_S = 10 * 3600.0
"""Time of day at which every trial begins, seconds after midnight."""
PATIENCE_S = 600.0
"""When a group is out and the cluster busy for this long, nothing will help: the trial ends."""
ABOUT_A_MINUTE_S = 100.0
"""Shorter stretches of time are told in seconds."""
MARGIN, MARGIN_S = 1.05, 3.0
"""A repair may cost this much more than the sound cluster: another way of repair may be slower."""


Step = Event | float
"""What is done, or for how many seconds nothing is."""


class Trial(NamedTuple):
    """Failures that are played one after the other.

    Attributes:
        words: What happens, in words that fit behind "when".
        steps: Events with quiet between them, and seconds of pause.
        margin: How many times as long as on the sound cluster users may wait after a repair.
    """

    words: str
    steps: tuple[Step, ...] = ()
    margin: float = MARGIN


Gap = tuple[float, float, tuple[str, ...]]
"""From when to when a group did not serve, and which types of resources were not Online at first.

Seconds are those since the trial began, types are short names.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suffered:
    """What a trial did to a cluster and its users.

    Attributes:
        log: The event logs, if a record was kept.
        gaps: For each group that was looked at, when it did not serve.
        idle: For each group, resources that were asked to be Online and are not at the end.
    """

    trial: Trial
    cluster: Cluster
    log: tuple[LogEntry, ...]
    gaps: Mapping[str, tuple[Gap, ...]]
    idle: Mapping[str, tuple[str, ...]]
    end_s: float

    def seconds_out(self, group: str) -> float:
        """Return how long *group* did not serve, in all."""
        return round(sum(end_s - start_s for start_s, end_s, _ in self.gaps[group]), 3)

    def is_open(self, group: str) -> bool:
        """Return whether *group* does not serve at the end."""
        return bool(self.gaps[group]) and self.gaps[group][-1][1] >= self.end_s


def rested(cluster: Cluster, norm: Cluster) -> Cluster:
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
    return at_rest(
        config,
        owners,
        nodes={name: _lasting(cluster, name) for name in config.nodes_by_name},
        states=states,
        paused=cluster.paused,
        persistent=cluster.persistent,
        is_quorum_log_bad=cluster.is_quorum_log_bad,
    )


def _lasting(cluster: Cluster, node: str) -> NodeState:
    if cluster.node_states[node] is NodeState.DOWN:
        return NodeState.DOWN
    return NodeState.PAUSED if node in cluster.paused else NodeState.UP


def _owner(cluster: Cluster, norm: Cluster, group: str, up: set[str]) -> str:
    """Return the home of *group* if it can run it, else whoever can, else the present owner."""
    able = [n for n in cluster.config.nodes_by_name if n in up]
    able = [n for n in able if n in cluster.config.possible_owners[group]] or able
    home = norm.owners.get(group, cluster.owners[group])
    return next((n for n in (home, cluster.owners[group], *able) if n in able), home)


def suffered(
    cluster: Cluster, trial: Trial, norm: Cluster, *, keeps_record: bool = False
) -> Suffered:
    """Return what *trial* does to *cluster*, which is at rest.

    A step that the product refuses, such as a failure of what is not Online, is passed over.
    """
    run = _Run(cluster, norm, keeps_record)
    for step, following in pairwise((*trial.steps, HORIZON_S)):
        if isinstance(step, float):
            run.wait(step)
        else:
            run.do(step)
            run.go_on(0.0 if isinstance(following, float) else QUIET_LIMIT_S, until_quiet=True)
    run.wait(HORIZON_S)
    return run.result(trial)


class _Run:
    """A trial while it is played: it ends early when patience does."""

    def __init__(self, cluster: Cluster, norm: Cluster, keeps_record: bool) -> None:
        self.play = Play(cluster, keeps_record=keeps_record, as_configured_in=norm.config)
        self.needed = norm.config.essential
        self.gaps: dict[str, list[Gap]] = {group: [] for group in self.needed}
        self.out: dict[str, tuple[float, tuple[str, ...]]] = {}
        self.quiet_s = cluster.now_s
        self.is_over = False
        self._look()

    def do(self, event: Event) -> None:
        """Let *event* happen."""
        if not self.is_over:
            with suppress(OperationRefused):
                self.play.do(event)
            self._look()

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        end_s = self.play.cluster.now_s + seconds
        self.go_on(seconds)
        if not self.is_over:
            self.play.run(until_s=end_s)

    def go_on(self, seconds: float, *, until_quiet: bool = False) -> None:
        """Let what is coming happen, for so long at most."""
        play, end_s = self.play, self.play.cluster.now_s + seconds
        while not self.is_over:
            was_quiet = is_quiet(play.cluster)
            if (until_quiet and was_quiet) or not play.step(end_s):
                break
            self._look()
            if was_quiet:
                self.quiet_s = play.cluster.now_s
            since_s = max(self.quiet_s, min((since for since, _ in self.out.values()), default=0.0))
            self.is_over = bool(self.out) and play.cluster.now_s - since_s > PATIENCE_S

    def _look(self) -> None:
        watch, now_s = self.play.watch, self.play.cluster.now_s
        watch.look()
        for group in self.needed:
            is_served = watch.part(group) == ONLINE
            if not is_served and group not in self.out:
                self.out[group] = (now_s, self._missing(group))
            elif is_served and group in self.out:
                self._close(group, now_s)

    def _missing(self, group: str) -> tuple[str, ...]:
        states, faults = self.play.cluster.resource_states, self.play.cluster.faults
        lacking = [
            one.type.short
            for one in self.needed[group]
            if one.name in states
            and (states[one.name] is not ResourceState.ONLINE or one.name in faults)
        ]
        return tuple(dict.fromkeys(lacking))

    def _close(self, group: str, now_s: float) -> None:
        since_s, missing = self.out.pop(group)
        if now_s > since_s:
            self.gaps[group].append((since_s, now_s, missing))

    def result(self, trial: Trial) -> Suffered:
        """Return what was seen; a group that is out stays out as long as users are watched."""
        cluster, record = self.play.cluster, self.play.record
        end_s = cluster.now_s + (HORIZON_S if self.is_over else 0.0)
        for group in list(self.out):
            self._close(group, end_s)
        return Suffered(
            trial=trial,
            cluster=cluster,
            log=tuple(entry for outcome in record for entry in outcome.log),
            gaps={group: tuple(gaps) for group, gaps in self.gaps.items()},
            idle={
                group: tuple(
                    one.name
                    for one in cluster.config.members.get(group, ())
                    if cluster.resource_states[one.name] is not ResourceState.ONLINE
                )
                for group in self.needed
            },
            end_s=end_s,
        )


def worse(fair: Suffered, seen: Suffered) -> Mapping[str, str]:
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


def _worse(fair: Suffered, seen: Suffered, group: str) -> str:
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


def _state(seen: Suffered, group: str) -> str:
    if group not in seen.cluster.owners:
        return "the group is gone"
    return f"{seen.cluster.group_state(group).value} on {seen.cluster.owners[group]}"


# --- sound clusters -------------------------------------------------------------------------------


BOTH = ("POP3", "IMAP4")


def _windows_2000() -> Cluster:
    """Return four nodes of Windows 2000; each EVS prefers its home, then the spare."""
    cluster = exchange_cluster(3, 1, windows=Windows.W2K, protocols=BOTH)
    config = cluster.config
    for number in (1, 2, 3):
        config = configure(config, f"EVS{number}", preferred_owners=(f"NODE{number}", "NODE4"))
    return replace(cluster, config=config)


SHAPES: Mapping[str, Callable[[], Cluster]] = {
    "1 active / 1 passive": lambda: exchange_cluster(1, 1, protocols=BOTH),
    "2 active / 0 passive": lambda: exchange_cluster(2, 0, storage_groups=2, protocols=BOTH),
    "2 active / 1 passive": lambda: exchange_cluster(2, 1, protocols=("POP3",)),
    "3 active / 1 passive": lambda: exchange_cluster(3, 1, protocols=BOTH),
    "3 active / 1 passive, Windows 2000": _windows_2000,
    "2 active / 2 passive": lambda: exchange_cluster(2, 2, protocols=("IMAP4",)),
    "3 active / 2 passive, majority node set": lambda: exchange_cluster(
        3, 2, quorum=QuorumModel.MAJORITY
    ),
    "4 active / 1 passive": lambda: exchange_cluster(4, 1, storage_groups=2),
    "7 active / 1 passive": lambda: exchange_cluster(7, 1, storage_groups=1),
}
"""Every sound cluster by what it is."""


@cache
def sound_cluster(shape: str) -> Cluster:
    """Return a sound cluster at rest; the same value each time."""
    return rested(SHAPES[shape](), norm_of(shape))


@cache
def norm_of(shape: str) -> Cluster:
    """Return the cluster that says what counts as service, and who is at home where."""
    cluster = SHAPES[shape]()
    return replace(cluster, config=replace(cluster.config, start_time_s=MORNING_S))


@lru_cache(maxsize=1024)
def on_sound_cluster(shape: str, trial: Trial) -> Suffered:
    """Return what a trial does to the sound cluster; played once."""
    return suffered(sound_cluster(shape), trial, norm_of(shape))
