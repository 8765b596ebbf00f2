"""From a client's figures to nodes, processors, memory, databases, disks and windows of time.

`design` works out the formulas of `sheets.toml` and returns a `Design`, which explains every figure
and from which a cluster can be built; where its volumes lie is decided by `storage.py`.

Source: handbook 5, 5.1 to 5.4, 5.6 and the worked designs of 5.9.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

from clusterlab.cluster.checks import listed
from clusterlab.cluster.errors import impossible, said
from clusterlab.cluster.model import Cluster
from clusterlab.design.availability import Pool
from clusterlab.design.requirements import DesignFault, Requirements, RequirementsError
from clusterlab.exchange.evs import exchange_cluster
from clusterlab.rules.expressions import Number, names_in, shown, value_of, with_signs, with_values
from clusterlab.tomlfiles.tables import own_lists, text


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """One line of a calculation sheet.

    Attributes:
        name: What the result is called; later lines use it by this name.
        expression: Numbers, names of inputs and earlier results, + - * / // **, "a if b > c else
            d", and the functions ceil, floor, max, min, round and sqrt.
    """

    name: str
    title: str
    unit: str
    expression: str
    source: str

    def inputs(self) -> tuple[str, ...]:
        """Return the names that the formula uses, in the order of reading, each once."""
        return names_in(self.expression)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number with its name, unit, formula, inputs and source."""

    formula: Formula
    value: Number
    inputs: Mapping[str, Number]

    def arithmetic(self) -> str:
        """Return the formula with the numbers put in."""
        return with_values(self.formula.expression, self.inputs)

    def __str__(self) -> str:
        unit = f" {self.formula.unit}" if self.formula.unit else ""
        indent = " " * (len(self.formula.name) + 2)
        lines = (
            f"{self.formula.title}: {shown(self.value)}{unit}",
            f"  {self.formula.name} = {with_signs(self.formula.expression)}",
            f"{indent} = {self.arithmetic()}",
            f"  {self.formula.source}",
        )
        return "\n".join(lines)


def evaluated(formulas: Iterable[Formula], inputs: Mapping[str, Number]) -> dict[str, Figure]:
    """Return the figure of each formula by name, worked out in the order given."""
    known = dict(inputs)
    figures: dict[str, Figure] = {}
    for formula in formulas:
        used = {name: known[name] for name in formula.inputs()}
        value = value_of(formula.expression, used)
        figures[formula.name] = Figure(formula=formula, value=value, inputs=used)
        known[formula.name] = value
    return figures


MAX_NODES = 8


@cache
def sheets() -> Mapping[str, tuple[Formula, ...]]:
    """Return the formulas by the part of a design that they are for."""
    texts = dict.fromkeys(("name", "title", "unit", "expression", "source"), text)
    rows = own_lists(Path(__file__).with_name("sheets.toml"), texts, optional=("unit",))
    return {
        part: tuple(Formula(**{"unit": "", **row}) for row in lines) for part, lines in rows.items()
    }


def sheet(part: str) -> tuple[Formula, ...]:
    """Return the formulas of "site", "evs", "whole" or "growth", in the order they are worked out.

    Example:
        >>> [line.name for line in sheet("site")][6:8]
        ['evs', 'nodes']
    """
    return sheets()[part]


