"""Stand-alone servers of a panel: when each of them failed and came back, and their controls.

They are no part of the cluster, so its simulation knows nothing of them; a branch of the panel
keeps what was done to them beside the simulation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import NamedTuple

import ipywidgets as w

from clusterlab.lab.drawing import escape_text
from clusterlab.lab.panels.parts import button, put, row

Intervals = tuple[tuple[float, float], ...]


class ServerChange(NamedTuple):
    """A stand-alone server failed or came back."""

    at_s: float
    server: str
    is_up: bool


class ServerTimes:
    """What happened to stand-alone servers, by branch.

    Example:
        >>> times = ServerTimes()
        >>> times.change("main", ServerChange(60, "Connector server", False))
        >>> times.out("main", ["Connector server"], 90)
        {'Connector server': ((60, inf),)}
    """

    def __init__(self) -> None:
        self._changes: dict[str, tuple[ServerChange, ...]] = {}

    def saved(self) -> Mapping[str, tuple[ServerChange, ...]]:
        """Return all that happened, to be given to `restore`."""
        return dict(self._changes)

    def restore(self, saved: Mapping[str, tuple[ServerChange, ...]]) -> None:
        """Go back to what was saved."""
        self._changes = dict(saved)

    def of(self, branch: str, until_s: float = inf) -> tuple[ServerChange, ...]:
        """Return what happened on a branch until a moment, oldest first."""
        return tuple(item for item in self._changes.get(branch, ()) if item.at_s <= until_s)

    def change(self, branch: str, change: ServerChange) -> None:
        """Note what happened now; what was to happen later on the branch is forgotten."""
        self._changes[branch] = (*self.of(branch, change.at_s), change)

    def share(self, branch: str, new: str, at_s: float) -> None:
        """Give a new branch the past of the one it began on."""
        if new != branch and new not in self._changes:
            self._changes[new] = self.of(branch, at_s)

    def is_up(self, branch: str, server: str, at_s: float) -> bool:
        """Return whether a server works at a moment."""
        changes = [item for item in self.of(branch, at_s) if item.server == server]
        return not changes or changes[-1].is_up

    def out(self, branch: str, servers: Sequence[str], at_s: float) -> dict[str, Intervals]:
        """Return when each of *servers* was out, as known at a moment."""
        found = {}
        for server in servers:
            changes = [item for item in self.of(branch, at_s) if item.server == server]
            ends = [*(item.at_s for item in changes), inf][1:]
            spans = [
                (item.at_s, end_s)
                for item, end_s in zip(changes, ends, strict=True)
                if not item.is_up and item.at_s < end_s
            ]
            if spans:
                found[server] = tuple(spans)
        return found


class ServerControls(w.Box):
    """A box for each stand-alone server: name, state, and the button that fails or starts it.

    Args:
        servers: Their names.
        act: Called with the name of a server.

    Attributes:
        buttons: By what they do, "fail X" and "start X" being the same one.
    """

    def __init__(self, servers: Sequence[str], act: Callable[[str], None]) -> None:
        self.servers = tuple(servers)
        self.buttons: dict[str, w.Button] = {}
        self._texts: dict[str, w.HTML] = {}
        super().__init__([self._box(server, act) for server in servers])
        self.add_class("clusterlab-nodes")

    def _box(self, server: str, act: Callable[[str], None]) -> w.VBox:
        made = button("Fail", f"Fail or start {server}, which stands alone", lambda: act(server))
        self.buttons |= {f"fail {server}": made, f"start {server}": made}
        self._texts[server] = w.HTML()
        box = w.VBox([self._texts[server], row(made)])
        box.add_class("clusterlab-node")
        return box

    def label(self, is_up: Mapping[str, bool]) -> None:
        """Show the states of servers and name the buttons by what they do now."""
        for server, text in self._texts.items():
            words = "● works" if is_up[server] else "✖ out"
            state = f'<span style="white-space: nowrap">{words}</span>'
            put(text, value=f"<b>{escape_text(server)}</b> {state}")
            put(self.buttons[f"fail {server}"], description="Fail" if is_up[server] else "Start")
