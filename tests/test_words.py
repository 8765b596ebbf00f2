"""The texts that users read are plain English: no habit of tests/habits.toml is in any of them."""

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HABITS = tomllib.loads((Path(__file__).parent / "habits.toml").read_text("utf-8"))["habit"]

Text = tuple[str, int, str]
"""Where a text is, the number of its first line, and the text."""


def found(habit: dict[str, str], text: str, first: int = 1) -> list[tuple[int, str]]:
    """Return the lines and the words with a habit, also where a line ends in the middle of it."""
    lines = [number for number, line in enumerate(text.split("\n"), first) for _ in line.split()]
    flat = " ".join(text.split())
    hits = re.finditer(habit["pattern"], flat, re.IGNORECASE)
    return [(lines[flat.count(" ", 0, hit.start())], hit[0].strip()) for hit in hits]


def of_file(path: Path) -> Iterator[Text]:
    """Yield the text of a tour, a table or a page, with its comments blanked out."""
    text = path.read_text("utf-8")
    if path.suffix != ".md":
        text = re.sub(r"^[ \t]*#.*$", "", text.replace("\\\n", " \n"), flags=re.MULTILINE)
    yield "", 1, text


def of_notebook(path: Path) -> Iterator[Text]:
    """Yield the text cells of a notebook, by the number of the cell."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    for number, cell in enumerate(cells):
        if cell["cell_type"] == "markdown":
            yield f", cell {number}", 1, "".join(cell["source"])


def of_module(path: Path) -> Iterator[Text]:
    """Yield the sentences in a module that users meet: its words, and the help of commands."""
    tree = ast.parse(path.read_text("utf-8"))
    unseen = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    helps = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and node.decorator_list
        and path.parent.name == "cli"
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and (id(node) not in unseen or id(node) in helps):
            yield "", node.lineno, node.value


READERS = {
    "clusterlab/**/*.toml": of_file,
    "clusterlab/**/*.csv": of_file,
    "clusterlab/lessons/*/*.txt": of_file,
    "clusterlab/lessons/*/*.md": of_file,
    "docs/guides/*.md": of_file,
    "docs/trainer/*.md": of_file,
    "tools/trainer.toml": of_file,
    "README.md": of_file,
    "CHANGELOG.md": of_file,
    "notebooks/*.ipynb": of_notebook,
    "exercises/source/*/*.ipynb": of_notebook,
    "clusterlab/**/*.py": of_module,
}
"""What users read, and how to get at it."""


@pytest.fixture(scope="module")
def texts() -> tuple[Text, ...]:
    """Return every text with its file."""
    return tuple(
        (f"{path.relative_to(ROOT).as_posix()}{cell}", first, text)
        for files, read in READERS.items()
        for path in sorted(ROOT.glob(files))
        for cell, first, text in read(path)
    )


@pytest.mark.parametrize("habit", HABITS, ids=lambda habit: habit["bad"])
def test_no_text_has_the_habit(habit: dict[str, str], texts: tuple[Text, ...]):
    """Each place is named with its file, its line, the words, and better ones."""
    places = [
        f"{where}, line {line}: {words!r}"
        for where, first, text in texts
        for line, words in found(habit, text, first)
    ]
    assert not places, f"say {habit['say']} ({habit['why']})\n" + "\n".join(places)


@pytest.mark.parametrize("habit", HABITS, ids=lambda habit: habit["bad"])
def test_a_habit_is_found_and_has_better_words(habit: dict[str, str]):
    """Its bad sentence has it, and its good one has none of all habits."""
    assert found(habit, habit["bad"])
    assert found(habit, habit["bad"].replace(" ", "\n  "))
    assert [] == [one["bad"] for one in HABITS if found(one, habit["good"])]


@pytest.mark.parametrize(
    "words",
    [
        "Not noticed yet",  # a tour
        "Clients are set up with the network name of the EVS",  # a question
        "Simulated seconds per second",  # a tooltip
        "After this lesson you can",  # a notebook
        "What is the smallest whole number of messages",  # an exercise
        "Play every failure and every pair of failures.",  # the help of a command
        "Name of the cluster.",  # of its option
        "it answered no heartbeat",  # a message
        "Names, units and limits are those of the product",  # a guide
    ],
)
def test_each_kind_of_text_is_read(words: str, texts: tuple[Text, ...]):
    """Whatever its kind, a text that users read is looked at."""
    assert any(words in " ".join(text.split()) for _, _, text in texts)