@dataclass(frozen=True, kw_only=True)
class Design:
    """A cluster that a client's figures lead to (handbook 5, 5.9).

    Example:
        >>> made = design(Requirements(mailboxes=12000, share_average=0, share_heavy=1))
        >>> print(made.explain("evs1.storage_groups"))
        Storage groups: 4
          storage_groups = min(storage_groups_max, ceil(database_gb / database_max_gb))
                         = min(4, ceil(720 / 50))
          handbook 5, 5.2.7
    """

    requirements: Requirements
    figures: Mapping[str, Figure]

    def __getitem__(self, key: str) -> Number:
        return self.explain(key).value

    def explain(self, key: str) -> Figure:
        """Return a figure with its formula, the numbers put in, and its source."""
        if key not in self.figures:
            near = [name for name in self.figures if key.rsplit(".", maxsplit=1)[-1] in name][:5]
            raise impossible("no such figure", key, listed(near), len(self.figures))
        return self.figures[key]

    @property
    def evs_count(self) -> int:
        """How many EVSs it has."""
        return int(self["evs"])

    def mailboxes_of(self, number: int) -> int:
        """Return the mailboxes of the EVS with this number, from 1."""
        return int(self.explain(f"evs{number}.data_gb").inputs["evs_mailboxes"])

    @property
    def uses_mount_points(self) -> bool:
        """Whether its volumes need mount points, since letters do not suffice."""
        return self["letters_without_mounts"] > self["letters_free"]

    @cached_property
    def pool(self) -> Pool:
        """Its nodes as a pool, for its availability."""
        inputs = self.requirements.pool
        return replace(inputs, active=self.evs_count, passive=self.requirements.passive)

    def cluster(self, name: str = "CL1") -> Cluster:
        """Return the cluster as the simulation knows it, at rest.

        Each EVS has its storage groups and databases; its volumes are as many shared disks.

        Example:
            >>> cluster = design(Requirements()).cluster()
            >>> [node.name for node in cluster.config.nodes], cluster.owners["EVS1"]
            (['NODE1', 'NODE2'], 'NODE1')
        """
        numbers = range(1, self.evs_count + 1)
        groups = [int(self[f"evs{number}.storage_groups"]) for number in numbers]
        databases = max(
            -(-int(self[f"evs{n}.databases"]) // count)
            for n, count in zip(numbers, groups, strict=True)
        )
        letters = int(self["letters_used"] / self.evs_count)
        return exchange_cluster(
            self.evs_count,
            self.requirements.passive,
            name=name,
            storage_groups=groups,
            databases=min(5, databases),
            disks_per_evs=max(1, letters),
        )

    def __str__(self) -> str:
        lines = []
        for key, figure in self.figures.items():
            if "." not in key or key.startswith("evs1."):
                unit = f" {figure.formula.unit}" if figure.formula.unit else ""
                lines.append(f"{key:<28} {figure.value:>12,.6g}{unit:<5} {figure.formula.title}")
        return "\n".join(lines)


def design(requirements: Requirements) -> Design:
    """Return the design that *requirements* lead to (handbook 5, 5.1.7 and 5.9).

    Raises:
        RequirementsError: If no cluster of eight nodes can hold them, if a database could not be
            restored in time however small, or if letters do not suffice; every reason is named.

    Example:
        >>> made = design(Requirements(mailboxes=3000, processors=2))
        >>> made["nodes"], made["evs1.database_gb"], made["disks_cluster"]
        (2, 360.0, 43)
    """
    numbers = requirements.numbers()
    figures = dict(evaluated(sheet("site"), numbers))
    known = numbers | {name: figure.value for name, figure in figures.items()}
    evs, mailboxes = int(known["evs"]), int(known["mailboxes_planned"])
    shares = [mailboxes // evs + (number < mailboxes % evs) for number in range(evs)]
    of_share = {
        share: evaluated(sheet("evs"), known | {"evs_mailboxes": share}) for share in set(shares)
    }
    evss = [of_share[share] for share in shares]
    for number, of_evs in enumerate(evss, start=1):
        figures |= {f"evs{number}.{name}": figure for name, figure in of_evs.items()}
    sums: dict[str, Number] = {
        "luns_evss": sum(one["luns"].value for one in evss),
        "disks_evss": sum(one["disks"].value for one in evss),
        "streams": sum(one["storage_groups"].value for one in evss),
        "longest_stream_h": max(one["backup_stream_h"].value for one in evss),
    }
    figures |= evaluated(sheet("whole"), known | sums)
    made = Design(requirements=requirements, figures=figures)
    faults = [*_faults_of_nodes(made), *_faults_of_databases(made), *_faults_of_letters(made)]
    if faults:
        raise RequirementsError(faults)
    return made


def _faults_of_nodes(made: Design) -> Iterator[DesignFault]:
    evs, nodes = made.evs_count, int(made["nodes"])
    if evs == nodes and evs > 2:
        yield "passive", said("design no spare", evs)
    if nodes > MAX_NODES:
        name, needs = "mailboxes", made.requirements  # what was asked for that makes so many
        remedy = "plan fewer mailboxes, a smaller quota, stronger nodes or more than one cluster"
        if evs > max(made[f"evs_by_{what}"] for what in ("policy", "cpu", "databases")):
            name, remedy = "evs_at_least", "ask for fewer EVSs or passive nodes"
        numbers = (getattr(needs, name), nodes, evs, needs.passive, MAX_NODES)
        yield name, said("design too many nodes", name, *numbers, remedy)


def _faults_of_databases(made: Design) -> Iterator[DesignFault]:
    """Yield what is wrong with databases; EVSs of the same size have the same fault."""
    texts: dict[DesignFault, list[str]] = {}
    for number in range(1, made.evs_count + 1):
        if fault := _fault_of_databases(made, f"evs{number}."):
            texts.setdefault(fault, []).append(f"EVS{number}")
    for (name, problem), names in texts.items():
        shown = ", ".join(names) if len(names) <= MAX_NODES else f"each of {len(names)} EVSs"
        yield name, f"{shown}: {problem}"


def _fault_of_databases(made: Design, evs: str) -> DesignFault | None:
    needs, limit = made.requirements, made[evs + "database_limit_gb"]
    databases = made[evs + "databases"] + needs.public_stores
    if limit <= 0:
        hours = (needs.rto_database_h, made[evs + "replay_h"], needs.detect_h)
        return "rto_database_h", said("design no time", *hours)
    if databases > needs.databases_max:
        return "rto_database_h", said("design databases", databases, limit, needs.databases_max)
    return None


def _faults_of_letters(made: Design) -> Iterator[DesignFault]:
    if made["letters_used"] > made["letters_free"]:
        letters = (made["letters_used"], made["letters_free"])
        roots = made.requirements.roots_for_each_evs
        yield "roots_for_each_evs", said("design roots", roots, *letters)


# --- patterns side by side ---------------------------------------------------------------------

PATTERNS: tuple[tuple[int, int], ...] = (
    (2, 0), (1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1), (7, 1), (5, 2), (6, 2), (4, 4),
)  # fmt: skip
"""Active and passive nodes (handbook 5, 5.1.3)."""

NEEDS_A_SPARE = "needs more than two EVSs, so a passive node"
"""Why two active nodes alone are too few (handbook 5, 5.1.2)."""


class Pattern(NamedTuple):
    """What becomes of some requirements on n active and m passive nodes.

    Attributes:
        design: The design; None if it is impossible.
        problem: Why, or how many EVSs are needed instead; "" if it is right.
    """

    active: int
    passive: int
    pool: Pool
    design: Design | None
    problem: str

    @property
    def name(self) -> str:
        """The pattern, as "3+1"."""
        return f"{self.active}+{self.passive}"

    @property
    def standby_share(self) -> float:
        """Share of the nodes that are passive."""
        return self.passive / (self.active + self.passive)

    def __str__(self) -> str:
        hours, without = self.pool.hours_a_year, 60 * self.pool.hours_without_node
        line = f"{self.name}  {hours:6.2f} h a year, {without:7.2f} min without a node"
        return f"{line}  {self.problem}".rstrip()


def patterns(requirements: Requirements) -> Iterator[Pattern]:
    """Yield each pattern for the same mailboxes (handbook 5, 5.1.3).

    Example:
        >>> found = {item.name: item for item in patterns(Requirements(mailboxes=12000))}
        >>> found["2+1"].problem, found["3+1"].problem
        ('needs 3 EVSs', '')
        >>> round(found["3+1"].pool.hours_a_year, 2) < round(found["2+0"].pool.hours_a_year, 2)
        True
    """
    for active, passive in PATTERNS:
        pool = replace(requirements.pool, active=active, passive=passive)
        wanted = replace(requirements, evs_at_least=active, passive=passive)
        try:
            made = design(wanted)
        except RequirementsError as error:
            problem = next(
                (text for name, text in error.faults if name != "passive"), NEEDS_A_SPARE
            )
            yield Pattern(active, passive, pool, None, problem)
            continue
        is_enough = made.evs_count == active
        problem = "" if is_enough else f"needs {made.evs_count} EVSs"
        yield Pattern(active, passive, pool, made if is_enough else None, problem)
