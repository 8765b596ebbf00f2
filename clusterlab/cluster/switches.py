"""The start switches of the Cluster service: `/forcequorum`, `/fixquorum` and their kin.

Not persistent: a switch holds until the last member is down (handbook 1, 6.1; KB 258078).
"""

from __future__ import annotations

from collections.abc import Mapping

from clusterlab.cluster.draft import Draft
from clusterlab.cluster.errors import OperationRefused
from clusterlab.cluster.membership import live_nodes
from clusterlab.cluster.quorum import majority
from clusterlab.cluster.states import QuorumModel

FORCE_QUORUM = "forcequorum"
FIX_QUORUM = "fixquorum"
NO_QUORUM_LOGGING = "noquorumlogging"
RESET_QUORUM_LOG = "resetquorumlog"

SWITCHES: Mapping[str, QuorumModel] = {
    FORCE_QUORUM: QuorumModel.MAJORITY,
    FIX_QUORUM: QuorumModel.SHARED_DISK,
    NO_QUORUM_LOGGING: QuorumModel.SHARED_DISK,
    RESET_QUORUM_LOG: QuorumModel.SHARED_DISK,
}
"""Each switch and the quorum model it is for."""

_SOURCE = "handbook 1, 6.1; KB 258078"


def use_switch(d: Draft, node: str, switch: str, nodes: tuple[str, ...]) -> None:
    """Check a start switch and let the cluster run with it (6.1)."""
    others = [*live_nodes(d), *(name for name in d.cluster.starting if name != node)]
    named = tuple(d.cluster.config.node_name(name) for name in nodes)
    if switch:
        _check_switch(d, node, switch, named)
    if others:
        _check_joins_with(d, switch, named, others)
    else:
        d.put("switch", switch)
        d.put("forced", named)


def _check_switch(d: Draft, node: str, switch: str, nodes: tuple[str, ...]) -> None:
    model = d.cluster.config.quorum_model
    if switch not in SWITCHES:
        raise _refused(f"There is no switch /{switch}.", f"Use one of: {', '.join(SWITCHES)}.")
    if SWITCHES[switch] is not model:
        raise _refused(
            f"/{switch} is for a {SWITCHES[switch].value}; this cluster has a {model.value}.",
            "Start without it.",
        )
    if switch == FORCE_QUORUM and node not in nodes:
        raise _refused(
            f"/{switch} lists {', '.join(nodes) or 'no node'}, and {node} is not on the list.",
            "List every node that is to run, the same list on each.",
        )


def _check_joins_with(d: Draft, switch: str, nodes: tuple[str, ...], others: list[str]) -> None:
    running, listed = d.cluster.switch, d.cluster.forced
    if switch and (switch, nodes) != (running, listed):
        raise _refused(
            f"The service is running or starting on {', '.join(others)}.",
            "Stop the Cluster service on all other nodes first.",
        )
    if running == NO_QUORUM_LOGGING and switch != running:
        raise _refused(
            f"The cluster runs with /{running}.", "Start this node with the same switch."
        )


def _refused(because: str, remedy: str) -> OperationRefused:
    return OperationRefused(None, because=because, remedy=remedy, source=_SOURCE)


def check_may_change(d: Draft) -> None:
    """Refuse changes of the configuration while quorum is forced (6.1, conflict 11: forbid)."""
    if d.cluster.forced:
        raise _refused(
            f"Quorum is forced to {', '.join(d.cluster.forced)}.",
            "Leave the configuration as it is until the cluster runs normally.",
        )


def check_can_commit(d: Draft) -> None:
    """Refuse a change that a majority of the nodes cannot write (6)."""
    count, up = len(d.cluster.config.nodes), live_nodes(d)
    is_majority_needed = d.cluster.config.quorum_model is QuorumModel.MAJORITY
    if is_majority_needed and len(up) < majority(count):
        raise OperationRefused(
            None,
            because=f"A majority is then {majority(count)} of {count} nodes, and {len(up)} are Up.",
            remedy="Start or evict a node that is Down first.",
            source="handbook 1, 6",
        )
