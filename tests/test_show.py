"""`clusterlab show`: the tours of a lesson on a page for a room, one scene after the other."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from clusterlab import delivery, exchange_cluster
from clusterlab.cli import cli
from clusterlab.cluster.configuring import configure
from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.model import Cluster
from clusterlab.clusterfiles import read_cluster, write_cluster
from clusterlab.lab.figures.cluster import cluster_figure
from clusterlab.lab.figures.drawing import Page
from clusterlab.lab.panelplay import player_of
from clusterlab.lab.panels.show import Show, show
from clusterlab.lessons import lesson_numbers, tour_file, tour_names, tours_of
from clusterlab.scenario.clients import SAY, on_client
from clusterlab.scenario.commands import Scenario, read_scenario
from clusterlab.scenario.running import run_scenario

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


# --- on a client's cluster --------------------------------------------------------------------


def renamed(cluster: Cluster, folder: Path, **names: str) -> Cluster:
    """Return a cluster as it is read from a file with other names."""
    file = folder / "client.toml"
    write_cluster(cluster, file)
    text = file.read_text("utf-8")
    for old, new in names.items():
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    return read_cluster(file)


def client_tour(name: str, cluster: Cluster) -> Scenario:
    """Return a tour of the course on a client's cluster."""
    return on_client(read_scenario(tour_file(name)), cluster, player_of)


def said(scenario: Scenario) -> list[str]:
    """Return all that a tour says, scene by scene, titles included."""
    return [
        " ".join(one.words[0] for one in scene if one.verb in ("scene", "say"))
        for scene in scenario.scenes
    ]


@pytest.mark.parametrize("lesson", ["02", "05"])
def test_a_cluster_like_the_lessons_is_shown_every_scene(lesson: str):
    """Nothing is left out of a tour on its own cluster, and no sentence is lost."""
    for name in tours_of(lesson):
        scenario = read_scenario(tour_file(name))
        if any(one.text.startswith("set ") for one in scenario.blocks[0]) or "listings" in name:
            continue  # its cluster has a fault that a client's must not be said to have
        made = client_tour(name, scenario.cluster)
        opening, *scenes = said(made)
        assert "Left out" not in opening
        assert said(scenario) == [text.replace(f" {SAY['setting']}", "") for text in scenes]


def test_names_are_the_clients_in_words_deeds_and_questions(tmp_path: Path):
    """Names with blanks too; the outcome is that of the client's cluster."""
    names = {"NODE": "EXCH-", "EVS3": "MAIL PARIS", "EVS": "MAIL"}
    cluster = renamed(exchange_cluster(active=3, passive=1), tmp_path, **names)
    made = client_tour("02/first_failure", cluster)
    text = "\n".join(said(made))
    assert ("NODE", "EVS3") == tuple(x for x in ("NODE", "EVS3") if x not in text)
    assert "EXCH-3 is dead, but MAIL PARIS still says Online." in text
    assert "MAIL PARIS on EXCH-3; empty: EXCH-4." in said(made)[0]
    result = run_scenario(made)
    assert any("MAIL PARIS Online on EXCH-4" in line for line in result.blocks[5].lines)
    assert ["ask"] == [one.verb for one in made.scenes[5] if one.verb == "ask"]
    outside = client_tour("02/owners", cluster).tour
    assert outside is not None
    assert "MAIL1 has one preferred owner, EXCH-1." in outside.questions["outside"].text


def test_times_are_the_clients():
    """Another duration: the story stays; figures of the lesson, and its question, are not said."""
    cluster = exchange_cluster(active=3, passive=1)
    config = configure(cluster.config, "durations", sa_online=33.0)
    made = client_tour("02/first_failure", replace(cluster, config=config))
    text = "\n".join(said(made))
    assert 7 == len(made.scenes)  # the opening in place of "Three active, one passive"
    assert "EVS3: 188.2 s without service" in run_scenario(made).blocks[5].lines[0]
    assert "nearly three minutes" not in text
    assert "ask" not in {one.verb for scene in made.scenes for one in scene}
    assert "Look at the bar of EVS3." in text


def test_of_few_evss_those_play_that_the_tour_acts_on():
    """Two EVSs and an empty node: the first failure is theirs; what is about four nodes is not."""
    made = client_tour("02/first_failure", exchange_cluster(active=2, passive=1))
    opening, *scenes = said(made)
    assert "NODE2 is dead, but EVS2 still says Online." in scenes[1]
    assert "Left out: Three active, one passive*" in opening
    assert "here it is \u201c8.2 Cluster Group: NODE1 -> NODE2" in opening
    predicted = [one.words for scene in made.scenes for one in scene if one.verb == "predict"]
    assert [("EVS1", "EVS2")] == predicted
    assert "NODE3 owns none." in scenes[2]
    assert "NODE4" not in "".join(scenes)


