"""What people look at and touch: panels, pictures, and the questions and tasks of the course.

Nothing is imported here before it is asked for, so that each part loads only what it needs.
The rules of the cluster live in the other rooms; this one only shows them.
"""

from clusterlab.faces import face

_MODULES = {
    "clusterlab.lab.panels.administrator": "AdministratorLab",
    "clusterlab.lab.panels.availability": "AvailabilityLab",
    "clusterlab.lab.panels.cases": "CaseLab",
    "clusterlab.lab.panels.connectors": "ConnectorLab",
    "clusterlab.lab.panels.design": "DesignLab",
    "clusterlab.lab.panels.desk": "DeskLab",
    "clusterlab.lab.panels.failover": "FailoverLab",
    "clusterlab.lab.panels.game": "GameLab",
    "clusterlab.lab.panels.procedure": "ProcedureLab",
    "clusterlab.lab.panels.readiness": "ReadinessLab",
    "clusterlab.lab.panels.tour": "task tour",
    "clusterlab.lab.panels.tree": "TreeLab",
    "clusterlab.lab.panels.upgrade": "UpgradeLab",
    "clusterlab.lab.panels.whatif": "WhatIfLab show_incidents",
    "clusterlab.lab.panelplay": "kept",
    "clusterlab.lab.exercises": "check hints question quiz",
    "clusterlab.lab.figures.mail": "mailflow_picture",
    "clusterlab.lab.figures.partitions": "partition_picture",
    "clusterlab.lab.figures.pictures": "cluster_picture comparison_picture nodes_picture "
    "steps_picture tree_picture",
    "clusterlab.lab.figures.swimlanes": "lanes_picture",
    "clusterlab.lab.reports.making": "report",
    "clusterlab.lessons.progress": "progress",
    "clusterlab.lessons.tasks": "start",
}
__all__ = [name for names in _MODULES.values() for name in names.split()]
__getattr__ = face(__name__, _MODULES)
