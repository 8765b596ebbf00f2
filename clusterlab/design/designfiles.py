"""Requirements files: what a client needs, in TOML, read with every problem at its line.

Top-level keys are the inputs of `Requirements`, `[availability]` those of its `Pool`, `[interview]`
answers to the questions of `rules.py`. What a value may be is said there; here only the shape of
the file is checked. The machinery of reading and writing is that of cluster files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clusterlab.cluster.errors import ConfigError
from clusterlab.clusterfiles.filekinds import FileKind, part_of
from clusterlab.design import rules
from clusterlab.design.availability import RANGES, Pool
from clusterlab.design.ranges import is_number
from clusterlab.design.requirements import INPUTS, DesignInput, Requirements, RequirementsError
from clusterlab.design.rules import InterviewQuestion
from clusterlab.design.sizing import Design, design
from clusterlab.design.storage import volumes, volumes_text
from clusterlab.rules.expressions import Fact
from clusterlab.tomlfiles.parsing import Document, read_source
from clusterlab.tomlfiles.problems import Problems
from clusterlab.tomlfiles.tables import Reader, Table, Wrong, own_table, text

HEAD = "Requirements of a design. 'clusterlab design FILE' makes the design and judges it."

AVAILABILITY = tuple(name for name in RANGES if name not in ("active", "passive"))
"""Inputs of a pool that a file gives; the nodes are those of the design."""

_HEADS: Mapping[str, str] = own_table(Path(__file__).with_suffix(".toml")).data
"""Comments in front of the first input of each part."""


@dataclass(frozen=True, kw_only=True)
class DesignFile:
    """What a requirements file says; *cluster* is the name that the cluster is to have, if any."""

    requirements: Requirements = field(default_factory=Requirements)
    interview: Mapping[str, Fact] = field(default_factory=dict)
    cluster: str = ""


def read_design(source: Path | str) -> DesignFile:
    r"""Return what a TOML text says; what it leaves out has the default of handbook 5, 5.0.

    Args:
        source: A `Path` is a file, a `str` the text itself.

    Raises:
        ClusterFileError: With everything that is wrong, each with its line.

    Example:
        >>> read_design("mailboxes = 12000\n[interview]\nis_trained = true").interview
        {'is_trained': True}
    """
    document, problems = read_source(source)
    return _read(part_of(document, FileKind.DESIGN, problems), problems)


def _read(document: Document, problems: Problems) -> DesignFile:
    top = Table(document.data, (), "the file", document.lines, problems)
    top.must("mailboxes", "3000")
    cluster = top.get("cluster", text, "")
    values = top.values({item.name: _number(item) for item in INPUTS})
    pool = _pool(top.table("availability"))
    interview = _interview(top.table("interview"))
    top.end()
    if problems.has_gaps:
        problems.raise_if_any()
    requirements = _requirements(top, {**values, "pool": pool})
    problems.raise_if_any()
    assert requirements is not None, "requirements that cannot be made have a problem"
    return DesignFile(requirements=requirements, interview=interview, cluster=cluster)


def _number(item: DesignInput) -> Reader:
    def read(value: Any) -> float | int:
        if not is_number(value, item.low, item.high, is_whole=item.is_whole):
            raise Wrong(value, f"{item.allowed}, {item.title}")
        return value if item.is_whole else float(value)

    return read


def _requirements(top: Table, values: Mapping[str, Any]) -> Requirements | None:
    """Return the requirements, or note each contradiction at the line of an input it names."""
    try:
        return Requirements(**values)
    except RequirementsError as error:
        for name, text in error.faults:
            given = [key for key in (name, *_named(text)) if top.has(key)]
            if all(key in values for key in given):
                top.wrong(given[:1], text)
        return None


def _named(text: str) -> list[str]:
    names = {item.name for item in INPUTS}
    return [word for word in text.replace(",", " ").split() if word in names]


def _pool(table: Table) -> Pool:
    """Return a pool of the standard nodes; the design puts in its own."""
    values: dict[str, Any] = {}
    for name in AVAILABILITY:
        if value := _given(table, name):
            try:
                Pool(**{name: value[0]})
                values[name] = value[0]
            except ConfigError as error:
                table.wrong((name,), str(error))
    table.end()
    return Pool(**values)


def _given(table: Table, key: str) -> list[Any]:
    """Return what a key is given, as a list of one; whoever asks judges it."""
    value = table.get(key, lambda given: given, None)
    return [value] if table.has(key) else []


def _interview(table: Table) -> dict[str, Fact]:
    found: dict[str, Fact] = {}
    for question in rules.QUESTIONS:
        if value := _given(table, question.name):
            try:
                rules.answers({question.name: value[0]})
                found[question.name] = value[0]
            except ConfigError as error:
                table.wrong((question.name,), str(error))
    table.end()
    return found


def starter(active: int, passive: int, cluster: str = "") -> DesignFile:
    """Return requirements to start from: 3,000 average mailboxes on each active node."""
    requirements = Requirements(mailboxes=3000 * active, passive=passive, evs_at_least=active)
    return DesignFile(requirements=requirements, cluster=cluster)


# --- writing ----------------------------------------------------------------------------------


def design_toml(file: DesignFile) -> str:
    """Return a requirements file that says the same when it is read, each input explained.

    Example:
        >>> read_design(design_toml(DesignFile())) == DesignFile()
        True
    """
    import tomlkit  # where a design is only made, as in a browser, it need not be there

    made = tomlkit.document()
    made.add(tomlkit.comment(HEAD))
    if file.cluster:
        made.add("cluster", tomlkit.item(file.cluster).comment("name of the cluster"))
    for item in INPUTS:
        if item.name in _HEADS:
            made.add(tomlkit.nl())
            made.add(tomlkit.comment(_HEADS[item.name]))
        value = getattr(file.requirements, item.name)
        if value is None:
            derived = file.requirements.numbers()[item.name]
            made.add(tomlkit.comment(f"{item.name} = {derived:g}  # {_about(item)}"))
        else:
            made.add(item.name, tomlkit.item(value).comment(_about(item)))
    availability = tomlkit.table()
    for name in AVAILABILITY:
        low, high, what = RANGES[name]
        value = tomlkit.item(getattr(file.requirements.pool, name))
        availability.add(name, value.comment(f"{what}; {low:g} to {high:g}"))
    made.add(tomlkit.nl())
    made.add("availability", availability)
    interview = tomlkit.table()
    for question in rules.QUESTIONS:
        if question.name in file.interview:
            interview.add(question.name, file.interview[question.name])
        else:
            interview.add(
                tomlkit.comment(f"{question.name} =   # {question.words}{_kind(question)}")
            )
    made.add(tomlkit.nl())
    made.add("interview", interview)
    return tomlkit.dumps(made)


def _about(item: DesignInput) -> str:
    unit = f" {item.unit}" if item.unit else ""
    return f"{item.title}; {item.low:g} to {item.high:g}{unit}; {item.source}"


def _kind(question: InterviewQuestion) -> str:
    if question.allowed:
        return " " + ", ".join(f'"{word}"' for word in question.allowed)
    return {bool: " true or false", float: " a number", str: ' "text"'}[question.kind]


# --- what a file leads to ---------------------------------------------------------------------


def designed(document: Document, problems: Problems) -> tuple[DesignFile, Design]:
    """Return the requirements that tables describe, and the design that they lead to."""
    file = _read(document, problems)
    try:
        return file, design(file.requirements)
    except RequirementsError as error:
        for name, said in error.faults:
            problems.add(document.lines.line(name) if name in document.data else 0, said)
        problems.raise_if_any()
        raise


# --- a design as text and as data --------------------------------------------------------------


def design_text(made: Design, facts: Mapping[str, Fact]) -> str:
    """Return a design as text: figures, volumes, findings."""
    return f"{made}\n\n{volumes_text(made)}\n\n{rules.lint(facts)}"


def design_data(made: Design, facts: Mapping[str, Fact]) -> dict[str, Any]:
    """Return a design as data for JSON: figures with their arithmetic, volumes, report."""
    figures = {
        key: {
            "value": figure.value,
            "unit": figure.formula.unit,
            "title": figure.formula.title,
            "formula": figure.formula.expression,
            "arithmetic": figure.arithmetic(),
            "source": figure.formula.source,
        }
        for key, figure in made.figures.items()
    }
    shown = ("path", "group", "content", "gb", "raid", "disks")
    plan = [
        {key: getattr(volume._replace(gb=round(volume.gb, 3)), key) for key in shown}
        for volume in volumes(made)
    ]
    return {"figures": figures, "volumes": plan, **rules.lint(facts).data()}
