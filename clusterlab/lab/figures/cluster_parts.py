"""The picture of a cluster in parts: where everything stands, and what nodes share.

What nodes share are networks with their cables, the quorum and the disks; it is drawn and said in
words. A cable that is pulled is a broken line with a mark, a lost network a dashed one with the
word "down", a disk that cannot be reached says so in its cell. A majority node set and a local
quorum are no shared storage: they have a box of their own beside it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from clusterlab.cluster.model import Cluster
from clusterlab.cluster.networks import interface_state, members
from clusterlab.cluster.quorum import has_witness, voters, votes_by_site, votes_needed
from clusterlab.cluster.states import NetworkRole, NodeState, QuorumModel
from clusterlab.lab.figures import drawing as dr
from clusterlab.lab.figures.palette import FAILED, Theme

FEW_NODES = 4  # up to this many the state of a node stands beside its name, with more below it
MARGIN = 10.0
QUORUM_PX = 148.0  # width of the box of a quorum that is no shared disk
BOLD = 1.08  # how much wider bold letters are
FLAT_CARD_PX = 24.0  # height of a card whose state stands beside its name
WIDEST_NAME_PX = 96.0  # room for the name of a group beside its time bar


class Places:
    """Where everything stands, in pixels; a function of configuration, width and lowness alone."""

    def __init__(self, cluster: Cluster, width_px: float, is_low: bool = False) -> None:
        config = cluster.config
        self.width_px = width_px
        self.nodes = [node.name for node in config.nodes]
        self.networks = [network.name for network in config.networks]
        self.core_group = config.core_group_name
        self.has_quorum_disk = config.quorum_model is QuorumModel.SHARED_DISK
        self.groups = config.served_groups
        is_few = len(self.nodes) <= FEW_NODES
        self.pitch = (width_px - 2 * MARGIN) / len(self.nodes)
        few = (10.0, 3.0) if is_low else (20.0, 6.0)
        self.gap, self.inset = few if is_few else (6.0, 3.0)
        self.site_px = 14.0 if config.sites else 0.0
        head = max((dr.text_width_px(f"{name}  ") * BOLD for name in self.nodes), default=0.0)
        is_narrow = head + dr.text_width_px("✕ Down") + 12 > self.pitch - self.gap
        self.has_flat_heads = is_few and not (is_low and is_narrow)
        self.head_px = (28.0 if self.has_flat_heads else 40.0) + self.site_px
        self.card_width = self.pitch - self.gap - 2 * self.inset
        is_tight = is_low or len(self.groups) > FEW_NODES
        self.card_height = self._card_height(self.groups, is_tight)
        self.row_px, self.bar_px = (25.0, 19.0) if is_tight else (30.0, 22.0)
        self.nodes_top = 14.0 + 22 * len(self.networks)
        cards_px = len(self.groups) * (self.card_height + 5)
        self.core_card_height = self._card_height([self.core_group], True)
        self.nodes_bottom = self.nodes_top + self.head_px + cards_px + self.core_card_height + 6
        storage_gap, bars_gap, axis_px = (9.0, 26.0, 22.0) if is_low else (16.0, 34.0, 26.0)
        self.storage_top = self.nodes_bottom + storage_gap
        self.bars_top = self.storage_top + 44 + bars_gap
        self.bars_bottom = self.bars_top + self.row_px * len(self.groups)
        self.height_px = self.bars_bottom + axis_px

    def _card_height(self, groups: Sequence[str], may_be_flat: bool) -> float:
        """Return the height of cards: name and state beside or below each other."""
        widest = max((dr.text_width_px(group) * BOLD for group in groups), default=0.0)
        if may_be_flat and widest + dr.text_width_px(" ◐ Pending") + 10 <= self.card_width:
            return FLAT_CARD_PX
        return 22.0 + 14 * max((len(self.name_lines(group)) for group in groups), default=1)

    def name_lines(self, group: str) -> list[str]:
        """Return the name of a group as it stands on a card, in one line or two."""
        return dr.in_two_lines(group, (self.card_width - 10) / BOLD)

    def network_y(self, index: int) -> float:
        """Return the height of a network's line."""
        return 18.0 + 22 * index

    @cached_property
    def node_boxes(self) -> Mapping[str, dr.Box]:
        """Outline of each node."""
        lefts = [MARGIN + self.gap / 2 + i * self.pitch for i in range(len(self.nodes))]
        return {
            node: dr.Box(left, self.nodes_top, left + self.pitch - self.gap, self.nodes_bottom)
            for node, left in zip(self.nodes, lefts, strict=True)
        }

    def card_box(self, node: str, group: str) -> dr.Box:
        """Return the place that *group* has on *node*."""
        box = self.node_boxes[node]
        left, right = box.left + self.inset, box.right - self.inset
        if group == self.core_group:
            return dr.Box(left, box.bottom - self.core_card_height - 6, right, box.bottom - 6)
        top = box.top + self.head_px + self.groups.index(group) * (self.card_height + 5)
        return dr.Box(left, top, right, top + self.card_height)

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
    def storage_box(self) -> dr.Box:
        """Outline of the shared storage; a quorum that is no shared disk stands left of it."""
        left, right = self.sides
        if not self.has_quorum_disk:
            left += QUORUM_PX + 8
        return dr.Box(left, self.storage_top, right, self.storage_top + 44)

    def storage_cell(self, group: str) -> dr.Box:
        """Return the place of the disks of *group*; the Cluster Group stands first."""
        box, names = self.storage_box, self.groups
        if self.has_quorum_disk:
            names = (self.core_group, *names)
        elif group == self.core_group:
            return dr.Box(self.sides[0], box.top, self.sides[0] + QUORUM_PX, box.bottom)
        left = box.left + 50
        pitch = (box.right - left - 4) / len(names)
        left += names.index(group) * pitch
        return dr.Box(left, box.top + 4, left + pitch - 4, box.bottom - 4)

    @property
    def bar_ends(self) -> tuple[float, float]:
        """Left and right end of the time bars."""
        widest = max((dr.text_width_px(name) * BOLD for name in self.groups), default=0.0)
        left = MARGIN + min(widest, WIDEST_NAME_PX) + 24
        return left, self.width_px - MARGIN - 142


