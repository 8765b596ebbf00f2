"""The prompt of the failover panel in a real JupyterLab."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from .lab_page import LabPage, LabServer, opened_page

pytestmark = pytest.mark.browser

PANEL = "from clusterlab.lab import FailoverLab\nlab = FailoverLab()\nlab"
PATIENCE_MS = 30_000


@pytest.fixture
def panel(chromium: Browser, lab_server: LabServer) -> Iterator[LabPage]:
    """A page with a panel of three active nodes and a passive one."""
    with opened_page(chromium, lab_server) as page:
        page.page.set_viewport_size({"width": 1280, "height": 900})
        page.open_notebook(lab_server.write_notebook("prompt.ipynb", PANEL, ""))
        page.page.keyboard.press("Control+b")
        page.run_all()
        expect(page.figure(0)).to_be_visible(timeout=PATIENCE_MS)
        yield page
        assert [] == page.problems
        assert [] == page.outside


def test_enter_runs_the_line(panel: LabPage) -> None:
    """Enter in the text field does what the line says, and its answer stands below."""
    panel.page.get_by_role("tab", name="cluster.exe").click()
    field = panel.page.get_by_label("Type a line and press Enter")
    field.fill("cluster group EVS2 /moveto:NODE4 /wait")
    field.press("Enter")
    answer = panel.page.locator(".clusterlab-answer")
    expect(answer).to_contain_text("NODE4           Online", timeout=PATIENCE_MS)
    expect(field).to_have_value("")
