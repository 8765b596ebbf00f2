"""The tour panel: a story on the left, the panel that it is about on the right.

It shows what `TourPlay` says, tells it what the learner did in the other panel, and brings that
panel to where the story is. It decides nothing of the story and knows no rule of the domain.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as w

from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.facts import with_standing
from clusterlab.cluster.story import Explanation, explain
from clusterlab.lab.exercises import NOWHERE, Prediction, Question, check
from clusterlab.lab.figures.drawing import Page, escape_text
from clusterlab.lab.figures.pictures import nodes_picture
from clusterlab.lab.panelplay import PanelPlayer, answer_of, keep, panel_of, player_of
from clusterlab.lab.panels.deeds import Deed, lines_of
from clusterlab.lab.panels.failover import NOBODY
from clusterlab.lab.panels.panel import Panel
from clusterlab.lab.panels.parts import Script, put, row, show_if
from clusterlab.lab.panels.playing import Playing
from clusterlab.lab.panels.timepanel import TIMES
from clusterlab.lab.panels.views import verdicts_html
from clusterlab.lab.tourtext import (
    PREDICT,
    SceneTwin,
    goal_words,
    html_of,
    paragraph_html,
    text_of,
    turn_words,
    twins,
)
from clusterlab.lessons import tour_file, tour_names
from clusterlab.lessons.progress import note, reached
from clusterlab.lessons.tasks import start, words_of_task
from clusterlab.scenario.commands import Scenario, read_scenario
from clusterlab.scenario.play import Card, TourPlay, Waits
from clusterlab.tomlfiles.tables import own_table

MOST_WATCH_S, LEAST_WATCH_S, WATCH_SPEED = 15.0, 2.0, 20.0
"""Real seconds that watched time takes, and simulated seconds per real one in between."""
STORY = Page(316)  # a picture in the story column
STORY_CHARACTERS = 43
"""How many characters of a listing stand beside each other there; longer rows hang."""
PRIMARY = "clusterlab-primary"  # class of the button to press next
TASK_TURN = "<b>Your turn:</b> do it in the panel. <i>Check</i> says what is right so far."
KEPT = "Kept as {file} beside the notebook. Run the cells below to see your points."
NO_DEEDS = (*TIMES, *own_table(Path(__file__).with_name("tour.toml")).data["no_deeds"])
"""What may be done in the other panel without leaving the story."""

FIRST_PARTS = ("picture", "pictures")  # what a scene shows that names nothing
MENUS = ("nodes", "groups")  # parts that are not shown where the objects of the picture open menus
LEFT = {"undo": "You undid it", "branch": "You began another timeline"}
"""What leads away from a scene and is no deed in the cluster."""


class TourLab(Panel):
    """A tour: story, picture and controls beside each other; under its *name* progress is kept.

    Attributes:
        play: Where the story is.
        stage: The panel that it is about.
        task: The task of an exercise that is done here, or "".
        lists: The lists of a prediction, by group.
        question: The question of the scene, or None.
        turn: Turns to the tour before or after this one, by -1 or 1; False if there is none.
    """

    styles = ("tour.css",)

    def __init__(self, scenario: Scenario, name: str = "") -> None:
        self.play = TourPlay(scenario, player_of(scenario))
        self.name = name
        self.task, self._found = scenario.task, ""
        self._told: list[str] = []
        copies, shown = self.play.branches()
        self.is_of_cluster = not isinstance(self.play.player, PanelPlayer)
        self.stage: Any = panel_of(scenario, *([copies[shown]] if self.is_of_cluster else []))
        super().__init__(self.stage.errors.turn)
        self.lists: dict[str, w.Dropdown] = {}
        self.question: Question | None = None
        self.turn: Callable[[int], bool] = lambda step: False
        self._prediction: Prediction | None = None
        self._watch = Playing(self._advance, self._is_watching, self._keys.painted, self._failed)
        self._end_s = self._speed = 0.0
        self._is_open = self._is_waiting_said = self._is_finished = False
        self._reached = reached(name)
        self._make()
        self.stage.on_deed(self._hear_of_task if self.task else self._hear_deed)
        self._is_rendering = False
        self._enter()

    def twin(self) -> str:
        """Return the whole tour as text."""
        return text_of(self._title, self._scenes)

    def _still(self) -> dict[str, str]:
        """Return the story with its pictures, for readers without a kernel."""
        return {"text/html": html_of(self._title, self._scenes)}

    @cached_property
    def _scenes(self) -> tuple[SceneTwin, ...]:
        return twins(self.play.scenario)

    @property
    def _title(self) -> str:
        assert self.play.scenario.tour is not None
        return self.play.scenario.tour.title

    # --- what the learner does ----------------------------------------------------------------

    def _hear_deed(self, deed: Deed) -> None:
        is_look = deed.words.startswith("select ")
        is_free = is_look or deed.words.partition("=")[0] in NO_DEEDS
        wanted = self.play.wanted
        done = deed.event if self.is_of_cluster else deed.words
        is_wanted = (
            wanted is not None and done is not None and done == (wanted.event or wanted.text)
        )
        if (is_free or deed.refusal is not None) and not is_wanted:
            self._check_goal()
            return
        if self.play.waits is Waits.DEED:
            self.play.say(self._guesses())
        if done is None:
            self.play.leave(deed.words)
        elif self.play.hear(done) == "right":
            self._follow()
        if self.play.elsewhere:
            self._watch.stop()
        self._check_goal()
        self.render()

    def _check_goal(self) -> None:
        if self.play.waits is Waits.GOAL and self.play.reach(self._state()):
            self.render()

    def _state(self) -> Any:
        """Return what the other panel shows: a sequence of events at the moment shown, or text."""
        if not self.is_of_cluster:
            return self.stage.looks()
        branches = self.stage.branches
        return branches.shown.branch("now", branches.moment_s)

    def _answer(self, letter: str) -> None:
        self.play.answer(letter)
        self.render()

    def _guesses(self) -> dict[str, str]:
        said = {group: chosen.value for group, chosen in self.lists.items() if chosen.value}
        if self._prediction is not None:
            self._prediction.say(said)
        return said

    # --- going through the story --------------------------------------------------------------

    def next(self) -> None:
        """Go on: to the next scene, or say what this one waits for."""
        play = self.play
        waits = play.waits
        if waits is Waits.PREDICTION:
            cards = len(play.cards)
            play.say(self._guesses())
            is_shown = self.play.waits is not Waits.NEXT or len(play.cards) > cards or play.is_last
            (self._follow if is_shown else self.next)()
        elif play.waits is Waits.TIME and not play.elsewhere:
            self.show_me()
        elif play.waits is not Waits.NEXT:
            self._is_waiting_said = True
        elif play.is_last:
            if play.elsewhere or not self.turn(1):
                self._is_finished = True
                note(self.name, play.count)
        else:
            self._go(play.next)

    def show_me(self) -> None:
        """Do for the learner what the scene waits for; if it is over, go on."""
        play = self.play
        if play.waits is Waits.NEXT and not play.elsewhere:
            self.next()
            return
        if play.elsewhere:
            self._go(play.again)
        if play.waits is Waits.ANSWER and self.question is not None:
            self.question.key = ""  # shown is not answered
            self.question.answer(self.question.words.right)
            return
        self._watch.stop()
        play.show_me()
        self._follow()

    def back(self) -> None:
        """Go to the start of the scene before, from the first one to the tour before."""
        if self.play.index > 0 or not self.turn(-1):
            self._go(self.play.back)

    def again(self) -> None:
        """Go back to the start of this scene."""
        self._told, self._found = [], ""
        self._go(self.play.again)

    def go_on(self) -> None:
        """Go to the scene that was reached when the tour was played last."""
        scene, self._reached = min(self._reached, self.play.count - 1), 0
        self._go(lambda: self.play.go_to(scene))

    def _go(self, move: Callable[[], None]) -> None:
        self._watch.stop()
        move()
        self._enter()
        note(self.name, self.play.index)

    def _enter(self) -> None:
        self._is_waiting_said = self._is_finished = False
        self._split = len(self.play.cards)
        self._make_lists()
        self._make_question()
        self._follow()

    def _follow(self) -> None:
        """Bring the other panel to where the story is, and let watched time pass."""
        self._bring()
        self._compare()
        self.render()
        if self.play.waits is Waits.TIME:
            self._start_watch()

    def _bring(self) -> None:
        if not self.is_of_cluster:
            self.stage.restore(self.play.player.save())
            return
        copies, shown = self.play.branches()
        branches, sim = self.stage.branches, copies[shown]
        is_there = (
            branches.shown.name == shown
            and branches.by_name.keys() == copies.keys()
            and branches.moment_s == sim.now_s
            and branches.shown.history == sim.history
        )
        if not is_there:
            saved = tuple(copies.values()), shown, sim.now_s, ""
            themes = [picture.figure.theme for picture in self.stage.pictures]
            self.stage.restore((saved, self.stage.snapshot()[1]))
            for picture, theme in zip(self.stage.pictures, themes, strict=False):
                picture.figure.theme = theme  # the page tells it of new figures too late

    def _compare(self) -> None:
        other = next((card.names[0] for card in self.play.cards if card.kind == "compare"), NOBODY)
        chooser = self.stage.choosers.get("compare")
        if self.is_of_cluster and chooser is not None and chooser.value != other:
            chooser.value = other

    # --- a task -------------------------------------------------------------------------------

    def _hear_of_task(self, deed: Deed) -> None:
        self._told += [] if deed.words.startswith("select ") else [deed.words]
        self._found = ""
        self.render()

    def check(self) -> None:
        """Say what is right in the task so far, and what is not yet."""
        result = check(self.task, answer_of(self.stage, self.play.scenario))
        self._found = result._repr_html_()

    def keep(self) -> None:
        """Write what was done beside the notebook, where nbgrader collects it."""
        answer, lines = answer_of(self.stage, self.play.scenario), [f"act {w}" for w in self._told]
        if self.is_of_cluster:
            lines = [*lines_of(answer, len(start(self.task).history))]
        file = keep(self.task, lines, answer)
        self._found = _note("done", f"<b>{KEPT.format(file=escape(file.name))}</b>")

    # --- watched time -------------------------------------------------------------------------

    def _start_watch(self) -> None:
        """Let the time of the scene pass on screen; without a running loop at once."""
        self._end_s = self.play.watched().now_s
        span_s = self._end_s - self.stage.branches.moment_s
        real_s = min(max(span_s / WATCH_SPEED, LEAST_WATCH_S), MOST_WATCH_S)
        self._speed = span_s / real_s
        try:
            self._watch.start()
        except RuntimeError:  # a script has no loop
            self._watch.stop()
            self.play.let_pass()
            self._follow()

    def _is_watching(self) -> bool:
        return self.play.waits is Waits.TIME and not self.play.elsewhere

    def _advance(self, seconds: float) -> None:
        with self.errors.turn:
            moment_s = self.stage.branches.moment_s + seconds * self._speed
            self.stage.branches.go_to(min(moment_s, self._end_s))
            self.stage.branches.tell()
            if moment_s < self._end_s:
                return
            self._watch.stop()
            self.play.let_pass()
            self._follow()

    # --- building -----------------------------------------------------------------------------

    def _make(self) -> None:
        self._before, self._after, self._turn = (
            w.HTML().add_class("clusterlab-told") for _ in range(3)
        )
        self._dots = w.HTML()
        self._guess_box, self._ask_box = w.VBox(), w.VBox()
        acts = {
            "back": self.back, "show me": self.show_me, "next": self.next, "again": self.again,
            "go on": self.go_on, "all": self._toggle_all, "check": self.check, "keep": self.keep,
        }  # fmt: skip
        self._add_buttons("tour", acts)
        box = self.buttons
        if self.task:
            put(box["again"], description="Begin again")
        scroll = w.VBox(
            [self._before, self._guess_box, self._ask_box, self._after, self._turn, box["again"]]
        )
        scroll.add_class("clusterlab-tour-text")
        last = ("check", "all", "keep") if self.task else ("back", "show me", "all", "next")
        story = w.VBox([self._dots, box["go on"], scroll, row(*(box[key] for key in last))])
        story.add_class("clusterlab-story")
        stage = w.VBox([self.stage]).add_class("clusterlab-toured")
        self.add_class("clusterlab-tour")
        self._arrange(self.errors, row(story, stage, name="tour-body"), Script("tour.js"))

    def _make_lists(self) -> None:
        guess = self.play.guess
        is_asked = guess is not None and any(
            command.verb == "predict" for command in self.play.commands
        )
        self.lists = {}
        if guess is not None and is_asked:
            copies, shown = self.play.branches()
            self._prediction = Prediction(copies[shown], guess)
            places = [("?", ""), *((name, name) for name in self._prediction.nodes)]
            places.append((NOWHERE, NOWHERE))
            self.lists = {group: _list_of(group, places) for group in guess}
        put(self._guess_box, children=tuple(self.lists.values()))

    def _make_question(self) -> None:
        words = self.play.question
        key = f"{self.name.partition('/')[0]}/{self.play.asked}" if self.name else ""
        self.question = Question(key, words, self._answer) if words else None
        put(self._ask_box, children=(self.question.widget,) if self.question else ())

    def _toggle_all(self) -> None:
        self._is_open = not self._is_open

    # --- showing ------------------------------------------------------------------------------

    def _show(self) -> None:
        play = self.play
        self._label()  # before the scene is seen: keys ask whether it is over
        title = f"<h3>{escape(play.title)}</h3>"
        put(self._before, value=title + "".join(map(self._card_html, play.cards[: self._split])))
        put(self._after, value="".join(map(self._card_html, play.cards[self._split :])))
        put(self._turn, value=self._turn_html())
        put(self._dots, value=self._dots_html())
        self._show_parts()
        self.stage.mark(self._target())

    def _label(self) -> None:
        play, box = self.play, self.buttons
        put(box["all"], description="Fewer controls" if self._is_open else "All controls")
        is_ready = play.waits in (Waits.NEXT, Waits.PREDICTION) and not play.elsewhere
        is_end = play.is_last and play.waits is Waits.NEXT
        put(box["next"], description="Finish" if is_end else "Next ▶")
        (box["next"].add_class if is_ready else box["next"].remove_class)(PRIMARY)
        show_if(box["again"], bool(play.elsewhere) or bool(play.deeds) or bool(self.task))
        is_new = 0 < self._reached < play.count and play.index == 0
        put(box["go on"], description=f"Go on at scene {self._reached + 1}")
        show_if(box["go on"], is_new)

    def _show_parts(self) -> None:
        parts = self.play.parts or tuple(p for p in FIRST_PARTS if p in self.stage.parts)
        if self._is_open or "all" in parts:
            self.stage.show_all()
            return
        if self.stage.has_menus:
            parts = tuple(part for part in parts if part not in MENUS)
        elif self.is_of_cluster and "nodes" in parts:
            parts = (*(part for part in parts if part != "nodes"), *self._node_buttons())
        self.stage.show_only(parts)

    def _node_buttons(self) -> Iterator[str]:
        """Yield for each node the buttons that the deeds of the scene press."""
        deeds = {one.text.partition(" ")[0] for one in self.play.commands if one.is_deed}
        for verb in deeds & {"stop", "pause"} or {"fail"}:
            yield from (f"{verb} {node}" for node in self.play.cluster.config.nodes_by_name)

    def _target(self) -> str:
        """Return what the scene wants to be touched, for the mark in the picture."""
        command = self.play.wanted
        if self.play.waits is not Waits.DEED or self.play.elsewhere or command is None:
            return ""
        if command.event is None:
            text = command.text.removeprefix("set ").partition("=")[0]
            return text.split()[0].rpartition("/")[2]
        named = self.play.cluster.config.resources_by_name.get(command.event.subject)
        return command.event.subject if named is None else named.group

    def _dots_html(self) -> str:
        play = self.play
        dots = "".join(
            f'<li class="clusterlab-dot-{_dot(number, play.index)}"></li>'
            for number in range(0 if self.task else play.count)
        )
        words = "" if self.task else f"scene {play.index + 1} of {play.count}"
        return (
            f'<b class="clusterlab-tour-title">{escape(self._title)}</b>'
            f'<div class="clusterlab-dots"><ol aria-hidden="true">{dots}</ol>'
            f"<span>{words}</span></div>"
        )

    def _turn_html(self) -> str:
        play, command = self.play, self.play.wanted
        if self.task:
            return self._found or _note("turn", TASK_TURN)
        if self._is_finished:
            return _note("done", "<b>That was this tour.</b> The next section goes on from here.")
        if play.elsewhere:
            deed = play.elsewhere[0]
            head = LEFT.get(deed) or f"This is another story: {deed}"
            return _note(
                "other",
                f"<b>{escape(head)}.</b> Go on as long as you like, or go back to the scene.",
            )
        words = ""
        if play.waits is Waits.DEED and command is not None:
            words = turn_words(command)
        elif play.waits is Waits.GOAL and command is not None:
            words = goal_words(command)
            if play.too_many:
                return _note("other", f"<b>{len(play.deeds)} deeds are too many.</b> Start again.")
        elif play.waits is Waits.PREDICTION and play.guess is not None:
            words = PREDICT.format(groups=", ".join(play.guess))
        elif play.waits is Waits.ANSWER:
            words = "Choose an answer."
        waiting = " Or press <i>Show me</i>." if self._is_waiting_said else ""
        what = "Mission" if play.waits is Waits.GOAL else "Your turn"
        return _note("turn", f"<b>{what}:</b> {escape(words)}{waiting}") if words else ""

    def _card_html(self, card: Card) -> str:
        if card.kind == "say":
            return f"<p>{paragraph_html(card.lines[0])}</p>"
        copies, shown = self.play.branches()
        if card.kind == "predict":
            return self._guess_html(copies[shown])
        if card.kind == "why":
            return _why_html(explain(copies[shown].history, card.names[0]))
        if card.kind == "phases":
            rows = "".join(f"<div>{escape(line)}</div>" for line in card.lines)
            page = STORY._replace(theme=self.stage.pictures[0].figure.theme)
            picture = nodes_picture(copies[shown], page=page)._repr_html_()
            return f'{picture}<div class="clusterlab-card">{rows}</div>'
        line = f'<p class="clusterlab-card">{escape("".join(card.lines))}</p>'
        return line if len(card.lines) == 1 else _listing_html(card.lines)

    def _guess_html(self, sim: Any) -> str:
        if self._prediction is None or not self._prediction.guesses:
            return ""
        told = {name for card in self.play.cards if card.kind == "why" for name in card.names}
        result = self._prediction.compare(sim, told)
        rows = "".join(
            f"<div><b>{escape(word)}</b>: {escape(text)}</div>" for word, text in result.lines
        )
        kind = "right" if result.is_right else "wrong"
        return _note(kind, f"<b>{escape(result.head)}</b>{rows}")


def _listing_html(lines: Sequence[str]) -> str:
    """Return a listing for the story column: without its rule, with as few blanks as it takes."""
    rows = [line for line in lines if set(line) - set("- ")]
    width = max(map(len, rows), default=0)
    kept = [place for place in range(width) if any(row[place : place + 3].strip() for row in rows)]
    narrow = ["".join(row[place : place + 1] for place in kept) for row in rows]
    if len(kept) > STORY_CHARACTERS:
        narrow = [re.sub(r"(?<=\S) {3,}", "  ", row) for row in narrow]
    shown = "".join(f"<div>{escape_text(row)}</div>" for row in narrow)
    return f'<div class="clusterlab-listing">{shown}</div>'


def _why_html(explanation: Explanation) -> str:
    """Return the decision on a group: what came of it, and the verdict on each node."""
    decision = explanation.decision
    if decision is None:
        return f'<p class="clusterlab-card">{escape_text(" ".join(explanation.sentences))}</p>'
    head = f"{decision.group} stays on {decision.owner}: {decision.rule}"
    if decision.target is not None:
        head = f"{decision.target} was chosen at {decision.at_s:g} s"
    source = f'<p class="clusterlab-source">{escape_text(with_standing(decision.source))}</p>'
    shown = f"<b>{escape_text(head)}</b>{verdicts_html(decision)}{source}"
    return _note("why", shown)


def _dot(number: int, index: int) -> str:
    return "now" if number == index else "done" if number < index else "open"


def _note(kind: str, html: str) -> str:
    return f'<div class="clusterlab-note clusterlab-note-{kind}">{html}</div>'


def _list_of(group: str, places: list[tuple[str, str]]) -> w.Dropdown:
    return w.Dropdown(
        options=places, value="", description=f"{group} will be on",
        style={"description_width": "initial"}, layout=w.Layout(width="auto"),
    )  # fmt: skip


def task(name: str) -> TourLab:
    """Open a task of the exercises to be done in its panel; *Keep my answer* keeps it for `kept`.

    Raises:
        ConfigError: If there is no such task, or it is answered in its notebook.

    Example:
        >>> task("02.2").task
        '02.2'
    """
    words = words_of_task(name)
    title = words.title[:1].upper() + words.title[1:]
    scene = f'scene "{title}"\nshow {words.show}\nsay\n  {words.say}'
    return TourLab(read_scenario(f"task {name}\n\n{scene}"))


def tour(name: str | Path) -> TourLab:
    """Open a tour: one of the course by its name, such as "02/first_failure", or a file.

    Raises:
        ConfigError: If there is no such tour, or the file is none.

    Example:
        >>> tour("02/first_failure").play.title
        'Three active, one passive'
    """
    is_known = str(name) in tour_names()
    file = tour_file(str(name)) if is_known else Path(name)
    if not is_known and not file.is_file():
        allowed = ", ".join(tour_names())
        raise ConfigError(f"there is no tour {str(name)!r}; allowed: a file, or {allowed}")
    scenario = read_scenario(file)
    if scenario.tour is None:
        raise ConfigError(f'{file.name} is no tour; allowed: a file that begins with tour "TITLE"')
    return TourLab(scenario, str(name) if is_known else "")
