"""Figures: what they show, where it stands, and that names in them are never run."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from typing import Any
from xml.etree import ElementTree

import plotly.graph_objects as go
import pytest

from clusterlab import Simulation, exchange_cluster
from clusterlab.cluster.model import Cluster, ClusterConfig
from clusterlab.cluster.outages import ONLINE, Span, critical_path
from clusterlab.cluster.resting import cluster_from
from clusterlab.cluster.states import GroupState, NodeState, QuorumModel
from clusterlab.lab.figures.cluster import (
    CARDS,
    NODES,
    _card_text,
    alt_text,
    cluster_figure,
    comparison_figure,
    comparison_text,
    last_moves,
    node_look,
)
from clusterlab.lab.figures.cluster_parts import STORAGE, Places
from clusterlab.lab.figures.drawing import (
    Box,
    Page,
    escape_text,
    shortened,
    text_width_px,
    traces_of,
)
from clusterlab.lab.figures.palette import (
    GROUP_LOOKS,
    NODE_LOOKS,
    RESOURCE_LOOKS,
    SILENT_LOOK,
    THEMES,
    Theme,
)
from clusterlab.lab.figures.still import still
from clusterlab.lab.figures.timebars import TimeScale, differences, segments
from clusterlab.lab.figures.tree import RESOURCES, levels, path_words, tree_figure
from clusterlab.lab.livefigure import LiveFigure
from tests.plain import trace_named

EVIL = "<img src=x onerror=alert(1)>"


def spans_of(sim: Simulation) -> dict[str, Sequence[Span]]:
    """Return the spans of every group."""
    return {group: sim.spans(group) for group in sim.cluster.config.groups_by_name}


def after_failures(*failures: tuple[float, str], until_s: float | None = None) -> Simulation:
    """Return three active nodes and a passive one after nodes failed at these times."""
    sim = Simulation(exchange_cluster(active=3, passive=1))
    for at_s, node in failures:
        sim.run(until_s=at_s)
        sim.fail_node(node)
    sim.run(until_s=until_s)
    return sim


def figure_after(sim: Simulation, **options: Any) -> go.Figure:
    """Return the figure of a simulation as it is now."""
    return cluster_figure(sim.cluster, spans_of(sim), **options)


def renamed(name: str) -> Cluster:
    """Return a cluster in which one node, one group and the cluster itself are called *name*."""
    old = exchange_cluster(active=1, passive=1).config
    nodes = (replace(old.nodes[0], name=name), old.nodes[1])
    groups = (old.groups[0], replace(old.groups[1], name=name, preferred_owners=()))
    resources = tuple(r if r.group != "EVS1" else replace(r, group=name) for r in old.resources)
    config: ClusterConfig = replace(old, name=name, nodes=nodes, groups=groups, resources=resources)
    return cluster_from(config, {"Cluster Group": name, name: name})


def texts(figure: go.Figure) -> Iterator[str]:
    """Yield every text that plotly reads as markup."""
    for trace in figure.to_dict()["data"]:
        for key in ("text", "hovertext"):
            value = trace.get(key, ())
            yield from [value] if isinstance(value, str) else value


def luminance(color: str) -> float:
    """Return the relative luminance of a colour, as WCAG 2 defines it."""
    channels = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_text_has_contrast_of_4_5(theme: Theme) -> None:
    """Text is legible on everything it may lie on, hatching included."""
    grounds = {theme.paper, theme.box, theme.down, *theme.fills.values(), *theme.hatches.values()}
    assert [] == [ground for ground in grounds if contrast(theme.ink, ground) < 4.5]
    assert contrast(theme.muted, theme.paper) >= 4.5


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_outlines_can_be_told_from_the_paper_without_their_hue(theme: Theme) -> None:
    """An outline carries a state together with its dash, so it must be visible: 3:1, but for
    orange on white, which is dotted and thick.
    """
    weak = {role for role, stroke in theme.strokes.items() if contrast(stroke, theme.paper) < 3}
    assert weak <= {"pending"}


@pytest.mark.parametrize(
    "looks", [GROUP_LOOKS, NODE_LOOKS, RESOURCE_LOOKS], ids=["groups", "nodes", "resources"]
)
def test_each_state_has_its_own_word_glyph_and_outline(looks: Mapping[Any, Any]) -> None:
    """No two states differ by colour alone."""
    for one, other in combinations(looks.values(), 2):
        assert one.word != other.word
        assert one.glyph != other.glyph
    for state, look in looks.items():
        assert state.value == look.word


@pytest.mark.parametrize(("active", "passive"), [(2, 0), (3, 1), (7, 1)])
@pytest.mark.parametrize("width_px", [800, 1280])
def test_cards_never_overlap(active: int, passive: int, width_px: int) -> None:
    """On each node every group has a place of its own, inside the node."""
    cluster = exchange_cluster(active, passive, storage_groups=2)
    places = Places(cluster, width_px)
    for node, outer in places.node_boxes.items():
        cards = [places.card_box(node, group) for group in cluster.config.groups_by_name]
        assert all(is_inside(card, outer) for card in cards)
        assert not any(overlap(one, other) for one, other in combinations(cards, 2))
    assert all(box.right <= width_px for box in places.node_boxes.values())


def is_inside(inner: Box, outer: Box) -> bool:
    """Return whether one box lies in another."""
    return (
        outer.left <= inner.left < inner.right <= outer.right
        and outer.top <= inner.top < inner.bottom <= outer.bottom
    )


def overlap(one: Box, other: Box) -> bool:
    """Return whether two boxes have a point in common."""
    return (
        one.left < other.right
        and other.left < one.right
        and one.top < other.bottom
        and other.top < one.bottom
    )


def test_nothing_jumps() -> None:
    """Traces, nodes, storage and axes are the same before, during and after a failure; only the
    card that moves has another place.
    """
    before = figure_after(after_failures(until_s=10), until_s=300)
    after = figure_after(after_failures((10, "NODE3"), until_s=100), until_s=300)
    assert [trace.name for trace in before.data] == [trace.name for trace in after.data]
    assert [trace.type for trace in before.data] == [trace.type for trace in after.data]
    assert before.layout.yaxis == after.layout.yaxis
    assert before.layout.height == after.layout.height
    for kind in (NODES, STORAGE, CARDS):
        moved = [
            name
            for name, trace in traces_of(before, kind).items()
            if trace.x != traces_of(after, kind)[name].x
        ]
        assert moved == (["EVS3"] if kind == CARDS else [])
    assert trace_named(before, "ticks").x == trace_named(after, "ticks").x


def test_same_values_give_the_same_figure() -> None:
    """Drawing has no hidden state."""
    sim = after_failures((10, "NODE3"), until_s=100)
    assert figure_after(sim).to_dict() == figure_after(sim).to_dict()


def test_figure_is_valid_for_plotly() -> None:
    """The fast way past plotly's checks lets nothing through that they would refuse."""
    for figure in (
        figure_after(
            after_failures((10, "NODE3"), (600, "NODE2")), page=Page(theme="dark"), note="note"
        ),
        tree_figure(exchange_cluster(), "EVS1", beside=(exchange_cluster(version=2000), "EVS2")),
    ):
        go.Figure(figure.to_dict())


