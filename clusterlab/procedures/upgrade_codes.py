"""The codes of handbook 4: refusals UE-01 to UE-18, and mistakes that no message announces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class UpgradeCode(NamedTuple):
    """One row; the fields are those of `codes.Code`."""

    text: str
    raised_by: str
    remedy: str
    is_verbatim: bool = False
    source: str = "handbook 4, 4.2"


def _mistake(number: int, text: str, remedy: str) -> tuple[str, UpgradeCode]:
    return f"upgrade-mistake/{number}", UpgradeCode(text, "", remedy, source="handbook 4, 4.11")


UPGRADE_CODES: Mapping[str, UpgradeCode] = {
    "UE-01": UpgradeCode(
        "Version of Exchange on this machine does not match the version of Exchange server <name>.",
        "moves to a node with older binaries",
        "Move the EVS back; finish Setup on that node first.",
        is_verbatim=True,
    ),
    "UE-02": UpgradeCode(
        "Exchange 2000 Service Pack 3 is required before the upgrade.",
        "Setup",
        "Bring every node and EVS to SP3 (P05), then again.",
    ),
    "UE-03": UpgradeCode(
        "MSDTC does not run anywhere in the cluster.",
        "Setup",
        "Bring MSDTC online on a node that is not upgraded (P13), then again.",
    ),
    "UE-04": UpgradeCode(
        "Setup has to recycle the Cluster service, and this node owns cluster groups.",
        "Setup, service packs",
        "Move all groups to another node, then again.",
    ),
    "UE-05": UpgradeCode(
        "An error occurred attempting to bring the System Attendant resource online: The cluster "
        "resource could not be brought online by the resource monitor. Error ID: 5018 (0000139a)",
        "moves to a node that has an EVS",
        "Bring one EVS home first.",
        is_verbatim=True,
    ),
    "UE-06": UpgradeCode(
        "A cluster of three or more nodes needs fewer Exchange Virtual Servers than nodes.",
        "Setup",
        "Remove an EVS, and move its users before, then again.",
    ),
    "UE-07": UpgradeCode(
        "A component is installed that Exchange Server 2003 does not have.",
        "Setup",
        "Remove it with Exchange 2000 Setup (P04).",
    ),
    "UE-08": UpgradeCode(
        "The forest or the domain is not prepared for Exchange Server 2003.",
        "Setup",
        "Run ForestPrep and DomainPrep of 2003 (P08, P09), and wait for replication.",
    ),
    "UE-09": UpgradeCode(
        "The back-end is upgraded before its front-ends; this combination is not supported.",
        "Setup",
        "Upgrade the front-ends now, all together (P11).",
    ),
    "UE-10": UpgradeCode(
        "The account has not the Exchange right that this needs.",
        "Setup, Upgrade Exchange Virtual Server",
        "Delegate Exchange Full Administrator to it (P12).",
    ),
    "UE-11": UpgradeCode(
        "Two Exchange Virtual Servers were upgraded at once, and Setup stopped responding.",
        "Upgrade Exchange Virtual Server",
        "Close it, look which EVS shows version 6.5, and repeat for the other one alone.",
    ),
    "UE-12": UpgradeCode(
        "Upgrade Exchange Virtual Server was refused.",
        "Upgrade Exchange Virtual Server",
        "Take the System Attendant offline; bring disks, address and name online.",
    ),
    "UE-13": UpgradeCode(
        "Windows Setup found Exchange 2000, with which Windows Server 2003 is not compatible.",
        "the upgrade of Windows",
        "Cancel; upgrade Exchange first.",
    ),
    "UE-14": UpgradeCode(
        "The cluster software of the node and that of the cluster do not fit together.",
        "joining",
        "Install a Windows that is one version apart at most.",
    ),
    "UE-15": UpgradeCode(
        "The first Exchange 2003 server of an Exchange 5.5 site gets the Site Replication Service, "
        "which does not run on a cluster.",
        "M-12, M-13",
        "Install a stand-alone server first (M-09).",
    ),
    "UE-16": UpgradeCode(
        "In an organization with Exchange 5.5 Setup wants the ADC Tools to be run first.",
        "M-09",
        "Run the ADC Tools (M-07).",
    ),
    "UE-17": UpgradeCode(
        "This Cluster Administrator has the Exchange extension of another version than the node.",
        "Upgrade Exchange Virtual Server",
        "Use Cluster Administrator on a machine with the Exchange of the node.",
    ),
    "UE-18": UpgradeCode(
        "An Exchange group is not moved from Windows Server 2003 back to Windows 2000.",
        "W-08",
        "Leave it; upgrade the Windows of the other node.",
    ),
    **dict(
        (
            _mistake(
                6,
                "The System Attendant does not come online on the newer node: an outage begins "
                "that nobody planned.",
                "Leave the System Attendant offline and upgrade the EVS there, or move it back.",
            ),
            _mistake(
                10,
                "The EVS waits offline on an upgraded node, through each Setup that is still left.",
                "Upgrade the EVS where it is at once, then go on with the nodes.",
            ),
            _mistake(
                14,
                "An old Active Directory Connector cannot run the new connection agreements: "
                "replication with Exchange 5.5 stops.",
                "Upgrade every ADC (P10).",
            ),
            _mistake(
                16,
                "Two EVSs of Exchange 2000 share a node: its load, and four storage groups in all.",
                "Bring one home.",
            ),
            _mistake(
                18,
                "Profiles are not redirected, and mail of the connectors stops.",
                "Edit the profiles; build the connector again on the stand-alone server.",
            ),
            _mistake(
                19,
                "Settings were changed while the Windows versions are mixed: not supported, and "
                "they may not replicate correctly.",
                "Undo the change; finish the upgrade.",
            ),
            _mistake(
                21,
                "The hotfix and a restart come before this service pack on each node.",
                "Install the hotfix, restart, then the service pack.",
            ),
            _mistake(
                22,
                "Every full-text index starts a full population; search is out for hours.",
                "Pause the populations one by one, and let them run at night.",
            ),
            _mistake(
                23,
                "There is no backup from before, so there is no way back.",
                "Nothing; take a backup before the next EVS.",
            ),
            _mistake(
                24,
                "RequireKerberos is 0 on Windows Server 2003: not supported.",
                "Enable Kerberos on the Network Name (W-09).",
            ),
            _mistake(
                25,
                "A second node was evicted: nothing is redundant any more.",
                "Join the first one again before the next is evicted.",
            ),
        )
    ),
    "upgrade-rule/R13": UpgradeCode(
        "The Notes, GroupWise and Calendar connectors are not supported on a cluster.",
        "NC-01, NC-03",
        "Put it on a stand-alone server beside the cluster.",
        source="handbook 4, 4.8 and R13; handbook 2, 6.1",
    ),
    "NC-SHARED": UpgradeCode(
        "The connector shares its server with mailboxes, where it is slower.",
        "NC-01",
        "Install a server without mailboxes for it (NC-01 again).",
        source="handbook 4, 4.8; handbook 2, 6.1",
    ),
    "NC-NOCLIENT": UpgradeCode(
        "The Connector for Lotus Notes uses a Notes client that is installed on its server.",
        "NC-03",
        "Install the client with its ID first (NC-02).",
        source="handbook 4, 4.8; handbook 2, 6.1",
    ),
    "NC-DOUBLE": UpgradeCode(
        "Two connectors with the same address space synchronize the directory twice.",
        "NC-06",
        "Stop the old connector (NC-05), then clean up (NC-contacts).",
        source="handbook 4, 4.8 (derived)",
    ),
    "NC-INTERACTIVE": UpgradeCode(
        "The Notes client must not be used on the server while the connector runs.",
        "NC-06",
        "Close it, and start the connector again (NC-06).",
        source="handbook 4, 4.8; handbook 2, 6.1",
    ),
    "NC-STOPS": UpgradeCode(
        "No connector is left that runs: mail between Notes and Exchange waits.",
        "NC-07, NC-09",
        "Build and start the new one (NC-01 to NC-06).",
        source="handbook 4, 4.8 and 4.11, mistake 18 (derived)",
    ),
    "NC-QUEUES": UpgradeCode(
        "What waited in the queues of the old connector is deleted with it.",
        "NC-07, NC-09",
        "Let it be sent again (NC-mail); next time wait for the queues (NC-05).",
        source="handbook 4, 4.8 (derived)",
    ),
    "NC-MAILBOXES": UpgradeCode(
        "Exchange is not removed from a server that still has mailboxes.",
        "NC-09",
        "Move them to the EVSs (NC-08).",
        source="handbook 4, 4.8; handbook 3, 6.1 (derived)",
    ),
    "NC-ORPHANS": UpgradeCode(
        "The contacts that the old connector synchronized are orphaned.",
        "NC-09",
        "Clean up (NC-contacts); next time delete the connector first (NC-07).",
        source="handbook 4, 4.8 (derived)",
    ),
}
"""Codes in the order of handbook 4, 4.2, then mistakes of 4.11 without a code of their own, then
those of path NC (4.8), whose names are ours."""
