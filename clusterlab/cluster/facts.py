"""Facts of the Cluster service that stand in `facts.toml`: durations, events, errors, invariants.

Each fact stands once, with its source; everything else looks it up. Durations can be replaced
for one cluster (`ClusterConfig.durations`); the tables themselves change only with the handbook.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
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
