"""Where upgrades begin: the client's cluster before anything was done (handbook 4, 4.3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from clusterlab.cluster.model import Cluster, ClusterConfig, Group, Node
from clusterlab.cluster.resting import cluster_from
from clusterlab.cluster.states import Windows
from clusterlab.exchange import evs as ex
from clusterlab.exchange.creation import missing_exchange_types
from clusterlab.exchange.evs import CLUSTER_GROUP
from clusterlab.exchange.versions import ExchangeVersion, NodeWindows, installed, with_versions
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.step import Situation
from clusterlab.procedures.upgrade_checks import TARGET

RESTART = "restart the node"
"""Choice after a hotfix: what is done unless its text says otherwise (handbook 4, 4.3.9)."""


def running_cluster(plan: Plan, exchange: ExchangeVersion, windows: NodeWindows) -> Cluster:
    """Return the cluster of a plan at rest, each EVS on its home.

    The Cluster Group is on the last node without an EVS, as far as there is one.

    Example:
        >>> plan = Plan.standard(nodes=2, evs=1, windows=Windows.W2K)
        >>> running_cluster(plan, ExchangeVersion.E2000_SP3, NodeWindows.W2000_SP4).owners
        {'Cluster Group': 'NODE2', 'EVS1': 'NODE1'}
    """
    version = int(exchange.product)
    resources = list(ex.cluster_group_resources())
    for index, evs in enumerate(plan.evs):
        resources += ex.evs_resources(
            evs.name,
            tuple(f"Disk {disk}" for disk in evs.disks),
            version=version,
            storage_groups=evs.storage_groups,
            has_mta=index == 0,
        )
    homes = {evs.name: evs.home for evs in plan.evs}
    groups = (
        Group(name=name, preferred_owners=(home,), anti_affinity_class_names=(ex.EVS_CLASS,))
        for name, home in homes.items()
    )
    config = replace(
        _bare(plan, groups=(Group(name=CLUSTER_GROUP), *groups), resources=tuple(resources)),
        windows=Windows.WS2003 if windows.product == "2003" else Windows.W2K,
        added_types=ex.added_types(resources),
    )
    idle = [node.name for node in plan.nodes if node.name not in homes.values()]
    core = idle[-1] if idle else plan.nodes[0].name
    cluster = cluster_from(config, {CLUSTER_GROUP: core, **homes})
    return with_versions(cluster, exchange, windows)


def _bare(plan: Plan, **parts: Any) -> ClusterConfig:
    """Return the nodes of a plan with these parts of a configuration."""
    return ClusterConfig(
        name=plan.cluster,
        nodes=tuple(Node(name=n.name, node_id=i) for i, n in enumerate(plan.nodes, start=1)),
        quorum=ex.QUORUM_DISK,
        durations=ex.all_durations({}),
        **parts,
    )


def empty_cluster(plan: Plan) -> Cluster:
    """Return the cluster of a plan on Windows Server 2003, without Exchange."""
    missing, there = missing_exchange_types(ex.EXCHANGE_2003), installed(None, NodeWindows.W2003)
    config = _bare(
        plan,
        groups=(Group(name=CLUSTER_GROUP),),
        resources=ex.cluster_group_resources(),
        added_types=tuple(ex.EXCHANGE_TYPES[ex.EXCHANGE_2003].values()),
    )
    nodes = (replace(node, missing_types=missing, installed=there) for node in config.nodes)
    config = replace(config, nodes=tuple(nodes))
    return cluster_from(config, {CLUSTER_GROUP: plan.nodes[-1].name})


def client_plan(plan: Plan, exchange: int, windows: Windows) -> Plan:
    """Return *plan* with the products that the cluster has before."""
    return replace(plan, exchange=exchange, windows=windows)


_NOT_PREPARED = {
    "forest.schema": "2000",
    "domain.prepared": "2000",
    "org.adc": "2000",
    "org.frontends": "2000",
    "cluster.component": "Instant Messaging",
    TARGET: ExchangeVersion.E2003_RTM.value,
}


def before_upgrade(plan: Plan) -> Situation:
    """Return where U2, U4, AA2 and CI begin: Exchange 2000 SP2 on Windows 2000 SP3, unprepared.

    Source: handbook 4, 4.2 and 4.3.
    """
    cluster = running_cluster(plan, ExchangeVersion.E2000_SP2, NodeWindows.W2000_SP3)
    return Situation(facts={**_NOT_PREPARED, **exchange_facts(plan)}, cluster=cluster)


def before_windows(plan: Plan) -> Situation:
    """Return where W begins: Exchange 2003 on Windows 2000 SP4 (handbook 4, 4.4)."""
    cluster = running_cluster(plan, ExchangeVersion.E2003_RTM, NodeWindows.W2000_SP4)
    facts = {**_NOT_PREPARED, **exchange_facts(plan), "org.frontends": "2003"}
    return Situation(facts={**facts, "cluster.component": None}, cluster=cluster)


def before_service_pack(plan: Plan) -> Situation:
    """Return where SP begins: Exchange 2003 without a service pack (handbook 4, 4.3.9)."""
    windows = NodeWindows.W2003 if plan.windows is Windows.WS2003 else NodeWindows.W2000_SP4
    cluster = running_cluster(plan, ExchangeVersion.E2003_RTM, windows)
    facts = {
        **exchange_facts(plan),
        TARGET: ExchangeVersion.E2003_SP1.value,
        "org.frontends": "2003",
        "account.upgrade": True,
        "cluster.indexes": "paused",
    }
    return Situation(facts=facts, cluster=cluster)


def before_migration(plan: Plan) -> Situation:
    """Return where M55 and SW begin: with an old server elsewhere, and no cluster."""
    return Situation(facts={TARGET: ExchangeVersion.E2003_RTM.value})


def before_connectors(plan: Plan) -> Situation:
    """Return where NC begins: EVSs on their homes, connector and mailboxes on an old server.

    No connector of Exchange 2003 is in the organization; that the one of the old server does not
    count as its first is derived.

    Source: handbook 4, 4.8.
    """
    cluster = running_cluster(plan, ExchangeVersion.E2003_RTM, NodeWindows.W2003)
    return Situation(facts=exchange_facts(plan), cluster=cluster)


def exchange_facts(plan: Plan) -> dict[str, str]:
    """Return what the installation left behind: types on each node, services set to Manual."""
    nodes = {f"node.{node.name}.exchange": "cluster" for node in plan.nodes}
    manual = "Manual on every node"
    return {
        **nodes,
        **{f"evs.{evs.name}.{kind}": manual for evs in plan.evs for kind in ("IMAP4", "POP3")},
    }
