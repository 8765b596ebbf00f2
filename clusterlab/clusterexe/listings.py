"""Finds the listings of cluster.exe in text files: which listing it is, of what, and its rows.

A blank line never ends a listing, because captured and copied text has one behind every row; the
next title, prompt, command or error does, and text behind a blank line that looks like no row.
Rows that stand alone, as `find` lets them through, are listings too. Nothing vanishes: a title
without rows and every line that was not understood is reported. What the rows mean is decided in
`evidence`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from clusterlab.cluster.errors import shown
from clusterlab.tomlfiles.files import read_text
from clusterlab.tomlfiles.problems import ClusterFileError, Problem, Problems, name_of
from clusterlab.tomlfiles.tables import own_lists, text

MAX_FILES = 5_000
MAX_BYTES = 5_000_000
"""All files of a folder together; 1,674 resources with every listing take half of it."""
MAX_LINES = 150_000
MAX_LINE = 1_000

ENCODINGS = ("utf-8", "cp850", "cp1252")
"""Of files without a mark: editors of today, `>` of cmd.exe in Western Europe, older editors."""

_PATTERNS = own_lists(Path(__file__).with_name("listings.toml"), {"kind": text, "pattern": text})


def _compiled(part: str) -> Mapping[str, re.Pattern[str]]:
    rows = _PATTERNS[part]
    return {row["kind"]: re.compile(rf"\s*{row['pattern']}\s*", re.I) for row in rows}


TITLES, _HEADERS, _FITS = map(_compiled, ("titles", "heads", "rows"))
"""Titles, heads that stand without one, and what rows look like, by kind of listing."""
_WIDTHS: Mapping[tuple[int, ...], str] = {
    (14, 7, 21): "nodes",
    (20, 15, 6): "groups",
    (20, 20, 15, 6): "resources",
}
"""Widths of the columns by kind, for files without a head (handbook 8, 3.2)."""
_SHELL: Mapping[tuple[str, ...], str] = {
    ("Name", "ID", "State"): "nodes",
    ("Name", "OwnerNode", "State"): "groups",
    ("Name", "State", "Group", "ResourceType"): "typed",
    ("Name", "State", "OwnerGroup", "ResourceType"): "typed",
    ("Cluster", "QuorumResource", "QuorumType"): "quorum",
}
"""Tables of PowerShell by their heads (handbook 8, 3.4)."""
_STATES = "Online|Offline|Failed|Partially Online|Online Pending|Offline Pending"
_LOOSE = re.compile(rf"(?P<front>\S.*) (?P<node>\S+) +(?P<state>{_STATES})")
_LOOSE_PROPERTY = re.compile(r"[BDMS]R? {1,2}(?=.{20} )\S.* [A-Z]\w+(?: {2,}.*)?")
_VERSION = re.compile(r"Cluster (?:Name|Version|Vendor): +\S.*", re.IGNORECASE)
_RULE = re.compile(r"-{2,}(?: +-{2,})*")
_PROMPT = re.compile(
    r"(?:PS )?[A-Z]:\\[^<>|]*>|Get-Cluster\w+|cluster(?:\.exe)?(?: [^ ]+)?"
    r" (?:/|node|group|res|net)(?!.*  )",
    re.IGNORECASE,
)
_ERROR = re.compile(r"System error (?P<code>\d{1,10}) has occurred", re.IGNORECASE)
_QUOTE = re.compile(r"\s?(?:> ?)+")
_PAGE = re.compile(r"<(?:!doctype|html|body|table)\b", re.IGNORECASE)


class ListingRow(NamedTuple):
    """One row of a listing and the line it stands in."""

    line: int
    text: str


class Listing(NamedTuple):
    """One listing.

    Attributes:
        kind: A key of `TITLES`, "quorum", "interfaces" or "version"; "typed": resources with types.
        name: Of the thing it is about, or "" for all.
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
        unread: Sentences about what was not understood, with file and line.
    """

    listings: tuple[Listing, ...]
    files: tuple[str, ...]
    unread: tuple[str, ...]


def find_listings(folder: Path) -> FoundListings:
    """Return the listings in all files of a folder, sorted by name of the file."""
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
    """Return the listings in *texts*, by name of file."""
    problems = Problems(folder)
    listings: list[Listing] = []
    unread: list[str] = []
    for file, whole in texts.items():
        lines = whole.split("\n")
        if len(lines) > MAX_LINES:
            problems.add(0, f"it has {len(lines):,} lines; allowed: {MAX_LINES:,}", file)
            continue
        for number, line in enumerate(lines, start=1):
            if len(line) > MAX_LINE:
                long = f"the line has {len(line):,} characters; allowed: {MAX_LINE:,}"
                problems.add(number, f"{long}; this is no listing of cluster.exe", file)
                break
        else:
            listings += _Finder(file, unread).read(lines)
    if not listings:
        none = "there is no listing of cluster.exe; save what 'cluster node', 'cluster group' and "
        none += "'cluster resource' of an English Windows print in text files of this folder"
        problems.add(0, none)
        for sentence in unread:
            problems.add(0, sentence.rstrip("."))
    problems.raise_if_any()
    return FoundListings(tuple(listings), tuple(texts), tuple(unread))


class _Finder:
    """Reads one file, line by line; *notes* takes what was not understood."""

    def __init__(self, file: str, notes: list[str]) -> None:
        self.file, self.notes = file, notes
        self.found: list[Listing] = []
        self.current: Listing | None = None
        self.rows: list[ListingRow] = []
        self.unread: list[int] = []
        self.columns: list[int] = []
        self.before = ""
        self.is_apart = self.is_below_head = self.is_error = False

    def read(self, lines: Sequence[str]) -> list[Listing]:
        for number, line in enumerate(lines, start=1):
            text = _QUOTE.sub("", line, count=1) if line.lstrip().startswith(">") else line
            text = text.replace("\xa0", " ").expandtabs().rstrip()
            if text.strip():
                self.read_line(number, text)
            self.is_apart, self.before = not text.strip(), text.strip() or self.before
        self.close()
        if not self.found:
            self.notes.append(f"{self.file} holds no listing of cluster.exe and was passed over.")
        elif self.unread:
            self.notes.append(f"{self.file}, {_places(self.unread)}: not understood, passed over.")
        return self.found

    def read_line(self, number: int, text: str) -> None:
        """Take one line that is not blank."""
        word, was_error, self.is_error = text.strip(), self.is_error, False
        if begun := _title(self.file, number, text):
            self.open(begun)
        elif error := _ERROR.match(word):
            self.close()
            code = error["code"]
            self.notes.append(f"{self.file}, line {number}: cluster.exe reported error {code}.")
            self.is_error = True
        elif _PROMPT.match(word) and not _FITS["groups"].fullmatch(word):
            self.close()
        elif not (was_error or self.goes_on(number, text) or self.stands_alone(number, text)):
            self.unread.append(number)

    def open(self, listing: Listing, *, is_below_head: bool = False) -> None:
        self.close()
        self.current, self.is_below_head = listing, is_below_head or listing.kind == "quorum"

    def close(self) -> None:
        """End the listing that is being read; one without rows is reported."""
        listing = self.current
        if listing is not None:
            self.found.append(listing._replace(rows=tuple(self.rows)))
            may_be_empty = self.is_below_head and listing.kind in _MAY_BE_EMPTY
            if not self.rows and not may_be_empty:
                place = f"{self.file}, line {listing.line}"
                self.notes.append(f"{place}: the listing that begins here has no rows.")
        self.current, self.rows, self.columns = None, [], []

    def goes_on(self, number: int, text: str) -> bool:
        """Take a line of the listing that is being read, if it is one."""
        listing = self.current
        if listing is None:
            return False
        if _RULE.fullmatch(text.strip()):
            self.is_below_head = True
        elif not self.is_below_head:
            self.current = listing._replace(header=text)
            self.is_below_head = any(head.fullmatch(text) for head in _HEADERS.values())
        elif self.columns:
            self.add_cells(number, text)
        elif self.is_over(listing, text):
            self.close()
            return False
        else:
            self.rows.append(ListingRow(number, text))
        return True

    def is_over(self, listing: Listing, text: str) -> bool:
        """Return whether this line, which is no title, ends the listing all the same."""
        fits = _FITS.get(listing.kind)
        is_head = any(head.fullmatch(text) for head in _HEADERS.values())
        return is_head or bool(self.is_apart and fits and not fits.fullmatch(text))

    def add_cells(self, number: int, text: str) -> None:
        """Take a row of a PowerShell table, written as cluster.exe would."""
        assert self.current is not None
        cells = _cells(text, self.columns)
        if any(cell.endswith("...") for cell in cells) or len(cells) != len(self.columns):
            what = f"{self.file}, line {number}: {shown(text.strip())} is shortened"
            self.notes.append(f"{what}; save the table again with | Format-Table -AutoSize -Wrap.")
            return
        cells = [re.sub("^PartialOnline$", "Partially Online", cell) for cell in cells]
        row = f"{cells[0]:<20} {cells[1]:<15} {cells[2]}"
        if self.current.kind in ("quorum", "typed"):
            row = cells[1] if self.current.kind == "quorum" else "\t".join(cells)
        self.rows.append(ListingRow(number, row))

    def stands_alone(self, number: int, text: str) -> bool:
        """Take a head or a row without a title, if it is one."""
        empty = Listing("", "", self.file, number, text, ())
        word = text.strip()
        kind = next((kind for kind, head in _HEADERS.items() if head.fullmatch(text)), "owners")
        if kind != "owners":
            self.open(empty._replace(kind=kind), is_below_head=True)
        elif _RULE.fullmatch(word):
            return self.opens_by_rule(empty, word)
        elif kind := "version" if _VERSION.fullmatch(word) else _loose_kind(text):
            row = ListingRow(number, text)
            self.found.append(empty._replace(kind=kind, header="", rows=(row,)))
        elif _PAGE.match(word):
            self.notes.append(f"{self.file}, line {number}: a web page as code; copy its text.")
        else:
            return False
        return True

    def opens_by_rule(self, empty: Listing, rule: str) -> bool:
        """Begin the listing that the widths of a rule tell."""
        heads = tuple(self.before.split())
        heads = heads if len(heads) == len(rule.split()) else ()  # else a line is damaged
        kind = _WIDTHS.get(tuple(map(len, rule.split())), "")
        if heads in _SHELL and not self.is_apart:
            self.open(empty._replace(kind=_SHELL[heads]), is_below_head=True)
            self.columns = [match.start() for match in re.finditer("-+", empty.header)]
            self.unread = self.unread[:-1]
            self.notes.append(
                f"{self.file}, line {empty.line}: a table of PowerShell, so of a later Windows."
            )
        elif kind and (not self.before or self.is_apart):
            self.open(empty._replace(kind=kind), is_below_head=True)
        elif kind:
            place = f"{self.file}, line {empty.line}"
            self.notes.append(
                f"{place}: {kind} under heads that are not English; save it in English."
            )
        else:
            return False
        return True


_MAY_BE_EMPTY = ("preferred", "possible", "dependencies", "private")


def _cells(text: str, columns: Sequence[int]) -> list[str]:
    """Return the cells of a PowerShell row: two blanks divide them, else the columns do."""
    cells = re.split(" {2,}", text.strip())
    ends = (*columns[1:], len(text))
    by_place = [text[start:end].strip() for start, end in zip(columns, ends, strict=True)]
    return cells if len(cells) == len(columns) else by_place


def _loose_kind(text: str) -> str:
    """Return what a row that stands alone is about; "" if it is none."""
    if _LOOSE_PROPERTY.fullmatch(text):
        return "properties"
    match = _LOOSE.fullmatch(text)
    if match is None or not text.endswith(f"{match['node']:<15} {match['state']}"):
        return ""
    name = match["front"].rstrip()
    is_group = match["front"] == f"{name:<20}" and "  " not in name
    return "groups" if is_group else "resources" if len(match["front"]) > 40 else ""


def _places(numbers: Sequence[int]) -> str:
    """Return lines in words: neighbours as one.

    Example:
        >>> _places([1, 2, 3, 7])
        'lines 1 to 3, 7'
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    words = [f"{run[0]} to {run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs]
    return f"line{'s' if len(numbers) > 1 else ''} {', '.join(words)}"


def _title(file: str, number: int, line: str) -> Listing | None:
    """Return the listing that begins in this line, still without rows."""
    start = line.lstrip()[:7].casefold()
    if start == "listing":
        for kind, pattern in TITLES.items():
            match = pattern.fullmatch(line)
            if match:
                return Listing(kind, match.groupdict().get("name") or "", file, number, "", ())
    return None
