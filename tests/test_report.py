"""The report for a client: what it says, what it plays, what it refuses, and how small it is."""

import base64
import hashlib
import json
import re
import subprocess
import sys
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from clusterlab import ConfigError, Simulation, exchange_cluster
from clusterlab.cli import cli
from clusterlab.cluster.events import SetProperties
from clusterlab.cluster.model import Cluster
from clusterlab.clusterfiles import read_listings, write_cluster
from clusterlab.design.designfiles import design_toml, starter
from clusterlab.design.requirements import Requirements
from clusterlab.exchange.versions import ExchangeVersion as E
from clusterlab.exchange.versions import NodeWindows as W
from clusterlab.exchange.versions import with_versions
from clusterlab.lab import DesignLab, WhatIfLab, report
from clusterlab.lab.figures.cluster import cluster_figure
from clusterlab.lab.figures.drawing import Page
from clusterlab.lab.figures.palette import THEMES
from clusterlab.lab.figures.pictures import cluster_picture, spans_of, start_picture
from clusterlab.lab.figures.still import marks
from clusterlab.lab.reports.findings import WORDS, buys_table, changes, result
from clusterlab.lab.reports.making import ClientReport
from clusterlab.lab.reports.sequences import (
    PLACES,
    WIDTH_PX,
    colors_of,
    each_sequence,
    placed,
    steps_of,
)
from clusterlab.procedures.checklist import inspect_cluster
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.planfiles import plan_toml
from clusterlab.rules.judging import Deviation
from clusterlab.studies.whatif import double_failures, failures_of, kinds_in, single_failures
from clusterlab.tomlfiles.files import write_text
from clusterlab.tomlfiles.problems import ClusterFileError

HOSTILE = "</script><img src=x onerror=alert(1)>&\"'"
"""A name that would run something if it were not escaped."""


class _Page(HTMLParser):
    """The tags of a page, its text, and what stands in its style and scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {"style": [], "script": []}
        self.text = ""
        self._open = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open = tag if tag in self.inside else ""
        if self._open:
            self.inside[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = "" if tag == self._open else self._open

    def handle_data(self, data: str) -> None:
        if self._open:
            self.inside[self._open][-1] += data
        else:
            self.text += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of each such tag."""
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def sequences(self) -> list[Any]:
        """The data of the sequences of each cluster."""
        texts = self.inside["script"][: len(self.of("script")) - 1]
        return [json.loads(text) for text in texts]


@cache
def made(active: int = 3, passive: int = 1) -> ClientReport:
    """Return the report on a cluster of the course."""
    return report(exchange_cluster(active, passive))


@cache
def page(active: int = 3, passive: int = 1) -> _Page:
    """Return its page, taken apart."""
    return _Page(made(active, passive).html)


def frames_of(data: Any, place: str) -> list[list[list[int]]]:
    """Return the frames of a sequence as the script of the page puts them together."""
    sequence = data["sequences"][place]
    after = sequence["after"]
    frames = [data["start"][0]] if after is None else frames_of(data, str(after))
    for *_, changed in sequence["steps"]:
        frames.append([changed.get(str(at), ids) for at, ids in enumerate(frames[-1])])
    return frames


# --- the picture --------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["0", "1", "14"])
def test_each_frame_is_the_picture_of_the_panel(place: str) -> None:
    """The same shapes, words and places as `cluster_figure` draws at that moment."""
    data, cluster = page().sequences[0], exchange_cluster()
    sequence = list(each_sequence(cluster, failures_of(cluster)))[int(place)]
    steps = list(steps_of(sequence))
    frames = frames_of(data, place)[-len(steps) :]
    until_s = steps[-1].cluster.now_s
    for step, frame in zip(steps, frames, strict=True):
        figure = cluster_figure(step.cluster, step.spans, page=Page(WIDTH_PX), until_s=until_s)
        traces = sorted(figure.to_dict()["data"], key=lambda trace: trace["type"] != "bar")
        drawn = [placed(mark) for trace in traces for mark in marks(trace)]
        kept = [data["marks"][number] for layer in frame for number in layer]
        assert json.loads(json.dumps(drawn)) == kept


