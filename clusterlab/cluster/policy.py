"""Who gets a group: pure decisions, each returned with the reason for every node.

Theory of operation. Preferred owners set the *order* of the Node List, possible owners set who is
*eligible*. A failover walks the Node List from the entry after the present owner and wraps; only
Best Possible and failback start at the top. Anti-affinity (Windows Server 2003) prefers nodes
without a group of the same class and never forbids one. A random choice exists only where no
preferred owner can be used, and is a function of the seed (handbook 1, 5). Nodes on which the group
has failed already are passed over until it has been tried on all of them (5.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from clusterlab.cluster.errors import refuse, refuse_as
from clusterlab.cluster.model import Cluster, Group, can_run
from clusterlab.cluster.states import Cause, NodeState, Windows


class Verdict(NamedTuple):
    """What a rule said about one node; *accepted* is true for the chosen one only."""

    node: str
    accepted: bool
    reason: str


class Decision(NamedTuple):
    """How a node was chosen for a group.

    Attributes:
        group: Whose owner was looked for.
        target: The node chosen; None if there is none.
        verdicts: One for each node of the cluster, in the order in which the rule looks at them.
        rule: The rule in one sentence.
        is_random: Whether the seed decided.
    """

    at_s: float
    group: str
    cause: Cause
    owner: str
    target: str | None
    verdicts: tuple[Verdict, ...]
    rule: str
    source: str
    is_random: bool = False


def node_list(cluster: Cluster, group: Group) -> tuple[str, ...]:
    """Return the Node List: preferred owners in order, then the others by Node ID.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> cluster = exchange_cluster()
        >>> node_list(cluster, cluster.config.groups_by_name["EVS2"])
        ('NODE2', 'NODE1', 'NODE3', 'NODE4')

    Source: handbook 1, 5.1; KB 299631.
    """
    preferred = group.preferred_owners
    others = (node.name for node in cluster.config.nodes if node.name not in preferred)
    return (*preferred, *others)


def ring_after(order: Sequence[str], owner: str) -> tuple[str, ...]:
    """Return *order* from the entry after *owner*, wrapped, *owner* left out (1, 5.2).

    Example:
        >>> ring_after(("N4", "N2", "N1"), "N2")
        ('N1', 'N4')
    """
    start = order.index(owner)
    return (*order[start + 1 :], *order[:start])


def ineligibility(cluster: Cluster, group: str, node: str) -> str | None:
    """Return why *node* cannot take *group*, or None if it is eligible (handbook 1, 5.1)."""
    state = cluster.node_states[node]
    if state is not NodeState.UP:
        return str(state.value)
    if node in cluster.stopping:
        return "its Cluster service is stopping"
    if node in cluster.apart:
        return "runs on the other side of the cut"
    if node not in cluster.config.possible_owners[group]:
        return _missing_owner(cluster, group, node)
    return None


def _missing_owner(cluster: Cluster, group: str, node: str) -> str:
    for resource in cluster.config.members[group]:
        if resource.possible_owners is not None and node not in resource.possible_owners:
            return f"not a possible owner of {resource.name}"
        if resource.type.name in cluster.config.nodes_by_name[node].missing_types:
            return f"the DLL of {resource.type.name} is not installed"
    return "not a possible owner"


def class_mate(cluster: Cluster, group: Group, node: str) -> str | None:
    """Return a group on *node* that shares an anti-affinity string with *group*, if any.

    Ownership decides, whatever the state of the other group (handbook 1, 5.3).
    """
    if cluster.config.windows < Windows.WS2003:
        return None
    for name in cluster.config.class_mates[group.name]:
        if cluster.owners[name] == node:
            return name
    return None


def pick(cluster: Cluster, pool: Iterable[str]) -> str:
    """Return the seed's choice from *pool*: by Node ID, index (seed + k) mod size (1, 5.2)."""
    ids = {name: node.node_id for name, node in cluster.config.nodes_by_name.items()}
    ordered = sorted(pool, key=lambda name: ids[name])
    return ordered[(cluster.seed + cluster.random_count) % len(ordered)]


