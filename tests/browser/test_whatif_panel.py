"""The what-if panel in a real JupyterLab: a cell of the map is played, by mouse and by keyboard."""

import pytest
from playwright.sync_api import expect

from clusterlab.lab.figures.heatmap import CELLS

from .lab_page import LabPage, LabServer

pytestmark = pytest.mark.browser

PANEL = "from clusterlab import exchange_cluster\nfrom clusterlab.lab import WhatIfLab\n"
SHOW = "lab = WhatIfLab(exchange_cluster())\nlab"
ASK = 1
END = "print(lab.cell.lost, *(lab.failover.simulation.state(g).value for g in ('EVS2', 'EVS3')))"
ENDED = "('EVS2',) Failed Online"
CHOSEN = "EVS2 lost; others down 2.9 min at most"


def opened(page: LabPage, server: LabServer, name: str) -> None:
    """Open a notebook that shows the panel, and wait until the map is painted."""
    page.open_notebook(server.write_notebook(name, PANEL + SHOW, ""))
    page.page.keyboard.press("Control+b")
    page.run_all()
    page.wait_until_listening()


def expect_played(page: LabPage) -> None:
    """Wait until both failures are in place of the map at their start, and end as the cell says."""
    page.figure(1).wait_for()
    expect(page.figure(0)).to_be_hidden()
    page.wait_for_listeners()
    expect(page.page.locator(".clusterlab-clock")).to_have_text("t = 0.0 s")
    page.expect_printed(ASK, END, ENDED)
    assert [] == page.problems
    assert [] == page.outside


def test_a_second_click_on_a_cell_plays_it(lab_page: LabPage, lab_server: LabServer) -> None:
    """One click says what comes of NODE3, NODE2; another plays both failures, from the start."""
    opened(lab_page, lab_server, "whatif_click.ipynb")
    panel = lab_page.page.locator(".clusterlab-panel").first
    lab_page.click_shape(f"{CELLS}:NODE3, then NODE2")
    expect(panel).to_contain_text(CHOSEN)
    lab_page.click_shape(f"{CELLS}:NODE3, then NODE2")
    expect_played(lab_page)
    lab_page.page.get_by_role("button", name="◀ Back to the map").click()
    expect(lab_page.figure(0)).to_be_visible()


def test_a_cell_is_played_by_keyboard(lab_page: LabPage, lab_server: LabServer) -> None:
    """Two lists and a button do the same without a mouse, and no key reaches the notebook."""
    opened(lab_page, lab_server, "whatif_keys.ipynb")
    first, then = (
        lab_page.page.get_by_label("Fails first"),
        lab_page.page.get_by_label("Then", exact=True),
    )
    first.focus()
    lab_page.page.keyboard.press("ArrowDown")
    lab_page.page.keyboard.press("ArrowDown")
    expect(first).to_have_value("NODE3")
    lab_page.page.keyboard.press("Tab")
    expect(then).to_be_focused()
    lab_page.page.keyboard.press("ArrowDown")
    expect(then).to_have_value("NODE2")
    # The kernel hears choices and buttons in two threads.
    expect(lab_page.page.locator(".clusterlab-panel").first).to_contain_text(CHOSEN)
    lab_page.page.keyboard.press("Tab")
    expect(lab_page.page.get_by_role("button", name="▶ Play it")).to_be_focused()
    lab_page.page.keyboard.press("Enter")
    expect_played(lab_page)
