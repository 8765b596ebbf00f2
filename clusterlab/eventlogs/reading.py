"""Exported event logs and cluster.log, read: which program wrote a file, and what it records.

The program is told by what stands in the file, never by its name. Only records of the Cluster
service are kept. What cannot be read is counted and said.
"""

from __future__ import annotations

import csv
import re
from calendar import timegm
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from clusterlab.cluster.errors import ConfigError, printable
from clusterlab.tomlfiles.files import read_start, read_text
from clusterlab.tomlfiles.tables import own_lists, text

MOST_BYTES = 100_000_000
"""A longer log is refused; the days in question are enough."""
MOST_RECORDS = 500_000

_KEYS = (
    "name", "columns", "column", "words", "event", "kind", "names", "pattern",
    "type", "key", "text",
)  # fmt: skip
_OURS = own_lists(
    Path(__file__).with_name("formats.toml"), dict.fromkeys(_KEYS, text), optional=_KEYS
)
DURATIONS = {row["type"]: row["key"] for row in _OURS["durations"]}
"""Which duration of a cluster file the way of a resource of each type to Online measures."""
_SENTENCES = {row["key"]: row["text"] for row in _OURS["sentences"]}
_EVENTS = {row["event"]: row for row in _OURS["events"]}
KINDS = [row["kind"] for row in _OURS["events"]]
"""Words for the records of event logs; of one moment, those that stand first come first."""
_LINES = [(row["kind"], re.compile(row["pattern"])) for row in _OURS["lines"]]
_TITLES = {
    word.strip(): row["column"] for row in _OURS["titles"] for word in row["words"].split("|")
}
_NEEDED = {"date", "source", "event"}
_SOURCE = "clussvc"
_STRINGS = "dumpel"

_LINE = re.compile(
    r"[0-9a-f]+\.[0-9a-f]+::(\d{4})/(\d\d)/(\d\d)-(\d\d):(\d\d):(\d\d\.\d{3}) "
    r"(?:INFO|WARN|ERR)? *(.*)"
)
_WHEN = re.compile(
    r"(\d{1,4})([./-])(\d{1,2})[./-](\d{2,4})[ ,]+(\d{1,2})[:.](\d\d)(?:[:.](\d\d))?\s*([AaPp])?"
)
_SPACED = re.compile(
    r"(\S*\d[./-]\S+) +(\d\S+(?: [AP]M)?) +(\d+) +(\d+) +(\d+) +(.+?) +(N/A|\S*\\\S+) +(\S+) ?(.*)"
)
_QUOTED = re.compile(r"'([^']+)'|\"([^\"]+)\"|[“„]([^“”]+)[“”]|«\s*([^»]+?)\s*»|‘([^’]+)’")
_RULED = re.compile(r"-+( -+){3,}\s*")
_LABEL = re.compile(r"([\w ]+?): +(.*)")


def said(key: str, **names: object) -> str:
    r"""Return a sentence of `formats.toml`; names are shown as they are, and steer nothing.

    Example:
        >>> said("no moment", file="a\\x1b.csv", count=2)
        'a\\\\x1b.csv: 2 of its events have no moment that can be read.'
    """
    shown = {key: printable(one) if isinstance(one, str) else one for key, one in names.items()}
    return str(_SENTENCES[key]).format(**shown)


class Record(NamedTuple):
    """What a log says of one moment.

    Attributes:
        at_s: When, seconds since 1970; by the clock of the node, in UTC where *is_utc*.
        node: Who says it.
        kind: A word of `formats.toml`.
        about: Another node that it names, or "".
        group: A group that it names, or "".
        resource: A resource that it names, or "".
        detail: State, type or network, as printed.
        is_utc: Whether cluster.log says it.
    """

    at_s: float
    node: str
    kind: str
    about: str = ""
    group: str = ""
    resource: str = ""
    detail: str = ""
    is_utc: bool = False


class Logs(NamedTuple):
    """What some files say.

    Attributes:
        records: In the order of the files.
        notes: Sentences about what each file is, and what cannot be told from it.
    """

    records: list[Record]
    notes: list[str]


def read_logs(paths: Sequence[Path], nodes: Iterable[str] = ()) -> Logs:
    """Return what exported event logs and cluster.logs record of the Cluster service.

    Args:
        paths: The files, in any order.
        nodes: Names of nodes that are known already.

    Raises:
        ClusterFileError: If a file cannot be read, or is no text.
        ConfigError: If a file is no log that is known; the message names it.
    """
    logs = Logs([], [])
    known = {name.upper() for name in nodes}
    left: list[tuple[float, str, Mapping[str, str], str, bool]] = []
    for path in paths:
        content = _text_of(path)
        name = path.name
        if any(map(_LINE.match, islice(filter(None, content.split("\n", 200)), 200))):
            logs.records.extend(_lines_of(content, name, known, logs.notes))
        elif not content.strip():
            logs.notes.append(said("read", file=name, layout="empty", count=0))
        else:
            found = _events_of(content, name, logs.notes)
            known |= {node for _, node, *_ in found}
            left += found
        if len(logs.records) + len(left) > MOST_RECORDS:
            raise ConfigError(said("too many", file=name, most=MOST_RECORDS))
    _name_all(left, known, logs)
    return logs


