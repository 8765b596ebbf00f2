"""The tree panel in a real JupyterLab: a click in the tree, one action on both sides."""

import pytest
from playwright.sync_api import expect

from .lab_page import LabPage, LabServer
from .test_failover_panel import press

pytestmark = pytest.mark.browser

PANEL = "from clusterlab.lab import TreeLab\nlab = TreeLab()\nlab"
ASK = 1
STORE = "Exchange Information Store Instance - (EVS1)"
SMTP = "Exchange SMTP Virtual Server Instance - (EVS1)"
TWIN = f"print(*(s.cluster.resource_states['{SMTP}'].value for s in lab.sides), lab.now_s)"


def smtp_dashes(page: LabPage) -> list[str]:
    """Return the outlines of the two SMTP boxes as plotly.js has them now, left first."""
    traces = [trace for trace in page.figure_data() if trace["name"] == f"resources:{SMTP}"]
    return [trace["line"]["dash"] for trace in traces]


def smtp_labels(page: LabPage) -> list[str]:
    """Return what stands in the two SMTP boxes, left first."""
    texts = [text for trace in page.figure_data() for text in trace.get("text") or ()]
    return [text.split("<br>")[1] for text in texts if text.startswith("<b>SMTP")]


def test_the_store_fails_in_both_versions(lab_page: LabPage, lab_server: LabServer) -> None:
    """The store is clicked and fails: SMTP goes Offline in Exchange 2000 and stays Online in 2003,
    in the figure, in the sentences and in the text twin.
    """
    lab_page.open_notebook(lab_server.write_notebook("tree.ipynb", PANEL, ""))
    lab_page.page.keyboard.press("Control+b")
    lab_page.run_all()
    lab_page.wait_until_listening()
    chosen = lab_page.page.get_by_label("Resource")
    chosen.select_option("System Attendant")
    lab_page.click_shape(f"resources:{STORE}")
    expect(chosen).to_have_value("Information Store")
    press(lab_page, "Initiate Failure")
    said = lab_page.page.locator(".clusterlab-live")
    expect(said.nth(0)).to_contain_text("SMTP Server Instance")
    expect(said.nth(1)).to_contain_text("Information Store now Failed")
    for moment in ("0.5", "2.0", "3.0"):
        lab_page.page.keyboard.press("ArrowRight")
        expect(lab_page.page.locator(".clusterlab-clock")).to_have_text(f"t = {moment} s")
    panel = lab_page.page.locator(".clusterlab-panel")
    expect(panel).to_contain_text(f"{SMTP} (Offline)")
    expect(panel).to_contain_text(f"{SMTP} (Online)")
    lab_page.expect_printed(ASK, TWIN, "Offline Online 3.0")
    assert ["dash", "solid"] == smtp_dashes(lab_page)
    assert ["○ Offline", "● Online"] == smtp_labels(lab_page)
    assert [] == lab_page.problems
    assert [] == lab_page.outside
