"""Two lists and the buttons between them: what is available, and what was chosen of it."""

from __future__ import annotations

from collections.abc import Iterable

import ipywidgets as w

from clusterlab.lab.panels.parts import Guard, button, put

ROWS = 5


class TwoLists(w.HBox):
    """Names that are available and names that were chosen, as on the pages of the product.

    Args:
        available: What the left list is called.
        chosen: What the right list is called.
        names: Everything there is to choose from.
        before: What is chosen at first, in order.
        guard: Makes callbacks.
        is_ordered: Whether the order counts, so that it can be changed.

    Attributes:
        available: The left list.
        listed: The right list.
        buttons: "add", "remove" and, where the order counts, "up" and "down".
    """

    def __init__(
        self,
        available: str,
        chosen: str,
        names: Iterable[str],
        before: Iterable[str],
        guard: Guard,
        *,
        is_ordered: bool = False,
    ) -> None:
        self._names = tuple(names)
        self.available, self.listed = _list(available), _list(chosen)
        self.buttons = {
            "add": button("Add →", f"Add to {chosen}", guard(self._add)),
            "remove": button("← Remove", f"Remove from {chosen}", guard(self._remove)),
        }
        if is_ordered:
            self.buttons["up"] = button("▲ Move Up", "Earlier in the order", guard(self._up))
            self.buttons["down"] = button("▼ Move Down", "Later in the order", guard(self._down))
        self._show(tuple(before), None)
        between = w.VBox(list(self.buttons.values()))
        super().__init__([_titled(self.available), between, _titled(self.listed)])
        self.add_class("clusterlab-twolists")

    @property
    def chosen(self) -> tuple[str, ...]:
        """What stands in the right list, in order."""
        return tuple(self.listed.options)

    def offer(self, names: Iterable[str]) -> None:
        """Offer other names; what was chosen of them stays chosen."""
        self._names = tuple(names)
        self._show(tuple(one for one in self.chosen if one in self._names), None)

    def _add(self) -> None:
        if self.available.value is not None:
            self._show((*self.chosen, self.available.value), self.available.value)

    def _remove(self) -> None:
        self._show(tuple(one for one in self.chosen if one != self.listed.value), None)

    def _up(self) -> None:
        self._shift(-1)

    def _down(self) -> None:
        self._shift(1)

    def _shift(self, by: int) -> None:
        names, moved = list(self.chosen), self.listed.value
        if moved is None:
            return
        place = names.index(moved) + by
        names.remove(moved)
        names.insert(max(place, 0), moved)
        self._show(tuple(names), moved)

    def _show(self, chosen: tuple[str, ...], marked: str | None) -> None:
        rest = [name for name in self._names if name not in chosen]
        put(self.listed, options=chosen)
        put(self.listed, value=marked or next(iter(chosen), None))
        put(self.available, options=tuple(rest))
        put(self.available, value=next(iter(rest), None))


def _list(title: str) -> w.Select:
    return w.Select(options=(), rows=ROWS, tooltip=title, layout=w.Layout(width="auto"))


def _titled(listed: w.Select) -> w.VBox:
    title = w.HTML(f"<b>{listed.tooltip}</b>")
    made = w.VBox([title, listed])
    made.add_class("clusterlab-titled")
    return made
