"""The failover panel in a real JupyterLab: mouse, keys, themes, widths and hostile names."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from .lab_page import LabPage, LabServer, fresh_page, opened_page, shown_panel

pytestmark = pytest.mark.browser

PANEL = "from clusterlab.lab import FailoverLab\nlab = FailoverLab()\nlab"
NASTY = """\
from clusterlab.cluster.model import ClusterConfig, Group, Node
from clusterlab.cluster.resting import cluster_from
from clusterlab.exchange.evs import all_durations, cluster_group_resources, evs_resources
from clusterlab.lab import FailoverLab

evil = "<img src=x onerror=\\"document.title='run'\\">"
node, group = Node(name=f"N {evil}", node_id=1), f"EVS {evil}"
config = ClusterConfig(
    name=f"CL {evil}",
    nodes=(node, Node(name="NODE2", node_id=2)),
    groups=(Group(name="Cluster Group"), Group(name=group)),
    resources=(*cluster_group_resources(), *evs_resources(group, [f"Disk {evil}"])),
    quorum="Disk Q:",
    durations=all_durations({}),
)
lab = FailoverLab(cluster_from(config, {"Cluster Group": node.name, group: node.name}))
lab"""
# To the page, all widgets were started too late.
ALL_LATE = """
AbortSignal.timeout = () => {
  const late = new AbortController();
  Promise.resolve().then(() => late.abort());
  return late.signal;
};"""
ASK = 1
REST_S = 175.2


@pytest.fixture(scope="module")
def opened(chromium: Browser, lab_server: LabServer) -> Iterator[LabPage]:
    """A notebook with a panel, all over the page; whatever the tests do, it stays clean."""
    with opened_page(chromium, lab_server) as page:
        page.open_notebook(lab_server.write_notebook("panel.ipynb", PANEL, ""))
        page.page.keyboard.press("Control+b")
        yield page
        assert [] == page.problems
        assert [] == page.outside


@pytest.fixture
def panel(opened: LabPage) -> LabPage:
    """The page with a freshly painted panel of three active nodes and a passive one."""
    opened.page.set_viewport_size({"width": 1280, "height": 900})
    opened.run_all()
    opened.wait_until_listening()
    expect(clock(opened)).to_have_text("t = 0.0 s")
    opened.expect_of_figure(0, "el.layout.xaxis.range[1] === el.clientWidth")
    return opened


def press(panel: LabPage, name: str, number: int = 0) -> None:
    """Press one of the panel's buttons."""
    panel.page.get_by_role("button", name=name, exact=True).nth(number).click()


def expect_in_python(panel: LabPage, expression: str, expected: str) -> None:
    """Wait until a choice has arrived; the kernel hears choices and buttons in two threads."""
    panel.expect_printed(ASK, f"print({expression})", expected)


def unfold(panel: LabPage, title: str) -> None:
    """Open a fold that is closed."""
    panel.page.get_by_role("button", name=re.compile(f"^[▸▾] {title}$")).wait_for()
    closed = panel.page.get_by_role("button", name=f"▸ {title}", exact=True)
    if closed.count():
        closed.click()


def open_tab(panel: LabPage, name: str) -> None:
    """Bring a tab to the front."""
    unfold(panel, "Events, tables, cluster.exe")
    panel.page.get_by_role("tab", name=name).click()


def clock(panel: LabPage) -> Locator:
    """Return the text that shows the moment."""
    return panel.page.locator(".clusterlab-clock")


def expect_owner(panel: LabPage, group: str, node: str, state: str) -> None:
    """Wait until the table of groups shows an owner and a state."""
    open_tab(panel, "Groups")
    row = panel.page.get_by_role("row", name=re.compile(f"^{group} {node} . {state}"))
    expect(row).to_be_visible()


def test_buttons_of_a_node_stand_under_its_name(panel: LabPage) -> None:
    """Four buttons are called alike; to a screen reader each is one of its node."""
    unfold(panel, "All controls")
    node = panel.page.get_by_role("group", name="NODE3", exact=True)
    expect(node.get_by_role("button", name="Pull the plug", exact=True)).to_have_count(1)