def test_a_scene_after_one_that_is_left_out_waits_for_a_fresh_start():
    """What continues a story that does not happen here is left out; so is its prediction."""
    opening, *scenes = said(client_tour("02/second_failure", exchange_cluster(active=4, passive=2)))
    assert [] == scenes
    assert "Left out: NODE2 loses power* \u2013 the scene with its outcome is left out." in opening
    assert "; Be the administrator* \u2013 this continues \u201cRefused on NODE1\u201d" in opening
    opening, *scenes = said(client_tour("02/sandbox", exchange_cluster(active=2, passive=1)))
    assert "nothing here stands for NODE3" in opening
    assert ["Empty NODE1", "Keep EVS1 a"] == [text[:11] for text in scenes]


def test_no_fault_of_the_lesson_is_told_of_a_client():
    """A tour that begins with a wrong setting says nothing of it on a sound cluster."""
    text = "\n".join(said(client_tour("05/one_setting", exchange_cluster(active=3, passive=1))))
    assert "Left out: The beginning*" in text
    assert "1,500 mailboxes" not in text
    assert "possible owners of the System Attendant" not in text


def test_every_scene_on_a_client_plays_to_its_end(tmp_path: Path):
    """A page on a client's file; what is about requirements says so."""
    file = tmp_path / "client.toml"
    write_cluster(exchange_cluster(active=2, passive=1, name="CONTOSO"), file)
    page = show("12", file)
    assert "the tour More mailboxes" in said(page.tours[0])[0]
    page = show("02", str(file))
    scenes = [(n, i) for n, one in enumerate(page.tours) for i in range(len(one.scenes))]
    assert scenes == [(0, 0), *(press_on(page) for _ in scenes[1:])]
    with pytest.raises(ConfigError, match=r"lesson 03 shows no file; leave .* out, or name 02"):
        show("03", file)


Say = dict[str, list[str]]


@pytest.fixture
def upgrade_tours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return what some tours of lesson 09 say on a client's cluster, by their titles."""

    def tours(active: int, *names: str) -> Say:
        cluster = exchange_cluster(active=active, passive=1, name="CONTOSO")
        renamed(cluster, tmp_path, NODE="EXCH ", EVS="MAIL")
        monkeypatch.setattr("clusterlab.lab.panels.show.tours_of", lambda _: names)
        page = show("09", tmp_path / "client.toml")
        return {one.tour.title: said(one) for one in page.tours if one.tour}

    return tours


def test_an_upgrade_is_shown_on_two_nodes_of_a_client(upgrade_tours: Callable[..., Say]):
    """Nothing of the tours of two nodes is left out; names are the client's, as NetBIOS names."""
    made = upgrade_tours(1, "09/first_steps", "09/orders")
    first, orders = made.values()
    assert (7, False) == (len(first), "Left out" in first[0])
    assert "EXCH-2 is Up and idle, but MAIL1 cannot run on it" in first[6]
    assert "NODE" not in "".join(first)
    assert 1 == len(orders)
    assert "nothing here stands for 4 nodes, 3 EVSs" in orders[0]


def test_the_two_orders_are_shown_on_three_nodes_of_a_client(upgrade_tours: Callable[..., Say]):
    """The path is the one of three nodes; steps that it lacks, and figures, are left out."""
    orders, setup = upgrade_tours(2, "09/orders", "09/setup").values()
    assert "The documented order Do step U4-1a; the others follow." == orders[1]
    assert "Setup has run on EXCH-3, which owns nothing. MAIL1 stays there." in orders[2]
    assert "there is no step 'U4S-6'." in orders[0]
    assert 3 == len(orders)
    assert "there is no step 'upgrade-U2/U2-01'." in setup[0]


def test_requirements_of_a_client_are_designed_in_lesson_12(tmp_path: Path):
    """The tours of a design begin with the client's figures, and double them."""
    file = tmp_path / "client.toml"
    file.write_text("[requirements]\nmailboxes = 6000\n", encoding="utf-8")
    page = show("12", file)
    assert 7 == len(page.tours)
    text = " ".join(said(page.tours[0]))
    assert "The client expects more." in text
    assert "9,000" not in text
    assert ["set mailboxes=12000"] == [
        one.text for scene in page.tours[0].scenes for one in scene if one.verb == "do"
    ]
    assert (0, 2) == max(press_on(page) for _ in range(2))
    page.lab.buttons["show me"].click()
    assert 12_000 == page.lab.stage.design["mailboxes_planned"]
    assert "heavy mailboxes" not in " ".join(said(page.tours[4]))
