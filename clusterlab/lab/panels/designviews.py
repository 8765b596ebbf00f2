"""What the design panel says: figures, findings, limits, patterns and losses as HTML.

Tables are twins of the picture or open to their arithmetic. No rule is decided here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from clusterlab.design.figures import Figure
from clusterlab.design.limits import GROWING, Break, starting_value
from clusterlab.design.losses import MailboxLoss
from clusterlab.design.requirements import DesignFault
from clusterlab.design.sizing import Design, Pattern
from clusterlab.lab.drawing import escape_text
from clusterlab.lab.panels.views import table_html
from clusterlab.rules.expressions import Fact, shown
from clusterlab.rules.judging import Deviation, Inspection, Rule, Severity

_ROLES = {Severity.ERROR: "failed", Severity.WARNING: "pending", Severity.ADVICE: "offline"}
_MARKS = {Severity.ERROR: "✘", Severity.WARNING: "▲", Severity.ADVICE: "i"}


def _mark(role: str, text: str) -> str:
    return f'<span class="clusterlab-mark clusterlab-{role}">{text}</span>'


def _row(*cells: str) -> str:
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


# --- the design ---------------------------------------------------------------------------------


def problems_html(faults: Sequence[DesignFault]) -> str:
    """Return everything that makes a design impossible, as an alert; "" if nothing does."""
    if not faults:
        return ""
    items = "".join(f"<li>{escape_text(fault.text)}</li>" for fault in faults)
    return (
        '<div role="alert" class="clusterlab-alert clusterlab-failed">'
        f"<b>No cluster can be designed</b>; nothing was computed.<ul>{items}</ul></div>"
    )


def summary_text(made: Design, report: Inspection) -> str:
    """Return a design in one line."""
    evs = made.evs_count
    findings = [f"{found.rule.severity.value}, {found.sentence}" for found in report.findings]
    mounts = "mount points" if made.uses_mount_points else "letters alone"
    return (
        f"{made.pool}: {made['nodes']} nodes, {evs} EVS{'s' if evs > 1 else ''} of "
        f"{made.mailboxes_of(1):,} mailboxes, "
        f"{made['evs1.storage_groups']} storage groups and {made['evs1.databases']} databases of "
        f"{shown(round(made['evs1.database_each_gb'], 1))} GB on each, "
        f"{made['disks_cluster']} disks, {mounts}; out {made.pool.hours_a_year:.2f} h a year; "
        f"findings: {'; '.join(findings) or 'none'}"
    )


def figures_html(made: Design, evs: str, before: Design | None) -> str:
    """Return every figure of the whole and of one EVS; each opens to arithmetic and source.

    Args:
        made: The design.
        evs: Prefix of the EVS, as "evs1".
        before: The design that was shown before, for what has changed.
    """
    prefix = f"{evs}."
    of_evs = [key for key in made.figures if key.startswith(prefix)]
    whole = [key for key in made.figures if "." not in key]
    parts = (("The cluster", whole), (evs.upper(), of_evs))
    rows = [
        row
        for title, keys in parts
        for row in (
            f'<tr><th scope="rowgroup" colspan="3">{title}</th></tr>',
            *(_figure_row(key, made.figures[key], before) for key in keys),
        )
    ]
    return table_html("Figures", ("Figure", "Value", "Before"), rows)


def _figure_row(key: str, figure: Figure, before: Design | None) -> str:
    old = before.figures.get(key) if before else None
    has_changed = old is not None and old.value != figure.value
    was = f"was {_value(old)}" if has_changed and old is not None else ""
    formula = figure.formula
    value = _value(figure)
    return (
        f"<tr><td><details><summary>{escape_text(formula.title)}</summary>"
        f"{explanation_html(key, figure)}</details></td>"
        f"<td>{f'<b>{value}</b>' if has_changed else value}</td><td>{was}</td></tr>"
    )


def _value(figure: Figure) -> str:
    unit = f" {figure.formula.unit}" if figure.formula.unit else ""
    return f"{shown(figure.value)}{unit}"


def explanation_html(key: str, figure: Figure) -> str:
    """Return formula, arithmetic and source of a figure."""
    formula = str(figure).splitlines()[1].strip()
    return (
        f"<div><code>{escape_text(formula)}</code><br><code>{escape_text(figure.arithmetic())}"
        f"</code> = {_value(figure)}<br>"
        f'<span class="clusterlab-source">{escape_text(key)}; {figure.formula.source}</span></div>'
    )


# --- rules ----------------------------------------------------------------------------------------


def report_html(report: Inspection) -> str:
    """Return the findings, and which rules were kept or could not be judged."""
    items = "".join(_finding_html(finding) for finding in report.findings)
    unchecked = [rule for rule, _ in report.unchecked]
    return (
        f"<ul class='clusterlab-verdicts'>{items or '<li>Nothing found.</li>'}</ul>"
        f"{_rules_html(report.passed, 'kept')}"
        f"{_rules_html(unchecked, 'not checked, since nobody answered')}"
    )


def _rules_html(rules: Collection[Rule], what: str) -> str:
    items = "".join(f"<li>{escape_text(rule.title)}{_source_html(rule)}</li>" for rule in rules)
    return f"<details><summary>{len(rules)} rules {what}</summary><ul>{items}</ul></details>"


def _source_html(rule: Rule) -> str:
    return f' <span class="clusterlab-source">{escape_text(rule.source)}</span>'


def _finding_html(finding: Deviation) -> str:
    rule = finding.rule
    word = f"{_MARKS[rule.severity]} {rule.severity.value}"
    return (
        f"<li>{_mark(_ROLES[rule.severity], word)} <b>{escape_text(finding.sentence)}.</b> "
        f"{escape_text(rule.reason)} <b>To do:</b> {escape_text(finding.remedy)}."
        f"{_source_html(rule)}</li>"
    )


def answers_html(answers: Mapping[str, Fact], words: Mapping[str, str]) -> str:
    """Return what the client has answered."""
    rows = [
        _row(escape_text(words[name]), escape_text(shown(value) if value != "" else ""))
        for name, value in answers.items()
    ]
    return table_html("Answers", ("Question", "Answer"), rows) if rows else ""


# --- limits, patterns, losses -----------------------------------------------------------------


def breaks_html(made: Design, name: str, found: Sequence[Break]) -> str:
    """Return which limit is met at which value as something grows."""
    start = starting_value(made, name)
    rows = []
    for item in found:
        at = "not within the range" if item.value is None else f"{item.value:,}"
        role, word = ("online", "holds") if item.value is None else ("pending", "later")
        if item.value == start:
            role, word = "failed", "passed now"
        consequence = escape_text(item.limit.consequence) if item.value is not None else ""
        rows.append(
            _row(
                _mark(role, word),
                escape_text(item.limit.title),
                at,
                f"<code>{escape_text(item.arithmetic)}</code>",
                consequence,
                f'<span class="clusterlab-source">5, {item.limit.source}</span>',
            )
        )
    heads = ("", "Limit", f"At so many {GROWING[name]}", "Arithmetic", "Then", "Source")
    now = f"<p>Now {start:,} {GROWING[name]}; the nearest limit stands first.</p>"
    return now + table_html("What breaks first", heads, rows)


def patterns_html(found: Iterable[Pattern], own: str) -> str:
    """Return the patterns beside each other; *own* is the one of the design."""
    rows = []
    for item in found:
        name = f"<b>{item.name}</b>" + (" (this design)" if item.name == own else "")
        made, pool = item.design, item.pool
        cells = ["", "", ""]
        if made is not None:
            cells = [
                f"{made.mailboxes_of(1):,}",
                f"{made['evs1.cpu_use']:.0%}",
                f"{made['disks_cluster']}",
            ]
        mark = f"{_mark('failed', '✘ no')} {escape_text(item.problem)}" if item.problem else ""
        rows.append(
            _row(
                name,
                mark or _mark("online", "✔ yes"),
                *cells,
                f"{item.standby_share:.0%}",
                str(item.passive),
                f"{pool.hours_a_year:.2f} h ({pool.availability:.4%})",
                f"{60 * pool.hours_without_node:.2f} min",
            )
        )
    heads = (
        "Pattern",
        "Mailboxes fit",
        "On each EVS",
        "Processor",
        "Disks",
        "Standby",
        "Failures survived",
        "Out a year (available)",
        "of it without a node",
    )
    return table_html("Patterns", heads, rows)


def losses_html(losses: Sequence[MailboxLoss]) -> str:
    """Return what failures cost users, the worst first."""
    worst = sorted(losses, key=lambda loss: (-loss.cut_off, -loss.waiting))
    rows = [
        _row(
            escape_text(loss.label),
            f"<b>{loss.cut_off:,}</b>" if loss.cut_off else "none",
            f"{loss.waiting:,} up to {loss.longest_s / 60:.1f} min" if loss.waiting else "none",
            ", ".join(f"{node} {count}" for node, count in loss.storage_groups.items()),
            f"{loss.restore_h:.1f} h" if loss.restore_h else "",
        )
        for loss in worst
    ]
    heads = (
        "Failures",
        "Mailboxes cut off",
        "Mailboxes that wait",
        "Storage groups on survivors",
        "Restore, if the storage is gone",
    )
    return table_html("Losses", heads, rows)
