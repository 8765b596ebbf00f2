"""What a report says of a cluster: a summary in sentences, and tables, all made from results.

Words stand in `words.toml`; here is only what decides between them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from clusterlab.cluster.engine import apply
from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.facts import standing
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.outages import PARTS
from clusterlab.clusterexe.lines import run_line
from clusterlab.design.availability import RANGES
from clusterlab.design.rules import QUESTIONS, facts_of_cluster, facts_of_sites, lint
from clusterlab.design.sizing import Design
from clusterlab.design.storage import volumes
from clusterlab.exchange.exres import evs_names
from clusterlab.exchange.versions import ExchangeVersion, node_version, node_windows
from clusterlab.lab.figures.palette import FAILED, ONLINE, PENDING
from clusterlab.procedures.acceptance import acceptance_test
from clusterlab.procedures.paths import Source, path_table
from clusterlab.procedures.planning import PlanTable
from clusterlab.rules.expressions import Fact, shown, with_signs
from clusterlab.rules.judging import Inspection, Severity
from clusterlab.simulation import Simulation
from clusterlab.studies.play import Aftermath, minutes
from clusterlab.studies.remedies import LAST_RESORT, each_setting, with_spare
from clusterlab.studies.whatif import Sweep, double_failures
from clusterlab.tomlfiles.tables import own_table

WORDS: Mapping[str, Any] = own_table(Path(__file__).with_name("words.toml")).data
MOST_NAMED, MOST_TRIED, MOST_PLAYED = 4, 60, 6
"""So many names stand in a sentence; so many settings are tried on the first loss, and so many of
those that help are played against every failure."""


def say(part: str, key: str, /, **values: object) -> str:
    """Return a sentence of words.toml with its values."""
    return str(WORDS[part][key].format(**values))


def some(names: Iterable[str]) -> str:
    """Return the first few names, and how many more there are."""
    listed = list(dict.fromkeys(names))
    shown_, count = ", ".join(listed[:MOST_NAMED]), len(listed) - MOST_NAMED
    return say("lost", "more", names=shown_, count=count) if count > 0 else shown_


def role(cell: Aftermath) -> str:
    """Return the colour of a sequence: lost, out for a while, or untouched."""
    return FAILED if cell.lost else PENDING if cell.hit else ONLINE


def result(cell: Aftermath) -> str:
    """Return what a sequence leaves: what is lost, and how long the others were out."""
    said = [say("page", "result_lost", groups=", ".join(cell.lost))] if cell.lost else []
    if seconds := cell.seconds_out:
        others = "result_others" if cell.lost else "result_back"
        said.append(say("page", others, time=minutes(seconds)))
    return "; ".join(said) or say("page", "result_none")


# --- the summary ----------------------------------------------------------------------------------


def summary(
    sweep: Sweep, points: Sweep, checked: Inspection, told: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each part of the summary: its name in words.toml, and its sentences."""
    yield "lost", tuple(_lost(sweep, points))
    yield "outage", tuple(_outage(sweep))
    yield "setting", (best_setting(sweep, checked),)
    yield "decide", tuple(_decide(sweep, points, checked, told)) or (say("decide", "nothing"),)


def _of(sweep: Sweep, count: int) -> list[Aftermath]:
    return [cell for cell in sweep.cells if len(cell.failures) == count]


def _lost(sweep: Sweep, points: Sweep) -> Iterator[str]:
    losses, pairs = [cell for cell in _of(sweep, 1) if cell.lost], _of(sweep, 2)
    if sweep.not_serving:
        yield say("lost", "silent", groups=", ".join(sweep.not_serving))
    if sweep.failures and not losses:
        yield say("lost", "none", nodes=len(sweep.failures))
    for cell in losses:
        groups = ", ".join(cell.lost)
        yield say("lost", "one", words=cell.failures[0].words, groups=groups, why=_why(cell))
    count = sum(bool(cell.lost) for cell in pairs)
    which = "all" if count == len(pairs) else "some" if count else "never"
    if pairs:
        yield say("lost", which, count=count, total=len(pairs))
    if others := _other_points(points, sweep):
        yield say("lost", "points", count=len(others), names=some(others))


