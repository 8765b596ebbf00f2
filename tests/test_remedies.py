"""Remedies of the checklist: each changes one thing, and they may be typed in any order."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clusterlab import Simulation
from clusterlab.cluster.states import GroupState, RestartAction
from clusterlab.clusterexe.lines import run_line
from clusterlab.clusterexe.listings import listings_in
from clusterlab.clusterfiles.exporting import listing_texts
from clusterlab.clusterfiles.importing import import_found
from clusterlab.procedures.checklist import inspect_cluster
from clusterlab.rules.judging import Deviation, Inspection
from tests.test_checklist import built, with_resources

SENT = Path(__file__).parent / "listings"
STATUS = {"StatusKerberos": 8240, "ResourceData": "01 00 00 00 ... (260 bytes)"}


def neglected() -> Simulation:
    """Return a cluster with something wrong for almost every rule that has a line."""
    wrong = {
        "Name": {"private": {**STATUS, "RequireDNS": 0, "RequireKerberos": 0}},
        "IP": {"private": {"network": "Public", "EnableNetBIOS": 0}},
        "POP3": {"restart_action": RestartAction.RESTART_AND_AFFECT_GROUP},
        "IS": {
            "restart_action": RestartAction.RESTART,
            "restart_threshold": 1,
            "restart_period_s": 60.0,
            "possible_owners": ("NODE1", "NODE2", "NODE3"),
        },
    }
    sim = Simulation(with_resources(built(), lambda r: wrong.get(r.type.short, {})))
    for name in ("EVS1", "EVS2", "EVS3"):
        run_line(sim, f"cluster group {name} /prop FailoverThreshold=1 AutoFailbackType=1")
        run_line(sim, f"cluster group {name} /prop FailoverPeriod=1 AntiAffinityClassNames=x")
    return sim


START = neglected()
REMEDIES = [found for found in inspect_cluster(START.cluster).findings if found.commands]
ORDERS = st.permutations(range(len(REMEDIES)))


def settings_after(remedies: list[Deviation]) -> object:
    """Return the settings of the cluster after the lines of *remedies*; owners in any order."""
    sim = Simulation(START.cluster)
    for remedy in remedies:
        for line in remedy.commands:
            answer = run_line(sim, line)
            assert "System error" not in answer or "System error 5024" in answer, (line, answer)
    config = sim.cluster.config
    assert {GroupState.ONLINE} == {sim.cluster.group_state(g.name) for g in config.groups}
    return (
        config.groups,
        [(r.private, r.restart_action, r.restart_threshold, r.restart_period_s,
          frozenset(r.possible_owners or config.nodes_by_name)) for r in config.resources],
    )  # fmt: skip


@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(ORDERS, ORDERS, st.integers(1, len(REMEDIES)))
def test_any_order_of_any_remedies_ends_in_the_same_state(
    order: list[int], other: list[int], count: int
):
    """Any of them, typed at the prompt in any two orders; every group is Online in the end."""
    chosen = order[:count]
    again = sorted(chosen, key=other.index)
    assert settings_after([REMEDIES[number] for number in chosen]) == settings_after(
        [REMEDIES[number] for number in again]
    )


def test_all_remedies_together_leave_nothing_to_remedy():
    """Each rule that has lines is kept when they were typed."""
    sim = Simulation(START.cluster)
    for remedy in REMEDIES:
        for line in remedy.commands:
            run_line(sim, line)
    assert [] == [one.sentence for one in inspect_cluster(sim.cluster).findings if one.commands]


def test_a_line_changes_one_property_and_none_that_is_read_only():
    """Kerberos is set in a visit of its own, with the outage it costs (KB 302389)."""
    (remedy,) = [r for r in REMEDIES if r.rule.id == "4" and r.subject == "EVS1 Network Name"]
    assert (
        'cluster resource "EVS1 Network Name" /offline /wait',
        'cluster resource "EVS1 Network Name" /priv RequireKerberos=1',
        'cluster group "EVS1" /online /wait',
    ) == remedy.commands
    assert remedy.remedy.endswith("EVS1 is offline for 1.9 min meanwhile, its clients cut off")
    for line in (line for found in REMEDIES for line in found.commands):
        assert len(re.findall(r"\w=", line)) <= 1
        assert not re.search("ResourceData|Status", line)


# --- what an import has seen ------------------------------------------------------------------


def judged(*left_out: str) -> Inspection:
    """Return the report of a cluster whose listings lack some files."""
    texts = {name: text for name, text in listing_texts(built()).items() if name not in left_out}
    found = import_found(listings_in(texts, "c"), "c")
    return inspect_cluster(found.cluster, seen=found.seen)


def ids(rules: object) -> set[str]:
    """Return the ids of rules, alone or with their subjects."""
    return {getattr(rule, "id", None) or rule[0].id for rule in rules}  # type: ignore[attr-defined]


def test_what_was_assumed_is_neither_kept_nor_wrong():
    """Without /listowners of groups nobody knows whether a home is set."""
    everything = judged()
    assert {"preferred-owners", "restarts"} <= ids(everything.passed)
    assert () == everything.assumed
    assert len(REMEDIES) > 20
    less = judged("group.txt", "resource prop.txt")
    assert {"preferred-owners", "failback", "restarts"} <= ids(less.assumed)
    assert not {"preferred-owners", "failback", "restarts"} & ids(less.passed)
    assert [] == [found for found in less.findings if found.rule.id == "preferred-owners"]
    assert "Assumed, not seen, so neither kept nor wrong:" in str(less)


def test_groups_that_are_not_online_come_first_and_a_missing_computer_object_is_found():
    """A Failed EVS is the first line of any checklist (KB 302389)."""
    private = (SENT / "private-properties-as-printed.txt").read_text().replace("Netname", "Name")
    rows = """Listing status for all available resources:

Resource             Group                Node            Status
-------------------- -------------------- --------------- ------
Disk Q:              Cluster Group        NODE1           Online
EVS1 Name            EVS1                 NODE1           Failed
"""
    found = import_found(listings_in({"a.txt": rows, "b.txt": private}, "c"), "c")
    report = inspect_cluster(found.cluster, seen=found.seen)
    assert str(report).startswith("Not Online: EVS1 (Failed)\n")
    (finding,) = [one for one in report.findings if one.rule.id == "name-status"]
    assert ("EVS1 Name", "StatusKerberos 8240") == (finding.subject, finding.value)
