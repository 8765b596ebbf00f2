"""Words of buttons and labels, shared by all parts of the course."""

from __future__ import annotations


class Words:
    """Sentences of questions, predictions and tasks; words in braces are filled in."""

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
