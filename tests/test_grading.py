"""Grading: what a learner's cell redefines earns nothing, and what is answered earns its points.

Each attack stands in the first cell of an exercise that is otherwise as it came, with one right
answer beside it. Graded without `exercises/nbgrader_config.py`, "package" earns all 24 points and
"simulation" 7.
"""

import ast
import json
import runpy
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from clusterlab import ConfigError, Simulation, exchange_cluster
from clusterlab.lab import check, start
from clusterlab.lab.panelplay import as_text
from clusterlab.lessons.tasks import begin, beginning
from tests import test_exercise_checks as part_1_2
from tests import test_exercise_checks_03 as part_3
from tests import test_exercise_checks_04 as part_4
from tests import test_exercise_checks_05 as part_5
from tests import test_exercise_checks_06 as part_6
from tests import test_exercise_checks_07 as part_7
from tests import test_exercise_checks_08 as part_8
from tests import test_exercise_checks_09 as part_9
from tests import test_exercise_checks_10 as part_10
from tests import test_exercise_checks_11 as part_11
from tests import test_exercise_checks_12 as part_12_13
from tests import test_exercise_checks_14 as part_14_15
from tests.test_exercises import EXERCISES, grading, learner, master, released
from tools import course

__all__ = ["grading", "released"]

NAME = "02_how_failover_works"
ATTACKS: Mapping[str, str] = {
    "names": """
        class All:
            points = staticmethod(lambda most: most)
            __eq__ = lambda self, other: True
            __hash__ = None
        check = lambda *_: All()
        print = repr = str = lambda *_: "4"
        __import__ = kept = lambda *_: All()
        owners = {name: All() for name in ("Cluster Group", "EVS1", "EVS2")}
    """,
    "package": """
        import clusterlab.lab
        import clusterlab.lab.exercises as exercises
        from clusterlab.lessons.trials import Finding
        exercises.Result.points = lambda self, most: most
        exercises.check = clusterlab.lab.check = lambda *_: exercises.Result("", True)
        Finding.is_right = True
    """,
    "simulation": """
        from dataclasses import replace
        from clusterlab import Simulation
        from clusterlab.lab import start
        back = start("02.2")
        good = back.branch("good")
        good.start_node("NODE3")
        good.run(until_s=1800)
        good.move_group("EVS2", "NODE3")
        good.run(until_s=2400)
        back._history.append(back.history[-1]._replace(cluster=good.cluster))
        kept = lambda task: back if task == "02.2" else ...
    """,
}
"""Cells that leave the words of an answer alone."""
TEXTS: Mapping[str, str] = {
    "text": """
        import clusterlab.lab.panelplay as panelplay
        panelplay.as_text = lambda *_: "open('stolen', 'w') and __import__('os').system('exit')"
    """,
    "shown": """
        from IPython.core.displayhook import DisplayHook
        DisplayHook.compute_format_data = lambda self, result: ({"text/plain": "3"}, {})
    """,
}
"""Cells that spoil the words of every answer."""
PARTS = (
    part_1_2, part_3, part_4, part_5, part_6, part_7, part_8, part_9, part_10, part_11,
    part_12_13, part_14_15,
)  # fmt: skip
VALUES, ACTS = (
    {
        task: right
        for part in PARTS
        for name in names
        for task, right in vars(part).get(name, {}).items()
    }
    for names in (("RIGHT_VALUES", "RIGHT"), ("RIGHT_ACTS", "RIGHT_STEPS", "RIGHT_RUNS"))
)
"""Right answers to all tasks: values, and what is done to the beginning of a task."""
value = runpy.run_path(str(course.MASTERS.parent / "nbgrader_config.py"))["value"]
RIGHT = 'causes = {"b", "c", "e"}'


