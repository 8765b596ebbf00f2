"""What is wrong with a number, said in the same words for every input of the room."""

from __future__ import annotations

from clusterlab.cluster.errors import ConfigError


def allowed(low: float, high: float, *, is_whole: bool = False, unit: str = "") -> str:
    """Return what a number may be, in words."""
    kind = "a whole number" if is_whole else "a number"
    return f"allowed: {kind} from {low:.10g} to {high:.10g}{f' {unit}' if unit else ''}"


def is_number(value: object, low: float, high: float, *, is_whole: bool = False) -> bool:
    """Return whether *value* is a number in a range; a truth value is none."""
    kinds = int if is_whole else (int, float)
    return isinstance(value, kinds) and not isinstance(value, bool) and low <= value <= high


def problem_of(
    name: str,
    value: object,
    low: float,
    high: float,
    *,
    what: str = "",
    unit: str = "",
    is_whole: bool = False,
) -> str:
    """Return the name, the wrong value and what is allowed; "" if nothing is wrong.

    Example:
        >>> problem_of("active", 9, 1, 8, what="nodes that host an EVS", is_whole=True)
        'active = 9 (nodes that host an EVS); allowed: a whole number from 1 to 8'
    """
    if is_number(value, low, high, is_whole=is_whole):
        return ""
    about = f" ({what})" if what else ""
    return f"{name} = {value!r}{about}; {allowed(low, high, is_whole=is_whole, unit=unit)}"


def check_numbers(*problems: str) -> None:
    """Raise ConfigError with all problems, if there are any."""
    if any(problems):
        raise ConfigError("; ".join(filter(None, problems)))
