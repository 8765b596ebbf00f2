"""The commands about a cluster, from its file or from a client's listings."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clusterlab.cli.base import (
    PathArgument,
    Trouble,
    cli,
    cluster_in,
    forced,
    new_file,
    new_page,
    problems_listed,
    sentence,
    shown,
    told,
)

if TYPE_CHECKING:
    from clusterlab.studies.play import Aftermath


@cli.command()
@click.argument("file", type=PathArgument(path_type=Path, dir_okay=False))
@click.option("--active", default=3, show_default=True, help="Nodes with an EVS.")
@click.option("--passive", default=1, show_default=True, help="Nodes without an EVS.")
@click.option("--name", default="CL1", show_default=True, help="Name of the cluster.")
@click.option("--cluster", "kinds", flag_value="check", multiple=True, help="A cluster file.")
@click.option("--plan", "kinds", flag_value="plan", multiple=True, help="An installation plan.")
@click.option("--design", "kinds", flag_value="design", multiple=True, help="Requirements alone.")
@forced
def new(  # noqa: PLR0917  each is an option of the command
    file: Path, active: int, passive: int, name: str, kinds: tuple[str, ...], force: bool
) -> None:
    """Write a commented file about a client to start from.

    It holds what is wanted and the cluster that there is; 'design' adds what is planned. --cluster,
    --plan and --design write one of them alone. If FILE exists, it is left alone, and the exit
    status is 2.
    """
    from clusterlab.clients import client_text
    from clusterlab.clusterfiles.writing import starter_text
    from clusterlab.design.designfiles import design_toml, starter
    from clusterlab.procedures.plan import Plan
    from clusterlab.procedures.planfiles import plan_toml
    from clusterlab.tomlfiles.files import write_text

    new_file(file, force)
    if len(kinds) > 1:
        raise Trouble("--cluster, --plan and --design are three kinds of file; name one of them.")
    following = kinds[0] if kinds else "design"
    with told(file):
        if not kinds:
            text = client_text(active, passive, name=name, file=file.name)
        elif following == "design":
            text = design_toml(starter(active, passive, name))
        elif following == "plan":
            text = plan_toml(replace(Plan.standard(active + passive, active), cluster=name))
        else:
            text = starter_text(active, passive, name=name, file=file.name)
        write_text(file, text, force=force)
    click.echo(f"Written: {shown(file)} (next: clusterlab {following} {shown(file)})")


@cli.command()
@click.argument("path", type=PathArgument(path_type=Path, exists=True))
@click.option("--json", "as_json", is_flag=True, help="Print data instead of text.")
def check(path: Path, as_json: bool) -> None:
    """Read a cluster file or listings, and say what they describe.

    PATH is a cluster file, or a folder with listings of cluster.exe: for these you also learn what
    they prove, what was guessed or assumed, and what was not understood. The exit status is 1 if
    it cannot be a cluster (each problem follows on stderr), 2 if there is no such file.
    """
    from clusterlab.clients import read_client
    from clusterlab.clusterexe.listing import status_text
    from clusterlab.clusterfiles import ClusterFileError
    from clusterlab.clusterfiles.building import broken_rules

    told: dict[str, tuple[str, ...]] = {}
    try:
        cluster = read_client(path, told=told).cluster
    except ClusterFileError as error:
        told["problems"] = tuple(map(str, error.problems))
    else:
        config = cluster.config
        told["over_a_limit"] = tuple(dict.fromkeys(broken_rules(config)))
        size = f"{len(config.resources)} resources; quorum: {config.quorum}"
        told["cluster"] = (status_text(cluster), size)
    problems = told.get("problems", ())
    if as_json:
        click.echo(json.dumps({"problems": problems, **told}, indent=2))
    else:
        click.echo("\n\n".join(told.pop("cluster", ())), nl=not problems)
        for word, sentences in told.items():
            title = word.replace("_", " ").capitalize()
            for sentence_ in sentences if word != "problems" else ():
                click.echo(f"{title}: {sentence_}")
        for problem in problems:
            click.echo(problem, err=True)
    sys.exit(1 if problems else 0)


@cli.command()
@click.argument("folder", type=PathArgument(path_type=Path, exists=True), required=False)
def collect(folder: Path | None) -> None:
    """Print a batch file that saves a client's listings.

    Save it as collect.cmd. It runs on a node, changes nothing, and writes one folder. Owners and
    dependencies are listed by name: a second batch file, for the FOLDER you got, asks for them.
    """
    from clusterlab.clusterfiles import read_listings

    lines = Path(__file__).with_name("collect.cmd").read_text("utf-8").splitlines()
    if folder is not None:
        with problems_listed():
            config = read_listings(folder).cluster.config
        names = [one.name for one in config.resources]
        asked = [f'group "{one.name}" /listowners' for one in config.groups]
        asked += [
            f'resource "{name}" /{what}' for name in names for what in ("listowners", "listdep")
        ]
        asked = [line.replace("%", "%%") for line in asked if line.count('"') == 2]
        lines = lines[:4] + [f"cluster {line} >> cluster-listings\\named.txt" for line in asked]
    click.echo("\n".join(lines))


@cli.command()
@click.argument("file", type=PathArgument(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print data instead of text.")
@click.option(
    "--kinds", default="nodes", show_default=True, help="Kinds of failures, separated by commas."
)
def whatif(file: Path, as_json: bool, kinds: str) -> None:
    """Play every failure and every pair of failures.

    FILE is a cluster file, or a folder with listings; what had to be assumed is printed on stderr.
    For each first and second failure the table says how many groups are lost and how long the
    others were down. Ctrl+C stops early and prints the results so far.
    """
    from clusterlab.studies.whatif import KINDS, Sweep, each_cell, failures_of, site_sentences

    words = tuple(kind.strip() for kind in kinds.split(",") if kind.strip())
    if bad := [word for word in words or ("",) if word not in KINDS]:
        raise Trouble(f"--kinds {bad[0]!r} is not known; allowed: {', '.join(KINDS)}")
    try:
        cluster, assumptions = cluster_in(file)
        failures = failures_of(cluster, words)
        cells: list[Aftermath] = []
        with _progress_line(keeps=True) as show:
            for cell in each_cell(cluster, failures, is_double=True):
                cells.append(cell)
                show(len(cells), len(failures) ** 2)
    except (OSError, ValueError) as error:
        raise Trouble(sentence(file, error)) from error
    for assumption in assumptions:
        click.echo(f"Assumed: {assumption}", err=True)
    sweep = Sweep(start=cluster, failures=failures, is_double=True, cells=tuple(cells))
    if as_json:
        data = sweep.as_data() | {"single_points_of_failure": list(sweep.single_points)}
        click.echo(json.dumps(data, indent=2))
        return
    click.echo(str(sweep))
    if told := list(site_sentences(sweep)) if "sites" in words else []:
        click.echo("\nThe sites:\n" + "\n".join(f"- {sentence_}" for sentence_ in told))
    if cells:
        click.echo("\nThe shortest way to lose each group:")
        click.echo("\n".join(f"- {way}" for way in sweep.ways()))
        click.echo("\nSingle points of failure:")
        click.echo("\n".join(f"- {point}" for point in sweep.single_points or ("none of these",)))


@cli.command()
@click.argument("files", type=PathArgument(path_type=Path, dir_okay=False), nargs=-1, required=True)
@click.option("--cluster", "of", type=PathArgument(path_type=Path), help="The cluster of the logs.")
@click.option("--json", "as_json", is_flag=True, help="Print data instead of text.")
@click.option(
    "--durations", type=PathArgument(path_type=Path, dir_okay=False),
    help="Write a new cluster file with the measured durations.",
)  # fmt: skip
@forced
def postmortem(
    files: tuple[Path, ...], of: Path | None, as_json: bool, durations: Path | None, force: bool
) -> None:
    """Show the outages in a client's event logs.

    FILES are exported System and Application logs (CSV of Event Viewer, eventquery, dumpel) and
    cluster.logs, from all nodes at once. Each outage is shown with its parts, beside what the
    simulation expects. You are told what the logs do not show. FILES are only read.
    """
    from clusterlab.clusterfiles import write_cluster
    from clusterlab.eventlogs.postmortem import postmortem as read
    from clusterlab.eventlogs.postmortem import with_measured

    if durations and of is None:
        raise Trouble(
            "--durations needs the cluster that they are of; name its file with --cluster."
        )
    if durations:
        new_file(durations, force)
    with told():
        cluster = cluster_in(of)[0] if of else None
        found = read(files, cluster)
        click.echo(json.dumps(found.as_data(), indent=2) if as_json else str(found))
        if durations and cluster:
            made, changed = with_measured(cluster, found)
            write_cluster(made, durations)
            words = ", ".join(f"{key} {value:g}" for key, value in sorted(changed.items()))
            click.echo(f"Written: {shown(durations)} ({words or 'nothing measured'})", err=True)


@contextmanager
def _progress_line(*, keeps: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Give what counts on stderr, from the first second on.

    Where what is done *keeps* its worth, Ctrl+C only ends it.
    """
    start_s, is_shown = time.monotonic(), False

    def show(done: int, total: int) -> None:
        nonlocal is_shown
        if sys.stderr.isatty() and time.monotonic() - start_s > 1:
            is_shown = True
            click.echo(f"\r{done} of {total} sequences played", nl=False, err=True)

    try:
        with suppress(*([KeyboardInterrupt] if keeps else [])):
            yield show
    finally:
        if is_shown:
            click.echo("", err=True)


