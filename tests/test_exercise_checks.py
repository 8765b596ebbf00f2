"""Questions, predictions, hints and checks: right answers pass, wrong ones are told the rule."""

import re
from collections.abc import Mapping

import pytest

from clusterlab import ConfigError, OperationRefused, Simulation, exchange_cluster
from clusterlab.lab import exercises
from clusterlab.lab.exercises import (
    QUESTIONS,
    TASKS,
    Question,
    Quiz,
    check,
    hints,
    question,
    quiz,
)
from clusterlab.lab.folds import ANSWER_RULES
from clusterlab.lessons import lesson_numbers, questions_of, tasks
from clusterlab.lessons.tasks import start
from tests.answers import (
    Act,
    acted,
    expect_all_tried,
    expect_right,
    expect_untouched,
    expect_wrong,
    lines,
)


def two(*counts: int) -> object:
    """Return an active/active cluster with these storage groups."""
    return exchange_cluster(active=2, passive=0, storage_groups=counts)


# --- answers that are values --------------------------------------------------------------------

PROTOCOLS = {"SMTP", "HTTP", "Search", "IMAP4", "POP3"}
PLACES = {"Cluster Group": "NODE2", "EVS1": "NODE4", "EVS2": "NODE2"}

RIGHT_VALUES: Mapping[str, object] = {
    "01.1": two(3, 1),
    "01.2": exchange_cluster(active=5, passive=2),
    "01.3": {2000: PROTOCOLS, 2003: set()},
    "01.4": {"a", "c"},
    "02.1": PLACES,
    "02.4": {"b", "c", "e"},
}

WRONG_VALUES = [
    ("01.1", two(4, 4), "would have to mount 8 storage groups"),
    ("01.1", two(3, 2), "would have to mount 5 storage groups"),
    ("01.1", two(2, 2), "EVS1 has 2 storage groups and needs at least three"),
    ("01.1", exchange_cluster(), "Nodes: 4, EVSs: 3"),
    ("01.2", exchange_cluster(active=5, passive=1), "With NODE1 and NODE2 lost this is not Online"),
    ("01.2", exchange_cluster(active=5, passive=3), "3 nodes are passive"),
    ("01.2", exchange_cluster(active=4, passive=2), "EVSs: 4; five are wanted"),
    ("01.3", {2000: PROTOCOLS, 2003: PROTOCOLS}, "2003: this does not depend on the Information"),
    ("01.3", {2000: {"SMTP"}, 2003: set()}, "2000: 3 more resources go Offline"),
    ("01.3", {2000: {*PROTOCOLS, "SA"}, 2003: set()}, "Information Store: SA"),
    ("01.4", {"a"}, "Left out although true: 1"),
    ("01.4", {"a", "b", "c"}, "a stopped MTA is normal"),
    ("01.4", "a d", "d does not hold"),
    ("02.1", {**PLACES, "EVS1": "NODE1"}, "EVS1: not NODE1. A failover goes through the Node List"),
    ("02.1", {**PLACES, "Cluster Group": "NODE1"}, "Cluster Group: not NODE1"),
    ("02.1", {"EVS1": "node4"}, "EVS2: not answered"),
    ("02.4", {"b", "c"}, "Left out although true: 1"),
    ("02.4", {"a", "b", "c", "e"}, "the loss of a node shows as 1123, 1126 and 1135"),
    ("02.4", {"b", "c", "e", "f"}, "the four failures (1069) come first"),
]


@pytest.mark.parametrize(("task", "answer"), RIGHT_VALUES.items())
def test_a_right_value_passes(task: str, answer: object):
    """The check of each task that asks for a value accepts the right one."""
    result = check(task, answer)
    assert result, result
    assert result.head.endswith(": done")
    assert "" == lines(result, "missing")


@pytest.mark.parametrize(("task", "answer", "said"), WRONG_VALUES)
def test_a_wrong_value_is_told_what_is_wrong_and_where_to_read(
    task: str, answer: object, said: str
):
    """The sentence names the mistake; the source of the rule follows."""
    expect_wrong(check(task, answer), said)


# --- answers that are simulations ---------------------------------------------------------------


