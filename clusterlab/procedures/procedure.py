"""A procedure: steps expanded over the nodes, EVSs and domains of a plan, with what needs what.

`X needs Y` means that Y comes first (handbook 3, 7.1). Who may do what when, and what comes of it,
is decided in `run.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import NamedTuple, get_args

from clusterlab.cluster.errors import ConfigError, wrong
from clusterlab.cluster.events import Event
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.step import Need, Quantifier, Scope, Situation, Step, Subject, names_of


class Slot(NamedTuple):
    """When a task is done, and by whom (persons are numbered from 1), in minutes."""

    key: str
    person: int
    start: int
    end: int


class Schedule(NamedTuple):
    """Who does what when.

    Attributes:
        at_least: Minutes below which it is proven that no schedule exists.
    """

    slots: tuple[Slot, ...]
    minutes: int
    at_least: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A step for one subject.

    Attributes:
        key: "install/E03@EVS1"; what is done once, or for one subject alone, has no @.
        needs: Keys of what comes first, in the order of the step's needs, and which need says so.
        names: Names of the plan for its texts.
    """

    key: str
    step: Step
    subject: Subject
    needs: Mapping[str, Need]
    names: Mapping[str, str]

    @property
    def short(self) -> str:
        """The key without the procedure: "E03@EVS1"."""
        return self.key.partition("/")[2]

    @property
    def title(self) -> str:
        """What is done, and for what: the title of the step with the client's name."""
        return f"{self.step.title} ({self.subject.name})" if self.subject.name else self.step.title

    @property
    def how(self) -> str:
        """Menu path or pages, with the client's names."""
        return self.text(self.step.how)

    def text(self, template: str) -> str:
        """Return *template* with the client's names in place of those in braces."""
        return template.format_map(self.names)

    def options(self, name: str) -> tuple[str, ...]:
        """Return what can be chosen, with the client's names; the right one is the first."""
        choice = next(choice for choice in self.step.choices if choice.name == name)
        return tuple(map(self.text, choice.options))


class RunEntry(NamedTuple):
    """What was done: a task with its choices, or an event sent to the cluster.

    Attributes:
        choices: Those that were said; all others were the right ones.
    """

    key: str = ""
    choices: Mapping[str, str] = {}
    event: Event | None = None


