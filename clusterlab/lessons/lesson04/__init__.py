"""What is right in the tasks of lesson 04: quorum and networks."""

from collections.abc import Callable, Mapping
from typing import Any

from clusterlab.cluster import events as ev
from clusterlab.cluster import states as st
from clusterlab.cluster.story import log_text
from clusterlab.exchange.evs import EXCHANGE_2000, exchange_cluster
from clusterlab.lessons import trials as tr
from clusterlab.lessons.tasks import start
from clusterlab.simulation import Simulation

NOBODY = "nobody"  # the answer of task 04.4 where no partition may go on
SIZES = (2, 3, 5, 8)  # sizes of the majority node sets that task 04.1 asks about


def _tolerated(nodes: int) -> int:
    """Return how many nodes a majority node set of this size may lose, by trying it out."""
    sim = Simulation(exchange_cluster(1, nodes - 1, quorum=st.QuorumModel.MAJORITY))
    for lost in range(1, nodes + 1):
        sim.fail_node(f"NODE{nodes + 1 - lost}")
        sim.run(until_s=sim.now_s + 60)
        if not any(state in st.MEMBER_STATES for state in sim.cluster.node_states.values()):
            return lost - 1
    raise AssertionError("a cluster without nodes runs")


def _majorities(answer: object) -> tr.Findings:
    say = 'Give a number for each size: check("04.1", {2: 1, 3: 2}).'
    sizes = tr.given(answer, Mapping, say)
    for nodes in SIZES:
        right, guess = _tolerated(nodes), sizes.get(nodes, tr.UNANSWERED)
        facts = {"n": nodes, "guess": guess, "needed": nodes - right, "right": right}
        yield tr.Finding("size", guess == right, facts)


def _second_way(sim: Simulation) -> tr.Findings:
    roles = {network.name: network.role for network in sim.cluster.config.networks}
    yield tr.Finding("clients", roles["Public"] in (st.NetworkRole.CLIENT, st.NetworkRole.ALL))
    trial = sim.branch("trial")
    if "Private" not in trial.cluster.lost_networks:
        trial.lose_network("Private")
    trial.run(until_s=trial.now_s + 120)
    down = [n for n, state in trial.cluster.node_states.items() if state is not st.NodeState.UP]
    yield tr.Finding("together", not down, {"down": ", ".join(down)})
    changed = [o.event for o in sim.history if isinstance(o.event, ev.SetProperties)]
    yield tr.Finding("one", len(changed) == 2, {"count": len(changed) - 1})


def cable_log() -> str:
    """Return the event log that task 04.3 asks about."""
    sim = tr.all_serving(2, 1)
    sim.pull_cable("NODE2", "Public")
    sim.run()
    return log_text(sim.log)


def split(case: str) -> Simulation:
    """Return a case of task 04.4, "a" to "d", half a minute after the cables were pulled."""
    sim = _SPLITS[case]()
    sim.run(until_s=40)
    return sim


def _cut(node: str, **cluster: Any) -> Simulation:
    sim = Simulation(exchange_cluster(2, 1, **cluster))
    sim.pull_cable(node)
    return sim


def _two_and_two() -> Simulation:
    sim = Simulation(exchange_cluster(3, 1, quorum=st.QuorumModel.MAJORITY))
    for node, network in (("NODE1", "Private"), ("NODE2", "Private"),
                          ("NODE3", "Public"), ("NODE4", "Public")):  # fmt: skip
        sim.pull_cable(node, network)
    return sim


_SPLITS: Mapping[str, Callable[[], Simulation]] = {
    "a": lambda: _cut("NODE3", quorum=st.QuorumModel.MAJORITY),
    "b": lambda: _cut("NODE1", windows=st.Windows.W2K, version=EXCHANGE_2000),
    "c": lambda: _cut("NODE3"),
    "d": _two_and_two,
}


def _owner_of_quorum(case: str) -> str:
    sim = split(case)
    owner = sim.owner("Cluster Group")
    return owner if sim.cluster.node_states[owner] in st.MEMBER_STATES else NOBODY


def _who_goes_on(answer: object) -> tr.Findings:
    say = 'Give a node or "nobody" for each case: check("04.4", {"a": ...}).'
    nodes = tr.given(answer, Mapping, say)
    given = {str(case).casefold(): str(node).casefold() for case, node in nodes.items()}
    for case in _SPLITS:
        guess = given.get(case, "")
        facts = {"guess": guess.upper() or tr.UNANSWERED, "owner": _owner_of_quorum(case)}
        yield tr.Finding(case, guess == _owner_of_quorum(case).casefold(), facts)


def _runs_without_disk_q(sim: Simulation) -> tr.Findings:
    sim = tr.at_rest(sim)
    quorum = sim.cluster.config.quorum
    yield tr.Finding("quorum", quorum != "Disk Q:", {"quorum": quorum})
    yield tr.Finding("normal", not sim.cluster.switch, {"switch": sim.cluster.switch})
    up = [n for n, state in sim.cluster.node_states.items() if state is st.NodeState.UP]
    yield tr.Finding("nodes", len(up) == 3, {"up": ", ".join(up) or "none"})
    served = [name for name in ("EVS1", "EVS2") if sim.state(name) is st.GroupState.ONLINE]
    yield tr.Finding("online", len(served) == 2, {"online": ", ".join(served) or "none"})


def _forced(sim: Simulation) -> tr.Findings:
    sim = tr.at_rest(sim)
    yield tr.Finding("online", sim.state("EVS1") is st.GroupState.ONLINE, tr.where(sim, "EVS1"))
    forced = sim.cluster.forced
    yield tr.Finding("forced", forced == ("NODE1",), {"forced": ", ".join(forced) or "none"})
    yield from tr.few_actions(start("04.6"), sim, 1)


def _survives_another(sim: Simulation) -> tr.Findings:
    sim = tr.at_rest(sim)
    lost = []
    for node, state in sim.cluster.node_states.items():
        trial = tr.after(sim, node, for_s=tr.HOUR_S / 4) if state is st.NodeState.UP else sim
        if tr.online(trial) != ["EVS1", "EVS2"]:
            lost.append(node)
    yield tr.Finding("survives", not lost, {"lost": ", ".join(lost)})
    out = sim.outages()
    disturbed = [name for name in out if out[name].seconds]
    yield tr.Finding("undisturbed", not disturbed, {"disturbed": ", ".join(disturbed)})


STARTS: tr.Starts = {
    "04.2": lambda: tr.begun(ev.SetProperties("Public", {"role": st.NetworkRole.CLIENT}), active=2),
    "04.5": lambda: tr.begun(ev.DiskLost("Disk Q:"), active=2, until_s=300),
    "04.6": lambda: tr.begun(
        ev.NodeFailed("NODE2"),
        ev.NodeFailed("NODE3"),
        active=1,
        passive=2,
        until_s=600,
        quorum=st.QuorumModel.MAJORITY,
    ),
    "04.7": lambda: tr.begun(
        ev.NodeFailed("NODE4"), active=2, passive=2, until_s=600, quorum=st.QuorumModel.MAJORITY
    ),
}

GRADERS: Mapping[str, tr.Grader] = {
    "04.1": _majorities,
    "04.2": _second_way,
    "04.3": lambda answer: tr.causes("04.3", answer, "abcdef", "bdf"),
    "04.4": _who_goes_on,
    "04.5": _runs_without_disk_q,
    "04.6": _forced,
    "04.7": _survives_another,
}
