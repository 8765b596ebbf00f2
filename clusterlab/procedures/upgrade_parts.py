"""The steps that all paths of handbook 4 are made of, each for one node or one EVS.

Each function returns one `Step`; the paths of `upgrade.py` say id, subject and needs. Minutes are
those of the assumptions of handbook 4, 4.5.3, rounded up; what it calls T_ stands in `takes`.
"""

from __future__ import annotations

from typing import Any

from clusterlab.exchange.versions import Result
from clusterlab.procedures import checks
from clusterlab.procedures import upgrade_checks as looks
from clusterlab.procedures.checks import chose
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.step import (
    EFA_OF_GROUP,
    ON_NODES,
    Breaking,
    Check,
    Choice,
    Effect,
    Need,
    Scope,
    Step,
    need,
)

_EFA_FIRST = f"{EFA_OF_GROUP}; of the organization for the first EVS of organization or domain"


def after(*ids: str) -> tuple[Need, ...]:
    """Return needs of single steps; full ids, "upgrade-U2/U2-01". What is skipped is warned of."""
    return tuple(need(text if "[" in text else f"{text}[one]") for text in ids)


PARALLEL = Check(
    code="ERR-PARALLEL",
    finds=chose("beside", "yes", because="Setup runs on another node at the same time."),
)
"""One node at a time (R11)."""
SETUP_CHECKS = (
    Check(code="NOTHING", finds=looks.already_new),
    Check(code="UE-10", finds=looks.no_right),
    Check(code="UE-08", finds=looks.not_prepared),
    Check(code="UE-02", finds=looks.below_sp3),
    Check(code="UE-07", finds=looks.bad_component),
    Check(code="ERR-CLUSSVC", finds=checks.service_is_down),
    Check(code="UE-03", finds=checks.no_msdtc),
    Check(code="UE-06", finds=looks.as_many_evs_as_nodes),
    Check(code="ERR-SP", finds=looks.old_windows),
    Check(code="UE-04", finds=looks.owns_any_group),
    PARALLEL,
    Check(code="UE-09", finds=looks.old_front_ends, breaking=Breaking.WARNS),
    Check(code="upgrade-mistake/14", finds=looks.old_adc, breaking=Breaking.WARNS),
    Check(code="upgrade-mistake/10", finds=looks.parked_evs, breaking=Breaking.WARNS),
)
"""Guards of Setup in the order of handbook 4, 4.12, then what only warns."""

UPGRADE_CHECKS = (
    Check(code="UE-10", finds=looks.no_right),
    Check(code="NOTHING", finds=looks.nothing_newer),
    Check(code="UE-01", finds=looks.node_too_old),
    Check(
        code="UE-17",
        finds=chose(
            "console",
            "another version than the node",
            because="Cluster Administrator runs on a machine with another version of Exchange.",
        ),
    ),
    Check(
        code="UE-11",
        finds=chose(
            "together",
            "another EVS at the same time",
            because="Another administrator upgrades another EVS at this moment.",
        ),
        breaking=Breaking.DAMAGES,
    ),
    Check(code="UE-12", finds=looks.not_ready),
    Check(code="upgrade-mistake/23", finds=looks.no_backup, breaking=Breaking.WARNS),
    Check(code="upgrade-mistake/22", finds=looks.indexes_not_paused, breaking=Breaking.WARNS),
)
"""Guards of Upgrade Exchange Virtual Server in the order of handbook 4, 4.12."""


def empty_step(key: str, node: int, needs: tuple[Need, ...], **more: Any) -> Step:
    """Return the step that moves every group off a node."""
    facts: dict[str, Any] = {
        "title": "Move every group off the node",
        "how": "Groups > each group of {node} > Move Group; close Cluster Administrator",
        "minutes": 2,
        "verify": "The Owner column names {node} nowhere",
        "later": "Setup is refused (UE-04).",
        "rollback": "Move the groups back",
    }
    return Step(
        id=key,
        phase="Nodes",
        scope=Scope.NODE,
        mark=f"N{node}",
        place="Cluster Administrator",
        does=(Effect.EMPTY_NODE,),
        needs=needs,
        permission=ON_NODES,
        is_setting=True,
        **{**facts, **more},
    )


