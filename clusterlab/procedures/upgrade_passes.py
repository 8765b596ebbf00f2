"""Rolling passes: every node gets a service pack while another one serves (handbook 4, 4.3.9).

Idle nodes come first. Then each EVS goes to a free node that is done, and the node that it left is
next. One EVS whose home is free goes there, so of two passes the second brings home what the first
took away, and each costs an EVS one move (4.5.3). Two EVSs on two nodes have no idle node: both are
on one node meanwhile, as in path AA2, and each is moved twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from clusterlab.cluster.draft import Outcome
from clusterlab.cluster.states import GroupState
from clusterlab.exchange.evs import CLUSTER_GROUP
from clusterlab.exchange.exres import NODES_THAT_MAY_SHARE, SYSTEM_ATTENDANT
from clusterlab.exchange.versions import (
    EXCHANGE,
    WINDOWS,
    ExchangeVersion,
    NodeWindows,
    node_windows,
)
from clusterlab.procedures.assumptions import ASSUMPTIONS
from clusterlab.procedures.codes import Refusal, text_of
from clusterlab.procedures.work import Work

_PACKS = {"2000": NodeWindows.W2000_SP4, "2003": NodeWindows.W2003_SP1}
"""The service pack that a Windows gets."""


def level_exchange(work: Work) -> None:
    """Bring every node to Service Pack 3 of Exchange 2000; each EVS upgrades itself (R6)."""
    _roll(work, _pack_exchange)


def level_windows(work: Work) -> None:
    """Bring every node to the service pack of its Windows."""
    _roll(work, _pack_windows)


def with_pack(windows: NodeWindows) -> NodeWindows:
    """Return a Windows after its service pack: itself where it has that one, or a newer one.

    Example:
        >>> with_pack(NodeWindows.W2000_SP3).value, with_pack(NodeWindows.W2003_SP2).value
        ('2000 SP4', '2003 SP2')
    """
    pack = _PACKS.get(windows.product, windows)
    return max(windows, pack, key=list(NodeWindows).index)


# --- the round ----------------------------------------------------------------------------------


def _roll(work: Work, pack: Callable[[Work, str], None]) -> None:
    """Let every node have its *pack*."""
    waiting = [r.group for r in work.built.config.resources_by_type.get(SYSTEM_ATTENDANT, ())]
    if not _idle(work):
        _make_room(work, waiting[0])
    done = _idle(work)
    for node in reversed(done):
        pack(work, node)
    while waiting:
        evs, target = _next(work, waiting, done)
        left = work.built.owners[evs]
        move_evs(work, evs, target)
        waiting.remove(evs)
        if left in _idle(work):
            pack(work, left)
            done.append(left)
    _part(work)
    _settle(work)


def _hosts(work: Work) -> list[str]:
    """Return the owners of the EVSs."""
    attendants = work.built.config.resources_by_type.get(SYSTEM_ATTENDANT, ())
    return [work.built.owners[r.group] for r in attendants]


def _idle(work: Work) -> list[str]:
    hosts = _hosts(work)
    return [node.name for node in work.built.config.nodes if node.name not in hosts]


def _next(work: Work, waiting: Sequence[str], done: Sequence[str]) -> tuple[str, str]:
    """Return the EVS that goes next, and to which node; home, if any home is free."""
    may_share = len(work.built.config.nodes) <= NODES_THAT_MAY_SHARE
    free = [node for node in done if may_share or node in _idle(work)]
    homes = {evs.name: evs.home for evs in work.site.plan.evs}
    going_home = [evs for evs in waiting if homes.get(evs) in free]
    return (going_home[0], homes[going_home[0]]) if going_home else (waiting[0], free[-1])


def _make_room(work: Work, evs: str) -> None:
    """Move one of two EVSs to the other one, so that its node is idle (AA-02)."""
    own = work.built.owners[evs]
    move_evs(work, evs, next(node for node in _hosts(work) if node != own))


def _part(work: Work) -> None:
    """Bring EVSs that share a node home (AA-09)."""
    for evs in work.site.plan.evs:
        if _hosts(work).count(work.built.owners[evs.name]) > 1:
            move_evs(work, evs.name, evs.home)


def _settle(work: Work) -> None:
    """Leave the Cluster Group on the last idle node, where it is in nobody's way."""
    idle = _idle(work)
    if idle and work.built.owners.get(CLUSTER_GROUP) not in (None, idle[-1]):
        work.type(f'cluster group "{CLUSTER_GROUP}" /moveto:{idle[-1]} /wait')


def move_evs(work: Work, evs: str, node: str) -> None:
    """Move an EVS that is Online.

    Raises:
        Refusal: If it is not Online there afterwards.
    """
    if work.built.owners[evs] == node:
        return
    work.type(f'cluster group "{evs}" /moveto:{node} /wait')
    state = work.built.group_state(evs)
    if work.built.owners[evs] != node or state is not GroupState.ONLINE:
        raise Refusal(
            "PREREQ",
            text=text_of("PREREQ", X="This pass", Y="EVSs that come online on every node"),
            because=f"{evs} is moved to {node} and is then {state.value} on "
            f"{work.built.owners[evs]}.",
        )


# --- one node -----------------------------------------------------------------------------------


def install(work: Work, node: str, product: str, version: str) -> None:
    """Put a version of Exchange or Windows on a node.

    Raises:
        Refusal: If it is no node of the cluster.
    """
    work.check_member(node)
    there = work.built.config.nodes_by_name[node].installed
    work.configure(node, installed={**there, product: version})
    work.history.append(Outcome(work.built))


def await_pack(work: Work) -> None:
    """Wait until a service pack is on a node and the node has restarted (T_SP, T_REBOOT).

    For a pack of Windows the handbook has no time; that it takes as long is ours (unsourced).
    """
    work.wait(ASSUMPTIONS["T_SP"].seconds)
    await_restart(work)


def await_restart(work: Work) -> None:
    """Wait until a node has power and Windows again; its Cluster service is started then."""
    work.wait(work.built.config.durations["reboot"])


def _empty(work: Work, node: str) -> None:
    """Move what is left on a node to another one; no EVS is there any more."""
    for group in work.built.groups_on(node):
        others = [n.name for n in work.built.config.nodes if n.name != node]
        work.type(f'cluster group "{group}" /moveto:{others[-1]} /wait')


def _pack_exchange(work: Work, node: str) -> None:
    _empty(work, node)
    work.stop_service(node)
    install(work, node, EXCHANGE, ExchangeVersion.E2000_SP3.value)
    await_pack(work)
    work.start_service(node)


def _pack_windows(work: Work, node: str) -> None:
    """Pause, move groups, install, restart, resume; a hotfix from before counts no more."""
    windows = node_windows(work.built.config.nodes_by_name[node])
    assert windows is not None
    work.type(f"cluster node {node} /pause")
    _empty(work, node)
    work.stop_service(node)
    install(work, node, WINDOWS, with_pack(windows).value)
    work.facts[f"node.{node}.hotfix"] = None
    await_pack(work)
    work.start_service(node)
    work.type(f"cluster node {node} /resume")
