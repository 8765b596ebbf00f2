"""What is right in the tasks of lesson 07: installation."""

from collections.abc import Mapping
from functools import cache

from clusterlab.cluster.states import GroupState, QuorumModel
from clusterlab.exchange.versions import EXCHANGE, ExchangeVersion
from clusterlab.lessons import trials as tr
from clusterlab.lessons.tasks import begin
from clusterlab.procedures.catalogue import installation
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.planning import addresses_in_use
from clusterlab.procedures.procedure import Procedure
from clusterlab.procedures.run import Run


@cache
def two_nodes() -> Procedure:
    """Return the installation of two nodes and one EVS."""
    return installation(Plan.standard(nodes=2, evs=1))


@cache
def numbers() -> Mapping[str, int]:
    """Return what task 07.1 asks for: three nodes, two EVSs."""
    procedure = installation(Plan.standard(nodes=3, evs=2))
    return {
        "addresses": addresses_in_use(3, 2),
        "names": len(procedure.plan.names),
        "steps": len(procedure.tasks),
        "minutes": procedure.minutes(),
        "shortest": sum(task.step.minutes for task in procedure.critical_path()),
    }


CANDIDATES = {
    "a": "A01", "b": "A03", "c": "N01@N2", "d": "H01@N1", "e": "X01@N1", "f": "A02",
}  # fmt: skip
"""Steps by the letters of task 07.2."""


@cache
def startable() -> str:
    """Return the letters of the steps that can start once both planning steps are done."""
    run = Run(two_nodes()).do("P01").do("P02")
    free = {task.short for task in run.available()}
    return "".join(letter for letter, step in CANDIDATES.items() if step in free)


TO_FORM = 4  # steps that task 07.3 needs: two nodes see the disks, NODE1 alone forms the cluster


def _formed(run: Run) -> tr.Findings:
    yield from _has_cluster(run)
    yield tr.no_mistakes(begin("07.3"), run)
    yield tr.few_steps(begin("07.3"), run, TO_FORM)


def _has_cluster(run: Run) -> tr.Findings:
    cluster = run.cluster
    yield tr.Finding("formed", cluster is not None)
    if cluster is not None:
        model = cluster.config.quorum_model
        yield tr.Finding("quorum", model is QuorumModel.SHARED_DISK, {"model": model.value})


def _saved(run: Run) -> tr.Findings:
    yield tr.Finding("sound", not run.situation.facts.get("storage.damaged"))
    yield from _has_cluster(run)


def _one_code_base(run: Run) -> tr.Findings:
    members = {} if run.cluster is None else run.cluster.config.nodes_by_name
    yield tr.Finding("joined", "NODE2" in members)
    facts = run.situation.facts
    kinds = {node: facts.get(f"node.{node}.exchange") for node in ("NODE1", "NODE2")}
    for node, kind in kinds.items():
        yield tr.Finding("clustered", kind == "cluster", {"node": node, "kind": kind or "none"})
    has = {name: node.installed.get(EXCHANGE, "none") for name, node in members.items()}
    versions = {has.get(node, "none") for node in kinds}
    is_one = versions == {ExchangeVersion.E2003_SP2.value}
    yield tr.Finding("build", is_one, {"builds": ", ".join(sorted(versions))})


def _until(step: str) -> Run:
    return Run(two_nodes()).do_rest(until=step)


def _forgotten() -> Run:
    run = _until("E02@EVS1").do("E03@EVS1", kerberos="not ticked")
    run = run.do_rest(until="E05@EVS1")
    return run.do("E06@EVS1", data=r"C:\exchsrvr", owners="NODE1").do("E08@EVS1")


def _remembered(run: Run) -> tr.Findings:
    facts, cluster = run.situation.facts, run.cluster
    kerberos = facts.get("evs.EVS1.kerberos")
    yield tr.Finding("kerberos", kerberos == "ticked", {"kerberos": kerberos})
    data = str(facts.get("evs.EVS1.data"))
    yield tr.Finding("data", data.startswith(("R:", "S:")), {"data": data})
    if cluster is None:
        return
    state = cluster.group_state("EVS1")
    yield tr.Finding("online", state is GroupState.ONLINE, {"state": state.value})
    trial = tr.after(run.simulation(), cluster.owners["EVS1"])
    state = trial.cluster.group_state("EVS1")
    yield tr.Finding("survives", state is GroupState.ONLINE, {"state": state.value})


DAY_MINUTES = 12 * 60  # what task 07.7 allows for four nodes and three EVSs

TEAM_MAX = 12  # more people than this would only wait for each other


@cache
def people() -> int:
    """Return how few people install four nodes and three EVSs within `DAY_MINUTES`."""
    return next(count for count in range(1, 10) if _minutes(count) <= DAY_MINUTES)


def _minutes(count: int) -> int:
    return installation(Plan.standard(nodes=4, evs=3)).schedule(count).minutes


def _people(answer: object) -> tr.Findings:
    if type(answer) is not int or not 1 <= answer <= TEAM_MAX:
        raise tr.OtherAnswerWanted(f'Give a number of people, 1 to {TEAM_MAX}: check("07.7", 3).')
    facts = {"given": answer, "minutes": _minutes(answer), "right": people()}
    yield tr.Finding("enough", answer >= people(), facts)
    yield tr.Finding("fewest", answer <= people(), facts)


RUNS: tr.Runs = {
    "07.3": lambda: _until("N06@N2"),
    "07.4": lambda: _until("H01@N1").attempt("H02@N2", powered="all nodes"),
    "07.5": lambda: _until("C01@N1").attempt("X04@N2"),
    "07.6": _forgotten,
}
GRADERS: Mapping[str, tr.Grader] = {
    "07.1": lambda answer: tr.numbers("07.1", answer, numbers()),
    "07.2": lambda answer: tr.causes("07.2", answer, "".join(CANDIDATES), startable()),
    "07.3": _formed,
    "07.4": _saved,
    "07.5": _one_code_base,
    "07.6": _remembered,
    "07.7": _people,
}
