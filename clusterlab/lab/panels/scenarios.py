"""The clusters that a panel offers to begin with."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from clusterlab.cluster.model import Cluster
from clusterlab.cluster.states import Windows
from clusterlab.exchange.evs import exchange_cluster

SCENARIOS: Mapping[str, Callable[[], Cluster]] = {
    "3 active / 1 passive": lambda: exchange_cluster(3, 1),
    "2 active / 2 passive": lambda: exchange_cluster(2, 2),
    "7 active / 1 passive": lambda: exchange_cluster(7, 1),
    "1 active / 1 passive": lambda: exchange_cluster(1, 1),
    "2 active / 0 passive, 2 storage groups each": lambda: exchange_cluster(2, 0, storage_groups=2),
    "2 active / 0 passive, 4 storage groups each": lambda: exchange_cluster(2, 0),
    "3 active / 1 passive, Exchange 2000": lambda: exchange_cluster(
        3, 1, version=2000, windows=Windows.W2K
    ),
}
"""What the scenario chooser offers."""