def test_nodes_and_cards_answer_anywhere_inside() -> None:
    """Clicks on nodes and cards need no point to be hit; the trace says whom it stands for."""
    figure = figure_after(after_failures(until_s=1))
    assert ["NODE1", "NODE2", "NODE3", "NODE4"] == list(traces_of(figure, NODES))
    assert {"Cluster Group", "EVS1", "EVS2", "EVS3"} == set(traces_of(figure, CARDS))
    for kind in (NODES, CARDS, STORAGE):
        for name, trace in traces_of(figure, kind).items():
            assert trace is trace_named(figure, f"{kind}:{name}")
            assert ("toself", "fills", "text") == (trace.fill, trace.hoveron, trace.hoverinfo)


def test_click_on_a_card_reaches_python() -> None:
    """A click inside an outline has no point number, and still calls back with its trace."""
    live = LiveFigure(figure_after(after_failures(until_s=1)), alt="a cluster")
    clicked: list[str] = []
    card = traces_of(live, CARDS)["EVS2"]
    card.on_click(lambda trace, points, state: clicked.append(trace.meta["name"]))
    index = [trace.name for trace in live.data].index(card.name)
    points = {"trace_indexes": [index], "point_indexes": [None], "xs": [None], "ys": [None]}
    live._js2py_pointsCallback = {"event_type": "plotly_click", "points": points}
    assert ["EVS2"] == clicked


def test_live_figure_follows() -> None:
    """A figure on a page can be changed into any later one of the same cluster."""
    live = LiveFigure(figure_after(after_failures(until_s=1)), alt="a cluster")
    later = figure_after(after_failures((10, "NODE3"), (600, "NODE2")))
    live.update_from(later)
    assert later.layout.meta == live.layout.meta
    assert trace_named(later, "bars").base == trace_named(live, "bars").base


def test_unknown_theme_is_refused() -> None:
    """A theme that does not exist is named, with those that do."""
    with pytest.raises(ValueError, match="theme is 'blue'; allowed: light, dark"):
        figure_after(after_failures(until_s=1), page=Page(theme="blue"))


def test_card_hover_lists_every_resource() -> None:
    """The pointer over a card shows node, activity, storage groups and each resource's state."""
    sim = after_failures((10, "NODE3"), until_s=60)
    hover = traces_of(figure_after(sim), CARDS)["EVS3"].text
    assert "<b>EVS3</b>: Pending on NODE4<br>coming online<br>4 storage groups" in hover
    assert "◐ Online Pending: Exchange Information Store Instance - (EVS3)" in hover
    for resource in sim.cluster.config.members["EVS3"]:
        assert resource.name in hover


