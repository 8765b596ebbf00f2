"""The lessons: for each a folder with its tours, questions and tasks, and the checks of the tasks.

Words stand in text and TOML files; the module of a lesson decides what is right in its tasks.
"""

from __future__ import annotations

from pathlib import Path

from clusterlab.cluster.errors import ConfigError, wrong
from clusterlab.lessons.words import QuestionWords, TaskWords, read_questions, read_tasks
from clusterlab.tomlfiles.tables import own_table

FOLDER = Path(__file__).parent
_OF_HANDBOOK = "quiz/"
"""How the keys of statements of handbook 2, 10 begin; the others belong to the lesson."""


def lesson_folder(number: str) -> Path:
    """Return the folder of a lesson, such as "02"."""
    return FOLDER / f"lesson{number}"


def questions_of(number: str) -> dict[str, QuestionWords]:
    """Return the questions and statements of a lesson by key, such as "02/longest" or "quiz/16"."""
    return {
        key if key.startswith(_OF_HANDBOOK) else f"{number}/{key}": question
        for key, question in read_questions(lesson_folder(number)).items()
    }


def tasks_of(number: str) -> dict[str, TaskWords]:
    """Return what checks say in a lesson, by the number of the task."""
    return read_tasks(lesson_folder(number))


def lesson_numbers() -> tuple[str, ...]:
    """Return the numbers of the lessons that have tasks, in order.

    Example:
        >>> lesson_numbers()[:2]
        ('01', '02')
    """
    files = sorted(FOLDER.glob("lesson*/tasks.toml"))
    return tuple(file.parent.name.removeprefix("lesson") for file in files)


def tour_names() -> tuple[str, ...]:
    """Return the name of each tour of the course, such as "02/first_failure", in order."""
    files = sorted(FOLDER.glob("lesson*/*.txt"))
    return tuple(f"{file.parent.name.removeprefix('lesson')}/{file.stem}" for file in files)


def tours_of(lesson: str) -> tuple[str, ...]:
    """Return the names of the tours of a lesson, in the order of its notebook.

    Example:
        >>> tours_of("02")[:2]
        ('02/first_failure', '02/second_failure')
    """
    lessons = own_table(FOLDER / "tours.toml").data
    if lesson not in lessons:
        raise wrong("lesson", lesson, ", ".join(lessons))
    return tuple(f"{lesson}/{stem}" for stem in lessons[lesson].split())


def tour_file(name: str) -> Path:
    """Return the file of a tour of the course.

    Example:
        >>> tour_file("02/first_failure").name
        'first_failure.txt'
    """
    if name not in tour_names():
        raise ConfigError(f"there is no tour {name!r}; allowed: {', '.join(tour_names())}")
    lesson, _, stem = name.partition("/")
    return lesson_folder(lesson) / f"{stem}.txt"