def bring_back(sim: Simulation) -> None:
    """Start NODE3 and move EVS2 to it."""
    sim.start_node("NODE3")
    sim.run(until_s=1800)
    sim.move_group("EVS2", "NODE3")


def wait_for_node3(sim: Simulation) -> None:
    """Start NODE3 and hope."""
    sim.start_node("NODE3")
    sim.run(until_s=1800)


def make_room(sim: Simulation) -> None:
    """Bring EVS2 to NODE1 by sending EVS1 to the repaired node."""
    wait_for_node3(sim)
    sim.move_group("EVS1", "NODE3")
    sim.run(until_s=2000)
    sim.bring_online("EVS2")


def homewards(*groups: str) -> Act:
    """Return an act that moves groups to their homes in this order."""

    def act(sim: Simulation) -> None:
        for group in groups:
            home = f"NODE{group[-1]}"
            if sim.owner(group) != home:
                sim.move_group(group, home)
                sim.run(until_s=sim.now_s + 900)

    return act


def properties(name: str, **values: object) -> Act:
    """Return an act that sets properties."""
    return lambda sim: sim.set_properties(name, **values)


def pause_and_move(sim: Simulation) -> None:
    """Pause NODE2 and move its EVS to the free node."""
    sim.pause_node("NODE2")
    sim.move_group("EVS2", "NODE4")


def twice(sim: Simulation) -> None:
    """Bring first one resource online and then the group."""
    sim.bring_online("EVS2/SA")
    sim.run()
    sim.bring_online("EVS2")


THREE = ("NODE1", "NODE3", "NODE4")
NIGHT = {"auto_failback_type": 1, "failback_window_start": 22, "failback_window_end": 6}

RIGHT_ACTS: Mapping[str, Act] = {
    "01.5": lambda sim: sim.bring_online("EVS2"),
    "01.6": homewards("EVS1", "EVS2", "EVS3"),
    "01.7": properties("EVS1/POP3", restart_action=1),
    "02.2": bring_back,
    "02.3": properties("EVS1/SA", possible_owners=THREE),
    "02.5": properties("EVS1/IS", restart_period_s=1500),
    "02.6": properties("EVS2", **NIGHT),
    "02.7": pause_and_move,
}

WRONG_ACTS = [
    ("01.5", lambda sim: sim.bring_online("EVS2/SA"), "EVS2 is Partially Online on NODE2"),
    ("01.5", twice, "2 requests; 1 is enough"),
    ("01.6", homewards("EVS3", "EVS2", "EVS1"), "refused with 5018"),
    ("01.6", homewards("EVS1"), "EVS2 is Online on NODE3, not on NODE2"),
    ("01.7", properties("EVS1/POP3", restart_action=0), "POP3 is not restarted"),
    ("01.7", properties("EVS1/POP3", restart_threshold=9), "POP3 may still move EVS1"),
    ("01.7", properties("EVS1/SMTP", restart_action=1), "still be able to move EVS1: SMTP"),
    ("02.2", lambda sim: sim.bring_online("EVS2"), "EVS2 is Failed on NODE1"),
    ("02.2", wait_for_node3, "and you have to move it there"),
    ("02.2", make_room, "These EVSs were moved or stopped: EVS1"),
    ("02.3", properties("EVS1", preferred_owners=THREE), "NODE2 is still a possible owner"),
    ("02.3", properties("EVS1/SA", possible_owners=("NODE1", "NODE3")), "Three are wanted"),
    ("02.5", properties("EVS1/IS", restart_threshold=2), "EVS1 already moves at failure 3"),
    ("02.5", properties("EVS1/IS", restart_period_s=1200), "Which failures still count at 1200"),
    ("02.5", properties("EVS1/IS", restart_action=1), "does not move EVS1: it is on NODE1"),
    ("02.6", properties("EVS2", auto_failback_type=1), "EVS2 failed back during the day, at 15:08"),
    (
        "02.6",
        properties("EVS2", failback_window_start=22, failback_window_end=6),
        "At 6 in the morning EVS2 is still on NODE4",
    ),
    (
        "02.6",
        properties("EVS2", **{**NIGHT, "failback_window_end": 10}),
        "in working hours",
    ),
    ("02.7", lambda sim: sim.fail_node("NODE2"), "120 s are enough"),
    ("02.7", lambda sim: sim.move_group("EVS2", "NODE4"), "NODE2 is Up: a group that fails over"),
    ("02.7", lambda sim: sim.pause_node("NODE2"), "NODE2 still owns: EVS2"),
    ("02.7", lambda sim: sim.move_group("EVS2", "NODE3"), "EVS2 was down for"),
]


