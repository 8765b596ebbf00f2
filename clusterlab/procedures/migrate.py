"""Migrating to a new cluster: from Exchange 5.5 (M55) and from a stand-alone server (SW), as data.

Handbook 4, 4.6 and 4.7. Building the cluster is chapter 3 in one step each. Minutes are training
values of ours; moving mailboxes goes by their size.
"""

from __future__ import annotations

from typing import Any

from clusterlab.cluster.states import Windows
from clusterlab.exchange.evs import EXCHANGE_2003
from clusterlab.procedures import checks
from clusterlab.procedures import upgrade_checks as looks
from clusterlab.procedures.checks import fact_is
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.procedure import Procedure
from clusterlab.procedures.step import ON_NODES, Check, Effect, Need, Scope, Step, need
from clusterlab.procedures.upgrade_start import before_migration, client_plan

_EFA = "Exchange Full Administrator of the organization"
_ADMIN = "Exchange Administrator of both servers"
_LOST = "upgrade-mistake/18"
_ORG: dict[str, Any] = {"scope": Scope.FOREST, "permission": _EFA, "is_setting": True}
_HERE: dict[str, Any] = {
    "scope": Scope.CLUSTER,
    "permission": ON_NODES,
    "is_setting": True,
}


def _m(*ids: str) -> tuple[Need, ...]:
    return tuple(need(f"upgrade-M55/M-{step}[one]") for step in ids)


def _s(*ids: str) -> tuple[Need, ...]:
    return tuple(need(f"upgrade-SW/SW-{step}[one]") for step in ids)


_FIRST_OF_SITE = Check(
    code="UE-15",
    finds=fact_is("org.srs", None, "No stand-alone server of the site holds the service."),
)
_SETUP_CHECKS = (
    Check(code="UE-08", finds=looks.not_prepared),
    Check(code="UE-03", finds=checks.no_msdtc),
)
_CLUSTER: dict[str, Any] = {
    "title": "Build the cluster, with MSDTC",
    "place": "the new machines",
    "how": "New Server Cluster Wizard, chapter 3 of the handbook: phases Nodes to Cluster",
    "does": (Effect.BUILD_CLUSTER,),
    "minutes": 240,
    "verify": "cluster node: every node is Up",
    "later": "Setup installs stand-alone servers.",
}
_NODES: dict[str, Any] = {
    "title": "Install Exchange 2003 and its service pack on each node",
    "place": "one node at a time",
    "how": "Setup, chapter 3 of the handbook: phase Exchange",
    "does": (Effect.INSTALL_EVERYWHERE,),
    "minutes": 120,
    "verify": "The log of Setup on each node ends without an error",
    "later": "No System Attendant can be created.",
}
_EVSS: dict[str, Any] = {
    "place": "Cluster Administrator",
    "does": (Effect.BUILD_EVS,),
    "minutes": 60,
    "verify": "Every EVS is Online",
    "later": "There is nothing to move mailboxes to.",
}
_ONLINE = (Check(code="PREREQ", finds=looks.evs_is_out),)
_TEST: dict[str, Any] = {
    "title": "Test the failover of every EVS",
    "place": "Cluster Administrator",
    "how": "Move Group there and back for each EVS",
    "commands": ("cluster group",),
    "checks": _ONLINE,
    "minutes": 30,
    "verify": "The Owner column changes, and every EVS is Online again",
    "later": "Users come to a cluster that nobody has tested.",
}