def test_a_sequence_ends_as_the_player_of_failures_says() -> None:
    """Owners, states and spans at the last step are those of the cell, played again."""
    cluster = exchange_cluster()
    sequences = list(each_sequence(cluster, failures_of(cluster)))
    assert double_failures(cluster).cells == tuple(sequence.left for sequence in sequences)
    for sequence in sequences:
        sim = sequence.left.simulation().branch("again", at_s=sequence.left.quiet_s)
        last = list(steps_of(sequence))[-1]
        assert sim.cluster.owners == last.cluster.owners
        assert {g: s[-1][0] for g, s in spans_of(sim).items()} == {
            g: s[-1][0] for g, s in last.spans.items()
        }


def test_steps_have_reasons_with_their_standing() -> None:
    """A choice of a node comes with a verdict on each node and the rule behind it."""
    data = page().sequences[0]
    texts = data["texts"]
    chosen = [
        (texts[line[0]], [texts[at] for at in line[1:]], [texts[at] for at in step[2]])
        for step in data["sequences"]["0"]["steps"]
        for line in step[1]
        if "EVS1: NODE1 -> NODE4" in texts[line[0]]
    ]
    assert 1 == len(chosen)
    assert "chosen NODE4: owns no group of the same anti-affinity class" in chosen[0][1]
    assert any("sourced)" in source for source in chosen[0][2])


def test_colors_of_both_themes_stand_at_one_place() -> None:
    """What has one colour in the light theme has one in the dark theme."""
    light, dark = (colors_of(THEMES[name]) for name in ("light", "dark"))
    assert {place: dark[PLACES[color]] for place, color in enumerate(light)} == dict(
        enumerate(dark)
    )


@pytest.mark.parametrize(("active", "passive", "most"), [(3, 1, 1_500_000), (7, 1, 4_000_000)])
def test_a_report_is_small(active: int, passive: int, most: int) -> None:
    """All 64 sequences of eight nodes are in it, and each part that loses a group alone."""
    assert len(made(active, passive).html.encode()) < most
    nodes = active + passive
    cluster = exchange_cluster(active, passive)
    points = single_failures(cluster, kinds=kinds_in(cluster)).losses
    assert nodes * nodes + len(points) == len(page(active, passive).sequences[0]["sequences"])


def test_of_more_than_eight_nodes_single_failures_are_stored() -> None:
    """The page says so, and a cell that does not play is no button to press."""
    large = report(exchange_cluster(active=1, passive=8, node_limit=9)).html
    data = json.loads(large.partition('id="sequences-0">')[2].partition("</script>")[0])
    places = {str(10 * node) for node in range(9)}
    assert places <= data["sequences"].keys() <= places | {str(n) for n in range(81, 99)}
    assert "Of a cluster with more than 8 nodes only single failures play" in large
    assert 72 == large.count(" disabled aria-label") == 81 - len(places)
    assert "disabled aria-label" not in made().html


def test_what_loses_a_group_alone_is_played_under_its_own_words() -> None:
    """The script finds a sequence by the first cell of a row of the table."""
    cluster, data = exchange_cluster(), page().sequences[0]
    ends = {
        data["texts"][one["label"]]: data["texts"][one["result"]]
        for one in data["sequences"].values()
    }
    for cell in single_failures(cluster, kinds=kinds_in(cluster)).losses:
        assert result(cell) == ends[cell.failures[0].words]


def test_the_cluster_stands_there_without_empty_time_bars() -> None:
    """No axis, no bar, and no room for them; the picture of the panel has all three."""
    still = start_picture(exchange_cluster())
    whole = cluster_picture(Simulation(exchange_cluster()))
    heights = [float(re.findall(r'viewBox="0 0 \S+ (\S+)"', one.svg)[0]) for one in (still, whole)]
    assert heights[0] < heights[1] - 80
    assert "NODE4" in still.svg
    assert "no outage" in whole.svg
    assert "no outage" not in still.svg


def test_the_partitions_of_a_design_are_a_picture_too(tmp_path: Path) -> None:
    """It stands above its table, with its words, and asks for no style that the policy forbids."""
    html = report(files(tmp_path)["design"]).html
    rest = html.partition('id="volumes-0"')[2]
    sheet = rest[: rest.index("<table")]
    assert "not to scale" in sheet
    assert "style=" not in sheet
    assert "<desc>" in sheet
    assert 'class="picture sheet"' not in page().text + made().html


# --- what it says -------------------------------------------------------------------------------


