"""What is looked at before a step of an upgrade: predicates over a `Site` (handbook 4, 4.12).

The versions of nodes and EVSs are those of the cluster itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from clusterlab.cluster.errors import OperationRefused
from clusterlab.cluster.model import Cluster, Node, Resource
from clusterlab.cluster.states import GroupState, NodeState, ResourceState
from clusterlab.exchange import versions as vs
from clusterlab.exchange.exres import MAX_STORAGE_GROUPS, NODES_THAT_MAY_SHARE, SYSTEM_ATTENDANT
from clusterlab.exchange.resource_types import check_ready_for_upgrade
from clusterlab.exchange.versions import ExchangeVersion, FitResult, NodeWindows
from clusterlab.procedures import step as st
from clusterlab.procedures.step import Obstacle, Site, cluster_finder, finder, of_type

TARGET = "target.exchange"
"""Fact: the Exchange that Setup puts on a node."""
AS_PLANNED = "that of the front-ends"
"""Choice of the pack for a node: the one of the whole path."""


def target(facts: Mapping[str, object], choices: Mapping[str, str] | None = None) -> str:
    """Return the Exchange that is installed: the one chosen for a node, or that of the path.

    Example:
        >>> target({TARGET: "2003 SP1"}), target({TARGET: "2003 SP1"}, {"pack": "2003 SP2"})
        ('2003 SP1', '2003 SP2')
    """
    chosen = (choices or {}).get("pack", AS_PLANNED)
    planned = facts.get(TARGET, ExchangeVersion.E2003_RTM.value)
    return str(planned if chosen == AS_PLANNED else chosen)


def _node_of(site: Site, cluster: Cluster) -> str:
    """Return the node a step is for: the chosen one, its own, or the owner of its EVS."""
    name = site.subject.name
    return site.choices.get("node") or cluster.owners.get(name, name)


def _nodes(site: Site) -> tuple[Node, ...]:
    cluster = site.situation.cluster
    return () if cluster is None else cluster.config.nodes


def _exchange(site: Site, node: str = "") -> ExchangeVersion | None:
    """Return the Exchange of a node, or of the one that the step is for."""
    name = node or site.subject.name
    return next((vs.node_version(there) for there in _nodes(site) if there.name == name), None)


def _windows(site: Site) -> NodeWindows | None:
    """Return the Windows of the node that the step is for."""
    name = site.subject.name
    return next((vs.node_windows(there) for there in _nodes(site) if there.name == name), None)


def _attendants(cluster: Cluster) -> dict[str, tuple[Resource, str]]:
    """Return each EVS that is there with its System Attendant and its owner."""
    attendants = of_type(cluster, SYSTEM_ATTENDANT)
    return {item.group: (item, cluster.owners[item.group]) for item in attendants}


def _version(site: Site) -> ExchangeVersion | None:
    """Return the version of the EVS that the step is for."""
    cluster, evs = site.situation.cluster, site.subject.name
    return None if cluster is None else vs.evs_version(vs.attendant_of(cluster.config, evs))


def _have(names: Sequence[str], what: str) -> Iterator[Obstacle]:
    if names:
        yield Obstacle(f"{', '.join(names)} {'has' if len(names) == 1 else 'have'} {what}.")


@finder
def not_prepared(site: Site) -> Iterator[Obstacle]:
    """ForestPrep or DomainPrep of 2003 is missing (UE-08)."""
    facts = {"ForestPrep": "forest.schema", "DomainPrep": "domain.prepared"}
    missing = [what for what, key in facts.items() if site.fact(key) != "2003"]
    schema = site.fact("forest.schema")
    seen = f"the schema is that of Exchange {schema}" if schema else "no such schema is there"
    if missing:
        yield Obstacle(f"{' and '.join(missing)} of Exchange 2003 did not run; {seen}.")


@finder
def below_sp3(site: Site) -> Iterator[Obstacle]:
    """The node has Exchange 2000 below Service Pack 3 (UE-02)."""
    version = _exchange(site)
    if version is not None and version.rank < ExchangeVersion.E2000_SP3.rank:
        yield Obstacle(f"{site.subject.name} has Exchange {version.value}.")


@finder
def already_new(site: Site) -> Iterator[Obstacle]:
    """Setup has nothing to do: the node has the new Exchange already."""
    version = _exchange(site)
    if version is not None and version.rank >= _target(site).rank:
        yield Obstacle(f"{site.subject.name} has Exchange {version.value} already.")


def _target(site: Site) -> ExchangeVersion:
    return ExchangeVersion(target(site.situation.facts, site.choices))


@finder
def bad_component(site: Site) -> Iterator[Obstacle]:
    """A component that 2003 does not have is installed (UE-07)."""
    if component := site.fact("cluster.component"):
        yield Obstacle(f"{site.subject.name} has {component}.")


@cluster_finder
def as_many_evs_as_nodes(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """Three or more nodes, and not fewer EVSs than nodes (UE-06; R10)."""
    nodes, count = len(cluster.config.nodes), len(_attendants(cluster))
    if count >= nodes > NODES_THAT_MAY_SHARE:
        yield Obstacle(f"{count} EVSs run on {nodes} nodes.")


@cluster_finder
def owns_any_group(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """The node owns a group; a cluster of one node is exempt (UE-04)."""
    if len(cluster.config.nodes) > 1:
        yield from st.groups_of(site, cluster)


@finder
def old_windows(site: Site) -> Iterator[Obstacle]:
    """Windows 2000 without Service Pack 4 (ERR-SP)."""
    windows = _windows(site)
    if windows not in (None, NodeWindows.W2000_SP4) and windows.product == "2000":
        yield Obstacle(f"{site.subject.name} has Windows {windows.value}.")


@finder
def old_front_ends(site: Site) -> Iterator[Obstacle]:
    """The front-end servers are not upgraded yet (UE-09; R14)."""
    if site.fact("org.frontends") != site.fact(TARGET):
        yield Obstacle(f"The front-end servers have Exchange {site.fact('org.frontends')}.")


@finder
def old_adc(site: Site) -> Iterator[Obstacle]:
    """An Active Directory Connector of Exchange 2000 is left (mistake 14)."""
    if site.fact("org.adc") not in (None, "2003"):
        yield Obstacle("The Active Directory Connector is that of Exchange 2000.")


@finder
def too_many_groups(site: Site) -> Iterator[Obstacle]:
    """The EVSs of the cluster have more storage groups than one node mounts (AA-01)."""
    count = sum(evs.storage_groups for evs in site.plan.evs)
    if count > MAX_STORAGE_GROUPS:
        because = f"The EVSs have {count} storage groups; a node mounts {MAX_STORAGE_GROUPS}."
        yield Obstacle(because, {"X": "AA-02", "Y": "fewer storage groups"})


@cluster_finder
def parked_evs(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """An EVS waits offline on an upgraded node while another node is upgraded (mistake 10)."""
    for evs, (attendant, owner) in _attendants(cluster).items():
        row = vs.fit_on(cluster, attendant, owner)
        is_off = cluster.resource_states[attendant.name] is ResourceState.OFFLINE
        if row is not None and row.result is FitResult.NEEDS_COMMAND and is_off:
            yield Obstacle(f"{evs} is offline on {owner} and not upgraded.")


@cluster_finder
def not_ready(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """The System Attendant is not Offline, or what it needs is not Online (UE-12)."""
    try:
        check_ready_for_upgrade(cluster, vs.attendant_of(cluster.config, site.subject.name))
    except OperationRefused as refusal:
        yield Obstacle(refusal.because)


@cluster_finder
def node_too_old(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """The node of the EVS has no newer Exchange than the EVS (UE-01)."""
    evs, node = site.subject.name, _node_of(site, cluster)
    here, version = _exchange(site, node), _version(site)
    if here is not None and version is not None and here.rank < version.rank:
        because = f"{evs} has Exchange {version.value}, and {node} has {here.value}."
        yield Obstacle(because, {"name": evs})


@cluster_finder
def nothing_newer(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """The EVS has the version of its node, so there is nothing to upgrade."""
    evs, node, version = site.subject.name, _node_of(site, cluster), _version(site)
    if version is not None and _exchange(site, node) is version:
        because = f"{node} has the Exchange of {evs}, {version.value}: move it to a newer one"
        yield Obstacle(f"{because}, or go on. An upgrade cannot be undone.")


# --- Windows and hotfixes -----------------------------------------------------------------------


@cluster_finder
def exchange_2000_left(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """A node or an EVS still has Exchange 2000 (UE-13; R2)."""
    versions = {node.name: vs.node_version(node) for node in cluster.config.nodes}
    versions |= {evs: vs.evs_version(item) for evs, (item, _) in _attendants(cluster).items()}
    old = [name for name, version in versions.items() if version and version.product == "2000"]
    yield from _have(old, "Exchange 2000")


@finder
def node_has_2000(site: Site) -> Iterator[Obstacle]:
    """The node whose Windows is to be upgraded has Exchange 2000 (UE-13; mistake 1)."""
    version = _exchange(site)
    if version is not None and version.product != "2003":
        because = f"has Exchange {version.value}, which never runs on the new Windows."
        yield Obstacle(f"{site.subject.name} {because}")


@finder
def windows_2000_left(site: Site) -> Iterator[Obstacle]:
    """A node has Windows 2000, on which a Network Name has no Kerberos."""
    windows = {node.name: vs.node_windows(node) for node in _nodes(site)}
    old = [name for name, there in windows.items() if there and there.product == "2000"]
    if old:
        verb = "has" if len(old) == 1 else "have"
        values = {"X": "Kerberos", "Y": "the upgrade of every node"}
        yield Obstacle(f"{', '.join(old)} still {verb} Windows 2000.", values)


@finder
def no_kerberos(site: Site) -> Iterator[Obstacle]:
    """A Network Name of an EVS has RequireKerberos 0 (mistake 24)."""
    without = [e.name for e in site.plan.evs if site.fact(f"evs.{e.name}.kerberos") != "ticked"]
    if without:
        yield Obstacle(f"{', '.join(without)}: Kerberos is not enabled.")


_HOTFIXES = {("2003 SP1", "2003"): "831464", ("2003 SP2", "2003 SP1"): "for network connectivity"}
"""Exchange pack and Windows of a node to the hotfix that comes first (handbook 3, 1.1).

