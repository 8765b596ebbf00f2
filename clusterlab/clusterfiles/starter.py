"""The cluster file that `clusterlab new` writes: short, commented, ready to be changed."""

from __future__ import annotations

import json

from clusterlab.cluster.errors import printable
from clusterlab.cluster.model import Cluster
from clusterlab.exchange.evs import CLUSTER_GROUP, exchange_cluster

_HEAD = """\
# A cluster file of clusterlab: what an administrator would tell about a cluster.
# After a change:  clusterlab check {file}
# What else can go here: docs/guides/cluster-files.md

name = {name}
windows = {windows}                # NT4, W2K or WS2003
start_time = "14:00"              # time of day when a story begins

# Nodes in the order of their ids. The long form of one node:
#   [[nodes]]
#   name = "NODE1"
#   state = "Down"                # Up, Down or Paused
nodes = [{nodes}]

# Without a quorum of its own the file gets the usual Cluster Group on the first node:
# quorum disk Q:, Cluster IP Address, Cluster Name, MSDTC.

[[networks]]
name = "Private"
role = "internal"                 # none, internal, client or all

[[networks]]
name = "Public"
role = "all"
"""

_EVS = """
[[evs]]
name = {name}
home = {home}                    # where it is at the start, and its one preferred owner
disks = [{disks}]
storage_groups = {groups}                # 1 to 4
databases = {databases}                     # in each storage group, 1 to 5
mailboxes = 1000
"""

_POLICIES = """\
# Every policy may be set, for example:
# preferred_owners = ["{home}", "{last}"]
# failover_threshold = 10         # failovers in failover_period_h hours
# failover_period_h = 6
# auto_failback_type = 1          # 0 prevents failback, 1 allows it
# failback_window_start = 22      # hours of the day
# failback_window_end = 6
# possible_owners = ["{home}", "{last}"]
# protocols = ["IMAP4", "POP3"]
# state = "Offline"
"""

_TAIL = """
# Other groups and resources, with any type of handbook 1, 3, are written in full:
# [[groups]]
# name = "Files"
# owner = "{last}"
#
# [[resources]]
# name = "Disk X:"
# type = "Physical Disk"
# group = "Files"
# restart_action = "restart"      # dont_restart, restart, restart_and_affect_group
# pending_timeout_s = 180

# [durations]                     # seconds; handbook 1, 9 and 2, 4.9
# regroup = 1
"""


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
    text = _HEAD.format(
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
                text += _POLICIES.format(home=home, last=nodes[-1])
    return text + _TAIL.format(last=nodes[-1])


def _evs(cluster: Cluster, name: str, home: str) -> str:
    members = cluster.config.members[name]
    store = next(resource for resource in members if resource.type.short == "IS")
    disks = [resource.name for resource in members if resource.type.short == "Disk"]
    return _EVS.format(
        name=json.dumps(name),
        home=json.dumps(home),
        disks=", ".join(map(json.dumps, disks)),
        groups=store.private["storage_groups"],
        databases=store.private["databases"],
    )
