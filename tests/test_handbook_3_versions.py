"""Handbook 3, X04, X05 and 3.6: which Exchange nodes and EVSs have as they are installed."""

from dataclasses import replace

import pytest

from clusterlab.cluster.events import AddNode, EvictNode, MoveGroup, StopClusterService
from clusterlab.cluster.states import GroupState, Windows
from clusterlab.exchange.versions import (
    ExchangeVersion,
    NodeWindows,
    attendant_of,
    evs_version,
    last_windows,
    node_version,
    node_windows,
)
from clusterlab.procedures import Plan, Run, installation, upgrade_path
from clusterlab.procedures.checklist import inspect_cluster
from clusterlab.procedures.upgrade_start import before_service_pack, before_windows
from tests.test_handbook_3_mistakes import refusal, run_until, without

RTM, SP1, SP2 = (ExchangeVersion(text) for text in ("2003", "2003 SP1", "2003 SP2"))


def on_nodes(run: Run) -> list[ExchangeVersion | None]:
    """Return the Exchange of each node."""
    return [node_version(node) for node in run.cluster.config.nodes]


def windows(run: Run) -> list[NodeWindows | None]:
    """Return the Windows of each node."""
    return [node_windows(node) for node in run.cluster.config.nodes]


def of_evs(run: Run, evs: str = "EVS1") -> ExchangeVersion | None:
    """Return the version of an EVS."""
    return evs_version(attendant_of(run.cluster.config, evs))


def without_packs(until: str) -> Run:
    """Return an installation on which nobody has run a service pack of Exchange."""
    return without(run_until("X04@N2"), "X05@N1", "X05@N2", until=until)


def test_setup_and_service_packs_put_exchange_on_one_node_after_the_other():
    """A node has none, then Exchange 2003 (X04), then its service pack (X05)."""
    seen = [on_nodes(run_until(key)) for key in ("X03@N1", "X04@N1", "X04@N2", "X05@N1", "X05@N2")]
    assert [[None, None], [RTM, None], [RTM, RTM], [SP2, RTM], [SP2, SP2]] == seen
    assert [SP1, RTM] == on_nodes(run_until("X04@N2").do("X05@N1", pack="SP1"))


@pytest.mark.parametrize(
    ("product", "pack", "expected"),
    [
        (Windows.WS2003, "SP2", "2003 SP2"),
        (Windows.WS2003, "SP1", "2003 SP1"),
        (Windows.WS2003, "none", "2003"),
        (Windows.W2K, "SP4", "2000 SP4"),
        (Windows.W2K, "SP3", "2000 SP3"),
        (Windows.W2K, "none", "2000"),
    ],
)
def test_a_node_brings_its_windows_into_the_cluster(product: Windows, pack: str, expected: str):
    """What N01 installed is the Windows of the node from C01 or C02 on."""
    run = Run(installation(Plan.standard(nodes=2, evs=1, windows=product)))
    run = run.do("P01").do("P02").do("N01@N1", pack=pack).do_rest(until="C02@N2")
    right = NodeWindows.W2003_SP2 if product is Windows.WS2003 else NodeWindows.W2000_SP4
    assert [NodeWindows(expected), right] == windows(run)


def test_a_later_service_pack_of_windows_counts_too():
    """N01 done again on a node of the cluster changes its Windows."""
    run = run_until("P02").do("N01@N2", pack="SP1").do_rest(until="C02@N2")
    assert [NodeWindows.W2003_SP2, NodeWindows.W2003_SP1] == windows(run)
    assert [NodeWindows.W2003_SP2] * 2 == windows(run.do("N01@N2"))


@pytest.mark.parametrize(("home", "expected"), [("NODE1", SP2), ("NODE2", RTM)])
def test_an_evs_has_the_version_of_the_node_on_which_it_was_made(
    home: str, expected: ExchangeVersion
):
    """E06 writes the version of its node, and E08 notes the Windows (handbook 4, 4.0.1)."""
    run = without(run_until("X05@N1"), "X05@N2", until="E04@EVS1").do("E05@EVS1", node=home)
    run = run.do("E06@EVS1")
    assert expected is of_evs(run)
    assert NodeWindows.W2003_SP2 is last_windows(
        attendant_of(run.do("E08@EVS1").cluster.config, "EVS1")
    )


def test_an_evs_that_is_made_on_a_node_without_exchange_has_that_of_its_possible_owner():
    """M15 the other way round: the group is on NODE1, and NODE2 alone has Exchange."""
    run = run_until("X01@N2")
    run = without(run, "X03@N1", "X04@N1", "X05@N1", "X05@N2", until="E05@EVS1")
    assert [None, RTM] == on_nodes(run)
    assert RTM is of_evs(run.do("E06@EVS1"))


