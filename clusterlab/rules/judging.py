"""What a rule is, and what is reported of the things that it is about.

A rule is judged in one of two ways: by conditions over known facts, or by what a function of the
rule's room looks at. Either way it sees things that are right, wrong or not known, and what is
wrong is a `Deviation`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple

from clusterlab.rules.expressions import Fact, filled, holds, names_in, names_in_sentence
from clusterlab.tomlfiles.parsing import read_own
from clusterlab.tomlfiles.problems import Problems
from clusterlab.tomlfiles.tables import Reader, Table, Wrong, name_in, one_of, text

WIDTH = 96
"""Characters in a line of a report."""
_BULLET = "- "


class Severity(Enum):
    """How bad a broken rule is (handbook 5, 5.8.2)."""

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"


class Observed(NamedTuple):
    """One thing that a rule looked at.

    Attributes:
        subject: Which node, group, resource or network; a fact where nobody knows it.
        value: What it is now, in words.
        is_ok: Whether it is as it should be; None if nobody knows.
        remedy: What to do, where the rule does not say it.
        is_assumed: Whether the value was assumed, not seen; it then counts neither way.
    """

    subject: str
    value: str
    is_ok: bool | None
    remedy: str = ""
    fixes: tuple[Any, ...] = ()
    is_assumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What should be, why, and how it is judged.

    Attributes:
        id: Unique in its table.
        severity: Error: unsupported or cannot work; warning: works, known risk; advice.
        title: What is looked at, or what is wrong.
        reason: What happens otherwise.
        remedy: What to do; "" if that depends on what was seen.
        broken: Conditions under which it is broken, each with a sentence that has the values.
        look: Name of the function that looks, where there are no conditions.
        expected: How it should be, where a function looks.
        needs: Kind of listing of its subject that shows what it looks at; "" for all or none.
        since: First version that it is for, by product ("windows", "exchange"), as 2003.
        until: Last version that it is for.
    """

    id: str
    severity: Severity
    title: str
    reason: str
    source: str
    remedy: str = ""
    broken: Mapping[str, str] = field(default_factory=dict)
    look: str = ""
    how: Mapping[str, Any] = field(default_factory=dict)
    expected: str = ""
    needs: str = ""
    since: Mapping[str, int] = field(default_factory=dict)
    until: Mapping[str, int] = field(default_factory=dict)

    @property
    def facts(self) -> tuple[str, ...]:
        """What its conditions ask about."""
        return tuple(dict.fromkeys(name for text in self.broken for name in names_in(text)))

    def is_for(self, versions: Mapping[str, Any]) -> bool:
        """Return whether it is for these versions; a version that is not known is no obstacle."""
        return all(versions.get(name, year) >= year for name, year in self.since.items()) and all(
            versions.get(name, year) <= year for name, year in self.until.items()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """Something that is not as a rule wants it.

    Attributes:
        subject: Which node, group, resource or network; "" for a design as a whole.
        value: What it is, in words; "" where the title of the rule says all.
        commands: The cluster.exe lines that do it, where there are such.
    """

    rule: Rule
    subject: str
    value: str
    remedy: str
    commands: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What is wrong, without a full stop."""
        if self.rule.expected:
            return f"{self.rule.title} is {self.value}; expected: {self.rule.expected}"
        return ": ".join(filter(None, (self.rule.title, self.value)))

    def __str__(self) -> str:
        """Return the deviation as a paragraph, and the lines to type."""
        rule = self.rule
        head = ", ".join(filter(None, (rule.severity.value.capitalize(), self.subject)))
        text = f"{head}: {self.sentence}. {rule.reason} To do: {self.remedy} ({rule.source})"
        lines = textwrap.wrap(text, WIDTH - len(_BULLET))
        return "\n".join((*lines, *(f"  {line}" for line in self.commands)))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Inspection:
    """What the rules say of a design or a cluster.

    Attributes:
        findings: What is not as it should be, errors first, else in the order of the rules.
        unchecked: Rules that could not be judged, with the subjects or facts nobody knows.
        passed: The rules that looked at something and found it right.
        assumed: Rules that would judge what was only assumed, with the subjects.
        not_online: Groups that do not serve as they should, with their states.
    """

    findings: tuple[Deviation, ...]
    unchecked: tuple[tuple[Rule, tuple[str, ...]], ...]
    passed: tuple[Rule, ...]
    assumed: tuple[tuple[Rule, tuple[str, ...]], ...] = ()
    not_online: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong; some things may not have been checked."""
        return not self.findings

    @property
    def has_errors(self) -> bool:
        """Whether an error was found."""
        return any(finding.rule.severity is Severity.ERROR for finding in self.findings)

    def __str__(self) -> str:
        """Return the whole report."""
        counts = (counted(len(self.findings), "finding"), counted(len(self.passed), "rule"))
        lines = [f"Not Online: {', '.join(self.not_online)}"] if self.not_online else []
        lines += [f"{counts[0]}, {counts[1]} kept", *(_bulleted(str(one)) for one in self.findings)]
        for head, unknown in (
            (
                "Assumed, not seen, so neither kept nor wrong:",
                ((rule.title, names) for rule, names in self.assumed),
            ),
            ("Not checked, because it is not known here:", self._unknown()),
        ):
            texts = [f"{title}: {', '.join(subjects)}" for title, subjects in unknown]
            wrapped = [textwrap.wrap(text, WIDTH - len(_BULLET)) for text in texts]
            lines += [*([head] if texts else []), *(_bulleted("\n".join(rows)) for rows in wrapped)]
        return "\n".join(lines)

    def __repr__(self) -> str:
        """Return the whole report, as a cell shows it."""
        return str(self)

    @property
    def named_unknown(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Rules that could not be judged by title, with what was not seen in words."""
        for rule, names in self.unchecked:
            if not set(names) <= set(rule.facts):
                yield rule.title, names

    def _unknown(self) -> Iterator[tuple[str, Iterable[str]]]:
        """Yield subjects by rule, and facts that nobody gave together."""
        yield from self.named_unknown
        asking = [facts for rule, facts in self.unchecked if set(facts) <= set(rule.facts)]
        if asking:
            title = f"{counted(len(asking), 'rule')} that ask for"
            yield title, sorted({fact for facts in asking for fact in facts})

    def data(self) -> dict[str, Any]:
        """Return the report as data that JSON can hold."""
        return {
            "findings": [_data(finding) for finding in self.findings],
            "passed": [rule.id for rule in self.passed],
            "not_online": list(self.not_online),
            "assumed": {rule.id: list(subjects) for rule, subjects in self.assumed},
            "not_checked": {rule.id: list(subjects) for rule, subjects in self.unchecked},
        }


def _bulleted(text: str) -> str:
    """Return a paragraph as an item of a list."""
    return _BULLET + text.replace("\n", "\n" + " " * len(_BULLET))


def counted(count: int, what: str) -> str:
    """Return how many there are: "1 rule", "no rules"."""
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"


def _data(finding: Deviation) -> dict[str, Any]:
    rule = finding.rule
    return {
        "rule": rule.id,
        "severity": rule.severity.value,
        "subject": finding.subject,
        "title": rule.title,
        "value": finding.value,
        "reason": rule.reason,
        "remedy": finding.remedy,
        "commands": list(finding.commands),
        "source": rule.source,
    }


def inspected(
    rules: Iterable[Rule],
    look: Callable[[Rule], Iterable[Observed]],
    versions: Mapping[str, Any],
    typed: Callable[[Any], Iterable[str]] = lambda fix: (str(fix),),
) -> Inspection:
    """Return what *rules* say.

    Args:
        rules: In the order of the report.
        look: Returns everything that a rule is about.
        versions: Years by product, "windows" and "exchange", as far as they are known.
        typed: Returns the lines that do a request of `Observed.fixes`.
    """
    findings: list[Deviation] = []
    unchecked: list[tuple[Rule, tuple[str, ...]]] = []
    assumed: list[tuple[Rule, tuple[str, ...]]] = []
    passed: list[Rule] = []
    for rule in rules:
        looked = tuple(look(rule)) if rule.is_for(versions) else ()
        if unseen := tuple(one.subject for one in looked if one.is_assumed):
            assumed.append((rule, unseen))
        seen = tuple(one for one in looked if not one.is_assumed)
        findings += (_deviation(rule, one, typed) for one in seen if one.is_ok is False)
        if unknown := tuple(one.subject for one in seen if one.is_ok is None):
            unchecked.append((rule, unknown))
        if seen and not unseen and all(one.is_ok for one in seen):
            passed.append(rule)
    order = list(Severity)
    findings.sort(key=lambda finding: order.index(finding.rule.severity))
    return Inspection(
        findings=tuple(findings),
        unchecked=tuple(unchecked),
        passed=tuple(passed),
        assumed=tuple(assumed),
    )


def _deviation(rule: Rule, seen: Observed, typed: Callable[[Any], Iterable[str]]) -> Deviation:
    return Deviation(
        rule=rule,
        subject=seen.subject,
        value=seen.value,
        remedy=seen.remedy or rule.remedy,
        commands=tuple(line for fix in seen.fixes for line in typed(fix)),
    )


def by_facts(rule: Rule, facts: Mapping[str, Fact]) -> Iterator[Observed]:
    """Yield what the conditions of a rule say: one thing, or each fact that is missing.

    Example:
        >>> rule = Rule(id="R03", severity=Severity.ERROR, title="Too many nodes", reason="",
        ...             source="", broken={"nodes > limit": "{nodes}; {limit} are allowed"})
        >>> [seen.value for seen in by_facts(rule, {"nodes": 9, "limit": 8})]
        ['9; 8 are allowed']
        >>> [seen.subject for seen in by_facts(rule, {"nodes": 9})]
        ['limit']
    """
    verdicts = {condition: holds(condition, facts) for condition in rule.broken}
    said = [filled(rule.broken[text], facts) for text, verdict in verdicts.items() if verdict]
    if said:
        yield Observed("", "; also ".join(filter(None, said)), is_ok=False)
    elif None in verdicts.values():
        yield from (Observed(name, "", None) for name in rule.facts if name not in facts)
    else:
        yield Observed("", "", is_ok=True)


# --- rules in a file ------------------------------------------------------------------------------

_TEXTS = ("title", "reason", "source")


def read_rules(file: Traversable, looks: Iterable[str] = ()) -> tuple[Rule, ...]:
    """Return the rules of a file, in its order."""
    return rules_of(file.read_text("utf-8"), file.name, looks)


def rules_of(source: str, name: str, looks: Iterable[str] = ()) -> tuple[Rule, ...]:
    r"""Return the rules that a text holds.

    Example:
        >>> lines = ('[[rules]]\nid = "1"\nseverity = "error"\ntitle = "t"\nreason = "r"',
        ...          'source = "s"\nremedy = "do"\nbroken = "nodes > 8"')
        >>> rules_of("\n".join(lines), "rules.toml")[0].facts
        ('nodes',)
    """
    problems = Problems(name)
    document = read_own(source)
    top = Table(document.data, (), "the file", document.lines, problems)
    where = top.get("table", text, "")
    found: dict[str, Rule] = {}
    known = name_in(looks)
    for table in top.tables("rules", "rule"):
        rule = _rule(table, where, known)
        if rule is not None and found.setdefault(rule.id, rule) is not rule:
            table.wrong(("id",), f"{table.what} is there twice; give each rule an id of its own")
    top.end()
    problems.raise_if_any()
    return tuple(found.values())


def _rule(table: Table, where: str, known: Reader) -> Rule | None:
    """Return a rule; None if its problems were noted."""
    before = len(table.problems)
    name = table.get("id", text, "")
    table.what = f"rule {name!r}"
    for key, example in {"id": '"R01"', "severity": '"error"'}.items():
        table.must(key, example)
    for key in _TEXTS:
        table.must(key, '"..."')
    readers: dict[str, Reader] = {
        "severity": one_of({severity.value: severity for severity in Severity}),
        "broken": _conditions,
        "look": known,
        **dict.fromkeys((*_TEXTS, "remedy", "expected", "needs"), text),
        **dict.fromkeys(("how", "since", "until"), _table),
    }
    values = table.values(readers)
    if len(values.keys() & {"broken", "look"}) != 1 and before == len(table.problems):
        table.wrong((), f"{table.what} needs conditions (broken = ...) or a look (look = ...)")
    table.end()
    if before != len(table.problems):
        return None
    source = "; ".join(filter(None, (where and f"{where}, {name}", values.pop("source"))))
    return Rule(id=name, source=source, **values)


def _table(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Wrong(value, "allowed: a table, such as { windows = 2003 }")
    return value


def _conditions(value: Any) -> Mapping[str, str]:
    """Return sentences by condition; one condition alone has no sentence."""
    if not isinstance(value, str | dict):
        raise Wrong(value, "allowed: a condition, or a table of sentences by condition")
    found = value if isinstance(value, dict) else {value: ""}
    for condition, sentence in found.items():
        try:
            facts = names_in(condition)
        except SyntaxError:
            raise Wrong(condition, 'allowed: a condition, such as "nodes > 8"') from None
        for name in names_in_sentence(str(sentence)):
            if name not in facts:
                raise Wrong(str(sentence), f"allowed in braces: {', '.join(facts)}")
    return found
