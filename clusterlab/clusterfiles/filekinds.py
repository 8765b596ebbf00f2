"""Tells the three kinds of TOML files apart, so that the wrong one is refused in one sentence.

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
}
"""Keys that no other kind has, the commands that take a file, and how to begin one."""


def check_kind(document: Document, wanted: FileKind, problems: Problems) -> None:
    """Refuse a file that is clearly of another kind than *wanted*.

    Raises:
        ClusterFileError: With one sentence that says what the file is, and what takes it.
    """
    found = {kind: len(marks.keys & document.data.keys()) for kind, marks in _MARKS.items()}
    likeliest = max(found, key=lambda kind: found[kind])
    if not found[likeliest] or found[wanted]:
        return
    marks = _MARKS[likeliest]
    problems.add(
        0,
        f"this is {likeliest.value}, not {wanted.value}; {marks.commands} can use it; to begin "
        f"{wanted.value}: {_MARKS[wanted].new}",
    )
    problems.raise_if_any()
