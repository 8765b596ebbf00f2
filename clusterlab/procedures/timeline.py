"""What nodes and EVSs go through during a run, and which failure they would survive at each moment.

A run keeps what happened in its cluster during each step. Here it becomes one lane for each node
and each EVS, on the clock of the cluster. Whether an EVS would survive a failure is not a rule of
its own: the failure is played on a branch of the cluster as it was at that moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from clusterlab.cluster.events import NodeFailed
from clusterlab.cluster.model import Cluster, ClusterConfig
from clusterlab.cluster.outages import ONLINE, service_part
from clusterlab.cluster.states import NodeState
from clusterlab.exchange.exres import NODES_THAT_MAY_SHARE, SYSTEM_ATTENDANT, evs_names
from clusterlab.exchange.versions import EXCHANGE, VERSION, WINDOWS
from clusterlab.procedures.downtime import is_preparation, standbys
from clusterlab.procedures.procedure import RunEntry
from clusterlab.procedures.run import Run
from clusterlab.procedures.trial import Record
from clusterlab.studies.play import Failure, Play

ABSENT = "not a member"
"""State of a node before it joined and after it was evicted."""


class Stay(NamedTuple):
    """A stretch of time in which a node or an EVS was the same.

    Attributes:
        start_s: From when, simulated seconds.
        state: Of a node "Up", "Down", "Paused", "Joining" or "not a member"; of an EVS "Online",
            or a key of `outages.PARTS`: what its clients were waiting for.
        version: Exchange of the node, or of the EVS, "2000 SP3"; "" where nothing is said of it.
        windows: Of a node, "2000 SP4"; "" where nothing is said of it.
        node: Owner of an EVS.
        is_protected: Whether an EVS would have survived the failure of its owner on a node of its
            own; False while out.
    """

    start_s: float
    end_s: float
    state: str
    version: str
    windows: str = ""
    node: str = ""
    is_protected: bool = False

    @property
    def is_out(self) -> bool:
        """Whether an EVS served nobody."""
        return self.state != ONLINE


class NodeLamp(NamedTuple):
    """What the failure of one node would do at this moment.

    Attributes:
        is_up: Whether it can fail at all.
        lost: EVSs that served and would find no node.
        shared: EVSs that would share a node, which only Exchange 2000 does (handbook 4, R9).
        out: EVSs that serve nobody already.
    """

    node: str
    is_up: bool
    lost: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    out: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Return it in a few words, a glyph in front."""
        if not self.is_up:
            return "○ not running"
        if self.lost:
            return f"✖ {', '.join(self.lost)} lost"
        if self.shared:
            return f"◐ {', '.join(self.shared)} on one node"
        return f"◐ {', '.join(self.out)} down already" if self.out else "✔ all survive"


Fall = tuple[tuple[str, ...], tuple[str, ...]]
"""EVSs that served and find no node, and those on one node where each should have its own."""
_Key = tuple[object, ...]


class Lookout:
    """Plays the failure of a node on a branch of a cluster, and remembers what came of it."""

    def __init__(self) -> None:
        self._known: dict[_Key, Fall] = {}
        self._kept: dict[int, ClusterConfig] = {}  # as long as it is kept, its id is its own

    def fall(self, cluster: Cluster, node: str) -> Fall:
        """Return what the failure of *node* would leave behind (handbook 4, 4.5.1 and 4.5.2)."""
        key = self._key(cluster, node)
        if key not in self._known:
            self._known[key] = _fall(cluster, node)
        return self._known[key]

    def _key(self, cluster: Cluster, name: str) -> _Key:
        """Return what decides about *name*, a node or an EVS, in this cluster."""
        self._kept[id(cluster.config)] = cluster.config
        parts = tuple((evs, service_part(cluster, evs)) for evs in evs_names(cluster.config))
        states, owners = tuple(cluster.node_states.items()), tuple(cluster.owners.items())
        return (id(cluster.config), name, states, owners, parts)

    def is_protected(self, cluster: Cluster, evs: str) -> bool:
        """Return whether *evs* would survive the failure of its owner, and not at another's cost.

        Exchange 2000 may come up beside another EVS although a node is free; then it can be moved.

        Source: handbook 4, 4.5.1 and R9.
        """
        lost, shared = self.fall(cluster, cluster.owners[evs])
        if evs not in shared:
            return evs not in lost
        key = self._key(cluster, evs)
        if key not in self._known:
            self._known[key] = standbys(cluster, evs), ()
        return bool(self._known[key][0])

    def lamps(self, cluster: Cluster) -> tuple[NodeLamp, ...]:
        """Return for each node whether its failure would be survived now."""
        names = evs_names(cluster.config)
        out = tuple(name for name in names if service_part(cluster, name) != ONLINE)
        return tuple(
            NodeLamp(node, True, *self.fall(cluster, node), out)
            if cluster.is_live(node)
            else NodeLamp(node, False)
            for node in cluster.config.nodes_by_name
        )


