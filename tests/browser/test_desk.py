"""The trainer's desk in a real JupyterLab: a code is typed, revealed and frozen."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from .lab_page import LabPage, LabServer, shown_panel

pytestmark = pytest.mark.browser

PANEL = "from clusterlab.lab import DeskLab\ndesk = DeskLab()\ndesk"


@pytest.fixture
def panel(chromium: Browser, lab_server: LabServer) -> Iterator[LabPage]:
    """A page with a desk at its first scenario."""
    with shown_panel(chromium, lab_server, PANEL, height_px=1400) as page:
        yield page


def test_a_code_is_opened_revealed_and_frozen_by_keyboard(panel: LabPage) -> None:
    """Enter opens the code, Enter on a button presses it; a frozen picture refuses a click."""
    page = panel.page
    status = page.get_by_role("status").filter(has_text="Code of this moment")
    field = page.get_by_label("Code", exact=True)
    field.fill("31-f3 f2?")
    field.press("Enter")
    expect(status).to_contain_text("31-F3-F2?")
    expect(page.get_by_text("Which node takes over?")).to_be_visible()
    page.get_by_role("button", name="Reveal").press("Enter")
    expect(status).to_contain_text("31-F3-F2-@183.4")
    page.get_by_role("button", name="Freeze").press("Enter")
    expect(status).to_contain_text("Frozen.")
    panel.pull_the_plug("NODE1")
    expect(page.get_by_role("alert")).to_contain_text("press Reveal or Go on first")
    page.get_by_role("button", name="Reset").press("Enter")
    expect(status).to_contain_text("31-F3-F2?")
