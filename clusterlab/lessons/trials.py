"""What the checks of tasks share: findings, branches to try things out, answers that are values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from clusterlab.cluster.events import REQUESTS, Event, NodeFailed
from clusterlab.cluster.model import Cluster, Resource
from clusterlab.cluster.states import GroupState
from clusterlab.exchange.evs import exchange_cluster
from clusterlab.simulation import Simulation

if TYPE_CHECKING:
    from clusterlab.procedures.run import Run

HOUR_S = 3600.0
UNANSWERED = "answered"  # what stands for an answer that was not given, after "not"


class Finding(NamedTuple):
    """One condition of a task: whether it holds, and facts for the sentence about it.

    `parts` is for an answer of several items: how many earn points, and how many there are.
    """

    condition: str
    is_right: bool
    facts: Mapping[str, object] = {}
    parts: tuple[int, int] = (0, 0)


class OtherAnswerWanted(Exception):
    """The answer is of another kind than the task asks for; the message says what to give."""


Findings = Iterator[Finding]
Grader = Callable[[Any], Findings]
Starts = Mapping[str, Callable[[], Simulation]]
Runs = Mapping[str, Callable[[], "Run"]]


def given(answer: object, kind: Any, say: str) -> Any:
    """Return an answer of the *kind* that is asked for; of another, *say* tells what to give."""
    if not isinstance(answer, kind):
        raise OtherAnswerWanted(say)
    return answer


def numbers(
    task: str, answer: object, right: Mapping[str, object], unanswered: str = UNANSWERED
) -> Findings:
    """Yield for each number of *right* whether the one of its name is the same."""
    example = ", ".join(f'"{name}": 0' for name in right)
    said = given(answer, Mapping, f'Give numbers: check("{task}", {{{example}}}).')
    for name, value in right.items():
        guess = said.get(name, unanswered)
        facts = {"given": guess, "guess": guess, "right": value, "value": value, "count": value}
        yield Finding(name, guess == value, facts)


def all_serving(active: int = 3, passive: int = 1) -> Simulation:
    """Return a cluster on which nothing has happened yet."""
    return Simulation(exchange_cluster(active, passive))


def begun(
    *events: Event, active: int = 3, passive: int = 1, until_s: float | None = None, **more: Any
) -> Simulation:
    """Return a cluster after *events*, each when the one before is over, or all by *until_s*."""
    sim = Simulation(exchange_cluster(active, passive, **more))
    for event in events:
        sim.send(event)
        if until_s is None:
            sim.run()
    if until_s is not None:
        sim.run(until_s=until_s)
    return sim


def actions(beginning: Simulation, sim: Simulation) -> list[str]:
    """Return what the learner asked for since the *beginning* of a task, one phrase for each."""
    new = sim.history[len(beginning.history) :]
    return [
        type(outcome.event).__name__
        for outcome in new
        if isinstance(outcome.event, (*REQUESTS, NodeFailed))
    ]


def after(sim: Simulation, *nodes: str, for_s: float = HOUR_S / 2) -> Simulation:
    """Return a branch in which *nodes* have failed one after the other, each time at rest."""
    trial = sim.branch("trial")
    for node in nodes:
        trial.fail_node(node)
        trial.run(until_s=trial.now_s + for_s)
    return trial


def evs_names(cluster: Cluster) -> list[str]:
    """Return the names of the groups that users work with."""
    return list(cluster.config.served_groups)


def online(sim: Simulation) -> list[str]:
    """Return the names of the EVSs that are Online."""
    return [name for name in evs_names(sim.cluster) if sim.state(name) is GroupState.ONLINE]


def resource(cluster: Cluster, path: str) -> Resource:
    """Return a resource by its path, such as "EVS1/IS"."""
    return cluster.config.resources_by_name[cluster.config.resource_name(path)]


def a_cluster(task: str, answer: object) -> Cluster:
    """Return the cluster that was given, or the first one of a simulation."""
    if isinstance(answer, Simulation):
        return answer.history[0].cluster
    say = f'Give a cluster: check("{task}", exchange_cluster(...)); this was '
    cluster: Cluster = given(answer, Cluster, f"{say}{type(answer).__name__}.")
    return cluster


def _letters_of(task: str, answer: object, allowed: str) -> set[str]:
    given = {*answer} if isinstance(answer, str | set | frozenset | list | tuple) else None
    letters = {str(item).strip().casefold() for item in given or ()} - {"", ",", " "}
    if given is None or not letters <= set(allowed):
        example = '{"a", "b"}'
        raise OtherAnswerWanted(
            f'Give letters from {allowed[0]} to {allowed[-1]}: check("{task}", {example}).'
        )
    return letters


def causes(task: str, answer: object, allowed: str, right: str) -> Findings:
    """Yield one finding for each letter chosen, and one for those left out."""
    letters = _letters_of(task, answer, allowed)
    for letter in sorted(letters):
        yield Finding(letter, letter in right)
    if letters:
        yield all_named("complete", letters, set(right))


def all_named(condition: str, given: set[Any], right: set[Any]) -> Finding:
    """Return whether nothing is left out; each item that is wrong cancels one that is right."""
    left_out = len(right - given)
    parts = (len(given & right) - len(given - right), len(right))
    return Finding(condition, not left_out, {"more": left_out}, parts)


def where(sim: Simulation, group: str) -> dict[str, object]:
    """Return where a group is and in which state, for a sentence."""
    return {"group": group, "state": sim.state(group).value, "owner": sim.owner(group)}


def at_rest(sim: Simulation) -> Simulation:
    """Return a branch in which what was begun has ended, without waiting for a retry."""
    trial = sim.branch("at rest")
    trial.run(until_s=trial.now_s + HOUR_S / 2)
    return trial


def few_actions(beginning: Simulation, sim: Simulation, fewest: int) -> Findings:
    """Yield whether no more than *fewest* requests were made since the *beginning*."""
    count = len(actions(beginning, sim))
    yield Finding("fewest", count <= fewest, {"count": count, "fewest": fewest})


def no_mistakes(beginning: Run, run: Run) -> Finding:
    """Return whether no mistake was made after the *beginning*."""
    count = run.cost().mistakes - beginning.cost().mistakes
    return Finding("clean", count == 0, {"count": count})


def few_steps(beginning: Run, run: Run, fewest: int) -> Finding:
    """Return whether a run took no step that it did not need, so that the steps were chosen."""
    count = len(run.entries) - len(beginning.entries)
    return Finding("fewest", count <= fewest, {"count": count, "fewest": fewest})


def anew(beginning: Simulation, sim: Simulation) -> Simulation:
    """Return the *beginning* of a task again, with the properties that *sim* has now."""
    return Simulation(replace(beginning.cluster, config=sim.cluster.config))