def _fall(cluster: Cluster, node: str) -> Fall:
    up = {name for name in cluster.node_states if cluster.is_live(name) and name != node}
    play = Play(cluster)
    served = [name for name in evs_names(cluster.config) if play.watch.part(name) == ONLINE]
    play.fail(Failure(node, f"{node} loses power", (NodeFailed(node),)))
    lost, after = play.lost(), play.cluster.owners
    gone = tuple(name for name in served if name in lost or after[name] not in up)
    kept = Counter(after[name] for name in served if name not in gone)
    is_large = len(cluster.config.nodes) > NODES_THAT_MAY_SHARE
    shared = [name for name in served if name not in gone and is_large and kept[after[name]] > 1]
    return gone, tuple(shared)


@dataclass(frozen=True)
class Timeline:
    """The lanes of a run (handbook 4, 4.5).

    Example:
        >>> from clusterlab.procedures import Plan, Run, installation
        >>> run = Run(installation(Plan.standard(nodes=2, evs=1))).do_rest(until="E08@EVS1")
        >>> lanes = Timeline(run)
        >>> [stay.state for stay in lanes.nodes["NODE2"]][-1], lanes.lamps[0].words
        ('Up', '✔ all survive')
    """

    run: Run
    lookout: Lookout = field(default_factory=Lookout, repr=False, compare=False)

    @cached_property
    def turns(self) -> tuple[tuple[RunEntry, tuple[float, float]], ...]:
        """What took time from when to when, oldest first, from the moment there is a cluster."""
        turns = []
        for before, record in zip(self.run.records, self.run.records[1:], strict=False):
            after = record.situation.cluster
            if after is None or record.refusal is not None:
                continue
            start_s = 0.0 if before.situation.cluster is None else before.situation.cluster.now_s
            turns.append((record.entry, (start_s, after.now_s)))
        return tuple(turns)

    @property
    def start_s(self) -> float:
        """When it begins, on the clock of the cluster."""
        return self._moments[0].now_s if self._moments else 0.0

    @property
    def now_s(self) -> float:
        """Where it has got to, on the clock of the cluster."""
        return self._moments[-1].now_s if self._moments else 0.0

    @cached_property
    def _moments(self) -> tuple[Cluster, ...]:
        """The cluster after all that happened at each moment."""
        everything = [cluster for record in self.run.records for cluster in _clusters(record)]
        return tuple(list(same)[-1] for _, same in groupby(everything, key=lambda c: c.now_s))

    def _stretches(self) -> Iterator[tuple[Cluster, float, float]]:
        for cluster, after in zip(self._moments, self._moments[1:], strict=False):
            yield cluster, cluster.now_s, after.now_s
        for cluster in self._moments[-1:]:
            yield cluster, cluster.now_s, cluster.now_s  # what is so from now on

    def tried(self) -> Iterator[tuple[int, int]]:
        """Try the failures of every moment, and yield how many moments are done, and of how many.

        Lanes that were tried are there at once; a page can show something in between.
        """
        for number, cluster in enumerate(self._moments, start=1):
            for name in evs_names(cluster.config):
                self._evs_now(cluster, name)
            yield number, len(self._moments)

    @cached_property
    def nodes(self) -> Mapping[str, tuple[Stay, ...]]:
        """What each node went through; nodes that were evicted are still there."""
        names = dict.fromkeys(name for c in self._moments for name in c.config.nodes_by_name)
        return {
            name: _merged(Stay(start, end, *_node_now(cluster, name))
                          for cluster, start, end in self._stretches())
            for name in names
        }  # fmt: skip

    @cached_property
    def evs(self) -> Mapping[str, tuple[Stay, ...]]:
        """What each EVS went through."""
        names = dict.fromkeys(name for c in self._moments for name in evs_names(c.config))
        return {
            name: _merged(Stay(start, end, *self._evs_now(cluster, name))
                          for cluster, start, end in self._stretches()
                          if name in cluster.owners)
            for name in names
        }  # fmt: skip

    def _evs_now(self, cluster: Cluster, name: str) -> tuple[str, str, str, str, bool]:
        part, node = service_part(cluster, name), cluster.owners[name]
        is_protected = part == ONLINE and self.lookout.is_protected(cluster, name)
        return part, evs_word(cluster, name), "", node, is_protected

    def out_s(self, evs: str, since_s: float = float("-inf")) -> float:
        """Return how many seconds an EVS served nobody, from a moment on."""
        return _sum_s((stay for stay in self.evs[evs] if stay.is_out), since_s)

    def unprotected_s(self, evs: str, since_s: float = float("-inf")) -> float:
        """Return how many seconds an EVS served without a node to fail over to, from a moment on.

        Source: handbook 4, 4.5.1 and 4.5.3 (exposure).
        """
        stays = (s for s in self.evs[evs] if not s.is_out and not s.is_protected)
        return _sum_s(stays, since_s)

    @property
    def prepared_s(self) -> float:
        """When the first step began that is no preparation (P01 to P16), on the cluster's clock."""
        own = (s for entry, (s, _) in self.turns if entry.key and not is_preparation(entry.key))
        return next(own, self.now_s)

    @cached_property
    def lamps(self) -> tuple[NodeLamp, ...]:
        """For each node whether its failure would be survived now."""
        return self.lookout.lamps(self._moments[-1]) if self._moments else ()


