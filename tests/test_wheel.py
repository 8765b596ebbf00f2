"""The wheel, built here and installed into an environment of its own."""

import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

import clusterlab
from tools import course

ROOT = Path(__file__).parent.parent
NO_SERVER = """
import sys
from jupyterlab.labapp import LabApp
from clusterlab.__main__ import main
LabApp.launch_instance = lambda options: print(*options, sep="\\n")
sys.argv = ["clusterlab", "lab", "--no-browser", "--folder", "my course"]
main()
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from the repository as it stands."""
    folder = tmp_path_factory.mktemp("wheel")
    command = ["-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    run([sys.executable, *command], cwd=folder)
    return next(folder.glob("clusterlab-*.whl"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment that has the wheel, and the libraries of this one."""
    folder = tmp_path_factory.mktemp("clean") / "env"
    run([sys.executable, "-m", "venv", "--without-pip", str(folder)], cwd=folder.parent)
    windows = os.name == "nt"
    program = folder / ("Scripts/python.exe" if windows else "bin/python")
    pip = ["-m", "pip", "--python", str(program), "install", "-q", "--no-index", "--no-deps"]
    run([sys.executable, *pip, str(wheel)], cwd=folder)
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(run([str(program), "-c", ask], cwd=folder).strip())
    here = sysconfig.get_path("purelib")
    # A path in a .pth file is searched, but the .pth files in it are not read: the editable
    # clusterlab of this environment stays out of sight.
    (packages / "libraries.pth").write_text(f"{here}\n", encoding="utf-8")
    return program


def run(command: list[str], cwd: Path, environment: Mapping[str, str] | None = None) -> str:
    """Run a command that must end well and return what it printed."""
    settings = {**os.environ, "PYTHONPATH": "", "PYTHONIOENCODING": "utf-8", **(environment or {})}
    result = subprocess.run(
        command,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        cwd=cwd,
        env=settings,
    )
    assert 0 == result.returncode, result.stdout + result.stderr
    return result.stdout


def files(folder: Path) -> dict[str, bytes]:
    """Return the files below a folder by name."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_an_index_of_packages_would_take_the_wheel(wheel: Path):
    """Metadata and README are read without a complaint."""
    said = run([sys.executable, "-m", "twine", "check", "--strict", str(wheel)], cwd=wheel.parent)
    assert "PASSED" in said


def test_the_version_is_said_once(wheel: Path):
    """Wheel, citation and newest chapter of the changelog have the number of the package."""
    assert f"clusterlab-{clusterlab.__version__}-" in wheel.name
    cited = (ROOT / "CITATION.cff").read_text("utf-8")
    told = re.findall(r"^## \[(.*)\] - (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    assert (clusterlab.__version__, re.findall(r"^date-released: (.*)$", cited, re.M)[0]) == told[0]
    assert f"version: {clusterlab.__version__}\n" in cited


def test_each_fragment_of_the_changelog_says_of_which_kind_it_is():
    """What waits for the next release has a kind that CONTRIBUTING gives a place in its chapter."""
    kinds = {"added", "changed", "deprecated", "removed", "fixed", "security"}
    names = {path.name for path in (ROOT / "changelog.d").iterdir()} - {"README.md"}
    assert [] == [name for name in names if name.split(".")[1:-1] not in [[kind] for kind in kinds]]


def test_the_wheel_holds_the_package_and_the_course(wheel: Path):
    """Lessons, learner copies and handbook are inside, masters and tests are not."""
    names = set(zipfile.ZipFile(wheel).namelist())
    paths = [*course.notebooks(), *course.LEARNER.glob("*/*.ipynb")]
    packed = {f"clusterlab/course/{path.relative_to(ROOT).as_posix()}" for path in paths}
    assert packed
    assert packed | {"clusterlab/py.typed", "clusterlab/course/docs/handbook/00-index.md"} <= names
    assert set() == {name for name in names if "/source/" in name or "tests/" in name}
    beside = {"*.js", "*.css", "*.toml"}  # what the code reads must be where the code is
    data = {path for kind in beside for path in (ROOT / "clusterlab").rglob(kind)}
    assert {path.relative_to(ROOT).as_posix() for path in data} <= names


def test_the_installed_command_prints_its_help(python: Path, tmp_path: Path):
    """The script that the wheel installs starts without the repository."""
    name = "clusterlab.exe" if os.name == "nt" else "clusterlab"
    assert "doctor" in run([str(python.with_name(name)), "--help"], cwd=tmp_path)


def test_the_installed_package_finds_itself_complete(python: Path, tmp_path: Path):
    """Doctor reports the course of the wheel and nothing missing."""
    settings = {"JUPYTER_PATH": str(Path(sys.prefix, "share", "jupyter"))}
    printed = run([str(python), "-m", "clusterlab", "doctor", "--dev"], tmp_path, settings)
    found = next(line for line in printed.splitlines() if "Course" in line)
    assert found.startswith("ok")
    assert str(Path("clusterlab", "course")) in found
    assert str(ROOT) not in found


def test_lab_copies_the_course_and_keeps_what_the_learner_changed(python: Path, tmp_path: Path):
    """The first start fills the folder; the second leaves a changed lesson as it is."""
    options = run([str(python), "-c", NO_SERVER], cwd=tmp_path)
    assert f"--ServerApp.root_dir={tmp_path / 'my course'}" in options.splitlines()
    first = files(tmp_path / "my course")
    assert {path.read_bytes() for path in course.notebooks()} <= set(first.values())
    lesson = tmp_path / "my course" / "notebooks" / "00_start_here.ipynb"
    lesson.write_bytes(b"my notes")
    run([str(python), "-c", NO_SERVER], cwd=tmp_path)
    assert first | {"notebooks/00_start_here.ipynb": b"my notes"} == files(tmp_path / "my course")
