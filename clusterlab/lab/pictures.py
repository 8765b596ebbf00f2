"""Still pictures of a simulation in one call, as the notebooks show them to every reader.

Nothing is drawn here: each function asks `diagrams` or `trees` for a figure, and `still` for SVG.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clusterlab.cluster.model import Cluster
from clusterlab.cluster.outages import Span
from clusterlab.cluster.simulation import Simulation
from clusterlab.lab.diagrams import cluster_figure, comparison_figure
from clusterlab.lab.still import Still, still
from clusterlab.lab.trees import tree_figure


def spans_of(sim: Simulation) -> Mapping[str, Sequence[Span]]:
    """Return for each group but the Cluster Group what its clients saw, from the start to now."""
    return {group: sim.spans(group) for group in sim.outages()}


def cluster_picture(sim: Simulation, note: str = "") -> Still:
    """Return the cluster now, with a time bar for each EVS below it.

    Args:
        sim: The simulation.
        note: A few words above the networks.

    Example:
        >>> from clusterlab import Simulation, exchange_cluster
        >>> print(cluster_picture(Simulation(exchange_cluster(active=1))).alt[:60])
        Cluster CL1 at 0.0 s. NODE1 is Up and owns Cluster Group (On
    """
    return still(cluster_figure(sim.cluster, spans_of(sim), note=note))


def comparison_picture(left: Simulation, right: Simulation) -> Still:
    """Return the time bars of two courses of events, differences marked."""
    pair = (left.name, spans_of(left)), (right.name, spans_of(right))
    return still(comparison_figure(*pair), "Two courses of events")


def tree_picture(cluster: Cluster, group: str, beside: tuple[Cluster, str] | None = None) -> Still:
    """Return the dependency tree of *group*, if asked for beside the tree of another group."""
    return still(tree_figure(cluster, group, beside=beside), f"Dependency tree of {group}")
