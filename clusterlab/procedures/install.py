"""The installation of Exchange 2003 on a cluster: 48 steps as data (handbook 3, 7 and 9).

They stand in the order of handbook 3, 7.5. How they run is decided in `run.py`, what their checks
look at in `checks.py`, what their effects do in `effects.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clusterlab.procedures import checks
from clusterlab.procedures.checks import chose, fact_is
from clusterlab.procedures.step import (
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

_DAMAGES, _PLANTS, _WARNS = Breaking.DAMAGES, Breaking.PLANTS, Breaking.WARNS
_LOCAL_ADMIN = "local Administrator"
_GROUP_ADMIN = "Exchange Administrator on the administrative group"
_SYSTEM_MANAGER = "Exchange System Manager"


def _needs(text: str, code: str = "", breaking: Breaking | None = None, **more: Any) -> Need:
    return need(f"install/{text}", code, breaking, **more)


_DAMAGED: Mapping[str, Any] = {"storage.damaged": True}
_STORAGE_STEPS = ("install/H01", "install/H02", "install/H03")
_TOGETHER = Check(
    code="ERR-CORRUPT",
    finds=checks.two_nodes_on,
    breaking=_DAMAGES,
    sets=_DAMAGED,
    undoes=_STORAGE_STEPS,
)
_PARALLEL = Check(
    code="ERR-PARALLEL",
    finds=chose(
        "when",
        "while Setup runs on another node",
        because="Both would restart the Cluster service and write the same registry branch.",
    ),
)
_WHEN = Choice(
    name="when",
    question="When do you start it?",
    options=("when no other node is busy", "while Setup runs on another node"),
)
_STANDALONE: Mapping[str, Any] = {"node.{node}.exchange": "standalone"}

PLANNING = (
    Step(
        id="install/P01",
        title="Write the naming and IP plan",
        phase="Planning",
        scope=Scope.CLUSTER,
        place="paper or spreadsheet",
        how="One NetBIOS name of at most 15 characters for the cluster, each node and each EVS; "
        "two static addresses per node, one per EVS, one for the cluster; drive letters per group",
        choices=(
            Choice(
                name="smtp_domains",
                question="Which SMTP domains will recipient policies have?",
                options=("none that is the FQDN of a server", "the FQDN of a node"),
            ),
        ),
        sets={"plan.complete": True, "plan.smtp_domains": "{smtp_domains}"},
        minutes=60,
        permission="none",
        verify="Every name unique in the forest and in DNS and WINS; no DHCP address; 2n + e + 2 "
        "addresses requested",
        later="A duplicate name or address shows at C01, E02 or E03.",
        is_setting=True,
        source="handbook 3, P01 and 1.4 to 1.6",
    ),
    Step(
        id="install/P02",
        title="Verify editions, hardware and topology limits",
        phase="Planning",
        scope=Scope.CLUSTER,
        place="paper or inventory",
        how="Windows Server 2003 Enterprise or Datacenter on every node, Exchange Server 2003 "
        "Enterprise Edition, a solution listed for server clusters, one EVS fewer than nodes",
        choices=(
            Choice(
                name="edition",
                question="Which edition of Exchange was bought?",
                options=("Enterprise", "Standard"),
            ),
        ),
        sets={"plan.validated": True, "plan.edition": "{edition}"},
        minutes=30,
        permission="none",
        verify="The table of editions is satisfied for every node",
        later="Standard Edition of Windows cannot form a cluster; Setup refuses a clustered node "
        "with Standard Edition of Exchange (ERR-EDITION).",
        is_setting=True,
        source="handbook 3, P02 and 1.1 to 1.3",
    ),
)

DIRECTORY = (
    Step(
        id="install/A01",
        title="Diagnose the domain controllers",
        phase="Directory",
        scope=Scope.FOREST,
        place="a server with the Windows Support Tools",
        how="Install the Support Tools from the Windows CD, then run DCDiag",
        commands=(r"dcdiag /f:dcdiag.log /s:<domain controller>",),
        choices=(
            Choice(
                name="updates",
                question="Does the DNS zone accept dynamic updates?",
                options=("accepted", "refused"),
            ),
        ),
        needs=(_needs("P01[one]"),),
        sets={"ad.dcdiag_ok": True, "domain.updates": "{updates}"},
        minutes=15,
        permission="domain user; local administrator of the server used",
        verify="No failed test in the log; DNS registrations of the domain controllers present",
        later="With a broken domain controller or DNS, A03 and A05 hang and E05 cannot register.",
        is_setting=True,
        source="handbook 3, A01",
    ),
    Step(
        id="install/A02",
        title="Create the Cluster service account",
        phase="Directory",
        scope=Scope.CLUSTER,
        place="Active Directory domain of the nodes",
        how="Active Directory Users and Computers > container > New > User {account}: password "
        "never expires, no Exchange role, no membership of Domain Admins",
        choices=(
            Choice(
                name="objects",
                question="May the account create computer objects?",
                options=("may create them", "may not create them", "has used its ten"),
            ),
        ),
        needs=(_needs("P01[one]"),),
        sets={"account.exists": True, "account.objects": "{objects}"},
        minutes=5,
        permission="Account Operator or Domain Admin in the domain of the nodes",
        verify="Account enabled, password known, same domain as all nodes",
        later="C01 cannot validate the credentials (ERR-CSA).",
        is_setting=True,
        source="handbook 3, A02 and 1.10",
    ),
    Step(
        id="install/A03",
        title="Run ForestPrep",
        phase="Directory",
        scope=Scope.FOREST,
        place="a server in the domain that holds the schema master",
        how="Type the account or group that becomes Exchange Full Administrator of the "
        "organization: a global or universal group",
        commands=(r"<media>\setup\i386\setup.exe /ForestPrep",),
        choices=(
            Choice(
                name="where",
                question="In which domain do you run it?",
                options=("the domain of the schema master", "another domain"),
            ),
            Choice(
                name="rights",
                question="In which groups is your account?",
                options=("Enterprise Admins and Schema Admins", "Domain Admins alone"),
            ),
        ),
        needs=(_needs("A01[one]"),),
        checks=(
            Check(
                code="ERR-FP-DOMAIN",
                finds=chose(
                    "where",
                    "another domain",
                    because="The schema master is in {domain}.",
                    domain="{domain}",
                ),
            ),
            Check(
                code="ERR-FP-RIGHTS",
                finds=chose(
                    "rights",
                    "Domain Admins alone",
                    because="Your account is in Domain Admins alone.",
                ),
            ),
        ),
        sets={"forest.schema": "Exchange 2003", "forest.organization": True},
        minutes=60,
        permission="Enterprise Admins and Schema Admins; local administrator",
        verify="The line PTAdministratorAccount in Exchange Server Setup Progress.log",
        later="Without it Setup of the first server tries to do the work itself.",
        source="handbook 3, A03 and 3.2",
    ),
    Step(
        id="install/A04",
        title="Wait for schema and configuration replication",
        phase="Directory",
        scope=Scope.FOREST,
        place="all domains",
        how="Wait one interval of replication, or force it",
        commands=("repadmin /syncall",),
        needs=(_needs("A03[one]!"),),
        sets={"forest.schema_replicated": True},
        minutes=15,
        permission="read",
        verify="The organization container is visible on the domain controller used next",
        later="A05 or X04 find a domain controller without the schema (ERR-SCHEMA-NOTREP).",
        source="handbook 3, A04",
    ),
    Step(
        id="install/A05",
        title="Run DomainPrep",
        phase="Directory",
        scope=Scope.DOMAIN,
        place="one server in each domain to prepare",
        how="In the root domain and in every domain with Exchange servers, with mailboxes, with "
        "global catalogs that Exchange may use, or with administrators of Exchange",
        commands=(r"<media>\setup\i386\setup.exe /DomainPrep",),
        needs=(
            _needs(
                "A04[one]!",
                "ERR-DP-ORDER",
                cases=(Check(code="ERR-SCHEMA-NOTREP", finds=checks.schema_on_its_way),),
            ),
        ),
        sets={"domain.{domain}.prepared": True},
        minutes=1,
        permission="Domain Admins of the domain and local administrator; no Exchange role",
        verify="Exchange Domain Servers is a member of Exchange Enterprise Servers",
        later="A forgotten domain stops Setup on its nodes (ERR-DP-MISSING).",
        block="domain",
        source="handbook 3, A05 and 3.3",
    ),
    Step(
        id="install/A06",
        title="Wait for DomainPrep replication",
        phase="Directory",
        scope=Scope.DOMAIN,
        place="each prepared domain",
        how="Wait one interval of replication inside the domain",
        needs=(_needs("A05[same]!"),),
        sets={"domain.{domain}.replicated": True},
        minutes=5,
        permission="read",
        verify="The groups are visible on every domain controller of the domain",
        later="Setup may report the domain as not prepared (ERR-DP-MISSING).",
        block="domain",
        source="handbook 3, A06",
    ),
    Step(
        id="install/A07",
        title="Delegate Exchange roles to the cluster installers",
        phase="Directory",
        scope=Scope.FOREST,
        place="organization or administrative group",
        how="Exchange System Manager > right-click the organization > Delegate control > Exchange "
        "Full Administrator",
        needs=(_needs("A03[one]!"),),
        sets={"account.installer": "Exchange Full Administrator"},
        minutes=10,
        permission="Exchange Full Administrator (organization)",
        verify="The role is listed in the wizard",
        later="With too weak a role X04 or E06 are refused (ERR-SETUP-PERM, ERR-EVS-PERM).",
        is_optional=True,
        is_setting=True,
        source="handbook 3, A07",
    ),
)

NODES = (
    Step(
        id="install/N01",
        title="Install Windows on the node",
        phase="Nodes",
        scope=Scope.NODE,
        place="each node",
        how="{windows} with its current service pack; NTFS on local disks, the same letters on "
        "every node; shared storage powered off",
        choices=(
            Choice(
                name="pack",
                question="Which service pack of Windows?",
                options=("{latest}", "{older}", "none"),
            ),
        ),
        needs=(_needs("P01[one]"), _needs("P02[one]")),
        sets={"node.{node}.os": "{windows}", "node.{node}.pack": "{pack}"},
        minutes=60,
        permission=_LOCAL_ADMIN,
        verify="winver; the same version, service pack and drive letters on all nodes",
        later="Another drive letter for Exchange on one node stops X04 there (ERR-PATH).",
        block="node",
        source="handbook 3, N01 and 1.1",
    ),
    Step(
        id="install/N02",
        title="Join the node to the domain as a member server",
        phase="Nodes",
        scope=Scope.NODE,
        place="each node",
        how="System Properties > Computer Name > Change > Domain {domain}; restart",
        choices=(
            Choice(
                name="role",
                question="What is the node in its domain?",
                options=("member server", "domain controller"),
            ),
        ),
        needs=(_needs("N01[same]!"),),
        checks=(
            Check(
                code="WARN-DC",
                finds=chose("role", "domain controller", because="{node} was promoted."),
                breaking=_WARNS,
            ),
        ),
        sets={"node.{node}.role": "{role}"},
        minutes=10,
        permission="right to add workstations to the domain",
        verify="Best Practices Analyzer: DomainRole = 3",
        later="A node that is a domain controller works, and is not supported (WARN-DC).",
        block="node",
        is_setting=True,
        source="handbook 3, N02",
    ),
    Step(
        id="install/N03",
        title="Configure the public network adapter",
        phase="Nodes",
        scope=Scope.NODE,
        place="each node",
        how="Network Connections > rename to Public > TCP/IP: {public}, mask, gateway, DNS "
        "servers; registration in DNS on",
        choices=(
            Choice(
                name="address",
                question="What kind of address has the public adapter?",
                options=("static", "leased (DHCP)"),
            ),
        ),
        needs=(_needs("N02[same]!"),),
        checks=(
            Check(
                code="WARN-DHCP",
                finds=chose("address", "leased (DHCP)", because="{node} has a leased address."),
                breaking=_WARNS,
            ),
        ),
        sets={"node.{node}.public": "{address}"},
        minutes=5,
        permission=_LOCAL_ADMIN,
        verify="Ping the gateway and a domain controller by name",
        later="A lost lease can take the node, or the cluster, off the network.",
        block="node",
        is_setting=True,
        source="handbook 3, N03",
    ),
    Step(
        id="install/N04",
        title="Configure the private (heartbeat) adapter",
        phase="Nodes",
        scope=Scope.NODE,
        place="each node",
        how="Network Connections > rename to Private > TCP/IP alone: {private}, no gateway, no DNS "
        "or WINS servers, no registration, NetBIOS off; fixed speed and duplex",
        choices=(
            Choice(
                name="subnet",
                question="In which subnet is the private adapter?",
                options=("one of its own", "that of Public"),
            ),
            Choice(
                name="speed",
                question="What speed is set?",
                options=("fixed", "auto"),
            ),
        ),
        needs=(_needs("N02[same]!"),),
        checks=(
            Check(
                code="WARN-ONENET",
                finds=chose(
                    "subnet", "that of Public", because="Both adapters of {node} share a subnet."
                ),
                breaking=_WARNS,
            ),
        ),
        sets={"node.{node}.private": "{subnet}", "node.{node}.speed": "{speed}"},
        minutes=5,
        permission=_LOCAL_ADMIN,
        verify="Ping the private address of every other node",
        later="On auto-sense heartbeats get lost; on one subnet there is no separate heartbeat.",
        block="node",
        is_setting=True,
        source="handbook 3, N04 and 2.2",
    ),
    Step(
        id="install/N05",
        title="Set the network binding order",
        phase="Nodes",
        scope=Scope.NODE,
        place="each node",
        how="Network Connections > Advanced > Advanced Settings > Adapters and Bindings: Public "
        "first, Private last",
        choices=(
            Choice(
                name="first",
                question="Which adapter stands first?",
                options=("Public", "Private"),
            ),
        ),
        needs=(_needs("N03[same]"), _needs("N04[same]")),
        checks=(
            Check(
                code="WARN-BIND",
                finds=chose("first", "Private", because="On {node} Private stands first."),
                breaking=_WARNS,
            ),
        ),
        sets={"node.{node}.binding": "{first}"},
        minutes=2,
        permission=_LOCAL_ADMIN,
        verify=r"HKLM\System\CurrentControlSet\Services\Tcpip\Linkage\Bind",
        later="Service packs and upgrades may go wrong (WARN-BIND).",
        block="node",
        is_setting=True,
        source="handbook 3, N05",
    ),
    Step(
        id="install/N06",
        title="Verify connectivity and run NetDiag",
        phase="Nodes",
        scope=Scope.NODE,
        place="each node",
        how="Ping both addresses of every other node by address, and the public one by name",
        commands=("netdiag /l",),
        needs=(_needs("N05[same]", "WARN-BIND"), _needs("A01[one]")),
        sets={"node.{node}.verified": True},
        minutes=10,
        permission=_LOCAL_ADMIN,
        verify="All tests passed in netdiag.log; names resolve",
        later="A hidden fault of DNS shows at E03 or X04.",
        block="node",
        source="handbook 3, N06",
    ),
    Step(
        id="install/X01",
        title="Install the required Windows components",
        phase="Binaries",
        scope=Scope.NODE,
        place="each node",
        how="Add or Remove Programs > Add/Remove Windows Components > Application Server > "
        "Details: ASP.NET; Internet Information Services > Details: SMTP, NNTP, World Wide Web "
        "Service",
        choices=(
            Choice(
                name="components",
                question="Which components do you install?",
                options=(
                    "SMTP, NNTP, World Wide Web, ASP.NET",
                    "SMTP, World Wide Web, ASP.NET",
                    "SMTP, NNTP, World Wide Web",
                    "NNTP, World Wide Web, ASP.NET",
                    "SMTP, NNTP, ASP.NET",
                ),
                is_open=True,
            ),
        ),
        needs=(_needs("N02[same]!"),),
        sets={"node.{node}.components": "{components}"},
        minutes=10,
        permission=_LOCAL_ADMIN,
        verify="The list of services shows SMTP, NNTP and W3SVC",
        later="Setup lists what is missing (ERR-COMPONENT); NNTP is demanded although it is not "
        "supported in the cluster.",
        block="node",
        is_setting=True,
        source="handbook 3, X01 and 1.8",
    ),
    Step(
        id="install/X02",
        title="Install Windows hotfixes that Exchange service packs demand",
        phase="Binaries",
        scope=Scope.NODE,
        place="each node",
        how="Windows Server 2003 without SP1: KB 831464; with SP1: the hotfix for network "
        "connectivity; then restart",
        needs=(_needs("N01[same]!"),),
        sets={"node.{node}.hotfix": True},
        minutes=10,
        permission=_LOCAL_ADMIN,
        verify="The hotfix is listed in Add or Remove Programs",
        later="X05 asks for the hotfix (ERR-HOTFIX).",
        block="node",
        is_optional=True,
        source="handbook 3, X02",
    ),
)

STORAGE = (
    Step(
        id="install/H01",
        title="Prepare the shared disks from the first node",
        phase="Storage",
        scope=Scope.NODE1,
        place="{node}, all other nodes off, storage on",
        how="Shut down all nodes; switch the storage on; start {node}. Disk Management: sign the "
        "disks, keep them basic, format NTFS, assign letters ({quorum} 500 MB for the quorum)",
        does=(Effect.POWER_ONE_NODE,),
        choices=(
            Choice(
                name="powered",
                question="Which nodes run when the storage is switched on?",
                options=("this node alone", "all nodes"),
            ),
            Choice(
                name="disks",
                question="What kind of disks do you make?",
                options=("basic", "dynamic"),
            ),
        ),
        needs=(_needs("N06[all]"),),
        checks=(_TOGETHER,),
        sets={"storage.on": True, "storage.disks": "{disks}", "storage.damaged": False},
        minutes=30,
        permission=_LOCAL_ADMIN,
        verify="Create and delete a test file on every volume",
        later="More than one node on: damaged volumes (ERR-CORRUPT). Dynamic disks: a Local Quorum "
        "at C01.",
        source="handbook 3, H01 and 2.1",
    ),
    Step(
        id="install/H02",
        title="Verify the shared disks from each other node",
        phase="Storage",
        scope=Scope.NODEX,
        place="{node}, every other node off",
        how="Shut down the node used before; start {node} alone; Disk Management: the same letters "
        "as on {first}; test file; shut down",
        does=(Effect.POWER_ONE_NODE,),
        choices=(
            Choice(
                name="powered",
                question="Which nodes run?",
                options=("this node alone", "all nodes"),
            ),
        ),
        needs=(
            _needs("H01[one]!", cases=(_TOGETHER,)),
            _needs("H02[prev]!", cases=(_TOGETHER,)),
        ),
        checks=(_TOGETHER,),
        sets={"node.{node}.letters": True},
        minutes=10,
        permission=_LOCAL_ADMIN,
        verify="The same volumes with the same letters",
        later="Different letters confuse the disk resources; two nodes on damage the volumes.",
        source="handbook 3, H02",
    ),
    Step(
        id="install/H03",
        title="Set the power state for forming the cluster",
        phase="Storage",
        scope=Scope.NODE1,
        place="all nodes",
        how="Shut down all nodes; the storage stays on; start {node} alone",
        does=(Effect.POWER_ONE_NODE,),
        choices=(
            Choice(
                name="powered",
                question="Which nodes do you start?",
                options=("this node alone", "all nodes"),
            ),
        ),
        needs=(_needs("H02[all]!", cases=(_TOGETHER,)),),
        checks=(_TOGETHER,),
        minutes=5,
        permission="physical access",
        verify="Only {node} answers",
        later="Other nodes running beside unprotected disks damage the volumes (ERR-CORRUPT).",
        source="handbook 3, H03",
    ),
)

CLUSTER = (
    Step(
        id="install/C01",
        title="Form the cluster on the first node",
        phase="Cluster",
        scope=Scope.NODE1,
        place="{node}",
        how="Cluster Administrator > Create new cluster > New Server Cluster Wizard: domain and "
        "name {cluster}; {node}; Analyzing Configuration; {address}; account {account}; Proposed "
        "Cluster Configuration",
        commands=("cluster /cluster:{cluster} /create /ipaddr:{address} /user:{account} /pass:*",),
        does=(Effect.FORM_CLUSTER,),
        choices=(
            Choice(
                name="storage",
                question="How do the shared disks look to the node?",
                options=("on", "off", "not zoned"),
            ),
            Choice(
                name="password",
                question="Which password do you type for {account}?",
                options=("the right one", "a wrong one"),
            ),
            Choice(
                name="ip",
                question="Is {address} free on the network?",
                options=("free", "in use already"),
            ),
            Choice(
                name="label",
                question="Is the name {cluster} free?",
                options=("free", "in use already"),
            ),
        ),
        needs=(
            _needs("H03[one]!", cases=(_TOGETHER,)),
            _needs("A02[all]!", "ERR-CSA"),
        ),
        checks=(
            Check(
                code="ERR-NETNAME",
                finds=chose(
                    "label", "in use already", because="Another computer has it.", name="{cluster}"
                ),
            ),
            Check(
                code="ERR-DUPIP",
                finds=chose(
                    "ip", "in use already", because="Another computer has it.", ip="{address}"
                ),
            ),
            Check(
                code="ERR-CSA",
                finds=chose(
                    "password",
                    "a wrong one",
                    because="The password is wrong.",
                    account="{account}",
                ),
            ),
            Check(
                code="ERR-DYNAMIC",
                finds=fact_is("storage.disks", "dynamic", "The disks were made dynamic in H01."),
                breaking=_WARNS,
            ),
            Check(
                code="ERR-LOCALQ",
                finds=checks.no_shared_disk,
                breaking=_PLANTS,
                sets={"cluster.quorum": "Local Quorum"},
            ),
        ),
        sets={"cluster.formed": True},
        undoes=(
            "remove/R11",
            "remove/R12",
        ),
        minutes=10,
        permission="local Administrator of the node",
        verify="Cluster Administrator shows {node} Up and Cluster Group Online",
        later="No shared disk seen: a Local Quorum is made without a word (ERR-LOCALQ).",
        source="handbook 3, C01, 2.3 and 2.5",
    ),
    Step(
        id="install/C02",
        title="Add the next node to the cluster",
        phase="Cluster",
        scope=Scope.NODEX,
        place="any machine with Cluster Administrator; {node} powered on only now",
        how="Cluster Administrator > File > New > Node > Add Nodes Wizard: {node}; Analyzing "
        "Configuration; password of the Cluster service account",
        does=("cluster /addnodes:{node}", Effect.JOIN_NODE),
        choices=(
            Choice(
                name="password",
                question="Which password do you type for {account}?",
                options=("the right one", "a wrong one"),
            ),
        ),
        needs=(_needs("C01[one]!", "ERR-NOCLUSTER"), _needs("C02[prev]")),
        checks=(
            Check(code="ERR-NOCLUSTER", finds=checks.no_cluster_runs),
            Check(
                code="ERR-CSA",
                finds=chose(
                    "password",
                    "a wrong one",
                    because="The password is wrong.",
                    account="{account}",
                ),
            ),
            Check(code="ERR-LOCALQ", finds=checks.has_local_quorum),
        ),
        sets={"node.{node}.powered": True},
        undoes=(
            "remove/R10",
            "remove/R11",
            "remove/R12",
        ),
        minutes=10,
        permission="local Administrator on the node and on the cluster",
        verify="cluster node lists {node} as Up",
        later="Without a running cluster there is nothing to join (ERR-NOCLUSTER).",
        source="handbook 3, C02",
    ),
    Step(
        id="install/C03",
        title="Confirm the quorum resource",
        phase="Cluster",
        scope=Scope.CLUSTER,
        place="cluster",
        how="Right-click {cluster} > Properties > Quorum: Disk {quorum}, log size 4,096 KB",
        does=("cluster /quorum",),
        needs=(_needs("C02[all]"),),
        checks=(Check(code="ERR-LOCALQ", finds=checks.has_local_quorum),),
        sets={"cluster.quorum_confirmed": True},
        minutes=2,
        permission=ON_NODES,
        verify="The Quorum tab shows the shared disk, not Local Quorum",
        later="A Local Quorum cannot serve several nodes (ERR-LOCALQ).",
        source="handbook 3, C03 and 2.4",
    ),
    Step(
        id="install/C04",
        title="Set cluster network roles and priorities",
        phase="Cluster",
        scope=Scope.CLUSTER,
        place="cluster",
        how="Cluster Configuration > Networks: Private = internal communications only, Public = "
        "all communications; Properties > Network Priority: Private first",
        does=(
            "cluster network Private /prop Role={private_role}",
            "cluster network Public /prop Role={public_role}",
        ),
        choices=(
            Choice(
                name="private_role",
                question="Which role has Private?",
                options=("1", "3"),
            ),
            Choice(
                name="public_role",
                question="Which role has Public?",
                options=("3", "2"),
            ),
        ),
        needs=(_needs("C02[all]"),),
        checks=(
            Check(
                code="WARN-ONENET",
                finds=chose(
                    "public_role",
                    "2",
                    because="Public carries no heartbeat, so Private is a single point of failure.",
                ),
                breaking=_WARNS,
            ),
        ),
        sets={"cluster.networks": "Private {private_role}, Public {public_role}"},
        minutes=3,
        permission=ON_NODES,
        verify=r"HKLM\Cluster\Networks\<GUID>\Role and \Priority",
        later="With one network for internal traffic there is a single point of failure.",
        is_setting=True,
        source="handbook 3, C04 and 2.2",
    ),
    Step(
        id="install/C05",
        title="Validate the bare cluster by failover",
        phase="Cluster",
        scope=Scope.CLUSTER,
        place="cluster",
        how="Right-click Cluster Group > Move Group, once to each node",
        does=(Effect.VISIT_NODES,),
        needs=(_needs("C03[one]"), _needs("C04[one]", "WARN-ONENET")),
        sets={"cluster.validated": True},
        minutes=5,
        permission=ON_NODES,
        verify="Group Online on each node in turn; no error event of ClusSvc",
        later="A fault found only after Exchange is installed costs an outage.",
        source="handbook 3, C05",
    ),
    Step(
        id="install/C06",
        title="Create the MSDTC resource",
        phase="Cluster",
        scope=Scope.CLUSTER,
        place="cluster, in Cluster Group",
        how="Right-click Cluster Group > New > Resource: MSDTC, Distributed Transaction "
        "Coordinator; possible owners all nodes; dependencies Cluster Name and Disk {quorum}; "
        "Bring Online. Once for all nodes",
        does=(
            'cluster res "MSDTC" /create /group:"Cluster Group" '
            '/type:"Distributed Transaction Coordinator"',
            'cluster res "MSDTC" /adddep:"Cluster Name"',
            'cluster res "MSDTC" /adddep:"Disk {quorum}"',
            'cluster res "MSDTC" /online',
        ),
        needs=(_needs("C05[one]"),),
        sets={"cluster.msdtc": True},
        undoes=("remove/R09",),
        minutes=5,
        permission=ON_NODES,
        verify="MSDTC Online; it moves with Cluster Group",
        later="Setup and service packs refuse without it (ERR-MSDTC).",
        source="handbook 3, C06 and 2.6",
    ),
    Step(
        id="install/C07",
        title="Keep MSDTC from failing over the Cluster Group",
        phase="Cluster",
        scope=Scope.CLUSTER,
        place="cluster",
        how="MSDTC > Properties > Advanced > clear Affect the group",
        does=('cluster res "MSDTC" /prop RestartAction=1',),
        needs=(_needs("C06[one]!"),),
        sets={"cluster.msdtc_affects": False},
        minutes=1,
        permission=ON_NODES,
        verify="Best Practices Analyzer: ClusterMSDTCInstance is not 2",
        later="A failure of MSDTC moves the whole group (WARN-DTC).",
        is_setting=True,
        source="handbook 3, C07",
    ),
)

BINARIES = (
    Step(
        id="install/X03",
        title="Empty the node before Setup",
        phase="Binaries",
        scope=Scope.NODE,
        place="cluster, for {node}",
        how="Move every group off {node}: group > Move Group; MSDTC Online on another node",
        does=(Effect.EMPTY_NODE,),
        needs=(_needs("C07[one]", "WARN-DTC"), _needs("X01[same]"), _needs("X04[prev]")),
        minutes=2,
        permission=ON_NODES,
        verify="Active Groups of {node} is empty; {node} is Up",
        later="Setup restarts the Cluster service, and what runs there fails over (WARN-BUSYNODE).",
        block="setup",
        is_setting=True,
        source="handbook 3, X03",
    ),
    Step(
        id="install/X04",
        title="Run Exchange Server 2003 Setup on the node",
        phase="Binaries",
        scope=Scope.NODE,
        place="{node}, one node at a time",
        how="Component Selection: Typical; the same local drive and folder on every node, never a "
        "shared disk",
        commands=(r"<media>\setup\i386\setup.exe",),
        does=(Effect.RESTART_SERVICE, Effect.INSTALL_EXCHANGE),
        choices=(
            Choice(
                name="drive",
                question="On which drive do you install?",
                options=("{drive}", "E:", "{disk1}"),
                is_open=True,
            ),
            _WHEN,
            Choice(
                name="role",
                question="Which Exchange role has your account?",
                options=("Exchange Full Administrator, organization", "none"),
            ),
        ),
        needs=(
            _needs("X03[same]", "WARN-BUSYNODE"),
            _needs("X01[same]!", "ERR-COMPONENT"),
            _needs(
                "A06[all]!",
                "ERR-DP-MISSING",
                cases=(Check(code="ERR-SCHEMA-NOTREP", finds=checks.schema_missing),),
            ),
            _needs("C01[one]!", "ERR-STANDALONE", _DAMAGES, sets=_STANDALONE),
            _needs("C02[same?]!", "ERR-STANDALONE", _DAMAGES, sets=_STANDALONE),
            _needs("C06[one]!", "ERR-MSDTC"),
            _needs("X04[prev]"),
        ),
        checks=(
            _PARALLEL,
            Check(code="ERR-NOTYPE", finds=checks.already_installed),
            Check(
                code="ERR-STANDALONE",
                finds=checks.no_member,
                breaking=_DAMAGES,
                sets=_STANDALONE,
            ),
            Check(
                code="ERR-STANDALONE",
                finds=fact_is(
                    "node.{node}.exchange",
                    "standalone",
                    "{node} hosts a stand-alone Exchange server.",
                ),
            ),
            Check(
                code="ERR-EDITION",
                finds=fact_is("plan.edition", "Standard", "The CD holds the Standard Edition."),
            ),
            Check(
                code="ERR-SETUP-PERM",
                finds=chose("role", "none", because="Your account has no Exchange role."),
            ),
            Check(code="ERR-COMPONENT", finds=checks.component_missing),
            Check(code="ERR-CLUSSVC", finds=checks.service_is_down),
            Check(code="ERR-MSDTC", finds=checks.no_msdtc),
            Check(code="ERR-EVSCOUNT", finds=checks.too_many_evs),
            Check(
                code="ERR-FQDN",
                finds=fact_is(
                    "plan.smtp_domains",
                    "the FQDN of a node",
                    "A recipient policy was planned with the name of {node}.",
                    policy="Default Policy",
                ),
            ),
            Check(code="ERR-PATH", finds=checks.wrong_path),
            Check(code="ERR-SP", finds=checks.pack_too_old),
            Check(code="WARN-BUSYNODE", finds=checks.owns_groups, breaking=_WARNS),
        ),
        sets={"node.{node}.drive": "{drive}"},
        undoes=(
            "remove/R07",
            "remove/R08",
        ),
        minutes=30,
        permission="Exchange Full Administrator, organization (administrative group where the "
        "computer account is in Exchange Domain Servers); local Administrator",
        verify="The Exchange resource types appear in New Resource; nothing new in Exchange System "
        "Manager, which is right",
        later="The first of eleven checks that fails answers.",
        block="setup",
        source="handbook 3, X04, 3.4 and 3.5",
    ),
    Step(
        id="install/X05",
        title="Apply the Exchange service pack to the node",
        phase="Binaries",
        scope=Scope.NODE,
        place="{node}, one node at a time",
        how="Move every group off {node}, then run update.exe of the service pack",
        commands=(r"<service pack>\setup\i386\update.exe",),
        does=(Effect.EMPTY_NODE, Effect.RESTART_SERVICE, Effect.APPLY_PACK),
        choices=(
            Choice(
                name="pack",
                question="Which service pack of Exchange?",
                options=("SP2", "SP1"),
            ),
            _WHEN,
        ),
        needs=(_needs("X04[same]!"), _needs("X04[all]!"), _needs("X05[prev]")),
        checks=(
            _PARALLEL,
            Check(code="ERR-HOTFIX", finds=checks.hotfix_missing),
            Check(code="ERR-MSDTC", finds=checks.no_msdtc),
            Check(
                code="WARN-BIND",
                finds=fact_is("node.{node}.binding", "Private", "On {node} Private stands first."),
                breaking=_WARNS,
            ),
            Check(code="ERR-VERSION", finds=checks.older_evs, breaking=_PLANTS),
        ),
        minutes=20,
        permission="local Administrator; Exchange Administrator of the administrative group",
        verify="The same build on all nodes",
        later="An EVS of the newer build cannot come online on an old node (ERR-VERSION).",
        source="handbook 3, X05 and 3.6",
    ),
)

EVS = (
    Step(
        id="install/E01",
        title="Create the group for the EVS",
        phase="EVS",
        scope=Scope.EVS,
        place="cluster",
        how="Right-click Groups > New > Group: {evs}; preferred owners stay empty",
        does=(Effect.CREATE_GROUP,),
        choices=(
            Choice(
                name="group",
                question="Which group will hold the EVS?",
                options=("{evs}", "Cluster Group"),
            ),
        ),
        needs=(_needs("X05[all]"), _needs("E08[prev]")),
        checks=(
            Check(
                code="WARN-CLUSTERGROUP",
                finds=chose(
                    "group",
                    "Cluster Group",
                    because="A failure of {evs} would move the quorum and MSDTC.",
                ),
                breaking=_WARNS,
            ),
        ),
        sets={"evs.{evs}.group": "{group}"},
        undoes=(
            "remove/R05",
            "remove/R06",
        ),
        minutes=1,
        permission=ON_NODES,
        verify="The group is listed, Offline",
        later="In the Cluster Group an Exchange failure moves the quorum (WARN-CLUSTERGROUP).",
        block="evs",
        source="handbook 3, E01",
    ),
    Step(
        id="install/E02",
        title="Create the IP Address resource",
        phase="EVS",
        scope=Scope.EVS,
        place="cluster",
        how="Right-click {evs} > New > Resource: {evs} IP Address; possible owners = all nodes "
        "with Exchange; no dependencies; {ip}, Network = Public, Enable NetBIOS ticked",
        does=(
            'cluster res "{evs} IP Address" /create /group:"{group}" /type:"IP Address"',
            'cluster res "{evs} IP Address" /priv Address={ip} SubnetMask={mask} '
            'Network="Public" EnableNetBIOS=1',
        ),
        choices=(
            Choice(
                name="address",
                question="Is {ip} free on the network?",
                options=("free", "in use already"),
            ),
        ),
        needs=(_needs("E01[same]!"),),
        checks=(
            Check(
                code="ERR-DUPIP",
                finds=chose(
                    "address", "in use already", because="Another computer has it.", ip="{ip}"
                ),
            ),
        ),
        sets={"evs.{evs}.ip": "{ip}"},
        undoes=("remove/R04",),
        minutes=2,
        permission=ON_NODES,
        verify="It can be brought Online and answers a ping",
        later="On the private network no client reaches the EVS.",
        block="evs",
        source="handbook 3, E02",
    ),
    Step(
        id="install/E03",
        title="Create the Network Name resource",
        phase="EVS",
        scope=Scope.EVS,
        place="cluster",
        how="New > Resource: {evs} Network Name; possible owners all; dependency {evs} IP Address; "
        "Parameters: {evs}, DNS Registration must Succeed, Enable Kerberos Authentication",
        does=(Effect.CREATE_NAME,),
        choices=(
            Choice(
                name="kerberos",
                question="Is Enable Kerberos Authentication ticked?",
                options=("{kerberos}", "not ticked"),
            ),
        ),
        needs=(_needs("E02[same]!"),),
        checks=(
            Check(code="ERR-KERB-ONLINE", finds=checks.name_is_online),
            Check(
                code="WARN-NOKERB",
                finds=chose("kerberos", "not ticked", because="{evs} will answer NTLM alone."),
                breaking=_WARNS,
            ),
        ),
        sets={"evs.{evs}.kerberos": "{kerberos}"},
        minutes=3,
        permission="local Administrator on the nodes; the Cluster service account must be able to "
        "create a computer object",
        verify="RequireKerberos = 1; computer object {evs} present once Online",
        later="Without Kerberos the EVS works over NTLM and is not supported (WARN-NOKERB).",
        block="evs",
        source="handbook 3, E03 and 4.2",
    ),
    Step(
        id="install/E04",
        title="Put the Physical Disk resources into the group",
        phase="EVS",
        scope=Scope.EVS,
        place="cluster",
        how="Drag each disk of {evs} from its Group n into the group; delete the empty Group n",
        does=(Effect.TAKE_DISKS,),
        needs=(_needs("E01[same]!"),),
        sets={"evs.{evs}.disks": True},
        minutes=2,
        permission=ON_NODES,
        verify="Each disk Online on the node that owns the group",
        later="A disk belongs to one group; EVSs that share it cannot be apart.",
        block="evs",
        source="handbook 3, E04",
    ),
    Step(
        id="install/E05",
        title="Bring the group online",
        phase="EVS",
        scope=Scope.EVS,
        place="cluster",
        how="Right-click the group > Move Group to {home}, then Bring Online",
        does=(Effect.START_GROUP,),
        choices=(
            Choice(
                name="node",
                question="On which node?",
                options=("{home}",),
                is_open=True,
            ),
        ),
        needs=(_needs("E02[same]!"), _needs("E03[same]!"), _needs("E04[same]!")),
        checks=(
            Check(code="ERR-KERB-RIGHTS", finds=checks.no_computer_object),
            Check(code="ERR-DNS", finds=checks.no_dns_record),
        ),
        sets={"evs.{evs}.online": True},
        minutes=1,
        permission=ON_NODES,
        verify="State Online; {evs} answers a ping",
        later="The System Attendant needs a name and disks that are Online.",
        block="evs",
        is_setting=True,
        source="handbook 3, E05",
    ),
    Step(
        id="install/E06",
        title="Create the Exchange System Attendant resource",
        phase="EVS",
        scope=Scope.EVS,
        place="Cluster Administrator on a node; not cluster.exe",
        how="New > Resource: Exchange System Attendant ({evs}); possible owners = all nodes with "
        "Exchange; dependencies = the Network Name and every disk; administrative and routing "
        "group; data directory {disk}\\exchsrvr",
        does=(Effect.CREATE_ATTENDANT,),
        choices=(
            Choice(
                name="dependencies",
                question="What does the System Attendant depend on?",
                options=("the name and every disk", "the name alone", "the disks alone"),
            ),
            Choice(
                name="data",
                question="Which data directory?",
                options=("{disk}\\exchsrvr", "C:\\exchsrvr"),
                is_open=True,
            ),
            Choice(
                name="owners",
                question="Which nodes are possible owners?",
                options=("all nodes with Exchange",),
                is_open=True,
            ),
            Choice(
                name="role",
                question="Which Exchange role has your account?",
                options=("Exchange Full Administrator", "none"),
            ),
        ),
        needs=(
            _needs("E05[same]!", cases=(Check(code="ERR-DEP", finds=checks.half_made),)),
            _needs(
                "X04[all]!",
                "ERR-OWNER",
                _PLANTS,
                cases=(Check(code="ERR-NOTYPE", finds=checks.no_exchange_anywhere),),
            ),
            _needs("X05[all]"),
        ),
        checks=(
            Check(
                code="ERR-EVS-PERM",
                finds=chose(
                    "role",
                    "none",
                    because="The wizard reads and writes the directory as you, not as the Cluster "
                    "service account.",
                    ag="First Administrative Group",
                ),
            ),
            Check(
                code="ERR-DEP",
                finds=chose(
                    "dependencies",
                    "the name alone",
                    "the disks alone",
                    because="You chose {dependencies}.",
                ),
            ),
            Check(code="ERR-EVSCOUNT", finds=checks.no_room_for_evs),
            Check(code="ERR-LOCALDATA", finds=checks.local_choice, breaking=_PLANTS),
        ),
        sets={"evs.{evs}.data": "{data}", "evs.{evs}.object": True, "evs.{evs}.orphan": False},
        clears=("ERR-ORPHAN",),
        undoes=(
            "remove/R01",
            "remove/R02",
            "remove/R03",
        ),
        minutes=5,
        permission="logged-on user: Exchange Full Administrator, organization for the first EVS of "
        "the organization, administrative group otherwise",
        verify="Server object in Exchange System Manager; 7 Exchange resources in the first EVS of "
        "the cluster, 6 in every other",
        later="A data path on a local disk works until the first failover (ERR-LOCALDATA).",
        block="evs",
        source="handbook 3, E06 and 4.3",
    ),
    Step(
        id="install/E08",
        title="Bring the EVS online",
        phase="EVS",
        scope=Scope.EVS,
        place="cluster",
        how="Right-click the group > Bring Online",
        does=('cluster group "{group}" /online',),
        needs=(_needs("E06[same]!"),),
        checks=(
            Check(code="ERR-5018", finds=checks.occupied),
            Check(code="ERR-VERSION", finds=checks.other_version),
        ),
        sets={"evs.{evs}.online": True},
        minutes=3,
        permission=ON_NODES,
        verify="All resources Online; no MSExchangeCluster 1003 or 1019",
        later="On a node that hosts another EVS it is refused with 5018 (three or more nodes).",
        block="evs",
        source="handbook 3, E08",
    ),
    Step(
        id="install/E09",
        title="Verify the EVS",
        phase="EVS",
        scope=Scope.EVS,
        place="Exchange System Manager and a client",
        how="Exchange System Manager > Administrative Groups > Servers > {evs}; open a mailbox by "
        "the name {evs}, never by that of a node",
        needs=(_needs("E08[same]!"),),
        sets={"evs.{evs}.verified": True},
        minutes=5,
        permission="Exchange View Only Administrator",
        verify="Edition Enterprise, right build; the mailbox opens",
        later="Nothing is enforced.",
        block="evs",
        source="handbook 3, E09",
    ),
)

CONFIGURATION = (
    Step(
        id="install/G01",
        title="Set preferred owners",
        phase="Configuration",
        scope=Scope.EVS,
        place="cluster",
        how="Group > Properties > General > Preferred owners > Modify: {home}; the passive node "
        "is not listed",
        does=('cluster group "{group}" /setowners:{owners}',),
        choices=(
            Choice(
                name="owners",
                question="Which preferred owners, best first?",
                options=("{home}", ""),
                is_open=True,
            ),
        ),
        needs=(_needs("E08[same]!"),),
        sets={"evs.{evs}.preferred_owners": "{owners}"},
        minutes=1,
        permission=ON_NODES,
        verify="Properties page",
        later="With an empty list failback never happens and the target of a failover is random.",
        block="configure",
        is_setting=True,
        source="handbook 3, G01 and 5.1",
    ),
    Step(
        id="install/G02",
        title="Set failover and failback policy",
        phase="Configuration",
        scope=Scope.EVS,
        place="cluster",
        how="Group > Properties > Failover: threshold 10 in 6 hours; Failback: Prevent failback",
        does=(Effect.SET_FAILBACK,),
        choices=(
            Choice(
                name="failback",
                question="Which failback?",
                options=("prevented", "immediately"),
            ),
        ),
        needs=(_needs("G01[same]"),),
        checks=(
            Check(
                code="WARN-FAILBACK",
                finds=chose(
                    "failback",
                    "immediately",
                    because="Each return of a failed node interrupts {evs} a second time.",
                ),
                breaking=_WARNS,
            ),
        ),
        sets={"evs.{evs}.failback": "{failback}"},
        minutes=1,
        permission=ON_NODES,
        verify="Properties page",
        later="Failback at once means a second outage when the node returns (WARN-FAILBACK).",
        block="configure",
        is_setting=True,
        source="handbook 3, G02 and 5.1",
    ),
    Step(
        id="install/G03",
        title="Check possible owners on every Exchange resource",
        phase="Configuration",
        scope=Scope.EVS,
        place="cluster",
        how="Each resource > Properties > General > Possible owners: all nodes with Exchange",
        does=(Effect.SET_OWNERS,),
        choices=(
            Choice(
                name="owners",
                question="Which nodes are possible owners?",
                options=("all nodes with Exchange",),
                is_open=True,
            ),
        ),
        needs=(_needs("E08[same]!"),),
        sets={"evs.{evs}.possible_owners": "{owners}"},
        clears=("ERR-OWNER",),
        minutes=3,
        permission=ON_NODES,
        verify="cluster res /listowners",
        later="A node missing on one resource: the group can never fail over to it.",
        block="configure",
        is_setting=True,
        source="handbook 3, G03",
    ),
    Step(
        id="install/G04",
        title="Place storage groups, logs and databases",
        phase="Configuration",
        scope=Scope.EVS,
        place=_SYSTEM_MANAGER,
        how="{evs} > storage group > Properties (log path), store > Properties > Database: paths "
        "on disks of {evs}; a new disk first becomes a resource of the group and a dependency of "
        "the System Attendant",
        does=(Effect.PLACE_STORES,),
        choices=(
            Choice(
                name="data",
                question="Where do logs and databases lie?",
                options=("{disk}\\exchsrvr", "C:\\exchsrvr"),
                is_open=True,
            ),
        ),
        needs=(_needs("E09[same]!"),),
        checks=(Check(code="ERR-LOCALDATA", finds=checks.local_choice, breaking=_PLANTS),),
        sets={"evs.{evs}.data": "{data}"},
        clears=("ERR-LOCALDATA",),
        minutes=30,
        permission=_GROUP_ADMIN,
        verify="Paths on letters of the group; the System Attendant depends on every disk",
        later="A path elsewhere: the store does not mount after a failover (ERR-LOCALDATA).",
        block="configure",
        is_setting=True,
        source="handbook 3, G04 and 5.3",
    ),
    Step(
        id="install/G05",
        title="Adjust HTTP (Outlook Web Access) identities",
        phase="Configuration",
        scope=Scope.EVS,
        place="Exchange System Manager, not the IIS snap-in",
        how="{evs} > Protocols > HTTP > Exchange Virtual Server: host headers for every name used",
        choices=(
            Choice(
                name="tool",
                question="Where do you add the host headers?",
                options=("Exchange System Manager", "IIS snap-in"),
            ),
        ),
        needs=(_needs("E09[same]!"),),
        checks=(
            Check(
                code="WARN-DS2MB",
                finds=chose(
                    "tool",
                    "IIS snap-in",
                    because="The next update from the directory takes the headers of {evs} away.",
                ),
                breaking=_WARNS,
            ),
        ),
        sets={"evs.{evs}.headers": "{tool}"},
        minutes=5,
        permission=_GROUP_ADMIN,
        verify="Outlook Web Access answers on each name",
        later="By any other name than {evs}: no web site is configured at this address.",
        block="configure",
        is_setting=True,
        source="handbook 3, G05 and 5.4",
    ),
    Step(
        id="install/G06",
        title="Add IMAP4 or POP3",
        phase="Configuration",
        scope=Scope.EVS,
        place="each node, then the cluster",
        how="Set the service to Manual on every node; New > Resource > Microsoft Exchange "
        "{protocol} Server Instance, dependency System Attendant; clear Affect the group; Bring "
        "Online",
        does=(Effect.ADD_PROTOCOL,),
        choices=(
            Choice(name="protocol", question="Which protocol?", options=("IMAP4", "POP3")),
            Choice(
                name="service",
                question="How is the service set?",
                options=("Manual on every node", "Disabled on the other nodes"),
            ),
        ),
        needs=(_needs("E09[same]!"),),
        sets={"evs.{evs}.{protocol}": "{service}"},
        minutes=10,
        permission="local Administrator on the nodes and Exchange Administrator",
        verify="Port 143 or 110 answers on {evs}",
        later="Where the service is Disabled the resource fails.",
        block="configure",
        is_optional=True,
        is_setting=True,
        source="handbook 3, G06 and 5.2",
    ),
    Step(
        id="install/G07",
        title="Check SMTP and recipient policies",
        phase="Configuration",
        scope=Scope.EVS,
        place=_SYSTEM_MANAGER,
        how="Default SMTP Virtual Server > Delivery > Advanced: the FQDN is the DNS name of {evs}; "
        "no recipient policy equals the FQDN of a server",
        commands=("telnet {evs} 25",),
        needs=(_needs("E09[same]!"),),
        sets={"evs.{evs}.smtp": True},
        minutes=5,
        permission=_GROUP_ADMIN,
        verify="The banner; the A record resolves",
        later="A policy equal to the FQDN of a server: mail queues, NDR 5.4.8.",
        block="configure",
        is_setting=True,
        source="handbook 3, G07 and 5.5",
    ),
    Step(
        id="install/G08",
        title="Test failover of the EVS",
        phase="Configuration",
        scope=Scope.EVS,
        place="cluster",
        how="Move Group to every possible owner that hosts no EVS, and back; then Initiate Failure "
        "of a resource, and stop a node",
        does=(Effect.TEST_FAILOVER,),
        choices=(
            Choice(
                name="target",
                question="To which nodes do you move it?",
                options=("every node without an EVS", "a node with an EVS"),
            ),
        ),
        needs=(
            _needs("G02[same]"),
            _needs("G03[same]"),
            _needs("G04[same]"),
            _needs("E08[all]"),
        ),
        checks=(
            Check(code="ERR-5018", finds=checks.moved_to_occupied),
            Check(code="ERR-OWNER", finds=checks.missing_owner),
            Check(code="ERR-VERSION", finds=checks.foreign_version),
            Check(code="ERR-LOCALDATA", finds=checks.local_data),
        ),
        sets={"evs.{evs}.tested": True},
        minutes=15,
        permission=ON_NODES,
        verify="All resources Online on the target; a client reconnects",
        later="What was planted before shows here.",
        source="handbook 3, G08 and 5.8",
    ),
    Step(
        id="install/G09",
        title="Harden the nodes",
        phase="Configuration",
        scope=Scope.CLUSTER,
        place="organizational unit of the nodes",
        how="Back-end and member-server templates, then the cluster node template above them; "
        "IMAP4 and POP3 templates where these are used; restart node by node",
        needs=(_needs("G08[all]", "WARN-HARDEN", _PLANTS, sets={"cluster.hardened_early": True}),),
        sets={"cluster.hardened": True},
        minutes=60,
        permission="Domain Admin (group policy)",
        verify="Startup modes as in handbook 3, 5.7",
        later="Applied before the cluster works it hides the cause of every later fault.",
        source="handbook 3, G09 and 5.7",
    ),
    Step(
        id="install/G10",
        title="Back up the finished cluster",
        phase="Configuration",
        scope=Scope.CLUSTER,
        place="cluster",
        how="System state of every node, the quorum disk, a full Exchange backup of every EVS",
        needs=(_needs("G09[one]"),),
        sets={"backup.baseline": True},
        minutes=60,
        permission="Backup Operator",
        verify="Restore test",
        later="Nothing is enforced.",
        source="handbook 3, G10",
    ),
)

INSTALL_STEPS = (
    *PLANNING, *DIRECTORY, *NODES, *STORAGE, *CLUSTER, *BINARIES, *EVS, *CONFIGURATION,
)  # fmt: skip
"""All 48 templates, the optional ones A07, X02 and G06 among them, in the order of 7.5."""
