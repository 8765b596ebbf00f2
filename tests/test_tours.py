"""Tours: each comes out as its file says, can be played by its deeds, and has a way back."""

import re
from functools import cache
from pathlib import Path

import pytest

from clusterlab.cluster.events import InitiateFailure, MoveGroup, NodeFailed, StartNode
from clusterlab.clusterexe.lines import read_line
from clusterlab.lab import tour
from clusterlab.lab.panelplay import PanelPlayer, player_of
from clusterlab.lab.panels.tour import TourLab
from clusterlab.lessons import tour_file, tour_names
from clusterlab.scenario import read_scenario, run_file, run_scenario
from clusterlab.scenario.commands import MOST_WORDS, Scenario
from clusterlab.scenario.layout import ScenarioError
from clusterlab.scenario.play import TourPlay, Waits
from clusterlab.scenario.running import Player, ScenarioResult, rewrite
from tests.test_tour_panel import do, shown

ROOT = Path(__file__).parent.parent
GUIDE = ROOT / "docs" / "guides" / "tours.md"
NAMES = tour_names()
HEAD = 'tour "T"\ncluster active=3 passive=1\n\n'
TWO_SCENES = (
    HEAD + 'scene "A"\nshow picture nodes\nsay Where?\npredict EVS3\ndo fail NODE3\n\n'
    'scene "B"\nwatch until EVS3 Online\nwhy EVS3\n'
)


def begun(scenario: Scenario) -> TourPlay:
    """Return a tour of a cluster at its first scene, played on a simulation."""
    return TourPlay(scenario, Player(scenario))


def played(text: str) -> TourPlay:
    """Return the play of a tour at its first scene."""
    return begun(read_scenario(text))


def play_of(name: str) -> TourPlay:
    """Return the play of a tour of the course."""
    scenario = read_scenario(tour_file(name))
    return TourPlay(scenario, player_of(scenario))


@cache
def outcome(name: str) -> ScenarioResult:
    """Run a tour of the course, once for all tests that only look at what came out."""
    return run_file(tour_file(name), player_of)


def history(play: TourPlay) -> list[object]:
    """Return everything that has happened on every branch of the story, or a panel's words."""
    if isinstance(play.player, PanelPlayer):
        return [play.player.panel.twin()]
    branches, shown = play.branches()
    return [shown, {name: sim.history for name, sim in branches.items()}]


# --- the tours of the course ------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_tour_comes_out_as_its_file_says(name: str, request: pytest.FixtureRequest):
    """Running a tour gives the outcomes in its file; with --rewrite it gets the new ones."""
    if request.config.getoption("--rewrite"):
        rewrite(tour_file(name), player_of)
    result = outcome(name)
    assert "" == result.diff
    assert all(block.block.expected is not None or not block.lines for block in result.blocks)


def assert_there(lab: TourLab) -> None:
    """The panel beside the story shows what the story has."""
    if isinstance(lab.play.player, PanelPlayer):
        assert lab.play.player.panel.twin() == lab.stage.twin()
    else:
        branches, name = lab.play.branches()
        assert branches[name].history == lab.stage.simulation.history


