"""What is right in the tasks of lesson 08: configuration."""

from collections.abc import Mapping
from functools import cache, partial

from clusterlab.cluster.states import GroupState, ResourceState, RestartAction
from clusterlab.exchange.versions import EXCHANGE
from clusterlab.lessons import trials as tr
from clusterlab.procedures.catalogue import installation
from clusterlab.procedures.checklist import inspect_cluster
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.run import Run
from clusterlab.simulation import Simulation


def _homeless() -> Simulation:
    sim = tr.all_serving(2, 1)
    sim.set_properties("EVS1", preferred_owners=("NODE2", "NODE1"), auto_failback_type=1)
    sim.set_properties("EVS2", preferred_owners=(), auto_failback_type=1)
    return sim


def _at_home(sim: Simulation) -> tr.Findings:
    groups = sim.cluster.config.groups_by_name
    for group, home in (("EVS1", "NODE1"), ("EVS2", "NODE2")):
        listed = groups[group].preferred_owners
        facts = {"group": group, "home": home, "listed": ", ".join(listed) or "none"}
        yield tr.Finding("home", listed == (home,), facts)
        trial = tr.after(tr.anew(_homeless(), sim), home)
        away = trial.owner(group)
        trial.start_node(home)
        trial.run(until_s=trial.now_s + 1800)
        is_back = trial.owner(group) != away
        yield tr.Finding("stays", not is_back, {"group": group, "home": home, "away": away})


HOMES = {"EVS1": "NODE1", "EVS2": "NODE3"}
"""What the client of task 08.3 wants; the checklist can only give an example."""


def _neglected() -> Simulation:
    sim = tr.all_serving(2, 1)
    sim.set_properties("EVS2", preferred_owners=())
    sim.set_properties("MSDTC", restart_action=RestartAction.RESTART_AND_AFFECT_GROUP)
    sim.set_properties("EVS2", auto_failback_type=1)
    sim.set_properties("EVS1", failover_threshold=3)
    sim.set_properties("Disk R:", possible_owners=("NODE1", "NODE2"))
    return sim


def _kept(sim: Simulation) -> tr.Findings:
    sim = tr.at_rest(sim)
    found = inspect_cluster(sim.cluster).findings
    expected = {item.rule.title for item in inspect_cluster(_neglected().cluster).findings}
    open_rules = {item.rule.title: item for item in found}
    for title in sorted(expected | set(open_rules)):
        item = open_rules.get(title)
        facts = {"rule": title, "value": item.value if item else ""}
        yield tr.Finding("kept", item is None, facts)
    for group, home in HOMES.items():
        listed = sim.cluster.config.groups_by_name[group].preferred_owners
        facts = {"group": group, "home": home, "listed": ", ".join(listed) or "none"}
        yield tr.Finding("home", listed == (home,), facts)
    out = [name for name in HOMES if sim.state(name) is not GroupState.ONLINE]
    yield tr.Finding("online", not out, {"out": ", ".join(out)})


IMAP4 = "Microsoft Exchange IMAP4 Server Instance"  # the resource type that task 08.4 adds


def _has_imap4(sim: Simulation) -> tr.Findings:
    sim = tr.at_rest(sim)
    members = sim.cluster.config.members["EVS1"]
    made = [resource for resource in members if resource.type.name == IMAP4]
    yield tr.Finding("exists", len(made) == 1, {"count": len(made)})
    if len(made) != 1:
        return
    [imap4] = made
    attendant = sim.cluster.config.resource_name("EVS1/SA")
    needs = ", ".join(imap4.depends_on) or "nothing"
    yield tr.Finding("depends", attendant in imap4.depends_on, {"needs": needs})
    state = sim.cluster.resource_states[imap4.name]
    yield tr.Finding("online", state is ResourceState.ONLINE, {"state": state.value})
    trial = sim.branch("failures")
    for _ in range(5):
        if trial.state(imap4.name) is ResourceState.ONLINE:
            trial.fault_resource(imap4.name)
        trial.run(until_s=trial.now_s + 120)
    yield tr.Finding("alone", trial.owner("EVS1") == sim.owner("EVS1"), tr.where(trial, "EVS1"))


@cache
def _three_nodes() -> Run:
    return Run(installation(Plan.standard(nodes=3, evs=2))).do_rest()


def _replaced(run: Run) -> tr.Findings:
    keys = [record.entry.key for record in run.records if record.refusal is None]
    yield tr.Finding("evicted", "remove/R11@N2" in keys)
    yield tr.Finding("uninstalled", "remove/R08@N2" in keys)
    cluster, facts = run.cluster, run.situation.facts
    members = {} if cluster is None else cluster.config.nodes_by_name
    yield tr.Finding("joined", "NODE2" in members)
    kind = facts.get("node.NODE2.exchange") or "none"
    versions = {name: node.installed.get(EXCHANGE) for name, node in members.items()}
    is_same = kind == "cluster" and versions.get("NODE2") == versions.get("NODE1")
    build = versions.get("NODE2") or "none"
    yield tr.Finding("exchange", is_same, {"kind": kind, "build": build})
    for evs in ("EVS1", "EVS2"):
        can_own = cluster is not None and "NODE2" in cluster.config.possible_owners[evs]
        yield tr.Finding("owner", can_own, {"group": evs})
        is_online = cluster is not None and cluster.group_state(evs) is GroupState.ONLINE
        yield tr.Finding("online", is_online, {"group": evs})


def _removed(run: Run) -> tr.Findings:
    cluster, facts = run.cluster, run.situation.facts
    groups = () if cluster is None else cluster.config.groups_by_name
    yield tr.Finding("gone", "EVS2" not in groups)
    yield tr.Finding("object", not facts.get("evs.EVS2.object"))
    disks = {"Disk T:", "Disk U:"}
    left = disks & set(() if cluster is None else cluster.config.resources_by_name)
    yield tr.Finding("disks", left == disks, {"lost": ", ".join(sorted(disks - left))})
    is_online = cluster is not None and cluster.group_state("EVS1") is GroupState.ONLINE
    yield tr.Finding("other", is_online)


STARTS: tr.Starts = {"08.2": _homeless, "08.3": _neglected, "08.4": partial(tr.all_serving, 1, 1)}

RUNS: tr.Runs = {"08.5": _three_nodes, "08.6": _three_nodes}

GRADERS: Mapping[str, tr.Grader] = {
    # Setup on a node, new or over Exchange 2000
    "08.1": lambda answer: tr.causes("08.1", answer, "abcdef", "ce"),
    "08.2": _at_home,
    "08.3": _kept,
    "08.4": _has_imap4,
    "08.5": _replaced,
    "08.6": _removed,
}
