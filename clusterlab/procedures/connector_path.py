"""Path NC: the Notes connector of an old server moves beside the cluster, as data.

Handbook 4, 4.8, with handbook 2, 6.1. It begins with a cluster whose EVSs have no mailboxes yet,
and an old server with connector and mailboxes. Minutes are training values of ours. What comes of a
wrong order is said in 4.8 for two cases; the others are derived, which the source of the code says.
"""

from __future__ import annotations

from typing import Any

from clusterlab.cluster.states import Windows
from clusterlab.exchange.evs import EXCHANGE_2003
from clusterlab.exchange.versions import ExchangeVersion, NodeWindows
from clusterlab.procedures.checks import chose
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.procedure import Procedure
from clusterlab.procedures.situation import Site, Situation
from clusterlab.procedures.step import Breaking, Check, Choice, Finding, Need, Scope, Step, need
from clusterlab.procedures.upgrade_checks import evs_is_out
from clusterlab.procedures.upgrade_start import client_plan, exchange_facts, running_cluster

_STAND_ALONE = "S1, a stand-alone server without mailboxes"
_SHARED = "a stand-alone server with mailboxes"
_NODE = "{first}, a node of {cluster}"
_FIRST_RIGHT = "Exchange Full Administrator of the organization"
_RIGHT = "Exchange Full Administrator of the administrative group"
_DRAINED = "wait until they are empty"
_LEFT = "go on while mail is in them"
_CLOSED = "closed on the server"
_OPEN = "open on the server, to look at the mail"


# --- where it begins ----------------------------------------------------------------------------


def before_connectors(plan: Plan) -> Situation:
    """Return where NC begins: EVSs on their homes, connector and mailboxes on an old server.

    No connector of Exchange 2003 is in the organization; that the one of the old server does not
    count as its first is derived.

    Source: handbook 4, 4.8.
    """
    cluster = running_cluster(plan, ExchangeVersion.E2003_RTM, NodeWindows.W2003)
    return Situation(facts=exchange_facts(plan), cluster=cluster)


# --- what is looked at --------------------------------------------------------------------------


def old_connector_runs(site: Site) -> Finding | None:
    """The connector of the old server was neither stopped nor removed."""
    if any(site.fact(key) for key in ("old.stopped", "old.deleted", "old.removed")):
        return None
    values = {"X": "The clean-up", "Y": "NC-05"}
    return Finding("The connector of the old server still runs.", values)


def old_connector_is_gone(site: Site) -> Finding | None:
    """The connector of the old server was deleted, or went with its server."""
    if site.fact("old.deleted") or site.fact("old.removed"):
        return Finding("The connector of the old server is gone.")
    return None


def synchronizes_twice(site: Site) -> Finding | None:
    """The old connector runs with the same address space, or what that left is there (4.8)."""
    if not old_connector_runs(site) and site.fact("contacts") != "double":
        return None
    return Finding("The new connector was started beside the old one.")


def new_connector_is_out(site: Site) -> Finding | None:
    """The connector of the stand-alone server does not run."""
    if site.fact("new.running"):
        return None
    because = "The connector of the stand-alone server does not run yet."
    return Finding(because, {"X": "The clean-up", "Y": "NC-06"})


def not_configured(site: Site) -> Finding | None:
    """The new connector has no configuration to start with."""
    if site.fact("new.configured"):
        return None
    because = "The new connector has neither address space nor import container."
    return Finding(because, {"X": "NC-06", "Y": "NC-04"})


def connector_orphaned(site: Site) -> Finding | None:
    """The old connector is still there when its server goes (4.8)."""
    if site.fact("old.deleted"):
        return None
    return Finding("The connector of the old server was not deleted before (NC-07).")


def mail_in_queues(site: Site) -> Finding | None:
    """Mail waits in the queues of the old connector while it is deleted."""
    if site.fact("old.queues") == _DRAINED or old_connector_is_gone(site):
        return None
    return Finding("Nobody has waited until the queues of the old connector were empty.")