def test_each_cell_of_the_map_says_what_its_sequence_left() -> None:
    """The words on the buttons are those of the sweep, row by row."""
    cells = [result(cell) for cell in double_failures(exchange_cluster()).cells]
    labels = [str(one["aria-label"]) for one in page().of("button") if "data-sequence" in one]
    assert cells == [label.split(": ", 1)[1] for label in labels]
    assert "EVS2 lost; others down 2.9 min at most" in cells


def test_the_summary_is_made_from_the_results() -> None:
    """What is lost, the outage, the setting and the decisions are those of this cluster."""
    text = page().text
    assert "Any one of the 4 nodes can fail: no group is lost" in text
    assert WORDS["lost"]["all"] in text
    assert "8 parts each lose a group when they fail alone: network Public, Disk R: of EVS1" in text
    assert "is down for 2.9 min to 3.1 min. The longest: EVS1, when NODE1 loses power" in text
    assert "then 0 of 25 sequences of one or two failures lose a group, instead of 12 of 16" in text


def test_the_setting_that_changes_most_was_played() -> None:
    """A System Attendant that may run on one node only loses its EVS; the report says the cure."""
    sim = Simulation(exchange_cluster())
    sim.send(SetProperties("EVS1/SA", {"possible_owners": ("NODE1",)}))
    text = _Page(report(sim).html).text
    assert "If NODE1 loses power, EVS1 is lost: no possible owner is Up." in text
    assert re.search(r"possible owners.*: then 12 of 16 sequences lose a group instead of 13", text)


def test_a_group_that_did_not_serve_is_no_outage() -> None:
    """It is named once; no sequence is said to take it down or to bring it back."""
    sim = Simulation(exchange_cluster(2, 1))
    sim.take_offline("EVS2")
    sim.run()
    text = _Page(report(sim).html).text
    assert "Not serving clients even before the failures, and so not counted: EVS2" in text
    assert "120.0 min" not in text.split("Single points of failure", 2)[1]
    cells = {cell.label: result(cell) for cell in double_failures(sim.cluster).cells}
    assert ("all back after 3.1 min", "no outage") == (cells["NODE1"], cells["NODE2"])


def test_settings_that_are_no_cure_are_not_tried() -> None:
    """One that gives up a part of a group, and one whose lines the product refuses."""
    sweep = double_failures(exchange_cluster(2, 0, storage_groups=(3, 2)))
    checked = inspect_cluster(sweep.start)
    tried = [said for said, _ in changes(sweep, checked)]
    assert "storage groups of EVS1/IS 2 instead of 3" in tried
    assert [] == [said for said in tried if "Affect the group" in said]
    rule = checked.passed[0]
    refused = Deviation(rule=rule, subject="EVS9", value="", remedy="",
                        commands=("cluster group EVS9 /prop AutoFailbackType=0",))  # fmt: skip
    wrong = replace(checked, findings=(refused,))
    assert tried == [said for said, _ in changes(sweep, wrong)]


def test_a_cluster_that_is_down_has_a_report() -> None:
    """Nothing can fail in it; it says what did not serve."""
    sim = Simulation(exchange_cluster(1, 1))
    for node in ("NODE1", "NODE2"):
        sim.stop_cluster_service(node)
        sim.run()
    text = _Page(report(sim).html).text
    assert "Not serving clients even before the failures, and so not counted: EVS1" in text
    assert "0 nodes" not in text


def test_findings_come_with_remedy_outage_and_lines() -> None:
    """The checklist stands in the report as the command prints it."""
    sim = Simulation(exchange_cluster())
    sim.set_properties("EVS2", auto_failback_type=1)
    text = _Page(report(sim).html).text
    assert "failback is allowed at once" in text
    assert 'cluster group "EVS2" /prop AutoFailbackType=0' in text


def test_an_older_cluster_gets_its_paths_to_exchange_2003() -> None:
    """With what each costs its users; a cluster of unknown versions gets none."""
    cluster = with_versions(exchange_cluster(1, 1), E.E2000_SP3, W.W2000_SP4)
    text = _Page(report(cluster).html).text
    assert "From Exchange 2000 SP3 on 2 nodes with 1 EVS to Exchange 2003 cluster" in text
    assert "14.5 min" in text
    assert "No standby" not in page(1, 1).text