def _sum_s(stays: Iterable[Stay], since_s: float) -> float:
    return round(sum(max(0.0, stay.end_s - max(stay.start_s, since_s)) for stay in stays), 3)


def _clusters(record: Record) -> Iterator[Cluster]:
    yield from (outcome.cluster for outcome in record.history)
    if record.situation.cluster is not None:
        yield record.situation.cluster


def evs_word(cluster: Cluster, evs: str) -> str:
    """Return the version of an EVS, "2000 SP3"; "" where nothing is said of it."""
    for resource in cluster.config.members.get(evs, ()):
        if resource.type.name == SYSTEM_ATTENDANT:
            return str(resource.private.get(VERSION, ""))
    return ""


def _node_now(cluster: Cluster, name: str) -> tuple[str, str, str]:
    node = cluster.config.nodes_by_name.get(name)
    if node is None or name not in cluster.node_states:
        return ABSENT, "", ""
    is_silent = cluster.node_states[name] is NodeState.UP and not cluster.is_live(name)
    state = NodeState.DOWN if is_silent else cluster.node_states[name]
    exchange, windows = node.installed.get(EXCHANGE, ""), node.installed.get(WINDOWS, "")
    return str(state.value), exchange, windows


def _merged(stays: Iterable[Stay]) -> tuple[Stay, ...]:
    """Join neighbours that differ in nothing but their times."""
    joined: list[Stay] = []
    for stay in stays:
        if joined and joined[-1][2:] == stay[2:] and joined[-1].end_s == stay.start_s:
            joined[-1] = joined[-1]._replace(end_s=stay.end_s)
        else:
            joined.append(stay)
    return tuple(joined)
