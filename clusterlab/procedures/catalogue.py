"""The procedures of the handbook for a plan, and those of one's own: what `Run` takes.

`stepfiles.py` reads files of steps; `read_procedure` makes a procedure for a plan of such a file,
and checks what the steps need of each other. Whatever is wrong is named with its line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from clusterlab.cluster.errors import ConfigError, instead_of, shown
from clusterlab.cluster.states import Windows
from clusterlab.clusterfiles.filekinds import FileKind, kind_of, part_of
from clusterlab.exchange.evs import EXCHANGE_2003
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.planfiles import read_plan
from clusterlab.procedures.procedure import Procedure
from clusterlab.procedures.step import Situation, Step
from clusterlab.procedures.stepfiles import StepFile, read_steps, steps_of
from clusterlab.procedures.upgrade import PATHS, upgrade, upgrade_best
from clusterlab.procedures.upgrade_start import before_connectors, before_migration, client_plan
from clusterlab.tomlfiles.parsing import read_source
from clusterlab.tomlfiles.problems import ClusterFileError
from clusterlab.tomlfiles.tables import Table, Wrong, name_in, text


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
    return tuple(replace(s, scope="node") if s.id == "remove/R10" else s for s in steps)


def _migration(
    name: str, plan: Plan, start: Callable[[Plan], Situation] = before_migration
) -> Procedure:
    """Return a path to a new cluster beside the old servers (handbook 4, 4.6 to 4.8)."""
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
    """Return a path of handbook 4 for a plan (handbook 4, 4.1).

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
    "upgrade-M55": partial(_migration, "migrate_55"),
    "upgrade-SW": partial(_migration, "migrate_server"),
    "upgrade-NC": partial(_migration, "connectors", start=before_connectors),
    "upgrade-best": upgrade_best,
}
"""Procedures by name, as saved runs have it."""


# --- procedures of one's own ----------------------------------------------------------------------

_OWN_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)


def read_procedure(source: Path | str, plan: Plan | None = None) -> Procedure:
    r"""Return the procedure that a file of steps describes.

    Args:
        source: A `Path` is a file, a `str` the text itself.
        plan: The client's names; without it those of the file's *plan*, or else the training
            values for two nodes and one EVS.

    Raises:
        ClusterFileError: With everything that is wrong, each with its line.

    Example:
        >>> own = read_procedure('based_on = "install"\n[P01]\nminutes = 90')
        >>> own.task("P01").step.minutes, own.minutes()
        (90, 812)
    """
    document, problems = read_source(source)
    document = part_of(document, FileKind.PROCEDURE, problems)
    root = Table(document.data, (), "the file", document.lines, problems)
    path = source if isinstance(source, Path) else Path("own.toml")
    named = root.get("plan", text, "")
    client = plan or _plan(root, path.parent / named if named else None)
    own = root.get("procedure", _name, "own")
    base = _other(root, "based_on", client)
    after = _other(root, "begins_after", client)
    file = read_steps(root, own, (*base.steps, *base.beside) if base else ())
    if base is None and not file.steps and not problems:
        problems.add(0, "the file has no step; write one as [A01], or based_on = ...")
    problems.raise_if_any()
    made = _procedure(file, client, base, after)
    _check(made, file, root)
    return replace(made, text=document.lines.text)


def read_work(path: Path, name: str = "") -> Procedure:
    """Return the procedure of a file of steps, or the one called *name* for the plan in a file."""
    document, _ = read_source(path)
    if kind_of(document) is FileKind.PROCEDURE:
        if name:
            raise ConfigError(f"{path.name} is a procedure itself; leave {name!r} out")
        return read_procedure(path)
    if name and name not in PROCEDURES:
        raise ConfigError(f"there is no procedure {name!r}; allowed: {', '.join(PROCEDURES)}")
    return PROCEDURES[name or "install"](read_plan(path))


def _name(value: Any) -> str:
    if not isinstance(value, str) or not _OWN_NAME.fullmatch(value):
        raise Wrong(value, 'allowed: small letters, digits and hyphens, such as "change-1234"')
    if value in PROCEDURES:
        raise Wrong(value, "a procedure of ours has this name; take another")
    return value


