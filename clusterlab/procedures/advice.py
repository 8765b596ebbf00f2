"""Which paths lead to Exchange 2003 on a cluster, and what each costs the users."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from clusterlab.exchange.exres import NODES_THAT_MAY_SHARE
from clusterlab.procedures.assumptions import Forecast
from clusterlab.procedures.catalogue import upgrade_path
from clusterlab.procedures.downtime import forecast
from clusterlab.procedures.paths import Source, Way, way
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.planning import PlanTable
from clusterlab.procedures.procedure import Procedure
from clusterlab.procedures.runbook import TITLES, clock

_TO_NEW_CLUSTER = ("M55", "SW")
"""Paths that build a cluster beside the old servers; shown for two nodes and one EVS."""


def path_table(
    source: Source, target: str = "2003 cluster", seconds: Mapping[str, float] | None = None
) -> PlanTable:
    """Return the supported paths with what they cost, the one to take first.

    Minutes out and minutes without a standby are those of the EVS that has most of them, by the
    assumptions of `assumptions.ASSUMPTIONS`; time is that of all steps, one after the other. An EVS
    that AP removes is not among them.

    Args:
        source: What the client has.
        target: One of `paths.TARGETS`.
        seconds: The client's own times, by assumption.

    Raises:
        ConfigError: If there is no such target or assumption.

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
        title=f"From {source} to Exchange {target}",
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
        "; ".join(TITLES[work.name] for work in works),
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
        yield "SW and M55: nobody is out but each user while his mailbox moves (handbook 4, 4.7)."
    if found.paths:
        yield "Minutes are assumptions, to be replaced by measured ones (handbook 4, 4.5.3)."
