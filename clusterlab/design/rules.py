"""The design rules R01 to R71 of the handbook, judged on the facts of a design or a cluster.

The rules are in `rules.toml`. A rule whose facts are not all known is *not checked*, which is
said, never guessed. Where the facts come from is decided by `facts.py`.

Source: handbook 5, 5.8.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from clusterlab.rules.expressions import Fact
from clusterlab.rules.judging import Inspection, Rule, by_facts, inspected
from clusterlab.rules.rulefiles import read_rules


@cache
def design_rules() -> tuple[Rule, ...]:
    """Return the rules, in the order of the handbook's table."""
    return read_rules(files("clusterlab.design") / "rules.toml")


def lint(facts: Mapping[str, Fact]) -> Inspection:
    """Return what the rules say of *facts*.

    Example:
        >>> report = lint({"nodes": 4, "evs": 4, "passive": 0})
        >>> [finding.sentence for finding in report.findings], report.has_errors
        (['Too many EVSs for the nodes: 4 EVSs on 4 nodes; one fewer is allowed'], True)

    Source: handbook 5, 5.8.2.
    """
    return inspected(design_rules(), lambda rule: by_facts(rule, facts), facts)
