"""The command ``clusterlab``: open the course, run scenario files, look into clusters, plan.

Says in words what the other rooms did. Whatever goes wrong is a sentence on stderr and exit status
2; `__main__.py` starts it and looks after its end. JupyterLab and the simulation are imported only
by the command that needs them.
"""

import clusterlab.cli.clusters
import clusterlab.cli.course
import clusterlab.cli.planning  # noqa: F401  each adds its commands to the group
from clusterlab.cli.base import cli

__all__ = ["cli"]
