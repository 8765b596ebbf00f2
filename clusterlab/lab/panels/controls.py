"""The controls of what fails: nodes, cables, disks, and the servers that stand alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from math import inf

import ipywidgets as w

from clusterlab.cluster import events as ev
from clusterlab.cluster.errors import OperationRefused
from clusterlab.cluster.failures import check_can_fail
from clusterlab.cluster.model import Cluster, ClusterConfig
from clusterlab.lab.figures.drawing import escape_text
from clusterlab.lab.figures.palette import node_look
from clusterlab.lab.panels.deeds import parts_of
from clusterlab.lab.panels.parts import button, chooser, put, row

Choice = Callable[[Cluster, str], ev.Event]
"""From the cluster of now and a node to what its button does."""


def _power(cluster: Cluster, node: str) -> ev.Event:
    return ev.NodeFailed(node) if _has_power(cluster, node) else ev.StartNode(node)


def _has_power(cluster: Cluster, node: str) -> bool:
    try:
        check_can_fail(cluster, node)
    except OperationRefused:
        return False
    return True


def _pause(cluster: Cluster, node: str) -> ev.Event:
    return ev.ResumeNode(node) if node in cluster.paused else ev.PauseNode(node)


CHOICES: Mapping[str, tuple[str, Choice]] = {
    "fail": ("Pull the plug of {}, or power it on", _power),
    "stop": ("Stop the Cluster service of {}", lambda _, node: ev.StopClusterService(node)),
    "pause": ("Pause or resume {}", _pause),
}
"""The buttons of a node: what each says of itself, and what it does."""
TEXTS = {"fail": "Pull the plug", "stop": "Stop service", "pause": "Pause"}
SECOND = {"fail": "start", "pause": "resume"}  # what a button is called while it does the opposite


def box_of(text: w.HTML, *buttons: w.Button) -> w.VBox:
    """Return the box of a computer: its state, and below it what can be done to it."""
    return w.VBox([text, row(*buttons)]).add_class("clusterlab-node")


def beside(boxes: Iterable[w.VBox]) -> w.Box:
    """Return the boxes of computers beside each other."""
    return w.Box(list(boxes)).add_class("clusterlab-nodes")


class NodeControls(w.VBox):
    """A box for each node: name, state, and three buttons that keep their places.

    Below the boxes stands what breaks besides nodes: cables, networks and the quorum disk. In
    `buttons`, "fail NODE1" and "start NODE1" are the same one.
    """

    def __init__(self, cluster: Cluster, act: Callable[[Choice, str], None]) -> None:
        self.buttons: dict[str, w.Button] = {}
        self._texts = {node: w.HTML() for node in cluster.config.nodes_by_name}
        self._act = act
        self.parts: dict[str, w.Widget] = {node: self._box(node) for node in self._texts}
        nodes = beside(self.parts.values())
        self.parts["breakage"] = self._breakage(cluster.config)
        super().__init__([nodes, self.parts["breakage"]])

    def _box(self, node: str) -> w.VBox:
        made = []
        for key, (tooltip, choose) in CHOICES.items():
            act = partial(self._act, choose, node)
            made.append(button(TEXTS[key], tooltip.format(node), act))
            keys = (key, SECOND[key]) if key in SECOND else (key,)
            self.buttons |= {f"{name} {node}": made[-1] for name in keys}
        return box_of(self._texts[node], *made)

    def _breakage(self, config: ClusterConfig) -> w.Box:
        parts = parts_of(config)
        self.chooser = chooser(
            "Cable, network or disk", parts, lambda: None, "What breaks or is repaired", "360px"
        )

        def act(which: int) -> None:
            event = parts[self.chooser.value][which]
            self._act(lambda cluster, name: event, event.subject)

        breaks = "Pull the cable, lose the network or the disk"
        self.buttons["break"] = button("Break", breaks, partial(act, 0))
        self.buttons["mend"] = button("Repair", "Let it work again", partial(act, 1))
        return row(self.chooser, self.buttons["break"], self.buttons["mend"])

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
ServerChange = tuple[float, str, bool]
"""A stand-alone server failed or came back: when, which, and whether it works from then on."""


def servers_out(
    changes: Iterable[ServerChange], servers: Sequence[str], at_s: float
) -> dict[str, Intervals]:
    """Return when each of *servers* was out, as known at a moment; an end may be still to come.

    Example:
        >>> servers_out([(60, "Connector server", False)], ["Connector server"], 90)
        {'Connector server': ((60, inf),)}
    """
    found = {}
    known = [change for change in changes if change[0] <= at_s]
    for server in servers:
        own = [(when_s, is_up) for when_s, name, is_up in known if name == server]
        ends = [*(when_s for when_s, _ in own), inf][1:]
        pairs = zip(own, ends, strict=True)
        spans = [(start, end) for (start, is_up), end in pairs if not is_up and start < end]
        if spans:
            found[server] = tuple(spans)
    return found
