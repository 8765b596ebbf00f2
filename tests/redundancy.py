"""The redundancy table of handbook 4, 4.5.1: which node could take over which EVS, by trying."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from clusterlab.cluster.model import Cluster
from clusterlab.exchange.exres import evs_names
from clusterlab.exchange.versions import EXCHANGE, VERSION, attendant_of
from clusterlab.procedures import Run
from clusterlab.procedures.downtime import ends_phase, is_preparation, standbys
from clusterlab.procedures.procedure import Procedure


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
    """Return the table phase by phase of a path, from the one after the preparation on."""
    run, phases = Run(procedure), list[Phase]()
    for task in run.left():
        is_first = not phases and not is_preparation(task.key)
        if is_first and run.cluster is not None:
            phases.append(_phase("start", run.cluster))
        if phases and "T_SETUP" in task.step.takes and run.cluster is not None:
            node = task.subject.name
            phases.append(_phase(f"Setup on {node}", run.cluster, (node,)))
        run = run.do(task.key)
        if phases and ends_phase(task) and run.cluster is not None:
            phases.append(_phase(f"after {task.short}", run.cluster))
    return tuple(phases)


def _phase(name: str, cluster: Cluster, down: tuple[str, ...] = ()) -> Phase:
    evs = list(evs_names(cluster.config))
    attendants = {name: attendant_of(cluster.config, name) for name in evs}
    installed = {node.name: node.installed for node in cluster.config.nodes}
    return Phase(
        name,
        {n: "Down" if n in down else here.get(EXCHANGE, "none") for n, here in installed.items()},
        {e: (str(a.private[VERSION]), cluster.owners[e]) for e, a in attendants.items()},
        {e: standbys(cluster, e, down) for e in evs},
    )
