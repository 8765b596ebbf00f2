"""The course as a static site: Python runs in the page, and nothing is asked of another machine."""

import functools
import http.server
import json
import os
import shutil
import threading
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tools import course, site

from .lab_page import find_chromium

pytestmark = pytest.mark.browser
NODE_MISSING = "node or npm is missing (Debian: apt-get install nodejs npm)"
_PATIENCE_MS = 300_000
_MOST_ON_A_PAGE = 6
"""So many notebooks run in one Python; what they have opened stays in its memory."""
_RESET = """import os, ipywidgets
ipywidgets.Widget.close_all()
os.chdir("/drive/{folder}")
%reset -f"""
_RUN = """async ([path, reset]) => {
    const { commands, restored } = jupyterapp;
    await restored;
    const panel = await commands.execute("docmanager:open", { path, kernel: window.python });
    await panel.context.ready;
    await panel.sessionContext.ready;
    const { kernel } = panel.sessionContext.session;
    await kernel.info;
    if (window.python) {
        const { content } = await kernel.requestExecute({ code: reset, silent: true }).done;
        if (content.status !== "ok") throw new Error(content.evalue);
    }
    window.python = kernel.model;
    await commands.execute("notebook:clear-all-cell-outputs");
    await commands.execute("notebook:run-all-cells");
    const { cells } = panel.content.model.toJSON();
    panel.dispose();
    return cells;
}"""
EXERCISES = [path.relative_to(course.ROOT) for path in course.LEARNER.glob("*/*.ipynb")]
LESSONS = [
    path.relative_to(course.ROOT) for path in course.notebooks() if "notebooks" in path.parts
]
NOTEBOOKS = [name.as_posix() for name in sorted([*LESSONS, *EXERCISES])]


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A static server, as anybody has one, that prints nothing."""

    def log_message(self, *args: object) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, made as the guide says."""
    if not (shutil.which("node") and shutil.which("npm")):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(NODE_MISSING)
    ready = os.environ.get("CLUSTERLAB_SITE")
    return Path(ready) if ready else site.make(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """The site, handed out by a static server on this machine."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def alone(chromium: Browser) -> Iterator[Browser]:
    """A Chromium that can reach no name but this machine's number."""
    rules = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
    args = ["--no-sandbox", "--disable-gpu", "--disable-quic", rules]
    browser = chromium.browser_type.launch(executable_path=find_chromium(), args=args)
    yield browser
    browser.close()


@contextmanager
def opened(alone: Browser) -> Iterator[BrowserContext]:
    """A fresh profile; whatever it asks another machine is a failure."""
    context = alone.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(_PATIENCE_MS)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    yield context
    context.close()
    inside = ("http://127.0.0.1:", "data:", "blob:", "about:")
    assert [] == [url for url in asked if not url.startswith(inside)]


@pytest.fixture
def context(alone: Browser) -> Iterator[BrowserContext]:
    """A fresh profile for one test."""
    with opened(alone) as profile:
        yield profile


@pytest.fixture(scope="module")
def pages(alone: Browser, address: str) -> Iterator[Iterator[Page]]:
    """Pages of JupyterLab on the site, each with a profile and, soon, a Python of its own."""
    with ExitStack() as profiles:
        yield (lab_of(profiles.enter_context(opened(alone)), address) for _ in count())


@pytest.fixture(scope="module")
def spare() -> list[Page]:
    """Pages on which nothing went wrong; to start Python takes longer than most notebooks."""
    return []


def lab_of(context: BrowserContext, address: str) -> Page:
    """Return a page of JupyterLab on which nothing is open."""
    page = context.new_page()
    page.goto(f"{address}/lab/index.html")
    page.wait_for_function("() => window.jupyterapp")
    return page


def read(cell: Any) -> str:
    """Return what a reader sees of a cell as text, whichever Python made it."""
    outputs = cell.get("outputs", [])
    parts = [one.get("text") or one.get("data", {}).get("text/plain") or "" for one in outputs]
    return "\n".join("".join(part) for part in parts).strip()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_notebook_runs_to_its_end(pages: Iterator[Page], spare: list[Page], name: str):
    """No cell fails, and a lesson says in the browser what it says anywhere.

    Python has forgotten the names of the notebook before, and is in the folder of this one.
    """
    page = spare.pop() if spare else next(pages)
    now = page.evaluate(_RUN, [name, _RESET.format(folder=Path(name).parent.as_posix())])
    spare.append(page)
    if NOTEBOOKS.index(name) % _MOST_ON_A_PAGE == _MOST_ON_A_PAGE - 1:
        spare.pop().close()
    stored = json.loads((course.ROOT / name).read_text("utf-8"))["cells"]
    pairs = [
        (old, new)
        for old, new in zip(stored, now, strict=True)
        if new["cell_type"] == "code" and "".join(new["source"]).strip()
    ]
    assert [] == [new["source"] for _, new in pairs if new["execution_count"] is None]
    outputs = [output for _, new in pairs for output in new["outputs"]]
    assert [] == [one["evalue"] for one in outputs if one["output_type"] == "error"]
    if name in map(str, LESSONS):
        for old, new in pairs:
            said_otherwise = "nbval-ignore-output" in new["metadata"].get("tags", [])
            if not said_otherwise and "sampling needs numpy" not in read(new):
                assert read(old) == read(new), new["source"]


def test_the_lab_without_code_stands_in_for_itself_until_python_is_there(
    context: BrowserContext, address: str
):
    """The stored picture plays at once; the live one takes its place, and a node can be failed."""
    page = context.new_page()
    page.goto(f"{address}/index.html")
    page.get_by_role("link", name="Fail a node").click()
    stored = page.frame_locator("#stored")
    expect(stored.locator(".player:visible .picture svg")).to_be_visible()
    live = page.frame_locator("#live")
    expect(page.locator("#stored")).to_have_count(0, timeout=_PATIENCE_MS)
    expect(page.get_by_role("status")).to_have_text("This is the live lab: click a node.")
    live.get_by_role("button", name="Pull the plug of NODE1").click()
    expect(live.locator(".clusterlab-panel").first).to_contain_text("EVS1: no mail")


def test_the_pages_to_read_are_part_of_it(context: BrowserContext, address: str):
    """The start page leads to the guides and the handbook."""
    page = context.new_page()
    page.goto(f"{address}/index.html")
    page.get_by_role("link", name="Look something up").click()
    page.get_by_role("link", name="Type cluster.exe").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("cluster.exe")


def test_the_site_is_small_enough_for_any_web_server(folder: Path):
    """At most 70 MB, of which the browser loads what it needs."""
    assert 70e6 > sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def test_learners_find_no_answers_on_it(folder: Path):
    """Neither the masters with the solutions nor the trainer's notes are part of the site."""
    assert not (folder / "pages" / "trainer").exists()
    (wheel,) = folder.glob("static/pyodide/clusterlab-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        assert [] == [name for name in packed.namelist() if "/masters/" in name]
