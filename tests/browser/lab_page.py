"""A real JupyterLab and a page in a real browser, for tests and for `benchmarks/browser.py`."""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request as Query
from urllib.request import urlopen

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Playwright,
    Request,
    TimeoutError,
    WebSocket,
    expect,
)

import clusterlab
from clusterlab.delivery import JUPYTER_CONFIG
from clusterlab.lessons.progress import KEEP_NOTHING

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
CHROMIUM_MISSING = (
    "no Chromium was found: install one (Debian: apt-get install chromium; Windows has "
    "Microsoft Edge) or set CLUSTERLAB_CHROMIUM to the path of its program"
)
_CHROMIUM_ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-precise-memory-info",
)
_THIS_MACHINE = frozenset({"127.0.0.1", "localhost", ""})
_PATIENCE_S = 120
# Said by anywidget where a busy page takes over two seconds; our widgets hear all the same.
_STARTED_LATE = "[anywidget] Failed to initialize model."
"""How long anything may take that is on its way, on a machine with other work to do."""
_RUN_PATIENCE_S = 300
"""How long the kernel may be busy."""
_START_PATIENCE_S = 120
LOOK_EVERY_MS = 50
"""How often a page is asked for what a test waits for; asking at each frame keeps it busy."""
_PROMPTS = """[...document.querySelectorAll(".jp-Notebook .jp-CodeCell")]
    .filter((cell) => cell.querySelector(".cm-content")?.textContent.trim())
    .map((cell) => cell.querySelector(".jp-InputPrompt")?.textContent ?? "")"""
_OPEN = """async (path) => {
    const app = window.jupyterapp;
    if (app.shell.leftCollapsed) app.shell.expandLeft();
    await app.commands.execute("docmanager:open", { path });
}"""
_CLOSE_ALL = """async () => {
    const { commands } = window.jupyterapp;
    await commands.execute("docmanager:save-all");
    await commands.execute("application:close-all");
}"""
_TALKED_OUT = """async () => {
    const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
    for (let turn = 0; turn < 2; turn += 1) await kernel.requestKernelInfo();
    for (let turn = 0; turn < 2; turn += 1) await new Promise(requestAnimationFrame);
}"""
# A control that waits for the kernel sends what it holds back after the first answer.
_LISTENING = """() => {
    const seen = (css) => [...document.querySelectorAll(css)].filter((el) => el.clientWidth > 0);
    const heard = ".clusterlab-panel:not(:has(.clusterlab-panel)), .clusterlab-figure";
    return seen(heard).every((el) => el.dataset.listens)
        && seen(".clusterlab-figure").every(
            (el) => Math.abs(el._fullLayout.width - el.clientWidth) < 1);
}"""
expect.set_options(timeout=1000 * _PATIENCE_S)
# JupyterLab asks for news and updates unless it is told not to.
_QUIET_SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/apputils-extension/themes": {"theme": "JupyterLab Light"},
}


def find_chromium() -> str | None:
    """Return the path of a Chromium: CLUSTERLAB_CHROMIUM, or the first one on the path."""
    named = os.environ.get("CLUSTERLAB_CHROMIUM")
    names = (named,) if named else CHROMIUM_NAMES
    return next((path for name in names if (path := shutil.which(name))), None)


def launch_chromium(playwright: Playwright, program: str) -> Browser:
    """Start a Chromium without a window; it asks nothing of its own accord."""
    return playwright.chromium.launch(executable_path=program, args=list(_CHROMIUM_ARGS))


def notebook(*cells: str) -> dict[str, Any]:
    """Return a notebook with these code cells, as it stands in a file."""
    return {
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell-{number}",
                "execution_count": None,
                "metadata": {},
                "outputs": [],
                "source": source,
            }
            for number, source in enumerate(cells)
        ],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


