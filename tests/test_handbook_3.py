"""Handbook 3, sections 6, 7, 9 and 10: steps, their order, codes; one test for each rule."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import pairwise

import networkx as nx
import pytest

from clusterlab import ConfigError, OperationRefused, Simulation, exchange_cluster
from clusterlab.cluster.events import (
    InitiateFailure,
    NodeFailed,
    StartNode,
    StopClusterService,
    TakeOffline,
)
from clusterlab.cluster.states import Windows
from clusterlab.procedures import Plan, Run, installation, removal
from clusterlab.procedures.codes import codes
from clusterlab.procedures.plan import most_evs
from clusterlab.procedures.procedure import Procedure
from clusterlab.procedures.stepfiles import steps_of
from tests import handbook_3 as chapter

INSTALL, REMOVE = steps_of("install").steps, steps_of("remove").steps
SIZES = [(n, e) for n in range(1, 9) for e in range(1, most_evs(n) + 1)]
# In the words of section 9; "each prepared domain" is "domain", and so on.
PHASES = ("Planning", "Directory", "Nodes")
SCOPES = {
    "cluster (once)": "cluster",
    "forest (once)": "forest",
    "each prepared domain": "domain",
    "each node": "node",
    "first node only": "node1",
    "each node except the first": "nodeX",
    "each EVS": "evs",
}


def short(step_id: str) -> str:
    """Return a key without the procedure: "E03@EVS1"."""
    return step_id.partition("/")[2]


def procedure(nodes: int, evs: int, **options: bool) -> Procedure:
    """Return the installation of a standard plan."""
    return installation(Plan.standard(nodes=nodes, evs=evs), **options)


def edges(of: Procedure) -> list[tuple[str, str, bool]]:
    """Return what needs what, and whether it is hard."""
    return [(short(t.key), short(k), n.is_hard) for t in of.tasks for k, n in t.needs.items()]


def refused(run: Run, key: str, **choices: str) -> OperationRefused:
    """Return how a task is refused."""
    error = run.attempt(key, **choices).refusal
    assert error is not None
    return error


def test_there_are_48_templates_three_of_them_optional():
    """48 step templates, A07, X02 and G06 optional (7.1); titles are ours, ids the handbook's."""
    optional = {short(step.id) for step in INSTALL if step.is_optional}
    assert {"A07", "X02", "G06"} == optional
    assert {step.id for step in chapter.catalogue()} == {short(step.id) for step in INSTALL}
    assert 48 == len(INSTALL)


@pytest.mark.parametrize("row", chapter.catalogue(), ids=lambda row: row.id)
def test_scope_and_minutes_of_a_step_are_those_of_its_table(row: chapter.CatalogueStep):
    """Section 9 gives scope, minutes and whether a step is optional."""
    step = next(step for step in INSTALL if short(step.id) == row.id)
    expected = (SCOPES[row.scope], row.minutes, row.is_optional)
    assert expected == (step.scope, step.minutes, step.is_optional)


@pytest.mark.parametrize("row", chapter.catalogue(), ids=lambda row: row.id)
def test_title_place_and_permission_of_a_step_are_those_of_its_table(row: chapter.CatalogueStep):
    """Section 9, word by word; what we word in another way is listed with the handbook's words."""
    step = next(step for step in INSTALL if short(step.id) == row.id)
    ours = {"title": step.title, "place": step.place, "permission": step.permission}
    reworded = chapter.REWORDED.get(row.id, {})
    assert {key: getattr(row, key) for key in ours} == ours | reworded
    assert not [key for key in reworded if ours[key] == reworded[key]]


@pytest.mark.parametrize("row", chapter.rows("6.2"), ids=lambda row: row[0])
def test_title_and_scope_of_a_removal_step_are_those_of_its_row(row: list[str]):
    """Section 6.2: evs, node, cluster; R10 is for each node but the last."""
    step = next(step for step in REMOVE if short(step.id) == row[0])
    assert row[1] == chapter.REWORDED.get(row[0], {}).get("title", step.title)
    scope = "node" if step.scope == "each node but the last" else step.scope
    assert scope == row[2].partition(",")[0]


