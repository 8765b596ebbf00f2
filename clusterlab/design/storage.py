"""Where the volumes of a design lie: letters, mount points, groups, disks.

A volume is the unit of ownership and failover, so it belongs to one group; letters are shared by
all nodes, since each must be able to host every EVS. Sizes and counts come from `sizing.py`.

Source: handbook 5, 5.2.2 to 5.2.5 and 5.9.2 (the mount layout).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from clusterlab.design.requirements import Requirements
from clusterlab.design.sizing import Design
from clusterlab.rules.expressions import shown

QUORUM_LETTER = "Q"
"""By convention (handbook 5, 5.2.5)."""


Content = Literal["quorum", "MSDTC", "queue", "log", "database", "maintenance"]
"""What a shared volume is for, in the handbook's words (5.2.2)."""


class Volume(NamedTuple):
    r"""One shared volume of a cluster.

    Attributes:
        path: Drive with a backslash, or the folder it is mounted in, as "F:\\SG1LOG".
        gb: Size in GB; 0 where nothing but the disks decides it (queue).
        storage_group: Number of the storage group whose logs or databases it holds, else 0.
    """

    path: str
    group: str
    content: Content
    gb: float
    raid: str
    disks: int
    storage_group: int = 0

    @property
    def letter(self) -> str:
        """Drive letter of the volume, or of the root it is mounted under."""
        return self.path[0]

    @property
    def is_mounted(self) -> bool:
        """Whether it is mounted in a folder of another volume."""
        return len(self.path) > len("F:\\")

    @property
    def name(self) -> str:
        """What it is, as "EVS1 log 2"."""
        number = f" {self.storage_group}" if self.storage_group else ""
        return f"{self.group} {self.content}{number}"


def letters_for_evss(requirements: Requirements) -> list[str]:
    """Return the drive letters that EVSs may use, in order (handbook 5, 5.2.3).

    Local drives take the first letters, mapped network drives the last, the quorum Q.

    Example:
        >>> "".join(letters_for_evss(Requirements()))
        'FGHIJKLMNOPRSTUVWXYZ'
    """
    letters = [chr(ord("A") + number) for number in range(26)]
    last = 26 - requirements.mapped_letters
    free = letters[requirements.local_letters : last]
    if QUORUM_LETTER in free:
        free.remove(QUORUM_LETTER)
    return free[: len(free) - requirements.msdtc_disks]


def volumes(design: Design) -> tuple[Volume, ...]:
    r"""Return the shared volumes of a design: the quorum first, then EVS by EVS.

    Without mount points each volume has a letter. With them, `roots_for_each_evs` volumes of each
    EVS keep a letter, the queue volume first, and the others are mounted under them in turn.

    Example:
        >>> from clusterlab.design.sizing import design
        >>> made = design(Requirements(mailboxes=12000, share_average=0, share_heavy=1))
        >>> [volume.path for volume in volumes(made)][:5]
        ['Q:\\', 'F:\\', 'F:\\SG1LOG', 'F:\\SG1DB', 'F:\\SG2LOG']

    Source: handbook 5, 5.2.2 and 5.9.2.
    """
    needs = design.requirements
    quorum_gb = needs.quorum_mb / 1000
    found = [Volume(f"{QUORUM_LETTER}:\\", "Cluster Group", "quorum", quorum_gb, "1", 2)]
    free = iter(letters_for_evss(needs))
    for number in range(1, design.evs_count + 1):
        found += _placed(design, list(_of_evs(design, number)), free)
    if needs.msdtc_disks:
        letter = _after(letters_for_evss(needs)[-1])
        found.append(Volume(f"{letter}:\\", "MSDTC", "MSDTC", 0.5, "1", 2))
    return tuple(found)


def _after(letter: str) -> str:
    following = chr(ord(letter) + 1)
    return _after(following) if following == QUORUM_LETTER else following


def _of_evs(design: Design, number: int) -> Iterator[Volume]:
    """Yield the volumes of an EVS, each with the folder it is mounted in if it has no letter."""
    group, key = f"EVS{number}", f"evs{number}."
    yield Volume("QUEUE", group, "queue", 0.0, "0+1", design.requirements.queue_disks)
    for sg in range(1, int(design[key + "storage_groups"]) + 1):
        gb, disks = design[key + "sg_log_lun_gb"], int(design[key + "sg_log_disks"])
        yield Volume(f"SG{sg}LOG", group, "log", gb, "1", disks, sg)
        gb, disks = design[key + "sg_database_lun_gb"], int(design[key + "raid10_disks"])
        yield Volume(f"SG{sg}DB", group, "database", gb, "1+0", disks, sg)
    gb, disks = design[key + "maintenance_lun_gb"], int(design[key + "maintenance_disks"])
    yield Volume("MAINT", group, "maintenance", gb, "1", disks)


