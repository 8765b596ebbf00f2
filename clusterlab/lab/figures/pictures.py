"""Still pictures of a simulation in one call, as the notebooks show them to every reader.

Nothing is drawn here: each function asks `cluster` or `tree` for a figure, and `still` for SVG.
"""

from collections.abc import Mapping, Sequence

from clusterlab.cluster.model import Cluster
from clusterlab.cluster.outages import Span
from clusterlab.cluster.story import node_lanes
from clusterlab.lab.figures.cluster import cluster_figure, comparison_figure
from clusterlab.lab.figures.cluster_parts import Places
from clusterlab.lab.figures.drawing import Page
from clusterlab.lab.figures.procedure import steps_figure
from clusterlab.lab.figures.still import Still, still
from clusterlab.lab.figures.timebars import lanes_figure
from clusterlab.lab.figures.tree import tree_figure
from clusterlab.procedures.run import Run
from clusterlab.simulation import Simulation

ON_PAGE = Page(820)  # room in a page of 1280 pixels beside an open sidebar, and on paper
PAIR, STEPS = Page(1000), Page(760)  # two trees beside each other; the pictures of a procedure


def spans_of(sim: Simulation) -> Mapping[str, Sequence[Span]]:
    """Return for each group but the Cluster Group what its clients saw, from the start to now."""
    return {group: sim.spans(group) for group in sim.outages()}


def cluster_picture(sim: Simulation) -> Still:
    """Return the cluster now, with a time bar for each EVS below it.

    Example:
        >>> from clusterlab import Simulation, exchange_cluster
        >>> print(cluster_picture(Simulation(exchange_cluster(active=1))).alt[:60])
        Cluster CL1 at 0.0 s. NODE1 is Up and owns Cluster Group (On
    """
    return still(cluster_figure(sim.cluster, spans_of(sim), page=ON_PAGE))


def start_picture(cluster: Cluster) -> Still:
    """Return the cluster as it is, without the room for time bars."""
    figure = cluster_figure(cluster, {}, page=ON_PAGE, has_bars=False)
    figure.update_yaxes(range=(Places(cluster, ON_PAGE.width_px).bars_top - 20, 0))
    return still(figure)


def comparison_picture(left: Simulation, right: Simulation) -> Still:
    """Return the time bars of two sequences of events, differences marked."""
    pair = (left.name, spans_of(left)), (right.name, spans_of(right))
    return still(comparison_figure(*pair, page=ON_PAGE), "Two timelines")


def tree_picture(cluster: Cluster, group: str, beside: tuple[Cluster, str] | None = None) -> Still:
    """Return the dependency tree of *group*, if asked for beside the tree of another group."""
    figure = tree_figure(cluster, group, beside=beside, page=PAIR if beside else ON_PAGE)
    return still(figure, f"Dependency tree of {group}")


def nodes_picture(sim: Simulation, until_s: float | None = None, page: Page = ON_PAGE) -> Still:
    """Return what each node went through, one bar for each, up to *until_s* or to now.

    Example:
        >>> from clusterlab import Simulation, exchange_cluster
        >>> sim = Simulation(exchange_cluster(active=1))
        >>> sim.fail_node("NODE1")
        >>> sim.run(until_s=30)
        >>> print(nodes_picture(sim).alt)
        NODE1: no power until 8.2 s, Down until 30.0 s. NODE2: misses NODE1 until 8.2 s,
        challenges until 15.2 s, quorum online until 18.2 s, Up until 30.0 s.
    """
    lanes = node_lanes(sim.history, sim.now_s if until_s is None else until_s)
    return still(lanes_figure(lanes, page=page), "What each node went through")


def steps_picture(run: Run) -> Still:
    """Return the steps of a procedure with their states.

    Example:
        >>> from clusterlab.procedures import Plan, Run, installation
        >>> print(steps_picture(Run(installation(Plan.standard(nodes=2, evs=1)))).alt)
        Steps of install CLUS2: 0 done, 2 available, 53 blocked, 0 harmed. Available: P01, P02.
    """
    figure = steps_figure(run, page=STEPS)
    return still(figure, f"Steps of {run.procedure.plan.cluster}")
