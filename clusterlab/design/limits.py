"""What breaks first: which limit is hit at which value as mailboxes, quota or groups grow.

Two kinds of limits are told apart. Some belong to the EVSs that are there: processors, databases
and restore time of a design that gets no further EVS. The others belong to the cluster that gets
as many EVSs as it needs: drive letters, mount roots, nodes. `loss_of` counts in mailboxes what
failures of a design's cluster cost; they are played by the simulation.

Source: handbook 5, 5.1.2, 5.1.5, 5.1.7, 5.2.1, 5.2.3 and 5.2.10.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from clusterlab.cluster.checks import listed
from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.states import GroupState, NodeState
from clusterlab.design.requirements import INPUTS
from clusterlab.design.sizing import Design, Formula, evaluated, sheet
from clusterlab.rules.expressions import Number, holds, with_values
from clusterlab.studies.play import Aftermath, minutes
from clusterlab.tomlfiles.tables import own_lists, text


class Limit(NamedTuple):
    """Something that ends growth; its condition holds where it is passed."""

    key: str
    title: str
    condition: str
    consequence: str
    source: str


LIMITS: tuple[Limit, ...] = tuple(
    Limit(**row)
    for row in own_lists(
        Path(__file__).with_name("limits.toml"), dict.fromkeys(Limit._fields, text)
    )["limits"]
)
"""The first four for the EVSs of the design, the others for as many EVSs as are needed."""

_OF_EVS = ("cpu_use", "data_gb", "database_gb", "sg_mailboxes", "sg_logs_a_day", "replay_h")


@cache
def _sheet() -> tuple[Formula, ...]:
    """Return the formulas that limits ask for, one EVS standing for all."""
    around = ("gc_", "front_", "standby")
    first, *others = sheet("growth")
    return (
        *(line for line in sheet("site") if not line.name.startswith(around)),
        first,
        *(line for line in sheet("evs") if line.name in _OF_EVS),
        *others,
    )


GROWING: Mapping[str, str] = {
    "mailboxes": "mailboxes",
    "quota_mb": "MB for each mailbox",
    "storage_groups": "storage groups of each EVS",
    "evs_at_least": "EVSs",
}
"""What can grow, one by one, and its words."""

_HIGHEST = {item.name: int(item.high) for item in INPUTS} | {"storage_groups": 4}


class Break(NamedTuple):
    """Where growth meets a limit.

    Attributes:
        value: The first value that passes it; None if none up to the end of the range does.
        arithmetic: The condition with the numbers at that value; "" if there is none.
    """

    limit: Limit
    value: int | None
    arithmetic: str

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.limit.title}: not within the range"
        return (
            f"{self.limit.title}: at {self.value:,}, since {self.arithmetic}; "
            f"{self.limit.consequence} [handbook 5, {self.limit.source}]"
        )


def breaks(made: Design, name: str) -> tuple[Break, ...]:
    """Return every limit with the value at which it is passed, the first one first.

    Args:
        made: The design that is to grow.
        name: What grows, by whole steps from its value in the design: "mailboxes", "quota_mb",
            "storage_groups" or "evs_at_least".

    Raises:
        ConfigError: If it is something else.

    Example:
        >>> from clusterlab.design.requirements import Requirements
        >>> from clusterlab.design.sizing import design
        >>> made = design(Requirements(mailboxes=9000, evs_at_least=3))
        >>> [(item.limit.key, item.value) for item in breaks(made, "mailboxes")][:2]
        [('letters', 9000), ('policy', 12001)]

    Source: handbook 5, 5.1.7 and 5.2.3.
    """
    values = range(starting_value(made, name), _HIGHEST[name] + 1)
    known: dict[int, Mapping[str, Number]] = {}

    def at(value: int) -> Mapping[str, Number]:
        if value not in known:
            known[value] = figures_at(made, name, value)
        return known[value]

    found = []
    for limit in LIMITS:
        place = bisect_left(
            values, True, key=lambda value: holds(limit.condition, at(value)) is True
        )
        first = values[place] if place < len(values) else None
        said = "" if first is None else with_values(limit.condition, at(first))
        found.append(Break(limit, first, said))
    return tuple(sorted(found, key=lambda item: (item.value is None, item.value)))


def starting_value(made: Design, name: str) -> int:
    """Return what *name* is in the design, rounded up to a whole number."""
    if name not in GROWING:
        raise ConfigError(f"{name!r} does not grow; allowed: {listed(GROWING)}")
    if name == "storage_groups":
        return int(made["evs1.storage_groups"])
    if name == "evs_at_least":
        return made.evs_count
    return -int(-made.requirements.numbers()[name] // 1)


def figures_at(made: Design, name: str, value: int) -> Mapping[str, Number]:
    """Return the figures that limits ask for when *name* has grown to *value*.

    The EVSs and storage groups of the design stay as they are, unless they are what grows; every
    further EVS is like them. None of these figures falls as *name* grows, but for restore time as
    storage groups are added.
    """
    given = made.requirements.numbers()
    given |= {"evs_at_least": made.evs_count, "storage_groups": int(made["evs1.storage_groups"])}
    given[name] = value
    given["evs_built"] = given["evs_at_least"]
    figures = evaluated(_sheet(), given)
    return given | {key: figure.value for key, figure in figures.items()}


# --- what failures cost the users -----------------------------------------------------------------


class MailboxLoss(NamedTuple):
    """What one sequence of failures means to users.

    Attributes:
        cut_off: Mailboxes on EVSs that are lost.
        waiting: Mailboxes on EVSs that were out and came back.
        longest_s: The longest outage of those that came back.
        storage_groups: Storage groups on each node that is left, by its name.
        restore_h: Hours until the largest EVS that is lost is back from tape, if its storage is
            gone too; 0 if none is lost.
    """

    label: str
    cut_off: int
    waiting: int
    longest_s: float
    storage_groups: Mapping[str, int]
    restore_h: float

    def __str__(self) -> str:
        cut = f"{self.cut_off:,} mailboxes cut off" if self.cut_off else "no mailbox cut off"
        waited = f"{self.waiting:,} wait up to {minutes(self.longest_s)}" if self.waiting else ""
        return ", ".join(filter(None, (f"{self.label}: {cut}", waited)))


def loss_of(made: Design, cell: Aftermath) -> MailboxLoss:
    """Return what failures of the design's cluster, in order, mean to users (handbook 5, 5.1.2).

    Example:
        >>> from clusterlab.studies.whatif import double_failures
        >>> from clusterlab.design.requirements import Requirements
        >>> from clusterlab.design.sizing import design
        >>> made = design(Requirements(mailboxes=9000))
        >>> sweep = double_failures(made.cluster())
        >>> print(loss_of(made, sweep.cell("NODE3", "NODE2")))
        NODE3, then NODE2: 3,000 mailboxes cut off, 3,000 wait up to 2.9 min
    """
    numbers = {f"EVS{number}": number for number in range(1, made.evs_count + 1)}
    lost = [group for group in cell.lost if group in numbers]
    back = [
        fate
        for fate in cell.fates
        if fate.group in numbers and not fate.lost and fate.outage.seconds
    ]
    return MailboxLoss(
        label=cell.label,
        cut_off=sum(made.mailboxes_of(numbers[group]) for group in lost),
        waiting=sum(made.mailboxes_of(numbers[fate.group]) for fate in back),
        longest_s=max((fate.outage.seconds for fate in back), default=0.0),
        storage_groups=_storage_groups(made, cell, numbers),
        restore_h=max(
            (float(made[f"evs{numbers[group]}.evs_restore_h"]) for group in lost), default=0.0
        ),
    )


def _storage_groups(made: Design, cell: Aftermath, numbers: Mapping[str, int]) -> dict[str, int]:
    up = [name for name, state in cell.cluster.node_states.items() if state is NodeState.UP]
    counts = dict.fromkeys(up, 0)
    for fate in cell.fates:
        if fate.group in numbers and fate.state is GroupState.ONLINE and fate.owner in counts:
            counts[fate.owner] += int(made[f"evs{numbers[fate.group]}.storage_groups"])
    return counts
