"""What `clusterlab class` writes: settings that the programs know, and scripts; all or nothing."""

import asyncio
import compileall
import importlib
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from clusterlab import cli, coursefiles, delivery

MADE = {
    "exercise.sh",
    "grading/nbgrader_config.py",
    "jupyterhub_config.py",
    "password.txt",
    "settings/jupyter_server_config.py",
    "settings/labconfig/page_config.json",
    "settings/nbgrader_config.py",
    "start.sh",
}
LEARNER = "learners/anna"
POSIX = pytest.mark.skipif(os.name == "nt", reason="JupyterHub does not run on Windows")


def call(*arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(cli.cli, ["class", *arguments])


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The folder of a class."""
    result = call(str(tmp_path / "class"))
    assert 0 == result.exit_code, result.output
    return tmp_path / "class"


@pytest.fixture
def settled(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a class in which a learner has a home, and this process is at home there."""
    (place / LEARNER).mkdir(parents=True)
    monkeypatch.setenv("HOME", str(place / LEARNER))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(place / LEARNER / "data"))
    monkeypatch.setenv("CLUSTERLAB_IN_CONTAINER", "1")
    return place


def loaded(file: Path) -> Any:
    """Return the settings of a file, read as JupyterHub, Jupyter and nbgrader read them."""
    loader = importlib.import_module("traitlets.config.loader").PyFileConfigLoader
    return loader(file.name, str(file.parent)).load_config()


def classes(c: Any) -> tuple[str, str]:
    """Return who lets people in and who starts their servers, as JupyterHub understands it."""
    hub = pytest.importorskip("jupyterhub.app").JupyterHub(config=c)
    return hub.authenticator_class.__name__, hub.spawner_class.__name__


def files(folder: Path) -> dict[str, bytes]:
    """Return the files below a folder by name."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_a_class_is_files_that_python_can_read_and_the_masters_of_a_clone(place: Path):
    """Every file is there, what is named Python is Python, and a clone's exercises are with it."""
    made = {name for name in files(place) if not name.startswith("grading/source/")}
    assert made == MADE
    assert compileall.compile_dir(place, quiet=2, legacy=True)
    sources = {path.name for path in (place / "grading" / "source").iterdir()}
    assert sources == {path.name for path in Path("exercises/source").iterdir() if path.is_dir()}
    json.loads((place / "settings" / "labconfig" / "page_config.json").read_text())


@POSIX
def test_secrets_are_for_the_trainer_alone_and_scripts_can_be_started(place: Path):
    """Neither password nor solutions can be read by others; both scripts are sh."""
    modes = {
        name: stat.S_IMODE((place / name).stat().st_mode) for name in ("password.txt", "grading")
    }
    assert modes == {"password.txt": 0o600, "grading": 0o700}
    assert 14 == len((place / "password.txt").read_text().strip())
    for script in ("start.sh", "exercise.sh"):
        assert os.access(place / script, os.X_OK)
        subprocess.run(["sh", "-n", place / script], check=True)


def test_what_exists_is_replaced_by_force_alone_and_work_is_kept(place: Path):
    """Without --force nothing changes; with it settings are new, password and exercises stay."""
    (place / "jupyterhub_config.py").write_text("mine")
    (place / "grading" / "source" / "01_exchange_virtual_servers" / "note.md").write_text("mine")
    before = files(place)
    result = call(str(place))
    assert 2 == result.exit_code
    assert "exists; name a new file, or replace it with --force." in result.stderr
    assert before == files(place)
    assert 0 == call(str(place), "--force").exit_code
    after = files(place)
    assert {"jupyterhub_config.py"} == {name for name in before if before[name] != after[name]}


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path):
    """A file in the place of the folder, or of one in it, ends with status 2 and no settings."""
    (tmp_path / "settings").write_text("a file")
    result = call(str(tmp_path))
    assert 2 == result.exit_code
    assert result.stderr.endswith("settings: File exists; name another folder.\n")
    assert {"settings"} == set(files(tmp_path))