@pytest.mark.parametrize("task", RIGHT_ACTS)
def test_the_right_acts_pass(task: str):
    """The check of each task that starts with a simulation accepts the right acts."""
    expect_right(acted(task, RIGHT_ACTS[task]))


@pytest.mark.parametrize(("task", "act", "said"), WRONG_ACTS)
def test_wrong_acts_are_told_what_is_wrong_and_where_to_read(task: str, act: Act, said: str):
    """The sentence names what the cluster lacks; the source of the rule follows."""
    expect_wrong(acted(task, act), said)


@pytest.mark.parametrize("task", RIGHT_ACTS)
def test_a_simulation_that_nobody_touched_is_not_done_yet(task: str):
    """The check of an untouched start finds nothing, right or missing, and gives no points."""
    expect_untouched(task)


def test_every_task_has_a_right_answer_and_two_wrong_ones_here():
    """No task goes untested."""
    wrong = (task for task, *_ in (*WRONG_VALUES, *WRONG_ACTS))
    expect_all_tried(("01", "02"), {*RIGHT_VALUES, *RIGHT_ACTS}, wrong)


def test_several_ways_to_the_same_state_pass():
    """Stopping the Cluster service of NODE2 empties it as well as a pause and a move."""
    assert acted("02.7", lambda sim: sim.stop_cluster_service("NODE2"))
    assert acted("02.3", properties("EVS1/HTTP", possible_owners=THREE))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("blank", [None, ...])
def test_a_blank_is_not_done_yet(task: str, blank: object):
    """A task left out breaks nothing and says so."""
    result = check(task, blank)
    assert not result
    assert result.head.endswith("not done yet")


@pytest.mark.parametrize("task", TASKS)
def test_an_answer_of_another_kind_is_told_what_to_give(task: str):
    """A number where a cluster or a simulation belongs is no error but a sentence."""
    result = check(task, 42)
    assert not result
    assert "Give" in lines(result, "missing")


def test_a_simulation_of_another_start_is_told_so():
    """Acting on another simulation than the task's is named, not judged."""
    sim = Simulation(exchange_cluster())
    sim.fail_node("NODE1")
    assert 'Begin with sim = start("02.2")' in lines(check("02.2", sim), "missing")


def test_an_unknown_task_names_the_known_ones():
    """A wrong number is answered with the numbers there are."""
    with pytest.raises(ConfigError, match=r"there is no task '9.9'; allowed: 01.1, 01.2"):
        check("9.9", ...)
    with pytest.raises(ConfigError, match=r"task '01.1' has no start"):
        start("01.1")


def test_checking_changes_nothing():
    """A check tries things out on branches of its own."""
    sim = start("02.7")
    pause_and_move(sim)
    before = sim.history
    check("02.7", sim)
    assert before == sim.history


def test_a_result_is_all_or_nothing_for_the_grade_book():
    """Points are given for a task as a whole."""
    assert (3, 0) == (check("01.4", "ac").points(3), check("01.4", "ab").points(3))


def test_a_result_shows_the_same_in_text_and_in_html():
    """Words, not colours, say what is right."""
    result = check("01.4", {"a", "b"})
    html = result._repr_html_()
    for word, text in result.lines:
        assert text in html.replace("&#x27;", "'").replace("&quot;", '"')
        assert word in repr(result)
    assert 92 >= max(map(len, repr(result).splitlines()))


# --- hints --------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", TASKS)
def test_hints_are_folded_and_come_one_at_a_time(task: str):
    """The text twin tells how many there are; each click shows one more."""
    folded = hints(task)
    assert [] == [text for text in folded.texts if text in repr(folded)]
    button, said, _ = folded.widget.children
    for number, text in enumerate(folded.texts, start=1):
        assert 0 == folded.shown - (number - 1)
        button.click()
        assert exercises.escape(text) in said.value
    assert button.disabled


