"""Exercises: the learner copies follow their masters, and nbgrader grades both as it should.

Making a copy and grading one starts a kernel or takes a second, so each is done once.
"""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.test_task_deeds import DEEDS, beside, done
from tools import course

__all__ = ["beside"]

EXERCISES = [path.stem for path in course.masters()]


@pytest.fixture(scope="module")
def grading(tmp_path_factory: pytest.TempPathFactory) -> course.Grading:
    """An nbgrader course of its own, with its own gradebook."""
    return course.Grading(tmp_path_factory.mktemp("grading"))


@pytest.fixture(scope="module")
def released(grading: course.Grading) -> Callable[[str], str]:
    """Return what nbgrader makes of a master, by the name of the exercise."""
    return cache(grading.release)


@pytest.fixture(scope="module")
def untouched(
    grading: course.Grading, released: Callable[[str], str]
) -> Callable[[str], course.Score]:
    """Return what the copy in the repository scores as it came, by the name of the exercise."""

    @cache
    def graded(name: str) -> course.Score:
        released(name)
        return grading.grade(name, "untouched", learner(name))

    return graded


def master(name: str) -> str:
    """Return the text of an exercise master."""
    return (course.MASTERS / name / f"{name}.ipynb").read_text("utf-8")


def learner(name: str) -> str:
    """Return the text of a learner copy as it lies in the repository."""
    return (course.LEARNER / name / f"{name}.ipynb").read_text("utf-8")


def test_no_learner_copy_is_without_a_master():
    """Each copy has a master of the same name, and each master a copy."""
    assert EXERCISES == sorted(path.stem for path in course.LEARNER.glob("*/*.ipynb"))


@pytest.mark.parametrize("name", EXERCISES)
def test_a_learner_copy_is_what_nbgrader_makes_of_its_master(
    name: str, released: Callable[[str], str]
):
    """After a change of a master, ``python -m tools.course learner`` must be run."""
    assert released(name) == learner(name)


@pytest.mark.parametrize("name", EXERCISES)
def test_a_learner_copy_holds_no_solution(name: str):
    """Neither a solution block nor a hidden test reaches the learner."""
    sources = ["".join(cell["source"]) for cell in json.loads(learner(name))["cells"]]
    marks = ("### BEGIN SOLUTION", "### BEGIN HIDDEN TESTS", "### BEGIN MARK SCHEME")
    assert [] == [source for source in sources if any(mark in source for mark in marks)]


@pytest.mark.parametrize("name", EXERCISES)
def test_an_untouched_learner_copy_runs_to_its_end(
    name: str, untouched: Callable[[str], course.Score]
):
    """No blank breaks the cells below it: "Run All" meets no error."""
    assert () == untouched(name).errors


@pytest.mark.parametrize("name", EXERCISES)
def test_an_untouched_learner_copy_scores_nothing(
    name: str, untouched: Callable[[str], course.Score]
):
    """Handing in the copy as it came earns no point."""
    assert 0 == untouched(name).points


@pytest.mark.parametrize("name", EXERCISES)
def test_the_master_scores_full_marks(
    name: str, grading: course.Grading, released: Callable[[str], str]
):
    """The solutions solve every task under ``nbgrader autograde``."""
    released(name)
    score = grading.grade(name, "master", master(name))
    assert score.most > 0
    assert score.most == score.points


def points_of(name: str) -> dict[str, float]:
    """Return the points of each task of an exercise, as nbgrader knows them."""
    graded = [cell["metadata"].get("nbgrader", {}) for cell in json.loads(master(name))["cells"]]
    return {
        "{}.{}".format(*one["grade_id"].split("-")[1:3]): one["points"]
        for one in graded
        if one.get("grade")
    }


@pytest.mark.parametrize("number", sorted({task[:2] for task in DEEDS}))
def test_answers_by_deeds_are_graded_as_typed_ones(
    number: str,
    grading: course.Grading,
    released: Callable[[str], str],
    beside: Callable[[str], Path],
):
    """The files that *Keep my answer* wrote earn full points in an untouched copy."""
    name = next(name for name in EXERCISES if name.startswith(number))
    tasks = [task for task in DEEDS if task.startswith(number)]
    folder = beside(f"{number}.1")
    for task in tasks:
        done(task).buttons["keep"].click()
    files = {f"{task}.txt": (folder / f"{task}.txt").read_text("utf-8") for task in tasks}
    released(name)
    score = grading.grade(name, "deeds", learner(name), files)
    assert () == score.errors
    assert sum(points_of(name)[task] for task in tasks) == score.points


