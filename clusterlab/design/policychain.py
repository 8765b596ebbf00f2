"""The chain of a configured cluster: every failure and every return is played by the engine.

A state is the cluster at rest after nodes failed and came back in some order. Nodes and EVSs that
differ in nothing but names are one and the same, which leaves a few dozen states where names would
make hundreds; what follows in a state is played once for all nodes that are alike in it. How often
failures and repairs come is put in afterwards, so a cluster is played once for all policies.

Source: handbook 5, 5.5.3; handbook 1, 5 [derived].
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import permutations
from typing import NamedTuple

from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.events import BringOnline, Event, MoveGroup, NodeFailed, StartNode
from clusterlab.cluster.model import Cluster, ClusterConfig, Group
from clusterlab.cluster.outages import ONLINE, service_part
from clusterlab.cluster.states import NodeState
from clusterlab.design.availability import Pool
from clusterlab.design.chains import STATES_MAX, Chain, Move
from clusterlab.simulation import Simulation

REST_S = 24 * 3600.0
"""How long each failure is played: failback windows and retries of a day are over by then."""

FEW = 6
"""EVSs up to which all ways to rename them are tried."""


class What(Enum):
    """What can happen to a cluster at rest."""

    FAILURE = "a node fails"
    RETURN = "a node is repaired"
    HELP = "an operator brings a Failed EVS online"


class Course(NamedTuple):
    """What follows from it.

    Attributes:
        what: What happens.
        nodes: To how many nodes or EVSs it can happen alike.
        to: State that the cluster comes to rest in.
        lost_h: EVS-hours lost by EVSs that serve again then.
        moved: How many of them were out.
    """

    what: What
    nodes: int
    to: Hashable
    lost_h: float
    moved: int


@dataclass(frozen=True, kw_only=True)
class Courses:
    """All states of a cluster at rest, and what follows in each.

    Attributes:
        name: Of the cluster.
        evs: EVSs.
        after: What can happen, by state; the first one is the start.
        out: EVSs out of service, by state.
        down: Nodes down, by state.
    """

    name: str
    evs: int
    after: Mapping[Hashable, tuple[Course, ...]]
    out: Mapping[Hashable, int]
    down: Mapping[Hashable, int]

    def chain(self, pool: Pool) -> Chain:
        """Return the chain, with failures and repairs as often as in *pool*."""
        moves = {
            state: tuple(move for course in after for move in self._moves(pool, state, course))
            for state, after in self.after.items()
        }
        return Chain(
            name=self.name,
            evs=self.evs,
            moves=moves,
            out={state: float(out) for state, out in self.out.items()},
        )

    def _moves(self, pool: Pool, state: Hashable, course: Course) -> Iterator[Move]:
        what, nodes, to, lost_h, moved = course
        if what is What.HELP:
            yield Move(nodes / max(pool.operator_h, 1 / 60), to, lost_h)
        elif what is What.RETURN:
            yield Move(nodes / self.down[state] * pool.repair_rate(self.down[state]), to, lost_h)
        else:
            by_itself = pool.coverage if moved else 1.0
            yield Move(nodes / pool.mtbf_h * by_itself, to, lost_h)
            if by_itself < 1:
                by_hand_h = max(lost_h, moved * pool.manual_h)
                yield Move(nodes / pool.mtbf_h * (1 - by_itself), to, by_hand_h)


def policy_chain(cluster: Cluster, pool: Pool) -> Chain:
    """Return the chain of a configured cluster, every failure and return played by the engine.

    Each move is simulated for a day, so preferred owners, anti-affinity, possible owners, failback
    and the seconds of every resource are the cluster's own. A Failed EVS stays so until an
    operator, after `pool.operator_h`, moves it to a node that takes it.

    Args:
        cluster: At rest, all nodes Up.
        pool: `mtbf_h`, `mttr_h`, `crews`, `coverage`, `manual_h` and `operator_h` are used, the
            rest is the cluster's.

    Raises:
        ConfigError: If it has too many states to play.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> cluster = exchange_cluster(active=3, passive=1)
        >>> chain = policy_chain(cluster, Pool(active=3, passive=1, operator_h=0.5))
        >>> chain.evs, len(chain.moves)
        (3, 22)
    """
    return courses_of(cluster).chain(pool)


def courses_of(cluster: Cluster) -> Courses:
    """Play all that can happen to a cluster at rest, and to what it then has become.

    Raises:
        ConfigError: If there are more than `STATES_MAX` states.
    """
    board = _Board(cluster.config)
    first = board.key(cluster)
    at_rest, after = {first: cluster}, dict[Hashable, tuple[Course, ...]]()
    waiting: list[Hashable] = [first]
    while waiting:
        state = waiting.pop()
        if state in after:
            continue
        if len(after) == STATES_MAX:
            raise ConfigError(
                f"{cluster.config.name!r} has more than {STATES_MAX} states; take fewer nodes"
            )
        played = list(board.played(at_rest[state]))
        after[state] = tuple(course for course, _ in played)
        for course, then in played:
            at_rest.setdefault(course.to, then)
            waiting.append(course.to)
    return Courses(
        name=cluster.config.name,
        evs=len(board.evss),
        after=after,
        out={state: len(board.out(at_rest[state])) for state in after},
        down={state: len(_down(at_rest[state])) for state in after},
    )


def _down(cluster: Cluster) -> list[str]:
    return [name for name, state in cluster.node_states.items() if state is not NodeState.UP]


class _Board:
    """The nodes and EVSs of a cluster, and which of them may change names."""

    def __init__(self, config: ClusterConfig) -> None:
        self.nodes = tuple(node.name for node in config.nodes)
        self.core = config.core_group_name
        self.evss = config.served_groups
        groups = [config.groups_by_name[evs] for evs in self.evss]
        homes = _homes(config, groups)
        self.may_swap = homes is not None and len(homes) <= FEW
        self.homes = homes or {}
        shapes = [_shape(config, group) for group in groups]
        self.kinds = tuple(shapes.index(shape) for shape in shapes)
        self.orders = tuple(self._orders())

    def _orders(self) -> Iterator[tuple[int, ...]]:
        """Yield the ways to rename EVSs that differ in nothing but names."""
        own = tuple(range(len(self.evss)))
        for order in permutations(own) if self.may_swap and self.homes else (own,):
            if all(self.kinds[i] == self.kinds[j] for i, j in zip(own, order, strict=True)):
                yield order

    def out(self, cluster: Cluster) -> list[str]:
        """Return the EVSs that do not serve."""
        return [evs for evs in self.evss if service_part(cluster, evs) != ONLINE]

    def key(self, cluster: Cluster, marked: str = "") -> Hashable:
        """Return what is the same in clusters that differ in nothing but names.

        Args:
            cluster: At rest.
            marked: A node that is told from the others, to see which nodes are alike.
        """
        out = set(self.out(cluster))
        guests: dict[str, list[tuple[str, bool]]] = {node: [] for node in self.nodes}
        for evs in self.evss:
            guests[cluster.owners[evs]].append((evs, evs in out))
        states = cluster.node_states
        rows = {
            node: (states[node] is NodeState.UP, cluster.owners[self.core] == node, node == marked)
            for node in self.nodes
        }
        if not self.may_swap:
            return tuple((rows[node], tuple(guests[node])) for node in self.nodes)
        return min(self._renamed(rows, guests, order) for order in self.orders)

    def _renamed(
        self,
        rows: Mapping[str, tuple[bool, ...]],
        guests: Mapping[str, list[tuple[str, bool]]],
        order: tuple[int, ...],
    ) -> tuple[object, ...]:
        """Return a position with the EVSs in another order, each home with its EVS."""
        if self.homes:
            numbers = {self.evss[i]: number for number, i in enumerate(order)}
        else:
            numbers = dict(zip(self.evss, self.kinds, strict=True))
        told = {
            node: (row, tuple(sorted((numbers[evs], is_out) for evs, is_out in guests[node])))
            for node, row in rows.items()
        }
        first = [self.homes[self.evss[i]] for i in order if self.homes]
        others = sorted(told[node] for node in self.nodes if node not in first)
        return (*(told[node] for node in first), *others)

    def played(self, now: Cluster) -> Iterator[tuple[Course, Cluster]]:
        """Yield what follows in a state, played once for all nodes that are alike in it."""
        down = _down(now)
        alike: dict[Hashable, list[str]] = {}
        for node in self.nodes:
            alike.setdefault(self.key(now, node), []).append(node)
        for nodes in alike.values():
            what = What.RETURN if nodes[0] in down else What.FAILURE
            event: Event = (StartNode if nodes[0] in down else NodeFailed)(nodes[0])
            yield self._course(what, len(nodes), now, (event,))
        for evs in self.out(now):
            yield from self._helped(now, evs)

    def _course(
        self, what: What, nodes: int, now: Cluster, events: Iterable[Event]
    ) -> tuple[Course, Cluster]:
        """Play events and a day after."""
        sim = Simulation(now)
        end_s = sim.now_s + REST_S
        for event in events:
            sim.send(event)
        sim.run(until_s=end_s)
        outages, out = sim.outages(), set(self.out(sim.cluster))
        lost_s = [outages[evs].seconds for evs in self.evss if evs not in out]
        moved = sum(seconds > 0 for seconds in lost_s)
        course = Course(what, nodes, self.key(sim.cluster), math.fsum(lost_s) / 3600, moved)
        return course, sim.cluster

    def _helped(self, now: Cluster, evs: str) -> Iterator[tuple[Course, Cluster]]:
        """Yield what an operator reaches who tries the nodes in turn, if one takes the EVS."""
        for node, state in now.node_states.items():
            if state is NodeState.UP:
                move = () if node == now.owners[evs] else (MoveGroup(evs, node),)
                try:
                    found = self._course(What.HELP, 1, now, (*move, BringOnline(evs)))
                except OperationRefused:
                    continue
                if evs not in self.out(found[1]):
                    yield found
                    return


def _homes(config: ClusterConfig, groups: Sequence[Group]) -> Mapping[str, str] | None:
    """Return the homes that EVSs take along when they change names; None if they may not.

    Without failback no EVS has a home: which of several free nodes it goes to is a matter of names
    then, for they are alike.
    """
    nodes = [replace(node, name="", node_id=0) for node in config.nodes]
    if nodes != nodes[:1] * len(nodes) or not all(_is_at_home_anywhere(config, g) for g in groups):
        return None
    if not any(group.auto_failback_type for group in groups):
        return {}
    homes = {group.name: group.preferred_owners[0] for group in groups if group.preferred_owners}
    has_one = all(len(group.preferred_owners) == 1 for group in groups)
    return homes if has_one and len(set(homes.values())) == len(groups) else None


def _is_at_home_anywhere(config: ClusterConfig, group: Group) -> bool:
    """Return whether no resource of a group tells one node from another."""
    everywhere = (None, tuple(node.name for node in config.nodes))
    return all(
        one.possible_owners in everywhere and not one.defective_on
        for one in config.members[group.name]
    )


def _shape(config: ClusterConfig, group: Group) -> object:
    """Return a group without the names in it: EVSs of the same shape may change names."""
    members = config.members[group.name]
    names = [member.name for member in members]
    bare = [replace(one, name="", group="", possible_owners=None, depends_on=()) for one in members]
    needs = [sorted(names.index(need) for need in one.depends_on) for one in members]
    return replace(group, name="", preferred_owners=()), bare, needs
