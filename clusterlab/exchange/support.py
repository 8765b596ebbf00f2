"""Which component of Exchange may run on a server cluster, and what to build where it may not.

The matrix is data with sources: status, instances, reason, what to do instead. `assess` takes a
list of components as a client writes them and says what can stay, what must move and where to.
How mail flows in the topologies that come out of it is decided in `exchange/mailflow.py`.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.wording import shown

WIDTH = 92
"""Characters in a line of the report."""
MOST_NEAR = 3
"""Near names that a message proposes."""
_FILLERS = frozenset({"a", "an", "exchange", "for", "microsoft", "of", "on", "the", "to", "2003"})


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
        servers: How many more machines it takes; 0 where a server that exists is kept.
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
            servers=1,
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
        name="Network-attached file share as cluster storage",
        aliases=("NAS", "file share", "network attached storage"),
        status=Status.NOT_SUPPORTED,
        reason="A file share is no clustered disk.",
        instead="block-storage",
        source=f"{_MATRIX}; handbook 5, 5.6.3",
    ),
)  # fmt: skip
"""The whole matrix, in the order of the handbook."""


def component(name: str) -> Component:
    """Return the row of a component, by any of its usual names.

    Case, word order, hyphens and words such as "Microsoft" or "for" do not matter.

    Raises:
        ConfigError: If nothing is called so; the message proposes what is near.

    Example:
        >>> component("connector for lotus notes").status.value
        'not supported'
        >>> component("the MTA").instances
        '0 or 1 for each EVS, exactly 1 in a cluster'
    """
    found = _BY_WORDS.get(_words(name))
    if found is None:
        raise ConfigError(_unknown(name))
    return found


def _words(name: str) -> tuple[str, ...]:
    """Return the words of a name that matter, in order of the alphabet."""
    words = re.findall(r"[^\W_]+", str(name).casefold().replace("cc:", "cc"))
    return tuple(sorted(word for word in words if word not in _FILLERS))


def _names() -> Iterator[tuple[str, Component]]:
    for item in COMPONENTS:
        for name in (item.name, *item.aliases):
            yield name, item


_BY_WORDS: Mapping[tuple[str, ...], Component] = {_words(name): item for name, item in _names()}


def _unknown(name: str) -> str:
    near = _near(name)
    hint = f"did you mean {' or '.join(map(repr, near))}? " if near else ""
    known = ", ".join(item.name for item in COMPONENTS)
    return f"there is no component {shown(str(name))}; {hint}Known: {known}"


def _near(name: str) -> list[str]:
    """Return what is spelled alike, else what has a word in common."""
    by_name = {" ".join(_words(alias)): item.name for alias, item in _names()}
    wanted = _words(str(name)[:80])
    close = difflib.get_close_matches(" ".join(wanted), by_name, n=MOST_NEAR, cutoff=0.75)
    sharing = [key for key in by_name if set(wanted) & set(key.split())]
    return list(dict.fromkeys(by_name[key] for key in close or sharing))[:MOST_NEAR]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What becomes of a client's components when the mailboxes move to a cluster.

    Attributes:
        asked: The components, in the order given, each once.
    """

    asked: tuple[Component, ...]

    @property
    def stays(self) -> tuple[Component, ...]:
        """What may run on the cluster."""
        return tuple(item for item in self.asked if item.can_stay)

    @property
    def moves(self) -> tuple[Component, ...]:
        """What must run elsewhere."""
        return tuple(item for item in self.asked if not item.can_stay)

    @property
    def topologies(self) -> tuple[Instead, ...]:
        """What has to be built or kept beside the cluster, each once."""
        return tuple(INSTEAD[key] for key in dict.fromkeys(item.instead for item in self.moves))

    @property
    def text(self) -> str:
        """The report: what stays, what moves, what to build."""
        parts = [
            _section("Can stay on the cluster", map(_stay_line, self.stays)),
            _section("Must run elsewhere", map(_move_line, self.moves)),
            _section("To build or to keep", (f"{i.title}: {i.build} ({i.source})"
                                             for i in self.topologies)),
        ]  # fmt: skip
        return "\n\n".join(part for part in parts if part)

    def __repr__(self) -> str:
        """Return the report, so that a cell that ends with it shows it."""
        return self.text or "No components were named."

    def as_data(self) -> dict[str, Any]:
        """Return the same as plain data, for JSON."""
        return {
            "stays": [item.as_data() for item in self.stays],
            "moves": [item.as_data() for item in self.moves],
            "topologies": [
                {"topology": i.key, "title": i.title, "servers": i.servers, "build": i.build,
                 "source": i.source}
                for i in self.topologies
            ],
        }  # fmt: skip

    def to_json(self) -> str:
        """Return the same as JSON."""
        return json.dumps(self.as_data(), indent=2)

    def to_csv(self) -> str:
        """Return one line for each component, as comma-separated values with a heading."""
        return matrix_csv(self.asked)


def assess(names: Iterable[str]) -> Assessment:
    """Return what can stay on a cluster of the components named, and what must move and where to.

    Args:
        names: As people write them.

    Raises:
        ConfigError: If one of them is unknown; the message proposes what is near.

    Example:
        >>> found = assess(["OWA", "Lotus Notes connector", "IMF"])
        >>> [item.name for item in found.stays]
        ['Outlook Web Access']
        >>> [item.title for item in found.topologies]
        ['connector server for Lotus Notes', 'SMTP gateway']

    Source: handbook 2, 6.
    """
    if isinstance(names, str):
        names = (names,)
    return Assessment(asked=tuple(dict.fromkeys(component(name) for name in names)))


def matrix_csv(components: Iterable[Component] = COMPONENTS) -> str:
    """Return *components* as comma-separated values with a heading.

    Example:
        >>> matrix_csv().splitlines()[0]
        'component,on a cluster,instances,reason,instead,topology,source,mark'
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, list(COMPONENTS[0].as_data()), lineterminator="\n")
    writer.writeheader()
    writer.writerows(item.as_data() for item in components)
    return out.getvalue()


def matrix_text(components: Iterable[Component] = COMPONENTS) -> str:
    """Return *components* as a listing: name, status, what is built instead.

    Example:
        >>> print(matrix_text([component("IMF")]))
        Component                        On a cluster                Instead
        -------------------------------- --------------------------- ------------------------
        Intelligent Message Filter       not supported               SMTP gateway
    """
    rows = [("Component", "On a cluster", "Instead"), ("-" * 32, "-" * 27, "-" * 24)]
    for item in components:
        instead = INSTEAD.get(item.instead)
        mark = "" if item.mark is Mark.SOURCED else f" [{item.mark.value}]"
        rows.append((item.name, item.status.value + mark, instead.title if instead else ""))
    return "\n".join(
        f"{name:<32} {status:<27} {instead}".rstrip() for name, status, instead in rows
    )


def _section(title: str, lines: Iterable[str]) -> str:
    items = [
        textwrap.fill(line, WIDTH, initial_indent="- ", subsequent_indent="  ") for line in lines
    ]
    return "\n".join([title, *items]) if items else ""


def _stay_line(item: Component) -> str:
    count = "" if item.instances == "none" else f" {item.instances}."
    return f"{item.name}: {item.status.value}.{count} {item.reason} ({_cited(item)})"


def _move_line(item: Component) -> str:
    title = INSTEAD[item.instead].title
    return f"{item.name}: {item.status.value}. {item.reason} Instead: {title}. ({_cited(item)})"


def _cited(item: Component) -> str:
    mark = "" if item.mark is Mark.SOURCED else f"; {item.mark.value}"
    return f"{item.source}{mark}"
