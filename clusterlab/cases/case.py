"""A case: a seed's cluster with faults, what users say of it, hints, solution and check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar
from zlib import crc32

from clusterlab.cases import trials as tr
from clusterlab.cases.checking import Report, each_trial, plant, symptom, trials_of
from clusterlab.cases.kinds import KINDS
from clusterlab.cases.model import Fault, FaultKind
from clusterlab.cases.trials import Suffered, Trial, lasting, norm_of, sound_cluster, suffered
from clusterlab.cluster.checks import listed
from clusterlab.cluster.errors import ConfigError, wrong
from clusterlab.cluster.model import Cluster
from clusterlab.clusterexe.listing import group_listing, network_table, node_listing
from clusterlab.simulation import Simulation
from clusterlab.tomlfiles.tables import own_table

DAYS = ("Monday", "Tuesday", "Wednesday")
MOST_FAULTS = 3
MOST_CANDIDATES = 7
"""How many faults are tried before a case is content with fewer than it wanted."""
HINTS = 3
"""Levels of hints: what was to be expected, which rule, where to look."""
GREATEST_SEED = 999_999


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A cluster with faults that a learner is to find and to repair.

    Attributes:
        shape: Which sound cluster it was, a key of `trials.SHAPES`.
        start: The cluster as the learner gets it, at rest.
        faults: What is wrong; not shown before `solution`.
        incidents: What users went through, by day; each night everything is put back in place.
    """

    seed: int
    shape: str
    start: Cluster
    faults: tuple[Fault, ...]
    incidents: Mapping[str, Suffered]

    def __repr__(self) -> str:
        """Return what the learner is told: the cluster, the complaints, the state this morning."""
        head = f"Case {self.seed}: cluster {self.start.config.name}, {self.shape}"
        return "\n".join([head, "", *self.complaints(), "", self.listings()])

    def complaints(self) -> tuple[str, ...]:
        """Return what users say, by day."""
        return tuple(
            f"{day}. {sentence}"
            for day, seen in self.incidents.items()
            for sentence in complaints(seen)
        )

    def log(self, day: str | None = None, lines: int | None = None) -> str:
        """Return the event log of one day, or of all; with *lines* only the first ones of each."""
        parts = [
            "\n".join([name, *log_lines(seen)[:lines]])
            for name, seen in self.incidents.items()
            if day in (None, name)
        ]
        if not parts:
            allowed = ", ".join(self.incidents)
            raise ConfigError(f"nothing was noted on {day!r}; allowed: {allowed}")
        return "\n\n".join(parts)

    def listings(self) -> str:
        """Return nodes, groups and networks as they are this morning."""
        cluster = self.start
        return "\n\n".join([node_listing(cluster), group_listing(cluster), network_table(cluster)])

    def simulation(self) -> Simulation:
        """Return a new simulation that begins with the cluster of the case."""
        return Simulation(self.start, name=f"case {self.seed}")

    def check(self, simulation: Simulation) -> Report:
        """Return whether the faults are repaired, by playing the failures again.

        Args:
            simulation: The learner's, begun with `simulation`; it is left as it is.
        """
        *_, (_, _, report) = self.check_steps(simulation)
        assert report is not None
        return report

    def check_steps(self, simulation: Simulation) -> Iterator[tuple[int, int, Report | None]]:
        """Check step by step: yield trials played, how many there are, and at last the report."""
        return each_trial(self.shape, self.start, self.faults, simulation)

    def hints(self, level: int = 1) -> tuple[str, ...]:
        """Return one hint for each day: 1 what was to be expected, 2 which rule, 3 where to look.

        Raises:
            ConfigError: If there is no such level.
        """
        if level not in range(1, HINTS + 1):
            raise ConfigError(f"there is no hint of level {level!r}; allowed: 1 to {HINTS}")
        return tuple(
            f"{day}. {self._hint(fault, level)}"
            for fault, day in zip(self.faults, self.incidents, strict=True)
        )

    def _hint(self, fault: Fault, level: int) -> str:
        if level == 1:
            return _expectation(self.shape, self.start, trials_of(self.shape, fault)[0])
        if level == 2:
            return f"{fault.kind.rule} ({fault.kind.source})"
        return f"Look at: {fault.kind.look.format(fault.place)}"

    def solution(self) -> str:
        """Return the faults, their rules, and lines that repair them."""
        return "\n\n".join(
            "\n".join([f"{fault}.", f"{fault.kind.rule} ({fault.kind.source})", *lines])
            for fault, lines in zip(self.faults, self.repairs(), strict=True)
        )

    def repairs(self) -> tuple[tuple[str, ...], ...]:
        """Return for each fault the lines of cluster.exe that repair it, one way of several."""
        sound = sound_cluster(self.shape)
        return tuple(fault.kind.repairs(sound, fault.place)[0] for fault in self.faults)