def test_printed_answers_beside_hints_break_between_words():
    """An exercise may have no panel that brings the rule along."""
    *_, style = hints("01.1").widget.children
    assert ANSWER_RULES in style.value


def test_a_hint_by_number():
    """By code any hint can be read."""
    assert "Hint 1 of 2: At each moment exactly one node is free." == repr(hints("01.6").show(1))
    with pytest.raises(ConfigError, match="there is no hint 3; allowed: 1 to 2"):
        hints("01.6").show(3)


# --- questions ----------------------------------------------------------------------------------


def asked(key: str) -> Question:
    """Return a question of its own, apart from the one the session shares."""
    return Question(key, QUESTIONS[key])


@pytest.mark.parametrize("key", QUESTIONS)
def test_a_question_says_right_for_one_answer_and_names_the_source_for_each(key: str):
    """One answer is right; each gets a sentence and where to read."""
    results = {choice: asked(key).answer(choice) for choice in QUESTIONS[key].options}
    assert [QUESTIONS[key].right] == [choice for choice, result in results.items() if result]
    for result in results.values():
        assert "handbook" in lines(result, "read")
        assert result.lines[0][1]


@pytest.mark.parametrize("key", QUESTIONS)
def test_the_text_of_a_question_does_not_give_the_answer_away(key: str):
    """A reader without a kernel sees every answer and no feedback."""
    one = asked(key)
    text = re.sub(r"\s+", " ", repr(one))
    for option in one.words.options.values():
        assert option.text.casefold() in text.casefold()
        assert option.feedback not in text


@pytest.mark.parametrize("choice", ["a", "b"])
def test_widget_and_code_end_in_the_same_state(choice: str):
    """Clicking an answer and giving it by code leave the same answer and the same feedback."""
    by_code, by_click = asked("01/mta"), asked("01/mta")
    by_code.answer(choice)
    _, radio, button, _ = by_click.widget.children
    radio.value = choice
    button.click()
    assert by_code.chosen == by_click.chosen
    assert repr(by_code) == repr(by_click)
    assert by_code.widget.children[3].value == by_click.widget.children[3].value
    assert by_code.widget.children[1].value == choice


def test_code_after_the_widget_was_shown_changes_the_widget():
    """An answer by code appears in a widget that is already on the page."""
    one = asked("01/active")
    _, radio, _, said = one.widget.children
    one.answer("b")
    assert ("b", True) == (radio.value, "Right." in said.value)


def test_check_without_a_choice_asks_for_one():
    """The button alone is no answer."""
    one = asked("01/active")
    _, _, button, said = one.widget.children
    button.click()
    assert one.chosen is None
    assert "Choose an answer first." in said.value


def test_a_question_is_the_same_one_when_asked_again():
    """Answering in one cell shows in another."""
    question("01/name").answer("b")
    assert question("01/name").is_right


def test_a_wrong_letter_names_the_right_ones():
    """An answer that does not exist is an error with the ones that do."""
    with pytest.raises(ConfigError, match="there is no answer to 01/mta 'z'; allowed: a, b, c"):
        asked("01/mta").answer("z")
    with pytest.raises(ConfigError, match="there is no question 'x'"):
        question("x")


@pytest.mark.parametrize("part", lesson_numbers())
def test_a_quiz_asks_its_statements_and_counts(part: str):
    """Each part has ten statements on the matter of handbook 2, section 10; answers count."""
    one = Quiz(
        part, [asked(key) for key, words in questions_of(part).items() if words.is_statement]
    )
    assert 10 == len(one.questions)
    assert {"true", "false"} == {item.words.right for item in one.questions}
    assert one.answer(1, "false")
    assert not one.answer(2, True)
    assert one.questions[0].words.text in re.sub(r"\s+", " ", repr(one))
    assert 10 == len(one.widget.children) - 1
    assert quiz(part).part == part
    with pytest.raises(ConfigError, match="there is no statement 11; allowed: 1 to 10"):
        one.answer(11, False)


