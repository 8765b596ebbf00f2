"""Tasks done by deeds: what is kept beside the notebook is graded as the same answer typed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from clusterlab.cluster.errors import ConfigError
from clusterlab.lab import kept, start, task
from clusterlab.lab.exercises import TASKS, check, hints
from clusterlab.lab.panels.tour import TourLab
from clusterlab.lessons import tasks
from clusterlab.scenario.layout import ScenarioError
from tests import (
    test_exercise_checks as part_1_2,
)
from tests import test_exercise_checks_03 as part_3
from tests import test_exercise_checks_04 as part_4
from tests import test_exercise_checks_05 as part_5
from tests import test_exercise_checks_06 as part_6
from tests import test_exercise_checks_08 as part_8
from tests import test_exercise_checks_11 as part_11
from tests.answers import Act

TYPED: Mapping[str, Act] = {
    name: act
    for part in (part_1_2, part_3, part_4, part_5, part_6, part_8, part_11)
    for name, act in part.RIGHT_ACTS.items()
    if TASKS[name].panel in ("failover", "administrator")
}
"""Right answers by code to the tasks that are about a cluster, by task."""
OF_WORDS: Mapping[str, tuple[str, ...]] = {
    "11.8": (
        "NC-05", "NC-contacts", "NC-07", "NC-08@EVS1", "NC-08@EVS2", "NC-08@EVS3", "NC-09",
    ),
    "14.3": ("set active=5", "set passive=2", "set mttr_h=36"),
    "14.7": ("set seed=7", "new year", "set spares=2", *["to end"] * 4),
    "15.2": (
        "set D3=missing", "set D4=shown", "set D6=promised", "set D7=missing", "set D8=shown",
        "set D10=promised",
    ),
}  # fmt: skip
"""Right answers to the tasks on other panels, in the words of the panel."""
DEEDS = [name for name, words in TASKS.items() if words.panel]


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Return what makes the folder of an exercise and lets Python work in it."""

    def enter(name: str) -> Path:
        folder = tmp_path / f"{name[:2]}_exercise"
        folder.mkdir(exist_ok=True)
        (folder / f"{folder.name}.ipynb").write_text("{}", "utf-8")
        monkeypatch.chdir(folder)
        return folder

    return enter


def done(name: str) -> TourLab:
    """Return the panel of a task in which it was done rightly."""
    lab = task(name)
    if name in TYPED:
        TYPED[name](lab.stage.branches.shown)
        lab.stage.branches.notice()
    for words in OF_WORDS.get(name, ()):
        lab.stage.act(words)
    return lab


def test_the_tasks_that_ask_for_doing_have_a_panel():
    """Lessons 02, 03, 06, 11, 14 and 15 among them; each has an answer by deeds here."""
    assert {*TYPED, *OF_WORDS} == {*DEEDS}
    assert {"02", "03", "06", "11", "14", "15"} <= {name[:2] for name in DEEDS}


@pytest.mark.parametrize("name", DEEDS)
def test_an_answer_by_deeds_is_as_right_as_a_typed_one(name: str, beside: Callable[[str], Path]):
    """*Keep my answer* writes lines that replay to a right answer."""
    folder = beside(name)
    lab = done(name)
    lab.buttons["check"].click()
    lab.buttons["keep"].click()
    assert "" == lab.errors.text
    assert {f"{folder.name}.ipynb", f"{name}.txt"} == {p.name for p in folder.iterdir()}
    result = check(name, kept(name))
    assert result, result
    assert 4 == result.points(4)


@pytest.mark.parametrize("name", [name for name in DEEDS if name in TYPED])
def test_the_lines_kept_are_deeds_of_the_panel(name: str, beside: Callable[[str], Path]):
    """Done line by line in the panel itself, they come out as the same answer."""
    folder = beside(name)
    done(name).buttons["keep"].click()
    typed = kept(name).cluster
    lab = task(name)
    for line in (folder / f"{name}.txt").read_text("utf-8").splitlines()[2:]:
        if line.startswith("run until "):
            lab.stage.branches.go_to(float(line.removeprefix("run until ")))
        else:
            lab.stage.act(line)
    assert "" == lab.stage.errors.text
    lab.buttons["keep"].click()
    assert typed == kept(name).cluster