def setup_step(key: str, node: int, needs: tuple[Need, ...], **more: Any) -> Step:
    """Return the step that upgrades the Exchange of a node; its Cluster service stops."""
    facts: dict[str, Any] = {
        "title": "Upgrade Exchange on the node",
        "how": "Exchange 2003 CD > setup > i386 > setup.exe > Upgrade",
        "does": (Effect.RUN_SETUP,),
        "checks": SETUP_CHECKS,
        "minutes": 60,
        "rollback": "Evict the node, rebuild it with Exchange 2000 SP3, join it",
        "takes": ("T_SETUP",),
        "source": "handbook 4, 4.3.1",
    }
    return Step(
        id=key,
        phase="Nodes",
        scope=Scope.NODE,
        mark=f"N{node}",
        place="{node}",
        choices=(
            Choice(
                name="beside",
                question="Does Setup run on another node at the same time?",
                options=("no", "yes"),
            ),
        ),
        needs=needs,
        permission=EFA_OF_GROUP,
        verify="The log of Setup ends without an error",
        later="The node cannot run an upgraded EVS (UE-01).",
        **{**facts, **more},
    )


def restart_step(key: str, node: int, needs: tuple[Need, ...], **more: Any) -> Step:
    """Return the step that restarts a node and waits until it is Up."""
    facts: dict[str, Any] = {
        "title": "Restart the node and wait until it is Up",
        "source": "handbook 4, 4.3.2",
    }
    return Step(
        id=key,
        phase="Nodes",
        scope=Scope.NODE,
        mark=f"N{node}",
        place="{node}",
        how="Restart, unless Setup did; wait until its icon shows it Up",
        does=(Effect.JOIN_NODE,),
        needs=needs,
        minutes=8,
        takes=("T_REBOOT",),
        permission=ON_NODES,
        verify="{node} is Up",
        later="No group can be moved there.",
        is_setting=True,
        **{**facts, **more},
    )


def _evs_step(key: str, number: int, needs: tuple[Need, ...], **facts: Any) -> Step:
    shared: dict[str, Any] = {
        "phase": "EVS",
        "scope": Scope.EVS,
        "mark": f"EVS{number}",
        "place": "Cluster Administrator",
        "permission": ON_NODES,
        "is_setting": True,
    }
    return Step(id=key, needs=needs, **{**shared, **facts})


def offline_step(key: str, evs: int, needs: tuple[Need, ...], **more: Any) -> Step:
    """Return the step that takes the System Attendant offline: the outage begins."""
    facts: dict[str, Any] = {
        "title": "Take the System Attendant offline",
        "how": "{evs} > System Attendant > Take Offline; what needs it goes with it",
        "does": (Effect.ATTENDANT_OFFLINE,),
        "minutes": 1,
        "takes": ("T_OFF",),
        "verify": "System Attendant Offline; disks, address and name Online",
        "later": "Upgrade Exchange Virtual Server is refused (UE-12).",
        "rollback": "Bring it online again where it is: it is unchanged",
        "source": "handbook 4, 4.3.1",
    }
    return _evs_step(key, evs, needs, **{**facts, **more})


def _target(node: int, plan: Plan) -> Choice:
    """Return the choice of the node to move to; the right one is given."""
    names = [item.name for item in plan.nodes]
    right = names.pop(node - 1)
    return Choice(name="node", question="To which node?", options=(right, *names))


MOVE_CHECKS = (
    Check(code="UE-05", finds=looks.OccupiedTarget("2003")),
    Check(code="upgrade-mistake/16", finds=looks.OccupiedTarget("2000"), breaking=Breaking.WARNS),
    Check(code="UE-01", finds=looks.UnfitTarget((Result.TOO_NEW,)), breaking=Breaking.WARNS),
    Check(
        code="upgrade-mistake/6",
        finds=looks.UnfitTarget((Result.NEEDS_COMMAND,)),
        breaking=Breaking.WARNS,
    ),
)
"""What is wrong with the target of a move; the simulation shows what comes of it."""


