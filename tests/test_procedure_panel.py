"""The procedure panel without a browser: steps by buttons, refusals, modes, undo, hand-over."""

from __future__ import annotations

from pathlib import Path

import pytest

from clusterlab import ConfigError
from clusterlab.cluster.events import NodeFailed
from clusterlab.cluster.states import GroupState
from clusterlab.lab import ProcedureLab
from clusterlab.lab.figures.drawing import Page, text_width_px, traces_of
from clusterlab.lab.figures.procedure import ALL_PHASES, TASKS, TaskPlaces, phases_of, steps_figure
from clusterlab.lab.figures.unfinished import site_figure, site_text
from clusterlab.lab.panels.procedureviews import UNDECIDED
from clusterlab.procedures import Plan, Run, installation, removal
from clusterlab.procedures.catalogue import PROCEDURES
from tests.plain import trace_named

TWO = installation(Plan.standard(nodes=2, evs=1))
FOUR = installation(Plan.standard(nodes=4, evs=3))


@pytest.fixture
def lab() -> ProcedureLab:
    """A guided panel of two nodes and one EVS."""
    return ProcedureLab()


def at(until: str, mode: str = "guided") -> ProcedureLab:
    """Return a panel of two nodes in which everything up to a task is done."""
    return ProcedureLab(Run(TWO).do_rest(until=until), mode=mode)


def press(lab: ProcedureLab, name: str) -> str:
    """Press a button and return what went wrong."""
    lab.buttons[name].click()
    return lab.errors.text


def do(lab: ProcedureLab, key: str, **decided: object) -> str:
    """Choose a step, decide, do it; return what went wrong."""
    lab.select(key)
    for name, value in decided.items():
        lab.decisions.controls[name].value = value
    return press(lab, "do")


def offered(lab: ProcedureLab) -> list[str]:
    """Return the ids that the list offers."""
    return [key.partition("/")[2] for _, key in lab.choosers["step"].options]


def test_the_whole_installation_is_done_by_one_button(lab: ProcedureLab):
    """In guided mode the next step is always one that can be done; no mistake is possible."""
    while lab.run.left():
        assert "" == press(lab, "do")
    assert (55, 0) == (len(lab.run.situation.done), lab.run.cost().mistakes)
    assert "55 of 55" in lab._progress.value
    assert lab._live.value.endswith("55 of 55 done.")


def test_a_removal_is_shown_by_the_same_panel():
    """Any procedure can be shown; this one begins with a finished cluster."""
    lab = ProcedureLab(removal(Plan.standard(nodes=2, evs=1)))
    while lab.run.left():
        assert "" == press(lab, "do")
    assert lab.run.cluster is None
    assert "remove CLUS2, guided: 16 of 16 done" in repr(lab)


def test_guided_mode_offers_what_can_be_done_and_says_why_the_rest_cannot(lab: ProcedureLab):
    """A step that is blocked may be looked at; it cannot be done."""
    assert ["P01", "P02"] == offered(lab)
    lab.select("C01@N1")
    assert lab.buttons["do"].disabled
    assert "H03@N1 must be done first: Set the power state" in lab._why_not.value
    assert "A02 must be done first" in lab._why_not.value


def test_a_click_on_a_box_shows_its_sheet(lab: ProcedureLab):
    """Each box of the picture is a trace that answers to clicks."""
    lab._select("install/E03@EVS1")
    lab.render()
    assert "EVS" == lab.choosers["phase"].value
    assert len(traces_of(lab.figure, TASKS)["install/E03@EVS1"].x) == 13
    assert "Create the Network Name resource (EVS1)" in lab._title.value
    for word in ("Where", "How", "Who", "Needs", "Verify", "handbook 3, E03"):
        assert word in lab._sheet.value


def test_free_mode_tries_everything_and_shows_the_refusal():
    """The refusal has its code, whose wording it is, and what to do; it counts as a mistake."""
    lab = ProcedureLab(mode="free")
    assert "X04@N1" in offered(lab)
    assert "ERR-COMPONENT" in do(lab, "X04@N1")
    assert "wording reconstructed" in lab.errors.value
    assert "What to do:" in lab.errors.value
    assert (1, 0) == (lab.run.cost().mistakes, len(lab.run.situation.done))
    assert "ERR-COMPONENT" in _page(lab, "Journal")


def test_a_warning_is_shown_and_the_step_is_done():
    """A soft need that is not met lets the step go on."""
    lab = ProcedureLab(mode="free")
    assert "" == do(lab, "A01")
    assert "Warning" in lab._outcome.value
    assert "✔ Done" in lab._outcome.value
    assert ["install/A01"] == list(lab.run.situation.done)


