"""How the course gets into a learner's folder, and with which options JupyterLab starts."""

import asyncio
import json
import os
import subprocess
from pathlib import Path

import comm
import pytest

from clusterlab import coursefiles, delivery


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A small course as a wheel carries it, with a hidden folder that is no part of it."""
    files = {
        "notebooks/00_start_here.ipynb": "start",
        "notebooks/01_lesson.ipynb": "lesson",
        "exercises/learner/01_task/01_task.ipynb": "task",
        "notebooks/.ipynb_checkpoints/00_start_here.ipynb": "old",
    }
    for name, text in files.items():
        file = tmp_path / "wheel" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path / "wheel"


NAMES = (
    "exercises/learner/01_task/01_task.ipynb",
    "notebooks/00_start_here.ipynb",
    "notebooks/01_lesson.ipynb",
)


def written(folder: Path) -> list[str]:
    """Return every file below a folder, hidden ones included."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_the_first_copy_adds_every_file_of_the_course(course: Path, tmp_path: Path):
    """A new folder is made and filled; checkpoints and half-written files are not in it."""
    copy = delivery.copy_course(course, tmp_path / "mine" / "deep")
    assert {"added": list(NAMES), "kept": [], "unchanged": []} == copy
    assert list(NAMES) == written(tmp_path / "mine" / "deep")


def test_a_changed_file_is_left_alone_and_named(course: Path, tmp_path: Path):
    """What the learner wrote is never overwritten."""
    delivery.copy_course(course, tmp_path / "mine")
    mine = tmp_path / "mine" / "notebooks" / "01_lesson.ipynb"
    mine.write_text("my notes", encoding="utf-8")
    copy = delivery.copy_course(course, tmp_path / "mine")
    assert ["notebooks/01_lesson.ipynb"] == copy["kept"]
    assert [] == copy["added"]
    assert "my notes" == mine.read_text("utf-8")


def test_a_file_new_in_the_course_is_added_later(course: Path, tmp_path: Path):
    """A newer clusterlab adds its new lessons to the same folder."""
    delivery.copy_course(course, tmp_path / "mine")
    (course / "notebooks" / "02_more.ipynb").write_text("more", encoding="utf-8")
    copy = delivery.copy_course(course, tmp_path / "mine")
    assert ["notebooks/02_more.ipynb"] == copy["added"]
    assert list(NAMES) == copy["unchanged"]


def test_a_folder_in_the_place_of_a_file_is_left_alone(course: Path, tmp_path: Path):
    """A learner's folder that has the name of a lesson is kept like a changed file."""
    (tmp_path / "mine" / "notebooks" / "01_lesson.ipynb").mkdir(parents=True)
    copy = delivery.copy_course(course, tmp_path / "mine")
    assert ["notebooks/01_lesson.ipynb"] == copy["kept"]


