"""Handbook 3, sections 6, 7, 9 and 10: steps, their order, codes; one test for each rule."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import networkx as nx
import pytest

from clusterlab import ConfigError, exchange_cluster
from clusterlab.cluster.states import Windows
from clusterlab.procedures import Plan, Run, installation
from clusterlab.procedures.codes import CODES
from clusterlab.procedures.install import INSTALL_STEPS
from clusterlab.procedures.plan import most_evs
from clusterlab.procedures.procedure import Procedure
from clusterlab.procedures.step import Scope
from tests import handbook_3 as chapter

SIZES = [(n, e) for n in range(1, 9) for e in range(1, most_evs(n) + 1)]
# In the words of section 9; "each prepared domain" is "domain", and so on.
SCOPES = {
    "cluster (once)": Scope.CLUSTER,
    "forest (once)": Scope.FOREST,
    "each prepared domain": Scope.DOMAIN,
    "each node": Scope.NODE,
    "first node only": Scope.NODE1,
    "each node except the first": Scope.NODEX,
    "each EVS": Scope.EVS,
}


def short(step_id: str) -> str:
    """Return a key without the procedure: "E03@EVS1"."""
    return step_id.partition("/")[2]


def procedure(nodes: int, evs: int, **options: bool) -> Procedure:
    """Return the installation of a standard plan."""
    return installation(Plan.standard(nodes=nodes, evs=evs), **options)


def edges(of: Procedure) -> list[tuple[str, str, bool]]:
    """Return what needs what, and whether it is hard."""
    return [(short(t.key), short(n.key), n.is_hard) for t in of.tasks for n in t.needs]


def test_there_are_48_templates_three_of_them_optional():
    """48 step templates, A07, X02 and G06 optional (7.1); titles are ours, ids the handbook's."""
    optional = {short(step.id) for step in INSTALL_STEPS if step.is_optional}
    assert {"A07", "X02", "G06"} == optional
    assert {step.id for step in chapter.catalogue()} == {short(step.id) for step in INSTALL_STEPS}
    assert 48 == len(INSTALL_STEPS)


@pytest.mark.parametrize("row", chapter.catalogue(), ids=lambda row: row.id)
def test_scope_and_minutes_of_a_step_are_those_of_its_table(row: chapter.CatalogueStep):
    """Section 9 gives scope, minutes and whether a step is optional."""
    step = next(step for step in INSTALL_STEPS if short(step.id) == row.id)
    expected = (SCOPES[row.scope], row.minutes, row.is_optional)
    assert expected == (step.scope, step.minutes, step.is_optional)


def test_the_template_edges_are_those_of_section_7_1():
    """71 template edges, each with its quantifier and whether it is hard."""
    ours = {
        (short(step.id), short(need.step), need.quantifier.value, need.is_hard)
        for step in INSTALL_STEPS
        for need in step.needs
    }
    assert chapter.template_edges() == ours
    # Three edges of 7.1 belong to optional steps; they are not among the 71.
    counted = [s for s in INSTALL_STEPS if not s.is_optional]
    assert len(chapter.template_edges()) == sum(len(step.needs) for step in INSTALL_STEPS)
    assert {"A07", "X02", "G06"} == {short(s.id) for s in INSTALL_STEPS} - {
        short(s.id) for s in counted
    }


@pytest.mark.parametrize(("number", "nodes", "evs"), [("7.3", 2, 1), ("7.4", 4, 3)])
def test_the_expanded_graph_is_the_printed_one(number: str, nodes: int, evs: int):
    """Tasks, levels and edges of the two clusters that the handbook prints in full."""
    ours = procedure(nodes, evs)
    graph = {
        short(task.key): (level, {(short(n.key), n.is_hard) for n in task.needs})
        for level, row in enumerate(ours.levels())
        for task in row
    }
    assert chapter.printed_graph(number) == graph


@pytest.mark.parametrize("row", chapter.rows("7.2"), ids=lambda row: row[0])
def test_counts_levels_and_minutes_are_those_of_the_table(row: list[str]):
    """Steps, edges, levels and minutes for five sizes (7.2)."""
    nodes, evs = map(int, re.findall(r"\d+", row[0]))
    ours, optional = procedure(nodes, evs), procedure(nodes, evs, with_optional=True)
    hard = sum(is_hard for *_, is_hard in edges(ours))
    path = sum(task.step.minutes for task in ours.critical_path())
    found = [
        str(len(ours.tasks)),
        str(len(optional.tasks)),
        f"{len(edges(ours))} ({hard})",
        str(len(ours.levels())),
        str(ours.minutes()),
        str(path),
    ]
    assert [cell.strip("*") for cell in row[1:]] == found


@pytest.mark.parametrize(("nodes", "evs"), SIZES)
def test_the_formula_counts_the_steps(nodes: int, evs: int):
    """16 + 12 n + 15 e steps with one domain; each further domain adds two (7.2)."""
    assert 16 + 12 * nodes + 15 * evs == len(procedure(nodes, evs).tasks)


