"""Hostile names in every panel, page and command: shown as they are written, never run.

Names of HTML stay text in each panel, figure, still and report; what would steer a terminal or
forge a line is refused where a name is made, and escaped where a client's file is read.
"""

import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import ipywidgets as w
import pytest
from click.testing import CliRunner

from clusterlab import ConfigError, OperationRefused, Simulation, exchange_cluster
from clusterlab.cli import cli
from clusterlab.cluster.model import Cluster
from clusterlab.clusterfiles import cluster_toml, read_cluster
from clusterlab.clusterfiles.exporting import listing_texts
from clusterlab.eventlogs.postmortem import postmortem
from clusterlab.lab import (
    AdministratorLab,
    ConnectorLab,
    FailoverLab,
    TreeLab,
    WhatIfLab,
    report,
)
from clusterlab.lab.panels.panel import Panel
from clusterlab.lab.panels.show import show
from clusterlab.symptoms import UnknownSymptom, explain
from tests.clientlogs import event_viewer, rows

EVIL = "</td></script><evil-x onerror=alert(1)>&amp;{0}%s`*_|"
NAMES = ("NODE1", "NODE2", "EVS1", "Disk R:", "Disk S:", "Public", "Private", "CL1")
QUOTES = {"single": "' onfocus='evil()", "double": '" onfocus="evil()'}
LONG = "x" * 400
CONTROLS = {"escape": "\x1b]0;t\x07", "line feed": "\n", "right to left": "\u202e"}
MOST_DEEDS = 12


def named(ending: str) -> Cluster:
    """Return a small cluster in which every name of a client's has *ending*."""
    toml = cluster_toml(exchange_cluster(1, 1))
    for name in NAMES:
        toml = toml.replace(json.dumps(name), json.dumps(f"{name} {ending}"))
    return read_cluster(toml)


class Markup(HTMLParser):
    """What a page would run of a text: our tags are few, and none has a handler."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that is not ours, a handler, and a link that runs something."""
        handlers = [name for name, _ in attrs if name.startswith("on")]
        links = [to for name, to in attrs if name in ("href", "src") and to]
        if tag.startswith(("evil", "script")) or handlers:
            self.found.append(f"{tag} {handlers}")
        self.found += [to for to in links if to.strip().lower().startswith("javascript:")]


def widgets(root: w.Widget, seen: set[str] | None = None) -> Iterator[w.Widget]:
    """Yield a widget and all that it holds, once."""
    seen = set() if seen is None else seen
    if root.model_id in seen:
        return
    seen.add(root.model_id)
    yield root
    for value in root.trait_values().values():
        for one in value if isinstance(value, list | tuple) else (value,):
            if isinstance(one, w.Widget):
                yield from widgets(one, seen)


def drawn(value: Any, *, is_text: bool = False) -> Iterator[str]:
    """Yield what plotly reads as its own HTML."""
    if isinstance(value, str) and is_text:
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            said = ("text", "hovertext", "hovertemplate", "texttemplate", "ticktext", "title")
            yield from drawn(one, is_text=is_text or key in said)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from drawn(one, is_text=is_text)


def run_by(panel: Panel) -> list[str]:
    """Return what of a panel a page would run: its texts, its figures, and what it leaves."""
    found: list[str] = []
    for one in widgets(panel):
        assert not getattr(one, "description_allow_html", False)
        if isinstance(one, w.HTML):
            found += Markup(one.value).found
    for picture in panel.pictures:
        found += [text for text in drawn(picture.figure.to_dict()) if "<evil" in text]
    return found + Markup(str(panel._repr_mimebundle_().get("text/html", ""))).found


# The other panels show no name of a user's: a plan refuses such names (tests/test_plan.py).
PANELS: dict[str, Callable[[Cluster], Panel]] = {
    "failover": FailoverLab,
    "administrator": AdministratorLab,
    "connector": ConnectorLab,
    "what-if": WhatIfLab,
    "tree": lambda cluster: TreeLab(cluster, group=cluster.config.served_groups[0]),
}
PLAIN = {"play", "play all", "report", "export"}
"""Deeds that go on by themselves, or write a file."""


