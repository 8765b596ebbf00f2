"""Panels on a client's file, and what `clusterlab demo` gives to Voila."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from clusterlab import delivery, exchange_cluster
from clusterlab.cli import cli
from clusterlab.cluster.errors import ConfigError
from clusterlab.clusterfiles import write_cluster
from clusterlab.lab import ConnectorLab, DesignLab, FailoverLab, ProcedureLab, WhatIfLab
from clusterlab.lab.panelplay import open_panel


@pytest.fixture
def client(tmp_path: Path) -> Path:
    """A client's cluster in a file."""
    write_cluster(exchange_cluster(active=2, passive=1, name="CONTOSO"), tmp_path / "client.toml")
    return tmp_path / "client.toml"


def made(*words: object) -> None:
    """Run a command of clusterlab that writes a file."""
    result = CliRunner().invoke(cli, [str(word) for word in words])
    assert 0 == result.exit_code, result.output


def test_panels_of_a_cluster_open_its_file(client: Path) -> None:
    """A file named in words is read as the commands read it."""
    assert "CONTOSO" == FailoverLab(str(client)).simulation.cluster.config.name
    assert "CONTOSO" in open_panel("administrator", client).twin()
    assert isinstance(open_panel("connectors", client), ConnectorLab)
    assert isinstance(open_panel("whatif", client), WhatIfLab)


def test_panels_of_a_plan_or_a_design_open_theirs(tmp_path: Path) -> None:
    """Requirements for the design, a plan for an installation."""
    made("new", "--design", tmp_path / "wanted.toml")
    made("new", "--plan", tmp_path / "plan.toml")
    assert isinstance(open_panel("design", tmp_path / "wanted.toml"), DesignLab)
    assert isinstance(open_panel("installation", tmp_path / "plan.toml"), ProcedureLab)


def test_what_cannot_be_shown_is_said(client: Path) -> None:
    """An unknown panel, one that shows no file, a file of another kind."""
    with pytest.raises(ConfigError, match="panel is 'fail'; allowed: failover, administrator"):
        open_panel("fail")
    with pytest.raises(ConfigError, match=r"'game' shows no file; leave .* out, or name failover"):
        open_panel("game", client)
    with pytest.raises(ValueError, match="this is a cluster file, not a requirements file"):
        DesignLab(client)
    with pytest.raises(ConfigError, match="a Simulation, a Cluster or a file of one, not 7"):
        FailoverLab(7)  # type: ignore[arg-type]


def test_a_file_that_cannot_be_shown_ends_the_command(tmp_path: Path) -> None:
    """Before any server starts: a sentence with the file, and status 1, as all commands do."""
    pytest.importorskip("voila")
    (tmp_path / "client.toml").write_text("name = 7")
    result = CliRunner().invoke(cli, ["demo", "failover", str(tmp_path / "client.toml")])
    assert 1 == result.exit_code
    assert "\nclient.toml, line 1: name of the file is 7" in result.output
    result = CliRunner().invoke(cli, ["demo", "fail"])
    assert (2, True) == (result.exit_code, "allowed: failover" in result.output)


def test_voila_understands_every_option(tmp_path: Path) -> None:
    """What is set is what Voila then has; only this machine is let in."""
    app = pytest.importorskip("voila.app").Voila()
    page = tmp_path / "a.ipynb"
    page.write_text(delivery.demo_notebook("failover", Path("it's here.toml")), encoding="utf-8")
    options = delivery.demo_options(page, theme="dark", ip="127.0.0.1", port=9000, browser=False)
    app.parse_command_line(options)
    config = app.config
    assert ("127.0.0.1", 9000) == (config.Voila.ip, config.Voila.port)
    assert ("clusterlab", "dark") == (
        config.VoilaConfiguration.template,
        config.VoilaConfiguration.theme,
    )
    assert 600 == int(config.MappingKernelManager.cull_idle_timeout)
    compile(json.loads(page.read_text("utf-8"))["cells"][0]["source"], "cell", "exec")
