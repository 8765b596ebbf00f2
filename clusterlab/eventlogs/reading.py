"""Exported event logs and cluster.log, read: which program wrote a file, and what it records.

What stands in a file tells the program, never its name. Only records of the Cluster service are
kept. What cannot be read is counted and said; formats and sentences stand in `formats.toml`.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import islice, pairwise
from pathlib import Path
from typing import NamedTuple

from clusterlab.cluster.errors import ConfigError, printable
from clusterlab.tomlfiles.files import read_start, read_text
from clusterlab.tomlfiles.tables import own_lists, text

MOST_BYTES, MOST_RECORDS = 100_000_000, 500_000
"""Longer logs are refused; the days in question are enough."""

_KEYS = "name columns column words event kind names pattern type key text"
_OURS = own_lists(
    Path(__file__).with_name("formats.toml"),
    dict.fromkeys(_KEYS.split(), text),
    optional=tuple(_KEYS.split()),
)
DURATIONS = {row["type"]: row["key"] for row in _OURS["durations"]}
"""Which duration of a cluster file the way of a resource of each type to Online measures."""
RANKS = {row["kind"]: place for place, row in enumerate(_OURS["events"])}
"""Kinds of records of event logs; of one moment, those that stand first come first."""
_EVENTS = {row["event"]: row for row in _OURS["events"]}
_LINES = [(row["kind"], re.compile(row["pattern"])) for row in _OURS["lines"]]
_SENTENCES = {row["key"]: row["text"] for row in _OURS["sentences"]}
_TITLES = {
    word.strip(): row["column"] for row in _OURS["titles"] for word in row["words"].split("|")
}
_LAYOUTS = {row["name"]: row["columns"].split() for row in _OURS["layouts"]}
_NEEDED, _SOURCE, _STRINGS = {"date", "source", "event"}, "clussvc", "dumpel"
_LISTED = ("date", "time", "source", "event", "computer", "text")
_LINE = re.compile(
    r"[0-9a-f]+\.[0-9a-f]+::(\d{4}/\d\d/\d\d-\d\d:\d\d:\d\d\.\d{3}) (?:INFO|WARN|ERR)? *(.*)"
)
_WHEN = re.compile(
    r"(\d{1,4})([./-])(\d{1,2})[./-](\d{2,4})[ ,]+(\d{1,2})[:.](\d\d)(?:[:.](\d\d))?\s*([AaPp])?"
)
_SPACED = re.compile(
    r"(\S*\d[./-]\S+) +(\d\S+(?: [AP]M)?) +(\d+) +(\d+) +(\d+) +(.+?) +(N/A|\S*\\\S+) +(\S+) ?(.*)"
)
_QUOTED = re.compile(r"'([^']+)'|\"([^\"]+)\"|[“„]([^“”]+)[“”]|«\s*([^»]+?)\s*»|‘([^’]+)’")
_RULED = re.compile(r"-+( -+){3,}\s*")
_TITLED = re.compile(r"[\s>]*([^:>]{4,25}):\s*(.*)")


class LogRecord(NamedTuple):
    """What a log says of one moment.

    Attributes:
        at_s: When, seconds since 1970; by the clock of the node, in UTC where *is_utc*.
        detail: State, type or network, as printed.
        is_utc: Whether cluster.log says it.
        since_s: Of a resource that was pending: since when.
        was: Of a resource that was pending: that state, as printed.
    """

    at_s: float
    node: str
    kind: str
    about: str = ""
    group: str = ""
    resource: str = ""
    detail: str = ""
    is_utc: bool = False
    since_s: float = 0.0
    was: str = ""


_Event = tuple[float, str, Mapping[str, str], str, bool]
"""Moment, node, row of `formats.toml`, text, and whether the text is strings alone."""


def said(key: str, **names: object) -> str:
    r"""Return a sentence of `formats.toml`; names are shown as they are, and steer nothing.

    Example:
        >>> said("no moment", file="a\x1b.csv", count=2)
        'a\\x1b.csv: 2 of its events have no moment that can be read.'
    """
    shown = {key: printable(one) if isinstance(one, str) else one for key, one in names.items()}
    return str(_SENTENCES[key]).format(**shown)


def read_logs(paths: Sequence[Path], nodes: Iterable[str]) -> tuple[list[LogRecord], list[str]]:
    """Return what exported event logs and cluster.logs record, and sentences about each file."""
    records: list[LogRecord] = []
    notes: list[str] = []
    known = {name.upper() for name in nodes}
    events: list[_Event] = []
    for path in paths:
        content = _text_of(path)
        if any(map(_LINE.match, islice(filter(None, content.split("\n", 200)), 200))):
            records += _lines_of(content, path.name, known, notes)
        elif content.strip():
            found = _events_of(content, path.name, notes)
            known |= {node for _, node, *_ in found}
            events += found
        else:
            notes.append(said("read", file=path.name, layout="empty", count=0))
        if len(records) + len(events) > MOST_RECORDS:
            raise ConfigError(said("too many", file=path.name, most=MOST_RECORDS))
    records += _named(events, known, notes)
    return records, notes


def _text_of(path: Path) -> str:
    if path.is_file() and re.match(rb"....LfLe|ElfFile", read_start(path, 8), re.DOTALL):
        raise ConfigError(said("event log itself", file=path.name))
    return read_text(path, MOST_BYTES, ("utf-8", "cp850", "cp1252"))


# --- event logs -----------------------------------------------------------------------------------


def _events_of(content: str, name: str, notes: list[str]) -> list[_Event]:
    found = []
    try:
        layout, columns, rows = _layout(content.split("\n"), name)
        place = {column: number for number, column in enumerate(columns)}
        needed = max(place[column] for column in _NEEDED)
        dates = [place[column] for column in ("date", "time") if column in place]
        for row in rows:
            if len(row) <= needed or row[place["source"]].strip().casefold() != _SOURCE:
                continue
            if meaning := _EVENTS.get(row[place["event"]].strip()):
                dated = _WHEN.search(" ".join([row[one] for one in dates]))
                when = dated.groups() if dated else None
                told = row[place["text"]] if "text" in place else "".join(row[len(columns) :][:1])
                computer = row[place["computer"]].strip().upper() if "computer" in place else ""
                computer = computer.partition(".")[0]
                found.append((when, computer, meaning, told.strip()))
    except (csv.Error, IndexError) as error:
        raise ConfigError(said("broken", file=name, why=str(error))) from None
    notes.append(said("read", file=name, layout=layout, count=len(found)))
    if any(not computer for _, computer, *_ in found):
        raise ConfigError(said("no computer", file=name))
    moments = _moments([when for when, *_ in found], name, notes)
    return [
        (at_s, computer, meaning, told, layout == _STRINGS)
        for at_s, (_, computer, meaning, told) in zip(moments, found, strict=True)
        if at_s is not None
    ]


def _layout(lines: Sequence[str], name: str) -> tuple[str, list[str], Iterable[Sequence[str]]]:
    """Return what wrote a list of events, its columns, and its rows."""
    head = lines[:60]
    for title, rule in pairwise(head):
        cuts = [found.start() for found in re.finditer("-+", rule)]
        pairs = list(pairwise([*cuts, MOST_BYTES]))
        columns = _columns(title[a:b] for a, b in pairs)
        if _RULED.fullmatch(rule) and set(columns) >= _NEEDED:
            return "eventquery", columns, ([line[a:b] for a, b in pairs] for line in lines)
    for delimiter in "\t,;":
        sample = list(csv.reader(filter(None, head), delimiter=delimiter))
        rows = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter)
        titles = next((_columns(row) for row in sample if set(_columns(row)) >= _NEEDED), [])
        if titles:
            return "list with titles", titles, rows
        for layout, columns in _LAYOUTS.items():
            if sample and _fits(sample[0], columns):
                return layout, columns, rows
    titled = {_titled(line)[0] for line in head}
    if titled >= _NEEDED:
        return "one value a line", [*_LISTED], _records(lines)
    if any(map(_SPACED.fullmatch, head)):
        spaced = (found.groups() for line in lines if (found := _SPACED.fullmatch(line)))
        return _STRINGS, _LAYOUTS[_STRINGS], spaced
    first = next(filter(None, map(str.strip, lines)), "")[:60]
    raise ConfigError(said("no log that is known", file=name, first=first))


def _titled(line: str) -> tuple[str, str]:
    """Return the column and the value of a line "Title: value"; no column if it is no such line."""
    found = _TITLED.fullmatch(line)
    column = _TITLES.get(found[1].strip().casefold(), "") if found else ""
    return column, found[2] if found and column else line


def _records(lines: Iterable[str]) -> Iterator[Sequence[str]]:
    """Yield the records of a list that has one value a line; a text may take several lines."""
    record: dict[str, str] = {}
    last = ""
    for line in lines:
        column, value = _titled(line)
        if column in record or (column and last == "text"):
            yield [record.get(one, "") for one in _LISTED]
            record = {}
        if column and column != "-":
            record[column] = value
        elif not column and last == "text" and line.strip():
            record["text"] += f" {line.strip()}"
        last = column or last
    yield [record.get(one, "") for one in _LISTED]


def _columns(titles: Iterable[str]) -> list[str]:
    return [_TITLES.get(title.strip().casefold(), "-") for title in titles]


def _fits(row: Sequence[str], columns: Sequence[str]) -> bool:
    """Return whether a row without titles has a date, a time and a number where they belong."""
    values = dict(zip(columns, map(str.strip, row), strict=False))
    is_dated = _WHEN.match(f"{values.get('date')} {values.get('time')}")
    return is_dated is not None and values.get("event", "").isdigit() and "computer" in values


def _moments(
    found: Sequence[tuple[str, ...] | None], name: str, notes: list[str]
) -> list[float | None]:
    """Return the moments that dates and times stand for; day or month first by the whole file."""
    has_dots = any(when and when[1] == "." for when in found)
    read = [[_moment(when, order) for when in found] for order in ((True,) if has_dots else (0, 1))]
    counts = [sum(at_s is None for at_s in moments) for moments in read]
    if len(read) > 1 and counts[0] == counts[1] and read[0] != read[1]:
        notes.append(said("day or month", file=name))
    if min(counts):
        notes.append(said("no moment", file=name, count=min(counts)))
    return read[counts.index(min(counts))]


def _moment(when: tuple[str, ...] | None, is_day_first: bool | int) -> float | None:
    if when is None:
        return None
    first, _, second, third, hour, minute, last, half = when
    day_s = _day_s(first, second, third, is_day_first=bool(is_day_first))
    hours = int(hour) % 12 + 12 * (half in "Pp") if half else int(hour)
    seconds = int(last or 0)
    if day_s is None or hours > 23 or int(minute) > 59 or seconds > 59:
        return None
    return day_s + 3600.0 * hours + 60 * int(minute) + seconds


@lru_cache(maxsize=10_000)
def _day_s(first: str, second: str, third: str, *, is_day_first: bool) -> float | None:
    """Return the seconds from 1970 to a day; its numbers stand in the order of a country."""
    year, month, day = (third, second, first) if is_day_first else (third, first, second)
    if len(first) == 4:
        year, month, day = first, second, third
    years = int(year) + (0 if len(year) > 2 else 2000 if int(year) < 70 else 1900)
    try:
        return (date(years, int(month), int(day)) - date(1970, 1, 1)).total_seconds()
    except ValueError:
        return None


def _named(events: Iterable[_Event], nodes: set[str], notes: list[str]) -> Iterator[LogRecord]:
    """Yield each event with the names in its text; what names nobody that is known is counted."""
    nameless: Counter[str] = Counter()
    groups: set[str] = set()
    later: list[_Event] = []
    for event in (*sorted(events, key=lambda one: len(one[2].get("names", "").split())), None):
        for at_s, node, meaning, told, is_strings in later if event is None else (event,):
            wanted = meaning.get("names", "").split()
            names = _names(wanted, meaning.get("pattern"), told, is_strings, groups)
            if event is None and not names and "about" in wanted:
                words = set(re.findall(r"[\w-]+", told.upper())) & (nodes - {node})
                names = {"about": next(iter(words), "")} if words else {}
            if names or not wanted:
                groups.add(names.get("group", ""))
                nodes.add(names.get("about", node).upper())
                yield _record(at_s, node, meaning["kind"], names, is_utc=False)
            elif event is None:
                nameless[meaning["event"]] += 1
            else:
                later.append(event)
    for number, count in nameless.items():
        what = _EVENTS[number]["names"].split()[-1].replace("about", "node")
        notes.append(said("nameless", count=count, event=number, what=what))


def _names(
    wanted: Sequence[str], pattern: str | None, told: str, is_strings: bool, groups: set[str]
) -> dict[str, str]:
    if pattern and (found := re.search(pattern, told, re.I)):
        return found.groupdict()
    quoted = ["".join(filter(None, parts)) for parts in _QUOTED.findall(told)]
    if len(quoted) >= len(wanted) or (quoted and wanted == ["resource", "group"]):
        return dict(zip(wanted, quoted, strict=False))
    if is_strings and wanted == ["resource", "group"]:
        ends = max((one for one in groups if told.endswith(f" {one}")), key=len, default="")
        return {"resource": told[: -len(ends)].strip(), "group": ends} if ends else {}
    parts = told.split(" ", len(wanted) - 1) if is_strings and told else []
    return dict(zip(wanted, parts, strict=False))


# --- cluster.log ----------------------------------------------------------------------------------


def _lines_of(content: str, name: str, nodes: set[str], notes: list[str]) -> list[LogRecord]:
    """Return the records of a cluster.log, which counts in UTC."""
    found: list[tuple[float, str, dict[str, str]]] = []
    node = next((one for one in sorted(nodes) if one.casefold() in name.casefold()), "")
    for line in content.split("\n"):
        parts = _LINE.match(line)
        for kind, pattern in _LINES if parts else ():
            if parts and (told := pattern.search(parts[2])):
                when = datetime.strptime(f"{parts[1]}000+0000", "%Y/%m/%d-%H:%M:%S.%f%z")
                found.append((when.timestamp(), kind, told.groupdict()))
                node = told["about"].upper() if kind == "node" else node
                break
    if not node:
        raise ConfigError(said("no node", file=name))
    nodes.add(node)
    notes.append(said("read", file=name, layout=f"cluster.log of {node}", count=len(found)))
    return [_record(at_s, node, kind, names, is_utc=True) for at_s, kind, names in found]


def _record(
    at_s: float, node: str, kind: str, names: Mapping[str, str], *, is_utc: bool
) -> LogRecord:
    detail = next(filter(None, map(names.get, ("state", "type", "network", "id"))), "")
    about, group = names.get("about", "").upper(), names.get("group", "")
    return LogRecord(at_s, node, kind, about, group, names.get("resource", ""), detail, is_utc)


SERVES, OFFLINE, FAILED, PENDING, GOING = "2", "3", "4", "129", "130"
"""Codes of states of resources: Online, Offline, Failed, Online and Offline Pending (1, 1.2)."""


def members_in(records: Iterable[LogRecord]) -> dict[str, str]:
    """Return the group of each resource that the records name together with it."""
    names: dict[str, str] = {}
    held: dict[str, str] = {}
    found: dict[str, str] = {}
    for one in records:
        if one.kind == "failed" and one.group:
            found[one.resource] = one.group
        elif one.kind in {"resource name", "group name"}:
            names[one.detail] = one.resource or one.group
        elif one.kind == "contains":
            held[one.detail] = one.group
    told = {names[one]: names[group] for one, group in held.items() if {one, group} <= names.keys()}
    return {**told, **found}


def with_ways(records: Iterable[LogRecord], members: Mapping[str, str]) -> list[LogRecord]:
    """Return records with what stands in earlier ones of the same node, or in *members*.

    Of a resource that is no longer pending since when it was; of lost nodes the one last missed; of
    a resource that failed its group.
    """
    made: list[LogRecord] = []
    pending: dict[tuple[str, str], LogRecord] = {}
    missed: dict[str, str] = {}
    for one in records:
        place, full = (one.node, one.resource), one
        if one.kind == "contact lost":
            missed[one.node] = one.about
        elif one.kind == "removed" and not one.about:
            full = one._replace(about=missed.get(one.node, ""))
        elif one.kind == "failed" and not one.group:
            full = one._replace(group=members.get(one.resource, ""))
        elif one.kind == "state":
            if begun := pending.pop(place, None):
                full = one._replace(since_s=begun.at_s, was=begun.detail)
            if one.detail in {PENDING, GOING}:
                pending[place] = one
        made.append(full)
    return made


def told_by_states(records: Sequence[LogRecord], members: Mapping[str, str]) -> Iterator[LogRecord]:
    """Yield what an event log would have said of groups, from the states in cluster.log."""
    used = {one.resource for one in records if one.kind == "state"}
    whole = Counter(group for resource, group in members.items() if resource in used)
    states: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    last: dict[tuple[str, str], str] = {}
    leaving: dict[tuple[str, str], LogRecord] = {}
    for one in records:
        group = members.get(one.resource, "")
        if one.kind != "state" or not group:
            continue
        place = (one.node, group)
        states[place][one.resource] = one.detail
        kind = _kind_of_group(Counter(states[place].values()), one.detail, whole[group])
        full = one._replace(kind=kind, group=group)
        if kind == "leaves":
            leaving.setdefault(place, full)
        elif kind == "failed" or (kind and kind != last.get(place)):
            if kind == "starts" and last.get(place) in {"failed", "online"}:
                continue  # a restart in place
            left = leaving.pop(place, None)
            yield from (left, full) if left and kind == "offline" else (full,)
            last[place] = kind


def _kind_of_group(counts: Counter[str], state: str, whole: int) -> str:
    if state == OFFLINE:
        return "offline" if counts[OFFLINE] + counts[FAILED] >= whole else ""
    if state == SERVES:
        return "online" if counts[SERVES] >= whole else ""
    return {FAILED: "failed", GOING: "leaves", PENDING: "starts"}.get(state, "")


# --- clocks ---------------------------------------------------------------------------------------

_NEAR_S, _FAR_S, _ZONE_S, _MOST = 2.0, 15 * 3600.0, 900.0, 40
_Keyed = Mapping[tuple[object, ...], Iterable[float]]


def one_clock(records: Iterable[LogRecord], notes: list[str]) -> list[LogRecord]:
    """Return the records by the clock of the node that records most, in the order of time.

    How far another clock is off is what most events that both logs have agree on. What
    cluster.log says of groups is left out where the event log of the node says it.
    """
    by_clock: dict[tuple[str, bool], list[LogRecord]] = defaultdict(list)
    for record in records:
        by_clock[record.node, record.is_utc].append(record)
    keys = {clock: _keyed(found) for clock, found in by_clock.items()}
    first = max(keys, key=lambda one: (not one[1], len(by_clock[one])), default=("", False))
    offsets, lone = {first: 0.0}, defaultdict(list)
    while left := sorted(keys.keys() - offsets.keys(), key=lambda one: (one[1], one)):
        told = [
            (count, clock, offsets[base] + off_s)
            for clock in left
            for base in offsets.keys() & keys.keys()
            for off_s, count in _ahead(keys[clock], keys[base])
        ]
        zones = [round(off_s / _ZONE_S) * _ZONE_S for one, off_s in offsets.items() if one[1]]
        if told:
            count, clock, offsets[clock] = max(told)
            if abs(offsets[clock]) >= _NEAR_S:
                way = "ahead of" if offsets[clock] > 0 else "behind"
                names = {"clock": _clock_name(clock), "base": _clock_name(first), "way": way}
                notes.append(said("clock", seconds=abs(offsets[clock]), count=count, **names))
        elif left[0][1] and not zones:
            lone["left out"].append(_clock_name(left[0]))
            del keys[left[0]]
        else:
            lone["taken as right"].append(_clock_name(left[0]))
            offsets[left[0]] = zones[0] if left[0][1] else 0.0
    for what, clocks in lone.items():
        names = {"clocks": ", ".join(clocks), "base": _clock_name(first)}
        notes.append(said("lone clock", what=what, **names))
    with_events = {node for node, is_utc in by_clock if not is_utc}
    shifted = (
        one._replace(at_s=one.at_s - off_s, since_s=one.since_s - off_s) if off_s else one
        for clock, off_s in offsets.items()
        for one in by_clock[clock]
        if not (one.is_utc and one.kind in RANKS and one.group and one.node in with_events)
    )
    return sorted(shifted, key=lambda one: (one.at_s, RANKS.get(one.kind, -1)))


def _clock_name(clock: tuple[str, bool]) -> str:
    return f"{clock[0]}{' (cluster.log)' if clock[1] else ''}"


def _keyed(records: Iterable[LogRecord]) -> _Keyed:
    """Return the last moments of events that another log may have too, by what they are about."""
    found: dict[tuple[object, ...], deque[float]] = defaultdict(lambda: deque(maxlen=_MOST))
    for one in records:
        if one.group and one.kind in RANKS:
            found[one.kind, one.node, one.group].append(one.at_s)
        elif one.about and one.kind != "node":
            found[one.kind, one.about, one.detail].append(one.at_s)
            found[one.kind, frozenset((one.node, one.about)), one.detail].append(one.at_s)
    return found


def _ahead(one: _Keyed, other: _Keyed) -> Iterator[tuple[float, int]]:
    """Yield by how many seconds one clock is ahead of another, and how many events agree."""
    gaps = (
        mine - theirs
        for key in one.keys() & other.keys()
        for mine in one[key]
        for theirs in other[key]
    )
    counts = Counter(round(gap) for gap in gaps if abs(gap) <= _FAR_S)
    near = {gap: sum(counts[gap + step] for step in (-1, 0, 1)) for gap in list(counts)}
    if near:
        ahead_s = min(near, key=lambda gap: (-near[gap], -counts[gap], abs(gap)))
        zone_s = round(ahead_s / _ZONE_S) * _ZONE_S
        yield (zone_s if abs(ahead_s - zone_s) < _NEAR_S else float(ahead_s)), near[ahead_s]
