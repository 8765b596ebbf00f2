"""What is not as it should be in a built cluster: the checklist of the handbook as a function.

`inspect_cluster` looks at any `Cluster`: one that was just built, one of a cluster file, one from a
client's listings. What a cluster value does not hold (adapters, directory) comes from the
facts of a run; without them it is said as not checked. The rules are in `checklist.toml`, what
they look at is here, by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from clusterlab.cluster.events import AddDependency, BringOnline, Event, SetProperties, TakeOffline
from clusterlab.cluster.kinds import ResourceType
from clusterlab.cluster.model import Cluster, Resource
from clusterlab.cluster.properties import MAX_DWORD
from clusterlab.cluster.states import GroupState, NetworkRole, QuorumModel, RestartAction
from clusterlab.clusterexe.commands import command_line
from clusterlab.clusterexe.lines import run_line
from clusterlab.clusterfiles.building import broken_rules
from clusterlab.exchange import evs as ex
from clusterlab.exchange.evs import EXCHANGE_2003, EXCHANGE_TYPES
from clusterlab.exchange.exres import evs_names
from clusterlab.exchange.versions import evs_version, node_version
from clusterlab.rules.judging import Inspection, Observed, Rule, inspected, read_rules
from clusterlab.simulation import Simulation
from clusterlab.studies.play import minutes

AUTOMATIC = ("IS", "Routing", "SMTP", "HTTP", "Search")
"""Short names of what the System Attendant wizard creates in every EVS (handbook 3, 4.1)."""
NOT_FAILED_OVER_FOR = ("IMAP4", "POP3")
"""Services for which nobody would move an EVS (handbook 2, 5.2)."""
MSDTC_TYPE = "Distributed Transaction Coordinator"
IN_CLUSTER_GROUP = ("Physical Disk", "IP Address", "Network Name", MSDTC_TYPE)
"""Types that the group of the quorum may hold (handbook 3, 1.5 and 2.6)."""


@dataclass(frozen=True, kw_only=True)
class BuiltCluster:
    """A cluster, with the facts of the run that built it, if there was one.

    Attributes:
        facts: Of a run, by flat keys such as "node.NODE1.binding"; None if there was none.
    """

    cluster: Cluster
    facts: Mapping[str, Any] | None = None

    @cached_property
    def evs(self) -> Mapping[str, tuple[Resource, ...]]:
        """The groups that hold a System Attendant, with their resources."""
        config = self.cluster.config
        return {group: config.members[group] for group in evs_names(config)}

    @property
    def is_2003(self) -> bool:
        """Whether the Exchange resources are those of Exchange 2003."""
        return EXCHANGE_TYPES[EXCHANGE_2003]["SA"] in self._types

    @property
    def versions(self) -> Mapping[str, int]:
        """The years of Windows and, where there is an EVS, of Exchange."""
        windows = {"windows": self.cluster.config.windows.year}
        return windows | ({"exchange": 2003 if self.is_2003 else 2000} if self.evs else {})

    @cached_property
    def _types(self) -> tuple[ResourceType, ...]:
        return tuple(resource.type for resource in self.cluster.config.resources)

    def of_type(self, *shorts: str) -> Iterator[Resource]:
        """Yield the resources of the EVSs whose type has one of these short names."""
        for members in self.evs.values():
            yield from (resource for resource in members if resource.type.short in shorts)

    def private(self, resource: Resource, key: str, default: Any = None) -> Any:
        """Return a private property; its *default* if it must be known, None if it is not.

        In a cluster that a run has built nothing is unknown: what was not set has its default. In
        a file a property that is not given may be anything.
        """
        return resource.private.get(key, default if self.facts is not None else None)

    def fact(self, key: str) -> Any:
        """Return a fact, None if it is not known."""
        return (self.facts or {}).get(key)


def _set(name: str, **properties: Any) -> tuple[Event, ...]:
    return (SetProperties(name, properties),)


def _while_offline(resource: Resource, *changes: Event) -> tuple[Event, ...]:
    """Return changes that need the resource offline; its group comes back as a whole."""
    return (TakeOffline(resource.name), *changes, BringOnline(resource.group))


# --- names and addresses (handbook 3, 4.2) ------------------------------------------------------


def private_property(scene: BuiltCluster, of: str, key: str, default: int) -> Iterator[Observed]:
    """Look at a private property that should be 1 in every EVS."""
    for resource in scene.of_type(of):
        value = scene.private(resource, key, default)
        if value is None:
            yield Observed(resource.name, "", None)
            continue
        fixes = _while_offline(resource, *_set(resource.name, private={**resource.private, key: 1}))
        yield Observed(resource.name, str(value), str(value) == "1", fixes=fixes)


def name_status(scene: BuiltCluster) -> Iterator[Observed]:
    """Look at what the last attempts to register a name ended with (KB 302389)."""
    for resource in scene.cluster.config.resources:
        for key in ("StatusKerberos", "StatusDNS", "StatusNetBIOS"):
            code = resource.private.get(key)
            if code is not None:
                yield Observed(resource.name, f"{key} {code}", code in (0, MAX_DWORD))


def client_network(scene: BuiltCluster) -> Iterator[Observed]:
    """Look at the network of every EVS address: clients must reach it."""
    roles = {n.name.casefold(): n.role for n in scene.cluster.config.networks}
    serving = [n.name for n in scene.cluster.config.networks if n.role & NetworkRole.CLIENT]
    for resource in scene.of_type("IP"):
        name = resource.private.get("network")
        role = roles.get(str(name).casefold()) if name else None
        if role is None:
            yield Observed(resource.name, "", None)
            continue
        private = {**resource.private, "network": "".join(serving[:1])}
        fixes = _while_offline(resource, *_set(resource.name, private=private))
        is_ok = bool(role & NetworkRole.CLIENT)
        remedy = f"choose a network that serves clients ({', '.join(serving) or 'there is none'})"
        yield Observed(resource.name, f"network {name}", is_ok, remedy, fixes if serving else ())


# --- networks (handbook 3, 2.2 and 5.8) ---------------------------------------------------------


def private_network(scene: BuiltCluster) -> Iterator[Observed]:
    """Look for a network of the cluster's own."""
    networks = scene.cluster.config.networks
    if len(scene.cluster.config.nodes) > 1:
        roles = ", ".join(f"{n.name} {int(n.role)}" for n in networks) or "no network"
        is_ok = any(n.role is NetworkRole.INTERNAL for n in networks)
        yield Observed("networks", roles, is_ok)