def test_the_number_of_a_statement_is_no_part_of_it():
    """The title "2. 8 GB of memory" cannot be read as 28 GB."""
    _, _, second, *_ = quiz("12").widget.children
    assert second.title.startswith("2. 8 GB of memory")


# --- predictions --------------------------------------------------------------------------------


def failed(*nodes: str) -> tuple[exercises.Prediction, Simulation]:
    """Return a prediction asked before *nodes* fail, and the simulation afterwards."""
    sim = Simulation(exchange_cluster())
    guess = exercises.Prediction(sim)
    for node in nodes:
        sim.fail_node(node)
        sim.run(until_s=sim.now_s + 600)
    return guess, sim


def test_a_right_prediction_is_right():
    """Every group where it was said to be."""
    guess, sim = failed("NODE3")
    result = guess.say({"EVS1": "NODE1", "EVS2": "node2", "EVS3": "NODE4"}).compare(sim)
    assert result
    assert "3 of 3 right" == result.head


def test_a_wrong_prediction_names_the_verdict_and_the_rule():
    """NODE1 was passed over because it owns an EVS, and that is what the feedback says."""
    guess, sim = failed("NODE3")
    result = guess.say({"EVS1": "NODE4", "EVS3": "NODE1"}).compare(sim)
    assert "NODE1: owns EVS1 (same anti-affinity class)." in lines(result, "EVS3")
    assert "KB 296799" in lines(result, "EVS3")
    assert "Nothing made it move." in lines(result, "EVS1")
    assert "it is Online on NODE2." == lines(result, "EVS2")


def test_a_rule_that_stands_beside_the_result_is_not_said_twice():
    """The reasons are left out for the groups whose decision is shown anyway."""
    guess, sim = failed("NODE3")
    result = guess.say({"EVS1": "NODE4", "EVS3": "NODE1"}).compare(sim, told={"EVS3"})
    assert "you said NODE1; it is Online on NODE4." == lines(result, "EVS3")
    assert "Nothing made it move." in lines(result, "EVS1")


def test_a_group_said_to_run_that_was_refused_is_told_5018():
    """EVS2 was tried on NODE1, so the feedback names the refusal, not the choice."""
    guess, sim = failed("NODE3", "NODE2")
    result = guess.say({"EVS2": "NODE1", "EVS3": "stays Failed"}).compare(sim)
    assert "with error 5018" in lines(result, "EVS2")
    assert "It can run where it is: NODE4 accepted it." in lines(result, "EVS3")
    assert guess.say({"EVS1": "NODE1", "EVS2": "stays Failed", "EVS3": "NODE4"}).compare(sim)


def test_nothing_said_is_not_wrong():
    """Without a guess the comparison only tells what happened."""
    guess, sim = failed("NODE3")
    result = guess.compare(sim)
    assert (False, True) == (bool(result), result.is_open)
    assert result.head.startswith("You said nothing beforehand")


def test_a_prediction_about_other_groups_or_nodes_is_refused():
    """A name that is none is answered with the names there are."""
    guess = exercises.Prediction(Simulation(exchange_cluster()), ["cluster group"])
    with pytest.raises(ConfigError, match="'EVS1'; allowed: Cluster Group"):
        guess.say({"EVS1": "NODE1"})
    with pytest.raises(ConfigError, match="'node9'; allowed: "):
        guess.say({"Cluster Group": "NODE9"})
    with pytest.raises(OperationRefused):
        exercises.Prediction(Simulation(exchange_cluster()), ["EVS9"])


# --- words --------------------------------------------------------------------------------------


def test_every_condition_a_check_can_find_has_words():
    """No check ends in a missing sentence: each task's start and blank cluster can be judged."""
    for task, words in TASKS.items():
        assert words.title
        assert words.hints, task
        assert words.read.startswith("handbook")
        assert callable(tasks._table(task, "GRADERS")[task]), task


def test_shown_things_give_a_view_and_their_text():
    """JupyterLab gets the widget; a page without a kernel gets the text twin."""
    for shown in (asked("01/mta"), quiz("01"), hints("01.1")):
        bundle = shown._repr_mimebundle_()
        assert repr(shown) == bundle["text/plain"]
        assert "application/vnd.jupyter.widget-view+json" in bundle
