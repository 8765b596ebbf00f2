"""Serve a class to made-up learners on this machine, and time their clicks; print a table.

Run from the folder of the clone::

    python -m benchmarks.classroom --learners 50 --seconds 120

Each learner gets a server, opens the failover lab in a kernel and clicks with pauses of 2 to 8
seconds; a click lasts until the kernel is idle again, so the browser's painting is not in it. Only
this machine is asked, and all that was started ends. Needs what `clusterlab class` needs. It
asserts nothing about time; the status is 1 if anything went wrong.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from statistics import quantiles
from typing import Any

import click

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.browser.class_server import MISSING, Class, can_be_served, running_class

HUB = """
c.JupyterHub.services = [{{"name": "load", "api_token": "{token}"}}]
c.JupyterHub.load_roles = [{{"name": "load", "services": ["load"],
    "scopes": ["admin:users", "admin:servers", "access:servers"]}}]
"""
OPEN = "from clusterlab.lab import FailoverLab\nlab = FailoverLab()\nlab"
CLICKS = ("fail NODE3", "to end", "start NODE3", "to end")
AT_ONCE = 4
"""Servers that start at the same time; JupyterHub sends more away with a word to come again."""
PATIENCE_S = 120.0
PAUSE_S = (2.0, 8.0)


@dataclass
class Found:
    """What was measured: seconds until a learner could click, seconds of each click, errors."""

    ready_s: list[float] = field(default_factory=list)
    clicks_s: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class Learner:
    """One learner's kernel, and how code is run in it."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket

    async def run(self, code: str) -> None:
        """Run code, and wait until the kernel is idle.

        Raises:
            RuntimeError: If the code ended in an error.
        """
        request = uuid.uuid4().hex
        header = {"msg_id": request, "msg_type": "execute_request", "session": request}
        message = {
            "header": {**header, "username": "", "version": "5.4"},
            "parent_header": {},
            "metadata": {},
            "content": {"code": code, "silent": False, "store_history": True},
            "channel": "shell",
            "buffers": [],
        }
        await self._socket.send_json(message)
        async with asyncio.timeout(PATIENCE_S):
            async for message in self._socket:
                if isinstance(message.data, bytes):  # pictures and widgets
                    continue
                said = json.loads(message.data)
                if said["parent_header"].get("msg_id") != request:
                    continue
                if said["msg_type"] == "error":
                    raise RuntimeError(said["content"]["evalue"])
                if said["content"].get("execution_state") == "idle":
                    return
        raise RuntimeError("the kernel's connection was closed")


@asynccontextmanager
async def at_work(session: Any, url: str, name: str, turn: asyncio.Semaphore) -> AsyncIterator[Any]:
    """Start a learner's server and kernel, as many at once as have a turn."""
    hub, user = f"{url}hub/api/users/{name}", f"{url}user/{name}/api/kernels"
    async with turn, asyncio.timeout(PATIENCE_S):
        await asked(session.post(hub))
        await asked(session.post(f"{hub}/server", json={}))
        while not (await asked(session.get(hub)))["servers"].get("", {}).get("ready"):
            await asyncio.sleep(0.2)
        kernel = (await asked(session.post(user, json={"name": "python3"})))["id"]
        socket = await session.ws_connect(f"{user}/{kernel}/channels", max_msg_size=0)
        learner = Learner(socket)
        await learner.run(OPEN)
    async with socket:
        yield learner


async def asked(query: Any) -> Any:
    """Return the answer to a request that must be granted."""
    async with query as answer:
        text = await answer.text()
        if answer.status >= 400:
            raise RuntimeError(f"{answer.status} {answer.url}: {text[:200]}")
    return json.loads(text) if text else None


async def taught(served: Class, token: str, learners: int, seconds: float) -> Found:
    """Let all learners begin, then let them click for a while."""
    from aiohttp import ClientSession, TCPConnector

    found, turn = Found(), asyncio.Semaphore(AT_ONCE)
    ready = asyncio.Barrier(learners)

    async def learn(session: Any, number: int) -> None:
        rng, begun = random.Random(number), time.monotonic()
        try:
            async with at_work(session, served.url, f"learner{number:02}", turn) as learner:
                found.ready_s.append(time.monotonic() - begun)
                with suppress(asyncio.BrokenBarrierError):  # one could not begin; the others go on
                    await ready.wait()
                end = time.monotonic() + seconds
                for button in cycle(CLICKS):
                    await asyncio.sleep(rng.uniform(*PAUSE_S))
                    if time.monotonic() > end:
                        return
                    clicked = time.monotonic()
                    await learner.run(f"lab.buttons[{button!r}].click()")
                    found.clicks_s.append(time.monotonic() - clicked)
        except Exception as error:
            found.errors.append(f"learner{number:02}: {type(error).__name__} {error}")
            await ready.abort()

    headers = {"Authorization": f"token {token}"}
    async with ClientSession(headers=headers, connector=TCPConnector(limit=0)) as session:
        await asyncio.gather(*(learn(session, number) for number in range(learners)))
    return found


@click.command()
@click.option("--learners", type=click.IntRange(1, 60), default=50, show_default=True)
@click.option("--seconds", type=click.IntRange(1, 600), default=120, show_default=True)
def main(learners: int, seconds: int) -> None:
    """Serve a class to made-up learners on this machine, and time their clicks."""
    if not can_be_served():
        raise click.ClickException(MISSING)
    token = secrets.token_hex(16)
    with (
        tempfile.TemporaryDirectory(prefix="clusterlab-", ignore_cleanup_errors=True) as folder,
        running_class(Path(folder, "class"), hub=HUB.format(token=token)) as served,
    ):
        found = asyncio.run(taught(served, token, learners, seconds))
    for title, values in (("until the first click", found.ready_s), ("a click", found.clicks_s)):
        if len(values) > 1:
            cuts = quantiles(values, n=100, method="inclusive")
            p50, p95, most = cuts[49], cuts[94], max(values)
            print(f"{title:22} p50 {p50:7.3f} s   p95 {p95:7.3f} s   max {most:.3f} s")
    print(f"{learners} learners, {len(found.clicks_s)} clicks, {len(found.errors)} errors")
    for error in found.errors[:10]:
        print(error, file=sys.stderr)
    sys.exit(bool(found.errors))


if __name__ == "__main__":
    main()
