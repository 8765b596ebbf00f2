"""What a line at the prompt asks for, and the lines of `net` that start and stop a service."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from clusterlab.cluster.errors import ConfigError, OperationRefused, refuse_as
from clusterlab.cluster.events import Event, StartNode, StopClusterService
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.properties import STORED
from clusterlab.clusterexe.listing import node_listing
from clusterlab.clusterexe.prompt import TypedOption, names_in, refuse, unquoted


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


def refusal_text(error: OperationRefused | ConfigError) -> str:
    """Return how the prompt shows a refusal.

    Example:
        >>> print(refusal_text(OperationRefused(5058, because="N1 is Up.", remedy="Pause it.")))
        System error 5058 has occurred (0x000013c2).
        5058: the node is not paused. N1 is Up. Pause it.
    """
    if isinstance(error, OperationRefused):
        code = error.code
        is_number = isinstance(code, int)
        head = f"System error {code} has occurred (0x{code:08x}).\n" if is_number else ""
        return head + error.message
    text = str(error)
    for key, prop in STORED.items():
        text = re.sub(rf"\b{key}\b", prop.name, text)
    return f"Not possible: {text}."


class Asked(NamedTuple):
    """A line whose names were looked up; *name* is "" for all things of its kind."""

    cluster: Cluster
    kind: str
    name: str
    option: TypedOption
    others: Mapping[str, TypedOption]

    @property
    def named(self) -> str:
        """The name, which must be there."""
        if not self.name:
            refuse(f"/{self.option.name} needs a name.", f"Type cluster {self.kind} NAME first.")
        return self.name

    @property
    def value(self) -> str:
        """What follows the colon of the option, which must be there."""
        if not self.option.text:
            refuse(f"/{self.option.name} needs a name.", f"Type /{self.option.name}:NAME.")
        return self.option.text

    @property
    def subject(self) -> str:
        """The name for an event; a resource called like a group goes by its path."""
        config, name = self.cluster.config, self.named
        if self.kind == "resource" and config.kind_of(name) == "group":
            return f"{config.resources_by_name[name].group}/{name}"
        return name

    @property
    def sides(self) -> tuple[str | None, str | None]:
        """The node and the network that are named beside the option; of an interface both."""
        config, others = self.cluster.config, self.others
        for name in ("node", "network"):
            if name in others and not others[name].text:
                refuse(f"/{name} needs a name.", f"Type /{name}:NAME.")
        if self.kind == "netinterface" and len({"node", "network"} & set(others)) == 1:
            refuse("An interface has both, a node and a network.", "Name both, or neither.")
        node = config.node_name(others["node"].text) if "node" in others else None
        network = config.network_name(others["network"].text) if "network" in others else None
        return node, network


def service_order(cluster: Cluster, node: str, words: list[str]) -> Order:
    """Return what `net start clussvc /SWITCH NODES` or `net stop clussvc` asks of *node*."""
    asked = [unquoted(word).casefold() for word in words[:2]]
    if asked not in (["start", "clussvc"], ["stop", "clussvc"]):
        refuse("The lab knows net start clussvc and net stop clussvc.", "Type one of them.")
    if not node:
        refuse_as("typed nowhere", ", ".join(f"{name}>" for name in cluster.config.nodes_by_name))
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