def test_a_click_in_the_diagram_fails_the_node(panel: LabPage) -> None:
    """NODE3 is clicked, time runs on, and figure, twin and reasons all say NODE4."""
    panel.click_shape("nodes:NODE3")
    panel.page.get_by_role("menuitem", name="Pull the plug").click()
    expect(panel.page.locator(".clusterlab-live")).to_contain_text("NODE3 has gone silent")
    press(panel, "Last event ▶|")
    expect(clock(panel)).to_have_text(f"t = {REST_S} s")
    expect_owner(panel, "EVS3", "NODE4", "Online")
    labels = next(trace for trace in panel.figure_data(0) if trace["name"] == "storage labels")
    assert any("EVS3 ▸ NODE4" in text for text in labels["text"])
    expect(panel.page.locator(".clusterlab-side")).to_contain_text("✔ chosen NODE4")
    expect(panel.figure(0)).to_have_accessible_name(re.compile("EVS3 had no mail for 175.2 s"))
    twin = "print(lab.simulation.owner('EVS3'), lab.branches.moment_s)"
    panel.expect_printed(ASK, twin, f"NODE4 {REST_S}")


def test_a_clicked_card_is_marked_and_acted_on_by_keyboard(panel: LabPage) -> None:
    """EVS2 is clicked: it has a ring, the words say so, and the choosers below are about it."""
    panel.click_shape("cards:EVS2")
    expect(panel.figure(0)).to_have_accessible_name(re.compile(r"EVS2 is selected\."))
    expect(panel.page.get_by_role("menu")).to_be_visible()
    panel.page.keyboard.press("Escape")
    expect(panel.page.get_by_role("menu")).to_be_hidden()
    unfold(panel, "All controls")
    expect(panel.page.get_by_label("Explain group", exact=True)).to_have_value("EVS2")
    expect_ring_around(panel, "EVS2")
    panel.page.get_by_role("button", name="Take Offline", exact=True).focus()
    panel.page.keyboard.press("Enter")
    press(panel, "Last event ▶|")
    expect_owner(panel, "EVS2", "NODE2", "Offline")
    panel.page.get_by_label("Explain group", exact=True).select_option("EVS3")
    expect(panel.figure(0)).to_have_accessible_name(re.compile(r"EVS3 is selected\."))
    expect_ring_around(panel, "EVS3")


def expect_ring_around(panel: LabPage, group: str) -> None:
    """Wait until mark and card have the same middle on the page."""
    panel.expect_data(
        0,
        f"""data.filter(({{name}}) => ["selected", "cards:{group}"].includes(name))
            .map(({{x, y}}) => [x, y].map((v) => Math.min(...v) + Math.max(...v)))
            .map((middle) => middle.map(Math.round).join())
            .every((middle, index, all) => middle === all[0])""",
        True,
    )


def test_play_shows_second_by_second(panel: LabPage) -> None:
    """Play lets time pass on screen until nothing is pending, and is off then; all is right."""
    panel.page.get_by_label("Speed").select_option("60 s per second")
    panel.pull_the_plug("NODE3")
    press(panel, "▶ Play")
    expect(clock(panel)).to_have_text(f"t = {REST_S} s")
    play = panel.page.get_by_role("button", name="▶ Play", exact=True)
    expect(play).to_be_disabled()
    assert "Nothing to play yet: pull a plug" == play.get_attribute("title")
    expect_owner(panel, "EVS3", "NODE4", "Online")


def test_dragging_back_and_acting_makes_a_branch(panel: LabPage) -> None:
    """The time bars are dragged to an earlier moment; acting there keeps the old future."""
    panel.pull_the_plug("NODE3")
    press(panel, "Last event ▶|")
    expect(clock(panel)).to_have_text(f"t = {REST_S} s")
    now = panel.page.locator(".clusterlab-now").bounding_box()
    assert now
    x, y = now["x"] + now["width"] / 2, now["y"] + now["height"] / 2
    panel.page.mouse.move(x, y)
    panel.page.mouse.down()
    panel.page.mouse.move(x - 300, y, steps=5)
    panel.page.mouse.up()
    expect(clock(panel)).not_to_have_text(f"t = {REST_S} s")
    panel.pull_the_plug("NODE2")
    unfold(panel, "All controls")
    expect(panel.page.get_by_label("Timeline").locator("option")).to_have_count(2)
    press(panel, "Last event ▶|")
    panel.page.get_by_label("Compare with").select_option("main")
    expect(panel.page.locator(".js-plotly-plot:has(.main-svg)")).to_have_count(2)
    expect(panel.page.locator(".clusterlab-stage")).to_contain_text("EVS2: from")


