"""The upgrade panel in a real JupyterLab: an upgrade by clicks, the best order, times."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from clusterlab.lab.panels.upgrade import BEST

from .lab_page import LabPage, LabServer, shown_panel

pytestmark = pytest.mark.browser

PANEL = "from clusterlab.lab import UpgradeLab\nlab = UpgradeLab()\nlab"
TASKS = 29
BEFORE_THE_EVS = 19
"""So many steps are done when Setup is through on the idle node."""
BEFORE_NODE1 = 25
"""So many when NODE1 is to be upgraded."""


@pytest.fixture
def panel(chromium: Browser, lab_server: LabServer) -> Iterator[LabPage]:
    """A page with a guided upgrade of two nodes."""
    with shown_panel(chromium, lab_server, PANEL, height_px=1500) as page:
        yield page


def test_two_nodes_are_upgraded_by_clicks_and_one_fails_in_the_middle(panel: LabPage) -> None:
    """NODE1 fails when only NODE2 is new: EVS1 is out, is upgraded forward on NODE2, and NODE1
    is started again for its own Setup; in the end everything is new and protected.
    """
    page = panel.page
    status = page.locator(".clusterlab-live").first
    do = page.get_by_role("button", name="Do it", exact=True)
    lanes = panel.figure(0)
    expect(lanes).to_have_accessible_name(re.compile("NODE1 .* if it failed now: ✔ all survive"))
    for number in range(1, BEFORE_THE_EVS + 1):
        do.click()
        expect(status).to_contain_text(f"{number} of {TASKS} done.")
    expect(lanes).to_have_accessible_name(re.compile("NODE1 .* if it failed now: ✖ EVS1 lost"))

    page.get_by_role("button", name="Pull the plug of NODE1", exact=True).click()
    expect(status).to_contain_text("NODE1 lost power.")
    expect(status).to_contain_text("EVS1 2000 SP3, down on NODE2")
    for number in range(BEFORE_THE_EVS + 1, BEFORE_NODE1 + 1):
        do.click()
        expect(status).to_contain_text(f"{number} of {TASKS} done.")
    expect(status).to_contain_text("EVS1 2003, Online on NODE2, down 1120 s")

    do.click()
    expect(page.get_by_role("alert")).to_contain_text("ERR-CLUSSVC")
    page.get_by_role("button", name="Power on NODE1", exact=True).click()
    expect(status).to_contain_text("NODE1 was started.")
    for number in range(BEFORE_NODE1 + 1, TASKS + 1):
        do.click()
        expect(status).to_contain_text(f"{number} of {TASKS} done.")
    expect(status).to_contain_text("EVS1 2003, Online on NODE1, down 1210 s")
    expect(lanes).to_have_accessible_name(re.compile("NODE1 .* if it failed now: ✔ all survive"))


def test_the_best_order_follows_times_typed_in(panel: LabPage) -> None:
    """The search shows how far it is, then the table; a time of one's own changes the table, and
    what is no time is said in words.
    """
    page = panel.page
    page.get_by_label("Compare with").select_option(label=BEST)
    expect(page.get_by_text("Why no order is better")).to_be_visible()
    table = page.get_by_role("region", name=re.compile("^Forecast by"))
    expect(table).to_contain_text("7.5 min")

    page.get_by_role("tab", name="Times", exact=True).click()
    field = page.get_by_label("T_CMD", exact=True)
    field.fill("600")
    field.press("Enter")
    expect(table).to_contain_text("12.5 min")
    expect(page.get_by_text("✔ your own")).to_be_visible()

    field.fill("soon")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("T_CMD is 'soon'")
    page.get_by_role("button", name="All defaults", exact=True).click()
    expect(table).to_contain_text("7.5 min")
