"""What steps take, assumed until somebody has measured it, and what they cost the users.

How long each EVS is out and unprotected is worked out from it in `downtime.py` by playing a path,
and in `orders.py` by counting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from clusterlab.cluster.errors import ConfigError, wrong
from clusterlab.tomlfiles.tables import Reader, flag, line, own_rows, own_table, whole


class TimeAssumption(NamedTuple):
    """How long something takes, as long as nobody has measured it.

    Attributes:
        known: What documents say of it; "" for nothing.
        is_outage: Whether the EVS is out meanwhile.
    """

    seconds: float
    text: str
    basis: str
    known: str = ""
    is_outage: bool = False


def _read(path: Path) -> Mapping[str, TimeAssumption]:
    texts: Mapping[str, Reader] = dict.fromkeys(("text", "basis", "known"), line)
    readers = {"seconds": whole(0, 86_400), "is_outage": flag, **texts}
    root = own_table(path)
    rows = own_rows(root, readers, must=("seconds", "text", "basis"))
    root.problems.raise_if_any()
    return {
        n: TimeAssumption(**{**row, "seconds": float(row["seconds"])}) for n, row in rows.items()
    }


ASSUMPTIONS = _read(Path(__file__).with_name("assumptions.toml"))
"""All assumptions (handbook 4, 4.5.3); documents give nothing but the ranges quoted."""


def times(replaced: Mapping[str, float] | None = None) -> Mapping[str, float]:
    """Return the seconds of every assumption, with the client's own in place of defaults.

    Example:
        >>> times({"T_MOVE": 90})["T_MOVE"]
        90
    """
    for name, seconds in (replaced or {}).items():
        if name not in ASSUMPTIONS:
            allowed = ", ".join(ASSUMPTIONS)
            raise ConfigError(f"there is no assumption {name!r}; allowed: {allowed}")
        is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if not (is_number and isfinite(seconds) and seconds >= 0):
            raise wrong(name, seconds, "seconds, 0 or more")
    usual = {name: row.seconds for name, row in ASSUMPTIONS.items()}
    return {**usual, **(replaced or {})}


class StepTime(NamedTuple):
    """What a step costs.

    Attributes:
        out: EVSs that are out meanwhile.
        unprotected: EVSs that are online meanwhile and that no node could take over.
        takes: Names of the assumptions that add up to its time.
    """

    key: str
    seconds: float
    out: tuple[str, ...]
    unprotected: tuple[str, ...]
    takes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What an upgrade costs its users."""

    evs: tuple[str, ...]
    steps: tuple[StepTime, ...]

    def timed(self, seconds: Mapping[str, float]) -> Forecast:
        """Return what the same steps cost by the client's own times."""
        table = times(seconds)
        took = (sum(table[name] for name in step.takes) for step in self.steps)
        steps = (step._replace(seconds=s) for step, s in zip(self.steps, took, strict=True))
        return Forecast(evs=self.evs, steps=tuple(steps))

    @property
    def elapsed_s(self) -> float:
        """Seconds of all steps that the assumptions speak of."""
        return sum(step.seconds for step in self.steps)

    @property
    def downtime_s(self) -> Mapping[str, float]:
        """Seconds each EVS is out."""
        return {e: sum(s.seconds for s in self.steps if e in s.out) for e in self.evs}

    @property
    def exposure_s(self) -> Mapping[str, float]:
        """Seconds each EVS is online without a node that could take it over."""
        return {e: sum(s.seconds for s in self.steps if e in s.unprotected) for e in self.evs}
