"""Measure live figures in a real JupyterLab beside plotly's own widget; print a table.

Run it as ``python benchmarks/browser.py``. It asserts nothing: times depend on the machine, so look
at the ratios. It needs the same Chromium as the browser tests.
"""

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.browser.lab_page import (
    CHROMIUM_MISSING,
    LabPage,
    LabServer,
    find_chromium,
    fresh_page,
    launch_chromium,
    running_lab,
)

CLICKS = 30
WARM_UP_CLICKS = 5
FIGURES = 6
# All figures of a page must be in sight, because a live figure is painted only then.
TALL_PAGE_PX = 6000
LESSON_PX = 16_000
_PAINT_TIMEOUT_MS = 120_000

# What both kinds of figures show: some cards with words, as in a diagram of a small cluster.
DRAWING = """\
import plotly.graph_objects as go
import ipywidgets as w

def drawn(owner="NODE3"):
    traces = [{"type": "scatter", "x": [1, 2, 3, 4], "y": [row] * 4, "mode": "markers+text",
               "text": ["NODE1", "NODE2", owner if row == 3 else "NODE3", "NODE4"],
               "marker": {"size": 18, "color": ["#009E73"] * 4}} for row in range(8)]
    cards = [{"type": "rect", "x0": card / 5, "x1": card / 5 + 0.15, "y0": 0, "y1": 7,
              "line": {"color": "#6B7280"}} for card in range(20)]
    return go.Figure(traces, {"height": 360, "template": None, "showlegend": False,
                              "shapes": cards})

def with_button(figure, change):
    button = w.Button(description="Fail node")
    owners = iter(["NODE4", "NODE3"] * 1000)
    button.on_click(lambda _: change(next(owners)))
    return w.VBox([button, figure])
"""
STOCK = """\
stock = go.FigureWidget(drawn())
def restyle(owner):
    with stock.batch_update():
        stock.data[3].text = ["NODE1", "NODE2", owner, "NODE4"]
with_button(stock, restyle)"""
LIVE = """\
from clusterlab.lab.livefigure import LiveFigure
live = LiveFigure(drawn(), alt="four nodes")
with_button(live, lambda owner: live.update_from(drawn(owner)))"""
LIVE_BATCH = """\
from clusterlab.lab.livefigure import LiveFigure
batch = LiveFigure(drawn(), alt="four nodes")
def update(owner):
    with batch.batch_update():
        batch.data[3].text = ["NODE1", "NODE2", owner, "NODE4"]
with_button(batch, update)"""
# Clicks the cell's first button; the answer is the time until the frame after plotly has drawn.
# The pause lets the kernel finish what the click before has left to do.
_CLICK = """async (cell) => {
    await new Promise((resolve) => setTimeout(resolve, 250));
    return new Promise((resolve) => {
        const figure = cell.querySelector(".js-plotly-plot");
        let start;
        figure.once("plotly_afterplot", () =>
            requestAnimationFrame(() => resolve(performance.now() - start)));
        start = performance.now();
        cell.querySelector(".jp-OutputArea button.widget-button").click();
    });
}"""


class PageCost(NamedTuple):
    """What a page of figures cost."""

    seconds: float
    megabytes: float
    heap_mb: float


@contextmanager
def a_notebook(
    browser: Browser, server: LabServer, name: str, cells: Sequence[str]
) -> Iterator[LabPage]:
    """Open a notebook with these cells on a page of its own."""
    path = server.write_notebook(name, *cells)
    with fresh_page(browser, server, height_px=TALL_PAGE_PX) as page:
        page.open_notebook(path)
        yield page


def click_to_paint_ms(browser: Browser, server: LabServer, *cells: str) -> list[float]:
    """Return the median milliseconds from click to painted figure for each cell.

    Each cell shows one button and one figure that changes when the button is clicked. The cells
    take turns on one page, so that all meet the same conditions.
    """
    with a_notebook(browser, server, "click.ipynb", [DRAWING, *cells]) as page:
        page.run_all()
        page.figure(len(cells) - 1).wait_for(timeout=_PAINT_TIMEOUT_MS)
        outputs = [page.cell(number + 1) for number in range(len(cells))]
        rounds = [
            [output.evaluate(_CLICK) for output in outputs] for _ in range(WARM_UP_CLICKS + CLICKS)
        ]
    return [median(times) for times in zip(*rounds[WARM_UP_CLICKS:], strict=True)]


