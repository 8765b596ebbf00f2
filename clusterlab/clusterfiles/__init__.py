"""Cluster files: any cluster in TOML, and the listings a consultant brings from a client."""

from clusterlab.clusterfiles.problems import ClusterFileError, Problem
from clusterlab.clusterfiles.reading import read_cluster
from clusterlab.clusterfiles.writing import cluster_toml, write_cluster

__all__ = ["ClusterFileError", "Problem", "cluster_toml", "read_cluster", "write_cluster"]
