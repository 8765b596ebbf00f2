"""The one table of colours, glyphs, outlines and words; every picture and legend looks here.

A state is shown by word, glyph, outline and colour, in this order of importance, so nothing is
lost on paper or to colour-blind eyes. Colours are those of Okabe and Ito.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from clusterlab.cluster.model import Cluster
from clusterlab.cluster.outages import ONLINE as ONLINE_PART
from clusterlab.cluster.states import GroupState, NodeState, ResourceState
from clusterlab.procedures.step import TaskState

ONLINE, PENDING, FAILED, OFFLINE = "online", "pending", "failed", "offline"
"""The four roles a colour can have."""


class Look(NamedTuple):
    """How one state is shown.

    Attributes:
        word: The product's word.
        short: The same where there is little room.
        glyph: One character.
        dash: Style of the outline, as plotly names it.
        width_px: Width of the outline.
        role: Which colour.
    """

    word: str
    short: str
    glyph: str
    dash: str
    width_px: float
    role: str


GROUP_LOOKS: Mapping[GroupState, Look] = {
    GroupState.ONLINE: Look("Online", "Online", "●", "solid", 2, ONLINE),
    GroupState.PENDING: Look("Pending", "Pending", "◐", "dot", 3, PENDING),
    GroupState.FAILED: Look("Failed", "Failed", "✖", "solid", 4, FAILED),
    GroupState.OFFLINE: Look("Offline", "Offline", "○", "dash", 2, OFFLINE),
    GroupState.PARTIALLY_ONLINE: Look("Partially Online", "Partial", "◒", "dashdot", 2, PENDING),
}

RESOURCE_LOOKS: Mapping[ResourceState, Look] = {
    ResourceState.ONLINE: Look("Online", "Online", "●", "solid", 2, ONLINE),
    ResourceState.OFFLINE: Look("Offline", "Offline", "○", "dash", 2, OFFLINE),
    ResourceState.FAILED: Look("Failed", "Failed", "✖", "solid", 4, FAILED),
    ResourceState.ONLINE_PENDING: Look("Online Pending", "Pending ▲", "◐", "dot", 3, PENDING),
    ResourceState.OFFLINE_PENDING: Look("Offline Pending", "Pending ▼", "◑", "dot", 3, PENDING),
}

NODE_LOOKS: Mapping[NodeState, Look] = {
    NodeState.UP: Look("Up", "Up", "●", "solid", 1.5, ONLINE),
    NodeState.DOWN: Look("Down", "Down", "✕", "dash", 2.5, FAILED),
    NodeState.PAUSED: Look("Paused", "Paused", "‖", "longdash", 2.5, OFFLINE),
    NodeState.JOINING: Look("Joining", "Joining", "◔", "dot", 2.5, PENDING),
}
SILENT_LOOK = Look("Up - silent", "silent", "◌", "longdashdot", 2.5, FAILED)
"""A node without power that the cluster still believes to be Up."""

TASK_LOOKS: Mapping[TaskState, Look] = {
    TaskState.DONE: Look("done", "done", "✔", "solid", 1.5, ONLINE),
    TaskState.AVAILABLE: Look("available", "can start", "▶", "solid", 3, PENDING),
    TaskState.BLOCKED: Look("blocked", "blocked", "○", "dash", 1.5, OFFLINE),
    TaskState.HARMED: Look("harmed", "harmed", "✖", "dot", 4, FAILED),
}
UNTOLD_LOOK = Look("to do", "to do", "○", "dash", 1.5, OFFLINE)
"""A task that is not done, where the learner is to say whether it can be."""


_ROLES_OF_PARTS: Mapping[str, str] = {
    ONLINE_PART: ONLINE,
    "detect": FAILED,
    "arbitrate": FAILED,
    "failed": FAILED,
    "no node": FAILED,
    "offline": OFFLINE,
    # What nodes go through; see `timebars.py`.
    "Up": ONLINE,
    "Paused": OFFLINE,
    "no power": FAILED,
    "hears nobody": FAILED,
    "misses": FAILED,
    "Down": OFFLINE,
    "stopped": OFFLINE,
}


def role_of_part(part: str) -> str:
    """Return the colour of a part of a time bar; where something goes on it is Pending."""
    return _ROLES_OF_PARTS.get(part, _ROLES_OF_PARTS.get(part.partition(" ")[0], PENDING))


HATCHES: Mapping[str, str] = {ONLINE: "/", PENDING: "/", FAILED: "x", OFFLINE: "."}
"""Hatching of bars by role, as plotly names it; that of Online has the colour of its ground."""


class Theme(NamedTuple):
    """Colours for one background.

    Attributes:
        paper: What figures are drawn for; they are transparent themselves.
        ink: Text.
        muted: Less important text, axes and connections.
        box: Inside of nodes and storage.
        down: Inside of nodes that are Down.
        grid: Faint lines.
        edge: Borders of controls, three times as bright or as dark as what they stand on.
        strokes: Outlines by role.
        fills: Insides of cards and bars by role.
        hatches: Lines of the hatching by role, faint enough for text to be read over them.
        older: Lines of the hatching of an older version that serves.
    """

    paper: str
    ink: str
    muted: str
    box: str
    down: str
    grid: str
    edge: str
    strokes: Mapping[str, str]
    fills: Mapping[str, str]
    hatches: Mapping[str, str]
    older: str


THEMES: Mapping[str, Theme] = {
    "light": Theme(
        paper="#FFFFFF",
        ink="#1B1F24",
        muted="#57606A",
        box="#F4F6F8",
        down="#FCEDE4",
        grid="#D5DAE0",
        edge="#858D96",
        strokes={ONLINE: "#009E73", PENDING: "#E69F00", FAILED: "#D55E00", OFFLINE: "#6B7280"},
        fills={ONLINE: "#BFE6DA", PENDING: "#FBE7BD", FAILED: "#F7D3B8", OFFLINE: "#E3E5E9"},
        hatches={ONLINE: "#BFE6DA", PENDING: "#F4D694", FAILED: "#F0BE98", OFFLINE: "#C9CDD4"},
        older="#86C9B4",
    ),
    "dark": Theme(
        paper="#111111",
        ink="#E9ECEF",
        muted="#A6AEB8",
        box="#1E2227",
        down="#2E1D14",
        grid="#3A4048",
        edge="#767E88",
        strokes={ONLINE: "#009E73", PENDING: "#E69F00", FAILED: "#D55E00", OFFLINE: "#8A919D"},
        fills={ONLINE: "#0B4434", PENDING: "#4A3607", FAILED: "#4F2608", OFFLINE: "#2E3238"},
        hatches={ONLINE: "#0B4434", PENDING: "#644A0A", FAILED: "#6B330B", OFFLINE: "#444A52"},
        older="#1C6A53",
    ),
}
"""Colours of the light and of the dark theme of JupyterLab."""


def node_look(cluster: Cluster, node: str) -> tuple[Look, str]:
    """Return how *node* is shown and its state in words: "Up - silent 3.2 s"."""
    state = cluster.node_states[node]
    if node in cluster.silent_since and state is not NodeState.DOWN:
        return SILENT_LOOK, f"{SILENT_LOOK.word} {cluster.now_s - cluster.silent_since[node]:.1f} s"
    look = NODE_LOOKS[state]
    doing = "stopping" if node in cluster.stopping else cluster.starting.get(node, "")
    return look, f"{look.word}, {doing}" if doing else look.word
