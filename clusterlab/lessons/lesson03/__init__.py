"""What is right in the tasks of lesson 03: Cluster Administrator."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from clusterlab.cluster.states import GroupState, ResourceState, RestartAction
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
    few_actions,
    online,
    resource,
    where,
)
from clusterlab.simulation import Simulation

# --- 03.1 Look around ---------------------------------------------------------------------------

QUESTIONS = ("owner", "failed", "paused", "missing")
"""What task 03.1 asks: the owner of EVS2, the Failed resource, the Paused node, and the node that
is no possible owner of Disk V:."""


SHORT_NAMES = ("HTTP", "EVS1/HTTP")
"""What the Failed resource of task 03.1 may be called as well."""


def a_strange_morning() -> Simulation:
    """Return the cluster that task 03.1 is about."""
    sim = Simulation(exchange_cluster())
    sim.set_properties("Disk V:", possible_owners=("NODE1", "NODE2", "NODE3"))
    sim.move_group("EVS2", "NODE4")
    sim.run()
    sim.pause_node("NODE2")
    http = "Exchange HTTP Virtual Server Instance - (EVS1)"
    sim.set_properties(http, restart_action=RestartAction.DONT_RESTART)
    sim.fail_resource(http)
    return sim


def _seen(answer: object) -> Findings:
    if not isinstance(answer, Mapping):
        raise OtherAnswerWanted('Give what you found: check("03.1", {"owner": "NODE1", ...}).')
    sim = a_strange_morning()
    states = sim.cluster.resource_states
    owners = resource(sim.cluster, "Disk V:").possible_owners or ()
    right = {
        "owner": sim.owner("EVS2"),
        "failed": next(name for name, state in states.items() if state is ResourceState.FAILED),
        "paused": next(iter(sim.cluster.paused)),
        "missing": next(name for name in sim.cluster.config.nodes_by_name if name not in owners),
    }
    for key in QUESTIONS:
        given = str(answer.get(key, "nothing"))
        names = {right[key], *(SHORT_NAMES if key == "failed" else ())}
        is_right = given.strip().casefold() in map(str.casefold, names)
        yield Finding(key, is_right, {"given": given, "right": right[key]})


# --- 03.2 The command for it --------------------------------------------------------------------

COMMANDS = {
    "a": "Initiate Failure",
    "b": "Pause Node",
    "c": "Move Group",
    "d": "Take Offline",
    "e": "Evict Node",
    "f": "Change Group",
}
"""The command for each wish of task 03.2."""


def _commands(answer: object) -> Findings:
    if not isinstance(answer, Mapping):
        raise OtherAnswerWanted('Give a command for each letter: check("03.2", {"a": "..."}).')
    for letter, command in COMMANDS.items():
        given = str(answer.get(letter, UNANSWERED))
        names = (command, command.removesuffix(" Node").removesuffix(" Group"))
        is_right = given.strip().casefold() in map(str.casefold, names)
        yield Finding(letter, is_right, {"given": given, "command": command})


# --- 03.3 Possible owners -----------------------------------------------------------------------


def _owners_missing() -> Simulation:
    sim = Simulation(exchange_cluster())
    sim.set_properties("EVS2 Network Name", possible_owners=("NODE1", "NODE2", "NODE3"))
    sim.set_properties("Disk V:", possible_owners=("NODE2", "NODE3"))
    return sim


def _everyone_can_go(sim: Simulation) -> Findings:
    for node in ("NODE1", "NODE2", "NODE3"):
        trial = after(anew(start_of("03.3"), sim), node)
        group = f"EVS{node[-1]}"
        is_saved = trial.state(group) is GroupState.ONLINE and trial.owner(group) == "NODE4"
        yield Finding("survives", is_saved, {"lost": node, **where(trial, group)})
    narrow = [
        item.name
        for item in sim.cluster.config.resources
        if item.possible_owners is not None and len(item.possible_owners) < 4
    ]
    yield Finding("same", not narrow, {"narrow": ", ".join(narrow)})


# --- 03.4 Preferred owners ----------------------------------------------------------------------


def _two_spares() -> Simulation:
    return Simulation(exchange_cluster(active=2, passive=2))


def _each_its_spare(sim: Simulation) -> Findings:
    for node, group, spare in (("NODE1", "EVS1", "NODE4"), ("NODE2", "EVS2", "NODE3")):
        trial = after(anew(start_of("03.4"), sim), node)
        yield Finding("spare", trial.owner(group) == spare, {"lost": node, **where(trial, group)})
    both = after(anew(start_of("03.4"), sim), "NODE1", "NODE2")
    lost = [name for name in ("EVS1", "EVS2") if name not in online(both)]
    yield Finding("both", not lost, {"lost": ", ".join(lost)})
    owners = sim.cluster.config.possible_owners["EVS1"]
    yield Finding("open", len(owners) == 4, {"owners": ", ".join(sorted(owners))})


# --- 03.5 Restart policies ----------------------------------------------------------------------


def _with_pop3() -> Simulation:
    sim = Simulation(exchange_cluster(protocols=("POP3",)))
    sim.set_properties("EVS2/POP3", restart_action=RestartAction.RESTART_AND_AFFECT_GROUP)
    return sim


def _policies(sim: Simulation) -> Findings:
    trial = anew(start_of("03.5"), sim)
    owners = []
    for moment_s in (0.0, 1700.0):
        trial.run(until_s=max(trial.now_s, moment_s))
        if trial.state("EVS2/IS") is ResourceState.ONLINE:
            trial.fault_resource("EVS2/IS")
        trial.run(until_s=trial.now_s + 600)
        owners.append(trial.owner("EVS2"))
    yield Finding("first", owners[0] == "NODE2", {"owner": owners[0]})
    yield Finding("second", owners[1] != "NODE2", {"owner": owners[1]})
    later = anew(start_of("03.5"), sim)
    for moment_s in (0.0, 1900.0):
        later.run(until_s=max(later.now_s, moment_s))
        if later.state("EVS2/IS") is ResourceState.ONLINE:
            later.fault_resource("EVS2/IS")
        later.run(until_s=later.now_s + 600)
    yield Finding("later", later.owner("EVS2") == "NODE2", {"owner": later.owner("EVS2")})
    action = resource(sim.cluster, "EVS2/POP3").restart_action
    yield Finding("pop3", action == RestartAction.RESTART, {"action": int(action)})


# --- 03.6 A file share --------------------------------------------------------------------------

WANTED = ("Physical Disk", "IP Address", "Network Name", "File Share")
"""Resource types of the group that task 03.6 builds."""


def _defaults() -> Simulation:
    return Simulation(exchange_cluster())


def _built(sim: Simulation) -> Findings:
    sim = at_rest(sim)
    config = sim.cluster.config
    is_there = "Files" in config.groups_by_name
    yield Finding("group", is_there)
    if not is_there:
        return
    members = {item.type.name: item for item in config.members["Files"]}
    missing = [name for name in WANTED if name not in members]
    yield Finding("resources", not missing, {"missing": ", ".join(missing)})
    if missing:
        return
    name, share = members["Network Name"], members["File Share"]
    needed = {members["Physical Disk"].name, name.name}
    facts = {"needs": ", ".join(share.depends_on) or "nothing"}
    yield Finding("depends", needed <= set(share.depends_on), facts)
    yield Finding("online", sim.state("Files") is GroupState.ONLINE, where(sim, "Files"))
    yield Finding("place", sim.owner("Files") == "NODE4", where(sim, "Files"))
    trial = after(sim, "NODE4", for_s=HOUR_S / 4)
    yield Finding("survives", trial.state("Files") is GroupState.ONLINE, where(trial, "Files"))


# --- 03.7 Tidy up -------------------------------------------------------------------------------


def _leftovers() -> Simulation:
    sim = Simulation(exchange_cluster())
    sim.create_group("Old Files")
    sim.create_resource("Old IP", "IP Address", "Old Files")
    sim.create_resource("Old Name", "Network Name", "Old Files", depends_on=("Old IP",))
    sim.bring_online("Old Files")
    sim.run()
    return sim


def _tidy(sim: Simulation) -> Findings:
    sim = at_rest(sim)
    config = sim.cluster.config
    left = [name for name in config.resources_by_name if name.startswith("Old")]
    yield Finding("gone", "Old Files" not in config.groups_by_name, {"left": ", ".join(left)})
    hurt = [group for group, outage in sim.outages().items() if outage.seconds]
    others = [group for group in hurt if group.startswith("EVS")]
    yield Finding("others", not others, {"others": ", ".join(others)})
    yield from few_actions(start_of("03.7"), sim, 4)


def start_of(task: str) -> Simulation:
    """Return the beginning of a task of this part."""
    return STARTS[task]()


STARTS: Mapping[str, Callable[[], Simulation]] = {
    "03.3": _owners_missing,
    "03.4": _two_spares,
    "03.5": _with_pop3,
    "03.6": _defaults,
    "03.7": _leftovers,
}
"""How a task begins, by its number."""

GRADERS: Mapping[str, Grader] = {
    "03.1": _seen,
    "03.2": _commands,
    "03.3": _everyone_can_go,
    "03.4": _each_its_spare,
    "03.5": _policies,
    "03.6": _built,
    "03.7": _tidy,
}
"""What the check of a task looks at, by its number."""
