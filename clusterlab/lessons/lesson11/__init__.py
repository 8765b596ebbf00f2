"""What is right in the tasks of lesson 11: connectors, and what else stays off the cluster."""

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.states import GroupState
from clusterlab.exchange.evs import exchange_cluster
from clusterlab.exchange.mailflow import MailFlow, mail_flow
from clusterlab.exchange.support import assess
from clusterlab.exchange.topologies import BRIDGEHEAD, SERVER, TOPOLOGIES, topology
from clusterlab.lessons import trials as tr
from clusterlab.lessons.tasks import begin
from clusterlab.procedures.catalogue import upgrade_path
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.run import Run
from clusterlab.simulation import Simulation
from clusterlab.tomlfiles.tables import own_table

CLIENT_LIST: list[str] = own_table(Path(__file__).with_name("client.toml")).data["list"]
"""What the client of task 11.1 uses."""

MOST_WAITING = 200
MOST_NUMBER = 100_000
HALF_HOUR_S, QUARTER_S = 1800.0, 900.0
MOST_FOR_EVS2 = 25
LONGEST_WAIT_S = 300.0
DAY_OUT = {SERVER: [(3600.0, 4200.0)]}  # when the first connector server of task 11.6 is out


def _must_move(answer: object) -> tr.Findings:
    if not isinstance(answer, Iterable) or isinstance(answer, str | Mapping):
        raise tr.OtherAnswerWanted('Give a set of names: check("11.1", {"POP3", "mailboxes"}).')
    try:
        given = set(assess(str(name) for name in answer).asked)
    except ConfigError as error:
        raise tr.OtherAnswerWanted(f"Give names from the list: {error}.") from error
    right = set(assess(CLIENT_LIST).moves)
    extra = ", ".join(sorted(item.name for item in given if item.can_stay))
    yield tr.Finding("none_extra", not extra, {"extra": extra})
    yield tr.all_named("all_named", given, right)


def _number(task: str, answer: object, unit: str) -> float:
    value = answer.get(unit) if isinstance(answer, Mapping) else None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 < float(value) <= MOST_NUMBER:  # type: ignore[arg-type]
        raise tr.OtherAnswerWanted(f'Give a number of {unit}: check("{task}", {{"{unit}": 100}}).')
    return float(value)  # type: ignore[arg-type]


def _peak_after(out_s: float) -> float:
    sim = tr.all_serving()
    flow = mail_flow(sim, out={SERVER: [(0.0, out_s)]}, until_s=out_s + HALF_HOUR_S)
    return flow.peak(BRIDGEHEAD)[0]


def _longest_outage(answer: object) -> tr.Findings:
    out_s = _number("11.3", answer, "seconds")
    peak = _peak_after(out_s)
    yield tr.Finding("short", peak <= MOST_WAITING + 0.5, {"peak": round(peak)})
    yield tr.Finding("longest", _peak_after(out_s + 1) > MOST_WAITING + 0.5)


def _left_over(limit: float) -> float:
    """Return what still waits a quarter of an hour after an outage of half an hour."""
    cluster = exchange_cluster()
    made = topology("notes", cluster, {"connector_limit": limit})
    end_s = HALF_HOUR_S + QUARTER_S
    flow = MailFlow(made, {SERVER: [(0.0, HALF_HOUR_S)]}, until_s=end_s)
    return sum(flow.at(end_s).waiting.values())


def _fast_enough(answer: object) -> tr.Findings:
    limit = _number("11.4", answer, "messages")
    left = _left_over(limit)
    yield tr.Finding("drained", left < 0.5, {"left": round(left)})
    yield tr.Finding("smallest", _left_over(max(limit - 1, 0)) >= 0.5)


def _hardly_noticed(sim: Simulation) -> tr.Findings:
    sim = tr.at_rest(sim)
    left = list(sim.cluster.groups_on("NODE2"))
    yield tr.Finding("empty", not left, {"left": ", ".join(left)})
    yield tr.Finding("online", sim.state("EVS2") is GroupState.ONLINE, tr.where(sim, "EVS2"))
    peak = mail_flow(sim).peak(SERVER)[0]
    yield tr.Finding("most", peak <= MOST_FOR_EVS2, {"peak": round(peak)})


def day_of_failures() -> Simulation:
    """Return the day of task 11.6: NODE1 fails and is repaired after an hour and a half."""
    sim = tr.all_serving()
    sim.fail_node("NODE1")
    sim.run(until_s=5400)
    sim.start_node("NODE1")
    sim.run(until_s=7200)
    return sim


def _stands_the_day(answer: object) -> tr.Findings:
    if not isinstance(answer, str) or answer not in TOPOLOGIES or "notes" not in answer:
        keys = ", ".join(key for key in TOPOLOGIES if "notes" in key)
        raise tr.OtherAnswerWanted(f'Give one of {keys}: check("11.6", "notes").')
    sim = day_of_failures()
    made = topology(answer, sim.cluster)
    out = {name: spans for name, spans in DAY_OUT.items() if name in made.servers}
    flow = mail_flow(sim, made, out=out)
    yield tr.Finding("supported", made.is_supported)
    waits = {stream.name: flow.longest_wait_s(stream.name) for stream in made.streams}
    worst = max(waits, key=waits.__getitem__)
    facts = {"stream": worst, "seconds": round(waits[worst])}
    yield tr.Finding("waits", waits[worst] <= LONGEST_WAIT_S, facts)


def _put_right(run: Run) -> tr.Findings:
    contacts = run.situation.facts["contacts"]
    yield tr.Finding("contacts", contacts is None, {"contacts": str(contacts)})
    yield tr.Finding("removed", bool(run.situation.facts.get("old.removed")))
    yield tr.no_mistakes(begin("11.8"), run)


_NC = partial(upgrade_path, "NC", Plan.standard(nodes=4, evs=3))
RUNS: tr.Runs = {  # a colleague left both connectors running
    "11.8": lambda: Run(_NC()).do_rest(until="NC-04").attempt("NC-06")
}
STARTS: tr.Starts = {"11.5": tr.all_serving}

GRADERS: Mapping[str, tr.Grader] = {
    "11.1": _must_move,
    "11.2": lambda answer: tr.causes("11.2", answer, "abcdef", "abf"),
    "11.3": _longest_outage,
    "11.4": _fast_enough,
    "11.5": _hardly_noticed,
    "11.6": _stands_the_day,
    "11.7": lambda answer: tr.causes("11.7", answer, "abcdef", "bcf"),
    "11.8": _put_right,
}
