"""Facts of the Cluster service that stand in `facts.toml`: durations, event texts, error codes.

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


class EventFact(NamedTuple):
    """One event of the System or Application log; the text is ours, the id is the product's."""

    text: str
    source: str


class ErrorFact(NamedTuple):
    """One error code; *verbatim* is true only where a document of the product has these words."""

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
EVENTS: Mapping[tuple[str, int], EventFact] = {
    (source, int(number)): EventFact(*row)
    for source, rows in _FACTS["events"].items()
    for number, row in rows.items()
}
"""Events by source and number (handbook 1, 8.3)."""
ERROR_CODES: Mapping[int, ErrorFact] = {
    int(code): ErrorFact(*row) for code, row in _FACTS["errors"].items()
}
"""Error codes (handbook 1, 8.4)."""
