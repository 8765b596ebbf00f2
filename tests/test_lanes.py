"""One bar for each node: what it went through, from the first missed heartbeat to the end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clusterlab import Simulation, exchange_cluster
from clusterlab.cluster.states import QuorumModel
from clusterlab.cluster.story import node_lanes
from clusterlab.lab.figures.cluster import NODES, cluster_figure
from clusterlab.lab.figures.drawing import traces_of
from clusterlab.lab.figures.pictures import nodes_picture
from clusterlab.lab.figures.timebars import BARS, lanes_figure

Act = Callable[[Simulation], None]


def lanes(act: Act, until_s: float = 20.0, **cluster: object) -> dict[str, list[tuple[str, float]]]:
    """Return by node what it did and until when, after *act* on two active nodes and a spare."""
    sim = Simulation(exchange_cluster(active=2, passive=1, **cluster))
    act(sim)
    sim.run(until_s=until_s)
    found = node_lanes(sim.history, until_s)
    return {node: [(span.part, span.end_s) for span in spans] for node, spans in found.items()}


def test_a_challenge_is_shown_second_by_second():
    """8.2 s of silence, 7 s of waiting, 3 s until the disk is online; the third node looks on."""
    found = lanes(lambda sim: sim.pull_cable("NODE1"))
    assert [("hears no node", 8.2), ("stopped", 20)] == found["NODE1"]
    challenge = [("misses NODE1", 8.2), ("challenges", 15.2), ("quorum online", 18.2), ("Up", 20)]
    assert challenge == found["NODE2"]
    assert [("misses NODE1", 8.2), ("Up", 20)] == found["NODE3"]


@pytest.mark.parametrize(
    ("act", "node", "words"),
    [
        (lambda sim: sim.fail_node("NODE3"), "NODE3", ["no power", "Down"]),
        (lambda sim: sim.pause_node("NODE3"), "NODE3", ["Paused"]),
        (lambda sim: sim.lose_network("Private"), "NODE3", ["Up"]),
        (lambda sim: sim.lose_disk("Disk Q:", "NODE1"), "NODE1",
         ["stopped", "Joining", "Up"]),
        (lambda sim: sim.lose_disk("Disk Q:"), "NODE1", ["stopped", "searches"]),
    ],
)  # fmt: skip
def test_each_thing_that_a_node_does_has_a_word(act: Act, node: str, words: list[str]):
    """Power, pauses, networks, the service that starts again: one word each."""
    found = lanes(act, until_s=66.0)[node]
    assert words == [part for part, _ in found]


def test_a_majority_node_set_does_not_challenge():
    """The majority waits for nothing but its own quorum resource, 1 s."""
    found = lanes(lambda sim: sim.pull_cable("NODE1"), quorum=QuorumModel.MAJORITY)
    assert [("misses NODE1", 8.2), ("quorum online", 9.2), ("Up", 20)] == found["NODE2"]


def test_the_picture_has_its_words_in_every_bar():
    """Each stretch is labelled, and the paragraph beside it says the same."""
    sim = Simulation(exchange_cluster(active=2, passive=1))
    sim.pull_cable("NODE1")
    sim.run(until_s=24)
    figure = lanes_figure(node_lanes(sim.history, 20))
    bars = next(trace for trace in figure.data if trace.name == BARS)
    assert ["challenges 7.0 s", "quorum online 3.0 s"] == list(bars.text)[3:5]
    assert "NODE2: misses NODE1 until 8.2 s, challenges until 15.2 s" in nodes_picture(sim, 20).alt


def test_the_name_of_a_node_comes_before_what_its_service_is_doing():
    """A node that starts its service again is Down in the picture; hovering tells the rest."""
    sim = Simulation(exchange_cluster(active=2, passive=1))
    sim.pull_cable("NODE3")
    sim.run(until_s=30)
    labels = next(t for t in cluster_figure(sim.cluster, {}).data if t.name == "node labels")
    assert "<b>NODE3</b>  ✕ Down" == labels.text[2]
    assert "Down, waiting to start its service again" in nodes_hover(sim)


def nodes_hover(sim: Simulation) -> str:
    """Return the hover text of NODE3."""
    return str(traces_of(cluster_figure(sim.cluster, {}), NODES)["NODE3"].text)
