"""Handbook 4, 4.2 to 4.4 and 4.9: the paths of an upgrade, their edges, guards and effects."""

from dataclasses import replace
from functools import cache

import pytest

from clusterlab import OperationRefused
from clusterlab.cluster.events import NodeFailed, StartNode
from clusterlab.cluster.states import GroupState
from clusterlab.exchange.versions import ExchangeVersion, attendant_of, evs_version, node_version
from clusterlab.procedures import Plan, Run
from clusterlab.procedures.procedure import Procedure
from clusterlab.procedures.upgrade import upgrade_u2
from tests import handbook_4

E2000_SP3, E2003 = ExchangeVersion.E2000_SP3, ExchangeVersion.E2003_RTM


@cache
def u2(until: str = "") -> Run:
    """Return U2 with everything up to a task done as it should be."""
    run = Run(upgrade_u2(Plan.standard(nodes=2, evs=1)))
    return run.do_rest(until=until) if until else run


def edges(procedure: Procedure) -> dict[str, set[str]]:
    """Return what each step needs, by the part of the key behind the slash."""
    table = {
        task.short: {procedure.task(need.key).short for need in task.needs}
        for task in procedure.tasks
    }
    return {key: needs for key, needs in table.items() if needs}


def versions(run: Run) -> dict[str, ExchangeVersion | None]:
    """Return the Exchange of each node and EVS."""
    assert run.cluster is not None
    config = run.cluster.config
    nodes = {node.name: node_version(node) for node in config.nodes}
    evs = [item.name for item in run.procedure.plan.evs]
    return {**nodes, **{name: evs_version(attendant_of(config, name)) for name in evs}}


def test_u2_has_the_edges_of_the_handbook():
    """4.9: 29 steps, 16 of the preparation and 13 of U2, with these edges."""
    procedure = upgrade_u2(Plan.standard(nodes=2, evs=1))
    assert 29 == len(procedure.tasks)
    assert handbook_4.graph("U2") == edges(procedure)


def test_the_preparation_has_the_steps_and_edges_of_the_table():
    """4.2: P01 to P16; the graph of 4.9 has the same edges."""
    table = handbook_4.tables("4.2")[1]
    steps = [t.short for t in upgrade_u2(Plan.standard(nodes=2, evs=1)).tasks if "/P" in t.key]
    assert [row[0] for row in table] == steps


def test_u2_ends_with_exchange_2003_everywhere_and_the_evs_at_home():
    """4.3.2: no warning, no mistake; EVS1 is Online on NODE1 with the tree of 2003."""
    run = u2().do_rest()
    assert run.cluster is not None
    assert {E2003} == set(versions(run).values())
    assert ("NODE1", GroupState.ONLINE) == (
        run.cluster.owners["EVS1"],
        run.cluster.group_state("EVS1"),
    )
    assert (0, (), ()) == (run.cost().mistakes, run.warnings, run.damages)


def test_the_passive_node_may_be_the_first_one():
    """4.3.2: passive is the node that is not the home of the EVS, whatever its number."""
    plan = Plan.standard(nodes=2, evs=1)
    evs = replace(plan.evs[0], home="NODE2")
    run = Run(upgrade_u2(replace(plan, evs=(evs,)))).do_rest()
    assert run.cluster is not None
    assert ("NODE2", 0) == (run.cluster.owners["EVS1"], run.cost().mistakes)


def test_a_failure_in_the_middle_and_the_way_forward():
    """4.5.2: NODE1 fails before the EVS is moved; it is upgraded forward on NODE2."""
    run = u2("U2-03").send(NodeFailed("NODE1"))
    assert run.cluster is not None
    assert ("NODE2", GroupState.FAILED) == (
        run.cluster.owners["EVS1"],
        run.cluster.group_state("EVS1"),
    )
    run = run.do("U2-04").do("U2-06").do("U2-07").do("U2-08")
    assert run.cluster is not None
    assert GroupState.ONLINE is run.cluster.group_state("EVS1")
    run = run.send(StartNode("NODE1")).do("U2-09").do("U2-10").do("U2-11").do("U2-12")
    assert run.cluster is not None
    assert GroupState.ONLINE is run.cluster.group_state("EVS1")


def test_a_run_of_an_upgrade_is_kept_and_read_again():
    """A saved run does everything again, events too."""
    run = u2("U2-05").send(NodeFailed("NODE1"))
    assert run.situation == Run.from_json(run.to_json()).situation


GUARDS = [
    ("P12", "UE-10"),
    ("P08", "UE-08"),
    ("P09", "UE-08"),
    ("P05", "UE-02"),
    ("P04", "UE-07"),
    ("P06", "ERR-SP"),
    ("U2-01", "UE-04"),
]


@pytest.mark.parametrize(("skipped", "code"), GUARDS)
def test_setup_refuses_what_was_not_prepared(skipped: str, code: str):
    """4.12: Setup on NODE2 answers with the code of the first guard that does not hold."""
    run = u2()
    for task in run.left():
        if task.short == "U2-02":
            break
        if task.short != skipped and not (skipped == "P08" and task.short == "P09"):
            run = run.do(task.key)
    with pytest.raises(OperationRefused) as error:
        run.do("U2-02")
    assert code == error.value.code