@dataclass(frozen=True, kw_only=True)
class LabServer:
    """A running JupyterLab.

    Attributes:
        spare: Pages on which JupyterLab is loaded and no notebook is open.
    """

    url: str
    token: str
    root: Path
    spare: "list[LabPage]" = field(default_factory=list)

    def write_notebook(self, name: str, *cells: str) -> str:
        """Write a notebook with these code cells into the server's folder; return its path."""
        (self.root / name).parent.mkdir(exist_ok=True)
        (self.root / name).write_text(json.dumps(notebook(*cells)), encoding="utf-8")
        return name

    def end_kernels(self, paths: Collection[str]) -> None:
        """End the kernels of the notebooks at these paths, which would stay beside the others."""
        with self._asked("sessions") as answer:
            sessions = json.load(answer)
        for session in sessions:
            if session["path"] in paths:
                self._asked(f"sessions/{session['id']}", "DELETE").close()

    def _asked(self, what: str, method: str = "GET") -> Any:
        headers = {"Authorization": f"token {self.token}"}
        request = Query(f"{self.url}api/{what}", headers=headers, method=method)
        return urlopen(request, timeout=_PATIENCE_S)


@contextmanager
def running_lab(folder: Path) -> Iterator[LabServer]:
    """Run a JupyterLab of this interpreter's environment; all its files are under *folder*."""
    token = secrets.token_hex(16)
    root = folder / "root"
    root.mkdir(parents=True)
    log_path = folder / "server.log"
    with log_path.open("wb") as log:
        server = subprocess.Popen(
            _lab_command(root, token), env=_lab_environment(folder), stdout=log, stderr=log
        )
        try:
            yield LabServer(url=_wait_for_url(server, folder, log_path), token=token, root=root)
        finally:
            server.terminate()
            server.wait(timeout=30)


def _lab_command(root: Path, token: str) -> Sequence[str]:
    return (
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port=0",
        f"--ServerApp.root_dir={root}",
        f"--IdentityProvider.token={token}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.expose_app_in_browser=True",
        f"--LabApp.extra_labextensions_path={JUPYTER_CONFIG / 'labextensions'}",
        "--LanguageServerManager.autodetect=False",
        "--KernelManager.shutdown_wait_time=0.2",  # nothing of a closed notebook is needed again
    )


def _lab_environment(folder: Path) -> Mapping[str, str]:
    """Return a learner's environment, with fresh folders and the clusterlab of now."""
    settings = folder / "settings"
    for plugin, values in _QUIET_SETTINGS.items():
        path = settings / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")
    source = str(Path(clusterlab.__file__).parents[1])
    kept = {name: value for name, value in os.environ.items() if name not in KEEP_NOTHING}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(filter(None, (source, os.environ.get("PYTHONPATH")))),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "IPYTHONDIR": str(folder / "ipython"),
    }


def _wait_for_url(server: subprocess.Popen[bytes], folder: Path, log_path: Path) -> str:
    """Return the server's address, as soon as the server has written it down and answers."""
    deadline = time.monotonic() + _START_PATIENCE_S
    while time.monotonic() < deadline and server.poll() is None:
        for info in (folder / "runtime").glob("jpserver-*.json"):
            try:
                url: str = json.loads(info.read_text(encoding="utf-8"))["url"]
                with urlopen(f"{url}api", timeout=5):
                    return url
            except (OSError, ValueError):
                continue
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start; its log:\n{log_path.read_text()}")


def until_it_answers(url: str, server: subprocess.Popen[bytes], log_path: Path) -> None:
    """Wait until a server answers at its address."""
    deadline = time.monotonic() + _START_PATIENCE_S
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(OSError), urlopen(url, timeout=_PATIENCE_S):
            return
        time.sleep(0.1)
    raise RuntimeError(f"the server did not start; its log:\n{log_path.read_text()}")


@dataclass
class Frames:
    """What came to the page through its websockets: the size of each message in bytes."""

    sizes: list[int] = field(default_factory=list)

    def listen(self, socket: WebSocket) -> None:
        """Count the messages of *socket*."""
        socket.on("framereceived", lambda payload: self.sizes.append(len(payload)))

    def big(self, at_least: int) -> list[int]:
        """Return the sizes of the messages of at least so many bytes."""
        return [size for size in self.sizes if size >= at_least]


