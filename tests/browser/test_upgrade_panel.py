"""The upgrade panel in a real JupyterLab: two nodes are upgraded by clicks, one fails midway."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from .lab_page import LabPage, LabServer, opened_page

pytestmark = pytest.mark.browser

PANEL = "from clusterlab.lab import UpgradeLab\nlab = UpgradeLab()\nlab"
TASKS = 29
PATIENCE_MS = 30_000
BEFORE_THE_EVS = 19
"""So many steps are done when Setup is through on the idle node."""
BEFORE_NODE1 = 25
"""So many when NODE1 is to be upgraded."""


@pytest.fixture
def panel(chromium: Browser, lab_server: LabServer) -> Iterator[LabPage]:
    """A page with a guided upgrade of two nodes."""
    with opened_page(chromium, lab_server, height_px=1500) as page:
        page.open_notebook(lab_server.write_notebook("upgrade.ipynb", PANEL))
        page.page.keyboard.press("Control+b")
        page.run_all()
        expect(page.figure(0)).to_be_visible(timeout=PATIENCE_MS)
        yield page
        assert [] == page.problems
        assert [] == page.outside


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
        expect(status).to_contain_text(f"{number} of {TASKS} done.", timeout=PATIENCE_MS)
    expect(lanes).to_have_accessible_name(re.compile("NODE1 .* if it failed now: ✖ EVS1 lost"))

    page.get_by_role("button", name="Fail NODE1", exact=True).click()
    expect(status).to_contain_text("NODE1 lost power.", timeout=PATIENCE_MS)
    expect(status).to_contain_text("EVS1 2000 SP3, out on NODE2")
    for number in range(BEFORE_THE_EVS + 1, BEFORE_NODE1 + 1):
        do.click()
        expect(status).to_contain_text(f"{number} of {TASKS} done.", timeout=PATIENCE_MS)
    expect(status).to_contain_text("EVS1 2003, Online on NODE2, out 910 s")

    do.click()
    expect(page.get_by_role("alert")).to_contain_text("ERR-CLUSSVC", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Start NODE1", exact=True).click()
    expect(status).to_contain_text("NODE1 was started.", timeout=PATIENCE_MS)
    for number in range(BEFORE_NODE1 + 1, TASKS + 1):
        do.click()
        expect(status).to_contain_text(f"{number} of {TASKS} done.", timeout=PATIENCE_MS)
    expect(status).to_contain_text("EVS1 2003, Online on NODE1, out 1000 s")
    expect(lanes).to_have_accessible_name(re.compile("NODE1 .* if it failed now: ✔ all survive"))
