"""What is right in the tasks of lesson 03: Cluster Administrator."""

from collections.abc import Iterator, Mapping
from functools import partial

from clusterlab.cluster import events as ev
from clusterlab.cluster.states import GroupState, ResourceState, RestartAction
from clusterlab.lessons import trials as tr
from clusterlab.lessons.tasks import start
from clusterlab.simulation import Simulation

QUESTIONS = ("owner", "failed", "paused", "missing")
"""What task 03.1 asks: the owner of EVS2, the Failed resource, the Paused node, and the node that
is no possible owner of Disk V:."""

SHORT_NAMES = ("HTTP", "EVS1/HTTP")  # what the Failed resource of task 03.1 may be called as well


def a_strange_morning() -> Simulation:
    """Return the cluster that task 03.1 is about."""
    sim = tr.all_serving()
    sim.set_properties("Disk V:", possible_owners=("NODE1", "NODE2", "NODE3"))
    sim.move_group("EVS2", "NODE4")
    sim.run()
    sim.pause_node("NODE2")
    http = "Exchange HTTP Virtual Server Instance - (EVS1)"
    sim.set_properties(http, restart_action=RestartAction.DONT_RESTART)
    sim.fail_resource(http)
    return sim


def _seen(answer: object) -> tr.Findings:
    say = 'Give what you found: check("03.1", {"owner": "NODE1", ...}).'
    found = tr.given(answer, Mapping, say)
    sim = a_strange_morning()
    states = sim.cluster.resource_states
    owners = tr.resource(sim.cluster, "Disk V:").possible_owners or ()
    right = {
        "owner": sim.owner("EVS2"),
        "failed": next(name for name, state in states.items() if state is ResourceState.FAILED),
        "paused": next(iter(sim.cluster.paused)),
        "missing": next(name for name in sim.cluster.config.nodes_by_name if name not in owners),
    }
    for key in QUESTIONS:
        given = str(found.get(key, "nothing"))
        names = {right[key], *(SHORT_NAMES if key == "failed" else ())}
        is_right = given.strip().casefold() in map(str.casefold, names)
        yield tr.Finding(key, is_right, {"given": given, "right": right[key]})


_MENU = "Initiate Failure, Pause Node, Move Group, Take Offline, Evict Node, Change Group"
COMMANDS = dict(zip("abcdef", _MENU.split(", "), strict=True))
"""The command for each wish of task 03.2."""


def _commands(answer: object) -> tr.Findings:
    say = 'Give a command for each letter: check("03.2", {"a": "..."}).'
    commands = tr.given(answer, Mapping, say)
    for letter, command in COMMANDS.items():
        given = str(commands.get(letter, tr.UNANSWERED))
        names = (command, command.removesuffix(" Node").removesuffix(" Group"))
        is_right = given.strip().casefold() in map(str.casefold, names)
        yield tr.Finding(letter, is_right, {"given": given, "command": command})


def _everyone_can_go(sim: Simulation) -> tr.Findings:
    for node in ("NODE1", "NODE2", "NODE3"):
        trial = tr.after(tr.anew(start("03.3"), sim), node)
        group = f"EVS{node[-1]}"
        is_saved = trial.state(group) is GroupState.ONLINE and trial.owner(group) == "NODE4"
        yield tr.Finding("survives", is_saved, {"lost": node, **tr.where(trial, group)})
    narrow = [
        item.name
        for item in sim.cluster.config.resources
        if item.possible_owners is not None and len(item.possible_owners) < 4
    ]
    yield tr.Finding("same", not narrow, {"narrow": ", ".join(narrow)})


def _each_its_spare(sim: Simulation) -> tr.Findings:
    for node, group, spare in (("NODE1", "EVS1", "NODE4"), ("NODE2", "EVS2", "NODE3")):
        trial = tr.after(tr.anew(start("03.4"), sim), node)
        facts = {"lost": node, **tr.where(trial, group)}
        yield tr.Finding("spare", trial.owner(group) == spare, facts)
    both = tr.after(tr.anew(start("03.4"), sim), "NODE1", "NODE2")
    lost = [name for name in ("EVS1", "EVS2") if name not in tr.online(both)]
    yield tr.Finding("both", not lost, {"lost": ", ".join(lost)})
    owners = sim.cluster.config.possible_owners["EVS1"]
    yield tr.Finding("open", len(owners) == 4, {"owners": ", ".join(sorted(owners))})