def test_card_says_what_it_waits_for() -> None:
    """The card of an EVS that is coming online names the part of the outage."""
    sim = after_failures((10, "NODE3"), until_s=60)
    assert "<b>EVS3</b><br>◐ Pending: store" in trace_named(figure_after(sim), "card labels").text


def test_silent_node_is_shown_as_up_and_silent() -> None:
    """Until six heartbeats are missed the cluster believes a node to be Up (handbook 1, 9)."""
    sim = after_failures((10, "NODE3"), until_s=13.2)
    assert (SILENT_LOOK, "Up - silent 3.2 s") == node_look(sim.cluster, "NODE3")
    assert NodeState.UP is sim.cluster.node_states["NODE3"]
    label = trace_named(figure_after(sim), "node labels").text[2]
    assert "<b>NODE3</b>  ◌ Up - silent 3.2 s" == label


def test_bars_add_up_to_the_outage() -> None:
    """EVS3 is out for 175.2 s after its node died (handbook 6), in the figure and in words."""
    sim = after_failures((10, "NODE3"))
    figure = figure_after(sim)
    assert ["no outage", "no outage", "no mail for 175.2 s"] == list(
        trace_named(figure, "outages").text
    )
    expected = (
        "EVS3 had no mail for 175.2 s: detect 8.2 s, address 2.0 s, name 5.0 s, SA 20.0 s, "
        "store 140.0 s."
    )
    assert expected in figure.layout.meta
    assert figure.layout.meta == alt_text(sim.cluster, spans_of(sim))


def test_words_of_bars_fit() -> None:
    """No segment has words that are wider than itself."""
    bars = trace_named(figure_after(after_failures((10, "NODE3"), (600, "NODE2"))), "bars")
    for words, width in zip(bars.text, bars.x, strict=True):
        assert not words or text_width_px(words) <= width


def test_cascade_is_one_segment() -> None:
    """44 refusals in 11 stays (handbook 6) read as "11 tries", the retry an hour later apart."""
    figure = figure_after(after_failures((10, "NODE3"), (600, "NODE2")))
    bars = trace_named(figure, "bars")
    assert "11 tries: NODE1, NODE4" in bars.text
    hover = bars.hovertext[bars.text.index("11 tries: NODE1, NODE4")]
    assert 12 == len(hover.split("<br>"))


def test_slivers_are_bundled() -> None:
    """Neighbouring spans narrower than a few pixels become one segment that lists them."""
    spans = [
        Span("Online", 0, 100, "N1"),
        *(Span(part, 100 + i, 101 + i, "N1") for i, part in enumerate(("disk", "name", "SA"))),
        Span("store", 103, 200, "N1"),
    ]
    drawn = segments(spans, TimeScale([], 200, 0, 400))
    assert ["Online on N1", "disk, name, SA 3.0 s", "store 97.0 s"] == [
        segment.words[0] for segment in drawn
    ]
    assert drawn[1].is_bundle
    assert "101.0 s: name 1.0 s on N1" in drawn[1].hover


def test_short_parts_keep_their_names() -> None:
    """What has no room for a word has its number in the bar, and its name beside "now"."""
    figure = figure_after(after_failures((0, "NODE3")), until_s=180, page=Page(740))
    assert "1" in trace_named(figure, "bars").text
    (words,) = trace_named(figure, "short parts").text
    assert "EVS3: 1 detect 8.2 s, 2 address 2.0 s, 3 name 5.0 s" == words
    wide = figure_after(after_failures((0, "NODE3")), until_s=180, page=Page(2000))
    assert "detect 8.2 s" in trace_named(wide, "bars").text
    assert "EVS3: 1 address 2.0 s" == trace_named(wide, "short parts").text[0]


def test_a_part_has_one_number_in_all_bars() -> None:
    """Where the seconds have no room, one key names the parts of all groups, or its beginning."""
    sim = after_failures((0, "NODE3"), (300, "NODE2"))
    (words,) = trace_named(figure_after(sim, page=Page(740)), "short parts").text
    assert words.startswith("1 detect, 2 address, name, SA, 3 failed")
    (cut,) = trace_named(figure_after(sim, page=Page(400)), "short parts").text
    assert words.startswith(cut.removesuffix("…"))
    assert cut != words


def test_several_outages_are_said_to_be_a_sum() -> None:
    """The headline tells of the outage of now, the bar of all (handbook 6)."""
    sim = after_failures((0, "NODE3"), (300, "NODE4"), until_s=400)
    assert "<b>275.2 s in all</b>" == trace_named(figure_after(sim), "outages").text[2]


def test_long_wait_is_folded() -> None:
    """A stretch of an hour without change takes little room, and its length stands in words."""
    figure = figure_after(after_failures((10, "NODE3"), (600, "NODE2")))
    assert ["≈ 6 min 55 s ≈", "≈ 1 h ≈"] == list(trace_named(figure, "break lengths").text)
    scale = TimeScale([10, 185, 3785], 3800, 0, 900)
    assert scale.px(3785) - scale.px(185) < 100
    assert 900 == scale.px(3800)
    assert 175 * scale.px_per_s == pytest.approx(scale.px(185) - scale.px(10))


