"""What is right in the tasks of lesson 10: migration."""

from collections.abc import Mapping
from functools import cache

from clusterlab.cluster.states import GroupState
from clusterlab.exchange.versions import ExchangeVersion, NodeWindows
from clusterlab.lessons import trials as tr
from clusterlab.lessons.tasks import begin
from clusterlab.procedures.catalogue import upgrade_path
from clusterlab.procedures.paths import Source, way
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.procedure import Procedure
from clusterlab.procedures.run import Run


@cache
def from_55() -> Procedure:
    """Return path M55 to a cluster of two nodes and one EVS."""
    return upgrade_path("M55", Plan.standard(nodes=2, evs=1))


_V, _W = ExchangeVersion, NodeWindows
CLIENTS: Mapping[str, Source] = {
    "a": Source(exchange=_V.E55, windows=_W.NT4),
    "b": Source(exchange=_V.E2000_SP3, windows=_W.W2000_SP4, nodes=4, evs=3),
    "c": Source(exchange=_V.E2000_SP3, windows=_W.W2000_SP4, nodes=2, evs=2),
    "d": Source(exchange=_V.E2000_SP3, windows=_W.W2000_SP4),
    "e": Source(exchange=_V.E55, windows=_W.W2000_SP4, nodes=2),
    "f": Source(exchange=_V.E2000_SP2, windows=_W.W2000_SP3, nodes=2),
}
"""What the clients of task 10.1 have."""


def client_words(client: Source) -> str:
    """Return what a client has, in words.

    Example:
        >>> client_words(CLIENTS["b"])
        'a cluster of 4 nodes, 3 EVSs, Exchange 2000 SP3 on Windows 2000 SP4'
    """
    place = "one server"
    if client.is_cluster:
        place = f"a cluster of {client.nodes} nodes, {client.evs} EVS{'s' * (client.evs > 1)}"
    windows = client.windows.value
    return f"{place}, Exchange {client.exchange.value} on Windows {windows}"


def right_paths() -> Mapping[str, str]:
    """Return the path of each client of task 10.1."""
    return {letter: way(client).paths[0] for letter, client in CLIENTS.items()}


def _paths(answer: object) -> tr.Findings:
    say = 'Give a path for each client: check("10.1", {"a": "U2", ...}).'
    paths = tr.given(answer, Mapping, say)
    for letter, right in right_paths().items():
        given = str(paths.get(letter, "")).upper()
        facts = {"given": given or tr.UNANSWERED, "because": way(CLIENTS[letter]).because}
        yield tr.Finding("path", given == right, {"letter": letter, **facts})


CANDIDATES = {"a": "M-01", "b": "M-02", "c": "M-04", "d": "M-06", "e": "M-09", "f": "M-11"}
"""Steps by the letters of task 10.2."""


@cache
def startable() -> str:
    """Return the letters of the steps that can start on the first day."""
    free = {task.short for task in Run(from_55()).available()}
    return "".join(letter for letter, step in CANDIDATES.items() if step in free)


TO_EVS = 6  # steps that task 10.3 needs: directory connector, tools, verification, S1, nodes, EVS


def _tried(run: Run, *steps: str) -> Run:
    for step in steps:
        run = run.attempt(step)
    return run


def _evs_there(run: Run) -> tr.Findings:
    cluster = run.cluster
    is_there = cluster is not None and "EVS1" in cluster.owners
    is_online = is_there and cluster.group_state("EVS1") is GroupState.ONLINE  # type: ignore[union-attr]
    yield tr.Finding("online", is_online)
    yield tr.no_mistakes(begin("10.3"), run)
    yield tr.few_steps(begin("10.3"), run, TO_EVS)


@cache
def hours() -> Mapping[str, int]:
    """Return what task 10.4 asks for."""
    procedure = from_55()
    fewest = sum(task.step.minutes for task in procedure.critical_path())
    people = next(n for n in range(1, 9) if procedure.schedule(n).minutes == fewest)
    return {"alone": procedure.minutes(), "fewest": fewest, "people": people}


def _native(run: Run) -> tr.Findings:
    done = [key.partition("/")[2] for key in run.situation.done]
    yield tr.Finding("native", "M-24" in done)
    if "M-15" in done:
        yield tr.Finding("late", {"M-19", "M-20"} <= set(done[: done.index("M-15")]))
    codes = {remark.code for remark in run.warnings}
    yield tr.Finding("users", "upgrade-mistake/18" not in codes)
    yield tr.no_mistakes(begin("10.5"), run)


MAILBOXES, MAILBOX_GB, WIZARDS = 240, 0.15, 3
GB_PER_HOUR = 2.0  # of one wizard instance; an assumption (handbook 4, 4.5.3)


def _move_hours(answer: object) -> tr.Findings:
    value = answer.get("hours") if isinstance(answer, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise tr.OtherAnswerWanted('Give a number of hours: check("10.6", {"hours": 1}).')
    right = MAILBOXES * MAILBOX_GB / (WIZARDS * GB_PER_HOUR)
    yield tr.Finding("hours", abs(value - right) < 0.05, {"given": f"{value:g}"})


RUNS: tr.Runs = {
    "10.3": lambda: _tried(Run(from_55()), "M-01", "M-02", "M-04", "M-05", "M-11", "M-12"),
    "10.5": lambda: _tried(Run(from_55()).do_rest(until="M-14"), "M-16", "M-17", "M-18"),
}
GRADERS: Mapping[str, tr.Grader] = {
    "10.1": _paths,
    "10.2": lambda answer: tr.causes("10.2", answer, "".join(CANDIDATES), startable()),
    "10.3": _evs_there,
    "10.4": lambda answer: tr.numbers("10.4", answer, hours()),
    "10.5": _native,
    "10.6": _move_hours,
    "10.7": lambda answer: tr.causes("10.7", answer, "abcdef", "bdf"),
}
