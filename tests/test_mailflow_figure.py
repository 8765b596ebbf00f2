"""The picture of mail flow as data: words, bars, crosses, the same traces at every moment."""

import itertools
import re

import pytest

from clusterlab import Simulation, exchange_cluster
from clusterlab.exchange.mailflow import MailFlow, mail_flow
from clusterlab.exchange.topologies import TOPOLOGIES
from clusterlab.lab.figures.drawing import Page, text_width_px, traces_of
from clusterlab.lab.figures.mail import PLACES, mailflow_figure, mailflow_picture
from clusterlab.lab.figures.palette import THEMES
from clusterlab.lab.figures.still import still
from clusterlab.lab.figures.timebars import TICKS
from clusterlab.lab.livefigure import LiveFigure
from tests.plain import plain, trace_named

CONNECTOR = "Connector server"


def failed_over() -> Simulation:
    """Return a cluster whose NODE3 failed at 300 s, at 1000 s."""
    sim = Simulation(exchange_cluster())
    sim.run(until_s=300)
    sim.fail_node("NODE3")
    sim.run(until_s=1000)
    return sim


def flow_at(sim: Simulation, key: str = "notes", **out: list[tuple[float, float]]) -> MailFlow:
    """Return the flow of a simulation; names of servers with a _ for each space."""
    return mail_flow(sim, key, out={name.replace("_", " "): spans for name, spans in out.items()})


def test_what_is_out_is_said_in_words_and_marked_by_crosses():
    """The box says down and keeps what waits; each closed step has a cross and a dotted line."""
    sim = Simulation(exchange_cluster())
    sim.run(until_s=660)
    figure = mailflow_figure(flow_at(sim, Connector_server=[(60, 5000)]), sim.cluster)
    texts = list(trace_named(figure, "place labels").text)
    assert "✖ down" in texts
    assert "300 waiting" in texts
    assert 3 == texts.count("100 waiting")
    crosses = list(trace_named(figure, "crosses").text)
    assert 2 + 2 * 3 == len(crosses)
    assert "dot" == trace_named(figure, "closed steps").line.dash
    fills = traces_of(figure, PLACES)
    assert THEMES["light"].fills["failed"] == fills[CONNECTOR].fillcolor


def test_the_longest_queue_has_the_longest_bar():
    """Bars are measured by the most that has waited anywhere."""
    sim = Simulation(exchange_cluster())
    sim.run(until_s=660)
    figure = mailflow_figure(flow_at(sim, Connector_server=[(60, 5000)]), sim.cluster)
    xs = trace_named(figure, "queue bars").x
    bars = [list(g) for gap, g in itertools.groupby(xs, lambda x: x is None) if not gap]
    widths = [max(bar) - min(bar) for bar in bars]
    assert 4 == len(widths)
    assert 2.9 < widths[0] / widths[1] < 3.1


def test_an_evs_says_on_which_node_it_works_or_why_it_is_out():
    """The state comes from the simulation at the moment shown."""
    sim = failed_over()
    flow = flow_at(sim)
    assert (
        "● works on NODE4" in trace_named(mailflow_figure(flow, sim.cluster), "place labels").text
    )
    early = mailflow_figure(flow, sim.at(302))
    assert "✖ down: detect" in trace_named(early, "place labels").text


def test_the_chart_shows_what_waited_and_nothing_else():
    """Queues that never held anything are left out; the longest ones stay."""
    sim = failed_over()
    legend = trace_named(mailflow_figure(flow_at(sim), sim.cluster), "legend").text
    assert ["Connector server: 0", "Outboxes of EVS3: 0"] == list(legend)
    quiet = Simulation(exchange_cluster())
    heading = trace_named(mailflow_figure(flow_at(quiet), quiet.cluster), "chart heading").text
    assert ("<b>Nothing has waited or failed so far: pull the plug of a server</b>",) == tuple(
        heading
    )
    web = mailflow_figure(flow_at(sim, "front-ends"), sim.cluster)
    assert ("<b>Requests failed so far</b>",) == tuple(trace_named(web, "chart heading").text)
    assert ["failed, Browsers to EVS3: 117"] == list(trace_named(web, "legend").text)


