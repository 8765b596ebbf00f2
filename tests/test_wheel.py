"""The wheel, built here and installed into an environment of its own."""

import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

import clusterlab
from tools import course
from tools.hatch_build import LINK, readable_anywhere

ROOT = Path(__file__).parent.parent
NO_SERVER = """
import sys
from jupyterlab.labapp import LabApp
from clusterlab.__main__ import main
LabApp.launch_instance = lambda options: print(*options, sep="\\n")
sys.argv = ["clusterlab", "lab", "--no-browser", "--folder", "my course", *sys.argv[1:]]
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


def test_what_the_wheel_requires_is_there_and_fits_together(python: Path, tmp_path: Path):
    """The pinned libraries meet what the wheel asks for, and each other's wishes."""
    assert "No broken" in run(
        [sys.executable, "-m", "pip", "--python", str(python), "check"], tmp_path
    )


ADDRESSES = (None, "https://github.com/OWNER/clusterlab")


@pytest.mark.parametrize("source", ADDRESSES, ids=["no address", "an address"])
def test_no_link_of_the_readme_needs_a_file_beside_it(source: str | None):
    """Without an address files are named in words; with one each file is linked there."""
    readme = (ROOT / "README.md").read_text("utf-8")
    shown = readable_anywhere(readme, source, "1.0.0")
    beside = {name for _, _, name in LINK.findall(readme)}
    assert {"docs/lab.png", "docs/guides/show.md", "CHANGELOG.md"} <= beside
    assert all((ROOT / name).is_file() for name in beside)
    assert [] == LINK.findall(shown)
    if source:
        linked = re.findall(rf"{source}/(?:blob|raw)/1\.0\.0/([^)]*)", shown)
        assert beside == set(linked)
    else:
        delivered = named(*documents()) & beside
        assert delivered == {name for name in beside if f"`{name}`" in shown}


def test_the_wheel_has_the_readme_without_links_to_files(wheel: Path):
    """What an index of packages shows is the README that the build made."""
    with zipfile.ZipFile(wheel) as packed:
        text = packed.read(f"clusterlab-{clusterlab.__version__}.dist-info/METADATA").decode()
    assert "# clusterlab" in text
    assert [] == LINK.findall(text)


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


def named(*paths: Path) -> set[str]:
    """Return files of the repository by their names in it."""
    assert paths
    return {path.relative_to(ROOT).as_posix() for path in paths}


def documents() -> list[Path]:
    """Return the guides and the chapters of the handbook."""
    return [path for name in ("guides", "handbook") for path in (ROOT / "docs" / name).glob("*.md")]


def test_the_wheel_holds_the_package_and_the_course(wheel: Path):
    """What learners get and what masters add are apart; tests and tools are not inside."""
    names = set(zipfile.ZipFile(wheel).namelist())
    learners = named(*course.notebooks(), *course.LEARNER.glob("*/*.ipynb"), *documents())
    masters = named(*course.masters(), ROOT / "exercises" / "nbgrader_config.py")
    assert {f"clusterlab/course/{name}" for name in learners} | {"clusterlab/py.typed"} <= names
    inside = {name for name in names if name.startswith("clusterlab/masters/")}
    assert {f"clusterlab/masters/{name}" for name in masters} == inside
    outside = ("tests/", "tools/", "course/exercises/source/", "__pycache__", ".ipynb_checkpoints")
    assert set() == {name for name in names if any(part in name for part in outside)}
    beside = {"*.js", "*.css", "*.json", "*.toml", "*.template"}  # what the code reads
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


@dataclass(frozen=True)
class Delivered:
    """What `clusterlab lab` put into a folder, and the options that JupyterLab was given."""

    folder: Path
    options: list[str]
    first: dict[str, bytes]
    second: dict[str, bytes]


@pytest.fixture(scope="module")
def delivered(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    """A course delivered once to a learner, who changes a lesson, and once with --masters."""
    place = tmp_path_factory.mktemp("delivered")
    folder = place / "my course"
    options = run([str(python), "-c", NO_SERVER], cwd=place).splitlines()
    first = files(folder)
    (folder / "notebooks" / "00_start_here.ipynb").write_bytes(b"my notes")
    run([str(python), "-c", NO_SERVER, "--masters"], cwd=place)
    return Delivered(folder, options, first, files(folder))


def test_lab_copies_the_course_and_keeps_what_the_learner_changed(delivered: Delivered):
    """The first start fills the folder; the second leaves a changed lesson as it is."""
    assert f"--ServerApp.root_dir={delivered.folder}" in delivered.options
    paths = [*course.notebooks(), *course.LEARNER.glob("*/*.ipynb"), *documents()]
    assert named(*paths) <= set(delivered.first)
    assert {path.read_bytes() for path in paths} <= set(delivered.first.values())
    after = delivered.first | {"notebooks/00_start_here.ipynb": b"my notes"}
    assert after.items() <= delivered.second.items()


def test_lab_brings_the_masters_to_a_trainer_who_asks(delivered: Delivered):
    """With --masters, solutions and nbgrader's settings are beside the course; else not."""
    more = set(delivered.second) - set(delivered.first)
    assert named(*course.masters(), ROOT / "exercises" / "nbgrader_config.py") == more


def test_each_link_of_the_course_leads_to_a_file_that_is_delivered(delivered: Delivered):
    """Lessons, exercises, guides and handbook link to nothing that only a clone has."""
    texts = delivered.second | delivered.first
    dead = {
        f"{name}: {target}"
        for name, content in texts.items()
        for _, _, target in LINK.findall(content.decode())
        if name.endswith((".md", ".ipynb"))
        if not (delivered.folder / name).parent.joinpath(target.partition("#")[0]).is_file()
    }
    assert set() == dead
