"""Tells the kinds of TOML files apart, so that the wrong one is refused in one sentence.

A kind is known by keys that only its files have. What each key may say is decided by the readers.
A client file has what the others say in a table each: [requirements], [cluster] and [plan].
"""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path

from clusterlab.tomlfiles.parsing import Document, LineIndex
from clusterlab.tomlfiles.problems import Problems
from clusterlab.tomlfiles.tables import Table, line, own_table

_SAID = own_table(Path(__file__).with_suffix(".toml")).data
_HEADER = re.compile(r"^(#\s+)?(\[\[?)(?=[\w-]+\]\]?(\s|$))", re.MULTILINE)


class FileKind(Enum):
    """What a TOML file describes, in the words of `filekinds.toml`."""

    CLUSTER, PLAN, DESIGN, PROCEDURE, CLIENT = "CLUSTER", "PLAN", "DESIGN", "PROCEDURE", "CLIENT"

    def __init__(self, name: str) -> None:
        """Keep what tells the kind."""
        said = _SAID[name]
        self.words, self.commands = str(said["words"]), str(said["commands"])
        self.new, self.part, self.keys = str(said["new"]), str(said["part"]), set(said["keys"])


def kind_of(document: Document) -> FileKind | None:
    """Return what a file most likely describes; None if it has no key that tells."""
    if any(isinstance(document.data.get(kind.part), dict) for kind in FileKind):
        return FileKind.CLIENT
    found = {kind: len(kind.keys & document.data.keys()) for kind in FileKind}
    likeliest = max(found, key=lambda kind: found[kind])
    return likeliest if found[likeliest] else None


def part_of(document: Document, wanted: FileKind, problems: Problems) -> Document:
    """Return what a file says of one kind: all of it, or one table of a client file."""
    likeliest = kind_of(document)
    is_client = likeliest is FileKind.CLIENT
    if not is_client or not wanted.part:
        if likeliest and (is_client or not wanted.keys & document.data.keys()):
            problems.add(
                0,
                f"this is {likeliest.words}, not {wanted.words}; {likeliest.commands} can use it; "
                f"to begin {wanted.words}: {wanted.new}",
            )
            problems.raise_if_any()
        return document
    top = Table(document.data, (), "the client file", document.lines, problems)
    top.get("client", line, "")
    for kind in FileKind:
        if kind.part:
            top.table(kind.part)
    top.end()
    part = document.data.get(wanted.part)
    if not isinstance(part, dict):
        has_needs = wanted is FileKind.PLAN and FileKind.DESIGN.part in document.data
        how = "'clusterlab design FILE' makes it" if has_needs else f"'{wanted.new}' shows one"
        problems.add(0, f"it has no [{wanted.part}], which says what {wanted.words} says; {how}")
        problems.raise_if_any()
    return Document(part or {}, LineIndex(document.lines.text, (wanted.part,)))


def as_part(text: str, kind: FileKind) -> str:
    r"""Return the text of a file of ours as a table of a client file.

    Example:
        >>> print(as_part("a = 1\n[[evs]]\nb = 2", FileKind.PLAN))
        [plan]
        a = 1
        [[plan.evs]]
        b = 2
    """
    return f"[{kind.part}]\n" + _HEADER.sub(rf"\g<1>\g<2>{kind.part}.", text)
