"""The commands for learners: open the course, run scenarios, set a case, look at this machine."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clusterlab import delivery
from clusterlab.cli.base import (
    PathArgument,
    Trouble,
    cli,
    forced,
    new_file,
    new_page,
    problems_listed,
    sentence,
    shown,
    told,
)

if TYPE_CHECKING:
    from clusterlab.scenario.commands import Scenario
    from clusterlab.scenario.running import Player

MOST_OF_A_LOG = 10_000_000  # bytes of a log that are read


@cli.command()
@click.option(
    "--folder", type=PathArgument(path_type=Path, file_okay=False), show_default=True,
    default=Path("clusterlab-course"),
    help="Where an installed clusterlab puts its course. Files that you changed are left alone.",
)  # fmt: skip
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.  [default: 8888]")
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening it.")
@click.option("--masters", is_flag=True, help="Show the solutions too, and what a clone hides.")
def lab(folder: Path, port: int | None, no_browser: bool, masters: bool) -> None:
    """Open the course in JupyterLab.

    In a clone of the repository this opens the repository's own notebooks. An installed
    clusterlab first copies the course into a folder; with --masters, also the exercises with
    their solutions, and what nbgrader needs. Stop it with Ctrl+C.
    """
    try:
        from jupyterlab.labapp import LabApp

        from clusterlab import coursefiles
    except ImportError as error:
        raise Trouble(
            f"JupyterLab cannot be started ({error}). "
            "Run 'clusterlab doctor' to see what is missing and what to do."
        ) from error
    checkout = delivery.checkout()
    if checkout is None:
        course, delivered = _course(folder, masters=masters)
    else:
        course, delivered = checkout, coursefiles.unchanged_in(checkout)
    coursefiles.sign(course, delivered)
    hidden = () if checkout is None or masters else delivery.HIDDEN
    os.environ["JUPYTER_CONFIG_PATH"] = delivery.jupyter_path(os.environ.get("JUPYTER_CONFIG_PATH"))
    with tempfile.TemporaryDirectory(prefix="clusterlab-", ignore_cleanup_errors=True) as empty:
        LabApp.launch_instance(
            delivery.lab_options(
                course, Path(empty), port=port, browser=not no_browser, hidden=hidden
            )
        )


@cli.command()
@click.argument("panel", default="failover")
@click.argument("file", required=False, type=PathArgument(path_type=Path, exists=True))
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.  [default: 8866]")
@click.option(
    "--ip", default="127.0.0.1", show_default=True, help="Who may open it; 0.0.0.0 means anyone."
)
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening it.")
def demo(panel: str, file: Path | None, **options: Any) -> None:
    """Show a PANEL as a page without code.

    PANEL is failover, administrator, connectors, whatif, installation, upgrade, design, readiness,
    availability or game. FILE is a client's file or folder with listings; for design, a
    requirements file; for installation and upgrade, a plan or a procedure. Each visitor has a
    cluster of their own. Stop it with Ctrl+C.
    """
    _show_page("panelplay.open_panel", panel, file, **options)


@cli.command()
@click.argument("lesson")
def show(lesson: str, file: Path | None, **options: Any) -> None:
    """Present the tours of a LESSON, such as 02, on a page without code.

    FILE is a client's file or folder with listings, for the lessons 02, 05, 09 and 12: their tours
    are played on that cluster, and a scene that does not fit it is left out and says so.

    One screen, with large text. Page Down turns to the next scene or tour, Page Up turns back; B is
    a black screen, M magnifies what is under the pointer, F fills the screen, H hides the line that
    says so. Stop it with Ctrl+C.
    """
    _show_page("panels.show.show", lesson, file, **options)


show.params += demo.params[1:]


def _show_page(
    how: str, shown: str, file: Path | None, *, no_browser: bool, **options: Any
) -> None:
    """Let Voila show what a function in `clusterlab.lab` returns, once that was seen to work."""
    try:
        from voila.app import Voila
    except ImportError as error:
        raise Trouble(
            f"Voila cannot be started ({error}). Install it: pip install 'clusterlab[demo]'"
        ) from error
    module, _, name = how.rpartition(".")
    make = getattr(import_module(f"clusterlab.lab.{module}"), name)
    try:
        with problems_listed():
            make(shown, *([file] if file else []))
    except (OSError, ValueError) as error:
        raise Trouble(sentence(file, error) if file else str(error)) from error
    os.environ["JUPYTER_PATH"] = delivery.jupyter_path(os.environ.get("JUPYTER_PATH"))
    with tempfile.TemporaryDirectory(prefix="clusterlab-", ignore_cleanup_errors=True) as folder:
        page = Path(folder, f"{shown}.ipynb")
        page.write_text(delivery.demo_notebook(shown, file, how), encoding="utf-8")
        Voila.launch_instance(delivery.demo_options(page, browser=not no_browser, **options))


@cli.command("class")
@click.argument("folder", type=PathArgument(path_type=Path, file_okay=False))
@forced
def classroom(folder: Path, force: bool) -> None:
    """Write into FOLDER what serves a class from one Linux or macOS server.

    That is JupyterHub with the course for each learner, and nbgrader for exercises that are handed
    in. --force replaces settings and scripts; the password, the exercises and what learners have
    done stay.
    """
    from clusterlab.classroom import class_files, write_class

    folder = folder.absolute()
    for file in class_files(folder):
        new_file(file, force)
    try:
        masters = write_class(folder)
    except ValueError as error:
        raise Trouble(sentence(folder, error)) from error
    except OSError as error:
        where = shown(Path(error.filename or folder))
        raise Trouble(f"{where}: {error.strerror or error}; name another folder.") from error
    click.echo(f"Class: {shown(folder)}, with {masters} exercises to hand in.")
    click.echo(f"Start it: {shown(folder / 'start.sh')}; learners type what is in password.txt.")


def _course(folder: Path, *, masters: bool) -> tuple[Path, list[str]]:
    """Copy an installed course into a folder; return it, and the files that are as delivered."""
    folder = folder.absolute()
    try:
        copy = delivery.copy_course(delivery.packed_course(), folder)
        if masters:
            more = delivery.copy_course(delivery.packed_course().with_name("masters"), folder)
            copy = {kind: copy[kind] + more[kind] for kind in copy}
    except OSError as error:
        raise Trouble(str(error)) from error
    click.echo(f"Course: {shown(folder)} ({len(copy['added'])} files added)", err=True)
    for name in copy["kept"]:
        click.echo(
            f"Left alone, because it differs from the course's version: {name} "
            "(rename it and start again to get the course's version beside yours)",
            err=True,
        )
    return folder, copy["added"] + copy["unchanged"]


def _player_of(scenario: Scenario) -> Player:
    """Return what plays a scenario; panels are loaded only for a tour of words of their own."""
    from clusterlab.scenario.running import Player

    if not scenario.is_of_words:
        return Player(scenario)
    from clusterlab.lab.panelplay import PanelPlayer

    return PanelPlayer(scenario)


@cli.command()
@click.argument("files", nargs=-1, required=True, type=PathArgument(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print data (one list) instead of text.")
@click.option(
    "--rewrite", "is_rewrite", is_flag=True, help="Store the outcomes of this run in the FILES."
)
def run(files: tuple[Path, ...], as_json: bool, is_rewrite: bool) -> None:
    """Run scenario FILES and print what happens.

    The exit status is 1 if an outcome differs from the one in the file (the differences
    follow on stderr), and 2 if a file cannot be read.
    """
    from clusterlab.scenario import run_file

    status, texts = 0, []
    for path in files:
        try:
            if is_rewrite:
                from clusterlab.scenario.running import rewrite

                rewrite(path, _player_of)
            result = run_file(path, _player_of)
        except (OSError, ValueError) as error:
            click.echo(f"Error: {sentence(path, error)}", err=True)
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


@cli.command()
@click.option("--name", help="Your name on the page to print.")
@click.option("--out", type=PathArgument(path_type=Path), help="Where to write the page, .html.")
@forced
def progress(name: str | None, out: Path | None, force: bool) -> None:
    """Print your progress, or write it as a page to print.

    Run it in the folder of the course. A scene, a correct answer and a finished task are one point.
    """
    from datetime import datetime

    from clusterlab.lessons.progress import course_folder, progress
    from clusterlab.tomlfiles.files import write_text

    if course_folder() is None:
        raise Trouble("this is not the folder of a course; change to the one that you opened.")
    if bool(name) != bool(out):
        raise Trouble("a page needs both --name and --out.")
    done = progress()
    if name and out:
        page = done.page(name, datetime.now().astimezone().date())
        with told(out):
            write_text(new_page(out, force), page)
    click.echo(repr(done))


@cli.command()
@click.argument("number", type=int)
@click.option(
    "--faults", type=click.IntRange(1, 3), help="How many faults.  [default: set by the number]"
)
@click.option("--log", "is_log", is_flag=True, help="Also print the event log.")
@click.option("--solution", is_flag=True, help="Print what is wrong, and the lines that repair it.")
def case(number: int, faults: int | None, is_log: bool, solution: bool) -> None:
    """Print a break-fix case: complaints and listings.

    The same NUMBER always gives the same case; repair it in the course, lesson 06.
    """
    from clusterlab import cases

    with told(end="."):
        found = cases.case(number, faults)
    parts = [repr(found), *([found.log()] if is_log else [])]
    click.echo("\n\n".join([*parts, *([found.solution()] if solution else [])]))


@cli.command()
@click.option("--dev", is_flag=True, help="Look at what work on clusterlab needs, too; list all.")
def doctor(dev: bool) -> None:
    """Check this computer for what the course needs.

    The exit status is 1 if something that the course needs is missing.
    """
    from clusterlab.doctor import examine

    checks = [check for check in examine() if check.needed or dev]
    missing = [check for check in checks if not check.ok]
    for check in checks if dev else missing:
        word = "ok" if check.ok else "MISSING" if check.needed else "absent"
        click.echo(f"{word:8} {check.name}: {check.found}")
    for check in missing:
        purpose = "" if check.needed else " (only for working on clusterlab)"
        click.echo(f"To do for {check.name}{purpose}: {check.remedy}")
    if any(check.needed for check in missing):
        sys.exit(1)
    click.echo("The course can be opened: clusterlab lab")


@cli.command()
@click.argument("words", nargs=-1)
@click.option(
    "--file", type=PathArgument(path_type=Path), help='Explain each line of a log; "-": stdin.'
)
@click.option("--show", "is_shown", is_flag=True, help="Play the lab scenario of the first entry.")
@click.option("--json", "as_json", is_flag=True, help="Print data instead of text.")
def explain(words: tuple[str, ...], file: Path | None, is_shown: bool, as_json: bool) -> None:
    """Explain an event, error number or complaint.

    WORDS are "1034", "ClusSvc 1009", "0x8007042b", a line of a log, or what you see, in your own
    words. The entries are those of handbook 7. The exit status is 1 if there is none.
    """
    from clusterlab.symptoms import UnknownSymptom, explain, explain_lines

    if bool(words) == bool(file):
        raise Trouble("say what to explain, or name a log with --file; one of them.")
    try:
        text = _log_text(file) if file else ""
        found = explain_lines(text) if file else explain(" ".join(words))
    except UnknownSymptom as error:
        click.echo(f"{error}.", err=True)
        sys.exit(1)
    if as_json:
        click.echo(json.dumps(found.as_data(), indent=2))
        return
    click.echo(str(found))
    if is_shown:
        click.echo(f"\n{_played(found.symptoms[0].lab)}", nl=False)


def _played(lab: str | None) -> str:
    from clusterlab.scenario import read_scenario, run_scenario

    return run_scenario(read_scenario(lab)).text if lab else "The lab does not simulate it.\n"


def _log_text(file: Path) -> str:
    """Return the text of a log, in the encodings in which Windows exports one."""
    from clusterlab.tomlfiles.files import read_text

    if str(file) == "-":
        return sys.stdin.read(MOST_OF_A_LOG)
    with told(file):
        return read_text(file, MOST_OF_A_LOG, ("utf-8", "cp850", "cp1252"))
