"""Tours in a real browser: one screen, deeds with the mouse and the keyboard, the way back."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from clusterlab import exchange_cluster
from clusterlab.cluster.events import (
    BringOnline,
    InitiateFailure,
    MoveGroup,
    NetworkLost,
    NetworkRestored,
    NodeFailed,
    SetProperties,
    StartNode,
)
from clusterlab.cluster.model import ClusterConfig
from clusterlab.lab.panels.tour import MOST_WATCH_S
from clusterlab.lessons import tour_file, tour_names
from clusterlab.scenario import read_scenario
from clusterlab.scenario.commands import Command

from .lab_page import LOOK_EVERY_MS, LabPage, LabServer, opened_page, shown_panel

pytestmark = pytest.mark.browser

SCREEN_PX = 720
BY_DEEDS = [
    *(name for name in tour_names() if name[:2] in ("00", "01", "02")),
    "03/first_click",
    "04/private",
    "05/every_pair",
    "06/spare_node",
    "07/first_steps",
    "08/homes",
    "09/first_steps",
    "10/paths",
    "11/where",
    "12/more_mailboxes",
    "13/volumes",
    "14/nines",
    "15/interview",
]
SLIDERS = {
    "quota_mb": "Size of a mailbox (MB)",
    "passive": "Spare nodes",
    "active": "Active nodes",
}
FAULT = """((tour, showsAll = false) => {
    const [story, stage] = [".clusterlab-tour-text", ".clusterlab-toured"].map(
        (css) => tour.querySelector(css));
    const [px, room] = [tour, document.querySelector(".jp-Notebook")].map(
        (el) => el.getBoundingClientRect().height);
    const more = (el) => Math.max(0, el.scrollHeight - el.clientHeight - 1);
    const isFit = px > 200 && px <= room && !more(story)
        && (showsAll || !more(stage));
    return isFit ? "" : `${px} of ${room} px, hidden ${more(story)} + ${more(stage)} px`;
})"""
"""What is wrong with how a tour fits the screen, in words; "" if nothing is."""
WALK = f"""async (showsAll) => {{
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const frame = () => new Promise((go) => requestAnimationFrame(go));
    const within = async (seconds, isTrue) => {{
        const start = performance.now();
        while (!isTrue() && performance.now() - start < 1000 * seconds)
            await new Promise((go) => setTimeout(go, {LOOK_EVERY_MS}));
        return isTrue();
    }};
    const wrong = [];
    for (const [place, tour] of document.querySelectorAll(".clusterlab-tour").entries()) {{
        const story = tour.querySelector(".clusterlab-story");
        tour.scrollIntoView();
        while (!story.innerText.includes("That was this tour")) {{
            const scene = story.querySelector(".clusterlab-dots").innerText.match(/[0-9]+/)[0];
            const fault = () => {FAULT}(tour, showsAll[place][scene - 1]);
            if (!await within(10, () => !fault()))
                wrong.push(`${{story.innerText.split("\\n")[0]}}, scene ${{scene}}: ${{fault()}}`);
            const before = story.innerHTML;
            tour.dispatchEvent(new KeyboardEvent("keydown", {{ key: "PageDown" }}));
            if (!await within(60, () => story.innerHTML !== before))
                return [...wrong, `nothing came of Page Down: ${{story.innerText}}`];
            await kernel.requestExecute({{ code: "", silent: true }}).done;
            for (const _ of [1, 2, 3]) await frame();
        }}
    }}
    return wrong;
}}"""
"""Turns the scenes of all tours of a page by Page Down; returns which do not fit the screen."""
NODE3_FAILS = Command(line=0, verb="do", event=NodeFailed("NODE3"))
PLUG, POWER, GROUP = "^(Fail|Pull the plug)$", "^(Start|Power on)$", "Group|Explain group"


@contextmanager
def toured(
    chromium: Browser, server: LabServer, name: str, *, watch_s: float = 0.5
) -> Iterator[LabPage]:
    """Open a tour on a page of 1280 x 720 pixels; watched time takes at most so many seconds."""
    source = (
        "import clusterlab.lab.panels.tour as panel\nfrom clusterlab.lab import tour\n"
        f"panel.MOST_WATCH_S = {watch_s}\nlab = tour({name!r})\nlab"
    )
    with shown_panel(chromium, server, source, height_px=SCREEN_PX) as page:
        page.page.locator(".clusterlab-tour").evaluate("el => el.scrollIntoView()")
        yield page


def press(page: LabPage, name: str) -> None:
    """Press a button of the story, when the page shows all that the kernel has to say.

    A button that is drawn anew between the mouse's down and up is not clicked.
    """
    page.wait_until_answered()
    page.page.locator(f".clusterlab-tour-{name}").click()


def spot(page: LabPage, key: str) -> Locator:
    """Return the button over a node or group of the picture."""
    return page.page.locator(f'.clusterlab-toured .clusterlab-spot[data-key="{key}"]')


def has_menu(page: LabPage, group: str) -> bool:
    """Return whether a group of the picture opens its commands."""
    return spot(page, f"cards:{group}").count() > 0


def command_of(page: LabPage, key: str, words: str) -> None:
    """Choose a command in the menu of an object of the picture."""
    spot(page, key).press("Enter")
    page.page.get_by_role("menuitem", name=re.compile(words)).first.click()


def command_of_node(page: LabPage, node: str, words: str) -> None:
    """Choose a command in the menu of a node of the picture, or press its button."""
    if spot(page, f"nodes:{node}").count():
        command_of(page, f"nodes:{node}", words)
    else:
        box = page.page.locator(f'.clusterlab-node:has-text("{node}")')
        box.get_by_role("button", name=re.compile(words)).first.click()


def expect_scene(page: LabPage, number: int) -> None:
    """Wait until a scene is shown."""
    expect(page.page.locator(".clusterlab-dots")).to_contain_text(f"scene {number} of")


def expect_one_screen(page: LabPage) -> None:
    """Story, picture and buttons are seen without scrolling."""
    page.page.wait_for_function(
        f"() => {FAULT}(document.querySelector('.clusterlab-tour'), false) === ''",
        polling=LOOK_EVERY_MS,
    )


def expect_ready(page: LabPage) -> None:
    """Wait until the scene is over."""
    ready = page.page.locator(".clusterlab-tour-next.clusterlab-primary")
    expect(ready).to_be_visible()


def test_the_first_failure_is_played_by_its_deeds(chromium: Browser, lab_server: LabServer):
    """Next and the menu of a node lead to the end; each scene fits the screen.

    Time passes on screen as fast as for a learner.
    """
    with toured(chromium, lab_server, "02/first_failure", watch_s=MOST_WATCH_S) as page:
        press(page, "next")
        expect_scene(page, 2)
        expect_one_screen(page)
        page.page.locator(".clusterlab-story select").nth(2).select_option("NODE1")
        command_of_node(page, "NODE3", PLUG)
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
        command_of_node(page, "NODE1", PLUG)
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


def control(page: LabPage, role: str, words: str) -> Locator:
    """Return a control of the toured panel by a pattern of its name."""
    toured = page.page.locator(".clusterlab-toured")
    return toured.get_by_role(role, name=re.compile(f"^({words})$")).locator("visible=true").first


def choose(page: LabPage, label: str, option: str) -> None:
    """Choose in a list of the toured panel the first entry that holds some words."""
    chosen = control(page, "combobox", label)
    text = chosen.locator("option").filter(has_text=option).first.text_content()
    chosen.select_option(label=(text or "").strip())


def click(page: LabPage, words: str) -> None:
    """Click a button of the toured panel."""
    control(page, "button", words).click()


def select_group(page: LabPage, group: str) -> None:
    """Select a group where the panel has them: in the tree or in a list."""
    entry = page.page.get_by_role("treeitem", name=re.compile(f"{group}( |$)"))
    if entry.count():
        entry.first.click()
    else:
        choose(page, GROUP, group)


def do_with_the_mouse(page: LabPage, command: Command, config: ClusterConfig) -> None:
    """Do a deed of a tour as a learner does it who types nothing."""
    match command.event:
        case NodeFailed(node) | StartNode(node) as event:
            command_of_node(page, node, PLUG if isinstance(event, NodeFailed) else POWER)
        case MoveGroup(group, to) if has_menu(page, group):
            command_of(page, f"cards:{group}", f"Move to {to}")
        case MoveGroup(group, to):
            select_group(page, group)
            choose(page, "to", to or "Best Possible")
            click(page, "Move Group")
        case BringOnline(group) if has_menu(page, group):
            command_of(page, f"cards:{group}", "Bring online")
        case BringOnline(group):
            select_group(page, group)
            click(page, "Bring Online")
        case InitiateFailure(name):
            resource = config.resources_by_name[config.resource_name(name)]
            if has_menu(page, resource.group):
                spot(page, f"cards:{resource.group}").press("Enter")
                page.page.keyboard.press("Escape")
            else:
                select_group(page, resource.group)
            choose(page, "Resource", resource.name)
            click(page, "Fail resource|Initiate Failure")
        case NetworkLost(network) | NetworkRestored(network) as event:
            choose(page, "Cable, network or disk", f"network {network}")
            click(page, "Break" if isinstance(event, NetworkLost) else "Repair")
        case SetProperties(name, properties) if name in config.resources_by_name:
            owner = properties["possible_owners"][-1]
            type_line(page, f'cluster resource "{name}" /addowner:{owner}')
        case SetProperties(name, properties):
            set_on_pages(page, name, properties)
        case _:
            do_in_words(page, command.text)


def type_line(page: LabPage, line: str) -> None:
    """Type a line of cluster.exe at the prompt of the toured panel."""
    page.page.get_by_role("tab", name="cluster.exe").click()
    prompt = page.page.get_by_label("Type a line and press Enter")
    prompt.fill(line)
    prompt.press("Enter")


def set_on_pages(page: LabPage, group: str, properties: Mapping[str, Any]) -> None:
    """Open the property pages of a group and set what a tour asks for."""
    page.page.get_by_role("treeitem", name=re.compile(f"{group}\\b")).first.click()
    click(page, "Properties")
    if "preferred_owners" in properties:
        nodes = page.page.get_by_label("Available nodes")
        nodes.select_option(label=properties["preferred_owners"][0])
        click(page, "Add →")
    else:
        page.page.get_by_role("tab", name="Failback").click()
        page.page.get_by_role("radio", name="Allow failback").first.check()
    click(page, "OK")


def slide(page: LabPage, label: str, value: str) -> None:
    """Give a slider of the toured panel a value at its readout."""
    readout = control(page, "textbox", re.escape(f"{label}, value"))
    readout.fill(value)
    readout.press("Enter")


def do_in_words(page: LabPage, text: str) -> None:
    """Do a deed of a panel that has words of its own."""
    name, is_set, value = text.removeprefix("set ").partition("=")
    if name == "mailboxes":
        number = page.page.locator(".widget-slider:has-text('mailboxes') .widget-readout").first
        number.fill(value)
        number.press("Enter")
    elif name in SLIDERS:
        slide(page, SLIDERS[name], value)
    elif re.fullmatch("D[0-9]+", name):
        choose(page, "Requirement", f"{name} ")
        choose(page, name, value)
    elif is_set:
        choose(page, {"first": "Fails first", "then": "Then", "group": "Group"}[name], value)
    elif text.startswith(("fail ", "start ")):
        verb, _, server = text.partition(" ")
        command_of_node(page, server, {"fail": PLUG, "start": POWER}[verb])
    else:
        choose(page, "Step", text.rpartition("/")[2])
        click(page, "Do it")


def reach_the_goal(page: LabPage, deeds: list[Command], config: ClusterConfig) -> None:
    """Do all deeds of a mission, and let time pass after each."""
    ready = page.page.locator(".clusterlab-tour-next.clusterlab-primary")
    for command in deeds:
        do_with_the_mouse(page, command, config)
        for words in (r"Next event .*", r"Next event .*", r"Last event .*"):
            page.wait_until_answered()
            if not ready.count():
                click(page, words)


def play_scene(page: LabPage, commands: tuple[Command, ...], config: ClusterConfig) -> None:
    """Do what a scene waits for."""
    page.wait_until_answered()
    deeds = [command for command in commands if command.is_deed]
    verbs = {command.verb for command in commands}
    for chosen in page.page.locator(".clusterlab-story select").all():
        chosen.select_option(index=2)
    if "ask" in verbs:
        page.page.locator(".clusterlab-question input[type=radio]").first.check()
        page.page.locator(".clusterlab-question button").click()
    elif "goal" in verbs:
        reach_the_goal(page, deeds, config)
    elif deeds:
        do_with_the_mouse(page, deeds[0], config)
    elif "predict" in verbs and verbs & {"watch", "run"}:
        press(page, "next")
        expect(page.page.locator(".clusterlab-story")).to_contain_text(re.compile(r"of \d+ right"))


@pytest.mark.parametrize("name", BY_DEEDS)
def test_a_tour_is_played_by_its_deeds(chromium: Browser, lab_server: LabServer, name: str):
    """What each scene asks for is done with the mouse, to the end."""
    scenario = read_scenario(tour_file(name))
    with toured(chromium, lab_server, name) as page:
        story = page.page.locator(".clusterlab-story")
        for number, commands in enumerate(scenario.scenes, 1):
            expect_scene(page, number)
            expect_one_screen(page)
            play_scene(page, commands, scenario.cluster.config)
            expect_ready(page)
            expect(story).not_to_contain_text("This is another story")
            expect_one_screen(page)
            keep(page, f"{name} {number}")
            press(page, "next")
        expect(story).to_contain_text("That was this tour")


def pages_of_tours() -> list[tuple[str, ...]]:
    """Return the tours that are not played by their deeds, up to four of a lesson on a page."""
    names = sorted({*tour_names()} - {*BY_DEEDS})
    lessons = [tuple(lesson) for _, lesson in groupby(names, lambda name: name[:2])]
    return [page for lesson in lessons for page in batched(lesson, 3 if len(lesson) > 8 else 4)]


def batched(names: Iterable[str], most: int) -> Iterator[tuple[str, ...]]:
    """Yield names in their order, at most so many at a time."""
    left = iter(names)
    while page := tuple(islice(left, most)):
        yield page


def scenes_with_all(name: str) -> list[bool]:
    """Return for each scene of a tour whether it shows all controls."""
    shown, found = (), []
    for scene in read_scenario(tour_file(name)).scenes:
        shown = next((one.words for one in scene if one.verb == "show"), shown)
        found.append("all" in shown)
    return found


@pytest.mark.parametrize("names", pages_of_tours(), ids=lambda names: names[0])
def test_tours_are_shown_to_their_ends_on_one_screen(
    chromium: Browser, lab_server: LabServer, names: tuple[str, ...]
):
    """Page Down alone leads through each tour, as a presenter does it, and each scene fits."""
    source = (
        "import ipywidgets\nfrom clusterlab.lab import tour\n"
        f"lab = ipywidgets.VBox([tour(name) for name in {list(names)}])\nlab"
    )
    with shown_panel(chromium, lab_server, source, height_px=SCREEN_PX) as page:
        assert [] == page.page.evaluate(WALK, [scenes_with_all(name) for name in names])


def keep(page: LabPage, name: str) -> None:
    """Keep a picture of a scene in the folder that CLUSTERLAB_PICTURES names."""
    folder = os.environ.get("CLUSTERLAB_PICTURES")
    if folder:
        page.page.screenshot(path=Path(folder, f"{name.replace('/', ' ')}.png"))


def test_an_undone_deed_has_a_way_back(chromium: Browser, lab_server: LabServer):
    """Undo takes the deed of the scene back: the scene says so, and begins again."""
    with toured(chromium, lab_server, "02/first_failure") as page:
        story = page.page.locator(".clusterlab-story")
        press(page, "next")
        do_with_the_mouse(page, NODE3_FAILS, exchange_cluster().config)
        expect_ready(page)
        press(page, "all")
        click(page, "Undo.*")
        expect(story).to_contain_text("You undid it")
        press(page, "again")
        expect(story).to_contain_text("Pull the plug of NODE3.")


def test_a_deed_at_the_prompt_counts(chromium: Browser, lab_server: LabServer):
    """A line of cluster.exe does what the scene waits for."""
    with toured(chromium, lab_server, "01/one_group") as page:
        for number in (2, 3):
            press(page, "show-me")
            expect_ready(page)
            press(page, "next")
            expect_scene(page, number)
        press(page, "all")
        page.page.get_by_role("button", name="Events, tables, cluster.exe").click()
        page.page.get_by_role("tab", name="cluster.exe").click()
        field = page.page.get_by_label("Type a line and press Enter")
        field.fill("cluster group EVS1 /moveto:NODE2")
        field.press("Enter")
        expect_ready(page)
        expect(page.page.locator(".clusterlab-story")).not_to_contain_text("another story")


def test_a_reopened_page_goes_on_in_the_scene(chromium: Browser, lab_server: LabServer):
    """The page is loaded again while the kernel runs: the tour is where it was."""
    with toured(chromium, lab_server, "02/first_failure") as page:
        press(page, "next")
        expect_scene(page, 2)
        page.reopen()
        page.wait_until_listening()
        expect_scene(page, 2)
        command_of_node(page, "NODE3", PLUG)
        expect_ready(page)


def test_after_a_restart_a_tour_goes_on(chromium: Browser, lab_server: LabServer):
    """The panel says that its kernel is gone; run again, the tour offers the scene reached."""
    path = "course/notebooks/00_start_here.ipynb"
    (lab_server.root / path).parent.mkdir(parents=True)
    with opened_page(chromium, lab_server, height_px=SCREEN_PX) as page:
        imports = "from clusterlab.lab import tour"
        page.open_notebook(lab_server.write_notebook(path, imports, 'tour("02/first_failure")'))
        page.run_all()
        page.wait_until_listening()
        press(page, "next")
        expect_scene(page, 2)
        page.restart()
        gone = page.page.locator(".clusterlab-gone")
        expect(gone).to_have_text(re.compile("the first cell with code on this page, then the"))
        page.run_cell(0)
        page.run_cell(1)
        page.wait_until_listening()
        expect(gone).to_have_count(0)
        expect(page.page.locator(".clusterlab-tour-go-on")).to_have_text("Go on at scene 2")
        press(page, "go-on")
        expect_scene(page, 2)
        command_of_node(page, "NODE3", PLUG)
        expect_ready(page)
        assert [] == page.problems
