"""Looks at this machine and says what clusterlab still needs.

Decides what is there and what to do about what is not. Leaves printing and the exit status to
``cli.py``. Nothing is installed or changed, and no address outside this machine is asked.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement

from clusterlab import delivery

# Parts that run inside the browser's JupyterLab page, with the package that brings them.
LAB_EXTENSIONS = {
    "@jupyter-widgets/jupyterlab-manager": "ipywidgets",
    "anywidget": "anywidget",
    "jupyterlab-plotly": "plotly",
}
BROWSER_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
BROWSER_FILES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"%ProgramFiles%\Google\Chrome\Application\chrome.exe",
    r"%ProgramFiles(x86)%\Microsoft\Edge\Application\msedge.exe",
)
INSTALL = 'Run: {python} -m pip install "clusterlab[{extra}]"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One thing looked at."""

    name: str
    found: str
    ok: bool
    remedy: str = ""  # what to do, a sentence; empty if nothing is to be done
    needed: bool = True  # False: only for people who work on clusterlab


def _diagnosis(name: str, found: str, ok: bool, remedy: str, *, needed: bool = True) -> Diagnosis:
    """Return what was looked at; where nothing is wrong, nothing is to be done."""
    return Diagnosis(name=name, found=found, ok=ok, remedy="" if ok else remedy, needed=needed)


def examine() -> tuple[Diagnosis, ...]:
    """Look at everything that the course and the tests need, in the order of dependence.

    Returns:
        One check per thing. The course runs if every check with ``needed`` has ``ok``.
    """
    try:
        metadata.version("clusterlab")
    except metadata.PackageNotFoundError:
        remedy = f"In the folder that holds pyproject.toml run: {_python()} -m pip install -e ."
        return (_diagnosis("clusterlab", "not installed", False, remedy),)
    return (
        _check_python(),
        *_check_packages(),
        *(_check_extension(name, package) for name, package in LAB_EXTENSIONS.items()),
        _check_kernel(),
        _check_course(),
        _check_browser(),
    )


@dataclass(frozen=True, slots=True)
class Setup:
    """What the course needs and does not find; it prints as what to do, the same on each machine.

    Attributes:
        missing: One failed check for each thing that is missing.
    """

    missing: tuple[Diagnosis, ...]

    def __repr__(self) -> str:
        """Return one line for each thing that is missing, with its remedy."""
        if not self.missing:
            return "Everything that the course needs is here."
        rows = [f"{check.name}: {check.found}. {check.remedy}" for check in self.missing]
        return "\n".join(["Before you go on:", *rows])


def check_setup() -> Setup:
    """Look for what the notebooks need; for the first cell of the course."""
    if sys.platform == "emscripten":  # in a browser nothing can be installed, or need be
        return Setup(())
    return Setup(tuple(check for check in examine() if check.needed and not check.ok))


def find_chromium() -> str | None:
    """Return the path of a Chromium, Chrome or Edge on this machine, or None.

    The environment variable CLUSTERLAB_CHROMIUM goes before what is found on the path.
    """
    on_path = [shutil.which(name) for name in BROWSER_NAMES]
    by_file = [os.path.expandvars(name) for name in BROWSER_FILES]
    candidates = [os.environ.get("CLUSTERLAB_CHROMIUM"), *on_path, *by_file]
    return next((path for path in candidates if path and os.path.exists(path)), None)


def _check_python() -> Diagnosis:
    """Compare the running Python with what the package asks for."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    wanted = metadata.metadata("clusterlab")["Requires-Python"]
    ok = Requirement(f"python{wanted}").specifier.contains(version, prereleases=True)
    remedy = f"Install Python {wanted} from python.org and make a new .venv with it."
    return _diagnosis("Python", version, ok, remedy)


def _check_packages() -> Iterator[Diagnosis]:
    """Compare every direct dependency of the package and of its extras with what is installed."""
    seen: set[str] = set()
    for extra in ("", "notebooks", "dev"):
        for requirement in _requirements(extra):
            if requirement.name not in seen:
                seen.add(requirement.name)
                yield _check_package(requirement, extra)


def _requirements(extra: str) -> list[Requirement]:
    """Return the requirements that hold on this machine for *extra* ("" for the package)."""
    environment = {str(key): str(value) for key, value in default_environment().items()}
    parsed = [Requirement(line) for line in metadata.requires("clusterlab") or []]
    return [
        one
        for one in parsed
        if one.name != "clusterlab"
        and (one.marker is None or one.marker.evaluate({**environment, "extra": extra}))
    ]


def _check_package(requirement: Requirement, extra: str) -> Diagnosis:
    try:
        found = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        found = "not installed"
        ok = False
    else:
        ok = requirement.specifier.contains(found, prereleases=True)
    wanted = f" (needed: {requirement.specifier})" if not ok else ""
    remedy = INSTALL.format(python=_python(), extra=extra or "notebooks")
    return _diagnosis(requirement.name, found + wanted, ok, remedy, needed=extra != "dev")


def _check_extension(name: str, package: str) -> Diagnosis:
    """Look for one JupyterLab extension where JupyterLab would look for it."""
    folders = [Path(root, "labextensions", name, "package.json") for root in _jupyter_path()]
    present = [file for file in folders if file.is_file()]
    found = json.loads(present[0].read_text("utf-8"))["version"] if present else "missing"
    remedy = f"Run: {_python()} -m pip install --force-reinstall --no-deps {package}"
    return _diagnosis(f"JupyterLab part {name}", found, bool(present), remedy)


def _jupyter_path() -> list[str]:
    """Return the folders of Jupyter's data, or none if Jupyter is not installed."""
    try:
        from jupyter_core.paths import jupyter_path
    except ImportError:
        return []
    return jupyter_path()


def _check_kernel() -> Diagnosis:
    """See that the kernel of the notebooks is this Python, which has clusterlab."""
    missing = INSTALL.format(python=_python(), extra="notebooks")
    try:
        from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
    except ImportError:
        return _diagnosis("Kernel python3", "missing", False, missing)
    try:
        program = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        return _diagnosis("Kernel python3", "missing", False, missing)
    ok = not os.path.isabs(program) or _folder(program) == _folder(sys.executable)
    remedy = (
        f"Another Python ({program}) is registered as python3, and the notebooks would run there. "
        f"Run: {_python()} -m ipykernel install --sys-prefix --name python3"
    )
    return _diagnosis("Kernel python3", program, ok, remedy)


def _folder(program: str) -> Path:
    """Return a program's folder; the program itself may be a link out of a virtual environment."""
    return Path(program).parent.resolve()


def _check_course() -> Diagnosis:
    """See that the notebooks are there."""
    try:
        course = delivery.checkout() or delivery.packed_course()
    except OSError as error:
        return _diagnosis("Course", "missing", False, str(error))
    count = len(list(course.glob("notebooks/*.ipynb")))
    return _diagnosis("Course", f"{count} notebooks in {course}", True, "")


def _check_browser() -> Diagnosis:
    """Look for the browser that the browser tests drive."""
    found = find_chromium()
    remedy = "Install Chromium (Debian: sudo apt-get install chromium), Chrome or Edge."
    ok = found is not None
    return _diagnosis("Chromium for the tests", found or "missing", ok, remedy, needed=False)


def _python() -> str:
    """Return the running Python as it is typed in a shell."""
    return f'"{sys.executable}"' if " " in sys.executable else sys.executable
