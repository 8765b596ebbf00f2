"""Patterns side by side: the same mailboxes on 2+0 to 7+1, 6+2 and 4+4.

Source: handbook 5, 5.1.3 and 5.5.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from clusterlab.design.availability import Pool
from clusterlab.design.requirements import Requirements, RequirementsError
from clusterlab.design.sizing import Design, design

PATTERNS: tuple[tuple[int, int], ...] = (
    (2, 0), (1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1), (7, 1), (5, 2), (6, 2), (4, 4),
)  # fmt: skip
"""Active and passive nodes (handbook 5, 5.1.3)."""

NEEDS_A_SPARE = "needs more than two EVSs, so a passive node"
"""Why two active nodes alone are too few (handbook 5, 5.1.2)."""


class Pattern(NamedTuple):
    """What becomes of some requirements on n active and m passive nodes.

    Attributes:
        active: Nodes with an EVS.
        passive: Nodes without one.
        pool: Its nodes, for its availability.
        design: The design; None if it is impossible.
        problem: Why, or how many EVSs are needed instead; "" if it is right.
    """

    active: int
    passive: int
    pool: Pool
    design: Design | None
    problem: str

    @property
    def name(self) -> str:
        """The pattern, as "3+1"."""
        return f"{self.active}+{self.passive}"

    @property
    def standby_share(self) -> float:
        """Share of the nodes that are passive."""
        return self.passive / (self.active + self.passive)


def patterns(requirements: Requirements) -> Iterator[Pattern]:
    """Yield each pattern for the same mailboxes.

    Example:
        >>> found = {item.name: item for item in patterns(Requirements(mailboxes=12000))}
        >>> found["2+1"].problem, found["3+1"].problem
        ('needs 3 EVSs', '')
        >>> round(found["3+1"].pool.hours_a_year, 2) < round(found["2+0"].pool.hours_a_year, 2)
        True

    Source: handbook 5, 5.1.3.
    """
    for active, passive in PATTERNS:
        pool = replace(requirements.pool, active=active, passive=passive)
        wanted = replace(requirements, evs_at_least=active, passive=passive)
        try:
            made = design(wanted)
        except RequirementsError as error:
            problem = next((f.text for f in error.faults if f.name != "passive"), NEEDS_A_SPARE)
            yield Pattern(active, passive, pool, None, problem)
            continue
        is_enough = made.evs_count == active
        problem = "" if is_enough else f"needs {made.evs_count} EVSs"
        yield Pattern(active, passive, pool, made if is_enough else None, problem)
