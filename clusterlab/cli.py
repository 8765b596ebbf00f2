"""The command ``clusterlab``: open the course, run scenario files, look at this machine.

Says in words what the other modules did. Whatever goes wrong is a sentence on stderr and exit
status 2; `__main__.py` starts it and looks after its end. JupyterLab and the simulation are
imported only by the command that needs them.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import click

from clusterlab import __version__, delivery

if TYPE_CHECKING:
    from clusterlab.cluster.model import Cluster
    from clusterlab.studies.play import Aftermath


class Trouble(click.ClickException):
    """Something the user can put right; its message is a sentence."""

    exit_code = 2


class PathArgument(click.Path):
    """A file or folder; an empty name, which a script gives by mistake, means none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path that *value* names."""
        if value == "":
            self.fail("an empty name was given; name a file or a folder.", param, ctx)
        return super().convert(value, param, ctx)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Exchange Server 2003 on Windows Server 2003 server clusters: simulate, explain, show."""


@cli.command()
@click.option(
    "--folder",
    type=PathArgument(path_type=Path, file_okay=False),
    default=Path("clusterlab-course"),
    show_default=True,
    help="Where an installed clusterlab puts its course. A file that you changed is left alone.",
)
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.  [default: 8888]")
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening it.")
def lab(folder: Path, port: int | None, no_browser: bool) -> None:
    """Open the course in JupyterLab.

    In a clone of the repository this opens the repository's own notebooks. An installed
    clusterlab first copies the course into a folder. Stop it with Ctrl+C.
    """
    try:
        from jupyterlab.labapp import LabApp
    except ImportError as error:
        raise Trouble(
            f"JupyterLab cannot be started ({error}). "
            "Run 'clusterlab doctor' to see what is missing and what to do."
        ) from error
    course = _course(folder)
    os.environ["JUPYTER_CONFIG_PATH"] = delivery.jupyter_config_path(
        os.environ.get("JUPYTER_CONFIG_PATH")
    )
    with tempfile.TemporaryDirectory(prefix="clusterlab-", ignore_cleanup_errors=True) as empty:
        LabApp.launch_instance(
            delivery.lab_options(course, Path(empty), port=port, browser=not no_browser)
        )


def _course(folder: Path) -> Path:
    """Return the folder to open, after copying the course there if clusterlab was installed."""
    checkout = delivery.checkout()
    if checkout is not None:
        return checkout
    try:
        copy = delivery.copy_course(delivery.packed_course(), folder.absolute())
    except delivery.DeliveryError as error:
        raise Trouble(str(error)) from error
    click.echo(f"Course: {_shown(copy.folder)} ({len(copy.added)} files added)", err=True)
    for name in copy.kept:
        click.echo(
            f"Left alone, because it differs from the course's version: {name} "
            "(rename it and start again to get the course's version beside yours)",
            err=True,
        )
    return copy.folder


