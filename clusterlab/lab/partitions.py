"""The partitions of a design as a picture and a table: letters, volumes, and what moves together.

Every letter of the alphabet stands on top with who uses it; below, each group is a card with its
volumes. A volume is the unit of failover, so a card is what one failover takes along. No rule is
decided here.

Source: handbook 5, 5.2.2 to 5.2.4.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from clusterlab.design.figures import shown
from clusterlab.design.sizing import MAX_NODES, Design
from clusterlab.design.storage import Carried, Content, Volume, carried, letters_for_evss
from clusterlab.lab.drawing import (
    Box,
    Label,
    Paint,
    Points,
    Trace,
    area_trace,
    figure_of,
    first_that_fits,
    line_trace,
    outline,
    text_trace,
    text_width_px,
    theme_named,
)
from clusterlab.lab.palette import Theme
from clusterlab.lab.still import Still, still

GROUPS = "groups"
"""Kind of the traces that stand for groups, see `diagrams.traces_of`."""
MOST_GROUPS = MAX_NODES + 1
"""The Cluster Group, seven EVSs, MSDTC."""

MARGIN = 8.0
GAP = 5.0
HEAD_PX = 24.0
TILE_PX = 60.0
LEAST_TILE_PX = 98.0
MOST_TILE_PX = 200.0
LETTER_PX = 40.0
LEAST_LETTER_PX = 46.0
STILL_PX = 1100
"""Width of still pictures: the ten volumes of an EVS stand in one row."""


class _Look(NamedTuple):
    """How volumes of one content are drawn: fill and outline by theme, dash and width."""

    fills: Mapping[str, str]
    line: str
    dash: str
    width_px: float


LOOKS: Mapping[Content, _Look] = {
    Content.QUORUM: _Look({"light": "#FFFFFF", "dark": "#111111"}, "#D55E00", "solid", 2.5),
    Content.MSDTC: _Look({"light": "#FFFFFF", "dark": "#111111"}, "#6B7280", "dot", 2),
    Content.QUEUE: _Look({"light": "#E3E5E9", "dark": "#2E3238"}, "#6B7280", "solid", 2),
    Content.LOG: _Look({"light": "#F4DDEA", "dark": "#45243A"}, "#CC79A7", "dash", 2),
    Content.DATABASE: _Look({"light": "#D3E8F7", "dark": "#0C3250"}, "#0072B2", "solid", 2),
    Content.MAINTENANCE: _Look({"light": "#F9F5CC", "dark": "#3D3A0E"}, "#9A8F00", "dashdot", 2),
}
"""Colours of Okabe and Ito, none of which is a colour of a state; words say the same."""

USED, FREE, KEPT = "used", "free", "kept"


class Letter(NamedTuple):
    """A drive letter and who uses it; *kind* is `USED`, `FREE` or `KEPT`."""

    letter: str
    user: str
    kind: str


def letters(made: Design) -> tuple[Letter, ...]:
    """Return the whole alphabet with who uses each letter on every node.

    Example:
        >>> from clusterlab.design.requirements import Requirements
        >>> from clusterlab.design.sizing import design
        >>> [letter.user for letter in letters(design(Requirements()))][4:8]
        ['local', 'EVS1', 'EVS1', 'EVS1']

    Source: handbook 5, 5.2.3.
    """
    users = {
        letter: "quorum" if item.volumes[0].content is Content.QUORUM else item.group
        for item in carried(made)
        for letter in item.letters
    }
    free = set(letters_for_evss(made.requirements))
    found = []
    for place, letter in enumerate(string.ascii_uppercase):
        if letter in users:
            found.append(Letter(letter, users[letter], USED))
        elif letter in free:
            found.append(Letter(letter, "free", FREE))
        else:
            is_local = place < made.requirements.local_letters
            found.append(Letter(letter, "local" if is_local else "mapped", KEPT))
    return tuple(found)


class _Plan:
    """Where letters, cards and tiles stand; a function of the design and the width."""

    def __init__(self, made: Design, width_px: float) -> None:
        self.items = carried(made)
        self.letters = letters(made)
        self.width_px = width_px
        self.inner_px = width_px - 2 * MARGIN
        self.lines = 1 if self.inner_px / 26 >= LEAST_LETTER_PX else 2
        self.columns = -(-26 // self.lines)
        self.cards: list[Box] = []
        top = HEAD_PX + self.lines * (LETTER_PX + GAP) + GAP
        for item in self.items:
            rows = -(-len(item.volumes) // self.tiles_in_a_row(len(item.volumes)))
            bottom = top + HEAD_PX + rows * (TILE_PX + GAP) + GAP
            self.cards.append(Box(MARGIN, top, width_px - MARGIN, bottom))
            top = bottom + GAP + 2
        self.height_px = top + MARGIN

    def tiles_in_a_row(self, count: int) -> int:
        """Return how many tiles stand beside each other, evenly over as few rows as possible."""
        most = max(1, int((self.inner_px - GAP) // LEAST_TILE_PX))
        return -(-count // -(-count // most))

    def letter_boxes(self) -> Iterator[tuple[Letter, Box]]:
        """Yield each letter with its box."""
        step = self.inner_px / self.columns
        for place, letter in enumerate(self.letters):
            row, column = divmod(place, self.columns)
            left, top = MARGIN + column * step, HEAD_PX + row * (LETTER_PX + GAP)
            yield letter, Box(left, top, left + step - 3, top + LETTER_PX)

    def tiles(self) -> Iterator[tuple[Volume, Box]]:
        """Yield each volume with its tile."""
        for item, card in zip(self.items, self.cards, strict=True):
            columns = self.tiles_in_a_row(len(item.volumes))
            step = min((card.width - GAP) / columns, MOST_TILE_PX)
            for place, volume in enumerate(item.volumes):
                row, column = divmod(place, columns)
                left = card.left + GAP + column * step
                top = card.top + HEAD_PX + row * (TILE_PX + GAP)
                yield volume, Box(left, top, left + step - GAP, top + TILE_PX)


def partition_figure(
    made: Design, *, theme: str = "light", width_px: int = 1000, selected: str = ""
) -> go.Figure:
    """Return the picture of a design's partitions; it has the same traces for every design.

    Args:
        made: The design.
        theme: "light" or "dark".
        width_px: Width it is shown at.
        selected: Group to be marked as what moves together, as "EVS1".

    Raises:
        ValueError: If there is no such theme.

    Example:
        >>> from clusterlab.design.requirements import Requirements
        >>> from clusterlab.design.sizing import design
        >>> figure = partition_figure(design(Requirements()))
        >>> [trace.meta["name"] for trace in figure.data if trace.meta and trace.meta["name"]]
        ['Cluster Group', 'EVS1']

    Source: handbook 5, 5.2.2.
    """
    colors = theme_named(theme)
    plan = _Plan(made, width_px)
    tiles = list(plan.tiles())
    boxes = list(plan.letter_boxes())
    traces = [
        *_cards(plan, colors, selected),
        *_tile_traces(tiles, theme),
        *_letter_traces(boxes, colors),
        text_trace("volumes", _tile_labels(tiles), colors.ink),
        text_trace("letters", _letter_labels(boxes), colors.ink),
        text_trace("groups", _card_labels(plan, selected), colors.ink),
        text_trace("left", _countdown(plan), colors.muted),
        text_trace("heading", [_heading(made, plan)], colors.ink),
    ]
    return figure_of(traces, (width_px, plan.height_px), colors, partition_text(made, selected))


def partition_picture(made: Design, selected: str = "") -> Still:
    """Return the picture of a design's partitions as a still one, as notebooks show it.

    Args:
        made: The design.
        selected: Group to be marked as what moves together.
    """
    return still(partition_figure(made, width_px=STILL_PX, selected=selected), "Partitions")


def _cards(plan: _Plan, colors: Theme, selected: str) -> Iterator[Trace]:
    for place in range(MOST_GROUPS):
        if place >= len(plan.items):
            nothing = Paint(colors.box, colors.grid, 1.5)
            yield area_trace(GROUPS, "", ([], []), nothing, " ")
            continue
        item = plan.items[place]
        is_selected = item.group == selected
        line, width_px = (colors.ink, 4.0) if is_selected else (colors.grid, 1.5)
        hover = "<br>".join((f"<b>{item.group}</b>: {item}", *map(_volume_words, item.volumes)))
        points = outline(plan.cards[place], 6.0)
        yield area_trace(GROUPS, item.group, points, Paint(colors.box, line, width_px), hover)


def _volume_words(volume: Volume) -> str:
    size = f"{shown(round(volume.gb, 1))} GB, " if volume.gb else ""
    return f"{volume.path}  {volume.content.value}: {size}RAID {volume.raid}, {volume.disks} disks"


def _tile_traces(tiles: Sequence[tuple[Volume, Box]], theme: str) -> Iterator[Trace]:
    for content, look in LOOKS.items():
        boxes = [box for volume, box in tiles if volume.content is content]
        yield _filled(content.value, boxes, Paint(look.fills[theme], look.line, look.width_px,
                                                  look.dash))  # fmt: skip


def _filled(name: str, boxes: Iterable[Box], paint: Paint) -> Trace:
    """Return several boxes of one look; the pointer does not notice them."""
    fill, color, width_px, dash = paint
    xs: list[float | None] = []
    ys: list[float | None] = []
    for box in boxes:
        points: Points = outline(box, 4.0)
        xs += [*points[0], None]
        ys += [*points[1], None]
    line = line_trace(f"boxes:{name}", (xs, ys), color, width_px, dash)
    return {**line, "fill": "toself", "fillcolor": fill}


def _letter_traces(boxes: Sequence[tuple[Letter, Box]], colors: Theme) -> Iterator[Trace]:
    paints = {
        USED: Paint(colors.fills["offline"], colors.ink, 2.0),
        FREE: Paint(colors.paper, colors.muted, 1.5, "dot"),
        KEPT: Paint(colors.box, colors.grid, 1.5),
    }
    for kind, paint in paints.items():
        yield _filled(f"letters {kind}", [box for item, box in boxes if item.kind == kind], paint)


def _tile_labels(tiles: Iterable[tuple[Volume, Box]]) -> Iterator[Label]:
    for volume, box in tiles:
        room_px = box.width - 6
        what = volume.content.value
        number = f" {volume.storage_group}" if volume.storage_group else ""
        kind = first_that_fits((f"{what}{number}", f"{_short(what)}{number}"), room_px)
        size = (
            f"{volume.gb:,.0f} GB" if volume.gb >= 1 else f"{volume.gb:g} GB" if volume.gb else ""
        )
        raid = f"{volume.raid} × {volume.disks}"
        numbers = first_that_fits(
            (
                ", ".join(filter(None, (size, f"RAID {volume.raid}", f"{volume.disks} disks"))),
                ", ".join(filter(None, (size, raid))),
                raid,
            ),
            room_px,
        )
        path = first_that_fits((volume.path, volume.path[3:]), room_px)
        yield Label(*box.middle, f"<b>{path}</b><br>{kind}<br>{numbers}")


def _short(what: str) -> str:
    return {"database": "DB", "maintenance": "maint."}.get(what, what)


def _letter_labels(boxes: Iterable[tuple[Letter, Box]]) -> Iterator[Label]:
    for item, box in boxes:
        user = first_that_fits((item.user, item.user.removeprefix("EVS")), box.width)
        yield Label(*box.middle, f"<b>{item.letter}</b><br>{user}")


def _card_labels(plan: _Plan, selected: str) -> Iterator[Label]:
    for item, card in zip(plan.items, plan.cards, strict=True):
        room_px = card.width - text_width_px(_left(item)) - 40
        mark = " moves as one:" if item.group == selected else ":"
        words = first_that_fits(
            (
                f"{item.group}{mark} {item}",
                f"{item.group}{mark} {_counts(item)}, {item.mailboxes:,} mailboxes",
                f"{item.group}{mark} {_counts(item)}",
                item.group,
            ),
            room_px,
        )
        name, rest = item.group, words.removeprefix(item.group)
        yield Label(card.left + 8, card.top + 13, f"<b>{name}</b>{rest}", "middle right")


def _counts(item: Carried) -> str:
    return f"{len(item.volumes)} volumes, {item.disks} disks"


def _left(item: Carried) -> str:
    if item.letters_left < 0 or not item.mailboxes:
        return ""
    return f"{item.letters_left} letters left"


def _countdown(plan: _Plan) -> Iterator[Label]:
    for item, card in zip(plan.items, plan.cards, strict=True):
        yield Label(card.right - 8, card.top + 13, _left(item), "middle left")


def _heading(made: Design, plan: _Plan) -> Label:
    free = sum(item.kind == FREE for item in plan.letters)
    used = int(made["letters_used"])
    most = f"Drive letters, the same on every node: {used} used by EVSs, {free} free"
    words = (f"{most} ({_room(made, free)})", most, f"Letters: {used} used, {free} free")
    return Label(MARGIN, 12.0, first_that_fits(words, plan.inner_px), "middle right")


def _room(made: Design, free: int) -> str:
    each = int(made["letters_used"]) // made.evs_count
    return f"{each} for each EVS: room for {free // each} more"


def partition_text(made: Design, selected: str = "") -> str:
    """Return in sentences what the picture shows."""
    items = carried(made)
    chosen = [item for item in items if not selected or item.group == selected]
    free = sum(letter.kind == FREE for letter in letters(made))
    moves = ". ".join(f"At a failover {item.group} takes along {item}" for item in chosen)
    letter = "a letter for each volume"
    roots = made.requirements.roots_for_each_evs
    mounts = f"mount points under {roots} root{'s' if roots > 1 else ''} for each EVS"
    how = mounts if made.uses_mount_points else letter
    return f"Partitions with {how}, {free} letters free. {moves}."


def partition_html(made: Design, selected: str = "") -> str:
    """Return the same as an HTML table, for those who do not see the picture."""
    rows = []
    for item in carried(made):
        mark = ' class="clusterlab-offline"' if item.group == selected else ""
        for place, volume in enumerate(item.volumes):
            first = (
                f'<th scope="rowgroup" rowspan="{len(item.volumes)}">{item.group}</th>'
                if place == 0
                else ""
            )
            left = (
                f'<td rowspan="{len(item.volumes)}">{item.letters_left}</td>' if not place else ""
            )
            number = f" {volume.storage_group}" if volume.storage_group else ""
            cells = (
                f"<code>{volume.path}</code>",
                f"{volume.content.value}{number}",
                shown(round(volume.gb, 1)) if volume.gb else "",
                volume.raid,
                str(volume.disks),
            )
            tds = "".join(f"<td>{cell}</td>" for cell in cells)
            rows.append(f"<tr{mark}>{first}{tds}{left}</tr>")
    heads = ("Group", "Path", "Content", "GB", "RAID", "Disks", "Letters left")
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    return (
        '<div class="clusterlab-scroll" role="region" tabindex="0" aria-label="Volumes"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
