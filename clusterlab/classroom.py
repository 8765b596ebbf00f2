"""What serves a class from one server: the files that `clusterlab class` writes, from templates.

The templates in ``jupyter/class/`` are the settings of JupyterHub, of each learner's JupyterLab and
of nbgrader, and two scripts. What they do is theirs; this module only writes them.
"""

import secrets
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from clusterlab import delivery
from clusterlab.tomlfiles.files import write_text, write_texts

_SUFFIX = ".template"
_TEMPLATES = delivery.JUPYTER_CONFIG / "class"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Of a password: none that is mistaken for another on a whiteboard."""


def class_files(folder: Path) -> Mapping[Path, str]:
    """Return the text of each file that makes *folder* the place of a class.

    Example:
        >>> sorted(path.name for path in class_files(Path("c")) if path.suffix == ".sh")
        ['exercise.sh', 'start.sh']
    """
    programs = shlex.quote(str(Path(sys.executable).parent))
    return {
        folder / file.relative_to(_TEMPLATES).with_suffix(""): file.read_text("utf-8").replace(
            "@BIN@", programs
        )
        for file in sorted(_TEMPLATES.rglob(f"*{_SUFFIX}"))
    }


def write_class(folder: Path) -> int:
    """Write the files of a class, and return how many masters of exercises it has.

    Files that are there are replaced. A password, masters of exercises and whatever learners have
    done are kept.

    Raises:
        ClusterFileError: If a file cannot be written; then none is.
        OSError: If a folder cannot be made.
    """
    files = class_files(folder)
    for path in files:
        path.parent.mkdir(parents=True, exist_ok=True)
    (folder / "exchange").mkdir(exist_ok=True)
    (folder / "grading").chmod(0o700)
    password = folder / "password.txt"
    if not password.exists():
        password.touch(0o600)
        write_text(password, "-".join(_word() for _ in range(3)) + "\n")
    source = folder / "grading" / "source"
    if not source.exists():
        _copy_whole(delivery.masters() / "source", source)
    write_texts(files)
    for path in files:
        if path.suffix == ".sh":
            path.chmod(0o755)
    return len(list(source.glob("*/*.ipynb")))


def _copy_whole(masters: Path, source: Path) -> None:
    """Copy the masters, and let them have their name when all are there."""
    part = source.with_name(f".source.{secrets.token_hex(4)}")
    try:
        shutil.copytree(masters, part, ignore=shutil.ignore_patterns(".*", "*.txt"))
        part.rename(source)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _word() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(4))
