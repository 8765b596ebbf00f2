"""Simulate, explain and show Exchange Server 2003 on Windows Server 2003 server clusters."""

from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.exchange.evs import exchange_cluster
from clusterlab.faces import face
from clusterlab.simulation import Simulation

__version__ = "0.1.0"

__all__ = ["ConfigError", "OperationRefused", "Simulation", "exchange_cluster", "explain"]
__getattr__ = face(__name__, {"clusterlab.symptoms": "explain"})
