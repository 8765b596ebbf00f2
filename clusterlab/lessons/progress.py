"""How far a learner came: one small file beside the course, which may be thrown away.

It is never in a notebook, and losing it loses nothing else. Outside a course nothing is kept, nor
where a trainer's copies are graded.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from html import escape
from pathlib import Path
from typing import NamedTuple

from clusterlab.lessons import lesson_numbers, questions_of, tasks_of, tour_file, tour_names
from clusterlab.tomlfiles.files import write_whole

FILE = "clusterlab-progress.json"
START_PAGE = Path("notebooks", "00_start_here.ipynb")
OF_TRAINERS = {"source", "submitted", "autograded", "feedback"}
"""Folders beside the course in which it is not a learner who answers."""
KEEP_NOTHING = ("CLUSTERLAB_NO_PROGRESS", "PYTEST_VERSION")
"""Environment variables; where one is set, it is a builder or a test of the course that answers."""
KINDS = ("scenes", "questions", "tasks")


def course_folder() -> Path | None:
    """Return the folder of the course that Python works in, or None."""
    here = Path.cwd()
    return next((f for f in (here, *here.parents) if (f / START_PAGE).is_file()), None)


def learner_folder() -> Path | None:
    """Return the folder of the course, if it is a learner who works in it, or None."""
    is_other = any(name in os.environ for name in KEEP_NOTHING)
    return None if is_other or OF_TRAINERS & {*Path.cwd().parts} else course_folder()


def kept() -> dict[str, int]:
    """Return by tour, question or task how far it was taken; none if nothing readable is kept."""
    folder = learner_folder()
    if folder is None:
        return {}
    try:
        read = json.loads((folder / FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(read, dict):
        return {}
    return {name: count for name, count in read.items() if isinstance(count, int)}


def reached(name: str) -> int:
    """Return how far something was taken; for a tour its scene, counted from 0."""
    return kept().get(name, 0)


def note(name: str, count: int = 1) -> None:
    """Keep how far a tour ("02/planned"), a "question 02/longest" or a "task 02.3" was taken.

    That is the scene that was reached, or 1 for an answer that is right; it never becomes less.
    """
    folder, before = learner_folder(), kept()
    if folder is None or not name or count <= before.get(name, 0):
        return
    text = json.dumps({**before, name: count}, indent=1, sort_keys=True) + "\n"
    with suppress(OSError):  # a folder that may not be written keeps nothing
        write_whole({folder / FILE: text.encode()})


Done = Mapping[str, tuple[int, int]]  # by kind how many are done, and how many there are


class Progress(NamedTuple):
    """What is done of the course; shows itself as a table."""

    lessons: Mapping[str, Done]

    def rows(self) -> list[tuple[str, ...]]:
        """Return the table: a head, a row for each lesson, the sum."""
        head = ("Lesson", *(kind.capitalize() for kind in KINDS), "State")
        rows = [
            (name, *(_of(*done[kind]) for kind in KINDS), state(done))
            for name, done in self.lessons.items()
        ]
        columns = ([done[kind] for done in self.lessons.values()] for kind in KINDS)
        sums = [[*map(sum, zip(*column, strict=True))] for column in columns]
        finished = sum(row[-1] == "done" for row in rows)
        total = (_of(*pair) for pair in sums)
        return [head, *rows, ("All", *total, f"{finished} of {len(rows)} done")]

    def __repr__(self) -> str:
        rows = self.rows()
        widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
        lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head, *rows = self.rows()
        body = "".join(f"<tr>{_cells('td', row)}</tr>" for row in rows)
        return f"<table><thead><tr>{_cells('th', head)}</tr></thead><tbody>{body}</tbody></table>"

    def page(self, name: str, day: date) -> str:
        """Return a page to print, with the learner's name, as one HTML file."""
        return (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            f"<title>clusterlab: {escape(name)}</title><style>"
            "body { font: 16px sans-serif; margin: 2em; } table { border-collapse: collapse; }"
            " th, td { border: 1px solid #555; padding: 4px 12px; text-align: left; }"
            f"</style></head><body><h1>{escape(name)}</h1><p>Clustering Exchange Server 2003, "
            f"{day.isoformat()}. A scene, a question answered rightly and a task done are one "
            f"point each.</p>\n{self._repr_html_()}</body></html>\n"
        )


def state(done: Done) -> str:
    """Return in a word how far a lesson was taken."""
    pairs = [pair for pair in done.values() if pair[1]]
    if all(count == most for count, most in pairs):
        return "done"
    return "begun" if any(count for count, _ in pairs) else "open"


def progress() -> Progress:
    """Return what is done of each lesson.

    Example:
        >>> [done["tasks"] for name, done in progress().lessons.items() if name.startswith("02")]
        [(0, 7)]
    """
    before, names = kept(), titles()
    lessons = {}
    for number in sorted({*lesson_numbers(), *(name[:2] for name in tour_names())}):
        scenes = {name: _scenes(name) for name in tour_names() if name.startswith(f"{number}/")}
        met = sum(min(before.get(name, 0), most) for name, most in scenes.items())
        lessons[f"{number} {names.get(number, '')}".strip()] = {
            "scenes": (met, sum(scenes.values())),
            "questions": _count(before, [f"question {key}" for key in questions_of(number)]),
            "tasks": _count(before, [f"task {key}" for key in tasks_of(number)]),
        }
    return Progress(lessons)


def titles() -> dict[str, str]:
    """Return the titles of the lessons by number, as their pages say them."""
    folder = course_folder()
    files = folder.joinpath("notebooks").glob("[0-9][0-9]_*.ipynb") if folder else ()
    return {file.name[:2]: _title(file) for file in files}


def _title(file: Path) -> str:
    """Return the heading of a page; "" if it cannot be read."""
    try:
        text = "".join(json.loads(file.read_text("utf-8"))["cells"][0]["source"])
    except (OSError, ValueError, LookupError, TypeError):
        return ""
    return text.partition("\n")[0].lstrip("# ")


def _scenes(name: str) -> int:
    lines = tour_file(name).read_text("utf-8").splitlines()
    return sum(line.startswith("scene ") for line in lines)


def _count(before: dict[str, int], names: list[str]) -> tuple[int, int]:
    return sum(name in before for name in names), len(names)


def _of(done: int, most: int) -> str:
    return f"{done} of {most}" if most else "-"


def _cells(tag: str, row: tuple[str, ...]) -> str:
    return "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in row)