def move_step(
    key: str, evs: int, node: int, plan: Plan, needs: tuple[Need, ...], **more: Any
) -> Step:
    """Return the step that moves an EVS to a node, Online or with its System Attendant Offline."""
    target = plan.nodes[node - 1].name
    facts: dict[str, Any] = {
        "title": f"Move the EVS to {target}",
        "how": f"{{evs}} > Move Group > {target}",
        "does": (Effect.MOVE_THERE,),
        "choices": (_target(node, plan),),
        "checks": MOVE_CHECKS,
        "clears": ("UE-01", "upgrade-mistake/6", "upgrade-mistake/16"),
        "minutes": 2,
        "takes": ("T_MOVE",),
        "verify": f"The Owner column shows {target} for every resource of {{evs}}",
        "later": "The node that it leaves cannot be upgraded (UE-04).",
        "rollback": "Move it back, and bring it online there",
        "source": "handbook 4, 4.3",
    }
    return _evs_step(key, evs, needs, **{**facts, **more})


def ready_step(key: str, evs: int, needs: tuple[Need, ...], **more: Any) -> Step:
    """Return the step that looks whether the EVS is ready for its upgrade."""
    facts: dict[str, Any] = {
        "title": "Check that disks, address and name are Online, the System Attendant Offline",
        "how": "{evs} > look at the State column",
        "commands": ("cluster res",),
        "checks": (Check(code="UE-12", finds=looks.not_ready),),
        "minutes": 1,
        "verify": "Only Exchange resources are Offline",
        "later": "Upgrade Exchange Virtual Server is refused (UE-12).",
        "source": "handbook 4, 4.3.1",
    }
    return _evs_step(key, evs, needs, **{**facts, **more})


def upgrade_step(key: str, evs: int, needs: tuple[Need, ...], **more: Any) -> Step:
    """Return the step that upgrades an EVS: the point of no return."""
    facts: dict[str, Any] = {
        "title": "Upgrade the Exchange Virtual Server",
        "how": "{evs} > right-click the System Attendant > Upgrade Exchange Virtual Server",
        "does": (Effect.RUN_UPGRADE,),
        "choices": (
            Choice(
                name="console",
                question="Which Exchange is on the machine with Cluster Administrator?",
                options=("that of the node", "another version than the node"),
            ),
            Choice(
                name="together",
                question="Which EVSs are upgraded at this moment?",
                options=("this one alone", "another EVS at the same time"),
            ),
        ),
        "checks": UPGRADE_CHECKS,
        "clears": ("UE-11",),
        "minutes": 5,
        "takes": ("T_CMD",),
        "permission": _EFA_FIRST,
        "verify": "Exchange System Manager shows version 6.5",
        "later": "The System Attendant cannot come online on an upgraded node. There is no way "
        "back but restore.",
        "rollback": "None: restore from the backup only",
        "is_setting": False,
        "source": "handbook 4, 4.3.1 and 4.3.4",
    }
    return _evs_step(key, evs, needs, **{**facts, **more})


def online_step(key: str, evs: int, needs: tuple[Need, ...], **more: Any) -> Step:
    """Return the step that brings an EVS online: the outage ends."""
    facts: dict[str, Any] = {
        "title": "Bring the EVS online",
        "how": "{evs} > Bring Online",
        "does": ('cluster group "{group}" /online /wait',),
        "minutes": 1,
        "takes": ("T_ON",),
        "verify": "{evs} is Online; a logon with Outlook and Outlook Web Access",
        "later": "Its users wait.",
        "source": "handbook 4, 4.3.1",
    }
    return _evs_step(key, evs, needs, **{**facts, **more})


def post_step(key: str, needs: tuple[Need, ...], **more: Any) -> Step:
    """Return the work after the last node."""
    facts: dict[str, Any] = {
        "title": "Work afterwards: backup, indexes, agents, rights",
        "how": "Back up; resume the full-text indexes; reinstall the agents; take Exchange Full "
        "Administrator from {account} once no Exchange 2000 is left; check permissions; add IMAP4 "
        "and POP3 where wanted",
        "source": "handbook 4, U2-13",
    }
    return Step(
        id=key,
        phase="Afterwards",
        scope=Scope.CLUSTER,
        place="cluster and organization",
        sets={"cluster.indexes": "resumed", "cluster.backup": True},
        clears=("upgrade-mistake/22", "upgrade-mistake/23"),
        needs=needs,
        minutes=120,
        permission=f"{EFA_OF_GROUP}; Backup Operators",
        verify="Search answers, the catalog of the backup is complete",
        later="Search stays out, and there is no backup of the new version.",
        is_setting=True,
        **{**facts, **more},
    )


# --- steps of their own --------------------------------------------------------------------------


