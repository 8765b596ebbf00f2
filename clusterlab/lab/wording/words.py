"""The shapes that the words of the course have, and the words that all parts share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Option(NamedTuple):
    """One answer of a question, and what is said to a learner who chooses it."""

    text: str
    feedback: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionWords:
    """A question with its answers.

    Attributes:
        text: The question; may hold several lines.
        options: Answers by the letter or word that chooses them.
        right: Which of them is right.
        source: Where the rule stands.
    """

    text: str
    options: Mapping[str, Option]
    right: str
    source: str


class Pair(NamedTuple):
    """What is said of one condition of a task: when it holds, and when it does not."""

    right: str
    missing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskWords:
    """What a check says about one task.

    Attributes:
        title: A few words.
        findings: Sentences by condition; words in braces come from the cluster.
        read: Where to read about it.
        hints: From a nudge to nearly the answer.
    """

    title: str
    findings: Mapping[str, Pair]
    read: str
    hints: tuple[str, ...]


def statement(text: str, because: str, source: str, *, is_true: bool = False) -> QuestionWords:
    """Return something that is often said, right or wrong, as a question: true or false?"""
    said = f"It is {'true' if is_true else 'false'}: {because}"
    options = {"true": Option("True", said), "false": Option("False", said)}
    return QuestionWords(
        text=text, options=options, right="true" if is_true else "false", source=source
    )


class Words:
    """Words of buttons and labels, shared by all parts."""

    RIGHT = "Right."
    NOT_SO = "Not so."
    CHECK = "Check"
    NO_CHOICE = "Choose an answer first."
    ANSWER_BY_CODE = 'Answer with the buttons, or by code: {call}.answer("{example}")'
    QUIZ_SCORE = "{right} of {all} right, {open} not answered yet."
    QUIZ_BY_CODE = 'Answer with the buttons, or by code: {call}.answer({number}, "false")'

    TASK = "Task {task}, {title}"
    DONE = "done"
    NOT_YET = "not there yet, {right} of {all} right"
    NOT_DONE = "not done yet"
    FOUND_RIGHT = "right"
    FOUND_MISSING = "missing"
    FOUND_WHY = "why"
    FOUND_READ = "read"

    HINTS = "{all} hints, one at a time: the button, or hints({task!r}).show(1)"
    NEXT_HINT = "Hint {number} of {all}"
    HINT = "Hint {number} of {all}: {text}"
    NO_MORE_HINTS = "No more hints"

    PREDICT = "Say first where each group will be:"
    PREDICT_BY_CODE = "Choose a node for each, or by code: guess.say({example})"
    NOWHERE = "stays Failed"
    NOTHING_SAID = "You said nothing beforehand; this is what happened."
    NO_GUESS = "it is {state} on {owner}."
    GUESS_RIGHT = "right, it is {state} on {owner}."
    GUESS_WRONG = "you said {guess}; it is {state} on {owner}. {because}"
    GUESS_OF_NODE = "{node}: {reason}."
    GUESS_FAILED = "It can run where it is: {owner} accepted it."
    GUESS_STAYED = "Nothing made it move."
    GUESS_IS_FAILED = "It was tried on {node} and refused."
    PREDICT_SCORE = "{right} of {all} right"