class LabPage:
    """One browser page on a JupyterLab, with what a test wants to do and to know.

    Attributes:
        page: The page itself, for anything not offered here.
        problems: Errors of the console and of scripts, in the order they came.
        outside: Addresses of other machines that the page asked.
        frames: What came through websockets.
        opened: Paths of the notebooks opened so far.
    """

    def __init__(self, page: Page, server: LabServer) -> None:
        self.page = page
        self.server = server
        self.problems: list[str] = []
        self.outside: list[str] = []
        self.frames = Frames()
        self.opened: list[str] = []
        self._prompts_before: list[str] = []
        page.set_default_timeout(1000 * _PATIENCE_S)
        page.on("console", self._note_console)
        page.on("pageerror", self._note_error)
        page.on("request", self._note_request)
        page.on("websocket", self.frames.listen)

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.problems.append(f"{message.text} ({message.location.get('url')})")

    def _note_error(self, error: Error) -> None:
        if str(error) != _STARTED_LATE:
            self.problems.append(str(error))

    def _note_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.hostname not in _THIS_MACHINE:
            self.outside.append(request.url)

    def open_notebook(self, path: str) -> None:
        """Open a notebook of the server's folder and wait until its kernel is ready."""
        self.opened.append(path)
        if self.page.url.startswith(self.server.url):
            self.page.evaluate(_OPEN, path)
        else:
            self.page.goto(f"{self.server.url}lab/tree/{path}?reset&token={self.server.token}")
        expect(self.page.locator(".jp-Notebook .jp-Cell").first).to_be_visible()
        self.wait_until_idle()

    def tidy(self) -> None:
        """Close all notebooks, and forget what came to the page."""
        self.page.evaluate(_CLOSE_ALL)
        expect(self.page.locator(".jp-Notebook")).to_have_count(0)
        for kept in (self.problems, self.outside, self.frames.sizes, self._prompts_before):
            kept.clear()

    def wait_until_idle(self) -> None:
        """Wait until the kernel of the notebook in front has nothing to do."""
        status = self.page.locator("#jp-main-statusbar")
        expect(status).to_contain_text("| Idle", timeout=1000 * _RUN_PATIENCE_S)

    def wait_until_answered(self) -> None:
        """Wait until the kernel has obeyed what was sent to it, and the page shows its answer.

        The kernel takes messages in their order, so its answer to one more comes after all others.
        """
        self.page.evaluate(_TALKED_OUT)

    def menu(self, *entries: str) -> None:
        """Click through the menu bar, as in ``menu("Run", "Run All Cells")``."""
        self.page.locator(f'.lm-MenuBar-item:has-text("{entries[0]}")').first.click()
        for entry in entries[1:]:
            label = self.page.locator(".lm-Menu-itemLabel").get_by_text(entry, exact=True)
            label.click()

    def reopen(self) -> None:
        """Save the notebook, wait until the server has written it, and open its page anew."""
        with self.page.expect_response(
            lambda answer: answer.request.method == "PUT" and "/api/contents/" in answer.url
        ) as written:
            self.menu("File", "Save Notebook")
        assert written.value.ok
        self.page.goto("about:blank")
        self.open_notebook(self.opened[-1])

    def run_all(self) -> None:
        """Run all cells and wait until every code cell has its number."""
        self.start_all()
        self.wait_until_run()

    def start_all(self) -> None:
        """Run all cells and do not wait."""
        self._prompts_before = self.page.evaluate(_PROMPTS)
        self.menu("Run", "Run All Cells")

    def restart(self) -> None:
        """Restart the kernel and wait until it is idle."""
        self.menu("Kernel", "Restart Kernel…")
        self.page.locator(".jp-Dialog .jp-mod-accept").click()
        status = self.page.locator("#jp-main-statusbar")
        expect(status).not_to_contain_text("| Idle")
        self.wait_until_idle()

    def wait_until_run(self) -> None:
        """Wait until every code cell with text has a number, and not the one it had before."""
        self.page.wait_for_function(
            f"""(before) => {{
                const prompts = {_PROMPTS};
                return prompts.length > 0 && prompts.every(
                    (text, place) => /\\[\\d+\\]/.test(text) && text !== before[place]);
            }}""",
            arg=self._prompts_before,
            polling=LOOK_EVERY_MS,
            timeout=1000 * _RUN_PATIENCE_S,
        )
        self.wait_until_idle()

    def wait_until_listening(self) -> None:
        """Wait until each panel in sight hears keys, and each figure, at its full width, a click.

        Figures are painted before plotly tells anybody of clicks, and keys are heard only when
        the page has loaded what hears them; a click or key that comes earlier is lost.
        """
        painted = ".js-plotly-plot:has(.main-svg), .clusterlab-tree"
        bare = ".clusterlab-panel:not(:has(.clusterlab-stage, .clusterlab-explorer))"
        self.page.locator(f"{painted}, {bare}").first.wait_for()
        self.wait_until_idle()
        self.wait_for_listeners()

    def wait_for_listeners(self) -> None:
        """Wait until whatever panels and figures are in sight hear keys and clicks."""
        self.page.wait_for_function(_LISTENING, polling=LOOK_EVERY_MS)

    def run_cell(self, number: int) -> None:
        """Run one cell by keyboard and wait until it has its number.

        After a restart the number may be the one of before, so the old one is taken away.
        """
        cell = self.cell(number)
        prompt = cell.locator(".jp-InputPrompt").first
        cell.locator(".jp-InputArea-editor").click()
        prompt.evaluate("el => { el.textContent = '[ ]:'; }")
        self.page.keyboard.press("Control+Enter")
        expect(prompt).to_have_text(re.compile(r"^\[\d+\]:$"))

    def run_text(self, number: int, source: str) -> str:
        """Replace the text of a cell, run it and return what it printed."""
        self.cell(number).locator(".jp-InputArea-editor").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)
        self.run_cell(number)
        return self.cell_output(number).inner_text().strip()

    def expect_printed(self, number: int, source: str, expected: str) -> None:
        """Run *source* in a cell until it prints *expected*; messages may still be on their way."""
        for _ in patiently():
            printed = self.run_text(number, source)
            if printed == expected:
                return
        assert expected == printed

    def cell(self, number: int) -> Locator:
        """Return a cell of the notebook, counted from 0."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(number)

    def cell_output(self, number: int) -> Locator:
        """Return the output area of a cell, counted from 0."""
        return self.cell(number).locator(".jp-Cell-outputWrapper")

    def figure(self, number: int = 0) -> Locator:
        """Return a painted plotly figure of the page, counted from 0.

        A live figure is painted as soon as its cell is near the visible part of the page.
        """
        return self.page.locator(".js-plotly-plot:has(.main-svg)").nth(number)

    def figure_data(self, number: int = 0) -> list[dict[str, Any]]:
        """Return the traces of a painted figure as plotly.js has them now."""
        data: list[dict[str, Any]] = self.figure(number).evaluate("el => el.data")
        return data

    def expect_data(self, number: int, path: str, expected: object) -> None:
        """Wait until the element ``el`` of a figure has a value, such as ``data[0].y``."""
        text = json.dumps(expected, separators=(",", ":"))
        self.expect_of_figure(number, f"JSON.stringify(el.{path}) === {json.dumps(text)}")

    def expect_of_figure(self, number: int, condition: str) -> None:
        """Wait until something holds of the element ``el`` of a figure, whichever is there then."""
        painted = "[...document.querySelectorAll('.js-plotly-plot:has(.main-svg)')]"
        self.page.wait_for_function(
            f"() => {{ const el = {painted}[{number}]; return el && {condition}; }}",
            polling=LOOK_EVERY_MS,
        )

    def click_point(self, trace: int, point: int, number: int = 0) -> None:
        """Click a point of a trace with the mouse, where plotly has drawn it."""
        self.hover_point(trace, point, number)
        self.page.mouse.click(*self.point_position(trace, point, number))

    def click_shape(self, name: str) -> None:
        """Click a shape of the first figure in its lower part, where no other one covers it."""
        self.hover(lambda: self._shape_position(name))
        self.page.mouse.click(*self._shape_position(name))

    def _shape_position(self, name: str) -> tuple[float, float]:
        x, y = self.figure(0).evaluate(
            """(el, name) => {
                const {x, y} = el.data.find((trace) => trace.name === name);
                const {xaxis, yaxis} = el._fullLayout;
                const box = el.getBoundingClientRect();
                const middle = (Math.min(...x) + Math.max(...x)) / 2;
                const low = Math.min(...y) + 0.92 * (Math.max(...y) - Math.min(...y));
                return [box.left + xaxis._offset + xaxis.d2p(middle),
                        box.top + yaxis._offset + yaxis.d2p(low)];
            }""",
            name,
        )
        return x, y

    def pull_the_plug(self, node: str) -> None:
        """Let a node of the last cluster on the page fail, at the keyboard's button for it."""
        self.page.locator(f'.clusterlab-spot[data-key="nodes:{node}"]').last.press("Enter")
        self.page.get_by_role("menuitem", name="Pull the plug", exact=True).click()

    def hover_point(self, trace: int, point: int, number: int = 0) -> None:
        """Rest with the mouse on a point of a trace until its label shows."""
        self.hover(lambda: self.point_position(trace, point, number), number)

    def hover(self, place: Callable[[], tuple[float, float]], number: int = 0) -> None:
        """Rest with the mouse on a place of a figure until a label shows there."""
        self.figure(number).wait_for()
        self.figure(number).scroll_into_view_if_needed()
        self.wait_until_listening()
        label = self.figure(number).locator(".hoverlayer .hovertext").first
        for _ in patiently():
            x, y = place()
            self.page.mouse.move(x - 4, y)
            self.page.mouse.move(x, y, steps=3)
            with suppress(TimeoutError):  # what Python changes meanwhile takes the label away
                label.wait_for(state="attached", timeout=1000)
                return
        expect(label).to_be_attached()

    def point_position(self, trace: int, point: int, number: int = 0) -> tuple[float, float]:
        """Return where on the page a point is, in CSS pixels."""
        x, y = self.figure(number).evaluate(
            """(el, [trace, point]) => {
                const full = el._fullData[trace];
                const [xaxis, yaxis] = [full.xaxis, full.yaxis].map(
                    (id) => el._fullLayout[id[0] + "axis" + id.slice(1)]);
                const box = el.getBoundingClientRect();
                return [box.left + xaxis._offset + xaxis.d2p(full.x[point]),
                        box.top + yaxis._offset + yaxis.d2p(full.y[point])];
            }""",
            [trace, point],
        )
        return x, y

    def set_theme(self, name: str) -> None:
        """Choose a theme, ``"JupyterLab Dark"`` or ``"JupyterLab Light"``, in the settings menu."""
        self.menu("Settings", "Theme", name)
        dark = "false" if "Dark" in name else "true"
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-light", dark)


