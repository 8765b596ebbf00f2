"""The heat map and the what-if panel: what they show, and what a click does."""

import asyncio
from dataclasses import replace
from itertools import islice

import ipywidgets as w
import plotly.graph_objects as go
import pytest

from clusterlab import ConfigError, Simulation, exchange_cluster
from clusterlab.cluster.model import Cluster
from clusterlab.lab import WhatIfLab
from clusterlab.lab.figures.drawing import Page, text_width_px, traces_of
from clusterlab.lab.figures.heatmap import (
    CELLS,
    heat_map_figure,
    heat_map_text,
    worst_of,
)
from clusterlab.lab.figures.palette import THEMES
from clusterlab.lab.figures.still import still
from clusterlab.lab.livefigure import LiveFigure
from clusterlab.lab.panels.whatif import map_html
from clusterlab.studies.remedies import which_setting_saves
from clusterlab.studies.whatif import (
    Sweep,
    double_failures,
    each_cell,
    failures_of,
    kinds_in,
    single_failures,
)
from tests.plain import trace_named


def cell_texts(figure: go.Figure) -> list[str]:
    """Return what stands in the cells, rows first."""
    return list(trace_named(figure, "cell texts").text)


def test_each_cell_says_what_it_shows():
    """Each failure alone, then one figure for each pair: groups lost, or minutes if none is."""
    sweep = double_failures(exchange_cluster())
    figure = heat_map_figure(sweep)
    cells = traces_of(figure, CELLS)
    shown = dict(zip(cells, cell_texts(figure), strict=True))
    assert {cell.label for cell in sweep.cells} == set(shown)
    assert ["NODE1", "NODE1, then NODE2"] == list(shown)[:2]
    assert ("3.1 min", "0 min", "1 lost") == tuple(
        shown[name] for name in ("NODE1", "NODE4", "NODE3, then NODE2")
    )
    fills = THEMES["light"].fills
    assert (fills["failed"], fills["pending"], fills["online"]) == (
        cells["NODE3, then NODE2"].fillcolor,
        cells["NODE3"].fillcolor,
        cells["NODE4"].fillcolor,
    )


def test_the_panel_shows_what_other_panels_show():
    """Without an argument it is the course's cluster; of a simulation, the cluster of now."""
    sim = Simulation(exchange_cluster())
    assert exchange_cluster() == WhatIfLab().sweep.start == WhatIfLab(sim).sweep.start
    with pytest.raises(ConfigError, match="NODE1: No such file or directory; name a file"):
        WhatIfLab("NODE1")


@pytest.mark.parametrize("width_px", [600, 980])
@pytest.mark.parametrize("active", [1, 3, 7])
def test_words_fit_into_their_cells(width_px: int, active: int):
    """No text is wider than its cell, from two nodes to eight."""
    figure = heat_map_figure(double_failures(exchange_cluster(active)), page=Page(width_px))
    for text, trace in zip(cell_texts(figure), traces_of(figure, CELLS).values(), strict=True):
        room_px = max(trace.x) - min(trace.x)
        assert all(text_width_px(line) <= room_px for line in text.split("<br>"))


@pytest.mark.parametrize("width_px", [560, 980])
def test_the_map_has_a_legend(width_px: int):
    """Each colour stands below the map with its words, inside the picture."""
    figure = heat_map_figure(double_failures(exchange_cluster()), page=Page(width_px))
    legend = trace_named(figure, "legend")
    assert ["lost", "minutes", "0 min"] == [t.split(":")[0] for t in legend.text]
    assert all(x + text_width_px(t) <= width_px for x, t in zip(legend.x, legend.text, strict=True))
    assert max(legend.y) < figure.layout.height


def test_columns_of_two_words_are_named_in_full():
    """On a narrow page the quorum's disk and its log can still be told apart."""
    sweep = double_failures(exchange_cluster(), kinds=("nodes", "networks", "quorum"))
    names = trace_named(heat_map_figure(sweep, page=Page(620)), "names").text
    assert {"quorum<br>disk", "quorum<br>log"} <= set(names)


def test_cells_that_were_not_played_keep_their_place():
    """A stopped sweep has the same traces as a complete one, so the map fills in place."""
    complete_sweep = double_failures(exchange_cluster())
    stopped = replace(complete_sweep, cells=complete_sweep.cells[:6])
    live = LiveFigure(heat_map_figure(stopped), alt="what if")
    assert 10 == cell_texts(live).count("not played")
    complete = heat_map_figure(complete_sweep)
    live.update_from(complete)
    assert cell_texts(complete) == cell_texts(live)


def test_single_failures_name_what_is_lost():
    """A failure that loses something alone names it."""
    start = exchange_cluster(1, 1)
    sweep = single_failures(start, kinds=kinds_in(start))
    shown = dict(
        zip((cell.label for cell in sweep.cells), cell_texts(heat_map_figure(sweep)), strict=True)
    )
    assert ["EVS1 lost"] * len(sweep.losses) == [shown[cell.label] for cell in sweep.losses]
    assert "EVS1 lost" == shown["Disk R:"]


