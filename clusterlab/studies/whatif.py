"""What if: every failure of a cluster and every ordered pair of failures, and what they teach.

`single_failures` and `double_failures` play all of them, so their answer is exhaustive;
`shortest_way_to_lose` tries ever longer sequences until a group is lost, so its answer is minimal;
`single_points_of_failure` says in words what must not break. Whatever is claimed here was played
by the engine, and each cell can be played again (`Aftermath.simulation`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from clusterlab.cluster import events as ev
from clusterlab.cluster.errors import ConfigError, wrong
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.outages import PARTS
from clusterlab.cluster.quorum import votes_by_site
from clusterlab.cluster.resource_types import PHYSICAL_DISK
from clusterlab.studies.play import HORIZON_S, Aftermath, Failure, Play, group_with_clients

MOST_COLUMNS = 8
"""A table with more columns than this is printed as a list."""


def _failure(label: str, event: ev.Event, words: str = "") -> Failure:
    return Failure(label, words or event.in_words(), (event,))


def _node_failures(cluster: Cluster) -> list[Failure]:
    names = filter(cluster.is_live, cluster.config.nodes_by_name)
    return [_failure(name, ev.NodeFailed(name)) for name in names]


def _network_losses(cluster: Cluster) -> list[Failure]:
    names = [network.name for network in cluster.config.networks]
    return [_failure(n, ev.NetworkLost(n)) for n in names if n not in cluster.lost_networks]


def _interface_losses(cluster: Cluster) -> list[Failure]:
    pairs = product(cluster.config.nodes_by_name, (n.name for n in cluster.config.networks))
    return [
        _failure(
            "/".join(pair), ev.InterfaceLost(*pair), "{} is cut off from network {}".format(*pair)
        )
        for pair in pairs
        if pair not in cluster.cut
    ]


def _disk_losses(cluster: Cluster) -> list[Failure]:
    return [
        _failure(disk.name, ev.DiskLost(disk.name), f"{disk.name} of {disk.group} fails")
        for disk in cluster.config.resources
        if disk.type.name == PHYSICAL_DISK.name and disk.name != cluster.config.quorum
    ]


def _quorum_losses(cluster: Cluster) -> list[Failure]:
    name = cluster.config.quorum
    if cluster.config.resources_by_name[name].type.name != PHYSICAL_DISK.name:
        return []
    return [
        _failure("quorum disk", ev.DiskLost(name), f"the quorum disk {name} fails"),
        _failure("quorum log", ev.QuorumLogDamaged(name), f"the quorum log on {name} is damaged"),
    ]


def _site_losses(cluster: Cluster) -> list[Failure]:
    sites = cluster.config.sites
    if len(sites) < 2 or not all(node.site for node in cluster.config.nodes):
        return []
    losses = [
        Failure(f"site {site}", f"site {site} loses power", tuple(map(ev.NodeFailed, nodes)))
        for site, nodes in sites.items()
    ]
    if len(sites) == 2:
        (one, nodes), (other, _) = sites.items()
        return [*losses, Failure("link", f"the link from {one} to {other} is cut", (), nodes)]
    return losses + [
        Failure(f"link of {site}", f"the link from {site} to the other sites is cut", (), nodes)
        for site, nodes in sites.items()
    ]


KINDS: Mapping[str, Callable[[Cluster], list[Failure]]] = {
    "nodes": _node_failures,
    "networks": _network_losses,
    "interfaces": _interface_losses,
    "disks": _disk_losses,
    "quorum": _quorum_losses,
    "sites": _site_losses,
}
"""What can fail, by kind, in the order of tables."""


def kinds_in(cluster: Cluster) -> tuple[str, ...]:
    """Return the kinds of failure that *cluster* can have: sites only where it has two.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> kinds_in(exchange_cluster())
        ('nodes', 'networks', 'interfaces', 'disks', 'quorum')
    """
    return tuple(kind for kind in KINDS if kind != "sites" or _site_losses(cluster))


def failures_of(cluster: Cluster, kinds: Sequence[str] = ("nodes",)) -> tuple[Failure, ...]:
    """Return everything of *kinds* that can fail in *cluster*.

    Raises:
        ConfigError: If there is no such kind, none is named, or sites are and there is but one.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> [failure.label for failure in failures_of(exchange_cluster(active=1))]
        ['NODE1', 'NODE2']
    """
    if isinstance(kinds, str) or not isinstance(kinds, Sequence):
        raise wrong("kinds", kinds, f"a list of some of: {', '.join(KINDS)}")
    if not kinds:
        raise ConfigError(f"no kind of failure is named; name at least one of: {', '.join(KINDS)}")
    for kind in kinds:
        if kind not in KINDS:
            raise ConfigError(f"there is no kind of failure {kind!r}; allowed: {', '.join(KINDS)}")
    if "sites" in kinds and not _site_losses(cluster):
        bare = [node.name for node in cluster.config.nodes if not node.site]
        found = (
            f"no site is known of {', '.join(bare)}" if bare else "all its nodes are in one site"
        )
        raise ConfigError(
            f"sites of {cluster.config.name} cannot fail: {found}; write a site for each node in "
            'the cluster file, such as site = "North" in its [[nodes]], and at least two of them'
        )
    chosen = [kind for kind in KINDS if kind in kinds]
    return tuple(failure for kind in chosen for failure in KINDS[kind](cluster))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """All sequences of one or two failures of a cluster.

    Attributes:
        failures: Everything that can fail: the rows and the columns.
        is_double: Whether a second failure follows the first one. The diagonal of a double sweep
            holds the single failures.
        cells: What each sequence left, rows first.
    """

    start: Cluster
    failures: tuple[Failure, ...]
    is_double: bool
    cells: tuple[Aftermath, ...]

    @property
    def total(self) -> int:
        """How many cells a complete sweep has."""
        return len(self.failures) ** (2 if self.is_double else 1)

    @property
    def is_partial(self) -> bool:
        """Whether it was stopped before the last cell."""
        return len(self.cells) < self.total

    @property
    def losses(self) -> tuple[Aftermath, ...]:
        """The cells in which at least one group is lost."""
        return tuple(cell for cell in self.cells if cell.lost)

    def cell(self, first: str, second: str | None = None) -> Aftermath:
        """Return what the failure *first*, and then *second*, left."""
        labels = (first,) if second in (None, first) else (first, second)
        wanted = tuple(str(label).casefold() for label in labels)
        for cell in self.cells:
            if wanted == tuple(failure.label.casefold() for failure in cell.failures):
                return cell
        allowed = ", ".join(failure.label for failure in self.failures)
        raise ConfigError(f"the sweep has no cell {', then '.join(labels)}; failures: {allowed}")

    def rows(self) -> Iterator[tuple[Failure, tuple[Aftermath, ...]]]:
        """Yield each first failure with its cells; a stopped sweep ends early."""
        width = len(self.failures) if self.is_double else 1
        for index, failure in enumerate(self.failures):
            yield failure, self.cells[index * width : (index + 1) * width]

    @property
    def single_points(self) -> tuple[str, ...]:
        """What loses a group when it fails alone, each in a sentence."""
        return tuple(_point(cell) for cell in self.losses if len(cell.failures) == 1)

    def shortest(self, group: str) -> Aftermath | None:
        """Return the first of the shortest sequences in this sweep that lose *group*."""
        losing = [cell for cell in self.cells if group in cell.lost]
        return min(losing, key=lambda cell: len(cell.failures), default=None)

    @property
    def not_serving(self) -> tuple[str, ...]:
        """The groups that served nobody before anything failed, which nothing can lose."""
        out = Play(self.start).watch.was_out
        return tuple(group for group in self.start.config.served_groups if group in out)

    def ways(self) -> Iterator[str]:
        """Yield for each group in a sentence how few failures lose it."""
        most, silent = 2 if self.is_double else 1, self.not_serving
        for fate in self.cells[0].fates if self.cells else ():
            cell = self.shortest(fate.group)
            if fate.group in silent:
                yield f"{fate.group}: it did not serve at the start."
            elif cell is None:
                yield f"{fate.group}: no sequence of up to {most} of these failures loses it."
            else:
                words = ", then ".join(failure.words for failure in cell.failures)
                count = len(cell.failures)
                noun = "failure" if count == 1 else "failures"
                yield f"{fate.group}: lost by {count} {noun}: {words}."
        if self.cells and not self.start.config.served_groups:
            yield "no group is taken for one with users."

    def summary(self) -> str:
        """Return in a sentence or two how many sequences lose something."""
        name = self.start.config.name
        if not self.failures:
            return f"{name}: nothing of these kinds can fail."
        what = "sequences of one or two failures" if self.is_double else "single failures"
        head = f"{name}: {len(self.cells)} {what} played, {len(self.losses)} of them lose a group."
        if self.is_partial:
            head += f" Stopped before the end: {self.total} would be all."
        if silent := self.not_serving:
            head += f" Not serving at the start, so left out: {', '.join(silent)}."
        if not (config := self.start.config).served_groups:
            head += f" {config.core_group_name} is the only group, and taken for one without users."
        return head

    def __str__(self) -> str:
        """Return the table as text, or a list where it would be too wide."""
        if not self.failures:
            return self.summary()
        note = (
            "Each cell: groups lost, and the longest time that another group was down, up to "
            f"{HORIZON_S / 3600:g} h after the last failure. A lost group serves no user when the "
            "cluster has gone quiet."
        )
        is_table = self.is_double and len(self.failures) <= MOST_COLUMNS
        lines = self._table() if is_table else self._list()
        return "\n".join([self.summary(), note, "", *lines])

    def _table(self) -> list[str]:
        left = max(len(failure.label) for failure in self.failures)
        width = max([left, *(len(cell.text) for cell in self.cells)]) + 2
        columns = "".join(f"{failure.label:<{width}}" for failure in self.failures)
        lines = [f"{'first':<{left}}  {'alone':<{width}}then {columns}".rstrip()]
        for failure, cells in self.rows():
            alone = "".join(cell.text for cell in cells if not cell.failures[1:])
            texts = "".join(f"{cell.text * len(cell.failures[1:]):<{width}}" for cell in cells)
            lines.append(f"{failure.label:<{left}}  {alone:<{width}}     {texts}".rstrip())
        return lines

    def _list(self) -> list[str]:
        left = max((len(cell.label) for cell in self.cells), default=0)
        return [
            f"{cell.label:<{left}}  {cell.text}  {', '.join(cell.lost)}".rstrip()
            for cell in self.cells
        ]

    def as_data(self) -> dict[str, Any]:
        """Return the sweep as plain data for JSON; durations in seconds."""
        return {
            "cluster": self.start.config.name,
            "failures": [failure.label for failure in self.failures],
            "horizon_s": HORIZON_S,
            "total": self.total,
            "is_partial": self.is_partial,
            "not_serving": list(self.not_serving),
            "cells": [_cell_data(cell) for cell in self.cells],
        }


def _cell_data(cell: Aftermath) -> dict[str, Any]:
    return {
        "failures": [failure.label for failure in cell.failures],
        "lost": list(cell.lost),
        "seconds_out": cell.seconds_out,
        "quiet_s": cell.quiet_s,
        "refusals": list(cell.refusals),
        "groups": {
            fate.group: {
                "lost": fate.lost or None,
                "back_s": fate.back_s,
                "seconds_out": fate.outage.seconds,
                "parts": dict(fate.outage.parts),
                "owner": fate.owner,
                "state": fate.state.value,
            }
            for fate in cell.fates
        },
    }


def each_cell(
    cluster: Cluster, failures: Sequence[Failure], *, is_double: bool
) -> Iterator[Aftermath]:
    """Yield what each sequence leaves, rows first; the first failure is played once for its row."""
    for one in failures:
        first = Play(cluster).fail(one)
        if not is_double:
            yield first.aftermath()
            continue
        for other in failures:
            second = first.branch()
            yield second.aftermath() if other is one else second.fail(other).aftermath()


def single_failures(cluster: Cluster, *, kinds: Sequence[str] = ("nodes",)) -> Sweep:
    """Play each failure alone; arguments and errors are those of `double_failures`.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> single_failures(exchange_cluster()).cell("NODE3").text
        '0 lost, 2.9 min'
    """
    return _sweep(cluster, kinds, is_double=False)


def double_failures(cluster: Cluster, *, kinds: Sequence[str] = ("nodes",)) -> Sweep:
    """Play each failure alone and each ordered pair: the second one when the cluster is quiet.

    Args:
        cluster: The cluster before.
        kinds: What may fail, from `KINDS`.

    Raises:
        ConfigError: If there is no such kind of failure.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> double_failures(exchange_cluster()).cell("NODE3", "NODE2").lost
        ('EVS2',)
    """
    return _sweep(cluster, kinds, is_double=True)


def _sweep(cluster: Cluster, kinds: Sequence[str], *, is_double: bool) -> Sweep:
    failures = failures_of(cluster, kinds)
    cells = tuple(each_cell(cluster, failures, is_double=is_double))
    return Sweep(start=cluster, failures=failures, is_double=is_double, cells=cells)


# --- the shortest way -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """The shortest way to lose a group.

    Attributes:
        aftermath: The first of the shortest sequences that lose it; None if none was found.
        tried: How many sequences of one failure, two failures, ... were played.
    """

    group: str
    aftermath: Aftermath | None
    tried: tuple[int, ...]

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The failures in order; none if no way was found."""
        return self.aftermath.failures if self.aftermath else ()

    def __str__(self) -> str:
        """Return the answer in sentences."""
        shorter = sum(self.tried[: len(self.failures) - 1 if self.failures else None])
        if self.aftermath is None:
            return f"None of {shorter} sequences loses {self.group}."
        words = ", then ".join(failure.words for failure in self.failures)
        lost = self.aftermath.fate(self.group).lost
        proof = f" None of the {shorter} shorter sequences loses it." if shorter else ""
        return f"{self.group} is lost when {words}: {PARTS.get(lost, lost)}.{proof}"


