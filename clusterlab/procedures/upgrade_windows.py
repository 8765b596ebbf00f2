"""Paths in which Windows changes too: W, CI, the combined order U2W, and service packs (SP).

Also the conversion from active/active to active/passive (AP), handbook 4, 4.3.7 to 4.4.
"""

from __future__ import annotations

from typing import Any

from clusterlab.cluster.states import Windows
from clusterlab.exchange.evs import EXCHANGE_2000, EXCHANGE_2003
from clusterlab.procedures import checks
from clusterlab.procedures import upgrade_checks as looks
from clusterlab.procedures.checks import chose
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.procedure import Procedure
from clusterlab.procedures.step import Breaking, Check, Choice, Effect, Need, Scope, Step
from clusterlab.procedures.upgrade import check_size, node_number, u2_steps
from clusterlab.procedures.upgrade_parts import (
    after,
    empty_step,
    move_step,
    offline_step,
    online_step,
    post_step,
    setup_step,
    upgrade_step,
    whole_evs_step,
)
from clusterlab.procedures.upgrade_prepare import FIRST_NEEDS, PREPARE_STEPS
from clusterlab.procedures.upgrade_start import (
    before_service_pack,
    before_upgrade,
    before_windows,
    client_plan,
)

_ON_NODES = "local Administrator on the nodes"
_EFA = "Exchange Full Administrator of the administrative group"


def _node_step(key: str, node: int, needs: tuple[Need, ...], **facts: Any) -> Step:
    shared: dict[str, Any] = {
        "phase": "Nodes",
        "scope": Scope.NODE,
        "mark": f"N{node}",
        "place": "{node}",
        "permission": _ON_NODES,
    }
    return Step(id=key, needs=needs, **{**shared, **facts})


def _cluster_step(key: str, needs: tuple[Need, ...], **facts: Any) -> Step:
    shared: dict[str, Any] = {
        "phase": "Cluster",
        "scope": Scope.CLUSTER,
        "place": "cluster",
        "permission": _ON_NODES,
        "is_setting": True,
    }
    return Step(id=key, needs=needs, **{**shared, **facts})


# --- W: Windows 2000 to Windows Server 2003 -----------------------------------------------------


def windows_steps(plan: Plan, homes: dict[int, int], before: tuple[str, ...]) -> tuple[Step, ...]:
    """Return path W: idle nodes first, then each EVS leaves its node (handbook 4, 4.4.2).

    Args:
        plan: The client's names.
        homes: Number of each EVS to the number of the node that it is on.
        before: Full ids that the first step needs.
    """
    w = "upgrade-W/W-"
    idle = [n for n in range(1, len(plan.nodes) + 1) if n not in homes.values()]
    steps = [
        _cluster_step(
            f"{w}01",
            after(*before),
            title="See that every node and EVS has Exchange 2003; back up",
            how="Exchange System Manager > version column; NTBackup",
            checks=(Check(code="UE-13", finds=looks.exchange_2000_left),),
            sets={"cluster.backup": True},
            minutes=120,
            verify="Version 6.5 everywhere",
            later="Windows Setup stops (UE-13).",
            source="handbook 4, W-01",
        ),
        _cluster_step(
            f"{w}02",
            after(f"{w}01"),
            title="Check hardware, drivers and the Windows Catalog",
            how="The whole cluster is listed for Windows Server 2003",
            minutes=30,
            verify="The vendor has drivers for every card",
            later="The storage is lost after the upgrade.",
            source="handbook 4, W-02",
        ),
    ]
    last, free = f"{w}02", idle[-1]
    for node in reversed(idle):
        steps += _windows_rows(node, last)
        last = f"{w}07@N{node}"
    for evs, node in homes.items():
        leave = f"{w}08@EVS{evs}"
        steps.append(_leave_for_newer(leave, evs, free, plan, last))
        steps += _windows_rows(node, leave)
        last, free = f"{w}07@N{node}", node
    everywhere = tuple(f"{w}07@N{node}" for node in (*idle, *homes.values()))
    for evs in homes:
        steps.append(kerberos_step(f"{w}09@EVS{evs}", evs, after(*everywhere), "W-09"))
    kerberos = tuple(f"{w}09@EVS{evs}" for evs in homes)
    return (*steps, _windows_test(f"{w}10", after(*kerberos)))