@cli.command()
@click.argument("path", type=PathArgument(path_type=Path, exists=True))
def checklist(path: Path) -> None:
    """List the settings of a cluster that need correcting.

    PATH is a cluster file, or a folder with listings. Each setting has its reason, remedy and the
    line to type; then the acceptance test is played. The exit status is 1 if something needs
    correcting, 2 if PATH cannot be read.
    """
    from clusterlab.clients import read_client
    from clusterlab.procedures.acceptance import acceptance_test
    from clusterlab.procedures.checklist import inspect_cluster

    with told(path):
        client = read_client(path)
        cluster = client.cluster
    inspection = inspect_cluster(cluster, seen=client.seen)
    trials = acceptance_test(cluster)
    click.echo(str(inspection))
    if trials:
        click.echo("\nAcceptance test (handbook 3, 5.8), played:")
        click.echo("\n".join(map(str, trials)))
    sys.exit(0 if inspection.is_clean and all(trial.is_ok for trial in trials) else 1)


@cli.command()
@click.argument("path", type=PathArgument(path_type=Path, exists=True))
@click.option("--json", "as_json", is_flag=True, help="Print data instead of text.")
def lint(path: Path, as_json: bool) -> None:
    """Check a design against the handbook's rules.

    PATH is a requirements file, a cluster file, or a folder with listings of cluster.exe. The
    rules are R01 to R73. The exit status is 1 if a rule finds an error or the file has problems;
    every problem follows on stderr, each with its line. It is 2 if there is no such file.
    """
    from clusterlab.clients import read_client
    from clusterlab.clusterfiles.filekinds import FileKind
    from clusterlab.design.rules import lint as judged

    with problems_listed():
        report = judged(read_client(path, (FileKind.DESIGN, FileKind.CLUSTER)).facts)
    click.echo(json.dumps(report.data(), indent=2) if as_json else str(report))
    sys.exit(1 if report.has_errors else 0)


