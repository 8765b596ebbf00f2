"""The tour panel: what it shows of the story, what a deed in the other panel is to it."""

import asyncio
from pathlib import Path
from urllib.parse import quote

import pytest

from clusterlab.cluster.errors import ConfigError
from clusterlab.lab import tour
from clusterlab.lab.figures.palette import THEMES
from clusterlab.lab.panelplay import panel_of
from clusterlab.lab.panels.tour import TourLab
from clusterlab.lessons.progress import KEEP_NOTHING
from clusterlab.scenario.commands import read_scenario
from clusterlab.scenario.play import Waits
from clusterlab.scenario.tours import OF_CLUSTER, PARTS


@pytest.fixture(autouse=True)
def outside_a_course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Play where no progress is kept."""
    monkeypatch.chdir(tmp_path)


def shown(lab: TourLab) -> str:
    """Return everything that the story column says now."""
    return "".join(text.value for text in (lab._dots, lab._before, lab._after, lab._turn))


def do(lab: TourLab) -> None:
    """Do in the other panel what the scene waits for."""
    assert lab.play.wanted is not None
    lab.stage.act(lab.play.wanted.text)
    is_refused = any(card.kind == "came" for card in lab.play.cards)
    assert is_refused or lab.stage.errors.caught is None, lab.stage.errors.text


@pytest.mark.parametrize("panel", PARTS)
def test_parts_that_a_tour_may_name_are_there(panel: str):
    """What `show` allows is what the panel has."""
    head = f'tour "T"\npanel {panel}\n' + ("cluster active=3\n" if panel in OF_CLUSTER else "")
    stage = panel_of(read_scenario(head + '\nscene "A"\nsay Hello.'))
    assert set() == set(PARTS[panel]) - {*stage.parts, "all"}


def test_a_wrong_deed_has_a_way_back():
    """The story says that this is another one, and the button restores the scene exactly."""
    lab = tour("02/first_failure")
    lab.next()
    before = lab.stage.simulation.history
    assert "NODE3" == lab.stage.picture.marked
    assert "Pull the plug of NODE3." in shown(lab)
    lab.stage.act("fail NODE1")
    assert "This is another story" in shown(lab)
    assert "NODE1 loses power" in shown(lab)
    assert "" == lab.stage.picture.marked
    lab.buttons["again"].click()
    assert before == lab.stage.simulation.history
    assert "Pull the plug of NODE3." in shown(lab)


def test_time_may_pass_without_leaving_the_story():
    """Looking ahead and back is no deed; the deed then counts, at the story's own moment."""
    lab = tour("02/first_failure")
    lab.next()
    lab.stage.go_to(30.0)
    lab.stage.buttons["to end"].click()
    assert [] == lab.play.elsewhere
    lab.stage.act("fail NODE3")
    assert Waits.NEXT is lab.play.waits
    assert 0.0 == lab.stage.branches.moment_s


ASKED = (
    'tour "T"\npanel administrator\ncluster active=3 passive=1\n\n'
    'scene "A"\ndo evict NODE2\n\nscene "B"\ndo set EVS1 preferred_owners=NODE1,NODE4\n'
)


def test_a_refusal_may_be_what_a_scene_waits_for():
    """The deed counts, and the story says why it was refused; another refusal does not count."""
    lab = TourLab(read_scenario(ASKED))
    lab.stage.act("evict NODE3")
    assert Waits.DEED is lab.play.waits
    lab.stage.act("evict NODE2")
    assert Waits.NEXT is lab.play.waits
    assert "refused: 5009: a node must be down to be evicted. NODE2 is Up" in shown(lab)


