"""Makes a report: reads what it is about, plays its failures, and writes one HTML file."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from clusterlab.clients import Client, read_client
from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.model import Cluster
from clusterlab.clusterfiles.filekinds import FileKind
from clusterlab.design.designfiles import DesignFile
from clusterlab.design.sizing import Design, design
from clusterlab.lab.figures.partitions import partition_picture
from clusterlab.lab.figures.pictures import start_picture
from clusterlab.lab.figures.still import Still
from clusterlab.lab.reports import findings
from clusterlab.lab.reports.page import Chapter, page_html
from clusterlab.lab.reports.sequences import Store, each_alone, each_sequence
from clusterlab.procedures.checklist import inspect_cluster
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.planning import PlanTable, plan_tables
from clusterlab.rules.expressions import Fact
from clusterlab.simulation import Simulation
from clusterlab.studies.whatif import Sweep, failures_of, kinds_in, single_failures
from clusterlab.tomlfiles.files import read_start, refused, write_text

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
        """Write the file, as a whole or not at all; *force* replaces one that stands there.

        Raises:
            ClusterFileError: If it exists and *force* is not given, or it cannot be written.
        """
        write_text(Path(path), self.html, force=force)


@dataclass(frozen=True, kw_only=True)
class Topic:
    """What a report is about: a cluster, and what else its source says.

    `is_beside`: it says what is wanted or planned, and nothing of a cluster there is.
    """

    name: str
    cluster: Cluster
    client: str = ""
    is_beside: bool = False
    told: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    seen: Mapping[str, frozenset[str]] | None = None
    facts: Mapping[str, Fact] | None = None
    tables: tuple[PlanTable, ...] = ()
    sheets: Mapping[str, Still] = field(default_factory=dict)


def report(
    *sources: Path | str | Cluster | Simulation | Client | Design | DesignFile | Plan,
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
        sources: Client files, cluster files, folders with listings, requirements or plans, or
            their values.
        title: What stands on top; "" takes it from the cluster.
        client: For whom it is; "" takes it from a client file.
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
    client = client or next((one.client for one in played if one.client), "")
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
    played = [one for one in topics if not one.is_beside]
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


def _topic(source: Any) -> Topic:
    match source:
        case Cluster():
            return Topic(name=source.config.name, cluster=source)
        case Simulation():
            return _topic(source.cluster)
        case Design():
            wanted = DesignFile(requirements=source.requirements)
            return _topic(Client(wanted=wanted, design=source))
        case DesignFile():
            return _topic(Client(wanted=source, design=design(source.requirements)))
        case Plan():
            return _topic(Client(plan=source))
        case Client():
            return _of_client(source)
        case str() | Path():
            return _topic(read_client(source, (FileKind.CLUSTER, FileKind.DESIGN, FileKind.PLAN)))
    raise ConfigError(
        f"a report cannot be made of {source!r}; allowed: a file, a folder with listings, a "
        "cluster, a simulation, a design or a plan"
    )


def _of_client(client: Client) -> Topic:
    cluster, tables, sheets = client.cluster, list[PlanTable](), dict[str, Still]()
    name = cluster.config.name
    if client.design is not None and client.wanted is not None:
        tables += findings.design_tables(client.design)
        sheets["volumes"] = partition_picture(client.design)
        tables += [findings.interview_table(client.interview)] if client.interview else []
        if client.is_alone:
            name = client.wanted.cluster or str(client.design.pool)
    if client.plan is not None:
        tables += plan_tables(client.plan)
    return Topic(
        name=name,
        cluster=cluster,
        client=client.name,
        is_beside=client.is_alone and bool(tables),
        told=client.told,
        seen=client.seen,
        facts=None if client.wanted is None else client.facts,
        tables=tuple(tables),
        sheets=sheets,
    )


def _logo(path: Path) -> str:
    try:
        data = read_start(path, MOST_LOGO_BYTES + 1)
    except OSError as error:
        raise refused(path, f"{error.strerror or error}; name a picture") from None
    kind = next((kind for kind, start in LOGOS.items() if data.lstrip().startswith(start)), "")
    if not kind or len(data) > MOST_LOGO_BYTES:
        allowed = f"PNG, JPEG, GIF or SVG of at most {MOST_LOGO_BYTES:,} bytes"
        raise refused(path, f"it cannot be the logo; allowed: {allowed}")
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
