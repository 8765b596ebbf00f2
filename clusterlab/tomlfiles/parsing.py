"""From the text of a TOML file to its tables, and where each key of it stands.

tomllib stops at the first line it cannot read. Here that line is noted and repaired or left out,
and the rest is read again, so that one missing quote does not hide what else is wrong.

tomllib says what a file means but not where; `lines_of` says where. It reads tokens only, so a text
that is not TOML gets some index or other, and tomllib then says what is wrong with it. Texts that
would keep a parser busy for minutes are refused: too many tokens, too deep, too long a line.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any, NamedTuple

from clusterlab.cluster.errors import shown
from clusterlab.tomlfiles.files import read_text
from clusterlab.tomlfiles.problems import Problems

MAX_BYTES = 1_000_000
"""A longer file is not read; the course's own have about 2,000 bytes, our largest 40,000."""
MOST_REPAIRS = 20
"""Lines left out before the rest is given up."""
MAX_REPAIRED = 60_000
"""Characters of the longest text that is read again after a repair; a second reading costs time."""

_FILE_NAME = re.compile(r"[^\n=]+\.toml", re.IGNORECASE)
"""A file where the text is expected; TOML says nothing without a sign of equality."""
_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_HEADER = re.compile(r"^\s*\[+\s*([\w-]+)\s*\]*\s*$")
_BARE_WORD = re.compile(r"""^(\s*[\w.-]+\s*=\s*)([^\s"'\[{#][^"'\[{#]*?)(\s*(?:\#.*)?)$""")


class Document(NamedTuple):
    """The tables of a file, and where each key stands."""

    data: Mapping[str, Any]
    lines: LineIndex


def read_source(source: FilePath | str) -> tuple[Document, Problems]:
    """Return the tables of a TOML file (a `Path`) or text, and a place for its problems.

    Raises:
        ClusterFileError: If nothing of it can be read.
    """
    problems = Problems(source.name if isinstance(source, FilePath) else "text")
    if isinstance(source, FilePath):
        source = read_text(source, MAX_BYTES, ("utf-8",))
    elif _FILE_NAME.fullmatch(source):
        problems.add(0, f"{source!r} is read as the text itself; for a file write Path({source!r})")
        problems.raise_if_any()
    if len(source) > MAX_BYTES:
        problems.add(0, f"it is longer than {MAX_BYTES:,} letters (allowed)")
        problems.raise_if_any()
    text = source.removeprefix("\ufeff").replace("\r\n", "\n")
    return read_toml(text, problems), problems


def read_own(text: str) -> Document:
    """Return the tables of a text of ours, which is TOML; lines are sought if one is wrong."""
    return Document(tomllib.loads(text), LineIndex(text))


def read_toml(text: str, problems: Problems) -> Document:
    """Return the tables of a TOML text; what is wrong with it is added to *problems*."""
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
            problems.add(0, "its brackets are nested too deep; allowed: lists in a table")
            break
        except ValueError as error:
            if not _repaired(rows, str(error), problems) or len(text) > MAX_REPAIRED:
                break
    problems.raise_if_any()
    raise AssertionError("a text that is not read has a problem")


def _repaired(rows: list[str], message: str, problems: Problems) -> bool:
    """Note what is wrong with one of *rows*; repair or empty it, and say if that changed it."""
    problems.is_toml = False
    match = _PLACE.search(message)
    number = int(match[1]) if match and match[1] else len(rows)
    what = message[: match.start()] if match else message
    number = min(number, len(rows))
    row = rows[number - 1]
    word = _BARE_WORD.match(row)
    if "value" in what.casefold() and word and "overwrite" not in what:
        right = f'{word[1].strip()} "{word[2]}"'
        problems.add(number, f"{shown(word[2])} has no quotes; write {right}")
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


# --- where each key stands -----------------------------------------------------------------------

Path = tuple[str | int, ...]
"""Keys and, in arrays, places from 0: ("nodes", 2, "name")."""

MAX_TOKENS = 120_000
"""More than the largest cluster needs: 1,674 resources (handbook 1, 3), 60 tokens each."""
MAX_DEPTH = 8
MAX_KEY_PARTS = 8
MAX_LINE = 2_000

_TOKEN = re.compile(
    r"""
      (?P<comment> \#[^\n]*)
    | (?P<string>
        "{3} (?:[^"\\] | \\.? | "(?!""))* (?:"{3,5} | \Z)
      | '{3} (?:[^'] | '(?!''))* (?:'{3,5} | \Z)
      | "(?:[^"\\\n] | \\[^\n])* \\? "?
      | '[^'\n]*'? )
    | (?P<newline> \n)
    | (?P<mark> [\[\]{},=.])
    | (?P<bare> [^\s\[\]{},=.\#"']+)
    """,
    re.VERBOSE | re.DOTALL,
)
"""A string that is not closed reaches to the end of its line, so that each letter is read once."""


class TooMuch(ValueError):
    """A text that is no cluster file, whatever else it is."""

    def __init__(self, line: int, problem: str) -> None:
        """Keep line and problem."""
        self.line, self.problem = line, problem
        super().__init__(problem)