def _expectation(shape: str, cluster: Cluster, trial: Trial) -> str:
    fair, seen = tr.on_sound_cluster(shape, trial), suffered(cluster, trial, norm_of(shape))
    waits = {group: f"out {lasting(fair.seconds_out(group))}" for group in tr.worse(fair, seen)}
    return f"It begins when {trial.words}. On a sound cluster: {tr.told(waits)}."


@lru_cache(maxsize=8)
def case(seed: int, faults: int | None = None, kinds: tuple[str, ...] = ()) -> Case:
    """Return the case of a seed, the same on every machine.

    Args:
        seed: Any whole number from 0 to 999999.
        faults: How many faults, 1 to 3; None lets the seed decide. If the cluster cannot show that
            many apart from each other, there are fewer.
        kinds: Ids of the kinds of faults to choose from; none means all.

    Raises:
        ConfigError: If an argument is none of what is allowed.

    Example:
        >>> case(7).start == case(7).start
        True
    """
    _check_arguments(seed, faults, kinds)
    order = shuffled(seed, "kinds", [KINDS[key] for key in kinds or KINDS])
    shapes = [shape for shape in tr.SHAPES if order[0].places(sound_cluster(shape))]
    shape = chosen(seed, "shape", shapes)
    wanted = faults or 1 + number(seed, "faults") % MOST_FAULTS
    planted: list[Fault] = []
    for fault in _candidates(seed, shape, order):
        if len(planted) == wanted:
            break
        if _shows_apart(shape, planted, fault):
            planted.append(fault)
    start = plant(shape, tuple(planted))
    return Case(
        seed=seed,
        shape=shape,
        start=start,
        faults=tuple(planted),
        incidents=dict(_incidents(seed, shape, start, planted)),
    )


def _check_arguments(seed: int, faults: int | None, kinds: tuple[str, ...]) -> None:
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= GREATEST_SEED:
        raise wrong("seed", seed, f"whole numbers from 0 to {GREATEST_SEED}")
    if faults is not None and faults not in range(1, MOST_FAULTS + 1):
        raise wrong("faults", faults, f"1 to {MOST_FAULTS}, or None")
    for key in kinds:
        if key not in KINDS:
            raise ConfigError(f"there is no kind of fault {key!r}; allowed: {listed(KINDS)}")


def _candidates(seed: int, shape: str, order: Sequence[FaultKind]) -> Iterator[Fault]:
    """Yield one fault of each of the first kinds that the cluster can have, in order."""
    able = [kind for kind in order if kind.places(sound_cluster(shape))]
    for kind in able[:MOST_CANDIDATES]:
        places = kind.places(sound_cluster(shape))
        yield Fault(kind=kind, place=chosen(seed, f"place {kind.id}", places))


def _shows_apart(shape: str, planted: Sequence[Fault], fault: Fault) -> bool:
    """Return whether *fault* and the others can be told apart, each by its own trials."""
    if any(other.place == fault.place for other in planted):
        return False
    together = (*planted, fault)
    try:
        plant(shape, together)
    except ConfigError:
        return False  # no cluster can have both
    for one in together:
        others = tuple(other for other in together if other is not one)
        trials = trials_of(shape, one)
        if not symptom(shape, plant(shape, together), trials[:1]):
            return False
        if others and symptom(shape, plant(shape, others), trials):
            return False
    return True


