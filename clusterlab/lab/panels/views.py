"""What a panel says: each function turns values into HTML or text, and names are escaped.

Tables are twins of the figure, from the same values. No rule is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise, takewhile
from pathlib import Path

from clusterlab.cluster.draft import LogEntry, Outcome
from clusterlab.cluster.errors import OperationRefused
from clusterlab.cluster.events import Event
from clusterlab.cluster.invariants import Lamp
from clusterlab.cluster.model import Cluster, ClusterConfig
from clusterlab.cluster.outages import ONLINE, PARTS, Outage, Span, service_part
from clusterlab.cluster.policy import Decision
from clusterlab.cluster.story import Explanation, last_changes, story
from clusterlab.clusterexe.commands import command_line, menu_path
from clusterlab.exchange.evs import SYSTEM_ATTENDANT
from clusterlab.lab.figures import palette
from clusterlab.lab.figures.drawing import escape_text, in_seconds
from clusterlab.studies.cascades import Cascade, cascades
from clusterlab.symptoms import SymptomEntry, entry_of
from clusterlab.tomlfiles.tables import own_table

MOST_IN_LINE = 2  # how many groups without service the headline names
DOING = own_table(Path(__file__).with_suffix(".toml")).data
"""What a group without service is doing; everything else is coming online."""
NO_COMMAND = "no command and no menu: it happened by itself"

# --- pieces -----------------------------------------------------------------------------------


def list_html(lines: Iterable[str]) -> str:
    """Return lines of text as a list."""
    return f"<ul>{''.join(f'<li>{escape_text(line)}</li>' for line in lines)}</ul>"


def state_html(look: palette.Look) -> str:
    """Return a state as glyph and word on its colour."""
    return f'<span class="clusterlab-state clusterlab-{look.role}">{look.glyph} {look.word}</span>'


def table_html(label: str, heads: Sequence[str], rows: Iterable[str | Sequence[str]]) -> str:
    """Return a table whose rows or cells are HTML already; it scrolls by keyboard too."""
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    body = (
        "".join(row if isinstance(row, str) else _row(*row) for row in rows)
        or f'<tr><td colspan="{len(heads)}">Nothing yet.</td></tr>'
    )
    return (
        f'<div class="clusterlab-scroll" role="region" tabindex="0" aria-label="{label}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(*cells: str) -> str:
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _mark(is_good: bool, good: str, bad: str) -> str:
    role, text = ("online", f"✔ {good}") if is_good else ("failed", f"✘ {bad}")
    return f'<span class="clusterlab-mark clusterlab-{role}">{text}</span>'


TimedRow = tuple[float, str, str]
"""A row of a list that folds cascades: when, about which group, and its cells as HTML."""


def folded(rows: Iterable[TimedRow], found: Sequence[Cascade], columns: int) -> list[str]:
    """Return rows as HTML; the rows of each cascade stand behind one line that opens."""
    shown: dict[Cascade | int, list[str]] = {}
    for number, (at_s, group, html) in enumerate(rows):
        inside = (one for one in found if one.group == group and one.start_s <= at_s <= one.end_s)
        shown.setdefault(next(inside, number), []).append(html)
    return [
        inner[0] if isinstance(key, int) else _fold_html(key, inner, columns)
        for key, inner in shown.items()
    ]


def _fold_html(cascade: Cascade, inner: Sequence[str], columns: int) -> str:
    return (
        f'<tr><td>{cascade.start_s:.1f}</td><td colspan="{columns - 1}"><details><summary>'
        f"{escape_text(str(cascade))}, until {cascade.end_s:.1f} s</summary>"
        f"<table><tbody>{''.join(inner)}</tbody></table></details></td></tr>"
    )


# --- why and next -----------------------------------------------------------------------------


def why_html(explanation: Explanation, others: Sequence[Decision]) -> str:
    """Return why a group is where it is, with a verdict on each node and the source."""
    sentences = "".join(f"<p>{escape_text(text)}</p>" for text in explanation.sentences)
    verdicts = verdicts_html(explanation.decision) if explanation.decision else ""
    also = "".join(f"<p>Also: {escape_text(_decided(decision))}</p>" for decision in others)
    source = f"<p>{escape_text(explanation.known_by)}</p>"
    return (
        f"<h3>Why {escape_text(explanation.group)}</h3>{sentences}{verdicts}{also}"
        f'<details class="clusterlab-source"><summary>Source</summary>{source}</details>'
    )


def verdicts_html(decision: Decision) -> str:
    """Return the nodes in the order in which they were tried, each with a word and a reason."""
    items = "".join(
        f"<li>{_mark(verdict.accepted, 'chosen', 'rejected')} <b>{escape_text(verdict.node)}</b>: "
        f"{escape_text(verdict.reason)}</li>"
        for verdict in decision.verdicts
    )
    return f'<ol class="clusterlab-verdicts">{items}</ol>'


def _decided(decision: Decision) -> str:
    if decision.target is None:
        return f"{decision.group} stays on {decision.owner}."
    return f"{decision.group} went from {decision.owner} to {decision.target}."


def next_html(due: tuple[float, str] | None, hint: str) -> str:
    """Return what happens next and how to get there."""
    words = "Nothing is pending." if due is None else f"{due[0]:.1f} s: {escape_text(due[1])}"
    return f"<h3>Next</h3><p><b>{words}</b></p><p>{hint}</p>"


# --- tabs -------------------------------------------------------------------------------------


def log_html(outcomes: Sequence[Outcome]) -> str:
    """Return the event logs as the product writes them, cascades folded.

    The number of an event opens what handbook 7 says of it.
    """
    entries = [entry for outcome in outcomes for entry in outcome.log]
    keys = sorted({f"{entry.source} {entry.event_id}" for entry in entries})
    known = {key: found for key in keys if (found := entry_of(key))}
    rows = [(entry.at_s, entry.group, _entry_html(entry, known)) for entry in entries]
    heads = ("Time (s)", "Node", "Source", "Event", "Text")
    opened = (
        f'<div popover id="{_id_of(key)}" class="clusterlab-symptom">{found._repr_html_()}</div>'
        for key, found in known.items()
    )
    table = table_html("Event log", heads, folded(rows, cascades(outcomes), len(heads)))
    return table + "".join(opened)


def _entry_html(entry: LogEntry, known: Mapping[str, SymptomEntry]) -> str:
    node, text, number = escape_text(entry.node), escape_text(entry.text), str(entry.event_id)
    key = f"{entry.source} {number}"
    if key in known:
        opens = f'popovertarget="{_id_of(key)}" title="What {key} means"'
        number = f'<button type="button" class="clusterlab-event" {opens}>{number}</button>'
    return _row(f"{entry.at_s:.1f}", node, entry.source, number, text)


def _id_of(key: str) -> str:
    return f"clusterlab-{key.replace(' ', '-')}"


def story_html(outcomes: Sequence[Outcome]) -> str:
    """Return the story of a run, cascades folded."""
    rows = []
    for line in story(outcomes):
        times = f" ({line.times} times)" if line.times > 1 else ""
        details = "".join(f"<br>&emsp;{escape_text(text)}" for text in line.details)
        html = _row(f"{line.at_s:.1f}", f"{escape_text(line.text)}{times}{details}")
        rows.append((line.at_s, line.group, html))
    heads = ("Time (s)", "What happened")
    return table_html("Events in words", heads, folded(rows, cascades(outcomes), len(heads)))


def groups_html(cluster: Cluster, outages: Mapping[str, Outage]) -> str:
    """Return the text twin of the figure as tables: groups, owners, states, outages; nodes."""
    rows = []
    for group in cluster.config.groups_by_name:
        look = palette.GROUP_LOOKS[cluster.group_state(group)]
        owner = escape_text(cluster.owners[group])
        seconds, parts = _outage_words(outages.get(group))
        rows.append(_row(escape_text(group), owner, state_html(look), seconds, parts))
    heads = ("Group", "Node", "Status", "No mail for", "made up of")
    nodes = [
        _row(escape_text(node), f"{look.glyph} {escape_text(words)}")
        for node in cluster.config.nodes_by_name
        for look, words in (palette.node_look(cluster, node),)
    ]
    return table_html("Groups", heads, rows) + table_html("Nodes", ("Node", "Status"), nodes)


def _outage_words(outage: Outage | None) -> tuple[str, str]:
    if outage is None:
        return "", ""
    parts = ", ".join(f"{part} {in_seconds(value)}" for part, value in outage.parts.items())
    return in_seconds(outage.seconds), escape_text(parts)


def resources_html(outcomes: Sequence[Outcome], group: str) -> str:
    """Return the resources of one group, each with its state and the reason of it."""
    cluster = outcomes[-1].cluster
    ways = last_changes(outcomes)
    rows = []
    for resource in cluster.config.members[group]:
        look = palette.RESOURCE_LOOKS[cluster.resource_states[resource.name]]
        since = f"{cluster.since_s.get(resource.name, 0.0):.1f}"
        needs = ", ".join(map(escape_text, resource.depends_on)) or "nothing"
        name, kind = escape_text(resource.name), escape_text(resource.type.name)
        why = [escape_text(change.because) for change in ways.get(resource.name, [])]
        told = "; ".join(why) or "from the start"
        rows.append(_row(name, kind, state_html(look), since, told, needs))
    heads = ("Resource", "Type", "Status", "Since (s)", "Why", "Depends on")
    return table_html("Resources", heads, rows)


def commands_html(outcomes: Sequence[Outcome]) -> str:
    """Return for each click so far the cluster.exe line and the Cluster Administrator path."""
    rows = [
        _row(f"{outcome.cluster.now_s:.1f}", escape_text(outcome.event.in_words()),
             *command_cells(outcome.event, before.cluster.config))
        for before, outcome in pairwise(outcomes)
        if outcome.event is not None and outcome.event.in_words()
    ]  # fmt: skip
    heads = ("Time (s)", "What was done", "cluster.exe", "Cluster Administrator")
    return table_html("Commands", heads, rows)


def command_cells(event: Event, config: ClusterConfig) -> tuple[str, str]:
    """Return the cluster.exe lines and the menu path of one event, for a cluster before it."""
    lines, path = command_line(event, config).splitlines(), menu_path(event, config)
    if not lines and not path:
        return "none", NO_COMMAND
    codes = "<br>".join(f"<code>{escape_text(line)}</code>" for line in lines)
    return codes or "none", escape_text(path) or "none"


def lamps_html(items: Iterable[Lamp]) -> str:
    """Return the invariants, each with a mark, a word and what was looked at."""
    rows = [
        _row(_mark(lamp.is_ok, "holds", "broken"), f"<b>{escape_text(lamp.name)}</b>",
             escape_text(lamp.text), escape_text(lamp.detail))
        for lamp in items
    ]  # fmt: skip
    return table_html("Self-check", ("State", "Rule", "What it says", "Detail"), rows)


# --- refusals and predictions -----------------------------------------------------------------


def refusal_html(refusal: OperationRefused) -> str:
    """Return a refusal: code, text, reason, remedy, source, and whose wording it is."""
    head = "Refused" if refusal.code is None else f"Refused: {refusal.code}"
    text = f"{escape_text(refusal.text.removesuffix('.'))}. " if refusal.text else ""
    wording = "" if refusal.verbatim or not refusal.text else "wording reconstructed; "
    return (
        f"<b>{head}</b> {text}{escape_text(refusal.because)} <b>What to do:</b> "
        f'{escape_text(refusal.remedy)} <span class="clusterlab-source">({wording}'
        f"{escape_text(refusal.source)}) Nothing has changed.</span>"
    )


def feedback_html(group: str, guess: str | None, truth: str | None, misreading: str) -> str:
    """Return what became of one guess."""
    is_right = guess == truth
    said, was = (escape_text(node or "no node") for node in (guess, truth))
    words = f"{was}." if is_right else f"you said {said}, it is {was}. {escape_text(misreading)}"
    return f"<li>{_mark(is_right, 'right', 'not')} <b>{escape_text(group)}</b>: {words}</li>"


# --- the text twin ----------------------------------------------------------------------------


def twin_text(cluster: Cluster, outages: Mapping[str, Outage], branch: str) -> str:
    """Return the panel as a listing: time, nodes, groups, owners, states, outages."""
    nodes = ", ".join(
        f"{node} {palette.node_look(cluster, node)[1]}" for node in cluster.config.nodes_by_name
    )
    rows = [
        f"{group:<20} {cluster.owners[group]:<15} {cluster.group_state(group).value:<16} "
        f"{_outage_text(outages.get(group))}".rstrip()
        for group in cluster.config.groups_by_name
    ]
    head = f"{'Group':<20} {'Node':<15} {'Status':<16} Out"
    rule = f"{'-' * 20} {'-' * 15} {'-' * 16} {'-' * 7}"
    title = f"{cluster.config.name} at t = {cluster.now_s:.1f} s, branch {branch}: {nodes}"
    return "\n".join([title, "", head, rule, *rows])


def _outage_text(outage: Outage | None) -> str:
    if outage is None:
        return ""
    parts = ", ".join(f"{part} {seconds:.1f}" for part, seconds in outage.parts.items())
    return f"{outage.seconds:.1f} s" + (f" ({parts})" if parts else "")


def state_html_of(cluster: Cluster, spans: Mapping[str, Sequence[Span]]) -> str:
    """Return the headline of a panel: who serves, or for how long there has been no mail."""
    out = [g for g in cluster.config.served_groups if service_part(cluster, g) != ONLINE]
    roles = {palette.role_of_part(service_part(cluster, group)) for group in out}
    role = next((role for role in ("failed", "pending", "offline") if role in roles), "online")
    return headline_html(role, state_line(cluster, spans))


def headline_html(role: str, words: str) -> str:
    """Return what a panel says first, with the colour of its state."""
    return f'<h2 class="clusterlab-headline clusterlab-{role}">{escape_text(words)}</h2>'


def meter_html(words: str, share: float, role: str) -> str:
    """Return words above a bar that is full at a share of 1."""
    full = f'<i class="clusterlab-{role}" style="width: {100 * min(share, 1.0):.1f}%"></i>'
    bar = f'<div class="clusterlab-bar">{full}</div>'
    return f'<div class="clusterlab-meter">{escape_text(words)}{bar}</div>'


def state_line(cluster: Cluster, spans: Mapping[str, Sequence[Span]]) -> str:
    """Return the state of all groups that have users in one line.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> state_line(exchange_cluster(), {})
        'All 3 EVSs serve'
    """
    groups = cluster.config.served_groups
    out = [group for group in groups if service_part(cluster, group) != ONLINE]
    if not out:
        return (
            f"{groups[0]} serves"
            if len(groups) == 1
            else f"All {len(groups)} {_kind(cluster)} serve"
        )
    shown = [f"{g}: {_without_mail(cluster, g, spans.get(g, ()))}" for g in out[:MOST_IN_LINE]]
    more = [f"and {len(out) - MOST_IN_LINE} more"] if len(out) > MOST_IN_LINE else []
    return "; ".join([*shown, *more])


def _kind(cluster: Cluster) -> str:
    served = cluster.config.served_groups
    types = ({member.type.name for member in cluster.config.members[group]} for group in served)
    return "EVSs" if all(SYSTEM_ATTENDANT in found for found in types) else "groups"


def _without_mail(cluster: Cluster, group: str, spans: Sequence[Span]) -> str:
    stretch = list(takewhile(lambda span: span.part != ONLINE, reversed(spans)))
    seconds = stretch[0].end_s - stretch[-1].start_s if stretch else 0.0
    words = DOING.get(service_part(cluster, group), "coming online on {}")
    return f"no mail for {in_seconds(seconds)}, {words.format(cluster.owners[group])}"


def latest_news(outcomes: Sequence[Outcome]) -> tuple[float, list[str]]:
    """Return when anything was news for the last time, and what; nothing if it never was."""
    for after, before in pairwise(reversed(outcomes)):
        if news := news_words(status_words(before.cluster), status_words(after.cluster)):
            return after.cluster.now_s, news
    return 0.0, []


def news_words(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Return which of the new sentence parts were not there."""
    return [text for name, text in new.items() if old.get(name) != text]


def status_words(cluster: Cluster) -> dict[str, str]:
    """Return one sentence part for each node and group; what changed in it is news."""
    words = {
        f"node {node}": f"{node} {_node_word(cluster, node)}"
        for node in cluster.config.nodes_by_name
    }
    served = cluster.config.served_groups
    for group in cluster.config.groups_by_name:
        part = service_part(cluster, group) if group in served else ONLINE
        state = cluster.group_state(group).value
        words[f"group {group}"] = f"{group} {state} on {cluster.owners[group]}{_waits(part)}"
    return words


def _waits(part: str) -> str:
    """Return what clients wait for, unless the state of the group says it already."""
    if part in (ONLINE, "failed", "offline"):
        return ""
    return f", clients wait: {PARTS.get(part, part)}"


def _node_word(cluster: Cluster, node: str) -> str:
    is_silent = node in cluster.silent_since and palette.node_look(cluster, node)[0].word != "Down"
    return "has gone silent" if is_silent else palette.node_look(cluster, node)[1]
