"""What upgrades do that no cluster.exe line does: Setup, service packs, and the command of the EVS.

The acts of handbook 4; `effects.py` has all others and calls these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from clusterlab.cluster.draft import Outcome
from clusterlab.cluster.events import AddNode, ChooseCommand, CleanUpNode, EvictNode
from clusterlab.cluster.states import GroupState, Windows
from clusterlab.exchange import versions
from clusterlab.exchange.creation import missing_exchange_types
from clusterlab.exchange.evs import CLUSTER_GROUP, EXCHANGE_2003
from clusterlab.exchange.exres import SYSTEM_ATTENDANT
from clusterlab.exchange.resource_types import UPGRADE_COMMAND
from clusterlab.exchange.versions import EXCHANGE, WINDOWS, ExchangeVersion, NodeWindows
from clusterlab.procedures import upgrade_start as starts
from clusterlab.procedures.assumptions import ASSUMPTIONS
from clusterlab.procedures.codes import Refusal, text_of
from clusterlab.procedures.orders import node_by_node
from clusterlab.procedures.upgrade_checks import target
from clusterlab.procedures.work import Work
from clusterlab.tomlfiles.tables import by_name


def _take(work: Work, name: str) -> None:
    """Let the time of an assumption pass (handbook 4, 4.5.3)."""
    work.wait(ASSUMPTIONS[name].seconds)


def _install(work: Work, node: str, product: str, version: str) -> None:
    """Put a version of Exchange or Windows on a node, or refuse: it is none of the cluster."""
    work.check_member(node)
    there = work.built.config.nodes_by_name[node].installed
    work.configure(node, installed={**there, product: version})
    work.history.append(Outcome(work.built))


def _await_pack(work: Work) -> None:
    """Wait until a service pack is on a node and the node has restarted (T_SP, T_REBOOT).

    For a pack of Windows the handbook has no time; that it takes as long is ours (unsourced).
    """
    _take(work, "T_SP")
    _await_restart(work)


def _await_restart(work: Work) -> None:
    """Wait until a node has power and Windows again; its Cluster service is started then."""
    work.wait(work.built.config.durations["reboot"])


def _run_setup(work: Work) -> None:
    node = work.site.subject.name
    work.stop_service(node)
    _install(work, node, EXCHANGE, target(work.facts, work.site.choices))


def _run_upgrade(work: Work) -> None:
    evs = work.site.subject.name
    work.send(ChooseCommand(versions.attendant_of(work.built.config, evs).name, UPGRADE_COMMAND))
    work.wait(work.built.config.durations["evs_upgrade"])


def _await_setup(work: Work) -> None:
    """Wait for Setup, or for a service pack and the restart of its node."""
    if target(work.facts, work.site.choices) == ExchangeVersion.E2003_RTM.value:
        _take(work, "T_SETUP")
    else:
        _await_pack(work)


def _install_hotfix(work: Work) -> None:
    """Install what changes no version; the node restarts unless somebody chose otherwise."""
    node = work.site.subject.name
    if work.site.choices.get("restart", starts.RESTART) == starts.RESTART:
        work.stop_service(node)
        _await_restart(work)
        work.start_service(node)


def _install_windows(work: Work) -> None:
    """Windows from the CD: nothing of the old installation is left on the machine."""
    node = work.site.subject.name
    _take(work, "T_FRESH")
    if node in work.built.uncleaned:
        work.send(CleanUpNode(node))
    work.facts[f"node.{node}.windows"] = NodeWindows.W2003.value
    work.facts[f"node.{node}.exchange"] = None


def _rejoin_node(work: Work) -> None:
    node = work.site.subject.name
    _take(work, "T_JOIN")
    work.send(AddNode(node, missing_exchange_types(EXCHANGE_2003)))
    _install(work, node, WINDOWS, str(work.facts[f"node.{node}.windows"]))
    _start(work, node)


def _start(work: Work, node: str) -> None:
    work.start_service(node)
    _raise_cluster(work)


def _raise_cluster(work: Work) -> None:
    """Let the cluster work as one of Windows Server 2003 once every node has it (4.4.1)."""
    windows = [versions.node_windows(node) for node in work.built.config.nodes]
    if all(item is not None and item.product == "2003" for item in windows):
        work.cluster = replace(
            work.built, config=replace(work.built.config, windows=Windows.WS2003)
        )


def _install_exchange(work: Work) -> None:
    node = work.site.subject.name
    work.facts[f"node.{node}.exchange"] = "cluster"
    _install(work, node, EXCHANGE, target(work.facts))


def _upgrade_windows(work: Work) -> None:
    node = work.site.subject.name
    work.stop_service(node)
    _install(work, node, WINDOWS, NodeWindows.W2003.value)
    _take(work, "T_OS")
    _start(work, node)


def _enable_kerberos(work: Work) -> None:
    """Set it as the dialogue does: name and all above it offline, then online again."""
    evs = work.site.subject.name
    name = work.built.config.resource_name(f"{evs}/Name")
    work.type(f'cluster res "{name}" /offline /wait')
    work.type(f'cluster res "{name}" /priv RequireKerberos=1')
    work.type(f'cluster group "{evs}" /online /wait')


def _build_cluster(work: Work) -> None:
    work.cluster = starts.empty_cluster(work.site.plan)


def _rebuild_node(work: Work) -> None:
    """The way back of a node: evicted, installed with what it had before, joined again."""
    node = work.site.subject.name
    work.stop_service(node)
    work.send(EvictNode(node))
    if node in work.built.uncleaned:
        work.send(CleanUpNode(node))
    work.send(AddNode(node))
    _install(work, node, WINDOWS, NodeWindows.W2000_SP4.value)
    _install(work, node, EXCHANGE, ExchangeVersion.E2000_SP3.value)
    _start(work, node)


def _install_everywhere(work: Work) -> None:
    for node in work.built.config.nodes:
        work.facts[f"node.{node.name}.exchange"] = "cluster"
        _install(work, node.name, EXCHANGE, target(work.facts))


def _build_evs(work: Work) -> None:
    """Put the EVSs on their homes; how each is made is chapter 3."""
    now_s, products = work.built.now_s, (ExchangeVersion.E2003_RTM, NodeWindows.W2003)
    cluster = starts.running_cluster(work.site.plan, *products)
    work.cluster = replace(cluster, now_s=now_s, since_s=dict.fromkeys(cluster.since_s, now_s))
    work.facts.update(starts.exchange_facts(work.site.plan))


# --- rolling passes: every node gets a service pack while another one serves --------------------


def _roll(work: Work, pack: Callable[[Work, str], None]) -> None:
    """Let every node have its *pack* (handbook 4, 4.3.9)."""
    homes = {evs.name: evs.home for evs in work.site.plan.evs}
    for node, evs in node_by_node(_idle(work)[::-1], _owners(work), homes):
        if evs:
            _move_evs(work, evs, node)
        else:
            pack(work, node)
    for evs, home in homes.items():
        if list(_owners(work).values()).count(work.built.owners[evs]) > 1:
            _move_evs(work, evs, home)  # AA-09
    _settle(work)


def _owners(work: Work) -> dict[str, str]:
    attendants = work.built.config.resources_by_type.get(SYSTEM_ATTENDANT, ())
    return {r.group: work.built.owners[r.group] for r in attendants}


def _idle(work: Work) -> list[str]:
    hosts = _owners(work).values()
    return [node.name for node in work.built.config.nodes if node.name not in hosts]


def _settle(work: Work) -> None:
    """Leave the Cluster Group on the last idle node, where it is in nobody's way."""
    idle = _idle(work)
    if idle and work.built.owners.get(CLUSTER_GROUP) not in (None, idle[-1]):
        work.type(f'cluster group "{CLUSTER_GROUP}" /moveto:{idle[-1]} /wait')


