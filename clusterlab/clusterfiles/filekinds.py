"""Tells the kinds of TOML files apart, so that the wrong one is refused in one sentence.

A kind is known by keys that only its files have. What each key may say is decided by the readers.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from clusterlab.tomlfiles.parsing import Document
from clusterlab.tomlfiles.problems import Problems


class FileKind(Enum):
    """What a TOML file describes."""

    CLUSTER = "a cluster file"
    PLAN = "a plan"
    DESIGN = "a requirements file"
    PROCEDURE = "a procedure"


class _Marks(NamedTuple):
    keys: frozenset[str]
    commands: str
    new: str


_MARKS: Mapping[FileKind, _Marks] = {
    FileKind.CLUSTER: _Marks(
        frozenset({"name", "groups", "resources", "networks", "quorum", "core_group", "durations"}),
        "'clusterlab check', 'checklist', 'lint' and 'whatif'",
        "clusterlab new FILE",
    ),
    FileKind.PLAN: _Marks(
        frozenset(
            {
                *("cluster", "address", "domains", "service_account", "public_network"),
                *("private_network", "reserve", "quorum_disk", "binaries"),
            }
        ),
        "'clusterlab plan' and 'clusterlab runbook'",
        "clusterlab new --plan FILE",
    ),
    FileKind.DESIGN: _Marks(
        frozenset({"mailboxes", "passive", "evs_at_least", "availability", "interview"}),
        "'clusterlab design' and 'clusterlab lint'",
        "clusterlab new --design FILE",
    ),
    FileKind.PROCEDURE: _Marks(
        frozenset({"procedure", "based_on", "begins_after", "default", "template"}),
        "'clusterlab runbook'",
        "the guide 'Procedures of your own' has one",
    ),
}
"""Keys that no other kind has, the commands that take a file, and how to begin one."""


def kind_of(document: Document) -> FileKind | None:
    """Return what a file most likely describes; None if it has no key that tells."""
    found = {kind: len(marks.keys & document.data.keys()) for kind, marks in _MARKS.items()}
    likeliest = max(found, key=lambda kind: found[kind])
    return likeliest if found[likeliest] else None


def check_kind(document: Document, wanted: FileKind, problems: Problems) -> None:
    """Refuse a file that is clearly of another kind than *wanted*.

    Raises:
        ClusterFileError: With one sentence that says what the file is, and what takes it.
    """
    likeliest = kind_of(document)
    if likeliest is None or _MARKS[wanted].keys & document.data.keys():
        return
    marks = _MARKS[likeliest]
    problems.add(
        0,
        f"this is {likeliest.value}, not {wanted.value}; {marks.commands} can use it; to begin "
        f"{wanted.value}: {_MARKS[wanted].new}",
    )
    problems.raise_if_any()
