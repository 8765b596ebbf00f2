"""What is looked at before a step: predicates over a `Site`, in the words of handbook 3, 8 to 10.

Each returns what it found, or None. They are module-level functions or frozen values, so that
steps can be compared and pickled.
"""

from __future__ import annotations

from clusterlab.cluster.model import Cluster, Resource
from clusterlab.cluster.resource_types import MSDTC, NETWORK_NAME
from clusterlab.cluster.states import MEMBER_STATES, NodeState, ResourceState, Windows
from clusterlab.exchange.exres import (
    INFORMATION_STORE,
    NODES_THAT_MAY_SHARE,
    SYSTEM_ATTENDANT,
    hosted_evs,
)
from clusterlab.exchange.versions import (
    EXCHANGE,
    ExchangeVersion,
    FitResult,
    evs_version,
    fit,
    fit_on,
    node_version,
)
from clusterlab.procedures.plan import most_evs
from clusterlab.procedures.step import Obstacle, Site, finder, of_type

ALL_COMPONENTS = ("SMTP", "NNTP", "World Wide Web", "ASP.NET")
"""What Setup asks for on Windows Server 2003 (handbook 3, 1.8)."""
COMPONENTS_FIELD = "SMTP_/_NNTP_/_World_Wide_Web_/_ASP.NET"
"""What stands for the component in the text of ERR-COMPONENT."""
COMPONENTS_2000 = ALL_COMPONENTS[:3]
"""On Windows 2000 Setup installs ASP.NET itself (handbook 3, 1.8)."""


# --- before there is a cluster ----------------------------------------------------------------


@finder
def schema_on_its_way(site: Site) -> Obstacle | None:
    """ForestPrep ran, and its result has not arrived everywhere (M03)."""
    if not site.fact("forest.schema") or site.fact("forest.schema_replicated"):
        return None
    return Obstacle("ForestPrep ran, and replication is not over.", {"dc": "in use here"})


@finder
def two_nodes_on(site: Site) -> Obstacle | None:
    """Two nodes without a Cluster service run beside shared disks that are on (M05; 2.1)."""
    is_on = site.fact("storage.on") or "powered" in site.choices
    powered = [n.name for n in site.plan.nodes if site.fact(f"node.{n.name}.powered", True)]
    if site.choices.get("powered") == "all nodes":
        powered = [node.name for node in site.plan.nodes]
    elif "powered" in site.choices:
        return None
    if site.situation.cluster is not None or not is_on or len(powered) < NODES_THAT_MAY_SHARE:
        return None
    return Obstacle(f"{' and '.join(powered)} run, the disks are on, and no Cluster service is.")


@finder
def no_shared_disk(site: Site) -> Obstacle | None:
    """The wizard sees no disk that it could use for the quorum (M06; 2.4)."""
    if site.choices.get("storage", "on") != "on":
        because = f"The shared disks are {site.choices['storage']}; a Local Quorum is made."
        return Obstacle(because, subjects=("",))
    if site.fact("storage.disks") == "dynamic":
        return Obstacle("The shared disks are dynamic; a Local Quorum is made.", subjects=("",))
    return None


# --- the cluster as it is ---------------------------------------------------------------------


def _cluster(site: Site) -> Cluster | None:
    return site.situation.cluster


def _up(cluster: Cluster) -> list[str]:
    return [node for node in cluster.node_states if cluster.is_live(node)]


@finder
def no_cluster_runs(site: Site) -> Obstacle | None:
    """No node of the cluster is Up, so nobody can let another one in."""
    cluster = _cluster(site)
    if cluster is None or _up(cluster):
        return None
    return Obstacle("Its Cluster service is not running.", {"name": site.plan.cluster})


@finder
def has_local_quorum(site: Site) -> Obstacle | None:
    """A cluster with a Local Quorum stays a one-node cluster (M06)."""
    cluster = _cluster(site)
    if cluster is None or cluster.config.quorum != "Local Quorum":
        return None
    return Obstacle(
        f"C01 saw no shared disk, so {site.plan.cluster} has a Local Quorum and stays a cluster "
        "of one node.",
        {"local_quorum_resource_name": "Local Quorum"},
    )


@finder
def service_is_down(site: Site) -> Obstacle | None:
    """The Cluster service of the node does not run (3.4, row 6)."""
    cluster, node = _cluster(site), site.subject.name
    if cluster is None or node not in cluster.node_states:
        return None  # not in a cluster: that is another mistake (M07)
    state = cluster.node_states[node]
    if state in MEMBER_STATES and cluster.is_live(node):
        return None
    return Obstacle(f"{node} is {state.value}.")


