"""Long work in slices, so that a page answers and a stop button works in between.

No threads, so that it also works with Python in the browser.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

SLICE_S = 0.1
"""Real seconds of work between two looks at the page."""
PAUSE_S = 0.02
"""Real seconds in which the page may say something."""


class Slices:
    """Goes through an iterator slice by slice; without an event loop all at once.

    Args:
        show: Called after each slice and at the end.
        failed: Is given the exception that ended the work.

    Attributes:
        is_on: Whether it is at work.
    """

    def __init__(self, show: Callable[[], None], failed: Callable[[Exception], None]) -> None:
        self.is_on = False
        self._show = show
        self._failed = failed
        self._turn = 0
        self._task: asyncio.Task[None] | None = None

    def start(self, steps: Iterator[object]) -> None:
        """Go through *steps*; work that is still going on is given up."""
        self.is_on = True
        self._turn += 1
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # a plain script
            for _ in steps:
                if not self.is_on:
                    break
            self._end()
            return
        self._task = loop.create_task(self._work(steps, self._turn))

    def stop(self) -> None:
        """Stop after the present step; what is done is kept."""
        self.is_on = False

    def _end(self) -> None:
        self.is_on = False
        self._show()

    async def _work(self, steps: Iterator[object], turn: int) -> None:
        try:
            while self.is_on and turn == self._turn and _slice(steps):
                self._show()
                await asyncio.sleep(PAUSE_S)
            if turn == self._turn:
                self._end()
        except Exception as error:  # a task has nobody who would see it
            self.is_on = False
            self._failed(error)


def _slice(steps: Iterator[object]) -> bool:
    """Work for a slice of time; False when nothing is left."""
    end_s = time.monotonic() + SLICE_S
    return any(time.monotonic() >= end_s for _ in steps)
