"""Handbook 5, corrections: what later reading of the documents changed, each with its example."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clusterlab import ConfigError, Simulation, exchange_cluster
from clusterlab.design.requirements import Requirements
from clusterlab.design.rules import lint
from clusterlab.design.sizing import design, evaluated, sheet


def test_5_0_the_restore_rate_is_half_the_backup_rate_unless_given():
    """`rs_rate` = `bk_rate` / 2, also when that changes; one that is given stays (5.0)."""
    needs = replace(Requirements(), backup_mb_s=40)
    rate = needs.numbers()["restore_mb_s"]
    assert (20, 10, 7) == (
        rate,
        Requirements().numbers()["restore_mb_s"],
        replace(needs, restore_mb_s=7.0).numbers()["restore_mb_s"],
    )
    assert 1.5 == needs.detect_h + 36 / (rate * 3.6)


LEVELS = ("plain", "mirrored", "raid_5")


def of_array(**given: float) -> dict[str, float]:
    """Return the figures of an array for a load, most of it that of the examples."""
    load = {"iops": 1000, "reads": 2, "writes": 1, "disks": 1, "disk_iops": 180}
    users = {"mailboxes": 600, "mailbox_iops": 0.5}
    figures = evaluated(sheet("array"), load | users | given)
    return {name: figure.value for name, figure in figures.items()}


def test_5_3_2_disks_of_a_load_at_three_levels():
    """Penalty 1 plain, 2 mirrored, 4 RAID 5: 1,000 IOPS at 80/20 take 8, 10, 13 disks (5.3.2)."""
    found = of_array(reads=80, writes=20, disk_iops=125)
    assert [8, 10, 13] == [found[f"disks_{level}"] for level in LEVELS]


def test_5_3_2_a_design_says_the_disks_of_each_level():
    """Plain, RAID 1+0 and RAID 5 stand beside each other in a design (5.3.2)."""
    made = design(Requirements(mailboxes=12_000, disk_use=1.0, disk_iops=50.0, data_disk_gb=500.0))
    found = [int(made[f"evs1.{level}_disks"]) for level in ("plain", "raid10", "raid5")]
    assert found == sorted(found)
    load = {"reads": made["evs1.sg_reads"], "writes": made["evs1.sg_writes"]}
    assert found[0] == of_array(iops=sum(load.values()), disk_iops=50, **load)["disks_plain"]


def test_5_3_2_what_an_array_delivers():
    """Fourteen plain drives of 55 I/Os give 770; RF is 0.75 and 0.5 at 2:1 (5.3.2)."""
    assert 770 == of_array(disks=14, disk_iops=55)["iops_plain"]
    assert [180, 135, 90] == [of_array()[f"iops_{level}"] for level in LEVELS]


@pytest.mark.parametrize(
    ("mailboxes", "iops", "size", "has_note"),
    [
        (600, 0.1, "small", False),
        (3000, 0.5, "large", False),
        (3000, 0.1, "medium", False),
        (8000, 0.5, "large", False),
        (800, 0.5, "medium", False),
        (800, 1.2, "tuning required", False),
        (600, 0.9, "medium", True),
        (600, 0.3, "medium", True),
    ],
)
def test_5_3_4_classes_of_size_and_load(mailboxes, iops, size, has_note):
    """Medium load needs one class more; overlap and gap of the source carry a note (5.3.4)."""
    found = of_array(mailboxes=mailboxes, mailbox_iops=iops)
    sizes = ("small", "medium", "large", "tuning required")
    assert (size, has_note) == (sizes[found["load_class"] - 1], bool(found["load_is_open"]))


def test_5_1_3_alternate_passive_nodes_come_after_the_primary():
    """4 + 1 + 2: N1 fails: N5; then N2: N6; then N3: N7; all four EVSs Online (5.1.3)."""
    sim = Simulation(exchange_cluster(4, 3, alternates=2))
    for place, node in enumerate(("NODE1", "NODE2", "NODE3")):
        sim.fail_node(node)
        sim.run()
        assert f"NODE{place + 5}" == sim.owner(f"EVS{place + 1}")
    assert {"Online"} == {sim.state(f"EVS{number}").value for number in range(1, 5)}
    with pytest.raises(ConfigError, match="alternates"):
        exchange_cluster(4, 2, alternates=2)


def test_5_8_2_weaker_alternates_and_public_teams_are_advice_only():
    """R10 and R44 are for the primary node and the private network; the others are advice."""
    said = {"passive_node_is_weaker": False, "alternate_node_is_weaker": True}
    said |= {"private_is_teamed": False, "public_is_teamed": True}
    found = {finding.rule.id: finding.rule.severity.value for finding in lint(said).findings}
    assert {"R72": "advice", "R73": "advice"} == found
    assert {"R10", "R44"} <= {f.rule.id for f in lint(dict.fromkeys(said, True)).findings}