That SP2 needs Windows Server 2003 SP1 stands in preview notes only: [conflict] in 4.3.9, so it is
not asked for.
"""


@finder
def no_hotfix(site: Site) -> Iterator[Obstacle]:
    """The hotfix that the service pack wants is not on the node (mistake 21)."""
    windows = _windows(site)
    hotfix = windows and _HOTFIXES.get((_target(site).value, windows.value))
    if hotfix and not site.fact("node.{node}.hotfix"):
        yield Obstacle(f"{site.subject.name} has no hotfix {hotfix}.")


# --- rolling passes -----------------------------------------------------------------------------


@finder
def exchange_is_level(site: Site) -> Iterator[Obstacle]:
    """Every node has Exchange 2000 SP3, or a newer one."""
    versions = [vs.node_version(node) for node in _nodes(site)]
    if all(v is not None and v.rank >= ExchangeVersion.E2000_SP3.rank for v in versions):
        yield Obstacle("Every node has Service Pack 3 of Exchange 2000, or a newer Exchange.")


@finder
def windows_is_level(site: Site) -> Iterator[Obstacle]:
    """Every node has the service pack of its Windows."""
    versions = [vs.node_windows(node) for node in _nodes(site)]
    if all(windows is not None and windows.with_pack is windows for windows in versions):
        yield Obstacle("Every node has the service pack of its Windows.")


@cluster_finder
def not_all_up(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """A node is not Up or evicted, or an EVS is not Online: nothing can go round (P14)."""
    members = cluster.config.nodes_by_name
    wrong = [f"{n.name} is not in the cluster" for n in site.plan.nodes if n.name not in members]
    up, online = NodeState.UP, GroupState.ONLINE
    nodes = {n: s if cluster.is_live(n) else NodeState.DOWN for n, s in cluster.node_states.items()}
    wrong += [f"{n} is {state.value}" for n, state in nodes.items() if state is not up]
    states = {evs: cluster.group_state(evs) for evs in _attendants(cluster)}
    wrong += [f"{evs} is {state.value}" for evs, state in states.items() if state is not online]
    if wrong:
        values = {"X": "A rolling pass", "Y": "every node Up and every EVS Online"}
        yield Obstacle(f"{'; '.join(wrong)}.", values)


@finder
def two_generations(site: Site) -> Iterator[Obstacle]:
    """Some nodes have a newer product than others, so an EVS cannot go round."""
    exchange = {there.product for node in _nodes(site) if (there := vs.node_version(node))}
    windows = {it.product for node in _nodes(site) if (it := vs.node_windows(node))}
    for what, products in (("Exchange", exchange), ("Windows", windows)):
        if len(products) > 1:
            values = {"X": "A rolling pass", "Y": f"one {what} on all nodes"}
            yield Obstacle(f"The nodes have {what} {' and '.join(sorted(products))}.", values)


@cluster_finder
def no_room_to_share(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """Without an idle node both EVSs share one meanwhile, and mount too much there (AA-01)."""
    found, owners = too_many_groups(site), {owner for _, owner in _attendants(cluster).values()}
    if found is not None and len(owners) >= len(cluster.config.nodes):
        yield found._replace(values={"X": "A rolling pass", "Y": "fewer storage groups"})


@finder
def evs_is_out(site: Site) -> Iterator[Obstacle]:
    """An EVS that is tested, or that mailboxes and folders go to, is not Online."""
    cluster, online = site.situation.cluster, GroupState.ONLINE.value
    names = [site.subject.name] if site.subject.name else [evs.name for evs in site.plan.evs]
    states = dict.fromkeys(names, "not there")
    if cluster is not None:
        states |= {n: cluster.group_state(n).value for n in names if n in cluster.owners}
    if out := [f"{name} is {state}" for name, state in states.items() if state != online]:
        yield Obstacle(f"{', '.join(out)}.", {"X": "This step", "Y": "an EVS that is Online"})


# --- ways back, eviction ------------------------------------------------------------------------


@finder
def node_not_upgraded(site: Site) -> Iterator[Obstacle]:
    """Nothing to take back: the node has Exchange 2000."""
    version = _exchange(site)
    if version is None or version.product != "2003":
        yield Obstacle(f"{site.subject.name} has not been upgraded.")


@cluster_finder
def upgraded_evs_here(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """An upgraded EVS is on the node, and has no way back (R12)."""
    node = site.subject.name
    for evs, (attendant, owner) in _attendants(cluster).items():
        version = vs.evs_version(attendant)
        if owner == node and version is not None and version.product == "2003":
            values = {"X": f"Rebuilding {node}", "Y": f"moving {evs}"}
            yield Obstacle(f"{evs} is upgraded and runs on {node}.", values)


@cluster_finder
def evicted_before(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """Another node of the plan is not in the cluster at this moment (mistake 25)."""
    known = {site.subject.name, *cluster.config.nodes_by_name}
    if away := [node.name for node in site.plan.nodes if node.name not in known]:
        yield Obstacle(f"{', '.join(away)} is not in the cluster.")


@finder
def top_level_restricted(site: Site) -> Iterator[Obstacle]:
    """No agreement was made, and the site names somebody unknown (M-09; KB 905800)."""
    is_unknown = site.fact("site.top") == "to an account that is not in the directory"
    if is_unknown and site.fact("org.agreements") == "none":
        yield Obstacle("No connection agreement was made.")


@finder
def still_member(site: Site) -> Iterator[Obstacle]:
    """The node was not evicted before it is built anew (UE-14)."""
    node = site.subject.name
    if node in {there.name for there in _nodes(site)}:
        yield Obstacle(f"{node} is still listed; the new installation would not be let in.")


@cluster_finder
def evs_needs_this_node(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """An EVS can run on this node alone, so it cannot go (CI-06 before CI-05)."""
    node = site.subject.name
    for evs, (_, owner) in _attendants(cluster).items():
        if owner == node:
            values = {"X": f"Evicting {node}", "Y": f"moving {evs}"}
            yield Obstacle(f"{evs} is on {node} and would lose its owner.", values)


# --- where an EVS goes --------------------------------------------------------------------------


@cluster_finder
def target_too_old(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """The node has an older Exchange than the EVS that would come online there (UE-01)."""
    yield from _unfit(site, cluster, FitResult.TOO_NEW)


@cluster_finder
def target_too_new(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """The node has a newer Exchange, and the EVS would come online before its upgrade (R7)."""
    yield from _unfit(site, cluster, FitResult.NEEDS_COMMAND)


def _unfit(site: Site, cluster: Cluster, result: FitResult) -> Iterator[Obstacle]:
    """Yield what comes of a move, if that is it and the System Attendant is not Offline."""
    evs, node = site.subject.name, _node_of(site, cluster)
    if node not in cluster.config.nodes_by_name:
        return
    attendant = vs.attendant_of(cluster.config, evs)
    row = vs.fit_on(cluster, attendant, node)
    is_off = cluster.resource_states[attendant.name] is ResourceState.OFFLINE
    if row is not None and row.result is result and not is_off:
        here = cluster.config.nodes_by_name[node].installed
        because = f"{evs} has Exchange {attendant.private['version']}, {node} {_said(here)}."
        yield Obstacle(because, {"name": evs})


def _said(there: Mapping[str, str]) -> str:
    parts = [f"{product} {version}" for product, version in there.items()]
    return f"has {' on '.join(parts)}" if parts else "has no Exchange"


@cluster_finder
def target_taken(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """The node an EVS goes to has another one, in a cluster of three or more (UE-05)."""
    if _version(site) is not None:
        yield from st.taken(cluster, _node_of(site, cluster), site.subject.name)


@finder
def target_taken_from_2000(site: Site) -> Iterator[Obstacle]:
    """The same for an EVS of Exchange 2000, which may be refused or not (mistake 16)."""
    yield from _taken_from(site, "2000")


@finder
def target_taken_from_2003(site: Site) -> Iterator[Obstacle]:
    """The same for an EVS of Exchange 2003, which is refused."""
    yield from _taken_from(site, "2003")


def _taken_from(site: Site, product: str) -> Iterator[Obstacle]:
    version, found = _version(site), target_taken(site)
    if found is not None and version is not None and version.product == product:
        yield found
