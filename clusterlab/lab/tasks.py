"""What is right in each task of the exercises: how it starts, and what its check looks at.

Each check tries the learner's cluster out in the simulation, so every answer that works counts.
The words are in `lab.wording`; the conditions are named here and spoken there. Parts 01 and 02
stand here, each later part in a module of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import permutations

from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.events import SetProperties
from clusterlab.cluster.states import GroupState, NodeState, ResourceState, RestartAction
from clusterlab.cluster.story import log_text
from clusterlab.exchange.evs import (
    EXCHANGE_2000,
    EXCHANGE_2003,
    EXCHANGE_TYPES,
    exchange_cluster,
    storage_groups,
)
from clusterlab.lab import (
    tasks03,
    tasks04,
    tasks05,
    tasks06,
    tasks07,
    tasks08,
    tasks09,
    tasks10,
    tasks11,
    tasks12,
    tasks13,
    tasks14,
    tasks15,
)
from clusterlab.lab.trials import (
    HOUR_S,
    UNANSWERED,
    Finding,
    Findings,
    Grader,
    OtherAnswerWanted,
    a_cluster,
    after,
    anew,
    at_rest,
    causes,
    evs_names,
    few_actions,
    online,
    resource,
    where,
)
from clusterlab.simulation import Simulation


def findings(task: str, answer: object) -> Findings:
    """Yield what the check of *task* finds; nothing if nothing was done yet.

    Args:
        task: Number of a task that exists.
        answer: What the learner gives.

    Raises:
        OtherAnswerWanted: If the answer is of another kind.
    """
    if task in STARTS:
        return _of_simulation(task, answer)
    return _GRADERS[task](answer)


def _of_simulation(task: str, answer: object) -> Findings:
    if not isinstance(answer, Simulation):
        raise OtherAnswerWanted(
            f'Give the simulation: check("{task}", sim); this was {type(answer).__name__}.'
        )
    beginning = start(task)
    if answer.history[: len(beginning.history)] != beginning.history:
        raise OtherAnswerWanted(f'Begin with sim = start("{task}") and act on that simulation.')
    if len(answer.history) > len(beginning.history):
        yield from _GRADERS[task](answer)


def start(task: str) -> Simulation:
    """Return the simulation that a task begins with, the same one each time.

    Raises:
        ConfigError: If the task has none.

    Example:
        >>> start("02.2").state("EVS2").value
        'Failed'
    """
    if task not in STARTS:
        raise ConfigError(f"task {task!r} has no start; allowed: {', '.join(STARTS)}")
    return STARTS[task]()


# --- part 01: Exchange virtual servers ----------------------------------------------------------


def _storage_groups(answer: object) -> Findings:
    cluster = a_cluster("01.1", answer)
    nodes, names = list(cluster.config.nodes_by_name), evs_names(cluster)
    yield Finding("pair", len(nodes) == 2 and len(names) == 2, {"n": len(nodes), "e": len(names)})
    if "EVS1" in names:
        count = storage_groups(resource(cluster, "EVS1/IS"))
        yield Finding("needs", count >= 3, {"count": count})
    total = sum(storage_groups(resource(cluster, f"{name}/IS")) for name in names)
    for node in nodes:
        trial = after(Simulation(cluster), node)
        lost = [name for name in names if name not in online(trial)]
        facts = {"node": node, "lost": ", ".join(lost), "total": total}
        yield Finding("survives", not lost, facts)


def _smallest_cluster(answer: object) -> Findings:
    cluster = a_cluster("01.2", answer)
    nodes, names = list(cluster.config.nodes_by_name), evs_names(cluster)
    yield Finding("five", len(names) == 5, {"e": len(names)})
    trial = after(Simulation(cluster), *nodes[:2])
    failed = [name for name in names if name not in online(trial)]
    yield Finding("survives", not failed, {"failed": ", ".join(failed)})
    spare = len(nodes) - len(names)
    yield Finding("smallest", spare <= 2, {"n": len(nodes), "spare": spare})


def _goes_offline_with_store(version: int) -> set[str]:
    sim = Simulation(exchange_cluster(version=version, protocols=("POP3", "IMAP4")))
    sim.fail_resource("EVS2/IS")
    return {
        item.type.short
        for item in sim.cluster.config.members["EVS2"]
        if sim.cluster.resource_states[item.name]
        in (ResourceState.OFFLINE, ResourceState.OFFLINE_PENDING)
    }


def _with_the_store(answer: object) -> Findings:
    versions = (EXCHANGE_2000, EXCHANGE_2003)
    if not isinstance(answer, Mapping) or not set(answer) <= set(versions):
        raise OtherAnswerWanted('Give two sets: check("01.3", {2000: {"SMTP"}, 2003: set()}).')
    shorts = {short.casefold(): short for short in (*EXCHANGE_TYPES[2003], "IP", "Name", "Disk")}
    for version in versions:
        given = _short_names(answer.get(version), shorts)
        right = _goes_offline_with_store(version)
        extra, left_out = sorted(given - right), len(right - given)
        facts = {"extra": ", ".join(extra), "more": left_out, "version": version}
        condition = "none_extra" if extra else "all_named"
        yield Finding(condition, given == right, facts)


def _short_names(given: object, shorts: Mapping[str, str]) -> set[str]:
    if not isinstance(given, Iterable):
        raise OtherAnswerWanted("Give a set of resources for 2000 and one for 2003.")
    names = [given] if isinstance(given, str) else [str(name) for name in given]
    unknown = [name for name in names if name.casefold() not in shorts]
    if unknown:
        raise OtherAnswerWanted(
            f"There is no resource {unknown[0]!r}; allowed: {', '.join(shorts.values())}."
        )
    return {shorts[name.casefold()] for name in names}


def _half_an_evs() -> Simulation:
    sim = Simulation(exchange_cluster())
    sim.take_offline("EVS2/SA")
    sim.run()
    return sim


def _whole_again(sim: Simulation) -> Findings:
    sim = at_rest(sim)
    yield Finding("online", sim.state("EVS2") is GroupState.ONLINE, where(sim, "EVS2"))
    yield from few_actions(start("01.5"), sim, 1)


def _everyone_away() -> Simulation:
    sim = Simulation(exchange_cluster())
    for group, node in (("EVS3", "NODE4"), ("EVS2", "NODE3"), ("EVS1", "NODE2")):
        sim.move_group(group, node)
        sim.run()
    return sim


def _everyone_home(sim: Simulation) -> Findings:
    sim = at_rest(sim)
    for group in evs_names(sim.cluster):
        home = f"NODE{group.removeprefix('EVS')}"
        is_home = sim.owner(group) == home and sim.state(group) is GroupState.ONLINE
        yield Finding("home", is_home, {**where(sim, group), "home": home})
    refusals = [
        change for outcome in sim.history for change in outcome.changes if change.error_code == 5018
    ]
    yield Finding("unrefused", not refusals, {"count": len(refusals)})
    yield from few_actions(start("01.6"), sim, 3)


def _pop3_moves_evs() -> Simulation:
    sim = Simulation(exchange_cluster(protocols=("POP3",)))
    action = RestartAction.RESTART_AND_AFFECT_GROUP
    sim.set_properties("EVS1/POP3", restart_action=action)
    return sim


def _pop3_stays(sim: Simulation) -> Findings:
    pop3 = resource(sim.cluster, "EVS1/POP3")
    may_move = pop3.restart_action is RestartAction.RESTART_AND_AFFECT_GROUP
    trial = anew(start("01.7"), sim)
    trial.fail_resource("EVS1/POP3")
    trial.run(until_s=30)
    yield Finding("restarts", trial.state("EVS1/POP3") is ResourceState.ONLINE)
    for _ in range(3):
        if trial.state("EVS1/POP3") is ResourceState.ONLINE:
            trial.fail_resource("EVS1/POP3")
            trial.run(until_s=trial.now_s + 30)
    stayed = trial.owner("EVS1") == "NODE1" and not may_move
    yield Finding("stays", stayed, where(trial, "EVS1"))
    others = [item for item in sim.cluster.config.members["EVS1"] if item.name != pop3.name]
    cleared = [
        item.type.short
        for item in others
        if item.restart_action is not RestartAction.RESTART_AND_AFFECT_GROUP
    ]
    yield Finding("others", not cleared, {"others": ", ".join(cleared)})


# --- part 02: how failover works ----------------------------------------------------------------


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
    yield from few_actions(start("02.2"), sim, 2)


def _one_evs_four_nodes() -> Simulation:
    return Simulation(exchange_cluster(active=1, passive=3))


def _never_on_node2(sim: Simulation) -> Findings:
    nodes = ("NODE1", "NODE3", "NODE4")
    lost: list[str] = []
    seen: set[str] = set()
    for first, second, third in permutations(("NODE1", "NODE2", "NODE3", "NODE4"), 3):
        trial = after(anew(start("02.3"), sim), first, second)
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
    trial = anew(start("02.5"), sim)
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
    trial = anew(start("02.6"), sim)
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
    "01.5": _half_an_evs,
    "01.6": _everyone_away,
    "01.7": _pop3_moves_evs,
    "02.2": second_failure,
    "02.3": _one_evs_four_nodes,
    "02.5": _failing_store,
    "02.6": _no_failback,
    "02.7": _maintenance,
    **tasks03.STARTS,
    **tasks04.STARTS,
    **tasks05.STARTS,
    **tasks06.STARTS,
    **tasks08.STARTS,
    **tasks11.STARTS,
}
"""How a task begins, by its number."""

_GRADERS: Mapping[str, Grader] = {
    "01.1": _storage_groups,
    "01.2": _smallest_cluster,
    "01.3": _with_the_store,
    "01.4": lambda answer: causes("01.4", answer, "abcde", "ac"),
    "01.5": _whole_again,
    "01.6": _everyone_home,
    "01.7": _pop3_stays,
    "02.1": _places,
    "02.2": _brought_back,
    "02.3": _never_on_node2,
    "02.4": lambda answer: causes("02.4", answer, "abcdef", "bce"),
    "02.5": _fourth_failure,
    "02.6": _goes_home_at_night,
    "02.7": _emptied,
    **tasks03.GRADERS,
    **tasks04.GRADERS,
    **tasks05.GRADERS,
    **tasks06.GRADERS,
    **tasks07.GRADERS,
    **tasks08.GRADERS,
    **tasks09.GRADERS,
    **tasks10.GRADERS,
    **tasks11.GRADERS,
    **tasks12.GRADERS,
    **tasks13.GRADERS,
    **tasks14.GRADERS,
    **tasks15.GRADERS,
}
