"""Cables, networks and the quorum disk in the failover panel: broken, shown, mended."""

from __future__ import annotations

import pytest

from clusterlab import exchange_cluster
from clusterlab.cluster.states import QuorumModel
from clusterlab.lab import FailoverLab
from clusterlab.lab.panels.deeds import parts_of
from clusterlab.lab.panels.views import NO_COMMAND, command_cells, commands_html


def panel(quorum: QuorumModel = QuorumModel.SHARED_DISK) -> FailoverLab:
    """Return a panel with two active nodes and a passive one."""
    return FailoverLab(exchange_cluster(active=2, passive=1, quorum=quorum))


def do(lab: FailoverLab, key: str, part: str) -> None:
    """Choose a part and press a button."""
    lab._nodes.chooser.value = part
    lab.buttons[key].click()


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        ("network Private", "Network Private is down."),
        ("cable NODE2 - Public", "The cable of NODE2 is pulled out of Public."),
        ("all cables of NODE3", "The cable of NODE3 is pulled out of Private and Public."),
        ("quorum Disk Q:", "Disk Q: is out of reach of every node."),
        ("path NODE2 - Disk Q:", "Disk Q: is out of reach of NODE2."),
    ],
)
def test_a_part_breaks_and_is_mended(part: str, shown: str) -> None:
    """Break shows in the words of the picture; Mend takes it back."""
    lab = panel()
    do(lab, "break", part)
    assert shown in lab.figure.alt
    do(lab, "mend", part)
    assert "" == lab.errors.text
    assert shown not in lab.figure.alt


def test_what_breaks_has_no_command_and_says_so() -> None:
    """Nobody types that a cable is pulled: every such click says that it is no command."""
    config = exchange_cluster().config
    for part in parts_of(config).values():
        for event in part:
            assert ("none", NO_COMMAND) == command_cells(event, config)
    lab = panel()
    do(lab, "break", "network Private")
    assert NO_COMMAND in commands_html(lab.branches.outcomes)


def test_what_follows_takes_its_course() -> None:
    """NODE1 loses all cables: NODE2 wins the quorum, and the Cluster service of NODE1 stops."""
    lab = panel()
    do(lab, "break", "all cables of NODE1")
    lab.simulation.run(until_s=20)
    lab.render()
    assert ("Down", "NODE2") == (lab.simulation.state("NODE1").value, lab.simulation.owner("EVS2"))
    assert "NODE2" == lab.simulation.owner("Cluster Group")


def test_mending_what_works_is_refused_in_words() -> None:
    """Nothing needs to be done, and the panel says so."""
    lab = panel()
    do(lab, "mend", "cable NODE1 - Private")
    assert "NODE1 is connected to Private" in lab.errors.text


def test_a_majority_node_set_has_no_quorum_disk_to_lose() -> None:
    """Only what a cluster has is offered."""
    names = list(parts_of(exchange_cluster(quorum=QuorumModel.MAJORITY).config))
    assert [] == [name for name in names if "quorum" in name or "path" in name]
    assert "network Private" == names[0]


def test_a_node_that_is_added_brings_its_cables() -> None:
    """The chooser follows nodes that come and go."""
    lab = panel()
    lab.run_line("cluster /add:NODE9")
    assert "cable NODE9 - Private" in lab._nodes.chooser.options