STORAGE = "storage"  # kind of the traces of the quorum and of disks; see `drawing.traces_of`

_ROLES = {
    NetworkRole.NONE: "unused",
    NetworkRole.INTERNAL: "cluster only",
    NetworkRole.CLIENT: "clients only",
    NetworkRole.ALL: "mixed",
}
Line = list[tuple[float, float]]


# --- networks ---------------------------------------------------------------------------------


def wires(cluster: Cluster, places: Places, colors: Theme) -> list[dr.Trace]:
    """Draw networks and the connections of each node, dotted where it has no power."""
    left, right = places.sides
    nets = [(places.network_y(i), network) for i, network in enumerate(cluster.config.networks)]
    lost = cluster.lost_networks
    working = dr.polylines([(left, y), (right, y)] for y, net in nets if net.name not in lost)
    dead = dr.polylines([(left, y), (right, y)] for y, net in nets if net.name in lost)
    whole, unpowered, cut = _cables(cluster, places)
    labels = [
        dr.Label(left, y - 8, _network_words(cluster, places, index), "middle right")
        for index, (y, _) in enumerate(nets)
    ]
    return [
        dr.line_trace("links", dr.polylines(whole), colors.muted, 1.5),
        dr.line_trace(
            "links of nodes that are Down", dr.polylines(unpowered), colors.muted, 1.5, "dot"
        ),
        dr.line_trace("links that are cut", dr.polylines(cut), colors.strokes[FAILED], 1.5),
        dr.line_trace("networks", working, colors.muted, 3),
        dr.line_trace("networks that are down", dead, colors.strokes[FAILED], 3, "dash"),
        dr.text_trace("network names", labels, colors.ink),
        _marks(cluster, places, colors),
    ]


def _network_words(cluster: Cluster, places: Places, index: int) -> str:
    network = cluster.config.networks[index]
    room = places.network_room_px(index)
    down = " ✕ down" if network.name in cluster.lost_networks else ""
    full = f"{network.name} ({_ROLES[network.role]}){down}"
    short = f"{dr.shortened(network.name, room - dr.text_width_px(down))}{down}"
    return dr.escape_text(dr.first_that_fits((full, short), room))


