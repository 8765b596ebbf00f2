"""What a report says of a cluster: a summary in sentences, and tables, all made from results.

Words stand in `words.toml`; here is only what decides between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.facts import standing
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.outages import PARTS
from clusterlab.clusterexe.lines import run_line
from clusterlab.design.availability import RANGES
from clusterlab.design.rules import facts_of_cluster, lint
from clusterlab.design.sizing import Design
from clusterlab.design.storage import volumes
from clusterlab.procedures.acceptance import acceptance_test
from clusterlab.procedures.planning import PlanTable
from clusterlab.rules.expressions import Fact
from clusterlab.rules.judging import Inspection, Severity
from clusterlab.simulation import Simulation
from clusterlab.studies.play import Aftermath, Fate, minutes
from clusterlab.studies.remedies import each_setting
from clusterlab.studies.whatif import Sweep, double_failures
from clusterlab.tomlfiles.tables import own_table

WORDS: Mapping[str, Any] = own_table(Path(__file__).with_name("words.toml")).data
MOST_NAMED, MOST_TRIED, MOST_PLAYED = 4, 60, 6
"""So many names stand in a sentence; so many settings are tried on the first loss, and so many of
those that help are played against every failure."""


def some(names: Iterable[str]) -> str:
    """Return the first few names, and how many more there are."""
    listed = list(dict.fromkeys(names))
    shown = ", ".join(listed[:MOST_NAMED])
    count = len(listed) - MOST_NAMED
    return WORDS["lost"]["more"].format(names=shown, count=count) if count > 0 else shown


def result(cell: Aftermath) -> str:
    """Return what a course leaves: what is lost, and how long the others were out."""
    words, time = WORDS["page"], minutes(cell.seconds_out)
    others = "others" if cell.lost else "back"
    said = [words["result_lost"].format(groups=", ".join(cell.lost))] if cell.lost else []
    if cell.seconds_out:
        said.append(words[f"result_{others}"].format(time=time))
    return "; ".join(said) or str(words["result_none"])


# --- the summary ----------------------------------------------------------------------------------


def summary(
    sweep: Sweep, points: Sweep, checked: Inspection, told: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each part of the summary: its name in words.toml, and its sentences."""
    yield "lost", tuple(_lost(sweep, points))
    yield "outage", tuple(_outage(sweep))
    yield "setting", (best_setting(sweep, checked),)
    yield "decide", tuple(_decide(sweep, points, checked, told)) or (WORDS["decide"]["nothing"],)


def _alone(sweep: Sweep) -> list[Aftermath]:
    return [cell for cell in sweep.cells if len(cell.failures) == 1]


def _pairs(sweep: Sweep) -> list[Aftermath]:
    return [cell for cell in sweep.cells if len(cell.failures) == 2]


def _lost(sweep: Sweep, points: Sweep) -> Iterator[str]:
    words, losses = WORDS["lost"], [cell for cell in _alone(sweep) if cell.lost]
    if sweep.not_serving:
        yield words["silent"].format(groups=", ".join(sweep.not_serving))
    if not losses:
        yield words["none"].format(nodes=len(sweep.failures))
    for cell in losses:
        yield words["one"].format(
            words=cell.failures[0].words, groups=", ".join(cell.lost), why=_why(cell)
        )
    pairs = _pairs(sweep)
    count = sum(bool(cell.lost) for cell in pairs)
    which = "all" if count == len(pairs) else "some" if count else "never"
    if pairs:
        yield words[which].format(count=count, total=len(pairs))
    others = _other_points(points, sweep)
    if others:
        yield words["points"].format(count=len(others), names=some(others))


def _other_points(points: Sweep, sweep: Sweep) -> list[str]:
    """Return what loses a group by itself and is no node."""
    nodes = {failure.label for failure in sweep.failures}
    return [c.failures[0].label for c in points.losses if c.failures[0].label not in nodes]


def _why(cell: Aftermath) -> str:
    parts = dict.fromkeys(fate.lost for fate in cell.fates if fate.lost)
    return "; ".join(PARTS.get(part, part) for part in parts)


