"""What is right in the tasks of lesson 12: designing a cluster."""

from collections.abc import Mapping
from dataclasses import fields, replace

from clusterlab.cluster.errors import ConfigError
from clusterlab.clusterfiles import ClusterFileError
from clusterlab.design.designfiles import read_design
from clusterlab.design.requirements import Requirements
from clusterlab.design.rules import facts_of_design, lint
from clusterlab.design.sizing import Design, design
from clusterlab.lessons import trials as tr
from clusterlab.studies.whatif import double_failures

HEAVY = Requirements(mailboxes=12_000, share_average=0, share_heavy=1)
"""The client of tasks 12.3 and 12.6; of both the design is that of handbook 5, 5.9.2."""
AVERAGE = Requirements(mailboxes=9000)  # the client of task 12.2


def needs_of(task: str, answer: object) -> Requirements:
    """Return the requirements that were given."""
    say = f'Give requirements: check("{task}", Requirements(mailboxes=3000)); this was '
    needs: Requirements = tr.given(answer, Requirements, f"{say}{type(answer).__name__}.")
    return needs


def made_of(needs: Requirements) -> Design | None:
    """Return the design of some requirements; None if there is none."""
    try:
        return design(needs)
    except ConfigError:
        return None


CLIENTS = ("mailboxes", "growth", "quota_mb", "share_light", "share_average", "share_heavy",
           "share_large")  # fmt: skip
"""What belongs to the client, so that no answer may change it."""


def of_client(needs: Requirements, start: Requirements, *more: str) -> tr.Finding:
    """Return whether the client's figures are as they were, those in *more* too."""
    names = [name for name in changed(needs, start) if name in {*CLIENTS, *more}]
    return tr.Finding("client", not names, {"names": ", ".join(names)})


def changed(needs: Requirements, start: Requirements) -> list[str]:
    """Return the inputs in which requirements differ from those of a client."""
    return [
        item.name
        for item in fields(start)
        if getattr(needs, item.name) != getattr(start, item.name)
    ]


def _counted(answer: object) -> tr.Findings:
    made = design(Requirements(mailboxes=6000, share_average=0, share_large=1))
    right = {"EVSs": made.evs_count, "nodes": int(made["nodes"])}
    yield from tr.numbers("12.1", answer, right)


def _largest_quota(answer: object) -> tr.Findings:
    value = answer.get("mb") if isinstance(answer, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 10_000:
        raise tr.OtherAnswerWanted('Give whole megabytes: check("12.2", {"mb": 100}).')
    evs = [int(_evs_needed(value + more)) for more in (0, 1)]
    yield tr.Finding("fits", evs[0] <= 3, {"evs": evs[0]})
    yield tr.Finding("largest", evs[0] > 3 or evs[1] > 3, {"next": value + 1})


def _evs_needed(quota_mb: int) -> float:
    made = made_of(replace(AVERAGE, quota_mb=quota_mb))
    return 9 if made is None else made["evs"]


def _no_findings(answer: object) -> tr.Findings:
    needs = needs_of("12.3", answer)
    yield of_client(needs, HEAVY)
    made = made_of(needs)
    yield tr.Finding("possible", made is not None)
    if made is not None:
        found = lint(facts_of_design(made)).findings
        rules = "; ".join(finding.sentence for finding in found)
        yield tr.Finding("clean", not found, {"rules": rules})


def _two_failures(answer: object) -> tr.Findings:
    needs = needs_of("12.4", answer)
    yield of_client(needs, Requirements(mailboxes=12_000))
    made = made_of(needs)
    yield tr.Finding("possible", made is not None)
    if made is None:
        return
    sweep = double_failures(made.cluster())
    first = sweep.losses[0].label if sweep.losses else ""
    yield tr.Finding("served", not sweep.losses, {"sequence": first})
    nodes = int(made["nodes"])
    yield tr.Finding("fewest", nodes <= 5, {"nodes": nodes})


def _back_in_two_hours(answer: object) -> tr.Findings:
    needs = needs_of("12.6", answer)
    wanted = replace(HEAVY, rto_database_h=2.0)
    names = changed(needs, wanted)
    yield of_client(needs, wanted, "rto_database_h", "detect_h")
    yield tr.Finding("one", len(names) == 1, {"names": ", ".join(names) or "none"})
    made = made_of(needs)
    yield tr.Finding("possible", made is not None)
    if made is not None:
        hours = float(made["evs1.restore_h"])
        yield tr.Finding("in_time", hours <= 2, {"hours": f"{hours:.2f}"})


def _file(answer: object) -> tr.Findings:
    text = tr.given(answer, str, 'Give the text of the file: check("12.7", text).')
    try:
        file = read_design(text)
    except ClusterFileError as error:
        facts = {"count": len(error.problems), "first": error.problems[0]}
        yield tr.Finding("reads", False, facts)
        return
    yield tr.Finding("reads", True)
    needs = file.requirements
    yield tr.Finding("count", needs.mailboxes == 5000 and abs(needs.growth - 0.2) < 1e-9)
    shares = (needs.share_light, needs.share_average, needs.share_heavy, needs.share_large)
    yield tr.Finding("shares", shares == (0, 0.5, 0.5, 0))
    yield tr.Finding("passive", needs.passive == 2)
    yield tr.Finding("answer", dict(file.interview) == {"is_trained": False})


GRADERS: Mapping[str, tr.Grader] = {
    "12.1": _counted,
    "12.2": _largest_quota,
    "12.3": _no_findings,
    "12.4": _two_failures,
    "12.5": lambda answer: tr.causes("12.5", answer, "abcdef", "abd"),
    "12.6": _back_in_two_hours,
    "12.7": _file,
}
