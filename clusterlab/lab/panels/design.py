"""The design panel: a client's figures become a cluster, judged, drawn and failed on screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import ipywidgets as w

from clusterlab.clients import read_client
from clusterlab.cluster.errors import ConfigError
from clusterlab.clusterfiles.filekinds import FileKind
from clusterlab.design import rules
from clusterlab.design.designfiles import DesignFile, design_text
from clusterlab.design.limits import GROWING, breaks, loss_of
from clusterlab.design.requirements import DesignFault, Requirements, RequirementsError
from clusterlab.design.sizing import Design, design, patterns
from clusterlab.lab.figures.drawing import Page
from clusterlab.lab.figures.partitions import GROUPS, partition_figure, partition_picture
from clusterlab.lab.panels import designviews as views
from clusterlab.lab.panels import parts
from clusterlab.lab.panels.failover import FailoverLab
from clusterlab.lab.panels.panel import Panel
from clusterlab.lab.panels.parts import chooser, put, row
from clusterlab.lab.panels.views import headline_html
from clusterlab.lab.panels.whatif import WhatIfLab
from clusterlab.lab.reports.making import report
from clusterlab.rules.expressions import Fact
from clusterlab.rules.judging import Inspection

FIRST_WIDTH_PX = 1000
NOT_SAID = "not said"
TABS = ("Figures", "Findings", "Volumes", "What breaks first", "Patterns")
_WORDS = {question.name: question.words for question in rules.QUESTIONS}
_BY_NAME = {question.name: question for question in rules.QUESTIONS}


class DesignLab(Panel):
    """Requirements, the design they lead to, and everything that is known of it (handbook 5, 5.9).

    Args:
        start: Requirements or a file that was read; none means 9,000 average mailboxes on 3+1.

    Attributes:
        design: The design; None while the requirements are impossible.
        report: What the rules say of it; None while there is no design.
        faults: What makes the requirements impossible.
        interview: The client's answers by question.
        inputs: The controls of the requirements.
        tabs: Figures, findings, volumes, limits, patterns.
        choosers: "group", "explain", "question", "grows".
        buttons: "fail", "sweep".
        failover: Panel that fails the nodes of the design, or None.
        whatif: Panel of all its failures, or None.

    Example:
        >>> from clusterlab.design.requirements import Requirements
        >>> lab = DesignLab(Requirements(mailboxes=3000))
        >>> lab.inputs.sliders["mailboxes"].value = 12000
        >>> lab.design["nodes"]
        4
        >>> lab
        DesignLab(3+1: 4 nodes, 12,000 mailboxes)
    """

    kept = ("interview", "front")

    def __init__(self, start: Requirements | DesignFile | Path | str | None = None) -> None:
        file = _file_of(start)
        super().__init__()
        self.interview: dict[str, Fact] = dict(file.interview)
        self.cluster = file.cluster
        self.design: Design | None = None
        self.report: Inspection | None = None
        self.faults: tuple[DesignFault, ...] = ()
        self.failover: FailoverLab | None = None
        self.whatif: WhatIfLab | None = None
        self._before: Design | None = None
        self._make_controls(file.requirements)
        self._drawn = design(file.requirements)
        self.pictures = (self._picture_of(self._draw, FIRST_WIDTH_PX, {GROUPS: self._mark_group}),)
        self._lay_out()
        self._is_rendering = False
        self.render()

    def __repr__(self) -> str:
        if self.design is None:
            return f"DesignLab(impossible: {len(self.faults)} problems)"
        planned = self.design["mailboxes_planned"]
        nodes = self.design["nodes"]
        return f"DesignLab({self.design.pool}: {nodes} nodes, {planned:,} mailboxes)"

    def twin(self) -> str:
        """Return the design in words, or why there is none."""
        if self.design is None:
            return "\n".join(text for _, text in self.faults)
        return design_text(self.design, rules.facts_of_design(self.design, self.interview))

    def _still(self) -> dict[str, str]:
        picture = self.design and partition_picture(self.design, self._group)
        return {"text/html": picture._repr_html_()} if picture else {}

    def _fields(self) -> dict[str, Any]:
        return {**self.inputs.controls, **self.choosers}

    def _field_changed(self, name: str) -> None:
        if not self.inputs.is_set_by_code:
            super()._field_changed(name)

    # --- what happens -------------------------------------------------------------------------

    @property
    def front(self) -> int:
        """The tab in front, by its place in `TABS`."""
        return self.tabs.selected_index or 0

    @front.setter
    def front(self, place: int) -> None:
        put(self.tabs, selected_index=place)

    @property
    def file(self) -> DesignFile:
        """What the panel says, to be written with `designfiles.design_toml`.

        Raises:
            RequirementsError: While the requirements are impossible.
        """
        needs, said = self.inputs.requirements(), dict(self.interview)
        return DesignFile(requirements=needs, interview=said, cluster=self.cluster)

    def open_file(self, path: Path) -> None:
        """Show the requirements of a client's file instead."""
        file = _file_of(path)
        self.interview, self.cluster = dict(file.interview), file.cluster
        self.inputs.show(file.requirements)

    def choose(self, group: str) -> None:
        """Choose the group that is marked in the picture, and whose figures are shown."""
        put(self.choosers["group"], value=group)

    def explain(self, key: str) -> None:
        """Show above the figures how one of them was worked out."""
        put(self.choosers["explain"], value=key)

    def answer(self, question: str, value: Fact | None) -> None:
        """Take the client's answer to a question; None takes it back.

        Raises:
            ConfigError: If nobody asks that, or the answer is of the wrong kind.
        """
        if value is None:
            self.interview = {key: one for key, one in self.interview.items() if key != question}
        else:
            rules.answers({question: value})
            self.interview = {**self.interview, question: value}
        self.render()
        self._tell_deed(f"answer {question}={_words_of(value)}")

    def act(self, words: str) -> None:
        """Do one of `acts()`, `answer NAME=VALUE` or `set tab=TITLE`."""
        name, _, text = words.strip().partition("=")
        question = _BY_NAME.get(name.removeprefix("answer "))
        if name == "set tab" and text in TABS:
            self.front = TABS.index(text)
        elif name.startswith("answer ") and question is not None:
            self.answer(question.name, _fact_of(question, text))
        else:
            super().act(words)

    def looks(self) -> str:
        """Return the design in words, with what the tab in front adds to it."""
        made, key = self.design, self.choosers["explain"].value
        if made is None:
            return self.twin()
        more: dict[str, Callable[[], Iterable[object]]] = {
            "Figures": lambda: [made.explain(key)] if key else [],
            "What breaks first": lambda: breaks(made, self.choosers["grows"].value),
            "Patterns": lambda: patterns(made.requirements),
        }
        front = more.get(TABS[self.front], list)
        return "\n".join((self.twin(), *map(str, front())))

    def fail(self) -> None:
        """Put a failover panel with the cluster of the design below."""
        made = self._wanted()
        if self.failover is not None:
            self.failover.close()
        self.failover = FailoverLab(made.cluster())
        self._stage_of(made, self.failover)

    def sweep(self) -> None:
        """Play every failure and every pair, and count what they cost in mailboxes."""
        made = self._wanted()
        if self.whatif is not None:
            self.whatif.close()
        self.whatif = WhatIfLab(made.cluster())
        losses = [loss_of(made, cell) for cell in self.whatif.sweep.cells]
        self._stage_of(made, w.HTML(views.losses_html(losses)), self.whatif)

    def make_report(self) -> None:
        """Make the report of the design, to be saved."""
        made = self._wanted()
        link = parts.saving_link(f"{made.pool}.html", report(self.file).html)
        self._saved.value = f"Save: {link}"

    def _stage_of(self, made: Design, *children: w.Widget) -> None:
        planned = made["mailboxes_planned"]
        head = w.HTML(f"<h3>The cluster of the design {made.pool}, {planned:,} mailboxes</h3>")
        self._stage.children = (head, *children)

    def _wanted(self) -> Design:
        if self.design is None:
            raise ConfigError("there is no design; first correct what is named above")
        return self.design

    def _redesign(self) -> None:
        try:
            needs = self.inputs.requirements()
            if self.design is None or needs != self.design.requirements:
                made = design(needs)
                self._before, self.design = self.design, made
                self._saved.value = ""
            self.faults = ()
        except RequirementsError as error:
            self.design, self._before, self.faults = None, None, error.faults

    # --- showing ------------------------------------------------------------------------------

    def _show(self) -> None:
        self._redesign()
        made = self.design
        put(self._problems, value=views.problems_html(self.faults))
        for whole in (self._whole, self.tabs):
            parts.show_if(whole, made is not None)
        for button in self.buttons.values():
            put(button, disabled=made is None)
        if made is None:
            self.report = None
            put(self._headline, value=headline_html("failed", "No design"))
            put(self._summary, value="")
            return
        self.report = rules.lint(rules.facts_of_design(made, self.interview))
        put(self._headline, value=views.headline_of(made, self.report))
        put(self._summary, value=views.cards_html(made, self.report, self._before))
        self._offer(made)
        self._drawn = made
        self.picture.show()
        self._fill(made)

    def _offer(self, made: Design) -> None:
        groups = ["none", "Cluster Group", *(f"EVS{n}" for n in range(1, made.evs_count + 1))]
        group = self.choosers["group"].value
        parts.set_options(self.choosers["group"], groups, group if group in groups else "none")
        titles = [("choose a figure ...", "")]
        titles += [(_figure_name(key, made), key) for key in made.figures]
        key = self.choosers["explain"].value
        parts.set_options(self.choosers["explain"], titles, key if key in made.figures else "")

    @property
    def _group(self) -> str:
        group = self.choosers["group"].value
        return "" if group in (None, "none") else group

    @property
    def _evs(self) -> str:
        return self._group.lower() if self._group.startswith("EVS") else "evs1"

    def _fill(self, made: Design) -> None:
        fill = {
            "Figures": self._fill_figures,
            "Findings": self._fill_findings,
            "Volumes": lambda: put(self._volumes, value=views.volumes_html(made, self._group)),
            "What breaks first": self._fill_breaks,
            "Patterns": lambda: put(
                self._patterns,
                value=views.patterns_html(patterns(made.requirements), str(made.pool)),
            ),
        }
        fill[TABS[self.front]]()

    def _fill_figures(self) -> None:
        made, key = self._wanted(), self.choosers["explain"].value
        put(self._figures, value=views.figures_html(made, self._evs, self._before))
        put(self._explained, value=views.explanation_html(key, made.explain(key)) if key else "")

    def _fill_findings(self) -> None:
        assert self.report is not None, "a design has been judged"
        put(self._findings, value=views.report_html(self.report))
        put(self._answered, value=views.answers_html(self.interview, _WORDS))
        self._ask()

    def _fill_breaks(self) -> None:
        name = self.choosers["grows"].value
        made = self._wanted()
        put(self._breaks, value=views.breaks_html(made, name, breaks(made, name)))

    def _ask(self) -> None:
        question = _BY_NAME[self.choosers["question"].value]
        value = self.interview.get(question.name)
        options: dict[str, Fact] = {word: word for word in (NOT_SAID, *question.allowed)}
        if question.kind is bool:
            options |= {"yes": True, "no": False}
        is_choice = len(options) > 1
        parts.show_if(self._choice, is_choice)
        parts.show_if(self._text, not is_choice)
        if is_choice:
            put(self._choice, options=tuple(options.items()))
            put(self._choice, value=NOT_SAID if value is None else value)
        else:
            put(self._text, value="" if value is None else str(value))

    def _answered_by(self, control: Any) -> Callable[[], None]:
        def act() -> None:
            question = _BY_NAME[self.choosers["question"].value]
            text = control.value if control is self._text else control.label
            self.answer(question.name, _fact_of(question, text))

        return act

    # --- the picture --------------------------------------------------------------------------

    def _draw(self, page: Page) -> Any:
        group = self._group
        return partition_figure(self._drawn, page=page, selected=group, opened=group or "EVS1")

    def _mark_group(self, name: str) -> None:
        self.choose("none" if name == self._group else name)

    # --- building -----------------------------------------------------------------------------

    def _make_controls(self, needs: Requirements) -> None:
        show = self._guard(lambda: None)
        self.inputs = views.DesignInputs(needs, show)
        self._problems, self._summary, self._headline = w.HTML(), w.HTML(), w.HTML()
        self._summary.add_class("clusterlab-live")
        self._figures, self._explained, self._findings, self._answered = (
            w.HTML() for _ in range(4)
        )
        self._volumes, self._breaks, self._patterns, self._saved = (w.HTML() for _ in range(4))
        self._add_choosers(
            "design", lambda: None, group=["none"], explain=[""],
            question=[(question.words, question.name) for question in rules.QUESTIONS],
            grows=[(words, name) for name, words in GROWING.items()],
        )  # fmt: skip
        self._choice = chooser("Answer", [NOT_SAID], lambda: None, "The client's answer")
        self._text = w.Text(
            description="Answer", placeholder=NOT_SAID, continuous_update=False,
            layout=w.Layout(width="280px"),
        )  # fmt: skip
        for control in (self._choice, self._text):
            act = self._guard(self._answered_by(control))
            control.observe(lambda _, act=act: act(), names="value")
        acts = {"fail": self.fail, "sweep": self.sweep, "report": self.make_report}
        self._add_buttons("design", acts)
        self._stage = w.VBox()
        pages = (
            w.VBox([self.choosers["explain"], self._explained, self._figures]),
            w.VBox([
                self._findings,
                row(self.choosers["question"], self._choice, self._text),
                self._answered,
            ]),
            self._volumes,
            w.VBox([self.choosers["grows"], self._breaks]),
            self._patterns,
        )  # fmt: skip
        self.tabs = w.Tab(pages, titles=TABS, selected_index=0)
        self.tabs.observe(lambda _: show(), names="selected_index")

    def _lay_out(self) -> None:
        tools = row(self.choosers["group"], *self.buttons.values(), self._saved)
        self._whole = w.VBox([tools, self.picture]).add_class("clusterlab-main")
        summary = w.VBox([self._problems, self._summary]).add_class("clusterlab-verdict")
        self._arrange(
            self._headline, self.errors, row(self.inputs, self._whole, summary, name="body"),
            self.tabs, self._stage, inputs=self.inputs, summary=summary, tools=tools,
            picture=self.picture, tabs=self.tabs, below=self._stage, **self.inputs.controls,
        )  # fmt: skip


