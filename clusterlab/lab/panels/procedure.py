"""The procedure panel: do the steps of a procedure in any order and see what comes of it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import ipywidgets as w

from clusterlab.clients import work_of
from clusterlab.cluster.errors import ConfigError, OperationRefused, wrong
from clusterlab.cluster.events import Event
from clusterlab.clusterexe.commands import command_line
from clusterlab.clusterexe.lines import read_line
from clusterlab.clusterexe.services import refusal_text
from clusterlab.lab.figures import procedure as drawn
from clusterlab.lab.figures.drawing import Page, escape_text
from clusterlab.lab.figures.unfinished import site_figure, site_text
from clusterlab.lab.livefigure import LiveFigure
from clusterlab.lab.panels import parts
from clusterlab.lab.panels import procedureviews as views
from clusterlab.lab.panels.deeds import Deed
from clusterlab.lab.panels.failover import FailoverLab
from clusterlab.lab.panels.panel import Panel
from clusterlab.lab.panels.parts import Prompt, put, row
from clusterlab.lab.panels.procedureviews import Decisions
from clusterlab.procedures.catalogue import installation, removal
from clusterlab.procedures.checklist import inspect_cluster
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.procedure import Procedure, Task
from clusterlab.procedures.run import Run
from clusterlab.procedures.step import TaskState
from clusterlab.tomlfiles.files import check_is_new

FIRST_WIDTH_PX = 760
GUIDED, FREE, EXAM = "guided", "free", "exam"
MODES: Mapping[str, str] = {
    GUIDED: "Only steps that can be done are offered.",
    FREE: "Every step may be tried in any order, with the product's own results.",
    EXAM: "No hints, nothing chosen beforehand, no undo; mistakes and hours are the score.",
}
"""The modes, and what each means."""

Works = Mapping[str, Callable[[], Procedure]]

WORKS: Works = {
    "Install 2 nodes, 1 EVS": lambda: installation(Plan.standard(nodes=2, evs=1)),
    "Install 3 nodes, 2 EVSs": lambda: installation(Plan.standard(nodes=3, evs=2)),
    "Install 4 nodes, 3 EVSs": lambda: installation(Plan.standard(nodes=4, evs=3)),
    "Install 8 nodes, 7 EVSs": lambda: installation(Plan.standard(nodes=8, evs=7)),
    "Remove 2 nodes, 1 EVS": lambda: removal(Plan.standard(nodes=2, evs=1)),
    "Remove 4 nodes, 3 EVSs": lambda: removal(Plan.standard(nodes=4, evs=3)),
}
"""Procedures to choose from."""
GIVEN = "as given"
ANOTHER_NAME = "type another name beside Save, or load it first"
TABS = ("Steps", "Journal", "Nodes", "cluster.exe", "Log", "Checklist")


class ProcedureLab(Panel):
    """A procedure to do: picture of its steps, sheet of one step, the cluster as it grows.

    Args:
        start: A run to go on with, a procedure, a plan to install, or the file of a plan or of
            a procedure of one's own; None installs 2 nodes.
        mode: "guided", "free" or "exam".

    Attributes:
        run: What has been done so far.
        selected: Key of the task whose sheet is shown.
        pictures: The steps, and nodes and cluster.
        decisions: The controls of the choices of the task.
        buttons: "do", "back", "forward", "undo", "save", "load", "hand over".
        choosers: "work", "mode", "phase", "step".
        failover: The panel that has the built cluster, or None.

    Raises:
        ConfigError: If there is no such mode, or *start* is something else.

    Example:
        >>> lab = ProcedureLab()
        >>> lab.buttons["do"].click()
        >>> lab.run.situation.done
        {'install/P01': True}
        >>> lab.select("C01@N1")
        >>> lab.buttons["do"].disabled
        True
    """

    works = WORKS
    kept = ("run", "selected")
    fronts: ClassVar[Mapping[str, str]] = {"checklist": "Checklist"}
    titles: tuple[str, ...] = TABS
    styles: ClassVar[tuple[str, ...]] = ("procedure.css",)

    def __init__(
        self, start: Run | Procedure | Plan | Path | str | None = None, *, mode: str = GUIDED
    ) -> None:
        if mode not in MODES:
            raise wrong("mode", mode, ", ".join(MODES))
        super().__init__()
        self._given, self._own_files = start, set[Path]()
        self.run: Run
        self.selected: str
        self.failover: FailoverLab | None = None
        self.decisions = Decisions(self._guard(lambda: None))
        self._make_texts()
        self._make_choosers(mode)
        self._make_buttons()
        self._is_rendering = False
        self.show_run(run_of(start, self.works))

    @property
    def site(self) -> LiveFigure:
        """The live figure of nodes and cluster."""
        return self._site.figure

    @property
    def mode(self) -> str:
        """How the procedure is done: "guided", "free" or "exam"."""
        return str(self.choosers["mode"].value)

    @property
    def is_exam(self) -> bool:
        """Whether nothing is told."""
        return self.mode == EXAM

    def twin(self) -> str:
        """Return in words: how far it is, the steps with their states, what is built."""
        (done, counted), cost = self.run.progress, self.run.cost()
        name = f"{self.run.procedure.name} {self.run.procedure.plan.cluster}, {self.mode}"
        head = f"{name}: {done} of {counted} done, {cost.minutes} min, {cost.mistakes_text}"
        steps = drawn.steps_text(self.run, is_exam=self.is_exam)
        return f"{head}\n\n{steps}\n\n{site_text(self.run)}"

    def looks(self) -> str:
        """Return the twin, and below it what the checklist finds."""
        if self.run.cluster is None or self.is_exam or "Checklist" not in self.titles:
            return self.twin()
        return f"{self.twin()}\n\n{inspect_cluster(self.run.cluster, self.run.situation.facts)}"

    @property
    def _still_title(self) -> str:  # type: ignore[override]
        return f"Steps of {self.run.procedure.plan.cluster}"

    # --- what happens -------------------------------------------------------------------------

    def select(self, key: str) -> None:
        """Show the sheet of a task; "E03@EVS1" will do for "install/E03@EVS1".

        Raises:
            ConfigError: If there is no such task.
        """
        with self.errors.turn:
            self.selected = self.run.procedure.task(key).key
            self.render()

    def do(self) -> None:
        """Try the selected task with what is decided; a refusal is shown and kept in the run."""
        with self.errors:
            self._do()
            self.render()

    def _do(self) -> None:
        task = self.run.procedure.task(self.selected)
        chosen = self.decisions.values()
        self.run = self.run.attempt(task.key, **chosen)
        other = [f" {name}={shlex.quote(value)}" for name, value in chosen.items()
                 if value != task.options(name)[0]]  # fmt: skip
        self._deeds.append(Deed("".join((task.key, *other)), refusal=self.run.refusal))
        if self.run.refusal is not None:
            self.errors.show(self.run.refusal)
            self._tell(f"{task.short} was refused.")
            return
        is_done = task.key in self.run.situation.done
        self._tell(f"{task.short} {'is done' if is_done else 'did harm'}.")
        self.decisions.forget()
        if is_done and not self.is_exam:
            self._go_on(task)

    def send(self, event: Event) -> None:
        """Let *event* happen to the cluster as built so far; what goes wrong is in `errors`."""
        with self.errors:
            assert self.run.cluster is not None
            line = command_line(event, self.run.cluster.config)
            self.run = self.run.send(event)
            self._deeds.append(Deed(line, event))
            self.render()

    def run_line(self, line: str) -> str:
        """Do what a line of cluster.exe says to the cluster so far; return what it prints."""
        with self.errors.turn:
            if self.run.cluster is None:
                return "There is no cluster yet; form it first (C01)."
            try:
                order = read_line(self.run.cluster, line)
            except OperationRefused as refusal:
                return refusal_text(refusal)
            if order.event is not None:
                self.send(order.event)
                if isinstance(self.errors.caught, OperationRefused | ConfigError):
                    return refusal_text(self.errors.caught)
            return order.answer(self.run.cluster) if self.run.cluster is not None else ""

    # --- deeds --------------------------------------------------------------------------------

    def acts(self) -> tuple[str, ...]:
        """Return names in words of what can be done now: buttons, choices, tasks by their keys."""
        return (*super().acts(), *(task.key for task in self.run.available()))

    def act(self, words: str) -> None:
        """Do one of `acts()`, or a task and its choices: "install/E05@EVS1 node=NODE2"."""
        key, *choices = shlex.split(words)
        if words.strip() in self.buttons or key == "set":
            super().act(words)
            return
        self.select(key)
        for choice in choices:
            name, _, value = choice.partition("=")
            self.decisions.choose(name, value)
        self._press("do")

    def came(self) -> tuple[str, ...]:
        """Return what came of the last task: its refusal, its harm, or its warnings."""
        remarks = self.run.records[-1].remarks
        harm = tuple(remark for remark in remarks if remark.is_damage)
        return super().came() or tuple(map(str, harm or remarks))

    def _deed_of(self, key: str) -> str:
        return "" if key == "do" else key

    def _restore(self, snapshot: Any) -> None:
        self.decisions.forget()
        super()._restore(snapshot)
        _, values = snapshot
        self._offer_phases(values["phase"])  # another run has other phases
        self._build()

    def undo(self) -> None:
        """Take back what was done last.

        Raises:
            ConfigError: If nothing was done yet, or this is an exam.
        """
        if self.is_exam:
            raise ConfigError("an exam has no undo; find the way back, or start over")
        key = self.run.records[-1].entry.key
        self.run = self.run.undo()
        self.selected = key or self.selected
        self.decisions.forget()
        self._tell("The last step was taken back.")

    def hand_over(self) -> None:
        """Show a failover panel with the cluster exactly as it was built.

        Raises:
            ConfigError: If there is no cluster yet.
        """
        self.failover = FailoverLab(self.run.simulation())
        self._tell("The cluster is below, for you to break; the procedure does not change.")
        put(self._below, children=(self._below_title, self.failover))

    def _go_on(self, task: Task) -> None:
        """Select what comes next: what needs this task first, else whatever can be done."""
        free = [other.key for other in self.run.available()]
        users = self.run.procedure.users.get(task.key, ())
        order = [key for key in self.run.procedure.by_key if key in free]
        later = order[sum(self._place(key) < self._place(task.key) for key in order) :]
        near = [key for key in later if key in users]
        self.selected = next(iter((*near[:1], *later, *order)), task.key)

    def _place(self, key: str) -> int:
        return list(self.run.procedure.by_key).index(key)

    # --- which run, which mode ----------------------------------------------------------------

    def _choose_work(self) -> None:
        name = self.choosers["work"].value
        self.show_run(run_of(self._given if name == GIVEN else self.works[name](), self.works))

    def _choose_mode(self) -> None:
        self.decisions.forget()
        if self.is_exam:
            self.show_run(Run(self.run.procedure))
        elif self.mode == FREE:
            put(self.choosers["phase"], value=drawn.ALL_PHASES)

    def show_run(self, run: Run) -> None:
        """Show another run."""
        self.run = run
        self.failover = None
        self._tell("")
        put(self._below, children=())
        self.decisions.forget()
        tasks = run.procedure.tasks
        free = tuple(tasks if self.is_exam else run.available())
        self.selected = (free or tasks)[0].key
        self._is_rendering = True
        self._offer_phases(self._task.step.phase if self.mode == GUIDED else drawn.ALL_PHASES)
        self._is_rendering = False
        put(self._file, value=f"{run.procedure.plan.cluster}-{run.procedure.name}.json")
        self._build()
        self.render()

    def _offer_phases(self, chosen: str) -> None:
        phases = (drawn.ALL_PHASES, *drawn.phases_of(self.run.procedure))
        parts.set_options(self.choosers["phase"], phases, chosen)

    def _choose_phase(self) -> None:
        phase = self.choosers["phase"].value
        if phase not in (drawn.ALL_PHASES, self._task.step.phase):
            offered = [t for t in self._offered() if t.step.phase == phase]
            inside = [t for t in self.run.procedure.tasks if t.step.phase == phase]
            self.selected = (offered or inside)[0].key

    def open_file(self, path: Path) -> None:
        """Begin what a client's file plans instead; one that is wrong changes nothing."""
        self.show_run(run_of(path, self.works))

    def _save(self) -> None:
        """Save the run; a file that is not this run's, saved or loaded here, is not replaced."""
        path = Path(self._file.value)
        check_is_new(path, force=path.absolute() in self._own_files, remedy=ANOTHER_NAME)
        self.run.save(path)
        self._own_files.add(path.absolute())
        self._tell(f"Saved in {self._file.value}: {len(self.run.entries)} entries.")

    def _load(self) -> None:
        name = self._file.value
        if name.strip().casefold().endswith(".toml"):
            self.open_file(Path(name.strip()))
        else:
            self.show_run(Run.load(name))
            put(self._file, value=name)
            self._own_files.add(Path(name).absolute())
        self._tell(f"Loaded from {self._file.value}: {len(self.run.entries)} entries.")

    # --- building -----------------------------------------------------------------------------

    def _make_texts(self) -> None:
        self._progress, self._mode_text, self._live = (w.HTML() for _ in range(3))
        self._title, self._sheet, self._typed = (w.HTML() for _ in range(3))
        self._why_not, self._outcome = w.HTML(), w.HTML()
        self._live.add_class("clusterlab-live")
        self._bar = w.IntProgress(min=0, max=1, layout=w.Layout(width="180px"))
        self._bar.tooltip = "Steps done"
        self._file = parts.labelled(
            w.Text, "File", "Where the run is kept", width="220px", continuous_update=False
        )
        self._prompt = Prompt(self.run_line)
        self._keys.on_line(self._prompt.enter)
        self._pages: dict[str, Any] = {
            title: self._prompt if title == "cluster.exe" else w.HTML() for title in self.titles
        }
        self._tabs = w.Tab(list(self._pages.values()), titles=self.titles, selected_index=0)
        self._tabs.observe(self._refresh, names="selected_index")
        self._below_title = w.HTML("<h3>The cluster as you built it</h3>")
        self._below = w.VBox()

    def _make_choosers(self, mode: str) -> None:
        given = [] if self._given is None else [GIVEN]
        add = partial(self._add_choosers, "procedure")
        add(self._choose_work, work=[*given, *self.works])
        add(self._choose_mode, mode=MODES)
        add(self._choose_phase, phase=[drawn.ALL_PHASES])
        add(self._choose_step, step=[])
        self.choosers["mode"].value = mode

    def _make_buttons(self) -> None:
        acts: dict[str, Callable[[], None]] = {
            "do": self._do, "back": partial(self._walk, -1), "forward": partial(self._walk, 1),
            "undo": self.undo, "save": self._save, "load": self._load, "hand over": self.hand_over,
        }  # fmt: skip
        self._add_buttons("procedure", acts)

    def _walk(self, by: int) -> None:
        keys = [key for _, key in self.choosers["step"].options]
        self.selected = keys[(keys.index(self.selected) + by) % len(keys)]

    def _choose_step(self) -> None:
        if self.choosers["step"].value is not None:
            self.selected = self.choosers["step"].value

    def _build(self) -> None:
        self._steps = self._picture_of(
            self._draw_steps, FIRST_WIDTH_PX, {drawn.TASKS: self._select}
        )
        self._site = self._picture_of(self._draw_site, FIRST_WIDTH_PX)
        self.pictures = (self._steps, self._site)
        self._lay_out()

    def _select(self, key: str) -> None:
        self.selected = key

    def _lay_out(self) -> None:
        box, pick = self.buttons, self.choosers
        main = w.VBox(self._pictures()).add_class("clusterlab-main")
        task = w.VBox([
            row(pick["step"], box["do"], box["back"], box["forward"], box["undo"], name="task"),
            self._outcome, self.decisions,
        ])  # fmt: skip
        sheet = w.VBox([self._why_not, self._title, self._typed, self._sheet])
        side = w.VBox([task, sheet]).add_class("clusterlab-side")
        body = row(side, main, name="body")  # in a narrow page the sheet stands above the pictures
        body.layout.flex_flow = "row-reverse wrap"
        work = row(pick["work"], pick["mode"], pick["phase"], self._file, box["save"], box["load"])
        done = row(self._bar, self._progress, box["hand over"])
        self._arrange(
            work, done, self._mode_text, self.errors, body, self._live, self._tabs, self._below,
            work=work, done=done, mode=self._mode_text, task=task, sheet=sheet,
            news=self._live, tabs=self._tabs, checklist=self._tabs, below=self._below,
            **self._seen(),
        )  # fmt: skip

    def _pictures(self) -> list[w.Widget]:
        """Return what stands at the left, from top to bottom."""
        return [self._steps, self._site]

    def _seen(self) -> dict[str, w.Widget]:
        """Return what stands at the left, by what `show_only` calls it."""
        return {"steps": self._steps, "site": self._site}

    # --- drawing ------------------------------------------------------------------------------

    def _draw_steps(self, page: Page) -> Any:
        return drawn.steps_figure(
            self.run, selected=self.selected, phase=self.choosers["phase"].value,
            is_exam=self.is_exam, page=page,
        )  # fmt: skip

    def _draw_site(self, page: Page) -> Any:
        return site_figure(self.run, page=page)

    # --- showing ------------------------------------------------------------------------------

    @property
    def _task(self) -> Task:
        return self.run.procedure.task(self.selected)

    def _show(self) -> None:
        phase = self.choosers["phase"]
        if phase.value != drawn.ALL_PHASES and self._task.step.phase in phase.options:
            put(phase, value=self._task.step.phase)
        self._label()
        self._offer()
        self._describe()
        for picture in self.pictures:
            picture.show()
        self._fill_tab()

    def _label(self) -> None:
        done, counted = self.run.progress
        put(self._bar, max=counted, value=done)
        put(self._progress, value=views.progress_html(self.run))
        put(self._mode_text, value=self._mode_html())
        put(self.buttons["undo"], disabled=self.is_exam or len(self.run.records) == 1)
        put(self.buttons["hand over"], disabled=self.run.cluster is None)
        put(self._live, value=f"<b>Latest</b> {escape_text(self._said)}")

    def _mode_html(self) -> str:
        if self.is_exam:
            return views.exam_html(self.run) + views.sentence_html(MODES[EXAM])
        return views.sentence_html(MODES[self.mode]) + views.harms_html(self.run)

    def _offered(self) -> Iterable[Task]:
        """Return the tasks that the list offers in this mode, in its order."""
        procedure, run = self.run.procedure, self.run
        if self.is_exam:
            again = [t for t in procedure.tasks if t.step.is_setting and t not in run.left()]
            tasks = (*run.left(), *again, *run.recoveries())
            return sorted(tasks, key=lambda task: (task.step.id, task.subject.number))
        everyone = [task for task in procedure.by_key.values() if not task.step.is_recovery]
        wanted = {TaskState.AVAILABLE, TaskState.HARMED}
        if self.mode == FREE:
            wanted.add(TaskState.BLOCKED)
        states = {task.key: run.state(task.key) for task in everyone}
        counted = {task.key for task in procedure.tasks}
        offered = [
            task
            for task in everyone
            if (states[task.key] in wanted and self._is_part(task, task.key in counted))
            or (self.mode == FREE and task.step.is_setting and states[task.key] is TaskState.DONE)
        ]
        return (*offered, *run.recoveries())

    def _is_part(self, task: Task, is_counted: bool) -> bool:
        """Return whether a task is offered: what is counted, what is optional, in free mode all."""
        names = {step.id.partition("/")[0] for step in self.run.procedure.steps}
        is_own = task.key.partition("/")[0] in names
        return is_counted or self.mode == FREE or (task.step.is_optional and is_own)

    def _offer(self) -> None:
        phase = self.choosers["phase"].value
        is_any = self.mode == GUIDED or phase == drawn.ALL_PHASES  # guided, few can be done now
        shown = [
            task for task in self._offered()
            if is_any or task.step.phase == phase or task.step.is_recovery
        ]  # fmt: skip
        if self.selected not in [task.key for task in shown]:
            shown.insert(0, self._task)
        options = [(self._option(task), task.key) for task in shown]
        parts.set_options(self.choosers["step"], options, self.selected)

    def _option(self, task: Task) -> str:
        look = drawn.task_look(self.run, task.key, is_exam=self.is_exam)
        return f"{look.glyph} {task.short} {task.title}"

    def _describe(self) -> None:
        run, task = self.run, self._task
        put(self._title, value=views.title_html(run, task, is_exam=self.is_exam))
        put(self._sheet, value=views.sheet_html(run, task, is_exam=self.is_exam))
        nodes = [node.name for node in run.procedure.plan.nodes]
        self.decisions.show(task, nodes, is_exam=self.is_exam)
        put(self._typed, value="" if self.is_exam else self._typed_html(task))
        is_closed, reason = self._closed(task)
        put(self.buttons["do"], disabled=is_closed)
        put(self._why_not, value=reason)
        parts.show_if(self._why_not, bool(reason))
        put(self._outcome, value=views.outcome_html(run, run.records[-1]))

    def _typed_html(self, task: Task) -> str:
        if self.run.cluster is None and task.step.does and not task.step.commands:
            return ""
        return views.typed_html(self.run.lines(task.key, **self.decisions.said()))

    def _closed(self, task: Task) -> tuple[bool, str]:
        """Return whether a task cannot be tried here, and what to say of it."""
        if self.is_exam:
            return False, ""
        reasons = self.run.blocked().get(task.key, {}).values()
        items = "".join(f"<li>{escape_text(one)}</li>" for one in reasons)
        html = f"<ul style='margin: 0; padding-left: 18px'>{items}</ul>" if items else ""
        is_over = self.run.state(task.key) is TaskState.DONE and not task.step.is_setting
        return self.mode == GUIDED and (bool(reasons) or is_over), html

    def _tell(self, text: str) -> None:
        done, counted = self.run.progress
        self._said = f"{text} {done} of {counted} done.".strip()

    def _fill_tab(self) -> None:
        title = self.titles[self._tabs.selected_index or 0]
        put(self._pages[title], value=self._tab_html(title))

    def _tab_html(self, title: str) -> str:
        run, is_exam = self.run, self.is_exam
        if title == "Steps":
            return views.steps_html(run, is_exam=is_exam)
        if title in views.TABS:
            return views.TABS[title](run)
        if run.cluster is None:
            return "<p>There is no cluster to inspect yet.</p>"
        if is_exam and run.left():
            return "<p>The checklist is shown when every step is done.</p>"
        return views.inspection_html(inspect_cluster(run.cluster, run.situation.facts))


def run_of(start: Run | Procedure | Plan | Path | str | None, works: Works) -> Run:
    """Return what a panel is to show as a run; None takes the first of *works*."""
    if start is None:
        return Run(next(iter(works.values()))())
    if isinstance(start, Run):
        return start
    if isinstance(start, Procedure):
        return Run(start)
    if isinstance(start, str | Path):
        return Run(work_of(Path(start)))
    if isinstance(start, Plan):
        return Run(installation(start))
    raise ConfigError(f"the panel shows a Run, a Procedure, a Plan or a file, not {start!r}")
