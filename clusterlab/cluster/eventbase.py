"""What every event is: a frozen value with the words of its row; `events.py` has them all."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, NoReturn, dataclass_transform

# What a field names, by its annotation; `Event.kind_of` tells readers of words.
NodeName = str
GroupName = str
ResourceName = str
NetworkName = str
ItemName = str  # of a group or a resource
NewName = str  # that nothing has yet

FIELD = re.compile(r"{(\w+)(?::([^}]*))?}")
"""A field in the words of a row, and how its value is put into them."""


_ROWS = csv.DictReader(Path(__file__).with_name("events.csv").read_text("utf-8").splitlines())
WORDS: Mapping[str, Mapping[str, str]] = {row.pop("event"): row for row in _ROWS}
"""The words of each event, by its name; "" where it has none of a kind."""


@dataclass_transform(eq_default=True, frozen_default=True)
class Event:
    """Base of all events, which are frozen values like dataclasses.

    A real frozen dataclass takes 0.4 ms to make. There are forty events, and `import clusterlab`
    would take a sixth longer; this base makes each in a hundredth of that.

    Attributes:
        says: What happened, in the story; "" for what the engine schedules. `{field:words}` are
            the words for None, for yes and no, or between the items of a list.
        written: How a scenario file has it; `[...]` may be left out.
        typed: The line of cluster.exe, behind the word `cluster`.
        clicked: The command of Cluster Administrator, in the menu File and by right-click.
        asked: What a learner is asked to do.
    """

    says: ClassVar[str] = ""
    written: ClassVar[str] = ""
    typed: ClassVar[str] = ""
    clicked: ClassVar[str] = ""
    asked: ClassVar[str] = ""
    __match_args__: ClassVar[tuple[str, ...]] = ()
    _defaults: ClassVar[tuple[Any, ...]] = ()

    def __init_subclass__(cls) -> None:
        """Take the annotations as fields, in order, defaults from the class, words from its row."""
        names = tuple(cls.__annotations__)
        cls.__match_args__ = names  # type: ignore[misc]
        cls._defaults = tuple(getattr(cls, name) for name in names if hasattr(cls, name))
        for key, words in WORDS.get(cls.__name__, {}).items():
            if key not in ("due", "priority"):
                setattr(cls, key, words)

    def __init__(self, *values: Any, **named: Any) -> None:
        """Set the fields, by position or by name."""
        names = self.__match_args__
        if named or len(values) != len(names):
            values = self._completed(values, named)
        self.__dict__.update(zip(names, values, strict=True))

    @classmethod
    def _completed(cls, values: tuple[Any, ...], named: Mapping[str, Any]) -> tuple[Any, ...]:
        names = cls.__match_args__
        open_ = len(names) - len(values)
        if not named and 0 < open_ <= len(cls._defaults):
            return (*values, *cls._defaults[-open_:])
        given = dict(zip(names, values, strict=False)) | dict(named)
        missing = [name for name in names if name not in given and not hasattr(cls, name)]
        if missing or len(given) != len(values) + len(named) or not given.keys() <= set(names):
            raise TypeError(f"{cls.__name__} takes {', '.join(names)}; got {values} {dict(named)}")
        return tuple(given[name] if name in given else getattr(cls, name) for name in names)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        """Refuse: an event is a value."""
        raise AttributeError(f"{type(self).__name__} cannot be changed; make another one")

    def __eq__(self, other: object) -> bool:
        """Return whether *other* is the same event with the same fields."""
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        """Return a hash of the kind of event and what it is about."""
        return hash((type(self), self.subject))

    def __repr__(self) -> str:
        """Return how the event is written in Python."""
        fields = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({fields})"

    @property
    def row(self) -> Mapping[str, str]:
        """The words of its row."""
        return WORDS[type(self).__name__]

    @property
    def due(self) -> str:
        """What happens, before it comes due; `{subject}` is what it is about."""
        return self.row["due"]

    @property
    def priority(self) -> int:
        """Its place at one moment: losses and failures come first, requests last (4.14)."""
        return int(self.row["priority"])

    @property
    def subject(self) -> str:
        """Name of the node, group or resource that the event is about."""
        return str(getattr(self, self.__match_args__[0]))

    @classmethod
    def kind_of(cls, field: str) -> str:
        """Return what *field* names, in lower case: "node", "new" ...; "" if it is no name."""
        found = re.search(r"(\w+)Name\b", cls.__annotations__[field])
        return found[1].lower() if found else ""

    def in_words(self) -> str:
        """Return what happened or was asked for; "" for what the engine scheduled."""
        return self.filled(self.says)

    def filled(self, words: str, **named: str) -> str:
        """Return *words* of the row with the values of its fields, or those *named* instead."""

        def value(found: re.Match[str]) -> str:
            field, form = found[1], found[2] or ""
            return _worded(named.get(field, getattr(self, field)), form)

        return FIELD.sub(value, words)


def _worded(value: object, words: str) -> str:
    match value:
        case None:
            return words
        case bool():
            return words.split("|")[not value]
        case tuple():
            return words.join(value)
    return str(value)
