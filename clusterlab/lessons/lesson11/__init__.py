"""What is right in the tasks of lesson 11: connectors, and what else stays off the cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.states import GroupState
from clusterlab.exchange.evs import exchange_cluster
from clusterlab.exchange.mailflow import MailFlow, mail_flow
from clusterlab.exchange.support import assess
from clusterlab.exchange.topologies import BRIDGEHEAD, SERVER, TOPOLOGIES, topology
from clusterlab.lessons.runs import Beginning, begun, graded, mistakes_since
from clusterlab.lessons.trials import (
    Finding,
    Findings,
    Grader,
    OtherAnswerWanted,
    at_rest,
    causes,
    where,
)
from clusterlab.procedures.catalogue import upgrade_path
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.run import Run
from clusterlab.simulation import Simulation

CLIENT_LIST = (
    "mailboxes",
    "Recipient Update Service",
    "IMAP4",
    "POP3",
    "Lotus Notes connector",
    "Calendar Connector",
    "front-end servers",
    "Intelligent Message Filter",
    "SMTP connector",
    "Site Replication Service",
)
"""What the client of task 11.1 uses."""

MOST_WAITING = 200
MOST_NUMBER = 100_000
HALF_HOUR_S, QUARTER_S = 1800.0, 900.0
MOST_FOR_EVS2 = 25
LONGEST_WAIT_S = 300.0
DAY_OUT = {SERVER: [(3600.0, 4200.0)]}
"""When the first connector server of task 11.6 is out."""


def _must_move(answer: object) -> Findings:
    if not isinstance(answer, Iterable) or isinstance(answer, str | Mapping):
        raise OtherAnswerWanted('Give a set of names: check("11.1", {"POP3", "mailboxes"}).')
    try:
        given = set(assess(str(name) for name in answer).asked)
    except ConfigError as error:
        raise OtherAnswerWanted(f"Give names from the list: {error}.") from error
    right = set(assess(CLIENT_LIST).moves)
    extra = ", ".join(sorted(item.name for item in given if item.can_stay))
    yield Finding("none_extra", not extra, {"extra": extra})
    yield Finding("all_named", right <= given, {"more": len(right - given)})


def _number(task: str, answer: object, unit: str) -> float:
    """Return the number that was given, such as {"seconds": 60}."""
    value = answer.get(unit) if isinstance(answer, Mapping) else None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 < float(value) <= MOST_NUMBER:  # type: ignore[arg-type]
        raise OtherAnswerWanted(f'Give a number of {unit}: check("{task}", {{"{unit}": 100}}).')
    return float(value)  # type: ignore[arg-type]


def _peak_after(out_s: float) -> float:
    sim = Simulation(exchange_cluster())
    flow = mail_flow(sim, out={SERVER: [(0.0, out_s)]}, until_s=out_s + HALF_HOUR_S)
    return flow.peak(BRIDGEHEAD)[0]


def _longest_outage(answer: object) -> Findings:
    out_s = _number("11.3", answer, "seconds")
    peak = _peak_after(out_s)
    yield Finding("short", peak <= MOST_WAITING + 0.5, {"peak": round(peak)})
    yield Finding("longest", _peak_after(out_s + 1) > MOST_WAITING + 0.5)


def _left_over(limit: float) -> float:
    """Return what still waits a quarter of an hour after an outage of half an hour."""
    cluster = exchange_cluster()
    made = topology("notes", cluster, {"connector_limit": limit})
    end_s = HALF_HOUR_S + QUARTER_S
    flow = MailFlow(made, {SERVER: [(0.0, HALF_HOUR_S)]}, until_s=end_s)
    return sum(flow.at(end_s).waiting.values())


def _fast_enough(answer: object) -> Findings:
    limit = _number("11.4", answer, "messages")
    left = _left_over(limit)
    yield Finding("drained", left < 0.5, {"left": round(left)})
    yield Finding("smallest", _left_over(max(limit - 1, 0)) >= 0.5)


def _hardly_noticed(sim: Simulation) -> Findings:
    sim = at_rest(sim)
    left = list(sim.cluster.groups_on("NODE2"))
    yield Finding("empty", not left, {"left": ", ".join(left)})
    yield Finding("online", sim.state("EVS2") is GroupState.ONLINE, where(sim, "EVS2"))
    peak = mail_flow(sim).peak(SERVER)[0]
    yield Finding("most", peak <= MOST_FOR_EVS2, {"peak": round(peak)})


def day_of_failures() -> Simulation:
    """Return the day of task 11.6: NODE1 fails and is repaired after an hour and a half."""
    sim = Simulation(exchange_cluster())
    sim.fail_node("NODE1")
    sim.run(until_s=5400)
    sim.start_node("NODE1")
    sim.run(until_s=7200)
    return sim


def _stands_the_day(answer: object) -> Findings:
    if not isinstance(answer, str) or answer not in TOPOLOGIES or "notes" not in answer:
        keys = ", ".join(key for key in TOPOLOGIES if "notes" in key)
        raise OtherAnswerWanted(f'Give one of {keys}: check("11.6", "notes").')
    sim = day_of_failures()
    made = topology(answer, sim.cluster)
    out = {name: spans for name, spans in DAY_OUT.items() if name in made.servers}
    flow = mail_flow(sim, made, out=out)
    yield Finding("supported", made.is_supported)
    waits = {stream.name: flow.longest_wait_s(stream.name) for stream in made.streams}
    worst = max(waits, key=waits.__getitem__)
    facts = {"stream": worst, "seconds": round(waits[worst])}
    yield Finding("waits", waits[worst] <= LONGEST_WAIT_S, facts)


def _both_run() -> Run:
    """Return path NC with both connectors running, which a colleague left behind."""
    run = Run(upgrade_path("NC", Plan.standard(nodes=4, evs=3))).do_rest(until="NC-04")
    return run.attempt("NC-06")


def _put_right(run: Run) -> Findings:
    contacts = run.situation.facts["contacts"]
    yield Finding("contacts", contacts is None, {"contacts": str(contacts)})
    yield Finding("removed", bool(run.situation.facts.get("old.removed")))
    count = mistakes_since(_both_run(), run)
    yield Finding("clean", count == 0, {"count": count})


BEGINNINGS: Mapping[str, Beginning] = {"11.8": _both_run}
"""The run that a task begins with, by its number."""


def begin(task: str) -> Run:
    """Return the run that a task of this part begins with.

    Raises:
        ConfigError: If the task has none.

    Example:
        >>> [harm.code for harm in begin("11.8").damages]
        ['NC-DOUBLE']
    """
    return begun(BEGINNINGS, task)


STARTS: Mapping[str, Callable[[], Simulation]] = {"11.5": lambda: Simulation(exchange_cluster())}
"""How a task begins, by its number."""

GRADERS: Mapping[str, Grader] = {
    "11.1": _must_move,
    "11.2": lambda answer: causes("11.2", answer, "abcdef", "abf"),
    "11.3": _longest_outage,
    "11.4": _fast_enough,
    "11.5": _hardly_noticed,
    "11.6": _stands_the_day,
    "11.7": lambda answer: causes("11.7", answer, "abcdef", "bcf"),
    "11.8": graded("11.8", _both_run, _put_right),
}
"""What the check of each task looks at."""
