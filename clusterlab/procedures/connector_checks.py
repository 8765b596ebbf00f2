"""What is looked at while the Notes connector moves beside the cluster (handbook 4, 4.8).

What comes of a wrong order is said in 4.8 for two cases; the others are derived, which the source
of the code says.
"""

from __future__ import annotations

from clusterlab.procedures.step import Obstacle, Site, finder

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
