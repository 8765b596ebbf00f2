"""The controls of nodes: one box for each, with buttons that fit its state."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import ipywidgets as w

from clusterlab.cluster.errors import OperationRefused
from clusterlab.cluster.events import (
    Event,
    NodeFailed,
    PauseNode,
    ResumeNode,
    StartNode,
    StopClusterService,
)
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.requests import check_can_fail
from clusterlab.lab.diagrams import node_look
from clusterlab.lab.drawing import escape_text
from clusterlab.lab.panels.breakage import BreakageControls
from clusterlab.lab.panels.parts import button, put, row

Choice = Callable[[Cluster, str], Event]
"""From the cluster of now and a node to what its button does."""


def power_event(cluster: Cluster, node: str) -> Event:
    """Return the loss of a node that has power, else its start."""
    return NodeFailed(node) if _has_power(cluster, node) else StartNode(node)


def _has_power(cluster: Cluster, node: str) -> bool:
    try:
        check_can_fail(cluster, node)
    except OperationRefused:
        return False
    return True


def stop_event(cluster: Cluster, node: str) -> Event:
    """Return the stop of the Cluster service of a node."""
    return StopClusterService(node)


def pause_event(cluster: Cluster, node: str) -> Event:
    """Return the pause of a node, or the end of its pause."""
    return ResumeNode(node) if node in cluster.paused else PauseNode(node)


CHOICES: Mapping[str, tuple[str, Choice]] = {
    "fail": ("Cut or restore the power of {}", power_event),
    "stop": ("Stop the Cluster service of {}", stop_event),
    "pause": ("Pause or resume {}", pause_event),
}
"""The buttons of a node: what each says of itself, and what it does."""
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
            text = "Stop service" if key == "stop" else key.capitalize()
            made.append(button(text, tooltip.format(node), self._callback(choose, node)))
            keys = (key, SECOND[key]) if key in SECOND else (key,)
            self.buttons |= {f"{name} {node}": made[-1] for name in keys}
        self._texts[node] = w.HTML()
        self.parts[node] = box = w.VBox([self._texts[node], row(*made)])
        box.add_class("clusterlab-node")
        return box

    def _callback(self, choose: Choice, node: str) -> Callable[[], None]:
        return lambda: self._act(choose, node)

    def _happens(self, event: Event) -> None:
        self._act(lambda cluster, name: event, event.subject)

    def label(
        self, cluster: Cluster, refusal_of: Callable[[Event], OperationRefused | None]
    ) -> None:
        """Show the states of nodes, name the buttons by what they do now, or say why not now."""
        for node, text in self._texts.items():
            look, words = node_look(cluster, node)
            put(text, value=f"<b>{escape_text(node)}</b> {look.glyph} {escape_text(words)}")
            power = "Fail" if _has_power(cluster, node) else "Start"
            put(self.buttons[f"fail {node}"], description=power)
            pause = "Resume" if node in cluster.paused else "Pause"
            put(self.buttons[f"pause {node}"], description=pause)
            for key in ("stop", "pause"):  # a plug can be pulled at any time
                tooltip, choose = CHOICES[key]
                refusal = refusal_of(choose(cluster, node))
                tip = tooltip.format(node) if refusal is None else f"Not now: {refusal.because}"
                put(self.buttons[f"{key} {node}"], disabled=refusal is not None, tooltip=tip)