def handed_in(cell: str) -> str:
    """Return an exercise in which the first cell is an attack; one task, of 3 points, is done."""
    notebook = json.loads(learner(NAME).replace("causes = ...", RIGHT.replace('"', "'")))
    first = next(
        one
        for one in notebook["cells"]
        if one["metadata"].get("nbgrader", {}).get("grade_id") == "task-02-1"
    )
    first["source"] = "owners = ...\n" + dedent(cell)
    return json.dumps(notebook)


@pytest.mark.parametrize("attack", [*ATTACKS, *TEXTS])
def test_what_an_answer_redefines_earns_nothing(attack: str, grading, released):
    """Names, the package, the record of a simulation, what is shown: no mark comes from them."""
    released(NAME)
    score = grading.grade(NAME, attack, handed_in((ATTACKS | TEXTS)[attack]))
    assert (3 if attack in ATTACKS else 0) == score.points
    folder = Path(grading._folder, "autograded", attack, NAME)
    assert not (folder / "stolen").exists()


def test_files_beside_the_notebook_stand_in_for_nothing(grading, released):
    """Modules handed in are not loaded where marks are made, and deleted hints are paid for."""
    released(NAME)
    files = {
        "json.py": "raise SystemExit",
        "ast.py": "raise SystemExit",
        "sitecustomize.py": "raise SystemExit",
        "hints.txt": "02.4 hint 3\n",
    }
    spoil = "from pathlib import Path\nPath('hints.txt').unlink()"
    assert 2 == grading.grade(NAME, "files", handed_in(spoil), files).points


@pytest.mark.parametrize("name", EXERCISES)
def test_each_locked_cell_asks_the_check_of_the_package(name: str):
    """Also where nbgrader is used without our file, a name of the learner is not the check."""
    for cell in json.loads(master(name))["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade"):
            assert "from clusterlab.lab import check\n\ncheck(" in "".join(cell["source"])


def test_a_simulation_is_written_as_its_deeds():
    """They are done to the beginning of the task, whatever the simulation began with."""
    other = Simulation(exchange_cluster(active=1))
    other.pause_node("NODE1")
    text = as_text("02.7", other)
    assert "simulation('02.7', [(0.0, PauseNode(node='NODE1'))], 0.0)" == text
    assert 4 == len(value(ast.parse(text, mode="eval").body).cluster.config.nodes)


def done(name: str) -> object:
    """Return a right answer to a task."""
    if name in VALUES:
        return VALUES[name]
    if isinstance(beginning(name), Simulation):
        sim = start(name)
        ACTS[name](sim)
        return sim
    return ACTS[name](begin(name))


@pytest.mark.parametrize("name", sorted({*VALUES, *ACTS}))
def test_an_answer_that_is_written_and_read_is_the_same(name: str):
    """Every kind of answer of the course; a simulation and a run are done again to the end."""
    answer = done(name)
    again = value(ast.parse(as_text(name, answer), mode="eval").body)
    assert check(name, again), check(name, again)
    assert getattr(answer, "cluster", answer) == getattr(again, "cluster", again)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').getcwd()",
        "open('stolen', 'w')",
        "[one for one in (1, 2)]",
        "Pool.__init__",
        "simulation('02.2', [(None, open('stolen'))], 0)",
        "run('{}')",
        "year(Terms(), 7, [Policy()] * 4)",
        "simulation('02.9', [], 0)",
    ],
)
def test_text_that_is_no_answer_is_read_as_none(text: str, tmp_path, monkeypatch):
    """Nothing is called but what makes values and does deeds again."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises((ValueError, ConfigError)):
        value(ast.parse(text, mode="eval").body)
    assert [] == [*tmp_path.iterdir()]


def test_deeds_at_one_moment_are_done_again_with_what_lay_between():
    """Two requests at once are not the same as one after what came of the other."""
    sim = start("02.7")
    sim.pause_node("NODE2")
    sim.move_group("EVS2", "NODE4")
    text = as_text("02.7", sim)
    assert text.count("(None, ") == 1
    assert sim.history == value(ast.parse(text, mode="eval").body).history
