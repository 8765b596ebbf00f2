"""What failures cost the users of a design: mailboxes cut off, minutes, storage groups, restores.

The failures are played by the simulation (`whatif.Sweep` on `Design.cluster()`); here they are
counted in mailboxes.

Source: handbook 5, 5.1.2, 5.2.1 and 5.2.10.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from clusterlab.cluster.states import GroupState, NodeState
from clusterlab.design.sizing import Design
from clusterlab.studies.play import Aftermath, minutes


class MailboxLoss(NamedTuple):
    """What one course of failures means to users.

    Attributes:
        label: The failures, as "NODE3, then NODE4".
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
        """Return the loss in one line."""
        cut = f"{self.cut_off:,} mailboxes cut off" if self.cut_off else "nobody cut off"
        waited = f"{self.waiting:,} wait up to {minutes(self.longest_s)}" if self.waiting else ""
        return ", ".join(filter(None, (f"{self.label}: {cut}", waited)))


def loss_of(made: Design, cell: Aftermath) -> MailboxLoss:
    """Return what a course of failures of the design's cluster means to users.

    Example:
        >>> from clusterlab.studies.whatif import double_failures
        >>> from clusterlab.design.requirements import Requirements
        >>> from clusterlab.design.sizing import design
        >>> made = design(Requirements(mailboxes=9000))
        >>> sweep = double_failures(made.cluster())
        >>> print(loss_of(made, sweep.cell("NODE3", "NODE2")))
        NODE3, then NODE2: 3,000 mailboxes cut off, 3,000 wait up to 2.9 min

    Source: handbook 5, 5.1.2.
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
