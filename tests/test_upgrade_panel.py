"""The upgrade panel without a browser: steps, failures in the middle, other orders, times."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from clusterlab import ConfigError, exchange_cluster
from clusterlab.clusterfiles import write_cluster
from clusterlab.lab import UpgradeLab
from clusterlab.lab.figures.drawing import traces_of
from clusterlab.lab.figures.swimlanes import LAMPS, LANES
from clusterlab.lab.panels.upgrade import ALONE, BEST, BEST_HOME, UPGRADES
from clusterlab.procedures import Plan, Run
from clusterlab.procedures.assumptions import ASSUMPTIONS
from clusterlab.procedures.catalogue import PROCEDURES
from clusterlab.procedures.saving import SEARCHED
from clusterlab.procedures.timeline import Timeline
from clusterlab.procedures.upgrade import upgrade
from tests.plain import trace_named


@pytest.fixture
def lab() -> UpgradeLab:
    """Two nodes with Exchange 2000, nothing done yet."""
    return UpgradeLab()


def until(key: str) -> UpgradeLab:
    """Return a panel in which everything up to a step is done."""
    return UpgradeLab(Run(upgrade("U2", Plan.standard(nodes=2, evs=1))).do_rest(until=key))


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
    assert "down 885 s, unprotected 243 min" in lab._live.value


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("P16", ["✔ all survive", "✔ all survive"]),
        ("U2-02", ["✖ EVS1 lost", "○ not running"]),
        ("U2-03", ["✖ EVS1 lost", "✔ all survive"]),
        ("U2-04", ["◐ EVS1 down already"] * 2),
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
    assert "Pull the plug of NODE1" == lab.buttons["fail NODE1"].description
    lab.buttons["fail NODE1"].click()
    assert ["○ not running", "◐ EVS1 down already"] == lamps(lab)
    assert "NODE1 lost power." in lab._live.value
    assert "Power on NODE1" == lab.buttons["fail NODE1"].description
    lab.buttons["fail NODE1"].click()
    assert "NODE1 was started." in lab._live.value
    lab.buttons["undo"].click()
    lab.buttons["undo"].click()
    assert ["✖ EVS1 lost", "✔ all survive"] == lamps(lab)


def named(text: str) -> str:
    """Return the entry of the lists that has a text in it."""
    return next(name for name in UPGRADES if text in name)


def cells(html: str) -> list[list[str]]:
    """Return the rows of a table as the text of their cells."""
    rows = re.findall(r"<tr>(.*?)</tr>", html)
    return [[re.sub(r"<[^>]*>", "", cell) for cell in re.split(r"</t[dh]>", row)] for row in rows]


def test_another_order_stands_beside_this_one():
    """The idle node first spares each EVS one outage; "nothing" takes the comparison away."""
    lab = UpgradeLab(upgrade("U4", Plan.standard(nodes=4, evs=3)))
    lab.choosers["compare"].value = named("(U4S)")
    assert "" == lab.errors.text
    assert lab.other is not None
    assert "EVS3 2003, Online on NODE3" in lab.other.alt
    table = cells(lab._table.value)
    assert ["EVS1", "9.5 min", "291 min", "7.5 min", "287 min", ""] == table[1]
    assert ["all EVSs", "28.5 min", "844.5 min", "22.5 min", "838.5 min", ""] == table[4]
    lab.buttons["do"].click()
    assert "" == lab.errors.text
    lab.choosers["compare"].value = ALONE
    assert (None, ()) == (lab.other, lab._beside.children)


def test_every_path_of_handbook_4_can_be_chosen():
    """Each upgrade and migration stands in the list; the best order is searched for."""
    offered = {make().name for make in UPGRADES.values()}
    assert {name for name in PROCEDURES if name.startswith("upgrade-")} - offered == {SEARCHED}


@pytest.mark.parametrize("name", UPGRADES)
def test_every_path_opens(name: str):
    """Each can be chosen; those of two nodes are compared with themselves, to their end."""
    lab = UpgradeLab()
    lab.choosers["work"].value = name
    if "4 nodes" not in name:
        lab.choosers["compare"].value = name
        assert lab.other is not None
        assert "if it failed now" in lab.other.alt
    assert "" == lab.errors.text


# --- the best order -----------------------------------------------------------------------------


def test_the_best_order_is_searched_for_the_nodes_of_the_run(lab: UpgradeLab):
    """It stands beside this one like any other, with the reasons why nothing is better."""
    lab.choosers["compare"].value = BEST
    assert "" == lab.errors.text
    assert ["EVS1", "9.5 min", "136 min", "7.5 min", "136 min", ""] == cells(lab._table.value)[1]
    assert "Each EVS is upgraded once, 450 s down" in lab._why.value
    assert "It ends with EVS1 on NODE2" in lab._why.value
    assert "EVS1 2003, Online on NODE2" in lab.other.alt


def test_the_best_order_can_be_done_step_by_step(lab: UpgradeLab):
    """As a procedure it has a step for each turn; with a homecoming the last one is a move."""
    lab.choosers["work"].value = BEST_HOME
    assert "upgrade-best" == lab.run.procedure.name
    assert "move EVS1 to NODE1" == lab.run.procedure.order[-1]
    for _ in lab.run.left():
        lab.buttons["do"].click()
    assert ("", ()) == (lab.errors.text, lab.run.left())
    assert "EVS1 2003, Online on NODE1" in lab._live.value


def test_other_nodes_have_another_best_order(lab: UpgradeLab):
    """A run with other EVSs is not compared with the order of the one before."""
    lab.choosers["compare"].value = BEST
    lab.choosers["work"].value = named("active/active")
    assert ["EVS1", "EVS2"] == [evs.name for evs in lab.found[BEST][1].plan.evs]
    assert "EVS2" in lab.other.alt


def test_the_search_can_be_stopped():
    """What was settled is said, and the list is at "nothing" again."""
    lab = UpgradeLab(upgrade("U4", Plan.standard(nodes=4, evs=3)))

    async def stop_early() -> None:
        lab.choosers["compare"].value = BEST_HOME
        while not lab._so_far:
            await asyncio.sleep(0)
        assert not lab.buttons["stop"].disabled
        lab.buttons["stop"].click()
        while not lab.buttons["stop"].disabled:
            await asyncio.sleep(0)

    asyncio.run(stop_early())
    assert re.match(r"Stopped: \d+ of \d+ ", lab._work_text.value)
    assert (ALONE, None) == (lab.choosers["compare"].value, lab.other)
    assert lab._progress_row.layout.display is None


def test_what_cannot_be_upgraded_in_place_is_said(lab: UpgradeLab):
    """Windows 2000 has four nodes at most, so there is no path for five."""
    lab.show_run(Run(PROCEDURES["install"](Plan.standard(nodes=5, evs=3))))
    lab.choosers["compare"].value = BEST
    assert "5 nodes" in lab.errors.text


# --- times --------------------------------------------------------------------------------------


def test_every_assumption_is_shown_as_one(lab: UpgradeLab):
    """Field, what it is, where the default comes from, and what documents say (4.5.3)."""
    assert list(ASSUMPTIONS) == list(lab.times.fields)
    assert "120" == lab.times.fields["T_MOVE"].value
    note = lab.times._notes["T_MOVE"].value
    assert "◇ assumption" in note
    assert "documents: seconds to a few minutes" in note
    assert "documents say nothing of it" in lab.times._notes["T_CMD"].value


def test_own_times_change_every_forecast(lab: UpgradeLab, tmp_path: Path, monkeypatch):
    """Planned times, the table of two orders, the reasons of the best one, and the runbook."""
    monkeypatch.chdir(tmp_path)
    lab.choosers["compare"].value = BEST
    lab._tabs.selected_index = lab.titles.index("Times")
    lab.times.fields["T_CMD"].value = "600"
    assert {"T_CMD": 600.0} == lab.times.seconds
    assert "✔ your own" in lab.times._notes["T_CMD"].value
    assert "Planned by 1 time of your own and assumptions" in lab.times.result.value
    assert ["EVS1", "14.5 min", "0 min", "14.5 min"] == cells(lab.times.result.value)[1][:4]
    assert ["EVS1", "14.5 min", "136 min", "12.5 min"] == cells(lab._table.value)[1][:4]
    assert "750 s down" in lab._why.value
    lab.buttons["runbook"].click()
    text = Path("CLUS2-upgrade-U2.html").read_text("utf-8")
    assert "The client&#x27;s own times: Upgrade Exchange Virtual Server 600 s." in text
    assert "<td>14.5 min</td>" in text


def test_what_is_no_time_is_said_and_changes_nothing(lab: UpgradeLab):
    """The message names field, value and what is allowed; the default stands in meanwhile."""
    lab.times.fields["T_CMD"].value = "600"
    for wrong in ("soon", "-5", "inf"):
        lab.times.fields["T_MOVE"].value = wrong
        assert "T_MOVE is" in lab.errors.text
        assert "allowed: seconds, 0 or more" in lab.errors.text
        assert "✖ no time" in lab.times._notes["T_MOVE"].value
        assert {"T_CMD": 600.0} == lab.times.seconds
    lab.times.fields["T_MOVE"].value = "90,5"
    assert ("", 90.5) == (lab.errors.text, lab.times.seconds["T_MOVE"])


def test_times_can_be_forgotten(lab: UpgradeLab):
    """An empty field is the default again, and one button brings back all of them."""
    lab.times.fields["T_CMD"].value = "600"
    lab.times.fields["T_ON"].value = "90"
    lab.times.fields["T_CMD"].value = ""
    assert {"T_ON": 90.0} == lab.times.seconds
    lab.times.reset.click()
    assert ({}, "300") == (lab.times.seconds, lab.times.fields["T_CMD"].value)
    assert "◇ assumption" in lab.times._notes["T_ON"].value


def test_planned_stands_beside_played():
    """When all is done nothing is left of the plan, and what was played is measured."""
    lab = UpgradeLab(Run(upgrade("U2", Plan.standard(nodes=2, evs=1))).do_rest())
    lab._tabs.selected_index = lab.titles.index("Times")
    planned = ["EVS1", "9.5 min", "11.2 min", "0 min", "136 min", "130.3 min", "0 min", ""]
    assert planned == cells(lab.times.result.value)[1]


def test_a_path_without_times_says_so(lab: UpgradeLab):
    """Nothing of a migration is in the assumptions."""
    lab._tabs.selected_index = lab.titles.index("Times")
    lab.choosers["work"].value = named("(M55)")
    assert "nothing can be forecast" in lab.times.result.value


def test_a_runbook_is_written_beside_the_notebook(
    lab: UpgradeLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """It has every step of the path, and says where it is."""
    monkeypatch.chdir(tmp_path)
    lab.buttons["runbook"].click()
    assert "The runbook is in CLUS2-upgrade-U2.html" in lab._live.value
    file = Path("CLUS2-upgrade-U2.html")
    assert "Upgrade Exchange Virtual Server" in file.read_text("utf-8")
    file.write_text("with the client's signatures", "utf-8")
    lab.buttons["runbook"].click()
    assert "it exists; rename it or move it away, then press again" in lab.errors.text
    assert "with the client's signatures" == file.read_text("utf-8")


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
    assert "Swim lanes." in lab._repr_mimebundle_()["text/html"]
    lab._tabs.selected_index = 0
    assert "if it failed now" in lab._pages["Lanes"].value


@pytest.mark.parametrize("title", UpgradeLab.titles)
def test_every_tab_shows_something(title: str):
    """Each of them can be opened in the middle of a path."""
    lab = until("U2-08")
    lab._tabs.selected_index = lab.titles.index(title)
    assert "" == lab.errors.text
    page = lab._pages[title]
    assert title == "cluster.exe" or getattr(page, "result", page).value


def test_what_is_no_run_is_refused():
    """The message says what is allowed."""
    with pytest.raises(ConfigError, match="Run, a Procedure, a Plan or a file"):
        UpgradeLab(2)  # type: ignore[arg-type]


def test_lanes_are_worked_out_once_for_each_run(lab: UpgradeLab):
    """Drawing again does not play the failures again."""
    lanes = lab.lanes
    lab.render()
    assert lanes is lab.lanes
    assert isinstance(lanes, Timeline)


def test_a_clients_file_offers_the_paths_that_its_cluster_can_go(tmp_path: Path):
    """By its names, at the start or opened beside Load; a file that is wrong changes nothing."""
    file = tmp_path / "client.toml"
    write_cluster(exchange_cluster(active=2, passive=1, name="CONTOSO"), file)
    lab, other = UpgradeLab(file), UpgradeLab()
    other._file.value = str(file)
    other.buttons["load"].click()
    for one in (lab, other):
        assert "3 nodes, 2 EVSs, documented order (U4)" == one.choosers["work"].options[0]
        assert "CONTOSO" == one.run.procedure.plan.cluster
        assert not any(words.startswith("2 nodes") for words in one.choosers["compare"].options)
    file.write_text("nodes = 7\n", encoding="utf-8")
    before = other.run
    other._file.value = str(file)
    other.buttons["load"].click()
    assert "client.toml, line 1" in other.errors.text
    assert before is other.run