def first_without_right(site: Site) -> Finding | None:
    """The first Notes connector of the organization wants the right at its level (4.2)."""
    if site.choices["account"] != _RIGHT or site.fact("org.notes_connector"):
        return None
    return Finding("It is the first Notes connector of the organization, and wants its level.")


def contacts_are_right(site: Site) -> Finding | None:
    """There is nothing to clean up."""
    return None if site.fact("contacts") else Finding("Every contact is there once.")


def nothing_lost(site: Site) -> Finding | None:
    """No mail was deleted with the old connector."""
    return None if site.fact("mail.lost") else Finding("No mail was lost.")


def _on_node(choice: str) -> Check:
    because = "{first} is a node of {cluster}; no cluster resource starts, checks or moves it."
    return Check(code="upgrade-rule/R13", finds=chose(choice, _NODE, because=because))


_ON_NODE = _on_node("where")
_TWICE = Check(
    code="NC-DOUBLE",
    finds=synchronizes_twice,
    breaking=Breaking.WARNS,
    sets={"contacts": "double"},
)
_STOPS = Check(code="NC-STOPS", finds=new_connector_is_out, breaking=Breaking.WARNS)
_QUEUES = Check(
    code="NC-QUEUES", finds=mail_in_queues, breaking=Breaking.WARNS, sets={"mail.lost": True}
)
_GONE = Check(code="ORDER", finds=old_connector_is_gone, breaking=Breaking.ALLOWS)


# --- the steps ----------------------------------------------------------------------------------


def _after(step: str, code: str = "", *, cases: tuple[Check, ...] = ()) -> tuple[Need, ...]:
    return (need(f"upgrade-NC/NC-{step}", code, cases=cases),)


_SERVER: dict[str, Any] = {
    "phase": "Connector server",
    "scope": Scope.FOREST,
    "place": "S1, which is not clustered",
    "permission": "local Administrator of S1",
}
_CHANGE: dict[str, Any] = {
    "phase": "Change-over",
    "scope": Scope.FOREST,
    "place": "Exchange System Manager",
    "permission": "Exchange Administrator of both servers",
}

