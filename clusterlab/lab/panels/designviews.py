"""What the design panel consists of: controls of the requirements, and what is said as HTML."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import ipywidgets as w

from clusterlab.cluster.errors import ConfigError
from clusterlab.design.availability import RANGES, Pool
from clusterlab.design.designfiles import AVAILABILITY
from clusterlab.design.limits import GROWING, Break, MailboxLoss, starting_value
from clusterlab.design.requirements import (
    INPUTS,
    PROFILES,
    DesignFault,
    DesignInput,
    Requirements,
    RequirementsError,
)
from clusterlab.design.sizing import Design, Figure, Pattern
from clusterlab.design.storage import carried
from clusterlab.lab.figures.availability import percent_text
from clusterlab.lab.figures.drawing import escape_text
from clusterlab.lab.folds import folds
from clusterlab.lab.panels.parts import labelled, mark_html, put, row
from clusterlab.lab.panels.views import headline_html, list_html, table_html
from clusterlab.rules.expressions import Fact, shown
from clusterlab.rules.judging import Deviation, Inspection, Rule, Severity
from clusterlab.tomlfiles.tables import own_table

_ROLES = {Severity.ERROR: "failed", Severity.WARNING: "pending", Severity.ADVICE: "offline"}
_CARDS: Mapping[str, Any] = own_table(Path(__file__).with_name("design.toml")).data["verdict"]
CARDS: Mapping[str, list[str]] = _CARDS["cards"]
_MARKS = {Severity.ERROR: "✘", Severity.WARNING: "▲", Severity.ADVICE: "i"}


# --- the design ---------------------------------------------------------------------------------


def problems_html(faults: Sequence[DesignFault]) -> str:
    """Return everything that makes a design impossible, as an alert; "" if nothing does."""
    if not faults:
        return ""
    return (
        '<div role="alert" class="clusterlab-alert clusterlab-failed"><b>No cluster can be '
        f"designed</b>; nothing was computed.{list_html(text for _, text in faults)}</div>"
    )


def headline_of(made: Design, report: Inspection) -> str:
    """Return what the design is and what is wrong with it, in one line."""
    found = [finding.rule.severity for finding in report.findings]
    counts = ((found.count(level), level.value) for level in _ROLES)
    wrong = ", ".join(f"{count} {word}{'s' * (count > 1)}" for count, word in counts if count)
    planned = f"{made['mailboxes_planned']:,}"
    words = _CARDS["headline"].format(pool=made.pool, nodes=made["nodes"], mailboxes=planned)
    role = next((_ROLES[level] for level in _ROLES if level in found), "online")
    return headline_html(role, f"{words}; {wrong or _CARDS['clean']}")


def cards_html(made: Design, report: Inspection, before: Design | None) -> str:
    """Return the verdict: what is needed, what it was before, and each finding in words."""
    now, old = _card_words(made), _card_words(before) if before else {}
    cards = []
    for name, (figure, words) in now.items():
        was = old.get(name, (figure, ""))[0]
        head = f"{was.split()[0]} → {figure}" if was != figure else figure
        cards.append(("plain", f"<b>{escape_text(head)}</b>{escape_text(words)}"))
    cards += [(_ROLES[one.rule.severity], _finding_html(one)) for one in report.findings]
    if not report.findings:
        cards.append(("online", f"<b>{_CARDS['clean']}</b>"))
    left = _CARDS["unchecked"].format(kept=len(report.passed), count=len(report.unchecked))
    items = "".join(f'<li class="clusterlab-{role}">{html}</li>' for role, html in cards)
    return f'<ul class="clusterlab-cards">{items}</ul><small>{left}</small>'


def _card_words(made: Design) -> dict[str, tuple[str, str]]:
    facts = {
        "pool": made.pool, "nodes": made["nodes"], "evs": made.evs_count,
        "mailboxes": f"{made.mailboxes_of(1):,}", "disks": made["disks_cluster"],
        "groups": made["evs1.storage_groups"], "databases": made["evs1.databases"],
        "gb": shown(round(made["evs1.database_each_gb"], 1)),
        "mounts": _CARDS["mounts" if made.uses_mount_points else "letters"],
        "hours": f"{made.pool.hours_a_year:.2f}", "percent": percent_text(made.pool.availability),
    }  # fmt: skip
    return {name: (one.format(**facts), two.format(**facts)) for name, (one, two) in CARDS.items()}


def figures_html(made: Design, evs: str, before: Design | None) -> str:
    """Return every figure of the whole and of one EVS, with what it was before a change."""
    prefix = f"{evs}."
    of_evs = [key for key in made.figures if key.startswith(prefix)]
    whole = [key for key in made.figures if "." not in key]
    parts = (("The cluster", whole), (evs.upper(), of_evs))
    rows = [
        row
        for title, keys in parts
        for row in (
            f'<tr><th scope="rowgroup" colspan="2">{title}</th></tr>',
            *(_figure_row(key, made.figures[key], before) for key in keys),
        )
    ]
    return table_html("Figures", ("Figure", "Value"), rows)


def _figure_row(key: str, figure: Figure, before: Design | None) -> tuple[str, str]:
    old, value = before.figures.get(key) if before else None, _value(figure)
    if old is not None and old.value != figure.value:
        value = f"<b>{value}</b> (was {_value(old)})"
    return escape_text(figure.formula.title), value


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
    items = "".join(f"<li>{_finding_html(finding)}</li>" for finding in report.findings)
    unchecked = [rule for rule, _ in report.unchecked]
    return (
        f"<ul class='clusterlab-verdicts'>{items or '<li>Nothing found.</li>'}</ul>"
        f"{_rules_html(report.passed, 'kept')}"
        f"{_rules_html(unchecked, 'not checked: no answer yet')}"
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
        f"{mark_html(_ROLES[rule.severity], word)} <b>{escape_text(finding.sentence)}.</b>"
        f"<span> {escape_text(rule.reason)} <b>To do:</b> {escape_text(finding.remedy)}."
        f"{_source_html(rule)}</span>"
    )


def answers_html(answers: Mapping[str, Fact], words: Mapping[str, str]) -> str:
    """Return what the client has answered."""
    rows = [
        (escape_text(words[name]), escape_text(shown(value) if value != "" else ""))
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
        arithmetic = f"<code>{escape_text(item.arithmetic)}</code>"
        source = f'<span class="clusterlab-source">5, {item.limit.source}</span>'
        title = escape_text(item.limit.title)
        rows.append((mark_html(role, word), title, at, arithmetic, consequence, source))
    heads = ("", "Limit", f"At so many {GROWING[name]}", "Arithmetic", "Then", "Source")
    now = f"<p>Now {start:,} {GROWING[name]}; the nearest limit comes first.</p>"
    return now + table_html("What breaks first", heads, rows)


def patterns_html(found: Iterable[Pattern], own: str) -> str:
    """Return the patterns beside each other; *own* is the one of the design."""
    rows = []
    for item in found:
        name = f"<b>{item.name}</b>" + (" (this design)" if item.name == own else "")
        made, pool, cells = item.design, item.pool, ["", "", ""]
        if made is not None:
            use = f"{made['evs1.cpu_use']:.0%}"
            cells = [f"{made.mailboxes_of(1):,}", use, f"{made['disks_cluster']}"]
        mark = f"{mark_html('failed', '✘ no')} {escape_text(item.problem)}" if item.problem else ""
        cells += [f"{item.standby_share:.0%}", str(item.passive)]
        cells.append(f"{pool.hours_a_year:.2f} h ({pool.availability:.4%})")
        cells.append(f"{60 * pool.hours_without_node:.2f} min")
        rows.append((name, mark or mark_html("online", "✔ yes"), *cells))
    heads = (
        "Pattern", "Mailboxes fit", "On each EVS", "Processor", "Disks", "Standby",
        "Failures survived", "Out a year (available)", "of it without a node",
    )  # fmt: skip
    return table_html("Patterns", heads, rows)


def volumes_html(made: Design, selected: str) -> str:
    """Return the picture of the partitions as a table; *selected* is the group to be marked."""
    rows = []
    for item in carried(made):
        mark = ' class="clusterlab-offline"' if item.group == selected else ""
        span = f'rowspan="{len(item.volumes)}"'
        first = f'<th scope="rowgroup" {span}>{item.group}</th>'
        left = f"<td {span}>{item.letters_left}</td>"
        for volume in item.volumes:
            number = f" {volume.storage_group}" if volume.storage_group else ""
            gb = shown(round(volume.gb, 1)) if volume.gb else ""
            content = f"{volume.content}{number}"
            cells = (f"<code>{volume.path}</code>", content, gb, volume.raid, str(volume.disks))
            tds = "".join(f"<td>{cell}</td>" for cell in cells)
            rows.append(f"<tr{mark}>{first}{tds}{left}</tr>")
            first = left = ""
    heads = ("Group", "Path", "Content", "GB", "RAID", "Disks", "Letters left")
    return table_html("Volumes", heads, rows)


def losses_html(losses: Sequence[MailboxLoss]) -> str:
    """Return what failures cost users, the worst first."""
    worst = sorted(losses, key=lambda loss: (-loss.cut_off, -loss.waiting))
    rows = [
        (
            escape_text(loss.label),
            f"<b>{loss.cut_off:,}</b>" if loss.cut_off else "none",
            f"{loss.waiting:,} up to {loss.longest_s / 60:.1f} min" if loss.waiting else "none",
            ", ".join(f"{node} {count}" for node, count in loss.storage_groups.items()),
            f"{loss.restore_h:.1f} h" if loss.restore_h else "",
        )
        for loss in worst
    ]
    heads = (
        "Failures", "Mailboxes cut off", "Mailboxes that wait", "Storage groups on survivors",
        "Restore, if the storage is gone",
    )  # fmt: skip
    return table_html("Losses", heads, rows)


MIXED = "mixed"
_SAID = own_table(Path(__file__).with_name("design.toml")).data
SLIDERS: Mapping[str, list[float]] = _SAID["sliders"]
"""Inputs that have a slider: its least value, its step, and where it ends if before the input."""

_BY_NAME = {item.name: item for item in INPUTS}


class DesignInputs(w.VBox):
    """Sliders for the main inputs, fields for the others, behind two pages that open."""

    def __init__(self, start: Requirements, changed: Callable[[], None]) -> None:
        self._changed = changed
        self.is_set_by_code = True
        self.sliders = {name: self._slider(_BY_NAME[name]) for name in SLIDERS}
        self.profile = labelled(
            w.Dropdown, "Profile of the mailboxes",
            "What a mailbox does (handbook 5, 5.1.5); mixed: see the shares below",
            self._profile_chosen, width="100%", options=[*PROFILES, MIXED],
        )  # fmt: skip
        self.fields = {
            item.name: self._field(item.title, item.unit, item.default is None)
            for item in INPUTS
            if item.name not in self.sliders
        }
        self.fields |= {name: self._field(RANGES[name][2], "", False) for name in AVAILABILITY}
        others = [self.fields[item.name] for item in INPUTS if item.name in self.fields]
        pages = folds(
            ("All inputs", "Availability of the nodes"),
            (row(*others), row(*(self.fields[name] for name in AVAILABILITY))),
        )
        super().__init__([row(self.profile, *self.sliders.values()), pages])
        self.add_class("clusterlab-inputs")
        self.show(start)

    @property
    def controls(self) -> dict[str, Any]:
        """All controls by name."""
        return {"profile": self.profile, **self.sliders, **self.fields}

    # --- between values and controls ------------------------------------------------------------

    def show(self, needs: Requirements) -> None:
        """Show other requirements; nobody is told."""
        self.is_set_by_code = True
        numbers = needs.numbers()
        for name, slider in self.sliders.items():
            put(slider, max=max(slider.max, numbers[name]), min=min(slider.min, numbers[name]))
            put(slider, value=numbers[name])
        for item in INPUTS:
            if item.name in self.fields:
                put(self.fields[item.name], value=_shown(getattr(needs, item.name)))
        for name in AVAILABILITY:
            put(self.fields[name], value=_shown(getattr(needs.pool, name)))
        shares = {kind: getattr(needs, f"share_{kind}") for kind in PROFILES}
        put(self.profile, value=next((kind for kind, share in shares.items() if share == 1), MIXED))
        self.is_set_by_code = False

    def requirements(self) -> Requirements:
        """Return what the controls say."""
        faults: list[DesignFault] = []
        values: dict[str, Any] = {
            name: self._value(name, faults) for name in (*self.sliders, *self.fields)
        }
        pool_values = {name: values.pop(name) for name in AVAILABILITY}
        given = {name: value for name, value in values.items() if value is not None}
        found = Requirements()
        try:
            if given["quota_mb"] == self._usual_quota(given):
                del given["quota_mb"]
            found = Requirements(**given)
        except RequirementsError as error:
            faults += error.faults
        said = {name: value for name, value in pool_values.items() if value is not None}
        faults += [fault for name, value in said.items() if (fault := _pool_fault(name, value))]
        if faults:
            raise RequirementsError(faults)
        return replace(found, pool=Pool(**said))

    def _usual_quota(self, given: Mapping[str, Any]) -> float:
        shares = (given.get(f"share_{kind}", 0) * PROFILES[kind].quota_mb for kind in PROFILES)
        return float(sum(shares))

    def _value(self, name: str, faults: list[DesignFault]) -> float | int | None:
        """Return the number that a control holds; None for an empty field."""
        if name in self.sliders:
            value: float | int = self.sliders[name].value
            return value
        text = self.fields[name].value.strip().replace(",", ".")
        if not text:
            return None
        try:
            number = float(text)
        except ValueError:
            faults.append((name, f"{name} = {text!r}; allowed: a number"))
            return None
        is_whole = _BY_NAME[name].is_whole if name in _BY_NAME else name == "crews"
        return int(number) if is_whole and number.is_integer() else number

    # --- what the user does ---------------------------------------------------------------------

    def _tell(self) -> None:
        if not self.is_set_by_code:
            self._changed()

    def _profile_chosen(self) -> None:
        if self.is_set_by_code or self.profile.value == MIXED:
            return
        self.is_set_by_code = True
        for kind in PROFILES:
            put(self.fields[f"share_{kind}"], value="1" if kind == self.profile.value else "0")
        put(self.sliders["quota_mb"], value=float(PROFILES[self.profile.value].quota_mb))
        self.is_set_by_code = False
        self._changed()

    def _field_changed(self) -> None:
        if self.is_set_by_code:
            return
        self.is_set_by_code = True
        texts = {kind: self.fields[f"share_{kind}"].value.strip() for kind in PROFILES}
        ones = [kind for kind, text in texts.items() if text in ("1", "1.0")]
        others = [kind for kind, text in texts.items() if text not in ("", "0", "0.0", "1", "1.0")]
        put(self.profile, value=ones[0] if len(ones) == 1 and not others else MIXED)
        self.is_set_by_code = False
        self._changed()

    # --- building -------------------------------------------------------------------------------

    def _slider(self, item: DesignInput) -> Any:
        low, step, *end = SLIDERS[item.name]
        kind = w.IntSlider if item.is_whole else w.FloatSlider
        high = end[0] if end else item.high
        number = int if item.is_whole else float
        made = labelled(
            kind, _label(item.title, item.unit), f"{item.title}; {item.source}", self._tell,
            width="100%", value=number(low), min=number(low), max=number(high),
            step=number(step),
        )  # fmt: skip
        if not item.is_whole:
            made.readout_format = ".2f" if step < 1 else ".0f"
        return made

    def _field(self, title: str, unit: str, may_be_empty: bool) -> Any:
        return labelled(
            w.Text, _label(title, unit), title, self._field_changed, width="100%",
            placeholder="by the profile" if may_be_empty else "default", continuous_update=False,
        )  # fmt: skip


def _pool_fault(name: str, value: Any) -> DesignFault | None:
    try:
        Pool(**{name: value})
    except ConfigError as error:
        return name, str(error)
    return None


def _label(title: str, unit: str) -> str:
    words = title[:1].upper() + title[1:]
    return f"{words} ({unit})" if unit else words


def _shown(value: float | int | None) -> str:
    return "" if value is None else f"{value:g}" if abs(value) < 1e5 else str(value)
