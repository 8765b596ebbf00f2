"""Parts that open and close below their titles, by mouse and by keyboard.

The accordion of ipywidgets cannot be reached with Tab; a title that is a button can. Used by
exercises and panels alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import ipywidgets as w

ANSWER_RULES = (
    ".jp-OutputArea-output.jp-RenderedText pre { overflow-wrap: anywhere; word-break: normal; }"
)
"""A style sheet."""

_STYLE = Path(__file__).with_suffix(".css").read_text("utf-8")


class Fold(w.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """A title, and below it what is seen while it is open; closed at first.

    Example:
        >>> fold = Fold("Details", w.HTML("24 disks"))
        >>> fold.button.click()
        >>> fold.is_open, fold.button.description
        (True, '▾ Details')
    """

    def __init__(self, title: str, child: w.Widget) -> None:
        self.title = title
        self.button = w.Button(tooltip="Open or close (Enter)")
        self._inside = w.VBox([child]).add_class("clusterlab-folded")
        super().__init__([self.button, self._inside])
        self.add_class("clusterlab-fold")
        self.button.on_click(lambda _: self.unfold(not self.is_open))
        self.unfold(False)

    @property
    def is_open(self) -> bool:
        """Whether what stands below the title is seen."""
        return self._inside.layout.display is None

    def unfold(self, is_open: bool = True) -> None:
        """Open or close what stands below the title."""
        self._inside.layout.display = None if is_open else "none"
        self.button.description = f"{'▾' if is_open else '▸'} {self.title}"


def folds(titles: Sequence[str], children: Sequence[w.Widget]) -> w.VBox:
    """Return several parts below each other, each with its title, and their style."""
    style = w.HTML(f"<style>{_STYLE}</style>")
    style.layout.display = "none"
    parts = [Fold(title, child) for title, child in zip(titles, children, strict=True)]
    return w.VBox([style, *parts])