def test_a_hint_that_gives_the_line_costs_a_point_of_the_grade(
    grading: course.Grading, released: Callable[[str], str]
):
    """Each hint written down beside the notebook costs one, and a task never less than nothing."""
    name = "02_how_failover_works"
    released(name)
    taken = "02.3 hint 3\n02.5 hint 3\n"
    score = grading.grade(name, "hints", master(name), {"hints.txt": taken})
    assert score.most - 2 == score.points
    assert 0 == grading.grade(name, "only hints", learner(name), {"hints.txt": taken}).points


def test_a_part_that_is_right_reaches_the_grade(
    grading: course.Grading, released: Callable[[str], str]
):
    """Two of three statements, and half of what has to be done, are points for nbgrader."""
    name = "02_how_failover_works"
    released(name)
    text = learner(name).replace("causes = ...", "causes = {'b', 'c'}")
    deeds = {"02.7.txt": "task 02.7\npause NODE2\n"}
    assert 2 + 1.5 == grading.grade(name, "partly", text, deeds).points


def test_a_kept_file_that_cannot_be_read_costs_its_own_task_alone(
    grading: course.Grading, released: Callable[[str], str]
):
    """The message names the file and its line; the other tasks are graded."""
    name = "02_how_failover_works"
    released(name)
    files = {"02.2.txt": "task 02.2\nimport os\n", "02.7.txt": "task 02.7\npause NODE2\n"}
    score = grading.grade(name, "broken", learner(name), files)
    assert 1.5 == score.points
    assert "02.2.txt, line 2: 'import' is not a command" in score.errors[0]


def small_exercise(folder: Path) -> Path:
    """Write a master with one task of three points and return the folder of masters."""

    def graded(name: str, **settings: object) -> dict[str, object]:
        settings = {"grade": False, "locked": False, "solution": False, "task": False} | settings
        return {"nbgrader": {"grade_id": name, "schema_version": 3} | settings}

    solution = "### BEGIN SOLUTION\nanswer = 42\n### END SOLUTION"
    cells = [
        ("a1", solution, graded("a1", solution=True)),
        ("b1", "assert answer == 42", graded("a1-check", grade=True, locked=True, points=3)),
    ]
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {},
        "cells": [
            {
                "cell_type": "code",
                "id": cell_id,
                "source": source,
                "metadata": metadata,
                "outputs": [],
                "execution_count": None,
            }
            for cell_id, source, metadata in cells
        ],
    }
    path = folder / "01_small" / "01_small.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(course.normalised(json.dumps(notebook)), encoding="utf-8")
    return folder


def test_two_runs_make_the_same_bytes(tmp_path: Path):
    """A learner copy depends on its master alone."""
    sources = small_exercise(tmp_path)
    assert list(course.learner_copies(sources)) == list(course.learner_copies(sources))


def test_the_gradebook_tells_right_from_wrong(tmp_path: Path):
    """A right answer earns the points of its task, a wrong one none."""
    sources = small_exercise(tmp_path / "source")
    (tmp_path / "course").mkdir()
    grading = course.Grading(tmp_path / "course", sources)
    copy = grading.release("01_small")
    right = copy.replace(course.STUB, "answer = 42")
    wrong = copy.replace(course.STUB, "answer = 41")
    assert course.Score(points=3, most=3) == grading.grade("01_small", "right", right)
    failed = course.Score(points=0, most=3, errors=("AssertionError: ",))
    assert failed == grading.grade("01_small", "wrong", wrong)


def test_a_master_that_nbgrader_refuses_is_named_with_the_reason(tmp_path: Path):
    """Two tasks under one name are an error that names the exercise."""
    sources = small_exercise(tmp_path / "source")
    path = sources / "01_small" / "01_small.ipynb"
    path.write_text(path.read_text("utf-8").replace("a1-check", "a1"), encoding="utf-8")
    with pytest.raises(RuntimeError, match="nbgrader refuses 01_small"):
        list(course.learner_copies(sources))