NC_STEPS = (
    Step(
        id="upgrade-NC/NC-01",
        title="Install a dedicated stand-alone Exchange 2003 server",
        how="Setup on a member server of the same organization that is no cluster node; in a "
        "migration from Exchange 5.5 S1 is there already (M-09)",
        choices=(
            Choice(
                name="where",
                question="Which machine is to run the connector?",
                options=(_STAND_ALONE, _SHARED, _NODE),
            ),
        ),
        checks=(
            _ON_NODE,
            Check(
                code="NC-SHARED",
                finds=chose("where", _SHARED, because="The server has mailboxes already."),
                breaking=Breaking.WARNS,
            ),
        ),
        sets={"new.configured": None, "new.running": None},
        undoes=tuple(f"upgrade-NC/NC-{step}" for step in ("02", "03", "04", "06")),
        minutes=90,
        verify="System Manager lists it, and Cluster Administrator does not",
        later="There is no server for the connector: a cluster must not have it.",
        rollback="Remove the server",
        source="handbook 4, 4.8 (NC-01, R13); handbook 2, 6.1",
        **{**_SERVER, "permission": _FIRST_RIGHT},
    ),
    Step(
        id="upgrade-NC/NC-02",
        title="Install the Notes client with the ID of the connector",
        how="On the Domino side: register the ID, create the databases of the connector, grant "
        "access. On S1: install the client with that ID, and see that it opens the Domino server",
        needs=_after("01[one]!"),
        minutes=45,
        verify="The client opens the Domino server; close it again",
        later="The connector has no client to work with.",
        rollback="Uninstall the client",
        source="handbook 4, 4.8 (NC-02); handbook 2, 6.1",
        **_SERVER,
    ),
    Step(
        id="upgrade-NC/NC-03",
        title="Add Connector for Lotus Notes and Calendar Connector",
        how="Setup > Change at Messaging and Collaboration Services",
        choices=(
            Choice(
                name="where",
                question="On which machine is Setup run?",
                options=(_STAND_ALONE, _NODE),
            ),
            Choice(
                name="account",
                question="Which account runs Setup?",
                options=(_FIRST_RIGHT, _RIGHT),
            ),
        ),
        needs=_after("02[one]!", "NC-NOCLIENT", cases=(_ON_NODE,)),
        checks=(_ON_NODE, Check(code="UE-10", finds=first_without_right)),
        sets={"org.notes_connector": True},
        minutes=30,
        verify="System Manager > Connectors lists it; its services are not started yet",
        later="Nothing on S1 speaks with Domino.",
        rollback="Setup > Change, remove it",
        source="handbook 4, 4.8 (NC-03) and 4.2 (permissions); handbook 2, 6.1",
        **{**_SERVER, "permission": _FIRST_RIGHT},
    ),
    Step(
        id="upgrade-NC/NC-04",
        title="Copy the configuration of the old connector",
        how="Import container, address space of type NOTES, settings of directory export and "
        "import, router databases",
        needs=_after("03[one]!"),
        sets={"new.configured": True},
        minutes=60,
        verify="Both connectors show the same settings; the new one is still stopped",
        later="The new connector cannot be started.",
        source="handbook 4, 4.8 (NC-04)",
        **{**_CHANGE, "phase": "Connector server"},
    ),
    Step(
        id="upgrade-NC/NC-05",
        title="Stop the old connector and wait for its queues to empty",
        how="Its services on the old server; Queues in System Manager. Mail now waits on both "
        "sides, until NC-06",
        choices=(
            Choice(name="queues", question="What about its queues?", options=(_DRAINED, _LEFT)),
        ),
        needs=_after("04[one]"),
        sets={"old.stopped": True, "old.queues": "{queues}"},
        minutes=30,
        verify="The services are stopped, the queues are empty",
        later="Both connectors run with the same address space, and synchronize twice.",
        rollback="Start the old connector again",
        source="handbook 4, 4.8 (NC-05); where mail waits: handbook 2, 6.1 (derived)",
        **{**_CHANGE, "place": "the old server"},
    ),
    Step(
        id="upgrade-NC/NC-06",
        title="Start the new connector, force a full synchronization",
        how="Its services, set to Automatic; System Manager > connector > full synchronization",
        choices=(
            Choice(
                name="client",
                question="And the Notes client on the server, while the connector runs?",
                options=(_CLOSED, _OPEN),
            ),
        ),
        needs=_after("05[one]", cases=(_TWICE, _GONE)),
        checks=(
            Check(code="PREREQ", finds=not_configured),
            _TWICE,
            Check(
                code="NC-INTERACTIVE",
                finds=chose("client", _OPEN, because="Somebody works with it on the server."),
                breaking=Breaking.WARNS,
            ),
        ),
        sets={"new.running": True},
        clears=("NC-STOPS",),
        minutes=60,
        verify="The queues empty themselves; the contacts are in the import container, each once",
        later="Mail between Notes and Exchange waits.",
        rollback="Stop it, and start the old one",
        source="handbook 4, 4.8 (NC-06); handbook 2, 6.1",
        **_CHANGE,
    ),
    Step(
        id="upgrade-NC/NC-07",
        title="Delete the old connector",
        how="Connectors > old Connector for Lotus Notes > Delete",
        needs=_after("06[one]", cases=(_STOPS,)),
        checks=(_STOPS, _QUEUES),
        sets={"old.deleted": True},
        minutes=15,
        verify="One Connector for Lotus Notes is left; the contacts are still there",
        later="Removing its server orphans the synchronized contacts.",
        source="handbook 4, 4.8 (NC-07)",
        **_CHANGE,
    ),
    Step(
        id="upgrade-NC/NC-08",
        title="Move the mailboxes to the EVS",
        phase="Move",
        scope=Scope.EVS,
        place="Exchange System Manager",
        how="Exchange Tasks > Move Mailbox to {evs}; each user is off while his mailbox moves",
        needs=_after("07[one]"),
        checks=(Check(code="PREREQ", finds=evs_is_out),),
        minutes=240,
        permission="Exchange Administrator of both servers",
        verify="The report in XML; {evs} has the mailboxes",
        later="The old server cannot be removed.",
        rollback="Move the mailboxes back",
        source="handbook 4, 4.8 (NC-08)",
    ),
    Step(
        id="upgrade-NC/NC-09",
        title="Remove the old server",
        phase="Decommission",
        scope=Scope.FOREST,
        place="the old server",
        how="Setup > Remove",
        needs=_after("08[all]!", "NC-MAILBOXES"),
        checks=(
            Check(
                code="NC-ORPHANS",
                finds=connector_orphaned,
                breaking=Breaking.WARNS,
                sets={"contacts": "orphaned"},
            ),
            _STOPS,
            _QUEUES,
        ),
        sets={"old.removed": True},
        minutes=60,
        permission=_FIRST_RIGHT,
        verify="Exchange System Manager does not list it",
        later="It is paid for and patched for nothing.",
        source="handbook 4, 4.8 (NC-09)",
    ),
)
"""Path NC in its order; each step needs the one before it."""

