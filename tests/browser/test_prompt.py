"""The prompt of the failover panel in a real JupyterLab."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from .lab_page import LabPage, LabServer, shown_panel

pytestmark = pytest.mark.browser

PANEL = "from clusterlab.lab import FailoverLab\nlab = FailoverLab()\nlab"


@pytest.fixture
def panel(chromium: Browser, lab_server: LabServer) -> Iterator[LabPage]:
    """A page with a panel of three active nodes and a passive one."""
    with shown_panel(chromium, lab_server, PANEL, "") as page:
        yield page


def test_enter_runs_the_line(panel: LabPage) -> None:
    """Enter in the text field does what the line says, and its answer stands below."""
    panel.page.get_by_role("button", name="▸ Events, tables, cluster.exe").click()
    panel.page.get_by_role("tab", name="cluster.exe").click()
    field = panel.page.get_by_label("Type a line and press Enter")
    field.fill("cluster group EVS2 /moveto:NODE4 /wait")
    field.press("Enter")
    answer = panel.page.locator(".clusterlab-answer")
    expect(answer).to_contain_text("NODE4           Online")
    expect(field).to_have_value("")


def test_a_fast_typist_is_heard_to_the_end(panel: LabPage) -> None:
    """What stands in the box when Enter is pressed is run, however little has been synchronized."""
    panel.page.get_by_role("button", name="▸ Events, tables, cluster.exe").click()
    panel.page.get_by_role("tab", name="cluster.exe").click()
    field = panel.page.get_by_label("Type a line and press Enter")
    field.focus()
    panel.page.keyboard.type("cluster group EVS2 /moveto:NODE4\n", delay=0)
    answer = panel.page.locator(".clusterlab-answer")
    expect(answer).to_contain_text("> cluster group EVS2 /moveto:NODE4")
    expect(field).to_have_value("")
