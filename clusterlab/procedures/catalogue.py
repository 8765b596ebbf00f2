"""The procedures of the handbook for a plan: what `Run` takes."""

from __future__ import annotations

from clusterlab.procedures.install import INSTALL_STEPS
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.procedure import Procedure


def installation(plan: Plan, *, with_optional: bool = False) -> Procedure:
    """Return the installation of Exchange 2003 on a cluster as *plan* names it.

    Args:
        plan: The client's names.
        with_optional: Whether the optional steps A07, X02 and G06 are counted; without it they can
            still be done.

    Example:
        >>> len(installation(Plan.standard(nodes=4, evs=3)).tasks)
        109
        >>> len(installation(Plan.standard(nodes=4, evs=3), with_optional=True).tasks)
        117

    Source: handbook 3, 7 and 9.
    """
    counted = tuple(step for step in INSTALL_STEPS if with_optional or not step.is_optional)
    beside = tuple(step for step in INSTALL_STEPS if step not in counted)
    return Procedure(name="install", plan=plan, steps=counted, beside=beside)