def test_two_clusters_are_compared_sequence_by_sequence() -> None:
    """What a second passive node buys: the pairs that lost a group lose none."""
    before, after = exchange_cluster(2, 1), exchange_cluster(2, 2)
    table = buys_table(double_failures(before), double_failures(after))
    rows = {row[0]: row[1:] for row in table.rows}
    assert ("EVS2 lost; others down 3.1 min at most", "all back after 3.1 min", "saves EVS2") == (
        rows["NODE1, then NODE2"]
    )
    assert "only after" == rows["NODE4"][-1]
    html = report(before, after).html
    assert 2 == len(_Page(html).sequences)
    assert "Before, 6 of 9 sequences lose a group; after, 0 of 16." in _Page(html).text


# --- what it may be made of -----------------------------------------------------------------------


def files(folder: Path) -> dict[str, Path]:
    """Return one file of each kind."""
    made_of = {name: folder / f"{name}.toml" for name in ("cluster", "design", "plan")}
    write_cluster(exchange_cluster(), made_of["cluster"])
    write_text(made_of["design"], design_toml(starter(2, 1)))
    write_text(made_of["plan"], plan_toml(Plan.standard(nodes=2, evs=1)))
    return made_of


def test_requirements_and_plans_add_their_tables(tmp_path: Path) -> None:
    """Alone each is played as the cluster it leads to; beside a cluster it adds what it has."""
    of = files(tmp_path)
    assert "2+1: what fails" in report(of["design"]).html
    assert "CLUS2: what fails" in report(of["plan"]).html
    text = _Page(report(*of.values()).html).text
    for title in ("CL1: what fails", "Partitions", "Availability of one", "Names: "):
        assert title in text


def test_a_folder_with_listings_says_what_was_seen_and_guessed(tmp_path: Path) -> None:
    """What is not proved is there word for word, and the summary counts it."""
    sent = Path(__file__).parent / "listings" / "plain-three-listings.txt"
    (tmp_path / sent.name).write_bytes(sent.read_bytes())
    found = read_listings(tmp_path)
    text = _Page(report(tmp_path).html).text
    unsure = (*found.guesses, *found.assumptions)
    assert [] == [sentence for sentence in unsure if sentence not in text]
    assert f"the listings do not show it: {len(unsure)}, listed below." in text


# --- what it must never do ------------------------------------------------------------------------


def hostile() -> Cluster:
    """Return a cluster in which every name would run something."""
    cluster = exchange_cluster(1, 1)
    return replace(cluster, config=replace(cluster.config, name=HOSTILE))


def test_names_are_shown_and_never_run() -> None:
    """Neither as tags nor in the data of the script; in the page's text they are as written."""
    html = report(hostile(), client=HOSTILE, author=HOSTILE, title=HOSTILE).html
    found = _Page(html)
    assert [] == [tag for tag, _ in found.tags if tag == "img"]
    assert 3 <= found.text.count(HOSTILE)
    assert 2 == len(found.of("script"))
    events = [name for _, attributes in found.tags for name in attributes if name.startswith("on")]
    assert [] == events


