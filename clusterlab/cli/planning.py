"""The commands that plan: designs, plans, runbooks, upgrades, and what may run where."""

import json
import sys
from pathlib import Path

import click

from clusterlab.cli.base import (
    PathArgument,
    Trouble,
    cli,
    forced,
    new_file,
    problems_listed,
    shown,
    told,
)


@cli.command()
@click.argument("file", type=PathArgument(path_type=Path, dir_okay=False, exists=True))
@click.option("--json", "as_json", is_flag=True, help="Print data instead of text.")
@click.option("--explain", "key", help="Print how a figure was worked out, like evs1.database_gb.")
@click.option("--force", is_flag=True, help="Fill a plan anew that contradicts the design.")
def design(file: Path, as_json: bool, key: str | None, force: bool) -> None:
    """Design a cluster from a client's requirements.

    Prints figures, volumes and what the rules find; in a client file it also writes the plan that
    follows, if there is none. The exit status is 1 if a rule finds an error, no cluster meets the
    requirements in FILE, or the plan in it is another one (each problem follows on stderr, with its
    line), 2 if there is no such file or figure.
    """
    from clusterlab.clients import fill, read_client
    from clusterlab.clusterfiles import ClusterFileError
    from clusterlab.clusterfiles.filekinds import FileKind
    from clusterlab.design.designfiles import design_data, design_text
    from clusterlab.design.rules import facts_of_design
    from clusterlab.design.rules import lint as judged

    with problems_listed():
        client = read_client(file, (FileKind.DESIGN,), must=FileKind.DESIGN, may_differ=True)
    made = client.design
    assert made is not None, "requirements that were read have a design"
    facts = facts_of_design(made, client.interview)
    if key is not None and as_json:
        raise Trouble("--explain prints one figure as text; leave out --explain or --json.")
    if key is not None:
        with told(end="."):
            click.echo(str(made.explain(key)))
        return
    click.echo(
        json.dumps(design_data(made, facts), indent=2) if as_json else design_text(made, facts)
    )
    with problems_listed():
        try:
            said = fill(file, client, force=force)
        except ClusterFileError as error:
            if isinstance(error.__context__, OSError):  # it cannot be written
                raise Trouble(str(error)) from error
            raise
        if said:
            click.echo(said, err=as_json)
            read_client(file)
    sys.exit(1 if judged(facts).has_errors else 0)


@cli.command()
@click.argument("names", nargs=-1)
def support(names: tuple[str, ...]) -> None:
    """Say which components may run on a cluster.

    Also says what to build instead where they cannot. NAMES are components as people write them
    ("Notes connector", OWA, IMF); without NAMES the whole table is printed.
    """
    from clusterlab.exchange.support import Assessment, Component, assess, matrix_text

    asked, unknown = list[Component](), list[str]()
    for name in names:
        try:
            asked += assess(name).asked
        except ValueError as error:
            unknown.append(str(error))
    if asked or not names:
        found = Assessment(asked=tuple(dict.fromkeys(asked)))
        click.echo(found.text if names else matrix_text())
    if unknown:
        raise Trouble("\n".join(unknown))


@cli.command()
@click.argument("file", type=PathArgument(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--csv", "folder", type=PathArgument(path_type=Path, file_okay=False),
    help="Also write each table and the steps as CSV files into this folder.",
)  # fmt: skip
@click.option(
    "--separator", type=click.Choice([",", ";"]), default=",", show_default=True,
    help="Separator in CSV files: use ; for Excel where numbers have a decimal comma.",
)  # fmt: skip
@forced
def plan(file: Path, folder: Path | None, separator: str, force: bool) -> None:
    """Print the tables of an installation plan.

    They are names, addresses, disks, networks and permissions. The exit status is 1 if no cluster
    can be built from it (each problem follows on stderr, with its line), 2 if FILE is missing.
    """
    from clusterlab.clients import read_client
    from clusterlab.clusterfiles.filekinds import FileKind
    from clusterlab.procedures.catalogue import installation
    from clusterlab.procedures.planning import export_tables, plan_text
    from clusterlab.procedures.runbook import runbook, step_table

    with problems_listed():
        planned = read_client(file, (FileKind.PLAN,), must=FileKind.PLAN).plan
    assert planned is not None, "a file that must have a plan has one"
    click.echo(plan_text(planned))
    if folder:
        with told():
            book = runbook(installation(planned))
            files = export_tables((*book.tables, step_table(book)), folder, separator, force=force)
        click.echo(f"\nWritten: {', '.join(map(shown, files))}")


@cli.command()
@click.argument("file", type=PathArgument(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "-o", "--output", "out", type=PathArgument(path_type=Path, dir_okay=False),
    help="Where to write it, .html or .md.  [default: FILE-runbook.html]",
)  # fmt: skip
@click.option(
    "--procedure", "name", default="",
    help="What to do by a plan: install, remove, or a path such as upgrade-U4; see 'upgrade'.  "
    "[default: install]",
)  # fmt: skip
@forced
def runbook(file: Path, out: Path | None, name: str, force: bool) -> None:
    """Write a runbook to print and tick off.

    FILE is a plan, or a procedure of your own that may name one. The runbook is one HTML file
    with check boxes, commands and verification, using the names in the plan, or Markdown. The exit
    status is 1 if something is wrong with FILE, 2 if the runbook exists already.
    """
    from clusterlab.clients import work_of
    from clusterlab.procedures.runbook import write_runbook

    with told(), problems_listed():
        work = work_of(file, name)
    out = new_file(out or file.with_name(f"{file.stem}-runbook.html"), force)
    with told(out):
        write_runbook(work, out)
    click.echo(f"Written: {shown(out)}")


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
    help="A measured time, such as T_MOVE=90, instead of an assumption.",
)  # fmt: skip
def upgrade(  # noqa: PLR0917  each is an option of the command
    exchange: str, windows: str, nodes: int, evs: int, target: str, own: tuple[str, ...]
) -> None:
    """List the upgrade paths to Exchange 2003.

    Says which paths lead to Exchange 2003 on a cluster, and how much downtime each one costs. The
    exit status is 1 if there is no path.
    """
    from clusterlab.procedures.paths import path_table, source_named

    with told(end="."):
        source = source_named(exchange, windows, nodes=nodes, evs=evs)
        table = path_table(source, target, dict(map(_own_time, own)))
    if table.rows:
        click.echo(str(table))
        return
    click.echo("\n".join((f"{table.title}: no path.", *table.notes)))
    sys.exit(1)


def _own_time(text: str) -> tuple[str, float]:
    name, _, seconds = text.partition("=")
    try:
        return name, float(seconds)
    except ValueError as error:
        raise Trouble(f"--time is {text!r}; allowed: a name and seconds, T_MOVE=90.") from error
