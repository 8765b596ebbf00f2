"""The rules of the service-level game: what is given, what can be chosen, what it costs.

Prices, and how patches change the rate of failures, are rules of the game [unsourced]; hours of
contracts and shares of failovers are those of the handbook. `game.py` plays by these rules.

Source: handbook 5, 5.5.3 and 5.5.4.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import NamedTuple

from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.events import MoveGroup, NodeFailed
from clusterlab.design.availability import HOURS_A_YEAR, Pool
from clusterlab.design.ranges import check_numbers, problem_of
from clusterlab.exchange.evs import exchange_cluster
from clusterlab.studies.play import Play

QUARTERS = 4
QUARTER_H = HOURS_A_YEAR / QUARTERS


class Offer(NamedTuple):
    """What can be bought for a quarter: a contract for repairs, or patches.

    Attributes:
        mttr_h: Mean hours to repair a node.
        failures: Factor on the rate of failures of a node.
    """

    price: float
    mttr_h: float = 0.0
    rounds: int = 0
    failures: float = 1.0


CONTRACTS: Mapping[str, Offer] = {
    "next business day": Offer(1_000, mttr_h=36.0),
    "four hours": Offer(5_000, mttr_h=8.0),
}
"""Hours as in handbook 5, 5.5.4; prices [unsourced]."""

PATCHING: Mapping[str, Offer] = {
    "every month": Offer(1_500, rounds=3),
    "every quarter": Offer(500, rounds=1, failures=1.5),
    "never": Offer(0, failures=3.0),
}
"""All of it rules of the game [unsourced]."""

FAILBACKS: Mapping[str, Mapping[str, int]] = {
    "never": {},
    "at once": {"auto_failback_type": 1},
    "at night": {"auto_failback_type": 1, "failback_window_start": 1, "failback_window_end": 4},
}
"""Properties of the groups (handbook 1, 5.6)."""

SPARE_PRICE = 4_000
DRILL_PRICE = 1_500
COVERAGE = {False: 0.90, True: 0.99}
"""Share of failovers that work by themselves without and with drills: the ends of the range."""

SHARED = 0.9999
STORAGE_MTTR_H = 8.0
MANUAL_H = 1.0
OPERATOR_H = 0.5
"""Half an hour until somebody brings a Failed EVS online on a free node."""
REBOOT_H = 0.2
"""A node that is patched is stopped for twelve minutes."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What is given: the cluster, its users, how often nodes fail, and the money.

    Attributes:
        active: EVSs, 1 to 6.
        mailboxes: On each EVS.
        mtbf_h: Hours between failures of a node that is patched every month.
        budget: For the year, in any currency.
        per_mailbox_hour: What an hour of one mailbox out costs.

    Raises:
        ConfigError: If a value is out of range; all of them are named at once.
    """

    active: int = 3
    mailboxes: int = 2_000
    mtbf_h: float = 4380.0
    budget: float = 40_000
    per_mailbox_hour: float = 1.0

    def __post_init__(self) -> None:
        ranges = {
            "active": (1, 6),
            "mailboxes": (1, 100_000),
            "mtbf_h": (100, 1e6),
            "budget": (QUARTERS * CHEAPEST.price, 1e9),
            "per_mailbox_hour": (0, 1e6),
        }
        whole = ("active", "mailboxes")
        check_numbers(
            *(
                problem_of(name, getattr(self, name), low, high, is_whole=name in whole)
                for name, (low, high) in ranges.items()
            )
        )


@dataclass(frozen=True, kw_only=True)
class Policy:
    """How the cluster is run for a quarter.

    Attributes:
        spares: Passive nodes, 1 or 2.
        contract: A key of `CONTRACTS`.
        patching: A key of `PATCHING`.
        failback: A key of `FAILBACKS`.
        has_drills: Whether failovers are rehearsed, so that more of them work by themselves.

    Raises:
        ConfigError: If there is no such choice; all problems are named at once.

    Example:
        >>> Policy(spares=2, contract="four hours").price
        13500
    """

    spares: int = 1
    contract: str = "next business day"
    patching: str = "every quarter"
    failback: str = "never"
    has_drills: bool = False

    def __post_init__(self) -> None:
        problems = [
            f"{field.name} is {value!r}; allowed: {', '.join(map(str, CHOICES[field.name]))}"
            for field in fields(self)
            if (value := getattr(self, field.name)) not in CHOICES[field.name]
        ]
        if problems:
            raise ConfigError("; ".join(problems))

    @property
    def price(self) -> float:
        """What a quarter costs."""
        drills = DRILL_PRICE if self.has_drills else 0
        prices = CONTRACTS[self.contract].price + PATCHING[self.patching].price
        return self.spares * SPARE_PRICE + prices + drills

    def pool(self, terms: Terms) -> Pool:
        """Return the same as a pool of nodes, for the formulas.

        The seconds of a failover and of a planned move are those of the cluster itself. With
        failback every failover and every planned move is followed by a move back.
        """
        patching = PATCHING[self.patching]
        failover_min, move_min = _measured_min(terms.active, self.spares)
        back_min = move_min if FAILBACKS[self.failback] else 0.0
        return Pool(
            active=terms.active,
            passive=self.spares,
            mtbf_h=terms.mtbf_h / patching.failures,
            mttr_h=CONTRACTS[self.contract].mttr_h,
            crews=terms.active + self.spares,
            failover_min=failover_min + back_min,
            coverage=COVERAGE[self.has_drills],
            manual_h=MANUAL_H + back_min / 60,
            operator_h=OPERATOR_H,
            shared=SHARED,
            maintenance_a_year=patching.rounds * QUARTERS,
            moves=2 if back_min else 1,
            move_min=move_min,
            patch_h=REBOOT_H,
        )


CHOICES: Mapping[str, tuple[object, ...]] = {
    "spares": (1, 2),
    "contract": tuple(CONTRACTS),
    "patching": tuple(PATCHING),
    "failback": tuple(FAILBACKS),
    "has_drills": (False, True),
}
"""What a policy can be, by field."""

CHEAPEST = Policy(patching="never")


@cache
def _measured_min(active: int, spares: int) -> tuple[float, float]:
    """Return the mean minutes of a failover and of a planned move on this cluster."""
    failovers, moves = list[float](), list[float]()
    for number in range(1, active + 1):
        evs, node = f"EVS{number}", f"NODE{number}"
        for event, minutes in (
            (NodeFailed(node), failovers),
            (MoveGroup(evs, f"NODE{active + 1}"), moves),
        ):
            play = Play(exchange_cluster(active, spares)).do(event).settle()
            minutes.append(play.watch.outage(evs).seconds / 60)
    return math.fsum(failovers) / active, math.fsum(moves) / active
