"""From the text of a cluster file to its tables; every line that is not TOML is reported.

tomllib stops at the first line it cannot read. Here that line is noted and repaired or left out,
and the rest is read again, so that one missing quote does not hide what else is wrong.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any, NamedTuple

from clusterlab.cluster.wording import shown
from clusterlab.clusterfiles.problems import Problems
from clusterlab.clusterfiles.toml_lines import LineIndex, TooMuch, lines_of

MOST_REPAIRS = 20
"""Lines left out before the rest is given up."""
MAX_REPAIRED = 60_000
"""Characters of the longest text that is read again after a repair; a second reading costs time."""

_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_HEADER = re.compile(r"^\s*\[+\s*([\w-]+)\s*\]*\s*$")
_BARE_WORD = re.compile(r"""^(\s*[\w.-]+\s*=\s*)([^\s"'\[{#][^"'\[{#]*?)(\s*(?:\#.*)?)$""")


class Document(NamedTuple):
    """The tables of a file, and where each key stands.

    Attributes:
        data: As tomllib gives them.
        lines: Lines by path of keys.
    """

    data: Mapping[str, Any]
    lines: LineIndex


def read_toml(text: str, problems: Problems) -> Document:
    """Return the tables of a TOML text; what is wrong with it is added to *problems*.

    Raises:
        ClusterFileError: If there is too much of it, or nothing can be read.
    """
    rows = text.split("\n")
    for _ in range(MOST_REPAIRS):
        now = "\n".join(rows)
        try:
            lines = lines_of(now)
            return Document(tomllib.loads(now), lines)
        except TooMuch as error:
            problems.add(error.line, error.problem)
            break
        except RecursionError:
            problems.add(0, "its brackets stand too deep in each other; allowed: lists in a table")
            break
        except ValueError as error:
            if not _repaired(rows, str(error), problems) or len(text) > MAX_REPAIRED:
                break
    problems.raise_if_any()
    raise AssertionError("a text that is not read has a problem")


def _repaired(rows: list[str], message: str, problems: Problems) -> bool:
    """Note what is wrong with one of *rows*; repair or empty it, and say if that changed it."""
    match = _PLACE.search(message)
    number = int(match[1]) if match and match[1] else len(rows)
    what = message[: match.start()] if match else message
    number = min(number, len(rows))
    row = rows[number - 1]
    word = _BARE_WORD.match(row)
    if "value" in what.casefold() and word and "overwrite" not in what:
        right = f'{word[1].strip()} "{word[2]}"'
        problems.add(number, f"{shown(word[2])} stands without quotes; write {right}")
        rows[number - 1] = f'{word[1]}"{word[2]}"{word[3]}'
        return True
    header = _HEADER.match(row)
    right = _header(row, header[1]) if header else row.strip()
    if right != row.strip():
        problems.add(number, f"{shown(row.strip())} is no table; write {right}")
        rows[number - 1] = right
        return True
    problems.add(number, f"{shown(row.strip())} cannot be read ({what}); {_remedy(what, row)}")
    problems.has_gaps = True
    rows[number - 1] = ""
    return bool(row) and "Unclosed" not in what


def _header(row: str, name: str) -> str:
    """Return the header that a row was meant to be."""
    return f"[[{name}]]" if "[[" in row or "]]" in row else f"[{name}]"


def _remedy(what: str, row: str) -> str:
    if "overwrite" in what or "twice" in what:
        return "give each key and each table once; a further table of a list is written [[name]]"
    if not row.strip() or "Unclosed" in what:
        return "close the quote or the bracket that was opened last"
    return 'write key = "text", key = number, key = ["text", "text"] or [[table]]'
