"""Clusters of all kinds for tests of cluster files and listings: any names, policies and states."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from clusterlab import exchange_cluster
from clusterlab.cluster.model import Cluster, ClusterConfig, Group, Network, Node, Resource
from clusterlab.cluster.resource_types import (
    FILE_SHARE,
    GENERIC_APPLICATION,
    GENERIC_SERVICE,
    IP_ADDRESS,
    NETWORK_NAME,
    PHYSICAL_DISK,
)
from clusterlab.cluster.resting import started, usual_states
from clusterlab.cluster.states import (
    NetworkRole,
    NodeState,
    ResourceState,
    RestartAction,
    Windows,
    derive_group_state,
)

FREE_TYPES = (PHYSICAL_DISK, IP_ADDRESS, FILE_SHARE, GENERIC_SERVICE, GENERIC_APPLICATION)
LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp"))
ANY_NAME = st.text(LETTERS, min_size=1, max_size=30).filter(lambda text: text.strip() != "")
"""Names as the model takes them, quotes and signs of any script included."""
PLAIN_NAME = st.from_regex(r"[A-Za-z][\w():.-]{0,8}( [A-Za-z(][\w().-]{0,9}){0,4}", fullmatch=True)
"""Names as administrators give them; some are longer than their column."""
WHOLE_MS = st.integers(10, 10**9).map(lambda ms: ms / 1000)
"""Seconds that are whole milliseconds, as the product stores them."""


@st.composite
def clusters(draw: st.DrawFn, names: st.SearchStrategy[str] = ANY_NAME) -> Cluster:
    """Return a cluster at its start: EVSs and other groups, Down nodes and Offline groups."""
    base = exchange_cluster(
        draw(st.integers(1, 2)),
        draw(st.integers(1, 2)),
        name=draw(names),
        storage_groups=draw(st.integers(1, 4)),
        databases=draw(st.integers(1, 5)),
        version=draw(st.sampled_from([2000, 2003])),
        windows=draw(st.sampled_from([Windows.W2K, Windows.WS2003])),
    )
    config = base.config
    nodes = draw(_nodes(config, names))
    renamed = dict(zip(config.nodes_by_name, [node.name for node in nodes], strict=True))
    taken = {item.name.casefold() for item in (*config.groups, *config.resources)}
    fresh = draw(st.lists(names, min_size=9, max_size=9, unique_by=str.casefold))
    fresh = [name for name in fresh if name.casefold() not in taken]
    groups = [_moved(group, renamed) for group in config.groups]
    added = [Group(name=name) for name in fresh[: draw(st.integers(0, 2))]]
    names_left = fresh[len(added) :]
    resources = list(config.resources)
    for group in added:
        resources += draw(_members(group.name, [names_left.pop() for _ in names_left[-3:]]))
    where = draw(st.integers(0, len(groups)))
    groups[where:where] = added
    owners = {group: renamed[node] for group, node in base.owners.items()}
    up = [node.name for node in nodes]
    owners |= {group.name: draw(st.sampled_from(up)) for group in added}
    config = replace(
        config,
        nodes=tuple(nodes),
        groups=tuple(draw(_policies(group, up)) for group in groups),
        resources=tuple(draw(_properties(resource)) for resource in resources),
        networks=tuple(draw(_networks(names))),
        disable_group_preferred_owner_randomization=draw(st.booleans()),
        hang_recovery_action=draw(st.integers(0, 3)),
        forgets_tried_nodes=draw(st.booleans()),
    )
    return draw(_states(config, owners))


@st.composite
def _nodes(draw: st.DrawFn, config: ClusterConfig, names: st.SearchStrategy[str]) -> list[Node]:
    count = len(config.nodes)
    words = names.map(lambda name: name.replace(" ", "-")) if names is PLAIN_NAME else names
    found = draw(st.lists(words, min_size=count, max_size=count, unique_by=str.casefold))
    ids = draw(st.lists(st.integers(1, 40), min_size=count, max_size=count, unique=True))
    return [Node(name=n, node_id=i) for n, i in zip(found, sorted(ids), strict=True)]


def _moved(group: Group, renamed: dict[str, str]) -> Group:
    owners = tuple(renamed[node] for node in group.preferred_owners)
    return replace(group, preferred_owners=owners)


@st.composite
def _members(draw: st.DrawFn, group: str, names: list[str]) -> list[Resource]:
    """Return a disk, what needs it, and a third resource."""
    found: list[Resource] = []
    for name in names:
        needs = [other.name for other in found]
        depends_on = draw(st.lists(st.sampled_from(needs), unique=True)) if needs else []
        kind = draw(st.sampled_from(FREE_TYPES))
        kind = NETWORK_NAME if any(r.type is IP_ADDRESS for r in found[:1]) else kind
        if kind is NETWORK_NAME:
            depends_on = needs
        found.append(Resource(name=name, type=kind, group=group, depends_on=tuple(depends_on)))
    return found


@st.composite
def _policies(draw: st.DrawFn, group: Group, nodes: list[str]) -> Group:
    """Return *group*, often with other policies."""
    if draw(st.booleans()):
        return group
    return replace(
        group,
        preferred_owners=tuple(draw(st.lists(st.sampled_from(nodes), unique=True))),
        failover_threshold=draw(st.integers(0, 0xFFFFFFFF)),
        failover_period_h=draw(st.integers(0, 1193)),
        auto_failback_type=draw(st.integers(0, 1)),
        failback_window_start=draw(st.integers(-1, 23)),
        failback_window_end=draw(st.integers(-1, 23)),
        anti_affinity_class_names=tuple(draw(st.lists(PLAIN_NAME, max_size=2))),
    )


@st.composite
def _properties(draw: st.DrawFn, resource: Resource) -> Resource:
    """Return *resource*, now and then with other properties."""
    if draw(st.integers(0, 5)):
        return resource
    period_s = draw(WHOLE_MS)
    private: dict[str, Any] = {**resource.private, **draw(_PRIVATE)}
    return replace(
        resource,
        restart_action=draw(st.sampled_from(RestartAction)),
        restart_threshold=draw(st.integers(0, 0xFFFFFFFF)),
        restart_period_s=period_s,
        retry_period_s=draw(st.sampled_from([None, period_s, round(period_s + 1, 3)])),
        pending_timeout_s=draw(WHOLE_MS),
        looks_alive_poll_s=draw(st.none() | WHOLE_MS),
        is_alive_poll_s=draw(st.none() | WHOLE_MS),
        private=private,
    )


_PRIVATE = st.dictionaries(
    st.sampled_from(["Address", "SkipChkdsk", "Signature", "is_alive_timeout_s"]),
    st.nothing(),
    max_size=0,
) | st.fixed_dictionaries(
    {
        "Address": st.just("10.0.0.1"),
        "SkipChkdsk": st.integers(0, 1),
        "Paths": st.lists(PLAIN_NAME, max_size=2).map(tuple),
        "is_alive_timeout_s": st.sampled_from([180.0, 600.0]),
        "mailboxes": st.integers(0, 5000),
    }
)


@st.composite
def _networks(draw: st.DrawFn, names: st.SearchStrategy[str]) -> list[Network]:
    found = draw(st.lists(names, min_size=1, max_size=3, unique_by=str.casefold))
    roles = st.sampled_from(NetworkRole)
    return [Network(name=found[0], role=NetworkRole.ALL)] + [
        Network(name=name, role=draw(roles)) for name in found[1:]
    ]


@st.composite
def _states(draw: st.DrawFn, config: ClusterConfig, owners: dict[str, str]) -> Cluster:
    """Return the cluster with some nodes not Up and some groups not Online."""
    free = [name for name in config.nodes_by_name if name not in owners.values()]
    nodes = {
        name: draw(st.sampled_from([NodeState.DOWN, NodeState.PAUSED]))
        for name in free
        if draw(st.booleans())
    }
    states: dict[str, ResourceState] = {}
    persistent: set[str] = set()
    for group in config.groups:
        members = config.members[group.name]
        is_quorum = group.name == config.quorum_group
        is_offline = not is_quorum and bool(members) and draw(st.integers(0, 3)) == 0
        given = {}
        if members and not is_quorum and not is_offline and draw(st.booleans()):
            broken = draw(st.sampled_from([member.name for member in members]))
            given[broken] = draw(st.sampled_from([ResourceState.OFFLINE, ResourceState.FAILED]))
        found = usual_states(members, is_offline, given)
        states.update(found)
        if derive_group_state(found.values()).value != "Offline" or draw(st.booleans()):
            persistent |= {group.name, *(member.name for member in members)}
    return started(
        config,
        owners,
        nodes=nodes,
        powered=[
            n for n, state in nodes.items() if state is NodeState.DOWN and draw(st.booleans())
        ],
        states=states,
        persistent=frozenset(persistent),
    )


def large_cluster(resources: int) -> Cluster:
    """Return a cluster with as many resources as asked for, in long chains of dependencies."""
    base = exchange_cluster(1, 1)
    rest = resources - len(base.config.resources)
    chain = [
        Resource(
            name=f"Service {number:05}",
            type=GENERIC_SERVICE,
            group="Chain",
            depends_on=(f"Service {number - 1:05}",) if number else (),
            restart_threshold=number,
        )
        for number in range(rest)
    ]
    config = replace(
        base.config,
        groups=(*base.config.groups, Group(name="Chain")),
        resources=(*base.config.resources, *chain),
    )
    names = [resource.name for resource in config.resources]
    return started(
        config,
        {**base.owners, "Chain": "NODE2"},
        nodes={},
        powered=(),
        states={},
        persistent=frozenset(names) | frozenset(config.groups_by_name),
    )
