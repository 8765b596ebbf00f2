"""A table of rules from its file, every mistake named with its line.

Rules are data of the package: `design/rules.toml`, `procedures/checklist.toml`. A rule has
conditions with sentences, or the name of a function that looks and what it expects to see.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.resources.abc import Traversable
from typing import Any

from clusterlab.rules.expressions import names_in, names_in_sentence
from clusterlab.rules.judging import Rule, Severity
from clusterlab.tomlfiles.parsing import read_own
from clusterlab.tomlfiles.problems import Problems
from clusterlab.tomlfiles.tables import Reader, Table, Wrong, name_in, one_of, text

_TEXTS = ("title", "reason", "source")


def read_rules(file: Traversable, looks: Iterable[str] = ()) -> tuple[Rule, ...]:
    """Return the rules of a file, in its order.

    Args:
        file: TOML, as `importlib.resources.files` finds it.
        looks: Names of the functions that may look for a rule.

    Raises:
        ClusterFileError: With everything that is wrong, each with its line.
    """
    return rules_of(file.read_text("utf-8"), file.name, looks)


def rules_of(source: str, name: str, looks: Iterable[str] = ()) -> tuple[Rule, ...]:
    r"""Return the rules that a text holds.

    Raises:
        ClusterFileError: With everything that is wrong, each with its line.

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
        **dict.fromkeys((*_TEXTS, "remedy", "expected"), text),
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
