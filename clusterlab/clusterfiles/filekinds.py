"""Tells the kinds of TOML files apart, so that the wrong one is refused in one sentence.

A kind is known by keys that only its files have. What each key may say is decided by the readers.
"""

from __future__ import annotations

from enum import Enum

from clusterlab.tomlfiles.parsing import Document
from clusterlab.tomlfiles.problems import Problems


class FileKind(Enum):
    """What a TOML file describes.

    Attributes:
        words: What it is.
        keys: What no other kind has.
        commands: What takes it.
        new: How to begin one.
    """

    CLUSTER = (
        "a cluster file",
        "name groups resources networks quorum core_group durations",
        "'clusterlab check', 'checklist', 'lint', 'report' and 'whatif'",
        "clusterlab new FILE",
    )
    PLAN = (
        "a plan",
        "cluster address domains service_account public_network private_network reserve "
        "quorum_disk binaries",
        "'clusterlab plan', 'report' and 'runbook'",
        "clusterlab new --plan FILE",
    )
    DESIGN = (
        "a requirements file",
        "mailboxes passive evs_at_least availability interview",
        "'clusterlab design', 'lint' and 'report'",
        "clusterlab new --design FILE",
    )
    PROCEDURE = (
        "a procedure",
        "procedure based_on begins_after default template",
        "'clusterlab runbook'",
        "the guide 'Procedures of your own' has one",
    )

    def __init__(self, words: str, keys: str, commands: str, new: str) -> None:
        """Keep what tells the kind."""
        self.words, self.commands, self.new = words, commands, new
        self.keys = frozenset(keys.split())


def kind_of(document: Document) -> FileKind | None:
    """Return what a file most likely describes; None if it has no key that tells."""
    found = {kind: len(kind.keys & document.data.keys()) for kind in FileKind}
    likeliest = max(found, key=lambda kind: found[kind])
    return likeliest if found[likeliest] else None


def check_kind(document: Document, wanted: FileKind, problems: Problems) -> None:
    """Refuse a file that is clearly of another kind than *wanted*.

    Raises:
        ClusterFileError: With one sentence that says what the file is, and what takes it.
    """
    likeliest = kind_of(document)
    if likeliest is None or wanted.keys & document.data.keys():
        return
    problems.add(
        0,
        f"this is {likeliest.words}, not {wanted.words}; {likeliest.commands} can use it; to begin "
        f"{wanted.words}: {wanted.new}",
    )
    problems.raise_if_any()
