"""A task of an exercise in a real browser: done with the mouse, checked, kept, graded."""

import pytest
from playwright.sync_api import Browser, expect

from .lab_page import LabServer, opened_page, shown_panel
from .test_tours import SCREEN_PX, command_of, expect_one_screen, keep, press

pytestmark = pytest.mark.browser

FOLDER = "02_exercise"
OPEN = 'from clusterlab.lab import check, hints, kept, task\ntask("02.7")'


def test_a_task_is_done_with_the_mouse_and_kept(chromium: Browser, lab_server: LabServer):
    """Pause and move in the picture, *Check*, *Keep my answer*; the cell below has full points."""
    name = f"{FOLDER}/{FOLDER}.ipynb"
    path = lab_server.write_notebook(name, OPEN, 'hints("02.7")', "")
    with opened_page(chromium, lab_server, height_px=SCREEN_PX) as page:
        page.open_notebook(path)
        page.page.keyboard.press("Control+b")
        page.run_all()
        page.wait_until_listening()
        page.page.locator(".clusterlab-tour").evaluate("el => el.scrollIntoView()")
        expect_one_screen(page)
        story = page.page.locator(".clusterlab-story")
        expect(story).to_contain_text("Empty NODE2 for maintenance")
        command_of(page, "nodes:NODE2", "Pause")
        expect(page.page.locator(".clusterlab-toured")).to_contain_text("Paused")
        press(page, "check")
        expect(story).to_contain_text("NODE2 still owns: EVS2")
        keep(page, "task half done")
        command_of(page, "cards:EVS2", "Move to NODE4")
        expect(story).to_contain_text("do it in the panel")
        press(page, "check")
        expect(story).to_contain_text("maintenance: done")
        press(page, "keep")
        expect(story).to_contain_text("Kept as 02.7.txt")
        keep(page, "task kept")
        page.expect_printed(2, 'print(check("02.7", kept("02.7")).points(3))', "3")
        assert [] == page.problems
    kept = (lab_server.root / FOLDER / "02.7.txt").read_text("utf-8").splitlines()
    assert ["task 02.7", "pause NODE2", "move EVS2 to NODE4"] == kept[1:]


@pytest.mark.parametrize("names", [("11.8", "14.7", "15.2"), ("07.6", "09.4", "09.5")])
def test_a_task_on_another_panel_fits_one_screen(
    chromium: Browser, lab_server: LabServer, names: tuple[str, ...]
):
    """Story, picture and buttons are seen without scrolling."""
    cells = [f'task("{name}")' for name in names[1:]]
    first = f'from clusterlab.lab import task\ntask("{names[0]}")'
    with shown_panel(chromium, lab_server, first, *cells, height_px=SCREEN_PX) as page:
        page.page.wait_for_function(
            """count => {
                const tours = [...document.querySelectorAll(".clusterlab-tour")];
                const height = one => one.getBoundingClientRect().height;
                const room = height(document.querySelector(".jp-Notebook"));
                return tours.length === count
                    && tours.every(one => height(one) > 200 && height(one) <= room);
            }""",
            arg=len(names),
        )
