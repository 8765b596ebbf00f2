"""Makes a report: reads what it is about, plays its failures, and writes one HTML file."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.model import Cluster
from clusterlab.clusterexe.listings import find_listings
from clusterlab.clusterfiles import read_cluster
from clusterlab.clusterfiles.filekinds import FileKind, kind_of
from clusterlab.clusterfiles.importing import import_found, seen_in
from clusterlab.design.designfiles import designed
from clusterlab.design.rules import facts_of_design
from clusterlab.design.sizing import Design
from clusterlab.lab.figures.partitions import partition_picture
from clusterlab.lab.figures.pictures import start_picture
from clusterlab.lab.figures.still import Still
from clusterlab.lab.reports import findings
from clusterlab.lab.reports.page import Chapter, page_html
from clusterlab.lab.reports.sequences import Store, each_alone, each_sequence
from clusterlab.procedures.catalogue import installation
from clusterlab.procedures.checklist import inspect_cluster
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.planfiles import read_plan
from clusterlab.procedures.planning import PlanTable, plan_tables
from clusterlab.procedures.run import Run
from clusterlab.rules.expressions import Fact
from clusterlab.simulation import Simulation
from clusterlab.studies.whatif import Sweep, failures_of, kinds_in, single_failures
from clusterlab.tomlfiles.files import read_start, write_text
from clusterlab.tomlfiles.parsing import read_source
from clusterlab.tomlfiles.problems import ClusterFileError, Problem, name_of

Progress = Callable[[int, int], object]
"""Called with how many sequences are played and how many there are."""
LOGOS = {"png": b"\x89PNG\r\n", "jpeg": b"\xff\xd8\xff", "gif": b"GIF8", "svg+xml": b"<"}
"""Kinds of logos, and how their files begin."""
MOST_LOGO_BYTES = 300_000


@dataclass(frozen=True, kw_only=True)
class ClientReport:
    """A report as one HTML file that asks nothing of any network.

    Attributes:
        html: The file.
        title: What stands on top of it.
    """

    html: str = field(repr=False)
    title: str

    def write(self, path: Path | str, *, force: bool = False) -> None:
        """Write the file, as a whole or not at all.

        Args:
            path: Where to.
            force: Whether a file that stands there may be replaced.

        Raises:
            ClusterFileError: If it exists and *force* is not given, or it cannot be written; a file
                that stood there is as it was.
        """
        write_text(Path(path), self.html, force=force)


@dataclass(frozen=True, kw_only=True)
class Topic:
    """What a report is about: a cluster, and what else its source says."""

    name: str
    cluster: Cluster
    told: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    seen: Mapping[str, frozenset[str]] | None = None
    facts: Mapping[str, Fact] | None = None
    tables: tuple[PlanTable, ...] = ()
    sheets: Mapping[str, Still] = field(default_factory=dict)


def report(
    *sources: Path | str | Cluster | Simulation | Design | Plan,
    title: str = "",
    client: str = "",
    author: str = "",
    date: str = "",
    logo: Path | str | None = None,
    progress: Progress | None = None,
) -> ClientReport:
    """Return a report on one cluster, or on two: before and after a change.

    Requirements and plans that stand beside a cluster add their tables; alone they are played as
    the cluster that they lead to.

    Args:
        sources: Cluster files, folders with listings, requirements or plans, or their values.
        title: What stands on top; "" takes it from the cluster.
        client: For whom it is.
        author: By whom.
        date: As it is to be printed.
        logo: A picture of at most 300,000 bytes: PNG, JPEG, GIF or SVG.
        progress: Told how far it is.

    Raises:
        ClusterFileError: With everything that is wrong with a file.
        ConfigError: If there is no source, or more than two clusters.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> made = report(exchange_cluster(active=1), client="Wingtip")
        >>> made.title, "<script src" in made.html
        ('CL1: what fails, and what happens then', False)
    """
    played, beside = _sorted([_topic(source) for source in sources])
    cover = {"client": client, "author": author, "date": date}
    cover["logo"] = _logo(Path(logo)) if logo else ""
    parts = [_part(one, beside if one is played[-1] else [], progress) for one in played]
    head, before, after = ("title", "two")[len(parts) - 1], parts[0].name, parts[-1].name
    cover["title"] = title or findings.say("heads", head, before=before, after=after)
    first = [findings.buys_table(parts[0].sweep, parts[1].sweep)] if len(parts) == 2 else []
    html = page_html(cover, parts, first, [findings.glossary()])
    return ClientReport(html=html, title=cover["title"])


def _sorted(topics: list[Topic]) -> tuple[list[Topic], list[Topic]]:
    """Return what is played, one or two clusters, and what only adds its tables."""
    played = [one for one in topics if not one.tables]
    if topics and not played:
        first = topics[0].tables[0].name
        played = [one for one in topics if one.tables[0].name == first]
    if not 1 <= len(played) <= 2:
        raise ConfigError(
            f"{len(played)} clusters are named; allowed: one, or two to compare them; requirements "
            "and plans of the same client may come beside them"
        )
    beside = [one for one in topics if one not in played]
    if len(played) == 2 and played[0].name == played[1].name:
        heads = zip(("before", "after"), played, strict=True)
        played = [replace(t, name=findings.say("heads", head, name=t.name)) for head, t in heads]
    return played, beside


def _part(topic: Topic, beside: list[Topic], progress: Progress | None) -> Chapter:
    """Play everything that is said of one cluster."""
    cluster = topic.cluster
    failures = failures_of(cluster)
    sequences = []
    for sequence in each_sequence(cluster, failures):
        sequences.append(sequence)
        if progress is not None:
            progress(len(sequences), len(failures) ** 2)
    cells = tuple(sequence.left for sequence in sequences)
    sweep = Sweep(start=cluster, failures=failures, is_double=True, cells=cells)
    points = single_failures(cluster, kinds=kinds_in(cluster))
    alone = each_alone(cluster, [cell.failures[0] for cell in points.losses])
    checked = inspect_cluster(cluster, seen=topic.seen)
    facts = next((one.facts for one in (topic, *beside) if one.facts), None)
    return Chapter(
        name=topic.name,
        summary=tuple(findings.summary(sweep, points, checked, topic.told)),
        picture=start_picture(cluster),
        sheets=next((one.sheets for one in (topic, *beside) if one.sheets), {}),
        sweep=sweep,
        store=Store(cluster, [*sequences, *alone]),
        tables=(
            findings.points_table(points),
            findings.checklist_table(checked),
            findings.trials_table(cluster),
            findings.rules_table(cluster, facts),
            *(table for one in (topic, *beside) for table in one.tables),
            *findings.upgrade_tables(cluster),
            findings.told_table(topic.told),
            findings.standing_table(checked),
        ),
    )


# --- what it is about -----------------------------------------------------------------------------


def _topic(source: Any) -> Topic:
    match source:
        case Cluster():
            return Topic(name=source.config.name, cluster=source)
        case Simulation():
            return _topic(source.cluster)
        case Design():
            return _of_design(source, facts_of_design(source))
        case Plan():
            return _of_plan(source)
        case str() | Path():
            return _of_path(Path(source))
    raise ConfigError(
        f"a report cannot be made of {source!r}; allowed: a file, a folder with listings, a "
        "cluster, a simulation, a design or a plan"
    )


def _of_path(path: Path) -> Topic:
    if path.is_dir():
        found = find_listings(path)
        result = import_found(found, name_of(path))
        told = {
            "seen": seen_in(found, name_of(path)),
            "guessed": result.guesses,
            "assumed": result.assumptions,
            "not_understood": result.unread,
        }
        return replace(_topic(result.cluster), told=told, seen=result.seen)
    kind = kind_of(read_source(path)[0])
    if kind is FileKind.DESIGN:
        return _of_design(*designed(path))
    if kind is FileKind.PLAN:
        return _of_plan(read_plan(path))
    return _topic(read_cluster(path))


def _of_design(made: Design, facts: Mapping[str, Fact]) -> Topic:
    tables = tuple(findings.design_tables(made))
    topic = Topic(name=str(made.pool), cluster=made.cluster(), facts=facts, tables=tables)
    return replace(topic, sheets={"volumes": partition_picture(made)})


def _of_plan(plan: Plan) -> Topic:
    run = Run(installation(plan))
    for task in run.left():
        run = run.attempt(task.key)
    if run.cluster is None:
        raise ConfigError(f"the plan of {plan.cluster} leads to no cluster; check it with 'plan'")
    return Topic(name=plan.cluster, cluster=run.cluster, tables=plan_tables(plan))


def _logo(path: Path) -> str:
    """Return the address of a logo that has its data in it.

    Raises:
        ClusterFileError: If it is no picture, too large, or cannot be read.
    """
    try:
        data = read_start(path, MOST_LOGO_BYTES + 1)
    except OSError as error:
        raise _refused(path, f"{error.strerror or error}; name a picture") from None
    kind = next((kind for kind, start in LOGOS.items() if data.lstrip().startswith(start)), "")
    if not kind or len(data) > MOST_LOGO_BYTES:
        allowed = f"PNG, JPEG, GIF or SVG of at most {MOST_LOGO_BYTES:,} bytes"
        raise _refused(path, f"it cannot be the logo; allowed: {allowed}")
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def _refused(path: Path, problem: str) -> ClusterFileError:
    return ClusterFileError([Problem(name_of(path), 0, problem)])
