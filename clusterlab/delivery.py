"""Brings the course to the learner: finds it, copies it, and says how to start JupyterLab on it.

Decides where the notebooks are, which files may be written and which options JupyterLab gets.
Leaves the words on screen to ``cli.py`` and the starting of JupyterLab to JupyterLab.
"""

import json
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

START_PAGE = PurePosixPath("notebooks/00_start_here.ipynb")
JUPYTER_CONFIG = Path(__file__).parent / "jupyter"
_PACKAGE = Path(__file__).resolve().parent
KERNELS_READY = 2  # kernels that have run the page of a demo before anybody opens it
HIDDEN = ["source", "tests", "tools", "benchmarks", "changelog.d", "clusterlab", "__pycache__"]
"""What a clone's list of files leaves out: the masters with the solutions, and the machinery."""
PAGE_EXTENSIONS = (
    "@jupyter-widgets/jupyterlab-manager",
    "@voila-dashboards/widgets-manager8",
    "anywidget",
)
"""What a page of a panel needs of JupyterLab's extensions; others cost time, or fail there."""
COURSE = ("notebooks", "exercises/learner", "docs/guides", "docs/handbook")
"""The folders of the course that a learner gets."""
_TRIED_OUT = re.compile(r"\d\d\.\d+\.txt|hints\.txt|clusterlab-progress\.json")
"""What somebody leaves who takes the course in a clone: no part of the course."""


def checkout() -> Path | None:
    """Return the repository that this package runs from, or None if it was installed."""
    root = _PACKAGE.parent
    is_checkout = (root / "pyproject.toml").is_file() and (root / START_PAGE).is_file()
    return root if is_checkout else None


def packed_course() -> Path:
    """Return the folder in which an installed clusterlab carries its course.

    Raises:
        OSError: If this installation carries no course.
    """
    course = _PACKAGE / "course"
    if not (course / START_PAGE).is_file():
        raise OSError(
            f"This installation of clusterlab holds no course: {course / START_PAGE} is missing. "
            "Install clusterlab again from its wheel, or run it from a clone of the repository."
        )
    return course


def course_source() -> Path:
    """Return the clone that this package runs from, else the folder of `packed_course`."""
    return checkout() or packed_course()


def masters() -> Path:
    """Return the folder with `source`, the exercises with solutions, and nbgrader's settings."""
    return (checkout() or _PACKAGE / "masters") / "exercises"


def copy_course(source: Path, folder: Path, parts: Iterable[str] = (".",)) -> dict[str, list[str]]:
    """Copy the course into *folder* without touching a file that is already there.

    Each file is written under another name and then renamed, so it is there whole or not at
    all. A file that the learner changed is left alone and listed in ``kept``. Of a clone, *parts*
    are `COURSE`.

    Returns:
        The names of the files "added", "unchanged", and "kept": those that differ and are left
        alone; relative to the folder, with forward slashes.

    Raises:
        OSError: If a folder or file cannot be read or written.
    """
    outcome: dict[str, list[str]] = {"added": [], "kept": [], "unchanged": []}
    for name in _course_files(source, parts):
        try:
            outcome[_copy_file(source / name, folder / name)].append(name)
        except OSError as error:
            raise OSError(
                f"Cannot write {folder / name}: {error.strerror or error}. "
                "Choose another folder with --folder."
            ) from error
    return outcome


def _course_files(source: Path, parts: Iterable[str]) -> list[str]:
    """Return the course's files relative to *source*, hidden and temporary ones left out."""
    found = (file for part in parts for file in (source / part).rglob("*") if file.is_file())
    names = (file.relative_to(source) for file in found if not _TRIED_OUT.fullmatch(file.name))
    return sorted(
        name.as_posix()
        for name in names
        if not any(part.startswith((".", "__")) for part in name.parts)
    )


