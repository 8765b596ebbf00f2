"""A procedure being done: `Run`, a frozen value that can be saved, branched and replayed.

It keeps every record, so that undo is a shorter run and a branch costs nothing. How one task is
tried is decided in `trial.py`. The cluster of its situation is the one of the simulation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from clusterlab.cluster.draft import LogEntry
from clusterlab.cluster.errors import ConfigError, OperationRefused, impossible
from clusterlab.cluster.events import Event
from clusterlab.cluster.model import KEPT, Cluster
from clusterlab.procedures import trial
from clusterlab.procedures.effects import EVENT_MINUTES, after_event, embody, lines_of
from clusterlab.procedures.procedure import Procedure, RunEntry, Task
from clusterlab.procedures.step import Harm, Need, Site, Situation, TaskState
from clusterlab.procedures.trial import Record, Remark, unmet
from clusterlab.procedures.work import PATIENCE_S, Work
from clusterlab.simulation import Simulation
from clusterlab.tomlfiles.files import write_text


class Cost(NamedTuple):
    """What a run has cost so far: minutes, and how often something went wrong that showed.

    A mistake is a refusal, a warning, damage, or a planted harm that the cluster showed.
    """

    minutes: int
    mistakes: int

    @property
    def mistakes_text(self) -> str:
        """How many mistakes, in words: "1 mistake"."""
        return f"{self.mistakes} mistake{'' if self.mistakes == 1 else 's'}"


@dataclass(frozen=True)
class Run:
    """What has been done of a procedure, and what came of it (handbook 3, 7 to 10).

    Attributes:
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
    """

    procedure: Procedure
    records: tuple[Record, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        """Begin where the procedure begins: with nothing, or with what comes before it done."""
        if not self.records:
            before, begin = self.procedure.after, self.procedure.start
            start = Situation() if begin is None else begin(self.procedure.plan)
            if before is not None:
                start = Run(before).do_rest().situation
            object.__setattr__(self, "records", (Record(RunEntry(), start),))

    def __repr__(self) -> str:
        """Return how far it is, in one line."""
        (done, counted), cost = self.progress, self.cost()
        head = f"{self.procedure.name} {self.procedure.plan.cluster}: {done} of {counted} tasks"
        return f"Run({head}, {cost.minutes} min, {cost.mistakes_text})"

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
    def entries(self) -> tuple[RunEntry, ...]:
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
        cluster = self._built
        return Simulation(cluster if cluster.timers else _from_now(cluster), cluster.seed)

    @property
    def _built(self) -> Cluster:
        if self.cluster is None:
            raise ConfigError("there is no cluster yet; form it first (install/C01)")
        return self.cluster

    # --- what can be done ---------------------------------------------------------------------

    def available(self) -> tuple[Task, ...]:
        """Return the tasks that are not done and whose needs are all met, in a valid order."""
        return tuple(task for task in self.left() if not unmet(self.situation, task))

    def blocked(self) -> Mapping[str, Mapping[str, str]]:
        """Return for each task that is neither done nor available what comes first, in words."""
        needs = {task.key: unmet(self.situation, task) for task in self.left()}
        return {
            key: {needed: self._open(needed, need) for needed, need in found.items()}
            for key, found in needs.items()
            if found
        }

    def _open(self, key: str, need: Need) -> str:
        task = self.procedure.task(key)
        must = "must" if need.is_hard else "should"
        return f"{task.short} {must} be done first: {task.title}."

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

    @property
    def progress(self) -> tuple[int, int]:
        """How many counted tasks are done, and how many there are."""
        counted = len(self.procedure.tasks)
        return counted - len(self.left()), counted

    def state(self, key: str) -> TaskState:
        """Return how a task stands; one that is done and has shown a harm is harmed."""
        task = self.procedure.task(key)
        if any(harm.task == task.key for harm in self.damages):
            return TaskState.HARMED
        if task.key in self.situation.done:
            return TaskState.DONE
        return TaskState.BLOCKED if unmet(self.situation, task) else TaskState.AVAILABLE

    def lines(self, key: str, **choices: str) -> tuple[str, ...]:
        """Return what is typed for a task now: commands that are shown, lines that are run."""
        task = self.procedure.task(key)
        site = self._site(task, trial.chosen(task, choices))
        shown = tuple(line.format_map(site.names) for line in task.step.commands)
        return (*shown, *lines_of(task.step, site))

    def cost(self) -> Cost:
        """Return the minutes spent, and how many refusals, warnings, damages and harms showed."""
        refused = sum(record.refusal is not None for record in self.records)
        minutes = self.situation.minute - self.records[0].situation.minute
        shown = sum(map(_newly_shown, self.records, self.records[1:]))
        return Cost(minutes, refused + len(self.warnings) + shown)

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
        choices_made = trial.chosen(task, said)
        entry = RunEntry(task.key, said)
        try:
            record = trial.Attempt(self.procedure, self.situation, task, choices_made).record(entry)
        except OperationRefused as refusal:
            harms = trial.surfaced(self.situation.harms, refusal.code, task.subject)
            record = Record(entry, replace(self.situation, harms=harms), refusal=refusal)
        return replace(self, records=(*self.records, record))

    def send(self, event: Event) -> Run:
        """Return the run with something done to its cluster, or happened to it.

        Five minutes pass, in which the cluster reacts; more if a node is starting, half an hour at
        most: one that finds no cluster tries again for ever.

        Raises:
            OperationRefused: If the product refuses it.
            ConfigError: If there is no cluster yet.
        """
        situation = self.situation
        site = Site(situation, self.procedure.plan)
        work = Work(site, dict(situation.facts), self._built)
        work.send(event)
        after_event(work, event)
        embody(work)
        minutes = 0
        while minutes == 0 or (work.built.starting and minutes * 60 < PATIENCE_S):
            work.wait(EVENT_MINUTES * 60.0)
            minutes += EVENT_MINUTES
        harms = trial.seen_in_cluster(situation.harms, work)
        record = trial.recorded(work, RunEntry(event=event), minutes, harms)
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

    # --- keeping it ---------------------------------------------------------------------------

    def to_json(self) -> str:
        """Return the run as text: its plan, and what was done."""
        from clusterlab.procedures.saving import run_text

        return run_text(self.procedure, self.entries)

    @staticmethod
    def from_json(text: str) -> Run:
        """Return the run that `to_json` wrote; everything is done again.

        Raises:
            ConfigError: If *text* is no saved run, one of another version, or a damaged one.
        """
        from clusterlab.procedures.saving import read_run

        procedure, entries = read_run(text)
        run = Run(procedure)
        for number, entry in enumerate(entries, start=1):
            try:
                again = run._again(entry)
            except (ConfigError, OperationRefused) as error:
                raise impossible("damaged run", number, error) from error
            run = again
        return run

    def save(self, path: Path | str) -> None:
        """Write the run to a file, which is written whole or not at all.

        Raises:
            ClusterFileError: If it cannot be written; a file that stood there is as it was.
        """
        write_text(Path(path), self.to_json())

    @staticmethod
    def load(path: Path | str) -> Run:
        """Return the run that was saved in a file.

        Raises:
            ConfigError: If there is no such file, or what is in it is no run; see `from_json`.
        """
        try:
            text = Path(path).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{str(path)!r} cannot be read as a saved run: {error}") from error
        return Run.from_json(text)

    def _again(self, entry: RunEntry) -> Run:
        if entry.event is not None:
            return self.send(entry.event)
        return self.attempt(entry.key, **entry.choices)

    # --- inside -------------------------------------------------------------------------------

    def _site(self, task: Task, choices: Mapping[str, str]) -> Site:
        return Site(self.situation, self.procedure.plan, task.subject, choices)


def _newly_shown(before: Record, after: Record) -> int:
    """Return how many planted harms the cluster itself showed; a refusal counts for itself."""
    shown = {harm for harm in after.situation.harms if harm.is_surfaced}
    hidden = (harm for harm in before.situation.harms if not harm.is_surfaced)
    return sum(harm._replace(is_surfaced=True) in shown and not after.refusal for harm in hidden)


def _from_now(cluster: Cluster) -> Cluster:
    """Return a cluster at rest with its clock at 0 s; what it remembers lies before that."""
    now_s = cluster.now_s
    shifted = {
        name: _earlier(getattr(cluster, name), now_s)
        for name, kept in KEPT.items()
        if kept.is_moment
    }
    start_s = (cluster.config.start_time_s + now_s) % (24 * 3600)
    config = replace(cluster.config, start_time_s=start_s)
    return replace(cluster, config=config, random_count=0, sequence=0, **shifted)


def _earlier(value: Any, by_s: float) -> Any:
    """Return a moment, or each of several, as it is on a clock that starts *by_s* later."""
    if isinstance(value, Mapping):
        return {key: _earlier(inner, by_s) for key, inner in value.items()}
    if isinstance(value, tuple):
        return tuple(_earlier(inner, by_s) for inner in value)
    return value - by_s


def critical_chain(run: Run) -> tuple[Task, ...]:
    """Return the tasks left that take longest one after the other.

    Example:
        >>> from clusterlab.procedures import Plan, Run, installation
        >>> run = Run(installation(Plan.standard(nodes=2, evs=1))).do_rest(until="G08@EVS1")
        >>> [task.short for task in critical_chain(run)]
        ['G09', 'G10']
    """
    left = {task.key for task in run.left()}
    tails: dict[str, tuple[int, tuple[Task, ...]]] = {}
    # A task stands behind all that it needs, so the way back meets its users first.
    for task in (t for level in reversed(run.procedure.levels()) for t in level if t.key in left):
        users = (tails[user] for user in run.procedure.users[task.key] if user in tails)
        minutes, chain = max(users, key=lambda tail: tail[0], default=(0, ()))
        tails[task.key] = (minutes + task.step.minutes, (task, *chain))
    return max(tails.values(), key=lambda tail: tail[0], default=(0, ()))[1]
