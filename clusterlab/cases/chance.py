"""Chance as a function of a seed: the same seed gives the same case on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from zlib import crc32

_MASK = 0xFFFFFFFFFFFFFFFF

T = TypeVar("T")


def number(seed: int, what: str) -> int:
    """Return a whole number of 64 bits that depends on *seed* and on what it is for.

    The steps are those of the generator SplitMix64, which mixes well and needs no state.

    Example:
        >>> number(1, "shape") == number(1, "shape"), number(1, "shape") == number(2, "shape")
        (True, False)
    """
    mixed = (seed * 0x9E3779B97F4A7C15 + crc32(what.encode()) * 0xD1342543DE82EF95) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return mixed ^ (mixed >> 31)


def chosen(seed: int, what: str, items: Sequence[T]) -> T:
    """Return one of *items*, which must not be empty."""
    return items[number(seed, what) % len(items)]


def shuffled(seed: int, what: str, items: Sequence[T]) -> list[T]:
    """Return *items* in an order that the seed decides.

    Example:
        >>> sorted(shuffled(3, "letters", "abc"))
        ['a', 'b', 'c']
    """
    places = range(len(items))
    order = sorted(places, key=lambda place: (number(seed, f"{what} {place}"), place))
    return [items[place] for place in order]
