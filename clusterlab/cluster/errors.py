"""The two ways to say no: an impossible description, and a refusal by the product itself."""

from __future__ import annotations

from clusterlab.cluster.facts import ERROR_CODES
from clusterlab.cluster.wording import printable


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


def _rebuild(code: int | str | None, because: str, remedy: str, source: str) -> OperationRefused:
    return OperationRefused(code, because=because, remedy=remedy, source=source)