def test_time_scale_without_folds_is_proportional() -> None:
    """A wait is folded only where something else is to be seen."""
    scale = TimeScale([], 7200, 100, 820)
    assert [100, 460, 820] == [scale.px(at_s) for at_s in (0, 3600, 7200)]


def test_ticks_keep_apart() -> None:
    """Labels of ticks do not run into each other or into those of folds."""
    figure = figure_after(after_failures((10, "NODE3"), (600, "NODE2")), page=Page(800))
    labels = sorted(
        (x - text_width_px(text, 11) / 2, x + text_width_px(text, 11) / 2)
        for name in ("ticks", "break lengths")
        for x, text in zip(trace_named(figure, name).x, trace_named(figure, name).text, strict=True)
    )
    assert all(one[1] <= other[0] + 2 for one, other in pairwise(labels))


def test_hidden_group_is_not_given_away() -> None:
    """While the learner predicts, neither picture nor words say where the group is."""
    sim = after_failures((10, "NODE3"), until_s=60)
    figure = figure_after(sim, hidden=("EVS3",))
    assert not traces_of(figure, CARDS)["EVS3"].x
    assert "V: W:<br>EVS3 ▸ ?" in trace_named(figure, "storage labels").text
    assert "EVS3 (" not in figure.layout.meta
    assert "EVS3 belong" not in figure.layout.meta
    shown = [t for t in trace_named(figure, "bars").hovertext if "store" in t]
    assert [] == shown


# --- the selected group -----------------------------------------------------------------------


@pytest.mark.parametrize("theme", THEMES)
def test_the_selected_card_has_a_second_outline(theme: str) -> None:
    """It is a line of 2 px in ink, a few pixels around the card, and the words name the group."""
    sim = after_failures(until_s=1)
    figure = figure_after(sim, selected="EVS3", page=Page(theme=theme))
    ring, card = trace_named(figure, "selected"), traces_of(figure, CARDS)["EVS3"]
    assert (THEMES[theme].ink, 2, "solid") == (ring.line.color, ring.line.width, ring.line.dash)
    assert (min(card.x) - 3, max(card.x) + 3) == (min(ring.x), max(ring.x))
    assert (min(card.y) - 3, max(card.y) + 3) == (min(ring.y), max(ring.y))
    assert figure.layout.meta.endswith(" EVS3 is selected.")


def test_the_mark_moves_with_its_card() -> None:
    """After a failover it is on the new owner, in the same row."""
    marks = [
        trace_named(figure_after(sim, selected="EVS3"), "selected")
        for sim in (after_failures(until_s=1), after_failures((10, "NODE3"), until_s=60))
    ]
    places = Places(after_failures(until_s=1).cluster, 1000)
    lefts = [places.card_box(node, "EVS3").left - 3 for node in ("NODE3", "NODE4")]
    assert lefts == [min(mark.x) for mark in marks]
    assert marks[0].y == marks[1].y


@pytest.mark.parametrize(("active", "passive"), [(3, 1), (7, 1)])
def test_the_mark_touches_no_other_card(active: int, passive: int) -> None:
    """Wherever groups stand on one node, the mark of one lies between it and its neighbours."""
    sim = Simulation(exchange_cluster(active, passive))
    places = Places(sim.cluster, 800)
    for group in sim.cluster.config.groups_by_name:
        mark = trace_named(figure_after(sim, selected=group, page=Page(800)), "selected")
        around = Box(min(mark.x), min(mark.y), max(mark.x), max(mark.y))
        owner = sim.owner(group)
        others = [places.card_box(owner, name) for name in places.groups if name != group]
        assert not any(overlap(around, other) for other in others)


def test_a_hidden_group_has_no_mark() -> None:
    """Nor has a picture in which nothing is selected, such as a still one."""
    sim = after_failures((10, "NODE3"), until_s=60)
    hidden = figure_after(sim, hidden=("EVS3",), selected="EVS3")
    assert () == trace_named(hidden, "selected").x
    assert () == trace_named(figure_after(sim), "selected").x
    assert "selected" not in figure_after(sim).layout.meta


# --- where groups came from -------------------------------------------------------------------


def test_an_arrow_leads_from_the_last_owner() -> None:
    """It runs in the group's own row, strong until the group serves again, then thin."""
    sim = after_failures((10, "NODE3"), until_s=60)
    places = Places(sim.cluster, 1000)
    source, target = (places.card_box(node, "EVS3") for node in ("NODE3", "NODE4"))
    figure = figure_after(sim)
    shaft = trace_named(figure, "moves now")
    assert {source.middle[1]} == set(shaft.y[:2])
    assert (source.right, target.left) == (shaft.x[0], shaft.x[1] + 3)
    assert () == trace_named(figure, "moves before").x
    assert ("EVS3<br>left at 18.2 s",) == trace_named(figure, "left at").text
    assert "EVS3 left NODE3 for NODE4 at 18.2 s." in figure.layout.meta
    sim.run()
    assert () == trace_named(figure_after(sim), "moves now").x
    assert shaft.x == trace_named(figure_after(sim), "moves before").x