def test_looking_at_property_pages_does_not_leave_the_story():
    """Selecting and opening are on the way to a deed; what is asked for on a page is the deed."""
    lab = TourLab(read_scenario(ASKED))
    lab.next()
    lab.show_me()
    lab.next()
    lab.stage.act("select group EVS1")
    lab.stage.buttons["Properties"].click()
    assert [] == lab.play.elsewhere
    owners = lab.stage.sheet.fields["Preferred owners"]
    owners.available.value = "NODE4"
    owners.buttons["add"].click()
    lab.stage.buttons["OK"].click()
    assert Waits.NEXT is lab.play.waits


def test_a_listing_keeps_its_columns_in_the_story_column():
    """The rule and needless blanks are left out, so that no row of a short listing breaks."""
    lab = tour("03/build")
    for _ in range(3):
        lab.show_me()
    assert "scene 2 of" in shown(lab)
    assert "<div>Disk F:     Files  NODE1  Offline</div>" in shown(lab)
    assert "---" not in shown(lab)


def test_what_each_node_went_through_is_drawn_for_the_story_column():
    """`phases` is a narrow picture with its sentences below, which say what does not fit in."""
    lab = tour("04/split")
    lab.show_me()
    assert 'width="316"' in shown(lab)
    assert "NODE3: hears no node until 8.2 s, stopped until 24.0 s." in shown(lab)


CLICKS = {
    "03/offline": [("resource", "Disk T:", "Take Offline"), ("group", "EVS2", "Bring Online")],
    "03/affect": [("resource", "EVS2/POP3", "Initiate Failure")] * 2,
    "03/nodes": [
        ("node", "NODE2", "Pause Node"), ("group", "EVS2", "Move Group", "NODE4"),
        ("group", "EVS1", "Move Group", "NODE2"), ("node", "NODE2", "Evict Node"),
        ("node", "NODE2", "Stop Cluster Service"),
    ],
}  # fmt: skip
"""What a learner selects and presses in Cluster Administrator, deed by deed."""


@pytest.mark.parametrize("name", CLICKS)
def test_a_tour_of_cluster_administrator_is_played_by_clicks(name: str):
    """Selecting an item and pressing a command of its menu is the deed that the scene wants."""
    lab = tour(name)
    for kind, item, command, *to in CLICKS[name]:
        while lab.play.waits is not Waits.DEED:
            lab.next() if lab.play.waits is Waits.NEXT else lab.show_me()
        lab.stage.select(kind, item)
        for target in to:
            lab.stage.choosers["to"].value = target
        lab.stage.buttons[command].click()
        assert (Waits.NEXT, []) == (lab.play.waits, lab.play.elsewhere)


def test_a_prediction_is_answered_with_the_rule():
    """A wrong guess is named with the verdict on that node."""
    lab = tour("02/first_failure")
    lab.next()
    lab.lists["EVS3"].value = "NODE1"
    do(lab)
    for _ in range(2):
        lab.next()
    assert "you said NODE1; it is Online on NODE4" in shown(lab)
    assert "owns EVS1" in shown(lab)


def test_next_says_what_the_scene_waits_for():
    """Nothing is skipped by accident."""
    lab = tour("02/first_failure")
    lab.buttons["next"].click()
    lab.buttons["next"].click()
    assert 1 == lab.play.index
    assert "Or press <i>Show me</i>" in shown(lab)


def test_a_question_is_answered_in_the_scene():
    """The feedback stands below the question, and the scene is over."""
    lab = tour("02/planned")
    assert lab.question is not None
    lab.question.answer("a")
    assert Waits.NEXT is lab.play.waits
    assert "Not quite." in lab.question.widget.children[-1].value


def test_only_the_controls_of_the_scene_are_shown():
    """All controls open the rest, and close it again."""
    lab = tour("02/first_failure")
    hidden, folds = "clusterlab-hidden", lab.stage.children[-2]
    assert hidden in folds._dom_classes
    lab.buttons["all"].click()
    assert hidden not in folds._dom_classes
    lab.buttons["all"].click()
    assert hidden in folds._dom_classes


