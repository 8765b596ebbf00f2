"""A procedure as a runbook to print and tick off: what, where, who, how, and how to verify.

`runbook` makes a value of any procedure, or of the rest of a run, with the client's own names;
`runbook_markdown` and `runbook_html` write it down, `write_runbook` into a file.
Commands are those of the run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from clusterlab.procedures.assumptions import ASSUMPTIONS
from clusterlab.procedures.downtime import forecast
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.planning import PlanTable, plan_tables, warnings
from clusterlab.procedures.procedure import Procedure, Task, clock
from clusterlab.procedures.run import Run
from clusterlab.tomlfiles.files import write_text
from clusterlab.tomlfiles.problems import ClusterFileError, Problem


class RunbookStep(NamedTuple):
    """A task as it stands in the runbook.

    Attributes:
        after: Numbers of the steps that come first and are still to be done.
    """

    number: int
    task: Task
    commands: tuple[str, ...]
    after: tuple[int, ...]

    @property
    def title(self) -> str:
        """What is done, with the client's name."""
        return self.task.title

    @property
    def texts(self) -> Mapping[str, str]:
        """What is said of it under which heading, with the client's names; nothing empty.

        What is said of each node is said of the one that it is done for.
        """
        task, step = self.task, self.task.step
        is_node = step.scope in ("node", "nodeX", "node1")
        said = {
            "Where": step.place.replace("each node", task.subject.name) if is_node else step.place,
            "Account": step.permission,
            "Do": step.how,
            "Verify": step.verify,
            "If left out": step.later,
            "Way back": step.rollback,
        }
        return {name: task.text(text) for name, text in said.items() if text}

    @property
    def decisions(self) -> tuple[tuple[str, str], ...]:
        """Questions of a wizard, each with the answer."""
        task, choices = self.task, self.task.step.choices
        return tuple((task.text(c.question), task.options(c.name)[0]) for c in choices)

    @property
    def minutes(self) -> str:
        """How long it takes, and whether it may be left out."""
        return f"{self.task.step.minutes} min{', optional' * self.task.step.is_optional}"


