"""Upgrading clusters to Exchange 2003 in place: the paths of handbook 4, 4.3 as data.

`upgrade_prepare.py` has the steps before, `upgrade_parts.py` what the paths are made of.
"""

from __future__ import annotations

from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.states import Windows
from clusterlab.exchange.evs import EXCHANGE_2000
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.procedure import Procedure
from clusterlab.procedures.step import Step
from clusterlab.procedures.upgrade_parts import (
    after,
    empty_step,
    move_step,
    offline_step,
    online_step,
    post_step,
    ready_step,
    restart_step,
    setup_step,
    upgrade_step,
)
from clusterlab.procedures.upgrade_prepare import FIRST_NEEDS, PREPARE_STEPS
from clusterlab.procedures.upgrade_start import before_upgrade, client_plan

TWO, THREE = 2, 3
"""Nodes of the paths U2 and AA2, and from how many nodes on U4 is for."""


def _place(plan: Plan, node: str) -> int:
    """Return the number of a node, from 1."""
    return [item.name for item in plan.nodes].index(node) + 1


def u2_steps(plan: Plan) -> tuple[Step, ...]:
    """Return path U2: two nodes, one EVS, the passive node first (handbook 4, 4.3.2)."""
    n1 = _place(plan, plan.evs[0].home)
    n2 = TWO + 1 - n1
    u, on_2 = "upgrade-U2/U2-", plan.nodes[n2 - 1].name
    return (
        empty_step(f"{u}01", n2, after(*FIRST_NEEDS), source="handbook 4, U2-01"),
        setup_step(f"{u}02", n2, after(f"{u}01"), source="handbook 4, U2-02"),
        restart_step(f"{u}03", n2, after(f"{u}02"), source="handbook 4, U2-03"),
        offline_step(f"{u}04", 1, after(f"{u}03"), source="handbook 4, U2-04"),
        move_step(
            f"{u}05",
            1,
            n2,
            plan,
            after(f"{u}04"),
            takes=("T_MOVE_OFF",),
            source="handbook 4, U2-05",
        ),
        ready_step(f"{u}06", 1, after(f"{u}05"), source="handbook 4, U2-06"),
        upgrade_step(f"{u}07", 1, after(f"{u}06"), source="handbook 4, U2-07"),
        online_step(
            f"{u}08",
            1,
            after(f"{u}07"),
            title=f"Bring the EVS online on {on_2}",
            source="handbook 4, U2-08",
        ),
        empty_step(
            f"{u}09",
            n1,
            after(f"{u}08"),
            title="Move the Cluster Group off the node",
            source="handbook 4, U2-09",
        ),
        setup_step(f"{u}10", n1, after(f"{u}09"), source="handbook 4, U2-10"),
        restart_step(f"{u}11", n1, after(f"{u}10"), source="handbook 4, U2-11"),
        move_step(
            f"{u}12",
            1,
            n1,
            plan,
            after(f"{u}11"),
            title="Test the failover: move the EVS home",
            source="handbook 4, U2-12",
        ),
        post_step(f"{u}13", after(f"{u}12")),
    )


def upgrade_u2(plan: Plan) -> Procedure:
    """Return path U2 with its preparation: Exchange 2000 on two nodes, one EVS.

    A run of it begins with the client's cluster on Exchange 2000 SP2 and Windows 2000 SP3.

    Raises:
        ConfigError: If the plan has not two nodes and one EVS.

    Example:
        >>> procedure = upgrade_u2(Plan.standard(nodes=2, evs=1))
        >>> len(procedure.tasks)
        29

    Source: handbook 4, 4.2, 4.3.2 and 4.9.
    """
    if (len(plan.nodes), len(plan.evs)) != (TWO, 1):
        raise ConfigError(
            f"path U2 is for 2 nodes and 1 EVS; the plan has {len(plan.nodes)} nodes and "
            f"{len(plan.evs)} EVSs (handbook 4, 4.3.2)"
        )
    client = client_plan(plan, EXCHANGE_2000, Windows.W2K)
    steps = (*PREPARE_STEPS, *u2_steps(client))
    return Procedure(name="upgrade-U2", plan=client, steps=steps, start=before_upgrade)
