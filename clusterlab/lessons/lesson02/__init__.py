"""What is right in the tasks of lesson 02: how failover works."""

from collections.abc import Mapping
from functools import partial
from itertools import permutations

from clusterlab.cluster.events import SetProperties
from clusterlab.cluster.states import GroupState, NodeState, ResourceState
from clusterlab.cluster.story import log_text
from clusterlab.lessons import trials as tr
from clusterlab.lessons.tasks import start
from clusterlab.simulation import Simulation


def walk_of_two() -> Simulation:
    """Return the sequence of events of task 02.1: NODE1 fails, returns, then NODE3 fails."""
    sim = tr.after(tr.all_serving(2, 2), "NODE1")
    sim.start_node("NODE1")
    sim.run(until_s=sim.now_s + tr.HOUR_S / 2)
    return tr.after(sim, "NODE3")


def _places(answer: object) -> tr.Findings:
    say = 'Give a node for each group: check("02.1", {"EVS1": "NODE1"}).'
    nodes = tr.given(answer, Mapping, say)
    given = {str(group).casefold(): str(node).casefold() for group, node in nodes.items()}
    sim = walk_of_two()
    for group in ("Cluster Group", "EVS1", "EVS2"):
        guess = given.get(group.casefold(), "")
        facts = {"group": group, "guess": guess.upper() or tr.UNANSWERED, "owner": sim.owner(group)}
        condition = group.replace(" ", "_").lower()
        yield tr.Finding(condition, guess == sim.owner(group).casefold(), facts)


def second_failure() -> Simulation:
    """Return the 3-active/1-passive cluster after NODE3 and then NODE2 have failed."""
    sim = tr.all_serving()
    sim.fail_node("NODE3")
    sim.run(until_s=600)
    sim.fail_node("NODE2")
    sim.run(until_s=900)
    return sim


def _brought_back(sim: Simulation) -> tr.Findings:
    sim = tr.at_rest(sim)
    others = [name for name in ("EVS1", "EVS3") if sim.state(name) is not GroupState.ONLINE]
    yield tr.Finding("online", sim.state("EVS2") is GroupState.ONLINE, tr.where(sim, "EVS2"))
    moved = [
        name for name, node in (("EVS1", "NODE1"), ("EVS3", "NODE4")) if sim.owner(name) != node
    ]
    yield tr.Finding("others", not others + moved, {"others": ", ".join({*others, *moved})})
    yield from tr.few_actions(start("02.2"), sim, 2)


def _never_on_node2(sim: Simulation) -> tr.Findings:
    nodes = ("NODE1", "NODE3", "NODE4")
    lost: list[str] = []
    seen: set[str] = set()
    for first, second, third in permutations(("NODE1", "NODE2", "NODE3", "NODE4"), 3):
        trial = tr.after(tr.anew(start("02.3"), sim), first, second)
        if trial.state("EVS1") is not GroupState.ONLINE:
            lost.append(f"{first} then {second}")
        trial = tr.after(trial, third)
        seen |= {entry.node for entry in trial.log if entry.group == "EVS1"}
    yield tr.Finding("never", "NODE2" not in seen)
    yield tr.Finding("survives", not lost, {"lost": lost[0] if lost else ""})
    owners = sim.cluster.config.possible_owners["EVS1"]
    yield tr.Finding("all_three", set(nodes) <= owners, {"owners": ", ".join(sorted(owners))})


def store_log() -> str:
    """Return the event log that task 02.4 asks about."""
    sim = tr.all_serving()
    for moment_s in (200.0, 400.0, 600.0, None):
        sim.fault_resource("EVS1/IS")
        sim.run(until_s=moment_s)
    return log_text(sim.log)


def _fourth_failure(sim: Simulation) -> tr.Findings:
    trial = tr.anew(start("02.5"), sim)
    owners = []
    for number in range(4):
        trial.run(until_s=400.0 * number)
        if trial.state("EVS1/IS") is ResourceState.ONLINE:
            trial.fault_resource("EVS1/IS")
        trial.run(until_s=trial.now_s + 395)
        owners.append(trial.owner("EVS1"))
    early = next((number for number, owner in enumerate(owners[:3], 1) if owner != "NODE1"), 0)
    yield tr.Finding("not_before", not early, {"number": early})
    moved = owners[3] != "NODE1" and trial.state("EVS1") is GroupState.ONLINE
    yield tr.Finding("fourth", moved and not early, {"owner": owners[3]})
    changed = [
        key
        for outcome in sim.history
        if isinstance(outcome.event, SetProperties)
        for key in outcome.event.properties
    ]
    yield tr.Finding("one", len(changed) == 1, {"changed": ", ".join(changed)})


def _goes_home_at_night(sim: Simulation) -> tr.Findings:
    by_day = _node2_away(sim, until_h=1)
    by_day.run(until_s=7.75 * tr.HOUR_S)
    yield tr.Finding("not_by_day", by_day.owner("EVS2") != "NODE2", {"hour": _left_at(by_day)})
    by_day.run(until_s=16 * tr.HOUR_S)
    yield tr.Finding("home", by_day.owner("EVS2") == "NODE2", tr.where(by_day, "EVS2"))
    in_the_morning = _node2_away(sim, until_h=17.5)
    in_the_morning.run(until_s=24 * tr.HOUR_S)
    is_away = in_the_morning.owner("EVS2") != "NODE2"
    yield tr.Finding("not_after_six", is_away, {"hour": _left_at(in_the_morning)})


def _node2_away(sim: Simulation, until_h: float) -> Simulation:
    """Return what follows if NODE2 fails at 14:00 and is started *until_h* hours later."""
    trial = tr.anew(start("02.6"), sim)
    trial.fail_node("NODE2")
    trial.run(until_s=until_h * tr.HOUR_S)
    trial.start_node("NODE2")
    return trial


def _left_at(trial: Simulation) -> str:
    moved_s = [decision.at_s for decision in trial.decisions if decision.group == "EVS2"][-1]
    minutes = int((trial.cluster.config.start_time_s + moved_s) // 60) % (24 * 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _emptied(sim: Simulation) -> tr.Findings:
    sim = tr.at_rest(sim)
    left = list(sim.cluster.groups_on("NODE2"))
    yield tr.Finding("empty", not left, {"left": ", ".join(left)})
    yield tr.Finding("online", len(tr.online(sim)) == 3, {"online": ", ".join(tr.online(sim))})
    out = sim.outages()
    seconds = {name: out[name].seconds for name in out}
    yield tr.Finding("short", seconds["EVS2"] <= 120, {"seconds": f"{seconds['EVS2']:g}"})
    others = [name for name in ("EVS1", "EVS3") if seconds[name]]
    yield tr.Finding("others", not others, {"others": ", ".join(others)})
    shielded = sim.state("NODE2") in (NodeState.PAUSED, NodeState.DOWN)
    yield tr.Finding("shielded", shielded, {"state": sim.state("NODE2").value})


STARTS: tr.Starts = {
    "02.2": second_failure,
    "02.3": partial(tr.all_serving, 1, 3),
    "02.5": tr.all_serving,
    "02.6": tr.all_serving,
    "02.7": tr.all_serving,
}
GRADERS: Mapping[str, tr.Grader] = {
    "02.1": _places,
    "02.2": _brought_back,
    "02.3": _never_on_node2,
    "02.4": lambda answer: tr.causes("02.4", answer, "abcdef", "bce"),
    "02.5": _fourth_failure,
    "02.6": _goes_home_at_night,
    "02.7": _emptied,
}