def test_an_arrow_may_lead_to_the_left() -> None:
    """A head stands at the end that the group reached, wherever the node stands."""
    sim = Simulation(exchange_cluster(active=1, passive=1))
    sim.move_group("EVS1", "NODE2")
    sim.run()
    sim.move_group("EVS1", "NODE1")
    sim.run()
    places = Places(sim.cluster, 1000)
    shaft = trace_named(figure_after(sim), "moves before").x
    assert places.card_box("NODE2", "EVS1").left == shaft[0]
    assert places.card_box("NODE1", "EVS1").right + 3 == shaft[1]
    assert shaft[1] < shaft[3]


def test_a_group_that_stayed_has_no_arrow() -> None:
    """Nor has one that is hidden, or whose last owner has been evicted since."""
    sim = after_failures((10, "NODE3"), until_s=60)
    [(group, (left, entered))] = last_moves(sim.cluster, spans_of(sim)).items()
    assert ("EVS3", "NODE3", "NODE4", 18.2) == (group, left.node, entered.node, entered.start_s)
    hidden = figure_after(sim, hidden=("EVS3",))
    assert () == trace_named(hidden, "moves now").x
    assert "left NODE3" not in hidden.layout.meta
    spans = {"EVS3": (Span("Online", 0, 5, "NODE9"), Span("Online", 5, 60, "NODE4"))}
    assert {} == last_moves(sim.cluster, spans)


def test_the_time_of_a_move_gives_way_to_the_room() -> None:
    """Where cards are flat or narrow, the words beside the arrow get shorter and are never cut."""
    shown = []
    for active, passive, width_px in ((7, 1, 620), (5, 1, 1600)):
        sim = Simulation(exchange_cluster(active, passive))
        sim.fail_node("NODE3")
        sim.run(until_s=42)
        shown += trace_named(figure_after(sim, page=Page(width_px)), "left at").text
    assert ["EVS3<br>left 8.2 s", "EVS3 left at 8.2 s"] == shown


def test_a_node_that_is_down_has_another_ground() -> None:
    """Its ground, outline, glyph and word all say so."""
    nodes = traces_of(figure_after(after_failures((10, "NODE3"), until_s=60)), NODES)
    assert {"NODE3"} == {n for n, trace in nodes.items() if trace.fillcolor != THEMES["light"].box}


@pytest.mark.parametrize("state", list(GroupState))
def test_eight_nodes_cut_no_word(state: GroupState) -> None:
    """With eight nodes on 620 pixels names and states of groups are whole."""
    cluster = exchange_cluster(7, 1)
    places = Places(cluster, 620)
    for group in (places.core_group, *places.groups):
        text = _card_text(places, group, GROUP_LOOKS[state], ONLINE)
        lines = text.replace("<b>", "").replace("</b>", "").split("<br>")
        assert group == " ".join(lines[:-1])
        assert GROUP_LOOKS[state].short in lines[-1]
        assert max(map(text_width_px, lines)) <= places.card_width
    figure = cluster_figure(cluster, {}, page=Page(620))
    assert not any("…" in text for text in texts(figure))
    assert "R: S:<br>EVS1" in trace_named(figure, "storage labels").text


def test_the_cluster_group_is_whole_while_it_comes_online() -> None:
    """Name and state stand below each other where they do not fit beside each other."""
    sim = Simulation(exchange_cluster(3, 1))
    sim.fail_node("NODE1")
    sim.run(until_s=18.2)
    shown = [
        trace_named(figure_after(sim, page=Page(width_px)), "card labels").text[0]
        for width_px in (770, 1000)
    ]
    assert ["<b>Cluster Group</b><br>◐ Pending: address", "<b>Cluster Group</b> ◐ Pending"] == shown


def test_what_a_node_does_gives_way_to_its_state() -> None:
    """A narrow node that stops says Up; the pointer and the boxes below say that it stops."""
    sim = Simulation(exchange_cluster(7, 1))
    sim.stop_cluster_service("NODE1")
    shown = [
        trace_named(figure_after(sim, page=Page(width_px)), "node labels").text[0]
        for width_px in (620, 1000)
    ]
    assert ["<b>NODE1</b><br>● Up", "<b>NODE1</b><br>● Up, stopping"] == shown
    assert "Up, stopping" in traces_of(figure_after(sim, page=Page(620)), NODES)["NODE1"].text


def test_a_network_has_one_name_at_every_width() -> None:
    """Its role stands beside it in the product's word, or not at all."""
    shown = [
        trace_named(
            cluster_figure(exchange_cluster(), {}, page=Page(width_px)), "network names"
        ).text
        for width_px in (400, 620, 1000)
    ]
    assert ["Public", "Public (mixed)", "Public (mixed)"] == [t[1] for t in shown]