@pytest.mark.parametrize("name", NAMES)
def test_a_tour_is_played_to_its_end_by_its_deeds(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Each deed in the other panel moves the story on, and the end is that of the file."""
    result = outcome(name)
    monkeypatch.chdir(tmp_path)  # where no progress is kept
    lab = tour(name)
    while True:
        for _ in range(20):
            if lab.play.waits is Waits.NEXT:
                break
            do(lab) if lab.play.waits is Waits.DEED else lab.show_me()
            assert lab.errors.caught is None, lab.errors.text
        assert lab.play.waits is Waits.NEXT
        assert_there(lab)
        is_refused = any(card.kind == "came" for card in lab.play.cards)
        assert is_refused or lab.stage.errors.caught is None, lab.stage.errors.text
        if lab.play.is_last:
            break
        lab.next()
    branches, branch = lab.play.branches()
    assert result.simulation.history == branches[branch].history
    lab.next()
    lab.render()
    assert "That was this tour" in shown(lab)


TYPED = re.compile(r"\*((?:NODE\d> )?(?:cluster|net) [^*]+)\*")
"""A line that a scene tells the learner to type."""


def gives_a_line(name: str) -> bool:
    """Return whether a scene of a tour tells the learner to type a line."""
    return bool(TYPED.search(" ".join(tour_file(name).read_text("utf-8").split())))


@pytest.mark.parametrize("name", [name for name in NAMES if gives_a_line(name)])
def test_a_line_that_a_scene_gives_is_its_deed(name: str):
    """Who types the line as it stands there has done what the scene waits for."""
    play = play_of(name)
    for index in range(play.count):
        play.go_to(index)
        said = " ".join(card.lines[0] for card in play.cards if card.kind == "say")
        if play.waits is Waits.DEED and play.wanted is not None and play.wanted.event is not None:
            for line in TYPED.findall(said):
                assert play.wanted.event == read_line(play.cluster, line).event, line


@pytest.mark.parametrize("name", NAMES)
def test_back_restores_every_scene_exactly(name: str):
    """Whatever came after a scene, going back to it gives the state before it."""
    play = play_of(name)
    before = [history(play)]
    while not play.is_last:
        play.next()
        before.append(history(play))
    for index in reversed(range(play.count)):
        play.go_to(index)
        assert before[index] == history(play)


@pytest.mark.parametrize("number", [0, 1])
def test_the_tours_of_the_guide_come_out_as_printed(number: int):
    """What the guide shows is what a reader gets."""
    examples = re.findall(r"```text\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    scenario = read_scenario(examples[number])
    assert "" == run_scenario(scenario, player_of(scenario)).diff


# --- playing ----------------------------------------------------------------------------------


def test_another_deed_is_another_story_with_a_way_back():
    """After a wrong deed nothing counts until the scene is begun again, exactly as it was."""
    play = played(TWO_SCENES)
    before = history(play)
    assert "elsewhere" == play.hear(NodeFailed("NODE1"))
    assert "elsewhere" == play.hear(NodeFailed("NODE3"))
    assert ["NODE1 loses power", "NODE3 loses power"] == play.elsewhere
    play.again()
    assert before == history(play)
    assert "right" == play.hear(NodeFailed("NODE3"))
    assert Waits.NEXT is play.waits


def test_a_scene_shows_only_what_it_names():
    """`show` holds until the next one."""
    play = played(TWO_SCENES)
    assert ("picture", "nodes") == play.parts
    play.next()
    assert ("picture", "nodes") == play.parts


def test_a_prediction_is_answered_when_its_groups_are_at_rest():
    """While a group is Pending nothing is said of the prediction."""
    play = played(HEAD + 'scene "A"\npredict EVS3\ndo fail NODE3\nwatch until 20\nwatch')
    play.say({"EVS3": "NODE1"})
    play.hear(NodeFailed("NODE3"))
    play.let_pass()
    assert [] == play.cards
    play.let_pass()
    assert ["predict"] == [card.kind for card in play.cards]
    assert {"EVS3": "NODE1"} == play.guesses


def test_watched_time_is_known_before_it_passes():
    """A panel lets time pass on screen until the story's own moment."""
    play = played(TWO_SCENES)
    play.next()
    assert Waits.TIME is play.waits
    assert 175.2 == play.watched().now_s
    assert 0.0 == play.cluster.now_s
    play.let_pass()
    assert 175.2 == play.cluster.now_s
    assert "EVS3 is Online on NODE4." == play.cards[-1].lines[0]


GOAL = HEAD + (
    'scene "A"\ngoal EVS1 Online on NODE4 deeds=1\ndo move EVS1 to NODE4\n'
    "run until EVS1 Online on NODE4\n"
)


def test_a_goal_may_be_reached_in_any_way():
    """What counts is the state, and that it lasts."""
    play = played(GOAL)
    sim = play.branches()[0]["main"]
    assert "tried" == play.hear(NodeFailed("NODE1"))
    sim.fail_node("NODE1")
    assert not play.reach(sim)
    sim.run()
    assert play.reach(sim)
    assert Waits.NEXT is play.waits


def test_a_goal_with_too_many_deeds_is_not_reached():
    """The goal says how many deeds it allows."""
    play = played(GOAL)
    sim = play.branches()[0]["main"]
    for event in (MoveGroup("EVS1", "NODE2"), MoveGroup("EVS1", "NODE4")):
        play.hear(event)
    sim.move_group("EVS1", "NODE4")
    sim.run()
    assert play.too_many
    assert not play.reach(sim)
    play.again()
    assert not play.too_many


def test_a_state_that_does_not_last_is_no_goal():
    """A System Attendant that is refused shows Failed for half a second; that is not the end."""
    play = begun(read_scenario(tour_file("02/sandbox")))
    sim = play.branches()[0]["main"]
    for node in ("NODE3", "NODE2"):
        sim.fail_node(node)
        play.hear(NodeFailed(node))
        sim.run(until_s=sim.now_s + 200)
    assert not play.reach(sim.branch("early", 216.2))
    sim.run(until_s=500)
    assert play.reach(sim)


STEPS = 'tour "T"\npanel installation\nact set mode=free\nact until H01@N1\n\nscene "A"\n'


def test_what_comes_of_a_step_is_said():
    """A refusal and harm are outcomes; a deed done by itself afterwards does not repeat them."""
    scenario = read_scenario(
        STEPS + 'do install/C02@N2\nact until X01@N2\n\nscene "B"\n'
        "do install/H02@N2 powered='all nodes'"
    )
    first, second = run_scenario(scenario, player_of(scenario)).blocks[1:]
    assert ["Refused: ERR-NOCLUSTER"] == [line[:22] for line in first.lines]
    assert ["ERR-CORRUPT"] == [line[:11] for line in second.lines]


@pytest.mark.parametrize(("goal", "is_reached"), [("0 mistakes", True), ("1 mistake", False)])
def test_a_goal_of_a_panel_is_what_its_text_says(goal: str, is_reached: bool):
    """All of its words have to be there, however many blanks are between them."""
    scenario = read_scenario(f'{STEPS}goal "NODE2 ▶ H02" "{goal}" deeds=2\ndo install/H02@N2')
    play = TourPlay(scenario, player_of(scenario))
    assert Waits.GOAL is play.waits
    panel = play.player.panel  # type: ignore[attr-defined]
    assert is_reached is play.reach(panel.twin())
    problem = "does not hold that NODE2 ▶ H02 and"
    with pytest.raises(ScenarioError, match=problem):
        run_scenario(scenario, player_of(scenario))


def test_copies_of_the_story_do_not_change_it():
    """What a panel does with its copies never reaches the story."""
    play = played(TWO_SCENES)
    before = history(play)
    copies, shown = play.branches()
    copies[shown].fail_node("NODE2")
    copies[shown].run()
    assert before == history(play)


def test_questions_and_other_events_of_a_lesson():
    """A question waits for an answer, and may be answered again."""
    play = begun(read_scenario(tour_file("02/planned")))
    assert Waits.ANSWER is play.waits
    play.answer("a")
    assert Waits.NEXT is play.waits
    play.answer("b")
    assert "b" == play.answered
    assert "elsewhere" == play.hear(StartNode("NODE1"))


def test_show_me_does_what_is_wanted():
    """Each wait ends by itself when it is asked to."""
    play = begun(read_scenario(tour_file("02/thresholds")))
    play.show_me()
    assert "c" == play.answered
    play.next()
    play.hear(InitiateFailure("Disk R:"))
    play.again()
    play.show_me()
    assert Waits.TIME is play.waits


# --- what cannot be read ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("tour\ncluster active=1", "line 1: the line ends where the title"),
        ('tour "T"\n', "a tour needs a cluster; allowed: cluster"),
        ('tour "T"\ncluster active=1\n', "the tour has no scene"),
        ('tour "T"\npanel cinema\ncluster active=1\n', "line 2: 'cinema' is not a panel; allowed"),
        (HEAD + "fail NODE1", "line 4: a block of a tour is one scene"),
        (HEAD + 'scene "A"\nscene "B"', "line 5: a block of a tour is one scene"),
        (HEAD + 'scene "A"\nshow flowers', "line 5: 'flowers' is not a part of this panel"),
        (HEAD + 'scene "A"\nshow', "line 5: the line ends where a part is expected"),
        (HEAD + 'scene "A"\ndo', "line 5: the line ends where an action is expected"),
        (HEAD + 'scene "A"\ndo run', "line 5: 'run' is not an action"),
        (HEAD + 'scene "A"\ndo fail NODE9', "line 5: 'NODE9' is not a node; allowed"),
        (HEAD + 'scene "A"\nask why', "line 5: 'why' is not a question; allowed: none"),
        (HEAD + 'scene "A"\nwatch until EVS3 Happy', "line 5: 'Happy' is not a state of a group"),
        (HEAD + 'scene "A"\nwatch until NODE1 Online', "line 5: 'Online' is not a state of a node"),
        (HEAD + 'scene "A"\npredict', "line 5: the line ends where a group is expected"),
        (HEAD + 'scene "A"\ngoal EVS1 Failed deeds=0', "line 5: deeds is '0'; allowed: a whole"),
        (HEAD + 'scene "A"\ncompare main2', "line 5: 'main2' is not a branch; allowed: main"),
        (HEAD + 'scene "A"\ndo fail NODE1\ndo fail NODE2', "line 6: the scene asks for something"),
        (HEAD + 'scene "A"\nsay' + " a" * (MOST_WORDS + 1), "line 5: the scene says 61 words"),
        ("cluster active=1\nscene A", "line 2: 'scene' is not a command"),
        ('tour "T"\npanel design\n\nscene "A"\nfail NODE1', "line 5: 'fail' is not a command"),
        ('tour "T"\npanel design\n\nscene "A"\ndo', "line 5: the line ends where words are"),
    ],
)
def test_a_tour_that_cannot_be_read_says_what_is_allowed(text: str, problem: str):
    """An error names file, line, word and what is allowed."""
    with pytest.raises(ScenarioError, match=re.escape(problem)):
        read_scenario(text)