def node_step(key: str, node: int, needs: tuple[Need, ...], **facts: Any) -> Step:
    """Return a step that is done on one node."""
    shared: dict[str, Any] = {
        "phase": "Nodes",
        "scope": Scope.NODE,
        "mark": f"N{node}",
        "place": "{node}",
        "permission": ON_NODES,
    }
    return Step(id=key, needs=needs, **{**shared, **facts})


def cluster_step(key: str, needs: tuple[Need, ...], **facts: Any) -> Step:
    """Return a step that is done for the whole cluster."""
    shared: dict[str, Any] = {
        "phase": "Cluster",
        "scope": Scope.CLUSTER,
        "place": "cluster",
        "permission": ON_NODES,
        "is_setting": True,
    }
    return Step(id=key, needs=needs, **{**shared, **facts})


# --- several things in one step -----------------------------------------------------------------


def whole_node_step(key: str, node: int, needs: tuple[Need, ...], **more: Any) -> Step:
    """Return the step that empties a node, upgrades its Exchange and restarts it."""
    facts: dict[str, Any] = {
        "title": "Groups off, upgrade Exchange on the node, restart it",
        "how": "Move Group for each of its groups; setup.exe > Upgrade; restart, wait until Up",
        "does": (
            Effect.EMPTY_NODE,
            Effect.RUN_SETUP,
            Effect.AWAIT_SETUP,
            Effect.JOIN_NODE,
        ),
        "checks": tuple(check for check in SETUP_CHECKS if check.code != "UE-04"),
        "minutes": 70,
        "takes": ("T_SETUP", "T_REBOOT"),
    }
    return setup_step(key, node, needs, **{**facts, **more})


def whole_evs_step(
    key: str, evs: int, node: int, plan: Plan, needs: tuple[Need, ...], **more: Any
) -> Step:
    """Return the step that takes an EVS offline, moves, upgrades and starts it."""
    target = plan.nodes[node - 1].name
    own = upgrade_step(key, evs, needs)
    facts: dict[str, Any] = {
        "title": f"System Attendant offline, move to {target}, upgrade, online",
        "how": f"System Attendant > Take Offline; {{evs}} > Move Group > {target}; System "
        "Attendant > Upgrade Exchange Virtual Server; {evs} > Bring Online",
        "does": (
            Effect.ATTENDANT_OFFLINE,
            Effect.MOVE_THERE,
            Effect.RUN_UPGRADE,
            'cluster group "{group}" /online /wait',
        ),
        "choices": (_target(node, plan), *own.choices),
        "checks": (
            Check(code="UE-05", finds=looks.OccupiedTarget("")),
            *(check for check in UPGRADE_CHECKS if check.code != "UE-12"),
        ),
        "minutes": 8,
        "takes": ("T_OFF", "T_MOVE_OFF", "T_CMD", "T_ON"),
        "verify": "Version 6.5 in Exchange System Manager; {evs} is Online",
    }
    return upgrade_step(key, evs, needs, **{**facts, **more})


def rebuild_steps(path: str, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return for each node that a path upgrades the way back: rebuild it with Exchange 2000.

    Source: handbook 4, 4.3.2 (Rollback of U2-02); the details derived.
    """
    marks = dict.fromkeys(s.mark for s in steps if Effect.RUN_SETUP in s.does)
    setup = (Effect.RUN_SETUP, Effect.JOIN_NODE)
    return tuple(
        Step(
            id=f"recover/{path}-{mark}",
            title="Evict the node, rebuild it with Exchange 2000, join it",
            phase="Recovery",
            scope=Scope.NODE,
            mark=mark,
            place="{node}",
            how="Move its groups; evict it; Windows 2000 SP4, join, Exchange 2000 SP3",
            commands=("cluster node {node} /evict",),
            does=(Effect.EMPTY_NODE, Effect.REBUILD_NODE),
            checks=(
                Check(code="NOTHING", finds=looks.node_not_upgraded),
                Check(code="PREREQ", finds=looks.upgraded_evs_here),
            ),
            undoes=tuple(
                step.id
                for step in steps
                if step.mark == mark and any(effect in step.does for effect in setup)
            ),
            minutes=240,
            permission=f"{ON_NODES}; {EFA_OF_GROUP}",
            verify="{node} is Up and has Exchange 2000 SP3",
            is_setting=True,
            is_recovery=True,
            source="handbook 4, 4.3.2",
        )
        for mark in marks
    )