def _leave_for_newer(key: str, evs: int, free: int, plan: Plan, before: str) -> Step:
    step = move_step(
        key, evs, free, plan, after(before), is_setting=False, source="handbook 4, W-08"
    )
    settings = Choice(
        name="settings",
        question="Do you change settings of resources or the quorum before every node is done?",
        options=("no", "yes"),
    )
    warning = Check(
        code="upgrade-mistake/19",
        finds=chose("settings", "yes", because="Windows 2000 and 2003 run in one cluster now."),
        breaking=Breaking.WARNS,
    )
    return step.with_more(choices=(settings,), checks=(warning,))


def _windows_rows(node: int, before: str) -> tuple[Step, ...]:
    """Return W-03 to W-07 for one node."""
    keys = [f"upgrade-W/W-0{number}@N{node}" for number in range(3, 8)]
    return (
        _node_step(
            keys[0],
            node,
            after(before),
            title="Pause the node",
            place="Cluster Administrator",
            how="{node} > Pause Node",
            does=("cluster node {node} /pause",),
            minutes=1,
            verify="{node} is Paused",
            later="Groups could fail over to a node that is being upgraded.",
            source="handbook 4, W-03",
        ),
        empty_step(keys[1], node, after(keys[0]), source="handbook 4, W-04"),
        _node_step(
            keys[2],
            node,
            after(keys[1]),
            title="Upgrade the node to Windows Server 2003",
            how="Windows CD > winnt32 > Upgrade; it restarts and joins",
            does=(Effect.UPGRADE_WINDOWS,),
            checks=(
                Check(code="UE-13", finds=looks.node_has_2000),
                Check(code="UE-04", finds=looks.owns_any_group),
            ),
            sets={"node.{node}.www": "disabled"},
            minutes=180,
            takes=("T_OS",),
            verify="winver shows 5.2",
            later="Kerberos cannot be enabled.",
            source="handbook 4, W-05",
        ),
        _node_step(
            keys[3],
            node,
            after(keys[2]),
            title="Enable World Wide Web Publishing, leave IIS 5.0 isolation mode",
            how="Services > World Wide Web Publishing Service > Automatic; IIS Manager",
            sets={"node.{node}.www": "enabled"},
            minutes=10,
            verify="The service runs",
            later="The HTTP resource fails on {node}.",
            is_setting=True,
            source="handbook 4, W-06",
        ),
        _node_step(
            keys[4],
            node,
            after(keys[3]),
            title="Resume the node",
            place="Cluster Administrator",
            how="{node} > Resume Node; move a group that matters little there and back",
            does=("cluster node {node} /resume",),
            minutes=5,
            verify="{node} is Up and hosts the group",
            later="No group can come to {node}.",
            source="handbook 4, W-07",
        ),
    )


def kerberos_step(key: str, evs: int, needs: tuple[Need, ...], row: str, **more: Any) -> Step:
    """Return the step that enables Kerberos on the Network Name of an EVS."""
    facts: dict[str, Any] = {
        "title": "Enable Kerberos on the Network Name",
        "phase": "EVS",
        "scope": Scope.EVS,
        "mark": f"EVS{evs}",
        "place": "Cluster Administrator",
        "how": "{evs} Network Name > Take Offline > Properties > Parameters > Enable Kerberos "
        "Authentication; then bring everything online",
        "does": (Effect.ENABLE_KERBEROS,),
        "checks": (Check(code="ORDER", finds=looks.windows_2000_left),),
        "sets": {"evs.{evs}.kerberos": "ticked"},
        "clears": ("upgrade-mistake/24",),
        "minutes": 3,
        "takes": ("T_KRB",),
        "permission": _ON_NODES,
        "verify": "RequireKerberos is 1 among the private properties",
        "later": "RequireKerberos = 0 on Windows Server 2003 is not supported.",
        "source": f"handbook 4, {row}",
    }
    return Step(id=key, needs=needs, **{**facts, **more})