@pytest.mark.parametrize("name", [EVIL, "<b>x</b> & $y$", '"Zürich" サーバー', "<a href='x'>y</a>"])
def test_names_are_shown_and_never_run(name: str) -> None:
    """A name with markup in it reaches no text of a figure, nor its SVG, unescaped."""
    cluster = renamed(name)
    spans = {group: (Span("Online", 0, 5, name),) for group in cluster.config.groups_by_name}
    figures = [
        cluster_figure(replace(cluster, now_s=5.0), spans, note=name),
        tree_figure(cluster, name),
        comparison_figure((name, spans), (name, spans)),
    ]
    for figure in figures:
        for text in texts(figure):
            plain = text.replace("<br>", "").replace("<b>", "").replace("</b>", "")
            assert "<" not in plain
            assert ">" not in plain
        assert any(escape_text(name) in text for text in texts(figure))
        tags = {element.tag for element in ElementTree.fromstring(still(figure).svg).iter()}
        allowed = {"svg", "title", "desc", "rect", "path", "text", "tspan", "pattern"}
        assert tags <= {f"{{http://www.w3.org/2000/svg}}{tag}" for tag in allowed}


def test_turned_text_and_line_breaks_in_names_do_no_harm() -> None:
    """Characters that would turn or break the text around a name are left out."""
    assert "EVS txt.1" == escape_text("EVS\n\u202etxt.1\u202c")


def test_long_names_are_cut_with_an_ellipsis() -> None:
    """A name of 40 letters is cut on the card and complete under the pointer."""
    name = "EVS-" + "N" * 36
    cluster = renamed(name)
    figure = cluster_figure(cluster, {}, page=Page(800))
    card = next(text for text in trace_named(figure, "card labels").text if "EVS-" in text)
    assert "…" in card
    assert name in traces_of(figure, CARDS)[name].text
    assert text_width_px(shortened(name, 90)) <= 90


def test_twelve_pixels_is_the_smallest_text() -> None:
    """No text is smaller than 12 px."""
    figures = (
        cluster_figure(exchange_cluster(active=7, passive=1), {}, page=Page(800)),
        tree_figure(exchange_cluster(), "EVS1"),
    )
    sizes = {
        trace["textfont"]["size"]
        for figure in figures
        for trace in figure.to_dict()["data"]
        if "textfont" in trace
    }
    assert min(sizes) >= 12


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (2000, [{"IP", "Disk"}, {"Name"}, {"SA"}, {"IS", "MTA", "Routing"},
                {"SMTP", "HTTP", "IMAP4", "POP3", "Search"}]),
        (2003, [{"IP", "Disk"}, {"Name"}, {"SA"},
                {"IS", "MTA", "Routing", "SMTP", "HTTP", "IMAP4", "POP3", "Search"}]),
    ],
)  # fmt: skip
def test_levels_of_the_trees(version: int, expected: list[set[str]]) -> None:
    """Exchange 2000 has five levels, Exchange 2003 four (handbook 2, 2.3)."""
    cluster = exchange_cluster(version=version, protocols=("IMAP4", "POP3"))
    by_name = cluster.config.resources_by_name
    found = [{by_name[name].type.short for name in level} for level in levels(cluster, "EVS1")]
    assert expected == found


def seconds_by_type(cluster: Cluster, group: str) -> dict[str, float]:
    """Return the seconds each resource of a group needs to come online, by type."""
    members = cluster.config.members[group]
    return {resource.type.short: resource.type.online_s(cluster, resource) for resource in members}


DURATIONS: list[dict[str, float]] = [
    {},
    {"disk_online": 30.0},
    {"mta_online": 300.0},
    {"search_online": 90.0, "is_online": 1.0},
]


@pytest.mark.parametrize("durations", DURATIONS)
def test_critical_path_of_exchange_2003(durations: dict[str, float]) -> None:
    """online = max(disk, ip + name) + SA + max of all others (handbook 2, 2.3)."""
    cluster = exchange_cluster(durations=durations, protocols=("IMAP4", "POP3"))
    s = seconds_by_type(cluster, "EVS1")
    children = ("IS", "MTA", "Routing", "SMTP", "HTTP", "IMAP4", "POP3", "Search")
    expected = max(s["Disk"], s["IP"] + s["Name"]) + s["SA"] + max(s[child] for child in children)
    assert expected == sum(seconds for _, seconds in critical_path(cluster, "EVS1"))


@pytest.mark.parametrize("durations", DURATIONS)
def test_critical_path_of_exchange_2000(durations: dict[str, float]) -> None:
    """online = max(disk, ip + name) + SA + max(MTA, Routing, IS + max of the protocols)
    (handbook 2, 2.3).
    """
    cluster = exchange_cluster(version=2000, durations=durations)
    s = seconds_by_type(cluster, "EVS1")
    under_store = max(s[child] for child in ("SMTP", "HTTP", "IMAP4", "POP3", "Search"))
    expected = (
        max(s["Disk"], s["IP"] + s["Name"])
        + s["SA"]
        + max(s["MTA"], s["Routing"], s["IS"] + under_store)
    )
    assert expected == sum(seconds for _, seconds in critical_path(cluster, "EVS1"))


