"""Paths in which Windows changes too: W, the combined order U2W, and CI (4.3.7 and 4.4)."""

from __future__ import annotations

from typing import Any

from clusterlab.cluster.states import Windows
from clusterlab.exchange.evs import EXCHANGE_2000, EXCHANGE_2003
from clusterlab.procedures import checks
from clusterlab.procedures import upgrade_checks as looks
from clusterlab.procedures.checks import chose
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.procedure import Procedure
from clusterlab.procedures.step import ON_NODES, Breaking, Check, Choice, Effect, Need, Scope, Step
from clusterlab.procedures.upgrade import TWO, check_size, node_number, rounds, u2_steps
from clusterlab.procedures.upgrade_parts import (
    after,
    cluster_step,
    empty_step,
    move_step,
    node_step,
    post_step,
    whole_evs_step,
)
from clusterlab.procedures.upgrade_prepare import FIRST_NEEDS, prepare_steps
from clusterlab.procedures.upgrade_start import (
    before_upgrade,
    before_windows,
    client_plan,
)

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
        cluster_step(
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
        cluster_step(
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
        node_step(
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
        node_step(
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
            rollback="Evict, rebuild with Windows 2000 SP4 and Exchange 2003, rejoin",
            source="handbook 4, W-05",
        ),
        node_step(
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
        node_step(
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
        "permission": ON_NODES,
        "verify": "RequireKerberos is 1 among the private properties",
        "later": "RequireKerberos = 0 on Windows Server 2003 is not supported.",
        "source": f"handbook 4, {row}",
    }
    return Step(id=key, needs=needs, **{**facts, **more})


def _windows_test(key: str, needs: tuple[Need, ...]) -> Step:
    return cluster_step(
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
    steps = (*prepare_steps(client), *first, last, *windows_steps(client, {1: away}, (_LAST,)))
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
        "rollback": "Rejoin it",
        "source": f"handbook 4, {row}",
    }


def _fresh_facts(row: str) -> dict[str, Any]:
    return {
        "title": "Install Windows Server 2003 fresh, with drivers, networks and IIS",
        "how": "Format, install; components of handbook 3, 1.8; the networks as they were",
        "does": (Effect.INSTALL_WINDOWS,),
        "checks": (Check(code="UE-14", finds=looks.still_member),),
        "minutes": 120,
        "takes": ("T_FRESH",),
        "verify": "winver shows 5.2",
        "later": "The join is refused (UE-14).",
        "rollback": "Reinstall Windows 2000",
        "source": f"handbook 4, {row}",
    }


_JOIN: dict[str, Any] = {
    "title": "Join the node to the cluster",
    "place": "Cluster Administrator",
    "how": "File > New > Node",
    "does": (Effect.REJOIN_NODE,),
    "checks": (Check(code="UE-14", finds=looks.old_windows_outside),),
    "minutes": 20,
    "takes": ("T_JOIN",),
    "verify": "{node} is Up",
    "later": "Setup would install a stand-alone server.",
    "rollback": "Evict it again",
    "source": "handbook 4, CI-03",
}
_FRESH_CHECKS = (
    Check(code="UE-10", finds=looks.no_right),
    Check(code="UE-08", finds=looks.not_prepared),
    Check(code="UE-03", finds=checks.no_msdtc),
)
_JOINED_CHECKS = (
    Check(
        code="ERR-STANDALONE",
        finds=checks.no_member,
        breaking=Breaking.DAMAGES,
        sets={"node.{node}.exchange": "standalone"},
    ),
    Check(code="ERR-CLUSSVC", finds=checks.service_is_down),
)
"""What stands against Setup alone, where joining the node is another step."""


def ci_steps(plan: Plan) -> tuple[Step, ...]:
    """Return path CI: each node is evicted, built anew and joined (handbook 4, 4.3.7)."""
    homes, idle = rounds(plan)
    c, free = "upgrade-CI/CI-", idle[-1]
    install: dict[str, Any] = {
        "title": "Install Exchange 2003 on the node, same path",
        "how": "Exchange 2003 CD > Setup; the service pack",
        "does": (Effect.INSTALL_EXCHANGE,),
        "checks": (*_FRESH_CHECKS[:2], *_JOINED_CHECKS, *_FRESH_CHECKS[2:]),
        "permission": "Exchange Full Administrator of the organization",
        "minutes": 45,
        "takes": ("T_INSTALL",),
        "verify": "The log of Setup ends without an error",
        "later": "The EVS cannot be moved there.",
        "rollback": "Remove Exchange again",
        "source": "handbook 4, CI-04",
    }
    rows = [
        node_step(f"{c}01", free, after(*FIRST_NEEDS), **_evict_facts("CI-01")),
        node_step(f"{c}02", free, after(f"{c}01"), **_fresh_facts("CI-02")),
        node_step(f"{c}03", free, after(f"{c}02"), **_JOIN),
        node_step(f"{c}04", free, after(f"{c}03"), **install),
    ]
    for node in idle[:-1]:
        rows.append(_rebuilt(f"{c}06@N{node}", node, rows[-1].id))
    for evs, home in enumerate(homes, start=1):
        mark = f"@EVS{evs}" if len(homes) > 1 else ""
        source = "handbook 4, CI-05"
        before = after(rows[-1].id)
        rows.append(whole_evs_step(f"{c}05{mark}", evs, free, plan, before, source=source))
        key = f"{c}06@N{home}" if len(plan.nodes) > TWO else f"{c}06"
        rows.append(_rebuilt(key, home, rows[-1].id))
        free = home
    last = rows[-1].id
    for evs in range(1, len(homes) + 1):
        rows.append(
            kerberos_step(
                f"{c}07@EVS{evs}" if len(homes) > 1 else f"{c}07",
                evs,
                after(last),
                "CI-07",
                title="Enable Kerberos, test the failover, reinstall all other programs",
                does=(Effect.ENABLE_KERBEROS, Effect.TEST_FAILOVER),
                minutes=60,
            )
        )
    return tuple(rows)


def _rebuilt(key: str, node: int, before: str) -> Step:
    """Return the step that takes a node through CI-01 to CI-04 at once."""
    facts = _evict_facts("CI-06")
    more: dict[str, Any] = {
        "title": "Evict, rebuild, join and install the node",
        "does": (
            *facts["does"],
            Effect.INSTALL_WINDOWS,
            Effect.REJOIN_NODE,
            Effect.AWAIT_INSTALL,
            Effect.INSTALL_EXCHANGE,
        ),
        "checks": (
            *facts["checks"],
            Check(code="PREREQ", finds=looks.evs_needs_this_node),
            *_FRESH_CHECKS,
        ),
        "minutes": 195,
        "takes": ("T_FRESH", "T_JOIN", "T_INSTALL"),
    }
    return node_step(key, node, after(before), **{**facts, **more})


def upgrade_ci(plan: Plan) -> Procedure:
    """Return path CI with its preparation: each node is built anew with Windows and Exchange.

    Raises:
        ConfigError: If the plan has no idle node, or EVSs share a home.

    Example:
        >>> len(upgrade_ci(Plan.standard(nodes=2, evs=1)).tasks)
        23

    Source: handbook 4, 4.3.7.
    """
    check_size("CI", plan, nodes=range(2, 5), evs=range(1, len(plan.nodes)), rule=_IDLE)
    client = client_plan(plan, EXCHANGE_2000, Windows.W2K)
    steps = (*prepare_steps(client), *ci_steps(client))
    return Procedure(name="upgrade-CI", plan=client, steps=steps, start=before_upgrade)
