"""What a client needs and assumes: one frozen value, every input with its range and source.

`Requirements` holds the parameters of handbook 5, 5.0 and the questions of 5.8.1 that the
calculator asks. The table of inputs is the dataclass itself: each field carries title, unit, range
and source, from which messages, files and sliders are made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, cast

from clusterlab.cluster.errors import ConfigError, said
from clusterlab.design.availability import Pool
from clusterlab.design.ranges import allowed, problem_of
from clusterlab.rules.expressions import Number


class DesignInput(NamedTuple):
    """What one input of the calculator means and may be.

    Attributes:
        default: Value where nobody said otherwise; None if it follows from the profiles.
    """

    name: str
    title: str
    unit: str
    low: float
    high: float
    default: Number | None
    is_whole: bool
    source: str

    @property
    def allowed(self) -> str:
        """What it may be, as messages say it."""
        return allowed(self.low, self.high, is_whole=self.is_whole, unit=self.unit)


DesignFault = tuple[str, str]
"""The input to change, and what makes requirements impossible."""


class RequirementsError(ConfigError):
    """No cluster can be designed; `faults` lists all that is wrong, the message too, in lines."""

    def __init__(self, faults: Sequence[DesignFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(text for _, text in faults))

    def __reduce__(self) -> tuple[object, ...]:
        return RequirementsError, (self.faults,)


def _input(  # noqa: PLR0917  a table of seven columns reads best by position
    default: Any, low: float, high: float, unit: str, title: str, source: str = "5.0 [unsourced]"
) -> Any:
    about = {"title": title, "unit": unit, "low": low, "high": high}
    return field(default=default, metadata={**about, "source": f"handbook 5, {source}"})


class Profile(NamedTuple):
    """What one mailbox of a kind does (MAPI, average user).

    Attributes:
        iops: Database I/O a second.
        messages: Sent and received a day.
        megacycles: Processor load [unsourced].
    """

    iops: float
    messages: int
    quota_mb: int
    megacycles: float


PROFILES: Mapping[str, Profile] = {
    "light": Profile(0.50, 20 + 50, 50, 0.75),
    "average": Profile(0.75, 30 + 75, 100, 1.10),
    "heavy": Profile(1.00, 40 + 100, 200, 1.50),
    "large": Profile(1.50, 60 + 150, 500, 2.25),
}
"""Planning defaults where nothing was measured (handbook 5, 5.1.5)."""

SHARES_REACH = 1e-6


@dataclass(frozen=True, kw_only=True)
class Requirements:
    """A client's figures; all that are out of range are named at once.

    Shares of the four profiles add up to 1. The four figures of a mailbox may have been measured;
    where one is None it follows from the profiles. A restore takes twice as long as its backup
    unless another rate is given.

    Raises:
        RequirementsError: Field, value, allowed range and what to do, a line for each problem.

    Example:
        >>> needs = Requirements(mailboxes=12000, share_average=0, share_heavy=1)
        >>> needs.numbers()["quota_mb"]
        200.0

    Source: handbook 5, 5.0, 5.1.5 and 5.8.1.
    """

    mailboxes: int = _input(3000, 1, 28_000, "", "mailboxes today", "5.8.1")
    growth: float = _input(0.0, 0, 5, "", "growth over the plan", "5.8.1")
    share_light: float = _input(0.0, 0, 1, "", "share of light mailboxes", "5.1.5")
    share_average: float = _input(1.0, 0, 1, "", "share of average mailboxes", "5.1.5")
    share_heavy: float = _input(0.0, 0, 1, "", "share of heavy mailboxes", "5.1.5")
    share_large: float = _input(0.0, 0, 1, "", "share of large mailboxes", "5.1.5")
    quota_mb: float | None = _input(None, 1, 10_000, "MB", "size of a mailbox", "5.1.5")
    iops: float | None = _input(None, 0.01, 20, "1/s", "database I/O of a mailbox", "5.1.5")
    megacycles: float | None = _input(
        None, 0.01, 100, "MHz", "processor load of a mailbox", "5.1.5"
    )
    log_mb: float | None = _input(None, 0.01, 1000, "MB", "logs of a mailbox a day", "5.2.8")
    # Nodes
    passive: int = _input(1, 0, 4, "", "passive nodes", "5.1.3")
    evs_at_least: int = _input(1, 1, 8, "", "EVSs wanted at least", "5.1.7")
    mailboxes_max: int = _input(4000, 100, 10_000, "", "mailboxes on an active node", "5.0")
    processors: int = _input(4, 1, 32, "", "processors of a node", "5.0")
    mhz: float = _input(2800.0, 100, 10_000, "MHz", "clock of a processor", "5.0")
    cpu_max: float = _input(0.80, 0.1, 1, "", "processor use at peak", "5.0")
    ram_base_mb: float = _input(512.0, 0, 4096, "MB", "memory of a node without mailboxes")
    ram_per_mailbox_mb: float = _input(0.5, 0, 10, "MB", "memory of a mailbox", "5.0")
    # Databases
    storage_groups_max: int = _input(4, 1, 4, "", "storage groups of an EVS", "5.2.1")
    databases_max: int = _input(20, 2, 20, "", "databases of an EVS", "5.2.1")
    public_stores: int = _input(1, 0, 5, "", "public folder stores of an EVS")
    database_max_gb: float = _input(50.0, 1, 1000, "GB", "largest database wanted", "5.0")
    retention: float = _input(0.10, 0, 1, "", "deleted items kept, of the data")
    white_space: float = _input(0.10, 0, 1, "", "white space, of the data")
    index: float = _input(0.20, 0, 1, "", "full-text index on the database volume", "5.2.7")
    lun_overhead: float = _input(0.20, 0, 1, "", "overhead of a database volume", "5.0")
    defragmentation: float = _input(1.10, 1, 3, "", "space to defragment a database", "5.2.7")
    # Logs
    log_days: float = _input(3.0, 1, 30, "d", "days of logs that a log volume holds")
    log_safety: float = _input(1.20, 1, 5, "", "safety of log growth")
    message_kb: float = _input(50.0, 1, 10_000, "KB", "average message")
    log_amplification: float = _input(1.20, 1, 5, "", "log bytes for each message byte")
    # Disks
    reads: float = _input(2.0, 0, 100, "", "reads of database I/O, as in 2 : 1", "5.3.1")
    writes: float = _input(1.0, 0.01, 100, "", "writes of database I/O, as in 2 : 1", "5.3.1")
    disk_iops: float = _input(180.0, 20, 1000, "1/s", "random I/O of a disk", "5.3.2")
    disk_use: float = _input(0.80, 0.1, 1, "", "usable share of it", "5.0")
    log_disk_iops: float = _input(300.0, 20, 5000, "1/s", "sequential I/O of a disk", "5.3.2")
    log_share: float = _input(0.10, 0, 1, "", "log I/O, of database I/O")
    data_disk_gb: float = _input(68.0, 1, 10_000, "GB", "formatted size of a data disk", "5.3.2")
    log_disk_gb: float = _input(34.0, 1, 10_000, "GB", "formatted size of a log disk", "5.3.2")
    queue_disks: int = _input(4, 2, 16, "", "disks of a queue volume", "5.2.9")
    disks_for_a_spare: int = _input(15, 1, 1000, "", "disks that share a spare one", "5.9.1")
    # Letters
    local_letters: int = _input(5, 3, 20, "", "letters kept for local drives", "5.2.3")
    mapped_letters: int = _input(0, 0, 20, "", "letters of mapped network drives", "5.2.3")
    msdtc_disks: int = _input(0, 0, 1, "", "disks of MSDTC beside the quorum", "5.2.5")
    roots_for_each_evs: int = _input(1, 1, 4, "", "lettered roots where mount points are", "5.2.4")
    quorum_mb: float = _input(500.0, 1, 100_000, "MB", "quorum volume", "5.2.5")
    # Backup
    backup_mb_s: float = _input(20.0, 0.1, 10_000, "MB/s", "backup of a stream")
    restore_mb_s: float | None = _input(
        None, 0.1, 10_000, "MB/s", "restore of a database; half the backup", "5.0"
    )
    streams_max: int = _input(32, 1, 32, "", "backups at the same time", "5.2.10")
    detect_h: float = _input(1.0, 0, 24, "h", "to detect and decide before a restore")
    replay_per_s: float = _input(2.0, 0.1, 100, "1/s", "logs replayed")
    full_backup_days: float = _input(1.0, 0.1, 30, "d", "from one full backup to the next", "5.2.7")
    rto_database_h: float = _input(4.0, 0.1, 240, "h", "to have one database back", "5.8.1")
    # Around the cluster
    processors_per_gc: int = _input(2, 1, 32, "", "processors of a global catalog server", "5.6.2")
    gc_ratio: float = _input(4.0, 1, 16, "", "Exchange processors for a GC processor", "5.6.2")
    back_ends_per_front_end: int = _input(4, 1, 16, "", "EVSs for a front-end", "5.6.3")
    target_availability: float = _input(0.999, 0, 1, "", "availability promised", "5.8.1")
    pool: Pool = field(default_factory=Pool)

    def __post_init__(self) -> None:
        faults = [(item.name, text) for item in INPUTS if (text := self._problem(item))]
        pool: object = self.pool
        if not isinstance(pool, Pool):
            faults.append(("pool", f"pool = {pool!r}; allowed: a Pool, as Pool()"))
        faults = faults or list(self._contradictions())
        if faults:
            raise RequirementsError(faults)

    def _problem(self, item: DesignInput) -> str:
        value = getattr(self, item.name)
        if value is None and item.default is None:
            return ""
        about = {"what": item.title, "unit": item.unit}
        return problem_of(item.name, value, item.low, item.high, is_whole=item.is_whole, **about)

    def _contradictions(self) -> Iterator[DesignFault]:
        shares = sum(getattr(self, f"share_{name}") for name in PROFILES)
        if abs(shares - 1) > SHARES_REACH:
            names = ", ".join(f"share_{name}" for name in PROFILES)
            yield "share_light", said("design shares", names, shares)
        if self.rto_database_h <= self.detect_h:
            yield "rto_database_h", said("design time", self.rto_database_h, self.detect_h)
        if self.local_letters + self.mapped_letters + self.msdtc_disks > LETTERS - 2:
            kept = (self.local_letters, self.mapped_letters)
            yield "local_letters", said("design letters", *kept)

    def numbers(self) -> dict[str, Number]:
        """Return every input by name, those that were not given worked out."""
        known = {item.name: getattr(self, item.name) for item in INPUTS}
        for name, of_profile in _OF_PROFILES.items():
            if known[name] is None:
                known[name] = sum(
                    getattr(self, f"share_{kind}") * of_profile(self, profile)
                    for kind, profile in PROFILES.items()
                )
        if known["restore_mb_s"] is None:
            known["restore_mb_s"] = self.backup_mb_s / 2
        return known


_OF_PROFILES: Mapping[str, Callable[[Requirements, Profile], Number]] = {
    "quota_mb": lambda _, profile: profile.quota_mb,
    "iops": lambda _, profile: profile.iops,
    "megacycles": lambda _, profile: profile.megacycles,
    "log_mb": lambda needs, profile: (
        profile.messages * needs.message_kb / 1000 * needs.log_amplification
    ),
}

LETTERS = 26


INPUTS: tuple[DesignInput, ...] = tuple(
    DesignInput(
        name=one.name,
        default=cast("Number | None", one.default),
        is_whole=one.type == "int",
        **one.metadata,
    )
    for one in fields(Requirements)
    if one.metadata
)
"""Every numeric input, in the order of the sheet."""