def test_a_page_that_is_late_does_not_take_the_panel_back(panel: LabPage) -> None:
    """However far a cell goes, the page says nothing of the slider that nobody has dragged."""
    moments = (12.345, 59.97, 250.25, 3.0, 7000.0)
    go = "; ".join(f"lab.branches.go_to({moment}); lab.render()" for moment in moments)
    panel.run_text(ASK, f"heard = []; lab._slider.observe(heard.append, 'value'); {go}")
    expect(clock(panel)).to_have_text("t = 7000.0 s")
    panel.pull_the_plug("NODE3")
    expect_in_python(panel, "len(heard), lab.branches.moment_s", f"{len(moments)} 7000.0")


def test_the_picture_waits_for_a_prediction(panel: LabPage) -> None:
    """The learner places both groups of NODE1, and the wrong one is answered by its rule."""
    press(panel, "Ask me first")
    expect_in_python(panel, "lab._predict.value", "True")
    panel.pull_the_plug("NODE1")
    expect(panel.page.locator(".clusterlab-side")).to_contain_text("NODE1 loses power.")
    for group in ("Cluster Group", "EVS1"):
        panel.page.get_by_label(f"{group} goes to").select_option("NODE2")
    expect_in_python(panel, "lab.predictor.missing", "()")
    press(panel, "Show")
    side = panel.page.locator(".clusterlab-side")
    expect(side).to_contain_text("✔ right Cluster Group: NODE2.")
    expect(side).to_contain_text("Anti-affinity was overlooked: NODE2 owns EVS2")
    shown = panel.figure(0).locator(".textpoint", has_text="EVS1").filter(has_text="Pending")
    expect(shown).to_have_count(1)


def test_everything_goes_by_keyboard(panel: LabPage) -> None:
    """Buttons take Enter, arrows step, Space plays, and the focus stays inside the panel."""
    keys = panel.page.keyboard
    panel.page.locator(".clusterlab-stage").focus()
    for _ in range(3):
        keys.press("Tab")
    keys.press("Enter")
    expect(panel.page.get_by_role("menuitem", name="Pull the plug")).to_be_focused()
    keys.press("Enter")
    expect(panel.page.locator(".clusterlab-live")).to_contain_text("NODE3 has gone silent")
    for moment in ("2.4", "7.2", "8.2"):
        keys.press("ArrowRight")
        expect(clock(panel)).to_have_text(f"t = {moment} s")
    keys.press("ArrowLeft")
    expect(clock(panel)).to_have_text("t = 7.2 s")
    expect(panel.page.locator('.clusterlab-spot[data-key="nodes:NODE3"]')).to_be_focused()
    panel.page.locator(".clusterlab-stage").focus()
    keys.press("Space")
    expect(panel.page.get_by_role("button", name="❚❚ Pause")).to_be_visible()
    keys.press("Space")
    expect(panel.page.get_by_role("button", name="▶ Play")).to_be_visible()


def test_letters_stay_in_the_panel(panel: LabPage) -> None:
    """Pressed on a button of the panel, no letter deletes, splits or turns the notebook's cell."""
    cells = panel.page.locator(".jp-Notebook .jp-Cell")
    before = cells.count()
    panel.page.get_by_role("button", name="Undo last action").focus()
    for key in "ddxmabjvcz":
        panel.page.keyboard.press(key)
    panel.page.keyboard.press("Shift+M")
    panel.wait_until_answered()
    assert before == cells.count()
    expect(panel.page.locator(".jp-Notebook .jp-CodeCell")).to_have_count(before)
    expect(clock(panel)).to_be_visible()