def test_there_is_no_axis_while_nothing_has_happened():
    """A picture of a quiet cluster ends below its boxes; a failure adds chart and outages."""
    sim = Simulation(exchange_cluster())
    quiet, later = (mailflow_figure(flow_at(s), s.cluster) for s in (sim, failed_over()))
    assert not trace_named(quiet, TICKS).x
    assert quiet.layout.height + 100 < later.layout.height
    assert ["EVS3"] == list(trace_named(later, "rows").text)


def test_lines_end_at_the_moment_shown():
    """Dragging back shows the past only."""
    sim = failed_over()
    figure = mailflow_figure(flow_at(sim), sim.at(400), until_s=1000)
    now = trace_named(figure, "now").x[0]
    xs = [x for x in trace_named(figure, "queue 0").x if x is not None]
    assert now == max(xs)
    assert "down 100.0 s" in trace_named(figure, "down words").text


@pytest.mark.parametrize("key", TOPOLOGIES)
def test_a_live_figure_goes_through_time_in_place(key: str):
    """The traces are the same ones at every moment, so nothing is rebuilt."""
    sim = failed_over()
    flow = flow_at(sim, key)
    live = LiveFigure(mailflow_figure(flow, sim.at(0)), alt="mail flow")
    later = mailflow_figure(flow, sim.cluster, page=Page(600, "dark"))
    live.update_from(later)
    assert [trace.name for trace in later.data] == [trace.name for trace in live.data]
    assert later.data[0].x == live.data[0].x


@pytest.mark.parametrize("width_px", [560, 1000])
@pytest.mark.parametrize("until_s", [600, 1200, 7200])
def test_the_last_tick_is_not_cut(width_px: int, until_s: float):
    """Its label ends inside the picture, in seconds and in hours."""
    sim = Simulation(exchange_cluster())
    sim.fail_node("NODE3")
    sim.run(until_s=until_s)
    figure = mailflow_figure(flow_at(sim), sim.cluster, page=Page(width_px))
    ticks = trace_named(figure, TICKS)
    assert ticks.x[-1] + text_width_px(ticks.text[-1]) / 2 <= width_px


@pytest.mark.parametrize("key", TOPOLOGIES)
@pytest.mark.parametrize("width_px", [560, 900])
@pytest.mark.parametrize("active", [1, 7])
def test_words_stay_in_their_boxes(key: str, width_px: int, active: int):
    """No text of a box is wider than the box, and boxes do not overlap."""
    sim = Simulation(exchange_cluster(active, 1))
    sim.fail_node("NODE1")
    sim.run(until_s=400)
    figure = mailflow_figure(flow_at(sim, key), sim.cluster, page=Page(width_px))
    boxes = [(min(t.x), max(t.x), min(t.y), max(t.y)) for t in traces_of(figure, PLACES).values()]
    labels = trace_named(figure, "place labels")
    for x, y, text in zip(labels.x, labels.y, labels.text, strict=True):
        inside = [box for box in boxes if box[0] <= x <= box[1] and box[2] <= y <= box[3]]
        assert 1 == len(inside)
        assert x + text_width_px(re.sub("<[^>]*>", "", text)) <= inside[0][1] + 6
    for one, other in itertools.combinations(boxes, 2):
        is_beside = one[1] < other[0] or other[1] < one[0]
        assert is_beside or one[3] < other[2] or other[3] < one[2]


def test_names_are_shown_as_written():
    """A group named in HTML is text everywhere."""
    sim = Simulation(plain(2, {"Cluster Group": "N1", "<b>G & Co</b>": "N1"}))
    figure = mailflow_figure(mail_flow(sim), sim.cluster)
    shown = [text for trace in figure.data for text in (trace.text or ()) if trace.mode == "text"]
    assert "<b>&lt;b&gt;G &amp; Co&lt;/b&gt;</b>" in shown
    assert [] == [text for text in shown if "<b>G" in text]


def test_the_still_says_it_all_in_words():
    """The description names every place, its state and what waits."""
    sim = failed_over()
    picture = mailflow_picture(flow_at(sim, Connector_server=[(60, 5000)]), sim)
    assert "Connector server: down" in picture.alt
    assert "EVS3: works on NODE4" in picture.alt
    assert "messages waiting" in picture.alt
    assert len(picture.svg) < 60_000
    assert (
        picture.svg
        == still(
            mailflow_figure(flow_at(sim, Connector_server=[(60, 5000)]), sim.cluster),
            "Lotus Notes: stand-alone connector server",
        ).svg
    )
