"""From a cluster to a folder of listings, as cluster.exe would print them, and as they are read.

What is written is read back before it stays: names that listings cannot tell apart are refused.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from clusterlab.cluster.model import JOIN_RESOURCES_MAX, Cluster, Resource
from clusterlab.cluster.properties import is_own
from clusterlab.cluster.resting import starting_point
from clusterlab.cluster.states import HangAction, NodeState, Windows
from clusterlab.clusterexe import listing as prints
from clusterlab.clusterexe.listing import group_listing, node_listing, resource_listing
from clusterlab.clusterexe.listings import listings_in
from clusterlab.clusterfiles.importing import import_found
from clusterlab.exchange.evs import all_durations
from clusterlab.tomlfiles.files import write_text
from clusterlab.tomlfiles.problems import ClusterFileError, Problem

Printer = Callable[[Cluster, str], str]


def export_listings(cluster: Cluster, folder: Path) -> tuple[str, ...]:
    """Write the listings of *cluster* into a new folder, all of them or none.

    What listings do not hold is not written: durations, time of day, defects, missing types, and
    whether a Down node has power.

    Args:
        cluster: As it stands now; counters and timers are no part of it.
        folder: A folder that does not exist yet, or is empty.

    Returns:
        Names of the files.

    Raises:
        ClusterFileError: If the folder has files or cannot be written, or if names of the cluster
            cannot be told apart in listings.
    """
    texts = listing_texts(cluster)
    _check_readable(cluster, texts, folder.name)
    beside = folder.with_name(f".{folder.name}.{os.getpid()}.new")
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise _refused(folder, "there are files already; name a new folder")
        beside.mkdir(parents=True)
        for name, text in texts.items():
            write_text(beside / name, text)
        if folder.exists():
            folder.rmdir()
        os.replace(beside, folder)
    except OSError as error:
        raise _refused(folder, f"{error.strerror or error}; name another folder") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return tuple(texts)


def listing_texts(cluster: Cluster) -> Mapping[str, str]:
    """Return the listings of *cluster* by name of file."""
    prop, private = prints.properties, partial(prints.private_properties, "resource")
    start = starting_point(cluster)
    config = start.config
    groups, resources = config.groups_by_name, config.resources_by_name
    parts: Mapping[str, Iterable[str]] = {
        "node.txt": [
            node_listing(start),
            *_each(start, config.nodes_by_name, partial(prop, "node")),
        ],
        "group.txt": [
            group_listing(start),
            *_each(start, groups, partial(prop, "group"), prints.preferred_owners),
        ],
        "resource.txt": [resource_listing(start)],
        "resource prop.txt": _each(start, resources, partial(prop, "resource")),
        "resource priv.txt": _each(start, resources, private),
        "resource listowners.txt": _each(start, resources, prints.possible_owners),
        "resource listdep.txt": _each(start, resources, prints.dependencies),
        "network.txt": _each(start, [n.name for n in config.networks], partial(prop, "network")),
        "cluster.txt": [prop("cluster", start, config.name), prints.quorum_listing(start)],
    }
    return {name: "\n\n".join(texts) + "\n" for name, texts in parts.items()}


def _each(cluster: Cluster, names: Iterable[str], *printers: Printer) -> list[str]:
    return [printer(cluster, name) for name in names for printer in printers]


def in_listings(cluster: Cluster) -> Cluster:
    """Return the part of a starting point that listings hold, as reading them gives it."""
    start = starting_point(cluster)
    is_2003 = start.config.windows >= Windows.WS2003  # older ones have neither of the two
    config = replace(
        start.config,
        groups=tuple(
            group if is_2003 else replace(group, anti_affinity_class_names=())
            for group in start.config.groups
        ),
        disable_group_preferred_owner_randomization=(
            is_2003 and start.config.disable_group_preferred_owner_randomization
        ),
        nodes=tuple(
            replace(node, missing_types=frozenset(), service_fault="")
            for node in start.config.nodes
        ),
        resources=tuple(_in_listing(one, start) for one in start.config.resources),
        durations=all_durations({}),
        start_time_s=14 * 3600.0,
        node_limit=None,
        hang_recovery_action=HangAction.TERMINATE,
        forgets_tried_nodes=False,
        join_resources_max=JOIN_RESOURCES_MAX,
        is_as_found=True,
    )
    down = [name for name, state in start.node_states.items() if state is NodeState.DOWN]
    return replace(start, config=config, silent_since=dict.fromkeys(down, 0.0))


def _in_listing(resource: Resource, start: Cluster) -> Resource:
    """Return what listings hold of a resource."""
    kept = {key: value for key, value in resource.private.items() if not is_own(key)}
    private = prints.codes(start, resource) | kept
    return replace(resource, defective_on=frozenset(), private=private)


def _check_readable(cluster: Cluster, texts: Mapping[str, str], folder: str) -> None:
    """Refuse a cluster whose listings would be read as another one."""
    try:
        again = import_found(listings_in(texts, folder), folder).cluster
    except ClusterFileError as error:
        raise ClusterFileError(
            [Problem(folder, 0, _UNREADABLE), *error.problems[:MOST_SHOWN]]
        ) from None
    expected, found = in_listings(cluster), again
    for kind in ("nodes", "networks", "groups", "resources"):
        for was, now in zip(
            getattr(expected.config, kind), getattr(found.config, kind), strict=False
        ):
            if was.name != now.name:
                raise _refused(Path(folder), f"{_UNREADABLE}: {was.name!r}")


MOST_SHOWN = 5
"""Problems of reading back that are shown with a refusal to export."""
_UNREADABLE = (
    "the listings could not be told apart when read again, so nothing was written; give things "
    "names without blanks at the ends, control characters or names of other things in them"
)


def _refused(folder: Path, problem: str) -> ClusterFileError:
    return ClusterFileError([Problem(folder.name, 0, problem)])