def _cables(cluster: Cluster, places: Places) -> tuple[list[Line], list[Line], list[Line]]:
    """Return the whole lines, those of nodes that are Down, and those with a gap."""
    whole: list[Line] = []
    unpowered: list[Line] = []
    cut: list[Line] = []
    for node in places.nodes:
        is_down = cluster.node_states[node] is NodeState.DOWN
        intact = unpowered if is_down else whole
        for index, network in enumerate(places.networks):
            x, y = places.stub_x(node, index), places.network_y(index)
            if (node, network) in cluster.cut:
                cut += [[(x, y), (x, y + 5)], [(x, y + 17), (x, places.nodes_top)]]
            else:
                intact.append([(x, y), (x, places.nodes_top)])
        intact.append(places.storage_link(node))
    return whole, unpowered, cut


def _marks(cluster: Cluster, places: Places, colors: Theme) -> dr.Trace:
    """Draw ✕ into the gap of each pulled cable; the pointer finds words on every cable."""
    pairs = [(node, i, net) for node in places.nodes for i, net in enumerate(places.networks)]
    labels = [
        dr.Label(
            places.stub_x(node, index),
            places.network_y(index) + 11,
            "<b>✕</b>" if (node, network) in cluster.cut else "",
        )
        for node, index, network in pairs
    ]
    words = [dr.escape_text(_interface_words(cluster, node, network)) for node, _, network in pairs]
    trace = dr.text_trace("interfaces", labels, colors.ink)
    return trace | {"hoverinfo": "text", "hovertext": words}


def _interface_words(cluster: Cluster, node: str, network: str) -> str:
    """Return the cable of a node in words: "NODE2 on Public: cable pulled, interface Failed"."""
    cable = "cable pulled, " if (node, network) in cluster.cut else ""
    return f"{node} on {network}: {cable}interface {interface_state(cluster, node, network).value}"


# --- quorum and storage -----------------------------------------------------------------------


def storage(
    cluster: Cluster, places: Places, colors: Theme, hidden: Collection[str]
) -> Iterator[dr.Trace]:
    """Draw the shared storage with a cell for each group, and the quorum."""
    box = places.storage_box
    yield dr.filled(dr.line_trace("storage", dr.outline(box), colors.muted, 1.5), colors.box)
    labels = [dr.Label(box.left + 6, box.middle[1], "Shared<br>storage", "middle right")]
    for group in (places.core_group, *places.groups):
        cell = places.storage_cell(group)
        owner = "?" if group in hidden else cluster.owners[group]
        room = cell.width - 4
        lines = _cell_lines(cluster, group, owner, room)
        text = "<br>".join(dr.escape_text(dr.shortened(line, room)) for line in lines)
        labels.append(dr.Label(*cell.middle, text))
        hover = _cell_hover(cluster, group, owner)
        yield dr.area_trace(
            STORAGE, group, dr.outline(cell, 3), _paint(cluster, group, colors), hover
        )
    yield dr.text_trace("storage labels", labels, colors.ink)


def _cell_lines(cluster: Cluster, group: str, owner: str, room_px: float) -> tuple[str, str]:
    config = cluster.config
    if group != config.quorum_group:
        return _disk_cell(cluster, group, room_px), _belongs(group, owner, room_px)
    words, whose = _quorum_lines(cluster, owner, room_px)
    is_core = group == config.core_group_name
    return words, whose if is_core else _belongs(group, owner, room_px)


def _belongs(group: str, owner: str, room_px: float) -> str:
    """Return whose disks they are and where; only whose where it is narrow: cards say where."""
    return dr.first_that_fits((f"{group} ▸ {owner}", f"{group}▸{owner}", group), room_px)


def _paint(cluster: Cluster, group: str, colors: Theme) -> dr.Paint:
    if any(_is_lost(cluster, disk) for disk in _disks(cluster, group)):
        return dr.Paint(colors.box, colors.strokes[FAILED], 2.0, "dash")
    is_quorum = group == cluster.config.quorum_group
    return dr.Paint(colors.box, *((colors.ink, 2.0) if is_quorum else (colors.grid, 1.0)))


def _quorum_lines(cluster: Cluster, owner: str, room_px: float) -> tuple[str, str]:
    """Return the quorum in two lines: "Q: quorum", "▸ NODE1"."""
    match cluster.config.quorum_model:
        case QuorumModel.MAJORITY:
            return "Majority Node Set", _votes(cluster, room_px)
        case QuorumModel.LOCAL:
            return "Local Quorum", f"▸ {owner}"
    return f"{_disk_cell(cluster, cluster.config.quorum_group, room_px - 40)} quorum", f"▸ {owner}"