def _incidents(
    seed: int, shape: str, start: Cluster, faults: Sequence[Fault]
) -> Iterator[tuple[str, Suffered]]:
    for day, fault in zip(DAYS, faults, strict=False):
        trial = trials_of(shape, fault)[0]
        wait = 60.0 * (1 + number(seed, f"minute {day}") % 40)
        later = trial._replace(steps=(wait, *trial.steps))
        yield day, suffered(start, later, norm_of(shape), keeps_record=True)


# --- chance ---------------------------------------------------------------------------------------


_MASK = 0xFFFFFFFFFFFFFFFF

T = TypeVar("T")


def number(seed: int, what: str) -> int:
    """Return a whole number of 64 bits that depends on *seed* and on what it is for.

    The steps are those of the generator SplitMix64, which mixes well and needs no state.
    """
    mixed = (seed * 0x9E3779B97F4A7C15 + crc32(what.encode()) * 0xD1342543DE82EF95) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return mixed ^ (mixed >> 31)


def chosen(seed: int, what: str, items: Sequence[T]) -> T:
    """Return one of *items*, which must not be empty."""
    return items[number(seed, what) % len(items)]


def shuffled(seed: int, what: str, items: Sequence[T]) -> list[T]:
    """Return *items* in an order that the seed decides."""
    places = range(len(items))
    order = sorted(places, key=lambda place: (number(seed, f"{what} {place}"), place))
    return [items[place] for place in order]


# --- what users and the event log say -------------------------------------------------------------


_EVERYTHING = ("IP", "Disk", "Name", "SA", "IS")
"""Short names of what an EVS cannot do anything without."""

_WORDS: Mapping[str, str] = own_table(Path(__file__).with_suffix(".toml")).data
"""What users notice when one resource is missing, by short name (handbook 2, 1.2 and 4.7)."""


def clock(seconds: float) -> str:
    """Return a moment of a trial as the time of day.

    Example:
        >>> clock(0), clock(725)
        ('10:00', '10:12')
    """
    total = int(tr.MORNING_S + seconds) // 60
    return f"{total // 60 % 24:02}:{total % 60:02}"


def complaints(seen: Suffered) -> Iterator[str]:
    """Yield what users say, one sentence for each stretch without service."""
    who: dict[str, list[str]] = {}
    for group in seen.gaps:
        for what in _of_group(seen, group):
            who.setdefault(what, []).append(group)
    for what, groups in who.items():
        yield f"{', '.join(groups)}: {what}."


def _of_group(seen: Suffered, group: str) -> Iterator[str]:
    for start_s, end_s, missing in seen.gaps[group]:
        what = _noticed(seen, group, missing)
        since = f"from {clock(start_s)}" if start_s else "since the morning"
        if end_s >= seen.end_s:
            yield f"{what}, {since} on"
        else:
            yield f"{what}, {since} to {clock(end_s)} ({lasting(end_s - start_s)})"
    if not seen.is_open(group):
        yield from _idle(seen, group)


def _noticed(seen: Suffered, group: str, missing: tuple[str, ...]) -> str:
    if group == seen.cluster.config.core_group_name and "SA" not in _shorts(seen, group):
        return f"Cluster Administrator cannot reach {seen.cluster.config.name}"
    if not missing or set(missing).intersection(_EVERYTHING):
        return "no mailbox can be opened"
    return ", ".join(_WORDS.get(short, f"{short} does not answer") for short in missing)


def _shorts(seen: Suffered, group: str) -> set[str]:
    return {resource.type.short for resource in seen.cluster.config.members.get(group, ())}


def _idle(seen: Suffered, group: str) -> Iterator[str]:
    by_name = seen.cluster.config.resources_by_name
    for name in seen.idle[group]:
        short = by_name[name].type.short
        if short in _WORDS:
            yield f"{_WORDS[short]}, still at {clock(seen.end_s)}"


def log_lines(seen: Suffered) -> list[str]:
    """Return the event logs of a trial, each entry with its time of day."""
    return [
        f"{clock(entry.at_s)}:{int(entry.at_s) % 60:02}  {entry.node:<7} {entry.source} "
        f"{entry.event_id}  {entry.text}"
        for entry in seen.log
    ]
