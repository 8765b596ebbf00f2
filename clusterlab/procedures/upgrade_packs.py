"""Service packs of Exchange 2003 (SP), active/active to active/passive (AP); handbook 4, 4.3.8."""

from __future__ import annotations

from typing import Any

from clusterlab.exchange.evs import EXCHANGE_2003
from clusterlab.procedures import checks
from clusterlab.procedures import upgrade_checks as looks
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.procedure import Procedure
from clusterlab.procedures.step import Breaking, Check, Effect, Scope, Step
from clusterlab.procedures.upgrade import check_size, node_number
from clusterlab.procedures.upgrade_parts import (
    after,
    cluster_step,
    empty_step,
    move_step,
    node_step,
    offline_step,
    online_step,
    setup_step,
    upgrade_step,
)
from clusterlab.procedures.upgrade_start import (
    before_service_pack,
    client_plan,
)

_ON_NODES = "local Administrator on the nodes"
_EFA = "Exchange Full Administrator of the administrative group"


# --- SP: service packs of Exchange 2003 ---------------------------------------------------------


def _hotfix(key: str, node: int, before: str, row: str) -> Step:
    return node_step(
        key,
        node,
        after(before),
        title="Install the prerequisite hotfix on the node and restart it",
        how="Hotfix 831464 of Windows Server 2003 before Service Pack 1; restart",
        sets={"node.{node}.hotfix": True},
        minutes=15,
        verify="Add or Remove Programs lists it",
        later="Setup of the service pack stops.",
        is_setting=True,
        source=f"handbook 4, {row}",
    )


def _pack(key: str, node: int, before: str, row: str) -> Step:
    return setup_step(
        key,
        node,
        after(before),
        title="Install the Exchange service pack on the node and restart it",
        how="Service pack > setup > i386 > update.exe",
        does=(Effect.RUN_SETUP, Effect.JOIN_NODE),
        checks=(
            Check(code="NOTHING", finds=looks.already_new),
            Check(code="UE-10", finds=looks.no_right),
            Check(code="upgrade-mistake/21", finds=looks.no_hotfix),
            Check(code="ERR-CLUSSVC", finds=checks.service_is_down),
            Check(code="UE-03", finds=checks.no_msdtc),
            Check(code="UE-04", finds=looks.owns_any_group),
            Check(code="UE-09", finds=looks.old_front_ends, breaking=Breaking.WARNS),
        ),
        minutes=28,
        takes=("T_SP", "T_REBOOT"),
        source=f"handbook 4, {row}",
    )


def sp_steps(plan: Plan) -> tuple[Step, ...]:
    """Return path SP: Service Pack 1 of Exchange 2003 on two nodes (handbook 4, 4.3.9)."""
    n1, s = node_number(plan, plan.evs[0].home), "upgrade-SP/SP-"
    n2 = 3 - n1
    backup: dict[str, Any] = {
        "title": "Back up databases, system state and system disk",
        "how": "NTBackup",
        "sets": {"cluster.backup": True},
        "clears": ("upgrade-mistake/23",),
        "minutes": 120,
        "permission": "Backup Operators",
        "verify": "The catalog is complete",
        "later": "There is no way back.",
    }
    fronts = cluster_step(
        f"{s}01",
        (),
        title="Service pack on the front-end servers",
        place="each front-end; a load-balanced pool all together",
        how="All offline, service pack, all online",
        sets={"org.frontends": "2003 SP1"},
        clears=("UE-09",),
        minutes=45,
        permission=_EFA,
        verify="The version column of Exchange System Manager",
        later="Mobile clients get errors of their synchronization keys until all are level.",
        source="handbook 4, SP-01",
    )
    leave = offline_step(
        f"{s}06",
        1,
        after(f"{s}05"),
        title=f"System Attendant offline, move to {plan.nodes[n2 - 1].name}",
        takes=("T_OFF", "T_MOVE_OFF"),
        minutes=2,
        source="handbook 4, SP-06",
    )
    move = move_step(f"{s}06", 1, n2, plan, ())
    leave = leave.with_more(choices=move.choices, checks=move.checks[:1], does=move.does)
    return (
        fronts,
        cluster_step(f"{s}02", (), **backup, source="handbook 4, SP-02"),
        empty_step(f"{s}03", n2, after(f"{s}01", f"{s}02"), source="handbook 4, SP-03"),
        _hotfix(f"{s}04", n2, f"{s}03", "SP-04"),
        _pack(f"{s}05", n2, f"{s}04", "SP-05"),
        leave,
        upgrade_step(f"{s}07", 1, after(f"{s}06"), source="handbook 4, SP-07"),
        online_step(f"{s}08", 1, after(f"{s}07"), source="handbook 4, SP-08"),
        empty_step(f"{s}09", n1, after(f"{s}08"), source="handbook 4, SP-09"),
        _hotfix(f"{s}10", n1, f"{s}09", "SP-10"),
        _pack(f"{s}11", n1, f"{s}10", "SP-11"),
        move_step(
            f"{s}12",
            1,
            n1,
            plan,
            after(f"{s}11"),
            title="Optional: move the EVS back, which proves the node",
            source="handbook 4, SP-12",
        ),
        cluster_step(f"{s}13", after(f"{s}11"), **backup, source="handbook 4, SP-13"),
    )


