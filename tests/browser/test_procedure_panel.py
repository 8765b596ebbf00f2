"""The procedure panel in a real JupyterLab: a cluster is built by clicks, and then broken."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from .lab_page import LabPage, LabServer, shown_panel

pytestmark = pytest.mark.browser

PANEL = "from clusterlab.lab import ProcedureLab\nlab = ProcedureLab()\nlab"
TASKS = 55


@pytest.fixture
def panel(chromium: Browser, lab_server: LabServer) -> Iterator[LabPage]:
    """A page with a guided installation of two nodes."""
    with shown_panel(chromium, lab_server, PANEL, height_px=1400) as page:
        yield page


def test_two_nodes_are_built_by_clicks_and_then_one_fails(panel: LabPage) -> None:
    """A refusal is seen and undone; then every step is clicked, and the built EVS fails over."""
    page = panel.page
    status = page.locator(".clusterlab-live").first
    do = page.get_by_role("button", name="Do it", exact=True)

    page.get_by_label("Mode").select_option("free")
    page.get_by_label("Step", exact=True).select_option(
        label="○ C01@N1 Form the cluster on the first node (NODE1)"
    )
    expect(page.get_by_text("Which password do you type for")).to_be_visible()
    do.click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Refused: PREREQ")
    expect(alert).to_contain_text("What to do:")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(status).to_contain_text("taken back")

    page.get_by_label("Mode").select_option("guided")
    expect(do).to_be_disabled()
    panel.click_shape("tasks:install/P01")
    expect(do).to_be_enabled()
    page.get_by_role("group", name="Diagram.").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name="P02 ▶ available")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", name="P01 ▶ available")).to_be_visible()
    for number in range(1, TASKS + 1):
        do.click()
        expect(status).to_contain_text(f"{number} of {TASKS} done.")
    expect(page.get_by_text("✔ EVS1 Online Pending")).to_have_count(0)

    page.get_by_role("button", name="Fail its nodes").click()
    expect(page.get_by_text("The cluster as you built it")).to_be_visible()
    page.get_by_role("button", name="Pull the plug of", exact=False).first.click()
    page.get_by_role("group", name="Space: Play.").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Last event ▶|").click()
    last = page.locator(".clusterlab-live").nth(1)
    expect(last).to_contain_text("EVS1 Online on NODE2")