@pytest.mark.parametrize("quotes", QUOTES)
@pytest.mark.parametrize("name", PANELS)
def test_a_panel_shows_names_as_they_are_written(name: str, quotes: str):
    """At first, with each item selected, and after deeds; a refusal names them as well."""
    panel = PANELS[name](named(EVIL + QUOTES[quotes]))
    assert "&lt;evil" in str(panel._repr_mimebundle_()) + str(
        [one.value for one in widgets(panel) if isinstance(one, w.HTML)]
    )
    assert [] == run_by(panel)
    offered = [act for act in panel.acts() if "evil" in act or act in panel.buttons]
    step = max(1, len(offered) // MOST_DEEDS)
    for act in offered[::step]:
        if act.split()[0] in ("set", *PLAIN) or act in PLAIN or act not in panel.acts():
            continue
        try:
            panel.act(act)
        except ConfigError:
            assert '"' in QUOTES[quotes]  # no line of ours can hold such a name
        assert "met an error" not in panel.errors.value, panel.errors.text
        assert [] == run_by(panel)


def test_a_tour_on_a_clients_cluster_shows_names_as_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The scenes that `clusterlab show` plays on it, with their stories."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "client.toml"
    file.write_text(cluster_toml(named(EVIL + QUOTES["single"])), "utf-8")
    page = show("02", file)
    for _ in range(4):
        assert [] == run_by(page.lab)
        page.lab.buttons["show me"].click()
        page.lab.buttons["next"].click()
    assert "&lt;evil" in str([one.value for one in widgets(page.lab) if isinstance(one, w.HTML)])


def test_a_report_shows_names_as_they_are_written():
    """Of the nodes, groups, disks and networks as of the client; its script reads data."""
    page = report(named(EVIL + QUOTES["double"]), client=EVIL, author=EVIL, title=EVIL).html
    assert "&lt;evil" in page
    assert [] == [found for found in Markup(page).found if not found.startswith("script []")]


def test_names_of_any_length_are_drawn_and_said():
    """A very long name takes no panel down, and is shortened where a picture has no room."""
    cluster = named(LONG)
    lab = FailoverLab(cluster)
    lab.buttons["to end"].click()
    assert "" == lab.errors.text
    written = [text for trace in lab.figure.data for text in trace.text or ()]
    assert max(len(re.sub("<[^>]*>", "", text)) for text in written) < len(LONG)
    assert LONG in WhatIfLab(cluster).twin()


@pytest.mark.parametrize("sign", CONTROLS)
def test_a_name_that_steers_a_terminal_is_refused(sign: str):
    """In a cluster file, in a scenario and by a request; the message itself can be shown."""
    name = f"Fi{CONTROLS[sign]}les"
    with pytest.raises(ConfigError) as refused:
        named(CONTROLS[sign] + "x")
    sim = Simulation(exchange_cluster(1, 1))
    with pytest.raises(OperationRefused) as made:
        sim.create_group(name)
    for refusal in (refused, made):
        assert all(line.isprintable() for line in str(refusal.value).splitlines())


def listed(folder: Path, sign: str) -> Path:
    """Write the listings of a cluster, each EVS1 in them with *sign*, into *folder*."""
    for file, text in listing_texts(exchange_cluster(1, 1)).items():
        (folder / file).write_text(text.replace("EVS1", f"E{sign}VS"), "utf-8", newline="")
    return folder


@pytest.mark.parametrize("command", ["check", "checklist", "whatif", "collect", "report"])
@pytest.mark.parametrize("sign", CONTROLS)
def test_what_listings_hold_reaches_no_terminal_raw(command: str, sign: str, tmp_path: Path):
    """Read or refused, what is printed has no sign that would act on it, and no forged row."""
    where = listed(tmp_path, CONTROLS[sign])
    more = ["-o", str(tmp_path / "report.html")] if command == "report" else []
    result = CliRunner().invoke(cli, [command, *more, str(where)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.output.strip()
    assert all(line.isprintable() for line in result.output.splitlines())


def test_a_batch_file_for_a_client_holds_names_as_text(tmp_path: Path):
    """Signs of cmd.exe act on nothing: each name stands in quotes, a percent sign is doubled."""
    result = CliRunner().invoke(cli, ["collect", str(listed(tmp_path, "&|>%PATH%^"))])
    lines = [line for line in result.output.splitlines() if "VS" in line]
    assert lines
    for line in lines:
        outside = re.sub(r'"[^"]*"', "", line)
        assert not set("&|^%") & set(outside)
        assert "%%PATH%%" in line


@pytest.mark.parametrize("sign", CONTROLS)
def test_logs_and_questions_reach_no_terminal_raw(sign: str, tmp_path: Path):
    """What an event log names, and what is asked of handbook 7, is escaped or not repeated."""
    bad = CONTROLS[sign].replace("\n", "\r")  # a line feed ends a record
    log = tmp_path / "system.csv"
    sim = Simulation(exchange_cluster(1, 1))
    sim.fail_node("NODE1")
    sim.run()
    log.write_text(event_viewer(rows(sim)).replace("EVS1", f"E{bad}VS"), "utf-8", newline="")
    told = str(postmortem([log]))
    assert f"E{bad}VS" not in told
    assert all(line.isprintable() for line in told.split("\n"))
    with pytest.raises(UnknownSymptom) as unknown:
        explain(f"{CONTROLS[sign]}zzz")
    assert str(unknown.value).isprintable()
