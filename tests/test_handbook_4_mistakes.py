"""Handbook 4, 4.11: each ordering mistake, what comes of it, and the recovery that is named."""

from functools import cache

import pytest

from clusterlab import ConfigError, OperationRefused
from clusterlab.cluster.events import (
    BringOnline,
    EvictNode,
    InterfaceLost,
    InterfaceRestored,
    MoveGroup,
    StopClusterService,
    TakeOffline,
)
from clusterlab.cluster.states import ActivityKind, GroupState, NodeState
from clusterlab.exchange.versions import ExchangeVersion, NodeWindows, attendant_of, evs_version
from clusterlab.procedures import Plan, Run
from clusterlab.procedures.catalogue import PROCEDURES
from clusterlab.procedures.paths import Source, source_named, way
from tests import handbook_4

SIZES = {"U4": (4, 3), "U4S": (4, 3), "CI3": (3, 2)}


@cache
def walked(path: str, until: str = "") -> Run:
    """Return a path with everything up to a task done as it should be."""
    nodes, evs = SIZES.get(path, (2, 1))
    run = Run(PROCEDURES[f"upgrade-{path.rstrip('3')}"](Plan.standard(nodes=nodes, evs=evs)))
    return run.do_rest(until=until) if until else run


def without(path: str, *skipped: str, before: str) -> Run:
    """Return a path with everything before a task done, except what is skipped."""
    run = walked(path)
    for task in run.left():
        if task.short == before:
            break
        if task.short not in skipped:
            run = run.do(task.key)
    return run


def refusal(run: Run, key: str, **choices: str) -> str:
    """Return the code with which a task is refused; nothing must have changed."""
    after = run.attempt(key, **choices)
    assert after.refusal is not None, f"{key} was not refused"
    assert (run.cluster, run.situation.facts) == (after.cluster, after.situation.facts)
    return str(after.refusal.code)


def codes(run: Run) -> list[str]:
    """Return the codes that the last task showed."""
    return [remark.code for remark in run.records[-1].remarks]


def state(run: Run, group: str = "EVS1") -> tuple[str, GroupState]:
    """Return owner and state of a group."""
    assert run.cluster is not None
    return run.cluster.owners[group], run.cluster.group_state(group)


def is_finished(run: Run) -> bool:
    """Return whether the rest can be done and leaves every group Online and nothing wrong."""
    run = run.do_rest()
    assert run.cluster is not None
    states = {run.cluster.group_state(group) for group in run.cluster.owners}
    return {GroupState.ONLINE} == states and not run.left() and not run.damages


def test_every_mistake_of_the_table_has_a_test():
    """25 mistakes, each with a test of its own here (4.11)."""
    numbers = [row[0] for row in handbook_4.tables("4.11")[0]]
    assert numbers == [str(number) for number in range(1, 26)]
    assert {int(number) for number in numbers} == {
        int(name[6:8]) for name in globals() if name.startswith("test_m") and name[6:8].isdigit()
    }


def test_m01_windows_before_exchange_stops():
    """Mistake 1: Windows Setup finds Exchange 2000 (UE-13); Exchange goes first (4.11)."""
    run = without("U2W", before="U2-01")
    assert "UE-13" == refusal(run, "W-05@N1")
    assert is_finished(run)


def test_m02_setup_on_a_node_that_owns_the_cluster_group():
    """Mistake 2: UE-04; move all groups, rerun (4.11)."""
    run = without("U2", "U2-01", before="U2-02")
    assert "UE-04" == refusal(run, "U2-02")
    assert is_finished(run.do("U2-01").do("U2-02"))


def test_m03_setup_with_msdtc_offline():
    """Mistake 3: UE-03; bring it online on another node, rerun (4.11)."""
    run = walked("U2", "U2-01").send(TakeOffline("MSDTC"))
    assert "UE-03" == refusal(run, "U2-02")
    assert is_finished(run.do("P13"))


