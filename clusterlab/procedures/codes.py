"""The codes with which steps are refused, warned of or found harmful (handbook 3, 10)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from clusterlab.cluster.errors import OperationRefused
from clusterlab.tomlfiles.tables import Reader, flag, line, own_rows, own_table


class CodeText(NamedTuple):
    """One row of the table of codes.

    Attributes:
        text: What is shown; `<x>` stands for a value.
        raised_by: Ids of the steps that raise it; a mistake that no message announces has none.
        is_verbatim: Whether a source has these words (V); reconstructed ones (R) are never shown
            as the product's own.
        source: Where the wording or the rule stands.
    """

    text: str
    remedy: str
    raised_by: str = ""
    is_verbatim: bool = False
    source: str = "handbook 3, 10"


@cache
def codes() -> Mapping[str, CodeText]:
    """Return all codes in the order of `codes.toml`, which is read when the first is asked for."""
    root = own_table(Path(__file__).with_name("codes.toml"))
    rows = own_rows(root, _KEYS, must=("text", "remedy"))
    root.problems.raise_if_any()
    return {name: CodeText(**keys) for name, keys in rows.items()}


_KEYS: Mapping[str, Reader] = {
    **dict.fromkeys(("text", "raised_by", "remedy", "source"), line),
    "is_verbatim": flag,
}


def text_of(code: str, **values: str) -> str:
    """Return the text of *code* with values in place of `<x>`; spaces in x are underscores.

    Example:
        >>> text_of("ERR-NOCLUSTER", name="CLUS1")
        'No running cluster named CLUS1 was found to join.'
    """
    shown = codes()[code].text
    for key, value in values.items():
        shown = shown.replace(f"<{key.replace('_', ' ')}>", value)
    return shown


class Refusal(OperationRefused):
    """A step that is not possible now; nothing has changed.

    Example:
        >>> print(Refusal("ERR-MSDTC", because="The cluster has no MSDTC."))
        ERR-MSDTC: The Microsoft Distributed Transaction Coordinator resource does not exist in \
the cluster or is not online. The cluster has no MSDTC. Create MSDTC (C06) or bring it online, \
then repeat.
    """

    def __init__(
        self, code: str, *, because: str, remedy: str = "", text: str = "", source: str = ""
    ) -> None:
        """Look *code* up; *text* is its text with the values filled in."""
        row = codes()[code]
        super().__init__(
            code,
            text=text or row.text,
            is_verbatim=row.is_verbatim,
            because=because,
            remedy=remedy or row.remedy,
            source=source or row.source,
        )

    def __reduce__(self) -> tuple[object, ...]:
        """Rebuild from the same arguments, so that a refusal can be pickled."""
        named = {"because": self.because, "remedy": self.remedy}
        return partial(Refusal, **named, text=self.text, source=self.source), (self.code,)
