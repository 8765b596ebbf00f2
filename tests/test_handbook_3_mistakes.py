"""Handbook 3, section 8: each ordering mistake, what comes of it, and the way back.

The mistakes are made in a run of the installation; "way back" means that the run can be finished.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from clusterlab import OperationRefused
from clusterlab.cluster.events import (
    AddNode,
    BringOnline,
    DeleteResource,
    EvictNode,
    MoveGroup,
    NodeFailed,
    StartNode,
    StopClusterService,
    TakeOffline,
)
from clusterlab.procedures import Plan, Run, installation


@cache
def run_until(key: str, nodes: int = 2, evs: int = 1) -> Run:
    """Return an installation with everything up to a task done as it should be."""
    run = Run(installation(Plan.standard(nodes=nodes, evs=evs)))
    return run if not key else run.do_rest(until=key)


def without(run: Run, *keys: str, until: str) -> Run:
    """Return *run* with all that is left up to *until* done, except *keys*."""
    for task in run.left():
        if task.short not in keys:
            run = run.do(task.key)
        if task.short == until:
            break
    return run


def refusal(run: Run, key: str, **choices: str) -> OperationRefused:
    """Return how a task is refused; nothing must have changed."""
    after = run.attempt(key, **choices)
    assert after.refusal is not None, f"{key} was not refused"
    assert run.situation.facts == after.situation.facts
    assert run.situation.minute == after.situation.minute
    assert run.cluster == after.cluster
    return after.refusal


def remarks(run: Run) -> list[str]:
    """Return the codes that the last task showed."""
    return [remark.code for remark in run.records[-1].remarks]


def is_finished(run: Run) -> bool:
    """Return whether the rest can be done and leaves every EVS Online and nothing wrong."""
    run = run.do_rest()
    sim = run.simulation()
    states = {group.name: sim.state(group.name).value for group in sim.cluster.config.groups}
    return set(states.values()) == {"Online"} and not run.harms and not run.left()


def test_m01_domainprep_before_forestprep_is_refused():
    """M01: DomainPrep before ForestPrep is refused; run A03, wait A04, run A05 again."""
    run = run_until("A02")
    error = refusal(run, "A05@D1")
    assert ("ERR-DP-ORDER", False) == (error.code, error.verbatim)
    assert is_finished(run.do("A03").do("A04").do("A05@D1"))


def test_m02_forestprep_in_the_wrong_domain_names_the_right_one():
    """M02: ForestPrep away from the schema master is refused and names the right domain."""
    run = run_until("A02")
    error = refusal(run, "A03", where="another domain")
    assert "ERR-FP-DOMAIN" == error.code
    assert "corp.example" in error.text
    assert is_finished(run.do("A03"))


def test_m03_the_next_step_before_replication_does_not_find_the_schema():
    """M03: after ForestPrep, a domain controller elsewhere lacks the schema; wait and retry."""
    run = run_until("A03")
    assert "ERR-SCHEMA-NOTREP" == refusal(run, "A05@D1").code
    assert is_finished(run.do("A04").do("A05@D1"))


def test_m04_a_forgotten_domain_stops_setup():
    """M04: the domain of the nodes forgotten in DomainPrep: Setup stops on the first node."""
    plan = replace(Plan.standard(nodes=2, evs=1), domains=("corp.example", "root.example"))
    run = without(Run(installation(plan)), "A05@D1", "A06@D1", "X04@N1", until="X03@N1")
    error = refusal(run, "X04@N1")
    assert "ERR-DP-MISSING" == error.code
    assert "corp.example" in error.text
    assert is_finished(run.do("A05@D1").do("A06@D1").do("X04@N1"))


@pytest.mark.parametrize(
    ("until", "key"), [("X01@N2", "H01@N1"), ("H01@N1", "H02@N2"), ("H02@N2", "H03@N1")]
)
def test_m05_two_nodes_beside_unprotected_disks_damage_them(until: str, key: str):
    """M05: two nodes on before the Cluster service exists: volumes damaged; format again (H01)."""
    run = run_until(until).do(key, powered="all nodes")
    assert ["ERR-CORRUPT"] == remarks(run)
    assert run.situation.facts["storage.damaged"]
    assert "PREREQ" == refusal(run, "C01@N1").code
    assert is_finished(run.do("H01@N1"))


def test_m06_a_cluster_without_shared_disk_gets_a_local_quorum_in_silence():
    """M06: storage off at C01: a Local Quorum, noticed when the second node is added."""
    run = run_until("H03@N1").do("C01@N1", storage="off")
    assert ([], ["ERR-LOCALQ"]) == (remarks(run), [harm.code for harm in run.harms])
    error = refusal(run, "C02@N2")
    assert ("ERR-LOCALQ", True) == (error.code, error.verbatim)
    seen = run.attempt("C02@N2")
    assert ((), ["ERR-LOCALQ"]) == (seen.harms, [harm.code for harm in seen.damages])
    assert is_finished(run.do("recover/M06@N1"))


def test_m06_dynamic_disks_have_the_same_end():
    """M06: dynamic disks are not offered; the wizard makes a Local Quorum (ERR-DYNAMIC)."""
    run = without(run_until("N06@N2"), until="X01@N2").do("H01@N1", disks="dynamic")
    run = run.do_rest(until="C01@N1")
    assert ["ERR-DYNAMIC"] == remarks(run)
    assert "Local Quorum" == run.cluster.config.quorum
    assert is_finished(run.do("recover/M06@N1").do("H01@N1"))


def test_m07_setup_before_the_cluster_makes_a_stand_alone_server():
    """M07: Setup before the node is in a cluster: a stand-alone server; uninstall, join, repeat."""
    run = without(run_until("C01@N1"), "C02@N2", until="X04@N1").do("X04@N2")
    assert ["ERR-STANDALONE"] == [r.code for r in run.records[-1].remarks if r.is_damage]
    run = run.do("C02@N2")
    assert "NODE2" in run.cluster.node_states
    assert "ERR-STANDALONE" == refusal(run, "X04@N2").code
    assert is_finished(run.do("recover/M07@N2"))


def test_m08_setup_before_msdtc_is_refused():
    """M08: Setup before MSDTC exists is refused; C06, then repeat X04."""
    run = without(run_until("C05"), "C06", "C07", until="X03@N1")
    assert "ERR-MSDTC" == refusal(run, "X04@N1").code
    assert is_finished(run.do("C06").do("X04@N1"))


def test_m08_setup_while_msdtc_is_offline_is_refused():
    """M08: MSDTC must be Online too; bring it online and repeat X04."""
    run = run_until("X03@N1").send(TakeOffline("MSDTC"))
    error = refusal(run, "X04@N1")
    assert ("ERR-MSDTC", "MSDTC is Offline.") == (error.code, error.because)
    assert is_finished(run.send(BringOnline("MSDTC")).do("X04@N1"))


def test_m09_setup_names_each_missing_component():
    """M09: a missing Windows component: refused with its name; X01 on this node, repeat."""
    run = run_until("N06@N1").do("X01@N1", components="SMTP, World Wide Web")
    run = run.do_rest(until="X03@N1")
    error = refusal(run, "X04@N1")
    assert "ERR-COMPONENT" == error.code
    assert "NNTP, ASP.NET" in error.text
    assert is_finished(run.do("X01@N1").do("X04@N1"))


def test_m10_setup_on_two_nodes_at_once_is_refused_for_the_second():
    """M10: the Setup started second is refused; let one finish, repeat the other."""
    run = run_until("X03@N2")
    assert "ERR-PARALLEL" == refusal(run, "X04@N2", when="while Setup runs on another node").code
    assert is_finished(run.do("X04@N2"))


def test_m11_setup_on_the_owner_of_the_cluster_group_moves_it():
    """M11: Setup recycles the Cluster service: a warning, and the Cluster Group moves."""
    run = run_until("C07")
    assert "NODE1" == run.cluster.owners["Cluster Group"]
    run = run.do("X04@N1")
    assert ["WARN-BUSYNODE"] == remarks(run)
    assert "NODE2" == run.cluster.owners["Cluster Group"]
    assert is_finished(run)


def test_m12_another_drive_on_the_second_node_is_refused():
    """M12: the installation drive must be the same on all nodes; choose the same one."""
    run = run_until("X03@N2")
    error = refusal(run, "X04@N2", drive="E:")
    assert ("ERR-PATH", "NODE1 has Exchange on D:.") == (error.code, error.because)
    assert is_finished(run.do("X04@N2"))


def test_m13_exchange_on_a_shared_disk_is_refused():
    """M13: a shared disk is refused; choose a local drive."""
    run = run_until("X03@N1")
    error = refusal(run, "X04@N1", drive="R:")
    assert ("ERR-PATH", "R: is a shared disk.") == (error.code, error.because)
    assert is_finished(run.do("X04@N1"))


def test_m14_a_system_attendant_before_exchange_has_no_type():
    """M14: before Exchange is on any node the type is not in the list; X04."""
    run = run_until("C07")
    for step in ("E01", "E02", "E03", "E04", "E05"):
        run = run.do(f"{step}@EVS1")
    assert "ERR-NOTYPE" == refusal(run, "E06@EVS1").code
    assert is_finished(run)


def test_m15_with_exchange_on_one_node_there_is_no_failover():
    """M15: System Attendant with Exchange on one node: possible owners are that node only."""
    run = without(run_until("X04@N1"), "X03@N2", "X04@N2", "X05@N1", "X05@N2", until="G02@EVS1")
    assert ["ERR-OWNER"] == [harm.code for harm in run.harms]
    sim = run.simulation()
    sim.fail_node("NODE1")
    sim.run()
    assert "Offline" == sim.state("EVS1").value
    assert ["ERR-OWNER"] == [harm.code for harm in run.send(NodeFailed("NODE1")).damages]
    assert "ERR-OWNER" == refusal(run, "G08@EVS1").code
    run = run.do("X03@N2").do("X04@N2").do("G03@EVS1")
    sim = run.simulation()
    sim.fail_node("NODE1")
    sim.run()
    assert ("NODE2", "Online") == (sim.owner("EVS1"), sim.state("EVS1").value)


@pytest.mark.parametrize("dependencies", ["the name alone", "the disks alone"])
def test_m16_missing_dependencies_are_refused_by_the_wizard(dependencies: str):
    """M16: without the Network Name or a disk as dependency the wizard refuses to continue."""
    run = run_until("E05@EVS1")
    assert "ERR-DEP" == refusal(run, "E06@EVS1", dependencies=dependencies).code
    assert is_finished(run.do("E06@EVS1"))


def test_m17_stores_on_a_local_disk_do_not_mount_elsewhere():
    """M17: data directory on C: works until the first move; relocate the paths (G04)."""
    run = run_until("E05@EVS1").do("E06@EVS1", data="C:\\exchsrvr").do_rest(until="E09@EVS1")
    sim = run.simulation()
    assert "Online" == sim.state("EVS1").value
    sim.move_group("EVS1", "NODE2")
    sim.run(until_s=600)
    assert "Failed" == sim.state("EVS1/IS").value or "NODE1" == sim.owner("EVS1")
    assert ["ERR-LOCALDATA"] == [harm.code for harm in run.harms]
    moved = run.send(MoveGroup("EVS1", "NODE2"))  # the cluster itself shows what was planted
    assert ((), ["ERR-LOCALDATA"]) == (moved.harms, [harm.code for harm in moved.damages])
    unrepaired = without(run, "G04@EVS1", until="G07@EVS1")
    error = refusal(unrepaired, "G08@EVS1")
    assert "ERR-LOCALDATA" == error.code
    assert "C:\\exchsrvr" in error.text
    assert is_finished(unrepaired.do("G04@EVS1"))


def test_m18_kerberos_cannot_be_ticked_while_the_name_is_online():
    """M18: 5023 while online; take the name offline, tick, bring online."""
    run = run_until("E02@EVS1").do("E03@EVS1", kerberos="not ticked")
    assert ["WARN-NOKERB"] == remarks(run)
    run = run.do_rest(until="E09@EVS1")
    error = refusal(run, "E03@EVS1")
    assert ("ERR-KERB-ONLINE", True) == (error.code, error.verbatim)
    assert "5023" in error.text
    run = run.send(TakeOffline("EVS1 Network Name")).do("E03@EVS1").send(BringOnline("EVS1"))
    assert () == run.damages
    assert is_finished(run)


@pytest.mark.parametrize("objects", ["cannot create them", "has used its ten"])
def test_m19_kerberos_needs_the_right_to_create_a_computer_object(objects: str):
    """M19: the account may not create the object: the name fails; grant the right and repeat."""
    run = run_until("A01").do("A02", objects=objects).do_rest(until="E04@EVS1")
    assert "ERR-KERB-RIGHTS" == refusal(run, "E05@EVS1").code
    assert is_finished(run.do("A02").do("E05@EVS1"))


def test_m20_the_evs_that_would_be_one_too_many_is_refused():
    """M20: EVS number n on n nodes is refused (n >= 3); add a node."""
    run = run_until("C02@N3", 4, 3)
    packs = [f"X05@N{number}" for number in range(1, 5)]
    run = without(run, "C02@N4", "X03@N4", "X04@N4", *packs, until="E05@EVS3")
    error = refusal(run, "E06@EVS3")
    assert "ERR-EVSCOUNT" == error.code
    assert "3 nodes supports at most 2" in error.text
    run = run.do("C02@N4").do("X03@N4").do("X04@N4").do("E06@EVS3").do("E08@EVS3")
    assert "Online" == run.simulation().state("EVS3").value


def test_m20_an_evs_on_an_occupied_node_fails_with_5018():
    """M20: an EVS brought online on a node that hosts another fails with 5018; move it."""
    run = run_until("E04@EVS2", 4, 3).do("E05@EVS2", node="NODE1").do("E06@EVS2")
    error = refusal(run, "E08@EVS2")
    assert ("ERR-5018", True) == (error.code, error.verbatim)
    assert is_finished(run.send(MoveGroup("EVS2", "NODE2")).do("E08@EVS2"))


def test_m20_a_test_that_moves_to_an_occupied_node_meets_5018():
    """M20: G08 with a target that hosts an EVS."""
    run = run_until("G07@EVS3", 4, 3)
    assert "ERR-5018" == refusal(run, "G08@EVS1", target="a node with an EVS").code
    assert is_finished(run)


def test_m21_the_owner_of_the_mta_is_removed_last():
    """M21: the first EVS cannot be removed before the others."""
    run = run_until("G08@EVS3", 4, 3)
    first = run.do("R01@EVS1").do("R02@EVS1")
    assert "ERR-REMOVE-MTA" == refusal(first, "R03@EVS1").code
    for evs in ("EVS3", "EVS2", "EVS1"):
        for step in ("R01", "R02", "R03"):
            run = run.do(f"{step}@{evs}")
    assert [] == [r for r in run.cluster.config.resources if r.type.short == "SA"]


def test_m22_plain_delete_leaves_the_server_object():
    """M22: Delete instead of Remove Exchange Virtual Server: the object stays in the directory."""
    run = run_until("G07@EVS1").do("R01@EVS1").do("R02@EVS1").do("R03@EVS1", method="Delete")
    assert ["ERR-ORPHAN"] == remarks(run)
    assert run.situation.facts["evs.EVS1.object"]
    recovered = run.do("E06@EVS1")  # the same name picks the object up again
    assert () == recovered.damages
    assert is_finished(recovered)
    removed = run.do("recover/M22@EVS1")
    assert (False, ()) == (removed.situation.facts["evs.EVS1.object"], removed.damages)


def test_m23_a_node_evicted_with_exchange_has_lost_its_types():
    """M23: evicted with Exchange installed, then joined again: uninstall, then X04."""
    run = run_until("G08@EVS1")
    for event in (StopClusterService("NODE2"), EvictNode("NODE2")):
        run = run.send(event)
    run = run.do("C02@N2")
    sim = run.simulation()
    sim.fail_node("NODE1")
    sim.run()
    assert "Online" != sim.state("EVS1").value
    run = run.do("X03@N2")
    assert "ERR-NOTYPE" == refusal(run, "X04@N2").code
    run = run.do("recover/M07@N2").do_rest()
    sim = run.simulation()
    sim.fail_node("NODE1")
    sim.run()
    assert ("NODE2", "Online") == (sim.owner("EVS1"), sim.state("EVS1").value)


def test_m23_a_node_that_was_added_by_hand_has_no_types_either():
    """M23: the way by which it joins again makes no difference."""
    run = run_until("G08@EVS1")
    for event in (
        StopClusterService("NODE2"),
        EvictNode("NODE2"),
        AddNode("NODE2"),
        StartNode("NODE2"),
    ):
        run = run.send(event)
    with pytest.raises(OperationRefused, match="NODE2"):
        run.send(MoveGroup("EVS1", "NODE2"))


def test_m24_an_evs_does_not_come_online_on_an_older_node():
    """M24: service pack on one node only: the EVS fails on the other; patch it, move again."""
    run = without(run_until("X05@N1"), "X05@N2", until="G07@EVS1")
    assert "ERR-VERSION" == refusal(run, "G08@EVS1").code
    sim = run.simulation()
    sim.move_group("EVS1", "NODE2")
    sim.run(until_s=600)
    assert "Online" != sim.state("EVS1").value or "NODE1" == sim.owner("EVS1")
    assert is_finished(run.do("X05@N2"))


def test_m25_an_evs_that_was_not_upgraded_does_not_follow_the_nodes():
    """M25: service pack after the EVS was made: Upgrade Exchange Virtual Server is needed."""
    run = without(run_until("X04@N2"), "X05@N1", "X05@N2", until="G07@EVS1")
    run = run.do("X05@N1")
    assert "ERR-VERSION" in [harm.code for harm in run.situation.harms]
    assert "NODE2" == run.cluster.owners["EVS1"]
    with_both = run.do("X05@N2")
    assert "ERR-VERSION" == refusal(with_both, "G08@EVS1").code
    assert is_finished(with_both.do("recover/M25@EVS1"))


def test_m26_the_service_pack_asks_for_its_hotfix():
    """M26: Exchange SP1 on Windows Server 2003 without KB 831464 is refused."""
    run = run_until("A06@D1")
    for node in ("N1", "N2"):
        run = run.do(f"N01@{node}", pack="none")
    run = run.do_rest(until="X04@N2")
    error = refusal(run, "X05@N1")
    assert "ERR-HOTFIX" == error.code
    assert "831464" in error.text
    assert is_finished(run.do("X02@N1").do("X02@N2").do("X05@N1"))


def test_m27_a_deleted_msdtc_is_missed_by_the_next_service_pack():
    """M27: MSDTC deleted after the installation: the next service pack refuses; C06 again."""
    run = run_until("X04@N2").send(TakeOffline("MSDTC")).send(DeleteResource("MSDTC"))
    assert "ERR-MSDTC" == refusal(run, "X05@N1").code
    assert is_finished(run.do("C06").do("X05@N1"))


def test_m28_the_heartbeat_adapter_first_stops_a_service_pack():
    """M28: Private first in the binding order: a warning now, ERR-BIND at service packs; N05."""
    run = run_until("N04@N1").do("N05@N1", first="Private")
    assert ["WARN-BIND"] == remarks(run)
    error = refusal(run.do_rest(until="X04@N2"), "X05@N1")
    assert "ERR-BIND" == error.code
    assert () == run.do("N05@N1").damages
    assert is_finished(run.do("N05@N1"))


def test_m29_a_host_header_set_in_the_iis_snap_in_disappears():
    """M29: the directory overwrites the metabase; make the change in Exchange System Manager."""
    run = run_until("G04@EVS1").do("G05@EVS1", tool="IIS snap-in")
    assert ["WARN-DS2MB"] == remarks(run)
    assert () == run.do("G05@EVS1").damages
    assert is_finished(run.do("G05@EVS1"))


def test_m30_hardening_before_the_test_hides_the_cause_of_faults():
    """M30: nodes hardened before the first test: unlink, restart, test, link again."""
    run = run_until("G07@EVS1").do("G06@EVS1").do("G09")
    assert "WARN-HARDEN" in [harm.code for harm in run.situation.harms]
    imap = "Exchange IMAP4 Virtual Server Instance - (EVS1)"
    assert 2 == len(run.cluster.config.resources_by_name[imap].defective_on)
    back = run.do("recover/M30")
    assert frozenset() == back.cluster.config.resources_by_name[imap].defective_on
    assert "G09" in [task.short for task in back.left()]
    assert is_finished(back)


def test_m31_an_evs_in_the_cluster_group_moves_the_quorum():
    """M31: resources in the Cluster Group: an Exchange failure moves quorum and MSDTC too."""
    run = run_until("X05@N2").do("E01@EVS1", group="Cluster Group")
    assert ["WARN-CLUSTERGROUP"] == remarks(run)
    run = run.do_rest(until="E04@EVS1")
    assert "Cluster Group" == run.cluster.config.resources_by_name["Disk R:"].group
    assert is_finished(run.do("recover/M31@EVS1"))
    shared = run.do_rest(until="E08@EVS1")
    assert "NOTHING" == refusal(shared, "recover/M31@EVS1").code
    moved = shared.send(NodeFailed("NODE1"))
    assert "NODE2" == moved.cluster.owners["Cluster Group"]


def test_m32_failback_at_once_is_a_second_interruption():
    """M32: each return of a failed node interrupts the EVS again; G02 prevents it."""
    run = run_until("G01@EVS1").do("G02@EVS1", failback="immediately")
    assert ["WARN-FAILBACK"] == remarks(run)
    owners = []
    for one in (run, run.do("G02@EVS1")):
        sim = one.simulation()
        sim.fail_node("NODE1")
        sim.run()
        sim.start_node("NODE1")
        sim.run()
        owners.append(sim.owner("EVS1"))
    assert ["NODE1", "NODE2"] == owners
    assert is_finished(run.do("G02@EVS1"))


def test_m33_smtp_removed_and_put_back_is_not_what_it_was():
    """M33: without Exchange's additions SMTP fails there; IIS away, back, and Setup again."""
    smtp = "Exchange SMTP Virtual Server Instance - (EVS1)"
    run = (
        run_until("E08@EVS1").do("X01@N2", components="NNTP, World Wide Web, ASP.NET").do("X01@N2")
    )
    assert frozenset({"NODE2"}) == run.cluster.config.resources_by_name[smtp].defective_on
    sim = run.simulation()
    sim.move_group("EVS1", "NODE2")
    sim.run()
    assert smtp in {entry.resource for entry in sim.log if entry.event_id == 1069}
    assert ("NODE1", "Online") == (sim.owner("EVS1"), sim.state("EVS1").value)
    assert "ERR-COMMON" == refusal(run, "recover/M33@N2", common="removed").code
    cured = run.do("recover/M33@N2")
    assert frozenset() == cured.cluster.config.resources_by_name[smtp].defective_on
    assert is_finished(cured)