def lines_of(text: str) -> LineIndex:
    r"""Return where the keys of *text* stand.

    Example:
        >>> lines_of('[[nodes]]\nname = "NODE1"').line("nodes", 0, "name")
        2
    """
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > MAX_LINE:
            problem = f"the line has {len(line):,} characters; allowed: {MAX_LINE:,}"
            raise TooMuch(number, f"{problem}; put each value of the list on a line of its own")
    index = LineIndex(text)
    index.line("")  # looks for all of them now, so that what is too much is refused here
    return index


@dataclass(frozen=True)
class LineIndex:
    """Lines of the keys of a text, looked for when the first is asked for.

    Attributes:
        part: The table whose keys are asked for; () for those of the whole text.
    """

    text: str
    part: Path = ()

    @cached_property
    def lines(self) -> Mapping[Path, int]:
        """Lines by path of keys."""
        scanner = _Scanner(_tokens(self.text))
        scanner.scan()
        return scanner.lines

    def line(self, *path: str | int) -> int:
        """Return the line of *path*, or of what it is in; 0 if neither stands in the text."""
        path = (*self.part, *path)
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 0


@dataclass(slots=True)
class _Token:
    kind: str
    text: str
    line: int


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for count, match in enumerate(_TOKEN.finditer(text)):
        if count > MAX_TOKENS:
            problem = f"the file has more than {MAX_TOKENS:,} words and signs; allowed: a cluster"
            raise TooMuch(line, f"{problem} of at most 1,674 resources (handbook 1, 3)")
        kind, word = str(match.lastgroup), match.group()
        yield _Token(kind, word, line)
        if kind in ("newline", "string"):
            line += word.count("\n")


@dataclass(slots=True)
class _Level:
    """An array or an inline table that is open: its path and, in an array, the next place."""

    path: Path
    is_array: bool
    place: int = 0


@dataclass(slots=True)
class _Scanner:
    """Follows the tokens and notes the line of each key."""

    tokens: Iterator[_Token]
    lines: dict[Path, int] = field(default_factory=dict)
    counts: dict[Path, int] = field(default_factory=dict)
    table: Path = ()
    levels: list[_Level] = field(default_factory=list)
    has_ended: bool = False
    """Whether the line ended inside a key."""

    def scan(self) -> None:
        for token in self.tokens:
            if token.kind in ("comment", "newline"):
                continue
            self.has_ended = False
            if token.text == "[":
                self.header(token.line)
            else:
                self.statement(token)

    def header(self, line: int) -> None:
        """Read the rest of [table] or [[array of tables]]."""
        token = next(self.tokens, None)
        is_array = token is not None and token.text == "["
        if is_array:
            token = next(self.tokens, None)
        parts = self.key(token, "]", line)
        path: Path = ()
        for number, part in enumerate(parts):
            path = (*path, part)
            is_last = number == len(parts) - 1
            if is_last and is_array:
                self.counts[path] = self.counts.get(path, -1) + 1
                self.lines.setdefault(path, line)
            if path in self.counts:
                path = (*path, self.counts[path])
        self.table = path
        self.lines.setdefault(path, line)
        self.skip_line()

    def skip_line(self) -> None:
        """Read what follows a header on its line."""
        for token in () if self.has_ended else self.tokens:
            if token.kind == "newline":
                return

    def statement(self, first: _Token) -> None:
        """Read key = value at the top level."""
        path = (*self.table, *self.key(first, "=", first.line))
        self.lines.setdefault(path, first.line)
        for token in () if self.has_ended else self.tokens:
            if token.kind == "comment":
                continue
            if token.kind == "newline":
                if not self.levels:
                    return
                continue
            self.value_token(token, path)
        self.levels.clear()

    def value_token(self, token: _Token, path: Path) -> None:
        """Read one token of a value; *path* is the key it belongs to."""
        level = self.levels[-1] if self.levels else None
        here = path
        if level is not None and level.is_array:
            here = (*level.path, level.place)
        elif level is not None:
            here = level.path
        if token.text in ("]", "}") and level is not None:
            self.levels.pop()
        elif token.text == "," and level is not None:
            level.place += 1
        elif token.text in ("[", "{"):
            self.open(here, token)
        elif level is not None and level.is_array:
            self.lines.setdefault(here, token.line)
        elif level is not None and token.text not in (",", "=", "."):
            self.lines.setdefault((*here, _unquoted(token.text)), token.line)

    def open(self, path: Path, token: _Token) -> None:
        """Enter an array or an inline table."""
        if len(self.levels) >= MAX_DEPTH:
            problem = f"more than {MAX_DEPTH} brackets are open; allowed: lists in a table"
            raise TooMuch(token.line, problem)
        self.lines.setdefault(path, token.line)
        self.levels.append(_Level(path, token.text == "["))

    def key(self, token: _Token | None, end: str, line: int) -> tuple[str, ...]:
        """Read the parts of a dotted key up to *end*, or to the end of the line without one."""
        parts: list[str] = []
        while token is not None and token.text != end:
            if token.kind == "newline":
                self.has_ended = True
                break
            if token.text != ".":
                parts.append(_unquoted(token.text))
            if len(parts) > MAX_KEY_PARTS:
                problem = f"the key has more than {MAX_KEY_PARTS} parts; allowed: table.key"
                raise TooMuch(line, problem)
            token = next(self.tokens, None)
        return tuple(parts)


def _unquoted(word: str) -> str:
    return word[1:-1] if len(word) > 1 and word[0] == word[-1] and word[0] in "\"'" else word
