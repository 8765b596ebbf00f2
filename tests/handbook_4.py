"""Chapter 4 of the handbook as tests read it: tables and graphs from its own text."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

CHAPTER = Path(__file__).parent.parent / "docs" / "handbook" / "04-upgrade.md"


@cache
def section(number: str) -> str:
    """Return the text of one section, "4.3.2", up to the next heading of any level."""
    text = CHAPTER.read_text("utf-8")
    start = re.search(rf"^##+ {re.escape(number)} .*$", text, re.MULTILINE)
    assert start is not None
    end = re.search(r"^##+ ", text[start.end() :], re.MULTILINE)
    return text[start.end() : start.end() + end.start()] if end else text[start.end() :]


def tables(number: str) -> list[list[list[str]]]:
    """Return the tables of a section: for each its rows without the head, as cells."""
    found: list[list[list[str]]] = []
    was_table = False
    for line in section(number).splitlines():
        if line.startswith("|"):
            if not was_table:
                found.append([])
            found[-1].append([cell.strip() for cell in line.strip("|").split("|")])
        was_table = line.startswith("|")
    return [rows[2:] for rows in found]


@cache
def rows(number: str) -> dict[str, dict[str, str]]:
    """Return the rows of a section's tables of steps by id: head of each column to its cell.

    Two tables of the same steps are one.
    """
    found: dict[str, dict[str, str]] = {}
    head: list[str] = []
    for line in section(number).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            head = []
        elif not head:
            head = cells
        elif head[0] == "id" and not set(cells[0]) <= set("-"):
            found.setdefault(cells[0], {}).update(zip(head[1:], cells[1:], strict=True))
    return found


def graph(path: str) -> dict[str, set[str]]:
    """Return a graph of 4.9: step to what it needs; "U2", "U4" or "M55"."""
    text = section("4.9").partition(f"**DAG {path}**")[2].split("```")[1]
    edges = {}
    for line in text.strip().splitlines():
        step, _, needs = line.partition(" needs ")
        edges[step] = set(needs.split(", "))
    return edges