Section = tuple[str, tuple[RunbookStep, ...]]
"""Steps that belong together, below their heading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbook:
    """A runbook, before it is written down.

    Attributes:
        done: How many steps were done before; they are left out.
        shortest: Minutes with enough people; 0 for the rest of a run.
    """

    title: str
    plan: Plan
    sections: tuple[Section, ...]
    tables: tuple[PlanTable, ...]
    done: int
    shortest: int

    @property
    def steps(self) -> tuple[RunbookStep, ...]:
        """All steps in their order."""
        return tuple(step for _, steps in self.sections for step in steps)

    @property
    def minutes(self) -> int:
        """Minutes when one person does one step after the other."""
        return sum(step.task.step.minutes for step in self.steps)

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """What stands on the first page: name and value."""
        plan = self.plan
        left = f"{len(self.steps)} steps, {clock(self.minutes)} one after the other"
        if self.done:
            left += f" ({self.done} steps are done already)"
        people = f", {clock(self.shortest)} with enough people" if self.shortest else ""
        return (
            ("Cluster", f"{plan.cluster}, {plan.address}"),
            ("Nodes", ", ".join(node.name for node in plan.nodes)),
            ("Exchange Virtual Servers", ", ".join(evs.name for evs in plan.evs)),
            ("Domain", ", ".join(plan.domains)),
            ("Work", left + people),
        )


def runbook(work: Procedure | Run, seconds: Mapping[str, float] | None = None) -> Runbook:
    """Return the runbook of a procedure, or of what is left of a run.

    Args:
        work: What is to be done.
        seconds: The client's own times for the forecast, by assumption.

    Example:
        >>> from clusterlab.procedures import installation
        >>> book = runbook(installation(Plan.standard(nodes=2, evs=1)))
        >>> len(book.steps), book.minutes, book.steps[0].title
        (55, 782, 'Write the naming and IP plan')
    """
    run = Run(work) if isinstance(work, Procedure) else work
    procedure, tasks = run.procedure, run.left()
    numbers = {task.key: number for number, task in enumerate(tasks, start=1)}
    lines = _lines_of(run)
    sections = tuple(
        (_heading(group), tuple(_step(task, numbers, lines) for task in group))
        for group in _groups(tasks)
    )
    title = procedure.title or procedure.name.capitalize()
    path = procedure.critical_path()
    return Runbook(
        title=f"{title}: cluster {procedure.plan.cluster}",
        plan=procedure.plan,
        sections=sections,
        tables=(
            *plan_tables(procedure.plan),
            account_table(tasks, numbers),
            *forecast_tables(run, numbers, seconds),
        ),
        done=len(procedure.tasks) - len(tasks),
        shortest=sum(task.step.minutes for task in path) if tasks == procedure.tasks else 0,
    )


def _lines_of(run: Run) -> Mapping[str, tuple[str, ...]]:
    """Return for each task that is left the lines to type, from doing it with the right choices."""
    lines: dict[str, tuple[str, ...]] = {}
    for task in run.left():
        lines[task.key] = run.lines(task.key)
        run = run.attempt(task.key)
    return lines


def _groups(tasks: Sequence[Task]) -> Iterator[tuple[Task, ...]]:
    """Yield the tasks that stand under one heading: a block for one subject, else a phase."""

    def heading(task: Task) -> tuple[str, str]:
        block = task.step.block
        return (block, task.subject.mark) if block else ("", task.step.phase)

    for _, group in groupby(tasks, heading):
        yield tuple(group)


def _heading(tasks: Sequence[Task]) -> str:
    first = tasks[0]
    is_one = first.step.block and first.subject.name
    return f"{first.step.phase}: {first.subject.name}" if is_one else first.step.phase


def _step(
    task: Task, numbers: Mapping[str, int], lines: Mapping[str, tuple[str, ...]]
) -> RunbookStep:
    after = sorted(numbers[key] for key in task.needs if key in numbers)
    return RunbookStep(numbers[task.key], task, lines[task.key], tuple(after))


def account_table(tasks: Sequence[Task], numbers: Mapping[str, int]) -> PlanTable:
    """Return which steps need which account, with room for the name of the person."""
    by_right: dict[str, list[Task]] = {}
    for task in tasks:
        by_right.setdefault(task.text(task.step.permission), []).append(task)
    rows = (
        (right, ranges([numbers[task.key] for task in having]), _minutes(having), "")
        for right, having in by_right.items()
    )
    return PlanTable(
        name="accounts",
        title="Who runs which step with which account",
        head=("Permission", "Steps", "Time", "Person and account"),
        rows=tuple(rows),
    )


def forecast_tables(
    run: Run, numbers: Mapping[str, int], seconds: Mapping[str, float] | None = None
) -> Iterator[PlanTable]:
    """Yield how long each EVS is out and unprotected, where the steps say what takes how long.

    Source: handbook 4, 4.5.3.
    """
    cost = forecast(run, seconds=seconds)
    if not cost.steps:
        return
    out, bare = cost.downtime_s, cost.exposure_s
    rows = (
        (
            evs,
            ranges(sorted({numbers[step.key] for step in cost.steps if evs in step.out})),
            f"{out[evs] / 60:g} min",
            f"{bare[evs] / 60:g} min",
            "",
        )
        for evs in cost.evs
    )
    yield PlanTable(
        name="forecast",
        title="Outage forecast",
        head=("EVS", "Steps", "Out", "Online without a standby", "Measured"),
        rows=tuple(rows),
        notes=tuple(_time_notes(run, seconds or {})),
    )


def _time_notes(run: Run, own: Mapping[str, float]) -> Iterator[str]:
    used = {name for task in run.left() for name in task.step.takes}
    table = {name: row for name, row in ASSUMPTIONS.items() if name in used}
    given = [f"{row.text} {own[name]:g} s" for name, row in table.items() if name in own]
    assumed = [f"{r.text} {r.seconds:g} s" for name, r in table.items() if name not in own]
    if given:
        yield f"The client's own times: {'; '.join(given)}."
    if assumed:
        yield f"Assumptions, to be replaced by measured times: {'; '.join(assumed)}."


def step_table(book: Runbook) -> PlanTable:
    """Return the steps one by one, for whoever keeps a project plan in a spreadsheet."""
    rows = (
        (str(s.number), s.task.short, s.title, s.texts["Where"], s.texts["Account"],
         str(s.task.step.minutes), ranges(s.after), "")
        for s in book.steps
    )  # fmt: skip
    return PlanTable(
        name="steps",
        title=book.title,
        head=("No.", "Key", "Step", "Where", "Permission", "Minutes", "After", "Person"),
        rows=tuple(rows),
    )


def _minutes(tasks: Sequence[Task]) -> str:
    return clock(sum(task.step.minutes for task in tasks))


def ranges(numbers: Sequence[int]) -> str:
    """Return numbers with those in a row drawn together: "1-3, 7"."""
    parts = []
    for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        row = [number for _, number in run]
        parts.append(str(row[0]) if len(row) == 1 else f"{row[0]}-{row[-1]}")
    return ", ".join(parts)


# --- Markdown -----------------------------------------------------------------------------------

_SPECIAL = re.compile(r"([\\`*_\[\]<#|~])")


def _plain(text: str) -> str:
    """Return *text* with everything escaped that Markdown would read as a sign."""
    return _SPECIAL.sub(r"\\\1", text)


def runbook_markdown(work: Procedure | Run, seconds: Mapping[str, float] | None = None) -> str:
    """Return the runbook in Markdown: a check box for each step, commands in code blocks."""
    book = runbook(work, seconds)
    lines = [f"# {_plain(book.title)}", ""]
    lines += [f"- **{name}**: {_plain(value)}" for name, value in book.facts]
    lines += ["- **Version, date, prepared by**: ____________________", ""]
    for table in book.tables:
        lines += [*_markdown_table(table), ""]
    for title, steps in book.sections:
        lines += [f"## {_plain(title)} ({_minutes([step.task for step in steps])})", ""]
        for step in steps:
            lines += [*_markdown_step(step), ""]
    return "\n".join(lines)


def _markdown_table(table: PlanTable) -> Iterator[str]:
    yield f"## {_plain(table.title)}"
    yield ""
    yield f"| {' | '.join(map(_plain, table.head))} |"
    yield f"|{'---|' * len(table.head)}"
    for row in table.rows:
        yield f"| {' | '.join(map(_plain, row))} |"
    if table.notes:
        yield ""
    for note in table.notes:
        yield f"- {_plain(note)}"


def _markdown_step(step: RunbookStep) -> Iterator[str]:
    yield (f"- [ ] **{step.number}. {_plain(step.title)}** (`{step.task.short}`, {step.minutes})")
    for name, text in step.texts.items():
        yield f"  - {name}: {_plain(text)}"
        if name == "Do":
            yield from (f"  - {_plain(q)} **{_plain(a)}**" for q, a in step.decisions)
            lines = ("", "    ```text", *(f"    {line}" for line in step.commands), "    ```", "")
            yield from lines if step.commands else ()
    if step.after:
        yield f"  - After: {ranges(step.after)}"
    yield "  - Time: ________ Initials: ________ Remarks: ________________"


# --- HTML -----------------------------------------------------------------------------------------

ENDINGS = (".html", ".md")
"""What a runbook can be written as."""


@cache
def page_style() -> str:
    """Return the style of a page to print; its colours are variables of `:root`."""
    return Path(__file__).with_name("runbook.css").read_text("utf-8")


def runbook_html(work: Procedure | Run, seconds: Mapping[str, float] | None = None) -> str:
    """Return the runbook as one HTML file; every name is escaped."""
    book = runbook(work, seconds)
    title = escape(book.title)
    parts = (
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title>",
        f"<style>\n{page_style()}</style></head><body>",
        f"<h1>{title}</h1>",
        '<p class="lead">Runbook: tick each step when its verification is done, and write down '
        "time and initials.</p>",
        *_first_page(book),
        *(part for table in book.tables for part in table_html(table)),
        *(part for number, one in enumerate(book.sections, 1) for part in _section(number, *one)),
        *_last_page(),
        "</body></html>\n",
    )
    return "\n".join(parts)


def _first_page(book: Runbook) -> Iterator[str]:
    empty = ("Version and date", "Prepared by", "Approved by", "Change number")
    rows = (*book.facts, *((name, "") for name in empty))
    yield '<table class="facts">'
    for name, value in rows:
        yield f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>"
    yield "</table>"
    for warning in warnings(book.plan):
        yield f'<p class="warning"><b>Warning:</b> {escape(warning)}</p>'
    yield "<nav><h2>Contents</h2><ol>"
    for table in book.tables:
        yield f'<li><a href="#{table.name}">{escape(table.title)}</a></li>'
    for number, (title, steps) in enumerate(book.sections, 1):
        label = f"{escape(title)}<small>{_numbers(steps)}</small>"
        yield f'<li><a href="#section-{number}">{label}</a></li>'
    yield "</ol></nav>"


def _numbers(steps: Sequence[RunbookStep]) -> str:
    numbers = ranges([step.number for step in steps])
    return f"steps {numbers}, {_minutes([step.task for step in steps])}"


def _cells(tag: str, cells: Iterable[str]) -> str:
    return "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells)


def table_html(table: PlanTable, anchor: str = "") -> Iterator[str]:
    """Yield a table with its heading; *anchor* is what links to it, if not its name."""
    yield f'<h2 id="{anchor or table.name}">{escape(table.title)}</h2>'
    if table.rows:
        yield f'<div class="wide"><table class="{table.name}">'
        yield f"<thead><tr>{_cells('th', table.head)}</tr></thead><tbody>"
        yield from (f"<tr>{_cells('td', row)}</tr>" for row in table.rows)
        yield "</tbody></table></div>"
    if table.notes:
        notes = "".join(f"<li>{escape(note)}</li>" for note in table.notes)
        yield f'<ul class="notes">{notes}</ul>'


def _section(number: int, title: str, steps: Sequence[RunbookStep]) -> Iterator[str]:
    page, small = ' class="page"' if number == 1 else "", f"<small>{_numbers(steps)}</small>"
    yield f'<h2 id="section-{number}"{page}>{escape(title)}{small}</h2>'
    for step in steps:
        yield from _html_step(step)


def _html_step(step: RunbookStep) -> Iterator[str]:
    after = f"after {ranges(step.after)} &middot; " if step.after else ""
    yield (
        f'<section class="step"><h3><label><input type="checkbox"><span>{step.number}. '
        f"{escape(step.title)}</span></label>"
        f"<small>{after}{escape(step.task.short)} &middot; {step.minutes}</small></h3><dl>"
    )
    for name, text in step.texts.items():
        is_short = name in ("Where", "Account")
        yield f"<dt>{name}</dt><dd>{escape(text)}</dd>" if is_short else _row(name, escape(text))
        if name == "Do" and step.decisions:
            answers = (f'{escape(q)} <b class="answer">{escape(a)}</b>' for q, a in step.decisions)
            yield _row("Choose", "<br>".join(answers))
        if name == "Do" and step.commands:
            yield _row("Type", f"<pre>{escape(chr(10).join(step.commands))}</pre>")
    yield "</dl>"
    yield '<div class="sign"><span>Time</span><span>Initials</span><span>Remarks</span></div>'
    yield "</section>"


def _row(name: str, html: str) -> str:
    return f'<dt>{name}</dt><dd class="all">{html}</dd>'


def _last_page() -> Iterator[str]:
    yield '<h2 id="handover">Handover</h2><table class="fill">'
    yield f"<tr>{_cells('th', ('', 'Name', 'Date', 'Signature'))}</tr>"
    for role in ("Installed by", "Verified by", "Accepted by the client"):
        yield f"<tr><th>{role}</th><td></td><td></td><td></td></tr>"
    yield "</table>"
    yield "<footer>Minutes are training values. Sources: the handbook of clusterlab.</footer>"


# --- files --------------------------------------------------------------------------------------


def write_runbook(
    work: Procedure | Run, path: Path, seconds: Mapping[str, float] | None = None
) -> None:
    """Write a runbook as HTML or Markdown, by the ending of *path*; whole or not at all."""
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        text = f"a runbook cannot be written as {ending!r}; allowed: {', '.join(ENDINGS)}"
        raise ClusterFileError([Problem(path.name, 0, text)])
    made = runbook_html if ending == ".html" else runbook_markdown
    write_text(path, made(work, seconds))
