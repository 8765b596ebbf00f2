"""The partitions of a design as a picture and a table: letters, volumes, and what moves together.

Every letter of the alphabet stands on top with who uses it; below, each group is a card with its
volumes. A volume is the unit of failover, so a card is what one failover takes along. Databases,
logs and maintenance volumes are a treemap: their areas are to each other as their sizes, all over
the picture. No rule is decided here.

Source: handbook 5, 5.2.2 to 5.2.4.
"""

import math
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence

import plotly.graph_objects as go

from clusterlab.design.sizing import MAX_NODES, Design
from clusterlab.design.storage import Carried, Content, Volume, carried, letters_for_evss
from clusterlab.lab.figures import drawing as dr
from clusterlab.lab.figures.palette import Theme
from clusterlab.lab.figures.still import Still, still
from clusterlab.rules.expressions import shown

GROUPS = "groups"  # kind of the traces that stand for groups, see `drawing.traces_of`
MOST_GROUPS = MAX_NODES + 1  # the Cluster Group, seven EVSs, MSDTC

MARGIN = 8.0
GAP = 5.0
HEAD_PX = 22.0
LETTER_PX = 36.0
LEAST_LETTER_PX = 48.0
LINE_PX = 16.5  # height of a line of text
STILL_PX = 1100  # width of still pictures

SCALED = ("database", "log", "maintenance")
"""Contents whose areas show their sizes, from left to right."""
BAND_AREA, LEAST_BAND_PX, MOST_BAND_PX = 100_000.0, 104.0, 168.0
"""The narrower the picture, the higher the volumes of an EVS: the area stays about the same."""
SMALL_BAND_PX, ASIDE_PX = 54.0, 92.0
"""Height of volumes that are not to scale, and their width where they stand beside others."""
SAMPLE_PX, MOST_SAMPLE_PX = 14.0, 150.0  # height of the sample of the scale, and how wide it may be
SAMPLES_GB = (1, 2, 5, 10, 20, 50, 100, 200, 500)

PAINTS: Mapping[Content, dr.Paint] = {
    "quorum": dr.Paint("", "#D55E00", 2.5),
    "MSDTC": dr.Paint("", "#6B7280", 2, "dot"),
    "queue": dr.Paint("", "#6B7280", 2),
    "log": dr.Paint("#F4DDEA", "#CC79A7", 2, "dash"),
    "database": dr.Paint("#D3E8F7", "#0072B2", 2),
    "maintenance": dr.Paint("#F9F5CC", "#9A8F00", 2, "dashdot"),
}
"""Empty where no area shows a size, else colours of Okabe and Ito; words say the same."""
DARK_FILLS = {"#F4DDEA": "#45243A", "#D3E8F7": "#0C3250", "#F9F5CC": "#3D3A0E"}
"""What fills stand for in the dark theme."""

FREE, LOCAL, MAPPED = "free", "local", "mapped"
"""Users of letters that no group uses; the last two are kept for others."""


def letters(made: Design) -> dict[str, str]:
    """Return who uses each letter of the alphabet, the same on every node (handbook 5, 5.2.3).

    Example:
        >>> from clusterlab.design.requirements import Requirements
        >>> from clusterlab.design.sizing import design
        >>> list(letters(design(Requirements())).values())[4:8]
        ['local', 'EVS1', 'EVS1', 'EVS1']
    """
    users = {
        letter: "quorum" if item.volumes[0].content == "quorum" else item.group
        for item in carried(made)
        for letter in item.letters
    }
    free = set(letters_for_evss(made.requirements))
    local = string.ascii_uppercase[: made.requirements.local_letters]
    return {
        letter: users.get(letter, FREE if letter in free else LOCAL if letter in local else MAPPED)
        for letter in string.ascii_uppercase
    }


_Tile = tuple[Volume, dr.Box]


