"""Cascades found for folding, and what is said to happen next."""

from clusterlab import Simulation, exchange_cluster
from clusterlab.cluster.events import MoveGroup
from clusterlab.studies.cascades import cascades
from clusterlab.studies.prediction import upcoming


def second_failure() -> Simulation:
    """Return the walk in which EVS3 finds no free node after NODE3 and NODE4 (handbook 6)."""
    sim = Simulation(exchange_cluster())
    for node in ("NODE3", "NODE4"):
        sim.fail_node(node)
        sim.run()
    return sim


def test_the_second_failure_is_one_cascade() -> None:
    """EVS3 stays eleven times and is refused 44 times; the retry an hour later is no part of it."""
    (found,) = cascades(second_failure().history)
    assert ("EVS3", ("NODE1", "NODE2"), 11, 44, 5018) == (
        found.group,
        found.nodes,
        found.stays,
        found.failures,
        found.error_code,
    )
    assert (191.4, 350.9) == (found.start_s, found.end_s)


def test_one_failover_is_no_cascade() -> None:
    """A group that comes online on its next node is not folded."""
    sim = Simulation(exchange_cluster())
    sim.fail_node("NODE3")
    sim.run()
    assert () == cascades(sim.history)


def test_a_cascade_that_goes_on_is_found() -> None:
    """While the group is still being tried, the stays so far are counted."""
    sim = Simulation(exchange_cluster())
    sim.fail_node("NODE3")
    sim.run()
    sim.fail_node("NODE4")
    sim.run(until_s=230)
    (found,) = cascades(sim.history)
    assert (3, 12) == (found.stays, found.failures)


def test_what_comes_next_is_told_from_detection_to_rest() -> None:
    """Every wait of a failover has words, and at rest there are none."""
    sim = Simulation(exchange_cluster())
    sim.fail_node("NODE1")
    told = []
    while (due := upcoming(sim.cluster)) is not None:
        told.append(due[1])
        sim.step()
    assert "two heartbeats of NODE1 are missed" == told[0]
    assert "NODE2 reserves the quorum" in told
    assert "EVS1/IS Online" in told
    assert all(told)


def test_two_disks_of_a_group_keep_their_names() -> None:
    """A resource that is not the only one of its type is told by its full name."""
    sim = Simulation(exchange_cluster())
    sim.fail_node("NODE3")
    sim.run(until_s=10.5)
    assert (11.2, "Disk V: Online") == upcoming(sim.cluster)


def test_a_request_set_for_later_is_told_in_its_own_words() -> None:
    """What an administrator has set for later is announced like an action."""
    sim = Simulation(exchange_cluster())
    sim.send(MoveGroup("EVS1", "NODE4"), at_s=30)
    assert (30, "Move Group EVS1 to NODE4") == upcoming(sim.cluster)