_WAY_BACK: dict[str, Any] = {
    "phase": "Recovery",
    "scope": Scope.FOREST,
    "is_setting": True,
    "is_recovery": True,
}
NC_WAYS_BACK = (
    Step(
        id="recover/NC-contacts",
        title="Delete double and orphaned contacts, and synchronize all again",
        place="import container; Exchange System Manager",
        how="Delete the contacts of the old connector; connector > full synchronization",
        checks=(
            Check(code="NOTHING", finds=contacts_are_right),
            Check(code="PREREQ", finds=old_connector_runs),
            Check(code="PREREQ", finds=new_connector_is_out),
        ),
        sets={"contacts": None},
        clears=("NC-DOUBLE", "NC-ORPHANS"),
        minutes=90,
        permission="Exchange Administrator; write access to the import container",
        verify="Each Notes user is there once, and a reply reaches him",
        source="handbook 4, 4.8 (derived)",
        **_WAY_BACK,
    ),
    Step(
        id="recover/NC-mail",
        title="Let the mail be sent again that was deleted with the queues",
        place="message tracking; Domino log",
        how="List what entered the old connector and did not leave it; write to the senders",
        checks=(Check(code="NOTHING", finds=nothing_lost),),
        sets={"mail.lost": None},
        clears=("NC-QUEUES",),
        minutes=60,
        permission="Exchange Administrator",
        verify="The senders have answered",
        source="handbook 4, 4.8 (derived)",
        **_WAY_BACK,
    ),
)
"""Ways back that are no step of the path; the other mistakes are put right by doing it again."""


def migration_nc(plan: Plan) -> Procedure:
    """Return path NC: from an old server with the Notes connector to a cluster and its gateway.

    Args:
        plan: The client's names; its cluster is there and has Exchange 2003.

    Example:
        >>> nc = migration_nc(Plan.standard(nodes=2, evs=1))
        >>> len(nc.tasks), nc.task("NC-08@EVS1").title
        (9, 'Move the mailboxes to the EVS (EVS1)')

    Source: handbook 4, 4.8.
    """
    client = client_plan(plan, EXCHANGE_2003, Windows.WS2003)
    return Procedure(
        name="upgrade-NC",
        plan=client,
        steps=NC_STEPS,
        beside=NC_WAYS_BACK,
        start=before_connectors,
    )
