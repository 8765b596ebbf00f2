"""Figures that know their arithmetic: the formula shown is the formula computed.

A `Formula` is a line of a calculation sheet, written once as text. `evaluated` works a list of
them out in order and returns a `Figure` for each, which keeps the numbers that went in, so that
every result opens to its formula, its inputs and its source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from clusterlab.rules.expressions import (
    Number,
    names_in,
    shown,
    value_of,
    with_signs,
    with_values,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """One line of a calculation sheet.

    Attributes:
        name: What the result is called; later lines use it by this name.
        title: The same in words.
        unit: Unit of the result, "" for a plain number.
        expression: Numbers, names of inputs and earlier results, + - * / // **, "a if b > c else
            d", and the functions ceil, floor, max, min, round and sqrt.
        source: Where the formula comes from, as "handbook 5, 5.1.5".

    Example:
        >>> Formula(name="nodes", title="Nodes", unit="", expression="active + passive",
        ...         source="handbook 5, 5.1.3").inputs()
        ('active', 'passive')
    """

    name: str
    title: str
    unit: str
    expression: str
    source: str

    def inputs(self) -> tuple[str, ...]:
        """Return the names that the formula uses, in the order of reading, each once."""
        return names_in(self.expression)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number with its name, unit, formula, inputs and source.

    Example:
        >>> lines = [Formula(name="evs_by_policy", title="EVSs by policy", unit="",
        ...                  expression="ceil(mailboxes / mailboxes_max)",
        ...                  source="handbook 5, 5.1.7")]
        >>> figure = evaluated(lines, {"mailboxes": 12000, "mailboxes_max": 4000})["evs_by_policy"]
        >>> print(figure)
        EVSs by policy: 3
          evs_by_policy = ceil(mailboxes / mailboxes_max)
                        = ceil(12,000 / 4,000)
          handbook 5, 5.1.7
    """

    formula: Formula
    value: Number
    inputs: Mapping[str, Number]

    def arithmetic(self) -> str:
        """Return the formula with the numbers put in."""
        return with_values(self.formula.expression, self.inputs)

    def __str__(self) -> str:
        """Return value, formula, arithmetic and source, a line each."""
        unit = f" {self.formula.unit}" if self.formula.unit else ""
        indent = " " * (len(self.formula.name) + 2)
        lines = (
            f"{self.formula.title}: {shown(self.value)}{unit}",
            f"  {self.formula.name} = {with_signs(self.formula.expression)}",
            f"{indent} = {self.arithmetic()}",
            f"  {self.formula.source}",
        )
        return "\n".join(lines)


def evaluated(formulas: Iterable[Formula], inputs: Mapping[str, Number]) -> dict[str, Figure]:
    """Return the figure of each formula by name, worked out in the order given.

    Args:
        formulas: Each may use the inputs and the results of those before it.
        inputs: Given numbers by name.

    Raises:
        KeyError: If a formula uses a name that is neither given nor worked out before.
    """
    known = dict(inputs)
    figures: dict[str, Figure] = {}
    for formula in formulas:
        used = {name: known[name] for name in formula.inputs()}
        value = value_of(formula.expression, used)
        figures[formula.name] = Figure(formula=formula, value=value, inputs=used)
        known[formula.name] = value
    return figures
