"""How long each EVS is out, and how long it has no standby, during an upgrade (handbook 4, 4.5).

Times are assumptions, to be replaced by the client's own. Which node could take an EVS over is not
a rule of its own: it is tried on a branch of the simulated cluster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.simulation import Simulation
from clusterlab.cluster.states import GroupState, NodeState
from clusterlab.exchange.exres import SYSTEM_ATTENDANT
from clusterlab.exchange.versions import EXCHANGE, VERSION, attendant_of
from clusterlab.procedures.procedure import Procedure, Task
from clusterlab.procedures.run import Run


class Assumption(NamedTuple):
    """How long something takes, as long as nobody has measured it.

    Attributes:
        seconds: The default.
        text: What takes so long.
        known: What documents say of it; "" for nothing.
        is_outage: Whether the EVS is out meanwhile.
    """

    seconds: float
    text: str
    known: str = ""
    is_outage: bool = False


ASSUMPTIONS: Mapping[str, Assumption] = {
    "T_MOVE": Assumption(
        120.0, "planned move of an EVS that is online", "seconds to a few minutes", True
    ),
    "T_OFF": Assumption(60.0, "System Attendant and what needs it offline", "", True),
    "T_MOVE_OFF": Assumption(30.0, "move of the group with its System Attendant offline", "", True),
    "T_CMD": Assumption(300.0, "Upgrade Exchange Virtual Server", "", True),
    "T_ON": Assumption(60.0, "bringing the EVS online", "", True),
    "T_SETUP": Assumption(3600.0, "Exchange Setup on a node"),
    "T_SP": Assumption(1200.0, "service pack on a node"),
    "T_REBOOT": Assumption(480.0, "restart of a node until it is Up"),
    "T_OS": Assumption(7200.0, "Windows upgrade of a node", "some hours"),
    "T_KRB": Assumption(180.0, "enabling Kerberos on the Network Name", "", True),
}
"""All assumptions (handbook 4, 4.5.3); documents give nothing but the ranges quoted."""


def times(replaced: Mapping[str, float] | None = None) -> Mapping[str, float]:
    """Return the seconds of every assumption, with the client's own in place of defaults.

    Raises:
        ConfigError: If there is no such assumption, or its time is negative.

    Example:
        >>> times({"T_MOVE": 90})["T_MOVE"]
        90
    """
    for name, seconds in (replaced or {}).items():
        if name not in ASSUMPTIONS:
            allowed = ", ".join(ASSUMPTIONS)
            raise ConfigError(f"there is no assumption {name!r}; allowed: {allowed}")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds >= 0:
            raise ConfigError(f"{name} is {seconds!r}; allowed: seconds, 0 or more")
    usual = {name: row.seconds for name, row in ASSUMPTIONS.items()}
    return {**usual, **(replaced or {})}


class StepTime(NamedTuple):
    """What a step costs.

    Attributes:
        key: Of its task.
        seconds: How long it takes.
        out: EVSs that are out meanwhile.
        unprotected: EVSs that are online meanwhile and that no node could take over.
    """

    key: str
    seconds: float
    out: tuple[str, ...]
    unprotected: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What an upgrade costs its users.

    Attributes:
        evs: Names of the EVSs.
        steps: Steps that take time, in their order.
    """

    evs: tuple[str, ...]
    steps: tuple[StepTime, ...]

    @property
    def elapsed_s(self) -> float:
        """Seconds of all steps that the assumptions speak of."""
        return sum(step.seconds for step in self.steps)

    @property
    def downtime_s(self) -> Mapping[str, float]:
        """Seconds each EVS is out."""
        return {e: sum(s.seconds for s in self.steps if e in s.out) for e in self.evs}

    @property
    def exposure_s(self) -> Mapping[str, float]:
        """Seconds each EVS is online without a node that could take it over."""
        return {e: sum(s.seconds for s in self.steps if e in s.unprotected) for e in self.evs}


def forecast(
    work: Procedure | Run,
    *,
    seconds: Mapping[str, float] | None = None,
    leave_out: Sequence[str] = (),
    with_preparation: bool = False,
) -> Forecast:
    """Return how long each EVS is out and unprotected when everything is done as it should be.

    During the upgrade of an EVS it is counted on the node it goes to. Backups and the work
    afterwards are left out.

    Args:
        work: A path of handbook 4, or a run of one: then of what is left.
        seconds: The client's own times, by assumption.
        leave_out: Steps that are not done, such as "U2-12".
        with_preparation: Whether the passes of P05 and P06 are counted.

    Example:
        >>> from clusterlab.procedures import Plan
        >>> from clusterlab.procedures.upgrade import upgrade_u2
        >>> cost = forecast(upgrade_u2(Plan.standard(nodes=2, evs=1)))
        >>> cost.elapsed_s, cost.downtime_s, cost.exposure_s
        (8730.0, {'EVS1': 570.0}, {'EVS1': 8160.0})

    Source: handbook 4, 4.5.3.
    """
    run = Run(work) if isinstance(work, Procedure) else work
    table, names = times(seconds), tuple(evs.name for evs in run.procedure.plan.evs)
    steps: list[StepTime] = []
    for tasks, before, then in _phases(run, frozenset(leave_out)):
        first = tasks[0]
        if _is_preparation(first) and not with_preparation:
            continue
        down = (first.subject.name,) if first.subject.mark.startswith("N") else ()
        cluster = before if down else then
        unprotected = [] if cluster is None else _unprotected(cluster, names, down)
        for task in tasks:
            spent = sum(table[name] for name in task.step.takes)
            out = _out(task, names)
            count = max(1, len(out)) if not task.subject.name else 1
            exposed = tuple(evs for evs in unprotected if evs not in out)
            steps.append(StepTime(task.key, spent * count, out, exposed))
    return Forecast(evs=names, steps=tuple(_one_by_one(steps)))


