"""``clusterlab design`` and ``clusterlab lint`` as a consultant types them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from clusterlab import cli, exchange_cluster
from clusterlab.clusterfiles import cluster_toml, export_listings


def call(*arguments: object) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(cli.cli, [str(argument) for argument in arguments])


@pytest.fixture
def needs(tmp_path: Path) -> Path:
    """Return a requirements file as `clusterlab new --design` writes it."""
    path = tmp_path / "needs.toml"
    assert 0 == call("new", path, "--design").exit_code
    return path


def test_a_new_file_leads_to_a_design(needs: Path):
    """The file to start from is 3+1 and breaks no rule that is an error."""
    result = call("design", needs)
    assert 0 == result.exit_code, result.output
    assert "evs1.database_gb" in result.output
    assert "F:\\SG1DB" in result.output
    assert "All mounts of an EVS under one root: 3 EVSs; 20 letters are free" in result.output


def test_one_figure_is_explained(needs: Path):
    """A figure opens to its formula, its numbers and its source."""
    empty = call("design", needs, "--explain", "")
    assert (2, "") == (empty.exit_code, empty.stdout)
    assert "there is no figure ''" in empty.stderr
    result = call("design", needs, "--explain", "evs1.database_gb")
    assert "300 + 0.1 × 300 + 0.1 × 300" in result.output
    assert "handbook 5, 5.2.7" in result.output


def test_one_figure_is_text_only(needs: Path):
    """Nothing is ignored in silence: the two options are refused together."""
    result = call("design", needs, "--explain", "evs1.database_gb", "--json")
    assert 2 == result.exit_code
    assert "leave out --explain or --json" in result.output


def test_an_unknown_figure_is_a_sentence(needs: Path):
    """A wrong key ends with status 2 and names keys near it."""
    result = call("design", needs, "--explain", "database_gb")
    assert 2 == result.exit_code
    assert "evs1.database_gb" in result.stderr


def test_a_design_as_data(needs: Path):
    """With --json each figure has value, formula, arithmetic and source."""
    data = json.loads(call("design", needs, "--json").output)
    figure = data["figures"]["nodes"]
    assert (4, "3 + 1", "handbook 5, 5.1.7") == (
        figure["value"],
        figure["arithmetic"],
        figure["source"],
    )
    assert 31 == len(data["volumes"])
    assert "R21" in [finding["rule"] for finding in data["findings"]]


def test_a_design_with_an_error_ends_with_status_1(needs: Path):
    """A rule that calls something an error makes the status 1."""
    needs.write_text("mailboxes = 3000\n[interview]\nhas_3gb = false\n")
    result = call("design", needs)
    assert 1 == result.exit_code
    assert "- Error: /3GB is missing on a node that can host an EVS: it has" in result.output


@pytest.mark.parametrize("command", ["design", "lint"])
def test_impossible_requirements_are_listed(needs: Path, command: str):
    """All problems follow on stderr, each with its line; nothing is computed."""
    needs.write_text("mailboxes = 28000\nshare_average = 0\nshare_large = 1\nrto_database_h = 1.05")
    result = call(command, needs)
    assert 1 == result.exit_code
    assert "" == result.stdout
    assert ["needs.toml, line 1", "needs.toml, line 4"] == [
        line.split(":")[0] for line in result.stderr.splitlines()
    ]


def test_a_cluster_file_is_judged(tmp_path: Path):
    """The rules run on a cluster file; R05 and R64 need nothing but the file."""
    path = tmp_path / "cluster.toml"
    path.write_text(cluster_toml(exchange_cluster()), "utf-8")
    result = call("lint", path, "--json")
    assert 0 == result.exit_code, result.output
    assert {"R05", "R64"} <= set(json.loads(result.output)["passed"])


def test_listings_are_judged(tmp_path: Path):
    """The rules run on a folder with listings of cluster.exe too."""
    export_listings(exchange_cluster(2, 0), tmp_path)
    result = call("lint", tmp_path)
    assert "- Warning: Active/active: an EVS on each of 2 nodes" in result.output


def test_a_file_of_no_kind_is_refused(tmp_path: Path):
    """What is neither requirements nor a cluster is refused with what is missing."""
    path = tmp_path / "empty.toml"
    path.write_text("")
    result = call("lint", path)
    assert 1 == result.exit_code
    assert "write mailboxes = 3000" in result.stderr


def test_two_kinds_of_new_file_are_refused(tmp_path: Path):
    """A file is a plan or requirements, not both."""
    result = call("new", tmp_path / "a.toml", "--design", "--plan")
    assert 2 == result.exit_code
    assert not (tmp_path / "a.toml").exists()
