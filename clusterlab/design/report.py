"""A design as text and as data: its figures, its volumes, and what the rules say of it.

Source: handbook 5, 5.9.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clusterlab.design.rules import lint
from clusterlab.design.sizing import Design
from clusterlab.design.storage import Volume, volumes
from clusterlab.rules.expressions import Fact, shown


def design_text(made: Design, facts: Mapping[str, Fact]) -> str:
    """Return a design as text: figures, volumes, findings.

    Args:
        made: The design.
        facts: What the rules know of it, from `facts.facts_of_design`.
    """
    return f"{made}\n\n{volumes_text(made)}\n\n{lint(facts)}"


def volumes_text(made: Design) -> str:
    r"""Return the volume plan as a table.

    Example:
        >>> from clusterlab.design.requirements import Requirements
        >>> from clusterlab.design.sizing import design
        >>> print("\n".join(volumes_text(design(Requirements())).splitlines()[:4]))
        Path           Group          Content                 GB  RAID  Disks
        -------------- -------------- --------------- ---------- ----- ------
        Q:\            Cluster Group  quorum                 0.5     1      2
        F:\            EVS1           queue                          0+1      4

    Source: handbook 5, 5.2.2.
    """
    head = f"{'Path':<14} {'Group':<14} {'Content':<15} {'GB':>10} {'RAID':>5} {'Disks':>6}"
    rule = " ".join("-" * width for width in (14, 14, 15, 10, 5, 6))
    return "\n".join([head, rule, *(_line(volume) for volume in volumes(made))])


def _line(volume: Volume) -> str:
    size = shown(round(volume.gb, 1)) if volume.gb else ""
    return (
        f"{volume.path:<14} {volume.group:<14} {volume.content.value:<15} {size:>10} "
        f"{volume.raid:>5} {volume.disks:>6}"
    )


def design_data(made: Design, facts: Mapping[str, Fact]) -> dict[str, Any]:
    """Return a design as data that JSON can hold: figures with their arithmetic, volumes, report.

    Args:
        made: The design.
        facts: What the rules know of it, from `facts.facts_of_design`.
    """
    figures = {
        key: {
            "value": figure.value,
            "unit": figure.formula.unit,
            "title": figure.formula.title,
            "formula": figure.formula.expression,
            "arithmetic": figure.arithmetic(),
            "source": figure.formula.source,
        }
        for key, figure in made.figures.items()
    }
    plan = [
        {
            "path": volume.path,
            "group": volume.group,
            "content": volume.content.value,
            "gb": round(volume.gb, 3),
            "raid": volume.raid,
            "disks": volume.disks,
        }
        for volume in volumes(made)
    ]
    return {"figures": figures, "volumes": plan, **lint(facts).data()}
