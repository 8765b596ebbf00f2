"""What every notebook of the course keeps to; that its outputs are right is checked by nbval."""

import json
import re
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from nbconvert import HTMLExporter

from tools import course

LESSONS = course.notebooks()
MASTERS = course.masters()
MOST_LINES = 15
MEDIAN_LINES = 3
MOST_OUTPUT_BYTES = 100_000
MOST_BYTES = 420_000
PICTURE = re.compile(r"<img\b[^>]*>")
SAID = re.compile(r' alt="[^"]{20,}"')
WIDGETS = "application/vnd.jupyter.widget-state+json"

each_notebook = pytest.mark.parametrize(
    "path", [*LESSONS, *MASTERS], ids=lambda path: f"{path.parent.name}/{path.stem}"
)
each_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)


def read(path: Path) -> dict[str, Any]:
    """Return a notebook as data."""
    return json.loads(path.read_text("utf-8"))


def code_cells(path: Path) -> list[dict[str, Any]]:
    """Return the code cells of a notebook that hold anything."""
    return [c for c in read(path)["cells"] if c["cell_type"] == "code" and "".join(c["source"])]


def text_cells(path: Path) -> list[str]:
    """Return the text cells of a notebook without the listings inside them."""
    cells = [cell for cell in read(path)["cells"] if cell["cell_type"] == "markdown"]
    return [re.sub(r"(?ms)^```.*?^```", "", "".join(cell["source"])) for cell in cells]


def lines(cell: dict[str, Any]) -> int:
    """Return how many lines of a cell are neither empty nor a comment."""
    text = "".join(cell["source"]).splitlines()
    return sum(1 for line in text if line.strip() and not line.strip().startswith("#"))


@each_notebook
def test_a_notebook_is_stored_as_the_course_tool_stores_it(path: Path):
    """Ids, metadata and numbering are fixed: ``python -m tools.course execute`` changes nothing."""
    text = path.read_text("utf-8")
    assert course.normalised(text) == text


@each_notebook
def test_no_widget_state_is_stored(path: Path):
    """Saved widget state would make a notebook of megabytes that opens no better."""
    assert "widgets" not in read(path)["metadata"]
    assert WIDGETS not in path.read_text("utf-8")


@each_notebook
def test_no_cell_shows_an_error(path: Path):
    """In a browser *Run All* stops at any error, tagged or not; a refusal is printed."""
    for cell in code_cells(path):
        assert "raises-exception" not in cell["metadata"].get("tags", [])
        assert all(output["output_type"] != "error" for output in cell["outputs"])


@each_notebook
def test_every_code_cell_has_been_executed(path: Path):
    """The outputs stored are those of one run from top to bottom."""
    counts = [cell["execution_count"] for cell in code_cells(path)]
    assert list(range(1, len(counts) + 1)) == counts


@each_lesson
def test_code_cells_are_short(path: Path):
    """No cell has more than 15 lines, and half of them have at most three."""
    lengths = [lines(cell) for cell in code_cells(path)] or [0]
    assert max(lengths) <= MOST_LINES
    assert median(lengths) <= MEDIAN_LINES


@each_notebook
def test_no_output_is_heavy(path: Path):
    """A reader's page stays light: no output of more than 100 kB."""
    sizes = [len(json.dumps(output)) for cell in code_cells(path) for output in cell["outputs"]]
    assert [] == [size for size in sizes if size > MOST_OUTPUT_BYTES]


@each_notebook
def test_no_notebook_is_heavy(path: Path):
    """A repository page shows a notebook of less than 400 kB without being asked twice."""
    assert path.stat().st_size < MOST_BYTES


@each_notebook
def test_pictures_are_images_that_say_what_they_show(path: Path):
    """JupyterLab shows no bare SVG until it trusts a notebook; an image with words it does."""
    stored = [out.get("data", {}) for cell in code_cells(path) for out in cell["outputs"]]
    assert [] == [data for data in stored if "image/svg+xml" in data]
    shown = PICTURE.findall("".join("".join(data.get("text/html", ())) for data in stored))
    assert all(SAID.search(image) for image in shown)


@each_lesson
def test_an_exported_page_has_words_for_each_picture(path: Path):
    """No picture of an exported lesson is without a description."""
    page, _ = HTMLExporter().from_filename(str(path))
    assert "No description" not in page
    images = PICTURE.findall(page)
    assert len(images) == path.read_text("utf-8").count("<img ")
    assert all(SAID.search(image) for image in images)


