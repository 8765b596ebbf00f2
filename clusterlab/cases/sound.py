"""Sound clusters to plant faults in, from two to eight nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, lru_cache

from clusterlab.cases.trials import MORNING_S, Norm, Suffered, Trial, rested, suffered
from clusterlab.cluster.configuring import configure
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.states import QuorumModel, Windows
from clusterlab.exchange.evs import exchange_cluster

BOTH = ("POP3", "IMAP4")


def _windows_2000() -> Cluster:
    """Return four nodes of Windows 2000; each EVS prefers its home, then the spare."""
    cluster = exchange_cluster(3, 1, windows=Windows.W2K, protocols=BOTH)
    config = cluster.config
    for number in (1, 2, 3):
        config = configure(config, f"EVS{number}", preferred_owners=(f"NODE{number}", "NODE4"))
    return replace(cluster, config=config)


SHAPES: Mapping[str, Callable[[], Cluster]] = {
    "1 active / 1 passive": lambda: exchange_cluster(1, 1, protocols=BOTH),
    "2 active / 0 passive": lambda: exchange_cluster(2, 0, storage_groups=2, protocols=BOTH),
    "2 active / 1 passive": lambda: exchange_cluster(2, 1, protocols=("POP3",)),
    "3 active / 1 passive": lambda: exchange_cluster(3, 1, protocols=BOTH),
    "3 active / 1 passive, Windows 2000": _windows_2000,
    "2 active / 2 passive": lambda: exchange_cluster(2, 2, protocols=("IMAP4",)),
    "3 active / 2 passive, majority node set": lambda: exchange_cluster(
        3, 2, quorum=QuorumModel.MAJORITY
    ),
    "4 active / 1 passive": lambda: exchange_cluster(4, 1, storage_groups=2),
    "7 active / 1 passive": lambda: exchange_cluster(7, 1, storage_groups=1),
}
"""Every sound cluster by what it is."""


@cache
def sound_cluster(shape: str) -> Cluster:
    """Return a sound cluster at rest; the same value each time."""
    return rested(SHAPES[shape](), norm_of(shape))


@cache
def norm_of(shape: str) -> Norm:
    """Return what counts as service, and who is at home where."""
    cluster = SHAPES[shape]()
    return Norm(replace(cluster.config, start_time_s=MORNING_S), cluster.owners)


@lru_cache(maxsize=1024)
def on_sound_cluster(shape: str, trial: Trial) -> Suffered:
    """Return what a trial does to the sound cluster; played once."""
    return suffered(sound_cluster(shape), trial, norm_of(shape))