def _one_by_one(steps: Sequence[StepTime]) -> Iterator[StepTime]:
    """Yield the steps; one that moves every EVS becomes one for each."""
    for step in steps:
        if len(step.out) <= 1:
            yield step
            continue
        for evs in step.out:
            yield StepTime(step.key, step.seconds / len(step.out), (evs,), step.unprotected)


def _is_preparation(task: Task) -> bool:
    return task.key.startswith("upgrade/")


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
    for _, group in groupby(tasks, lambda task: (task.subject.mark, bool(task.step.takes))):
        together, before = list(group), run.cluster
        for task in together:
            run = run.attempt(task.key)  # what is refused after a failure is still planned for
        if together[0].step.takes:
            yield together, before, run.cluster


def _unprotected(cluster: Cluster, names: tuple[str, ...], down: tuple[str, ...]) -> list[str]:
    return [evs for evs in names if evs in cluster.owners and not standbys(cluster, evs, down)]


# --- who could take over ------------------------------------------------------------------------


def standbys(cluster: Cluster, evs: str, down: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the nodes that could take an EVS over: Up, without an EVS, and it comes online there.

    Each node is tried on a branch of the cluster.

    Args:
        cluster: As it is.
        evs: Name of an EVS.
        down: Nodes that are taken for Down, because Setup runs there.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> standbys(exchange_cluster(active=3, passive=1), "EVS1")
        ('NODE4',)

    Source: handbook 4, 4.5.1.
    """
    busy = {cluster.owners[r.group] for r in cluster.config.resources_by_type[SYSTEM_ATTENDANT]}
    free = (
        node.name
        for node in cluster.config.nodes
        if node.name not in busy and node.name not in down
    )
    return tuple(node for node in free if _takes_over(cluster, evs, node))


_LONGEST_S = 900.0
"""By then an EVS is online on a node, or it has failed there (handbook 2, 4.9)."""


def _takes_over(cluster: Cluster, evs: str, node: str) -> bool:
    if cluster.node_states[node] is not NodeState.UP or node in cluster.silent_since:
        return False
    sim = Simulation(cluster, cluster.seed)
    try:
        sim.move_group(evs, node)
    except OperationRefused:
        return False
    sim.run(until_s=sim.now_s + _LONGEST_S)
    return sim.owner(evs) == node and sim.state(evs) is GroupState.ONLINE


class Phase(NamedTuple):
    """A row of the redundancy table.

    Attributes:
        name: "start", "after U4-1a" or "Setup on NODE1".
        nodes: Node to its Exchange, or "Down".
        evs: EVS to its version and its owner.
        standby: EVS to the nodes that could take it over.
    """

    name: str
    nodes: Mapping[str, str]
    evs: Mapping[str, tuple[str, str]]
    standby: Mapping[str, tuple[str, ...]]


def redundancy(procedure: Procedure) -> tuple[Phase, ...]:
    """Return which node could take over which EVS, phase by phase of a path.

    The first phase is the one after the preparation.

    Source: handbook 4, 4.5.1.
    """
    run, phases = Run(procedure), list[Phase]()
    for task in run.left():
        is_first = not phases and not _is_preparation(task)
        if is_first and run.cluster is not None:
            phases.append(_phase("start", run.cluster))
        if phases and "T_SETUP" in task.step.takes and run.cluster is not None:
            node = task.subject.name
            phases.append(_phase(f"Setup on {node}", run.cluster, (node,)))
        run = run.do(task.key)
        if phases and _ends_phase(task) and run.cluster is not None:
            phases.append(_phase(f"after {task.short}", run.cluster))
    return tuple(phases)


def _ends_phase(task: Task) -> bool:
    """Return whether an EVS is online afterwards, or a node Up again."""
    return bool({"T_MOVE", "T_ON", "T_REBOOT"}.intersection(task.step.takes))


def _phase(name: str, cluster: Cluster, down: tuple[str, ...] = ()) -> Phase:
    evs = [r.group for r in cluster.config.resources_by_type[SYSTEM_ATTENDANT]]
    attendants = {name: attendant_of(cluster.config, name) for name in evs}
    return Phase(
        name,
        {
            node.name: "Down" if node.name in down else node.installed.get(EXCHANGE, "none")
            for node in cluster.config.nodes
        },
        {e: (str(a.private[VERSION]), cluster.owners[e]) for e, a in attendants.items()},
        {e: standbys(cluster, e, down) for e in evs},
    )