def _plan(root: Table, path: Path | None) -> Plan:
    if path is None:
        return Plan.standard(nodes=2, evs=1)
    try:
        return read_plan(path)
    except ClusterFileError as error:
        for problem in error.problems:
            root.problems.add(problem.line, problem.text, problem.file)
        root.wrong(("plan",), f"plan is {shown(path.name)}, which cannot be used")
    root.problems.raise_if_any()
    raise AssertionError("a plan that cannot be read has a problem")


def _other(root: Table, key: str, plan: Plan) -> Procedure | None:
    """Return the procedure of ours that a key names, if there is one."""
    name = root.get(key, name_in(PROCEDURES), "")
    if not name:
        return None
    try:
        return PROCEDURES[name](plan)
    except ConfigError as error:
        root.wrong((key,), f"{key} is {shown(name)}: {error}")
    root.problems.raise_if_any()
    return None


def _procedure(
    file: StepFile, plan: Plan, base: Procedure | None, after: Procedure | None
) -> Procedure:
    if base is None:
        base = Procedure(name=file.procedure, plan=plan, steps=())
    own = {step.id: step for step in file.steps}
    steps = [own.get(step.id, step) for step in base.steps]
    beside = [own.get(step.id, step) for step in base.beside]
    for step in file.steps:
        if step.id not in {known.id for known in (*base.steps, *base.beside)}:
            _insert(steps, step, file.places.get(step.id, ""))
    counted = [step for step in steps if not (step.is_optional or step.is_recovery)]
    others = [step for step in steps if step not in counted]
    return replace(
        base,
        name=file.procedure,
        title=file.title or base.title,
        steps=tuple(counted),
        beside=(*others, *beside),
        after=after or base.after,
        order=(),
    )


def _insert(steps: list[Step], step: Step, behind: str) -> None:
    ids = [known.id for known in steps]
    place = ids.index(behind) + 1 if behind in ids else len(ids)
    steps.insert(place, step)


# --- what does not fit together -----------------------------------------------------------------


def _check(procedure: Procedure, file: StepFile, root: Table) -> None:
    """Raise ClusterFileError if steps do not fit together, with the line of each."""
    for step, problem in _faults(procedure, file):
        root.wrong((_short(step), "needs"), problem)
    root.problems.raise_if_any()


def _faults(procedure: Procedure, file: StepFile) -> Iterator[tuple[Step, str]]:
    """Yield what is wrong with the needs of the steps of a file, and the step to look at."""
    faults = [*_unknown(procedure, file.steps)]
    yield from faults
    if not faults:
        yield from _disorder(procedure, {step.id: step for step in file.steps})


def _unknown(procedure: Procedure, own: Iterable[Step]) -> Iterator[tuple[Step, str]]:
    counted = {step.id for step in procedure.steps}
    known = [step.id for step in (*procedure.steps, *procedure.beside)]
    for step in own:
        for need in step.needs:
            other = need.step.partition("/")[2]
            if need.step not in known:
                names = [name.partition("/")[2] for name in known]
                what = f"{_short(step)} needs {shown(other)}, which is no step"
                yield step, f"{what}; {instead_of(other, names)}"
            elif step.id in counted and need.step not in counted:
                yield step, f"{_short(step)} needs {other}, which is not counted; leave one out"


def _disorder(procedure: Procedure, own: dict[str, Step]) -> Iterator[tuple[Step, str]]:
    places = {task.key: place for place, task in enumerate(procedure.tasks)}
    for task in procedure.tasks:
        for key in task.needs:
            other = procedure.by_key[key]
            step = own.get(task.step.id) or own.get(other.step.id)
            if step is not None and places[other.key] >= places[task.key]:
                what = f"{task.short} needs {other.short}, which comes below it"
                yield step, f"{what}; put it further up, or leave the need out"


def _short(step: Step) -> str:
    return step.id.partition("/")[2]