def test_failures_of_one_kind_share_a_line():
    """A line of several failures shows the worst of them, alone and in pairs, also with itself."""
    start = exchange_cluster(storage_groups=(4, 4, 2))
    sweep = double_failures(start, kinds=("nodes", "disks"))
    folds = {"6 disks": failures_of(start, ["disks"])}
    figure = heat_map_figure(sweep, folds=folds)
    shown = dict(zip(traces_of(figure, CELLS), cell_texts(figure), strict=True))
    assert 5 + 5 * 5 - 4 == len(shown)
    assert ("1 lost", "2 lost") == (shown["6 disks"], shown["6 disks, then 6 disks"])
    worst = worst_of(sweep, folds, "6 disks, then 6 disks")
    assert 2 == len(sweep.cell(*worst.split(", then ")).lost)
    marked = traces_of(heat_map_figure(sweep, folds=folds, selected="Disk R:"), CELLS)
    assert ["6 disks"] == [name for name, trace in marked.items() if trace.line.width == 4]


def test_too_many_failures_are_drawn_alone():
    """Where no pair would be legible the map shows the single failures."""
    cluster = exchange_cluster(25, 1, node_limit=26)
    failures = failures_of(cluster)
    cells = islice(each_cell(cluster, failures, is_double=True), 30)
    sweep = Sweep(start=cluster, failures=failures, is_double=True, cells=tuple(cells))
    assert 26 == len(traces_of(heat_map_figure(sweep), CELLS))


def test_the_words_and_the_table_say_the_same():
    """The text names every course that loses something, the HTML table has every cell."""
    sweep = double_failures(exchange_cluster())
    assert "NODE3, then NODE2: EVS2" in heat_map_text(sweep)
    html = map_html(sweep)
    assert (24, 4) == (html.count("<td"), html.count("<td></td>"))
    assert "1 lost, 2.9 min: EVS2" in html


def test_the_map_has_a_still_picture():
    """The map can be drawn as SVG for readers without a kernel."""
    picture = still(heat_map_figure(double_failures(exchange_cluster())))
    assert "1 lost" in picture.svg


# --- the panel --------------------------------------------------------------------------------


@pytest.fixture
def lab() -> WhatIfLab:
    """A panel with three active nodes and a passive one."""
    return WhatIfLab(exchange_cluster())


def click(lab: WhatIfLab, label: str) -> None:
    """Click a cell of the map, as the page reports it: all traces hear of it."""
    index = list(lab.figure.data).index(traces_of(lab.figure, CELLS)[label])
    points = {"trace_indexes": [index], "point_indexes": [0], "xs": [0], "ys": [0]}
    lab.figure._handler_js2py_pointsCallback(
        {"new": {"event_type": "plotly_click", "points": points}}
    )


def shown(widget: w.Widget) -> str:
    """Return all HTML in a widget."""
    own = widget.value if isinstance(widget, w.HTML) else ""
    return own + "".join(shown(child) for child in getattr(widget, "children", ()))


def test_a_second_click_plays_the_cell(lab: WhatIfLab):
    """A click shows what becomes of each EVS; another one plays it where the map was."""
    click(lab, "NODE3, then NODE2")
    assert "" == lab.errors.text
    assert ("NODE3", "NODE2") == (lab.choosers["first"].value, lab.choosers["then"].value)
    assert "<h3>NODE3, then NODE2</h3><b>EVS2 lost; others down 2.9 min at most</b>" in shown(lab)
    assert lab.failover is None
    click(lab, "NODE3, then NODE2")
    assert "none" == lab._map.layout.display
    assert "NODE3, then NODE2" == lab.failover.simulation.name
    assert 0.0 == lab.failover.branches.moment_s
    lab.failover.buttons["to end"].click()
    cluster = lab.failover.branches.cluster
    assert "Failed" == cluster.group_state("EVS2").value
    lab.buttons["back"].click()
    assert (None, ()) == (lab._map.layout.display, lab._stage.children)


def test_the_keyboard_does_the_same(lab: WhatIfLab):
    """The lists choose a cell, the button plays it; the words follow the choice."""
    lab.choosers["first"].value = "NODE1"
    lab.choosers["then"].value = "NODE3"
    assert "<h3>NODE1, then NODE3</h3><b>EVS3 lost; others down 3.1 min at most</b>" in shown(lab)
    lab.buttons["play"].click()
    assert "NODE1, then NODE3" == lab.failover.simulation.name


def test_the_panel_says_how_each_group_is_lost(lab: WhatIfLab):
    """Shortest ways and single points of failure stand below in sentences."""
    words = shown(lab)
    assert "EVS3: lost by 2 failures: NODE1 loses power, then NODE3 loses power." in words
    assert "<li>none of these</li>" in words


