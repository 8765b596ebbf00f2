"""Random walks over every procedure: nothing that a learner can try ends in an error of ours."""

import random

import pytest

from clusterlab import OperationRefused
from clusterlab.cluster.events import (
    EvictNode,
    InterfaceLost,
    InterfaceRestored,
    NodeFailed,
    PauseNode,
    ResumeNode,
    StartNode,
    StopClusterService,
)
from clusterlab.procedures import Plan, Run
from clusterlab.procedures.catalogue import PROCEDURES
from tests import truths

SIZES = {
    "install": ((2, 1), (3, 2)),
    "remove": ((2, 1), (3, 2)),
    "upgrade-U4": ((4, 3), (3, 2)),
    "upgrade-U4S": ((4, 3), (3, 1)),
    "upgrade-AA2": ((2, 2),),
    "upgrade-AP": ((2, 2),),
    "upgrade-CI": ((2, 1), (3, 2)),
    "upgrade-SP": ((2, 1), (2, 2), (4, 3)),
    "upgrade-HF": ((2, 1), (2, 2), (4, 3)),
    "upgrade-W": ((2, 1), (4, 3)),
    "upgrade-best": ((2, 2), (3, 2)),
}
"""Nodes and EVSs of the walks; every other procedure has two nodes and one EVS."""
WALKS = [(name, size) for name in PROCEDURES for size in SIZES.get(name, ((2, 1),))]
EVENTS = (
    *(NodeFailed, StartNode, StartNode, StartNode, StopClusterService, PauseNode, ResumeNode),
    *(EvictNode, InterfaceLost, InterfaceRestored),
)
STEPS = 80


@pytest.mark.parametrize(("name", "size"), WALKS, ids=str)
def test_anything_can_be_tried_in_every_procedure(name: str, size: tuple[int, int]):
    """Steps in any order with any answers, nodes that fail, start and go: each is done or refused,
    a refusal changes nothing, no truth about clusters breaks, and what was saved is read again.
    """
    rng = random.Random(f"{name} {size}")
    run = Run(PROCEDURES[name](Plan.standard(*size)))
    for task in run.left()[: rng.randrange(len(run.left()))]:
        run = run.attempt(task.key)
    for _ in range(STEPS):
        before, run = run, moved(run, rng)
        if run.refusal is not None and len(run.records) > len(before.records):
            assert [] == changed(before, run)
        assert [] == broken(run)
    assert run.situation == Run.from_json(run.to_json()).situation


def moved(run: Run, rng: random.Random) -> Run:
    """Return *run* after a task was tried, something happened to a node, or one entry undone."""
    dice = rng.random()
    if dice < 0.25 and run.cluster is not None:
        event = rng.choice(EVENTS)(rng.choice(run.cluster.config.nodes).name)
        try:
            return run.send(event)
        except OperationRefused:
            return run
    if dice < 0.3 and run.entries:
        return run.undo()
    some = run.available() if dice < 0.6 else run.recoveries() if dice > 0.95 else ()
    task = rng.choice(some or tuple(run.procedure.by_key.values()))
    answers = {c.name: rng.choice(task.options(c.name)) for c in task.step.choices}
    said = {answer: value for answer, value in answers.items() if rng.random() < 0.4}
    run.lines(task.key, **said)
    return run.attempt(task.key, **said)


def changed(before: Run, after: Run) -> list[str]:
    """Return what differs in two situations, but for harms that show."""
    parts = ("facts", "cluster", "minute", "done")
    old, new = before.situation, after.situation
    return [part for part in parts if getattr(old, part) != getattr(new, part)]


def broken(run: Run) -> list[str]:
    """Return the truths that the cluster breaks, now and in all that happened in the last entry."""
    clusters = [outcome.cluster for outcome in run.records[-1].history[-40:]]
    clusters += [] if run.cluster is None else [run.cluster]
    return [text for cluster in clusters for text in truths.broken(cluster)]