@POSIX
def test_the_hub_has_a_password_a_folder_for_each_learner_and_the_start_page(settled: Path):
    """As written: the simple spawner, one password, names that are no paths, no news question."""
    c = loaded(settled / "jupyterhub_config.py")
    assert ("shared-password", "simple") == (
        c.JupyterHub.authenticator_class,
        c.JupyterHub.spawner_class,
    )
    assert (
        settled / "password.txt"
    ).read_text() == c.SharedPasswordAuthenticator.user_password + "\n"
    assert str(settled / "learners" / "{username}") == c.SimpleLocalProcessSpawner.home_dir_template
    assert "/lab/tree/notebooks/00_start_here.ipynb" == c.Spawner.default_url
    paths = c.Spawner.environment["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert [str(delivery.JUPYTER_CONFIG), str(settled / "settings")] == paths
    assert ("SharedPasswordAuthenticator", "SimpleLocalProcessSpawner") == classes(c)
    hub = pytest.importorskip("jupyterhub.auth")
    names = hub.Authenticator(config=c)
    assert names.validate_username("anna")
    assert not any(map(names.validate_username, ("../anna", "anna+02", "a*", "")))


@POSIX
def test_with_accounts_of_the_server_each_learner_works_as_themselves(settled: Path):
    """One word in the file: the system's passwords and users, and an exchange for all of them."""
    config = settled / "jupyterhub_config.py"
    config.write_text(
        config.read_text().replace("\nLOCAL_ACCOUNTS = False", "\nLOCAL_ACCOUNTS = True")
    )
    c = loaded(config)
    assert ("pam", "localprocess") == (
        c.JupyterHub.authenticator_class,
        c.JupyterHub.spawner_class,
    )
    assert {"class"} == c.PAMAuthenticator.allowed_groups
    assert "SharedPasswordAuthenticator" not in c
    assert 0o1777 == stat.S_IMODE((settled / "exchange").stat().st_mode)
    assert loaded(settled / "grading" / "nbgrader_config.py").ExchangeCollect.check_owner
    assert ("PAMAuthenticator", "LocalProcessSpawner") == classes(c)


@POSIX
def test_root_serves_no_class_with_one_password(settled: Path, monkeypatch: pytest.MonkeyPatch):
    """Whoever knew it could do anything; in a container of its own, it is allowed."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert ["--allow-root"] == loaded(settled / "jupyterhub_config.py").Spawner.args
    monkeypatch.delenv("CLUSTERLAB_IN_CONTAINER")
    with pytest.raises(SystemExit, match="Start it as an ordinary user, or set LOCAL_ACCOUNTS"):
        loaded(settled / "jupyterhub_config.py")


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """The limits that the settings of a learner set; here they are only noted."""
    resource = pytest.importorskip("resource")
    noted: list[tuple[int, ...]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda what, values: noted.append((what, *values)))
    return noted


@POSIX
def test_a_learner_has_the_course_and_limits(settled: Path, limits: list[tuple[int, ...]]):
    """The course is brought when the server starts; memory, kernels and idle time are limited."""
    c = loaded(settled / "settings" / "jupyter_server_config.py")
    home = settled / LEARNER / "clusterlab-course"
    assert str(home) == c.ServerApp.root_dir
    assert (home / delivery.START_PAGE).is_file()
    assert 2**30 == limits[0][1] == limits[0][2]
    assert 8 == c.FewKernels.most
    assert (
        7200 == c.MappingKernelManager.cull_idle_timeout == c.ServerApp.shutdown_no_activity_timeout
    )
    assert c.LabApp.news_url is None


@POSIX
@pytest.mark.parametrize("who", ["learner", "trainer"])
def test_learner_and_trainer_have_one_exchange(settled: Path, monkeypatch, who: str):
    """A learner hands in the copy of the course under their name; marks come from our process."""
    if who == "learner":
        monkeypatch.setenv("JUPYTERHUB_USER", "anna")
        c = loaded(settled / "settings" / "nbgrader_config.py")
        assert "anna" == c.CourseDirectory.student_id
        copies = settled / LEARNER / "clusterlab-course" / "exercises" / "learner"
        assert str(copies) == c.Exchange.assignment_dir
    else:
        c = loaded(settled / "grading" / "nbgrader_config.py")
        assert str(settled / "grading") == c.CourseDirectory.root
        assert {"python": "# YOUR CODE HERE"} == c.ClearSolutions.code_stub
        assert "Marks" in {one.__name__ for one in c.Autograde.autograde_preprocessors}
        assert not c.ExchangeCollect.check_owner
    assert ("clusterlab", str(settled / "exchange")) == (
        c.CourseDirectory.course_id,
        c.Exchange.root,
    )


HOMES = {
    "JupyterHub": "jupyterhub.app",
    "Authenticator": "jupyterhub.auth",
    "PAMAuthenticator": "jupyterhub.auth",
    "SharedPasswordAuthenticator": "jupyterhub.authenticators.shared",
    "Spawner": "jupyterhub.spawner",
    "SimpleLocalProcessSpawner": "jupyterhub.spawner",
    "ServerApp": "jupyter_server.serverapp",
    "LabApp": "jupyterlab.labapp",
    "LanguageServerManager": "jupyter_lsp",
    "MappingKernelManager": "jupyter_server.services.kernels.kernelmanager",
    "FewKernels": "clusterlab.coursefiles",
    "CourseDirectory": "nbgrader.coursedir",
    "Exchange": "nbgrader.exchange.default",
    "ExchangeCollect": "nbgrader.exchange.default",
    "ClearSolutions": "nbgrader.preprocessors",
    "Autograde": "nbgrader.converters",
}


@POSIX
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # jupyter_lsp has two
@pytest.mark.parametrize("name", sorted(name for name in MADE if name.endswith("config.py")))
def test_every_setting_is_one_that_its_program_knows(settled: Path, limits: list[Any], name: str):
    """A word that Jupyter does not know would be ignored in silence."""
    pytest.importorskip(
        "jupyterhub", reason="JupyterHub is missing: pip install 'clusterlab[class]'"
    )
    for section, values in loaded(settled / name).items():
        known = getattr(importlib.import_module(HOMES[section]), section).class_traits(config=True)
        assert set() == set(values) - set(known)


@POSIX
def test_start_says_what_is_missing(place: Path, tmp_path: Path):
    """Without the proxy of JupyterHub, the script names the line that installs it."""
    script = place / "start.sh"
    (tmp_path / "bin").mkdir()
    for program in ("jupyterhub", "jupyterhub-singleuser"):
        (tmp_path / "bin" / program).symlink_to("/bin/true")
    for program in ("dirname", "mkdir"):
        (tmp_path / "bin" / program).symlink_to(str(shutil.which(program)))
    ours = str(Path(sys.executable).parent)
    script.write_text(script.read_text().replace(ours, str(tmp_path / "bin")))
    environment = {**os.environ, "PATH": ""}
    done = subprocess.run(
        ["/bin/sh", script], env=environment, capture_output=True, text=True, check=False
    )
    assert (1, True) == (done.returncode, "npm install" in done.stderr), done.stderr


@POSIX
@pytest.mark.parametrize("words", ["", "give", "give two", "give 99", "remove 02"])
def test_exercise_says_what_it_can_do(place: Path, words: str):
    """A wrong line is answered with the right ones, and nothing is done."""
    command = ["sh", place / "exercise.sh", *words.split()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in {1, 2}
    assert ("no exercise 99" if "99" in words else "./exercise.sh grade 02") in done.stderr


def test_what_somebody_tried_out_in_a_clone_is_no_part_of_the_course(tmp_path: Path):
    """Kept answers, hints that cost a point and progress stay with whoever made them."""
    for name in ("notebooks/a.ipynb", "notebooks/client/node.txt", "exercises/learner/02/02.7.txt",
                 "exercises/learner/02/hints.txt", "notebooks/clusterlab-progress.json",
                 "exercises/source/02/02.ipynb"):  # fmt: skip
        (tmp_path / "clone" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "clone" / name).write_text("{}")
    copy = delivery.copy_course(tmp_path / "clone", tmp_path / "learner", delivery.COURSE)
    assert ["notebooks/a.ipynb", "notebooks/client/node.txt"] == copy["added"]


def test_one_kernel_too_many_is_refused_in_words(monkeypatch: pytest.MonkeyPatch):
    """The refusal says how many run and how to end one; those that run stay."""
    kernels = coursefiles.FewKernels(most=2)

    async def started(self: Any, **options: Any) -> str:
        self._kernels[str(len(self))] = options
        return str(len(self))

    monkeypatch.setattr(coursefiles.AsyncMappingKernelManager, "start_kernel", started)
    assert ["1", "2"] == [asyncio.run(kernels.start_kernel()) for _ in range(2)]
    with pytest.raises(coursefiles.HTTPError, match=r"2 notebooks are running.*Shut Down Kernel"):
        asyncio.run(kernels.start_kernel())
    assert 2 == len(kernels)
