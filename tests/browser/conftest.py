"""Fixtures for tests in a real browser: one JupyterLab and one Chromium for this folder.

Their scope is the package, not the session: while Playwright runs, its event loop is in the way of
tests that run notebooks.
"""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from .lab_page import (
    CHROMIUM_MISSING,
    LabPage,
    LabServer,
    find_chromium,
    launch_chromium,
    opened_page,
    running_lab,
)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """A Chromium; without one the test is skipped, or fails where CI is set."""
    program = find_chromium()
    if program is None and os.environ.get("CI"):
        pytest.fail(CHROMIUM_MISSING)
    if program is None:
        pytest.skip(CHROMIUM_MISSING)
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright, program)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def lab_server(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    """A JupyterLab with folders of its own; it is started only where there is a browser."""
    with running_lab(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture
def lab_page(chromium: Browser, lab_server: LabServer) -> Iterator[LabPage]:
    """A page without a notebook that keeps what goes wrong on it."""
    with opened_page(chromium, lab_server) as page:
        yield page


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core; without it the test is skipped."""
    package = find_spec("axe_playwright_python")
    if package is None or package.origin is None:
        pytest.skip("axe-core is missing: pip install 'clusterlab[dev]'")
    return Path(package.origin).with_name("axe.min.js").read_text("utf-8")
