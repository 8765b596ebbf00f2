"""Service packs and hotfixes of Exchange 2003 (SP, HF), active/active to active/passive (AP).

Handbook 4, 4.3.8 and 4.3.9. SP is for what the EVS needs its command after, HF for a hotfix that
leaves the build of exsetdata.dll as it is. Both go round as U4S does, for any cluster that has an
idle node, and for two EVSs on two nodes as AA2 does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from clusterlab.exchange.evs import EXCHANGE_2003
from clusterlab.exchange.versions import ExchangeVersion
from clusterlab.procedures import checks
from clusterlab.procedures import upgrade_checks as looks
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.procedure import Procedure
from clusterlab.procedures.step import EFA_OF_GROUP, Breaking, Check, Choice, Effect, Scope, Step
from clusterlab.procedures.upgrade import TWO, check_size, node_number, rounds
from clusterlab.procedures.upgrade_parts import (
    PARALLEL,
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
from clusterlab.procedures.upgrade_prepare import prepare_steps
from clusterlab.procedures.upgrade_start import (
    AS_PLANNED,
    RESTART,
    TARGET,
    before_service_pack,
    client_plan,
)

_UPDATES = tuple(
    version.value
    for version in (
        ExchangeVersion.E2003_SP1,
        ExchangeVersion.E2003_SP2,
        ExchangeVersion.E2003_HOTFIX,
    )
)
"""What path SP installs; the hotfix is one that changes the build of exsetdata.dll (R6)."""
_IDLE = "2 to 8 nodes with fewer EVSs than nodes, or 2 nodes with 2 EVSs"


# --- going round --------------------------------------------------------------------------------

OnNode = Callable[[int, tuple[str, ...], bool], tuple[Step, ...]]
"""Number of a node, ids that come before, whether an EVS has left it: its steps."""
OnEvs = Callable[[int, int, tuple[str, ...]], tuple[Step, ...]]
"""Number of an EVS and of the node it goes to, ids that come before: its steps."""


def _round(
    plan: Plan, idle: list[int], before: tuple[str, ...], on_node: OnNode, on_evs: OnEvs
) -> tuple[Step, ...]:
    """Return the steps for idle nodes, then for each EVS and the node that it leaves (U4S)."""
    steps, free = list[Step](), idle[-1]

    def last() -> tuple[str, ...]:
        return (steps[-1].id,) if steps else before

    for node in reversed(idle):
        steps += on_node(node, last(), False)
    for number, home in enumerate(rounds(plan)[0], start=1):
        steps += on_evs(number, free, last())
        if home not in idle:
            steps += on_node(home, last(), True)
            free = home
    return tuple(steps)


def _homecoming(
    plan: Plan, key: Callable[[int], str], before: str, idle: list[int], row: str
) -> tuple[Step, ...]:
    """Return the moves that bring every EVS home, the last one first, so that its home is free."""
    steps, last = list[Step](), before
    away = [(n, home) for n, home in enumerate(rounds(plan)[0], start=1) if home not in idle]
    for number, home in reversed(away):
        steps.append(
            move_step(
                key(number),
                number,
                home,
                plan,
                after(last),
                title="Optional: move the EVS back, which proves the node",
                source=f"handbook 4, {row}",
            )
        )
        last = steps[-1].id
    return tuple(steps)


def _parked(key: str, plan: Plan, before: tuple[str, ...], row: str) -> Step:
    """Return the step that gives two EVSs on two nodes an idle node (AA-01 and AA-02)."""
    return move_step(
        key,
        1,
        node_number(plan, plan.evs[1].home),
        plan,
        after(*before),
        title=f"Move the EVS to {plan.evs[1].home}, beside the other one",
        checks=(Check(code="PREREQ", finds=looks.no_room_to_share),),
        is_setting=True,
        source=f"handbook 4, {row} and AA-02; derived",
    )


def _first(
    plan: Plan, key: str, before: tuple[str, ...], row: str
) -> tuple[list[Step], list[int], tuple[str, ...]]:
    """Return what makes a node idle, the idle nodes then, and what comes before the first."""
    homes, idle = rounds(plan)
    if idle:
        return [], idle, before
    parked = _parked(f"{key}@EVS1", plan, before, row)
    return [parked], homes[:1], (parked.id,)


# --- SP: what needs the command -----------------------------------------------------------------


def _hotfix(key: str, node: int, before: tuple[str, ...], row: str) -> Step:
    return node_step(
        key,
        node,
        after(*before),
        title="Install the prerequisite hotfix on the node and restart it",
        how="Windows Server 2003 before SP1 of Exchange: 831464; Windows Server 2003 SP1 before "
        "SP2 of Exchange: that for network connectivity; otherwise none",
        does=(Effect.INSTALL_HOTFIX,),
        sets={"node.{node}.hotfix": True},
        minutes=15,
        takes=("T_REBOOT",),
        verify="Add or Remove Programs lists it",
        later="Setup of the service pack stops.",
        is_setting=True,
        source=f"handbook 4, {row}",
    )


def _pack(key: str, node: int, before: tuple[str, ...], row: str) -> Step:
    step = setup_step(
        key,
        node,
        after(*before),
        title="Install the Exchange service pack on the node and restart it",
        how="Service pack > setup > i386 > update.exe",
        does=(Effect.RUN_SETUP, Effect.AWAIT_SETUP, Effect.JOIN_NODE),
        checks=(
            Check(code="NOTHING", finds=looks.already_new),
            Check(code="UE-10", finds=looks.no_right),
            Check(code="upgrade-mistake/21", finds=looks.no_hotfix),
            Check(code="ERR-CLUSSVC", finds=checks.service_is_down),
            Check(code="UE-03", finds=checks.no_msdtc),
            Check(code="UE-04", finds=looks.owns_any_group),
            PARALLEL,
            Check(code="UE-09", finds=looks.old_front_ends, breaking=Breaking.WARNS),
        ),
        minutes=28,
        takes=("T_SP", "T_REBOOT"),
        rollback="Rebuild the node",
        is_setting=True,
        source=f"handbook 4, {row}",
    )
    pack = Choice(
        name="pack",
        question="Which update is installed on this node?",
        options=(AS_PLANNED, *_UPDATES),
    )
    return step.with_more(choices=(pack,))


def _fronts(key: str) -> Step:
    return cluster_step(
        key,
        (),
        title="Service pack on the front-end servers",
        place="each front-end; a load-balanced pool all together",
        how="All offline, service pack, all online. SP2 contains SP1. A hotfix counts here if it "
        "changes the build of exsetdata.dll; others are path HF",
        choices=(
            Choice(
                name="which",
                question="Which update does the organization get?",
                options=_UPDATES,
            ),
        ),
        sets={"org.frontends": "{which}", TARGET: "{which}"},
        clears=("UE-09",),
        minutes=45,
        permission=EFA_OF_GROUP,
        verify="The version column of Exchange System Manager",
        later="Mobile clients get errors of their synchronization keys until all are level.",
        source="handbook 4, SP-01",
    )


_BACKUP: dict[str, Any] = {
    "title": "Back up databases, system state and system disk",
    "how": "NTBackup",
    "sets": {"cluster.backup": True},
    "clears": ("upgrade-mistake/23",),
    "minutes": 120,
    "permission": "Backup Operators",
    "verify": "The catalog is complete",
    "later": "There is no way back.",
}


def _upgraded(
    plan: Plan, keys: list[str], evs: int, node: int, before: tuple[str, ...]
) -> tuple[Step, ...]:
    """Return SP-06 to SP-08 for one EVS."""
    leave = offline_step(
        keys[0],
        evs,
        after(*before),
        title=f"System Attendant offline, move to {plan.nodes[node - 1].name}",
        takes=("T_OFF", "T_MOVE_OFF"),
        minutes=2,
        source="handbook 4, SP-06",
    )
    move = move_step(keys[0], evs, node, plan, ())
    return (
        leave.with_more(choices=move.choices, checks=move.checks[:1], does=move.does),
        upgrade_step(
            keys[1],
            evs,
            after(keys[0]),
            verify="Exchange System Manager shows build 7226.6 for SP1, 7638.2 for SP2 (the latter "
            "unsourced)",
            is_setting=True,
            source="handbook 4, SP-07",
        ),
        online_step(keys[2], evs, after(keys[1]), source="handbook 4, SP-08"),
    )


def sp_steps(plan: Plan) -> tuple[Step, ...]:
    """Return path SP, ids as the handbook has them for two nodes and one EVS (4.3.9).

    With more, @N3 or @EVS2 stands behind them.
    """
    s, is_small = "upgrade-SP/SP-", len(plan.nodes) == TWO and len(plan.evs) == 1

    def key(number: int, mark: str) -> str:
        return f"{s}{number:02}" if is_small else f"{s}{number:02}@{mark}"

    def on_node(node: int, before: tuple[str, ...], is_left: bool) -> tuple[Step, ...]:
        rows = range(9, 12) if is_left else range(3, 6)
        ids = [key(row, f"N{node}") for row in rows]
        sources = [f"SP-{row:02}" for row in rows]
        empty = empty_step(ids[0], node, after(*before), source=f"handbook 4, {sources[0]}")
        return (
            empty,
            _hotfix(ids[1], node, (ids[0],), sources[1]),
            _pack(ids[2], node, (ids[1],), sources[2]),
        )

    def on_evs(evs: int, node: int, before: tuple[str, ...]) -> tuple[Step, ...]:
        keys = [key(row, f"EVS{evs}") for row in range(6, 9)]
        return _upgraded(plan, keys, evs, node, before)

    first, idle, before = _first(plan, f"{s}03", (f"{s}01", f"{s}02"), "SP-03")
    circle = _round(plan, idle, before, on_node, on_evs)
    last = circle[-1].id
    return (
        _fronts(f"{s}01"),
        cluster_step(f"{s}02", (), **_BACKUP, source="handbook 4, SP-02"),
        *first,
        *circle,
        *_homecoming(plan, lambda evs: key(12, f"EVS{evs}"), last, idle, "SP-12"),
        cluster_step(f"{s}13", after(last), **_BACKUP, source="handbook 4, SP-13"),
    )


def _windows_pack(plan: Plan) -> Step:
    """Return what can be done beside path SP: the service pack of Windows on every node."""
    step = next(step for step in prepare_steps(plan) if step.id == "upgrade/P06")
    return replace(
        step,
        id="upgrade-SP/WIN",
        title="Service pack of Windows on every node",
        needs=(),
        later="Nothing stops: SP2 recommends Windows Server 2003 SP1. Its preview notes demand it "
        "(the handbook follows the released one). It has a hotfix of its own (SP-04).",
        source="handbook 4, 4.3.9; its time unsourced",
    )


def upgrade_sp(plan: Plan) -> Procedure:
    """Return path SP: SP1, SP2 or a hotfix that changes exsetdata.dll, node by node.

    Which one it is, is the choice of SP-01. A run of it begins with Exchange 2003 without a pack.

    Raises:
        ConfigError: If the plan has no idle node, and not two nodes with two EVSs.

    Example:
        >>> [len(upgrade_sp(Plan.standard(*size)).tasks) for size in ((2, 1), (4, 3), (8, 7))]
        [13, 27, 55]

    Source: handbook 4, 4.3.9.
    """
    client = _client("SP", plan)
    return Procedure(
        name="upgrade-SP",
        plan=client,
        steps=sp_steps(client),
        beside=(_windows_pack(client),),
        start=before_service_pack,
    )


def _client(path: str, plan: Plan) -> Plan:
    count = len(plan.nodes)
    most = TWO if count == TWO else count - 1
    check_size(path, plan, nodes=range(2, 9), evs=range(1, most + 1), rule=_IDLE)
    return client_plan(plan, EXCHANGE_2003, plan.windows)


# --- HF: what needs none ------------------------------------------------------------------------


def _patched(key: str, node: int, before: tuple[str, ...]) -> Step:
    restart = Choice(
        name="restart",
        question="What does the text of the hotfix say of a restart?",
        options=(RESTART, "none is needed"),
    )
    return node_step(
        key,
        node,
        after(*before),
        title="Install the hotfix on the node and restart it, unless its text asks for none",
        how="Run the hotfix. Cluster nodes restart even where a stand-alone server need not (KB "
        "889528); a later hotfix asks for none (KB 946799)",
        does=(Effect.INSTALL_HOTFIX,),
        choices=(restart,),
        checks=(
            Check(code="UE-10", finds=looks.no_right),
            Check(code="UE-04", finds=looks.owns_any_group),
        ),
        sets={"node.{node}.exchange_hotfix": True},
        minutes=15,
        takes=("T_REBOOT",),
        permission=EFA_OF_GROUP,
        verify="Add or Remove Programs lists it",
        later="{node} has other files than the rest.",
        is_setting=True,
        source="handbook 4, 4.3.9",
    )


def hf_steps(plan: Plan) -> tuple[Step, ...]:
    """Return path HF: as SP without the command, so an EVS moves online (4.3.9)."""
    h = "upgrade-HF/HF-"

    def on_node(node: int, before: tuple[str, ...], is_left: bool) -> tuple[Step, ...]:
        empty = empty_step(
            f"{h}02@N{node}", node, after(*before), source="handbook 4, 4.3.9; id ours"
        )
        return empty, _patched(f"{h}03@N{node}", node, (empty.id,))

    def on_evs(evs: int, node: int, before: tuple[str, ...]) -> tuple[Step, ...]:
        source = "handbook 4, 4.3.9; id ours"
        return (move_step(f"{h}04@EVS{evs}", evs, node, plan, after(*before), source=source),)

    first, idle, before = _first(plan, f"{h}02", (f"{h}01",), "4.3.9")
    circle = _round(plan, idle, before, on_node, on_evs)
    backup = cluster_step(f"{h}01", (), **_BACKUP, source="handbook 4, 4.3.9; id ours")
    last = circle[-1].id
    home = _homecoming(plan, lambda evs: f"{h}05@EVS{evs}", last, idle, "4.3.9; id ours")
    return (backup, *first, *circle, *home)


def upgrade_hf(plan: Plan) -> Procedure:
    """Return path HF: a hotfix that leaves the build of exsetdata.dll as it is, node by node.

    No EVS needs a command after it. The handbook gives no ids; ours are HF-01 to HF-05.

    Raises:
        ConfigError: If the plan has no idle node, and not two nodes with two EVSs.

    Example:
        >>> len(upgrade_hf(Plan.standard(nodes=2, evs=1)).tasks)
        7

    Source: handbook 4, 4.3.9.
    """
    client = _client("HF", plan)
    return Procedure(
        name="upgrade-HF", plan=client, steps=hf_steps(client), start=before_service_pack
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
