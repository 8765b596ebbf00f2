"""What steps do: cluster.exe lines on the simulated cluster, and the effects that have no line.

Effects are interpreted here and nowhere else. An effect of `LINES` becomes cluster.exe lines
that depend on how the cluster is; one of `ACTS` does what only a wizard, Setup or a person does.
`embody` lets the cluster show what facts imply: who has which resource types, where stores mount.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from clusterlab.cluster import events as ev
from clusterlab.cluster.model import Cluster, Network, Node
from clusterlab.cluster.resource_types import MSDTC, PHYSICAL_DISK
from clusterlab.cluster.states import GroupState, NetworkRole, QuorumModel, ResourceState, Windows
from clusterlab.exchange import creation as make
from clusterlab.exchange.evs import CLUSTER_GROUP
from clusterlab.exchange.exres import INFORMATION_STORE, SYSTEM_ATTENDANT, hosted_evs
from clusterlab.exchange.resource_types import UPGRADE_COMMAND
from clusterlab.exchange.versions import EXCHANGE, VERSION, WINDOWS
from clusterlab.procedures.checks import lacks_ntlmv2, nodes_with_exchange, store_of
from clusterlab.procedures.step import EFFECTS, Site, Step, of_type
from clusterlab.procedures.upgrade_effects import UPGRADE_ACTS
from clusterlab.procedures.work import Work
from clusterlab.tomlfiles.tables import by_name

ALL_NODES = "all nodes with Exchange"
"""What the pages of possible owners recommend."""
EVENT_MINUTES = 5
"""How long the learner looks at what an event did."""


def needs_cluster(step: Step) -> bool:
    """Return whether *step* does something to a cluster that must be there."""
    return any(item not in WITHOUT_CLUSTER for item in step.does)


def lines_of(step: Step, site: Site) -> tuple[str, ...]:
    """Return the cluster.exe lines that *step* runs in this situation."""
    lines: list[str] = []
    for item in step.does:
        if item not in EFFECTS:
            lines.append(item.format_map(site.names))
        elif item in LINES and site.situation.cluster is not None:
            lines += LINES[item](site, site.situation.cluster)
    return tuple(lines)


def carry_out(work: Work, step: Step) -> None:
    """Do all that *step* does, in its order."""
    for item in step.does:
        if item not in EFFECTS:
            work.type(item.format_map(work.site.names))
        elif item in ACTS:
            ACTS[item](work)
        elif work.cluster is not None:
            for line in LINES[item](_now(work), work.cluster):
                work.type(line)


def _now(work: Work) -> Site:
    situation = replace(work.site.situation, cluster=work.cluster, facts=work.facts)
    return work.site._replace(situation=situation)


# --- effects that are lines -------------------------------------------------------------------


def _group(site: Site) -> str:
    """Return the group of the EVS: its own, unless the Cluster Group was chosen."""
    return str(site.choices.get("group") or site.fact("evs.{evs}.group", site.subject.name))


def _visit_nodes(site: Site, cluster: Cluster) -> Iterator[str]:
    start, up = cluster.owners.get(CLUSTER_GROUP), cluster.live_nodes
    for node in (*(n for n in up if n != start), *([start] if len(up) > 1 else [])):
        yield f'cluster group "{CLUSTER_GROUP}" /moveto:{node} /wait'


def _empty_node(site: Site, cluster: Cluster) -> Iterator[str]:
    node = site.subject.name
    others = [name for name in cluster.live_nodes if name != node]
    for group in cluster.groups_on(node) if node in cluster.node_states else ():
        free = [n for n in others if not any(hosted_evs(cluster, n, group))]
        is_evs = bool(of_type(cluster, SYSTEM_ATTENDANT, group))
        targets = free if is_evs and len(cluster.config.nodes) > 2 else others
        if targets:
            yield f'cluster group "{group}" /moveto:{targets[0]}'


def _create_group(site: Site, cluster: Cluster) -> Iterator[str]:
    group = _group(site)
    if group not in cluster.config.groups_by_name:
        yield f'cluster group "{group}" /create'


def _create_name(site: Site, cluster: Cluster) -> Iterator[str]:
    evs, name = site.subject.name, f"{site.subject.name} Network Name"
    kerberos = site.choices["kerberos"]
    if name not in cluster.config.resources_by_name:
        yield f'cluster res "{name}" /create /group:"{_group(site)}" /type:"Network Name"'
        yield f'cluster res "{name}" /adddep:"{evs} IP Address"'
        yield f'cluster res "{name}" /priv Name={evs} RequireDNS=1'
    if kerberos != "not offered":
        yield f'cluster res "{name}" /priv RequireKerberos={int(kerberos == "ticked")}'


def _disks(site: Site) -> list[str]:
    return [f"Disk {disk}" for disk in site.plan.evs[site.subject.number - 1].disks]


def _take_disks(site: Site, cluster: Cluster) -> Iterator[str]:
    group = _group(site)
    for disk in _disks(site):
        resource = cluster.config.resources_by_name.get(disk)
        spare = "" if resource is None else resource.group
        if spare == group:
            continue
        owner = cluster.owners.get(group)
        if spare and owner and cluster.owners[spare] != owner:
            yield f'cluster group "{spare}" /moveto:{owner} /wait'
        yield f'cluster res "{disk}" /moveto:"{group}"'
        if spare:
            yield f'cluster group "{spare}" /delete'
    for disk in (name for name in _disks(site) if "\\" in name):  # a mount point needs its root
        yield f'cluster res "{disk}" /offline /wait'
        yield f'cluster res "{disk}" /adddep:"{disk.partition(":")[0]}:"'


def _start_group(site: Site, cluster: Cluster) -> Iterator[str]:
    group, node = _group(site), site.choices["node"]
    if cluster.owners.get(group) != node and group != CLUSTER_GROUP:
        yield f'cluster group "{group}" /moveto:{node} /wait'
    is_there = group in cluster.owners
    if not is_there or cluster.group_state(group) is not GroupState.ONLINE:
        yield f'cluster group "{group}" /online /wait'


def _chosen_owners(site: Site) -> tuple[str, ...]:
    if site.choices["owners"] == ALL_NODES:
        return nodes_with_exchange(site)
    return tuple(name.strip() for name in site.choices["owners"].split(","))


def _set_owners(site: Site, cluster: Cluster) -> Iterator[str]:
    wanted = _chosen_owners(site)
    everyone = [node.name for node in cluster.config.nodes]
    for resource in cluster.config.members.get(_group(site), ()):
        owners = everyone if resource.possible_owners is None else resource.possible_owners
        for node in wanted:
            if node not in owners:
                yield f'cluster res "{resource.name}" /addowner:{node}'
        for node in owners:
            if node not in wanted:
                yield f'cluster res "{resource.name}" /removeowner:{node}'


def _set_failback(site: Site, cluster: Cluster) -> Iterator[str]:
    value = int(site.choices["failback"] == "immediately")
    yield f'cluster group "{_group(site)}" /prop AutoFailbackType={value}'


def _start_msdtc(site: Site, cluster: Cluster) -> Iterator[str]:
    for resource in of_type(cluster, MSDTC.name):
        if cluster.resource_states[resource.name] is not ResourceState.ONLINE:
            yield f'cluster res "{resource.name}" /online /wait'


def _test_failover(site: Site, cluster: Cluster) -> Iterator[str]:
    group = _group(site)
    home, is_large = cluster.owners.get(group, site.names["home"]), len(cluster.config.nodes) > 2
    free = [
        node
        for node in cluster.live_nodes
        if node != home and not (is_large and any(hosted_evs(cluster, node, group)))
    ]
    for node in (*free, *([home] if free else [])):
        yield f'cluster group "{group}" /moveto:{node} /wait'


def _add_protocol(site: Site, cluster: Cluster) -> Iterator[str]:
    protocol, evs = site.choices["protocol"], site.subject.name
    name = f"Exchange {protocol} Virtual Server Instance - ({evs})"
    attendant = _attendant(cluster, _group(site), evs)
    if name not in cluster.config.resources_by_name:
        type_name = f"Microsoft Exchange {protocol} Server Instance"
        yield f'cluster res "{name}" /create /group:"{_group(site)}" /type:"{type_name}"'
        yield f'cluster res "{name}" /adddep:"{attendant}"'
        yield f'cluster res "{name}" /prop RestartAction=1'
    yield f'cluster res "{name}" /online /wait'


def _attendant(cluster: Cluster, group: str, evs: str) -> str:
    """Return the name of the System Attendant of a group, or what it would be called."""
    names = [item.name for item in of_type(cluster, SYSTEM_ATTENDANT, group)]
    return names[0] if names else f"Exchange System Attendant ({evs})"


def _leave_group(site: Site, cluster: Cluster) -> Iterator[str]:
    group = _group(site)
    taken = cluster.config.groups_by_name
    free = (name for number in range(99) if (name := f"Group {number}") not in taken)
    for resource in cluster.config.members.get(group, ()):
        if resource.type.name == PHYSICAL_DISK.name and group != CLUSTER_GROUP:
            spare = next(free)
            yield f'cluster group "{spare}" /create'
            if cluster.owners.get(CLUSTER_GROUP) != cluster.owners[group]:
                yield f'cluster group "{spare}" /moveto:{cluster.owners[group]} /wait'
            yield f'cluster res "{resource.name}" /moveto:"{spare}"'
    if group != CLUSTER_GROUP:
        yield f'cluster group "{group}" /delete'


def _delete_name(site: Site, cluster: Cluster) -> Iterator[str]:
    evs, members = site.subject.name, cluster.config.resources_by_name
    for name in (f"{evs} Network Name", f"{evs} IP Address"):
        if name in members:
            yield f'cluster res "{name}" /offline /wait'
            yield f'cluster res "{name}" /delete'


def _delete_msdtc(site: Site, cluster: Cluster) -> Iterator[str]:
    for resource in of_type(cluster, MSDTC.name):
        yield f'cluster res "{resource.name}" /offline /wait'
        yield f'cluster res "{resource.name}" /delete'


def _attendant_offline(site: Site, cluster: Cluster) -> Iterator[str]:
    for resource in of_type(cluster, SYSTEM_ATTENDANT, _group(site)):
        if cluster.resource_states[resource.name] is not ResourceState.OFFLINE:
            yield f'cluster res "{resource.name}" /offline /wait'


def _move_there(site: Site, cluster: Cluster) -> Iterator[str]:
    group, node = _group(site), site.choices["node"]
    if cluster.owners.get(group) != node:
        yield f'cluster group "{group}" /moveto:{node} /wait'


def _own_group(site: Site, cluster: Cluster) -> Iterator[str]:
    evs = site.subject.name
    if evs not in cluster.config.groups_by_name:
        yield f'cluster group "{evs}" /create'
    for name in (*_disks(site), f"{evs} IP Address"):
        resource = cluster.config.resources_by_name.get(name)
        if resource is not None and resource.group == CLUSTER_GROUP:
            yield f'cluster res "{name}" /moveto:"{evs}"'


LINES: Mapping[str, Callable[[Site, Cluster], Iterator[str]]] = by_name(
    _visit_nodes, _empty_node, _create_group, _create_name, _take_disks, _start_group,
    _set_owners, _set_failback, _test_failover, _start_msdtc, _move_there, _add_protocol,
    _leave_group, _delete_name, _delete_msdtc, _attendant_offline, _own_group,
)  # fmt: skip
"""Effects that are cluster.exe lines, which depend on how the cluster is."""


# --- effects without a line -------------------------------------------------------------------


def _power_one_node(work: Work) -> None:
    for node in work.site.plan.nodes:
        is_on = node.name == work.site.subject.name
        work.facts[f"node.{node.name}.powered"] = is_on


_ROLES = (("Private", NetworkRole.ALL), ("Public", NetworkRole.ALL))
"""How the wizard finds the networks; C04 sets their roles."""


def _form_cluster(work: Work) -> None:
    site = work.site
    is_local = work.facts.get("cluster.quorum") == "Local Quorum"
    letters = () if is_local else [disk for evs in site.plan.evs for disk in evs.disks]
    work.cluster = make.formed_cluster(
        site.plan.nodes[0].name,
        name=site.plan.cluster,
        quorum=QuorumModel.LOCAL if is_local else QuorumModel.SHARED_DISK,
        disks=tuple(f"Disk {letter}" for letter in letters),
        networks=tuple(Network(name=name, role=role) for name, role in _ROLES),
        windows=site.plan.windows,
        version=site.plan.exchange,
    )
    address = {"Address": site.plan.address, "SubnetMask": site.names["mask"], "network": "Public"}
    work.configure("Cluster IP Address", private=address)
    work.configure("Cluster Name", private={"Name": site.plan.cluster})


def _join_node(work: Work) -> None:
    work.start_service(work.site.subject.name)


def _restart_service(work: Work) -> None:
    node = work.site.subject.name
    if work.cluster is None or node not in work.built.node_states:
        return
    work.stop_service(node)
    work.send(ev.StartNode(node))


def _create_attendant(work: Work) -> None:
    site, group, evs = _now(work), _group(_now(work)), work.site.subject.name
    work.built.config.group_name(group)
    owners = _chosen_owners(site)
    everyone = tuple(node.name for node in work.built.config.nodes)
    event = make.attendant_event(work.built.config, group, None if owners == everyone else owners)
    disks = [r.name for r in work.built.config.members[group] if r.type.name == PHYSICAL_DISK.name]
    needs = (f"{evs} Network Name", *disks)
    name = _attendant(work.built, "", evs)
    work.send(type(event)(name, event.type, group, needs, event.possible_owners))
    store = store_of(work.built, group)
    if store is not None:
        work.configure(store.name, private={**store.private, "storage_groups": 1})
    _name_version(work, name)
    _note_data(work)


def _name_version(work: Work, attendant: str) -> None:
    """Give an EVS the version of the node on which its System Attendant was created.

    A group on a node without Exchange takes that of the first possible owner: the wizard runs where
    Exchange is.
    """
    resource = work.built.config.resources_by_name[attendant]
    nodes = work.built.config.nodes_by_name
    places = (work.built.owners[resource.group], *(resource.possible_owners or nodes))
    versions = (nodes[name].installed.get(EXCHANGE) for name in places)
    version = next((text for text in versions if text is not None), None)
    if version is not None:
        work.configure(attendant, private={**resource.private, VERSION: version})


def _apply_pack(work: Work) -> None:
    """Put a service pack on a node; it replaces the one before."""
    node = work.site.subject.name
    there = work.built.config.nodes_by_name[node].installed
    product = there[EXCHANGE].partition(" ")[0]
    version = f"{product} {work.site.choices['pack']}"
    work.configure(node, installed={**there, EXCHANGE: version})


def _place_stores(work: Work) -> None:
    site = work.site
    store = store_of(work.built, _group(_now(work)))
    count = site.plan.evs[site.subject.number - 1].storage_groups
    if store is not None:
        private = {**store.private, "storage_groups": count}
        work.send(ev.SetProperties(store.name, {"private": private}))
    _note_data(work)


def _note_data(work: Work) -> None:
    """Keep on which node the stores lie, if their path is on a local disk (M17)."""
    evs, data = work.site.subject.name, str(work.site.choices.get("data", ""))
    own = work.site.plan.evs[work.site.subject.number - 1].disks
    group = _group(_now(work))
    work.facts[f"evs.{evs}.data_on"] = None
    if data[:2] not in own:
        work.facts[f"evs.{evs}.data_on"] = work.built.owners.get(group)


def _remove_evs(work: Work) -> None:
    for name in make.removal_order(work.built.config, _group(_now(work))):
        work.send(ev.DeleteResource(name))
    work.facts[f"evs.{work.site.subject.name}.object"] = work.facts.get(
        f"evs.{work.site.subject.name}.orphan", False
    )


def _evict_node(work: Work) -> None:
    if len(work.built.config.nodes) == 1:
        work.undone += ["install/C01@N1", "install/C03", "install/C04", "install/C05"]
        return _destroy_cluster(work)
    event = ev.EvictNode(work.site.subject.name)
    work.send(event)
    return after_event(work, event)


def _destroy_cluster(work: Work) -> None:
    work.cluster = None
    work.facts["cluster.quorum"] = work.facts["cluster.formed"] = None


def _upgrade_evs(work: Work) -> None:
    """Go forward where it is: address, name and disks online, the command, online (4.5.2)."""
    site = _now(work)
    group = _group(site)
    for line in _attendant_offline(site, work.built):
        work.type(line)
    attendant = _attendant(work.built, group, site.subject.name)
    resource = work.built.config.resources_by_name[attendant]
    for name in work.built.config.needs_of(resource):
        if work.built.resource_states[name] is not ResourceState.ONLINE:
            work.type(f'cluster res "{name}" /online /wait')
    work.send(ev.ChooseCommand(attendant, UPGRADE_COMMAND))
    work.wait(work.built.config.durations["evs_upgrade"])
    work.type(f'cluster group "{group}" /online /wait')


ACTS: Mapping[str, Callable[[Work], None]] = UPGRADE_ACTS | by_name(
    _power_one_node, _form_cluster, _join_node, _restart_service, _create_attendant,
    _place_stores, _remove_evs, _evict_node, _destroy_cluster, _apply_pack, _upgrade_evs,
)  # fmt: skip
"""Effects of wizards, Setup and people, which have no line."""


WITHOUT_CLUSTER = ("power_one_node", "form_cluster", "build_cluster")
"""Effects that need no cluster."""


# --- what facts imply -------------------------------------------------------------------------


def embody(work: Work) -> None:
    """Let the cluster be as the facts are: what nodes have, paths, services.

    That a node has the types now is an event: a group that waited for such a node starts there.
    """
    if work.cluster is None:
        return
    for node in work.cluster.config.nodes:
        has_types = work.facts.get(f"node.{node.name}.exchange") == "cluster"
        missing = (
            frozenset[str]() if has_types else make.missing_exchange_types(work.site.plan.exchange)
        )
        if node.missing_types != missing:
            work.send(ev.SetProperties(node.name, {"missing_types": missing}))
        fault = _service_fault(work, node)
        if node.service_fault != fault:
            work.configure(node.name, service_fault=fault)
        installed = _installed(work, node, has_types)
        if node.installed != installed:
            work.configure(node.name, installed=installed)
    for resource in work.built.config.resources:
        defective = _defective_on(work, resource.type.name, resource.group)
        if defective is not None and resource.defective_on != defective:
            work.configure(resource.name, defective_on=tuple(sorted(defective)))


def _service_fault(work: Work, node: Node) -> str:
    """Return what keeps the Cluster service of a node from starting (G09; 5.7)."""
    is_demanded = work.facts.get("cluster.before_template") == "nothing"
    if not is_demanded or not work.facts.get("cluster.hardened"):
        return ""
    is_stopped = lacks_ntlmv2(work.site, node.name)
    return "NTLMv2 is demanded, and it has neither SP1 nor hotfix 890761" if is_stopped else ""


def _installed(work: Work, node: Node, has_types: bool) -> Mapping[str, str]:
    """Return what a node has: no Exchange without its types, and the Windows it was given (N01)."""
    keep = {key: value for key, value in node.installed.items() if key != EXCHANGE or has_types}
    key = f"node.{node.name}.pack"
    pack = work.facts.get(key)
    if pack is None or (WINDOWS in keep and pack == work.site.situation.facts.get(key)):
        return keep  # An upgrade of Windows is not taken back by what was installed once.
    product = "2003" if work.site.plan.windows >= Windows.WS2003 else "2000"
    return {**keep, WINDOWS: product if pack == "none" else f"{product} {pack}"}


def _defective_on(work: Work, type_name: str, group: str) -> frozenset[str] | None:
    """Return the nodes where a resource of an EVS cannot come online; None if facts say nothing."""
    nodes = [node.name for node in work.built.config.nodes]
    evs = _evs_in(work, group)
    if type_name == INFORMATION_STORE:
        alone = work.facts.get(f"evs.{evs}.data_on")
        return frozenset(nodes) - {alone} if alone else frozenset()
    if type_name == "Microsoft Exchange HTTP Server Instance":
        disabled = [n for n in nodes if work.facts.get(f"node.{n}.www") == "disabled"]
        return frozenset(disabled) if any(f"node.{n}.www" in work.facts for n in nodes) else None
    if type_name == "Microsoft Exchange SMTP Server Instance":
        lost = frozenset(n for n in nodes if work.facts.get(f"node.{n}.smtp_lost"))
        return lost if any(f"node.{n}.smtp_lost" in work.facts for n in nodes) else None
    for protocol in ("IMAP4", "POP3"):
        if type_name == f"Microsoft Exchange {protocol} Server Instance":
            is_manual = work.facts.get(f"evs.{evs}.{protocol}") == "Manual on every node"
            if work.facts.get("cluster.hardened_early"):
                return frozenset(nodes)
            return frozenset() if is_manual else frozenset(nodes) - {work.built.owners[group]}
    return None


def _evs_in(work: Work, group: str) -> str:
    for evs in work.site.plan.evs:
        if work.facts.get(f"evs.{evs.name}.group", evs.name) == group:
            return evs.name
    return group


def after_event(work: Work, event: ev.Event) -> None:
    """Keep in the facts what an event means for the procedure: who is in the cluster."""
    if isinstance(event, ev.EvictNode):
        number = _number(work, event.node)
        key = f"node.{event.node}.exchange"
        if work.facts.get(key) == "cluster":
            work.facts[key] = "left over"
        work.undone += [f"install/{step}@N{number}" for step in ("C02", "X03", "X04", "X05")]
    if isinstance(event, ev.AddNode):
        work.facts[f"node.{event.node}.powered"] = True
    if isinstance(event, ev.DeleteResource) and not of_type(work.built, MSDTC.name):
        work.undone += ["install/C06", "install/C07"]


def _number(work: Work, name: str) -> int:
    names = [node.name for node in work.site.plan.nodes]
    return names.index(name) + 1 if name in names else 0
