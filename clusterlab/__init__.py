"""Simulate, explain and show Exchange Server 2003 on Windows Server 2003 server clusters."""

from clusterlab.faces import face

__version__ = "1.0.0"

_MODULES = {
    "clusterlab.cluster.errors": "ConfigError OperationRefused",
    "clusterlab.eventlogs.postmortem": "postmortem",
    "clusterlab.exchange.evs": "exchange_cluster",
    "clusterlab.simulation": "Simulation",
    "clusterlab.symptoms": "explain",
}
__all__ = [name for names in _MODULES.values() for name in names.split()]
__getattr__ = face(__name__, _MODULES)


def load_ipython_extension(ipython: object) -> None:
    """Give a notebook the magic `%cluster`; `%load_ext clusterlab` calls this."""
    from clusterlab.lab.magic import load_ipython_extension as load

    load(ipython)
