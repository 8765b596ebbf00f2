"""What a cluster is: the configuration an administrator made, and how things are now.

`ClusterConfig` holds what was configured; `Cluster` adds flat status tables keyed by name.
Both are frozen: a change is a new value. What happens and when is decided in `engine.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, NamedTuple

from clusterlab.cluster import states as st
from clusterlab.cluster.checks import check_config, in_dependency_order
from clusterlab.cluster.errors import refuse
from clusterlab.cluster.events import Event
from clusterlab.cluster.facts import CLUSTER_DURATIONS
from clusterlab.cluster.kinds import ResourceType
from clusterlab.cluster.properties import NO_WINDOW

WINDOWS = "Windows"
"""Key of `Node.installed` for the Windows of a node, such as "2003" or "2003 SP1"."""
JOIN_RESOURCES_MAX = 500
"""A training value: no document gives the number (handbook 1, 4.13; KB 886717)."""
CLUSTER_GROUP = "Cluster Group"
"""Name of the group with the core resources when a cluster is formed; it can be renamed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A member of the cluster.

    Attributes:
        name: Unique, whatever the case of its letters.
        node_id: Small integer from 1; the tie-break of every rule (handbook 1, 1.1).
        missing_types: Names of resource types whose DLL is not installed here (5.1).
        installed: Versions of what is installed here, by product, for DLLs that look at them.
        service_fault: Why its Cluster service does not start here; "" if nothing keeps it.
        site: Where it is; "" where nobody said.
    """

    name: str
    node_id: int
    missing_types: frozenset[str] = frozenset()
    installed: Mapping[str, str] = field(default_factory=dict)
    service_fault: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """One subnet that all nodes are attached to."""

    name: str
    role: st.NetworkRole


DEFAULT_NETWORKS = (
    Network(name="Private", role=st.NetworkRole.INTERNAL),
    Network(name="Public", role=st.NetworkRole.ALL),
)
"""One private network and one mixed one (handbook 6, 6.0)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Anything that is brought online and offline, with its properties (handbook 1, 2.2).

    Attributes:
        depends_on: Names of resources of the same group that must be Online first.
        possible_owners: Names of nodes it can come online on; None means every node.
        restart_threshold: `RestartThreshold`, restarts on one node within the period.
        restart_period_s: `RestartPeriod`, seconds (the product stores milliseconds).
        retry_period_s: `RetryPeriodOnFailure`, seconds; None means never.
        pending_timeout_s: `PendingTimeout`, seconds.
        looks_alive_poll_s: `LooksAlivePollInterval`, seconds; None takes the type's.
        is_alive_poll_s: `IsAlivePollInterval`, seconds; None takes the type's.
        defective_on: Nodes where every attempt to come online fails (handbook 2, 4.2 and 9.1).
        private: Private properties of its type, by name.
    """

    name: str
    type: ResourceType
    group: str
    depends_on: tuple[str, ...] = ()
    possible_owners: tuple[str, ...] | None = None
    restart_action: st.RestartAction = st.RestartAction.RESTART_AND_AFFECT_GROUP
    restart_threshold: int = 3
    restart_period_s: float = 900.0
    retry_period_s: float | None = 3600.0
    pending_timeout_s: float = 180.0
    looks_alive_poll_s: float | None = None
    is_alive_poll_s: float | None = None
    defective_on: frozenset[str] = frozenset()
    private: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The unit of failover and its policies (handbook 1, 2.1).

    Attributes:
        preferred_owners: Names of nodes, best first; order, never eligibility.
        failover_threshold: `FailoverThreshold`, failovers allowed within the period.
        failover_period_h: `FailoverPeriod`, hours, 0 to 1193.
        auto_failback_type: `AutoFailbackType`: 0 prevents failback, 1 allows it.
        failback_window_start: Hour 0 to 23, or NO_WINDOW.
        failback_window_end: Hour 0 to 23 (exclusive), or NO_WINDOW.
    """

    name: str
    preferred_owners: tuple[str, ...] = ()
    failover_threshold: int = 10
    failover_period_h: int = 6
    auto_failback_type: int = 0
    failback_window_start: int = NO_WINDOW
    failback_window_end: int = NO_WINDOW
    anti_affinity_class_names: tuple[str, ...] = ()

    @property
    def has_failback_window(self) -> bool:
        """Whether both ends of the window are set (handbook 1, 2.1)."""
        return NO_WINDOW not in (self.failback_window_start, self.failback_window_end)


