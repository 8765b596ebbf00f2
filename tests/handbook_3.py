"""Chapter 3 of the handbook as tests read it: edges, graphs, steps and codes from its own text."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

CHAPTER = Path(__file__).parent.parent / "docs" / "handbook" / "03-installation.md"


@cache
def section(number: str) -> str:
    """Return the text of one section, "7.1", up to the next heading of any level."""
    text = CHAPTER.read_text("utf-8")
    start = re.search(rf"^##+ {re.escape(number)}\b.*$", text, re.MULTILINE)
    assert start is not None
    end = re.search(r"^##+ ", text[start.end() :], re.MULTILINE)
    return text[start.end() : start.end() + end.start()] if end else text[start.end() :]


def block(number: str) -> list[str]:
    """Return the lines of the first code block of a section."""
    return section(number).split("```")[1].strip().splitlines()


def rows(number: str) -> list[list[str]]:
    """Return the cells of the table rows of a section, without the head."""
    lines = [line for line in section(number).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def template_edges() -> set[tuple[str, str, str, bool]]:
    """Return the edges of 7.1: step, what it needs, quantifier, hard."""
    found = set()
    for line in block("7.1"):
        step, _, needs = line.partition(" needs ")
        for need in re.findall(r"(\w\d\d)(?:\[([\w?]+)\])?(!?)", needs):
            found.add((step, need[0], need[1] or "one", need[2] == "!"))
    return found


def printed_graph(number: str) -> dict[str, tuple[int, set[tuple[str, bool]]]]:
    """Return a printed graph of 7.3 or 7.4: key to level, and what it needs."""
    graph = {}
    for line in block(number):
        level, key, needs = re.match(r"\s*(\d+)\s+(\S+)\s+needs (.*)", line).groups()
        edges = set()
        for item in needs.split(", ") if needs != "-" else ():
            step, _, marks = item.rstrip("!").partition("@")
            keys = [f"{step}@{mark}" for mark in marks.split("+")] if marks else [step]
            edges |= {(needed, item.endswith("!")) for needed in keys}
        graph[key] = (int(level), edges)
    return graph


class CatalogueStep(NamedTuple):
    """A step of section 9."""

    id: str
    title: str
    is_optional: bool
    scope: str
    place: str
    minutes: int
    permission: str


def catalogue() -> list[CatalogueStep]:
    """Return the steps of section 9."""
    text = CHAPTER.read_text("utf-8")
    found = []
    for match in re.finditer(r"^#### (\w\d\d) (.*)$", text, re.MULTILINE):
        table = text[match.end() :].partition("\n#### ")[0]
        row = dict(re.findall(r"^\| ([^|]*?) \| (.*?) \|$", table, re.MULTILINE))
        scope, _, place = row["Scope, place"].partition("; ")
        minutes = int(row["Duration"].split()[0])
        permission = re.sub(r"\s*\[[^\]]*\]", "", row["Permission"])
        title, is_optional = match[2].replace(OPTIONAL, ""), OPTIONAL in match[2]
        step = CatalogueStep(match[1], title, is_optional, scope, place, minutes, permission)
        found.append(step)
    return found


OPTIONAL = " *(optional, not counted)*"
REWORDED = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
"""Cells of which our files say the same in other words; all other cells have the same words."""


def codes() -> dict[str, tuple[str, str, str]]:
    """Return the table of section 10: code to status, text, raised by; tags taken off."""
    found = {}
    for code, status, text, raised in rows("10"):
        plain = re.sub(r"\s*\[S\d+\]", "", text.replace("`", ""))
        found[code] = (status, plain.strip(), raised.replace("`", ""))
    return found
