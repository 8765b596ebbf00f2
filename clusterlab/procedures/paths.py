"""From what to what: which path is supported, what it costs, and why the direct way is not.

The matrix of handbook 4, 4.1; times are those of 4.5.3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from clusterlab.cluster.errors import impossible, wrong
from clusterlab.cluster.states import MAX_NODES, Windows
from clusterlab.exchange.exres import NODES_THAT_MAY_SHARE
from clusterlab.exchange.versions import ExchangeVersion, NodeWindows, spelled
from clusterlab.procedures.assumptions import Forecast
from clusterlab.procedures.catalogue import upgrade_path
from clusterlab.procedures.downtime import forecast
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.planning import PlanTable
from clusterlab.procedures.procedure import Procedure, clock
from clusterlab.rules.expressions import Fact, holds
from clusterlab.tomlfiles.tables import Keys, flag, line, own_lists, texts

TARGETS = ("2003 cluster", "2003 stand-alone", "2007", "Windows 2008")
"""What can be wished for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What the client has.

    Attributes:
        exchange: Version of Exchange, with its service pack.
        nodes: How many nodes; 0 for a server that is not clustered.

    Raises:
        ConfigError: If it cannot exist.
    """

    exchange: ExchangeVersion
    windows: NodeWindows
    nodes: int = 0
    evs: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot exist (R1)."""
        if self.exchange.product != "2003" and self.windows.product == "2003":
            raise impossible(
                "Exchange without its Windows", self.exchange.value, self.windows.value
            )
        if self.exchange.product != "5.5" and self.windows is NodeWindows.NT4:
            raise impossible("Exchange on NT 4.0", self.exchange.value)
        limit = MAX_NODES[_WINDOWS[self.windows.product]]
        for what, value, low, high in (("nodes", self.nodes, 0, limit), ("evs", self.evs, 1, 20)):
            if type(value) is not int or not low <= value <= high:
                raise impossible("out of range", what, value, self.windows.value, low, high)

    @property
    def is_cluster(self) -> bool:
        """Whether it is a cluster."""
        return self.nodes > 0

    def __str__(self) -> str:
        """Return it in words: "Exchange 2000 SP3 on 4 nodes with 3 EVSs"."""
        if not self.is_cluster:
            return f"Exchange {self.exchange.value} on a stand-alone server"
        nodes, evs = (
            f"{count} {what}{'' if count == 1 else 's'}"
            for count, what in ((self.nodes, "node"), (self.evs, "EVS"))
        )
        return f"Exchange {self.exchange.value} on {nodes} with {evs}"


def source_named(exchange: str, windows: str, *, nodes: int = 0, evs: int = 1) -> Source:
    """Return what the client has, from the names of the products.

    Args:
        exchange: A value of `ExchangeVersion`, such as "2000 SP3".
        windows: A value of `NodeWindows`, such as "2000 SP4".
        nodes: How many nodes; 0 for a server that is not clustered.
        evs: How many EVSs.

    Raises:
        ConfigError: If there is no such product, or it cannot exist.

    Example:
        >>> str(source_named("2000 SP3", "2000 SP4", nodes=2))
        'Exchange 2000 SP3 on 2 nodes with 1 EVS'
    """
    exchange, windows = spelled(exchange), spelled(windows)
    asked = (("Exchange", ExchangeVersion, exchange), ("Windows", NodeWindows, windows))
    for product, versions, text in asked:
        allowed = [version.value for version in versions]
        if text not in allowed:
            raise wrong(product, text, ", ".join(allowed))
    return Source(
        exchange=ExchangeVersion(exchange), windows=NodeWindows(windows), nodes=nodes, evs=evs
    )


_WINDOWS = {"NT 4.0": Windows.NT4, "NT": Windows.NT4, "2000": Windows.W2K, "2003": Windows.WS2003}


class Way(NamedTuple):
    """What the matrix says.

    Attributes:
        is_in_place: Whether the cluster itself can be upgraded.
        paths: What to do, in this order: names of procedures behind "upgrade-".
        before: What comes first, in words; "" for nothing.
        because: Why the direct way is not possible, or why this one is.
    """

    is_in_place: bool
    paths: tuple[str, ...]
    instead: tuple[str, ...]
    before: str
    because: str
    source: str = "handbook 4, 4.1"

    @property
    def is_supported(self) -> bool:
        """Whether any path leads there."""
        return bool(self.paths)


_SP3 = ExchangeVersion.E2000_SP3
_PACK_FIRST = "Bring every node and EVS to Exchange 2000 Service Pack 3 (P05, rolling, 4.3.9)."


@cache
def _rows() -> tuple[Keys, ...]:
    """Return the rows of the matrix in their order."""
    said = {**dict.fromkeys(("when", "because", "before"), line), "is_in_place": flag}
    readers = {**said, **dict.fromkeys(("paths", "instead"), texts)}
    optional = ("paths", "instead", "before", "is_in_place")
    return tuple(
        own_lists(Path(__file__).with_name("ways.toml"), readers, optional=optional)["way"]
    )