def _placed(design: Design, found: list[Volume], free: Iterator[str]) -> Iterator[Volume]:
    """Give each volume a letter, or a folder under one of the EVS's roots."""
    count = design.requirements.roots_for_each_evs if design.uses_mount_points else len(found)
    roots = [f"{next(free)}:\\" for _ in range(count)]
    for place, volume in enumerate(found):
        folder = "" if place < count else volume.path
        yield volume._replace(path=roots[place % count] + folder)


def volumes_text(made: Design) -> str:
    r"""Return the volume plan as a table (handbook 5, 5.2.2).

    Example:
        >>> from clusterlab.design.requirements import Requirements
        >>> from clusterlab.design.sizing import design
        >>> print("\n".join(volumes_text(design(Requirements())).splitlines()[:4]))
        Path           Group          Content                 GB  RAID  Disks
        -------------- -------------- --------------- ---------- ----- ------
        Q:\            Cluster Group  quorum                 0.5     1      2
        F:\            EVS1           queue                          0+1      4
    """
    head = f"{'Path':<14} {'Group':<14} {'Content':<15} {'GB':>10} {'RAID':>5} {'Disks':>6}"
    rule = " ".join("-" * width for width in (14, 14, 15, 10, 5, 6))
    return "\n".join([head, rule, *(_line(volume) for volume in volumes(made))])


def _line(volume: Volume) -> str:
    size = shown(round(volume.gb, 1)) if volume.gb else ""
    return (
        f"{volume.path:<14} {volume.group:<14} {volume.content:<15} {size:>10} "
        f"{volume.raid:>5} {volume.disks:>6}"
    )


# --- what moves together ----------------------------------------------------------------------


class Carried(NamedTuple):
    """What a group takes along when it fails over.

    Attributes:
        volumes: Its volumes, each root before what is mounted under it.
        letters_left: Letters that are still free when this group and those before have theirs.
    """

    group: str
    volumes: tuple[Volume, ...]
    letters_left: int
    mailboxes: int = 0
    storage_groups: int = 0
    databases: int = 0

    @property
    def letters(self) -> tuple[str, ...]:
        """Drive letters of its volumes, each once."""
        return tuple(dict.fromkeys(volume.letter for volume in self.volumes))

    @property
    def disks(self) -> int:
        """Disks that its volumes are made of."""
        return sum(volume.disks for volume in self.volumes)

    @property
    def gb(self) -> float:
        """Size of its volumes, queue volumes not counted."""
        return sum(volume.gb for volume in self.volumes)

    def __str__(self) -> str:
        size = f"{len(self.volumes)} volumes, {self.disks} disks, {self.gb:,.0f} GB"
        if not self.storage_groups:
            return size.replace("1 volumes", "1 volume").replace(" 0 GB", f" {self.gb:.1f} GB")
        return (
            f"{size}, {self.mailboxes:,} mailboxes in {self.storage_groups} storage groups with "
            f"{self.databases} databases"
        )


def carried(design: Design) -> tuple[Carried, ...]:
    """Return what each group takes along at a failover, free letters counted down.

    Example:
        >>> from clusterlab.design.sizing import design
        >>> made = design(Requirements(mailboxes=12000, share_average=0, share_heavy=1))
        >>> [(item.group, item.letters_left) for item in carried(made)]
        [('Cluster Group', 20), ('EVS1', 19), ('EVS2', 18), ('EVS3', 17), ('EVS4', 16)]
        >>> print(carried(made)[1])
        10 volumes, 46 disks, 1,177 GB, 3,000 mailboxes in 4 storage groups with 16 databases

    Source: handbook 5, 5.2.2 and 5.2.3.
    """
    by_group: dict[str, list[Volume]] = {}
    for volume in volumes(design):
        by_group.setdefault(volume.group, []).append(volume)
    left, found = int(design["letters_free"]), []
    for group, plan in by_group.items():
        plan.sort(key=lambda volume: (volume.letter, volume.is_mounted))
        number = group.removeprefix("EVS")
        if not number.isdecimal():
            found.append(Carried(group, tuple(plan), left))
            continue
        left -= len({volume.letter for volume in plan})
        figures = [design[f"evs{number}.{name}"] for name in ("storage_groups", "databases")]
        counts = (design.mailboxes_of(int(number)), *map(int, figures))
        found.append(Carried(group, tuple(plan), left, *counts))
    return tuple(found)