@cli.command()
@click.argument("paths", type=PathArgument(path_type=Path, exists=True), nargs=-1, required=True)
@click.option(
    "-o", "--output", "out", required=True, help="The HTML file to write.",
    type=PathArgument(path_type=Path, dir_okay=False),
)  # fmt: skip
@click.option("--title", default="", help="The title at the top.")
@click.option("--client", default="", help="The client it is for.")
@click.option("--author", default="", help="Who wrote it.")
@click.option("--date", default="", help="The date to print.")
@click.option(
    "--logo", help="A picture: PNG, JPEG, GIF or SVG.",
    type=PathArgument(path_type=Path, dir_okay=False),
)  # fmt: skip
@forced
def report(paths: tuple[Path, ...], out: Path, force: bool, **options: Any) -> None:
    """Write a report for a client: one HTML file that plays every failure, without a network.

    PATHS are a cluster file, a folder with listings of cluster.exe, requirements or a plan, or
    several of one client; two clusters are compared, before and after a change. The exit status is
    1 if one of them cannot be used; every problem follows on stderr. It is 2 if the HTML file
    exists already, or cannot be written. Nothing is written unless all of it is.
    """
    from clusterlab.lab.reports.making import report as made

    new_page(out, force)
    with told(), problems_listed(), _progress_line() as show:
        page = made(*paths, progress=show, **options)
    with told(out):
        page.write(out, force=force)
    click.echo(f"Written: {shown(out)} ({page.title})")
