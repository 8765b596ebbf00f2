"""What is right in the tasks of lesson 09: upgrading."""

from collections.abc import Mapping
from functools import cache
from itertools import pairwise

from clusterlab.cluster.events import NodeFailed
from clusterlab.exchange.versions import EXCHANGE, ExchangeVersion, FitResult, NodeWindows, fit
from clusterlab.lessons import trials as tr
from clusterlab.lessons.tasks import begin
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.procedure import Procedure
from clusterlab.procedures.run import Run
from clusterlab.procedures.timeline import Timeline
from clusterlab.procedures.upgrade import upgrade

EVS = "EVS1"


@cache
def two_nodes() -> Procedure:
    """Return path U2 for two nodes and one EVS."""
    return upgrade("U2", Plan.standard(nodes=2, evs=1))


_V, _W = ExchangeVersion, NodeWindows
PAIRS: Mapping[str, tuple[ExchangeVersion, ExchangeVersion, NodeWindows, NodeWindows]] = {
    "a": (_V.E2000_SP3, _V.E2000_SP3, _W.W2000_SP4, _W.W2000_SP4),
    "b": (_V.E2000_SP3, _V.E2003_RTM, _W.W2000_SP4, _W.W2000_SP4),
    "c": (_V.E2003_RTM, _V.E2000_SP3, _W.W2000_SP4, _W.W2000_SP4),
    "d": (_V.E2000_SP2, _V.E2000_SP3, _W.W2000_SP4, _W.W2000_SP4),
    "e": (_V.E2003_RTM, _V.E2003_SP1, _W.W2000_SP4, _W.W2000_SP4),
    "f": (_V.E2003_SP1, _V.E2003_RTM, _W.W2003, _W.W2003),
    "g": (_V.E2003_RTM, _V.E2003_RTM, _W.W2000_SP4, _W.W2003),
}
"""By letter: Exchange of an EVS and of a node, Windows where the EVS was last Online and is now."""


@cache
def online_pairs() -> str:
    """Return the letters of the pairs of task 09.1 in which the EVS comes online."""
    good = (FitResult.ONLINE, FitResult.UPGRADES_ITSELF)
    return "".join(
        letter
        for letter, (evs, node, last, now) in PAIRS.items()
        if fit(evs, node, now, last).result in good
    )


@cache
def unprotected_steps() -> Mapping[str, str]:
    """Return during which steps of U2 the protection of EVS1 ends, and begins again."""
    run, ends, begins = Run(two_nodes()), "", ""
    for task in two_nodes().tasks:
        was = Timeline(run).evs[EVS][-1]
        run = run.do(task.key)
        now = Timeline(run).evs[EVS][-1]
        if was.is_protected and not now.is_protected and not ends:
            ends = task.short
        if not was.is_protected and now.is_protected:
            begins = task.short
    return {"ends": ends, "begins": begins}


def _unprotected(answer: object) -> tr.Findings:
    say = 'Give two steps: check("09.2", {"ends": "U2-01", "begins": ...}).'
    steps = tr.given(answer, Mapping, say)
    for name, right in unprotected_steps().items():
        given = str(steps.get(name, "nothing")).upper()
        yield tr.Finding(name, given == right, {"given": given})


def _online_and_new(run: Run) -> tr.Findings:
    stay = Timeline(run).evs[EVS][-1]
    yield tr.Finding("online", not stay.is_out, {"part": stay.state, "node": stay.node})
    yield tr.Finding("new", stay.version == ExchangeVersion.E2003_RTM.value, {"is": stay.version})


def _whole(run: Run) -> tr.Findings:
    yield from _online_and_new(run)
    stay = Timeline(run).evs[EVS][-1]
    yield tr.Finding("protected", stay.is_protected)


def _forward(run: Run) -> tr.Findings:
    yield from _whole(run)
    lanes = Timeline(run)
    out_s = lanes.out_s(EVS, lanes.prepared_s)
    yield tr.Finding("short", out_s <= SHORT_S, {"seconds": f"{out_s:.0f}"})


SHORT_S = 1200.0
"""So long EVS1 may be out in task 09.3; going forward takes some 1000 s, a repair first more."""

FEWEST = 7
SOFT = ("UE-09", "upgrade-mistake/14")
"""What Setup does not refuse: front-ends and Active Directory Connector left behind."""


def _set_up(run: Run) -> tr.Findings:
    cluster = run.cluster
    node = None if cluster is None else cluster.config.nodes_by_name["NODE2"]
    version = "" if node is None else node.installed.get(EXCHANGE, "")
    yield tr.Finding("new", version == ExchangeVersion.E2003_RTM.value, {"is": version})
    seen = ", ".join(remark.code for remark in run.warnings if remark.code in SOFT)
    yield tr.Finding("sound", not seen, {"codes": seen})
    yield tr.few_steps(begin("09.4"), run, FEWEST)


@cache
def interruptions() -> Mapping[str, int]:
    """Return how often EVS2 is out in two orders for four nodes, once they are prepared.

    The way home is left out.
    """
    four = Plan.standard(nodes=4, evs=3)
    documented = Run(upgrade("U4", four)).do_rest(until="U4-43")
    idle_first = Run(upgrade("U4S", four)).do_rest(until="U4S-6")
    return {"U4": _times_out(documented), "U4S": _times_out(idle_first)}


def _times_out(run: Run) -> int:
    lanes = Timeline(run)
    stays = [stay for stay in lanes.evs["EVS2"] if stay.end_s > lanes.prepared_s]
    return sum(b.is_out and not a.is_out for a, b in pairwise(stays))


RUNS: tr.Runs = {
    "09.3": lambda: Run(two_nodes()).do_rest(until="U2-03").send(NodeFailed("NODE1")),
    "09.4": lambda: Run(two_nodes()).do_rest(until="P07"),
    "09.5": lambda: Run(two_nodes()).do_rest(until="U2-08").send(NodeFailed("NODE2")),
}
GRADERS: Mapping[str, tr.Grader] = {
    "09.1": lambda answer: tr.causes("09.1", answer, "".join(PAIRS), online_pairs()),
    "09.2": _unprotected,
    "09.3": _forward,
    "09.4": _set_up,
    "09.5": _whole,
    "09.6": lambda answer: tr.numbers("09.6", answer, interruptions(), "nothing"),
    "09.7": lambda answer: tr.causes("09.7", answer, "abcdefg", "bfg"),
}
