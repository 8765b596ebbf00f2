"""Facts of the Cluster service that stand in `facts.toml`: durations, events, errors, invariants.

Each fact stands once, with its source; everything else looks it up. Durations can be replaced
for one cluster (`ClusterConfig.durations`); the tables themselves change only with the handbook.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple


class Duration(NamedTuple):
    """One row of a table of durations."""

    seconds: float
    meaning: str
    source: str


class Fact(NamedTuple):
    """One event of a log, or one error code; *verbatim*: a document of the product says so."""

    text: str
    source: str
    verbatim: bool = False


def durations_in(rows: Mapping[str, list[Any]]) -> Mapping[str, Duration]:
    """Return the rows of a table of durations by key."""
    return {key: Duration(*row) for key, row in rows.items()}


_FACTS = tomllib.loads(Path(__file__).with_name("facts.toml").read_text("utf-8"))
CLUSSVC = "ClusSvc"
CLUSDISK = "ClusDisk"
SERVICE_CONTROL = "Service Control Manager"

CLUSTER_DURATIONS: Mapping[str, Duration] = durations_in(_FACTS["durations"])
"""How long what the Cluster service does takes (handbook 1, 9)."""
EVENTS: Mapping[tuple[str, int], Fact] = {
    (source, int(number)): Fact(*row)
    for source, rows in _FACTS["events"].items()
    for number, row in rows.items()
}
"""Events by source and number (handbook 1, 8.3); their words are ours."""
ERROR_CODES: Mapping[int, Fact] = {int(code): Fact(*row) for code, row in _FACTS["errors"].items()}
"""Error codes (handbook 1, 8.4)."""
INVARIANT_WORDS: Mapping[str, tuple[int, str, str]] = _FACTS["invariants"]
"""Number, name and sentence of what is always true, by its check (handbook 1, 12)."""
PARTS: Mapping[str, str] = _FACTS["parts"]
"""What each part of an outage means; other resource types add parts of their own."""


# --- how a rule is known ------------------------------------------------------------------------

_STANDINGS: Mapping[str, str] = _FACTS["standings"]
"""What stands in a source of a rule, and the standing that it means."""
_OUTSIDE = re.compile(r"KB \d{6}|\bSDK\b|\bbb\d{6}|MSDN|TechNet|guide", re.IGNORECASE)
_SECTION = re.compile(r"\b([A-Z]{1,3}-?\d{1,2}|\d+(?:\.\d+)*)\b")


def standing(source: str) -> str:
    """Return how a rule is known, from the words of its source.

    Returns:
        "sourced", "derived", "sources disagree", "course rule" or "no source".

    Example:
        >>> [standing(f"handbook {words}") for words in ("1, 5.2", "5, 5.1.7", "1, 5.5; unsourced")]
        ['sourced', 'derived', 'no source']
    """
    for word, meaning in _STANDINGS.items():
        if word in source:
            return meaning
    is_sourced = _OUTSIDE.search(source) or sections_of(source) & sourced_sections()
    return "sourced" if is_sourced else "derived"


def with_standing(source: str) -> str:
    """Return a source with the standing behind it, such as "handbook 1, 5.2: sourced"."""
    words = "|".join(_STANDINGS)
    return f"{re.sub(f'; ({words})$', '', source)}: {standing(source)}"


def sections_of(source: str) -> set[str]:
    """Return the sections, and the rows such as R5, of the handbook that a source names.

    Example:
        >>> sorted(sections_of("handbook 1, 4.1 and 5.2; 2, 1.4; KB 329208"))
        ['1, 4.1', '1, 5.2', '2, 1.4']
    """
    found, chapter = set(), ""
    for part in re.sub(r"KB \d+", "", source).replace("handbook", "").split(";"):
        first, comma, rest = part.strip().partition(",")
        if comma and first.isdigit():
            chapter = first
        numbers = rest if comma and first.isdigit() else part
        found |= {f"{chapter}, {number}" for number in _SECTION.findall(numbers) if chapter}
    return found


@cache
def sourced_sections() -> frozenset[str]:
    """Return the sections and rows that cite a source; `tools/fidelity.py` writes them."""
    path = Path(__file__).with_name("standing.toml")
    return frozenset(tomllib.loads(path.read_text("utf-8"))["sourced"])