def _votes(cluster: Cluster, room_px: float) -> str:
    """Return how many nodes count, are there and are needed: "3 of 3 Up, 2 needed"."""
    counted = voters(cluster)
    present = len(set(members(cluster)).intersection(counted))
    needed = f"{votes_needed(cluster)} needed"
    witness = " and a witness" if has_witness(cluster) else ""
    words = f"{present} of {len(counted)} Up{witness}, {needed}"
    return dr.first_that_fits((words, needed), room_px)


def _disks(cluster: Cluster, group: str) -> list[str]:
    return [
        resource.name
        for resource in cluster.config.members[group]
        if resource.type.quorum_model is QuorumModel.SHARED_DISK
    ]


def _is_lost(cluster: Cluster, disk: str) -> bool:
    group = cluster.config.resources_by_name[disk].group
    return not cluster.can_reach_disk(disk, cluster.owners[group])


def _letter(disk: str) -> str:
    return disk.removeprefix("Disk ")


def disk_words(cluster: Cluster, group: str, lost: str = "") -> str:
    """Return the disks of *group* in short, "R: S:", with *lost* after those out of reach."""
    disks = [(_letter(disk), _is_lost(cluster, disk)) for disk in _disks(cluster, group)]
    words = [f"{letter}{lost if is_lost else ''}" for letter, is_lost in disks]
    has_words = len(lost) > 1 and any(is_lost for _, is_lost in disks)
    return (", " if has_words else " ").join(words) or "no disk"


def _disk_cell(cluster: Cluster, group: str, room_px: float) -> str:
    """Return the disks of *group* with what is lost as a word, or as a mark where it is narrow."""
    candidates = (disk_words(cluster, group, " lost"), disk_words(cluster, group, "✕"))
    return dr.first_that_fits(candidates, room_px)


def _cell_hover(cluster: Cluster, group: str, owner: str) -> str:
    head = f"<b>{dr.escape_text(disk_words(cluster, group))}</b> of {dr.escape_text(group)}"
    if group == cluster.config.quorum_group:
        head = f"<b>{dr.escape_text(cluster.config.quorum)}</b>, the quorum"
        if cluster.config.quorum_model is QuorumModel.MAJORITY:
            head += f"<br>{_votes(cluster, 1000)}"
    lost = [dr.escape_text(text) for text in _lost_disks(cluster, _disks(cluster, group))]
    return "<br>".join([head, f"belongs to {dr.escape_text(owner)}", *lost])


def _lost_disks(cluster: Cluster, disks: Iterable[str]) -> list[str]:
    return [
        f"{disk} is out of reach of {where or 'every node'}"
        for disk in disks
        for name, where in sorted(cluster.lost_disks)
        if name == disk
    ]


# --- in words ---------------------------------------------------------------------------------


def quorum_sentence(cluster: Cluster) -> str:
    """Return the quorum in a sentence: "Quorum disk Q: belongs to NODE1."."""
    config = cluster.config
    owner = cluster.owners[config.quorum_group]
    match config.quorum_model:
        case QuorumModel.MAJORITY:
            votes = f"Majority Node Set: {_votes(cluster, 1000)}; it belongs to {owner}."
            return f"{votes} {votes_by_site(cluster)}".rstrip()
        case QuorumModel.LOCAL:
            return f"The local quorum belongs to {owner}."
    return f"Quorum disk {_letter(config.quorum)} belongs to {owner}."


def fault_sentences(cluster: Cluster) -> list[str]:
    """Return in sentences which networks, cables and disks are broken."""
    networks = [network.name for network in cluster.config.networks]
    sentences = [
        f"Network {network} is down." for network in networks if network in cluster.lost_networks
    ]
    for node in cluster.config.nodes_by_name:
        cut: Sequence[str] = [network for network in networks if (node, network) in cluster.cut]
        if cut:
            sentences.append(f"The cable of {node} is pulled out of {' and '.join(cut)}.")
    disks = [resource.name for resource in cluster.config.resources]
    return sentences + [f"{text}." for text in _lost_disks(cluster, disks)]
