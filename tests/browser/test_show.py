"""`clusterlab show`: a lesson for a room, on one screen, by the keys of a presenter."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from clusterlab import exchange_cluster
from clusterlab.clusterfiles import write_cluster

from .lab_page import LabPage, patiently
from .test_demo import running_demo, visitor

pytestmark = pytest.mark.browser

SMALLEST_TEXT = """() => {
    const own = (el) => [...el.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
    const shown = [...document.querySelectorAll(".clusterlab-show *")].filter((el) =>
        own(el) && el.checkVisibility() && !el.closest("style, option, .clusterlab-spots"));
    const scale = (el) => {
        let by = 1;
        for (let at = el; at instanceof Element; at = at.parentElement) {
            const { transform } = getComputedStyle(at);
            if (at instanceof HTMLElement && transform !== "none") by *= new DOMMatrix(transform).a;
        }
        return by;
    };
    const sizes = shown.map((el) => [
        Math.round(10 * parseFloat(getComputedStyle(el).fontSize) * scale(el)) / 10,
        el.textContent.slice(0, 40)]);
    return sizes.sort((one, other) => one[0] - other[0])[0];
}"""
FITS = """() => {
    const page = document.documentElement;
    const stage = document.querySelector(".clusterlab-toured");
    const panel = stage.firstElementChild.getBoundingClientRect();
    return page.scrollHeight <= innerHeight && page.scrollWidth <= innerWidth
        && panel.bottom <= stage.getBoundingClientRect().bottom + 2
        && panel.right <= innerWidth;
}"""


def assert_one_large_screen(page: LabPage) -> None:
    """No text is smaller than 18 px, and nothing lies outside the screen, once all is fitted."""
    for _ in patiently():
        is_fit, smallest = page.page.evaluate(f"() => [({FITS})(), ({SMALLEST_TEXT})()]")
        if is_fit and smallest[0] >= 18:
            return
    pytest.fail(f"fits: {is_fit}; smallest text: {smallest}")


def is_magnified(page: LabPage, card: Locator) -> bool:
    """Return whether the pointer, put on a card, shows it twice as large in the same place."""
    box = card.bounding_box()
    assert box is not None
    page.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.page.keyboard.press("m")
    large = card.bounding_box()
    page.page.keyboard.press("m")
    assert large is not None
    size = pytest.approx((2 * box["width"], 2 * box["height"]), rel=0.01)
    middle = pytest.approx(box["x"] + box["width"] / 2, abs=2)
    return (large["width"], large["height"]) == size and large["x"] + large["width"] / 2 == middle


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1024, 768)])
def test_a_lesson_is_shown_by_the_keys_of_a_presenter(
    chromium: Browser, tmp_path: Path, width: int, height: int
):
    """Page Down and Up, a black screen, a pointer that magnifies, a line that can be hidden."""
    with (
        running_demo(tmp_path, "02", command="show") as server,
        visitor(chromium, server, width, height) as shown,
    ):
        page, keys = shown.page, shown.page.keyboard
        title = page.locator(".clusterlab-told h3").first
        page.locator(".clusterlab-show[data-shows]").wait_for()
        expect(title).to_have_text("Three active, one passive")
        assert_one_large_screen(shown)
        keys.press("PageDown")
        expect(title).to_have_text("NODE3 is about to lose power")
        keys.press("PageDown")  # the deed, and the rest of the scene
        expect(page.locator(".clusterlab-headline").first).to_contain_text("EVS3: no mail")
        assert_one_large_screen(shown)
        keys.press("PageUp")
        expect(title).to_have_text("Three active, one passive")

        black = page.locator(".clusterlab-show-black")
        keys.press("b")
        expect(black).to_be_visible()
        keys.press("PageDown")  # only brings the picture back
        expect(black).to_be_hidden()
        expect(title).to_have_text("Three active, one passive")

        card = page.locator('.clusterlab-spot[data-key="nodes:NODE4"]')
        # The picture of a scene that has just been shown again may still be fitted.
        assert any(is_magnified(shown, card) for _ in patiently())

        line = page.get_by_text("hide this line")
        expect(line).to_be_visible()
        keys.press("h")
        expect(line).to_be_hidden()


def test_a_lesson_is_shown_on_a_clients_cluster(chromium: Browser, tmp_path: Path):
    """The first scene says whose cluster it is and what is left out; the next one is theirs."""
    write_cluster(exchange_cluster(active=2, passive=1, name="CONTOSO"), tmp_path / "client.toml")
    with (
        running_demo(tmp_path, "02", "client.toml", "--theme", "dark", command="show") as server,
        visitor(chromium, server, 1024, 768) as shown,
    ):
        page, title = shown.page, shown.page.locator(".clusterlab-told h3").first
        page.locator(".clusterlab-show[data-shows]").wait_for()
        expect(title).to_have_text("The cluster CONTOSO")
        expect(page.get_by_text("Left out: Three active, one passive")).to_be_visible()
        assert_one_large_screen(shown)
        page.keyboard.press("PageDown")
        expect(title).to_have_text("NODE2 is about to lose power")
