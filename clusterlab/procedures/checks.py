"""What is looked at before a step: predicates over a `Site`, in the words of handbook 3, 8 to 10.

Each yields what it finds; only the first counts. They are module-level functions, so that steps
can be compared and pickled.
"""

from __future__ import annotations

from collections.abc import Iterator

from clusterlab.cluster.model import Cluster, Resource
from clusterlab.cluster.resource_types import MSDTC, NETWORK_NAME
from clusterlab.cluster.states import MEMBER_STATES, NodeState, ResourceState, Windows
from clusterlab.exchange import exres, versions
from clusterlab.exchange.evs import CLUSTER_GROUP
from clusterlab.exchange.exres import NODES_THAT_MAY_SHARE, SYSTEM_ATTENDANT
from clusterlab.exchange.versions import ExchangeVersion, FitResult
from clusterlab.procedures import step as st
from clusterlab.procedures.plan import most_evs
from clusterlab.procedures.step import Obstacle, Site, cluster_finder, finder, of_type

ALL_COMPONENTS = ("SMTP", "NNTP", "World Wide Web", "ASP.NET")
"""What Setup asks for on Windows Server 2003 (handbook 3, 1.8)."""
COMPONENTS_FIELD = "SMTP_/_NNTP_/_World_Wide_Web_/_ASP.NET"
"""What stands for the component in the text of ERR-COMPONENT."""
COMPONENTS_2000 = ALL_COMPONENTS[:3]
"""On Windows 2000 Setup installs ASP.NET itself (handbook 3, 1.8)."""


# --- before there is a cluster ----------------------------------------------------------------


@finder
def schema_on_its_way(site: Site) -> Iterator[Obstacle]:
    """ForestPrep ran, and its result has not arrived everywhere (M03)."""
    if site.fact("forest.schema") and not site.fact("forest.schema_replicated"):
        yield Obstacle("ForestPrep ran, and replication is not over.", {"dc": "in use here"})


@finder
def two_nodes_on(site: Site) -> Iterator[Obstacle]:
    """Two nodes without a Cluster service run beside shared disks that are on (M05; 2.1)."""
    is_on, nodes = site.fact("storage.on"), [node.name for node in site.plan.nodes]
    powered = [node for node in nodes if site.fact(f"node.{node}.powered", True)]
    if "powered" in site.choices:
        is_on, powered = True, nodes if site.choices["powered"] == "all nodes" else []
    if site.situation.cluster is None and is_on and len(powered) >= NODES_THAT_MAY_SHARE:
        yield Obstacle(f"{' and '.join(powered)} run, the disks are on, and no Cluster service is.")


@finder
def no_shared_disk(site: Site) -> Iterator[Obstacle]:
    """The wizard sees no disk that it could use for the quorum (M06; 2.4)."""
    seen = site.choices.get("storage", "on")
    if seen == "on" and site.fact("storage.disks") == "dynamic":
        seen = "dynamic"
    if seen != "on":
        yield Obstacle(f"The shared disks are {seen}; a Local Quorum is made.", subjects=("",))


# --- the cluster as it is ---------------------------------------------------------------------


