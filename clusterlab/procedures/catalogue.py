"""The procedures of the handbook for a plan: what `Run` takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from clusterlab.cluster.errors import ConfigError
from clusterlab.procedures.connector_path import migration_nc
from clusterlab.procedures.install import INSTALL_STEPS
from clusterlab.procedures.migrate import migration_m55, migration_sw
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.procedure import Procedure
from clusterlab.procedures.recover import RECOVER_STEPS
from clusterlab.procedures.remove import ONE_NODE_STEPS, REMOVE_STEPS
from clusterlab.procedures.upgrade import (
    upgrade_aa2,
    upgrade_best,
    upgrade_u2,
    upgrade_u4,
    upgrade_u4s,
)
from clusterlab.procedures.upgrade_packs import upgrade_ap, upgrade_hf, upgrade_sp
from clusterlab.procedures.upgrade_windows import upgrade_ci, upgrade_u2w, upgrade_w


def installation(plan: Plan, *, with_optional: bool = False) -> Procedure:
    """Return the installation of Exchange 2003 on a cluster as *plan* names it.

    Steps of the removal and ways back from mistakes can be done in the same run.

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
    optional = tuple(s for s in INSTALL_STEPS if s.is_optional and not with_optional)
    beside = (*optional, *ONE_NODE_STEPS, *RECOVER_STEPS)
    return Procedure(name="install", plan=plan, steps=counted, beside=beside)


def removal(plan: Plan) -> Procedure:
    """Return the removal of all EVSs, of Exchange and of the cluster that *plan* names.

    A run of it begins with the finished installation.

    Example:
        >>> len(removal(Plan.standard(nodes=2, evs=1)).tasks)
        16

    Source: handbook 3, 6.
    """
    beside = (*INSTALL_STEPS, *RECOVER_STEPS)
    before = installation(plan)
    return Procedure(name="remove", plan=plan, steps=REMOVE_STEPS, beside=beside, after=before)


def upgrade_path(path: str, plan: Plan) -> Procedure:
    """Return a path of handbook 4 for a plan.

    Args:
        path: "U2", "U4", "U4S", "AA2", "CI", "AP", "SP", "HF", "W", "U2W", "M55", "SW" or
            "NC"; which one is for whom says `paths.way`, and of NC, which follows M55 or SW,
            handbook 4, 4.8. HF is for hotfixes that SP is not for (handbook 4, 4.3.9). "best" is
            the order of `orders.best_order`.
        plan: The client's names; its products are those that the path begins with.

    Raises:
        ConfigError: If there is no such path, or it is for another number of nodes or EVSs.

    Example:
        >>> upgrade_path("U4", Plan.standard(nodes=4, evs=3)).task("U4-1g").title
        'Upgrade the Exchange Virtual Server (EVS1)'

    Source: handbook 4, 4.1.
    """
    make = PROCEDURES.get(f"upgrade-{path}")
    if make is None:
        known = (name.partition("-")[2] for name in PROCEDURES if name.startswith("upgrade-"))
        raise ConfigError(f"there is no path {path!r}; allowed: {', '.join(known)}")
    return make(plan)


PROCEDURES: Mapping[str, Callable[..., Procedure]] = {
    "install": installation,
    "remove": removal,
    "upgrade-U2": upgrade_u2,
    "upgrade-U4": upgrade_u4,
    "upgrade-U4S": upgrade_u4s,
    "upgrade-AA2": upgrade_aa2,
    "upgrade-CI": upgrade_ci,
    "upgrade-AP": upgrade_ap,
    "upgrade-SP": upgrade_sp,
    "upgrade-W": upgrade_w,
    "upgrade-U2W": upgrade_u2w,
    "upgrade-HF": upgrade_hf,
    "upgrade-M55": migration_m55,
    "upgrade-SW": migration_sw,
    "upgrade-NC": migration_nc,
    "upgrade-best": upgrade_best,
}
"""Procedures by name, as saved runs have it."""
