"""How a message shows the wrong word and says what is allowed instead."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable

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
