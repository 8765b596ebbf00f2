"""Lessons that are told by tours: short, folded, first picture first, minutes computed."""

import re
from pathlib import Path
from statistics import median

import pytest

from clusterlab.cluster.events import NodeFailed
from clusterlab.lessons import tour_file
from clusterlab.scenario import read_scenario
from tools import course
from tools.lessons import Lesson, cells, prose, story, tours

MOST_WORDS = 80
MOST_NAMES = 4
MOST_BEFORE_PICTURE = 3
"""Presses of Run until the first live picture."""
MOST_UNFOLDED = 3
"""Code cells that are not folded, from lesson 03 on: those of In Python."""
REBUILT = [path for path in course.notebooks() if "## In Python" in path.read_text("utf-8")]
each = pytest.mark.parametrize("path", REBUILT, ids=lambda path: path.stem)


@each
def test_the_first_picture_comes_first(path: Path):
    """A live picture is there within the first presses of Run."""
    first = next(i for i, cell in enumerate(cells(path)) if cell[1].startswith("tour("))
    assert first < MOST_BEFORE_PICTURE + 1


@each
def test_sections_are_short(path: Path):
    """A section says at most 80 words before its tour."""
    found = cells(path)
    before = [found[i - 1][1] for i, cell in enumerate(found) if cell[1].startswith("tour(")]
    long = [text for text in before if len(prose(text)) > MOST_WORDS and not text.startswith("# ")]
    assert [] == long


@each
def test_code_of_the_story_is_folded(path: Path):
    """Cells that only open something are folded, for exporters too; the rest is In Python."""
    code = [cell for cell in story(cells(path)) if cell[0] == "code"]
    assert all(meta["jupyter"]["source_hidden"] for _, _, meta, _ in code)
    assert all("hide-input" in meta["tags"] for _, _, meta, _ in code)
    assert all(1 == len(text.splitlines()) for _, text, _, _ in code)


@pytest.mark.parametrize("path", [p for p in REBUILT if p.stem[:2] > "02"])
def test_few_cells_show_code(path: Path):
    """What is not folded is for those who script, and short."""
    code = [cell for cell in cells(path) if cell[0] == "code"]
    assert sum("hide-input" not in meta.get("tags", ()) for _, _, meta, _ in code) <= MOST_UNFOLDED


@each
def test_the_minutes_are_computed(path: Path):
    """The time in the first cell is words / 150 + deeds."""
    said = re.search(r"\*\*Time\*\*: (\d+) minutes", cells(path)[0][1])
    assert said is not None
    assert Lesson(path).minutes == int(said[1])


@pytest.mark.parametrize("path", REBUILT[1:], ids=lambda path: path.stem)
def test_the_map_says_the_same_minutes(path: Path):
    """The map on page 00 has the time of the lesson."""
    rows = [line for _, text, _, _ in cells(REBUILT[0]) for line in text.splitlines()]
    (row,) = [row for row in rows if f"({path.name})" in row and row.startswith("| ")]
    assert f"| {Lesson(path).minutes} min |" in row.replace("\N{NO-BREAK SPACE}", " ")


@each
def test_one_line_imports_what_the_story_needs(path: Path):
    """The story has one import, of few names; those of In Python come with it."""
    imports = [
        text for kind, text, _, _ in story(cells(path)) if kind == "code" and "import" in text
    ]
    assert 1 == len(imports)
    assert imports[0].startswith("from clusterlab.lab import ")
    assert len(imports[0].split(",")) <= MOST_NAMES


@each
def test_scenes_are_short(path: Path):
    """No scene says more than sixty words, and half of them at most forty."""
    words = [
        sum(len(command.words[0].split()) for command in scene if command.verb == "say")
        for name in tours(cells(path))
        for scene in read_scenario(tour_file(name)).scenes
    ]
    assert max(words) <= 60
    assert median(words) <= 40


@pytest.mark.parametrize("path", [p for p in REBUILT if p.stem[:2] in ("00", "02")])
def test_a_newcomer_fails_a_node_at_once(path: Path):
    """Within the first three presses of Run a story asks for the loss of a node."""
    pressed = [text for kind, text, _, _ in cells(path) if kind == "code"][:MOST_BEFORE_PICTURE]
    names = [name for text in pressed for name in re.findall(r'^tour\("(.+)"\)', text)]
    deeds = [c for name in names for scene in read_scenario(tour_file(name)).scenes for c in scene]
    assert any(isinstance(command.event, NodeFailed) for command in deeds if command.is_deed)
