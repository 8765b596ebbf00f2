"""Nodes have a site: the file, what fails, the picture, and the rules."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from clusterlab import ConfigError, Simulation, exchange_cluster
from clusterlab.cli import cli
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.quorum import votes_by_site
from clusterlab.clusterfiles import ClusterFileError, cluster_toml, read_cluster
from clusterlab.design.requirements import Requirements
from clusterlab.design.rules import facts_of_cluster, facts_of_design, lint
from clusterlab.design.sizing import design
from clusterlab.lab import WhatIfLab
from clusterlab.lab.figures.cluster import alt_text, cluster_figure
from clusterlab.lab.figures.pictures import cluster_picture
from clusterlab.lab.reports.findings import rules_table, summary
from clusterlab.lab.reports.making import report
from clusterlab.procedures.checklist import inspect_cluster
from clusterlab.studies.whatif import KINDS, double_failures, kinds_in, single_failures

THREE = Path(__file__).with_name("scenarios") / "three_sites.toml"
EQUAL = """quorum = "Majority Node Set"
nodes = [{name = "A", site = "North"}, {name = "B", site = "North"},
  {name = "C", site = "South"}, {name = "D", site = "South"}]
groups = [{name = "Cluster Group"}]
resources = [{name = "Majority Node Set", type = "Majority Node Set", group = "Cluster Group"}]
evs = [{name = "MAIL", home = "A"}]
"""
DISK = """nodes = [{name = "A", site = "North"}, {name = "B", site = "South"}]
evs = [{name = "MAIL", home = "B"}]
"""


def with_way(*lines: str) -> Cluster:
    """Return the cluster of two equal sites, with what is known of the way between them."""
    return read_cluster("\n".join([EQUAL, "[between_sites]", *lines]))


# --- the file -------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", [THREE, EQUAL, DISK])
def test_sites_are_written_and_read(source: Path | str) -> None:
    """Sites, and what is known of the way between them, survive a file."""
    cluster = read_cluster(source)
    assert cluster.config.sites
    assert cluster == read_cluster(cluster_toml(cluster))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('site = "West"', 'site = "Wst"', "allowed: North, South, West; did you mean 'West'?"),
        ('site = "West"', "", "node 'NODE5' has no site; allowed: a site for every node, or for"),
        ('site = "West"', 'site = "South"', "no node is in site 'West'"),
        ("rtt_ms = 40", 'rtt_ms = "far"', "allowed: a whole number 0 to 60000 ms"),
        ("is_one_lan = true", "km = 900", "'km'"),
    ],
)
def test_what_is_wrong_with_sites_is_said(old: str, new: str, said: str) -> None:
    """An unknown site, a node without one, a site without nodes, a wrong value."""
    with pytest.raises(ClusterFileError) as caught:
        read_cluster(THREE.read_text("utf-8").replace(old, new))
    assert said in str(caught.value)


def test_sites_that_differ_in_case_are_one_slip() -> None:
    """Without a list of sites, North and north are not taken for two."""
    with pytest.raises(ClusterFileError, match="there are two sites 'north'"):
        read_cluster(DISK.replace("South", "north"))


def test_a_way_between_sites_needs_two() -> None:
    """What is said of a way between sites is not read over."""
    with pytest.raises(ClusterFileError, match="between_sites needs nodes in two sites"):
        read_cluster(DISK.replace("South", "North") + "[between_sites]\nrtt_ms = 1\n")


# --- what fails -----------------------------------------------------------------------------------


def test_two_equal_sites_stop_when_either_or_the_link_fails() -> None:
    """Neither half of a majority node set goes on (handbook 5, 5.4; S121)."""
    sweep = single_failures(read_cluster(EQUAL), kinds=("sites",))
    assert ["site North", "site South", "link"] == [f.label for f in sweep.failures]
    assert [("MAIL",)] * 3 == [cell.lost for cell in sweep.cells]


def test_the_side_with_the_majority_goes_on() -> None:
    """Cut off from four nodes, or from two, the larger side runs everything (1, 6)."""
    cell = single_failures(read_cluster(THREE), kinds=("sites",)).cell("link of North")
    assert () == cell.lost
    assert {"EVS1": "NODE3", "EVS2": "NODE4"} == {f.group: f.owner for f in cell.fates}


def test_the_side_of_the_quorum_disk_goes_on() -> None:
    """The owner of a shared quorum defends it, so the other site stops (1, 4.10)."""
    sweep = double_failures(read_cluster(DISK), kinds=("sites",))
    assert "A" == sweep.cell("link").fate("MAIL").owner
    assert ("MAIL",) == sweep.cell("link", "site North").lost
    assert () == sweep.cell("link", "site South").lost


def test_a_cut_after_the_loss_of_a_site_changes_nothing() -> None:
    """Which side stops is decided when the link is cut, not before."""
    sweep = double_failures(read_cluster(DISK), kinds=("sites",))
    for site in ("site North", "site South"):
        assert sweep.cell(site).fates == sweep.cell(site, "link").fates


@pytest.mark.parametrize("sites", ["", ', site = "North"'])
def test_one_site_cannot_fail(sites: str, tmp_path: Path) -> None:
    """The command says in a sentence what is missing, and the other kinds stay as they are."""
    file = tmp_path / "one.toml"
    file.write_text(f'nodes = [{{name = "A"{sites}}}, {{name = "B"{sites}}}]\n')
    result = CliRunner().invoke(cli, ["whatif", str(file), "--kinds", "nodes,sites"])
    assert 2 == result.exit_code
    assert "sites of" in result.output
    assert 'such as site = "North"' in result.output
    assert "sites" not in kinds_in(read_cluster(file))


def test_the_command_tells_each_site_in_words() -> None:
    """Each loss and each cut has a sentence, and votes are counted by site."""
    result = CliRunner().invoke(cli, ["whatif", str(THREE), "--kinds", "sites"])
    assert 0 == result.exit_code
    assert "needs 3 votes: North has 2, South has 2, West has 1; no site can run" in result.output
    assert "- If site West loses power: EVS1: not touched; Online on NODE1" in result.output
    assert "- If the link from North to the other sites is cut: EVS1: 2.9 min down" in result.output


def test_the_panel_offers_sites_where_there_are_two() -> None:
    """The checkbox is there, and the twin has the sentences."""
    lab = WhatIfLab(read_cluster(DISK), kinds=("sites",))
    assert list(KINDS) == list(lab.kinds)
    assert "If the link from North to South is cut: MAIL:" in lab.twin()
    assert "sites" not in WhatIfLab(exchange_cluster(active=1)).kinds
    with pytest.raises(ConfigError, match="no site is known of NODE1, NODE2;"):
        WhatIfLab(exchange_cluster(active=1), kinds=("sites",))


def test_an_added_node_has_no_site_yet() -> None:
    """Until somebody says where it is, sites are not played as if it were known."""
    sim = Simulation(read_cluster(DISK))
    sim.add_node("NEW")
    with pytest.raises(ConfigError, match="no site is known of NEW;"):
        single_failures(sim.cluster, kinds=("sites",))
    assert "sites" not in facts_of_cluster(sim.cluster)


# --- the picture ----------------------------------------------------------------------------------


def test_the_picture_and_its_twin_name_the_site_of_each_node() -> None:
    """Live figure, still picture and text say it in words."""
    cluster = read_cluster(THREE)
    labels = next(t for t in cluster_figure(cluster, {}).data if t.name == "node labels")
    assert ["North", "North", "South", "South", "West"] == [
        text.rpartition("<br>site ")[2] for text in labels.text
    ]
    still = cluster_picture(Simulation(cluster))
    assert 2 == still.svg.count(">site South<")
    assert "NODE5 (site West) is Up" in still.alt
    assert votes_by_site(cluster) in still.alt


def test_names_of_sites_are_escaped_and_shortened() -> None:
    """A long or hostile name stays inside its node."""
    cluster = read_cluster(DISK.replace("North", "<b>x</b>" + "y" * 90))
    labels = next(t for t in cluster_figure(cluster, {}).data if t.name == "node labels")
    assert "site &lt;b&gt;x" in labels.text[0]
    assert "…" in labels.text[0]


def test_without_sites_nothing_is_drawn_or_said() -> None:
    """The picture of a local cluster is as it was."""
    assert "site" not in alt_text(exchange_cluster(), {})


def test_the_report_says_what_each_site_is_worth() -> None:
    """The client's report names sites in the picture and among the single points of failure."""
    cluster = read_cluster(EQUAL)
    page = report(cluster).html
    assert "A (site North) is Up" in page
    assert "<td>the link from North to South is cut</td>" in page
    points = single_failures(cluster, kinds=("sites",))
    parts = summary(double_failures(cluster), points, inspect_cluster(cluster), {})
    assert "site North, site South, the link from North to South." in str(dict(parts)["lost"])


