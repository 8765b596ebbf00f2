"""The Cluster Administrator panel in a real JupyterLab: mouse, keys, and the panel beside it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from .lab_page import LabPage, LabServer, opened_page

pytestmark = pytest.mark.browser

SETUP = (
    "from clusterlab.lab import AdministratorLab, FailoverLab\nfailover = FailoverLab()\nfailover"
)
PANEL = "lab = AdministratorLab(failover)\nlab"
ASK = 2
STORE = "Exchange Information Store Instance - (EVS2)"


@pytest.fixture(scope="module")
def opened(chromium: Browser, lab_server: LabServer) -> Iterator[LabPage]:
    """A notebook with both panels; whatever the tests do, it stays clean."""
    with opened_page(chromium, lab_server, height_px=1900) as page:
        page.open_notebook(lab_server.write_notebook("administrator.ipynb", SETUP, PANEL, ""))
        page.page.keyboard.press("Control+b")
        yield page
        assert [] == page.problems
        assert [] == page.outside


@pytest.fixture
def panel(opened: LabPage) -> LabPage:
    """The page with both panels freshly made: three active nodes and a passive one."""
    opened.run_all()
    expect(tree(opened, "EVS3")).to_be_visible()
    opened.wait_until_listening()
    return opened


def administrator(panel: LabPage) -> Locator:
    """Return the administrator panel."""
    return panel.page.locator(".clusterlab-panel:has(.clusterlab-tree)")


def tree(panel: LabPage, name: str) -> Locator:
    """Return a line of the tree by the name in it."""
    return panel.page.get_by_role("treeitem", name=re.compile(f"{re.escape(name)}( |$)")).first


def listed(panel: LabPage, name: str) -> Locator:
    """Return a row of the list by the name in it."""
    name_cell = panel.page.get_by_role("gridcell", name=name, exact=True)
    return administrator(panel).get_by_role("row").filter(has=name_cell)


def press(panel: LabPage, name: str) -> None:
    """Press one of the administrator's buttons."""
    administrator(panel).get_by_role("button", name=name, exact=True).click()


def test_a_possible_owner_is_removed(panel: LabPage) -> None:
    """The store of EVS2 loses NODE4 on its property pages; the line of cluster.exe is shown."""
    tree(panel, "EVS2").click()
    listed(panel, STORE).click()
    press(panel, "Properties")
    owners = administrator(panel).get_by_title("Possible owners", exact=True)
    owners.select_option("NODE4")
    press(panel, "← Remove")
    expect(owners).not_to_contain_text("NODE4")
    press(panel, "Apply")
    line = f'cluster resource "{STORE}" /removeowner:NODE4'
    expect(administrator(panel).locator(".clusterlab-done")).to_contain_text(line)
    asked = f"print(lab.cluster.config.resources_by_name['{STORE}'].possible_owners)"
    panel.expect_printed(ASK, asked, "('NODE1', 'NODE2', 'NODE3')")
    press(panel, "OK")
    expect(panel.page.locator(".clusterlab-sheet")).to_be_hidden()


def test_offline_and_online_is_followed_beside(panel: LabPage) -> None:
    """EVS3 goes Offline and comes back here; the failover panel says so each time, and back."""
    latest = panel.page.locator(".clusterlab-live").first
    tree(panel, "EVS3").click()
    press(panel, "Take Offline")
    expect(tree(panel, "EVS3")).to_contain_text("Pending")
    press(panel, "Last event ▶|")
    expect(tree(panel, "EVS3")).to_contain_text("Offline")
    expect(latest).to_contain_text("EVS3 Offline on NODE3")
    press(panel, "Bring Online")
    expect(tree(panel, "EVS3")).to_contain_text("Pending")
    press(panel, "Last event ▶|")
    expect(tree(panel, "EVS3")).to_contain_text("Online")
    expect(latest).to_contain_text("EVS3 Online on NODE3")
    panel.pull_the_plug("NODE2")
    panel.page.get_by_role("button", name="Last event ▶|", exact=True).first.click()
    expect(tree(panel, "NODE2")).to_contain_text("Down")


def test_a_refusal_is_seen(panel: LabPage) -> None:
    """Evicting a node that is Up is refused with its code and what to do; nothing changes."""
    tree(panel, "NODE1").click()
    press(panel, "Evict Node")
    alert = administrator(panel).get_by_role("alert")
    expect(alert).to_contain_text("Refused: 5009")
    expect(alert).to_contain_text("What to do: Move its groups, stop its Cluster service")
    expect(alert).to_contain_text("cluster node NODE1 /evict")
    panel.expect_printed(ASK, "print(len(lab.branches.shown.history))", "1")


def test_everything_goes_by_keyboard(panel: LabPage) -> None:
    """Arrows walk through tree and list, open and close; Enter opens; Tab leaves a pane."""
    keyboard = panel.page.keyboard
    tree(panel, "Groups").click()
    keyboard.press("End")
    expect(tree(panel, "NODE4")).to_have_attribute("aria-selected", "true")
    expect(tree(panel, "Active Groups")).to_be_hidden()
    keyboard.press("ArrowRight")
    active = panel.page.get_by_role("treeitem", name="Active Groups")
    expect(active).to_have_count(1)
    keyboard.press("ArrowLeft")
    expect(active).to_have_count(0)
    keyboard.type("dd")  # outside the tree this deletes the cell
    keyboard.type("n")
    expect(tree(panel, "Networks")).to_have_attribute("aria-selected", "true")
    keyboard.press("Home")
    for _ in range(4):
        keyboard.press("ArrowDown")
    expect(tree(panel, "EVS2")).to_have_attribute("aria-selected", "true")
    expect(listed(panel, "Disk T:")).to_be_visible()
    keyboard.press("Tab")
    keyboard.press("ArrowDown")
    expect(listed(panel, "Disk T:")).to_have_attribute("aria-selected", "true")
    keyboard.press("Enter")
    expect(panel.page.get_by_role("tab", name="Advanced")).to_be_visible()
    panel.expect_printed(ASK, "print(lab.item.name, lab.branches.moment_s)", "Disk T: 0.0")


def test_names_reach_the_page_as_text(panel: LabPage) -> None:
    """A group named in HTML is a name in the tree and in the list, and nothing runs."""
    tree(panel, "Groups").click()
    press(panel, "New Group")
    evil = "<img src=x onerror=document.title='run'>"
    administrator(panel).get_by_role("textbox", name="Name").fill(evil)
    press(panel, "OK")
    expect(tree(panel, evil)).to_be_visible()
    tree(panel, "Groups").click()
    expect(listed(panel, evil)).to_contain_text("Offline")
    panel.wait_until_answered()
    assert "run" != panel.page.title()


def test_the_list_fits_into_a_narrow_page(panel: LabPage) -> None:
    """At 800 pixels every column is seen, also what is going on with a moving group."""
    panel.page.set_viewport_size({"width": 800, "height": 1900})
    try:
        panel.run_text(ASK, "lab.select('group', 'EVS2'); lab.buttons['Move Group'].click()")
        cell = administrator(panel).get_by_role("gridcell", name="since 0.0 s").first
        expect(cell).to_be_visible()
        panel.wait_until_answered()
        listed = panel.page.locator(".clusterlab-list")
        assert listed.evaluate("el => el.scrollWidth <= el.clientWidth")
    finally:
        panel.page.set_viewport_size({"width": 1280, "height": 1900})
