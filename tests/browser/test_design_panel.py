"""The design panel in a real JupyterLab: more mailboxes, by keyboard, and everything follows."""

import pytest
from playwright.sync_api import expect

from .lab_page import LabPage, LabServer

pytestmark = pytest.mark.browser

PANEL = "from clusterlab.lab import DesignLab\nlab = DesignLab()\nlab"
ASK = 1
STATE = "print(lab.design['nodes'], lab.design['luns_cluster'], lab.choosers['group'].value)"


def opened(page: LabPage, server: LabServer, name: str) -> None:
    """Open a notebook that shows the panel, and wait until the picture is painted."""
    page.open_notebook(server.write_notebook(name, PANEL, ""))
    page.page.keyboard.press("Control+b")
    page.run_all()
    page.wait_until_listening()


def slide(page: LabPage, label: str, key: str, times: int = 1) -> None:
    """Press a key on the slider with this label."""
    slider = page.page.locator(".widget-slider", has_text=label).first
    handle = slider.locator(".noUi-handle")
    handle.focus()
    for _ in range(times):
        page.page.keyboard.press(key)


def test_more_mailboxes_change_figures_findings_and_picture(
    lab_page: LabPage, lab_server: LabServer
) -> None:
    """From 9,000 mailboxes to 13,000 and back by keys: figures, picture and problems follow."""
    opened(lab_page, lab_server, "design_mailboxes.ipynb")
    panel = lab_page.page.locator(".clusterlab-panel").first
    expect(panel).to_contain_text("3+1: 4 nodes")
    before = len(lab_page.figure_data()[-3]["text"])
    slide(lab_page, "mailboxes today", "ArrowRight", 40)
    expect(panel).to_contain_text("4+1: 5 nodes")
    expect(panel).to_contain_text("13,000")
    expect(panel).to_contain_text("was ")
    lab_page.expect_printed(ASK, STATE, "5 41 none")
    assert before + 1 == len(lab_page.figure_data()[-3]["text"])
    slide(lab_page, "EVSs wanted at least", "End")
    expect(panel).to_contain_text("No cluster can be designed")
    expect(lab_page.figure(0)).to_be_hidden()
    slide(lab_page, "EVSs wanted at least", "Home")
    expect(panel).to_contain_text("4+1: 5 nodes")
    slide(lab_page, "passive nodes", "Home")
    expect(panel).to_contain_text("passive = 0 with 4 EVSs")
    slide(lab_page, "mailboxes today", "ArrowLeft", 65)
    expect(panel).to_contain_text("Active/active: an EVS on each of 2 nodes")
    assert [] == lab_page.problems
    assert [] == lab_page.outside


def test_a_click_on_a_group_marks_it_and_its_nodes_fail_on_screen(
    lab_page: LabPage, lab_server: LabServer
) -> None:
    """A click marks EVS2 in the picture; the button puts a failover panel with 3+1 below."""
    opened(lab_page, lab_server, "design_fail.ipynb")
    lab_page.click_shape("groups:EVS2")
    lab_page.expect_printed(ASK, STATE, "4 31 EVS2")
    lab_page.page.get_by_role("button", name="▶ Fail its nodes").click()
    expect(lab_page.page.get_by_role("button", name="Pull the plug of NODE1")).to_be_visible()
    lab_page.expect_printed(ASK, "print(lab.failover.simulation.owner('EVS3'))", "NODE3")
    assert [] == lab_page.problems


def test_folded_inputs_open_by_keyboard_and_lists_show_the_focus(
    lab_page: LabPage, lab_server: LabServer
) -> None:
    """Enter on the title shows the fields; what has the focus has a ring, lists and fields too."""
    opened(lab_page, lab_server, "design_keys.ipynb")
    page = lab_page.page
    field = page.get_by_label("Processors of a node", exact=True)
    expect(field).to_be_hidden()
    page.get_by_role("button", name="All inputs").focus()
    page.keyboard.press("Enter")
    expect(field).to_be_visible()
    page.locator(".clusterlab-panel select").first.focus()
    for _ in range(2):
        ring = page.evaluate("() => getComputedStyle(document.activeElement).outline")
        assert "solid 3px" in ring
        page.keyboard.press("Tab")
    assert [] == lab_page.problems