def test_m04_a_node_below_service_pack_3():
    """Mistake 4: UE-02; a rolling SP3, whose EVS ends on the other node, then again (4.11)."""
    run = without("U2", "P05", before="U2-02")
    assert "UE-02" == refusal(run, "U2-02")
    assert is_finished(run.do("P05").do("U2-01"))


def test_m05_as_many_evss_as_nodes():
    """Mistake 5: UE-06, when the idle node of four is gone; the matrix says so before (4.11)."""
    run = without("U4", before="U4-1a").send(StopClusterService("NODE4")).send(EvictNode("NODE4"))
    assert "UE-06" == refusal(run, "U4-1c")
    what = Source(exchange=ExchangeVersion.E2000_SP3, windows=NodeWindows.W2000_SP4, nodes=3, evs=3)
    assert "UE-06" in way(what).because


def test_m06_moving_an_online_evs_to_the_upgraded_node():
    """Mistake 6: the SA fails there and an outage begins; SA offline, and upgrade it there."""
    run = walked("U2", "U2-03").do("U2-05")
    assert "upgrade-mistake/6" in codes(run)
    failed = [entry for entry in run.records[-1].log if entry.event_id == 1069]
    assert failed
    assert is_finished(run.do("U2-04").do("U2-05"))


def test_m07_moving_an_upgraded_evs_to_an_old_node():
    """Mistake 7: UE-01; move back, finish that node (4.11)."""
    run = walked("U2", "U2-08").do("U2-12")
    assert "UE-01" in codes(run)
    assert [entry for entry in run.records[-1].log if entry.event_id == 1003]
    if state(run)[0] == "NODE1":
        run = run.send(MoveGroup("EVS1", "NODE2"))
    assert ("NODE2", GroupState.ONLINE) == state(run)
    assert is_finished(run.do("U2-09").do("U2-10").do("U2-11").do("U2-12"))


def test_m08_two_evss_upgraded_at_once():
    """Mistake 8: UE-11; one of them is as before and is upgraded again, alone (4.11)."""
    run = walked("U4", "U4-1f").do("U4-1g", together="another EVS at the same time")
    assert ["UE-11"] == codes(run)
    assert run.cluster is not None
    version = evs_version(attendant_of(run.cluster.config, "EVS1"))
    assert ExchangeVersion.E2000_SP3 is version
    assert is_finished(run.do("U4-1g"))


def test_m09_the_command_with_the_network_name_offline():
    """Mistake 9: UE-12; name, address and disks online, repeat (4.11)."""
    run = walked("U2", "U2-05").send(TakeOffline("EVS1"))
    assert "UE-12" == refusal(run, "U2-07")
    for name in ("EVS1/Name", "Disk R:", "Disk S:"):
        run = run.send(BringOnline(name))
    assert is_finished(run)


def test_m10_all_nodes_first_and_the_evs_at_the_end():
    """Mistake 10: the EVS waits offline through the other Setup, thousands of seconds (4.11)."""
    run = walked("U2", "U2-06").do("U2-09")
    before_s = run.cluster.now_s
    run = run.do("U2-10")
    assert "upgrade-mistake/10" in codes(run)
    run = run.do("U2-11")
    assert GroupState.PARTIALLY_ONLINE is state(run)[1]
    assert run.cluster.now_s - before_s > 4000
    run = run.do("U2-07").do("U2-08")
    assert GroupState.ONLINE is state(run)[1]


def test_m11_the_last_old_node_while_an_old_evs_is_on_it():
    """Mistake 11: UE-04 as long as it owns the group; upgrade the EVS first (4.11)."""
    run = walked("U2", "U2-03")
    assert "UE-04" == refusal(run, "U2-10")
    assert is_finished(run)


def test_m12_a_component_that_2003_does_not_have():
    """Mistake 12: UE-07; remove it (4.11)."""
    run = without("U2", "P04", before="U2-02")
    assert "UE-07" == refusal(run, "U2-02")
    assert is_finished(run.do("P04"))