def test_the_finished_installation_has_one_version():
    """Nodes and EVSs have Exchange 2003 SP2, and the checklist finds it so (5.8 row 12)."""
    run = run_until("", nodes=3, evs=2).do_rest()
    assert [SP2] * 3 == on_nodes(run)
    assert [SP2] * 2 == [of_evs(run, evs) for evs in ("EVS1", "EVS2")]
    inspection = inspect_cluster(run.cluster, run.situation.facts)
    assert "the build" in {rule.title for rule in inspection.passed}


def test_m24_says_the_words_of_ue_01():
    """M24: the System Attendant of a newer EVS fails on the older node (handbook 4, 4.0.3)."""
    sim = without(run_until("X05@N1"), "X05@N2", until="G07@EVS1").simulation()
    sim.move_group("EVS1", "NODE2")
    sim.run(until_s=600)
    reasons = [change.because for outcome in sim.history for change in outcome.changes]
    words = "version of Exchange on this machine does not match the version of Exchange server EVS1"
    assert any(words in text and "(UE-01)" in text for text in reasons)


def test_m24_is_not_repaired_by_upgrading_the_evs():
    """A newer EVS on an older node has nothing to upgrade: the node is patched (M24)."""
    run = without(run_until("X05@N1"), "X05@N2", until="G07@EVS1")
    assert "NOTHING" == refusal(run, "recover/M25@EVS1").code
    moved = run.send(StopClusterService("NODE1"))
    assert "NODE2" == moved.cluster.owners["EVS1"]
    assert GroupState.FAILED is moved.cluster.group_state("EVS1")
    assert "NOTHING" == refusal(moved, "recover/M25@EVS1").code


def test_m25_the_way_is_forward_on_the_newer_node():
    """M25: the EVS has failed on the patched node; the command brings it to that version."""
    run = without_packs("G07@EVS1").do("X05@N1").send(StopClusterService("NODE2"))
    assert GroupState.FAILED is run.cluster.group_state("EVS1")
    run = run.do("recover/M25@EVS1")
    assert (SP2, GroupState.ONLINE) == (of_evs(run), run.cluster.group_state("EVS1"))


def test_a_service_pack_older_than_the_evs_does_not_fit_either():
    """X05 with SP1 where the EVS has SP2: planted, and shown by G08 (ERR-VERSION)."""
    run = without(run_until("X05@N1"), "X05@N2", until="G07@EVS1").do("X05@N2", pack="SP1")
    assert ["ERR-VERSION"] == [harm.code for harm in run.harms]
    error = refusal(run, "G08@EVS1")
    assert "NODE2 has 2003 SP1; EVS1 has 2003 SP2." == error.because
    assert "NOTHING" == refusal(run, "recover/M25@EVS1").code


def test_an_uninstalled_or_evicted_node_has_no_exchange():
    """R08 takes it away; what is left on an evicted node the cluster does not know (M23)."""
    done = run_until("", nodes=3, evs=2).do_rest()
    assert [SP2, SP2, None] == on_nodes(done.do("remove/R07@N3").do("remove/R08@N3"))
    gone = done.send(StopClusterService("NODE3")).send(EvictNode("NODE3"))
    back = gone.send(AddNode("NODE3"))
    assert ("left over", None) == (
        back.situation.facts["node.NODE3.exchange"],
        on_nodes(back)[-1],
    )


def test_a_service_pack_path_goes_on_from_a_finished_installation():
    """The installed cluster without a service pack is where path SP begins (4, 4.3.9)."""
    built, path = without_packs("G10"), upgrade_path("SP", Plan.standard(nodes=2, evs=1))
    facts = {**built.situation.facts, **before_service_pack(path.plan).facts}
    start = replace(built.situation, facts=facts, harms=())
    run = Run(replace(path, start=lambda plan: start)).do_rest()
    assert [SP1, SP1] == on_nodes(run)
    assert SP1 is of_evs(run)
    assert GroupState.ONLINE is run.cluster.group_state("EVS1")
    moved = run.send(MoveGroup("EVS1", "NODE2"))
    assert GroupState.ONLINE is moved.cluster.group_state("EVS1")


def test_an_upgrade_of_windows_goes_on_from_a_finished_installation():
    """On Windows 2000 the installation is where path W begins; N01 takes nothing back (4, 4.4)."""
    plan = Plan.standard(nodes=2, evs=1, windows=Windows.W2K)
    built, path = Run(installation(plan)).do_rest(), upgrade_path("W", plan)
    facts = {**built.situation.facts, **before_windows(path.plan).facts}
    start = replace(built.situation, facts=facts)
    run = Run(replace(path, start=lambda plan: start)).do_rest()
    assert [NodeWindows.W2003] * 2 == windows(run)
    assert GroupState.ONLINE is run.cluster.group_state("EVS1")
