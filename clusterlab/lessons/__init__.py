"""The lessons: for each a folder with its tours, questions and tasks, and the checks of the tasks.

Words stand in text and TOML files; `checks.py` of a lesson decides what is right in its tasks.
"""

from __future__ import annotations

from pathlib import Path

from clusterlab.cluster.errors import ConfigError

FOLDER = Path(__file__).parent


def lesson_folder(number: str) -> Path:
    """Return the folder of a lesson, such as "02"."""
    return FOLDER / f"lesson{number}"


def tour_names() -> tuple[str, ...]:
    """Return the name of each tour of the course, such as "02/first_failure", in order."""
    files = sorted(FOLDER.glob("lesson*/*.txt"))
    return tuple(f"{file.parent.name.removeprefix('lesson')}/{file.stem}" for file in files)


def tour_file(name: str) -> Path:
    """Return the file of a tour of the course.

    Raises:
        ConfigError: If there is no such tour.

    Example:
        >>> tour_file("02/first_failure").name
        'first_failure.txt'
    """
    if name not in tour_names():
        raise ConfigError(f"there is no tour {name!r}; allowed: {', '.join(tour_names())}")
    lesson, _, stem = name.partition("/")
    return lesson_folder(lesson) / f"{stem}.txt"
