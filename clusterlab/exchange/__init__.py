"""Exchange Server 2003 (and 2000) on top of the Cluster service."""

from clusterlab.faces import face

_MODULES = {
    "clusterlab.exchange.mailflow": "mail_flow",
    "clusterlab.exchange.support": "assess component matrix_text",
    "clusterlab.exchange.topologies": "ASSUMPTIONS topology",
    "clusterlab.exchange.versions": "ExchangeVersion",
}
__all__ = [name for names in _MODULES.values() for name in names.split()]
__getattr__ = face(__name__, _MODULES)