def test_a_mission_may_be_done_in_any_way():
    """What counts is the state, not the deed in the file."""
    lab = tour("02/sandbox")
    for _ in range(2):
        lab.play.show_me()
        lab.next()
    lab.stage.act("fail NODE1")
    lab.stage.buttons["to end"].click()
    assert Waits.NEXT is lab.play.waits


def test_a_refused_step_is_the_deed_and_another_choice_is_not():
    """What a scene wants to be refused counts; the same step done otherwise is another story."""
    lab = tour("07/refused")
    lab.stage.act("install/A05@D1")
    assert Waits.NEXT is lab.play.waits
    assert "ERR-DP-ORDER" in shown(lab)
    lab = tour("07/harm")
    lab.stage.act("install/H02@N2")
    assert "This is another story" in shown(lab)
    lab.buttons["again"].click()
    lab.stage.act("install/H02@N2 powered='all nodes'")
    assert "ERR-CORRUPT" in shown(lab)
    assert "site" in lab.stage._shown


def test_a_mission_of_steps_may_be_done_in_any_way():
    """What counts is what the panel says."""
    lab = tour("07/sandbox")
    for step in ("C02@N2", "C04", "C03", "C05", "C06", "C07", "X03@N1", "X04@N1", "X03@N2"):
        lab.stage.act(step)
    assert Waits.GOAL is lab.play.waits
    lab.stage.act("X04@N2")
    assert Waits.NEXT is lab.play.waits, lab.stage.twin()


def test_watched_time_passes_on_screen():
    """While it passes the story waits; at its end the picture is where the story is."""

    async def watch() -> float:
        lab = tour("02/first_failure")
        lab.next()
        do(lab)
        lab.next()
        while not (moment_s := lab.stage.branches.moment_s):
            await asyncio.sleep(0)
        lab._advance(1000)
        assert 8.2 == lab.stage.branches.moment_s
        return moment_s

    assert 0 < asyncio.run(watch()) < 8.2


def test_without_a_kernel_the_whole_tour_is_there():
    """The stored output is text and HTML with pictures that say what they show."""
    data = tour("02/planned")._repr_mimebundle_()
    assert data["text/plain"].startswith("Planned or not\n\n1. NODE2 needs new memory")
    assert 'alt="Cluster CL1' in data["text/html"]


def test_a_tour_of_ones_own_is_a_file(tmp_path: Path):
    """A trainer's file opens like one of ours; another file says what is missing."""
    file = tmp_path / "mine.txt"
    file.write_text('tour "Mine"\ncluster active=1\n\nscene "A"\nsay Hello.\n')
    assert "Mine" in shown(tour(file))
    file.write_text("cluster active=1\n")
    with pytest.raises(ConfigError, match=r"mine\.txt is no tour; allowed: a file that begins"):
        tour(file)
    with pytest.raises(ConfigError, match="there is no tour 'nowhere'; allowed: a file"):
        tour("nowhere")


def test_a_tour_goes_on_where_it_was_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """In a course, a tour that is opened again offers the scene that was reached."""
    for name in KEEP_NOTHING:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "00_start_here.ipynb").write_text("{}")
    first = tour("02/second_failure")
    for _ in range(2):
        first.show_me()
        first.next()
    again = tour("02/second_failure")
    assert "Go on at scene 3" == again.buttons["go on"].description
    again.buttons["go on"].click()
    assert 2 == again.play.index
    assert "none" == again.buttons["go on"].layout.display


def test_a_picture_in_the_story_has_the_paper_of_the_page():
    """In a dark page the story's picture is dark, and the other panel's is not light meanwhile."""
    lab = tour("04/split")
    lab.stage.picture.figure.theme = "dark"
    lab.show_me()
    assert "dark" == lab.stage.picture.figure.theme
    assert quote(THEMES["dark"].paper) in lab._after.value
    assert quote(f"fill='{THEMES['light'].paper}'", safe="'=") not in lab._after.value