def test_m13_the_forestprep_of_exchange_2000_is_not_enough():
    """Mistake 13: UE-08; run that of 2003 (4.11)."""
    run = without("U2", "P08", "P09", before="U2-02").do("P08", which="2000").do("P09")
    assert "UE-08" == refusal(run, "U2-02")
    assert is_finished(run.do("P08"))


def test_m14_an_old_adc():
    """Mistake 14: replication stops; upgrade every ADC (4.11)."""
    run = without("U2", "P10", before="U2-02").do("U2-02")
    assert "upgrade-mistake/14" in codes(run)
    assert is_finished(run.do("P10"))


def test_m15_the_cluster_before_its_front_ends():
    """Mistake 15: UE-09, which nothing blocks; upgrade them now (4.11)."""
    run = without("U2", "P11", before="U2-02").do("U2-02")
    assert "UE-09" in codes(run)
    assert is_finished(run.do("P11"))


def test_m16_two_evss_parked_on_one_node():
    """Mistake 16: on 2000 a warning, from 2003 on UE-05; bring one home (4.11)."""
    run = walked("U4", "U4-1a").do("U4-2a")
    assert "upgrade-mistake/16" in codes(run)
    assert is_finished(run.send(MoveGroup("EVS2", "NODE2")))
    assert "UE-05" == refusal(walked("U4S", "U4S-2"), "U4S-3", node="NODE4")


def test_m17_the_first_2003_server_of_a_site_on_the_cluster():
    """Mistake 17: UE-15; install the stand-alone server first (4.11)."""
    run = without("M55", "M-09", "M-10", before="M-12")
    assert "UE-15" == refusal(run, "M-12")
    assert is_finished(run.do("M-09"))


@pytest.mark.parametrize("skipped", ["M-19", "M-15"])
def test_m18_the_old_server_goes_too_early(skipped: str):
    """Mistake 18: before users logged on, or before the connectors moved (4.11)."""
    run = without("M55", skipped, before="M-21").do("M-21")
    assert "upgrade-mistake/18" in codes(run)


def test_m19_settings_changed_while_windows_is_mixed():
    """Mistake 19: not supported; undo, finish the upgrade (4.11)."""
    run = without("W", before="W-08@EVS1")
    changed = run.do("W-08@EVS1", settings="yes")
    assert "upgrade-mistake/19" in codes(changed)
    assert is_finished(changed.undo())


def test_m20_back_to_an_older_windows():
    """Mistake 20: a planned move back is refused with UE-18; upgrade the other node (4.11)."""
    run = walked("W", "W-08@EVS1")
    with pytest.raises(OperationRefused, match="UE-18"):
        run.send(MoveGroup("EVS1", "NODE1"))
    assert is_finished(run)


def test_m21_the_service_pack_without_its_hotfix():
    """Mistake 21: it stops; hotfix, reboot, service pack (4.11)."""
    run = without("SP", "SP-04", before="SP-05")
    assert "upgrade-mistake/21" == refusal(run, "SP-05")
    assert is_finished(run.do("SP-04"))


def test_m22_full_text_indexes_not_paused():
    """Mistake 22: a full population of each index; afterwards one by one (4.11)."""
    run = without("U2", "P15", before="U2-07").do("U2-07")
    assert "upgrade-mistake/22" in codes(run)
    assert [] != [harm for harm in run.damages if harm.code == "upgrade-mistake/22"]


def test_m23_no_backup_before_the_upgrade_of_the_evs():
    """Mistake 23: there is no way back (4.11)."""
    run = without("U2", "P03", before="U2-07").do("U2-07")
    assert "upgrade-mistake/23" in codes(run)


def test_m24_kerberos_forgotten():
    """Mistake 24: RequireKerberos is 0 on Windows Server 2003; W-09 (4.11)."""
    run = without("W", "W-09@EVS1", before="W-10").do("W-10")
    assert "upgrade-mistake/24" in codes(run)
    run = run.do("W-09@EVS1")
    assert run.cluster is not None
    config = run.cluster.config
    name = config.resources_by_name[config.resource_name("EVS1/Name")]
    assert 1 == name.private["RequireKerberos"]


