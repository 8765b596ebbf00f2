"""Preparing an upgrade from Exchange 2000: the steps P01 to P16 as data (handbook 4, 4.2).

Their minutes are training values of ours; the handbook gives none. P05 and P06 are rolling passes,
and take the longer the more nodes there are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from clusterlab.procedures import checks
from clusterlab.procedures import upgrade_checks as looks
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.step import (
    EFA_OF_GROUP,
    ON_NODES,
    Check,
    Choice,
    Effect,
    Need,
    Scope,
    Step,
    need,
)


def _needs(*ids: str) -> tuple[Need, ...]:
    return tuple(need(f"upgrade/{step}[one]") for step in ids)


_ORG: dict[str, Any] = {"phase": "Preparation", "scope": Scope.FOREST, "is_setting": True}
_HERE: dict[str, Any] = {"phase": "Preparation", "scope": Scope.CLUSTER, "is_setting": True}
_ROUND = "idle nodes first; then each EVS to a free node that is done, and the node that it left"
_ROUND_CHECKS = (
    Check(code="PREREQ", finds=looks.not_all_up),
    Check(code="PREREQ", finds=looks.two_generations),
    Check(code="PREREQ", finds=looks.no_room_to_share),
)
"""What stands against a rolling pass."""

PREPARE_STEPS = (
    Step(
        id="upgrade/P01",
        title="Assess with the deployment tools",
        place="a server of the organization",
        how="Exchange CD > support > ExDeploy > exdeploy.hta; DCDiag and NetDiag",
        commands=("dcdiag", "netdiag"),
        minutes=60,
        permission="domain user; local administrator of the server used",
        verify="The logs of the tools are clean",
        later="Unknown blockers appear in Setup.",
        source="handbook 4, P01",
        **_ORG,
    ),
    Step(
        id="upgrade/P02",
        title="Bring domain controllers and global catalogs to Windows 2000 SP3 or later",
        place="each domain controller",
        how="Install the Windows service pack",
        needs=_needs("P01"),
        minutes=60,
        permission="Domain Admins",
        verify="Winver on each domain controller",
        later="Setup refuses: its requirement for domain controllers is not met.",
        source="handbook 4, P02",
        **_ORG,
    ),
    Step(
        id="upgrade/P03",
        title="Back up everything",
        place="cluster",
        how="NTBackup: databases of every EVS, system state and system disk of every node, quorum",
        sets={"cluster.backup": True},
        clears=("upgrade-mistake/23",),
        minutes=120,
        permission="Backup Operators",
        verify="The catalog lists every database and node",
        later="There is no way back after Upgrade Exchange Virtual Server.",
        source="handbook 4, P03 and R12",
        **_HERE,
    ),
    Step(
        id="upgrade/P04",
        title="Remove components that Exchange 2003 does not have",
        place="each node",
        how="Add/Remove Programs > Microsoft Exchange 2000 > Change > Remove: Instant Messaging, "
        "Chat, Conferencing, Key Management, connectors for cc:Mail and MS Mail",
        needs=_needs("P03"),
        sets={"cluster.component": None},
        minutes=20,
        permission=f"{ON_NODES}; Enterprise Admins for Key Management",
        verify="Setup shows none of them",
        later="Setup does not upgrade the server (UE-07).",
        rollback="Reinstall from the Exchange 2000 CD",
        source="handbook 4, P04",
        **_HERE,
    ),
    Step(
        id="upgrade/P05",
        title="Exchange 2000 Service Pack 3 on every node and EVS",
        place="cluster, one node at a time",
        how=f"Move its groups, stop the Cluster service, install, restart: {_ROUND}. The System "
        "Attendant upgrades its EVS itself when it comes online there",
        does=(Effect.LEVEL_EXCHANGE,),
        needs=_needs("P03"),
        checks=(
            Check(code="NOTHING", finds=looks.exchange_is_level),
            Check(code="UE-03", finds=checks.no_msdtc),
            *_ROUND_CHECKS,
        ),
        minutes=90,
        permission="Exchange Full Administrator of the organization; the Cluster service account "
        "too",
        verify="The version column of Exchange System Manager",
        later="Setup stops (UE-02).",
        takes=("T_MOVE",),
        source="handbook 4, P05 and 4.3.9",
        **_HERE,
    ),
    Step(
        id="upgrade/P06",
        title="Windows 2000 Service Pack 4 on every node",
        place="cluster, one node at a time",
        how="Pause the node, move its groups, install, restart, read the System log, resume: "
        f"{_ROUND}",
        does=(Effect.LEVEL_WINDOWS,),
        needs=_needs("P03"),
        checks=(Check(code="NOTHING", finds=looks.windows_is_level), *_ROUND_CHECKS),
        minutes=90,
        permission=ON_NODES,
        verify="Winver on each node",
        later="A prerequisite of Setup is not met (ERR-SP).",
        takes=("T_MOVE",),
        rollback="Uninstall the service pack",
        source="handbook 4, P06 and 4.3.9",
        **_HERE,
    ),
    Step(
        id="upgrade/P07",
        title="Delete the tuning values of Exchange 2000",
        place="each node",
        how="regedit > HKLM\\System\\CurrentControlSet\\Services\\SMTPSVC\\Queuing: delete "
        "MaxPercentPoolThreads and AdditionalPoolThreadsPerProc",
        needs=_needs("P03"),
        sets={"cluster.tuning": None},
        minutes=10,
        permission=ON_NODES,
        verify="The values are absent",
        later="Performance trouble after the upgrade; Setup says nothing.",
        rollback="Add the values again",
        source="handbook 4, P07",
        **_HERE,
    ),
    Step(
        id="upgrade/P08",
        title="Run ForestPrep of Exchange 2003",
        place="a server in the domain of the schema master",
        how="Even where that of Exchange 2000 was run; then wait for replication",
        commands=(r"<CD>\setup\i386\setup.exe /forestprep",),
        choices=(
            Choice(
                name="which",
                question="Of which Exchange is the ForestPrep that this forest has?",
                options=("2003", "2000"),
            ),
        ),
        needs=_needs("P01", "P02"),
        sets={"forest.schema": "{which}"},
        minutes=45,
        permission="Enterprise Admins and Schema Admins",
        verify="The version of the schema is the same on every domain controller",
        later="Setup on a node is refused (UE-08).",
        rollback="None: the schema is permanent",
        source="handbook 4, P08",
        **_ORG,
    ),
    Step(
        id="upgrade/P09",
        title="Run DomainPrep of Exchange 2003 in each domain",
        place="a server of each domain",
        how="The root domain, and every domain with Exchange servers, mailboxes, global catalogs "
        "or administrators",
        commands=(r"<CD>\setup\i386\setup.exe /domainprep",),
        needs=(need("upgrade/P08[one]!", "UE-08"),),
        sets={"domain.prepared": "2003"},
        minutes=20,
        permission="Domain Admins of the domain; local administrator",
        verify="Setup ends without an error",
        later="Setup on a node is refused (UE-08).",
        rollback="None",
        source="handbook 4, P09",
        **_ORG,
    ),
    Step(
        id="upgrade/P10",
        title="Upgrade every Active Directory Connector",
        place="each server with the ADC",
        how="Previous Installation Detected > Reinstall",
        commands=(r"<CD>\adc\i386\setup.exe",),
        needs=_needs("P08"),
        sets={"org.adc": "2003"},
        clears=("upgrade-mistake/14",),
        minutes=30,
        permission="Exchange Full Administrator of the organization",
        verify="The version of each connection agreement is 16973842",
        later="Replication of its connection agreements stops.",
        rollback="Reinstall the old ADC, create its agreements again",
        source="handbook 4, P10",
        **_ORG,
    ),
    Step(
        id="upgrade/P11",
        title="Upgrade the front-end servers",
        place="each front-end; a load-balanced pool all together",
        how="Setup > Upgrade",
        needs=_needs("P08", "P09", "P10"),
        sets={"org.frontends": "2003"},
        clears=("UE-09",),
        minutes=60,
        permission=EFA_OF_GROUP,
        verify="The version column of Exchange System Manager",
        later="Not supported: mobile clients get errors of their synchronization keys (UE-09).",
        source="handbook 4, P11 and R14",
        **_ORG,
    ),
    Step(
        id="upgrade/P12",
        title="Delegate the right to the account that upgrades",
        place="Exchange System Manager",
        how="Organization or administrative group > Delegate control > Exchange Full Administrator",
        sets={"account.upgrade": True},
        minutes=5,
        permission="Exchange Full Administrator of the organization",
        verify="The Security tab lists the account",
        later="Setup and the upgrade of the EVS are denied (UE-10).",
        rollback="Remove the right",
        source="handbook 4, P12",
        **_ORG,
    ),
    Step(
        id="upgrade/P13",
        title="See that MSDTC is online on a node that is not upgraded",
        place="cluster",
        how="Cluster Group > MSDTC > Bring Online, where it is not",
        does=(Effect.START_MSDTC,),
        minutes=2,
        permission=ON_NODES,
        verify="MSDTC is Online",
        later="Setup stops (UE-03).",
        source="handbook 4, P13",
        **_HERE,
    ),
    Step(
        id="upgrade/P14",
        title="Look at the health of the cluster",
        place="cluster",
        how="Every node Up, every group Online, fewer EVSs than nodes from three nodes on",
        commands=("cluster node", "cluster group"),
        minutes=5,
        permission=ON_NODES,
        verify="Nothing is Down, Failed or Offline",
        later="Whatever is wrong shows in the middle of the upgrade.",
        source="handbook 4, P14",
        **_HERE,
    ),
    Step(
        id="upgrade/P15",
        title="Pause the full-text indexes",
        place="Exchange System Manager",
        how="Store > full-text index > start a population, then pause it",
        needs=_needs("P14"),
        sets={"cluster.indexes": "paused"},
        minutes=10,
        permission="Exchange Administrator",
        verify="The state of each index is paused",
        later="Every index starts a full population, and search is out until it ends.",
        rollback="Resume the populations",
        source="handbook 4, P15",
        **_HERE,
    ),
    Step(
        id="upgrade/P16",
        title="Stop agents, close every Cluster Administrator, name one administrator",
        place="cluster",
        how="Anti-virus and monitoring off; one person works from here on",
        needs=_needs("P14"),
        sets={"cluster.quiet": True},
        minutes=10,
        permission=ON_NODES,
        verify="No agent runs on a node",
        later="Locked files; two upgrades at once (UE-11).",
        source="handbook 4, P16",
        **_HERE,
    ),
)
"""All 16 in a valid order, for two nodes and one EVS."""


def prepare_steps(plan: Plan) -> tuple[Step, ...]:
    """Return P01 to P16 for a plan.

    An EVS is moved once in each pass, and twice where no node is idle (handbook 4, 4.3.6, derived).

    Example:
        >>> [(s.minutes, s.takes) for s in prepare_steps(Plan.standard(nodes=4, evs=3))[4:6]]
        [(180, ('T_MOVE',)), (180, ('T_MOVE',))]

    Source: handbook 4, 4.2 and 4.5.3.
    """
    moves = 1 if len(plan.evs) < len(plan.nodes) else 2
    facts: dict[str, Any] = {"minutes": 45 * len(plan.nodes), "takes": ("T_MOVE",) * moves}
    return tuple(replace(step, **facts) if step.takes else step for step in PREPARE_STEPS)


FIRST_NEEDS = tuple(
    f"upgrade/P{number:02}[one]" for number in (4, 5, 6, 7, 9, 10, 11, 12, 13, 15, 16)
)
"""What the first step of a path needs of the preparation (handbook 4, 4.9)."""
