"""The codes with which steps are refused, warned of or found harmful (handbook 3, 10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from clusterlab.cluster.errors import OperationRefused
from clusterlab.procedures.upgrade_codes import UPGRADE_CODES


class Code(NamedTuple):
    """One row of the table of codes.

    Attributes:
        text: What is shown; `<x>` stands for a value.
        raised_by: Ids of the steps that raise it.
        remedy: What to do about it.
        is_verbatim: Whether a source has these words (V); reconstructed ones (R) are never shown
            as the product's own.
        source: Where the wording or the rule stands.
    """

    text: str
    raised_by: str
    remedy: str
    is_verbatim: bool = False
    source: str = "handbook 3, 10"


_V = {"is_verbatim": True}
CODES: Mapping[str, Code] = {
    "ERR-FP-DOMAIN": Code(
        "ForestPrep must be run in the domain that contains the schema master: <domain>.",
        "A03",
        "Run it there.",
    ),
    "ERR-FP-RIGHTS": Code(
        "You must be a member of Enterprise Admins and Schema Admins to run ForestPrep.",
        "A03",
        "Log on with an account that is in both groups.",
    ),
    "ERR-DP-ORDER": Code(
        "The Active Directory schema has not been prepared. Run ForestPrep first.",
        "A05",
        "Run A03, wait (A04), then run DomainPrep again.",
    ),
    "ERR-SCHEMA-NOTREP": Code(
        "The schema extensions are not yet visible on domain controller <dc>.",
        "A05, X04",
        "Wait for replication (A04) and try again.",
    ),
    "ERR-DP-MISSING": Code(
        "Domain <domain> has not been prepared. Run DomainPrep in this domain.",
        "X04",
        "Run A05 in that domain, wait (A06), then repeat Setup.",
    ),
    "ERR-CSA": Code(
        "The Cluster service account <account> could not be validated.",
        "C01, C02",
        "Create the account (A02), and type its password as it is.",
    ),
    "ERR-DUPIP": Code(
        "The IP address <ip> is already in use on the network.",
        "C01, E02, E05",
        "Take an address of the plan that nothing else uses.",
    ),
    "ERR-NETNAME": Code(
        "The name <name> already exists on the network or cannot be registered.",
        "C01, E03, E05",
        "Take a name of the plan that nothing else has.",
    ),
    "ERR-NOCLUSTER": Code(
        "No running cluster named <name> was found to join.",
        "C02",
        "Form the cluster first (C01), or start its Cluster service.",
    ),
    "ERR-LOCALQ": Code(
        "An error occurred attempting to make '<local quorum resource name>' the quorum resource. "
        "The parameter is incorrect. Error ID: 87 (00000057).",
        "C03; flag set silently by C01",
        "Destroy the one-node cluster, repair the disks (H01), and repeat C01.",
        **_V,
        source="handbook 3, 2.4; KB 283715",
    ),
    "ERR-CORRUPT": Code(
        "More than one computer had access to unprotected shared disks. Volumes are damaged.",
        "H01, H02, H03",
        "Power off all nodes but one and format the disks again (H01).",
    ),
    "ERR-DYNAMIC": Code(
        "Dynamic disks are not available to the cluster; no quorum-capable disk found.",
        "C01",
        "Make the disks basic (H01).",
    ),
    "ERR-EDITION": Code(
        "Exchange Server 2003 Enterprise Edition is required on a cluster.",
        "X04",
        "Use the Enterprise Edition of Exchange on a clustered edition of Windows (P02).",
    ),
    "ERR-SETUP-PERM": Code(
        "You must be an Exchange Full Administrator at the organization level to install on this "
        "server.",
        "X04",
        "Log on with an account that has the role (A07).",
    ),
    "ERR-COMPONENT": Code(
        "Setup requires <SMTP / NNTP / World Wide Web / ASP.NET> to be installed and enabled on "
        "this server.",
        "X04",
        "Install the component on this node (X01) and repeat.",
    ),
    "ERR-CLUSSVC": Code(
        "The Cluster service is not running on this node.",
        "X04",
        "Start the Cluster service of the node and repeat.",
    ),
    "ERR-MSDTC": Code(
        "The Microsoft Distributed Transaction Coordinator resource does not exist in the cluster "
        "or is not online.",
        "X04, X05, R08",
        "Create MSDTC (C06) or bring it online, then repeat.",
    ),
    "ERR-EVSCOUNT": Code(
        "An active/passive cluster of <n> nodes supports at most <n-1> Exchange Virtual Servers. "
        "Remove one and retry.",
        "X04, E06",
        "Add a node, or remove an EVS.",
    ),
    "ERR-FQDN": Code(
        "The fully qualified domain name of this computer matches the SMTP address of recipient "
        "policy <policy>.",
        "X04",
        "Change the recipient policy, or the plan of names (P01).",
    ),
    "ERR-PATH": Code(
        "The installation drive must be a local drive and the same on all nodes (<drive>).",
        "X04",
        "Choose the same local drive, or uninstall the first node and repeat both.",
    ),
    "ERR-SP": Code(
        "Windows 2000 Service Pack 4 is required.",
        "X04",
        "Install it (N01) and repeat.",
    ),
    "ERR-STANDALONE": Code(
        "(no message; result state: node hosts a stand-alone Exchange server)",
        "X04 before C01/C02",
        "Uninstall Exchange, join the node to the cluster, run Setup again.",
    ),
    "ERR-PARALLEL": Code(
        "Setup is running on another node of this cluster.",
        "X04, X05",
        "Let the other one finish, then repeat.",
    ),
    "ERR-HOTFIX": Code(
        "Hotfix <831464> must be installed before this service pack.",
        "X05",
        "Install it (X02), restart, repeat.",
    ),
    "ERR-NOTYPE": Code(
        "The resource type Microsoft Exchange System Attendant is not available.",
        "E06, E08",
        "Run Exchange Setup on the nodes (X04).",
    ),
    "ERR-DEP": Code(
        "The resource must depend on a Network Name and on every Physical Disk of the virtual "
        "server.",
        "E06",
        "Add the missing dependencies on the Dependencies page.",
    ),
    "ERR-EVS-PERM": Code(
        "You do not have permission to create Exchange objects in administrative group <ag>.",
        "E06",
        "Log on as Exchange Full Administrator of the organization or administrative group.",
    ),
    "ERR-KERB-ONLINE": Code(
        "An error occurred attempting to set properties: The group or resource is not in the "
        "correct state to perform the requested operation. Error ID: 5023 (0000139f)",
        "E03",
        "Take the Network Name and all above it offline, tick the option, bring them online.",
        **_V,
        source="handbook 3, 4.2; KB 302389",
    ),
    "ERR-KERB-RIGHTS": Code(
        "The computer account for network name <evs> could not be created or updated.",
        "E05",
        "Grant the Cluster service account Create Computer Objects, or create the object for it.",
    ),
    "ERR-DNS": Code(
        "The DNS registration of <evs> failed and is required.",
        "E05",
        "Let the zone accept dynamic updates.",
    ),
    "ERR-5018": Code(
        "An error occurred attempting to bring the System Attendant resource online: The cluster "
        "resource could not be brought online by the resource monitor. Error ID: 5018 (0000139a).",
        "E08, G08",
        "Use a node that hosts no EVS.",
        **_V,
        source="handbook 2, 4.1; handbook 3, E08",
    ),
    "ERR-VERSION": Code(
        "Version of Exchange on this machine does not match the version of Exchange server <name>.",
        "E08, G08",
        "Bring the node to the same version (X05), or upgrade the EVS.",
        **_V,
        source="handbook 3, 3.6",
    ),
    "ERR-OWNER": Code(
        "No possible owner of the group is available on the target node.",
        "G08",
        "Run Setup on the other nodes (X04), then add them as possible owners (G03).",
    ),
    "ERR-LOCALDATA": Code(
        "Stores of <evs> cannot be mounted: path <path> not found on this node.",
        "G08",
        "Move back and put the paths on the shared disk (G04).",
    ),
    "ERR-REMOVE-PRQ": Code(
        "The Exchange Virtual Server cannot be removed: <condition of 6.1>.",
        "R03",
        "Do what is missing (R01), then repeat.",
    ),
    "ERR-REMOVE-MTA": Code(
        "This virtual server owns the Message Transfer Agent resource. Remove all other Exchange "
        "Virtual Servers first.",
        "R03",
        "Remove the others first.",
    ),
    "ERR-REMOVE-INUSE": Code(
        "An Exchange Virtual Server depends on this node.",
        "R08",
        "Move the groups off the node (R07); remove EVSs until they are fewer than the nodes left.",
    ),
    "ERR-ORPHAN": Code(
        "(state) Server object <evs> remains in Active Directory.",
        "R03 skipped",
        "Create the System Attendant again under the same name, or remove the server object in "
        "Exchange System Manager.",
    ),
    "WARN-DC": Code(
        "Node is a domain controller: not supported with Exchange.",
        "N02, acceptance",
        "Demote it; a node is a member server.",
    ),
    "WARN-DHCP": Code(
        "Static addresses are required for cluster nodes.",
        "N03",
        "Give the adapter a static address.",
    ),
    "WARN-ONENET": Code(
        "No independent private network.",
        "C04",
        "Give the private adapters a subnet of their own (N04) and set the roles (C04).",
    ),
    "WARN-BIND": Code(
        "The private adapter is first in the binding order.",
        "N05, acceptance",
        "Put Public first (N05) and restart.",
    ),
    "WARN-BUSYNODE": Code(
        "Groups are running on this node; Setup will restart the Cluster service.",
        "X03/X04",
        "Move the groups to another node first (X03).",
    ),
    "WARN-DTC": Code(
        "MSDTC affects the Cluster Group.",
        "C07",
        "Clear 'Affect the group' of MSDTC (C07).",
    ),
    "WARN-NOKERB": Code(
        "RequireKerberos = 0 on the Network Name of an Exchange 2003 virtual server.",
        "E03, acceptance",
        "Take the name offline, tick Enable Kerberos Authentication (E03), bring it online.",
    ),
    "WARN-CLUSTERGROUP": Code(
        "Exchange resources share the Cluster Group.",
        "E01, E04",
        "Create a group for the EVS and move its disks there.",
    ),
    "WARN-FAILBACK": Code(
        "Failback is allowed immediately.",
        "G02",
        "Prevent failback (G02); move the group back by hand at a quiet time.",
    ),
    "WARN-DS2MB": Code(
        "The setting was changed in the IIS metabase and has been overwritten from the directory.",
        "G05",
        "Make the change in Exchange System Manager.",
    ),
    "WARN-HARDEN": Code(
        "Security templates were applied before the cluster was tested.",
        "G09",
        "Unlink the policy, restart, test, then link it again.",
    ),
    "PREREQ": Code(
        "<X> needs <Y> first.",
        "hard edges without a code of their own",
        "Do that first.",
        source="handbook 3, 10.2",
    ),
    "ORDER": Code(
        "<X> should come after <Y>.",
        "soft edges without a code of their own",
        "Nothing is lost; do it now.",
        source="handbook 3, 7.1",
    ),
    "5009": Code(
        "The node must be down to be evicted.",
        "remove/R11",
        "Stop its Cluster service first (R10).",
        source="handbook 1, 8.4; handbook 3, 10.2",
    ),
    "NOTHING": Code("There is nothing to repair.", "ways back", "Go on."),
    "DONE": Code("<X> is done already.", "any step", "Undo it, or go on with the next."),
    **{code: Code(*row) for code, row in UPGRADE_CODES.items()},
}
"""Codes in the order of handbook 3, 10; the next five are not in its table; then handbook 4."""


def text_of(code: str, **values: str) -> str:
    """Return the text of *code* with values in place of `<x>`; spaces in x are underscores.

    Example:
        >>> text_of("ERR-NOCLUSTER", name="CLUS1")
        'No running cluster named CLUS1 was found to join.'
    """
    text = CODES[code].text
    for key, value in values.items():
        text = text.replace(f"<{key.replace('_', ' ')}>", value)
    return text


class Refusal(OperationRefused):
    """A step that is not possible now; nothing has changed.

    Example:
        >>> print(Refusal("ERR-MSDTC", because="The cluster has no MSDTC."))
        ERR-MSDTC: The Microsoft Distributed Transaction Coordinator resource does not exist in \
the cluster or is not online. The cluster has no MSDTC. Create MSDTC (C06) or bring it online, \
then repeat.
    """

    def __init__(
        self,
        code: str,
        *,
        because: str,
        remedy: str = "",
        text: str = "",
        source: str = "",
    ) -> None:
        """Look *code* up; *text* is its text with the values filled in."""
        row = CODES[code]
        super().__init__(
            code,
            text=text or row.text,
            is_verbatim=row.is_verbatim,
            because=because,
            remedy=remedy or row.remedy,
            source=source or row.source,
        )

    def __reduce__(self) -> tuple[object, ...]:
        """Rebuild from the same arguments, so that a refusal can be pickled."""
        return _rebuild, (self.code, self.because, self.remedy, self.text, self.source)


def _rebuild(code: str, because: str, remedy: str, text: str, source: str) -> Refusal:
    return Refusal(code, because=because, remedy=remedy, text=text, source=source)
