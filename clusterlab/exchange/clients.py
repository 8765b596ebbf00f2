"""What users meet beside the outage of their EVS: web access, Outlook, other sites (2, 4.7)."""

from __future__ import annotations

from collections.abc import Sequence

from clusterlab.cluster.draft import Outcome
from clusterlab.cluster.states import MEMBER_STATES
from clusterlab.exchange.exres import SYSTEM_ATTENDANT
from clusterlab.exchange.resource_types import EXCHANGE_2000
from clusterlab.exchange.versions import EXCHANGE

FRONT_END_MEMORY_S = 600.0
"""How long a front-end of Exchange 2000 before SP2 remembers that a back-end is gone."""
_REMEMBERS = ("2000", "2000 SP1")


def web_outage_s(outage_s: float, front_end: str) -> float:
    """Return how long web users behind a front-end are out at most; MAPI users are not affected.

    Args:
        outage_s: Outage of the EVS.
        front_end: Version of the front-end, such as "2000 SP1" or "2003".

    Example:
        >>> web_outage_s(175, "2000 SP1"), web_outage_s(175, "2003")
        (775.0, 175)

    Source: handbook 2, 4.7; KB 303386.
    """
    return outage_s + FRONT_END_MEMORY_S if front_end in _REMEMBERS else outage_s


def outlook_caveat(version: int, *, is_active_active: bool) -> str:
    """Return what an older Outlook may need after a failover beside waiting; "" if nothing.

    Source: handbook 2, 4.7; KB 310793.
    """
    if version != EXCHANGE_2000 or not is_active_active:
        return ""
    return "Outlook 2002 that showed, read or wrote a message then may have to be restarted."


def web_sites_stopped(history: Sequence[Outcome], node: str, *, has_hotfix: bool = False) -> bool:
    """Return whether other web sites of *node* are stopped, until they are started by hand.

    Exchange 2003 SP1 sets `ServerAutoStart` of all sites to 0 when an EVS comes online there; they
    stop with the next restart of the node. The HTTP instance of the EVS is the cluster's.

    Source: handbook 2, 7.5; KB 885440.
    """
    starts_alone, is_stopped = True, False
    for outcome in history:
        config, states = outcome.cluster.config, outcome.cluster.node_states
        here = config.nodes_by_name[node].installed.get(EXCHANGE)
        for change in outcome.changes:
            evs = next(
                (
                    r.group
                    for r in config.resources_by_type[SYSTEM_ATTENDANT]
                    if (r.name, "Online") == (change.name, change.new)
                ),
                "",
            )
            if outcome.cluster.owners.get(evs) == node and here == "2003 SP1" and not has_hotfix:
                starts_alone = False
        if states[node] not in MEMBER_STATES:
            is_stopped = not starts_alone
    return is_stopped
