"""What is not as it should be in a built cluster: the checklist of the handbook as a function.

`inspect_cluster` looks at any `Cluster`: one that was just built, one of a cluster file, one from a
client's listings. What a cluster value does not hold (adapters, directory) comes from the
facts of a run; without them it is said as not checked. The rules are in `checklist.toml`, what
they look at is in `configuration.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from clusterlab.cluster.model import Cluster
from clusterlab.clusterexe.commands import command_line
from clusterlab.procedures.configuration import LOOKS, BuiltCluster
from clusterlab.rules.judging import Inspection, Observed, Rule, inspected
from clusterlab.rules.rulefiles import read_rules


@cache
def checklist_rules() -> tuple[Rule, ...]:
    """Return the rules of the checklist, in the order of the report."""
    return read_rules(files("clusterlab.procedures") / "checklist.toml", LOOKS)


def inspect_cluster(cluster: Cluster, facts: Mapping[str, Any] | None = None) -> Inspection:
    """Return what is not as it should be in *cluster*.

    Args:
        cluster: Any cluster, as built, read or imported.
        facts: Of the run that built it; without them some things are not checked.

    Example:
        >>> from dataclasses import replace
        >>> from clusterlab import Simulation, exchange_cluster
        >>> sim = Simulation(exchange_cluster())
        >>> sim.set_properties("EVS2", auto_failback_type=1)
        >>> [(found.subject, found.value) for found in inspect_cluster(sim.cluster).findings]
        [('EVS2', 'allowed at once')]

    Source: handbook 3, 4.2, 5.1 and 5.8; handbook 2, 5.
    """
    built = BuiltCluster(cluster=cluster, facts=facts)

    def look(rule: Rule) -> Iterator[Observed]:
        return LOOKS[rule.look](built, **rule.how)

    return inspected(
        checklist_rules(),
        look,
        built.versions,
        typed=lambda event: command_line(event, cluster.config),
    )