@each_notebook
def test_the_first_cell_holds_the_one_title(path: Path):
    """One heading of the first level, and that in the first cell."""
    texts = text_cells(path)
    titles = [line for text in texts for line in text.splitlines() if re.match(r"# \S", line)]
    assert texts[0].startswith("# ")
    assert 1 == len(titles), titles


@each_notebook
def test_headings_skip_no_level(path: Path):
    """After a heading of one level comes at most the next deeper one, for readers by ear."""
    texts = text_cells(path)
    found = [re.match(r"(#+) \S", line) for text in texts for line in text.splitlines()]
    levels = [len(match[1]) for match in found if match]
    assert [] == [pair for pair in pairwise(levels) if pair[1] > pair[0] + 1]


@each_notebook
def test_the_first_code_cell_imports(path: Path):
    """Everything a notebook uses is named at its top, without star imports or paths."""
    first = "".join(line for cell in code_cells(path)[:1] for line in cell["source"])
    statements = [line for line in first.splitlines() if line and line[0] not in "# )\t"]
    assert all(line.startswith(("import ", "from ")) for line in statements)
    assert "import *" not in first


@each_lesson
def test_a_lesson_defines_nothing_and_installs_nothing(path: Path):
    """Supporting code lives in the package, where it is tested."""
    source = "\n".join("".join(cell["source"]) for cell in code_cells(path))
    assert [] == re.findall(r"^(?:class |[%!]|.*sys\.path).*", source, re.MULTILINE)


@each_notebook
def test_links_to_other_files_lead_somewhere(path: Path):
    """Every relative link of a text cell names a file of the repository."""
    texts = text_cells(path)
    links = [link for text in texts for link in re.findall(r"\]\(([^)#\s]+)", text)]
    local = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [] == [link for link in local if not (path.parent / link).exists()]


def notebook(**cell: object) -> str:
    """Return a notebook of one code cell as text."""
    whole = {"cell_type": "code", "source": "1", "metadata": {}, "execution_count": 7} | cell
    return json.dumps(
        {
            "nbformat": 4,
            "nbformat_minor": 4,
            "metadata": {"widgets": {WIDGETS: {}}, "language_info": {"version": "3.12.1"}},
            "cells": [whole],
        }
    )


def test_normalising_takes_out_what_differs_from_run_to_run():
    """Widget state and views, times and versions go; the text twin stays."""
    view = {"text/plain": "lab", course.WIDGET_VIEW: {"model_id": "f00"}}
    output = {
        "output_type": "execute_result",
        "execution_count": 7,
        "data": view,
        "metadata": {},
    }
    metadata = {"execution": {"iopub.status.busy": "now"}, "tags": ["keep"]}
    raw = json.loads(course.normalised(notebook(outputs=[output], metadata=metadata)))
    cell = raw["cells"][0]
    assert {"kernelspec": course.KERNELSPEC, "language_info": {"name": "python"}} == raw["metadata"]
    assert {"tags": ["keep"]} == cell["metadata"]
    assert {"text/plain": ["lab"]} == cell["outputs"][0]["data"]
    assert (1, 1) == (cell["execution_count"], cell["outputs"][0]["execution_count"])


def test_normalising_gives_ids_once_and_keeps_them():
    """A cell without an id gets one from its place and text; an id once given stays."""
    first = course.normalised(notebook(outputs=[]))
    assert first == course.normalised(notebook(outputs=[]))
    assert first == course.normalised(first)


def test_a_cell_that_fails_leaves_the_notebook_as_it_was(tmp_path: Path):
    """Executing stops at an unexpected error and stores nothing."""
    path = tmp_path / "bad.ipynb"
    path.write_text(notebook(source="1 / 0", outputs=[]), encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(Exception, match="ZeroDivisionError"):
        course.execute(path)
    assert before == path.read_bytes()


def test_executing_stores_outputs_and_the_second_run_changes_nothing(tmp_path: Path):
    """Two runs of a notebook without chance give the same bytes."""
    path = tmp_path / "good.ipynb"
    path.write_text(notebook(source="6 * 7", outputs=[]), encoding="utf-8")
    course.execute(path)
    once = path.read_bytes()
    course.execute(path)
    assert once == path.read_bytes()
    assert ["42"] == json.loads(once)["cells"][0]["outputs"][0]["data"]["text/plain"]
