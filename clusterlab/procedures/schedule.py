"""Who does which task when, if several people work at the same time.

To find the shortest schedule is too much work for more than a few tasks, so a good one is made and
a bound is proven below which none can be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from clusterlab.cluster.errors import ConfigError

if TYPE_CHECKING:
    from clusterlab.procedures.procedure import Procedure


class Slot(NamedTuple):
    """When a task is done, and by whom (persons are numbered from 1), in minutes."""

    key: str
    person: int
    start: int
    end: int


class Schedule(NamedTuple):
    """Who does what when.

    Attributes:
        slots: In order of their start.
        minutes: From the first start to the last end.
        at_least: Minutes below which it is proven that no schedule exists.
    """

    slots: tuple[Slot, ...]
    minutes: int
    at_least: int

    @property
    def is_shortest(self) -> bool:
        """Whether it is proven that nothing shorter exists."""
        return self.minutes == self.at_least


def schedule_of(procedure: Procedure, people: int) -> Schedule:
    """Return a schedule by the rule of the longest chain first; see `Procedure.schedule`."""
    if type(people) is not int or people < 1:
        raise ConfigError(f"people is {people!r}; allowed: a whole number from 1 up")
    slots = _longest_chain_first(procedure, people)
    end = max((slot.end for slot in slots), default=0)
    return Schedule(slots, end, _at_least(procedure, people))


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
                ready.append((max(ends[needed.key] for needed in needs), user))
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
        for needed in task.needs:
            other = places[needed.key]
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