M55_STEPS = (
    Step(
        id="upgrade-M55/M-01",
        title="Bring the accounts into Active Directory",
        phase="Directory",
        place="the domains",
        how="Upgrade the domain, or ADMT with SID history, before any connection agreement",
        sets={"forest.accounts": True},
        minutes=480,
        verify="The report of ADMT",
        later="A connection agreement makes disabled users twice.",
        rollback="Merge double accounts with the clean-up wizard",
        source="handbook 4, M-01",
        **_ORG,
    ),
    Step(
        id="upgrade-M55/M-02",
        title="Exchange 5.5 Service Pack 3 and hotfix 836489 on every old server",
        phase="Directory",
        place="each Exchange 5.5 server",
        how="Service pack; the hotfix even where nothing is moved from",
        minutes=60,
        verify="Help > About",
        later="The wizard that moves mailboxes gives up.",
        source="handbook 4, M-02",
        **_ORG,
    ),
    Step(
        id="upgrade-M55/M-03",
        title="Run the DS/IS consistency adjuster",
        phase="Directory",
        place="each Exchange 5.5 server",
        how="Administrator program > server > Advanced > Consistency Adjuster",
        needs=_m("02"),
        minutes=30,
        verify="The application log",
        later="Permissions are orphaned after the move.",
        source="handbook 4, M-03",
        **_ORG,
    ),
    Step(
        id="upgrade-M55/M-04",
        title="Run ForestPrep",
        phase="Directory",
        place="a server in the domain of the schema master",
        how="setup.exe /forestprep; it does not ask for the 5.5 organization",
        commands=(r"<CD>\setup\i386\setup.exe /forestprep",),
        needs=_m("01", "02"),
        sets={"forest.schema": "2003"},
        minutes=45,
        verify="The schema is the same on every domain controller",
        later="Setup is refused (UE-08).",
        rollback="None",
        source="handbook 4, M-04",
        **{**_ORG, "permission": "Enterprise Admins and Schema Admins"},
    ),
    Step(
        id="upgrade-M55/M-05",
        title="Run DomainPrep",
        phase="Directory",
        place="a server of the domain",
        how="setup.exe /domainprep",
        commands=(r"<CD>\setup\i386\setup.exe /domainprep",),
        needs=(need("upgrade-M55/M-04[one]!", "UE-08"),),
        sets={"domain.prepared": "2003"},
        minutes=20,
        verify="It ends without an error",
        later="Setup is refused (UE-08).",
        rollback="None",
        source="handbook 4, M-05",
        **{**_ORG, "permission": "Domain Admins"},
    ),
    Step(
        id="upgrade-M55/M-06",
        title="Install the Active Directory Connector of 2003",
        phase="Directory",
        place="a member server",
        how=r"adc\i386\setup.exe",
        needs=_m("04"),
        sets={"org.adc": "2003"},
        minutes=30,
        verify="Its service runs",
        later="Nothing is replicated from 5.5.",
        rollback="Uninstall it",
        source="handbook 4, M-06",
        **_ORG,
    ),
    Step(
        id="upgrade-M55/M-07",
        title="Run the ADC Tools",
        phase="Directory",
        place="the server with the ADC",
        how="ADC Tools, steps 1 to 4: settings, data, Resource Mailbox Wizard, Connection "
        "Agreement Wizard",
        needs=(need("upgrade-M55/M-06[one]!"),),
        sets={"org.adc_tools": True},
        minutes=90,
        verify="Step 4 > Verify",
        later="Setup of the first server is prevented (UE-16).",
        rollback="Delete the agreements",
        source="handbook 4, M-07",
        **_ORG,
    ),
    Step(
        id="upgrade-M55/M-08",
        title="Verify the replication",
        phase="Directory",
        place="a server of the organization",
        how="ExDeploy: ADCConfigCheck, ConfigDSInteg, RecipientDSInteg",
        needs=_m("07"),
        minutes=30,
        verify="No tool reports anything missing",
        later="Recipients are missing, and cannot be moved.",
        rollback="Run it again",
        source="handbook 4, M-08",
        **_ORG,
    ),
    Step(
        id="upgrade-M55/M-09",
        title="Install a stand-alone Exchange 2003 server in the site",
        phase="First server",
        place="S1, which is not clustered",
        how="Setup > join the 5.5 site; it gets the Site Replication Service",
        needs=_m("05", "08"),
        checks=(
            Check(code="UE-08", finds=looks.not_prepared),
            Check(
                code="UE-16",
                finds=fact_is("org.adc_tools", None, "The ADC Tools were not run."),
            ),
        ),
        sets={"org.srs": "S1"},
        minutes=90,
        verify="System Manager > Tools > Site Replication Services",
        later="No EVS may join the site (UE-15).",
        rollback="Remove S1",
        source="handbook 4, M-09",
        **_ORG,
    ),
    Step(
        id="upgrade-M55/M-10",
        title="Service pack on the first server",
        phase="First server",
        place="S1",
        how="update.exe",
        needs=_m("09"),
        minutes=30,
        verify="The version column",
        later="The tools of the service pack are missing.",
        source="handbook 4, M-10",
        **_ORG,
    ),
    Step(
        id="upgrade-M55/M-11",
        phase="Cluster",
        rollback="Destroy the cluster",
        source="handbook 4, M-11",
        **{**_HERE, **_CLUSTER},
    ),
    Step(
        id="upgrade-M55/M-12",
        phase="Cluster",
        needs=_m("05", "09", "11"),
        checks=(_FIRST_OF_SITE, *_SETUP_CHECKS),
        rollback="Remove Exchange",
        source="handbook 4, M-12",
        **{**_HERE, **_NODES},
    ),
    Step(
        id="upgrade-M55/M-13",
        title="Create the EVSs in the administrative group of the site",
        phase="Cluster",
        how="Chapter 3 of the handbook: phase EVS",
        needs=_m("12"),
        checks=(_FIRST_OF_SITE, Check(code="ERR-NOTYPE", finds=checks.no_exchange_anywhere)),
        rollback="Remove the EVSs",
        source="handbook 4, M-13",
        **{**_HERE, **_EVSS},
    ),
    Step(
        id="upgrade-M55/M-14",
        phase="Cluster",
        needs=_m("13"),
        source="handbook 4, M-14",
        **{**_HERE, **_TEST},
    ),
    Step(
        id="upgrade-M55/M-15",
        title="Move the connectors to a server that is not clustered",
        phase="Move",
        place="S1 or another stand-alone server",
        how="Setup > Change; System Manager: Notes, GroupWise, X.400, Internet mail",
        needs=_m("10"),
        sets={"org.connectors": "S1"},
        minutes=180,
        verify="Its queues empty themselves",
        later="The connector disappears with the 5.5 server.",
        rollback="Keep the 5.5 server",
        source="handbook 4, M-15",
        **_ORG,
    ),
    Step(
        id="upgrade-M55/M-16",
        title="Replicate public and system folders to an EVS",
        phase="Move",
        place="a 2003 server",
        how=r"support\ExDeploy\pfmigrate.wsf with /WMI",
        needs=_m("13"),
        checks=_ONLINE,
        minutes=240,
        verify="The same number of items on both sides",
        later="Free/busy, address book and folders are missing for those who were moved.",
        rollback="pfmigrate remove",
        source="handbook 4, M-16",
        **_ORG,
    ),
    Step(
        id="upgrade-M55/M-17",
        title="Back up both sides, stop the scanners of the stores",
        phase="Move",
        place="old and new servers",
        how="NTBackup; the anti-virus program",
        needs=_m("14"),
        sets={"cluster.backup": True},
        minutes=120,
        verify="The catalog is complete",
        later="Moves are slow, or fail.",
        source="handbook 4, M-17",
        **_HERE,
    ),
    Step(
        id="upgrade-M55/M-18",
        title="Move the mailboxes in batches",
        phase="Move",
        place="Exchange System Manager",
        how="Exchange Tasks > Move Mailbox, within the site; skip corrupt items",
        needs=_m("03", "08", "14", "16", "17"),
        checks=_ONLINE,
        minutes=600,
        verify="The report in XML",
        later="Nobody is on the cluster.",
        rollback="Move the mailboxes back",
        source="handbook 4, M-18",
        **{**_ORG, "permission": _ADMIN},
    ),
    Step(
        id="upgrade-M55/M-19",
        title="Keep the old servers until everybody has logged on once",
        phase="Decommission",
        place="the old servers",
        how="Leave them running; the logon redirects the profile",
        needs=_m("18"),
        minutes=30,
        verify="The list of last logons",
        later="Profiles have to be edited by hand.",
        rollback="Start the old server again",
        source="handbook 4, M-19",
        **_ORG,
    ),
    Step(
        id="upgrade-M55/M-20",
        title="Rehome distribution lists and custom recipients, remove replicas",
        phase="Decommission",
        place="a 2003 server",
        how="ExDeploy of the service pack; pfmigrate",
        needs=_m("18"),
        minutes=60,
        verify="The log of ExDeploy",
        later="The objects vanish with the site.",
        source="handbook 4, M-20",
        **_ORG,
    ),
    Step(
        id="upgrade-M55/M-21",
        title="Remove Exchange 5.5",
        phase="Decommission",
        place="the old servers",
        how="Setup > Remove; delete the last server through the Site Replication Service",
        needs=(
            need("upgrade-M55/M-15[one]", _LOST),
            need("upgrade-M55/M-19[one]", _LOST),
            *_m("20"),
        ),
        sets={"org.old": None},
        minutes=60,
        verify="The 5.5 Administrator program lists no 5.5 server",
        later="The organization stays mixed.",
        rollback="Restore",
        source="handbook 4, M-21",
        **_ORG,
    ),
    Step(
        id="upgrade-M55/M-22",
        title="Remove connection agreements and the ADC",
        phase="Decommission",
        place="the server with the ADC",
        how="ADC snap-in",
        needs=(need("upgrade-M55/M-21[one]!"),),
        sets={"org.adc": None},
        minutes=20,
        verify="The service is gone",
        later="Native mode is impossible.",
        rollback="Reinstall it",
        source="handbook 4, M-22",
        **_ORG,
    ),
    Step(
        id="upgrade-M55/M-23",
        title="Remove the Site Replication Service",
        phase="Decommission",
        place="S1",
        how="System Manager > Tools > Site Replication Services",
        needs=(need("upgrade-M55/M-22[one]!"),),
        sets={"org.srs_gone": True},
        minutes=10,
        verify="The container is empty",
        later="Native mode is impossible.",
        source="handbook 4, M-23",
        **_ORG,
    ),
    Step(
        id="upgrade-M55/M-24",
        title="Switch the organization to native mode",
        phase="Decommission",
        place="Exchange System Manager",
        how="Organization > Properties > Change Mode; there is no way back",
        needs=(need("upgrade-M55/M-23[one]!"),),
        sets={"org.mode": "native"},
        minutes=5,
        verify="The properties of the organization",
        later="Mailboxes cannot be moved between administrative groups freely.",
        rollback="None: it cannot be undone",
        source="handbook 4, M-24",
        **_ORG,
    ),
)
"""Path M55 in a valid order."""

