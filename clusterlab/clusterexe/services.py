"""What a line at the prompt asks for, and the lines of `net` that start and stop a service."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from clusterlab.cluster.events import Event, StartNode, StopClusterService
from clusterlab.cluster.model import Cluster
from clusterlab.clusterexe.listing import node_listing
from clusterlab.clusterexe.prompt import names_in, refuse, unquoted


def always(cluster: Cluster) -> bool:
    """Wait for nothing."""
    return True


class Order(NamedTuple):
    """What a line asks for.

    Attributes:
        answer: Returns what is printed, from the cluster at the moment the prompt returns.
        event: What is asked of the cluster; None if the line only looks.
        wait_s: Longest time until the prompt returns, simulated seconds.
        is_done: Whether what it waits for has come.
    """

    answer: Callable[[Cluster], str]
    event: Event | None = None
    wait_s: float = 0.0
    is_done: Callable[[Cluster], bool] = always


def service_order(cluster: Cluster, node: str, words: list[str]) -> Order:
    """Return what `net start clussvc /SWITCH NODES` or `net stop clussvc` asks of *node*."""
    asked = [unquoted(word).casefold() for word in words[:2]]
    if asked not in (["start", "clussvc"], ["stop", "clussvc"]):
        refuse("The lab knows net start clussvc and net stop clussvc.", "Type one of them.")
    if not node:
        nodes = ", ".join(f"{name}>" for name in cluster.config.nodes_by_name)
        refuse(
            "net start and net stop act on the node where they are typed.",
            f"Put its prompt in front: one of {nodes}.",
        )
    answer = partial(node_listing, name=node)
    if asked[0] == "stop":
        if words[2:]:
            refuse("net stop clussvc takes no switch.", "Leave it out.")
        return Order(answer, StopClusterService(node))
    switch, nodes_typed = _switch(words[2:])
    nodes_named = tuple(map(cluster.config.node_name, names_in(nodes_typed)))
    return Order(answer, StartNode(node, switch, nodes_named))


def _switch(words: list[str]) -> tuple[str, str]:
    """Return the start switch and its list of nodes, behind a space or a colon."""
    if not words:
        return "", ""
    name, _, value = words[0].partition(":")
    if not name.startswith("/") or len(words) > (1 if value else 2):
        refuse("A start has one switch.", "Type /SWITCH, or /forcequorum NODE1,NODE2.")
    return name[1:].casefold(), value or "".join(words[1:])
