"""One table of a cluster file: its keys are read one by one, and none is left over unseen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from clusterlab.cluster.wording import instead_of, shown
from clusterlab.clusterfiles.problems import Problems
from clusterlab.clusterfiles.toml_lines import LineIndex, Path
from clusterlab.clusterfiles.values import Reader, Wrong, text, value_text


class Table:
    """Reads the keys of one table and notes what is wrong with them.

    Attributes:
        path: Where it stands in the file.
        what: What messages call it, such as "group 'EVS1'".
        is_table: Whether it is a table at all.
        problems: Where problems are noted.
    """

    def __init__(self, data: Any, path: Path, what: str, lines: LineIndex, problems: Problems):
        """Take the table; something else than a table is noted as a problem."""
        self.path, self.what, self.lines, self.problems = path, what, lines, problems
        self.is_table = isinstance(data, dict)
        self.data: Mapping[str, Any] = data if self.is_table else {}
        self._seen: set[str] = set()
        if not self.is_table:
            self.wrong((), f"{what} is {value_text(data)}; allowed: a table of keys and values")
            problems.is_whole = False

    def line(self, *path: str | int) -> int:
        """Return the line of a key of this table, or of the table."""
        return self.lines.line(*self.path, *path)

    def wrong(self, path: Iterable[str | int], problem: str) -> None:
        """Note a problem with a key, or with the table if *path* is empty."""
        self.problems.add(self.line(*path), problem)

    def has(self, key: str) -> bool:
        """Return whether the key is given."""
        return key in self.data

    def get(self, key: str, reader: Reader, default: Any) -> Any:
        """Return what *reader* makes of a key; the default if it is not given, or wrong."""
        self._seen.add(key)
        if key not in self.data:
            return default
        try:
            return reader(self.data[key])
        except Wrong as wrong:
            place = () if wrong.place is None else (wrong.place,)
            self.wrong((key, *place), f"{key} of {self.what} is {wrong}")
            return default

    def name(self, kind: str) -> str:
        """Return the name that the table must have, and call the table by it from now on."""
        name = self.get("name", text, "")
        if name:
            self.what = f"{kind} {shown(name)}"
            return str(name)
        self.must("name", '"..."')
        self.problems.is_whole = False
        return ""

    def must(self, key: str, example: str) -> None:
        """Note a problem if a key is not given."""
        if self.is_table and key not in self.data and not self.problems.has_gaps:
            self.wrong((), f"{self.what} has no {key}; write {key} = {example}")
            self.problems.is_whole = False

    def values(self, readers: Mapping[str, Reader]) -> dict[str, Any]:
        """Return what is given of *readers* and right, by key."""
        missing = object()
        found = {key: self.get(key, reader, missing) for key, reader in readers.items()}
        return {key: value for key, value in found.items() if value is not missing}

    def tables(self, key: str, what: str, short: Callable[[Any], Any] | None = None) -> list[Table]:
        """Return the tables of a list; *short* may make a table of something shorter."""
        self._seen.add(key)
        items = self.data.get(key, [])
        if not isinstance(items, list):
            self.wrong((key,), f"{key} is {value_text(items)}; write it as [[{key}]]")
            self.problems.is_whole = False
            return []
        return [
            Table(
                short(item) if short else item,
                (*self.path, key, place),
                f"{what} {place + 1}",
                self.lines,
                self.problems,
            )
            for place, item in enumerate(items)
        ]

    def table(self, key: str) -> Table:
        """Return the table of a key; an empty one if it is not given."""
        self._seen.add(key)
        return Table(
            self.data.get(key, {}), (*self.path, key), f"[{key}]", self.lines, self.problems
        )

    def end(self) -> None:
        """Note every key that nobody asked for."""
        known = sorted(self._seen)
        for key in self.data:
            if key not in self._seen:
                self.wrong((key,), f"{self.what} has no key {shown(key)}; {instead_of(key, known)}")