def _windows_test(key: str, needs: tuple[Need, ...]) -> Step:
    return _cluster_step(
        key,
        needs,
        title="Test the failover of every EVS; back up",
        how="Move Group there and back for each EVS; NTBackup",
        checks=(
            Check(code="upgrade-mistake/24", finds=looks.no_kerberos, breaking=Breaking.WARNS),
        ),
        minutes=120,
        verify="Every EVS is Online; the catalog is complete",
        later="The first failover is the test.",
        source="handbook 4, W-10",
    )


def upgrade_w(plan: Plan) -> Procedure:
    """Return path W: Windows 2000 to Windows Server 2003 under Exchange 2003, node by node.

    Raises:
        ConfigError: If the plan has no idle node, or EVSs share a home.

    Example:
        >>> len(upgrade_w(Plan.standard(nodes=2, evs=1)).tasks)
        15

    Source: handbook 4, 4.4.
    """
    check_size("W", plan, nodes=range(2, 5), evs=range(1, len(plan.nodes)), rule=_IDLE)
    client = client_plan(plan, EXCHANGE_2003, Windows.W2K)
    homes = {i: node_number(plan, evs.home) for i, evs in enumerate(plan.evs, start=1)}
    steps = windows_steps(client, homes, ())
    return Procedure(name="upgrade-W", plan=client, steps=steps, start=before_windows)


def upgrade_u2w(plan: Plan) -> Procedure:
    """Return the combined order: U2 without its return, then W from where the EVS is.

    Raises:
        ConfigError: If the plan has not two nodes and one EVS.

    Example:
        >>> len(upgrade_u2w(Plan.standard(nodes=2, evs=1)).tasks)
        43

    Source: handbook 4, 4.4.3.
    """
    check_size("U2W", plan, nodes=range(2, 3), evs=range(1, 2), rule="2 nodes and 1 EVS")
    client = client_plan(plan, EXCHANGE_2000, Windows.W2K)
    first = [step for step in u2_steps(client) if step.id not in ("upgrade-U2/U2-12", _LAST)]
    last = post_step(_LAST, after("upgrade-U2/U2-11"))
    away = 3 - node_number(plan, plan.evs[0].home)
    steps = (*PREPARE_STEPS, *first, last, *windows_steps(client, {1: away}, (_LAST,)))
    return Procedure(name="upgrade-U2W", plan=client, steps=steps, start=before_upgrade)


_LAST = "upgrade-U2/U2-13"
_IDLE = "2 to 4 nodes, one of them without an EVS"


# --- CI: both anew ------------------------------------------------------------------------------


def _evict_facts(row: str) -> dict[str, Any]:
    return {
        "title": "Empty the node, stop its Cluster service, evict it",
        "place": "Cluster Administrator",
        "how": "Move Group for each group; {node} > Stop Cluster Service; {node} > Evict Node",
        "does": (Effect.EMPTY_NODE, "cluster node {node} /stop /wait", Effect.EVICT_NODE),
        "checks": (Check(code="upgrade-mistake/25", finds=looks.evicted_before),),
        "minutes": 10,
        "verify": "{node} is no longer listed",
        "later": "The old entry of the node is in the way: its join is refused.",
        "source": f"handbook 4, {row}",
    }


def _fresh_facts(row: str) -> dict[str, Any]:
    return {
        "title": "Install Windows Server 2003 fresh, with drivers, networks and IIS",
        "how": "Format, install; components of handbook 3, 1.8; the networks as they were",
        "does": (Effect.INSTALL_WINDOWS,),
        "checks": (Check(code="UE-14", finds=looks.still_member),),
        "minutes": 120,
        "verify": "winver shows 5.2",
        "later": "The join is refused (UE-14).",
        "source": f"handbook 4, {row}",
    }


_JOIN: dict[str, Any] = {
    "title": "Join the node to the cluster",
    "place": "Cluster Administrator",
    "how": "File > New > Node",
    "does": (Effect.REJOIN_NODE,),
    "checks": (Check(code="UE-14", finds=looks.old_windows_outside),),
    "minutes": 20,
    "verify": "{node} is Up",
    "later": "Setup would install a stand-alone server.",
    "source": "handbook 4, CI-03",
}
_FRESH_CHECKS = (
    Check(code="UE-10", finds=looks.no_right),
    Check(code="UE-08", finds=looks.not_prepared),
    Check(code="ERR-CLUSSVC", finds=checks.service_is_down),
    Check(code="UE-03", finds=checks.no_msdtc),
)