def upgrade_sp(plan: Plan) -> Procedure:
    """Return path SP: Service Pack 1 of Exchange 2003 on two nodes, one EVS.

    Raises:
        ConfigError: If the plan has not two nodes and one EVS.

    Example:
        >>> len(upgrade_sp(Plan.standard(nodes=2, evs=1)).tasks)
        13

    Source: handbook 4, 4.3.9.
    """
    check_size("SP", plan, nodes=range(2, 3), evs=range(1, 2), rule="2 nodes and 1 EVS")
    client = client_plan(plan, EXCHANGE_2003, plan.windows)
    return Procedure(
        name="upgrade-SP", plan=client, steps=sp_steps(client), start=before_service_pack
    )


# --- AP: active/active to active/passive --------------------------------------------------------


def upgrade_ap(plan: Plan) -> Procedure:
    """Return the conversion of two EVSs on two nodes to one, which leaves a passive node.

    The handbook gives no ids; ours are AP-01 to AP-04.

    Raises:
        ConfigError: If the plan has not two nodes and two EVSs.

    Example:
        >>> len(upgrade_ap(Plan.standard(nodes=2, evs=2)).tasks)
        4

    Source: handbook 4, 4.3.8 (the details derived).
    """
    check_size("AP", plan, nodes=range(2, 3), evs=range(2, 3), rule="2 nodes and 2 EVSs")
    client, a = client_plan(plan, EXCHANGE_2003, plan.windows), "upgrade-AP/AP-"
    first, second = client.evs[0].name, {"mark": "EVS2", "scope": Scope.EVS, "phase": "EVS"}
    steps = (
        cluster_step(
            f"{a}01",
            (),
            title=f"See that {first} has room for everybody: four storage groups at most",
            how="Exchange System Manager > storage groups, databases, disks",
            minutes=30,
            verify="Room for all mailboxes",
            later="The mailboxes do not fit.",
            source="handbook 4, 4.3.8",
        ),
        cluster_step(
            f"{a}02",
            after(f"{a}01"),
            title=f"Move mailboxes, replicas and connectors to {first}",
            how="Exchange System Manager > Move Mailbox; replicas; bridgeheads",
            sets={"evs.{evs}.left": "nothing"},
            minutes=240,
            verify="{evs} has no mailbox, replica or role",
            later="The removal is refused (ERR-REMOVE-PRQ).",
            source="handbook 4, 4.3.8",
            **second,
        ),
        cluster_step(
            f"{a}03",
            after(f"{a}02"),
            title="Remove the Exchange Virtual Server",
            how="System Attendant > Take Offline; right-click it > Remove Exchange Virtual Server",
            does=(Effect.ATTENDANT_OFFLINE, Effect.REMOVE_EVS),
            checks=(Check(code="ERR-REMOVE-PRQ", finds=checks.roles_left),),
            minutes=10,
            verify="{evs} is gone from Exchange System Manager",
            later="The cluster stays active/active.",
            source="handbook 4, 4.3.8; handbook 3, R03",
            **{**second, "is_setting": False},
        ),
        cluster_step(
            f"{a}04",
            after(f"{a}03"),
            title="Delete name, address and group",
            how="Take Offline, Delete; drag the disks out",
            does=(Effect.DELETE_NAME, Effect.LEAVE_GROUP),
            minutes=10,
            verify="Its node owns no group with an EVS",
            later="The name stays on the network.",
            source="handbook 3, R04 and R05",
            **{**second, "is_setting": False},
        ),
    )
    return Procedure(name="upgrade-AP", plan=client, steps=steps, start=before_service_pack)