@dataclass(frozen=True, kw_only=True, repr=False)
class ClusterConfig:
    """Everything an administrator configured; impossible descriptions raise ConfigError.

    Attributes:
        nodes: In ascending order of Node ID.
        groups: In order of creation.
        resources: In order of creation.
        quorum: Name of the quorum resource; a cluster is made with it in the Cluster Group.
        durations: Seconds by key; the tables of durations say what each key means.
        start_time_s: Time of day when the clock shows 0, in seconds after midnight.
        disable_group_preferred_owner_randomization: Cluster property of that name.
        node_limit: Most nodes; None takes what the edition allows.
        is_as_found: Whether it is taken as found, without the limits of types for a new cluster.
        added_types: Resource types that programs have registered beside those of Windows.
        network_priority: Internal networks in order of use; those not named follow (2.5).
        core_group: Name of the Cluster Group once it was renamed, see `core_group_name`.
        hang_recovery_action: `HangRecoveryAction`, 0 to 3 (2.4).
        join_resources_max: With more, no node without a service pack joins (4.13; ours).
        forgets_tried_nodes: Whether a failover may go back to a node at once (5.3, option).
        between_sites: What is known of the way between sites, by the name of the design question.
    """

    name: str = "CL1"
    nodes: tuple[Node, ...]
    groups: tuple[Group, ...]
    resources: tuple[Resource, ...]
    quorum: str
    windows: st.Windows = st.Windows.WS2003
    networks: tuple[Network, ...] = DEFAULT_NETWORKS
    durations: Mapping[str, float] = field(
        default_factory=lambda: {key: row.seconds for key, row in CLUSTER_DURATIONS.items()}
    )
    start_time_s: float = 14 * 3600.0
    disable_group_preferred_owner_randomization: bool = False
    node_limit: int | None = None
    is_as_found: bool = False
    added_types: tuple[ResourceType, ...] = ()
    network_priority: tuple[str, ...] = ()
    core_group: str | None = None
    forgets_tried_nodes: bool = False
    hang_recovery_action: int = st.HangAction.TERMINATE
    join_resources_max: int = JOIN_RESOURCES_MAX
    between_sites: Mapping[str, float | bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the whole description."""
        check_config(self)

    def __repr__(self) -> str:
        """Return a line with what there is, for a cell that ends with it."""
        parts = ("nodes", "networks", "groups", "resources")
        counts = ", ".join(f"{len(getattr(self, part))} {part}" for part in parts)
        return f"<ClusterConfig {self.name}: {counts}; quorum {self.quorum}>"

    @cached_property
    def nodes_by_name(self) -> Mapping[str, Node]:
        """Nodes by name."""
        return {node.name: node for node in self.nodes}

    @cached_property
    def sites(self) -> Mapping[str, tuple[str, ...]]:
        """Names of the nodes by site; a node that has none is left out (handbook 5, 5.4)."""
        named = dict.fromkeys(node.site for node in self.nodes if node.site)
        return {
            site: tuple(node.name for node in self.nodes if node.site == site) for site in named
        }

    @cached_property
    def groups_by_name(self) -> Mapping[str, Group]:
        """Groups by name, in ascending order of name, the order of every tie (4.14)."""
        return {group.name: group for group in sorted(self.groups, key=lambda g: g.name)}

    @cached_property
    def resources_by_name(self) -> Mapping[str, Resource]:
        """Resources by name."""
        return {resource.name: resource for resource in self.resources}

    @cached_property
    def resources_by_type(self) -> Mapping[str, tuple[Resource, ...]]:
        """Resources of each type by its name, as far as there are any."""
        table: dict[str, tuple[Resource, ...]] = {}
        for resource in self.resources:
            table[resource.type.name] = (*table.get(resource.type.name, ()), resource)
        return table

    @cached_property
    def members(self) -> Mapping[str, tuple[Resource, ...]]:
        """Resources of each group, what comes online first standing first."""
        return {group.name: in_dependency_order(self, group.name) for group in self.groups}

    @cached_property
    def essential(self) -> Mapping[str, tuple[Resource, ...]]:
        """For each group the resources that may move it, or all if none may (2.2)."""
        may_move = st.RestartAction.RESTART_AND_AFFECT_GROUP
        return {
            group: tuple(r for r in members if r.restart_action == may_move) or members
            for group, members in self.members.items()
        }

    @cached_property
    def needed_by(self) -> Mapping[str, tuple[str, ...]]:
        """For each resource the names of those that depend on it directly."""
        table: dict[str, list[str]] = {resource.name: [] for resource in self.resources}
        for resource in self.resources:
            for needed in resource.depends_on:
                table[needed].append(resource.name)
        return {name: tuple(users) for name, users in table.items()}

    def needs_of(self, resource: Resource) -> list[str]:
        """Return the names of everything *resource* needs, directly or not, the nearest first."""
        return reached(resource.depends_on, lambda name: self.resources_by_name[name].depends_on)

    def users_of(self, name: str) -> list[str]:
        """Return the names of everything that needs the resource, directly or not."""
        return reached(self.needed_by[name], lambda user: self.needed_by[user])

    @cached_property
    def possible_owners(self) -> Mapping[str, frozenset[str]]:
        """For each group the nodes that can run every one of its resources (5.1)."""
        return {
            group.name: frozenset(
                node.name
                for node in self.nodes
                if all(can_run(resource, node) for resource in self.members[group.name])
            )
            for group in self.groups
        }

    @cached_property
    def class_mates(self) -> Mapping[str, tuple[str, ...]]:
        """For each group the others that share an anti-affinity string with it (5.3)."""
        classes = {
            name: frozenset(group.anti_affinity_class_names)
            for name, group in self.groups_by_name.items()
        }
        return {
            name: tuple(o for o in classes if o != name and classes[o] & classes[name])
            for name in classes
        }

    @cached_property
    def groups_by_the_hour(self) -> tuple[Group, ...]:
        """Groups that go home in a failback window, looked at every full hour (5.6)."""
        return tuple(g for g in self.groups if g.auto_failback_type == 1 and g.has_failback_window)

    @cached_property
    def quorum_group(self) -> str:
        """Name of the group that holds the quorum resource."""
        return self.resources_by_name[self.quorum].group

    @cached_property
    def core_group_name(self) -> str:
        """Name of the Cluster Group: the one with the cluster's own name and address.

        It is the group of the quorum resource only as long as no other disk was designated.

        Source: handbook 1, 1.1.
        """
        if self.core_group is not None:
            return self.core_group
        return CLUSTER_GROUP if CLUSTER_GROUP in self.groups_by_name else self.quorum_group

    @cached_property
    def served_groups(self) -> tuple[str, ...]:
        """Names of the groups that users work with, ascending: all but the Cluster Group.

        Whoever shows, counts or measures what users lose asks here. The Cluster Group holds the
        name and the address that administrators connect to, and no user does. The quorum has no
        say in it: on the disk of an EVS it makes the group that it lies in follow the quorum, and
        the users of that EVS are users as before (handbook 1, 1.1 and 5.4).

        Example:
            >>> from clusterlab import exchange_cluster
            >>> exchange_cluster().config.served_groups
            ('EVS1', 'EVS2', 'EVS3')
        """
        return tuple(name for name in self.groups_by_name if name != self.core_group_name)

    @cached_property
    def quorum_model(self) -> st.QuorumModel:
        """How a partition of this cluster proves that it may run (handbook 1, 6)."""
        model = self.resources_by_name[self.quorum].type.quorum_model
        assert model is not None
        return model

    @cached_property
    def _folded(self) -> Mapping[str, Mapping[str, str]]:
        named: Mapping[str, tuple[Node | Group | Resource | Network, ...]] = {
            "node": self.nodes,
            "group": self.groups,
            "resource": self.resources,
            "network": self.networks,
        }
        return {
            kind: {item.name.casefold(): item.name for item in items}
            for kind, items in named.items()
        }

    def node_name(self, name: str) -> str:
        """Return the node's name as configured, whatever the case of *name*, or refuse."""
        return self._find("node", name, None)

    def group_name(self, name: str) -> str:
        """Return the group's name as configured, whatever the case of *name*, or refuse."""
        return self._find("group", name, 5013)

    def network_name(self, name: str) -> str:
        """Return the network's name as configured, whatever the case of *name*, or refuse."""
        return self._find("network", name, None)

    def full_name(self, kind: str, name: str) -> str:
        """Return the full name of a "node", "group", "resource" or "network", or refuse."""
        return str(getattr(self, f"{kind}_name")(name))

    def kind_of(self, name: str) -> str:
        """Return whether *name* is a "group", a "resource" (also by path) or a "network".

        A name that is nothing at all is taken for a group.
        """
        folded = str(name).casefold()
        if folded in self._folded["resource"] or self._by_path(name):
            return "group" if folded in self._folded["group"] else "resource"
        return "network" if folded in self._folded["network"] else "group"

    def resource_name(self, name: str) -> str:
        """Return a resource's name; *name* may also be a path such as "EVS1/IS".

        Raises:
            OperationRefused: If there is no such resource.
        """
        found = self._folded["resource"].get(str(name).casefold())
        return found or self._by_path(name) or self._find("resource", name, None)

    def path_of(self, resource: Resource) -> str:
        """Return "EVS1/SA", or the name where a group has several resources of that type."""
        twins = [r for r in self.members[resource.group] if r.type is resource.type]
        return f"{resource.group}/{resource.type.short}" if len(twins) == 1 else resource.name

    def _by_path(self, path: str) -> str | None:
        group, _, word = str(path).rpartition("/")
        group = self._folded["group"].get(group.strip().casefold(), "")
        matching = [
            resource.name
            for resource in self.members.get(group, ())
            if word.strip().casefold() in (resource.type.short.casefold(), resource.name.casefold())
        ]
        return matching[0] if matching else None

    def _find(self, kind: str, name: str, code: int | None) -> str:
        found = self._folded[kind].get(str(name).casefold())
        if found is None:
            names = ", ".join(self._folded[kind].values())
            refuse(f"Cluster {self.name!r} has no {kind} {name!r}.", f"Name one of: {names}.", code)
        return found


def can_run(resource: Resource, node: Node) -> bool:
    """Return whether *node* is a possible owner of *resource* and has its DLL (5.1)."""
    owners = resource.possible_owners
    return (owners is None or node.name in owners) and resource.type.name not in node.missing_types


def reached(names: Iterable[str], onward: Callable[[str], Iterable[str]]) -> list[str]:
    """Return *names* and all that lies onward from them, the nearest first, each once."""
    found = list(names)
    for name in found:
        found += [one for one in onward(name) if one not in found]
    return found


class Timer(NamedTuple):
    """Something that happens at a known time unless another event makes it void.

    The fields stand in the order of ties of handbook 1, 4.14: time, losses and failures before
    state changes that come due before requests, then Node ID, then name.
    """

    due_s: float
    priority: int
    node_id: int
    name: str
    sequence: int
    event: Event


NOT, BY_NAME = st.Seen.NOT, st.Seen.BY_NAME


def _kept(
    default: Any, *keyed_by: str, is_moment: bool = False, seen: st.Seen = st.Seen.BY_VALUE
) -> Any:
    """Return a field of a cluster with its default and what it says of itself."""
    said = st.kept(*keyed_by, is_moment=is_moment, seen=seen)
    if default == {}:
        return field(default_factory=dict, metadata=said)
    return field(default=default, metadata=said)


@dataclass(
    frozen=True, kw_only=True, repr=False
)  # without slots: `Draft` copies it for every event
class Cluster:
    """A cluster at one moment: its configuration and flat status tables keyed by name.

    Attributes:
        now_s: Simulated seconds since the start of the scenario.
        seed: Which pick random rules make (handbook 1, 5.2).
        random_count: How many random picks were made so far.
        node_states: Node name to the state the cluster believes.
        cut: Interfaces (node name, network name) without a link: cable, adapter or port.
        lost_networks: Networks that carry nothing, for all nodes.
        noticed: Interfaces whose fault the others have located; they show as Failed.
        contacts: (node, node, network) to the time since which these two cannot hear each other
            on that internal network; the first node has the lower Node ID.
        separated: (node, node) to the time since which these two have no contact at all.
        lost_disks: (resource name, node name) of disks that a node cannot reach; the node "" is
            every node.
        signatures: Resource name to the signature on its disk, where that was changed (3).
        is_quorum_log_bad: Whether the quorum log cannot be used (handbook 1, 4.12).
        is_quorum_full: Whether the quorum disk has no space left (handbook 1, 4.12).
        switch: The start switch that the cluster runs with, without its slash, or "" (6.1).
        forced: Nodes that `/forcequorum` named; they count as the full set (6.1).
        apart: Running nodes on the other side of a cut when quorum was forced on this one (6.1).
        twice: Group name to its owner on the other side, where it is Online as well (6.1).
        silent_since: Nodes without power, since when; Up or Paused, it is not missed yet.
        hung: Nodes that hang, and how (4.5); a whole machine is silent as well.
        paused: Nodes that an administrator paused; it outlasts a restart (handbook 1, 4.7).
        stopping: Nodes whose Cluster service is handing its groups over.
        starting: Nodes that are booting or looking for a cluster, with a word for which.
        owners: Group name to node name; also when the group is Offline.
        since_s: Resource name to the time of its last change of state.
        persistent: Names of the groups and resources whose `PersistentState` is 1.
        wanted: Resources the Cluster service is trying to have Online on the present owner.
        restarting: Failed resources whose restart in place is due.
        faults: Online resources that no longer work, with the time; nobody has noticed yet.
        unclean: Resources that did not go offline in an orderly way since they were last Online.
        failures: Resource name to the times it failed on its present owner.
        failovers: Group name to the times of failovers that a resource caused.
        tried: Group name to the nodes on which it used up its restarts since it was last Online
            as a whole, or an administrator last acted on it (5.3).
        activities: Group name to what is going on with it.
        retries: Failed resource to the time of its one retry.
        in_use: Private properties by resource that were changed while it was not offline, as it
            read them when it last came online (handbook 8, 1.5).
        registry: (node, key) to the value of a key of the registry that was set by hand (3).
        checkpoints: (resource, key) to the value that goes with the resource (3).
        maintenance: Online disks whose health checks are ignored (handbook 1, 3).
        uncleaned: Evicted machines that still have the cluster's configuration (4.8).
        is_dissolved: Whether the last node was evicted, which ends the cluster.
        quorum_owners: Nodes that owned the quorum resource, the latest last.
        challenger: The node that is arbitrating for the quorum, if any.
        timers: What will happen unless something intervenes, soonest first.
        sequence: How many timers were ever set; the last tie-break.
        busy_since_s: When the count of `busy` began.
        busy: How many timers have come due since then.
    """

    config: ClusterConfig = field(metadata=st.kept())
    now_s: float = _kept(0.0, is_moment=True, seen=NOT)
    seed: int = _kept(0, seen=NOT)
    random_count: int = _kept(0, seen=NOT)
    node_states: Mapping[str, st.NodeState] = field(metadata=st.kept("node"))
    cut: frozenset[tuple[str, str]] = _kept(frozenset(), "node", "network")
    lost_networks: frozenset[str] = _kept(frozenset(), "network")
    noticed: frozenset[tuple[str, str]] = _kept(frozenset(), "node", "network", seen=NOT)
    contacts: Mapping[tuple[str, str, str], float] = _kept(
        {}, "node", "node", "network", is_moment=True, seen=NOT
    )
    separated: Mapping[tuple[str, str], float] = _kept({}, "node", "node", is_moment=True, seen=NOT)
    lost_disks: frozenset[tuple[str, str]] = _kept(frozenset(), "resource", "node", seen=NOT)
    signatures: Mapping[str, str] = _kept({}, "resource")
    is_quorum_log_bad: bool = _kept(False, seen=NOT)
    is_quorum_full: bool = _kept(False)
    switch: str = _kept("", seen=NOT)
    forced: tuple[str, ...] = _kept((), "node", seen=NOT)
    apart: frozenset[str] = _kept(frozenset(), "node")
    twice: Mapping[str, str] = _kept({}, "group")
    silent_since: Mapping[str, float] = _kept({}, "node", is_moment=True)
    hung: Mapping[str, st.Hang] = _kept({}, "node")
    paused: frozenset[str] = _kept(frozenset(), "node", seen=NOT)
    stopping: frozenset[str] = _kept(frozenset(), "node", seen=NOT)
    starting: Mapping[str, str] = _kept({}, "node", seen=NOT)
    owners: Mapping[str, str] = field(metadata=st.kept("group", seen=BY_NAME))
    resource_states: Mapping[str, st.ResourceState] = field(
        metadata=st.kept("resource", seen=BY_NAME)
    )
    since_s: Mapping[str, float] = _kept({}, "resource", is_moment=True, seen=NOT)
    persistent: frozenset[str] = _kept(frozenset(), "group or resource", seen=NOT)
    wanted: frozenset[str] = _kept(frozenset(), "resource", seen=NOT)
    restarting: frozenset[str] = _kept(frozenset(), "resource")
    faults: Mapping[str, float] = _kept({}, "resource", is_moment=True)
    unclean: frozenset[str] = _kept(frozenset(), "resource")
    failures: Mapping[str, tuple[float, ...]] = _kept({}, "resource", is_moment=True, seen=NOT)
    failovers: Mapping[str, tuple[float, ...]] = _kept({}, "group", is_moment=True, seen=NOT)
    tried: Mapping[str, tuple[str, ...]] = _kept({}, "group", seen=NOT)
    activities: Mapping[str, st.Activity] = _kept({}, "group")
    retries: Mapping[str, float] = _kept({}, "resource", is_moment=True, seen=NOT)
    in_use: Mapping[str, Mapping[str, Any]] = _kept({}, "resource", seen=NOT)
    registry: Mapping[tuple[str, str], str] = _kept({}, "node", "key", seen=NOT)
    checkpoints: Mapping[tuple[str, str], str] = _kept({}, "resource", "key", seen=NOT)
    maintenance: frozenset[str] = _kept(frozenset(), "resource", seen=NOT)
    uncleaned: frozenset[str] = _kept(frozenset(), "machine", seen=NOT)
    is_dissolved: bool = _kept(False, seen=NOT)
    quorum_owners: tuple[str, ...] = _kept((), "node", seen=NOT)
    challenger: str | None = _kept(None, seen=NOT)
    timers: tuple[Timer, ...] = _kept((), seen=NOT)
    sequence: int = _kept(0, seen=NOT)
    busy_since_s: float = _kept(0.0, is_moment=True, seen=NOT)
    busy: int = _kept(0, seen=NOT)

    def __repr__(self) -> str:
        """Return a line with the states, for a cell that ends with it."""
        nodes = ", ".join(f"{name} {state.value}" for name, state in self.node_states.items())
        groups = ", ".join(
            f"{name} {self.group_state(name).value} on {node}" for name, node in self.owners.items()
        )
        return f"<Cluster {self.config.name} at {self.now_s:g} s: {nodes}; {groups}>"

    def group_state(self, group: str) -> st.GroupState:
        """Return the state of *group*, derived from its resources (handbook 1, 1.3)."""
        members = self.config.members[group]
        return st.derive_group_state([self.resource_states[member.name] for member in members])

    def groups_on(self, node: str) -> tuple[str, ...]:
        """Return the names of the groups that *node* owns, ascending."""
        return tuple(name for name in self.config.groups_by_name if self.owners[name] == node)

    @property
    def live_nodes(self) -> list[str]:
        """The members that have power, by Node ID."""
        return [node.name for node in self.config.nodes if self.is_live(node.name)]

    def is_live(self, node: str) -> bool:
        """Return whether *node* is a member of the cluster, on this side, and has power."""
        is_member = self.node_states[node] in st.MEMBER_STATES
        return is_member and node not in self.silent_since and node not in self.apart

    def can_reach_disk(self, resource: str, node: str) -> bool:
        """Return whether *node* can read and write the disk of *resource*."""
        return not self.lost_disks.intersection(((resource, node), (resource, "")))

    def finds_disk(self, resource: str, node: str) -> bool:
        """Return whether *node* sees a disk with the signature that is configured (3)."""
        return self.can_reach_disk(resource, node) and not self.has_other_signature(resource)

    def has_other_signature(self, resource: str) -> bool:
        """Return whether the signature on a disk is not the one in the configuration."""
        if resource not in self.signatures:
            return False
        expected = self.config.resources_by_name[resource].private.get("Signature", "")
        return self.signatures[resource] != str(expected)

    def private_in_use(self, resource: Resource) -> Mapping[str, Any]:
        """Return the private properties with which *resource* runs (handbook 8, 1.5)."""
        return self.in_use.get(resource.name, resource.private)

    def hour(self) -> float:
        """Return the time of day in hours, 0 up to 24."""
        return (self.config.start_time_s + self.now_s) / 3600 % 24


KEPT: Mapping[str, st.Kept] = {item.name: item.metadata["kept"] for item in fields(Cluster)}
"""What each field of a cluster says of itself, by its name."""
