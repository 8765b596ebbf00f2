"""The case panel in a real JupyterLab: a case is solved by buttons and prompt."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from clusterlab.cases import case

from .lab_page import LabPage, LabServer, shown_panel

pytestmark = pytest.mark.browser

SEED = 3
PANEL = f"from clusterlab.lab import CaseLab\nlab = CaseLab({SEED})\nlab"


@pytest.fixture
def panel(chromium: Browser, lab_server: LabServer) -> Iterator[LabPage]:
    """A page with a case of one fault."""
    with shown_panel(chromium, lab_server, PANEL, height_px=1600) as page:
        yield page


def test_a_case_is_solved_by_buttons_and_prompt(panel: LabPage) -> None:
    """Check, hint, three lines at the prompt, check again: solved."""
    page = panel.page
    expect(page.get_by_text("no mailbox can be opened, from 10:36 to 10:37")).to_be_visible()
    page.get_by_role("button", name="Check my repair").click()
    status = page.get_by_role("status").filter(has_text="olved")
    expect(status).to_contain_text("Not solved: 0 of 1")
    page.get_by_role("button", name="Show a hint").click()
    expect(page.get_by_text("On a sound cluster: EVS2: out 10 s.")).to_be_visible()
    page.get_by_role("button", name="Events, tables, cluster.exe").click()
    page.get_by_role("tab", name="cluster.exe").click()
    field = page.get_by_label("Type a line and press Enter")
    for line in case(SEED).repairs()[0]:
        field.fill(line)
        field.press("Enter")
        expect(page.locator(".clusterlab-answer").filter(has_text=line[:60])).to_be_visible()
        expect(field).to_have_value("")
    page.get_by_role("button", name="Check my repair").click()
    expect(status).to_contain_text("Solved: 1 of 1 faults repaired.")
    page.get_by_role("button", name="Show solution").click()
    expect(page.get_by_text("it depends on MS Search").last).to_be_visible()
