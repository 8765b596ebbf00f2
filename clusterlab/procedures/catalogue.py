"""The procedures of the handbook for a plan: what `Run` takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.states import Windows
from clusterlab.exchange.evs import EXCHANGE_2003
from clusterlab.procedures.connector_checks import before_connectors
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.procedure import Procedure
from clusterlab.procedures.situation import Situation
from clusterlab.procedures.step import Scope, Step
from clusterlab.procedures.stepfiles import steps_of
from clusterlab.procedures.upgrade import PATHS, upgrade, upgrade_best
from clusterlab.procedures.upgrade_start import before_migration, client_plan


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
    file = steps_of("install")
    steps = file.steps
    counted = tuple(step for step in steps if with_optional or not step.is_optional)
    optional = tuple(step for step in steps if step not in counted)
    beside = (*optional, *_one_node_steps(), *steps_of("recover").steps)
    return Procedure(name="install", title=file.title, plan=plan, steps=counted, beside=beside)


def removal(plan: Plan) -> Procedure:
    """Return the removal of all EVSs, of Exchange and of the cluster that *plan* names.

    A run of it begins with the finished installation.

    Example:
        >>> len(removal(Plan.standard(nodes=2, evs=1)).tasks)
        16

    Source: handbook 3, 6.
    """
    file = steps_of("remove")
    return Procedure(
        name="remove",
        title=file.title,
        plan=plan,
        steps=file.steps,
        beside=(*steps_of("install").steps, *steps_of("recover").steps),
        after=installation(plan),
    )


def _one_node_steps() -> tuple[Step, ...]:
    """Return the removal where the cluster stays: the node that a plan names last can leave too."""
    steps = steps_of("remove").steps
    return tuple(replace(s, scope=Scope.NODE) if s.id == "remove/R10" else s for s in steps)


def migration_m55(plan: Plan) -> Procedure:
    """Return path M55: from Exchange 5.5 to a new cluster, beside a stand-alone first server.

    Example:
        >>> len(migration_m55(Plan.standard(nodes=2, evs=1)).tasks)
        24

    Source: handbook 4, 4.6.
    """
    return _migration("migrate_55", plan)


def migration_sw(plan: Plan) -> Procedure:
    """Return path SW: from a stand-alone server to a new cluster beside it.

    Example:
        >>> len(migration_sw(Plan.standard(nodes=2, evs=1)).tasks)
        10

    Source: handbook 4, 4.7.
    """
    return _migration("migrate_server", plan)


def migration_nc(plan: Plan) -> Procedure:
    """Return path NC: from an old server with the Notes connector to a cluster and its gateway.

    Args:
        plan: The client's names; its cluster is there and has Exchange 2003.

    Example:
        >>> nc = migration_nc(Plan.standard(nodes=2, evs=1))
        >>> len(nc.tasks), nc.task("NC-08@EVS1").title
        (9, 'Move the mailboxes to the EVS (EVS1)')

    Source: handbook 4, 4.8.
    """
    return _migration("connectors", plan, start=before_connectors)


def _migration(
    name: str, plan: Plan, start: Callable[[Plan], Situation] = before_migration
) -> Procedure:
    file = steps_of(name)
    return Procedure(
        name=file.procedure,
        title=file.title,
        plan=client_plan(plan, EXCHANGE_2003, Windows.WS2003),
        steps=tuple(step for step in file.steps if not step.is_recovery),
        beside=tuple(step for step in file.steps if step.is_recovery),
        start=start,
    )


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
    **{f"upgrade-{name}": partial(upgrade, name) for name in PATHS},
    "upgrade-M55": migration_m55,
    "upgrade-SW": migration_sw,
    "upgrade-NC": migration_nc,
    "upgrade-best": upgrade_best,
}
"""Procedures by name, as saved runs have it."""
