"""What the procedure panel says, as HTML: the sheet of a step, outcomes, tables.

Everything comes from the values of a run; names are escaped. No rule is decided here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import ipywidgets as w

from clusterlab.cluster.errors import ConfigError, wrong
from clusterlab.clusterexe.commands import command_line
from clusterlab.lab.figures.drawing import escape_text, in_words
from clusterlab.lab.figures.palette import TASK_LOOKS
from clusterlab.lab.figures.procedure import phases_of, row_of, task_look
from clusterlab.lab.figures.unfinished import node_rows
from clusterlab.lab.panels.parts import labelled, put
from clusterlab.lab.panels.views import refusal_html, state_html, table_html
from clusterlab.procedures.procedure import RunEntry, Task
from clusterlab.procedures.run import Run, critical_chain
from clusterlab.procedures.step import Choice, TaskState
from clusterlab.procedures.trial import Record, Remark
from clusterlab.rules.judging import Inspection

_WORDING = '<span class="clusterlab-source">(wording reconstructed)</span>'
_LINES = 1400  # so many lines of the log are shown


def hours(minutes: int) -> str:
    """Return minutes as people say them.

    Example:
        >>> [hours(minutes) for minutes in (0, 45, 120, 782)]
        ['0 min', '45 min', '2 h', '13 h 2 min']
    """
    return in_words(60 * minutes) if minutes else "0 min"


# --- the sheet of a step ----------------------------------------------------------------------


def title_html(run: Run, task: Task, *, is_exam: bool) -> str:
    """Return id, state and title of a task."""
    look = task_look(run, task.key, is_exam=is_exam)
    return (
        f"<h3>{escape_text(task.short)} {state_html(look)}</h3>"
        f"<p><b>{escape_text(task.title)}</b></p>"
    )


def sheet_html(run: Run, task: Task, *, is_exam: bool) -> str:
    """Return what is known of a task before it is done; an exam tells where and how long."""
    step = task.step
    facts = {"Where": escape_text(task.text(step.place))}
    if not is_exam:
        facts["How"] = escape_text(task.how)
        facts["Who"] = escape_text(task.text(step.permission))
        facts["Needs"] = _needs_html(run, task)
        facts["Verify"] = escape_text(task.text(step.verify))
        facts["Later"] = escape_text(task.text(step.later))
    facts["Minutes"] = str(step.minutes)
    facts["Source"] = f'<span class="clusterlab-source">{escape_text(step.source)}</span>'
    rows = "".join(
        f'<tr><th scope="row">{name}</th><td>{text}</td></tr>'
        for name, text in facts.items()
        if text
    )
    return f'<table class="clusterlab-facts clusterlab-step"><tbody>{rows}</tbody></table>'


def _needs_html(run: Run, task: Task) -> str:
    done = TASK_LOOKS[TaskState.DONE].glyph
    items = []
    for key, need in task.needs.items():
        other = run.procedure.task(key)
        glyph = done if key in run.situation.done else "○"
        kind = "must" if need.is_hard else "should"
        items.append(f"{glyph} <b>{escape_text(other.short)}</b> ({kind})")
    return ", ".join(items) or "nothing"


def typed_html(lines: Iterable[str]) -> str:
    """Return what is typed for a task: commands of other tools, and lines of cluster.exe."""
    codes = "<br>".join(f"<code>{escape_text(line)}</code>" for line in lines)
    return f"<p><b>Typed</b><br>{codes}</p>" if codes else ""


def sentence_html(text: str) -> str:
    """Return a sentence of a note, or nothing."""
    return f"<p>{escape_text(text)}</p>" if text else ""


# --- what came of it --------------------------------------------------------------------------


def outcome_html(run: Run, record: Record) -> str:
    """Return what came of the last thing that was done, with its warnings and its damage."""
    entry = record.entry
    if record.refusal is not None or (not entry.key and entry.event is None):
        return ""
    is_damaged = any(remark.is_damage for remark in record.remarks)
    role = "failed" if is_damaged else "pending" if record.remarks else "online"
    word = "✖ It did harm" if is_damaged else "✔ Done"
    first, *more = [f"<div>{remark_html(remark)}</div>" for remark in record.remarks] or [""]
    rest = f"<details><summary>{len(more)} more</summary>{''.join(more)}</details>" if more else ""
    return (
        f'<div class="clusterlab-alert clusterlab-{role}"><b>{word}</b>: '
        f"{escape_text(_entry_words(run, entry))}.{first}{rest}</div>"
    )


def remark_html(remark: Remark) -> str:
    """Return a warning or a damage: code, text, whose wording it is, reason, remedy."""
    wording = "" if remark.is_verbatim else f" {_WORDING}"
    kind = "Harm" if remark.is_damage else "Warning"
    return (
        f"<b>{kind} {escape_text(remark.code)}</b> {escape_text(remark.text)}{wording} "
        f"{escape_text(remark.because)} <b>What to do:</b> {escape_text(remark.remedy)}"
    )


def _entry_words(run: Run, entry: RunEntry) -> str:
    if entry.event is not None:
        return entry.event.in_words()
    task = run.procedure.task(entry.key)
    said = ", ".join(f"{name}: {value}" for name, value in entry.choices.items())
    return f"{task.short} {task.title}" + (f" ({said})" if said else "")


def harms_html(run: Run) -> str:
    """Return what is wrong and has shown itself, each with its task."""
    items = "".join(
        f"<li><b>{escape_text(harm.code)}</b> {escape_text(harm.because)} "
        f"({escape_text(harm.task.partition('/')[2])})</li>"
        for harm in run.damages
    )
    head = "<b>✖ Wrong, and not repaired yet</b>"
    return f"<p>{head}</p><ul style='margin: 0; padding-left: 18px'>{items}</ul>" if items else ""


# --- progress ---------------------------------------------------------------------------------


def progress_html(run: Run) -> str:
    """Return how far it is, what is left, and what nobody can be faster than."""
    (done, counted), cost = run.progress, run.cost()
    left, chain = (sum(t.step.minutes for t in some) for some in (run.left(), critical_chain(run)))
    words = [
        f"<b>{done} of {counted}</b> done",
        f"{hours(cost.minutes)} so far",
        f"left: {hours(left)} alone, {hours(chain)} on the critical path",
        cost.mistakes_text,
    ]
    every, open_ = (
        Counter(t.step.phase for t in some) for some in (run.procedure.tasks, run.left())
    )
    parts = (f"{one} {every[one] - open_[one]}/{every[one]}" for one in phases_of(run.procedure))
    phases = f'<div class="clusterlab-source">{" · ".join(parts)}</div>'
    return f'<span class="clusterlab-clock">{" · ".join(words)}</span>{phases}'


def exam_html(run: Run) -> str:
    """Return the score of an exam, and when all is done what has not shown itself yet."""
    cost = run.cost()
    words = f"<b>Exam</b>: {cost.mistakes_text}, {hours(cost.minutes)}."
    if run.left():
        return f"<p>{words}</p>"
    hidden = "".join(
        f"<li><b>{escape_text(harm.code)}</b> {escape_text(harm.because)}</li>"
        for harm in run.harms
    )
    left = f"Still hidden in your cluster:<ul>{hidden}</ul>" if hidden else "Nothing is hidden."
    best = f"The handbook takes {hours(run.procedure.minutes())} and makes none."
    return f'<div class="clusterlab-alert clusterlab-online">{words} {best} {left}</div>'


# --- tabs -------------------------------------------------------------------------------------


def steps_html(run: Run, *, is_exam: bool) -> str:
    """Return the text twin of the picture of steps: every counted task and what it waits for."""
    blocked: Mapping[str, Mapping[str, str]] = {} if is_exam else run.blocked()
    rows, tasks = [], list(run.procedure.tasks)
    if is_exam:  # the order of the list would be a hint
        tasks.sort(key=lambda task: (task.step.id, task.subject.number))
    for task in tasks:
        waits = ", ".join(other.partition("/")[2] for other in blocked.get(task.key, ()))
        state = state_html(task_look(run, task.key, is_exam=is_exam))
        rows.append(
            (escape_text(task.short), escape_text(task.step.phase),
                   escape_text(row_of(task)), escape_text(task.title), state,
                   str(task.step.minutes), escape_text(waits))
        )  # fmt: skip
    heads = ("Step", "Phase", "For", "Title", "State", "Minutes", "Waits for")
    return table_html("Steps", heads, rows)


def journal_html(run: Run) -> str:
    """Return what was done so far, and what came of it."""
    rows = []
    for record in run.records[1:]:
        words = escape_text(_entry_words(run, record.entry))
        came = [refusal_html(record.refusal)] if record.refusal is not None else []
        came += [remark_html(remark) for remark in record.remarks]
        lines = "<br>".join(f"<code>{escape_text(line)}</code>" for line in record.lines)
        minute = hours(record.situation.minute - run.records[0].situation.minute)
        rows.append((minute, words, lines, "<br>".join(came) or "done"))
    heads = ("Until", "What was done", "cluster.exe", "Result")
    return table_html("Journal", heads, rows)


def nodes_html(run: Run) -> str:
    """Return the text twin of the picture of nodes: how far each one is."""
    rows = [tuple(map(escape_text, row)) for row in node_rows(run)]
    heads = ("Node", "State", "Windows", "Domain", "Adapters", "Components", "Exchange")
    return table_html("Nodes", heads, rows)


def logged_html(run: Run) -> str:
    """Return what the cluster logged while it was built, oldest first."""
    rows = [
        (f"{entry.at_s / 60:.1f}", escape_text(entry.node), escape_text(entry.source),
               str(entry.event_id), escape_text(entry.text))
        for entry in run.log[-_LINES:]
    ]  # fmt: skip
    return table_html("Event log", ("Minute", "Node", "Source", "Event", "Text"), rows)


def inspection_html(inspection: Inspection) -> str:
    """Return what is not as it should be, with the lines that put it right."""
    rows = []
    for item in inspection.findings:
        lines = "<br>".join(f"<code>{escape_text(line)}</code>" for line in item.commands)
        todo = f"{escape_text(item.remedy)}<br>{lines}" if lines else escape_text(item.remedy)
        rows.append(
            (escape_text(item.subject), escape_text(item.rule.title),
                   escape_text(item.value), escape_text(item.rule.expected), todo,
                   escape_text(item.rule.source))
        )  # fmt: skip
    heads = ("What", "Rule", "It is", "Expected", "To do", "Source")
    count = (
        f"<p>{len(inspection.passed)} rules kept, {len(inspection.findings)} broken, "
        f"{len(inspection.unchecked)} not checked.</p>"
    )
    return count + (table_html("Checklist", heads, rows) if rows else "")


def sent_html(run: Run) -> str:
    """Return every cluster.exe line that was run, with the minute."""
    rows = []
    before = run.records[0]
    for record in run.records[1:]:
        lines = record.lines
        if record.entry.event is not None and before.situation.cluster is not None:
            lines = tuple(
                command_line(record.entry.event, before.situation.cluster.config).splitlines()
            )
        minute = hours(record.situation.minute - run.records[0].situation.minute)
        rows += [(minute, f"<code>{escape_text(line)}</code>") for line in lines]
        before = record
    return table_html("Lines of cluster.exe", ("Until", "Line"), rows)


TABS: Mapping[str, Callable[[Run], str]] = {
    "Journal": journal_html, "Nodes": nodes_html, "cluster.exe": sent_html, "Log": logged_html,
}  # fmt: skip
UNDECIDED = "choose ..."  # the entry of a list in which nothing has been chosen yet
_OF_NODES = ("node", "owners")  # names of choices that may be answered with a node


class Decisions(w.VBox):
    """The choices of one task."""

    def __init__(self, changed: Callable[[], None]) -> None:
        super().__init__()
        self.add_class("clusterlab-decisions")
        self.controls: dict[str, Any] = {}
        self._changed = changed
        self._shown: object = None
        self._task: Task | None = None

    def show(self, task: Task, nodes: Sequence[str], *, is_exam: bool) -> None:
        """Show the choices of *task* in a plan of *nodes*; an exam chooses nothing beforehand."""
        key = (task.key, is_exam)
        if key == self._shown:
            return
        self._shown, self._task = key, task
        self.controls = {
            choice.name: self._control(choice, task, _options(choice, task, nodes), is_exam)
            for choice in task.step.choices
        }
        put(self, children=tuple(self.controls.values()))

    def forget(self) -> None:
        """Make the next `show` begin anew, because another run is shown."""
        self._shown = None

    def choose(self, name: str, value: str) -> None:
        """Choose *value* for the choice *name*."""
        if name not in self.controls:
            raise ConfigError(f"no choice {name!r} here; allowed: {', '.join(self.controls)}")
        control, offered = self.controls[name], self._offered(name)
        if isinstance(control, w.Combobox):
            control.value = value
        elif value not in offered:
            raise wrong(name, value, ", ".join(offered))
        else:
            is_box = isinstance(control, w.Checkbox)
            control.value = not _is_negative(value) if is_box else value

    def values(self) -> Mapping[str, str]:
        """Return what is chosen, by name."""
        return {name: self._value(name) for name in self.controls}

    def said(self) -> Mapping[str, str]:
        """Return what is chosen so far, for what is shown."""
        return {
            name: self._value(name)
            for name, control in self.controls.items()
            if not self._is_open(name)
        }

    def _value(self, name: str) -> str:
        control = self.controls[name]
        if isinstance(control, w.Checkbox):
            ticked, unticked = sorted(self._offered(name), key=_is_negative)
            return ticked if control.value else unticked
        if self._is_open(name):
            raise ConfigError(f"{control.description!r} is not decided; choose first")
        return str(control.value)

    def _is_open(self, name: str) -> bool:
        value = self.controls[name].value
        return value == UNDECIDED or (value == "" and "" not in self._offered(name))

    def _offered(self, name: str) -> tuple[str, ...]:
        assert self._task is not None
        return self._task.options(name)

    def _control(
        self, choice: Choice, task: Task, options: tuple[str, ...], is_exam: bool
    ) -> w.Widget:
        made = _widget(task.text(choice.question), options, choice.is_open, is_exam)
        made.observe(lambda _: self._changed(), names="value")
        return made


def _options(choice: Choice, task: Task, nodes: Sequence[str]) -> tuple[str, ...]:
    """Return what is offered; where other words are accepted, each node beside what is right."""
    more = nodes if choice.is_open and choice.name in _OF_NODES else ()
    return tuple(dict.fromkeys((*task.options(choice.name), *more)))


def _widget(question: str, options: tuple[str, ...], is_open: bool, is_exam: bool) -> w.Widget:
    if options[1:] == (f"not {options[0]}",):
        return w.Checkbox(
            value=not is_exam and not _is_negative(options[0]),
            description=question,
            indent=False,
            layout=w.Layout(width="auto", max_width="100%"),
        )
    shown: list[str] = sorted(options) if is_exam else list(options)
    if is_open:
        made = labelled(
            w.Combobox, question, "", value="" if is_exam else options[0],
            options=sorted(filter(None, options)), placeholder="type it", continuous_update=False,
        )  # fmt: skip
    else:
        shown = [UNDECIDED, *shown] if is_exam else shown
        made = labelled(w.Dropdown, question, "", options=shown)
    made.layout.max_width = "100%"
    made.add_class("clusterlab-decision")
    return made


def _is_negative(option: str) -> bool:
    return option.startswith("not ")