@dataclass(frozen=True)
class _Walk:
    """The nodes in the order of a rule, sorted by what can be said of them."""

    order: tuple[str, ...]
    barred: dict[str, str]
    mates: dict[str, str]
    classes: tuple[str, ...] | None = None
    tried: tuple[str, ...] = ()

    @cached_property
    def eligible(self) -> list[str]:
        return [node for node in self.order if node not in self.barred]

    @cached_property
    def fresh(self) -> list[str]:
        """Eligible nodes not tried yet, or all eligible ones if each has been."""
        eligible = self.eligible
        return [node for node in eligible if node not in self.tried] or eligible

    @cached_property
    def pool(self) -> list[str]:
        """Fresh nodes without a class mate, or all fresh ones if each has one."""
        fresh = self.fresh
        return [node for node in fresh if node not in self.mates] or fresh

    @cached_property
    def is_crowded(self) -> bool:
        """Whether anti-affinity had to be ignored."""
        fresh = self.fresh
        return bool(fresh) and all(node in self.mates for node in fresh)


def _walk(
    cluster: Cluster, group: Group, order: Iterable[str], tried: tuple[str, ...] = ()
) -> _Walk:
    nodes = tuple(order)
    barred, mates = {}, {}
    for node in nodes:
        reason = ineligibility(cluster, group.name, node)
        if reason:
            barred[node] = reason
            continue
        mate = class_mate(cluster, group, node)
        if mate:
            mates[node] = mate
    return _Walk(nodes, barred, mates, _classes(cluster, group), tried)


def _classes(cluster: Cluster, group: Group) -> tuple[str, ...] | None:
    """Return the anti-affinity classes of a group; None where Windows has no such thing (10)."""
    is_older = cluster.config.windows < Windows.WS2003
    return None if is_older else group.anti_affinity_class_names


def _decide(
    cluster: Cluster,
    group: Group,
    cause: Cause,
    walk: _Walk,
    *,
    target: str | None,
    rule: str,
    source: str,
    is_random: bool = False,
) -> Decision:
    owner = cluster.owners[group.name]
    verdicts = [
        Verdict(node, node == target, _reason(group, walk, node, target, is_random))
        for node in walk.order
    ]
    if owner not in walk.order:
        state = cluster.node_states[owner]
        word = "the present owner" if state is NodeState.UP else f"the present owner, {state.value}"
        verdicts.append(Verdict(owner, False, word))
    at_s, found = cluster.now_s, tuple(verdicts)
    return Decision(at_s, group.name, cause, owner, target, found, rule, source, is_random)


def _reason(group: Group, walk: _Walk, node: str, target: str | None, is_random: bool) -> str:
    if node in walk.barred:
        return walk.barred[node]
    if node == target:
        return _chosen_reason(group, walk, node, is_random)
    if node not in walk.fresh:
        return "was tried already, and the group failed there"
    if node in walk.mates and not walk.is_crowded:
        return f"owns {walk.mates[node]} (same anti-affinity class)"
    suffix = f", owns {walk.mates[node]}" if node in walk.mates else ""
    return ("not picked by the seed" if is_random else "further down the list") + suffix


def _chosen_reason(group: Group, walk: _Walk, node: str, is_random: bool) -> str:
    words = ["preferred owner"] if node in group.preferred_owners else []
    if is_random:
        words.append("picked by the seed")
    if walk.is_crowded:
        words.append(
            f"owns {walk.mates[node]}; every candidate owns such a group, so anti-affinity gives "
            "way and the first one is taken"
        )
    elif walk.classes:
        words.append("owns no group of the same anti-affinity class")
    usual = "next in the Node List" if walk.classes is None else "first eligible node"
    return ", ".join(words) or usual


_NOBODY = "No other node is Up and a possible owner of every resource."
_RANDOM = (
    "The node failed and the group has no preferred owners: Windows Server 2003 picks at "
    "random among the eligible nodes."
)
_FROM_THE_TOP = "Best Possible starts at the top of the preferred owners."
_AT_RANDOM = "No preferred owner can be used, so Best Possible picks at random among the others."
_RING = "The walk through the Node List starts after the present owner and wraps."
_TRIED = "Nodes that were tried come last."
_RING_SOURCE = "handbook 1, 5.2 and 5.3; KB 299631, KB 296799"
_RING_SOURCE_OLDER = "handbook 1, 5.2; KB 299631"  # without anti-affinity (10; bb124140)