def _other_points(points: Sweep, sweep: Sweep) -> list[str]:
    """Return what loses a group by itself and is no node."""
    found = (cell.failures[0] for cell in points.losses)
    others = (one.words for one in found if one not in sweep.failures)
    return [re.sub(" (fails|loses power|is cut)$", "", words) for words in others]


def _why(cell: Aftermath) -> str:
    parts = dict.fromkeys(fate.lost for fate in cell.fates if fate.lost)
    return "; ".join(PARTS.get(part, part) for part in parts)


def _outage(sweep: Sweep) -> Iterator[str]:
    touched = [(fate, cell.failures[0]) for cell in _of(sweep, 1) for fate in cell.hit]
    if not touched:
        yield say("outage", "none")
        return
    touched.sort(key=lambda pair: pair[0].outage.seconds)
    (least, _), (longest, failure) = touched[0], touched[-1]
    times = [minutes(fate.outage.seconds) for fate in (least, longest)]
    parts = longest.outage.parts
    yield say(
        "outage",
        "one" if times[0] == times[1] else "range",
        group=longest.group,
        least=times[0],
        most=times[1],
        words=failure.words,
        parts="; ".join(f"{s:g} s: {PARTS.get(part, part)}" for part, s in parts.items()),
    )
    if all(sweep.start.owners[fate.group] == failure.label for fate, failure in touched):
        yield say("outage", "others")
    largest = max(parts, key=lambda part: parts[part])
    yield say("outage", "measured", part=f'"{PARTS.get(largest, largest)}"')


def best_setting(sweep: Sweep, checked: Inspection) -> str:
    """Return in a sentence which one setting saves most sequences; each was played."""
    before = len(sweep.losses)
    if not before:
        return say("setting", "none_lost")
    tried = islice(changes(sweep, checked), MOST_PLAYED)
    after = {said: len(double_failures(changed).losses) for said, changed in tried}
    best = min(after, key=lambda said: after[said], default="")
    counts = {"before": before, "of": sweep.total}
    if best and after[best] < before:
        return say("setting", "best", words=best, after=after[best], total=sweep.total, **counts)
    said = [say("setting", "nothing")]
    if (spare := with_spare(sweep.start)) is not None:
        larger = double_failures(spare)
        after_it, total = len(larger.losses), larger.total
        if after_it * sweep.total < before * total:
            said.append(say("setting", "spare", after=after_it, total=total, **counts))
    return " ".join(said)


def changes(sweep: Sweep, checked: Inspection) -> Iterator[tuple[str, Cluster]]:
    """Yield settings worth a try, each with the cluster that has it: rules first, then remedies."""
    lines: dict[str, list[str]] = {}
    for finding in checked.findings:
        name = f"{finding.rule.title}: {finding.rule.expected or finding.remedy}"
        lines.setdefault(name, []).extend(finding.commands)
    for said, typed in lines.items():
        sim = Simulation(sweep.start)
        answers = [run_line(sim, line) for line in typed]
        if answers and not any(text.startswith("System error") for text in answers):
            yield said, sim.cluster
    cell = min(sweep.losses, key=lambda cell: len(cell.failures))
    for _, _, remedy in islice(each_setting(sweep.start, cell.failures, cell.lost[0]), MOST_TRIED):
        # A group that goes on without a part of itself is not saved for its users.
        if remedy is not None and not remedy.lost and remedy.size < LAST_RESORT:
            yield remedy.words, apply(sweep.start, remedy.event).cluster


