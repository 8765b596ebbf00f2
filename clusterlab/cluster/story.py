"""What happened, in words: the event log, the story of a run, and "why" in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from clusterlab.cluster import events as ev
from clusterlab.cluster.draft import Change, LogEntry, Outcome
from clusterlab.cluster.facts import CLUSSVC, with_standing
from clusterlab.cluster.membership import RESTARTING
from clusterlab.cluster.model import Cluster, ClusterConfig
from clusterlab.cluster.networks import separated_pairs
from clusterlab.cluster.outages import Span
from clusterlab.cluster.policy import Decision
from clusterlab.cluster.properties import private_defaults
from clusterlab.cluster.quorum import SEARCHING
from clusterlab.cluster.states import MEMBER_STATES, Cause, GroupState, NodeState, ResourceState


def log_text(entries: Iterable[LogEntry]) -> str:
    """Return event-log entries, one in a line: seconds, node, source and id, text."""
    return "\n".join(
        f"{entry.at_s:>8.1f}  {entry.node:<8} {entry.source} {entry.event_id}  {entry.text}"
        for entry in entries
    )


# --- the story --------------------------------------------------------------------------------


class StoryLine(NamedTuple):
    """One line of the story of a run.

    Attributes:
        text: What happened, one sentence without a full stop.
        details: Verdicts on nodes, each in a line.
        times: How many times in a row; the first of them was at *at_s*.
    """

    at_s: float
    text: str
    details: tuple[str, ...] = ()
    times: int = 1
    group: str = ""


def story(outcomes: Sequence[Outcome], before: Cluster | None = None) -> tuple[StoryLine, ...]:
    """Return the story of a run at the level of nodes and groups, repeats folded.

    Verdicts that were printed before for the same group and owner are not printed again. Of
    private properties only those that differ from *before* are told, the cluster at the start.
    """
    lines: list[StoryLine] = []
    seen: set[tuple[str, ...]] = set()
    for outcome in outcomes:
        for line in _lines(outcome, seen, before):
            is_repeat = lines and lines[-1].text == line.text and not line.details
            if is_repeat:
                lines[-1] = lines[-1]._replace(times=lines[-1].times + 1)
            else:
                lines.append(line)
        before = outcome.cluster
    return tuple(lines)


def story_text(outcomes: Sequence[Outcome]) -> str:
    """Return the story, one line for each happening, verdicts indented below it."""
    rows: list[str] = []
    for line in story(outcomes):
        times = f" ({line.times} times)" if line.times > 1 else ""
        rows.append(f"{line.at_s:>8.1f}  {line.text}{times}")
        rows += [f"{'':>12}{detail}" for detail in line.details]
    return "\n".join(rows)


def _done(event: ev.Event, before: Cluster | None) -> str:
    """Return what was done or happened; of private properties those that it changed."""
    if not isinstance(event, ev.SetProperties) or not before or "private" not in event.properties:
        return event.in_words()
    resource = before.config.resources_by_name[before.config.resource_name(event.name)]
    had, defaults = resource.private, private_defaults(resource.type.name)
    new = {key: defaults.get(key, "") for key in had} | event.properties["private"]
    changed = {key: value for key, value in new.items() if had.get(key) != value}
    told = {**event.properties, "private": changed or new}
    return ev.SetProperties(event.name, told).in_words()


def _lines(
    outcome: Outcome, seen: set[tuple[str, ...]], before: Cluster | None
) -> Iterable[StoryLine]:
    now_s = outcome.cluster.now_s
    if outcome.event is not None and (text := _done(outcome.event, before)):
        yield StoryLine(now_s, text)
    if outcome.refusal is not None:
        yield StoryLine(now_s, f"refused: {outcome.refusal.message}")
    if isinstance(outcome.event, ev.StartNode):
        yield from (StoryLine(now_s, danger) for danger in outcome.dangers)
    for change in outcome.changes:
        if change.kind in ("node", "note"):
            yield StoryLine(now_s, f"{change.name} {change.new}: {change.because}")
        elif change.new == "Failed":
            group = outcome.cluster.config.resources_by_name[change.name].group
            text = failure_text(outcome.cluster, change)
            yield StoryLine(now_s, text, group=group)
    for decision in outcome.decisions:
        yield _decision_line(decision, _cause(decision, outcome), seen)
    for entry in outcome.log:
        if entry.source == CLUSSVC and entry.event_id in _GROUP_WORDS:
            state = outcome.cluster.group_state(entry.group).value
            word = _GROUP_WORDS[entry.event_id].format(state=state)
            yield StoryLine(now_s, f"{entry.group} {word} {entry.node}", group=entry.group)


_GROUP_WORDS = {1200: "starts on", 1201: "{state} on", 1204: "offline on", 1205: "{state} on"}


def failure_text(cluster: Cluster, change: Change) -> str:
    """Return a failure of a resource in words: which, where, why, the error code."""
    resource = cluster.config.resources_by_name[change.name]
    code = f" ({change.error_code})" if change.error_code else ""
    where = cluster.owners[resource.group]
    return f"{resource.group}/{resource.type.short} failed on {where}{code}: {change.because}"


def verdict_texts(decision: Decision) -> tuple[str, ...]:
    """Return one line for each node: whether it was chosen, its name, the verdict."""
    return tuple(
        f"{'chosen' if verdict.accepted else 'not'} {verdict.node}: {verdict.reason}"
        for verdict in decision.verdicts
    )


_CAUSES = {
    Cause.NODE_FAILURE: "failover, its node is lost",
    Cause.RESOURCE_FAILURE: "failover, a resource failed",
    Cause.MOVE_GROUP: "Best Possible",
    Cause.FAILBACK: "failback",
}


def _cause(decision: Decision, outcome: Outcome) -> str:
    """Return why a group needed another node; a stopping node hands its groups over (4.6)."""
    if isinstance(outcome.event, ev.StopClusterService):
        return "failover, its node stops"
    return _CAUSES[decision.cause]


def _decision_line(decision: Decision, cause: str, seen: set[tuple[str, ...]]) -> StoryLine:
    details = verdict_texts(decision)
    key = (decision.group, decision.owner, str(decision.target), *details)
    is_new = key not in seen
    seen.add(key)
    if decision.target is None:
        text = f"{decision.group} stays on {decision.owner}: {decision.rule}"
    else:
        text = f"{decision.group}: {decision.owner} -> {decision.target} ({cause})"
    return StoryLine(decision.at_s, text, details if is_new else (), group=decision.group)


# --- why --------------------------------------------------------------------------------------


class Explanation(NamedTuple):
    """Why a group is where it is, or a node or resource in its state; it prints as sentences.

    Attributes:
        group: Name of the group, node or resource.
        sentences: From the latest cause to the present state.
        decision: The last choice of a node, if there was one.
    """

    group: str
    sentences: tuple[str, ...]
    decision: Decision | None
    sources: tuple[str, ...]

    @property
    def known_by(self) -> str:
        """The sources in a line, each with the standing of its rule."""
        return "; ".join(map(with_standing, self.sources))

    def __repr__(self) -> str:
        """Return the sentences, the verdicts and the sources, for a notebook cell."""
        verdicts = [f"  {line}" for line in verdict_texts(self.decision)] if self.decision else []
        sources = [f"({self.known_by})"] if self.sources else []
        return "\n".join([*self.sentences, *verdicts, *sources])


def explain(outcomes: Sequence[Outcome], group: str) -> Explanation:
    """Return why *group* is where it is and in the state it has."""
    cluster = outcomes[-1].cluster
    made = [(d, outcome) for outcome in outcomes for d in outcome.decisions if d.group == group]
    decision = made[-1][0] if made else None
    owner, state = cluster.owners[group], cluster.group_state(group).value
    sentences = [f"{group} is {state} on {owner}."]
    sources: list[str] = []
    if decision is None:
        sentences.append(_never_moved(outcomes, group))
        sources.append("handbook 1, 5.2")
    else:
        sentences.append(_decision_sentence(*made[-1]))
        sources.append(decision.source)
    taken = _taken_offline(outcomes, group)
    if taken:
        sentences.append(taken)
        sources.append("handbook 1, 4.4")
    failures = _failures_of(outcomes, group)
    if failures:
        sentences += _failure_sentences(cluster, failures)
        sources += sorted({change.source for change in failures})
    waiting = _waiting_sentence(cluster, group)
    if waiting:
        sentences.append(waiting)
    return Explanation(group, tuple(sentences), decision, tuple(dict.fromkeys(sources)))


def explain_state(outcomes: Sequence[Outcome], name: str) -> Explanation:
    """Return why the node or resource *name* is in the state it has."""
    cluster = outcomes[-1].cluster
    is_node = name in cluster.config.nodes_by_name
    state = (cluster.node_states if is_node else cluster.resource_states)[name].value
    way = last_changes(outcomes).get(name, [])
    sentences = [
        f"At {change.at_s:g} s it went from {change.old} to {change.new}: {change.because}."
        for change in way
    ]
    sources = tuple(dict.fromkeys(change.source for change in way))
    told = sentences or ["It has been so from the start."]
    return Explanation(name, (f"{name} is {state}.", *told), None, sources)


def last_changes(outcomes: Sequence[Outcome]) -> Mapping[str, list[Change]]:
    """Return for each node and resource whose state changed how it came to the one it has.

    That is the last change, and before it those through pending states.
    """
    ways: dict[str, list[Change]] = {}
    for outcome in outcomes:
        for change in outcome.changes:
            if change.kind != "owner":
                before = ways.get(change.name, []) if change.old.endswith("Pending") else []
                ways[change.name] = [*before, change]
    return ways


def _taken_offline(outcomes: Sequence[Outcome], group: str) -> str:
    """Say what an administrator took offline and when, while the group is not Online."""
    cluster = outcomes[-1].cluster
    if cluster.group_state(group) is GroupState.ONLINE:
        return ""
    for outcome in reversed(outcomes):
        if isinstance(outcome.event, ev.TakeOffline | ev.BringOnline) and outcome.refusal is None:
            is_offline = isinstance(outcome.event, ev.TakeOffline)
            name = _full_name(outcome.cluster.config, outcome.event.name)
            what = "it" if name == group else name
            if name == group or _is_stopped(cluster, name, group):
                at_s = outcome.cluster.now_s
                words = f"At {at_s:g} s an administrator took {what} offline."
                return words if is_offline else ""
    return ""


def _is_stopped(cluster: Cluster, name: str, group: str) -> bool:
    resource = cluster.config.resources_by_name.get(name)
    is_member = resource is not None and resource.group == group
    return is_member and cluster.resource_states[name] is not ResourceState.ONLINE


def _full_name(config: ClusterConfig, name: str) -> str:
    is_resource = config.kind_of(name) == "resource"
    return config.resource_name(name) if is_resource else config.group_name(name)


def _never_moved(outcomes: Sequence[Outcome], group: str) -> str:
    moves = [
        change
        for outcome in outcomes
        for change in outcome.changes
        if change.kind == "owner" and change.name == group
    ]
    if moves:
        return f"At {moves[-1].at_s:g} s it came from {moves[-1].old}: {moves[-1].because}."
    return "Nothing has made it move."


def _decision_sentence(decision: Decision, outcome: Outcome) -> str:
    when = f"At {decision.at_s:g} s"
    if decision.target is None:
        return f"{when} it could not leave {decision.owner}. {decision.rule}"
    # A group that goes offline first changes its owner later than it is decided on.
    verb = "went" if outcome.cluster.owners[decision.group] == decision.target else "was sent"
    head = f"{when} it {verb} from {decision.owner} to {decision.target}"
    reason = next(v.reason for v in decision.verdicts if v.accepted)
    verb = "is " if reason.startswith(("preferred", "first", "picked")) else ""
    cause = _cause(decision, outcome)
    return f"{head} ({cause}): {decision.target} {verb}{reason}. {decision.rule}"


def _failures_of(outcomes: Sequence[Outcome], group: str) -> list[Change]:
    """Return the failures since the group was last Online."""
    failures: list[Change] = []
    for outcome in outcomes:
        if any(entry.event_id == 1201 and entry.group == group for entry in outcome.log):
            failures.clear()
        by_name = outcome.cluster.config.resources_by_name
        failures += [
            change
            for change in outcome.changes
            if change.kind == "resource"
            and change.new == "Failed"
            and by_name[change.name].group == group
        ]
    known = outcomes[-1].cluster.config.resources_by_name
    return [change for change in failures if change.name in known]


def _failure_sentences(cluster: Cluster, failures: Sequence[Change]) -> list[str]:
    last = failures[-1]
    resource = cluster.config.resources_by_name[last.name]
    alike = [change for change in failures if change.name == last.name]
    code = f" with error {last.error_code}" if last.error_code else ""
    what = f"Its {resource.type.name} failed"
    sentences = [f"{what} at {last.at_s:g} s{code}, because {last.because}."]
    if len(alike) > 1:
        sentences = [
            f"{what} {len(alike)} times from {alike[0].at_s:g} to {last.at_s:g} s{code}; "
            f"the last time because {last.because}."
        ]
    failovers = cluster.failovers.get(resource.group, ())
    if failovers:
        threshold = cluster.config.groups_by_name[resource.group].failover_threshold
        sentences.append(f"{len(failovers)} of {threshold} failovers were used.")
    return sentences


def _waiting_sentence(cluster: Cluster, group: str) -> str:
    activity = cluster.activities.get(group)
    if activity:
        target = f" to {activity.target}" if activity.target else ""
        return f"At this moment it is {activity.kind.value}{target}."
    retries = [
        due_s
        for name, due_s in cluster.retries.items()
        if cluster.config.resources_by_name[name].group == group
    ]
    if retries:
        return f"One more attempt follows at {min(retries):g} s; then only an administrator helps."
    return ""


# --- what each node went through ---------------------------------------------------------------

NO_POWER, HEARS_NONE, MISSES = "no power", "hears no node", "misses"
WAITS, MOUNTS, DOWN = "challenges", "quorum online", "Down"
_SERVICE = {RESTARTING: "stopped", SEARCHING: "searches"}
"""Short words for what the Cluster service of a node that is Down is doing."""


def node_phase(cluster: Cluster, node: str) -> str:
    """Return what a node is doing: a word of this module, or what its service is doing.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> node_phase(exchange_cluster(), "NODE1")
        'Up'
    """
    if node in cluster.silent_since and cluster.node_states[node] in MEMBER_STATES:
        return NO_POWER
    if node == cluster.challenger:
        is_reserved = cluster.resource_states[cluster.config.quorum] is ResourceState.ONLINE_PENDING
        return MOUNTS if is_reserved else WAITS
    state = cluster.node_states[node]
    if state is NodeState.DOWN:
        return _SERVICE.get(cluster.starting.get(node, ""), cluster.starting.get(node, DOWN))
    if state not in MEMBER_STATES:
        return str(state.value)
    missed = [pair for pair in separated_pairs(cluster) if node in pair]
    others = [name for name, other in cluster.node_states.items() if other in MEMBER_STATES]
    if not missed:
        return str(state.value)
    if len(missed) == len(others) - 1 > 1:
        return HEARS_NONE
    silent = [name for pair in missed for name in pair if name != node]
    return f"{MISSES} {', '.join(silent)}"


def node_lanes(outcomes: Sequence[Outcome], until_s: float) -> Mapping[str, list[Span]]:
    """Return for each node what it went through from 0 to *until_s*, as spans."""
    clusters = [outcome.cluster for outcome in outcomes if outcome.cluster.now_s <= until_s]
    by_moment = [list(group)[-1] for _, group in groupby(clusters, key=lambda c: c.now_s)]
    ends = [cluster.now_s for cluster in by_moment[1:]] + [until_s]
    lanes = {}
    for node in clusters[-1].config.nodes_by_name:
        phases = [
            (node_phase(cluster, node) if node in cluster.node_states else DOWN, end_s)
            for cluster, end_s in zip(by_moment, ends, strict=True)
        ]
        lanes[node] = _merged(node, phases, by_moment[0].now_s)
    return lanes


def _merged(node: str, phases: Sequence[tuple[str, float]], start_s: float) -> list[Span]:
    spans = []
    for phase, run in groupby(phases, key=lambda pair: pair[0]):
        end_s = list(run)[-1][1]
        if end_s > start_s:
            spans.append(Span(phase, start_s, end_s, node))
        start_s = end_s
    return spans


def lane_lines(lanes: Mapping[str, Sequence[Span]]) -> list[str]:
    """Return for each node what it went through, as a sentence."""
    return [
        f"{node}: {', '.join(f'{span.part} until {span.end_s:.1f} s' for span in lane)}."
        for node, lane in lanes.items()
    ]
