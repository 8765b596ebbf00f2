"""One task being tried: what refuses it, what it does, what it plants (handbook 3, 10.1).

Five parts, in this order: hard needs that are not met, checks, soft needs that are not met,
effects, the clock. What refuses ends it and nothing has changed; what does damage takes the place
of the effect; what plants a harm lets the step go on, and shows later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from clusterlab.cluster.draft import LogEntry, Outcome
from clusterlab.cluster.errors import ConfigError, OperationRefused, wrong
from clusterlab.cluster.states import GroupState
from clusterlab.procedures.checks import ALL_COMPONENTS, COMPONENTS_FIELD
from clusterlab.procedures.codes import Refusal, codes, text_of
from clusterlab.procedures.effects import carry_out, embody, lines_of, needs_cluster
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.procedure import Procedure, RunEntry, Task
from clusterlab.procedures.step import Check, Harm, Need, Obstacle, Site, Situation, Subject
from clusterlab.procedures.work import Work

RESOURCE_FAILED = 1069
"""What ClusSvc logs when a resource fails (handbook 1, 8.3)."""


class Remark(NamedTuple):
    """A warning, a damage or a refusal in words.

    Attributes:
        text: Text of the code, with values; with *is_verbatim* the product's own.
        is_verbatim: Whether a source has these words.
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


class Record(NamedTuple):
    """What came of one entry.

    Attributes:
        refusal: Why it was refused; None if it was done.
        history: What happened in the cluster meanwhile, in its seconds; empty without a cluster.
    """

    entry: RunEntry
    situation: Situation
    remarks: tuple[Remark, ...] = ()
    refusal: OperationRefused | None = None
    lines: tuple[str, ...] = ()
    log: tuple[LogEntry, ...] = ()
    history: tuple[Outcome, ...] = ()


def unmet(situation: Situation, task: Task) -> dict[str, Need]:
    """Return the needs of a task that are not done, by key."""
    return {key: need for key, need in task.needs.items() if key not in situation.done}


def chosen(task: Task, said: Mapping[str, str]) -> Mapping[str, str]:
    """Return every choice of a task with its value: what was said, or the right one."""
    choices = {choice.name: choice for choice in task.step.choices}
    for name, value in said.items():
        if name not in choices:
            allowed = ", ".join(choices) or "none"
            raise ConfigError(f"{task.short} has no choice {name!r}; allowed: {allowed}")
        if not choices[name].is_open and value not in task.options(name):
            options = ", ".join(map(repr, task.options(name)))
            raise wrong(f"{name} of {task.short}", value, options)
    return {name: said.get(name, task.text(choice.right)) for name, choice in choices.items()}


def surfaced(harms: tuple[Harm, ...], code: object, subject: Subject) -> tuple[Harm, ...]:
    """Return *harms* with those of *code* marked as shown."""
    return tuple(
        harm._replace(is_surfaced=True)
        if harm.code == code and harm.subject in ("", subject.name)
        else harm
        for harm in harms
    )


def seen_in_cluster(harms: tuple[Harm, ...], work: Work) -> tuple[Harm, ...]:
    """Return *harms* with those marked as shown whose EVS just failed, or found no node."""
    if work.cluster is None:
        return harms
    failed = {entry.group for entry in work.log if entry.event_id == RESOURCE_FAILED}
    down = {
        group
        for group in work.cluster.owners
        if group in work.cluster.persistent
        and work.cluster.group_state(group) in (GroupState.FAILED, GroupState.OFFLINE)
    }
    groups = [work.facts.get(f"evs.{harm.subject}.group", harm.subject) for harm in harms]
    return tuple(
        harm._replace(is_surfaced=harm.is_surfaced or group in failed | down)
        for harm, group in zip(harms, groups, strict=True)
    )


