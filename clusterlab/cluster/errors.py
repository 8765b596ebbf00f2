"""The two ways to say no: an impossible description, and a refusal by the product itself."""

from __future__ import annotations

import difflib
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from clusterlab.cluster.facts import ERROR_CODES

MOST_SHOWN = 30
"""Names listed in one message; a message is read, not searched."""
MOST_COMPARED = 400
"""Names that a wrong word is compared with."""
_UNSHOWN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode's controls, marks that turn the direction of writing, halves of signs, line breaks."""


def unshown(text: str) -> str:
    """Return the first character of *text* that no name may have, or ""."""
    if text.isprintable():
        return ""
    return next((char for char in text if unicodedata.category(char) in _UNSHOWN), "")


def shown(word: str) -> str:
    """Return *word* in quotes, shortened if somebody pasted a novel."""
    return repr(word if len(word) <= 40 else f"{word[:37]}...")


def printable(text: str) -> str:
    r"""Return *text* with everything escaped that would steer a terminal or forge a line.

    Example:
        >>> print(printable("Fi\x1b]0;title\x07les"))
        Fi\x1b]0;title\x07les
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def instead_of(word: str, allowed: Iterable[str]) -> str:
    """Return what is allowed, with the likeliest of it if *word* is closest to one.

    Example:
        >>> instead_of("NODE33", ["NODE1", "NODE3"])
        "allowed: NODE1, NODE3; did you mean 'NODE3'?"
        >>> instead_of("NODE9", ["NODE1", "NODE3"])
        'allowed: NODE1, NODE3'
    """
    names = list(allowed)
    folded = {name.casefold(): name for name in names[:MOST_COMPARED]}
    wrong = word[:80].casefold()
    close = difflib.get_close_matches(wrong, folded, n=2)
    close = [name for name in close if sorted(name) == sorted(wrong)] or close  # letters swapped
    likeness = [difflib.SequenceMatcher(None, name, wrong).ratio() for name in close]
    is_clear = len(set(likeness)) == len(likeness) > 0
    hint = f"; did you mean {folded[close[0]]!r}?" if is_clear else ""
    more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    return f"allowed: {printable(', '.join(names[:MOST_SHOWN])) or 'none'}{more}{hint}"


class ConfigError(ValueError):
    """The description of a cluster is impossible; the message says what is allowed."""

    def __str__(self) -> str:
        """Return the message; names that were found somewhere cannot act on a terminal."""
        return "\n".join(map(printable, super().__str__().split("\n")))

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows: the message, not the way through our code."""
        return [f"{type(self).__name__}: {self}"]


def wrong(what: str, value: object, allowed: str) -> ConfigError:
    """Return the error for a value that is not allowed: the thing, the value, what is allowed.

    Example:
        >>> print(wrong("seed", "x", "a whole number"))
        seed is 'x'; allowed: a whole number
    """
    return ConfigError(f"{what} is {value!r}; allowed: {allowed}")


@cache
def _sentences(file: str) -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_name(file).read_text("utf-8"))


def said(key: str, *values: object) -> str:
    """Return what cannot be in a description: a sentence of `impossible.toml`, filled.

    Example:
        >>> print(said("quorum with needs", "Disk Q:", "Disk R:"))
        the quorum resource 'Disk Q:' depends on Disk R:; it may depend on nothing (handbook 1, 3)
    """
    return str(_sentences("impossible.toml")[key].format(*values))


def impossible(key: str, *values: object) -> ConfigError:
    """Return the error for a description that cannot be, with a sentence as from `said`."""
    return ConfigError(said(key, *values))


class OperationRefused(Exception):
    """The product itself says no to a request; nothing has changed.

    Attributes:
        code: The product's error code (handbook 1, 8.4), that of a step of a procedure (such as
            "ERR-MSDTC"), or None where the handbook has none.
        text: What is shown. Only with *verbatim* is it the product's own wording.
        verbatim: Whether *text* stands in a document of the product.
        because: Why, for this cluster, in one sentence.
        remedy: What to do instead.
        source: Where the rule stands.

    Example:
        >>> error = OperationRefused(5050, because="NODE3 is Down.", remedy="Start NODE3 first.")
        >>> print(error)
        5050: the cluster node is down. NODE3 is Down. Start NODE3 first.
    """

    def __init__(
        self,
        code: int | str | None,
        *,
        because: str,
        remedy: str,
        source: str | None = None,
        text: str = "",
        is_verbatim: bool = False,
    ) -> None:
        """Keep what is given; the text of a number stands in the table of error codes."""
        fact = ERROR_CODES.get(code) if isinstance(code, int) else None
        self.code = code
        self.text = fact.text if fact else text
        self.verbatim = fact.verbatim if fact else is_verbatim
        self.because = because
        self.remedy = remedy
        self.source = source or (fact.source if fact else "handbook 1, 8.4")
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The whole refusal in one line, the code in front."""
        head = f"{self.code}: {self.text.removesuffix('.')}. " if self.code is not None else ""
        return printable(f"{head}{self.because} {self.remedy}".strip())

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows: the refusal is a lesson, not a fault of the program."""
        return [f"{type(self).__name__}: {self}"]

    def __reduce__(self) -> tuple[object, ...]:
        """Rebuild from the keyword arguments, so that a refusal can be pickled."""
        return _rebuild, (self.code, self.because, self.remedy, self.source)


def refuse(
    because: str,
    remedy: str = "Nothing needs to be done.",
    code: int | None = None,
    *,
    source: str | None = None,
) -> NoReturn:
    """Refuse a request: why, what to do instead, and the product's error code if there is one."""
    raise OperationRefused(code, because=because, remedy=remedy, source=source)


def refuse_as(key: str, *values: object) -> NoReturn:
    """Refuse a request with a row of `refusals.toml`, its sentences filled with *values*."""
    row = dict(_sentences("refusals.toml")[key])
    because, remedy = (row.pop(part).format(*values) for part in ("because", "remedy"))
    refuse(because, remedy, **row)


def _rebuild(code: int | str | None, because: str, remedy: str, source: str) -> OperationRefused:
    return OperationRefused(code, because=because, remedy=remedy, source=source)