def way(source: Source, target: str = "2003 cluster") -> Way:
    """Return which path leads from what the client has to what he wishes for (handbook 4, 4.1).

    Raises:
        ConfigError: If there is no such target.

    Example:
        >>> E, W = ExchangeVersion, NodeWindows
        >>> way(Source(exchange=E.E2000_SP3, windows=W.W2000_SP4, nodes=4, evs=3)).paths
        ('U4', 'W')
        >>> way(Source(exchange=E.E55, windows=W.NT4)).because
        'Exchange 5.5 has no upgrade in place to 2003, clustered or not (R3).'
    """
    if target not in TARGETS:
        raise wrong("the target", target, ", ".join(TARGETS))
    is_bare = source.exchange.product == "2000" and source.exchange.rank < _SP3.rank
    most = source.nodes if source.nodes <= NODES_THAT_MAY_SHARE else source.nodes - 1
    facts: dict[str, Fact] = {
        "target": target,
        "product": source.exchange.product,
        "windows": source.windows.product,
        "is_cluster": source.is_cluster,
        "nodes": source.nodes,
        "evs": source.evs,
        "most_evs": most,
        "first": _PACK_FIRST if is_bare and source.is_cluster else "",
    }
    row = next(row for row in _rows() if holds(row["when"], facts))
    before = row.get("before", "{first}" if row.get("paths") else "")
    return Way(
        row.get("is_in_place", False),
        row.get("paths", ()),
        row.get("instead", ()),
        before.format_map(facts).strip(),
        " ".join(row["because"].split()).format_map(facts),
    )


def check_path(path: str, source: Source, target: str = "2003 cluster") -> None:
    """Raise ConfigError for a path that does not lead from *source* to *target*.

    The message says why, and which path is the nearest supported one.

    Example:
        >>> source = Source(exchange=ExchangeVersion.E55, windows=NodeWindows.NT4, nodes=2)
        >>> check_path("U2", source)
        Traceback (most recent call last):
        clusterlab.cluster.errors.ConfigError: path U2 is not for Exchange 5.5 on 2 nodes with 1 \
EVS: Exchange 5.5 has no upgrade in place to 2003, clustered or not (R3). Nearest supported path: \
M55 (handbook 4, 4.1)
    """
    found = way(source, target)
    if not found.before and path in (*found.paths, *found.instead):
        return
    nearest = ", then ".join(found.paths) or "none"
    first = f" {found.before}" if found.before else ""
    raise impossible("path not for this", path, source, found.because, first, nearest, found.source)


# --- what each costs the users ------------------------------------------------------------------

_TO_NEW_CLUSTER = ("M55", "SW")
"""Paths that build a cluster beside the old servers; shown for two nodes and one EVS."""


def path_table(
    source: Source, target: str = "2003 cluster", seconds: Mapping[str, float] | None = None
) -> PlanTable:
    """Return the supported paths with what they cost, the one to take first.

    Minutes out and minutes without a standby are those of the EVS that has most of them, by the
    assumptions of `assumptions.ASSUMPTIONS`; time is that of all steps, one after the other. An EVS
    that AP removes is not among them.

    Example:
        >>> from clusterlab.exchange.versions import ExchangeVersion as E, NodeWindows as W
        >>> client = Source(exchange=E.E2000_SP3, windows=W.W2000_SP4, nodes=4, evs=3)
        >>> [row[0] for row in path_table(client).rows]
        ['U4, then W', 'or U4S', 'or CI', 'or SW']

    Source: handbook 4, 4.1 and 4.5.3.
    """
    found = way(source, target)
    ways = [(", then ".join(found.paths), found.paths)] if found.paths else []
    ways += [(f"or {path}", (path,)) for path in found.instead]
    return PlanTable(
        name="paths",
        title=f"From {source} to {'' if target.startswith('Windows') else 'Exchange '}{target}",
        head=("Path", "What", "Steps", "Time", "Out", "No standby"),
        rows=tuple(_row(name, paths, source, seconds) for name, paths in ways),
        notes=tuple(_notes(found)),
    )


def _row(
    name: str, paths: tuple[str, ...], source: Source, seconds: Mapping[str, float] | None
) -> tuple[str, ...]:
    works = list(_works(paths, source))
    costs = [forecast(work, seconds=seconds) for work in works]
    return (
        name,
        "; ".join(work.title for work in works),
        str(sum(len(work.tasks) for work in works)),
        clock(sum(work.minutes() for work in works)),
        *_minutes(costs),
    )


def _minutes(costs: list[Forecast]) -> tuple[str, str]:
    """Return the minutes out, and those without a standby, of the EVS with most of each."""
    names = costs[-1].evs
    out = max(sum(cost.downtime_s[evs] for cost in costs) for evs in names)
    bare = max(sum(cost.exposure_s[evs] for cost in costs) for evs in names)
    return (f"{out / 60:g} min" if out else "-", f"{bare / 60:g} min" if bare else "-")


def _works(paths: tuple[str, ...], source: Source) -> Iterator[Procedure]:
    """Yield paths one after the other, for training values of the client's size."""
    nodes = source.nodes
    evs = min(source.evs, nodes if nodes <= NODES_THAT_MAY_SHARE else nodes - 1)
    for path in paths:
        size = (2, 1) if path in _TO_NEW_CLUSTER else (nodes, evs)
        yield upgrade_path(path, Plan.standard(*size))
        if path == "AP":
            evs -= 1


def _notes(found: Way) -> Iterator[str]:
    yield f"{found.because} ({found.source})"
    if found.before:
        yield f"Before: {found.before}"
    if any(path in _TO_NEW_CLUSTER for path in (*found.paths, *found.instead)):
        yield "SW and M55: each user waits only while that user's mailbox moves (handbook 4, 4.7)."
    if found.paths:
        yield "Minutes are assumptions, to be replaced by measured ones (handbook 4, 4.5.3)."
