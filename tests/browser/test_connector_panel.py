"""The connector panel in a real JupyterLab: a server clicked in the picture, a queue that grows."""

import re

import pytest
from playwright.sync_api import expect

from .lab_page import LabPage, LabServer
from .test_failover_panel import press

pytestmark = pytest.mark.browser

PANEL = "from clusterlab.lab import ConnectorLab\nlab = ConnectorLab()\nlab"
ASK = 1
WAITING = "print(lab.moment_s, round(lab.flow.waiting('Domino bridgehead', lab.moment_s)))"


def test_a_connector_server_fails_and_its_queues_drain(
    lab_page: LabPage, lab_server: LabServer
) -> None:
    """The server is clicked and fails, time plays, mail waits in figure, table and twin; started
    again by keyboard, everything drains; the same failure in another topology shows no queue.
    """
    lab_page.open_notebook(lab_server.write_notebook("connectors.ipynb", PANEL, ""))
    lab_page.page.keyboard.press("Control+b")
    lab_page.run_all()
    lab_page.click_shape("places:Connector server")
    said = lab_page.page.locator(".clusterlab-live")
    expect(said).to_contain_text("Down: Connector server")
    lab_page.run_text(ASK, "lab.go_to(600)")
    lab_page.expect_printed(ASK, WAITING, "600.0 300")
    side = lab_page.page.locator(".clusterlab-side")
    row = side.get_by_role("row", name=re.compile(r"^Domino bridgehead .* 300 300"))
    expect(row).to_be_visible()
    expect(lab_page.figure()).to_have_accessible_name(re.compile("Connector server: down"))
    texts = next(t["text"] for t in lab_page.figure_data() if t["name"] == "place labels")
    assert "300 waiting" in texts
    start = lab_page.page.get_by_role("button", name="Power on", exact=True)
    start.focus()
    lab_page.page.keyboard.press("Enter")
    expect(said).to_contain_text("Nothing is down")
    press(lab_page, "Last event ▶|")
    expect(side.get_by_role("row", name=re.compile("^Domino bridgehead .* 0 300"))).to_be_visible()
    lab_page.page.get_by_label("Topology").select_option(label="Lotus Notes: two connector servers")
    expect(lab_page.figure()).to_have_accessible_name(re.compile("Connector server 2: works"))
    expect(side.get_by_role("row", name=re.compile("^Domino bridgehead .* 0 0"))).to_be_visible()
    assert [] == lab_page.problems
    assert [] == lab_page.outside