def test_critical_path_is_a_chain_of_dependencies() -> None:
    """Each resource on the path needs the one before it; the figure says so in words."""
    cluster = exchange_cluster()
    path = [name for name, _ in critical_path(cluster, "EVS1")]
    for first, then in pairwise(path):
        assert first in cluster.config.resources_by_name[then].depends_on
    assert "IP 2 + Name 5 + SA 20 + IS 40 = 67 s" == path_words(cluster, "EVS1")
    captions = [text for text in texts(tree_figure(cluster, "EVS1")) if "critical path" in text]
    assert "━ <b>critical path</b>  IP 2 + Name 5 + SA 20 + IS 40 = 67 s" in captions


def test_tree_shows_states_live() -> None:
    """Each box of the tree has word and glyph of its resource's present state."""
    sim = after_failures((10, "NODE3"), until_s=60)
    figure = tree_figure(sim.cluster, "EVS3")
    store = traces_of(figure, RESOURCES)["Exchange Information Store Instance - (EVS3)"]
    assert "◐ Online Pending on NODE4" in store.text
    assert "dot" == store.line.dash
    assert any("Information Store</b> 140 s<br>◐ Online Pending" in text for text in texts(figure))


@pytest.mark.parametrize("width_px", [800, 1280])
def test_trees_beside_each_other_do_not_overlap(width_px: int) -> None:
    """Exchange 2000 and 2003 in one figure: no box lies on another."""
    figure = tree_figure(
        exchange_cluster(version=2000),
        "EVS1",
        beside=(exchange_cluster(), "EVS1"),
        page=Page(width_px),
    )
    boxes = [
        Box(min(trace.x), min(trace.y), max(trace.x), max(trace.y))
        for trace in figure.data
        if trace.meta and trace.meta["kind"] == RESOURCES
    ]
    assert len(boxes) > 15
    assert not any(overlap(one, other) for one, other in combinations(boxes, 2))
    assert all(is_inside(box, Box(0, 0, width_px, figure.layout.height)) for box in boxes)
    assert "Exchange 2000" in " ".join(texts(figure))
    assert "Exchange 2003" in " ".join(texts(figure))


def two_branches() -> tuple[Any, Any]:
    """Return the spans of EVS3 in a branch that recovers and in one that recovers sooner."""
    slow = after_failures((10, "NODE3"), until_s=220)
    fast = Simulation(exchange_cluster(durations={"replay_logs_per_sg": 0.0}))
    fast.run(until_s=10)
    fast.fail_node("NODE3")
    fast.run(until_s=220)
    return ("main", spans_of(slow)), ("clean", spans_of(fast))


def test_comparison_marks_what_differs() -> None:
    """Two branches one above the other: sums in words, the differing stretch marked."""
    left, right = two_branches()
    figure = comparison_figure(left, right)
    words = " ".join(trace_named(figure, "sums").text)
    assert (
        "main: no mail for 175.2 s; clean: no mail for 75.2 s; ▬ differs 85.2 to 185.2 s" in words
    )
    assert "<b>EVS1</b>  main: no outage; clean: no outage; no difference" in words
    assert 3 == len(trace_named(figure, "differences").x)
    assert figure.layout.meta == comparison_text(left, right)


def test_differences_name_stretches_in_which_part_or_node_differ() -> None:
    """Neighbouring stretches that differ are one."""
    one = [Span("Online", 0, 10, "N1"), Span("detect", 10, 20, "N1"), Span("Online", 20, 30, "N1")]
    other = [Span("Online", 0, 10, "N1"), Span("stop", 10, 15, "N1"), Span("Online", 15, 30, "N2")]
    assert [(10, 30)] == differences(one, other)
    assert [] == differences(one, one)


@pytest.mark.parametrize("active", [3, 7])
def test_still_picture_is_small_and_repeatable(active: int) -> None:
    """The same values give the same SVG, below 60 kB, with the alternative text inside."""
    cluster = exchange_cluster(active=active, passive=1)
    pictures = [still(cluster_figure(cluster, {})) for _ in range(2)]
    assert pictures[0].svg == pictures[1].svg
    assert len(pictures[0].svg) < 60_000
    root = ElementTree.fromstring(pictures[0].svg)
    described = [element.text for element in root if element.tag.endswith("desc")]
    assert [alt_text(cluster, {})] == described
    assert alt_text(cluster, {}) == repr(pictures[0])


def test_still_picture_has_every_text_of_the_figure() -> None:
    """Whatever plotly would write stands in the SVG too, names as written."""
    figure = figure_after(after_failures((10, "NODE3"), (600, "NODE2")))
    root = ElementTree.fromstring(still(figure).svg)
    drawn = {"".join(e.itertext()) for e in root.iter() if e.tag.endswith("}text")}
    assert "11 tries: NODE1, NODE4" in drawn
    assert "EVS2✖ Failed" in drawn
    assert "no mail for 175.2 s" in drawn


