"""The two panes of Cluster Administrator as one widget: the tree, and the list beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import traitlets
from anywidget import AnyWidget

from clusterlab.cluster.model import Cluster
from clusterlab.lab.drawing import plain_text
from clusterlab.lab.panels.contents import Cell, Item, State, table, tree
from clusterlab.lab.panels.parts import put


class Explorer(AnyWidget):
    """Shows a tree and a list; tells which item was selected and which was opened.

    Args:
        opened: Called with the item that was opened, by Enter or a double click.

    Attributes:
        place: Key of the item selected in the tree.
        chosen: Key of the row selected in the list, or "".
    """

    _esm = Path(__file__).with_name("explorer.js")
    tree: Any = traitlets.List().tag(sync=True)
    table: Any = traitlets.Dict({"heads": [], "rows": []}).tag(sync=True)
    place = traitlets.Unicode().tag(sync=True)
    chosen = traitlets.Unicode().tag(sync=True)

    def __init__(self, opened: Callable[[Item], None]) -> None:
        super().__init__()
        self._items: dict[str, Item] = {}
        self._opened = opened
        self.on_msg(Explorer._hear)

    def _hear(self, content: Any, _buffers: Any) -> None:
        item = self._items.get(str(content.get("open")))
        if item is not None:
            self._opened(item)

    @property
    def item(self) -> Item:
        """What is selected: the row of the list, else the item of the tree."""
        return self._items[self.chosen or self.place]

    @property
    def folder(self) -> Item:
        """What is selected in the tree."""
        return self._items[self.place]

    def fill(self, cluster: Cluster, folder: Item, item: Item) -> None:
        """Show *cluster* with *folder* selected in the tree and *item* in the list."""
        shown, entries = table(cluster, folder), list(tree(cluster))
        self._items = {one.key: one for one, _ in shown.rows}
        self._items |= {entry.item.key: entry.item for entry in entries}
        rows = [
            {"key": one.key, "cells": [_told(cell) for cell in cells]} for one, cells in shown.rows
        ]
        branches = [
            {
                "key": entry.item.key,
                "level": entry.level,
                "text": plain_text(entry.text),
                "state": None if entry.state is None else _told(entry.state),
                "closed": entry.is_closed,
            }
            for entry in entries
        ]
        with self.hold_sync():
            put(self, tree=branches, table={"heads": list(shown.heads), "rows": rows})
            put(self, place=folder.key, chosen="" if item == folder else item.key)


def _told(cell: Cell) -> Any:
    """Return a cell as the page takes it."""
    if isinstance(cell, State):
        return {"glyph": cell.look.glyph, "word": cell.words, "role": cell.look.role}
    return plain_text(cell)