def test_the_template_edges_are_those_of_section_7_1():
    """71 template edges, each with its quantifier and whether it is hard."""
    ours = {
        (short(step.id), short(need.step), need.quantifier, need.is_hard)
        for step in INSTALL
        for need in step.needs
    }
    assert chapter.template_edges() == ours
    # Three edges of 7.1 belong to optional steps; they are not among the 71.
    counted = [s for s in INSTALL if not s.is_optional]
    assert len(chapter.template_edges()) == sum(len(step.needs) for step in INSTALL)
    assert {"A07", "X02", "G06"} == {short(s.id) for s in INSTALL} - {short(s.id) for s in counted}


@pytest.mark.parametrize(("number", "nodes", "evs"), [("7.3", 2, 1), ("7.4", 4, 3)])
def test_the_expanded_graph_is_the_printed_one(number: str, nodes: int, evs: int):
    """Tasks, levels and edges of the two clusters that the handbook prints in full."""
    ours = procedure(nodes, evs)
    graph = {
        short(task.key): (level, {(short(key), need.is_hard) for key, need in task.needs.items()})
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
        assert task.needs.keys() <= seen
        seen.add(task.key)
    assert nx.is_directed_acyclic_graph(graph_of(ours))


def test_the_graph_agrees_with_networkx():
    """Levels and the critical path are those that a graph library finds."""
    ours = procedure(4, 3)
    graph = graph_of(ours)
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
        assert all(ends[key] <= slot.start for key in ours.task(slot.key).needs)
    for person in range(1, people + 1):
        own = [slot for slot in schedule.slots if slot.person == person]
        assert all(one.end <= two.start for one, two in pairwise(own))
    assert {task.key for task in ours.tasks} == set(ends)
    assert schedule.at_least <= schedule.minutes


def graph_of(ours: Procedure) -> nx.DiGraph:
    """Return the counted tasks with an edge from each need to its task."""
    graph = nx.DiGraph()
    graph.add_nodes_from((task.key, {"task": task}) for task in ours.tasks)
    graph.add_edges_from((key, task.key) for task in ours.tasks for key in task.needs)
    return graph


def best_minutes(ours: Procedure, people: int) -> int:
    """Return the minutes of the shortest schedule there is, by trying all."""
    minutes = {task.key: task.step.minutes for task in ours.tasks}
    needs = {task.key: frozenset(task.needs) for task in ours.tasks}

    @cache
    def rest(done: frozenset[str], running: tuple[tuple[int, str], ...]) -> int:
        busy = {key for _, key in running}
        ready = [key for key in minutes if key not in done | busy and needs[key] <= done]
        if len(running) == people:
            ready = []
        found = [rest(done, tuple(sorted((*running, (minutes[k], k))))) for k in ready]
        if running:
            passed = running[0][0]
            ended = {key for left, key in running if left == passed}
            later = tuple((left - passed, key) for left, key in running if key not in ended)
            found.append(passed + rest(done | ended, later))
        return min(found, default=0)

    return rest(frozenset(), ())


@pytest.mark.parametrize("people", [1, 2, 3])
def test_the_bound_of_a_schedule_is_not_above_the_best_one(people: int):
    """For a procedure small enough to try everything, the best lies between bound and schedule."""
    ours = procedure(1, 1)
    part = replace(ours, steps=tuple(s for s in ours.steps if s.phase in PHASES), beside=())
    schedule = part.schedule(people)
    assert schedule.at_least <= best_minutes(part, people) <= schedule.minutes


def test_one_person_needs_all_minutes_and_enough_people_the_critical_path():
    """1294 minutes alone, 689 with as many people as tasks (7.2); both are proven shortest."""
    ours = procedure(4, 3)
    assert (1294, 1294) == ours.schedule(1)[1:]
    assert (689, 689) == ours.schedule(109)[1:]
    with pytest.raises(ConfigError, match="people is 0"):
        ours.schedule(0)


def test_the_texts_and_states_of_the_codes_are_those_of_section_10():
    """Each code has the handbook's text; only status V is shown as the product's own."""
    table = chapter.codes()
    others = {"5009", "PREREQ", "ORDER", "NOTHING", "DONE", "OWN-RULE"}
    ours = {code: row for code, row in codes().items() if "handbook 4" not in row.source}
    assert set(table) == set(ours) - others
    for code, (status, text, raised) in table.items():
        assert text == ours[code].text, code
        assert status.startswith("V") == ours[code].is_verbatim, code
        assert raised == ours[code].raised_by, code


def test_every_code_that_a_step_names_is_in_the_table():
    """Needs and checks raise no code without a text."""
    for step in (*INSTALL, *REMOVE, *steps_of("recover").steps):
        assert {need.code for need in step.needs} <= set(codes())
        assert {check.code for check in step.checks} <= set(codes())


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


# --- the built cluster ------------------------------------------------------------------------


def four_storage_groups(plan: Plan) -> Plan:
    """Return *plan* with four storage groups in each EVS, as the clusters of the course have."""
    return replace(plan, evs=tuple(replace(evs, storage_groups=4) for evs in plan.evs))


@cache
def built(nodes: int = 4, evs: int = 3) -> Simulation:
    """Return the cluster of an installation without mistakes."""
    plan = four_storage_groups(Plan.standard(nodes=nodes, evs=evs))
    return Run(installation(plan)).do_rest().simulation()


def told(sim: Simulation) -> list[object]:
    """Return what happened: every decision about an EVS, outages, owners.

    Which node takes the quorum depends on who owned it before (handbook 1, 5.4), and the built
    cluster has moved it about; the target is the same here, the reason is not.
    """
    evs = [item for item in sim.decisions if item.group.startswith("EVS")]
    quorum = [(d.at_s, d.target) for d in sim.decisions if not d.group.startswith("EVS")]
    return [evs, quorum, dict(sim.outages()), sim.now_s, dict(sim.cluster.owners)]


@pytest.mark.parametrize(("nodes", "evs"), [(2, 1), (3, 2), (4, 3), (8, 7)])
def test_the_built_cluster_behaves_like_the_one_of_the_course(nodes: int, evs: int):
    """With all choices right, each failure of a node ends as in `exchange_cluster`."""
    ready = exchange_cluster(active=evs, passive=nodes - evs)
    for node in range(1, nodes + 1):
        stories = []
        for sim in (built(nodes, evs).branch("ours"), Simulation(ready)):
            sim.fail_node(f"NODE{node}")
            sim.run()
            sim.start_node(f"NODE{node}")
            sim.run()
            stories.append(told(sim))
        assert stories[0] == stories[1]


def test_the_names_and_mount_points_of_a_client_are_built():
    """Names of the plan are those of the cluster; a mount point needs its root disk (E04)."""
    plan = Plan.standard(nodes=3, evs=2)
    plan = replace(
        plan,
        cluster="MAILCLU",
        nodes=tuple(replace(node, name=f"SRV-{n}") for n, node in enumerate(plan.nodes, 1)),
        evs=tuple(
            replace(evs, name=f"MX{n}", home=f"SRV-{n}", disks=(*evs.disks, f"{evs.disks[0]}\\SG2"))
            for n, evs in enumerate(plan.evs, 1)
        ),
    )
    run = Run(installation(plan)).do_rest()
    config = run.cluster.config
    assert ["SRV-1", "SRV-2", "SRV-3"] == [node.name for node in config.nodes]
    assert ("Disk R:",) == config.resources_by_name["Disk R:\\SG2"].depends_on
    sim = run.simulation()
    sim.fail_node("SRV-2")
    sim.run()
    assert ("SRV-3", "Online") == (sim.owner("MX2"), sim.state("MX2").value)
    assert () == Run(removal(plan)).do_rest().left()


def test_what_a_built_cluster_remembers_lies_before_its_clock_begins():
    """The simulation begins at 0 s at the same time of day, and keeps failures that were before."""
    run = Run(procedure(2, 1)).do_rest(until="G07@EVS1").send(InitiateFailure("EVS1/SMTP"))
    cluster, now_s = run.simulation().cluster, run.cluster.now_s
    (before,) = run.cluster.failures.values()
    (after,) = cluster.failures.values()
    assert tuple(at_s - now_s for at_s in before) == after
    assert (0.0, run.cluster.hour()) == (cluster.now_s, pytest.approx(cluster.hour()))


def test_the_built_cluster_is_as_large_as_the_one_of_the_course():
    """The groups, nodes and numbers of resources are those of `exchange_cluster`."""
    config, other = built().cluster.config, exchange_cluster(active=3, passive=1).config
    assert {g.name for g in other.groups} == {g.name for g in config.groups}
    assert Counter(r.type.name for r in other.resources) == Counter(
        r.type.name for r in config.resources
    )


def test_a_node_that_is_no_possible_owner_takes_no_evs():
    """G03 with three nodes: the fourth is left out, so EVS3 finds none when NODE3 fails."""
    run = Run(procedure(4, 3)).do_rest(until="E08@EVS3")
    run = run.do("G03@EVS3", owners="NODE1, NODE2, NODE3")
    sim = run.simulation()
    sim.fail_node("NODE3")
    sim.run()
    assert "Online" != sim.state("EVS3").value


def test_possible_owners_of_the_wizard_are_those_of_the_resources():
    """E06 with three nodes: the System Attendant cannot come online on the fourth (4.3)."""
    run = Run(procedure(4, 3)).do_rest(until="E05@EVS3")
    run = run.do("E06@EVS3", owners="NODE1, NODE2, NODE3").do("E08@EVS3")
    config = run.cluster.config
    attendant = config.resources_by_name[config.resource_name("EVS3/SA")]
    assert ("NODE1", "NODE2", "NODE3") == attendant.possible_owners
    assert "NODE4" not in config.possible_owners["EVS3"]
    assert "NODE4" in run.do("G03@EVS3").cluster.config.possible_owners["EVS3"]


def test_another_preferred_owner_is_where_the_evs_goes_back_to():
    """G01 and G02: with NODE4 preferred and failback at once, NODE4 gets EVS3 when it returns."""
    run = Run(procedure(4, 3)).do_rest(until="E08@EVS3")
    run = run.do("G01@EVS3", owners="NODE4").do("G02@EVS3", failback="immediately")
    sim = run.simulation()
    sim.stop_cluster_service("NODE4")
    sim.run()
    sim.start_node("NODE4")
    sim.run()
    assert "NODE4" == sim.owner("EVS3")


def test_a_node_can_fail_in_the_middle_of_the_installation():
    """The run's cluster is the simulation's at every moment; what was there fails over."""
    run = Run(procedure(4, 3)).do_rest(until="C07").send(NodeFailed("NODE1"))
    assert "NODE1" != run.cluster.owners["Cluster Group"]
    error = run.attempt("X04@N1").refusal
    assert error is not None
    assert "ERR-CLUSSVC" == error.code
    run = run.send(StartNode("NODE1")).do_rest()
    assert () == run.left()


# --- broken hard edges --------------------------------------------------------------------------

# Handbook 3, 10.2, where it names a code; every other hard edge of 7.1 is PREREQ.
CODES_OF_EDGES = {
    ("A05", "A04"): "ERR-SCHEMA-NOTREP",
    ("C01", "A02"): "ERR-CSA",
    ("C02", "C01"): "ERR-NOCLUSTER",
    ("X04", "X01"): "ERR-COMPONENT",
    ("X04", "A06"): "ERR-DP-MISSING",
    ("X04", "C01"): "ERR-STANDALONE",
    ("X04", "C02"): "ERR-STANDALONE",
    ("X04", "C06"): "ERR-MSDTC",
    ("E06", "X04"): "ERR-NOTYPE",
}
HARD_EDGES = sorted({(x, y) for x, y, _, is_hard in chapter.template_edges() if is_hard})


@cache
def ready_but(step: str, missing: str) -> tuple[Run, str]:
    """Return a run with nothing but *missing* and what needs it undone, and the key of *step*."""
    ours = procedure(3, 2, with_optional=True)
    task = next(
        t
        for t in ours.tasks
        if short(t.step.id) == step
        and any(n.is_hard and short(n.step) == missing for n in t.needs.values())
    )
    skipped = {k for k, n in task.needs.items() if n.is_hard and short(n.step) == missing}
    for other in ours.tasks:
        if any(n.is_hard and key in skipped for key, n in other.needs.items()):
            skipped.add(other.key)
    run = Run(ours)
    for other in ours.tasks:
        if other.key == task.key:
            break
        after = run.attempt(other.key)
        if other.key not in skipped and after.refusal is None:
            run = after
    return run, task.key


@pytest.mark.parametrize(("step", "missing"), HARD_EDGES)
def test_a_broken_hard_edge_raises_its_code(step: str, missing: str):
    """Each hard edge alone: what is shown is the code of 10.2, and PREREQ where it names none."""
    run, key = ready_but(step, missing)
    after = run.attempt(key)
    shown = [remark.code for remark in after.records[-1].remarks if remark.is_damage]
    shown += [str(after.refusal.code)] if isinstance(after.refusal, OperationRefused) else []
    assert [CODES_OF_EDGES.get((step, missing), "PREREQ")] == shown


def test_e06_tells_missing_from_not_online():
    """E06 without name or disk is ERR-DEP; with them there but not online PREREQ (10.2)."""
    run = Run(procedure(2, 1)).do_rest(until="E02@EVS1")
    assert "ERR-DEP" == refused(run, "E06@EVS1").code
    run = run.do("E03@EVS1").do("E04@EVS1")
    assert "PREREQ" == refused(run, "E06@EVS1").code


@pytest.mark.parametrize(
    ("until", "key", "choices", "code"),
    [
        ("P01", "A03", {"rights": "Domain Admins alone"}, "ERR-FP-RIGHTS"),
        ("H03@N1", "C01@N1", {"password": "a wrong one"}, "ERR-CSA"),
        ("H03@N1", "C01@N1", {"ip": "in use already"}, "ERR-DUPIP"),
        ("H03@N1", "C01@N1", {"label": "in use already"}, "ERR-NETNAME"),
        ("C01@N1", "C02@N2", {"password": "a wrong one"}, "ERR-CSA"),
        ("X03@N1", "X04@N1", {"role": "none"}, "ERR-SETUP-PERM"),
        ("E01@EVS1", "E02@EVS1", {"address": "in use already"}, "ERR-DUPIP"),
        ("E05@EVS1", "E06@EVS1", {"role": "none"}, "ERR-EVS-PERM"),
    ],
)
def test_a_wrong_choice_is_refused_with_its_code(
    until: str, key: str, choices: dict[str, str], code: str
):
    """Section 9, "If out of order or missing": what a page of a wizard refuses."""
    run = Run(procedure(2, 1)).do_rest(until=until)
    if key == "A03":
        run = run.do("A01")
    assert code == refused(run, key, **choices).code


@pytest.mark.parametrize(
    ("step", "choices", "until", "key", "code"),
    [
        ("P02", {"edition": "Standard"}, "X03@N1", "X04@N1", "ERR-EDITION"),
        ("P01", {"smtp_domains": "the FQDN of a node"}, "X03@N1", "X04@N1", "ERR-FQDN"),
        ("A01", {"updates": "refused"}, "E04@EVS1", "E05@EVS1", "ERR-DNS"),
    ],
)
def test_a_wrong_plan_shows_later(
    step: str, choices: dict[str, str], until: str, key: str, code: str
):
    """What was decided on paper is refused by Setup or when the name comes online."""
    run = Run(procedure(2, 1))
    run = (run.do("P01") if step == "A01" else run).do(step, **choices).do_rest(until=until)
    assert code == refused(run, key).code
    assert () == run.do(step).do(key).harms


def test_windows_2000_needs_service_pack_4():
    """The last check of Setup (3.4, row 11)."""
    plan = Plan.standard(nodes=2, evs=1, windows=Windows.W2K)
    run = Run(installation(plan)).do("P01").do("P02").do("N01@N1", pack="SP3")
    run = run.do_rest(until="X03@N1")
    assert "ERR-SP" == refused(run, "X04@N1").code


@pytest.mark.parametrize(
    ("until", "key", "choices", "code"),
    [
        ("N01@N1", "N02@N1", {"role": "domain controller"}, "WARN-DC"),
        ("N02@N1", "N03@N1", {"address": "leased (DHCP)"}, "WARN-DHCP"),
        ("N03@N1", "N04@N1", {"subnet": "that of Public"}, "WARN-ONENET"),
        ("C03", "C04", {"public_role": "2"}, "WARN-ONENET"),
    ],
)
def test_a_wrong_setting_is_warned_of_and_can_be_set_again(
    until: str, key: str, choices: dict[str, str], code: str
):
    """A warning lets the step go on; done again rightly, nothing is left of it."""
    run = Run(procedure(2, 1)).do_rest(until=until).do(key, **choices)
    assert [code] == [remark.code for remark in run.warnings]
    assert [code] == [harm.code for harm in run.damages]
    assert () == run.do(key).damages


def test_msdtc_that_affects_the_group_is_warned_of():
    """Without C07 the soft edge of X03 warns (WARN-DTC), and MSDTC would move the group."""
    run = Run(procedure(2, 1)).do_rest(until="C06").do("X03@N1")
    assert ["WARN-DTC"] == [remark.code for remark in run.warnings]
    actions = [
        r.cluster.config.resources_by_name["MSDTC"].restart_action for r in (run, run.do("C07"))
    ]
    assert [2, 1] == actions


def test_setup_takes_the_first_check_that_fails():
    """The checks of 3.4 are made in their order: edition before components before MSDTC."""
    run = Run(procedure(2, 1)).do("P01").do("P02", edition="Standard").do_rest(until="N06@N1")
    run = run.do("X01@N1", components="SMTP").do_rest(until="X03@N1").send(TakeOffline("MSDTC"))
    codes = []
    for repair in ("P02", "X01@N1"):
        codes.append(refused(run, "X04@N1").code)
        run = run.do(repair)
    assert ["ERR-EDITION", "ERR-COMPONENT", "ERR-MSDTC"] == [*codes, refused(run, "X04@N1").code]


# --- removing ---------------------------------------------------------------------------------


def test_the_removal_edges_are_those_of_section_6_2():
    """The list of 6.2, with the last node and the owner of the MTA apart."""
    words = {"first": "@MTA-EVS", "last": "@last-node", "": ""}
    ours = set()
    for step in REMOVE:
        for need in step.needs:
            bang, other = "!" * need.is_hard, short(need.step)
            where = {"others": "@other-nodes[all]", "one": "", "same": "@last-node"}
            named = f"{other}[{need.quantifier}]"
            if need.only == "last":
                named = other + where[need.quantifier]
            elif need.only == "first":
                named = f"{other}@other-EVS[all]"
            ours.add((short(step.id) + words[need.only], named + bang))
    printed = {
        (line.partition(" needs ")[0], need)
        for line in chapter.block("6.2")
        for need in line.partition(" needs ")[2].split(", ")
    }
    assert printed == ours


@pytest.mark.parametrize(("nodes", "evs"), SIZES)
def test_the_removal_has_6_e_and_5_n_steps(nodes: int, evs: int):
    """R10 falls away for the last node: 6 e + 5 n; two nodes 16, four nodes 38 (6.2)."""
    assert 6 * evs + 5 * nodes == len(removal(Plan.standard(nodes=nodes, evs=evs)).tasks)


@pytest.mark.parametrize(("nodes", "evs"), [(1, 1), (2, 1), (2, 2), (4, 3), (8, 7)])
def test_a_whole_removal_leaves_no_cluster(nodes: int, evs: int):
    """In the right order nothing is refused, and nothing is left."""
    run = Run(removal(Plan.standard(nodes=nodes, evs=evs))).do_rest()
    assert ((), 0, None) == (run.left(), run.cost().mistakes, run.cluster)


@cache
def finished() -> Run:
    """Return the finished installation of four nodes and three EVSs."""
    return Run(procedure(4, 3)).do_rest()


@pytest.mark.parametrize("left", ["mailboxes", "a target bridgehead", "the postmaster account"])
def test_an_evs_with_something_of_6_1_cannot_be_removed(left: str):
    """R03 names the condition of 6.1 that is not met (ERR-REMOVE-PRQ)."""
    run = finished().do("R01@EVS3", left=left).do("R02@EVS3")
    error = refused(run, "R03@EVS3")
    assert "ERR-REMOVE-PRQ" == error.code
    assert left in error.text
    assert r"%SystemRoot%\Cluster" in error.text
    assert ("ScPRQ_" in error.text) == (left == "the postmaster account")


def test_skipping_r01_shows_at_r03():
    """R02 without R01 goes on; R03 is then refused (10.2)."""
    run = finished().do("R02@EVS3")
    assert ["ERR-REMOVE-PRQ"] == [harm.code for harm in run.harms]
    assert "ERR-REMOVE-PRQ" == refused(run, "R03@EVS3").code
    assert "install/E06@EVS3" not in run.do("R01@EVS3").do("R03@EVS3").situation.done


def test_one_node_can_go_while_the_others_are_enough():
    """R07 for one node needs no R03 while the EVSs stay fewer than the nodes (6.2)."""
    run = Run(procedure(4, 2)).do_rest().do("R07@N3").do("R08@N3").do("R10@N3").do("R11@N3")
    assert ["NODE1", "NODE2", "NODE4"] == list(run.cluster.node_states)
    assert () == run.harms
    assert "install/C02@N3" in {task.key for task in run.left()}


@pytest.mark.parametrize("mark", ["N2", "N4"])
def test_any_one_node_can_leave_and_come_back(mark: str):
    """The node that stands last in the plan can go too while others stay; nothing is a mistake."""
    run = Run(procedure(4, 2)).do_rest()
    for step in ("R07", "R08", "R10", "R11", "R12"):
        run = run.do(f"{step}@{mark}")
    assert [f"NODE{n}" for n in range(1, 5) if mark != f"N{n}"] == list(run.cluster.node_states)
    assert ((), ()) == (run.warnings, run.harms)
    back = run.do_rest()
    assert {f"NODE{n}" for n in range(1, 5)} == set(back.cluster.node_states)
    assert ((), 0) == (back.warnings, back.cost().mistakes)


def test_exchange_on_the_evicted_first_node_stands_alone():
    """Setup on a node that is in no cluster makes a stand-alone server (ERR-STANDALONE)."""
    run = Run(procedure(4, 2)).do_rest()
    for step in ("R07", "R08", "R10", "R11"):
        run = run.do(f"{step}@N1")
    run = run.do("X03@N1").do("X04@N1")
    assert ["ERR-STANDALONE"] == [remark.code for remark in run.warnings]


def test_the_last_of_all_nodes_is_not_evicted_while_others_are_up():
    """Without R10 the node that a removal ends with waits for the others (handbook 3, 6)."""
    run = Run(removal(Plan.standard(nodes=2, evs=1))).do_rest(until="R09")
    assert "PREREQ" == refused(run, "R11@N2").code


def test_a_node_that_the_evss_need_cannot_be_uninstalled():
    """R08 with an EVS that could run nowhere else is refused (ERR-REMOVE-INUSE)."""
    assert "ERR-REMOVE-INUSE" == refused(finished(), "R08@N4").code
    assert "PREREQ" == refused(finished(), "R07@N4").code


def test_msdtc_deleted_too_early_stops_the_next_uninstall():
    """R09 before the last R08 goes on; the next R08 misses MSDTC (10.2)."""
    run = Run(removal(Plan.standard(nodes=2, evs=1))).do_rest(until="R08@N1").do("R09")
    assert "ERR-MSDTC" == refused(run.do("R07@N2"), "R08@N2").code
    assert () == run.do("R07@N2").do("C06").do("R08@N2").do("R09").do_rest().left()


def test_a_node_that_is_up_cannot_be_evicted():
    """R11 without R10 is error 5009, unless the node is Down by another way."""
    run = Run(removal(Plan.standard(nodes=2, evs=1))).do_rest(until="R09")
    assert "5009" == refused(run, "R11@N1").code
    down = run.send(StopClusterService("NODE1")).do("R11@N1")
    assert "NODE1" not in down.cluster.node_states
