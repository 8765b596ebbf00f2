"""What lies over a picture: its objects to reach by keyboard, a menu at each, the time strip.

Nodes and groups of the picture are buttons for those who come by keyboard; a menu with the few
commands of an object opens beside it; the time bars can be dragged. What a command does is an event
that the panel sends, so whoever listens to the panel hears it. Nothing is drawn here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import traitlets as t
from anywidget import AnyWidget

from clusterlab.lab.figures.drawing import plain_text, traces_of
from clusterlab.lab.livefigure import hearing
from clusterlab.lab.panels.deeds import MenuLine
from clusterlab.lab.panels.parts import put


class Objects(AnyWidget):
    """The layer over a picture; the panel says what is on it and hears what is done.

    Args:
        hear: Called with each message of the page: ``{"open": key}``, ``{"choose": text}``,
            ``{"close": True}``, ``{"drag": pixels}``.

    Attributes:
        spots: For each object its key, what it says, and its box in pixels.
        menu: Key of the object whose menu is open and the lines of it, or nothing.
        strip: Left, top, right and bottom of the time bars and where now is, or nothing.
        start: A sentence and the command of the button instead of empty time bars, or nothing.
    """

    _esm = hearing(Path(__file__).with_name("objects.js"))
    spots: t.List[Any] = t.List().tag(sync=True)
    menu = t.Dict().tag(sync=True)
    strip: t.List[Any] = t.List().tag(sync=True)
    start = t.Dict().tag(sync=True)

    def __init__(self, hear: Callable[[Mapping[str, Any]], None]) -> None:
        super().__init__()
        self.add_class("clusterlab-objects")
        self.on_msg(lambda _, content, buffers: hear(content))

    def show_menu(self, key: str, commands: Sequence[MenuLine]) -> None:
        """Show the menu of an object, or none where there is no command."""
        lines = [{"text": plain_text(one.text), "why": one.why_not} for one in commands]
        put(self, menu={"key": key, "items": lines} if lines else {})


def spots_of(figure: Any, kinds: tuple[str, ...], says: Mapping[str, str]) -> list[Any]:
    """Return the objects of a figure as `Objects.spots` wants them."""
    spots = []
    for kind in kinds:
        for name, shape in traces_of(figure, kind).items():
            if shape.x:
                box = (min(shape.x), min(shape.y), max(shape.x), max(shape.y))
                spots.append([shape.name, plain_text(says.get(shape.name, name)), *box])
    return spots