def failover_target(cluster: Cluster, name: str, cause: Cause) -> Decision:
    """Choose the node a group fails over to, after a resource or a node failed; None if none can.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> failover_target(exchange_cluster(), "EVS3", Cause.RESOURCE_FAILURE).target
        'NODE4'

    Source: handbook 1, 5.2 to 5.4.
    """
    group = cluster.config.groups_by_name[name]
    if cause is Cause.NODE_FAILURE and name == cluster.config.quorum_group:
        return quorum_successor(cluster)
    order = ring_after(node_list(cluster, group), cluster.owners[name])
    walk = _walk(cluster, group, order, cluster.tried.get(name, ()))
    pool = walk.pool
    is_random = _is_random_failover(cluster, group, cause) and len(pool) > 1
    target = pick(cluster, pool) if is_random else next(iter(pool), None)
    if target is None:
        rule, source = _NOBODY, "handbook 1, 5.5"
    elif is_random:
        rule, source = _RANDOM, "handbook 1, 5.2; KB 299631"
    else:
        rule = _RING if walk.fresh == walk.eligible else f"{_RING} {_TRIED}"
        is_older = cluster.config.windows < Windows.WS2003
        source = _RING_SOURCE_OLDER if is_older else _RING_SOURCE
    return _decide(
        cluster, group, cause, walk, target=target, rule=rule, source=source, is_random=is_random
    )


def _is_random_failover(cluster: Cluster, group: Group, cause: Cause) -> bool:
    config = cluster.config
    return (
        cause is Cause.NODE_FAILURE
        and not group.preferred_owners
        and config.windows >= Windows.WS2003
        and not config.disable_group_preferred_owner_randomization
    )


def quorum_successor(cluster: Cluster) -> Decision:
    """Choose who gets the quorum and with it the Cluster Group when its owner is lost.

    The most recent earlier owner of the quorum among the survivors, else the lowest Node ID.

    Source: handbook 1, 5.4; KB 299631; tie-break unsourced.
    """
    group = cluster.config.groups_by_name[cluster.config.quorum_group]
    owner = cluster.owners[group.name]
    order = [node.name for node in cluster.config.nodes if node.name != owner]
    # Every member that may own the disk can arbitrate, a paused one too.
    quorum = cluster.config.resources_by_name[cluster.config.quorum]
    candidates = [
        node
        for node in order
        if cluster.is_live(node)
        and node not in cluster.stopping
        and can_run(quorum, cluster.config.nodes_by_name[node])
    ]
    able = [node for node in candidates if cluster.can_reach_disk(quorum.name, node)]
    candidates = able or candidates
    earlier = [node for node in reversed(cluster.quorum_owners) if node in candidates]
    target = next(iter(earlier + candidates), None)
    verdicts = tuple(
        Verdict(node, node == target, _quorum_reason(cluster, node, target, earlier))
        for node in order
    )
    found = (*verdicts, Verdict(owner, False, "the present owner"))
    rule = "The Cluster Group follows the quorum resource, not the preferred owners."
    at_s, cause, source = cluster.now_s, Cause.NODE_FAILURE, "handbook 1, 5.4; KB 299631"
    return Decision(at_s, group.name, cause, owner, target, found, rule, source)


def _quorum_reason(cluster: Cluster, node: str, target: str | None, earlier: Sequence[str]) -> str:
    if not cluster.is_live(node):
        return cluster.node_states[node].value if node not in cluster.silent_since else "silent"
    if node in cluster.stopping:
        return "its Cluster service is stopping"
    if node == target:
        return "owned the quorum last" if node in earlier else "lowest Node ID of the survivors"
    return "another survivor comes first"


def best_possible(cluster: Cluster, name: str) -> Decision:
    """Choose the node for a Move Group that names none (handbook 1, 5.2; KB 299631).

    Raises:
        OperationRefused: 5005 if no other node is eligible.
    """
    group = cluster.config.groups_by_name[name]
    owner = cluster.owners[name]
    order = [node for node in node_list(cluster, group) if node != owner]
    walk = _walk(cluster, group, order)
    eligible = walk.eligible
    if not eligible:
        reasons = "; ".join(f"{node} {reason}" for node, reason in walk.barred.items())
        remedy = "Start or resume a node that is a possible owner of every resource."
        refuse(f"No node other than {owner} can take {name}: {reasons}.", remedy, 5005)
    preferred = [node for node in eligible if node in group.preferred_owners]
    candidates = preferred or eligible
    clean = [node for node in candidates if node not in walk.mates] or candidates
    is_random = not preferred and len(clean) > 1
    return _decide(
        cluster,
        group,
        Cause.MOVE_GROUP,
        walk,
        target=clean[0] if preferred else pick(cluster, clean),
        rule=_FROM_THE_TOP if preferred else _AT_RANDOM,
        source="handbook 1, 5.2 and 5.3; KB 299631",
        is_random=is_random,
    )


