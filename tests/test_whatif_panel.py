"""The heat map and the what-if panel: what they show, and what a click does."""

import asyncio

import ipywidgets as w
import plotly.graph_objects as go
import pytest

from clusterlab import ConfigError, Simulation, exchange_cluster
from clusterlab.lab import WhatIfLab
from clusterlab.lab.figures.drawing import Page, text_width_px, traces_of
from clusterlab.lab.figures.heatmap import CELLS, heat_map_figure, heat_map_html, heat_map_text
from clusterlab.lab.figures.palette import THEMES
from clusterlab.lab.figures.still import still
from clusterlab.lab.livefigure import LiveFigure
from clusterlab.studies.whatif import double_failures, kinds_in, single_failures
from tests.plain import trace_named


def cell_texts(figure: go.Figure) -> list[str]:
    """Return what stands in the cells, rows first."""
    return list(trace_named(figure, "cell texts").text)


def test_each_cell_says_what_it_shows():
    """Groups lost and minutes out stand in each cell as words; colour only repeats them."""
    sweep = double_failures(exchange_cluster())
    figure = heat_map_figure(sweep)
    assert [cell.text for cell in sweep.cells] == cell_texts(figure)
    cells = traces_of(figure, CELLS)
    assert [cell.label for cell in sweep.cells] == list(cells)
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
    assert ["lost", "0 lost", "0 lost, 0.0 min"] == [t.split(":")[0] for t in legend.text]
    assert all(x + text_width_px(t) <= width_px for x, t in zip(legend.x, legend.text, strict=True))
    assert max(legend.y) < figure.layout.height


def test_columns_of_two_words_are_named_in_full():
    """On a narrow page the quorum's disk and its log can still be told apart."""
    sweep = double_failures(exchange_cluster(), kinds=("nodes", "networks", "quorum"))
    names = trace_named(heat_map_figure(sweep, page=Page(620)), "names").text
    assert {"quorum<br>disk", "quorum<br>log"} <= set(names)


def test_cells_that_were_not_played_keep_their_place():
    """A stopped sweep has the same traces as a complete one, so the map fills in place."""
    stopped = double_failures(exchange_cluster(), progress=lambda done, total: done < 6)
    live = LiveFigure(heat_map_figure(stopped), alt="what if")
    assert 10 == cell_texts(live).count("not played")
    complete = heat_map_figure(double_failures(exchange_cluster()))
    live.update_from(complete)
    assert cell_texts(complete) == cell_texts(live)


def test_single_failures_name_what_is_lost():
    """With one column the names of the lost groups stand beside it."""
    start = exchange_cluster(1, 1)
    sweep = single_failures(start, kinds=kinds_in(start))
    losses = trace_named(heat_map_figure(sweep), "losses").text
    assert [", ".join(cell.lost) for cell in sweep.cells] == [text.strip() for text in losses]
    assert "EVS1" in losses


def test_too_many_failures_are_drawn_alone():
    """Where no pair would be legible the map shows the single failures."""
    sweep = double_failures(
        exchange_cluster(25, 1, node_limit=26), progress=lambda done, total: done < 30
    )
    assert 26 == len(traces_of(heat_map_figure(sweep), CELLS))


def test_the_words_and_the_table_say_the_same():
    """The text names every course that loses something, the HTML table has every cell."""
    sweep = double_failures(exchange_cluster())
    assert "NODE3, then NODE2: EVS2" in heat_map_text(sweep)
    html = heat_map_html(sweep)
    assert 16 == html.count("<td")
    assert "1 lost, 2.9 min: EVS2" in html


def test_the_map_has_a_still_picture():
    """The map can be drawn as SVG for readers without a kernel."""
    picture = still(heat_map_figure(double_failures(exchange_cluster())))
    assert "1 lost, 2.9 min" in picture.svg


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


def test_a_click_plays_the_cell(lab: WhatIfLab):
    """A click on a cell opens a failover panel at the start of that course."""
    click(lab, "NODE3, then NODE2")
    assert "" == lab.errors.text
    assert ("NODE3", "NODE2") == (lab.choosers["first"].value, lab.choosers["then"].value)
    assert "NODE3, then NODE2" == lab.failover.simulation.name
    assert 0.0 == lab.failover.branches.moment_s
    lab.failover.buttons["to end"].click()
    cluster = lab.failover.branches.cluster
    assert "Failed" == cluster.group_state("EVS2").value


def test_the_keyboard_does_the_same(lab: WhatIfLab):
    """The lists choose a cell, the button plays it; the words follow the choice."""
    lab.choosers["first"].value = "NODE1"
    lab.choosers["then"].value = "NODE3"
    assert "<b>NODE1, then NODE3</b>: 1 lost, 3.1 min" in shown(lab)
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
    """The button names saving settings for a cell that loses a group, and refuses others."""
    lab = WhatIfLab(exchange_cluster(2, 0, storage_groups=(3, 2)))
    lab.choose("NODE1")
    lab.buttons["settings"].click()
    assert "storage groups of EVS1/IS 2 instead of 3" in shown(lab)
    other = WhatIfLab(exchange_cluster())
    other.choose("NODE4")
    other.buttons["settings"].click()
    assert "nothing is lost by NODE4" in other.errors.text


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
