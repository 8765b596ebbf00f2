"""The design rules R01 to R73 of the handbook, judged on the facts of a design or a cluster.

The rules are in `rules.toml`. A rule whose facts are not all known is *not checked*, which is
said, never guessed. The facts come from a design, from a
cluster or from an interview.

Source: handbook 5, 5.8.2.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from clusterlab.cluster.checks import listed
from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.model import Cluster, Resource
from clusterlab.cluster.states import MAX_NODES, NetworkRole, Windows
from clusterlab.design.sizing import Design
from clusterlab.exchange.exres import INFORMATION_STORE
from clusterlab.exchange.support import assess
from clusterlab.rules.expressions import Fact, Number, value_of
from clusterlab.rules.judging import Inspection, Observed, Rule, by_facts, inspected, read_rules
from clusterlab.tomlfiles.tables import one_of, own_lists, own_table, text, texts


class InterviewQuestion(NamedTuple):
    """A question for the client.

    Attributes:
        name: Fact that the answer becomes.
        kind: bool for yes or no, float for a number, str for a word.
        allowed: Words that are allowed; none means any text.
    """

    name: str
    words: str
    kind: type
    allowed: tuple[str, ...] = ()


_KINDS: Mapping[str, type] = {"yes or no": bool, "number": float, "text": str}

QUESTIONS: tuple[InterviewQuestion, ...] = tuple(
    InterviewQuestion(**row)
    for row in own_lists(
        Path(__file__).with_name("questions.toml"),
        {"name": text, "words": text, "kind": one_of(_KINDS), "allowed": texts},
        optional=("allowed",),
    )["questions"]
)
"""In the order of handbook 5, 5.8.1, as far as it has one."""

_BY_NAME = {question.name: question for question in QUESTIONS}


def answers(given: Mapping[str, Any]) -> dict[str, Fact]:
    """Return the client's answers as facts.

    Example:
        >>> facts = answers({"is_trained": False, "components": "Lotus Notes connector, SMTP"})
        >>> facts["is_trained"], facts["components_to_move"]
        (False, 'Connector for Lotus Notes')
    """
    problems = [said for name, value in given.items() if (said := _problem(name, value))]
    if problems:
        raise ConfigError("\n".join(problems))
    facts = {name: value for name, value in given.items() if name != "components"}
    if "components" in given:
        facts |= _components(str(given["components"]))
    return facts


def _problem(name: str, value: Any) -> str:
    question = _BY_NAME.get(name)
    if question is None:
        near = [known for known in _BY_NAME if name.rsplit("_", maxsplit=1)[-1] in known]
        return f"there is no question {name!r}; near it: {listed(near)}"
    kinds: Any = {bool: bool, float: (int, float), str: str}[question.kind]
    is_kind = isinstance(value, kinds) and (question.kind is bool or not isinstance(value, bool))
    if is_kind and question.kind is float and not 0 <= value < math.inf:
        is_kind = False
    if is_kind and (not question.allowed or value in question.allowed):
        return ""
    words = {bool: "true or false", float: "a number from 0 up", str: "a text"}[question.kind]
    allowed = listed(question.allowed) if question.allowed else words
    return f"{name} = {value!r} ({question.words}); allowed: {allowed}"


def _components(names: str) -> dict[str, Fact]:
    assessment = assess(name for name in (part.strip() for part in names.split(",")) if name)
    moving = [component.name for component in assessment.moves]
    return {
        "components_to_move": ", ".join(moving),
        "has_message_filter": any("Message Filter" in name for name in moving),
        "has_front_end_on_cluster": any("ront-end" in name for name in moving),
    }


@cache
def _of_design() -> Mapping[str, Mapping[str, Any]]:
    return own_table(Path(__file__).with_name("facts.toml")).data


def facts_of_design(design: Design, given: Mapping[str, Any] | None = None) -> dict[str, Fact]:
    """Return what a design and the client's answers say.

    Example:
        >>> from clusterlab.design.requirements import Requirements
        >>> from clusterlab.design.sizing import design
        >>> facts_of_design(design(Requirements()))["restore_h"]
        2.38125
    """
    table, whole = _of_design(), design.requirements.numbers()
    evss = [dict[str, Number]() for _ in range(design.evs_count)]
    for key, figure in design.figures.items():
        evs, _, name = key.rpartition(".")
        (evss[int(evs.removeprefix("evs")) - 1] if evs else whole)[name] = figure.value
    of_evss = [
        {name: value_of(text, whole | evs) for name, text in table["facts"].items()} for evs in evss
    ]
    facts: dict[str, Fact] = {
        **table["always"],
        **{name: max(of_evs[name] for of_evs in of_evss) for name in table["facts"]},
        "node_limit": MAX_NODES[Windows.WS2003],
        "storage_groups": sum(int(evs["storage_groups"]) for evs in evss),
        "database_by_rto_gb": min(evs["database_by_rto_gb"] for evs in evss),
        "uses_mount_points": design.uses_mount_points,
        "availability": design.pool.availability,
    }
    return facts | answers(given or {})


def facts_of_cluster(cluster: Cluster, given: Mapping[str, Any] | None = None) -> dict[str, Fact]:
    """Return what a configured cluster and the client's answers say.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> facts = facts_of_cluster(exchange_cluster(active=3, passive=1))
        >>> facts["nodes"], facts["evs"], facts["private_networks"]
        (4, 3, 1)
    """
    config = cluster.config
    stores = [r for r in config.resources if r.type.name == INFORMATION_STORE]
    is_told = all("storage_groups" in store.private for store in stores)
    groups = [int(store.private["storage_groups"]) for store in stores] if is_told else []
    databases = [int(store.private.get("databases", 1)) for store in stores]
    evss = {store.group for store in stores}
    roles = Counter(network.role for network in config.networks)
    disks = [r for r in config.resources if r.type.name == "Physical Disk"]
    facts: dict[str, Fact] = {
        "windows": config.windows.year,
        "nodes": len(config.nodes),
        "node_limit": MAX_NODES[config.windows],
        "evs": len(evss),
        "passive": max(0, len(config.nodes) - len(evss)),
        "quorum_model": config.quorum_model.value,
        "quorum_has_other_data": config.quorum_group in evss,
        "networks": len(config.networks),
        "private_networks": roles[NetworkRole.INTERNAL],
        "mixed_networks": roles[NetworkRole.ALL],
        "has_failback": any(
            group.auto_failback_type == 1 for group in config.groups if group.name in evss
        ),
        "uses_mount_points": any(_is_mounted(disk) for disk in disks),
        "mounts_without_dependency": sum(
            _is_mounted(disk) and not disk.depends_on for disk in disks
        ),
    }
    if groups:
        facts |= {
            "storage_groups": sum(groups),
            "storage_groups_of_evs": max(groups),
            "databases_of_group": max(databases),
            "databases_of_evs": max(g * d for g, d in zip(groups, databases, strict=True)),
            "databases_in_one_group": max(
                d if g == 1 else 0 for g, d in zip(groups, databases, strict=True)
            ),
        }
    return facts | facts_of_sites(cluster) | answers(given or {})


def facts_of_sites(cluster: Cluster) -> dict[str, Fact]:
    """Return how many sites there are and what is known of them; nothing if a node has none."""
    config = cluster.config
    is_told = all(node.site for node in config.nodes)
    return {"sites": len(config.sites), **config.between_sites} if is_told else {}


def _is_mounted(disk: Resource) -> bool:
    return len(str(dict(disk.private).get("path", ""))) > len("F:\\")


# --- what rules look at ---------------------------------------------------------------------------


@cache
def design_rules() -> tuple[Rule, ...]:
    """Return the rules, in the order of the handbook's table."""
    return read_rules(files("clusterlab.design") / "rules.toml")


def lint(facts: Mapping[str, Fact]) -> Inspection:
    """Return what the rules say of *facts* (handbook 5, 5.8.2).

    Example:
        >>> report = lint({"nodes": 4, "evs": 4, "passive": 0})
        >>> [finding.sentence for finding in report.findings], report.has_errors
        (['Too many EVSs for the nodes: 4 EVSs on 4 nodes; one fewer is allowed'], True)
    """
    return inspected(design_rules(), lambda rule: _judged(rule, facts), facts)


def _judged(rule: Rule, facts: Mapping[str, Fact]) -> Iterable[Observed]:
    """Return what the conditions say; with two sites, what is not known of them in words."""
    found = tuple(by_facts(rule, facts))
    is_known = found[0].is_ok is not None
    if is_known or rule.id not in {"R46", "R47"} or float(facts.get("sites", 1)) < 2:
        return found
    asked = (_BY_NAME[one.subject].words for one in found)
    return [Observed(f"not seen ({words})", "", None) for words in asked]