def _text_of(path: Path) -> str:
    try:
        if b"LfLe" in read_start(path, 8) or read_start(path, 7) == b"ElfFile":
            raise ConfigError(said("event log itself", file=path.name))
    except OSError:
        pass  # told by what follows
    return read_text(path, MOST_BYTES, ("utf-8", "cp850", "cp1252"))


# --- event logs -----------------------------------------------------------------------------------


def _events_of(
    content: str, name: str, notes: list[str]
) -> list[tuple[float, str, Mapping[str, str], str, bool]]:
    """Return moment, node, meaning and text of each event of the Cluster service."""
    layout, columns, rows = _layout(content, name)
    place = {column: number for number, column in enumerate(columns) if column != "-"}
    needed = max(place[column] for column in _NEEDED)
    found, unread = [], 0
    for row in rows:
        if len(row) <= needed or row[place["source"]].strip().casefold() != _SOURCE:
            continue
        if meaning := _EVENTS.get(row[place["event"]].strip()):
            when = _WHEN.search(" ".join(row[place[c]] for c in ("date", "time") if c in place))
            told = row[place["text"]] if "text" in place else "".join(row[len(columns) :][:1])
            computer = row[place["computer"]].strip() if "computer" in place else ""
            if when is None:
                unread += 1
            else:
                found.append((when, computer.upper(), meaning, told.strip()))
    notes.append(said("read", file=name, layout=layout, count=len(found)))
    if unread:
        notes.append(said("no moment", file=name, count=unread))
    if any(not computer for _, computer, *_ in found):
        raise ConfigError(said("no computer", file=name))
    moments = _moments([when for when, *_ in found], name, notes)
    return [
        (at_s, computer, meaning, told, layout == _STRINGS)
        for at_s, (_, computer, meaning, told) in zip(moments, found, strict=True)
        if at_s is not None
    ]


def _layout(content: str, name: str) -> tuple[str, list[str], Iterator[list[str]]]:
    """Return what wrote a list of events, its columns, and its rows."""
    lines = content.split("\n")
    head = lines[:60]
    for number, line in enumerate(head):
        if number and _RULED.fullmatch(line):
            cuts = [(m.start(), m.end()) for m in re.finditer("-+", line)]
            cuts[-1] = (cuts[-1][0], MOST_BYTES)
            columns = _columns([head[number - 1][a:b] for a, b in cuts])
            return "eventquery, table", columns, ([row[a:b] for a, b in cuts] for row in lines)
    labels = [found[1] for line in head if (found := _LABEL.fullmatch(line))]
    if set(_columns(labels)) >= _NEEDED:
        return "eventquery, list", _columns(dict.fromkeys(labels)), _listed(lines)
    for delimiter in "\t,;":
        for row in csv.reader(head[:10], delimiter=delimiter):
            if set(_columns(row)) >= _NEEDED:
                return "list with titles", _columns(row), _delimited(lines, delimiter, name)
        first = next(csv.reader(filter(None, head), delimiter=delimiter), [])
        for layout in _OURS["layouts"]:
            if _fits(first, layout["columns"].split()):
                rows = _delimited(lines, delimiter, name)
                return layout["name"], layout["columns"].split(), rows
    dumpel = next(one for one in _OURS["layouts"] if one["name"] == _STRINGS)
    if any(map(_SPACED.fullmatch, head)):
        spaced = (list(found.groups()) for line in lines if (found := _SPACED.fullmatch(line)))
        return _STRINGS, dumpel["columns"].split(), spaced
    first_line = next(filter(None, map(str.strip, lines)), "")[:60]
    raise ConfigError(said("no log that is known", file=name, first=first_line))


def _columns(titles: Iterable[str]) -> list[str]:
    return [_TITLES.get(title.strip(" \ufeff").casefold(), "?") for title in titles]


def _fits(row: Sequence[str], columns: Sequence[str]) -> bool:
    """Return whether a row without titles has a date, a time and a number where they belong."""
    if len(row) < len(columns) - 1:
        return False
    values = dict(zip(columns, row, strict=False))
    is_dated = _WHEN.match(f"{values['date'].strip()} {values['time'].strip()}")
    return bool(is_dated) and values["event"].strip().isdigit()


