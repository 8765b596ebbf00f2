"""From a cluster to a folder of listings, as cluster.exe would print them, and as they are read.

What is written is read back before it stays: names that listings cannot tell apart are refused.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from clusterlab.cluster.model import JOIN_RESOURCES_MAX, Cluster
from clusterlab.cluster.states import HangAction, NodeState
from clusterlab.clusterexe import listing as prints
from clusterlab.clusterexe.listing import group_listing, node_listing, resource_listing
from clusterlab.clusterexe.listings import listings_in
from clusterlab.clusterfiles.importing import import_found
from clusterlab.clusterfiles.start import starting_point
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
    start = starting_point(cluster)
    config = start.config
    groups = [group.name for group in config.groups]
    resources = [resource.name for resource in config.resources]
    parts: Mapping[str, Iterable[str]] = {
        "node.txt": [
            node_listing(start),
            *(prints.node_properties(start, node.name) for node in config.nodes),
        ],
        "group.txt": [
            group_listing(start),
            *_each(start, groups, prints.group_properties, prints.preferred_owners),
        ],
        "resource.txt": [resource_listing(start)],
        "resource prop.txt": _each(start, resources, prints.resource_properties),
        "resource priv.txt": _each(start, resources, prints.private_properties),
        "resource listowners.txt": _each(start, resources, prints.possible_owners),
        "resource listdep.txt": _each(start, resources, prints.dependencies),
        "network.txt": _each(start, [n.name for n in config.networks], prints.network_properties),
        "cluster.txt": [prints.cluster_properties(start), prints.quorum_listing(start)],
    }
    return {name: "\n\n".join(texts) + "\n" for name, texts in parts.items()}


def _each(cluster: Cluster, names: Iterable[str], *printers: Printer) -> list[str]:
    return [printer(cluster, name) for name in names for printer in printers]


def in_listings(cluster: Cluster) -> Cluster:
    """Return the part of a starting point that listings hold, as reading them gives it."""
    start = starting_point(cluster)
    config = replace(
        start.config,
        nodes=tuple(
            replace(node, missing_types=frozenset(), service_fault="")
            for node in start.config.nodes
        ),
        resources=tuple(replace(r, defective_on=frozenset()) for r in start.config.resources),
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
