"""What an array of disks delivers, how many disks a load needs, and how large a load is.

The penalty of a level says how many operations of the disks a write costs (handbook 5, 5.3).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from clusterlab.cluster.errors import wrong

PENALTIES: Mapping[str, int] = {"plain": 1, "mirrored": 2, "RAID 5": 4}
"""Disk operations for a write, by level (handbook 5, 5.3.1)."""


def _penalty(level: str) -> int:
    if level not in PENALTIES:
        raise wrong("the level of an array", level, ", ".join(PENALTIES))
    return PENALTIES[level]


def disks_for(
    iops: float, level: str, *, reads: float = 2, writes: float = 1, disk_iops: float = 180
) -> int:
    """Return how many disks a random load needs, *reads* to *writes*; *disk_iops* usable of each.

    Raises:
        ConfigError: If there is no such level.

    Example:
        >>> [disks_for(1000, level, reads=80, writes=20, disk_iops=125) for level in PENALTIES]
        [8, 10, 13]

    Source: handbook 5, 5.3.2.
    """
    spindles = iops * (reads + _penalty(level) * writes) / (reads + writes) / disk_iops
    if level == "mirrored":
        return 2 * math.ceil(spindles / 2)
    return max(3 if level == "RAID 5" else 1, math.ceil(spindles))


def array_iops(
    disks: int, level: str, *, reads: float = 2, writes: float = 1, disk_iops: float = 180
) -> float:
    """Return the random I/O a second that an array gives its host.

    Raises:
        ConfigError: If there is no such level.

    Example:
        >>> array_iops(14, "plain", disk_iops=55)
        770.0

    Source: handbook 5, 5.3.1.
    """
    return disks * disk_iops * (reads + writes) / (reads + _penalty(level) * writes)


class LoadClass(NamedTuple):
    """How large a configuration a load needs; *note* where the source leaves it open."""

    size: str
    note: str = ""


_SIZES = ("small", "medium", "large")


def load_class(mailboxes: int, iops: float) -> LoadClass:
    """Return the class of a server with *mailboxes* that do *iops* each.

    Example:
        >>> load_class(3000, 0.5).size, load_class(800, 1.2).size
        ('large', 'tuning required')

    Source: handbook 5, 5.3.4; a manual of Dell and EMC. Where its classes leave a gap the next
    higher one is taken (derived).
    """
    place = (mailboxes >= 1000) + (mailboxes > 5000)
    if iops > 1:
        return LoadClass("tuning required")
    if iops < 0.18:
        return LoadClass(_SIZES[place])
    size = _SIZES[min(place + 1, 2)]
    if iops < 0.4:
        return LoadClass(size, "between light and medium load: the higher class is taken")
    overlap = "from 0.75 to 1 the load counts as medium and as heavy: medium is taken"
    return LoadClass(size, overlap if iops > 0.75 else "")
