"""The trainer's desk without a browser: codes, freeze, reveal, reset."""

import pytest

from clusterlab import ConfigError, Simulation
from clusterlab.cluster.events import NodeFailed
from clusterlab.lab import DeskLab
from clusterlab.lab.panels.branches import Branches
from clusterlab.lab.panels.desk import CLUSTERS, code_of, play, read_code
from clusterlab.lab.panels.failover import SCENARIOS


def opened(text: str) -> tuple[str, Simulation]:
    """Return the code of the moment that *text* opens, and its simulation."""
    scenario, words, asked = read_code(text)
    simulation = Simulation(SCENARIOS[scenario]())
    question = play(simulation, words, asked)
    return code_of(scenario, Branches(simulation), question), simulation


@pytest.mark.parametrize(
    ("text", "now_s"),
    [
        ("31", 0.0),
        ("31-F3", 0.0),
        ("31-F3-E", 175.2),
        ("31-F3-F2?", 175.2),
        ("31-F3-@42-F4?", 42.0),
        ("31-F3-@0-F2-E", 3785.7),
        ("31-M24-@600-X1IS", 600.0),
        ("31-O1DISKR-E", 51.0),
        ("31-K1-@5", 5.0),
        ("71-P8-F3-S3", 3785.7),
    ],
)
def test_a_code_opens_its_moment_and_the_moment_has_that_code(text: str, now_s: float):
    """What is clicked together on one machine is opened on another."""
    again, simulation = opened(text)
    assert text == again
    assert now_s == simulation.now_s


def test_a_code_reads_as_people_type_it():
    """Case and blanks do not count."""
    assert read_code("31-F3-F2?") == read_code(" 31 f3  f2? ")


def test_every_scenario_has_a_code():
    """What the chooser offers can be written on the whiteboard."""
    assert sorted(SCENARIOS) == sorted(CLUSTERS.values())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "allowed: 31 (3 active / 1 passive)"),
        ("41-F3", "'41' is no cluster"),
        ("31-F9", "allowed: F1, F2, F3, F4"),
        ("31-Z1", "F3 (NODE3 fails)"),
        ("31-F3-F3", "F3 cannot happen here: 5062"),
        ("31-F3-@42-@41", "it is 42 s already"),
        ("31-@42?", "ask about an action"),
        ("31-F3?-F2", "only the last one"),
    ],
)
def test_a_wrong_code_names_the_wrong_word(text: str, message: str):
    """A learner who mistypes a code is told what is allowed."""
    with pytest.raises(ConfigError) as caught:
        DeskLab(text)
    assert message in str(caught.value)


def test_a_question_waits_for_reveal_and_reset_asks_again():
    """The class places EVS2 by show of hands; nobody has to fill in a guess."""
    desk = DeskLab("31-F3-F2?")
    assert NodeFailed("NODE2") == desk.question
    assert desk.buttons["freeze"].disabled
    desk.buttons["reveal"].click()
    assert "NODE1" == desk.failover.simulation.owner("EVS2")
    assert "<b>EVS2</b>: NODE1." in desk.failover.predictor.text.value
    assert "31-F3-F2-@183.4" == desk.code
    desk.buttons["reset"].click()
    assert "31-F3-F2?" == desk.code
    assert "NODE2" == desk.failover.simulation.owner("EVS2")


def test_a_learner_who_guessed_is_told_the_rule():
    """At a learner's own desk Show names the rule that was misread."""
    desk = DeskLab("31-F3-F2?")
    desk.failover.predictor.guesses["EVS2"].value = "NODE4"
    desk.failover.buttons["show"].click()
    assert "The order was misread" in desk.failover.predictor.text.value


def test_a_question_about_no_lost_node_freezes_the_picture():
    """A move is asked about too: nothing happens before Reveal."""
    desk = DeskLab("31-M24?")
    assert desk.is_frozen
    assert "Move Group EVS2 to NODE4. What happens?" in desk._told.value
    desk.failover.buttons["to end"].click()
    assert "NODE2" == desk.failover.simulation.owner("EVS2")
    desk.buttons["reveal"].click()
    desk.failover.buttons["to end"].click()
    assert "NODE4" == desk.failover.simulation.owner("EVS2")
    assert "31-M24-E" == desk.code


def test_a_question_may_be_about_a_refusal():
    """What the product refuses is a question like any other; the answer is its number."""
    desk = DeskLab("31-P4-M24?")
    assert "" == desk.failover.errors.text
    desk.buttons["reveal"].click()
    assert "5070" in desk.failover.errors.text


def test_a_frozen_picture_refuses_clicks_time_and_lines():
    """Frozen means frozen, and the panel says how to go on; nor does Next tell what comes."""
    desk = DeskLab("31-F3")
    failover = desk.failover
    desk.buttons["freeze"].click()
    assert "" == failover._next_text.value
    for act in (
        failover.buttons["fail NODE1"].click,
        failover.buttons["forward"].click,
        failover.buttons["to end"].click,
        failover.buttons["undo"].click,
        failover.buttons["branch"].click,
        lambda: failover.run_line("cluster node NODE1 /pause"),
        lambda: setattr(failover._slider, "value", 20.0),
    ):
        act()
        assert "press Reveal or Go on first" in failover.errors.text
        assert "31-F3" == desk.code
    assert 0.0 == failover._slider.value
    desk.buttons["freeze"].click()
    assert "" == failover.errors.text
    failover.buttons["forward"].click()
    assert 0.0 < failover.branches.moment_s


def test_the_code_follows_what_is_clicked():
    """A trainer clicks a situation together and asks with "Ask me first"."""
    desk = DeskLab()
    desk.failover.buttons["fail NODE3"].click()
    desk.failover.buttons["to end"].click()
    assert "<code>31-F3-E</code>" in desk._told.value
    desk.failover._predict.value = True
    desk.failover.buttons["fail NODE2"].click()
    assert "<code>31-F3-F2?</code>" in desk._told.value


def test_what_has_no_word_is_said():
    """A changed property does not fit into a code; the desk says so instead of a wrong code."""
    desk = DeskLab()
    desk.failover.run_line("cluster group EVS1 /prop FailoverThreshold=3")
    assert "No code for this moment: a code has no word for this" in desk._told.value


def test_a_wrong_code_leaves_the_desk_as_it_is():
    """A typing mistake costs nothing."""
    desk = DeskLab("31-F3-E")
    desk.field.value = "31-F9"
    desk.buttons["open"].click()
    assert "'F9' means nothing in this cluster" in desk.errors.text
    assert "31-F3-E" == desk.code


def test_the_panel_of_the_last_code_plays_no_longer():
    """Reset shows another panel; the one before must not go on unseen."""
    desk = DeskLab("31-F3")
    before = desk.failover
    assert not before._is_waiting()
    desk.buttons["reset"].click()
    assert before._is_waiting()
    assert not desk.failover._is_waiting()


def test_a_reader_without_a_kernel_sees_code_and_picture():
    """The twin names the code and the question; the still picture stands beside it."""
    desk = DeskLab("31-F3-F2?")
    data = desk._repr_mimebundle_()
    assert data["text/plain"].startswith("Code 31-F3-F2?: NODE2 loses power. What happens?")
    assert "NODE3 Down" in data["text/plain"]
    assert "<img " in data["text/html"]
