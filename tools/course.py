"""Keeps notebooks and exercises in order: executes them, makes the learner copies, checks both.

``python -m tools.course execute`` runs every notebook and every exercise master and stores the
outputs; ``learner`` makes the learner copies with nbgrader; ``check`` says what is out of date.
All three write the same bytes when run twice.
"""

import json
import os
import sys
import sysconfig
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import click
import nbformat
from nbclient import NotebookClient
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from traitlets.config.loader import PyFileConfigLoader

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
MASTERS = ROOT / "exercises" / "source"
LEARNER = ROOT / "exercises" / "learner"
CELL_TIMEOUT_S = 120
# What a learner finds in place of a solution. It raises nothing, so that "Run All" reaches the
# end of an untouched copy; the checks say "not done yet".
STUB = "# YOUR CODE HERE"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def notebooks() -> list[Path]:
    """Return the lessons in reading order."""
    return sorted(NOTEBOOKS.glob("*.ipynb"))


def masters() -> list[Path]:
    """Return the exercise masters in reading order."""
    return sorted(MASTERS.glob("*/*.ipynb"))


def normalised(text: str) -> str:
    """Return a notebook's text with everything random or local to one machine taken out.

    Cells keep their ids; a cell without one, or with one used before, gets an id made from its
    place and text. Widget views go, since their model is lost when the kernel ends; the text
    twin beside them stays.

    Args:
        text: A notebook as JSON.
    """
    raw = json.loads(text)
    raw["nbformat"], raw["nbformat_minor"] = 4, 5
    raw["metadata"] = {"kernelspec": KERNELSPEC, "language_info": {"name": "python"}}
    _fix_ids(raw["cells"])
    for cell in raw["cells"]:
        cell["metadata"].pop("execution", None)
        cell["metadata"].pop("trusted", None)
    for number, cell in enumerate(_code_cells(raw), start=1):
        _normalise_outputs(cell, number)
    notebook = nbformat.from_dict(raw)
    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)) + "\n"


def _code_cells(raw: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the code cells of a notebook's JSON."""
    return [cell for cell in raw["cells"] if cell["cell_type"] == "code"]


def _fix_ids(cells: list[dict[str, Any]]) -> None:
    """Give an id to each cell that has none of its own."""
    seen: set[str] = set()
    for place, cell in enumerate(cells):
        if cell.get("id", "") in seen | {""}:
            source = "".join(cell["source"])
            cell["id"] = sha256(f"{place}:{source}".encode()).hexdigest()[:8]
        seen.add(cell["id"])


def _normalise_outputs(cell: dict[str, Any], number: int) -> None:
    """Number the outputs of an executed cell in order and drop widget views."""
    if cell["execution_count"] is not None:
        cell["execution_count"] = number
    for output in cell["outputs"]:
        output.get("data", {}).pop(WIDGET_VIEW, None)
        if output.get("execution_count") is not None:
            output["execution_count"] = number


def execute(path: Path) -> None:
    """Run a notebook from top to bottom on a fresh kernel and store its outputs.

    Raises:
        nbclient.exceptions.CellExecutionError: If a cell fails that is not tagged
            ``raises-exception``; the file is then left as it was.
    """
    notebook = nbformat.reads(normalised(path.read_text("utf-8")), as_version=4)
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT_S,
        kernel_name="python3",
        store_widget_state=False,
        record_timing=False,
        coalesce_streams=True,  # where a kernel cuts its text is chance
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute(env=os.environ | {"CLUSTERLAB_NO_PROGRESS": "1"})
    write_if_changed(path, normalised(nbformat.writes(notebook)))


def write_if_changed(path: Path, text: str) -> bool:
    """Write a file with Unix line ends unless it already holds *text*; return if it was written."""
    if path.is_file() and path.read_text("utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What nbgrader's gradebook says about one submission.

    Attributes:
        points: Earned.
        most: To be earned.
        errors: What cells that failed said, in order.
    """

    points: float
    most: float
    errors: tuple[str, ...] = ()


class Grading:
    """An nbgrader course in a folder of its own, filled with this course's masters.

    Args:
        folder: An empty folder.
        sources: Folder with one folder per exercise, as ``exercises/source``.
    """

    def __init__(self, folder: Path, sources: Path = MASTERS) -> None:
        config = PyFileConfigLoader("nbgrader_config.py", str(MASTERS.parent)).load_config()
        config.CourseDirectory.root = str(folder)
        config.CourseDirectory.db_url = f"sqlite:///{(folder / 'gradebook.db').as_posix()}"
        config.ExecutePreprocessor.kernel_name = "python3"
        config.ExecutePreprocessor.timeout = CELL_TIMEOUT_S
        (folder / "gradebook.db").write_bytes(_quietly(_blank_gradebook))
        self._folder = folder
        self._sources = sources
        self._api = _quietly(lambda: NbGraderAPI(config=config))

    def release(self, name: str) -> str:
        """Generate the learner copy of an exercise and return its text, normalised.

        Raises:
            RuntimeError: If nbgrader refuses the master; the message is nbgrader's log.
        """
        self._put("source", name, self._master(name))
        result = _quietly(lambda: self._api.generate_assignment(name, force=True, create=True))
        if not result["success"]:
            raise RuntimeError(f"nbgrader refuses {name}: {_reason(result)}")
        release = self._folder / "release" / name / f"{name}.ipynb"
        return normalised(release.read_text("utf-8"))

    def grade(
        self, name: str, student: str, text: str, files: Mapping[str, str] | None = None
    ) -> Score:
        """Let nbgrader grade one notebook, executing it on a fresh kernel.

        Args:
            name: The exercise; it must have been released.
            student: Whose gradebook line to fill.
            text: The notebook handed in.
            files: What was handed in beside it, by name.

        Raises:
            RuntimeError: If nbgrader cannot grade it; the message is nbgrader's log.
        """
        self._put(f"submitted/{student}", name, text)
        for file, content in (files or {}).items():
            write_if_changed(self._folder / "submitted" / student / name / file, content)
        grade = self._api.autograde
        result = _quietly(lambda: grade(name, student, force=True, create=True))
        if not result["success"]:
            raise RuntimeError(f"nbgrader cannot grade {name}: {_reason(result)}")
        with self._api.gradebook as gradebook:
            submission = gradebook.find_submission(name, student)
            points, most = submission.score, submission.max_score
        graded = self._folder / "autograded" / student / name / f"{name}.ipynb"
        return Score(points=points, most=most, errors=tuple(_errors(graded.read_text("utf-8"))))

    def _master(self, name: str) -> str:
        """Return the text of an exercise master."""
        return (self._sources / name / f"{name}.ipynb").read_text("utf-8")

    def _put(self, step: str, name: str, text: str) -> None:
        """Put a notebook where nbgrader looks for it in one step of its course."""
        write_if_changed(self._folder / step / name / f"{name}.ipynb", text)


@cache
def _blank_gradebook() -> bytes:
    """Return an empty gradebook, made once: making one starts a program for its version."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder, "gradebook.db")
        with Gradebook(f"sqlite:///{path.as_posix()}"):
            return path.read_bytes()


def _errors(text: str) -> Iterator[str]:
    """Yield what each cell that failed said, from the text of a notebook that was run."""
    for cell in _code_cells(json.loads(text)):
        for output in cell["outputs"]:
            if output["output_type"] == "error":
                yield f"{output['ename']}: {output['evalue']}"


def _reason(result: Mapping[str, str]) -> str:
    """Return why a step of nbgrader failed: its log, and the traceback behind it."""
    return "\n".join(result[key] for key in ("log", "error") if key in result)


def _quietly(action: Callable[[], Any]) -> Any:
    """Call *action* as nbgrader needs it.

    Its libraries raise warnings that are not ours, and it starts ``alembic`` by name, which is
    on the path only in an activated environment.
    """
    path = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), path])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return action()
    finally:
        os.environ["PATH"] = path


