"""Ways back from mistakes that no step of the installation undoes (handbook 3, 8).

Each is named after its mistake. It is refused where there is nothing to repair, and never counted.
Their minutes are training values of ours.
"""

from __future__ import annotations

from typing import Any

from clusterlab.procedures import checks
from clusterlab.procedures.step import ON_NODES, Check, Effect, Scope, Step

_WAY_BACK: dict[str, Any] = {"phase": "Recovery", "is_setting": True, "is_recovery": True}

RECOVER_STEPS = (
    Step(
        id="recover/M06",
        title="Destroy the one-node cluster with the Local Quorum",
        scope=Scope.NODE1,
        place="{node}",
        how="Evict the last node, then repair the disks and form the cluster again",
        commands=("cluster node {node} /evict",),
        does=(Effect.DESTROY_CLUSTER,),
        checks=(Check(code="NOTHING", finds=checks.no_local_quorum),),
        clears=("ERR-LOCALQ", "ERR-DYNAMIC"),
        undoes=("install/C01", "install/C03", "install/C04"),
        minutes=10,
        permission=ON_NODES,
        verify="Cluster Administrator finds no cluster",
        source="handbook 3, M06",
        **_WAY_BACK,
    ),
    Step(
        id="recover/M07",
        title="Uninstall an Exchange that the cluster does not know",
        scope=Scope.NODE,
        place="{node}",
        how="Add or Remove Programs > Microsoft Exchange > Remove; where that fails, install "
        "Windows anew",
        checks=(Check(code="NOTHING", finds=checks.no_lost_exchange),),
        sets={"node.{node}.exchange": None, "node.{node}.drive": None},
        clears=("ERR-STANDALONE", "ERR-NOTYPE"),
        undoes=("install/X03", "install/X04", "install/X05"),
        minutes=30,
        permission="local Administrator; Exchange Full Administrator",
        verify="{node} is not in Exchange System Manager",
        source="handbook 3, M07 and M23",
        **_WAY_BACK,
    ),
    Step(
        id="recover/M22",
        title="Remove the server object that was left in Active Directory",
        scope=Scope.EVS,
        place="Exchange System Manager",
        how="{evs} > All Tasks > Remove Server",
        checks=(Check(code="NOTHING", finds=checks.no_orphan),),
        sets={"evs.{evs}.object": False, "evs.{evs}.orphan": False},
        clears=("ERR-ORPHAN",),
        minutes=5,
        permission="Exchange Full Administrator",
        verify="{evs} is not listed",
        source="handbook 3, M22",
        **_WAY_BACK,
    ),
    Step(
        id="recover/M25",
        title="Upgrade the Exchange Virtual Server",
        scope=Scope.EVS,
        place="cluster, on a node with the newer version",
        how="System Attendant > Take Offline; right-click it > Upgrade Exchange Virtual Server; "
        "Bring Online",
        does=(Effect.UPGRADE_EVS,),
        checks=(Check(code="NOTHING", finds=checks.no_older_evs),),
        clears=("ERR-VERSION",),
        minutes=10,
        permission="Exchange Full Administrator",
        verify="{evs} is Online and shows the version of its node",
        source="handbook 3, M25 and 3.6",
        **_WAY_BACK,
    ),
    Step(
        id="recover/M30",
        title="Unlink the security policy and restart the nodes",
        scope=Scope.CLUSTER,
        place="organizational unit of the nodes",
        how="Unlink the templates, restart node by node, test the failover, then link them again",
        checks=(Check(code="NOTHING", finds=checks.not_hardened_early),),
        sets={"cluster.hardened": False, "cluster.hardened_early": False},
        clears=("WARN-HARDEN",),
        undoes=("install/G09",),
        minutes=30,
        permission="Domain Admin (group policy)",
        verify="The services have their startup modes from before",
        source="handbook 3, M30",
        **_WAY_BACK,
    ),
    Step(
        id="recover/M31",
        title="Give the EVS a group of its own",
        scope=Scope.EVS,
        place="cluster",
        how="New group {evs}; drag the disks, the address and the name there. The System Attendant "
        "cannot be moved",
        does=(Effect.OWN_GROUP,),
        checks=(Check(code="NOTHING", finds=checks.not_in_cluster_group),),
        sets={"evs.{evs}.group": "{evs}"},
        clears=("WARN-CLUSTERGROUP",),
        minutes=5,
        permission=ON_NODES,
        verify="The Cluster Group holds its own resources alone",
        source="handbook 3, M31",
        **_WAY_BACK,
    ),
)
