"""Repeated cascades: a group that is tried on node after node and refused on each.

They are found so that lists can show them as one line; the rule that ends them is the failover
threshold (handbook 1, 4.3; handbook 2, 4.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from clusterlab.cluster.draft import Change, Outcome
from clusterlab.cluster.facts import CLUSSVC
from clusterlab.cluster.states import Cause

LEAST_STAYS = 3
"""Fewer stays on nodes than this are no cascade worth folding."""


class Cascade(NamedTuple):
    """One group's walk from node to node without ever coming online.

    Attributes:
        nodes: Where it was tried, in the order of the first try.
        error_code: The product's error, if all failures had the same one.
    """

    group: str
    start_s: float
    end_s: float
    nodes: tuple[str, ...]
    stays: int
    failures: int
    error_code: int | None

    def __str__(self) -> str:
        """Return the cascade in one line: "EVS3: 11 stays: NODE1, NODE2: refused 5018, ..."."""
        code = f" {self.error_code}" if self.error_code else ""
        return (
            f"{self.group}: {self.stays} stays: {', '.join(self.nodes)}: refused{code}, "
            f"{self.failures} times"
        )


def cascades(outcomes: Sequence[Outcome]) -> tuple[Cascade, ...]:
    """Return the cascades of a run, oldest first.

    Example:
        >>> from clusterlab import Simulation, exchange_cluster
        >>> sim = Simulation(exchange_cluster())
        >>> for node in ("NODE3", "NODE4"):
        ...     sim.fail_node(node)
        ...     sim.run(until_s=1000 if node == "NODE4" else None)
        >>> print(*cascades(sim.history))
        EVS3: 11 stays: NODE1, NODE2: refused 5018, 44 times
    """
    tries: dict[str, list[list[tuple[str, Change]]]] = {}
    is_open: set[str] = set()
    for outcome in outcomes:
        _close(outcome, is_open)
        for group, owner, change in _failures(outcome):
            if group not in is_open:
                tries.setdefault(group, []).append([])
                is_open.add(group)
            tries[group][-1].append((owner, change))
    found = (_cascade(group, run) for group, runs in tries.items() for run in runs)
    return tuple(sorted((c for c in found if c.stays >= LEAST_STAYS), key=lambda c: c.start_s))


def _close(outcome: Outcome, is_open: set[str]) -> None:
    """End the cascade of a group that came online, or that stays because it may not go on."""
    for entry in outcome.log:
        if entry.source == CLUSSVC and entry.event_id in (1201, 1205):
            is_open.discard(entry.group)
    for decision in outcome.decisions:
        if decision.cause is not Cause.RESOURCE_FAILURE:
            is_open.discard(decision.group)


def _failures(outcome: Outcome) -> list[tuple[str, str, Change]]:
    by_name = outcome.cluster.config.resources_by_name
    return [
        (by_name[change.name].group, _owner_then(outcome, by_name[change.name].group), change)
        for change in outcome.changes
        if change.kind == "resource" and change.new == "Failed"
    ]


def _owner_then(outcome: Outcome, group: str) -> str:
    """Return who owned *group* when its resource failed, before a change of owner."""
    for change in outcome.changes:
        if change.kind == "owner" and change.name == group:
            return change.old
    return outcome.cluster.owners[group]


def _cascade(group: str, run: Sequence[tuple[str, Change]]) -> Cascade:
    owners = [owner for owner, _ in run]
    codes = {change.error_code for _, change in run}
    stays = 1 + sum(one != other for one, other in pairwise(owners))
    return Cascade(
        group=group,
        start_s=run[0][1].at_s,
        end_s=run[-1][1].at_s,
        nodes=tuple(dict.fromkeys(owners)),
        stays=stays,
        failures=len(run),
        error_code=codes.pop() if len(codes) == 1 else None,
    )