def test_damage_is_shown_as_harm():
    """Two nodes that run before the cluster is formed write to the same disk."""
    lab = at("H01@N1", "free")
    assert "" == do(lab, "H02@N2", powered="all nodes")
    assert "✖ It did harm" in lab._outcome.value
    assert "ERR-CORRUPT" in lab._outcome.value
    assert "damaged" in site_text(lab.run)


def test_a_forgotten_check_box_has_its_consequence():
    """Kerberos is a check box; without it the EVS is built, and the checklist says so."""
    lab = at("E02@EVS1", "free")
    lab.select("E03@EVS1")
    assert lab.decisions.controls["kerberos"].value
    assert "" == do(lab, "E03@EVS1", kerberos=False)
    assert {"kerberos": "not ticked"} == lab.run.entries[-1].choices
    assert "not ticked" in _page(lab, "Journal")


def test_the_lines_follow_the_choice():
    """What is typed is shown before it is done, with the value that is decided."""
    lab = at("E01@EVS1", "free")
    lab.select("E02@EVS1")
    assert "192.168.10.21" in lab._typed.value
    assert '/create /group:"EVS1" /type:"IP Address"' in lab._typed.value


def test_an_exam_tells_nothing_and_chooses_nothing():
    """No state but done, no needs, no undo; every decision is the learner's."""
    lab = ProcedureLab(mode="exam")
    lab.select("C01@N1")
    assert "to do" in lab._title.value
    assert "Needs" not in lab._sheet.value
    assert UNDECIDED == lab.decisions.controls["password"].value
    assert "is not decided" in press(lab, "do")
    assert 0 == lab.run.cost().mistakes
    assert lab.buttons["undo"].disabled
    assert sorted(offered(lab)) == offered(lab)


def test_an_exam_is_scored_by_mistakes_and_hours():
    """At its end stands what one took, what the handbook takes, and what is still hidden."""
    lab = ProcedureLab(Run(TWO).do_rest(until="G08@EVS1"), mode="exam")
    assert "" == do(lab, "G10")
    assert "" == do(lab, "G09", before="hotfix 890761")
    assert "1 mistake, 13 h 2 min." in lab._mode_text.value
    assert "The handbook takes 13 h 2 min and makes none." in lab._mode_text.value


def test_choosing_the_exam_begins_anew(lab: ProcedureLab):
    """What was done with hints does not count."""
    press(lab, "do")
    lab.choosers["mode"].value = "exam"
    assert () == lab.run.entries
    lab.choosers["mode"].value = "guided"
    assert not lab.buttons["do"].disabled


def test_undo_takes_back_the_last_step(lab: ProcedureLab):
    """Also a refusal, with its mistake; the step is selected again."""
    press(lab, "do")
    press(lab, "undo")
    assert ({}, "install/P01") == (lab.run.situation.done, lab.selected)
    assert lab.buttons["undo"].disabled


def test_the_built_cluster_is_handed_over_and_broken():
    """The failover panel has the very cluster that was built, and the run is not touched by it."""
    lab = at("E08@EVS1")
    assert "" == press(lab, "hand over")
    lab.failover.buttons["fail NODE1"].click()
    lab.failover.buttons["to end"].click()
    assert "NODE2" == lab.failover.simulation.owner("EVS1")
    assert "NODE1" == lab.run.cluster.owners["EVS1"]


def test_before_there_is_a_cluster_nothing_can_be_handed_over(lab: ProcedureLab):
    """The button rests, and the prompt says why."""
    assert lab.buttons["hand over"].disabled
    assert "There is no cluster yet; form it first (C01)." == lab.run_line("cluster node")


def test_a_node_may_fail_in_the_middle():
    """An event goes to the cluster of the run; what it undoes has to be done again."""
    lab = at("E08@EVS1")
    lab.send(NodeFailed("NODE1"))
    assert "" == lab.errors.text
    assert "NODE2" == lab.run.cluster.owners["EVS1"]
    assert GroupState.ONLINE is lab.run.cluster.group_state("EVS1")


def test_a_line_of_cluster_exe_goes_to_the_cluster_of_the_run():
    """What is typed is kept in the run as an event; a refusal has its code."""
    lab = at("E08@EVS1")
    assert "NODE2" in lab.run_line('cluster group "EVS1" /moveto:NODE2')
    assert "NODE2" == lab.run.cluster.owners["EVS1"]
    assert "5001" in lab.run_line('cluster resource "Disk R:" /delete')
    assert "moveto:NODE2" in _page(lab, "cluster.exe")


