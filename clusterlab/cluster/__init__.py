"""The Windows Server 2003 Cluster service: values, rules, simulation; it knows no Exchange."""

from clusterlab.faces import face

_MODULES = {
    "clusterlab.cluster.events": "MoveGroup NodeFailed StartNode",
    "clusterlab.cluster.story": "log_text story_text",
    "clusterlab.cluster.states": "NetworkRole QuorumModel Windows",
}
__all__ = [name for names in _MODULES.values() for name in names.split()]
__getattr__ = face(__name__, _MODULES)
