"""What is right in the tasks of lesson 01: how each starts, and what its check looks at.

Each check tries the learner's cluster out, so every answer that works counts. The words stand in
`tasks.toml`, under the names of conditions that are given here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from clusterlab.cluster.states import GroupState, ResourceState, RestartAction
from clusterlab.exchange.evs import (
    EXCHANGE_2000,
    EXCHANGE_2003,
    EXCHANGE_TYPES,
    exchange_cluster,
    storage_groups,
)
from clusterlab.lessons.trials import (
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


UNDECIDED = {"Search"}
"""Where MS Search belongs in Exchange 2003 is not settled (handbook 2, 2.1); it does not count."""


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
        given = _short_names(answer.get(version), shorts) - UNDECIDED
        right = _goes_offline_with_store(version) - UNDECIDED
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
    yield from few_actions(STARTS["01.5"](), sim, 1)


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
    yield from few_actions(STARTS["01.6"](), sim, 3)


def _pop3_moves_evs() -> Simulation:
    sim = Simulation(exchange_cluster(protocols=("POP3",)))
    action = RestartAction.RESTART_AND_AFFECT_GROUP
    sim.set_properties("EVS1/POP3", restart_action=action)
    return sim


def _pop3_stays(sim: Simulation) -> Findings:
    pop3 = resource(sim.cluster, "EVS1/POP3")
    may_move = pop3.restart_action is RestartAction.RESTART_AND_AFFECT_GROUP
    trial = anew(STARTS["01.7"](), sim)
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


STARTS: Mapping[str, Callable[[], Simulation]] = {
    "01.5": _half_an_evs,
    "01.6": _everyone_away,
    "01.7": _pop3_moves_evs,
}
"""How a task begins, by its number."""
GRADERS: Mapping[str, Grader] = {
    "01.1": _storage_groups,
    "01.2": _smallest_cluster,
    "01.3": _with_the_store,
    "01.4": lambda answer: causes("01.4", answer, "abcde", "ac"),
    "01.5": _whole_again,
    "01.6": _everyone_home,
    "01.7": _pop3_stays,
}
"""What the check of a task looks at, by its number."""