def test_a_run_is_saved_and_loaded(lab: ProcedureLab, tmp_path: Path):
    """What was done is done again; the panel goes on where it was."""
    lab._file.value = str(tmp_path / "run.json")
    press(lab, "do")
    assert "" == press(lab, "save")
    press(lab, "do")
    lab._file.value = str(tmp_path / "run.json")
    assert "" == press(lab, "load")
    assert {"install/P01": True} == lab.run.situation.done


def test_no_file_but_the_own_one_is_saved_over(lab: ProcedureLab, tmp_path: Path):
    """A client's file stays; what was saved or loaded here is saved again."""
    file, run = tmp_path / "client.toml", tmp_path / "run.json"
    file.write_text("nodes = ['A']\n", "utf-8")
    lab._file.value = str(file)
    assert "it exists; type another name beside Save" in press(lab, "save")
    assert "nodes = ['A']\n" == file.read_text("utf-8")
    lab._file.value = str(run)
    assert ("", "") == (press(lab, "save"), press(lab, "save"))
    other = ProcedureLab()
    other._file.value = str(run)
    assert "it exists" in press(other, "save")
    assert ("", "") == (press(other, "load"), press(other, "save"))


def test_a_damaged_file_is_refused_and_nothing_is_lost(lab: ProcedureLab, tmp_path: Path):
    """The run on screen stays as it is."""
    press(lab, "do")
    (tmp_path / "bad.json").write_text("{}", "utf-8")
    lab._file.value = str(tmp_path / "bad.json")
    assert "this is no saved run" in press(lab, "load")
    assert {"install/P01": True} == lab.run.situation.done


def test_one_phase_shows_its_steps_with_titles_and_words(lab: ProcedureLab):
    """Choosing a phase selects a step of it and draws no other."""
    lab.choosers["phase"].value = "EVS"
    assert 8 == len(traces_of(lab.figure, TASKS))
    assert "install/E01@EVS1" == lab.selected
    labels = next(trace.text for trace in lab.figure.data if trace.name == "task labels")
    assert {"○ blocked"} == set(labels)
    titles = trace_named(lab.figure, "rows").text
    assert "E01 Create the group for the EVS" == titles[0]


def test_the_phase_in_work_is_shown_at_first_and_followed(lab: ProcedureLab):
    """Titles of its steps, and how far each phase is; free and exam show all phases."""
    assert "Planning" == lab.choosers["phase"].value
    assert "Planning 0/2 · Directory 0/6" in lab._progress.value
    press(lab, "do")
    assert "Directory" == lab.choosers["phase"].value
    assert "Planning 1/2 · Directory 0/6" in lab._progress.value
    lab.choosers["mode"].value = "free"
    assert (
        ALL_PHASES
        == lab.choosers["phase"].value
        == ProcedureLab(mode="exam").choosers["phase"].value
    )


@pytest.mark.parametrize("phase", phases_of(FOUR))
@pytest.mark.parametrize("width_px", [560, 1200])
def test_titles_of_a_phase_end_before_its_boxes(phase: str, width_px: int):
    """However long a title is, it is cut where the first column begins."""
    places = TaskPlaces(FOUR, phase, width_px)
    titles = trace_named(steps_figure(Run(FOUR), phase=phase, page=Page(width_px)), "rows")
    left = min(box.left for box in places.boxes.values())
    assert all(
        x + text_width_px(text) <= left for x, text in zip(titles.x, titles.text, strict=True)
    )


def test_the_arrows_walk_through_the_list(lab: ProcedureLab):
    """Back and Next are buttons, pressed by the arrow keys."""
    press(lab, "forward")
    assert "install/P02" == lab.selected
    press(lab, "forward")
    assert "install/P01" == lab.selected


@pytest.mark.parametrize("procedure", [TWO, FOUR, removal(Plan.standard(nodes=4, evs=3))])
@pytest.mark.parametrize("width_px", [560, 760, 1200])
def test_no_box_of_the_picture_lies_on_another(procedure, width_px):
    """All 55, 109 or removal tasks have a place of their own, inside the picture."""
    places = TaskPlaces(procedure, ALL_PHASES, width_px)
    boxes = list(places.boxes.values())
    assert len(procedure.tasks) == len(boxes)
    for number, one in enumerate(boxes):
        assert 0 <= one.left < one.right <= width_px
        assert one.bottom <= places.height_px
        for other in boxes[number + 1 :]:
            assert (
                one.right <= other.left
                or other.right <= one.left
                or one.bottom <= other.top
                or other.bottom <= one.top
            )


