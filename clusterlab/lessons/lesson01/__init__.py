"""What is right in the tasks of lesson 01: Exchange virtual servers."""

from collections.abc import Iterable, Mapping
from typing import Any

from clusterlab.cluster import events as ev
from clusterlab.cluster.states import GroupState, ResourceState, RestartAction
from clusterlab.exchange import evs as ex
from clusterlab.lessons import trials as tr
from clusterlab.lessons.tasks import start
from clusterlab.simulation import Simulation


def _storage_groups(answer: object) -> tr.Findings:
    cluster = tr.a_cluster("01.1", answer)
    nodes, names = list(cluster.config.nodes_by_name), tr.evs_names(cluster)
    counts = {"n": len(nodes), "e": len(names)}
    yield tr.Finding("pair", [*counts.values()] == [2, 2], counts)
    if "EVS1" in names:
        count = ex.storage_groups(tr.resource(cluster, "EVS1/IS"))
        yield tr.Finding("needs", count >= 3, {"count": count})
    total = sum(ex.storage_groups(tr.resource(cluster, f"{name}/IS")) for name in names)
    for node in nodes:
        trial = tr.after(Simulation(cluster), node)
        lost = [name for name in names if name not in tr.online(trial)]
        facts = {"node": node, "lost": ", ".join(lost), "total": total}
        yield tr.Finding("survives", not lost, facts)


def _smallest_cluster(answer: object) -> tr.Findings:
    cluster = tr.a_cluster("01.2", answer)
    nodes, names = list(cluster.config.nodes_by_name), tr.evs_names(cluster)
    yield tr.Finding("five", len(names) == 5, {"e": len(names)})
    trial = tr.after(Simulation(cluster), *nodes[:2])
    failed = [name for name in names if name not in tr.online(trial)]
    yield tr.Finding("survives", not failed, {"failed": ", ".join(failed)})
    spare = len(nodes) - len(names)
    yield tr.Finding("smallest", spare <= 2, {"n": len(nodes), "spare": spare})


UNDECIDED = {"Search"}
"""Where MS Search belongs in Exchange 2003 is not settled (handbook 2, 2.1); it does not count."""


def _goes_offline_with_store(version: int) -> set[str]:
    sim = Simulation(ex.exchange_cluster(version=version, protocols=("POP3", "IMAP4")))
    sim.fail_resource("EVS2/IS")
    return {
        item.type.short
        for item in sim.cluster.config.members["EVS2"]
        if sim.cluster.resource_states[item.name]
        in (ResourceState.OFFLINE, ResourceState.OFFLINE_PENDING)
    }


def _with_the_store(answer: object) -> tr.Findings:
    versions = (ex.EXCHANGE_2000, ex.EXCHANGE_2003)
    if not isinstance(answer, Mapping) or not set(answer) <= set(versions):
        raise tr.OtherAnswerWanted('Give two sets: check("01.3", {2000: {"SMTP"}, 2003: set()}).')
    shorts = {short.casefold(): short for short in (*ex.EXCHANGE_TYPES[2003], "IP", "Name", "Disk")}
    for version in versions:
        given = _short_names(answer.get(version), shorts) - UNDECIDED
        right = _goes_offline_with_store(version) - UNDECIDED
        extra, named = sorted(given - right), tr.all_named("all_named", given, right)
        facts = {**named.facts, "extra": ", ".join(extra), "version": version}
        condition = "none_extra" if extra else "all_named"
        yield tr.Finding(condition, given == right, facts, named.parts)


def _short_names(given: Any, shorts: Mapping[str, str]) -> set[str]:
    given = tr.given(given, Iterable, "Give a set of resources for 2000 and one for 2003.")
    names = [given] if isinstance(given, str) else [str(name) for name in given]
    unknown = [name for name in names if name.casefold() not in shorts]
    if unknown:
        raise tr.OtherAnswerWanted(
            f"There is no resource {unknown[0]!r}; allowed: {', '.join(shorts.values())}."
        )
    return {shorts[name.casefold()] for name in names}


def _whole_again(sim: Simulation) -> tr.Findings:
    sim = tr.at_rest(sim)
    yield tr.Finding("online", sim.state("EVS2") is GroupState.ONLINE, tr.where(sim, "EVS2"))
    yield from tr.few_actions(start("01.5"), sim, 1)


def _everyone_home(sim: Simulation) -> tr.Findings:
    sim = tr.at_rest(sim)
    for group in tr.evs_names(sim.cluster):
        home = f"NODE{group.removeprefix('EVS')}"
        is_home = sim.owner(group) == home and sim.state(group) is GroupState.ONLINE
        yield tr.Finding("home", is_home, {**tr.where(sim, group), "home": home})
    refusals = [
        change for outcome in sim.history for change in outcome.changes if change.error_code == 5018
    ]
    yield tr.Finding("unrefused", not refusals, {"count": len(refusals)})
    yield from tr.few_actions(start("01.6"), sim, 3)


def _pop3_stays(sim: Simulation) -> tr.Findings:
    pop3 = tr.resource(sim.cluster, "EVS1/POP3")
    may_move = pop3.restart_action is RestartAction.RESTART_AND_AFFECT_GROUP
    trial = tr.anew(start("01.7"), sim)
    trial.fail_resource("EVS1/POP3")
    trial.run(until_s=30)
    yield tr.Finding("restarts", trial.state("EVS1/POP3") is ResourceState.ONLINE)
    for _ in range(3):
        if trial.state("EVS1/POP3") is ResourceState.ONLINE:
            trial.fail_resource("EVS1/POP3")
            trial.run(until_s=trial.now_s + 30)
    stayed = trial.owner("EVS1") == "NODE1" and not may_move
    yield tr.Finding("stays", stayed, tr.where(trial, "EVS1"))
    others = [item for item in sim.cluster.config.members["EVS1"] if item.name != pop3.name]
    cleared = [
        item.type.short
        for item in others
        if item.restart_action is not RestartAction.RESTART_AND_AFFECT_GROUP
    ]
    yield tr.Finding("others", not cleared, {"others": ", ".join(cleared)})


STARTS: tr.Starts = {
    "01.5": lambda: tr.begun(ev.TakeOffline("EVS2/SA")),
    "01.6": lambda: tr.begun(*(ev.MoveGroup(f"EVS{n}", f"NODE{n + 1}") for n in (3, 2, 1))),
    "01.7": lambda: tr.begun(
        ev.SetProperties("EVS1/POP3", {"restart_action": RestartAction.RESTART_AND_AFFECT_GROUP}),
        protocols=("POP3",),
    ),
}
GRADERS: Mapping[str, tr.Grader] = {
    "01.1": _storage_groups,
    "01.2": _smallest_cluster,
    "01.3": _with_the_store,
    "01.4": lambda answer: tr.causes("01.4", answer, "abcde", "ac"),
    "01.5": _whole_again,
    "01.6": _everyone_home,
    "01.7": _pop3_stays,
}