def ci_steps(plan: Plan) -> tuple[Step, ...]:
    """Return path CI: each node is evicted, built anew and joined (handbook 4, 4.3.7)."""
    n1, c = node_number(plan, plan.evs[0].home), "upgrade-CI/CI-"
    n2 = 3 - n1
    install: dict[str, Any] = {
        "title": "Install Exchange 2003 on the node, same path",
        "how": "Exchange 2003 CD > Setup; the service pack",
        "does": (Effect.INSTALL_EXCHANGE,),
        "checks": _FRESH_CHECKS,
        "permission": "Exchange Full Administrator of the organization",
        "minutes": 45,
        "verify": "The log of Setup ends without an error",
        "later": "The EVS cannot be moved there.",
        "source": "handbook 4, CI-04",
    }
    again = {**_evict_facts("CI-06"), **{"title": "Evict, rebuild, join and install the node"}}
    again["does"] = (
        *again["does"],
        Effect.INSTALL_WINDOWS,
        Effect.REJOIN_NODE,
        Effect.INSTALL_EXCHANGE,
    )
    again["checks"] = (
        Check(code="PREREQ", finds=looks.evs_needs_this_node),
        *again["checks"],
        *_FRESH_CHECKS,
    )
    return (
        _node_step(f"{c}01", n2, after(*FIRST_NEEDS), **_evict_facts("CI-01")),
        _node_step(f"{c}02", n2, after(f"{c}01"), **_fresh_facts("CI-02")),
        _node_step(f"{c}03", n2, after(f"{c}02"), **_JOIN),
        _node_step(f"{c}04", n2, after(f"{c}03"), **install),
        whole_evs_step(f"{c}05", 1, n2, plan, after(f"{c}04"), source="handbook 4, CI-05"),
        _node_step(f"{c}06", n1, after(f"{c}05"), **{**again, "minutes": 195}),
        kerberos_step(
            f"{c}07",
            1,
            after(f"{c}06"),
            "CI-07",
            title="Enable Kerberos, test the failover, reinstall all other programs",
            does=(Effect.ENABLE_KERBEROS, Effect.TEST_FAILOVER),
            minutes=60,
        ),
    )


def upgrade_ci(plan: Plan) -> Procedure:
    """Return path CI with its preparation: two nodes, each built anew with Windows and Exchange.

    Raises:
        ConfigError: If the plan has not two nodes and one EVS.

    Example:
        >>> len(upgrade_ci(Plan.standard(nodes=2, evs=1)).tasks)
        23

    Source: handbook 4, 4.3.7.
    """
    check_size("CI", plan, nodes=range(2, 3), evs=range(1, 2), rule="2 nodes and 1 EVS")
    client = client_plan(plan, EXCHANGE_2000, Windows.W2K)
    steps = (*PREPARE_STEPS, *ci_steps(client))
    return Procedure(name="upgrade-CI", plan=client, steps=steps, start=before_upgrade)


# --- SP: service packs of Exchange 2003 ---------------------------------------------------------


def _hotfix(key: str, node: int, before: str, row: str) -> Step:
    return _node_step(
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
    fronts = _cluster_step(
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
        _cluster_step(f"{s}02", (), **backup, source="handbook 4, SP-02"),
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
        _cluster_step(f"{s}13", after(f"{s}11"), **backup, source="handbook 4, SP-13"),
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
        _cluster_step(
            f"{a}01",
            (),
            title=f"See that {first} has room for everybody: four storage groups at most",
            how="Exchange System Manager > storage groups, databases, disks",
            minutes=30,
            verify="Room for all mailboxes",
            later="The mailboxes do not fit.",
            source="handbook 4, 4.3.8",
        ),
        _cluster_step(
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
        _cluster_step(
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
        _cluster_step(
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
