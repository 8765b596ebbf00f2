"""The service-level game: a year of four quarters, what it lost, and what was to be expected.

The learner chooses a policy before each quarter, within a budget; `quarters.py` plays it. Beside
the year stand the value to be expected and other years under the same policies.

Source: handbook 5, 5.5.3 and 5.5.4.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from clusterlab.cluster.errors import ConfigError
from clusterlab.design.availability import HOURS_A_YEAR
from clusterlab.design.gamerules import (
    CHEAPEST,
    QUARTERS,
    Policy,
    Terms,
)
from clusterlab.design.quarters import (
    CAUSES,
    Happening,
    Loss,
    Quarter,
    play_quarter,
)


@dataclass(frozen=True, kw_only=True)
class Year:
    """Up to four quarters.

    Attributes:
        terms: What was given.
        seed: Same seed and policies, same year.
        quarters: Those played so far.
    """

    terms: Terms
    seed: int
    quarters: tuple[Quarter, ...] = ()

    @property
    def losses(self) -> tuple[Loss, ...]:
        """Every stretch without service, in order of time."""
        return tuple(loss for quarter in self.quarters for loss in quarter.losses)

    @property
    def happenings(self) -> tuple[Happening, ...]:
        """What happened, in order of time."""
        return tuple(item for quarter in self.quarters for item in quarter.happenings)

    @property
    def mailbox_hours(self) -> float:
        """Mailbox-hours lost so far."""
        return self.mailbox_hours_until(HOURS_A_YEAR)

    def mailbox_hours_until(self, at_h: float) -> float:
        """Return the mailbox-hours lost until an hour of the year."""
        hours = (min(loss.hours, max(0.0, at_h - loss.at_h)) for loss in self.losses)
        return self.terms.mailboxes * math.fsum(hours)

    @property
    def spent(self) -> float:
        """Money spent so far."""
        return math.fsum(quarter.policy.price for quarter in self.quarters)

    @property
    def left(self) -> float:
        """Money left of the budget."""
        return self.terms.budget - self.spent

    @property
    def score(self) -> float:
        """Money spent and what the lost mailbox-hours cost: the lower the better."""
        return self.spent + self.mailbox_hours * self.terms.per_mailbox_hour

    @property
    def is_over(self) -> bool:
        """Whether all four quarters are played."""
        return len(self.quarters) == QUARTERS

    @property
    def expected_mailbox_hours(self) -> float:
        """What is to be expected of the quarters played, in mailbox-hours."""
        return math.fsum(
            expected_mailbox_hours(self.terms, quarter.policy) / QUARTERS
            for quarter in self.quarters
        )

    def hours_by_cause(self) -> dict[str, float]:
        """Return EVS-hours lost by cause, all causes in their order."""
        return {
            cause: math.fsum(loss.hours for loss in self.losses if loss.cause == cause)
            for cause in CAUSES
        }

    def check_affordable(self, policy: Policy) -> None:
        """Refuse a policy that leaves too little for the cheapest one in later quarters.

        Raises:
            ConfigError: If the year is over or the money does not reach.
        """
        if self.is_over:
            raise ConfigError("the year is over; begin another one")
        later = (QUARTERS - 1 - len(self.quarters)) * CHEAPEST.price
        if policy.price > self.left - later:
            raise ConfigError(
                f"the quarter would cost {policy.price:,.0f}; allowed: up to "
                f"{self.left - later:,.0f}, since {self.left:,.0f} are left and each later quarter "
                f"costs {CHEAPEST.price:,.0f} at least"
            )

    def after(self, policy: Policy) -> Year:
        """Return the year with one more quarter, played under a policy.

        Raises:
            ConfigError: If the year is over or the money does not reach.

        Example:
            >>> year = Year(terms=Terms(), seed=1).after(Policy()).after(Policy(spares=2))
            >>> year.spent, len(year.quarters)
            (15000.0, 2)
        """
        self.check_affordable(policy)
        quarter = play_quarter(self.terms, self.seed, len(self.quarters), policy)
        return Year(terms=self.terms, seed=self.seed, quarters=(*self.quarters, quarter))

    def __str__(self) -> str:
        """Return the year in lines: quarters, causes, money, and the expected value."""
        lines = [f"{self.terms.active} EVSs with {self.terms.mailboxes:,} mailboxes each"]
        lines += [_quarter_line(self, quarter) for quarter in self.quarters]
        for cause, hours in self.hours_by_cause().items():
            lines.append(f"  {cause:<18} {60 * hours:9.1f} EVS-minutes")
        lines += [
            f"Lost: {self.mailbox_hours:,.0f} mailbox-hours; expected of such policies: "
            f"{self.expected_mailbox_hours:,.0f}.",
            f"Spent: {self.spent:,.0f} of {self.terms.budget:,.0f}; "
            f"score, spent and lost together: {self.score:,.0f}.",
        ]
        return "\n".join(lines)


def _quarter_line(year: Year, quarter: Quarter) -> str:
    policy = quarter.policy
    hours = math.fsum(loss.hours for loss in quarter.losses)
    drills = "drills" if policy.has_drills else "no drills"
    return (
        f"Quarter {quarter.number + 1}: {year.terms.active}+{policy.spares}, {policy.contract}, "
        f"patches {policy.patching}, failback {policy.failback}, {drills}: "
        f"{hours * year.terms.mailboxes:,.0f} mailbox-hours lost"
    )


def expected_mailbox_hours(terms: Terms, policy: Policy) -> float:
    """Return the mailbox-hours that a year under one policy loses on average.

    By the formulas, which are a few percent above it, for they know no quarter that begins with all
    nodes Up.

    Example:
        >>> never, at_night = Policy(), Policy(failback="at night")
        >>> [round(expected_mailbox_hours(Terms(), policy)) for policy in (never, at_night)]
        [24649, 26020]

    Source: handbook 5, 5.5.3.
    """
    return policy.pool(terms).hours_a_year * terms.active * terms.mailboxes


def play_year(terms: Terms, seed: int, policies: Sequence[Policy]) -> Year:
    """Return the year of a seed under up to four policies; the budget is not looked at.

    Raises:
        ConfigError: If there are more.
    """
    if len(policies) > QUARTERS:
        raise ConfigError(f"{len(policies)} policies; allowed: up to {QUARTERS}, one for a quarter")
    quarters = tuple(
        play_quarter(terms, seed, number, policy) for number, policy in enumerate(policies)
    )
    return Year(terms=terms, seed=seed, quarters=quarters)


def other_years(year: Year) -> Iterator[float]:
    """Yield the mailbox-hours of other years under the same policies, without end."""
    policies = [quarter.policy for quarter in year.quarters]
    for number in count(1):
        yield play_year(year.terms, 1_000_003 * year.seed + number, policies).mailbox_hours


def share_below(value: float, others: Sequence[float]) -> float:
    """Return the share of *others* that are below a value: 0 the best year, 1 the worst.

    Raises:
        ConfigError: If there are no others.
    """
    if not others:
        raise ConfigError("there is no other year to compare with; allowed: one or more")
    return sum(other < value for other in others) / len(others)
