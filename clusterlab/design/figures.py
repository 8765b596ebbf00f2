"""Figures that know their arithmetic: the formula shown is the formula computed.

A `Formula` is a line of a calculation sheet, written once as text. `evaluated` works a list of
them out in order and returns a `Figure` for each, which keeps the numbers that went in, so that
every result opens to its formula, its inputs and its source.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

Number = float | int

_FUNCTIONS: Mapping[str, Callable[..., Number]] = {
    "ceil": lambda number: math.ceil(round(number, 9)),  # 400.00000000000006 / 50 is 8, not 9
    "floor": lambda number: math.floor(round(number, 9)),
    "max": max,
    "min": min,
    "round": round,
    "sqrt": math.sqrt,
}

_OPERATORS: Mapping[type[ast.AST], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Pow: operator.pow,
}

_COMPARISONS: Mapping[type[ast.AST], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}

Fact = Number | str
"""What a condition asks about: a number, True or False, or a word."""

_SIGNS = {"<=": "≤", ">=": "≥", "*": "×", "-": "−", "**": "^"}


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
        return _with_numbers(self.formula.expression, self.inputs)

    def __str__(self) -> str:
        """Return value, formula, arithmetic and source, a line each."""
        unit = f" {self.formula.unit}" if self.formula.unit else ""
        indent = " " * (len(self.formula.name) + 2)
        lines = (
            f"{self.formula.title}: {shown(self.value)}{unit}",
            f"  {self.formula.name} = {_with_signs(self.formula.expression)}",
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
        value = _value(_parsed(formula.expression), used)
        figures[formula.name] = Figure(formula=formula, value=value, inputs=used)
        known[formula.name] = value
    return figures


def holds(condition: str, facts: Mapping[str, Fact]) -> bool | None:
    """Return whether a condition holds; None where it depends on a fact that is not known.

    Args:
        condition: Comparisons of formulas and words, facts that are True or False by themselves,
            "and", "or", "not" and brackets.
        facts: What is known, by name.

    Example:
        >>> rule = "nodes >= 3 and evs >= nodes or has_both"
        >>> holds(rule, {"nodes": 4, "evs": 4}), holds(rule, {"nodes": 4, "evs": 3})
        (True, None)
    """
    return _holds(_parsed(condition), facts)


def _holds(node: ast.expr, facts: Mapping[str, Fact]) -> bool | None:
    match node:
        case ast.BoolOp(op=op, values=values):
            parts = [_holds(part, facts) for part in values]
            decides = isinstance(op, ast.Or)
            if decides in parts:
                return decides
            return None if None in parts else not decides
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            part = _holds(operand, facts)
            return None if part is None else not part
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            try:
                return _COMPARISONS[type(op)](_value(left, facts), _value(right, facts))
            except KeyError:
                return None
        case ast.Name(id=name):
            return bool(facts[name]) if name in facts else None
    raise ValueError(f"cannot judge {ast.unparse(node)!r} in a condition")


def names_in(expression: str) -> tuple[str, ...]:
    """Return the names that a formula or condition uses, in the order of reading, each once."""
    found = (node for node in ast.walk(_parsed(expression)) if isinstance(node, ast.Name))
    ordered = sorted(found, key=lambda node: node.col_offset)
    return tuple(dict.fromkeys(node.id for node in ordered if node.id not in _FUNCTIONS))


def with_values(expression: str, facts: Mapping[str, Fact]) -> str:
    """Return a formula or condition with what is known put in."""
    return _with_numbers(expression, facts)


def shown(value: Fact) -> str:
    """Return a number as it is printed in a calculation: thousands apart, no noise at the end.

    Example:
        >>> shown(12000), shown(0.1 + 0.2), shown(2.378472), shown(1e-07)
        ('12,000', '0.3', '2.378', '1e-07')
    """
    if isinstance(value, str):
        return repr(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) or float(value).is_integer():
        return f"{int(value):,}"
    if abs(value) >= 1000:
        return f"{value:,.1f}"
    text = f"{value:.4g}"
    return text if "." in text else f"{value:.7g}"  # 50.001 is not 50


@cache
def _parsed(expression: str) -> ast.expr:
    return ast.parse(expression, mode="eval").body


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=int() | float() | str() as constant):
            return constant
        case ast.Name(id=name):
            return names[name]
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_value(left, names), _value(right, names))
        case ast.Call(func=ast.Name(id=name), args=args):
            return _FUNCTIONS[name](*(_value(arg, names) for arg in args))
        case ast.IfExp(test=ast.Compare(left=left, ops=[op], comparators=[right])):
            holds = _COMPARISONS[type(op)](_value(left, names), _value(right, names))
            return _value(node.body if holds else node.orelse, names)
    raise ValueError(f"cannot work out {ast.unparse(node)!r} in a formula")


def _with_signs(expression: str) -> str:
    return " ".join(_SIGNS.get(part, part) for part in expression.split(" "))


def _with_numbers(expression: str, inputs: Mapping[str, Fact]) -> str:
    class Filled(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.Name:
            name = shown(inputs[node.id]) if node.id in inputs else node.id
            return ast.Name(id=name, ctx=node.ctx)

        def visit_Constant(self, node: ast.Constant) -> ast.expr:
            if isinstance(node.value, int) and node.value >= 1000:
                return ast.Name(id=shown(node.value))
            return node

    return _with_signs(ast.unparse(Filled().visit(ast.parse(expression, mode="eval"))))
