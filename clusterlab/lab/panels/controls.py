"""The controls of what fails: nodes, cables, disks, and the servers that stand alone.

Stand-alone servers are no part of the cluster, so its simulation knows nothing of them; a branch of
a panel keeps what was done to them beside the simulation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import NamedTuple

import ipywidgets as w

from clusterlab.cluster import events as ev
from clusterlab.cluster.errors import OperationRefused
from clusterlab.cluster.failures import check_can_fail
from clusterlab.cluster.model import Cluster, ClusterConfig
from clusterlab.lab.figures.drawing import escape_text
from clusterlab.lab.figures.palette import node_look
from clusterlab.lab.panels.deeds import Part, parts_of
from clusterlab.lab.panels.parts import button, chooser, put, row


class BreakageControls(w.Box):
    """A chooser of what breaks, and two buttons: break it, repair it.

    Args:
        config: Says what there is.
        send: Called with what happens.

    Attributes:
        chooser: What the buttons are about.
        buttons: "break" and "mend".
    """

    def __init__(self, config: ClusterConfig, send: Callable[[ev.Event], None]) -> None:
        self._parts: Mapping[str, Part] = parts_of(config)
        self.chooser = chooser(
            "Cable or disk", self._parts, lambda: None, "What breaks or is repaired", "310px"
        )
        self.chooser.style.description_width = "initial"
        self.buttons = {
            "break": button("Break", "Pull the cable, lose the network or the disk",
                            lambda: send(self._chosen.breaks)),
            "mend": button("Repair", "Let it work again", lambda: send(self._chosen.mends)),
        }  # fmt: skip
        layout = w.Layout(display="flex", flex_flow="row wrap")
        super().__init__([self.chooser, *self.buttons.values()], layout=layout)
        self.add_class("clusterlab-row")

    @property
    def _chosen(self) -> Part:
        return self._parts[self.chooser.value]


Choice = Callable[[Cluster, str], ev.Event]
"""From the cluster of now and a node to what its button does."""


def power_event(cluster: Cluster, node: str) -> ev.Event:
    """Return the loss of a node that has power, else its start."""
    return ev.NodeFailed(node) if _has_power(cluster, node) else ev.StartNode(node)


def _has_power(cluster: Cluster, node: str) -> bool:
    try:
        check_can_fail(cluster, node)
    except OperationRefused:
        return False
    return True


def stop_event(cluster: Cluster, node: str) -> ev.Event:
    """Return the stop of the Cluster service of a node."""
    return ev.StopClusterService(node)


def pause_event(cluster: Cluster, node: str) -> ev.Event:
    """Return the pause of a node, or the end of its pause."""
    return ev.ResumeNode(node) if node in cluster.paused else ev.PauseNode(node)


CHOICES: Mapping[str, tuple[str, Choice]] = {
    "fail": ("Pull the plug of {}, or power it on", power_event),
    "stop": ("Stop the Cluster service of {}", stop_event),
    "pause": ("Pause or resume {}", pause_event),
}
"""The buttons of a node: what each says of itself, and what it does."""
TEXTS = {"fail": "Pull the plug", "stop": "Stop service", "pause": "Pause"}
SECOND = {"fail": "start", "pause": "resume"}
"""What a button is called while it does the opposite."""


class NodeControls(w.VBox):
    """A box for each node: name, state, and three buttons that keep their places.

    Below the boxes stands what breaks besides nodes.

    Args:
        cluster: Says which nodes there are.
        act: Called with a choice of event and the node.

    Attributes:
        buttons: By what they do, "fail NODE1" and "start NODE1" being the same one.
        parts: The box of each node by its name, and "breakage".
        breakage: Cables, networks and the quorum disk.
    """

    def __init__(self, cluster: Cluster, act: Callable[[Choice, str], None]) -> None:
        self.buttons: dict[str, w.Button] = {}
        self.parts: dict[str, w.Widget] = {}
        self._texts: dict[str, w.HTML] = {}
        self._act = act
        nodes = w.Box([self._box(node) for node in cluster.config.nodes_by_name])
        nodes.add_class("clusterlab-nodes")
        self.breakage = BreakageControls(cluster.config, self._happens)
        self.buttons |= self.breakage.buttons
        self.parts["breakage"] = self.breakage
        super().__init__([nodes, self.breakage])

    def _box(self, node: str) -> w.VBox:
        made = []
        for key, (tooltip, choose) in CHOICES.items():
            made.append(button(TEXTS[key], tooltip.format(node), self._callback(choose, node)))
            keys = (key, SECOND[key]) if key in SECOND else (key,)
            self.buttons |= {f"{name} {node}": made[-1] for name in keys}
        self._texts[node] = w.HTML()
        self.parts[node] = box = w.VBox([self._texts[node], row(*made)])
        box.add_class("clusterlab-node")
        return box

    def _callback(self, choose: Choice, node: str) -> Callable[[], None]:
        return lambda: self._act(choose, node)

    def _happens(self, event: ev.Event) -> None:
        self._act(lambda cluster, name: event, event.subject)

    def label(
        self, cluster: Cluster, refusal_of: Callable[[ev.Event], OperationRefused | None]
    ) -> None:
        """Show the states of nodes, name the buttons by what they do now, or say why not now."""
        for node, text in self._texts.items():
            look, words = node_look(cluster, node)
            put(text, value=f"<b>{escape_text(node)}</b> {look.glyph} {escape_text(words)}")
            is_silent = node in cluster.silent_since
            other = "Power on" if is_silent else "Start service"
            power = TEXTS["fail"] if _has_power(cluster, node) else other
            put(self.buttons[f"fail {node}"], description=power)
            pause = "Resume" if node in cluster.paused else "Pause"
            put(self.buttons[f"pause {node}"], description=pause)
            for key in ("stop", "pause"):  # a plug can be pulled at any time
                tooltip, choose = CHOICES[key]
                refusal = refusal_of(choose(cluster, node))
                tip = tooltip.format(node) if refusal is None else f"Not now: {refusal.because}"
                put(self.buttons[f"{key} {node}"], disabled=refusal is not None, tooltip=tip)


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
        made = button(TEXTS["fail"], f"{server} stands alone", lambda: act(server))
        self.buttons |= {f"fail {server}": made, f"start {server}": made}
        self._texts[server] = w.HTML()
        box = w.VBox([self._texts[server], row(made)])
        box.add_class("clusterlab-node")
        return box

    def label(self, is_up: Mapping[str, bool]) -> None:
        """Show the states of servers and name the buttons by what they do now."""
        for server, text in self._texts.items():
            words = "● works" if is_up[server] else "✖ down"
            power = TEXTS["fail"] if is_up[server] else "Power on"
            state = f'<span style="white-space: nowrap">{words}</span>'
            put(text, value=f"<b>{escape_text(server)}</b> {state}")
            put(self.buttons[f"fail {server}"], description=power)
