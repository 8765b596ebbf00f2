"""What is wrong with a file that describes a cluster: all of it at once, each with its line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from clusterlab.cluster.errors import ConfigError, printable

MOST_PROBLEMS = 50
"""Problems reported of one file; who has more corrects these first."""


class Problem(NamedTuple):
    """One thing that is wrong.

    Attributes:
        line: Number of the line, from 1; 0 for the file as a whole.
        text: The thing, the wrong word, what is allowed, what to do.
    """

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        """Return the problem in one line, its place in front."""
        where = f"{self.file}, line {self.line}" if self.line else self.file
        return printable(f"{where}: {self.text}")


def name_of(path: Path) -> str:
    """Return how messages call a file or folder; the root and the current folder have no name."""
    return path.name or str(path)


class ClusterFileError(ConfigError):
    """A description of a cluster cannot be used; nothing of it was loaded.

    Attributes:
        problems: Everything that is wrong, in the order of the lines.
        is_toml: Whether it is about what a file says; else it is not even a file of that kind.
    """

    def __init__(self, problems: Sequence[Problem], is_toml: bool = True) -> None:
        """Put each problem into a line of the message."""
        self.problems = tuple(problems)
        self.is_toml = is_toml
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[object, ...]:
        """Rebuild from its problems, so that it can be pickled."""
        return type(self), (self.problems, self.is_toml)


class Problems:
    """Collects what is wrong while the rest of a file is still being read.

    Attributes:
        is_whole: Whether every node, type and resource could be read; otherwise rules about the
            cluster as a whole would only name what follows from another problem.
        is_toml: Whether every line could be read as it stands.
        has_gaps: Whether lines were left out because they could not be read; what seems to be
            missing elsewhere may stand in them.
    """

    def __init__(self, file: str) -> None:
        """Start with a file in which nothing is wrong yet."""
        self.file = file
        self.is_whole = True
        self.is_toml = True
        self.has_gaps = False
        self._found: dict[Problem, None] = {}

    def add(self, line: int, text: str, file: str = "") -> None:
        """Note a problem; the same one is kept once.

        Raises:
            ClusterFileError: If there are too many to go on.
        """
        self._found.setdefault(Problem(file or self.file, line, text))
        if len(self._found) >= MOST_PROBLEMS:
            more = Problem(self.file, 0, f"{MOST_PROBLEMS} problems; correct these, then try again")
            raise ClusterFileError([*self.in_order(), more], self.is_toml)

    def in_order(self) -> list[Problem]:
        """Return what was found, by file and line."""
        return sorted(self._found, key=lambda problem: (problem.file, problem.line))

    def __len__(self) -> int:
        return len(self._found)

    def raise_if_any(self) -> None:
        """Raise ClusterFileError with everything that was found."""
        if self._found:
            raise ClusterFileError(self.in_order(), self.is_toml)
