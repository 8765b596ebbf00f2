"""The one table of colours, glyphs, outlines and words; every picture and legend looks here.

A state is shown by word, glyph, outline and colour, in this order of importance, so nothing is
lost on paper or to colour-blind eyes. The values stand in `palette.toml`.
"""

from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

from clusterlab.cluster import states
from clusterlab.cluster.model import Cluster
from clusterlab.procedures.step import TaskState
from clusterlab.tomlfiles.tables import own_table

_SAID = own_table(Path(__file__).with_suffix(".toml")).data

ONLINE, PENDING, FAILED, OFFLINE = "online", "pending", "failed", "offline"
"""The four roles a colour can have."""


class Look(NamedTuple):
    """How one state is shown; dashes are named as plotly does, the role is a colour."""

    word: str
    short: str
    glyph: str
    dash: str
    width_px: float
    role: str


def _looks(of: str, kind: type[Enum]) -> Mapping[Any, Look]:
    return {state: Look(state.value, *_SAID[of][state.value]) for state in kind}


GROUP_LOOKS: Mapping[states.GroupState, Look] = _looks("groups", states.GroupState)
RESOURCE_LOOKS: Mapping[states.ResourceState, Look] = _looks("resources", states.ResourceState)
NODE_LOOKS: Mapping[states.NodeState, Look] = _looks("nodes", states.NodeState)
NETWORK_LOOKS: Mapping[states.NetworkState, Look] = _looks("networks", states.NetworkState)
INTERFACE_LOOKS: Mapping[states.InterfaceState, Look] = _looks("interfaces", states.InterfaceState)
TASK_LOOKS: Mapping[TaskState, Look] = _looks("tasks", TaskState)
SILENT_LOOK = Look("Up - silent", *_SAID["nodes"]["Up - silent"])
"""A node without power that the cluster still believes to be Up."""
UNTOLD_LOOK = Look("to do", *_SAID["tasks"]["to do"])
"""A task that is not done, where the learner is to say whether it can be."""


def role_of_part(part: str) -> str:
    """Return the colour of a part of a time bar; where something goes on it is Pending."""
    roles: Mapping[str, str] = _SAID["parts"]
    return roles.get(part, roles.get(part.partition(" ")[0], PENDING))


HATCHES: Mapping[str, str] = _SAID["hatches"]  # hatching of bars by role, as plotly names it


class Theme(NamedTuple):
    """Colours for one background."""

    paper: str  # what figures are drawn for; they are transparent themselves
    ink: str
    muted: str  # less important text, axes and connections
    box: str  # inside of nodes and storage
    down: str  # inside of nodes that are Down
    grid: str  # faint lines
    edge: str  # borders of controls, three times as bright or as dark as what they stand on
    strokes: Mapping[str, str]  # outlines by role
    fills: Mapping[str, str]  # insides of cards and bars by role
    hatches: Mapping[str, str]  # by role, faint enough for text to be read over them
    older: str  # hatching of an older version that serves


THEMES: Mapping[str, Theme] = {name: Theme(**colors) for name, colors in _SAID["themes"].items()}
"""Colours of the light and of the dark theme of JupyterLab."""


def node_look(cluster: Cluster, node: str) -> tuple[Look, str]:
    """Return how *node* is shown and its state in words: "Up - silent 3.2 s"."""
    state = cluster.node_states[node]
    if node in cluster.silent_since and state is not states.NodeState.DOWN:
        return SILENT_LOOK, f"{SILENT_LOOK.word} {cluster.now_s - cluster.silent_since[node]:.1f} s"
    look = NODE_LOOKS[state]
    doing = "stopping" if node in cluster.stopping else cluster.starting.get(node, "")
    return look, f"{look.word}, {doing}" if doing else look.word
