"""What is looked at before a step of an upgrade: predicates over a `Site` (handbook 4, 4.12).

The versions of nodes and EVSs are those of the cluster itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from clusterlab.cluster.errors import OperationRefused
from clusterlab.cluster.model import Node
from clusterlab.cluster.states import GroupState, NodeState, ResourceState
from clusterlab.exchange.exres import (
    MAX_STORAGE_GROUPS,
    NODES_THAT_MAY_SHARE,
    SYSTEM_ATTENDANT,
    hosted_evs,
)
from clusterlab.exchange.resource_types import check_ready_for_upgrade
from clusterlab.exchange.versions import (
    ExchangeVersion,
    FitResult,
    NodeWindows,
    attendant_of,
    evs_version,
    fit_on,
    node_version,
    node_windows,
)
from clusterlab.procedures.step import Obstacle, Site, finder, of_type

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


def _node_of(site: Site) -> str:
    """Return the node a step is for: the chosen one, its own, or the owner of its EVS."""
    name = site.subject.name
    if "node" in site.choices:
        return site.choices["node"]
    cluster = site.situation.cluster
    return cluster.owners.get(name, name) if cluster is not None else name


def _nodes(site: Site) -> tuple[Node, ...]:
    """Return the nodes of the cluster, if there is one."""
    cluster = site.situation.cluster
    return () if cluster is None else cluster.config.nodes


def _exchange(site: Site, node: str = "") -> ExchangeVersion | None:
    """Return the Exchange of a node, or of the one that the step is for."""
    name = node or site.subject.name
    return next((node_version(there) for there in _nodes(site) if there.name == name), None)


def _windows(site: Site) -> NodeWindows | None:
    """Return the Windows of the node that the step is for."""
    name = site.subject.name
    return next((node_windows(there) for there in _nodes(site) if there.name == name), None)


def _evs(site: Site) -> dict[str, tuple[str, ExchangeVersion | None]]:
    """Return each EVS that is there with its owner and its version."""
    cluster = site.situation.cluster
    if cluster is None:
        return {}
    attendants = of_type(cluster, SYSTEM_ATTENDANT)
    return {item.group: (cluster.owners[item.group], evs_version(item)) for item in attendants}


def _version(site: Site) -> ExchangeVersion | None:
    """Return the version of the EVS that the step is for."""
    cluster, evs = site.situation.cluster, site.subject.name
    return None if cluster is None else evs_version(attendant_of(cluster.config, evs))


def _have(names: list[str], what: str) -> str:
    return f"{', '.join(names)} {'has' if len(names) == 1 else 'have'} {what}."


@finder
def not_prepared(site: Site) -> Obstacle | None:
    """ForestPrep or DomainPrep of 2003 is missing (UE-08)."""
    missing = [
        what
        for what, key in (("ForestPrep", "forest.schema"), ("DomainPrep", "domain.prepared"))
        if site.fact(key) != "2003"
    ]
    if not missing:
        return None
    schema = site.fact("forest.schema")
    seen = f"the schema is that of Exchange {schema}" if schema else "no such schema is there"
    return Obstacle(f"{' and '.join(missing)} of Exchange 2003 did not run; {seen}.")


@finder
def below_sp3(site: Site) -> Obstacle | None:
    """The node has Exchange 2000 below Service Pack 3 (UE-02)."""
    version = _exchange(site)
    if version is None or version.rank >= ExchangeVersion.E2000_SP3.rank:
        return None
    return Obstacle(f"{site.subject.name} has Exchange {version.value}.")


@finder
def already_new(site: Site) -> Obstacle | None:
    """Setup has nothing to do: the node has the new Exchange already."""
    version = _exchange(site)
    if version is None or version.rank < _target(site).rank:
        return None
    return Obstacle(f"{site.subject.name} has Exchange {version.value} already.")


def _target(site: Site) -> ExchangeVersion:
    return ExchangeVersion(target(site.situation.facts, site.choices))


@finder
def bad_component(site: Site) -> Obstacle | None:
    """A component that 2003 does not have is installed (UE-07)."""
    component = site.fact("cluster.component")
    return Obstacle(f"{site.subject.name} has {component}.") if component else None


@finder
def as_many_evs_as_nodes(site: Site) -> Obstacle | None:
    """Three or more nodes, and not fewer EVSs than nodes (UE-06; R10)."""
    nodes, count = len(_nodes(site)), len(_evs(site))
    if nodes <= NODES_THAT_MAY_SHARE or count < nodes:
        return None
    return Obstacle(f"{count} EVSs run on {nodes} nodes.")


@finder
def owns_any_group(site: Site) -> Obstacle | None:
    """The node owns a group; a cluster of one node is exempt (UE-04)."""
    cluster, node = site.situation.cluster, site.subject.name
    if cluster is None or node not in cluster.node_states or len(cluster.config.nodes) == 1:
        return None
    groups = cluster.groups_on(node)
    return Obstacle(f"{node} owns {', '.join(groups)}.") if groups else None


@finder
def old_windows(site: Site) -> Obstacle | None:
    """Windows 2000 without Service Pack 4 (ERR-SP)."""
    windows = _windows(site)
    if windows is None or windows.product != "2000" or windows is NodeWindows.W2000_SP4:
        return None
    return Obstacle(f"{site.subject.name} has Windows {windows.value}.")


@finder
def old_front_ends(site: Site) -> Obstacle | None:
    """The front-end servers are not upgraded yet (UE-09; R14)."""
    if site.fact("org.frontends") == site.fact(TARGET):
        return None
    return Obstacle(f"The front-end servers have Exchange {site.fact('org.frontends')}.")


@finder
def old_adc(site: Site) -> Obstacle | None:
    """An Active Directory Connector of Exchange 2000 is left (mistake 14)."""
    if site.fact("org.adc") in (None, "2003"):
        return None
    return Obstacle("The Active Directory Connector is that of Exchange 2000.")


@finder
def too_many_groups(site: Site) -> Obstacle | None:
    """The EVSs of the cluster have more storage groups than one node mounts (AA-01)."""
    count = sum(evs.storage_groups for evs in site.plan.evs)
    if count <= MAX_STORAGE_GROUPS:
        return None
    because = f"The EVSs have {count} storage groups; a node mounts {MAX_STORAGE_GROUPS}."
    return Obstacle(because, {"X": "AA-02", "Y": "fewer storage groups"})


@finder
def parked_evs(site: Site) -> Obstacle | None:
    """An EVS waits offline on an upgraded node while another node is upgraded (mistake 10)."""
    cluster = site.situation.cluster
    if cluster is None:
        return None
    for attendant in of_type(cluster, SYSTEM_ATTENDANT):
        owner = cluster.owners[attendant.group]
        row = fit_on(cluster, attendant, owner)
        is_off = cluster.resource_states[attendant.name] is ResourceState.OFFLINE
        if row is not None and row.result is FitResult.NEEDS_COMMAND and is_off:
            return Obstacle(f"{attendant.group} is offline on {owner} and not upgraded.")
    return None


@finder
def not_ready(site: Site) -> Obstacle | None:
    """The System Attendant is not Offline, or what it needs is not Online (UE-12)."""
    cluster = site.situation.cluster
    if cluster is None:
        return None
    try:
        check_ready_for_upgrade(cluster, attendant_of(cluster.config, site.subject.name))
    except OperationRefused as refusal:
        return Obstacle(refusal.because)
    return None


@finder
def node_too_old(site: Site) -> Obstacle | None:
    """The node of the EVS has no newer Exchange than the EVS (UE-01)."""
    evs, node = site.subject.name, _node_of(site)
    here, version = _exchange(site, node), _version(site)
    if here is None or version is None or here.rank >= version.rank:
        return None
    because = f"{evs} has Exchange {version.value}, and {node} has {here.value}."
    return Obstacle(because, {"name": evs})


@finder
def nothing_newer(site: Site) -> Obstacle | None:
    """The EVS has the version of its node, so there is nothing to upgrade."""
    evs, node, version = site.subject.name, _node_of(site), _version(site)
    if version is None or _exchange(site, node) is not version:
        return None
    because = f"{node} has the Exchange of {evs}, {version.value}: move it to a newer one"
    return Obstacle(f"{because}, or go on. An upgrade cannot be undone.")


# --- Windows and hotfixes -----------------------------------------------------------------------


@finder
def exchange_2000_left(site: Site) -> Obstacle | None:
    """A node or an EVS still has Exchange 2000 (UE-13; R2)."""
    versions = {node.name: node_version(node) for node in _nodes(site)}
    versions |= {evs: version for evs, (_, version) in _evs(site).items()}
    old = [name for name, version in versions.items() if version and version.product == "2000"]
    return Obstacle(_have(old, "Exchange 2000")) if old else None


@finder
def node_has_2000(site: Site) -> Obstacle | None:
    """The node whose Windows is to be upgraded has Exchange 2000 (UE-13; mistake 1)."""
    version = _exchange(site)
    if version is None or version.product == "2003":
        return None
    because = f"has Exchange {version.value}, which never runs on the new Windows."
    return Obstacle(f"{site.subject.name} {because}")


@finder
def windows_2000_left(site: Site) -> Obstacle | None:
    """A node has Windows 2000, on which a Network Name has no Kerberos."""
    windows = {node.name: node_windows(node) for node in _nodes(site)}
    old = [name for name, there in windows.items() if there and there.product == "2000"]
    verb = "has" if len(old) == 1 else "have"
    values = {"X": "Kerberos", "Y": "the upgrade of every node"}
    return Obstacle(f"{', '.join(old)} still {verb} Windows 2000.", values) if old else None


@finder
def no_kerberos(site: Site) -> Obstacle | None:
    """A Network Name of an EVS has RequireKerberos 0 (mistake 24)."""
    without = [e.name for e in site.plan.evs if site.fact(f"evs.{e.name}.kerberos") != "ticked"]
    return Obstacle(f"{', '.join(without)}: Kerberos is not enabled.") if without else None


_HOTFIXES = {("2003 SP1", "2003"): "831464", ("2003 SP2", "2003 SP1"): "for network connectivity"}
"""Exchange pack and Windows of a node to the hotfix that comes first (handbook 3, 1.1).

