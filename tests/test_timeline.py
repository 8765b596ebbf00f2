"""What nodes and EVSs go through during a run, and what they would survive; and its picture."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clusterlab import exchange_cluster
from clusterlab.cluster.events import (
    EvictNode,
    MoveGroup,
    NodeFailed,
    StartNode,
    StopClusterService,
    TakeOffline,
)
from clusterlab.cluster.model import Cluster
from clusterlab.exchange.versions import ExchangeVersion, with_versions
from clusterlab.lab.figures.drawing import TEXT_PX, Page, text_width_px, traces_of
from clusterlab.lab.figures.swimlanes import (
    LAMPS,
    LANES,
    columns_of,
    swimlanes_alt,
    swimlanes_figure,
    swimlanes_text,
)
from clusterlab.procedures import Plan, Run, installation
from clusterlab.procedures.procedure import RunEntry
from clusterlab.procedures.step import Situation
from clusterlab.procedures.timeline import Lookout, Timeline
from clusterlab.procedures.trial import Record
from clusterlab.procedures.upgrade import upgrade
from tests.plain import trace_named

E2000, E2003 = ExchangeVersion.E2000_SP3, ExchangeVersion.E2003_RTM


def run_on(cluster: Cluster) -> Run:
    """Return a run whose cluster is there already."""
    facts = {f"node.{name}.exchange": "cluster" for name in cluster.config.nodes_by_name}
    start = Record(RunEntry(), Situation(cluster=cluster, facts=facts))
    return Run(installation(Plan.standard(nodes=2, evs=1)), (start,))


def level() -> Cluster:
    """Return two nodes and EVS1 with Exchange 2000 SP3."""
    return with_versions(exchange_cluster(active=1, passive=1), E2000)


def mixed() -> Cluster:
    """Return the same with Exchange 2003 on the idle node."""
    return with_versions(level(), E2003, nodes=("NODE2",), evs=())


@pytest.fixture
def timeline() -> Timeline:
    """EVS1 goes to NODE2 and back; NODE1 fails and is started again."""
    run = run_on(level()).send(MoveGroup("EVS1", "NODE2")).send(MoveGroup("EVS1", "NODE1"))
    return Timeline(run.send(NodeFailed("NODE1")).send(StartNode("NODE1")))


def test_outages_are_measured_in_the_cluster_of_the_run(timeline: Timeline):
    """Two moves cost 120 s each, the failure of the owner 185.2 s."""
    out = [s for s in timeline.evs["EVS1"] if s.is_out]
    assert 425.2 == timeline.out_s("EVS1") == pytest.approx(sum(s.end_s - s.start_s for s in out))


def test_while_a_node_is_down_the_other_one_is_all_there_is(timeline: Timeline):
    """From the moment EVS1 serves again until NODE1 is back it is unprotected."""
    bare = [stay for stay in timeline.evs["EVS1"] if not stay.is_out and not stay.is_protected]
    assert [("NODE2", 1380.0)] == [(stay.node, stay.end_s) for stay in bare]
    down = next(stay for stay in timeline.nodes["NODE1"] if stay.state == "Down")
    assert down.end_s < bare[0].end_s
    assert timeline.unprotected_s("EVS1") == bare[0].end_s - bare[0].start_s


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (level, ["✔ all survive", "✔ all survive"]),
        (mixed, ["✖ EVS1 lost", "✔ all survive"]),
        (lambda: with_versions(level(), E2003), ["✔ all survive", "✔ all survive"]),
    ],
)
def test_lamps_play_the_failure_on_a_branch(make: Callable[[], Cluster], words: list[str]):
    """An EVS survives where a node that is Up has its version; the cluster is not touched."""
    cluster = make()
    assert words == [lamp.words for lamp in Lookout().lamps(cluster)]
    assert "NODE1" == cluster.owners["EVS1"]


def test_a_lamp_says_what_is_out_already():
    """An EVS that was taken offline is not lost by a failure; a node that is Down cannot fail."""
    run = run_on(level()).send(TakeOffline("EVS1"))
    assert ["◐ EVS1 down already"] * 2 == [lamp.words for lamp in Timeline(run).lamps]
    run = run_on(level()).send(NodeFailed("NODE2"))
    assert ["✖ EVS1 lost", "○ not running"] == [lamp.words for lamp in Timeline(run).lamps]


def test_a_node_that_starts_only_later_is_no_standby():
    """While NODE1 is Down with a start under way, NODE2 is still all there is."""
    run = run_on(level()).send(NodeFailed("NODE1"))
    assert ("EVS1",) == Lookout().fall(run.simulation().cluster, "NODE2")[0]


@pytest.mark.parametrize(
    ("key", "bare"),
    [
        ("U4-1a", []),
        ("U4-1c", ["EVS1", "EVS2", "EVS3"]),
        ("U4-1h", ["EVS1"]),
        ("U4-2d", ["EVS2", "EVS3"]),
        ("U4-3d", ["EVS3"]),
        ("U4-3h", ["EVS1", "EVS2", "EVS3"]),
        ("U4-43", []),
    ],
)
def test_who_is_unprotected_on_four_nodes_is_as_the_handbook_has_it(key: str, bare: list[str]):
    """Phases of the documented order (handbook 4, 4.5.1)."""
    timeline = Timeline(Run(upgrade("U4", Plan.standard(nodes=4, evs=3))).do_rest(until=key))
    assert bare == [name for name, stays in timeline.evs.items() if not stays[-1].is_protected]


def test_exchange_2000_comes_up_beside_another_evs():
    """While a node is in Setup a failure is survived on a shared node, and the lamp says so."""
    run = Run(upgrade("U4", Plan.standard(nodes=4, evs=3))).do_rest(until="U4-1c")
    words = [lamp.words for lamp in Timeline(run).lamps]
    assert "○ not running" == words[0]
    assert all("on one node" in word for word in words[1:]), words


def test_a_node_that_was_evicted_keeps_its_lane():
    """Its stay ends with "not a member"."""
    run = run_on(level()).send(StopClusterService("NODE2")).send(EvictNode("NODE2"))
    assert "not a member" == Timeline(run).nodes["NODE2"][-1].state


def test_a_run_without_a_cluster_has_no_lanes():
    """The first steps of an installation show empty columns and nothing goes wrong."""
    timeline = Timeline(Run(installation(Plan.standard(nodes=2, evs=1))).do("P01"))
    assert ({}, {}, (), 0.0) == (timeline.nodes, timeline.evs, timeline.lamps, timeline.now_s)
    assert "There is no cluster yet." in trace_named(swimlanes_figure(timeline), "names").text
    assert "Swim lanes. There is no cluster yet." == swimlanes_alt(timeline)
    assert "There is no cluster yet." == swimlanes_text(timeline)


def test_a_run_that_has_not_begun_says_where_it_stands():
    """Nodes and EVSs are there with their versions, and nothing has a length yet."""
    timeline = Timeline(run_on(level()))
    assert ("Up", "2000 SP3") == timeline.nodes["NODE1"][-1][2:4]
    assert "EVS1 2000 SP3, Online on NODE1, down 0 s" in swimlanes_alt(timeline)
    figure = swimlanes_figure(timeline)
    assert 0 == len(trace_named(figure, LANES).text or ())
    beside = trace_named(figure, "standing").text
    assert ["Exchange 2000 SP3, Windows 2000 SP4"] * 2 == list(beside[:2])
    assert "2000 SP3 on NODE1" == beside[2]


# --- the picture ------------------------------------------------------------------------------


def test_what_was_done_comes_first_and_what_is_left_behind_it(timeline: Timeline):
    """One column for each event, with its glyph; none of the steps that are left is missing."""
    columns = columns_of(timeline)
    assert ["•", "•", "✖", "▶"] == [words[-1] for words, *_ in columns[:4]]
    assert [True] * 4 + [False] == [span is not None for _, span, _ in columns[:5]]


def test_an_outage_is_a_gap_with_its_seconds(timeline: Timeline):
    """Each of the three has a piece of its own, and its seconds below it."""
    figure = swimlanes_figure(timeline, page=Page(12000))
    lanes = trace_named(figure, LANES)
    assert 3 == sum("✖ down" in text for text in lanes.text)
    assert {"120 s", "185 s"} == set(trace_named(figure, "outage seconds").text)


def test_no_seconds_stand_on_the_line_of_now(timeline: Timeline):
    """Those of an outage that has just ended stand left of it, whole."""
    figure = swimlanes_figure(Timeline(timeline.run.send(MoveGroup("EVS1", "NODE1"))))
    seconds, now = trace_named(figure, "outage seconds"), trace_named(figure, "now").x[0]
    widths = [text_width_px(text, TEXT_PX) for text in seconds.text]
    assert all(x + width / 2 < now for x, width in zip(seconds.x, widths, strict=True))


def test_versions_are_words_and_hatches():
    """2000 is hatched, 2003 plain; the words say which."""
    moved = run_on(mixed()).send(MoveGroup("Cluster Group", "NODE2"))
    lanes = trace_named(swimlanes_figure(Timeline(moved), page=Page(12000)), LANES)
    shown = dict(zip(lanes.text, lanes.marker.pattern.shape, strict=True))
    assert "/" == shown["Exchange 2000 SP3, Windows 2000 SP4"]
    assert "." == shown["Exchange 2003, Windows 2000 SP4"]


def test_lamps_are_words_in_the_picture(timeline: Timeline):
    """One box for each node, whose hover text asks the question."""
    lamps = traces_of(swimlanes_figure(timeline), LAMPS)
    assert ["NODE1", "NODE2"] == list(lamps)
    assert "If NODE1 failed now: ✔ all survive" == lamps["NODE1"].text


def test_the_same_traces_come_in_the_same_order(timeline: Timeline):
    """So the live figure changes in place from step to step."""
    later = Timeline(timeline.run.send(MoveGroup("EVS1", "NODE1")))
    names = [[t.name for t in swimlanes_figure(line).data] for line in (timeline, later)]
    assert names[0] == names[1]


def test_the_text_twin_has_every_stretch(timeline: Timeline):
    """Nodes with their versions and lamps, EVSs with outages and with what was unprotected."""
    text = swimlanes_text(timeline)
    assert "0:10:00 to 0:13:05   down 185 s" in text
    assert "2000 SP3, Online on NODE2, unprotected" in text
    assert "down 425 s, unprotected 10 min" in swimlanes_alt(timeline)