SW_STEPS = (
    Step(
        id="upgrade-SW/SW-01",
        title="ForestPrep, DomainPrep and the ADC of 2003, where the source is Exchange 2000",
        phase="Directory",
        place="the organization",
        how="As P08 to P10",
        sets={"forest.schema": "2003", "domain.prepared": "2003", "org.adc": "2003"},
        minutes=90,
        verify="The schema is the same everywhere",
        later="Setup is refused (UE-08).",
        source="handbook 4, SW-01",
        **_ORG,
    ),
    Step(
        id="upgrade-SW/SW-02", phase="Cluster", source="handbook 4, SW-02", **{**_HERE, **_CLUSTER}
    ),
    Step(
        id="upgrade-SW/SW-03",
        phase="Cluster",
        needs=_s("01", "02"),
        checks=_SETUP_CHECKS,
        source="handbook 4, SW-03",
        **{**_HERE, **_NODES},
    ),
    Step(
        id="upgrade-SW/SW-04",
        title="Create the EVSs, with new names",
        phase="Cluster",
        how="Chapter 3 of the handbook: phase EVS; a name of the old server cannot be used again",
        needs=_s("03"),
        checks=(Check(code="ERR-NOTYPE", finds=checks.no_exchange_anywhere),),
        source="handbook 4, SW-04",
        **{**_HERE, **_EVSS},
    ),
    Step(
        id="upgrade-SW/SW-05",
        phase="Cluster",
        needs=_s("04"),
        source="handbook 4, SW-05",
        **{**_HERE, **_TEST},
    ),
    Step(
        id="upgrade-SW/SW-06",
        title="Replicate folders; point address book, update service and bridgeheads elsewhere",
        phase="Move",
        place="Exchange System Manager",
        how="Replicas; Offline Address Lists; Recipient Update Services; what no cluster may have "
        "stays outside",
        needs=_s("05"),
        checks=_ONLINE,
        minutes=240,
        verify="The same number of items on both sides",
        later="Folders and address book are missing for those who were moved.",
        source="handbook 4, SW-06",
        **_ORG,
    ),
    Step(
        id="upgrade-SW/SW-07",
        title="Move the mailboxes in batches",
        phase="Move",
        place="Exchange System Manager",
        how="Exchange Tasks > Move Mailbox; each user is off while his mailbox moves",
        needs=_s("06"),
        checks=_ONLINE,
        minutes=600,
        verify="The report in XML",
        later="Nobody is on the cluster.",
        rollback="Move the mailboxes back",
        source="handbook 4, SW-07",
        **{**_ORG, "permission": _ADMIN},
    ),
    Step(
        id="upgrade-SW/SW-08",
        title="Keep the old server until all profiles are redirected",
        phase="Decommission",
        place="the old server",
        how="Leave it running",
        needs=_s("07"),
        minutes=30,
        verify="The list of last logons",
        later="Profiles have to be edited by hand.",
        source="handbook 4, SW-08",
        **_ORG,
    ),
    Step(
        id="upgrade-SW/SW-09",
        title="Move the roles of the first server",
        phase="Decommission",
        place="Exchange System Manager",
        how="Routing group master, address book server, update service, replicas of system folders",
        needs=_s("07"),
        minutes=60,
        verify="The old server has no role",
        later="The old server cannot be removed.",
        source="handbook 4, SW-09",
        **_ORG,
    ),
    Step(
        id="upgrade-SW/SW-10",
        title="Remove the old server",
        phase="Decommission",
        place="the old server",
        how="Setup > Remove; until then everything can be moved back",
        needs=(need("upgrade-SW/SW-08[one]", _LOST), *_s("09")),
        sets={"org.old": None},
        minutes=60,
        verify="Exchange System Manager does not list it",
        later="It is paid for and patched for nothing.",
        rollback="None; until here everything can be moved back",
        source="handbook 4, SW-10",
        **_ORG,
    ),
)
"""Path SW in a valid order."""


def migration_m55(plan: Plan) -> Procedure:
    """Return path M55: from Exchange 5.5 to a new cluster, beside a stand-alone first server.

    Example:
        >>> len(migration_m55(Plan.standard(nodes=2, evs=1)).tasks)
        24

    Source: handbook 4, 4.6.
    """
    return _migration("upgrade-M55", plan, M55_STEPS)


def migration_sw(plan: Plan) -> Procedure:
    """Return path SW: from a stand-alone server to a new cluster beside it.

    Example:
        >>> len(migration_sw(Plan.standard(nodes=2, evs=1)).tasks)
        10

    Source: handbook 4, 4.7.
    """
    return _migration("upgrade-SW", plan, SW_STEPS)


def _migration(name: str, plan: Plan, steps: tuple[Step, ...]) -> Procedure:
    client = client_plan(plan, EXCHANGE_2003, Windows.WS2003)
    return Procedure(name=name, plan=client, steps=steps, start=before_migration)
