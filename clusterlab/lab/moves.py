"""Where each group came from: an arrow from its last owner, drawn and in words.

Each group has a row of its own in the picture, so an arrow crosses no other card.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from clusterlab.cluster.model import Cluster
from clusterlab.cluster.outages import ONLINE, Span, service_part
from clusterlab.lab.drawing import (
    Label,
    Trace,
    escape_text,
    first_that_fits,
    in_seconds,
    line_trace,
    polylines,
    shortened,
    text_trace,
)
from clusterlab.lab.palette import Theme
from clusterlab.lab.places import FLAT_CARD_PX, Places


class Move(NamedTuple):
    """A change of owner: which group, from which node to which, and when."""

    group: str
    source: str
    target: str
    at_s: float


def last_moves(cluster: Cluster, spans: Mapping[str, Sequence[Span]]) -> list[Move]:
    """Return the last move of each group that has moved between nodes that are still there.

    Args:
        cluster: The cluster at the moment shown.
        spans: For each group what it went through until then.
    """
    moves = []
    for group in cluster.config.groups_by_name:
        hops = [pair for pair in pairwise(spans.get(group, ())) if pair[0].node != pair[1].node]
        if hops:
            left, entered = hops[-1]
            moves.append(Move(group, left.node, entered.node, entered.start_s))
    nodes = cluster.config.nodes_by_name
    return [move for move in moves if move.source in nodes and move.target in nodes]


def move_sentence(move: Move) -> str:
    """Return a move in words."""
    return f"{move.group} left {move.source} for {move.target} at {in_seconds(move.at_s)}."


def move_traces(
    cluster: Cluster, moves: Iterable[Move], places: Places, colors: Theme
) -> list[Trace]:
    """Draw an arrow for each move, dark until the group serves again; always four traces.

    A dotted outline with the time stands where the group was.
    """
    ghosts: list[list[tuple[float, float]]] = []
    labels: list[Label] = []
    now: list[list[tuple[float, float]]] = []
    before: list[list[tuple[float, float]]] = []
    for move in moves:
        box = places.card_box(move.source, move.group)
        left, top, right, bottom = box
        ghosts.append([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)])
        labels.append(Label(box.middle[0], box.middle[1] + 1.5, _ghost_text(move, places)))
        is_over = service_part(cluster, move.group) == ONLINE
        (before if is_over else now).extend(_arrow(move, places))
    return [
        line_trace("places left", polylines(ghosts), colors.muted, 1, "dot"),
        line_trace("moves before", polylines(before), colors.muted, 1.5),
        line_trace("moves now", polylines(now), colors.ink, 2.5),
        text_trace("left at", labels, colors.ink),
    ]


def _arrow(move: Move, places: Places) -> list[list[tuple[float, float]]]:
    """Return shaft and head of an arrow between the places of a group on two nodes."""
    source, target = (places.card_box(node, move.group) for node in (move.source, move.target))
    y, is_right = source.middle[1], source.left < target.left
    start, end = (source.right, target.left - 3) if is_right else (source.left, target.right + 3)
    back = end - 8 if is_right else end + 8
    return [[(start, y), (end, y)], [(back, y - 5), (end, y), (back, y + 5)]]


def _ghost_text(move: Move, places: Places) -> str:
    room, time = places.card_width - 8, in_seconds(move.at_s)
    if places.card_height <= FLAT_CARD_PX:
        words = (f"{move.group} left at {time}", f"left at {time}", "left")
        return escape_text(first_that_fits(words, room))
    when = first_that_fits((f"left at {time}", f"left {time}", time, "left"), room)
    return f"{escape_text(shortened(move.group, room))}<br>{when}"
