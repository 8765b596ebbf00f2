"""What people look at and touch: diagrams, the live figure, panels and exercises.

Nothing is imported here before it is asked for, so that each part loads only what it needs.
The rules of the cluster live in the other rooms; this one only shows them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clusterlab.lab.panels.administrator import AdministratorLab
    from clusterlab.lab.panels.availability import AvailabilityLab
    from clusterlab.lab.panels.cases import CaseLab
    from clusterlab.lab.panels.connectors import ConnectorLab
    from clusterlab.lab.panels.design import DesignLab
    from clusterlab.lab.panels.desk import DeskLab
    from clusterlab.lab.panels.failover import FailoverLab
    from clusterlab.lab.panels.game import GameLab
    from clusterlab.lab.panels.procedure import ProcedureLab
    from clusterlab.lab.panels.readiness import ReadinessLab
    from clusterlab.lab.panels.tree import TreeLab
    from clusterlab.lab.panels.upgrade import UpgradeLab
    from clusterlab.lab.panels.whatif import WhatIfLab

__all__ = [
    "AdministratorLab",
    "AvailabilityLab",
    "CaseLab",
    "ConnectorLab",
    "DesignLab",
    "DeskLab",
    "FailoverLab",
    "GameLab",
    "ProcedureLab",
    "ReadinessLab",
    "TreeLab",
    "UpgradeLab",
    "WhatIfLab",
]

_PANELS = {
    "AdministratorLab": "administrator",
    "AvailabilityLab": "availability",
    "CaseLab": "cases",
    "ConnectorLab": "connectors",
    "DesignLab": "design",
    "DeskLab": "desk",
    "FailoverLab": "failover",
    "GameLab": "game",
    "ProcedureLab": "procedure",
    "ReadinessLab": "readiness",
    "TreeLab": "tree",
    "UpgradeLab": "upgrade",
    "WhatIfLab": "whatif",
}


def __getattr__(name: str) -> Any:
    """Load a panel when it is named for the first time."""
    if name in _PANELS:
        return getattr(import_module(f"clusterlab.lab.panels.{_PANELS[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
