"""Formulas and conditions as text: what they ask about, what they are worth, how they are shown.

What is shown is what was computed: numbers, names, + - * / // **, comparisons, "and", "or", "not",
"a if b > c else d", and the functions ceil, floor, max, min, round and sqrt.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
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


def value_of(expression: str, names: Mapping[str, Fact]) -> Any:
    """Return what a formula is worth."""
    return _value(_parsed(expression), names)


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


def with_signs(expression: str) -> str:
    """Return a formula with the signs of arithmetic in place of those of Python."""
    return " ".join(_SIGNS.get(part, part) for part in expression.split(" "))


def with_values(expression: str, facts: Mapping[str, Fact]) -> str:
    """Return a formula or condition with what is known put in."""

    def put(match: re.Match[str]) -> str:
        word = match[0]
        if word in facts:
            return shown(facts[word])
        return shown(int(word)) if word.isdigit() and int(word) >= 1000 else word

    return with_signs(_WORD.sub(put, ast.unparse(ast.parse(expression, mode="eval"))))


def filled(sentence: str, facts: Mapping[str, Fact]) -> str:
    """Return a sentence with facts in place of the names in braces; "{name:%}" is a percentage.

    Example:
        >>> filled("{os}: {ram_mb} MB in use to {use:%}", {"os": "NT", "ram_mb": 4096, "use": 0.83})
        'NT: 4,096 MB in use to 83 %'
    """

    def put(match: re.Match[str]) -> str:
        value = facts[match[1]]
        if isinstance(value, str):
            return value
        return f"{shown(round(100 * value, 6))} %" if match[2] else shown(value)

    return _NAME.sub(put, sentence)


def names_in_sentence(sentence: str) -> tuple[str, ...]:
    """Return the names that a sentence has in braces."""
    return tuple(match[1] for match in _NAME.finditer(sentence))


_NAME = re.compile(r"\{(\w+)(:%)?\}")
_WORD = re.compile(r"'[^']*'|[\w.]+")
"""A text in quotes, a name or a number of a formula."""