@cache
def built_with(pack: str) -> Run:
    """Return an installation up to the test of the failover, on Windows with this service pack."""
    run = Run(installation(Plan.standard(nodes=2, evs=1)))
    for task in run.left():
        step, _, node = task.short.partition("@")
        run = run.do(f"X02@{node}") if step == "X05" else run
        run = run.do(task.key, **({"pack": pack} if step == "N01" else {}))
        if step == "G08":
            return run
    raise AssertionError("no test of the failover")


@pytest.mark.parametrize(
    ("pack", "before", "is_stopped"),
    [("none", "nothing", True), ("none", "hotfix 890761", False), ("SP1", "nothing", False)],
)
def test_g09_the_template_stops_services_without_hotfix_890761(pack, before, is_stopped):
    """5.7: without SP1 and hotfix a service does not start again; those that run go on."""
    run = built_with(pack).do("G09", before=before)
    assert is_stopped == ("WARN-NTLMV2" in remarks(run))
    assert "Up" == run.cluster.node_states["NODE2"].value
    run = run.send(StopClusterService("NODE2")).send(StartNode("NODE2"))
    assert ("Down" if is_stopped else "Up") == run.cluster.node_states["NODE2"].value
    if is_stopped:
        assert {1009, 7031} <= {entry.event_id for entry in run.records[-1].log}
        evicted = run.send(StopClusterService("NODE2")).send(EvictNode("NODE2"))
        assert "ERR-NTLMV2" == refusal(evicted, "C02@N2").code
        assert "" == run.do("G09").cluster.config.nodes_by_name["NODE2"].service_fault