def _outage(sweep: Sweep) -> Iterator[str]:
    words = WORDS["outage"]
    hit = [
        (fate, cell)
        for cell in _alone(sweep)
        for fate in cell.fates
        if fate.outage.seconds and not fate.lost
    ]
    if not hit:
        yield words["none"]
        return
    times = sorted({minutes(fate.outage.seconds) for fate, _ in hit}, key=lambda t: float(t[:-4]))
    fate, cell = max(hit, key=lambda pair: pair[0].outage.seconds)
    yield words["one" if len(times) == 1 else "range"].format(
        group=fate.group,
        time=times[-1],
        least=times[0],
        most=times[-1],
        words=cell.failures[0].words,
        parts=_parts(fate),
    )
    owners = sweep.start.owners
    is_own = (owners[fate.group] == cell.failures[0].label for fate, cell in hit)
    if all(is_own):
        yield words["others"]
    largest = max(fate.outage.parts, key=lambda part: fate.outage.parts[part])
    yield words["measured"].format(part=f'"{PARTS.get(largest, largest)}"')


def _parts(fate: Fate) -> str:
    return "; ".join(
        f"{seconds:g} s: {PARTS.get(part, part)}" for part, seconds in fate.outage.parts.items()
    )


def best_setting(sweep: Sweep, checked: Inspection) -> str:
    """Return in a sentence which one setting saves most courses; each was played."""
    words, before = WORDS["setting"], len(sweep.losses)
    if not before:
        return str(words["none_lost"])
    tried = dict(islice(_changes(sweep, checked), MOST_PLAYED))
    after = {said: len(double_failures(changed).losses) for said, changed in tried.items()}
    best = min(after, key=lambda said: after[said], default="")
    if best and after[best] < before:
        return str(
            words["best"].format(words=best, after=after[best], before=before, total=sweep.total)
        )
    said = words["nothing"]
    if (spare := _with_spare(sweep.start)) is not None:
        larger = double_failures(spare)
        if len(larger.losses) * sweep.total < before * larger.total:
            said += " " + words["spare"].format(
                after=len(larger.losses), total=larger.total, before=before, of=sweep.total
            )
    return str(said)


def _changes(sweep: Sweep, checked: Inspection) -> Iterator[tuple[str, Cluster]]:
    """Yield settings worth a try, each with the cluster that has it: rules first, then remedies."""
    lines: dict[str, list[str]] = {}
    for finding in checked.findings:
        name = f"{finding.rule.title}: {finding.rule.expected or finding.remedy}"
        lines.setdefault(name, []).extend(finding.commands)
    for said, typed in lines.items():
        sim = Simulation(sweep.start)
        try:
            answers = [run_line(sim, line) for line in typed]
        except (ConfigError, OperationRefused):
            continue
        if answers:
            yield said, sim.cluster
    cell = min(sweep.losses, key=lambda cell: len(cell.failures))
    for _, _, remedy in islice(each_setting(sweep.start, cell.failures, cell.lost[0]), MOST_TRIED):
        if remedy is not None and not remedy.lost:
            sim = Simulation(sweep.start)
            sim.send(remedy.event)
            yield remedy.words, sim.cluster


def _with_spare(cluster: Cluster) -> Cluster | None:
    """Return the cluster with one more node, which owns nothing; None where it cannot have one."""
    names = {name.casefold() for name in cluster.config.nodes_by_name}
    name = next(f"NODE{n}" for n in range(1, 99) if f"node{n}" not in names)
    sim = Simulation(cluster)
    try:
        sim.add_node(name)
        sim.start_node(name)
        sim.run()
    except (ConfigError, OperationRefused):
        return None
    return sim.cluster if sim.cluster.is_live(name) else None


