"""Versions: Exchange on a node, Exchange of an EVS, and whether the two fit.

Node binaries and EVS version are two variables (handbook 4, 4.0). The first stands in `installed`
of a node, beside its Windows; the second in the private properties of the System Attendant. One
table, `FITS`, decides what comes of an attempt to bring a System Attendant online. Where nothing
is said of versions, nothing is asked about them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum
from typing import Literal, NamedTuple, TypeVar

from clusterlab.cluster.errors import OperationRefused, impossible, wrong
from clusterlab.cluster.kinds import FailureEvent, OnlineRefusal, with_private
from clusterlab.cluster.model import WINDOWS as WINDOWS  # noqa: PLC0414  importers find it here
from clusterlab.cluster.model import Cluster, ClusterConfig, Node, Resource

EXCHANGE = "Exchange"
"""Key of `Node.installed`, beside `WINDOWS`."""
VERSION, LAST_WINDOWS, UPGRADING_ON = "version", "last_windows", "upgrading_on"
"""Private properties of a System Attendant; the second is `last_os` of handbook 4, 4.0.1."""
ACCOUNT_LACKS = "account_lacks"
"""Private property of ours: the right that the Cluster service account lacks for an upgrade."""
_NO_RIGHT = (
    FailureEvent("MSExchangeCluster", 2146, "The upgrade of the server object failed."),
    FailureEvent("MSExchangeCluster", 2065, "Failed to bring the resource online."),
)


class ExchangeVersion(Enum):
    """Exchange on a node or of an EVS, in order of age (handbook 4, 4.0.1).

    A hotfix that changes the build of exsetdata.dll is a version of its own, since the EVS needs
    the command after it too (R6); we have one, for Exchange 2003 without a service pack.
    """

    E55 = "5.5"
    E2000_RTM = "2000"
    E2000_SP1 = "2000 SP1"
    E2000_SP2 = "2000 SP2"
    E2000_SP3 = "2000 SP3"
    E2003_RTM = "2003"
    E2003_HOTFIX = "2003 hotfix"
    E2003_SP1 = "2003 SP1"
    E2003_SP2 = "2003 SP2"

    @property
    def product(self) -> str:
        """The product without its service pack: "2003"."""
        return self.value.partition(" ")[0]

    @property
    def rank(self) -> int:
        """Its place in the order of age, from 0."""
        return list(ExchangeVersion).index(self)


class NodeWindows(Enum):
    """Windows of a node, in order of age (handbook 4, 4.0.1).

    Without a service pack, and with the second one of 2003: handbook 3, N01 and 1.1.
    """

    NT4 = "NT 4.0"
    W2000 = "2000"
    W2000_SP3 = "2000 SP3"
    W2000_SP4 = "2000 SP4"
    W2003 = "2003"
    W2003_SP1 = "2003 SP1"
    W2003_SP2 = "2003 SP2"

    @property
    def product(self) -> str:
        """The product without its service pack: "2000"."""
        return self.value.partition(" ")[0]

    @property
    def with_pack(self) -> NodeWindows:
        """Itself with the service pack that an upgrade asks for, or the newer one that it has.

        Example:
            >>> NodeWindows.W2000_SP3.with_pack.value, NodeWindows.W2003_SP2.with_pack.value
            ('2000 SP4', '2003 SP2')
        """
        packs = {"2000": NodeWindows.W2000_SP4, "2003": NodeWindows.W2003_SP1}
        return max(self, packs.get(self.product, self), key=list(NodeWindows).index)


Relation = Literal[
    "none",
    "the same",
    "a newer service pack",
    "an older service pack",
    "a newer Exchange",
    "an older Exchange",
]
"""How the Exchange of a node stands to that of an EVS."""


class FitResult(Enum):
    """What comes of bringing a System Attendant online (handbook 4, 4.0.3)."""

    ONLINE = "Online"
    UPGRADES_ITSELF = "the System Attendant upgrades the EVS itself, then Online"
    NEEDS_COMMAND = "not Online before Upgrade Exchange Virtual Server has run on that node"
    TOO_NEW = "fails, UE-01"
    NO_TYPES = "no possible owner"
    NO_WAY_BACK = "fails, UE-18"
    IMPOSSIBLE = "impossible"


class Fit(NamedTuple):
    """One row of the table.

    Attributes:
        product: Of the EVS; "" for any.
        relation: How the node's Exchange stands to it; None for any.
        windows: Of the node: "2000", "2003", "2000 to 2003" or "2003 to 2000" for an EVS that was
            last Online on the other one; "" for any.
    """

    product: str
    relation: Relation | None
    windows: str
    result: FitResult
    source: str


FITS: tuple[Fit, ...] = (
    Fit("2000", "none", "", FitResult.NO_TYPES, "unsourced"),
    Fit("2000", "the same", "2000", FitResult.ONLINE, "handbook 4, 4.0.3"),
    Fit("2000", "a newer service pack", "2000", FitResult.UPGRADES_ITSELF, "R6"),
    Fit("2000", "an older service pack", "2000", FitResult.TOO_NEW, "S9"),
    Fit("2000", "a newer Exchange", "2000", FitResult.NEEDS_COMMAND, "R7, derived"),
    Fit("2003", "an older Exchange", "2000", FitResult.TOO_NEW, "S7, S8"),
    Fit("2003", "a newer service pack", "", FitResult.NEEDS_COMMAND, "S8"),
    Fit("2003", "an older service pack", "", FitResult.TOO_NEW, "S8"),
    Fit("2003", "the same", "2000 to 2003", FitResult.ONLINE, "S33"),
    Fit("2003", "the same", "2003 to 2000", FitResult.NO_WAY_BACK, "S33"),
    Fit("2000", None, "2003", FitResult.IMPOSSIBLE, "R1"),
    # Not in the table of the handbook, because nothing happens: nothing has changed.
    Fit("2003", "the same", "", FitResult.ONLINE, "handbook 4, R7"),
    Fit("2003", "none", "", FitResult.NO_TYPES, "unsourced"),
)
"""The truth table of handbook 4, 4.0.3, in its order; the first row that fits decides."""


def relation(evs: ExchangeVersion, node: ExchangeVersion | None) -> Relation:
    """Return how the Exchange of a node stands to that of an EVS.

    Example:
        >>> relation(ExchangeVersion.E2000_SP3, ExchangeVersion.E2003_RTM)
        'a newer Exchange'
    """
    if node is None:
        return "none"
    if node is evs:
        return "the same"
    is_newer = node.rank > evs.rank
    if node.product == evs.product:
        return "a newer service pack" if is_newer else "an older service pack"
    return "a newer Exchange" if is_newer else "an older Exchange"


def fit(
    evs: ExchangeVersion,
    node: ExchangeVersion | None,
    windows: NodeWindows | None = None,
    last: NodeWindows | None = None,
) -> Fit:
    """Return the row of the table for an EVS on a node (handbook 4, 4.0.3).

    Without *windows* it is the one that the Exchange needs at least; *last* is the one on which the
    EVS was last Online, that of the node if None.

    Example:
        >>> fit(ExchangeVersion.E2003_RTM, ExchangeVersion.E2000_SP3).result
        <FitResult.TOO_NEW: 'fails, UE-01'>
    """
    here = (windows or NodeWindows.W2000_SP4).product
    before = (last.product if last else here) or here
    seen = {"", here, f"{before} to {here}"}
    how = relation(evs, node)
    for row in FITS:
        if row.product == evs.product and row.relation in (None, how) and row.windows in seen:
            return row
    raise impossible("no version of an EVS", evs.value, here)


# --- versions of nodes and EVSs -----------------------------------------------------------------


_SPELLED = (
    (r"^(?:exchange|windows)\s+|\bserver\b|\brtm\b|\br2\b", ""),
    (r"^(?:6\.5\.)?6944(?:\.4)?$", "2003"),
    (r"^(?:6\.5\.)?7226(?:\.6)?$", "2003 SP1"),
    (r"^(?:6\.5\.)?7638(?:\.2)?$", "2003 SP2"),
    (r"^(?:ws|w)?(2000|2003)\b", r"\1"),
    (r"^w2k3?\b", lambda match: "2003" if match[0].endswith("3") else "2000"),
    (r"\bsp ?([1-4])\b", r"SP\1"),
)


def spelled(text: str) -> str:
    """Return a version as it is named here, from what people and dialogs call it.

    Example:
        >>> [spelled(text) for text in ("Exchange 2003 sp2", "6.5.7226", "WS2003", "W2K")]
        ['2003 SP2', '2003 SP1', '2003', '2000']

    Source: handbook 3, 1.1 (build numbers).
    """
    for pattern, named in _SPELLED:
        text = " ".join(re.sub(pattern, named, text, flags=re.IGNORECASE).split())
    return text


_Named = TypeVar("_Named", ExchangeVersion, NodeWindows)


def _named(kind: type[_Named], text: object, what: str) -> _Named | None:
    """Return the version of this name; None where none is named."""
    if text is None:
        return None
    for one in kind:
        if one.value == text:
            return one
    raise wrong(what, text, ", ".join(one.value for one in kind))


def node_version(node: Node) -> ExchangeVersion | None:
    """Return the Exchange on a node; None where none is named."""
    text = node.installed.get(EXCHANGE)
    return _named(ExchangeVersion, text, f"the Exchange version of {node.name}")


def node_windows(node: Node) -> NodeWindows | None:
    """Return the Windows of a node; None where none is named."""
    return _named(NodeWindows, node.installed.get(WINDOWS), f"the Windows of {node.name}")


def evs_version(attendant: Resource) -> ExchangeVersion | None:
    """Return the version of the EVS of a System Attendant; None where none is named."""
    text = attendant.private.get(VERSION)
    return _named(ExchangeVersion, text, f"the Exchange version of {attendant.group}")


def last_windows(attendant: Resource) -> NodeWindows | None:
    """Return the Windows on which a System Attendant was last Online; None if unknown."""
    text = attendant.private.get(LAST_WINDOWS)
    return _named(NodeWindows, text, f"the Windows of {attendant.group}")


def installed(
    exchange: ExchangeVersion | None = None, windows: NodeWindows | None = None
) -> Mapping[str, str]:
    """Return what a node has, for its `installed`.

    Example:
        >>> installed(ExchangeVersion.E2000_SP3, NodeWindows.W2000_SP4)
        {'Exchange': '2000 SP3', 'Windows': '2000 SP4'}
    """
    named = {EXCHANGE: exchange, WINDOWS: windows}
    return {key: value.value for key, value in named.items() if value is not None}


def with_versions(
    cluster: Cluster,
    exchange: ExchangeVersion,
    windows: NodeWindows = NodeWindows.W2000_SP4,
    *,
    nodes: Sequence[str] | None = None,
    evs: Sequence[str] | None = None,
) -> Cluster:
    """Return *cluster* with versions named for its nodes and EVSs; time does not pass.

    *windows* is also the one on which the EVSs were last Online. None for *nodes* or *evs* takes
    all.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> cluster = with_versions(exchange_cluster(2, 1), ExchangeVersion.E2003_SP1)
        >>> fit_on(cluster, attendant_of(cluster.config, "EVS1"), "NODE3").result.value
        'Online'

    Source: handbook 4, 4.0.1.
    """
    config = cluster.config
    chosen = config.nodes_by_name if nodes is None else nodes
    changed_nodes = tuple(
        replace(node, installed=installed(exchange, windows)) if node.name in chosen else node
        for node in config.nodes
    )
    words = {VERSION: exchange.value, LAST_WINDOWS: windows.value}
    resources = tuple(
        replace(item, private={**item.private, **words})
        if item.type.short == "SA" and (evs is None or item.group in evs)
        else item
        for item in config.resources
    )
    return replace(cluster, config=replace(config, nodes=changed_nodes, resources=resources))


def attendant_of(config: ClusterConfig, evs: str) -> Resource:
    """Return the System Attendant of an EVS, by the name of its group."""
    return config.resources_by_name[config.resource_name(f"{evs}/SA")]


def check_versions(config: ClusterConfig, attendant: Resource) -> None:
    """Raise ConfigError for a version that cannot be, of the EVS or of a node (R1, R3)."""
    evs = evs_version(attendant)
    if evs is ExchangeVersion.E55:
        raise impossible("Exchange 5.5 in a cluster", attendant.group)
    last_windows(attendant)
    for node in config.nodes:
        exchange, windows = node_version(node), node_windows(node)
        if evs is not None:
            _check_age(node, attendant.group, exchange, windows)
        if exchange is None or windows is None or windows.product != "2003":
            continue
        if exchange.product != "2003":
            raise impossible("Exchange on Windows", node.name, exchange.value, windows.value)


def _check_age(
    node: Node, evs: str, exchange: ExchangeVersion | None, windows: NodeWindows | None
) -> None:
    """Raise ConfigError for a node of which the truth table knows nothing (R1, R3)."""
    old = "Exchange 5.5" if exchange is ExchangeVersion.E55 else ""
    old = old or ("Windows NT 4.0" if windows is NodeWindows.NT4 else "")
    if old:
        raise impossible("old node", node.name, old, evs)


def fit_on(cluster: Cluster, attendant: Resource, node: str) -> Fit | None:
    """Return the row for a System Attendant on a node; None where the EVS has no version."""
    evs = evs_version(attendant)
    if evs is None:
        return None
    there = cluster.config.nodes_by_name[node]
    return fit(evs, node_version(there), node_windows(there), last_windows(attendant))


# --- what EXRES does with them ------------------------------------------------------------------


SERVER_OBJECT = "server_object"
"""Private property of ours: the name of the server object that the EVS has in Active Directory."""


def _unknown_name(cluster: Cluster, attendant: Resource) -> OnlineRefusal | None:
    """Refuse an EVS whose Network Name has another name than its server object (handbook 2, 7.2).

    The Cluster service stores the name; Exchange does not bear it, on any node.
    """
    known = attendant.private.get(SERVER_OBJECT)
    for needed in map(cluster.config.resources_by_name.get, attendant.depends_on):
        name = needed.private.get("Name") if needed and needed.type.name == "Network Name" else None
        if known and name and str(name).casefold() != str(known).casefold():
            because = f"Active Directory has no server object {name}; that of this EVS is {known}"
            after_s = cluster.config.durations["sa_refused"]
            return OnlineRefusal(after_s, because, "handbook 2, 7.2; KB 302389")
    return None


def version_refusal(cluster: Cluster, attendant: Resource) -> OnlineRefusal | None:
    """Refuse a System Attendant whose name is unknown, or on a node whose Exchange does not fit.

    The Cluster service knows nothing of it and tries all the same (R8).

    Source: handbook 4, 4.0.3 and 4.5.2.
    """
    node, evs = cluster.owners[attendant.group], attendant.group
    row, unknown = fit_on(cluster, attendant, node), _unknown_name(cluster, attendant)
    if unknown or row is None:
        return unknown
    after_s = cluster.config.durations["sa_refused"]
    if attendant.private.get(UPGRADING_ON):
        because = f"the upgrade of {evs} has not ended, and what it wrote is half done"
        return OnlineRefusal(after_s, because, "handbook 4, 4.5.2; unsourced")
    lacking = attendant.private.get(ACCOUNT_LACKS)
    if row.result is FitResult.UPGRADES_ITSELF and lacking:
        because = f"the Cluster service account lacks {lacking}, and the upgrade of {evs} needs it"
        return OnlineRefusal(after_s, because, "handbook 4, 4.3.9; KB 887722", instead=_NO_RIGHT)
    if row.result in (FitResult.ONLINE, FitResult.UPGRADES_ITSELF):
        return None
    return OnlineRefusal(after_s, _because(cluster, attendant, node, row), _source(row))


def _source(row: Fit) -> str:
    return row.source if row.source.startswith("handbook") else f"handbook 4, 4.0.3; {row.source}"


def _because(cluster: Cluster, attendant: Resource, node: str, row: Fit) -> str:
    evs = attendant.group
    here = cluster.config.nodes_by_name[node].installed
    exchange = f"Exchange {here.get(EXCHANGE)}"
    match row.result:
        case FitResult.TOO_NEW:
            return (
                "version of Exchange on this machine does not match the version of Exchange "
                f"server {evs}: {node} has {exchange}, {evs} is {attendant.private[VERSION]} "
                "(UE-01)"
            )
        case FitResult.NEEDS_COMMAND:
            return (
                f"{node} has {exchange} and {evs} is still {attendant.private[VERSION]}: Upgrade "
                "Exchange Virtual Server has to run there first"
            )
        case FitResult.NO_WAY_BACK:
            return (
                f"{evs} was last Online on Windows {attendant.private[LAST_WINDOWS]}, and {node} "
                f"has Windows {here.get(WINDOWS)} (UE-18)"
            )
        case FitResult.NO_TYPES:
            return f"{node} has no Exchange"
    return f"Exchange {attendant.private[VERSION]} does not run on Windows {here.get(WINDOWS)}"


def online_note(cluster: Cluster, attendant: Resource) -> ClusterConfig:
    """Note on which Windows a System Attendant is Online; a service pack of 2000 upgrades it.

    Source: handbook 4, 4.0.1 and R6.
    """
    if VERSION not in attendant.private:
        return cluster.config
    here = cluster.config.nodes_by_name[cluster.owners[attendant.group]].installed
    notes = {VERSION: here.get(EXCHANGE), LAST_WINDOWS: here.get(WINDOWS)}
    said = {key: value for key, value in notes.items() if value is not None}
    private = {**attendant.private, **said}
    return (
        cluster.config
        if private == attendant.private
        else with_private(cluster.config, attendant, private)
    )


def check_way_back(cluster: Cluster, attendant: Resource, node: str) -> None:
    """Refuse a planned move from Windows Server 2003 back to Windows 2000 (UE-18; S33)."""
    row = fit_on(cluster, attendant, node)
    if row is None or row.result is not FitResult.NO_WAY_BACK:
        return
    raise OperationRefused(
        "UE-18",
        text="An Exchange group is not moved back to an older Windows",
        because=f"{_because(cluster, attendant, node, row).removesuffix(' (UE-18)')}.",
        remedy=f"Leave it; upgrade the Windows of {node} first.",
        source="handbook 4, 4.0.3; derived",
    )
