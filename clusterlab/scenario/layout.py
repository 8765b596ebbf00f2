"""The layout of a scenario file: comments, blocks of commands, expected outcomes.

It knows lines, not their meaning. What it reads it can put together again, letter by letter, so
that a rewritten file keeps its comments. Any bytes at all are either read or refused in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from clusterlab.cluster.errors import ConfigError, printable, unshown
from clusterlab.tomlfiles.files import read_start

MAX_BYTES = 1_000_000
"""A longer file is not a scenario; the longest of ours has about 5,000 bytes."""
MAX_LINE = 1_000
"""Most characters in a line."""
RULE = "----"
"""The line between commands and the outcome they should have."""
SAY = "say"
"""The command that takes text as it is; indented lines below it belong to the text."""
UTF8_MARK = "\ufeff"
"""What Notepad writes in front of a UTF-8 file."""


class ScenarioError(ConfigError):
    """A scenario file cannot be run; nothing of it was."""

    def __init__(self, file: str, line: int, problem: str) -> None:
        """Put file, line and problem into one sentence."""
        self.file, self.line, self.problem = file, line, problem
        name = printable(file)
        where = f"{name}, line {line}" if line else name
        super().__init__(f"{where}: {problem}")

    def __reduce__(self) -> tuple[object, ...]:
        """Rebuild from its parts, so that it can be pickled."""
        return type(self), (self.file, self.line, self.problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioBlock:
    """Commands that are run together and print one outcome.

    Attributes:
        lines: Its command lines as written, comments between them included.
        expected: The outcome in the file; None if the file has none for it.
    """

    line: int
    lines: tuple[str, ...]
    expected: tuple[str, ...] | None

    def commands(self) -> Iterable[tuple[int, str]]:
        """Return number and text of each command; text below `say` is put into its line."""
        found: list[tuple[int, str]] = []
        for number, text in enumerate(self.lines, start=self.line):
            if not is_command(text):
                continue
            if text[0].isspace() and found and found[-1][1].split()[0].casefold() == SAY:
                found[-1] = (found[-1][0], f"{found[-1][1]} {text.strip()}")
            else:
                found.append((number, text.strip()))
        return found


class Layout(NamedTuple):
    """A file in parts, in its order.

    Attributes:
        parts: Blocks, and between them single lines that are blank or a comment.
        newline: How its lines end.
        mark: `UTF8_MARK` if the file begins with it, else "".
    """

    parts: tuple[ScenarioBlock | str, ...]
    newline: str
    mark: str

    @property
    def blocks(self) -> tuple[ScenarioBlock, ...]:
        """The blocks alone."""
        return tuple(part for part in self.parts if isinstance(part, ScenarioBlock))

    def text(self, outcomes: Sequence[Sequence[str]]) -> str:
        """Return the whole file with *outcomes*, one for each block."""
        lines: list[str] = []
        waiting = iter(outcomes)
        for part in self.parts:
            if isinstance(part, str):
                lines.append(part)
                continue
            outcome = next(waiting)
            lines += part.lines
            if outcome or part.expected is not None:
                lines += [RULE, *outcome]
        return "\n".join(lines) + "\n"


def is_command(line: str) -> bool:
    """Return whether a line is neither blank nor a comment."""
    return bool(line.strip()) and not line.lstrip().startswith("#")


def read_bytes(path: Path) -> str:
    """Return the text of a file."""
    data = read_start(path, MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ScenarioError(path.name, 0, f"the file is longer than {MAX_BYTES:,} bytes (allowed)")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem = f"byte {data[error.start]:#04x} is not UTF-8 text; save the file as UTF-8"
        raise ScenarioError(path.name, line, problem) from None


def read_layout(text: str, file: str) -> Layout:
    """Return the parts of a scenario."""
    mark = UTF8_MARK if text.startswith(UTF8_MARK) else ""
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.removeprefix(mark).replace("\r\n", "\n").removesuffix("\n").split("\n")
    for number, line in enumerate(lines, start=1):
        _check_line(file, number, line)
    parts: list[ScenarioBlock | str] = []
    for first, paragraph in _paragraphs(lines):
        if any(is_command(line) for line in paragraph):
            parts += _paragraph_parts(file, first, paragraph)
        else:
            parts += paragraph
    return Layout(tuple(parts), newline, mark)


def _check_line(file: str, number: int, line: str) -> None:
    if len(line) > MAX_LINE:
        raise ScenarioError(
            file, number, f"the line has {len(line):,} characters; allowed: {MAX_LINE:,}"
        )
    char = unshown(line.replace("\t", " "))
    if char:
        raise ScenarioError(
            file, number, f"character {char!r} cannot be shown; allowed: text in UTF-8"
        )


def _paragraphs(lines: Sequence[str]) -> Iterable[tuple[int, list[str]]]:
    """Yield runs of lines without a blank one, and each blank line by itself."""
    current: list[str] = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            current.append(line)
            continue
        if current:
            yield number - len(current), current
        yield number, [line]
        current = []
    if current:
        yield len(lines) - len(current) + 1, current


def _paragraph_parts(file: str, first: int, lines: list[str]) -> list[ScenarioBlock | str]:
    """Return comments in front of a block as lines, then the block."""
    head = next(index for index, line in enumerate(lines) if is_command(line))
    rest = [line.rstrip() for line in lines[head:]]
    if rest[0] == RULE:
        problem = f"'{RULE}' has no command above it; allowed: a command line, then '{RULE}'"
        raise ScenarioError(file, first + head, problem)
    end = rest.index(RULE) if RULE in rest else len(rest)
    block = ScenarioBlock(
        line=first + head,
        lines=tuple(lines[head : head + end]),
        expected=tuple(rest[end + 1 :]) if end < len(rest) else None,
    )
    return [*lines[:head], block]