def test_a_file_that_cannot_be_written_whole_is_not_written_at_all(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A full disk leaves no half notebook behind, and the message names file and way out."""

    def fill_the_disk(self: Path, content: bytes) -> int:
        with self.open("wb") as file:
            file.write(content[:2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fill_the_disk)
    with pytest.raises(OSError, match=r"01_task\.ipynb: No space left.*--folder"):
        delivery.copy_course(course, tmp_path / "mine")
    assert [] == written(tmp_path / "mine")


def test_a_file_in_the_place_of_the_folder_is_an_error_in_words(course: Path, tmp_path: Path):
    """The message names what cannot be written and says what to do."""
    (tmp_path / "mine").write_text("a file", encoding="utf-8")
    with pytest.raises(OSError, match=r"^Cannot write .*mine.* --folder\.$"):
        delivery.copy_course(course, tmp_path / "mine")


def test_an_installation_without_a_course_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Without a packed course the message names the missing file and the way out."""
    monkeypatch.setattr(delivery, "_PACKAGE", tmp_path)
    with pytest.raises(OSError, match=r"00_start_here\.ipynb is missing"):
        delivery.packed_course()


def test_an_installed_package_is_no_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Only a folder with the project file and the start page beside the package is a checkout."""
    monkeypatch.setattr(delivery, "_PACKAGE", tmp_path / "clusterlab")
    assert delivery.checkout() is None


def test_jupyterlab_opens_the_start_page_and_asks_no_address_outside(tmp_path: Path):
    """The options name the course and the start page and switch news and updates off."""
    options = delivery.lab_options(Path("my course"), tmp_path)
    assert "--ServerApp.root_dir=my course" in options
    assert "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb" in options
    assert {"--LabApp.news_url=None", "--LabApp.extension_manager=readonly"} <= set(options)
    assert "--no-browser" not in options


def test_jupyterlab_understands_every_option(tmp_path: Path):
    """JupyterLab reads the options without a warning about an unknown name."""
    labapp = pytest.importorskip("jupyterlab.labapp")
    app = labapp.LabApp()
    app.parse_command_line(delivery.lab_options(tmp_path, tmp_path, port=9123, browser=False))
    assert app.news_url is None
    assert "NeverCheckForUpdate" == app.check_for_updates_class.__name__
    assert str(tmp_path) == app.workspaces_dir


def test_jupyterlab_finds_the_card_and_the_menu_entry_of_the_course(tmp_path: Path):
    """The options lead to the extension, and what its description names is there."""
    labapp = pytest.importorskip("jupyterlab.labapp")
    app = labapp.LabApp()
    app.parse_command_line(delivery.lab_options(tmp_path, tmp_path))
    (folder,) = app.extra_labextensions_path
    (described,) = Path(folder).glob("*/package.json")
    loaded = json.loads(described.read_text("utf-8"))["jupyterlab"]["_build"]["load"]
    script = (described.parent / loaded).read_text("utf-8")
    assert f'"{delivery.START_PAGE}"' in script


def test_the_list_of_files_leaves_out_what_it_is_told_to(tmp_path: Path):
    """JupyterLab itself reads the option: the masters are left out, the learner's copies not."""
    manager = pytest.importorskip("jupyter_server.services.contents.largefilemanager")
    labapp = pytest.importorskip("jupyterlab.labapp")
    app = labapp.LabApp()
    hidden = delivery.HIDDEN
    app.parse_command_line(delivery.lab_options(tmp_path, tmp_path, hidden=hidden))
    contents = manager.LargeFileManager(config=app.config)
    assert not contents.should_list("source")
    assert contents.should_list("learner")


def test_jupyter_trusts_the_notebooks_that_are_as_delivered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A notebook that was signed is trusted; one that the learner changed is not."""
    nbformat = pytest.importorskip("nbformat")
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    for name in ("kept", "changed"):
        cell = nbformat.v4.new_code_cell("1", id=name)
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / f"{name}.ipynb")
    coursefiles.sign(tmp_path, ["kept.ipynb", "client/listing.txt", "gone.ipynb"])
    notary = nbformat.sign.NotebookNotary()
    try:
        kept, changed = (
            notary.check_signature(nbformat.read(tmp_path / f"{name}.ipynb", as_version=4))
            for name in ("kept", "changed")
        )
    finally:
        notary.store.close()
    assert kept
    assert not changed


def test_a_notebook_comes_with_what_its_kernel_says_of_its_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """JupyterLab then has nothing to write into it, and does not mark it as changed."""
    for name in ("create_comm", "get_comm_manager"):  # which ipykernel replaces for all widgets
        monkeypatch.setattr(comm, name, getattr(comm, name))
    nbformat = pytest.importorskip("nbformat")
    kernel = pytest.importorskip("ipykernel.ipkernel")
    cell = nbformat.v4.new_code_cell("1", id="one")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    notebook["metadata"]["language_info"] = {"name": "python"}
    nbformat.write(notebook, tmp_path / "page.ipynb")
    files = coursefiles.CourseFiles(root_dir=str(tmp_path))
    content = asyncio.run(files.get("page.ipynb"))["content"]
    assert kernel.IPythonKernel.language_info == content["metadata"]["language_info"]
    assert asyncio.run(files.get("page.ipynb", content=False))["content"] is None


def test_a_clone_knows_which_notebooks_are_as_git_has_them(tmp_path: Path):
    """A changed notebook and one that git does not know are not named; without git, none is."""
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for name in ("same", "changed"):
        (folder / f"{name}.ipynb").write_text("as it was")
    assert [] == coursefiles.unchanged_in(tmp_path)
    for command in (["init", "-q"], ["add", "notebooks"], ["commit", "-qm", "first"]):
        subprocess.run([*git, *command], check=True)
    (folder / "changed.ipynb").write_text("the learner's")
    (folder / "new.ipynb").write_text("the learner's")
    assert ["notebooks/same.ipynb"] == coursefiles.unchanged_in(tmp_path)


@pytest.mark.parametrize("root", [True, False])
def test_the_root_user_of_a_container_may_start_the_course(
    root: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """JupyterLab refuses root by itself; the option is given to root alone."""
    monkeypatch.setattr(delivery, "_is_root", lambda: root)
    options = delivery.lab_options(tmp_path, tmp_path)
    assert root == ("--ServerApp.allow_root=True" in options)


def test_the_news_question_is_off_and_markdown_opens_as_a_page():
    """The default settings that clusterlab brings are found by Jupyter's own search."""
    path = delivery.jupyter_path("other")
    assert f"{delivery.JUPYTER_CONFIG}{os.pathsep}other" == path
    assert str(delivery.JUPYTER_CONFIG) == delivery.jupyter_path(None)
    file = delivery.JUPYTER_CONFIG / "labconfig" / "default_setting_overrides.json"
    settings = json.loads(file.read_text("utf-8"))
    notification = settings["@jupyterlab/apputils-extension:notification"]
    assert {"fetchNews": "false", "checkForUpdates": False} == notification
    viewers = settings["@jupyterlab/docmanager-extension:plugin"]["defaultViewers"]
    assert {"markdown": "Markdown Preview"} == viewers