def _copy_file(source: Path, target: Path) -> str:
    content = source.read_bytes()
    if target.exists():
        same = target.is_file() and target.read_bytes() == content
        return "unchanged" if same else "kept"
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
    return "added"


def lab_options(
    course: Path,
    workspaces: Path,
    *,
    port: int | None = None,
    browser: bool = True,
    hidden: Iterable[str] = (),
) -> list[str]:
    """Return the command-line options that open JupyterLab on the course.

    Nothing of the learner's own JupyterLab settings is changed. No address outside this
    machine is asked: no news, no update check, no list of extensions.

    Example:
        >>> lab_options(Path("c"), Path("w"), port=9000, browser=False)[-2:]
        ['--ServerApp.port=9000', '--no-browser']
    """
    options = [
        f"--ServerApp.root_dir={course}",
        f"--LabApp.default_url=/lab/tree/{START_PAGE}",
        f"--LabApp.workspaces_dir={workspaces}",
        f"--LabApp.extra_labextensions_path={JUPYTER_CONFIG / 'labextensions'}",
        "--ServerApp.contents_manager_class=clusterlab.coursefiles.CourseFiles",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
        "--ServerApp.answer_yes=True",  # one Ctrl+C ends it
    ]
    options.extend(f"--ContentsManager.hide_globs={name}" for name in hidden)
    if _is_root():
        options.append("--ServerApp.allow_root=True")  # in a container there is no other user
    if port is not None:
        options.append(f"--ServerApp.port={port}")
    if not browser:
        options.append("--no-browser")
    return options


def demo_options(
    notebook: Path, *, theme: str, ip: str, port: int | None = None, browser: bool = True
) -> list[str]:
    """Return the command-line options with which Voila shows a notebook as a page without code.

    Kernels wait for the next visitors, and end ten minutes after theirs have left. No address
    outside this machine is asked.

    Example:
        >>> demo_options(Path("d.ipynb"), theme="dark", ip="127.0.0.1", browser=False)[:2]
        ['d.ipynb', '--template=clusterlab']
    """
    options = [
        str(notebook),
        "--template=clusterlab",
        f"--theme={theme}",
        f"--Voila.ip={ip}",
        *(f"--VoilaConfiguration.extension_allowlist={name}" for name in PAGE_EXTENSIONS),
        "--preheat_kernel=True",
        "--VoilaExecutor.iopub_timeout=60",  # a busy machine answers late
        f"--pool_size={KERNELS_READY}",
        "--MappingKernelManager.cull_idle_timeout=600",
        "--MappingKernelManager.cull_interval=60",
    ]
    if port is not None:
        options.append(f"--port={port}")
    if not browser:
        options.append("--no-browser")
    return options


def demo_notebook(shown: str, file: Path | None, how: str = "panelplay.open_panel") -> str:
    """Return a notebook that shows what a function in `clusterlab.lab` returns for these words."""
    where = "" if file is None else f", {str(file.absolute())!r}"
    module, _, name = how.rpartition(".")
    source = f"from clusterlab.lab.{module} import {name}\n{name}({shown!r}{where})"
    cell: dict[str, object] = {
        "cell_type": "code", "execution_count": None, "id": "panel", "metadata": {},
        "outputs": [], "source": source,
    }  # fmt: skip
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4}
    return json.dumps({**whole, "nbformat_minor": 5})


def _is_root() -> bool:
    """Return whether this is the root user, whom JupyterLab refuses unless told otherwise."""
    return sys.platform != "win32" and os.geteuid() == 0


def jupyter_path(current: str | None) -> str:
    """Return JUPYTER_CONFIG_PATH or JUPYTER_PATH with clusterlab's folder first.

    That folder holds one file of default settings, which switches off JupyterLab's question
    about news and opens Markdown as a page; what the learner has set still wins. For `demo` it
    holds the page of a panel.
    """
    return os.pathsep.join([str(JUPYTER_CONFIG), *([current] if current else [])])
