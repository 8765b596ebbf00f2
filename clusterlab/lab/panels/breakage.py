"""The controls of what breaks besides nodes: networks, cables, the quorum disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import ipywidgets as w

from clusterlab.cluster.events import (
    DiskLost,
    DiskRestored,
    Event,
    InterfaceLost,
    InterfaceRestored,
    NetworkLost,
    NetworkRestored,
)
from clusterlab.cluster.model import ClusterConfig
from clusterlab.cluster.states import QuorumModel
from clusterlab.lab.panels.parts import button, chooser


class Part(NamedTuple):
    """Something that breaks, and how it is mended."""

    breaks: Event
    mends: Event


def parts_of(config: ClusterConfig) -> dict[str, Part]:
    """Return what can break in a cluster besides nodes, by what a chooser says.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> list(parts_of(exchange_cluster(active=1).config))[:4]
        ['network Private', 'network Public', 'quorum Disk Q:', 'cable NODE1 - Private']
    """
    return dict(_parts(config))


def _parts(config: ClusterConfig) -> Iterator[tuple[str, Part]]:
    networks, quorum = [network.name for network in config.networks], config.quorum
    has_disk = config.quorum_model is QuorumModel.SHARED_DISK
    for network in networks:
        yield f"network {network}", Part(NetworkLost(network), NetworkRestored(network))
    if has_disk:
        yield f"quorum {quorum}", Part(DiskLost(quorum), DiskRestored(quorum))
    for node in config.nodes_by_name:
        for network in networks:
            cable = Part(InterfaceLost(node, network), InterfaceRestored(node, network))
            yield f"cable {node} - {network}", cable
        yield f"all cables of {node}", Part(InterfaceLost(node), InterfaceRestored(node))
        if has_disk:
            path = Part(DiskLost(quorum, node), DiskRestored(quorum))
            yield f"path {node} - {quorum}", path


class BreakageControls(w.Box):
    """A chooser of what breaks, and two buttons: break it, mend it.

    Args:
        config: Says what there is.
        send: Called with what happens.

    Attributes:
        chooser: What the buttons are about.
        buttons: "break" and "mend".
    """

    def __init__(self, config: ClusterConfig, send: Callable[[Event], None]) -> None:
        self._parts: Mapping[str, Part] = parts_of(config)
        self.chooser = chooser(
            "Cables and disks", self._parts, lambda: None, "What breaks or is mended", "330px"
        )
        self.chooser.style.description_width = "110px"
        self.buttons = {
            "break": button("Break", "Pull the cable, lose the network or the disk",
                            lambda: send(self._chosen.breaks)),
            "mend": button("Mend", "Let it work again", lambda: send(self._chosen.mends)),
        }  # fmt: skip
        layout = w.Layout(display="flex", flex_flow="row wrap", margin="6px 0 0")
        super().__init__([self.chooser, *self.buttons.values()], layout=layout)
        self.add_class("clusterlab-row")

    @property
    def _chosen(self) -> Part:
        return self._parts[self.chooser.value]
