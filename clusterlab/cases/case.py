"""A case: a seed's cluster with faults, what users say of it, hints, solution and check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from clusterlab.cases.chance import chosen, number, shuffled
from clusterlab.cases.checking import Progress, Report, each_trial, plant, symptom, trials_of
from clusterlab.cases.complaints import complaints, log_lines
from clusterlab.cases.kinds import KINDS
from clusterlab.cases.model import Fault, FaultKind
from clusterlab.cases.sound import SHAPES, norm_of, on_sound_cluster, sound_cluster
from clusterlab.cases.trials import Pause, Suffered, Trial, lasting, suffered, told, worse
from clusterlab.cluster.checks import listed
from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.model import Cluster
from clusterlab.clusterexe.listing import group_listing, network_table, node_listing
from clusterlab.simulation import Simulation

DAYS = ("Monday", "Tuesday", "Wednesday")
MOST_FAULTS = 3
MOST_CANDIDATES = 7
"""How many faults are tried before a case is content with fewer than it wanted."""
HINTS = 3
"""Levels of hints: what was to be expected, which rule, where to look."""
GREATEST_SEED = 999_999


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One morning on which users had to wait; the next night everything is put back in place.

    Attributes:
        day: Its name.
        seen: What happened.
    """

    day: str
    seen: Suffered


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A cluster with faults that a learner is to find and to repair.

    Attributes:
        seed: What it was made from.
        shape: Which sound cluster it was, a key of `SHAPES`.
        start: The cluster as the learner gets it, at rest.
        faults: What is wrong; not shown before `solution`.
        incidents: What users went through.
    """

    seed: int
    shape: str
    start: Cluster
    faults: tuple[Fault, ...]
    incidents: tuple[Incident, ...]

    def __repr__(self) -> str:
        """Return what the learner is told: the cluster, the complaints, the state this morning."""
        head = f"Case {self.seed}: cluster {self.start.config.name}, {self.shape}"
        return "\n".join([head, "", *self.complaints(), "", self.listings()])

    def complaints(self) -> tuple[str, ...]:
        """Return what users say, by day."""
        return tuple(
            f"{incident.day}. {sentence}"
            for incident in self.incidents
            for sentence in complaints(incident.seen)
        )

    def log(self, day: str | None = None, lines: int | None = None) -> str:
        """Return the event log of one day, or of all; with *lines* only the first ones of each."""
        parts = [
            "\n".join([f"{incident.day}", *log_lines(incident.seen)[:lines]])
            for incident in self.incidents
            if day in (None, incident.day)
        ]
        if not parts:
            allowed = ", ".join(incident.day for incident in self.incidents)
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
        reports = [step.report for step in self.check_steps(simulation)]
        assert reports[-1] is not None
        return reports[-1]

    def check_steps(self, simulation: Simulation) -> Iterator[Progress]:
        """Check as `check` does, one failure at a time; the last step has the report."""
        return each_trial(self.shape, self.start, self.faults, simulation)

    def hints(self, level: int = 1) -> tuple[str, ...]:
        """Return one hint for each day: 1 what was to be expected, 2 which rule, 3 where to look.

        Raises:
            ConfigError: If there is no such level.
        """
        if level not in range(1, HINTS + 1):
            raise ConfigError(f"there is no hint of level {level!r}; allowed: 1 to {HINTS}")
        return tuple(
            f"{incident.day}. {self._hint(fault, level)}"
            for fault, incident in zip(self.faults, self.incidents, strict=True)
        )

    def _hint(self, fault: Fault, level: int) -> str:
        if level == 1:
            return _expectation(self.shape, self.start, trials_of(self.shape, fault)[0])
        if level == 2:
            return f"{fault.kind.rule} ({fault.kind.source})"
        return f"Look at: {fault.kind.look(fault.place)}"

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
    fair, seen = on_sound_cluster(shape, trial), suffered(cluster, trial, norm_of(shape))
    waits = {group: f"out {lasting(fair.seconds_out(group))}" for group in worse(fair, seen)}
    return f"It begins when {trial.words}. On a sound cluster: {told(waits)}."


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
    shape = chosen(seed, "shape", _shapes_for(order[0]))
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
        incidents=tuple(_incidents(seed, shape, start, planted)),
    )


def _check_arguments(seed: int, faults: int | None, kinds: tuple[str, ...]) -> None:
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= GREATEST_SEED:
        raise ConfigError(f"seed is {seed!r}; allowed: whole numbers from 0 to {GREATEST_SEED}")
    if faults is not None and faults not in range(1, MOST_FAULTS + 1):
        raise ConfigError(f"faults is {faults!r}; allowed: 1 to {MOST_FAULTS}, or None")
    for key in kinds:
        if key not in KINDS:
            raise ConfigError(f"there is no kind of fault {key!r}; allowed: {listed(KINDS)}")


def _shapes_for(kind: FaultKind) -> list[str]:
    return [shape for shape in SHAPES if kind.places(sound_cluster(shape))]


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
) -> Iterator[Incident]:
    for day, fault in zip(DAYS, faults, strict=False):
        trial = trials_of(shape, fault)[0]
        wait = Pause(60.0 * (1 + number(seed, f"minute {day}") % 40))
        later = trial._replace(steps=(wait, *trial.steps))
        seen = suffered(start, later, norm_of(shape), keeps_record=True)
        yield Incident(day=day, seen=seen)
