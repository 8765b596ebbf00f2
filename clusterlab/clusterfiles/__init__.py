"""Cluster files: any cluster in TOML, and the listings a consultant brings from a client.

`reading` and `writing` are for TOML, `importing` and `exporting` for listings of cluster.exe;
`building` says for both what contradicts itself.
"""

from pathlib import Path

from clusterlab.cluster.model import Cluster
from clusterlab.clusterfiles.exporting import export_listings
from clusterlab.clusterfiles.importing import import_listings, read_listings
from clusterlab.clusterfiles.reading import read_cluster
from clusterlab.clusterfiles.writing import cluster_toml, write_cluster
from clusterlab.tomlfiles.problems import ClusterFileError

__all__ = [
    "ClusterFileError", "cluster_toml", "export_listings", "load_cluster", "read_cluster",
    "read_listings", "write_cluster",
]  # fmt: skip


def load_cluster(path: Path | str) -> Cluster:
    """Return the cluster of a cluster file, or of a folder with listings.

    Raises:
        ClusterFileError: With everything that is wrong; nothing is loaded.
    """
    path = Path(path)
    return import_listings(path) if path.is_dir() else read_cluster(path)
