"""Runs as text: what was done of which procedure, so that a run can be replayed.

A saved run holds the plan and the entries, not the cluster; reading it does everything again. What
cannot be read is refused whole, with the place and what is allowed there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, NoReturn

from clusterlab.cluster.errors import ConfigError, impossible
from clusterlab.cluster.events import SENT, Event
from clusterlab.procedures.catalogue import PROCEDURES, read_procedure
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.planfiles import plan_of
from clusterlab.procedures.procedure import Procedure, RunEntry
from clusterlab.tomlfiles.parsing import Document, LineIndex
from clusterlab.tomlfiles.problems import ClusterFileError, Problems

FORMAT, VERSION = "clusterlab run", 1
SEARCHED = "upgrade-best"
"""The procedure whose order of steps is saved with it."""
EVENTS: Mapping[str, type[Event]] = {kind.__name__: kind for kind in SENT}
"""What can be sent to the cluster of a run, by name."""

_FITTING: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "str | None": (str, type(None)),
    "bool": (bool,),
    "tuple[str, ...]": (tuple,),
    "tuple[str, ...] | None": (tuple, type(None)),
    "frozenset[str]": (tuple,),
    "Mapping[str, Any]": (dict,),
    "Mapping[str, Any] | None": (dict, type(None)),
}
"""What JSON has for a field of an event, with tuples for its lists, by the field's annotation."""


def run_text(procedure: Procedure, entries: tuple[RunEntry, ...]) -> str:
    """Return a run as JSON."""
    plan = asdict(procedure.plan)
    data: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "procedure": procedure.name,
        "with_optional": any(step.is_optional for step in procedure.steps),
        "plan": {**plan, "windows": procedure.plan.windows.name},
        "entries": [_written(entry) for entry in entries],
    }
    if procedure.order:
        data["order"] = procedure.order
    if procedure.text:
        data["file"] = procedure.text
    return json.dumps(data, indent=1, ensure_ascii=False, default=list) + "\n"


def _written(entry: RunEntry) -> dict[str, Any]:
    if entry.event is None:
        return {"task": entry.key, "choices": dict(entry.choices)}
    values = {name: getattr(entry.event, name) for name in entry.event.__match_args__}
    fields = {key: dict(v) if isinstance(v, Mapping) else v for key, v in values.items()}
    return {"event": type(entry.event).__name__, "fields": fields}


def read_run(text: str) -> tuple[Procedure, tuple[RunEntry, ...]]:
    """Return what a saved run holds."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"this is no saved run, or a damaged one: {error}") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ConfigError("this is no saved run; allowed: a file that Run.save wrote")
    if data.get("version") is True or data.get("version") != VERSION:
        raise impossible("version of a run", data.get("version"), VERSION)
    procedure = _procedure(data)
    return procedure, tuple(_entry(item, n) for n, item in enumerate(_list(data), start=1))


def _bad(what: str, value: object, allowed: str) -> NoReturn:
    raise ConfigError(f"the saved run is damaged: {what} is {value!r:.80}; allowed: {allowed}")


def _list(data: Mapping[str, Any]) -> list[Any]:
    entries = data.get("entries")
    return entries if isinstance(entries, list) else _bad("entries", entries, "a list")


def _procedure(data: Mapping[str, Any]) -> Procedure:
    name, is_optional = data.get("procedure"), data.get("with_optional")
    if "file" in data:
        return _own(data["file"], _plan(data.get("plan")))
    if not isinstance(name, str) or name not in PROCEDURES:
        _bad("procedure", name, ", ".join(PROCEDURES))
    if not isinstance(is_optional, bool):
        _bad("with_optional", is_optional, "true or false")
    plan = _plan(data.get("plan"))
    make, order = PROCEDURES[name], data.get("order")
    if order is not None:
        is_text = isinstance(order, list) and order and all(isinstance(t, str) for t in order)
        if name != SEARCHED or not is_text:
            _bad("order", order, f"turns in words, and only for {SEARCHED}")
        return make(plan, order=order)
    return make(plan, with_optional=True) if is_optional else make(plan)


def _plan(data: Any) -> Plan:
    damaged = "the saved run is damaged: its plan cannot be read"
    if not isinstance(data, dict):
        raise ConfigError(f"{damaged} ({data!r:.80}); allowed: a table")
    try:
        return plan_of(Document(data, LineIndex("")), Problems("plan"))
    except ClusterFileError as error:
        raise ConfigError(f"{damaged} ({error.problems[0].text})") from error


def _own(text: Any, plan: Plan) -> Procedure:
    """Return a procedure of one's own from the file that was saved with the run."""
    if not isinstance(text, str):
        _bad("file", text, "the text of a file of steps")
    try:
        return read_procedure(text, plan)
    except ClusterFileError as error:
        raise ConfigError(f"the saved run is damaged: its file of steps: {error}") from error


def _tuples(value: Any) -> Any:
    """Return *value* with tuples in place of lists, which JSON has instead."""
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _entry(item: Any, number: int) -> RunEntry:
    if not isinstance(item, dict) or {"task", "choices"} != set(item):
        return RunEntry(event=_event(item, number))
    key, choices = item["task"], item["choices"]
    is_text = isinstance(choices, dict) and all(isinstance(v, str) for v in choices.values())
    if not isinstance(key, str) or not is_text:
        _bad(f"entry {number}", item, "a task, and choices with words")
    return RunEntry(key, choices)


def _event(item: Any, number: int) -> Event:
    allowed = "a task with its choices, or an event with its fields"
    if not isinstance(item, dict) or {"event", "fields"} != set(item):
        _bad(f"entry {number}", item, allowed)
    kind, fields = EVENTS.get(str(item["event"])), item["fields"]
    if kind is None:
        _bad(f"event of entry {number}", item["event"], ", ".join(EVENTS))
    if not isinstance(fields, dict) or set(fields) != set(kind.__match_args__):
        _bad(f"entry {number}", fields, f"the fields {', '.join(kind.__match_args__)}")
    values: dict[str, Any] = {name: _tuples(value) for name, value in fields.items()}
    for name, value in values.items():
        form = re.sub(r"\b\w+Name\b", "str", kind.__annotations__[name])
        if not isinstance(value, _FITTING[form]):
            _bad(f"{name} of entry {number}", value, form)
        if form == "frozenset[str]":
            values[name] = frozenset(map(str, values[name]))
    return kind(**values)