def learner_copies(sources: Path = MASTERS) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of the learner copy of each exercise."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        grading = Grading(Path(folder), sources)
        for master in sorted(sources.glob("*/*.ipynb")):
            yield master.stem, grading.release(master.stem)


def out_of_date() -> list[str]:
    """Return one sentence for each notebook or learner copy that is not as it should be."""
    return [*_not_normalised([*notebooks(), *masters()]), *_not_in_step()]


def _not_normalised(paths: Iterable[Path]) -> Iterator[str]:
    """Yield a sentence for each notebook that the tools would write differently."""
    for path in paths:
        text = path.read_text("utf-8")
        if normalised(text) != text:
            yield f"{_name(path)} is not normalised: run python -m tools.course execute"


def _not_in_step() -> Iterator[str]:
    """Yield a sentence for each learner copy that its master no longer gives."""
    expected = {LEARNER / name / f"{name}.ipynb": text for name, text in learner_copies()}
    for path in sorted({*expected, *LEARNER.glob("*/*.ipynb")}):
        if path not in expected:
            yield f"{_name(path)} has no master: delete it"
        elif not path.is_file() or path.read_text("utf-8") != expected[path]:
            yield f"{_name(path)} is out of step: run python -m tools.course learner"


def _name(path: Path) -> str:
    """Return a path as it is called in the repository."""
    return path.relative_to(ROOT).as_posix()


@click.group()
def main() -> None:
    """Keep notebooks and exercises in order."""


@main.command("execute")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def execute_command(files: tuple[Path, ...]) -> None:
    """Run FILES (default: every notebook and exercise master) and store their outputs."""
    for path in files or (*notebooks(), *masters()):
        execute(path.resolve())
        click.echo(f"executed {path}")


@main.command("learner")
def learner_command() -> None:
    """Make the learner copies of all exercises from their masters."""
    for name, text in learner_copies():
        written = write_if_changed(LEARNER / name / f"{name}.ipynb", text)
        click.echo(f"{'written' if written else 'unchanged'} exercises/learner/{name}")


@main.command("check")
def check_command() -> None:
    """Say what is out of date; the exit status is 1 if anything is."""
    problems = out_of_date()
    for problem in problems:
        click.echo(problem)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