@cluster_finder
def no_cluster_runs(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """No node of the cluster is Up, so nobody can let another one in."""
    if not cluster.live_nodes:
        yield Obstacle("Its Cluster service is not running.", {"name": site.plan.cluster})


@cluster_finder
def has_local_quorum(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """A cluster with a Local Quorum stays a one-node cluster (M06)."""
    if cluster.config.quorum == "Local Quorum":
        because = f"C01 saw no shared disk, so {site.plan.cluster} has a Local Quorum and stays"
        values = {"local_quorum_resource_name": "Local Quorum"}
        yield Obstacle(f"{because} a cluster of one node.", values)


@cluster_finder
def service_is_down(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """The Cluster service of the node does not run (3.4, row 6); one evicted is M07."""
    node = site.subject.name
    state = cluster.node_states.get(node)
    if state is not None and not (state in MEMBER_STATES and cluster.is_live(node)):
        yield Obstacle(f"{node} is {state.value}.")


@cluster_finder
def no_msdtc(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """There is no MSDTC resource, or it is not Online (M08, M27; 3.4, row 7)."""
    states = [cluster.resource_states[r.name] for r in of_type(cluster, MSDTC.name)]
    if not states:
        yield Obstacle(f"Cluster {site.plan.cluster} has no MSDTC.")
    elif states[0] is not ResourceState.ONLINE:
        yield Obstacle(f"MSDTC is {states[0].value}.")


@cluster_finder
def owns_groups(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """The node still owns groups; the only node that is Up is exempt (M11)."""
    if len(cluster.live_nodes) != 1:
        yield from st.groups_of(site, cluster)


def lacks_ntlmv2(site: Site, node: str) -> bool:
    """Return whether the Cluster service of a node does not start once NTLMv2 is demanded (G09)."""
    is_2003 = site.plan.windows >= Windows.WS2003
    return is_2003 and site.situation.facts.get(f"node.{node}.pack") == "none"


@finder
def template_without_hotfix(site: Site) -> Iterator[Obstacle]:
    """The template reaches nodes without SP1 and without hotfix 890761 (G09; 5.7)."""
    nodes = [node.name for node in site.plan.nodes if lacks_ntlmv2(site, node.name)]
    if nodes and site.choices["before"] == "nothing":
        yield Obstacle(f"{', '.join(nodes)}: neither SP1 nor the hotfix.")


@finder
def ntlmv2_stops_service(site: Site) -> Iterator[Obstacle]:
    """The node is under the template, without SP1 and without hotfix 890761 (G09; 5.7)."""
    is_demanded = (
        site.fact("cluster.hardened") and site.fact("cluster.before_template") == "nothing"
    )
    if is_demanded and lacks_ntlmv2(site, site.subject.name):
        yield Obstacle(f"{site.subject.name} has neither SP1 nor the hotfix.")


@finder
def smtp_dropped(site: Site) -> Iterator[Obstacle]:
    """SMTP is taken away from a node that has Exchange (M33)."""
    has_exchange = site.fact("node.{node}.exchange") == "cluster"
    if has_exchange and "SMTP" not in site.choices["components"].split(", "):
        yield Obstacle(f"{site.subject.name} has Exchange, and no SMTP any more.")


# --- Setup and service packs ------------------------------------------------------------------


@finder
def component_missing(site: Site) -> Iterator[Obstacle]:
    """A Windows component that Setup demands is not there (M09; 1.8)."""
    installed = str(site.fact("node.{node}.components", "")).split(", ")
    wanted = ALL_COMPONENTS if site.plan.windows >= Windows.WS2003 else COMPONENTS_2000
    missing = [part for part in wanted if part not in installed]
    if missing:
        names, verb = ", ".join(missing), "is" if len(missing) == 1 else "are"
        because = f"{names} {verb} missing on {site.subject.name}."
        yield Obstacle(because, {COMPONENTS_FIELD: names})


@finder
def too_many_evs(site: Site) -> Iterator[Obstacle]:
    """As many EVSs as nodes, or more, where three or more nodes have Exchange (M20; 1.3)."""
    count = len({*nodes_with_exchange(site), site.subject.name})
    existing = _count_evs(site.situation.cluster)
    if count > NODES_THAT_MAY_SHARE and existing > count - 1:
        yield _too_many(count, existing)


@cluster_finder
def no_room_for_evs(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """One more EVS would be too many for the configured nodes (M20; 1.3)."""
    nodes, existing = len(cluster.config.nodes), _count_evs(cluster)
    if existing >= most_evs(nodes):
        yield _too_many(nodes, existing)


def _count_evs(cluster: Cluster | None) -> int:
    return 0 if cluster is None else len(of_type(cluster, SYSTEM_ATTENDANT))


def _too_many(nodes: int, existing: int) -> Obstacle:
    verb = "EVS exists" if existing == 1 else "EVSs exist"
    values = {"n": str(nodes), "n-1": str(most_evs(nodes))}
    return Obstacle(f"{existing} {verb} on {nodes} nodes.", values)


@finder
def wrong_path(site: Site) -> Iterator[Obstacle]:
    """The drive is shared, or another one than on the other nodes (M12, M13)."""
    drive = site.choices["drive"]
    if drive in {site.plan.quorum_disk, *_disks(site)}:
        yield Obstacle(f"{drive} is a shared disk.", {"drive": drive})
    others = {
        str(there): node.name
        for node in site.plan.nodes
        if node.name != site.subject.name and (there := site.fact(f"node.{node.name}.drive"))
    }
    if others and drive not in others:
        there, node = next(iter(others.items()))
        yield Obstacle(f"{node} has Exchange on {there}.", {"drive": drive})


def _disks(site: Site) -> set[str]:
    return {disk for evs in site.plan.evs for disk in evs.disks}


@finder
def pack_too_old(site: Site) -> Iterator[Obstacle]:
    """Windows 2000 without Service Pack 4 (3.4, row 11)."""
    pack = site.fact("node.{node}.pack")
    if site.plan.windows < Windows.WS2003 and pack != "SP4":
        yield Obstacle(f"{site.subject.name} has {pack}.")


@finder
def hotfix_missing(site: Site) -> Iterator[Obstacle]:
    """An older Windows Server 2003 needs a hotfix before the service pack (M26; 1.1)."""
    pack, has_hotfix = site.fact("node.{node}.pack"), site.fact("node.{node}.hotfix")
    if site.plan.windows >= Windows.WS2003 and pack != "SP2" and not has_hotfix:
        hotfix = "831464" if pack == "none" else "for network connectivity"
        which = "without SP1" if pack == "none" else f"with service pack {pack}"
        because = f"{site.subject.name} runs Windows Server 2003 {which}."
        yield Obstacle(because, {"831464": hotfix})


# --- the EVS ----------------------------------------------------------------------------------


@cluster_finder
def name_is_online(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """The Network Name is Online, so Kerberos cannot be ticked (M18)."""
    for item in of_type(cluster, NETWORK_NAME.name, site.subject.name):
        state = cluster.resource_states[item.name]
        if site.choices["kerberos"] == "ticked" and state is not ResourceState.OFFLINE:
            yield Obstacle(f"{item.name} is {state.value}.")


@finder
def no_computer_object(site: Site) -> Iterator[Obstacle]:
    """The Cluster service account may not create a computer object (M19)."""
    rights = site.fact("account.objects", "")
    if site.fact("evs.{evs}.kerberos") == "ticked" and rights != "may create them":
        yield Obstacle(f"{site.plan.service_account}: {rights}.", {"evs": site.subject.name})


@finder
def half_made(site: Site) -> Iterator[Obstacle]:
    """The name or a disk of the EVS is not there (10.2: E06 needs E05)."""
    keys = [f"{step}@{site.subject.mark}" for step in ("E02", "E03", "E04")]
    missing = [key for key in keys if f"install/{key}" not in site.situation.done]
    if missing:
        yield Obstacle(f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not done.")


@finder
def no_exchange_anywhere(site: Site) -> Iterator[Obstacle]:
    """No node has Exchange, so the type is not in the list (M14)."""
    if not nodes_with_exchange(site):
        yield Obstacle(f"No node of {site.plan.cluster} has Exchange.")


def nodes_with_exchange(site: Site) -> tuple[str, ...]:
    """Return the names of the nodes on which Setup registered the resource types."""
    names = (node.name for node in site.plan.nodes)
    return tuple(name for name in names if site.fact(f"node.{name}.exchange") == "cluster")


@cluster_finder
def occupied(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """The node of the EVS hosts another one, with three or more nodes configured (M20)."""
    if site.subject.name in cluster.owners:
        yield from st.taken(cluster, cluster.owners[site.subject.name], site.subject.name)


@cluster_finder
def moved_to_occupied(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """The test moves the EVS to a node that hosts another one (M20)."""
    for node in cluster.node_states if site.choices["target"] == "a node with an EVS" else ():
        yield from st.taken(cluster, node, site.subject.name)


_RUNS = (FitResult.ONLINE, FitResult.UPGRADES_ITSELF)
"""What may come of an attempt to bring a System Attendant online."""


def _attendant(site: Site, cluster: Cluster, evs: str = "") -> Resource | None:
    """Return the System Attendant of an EVS, that of the step if none is named, if it has one."""
    name = evs or site.subject.name
    group = site.situation.facts.get(f"evs.{name}.group") or name
    return next(iter(of_type(cluster, SYSTEM_ATTENDANT, group)), None)


@cluster_finder
def other_version(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """The EVS has another version than the node it is on (M24, M25; handbook 4, 4.0.3)."""
    if attendant := _attendant(site, cluster):
        yield from _misfits(site, cluster, cluster.owners[attendant.group])


@cluster_finder
def foreign_version(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """Some node has another version than the EVS (M24, M25; handbook 4, 4.0.3)."""
    yield from _misfits(site, cluster, *nodes_with_exchange(site))


def _misfits(site: Site, cluster: Cluster, *nodes: str) -> Iterator[Obstacle]:
    """Yield those of *nodes* on which the EVS cannot come online, with their Exchange."""
    attendant, evs = _attendant(site, cluster), site.subject.name
    version = None if attendant is None else versions.evs_version(attendant)
    if attendant is None or version is None:
        return
    rows = {node: versions.fit_on(cluster, attendant, node) for node in nodes}
    wrong = [node for node, row in rows.items() if row is not None and row.result not in _RUNS]
    here = {n.name: n.installed.get(versions.EXCHANGE) for n in cluster.config.nodes}
    if has := ", ".join(f"{node} has {here[node] or 'no Exchange'}" for node in wrong):
        yield Obstacle(f"{has}; {evs} has {version.value}.", {"name": evs})


@cluster_finder
def older_evs(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """EVSs exist, and stay at the version they were made with (M25)."""
    node = cluster.config.nodes_by_name.get(site.subject.name)
    here = None if node is None else versions.node_version(node)
    if here is None:
        return
    pack = ExchangeVersion(f"{here.product} {site.choices['pack']}")
    attendants = {evs.name: _attendant(site, cluster, evs.name) for evs in site.plan.evs}
    made = {evs: versions.evs_version(item) for evs, item in attendants.items() if item}
    has = {e: v.value for e, v in made.items() if v and versions.fit(v, pack).result not in _RUNS}
    if has:
        says = ", ".join(f"{evs} has {version}" for evs, version in has.items())
        because = f"{says}, which does not come online on {site.subject.name} with {pack.value}."
        yield Obstacle(because, {"name": next(iter(has))}, tuple(has))


@cluster_finder
def missing_owner(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """A node of the cluster cannot run every resource of the EVS (M15)."""
    nodes, evs = cluster.config.nodes_by_name, site.subject.name
    missing = [n for n in nodes if n not in cluster.config.possible_owners.get(evs, nodes)]
    if missing:
        yield Obstacle(f"{', '.join(missing)} cannot run every resource of {evs}.")


@finder
def local_data(site: Site) -> Iterator[Obstacle]:
    """The stores lie on a local disk of one node (M17)."""
    path = str(site.fact("evs.{evs}.data", ""))
    if path and path[:2] not in _disks(site):
        yield Obstacle(f"{path} is on one node only.", {"evs": site.subject.name, "path": path})


@finder
def local_choice(site: Site) -> Iterator[Obstacle]:
    """The data directory that was chosen is not on a disk of the EVS (M17)."""
    path, evs = site.choices["data"], site.subject.name
    if path[:2] not in site.plan.evs[site.subject.number - 1].disks:
        yield Obstacle(f"{path} is not on a disk of {evs}.", {"evs": evs, "path": path})


def store_of(cluster: Cluster, evs: str) -> Resource | None:
    """Return the Information Store of an EVS, if it has one."""
    return next(iter(of_type(cluster, exres.INFORMATION_STORE, evs)), None)


# --- removing ---------------------------------------------------------------------------------


@finder
def roles_left(site: Site) -> Iterator[Obstacle]:
    """Something of handbook 3, 6.1 still stands against the removal of the EVS."""
    left = str(site.fact("evs.{evs}.left", "mailboxes and roles"))
    if left != "nothing" and site.choices.get("method") != "Delete":
        known = f", {_POSTMASTER_LEFT}: move the postmaster account" if "postmaster" in left else ""
        log = rf"the last ScPRQ name of the log in %SystemRoot%\Cluster says so{known}"
        values = {"condition_of_6.1": f"it still has {left}; {log}"}
        yield Obstacle(f"{site.subject.name} still has {left}.", values)


_POSTMASTER_LEFT = "ScPRQ_ServerIsNotHomeServerForPostmasterOfNonEmptyOrg"
"""The only condition whose name in the log is sourced (handbook 3, 6.1)."""


@cluster_finder
def evs_needs_node(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """Without this node the EVSs would be too many for the nodes that are left."""
    existing = _count_evs(cluster)
    left = len([node for node in nodes_with_exchange(site) if node != site.subject.name])
    if existing and not (left and existing <= most_evs(left)):
        yield Obstacle(f"{existing} EVSs exist, and {left} nodes with Exchange would be left.")


@finder
def node_can_go(site: Site) -> Iterator[Obstacle]:
    """The nodes that stay are enough for the EVSs, so this one may go alone (6.2, R07)."""
    if evs_needs_node(site) is None:
        yield Obstacle(f"The other nodes are enough without {site.subject.name}.")


@finder
def goes_alone(site: Site) -> Iterator[Obstacle]:
    """EVSs stay on the other nodes, so this is no removal of all nodes, one after the other."""
    found = node_can_go(site)
    if found is not None and _count_evs(site.situation.cluster):
        yield found


@cluster_finder
def is_down(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """The node is Down already, by whatever way."""
    if cluster.node_states.get(site.subject.name) is NodeState.DOWN:
        yield Obstacle(f"{site.subject.name} is Down.")


@cluster_finder
def leaves_others(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """The node is Down, and others stay in the cluster: it is not the last of a removal."""
    if is_down(site) is not None and len(cluster.config.nodes) > 1:
        yield Obstacle(f"{site.subject.name} is Down, and other nodes stay in the cluster.")


# --- ways back --------------------------------------------------------------------------------


@cluster_finder
def no_member(site: Site, cluster: Cluster) -> Iterator[Obstacle]:
    """There is a cluster, and the node is not in it: it was evicted."""
    if site.subject.name not in cluster.node_states:
        yield Obstacle(f"{site.subject.name} is not in the cluster.")


@finder
def no_local_quorum(site: Site) -> Iterator[Obstacle]:
    """Nothing to destroy: the cluster has no Local Quorum."""
    if has_local_quorum(site) is None:
        yield Obstacle(f"{site.plan.cluster} has no Local Quorum.")


@finder
def no_older_evs(site: Site) -> Iterator[Obstacle]:
    """Nothing to upgrade: the node of the EVS has no newer version, or there is no EVS."""
    cluster = site.situation.cluster
    attendant = None if cluster is None else _attendant(site, cluster)
    row = None
    if cluster is not None and attendant is not None:
        row = versions.fit_on(cluster, attendant, cluster.owners[attendant.group])
    if row is None or row.result is not FitResult.NEEDS_COMMAND:
        yield Obstacle(f"The node of {site.subject.name} has no newer Exchange than it.")


@finder
def not_in_cluster_group(site: Site) -> Iterator[Obstacle]:
    """Nothing to move out, or too late: the System Attendant cannot leave its group (M31)."""
    cluster, evs = site.situation.cluster, site.subject.name
    if site.fact("evs.{evs}.group") != CLUSTER_GROUP or cluster is None:
        yield Obstacle(f"{evs} is not in the Cluster Group.")
    elif of_type(cluster, SYSTEM_ATTENDANT, CLUSTER_GROUP):
        yield Obstacle(f"{evs} has its System Attendant, which cannot change its group.")


# --- while the Notes connector moves (handbook 4, 4.8) --------------------------------------------

_DRAINED = "wait until they are empty"
_RIGHT = "Exchange Full Administrator of the administrative group"


@finder
def old_connector_runs(site: Site) -> Iterator[Obstacle]:
    """The connector of the old server was neither stopped nor removed."""
    if not any(site.fact(key) for key in ("old.stopped", "old.deleted", "old.removed")):
        values = {"X": "The clean-up", "Y": "NC-05"}
        yield Obstacle("The connector of the old server still runs.", values)


@finder
def old_connector_is_gone(site: Site) -> Iterator[Obstacle]:
    """The connector of the old server was deleted, or went with its server."""
    if site.fact("old.deleted") or site.fact("old.removed"):
        yield Obstacle("The connector of the old server is gone.")


@finder
def synchronizes_twice(site: Site) -> Iterator[Obstacle]:
    """The old connector runs with the same address space, or what that left is there (4.8)."""
    if old_connector_runs(site) or site.fact("contacts") == "double":
        yield Obstacle("The new connector was started beside the old one.")


@finder
def mail_in_queues(site: Site) -> Iterator[Obstacle]:
    """Mail waits in the queues of the old connector while it is deleted."""
    if site.fact("old.queues") != _DRAINED and not old_connector_is_gone(site):
        yield Obstacle("The queues of the old connector were not yet empty.")


@finder
def first_without_right(site: Site) -> Iterator[Obstacle]:
    """The first Notes connector of the organization wants the right at its level (4.2)."""
    if site.choices["account"] == _RIGHT and not site.fact("org.notes_connector"):
        yield Obstacle("It is the first Notes connector of the organization, and wants its level.")