def _move_evs(work: Work, evs: str, node: str) -> None:
    """Move an EVS that is Online, or refuse: it is not Online there afterwards."""
    if work.built.owners[evs] == node:
        return
    work.type(f'cluster group "{evs}" /moveto:{node} /wait')
    state = work.built.group_state(evs)
    if work.built.owners[evs] != node or state is not GroupState.ONLINE:
        text = text_of("PREREQ", X="This pass", Y="EVSs that come online on every node")
        then = f"{state.value} on {work.built.owners[evs]}"
        raise Refusal("PREREQ", text=text, because=f"{evs} is moved to {node} and is then {then}.")


def _empty(work: Work, node: str) -> None:
    """Move what is left on a node to another one; no EVS is there any more."""
    for group in work.built.groups_on(node):
        others = [n.name for n in work.built.config.nodes if n.name != node]
        work.type(f'cluster group "{group}" /moveto:{others[-1]} /wait')


def _pack_exchange(work: Work, node: str) -> None:
    """Service Pack 3 of Exchange 2000; each EVS upgrades itself (R6)."""
    _empty(work, node)
    work.stop_service(node)
    _install(work, node, EXCHANGE, ExchangeVersion.E2000_SP3.value)
    _await_pack(work)
    work.start_service(node)


def _pack_windows(work: Work, node: str) -> None:
    """Pause, move groups, install the pack of its Windows, restart, resume; no hotfix is left."""
    windows = versions.node_windows(work.built.config.nodes_by_name[node])
    assert windows is not None
    work.type(f"cluster node {node} /pause")
    _empty(work, node)
    work.stop_service(node)
    _install(work, node, WINDOWS, windows.with_pack.value)
    work.facts[f"node.{node}.hotfix"] = None
    _await_pack(work)
    work.start_service(node)
    work.type(f"cluster node {node} /resume")


UPGRADE_ACTS: dict[str, Callable[[Work], None]] = {
    "await_install": lambda work: _take(work, "T_INSTALL"),
    "level_exchange": lambda work: _roll(work, _pack_exchange),
    "level_windows": lambda work: _roll(work, _pack_windows),
    **by_name(
        _run_setup, _run_upgrade, _await_setup, _install_hotfix, _install_windows, _rejoin_node,
        _install_exchange, _upgrade_windows, _enable_kerberos, _build_cluster, _rebuild_node,
        _install_everywhere, _build_evs,
    ),
}  # fmt: skip
"""Acts by the name of their effect."""
