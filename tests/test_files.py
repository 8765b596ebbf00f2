"""Files are written whole or not at all, and what stood there keeps its kind."""

import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clusterlab import exchange_cluster
from clusterlab.clusterfiles import write_cluster
from clusterlab.procedures import Plan, Run, installation
from clusterlab.procedures.planfiles import plan_toml
from clusterlab.procedures.planning import export_tables, plan_tables
from clusterlab.procedures.runbook import write_runbook
from clusterlab.scenario.running import rewrite
from clusterlab.tomlfiles import files
from clusterlab.tomlfiles.files import write_text, write_texts
from clusterlab.tomlfiles.problems import ClusterFileError

PLAN = Plan.standard(nodes=2, evs=1)
SCENARIO = "cluster active=1 passive=1\n\nfail NODE1\nrun\n"


def rewritten(path: Path) -> None:
    """Store outcomes in a scenario that has none."""
    if not path.exists() or "fail" not in path.read_text("utf-8"):
        path.write_text(SCENARIO, "utf-8")
    rewrite(path)


WRITERS: dict[str, Callable[[Path], object]] = {
    "cluster.toml": lambda path: write_cluster(exchange_cluster(), path),
    "plan.toml": lambda path: write_text(path, plan_toml(PLAN)),
    "book.html": lambda path: write_runbook(installation(PLAN), path),
    "run.json": lambda path: Run(installation(PLAN)).save(path),
    "story.txt": rewritten,
}
"""Everything that writes one file, by a name that it takes."""


@pytest.mark.parametrize("name", WRITERS)
def test_permissions_and_links_stay(name: str, tmp_path: Path):
    """A file that only its owner may read stays so, and a link goes on leading to it."""
    private, link = tmp_path / f"private-{name}", tmp_path / name
    private.write_text(SCENARIO, "utf-8")
    private.chmod(0o600)
    try:
        link.symlink_to(private)
    except OSError:
        pytest.skip("this Windows lets nobody make links")
    WRITERS[name](link)
    assert link.is_symlink()
    assert stat.S_IMODE(private.stat().st_mode) in {0o600, 0o666}  # Windows knows no other
    assert SCENARIO != private.read_text("utf-8")


@pytest.mark.parametrize("name", WRITERS)
def test_ctrl_c_leaves_nothing_behind(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Between writing and renaming, no file of another name is left, and the old one is whole."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    path = tmp_path / name
    path.write_text(SCENARIO, "utf-8")
    monkeypatch.setattr(files.os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        WRITERS[name](path)
    assert [path] == list(tmp_path.iterdir())
    assert SCENARIO == path.read_text("utf-8")


@pytest.mark.parametrize("name", ["cluster.toml", "plan.toml", "book.html", "run.json"])
def test_no_folder_is_a_sentence(name: str, tmp_path: Path):
    """Where the folder is missing the file is named, and what to do."""
    with pytest.raises(ClusterFileError, match=f"{name}: .*; name another place"):
        WRITERS[name](tmp_path / "missing" / name)


def test_tables_are_written_all_or_none(tmp_path: Path):
    """A folder in the place of the last table leaves the folder as it was."""
    tables = plan_tables(PLAN)
    last = tmp_path / f"{tables[-1].name}.csv"
    last.mkdir()
    with pytest.raises(ClusterFileError, match=f"{last.name}: It is a folder; name another place"):
        export_tables(tables, tmp_path)
    assert [last] == list(tmp_path.iterdir())


def test_what_is_no_file_is_left_alone(tmp_path: Path):
    """A device or a pipe is not replaced by a file."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("Windows has no named pipes")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ClusterFileError, match="pipe: It is no ordinary file; name another place"):
        write_text(tmp_path / "pipe", "text")


def test_text_that_cannot_be_encoded_is_named(tmp_path: Path):
    """Half a character, as in a damaged name, writes neither file."""
    texts = {tmp_path / "a": "good", tmp_path / "b": "bad \udcff"}
    with pytest.raises(ClusterFileError, match=r"b: '\\udcff' cannot be written as text"):
        write_texts(texts)
    assert [] == list(tmp_path.iterdir())


def test_many_writers_of_one_file(tmp_path: Path):
    """Whoever reads meanwhile sees one of the texts, and a file beside it stays."""
    path, beside = tmp_path / "run.json", tmp_path / "run.json.new"
    beside.write_text("mine", "utf-8")
    texts = [letter * 50_000 for letter in "abcd"]
    write_text(path, texts[0])
    with ThreadPoolExecutor() as pool:
        jobs = [pool.submit(write_text, path, text) for text in texts * 25]
        while not all(job.done() for job in jobs):
            assert path.read_text("utf-8") in texts
        assert [None] * len(jobs) == [job.result() for job in jobs]
    assert {path, beside} == set(tmp_path.iterdir())
    assert "mine" == beside.read_text("utf-8")