def second_heartbeat(scene: BuiltCluster) -> Iterator[Observed]:
    """Look for a second network that heartbeats can take."""
    networks = scene.cluster.config.networks
    if len(scene.cluster.config.nodes) == 1 or len(networks) == 1:
        return
    carrying = [n.name for n in networks if n.role & NetworkRole.INTERNAL]
    client_only = [n.name for n in networks if n.role is NetworkRole.CLIENT]
    fixes = _set(client_only[0], role=NetworkRole.ALL) if client_only else ()
    value = ", ".join(carrying) or "none"
    yield Observed("networks", value, len(carrying) > 1, fixes=fixes)


# --- MSDTC and quorum (handbook 3, 2.4 and 2.6) -------------------------------------------------


def msdtc_exists(scene: BuiltCluster) -> Iterator[Observed]:
    """Look for MSDTC."""
    if scene.evs:
        found = [r for r in scene.cluster.config.resources if r.type.name == MSDTC_TYPE]
        value = ", ".join(resource.name for resource in found) or "none"
        yield Observed("cluster", value, bool(found))


def _affects(resource: Resource, is_wanted: bool) -> Observed:
    """Look at `Affect the group` of a resource."""
    is_left = resource.restart_action == RestartAction.DONT_RESTART
    affects = resource.restart_action == RestartAction.RESTART_AND_AFFECT_GROUP
    right = RestartAction.RESTART_AND_AFFECT_GROUP if is_wanted else RestartAction.RESTART
    remedy = "tick 'Affect the group'" if is_wanted else "clear 'Affect the group'"
    if is_wanted and is_left:
        remedy = "choose Restart and tick 'Affect the group'"
    value = "on" if affects else "off, no restart" if is_left else "off"
    fixes = _set(resource.name, restart_action=right)
    return Observed(resource.name, value, affects is is_wanted, remedy, fixes)


def quorum(scene: BuiltCluster) -> Iterator[Observed]:
    """Look at the quorum model."""
    config = scene.cluster.config
    model = config.quorum_model
    is_ok = model is not QuorumModel.LOCAL or len(config.nodes) == 1
    yield Observed(config.quorum, model.value, is_ok)