def shortest_way_to_lose(
    cluster: Cluster, group: str, *, kinds: Sequence[str] = ("nodes",)
) -> Path:
    """Return the fewest failures that lose *group*, found by trying every shorter sequence.

    Of several shortest sequences the first one counts, in the order of `failures_of`.

    Args:
        cluster: The cluster before.
        group: The group to lose.
        kinds: What may fail, from `KINDS`.

    Raises:
        ConfigError: If there is no such kind of failure, or for the Cluster Group.
        OperationRefused: If there is no such group.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> print(shortest_way_to_lose(exchange_cluster(active=1), "EVS1"))
        EVS1 is lost when NODE1 loses power, then NODE2 loses power: no possible owner is Up.
        None of the 2 shorter sequences loses it.
    """
    name = group_with_clients(cluster, group)
    failures = failures_of(cluster, kinds)
    plays, tried = [Play(cluster)], list[int]()
    while plays and len(tried) < len(failures):
        longer: list[Play] = []
        for count, play in enumerate(_longer(plays, failures), start=1):
            if name in play.lost():
                return Path(group=name, aftermath=play.aftermath(), tried=(*tried, count))
            longer.append(play)
        plays = longer
        tried.append(len(longer))
    return Path(group=name, aftermath=None, tried=tuple(tried))


