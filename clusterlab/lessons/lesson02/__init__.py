"""What is right in the tasks of lesson 02: how each starts, and what its check looks at.

Each check tries the learner's cluster out, so every answer that works counts. The words stand in
`tasks.toml`, under the names of conditions that are given here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import permutations

from clusterlab.cluster.events import SetProperties
from clusterlab.cluster.states import GroupState, NodeState, ResourceState
from clusterlab.cluster.story import log_text
from clusterlab.exchange.evs import exchange_cluster
from clusterlab.lessons.trials import (
    HOUR_S,
    UNANSWERED,
    Finding,
    Findings,
    Grader,
    OtherAnswerWanted,
    after,
    anew,
    at_rest,
    causes,
    few_actions,
    online,
    where,
)
from clusterlab.simulation import Simulation


def walk_of_two() -> Simulation:
    """Return the course of events of task 02.1: NODE1 fails, returns, then NODE3 fails."""
    sim = after(Simulation(exchange_cluster(active=2, passive=2)), "NODE1")
    sim.start_node("NODE1")
    sim.run(until_s=sim.now_s + HOUR_S / 2)
    return after(sim, "NODE3")


def _places(answer: object) -> Findings:
    if not isinstance(answer, Mapping):
        raise OtherAnswerWanted('Give a node for each group: check("02.1", {"EVS1": "NODE1"}).')
    given = {str(group).casefold(): str(node).casefold() for group, node in answer.items()}
    sim = walk_of_two()
    for group in ("Cluster Group", "EVS1", "EVS2"):
        guess = given.get(group.casefold(), "")
        facts = {"group": group, "guess": guess.upper() or UNANSWERED, "owner": sim.owner(group)}
        condition = group.replace(" ", "_").lower()
        yield Finding(condition, guess == sim.owner(group).casefold(), facts)


def second_failure() -> Simulation:
    """Return the 3-active/1-passive cluster after NODE3 and then NODE2 have failed."""
    sim = Simulation(exchange_cluster())
    sim.fail_node("NODE3")
    sim.run(until_s=600)
    sim.fail_node("NODE2")
    sim.run(until_s=900)
    return sim


def _brought_back(sim: Simulation) -> Findings:
    sim = at_rest(sim)
    others = [name for name in ("EVS1", "EVS3") if sim.state(name) is not GroupState.ONLINE]
    yield Finding("online", sim.state("EVS2") is GroupState.ONLINE, where(sim, "EVS2"))
    moved = [
        name for name, node in (("EVS1", "NODE1"), ("EVS3", "NODE4")) if sim.owner(name) != node
    ]
    yield Finding("others", not others + moved, {"others": ", ".join({*others, *moved})})
    yield from few_actions(STARTS["02.2"](), sim, 2)


def _one_evs_four_nodes() -> Simulation:
    return Simulation(exchange_cluster(active=1, passive=3))


def _never_on_node2(sim: Simulation) -> Findings:
    nodes = ("NODE1", "NODE3", "NODE4")
    lost: list[str] = []
    seen: set[str] = set()
    for first, second, third in permutations(("NODE1", "NODE2", "NODE3", "NODE4"), 3):
        trial = after(anew(STARTS["02.3"](), sim), first, second)
        if trial.state("EVS1") is not GroupState.ONLINE:
            lost.append(f"{first} then {second}")
        trial = after(trial, third)
        seen |= {entry.node for entry in trial.log if entry.group == "EVS1"}
    yield Finding("never", "NODE2" not in seen)
    yield Finding("survives", not lost, {"lost": lost[0] if lost else ""})
    owners = sim.cluster.config.possible_owners["EVS1"]
    yield Finding("all_three", set(nodes) <= owners, {"owners": ", ".join(sorted(owners))})


def store_log() -> str:
    """Return the event log that task 02.4 asks about."""
    sim = Simulation(exchange_cluster())
    for moment_s in (200.0, 400.0, 600.0, None):
        sim.fault_resource("EVS1/IS")
        sim.run(until_s=moment_s)
    return log_text(sim.log)


def _failing_store() -> Simulation:
    return Simulation(exchange_cluster())


def _fourth_failure(sim: Simulation) -> Findings:
    trial = anew(STARTS["02.5"](), sim)
    owners = []
    for number in range(4):
        trial.run(until_s=400.0 * number)
        if trial.state("EVS1/IS") is ResourceState.ONLINE:
            trial.fault_resource("EVS1/IS")
        trial.run(until_s=trial.now_s + 395)
        owners.append(trial.owner("EVS1"))
    early = next((number for number, owner in enumerate(owners[:3], 1) if owner != "NODE1"), 0)
    yield Finding("not_before", not early, {"number": early})
    moved = owners[3] != "NODE1" and trial.state("EVS1") is GroupState.ONLINE
    yield Finding("fourth", moved and not early, {"owner": owners[3]})
    changed = [
        key
        for outcome in sim.history
        if isinstance(outcome.event, SetProperties)
        for key in outcome.event.properties
    ]
    yield Finding("one", len(changed) == 1, {"changed": ", ".join(changed)})


def _no_failback() -> Simulation:
    return Simulation(exchange_cluster())


def _goes_home_at_night(sim: Simulation) -> Findings:
    by_day = _node2_away(sim, until_h=1)
    by_day.run(until_s=7.75 * HOUR_S)
    yield Finding("not_by_day", by_day.owner("EVS2") != "NODE2", {"hour": _left_at(by_day)})
    by_day.run(until_s=16 * HOUR_S)
    yield Finding("home", by_day.owner("EVS2") == "NODE2", where(by_day, "EVS2"))
    in_the_morning = _node2_away(sim, until_h=17.5)
    in_the_morning.run(until_s=24 * HOUR_S)
    is_away = in_the_morning.owner("EVS2") != "NODE2"
    yield Finding("not_after_six", is_away, {"hour": _left_at(in_the_morning)})


def _node2_away(sim: Simulation, until_h: float) -> Simulation:
    """Return what follows if NODE2 fails at 14:00 and is started *until_h* hours later."""
    trial = anew(STARTS["02.6"](), sim)
    trial.fail_node("NODE2")
    trial.run(until_s=until_h * HOUR_S)
    trial.start_node("NODE2")
    return trial


def _left_at(trial: Simulation) -> str:
    """Return the time of day of the latest move of EVS2."""
    moved_s = [decision.at_s for decision in trial.decisions if decision.group == "EVS2"][-1]
    minutes = int((trial.cluster.config.start_time_s + moved_s) // 60) % (24 * 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _maintenance() -> Simulation:
    return Simulation(exchange_cluster())


def _emptied(sim: Simulation) -> Findings:
    sim = at_rest(sim)
    left = list(sim.cluster.groups_on("NODE2"))
    yield Finding("empty", not left, {"left": ", ".join(left)})
    yield Finding("online", len(online(sim)) == 3, {"online": ", ".join(online(sim))})
    out = sim.outages()
    seconds = {name: out[name].seconds for name in out}
    yield Finding("short", seconds["EVS2"] <= 120, {"seconds": f"{seconds['EVS2']:g}"})
    others = [name for name in ("EVS1", "EVS3") if seconds[name]]
    yield Finding("others", not others, {"others": ", ".join(others)})
    shielded = sim.state("NODE2") in (NodeState.PAUSED, NodeState.DOWN)
    yield Finding("shielded", shielded, {"state": sim.state("NODE2").value})


STARTS: Mapping[str, Callable[[], Simulation]] = {
    "02.2": second_failure,
    "02.3": _one_evs_four_nodes,
    "02.5": _failing_store,
    "02.6": _no_failback,
    "02.7": _maintenance,
}
"""How a task begins, by its number."""
GRADERS: Mapping[str, Grader] = {
    "02.1": _places,
    "02.2": _brought_back,
    "02.3": _never_on_node2,
    "02.4": lambda answer: causes("02.4", answer, "abcdef", "bce"),
    "02.5": _fourth_failure,
    "02.6": _goes_home_at_night,
    "02.7": _emptied,
}
"""What the check of a task looks at, by its number."""