class _Plan:
    def __init__(self, made: Design, width_px: float, opened: str = "") -> None:
        self.items = carried(made)
        self.opened = {opened} if opened else {item.group for item in self.items}
        self.letters = letters(made)
        self.width_px = width_px
        self.inner_px = width_px - 2 * MARGIN
        self.lines = min(3, math.ceil(26 * LEAST_LETTER_PX / self.inner_px))
        self.columns = -(-26 // self.lines)
        self.band_px = min(max(BAND_AREA / self.inner_px, LEAST_BAND_PX), MOST_BAND_PX)
        largest_gb = max(_scaled_gb(item) for item in self.items)
        self.px_per_gb = (self.inner_px - 3 * GAP - ASIDE_PX) / largest_gb
        self.scale_y = HEAD_PX + self.lines * (LETTER_PX + GAP) + HEAD_PX / 2
        self.cards: list[dr.Box] = []
        top = self.scale_y + HEAD_PX / 2
        for item in self.items:
            band_px = self.band_px if _scaled_gb(item) else SMALL_BAND_PX
            bottom = top + HEAD_PX + (band_px + GAP if item.group in self.opened else 0)
            self.cards.append(dr.Box(MARGIN, top, width_px - MARGIN, bottom))
            top = bottom + (GAP + 2 if item.group in self.opened else 3)
        self.height_px = top + MARGIN

    def letter_boxes(self) -> Iterator[tuple[str, str, dr.Box]]:
        """Yield each letter with its user and its box."""
        step = self.inner_px / self.columns
        for place, (letter, user) in enumerate(self.letters.items()):
            row, column = divmod(place, self.columns)
            left, top = MARGIN + column * step, HEAD_PX + row * (LETTER_PX + GAP)
            yield letter, user, dr.Box(left, top, left + step - 3, top + LETTER_PX)

    def tiles(self) -> Iterator[_Tile]:
        """Yield each volume that is seen with its tile, in the order of the design."""
        for item, card in zip(self.items, self.cards, strict=True):
            if item.group not in self.opened:
                continue
            places = {id(volume): box for volume, box in self._tiles_of(item, card)}
            yield from ((volume, places[id(volume)]) for volume in item.volumes)

    def _tiles_of(self, item: Carried, card: dr.Box) -> Iterator[_Tile]:
        left, top, bottom = card.left + GAP, card.top + HEAD_PX, card.bottom - GAP
        width_px = ASIDE_PX if _scaled_gb(item) else 2.5 * ASIDE_PX
        for volume in item.volumes:
            if volume.content not in SCALED:
                yield volume, dr.Box(left, top, left + width_px, top + SMALL_BAND_PX)
                left += width_px + GAP
        if gb := _scaled_gb(item):
            yield from _to_scale(item, dr.Box(left, top, left + self.px_per_gb * gb, bottom))

    @property
    def sample_gb(self) -> int:
        """The round number of GB that the sample of the scale shows."""
        return max((gb for gb in SAMPLES_GB if self._sample_px(gb) <= MOST_SAMPLE_PX), default=1)

    def _sample_px(self, gb: float) -> float:
        return gb * self.px_per_gb * self.band_px / SAMPLE_PX

    @property
    def sample(self) -> dr.Box:
        """A box as large as a volume of `sample_gb`."""
        top = self.scale_y - SAMPLE_PX / 2
        return dr.Box(MARGIN, top, MARGIN + self._sample_px(self.sample_gb), top + SAMPLE_PX)


def _scaled_gb(item: Carried) -> float:
    return _gb([volume for volume in item.volumes if volume.content in SCALED])


def _gb(found: Iterable[Volume]) -> float:
    return sum(volume.gb for volume in found)


def _to_scale(item: Carried, box: dr.Box) -> list[_Tile]:
    """Fill a box with the volumes whose areas show their sizes: databases left, others right."""
    blocks = [[v for v in item.volumes if v.content == content] for content in SCALED]
    databases, *others = filter(None, blocks)
    sizes = _gb(databases), sum(map(_gb, others))
    left, right = _cut(box, sizes, is_beside=True)
    ways = (_in_blocks(others, right, is_beside=is_beside) for is_beside in (True, False))
    return _arranged(databases, left) + _best(ways)


def _in_blocks(blocks: Sequence[Sequence[Volume]], box: dr.Box, *, is_beside: bool) -> list[_Tile]:
    parts = _cut(box, [_gb(block) for block in blocks], is_beside=is_beside)
    return [
        tile for block, part in zip(blocks, parts, strict=True) for tile in _arranged(block, part)
    ]


def _arranged(found: Sequence[Volume], box: dr.Box) -> list[_Tile]:
    """Fill a box with volumes, in as many rows as leaves them the most words."""
    return _best(_in_rows(found, box, -(-len(found) // rows)) for rows in range(1, len(found) + 1))


def _in_rows(found: Sequence[Volume], box: dr.Box, count: int) -> list[_Tile]:
    rows = [found[start : start + count] for start in range(0, len(found), count)]
    return [
        (volume, tile)
        for row, part in zip(rows, _cut(box, [_gb(row) for row in rows]), strict=True)
        for volume, tile in zip(row, _cut(part, [v.gb for v in row], is_beside=True), strict=True)
    ]


def _best(ways: Iterable[list[_Tile]]) -> list[_Tile]:
    """Return the way that leaves the volume with the fewest words the most of them."""
    return min(ways, key=lambda way: max(_words_for(volume, tile)[0] for volume, tile in way))


def _cut(box: dr.Box, sizes: Sequence[float], *, is_beside: bool = False) -> Iterator[dr.Box]:
    """Cut a box into parts whose areas are to each other as *sizes*, from the top or the left."""
    start = 0.0
    for size in sizes:
        end = start + size / sum(sizes)
        if is_beside:
            yield dr.Box(
                box.left + start * box.width, box.top, box.left + end * box.width, box.bottom
            )
        else:
            height = box.bottom - box.top
            yield dr.Box(box.left, box.top + start * height, box.right, box.top + end * height)
        start = end


def _words_for(volume: Volume, tile: dr.Box, least: int = 0) -> tuple[int, str]:
    """Return the most words that a tile has room for, and how many better choices there were."""
    ways = list(_ways(volume))
    for rank, lines in list(enumerate(ways))[least:]:
        is_high_enough = len(lines) * LINE_PX <= tile.bottom - tile.top
        if is_high_enough and max(map(dr.text_width_px, lines)) <= tile.width - 5:
            return rank, "<br>".join((f"<b>{lines[0]}</b>", *lines[1:]))
    return len(ways), ""


def _ways(volume: Volume) -> Iterator[tuple[str, ...]]:
    """Yield the lines that name a volume, from the most words to the fewest."""
    number = f" {volume.storage_group}" if volume.storage_group else ""
    kind = f"{volume.content}{number}"
    size = f"{volume.gb:,.0f} GB" if volume.gb >= 1 else f"{volume.gb:g} GB" if volume.gb else ""
    raid, disks = f"RAID {volume.raid}", f"{volume.disks} disks"
    short = volume.path[3:] if volume.is_mounted else f"{volume.letter}: {kind}"
    yield volume.path, kind, ", ".join(filter(None, (size, raid, disks)))
    yield f"{volume.path} {kind}", ", ".join(filter(None, (size, raid, disks)))
    yield tuple(filter(None, (volume.path, kind, size, f"{raid}, {disks}")))
    yield tuple(filter(None, (volume.path, kind, size, f"{raid} × {volume.disks}")))
    yield tuple(filter(None, (short, size, f"{raid} × {volume.disks}")))
    if size:
        yield short, size
        yield (f"{short} {size}",)
        yield kind, size
        yield (f"{kind}, {size}",)
        yield (kind,)
        yield (size,)


def partition_figure(
    made: Design, *, page: dr.Page = dr.PAGE, selected: str = "", opened: str = ""
) -> go.Figure:
    """Return the picture of a design's partitions; it has the same traces for every design.

    The group *selected* is marked as what moves together; volumes are drawn of the group *opened*
    alone, or of all.

    Example:
        >>> from clusterlab.design.requirements import Requirements
        >>> from clusterlab.design.sizing import design
        >>> figure = partition_figure(design(Requirements()))
        >>> [trace.meta["name"] for trace in figure.data if trace.meta and trace.meta["name"]]
        ['Cluster Group', 'EVS1']

    Source: handbook 5, 5.2.2.
    """
    colors = page.colors
    plan = _Plan(made, page.width_px, opened)
    tiles = list(plan.tiles())
    boxes = list(plan.letter_boxes())
    traces = [
        *_cards(plan, colors, selected),
        *_tile_traces(tiles, page),
        *_letter_traces(boxes, colors),
        dr.line_trace("scale", dr.rectangle(plan.sample), colors.ink, 1.5),
        dr.text_trace("volumes", _tile_labels(tiles), colors.ink),
        dr.text_trace("letters", _letter_labels(boxes), colors.ink),
        dr.text_trace("groups", _card_labels(plan, selected), colors.ink),
        dr.text_trace("left", _countdown(plan), colors.muted),
        dr.text_trace("heading", [_heading(made, plan), _scale(plan)], colors.ink),
    ]
    return dr.figure_of(traces, page, plan.height_px, partition_text(made, selected))


def partition_picture(made: Design, selected: str = "") -> Still:
    """Return the same as a still picture, as notebooks show it; *selected* is to be marked."""
    return still(partition_figure(made, page=dr.Page(STILL_PX), selected=selected), "Partitions")


def _cards(plan: _Plan, colors: Theme, selected: str) -> Iterator[dr.Trace]:
    for place in range(MOST_GROUPS):
        if place >= len(plan.items):
            nothing = dr.Paint(colors.box, colors.grid, 1.5)
            yield dr.area_trace(GROUPS, "", ([], []), nothing, " ")
            continue
        item = plan.items[place]
        is_selected = item.group == selected
        line, width_px = (colors.ink, 4.0) if is_selected else (colors.grid, 1.5)
        hover = "<br>".join((f"<b>{item.group}</b>: {item}", *map(_volume_words, item.volumes)))
        points = dr.outline(plan.cards[place], 6.0)
        yield dr.area_trace(GROUPS, item.group, points, dr.Paint(colors.box, line, width_px), hover)


def _volume_words(volume: Volume) -> str:
    size = f"{shown(round(volume.gb, 1))} GB, " if volume.gb else ""
    return f"{volume.path}  {volume.content}: {size}RAID {volume.raid}, {volume.disks} disks"


def _tile_traces(tiles: Sequence[_Tile], page: dr.Page) -> Iterator[dr.Trace]:
    for content, paint in PAINTS.items():
        # Each outline is drawn apart from that of its neighbour.
        boxes = [box.grown(-1.5) for volume, box in tiles if volume.content == content]
        fill = paint.fill if page.theme == "light" else DARK_FILLS.get(paint.fill, "")
        yield _filled(content, boxes, paint._replace(fill=fill or page.colors.paper))


def _filled(name: str, boxes: Iterable[dr.Box], paint: dr.Paint) -> dr.Trace:
    """Return several boxes of one look; the pointer does not notice them."""
    fill, color, width_px, dash = paint
    points = dr.joined(dr.outline(box, 4.0) for box in boxes)
    return dr.filled(dr.line_trace(f"boxes:{name}", points, color, width_px, dash), fill)


def _letter_traces(boxes: Sequence[tuple[str, str, dr.Box]], colors: Theme) -> Iterator[dr.Trace]:
    paints = {
        "used": dr.Paint(colors.fills["offline"], colors.ink, 2.0),
        FREE: dr.Paint(colors.paper, colors.muted, 1.5, "dot"),
        "kept": dr.Paint(colors.box, colors.grid, 1.5),
    }
    kinds = {FREE: FREE, LOCAL: "kept", MAPPED: "kept"}
    for kind, paint in paints.items():
        own = [box for _, user, box in boxes if kinds.get(user, "used") == kind]
        yield _filled(f"letters {kind}", own, paint)


def _tile_labels(tiles: Iterable[_Tile]) -> Iterator[dr.Label]:
    rows = list(tiles)
    ranks: dict[tuple[str, Content], int] = {}
    for volume, tile in rows:
        alike = volume.group, volume.content
        ranks[alike] = max(ranks.get(alike, 0), _words_for(volume, tile)[0])
    for volume, tile in rows:  # volumes of one kind say the same
        words = _words_for(volume, tile, ranks[volume.group, volume.content])[1]
        yield dr.Label(*tile.middle, words)


def _letter_labels(boxes: Iterable[tuple[str, str, dr.Box]]) -> Iterator[dr.Label]:
    for letter, user, box in boxes:
        shown_user = dr.first_that_fits((user, user.removeprefix("EVS")), box.width)
        yield dr.Label(*box.middle, f"<b>{letter}</b><br>{shown_user}")


def _card_labels(plan: _Plan, selected: str) -> Iterator[dr.Label]:
    for item, card in zip(plan.items, plan.cards, strict=True):
        room_px = card.width - dr.text_width_px(_left(item)) - 40
        mark = " moves as one:" if item.group == selected else ":"
        words = dr.first_that_fits(
            (
                f"{item.group}{mark} {item}",
                f"{item.group}{mark} {_counts(item)}, {item.mailboxes:,} mailboxes",
                f"{item.group}{mark} {_counts(item)}",
                item.group,
            ),
            room_px,
        )
        name, rest = item.group, words.removeprefix(item.group)
        yield dr.Label(
            card.left + 8, card.top + HEAD_PX / 2, f"<b>{name}</b>{rest}", "middle right"
        )


def _counts(item: Carried) -> str:
    return f"{len(item.volumes)} volumes, {item.disks} disks"


def _left(item: Carried) -> str:
    if item.letters_left < 0 or not item.mailboxes:
        return ""
    return f"{item.letters_left} letters left"


def _countdown(plan: _Plan) -> Iterator[dr.Label]:
    for item, card in zip(plan.items, plan.cards, strict=True):
        yield dr.Label(card.right - 8, card.top + HEAD_PX / 2, _left(item), "middle left")


def _heading(made: Design, plan: _Plan) -> dr.Label:
    free = list(plan.letters.values()).count(FREE)
    used = int(made["letters_used"])
    most = f"Drive letters, the same on every node: {used} used by EVSs, {free} free"
    words = (f"{most} ({_room(made, free)})", most, f"Letters: {used} used, {free} free")
    return dr.Label(MARGIN, 12.0, dr.first_that_fits(words, plan.inner_px), "middle right")


def _scale(plan: _Plan) -> dr.Label:
    size = f"= {plan.sample_gb} GB: areas show sizes"
    words = (f"{size} (queue, quorum and MSDTC are not to scale)", size, size.partition(":")[0])
    x = plan.sample.right + GAP
    return dr.Label(x, plan.scale_y, dr.first_that_fits(words, plan.width_px - x), "middle right")


def _room(made: Design, free: int) -> str:
    each = int(made["letters_used"]) // made.evs_count
    return f"{each} for each EVS: room for {free // each} more"


def partition_text(made: Design, selected: str = "") -> str:
    """Return in sentences what the picture shows."""
    items = carried(made)
    chosen = [item for item in items if not selected or item.group == selected]
    free = list(letters(made).values()).count(FREE)
    moves = ". ".join(f"At a failover {item.group} takes along {item}" for item in chosen)
    letter = "a letter for each volume"
    roots = made.requirements.roots_for_each_evs
    mounts = f"mount points under {roots} root{'s' if roots > 1 else ''} for each EVS"
    how = mounts if made.uses_mount_points else letter
    return f"Partitions with {how}, {free} letters free. {moves}."