def test_m25_two_nodes_evicted_at_once():
    """Mistake 25: one node at a time (4.11)."""
    run = walked("CI3", "CI-01")
    assert "upgrade-mistake/25" == refusal(run, "CI-06@N1")
    assert is_finished(run)


def test_a_choice_that_does_not_exist_is_refused():
    """Only the nodes of the plan can be chosen as a target."""
    with pytest.raises(ConfigError, match="allowed"):
        walked("U2", "U2-04").do("U2-05", node="NODE9")


def test_a_node_can_be_taken_back_until_an_evs_was_upgraded_on_it():
    """Evict, rebuild with Exchange 2000 SP3; not after U2-07 (4.3.2)."""
    run = walked("U2", "U2-03")
    assert ["upgrade-U2-N2"] == [task.short for task in run.recoveries()]
    back = run.do("upgrade-U2-N2")
    assert back.cluster is not None
    assert "2000 SP3" == back.cluster.config.nodes_by_name["NODE2"].installed["Exchange"]
    assert {"U2-02", "U2-03"} <= {task.short for task in back.left()}
    assert is_finished(back)
    assert "PREREQ" == refusal(walked("U2", "U2-08"), "upgrade-U2-N2")


def test_the_first_guard_of_the_upgrade_that_fails_answers():
    """Two at once with disks and name offline: UE-11 comes before UE-12 (4.12)."""
    off = walked("U4", "U4-1f").send(TakeOffline("EVS1"))
    both = off.attempt("U4-1g", together="another EVS at the same time")
    assert (None, ["UE-11"]) == (both.refusal, codes(both))
    assert "UE-12" == refusal(off, "U4-1g")


def test_a_service_pack_waits_for_setup_on_another_node():
    """One node at a time, for service packs too (R11)."""
    assert "ERR-PARALLEL" == refusal(walked("SP", "SP-04"), "SP-05", beside="yes")


def test_what_is_decided_in_a_step_of_an_upgrade_counts():
    """No choice is offered that changes nothing; the usual answer may stand there twice (4.3)."""
    for path in ("U2", "U4", "SP", "W", "NC"):
        run = walked(path)
        for task in run.procedure.tasks:
            for choice in task.step.choices:
                results = {
                    result(run.attempt(task.key, **{choice.name: option}))
                    for option in task.options(choice.name)
                }
                assert len(results) > 1, (task.short, choice.name)
            run = run.do(task.key)


def result(run: Run) -> str:
    """Return what came of the last entry in words."""
    assert run.cluster is not None
    installed = [node.installed for node in run.cluster.config.nodes]
    facts = sorted(map(str, run.situation.facts.items()))
    return f"{run.refusal}, {codes(run)}, {facts}, {run.cluster.owners}, {installed}"


def test_a_node_that_comes_back_without_its_cables_is_no_node_that_is_up():
    """U2-03 ends when the node is Up; one that finds no cluster is said to find none (4.3.2)."""
    run = walked("U2", "U2-02").send(InterfaceLost("NODE2"))
    after = run.attempt("U2-03")
    assert after.refusal is not None
    assert "NODE2 is started, finds no cluster and can form none." == after.refusal.because
    assert run.cluster == after.cluster
    mended = run.send(InterfaceRestored("NODE2")).do("U2-03")
    assert NodeState.UP is mended.simulation().cluster.node_states["NODE2"]


def test_setup_on_a_node_that_has_not_joined_installs_a_stand_alone_server():
    """CI-04 before CI-03: no message, and Exchange unknown to the cluster (4.3.7; 3, M07)."""
    run = walked("CI", "CI-02").do("CI-04")
    assert ["ERR-STANDALONE", "ORDER"] == codes(run)
    joined = run.do("CI-03").do("CI-04").do_rest()
    assert ("NODE2", GroupState.ONLINE) == state(joined)


