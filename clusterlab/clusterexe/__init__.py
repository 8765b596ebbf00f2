"""cluster.exe: its lines are read and done, its listings printed, and requests put into its words.

`lines` reads a line into an event; `commands` goes the other way; `listing` is what is printed.
"""

from clusterlab.faces import face

_MODULES = {
    "clusterlab.clusterexe.lines": "run_line",
    "clusterlab.clusterexe.listing": "network_table",
}
__all__ = [name for names in _MODULES.values() for name in names.split()]
__getattr__ = face(__name__, _MODULES)