@dataclass(frozen=True, kw_only=True)
class Procedure:
    """The tasks of some steps for one plan (handbook 3, 7).

    Attributes:
        name: Which procedure: what its keys begin with.
        beside: Steps that can be done as well, without being part of it.
        after: What was done from beginning to end before this begins.
        start: Returns where it begins, for a plan; None begins with nothing.
        order: The turns of an order that was found by search, in words; else nothing.
        text: The file of steps of a procedure of one's own; else nothing.

    Example:
        >>> from clusterlab.procedures import Plan, installation
        >>> procedure = installation(Plan.standard(nodes=2, evs=1))
        >>> len(procedure.tasks), procedure.minutes(), len(procedure.levels())
        (55, 782, 32)
        >>> list(procedure.task("E05@EVS1").needs)
        ['install/E02@EVS1', 'install/E03@EVS1', 'install/E04@EVS1']
    """

    name: str
    plan: Plan
    steps: tuple[Step, ...]
    beside: tuple[Step, ...] = field(default=(), repr=False)
    after: Procedure | None = field(default=None, repr=False)
    start: Callable[[Plan], Situation] | None = field(default=None, repr=False)
    order: tuple[str, ...] = field(default=(), repr=False)
    title: str = field(default="", repr=False)
    text: str = field(default="", repr=False)

    @cached_property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks that are counted, in a valid order for one person (handbook 3, 7.5)."""
        return tuple(self._expansion.tasks(self.steps))

    @cached_property
    def by_key(self) -> Mapping[str, Task]:
        """Every task that can be done, by its key; first those that are counted."""
        extra = self._expansion.tasks(self.beside)
        return {task.key: task for task in (*self.tasks, *extra)}

    @cached_property
    def _expansion(self) -> _Expansion:
        return _Expansion(self.plan, (*self.steps, *self.beside))

    @cached_property
    def _full_keys(self) -> Mapping[str, str]:
        """Keys by what stands behind the slash."""
        return {task.short: key for key, task in self.by_key.items()}

    @cached_property
    def users(self) -> Mapping[str, tuple[str, ...]]:
        """For each counted task the keys of those that need it directly."""
        table: dict[str, list[str]] = {task.key: [] for task in self.tasks}
        for task in self.tasks:
            for key in task.needs:
                table[key].append(task.key)
        return {key: tuple(users) for key, users in table.items()}

    def task(self, key: str) -> Task:
        """Return the task of a key; "E03@EVS1" will do for "install/E03@EVS1"."""
        found = self.by_key.get(key) or self.by_key.get(self._full_keys.get(key, ""))
        if found is None:
            raise ConfigError(_unknown(self, str(key)))
        return found

    def levels(self) -> tuple[tuple[Task, ...], ...]:
        """Return the tasks by level: the longest chain of needs in front of each."""
        level: dict[str, int] = {}
        rows: list[list[Task]] = []
        for task in self.in_levels:
            here = max((level[key] + 1 for key in task.needs), default=0)
            level[task.key] = here
            rows += [[]] * (here == len(rows))
            rows[here] = [*rows[here], task]
        return tuple(map(tuple, rows))

    def critical_path(self) -> tuple[Task, ...]:
        """Return the chain of tasks that takes longest; with enough people nothing is faster."""
        tails = self.tails
        path: list[Task] = []
        starts = [task.key for task in self.tasks if not task.needs]
        while starts:
            best = max(starts, key=lambda key: tails[key])
            path.append(self.by_key[best])
            starts = list(self.users[best])
        return tuple(path)

    def minutes(self) -> int:
        """Return the minutes when one person does one task after the other."""
        return sum(task.step.minutes for task in self.tasks)

    def schedule(self, people: int) -> Schedule:
        """Return who does what when, with *people* persons working at the same time.

        Whoever is free takes the task, of those whose needs are all met, with the longest chain
        behind it. That is seldom far from the best; `at_least` says how far at most.

        Example:
            >>> from clusterlab.procedures import Plan, installation
            >>> procedure = installation(Plan.standard(nodes=2, evs=1))
            >>> [procedure.schedule(people)[1:] for people in (1, 2, 5)]
            [(782, 782), (537, 536), (515, 515)]
        """
        if type(people) is not int or people < 1:
            raise wrong("people", people, "a whole number from 1 up")
        slots = _longest_chain_first(self, people)
        end = max((slot.end for slot in slots), default=0)
        return Schedule(slots, end, _at_least(self, people))

    @cached_property
    def in_levels(self) -> tuple[Task, ...]:
        """The counted tasks level by level, each after all that it needs."""
        placed: dict[str, Task] = {}
        waiting = list(self.tasks)
        while waiting:
            ready = [t for t in waiting if t.needs.keys() <= placed.keys()]
            if not ready:
                raise ConfigError(f"the needs of {waiting[0].key} run in a circle")
            placed.update((task.key, task) for task in ready)
            waiting = [task for task in waiting if task.key not in placed]
        return tuple(placed.values())

    @cached_property
    def tails(self) -> Mapping[str, int]:
        """For each task the minutes of the longest chain that begins with it."""
        tails: dict[str, int] = {}
        for task in reversed(self.in_levels):
            behind = max((tails[user] for user in self.users[task.key]), default=0)
            tails[task.key] = task.step.minutes + behind
        return tails


def subjects(plan: Plan, scope: Scope) -> tuple[Subject, ...]:
    """Return for what a step of *scope* is done.

    Example:
        >>> [subject.mark for subject in subjects(Plan.standard(nodes=3, evs=2), "nodeX")]
        ['N2', 'N3']
    """
    nodes = _marked("N", [node.name for node in plan.nodes])
    match scope:
        case "node1":
            return nodes[:1]
        case "node":
            return nodes
        case "nodeX":
            return nodes[1:]
        case "each node but the last":
            return nodes[:-1]
        case "evs":
            return _marked("EVS", [evs.name for evs in plan.evs])
        case "domain":
            return _marked("D", plan.domains)
    return (Subject(),)


def _marked(mark: str, names: Sequence[str]) -> tuple[Subject, ...]:
    return tuple(Subject(f"{mark}{n}", name, n) for n, name in enumerate(names, start=1))


def _key(step: Step, subject: Subject) -> str:
    return f"{step.id}@{subject.mark}" if subject.mark and not step.mark else step.id


class _Expansion:
    """Steps expanded over a plan; *known* are those that may be needed."""

    def __init__(self, plan: Plan, known: Sequence[Step]) -> None:
        self.steps = {step.id: step for step in known}
        self.instances = {scope: subjects(plan, scope) for scope in get_args(Scope)}
        everyone = {subject for row in self.instances.values() for subject in row}
        self.names = {subject: names_of(plan, subject) for subject in everyone}

    def tasks(self, steps: Sequence[Step]) -> Iterator[Task]:
        """Yield the tasks of *steps*: block by block, subject by subject."""
        for _, block in groupby(steps, key=lambda step: step.block or step.id):
            together = tuple(block)
            rows = [self._subjects(step) for step in together]
            everyone = dict.fromkeys(subject for row in rows for subject in row)
            for subject in reversed(everyone) if together[0].is_backwards else everyone:
                for step, row in zip(together, rows, strict=True):
                    if subject in row:
                        yield self._task(step, subject)

    def _subjects(self, step: Step) -> tuple[Subject, ...]:
        everyone = self.instances[step.scope]
        return tuple(s for s in everyone if s.mark == step.mark) if step.mark else everyone

    def _task(self, step: Step, subject: Subject) -> Task:
        needs: dict[str, Need] = {}
        for need in step.needs:
            for key in self._needed(step, need, subject):
                if key not in needs or (need.is_hard and not needs[key].is_hard):
                    needs[key] = need
        return Task(
            key=_key(step, subject),
            step=step,
            subject=subject,
            needs=needs,
            names=self.names[subject],
        )

    def _needed(self, step: Step, need: Need, subject: Subject) -> Iterator[str]:
        """Yield the keys of the tasks that *need* of *step* means for *subject*."""
        if need.only:
            own = self._subjects(step)
            if subject != own[0 if need.only == "first" else -1]:
                return
        other = self.steps[need.step]
        instances = self._subjects(other)
        if not instances:  # Nobody has to do it, so what it would have needed itself comes first.
            for further in other.needs:
                if further.quantifier != "prev":
                    yield from self._needed(other, further, subject)
        for instance in _meant(need.quantifier, subject, instances):
            yield _key(other, instance)


def _meant(
    quantifier: Quantifier, subject: Subject, instances: tuple[Subject, ...]
) -> Iterable[Subject]:
    """Return those of *instances*, which stand in their order, that a need of *subject* means."""
    first = instances[0].number if instances else 0
    match quantifier:
        case "same" | "same?":
            place = subject.number - first
        case "prev":
            place = subject.number - 1 - first
        case "others":
            return tuple(other for other in instances if other != subject)
        case _:
            return instances
    return instances[place : place + 1] if place >= 0 else ()


def _unknown(procedure: Procedure, key: str) -> str:
    step, _, mark = key.partition("@")
    tasks = procedure.by_key.values()
    marks = [t.subject.mark for t in tasks if step in (t.step.id, t.step.id.partition("/")[2])]
    if not marks:
        steps = dict.fromkeys(task.step.id for task in tasks)
        return f"there is no step {step!r}; allowed: {', '.join(steps)}"
    allowed = ", ".join(f"{step}@{mark}" if mark else step for mark in marks)
    return f"step {step!r} is not done for {mark!r} in this plan; allowed: {allowed}"


def clock(minutes: int) -> str:
    """Return minutes as hours and minutes.

    Example:
        >>> clock(782), clock(45)
        ('13 h 02 min', '45 min')
    """
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02} min" if hours else f"{rest} min"


# --- who does what when --------------------------------------------------------------------------

# To find the shortest schedule is too much work for more than a few tasks, so a good one is made
# and a bound is proven below which none can be.


def _longest_chain_first(procedure: Procedure, people: int) -> tuple[Slot, ...]:
    tails, ends = procedure.tails, dict[str, int]()
    free = [0] * people
    waiting = {task.key: len(task.needs) for task in procedure.tasks}
    ready = [(0, key) for key, count in waiting.items() if count == 0]
    slots: list[Slot] = []
    while ready:
        person = min(range(people), key=free.__getitem__)
        now = max(free[person], min(start for start, _ in ready))
        choice = max((one for one in ready if one[0] <= now), key=lambda one: tails[one[1]])
        ready.remove(choice)
        key = choice[1]
        ends[key] = free[person] = now + procedure.by_key[key].step.minutes
        slots.append(Slot(key, person + 1, now, ends[key]))
        for user in procedure.users[key]:
            waiting[user] -= 1
            if waiting[user] == 0:
                needs = procedure.by_key[user].needs
                ready.append((max(ends[key] for key in needs), user))
    return tuple(sorted(slots, key=lambda slot: (slot.start, slot.person)))


def _at_least(procedure: Procedure, people: int) -> int:
    """Return minutes that no schedule can undercut.

    Between the end of one task and the beginning of another that follows it, everything that
    stands between the two has to be done by *people* persons; before the one and after the other
    at least the longest chain passes.
    """
    order, tails = procedure.in_levels, procedure.tails
    places = {task.key: place for place, task in enumerate(order)}
    before, after, heads = [0] * len(order), [0] * len(order), [0] * len(order)
    alike: dict[int, int] = {}
    for place, task in enumerate(order):
        alike[task.step.minutes] = alike.get(task.step.minutes, 0) | 1 << place
        for key in task.needs:
            other = places[key]
            before[place] |= before[other] | 1 << other
            heads[place] = max(heads[place], heads[other] + order[other].step.minutes)
    for place in reversed(range(len(order))):
        for user in procedure.users[order[place].key]:
            after[place] |= after[places[user]] | 1 << places[user]
    best = max(-(-procedure.minutes() // people), max(tails.values(), default=0))
    for place, task in enumerate(order):
        tail = tails[task.key]
        best = max(best, _shared(before[place], alike, people) + tail)
        for other, first in enumerate(order[:place]):
            if before[place] >> other & 1:
                between = _shared(before[place] & after[other], alike, people)
                best = max(best, heads[other] + first.step.minutes + between + tail)
    return best


def _shared(tasks: int, alike: Mapping[int, int], people: int) -> int:
    """Return the minutes of a set of tasks (bits), shared by *people* persons."""
    total = sum(minutes * (tasks & same).bit_count() for minutes, same in alike.items())
    return -(-total // people)
