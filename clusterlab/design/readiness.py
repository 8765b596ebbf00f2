"""Support readiness: what a client must be able to show, scored, with gaps and remedies.

The requirements are D1 to D12 of the handbook: what a *certified Datacenter support provider for
clustering Exchange* comes down to. A client who does not need the Datacenter programme is asked
for less: `PROGRAMMES` says which requirements count for whom.

Source: handbook 5, 5.7.
"""

from __future__ import annotations

import csv
import io
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from clusterlab.cluster.checks import listed
from clusterlab.cluster.errors import ConfigError
from clusterlab.tomlfiles.tables import own_lists, text, whole

WIDTH = 96
"""Characters in a line of a report."""


class Evidence(Enum):
    """What the client could show for a requirement."""

    SHOWN = "shown"
    PROMISED = "promised"
    MISSING = "missing"
    NOT_ASKED = "not asked"


POINTS: Mapping[Evidence, float] = dict(zip(Evidence, (1.0, 0.5, 0.0, 0.0), strict=True))
"""A promise counts half until the evidence lies on the table [unsourced]."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that must be shown.

    Attributes:
        id: D1 to D12, as in the handbook.
        weight: How much it counts: 3 without it there is no support, 2 support suffers, 1 good
            practice [unsourced].
    """

    id: str
    short: str
    title: str
    evidence: str
    remedy: str
    weight: int
    source: str


_TEXTS = ("id", "short", "title", "evidence", "remedy", "source")

REQUIREMENTS: tuple[Requirement, ...] = tuple(
    Requirement(**row)
    for row in own_lists(
        Path(__file__).with_name("readiness.toml"),
        {**dict.fromkeys(_TEXTS, text), "weight": whole(1, 3)},
    )["requirements"]
)

PROGRAMMES: Mapping[str, tuple[str, ...]] = {
    "Datacenter programme": tuple(item.id for item in REQUIREMENTS),
    "Enterprise Edition with a support contract": (
        "D3", "D4", "D6", "D7", "D8", "D9", "D10", "D11", "D12",
    ),
}  # fmt: skip
"""Which requirements count for whom (handbook 5, 5.7.2 and 5.7.3, question 8)."""

_BY_ID = {item.id: item for item in REQUIREMENTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """How ready a client is for the support they want."""

    programme: str
    answers: Mapping[str, Evidence]

    @property
    def score(self) -> float:
        """Weighted share of the requirements that are met, 0 to 1."""
        weights = {name: _BY_ID[name].weight for name in self.answers}
        reached = sum(weights[name] * POINTS[given] for name, given in self.answers.items())
        return reached / sum(weights.values())

    @property
    def gaps(self) -> tuple[Requirement, ...]:
        """What is missing or only promised, the heaviest first."""
        open_ones = [_BY_ID[name] for name, given in self.answers.items() if POINTS[given] < 1]
        return tuple(sorted(open_ones, key=lambda item: -item.weight))

    @property
    def is_supported(self) -> bool:
        """Whether nothing is missing without which there is no support."""
        return all(item.weight < 3 for item in self.gaps)

    def csv(self) -> str:
        """Return a table for a spreadsheet: every requirement that counts, with its evidence.

        Example:
            >>> readiness({"D1": Evidence.SHOWN}).csv().splitlines()[1]
            'D1,3,shown,The provider has valid Datacenter Support Provider status,,S84'
        """
        table = io.StringIO()
        sheet = csv.writer(table, lineterminator="\n")
        sheet.writerow(("Requirement", "Weight", "Evidence", "Title", "To do", "Source"))
        for name, given in self.answers.items():
            item = _BY_ID[name]
            todo = "" if POINTS[given] == 1 else item.remedy
            sheet.writerow((name, item.weight, given.value, item.title, todo, item.source))
        return table.getvalue()

    @property
    def verdict(self) -> str:
        """Programme, score, and whether there is support."""
        verdict = "supported" if self.is_supported else "not supported as it stands"
        return f"{self.programme}: {100 * self.score:.0f} % ready, {verdict}"

    def __str__(self) -> str:
        lines = [f"{self.verdict}."]
        for item in self.gaps:
            said = (
                f"{item.id} {self.answers[item.id].value}: {item.title}. Ask for: {item.evidence}. "
                f"To do: {item.remedy}. [handbook 5, 5.7.3; {item.source}]"
            )
            lines += textwrap.wrap(said, WIDTH, subsequent_indent="    ")
        return "\n".join(lines)


def readiness(given: Mapping[str, Evidence], programme: str = "Datacenter programme") -> Readiness:
    """Return how ready a client is (handbook 5, 5.7.3).

    Example:
        >>> ready = readiness({"D3": Evidence.SHOWN, "D4": Evidence.PROMISED})
        >>> round(ready.score, 2), ready.is_supported
        (0.16, False)
    """
    if programme not in PROGRAMMES:
        raise ConfigError(f"no programme {programme!r}; allowed: {listed(PROGRAMMES)}")
    unknown = [name for name in given if name not in _BY_ID]
    if unknown:
        raise ConfigError(f"no requirement {listed(unknown)}; allowed: {listed(_BY_ID)}")
    asked = {name: given.get(name, Evidence.NOT_ASKED) for name in PROGRAMMES[programme]}
    return Readiness(programme=programme, answers=asked)