def test_the_policy_admits_the_page_and_nothing_else() -> None:
    """Hashes of its own style and script; no inline attribute that the policy would refuse."""
    found = page()
    policy = next(str(m["content"]) for m in found.of("meta") if "http-equiv" in m)
    own = {"style": found.inside["style"], "script": found.inside["script"][-1:]}
    for kind, texts in own.items():
        digest = base64.b64encode(hashlib.sha256(texts[0].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
        assert 1 == len(texts)
    assert policy.startswith("default-src 'none'")
    assert [] == [tag for tag, attributes in found.tags if "style" in attributes]
    assert [] == [one for one in found.of("script") if "src" in one]
    addresses = set(re.findall(r"https?://[\w./]+", made().html))
    assert {"http://www.w3.org/2000/svg", "http://www.w3.org/XML/1998/namespace"} >= addresses


def test_the_same_cluster_gives_the_same_file() -> None:
    """No time and no chance is in it, so two reports can be compared."""
    assert made(1, 1).html == report(exchange_cluster(1, 1)).html


def test_links_lead_somewhere_and_ids_are_there_once() -> None:
    """Every entry of the contents has its heading."""
    ids = [one["id"] for _, one in page().tags if "id" in one]
    assert len(ids) == len(set(ids))
    assert {str(one["href"]) for one in page().of("a")} <= {f"#{name}" for name in ids}


# --- files and refusals ---------------------------------------------------------------------------


def run(*arguments: object) -> tuple[int, str]:
    """Return status and output of ``clusterlab report``."""
    found = CliRunner().invoke(cli, ["report", *map(str, arguments)])
    return found.exit_code, found.output


def test_the_command_writes_one_file_and_replaces_none(tmp_path: Path) -> None:
    """A file that exists is left as it was, unless --force is given."""
    cluster, out = files(tmp_path)["cluster"], tmp_path / "client.html"
    status, text = run(cluster, "-o", out, "--client", "Wingtip", "--date", "today")
    assert (0, f"Written: {out} (CL1: what fails, and what happens then)\n") == (status, text)
    assert "Wingtip" in out.read_text("utf-8")
    out.write_text("mine", encoding="utf-8")
    status, text = run(cluster, "-o", out)
    assert 2 == status
    assert f"{out} exists; name a new file, or replace it with --force." in text
    assert "mine" == out.read_text("utf-8")
    assert 0 == run(cluster, "-o", out, "--force")[0]
    assert out.read_text("utf-8").startswith("<!DOCTYPE html>")


def test_a_report_takes_the_place_of_no_other_file(tmp_path: Path) -> None:
    """Somebody who writes over the client's own file by mistake, even with --force, keeps it."""
    cluster = files(tmp_path)["cluster"]
    before = cluster.read_bytes()
    status, text = run(cluster, "-o", cluster, "--force")
    assert (2, before) == (status, cluster.read_bytes())
    assert "is no name of a page; end it in .html" in text


def test_what_cannot_be_read_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    """A broken file, a folder without listings, a third cluster, a logo that is none."""
    of, out = files(tmp_path), tmp_path / "out" / "client.html"
    out.parent.mkdir()
    broken = tmp_path / "broken.toml"
    broken.write_text('name = "CL1"\nnodes = 3\n', encoding="utf-8")
    (tmp_path / "empty").mkdir()
    for paths, status, words in (
        ([broken], 1, "broken.toml, line 2"),
        ([tmp_path / "empty"], 1, "empty"),
        ([of["cluster"]] * 3, 2, "3 clusters are named; allowed: one, or two"),
        ([of["cluster"], "--logo", broken], 1, "broken.toml: it cannot be the logo; allowed: PNG"),
        ([tmp_path / "none.toml"], 2, "does not exist"),
    ):
        found = run(*paths, "-o", out)
        assert status == found[0], found[1]
        assert words in found[1]
        assert [] == list(out.parent.iterdir())
    with pytest.raises(ConfigError, match="a report cannot be made of 7"):
        report(7)  # type: ignore[arg-type]
    with pytest.raises(ClusterFileError, match="it exists"):
        made(1, 1).write(of["cluster"])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is full")
def test_a_place_that_takes_nothing_is_said(tmp_path: Path) -> None:
    """No half file stays behind."""
    cluster = files(tmp_path)["cluster"]
    full = tmp_path / "full.html"
    full.symlink_to("/dev/full")
    status, text = run(cluster, "-o", full, "--force")
    assert 2 == status
    assert "It is no ordinary file" in text
    assert 2 == run(cluster, "-o", tmp_path / "no" / "client.html")[0]


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    """In the middle of playing: status 130, and no file."""
    cluster, out = files(tmp_path)["cluster"], tmp_path / "client.html"
    code = (
        "import clusterlab.lab.reports.making as made, sys\n"
        "def stop(*_): raise KeyboardInterrupt\n"
        "made.Store = stop\n"
        f"sys.argv = ['clusterlab', 'report', {str(cluster)!r}, '-o', {str(out)!r}]\n"
        "from clusterlab.__main__ import main\nmain()"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert 130 == found.returncode, found.stderr
    assert b"Traceback" not in found.stderr
    assert not out.exists()


def test_panels_offer_the_report_to_be_saved() -> None:
    """The link holds the same file as `report` makes; without a design there is none."""
    whatif = WhatIfLab(exchange_cluster(1, 1))
    whatif.buttons["report"].click()
    link = str(whatif.parts["remedies"].value)
    assert 'download="CL1.html"' in link
    html = base64.b64decode(link.split("base64,")[1].split('"', maxsplit=1)[0]).decode()
    assert made(1, 1).html == html
    lab = DesignLab(Requirements(mailboxes=2000))
    lab.buttons["report"].click()
    assert 'download="1+1.html"' in str(lab.parts["tools"].children[-1].value)