def _file_of(start: Requirements | DesignFile | Path | str | None) -> DesignFile:
    if isinstance(start, str | Path):
        client = read_client(start, (FileKind.DESIGN,), must=FileKind.DESIGN)
        assert client.wanted is not None, "a file that must have requirements has them"
        return client.wanted
    if isinstance(start, DesignFile):
        return start
    if start is None:
        start = Requirements(mailboxes=9000)
    if not isinstance(start, Requirements):
        raise ConfigError(f"a design panel shows Requirements or a DesignFile, not {start!r}")
    return DesignFile(requirements=start)


def _figure_name(key: str, made: Design) -> str:
    """Return what a figure is called: "EVS1: Databases"."""
    evs = key.partition(".")[0].upper() + ": " if "." in key else ""
    return f"{evs}{made.figures[key].formula.title}"


def _words_of(value: Fact | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return NOT_SAID if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _fact_of(question: rules.InterviewQuestion, text: str) -> Fact | None:
    """Return the answer that a control shows as *text*; None if there is none."""
    if text.strip() in ("", NOT_SAID):
        return None
    if question.kind is bool and text in ("yes", "no"):
        return text == "yes"
    return _number(question.name, text) if question.kind is float else text


def _number(name: str, text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise ConfigError(f"{name} = {text!r} ({_WORDS[name]}); allowed: a number") from None
