"""Registry checkpoints: keys that go with a resource from node to node (handbook 1, 3).

A key is saved on the quorum device when it is named and whenever it changes while its resource is
Online, and written into the registry of a node before the resource comes online there. So what is
changed while the resource is offline, or on another node, is overwritten (KB 174070).
"""

from __future__ import annotations

from clusterlab.cluster.draft import Draft
from clusterlab.cluster.errors import refuse
from clusterlab.cluster.quorum import check_may_change
from clusterlab.cluster.states import ResourceState

_SOURCE = "handbook 1, 3; KB 174070"


def set_registry(d: Draft, name: str, key: str, value: str) -> None:
    """Set a key below HKEY_LOCAL_MACHINE on one node by hand."""
    node = d.cluster.config.node_name(name)
    d.table("registry")[node, key] = value
    for resource, saved in list(d.cluster.checkpoints):
        is_here = d.owner_of(resource) == node and d.state(resource) is ResourceState.ONLINE
        if saved == key and is_here:
            d.table("checkpoints")[resource, key] = value


def add_checkpoint(d: Draft, name: str, key: str) -> None:
    """Name a key that goes with a resource; its value on the owner is saved."""
    check_may_change(d)
    resource = d.cluster.config.resource_name(name)
    if (resource, key) in d.cluster.checkpoints:
        refuse(f"{resource} has the checkpoint {key}.", source=_SOURCE)
    value = d.cluster.registry.get((d.owner_of(resource), key), "")
    d.table("checkpoints")[resource, key] = value


def remove_checkpoint(d: Draft, name: str, key: str) -> None:
    """Let a key stay with its node again."""
    check_may_change(d)
    resource = d.cluster.config.resource_name(name)
    if (resource, key) not in d.cluster.checkpoints:
        known = [saved for owner, saved in d.cluster.checkpoints if owner == resource]
        refuse(
            f"{resource} has no checkpoint {key}.",
            f"It has: {', '.join(known) or 'none'}.",
            source=_SOURCE,
        )
    d.drop("checkpoints", ((resource, key),))