class Attempt:
    """One task being tried; `record` returns what came of it or raises OperationRefused."""

    def __init__(
        self, procedure: Procedure, situation: Situation, task: Task, choices: Mapping[str, str]
    ) -> None:
        self.procedure, self.situation = procedure, situation
        self.task, self.choices = task, choices
        self.site = Site(situation, procedure.plan, task.subject, choices)
        self.remarks: list[Remark] = []
        self.harms: list[Harm] = []
        self.sets: dict[str, Any] = {}
        self.undoes: list[str] = []
        self.is_damaged = False

    def record(self, entry: RunEntry) -> Record:
        """Return what comes of the attempt."""
        self._check_again()
        open_needs = unmet(self.situation, self.task)
        for key, need in open_needs.items():
            if need.is_hard and not self.is_damaged:
                self._meet(key, need)
        for check in self.task.step.checks:
            if not self.is_damaged and (finding := check.finds(self.site)) is not None:
                self._judge(check, finding)
        if self.situation.cluster is None and needs_cluster(self.task.step):
            self._refuse_without_cluster()
        for key, need in open_needs.items():
            if not need.is_hard:
                self._meet(key, need)
        return self._damaged(entry) if self.is_damaged else self._done(entry)

    def _refuse_without_cluster(self) -> None:
        if not self.is_damaged:
            text = text_of("PREREQ", X=self.task.short, Y="C01@N1")
            because = f"There is no cluster {self.site.plan.cluster} yet."
            raise Refusal("PREREQ", because=because, text=text)

    def _check_again(self) -> None:
        is_right = self.situation.done.get(self.task.key)
        if is_right and not self.task.step.is_setting:
            raise self._done_before()

    def _done_before(self) -> Refusal:
        because = f"It was done as the handbook recommends: {self.task.title}."
        return Refusal("DONE", because=because, text=text_of("DONE", X=self.task.short))

    def _refuse_if_idle(self, after: Situation) -> None:
        """Refuse what is done a second time and neither does nor repairs anything.

        Not in procedures that begin with a running cluster: backups and checks are done anew in
        each of their rounds (handbook 4, 4.3.9).
        """
        if self.procedure.start is not None:
            return
        old, new = ((s.facts, s.harms, {*s.done}) for s in (self.situation, after))
        if old == new and self.situation.done.get(self.task.key) and not self.task.step.does:
            raise self._done_before()

    def _meet(self, key: str, need: Need) -> None:
        """Let a need that is not met have its consequence."""
        for case in need.cases:
            finding = case.finds(self.site)
            if finding is not None:
                return self._judge(case, finding)
        other = self.procedure.task(key)
        names = {"X": self.task.short, "Y": other.short}
        fillings = _fillings(need.code, self.procedure.plan, other)
        finding = Obstacle(f"{other.short} is not done.", {**names, **fillings})
        check = Check(code=need.code, finds=_nothing, breaking=need.breaking, sets=need.sets)
        return self._judge(check, finding)

    def _judge(self, check: Check, finding: Obstacle) -> None:
        if check.breaking == "allows":
            return
        text = text_of(check.code, **finding.values)
        if check.breaking == "refuses":
            raise Refusal(check.code, because=finding.because, text=text)
        is_damage = check.breaking == "damages"
        is_hidden = check.breaking == "plants"
        row = codes()[check.code]
        if not is_hidden and check.code not in [shown.code for shown in self.remarks]:
            said = (text, finding.because, row.remedy, row.is_verbatim, is_damage)
            self.remarks.append(Remark(check.code, *said))
        if check.finds is not _nothing or check.breaking != "warns":
            self.harms += [
                Harm(check.code, self.task.key, name, finding.because, not is_hidden)
                for name in finding.subjects or (self.task.subject.name,)
            ]
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
            for harm in self.situation.harms
            if harm.task != self.task.key
            and not (harm.code in clears and (not name or harm.subject in ("", name)))
        )
        planted = dict.fromkeys(self.harms)
        return (*kept, *planted)

    def _damaged(self, entry: RunEntry) -> Record:
        situation, minutes = self.situation, self.task.step.minutes
        work = Work(self.site, {**situation.facts, **self._facts(self.sets)}, situation.cluster)
        work.wait(minutes * 60.0)
        gone = (key for key in situation.done if key.partition("@")[0] in self.undoes)
        work.undone += [self.task.key, *gone]
        return recorded(work, entry, minutes, self._kept_harms(), remarks=tuple(self.remarks))

    def _done(self, entry: RunEntry) -> Record:
        situation, step = self.situation, self.task.step
        work = Work(self.site, {**situation.facts, **self._facts(self.sets)}, situation.cluster)
        lines = lines_of(step, self.site)
        start_s = 0.0 if situation.cluster is None else situation.cluster.now_s
        carry_out(work, step)
        work.facts.update(self._facts(step.sets))
        embody(work)
        if work.cluster is not None:
            work.wait(max(0.0, start_s + step.minutes * 60.0 - work.cluster.now_s))
        work.undone += _undone_keys(self.task)
        record = recorded(
            work,
            entry,
            step.minutes,
            seen_in_cluster(self._kept_harms(), work),
            done={self.task.key: self._is_right()},
            remarks=tuple(self.remarks),
            lines=lines or tuple(work.typed),
        )
        self._refuse_if_idle(record.situation)
        return record

    def _is_right(self) -> bool:
        choices = self.task.step.choices
        return all(self.choices[one.name] == self.task.text(one.right) for one in choices)


def recorded(  # noqa: PLR0917  what came of work, in the order of a record
    work: Work,
    entry: RunEntry,
    minutes: int,
    harms: tuple[Harm, ...],
    done: Mapping[str, bool] | None = None,
    remarks: tuple[Remark, ...] = (),
    lines: tuple[str, ...] = (),
) -> Record:
    """Return what came of *work*; what it undid is not done any more, and *done* is now."""
    before, log, history = work.site.situation, tuple(work.log), tuple(work.history)
    kept = {key: right for key, right in before.done.items() if key not in work.undone}
    after = replace(
        before,
        facts=work.facts,
        cluster=work.cluster,
        minute=before.minute + minutes,
        done={**kept, **(done or {})},
        harms=harms,
    )
    return Record(entry, after, remarks, None, lines, log, history)


def _undone_keys(task: Task) -> Iterator[str]:
    for step in task.step.undoes:
        is_one = task.step.mark or not task.subject.mark
        yield step if is_one else f"{step}@{task.subject.mark}"


def _nothing(site: Site) -> None:
    """Find nothing: the need itself was not met."""


def _fillings(code: str, plan: Plan, other: Task) -> Mapping[str, str]:
    """Return what stands for `<x>` in the text of a need that is not met."""
    table = {
        "ERR-CSA": {"account": plan.service_account},
        "ERR-NOCLUSTER": {"name": plan.cluster},
        "ERR-DP-MISSING": {"domain": other.subject.name},
        "ERR-COMPONENT": {COMPONENTS_FIELD: ", ".join(ALL_COMPONENTS)},
    }
    return table.get(code, {})