def _decide(
    sweep: Sweep, points: Sweep, checked: Inspection, told: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    pairs = _of(sweep, 2)
    errors = [f for f in checked.findings if f.rule.severity is Severity.ERROR]
    if errors:
        names = some(f"{found.subject}: {found.rule.title}" for found in errors)
        yield say("decide", "errors", count=len(errors), names=names)
    if count := sum(bool(cell.lost) for cell in pairs):
        yield say("decide", "double", count=count, total=len(pairs))
    if others := _other_points(points, sweep):
        yield say("decide", "single", names=some(others))
    if unsure := len(told.get("guessed", ())) + len(told.get("assumed", ())):
        yield say("decide", "guessed", count=unsure)
    if checked.unchecked:
        yield say("decide", "unknown", count=len(checked.unchecked))


# --- tables ---------------------------------------------------------------------------------------


def _table(name: str, rows: Iterable[Sequence[str]], notes: Iterable[str] = ()) -> PlanTable:
    said, kept = WORDS["tables"][name], tuple(tuple(row) for row in rows)
    below = tuple(filter(None, ("" if kept else said.get("none", ""), *notes)))
    head = tuple(said["head"])
    return PlanTable(name=name, title=said["title"], head=head, rows=kept, notes=below)


def points_table(points: Sweep) -> PlanTable:
    """Return every part that loses a group when it alone fails."""
    rows = ((c.failures[0].words, ", ".join(c.lost), _why(c)) for c in points.losses)
    return _table("points", rows)


def checklist_table(checked: Inspection) -> PlanTable:
    """Return the findings of the checklist with remedies, their outages and lines to type."""
    said = WORDS["tables"]["checklist"]
    rows = (
        (f"{f.subject}\n({f.rule.severity.value})", f.sentence, f.rule.reason, f.remedy,
         "\n".join(f.commands))
        for f in checked.findings
    )  # fmt: skip
    notes = [said["kept"].format(count=len(checked.passed))]
    for key, some_rules in (("unknown", checked.unchecked), ("assumed", checked.assumed)):
        names = "; ".join(f"{rule.title} ({some(subjects)})" for rule, subjects in some_rules)
        notes += [said[key].format(names=names)] if names else []
    return _table("checklist", rows, notes)


def trials_table(cluster: Cluster) -> PlanTable:
    """Return the acceptance test, played."""
    rows = (
        (one.done, one.expected, one.found, "ok" if one.is_ok else "FAILED")
        for one in acceptance_test(cluster)
    )
    return _table("trials", rows)


def rules_table(cluster: Cluster, facts: Mapping[str, Fact] | None = None) -> PlanTable:
    """Return what the design rules say, of a design if *facts* are those of one."""
    said, known = WORDS["tables"]["rules"], facts or facts_of_cluster(cluster)
    judged = lint({**facts_of_sites(cluster), **known})
    rows = (
        (f"{f.sentence} ({f.rule.severity.value})", f.rule.reason, f.remedy, f.rule.source)
        for f in judged.findings
    )
    notes = [said["kept"].format(count=len(judged.passed))]
    if judged.unchecked:
        notes.append(said["unknown"].format(count=len(judged.unchecked)))
        notes += (f"{title}: {', '.join(words)}" for title, words in judged.named_unknown)
    return _table("rules", rows, notes)


def design_tables(made: Design) -> Iterator[PlanTable]:
    """Yield the figures with their formulas, the partitions, and the availability of a design."""
    first = {key[5:]: figure.value for key, figure in made.figures.items() if "evs1." in key}
    figures = []
    for key, one in made.figures.items():
        evs, _, name = key.rpartition(".")
        if evs in ("", "evs1") or one.value != first.get(name):
            title = f"{evs.upper()}: " * bool(evs) + one.formula.title
            worked_out = f"{with_signs(one.formula.expression)}\n= {one.arithmetic()}"
            value = f"{shown(one.value)} {one.formula.unit}".strip()
            figures.append((title, value, worked_out, one.formula.source))
    yield _table("figures", figures, (WORDS["tables"]["figures"]["same"],))
    rows = ((v.path, v.group, v.content, f"{v.gb:,.1f}", v.raid, str(v.disks))
            for v in volumes(made))  # fmt: skip
    yield _table("volumes", rows)
    said, pool = WORDS["tables"]["availability"], made.pool
    total = said["total"].format(hours=pool.hours_a_year, percent=pool.availability)
    assumed = ", ".join(f"{what} {getattr(pool, name):g}" for name, (*_, what) in RANGES.items())
    causes = ((cause, f"{hours:.2f}") for cause, hours in pool.down.items())
    yield _table("availability", causes, (total, said["assumed"].format(names=assumed)))


def interview_table(answers: Mapping[str, Fact]) -> PlanTable:
    """Return what the client was asked, and what they answered."""
    rows = ((one.words, shown(answers[one.name])) for one in QUESTIONS if one.name in answers)
    return _table("interview", rows)


def upgrade_tables(cluster: Cluster) -> Iterator[PlanTable]:
    """Yield the paths to Exchange 2003 with their outages, if all nodes have one older version."""
    nodes = cluster.config.nodes
    exchange, *others = {node_version(node) for node in nodes}
    windows, *more = {node_windows(node) for node in nodes}
    is_old = exchange is not None and exchange.rank < ExchangeVersion.E2003_RTM.rank
    if exchange and windows and is_old and not others and not more:
        evs = len(evs_names(cluster.config))
        with suppress(ConfigError):  # no such cluster can be upgraded
            yield path_table(Source(exchange=exchange, windows=windows, nodes=len(nodes), evs=evs))


def told_table(told: Mapping[str, Sequence[str]]) -> PlanTable:
    """Return what listings proved, what was guessed, assumed and not understood."""
    rows = ((WORDS["told"][how], text) for how in WORDS["told"] for text in told.get(how, ()))
    return _table("told", rows)


def standing_table(checked: Inspection) -> PlanTable:
    """Return how each rule that this report rests on is known."""
    rules = [found.rule for found in checked.findings] + list(checked.passed)
    sources = {rule.title: rule.source for rule in rules}
    rows = ((title, source, standing(source)) for title, source in sources.items())
    notes = (f"{word}: {meaning}." for word, meaning in WORDS["standings"].items())
    return _table("standing", rows, notes)


def glossary() -> PlanTable:
    """Return the words that a client may not know."""
    return _table("glossary", (row[:2] for row in WORDS["tables"]["glossary"]["rows"]))


# --- two clusters ---------------------------------------------------------------------------------


def buys_table(before: Sweep, after: Sweep) -> PlanTable:
    """Return sequence by sequence what one cluster saves that another loses."""
    said = WORDS["tables"]["buys"]
    old, new = ({cell.label: cell for cell in sweep.cells} for sweep in (before, after))
    rows = (
        (label, *(result(at[label]) if label in at else "" for at in (old, new)),
         _difference(old.get(label), new.get(label)))
        for label in dict.fromkeys((*old, *new))
    )  # fmt: skip
    total = said["total"].format(
        before=len(before.losses), of=before.total, after=len(after.losses), total=after.total
    )
    return _table("buys", rows, (total,))


def _difference(one: Aftermath | None, other: Aftermath | None) -> str:
    said = WORDS["tables"]["buys"]
    if one is None or other is None:
        return str(said["new" if one is None else "gone"])
    saved, lost = (
        ", ".join(group for group in this.lost if group not in that.lost)
        for this, that in ((one, other), (other, one))
    )
    gain = other.seconds_out - one.seconds_out
    key = "same" if abs(gain) < 3 else "later" if gain > 0 else "sooner"
    if saved or lost:
        key = "both" if saved and lost else "better" if saved else "worse"
    return str(said[key].format(groups=lost or saved, saved=saved, time=minutes(abs(gain))))
