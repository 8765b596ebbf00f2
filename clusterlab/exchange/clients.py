"""What users of web access and Outlook meet beside the outage of their EVS (handbook 2, 4.7)."""

from __future__ import annotations

from clusterlab.exchange.evs import EXCHANGE_2000

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
