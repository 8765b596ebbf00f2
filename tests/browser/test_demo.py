"""`clusterlab demo`: a panel as a page without code, for several visitors, who asks nobody else."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from clusterlab import exchange_cluster
from clusterlab.clusterfiles import write_cluster

from .lab_page import LabPage, LabServer, until_it_answers

pytestmark = pytest.mark.browser


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


@contextmanager
def running_demo(folder: Path, *words: str, command: str = "demo") -> Iterator[LabServer]:
    """Run `clusterlab demo`, or `show`, as consultants do, with kernels of Jupyter's own."""
    own = {name: value for name, value in os.environ.items() if name != "JUPYTER_PATH"}
    port, log = free_port(), folder / "demo.log"
    line = (sys.executable, "-m", "clusterlab", command, *words, "--no-browser", f"--port={port}")
    with log.open("wb") as out:
        server = subprocess.Popen(line, env=own, cwd=folder, stdout=out, stderr=out)
        try:
            url = f"http://127.0.0.1:{port}/"
            until_it_answers(url, server, log)
            yield LabServer(url=url, token="", root=folder)
        finally:
            server.terminate()
            server.wait(timeout=30)


@contextmanager
def visitor(
    browser: Browser, server: LabServer, width: int = 1280, height: int = 720
) -> Iterator[LabPage]:
    """Open the page with a profile of its own; it has to stay clean."""
    context = browser.new_context(viewport={"width": width, "height": height})
    page = LabPage(context.new_page(), server)
    page.page.goto(server.url)
    page.page.locator(".clusterlab-figure .main-svg").first.wait_for()
    page.wait_for_listeners()
    yield page
    assert [] == page.problems
    assert [] == page.outside
    context.close()


def test_two_visitors_see_the_clients_cluster_and_not_each_others(
    chromium: Browser, tmp_path: Path
):
    """No code, dark, one screen; a node that one of them fails runs on for the other."""
    write_cluster(exchange_cluster(active=2, passive=1, name="CONTOSO"), tmp_path / "client.toml")
    with (
        running_demo(tmp_path, "failover", "client.toml", "--theme", "dark") as server,
        visitor(chromium, server) as first,
        visitor(chromium, server) as second,
    ):
        expect(first.page.locator("body")).to_have_class("jp-Notebook theme-dark")
        expect(first.page.locator(".jp-InputArea")).to_have_count(0)
        first.page.locator('.clusterlab-spot[data-key="nodes:NODE2"]').press("Enter")
        first.page.get_by_role("menuitem", name="Pull the plug").click()
        first.page.locator(".clusterlab-headline").get_by_text("EVS2").first.wait_for()
        headline = second.page.locator(".clusterlab-headline").first
        expect(headline).to_contain_text("All 2 EVSs serve")
        fits = "document.documentElement.scrollWidth <= innerWidth"
        first.page.wait_for_function(fits)