@pytest.mark.parametrize("procedure", [TWO, FOUR, removal(Plan.standard(nodes=4, evs=3))])
@pytest.mark.parametrize("width_px", [560, 760, 1200])
def test_every_heading_fits_its_column(procedure, width_px):
    """The name of a phase is no wider than its column, however few boxes stand below."""
    places = TaskPlaces(procedure, ALL_PHASES, width_px)
    for title, (left, right) in places.columns.items():
        assert all(text_width_px(line) <= right - left for line in title.split("\n")), title


@pytest.mark.parametrize(("width_px", "samples"), [(760, 1), (420, 0)])
def test_the_legend_names_the_lines_of_the_chosen_step(width_px, samples):
    """Must, should and needed by have a sample each, where there is room."""
    figure = steps_figure(Run(FOUR), selected="install/P01", page=Page(width_px))
    words = trace_named(figure, "legend").text
    assert [samples] * 3 == [words.count(word) for word in ("must", "should", "needed by")]
    assert "must" not in trace_named(steps_figure(Run(FOUR)), "legend").text


def test_every_box_has_room_for_its_id_at_full_width():
    """At 760 px the ids of 109 tasks can be read."""
    figure = steps_figure(Run(FOUR))
    labels = next(trace.text for trace in figure.data if trace.name == "task labels")
    assert 109 == len(labels)
    assert {"▶ P01", "○ E09"} <= set(labels)


def test_nodes_keep_their_places_when_they_join():
    """NODE2 stands where it stood, bare or as a member."""
    before = Run(TWO).do_rest(until="C01@N1")
    after = before.do_rest(until="C02@N2")
    bare = next(t for t in site_figure(before).data if t.name == "bare nodes:NODE2")
    member = next(t for t in site_figure(after).data if t.name == "nodes:NODE2")
    assert pytest.approx(min(bare.x), abs=1) == min(member.x)


def test_the_text_twin_says_how_far_it_is(lab: ProcedureLab):
    """A reader without a kernel sees progress, states and nodes as text, and a still picture."""
    press(lab, "do")
    lines = repr(lab).splitlines()
    assert "install CLUS2, guided: 1 of 55 done, 60 min, 0 mistakes" == lines[0]
    assert "Planning       once    ✔ P01  ▶ P02" in lines
    assert {"text/plain", "text/html"} <= set(lab._repr_mimebundle_())


def test_tabs_show_nodes_log_and_checklist():
    """Each tab is filled when it is in front."""
    lab = at("E08@EVS1")
    assert "in the cluster" in _page(lab, "Nodes")
    assert "ClusSvc" in _page(lab, "Log")
    assert "not checked" in _page(lab, "Checklist")
    assert "X04" in _page(lab, "Steps")


def test_a_clean_checklist_has_no_empty_table():
    """Where nothing is broken there is nothing to list; "Nothing yet" would sound like a wait."""
    words = _page(at("C05"), "Checklist")
    assert "rules kept, 0 broken" in words
    assert "<table" not in words


def test_names_are_shown_as_written():
    """A client's name with markup is text, not markup."""
    plan = Plan.standard(nodes=2, evs=1)
    lab = ProcedureLab(plan)
    assert "<script" not in lab._sheet.value
    assert "&lt;media&gt;" in _typed_of(lab, "A03")


def test_what_is_no_run_is_refused():
    """The panel does not open with something else, or in a mode that does not exist."""
    with pytest.raises(ConfigError, match="shows a Run, a Procedure, a Plan or a file, not 5"):
        ProcedureLab(5)
    with pytest.raises(ConfigError, match="mode is 'easy'; allowed: guided, free, exam"):
        ProcedureLab(mode="easy")
    with pytest.raises(ConfigError, match="phase is 'Lunch'; allowed: all phases, Planning"):
        steps_figure(Run(TWO), phase="Lunch")


def _typed_of(lab: ProcedureLab, key: str) -> str:
    lab.select(key)
    return str(lab._typed.value)


def _page(lab: ProcedureLab, title: str) -> str:
    lab._tabs.selected_index = list(lab._pages).index(title)
    return str(lab._pages[title].value)


@pytest.mark.parametrize("path", ["upgrade-U4", "upgrade-U2W"])
def test_every_box_names_its_step(path: str) -> None:
    """Long step ids get wider boxes, at the width of a panel in a window of 1280."""
    plan = Plan.standard(4, 3) if path == "upgrade-U4" else Plan.standard(2, 1)
    procedure = PROCEDURES[path](plan)
    texts = trace_named(steps_figure(Run(procedure), page=Page(760)), "task labels").text
    for task in procedure.tasks:
        short = task.short.partition("@")[0]
        assert any(text.endswith(f" {short}") for text in texts), short
