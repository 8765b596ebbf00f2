"""Work beside the page: time that passes with real time, and long work in slices.

No threads, so that it also works with Python in the browser.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator

TICK_S = 0.2  # real seconds from picture to picture
MOST_UNANSWERED = 5  # so many pictures in a row without an answer mean that the page is gone
MOST_TICK_S = 0.5  # a busy kernel may not make time leap further than this, real seconds


class Playing:
    """Calls *advance* with the real seconds that have passed, while there is anything to show.

    *painted* waits until the page has painted what it was sent: a slow page slows playing down, one
    that answers no more has been closed and ends it. `is_on` says whether time is meant to pass;
    where it has to wait, `wake` goes on. An exception that ends the playing goes to *failed*.
    """

    def __init__(
        self,
        advance: Callable[[float], None],
        has_more: Callable[[], bool],
        painted: Callable[[], Awaitable[bool]],
        failed: Callable[[Exception], None],
    ) -> None:
        self.is_on = False
        self._advance = advance
        self._has_more = has_more
        self._painted = painted
        self._failed = failed
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Let time pass.

        Raises:
            RuntimeError: If no event loop is running, as in a plain script.
        """
        self._make_task()
        self.is_on = True

    def stop(self) -> None:
        """Let time stand still."""
        self.is_on = False

    def wake(self) -> None:
        """Go on, if playing is on and had nothing to show."""
        if self.is_on:
            self._make_task()

    def _make_task(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._play())

    async def _play(self) -> None:
        loop = asyncio.get_running_loop()
        before_s, unanswered = loop.time(), 0
        try:
            await asyncio.sleep(0)
            while self.is_on and self._has_more():
                await asyncio.sleep(TICK_S)
                unanswered = 0 if await self._painted() else unanswered + 1
                self.is_on = self.is_on and unanswered < MOST_UNANSWERED
                now_s = loop.time()
                self._advance(min(now_s - before_s, MOST_TICK_S) if self.is_on else 0.0)
                before_s = now_s
        except Exception as error:  # a task has nobody who would see it
            self.is_on = False
            self._failed(error)


SLICE_S = 0.1  # real seconds of work between two looks at the page
PAUSE_S = 0.02  # real seconds in which the page may say something


class Slices:
    """Goes through an iterator slice by slice; without an event loop all at once."""

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
