"""Handbook 4, 4.8: path NC, its order, what a wrong order does, and the ways back."""

import re
from functools import cache

import pytest

from clusterlab.cluster.events import TakeOffline
from clusterlab.cluster.states import GroupState
from clusterlab.procedures import Plan, Run, upgrade_path
from clusterlab.procedures.codes import codes as all_codes
from clusterlab.procedures.downtime import forecast
from clusterlab.procedures.runbook import runbook, runbook_markdown
from clusterlab.procedures.step import TaskState
from clusterlab.procedures.stepfiles import steps_of
from clusterlab.procedures.timeline import Timeline
from tests import handbook_4

NODE = "NODE1, a node of CLUS2"
STEPS = steps_of("connectors").steps
OF_NC, WAYS_BACK = STEPS[:9], STEPS[9:]


@cache
def nc(*tasks: str) -> Run:
    """Return path NC for two nodes and one EVS with these tasks done, "05" for "NC-05"."""
    run = Run(upgrade_path("NC", Plan.standard(nodes=2, evs=1)))
    for task in tasks:
        run = run.do(f"NC-{task}")
    return run


BUILT = ("01", "02", "03", "04")
CHANGED = (*BUILT, "05", "06")


def codes(run: Run) -> list[str]:
    """Return the codes that the last task showed."""
    return [remark.code for remark in run.records[-1].remarks]


def refusal(run: Run, key: str, **choices: str) -> str:
    """Return the code with which a task is refused; nothing must have changed."""
    after = run.attempt(key, **choices)
    assert after.refusal is not None, f"{key} was not refused"
    assert (run.cluster, run.situation.facts) == (after.cluster, after.situation.facts)
    return str(after.refusal.code)


def is_finished(run: Run) -> bool:
    """Return whether the rest can be done without a mistake, and nothing is wrong afterwards."""
    end = run.do_rest()
    assert end.cost().mistakes == run.cost().mistakes
    return not end.left() and not end.damages


# --- the path -----------------------------------------------------------------------------------


def test_nc_has_the_steps_of_the_sequence():
    """NC-01 to NC-09, each of which needs the one before it (4.8)."""
    text = handbook_4.section("4.8").partition("Sequence when")[2]
    ids = re.findall(r"(NC-\d\d) (?!before)", text.partition("Each step")[0])
    assert "Each step needs the one before it" in text
    assert ids == [step.id.partition("/")[2] for step in OF_NC]
    needs = [[f"{need.step}" for need in step.needs] for step in OF_NC]
    assert needs == [[], *([step.id] for step in OF_NC[:-1])]


@pytest.mark.parametrize(("nodes", "evs"), [(2, 1), (4, 3), (8, 7)])
def test_nc_can_be_walked_without_a_warning(nodes: int, evs: int):
    """At the end the old server is gone and every EVS is Online (4.8)."""
    run = Run(upgrade_path("NC", Plan.standard(nodes=nodes, evs=evs))).do_rest()
    assert run.cluster is not None
    states = {run.cluster.group_state(group) for group in run.cluster.owners}
    assert ({GroupState.ONLINE}, 0, ()) == (states, run.cost().mistakes, run.damages)
    assert run.situation.facts["old.removed"]


def test_the_cluster_is_there_before_the_connector_moves():
    """Mailboxes move to EVSs that are Online from the beginning (4.8)."""
    cluster = nc().cluster
    assert cluster is not None
    assert ("NODE1", GroupState.ONLINE) == (cluster.owners["EVS1"], cluster.group_state("EVS1"))


def test_mailboxes_move_to_each_evs():
    """One move for each EVS; the old server goes after the last of them (4.8)."""
    procedure = upgrade_path("NC", Plan.standard(nodes=4, evs=3))
    needed = [key.partition("/")[2] for key in procedure.task("NC-09").needs]
    assert ["NC-08@EVS1", "NC-08@EVS2", "NC-08@EVS3"] == needed


def test_no_evs_is_out():
    """The gateway and each user's mailbox are out for a while, an EVS is not (4.8)."""
    procedure = upgrade_path("NC", Plan.standard(nodes=4, evs=3))
    assert {"EVS1": 0, "EVS2": 0, "EVS3": 0} == forecast(procedure).downtime_s
    lanes = Timeline(Run(procedure).do_rest())
    assert [0, 0, 0] == [lanes.out_s(evs) for evs in ("EVS1", "EVS2", "EVS3")]
    assert [0, 0, 0] == [lanes.unprotected_s(evs) for evs in ("EVS1", "EVS2", "EVS3")]


def test_the_runbook_has_the_clients_names():
    """A runbook of nine steps, with the client's names in place of all braces (4.8)."""
    procedure = upgrade_path("NC", Plan.standard(nodes=2, evs=1))
    text = runbook_markdown(procedure)
    assert "Migration from a server with the Notes connector to a cluster: cluster CLUS2" in text
    assert "Do: Exchange Tasks > Move Mailbox to EVS1" in text
    assert "{" not in text
    machine = (
        "Which machine is to run the connector?",
        "S1, a stand-alone server without mailboxes",
    )
    assert machine == runbook(procedure).steps[0].decisions[0]


