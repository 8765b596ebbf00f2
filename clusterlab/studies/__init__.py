"""What failures do to a cluster: what-if studies, and what would have helped."""

from clusterlab.faces import face

_MODULES = {
    "clusterlab.studies.remedies": "which_setting_saves",
    "clusterlab.studies.whatif": "double_failures failures_of shortest_way_to_lose "
    "single_failures single_points_of_failure",
}
__all__ = [name for names in _MODULES.values() for name in names.split()]
__getattr__ = face(__name__, _MODULES)
