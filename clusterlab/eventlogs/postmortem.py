"""What happened? The outages in a client's logs, beside what the simulation expected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from clusterlab.cluster.errors import ConfigError, OperationRefused, printable
from clusterlab.cluster.events import Event, InitiateFailure, MoveGroup, NodeFailed
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.outages import ONLINE, Span, outage_of
from clusterlab.cluster.resource_types import CLUSTER_TYPES
from clusterlab.clusterfiles.guesses import UNKNOWN, type_by_name
from clusterlab.eventlogs.bars import (
    COMING,
    HEARTBEATS_S,
    UNTOLD,
    Attempt,
    attempts_in,
    bar_of,
    members_in,
    one_clock,
    told_by_states,
    with_removed,
)
from clusterlab.eventlogs.reading import DURATIONS, Record, read_logs, said
from clusterlab.exchange.evs import EXCHANGE_TYPES
from clusterlab.exchange.exres import storage_groups
from clusterlab.studies.play import Play

TOGETHER_S = 60.0
"""Outages that begin this soon after another one are of the same trouble."""


class Trouble(NamedTuple):
    """One cause, and the groups that it put out.

    Attributes:
        words: What happened first.
        events: The same for the simulation; none if it cannot be told.
        bars: What the clients of each group waited for.
        expected: What the simulation has instead, from the same moment; none without a cluster.
    """

    words: str
    events: tuple[Event, ...]
    bars: Mapping[str, tuple[Span, ...]]
    expected: Mapping[str, tuple[Span, ...]]

    @property
    def start_s(self) -> float:
        """When its first outage began."""
        return min(spans[0].start_s for spans in self.bars.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmortem:
    """What a client's logs say of outages; it displays itself.

    Attributes:
        troubles: Each cause with the groups it put out, in the order of time.
        notes: Sentences: what each file is, clocks, and what cannot be told.
        measured: Seconds that each duration of a cluster file took in the logs, by its key.
    """

    troubles: tuple[Trouble, ...]
    notes: tuple[str, ...]
    measured: Mapping[str, tuple[float, ...]]

    def __str__(self) -> str:
        """Return the outages with their bars, and the notes, as text."""
        rows = [
            f"Troubles found: {len(self.troubles)}."
            if self.troubles
            else "No outage that can be measured."
        ]
        for number, trouble in enumerate(self.troubles, start=1):
            rows += ["", f"{number}. {clock(trouble.start_s)}: {printable(trouble.words)}."]
            for group in trouble.bars:
                rows += _group_rows(trouble, group)
        if self.measured:
            rows += ["", "Measured (name of the duration, median, how often):"]
            rows += [
                f"  {key:24} {median(taken):8.1f} s {len(taken):3}"
                for key, taken in sorted(self.measured.items())
            ]
        return "\n".join([*rows, "", *self.notes])

    def as_data(self) -> dict[str, Any]:
        """Return everything as data for JSON; moments in ISO form, by the clock of the logs."""
        return {
            "troubles": [
                {
                    "start": clock(one.start_s),
                    "what": one.words,
                    "groups": {
                        group: {
                            "seconds": outage_of(spans).seconds,
                            "spans": _span_data(spans),
                            "expected": _span_data(one.expected.get(group, ())),
                        }
                        for group, spans in one.bars.items()
                    },
                }
                for one in self.troubles
            ],
            "measured": {key: list(taken) for key, taken in self.measured.items()},
            "notes": list(self.notes),
        }

    def lanes(self, number: int = 1) -> dict[str, list[Span]]:
        """Return bars to draw: each group of a trouble, and below it what was expected.

        Args:
            number: Which trouble, from 1; its first outage begins at 0 s.

        Raises:
            ConfigError: If there is no such trouble.
        """
        if not 1 <= number <= len(self.troubles):
            raise ConfigError(f"no outage {number}; allowed: 1 to {len(self.troubles)}")
        trouble = self.troubles[number - 1]
        return {
            f"{group}{title}": [
                span._replace(
                    start_s=span.start_s - trouble.start_s, end_s=span.end_s - trouble.start_s
                )
                for span in bars[group]
            ]
            for group in trouble.bars
            for title, bars in (("", trouble.bars), (" expected", trouble.expected))
            if group in bars
        }


def clock(at_s: float) -> str:
    """Return a moment of a log as text.

    Example:
        >>> clock(86399.6)
        '1970-01-02 00:00:00'
    """
    return f"{datetime.fromtimestamp(round(at_s), UTC):%Y-%m-%d %H:%M:%S}"


def _span_data(spans: Iterable[Span]) -> list[dict[str, Any]]:
    return [
        {"part": one.part, "start": clock(one.start_s), "node": one.node}
        | {"seconds": round(one.end_s - one.start_s, 1)}
        for one in spans
    ]


_BAR = 40


def _group_rows(trouble: Trouble, group: str) -> Iterator[str]:
    """Yield the bar of a group, and what was expected, on one scale."""
    seen, expected = trouble.bars[group], trouble.expected.get(group, ())
    longest_s = max(one[-1].end_s - one[0].start_s for one in (seen, expected or seen))
    for title, spans in (("", seen), ("expected", expected)):
        if not spans and not title:
            continue
        out = outage_of(spans)
        if spans or group in trouble.expected:
            yield f"   {title or printable(group)}: {out.seconds:g} s out"
        for span in out.spans:
            seconds = span.end_s - span.start_s
            left = round(_BAR * (span.start_s - spans[0].start_s) / max(longest_s, 1))
            bar = " " * left + "#" * max(round(_BAR * seconds / max(longest_s, 1)), 1)
            at = clock(span.start_s)[11:]
            node = printable(span.node)
            yield f"     {at}  {span.part:15} {seconds:7.1f} s  {bar:{_BAR + 1}} {node}"


# --- making one -----------------------------------------------------------------------------------


def postmortem(
    files: Sequence[Path | str] | Path | str, cluster: Cluster | None = None
) -> Postmortem:
    """Return the outages that a client's logs tell of.

    Args:
        files: Exported System and Application logs (Event Viewer's CSV, eventquery, dumpel) and
            cluster.logs, of any nodes, in any order.
        cluster: The cluster, for what the simulation expected; None if there is no file of it.

    Raises:
        ClusterFileError: If a file cannot be read, or is no text.
        ConfigError: If a file is no log that is known, or no event of the Cluster service is there.

    Source: handbook 1, 4, 8.3 and 9; 7.6.
    """
    paths = [Path(one) for one in ([files] if isinstance(files, Path | str) else files)]
    nodes = [node.name for node in cluster.config.nodes] if cluster else []
    logs = read_logs(paths, nodes)
    members = members_in(logs.records)
    if cluster:
        members |= {one.name: one.group for one in cluster.config.resources}
    logs.records.extend(list(told_by_states(logs.records, members)))
    told = list(with_removed(one_clock(logs)))
    if not told:
        raise ConfigError(said("nothing"))
    types = _types(told, cluster, logs.notes)
    attempts = attempts_in(told)
    groups = cluster.config.essential.values() if cluster else ()
    needed = {one.name for resources in groups for one in resources} or members.keys()
    bars = _bars(told, [one for one in attempts if one.resource in needed], members, types)
    troubles = [_trouble(outages, told) for outages in _together(bars)]
    if cluster:
        troubles = [_with_expected(one, cluster, bars, logs.notes) for one in troubles]
    elif troubles:
        logs.notes.append(said("no cluster"))
    logs.notes.extend(_untold(troubles, bars, told))
    return Postmortem(
        troubles=tuple(troubles),
        notes=tuple(dict.fromkeys(logs.notes)),
        measured=_measured(troubles, told, attempts, types, cluster),
    )


def with_measured(cluster: Cluster, found: Postmortem) -> tuple[Cluster, dict[str, float]]:
    """Return *cluster* with the durations that its logs have, and those that are others now.

    Event logs count whole seconds: what differs by less from the cluster's own stays as it is.

    Raises:
        ConfigError: If a cluster cannot have such durations.
    """
    own = cluster.config.durations
    new = {key: float(median(taken)) for key, taken in found.measured.items()}
    if new.get("arbitration_online", own["arbitration_online"]) < own["arbitration_reserve"]:
        new["arbitration_reserve"] = new["arbitration_online"]
    least_s = {"replay_logs_per_s": 0.01, "is_online": 0.1}
    changed = {
        key: round(value, 3)
        for key, value in new.items()
        if value > 0 and abs(value - own[key]) >= least_s.get(key, 1.0)
    }
    config = replace(cluster.config, durations={**own, **changed})
    return replace(cluster, config=config), changed


_PARTS = {
    one.name: one.service_part
    for one in (
        *CLUSTER_TYPES.values(),
        *(one for types in EXCHANGE_TYPES.values() for one in types.values()),
    )
}


def _types(
    records: Sequence[Record], cluster: Cluster | None, notes: list[str]
) -> Mapping[str, str]:
    """Return the type of each resource: by the cluster, by cluster.log, at last by its name."""
    found = {one.resource: one.detail for one in records if one.detail in _PARTS}
    if cluster:
        found |= {one.name: one.type.name for one in cluster.config.resources}
    for name in dict.fromkeys(one.resource for one in records if one.kind == "state"):
        if name not in found and (guess := type_by_name(name)) != UNKNOWN:
            found[name] = guess
            notes.append(said("guess", resource=name, type=guess))
    return found


def _bars(
    records: Sequence[Record],
    attempts: Sequence[Attempt],
    members: Mapping[str, str],
    types: Mapping[str, str],
) -> dict[str, list[Span]]:
    parts = {name: _PARTS.get(kind, UNTOLD) for name, kind in types.items()}
    groups = dict.fromkeys(one.group for one in records if one.group and one.kind != "contains")
    ways: dict[str, list[Attempt]] = defaultdict(list)
    for one in attempts:
        ways[members.get(one.resource, "")].append(one)
    made = {group: bar_of(group, records, ways[group], parts) for group in groups}
    return {group: spans for group, spans in made.items() if spans}


def _together(bars: Mapping[str, Sequence[Span]]) -> list[dict[str, tuple[Span, ...]]]:
    """Return outages, each a run of spans without service, those of one trouble together."""
    runs: list[tuple[str, tuple[Span, ...]]] = []
    for group, spans in bars.items():
        run: list[Span] = []
        for span in (*spans, Span(ONLINE, 0, 0, "")):
            if span.part != ONLINE:
                run.append(span)
            elif run:
                runs.append((group, tuple(run)))
                run = []
    found: list[dict[str, tuple[Span, ...]]] = []
    last_s = 0.0
    for group, spans in sorted(runs, key=lambda run: run[1][0].start_s):
        if found and group not in found[-1] and spans[0].start_s - last_s <= TOGETHER_S:
            found[-1][group] = spans
        else:
            found.append({group: spans})
        last_s = spans[0].start_s
    return found


def _trouble(outages: Mapping[str, tuple[Span, ...]], records: Sequence[Record]) -> Trouble:
    """Return outages with their cause: a node lost, a resource failed, a group moved."""
    lost = [span.node for spans in outages.values() for span in spans if span.part == "detect"]
    if lost:
        events = tuple(NodeFailed(node) for node in dict.fromkeys(lost))
        return Trouble(f"{', '.join(dict.fromkeys(lost))} lost", events, outages, {})
    group, spans = next(iter(outages.items()))
    first, start_s = spans[0], spans[0].start_s
    failed = (
        one.resource
        for one in records
        if one.kind == "failed" and one.group == group and abs(one.at_s - start_s) < 1
    )
    if resource := next(failed, ""):
        words = f"{resource} of {group} failed on {first.node}"
        return Trouble(words, (InitiateFailure(resource),), outages, {})
    if first.part == "stop" and len(spans) > 1 and spans[1].part == "transfer":
        to = next((span.node for span in spans if span.node != first.node), first.node)
        words = f"{group} was moved from {first.node} to {to}"
        return Trouble(words, (MoveGroup(group, to),), outages, {})
    words = f"{group} was taken offline on {first.node}" if first.part == "stop" else (
        f"{group} was not online; why cannot be told"
    )  # fmt: skip
    return Trouble(words, (), outages, {})


def _with_expected(
    trouble: Trouble, cluster: Cluster, bars: Mapping[str, Sequence[Span]], notes: list[str]
) -> Trouble:
    """Return *trouble* with what the simulation has, from owners as they were at its start."""
    if not trouble.events:
        notes.append(said("no cause"))
        return trouble
    try:
        play = Play(cluster)
        for group, spans in bars.items():
            before = [one.node for one in spans if one.start_s < trouble.start_s + 1]
            if before and before[-1] != cluster.owners[cluster.config.group_name(group)]:
                play.do(MoveGroup(group, before[-1])).settle()
        start_s = play.cluster.now_s
        for event in trouble.events:
            play.do(event)
        play.settle()
        expected = {
            group: _after(play.watch.spans(cluster.config.group_name(group)), start_s, trouble)
            for group in trouble.bars
        }
    except (ConfigError, OperationRefused) as error:
        notes.append(said("other names", why=str(error)))
        return trouble
    return trouble._replace(expected=expected)


def _after(spans: Iterable[Span], start_s: float, trouble: Trouble) -> tuple[Span, ...]:
    """Return the outage in *spans* from *start_s* on, as if it began when *trouble* did."""
    return tuple(
        span._replace(
            start_s=max(span.start_s, start_s) - start_s + trouble.start_s,
            end_s=span.end_s - start_s + trouble.start_s,
        )
        for span in spans
        if span.part != ONLINE and span.end_s > start_s
    )


def _untold(
    troubles: Iterable[Trouble], bars: Mapping[str, Sequence[Span]], records: Sequence[Record]
) -> Iterator[str]:
    """Yield what the logs do not tell of the outages, one sentence each."""
    nodes = {one.node for one in records}
    for trouble in troubles:
        for group, spans in trouble.bars.items():
            for span in spans:
                yield from _untold_of(group, span, nodes)
            if bars[group][-1] == spans[-1]:
                yield said("not back", group=group, end=clock(records[-1].at_s))
    for one in records:
        bar = bars.get(one.group, ()) if one.kind == "failed" else ()
        if bar and not any(
            span.start_s - 1 <= one.at_s <= span.end_s + 1 for span in bar if span.part != ONLINE
        ):
            yield said("restart", group=one.group, resource=one.resource, node=one.node)


def _untold_of(group: str, span: Span, nodes: set[str]) -> Iterator[str]:
    if span.part == "detect":
        yield said("detect", node=span.node, seconds=HEARTBEATS_S)
    if span.node not in nodes:
        yield said("no log", node=span.node)
    if span.part == COMING:
        yield said("coming", group=group, node=span.node)
    if span.part == UNTOLD:
        yield said("untold", group=group, start=clock(span.start_s), end=clock(span.end_s))


_OF_PARTS = {"arbitrate": "arbitration_online", "transfer": "transfer"}


def _measured(
    troubles: Iterable[Trouble],
    records: Sequence[Record],
    attempts: Iterable[Attempt],
    types: Mapping[str, str],
    cluster: Cluster | None,
) -> dict[str, tuple[float, ...]]:
    """Return the seconds of each duration that the logs measure, by its key."""
    found: dict[str, list[float]] = defaultdict(list)
    for key, taken in _of_stores(attempts, cluster) if cluster else ():
        found[key].append(taken)
    for one in attempts:
        key = DURATIONS.get(types.get(one.resource, ""), "")
        if key and one.state == "2" and not one.was_going:
            found[key].append(round(one.end_s - one.start_s, 3))
    spans = {span for trouble in troubles for bar in trouble.bars.values() for span in bar}
    for span in sorted(spans):
        if span.part in _OF_PARTS:
            found[_OF_PARTS[span.part]].append(round(span.end_s - span.start_s, 3))
        if span.part == "detect":
            near = [r for r in records if r.about == span.node and r.at_s <= span.end_s]
            seen = [r.at_s for r in near if r.kind == "unreachable" and r.at_s >= span.start_s]
            if seen:
                found["node_lost"].append(round(seen[0] - span.start_s, 3))
                found["regroup"].append(round(span.end_s - seen[0], 3))
    return {key: tuple(taken) for key, taken in found.items()}


def _of_stores(attempts: Iterable[Attempt], cluster: Cluster) -> Iterator[tuple[str, float]]:
    """Yield what the ways of Information Stores measure (handbook 2, 4.9).

    After a clean stop it is the time of the store itself; else the rate at which logs are replayed.
    """
    own, is_clean = cluster.config.durations, set()
    for one in attempts:
        resource = cluster.config.resources_by_name.get(one.resource)
        if resource is None or resource.type.service_part != "store":
            continue
        if one.was_going and one.state == "3":
            is_clean.add(one.resource)
        elif one.state == "2":
            groups, taken = storage_groups(resource), one.end_s - one.start_s
            rest_s = taken - own["is_online_per_sg"] * groups
            if one.resource in is_clean and rest_s > 0:
                yield "is_online", round(rest_s, 3)
            elif rest_s > own["is_online"]:
                logs = own["replay_logs_per_sg"] * groups
                yield "replay_logs_per_s", round(logs / (rest_s - own["is_online"]), 3)
            is_clean.discard(one.resource)
