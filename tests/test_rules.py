"""The engine for rules: a table is read with every mistake at its line, and judged by version."""

import pytest

from clusterlab.design.rules import design_rules
from clusterlab.procedures.checklist import checklist_rules
from clusterlab.rules.judging import Observed, Rule, Severity, by_facts, inspected, rules_of
from clusterlab.tomlfiles.problems import ClusterFileError

RULE = """[[rules]]
id = "1"
severity = "error"
title = "Nodes too far apart"
reason = "They hear nothing."
remedy = "move them together"
source = "handbook 5"
broken = { "km > 500" = "{km} km; 500 km is allowed" }
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('severity = "error"', 'severity = "fatal"', "line 3: severity of rule '1' is 'fatal'"),
        ("{km} km", "{miles} miles", "line 8: broken of rule '1' is '{miles} miles; "),
        ("km > 500", "km >", "allowed: a condition, such as"),
        ('id = "1"\n', "", "rule '' has no id; write id = "),
        ('reason = "They hear nothing."\n', "", "rule '1' has no reason"),
        ("remedy", "remedies", "rule '1' has no key 'remedies'"),
        ("broken = {", "since = {", "needs conditions (broken = ...) or a look"),
        ("broken =", 'look = "far"\nbroken =', "look of rule '1' is 'far'; allowed: near"),
    ],
)
def test_a_mistake_is_named_with_its_line(old: str, new: str, said: str) -> None:
    """The rule, the wrong word and what is allowed."""
    with pytest.raises(ClusterFileError) as refused:
        rules_of(RULE.replace(old, new), "rules.toml", ["near"])
    assert said in str(refused.value)


def test_two_rules_with_one_id_are_refused() -> None:
    """An id names one rule."""
    with pytest.raises(ClusterFileError, match="line 10: rule '1' is there twice"):
        rules_of(RULE + RULE, "rules.toml")


def test_a_finding_has_the_values_in_its_sentence() -> None:
    """One wording for every table of rules."""
    report = inspected(rules_of(RULE, "r"), lambda rule: by_facts(rule, {"km": 900}), {})
    head, *lines = str(report).splitlines()
    assert "1 finding, no rules kept" == head
    assert lines[0].startswith("- Error: Nodes too far apart: 900 km; 500 km is allowed. They hear")
    assert lines[1].endswith("together (handbook 5)")
    assert repr(report) == str(report)


@pytest.mark.parametrize(
    ("versions", "is_judged"),
    [({"windows": 2003}, True), ({"windows": 2000}, False), ({}, True), ({"windows": 2008}, False)],
    ids=str,
)
def test_a_rule_is_for_some_versions(versions: dict[str, int], is_judged: bool) -> None:
    """Outside of them it is neither kept nor broken; an unknown version is no obstacle."""
    rule = Rule(
        id="1",
        severity=Severity.ADVICE,
        title="t",
        reason="r",
        source="s",
        since={"windows": 2003},
        until={"windows": 2003},
    )
    report = inspected([rule], lambda _: [Observed("x", "", is_ok=True)], versions)
    assert is_judged is (report.passed == (rule,))


def test_every_table_of_rules_is_whole() -> None:
    """Each rule has a reason, a source, and something to do or a look that says it."""
    for rule in (*design_rules(), *checklist_rules()):
        assert rule.reason.endswith(".")
        assert rule.source.startswith("handbook")
        assert rule.remedy or rule.look
        assert bool(rule.broken) is not bool(rule.look)
        assert not rule.remedy.endswith(".")
