"""Where everything stands in the picture of a cluster; nothing of how it looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from clusterlab.cluster.model import Cluster
from clusterlab.cluster.states import QuorumModel
from clusterlab.lab.drawing import Box, in_two_lines, text_width_px

FEW_NODES = 4
"""Up to this many the state of a node stands beside its name, with more below it."""
MARGIN = 10.0
QUORUM_PX = 148.0
"""Width of the box of a quorum that is no shared disk."""
BOLD = 1.08
"""How much wider bold letters are."""
FLAT_CARD_PX = 24.0
"""Height of a card whose state stands beside its name."""
WIDEST_NAME_PX = 96.0
"""Room for the name of a group beside its time bar."""


class Places:
    """Where everything stands, in pixels; a function of configuration and width alone."""

    def __init__(self, cluster: Cluster, width_px: float) -> None:
        config = cluster.config
        self.width_px = width_px
        self.nodes = [node.name for node in config.nodes]
        self.networks = [network.name for network in config.networks]
        self.core_group = config.core_group_name
        self.has_quorum_disk = config.quorum_model is QuorumModel.SHARED_DISK
        self.groups = config.served_groups
        is_few = len(self.nodes) <= FEW_NODES
        self.pitch = (width_px - 2 * MARGIN) / len(self.nodes)
        self.gap, self.inset = (20.0, 6.0) if is_few else (6.0, 3.0)
        self.head_px = 28.0 if is_few else 40.0
        self.card_width = self.pitch - self.gap - 2 * self.inset
        self.card_height = self._card_height(self.groups, len(self.groups) > FEW_NODES)
        self.row_px, self.bar_px = (30.0, 22.0) if len(self.groups) <= FEW_NODES else (25.0, 19.0)
        self.nodes_top = 14.0 + 22 * len(self.networks)
        cards_px = len(self.groups) * (self.card_height + 5)
        self.core_card_height = self._card_height([self.core_group], True)
        self.nodes_bottom = self.nodes_top + self.head_px + cards_px + self.core_card_height + 6
        self.storage_top = self.nodes_bottom + 16
        self.bars_top = self.storage_top + 44 + 34
        self.bars_bottom = self.bars_top + self.row_px * len(self.groups)
        self.height_px = self.bars_bottom + 26

    def _card_height(self, groups: Sequence[str], may_be_flat: bool) -> float:
        """Return the height of cards: name and state beside or below each other."""
        widest = max((text_width_px(group) * BOLD for group in groups), default=0.0)
        if may_be_flat and widest + text_width_px(" ◐ Pending") + 10 <= self.card_width:
            return FLAT_CARD_PX
        return 22.0 + 14 * max((len(self.name_lines(group)) for group in groups), default=1)

    def name_lines(self, group: str) -> list[str]:
        """Return the name of a group as it stands on a card, in one line or two."""
        return in_two_lines(group, (self.card_width - 10) / BOLD)

    def network_y(self, index: int) -> float:
        """Return the height of a network's line."""
        return 18.0 + 22 * index

    @cached_property
    def node_boxes(self) -> Mapping[str, Box]:
        """Outline of each node."""
        lefts = [MARGIN + self.gap / 2 + i * self.pitch for i in range(len(self.nodes))]
        return {
            node: Box(left, self.nodes_top, left + self.pitch - self.gap, self.nodes_bottom)
            for node, left in zip(self.nodes, lefts, strict=True)
        }

    def card_box(self, node: str, group: str) -> Box:
        """Return the place that *group* has on *node*."""
        box = self.node_boxes[node]
        left, right = box.left + self.inset, box.right - self.inset
        if group == self.core_group:
            return Box(left, box.bottom - self.core_card_height - 6, right, box.bottom - 6)
        top = box.top + self.head_px + self.groups.index(group) * (self.card_height + 5)
        return Box(left, top, right, top + self.card_height)

    def stub_x(self, node: str, index: int) -> float:
        """Return where a node is connected to the network of this *index*."""
        return self.node_boxes[node].right - 12 - 10 * index

    def network_room_px(self, index: int) -> float:
        """Return the room for the name above a network's line: up to the first cable beside it."""
        if index == 0:
            return self.width_px * 0.38  # nothing crosses it; the note stands at the right
        return self.stub_x(self.nodes[0], index - 1) - self.sides[0] - 4

    def storage_link(self, node: str) -> list[tuple[float, float]]:
        """Return the connection of a node to the storage, around the box of a quorum beside it."""
        x, top, place = self.node_boxes[node].middle[0], self.nodes_bottom, self.nodes.index(node)
        aside = self.storage_box.left + 10 + 6 * place
        if x >= self.storage_box.left + 4:
            return [(x, top), (x, self.storage_top)]
        return [(x, top), (x, top + 8), (aside, top + 8), (aside, self.storage_top)]

    @property
    def sides(self) -> tuple[float, float]:
        """Left and right end of networks, and of storage with the quorum."""
        return MARGIN + self.gap / 2, self.width_px - MARGIN - self.gap / 2

    @cached_property
    def storage_box(self) -> Box:
        """Outline of the shared storage; a quorum that is no shared disk stands left of it."""
        left, right = self.sides
        if not self.has_quorum_disk:
            left += QUORUM_PX + 8
        return Box(left, self.storage_top, right, self.storage_top + 44)

    def storage_cell(self, group: str) -> Box:
        """Return the place of the disks of *group*; the Cluster Group stands first."""
        box, names = self.storage_box, self.groups
        if self.has_quorum_disk:
            names = (self.core_group, *names)
        elif group == self.core_group:
            return Box(self.sides[0], box.top, self.sides[0] + QUORUM_PX, box.bottom)
        left = box.left + 50
        pitch = (box.right - left - 4) / len(names)
        left += names.index(group) * pitch
        return Box(left, box.top + 4, left + pitch - 4, box.bottom - 4)

    def bar_middle(self, group: str) -> float:
        """Return the height of the middle of a group's time bar."""
        return self.bars_top + self.row_px * (self.groups.index(group) + 0.5)

    @property
    def bar_ends(self) -> tuple[float, float]:
        """Left and right end of the time bars."""
        widest = max((text_width_px(name) * BOLD for name in self.groups), default=0.0)
        left = MARGIN + min(widest, WIDEST_NAME_PX) + 24
        return left, self.width_px - MARGIN - 112