def test_an_evicted_node_is_no_place_for_setup_a_hotfix_or_a_pass():
    """What is done on a node of the cluster is refused for one that was evicted (4.3.7)."""
    done = {"U2": "U2-01", "HF": "HF-02@N2", "SP": "SP-04", "W": "W-04@N2"}
    keys = {"U2": "U2-02", "HF": "HF-03@N2", "SP": "SP-05", "W": "W-05@N2"}
    for path, until in done.items():
        refused = without_n2(walked(path, until)).attempt(keys[path]).refusal
        assert refused is not None
        assert "NODE2 was evicted, or has not joined." == refused.because
    assert "PREREQ" == refusal(without_n2(walked("U2")), "P05")


def without_n2(run: Run) -> Run:
    """Return a run with its second node evicted."""
    return run.send(StopClusterService("NODE2")).send(EvictNode("NODE2"))


def test_an_evs_that_waits_starts_on_the_node_that_gets_exchange():
    """In the middle of CI the only owner fails: the EVS goes to the new node as soon as that has
    Exchange, fails there, and is upgraded forward (4.3.7, 4.5.2).
    """
    run = walked("CI", "CI-03").send(StopClusterService("NODE1"))
    assert run.cluster is not None
    assert ActivityKind.AWAITING_OWNER is run.cluster.activities["EVS1"].kind
    assert "NODE2" == state(run.do("CI-04"))[0]


@pytest.mark.parametrize("path", ["M55", "SW"])
def test_nothing_is_tested_or_moved_before_there_is_an_evs(path: str):
    """Folders, mailboxes and the test of the failover want EVSs that are Online (4.6, 4.7)."""
    keys = {"M55": ("M-14", "M-16", "M-18"), "SW": ("SW-05", "SW-06", "SW-07")}[path]
    for key in keys:
        found = walked(path).attempt(key).refusal
        assert found is not None
        assert ("PREREQ", "EVS1 is not there.") == (found.code, found.because)
        assert walked(path).do_rest(until=key).refusal is None
    off = walked(path, keys[0]).send(TakeOffline("EVS1"))
    assert "PREREQ" == refusal(off, keys[2])


@pytest.mark.parametrize(
    ("agreements", "top", "is_refused"),
    [
        ("none", "to an account that is not in the directory", True),
        ("made", "to an account that is not in the directory", False),
        ("none", "to an account in the directory", False),
        ("none", "to no account", False),
    ],
)
def test_4_6_adc_tools_clicked_through(agreements: str, top: str, is_refused: bool):
    """Without agreements Setup fails if the site names somebody who is not in the directory."""
    run = without("M55", "M-07", "M-08", before="M-09")
    run = run.do("M-07", agreements=agreements, top=top).do("M-08")
    if is_refused:
        assert "ERR-TLF" == refusal(run, "M-09")
        run = run.do("M-07")
    assert "M-09" not in [task.short for task in run.do("M-09").left()]


@pytest.mark.parametrize("choice", ["right", "local"])
def test_4_3_9_a_pack_of_2000_needs_rights_of_the_account(choice: str):
    """P05 without a right of the Cluster service account: the System Attendant fails (2146)."""
    run = without("U2", "P05", before="U2-02")
    assert "ERR-ACCOUNT" == refusal(run, "P05", **{choice: "no"})
    assert "P05" not in [task.short for task in run.do("P05").left()]


def test_4_10_no_upgrade_of_a_node_to_windows_server_2008():
    """Not in place; both ways are named (4.1, 4.10)."""
    source = source_named("2003 SP2", "2003 SP2", nodes=4, evs=3)
    found = way(source, "Windows 2008")
    assert (False, ()) == (found.is_in_place, found.paths)
    assert all(word in found.because for word in ("new cluster", "evict", "Migrate a Cluster"))
