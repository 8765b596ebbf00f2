"""The lessons: for each a folder with its tours, questions and tasks, and the checks of the tasks.

Words stand in text and TOML files; the module of a lesson decides what is right in its tasks, by
the names of the conditions.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from clusterlab.cluster.errors import ConfigError, wrong
from clusterlab.tomlfiles.tables import own_table

FOLDER = Path(__file__).parent
_OF_HANDBOOK = "quiz/"
"""How the keys of statements of handbook 2, 10 begin; the others belong to the lesson."""
QUESTIONS_FILE = "questions.toml"
TASKS_FILE = "tasks.toml"


class Option(NamedTuple):
    """One answer of a question, and what is said to a learner who chooses it."""

    text: str
    feedback: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionWords:
    """A question with its answers."""

    text: str  # may hold several lines
    options: Mapping[str, Option]  # by the letter or word that chooses them
    right: str  # which of them is right
    source: str  # where the rule stands

    @property
    def is_statement(self) -> bool:
        """Whether it is a statement, true or false."""
        return set(self.options) == {"true", "false"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskWords:
    """What a check says about one task.

    `findings` has what is said of each condition when it holds, and when it does not; `gives_line`
    is the first hint that costs a point (0: none), `parts` the conditions that earn points one by
    one; `panel`, `show` and `say` are how and where it is done by deeds, if it is.
    """

    title: str
    findings: Mapping[str, tuple[str, str]]
    read: str
    hints: tuple[str, ...]
    gives_line: int = 0
    parts: tuple[str, ...] = ()
    panel: str = ""
    show: str = "all"
    say: str = ""


def statement(text: str, because: str, source: str, *, is_true: bool = False) -> QuestionWords:
    """Return something that is often said, right or wrong, as a question: true or false?"""
    said = f"It is {'true' if is_true else 'false'}: {because}"
    options = {"true": Option("True", said), "false": Option("False", said)}
    return QuestionWords(
        text=text, options=options, right="true" if is_true else "false", source=source
    )


def read_questions(folder: Path) -> dict[str, QuestionWords]:
    """Return the questions of a folder by key; none if it has no `questions.toml`."""
    return {key: _question(key, facts) for key, facts in _tables(folder / QUESTIONS_FILE).items()}


def read_tasks(folder: Path) -> dict[str, TaskWords]:
    """Return the words of the tasks of a folder by number; none if it has no `tasks.toml`."""
    return {key: _task(key, facts) for key, facts in _tables(folder / TASKS_FILE).items()}


def _tables(file: Path) -> dict[str, dict[str, Any]]:
    if not file.is_file():
        return {}
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except (ValueError, OSError) as error:
        raise ConfigError(f"{file.name} cannot be read: {error}; allowed: TOML in UTF-8") from None
    for key, facts in tables.items():
        if not isinstance(facts, dict):
            raise ConfigError(f"{file.name}: {key!r} is no table; allowed: [{key}] and its lines")
    return tables


def _taken(file: str, key: str, facts: Mapping[str, Any], name: str) -> Any:
    if name not in facts:
        raise ConfigError(f"{file}: [{key}] lacks {name!r}; it has: {', '.join(facts)}")
    return facts[name]


def _question(key: str, facts: Mapping[str, Any]) -> QuestionWords:
    def take(name: str) -> Any:
        return _taken(QUESTIONS_FILE, key, facts, name)

    source = take("source")
    if "because" in facts:
        is_true = facts.get("is_true", False)
        return statement(take("text"), take("because"), source, is_true=is_true)
    letters = [name for name in facts if len(name) == 1]
    options = {letter: _option(key, letter, facts[letter]) for letter in letters}
    right = take("right")
    if right not in options:
        raise wrong(f"{QUESTIONS_FILE}: [{key}] right", right, ", ".join(options))
    return QuestionWords(text=take("text"), options=options, right=right, source=source)


def _option(key: str, letter: str, value: Any) -> Option:
    if not isinstance(value, list) or len(value) != 2 or not all(isinstance(x, str) for x in value):
        raise wrong(f"{QUESTIONS_FILE}: [{key}] {letter}", value, '["answer", "feedback"]')
    return Option(*value)


def _task(key: str, facts: Mapping[str, Any]) -> TaskWords:
    def take(name: str) -> Any:
        return _taken(TASKS_FILE, key, facts, name)

    return TaskWords(
        title=take("title"),
        findings={name: (right, missing) for name, (right, missing) in take("findings").items()},
        read=take("read"),
        hints=tuple(take("hints")),
        gives_line=facts.get("gives_line", 0),
        parts=tuple(facts.get("parts", ())),
        **{name: facts[name] for name in ("panel", "show", "say") if name in facts},
    )


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