def check_named_target(cluster: Cluster, name: str, node: str) -> None:
    """Raise OperationRefused if an administrator may not move *name* to *node*.

    Source: handbook 1, 5.5.
    """
    state = cluster.node_states[node]
    if cluster.owners[name] == node:
        refuse(f"{name} is already on {node}.", "Name another node.", source="handbook 1, 5.5")
    if state is NodeState.PAUSED:
        refuse(f"{node} is Paused.", f"Resume {node} or name another node.", 5070)
    if state is not NodeState.UP or node in cluster.stopping:
        refuse_as("node is not up", node, "stopping" if node in cluster.stopping else state.value)
    if node not in cluster.config.possible_owners[name]:
        reason = _missing_owner(cluster, name, node)
        allowed = ", ".join(sorted(cluster.config.possible_owners[name])) or "none"
        is_listed = reason.startswith("not")
        because = f"{node} is {reason} in {name}." if is_listed else f"On {node} {reason}."
        remedy = f"Add {node} to the possible owners of every resource, or name one of: {allowed}."
        refuse(because, remedy, 5016)


def failback_target(cluster: Cluster, name: str, joined: str | None) -> Decision | None:
    """Choose the preferred owner a group goes home to; None if it is not to go home now.

    *joined* is the node that just became Up, None at a full hour.

    Source: handbook 1, 5.6 and 5.7.
    """
    group = cluster.config.groups_by_name[name]
    best = _better_preferred_owner(cluster, group)
    if best is None or not is_in_window(group, cluster.hour()):
        return None
    if not group.has_failback_window and best != joined:
        return None
    # Failback does not look at anti-affinity (5.6, unsourced).
    reasons = {node: ineligibility(cluster, name, node) for node in group.preferred_owners}
    barred = {node: reason for node, reason in reasons.items() if reason}
    walk = _Walk(group.preferred_owners, barred, {}, _classes(cluster, group))
    rule = "Failback goes to the highest preferred owner that is Up."
    source = "handbook 1, 5.6; SDK AutoFailbackType"
    return _decide(cluster, group, Cause.FAILBACK, walk, target=best, rule=rule, source=source)


def _better_preferred_owner(cluster: Cluster, group: Group) -> str | None:
    if group.auto_failback_type != 1:
        return None
    owner = cluster.owners[group.name]
    for node in group.preferred_owners:
        if node == owner:
            return None
        if ineligibility(cluster, group.name, node) is None:
            return node
    return None


def is_in_window(group: Group, hour: float) -> bool:
    """Return whether *hour* (0 up to 24) lies in the failback window; always without one.

    The window runs from Start up to but not including End and may pass midnight; with Start
    equal to End there is no opportunity (handbook 1, 5.7; both unsourced).

    Example:
        >>> night = Group(name="EVS2", failback_window_start=22, failback_window_end=6)
        >>> [is_in_window(night, hour) for hour in (21.9, 22, 5.9, 6)]
        [False, True, True, False]
    """
    start, end = group.failback_window_start, group.failback_window_end
    if not group.has_failback_window:
        return True
    if start <= end:
        return start <= hour < end
    return hour >= start or hour < end


def next_failback_s(cluster: Cluster) -> float | None:
    """Return when the next full hour sends a group home, or None if none will.

    Only groups with a window are looked at by the hour (handbook 1, 5.6).
    """
    if not cluster.config.groups_by_the_hour:
        return None
    due = [
        hour_s
        for group in cluster.config.groups_by_the_hour
        if group.name not in cluster.activities
        and _better_preferred_owner(cluster, group) is not None
        and (hour_s := _next_window_hour_s(cluster, group)) is not None
    ]
    return min(due, default=None)


def _next_window_hour_s(cluster: Cluster, group: Group) -> float | None:
    clock_s = cluster.config.start_time_s + cluster.now_s
    first_hour = int(clock_s // 3600) + 1
    for hour in range(first_hour, first_hour + 24):
        if is_in_window(group, hour % 24):
            return hour * 3600 - cluster.config.start_time_s
    return None