@cli.command()
@click.argument("files", nargs=-1, required=True, type=PathArgument(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print data, one list, instead of text.")
@click.option(
    "--rewrite", "is_rewrite", is_flag=True, help="Store the outcomes of this run in the FILES."
)
def run(files: tuple[Path, ...], as_json: bool, is_rewrite: bool) -> None:
    """Run scenario FILES and print what happens in each of them.

    The exit status is 1 if an outcome is not the one that stands in the file (the differences
    follow on stderr), and 2 if a file cannot be read.
    """
    from clusterlab.scenario import run_file

    status, texts = 0, []
    for path in files:
        try:
            if is_rewrite:
                from clusterlab.scenario import rewrite

                rewrite(path)
            result = run_file(path)
        except (OSError, ValueError) as error:
            click.echo(f"Error: {_sentence(path, error)}", err=True)
            status = 2
            continue
        texts.append(result.to_json() if as_json else result.text)
        if result.mismatches:
            click.echo(result.diff, err=True)
            status = max(status, 1)
    if as_json:
        click.echo("[" + ",\n".join(texts) + "]")
    else:
        click.echo("\n".join(texts), nl=False)
    sys.exit(status)


def _sentence(path: Path, error: Exception) -> str:
    """Return what is wrong with a file, its name included once."""
    text = str(error)
    if isinstance(error, UnicodeError):
        text = "is not a text file in UTF-8; save it as UTF-8"
    elif isinstance(error, OSError) and error.strerror:
        text = f"{error.strerror}; name a file that can be read"
    name = _shown(Path(path.name or path))
    return text if text.startswith((f"{name}:", f"{name},")) else f"{_shown(path)}: {text}"


def _shown(path: Path) -> str:
    """Return a path as a terminal may show it."""
    from clusterlab.cluster.wording import printable

    return printable(str(path))


@cli.command()
@click.argument("file", type=PathArgument(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print data instead of text.")
@click.option(
    "--kinds", default="nodes", show_default=True, help="What may fail, separated by commas."
)
def whatif(file: Path, as_json: bool, kinds: str) -> None:
    """Play every failure and every pair of failures of the cluster in FILE.

    FILE is a cluster file, or a folder with listings of cluster.exe; what had to be assumed of a
    folder is said on stderr. The table says for each first and second failure how many groups are
    lost and how long the others were out. Ctrl+C stops early and prints what there is.
    """
    from clusterlab.studies.sweep import KINDS, Sweep, each_cell, failures_of

    words = tuple(kind.strip() for kind in kinds.split(",") if kind.strip())
    if bad := [word for word in words or ("",) if word not in KINDS]:
        raise Trouble(f"--kinds {bad[0]!r} is not known; allowed: {', '.join(KINDS)}")
    try:
        cluster, assumptions = _cluster_in(file)
        failures = failures_of(cluster, words)
        cells: list[Aftermath] = []
        with _ProgressLine(len(failures) ** 2) as line:
            for cell in each_cell(cluster, failures, is_double=True):
                cells.append(cell)
                line.show(len(cells))
    except (OSError, ValueError) as error:
        raise Trouble(_sentence(file, error)) from error
    for assumption in assumptions:
        click.echo(f"Assumed: {assumption}", err=True)
    sweep = Sweep(start=cluster, failures=failures, is_double=True, cells=tuple(cells))
    if as_json:
        data = sweep.as_data() | {"single_points_of_failure": list(sweep.single_points)}
        click.echo(json.dumps(data, indent=2))
        return
    click.echo(str(sweep))
    if cells:
        click.echo("\nThe shortest way to lose each group:")
        click.echo("\n".join(f"- {way}" for way in sweep.ways()))
        click.echo("\nSingle points of failure:")
        click.echo("\n".join(f"- {point}" for point in sweep.single_points or ("none of these",)))


def _cluster_in(path: Path) -> "tuple[Cluster, tuple[str, ...]]":
    """Return the cluster of a cluster file or a folder with listings, and what was assumed."""
    from clusterlab.clusterfiles import read_cluster, read_listings

    if path.is_dir():
        cluster, _, assumptions = read_listings(path)
        return cluster, assumptions
    return read_cluster(path), ()


class _ProgressLine:
    """A line on stderr that counts, from the first second on; Ctrl+C ends what is inside."""

    def __init__(self, total: int) -> None:
        self._total, self._start_s, self._is_shown = total, time.monotonic(), False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        if self._is_shown:
            click.echo("", err=True)
        return kind is KeyboardInterrupt  # what was done until then is kept

    def show(self, done: int) -> None:
        """Show how far it is."""
        if sys.stderr.isatty() and time.monotonic() - self._start_s > 1:
            self._is_shown = True
            click.echo(f"\r{done} of {self._total} courses played", nl=False, err=True)


@cli.command()
@click.argument("file", type=PathArgument(path_type=Path, dir_okay=False))
@click.option("--active", default=3, show_default=True, help="Nodes with an EVS each.")
@click.option("--passive", default=1, show_default=True, help="Nodes without one.")
@click.option("--name", default="CL1", show_default=True, help="Name of the cluster.")
@click.option("--plan", "is_plan", is_flag=True, help="Write a plan for building it instead.")
@click.option(
    "--design", "is_design", is_flag=True, help="Write requirements to design one by instead."
)
def new(  # noqa: PLR0917  each is an option of the command
    file: Path, active: int, passive: int, name: str, is_plan: bool, is_design: bool
) -> None:
    """Write a commented cluster FILE to start from.

    A FILE that exists is left alone; the exit status is then 2.
    """
    from clusterlab.clusterfiles import starter_text
    from clusterlab.design.designfiles import starter, write_design
    from clusterlab.procedures.plan import Plan
    from clusterlab.procedures.planfiles import write_plan
    from clusterlab.tomlfiles.files import write_text

    if file.exists():
        raise Trouble(f"{_shown(file)} exists; name a new file, or delete it first.")
    if is_plan and is_design:
        raise Trouble("--plan and --design are two kinds of file; name one of them.")
    try:
        if is_design:
            write_design(starter(active, passive), file)
        elif is_plan:
            write_plan(replace(Plan.standard(active + passive, active), cluster=name), file)
        else:
            write_text(file, starter_text(active, passive, name=name, file=file.name))
    except ValueError as error:
        raise Trouble(_sentence(file, error)) from error
    following = "design" if is_design else "plan" if is_plan else "check"
    click.echo(f"Written: {_shown(file)} (next: clusterlab {following} {_shown(file)})")


@cli.command()
@click.argument("file", type=PathArgument(path_type=Path, dir_okay=False, exists=True))
@click.option("--json", "as_json", is_flag=True, help="Print data instead of text.")
@click.option("--explain", "key", help="Print how one figure was worked out, as evs1.database_gb.")
def design(file: Path, as_json: bool, key: str | None) -> None:
    """Design a cluster by the requirements in FILE: figures, volumes, and what the rules say.

    The exit status is 1 if a rule calls something an error, or if no cluster can be built by the
    requirements; every problem follows on stderr, each with its line. It is 2 if there is no such
    file or figure.
    """
    from clusterlab.design.designfiles import design_data, design_text, designed
    from clusterlab.design.rules import lint as judged

    with _problems_listed():
        made, facts = designed(file)
    if key and as_json:
        raise Trouble("--explain prints one figure as text; leave out --explain or --json.")
    if key:
        try:
            click.echo(str(made.explain(key)))
        except ValueError as error:
            raise Trouble(f"{error}.") from error
        return
    click.echo(
        json.dumps(design_data(made, facts), indent=2) if as_json else design_text(made, facts)
    )
    sys.exit(1 if judged(facts).has_errors else 0)


@cli.command()
@click.argument("path", type=PathArgument(path_type=Path, exists=True))
@click.option("--json", "as_json", is_flag=True, help="Print data instead of text.")
def lint(path: Path, as_json: bool) -> None:
    """Judge a design by the design rules of the handbook, R01 to R71.

    PATH is a requirements file, a cluster file, or a folder with listings of cluster.exe. The exit
    status is 1 if a rule calls something an error or the file has problems; every problem follows
    on stderr, each with its line. It is 2 if there is no such file.
    """
    from clusterlab.design.designfiles import facts_of_file
    from clusterlab.design.rules import lint as judged

    with _problems_listed():
        report = judged(facts_of_file(path))
    click.echo(json.dumps(report.data(), indent=2) if as_json else str(report))
    sys.exit(1 if report.has_errors else 0)


@cli.command()
@click.argument("path", type=PathArgument(path_type=Path, exists=True))
def check(path: Path) -> None:
    """Read a cluster file, or a folder with listings of cluster.exe, and say what it describes.

    The exit status is 1 if it cannot be a cluster; every problem follows on stderr, each with its
    line. It is 2 if there is no such file.
    """
    from clusterlab.clusterexe.listing import status_text
    from clusterlab.clusterfiles import broken_rules

    with _problems_listed():
        cluster, assumptions = _cluster_in(path)
    config = cluster.config
    click.echo(status_text(cluster))
    click.echo(f"\n{len(config.resources)} resources; quorum: {config.quorum}")
    for rule in dict.fromkeys(broken_rules(config)):
        click.echo(f"Over a limit: {rule}")
    for assumption in assumptions:
        click.echo(f"Assumed: {assumption}")


@cli.command()
@click.argument("names", nargs=-1)
@click.option(
    "--as",
    "form",
    type=click.Choice(["text", "csv", "json"]),
    default="text",
    show_default=True,
    help="How to print it.",
)
def support(names: tuple[str, ...], form: str) -> None:
    """Say which components may run on a cluster, and what to build where they may not.

    NAMES are components as people write them ("Notes connector", OWA, IMF); without any of them
    the whole table is printed.
    """
    from clusterlab.exchange.support import Assessment, assess, components, matrix_text

    try:
        found = assess(names) if names else Assessment(asked=components())
    except ValueError as error:
        raise Trouble(str(error)) from error
    if form == "text":
        click.echo(found.text if names else matrix_text())
    else:
        click.echo(found.to_csv() if form == "csv" else found.to_json(), nl=form == "json")


@contextmanager
def _problems_listed() -> Iterator[None]:
    """Print everything that is wrong with a file, and end with status 1."""
    from clusterlab.clusterfiles import ClusterFileError

    try:
        yield
    except ClusterFileError as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        sys.exit(1)


@cli.command()
@click.argument("file", type=PathArgument(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--csv",
    "folder",
    type=PathArgument(path_type=Path, file_okay=False),
    help="Write each table, and the steps, as a CSV file into this folder too.",
)
@click.option(
    "--separator",
    type=click.Choice([",", ";"]),
    default=",",
    show_default=True,
    help="Between the cells of CSV files: ; for Excel where numbers have a decimal comma.",
)
def plan(file: Path, folder: Path | None, separator: str) -> None:
    """Print the tables of the plan in FILE: names, addresses, disks, networks, permissions.

    The exit status is 1 if no cluster can be built by it; every problem follows on stderr, each
    with its line. It is 2 if there is no such file.
    """
    from clusterlab.procedures.catalogue import installation
    from clusterlab.procedures.planfiles import read_plan
    from clusterlab.procedures.planning import export_tables, plan_text
    from clusterlab.procedures.runbook import runbook, step_table

    with _problems_listed():
        planned = read_plan(file)
    click.echo(plan_text(planned))
    if folder:
        try:
            book = runbook(installation(planned))
            files = export_tables((*book.tables, step_table(book)), folder, separator)
        except ValueError as error:
            raise Trouble(_sentence(folder, error)) from error
        click.echo(f"\nWritten: {', '.join(map(_shown, files))}")


@cli.command()
@click.argument("file", type=PathArgument(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "-o",
    "--output",
    "out",
    type=PathArgument(path_type=Path, dir_okay=False),
    help="Where to write it, .html or .md.  [default: FILE-runbook.html]",
)
@click.option(
    "--procedure",
    "name",
    default="",
    help="What is done by a plan: install, remove, or a path such as upgrade-U4; see 'upgrade'.  "
    "[default: install]",
)
def runbook(file: Path, out: Path | None, name: str) -> None:
    """Write a procedure as a runbook to print and tick off.

    FILE is a plan, or a procedure of your own that may name one. One HTML file with check boxes,
    commands and verification for the names of the plan, or Markdown. The exit status is 1 if
    something is wrong with FILE.
    """
    from clusterlab.procedures.procedurefiles import read_work
    from clusterlab.procedures.runbook_page import write_runbook

    try:
        with _problems_listed():
            work = read_work(file, name)
    except ValueError as error:
        raise Trouble(str(error)) from error
    out = out or file.with_name(f"{file.stem}-runbook.html")
    try:
        write_runbook(work, out)
    except ValueError as error:
        raise Trouble(_sentence(out, error)) from error
    click.echo(f"Written: {_shown(out)}")


@cli.command()
@click.option("--exchange", required=True, metavar="VERSION", help='5.5, "2000 SP3", 2003 ...')
@click.option("--windows", required=True, metavar="VERSION", help='"NT 4.0", "2000 SP4" ...')
@click.option("--nodes", default=0, show_default=True, help="Nodes; 0 if it is not clustered.")
@click.option("--evs", default=1, show_default=True, help="Exchange Virtual Servers.")
@click.option(
    "--to", "target", default="2003 cluster", show_default=True, metavar="TARGET",
    help='Or "2003 stand-alone" or 2007.',
)  # fmt: skip
@click.option(
    "--time", "own", multiple=True, metavar="NAME=SECONDS",
    help="A measured time, such as T_MOVE=90, in place of an assumption.",
)  # fmt: skip
def upgrade(  # noqa: PLR0917  each is an option of the command
    exchange: str, windows: str, nodes: int, evs: int, target: str, own: tuple[str, ...]
) -> None:
    """Say which paths lead to Exchange 2003 on a cluster, and what each costs the users.

    The exit status is 1 if no path leads there.
    """
    from clusterlab.procedures.paths import path_table, source_named

    try:
        source = source_named(exchange, windows, nodes=nodes, evs=evs)
        table = path_table(source, target, dict(map(_own_time, own)))
    except ValueError as error:
        raise Trouble(f"{error}.") from error
    if table.rows:
        click.echo(str(table))
        return
    click.echo("\n".join((f"{table.title}: no path.", *table.notes)))
    sys.exit(1)


def _own_time(text: str) -> tuple[str, float]:
    """Return name and seconds of "T_MOVE=90"."""
    name, _, seconds = text.partition("=")
    try:
        return name, float(seconds)
    except ValueError as error:
        raise Trouble(f"--time is {text!r}; allowed: a name and seconds, T_MOVE=90.") from error


@cli.command()
@click.argument("path", type=PathArgument(path_type=Path, exists=True))
def checklist(path: Path) -> None:
    """List what is not as it should be in a cluster file, or a folder with listings.

    Settings first, each with reason, remedy and the line to type; then the acceptance test,
    played. The exit status is 1 if something is not as it should be, 2 if it cannot be read.
    """
    from clusterlab.clusterfiles import load_cluster
    from clusterlab.procedures.acceptance import acceptance_test
    from clusterlab.procedures.checklist import inspect_cluster

    try:
        cluster = load_cluster(path)
    except ValueError as error:
        raise Trouble(_sentence(path, error)) from error
    inspection, trials = inspect_cluster(cluster), acceptance_test(cluster)
    click.echo(str(inspection))
    if trials:
        click.echo("\nAcceptance test (handbook 3, 5.8), played:")
        click.echo("\n".join(map(str, trials)))
    sys.exit(0 if inspection.is_clean and all(trial.is_ok for trial in trials) else 1)


@cli.command()
@click.argument("number", type=int)
@click.option(
    "--faults",
    type=click.IntRange(1, 3),
    help="How many faults.  [default: as the number says]",
)
@click.option("--log", "is_log", is_flag=True, help="Print the event log as well.")
@click.option("--solution", is_flag=True, help="Print what is wrong, and lines that repair it.")
def case(number: int, faults: int | None, is_log: bool, solution: bool) -> None:
    """Print break-fix case NUMBER: what users say, and the listings.

    The same number is the same case for everybody; it is repaired in the course, lesson 06.
    """
    from clusterlab import cases

    try:
        found = cases.case(number, faults)
    except ValueError as error:
        raise Trouble(f"{error}.") from error
    parts = [repr(found), *([found.log()] if is_log else [])]
    click.echo("\n\n".join([*parts, *([found.solution()] if solution else [])]))


@cli.command()
def doctor() -> None:
    """Look at this machine and say what is missing and what to do.

    The exit status is 1 if something that the course needs is missing.
    """
    from clusterlab.doctor import examine

    checks = examine()
    for check in checks:
        word = "ok" if check.ok else "MISSING" if check.needed else "absent"
        click.echo(f"{word:8} {check.name}: {check.found}")
    for check in checks:
        if not check.ok:
            purpose = "" if check.needed else " (only for working on clusterlab)"
            click.echo(f"To do for {check.name}{purpose}: {check.remedy}")
    if all(check.ok for check in checks if check.needed):
        click.echo("The course can be opened: clusterlab lab")
    else:
        sys.exit(1)
