"""What every command shares: the group, its messages, and how it reads what is named."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clusterlab import __version__

if TYPE_CHECKING:
    from clusterlab.cluster.model import Cluster


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


def sentence(path: Path, error: Exception) -> str:
    """Return what is wrong with a file, its name included once."""
    text = str(error)
    if isinstance(error, UnicodeError):
        text = "is not a text file in UTF-8; save it as UTF-8"
    elif isinstance(error, OSError) and error.strerror:
        text = f"{error.strerror}; name a file that can be read"
    name = shown(Path(path.name or path))
    return text if text.startswith((f"{name}:", f"{name},")) else f"{shown(path)}: {text}"


forced = click.option("--force", is_flag=True, help="Replace a file that exists.")
"""What every command has that writes a file."""


def new_file(path: Path, force: bool) -> Path:
    """Return where a file is written; one that exists is refused before any work is done."""
    if path.exists() and not force:
        raise Trouble(f"{shown(path)} exists; name a new file, or replace it with --force.")
    return path


def new_page(path: Path, force: bool) -> Path:
    """Return where a page is written; another ending is most likely somebody's own file."""
    if path.suffix.casefold() not in {".html", ".htm"}:
        raise Trouble(f"{shown(path)} is no name of a page; end it in .html.")
    return new_file(path, force)


def shown(path: Path) -> str:
    """Return a path as a terminal may show it."""
    from clusterlab.cluster.errors import printable

    return printable(str(path))


def cluster_in(path: Path) -> "tuple[Cluster, tuple[str, ...]]":
    """Return the cluster of a file or a folder with listings, and what was assumed."""
    from clusterlab.clients import read_client

    client = read_client(path)
    return client.cluster, (*client.told.get("guessed", ()), *client.told.get("assumed", ()))


@contextmanager
def told(path: Path | None = None, end: str = "") -> Iterator[None]:
    """Say in a sentence what is wrong with what was named, or with a file, and end."""
    try:
        yield
    except ValueError as error:
        raise Trouble(f"{error}{end}" if path is None else sentence(path, error)) from error


@contextmanager
def problems_listed() -> Iterator[None]:
    """Print everything that is wrong with a file, and end with status 1."""
    from clusterlab.clusterfiles import ClusterFileError

    try:
        yield
    except ClusterFileError as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        sys.exit(1)
