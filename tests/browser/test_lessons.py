"""Every lesson in a real JupyterLab: all cells run, every picture is painted, nothing is asked of
another machine.

That the outputs are right is checked by nbval; here is what only a page can show.
"""

import json
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from clusterlab.lessons import tour_file
from clusterlab.scenario import read_scenario
from tools import course

from .lab_page import LOOK_EVERY_MS, LabPage, LabServer, opened_page

pytestmark = pytest.mark.browser

STEP_PX = 700
IN_WORDS = {"task", "tabs", "log", "prompt", "checklist", "sheet", "summary"}
"""Parts of panels that are words and tables."""
PICTURE = ".main-svg, .jp-RenderedHTML img, .clusterlab-tour .clusterlab-explorer"
# JupyterLab keeps only the cells near the visible part in the page; each bears its number.
SEEN = f"""() => [...document.querySelectorAll(".jp-Notebook .jp-Cell[data-windowed-list-index]")]
    .filter((cell) => [...cell.querySelectorAll("{PICTURE}")]
        .some((picture) => picture.getBoundingClientRect().height > 100))
    .map((cell) => Number(cell.dataset.windowedListIndex))"""
ERRORS = '.jp-RenderedText[data-mime-type="application/vnd.jupyter.stderr"]'  # tracebacks too
FAILED = f"""() => [...document.querySelectorAll(".jp-Notebook .jp-Cell[data-windowed-list-index]")]
    .filter((cell) => cell.querySelector('{ERRORS}'))
    .map((cell) => Number(cell.dataset.windowedListIndex))"""
# Down to the end of the visible part all cells are in the page, painted, up to the last one.
SETTLED = """(last) => {
    const outer = document.querySelector(".jp-Notebook .jp-WindowedPanel-outer");
    const cell = [...outer.querySelectorAll(".jp-Cell[data-windowed-list-index]")].at(-1);
    const end = outer.getBoundingClientRect().bottom;
    const isThere = Number(cell?.dataset.windowedListIndex) === last
        || cell?.getBoundingClientRect().bottom >= end;
    const blank = [...outer.querySelectorAll(".clusterlab-stage")].some((stage) =>
        stage.getBoundingClientRect().height > 0 && stage.getBoundingClientRect().top < end
        && !stage.querySelector(".main-svg"));
    return isThere && !blank && [...outer.querySelectorAll("img")].every((one) => one.complete);
}"""
DOWN = """(step) => {
    const outer = document.querySelector(".jp-Notebook .jp-WindowedPanel-outer");
    const before = outer.scrollTop;
    outer.scrollTop += step;
    return outer.scrollTop > before;
}"""


def cells_with(path: Path, *, tag: str) -> set[int]:
    """Return the numbers of the cells with a tag."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return {number for number, cell in enumerate(cells) if tag in cell["metadata"].get("tags", ())}


def cells_with_pictures(path: Path) -> set[int]:
    """Return the numbers of the cells that store a picture, alone or in the story of a tour.

    Not those of a tour that begins with words and tables: its page shows a picture later.
    """
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return {
        number
        for number, cell in enumerate(cells)
        if "<img src=" in json.dumps(cell) and not begins_in_words("".join(cell["source"]))
    }


def begins_in_words(source: str) -> bool:
    """Return whether a cell opens a tour whose first scene shows no picture."""
    name = re.search(r'tour\("(\d\d/\w+)"\)', source)
    if name is None:
        return False
    scene = read_scenario(tour_file(name[1])).scenes[0]
    shown = {word for command in scene if command.verb == "show" for word in command.words}
    return shown <= IN_WORDS


def wait_for_the_last_cell(page: LabPage, count: int) -> None:
    """Scroll to the end of a notebook of so many cells; wait until its last one has run."""
    last = page.page.locator(f'.jp-Notebook .jp-Cell[data-windowed-list-index="{count - 1}"]')
    while page.page.evaluate(DOWN, STEP_PX) or not last.count():
        page.page.evaluate("() => new Promise(requestAnimationFrame)")
    prompt = page.page.locator(".jp-Notebook .jp-CodeCell .jp-InputPrompt").last
    page.wait_until_idle()
    expect(prompt).to_have_text(re.compile(r"\[\d+\]"))


def seen_from_top_to_bottom(page: LabPage, count: int) -> tuple[set[int], set[int]]:
    """Scroll through a notebook of so many cells; return those with pictures and with errors."""
    pictures, errors = set[int](), set[int]()
    page.page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0")
    goes_on = True
    while goes_on:
        page.page.wait_for_function(SETTLED, arg=count - 1, polling=LOOK_EVERY_MS)
        pictures.update(page.page.evaluate(SEEN))
        errors.update(page.page.evaluate(FAILED))
        goes_on = page.page.evaluate(DOWN, STEP_PX)
    return pictures, errors


@pytest.fixture(scope="module")
def lessons(lab_server: LabServer) -> str:
    """The folder of lessons, copied into the server's folder without stored outputs."""
    copy = lab_server.root / "lessons"
    shutil.copytree(course.notebooks()[0].parent, copy)
    for path in copy.glob("*.ipynb"):
        lesson = json.loads(path.read_text("utf-8"))
        for cell in lesson["cells"]:
            if cell["cell_type"] == "code":
                cell |= {"outputs": [], "execution_count": None}
        path.write_text(json.dumps(lesson), "utf-8")
    return copy.name


@pytest.mark.parametrize("path", course.notebooks(), ids=lambda path: path.stem)
def test_a_lesson_runs_and_paints_every_picture(
    path: Path, lessons: str, chromium: Browser, lab_server: LabServer
) -> None:
    """Where the stored lesson has a picture the page has one, and only cells meant to fail fail."""
    count = len(json.loads(path.read_text("utf-8"))["cells"])
    with opened_page(chromium, lab_server) as page:
        page.open_notebook(f"{lessons}/{path.name}")
        page.start_all()
        wait_for_the_last_cell(page, count)
        pictures, errors = seen_from_top_to_bottom(page, count)
        assert cells_with_pictures(path) == pictures
        assert cells_with(path, tag="raises-exception") == errors
        assert [] == page.problems
        assert [] == page.outside