@pytest.mark.parametrize(
    ("scene", "problem"),
    [
        ("watch until EVS3 Failed", "nothing makes it true that EVS3 is Failed"),
        ("goal EVS3 Failed", "at the end of the scene it does not hold that EVS3 is Failed"),
        (
            "goal EVS3 Online deeds=1\ndo fail NODE1\ndo start NODE1",
            "the scene does it with 2 deeds, and 1 are allowed",
        ),
    ],
)
def test_a_story_that_does_not_come_true_says_so(scene: str, problem: str):
    """A state that never comes, or a goal that is not reached, names its line."""
    with pytest.raises(ScenarioError, match=re.escape(problem)):
        run_scenario(read_scenario(HEAD + 'scene "A"\n' + scene))


def test_text_is_taken_as_it_is():
    """Quotes, signs and markup of `say` are text."""
    scenario = read_scenario(HEAD + 'scene "A"\nsay\n  The "first" <b>node</b>\n  isn\'t = up')
    assert ('The "first" <b>node</b> isn\'t = up',) == scenario.scenes[0][1].words


def test_a_wrong_word_of_a_panel_names_its_line():
    """What a panel cannot do is refused with what it can."""
    scenario = read_scenario('tour "T"\npanel design\n\nscene "A"\ndo set shoes=3')
    with pytest.raises(ScenarioError, match=r"text, line 5: 'set shoes=3' is nothing"):
        run_scenario(scenario, player_of(scenario))


def test_a_what_if_tour_names_its_cluster_and_what_may_fail():
    """`cluster` and `set` lines say how it is; the kinds behind the panel say what fails."""
    head = 'tour "T"\npanel whatif{}\ncluster active=3 passive=1\n{}\n\nscene "A"\nsay Hello.\n'
    lines = "set EVS2/SA possible_owners=NODE1,NODE2"
    found = player_of(read_scenario(head.format("", lines))).panel
    for words in ("set then=NODE2", "set first=NODE2"):
        found.act(words)
    assert "NODE2: 1 lost, 0.0 min" == found.came()[0]
    disks = player_of(read_scenario(head.format(" networks", ""))).panel
    assert "If network Public fails, EVS1, EVS2, EVS3 are lost" in disks.twin()
    with pytest.raises(ScenarioError, match="line 4: 'fail' is not a command"):
        read_scenario(head.format("", "fail NODE1"))
