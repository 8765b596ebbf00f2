"""Removing EVSs, Exchange and the cluster: 12 steps as data (handbook 3, 6).

Their minutes are training values of ours; the handbook gives none.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from clusterlab.procedures import checks
from clusterlab.procedures.checks import chose
from clusterlab.procedures.step import (
    ON_NODES,
    Breaking,
    Check,
    Choice,
    Effect,
    Need,
    Only,
    Scope,
    Step,
    need,
)

_FULL_ADMIN = "Exchange Full Administrator on the administrative group"


def _needs(text: str, code: str = "", breaking: Breaking | None = None, **more: Any) -> Need:
    return need(f"remove/{text}", code, breaking, **more)


_LEAVES_OTHERS = Check(code="PREREQ", finds=checks.leaves_others, breaking=Breaking.ALLOWS)


def _installed(*ids: str) -> tuple[str, ...]:
    return tuple(f"install/{step}" for step in ids)


_OF_EVS: dict[str, Any] = {
    "phase": "EVS",
    "scope": Scope.EVS,
    "block": "remove EVS",
    "is_backwards": True,
}
_OF_NODE: dict[str, Any] = {"phase": "Nodes", "scope": Scope.NODE}

REMOVE_STEPS = (
    Step(
        id="remove/R01",
        title="Move mailboxes, public folder replicas and roles",
        place="Exchange System Manager",
        how="Move mailboxes and replicas to another server; name another routing group master, "
        "bridgehead, Recipient Update Service and postmaster mailbox",
        choices=(
            Choice(
                name="left",
                question="What does the EVS still have afterwards?",
                options=(
                    "nothing",
                    "mailboxes",
                    "the role of routing group master",
                    "the postmaster account",
                    "the last public store",
                    "a Recipient Update Service",
                    "a target bridgehead",
                ),
            ),
        ),
        sets={"evs.{evs}.left": "{left}"},
        clears=("ERR-REMOVE-PRQ",),
        minutes=60,
        permission="Exchange Administrator of both servers",
        verify="No mailbox, no connector, no role of handbook 3, 6.1",
        later="R03 is refused with the condition that is not met (ERR-REMOVE-PRQ).",
        is_setting=True,
        source="handbook 3, 6.1 and R01",
        **_OF_EVS,
    ),
    Step(
        id="remove/R02",
        title="Take the System Attendant offline",
        place="cluster",
        how="Right-click the System Attendant > Take Offline",
        does=(Effect.ATTENDANT_OFFLINE,),
        needs=(_needs("R01[same]!", "ERR-REMOVE-PRQ", Breaking.PLANTS),),
        minutes=2,
        permission=ON_NODES,
        verify="The System Attendant and what depends on it are Offline",
        later="The menu item of R03 refuses while it is online.",
        is_setting=True,
        source="handbook 3, R02",
        **_OF_EVS,
    ),
    Step(
        id="remove/R03",
        title="Remove the Exchange Virtual Server",
        place="cluster",
        how="Right-click the System Attendant > Remove Exchange Virtual Server > Yes; the EVS with "
        "the MTA comes last",
        does=(Effect.REMOVE_EVS,),
        choices=(
            Choice(
                name="method",
                question="Which item of the menu?",
                options=("Remove Exchange Virtual Server", "Delete"),
            ),
        ),
        needs=(
            _needs("R02[same]!"),
            _needs("R03[others]!", "ERR-REMOVE-MTA", only=Only.FIRST),
        ),
        checks=(
            Check(code="ERR-REMOVE-PRQ", finds=checks.roles_left),
            Check(
                code="ERR-ORPHAN",
                finds=chose(
                    "method",
                    "Delete",
                    because="Delete takes the resources away, and leaves the directory as it is.",
                    evs="{evs}",
                ),
                breaking=Breaking.WARNS,
                sets={"evs.{evs}.orphan": True},
            ),
        ),
        undoes=_installed("E06", "E08", "E09", "G01", "G02", "G03", "G04", "G05", "G07", "G08"),
        minutes=5,
        permission=_FULL_ADMIN,
        verify="No Exchange resource in the group, no server object in Exchange System Manager",
        later="With plain Delete the server object stays in Active Directory (ERR-ORPHAN).",
        source="handbook 3, R03",
        **_OF_EVS,
    ),
    Step(
        id="remove/R04",
        title="Delete the Network Name and the IP Address",
        place="cluster",
        how="Take both offline, Delete; clean the DNS record and the computer object by hand",
        does=(Effect.DELETE_NAME,),
        needs=(_needs("R03[same]!"),),
        undoes=_installed("E02", "E03", "E05"),
        minutes=3,
        permission=ON_NODES,
        verify="Neither is listed",
        later="Before R03 the System Attendant cannot reach its server, and the removal fails.",
        source="handbook 3, R04",
        **_OF_EVS,
    ),
    Step(
        id="remove/R05",
        title="Move the disks out and delete the group",
        place="cluster",
        how="Drag the disks to other groups; Delete the group",
        does=(Effect.LEAVE_GROUP,),
        needs=(_needs("R04[same]!"),),
        sets={"evs.{evs}.group": None},
        undoes=_installed("E01", "E04"),
        minutes=3,
        permission=ON_NODES,
        verify="The group is gone, the disks are listed elsewhere",
        later="Deleting a group with disks in it deletes the disk resources too.",
        source="handbook 3, R05",
        **_OF_EVS,
    ),
    Step(
        id="remove/R06",
        title="Delete the Exchange data folders",
        place="file system of the disks",
        how="Delete the folders on the disks of {evs}",
        needs=(_needs("R05[same]!"),),
        sets={"evs.{evs}.data": None},
        minutes=5,
        permission=ON_NODES,
        verify="The disks are empty",
        later="Before R03 databases are lost while the server still exists.",
        source="handbook 3, R06",
        **_OF_EVS,
    ),
    Step(
        id="remove/R07",
        title="Move the groups off the node",
        place="cluster, for {node}",
        how="Move Group for each group of {node}",
        does=(Effect.EMPTY_NODE,),
        needs=(
            _needs(
                "R03[all]!",
                cases=(Check(code="PREREQ", finds=checks.node_can_go, breaking=Breaking.ALLOWS),),
            ),
        ),
        minutes=2,
        permission=ON_NODES,
        verify="Active Groups of {node} is empty",
        later="Setup refuses, or interrupts service.",
        block="uninstall",
        is_setting=True,
        source="handbook 3, R07",
        **_OF_NODE,
    ),
    Step(
        id="remove/R08",
        title="Uninstall Exchange from the node",
        place="{node}, one node at a time",
        how="Add or Remove Programs > Microsoft Exchange > Change/Remove > Action Remove",
        needs=(
            _needs("R07[same]!", "ERR-REMOVE-INUSE"),
            _needs(
                "R08[prev]",
                cases=(Check(code="ORDER", finds=checks.goes_alone, breaking=Breaking.ALLOWS),),
            ),
        ),
        checks=(
            Check(code="ERR-REMOVE-INUSE", finds=checks.evs_needs_node),
            Check(code="ERR-MSDTC", finds=checks.no_msdtc),
        ),
        sets={"node.{node}.exchange": None, "node.{node}.drive": None},
        undoes=_installed("X03", "X04", "X05"),
        minutes=20,
        permission="local Administrator; Exchange Full Administrator",
        verify="The binaries and resource types are gone",
        later="With an EVS that can only run there: ERR-REMOVE-INUSE.",
        block="uninstall",
        source="handbook 3, R08",
        **_OF_NODE,
    ),
    Step(
        id="remove/R09",
        title="Delete MSDTC",
        phase="Cluster",
        scope=Scope.CLUSTER,
        place="cluster",
        how="MSDTC > Take Offline, Delete, after the last R08",
        does=(Effect.DELETE_MSDTC,),
        needs=(_needs("R08[all]!", "ERR-MSDTC", Breaking.PLANTS),),
        undoes=_installed("C06", "C07"),
        minutes=2,
        permission=ON_NODES,
        verify="It is not listed",
        later="Setup needs it again for each further R08 (ERR-MSDTC).",
        source="handbook 3, R09",
    ),
    Step(
        id="remove/R10",
        title="Stop the Cluster service on the node",
        phase="Nodes",
        scope=Scope.NODES_BUT_LAST,
        place="{node} or Cluster Administrator",
        how="Cluster Administrator > {node} > Stop Cluster Service; not for the last node",
        does=("cluster node {node} /stop /wait",),
        needs=(_needs("R08[same]!"),),
        minutes=2,
        permission=ON_NODES,
        verify="{node} is Down",
        later="A node must be down to be evicted (5009).",
        block="evict",
        source="handbook 3, R10",
    ),
    Step(
        id="remove/R11",
        title="Evict the node",
        place="another machine",
        how="Right-click {node} > Evict Node; if it hangs, cluster node {node} /forcecleanup there",
        does=(Effect.EVICT_NODE,),
        needs=(
            _needs(
                "R10[same]!",
                "5009",
                cases=(Check(code="5009", finds=checks.is_down, breaking=Breaking.ALLOWS),),
            ),
            _needs("R08[same]!", only=Only.LAST),
            _needs("R09[one]", only=Only.LAST, cases=(_LEAVES_OTHERS,)),
            _needs("R11[others]!", only=Only.LAST, cases=(_LEAVES_OTHERS,)),
        ),
        minutes=2,
        permission=ON_NODES,
        verify="{node} is no longer listed",
        later="With Exchange still installed its resource types are lost for this node.",
        block="evict",
        source="handbook 3, R11",
        **_OF_NODE,
    ),
    Step(
        id="remove/R12",
        title="Disconnect the shared disks and clean the account",
        place="{node} and the storage",
        how="Take {node} out of the zone of the shared disks; take {account} out of its local "
        "Administrators",
        needs=(_needs("R11[same]!"),),
        minutes=10,
        permission="local Administrator; administrator of the storage",
        verify="{node} sees no shared disk",
        later="Two machines beside unprotected disks damage them.",
        block="evict",
        source="handbook 3, R12",
        **_OF_NODE,
    ),
)
"""All 12 templates in a valid order."""

ONE_NODE_STEPS = tuple(
    replace(step, scope=Scope.NODE) if step.id == "remove/R10" else step for step in REMOVE_STEPS
)
"""The same where the cluster stays: the node that a plan names last can leave it too."""