def _policies(sim: Simulation) -> tr.Findings:
    first, second = _owners_after(sim, 0.0, 1700.0)
    yield tr.Finding("first", first == "NODE2", {"owner": first})
    yield tr.Finding("second", second != "NODE2", {"owner": second})
    _, later = _owners_after(sim, 0.0, 1900.0)
    yield tr.Finding("later", later == "NODE2", {"owner": later})
    action = tr.resource(sim.cluster, "EVS2/POP3").restart_action
    yield tr.Finding("pop3", action == RestartAction.RESTART, {"action": int(action)})


WANTED = ("Physical Disk", "IP Address", "Network Name", "File Share")
"""Resource types of the group that task 03.6 builds."""


def _owners_after(sim: Simulation, *moments_s: float) -> Iterator[str]:
    trial = tr.anew(start("03.5"), sim)
    for moment_s in moments_s:
        trial.run(until_s=max(trial.now_s, moment_s))
        if trial.state("EVS2/IS") is ResourceState.ONLINE:
            trial.fault_resource("EVS2/IS")
        trial.run(until_s=trial.now_s + 600)
        yield trial.owner("EVS2")


def _built(sim: Simulation) -> tr.Findings:
    sim = tr.at_rest(sim)
    config = sim.cluster.config
    is_there = "Files" in config.groups_by_name
    yield tr.Finding("group", is_there)
    if not is_there:
        return
    members = {item.type.name: item for item in config.members["Files"]}
    missing = [name for name in WANTED if name not in members]
    yield tr.Finding("resources", not missing, {"missing": ", ".join(missing)})
    if missing:
        return
    name, share = members["Network Name"], members["File Share"]
    needed = {members["Physical Disk"].name, name.name}
    needs = ", ".join(share.depends_on) or "nothing"
    yield tr.Finding("depends", needed <= set(share.depends_on), {"needs": needs})
    yield tr.Finding("online", sim.state("Files") is GroupState.ONLINE, tr.where(sim, "Files"))
    yield tr.Finding("place", sim.owner("Files") == "NODE4", tr.where(sim, "Files"))
    trial = tr.after(sim, "NODE4", for_s=tr.HOUR_S / 4)
    facts = tr.where(trial, "Files")
    yield tr.Finding("survives", trial.state("Files") is GroupState.ONLINE, facts)


def _tidy(sim: Simulation) -> tr.Findings:
    sim = tr.at_rest(sim)
    config = sim.cluster.config
    left = [name for name in config.resources_by_name if name.startswith("Old")]
    yield tr.Finding("gone", "Old Files" not in config.groups_by_name, {"left": ", ".join(left)})
    hurt = [group for group, outage in sim.outages().items() if outage.seconds]
    others = [group for group in hurt if group.startswith("EVS")]
    yield tr.Finding("others", not others, {"others": ", ".join(others)})
    yield from tr.few_actions(start("03.7"), sim, 4)


STARTS: tr.Starts = {
    "03.3": lambda: tr.begun(
        ev.SetProperties("EVS2 Network Name", {"possible_owners": ("NODE1", "NODE2", "NODE3")}),
        ev.SetProperties("Disk V:", {"possible_owners": ("NODE2", "NODE3")}),
    ),
    "03.4": partial(tr.all_serving, 2, 2),
    "03.5": lambda: tr.begun(
        ev.SetProperties("EVS2/POP3", {"restart_action": RestartAction.RESTART_AND_AFFECT_GROUP}),
        protocols=("POP3",),
    ),
    "03.6": tr.all_serving,
    "03.7": lambda: tr.begun(
        ev.CreateGroup("Old Files"),
        ev.CreateResource("Old IP", "IP Address", "Old Files"),
        ev.CreateResource("Old Name", "Network Name", "Old Files", depends_on=("Old IP",)),
        ev.BringOnline("Old Files"),
    ),
}

GRADERS: Mapping[str, tr.Grader] = {
    "03.1": _seen,
    "03.2": _commands,
    "03.3": _everyone_can_go,
    "03.4": _each_its_spare,
    "03.5": _policies,
    "03.6": _built,
    "03.7": _tidy,
}
