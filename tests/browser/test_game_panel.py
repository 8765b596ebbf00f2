"""The service-level game in a real JupyterLab: a quarter is played by keyboard, in place."""

import pytest
from playwright.sync_api import expect

from .lab_page import LabPage, LabServer

pytestmark = pytest.mark.browser

SHOW = "from clusterlab.lab import GameLab\nlab = GameLab(seed=1)\nlab"
ASK = 1
STATE = "print(len(lab.year.quarters), lab.policy.spares, int(lab.at_h))"


def test_a_quarter_is_played_by_keyboard(lab_page: LabPage, lab_server: LabServer) -> None:
    """A list, arrows and Space choose, step and play; the figure that is there changes."""
    lab_page.open_notebook(lab_server.write_notebook("game.ipynb", SHOW, ""))
    lab_page.page.keyboard.press("Control+b")
    lab_page.run_all()
    lab_page.wait_until_listening()
    lab_page.page.evaluate("window.first = document.querySelector('.js-plotly-plot')")
    spares = lab_page.page.get_by_label("Spare nodes")
    spares.focus()
    lab_page.page.keyboard.press("ArrowDown")
    expect(spares).to_have_value("2")
    panel = lab_page.page.locator(".clusterlab-panel")
    expect(panel).to_contain_text("Quarter 1 would cost 9,500")
    lab_page.page.locator(".clusterlab-stage").focus()
    lab_page.page.keyboard.press("ArrowRight")
    expect(panel).to_contain_text("EVS1 moves from NODE1 to NODE4, for NODE1 is patched")
    lab_page.page.get_by_role("button", name="End of quarter").click()
    expect(lab_page.page.get_by_role("button", name="▶ Play quarter 2")).to_be_visible()
    lab_page.page.locator(".clusterlab-stage").focus()
    lab_page.page.keyboard.press(" ")
    expect(lab_page.page.get_by_role("button", name="❚❚ Pause")).to_be_visible()
    lab_page.page.keyboard.press(" ")
    expect(lab_page.page.get_by_role("button", name="▶ Play quarter 2")).to_be_visible()
    assert lab_page.page.evaluate("window.first === document.querySelector('.js-plotly-plot')")
    printed = lab_page.run_text(ASK, STATE)
    quarters, spare_nodes, at_h = map(int, printed.split())
    assert (2, 2) == (quarters, spare_nodes)
    assert 2190 <= at_h < 4380
    assert [] == lab_page.problems
    assert [] == lab_page.outside