def test_figure_is_small() -> None:
    """A step of a live figure must travel fast: four nodes in less than 30 kB."""
    figure = figure_after(after_failures((10, "NODE3"), (600, "NODE2")))
    assert len(json.dumps(figure.to_dict())) < 30_000


# --- what is broken ---------------------------------------------------------------------------


def broken_simulation(**options: Any) -> Simulation:
    """Return a simulation with a pulled cable, a lost network and two disks out of reach."""
    sim = Simulation(exchange_cluster(2, 1, **options))
    sim.pull_cable("NODE2", "Public")
    sim.lose_network("Private")
    sim.lose_disk("Disk R:")
    sim.lose_disk("Disk T:", "NODE1")
    sim.run(5)
    return sim


def test_what_breaks_leaves_the_traces_as_they_are() -> None:
    """Traces, their names and the number of marks are the same before and after."""
    before = figure_after(Simulation(exchange_cluster(2, 1)))
    after = figure_after(broken_simulation())
    assert [trace.name for trace in before.data] == [trace.name for trace in after.data]
    marks = [trace_named(figure, "interfaces") for figure in (before, after)]
    assert [6, 6] == [len(trace.text) for trace in marks]


def test_a_pulled_cable_is_marked_and_told() -> None:
    """Its line has a gap with a mark; the pointer and the description say what it is."""
    sim = broken_simulation()
    figure = figure_after(sim)
    marks = trace_named(figure, "interfaces")
    told = dict(zip(marks.hovertext, marks.text, strict=True))
    assert "<b>✕</b>" == told["NODE2 on Public: cable pulled, interface Failed"]
    assert " " == told["NODE1 on Public: interface Up"]
    assert 1 == sum(text.strip() != "" for text in marks.text)
    assert 6 == len(trace_named(figure, "links that are cut").x)
    assert "The cable of NODE2 is pulled out of Public." in alt_text(sim.cluster, {})


def test_a_lost_network_is_dashed_and_called_down() -> None:
    """The word stands beside its name, also where there is little room."""
    sim = Simulation(exchange_cluster(7, 1))
    for network in ("Private", "Public"):
        sim.lose_network(network)
    for width_px in (800, 1280):
        figure = cluster_figure(sim.cluster, {}, page=Page(width_px))
        assert all(text.endswith("✕ down") for text in trace_named(figure, "network names").text)
        assert "dash" == trace_named(figure, "networks that are down").line.dash
        assert () == trace_named(figure, "networks").x
    assert "Network Public is down." in alt_text(sim.cluster, {})


def test_a_lost_disk_is_called_lost() -> None:
    """Its cell has a dashed outline and the word; a disk lost for another node only the words."""
    sim = broken_simulation()
    figure = figure_after(sim)
    assert "R: lost, S:<br>EVS1 ▸ NODE1" in trace_named(figure, "storage labels").text
    cells = traces_of(figure, STORAGE)
    assert ("dash", "solid") == (cells["EVS1"].line.dash, cells["EVS2"].line.dash)
    assert "Disk R: is out of reach of every node" in cells["EVS1"].text
    assert "Disk T: is out of reach of NODE1" in cells["EVS2"].text
    assert "Disk T: is out of reach of NODE1." in alt_text(sim.cluster, {})


@pytest.mark.parametrize("active", [2, 7])
def test_a_majority_node_set_is_no_shared_storage(active: int) -> None:
    """It stands beside the storage, with how many nodes are there and are needed."""
    cluster = exchange_cluster(active, 1, quorum=QuorumModel.MAJORITY)
    places = Places(cluster, 800)
    quorum, box = places.storage_cell("Cluster Group"), places.storage_box
    assert not overlap(quorum, box)
    cells = [places.storage_cell(group) for group in places.groups]
    assert all(is_inside(cell, box) for cell in cells)
    ends = [places.storage_link(node)[-1][0] for node in places.nodes]
    assert all(box.left <= end <= box.right for end in ends)
    labels = trace_named(cluster_figure(cluster, {}, page=Page(800)), "storage labels").text
    words = "3 of 3 Up, 2 needed" if active == 2 else "8 of 8 Up, 5 needed"
    assert f"Majority Node Set<br>{words}" in labels
    assert f"Majority Node Set: {words}; it belongs to NODE1." in alt_text(cluster, {})


def test_a_local_quorum_is_told() -> None:
    """It belongs to one node."""
    cluster = exchange_cluster(1, 1, quorum=QuorumModel.LOCAL)
    assert (
        "Local Quorum<br>▸ NODE1" in trace_named(cluster_figure(cluster, {}), "storage labels").text
    )
    assert "The local quorum belongs to NODE1." in alt_text(cluster, {})


def test_broken_pictures_are_valid_and_can_stand_still() -> None:
    """Plotly takes them, and so does the still picture."""
    for options in ({}, {"quorum": QuorumModel.MAJORITY}):
        figure = figure_after(broken_simulation(**options))
        go.Figure(figure.to_dict())
        assert "✕ down" in still(figure).svg