def test_the_focus_stays_when_a_button_goes_off(panel: LabPage) -> None:
    """Stop service is off once it was pressed; the keys of the panel go on working."""
    unfold(panel, "All controls")
    panel.page.get_by_role("button", name="Stop service", exact=True).nth(2).focus()
    panel.page.keyboard.press("Enter")
    expect(panel.page.get_by_role("button", name="Stop service").nth(2)).to_be_disabled()
    panel.page.keyboard.press("ArrowRight")
    expect(clock(panel)).not_to_have_text("t = 0.0 s")


def test_screen_readers_are_told(panel: LabPage) -> None:
    """The live region, the slider and the diagram say what they are."""
    expect(panel.page.locator(".clusterlab-live")).to_have_attribute("aria-live", "polite")
    unfold(panel, "All controls")
    expect(panel.page.get_by_role("slider")).to_have_accessible_name("Moment shown, in seconds")
    expect(
        panel.page.get_by_role(
            "group",
            name="Diagram. Left arrow: Previous event. Right arrow: Next event. Space: Play.",
        )
    ).to_be_visible()
    buttons = panel.page.locator(".clusterlab-panel .jupyter-button")
    names = buttons.evaluate_all("all => all.map((one) => one.textContent.trim())")
    assert len(names) > 15
    assert all(names)


def test_the_dark_theme_reaches_everything(panel: LabPage) -> None:
    """In the dark theme figure and texts are light on dark."""
    panel.set_theme("JupyterLab Dark")
    panel.expect_data(0, "layout.font.color", "#E9ECEF")
    words = panel.page.locator(".clusterlab-side p").first
    expect(words).to_have_css("color", "rgb(233, 236, 239)")
    panel.set_theme("JupyterLab Light")
    panel.expect_data(0, "layout.font.color", "#1B1F24")


@pytest.mark.parametrize(("width", "is_beside"), [(1600, True), (800, False)])
def test_nothing_is_cut(panel: LabPage, width: int, is_beside: bool) -> None:
    """On a wide page the reasons stand beside the figure, on a narrow one below; all fits."""
    panel.page.set_viewport_size({"width": width, "height": 900})
    panel.expect_of_figure(0, "el._fullLayout.width === el.clientWidth")
    panel.wait_until_answered()
    stage = panel.page.locator(".clusterlab-main").bounding_box()
    side = panel.page.locator(".clusterlab-side").bounding_box()
    assert stage
    assert side
    assert is_beside is (side["x"] >= stage["x"] + stage["width"])
    too_wide = panel.page.locator(".clusterlab-panel").evaluate(
        """panel => [...panel.querySelectorAll("*")].filter((one) => !one.closest("svg"))
            .filter((one) => one.getBoundingClientRect().right >
                    panel.getBoundingClientRect().right + 2)
            .map((one) => one.outerHTML.slice(0, 80))"""
    )
    assert [] == too_wide


def fail_first(page: LabPage) -> None:
    """Let the first node fail, whatever its name."""
    page.page.locator(".clusterlab-spot").first.press("Enter")
    page.page.get_by_role("menuitem", name="Pull the plug").click()


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (800, 900)])
def test_everything_fits_one_screen(panel: LabPage, width: int, height: int) -> None:
    """State, picture, bars, reasons and time are seen at once; narrow, the reasons lie below."""
    panel.page.set_viewport_size({"width": width, "height": height})
    panel.expect_of_figure(0, "el._fullLayout.width === el.clientWidth")
    panel.pull_the_plug("NODE3")
    press(panel, "Last event ▶|")
    expect(clock(panel)).to_have_text(f"t = {REST_S} s")
    panel.wait_until_answered()
    box = panel.page.locator(".clusterlab-panel").bounding_box()
    assert box
    assert box["height"] <= (720 if width == 1280 else 1000)
    if width == 1280:
        unfold(panel, "All controls")
        panel.wait_until_answered()
        side = panel.page.locator(".clusterlab-side").bounding_box()
        picture = panel.figure(0).bounding_box()
        assert side
        assert picture
        assert side["x"] >= picture["x"] + picture["width"]


