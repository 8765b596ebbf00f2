"""Whether a repair holds: the failures of a case are played again on the learner's cluster.

Nothing is compared with what was planted. A fault is repaired when its trials end as on the sound
cluster; harm is what now ends worse than on the sound cluster and worse than before the repair.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from clusterlab.cases import trials as tr
from clusterlab.cases.kinds import KINDS
from clusterlab.cases.model import Fault, crash_and_return, fails, network_away, store_of
from clusterlab.cases.trials import Suffered, Trial, norm_of, sound_cluster, suffered, worse
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.states import GroupState, NodeState
from clusterlab.exchange.exres import evs_names
from clusterlab.simulation import Simulation
from clusterlab.studies.play import Play


class Repair(NamedTuple):
    """What became of one fault.

    Attributes:
        title: The fault in words; "" while it is still there, so as not to give it away.
        evidence: What the failures that show it do now, one sentence.
    """

    title: str
    evidence: str

    @property
    def is_repaired(self) -> bool:
        """Whether the fault is gone."""
        return bool(self.title)

    def __str__(self) -> str:
        """Return the finding in one line."""
        if self.is_repaired:
            return f"repaired: {self.title}. {self.evidence}"
        return f"still there: {self.evidence}"


class Report(NamedTuple):
    """What a check found.

    Attributes:
        harm: What ends worse than before the repair.
        unfinished: What the learner's cluster still needs before it can serve as it should.
    """

    findings: tuple[Repair, ...]
    harm: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every fault is repaired and nothing else is wrong."""
        is_clean = not self.harm and not self.unfinished
        return is_clean and all(finding.is_repaired for finding in self.findings)

    @property
    def summary(self) -> str:
        """The outcome in one sentence."""
        done = sum(finding.is_repaired for finding in self.findings)
        words = [f"{done} of {len(self.findings)} faults repaired"]
        words += [f"{len(self.harm)} new"] if self.harm else []
        words += [f"{len(self.unfinished)} left to do"] if self.unfinished else []
        return f"{'Solved' if self.passed else 'Not solved'}: {', '.join(words)}."

    def __repr__(self) -> str:
        """Return the report as a notebook shows it."""
        rows = [self.summary]
        rows += [f"  {finding}" for finding in self.findings]
        rows += [f"  new: {sentence}" for sentence in self.harm]
        rows += [f"  left to do: {sentence}" for sentence in self.unfinished]
        return "\n".join(rows)


@lru_cache(maxsize=64)
def plant(shape: str, faults: tuple[Fault, ...]) -> Cluster:
    """Return the sound cluster of *shape* with *faults*, at rest."""
    cluster = sound_cluster(shape)
    for fault in faults:
        cluster = fault.kind.plant(cluster, fault.place)
    return tr.rested(cluster, norm_of(shape))


def trials_of(shape: str, fault: Fault) -> tuple[Trial, ...]:
    """Return what shows *fault*."""
    return fault.kind.trials(sound_cluster(shape), fault.place)


def symptom(shape: str, cluster: Cluster, trials: Sequence[Trial]) -> str:
    """Return what the first of *trials* that ends worse than on the sound cluster does, or ""."""
    for trial in trials:
        found = worse(tr.on_sound_cluster(shape, trial), suffered(cluster, trial, norm_of(shape)))
        if found:
            return _when(trial, tr.told(found))
    return ""


def each_trial(
    shape: str, start: Cluster, faults: Sequence[Fault], simulation: Simulation
) -> Iterator[tuple[int, int, Report | None]]:
    """Play the failures of a case on the learner's cluster, and say after each how far it is."""
    now = settled(simulation.cluster)
    losses, unfinished = tuple(_losses(shape, now)), tuple(_unfinished(start, now))
    if unfinished:  # a cluster that is half at work fails every trial
        later = Repair("", "not tried before the rest is done.")
        yield 1, 1, Report((later,) * len(faults), losses, unfinished)
        return
    cluster = tr.rested(now, norm_of(shape))
    trials = _trials_near(shape, start, cluster)
    total = len(faults) + len(trials)
    findings: list[Repair] = []
    harm = list(losses)
    for fault in faults:
        yield len(findings), total, None
        findings.append(_finding(shape, cluster, fault))
    for count, trial in enumerate(trials, start=len(faults)):
        yield count, total, None
        harm += _harm_of(shape, start, cluster, trial)
    yield total, total, Report(tuple(findings), tuple(dict.fromkeys(harm)))


