"""The critical path of a group: the chain of dependencies that decides when it is Online.

It decides nothing about what happens; it adds up what the resource types say about themselves.
"""

from __future__ import annotations

from typing import Any

from clusterlab.cluster.model import Cluster


def critical_path(cluster: Cluster, group: str) -> tuple[tuple[str, float], ...]:
    """Return the resources of *group* that decide how long coming online takes.

    Args:
        cluster: The cluster; store times depend on its present state (log replay).
        group: Name of a group, as configured.

    Returns:
        Resource names with the seconds each needs, the first to come online standing first.
        Of two chains that take equally long the one whose resources were created first; empty
        for a group without resources.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> path = critical_path(exchange_cluster(), "EVS1")
        >>> [seconds for _, seconds in path]
        [2.0, 5.0, 20.0, 40.0]

    Source: handbook 2, 2.3.
    """
    import networkx as nx

    graph = dependency_graph(cluster, group)
    path = nx.dag_longest_path(graph, weight="seconds")[1:]
    return tuple((name, graph.nodes[name]["seconds"]) for name in path)


def dependency_graph(cluster: Cluster, group: str) -> Any:
    """Return the dependencies of *group* as a networkx.DiGraph, from START to what comes last.

    An edge leads from what must be Online first to what needs it and weighs the seconds that this
    one takes to come online; START leads to what needs nothing.

    Source: handbook 2, 2.1 and 2.2.
    """
    import networkx as nx  # slow to load, and only pictures ask

    graph = nx.DiGraph()
    for resource in cluster.config.members[group]:
        seconds = resource.type.online_s(cluster, resource)
        graph.add_node(resource.name, seconds=seconds)
        for needed in resource.depends_on or (START,):
            graph.add_edge(needed, resource.name, seconds=seconds)
    return graph


START = ""
"""The node of a dependency graph that stands before everything."""