def quorum_alone(scene: BuiltCluster) -> Iterator[Observed]:
    """Look for strangers in the group of the quorum."""
    config = scene.cluster.config
    for resource in config.members[config.quorum_group]:
        if resource.type.quorum_model is None and resource.type.name not in IN_CLUSTER_GROUP:
            yield Observed(resource.name, f"in {config.quorum_group}", is_ok=False)
    disks = [r.name for r in config.members[config.quorum_group] if r.type.short == "Disk"]
    for name in disks:
        if name != config.quorum:
            yield Observed(
                name, f"in {config.quorum_group}", False, "move it to the group that uses it"
            )
    yield Observed(config.quorum, "the quorum", True)


# --- the EVSs -----------------------------------------------------------------------------------


def number_of_evs(scene: BuiltCluster) -> Iterator[Observed]:
    """Look at the number of EVSs."""
    nodes, evs = len(scene.cluster.config.nodes), len(scene.evs)
    if evs:
        value = f"{evs} on {nodes} node{'s' if nodes > 1 else ''}"
        yield Observed("cluster", value, evs < nodes)


def design_limits(scene: BuiltCluster) -> Iterator[Observed]:
    """Look at the limits that resource types set for a new cluster."""
    faults = dict.fromkeys(broken_rules(scene.cluster.config))
    for fault in faults:
        yield Observed("cluster", fault, is_ok=False)
    if not faults:
        yield Observed("cluster", "kept", True)


def tree(scene: BuiltCluster) -> Iterator[Observed]:
    """Look at the dependencies of every EVS."""
    needs = ex.TREES[EXCHANGE_2003 if scene.is_2003 else ex.EXCHANGE_2000]
    for members in scene.evs.values():
        by_short = {resource.type.short: resource for resource in members}
        for resource in members:
            if resource.type.name == ex.SYSTEM_ATTENDANT:
                wanted = [r for r in members if r.type.short in ("Name", "Disk")]
            elif resource.type.short in needs and needs[resource.type.short] in by_short:
                wanted = [by_short[needs[resource.type.short]]]
            else:
                continue
            yield _depends(resource, wanted)


def _depends(resource: Resource, wanted: list[Resource]) -> Observed:
    missing = [other.name for other in wanted if other.name not in resource.depends_on]
    needs = ", ".join(resource.depends_on) or "nothing"
    remedy = f"take it offline and add {', '.join(missing)} as a dependency"
    fixes = _while_offline(resource, *(AddDependency(resource.name, name) for name in missing))
    return Observed(resource.name, needs, not missing, remedy, fixes)


def automatic(scene: BuiltCluster) -> Iterator[Observed]:
    """Look for the resources that the System Attendant wizard creates."""
    for group, members in scene.evs.items():
        there = {resource.type.short for resource in members}
        missing = [short for short in AUTOMATIC if short not in there]
        remedy = f"add {', '.join(missing)} in Cluster Administrator, dependent on the SA"
        yield Observed(group, f"without {', '.join(missing)}", not missing, remedy)


def exchange_on_nodes(scene: BuiltCluster) -> Iterator[Observed]:
    """Look for nodes on which Exchange is not installed."""
    for node in scene.cluster.config.nodes if scene.evs else ():
        missing = [r.type.name for r in scene.of_type("SA") if r.type.name in node.missing_types]
        yield Observed(node.name, "without Exchange", not missing)


def possible_owners(scene: BuiltCluster) -> Iterator[Observed]:
    """Look at the possible owners of every resource of an EVS."""
    config = scene.cluster.config
    attendants = {r.type.name for r in scene.of_type("SA")}
    able = [node.name for node in config.nodes if not attendants & node.missing_types]
    for members in scene.evs.values():
        for resource in members:
            owners = config.nodes_by_name if resource.possible_owners is None else ()
            names = [*(resource.possible_owners or ()), *owners]
            left_out = [name for name in able if name not in names]
            value = ", ".join(names) or "none"
            remedy = f"add {', '.join(left_out)} as possible owner"
            fixes = _set(resource.name, possible_owners=(*names, *left_out))
            yield Observed(resource.name, value, not left_out, remedy, fixes)