@finder
def no_msdtc(site: Site) -> Obstacle | None:
    """There is no MSDTC resource, or it is not Online (M08, M27; 3.4, row 7)."""
    cluster = _cluster(site)
    if cluster is None:
        return None
    resources = of_type(cluster, MSDTC.name)
    if not resources:
        return Obstacle(f"Cluster {site.plan.cluster} has no MSDTC.")
    state = cluster.resource_states[resources[0].name]
    return None if state is ResourceState.ONLINE else Obstacle(f"MSDTC is {state.value}.")


@finder
def owns_groups(site: Site) -> Obstacle | None:
    """The node still owns groups; a cluster of one node is exempt (M11)."""
    cluster, node = _cluster(site), site.subject.name
    if cluster is None or node not in cluster.node_states or len(_up(cluster)) == 1:
        return None
    groups = cluster.groups_on(node)
    return Obstacle(f"{node} owns {', '.join(groups)}.") if groups else None


# --- Setup and service packs ------------------------------------------------------------------


@finder
def component_missing(site: Site) -> Obstacle | None:
    """A Windows component that Setup demands is not there (M09; 1.8)."""
    is_2003 = site.plan.windows >= Windows.WS2003
    installed = str(site.fact("node.{node}.components", ""))
    wanted = ALL_COMPONENTS if is_2003 else COMPONENTS_2000
    missing = [part for part in wanted if part not in installed.split(", ")]
    if not missing:
        return None
    names = ", ".join(missing)
    verb = "is" if len(missing) == 1 else "are"
    return Obstacle(f"{names} {verb} missing on {site.subject.name}.", {COMPONENTS_FIELD: names})


@finder
def too_many_evs(site: Site) -> Obstacle | None:
    """As many EVSs as nodes, or more, where three or more nodes have Exchange (M20; 1.3)."""
    nodes = [n.name for n in site.plan.nodes if site.fact(f"node.{n.name}.exchange") == "cluster"]
    count = len({*nodes, site.subject.name})
    cluster = _cluster(site)
    existing = 0 if cluster is None else len(of_type(cluster, SYSTEM_ATTENDANT))
    if count <= NODES_THAT_MAY_SHARE or existing <= count - 1:
        return None
    return _too_many(count, existing)


@finder
def no_room_for_evs(site: Site) -> Obstacle | None:
    """One more EVS would be too many for the configured nodes (M20; 1.3)."""
    cluster = _cluster(site)
    if cluster is None:
        return None
    nodes = len(cluster.config.nodes)
    existing = len(of_type(cluster, SYSTEM_ATTENDANT))
    return _too_many(nodes, existing) if existing >= most_evs(nodes) else None


def _too_many(nodes: int, existing: int) -> Obstacle:
    verb = "EVS exists" if existing == 1 else "EVSs exist"
    return Obstacle(
        f"{existing} {verb} on {nodes} nodes.", {"n": str(nodes), "n-1": str(most_evs(nodes))}
    )


@finder
def wrong_path(site: Site) -> Obstacle | None:
    """The drive is shared, or another one than on the other nodes (M12, M13)."""
    drive = site.choices["drive"]
    shared = {site.plan.quorum_disk, *(disk for evs in site.plan.evs for disk in evs.disks)}
    if drive in shared:
        return Obstacle(f"{drive} is a shared disk.", {"drive": drive})
    others = {
        str(there): node.name
        for node in site.plan.nodes
        if node.name != site.subject.name and (there := site.fact(f"node.{node.name}.drive"))
    }
    if not others or drive in others:
        return None
    there, node = next(iter(others.items()))
    return Obstacle(f"{node} has Exchange on {there}.", {"drive": drive})


@finder
def pack_too_old(site: Site) -> Obstacle | None:
    """Windows 2000 without Service Pack 4 (3.4, row 11)."""
    if site.plan.windows >= Windows.WS2003 or site.fact("node.{node}.pack") == "SP4":
        return None
    return Obstacle(f"{site.subject.name} has {site.fact('node.{node}.pack')}.")


@finder
def hotfix_missing(site: Site) -> Obstacle | None:
    """An older Windows Server 2003 needs a hotfix before the service pack (M26; 1.1)."""
    pack = site.fact("node.{node}.pack")
    is_2003 = site.plan.windows >= Windows.WS2003
    if not is_2003 or pack == "SP2" or site.fact("node.{node}.hotfix"):
        return None
    hotfix = "831464" if pack == "none" else "for network connectivity"
    because = f"{site.subject.name} runs Windows Server 2003 with service pack {pack}."
    return Obstacle(because.replace(" with service pack none", " without SP1"), {"831464": hotfix})