def _decide(
    sweep: Sweep, points: Sweep, checked: Inspection, told: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    words, pairs = WORDS["decide"], _pairs(sweep)
    errors = [f for f in checked.findings if f.rule.severity is Severity.ERROR]
    if errors:
        names = some(f"{found.subject}: {found.rule.title}" for found in errors)
        yield words["errors"].format(count=len(errors), names=names)
    if count := sum(bool(cell.lost) for cell in pairs):
        yield words["double"].format(count=count, total=len(pairs))
    if others := _other_points(points, sweep):
        yield words["single"].format(names=some(others))
    if unsure := len(told.get("guessed", ())) + len(told.get("assumed", ())):
        yield words["guessed"].format(count=unsure)
    if checked.unchecked:
        yield words["unknown"].format(count=len(checked.unchecked))


# --- tables ---------------------------------------------------------------------------------------


def _table(name: str, rows: Iterable[Sequence[str]], notes: Iterable[str] = ()) -> PlanTable:
    said, kept = WORDS["tables"][name], tuple(tuple(row) for row in rows)
    none = () if kept else (str(said.get("none", "")),)
    return PlanTable(
        name=name,
        title=said["title"],
        head=tuple(said["head"]),
        rows=kept,
        notes=tuple(filter(None, (*none, *notes))),
    )


def points_table(points: Sweep) -> PlanTable:
    """Return every part that loses a group when it alone fails."""
    rows = ((c.failures[0].words, ", ".join(c.lost), _why(c)) for c in points.losses)
    return _table("points", rows)


def checklist_table(checked: Inspection) -> PlanTable:
    """Return the findings of the checklist with remedies, their outages and lines to type."""
    said = WORDS["tables"]["checklist"]
    rows = (
        (
            f"{found.subject}\n({found.rule.severity.value})",
            found.sentence,
            found.rule.reason,
            found.remedy,
            "\n".join(found.commands),
        )
        for found in checked.findings
    )
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
    said, judged = WORDS["tables"]["rules"], lint(facts or facts_of_cluster(cluster))
    rows = (
        (f"{f.sentence} ({f.rule.severity.value})", f.rule.reason, f.remedy, f.rule.source)
        for f in judged.findings
    )
    notes = [said["kept"].format(count=len(judged.passed))]
    if judged.unchecked:
        notes.append(said["unknown"].format(count=len(judged.unchecked)))
    return _table("rules", rows, notes)


def design_tables(made: Design) -> Iterator[PlanTable]:
    """Yield the figures with their formulas, the partitions, and the availability of a design."""
    figures = (
        (
            f"{figure.formula.title} ({key})",
            f"{figure.value:,} {figure.formula.unit}".strip(),
            figure.formula.expression,
            figure.arithmetic(),
            figure.formula.source,
        )
        for key, figure in made.figures.items()
    )
    yield _table("figures", figures)
    rows = ((v.path, v.group, v.content, f"{v.gb:,.1f}", v.raid, str(v.disks))
            for v in volumes(made))  # fmt: skip
    yield _table("volumes", rows)
    said, pool = WORDS["tables"]["availability"], made.pool
    total = said["total"].format(
        hours=f"{pool.hours_a_year:.2f}", percent=f"{pool.availability:.4%}"
    )
    assumed = ", ".join(f"{what} {getattr(pool, name):g}" for name, (*_, what) in RANGES.items())
    causes = ((cause, f"{hours:.2f}") for cause, hours in pool.down.items())
    yield _table("availability", causes, (total, said["assumed"].format(names=assumed)))


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
    said = WORDS["glossary"]
    rows = tuple((word, meaning) for word, meaning in said["rows"])
    return PlanTable(name="glossary", title=said["title"], head=tuple(said["head"]), rows=rows)


# --- two clusters ---------------------------------------------------------------------------------


def buys_table(before: Sweep, after: Sweep) -> PlanTable:
    """Return course by course what one cluster saves that another loses."""
    said = WORDS["tables"]["buys"]
    old, new = ({cell.label: cell for cell in sweep.cells} for sweep in (before, after))
    rows = []
    for label in dict.fromkeys((*old, *new)):
        one, other = old.get(label), new.get(label)
        texts = [result(cell) if cell else "" for cell in (one, other)]
        rows.append((label, *texts, _difference(one, other)))
    total = said["total"].format(
        before=len(before.losses), of=before.total, after=len(after.losses), total=after.total
    )
    return _table("buys", rows, (total,))


def _difference(one: Aftermath | None, other: Aftermath | None) -> str:
    said = WORDS["tables"]["buys"]
    if one is None or other is None:
        return str(said["new" if one is None else "gone"])
    saved = ", ".join(group for group in one.lost if group not in other.lost)
    lost = ", ".join(group for group in other.lost if group not in one.lost)
    if saved or lost:
        key = "both" if saved and lost else "better" if saved else "worse"
        return str(said[key].format(groups=lost or saved, saved=saved))
    gain = other.seconds_out - one.seconds_out
    key = "same" if abs(gain) < 3 else "later" if gain > 0 else "sooner"
    return str(said[key].format(time=minutes(abs(gain))))
