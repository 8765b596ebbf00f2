"""One table of a TOML file: its keys are read one by one, and none is left over unseen.

Each reader of a value takes what tomllib gives and returns what the model wants, or raises `Wrong`
with what is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from clusterlab.cluster.errors import instead_of, shown
from clusterlab.tomlfiles.parsing import LineIndex, read_own
from clusterlab.tomlfiles.parsing import Path as KeyPath
from clusterlab.tomlfiles.problems import Problems


class Table:
    """Reads the keys of one table and notes what is wrong with them.

    Attributes:
        path: Where it stands in the file.
        what: What messages call it, such as "group 'EVS1'".
    """

    def __init__(self, data: Any, path: KeyPath, what: str, lines: LineIndex, problems: Problems):
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
            self.wrong((key,), f"{key} is {value_text(items)}; write it as [[{self.header(key)}]]")
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
        path, what = (*self.path, key), f"[{self.header(key)}]"
        return Table(self.data.get(key, {}), path, what, self.lines, self.problems)

    def header(self, key: str) -> str:
        """Return what stands in the brackets above a table in this one."""
        return ".".join(map(str, (*self.lines.part, *self.path, key)))

    @property
    def asked(self) -> list[str]:
        """The keys that somebody asked for."""
        return sorted(self._seen)

    def end(self, known: Iterable[str] = ()) -> None:
        """Note every key that nobody asked for; *known* is what messages say is allowed."""
        known = list(known) or self.asked
        for key in self.data:
            if key not in self._seen:
                self.wrong((key,), f"{self.what} has no key {shown(key)}; {instead_of(key, known)}")


# --- values --------------------------------------------------------------------------------------


class Wrong(ValueError):
    """A value is not allowed; the text says what is, and `place` which item of a list it is."""

    def __init__(self, value: object, allowed: str, place: int | None = None) -> None:
        """Keep the value as it is shown, what is allowed, and the place in a list."""
        self.value, self.allowed, self.place = value_text(value), allowed, place
        super().__init__(f"{self.value}; {allowed}")


Reader = Callable[[Any], Any]


def value_text(value: object) -> str:
    """Return a value of a file for a message: short, and never an error itself."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list | tuple):
        return "a table" if isinstance(value, dict) else f"a list of {len(value)}"
    if isinstance(value, int) and abs(value) > 10**20:
        return "a number of more than 20 digits"
    return str(value)


def text(value: Any) -> str:
    """Return a string that is not blank."""
    if not isinstance(value, str) or not value.strip():
        raise Wrong(value, 'allowed: text in quotes, such as "NODE1"')
    return value


def texts(value: Any) -> tuple[str, ...]:
    """Return a list of strings."""
    if not isinstance(value, list):
        raise Wrong(value, 'allowed: a list of texts, such as ["NODE1", "NODE2"]')
    for place, item in enumerate(value):
        if not isinstance(item, str) or not item.strip():
            raise Wrong(item, 'allowed: text in quotes, such as "NODE1"', place)
    return tuple(value)


def line(value: Any) -> str:
    """Return a text in one line, however many it has in the file."""
    words = " ".join(text(value).split())
    if not words.isprintable():
        raise Wrong(value, "allowed: letters and signs that can be printed")
    return words


def lines(value: Any) -> tuple[str, ...]:
    """Return a list of texts that can be printed."""
    for place, item in enumerate(texts(value)):
        try:
            line(item)
        except Wrong as wrong:
            raise Wrong(item, wrong.allowed, place) from None
    return tuple(value)


def flag(value: Any) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise Wrong(value, "allowed: true or false, without quotes")
    return value


def whole(low: int, high: int, meaning: str = "") -> Reader:
    """Return a reader of whole numbers; *meaning* says what some of them mean."""

    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise Wrong(value, f"allowed: a whole number {low} to {high}{meaning}")
        return value

    return read


def one_of(words: Mapping[str, Any]) -> Reader:
    """Return a reader of words, whatever their case; whole numbers stand for themselves."""
    folded = {word.casefold(): meaning for word, meaning in words.items()}

    def read(value: Any) -> Any:
        word = str(value).casefold() if isinstance(value, str) else ""
        if word in folded:
            return folded[word]
        for meaning in folded.values():
            if isinstance(meaning, int) and type(value) is int and meaning == value:
                return meaning
        raise Wrong(value, instead_of(value if isinstance(value, str) else "", words))

    return read


def name_in(names: Iterable[str]) -> Reader:
    """Return a reader of one of *names*, whatever the case."""
    known = list(names)
    folded = {name.casefold(): name for name in known}

    def read(value: Any) -> str:
        word = text(value)
        if word.casefold() not in folded:
            raise Wrong(word, instead_of(word, known))
        return folded[word.casefold()]

    return read


def names_in(names: Iterable[str]) -> Reader:
    """Return a reader of a list of different names out of *names*, whatever the case."""
    one = name_in(names)

    def read(value: Any) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for place, word in enumerate(texts(value)):
            try:
                name = one(word)
            except Wrong as wrong:
                raise Wrong(word, wrong.allowed, place) from None
            if name in found:
                raise Wrong(word, "it is there twice; name each once", place)
            found[name] = None
        return tuple(found)

    return read


# --- files of our own -----------------------------------------------------------------------------

F = TypeVar("F", bound=Callable[..., Any])


def by_name(*functions: F) -> dict[str, F]:
    """Return functions that files name by their names, without the underscore in front."""
    return {function.__name__.lstrip("_"): function for function in functions}


Keys = Mapping[str, Any]
"""Values of one table by its keys."""


def own_table(path: Path) -> Table:
    """Return a file of ours as one table; its problems are raised by whoever has read it."""
    document = read_own(path.read_text("utf-8"))
    return Table(document.data, (), "the file", document.lines, Problems(path.name))


def own_rows(
    root: Table, readers: Mapping[str, Reader], *, must: Iterable[str] = ()
) -> Mapping[str, Keys]:
    """Return what each table in *root* says that nobody has read yet, by its name."""
    rows = [name for name in root.data if name not in root.asked]
    return {name: _row(root.table(name), readers, must) for name in rows}


def own_lists(
    path: Path, readers: Mapping[str, Reader], *, optional: tuple[str, ...] = ()
) -> Mapping[str, list[Keys]]:
    """Return the rows of each list of a file of ours, by the name of the list."""
    root = own_table(path)
    must = [key for key in readers if key not in optional]
    found = {
        key: [_row(table, readers, must) for table in root.tables(key, f"row of {key}")]
        for key in root.data
    }
    root.problems.raise_if_any()
    return found


def _row(table: Table, readers: Mapping[str, Reader], must: Iterable[str]) -> Keys:
    for key in must:
        table.must(key, '"..."')
    values = table.values(readers)
    table.end()
    return values
