"""Plan files: a `Plan` in TOML, read with every problem at its line, written whole or not at all.

What a value may be is said by `plan.py`; here only the shape of the file is checked. The machinery
of reading and writing is that of cluster files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from clusterlab.cluster.states import Windows
from clusterlab.clusterfiles.filekinds import FileKind, part_of
from clusterlab.clusterfiles.reading import VERSIONS
from clusterlab.clusterfiles.writing import toml_text
from clusterlab.exchange.evs import MAX_STORAGE_GROUPS
from clusterlab.procedures.plan import Plan, PlanError, PlannedEvs, PlannedNode
from clusterlab.tomlfiles.parsing import Document, read_source
from clusterlab.tomlfiles.problems import Problems
from clusterlab.tomlfiles.tables import Reader, Table, one_of, text, texts, whole

HEAD = "A plan of clusterlab. 'clusterlab plan FILE' checks it and prints its tables."

_WINDOWS: Mapping[str, Windows] = {
    windows.name: windows for windows in Windows if windows >= Windows.W2K
}
_OWN: Mapping[str, Reader] = {
    "windows": one_of(_WINDOWS),
    "exchange": one_of(VERSIONS),
    "storage_groups": whole(1, MAX_STORAGE_GROUPS),
}
_BY_TYPE: Mapping[object, Reader] = {"str": text, "tuple[str, ...]": texts}
_READERS: Mapping[type, Mapping[str, Reader]] = {
    kind: {
        item.name: _OWN.get(item.name) or _BY_TYPE[item.type]
        for item in fields(kind)
        if item.name not in ("nodes", "evs")
    }
    for kind in (Plan, PlannedNode, PlannedEvs)
}
"""How each key is read, in the order in which it is written."""
_EXAMPLE = Plan.standard()


def read_plan(source: Path | str) -> Plan:
    r"""Return the plan that a TOML text describes.

    Example:
        >>> read_plan(plan_toml(Plan.standard(2, 1))) == Plan.standard(2, 1)
        True
    """
    document, problems = read_source(source)
    return plan_of(part_of(document, FileKind.PLAN, problems), problems)


def plan_of(document: Document, problems: Problems) -> Plan:
    """Return the plan that tables describe."""
    reader = _Reader(document, problems)
    values = reader.read()
    if problems.has_gaps:
        problems.raise_if_any()
    plan = reader.plan(values)
    problems.raise_if_any()
    assert plan is not None, "a plan that cannot be made has a problem"
    return plan


def plan_toml(plan: Plan) -> str:
    """Return a plan file that gives the same plan when it is read."""
    document = {
        **_written(plan),
        "nodes": [_written(node) for node in plan.nodes],
        "evs": [_written(evs) for evs in plan.evs],
    }
    return toml_text(document, HEAD)


def _written(item: Plan | PlannedNode | PlannedEvs) -> dict[str, Any]:
    values = {key: getattr(item, key) for key in _READERS[type(item)]}
    return {k: v.name if isinstance(v, Windows) else v for k, v in values.items()}


def _example(kind: type, key: str) -> str:
    """Return the training value of a field as a file writes it."""
    examples: Mapping[type, Any] = {PlannedNode: _EXAMPLE.nodes[0], PlannedEvs: _EXAMPLE.evs[0]}
    value = getattr(examples.get(kind, _EXAMPLE), key)
    return json.dumps(value)


class _Reader:
    """Reads the tables of one file; remembers which fields are wrong already."""

    def __init__(self, document: Document, problems: Problems) -> None:
        self.problems = problems
        self.top = Table(document.data, (), "the plan", document.lines, problems)
        self.bad: set[tuple[str | int, ...]] = set()

    def read(self) -> dict[str, Any]:
        """Return the fields of the plan, "" in place of what is missing or wrong."""
        values = self.fields_of(self.top, Plan)
        for key, what, kind in (("nodes", "node", PlannedNode), ("evs", "EVS", PlannedEvs)):
            if not self.top.has(key):
                self.wrong((key,), f"the plan has no {key}; write [[{key}]] for each of them")
            values[key] = tuple(self.one(table, kind) for table in self.top.tables(key, what))
        self.top.end()
        return values

    def one(self, table: Table, kind: type[PlannedNode] | type[PlannedEvs]) -> Any:
        values = self.fields_of(table, kind)
        table.end()
        return kind(**values)

    def wrong(self, path: tuple[str | int, ...], problem: str) -> None:
        """Note a problem of a field, unless a line that cannot be read may hold the field."""
        self.bad.add(path)
        if not self.problems.has_gaps:
            self.top.wrong(path, problem)

    def fields_of(self, table: Table, kind: type) -> dict[str, Any]:
        if name := table.data.get("name"):
            table.what = f"{table.what.rstrip('0123456789 ')} {name!r}"
        defaults = {field.name: field.default for field in fields(kind)}
        values: dict[str, Any] = {}
        for key, reader in _READERS[kind].items():
            default = defaults[key]
            path = (*table.path, key)
            if default is MISSING and not table.has(key) and table.is_table:
                self.wrong(path, f"{table.what} has no {key}; write {key} = {_example(kind, key)}")
            count = len(self.problems)
            empty = ("",) if key == "disks" else ""
            values[key] = table.get(key, reader, empty if default is MISSING else default)
            if len(self.problems) > count or not table.is_table:
                self.bad.add(path)
        return values

    def plan(self, values: Mapping[str, Any]) -> Plan | None:
        """Return the plan, or note each fault that is not the effect of another problem."""
        try:
            return Plan(**values)
        except PlanError as error:
            for where, text in error.faults:
                if where not in self.bad and not self.follows(where):
                    self.top.wrong(where, text)
            return None

    def follows(self, where: tuple[str | int, ...]) -> bool:
        """Return whether a fault may only follow from a node without a name."""
        has_bad_name = any(path[0] == "nodes" and path[-1] == "name" for path in self.bad)
        return where[-1] == "home" and has_bad_name