def settled(cluster: Cluster) -> Cluster:
    """Return *cluster* when nothing is pending, an hour later at most."""
    return Play(cluster).settle().cluster


def _finding(shape: str, cluster: Cluster, fault: Fault) -> Repair:
    trials = trials_of(shape, fault)
    evidence = symptom(shape, cluster, trials)
    if evidence:
        return Repair("", evidence)
    return Repair(str(fault), _when(trials[0], "no user waits longer than on a sound cluster"))


def _when(trial: Trial, words: str) -> str:
    """Return what comes of a failure as a sentence; the name of a disk ends with a colon."""
    return f"When {trial.words.rstrip(':')}: {words}."


def _unfinished(start: Cluster, now: Cluster) -> Iterator[str]:
    """Yield what the learner broke or stopped and did not put right."""
    for node, state in now.node_states.items():
        before = start.node_states.get(node, NodeState.DOWN)
        if state is not NodeState.UP and before is NodeState.UP:
            yield f"{node} is {state.value}; {'resume' if node in now.paused else 'start'} it."
    for what in (*now.lost_networks, *(" on ".join(pair) for pair in now.cut)):
        yield f"the connection {what} is broken; undo the loss."
    for disk, _ in sorted(now.lost_disks):
        yield f"{disk} cannot be reached; undo the loss."
    if now.switch or now.forced:
        yield "the Cluster service runs with a start switch; stop and start it without."
    for group in evs_names(now.config):
        if now.group_state(group) in (GroupState.FAILED, GroupState.OFFLINE):
            where = f"{now.group_state(group).value} on {now.owners[group]}"
            yield f"{group} is {where}; bring it online."


def _losses(shape: str, now: Cluster) -> Iterator[str]:
    """Yield what the sound cluster has and the learner's has not."""
    sound = sound_cluster(shape).config
    for node in sound.nodes_by_name:
        if node not in now.config.nodes_by_name:
            yield f"{node} is no longer a node of the cluster."
    for resource in sound.resources:
        members = now.config.members.get(resource.group, ())
        if resource.name not in now.config.resources_by_name and not any(
            one.type.name == resource.type.name for one in members
        ):
            yield f"{resource.group} has lost its {resource.type.name}."


def battery(shape: str) -> tuple[Trial, ...]:
    """Return the failures that every cluster is accepted with: nodes, networks, stores."""
    sound = sound_cluster(shape)
    stores = [store_of(sound, group) for group in evs_names(sound.config)]
    return (
        *(crash_and_return(node) for node in sound.config.nodes_by_name),
        *(network_away(network.name) for network in sound.config.networks),
        *(fails(sound, store, 4) for store in stores),
    )


def _changed(start: Cluster, now: Cluster) -> set[str]:
    """Return the names of everything that is configured otherwise than at the start."""
    found: set[str] = set()
    for kind in ("groups", "resources", "networks", "nodes"):
        before = {item.name: item for item in getattr(start.config, kind)}
        after = {item.name: item for item in getattr(now.config, kind)}
        names = before.keys() | after.keys()
        found |= {name for name in names if before.get(name) != after.get(name)}
    return found | (start.persistent ^ now.persistent)


def _trials_near(shape: str, start: Cluster, cluster: Cluster) -> list[Trial]:
    """Return what could show harm: what every cluster is tried with, and what was changed."""
    if cluster == start:
        return []
    sound, changed = sound_cluster(shape), _changed(start, cluster)
    near = [
        trial
        for kind in KINDS.values()
        for place in kind.places(sound)
        if place in changed
        for trial in kind.trials(sound, place)
    ]
    failures = [
        fails(sound, resource.name, times)
        for resource in sound.config.resources
        if resource.name in changed and resource.name != sound.config.quorum
        for times in (1, 4)
    ]
    return list(dict.fromkeys([*battery(shape), *near, *failures]))


def _harm_of(shape: str, start: Cluster, cluster: Cluster, trial: Trial) -> Iterator[str]:
    """Yield what ends worse than on the sound cluster and worse than at the start."""
    norm, fair = norm_of(shape), tr.on_sound_cluster(shape, trial)
    seen: Suffered = suffered(cluster, trial, norm)
    found = worse(fair, seen)
    if not found:
        return
    before = suffered(start, trial, norm)
    known = worse(fair, before)
    new = {
        group: words
        for group, words in found.items()
        if group not in known or group in worse(before, seen)
    }
    if new:
        yield _when(trial, tr.told(new))