def test_other_kinds_are_played_on_request():
    """Ticked kinds become rows and columns when everything is played again."""
    lab = WhatIfLab(exchange_cluster(1, 1))
    lab.kinds["quorum"].value = True
    assert 4 == len(lab.sweep.cells)
    lab.buttons["play all"].click()
    assert ["NODE1", "NODE2", "quorum disk", "quorum log"] == list(lab.choosers["then"].options)
    assert (16, False) == (len(lab.sweep.cells), lab.sweep.is_partial)


def test_nothing_ticked_is_refused():
    """Without any kind of failure the panel says what to name."""
    lab = WhatIfLab(exchange_cluster(1, 1))
    lab.kinds["nodes"].value = False
    lab.buttons["play all"].click()
    assert "no kind of failure is named" in lab.errors.text


def test_settings_are_tried_for_a_loss_only():
    """The button names saving settings for a cell that loses a group, and is off for others."""
    lab = WhatIfLab(exchange_cluster(2, 0, storage_groups=(3, 2)))
    lab.choose("NODE1")
    lab.buttons["settings"].click()
    assert "storage groups of EVS1/IS 2 instead of 3" in shown(lab)
    other = WhatIfLab(exchange_cluster())
    other.choose("NODE4")
    assert other.buttons["settings"].disabled
    other.buttons["settings"].click()
    assert "nothing is lost by NODE4" in other.errors.text


def test_no_server_is_saved_by_losing_another(lab: WhatIfLab):
    """Each setting that keeps EVS2 loses another EVS, so none is named; one more node keeps all."""
    sequence = lab.sweep.cell("NODE3", "NODE2").failures
    remedies = which_setting_saves(lab.sweep.start, sequence, "EVS2")
    assert remedies
    assert all(remedy.lost for remedy in remedies)
    lab.choose("NODE3", "NODE2")
    lab.buttons["settings"].click()
    words = lab._remedies.value
    assert "No single setting keeps every group." in words
    assert "One more passive node does; it was played." in words
    assert not any(remedy.words in words for remedy in remedies)


@pytest.mark.parametrize(
    ("cluster", "words"),
    [
        (exchange_cluster(3, 1), "No single failure loses a group; every pair does"),
        (exchange_cluster(3, 2), "No single failure loses a group, and no pair does"),
        (exchange_cluster(1, 0), "NODE1 alone loses EVS1"),
        (
            exchange_cluster(2, 0),
            "2 of 2 failures lose a group alone: NODE1, NODE2; every pair does",
        ),
    ],
)
def test_the_answer_comes_first(cluster: Cluster, words: str):
    """The first line says what one failure loses, and what two lose."""
    assert f">{words}</h2>" in WhatIfLab(cluster)._headline.value


def test_many_failures_of_a_kind_are_folded_and_open_again():
    """Seven disks and more share a line; a click chooses the worst; a tick shows each of them."""
    lab = WhatIfLab(exchange_cluster(2, 1), kinds=("nodes", "networks", "disks", "quorum"))
    assert not lab.is_folded.value
    lab = WhatIfLab(exchange_cluster(3, 1), kinds=("nodes", "networks", "disks", "quorum"))
    assert lab.is_folded.value
    assert "6 disks" in traces_of(lab.figure, CELLS)
    click(lab, "6 disks")
    assert "Disk R:" == lab.choosers["first"].value
    lab.is_folded.value = False
    assert "Disk R:" in traces_of(lab.figure, CELLS)


def test_work_can_be_stopped():
    """While the loop runs, a large sweep goes on in slices, and Stop keeps what was played."""

    async def stop_early() -> WhatIfLab:
        lab = WhatIfLab(exchange_cluster(8, 1, node_limit=9))
        assert not lab.sweep.cells
        while not lab.sweep.cells:
            await asyncio.sleep(0)
        assert not lab.buttons["stop"].disabled
        lab.buttons["stop"].click()
        while lab._slices.is_on or not lab.buttons["stop"].disabled:
            await asyncio.sleep(0)
        return lab

    lab = asyncio.run(stop_early())
    assert 0 < len(lab.sweep.cells) < 81
    assert lab.sweep.is_partial
    assert f"{len(lab.sweep.cells)} of 81 sequences played" in shown(lab)


def test_an_unknown_kind_is_refused():
    """A panel cannot be built with a kind of failure that does not exist."""
    with pytest.raises(ConfigError, match="'floods'"):
        WhatIfLab(exchange_cluster(), kinds=("floods",))


def test_the_panel_prints_its_table(lab: WhatIfLab):
    """Without a kernel the panel is its table, what it says as a whole, and a picture."""
    bundle = lab._repr_mimebundle_()
    assert bundle["text/plain"].startswith(str(lab.sweep))
    assert "EVS1: lost by 2 failures" in bundle["text/plain"]
    assert bundle["text/html"].startswith("<img ")