def _delimited(lines: Sequence[str], delimiter: str, name: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader((f"{line}\n" for line in lines), delimiter=delimiter)
    except csv.Error as error:
        raise ConfigError(f"{printable(name)}: {error}; save it as CSV again") from None


def _listed(lines: Iterable[str]) -> Iterator[list[str]]:
    """Yield the events of a list with one line for each column."""
    row: list[str] = []
    for line in (*lines, ""):
        if found := _LABEL.fullmatch(line):
            row.append(found[2])
        elif not line.strip() and row:
            yield row
            row = []


def _moments(found: Sequence[re.Match[str]], name: str, notes: list[str]) -> list[float | None]:
    """Return the moments that dates and times stand for; day or month first by the whole file."""
    is_day_first = any(when[2] == "." for when in found)
    orders = [is_day_first] if is_day_first else [False, True]
    read = [[_moment(when, order) for when in found] for order in orders]
    counts = [sum(at_s is None for at_s in moments) for moments in read]
    best = read[counts.index(min(counts))]
    if len(read) > 1 and counts[0] == counts[1] and read[0] != read[1]:
        notes.append(said("day or month", file=name))
    if min(counts):
        notes.append(said("no moment", file=name, count=min(counts)))
    return best


def _moment(when: re.Match[str], is_day_first: bool) -> float | None:
    first, _, second, third, hour, minute, second_, half = when.groups()
    year, month, day = (third, second, first) if is_day_first else (third, first, second)
    if len(first) == 4:
        year, month, day = first, second, third
    hours = int(hour) % 12 + 12 * (half in "Pp") if half else int(hour)
    try:
        moment = datetime(
            int(year) + (2000 if int(year) < 70 else 1900 if int(year) < 100 else 0),
            int(month), int(day), hours, int(minute), int(second_ or 0),
        )  # fmt: skip
    except ValueError:
        return None
    return float(timegm(moment.timetuple()))


# --- names ----------------------------------------------------------------------------------------


def _name_all(
    left: Iterable[tuple[float, str, Mapping[str, str], str, bool]], nodes: set[str], logs: Logs
) -> None:
    """Add each event with the names in its text; what names nobody that is known is counted."""
    nameless: dict[str, int] = {}
    groups: set[str] = set()
    for at_s, node, meaning, told, is_strings in sorted(left, key=_by_need):
        wanted = meaning.get("names", "").split()
        names = _names(wanted, meaning.get("pattern"), told, is_strings, groups)
        if wanted == ["about"] and not names:
            words = set(re.findall(r"[\w-]+", told.upper()))
            names = {"about": one for one in words & (nodes - {node})}  # noqa: B035  at most one
        if wanted and not names:
            nameless[meaning["event"]] = nameless.get(meaning["event"], 0) + 1
            continue
        groups |= {names["group"]} if "group" in names else set()
        logs.records.append(_record(at_s, node, meaning["kind"], names, is_utc=False))
    for event, count in nameless.items():
        what = _EVENTS[event]["names"].split()[-1].replace("about", "node")
        logs.notes.append(said("nameless", count=count, event=event, what=what))


def _by_need(one: tuple[float, str, Mapping[str, str], str, bool]) -> int:
    """Let events that name one thing come first: they tell the groups that others name too."""
    return len(one[2].get("names", "").split())


def _names(
    wanted: Sequence[str], pattern: str | None, told: str, is_strings: bool, groups: set[str]
) -> dict[str, str]:
    if not wanted:
        return {}
    if pattern and (found := re.search(pattern, told, re.I)):
        return found.groupdict()
    quoted = ["".join(filter(None, parts)) for parts in _QUOTED.findall(told)]
    if len(quoted) >= len(wanted):
        return dict(zip(wanted, quoted, strict=False))
    if is_strings and told:
        if wanted == ["resource", "group"]:
            ends = max((one for one in groups if told.endswith(f" {one}")), key=len, default="")
            return {"resource": told[: -len(ends)].strip(), "group": ends} if ends else {}
        parts = told.split(" ", 1) if len(wanted) > 1 else [told]
        return dict(zip(wanted, parts, strict=False))
    return {}


# --- cluster.log ----------------------------------------------------------------------------------


def _lines_of(content: str, name: str, nodes: set[str], notes: list[str]) -> list[Record]:
    """Return the records of a cluster.log, which counts in UTC."""
    found: list[tuple[float, str, dict[str, str]]] = []
    node = next((one for one in sorted(nodes) if one.casefold() in name.casefold()), "")
    for line in content.split("\n"):
        if (parts := _LINE.match(line)) and (told := _said(parts[7])):
            kind, names = told
            at_s = timegm((*map(int, parts.groups()[:5]), 0)) + float(parts[6])
            found.append((at_s, kind, names))
            node = names["about"].upper() if kind == "node" else node
    if not node:
        raise ConfigError(said("no node", file=name))
    nodes.add(node)
    notes.append(said("read", file=name, layout=f"cluster.log of {node}", count=len(found)))
    return [_record(at_s, node, kind, names, is_utc=True) for at_s, kind, names in found]


def _said(line: str) -> tuple[str, dict[str, str]] | None:
    for kind, pattern in _LINES:
        if found := pattern.search(line):
            return kind, found.groupdict()
    return None


def _record(at_s: float, node: str, kind: str, names: Mapping[str, str], *, is_utc: bool) -> Record:
    detail = next((names[key] for key in ("state", "type", "network", "id") if key in names), "")
    about, group = names.get("about", "").upper(), names.get("group", "")
    return Record(at_s, node, kind, about, group, names.get("resource", ""), detail, is_utc)