def test_each_further_domain_adds_two_steps():
    """A05 and A06 are done once for each prepared domain (7.2)."""
    plan = replace(Plan.standard(nodes=2, evs=1), domains=("corp.example", "root.example"))
    assert 57 == len(installation(plan).tasks)


@pytest.mark.parametrize(("nodes", "evs"), SIZES)
def test_the_order_of_7_5_is_valid(nodes: int, evs: int):
    """No task stands before one that it needs, and nothing runs in a circle."""
    seen: set[str] = set()
    ours = procedure(nodes, evs)
    for task in ours.tasks:
        assert {needed.key for needed in task.needs} <= seen
        seen.add(task.key)
    assert nx.is_directed_acyclic_graph(ours.graph())


def test_the_graph_agrees_with_networkx():
    """Levels and the critical path are those that a graph library finds."""
    ours = procedure(4, 3)
    graph = ours.graph()
    assert len(ours.levels()) == nx.dag_longest_path_length(graph, default_weight=1) + 1
    for source, target in graph.edges:
        graph.edges[source, target]["minutes"] = graph.nodes[target]["task"].step.minutes
    longest = nx.dag_longest_path_length(graph, weight="minutes")
    starts = {row.step.minutes for row in ours.levels()[0]}
    assert sum(task.step.minutes for task in ours.critical_path()) == longest + max(starts)


@pytest.mark.parametrize("people", [1, 2, 3, 5])
def test_a_schedule_keeps_the_order_and_one_task_for_a_person(people: int):
    """Nobody does two tasks at once, and nothing begins before what it needs has ended."""
    ours = procedure(4, 3)
    schedule = ours.schedule(people)
    ends = {slot.key: slot.end for slot in schedule.slots}
    for slot in schedule.slots:
        assert all(ends[n.key] <= slot.start for n in ours.task(slot.key).needs)
    for person in range(1, people + 1):
        own = [slot for slot in schedule.slots if slot.person == person]
        assert all(one.end <= two.start for one, two in pairwise(own))
    assert {task.key for task in ours.tasks} == set(ends)


def test_one_person_needs_all_minutes_and_enough_people_the_critical_path():
    """1294 minutes alone, 689 with as many people as tasks (7.2); both are proven shortest."""
    ours = procedure(4, 3)
    assert (1294, True) == ours.schedule(1)[1:]
    assert (689, True) == ours.schedule(109)[1:]
    with pytest.raises(ConfigError, match="people is 0"):
        ours.schedule(0)


def test_the_texts_and_states_of_the_codes_are_those_of_section_10():
    """Each code has the handbook's text; only status V is shown as the product's own."""
    table = chapter.codes()
    assert set(table) == set(CODES) - {"PREREQ", "ORDER", "DONE"}
    for code, (status, text, raised) in table.items():
        assert text == CODES[code].text, code
        assert status.startswith("V") == CODES[code].is_verbatim, code
        assert raised == CODES[code].raised_by, code


def test_every_code_that_a_step_names_is_in_the_table():
    """Needs and checks raise no code without a text."""
    for step in INSTALL_STEPS:
        assert {need.code for need in step.needs} <= set(CODES)
        assert {check.code for check in step.checks} <= set(CODES)


@pytest.mark.parametrize(("nodes", "evs"), SIZES)
def test_a_whole_installation_in_the_right_order_meets_no_refusal(nodes: int, evs: int):
    """From bare servers to working EVSs, 1 to 8 nodes, every legal number of EVSs."""
    run = Run(procedure(nodes, evs)).do_rest()
    assert ((), 0) == (run.left(), run.cost().mistakes)
    assert ["Online"] * (evs + 1) == [
        run.simulation().state(group.name).value for group in run.cluster.config.groups
    ]


@pytest.mark.parametrize(("nodes", "evs"), [(1, 1), (2, 1), (2, 2), (4, 3)])
def test_windows_2000_installs_as_well(nodes: int, evs: int):
    """Two or four nodes of Windows 2000 with Service Pack 4, without Kerberos (1.1, 1.11)."""
    plan = Plan.standard(nodes=nodes, evs=evs, windows=Windows.W2K)
    run = Run(installation(plan)).do_rest()
    assert ((), 0, Windows.W2K) == (run.left(), run.cost().mistakes, run.cluster.config.windows)


def test_the_built_cluster_is_as_large_as_the_one_of_the_course():
    """The groups, nodes and numbers of resources are those of `exchange_cluster`."""
    config = Run(procedure(4, 3)).do_rest().cluster.config
    other = exchange_cluster(active=3, passive=1, storage_groups=1).config
    assert {g.name for g in other.groups} == {g.name for g in config.groups}
    assert Counter(r.type.name for r in other.resources) == Counter(
        r.type.name for r in config.resources
    )
