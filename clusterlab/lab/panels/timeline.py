"""Time in a panel: how fast it passes, where its axis ends, and the slider of the moment shown."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any

import ipywidgets as w

SPEEDS = {"×1": 1.0, "×10": 10.0, "×60": 60.0}
"""Simulated seconds per second, by what stands in the dropdown."""
SHORT_AXIS_S, LONG_AXIS_S = 60.0, 300.0
"""Steps in which the time axis grows, below and above the longer of the two."""
AHEAD = 1.2
"""The slider ends at least this far beyond the moment, so that there is something to drag to."""
SHORTEST_SLIDER_S = 64.0
STEP_S = 0.125


def horizon_s(moment_s: float) -> float:
    """Return the round figure at which the time axis ends, so that it rarely changes.

    Example:
        >>> [horizon_s(moment_s) for moment_s in (0, 60, 175.2, 3960.9)]
        [60.0, 60.0, 180.0, 4200.0]
    """
    step_s = SHORT_AXIS_S if moment_s <= LONG_AXIS_S else LONG_AXIS_S
    return max(ceil(moment_s / step_s) * step_s, SHORT_AXIS_S)


class MomentSlider(w.FloatSlider):
    """The moment shown, to be dragged back and forth.

    A page tells back where it has put the handle wherever that is not exactly where it was told to
    put it, as if somebody had dragged it there; a page that is late takes the panel back in time
    so. Therefore the slider has steps of an eighth of a second and ends at a power of two, with
    which a page reckons without rounding, and end and moment go to the page in one message, the end
    first (at the old end it would hold the handle back).

    Args:
        dragged: Called after somebody has dragged it; `value` is where to.

    Example:
        >>> slider = MomentSlider(lambda: print("dragged to", slider.value))
        >>> slider.show(240.1, 240.1)
        >>> slider.value, slider.max
        (240.125, 512.0)
        >>> slider.value = 175.0
        dragged to 175.0
    """

    def __init__(self, dragged: Callable[[], None]) -> None:
        super().__init__(min=0, max=SHORTEST_SLIDER_S, step=STEP_S, readout=False)
        self.tooltip = "Moment shown: drag back and forth"
        self.layout.width = "auto"
        self.add_class("clusterlab-slider")
        self._told_s = 0.0
        self._dragged = dragged
        self.observe(self._hear, names="value")

    def show(self, moment_s: float, known_s: float) -> None:
        """Put the handle on a moment; what happens is known until *known_s*, simulated seconds."""
        self._told_s = round(moment_s / STEP_S) * STEP_S
        with self.hold_sync(), self.hold_trait_notifications():
            self.max = _slider_end_s(max(moment_s, known_s))
            self.value = self._told_s

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """Return what goes to the page, in the order in which it is to take it."""
        state: dict[str, Any] = super().get_state(key, drop_defaults)
        return {name: state[name] for name in sorted(state)}

    def _hear(self, change: dict[str, float]) -> None:
        if change["new"] != self._told_s:
            self._dragged()


def _slider_end_s(moment_s: float) -> float:
    """Return a power of two beyond a moment."""
    end_s = SHORTEST_SLIDER_S
    while end_s < AHEAD * moment_s:
        end_s *= 2
    return end_s
