"""Questions, predictions, hints and checks with feedback.

A check looks at the state of the simulated cluster, never at the text of a cell. Everything can be
answered with widgets or by code, and both end in the same state. What is shown without a kernel
is a text that asks but does not give the answer away. All words come from the folders of the
lessons; what is right comes from the checks there and from the simulation.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import ipywidgets as w

from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.facts import with_standing
from clusterlab.cluster.states import GroupState
from clusterlab.lab.folds import ANSWER_RULES, folds
from clusterlab.lessons import (
    QuestionWords,
    TaskWords,
    lesson_numbers,
    questions_of,
    tasks,
    tasks_of,
)
from clusterlab.lessons.progress import note
from clusterlab.lessons.trials import Finding, OtherAnswerWanted
from clusterlab.simulation import Simulation
from clusterlab.tomlfiles.tables import own_table

TASKS: Mapping[str, TaskWords] = {
    task: words for number in lesson_numbers() for task, words in tasks_of(number).items()
}
QUESTIONS: Mapping[str, QuestionWords] = {
    key: words for number in lesson_numbers() for key, words in questions_of(number).items()
}
SAY: Mapping[str, str] = own_table(Path(__file__).with_name("exercises.toml")).data
"""What is said around questions and tasks, for all parts of the course."""
NOWHERE = SAY["nowhere"]
WIDTH = 92  # characters in a line of a text twin

_INK = "color: var(--jp-content-font-color1, #1B1F24); line-height: 1.5; max-width: 60em;"
_EDGES = {True: "#009E73", False: "#D55E00", None: "#6B7280"}


# --- results ------------------------------------------------------------------------------------


Line = tuple[str, str]  # one line of a result: a word such as "missing", and a sentence


class Result(NamedTuple):
    """What a check found; true if everything is right.

    Attributes:
        head: The outcome in one line.
        is_right: Whether everything is right.
        lines: What is right, what is missing, where to read.
        is_open: Whether nothing was answered yet, so that nothing is wrong either.
        share: Which share of the points its parts have earned, 0 to 1.
        cost: Points that hints cost.
    """

    head: str
    is_right: bool
    lines: tuple[Line, ...] = ()
    is_open: bool = False
    share: float = 0.0
    cost: int = 0

    def __bool__(self) -> bool:
        return self.is_right

    def points(self, most: int) -> float:
        """Return the points of *most* that are earned; nbgrader takes them as the score.

        Parts earn half points at least; each hint that gave the line costs one.

        Example:
            >>> check("02.4", {"b", "c"}).points(3)
            2
        """
        halves = 2 * most if self.is_right else int(2 * most * self.share + 1e-9)
        left = max(halves / 2 - self.cost, 0)
        return int(left) if left.is_integer() else left

    def __repr__(self) -> str:
        rows = [_wrapped(text, first=f"  {word:<9}", then=" " * 11) for word, text in self.lines]
        return "\n".join([_wrapped(self.head), *rows])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<div><b>{escape(word)}</b> {escape(text)}</div>" for word, text in self.lines
        )
        edge = None if self.is_open else self.is_right
        return _card(f"<b>{escape(self.head)}</b>{rows}", is_right=edge)


def _card(html: str, *, is_right: bool | None = None) -> str:
    edge = f"border-left: 4px solid {_EDGES[is_right]}; padding: 4px 12px; margin: 4px 0;"
    return f'<div style="{_INK} {edge}">{html}</div>'


def _wrapped(text: str, first: str = "", then: str = "") -> str:
    rows = [
        textwrap.fill(row, WIDTH, initial_indent=first if not number else then,
                      subsequent_indent=then, break_long_words=False, break_on_hyphens=False)
        for number, row in enumerate(text.splitlines())
    ]  # fmt: skip
    return "\n".join(rows)


def _say(key: str, **facts: object) -> str:
    return SAY[key].format(**facts)


def _looked_up(table: Mapping[str, Any], key: str, what: str) -> Any:
    if key not in table:
        raise ConfigError(f"there is no {what} {key!r}; allowed: {', '.join(table)}")
    return table[key]


def _numbered(items: Sequence[Any], number: int, what: str) -> Any:
    if not 1 <= number <= len(items):
        raise ConfigError(f"there is no {what} {number}; allowed: 1 to {len(items)}")
    return items[number - 1]


class _Shown:
    _widget: Any = None

    @property
    def widget(self) -> Any:
        """The widget, made when it is first needed."""
        if self._widget is None:
            self._widget = self._make_widget()
        return self._widget

    def _make_widget(self) -> Any:
        raise NotImplementedError

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {**self.widget._repr_mimebundle_(), "text/plain": repr(self)}


def _html(text: str = "") -> Any:
    return w.HTML(text, layout=w.Layout(width="auto", margin="0"))


def _button(text: str, on_click: Callable[[], object]) -> Any:
    button = w.Button(description=text, layout=w.Layout(width="max-content"))
    button.on_click(lambda _: on_click())
    return button


# --- questions ----------------------------------------------------------------------------------


class Question(_Shown):
    """A multiple-choice or true-or-false question, by its key such as "quiz/16"; *heard* is told.

    Attributes:
        chosen: The answer given, by letter or word; None before.
    """

    def __init__(
        self, key: str, words: QuestionWords, heard: Callable[[str], object] | None = None
    ) -> None:
        self.key = key
        self.words = words
        self.chosen: str | None = None
        self._heard = heard

    @property
    def is_right(self) -> bool:
        """Whether the answer given is the right one."""
        return self.chosen == self.words.right

    def answer(self, choice: str | bool) -> Result:
        """Answer with a letter, or with True or False.

        Raises:
            ConfigError: If there is no such answer.

        Example:
            >>> print(question("quiz/10").answer("true"))
            Not quite.
              why      It is false: one for each cluster, in its first EVS.
              read     handbook 2, 1.3; KB 259197: sourced
        """
        given = str(choice).strip().casefold()
        _looked_up(self.words.options, given, f"answer to {self.key}")
        self.chosen = given
        if self.is_right and self.key:
            note(f"question {self.key}")
        if self._widget is not None:
            self._choice.value = self.chosen
            self._said.value = self.feedback()._repr_html_()
        if self._heard is not None:
            self._heard(given)
        return self.feedback()

    def feedback(self) -> Result:
        """Return what is said of the answer given."""
        if self.chosen is None:
            return Result(SAY["no_choice"], False, is_open=True)
        head = SAY["right"] if self.is_right else SAY["not_so"]
        option = self.words.options[self.chosen]
        read = with_standing(self.words.source)
        lines = ((SAY["found_why"], option.feedback), (SAY["found_read"], read))
        return Result(head, self.is_right, lines)

    def text(self) -> str:
        """Return the question and its answers, without a word on which is right."""
        if self.words.is_statement:
            return _wrapped(f"{self.words.text} True or false?")
        rows = [
            _wrapped(option.text, first=f"  {letter}) ", then=" " * 5)
            for letter, option in self.words.options.items()
        ]
        return "\n".join([_wrapped(self.words.text), *rows])

    def __repr__(self) -> str:
        if self.chosen is not None:
            return f"{self.text()}\n\n{self.feedback()!r}"
        call = f'question("{self.key}")'
        example = next(iter(self.words.options))
        how = _say("answer_by_code", call=call, example=example)
        return f"{self.text()}\n\n{how}"

    def _make_widget(self) -> Any:
        lettered = not self.words.is_statement
        labels = [
            (f"{key}) {option.text}" if lettered else option.text, key)
            for key, option in self.words.options.items()
        ]
        self._choice = w.RadioButtons(options=labels, index=None, layout=w.Layout(width="auto"))
        self._choice.value = self.chosen
        self._said = _html()
        text = escape(self.words.text).replace("\n", "<br>")
        check = _button(SAY["check"], self._check_clicked)
        view = w.VBox([_html(_card(f"<b>{text}</b>")), self._choice, check, self._said])
        view.add_class("clusterlab-question")
        if self.chosen is not None:
            self._said.value = self.feedback()._repr_html_()
        return view

    def _check_clicked(self) -> None:
        if self._choice.value is not None:
            self.answer(self._choice.value)
        else:
            self._said.value = self.feedback()._repr_html_()


_ASKED: dict[str, Question] = {}


def question(key: str) -> Question:
    """Return the question with this key; asked again it is the same one, with its answer.

    Raises:
        ConfigError: If there is no such question.

    Example:
        >>> question("quiz/1").answer(False).is_right
        True
    """
    words = _looked_up(QUESTIONS, key, "question")
    return _ASKED.setdefault(key, Question(key, words))


class Quiz(_Shown):
    """What is often said of the matter of a part of the course, each true or false."""

    def __init__(self, part: str, questions: Sequence[Question]) -> None:
        """Ask *questions* of the part with this number."""
        self.part = part
        self.questions = tuple(questions)

    def answer(self, number: int, choice: str | bool) -> Result:
        """Answer the statement with this number, counted from 1.

        Raises:
            ConfigError: If there is no statement with this number, or no such answer.
        """
        asked: Question = _numbered(self.questions, number, "statement")
        return asked.answer(choice)

    def __repr__(self) -> str:
        rows = [
            _wrapped(item.words.text, first=f"{number:>3}  ", then=" " * 5)
            for number, item in enumerate(self.questions, start=1)
        ]
        call = f'quiz("{self.part}")'
        return "\n".join(["True or false?", *rows, "", _say("quiz_by_code", call=call, number=1)])

    def _make_widget(self) -> Any:
        texts = [item.words.text for item in self.questions]
        titles = [f"{number}. {text}" for number, text in enumerate(texts, start=1)]
        return folds(titles, [item.widget for item in self.questions])


def quiz(part: str) -> Quiz:
    """Return the statements of a part of the course ("01", "02").

    Raises:
        ConfigError: If there is no such part.

    Example:
        >>> len(quiz("01").questions)
        10
    """
    _looked_up(dict.fromkeys(lesson_numbers()), part, "part of the course")
    asked = (key for key, words in questions_of(part).items() if words.is_statement)
    return Quiz(part, [question(key) for key in asked])


# --- predictions --------------------------------------------------------------------------------


class Prediction:
    """Where a learner expects each group to be; compared later with the simulation.

    `guesses` has by group the node said, or `NOWHERE`.
    """

    def __init__(self, sim: Simulation, groups: Iterable[str] = ()) -> None:
        """Ask about *groups*, or about all but the Cluster Group."""
        config = sim.cluster.config
        named = [config.group_name(group) for group in groups]
        self.groups = tuple(named or sim.outages())
        self.nodes = tuple(config.nodes_by_name)
        self.guesses: dict[str, str] = {}
        self._asked_s = sim.now_s

    def say(self, guesses: Mapping[str, str]) -> Prediction:
        """Say where groups will be, by group the node or `NOWHERE`."""
        allowed = {name.casefold(): name for name in (*self.nodes, NOWHERE)}
        for group, guess in guesses.items():
            _looked_up(dict.fromkeys(self.groups), group, "group in this question:")
            self.guesses[group] = _looked_up(allowed, guess.casefold(), f"place for {group}:")
        return self

    def compare(self, sim: Simulation, told: Container[str] = ()) -> Result:
        """Return what was right, and for each wrong guess the rule that says otherwise.

        The rule is left out for the groups of *told*: it stands beside the result.
        """
        lines = [self._compared(sim, group, group in told) for group in self.groups]
        right = sum(word.endswith("+") for word, _ in lines)
        head = _say("predict_score", right=right, all=len(lines))
        shown = tuple((word.rstrip("+"), text) for word, text in lines)
        if not self.guesses:
            return Result(SAY["nothing_said"], False, shown, is_open=True)
        return Result(head, right == len(lines), shown)

    def _compared(self, sim: Simulation, group: str, is_told: bool) -> Line:
        guess = self.guesses.get(group)
        is_failed = sim.state(group) is GroupState.FAILED
        facts = {"state": sim.state(group).value, "owner": sim.owner(group), "guess": guess}
        if guess is None:
            return (group, _say("no_guess", **facts))
        if guess == (NOWHERE if is_failed else sim.owner(group)):
            return (f"{group}+", _say("guess_right", **facts))
        reasons = [] if is_told else _reasons(sim, group, guess, self._asked_s)
        return (group, _say("guess_wrong", because=" ".join(reasons), **facts).rstrip())


def _reasons(sim: Simulation, group: str, guess: str, since_s: float) -> list[str]:
    """Return the sentences that speak against a guess: the verdict on its node, then the rule."""
    decisions = [d for d in sim.decisions if d.group == group and d.at_s >= since_s]
    why = sim.why(group)
    if not decisions and guess != NOWHERE:
        return [SAY["guess_stayed"]]
    verdicts = [v for d in decisions for v in d.verdicts if v.node == guess]
    words = []
    if guess == NOWHERE:
        words.append(_say("guess_failed", owner=sim.owner(group)))
    elif verdicts and verdicts[-1].accepted:
        words.append(_say("guess_is_failed", node=guess))
    elif verdicts:
        words.append(_say("guess_of_node", node=guess, reason=verdicts[-1].reason))
    return [*words, *why.sentences[1:], f"({why.known_by})"]


# --- tasks --------------------------------------------------------------------------------------


class Hints(_Shown):
    """The hints to a task, folded; one more is shown at each click."""

    def __init__(self, task: str, texts: Sequence[str], gives_line: int = 0) -> None:
        """Fold *texts* away; those from the number *gives_line* on cost a point each."""
        self.task = task
        self.texts = tuple(texts)
        self.gives_line = gives_line
        self.shown = 0

    def show(self, number: int) -> Result:
        """Return the hint with this number, counted from 1; what it costs is written down.

        Raises:
            ConfigError: If there is no such hint.
        """
        text = _numbered(self.texts, number, "hint")
        if costs := self._costs(number):
            tasks.take_hint(self.task, number)
        head = _say("hint", number=number, all=len(self.texts), costs=costs, text=text)
        return Result(head, False, is_open=True)

    def _costs(self, number: int) -> str:
        return SAY["hint_costs"] if 0 < self.gives_line <= number else ""

    def __repr__(self) -> str:
        count, first = len(self.texts), self.gives_line
        key = "last_hint_costs" if first == count else "hints_cost"
        costs = _say(key, number=first) if first else ""
        return _say("hints", all=count, s="" if count == 1 else "s", task=self.task, costs=costs)

    def _make_widget(self) -> Any:
        self._said = _html()
        self._more = _button(self._label(), self._show_next)
        style = _html(f"<style>{ANSWER_RULES}</style>")
        style.layout.display = "none"
        return w.VBox([self._more, self._said, style])

    def _label(self) -> str:
        number = self.shown + 1
        return _say("next_hint", number=number, all=len(self.texts), costs=self._costs(number))

    def _show_next(self) -> None:
        self.shown = min(self.shown + 1, len(self.texts))
        heads = [escape(self.show(number).head) for number in range(1, self.shown + 1)]
        self._said.value = _card("<br>".join(heads))
        self._more.disabled = self.shown == len(self.texts)
        self._more.description = SAY["no_more_hints"] if self._more.disabled else self._label()


def hints(task: str) -> Hints:
    """Return the hints to a task, folded.

    Raises:
        ConfigError: If there is no such task.

    Example:
        >>> hints("02.2")
        3 hints, one at a time: the button, or hints('02.2').show(1)
    """
    words: TaskWords = _looked_up(TASKS, task, "task")
    return Hints(task, words.hints, words.gives_line)


def check(task: str, answer: object) -> Result:
    """Check the answer to a task by the state of the simulated cluster.

    Args:
        task: Its number, such as "02.3".
        answer: What the task asks for, mostly the simulation. None or `...` is an answer not
            given yet.

    Returns:
        What is right, what is missing and where to read.

    Raises:
        ConfigError: If there is no such task.

    Example:
        >>> print(check("02.2", ...))
        Task 02.2, bring EVS2 back: not done yet
          read     handbook 1, 4.3, 4.13 and 5.5; handbook 2, 4.4: sourced
    """
    words: TaskWords = _looked_up(TASKS, task, "task")
    read = (SAY["found_read"], with_standing(words.read))
    if answer is None or answer is ...:
        return _result(task, words, SAY["not_done"], (read,))
    lines: tuple[Line, ...] = (read,)
    try:
        findings = [*tasks.findings(task, answer)]
    except OtherAnswerWanted as error:
        lines, findings = ((SAY["found_missing"], str(error)), read), []
    if not findings:
        return _result(task, words, SAY["not_done"], lines)
    lines = tuple(_found(words, finding) for finding in findings)
    right, share, cost = sum(f.is_right for f in findings), 1.0, tasks.hints_taken(task)
    is_right, state = right == len(lines), SAY["done"]
    if is_right:
        note(f"task {task}")
    else:
        share = tasks.share(task, words, findings)
        state, lines = _say("not_yet", right=right, all=len(lines)), (*lines, read)
    earned = [_say("earned", share=100 * share)] if 0 < share < 1 else []
    earned += [_say("cost", cost=cost, s="" if cost == 1 else "s")] if cost else []
    lines += ((SAY["found_points"], " ".join(earned)),) if earned else ()
    return _result(task, words, state, lines)._replace(is_right=is_right, share=share, cost=cost)


def _result(task: str, words: TaskWords, state: str, lines: tuple[Line, ...]) -> Result:
    head = _say("task", task=task, title=words.title)
    return Result(f"{head}: {state}", False, lines, is_open=state == SAY["not_done"])


def _found(words: TaskWords, finding: Finding) -> Line:
    right, missing = words.findings[finding.condition]
    key, text = ("found_right", right) if finding.is_right else ("found_missing", missing)
    return SAY[key], text.format(**finding.facts)