def patiently() -> Iterator[None]:
    """Yield, to try once more, for as long as anything may be on its way."""
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        yield


@contextmanager
def opened_page(browser: Browser, server: LabServer, *, height_px: int = 900) -> Iterator[LabPage]:
    """Use a page, 1280 pixels wide; loading JupyterLab takes long, so a tidy page is used again."""
    page = server.spare.pop() if server.spare else _new_page(browser, server)
    page.page.set_viewport_size({"width": 1280, "height": height_px})
    try:
        yield page
        page.tidy()
        server.spare.append(page)
    finally:
        if page not in server.spare:
            page.page.context.close()
        server.end_kernels(page.opened)
        page.opened.clear()


@contextmanager
def fresh_page(browser: Browser, server: LabServer, *, height_px: int = 900) -> Iterator[LabPage]:
    """Open a page, 1280 pixels wide, that has shown nothing yet and is used once."""
    page = _new_page(browser, server)
    page.page.set_viewport_size({"width": 1280, "height": height_px})
    try:
        yield page
    finally:
        page.page.context.close()
        server.end_kernels(page.opened)


def _new_page(browser: Browser, server: LabServer) -> LabPage:
    """Return a page with a profile of its own."""
    return LabPage(browser.new_context().new_page(), server)


@contextmanager
def shown_panel(
    browser: Browser, server: LabServer, *cells: str, height_px: int = 900
) -> Iterator[LabPage]:
    """Run cells, the first of which shows a panel, all over the page; it has to stay clean."""
    with opened_page(browser, server, height_px=height_px) as page:
        # A notebook of an earlier test may still have its kernel, so each has a name of its own.
        name = f"panel-{secrets.token_hex(4)}.ipynb"
        page.open_notebook(server.write_notebook(name, *cells))
        page.page.keyboard.press("Control+b")
        page.run_all()
        page.wait_until_listening()
        yield page
        assert not page.problems, page.problems
        assert not page.outside, page.outside
