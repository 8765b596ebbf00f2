"""The demonstration of the guide, as a consultant gives it: its commands, the page, the report."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.collected import ATTENDANT, FOLDER, clusterlab, run_batch, wingtip

from .test_demo import running_demo, visitor

pytestmark = pytest.mark.browser

GUIDE = Path(__file__).parents[2] / "docs/guides/nine-minutes.md"
COMMANDS = re.findall(r"^clusterlab (.+)$", GUIDE.read_text("utf-8"), re.MULTILINE)


def test_the_nine_minutes_go_as_the_guide_says(chromium: Browser, tmp_path: Path):
    """Listings, check, checklist, what-if on screen, one setting, and a report that plays."""
    asked = [shlex.split(line.partition(" > ")[0]) for line in COMMANDS]
    first, more, check, checklist, demo, made = asked
    sim = wingtip()
    for words in (first, more):
        run_batch(sim, clusterlab(tmp_path, *words), tmp_path)

    told = clusterlab(tmp_path, *check)
    assert "EVS3                 NODE3           Online" in told
    assert "Not understood" not in told
    told = clusterlab(tmp_path, *checklist)
    assert "1 finding, 20 rules kept" in told
    assert f'cluster resource "{ATTENDANT}" /addowner:NODE4' in told

    with running_demo(tmp_path, *demo[1:]) as server, visitor(chromium, server) as shown:
        for label in ("Fails first", "Then"):
            shown.page.get_by_label(label, exact=True).select_option("NODE3")
        panel = shown.page.locator(".clusterlab-panel").first
        expect(panel).to_contain_text("EVS3: lost by 1 failure: NODE3 loses power")
        expect(panel).to_contain_text("NODE3 alone loses EVS3; every pair does")
        shown.page.get_by_role("button", name="Which setting saves?").click()
        expect(panel).to_contain_text("EVS3/SA may come online on NODE4 too")

    shutil.copytree(tmp_path / FOLDER, tmp_path / "after")
    named = tmp_path / "after" / "named.txt"
    head = f"Listing possible owners for resource '{ATTENDANT}':"
    before, owners = named.read_text().split(head)
    named.write_text(before + head + owners.replace("NODE3\n", "NODE3\nNODE4\n", 1))
    assert "Written: client.html" in clusterlab(tmp_path, *made)

    context = chromium.new_context(offline=True, viewport={"width": 1280, "height": 720})
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto((tmp_path / "client.html").as_uri())
    row = page.locator(".buys tr").filter(has=page.get_by_role("button", name="NODE3", exact=True))
    expect(row).to_contain_text("EVS3 lost")
    expect(row).to_contain_text("saves EVS3")
    page.locator(".buys").get_by_role("button", name="NODE1, then NODE3", exact=True).click()
    now = page.locator(".player .now")
    expect(now).to_have_text(["Before anything fails."] * 2)
    page.keyboard.press("ArrowRight")
    expect(now).to_contain_text(["NODE1 loses power"] * 2)
    page.keyboard.press("End")
    expect(page.locator(".player h3")).to_contain_text(["EVS3 lost", "EVS3 lost"])
    expect(page.get_by_text("What must be decided").first).to_be_visible()
    assert [] == problems
    context.close()