# --- the EVS ----------------------------------------------------------------------------------


@finder
def name_is_online(site: Site) -> Obstacle | None:
    """The Network Name is Online, so Kerberos cannot be ticked (M18)."""
    cluster = _cluster(site)
    if cluster is None or site.choices["kerberos"] != "ticked":
        return None
    for item in of_type(cluster, NETWORK_NAME.name, site.subject.name):
        if cluster.resource_states[item.name] is not ResourceState.OFFLINE:
            return Obstacle(f"{item.name} is {cluster.resource_states[item.name].value}.")
    return None


@finder
def no_computer_object(site: Site) -> Obstacle | None:
    """The Cluster service account may not create a computer object (M19)."""
    rights = site.fact("account.objects", "")
    is_asked = site.fact("evs.{evs}.kerberos") == "ticked"
    if not is_asked or rights == "may create them":
        return None
    because = f"{site.plan.service_account}: {rights}."
    return Obstacle(because, {"evs": site.subject.name})


@finder
def half_made(site: Site) -> Obstacle | None:
    """The name or a disk of the EVS is not there (10.2: E06 needs E05)."""
    done = site.situation.done
    missing = [f"{s}@{site.subject.mark}" for s in ("E02", "E03", "E04")]
    missing = [key for key in missing if f"install/{key}" not in done]
    if not missing:
        return None
    return Obstacle(f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not done.")


@finder
def no_exchange_anywhere(site: Site) -> Obstacle | None:
    """No node has Exchange, so the type is not in the list (M14)."""
    if nodes_with_exchange(site):
        return None
    return Obstacle(f"No node of {site.plan.cluster} has Exchange.")


def nodes_with_exchange(site: Site) -> tuple[str, ...]:
    """Return the names of the nodes on which Setup registered the resource types."""
    return tuple(
        node.name
        for node in site.plan.nodes
        if site.fact(f"node.{node.name}.exchange") == "cluster"
    )


@finder
def occupied(site: Site) -> Obstacle | None:
    """The node of the EVS hosts another one, with three or more nodes configured (M20)."""
    cluster, evs = _cluster(site), site.subject.name
    if cluster is None or evs not in cluster.owners:
        return None
    node = cluster.owners[evs]
    other = next(hosted_evs(cluster, node, evs), None)
    if other is None or len(cluster.config.nodes) <= NODES_THAT_MAY_SHARE:
        return None
    return Obstacle(f"{node} already runs {other}.")


@finder
def moved_to_occupied(site: Site) -> Obstacle | None:
    """The test moves the EVS to a node that hosts another one (M20)."""
    cluster, evs = _cluster(site), site.subject.name
    if cluster is None or site.choices["target"] != "a node with an EVS":
        return None
    for node in cluster.node_states:
        other = next(hosted_evs(cluster, node, evs), None)
        if other and len(cluster.config.nodes) > NODES_THAT_MAY_SHARE:
            return Obstacle(f"{node} already runs {other}.")
    return None


_RUNS = (FitResult.ONLINE, FitResult.UPGRADES_ITSELF)
"""What may come of an attempt to bring a System Attendant online."""


def _attendant(site: Site, evs: str = "") -> Resource | None:
    """Return the System Attendant of an EVS, that of the step if none is named, if it has one."""
    cluster, name = _cluster(site), evs or site.subject.name
    group = site.situation.facts.get(f"evs.{name}.group") or name
    return None if cluster is None else next(iter(of_type(cluster, SYSTEM_ATTENDANT, group)), None)


def _misfits(site: Site, *nodes: str) -> list[str]:
    """Return those of *nodes* on which the EVS cannot come online, with their Exchange."""
    cluster, attendant = _cluster(site), _attendant(site)
    if cluster is None or attendant is None:
        return []
    rows = {node: fit_on(cluster, attendant, node) for node in nodes}
    wrong = [node for node, row in rows.items() if row is not None and row.result not in _RUNS]
    here = {node.name: node.installed.get(EXCHANGE) for node in cluster.config.nodes}
    return [f"{node} has {here[node] or 'no Exchange'}" for node in wrong]


def _version_of(site: Site, evs: str = "") -> ExchangeVersion | None:
    attendant = _attendant(site, evs)
    return None if attendant is None else evs_version(attendant)


@finder
def other_version(site: Site) -> Obstacle | None:
    """The EVS has another version than the node it is on (M24, M25; handbook 4, 4.0.3)."""
    cluster, attendant = _cluster(site), _attendant(site)
    if cluster is None or attendant is None:
        return None
    return _differing(site, cluster.owners[attendant.group])


@finder
def foreign_version(site: Site) -> Obstacle | None:
    """Some node has another version than the EVS (M24, M25; handbook 4, 4.0.3)."""
    return _differing(site, *nodes_with_exchange(site))


def _differing(site: Site, *nodes: str) -> Obstacle | None:
    wrong, version = _misfits(site, *nodes), _version_of(site)
    if not wrong or version is None:
        return None
    because = f"{', '.join(wrong)}; {site.subject.name} has {version.value}."
    return Obstacle(because, {"name": site.subject.name})


@finder
def older_evs(site: Site) -> Obstacle | None:
    """EVSs exist, and stay at the version they were made with (M25)."""
    cluster = _cluster(site)
    if cluster is None or site.subject.name not in cluster.config.nodes_by_name:
        return None
    here = node_version(cluster.config.nodes_by_name[site.subject.name])
    if here is None:
        return None
    pack = ExchangeVersion(f"{here.product} {site.choices['pack']}")
    versions = {evs.name: _version_of(site, evs.name) for evs in site.plan.evs}
    has = {evs: v.value for evs, v in versions.items() if v and fit(v, pack).result not in _RUNS}
    if not has:
        return None
    return Obstacle(
        f"{', '.join(f'{evs} has {version}' for evs, version in has.items())}, which does not come "
        f"online on {site.subject.name} with {pack.value}.",
        {"name": next(iter(has))},
        tuple(has),
    )


@finder
def missing_owner(site: Site) -> Obstacle | None:
    """A node of the cluster cannot run every resource of the EVS (M15)."""
    cluster, evs = _cluster(site), site.subject.name
    if cluster is None or evs not in cluster.config.groups_by_name:
        return None
    possible = cluster.config.possible_owners[evs]
    missing = [node.name for node in cluster.config.nodes if node.name not in possible]
    if not missing:
        return None
    return Obstacle(f"{', '.join(missing)} cannot run every resource of {evs}.")


@finder
def local_data(site: Site) -> Obstacle | None:
    """The stores lie on a local disk of one node (M17)."""
    path = str(site.fact("evs.{evs}.data", ""))
    shared = {disk for evs in site.plan.evs for disk in evs.disks}
    if not path or path[:2] in shared:
        return None
    return Obstacle(f"{path} is on one node only.", {"evs": site.subject.name, "path": path})


@finder
def local_choice(site: Site) -> Obstacle | None:
    """The data directory that was chosen is not on a disk of the EVS (M17)."""
    path = site.choices["data"]
    own = site.plan.evs[site.subject.number - 1].disks
    if path[:2] in own:
        return None
    because = f"{path} is not on a disk of {site.subject.name}."
    return Obstacle(because, {"evs": site.subject.name, "path": path})


def store_of(cluster: Cluster, evs: str) -> Resource | None:
    """Return the Information Store of an EVS, if it has one."""
    return next(iter(of_type(cluster, INFORMATION_STORE, evs)), None)


# --- removing ---------------------------------------------------------------------------------


@finder
def roles_left(site: Site) -> Obstacle | None:
    """Something of handbook 3, 6.1 still stands against the removal of the EVS."""
    left = str(site.fact("evs.{evs}.left", "mailboxes and roles"))
    if left == "nothing" or site.choices.get("method") == "Delete":
        return None
    because = f"{site.subject.name} still has {left}."
    known = f", {_POSTMASTER_LEFT}: move the postmaster account" if "postmaster" in left else ""
    log = rf"the last ScPRQ name of the log in %SystemRoot%\Cluster says so{known}"
    return Obstacle(because, {"condition_of_6.1": f"it still has {left}; {log}"})


_POSTMASTER_LEFT = "ScPRQ_ServerIsNotHomeServerForPostmasterOfNonEmptyOrg"
"""The only condition whose name in the log is sourced (handbook 3, 6.1)."""


@finder
def evs_needs_node(site: Site) -> Obstacle | None:
    """Without this node the EVSs would be too many for the nodes that are left."""
    cluster = _cluster(site)
    if cluster is None:
        return None
    existing = len(of_type(cluster, SYSTEM_ATTENDANT))
    left = len([node for node in nodes_with_exchange(site) if node != site.subject.name])
    if not existing or (left and existing <= most_evs(left)):
        return None
    return Obstacle(f"{existing} EVSs exist, and {left} nodes with Exchange would be left.")


@finder
def node_can_go(site: Site) -> Obstacle | None:
    """The nodes that stay are enough for the EVSs, so this one may go alone (6.2, R07)."""
    if evs_needs_node(site) is not None:
        return None
    return Obstacle(f"The other nodes are enough without {site.subject.name}.")


@finder
def goes_alone(site: Site) -> Obstacle | None:
    """EVSs stay on the other nodes, so this is no removal of all nodes, one after the other."""
    cluster = _cluster(site)
    if cluster is None or not of_type(cluster, SYSTEM_ATTENDANT):
        return None
    return node_can_go(site)


@finder
def is_down(site: Site) -> Obstacle | None:
    """The node is Down already, by whatever way."""
    cluster, node = _cluster(site), site.subject.name
    if cluster is None or cluster.node_states.get(node) is not NodeState.DOWN:
        return None
    return Obstacle(f"{node} is Down.")


@finder
def leaves_others(site: Site) -> Obstacle | None:
    """The node is Down, and others stay in the cluster: it is not the last of a removal."""
    cluster = _cluster(site)
    if is_down(site) is None or cluster is None or len(cluster.config.nodes) == 1:
        return None
    return Obstacle(f"{site.subject.name} is Down, and other nodes stay in the cluster.")


# --- ways back --------------------------------------------------------------------------------


@finder
def no_member(site: Site) -> Obstacle | None:
    """There is a cluster, and the node is not in it: it was evicted."""
    cluster, node = _cluster(site), site.subject.name
    if cluster is None or node in cluster.node_states:
        return None
    return Obstacle(f"{node} is not in the cluster.")


@finder
def no_local_quorum(site: Site) -> Obstacle | None:
    """Nothing to destroy: the cluster has no Local Quorum."""
    if has_local_quorum(site) is not None:
        return None
    return Obstacle(f"{site.plan.cluster} has no Local Quorum.")


@finder
def no_older_evs(site: Site) -> Obstacle | None:
    """Nothing to upgrade: the node of the EVS has no newer version, or there is no EVS."""
    cluster, attendant = _cluster(site), _attendant(site)
    if cluster is not None and attendant is not None:
        row = fit_on(cluster, attendant, cluster.owners[attendant.group])
        if row is not None and row.result is FitResult.NEEDS_COMMAND:
            return None
    return Obstacle(f"The node of {site.subject.name} has no newer Exchange than it.")


@finder
def not_in_cluster_group(site: Site) -> Obstacle | None:
    """Nothing to move out, or too late: the System Attendant cannot leave its group (M31)."""
    cluster, evs = _cluster(site), site.subject.name
    if site.fact("evs.{evs}.group") != "Cluster Group" or cluster is None:
        return Obstacle(f"{evs} is not in the Cluster Group.")
    if of_type(cluster, SYSTEM_ATTENDANT, "Cluster Group"):
        return Obstacle(f"{evs} has its System Attendant, which cannot change its group.")
    return None


# --- while the Notes connector moves (handbook 4, 4.8) --------------------------------------------

_DRAINED = "wait until they are empty"
_RIGHT = "Exchange Full Administrator of the administrative group"


@finder
def old_connector_runs(site: Site) -> Obstacle | None:
    """The connector of the old server was neither stopped nor removed."""
    if any(site.fact(key) for key in ("old.stopped", "old.deleted", "old.removed")):
        return None
    values = {"X": "The clean-up", "Y": "NC-05"}
    return Obstacle("The connector of the old server still runs.", values)


@finder
def old_connector_is_gone(site: Site) -> Obstacle | None:
    """The connector of the old server was deleted, or went with its server."""
    if site.fact("old.deleted") or site.fact("old.removed"):
        return Obstacle("The connector of the old server is gone.")
    return None


@finder
def synchronizes_twice(site: Site) -> Obstacle | None:
    """The old connector runs with the same address space, or what that left is there (4.8)."""
    if not old_connector_runs(site) and site.fact("contacts") != "double":
        return None
    return Obstacle("The new connector was started beside the old one.")


@finder
def mail_in_queues(site: Site) -> Obstacle | None:
    """Mail waits in the queues of the old connector while it is deleted."""
    if site.fact("old.queues") == _DRAINED or old_connector_is_gone(site):
        return None
    return Obstacle("Nobody has waited until the queues of the old connector were empty.")


@finder
def first_without_right(site: Site) -> Obstacle | None:
    """The first Notes connector of the organization wants the right at its level (4.2)."""
    if site.choices["account"] != _RIGHT or site.fact("org.notes_connector"):
        return None
    return Obstacle("It is the first Notes connector of the organization, and wants its level.")
