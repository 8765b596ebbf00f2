"""Finds the listings of cluster.exe in text files: which listing it is, of what, and its rows.

A listing begins with its title and ends at a blank line, a prompt or the next title. Everything
else in a file (prompts, commands, other programs) is passed over. What the rows mean is decided in
`importing`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from clusterlab.tomlfiles.files import read_text
from clusterlab.tomlfiles.problems import ClusterFileError, Problem, Problems, name_of

MAX_FILES = 5_000
MAX_BYTES = 5_000_000
"""All files of a folder together; 1,674 resources with every listing take half of it."""
MAX_LINES = 150_000
MAX_LINE = 1_000

ENCODINGS = ("utf-8", "cp850", "cp1252")
"""Of files without a mark: editors of today, `>` of cmd.exe in Western Europe, older editors."""

_QUOTED = "'(?P<name>.*)'"

TITLES: Mapping[str, re.Pattern[str]] = {
    kind: re.compile(rf"\s*Listing {pattern}\s*:?\s*", re.IGNORECASE)
    for kind, pattern in {
        "nodes": rf"status for (?:all available nodes|node {_QUOTED}.*)",
        "groups": rf"status for (?:all available resource groups|resource group {_QUOTED})",
        "resources": rf"status for (?:all available resources|resource {_QUOTED})",
        "networks": rf"status for (?:all available networks|network {_QUOTED})",
        "properties": rf"properties for {_QUOTED}",
        "private": rf"private properties for {_QUOTED}",
        "preferred": rf"preferred owners for (?:resource )?group {_QUOTED}",
        "possible": rf"possible owners for resource {_QUOTED}",
        "dependencies": rf"(?:resource )?dependencies for (?:resource )?{_QUOTED}",
    }.items()
}
"""Titles by kind of listing (handbook 1, 8.1); /quorum has a header and no title."""

_QUORUM = re.compile(r"\s*Quorum Resource Name\b.*", re.IGNORECASE)
_RULE = re.compile(r"\s*-{2,}(?: +-{2,})*\s*")
_PROMPT = re.compile(r"(?:PS )?[A-Za-z]:\\[^<>|]*>")
_ERROR = re.compile(r"\s*System error (?P<code>\d{1,10}) has occurred", re.IGNORECASE)


class ListingRow(NamedTuple):
    """One row of a listing and the line it stands in."""

    line: int
    text: str


class Listing(NamedTuple):
    """One listing.

    Attributes:
        kind: A key of `TITLES`, or "quorum".
        name: Of the thing it is about, or "" for all.
        file: Name of the file.
        line: Line of the title.
        header: The line above the rule.
        rows: What stands below the rule.
    """

    kind: str
    name: str
    file: str
    line: int
    header: str
    rows: tuple[ListingRow, ...]


class FoundListings(NamedTuple):
    """All that was found in a folder.

    Attributes:
        listings: In the order of the files.
        files: Names of the files that were read.
        remarks: Sentences about what was passed over.
    """

    listings: tuple[Listing, ...]
    files: tuple[str, ...]
    remarks: tuple[str, ...]


def find_listings(folder: Path) -> FoundListings:
    """Return the listings in all files of a folder, sorted by name of the file.

    Raises:
        ClusterFileError: If the folder or a file cannot be read, or holds no listing.
    """
    problems = Problems(name_of(folder))
    texts: dict[str, str] = {}
    left = MAX_BYTES
    for path in _files(folder):
        try:
            texts[path.name] = read_text(path, left, ENCODINGS)
        except ClusterFileError as error:
            for problem in error.problems:
                problems.add(problem.line, problem.text, problem.file)
            continue
        left -= min(left, path.stat().st_size)
    problems.raise_if_any()
    return listings_in(texts, name_of(folder))


def _files(folder: Path) -> list[Path]:
    try:
        paths = sorted(path for path in folder.iterdir() if path.is_file())
    except OSError as error:
        problem = f"{error.strerror or error}; name a folder with the listings of a cluster"
        raise ClusterFileError([Problem(name_of(folder), 0, problem)]) from None
    paths = [path for path in paths if not path.name.startswith(".")]
    if len(paths) > MAX_FILES:
        problem = f"it holds {len(paths):,} files; allowed: {MAX_FILES:,}; put only listings there"
        raise ClusterFileError([Problem(name_of(folder), 0, problem)])
    return paths


def listings_in(texts: Mapping[str, str], folder: str) -> FoundListings:
    """Return the listings in *texts*, by name of file.

    Raises:
        ClusterFileError: If there is none, or a line is too long.
    """
    problems = Problems(folder)
    listings: list[Listing] = []
    remarks: list[str] = []
    for file, text in texts.items():
        lines = text.split("\n")
        if len(lines) > MAX_LINES:
            problems.add(0, f"it has {len(lines):,} lines; allowed: {MAX_LINES:,}", file)
            continue
        for number, line in enumerate(lines, start=1):
            if len(line) > MAX_LINE:
                long = f"the line has {len(line):,} characters; allowed: {MAX_LINE:,}"
                problems.add(number, f"{long}; this is no listing of cluster.exe", file)
                break
        else:
            found = list(_listings(file, lines, remarks))
            listings += found
            if not found:
                remarks.append(f"{file} holds no listing of cluster.exe and was passed over.")
    if not listings:
        problems.add(
            0,
            "there is no listing of cluster.exe; save what 'cluster node', 'cluster group' and "
            "'cluster resource' of an English Windows print in text files of this folder",
        )
    problems.raise_if_any()
    return FoundListings(tuple(listings), tuple(texts), tuple(remarks))


def _listings(file: str, lines: Sequence[str], remarks: list[str]) -> Iterator[Listing]:
    """Yield the listings of one file."""
    current: Listing | None = None
    rows: list[ListingRow] = []
    is_below_rule = False
    for number, line in enumerate(lines, start=1):
        begun = _title(file, number, line)
        is_end = is_below_rule and (not line.strip() or _PROMPT.match(line))
        if current is not None and (begun is not None or is_end):
            yield current._replace(rows=tuple(rows))
            current = None
        if begun is not None:
            current, rows, is_below_rule = begun, [], False
        elif current is not None and is_below_rule:
            rows.append(ListingRow(number, line.rstrip()))
        elif current is not None and _RULE.fullmatch(line):
            is_below_rule = True
        elif current is not None and line.strip():
            current = current._replace(header=line)
        elif current is None and (error := _ERROR.match(line)):
            code = error["code"]
            remarks.append(f"{file}, line {number}: cluster.exe reported error {code}.")
    if current is not None:
        yield current._replace(rows=tuple(rows))


def _title(file: str, number: int, line: str) -> Listing | None:
    """Return the listing that begins in this line, still without rows."""
    start = line.lstrip()[:7].casefold()
    if start == "listing":
        for kind, pattern in TITLES.items():
            match = pattern.fullmatch(line)
            if match:
                return Listing(kind, match["name"] or "", file, number, "", ())
    if start == "quorum " and _QUORUM.fullmatch(line):
        return Listing("quorum", "", file, number, line, ())
    return None
