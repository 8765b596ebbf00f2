"""The cluster file that `clusterlab new` writes: short, commented, ready to be changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from clusterlab.cluster.errors import printable
from clusterlab.cluster.model import Cluster
from clusterlab.exchange.evs import CLUSTER_GROUP, exchange_cluster
from clusterlab.tomlfiles.tables import own_table

_PARTS: Mapping[str, str] = own_table(Path(__file__).with_name("starter.toml")).data


def starter_text(
    active: int = 3, passive: int = 1, *, name: str = "CL1", file: str = "FILE"
) -> str:
    """Return a commented cluster file for EVSs on *active* nodes and *passive* ones without.

    Raises:
        ConfigError: If there cannot be such a cluster.

    Example:
        >>> from clusterlab.clusterfiles import read_cluster
        >>> read_cluster(starter_text(active=2, passive=1)).owners
        {'Cluster Group': 'NODE1', 'EVS1': 'NODE1', 'EVS2': 'NODE2'}
    """
    cluster = exchange_cluster(active, passive, name=name)
    nodes = [node.name for node in cluster.config.nodes]
    text = _PARTS["head"].format(
        file=printable(file),
        name=json.dumps(name, ensure_ascii=False),
        windows=json.dumps(cluster.config.windows.name),
        nodes=", ".join(map(json.dumps, nodes)),
    )
    for group in cluster.config.groups:
        if group.name != CLUSTER_GROUP:
            home = cluster.owners[group.name]
            text += _evs(cluster, group.name, home)
            if home == nodes[0]:
                text += _PARTS["policies"].format(home=home, last=nodes[-1])
    return text + _PARTS["tail"].format(last=nodes[-1])


def _evs(cluster: Cluster, name: str, home: str) -> str:
    members = cluster.config.members[name]
    store = next(resource for resource in members if resource.type.short == "IS")
    disks = [resource.name for resource in members if resource.type.short == "Disk"]
    return _PARTS["evs"].format(
        name=json.dumps(name),
        home=json.dumps(home),
        disks=", ".join(map(json.dumps, disks)),
        groups=store.private["storage_groups"],
        databases=store.private["databases"],
    )
