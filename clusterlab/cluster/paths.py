"""The critical path of a group: the chain of dependencies that decides when it is Online.

It decides nothing about what happens; it adds up what the resource types say about themselves.
"""

from __future__ import annotations

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
    finished: dict[str, float] = {}
    before: dict[str, str | None] = {}
    seconds: dict[str, float] = {}
    for resource in cluster.config.members[group]:
        name = resource.name
        seconds[name] = resource.type.online_s(cluster, resource)
        before[name] = max(resource.depends_on, key=lambda need: finished[need], default=None)
        start_s = 0.0 if before[name] is None else finished[str(before[name])]
        finished[name] = start_s + seconds[name]
    step = max(finished, key=lambda name: finished[name], default=None)
    path: list[tuple[str, float]] = []
    while step is not None:
        path.append((step, seconds[step]))
        step = before[step]
    return tuple(reversed(path))