def test_a_saved_run_does_everything_again():
    """Choices, refusals, damage and ways back are kept (4.8)."""
    run = nc(*BUILT).attempt("NC-06", client="open on the server, to look at the mail")
    run = run.attempt("NC-09").do("NC-05").do("recover/NC-contacts").do_rest()
    again = Run.from_json(run.to_json())
    assert run.situation == again.situation
    assert run.cost() == again.cost()


# --- what is not supported ----------------------------------------------------------------------


def test_no_connector_on_a_node_of_the_cluster():
    """Neither Notes, GroupWise nor Calendar connector is supported on a cluster (4.8, R13)."""
    assert "upgrade-rule/R13" == refusal(nc(), "NC-01", where=NODE)
    assert "upgrade-rule/R13" == refusal(nc("01", "02"), "NC-03", where=NODE)


def test_a_node_is_refused_even_where_nothing_else_was_prepared():
    """That a node cannot have it comes before what else is missing (4.8, R13)."""
    assert "upgrade-rule/R13" == refusal(nc(), "NC-03", where=NODE)


def test_after_a_refusal_the_stand_alone_server_is_the_way():
    """Nothing was done to the cluster; the path goes on with S1 (4.8)."""
    run = nc().attempt("NC-01", where=NODE)
    assert 1 == run.cost().mistakes
    assert is_finished(run)


def test_the_connector_is_best_without_mailboxes_beside_it():
    """A server that has mailboxes works, with a warning; a server of its own repairs it (4.8)."""
    run = nc().do("NC-01", where="a stand-alone server with mailboxes")
    assert ["NC-SHARED"] == codes(run)
    assert TaskState.HARMED is run.state("NC-01")
    for task in BUILT[1:]:
        run = run.do(f"NC-{task}")
    run = run.do("NC-01")
    assert {"NC-02", "NC-03", "NC-04"} <= {task.short for task in run.left()}
    assert is_finished(run)


def test_the_client_comes_before_the_connector():
    """The connector is a service that uses an installed Notes client (4.8)."""
    assert "NC-NOCLIENT" == refusal(nc("01"), "NC-03")
    assert is_finished(nc("01").attempt("NC-03"))


def test_the_first_connector_of_the_organization_wants_the_right_at_its_level():
    """Exchange Full Administrator of the organization, not of the administrative group (4.8)."""
    right = "Exchange Full Administrator of the administrative group"
    run = nc("01", "02")
    assert "UE-10" == refusal(run, "NC-03", account=right)
    assert is_finished(run.attempt("NC-03", account=right))


def test_a_later_connector_wants_the_right_of_the_administrative_group_only():
    """When one has been installed in the organization, the next one is not the first (4.8)."""
    run = nc().do("NC-01", where="a stand-alone server with mailboxes").do("NC-02").do("NC-03")
    run = run.do("NC-01").do("NC-02")
    right = "Exchange Full Administrator of the administrative group"
    assert [] == codes(run.do("NC-03", account=right))


def test_the_notes_client_is_not_used_on_the_server_while_the_connector_runs():
    """It works, with a warning; close it and start the connector again (4.8)."""
    run = nc(*BUILT, "05").do("NC-06", client="open on the server, to look at the mail")
    assert ["NC-INTERACTIVE"] == codes(run)
    assert TaskState.HARMED is run.state("NC-06")
    assert is_finished(run.do("NC-06"))


# --- out of order -------------------------------------------------------------------------------


def test_both_connectors_with_the_same_address_space_synchronize_twice():
    """NC-06 before NC-05 is done and doubles synchronization (4.8)."""
    run = nc(*BUILT, "06")
    assert ["NC-DOUBLE"] == codes(run)
    assert "double" == run.situation.facts["contacts"]
    assert TaskState.HARMED is run.state("NC-06")


def test_the_way_back_from_double_synchronization():
    """Stop the old connector, then delete what is double and synchronize again (4.8)."""
    run = nc(*BUILT, "06")
    assert "PREREQ" == refusal(run, "recover/NC-contacts")
    assert () == run.recoveries()
    run = run.do("NC-05")
    assert ["NC-contacts"] == [task.short for task in run.recoveries()]
    assert is_finished(run.do("recover/NC-contacts"))


def test_starting_again_does_not_take_doubles_away():
    """As long as nobody has cleaned up, a new start finds them again (4.8)."""
    run = nc(*BUILT).do("NC-06", client="open on the server, to look at the mail").do("NC-05")
    assert ["NC-DOUBLE"] == codes(run.do("NC-06"))
    assert is_finished(run.do("NC-06").do("recover/NC-contacts"))