def page_cost(browser: Browser, server: LabServer, name: str, setup: str, show: str) -> PageCost:
    """Return what it costs to run a notebook in which six cells show a figure.

    The name must be new: a notebook opened again finds its old kernel with all its figures.
    """
    with a_notebook(browser, server, name, [setup, *[show] * FIGURES]) as page:
        start = time.perf_counter()
        page.start_all()
        page.figure(FIGURES - 1).wait_for(timeout=_PAINT_TIMEOUT_MS)
        seconds = time.perf_counter() - start
        page.wait_until_run()
        return PageCost(seconds, sum(page.frames.sizes) / 1e6, _heap_mb(page))


def lesson_seconds(browser: Browser, server: LabServer, path: Path) -> tuple[float, float]:
    """Return the seconds from *Run All*, kernel idle, to the first and last picture of a lesson.

    The page is so tall that all of its live pictures are in sight, and painted.
    """
    sources = ["".join(cell["source"]) for cell in json.loads(path.read_text("utf-8"))["cells"]]
    tours = sum(source.startswith("tour(") for source in sources)
    copy = server.root / "lessons" / path.name
    copy.parent.mkdir(exist_ok=True)
    shutil.copy(path, copy)
    with fresh_page(browser, server, height_px=LESSON_PX) as page:
        page.open_notebook(f"lessons/{path.name}")
        page.menu("Edit", "Clear Outputs of All Cells")
        start = time.perf_counter()
        page.start_all()
        seconds = []
        for number in (0, tours - 1):
            page.figure(number).wait_for(timeout=_PAINT_TIMEOUT_MS)
            seconds.append(time.perf_counter() - start)
        page.wait_until_run()
    return seconds[0], seconds[1]


def print_lessons(browser: Browser, server: LabServer) -> None:
    """Print how long page 00 and lesson 02 take from *Run All* to their live pictures."""
    print(f"\n{'from Run All':34}{'first':>9}{'all':>8}")
    for path in sorted((Path(__file__).parents[1] / "notebooks").glob("0[02]_*.ipynb")):
        first, last = lesson_seconds(browser, server, path)
        print(f"{path.stem:34}{first:8.1f}s{last:7.1f}s")


def _heap_mb(page: LabPage) -> float:
    devtools = page.page.context.new_cdp_session(page.page)
    devtools.send("HeapProfiler.collectGarbage")
    used: float = page.page.evaluate("performance.memory.usedJSHeapSize")
    return used / 1e6


def print_clicks(names: Sequence[str], times: Sequence[float]) -> None:
    """Print the times from click to paint; the first row is what the others are compared with."""
    print(f"\n{'click to painted figure':34}{'ms':>9}{'ratio':>8}")
    for name, ms in zip(names, times, strict=True):
        print(f"{name:34}{ms:9.1f}{ms / times[0]:8.2f}")


def print_costs(names: Sequence[str], costs: Sequence[PageCost]) -> None:
    """Print what pages of six figures cost, and each ratio to the first row."""
    print(f"\n{'page of six figures':34}{'s':>9}{'ratio':>8}{'MB':>9}{'ratio':>8}", end="")
    print(f"{'heap MB':>9}{'ratio':>8}")
    for name, cost in zip(names, costs, strict=True):
        cells = (
            f"{value:9.2f}{value / base:8.3f}" for value, base in zip(cost, costs[0], strict=True)
        )
        print(f"{name:34}{''.join(cells)}")


def main() -> None:
    """Measure and print."""
    program = find_chromium()
    if program is None:
        sys.exit(CHROMIUM_MISSING)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_lab(Path(folder) / "lab") as server,
        sync_playwright() as playwright,
    ):
        browser = launch_chromium(playwright, program)
        clicks = click_to_paint_ms(browser, server, STOCK, LIVE_BATCH, LIVE)
        costs = [
            page_cost(browser, server, "stock.ipynb", DRAWING, STOCK),
            page_cost(browser, server, "live.ipynb", DRAWING, LIVE),
        ]
        print_lessons(browser, server)
        browser.close()
    print_clicks(
        ["go.FigureWidget, batch_update", "LiveFigure, batch_update", "LiveFigure, drawn anew"],
        clicks,
    )
    print_costs(["go.FigureWidget", "LiveFigure"], costs)


if __name__ == "__main__":
    main()
