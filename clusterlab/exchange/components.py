"""The component matrix of Exchange 2003 on server clusters, as data with sources.

Each row says whether a component may run on a cluster, how many instances, why, and what is built
instead where it may not. What a client's list comes to is decided in `exchange/support.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Status(Enum):
    """What the product's support says of a component on an Exchange 2003 cluster."""

    SUPPORTED = "supported"
    ONE_PER_CLUSTER = "supported, one per cluster"
    NOT_SUPPORTED = "not supported"
    NOT_IN_2003 = "not in Exchange 2003"


class Mark(Enum):
    """How well a row is sourced (handbook 0, 0.5)."""

    SOURCED = "sourced"
    CONFLICT = "conflict"
    UNSOURCED = "unsourced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead:
    """What to build beside the cluster for a component that may not run on it.

    Attributes:
        key: Its name in the matrix; those that the connector lab shows have the same one there.
        title: A few words.
        servers: How many more machines it takes; 0 where one that exists does it.
        build: What to do, in a sentence or two.
        source: Where that stands.
    """

    key: str
    title: str
    servers: int
    build: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One row of the matrix.

    Attributes:
        name: The product's name.
        aliases: What people also call it.
        status: May it run on a cluster?
        per_evs: Instances in one EVS, in words; "" where it may not run.
        per_cluster: Instances in a cluster, in words.
        reason: Why, or what to heed.
        instead: Key of `INSTEAD`; "" if it can stay.
        source: Where the row stands.
        mark: How well it is sourced.
    """

    name: str
    aliases: tuple[str, ...]
    status: Status
    per_evs: str = ""
    per_cluster: str = ""
    reason: str
    instead: str = ""
    source: str
    mark: Mark = Mark.SOURCED

    @property
    def can_stay(self) -> bool:
        """Whether it may run on the cluster."""
        return self.status in (Status.SUPPORTED, Status.ONE_PER_CLUSTER)

    @property
    def instances(self) -> str:
        """How many there may be, in words; "none" where it may not run."""
        words = [f"{self.per_evs} for each EVS" if self.per_evs else "", self.per_cluster]
        return ", ".join(word for word in words if word) or "none"

    def as_data(self) -> dict[str, str]:
        """Return the row with plain words, for CSV and JSON."""
        instead = INSTEAD.get(self.instead)
        return {
            "component": self.name,
            "on a cluster": self.status.value,
            "instances": self.instances,
            "reason": self.reason,
            "instead": instead.build if instead else "",
            "topology": self.instead,
            "source": self.source,
            "mark": self.mark.value,
        }


_MATRIX = "handbook 2, 6"
_KB = f"{_MATRIX}; KB 259197"
_CONFLICT = (
    "A table of 2003 allows one instance per cluster with manual reconfiguration; the "
    "product's support article says not supported, and that is what counts."
)

INSTEAD: Mapping[str, Instead] = {
    item.key: item
    for item in (
        Instead(
            key="notes",
            title="connector server for Lotus Notes",
            servers=1,
            build="A stand-alone Exchange 2003 server without mailboxes, with the Notes client "
            "and the connector on it, paired with one Domino server. It serves the whole "
            "organization; nothing is configured on the cluster.",
            source="handbook 2, 6.1; KB 921057",
        ),
        Instead(
            key="groupwise",
            title="connector server for Novell GroupWise",
            servers=1,
            build="A stand-alone Exchange 2003 server with the Novell client, the GroupWise "
            "client and the connector; the GroupWise API Gateway 4.1 on the other side.",
            source="handbook 2, 6.1; handbook 4, 4.8",
        ),
        Instead(
            key="calendar",
            title="connector server with the Calendar Connector",
            servers=0,
            build="Add the Calendar Connector to the stand-alone server that runs the Notes or "
            "the GroupWise connector.",
            source="handbook 2, 6.1",
        ),
        Instead(
            key="front-ends",
            title="front-end servers with Network Load Balancing",
            servers=2,
            build="Two or more stand-alone front-end servers behind one address of Network Load "
            "Balancing; about one for each four EVSs.",
            source="handbook 5, 5.6.3; KB 837852",
        ),
        Instead(
            key="imf",
            title="SMTP gateway",
            servers=1,
            build="A stand-alone Exchange 2003 server that takes the mail from the Internet, "
            "with the filter on it.",
            source="handbook 2, 6; KB 907747",
        ),
        Instead(
            key="srs",
            title="first server of the Exchange 5.5 site",
            servers=1,
            build="Install the first Exchange 2003 server of each Exchange 5.5 site stand-alone: "
            "Setup puts the Site Replication Service on it. The EVSs join the site afterwards.",
            source="handbook 4, 4.6 (M-09); handbook 5, 5.6.1",
        ),
        Instead(
            key="adc",
            title="server of the Active Directory Connector",
            servers=1,
            build="Install the Active Directory Connector on a stand-alone server.",
            source="handbook 2, 6; handbook 4, 4.6 (M-06)",
        ),
        Instead(
            key="stand-alone",
            title="stand-alone Exchange 2003 server",
            servers=1,
            build="Keep a stand-alone Exchange 2003 server beside the cluster and run it there.",
            source="handbook 2, 6",
        ),
        Instead(
            key="keep-5.5",
            title="Exchange 5.5 server that is kept",
            servers=0,
            build="Keep an Exchange 5.5 server for it; that keeps the organization in mixed mode.",
            source="handbook 4, 4.8",
        ),
        Instead(
            key="keep-2000",
            title="Exchange 2000 server that is kept",
            servers=0,
            build="Do not upgrade the Exchange 2000 server that runs it: install Exchange 2003 "
            "elsewhere and leave that server as it is, stand-alone.",
            source="handbook 4, 4.2 (P04)",
        ),
        Instead(
            key="block-storage",
            title="shared disks",
            servers=0,
            build="Use disks on block storage that all nodes reach (SAN, shared SCSI).",
            source="handbook 2, 6; handbook 5, 5.6.3",
        ),
    )
}
"""What to do instead, by key."""

COMPONENTS: tuple[Component, ...] = (
    Component(
        name="System Attendant",
        aliases=("SA", "mad.exe"),
        status=Status.SUPPORTED,
        per_evs="exactly 1",
        reason="The resource that makes a group an EVS; several EVSs on a node only in a cluster "
        "of two nodes.",
        source=_KB,
    ),
    Component(
        name="Information Store",
        aliases=("IS", "store", "mailbox stores", "mailboxes"),
        status=Status.SUPPORTED,
        per_evs="exactly 1",
        reason="At most four storage groups on a node after failover, over all its EVSs.",
        source=_KB,
    ),
    Component(
        name="MTA",
        aliases=("Message Transfer Agent", "MTA Stacks"),
        status=Status.ONE_PER_CLUSTER,
        per_evs="0 or 1",
        per_cluster="exactly 1 in a cluster",
        reason="It belongs to the EVS that was created first and serves them all; that EVS is "
        "removed last.",
        source=f"{_KB}; handbook 2, 1.3",
    ),
    Component(
        name="SMTP",
        aliases=("SMTP virtual server", "SMTP service"),
        status=Status.SUPPORTED,
        per_evs="1 or more",
        reason="Several protocol virtual servers may run on a node.",
        source=_KB,
    ),
    Component(
        name="HTTP",
        aliases=("HTTP virtual server", "WebDAV"),
        status=Status.SUPPORTED,
        per_evs="1 or more",
        reason="Several protocol virtual servers may run on a node.",
        source=_KB,
    ),
    Component(
        name="POP3",
        aliases=("POP", "POP3 virtual server"),
        status=Status.SUPPORTED,
        per_evs="0 or more",
        reason="In Exchange 2003 the resource is created by hand.",
        source=f"{_KB}; handbook 2, 1.2",
    ),
    Component(
        name="IMAP4",
        aliases=("IMAP", "IMAP4 virtual server"),
        status=Status.SUPPORTED,
        per_evs="0 or more",
        reason="In Exchange 2003 the resource is created by hand.",
        source=f"{_KB}; handbook 2, 1.2",
    ),
    Component(
        name="Full-text indexing",
        aliases=("MS Search", "Microsoft Search", "content indexing", "full text index"),
        status=Status.SUPPORTED,
        per_evs="1",
        reason="Its resource comes with the EVS.",
        source=_KB,
    ),
    Component(
        name="Public folder stores",
        aliases=("public folders", "public store", "public folder"),
        status=Status.SUPPORTED,
        per_evs="0 or more",
        reason="They are part of the Information Store.",
        source=_MATRIX,
        mark=Mark.UNSOURCED,
    ),
    Component(
        name="Recipient Update Service",
        aliases=("RUS",),
        status=Status.SUPPORTED,
        reason="An EVS can hold the role; move it away before that EVS is removed.",
        source=_MATRIX,
    ),
    Component(
        name="Routing group master",
        aliases=("routing master",),
        status=Status.SUPPORTED,
        reason="An EVS can hold the role; move it away before that EVS is removed.",
        source=_MATRIX,
    ),
    Component(
        name="SMTP connector",
        aliases=("Internet mail connector", "Internet connector"),
        status=Status.SUPPORTED,
        reason="An EVS can be its bridgehead.",
        source=_MATRIX,
    ),
    Component(
        name="Routing group connector",
        aliases=("RGC", "bridgehead", "bridgehead role"),
        status=Status.SUPPORTED,
        reason="An EVS can be its bridgehead; name another one before that EVS is removed.",
        source=_MATRIX,
    ),
    Component(
        name="X.400 connector",
        aliases=("X400", "X.400"),
        status=Status.ONE_PER_CLUSTER,
        reason="It runs on the MTA, so only in the EVS that was created first.",
        source=_MATRIX,
        mark=Mark.UNSOURCED,
    ),
    Component(
        name="Outlook Web Access",
        aliases=("OWA", "webmail"),
        status=Status.SUPPORTED,
        reason="As a back-end, through the HTTP instance of the EVS.",
        source=_MATRIX,
        mark=Mark.UNSOURCED,
    ),
    Component(
        name="Exchange ActiveSync",
        aliases=("EAS", "Outlook Mobile Access", "OMA"),
        status=Status.SUPPORTED,
        reason="As a back-end, through the HTTP instance of the EVS.",
        source=_MATRIX,
        mark=Mark.UNSOURCED,
    ),
    Component(
        name="Volume mount points",
        aliases=("mount points", "mountpoints", "mounted volumes"),
        status=Status.SUPPORTED,
        reason="For queues, logs and databases on Windows Server 2003 nodes; not for program "
        "files.",
        source=f"{_MATRIX}; KB 318458",
    ),
    Component(
        name="Front-end server role",
        aliases=("front-end server", "front-end servers", "front-end", "frontend", "FE"),
        status=Status.NOT_SUPPORTED,
        reason="EVSs are back-end servers only.",
        instead="front-ends",
        source=f"{_MATRIX}; KB 837852",
    ),
    Component(
        name="NNTP",
        aliases=("news", "newsgroups", "Network News Transfer Protocol"),
        status=Status.NOT_SUPPORTED,
        reason="The NNTP component of Windows must still be there for Setup.",
        instead="stand-alone",
        source=_KB,
    ),
    Component(
        name="Connector for Lotus Notes",
        aliases=("Lotus Notes connector", "Notes connector", "Lotus Notes", "Notes",
                 "Lotus Domino connector", "Domino connector", "Domino", "Lotus Domino"),
        status=Status.NOT_SUPPORTED,
        reason="It is a service on one server and uses a Notes client installed there. No "
        "cluster resource starts, checks or moves it, and its settings and queues would not "
        "follow the EVS.",
        instead="notes",
        source=f"{_KB}; handbook 2, 6.1",
    ),
    Component(
        name="Connector for Novell GroupWise",
        aliases=("GroupWise connector", "Novell GroupWise connector", "GroupWise",
                 "Novell GroupWise"),
        status=Status.NOT_SUPPORTED,
        reason="Like the Notes connector: a service on one server, with clients installed there.",
        instead="groupwise",
        source=_KB,
    ),
    Component(
        name="Calendar Connector",
        aliases=("calendar", "free/busy connector"),
        status=Status.NOT_SUPPORTED,
        reason="It works beside the Notes or the GroupWise connector, on their server.",
        instead="calendar",
        source=_KB,
    ),
    Component(
        name="Connector for Microsoft Mail",
        aliases=("MS Mail connector", "Microsoft Mail connector", "MS Mail", "Microsoft Mail",
                 "MSMail"),
        status=Status.NOT_SUPPORTED,
        reason=_CONFLICT,
        instead="keep-2000",
        source=_KB,
        mark=Mark.CONFLICT,
    ),
    Component(
        name="Connector for Lotus cc:Mail",
        aliases=("cc:Mail connector", "cc:Mail", "ccMail", "Lotus cc:Mail"),
        status=Status.NOT_IN_2003,
        reason=_CONFLICT,
        instead="keep-2000",
        source=_KB,
        mark=Mark.CONFLICT,
    ),
    Component(
        name="PROFS connector",
        aliases=("PROFS", "IBM PROFS", "OfficeVision", "OV/VM"),
        status=Status.NOT_SUPPORTED,
        reason="It does not exist after Exchange 5.5.",
        instead="keep-5.5",
        source=f"{_KB}; handbook 4, 4.8",
    ),
    Component(
        name="SNADS connector",
        aliases=("SNADS", "IBM SNADS"),
        status=Status.NOT_SUPPORTED,
        reason="It does not exist after Exchange 5.5.",
        instead="keep-5.5",
        source=f"{_KB}; handbook 4, 4.8",
    ),
    Component(
        name="Microsoft Exchange Event service",
        aliases=("Event service", "event scripts", "MSExchangeES"),
        status=Status.NOT_SUPPORTED,
        reason="It is there for the scripts of Exchange 5.5.",
        instead="stand-alone",
        source=_KB,
    ),
    Component(
        name="Site Replication Service",
        aliases=("SRS", "MSExchangeSRS"),
        status=Status.NOT_SUPPORTED,
        reason="So the first Exchange 2003 server of an Exchange 5.5 site cannot be the cluster.",
        instead="srs",
        source=_MATRIX,
    ),
    Component(
        name="Active Directory Connector",
        aliases=("ADC", "AD connector", "MSADC"),
        status=Status.NOT_SUPPORTED,
        reason="It needs a stand-alone server.",
        instead="adc",
        source=_MATRIX,
    ),
    Component(
        name="Intelligent Message Filter",
        aliases=("IMF", "spam filter", "IMF v2"),
        status=Status.NOT_SUPPORTED,
        reason="Service Pack 2 installs it, but its use on a cluster stays unsupported.",
        instead="imf",
        source=f"{_MATRIX}; KB 907747",
    ),
    Component(
        name="Key Management Service",
        aliases=("KMS", "Key Management Server"),
        status=Status.NOT_IN_2003,
        reason="It exists in Exchange 2000 only.",
        instead="keep-2000",
        source=_KB,
    ),
    Component(
        name="Instant Messaging",
        aliases=("IM", "instant messaging service"),
        status=Status.NOT_IN_2003,
        reason="It exists in Exchange 2000 only.",
        instead="keep-2000",
        source=_KB,
    ),
    Component(
        name="Chat",
        aliases=("chat service", "IRC"),
        status=Status.NOT_IN_2003,
        reason="It exists in Exchange 2000 only.",
        instead="keep-2000",
        source=_KB,
    ),
    Component(
        name="Conferencing Server",
        aliases=("conferencing", "data conferencing"),
        status=Status.NOT_IN_2003,
        reason="It exists in Exchange 2000 only.",
        instead="keep-2000",
        source=_KB,
    ),
    Component(
        name="Network-attached file share",
        aliases=("NAS", "file share", "network attached storage"),
        status=Status.NOT_SUPPORTED,
        reason="A file share is no clustered disk.",
        instead="block-storage",
        source=f"{_MATRIX}; handbook 5, 5.6.3",
    ),
)  # fmt: skip
"""The whole matrix, in the order of the handbook."""