# --- rules ----------------------------------------------------------------------------------------


def test_r46_too_far_apart() -> None:
    """A round trip of more than 500 ms is an error (handbook 5, 5.4)."""
    found = [f.sentence for f in lint(facts_of_cluster(with_way("rtt_ms = 620"))).findings]
    assert "Nodes too far apart: a round trip of 620 ms; 500 ms is allowed" in found
    near = lint(facts_of_cluster(with_way("rtt_ms = 500", "is_one_lan = true")))
    assert "R46" in [rule.id for rule in near.passed]


def test_r47_not_listed() -> None:
    """Two sites that are not listed as one solution are an error (handbook 5, 5.4; S58)."""
    found = lint(facts_of_cluster(with_way("is_listed_as_geographic = false"))).findings
    words = "A stretched cluster that is not listed as such: nodes in 2 sites"
    assert words in [f.sentence for f in found]
    listed = lint(facts_of_cluster(with_way("is_listed_as_geographic = true")))
    assert "R47" in [rule.id for rule in listed.passed]


def test_what_is_not_known_of_sites_is_not_seen() -> None:
    """Both rules are named by title with the question, in the text and in the report."""
    cluster = read_cluster(EQUAL)
    text = " ".join(str(lint(facts_of_cluster(cluster))).split())
    trip = "Nodes too far apart: not seen (Round trip between nodes in ms?), not seen (All nodes on"
    assert trip in text
    assert "listed as such: not seen (Listed as a geographically dispersed cluster?)" in text
    for facts in (None, facts_of_design(design(Requirements()))):
        notes = rules_table(cluster, facts).notes
        assert any(note.startswith("Nodes too far apart: not seen") for note in notes)
