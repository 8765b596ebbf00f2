"""A report opened from the disk in a real Chromium without a network: clicked, stepped, printed."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect

from clusterlab import exchange_cluster
from clusterlab.lab import report
from clusterlab.lab.figures.cluster import cluster_figure
from clusterlab.lab.figures.drawing import Page
from clusterlab.lab.figures.still import marks
from clusterlab.lab.reports.sequences import WIDTH_PX, each_sequence, steps_of
from clusterlab.studies.whatif import failures_of

pytestmark = pytest.mark.browser

SEQUENCE = "NODE1, then NODE2"


PLACED = """rows => rows.map(row =>
    [Number(row.getAttribute("x")), Number(row.getAttribute("y")), row.textContent])"""


def end_of(sequence: str) -> tuple[str, list[tuple[float, float, str]]]:
    """Return the words and each line of text of the panel's picture at the end of a sequence."""
    cluster = exchange_cluster()
    played = each_sequence(cluster, failures_of(cluster))
    last = list(steps_of(next(one for one in played if sequence == one.left.label)))[-1]
    page, end_s = Page(WIDTH_PX), last.cluster.now_s
    figure = cluster_figure(last.cluster, last.spans, page=page, until_s=end_s)
    drawn = [mark for trace in figure.to_dict()["data"] for mark in marks(trace)]
    texts = [mark for mark in drawn if mark[0] == "text"]
    rows = [
        (float(x), float(y), "".join(line))
        for _, x, ys, *_, lines in texts
        for y, line in zip(ys, lines, strict=True)
    ]
    return figure.layout.meta, sorted(rows)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A report on the course's cluster."""
    path = tmp_path / "client.html"
    report(exchange_cluster(), client="Wingtip <Toys>").write(path)
    return path


def test_a_double_failure_is_clicked_and_stepped_by_keyboard(chromium: Browser, file: Path) -> None:
    """Forwards and backwards, with picture, words and reasons; nothing asks a network."""
    context = chromium.new_context(offline=True, viewport={"width": 1280, "height": 720})
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(file.as_uri())
    page.get_by_role("button", name=f"{SEQUENCE}:").click()
    player, now = page.locator(".player"), page.locator(".player .now")
    expect(now).to_have_text("Before anything fails.")
    page.keyboard.press("ArrowRight")
    expect(now).to_contain_text("0.0 s: NODE1 loses power")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(player.locator(".why")).to_contain_text("chosen NODE4: owns no group of the same")
    page.keyboard.press("ArrowLeft")
    expect(now).to_contain_text("8.2 s: NODE1 Down")
    page.keyboard.press("End")
    words, texts = end_of(SEQUENCE)
    expect(player.get_by_role("img")).to_have_attribute("aria-label", words)
    assert texts == sorted(map(tuple, player.locator("svg text > tspan").evaluate_all(PLACED)))
    page.keyboard.press("Home")
    expect(now).to_have_text("Before anything fails.")
    player.get_by_role("button", name="Next").click()
    expect(now).to_contain_text("NODE1 loses power")
    assert [file.as_uri()] == asked
    assert [] == said
    context.close()


def test_a_disk_that_loses_a_group_plays_too(chromium: Browser, file: Path) -> None:
    """What the table of single points names is played under the same words."""
    page = chromium.new_page()
    page.goto(file.as_uri())
    page.locator(".points").get_by_role("button", name="Disk R: of EVS1 fails").click()
    expect(page.locator(".player h3")).to_have_text("Disk R: of EVS1 fails: EVS1 lost")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".player .now")).to_contain_text("Disk R: is out of reach")
    page.keyboard.press("End")
    expect(page.locator(".player .now")).to_contain_text("EVS1 Failed")
    page.close()


def test_eight_nodes_fit_a_narrow_window(chromium: Browser, tmp_path: Path) -> None:
    """At 800 pixels no column of the map is cut off."""
    path = tmp_path / "eight.html"
    report(exchange_cluster(7, 1)).write(path)
    page = chromium.new_page(viewport={"width": 800, "height": 720})
    page.goto(path.as_uri())
    assert page.locator(".map").evaluate("map => map.scrollWidth <= map.parentElement.clientWidth")
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_while_a_sequence_is_shown(
    chromium: Browser, file: Path, axe: str, scheme: Literal["light", "dark"]
) -> None:
    """Names, contrast and order are as a screen reader wants them, in both themes."""
    context = chromium.new_context(offline=True, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(file.as_uri())
    page.get_by_role("button", name=f"{SEQUENCE}:").click()
    for closed in page.locator("details:visible").all():
        closed.locator("summary").click()
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {preload: false})")
    assert [] == [(one["id"], one["nodes"][0]["html"][:200]) for one in found["violations"]]
    context.close()


def test_a_printed_report_shows_how_sequences_end(chromium: Browser, file: Path) -> None:
    """Each single failure, and the shortest way to lose each EVS; the player is left out."""
    page = chromium.new_page()
    page.emulate_media(media="print")
    page.goto(file.as_uri())
    heads = page.locator(".printed h3").all_inner_texts()
    assert ["NODE1: ", "NODE1, then NODE2: ", "NODE1, then NODE3: ", "NODE1, then NODE4: "] == [
        head[: head.index(":") + 2] for head in heads[:4]
    ]
    expect(page.locator(".printed svg")).to_have_count(len(heads))
    expect(page.locator(".player")).to_be_hidden()
    page.close()


def test_a_sequence_of_two_clusters_plays_side_by_side(chromium: Browser, tmp_path: Path) -> None:
    """The other cluster keeps step, and ends where it ends."""
    path = tmp_path / "change.html"
    report(exchange_cluster(2, 1), exchange_cluster(2, 2)).write(path)
    page = chromium.new_page()
    page.goto(path.as_uri())
    page.locator(".buys").get_by_role("button", name=SEQUENCE).click()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    heads, now = page.locator(".player h3"), page.locator(".player .now")
    expect(heads).to_contain_text(["CL1, before: NODE1, then NODE2: EVS2 lost", "CL1, after: "])
    expect(now).to_contain_text(["8.2 s: NODE1 Down", "8.2 s: NODE1 Down"])
    page.keyboard.press("End")
    expect(now).to_contain_text(["EVS2 Failed", "EVS2 Online on NODE4"])
    page.close()
