"""Procedures of the handbook as data: plans, steps, and runs of them.

>>> from clusterlab.procedures import Plan, Run, installation
>>> run = Run(installation(Plan.standard(nodes=2, evs=1)))
>>> [task.short for task in run.available()]
['P01', 'P02']
"""

from clusterlab.faces import face

_MODULES = {
    "clusterlab.procedures.acceptance": "acceptance_test",
    "clusterlab.procedures.assumptions": "ASSUMPTIONS",
    "clusterlab.procedures.catalogue": "installation read_procedure removal upgrade_path",
    "clusterlab.procedures.checklist": "checklist_rules inspect_cluster",
    "clusterlab.procedures.downtime": "forecast",
    "clusterlab.procedures.orders": "best_order",
    "clusterlab.procedures.paths": "Source check_path source_named way",
    "clusterlab.procedures.plan": "Plan",
    "clusterlab.procedures.planning": "plan_tables warnings",
    "clusterlab.procedures.run": "Run",
    "clusterlab.procedures.runbook": "runbook_markdown",
    "clusterlab.procedures.timeline": "Timeline",
    "clusterlab.procedures.upgrade": "order_procedure",
}
__all__ = [name for names in _MODULES.values() for name in names.split()]
__getattr__ = face(__name__, _MODULES)