def preferred_owners(scene: BuiltCluster) -> Iterator[Observed]:
    """Look for one home of its own for every EVS."""
    groups = scene.cluster.config.groups_by_name
    listed = {name: groups[name].preferred_owners for name in scene.evs}
    homes = {name: owners[0] for name, owners in listed.items() if len(owners) == 1}
    for name, owners in listed.items():
        others = {home: other for other, home in homes.items() if other != name}
        is_ok = name in homes and homes[name] not in others
        value = ", ".join(owners) or "none"
        if name in homes and not is_ok:
            value += f", which is the home of {others[homes[name]]} too"
        order = [scene.cluster.owners[name], *owners, *scene.cluster.config.nodes_by_name]
        free = next((node for node in order if node not in others), order[0])
        fixes = _set(name, preferred_owners=(free,))
        yield Observed(name, value, is_ok, f"list its home node alone, for example {free}", fixes)


def failback(scene: BuiltCluster) -> Iterator[Observed]:
    """Look whether a group goes home by itself."""
    for name in scene.evs:
        group = scene.cluster.config.groups_by_name[name]
        value = "prevented"
        if group.auto_failback_type:
            start, end = group.failback_window_start, group.failback_window_end
            value = "allowed at once"
            if group.has_failback_window:
                value = f"allowed from {start}:00 to {end}:00"
        fixes = _set(name, auto_failback_type=0)
        yield Observed(name, value, not group.auto_failback_type, fixes=fixes)


def property_of_group(scene: BuiltCluster, key: str, unit: str, right: int) -> Iterator[Observed]:
    """Look at a property of the group of every EVS."""
    for name in scene.evs:
        value = getattr(scene.cluster.config.groups_by_name[name], key)
        fixes = _set(name, **{key: right})
        yield Observed(name, f"{value} {unit}", value == right, fixes=fixes)


def anti_affinity(scene: BuiltCluster) -> Iterator[Observed]:
    """Look at `AntiAffinityClassNames`, which keeps EVSs apart."""
    for name in scene.evs:
        names = scene.cluster.config.groups_by_name[name].anti_affinity_class_names
        fixes = _set(name, anti_affinity_class_names=(ex.EVS_CLASS,))
        value = ", ".join(names) or "empty"
        yield Observed(name, value, ex.EVS_CLASS in names, f"set it to {ex.EVS_CLASS!r}", fixes)


def affects_group(scene: BuiltCluster) -> Iterator[Observed]:
    """Look whether a failure of what matters moves the EVS."""
    for members in scene.evs.values():
        for resource in members:
            if resource.type.short not in NOT_FAILED_OVER_FOR and _is_of_evs(resource):
                yield _affects(resource, is_wanted=True)


def _is_of_evs(resource: Resource) -> bool:
    names = {item.name for types in EXCHANGE_TYPES.values() for item in types.values()}
    return resource.type.name in names or resource.type.name in IN_CLUSTER_GROUP[:3]


def stays(scene: BuiltCluster, of: list[str]) -> Iterator[Observed]:
    """Look whether a failure of what nobody would move a group for would move it."""
    for resource in scene.cluster.config.resources:
        if resource.type.short in of:
            yield _affects(resource, is_wanted=False)


def restarts(scene: BuiltCluster) -> Iterator[Observed]:
    """Look at `RestartThreshold` and `RestartPeriod`."""
    for members in scene.evs.values():
        for resource in members:
            count, period_s = resource.restart_threshold, resource.restart_period_s
            fixes = _set(resource.name, restart_threshold=3) if count != 3 else ()
            fixes += _set(resource.name, restart_period_s=900.0) if period_s != 900.0 else ()
            is_ok = (count, period_s) == (3, 900.0)
            yield Observed(resource.name, f"{count} in {period_s:g} s", is_ok, fixes=fixes)


# --- what only the run knows that built it ------------------------------------------------------


def fact(scene: BuiltCluster, of: str, key: str, right: Any) -> Iterator[Observed]:
    """Look at a fact of every node or EVS."""
    for name in scene.cluster.config.nodes_by_name if of == "node" else scene.evs:
        value = scene.fact(f"{of}.{name}.{key}")
        yield Observed(name, str(value), None if value is None else value == right)


def data_paths(scene: BuiltCluster) -> Iterator[Observed]:
    """Look whether logs and databases lie on disks of the EVS."""
    for name, members in scene.evs.items():
        path = scene.fact(f"evs.{name}.data")
        disks = [r.name for r in members if r.type.short == "Disk"]
        is_own = path is not None and any(str(path)[:2] in disk for disk in disks)
        remedy = f"move logs and databases to {' or '.join(disks)}"
        yield Observed(name, str(path), None if path is None else is_own, remedy)


