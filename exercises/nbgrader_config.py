"""Lets nbgrader grade this course: copy it beside the folder `source` of your own course.

The answer of a learner is Python in a kernel, where it can redefine whatever a locked cell uses:
the check, `print`, the package itself. So no mark is taken from that kernel. When a notebook has
been run, each answer is written down there as text that says what was done. A process in which
nothing of the learner was run reads that text (as data, never as Python), does the same again, and
checks the result. This file is the configuration of nbgrader and the program of that process.
"""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

CHECK = re.compile(r"""^check\("(\d\d\.\d+)", ([\w.]+)\)\.points\((\d+)\)$""", re.MULTILINE)
"""The line of a locked cell that earns points: its task, what holds the answer, the most points."""
LIMIT_S = 300
"""Seconds that the check of all answers of a notebook may take."""


# --- in the process of nbgrader ------------------------------------------------------------------


def marked(notebook: Any, folder: Path, run: Any) -> None:
    """Let *run* run the notebook in its folder, and write the marks into its locked cells."""
    cells = [(cell, CHECK.search(cell.source)) for cell in notebook.cells if _is_locked(cell)]
    asked = [(cell, cell.source, *found.groups()) for cell, found in cells if found]
    hints = folder / "hints.txt"
    paid = hints.read_bytes() if hints.is_file() else b""
    for cell, _, task, answer, _ in asked:
        cell.source = f"from clusterlab.lab.panelplay import as_text\nas_text({task!r}, {answer})"
    run()
    if paid:  # also if a cell has deleted the file
        hints.write_bytes(paid + (hints.read_bytes() if hints.is_file() else b""))
    texts = [[task, _text(cell), int(most)] for cell, _, task, _, most in asked]
    for (cell, source, *_), points in zip(asked, _marks(texts, folder), strict=True):
        cell.source = source
        errors = [one for one in cell.outputs if one["output_type"] == "error"]
        cell.outputs = errors or [_shown(points)]


def _is_locked(cell: Any) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("grade")) and cell.cell_type == "code"


def _text(cell: Any) -> str:
    shown = [one["data"] for one in cell.outputs if one["output_type"] == "execute_result"]
    return str(shown[0].get("text/plain", "")) if shown else ""


def _marks(texts: list[list[Any]], folder: Path) -> Iterator[float]:
    """Yield the points of each answer; 0 for those that could not be checked in time."""
    command = [sys.executable, "-P", str(Path(__file__).resolve())]
    environment = os.environ | {"CLUSTERLAB_NO_PROGRESS": "1", "PYTHONIOENCODING": "utf-8"}
    try:
        done = subprocess.run(
            command, input=json.dumps(texts).encode(), stdout=subprocess.PIPE, cwd=folder,
            env=environment, timeout=LIMIT_S, check=False,
        ).stdout  # fmt: skip
    except subprocess.TimeoutExpired as late:
        done = late.stdout or b""
    lines = done.decode().splitlines()
    yield from (float(line) for line in lines)
    yield from (0.0 for _ in texts[len(lines) :])


def _shown(points: float) -> Any:
    from nbformat.v4 import new_output

    return new_output("execute_result", {"text/plain": f"{points:g}"}, execution_count=1)


# --- in the process that marks -------------------------------------------------------------------


def value(node: Any) -> Any:
    """Return the value that `clusterlab.lab.panelplay.as_text` wrote, from its parsed text.

    Raises:
        ValueError: If the text holds anything else than values and the deeds of an answer.
    """
    match node:
        case ast.Call(ast.Name(name), given, named) if name in makers():
            return makers()[name](
                *map(value, given), **{str(one.arg): value(one.value) for one in named}
            )
        case ast.Call(ast.Attribute(), [number], []):  # a number of numpy
            return value(number)
        case ast.Dict(keys, values):
            return dict(zip(map(value, keys), map(value, values), strict=True))
        case ast.List(items):
            return [*map(value, items)]
        case ast.Tuple(items):
            return tuple(map(value, items))
        case ast.Set(items):
            return {*map(value, items)}
        case ast.Name("Ellipsis"):
            return ...
    return ast.literal_eval(node)


@cache
def makers() -> Mapping[str, Any]:
    """Return what a text may call: values of the course, and what does the deeds again."""
    from clusterlab.cluster import events, states
    from clusterlab.clusterfiles import read_cluster
    from clusterlab.design import availability, gamerules, montecarlo, readiness, requirements
    from clusterlab.procedures import Run

    enums = [
        one for one in vars(states).values() if isinstance(one, type) and issubclass(one, Enum)
    ]
    values = [
        availability.Pool, gamerules.Policy, gamerules.Terms, montecarlo.Study,
        readiness.Evidence, requirements.Requirements, set, frozenset,
    ]  # fmt: skip
    named = {one.__name__: one for one in (*events.SENT, *enums, *values)}
    again = {"simulation": simulation, "run": Run.from_json, "year": year}
    return {**named, **again, "cluster": read_cluster}


def simulation(task: str, done: Iterable[tuple[float | None, Any]], until_s: float) -> Any:
    """Return the simulation in which a learner did something to the beginning of a task."""
    from clusterlab import OperationRefused
    from clusterlab.lab import start

    sim = start(task)
    for at_s, event in done:
        if at_s is not None:
            sim.run(until_s=at_s)
        with suppress(OperationRefused):
            sim.send(event)
    if until_s > sim.now_s:
        sim.run(until_s=until_s)
    return sim


def year(terms: Any, seed: int, policies: Iterable[Any]) -> Any:
    """Return the year of a learner, played again."""
    from clusterlab.design.game import Year

    played = Year(terms=terms, seed=seed)
    for policy in policies:
        played = played.after(policy)
    return played


def mark() -> None:
    """Read the answers, and print the points of each in a line."""
    from clusterlab.lab.exercises import check

    for task, text, most in json.load(sys.stdin):
        try:
            answer = value(ast.parse(ast.literal_eval(text), mode="eval").body)
            points = check(task, answer).points(most)
        except Exception as error:  # whatever a text holds, the others count
            points = 0
            print(f"task {task}: this answer cannot be read: {error!r}", file=sys.stderr)
        print(points, flush=True)


if __name__ == "__main__":
    mark()
elif "get_config" in globals():
    from nbgrader.apps import NbGraderApp  # noqa: F401  so that its converters can be imported
    from nbgrader.converters import Autograde
    from nbgrader.preprocessors import Execute

    class Marks(Execute):  # type: ignore[misc]
        """Runs a notebook as nbgrader does, and lets another process say the marks."""

        def preprocess(self, nb: Any, resources: Any, km: Any = None) -> Any:
            """Run the notebook, and write the marks into its locked cells."""
            run = lambda: super(Marks, self).preprocess(nb, resources, km)  # noqa: E731
            marked(nb, Path(resources["metadata"]["path"]), run)
            return nb, resources

    c = globals()["get_config"]()
    c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE"}
    c.Autograde.autograde_preprocessors = [
        Marks if one is Execute else one
        for one in Autograde.class_traits()["autograde_preprocessors"].default()
    ]
