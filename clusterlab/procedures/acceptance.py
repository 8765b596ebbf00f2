"""The acceptance test of a built cluster, played: move every EVS, lose one node, lose a second one.

Each trial starts from the same cluster, which is not changed. What the settings of a cluster are
worth shows here; what they should be is said by `checklist.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from clusterlab.cluster.errors import OperationRefused
from clusterlab.cluster.events import Event, MoveGroup, NodeFailed, StopClusterService
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.states import GroupState
from clusterlab.exchange.evs import NODES_THAT_MAY_SHARE
from clusterlab.procedures.checklist import BuiltCluster
from clusterlab.studies.play import Play


class Acceptance(NamedTuple):
    """One test, and what came of it."""

    row: int
    done: str
    expected: str
    found: str
    is_ok: bool

    def __str__(self) -> str:
        """Return the trial in one line."""
        word = "ok    " if self.is_ok else "FAILED"
        return f"{word} {self.done}: {self.found} (expected: {self.expected})"


def acceptance_test(cluster: Cluster) -> tuple[Acceptance, ...]:
    """Return what comes of the acceptance test on *cluster* (handbook 3, 5.8, rows 1 to 3).

    Example:
        >>> from clusterlab import exchange_cluster
        >>> for trial in acceptance_test(exchange_cluster(1, 1)):
        ...     print(trial)
        ok     move EVS1 to NODE2: Online on NODE2 (expected: Online on NODE2)
        ok     stop the Cluster service on NODE1: EVS1 Online on NODE2 (expected: EVS1 Online \
elsewhere)
    """
    evs = tuple(BuiltCluster(cluster=cluster).evs)
    return (*_moves(cluster, evs), *_first_failures(cluster, evs), *_second_failure(cluster, evs))


def _played(cluster: Cluster, *events: Event) -> tuple[Cluster, str]:
    """Return a cluster after what was tried, and why it was refused, if it was."""
    play = Play(cluster)
    try:
        for event in events:
            play.do(event).settle()
    except OperationRefused as refusal:
        return play.cluster, str(refusal)
    return play.cluster, ""


def _where(cluster: Cluster, evs: str) -> str:
    return f"{cluster.group_state(evs).value} on {cluster.owners[evs]}"


def _is_online(cluster: Cluster, evs: str) -> bool:
    return cluster.group_state(evs) is GroupState.ONLINE


def _moves(cluster: Cluster, evs: Sequence[str]) -> Iterator[Acceptance]:
    """Move each EVS to each node without one."""
    hosts = {cluster.owners[name] for name in evs}
    free = [node for node in cluster.config.nodes_by_name if node not in hosts]
    for name in evs:
        for node in free:
            after, refusal = _played(cluster, MoveGroup(name, node))
            found = refusal or _where(after, name)
            expected = f"Online on {node}"
            yield Acceptance(1, f"move {name} to {node}", expected, found, found == expected)


def _first_failures(cluster: Cluster, evs: Sequence[str]) -> Iterator[Acceptance]:
    """Stop the Cluster service of each node with an EVS."""
    for name in evs if len(cluster.config.nodes) > 1 else ():
        node = cluster.owners[name]
        after, refusal = _played(cluster, StopClusterService(node))
        done, wanted = f"stop the Cluster service on {node}", f"{name} Online elsewhere"
        found = f"{name} {refusal or _where(after, name)}"
        yield Acceptance(2, done, wanted, found, _is_online(after, name))


def _second_failure(cluster: Cluster, evs: Sequence[str]) -> Iterator[Acceptance]:
    """Let the nodes of the first two EVSs fail, one after the other."""
    if len(cluster.config.nodes) <= NODES_THAT_MAY_SHARE or len(evs) < 2:
        return
    first, second, *others = evs
    nodes = [cluster.owners[name] for name in (first, second)]
    after, refusal = _played(cluster, *map(NodeFailed, nodes))
    free = len(cluster.config.nodes) - len(evs) - 1
    wanted = (
        f"{first} Online, {second} {'Online' if free else 'may stay down'}, the others unaffected"
    )
    unaffected = all(
        _is_online(after, name) and after.owners[name] == cluster.owners[name] for name in others
    )
    is_second_ok = _is_online(after, second) or not free
    is_ok = _is_online(after, first) and is_second_ok and unaffected
    found = ", ".join(f"{name} {refusal or _where(after, name)}" for name in evs)
    yield Acceptance(3, f"fail {nodes[0]}, then {nodes[1]}", wanted, found, is_ok)
