"""Which one setting would have saved a group: every candidate of a table is tried by playing it.

`SETTINGS` lists the settings that decide where a group may go and how often it is tried, each with
the values worth trying. Nothing is concluded from rules: a setting counts only if the same
failures, played with it, leave the group online.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from clusterlab.cluster.engine import apply
from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.events import SetProperties
from clusterlab.cluster.model import Cluster, Group
from clusterlab.cluster.outages import ONLINE
from clusterlab.cluster.properties import MANAGED
from clusterlab.cluster.states import ResourceState, RestartAction, Windows
from clusterlab.simulation import Simulation
from clusterlab.studies.play import Failure, Play, group_with_clients


class Remedy(NamedTuple):
    """One changed setting that would have kept a group online.

    Attributes:
        lost: Groups that are lost instead, in order.
        size: How much it changes: entries of a list, or 1 for a number.
    """

    words: str
    event: SetProperties
    lost: tuple[str, ...] = ()
    size: int = 1

    def __str__(self) -> str:
        """Return the setting, and what it costs."""
        return self.words + (f" (then {', '.join(self.lost)} is lost)" if self.lost else "")


def which_setting_saves(
    cluster: Cluster, failures: Sequence[Failure], group: str
) -> tuple[Remedy, ...]:
    """Return the single settings with which *failures* would not have lost *group*.

    The group's own settings come before those of other groups, smaller changes before larger
    ones.

    Args:
        cluster: The cluster before the failures.
        failures: What goes wrong, in order, as in a cell of a sweep.
        group: The group that they lose.

    Raises:
        ConfigError: If *failures* do not lose *group*, or it is the Cluster Group.
        OperationRefused: If there is no such group.

    Example:
        >>> from clusterlab import Simulation, exchange_cluster
        >>> from clusterlab.studies.whatif import failures_of
        >>> sim = Simulation(exchange_cluster(active=1))
        >>> sim.set_properties("EVS1/SA", possible_owners=("NODE1",))
        >>> failures = failures_of(sim.cluster)[:1]
        >>> print(*which_setting_saves(sim.cluster, failures, "EVS1"), sep="; ")
        EVS1/SA may come online on NODE2 too
    """
    tried = each_setting(cluster, failures, group)
    return tuple(remedy for _, _, remedy in tried if remedy is not None)


def each_setting(
    cluster: Cluster, failures: Sequence[Failure], group: str
) -> Iterator[tuple[int, int, Remedy | None]]:
    """Yield after each setting how many are tried, of how many, and the remedy if it is one."""
    name = group_with_clients(cluster, group)
    if _lost_instead(cluster, cluster, failures, name) is not None:
        label = ", then ".join(failure.label for failure in failures) or "no failure"
        raise ConfigError(f"{name} is not lost by {label}; name failures that lose it")
    tried = _candidates(cluster, name)
    for count, candidate in enumerate(tried, start=1):
        changed = _changed(cluster, candidate.event)
        lost = _lost_instead(cluster, changed, failures, name) if changed is not None else None
        yield count, len(tried), None if lost is None else candidate._replace(lost=lost)


def with_spare(cluster: Cluster) -> Cluster | None:
    """Return the cluster with one more node, which owns nothing; None where it cannot have one."""
    names = {name.casefold() for name in cluster.config.nodes_by_name}
    name = next(f"NODE{n}" for n in range(1, 99) if f"node{n}" not in names)
    sim = Simulation(cluster)
    try:
        sim.add_node(name)
        sim.start_node(name)
        sim.run()
    except (ConfigError, OperationRefused):
        return None
    return sim.cluster if sim.cluster.is_live(name) else None


def _changed(cluster: Cluster, event: SetProperties) -> Cluster | None:
    try:
        return apply(cluster, event).cluster
    except (ConfigError, OperationRefused):
        return None  # such a cluster cannot exist


def _lost_instead(
    before: Cluster, cluster: Cluster, failures: Sequence[Failure], group: str
) -> tuple[str, ...] | None:
    """Return which other groups are lost if *group* is not; None if it is."""
    play = Play(cluster)
    for failure in failures:
        play.fail(failure)
    # A group does not serve without what it could not do without before the setting changed,
    # the resource of the setting itself excepted.
    states, config = play.cluster.resource_states, cluster.config
    needed = [r.name for r in before.config.essential[group] if r in config.members[group]]
    is_served = play.watch.part(group) == ONLINE
    if not is_served or any(states[n] is not ResourceState.ONLINE for n in needed):
        return None
    return tuple(name for name in play.lost() if name != group)


def _candidates(cluster: Cluster, group: str) -> list[Remedy]:
    config = cluster.config
    others = [name for name in config.served_groups if name != group]
    found: list[Remedy] = []
    for names in ([group], others):
        rows = [
            remedy
            for name in names
            for setting in SETTINGS
            for remedy in setting(cluster, config.groups_by_name[name])
        ]
        found += sorted(rows, key=lambda remedy: remedy.size)  # stable: the table decides ties
    return found


# --- the table of settings --------------------------------------------------------------------


def _possible_owners(cluster: Cluster, group: Group) -> Iterator[Remedy]:
    """Every node for a restricted resource; one node less for the first resource."""
    every = tuple(node.name for node in cluster.config.nodes)
    members = cluster.config.members[group.name]
    for resource in members:
        missing = [node for node in every if node not in (resource.possible_owners or every)]
        if missing:
            words = (
                f"{cluster.config.path_of(resource)} may come online on {', '.join(missing)} too"
            )
            yield _set(resource.name, words, len(missing), possible_owners=every)
    for resource in members[:1]:
        allowed = resource.possible_owners or every
        for node in allowed:
            if node != cluster.owners[group.name]:
                rest = tuple(name for name in allowed if name != node)
                words = f"{node} is not a possible owner of {cluster.config.path_of(resource)}"
                yield _set(resource.name, words, 1, possible_owners=rest)


def _preferred_owners(cluster: Cluster, group: Group) -> Iterator[Remedy]:
    """No list, every list of one node, and the first preferred owner with each other node."""
    now = group.preferred_owners
    home = now[0] if now else cluster.owners[group.name]
    nodes = [node.name for node in cluster.config.nodes]
    lists = [(), *((node,) for node in nodes), *((home, node) for node in nodes if node != home)]
    for owners in lists:
        if owners != now:
            words = f"preferred owners of {group.name}: {', '.join(owners) or 'none'}"
            size = len(set(owners).symmetric_difference(now)) or 1
            yield _set(group.name, words, size, preferred_owners=owners)


def _anti_affinity(cluster: Cluster, group: Group) -> Iterator[Remedy]:
    """No anti-affinity."""
    if group.anti_affinity_class_names and cluster.config.windows >= Windows.WS2003:
        words = f"{group.name} without AntiAffinityClassNames"
        yield _set(group.name, words, 1, anti_affinity_class_names=())


def _failover_threshold(cluster: Cluster, group: Group) -> Iterator[Remedy]:
    """No failover, one, and ten times as many."""
    for threshold in (0, 1, 10, 10 * group.failover_threshold):
        if threshold != group.failover_threshold:
            words = f"FailoverThreshold of {group.name} {threshold}"
            yield _set(group.name, words, 1, failover_threshold=threshold)


def _restarts(cluster: Cluster, group: Group) -> Iterator[Remedy]:
    """No restart in place, the default of three, ten; and a longer time to come online."""
    for resource in cluster.config.members[group.name]:
        path = cluster.config.path_of(resource)
        for threshold in (0, 3, 10):
            if threshold != resource.restart_threshold:
                words = f"RestartThreshold of {path} {threshold}"
                yield _set(resource.name, words, 1, restart_threshold=threshold)
        longer_s = 10 * resource.pending_timeout_s
        words = f"PendingTimeout of {path} {longer_s:g} s"
        yield _set(resource.name, words, 1, pending_timeout_s=longer_s)


def _restart_action(cluster: Cluster, group: Group) -> Iterator[Remedy]:
    """Cleared "Affect the group": the group goes on without the resource."""
    for resource in cluster.config.members[group.name]:
        if resource.restart_action == RestartAction.RESTART_AND_AFFECT_GROUP:
            path = cluster.config.path_of(resource)
            words = f'"Affect the group" of {path} cleared: the group keeps running without it'
            yield _set(resource.name, words, LAST_RESORT, restart_action=RestartAction.RESTART)
        elif resource.restart_action == RestartAction.DONT_RESTART:
            words = f"{cluster.config.path_of(resource)} is restarted"
            yield _set(resource.name, words, 1, restart_action=RestartAction.RESTART)


def _private_numbers(cluster: Cluster, group: Group) -> Iterator[Remedy]:
    """Less of what a resource carries, for example storage groups that move to another server."""
    for resource in cluster.config.members[group.name]:
        for key in (one for one in MANAGED if one in resource.private):
            value, what = resource.private[key], MANAGED[key]
            for less in range(value - 1, 0, -1):
                words = f"{what} of {cluster.config.path_of(resource)} {less} instead of {value}"
                private = {**resource.private, key: less}
                yield _set(resource.name, words, value - less, private=private)


SETTINGS: tuple[Callable[[Cluster, Group], Iterator[Remedy]], ...] = (
    _possible_owners,
    _preferred_owners,
    _anti_affinity,
    _failover_threshold,
    _restarts,
    _private_numbers,
    _restart_action,
)
"""What may be changed, in the order in which equally small changes are named."""


LAST_RESORT = 100
"""Size of a change after which a group may count as saved without one of its resources."""


def _set(name: str, words: str, size: int, **properties: Any) -> Remedy:
    return Remedy(words, SetProperties(name, properties), size=size)
