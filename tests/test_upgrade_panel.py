"""The upgrade panel without a browser: steps, failures in the middle, another order, a runbook."""

from __future__ import annotations

from pathlib import Path

import pytest

from clusterlab import ConfigError
from clusterlab.lab import UpgradeLab
from clusterlab.lab.diagrams import trace_named, traces_of
from clusterlab.lab.panels.upgrade import UPGRADES
from clusterlab.lab.swimlanes import LAMPS, LANES
from clusterlab.procedures import Plan, Run
from clusterlab.procedures.timeline import Timeline
from clusterlab.procedures.upgrade import upgrade_u2


@pytest.fixture
def lab() -> UpgradeLab:
    """Two nodes with Exchange 2000, nothing done yet."""
    return UpgradeLab()


def until(key: str) -> UpgradeLab:
    """Return a panel in which everything up to a step is done."""
    return UpgradeLab(Run(upgrade_u2(Plan.standard(nodes=2, evs=1))).do_rest(until=key))


def lamps(lab: UpgradeLab) -> list[str]:
    """Return what the lamps say."""
    return [lamp.words for lamp in lab.lanes.lamps]


def test_every_step_is_done_by_the_button(lab: UpgradeLab):
    """29 clicks upgrade the two-node cluster; EVS1 was out four times and is home again."""
    for _ in range(29):
        lab.buttons["do"].click()
    assert ("", ()) == (lab.errors.text, lab.run.left())
    assert ["2003", "NODE1", True] == [
        getattr(lab.lanes.evs["EVS1"][-1], name) for name in ("version", "node", "is_protected")
    ]
    assert "Exchange 2003, Windows 2000 SP4" in trace_named(lab.site, LANES).text
    assert "out 885 s, unprotected 243 min" in lab._live.value


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("P16", ["✔ all survive", "✔ all survive"]),
        ("U2-02", ["✖ EVS1 lost", "○ not running"]),
        ("U2-03", ["✖ EVS1 lost", "✔ all survive"]),
        ("U2-04", ["◐ EVS1 out already"] * 2),
        ("U2-08", ["✔ all survive", "✖ EVS1 lost"]),
        ("U2-11", ["✔ all survive", "✔ all survive"]),
    ],
)
def test_the_lamps_say_what_handbook_4_says_of_u2(key: str, words: list[str]):
    """No standby from Setup on NODE2 until NODE1 is back (handbook 4, 4.5.1)."""
    lab = until(key)
    assert words == lamps(lab)
    shown = [trace.text.partition(": ")[2] for trace in traces_of(lab.site, LAMPS).values()]
    assert words == shown


def test_a_failure_in_the_middle_is_survived_by_going_forward():
    """NODE1 fails when only NODE2 is new: EVS1 is out; NODE1 is started, and the steps go on."""
    lab = until("U2-03")
    assert "Fail NODE1" == lab.buttons["fail NODE1"].description
    lab.buttons["fail NODE1"].click()
    assert ["○ not running", "◐ EVS1 out already"] == lamps(lab)
    assert "NODE1 lost power." in lab._live.value
    assert "Start NODE1" == lab.buttons["fail NODE1"].description
    lab.buttons["fail NODE1"].click()
    assert "NODE1 was started." in lab._live.value
    lab.buttons["undo"].click()
    lab.buttons["undo"].click()
    assert ["✖ EVS1 lost", "✔ all survive"] == lamps(lab)


def test_another_order_stands_beside_this_one():
    """The idle node first spares each EVS one outage; "nothing" takes the comparison away."""
    lab = UpgradeLab()
    lab.choosers["work"].value = next(name for name in UPGRADES if "(U4)" in name)
    lab.choosers["compare"].value = next(name for name in UPGRADES if "(U4S)" in name)
    assert "" == lab.errors.text
    assert lab.other is not None
    assert "EVS3 2003, Online on NODE3, out 695 s" in lab.other.alt
    assert "<td>EVS1</td><td>570 s</td><td>291 min</td><td>450 s</td>" in lab._table.value
    lab.buttons["do"].click()
    assert "" == lab.errors.text
    lab.choosers["compare"].value = "nothing"
    assert (None, ()) == (lab.other, lab._beside.children)


@pytest.mark.parametrize("name", UPGRADES)
def test_every_path_opens_and_is_drawn_to_its_end(name: str):
    """Each can be chosen, and compared with itself."""
    lab = UpgradeLab()
    lab.choosers["work"].value = name
    lab.choosers["compare"].value = name
    assert "" == lab.errors.text
    assert lab.other is not None
    assert "if it failed now" in lab.other.alt


def test_a_runbook_is_written_beside_the_notebook(
    lab: UpgradeLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """It has every step of the path, and says where it is."""
    monkeypatch.chdir(tmp_path)
    lab.buttons["runbook"].click()
    assert "The runbook is in CLUS2-upgrade-U2.html" in lab._live.value
    assert "Upgrade Exchange Virtual Server" in Path("CLUS2-upgrade-U2.html").read_text("utf-8")


def test_a_refused_step_is_shown_as_the_product_would():
    """In free mode Setup on the node of EVS1 is refused, and nothing has changed."""
    lab = until("U2-03")
    lab.choosers["mode"].value = "free"
    lab.select("U2-10")
    before = lab.run.cluster
    lab.buttons["do"].click()
    assert "UE-04" in lab.errors.text
    assert before is lab.run.cluster


def test_phases_are_plain_words(lab: UpgradeLab):
    """The picture of the steps has one column for nodes and one for EVSs."""
    assert ["Preparation", "Nodes", "EVS", "Afterwards"] == list(lab.choosers["phase"].options)[1:]


def test_the_text_twin_has_lanes_and_steps(lab: UpgradeLab):
    """A reader without a kernel sees both, and a still picture of the lanes."""
    assert "NODE1   if it failed now: ✔ all survive" in repr(lab)
    assert "U2-07" in repr(lab)
    assert "Swim lanes." in lab._repr_mimebundle_()["image/svg+xml"]
    lab._tabs.selected_index = 0
    assert "if it failed now" in lab._pages["Lanes"].value


@pytest.mark.parametrize("title", UpgradeLab.titles)
def test_every_tab_shows_something(title: str):
    """Each of them can be opened in the middle of a path."""
    lab = until("U2-08")
    lab._tabs.selected_index = lab.titles.index(title)
    assert "" == lab.errors.text
    assert title == "cluster.exe" or lab._pages[title].value


def test_what_is_no_run_is_refused():
    """The message says what is allowed."""
    with pytest.raises(ConfigError, match="Run, a Procedure or a Plan"):
        UpgradeLab("U2")  # type: ignore[arg-type]


def test_lanes_are_worked_out_once_for_each_run(lab: UpgradeLab):
    """Drawing again does not play the failures again."""
    lanes = lab.lanes
    lab.render()
    assert lanes is lab.lanes
    assert isinstance(lanes, Timeline)
