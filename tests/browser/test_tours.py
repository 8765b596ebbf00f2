"""Tours in a real browser: one screen, deeds with the mouse and the keyboard, the way back."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Locator, expect

from .lab_page import LabPage, LabServer, shown_panel

SCREEN_PX = 720
PATIENCE_MS = 40_000


@contextmanager
def toured(chromium: Browser, server: LabServer, name: str) -> Iterator[LabPage]:
    """Open a tour on a page of 1280 x 720 pixels."""
    source = f"from clusterlab.lab import tour\nlab = tour({name!r})\nlab"
    with shown_panel(chromium, server, source, height_px=SCREEN_PX) as page:
        page.page.locator(".clusterlab-tour").evaluate("el => el.scrollIntoView()")
        yield page


def press(page: LabPage, name: str) -> None:
    """Press a button of the story."""
    page.page.locator(f".clusterlab-tour-{name}").click()


def node_button(page: LabPage, node: str, text: str) -> Locator:
    """Return a button of a node of the toured panel."""
    return page.page.locator(f'.clusterlab-node:has-text("{node}") button:has-text("{text}")')


def expect_scene(page: LabPage, number: int) -> None:
    """Wait until a scene is shown."""
    expect(page.page.locator(".clusterlab-dots")).to_contain_text(f"scene {number} of")


def expect_ready(page: LabPage) -> None:
    """Wait until the scene is over."""
    ready = page.page.locator(".clusterlab-tour-next.clusterlab-primary")
    expect(ready).to_be_visible(timeout=PATIENCE_MS)


def test_the_first_failure_is_played_by_its_deeds(chromium: Browser, lab_server: LabServer):
    """Clicks on Next and on the button of a node lead to the end; each scene fits the screen."""
    with toured(chromium, lab_server, "02/first_failure") as page:
        room_px = page.page.locator(".jp-Notebook").bounding_box()["height"]
        press(page, "next")
        expect_scene(page, 2)
        box = page.page.locator(".clusterlab-tour").bounding_box()
        assert box["height"] <= room_px
        page.page.locator(".clusterlab-story select").nth(2).select_option("NODE1")
        node_button(page, "NODE3", "Pull the plug").click()
        expect_ready(page)
        for number in (3, 4):
            press(page, "next")
            expect_scene(page, number)
            expect_ready(page)
        expect(page.page.locator(".clusterlab-story")).to_contain_text("you said NODE1")
        press(page, "next")
        expect_scene(page, 5)
        page.page.locator(".clusterlab-question input[type=radio]").nth(3).check()
        page.page.locator(".clusterlab-question button").click()
        expect_ready(page)


def test_a_wrong_deed_leads_back(chromium: Browser, lab_server: LabServer):
    """Another node fails: another story, and one button restores the scene."""
    with toured(chromium, lab_server, "02/first_failure") as page:
        press(page, "next")
        node_button(page, "NODE1", "Pull the plug").click()
        story = page.page.locator(".clusterlab-story")
        expect(story).to_contain_text("This is another story")
        press(page, "again")
        expect(story).to_contain_text("Pull the plug of NODE3.")
        expect(story).not_to_contain_text("This is another story")


def test_page_keys_turn_the_scenes(chromium: Browser, lab_server: LabServer):
    """Page Down does what a scene waits for, then goes on; Page Up goes back."""
    with toured(chromium, lab_server, "02/first_failure") as page:
        page.page.locator(".clusterlab-tour-next").focus()
        page.page.keyboard.press("PageDown")
        expect_scene(page, 2)
        page.page.keyboard.press("PageDown")
        expect_ready(page)
        page.page.keyboard.press("PageUp")
        expect_scene(page, 1)


@pytest.mark.parametrize("name", ["00/fail_a_node", "02/second_failure", "02/thresholds"])
def test_a_tour_is_shown_to_its_end(chromium: Browser, lab_server: LabServer, name: str):
    """Page Down alone leads through a whole tour, as a presenter does it."""
    with toured(chromium, lab_server, name) as page:
        page.page.locator(".clusterlab-tour-next").focus()
        finish = page.page.locator('.clusterlab-tour-next.clusterlab-primary:has-text("Finish")')
        for _ in range(40):
            if finish.count():
                break
            page.page.keyboard.press("PageDown")
            page.page.wait_for_timeout(250)
        finish.click()
        expect(page.page.locator(".clusterlab-story")).to_contain_text("That was this tour")


def choose(page: LabPage, label: str, option: str) -> None:
    """Choose in a list of the toured panel."""
    chosen = f'.clusterlab-toured .widget-dropdown:has(.widget-label:text-is("{label}")) select'
    page.page.locator(chosen).select_option(option)


def click(page: LabPage, text: str) -> None:
    """Click a button of the toured panel."""
    page.page.locator(f'.clusterlab-toured button:text-is("{text}")').first.click()


def do_what_is_asked(page: LabPage, words: str) -> None:
    """Do with the mouse what "Your turn" says."""
    if match := re.search(r"Pull the plug of (\w+)\.", words):
        node_button(page, match[1], "Fail").click()
    elif match := re.search(r"Power on (\w+)\.", words):
        node_button(page, match[1], "Start").click()
    elif match := re.search(r"Move (\w+) to (\w+)\.", words):
        choose(page, "Group", match[1])
        choose(page, "to", match[2])
        click(page, "Move Group")
    elif match := re.search(r"Initiate Failure of (.+)\.", words):
        choose(page, "Group", "EVS1")
        choose(page, "Resource", match[1])
        click(page, "Fail resource")
    elif "Choose an answer" in words:
        page.page.locator(".clusterlab-question input[type=radio]").first.check()
        page.page.locator(".clusterlab-question button").click()
    else:
        press(page, "next")


@pytest.mark.parametrize("name", ["second_failure", "planned", "thresholds", "owners", "failback"])
def test_a_tour_of_lesson_02_is_played_by_its_deeds(
    chromium: Browser, lab_server: LabServer, name: str
):
    """What the story asks for is done with the mouse, scene after scene, to the end."""
    with toured(chromium, lab_server, f"02/{name}") as page:
        story = page.page.locator(".clusterlab-story")
        turn = page.page.locator(".clusterlab-note-turn")
        finish = page.page.locator('.clusterlab-tour-next.clusterlab-primary:has-text("Finish")')
        for _ in range(60):
            if finish.count():
                break
            do_what_is_asked(page, "".join(turn.all_inner_texts()))
            page.page.wait_for_timeout(700)
            expect(story).not_to_contain_text("This is another story")
        finish.click()
        expect(story).to_contain_text("That was this tour")
