"""A procedure being done: `Run`, a frozen value that can be saved, branched and replayed.

Theory of operation (handbook 3, 10.1). A task is tried in five parts: hard needs that are not met,
checks in their order, soft needs that are not met, effects, and the clock. What refuses ends it and
nothing has changed; what does damage takes the place of the effect; what plants a harm lets the
step go on, and shows later. The cluster in the situation is the one of the simulation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, NamedTuple

from clusterlab.cluster.draft import LogEntry
from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.events import Event
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.simulation import Simulation
from clusterlab.procedures.codes import CODES, Refusal, text_of
from clusterlab.procedures.effects import (
    EVENT_MINUTES,
    Work,
    after_event,
    carry_out,
    embody,
    lines_of,
)
from clusterlab.procedures.procedure import Procedure, Task, TaskNeed
from clusterlab.procedures.situation import Harm, Site, Situation, Subject
from clusterlab.procedures.step import Breaking, Check, Finding


class TaskState(Enum):
    """How a task stands."""

    DONE = "done"
    AVAILABLE = "available"
    BLOCKED = "blocked"
    HARMED = "harmed"


class Entry(NamedTuple):
    """What was done: a task with its choices, or an event sent to the cluster.

    Attributes:
        key: Key of the task; "" for an event.
        choices: Those that were said; all others were the right ones.
        event: What was sent; None for a task.
    """

    key: str = ""
    choices: Mapping[str, str] = {}
    event: Event | None = None


class Remark(NamedTuple):
    """A warning, a damage or a refusal in words.

    Attributes:
        code: Under which handbook 3, 10 has it.
        text: Text of the code, with values; with *is_verbatim* the product's own.
        because: Why, here.
        remedy: What to do about it.
        is_verbatim: Whether a source has these words.
        is_damage: Whether it did harm instead of the step's effect.
    """

    code: str
    text: str
    because: str
    remedy: str
    is_verbatim: bool = False
    is_damage: bool = False

    def __str__(self) -> str:
        """Return it in one line, the code in front."""
        return f"{self.code}: {self.text.removesuffix('.')}. {self.because} {self.remedy}".strip()


class Block(NamedTuple):
    """Why a task is not available: something that comes first is not done."""

    key: str
    is_hard: bool
    code: str
    text: str


class Cost(NamedTuple):
    """What a run has cost so far: minutes, and how often something went wrong that showed."""

    minutes: int
    mistakes: int


class Record(NamedTuple):
    """What came of one entry.

    Attributes:
        entry: What was done.
        situation: Where things stand afterwards.
        remarks: Warnings and damage that were shown.
        refusal: Why it was refused; None if it was done.
        lines: cluster.exe lines that were run.
        log: What the cluster logged.
    """

    entry: Entry
    situation: Situation
    remarks: tuple[Remark, ...] = ()
    refusal: OperationRefused | None = None
    lines: tuple[str, ...] = ()
    log: tuple[LogEntry, ...] = ()


_START = (Record(Entry(), Situation()),)


@dataclass(frozen=True)
class Run:
    """What has been done of a procedure, and what came of it.

    Attributes:
        procedure: What is to be done.
        records: What was done, oldest first; the first one is the start.

    Example:
        >>> from clusterlab.procedures import Plan, Run, installation
        >>> run = Run(installation(Plan.standard(nodes=4, evs=3)))
        >>> run = run.do("P01").do("P02")
        >>> [task.short for task in run.available()][:3]
        ['A01', 'A02', 'N01@N1']
        >>> run.do("A05@D1")
        Traceback (most recent call last):
        clusterlab.procedures.codes.Refusal: ERR-DP-ORDER: The Active Directory schema has not been
        prepared. Run ForestPrep first. A04 is not done. Run A03, wait (A04), then run DomainPrep
        again.
        >>> run = run.do_rest(until="E08@EVS3")
        >>> sim = run.simulation()
        >>> sim.fail_node("NODE3"); sim.run(); sim.owner("EVS3")
        'NODE4'

    Source: handbook 3, 7 to 10.
    """

    procedure: Procedure
    records: tuple[Record, ...] = field(default=_START, repr=False)

    def __repr__(self) -> str:
        """Return how far it is, in one line."""
        cost, counted = self.cost(), len(self.procedure.tasks)
        return (
            f"Run({self.procedure.name} {self.procedure.plan.cluster}: "
            f"{counted - len(self.left())} of {counted} tasks, {cost.minutes} min, "
            f"{cost.mistakes} mistakes)"
        )

    # --- what it is ---------------------------------------------------------------------------

    @property
    def situation(self) -> Situation:
        """Where things stand."""
        return self.records[-1].situation

    @property
    def cluster(self) -> Cluster | None:
        """The cluster as built so far; None before one was formed."""
        return self.situation.cluster

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What was done, oldest first."""
        return tuple(record.entry for record in self.records[1:])

    @property
    def refusal(self) -> OperationRefused | None:
        """Why the last attempt was refused; None if it was not."""
        return self.records[-1].refusal

    @property
    def warnings(self) -> tuple[Remark, ...]:
        """Warnings and damage so far, oldest first."""
        return tuple(remark for record in self.records for remark in record.remarks)

    @property
    def harms(self) -> tuple[Harm, ...]:
        """What was planted and has not shown itself yet; not for the learner's eyes."""
        return tuple(harm for harm in self.situation.harms if not harm.is_surfaced)

    @property
    def damages(self) -> tuple[Harm, ...]:
        """What is wrong, has shown itself, and is not repaired."""
        return tuple(harm for harm in self.situation.harms if harm.is_surfaced)

    @property
    def log(self) -> tuple[LogEntry, ...]:
        """What the cluster logged so far, oldest first."""
        return tuple(entry for record in self.records for entry in record.log)

    def simulation(self) -> Simulation:
        """Return a simulation of the cluster as it was built, to break it.

        It starts at 0 s if nothing is going on in the cluster.

        Raises:
            ConfigError: If there is no cluster yet.
        """
        cluster = self.cluster
        if cluster is None:
            raise ConfigError("there is no cluster yet; form it first (install/C01)")
        if not cluster.timers:
            since_s = dict.fromkeys(cluster.since_s, 0.0)
            cluster = replace(cluster, now_s=0.0, since_s=since_s, random_count=0, sequence=0)
        return Simulation(cluster, cluster.seed)

    # --- what can be done ---------------------------------------------------------------------

    def available(self) -> tuple[Task, ...]:
        """Return the tasks that are not done and whose needs are all met, in a valid order."""
        return tuple(task for task in self.left() if not any(self._unmet(task)))

    def blocked(self) -> Mapping[str, tuple[Block, ...]]:
        """Return for each task that is neither done nor available what comes first, in words."""
        reasons = {task.key: tuple(map(self._block, self._unmet(task))) for task in self.left()}
        return {key: blocks for key, blocks in reasons.items() if blocks}

    def left(self) -> tuple[Task, ...]:
        """Return the tasks that are counted and not done, in a valid order."""
        done = self.situation.done
        return tuple(task for task in self.procedure.tasks if task.key not in done)

    def recoveries(self) -> tuple[Task, ...]:
        """Return the ways back that make sense now, such as uninstalling a stand-alone Exchange."""
        tasks = (task for task in self.procedure.by_key.values() if task.step.is_recovery)
        return tuple(
            t for t in tasks if not any(check.finds(self._site(t, {})) for check in t.step.checks)
        )

    def state(self, key: str) -> TaskState:
        """Return how a task stands; one that is done and has shown a harm is harmed."""
        task = self.procedure.task(key)
        if any(harm.task == task.key for harm in self.damages):
            return TaskState.HARMED
        if task.key in self.situation.done:
            return TaskState.DONE
        return TaskState.BLOCKED if any(self._unmet(task)) else TaskState.AVAILABLE

    def lines(self, key: str, **choices: str) -> tuple[str, ...]:
        """Return what is typed for a task now: commands that are shown, lines that are run."""
        task = self.procedure.task(key)
        site = self._site(task, _chosen(task, choices))
        shown = tuple(line.format_map(site.names) for line in task.step.commands)
        return (*shown, *lines_of(task.step, site))

    def cost(self) -> Cost:
        """Return the minutes spent, and how many refusals, warnings, damages and harms showed."""
        refused = sum(record.refusal is not None for record in self.records)
        return Cost(self.situation.minute, refused + len(self.warnings))

    # --- doing it -----------------------------------------------------------------------------

    def do(self, key: str, **choices: str) -> Run:
        """Return the run with a task done.

        Args:
            key: Of the task; "E03@EVS1" will do for "install/E03@EVS1".
            choices: What is decided otherwise than the handbook recommends, by name.

        Raises:
            OperationRefused: If the product would refuse; this run is as it was.
            ConfigError: If there is no such task or choice.
        """
        run = self.attempt(key, **choices)
        if run.refusal is not None:
            raise run.refusal
        return run

    def attempt(self, key: str, **choices: str) -> Run:
        """Return the run with a task tried: a refusal is kept in it, and counts as a mistake.

        Raises:
            ConfigError: If there is no such task or choice.
        """
        task = self.procedure.task(key)
        said = {name: str(value) for name, value in choices.items()}
        chosen = _chosen(task, said)
        entry = Entry(task.key, said)
        try:
            record = _Trial(self, task, chosen).record(entry)
        except OperationRefused as refusal:
            harms = _surfaced(self.situation.harms, refusal.code, task.subject)
            record = Record(entry, replace(self.situation, harms=harms), refusal=refusal)
        return replace(self, records=(*self.records, record))

    def send(self, event: Event) -> Run:
        """Return the run with something done to its cluster, or happened to it.

        Five minutes pass, in which the cluster reacts.

        Raises:
            OperationRefused: If the product refuses it.
            ConfigError: If there is no cluster yet.
        """
        if self.cluster is None:
            raise ConfigError("there is no cluster yet; form it first (install/C01)")
        situation = self.situation
        site = Site(situation, self.procedure.plan)
        work = Work(site, dict(situation.facts), situation.cluster)
        work.send(event)
        after_event(work, event)
        embody(work)
        work.wait(EVENT_MINUTES * 60.0)
        done = {key: right for key, right in situation.done.items() if key not in work.undone}
        after = replace(
            situation,
            facts=work.facts,
            cluster=work.cluster,
            minute=situation.minute + EVENT_MINUTES,
            done=done,
        )
        record = Record(Entry(event=event), after, log=tuple(work.log))
        return replace(self, records=(*self.records, record))

    def do_rest(self, until: str | None = None) -> Run:
        """Return the run with all that is left done in a valid order, with the right choices.

        Args:
            until: Key of the last task to be done; None does everything.

        Raises:
            OperationRefused: If something that was done before stands against it.
        """
        run, last = self, None if until is None else self.procedure.task(until).key
        for task in self.left():
            if last is not None and last in run.situation.done:
                break
            run = run.do(task.key)
        return run

    def undo(self) -> Run:
        """Return the run before the last entry.

        Raises:
            ConfigError: If nothing was done yet.
        """
        if len(self.records) == 1:
            raise ConfigError("there is nothing to undo; do something first")
        return replace(self, records=self.records[:-1])

    # --- inside -------------------------------------------------------------------------------

    def _site(self, task: Task, choices: Mapping[str, str]) -> Site:
        return Site(self.situation, self.procedure.plan, task.subject, choices)

    def _unmet(self, task: Task) -> Iterator[TaskNeed]:
        done = self.situation.done
        return (needed for needed in task.needs if needed.key not in done)

    def _block(self, needed: TaskNeed) -> Block:
        task = self.procedure.task(needed.key)
        verb = "must be done first" if needed.is_hard else "should be done first"
        return Block(
            needed.key, needed.is_hard, needed.need.code, f"{task.short} {verb}: {task.title}."
        )