def _longer(plays: Sequence[Play], failures: Sequence[Failure]) -> Iterator[Play]:
    """Yield each play with one failure more, each failure once in a play."""
    for play in plays:
        for failure in failures:
            if failure not in play.failures:
                yield play.branch().fail(failure)


# --- single points of failure -----------------------------------------------------------------


def single_points_of_failure(
    cluster: Cluster, *, kinds: Sequence[str] | None = None
) -> tuple[str, ...]:
    """Return in sentences what loses a group when it fails alone; none if nothing does.

    Args:
        cluster: The cluster before.
        kinds: What may fail, from `KINDS`; None takes everything.

    Raises:
        ConfigError: If there is no such kind of failure.

    Example:
        >>> from clusterlab import exchange_cluster
        >>> print(*single_points_of_failure(exchange_cluster(active=1), kinds=("networks",)))
        If network Public fails, EVS1 is lost (the owner has lost the network of the clients).
    """
    chosen = kinds_in(cluster) if kinds is None else kinds
    return single_failures(cluster, kinds=chosen).single_points


def site_sentences(sweep: Sweep) -> Iterator[str]:
    """Yield what the loss of each site and a cut between them leave; nothing without sites."""
    if votes := votes_by_site(sweep.start):
        yield votes
    sites = {failure.label for failure in _site_losses(sweep.start)}
    for cell in sweep.cells:
        if len(cell.failures) == 1 and cell.label in sites:
            fates = "; ".join(map(str, cell.fates))
            yield f"If {cell.failures[0].words}: {fates}."


def _point(cell: Aftermath) -> str:
    reasons: dict[str, list[str]] = {}
    for fate in cell.fates:
        if fate.lost:
            reasons.setdefault(fate.lost, []).append(fate.group)
    words = "; ".join(
        f"{', '.join(groups)} {'is' if len(groups) == 1 else 'are'} lost "
        f"({PARTS.get(lost, lost)}{_only_owner(cell.start, groups)})"
        for lost, groups in reasons.items()
    )
    return f"If {cell.failures[0].words}, {words}."


def _only_owner(cluster: Cluster, groups: Sequence[str]) -> str:
    """Return which resources keep *groups* on one node, if any do."""
    single = [
        f"{resource.name} can come online on {resource.possible_owners[0]} only"
        for group in groups
        for resource in cluster.config.members[group]
        if resource.possible_owners is not None and len(resource.possible_owners) == 1
    ]
    return "".join(f"; {words}" for words in single)