def builds(scene: BuiltCluster) -> Iterator[Observed]:
    """Look whether nodes and EVSs have one version."""
    config = scene.cluster.config
    found = {node.name: node_version(node) for node in config.nodes}
    found |= {item.group: evs_version(item) for item in scene.of_type("SA")}
    newest = max((v for v in found.values() if v is not None), key=lambda v: v.rank, default=None)
    for name, version in found.items() if scene.evs else ():
        if version is None or newest is None:
            yield Observed(name, "", None)
        else:
            remedy = f"bring it to Exchange {newest.value}"
            yield Observed(name, version.value, version is newest, remedy)


LOOKS: Mapping[str, Callable[..., Iterator[Observed]]] = {
    look.__name__: look
    for look in (
        private_property, name_status, client_network, private_network, second_heartbeat,
        msdtc_exists, quorum, quorum_alone, number_of_evs, design_limits, tree, automatic,
        exchange_on_nodes, possible_owners, preferred_owners, failback, property_of_group,
        anti_affinity, affects_group, stays, restarts, fact, data_paths, builds,
    )
}  # fmt: skip
"""What a rule of the checklist can name."""


# --- the report -----------------------------------------------------------------------------------


@cache
def checklist_rules() -> tuple[Rule, ...]:
    """Return the rules of the checklist, in the order of the report."""
    return read_rules(files("clusterlab.procedures") / "checklist.toml", LOOKS)


def inspect_cluster(
    cluster: Cluster,
    facts: Mapping[str, Any] | None = None,
    seen: Mapping[str, frozenset[str]] | None = None,
) -> Inspection:
    """Return what is not as it should be in *cluster*.

    Args:
        cluster: Any cluster, as built, read or imported.
        facts: Of the run that built it; without them some things are not checked.
        seen: What an import saw, as it says; without it everything is known.

    Example:
        >>> from dataclasses import replace
        >>> from clusterlab import Simulation, exchange_cluster
        >>> sim = Simulation(exchange_cluster())
        >>> sim.set_properties("EVS2", auto_failback_type=1)
        >>> [(found.subject, found.value) for found in inspect_cluster(sim.cluster).findings]
        [('EVS2', 'allowed at once')]

    Source: handbook 3, 4.2, 5.1 and 5.8; handbook 2, 5.
    """
    built = BuiltCluster(cluster=cluster, facts=facts)

    def look(rule: Rule) -> Iterator[Observed]:
        for one in LOOKS[rule.look](built, **rule.how):
            offline = [fix.subject for fix in one.fixes if isinstance(fix, TakeOffline)]
            remedy = one.remedy or rule.remedy
            if offline and one.is_ok is False:
                group = cluster.config.resources_by_name[offline[0]].group
                lasts = _outage(cluster, group, [line for fix in one.fixes for line in typed(fix)])
                remedy += f"; {group} is offline{lasts} meanwhile, its clients cut off"
            is_assumed = not _is_seen(rule.needs, one.subject, seen)
            yield one._replace(remedy=remedy, is_assumed=is_assumed and one.is_ok is not None)

    def typed(event: Event) -> list[str]:
        is_waiting = isinstance(event, TakeOffline | BringOnline)
        return f"{command_line(event, cluster.config)}{' /wait' * is_waiting}".splitlines()

    states = {group.name: cluster.group_state(group.name) for group in cluster.config.groups}
    not_online = (f"{name} ({state.value})" for name, state in states.items()
                  if state is not GroupState.ONLINE)  # fmt: skip
    report = inspected(checklist_rules(), look, built.versions, typed)
    return replace(report, not_online=tuple(not_online))


def _outage(cluster: Cluster, group: str, lines: Iterable[str]) -> str:
    """Return how long the lines of a remedy take a group offline here; "" if they end otherwise."""
    sim = Simulation(cluster)
    for line in lines:
        run_line(sim, line)
    is_back = sim.cluster.group_state(group) is GroupState.ONLINE
    return f" for {minutes(sim.now_s - cluster.now_s)}" if is_back else ""


def _is_seen(kind: str, subject: str, seen: Mapping[str, frozenset[str]] | None) -> bool:
    """Return whether a listing of this kind was seen of what a rule looked at."""
    if seen is None or not kind:
        return True
    is_whole = subject in ("networks", "cluster")
    return kind in seen if is_whole else subject.casefold() in seen.get(kind, ())