def test_the_old_server_before_its_connector_orphans_the_contacts():
    """NC-09 before NC-07 is done and orphans synchronized contacts (4.8)."""
    run = nc(*CHANGED).do("NC-08@EVS1").do("NC-09")
    assert ["NC-ORPHANS"] == codes(run)
    assert "orphaned" == run.situation.facts["contacts"]
    run = run.do("NC-07")
    assert is_finished(run.do("recover/NC-contacts"))


def test_the_old_server_does_not_go_with_mailboxes_on_it():
    """NC-09 before NC-08 is refused; with three EVSs before the last of them too (4.8)."""
    assert "NC-MAILBOXES" == refusal(nc(*CHANGED, "07"), "NC-09")
    run = Run(upgrade_path("NC", Plan.standard(nodes=4, evs=3))).do_rest(until="NC-08@EVS2")
    assert "NC-MAILBOXES" == refusal(run, "NC-09")
    assert is_finished(run)


def test_no_connector_runs_when_the_old_one_goes_first():
    """NC-07 before NC-06: mail between Notes and Exchange waits until the new one runs (4.8)."""
    run = nc(*BUILT, "05", "07")
    assert ["NC-STOPS"] == codes(run)
    assert TaskState.HARMED is run.state("NC-07")
    assert is_finished(run)


def test_the_queues_are_empty_before_the_old_connector_is_deleted():
    """NC-05 waits for them; what is still in them at NC-07 is deleted, and sent again (4.8)."""
    run = nc(*BUILT).do("NC-05", queues="continue while mail is in them").do("NC-06").do("NC-07")
    assert ["NC-QUEUES"] == codes(run)
    assert ["NC-mail"] == [task.short for task in run.recoveries()]
    assert is_finished(run.do("recover/NC-mail"))


def test_until_the_old_connector_is_deleted_its_queues_can_still_empty():
    """NC-05 can be done again, and then nothing is lost (4.8)."""
    run = nc(*BUILT).do("NC-05", queues="continue while mail is in them").do("NC-06").do("NC-05")
    assert is_finished(run)


def test_the_old_connector_is_stopped_last_before_the_new_one_starts():
    """NC-05 before NC-04 only warns: mail waits for longer than it had to (4.8)."""
    run = nc("01", "02", "03", "05")
    assert ["ORDER"] == codes(run)
    assert is_finished(run)


def test_a_connector_without_configuration_cannot_be_started():
    """NC-06 before NC-04 is refused: it has no address space (4.8)."""
    assert "PREREQ" == refusal(nc("01", "02", "03", "05"), "NC-06")


def test_what_is_gone_need_not_be_stopped():
    """After NC-07 nothing is left that could synchronize twice: NC-06 goes on (4.8)."""
    assert [] == codes(nc(*BUILT, "07").do("NC-06"))


def test_a_new_server_begins_without_configuration():
    """What was copied to the server with mailboxes is not on the one in its place (4.8)."""
    run = nc().do("NC-01", where="a stand-alone server with mailboxes")
    run = run.do("NC-02").do("NC-03").do("NC-04").do("NC-01")
    assert "PREREQ" == refusal(run, "NC-06")


def test_orphaned_contacts_come_back_with_a_connector_that_runs():
    """The clean-up synchronizes all again, so it waits for NC-06 (4.8)."""
    run = nc(*BUILT, "05", "08@EVS1", "09")
    assert ["NC-ORPHANS", "NC-STOPS"] == codes(run)
    assert "PREREQ" == refusal(run, "recover/NC-contacts")
    assert is_finished(run.do("NC-06").do("recover/NC-contacts"))


def test_mailboxes_before_the_change_over_only_warn():
    """NC-08 before NC-07: the sequence has it later, and nothing breaks (4.8)."""
    run = nc(*BUILT, "08@EVS1")
    assert ["ORDER"] == codes(run)
    assert is_finished(run)


def test_mailboxes_move_to_an_evs_that_is_online():
    """An EVS that is out takes no mailboxes (4.8)."""
    run = nc(*CHANGED, "07").send(TakeOffline("EVS1"))
    assert "PREREQ" == refusal(run, "NC-08@EVS1")


# --- the words ----------------------------------------------------------------------------------


def test_what_is_not_in_the_handbook_is_marked_as_derived():
    """Consequences that 4.8 does not name itself say so in their source (4.8)."""
    own = {code: row for code, row in all_codes().items() if code.startswith("NC-")}
    stated = {"NC-SHARED", "NC-NOCLIENT", "NC-INTERACTIVE"}
    assert set(own) - stated == {code for code, row in own.items() if "derived" in row.source}
    assert not [code for code, row in own.items() if row.is_verbatim]
    assert all("derived" in step.source for step in WAYS_BACK)


def test_nothing_to_repair_is_said_where_nothing_is_wrong():
    """The ways back are refused on a path without a mistake (4.8)."""
    run = nc(*CHANGED, "07")
    assert ["NOTHING", "NOTHING"] == [refusal(run, step.id) for step in WAYS_BACK]
