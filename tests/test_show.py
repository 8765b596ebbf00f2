"""`clusterlab show`: the tours of a lesson on a page for a room, one scene after the other."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from clusterlab import delivery, exchange_cluster
from clusterlab.cli import cli
from clusterlab.cluster.errors import ConfigError
from clusterlab.lab.figures.cluster import cluster_figure
from clusterlab.lab.figures.drawing import Page
from clusterlab.lab.panels.show import Show, show
from clusterlab.lessons import lesson_numbers, tour_names, tours_of

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def outside_a_course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Play where no progress is kept."""
    monkeypatch.chdir(tmp_path)


def press_on(page: Show) -> tuple[int, int]:
    """Do what Page Down does until another scene comes; return its tour and its number."""
    before = page.index, page.lab.play.index
    for _ in range(9):
        is_ready = "clusterlab-primary" in page.lab.buttons["next"]._dom_classes
        page.lab.buttons["next" if is_ready else "show me"].click()
        assert page.lab.errors.caught is None, page.lab.errors.text
        if before != (page.index, page.lab.play.index):
            break
    return page.index, page.lab.play.index


def test_tours_come_in_the_order_of_the_notebook():
    """Each notebook opens the tours of its lesson in that order, and none is forgotten."""
    for notebook in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        lesson, cells = notebook.name[:2], json.loads(notebook.read_text("utf-8"))["cells"]
        text = "".join("".join(one["source"]) for one in cells if one["cell_type"] == "code")
        opened = [part.partition('"')[0] for part in text.split('tour("')[1:]]
        assert tuple(opened) == tours_of(lesson)
    lessons = ("00", *lesson_numbers())
    assert set(tour_names()) == {name for one in lessons for name in tours_of(one)}


def test_page_down_leads_through_every_scene_and_page_up_back():
    """From the end of a tour to the next one; from its first scene to the end of the one before."""
    page = show("05")
    scenes = [(n, i) for n, one in enumerate(page.tours) for i in range(len(one.scenes))]
    seen = [(0, 0), *(press_on(page) for _ in scenes[1:])]
    assert scenes == seen
    assert press_on(page) == scenes[-1]  # the end stays
    while page.index == len(page.tours) - 1:
        page.lab.back()
    last = page.lab.play
    assert (len(page.tours) - 2, True) == (page.index, last.is_last)
    page.lab.back()
    assert last.count - 2 == page.lab.play.index


def test_a_tour_that_was_turned_over_hears_no_more():
    """A second press that was on its way turns one tour, not two."""
    page = show("02")
    old = page.lab
    old._go(lambda: old.play.go_to(old.play.count - 1))
    while page.lab is old:
        press_on(page)
    old.next()
    assert 1 == page.index


def test_a_page_for_a_room_draws_lower_and_names_every_node():
    """Four nodes and three EVSs fit at 18 px: 480 high of 12 px, on a page of 440 their names."""
    cluster = exchange_cluster(active=3, passive=1)
    low = cluster_figure(cluster, {}, page=Page(557, is_low=True))
    assert low.layout.height <= 416 < cluster_figure(cluster, {}, page=Page(557)).layout.height
    narrow = cluster_figure(cluster, {}, page=Page(440, is_low=True))
    labels = next(one for one in narrow.data if one.name == "node labels").text
    assert "NODE4" in labels[3]
    page = show("02")
    page.lab.next()
    page.lab.show_me()  # another figure is built
    assert page.lab.stage.picture.is_low


def test_what_cannot_be_shown_is_said_before_a_server_starts():
    """An unknown lesson: a sentence, status 2."""
    with pytest.raises(ConfigError, match="lesson is '2'; allowed: 00, 01, 02"):
        show("2")
    pytest.importorskip("voila")
    result = CliRunner().invoke(cli, ["show", "2"])
    assert (2, True) == (result.exit_code, "allowed: 00, 01" in result.output)


def test_the_page_is_a_notebook_of_one_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What Voila runs is what the command looked at."""
    pytest.importorskip("voila")
    seen: list[str] = []

    def launched(options: list[str]) -> None:
        cells = json.loads(Path(options[0]).read_text("utf-8"))["cells"]
        seen.extend([cells[0]["source"], *options])

    monkeypatch.setattr("voila.app.Voila.launch_instance", launched)
    result = CliRunner().invoke(cli, ["show", "02", "--theme", "dark", "--no-browser"])
    assert 0 == result.exit_code, result.output
    assert "from clusterlab.lab.panels.show import show\nshow('02')" == seen[0]
    assert {"--template=clusterlab", "--theme=dark", "--no-browser"} <= set(seen)
    assert "open_panel('failover')" in delivery.demo_notebook("failover", None)
