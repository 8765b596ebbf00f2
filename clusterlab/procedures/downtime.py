"""How long each EVS is out, and how long it has no standby, during an upgrade (handbook 4, 4.5).

Times are assumptions, to be replaced by the client's own. Which node could take an EVS over is not
a rule of its own: it is tried on a branch of the simulated cluster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from clusterlab.cluster.errors import OperationRefused
from clusterlab.cluster.events import MoveGroup
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.states import GroupState, NodeState
from clusterlab.exchange.exres import evs_names
from clusterlab.procedures.assumptions import ASSUMPTIONS, Forecast, StepTime
from clusterlab.procedures.procedure import Procedure, Task
from clusterlab.procedures.run import Run
from clusterlab.studies.play import Play


def forecast(
    work: Procedure | Run,
    *,
    seconds: Mapping[str, float] | None = None,
    leave_out: Sequence[str] = (),
    with_preparation: bool = False,
) -> Forecast:
    """Return how long each EVS is out and unprotected when everything is done as it should be.

    During the upgrade of an EVS it is counted on the node it goes to. Backups and the work
    afterwards are left out. Of P05 and P06 only the moves are counted, as the handbook does; the
    timeline of a run also has their packs and restarts, and the time without a standby meanwhile.
    There a move of Exchange 2000 with four storage groups takes 135 s, because its protocols wait
    for the store (4.3.4): 15 s more than T_MOVE, which is that of Exchange 2003.

    Args:
        work: A path of handbook 4, or a run of one: then of what is left.
        seconds: The client's own times, by assumption.
        leave_out: Steps that are not done, such as "U2-12".
        with_preparation: Whether the passes of P05 and P06 are counted.

    Example:
        >>> from clusterlab.procedures import Plan
        >>> from clusterlab.procedures.upgrade import upgrade
        >>> cost = forecast(upgrade("U2", Plan.standard(nodes=2, evs=1)))
        >>> cost.elapsed_s, cost.downtime_s, cost.exposure_s
        (8730.0, {'EVS1': 570.0}, {'EVS1': 8160.0})

    Source: handbook 4, 4.5.3.
    """
    run = Run(work) if isinstance(work, Procedure) else work
    names = tuple(evs.name for evs in run.procedure.plan.evs)
    steps: list[StepTime] = []
    for tasks, before, then in _phases(run, frozenset(leave_out)):
        first = tasks[0]
        if is_preparation(first.key) and not with_preparation:
            continue
        down = (first.subject.name,) if first.subject.mark.startswith("N") else ()
        cluster = before if down else then
        there = () if cluster is None else [evs for evs in names if evs in cluster.owners]
        unprotected = [evs for evs in there if cluster and not standbys(cluster, evs, down)]
        for task in tasks:
            steps += _timed(task, names, unprotected)
    return Forecast(evs=names, steps=tuple(steps)).timed(seconds or {})


def _timed(task: Task, names: tuple[str, ...], bare: Sequence[str]) -> Iterator[StepTime]:
    """Yield a task without its time; one that moves every EVS is one for each."""
    out = _out(task, names)
    exposed = tuple(evs for evs in bare if evs not in out)
    for each in (out[n : n + 1] for n in range(max(1, len(out)))):
        yield StepTime(task.key, 0.0, each, exposed, task.step.takes)


def is_preparation(key: str) -> bool:
    """Return whether the key of a task is that of a step before the path, P01 to P16."""
    return key.startswith("upgrade/")


def _out(task: Task, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the EVSs that are out during a task; with no subject it moves each of them."""
    if not any(ASSUMPTIONS[name].is_outage for name in task.step.takes):
        return ()
    return (task.subject.name,) if task.subject.name else names


def _phases(
    run: Run, leave_out: frozenset[str]
) -> Iterator[tuple[list[Task], Cluster | None, Cluster | None]]:
    """Yield timed tasks in a row about one subject, with the cluster before and after them."""
    tasks = [task for task in run.left() if task.short not in leave_out]
    for together in _together(tasks):
        before = run.cluster
        for task in together:
            run = run.attempt(task.key)  # what is refused after a failure is still planned for
        if together[0].step.takes:
            yield together, before, run.cluster


def _together(tasks: Sequence[Task]) -> Iterator[list[Task]]:
    """Yield tasks in a row about one subject, up to where an EVS is online or a node is Up."""
    for _, group in groupby(tasks, lambda task: (task.subject.mark, bool(task.step.takes))):
        phase: list[Task] = []
        for task in group:
            phase.append(task)
            if ends_phase(task):
                yield phase
                phase = []
        if phase:
            yield phase


def ends_phase(task: Task) -> bool:
    """Return whether an EVS is online afterwards, or a node Up again."""
    return bool({"T_MOVE", "T_ON", "T_REBOOT"}.intersection(task.step.takes))


# --- who could take over ------------------------------------------------------------------------


def standbys(cluster: Cluster, evs: str, down: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the nodes that could take an EVS over: Up, without an EVS, and it comes online there.

    *down* are nodes that are taken for Down, because Setup runs there.

    Each node is tried on a branch of the cluster.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> standbys(exchange_cluster(active=3, passive=1), "EVS1")
        ('NODE4',)

    Source: handbook 4, 4.5.1.
    """
    busy = {cluster.owners[name] for name in evs_names(cluster.config)}
    free = (
        node.name
        for node in cluster.config.nodes
        if node.name not in busy and node.name not in down
    )
    return tuple(node for node in free if _takes_over(cluster, evs, node))


def _takes_over(cluster: Cluster, evs: str, node: str) -> bool:
    if cluster.node_states[node] is not NodeState.UP or node in cluster.silent_since:
        return False
    try:
        after = Play(cluster).do(MoveGroup(evs, node)).settle().cluster
    except OperationRefused:
        return False
    return after.owners[evs] == node and after.group_state(evs) is GroupState.ONLINE