That SP2 needs Windows Server 2003 SP1 stands in preview notes only: [conflict] in 4.3.9, so it is
not asked for.
"""


@finder
def no_hotfix(site: Site) -> Obstacle | None:
    """The hotfix that the service pack wants is not on the node (mistake 21)."""
    windows = _windows(site)
    if windows is None or site.fact("node.{node}.hotfix"):
        return None
    hotfix = _HOTFIXES.get((_target(site).value, windows.value))
    return Obstacle(f"{site.subject.name} has no hotfix {hotfix}.") if hotfix else None


# --- rolling passes -----------------------------------------------------------------------------


@finder
def exchange_is_level(site: Site) -> Obstacle | None:
    """Every node has Exchange 2000 SP3, or a newer one."""
    versions = [node_version(node) for node in _nodes(site)]
    if any(v is None or v.rank < ExchangeVersion.E2000_SP3.rank for v in versions):
        return None
    return Obstacle("Every node has Service Pack 3 of Exchange 2000, or a newer Exchange.")


@finder
def windows_is_level(site: Site) -> Obstacle | None:
    """Every node has the service pack of its Windows."""
    versions = [node_windows(node) for node in _nodes(site)]
    if any(windows is None or windows.with_pack is not windows for windows in versions):
        return None
    return Obstacle("Every node has the service pack of its Windows.")


@finder
def not_all_up(site: Site) -> Obstacle | None:
    """A node is not Up or evicted, or an EVS is not Online: nothing can go round (P14)."""
    cluster = site.situation.cluster
    if cluster is None:
        return None
    members = cluster.config.nodes_by_name
    gone = [f"{n.name} is not in the cluster" for n in site.plan.nodes if n.name not in members]
    up, online = NodeState.UP, GroupState.ONLINE
    nodes = {n: s if cluster.is_live(n) else NodeState.DOWN for n, s in cluster.node_states.items()}
    wrong = [*gone, *(f"{n} is {state.value}" for n, state in nodes.items() if state is not up)]
    states = {evs: cluster.group_state(evs) for evs in _evs(site)}
    wrong += [f"{evs} is {state.value}" for evs, state in states.items() if state is not online]
    values = {"X": "A rolling pass", "Y": "every node Up and every EVS Online"}
    return Obstacle(f"{'; '.join(wrong)}.", values) if wrong else None


@finder
def two_generations(site: Site) -> Obstacle | None:
    """Some nodes have a newer product than others, so an EVS cannot go round."""
    exchange = {there.product for node in _nodes(site) if (there := node_version(node))}
    windows = {it.product for node in _nodes(site) if (it := node_windows(node))}
    for what, products in (("Exchange", exchange), ("Windows", windows)):
        if len(products) > 1:
            values = {"X": "A rolling pass", "Y": f"one {what} on all nodes"}
            return Obstacle(f"The nodes have {what} {' and '.join(sorted(products))}.", values)
    return None


@finder
def no_room_to_share(site: Site) -> Obstacle | None:
    """Without an idle node both EVSs share one meanwhile, and mount too much there (AA-01)."""
    found, owners = too_many_groups(site), {owner for owner, _ in _evs(site).values()}
    if found is None or site.situation.cluster is None or len(owners) < len(_nodes(site)):
        return None
    return found._replace(values={"X": "A rolling pass", "Y": "fewer storage groups"})


@finder
def evs_is_out(site: Site) -> Obstacle | None:
    """An EVS that is tested, or that mailboxes and folders go to, is not Online."""
    cluster = site.situation.cluster
    names = [site.subject.name] if site.subject.name else [evs.name for evs in site.plan.evs]
    owned = () if cluster is None else cluster.owners
    states = {n: cluster.group_state(n).value if cluster and n in owned else "not there"
              for n in names}  # fmt: skip
    out = [f"{n} is {state}" for n, state in states.items() if state != GroupState.ONLINE.value]
    values = {"X": "This step", "Y": "an EVS that is Online"}
    return Obstacle(f"{', '.join(out)}.", values) if out else None


# --- ways back, eviction ------------------------------------------------------------------------


@finder
def node_not_upgraded(site: Site) -> Obstacle | None:
    """Nothing to take back: the node has Exchange 2000."""
    version = _exchange(site)
    if version is not None and version.product == "2003":
        return None
    return Obstacle(f"{site.subject.name} has not been upgraded.")


@finder
def upgraded_evs_here(site: Site) -> Obstacle | None:
    """An upgraded EVS is on the node, and has no way back (R12)."""
    node = site.subject.name
    for evs, (owner, version) in _evs(site).items():
        if owner == node and version is not None and version.product == "2003":
            values = {"X": f"Rebuilding {node}", "Y": f"moving {evs}"}
            return Obstacle(f"{evs} is upgraded and runs on {node}.", values)
    return None


@finder
def evicted_before(site: Site) -> Obstacle | None:
    """Another node of the plan is not in the cluster at this moment (mistake 25)."""
    cluster, node = site.situation.cluster, site.subject.name
    if cluster is None:
        return None
    members = [item.name for item in cluster.config.nodes]
    away = [n.name for n in site.plan.nodes if n.name != node and n.name not in members]
    return Obstacle(f"{', '.join(away)} is not in the cluster.") if away else None


@finder
def still_member(site: Site) -> Obstacle | None:
    """The node was not evicted before it is built anew (UE-14)."""
    node = site.subject.name
    if node not in {there.name for there in _nodes(site)}:
        return None
    return Obstacle(f"{node} is still listed; the new installation would not be let in.")


@finder
def evs_needs_this_node(site: Site) -> Obstacle | None:
    """An EVS can run on this node alone, so it cannot go (CI-06 before CI-05)."""
    node = site.subject.name
    for evs, (owner, _) in _evs(site).items():
        if owner == node:
            values = {"X": f"Evicting {node}", "Y": f"moving {evs}"}
            return Obstacle(f"{evs} is on {node} and would lose its owner.", values)
    return None


# --- where an EVS goes --------------------------------------------------------------------------


@finder
def target_too_old(site: Site) -> Obstacle | None:
    """The node has an older Exchange than the EVS that would come online there (UE-01)."""
    return _unfit(site, FitResult.TOO_NEW)


@finder
def target_too_new(site: Site) -> Obstacle | None:
    """The node has a newer Exchange, and the EVS would come online before its upgrade (R7)."""
    return _unfit(site, FitResult.NEEDS_COMMAND)


def _unfit(site: Site, result: FitResult) -> Obstacle | None:
    """Return what comes of a move, if that is it and the System Attendant is not Offline."""
    cluster, evs, node = site.situation.cluster, site.subject.name, _node_of(site)
    if cluster is None or node not in cluster.config.nodes_by_name:
        return None
    attendant = attendant_of(cluster.config, evs)
    row = fit_on(cluster, attendant, node)
    is_off = cluster.resource_states[attendant.name] is ResourceState.OFFLINE
    if is_off or row is None or row.result is not result:
        return None
    here = cluster.config.nodes_by_name[node].installed
    because = f"{evs} has Exchange {attendant.private['version']}, {node} {_said(here)}."
    return Obstacle(because, {"name": evs})


def _said(there: Mapping[str, str]) -> str:
    parts = [f"{product} {version}" for product, version in there.items()]
    return f"has {' on '.join(parts)}" if parts else "has no Exchange"


@finder
def target_taken(site: Site) -> Obstacle | None:
    """The node an EVS goes to has another one, in a cluster of three or more (UE-05)."""
    cluster, evs, node = site.situation.cluster, site.subject.name, _node_of(site)
    if cluster is None or len(cluster.config.nodes) <= NODES_THAT_MAY_SHARE:
        return None
    other = next(hosted_evs(cluster, node, evs), None)
    if other is None or _version(site) is None:
        return None
    return Obstacle(f"{node} already runs {other}.")


@finder
def target_taken_from_2000(site: Site) -> Obstacle | None:
    """The same for an EVS of Exchange 2000, which may be refused or not (mistake 16)."""
    return target_taken(site) if _product(site) == "2000" else None


@finder
def target_taken_from_2003(site: Site) -> Obstacle | None:
    """The same for an EVS of Exchange 2003, which is refused."""
    return target_taken(site) if _product(site) == "2003" else None


def _product(site: Site) -> str:
    version = _version(site)
    return version.product if version else ""
