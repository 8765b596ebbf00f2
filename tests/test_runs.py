"""Runs of procedures as values: what is available, undo, branches, saving, and bad input."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from dataclasses import FrozenInstanceError
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterlab import ConfigError, OperationRefused
from clusterlab.cluster.events import (
    AddNode,
    CreateResource,
    InterfaceLost,
    MoveGroup,
    NodeFailed,
    SetProperties,
    StartNode,
    TakeOffline,
)
from clusterlab.procedures import Plan, Run, installation, removal
from clusterlab.procedures.step import TaskState


def start(nodes: int = 2, evs: int = 1) -> Run:
    """Return a run in which nothing was done."""
    return Run(installation(Plan.standard(nodes=nodes, evs=evs)))


@cache
def eventful() -> Run:
    """Return a run with wrong choices, a refusal, events of each kind and a way back."""
    run = start().do_rest(until="H03@N1").do("C01@N1", storage="off").attempt("C02@N2")
    run = run.do("recover/M06@N1").do_rest(until="E08@EVS1")
    run = run.send(MoveGroup("EVS1", "NODE2")).send(NodeFailed("NODE1")).send(StartNode("NODE1"))
    run = run.send(SetProperties("EVS1", {"preferred_owners": ("NODE2",)}))
    return run.do("G02@EVS1", failback="immediately").do_rest(until="G05@EVS1")


def test_available_blocked_and_done_tasks_are_all_of_them():
    """Each counted task is in exactly one of the three."""
    run = start()
    for key in ("P01", "A02", "P02", "N01@N2"):
        run = run.do(key)
        available = {task.key for task in run.available()}
        blocked, done = set(run.blocked()), set(run.situation.done)
        assert {task.key for task in run.procedure.tasks} == available | blocked | done
        assert len(run.procedure.tasks) == len(available) + len(blocked) + len(done)


def test_a_blocked_task_says_what_comes_first():
    """Each reason names the step, and whether breaking the order is refused or warned of."""
    reasons = start().blocked()["install/X04@N1"]
    needs = start().procedure.task("X04@N1").needs
    assert "ERR-DP-MISSING" == needs["install/A06@D1"].code
    assert "A06@D1 must be done first" in reasons["install/A06@D1"]
    should = "X03@N1 should be done first: Empty the node before Setup (NODE1)."
    assert should == reasons["install/X03@N1"]


def test_the_state_of_a_task_is_a_word():
    """Done, available, blocked, harmed."""
    run = start().do("P01")
    assert TaskState.DONE is run.state("P01")
    assert TaskState.AVAILABLE is run.state("A02")
    assert TaskState.BLOCKED is run.state("G10")
    run = run.do("P02").do("N01@N1").do("N02@N1", role="domain controller")
    assert TaskState.HARMED is run.state("N02@N1")
    assert TaskState.DONE is run.do("N02@N1").state("N02@N1")


def test_a_run_is_a_frozen_value():
    """Doing something leaves the run as it was, so that runs can be branched and compared."""
    run = start().do("P01")
    one, two = run.do("P02"), run.do("A02")
    assert ["P02"] == [entry.key.partition("/")[2] for entry in one.entries[1:]]
    assert ["A02"] == [entry.key.partition("/")[2] for entry in two.entries[1:]]
    assert one.undo() == run == two.undo()
    with pytest.raises(FrozenInstanceError):
        run.records = ()  # type: ignore[misc]


def test_undo_takes_back_the_cluster_too():
    """The situation before is the situation that it was."""
    before = eventful()
    assert before == before.do("G07@EVS1").undo()
    with pytest.raises(ConfigError, match="nothing to undo"):
        start().undo()


def test_cost_counts_minutes_and_what_went_wrong():
    """A refusal costs no minutes and one mistake; a warning is a mistake as well."""
    run = start().do("P01").attempt("A05@D1")
    assert (60, 1) == run.cost()
    assert (60, 2) == run.attempt("A05@D1").cost()


def test_cost_counts_a_planted_harm_when_it_shows():
    """A data directory on C: is no mistake until the stores do not mount on another node."""
    run = until("E05@EVS1").do("E06@EVS1", data="C:\\exchsrvr").do("E08@EVS1")
    moved = run.send(MoveGroup("EVS1", "NODE2"))
    assert (0, 1) == (run.cost().mistakes, moved.cost().mistakes)
    assert 1 == moved.attempt("G08@EVS1").cost().mistakes - moved.cost().mistakes


def test_lines_are_what_is_typed_and_run():
    """The cluster.exe lines of a task are those that its record keeps."""
    run = start().do_rest(until="E03@EVS1")
    lines = run.lines("E04@EVS1")
    assert lines[0] == 'cluster res "Disk R:" /moveto:"EVS1"'
    assert lines == run.do("E04@EVS1").records[-1].lines
    assert ("dcdiag /f:dcdiag.log /s:<domain controller>",) == run.lines("A01")


def test_the_log_is_that_of_the_cluster():
    """Moving the Cluster Group round logs what the Cluster service logs."""
    run = start().do_rest(until="C05")
    assert {1200, 1201, 1203, 1204} <= {entry.event_id for entry in run.log}


@pytest.mark.parametrize("make", [start, eventful, lambda: Run(removal(Plan.standard(2, 1)))])
def test_a_saved_run_is_the_run(make: Any):
    """Replayed, a run has the same situation, records and cost."""
    run = make()
    again = Run.from_json(run.to_json())
    assert run.situation == again.situation
    assert run.entries == again.entries
    assert run.cost() == again.cost()


def test_optional_steps_are_saved_as_well():
    """A run that counts the optional steps counts them when it is read."""
    run = Run(installation(Plan.standard(nodes=2, evs=1), with_optional=True)).do("P01")
    assert run.procedure == Run.from_json(run.to_json()).procedure


def test_a_run_can_be_pickled():
    """Records, refusals and the cluster survive."""
    again = pickle.loads(pickle.dumps(eventful()))
    assert eventful().situation == again.situation
    assert [str(r.refusal) for r in eventful().records] == [str(r.refusal) for r in again.records]


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """When writing fails the old file is as it was, and nothing lies about."""
    path = tmp_path / "run.json"
    start().do("P01").save(path)

    def fail(*arguments: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("clusterlab.tomlfiles.files.os.replace", fail)
    with pytest.raises(ConfigError, match="disk full"):
        start().do("P01").do("P02").save(path)
    assert ["run.json"] == [item.name for item in tmp_path.iterdir()]
    assert 1 == len(Run.load(path).entries)


# --- bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("install/Z99", "there is no step 'install/Z99'"),
        ("X04@N3", "not done for 'N3' in this plan; allowed: X04@N1, X04@N2"),
        ("E01@EVS2", "not done for 'EVS2' in this plan; allowed: E01@EVS1"),
        ("E01", "allowed: E01@EVS1"),
        ("", "there is no step ''"),
    ],
)
def test_an_unknown_task_is_refused_with_what_there_is(key: str, message: str):
    """An unknown step, or one for a node or EVS that does not exist."""
    with pytest.raises(ConfigError, match=message):
        start().do(key)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"colour": "red"}, "A03 has no choice 'colour'; allowed: where, rights"),
        ({"where": "here"}, "where of A03 is 'here'; allowed: 'the domain of the schema master'"),
    ],
)
def test_an_unknown_choice_is_refused_with_what_there_is(choices: dict[str, str], message: str):
    """A choice that the dialogue does not have."""
    with pytest.raises(ConfigError, match=message):
        start().do_rest(until="A01").do("A03", **choices)


def test_what_was_done_rightly_is_not_done_twice():
    """Done again it is refused and nothing is lost; settings can be set again."""
    run = start().do_rest(until="G01@EVS1")
    with pytest.raises(OperationRefused, match="C06 is done already"):
        run.do("C06")
    assert (
        "NODE2" == run.do("G01@EVS1", owners="NODE2").situation.facts["evs.EVS1.preferred_owners"]
    )


@pytest.mark.parametrize("key", ["P01", "A01", "N03@N1", "X01@N2"])
def test_a_setting_is_not_set_twice_to_the_same(key: str):
    """Done again with the same answers it is refused; with other answers it is done."""
    run = start().do_rest(until="C05")
    again = run.attempt(key)
    assert ("DONE", run.situation) == (again.refusal.code, again.situation)
    leased = run.do("N03@N1", address="leased (DHCP)")
    assert leased.do("N03@N1").situation.done["install/N03@N1"]


def test_a_line_that_the_cluster_refuses_changes_nothing():
    """A name that is no node is refused by cluster.exe, and the step has not begun."""
    run = start().do_rest(until="E09@EVS1")
    after = run.attempt("G01@EVS1", owners="NODE9")
    assert after.refusal is not None
    assert run.situation == after.situation


def test_there_is_nothing_to_send_to_before_the_cluster():
    """Events and the simulation need a cluster."""
    with pytest.raises(ConfigError, match="no cluster yet"):
        start().send(NodeFailed("NODE1"))
    with pytest.raises(ConfigError, match="no cluster yet"):
        start().simulation()


def test_a_refused_event_leaves_the_run():
    """What the product refuses is raised, and the run has no new record."""
    run = start().do_rest(until="C05")
    with pytest.raises(OperationRefused, match="5020"):
        run.send(TakeOffline("Disk Q:"))


def changed(**parts: Any) -> str:
    """Return a saved run with some of its parts replaced."""
    return json.dumps({**json.loads(eventful().to_json()), **parts})


def planned(**parts: Any) -> str:
    """Return a saved run with some parts of its plan replaced."""
    return changed(plan={**json.loads(eventful().to_json())["plan"], **parts})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no saved run, or a damaged one"),
        ("[" * 100_000, "no saved run, or a damaged one"),
        ("[]", "this is no saved run"),
        ('{"format": "clusterlab run"}', "version None; allowed: 1"),
        (changed(version=2), "version 2; allowed: 1"),
        (changed(procedure="bake"), "procedure is 'bake'; allowed: install, remove"),
        (changed(with_optional=3), "with_optional is 3; allowed: true or false"),
        (changed(plan=None), "its plan cannot be read"),
        (changed(plan={"nodes": []}), "its plan cannot be read"),
        (changed(version=True), "version True; allowed: 1"),
        (planned(public_network=[]), "public_network of the plan is a list of 0; allowed: text"),
        (planned(domains={"a": 1}), "domains of the plan is a table; allowed: a list of texts"),
        (planned(address=3232238100), "address of the plan is 3232238100; allowed: text"),
        (planned(evs=[]), "the plan has 0 EVSs on 2 nodes; allowed: 1 to 2"),
        (planned(windows="W95"), "windows of the plan is 'W95'; allowed: W2K, WS2003"),
        (planned(domains=[1]), "domains of the plan is 1; allowed: text in quotes"),
        (planned(exchange=True), "exchange of the plan is true; allowed: "),
        (planned(nodes=[[]]), "node 1 is a list of 0; allowed: a table"),
        (planned(evs=[{"name": "E"}]), "EVS 'E' has no address"),
        (planned(colour="red"), "the plan has no key 'colour'"),
        (changed(file=7), "file is 7; allowed: the text of a file of steps"),
        (changed(file="[A01]"), "its file of steps: text, line 1: .A01. has no title"),
        (changed(entries={}), "entries is {}; allowed: a list"),
        (changed(entries=[7]), "entry 1 is 7; allowed: a task"),
        (changed(entries=[{"task": 7, "choices": {}}]), "entry 1 is"),
        (changed(entries=[{"task": "Z", "choices": {}}]), "entry 1 cannot be done again"),
        (changed(entries=[{"event": "Boom", "fields": {}}]), "event of entry 1 is 'Boom'"),
        (changed(entries=[{"event": "NodeFailed", "fields": {}}]), "allowed: the fields node"),
        (changed(entries=[{"event": "NodeFailed", "fields": {"node": 7}}]), "node of entry 1 is 7"),
        (
            changed(entries=[{"event": "NodeFailed", "fields": {"node": "N"}}]),
            "entry 1 cannot be done again: there is no cluster yet",
        ),
    ],
)
def test_a_damaged_run_is_refused_in_words(text: str, message: str):
    """A saved run of another version, or damaged: a clear refusal."""
    with pytest.raises(ConfigError, match=message):
        Run.from_json(text)


def test_a_file_that_cannot_be_read_is_refused_in_words(tmp_path: Path):
    """No such file, or one that is no text."""
    with pytest.raises(ConfigError, match="cannot be read as a saved run"):
        Run.load(tmp_path / "none.json")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read as a saved run"):
        Run.load(tmp_path / "bytes.json")


@pytest.mark.parametrize(
    "event",
    [
        AddNode("NODE9", frozenset({"Microsoft Exchange System Attendant"})),
        CreateResource("Share", "File Share", "EVS1"),
        CreateResource("Share", "File Share", "EVS1", private={"ShareName": "mail"}),
    ],
)
def test_what_an_event_holds_is_saved_with_it(event: Any):
    """Resource types, private properties and none of them are read as they were written."""
    run = until("E09@EVS1").send(event)
    assert run.entries == Run.from_json(run.to_json()).entries


def test_a_node_that_finds_no_cluster_is_not_waited_for_for_ever():
    """Without its cables its service tries again and again; half an hour is waited for it
    (handbook 1, 4.13).
    """
    run = until("E09@EVS1")
    cut = run.send(InterfaceLost("NODE2"))
    assert cut.cluster is not None
    assert "NODE2" in cut.cluster.starting
    assert 30 == cut.situation.minute - run.situation.minute


@settings(deadline=None, derandomize=True, database=None)
@given(at=st.integers(0, 10_000), by=st.text(max_size=3), drop=st.integers(0, 20))
def test_any_damage_is_either_refused_or_harmless(at: int, by: str, drop: int):
    """Text cut out or put in anywhere: a run, or one ConfigError; nothing else."""
    text = start().do("P01").do("P02").attempt("A05@D1").to_json()
    at %= len(text)
    try:
        run = Run.from_json(text[:at] + by + text[at + drop :])
    except ConfigError:
        return
    assert len(run.entries) <= 3


@st.composite
def walks(draw: st.DrawFn) -> list[tuple[str, dict[str, str]]]:
    """Return tasks in any order, each with any of its options."""
    ours = start().procedure
    keys = draw(st.lists(st.sampled_from(sorted(ours.by_key)), max_size=25))
    found = []
    for key in keys:
        choices = {
            choice.name: draw(st.sampled_from(ours.task(key).options(choice.name)))
            for choice in ours.task(key).step.choices
            if draw(st.booleans())
        }
        found.append((key, choices))
    return found


STARTS = ("P01", "H03@N1", "C02@N2", "X05@N2", "E05@EVS1", "E09@EVS1", "G10")


@settings(deadline=None, max_examples=40, derandomize=True, database=None)
@given(st.sampled_from(STARTS), walks())
def test_anything_can_be_tried_anywhere(begin: str, walk: list[tuple[str, dict[str, str]]]):
    """Any task with any choice, from any point, is done, does harm or is refused; lines print."""
    run = until(begin)
    for key, choices in walk:
        run.lines(key, **choices)
        before = run
        run = run.attempt(key, **choices)
        if run.refusal is not None:
            assert before.situation.facts == run.situation.facts
            assert before.cluster == run.cluster
        run.available(), run.blocked(), run.recoveries(), run.state(key)
    assert run.situation == Run.from_json(run.to_json()).situation


@cache
def until(key: str) -> Run:
    """Return a run with everything up to a task done."""
    return start().do_rest(until=key)


def test_naming_the_procedures_loads_nothing_heavy():
    """`from clusterlab import procedures` loads neither networkx nor the steps."""
    code = (
        "import sys, clusterlab.procedures; "
        "print(sorted({'networkx', 'tomlkit', 'clusterlab.procedures.run'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "[]\n" == result.stdout


def test_a_failover_is_not_tested_by_the_build_of_an_evs_that_is_not_there():
    """G08 before E06 is early, which is said; no build differs from one that does not exist."""
    run = start().do_rest(until="E05@EVS1").do("G08@EVS1")
    assert {"ORDER"} == {warning.code for warning in run.warnings[-1:]}


def test_one_mistake_is_one():
    """The listing counts in words that fit."""
    run = start().do_rest(until="C05")
    assert "0 mistakes)" in repr(run)
    assert "1 mistake)" in repr(run.attempt("X04@N1"))
