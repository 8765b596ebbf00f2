"""The case panel: a spoiled cluster, what users say of it, and the tools to repair it with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import ipywidgets as w

from clusterlab.cases.case import GREATEST_SEED, HINTS, MOST_FAULTS, Case, case
from clusterlab.cases.checking import Report
from clusterlab.cluster.errors import impossible
from clusterlab.lab.figures.drawing import escape_text
from clusterlab.lab.panels.administrator import AdministratorLab
from clusterlab.lab.panels.failover import GIVEN, FailoverLab
from clusterlab.lab.panels.panel import Panel
from clusterlab.lab.panels.parts import labelled, put, row, show_if
from clusterlab.lab.panels.playing import Slices
from clusterlab.simulation import Simulation

ANY_NUMBER = f"1 to {MOST_FAULTS}"  # the chooser's entry for as many faults as the seed says
TOOLS = ("Failover lab", "Administrator")
"""Titles of the tabs with the two panels that repair; JupyterLab cuts longer ones off."""
LEVELS = ("Show a hint", "Show a second hint", "Show the last hint", "All hints are shown")
"""What stands on the button for hints, by how many levels are shown."""


class CaseLab(Panel):
    """A break-fix case to solve: complaints, log and listings, a lab to repair in, a check.

    Args:
        seed: Number of the case; the same number is the same case for everybody.
        faults: How many faults, 1 to 3; None lets the seed decide.

    Attributes:
        case: The case that is open.
        failover: The panel that repairs it; its tab "cluster.exe" has the prompt.
        administrator: Cluster Administrator, beside the failover panel, in a tab.
        report: What the last check found, or None.
        buttons: "open", "next", "check", "hint", "solution".
        choosers: "seed" and "faults".

    Raises:
        ConfigError: If there is no such case.

    Example:
        >>> lab = CaseLab(3)
        >>> lab.check()
        >>> lab.report.summary
        'Not solved: 0 of 1 faults repaired.'
    """

    def __init__(self, seed: int = 0, *, faults: int | None = None) -> None:
        super().__init__()
        self.report: Report | None = None
        self._slices = Slices(self.render, self._failed)
        opened = case(seed, faults)
        self._hints, self._is_solved, self._done = 0, False, (0, 1)
        self._make_controls()
        self.choosers["seed"].value = seed
        self.choosers["faults"].value = ANY_NUMBER if faults is None else str(faults)
        self._is_rendering = False
        self._open(opened)

    @property
    def simulation(self) -> Simulation:
        """The branch of the failover panel that is shown; this is what a check looks at."""
        return self.failover.simulation

    def twin(self) -> str:
        """Return in words: complaints and listings, and what the last check found."""
        return repr(self.case) + (f"\n\n{self.report!r}" if self.report else "")

    def run_line(self, line: str) -> str:
        """Do what a line of cluster.exe says, as at the prompt of the failover panel."""
        return self.failover.run_line(line)

    def open_case(self) -> None:
        """Open the case that is chosen, from its beginning."""
        count = self.choosers["faults"].value
        self._open(case(self.choosers["seed"].value, None if count == ANY_NUMBER else int(count)))

    def check(self) -> None:
        """Play the failures again on the cluster as it is now.

        Raises:
            ConfigError: If the failover panel shows another scenario than the case.
        """
        scenario = self.failover.choosers["scenario"].value
        if scenario != GIVEN:
            raise impossible("another scenario", scenario, self.case.seed, GIVEN)
        self.report = None
        self._slices.start(self._check_steps())

    def _check_steps(self) -> Iterator[object]:
        for done, total, report in self.case.check_steps(self.simulation):
            self._done, self.report = (done, total), report
            yield done, total

    def _next(self) -> None:
        put(self.choosers["seed"], value=(self.case.seed + 1) % (GREATEST_SEED + 1))
        self.open_case()

    def _hint(self) -> None:
        self._hints = min(self._hints + 1, HINTS)

    def _solve(self) -> None:
        self._is_solved = True

    def _open(self, opened: Case) -> None:
        self._slices.stop()
        self.case, self.report = opened, None
        self._hints, self._is_solved, self._done = 0, False, (0, 1)
        self.failover = FailoverLab(opened.simulation())
        self.failover.first_words = ""  # the case is to be repaired, not broken further
        self.failover.render()
        self.administrator = AdministratorLab(self.failover)
        self.failover.on_deed(self._did)
        self._lay_out()
        self.render()

    def _show(self) -> None:
        done, total = self._done
        put(self._bar, max=total, value=done)
        show_if(self._bar, self._slices.is_on)
        put(self._told, value=self._told_html())
        put(self._found, value=self._found_html())
        put(self._help, value=self._help_html())
        put(self.buttons["hint"], description=LEVELS[self._hints], disabled=self._hints == HINTS)
        put(self.buttons["check"], disabled=self._slices.is_on)
        put(self.buttons["solution"], disabled=self.report is None and self._hints < HINTS)

    def _told_html(self) -> str:
        this = self.case
        head = f"<h3>Case {this.seed}: {escape_text(this.shape)}</h3>"
        return (
            f"{head}<p>Users and colleagues say:</p>{_list_html(this.complaints())}"
            f"{_folded('The event log of those days', this.log())}"
            f"{_folded('The listings of this morning', this.listings())}"
        )

    def _found_html(self) -> str:
        if self._slices.is_on:
            return "<b>The failures are played again ...</b>"
        if self.report is None:
            return "<b>Not checked yet.</b>"
        role = "online" if self.report.passed else "failed"
        rows = repr(self.report).splitlines()[1:]
        return (
            f'<div role="status" class="clusterlab-alert clusterlab-{role}">'
            f"<b>{escape_text(self.report.summary)}</b>{_list_html(rows)}</div>"
        )

    def _help_html(self) -> str:
        parts = [
            f"<b>Hint {level}</b>{_list_html(self.case.hints(level))}"
            for level in range(1, self._hints + 1)
        ]
        if self._is_solved:
            parts.append(f"<b>Solution</b>{self._solution_html()}")
        return "".join(parts)

    def _solution_html(self) -> str:
        lines = "\n".join(line for repair in self.case.repairs() for line in repair)
        return _list_html(map(str, self.case.faults)) + _pre(lines, wrap="pre-wrap")

    def _make_controls(self) -> None:
        self._bar = w.IntProgress(min=0, max=1, layout=w.Layout(width="160px"))
        self._told, self._found, self._help = (w.HTML() for _ in range(3))
        seed = labelled(
            w.BoundedIntText, "Case number", "The same number gives everybody the same case",
            width="180px", min=0, max=GREATEST_SEED,
        )  # fmt: skip
        counts = [ANY_NUMBER, *(str(count) for count in range(1, MOST_FAULTS + 1))]
        self.choosers["seed"] = seed
        self._add_choosers("cases", faults=counts)
        acts = {"open": self.open_case, "next": self._next, "check": self.check}
        self._add_buttons("cases", acts | {"hint": self._hint, "solution": self._solve})

    def _lay_out(self) -> None:
        told = w.VBox([self._told, self._help]).add_class("clusterlab-main")
        work = row(*(self.buttons[name] for name in ("check", "hint", "solution")), self._bar)
        side = w.VBox([work, self._found]).add_class("clusterlab-side")
        choice = row(*self.choosers.values(), self.buttons["open"], self.buttons["next"])
        tools = w.Tab([self.failover, self.administrator], titles=TOOLS, selected_index=0)
        self._arrange(
            choice, self.errors, row(told, side, name="body"), tools,
            case=choice, told=told, work=side, tools=tools, failover=self.failover,
            administrator=self.administrator,
        )  # fmt: skip

    def _inner(self) -> tuple[Panel, ...]:
        return self.failover, self.administrator

    def snapshot(self) -> Any:
        """Return the case, what was shown of it, and the cluster, to be given to `restore`."""
        shown = (self._hints, self._is_solved, self.report)
        return self.case, shown, self.failover.snapshot(), super().snapshot()

    def _restore(self, snapshot: Any) -> None:
        opened, shown, state, values = snapshot
        self._open(opened)
        self._hints, self._is_solved, self.report = shown
        self.failover.restore(state)
        super()._restore(values)


def _list_html(lines: Iterable[str]) -> str:
    rows = "".join(f"<li>{escape_text(line.strip())}</li>" for line in lines)
    return f'<ul style="margin: 2px 0 8px; padding-left: 20px">{rows}</ul>'


def _folded(title: str, text: str) -> str:
    return f"<details><summary>{title}</summary>{_pre(text)}</details>"


def _pre(text: str, wrap: str = "pre") -> str:
    lines = "\n".join(map(escape_text, text.splitlines()))
    # Its own width does not widen the panel: a long line scrolls.
    style = f"white-space: {wrap}; contain: inline-size"
    return f'<pre class="clusterlab-answer" style="{style}" tabindex="0">{lines}</pre>'
