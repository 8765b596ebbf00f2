"""Predictions: the right answers, and the rule that each wrong guess misread (handbook 1, 5)."""

from dataclasses import replace

import pytest

from clusterlab import OperationRefused, Simulation, exchange_cluster
from clusterlab.cluster.configuring import configure
from clusterlab.cluster.events import MoveGroup, NodeFailed, StopClusterService
from clusterlab.cluster.model import Cluster
from clusterlab.studies.prediction import affected_groups, answers, misread


def feedback(cluster: Cluster, node: str, group: str, guess: str | None) -> str:
    """Return what is said to *guess* when *node* fails."""
    decision, then = answers(cluster, NodeFailed(node))[group]
    return misread(then, decision, guess)


def test_a_loss_concerns_the_groups_of_its_node() -> None:
    """All groups of a failing or stopping node, and one moved to the best possible node."""
    cluster = exchange_cluster()
    assert ("Cluster Group", "EVS1") == affected_groups(cluster, NodeFailed("NODE1"))
    assert ("EVS2",) == affected_groups(cluster, StopClusterService("node2"))
    assert ("EVS2",) == affected_groups(cluster, MoveGroup("evs2"))
    assert () == affected_groups(cluster, MoveGroup("EVS2", "NODE4"))


def test_the_answer_is_what_happens() -> None:
    """The answer comes from the same rules as the simulation, and the cluster stays as it is."""
    cluster = exchange_cluster()
    found = answers(cluster, NodeFailed("NODE1"))
    sim = Simulation(cluster)
    sim.fail_node("NODE1")
    sim.run()
    assert {"Cluster Group": "NODE2", "EVS1": "NODE4"} == {
        group: decision.target for group, (decision, _) in found.items()
    }
    assert sim.owner("EVS1") == found["EVS1"][0].target
    assert exchange_cluster().owners == cluster.owners


def test_a_right_guess_needs_no_words() -> None:
    """Who is right is told nothing."""
    assert "" == feedback(exchange_cluster(), "NODE3", "EVS3", "NODE4")


@pytest.mark.parametrize(
    ("guess", "words"),
    [
        ("NODE1", "Anti-affinity was overlooked: NODE1 owns EVS1"),
        ("NODE3", "NODE3 is the node that EVS3 has to leave"),
        (None, "only if none is eligible; NODE4 is"),
    ],
)
def test_a_wrong_guess_is_told_its_rule(guess: str | None, words: str) -> None:
    """An owner of another EVS, the failed node and "no node" are three different mistakes."""
    assert words in feedback(exchange_cluster(), "NODE3", "EVS3", guess)


def test_a_down_node_is_not_eligible() -> None:
    """Guessing a node that is Down, or will be by then, misreads eligibility."""
    sim = Simulation(exchange_cluster())
    sim.fail_node("NODE4")
    assert "NODE4 is Down" in feedback(sim.cluster, "NODE3", "EVS3", "NODE4")
    sim.run()
    assert "NODE4 is Down" in feedback(sim.cluster, "NODE3", "EVS3", "NODE4")


def test_a_paused_node_is_not_eligible() -> None:
    """A Paused node keeps its groups and takes no others."""
    sim = Simulation(exchange_cluster())
    sim.pause_node("NODE4")
    assert "NODE4 is Paused" in feedback(sim.cluster, "NODE3", "EVS3", "NODE4")


def test_possible_owners_bar_a_node() -> None:
    """A node that may not run one of the resources cannot take the group."""
    cluster = exchange_cluster()
    config = configure(cluster.config, "EVS3/SA", possible_owners=("NODE1", "NODE2", "NODE3"))
    text = feedback(replace(cluster, config=config), "NODE3", "EVS3", "NODE4")
    assert text.startswith("Possible owners were overlooked: NODE4 cannot run every resource")


def test_the_walk_starts_after_the_present_owner() -> None:
    """Without anti-affinity the order decides, and starting at the top is the classic mistake."""
    cluster = exchange_cluster(active=2, passive=2)
    config = configure(cluster.config, "EVS2", anti_affinity_class_names=())
    text = feedback(replace(cluster, config=config), "NODE2", "EVS2", "NODE4")
    assert (
        "The order was misread: the walk through the Node List starts after NODE2 and wraps, so "
        "it reaches NODE1 before NODE4 (NODE1, NODE3, NODE4) (handbook 1, 5.2)." == text
    )


def test_the_cluster_group_follows_the_quorum() -> None:
    """Guessing the passive node for the Cluster Group misreads the quorum's rule."""
    text = feedback(exchange_cluster(), "NODE1", "Cluster Group", "NODE4")
    assert text.startswith("Cluster Group follows the quorum disk")
    assert "NODE2 has the lowest Node ID of the survivors" in text


def test_a_random_choice_has_no_right_rule() -> None:
    """Without preferred owners Windows Server 2003 picks at random; no guess is a mistake."""
    cluster = exchange_cluster(active=2, passive=2)
    config = configure(cluster.config, "EVS1", preferred_owners=(), anti_affinity_class_names=())
    cluster = replace(cluster, config=config)
    right = answers(cluster, NodeFailed("NODE1"))["EVS1"][0].target
    wrong = next(node for node in ("NODE2", "NODE3", "NODE4") if node != right)
    assert "No rule prefers" in feedback(cluster, "NODE1", "EVS1", wrong)


def test_the_last_node_leaves_no_answer() -> None:
    """Where nobody survives, nobody decides."""
    sim = Simulation(exchange_cluster(active=1))
    sim.fail_node("NODE2")
    sim.run()
    assert {} == answers(sim.cluster, NodeFailed("NODE1"))


def test_a_refused_event_has_no_answers() -> None:
    """What the product refuses cannot be predicted."""
    sim = Simulation(exchange_cluster())
    sim.fail_node("NODE1")
    with pytest.raises(OperationRefused, match="NODE1 lost power"):
        answers(sim.cluster, NodeFailed("NODE1"))
