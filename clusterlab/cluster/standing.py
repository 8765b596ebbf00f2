"""How we know a rule: by a source, by reasoning, or not at all."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

WORDS = {
    "unsourced": "no source",
    "derived": "derived",
    "assumption": "course rule",
    "training choice": "course rule",
    "conflict": "sources disagree",
}
"""What stands in a source of a rule, and the standing that it means."""
_OUTSIDE = re.compile(r"KB \d{6}|\bSDK\b|\bbb\d{6}|MSDN|TechNet|guide", re.IGNORECASE)
_SECTION = re.compile(r"\b([A-Z]{1,3}-?\d{1,2}|\d+(?:\.\d+)*)\b")


def standing(source: str) -> str:
    """Return how a rule is known, from the words of its source.

    Returns:
        "sourced", "derived", "sources disagree", "course rule" or "no source".

    Example:
        >>> [standing(f"handbook 1, 5.{words}") for words in ("2", "5", "5; unsourced")]
        ['sourced', 'derived', 'no source']
    """
    for word, meaning in WORDS.items():
        if word in source:
            return meaning
    is_sourced = _OUTSIDE.search(source) or sections_of(source) & sourced_sections()
    return "sourced" if is_sourced else "derived"


def with_standing(source: str) -> str:
    """Return a source with the standing behind it, such as "handbook 1, 5.2: sourced"."""
    words = "|".join(WORDS)
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