def _chosen(task: Task, said: Mapping[str, str]) -> Mapping[str, str]:
    """Return every choice of a task with its value: what was said, or the right one."""
    choices = {choice.name: choice for choice in task.step.choices}
    for name, value in said.items():
        if name not in choices:
            allowed = ", ".join(choices) or "none"
            raise ConfigError(f"{task.short} has no choice {name!r}; allowed: {allowed}")
        if not choices[name].is_open and value not in task.options(name):
            options = ", ".join(map(repr, task.options(name)))
            raise ConfigError(f"{name} of {task.short} is {value!r}; allowed: {options}")
    return {name: said.get(name, task.text(choice.right)) for name, choice in choices.items()}


def _surfaced(harms: tuple[Harm, ...], code: object, subject: Subject) -> tuple[Harm, ...]:
    """Return *harms* with those of *code* marked as shown."""
    return tuple(
        harm._replace(is_surfaced=True)
        if harm.code == code and harm.subject in ("", subject.name)
        else harm
        for harm in harms
    )


class _Trial:
    """One task being tried; `record` returns what came of it or raises OperationRefused."""

    def __init__(self, run: Run, task: Task, choices: Mapping[str, str]) -> None:
        self.run, self.task, self.choices = run, task, choices
        self.site = run._site(task, choices)
        self.remarks: list[Remark] = []
        self.harms: list[Harm] = []
        self.sets: dict[str, Any] = {}
        self.undoes: list[str] = []
        self.is_damaged = False

    def record(self, entry: Entry) -> Record:
        self._check_again()
        unmet = tuple(self.run._unmet(self.task))
        for needed in unmet:
            if needed.is_hard:
                self._meet(needed)
        if not self.is_damaged:
            for check in self.task.step.checks:
                finding = check.finds(self.site)
                if finding is not None:
                    self._judge(check, finding)
        for needed in unmet:
            if not needed.is_hard:
                self._meet(needed)
        return self._damaged(entry) if self.is_damaged else self._done(entry)

    def _check_again(self) -> None:
        is_right = self.run.situation.done.get(self.task.key)
        if is_right and not self.task.step.is_setting:
            raise Refusal(
                "DONE",
                because=f"It was done as the handbook recommends: {self.task.title}.",
                text=text_of("DONE", X=self.task.short),
            )

    def _meet(self, needed: TaskNeed) -> None:
        """Let a need that is not met have its consequence."""
        need = needed.need
        for case in need.cases:
            finding = case.finds(self.site)
            if finding is not None:
                return self._judge(case, finding)
        other = self.run.procedure.task(needed.key)
        finding = Finding(
            f"{other.short} is not done.",
            {"X": self.task.short, "Y": other.short, **_VALUES.get(need.code, _none)(self, other)},
        )
        check = Check(code=need.code, finds=_nothing, breaking=need.breaking, sets=need.sets)
        return self._judge(check, finding)

    def _judge(self, check: Check, finding: Finding) -> None:
        text = text_of(check.code, **finding.values)
        if check.breaking is Breaking.REFUSES:
            raise Refusal(check.code, because=finding.because, text=text)
        is_damage = check.breaking is Breaking.DAMAGES
        is_hidden = check.breaking is Breaking.PLANTS
        row = CODES[check.code]
        if not is_hidden:
            remark = Remark(
                check.code, text, finding.because, row.remedy, row.is_verbatim, is_damage
            )
            if check.code not in [shown.code for shown in self.remarks]:
                self.remarks.append(remark)
        is_lasting = check.finds is not _nothing or check.breaking is not Breaking.WARNS
        if is_lasting:
            name = self.task.subject.name
            self.harms.append(Harm(check.code, self.task.key, name, finding.because, not is_hidden))
        self.is_damaged |= is_damage
        self.sets.update(check.sets)
        self.undoes += check.undoes

    def _facts(self, sets: Mapping[str, Any]) -> dict[str, Any]:
        names = self.site.names
        return {
            key.format_map(names): value.format_map(names) if isinstance(value, str) else value
            for key, value in sets.items()
        }

    def _kept_harms(self) -> tuple[Harm, ...]:
        """Return the harms that doing this task does not repair, and those it plants."""
        clears, name = self.task.step.clears, self.task.subject.name
        kept = (
            harm
            for harm in self.run.situation.harms
            if harm.task != self.task.key
            and not (harm.code in clears and (not name or harm.subject in ("", name)))
        )
        planted = dict.fromkeys(self.harms)
        return (*kept, *planted)

    def _damaged(self, entry: Entry) -> Record:
        situation = self.run.situation
        facts = {**situation.facts, **self._facts(self.sets)}
        work = Work(self.site, facts, situation.cluster)
        work.wait(self.task.step.minutes * 60.0)
        gone = tuple(self.undoes)
        done = {
            key: right
            for key, right in situation.done.items()
            if key != self.task.key and key.partition("@")[0] not in gone
        }
        after = replace(
            situation,
            facts=facts,
            cluster=work.cluster,
            minute=situation.minute + self.task.step.minutes,
            done=done,
            harms=self._kept_harms(),
        )
        return Record(entry, after, tuple(self.remarks), log=tuple(work.log))

    def _done(self, entry: Entry) -> Record:
        situation, step = self.run.situation, self.task.step
        work = Work(self.site, {**situation.facts, **self._facts(self.sets)}, situation.cluster)
        lines = lines_of(step, self.site)
        carry_out(work, step)
        work.facts.update(self._facts(step.sets))
        embody(work)
        is_right = all(
            self.choices[choice.name] == self.task.text(choice.right) for choice in step.choices
        )
        gone = {*work.undone, *(_undone_keys(self.task))}
        done = {key: right for key, right in situation.done.items() if key not in gone}
        done[self.task.key] = is_right
        after = Situation(
            facts=work.facts,
            cluster=work.cluster,
            minute=situation.minute + step.minutes,
            done=done,
            harms=self._kept_harms(),
        )
        return Record(entry, after, tuple(self.remarks), lines=lines, log=tuple(work.log))


def _undone_keys(task: Task) -> Iterator[str]:
    for step in task.step.undoes:
        yield f"{step}@{task.subject.mark}" if task.subject.mark else step


def _nothing(site: Site) -> None:
    """Find nothing: the need itself was not met."""


def _none(trial: _Trial, other: Task) -> Mapping[str, str]:
    return {}


_VALUES: Mapping[str, Any] = {
    "ERR-CSA": lambda trial, other: {"account": trial.site.plan.service_account},
    "ERR-NOCLUSTER": lambda trial, other: {"name": trial.site.plan.cluster},
    "ERR-DP-MISSING": lambda trial, other: {"domain": other.subject.name},
    "ERR-COMPONENT": lambda trial, other: {
        "SMTP_/_NNTP_/_World_Wide_Web_/_ASP.NET": "SMTP, NNTP, World Wide Web, ASP.NET"
    },
}
