"""Handbook 4, 4.2 to 4.4 and 4.9: the paths of an upgrade, their edges, guards and effects."""

from dataclasses import replace
from functools import cache

import pytest

from clusterlab import ConfigError, OperationRefused
from clusterlab.cluster.events import NodeFailed, StartNode
from clusterlab.cluster.states import GroupState, Windows
from clusterlab.clusterfiles import cluster_toml, read_cluster
from clusterlab.exchange.versions import ExchangeVersion, attendant_of, evs_version, node_version
from clusterlab.procedures import Plan, Run, upgrade_path
from clusterlab.procedures.catalogue import PROCEDURES
from clusterlab.procedures.codes import codes
from clusterlab.procedures.procedure import Procedure
from clusterlab.procedures.runbook import runbook_markdown
from clusterlab.procedures.upgrade import upgrade
from tests import handbook_4

E2000_SP3, E2003 = ExchangeVersion.E2000_SP3, ExchangeVersion.E2003_RTM


@cache
def u2(until: str = "") -> Run:
    """Return U2 with everything up to a task done as it should be."""
    run = Run(upgrade("U2", Plan.standard(nodes=2, evs=1)))
    return run.do_rest(until=until) if until else run


def edges(procedure: Procedure) -> dict[str, set[str]]:
    """Return what each step needs, by the part of the key behind the slash."""
    table = {
        task.short: {procedure.task(key).short for key in task.needs} for task in procedure.tasks
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
    """29 steps, 16 of the preparation and 13 of U2, with these edges (4.9)."""
    procedure = upgrade("U2", Plan.standard(nodes=2, evs=1))
    assert 29 == len(procedure.tasks)
    assert handbook_4.graph("U2") == edges(procedure)


def test_the_preparation_has_the_steps_and_edges_of_the_table():
    """P01 to P16; the graph of 4.9 has the same edges (4.2)."""
    table = handbook_4.tables("4.2")[1]
    steps = [t.short for t in upgrade("U2", Plan.standard(nodes=2, evs=1)).tasks if "/P" in t.key]
    assert [row[0] for row in table] == steps


def test_u2_ends_with_exchange_2003_everywhere_and_the_evs_at_home():
    """No warning, no mistake; EVS1 is Online on NODE1 with the tree of 2003 (4.3.2)."""
    run = u2().do_rest()
    assert run.cluster is not None
    assert {E2003} == set(versions(run).values())
    assert ("NODE1", GroupState.ONLINE) == (
        run.cluster.owners["EVS1"],
        run.cluster.group_state("EVS1"),
    )
    assert (0, (), ()) == (run.cost().mistakes, run.warnings, run.damages)


def test_the_passive_node_may_be_the_first_one():
    """Passive is the node that is not the home of the EVS, whatever its number (4.3.2)."""
    plan = Plan.standard(nodes=2, evs=1)
    evs = replace(plan.evs[0], home="NODE2")
    run = Run(upgrade("U2", replace(plan, evs=(evs,)))).do_rest()
    assert run.cluster is not None
    assert ("NODE2", 0) == (run.cluster.owners["EVS1"], run.cost().mistakes)


def test_a_failure_in_the_middle_and_the_way_forward():
    """NODE1 fails before the EVS is moved; it is upgraded forward on NODE2 (4.5.2)."""
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
    """Setup on NODE2 answers with the code of the first guard that does not hold (4.12)."""
    run = u2()
    for task in run.left():
        if task.short == "U2-02":
            break
        if task.short != skipped and not (skipped == "P08" and task.short == "P09"):
            run = run.do(task.key)
    with pytest.raises(OperationRefused) as error:
        run.do("U2-02")
    assert code == error.value.code


def test_u4_has_the_edges_of_the_handbook():
    """45 steps: 16 of the preparation, 24 in three rounds, 5 at the end (4.9)."""
    procedure = upgrade("U4", Plan.standard(nodes=4, evs=3))
    assert 45 == len(procedure.tasks)
    assert handbook_4.graph("U4") == edges(procedure)


def printed(cell: str) -> set[str]:
    """Return the steps that a Prereq cell names; P03-P16 stands for the whole preparation."""
    if cell in ("-", "all nodes done"):
        return set()
    if cell == "P03-P16":
        return {f"P{number:02}" for number in (4, 5, 6, 7, 9, 10, 11, 12, 13, 15, 16)}
    return set(cell.split(", "))


# Path, sections of its table, which table there, column of the prerequisites.
TABLES = [
    ("U4S", (4, 3), "4.3.3", 1, 2),
    ("AA2", (2, 2), "4.3.6", 0, 2),
    ("CI", (2, 1), "4.3.7", 0, 3),
    ("SP", (2, 1), "4.3.9", 1, 3),
]


@pytest.mark.parametrize(("path", "size", "section", "place", "column"), TABLES)
def test_a_path_has_the_edges_of_its_table(
    path: str, size: tuple[int, int], section: str, place: int, column: int
):
    """For these paths the Prereq column of the table is the edge list (4.9)."""
    table = handbook_4.tables(section)[place]
    wanted = {row[0]: printed(row[column]) for row in table}
    ours = edges(upgrade(path, Plan.standard(*size)))
    own = {key: ours.get(key, set()) for key in wanted}
    assert wanted == own


def test_w_has_the_steps_of_its_table_node_by_node():
    """W-03 to W-07 for each node in order; W-09 needs W-07 of every node (4.4.2)."""
    procedure = upgrade("W", Plan.standard(nodes=2, evs=1))
    steps = [task.short.partition("@")[0] for task in procedure.tasks]
    assert [row[0] for row in handbook_4.tables("4.4.2")[0]] == list(dict.fromkeys(steps))
    needs = edges(procedure)
    assert {"W-07@N1", "W-07@N2"} == needs["W-09@EVS1"]
    assert {"W-08@EVS1"} == needs["W-03@N1"]


PATHS = [
    ("upgrade-U2", 2, 1),
    ("upgrade-U4", 3, 2),
    ("upgrade-U4", 4, 1),
    ("upgrade-U4", 4, 3),
    ("upgrade-U4S", 3, 2),
    ("upgrade-U4S", 4, 3),
    ("upgrade-AA2", 2, 2),
    ("upgrade-CI", 2, 1),
    ("upgrade-CI", 4, 3),
    ("upgrade-CI", 4, 2),
    ("upgrade-SP", 2, 1),
    ("upgrade-W", 2, 1),
    ("upgrade-W", 4, 3),
    ("upgrade-U2W", 2, 1),
    ("upgrade-AP", 2, 2),
]


@pytest.mark.parametrize(("name", "nodes", "evs"), PATHS)
def test_every_path_can_be_walked_without_a_warning(name: str, nodes: int, evs: int):
    """At the end every group is Online and every version the same (4.3)."""
    run = Run(PROCEDURES[name](Plan.standard(nodes=nodes, evs=evs))).do_rest()
    assert run.cluster is not None
    states = {run.cluster.group_state(group) for group in run.cluster.owners}
    assert ({GroupState.ONLINE}, 0, ()) == (states, run.cost().mistakes, run.damages)
    nodes_have = {frozenset(node.installed.items()) for node in run.cluster.config.nodes}
    assert 1 == len(nodes_have)
    assert run.situation == Run.from_json(run.to_json()).situation


@pytest.mark.parametrize("name", ["upgrade-W", "upgrade-U2W", "upgrade-CI"])
def test_at_the_end_the_cluster_is_one_of_windows_server_2003(name: str):
    """The mixed state is temporary; afterwards Kerberos is enabled on the name (4.4.1)."""
    run = Run(PROCEDURES[name](Plan.standard(nodes=2, evs=1))).do_rest()
    assert run.cluster is not None
    assert Windows.WS2003 is run.cluster.config.windows
    config = run.cluster.config
    name = config.resources_by_name[config.resource_name("EVS1/Name")]
    assert 1 == name.private["RequireKerberos"]


@pytest.mark.parametrize(
    ("name", "nodes", "evs"), [("upgrade-U2", 4, 3), ("upgrade-U4", 2, 1), ("upgrade-AA2", 2, 1)]
)
def test_a_path_for_another_cluster_says_what_it_is_for(name: str, nodes: int, evs: int):
    """Each path is for a number of nodes and EVSs (4.1)."""
    with pytest.raises(ConfigError, match="is for"):
        PROCEDURES[name](Plan.standard(nodes=nodes, evs=evs))


def test_a_runbook_of_an_upgrade_has_the_clients_names():
    """A runbook can be made of every path."""
    text = runbook_markdown(PROCEDURES["upgrade-U2"](Plan.standard(nodes=2, evs=1)))
    assert 'cluster group "EVS1" /moveto:NODE2 /wait' in text
    assert "| EVS1 | 20-21, 23-24, 28 | 9.5 min | 136 min |" in text
    assert "Assumptions, to be replaced by measured times" in text
    assert "Way back: None: restore from the backup only" in text
    assert "{" not in text


def test_m55_has_the_edges_of_the_handbook():
    """24 steps with these edges (4.9)."""
    procedure = upgrade_path("M55", Plan.standard(nodes=2, evs=1))
    assert 24 == len(procedure.tasks)
    assert handbook_4.graph("M55") == edges(procedure)


def test_sw_has_the_edges_of_its_table():
    """The Prereqs column is the edge list (4.7)."""
    table = {row[0]: row[3] for row in handbook_4.tables("4.7")[0]}
    ours = edges(upgrade_path("SW", Plan.standard(nodes=2, evs=1)))
    assert {key: printed(cell) for key, cell in table.items()} == {
        key: ours.get(key, set()) for key in table
    }


@pytest.mark.parametrize(("name", "nodes", "evs"), [("upgrade-M55", 2, 1), ("upgrade-SW", 4, 3)])
def test_a_migration_ends_with_evss_that_survive_a_failure(name: str, nodes: int, evs: int):
    """Without a warning; the new cluster fails over (4.6)."""
    run = Run(PROCEDURES[name](Plan.standard(nodes=nodes, evs=evs))).do_rest()
    assert (0, ()) == (run.cost().mistakes, run.damages)
    sim = run.simulation()
    sim.fail_node("NODE1")
    sim.run(until_s=sim.now_s + 900)
    assert GroupState.ONLINE is sim.state("EVS1")
    assert run.situation == Run.from_json(run.to_json()).situation


def test_a_path_by_its_name():
    """`upgrade_path` takes the path as the handbook names it, and says which there are."""
    assert "upgrade-U2" == upgrade_path("U2", Plan.standard(nodes=2, evs=1)).name
    with pytest.raises(ConfigError, match="allowed: U2, U4, U4S, AA2, CI, AP, SP, W, U2W"):
        upgrade_path("U9", Plan.standard(nodes=2, evs=1))


def test_the_codes_are_those_of_the_handbook():
    """UE-01 to UE-18, ERR-TLF; only what a source has word by word is the product's own (4.2)."""
    table = {row[0]: row[2] for row in handbook_4.tables("4.2")[3]}
    ours = {code: row for code, row in codes().items() if code in table}
    assert list(table) == list(ours)
    assert {code for code in codes() if code.startswith("UE-")} <= ours.keys()
    assert {"UE-01", "UE-05"} == {code for code, row in ours.items() if row.is_verbatim}
    assert ours["UE-05"].text in table["UE-05"]
    assert ours["UE-01"].text.partition(" <")[0] in table["UE-01"]


@pytest.mark.parametrize("path", ["U2", "U4", "CI", "W", "SP", "M55"])
def test_what_cannot_be_taken_back_says_so(path: str):
    """R12: the upgrade of an EVS has no way back but restore; other steps name theirs."""
    size = (4, 3) if path == "U4" else (2, 1)
    for task in upgrade_path(path, Plan.standard(*size)).tasks:
        if "T_CMD" in task.step.takes:
            assert "restore" in task.step.rollback
        if "T_SETUP" in task.step.takes or task.short.startswith("W-05"):
            assert "rebuild" in task.step.rollback


def test_a_cluster_in_the_middle_of_an_upgrade_can_be_kept_in_a_file():
    """One EVS on 2003, two on 2000, and nodes of both kinds, written and read again (4.0)."""
    run = Run(upgrade_path("U4", Plan.standard(nodes=4, evs=3))).do_rest(until="U4-1h")
    cluster = run.simulation().cluster
    again = read_cluster(cluster_toml(cluster))
    assert (cluster.config.resources, cluster.config.nodes) == (
        again.config.resources,
        again.config.nodes,
    )