def test_after_run_the_top_is_in_view(panel: LabPage) -> None:
    """Shift+Enter goes on to the next cell, but the page shows the panel from its top."""
    panel.page.set_viewport_size({"width": 1280, "height": 720})
    prompt = panel.cell(0).locator(".jp-InputPrompt").first
    before = prompt.inner_text()
    panel.cell(0).locator(".jp-InputArea-editor").click()
    panel.page.keyboard.press("Shift+Enter")
    expect(prompt).not_to_have_text(before)
    panel.wait_until_listening()
    panel.page.wait_for_function("""() => {
        const [room, panel] = [".jp-WindowedPanel-outer", ".clusterlab-panel"].map(
            (css) => document.querySelector(css)?.getBoundingClientRect().y);
        return room <= panel + 1;
    }""")


def test_at_most_eight_tabs_to_pull_the_plug(panel: LabPage) -> None:
    """From the cell, in command mode, Tab leads to NODE3 in the picture; Enter opens its menu."""
    keys = panel.page.keyboard
    panel.cell(0).locator(".jp-InputPrompt").first.click()
    keys.press("Escape")
    for _ in range(7):
        keys.press("Tab")
        if "nodes:NODE3" == panel.page.evaluate("document.activeElement.dataset.key"):
            break
    keys.press("Enter")
    expect(panel.page.get_by_role("menuitem", name="Pull the plug")).to_be_focused()
    keys.press("Escape")
    expect(panel.page.locator('.clusterlab-spot[data-key="nodes:NODE3"]')).to_be_focused()


def test_the_number_of_an_event_opens_its_entry(panel: LabPage) -> None:
    """In the tab of the log a click on 1135 opens handbook 7 there; Escape closes it."""
    fail_first(panel)
    press(panel, "Last event ▶|")
    open_tab(panel, "Event log")
    panel.page.get_by_role("button", name="1135").first.click()
    entry = panel.page.locator("#clusterlab-ClusSvc-1135")
    expect(entry).to_contain_text("Look first")
    panel.page.keyboard.press("Escape")
    expect(entry).not_to_be_visible()


def test_names_are_never_run(chromium: Browser, lab_server: LabServer) -> None:
    """A node, a group, a disk and a cluster named in HTML show as written, everywhere."""
    with opened_page(chromium, lab_server) as page:
        page.open_notebook(lab_server.write_notebook("nasty.ipynb", NASTY, ""))
        page.run_all()
        page.wait_until_listening()
        press(page, "Ask me first")
        expect_in_python(page, "lab._predict.value", "True")
        fail_first(page)
        expect(page.page.get_by_role("button", name="Show")).to_be_visible()
        press(page, "Ask me first")
        expect_in_python(page, "lab._predict.value", "False")
        press(page, "Cancel")
        fail_first(page)
        press(page, "Last event ▶|")
        for name in (
            "Event log",
            "Groups",
            "Resources",
            "Events in words",
            "cluster.exe",
            "Self-check",
        ):
            open_tab(page, name)
        unfold(page, "All controls")
        press(page, "Move Group")
        expect(page.page.locator(".clusterlab-alert")).to_contain_text("Refused")
        page.click_shape("nodes:N <img src=x onerror=\"document.title='run'\">")
        page.wait_until_answered()
        assert 0 == page.page.locator(".clusterlab-panel img").count()
        assert "run" != page.page.title()
        assert [] == page.problems
        assert [] == page.outside


def test_a_panel_without_its_kernel_says_so(chromium: Browser, lab_server: LabServer) -> None:
    """After a restart the buttons do nothing; the panel says why, and what to do."""
    with shown_panel(chromium, lab_server, PANEL) as page:
        page.restart()
        alert = page.page.locator(".clusterlab-panel > .clusterlab-gone")
        expect(alert).to_contain_text("then the cell of this panel")


def test_a_panel_started_late_hears_its_kernel(chromium: Browser, lab_server: LabServer):
    """A page that is busy for seconds while the panel starts does not make it deaf."""
    with fresh_page(chromium, lab_server) as page:
        page.page.add_init_script(ALL_LATE)
        page.open_notebook(lab_server.write_notebook("late.ipynb", PANEL))
        page.run_all()
        page.wait_until_listening()
        press(page, "Pull the plug of NODE1")
        node = page.page.locator('.clusterlab-spot[data-key="nodes:NODE1"]')
        expect(node).to_have_attribute("aria-label", re.compile("silent"))
        expect(page.figure(0)).to_have_accessible_name(re.compile("NODE1.*silent"))
        assert [] == page.problems
