"""The client's names, addresses and disks for one cluster: `Plan`, and what makes it impossible.

A plan is a frozen value that procedures expand their steps over. All its faults are found at once
(`PlanError.faults`), so that a reader of plan files can report each at its line. What is possible
but unwise, and all tables made from a plan, stand in `planning.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv4Network

from clusterlab.cluster.errors import ConfigError, said
from clusterlab.cluster.states import MAX_NODES, Windows
from clusterlab.exchange import evs as ex
from clusterlab.exchange.evs import EXCHANGE_2000, EXCHANGE_2003

NAME_LENGTH = 15
"""Most characters of a NetBIOS name (handbook 3, 1.6)."""
LOCAL_LETTERS = "ABCD"
"""Letters that no shared disk may have: floppies, Windows, Exchange (handbook 3, 1.5)."""
DATA_LETTERS = "RSTUVWXYZFGHIJKLMNOP"
"""The 20 letters left for EVS disks, in the order they are given out (handbook 3, 1.5).

E: is left to the CD drive.
"""
PUBLIC_NETWORK, PRIVATE_NETWORK = "192.168.10.0/24", "10.10.10.0/24"
"""Training values of handbook 3, 1.6."""
SMALLEST_NETWORK = 4
"""Addresses of the smallest network that has two hosts."""

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?", re.ASCII)
_DOMAIN = re.compile(rf"{_NAME.pattern}(\.{_NAME.pattern})*", re.ASCII)
_DISK = re.compile(r"[A-Z]:(\\[^\\/:*?\"<>|]+)*", re.ASCII)
_SIGNS = '" / \\ [ ] : ; | = , + * ? < > @'  # no account of Windows has one of them in its name
_WORD = rf"[^{re.escape(_SIGNS)}\s]+"
_ACCOUNT = re.compile(rf"{_WORD}(\\{_WORD}( {_WORD})*|@{_WORD})", re.ASCII)


PlanFault = tuple[tuple[str | int, ...], str]
"""Where one thing stands that makes a plan impossible, and what it is.

`("nodes", 1, "public")` is the public address of the second node.
"""


class PlanError(ConfigError):
    """The plan is impossible; `faults` lists all that is wrong, the message names the first."""

    def __init__(self, faults: Sequence[PlanFault]) -> None:
        """Keep *faults* and say the first of them."""
        self.faults = tuple(faults)
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        super().__init__(f"{faults[0][1]}{more}")

    def __reduce__(self) -> tuple[object, ...]:
        """Rebuild from the faults, so that the error can be pickled."""
        return PlanError, (self.faults,)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedNode:
    """A node: its name, and its static addresses on the public and on the private network."""

    name: str
    public: str
    private: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedEvs:
    r"""An EVS: its name and address, the disks it owns and its home node.

    A disk is a letter with a colon (``"R:"``) or a mount point below a disk of the same EVS
    (``"R:\\SG2"``). `home` is the preferred owner.
    """

    name: str
    address: str
    disks: tuple[str, ...]
    home: str
    storage_groups: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Names, addresses and disks of one cluster to be built (handbook 3, 1.3 to 1.6).

    The nodes belong to the first of `domains`; the others are prepared as well. `reserve` are
    requested addresses that nothing uses yet. `binaries` is the local drive of Exchange.

    Raises:
        PlanError: If such a cluster cannot be built.

    Example:
        >>> plan = Plan.standard(nodes=4, evs=3)
        >>> plan.evs[2]
        PlannedEvs(name='EVS3', address='192.168.10.23', disks=('V:', 'W:'), home='NODE3', \
storage_groups=1)
    """

    cluster: str
    address: str
    nodes: tuple[PlannedNode, ...]
    evs: tuple[PlannedEvs, ...]
    domains: tuple[str, ...] = ("corp.example",)
    service_account: str = "CORP\\svc-cluster"
    public_network: str = PUBLIC_NETWORK
    private_network: str = PRIVATE_NETWORK
    reserve: tuple[str, ...] = ()
    quorum_disk: str = "Q:"
    binaries: str = "D:"
    windows: Windows = Windows.WS2003
    exchange: int = EXCHANGE_2003

    def __post_init__(self) -> None:
        """Refuse a plan that no cluster could be built from."""
        if faults := tuple(_faults(self)):
            raise PlanError(faults)

    @staticmethod
    def standard(nodes: int = 4, evs: int = 3, *, windows: Windows = Windows.WS2003) -> Plan:
        """Return a plan with the training values of handbook 3, 1.6.

        Args:
            nodes: How many nodes, 1 to 8.
            evs: How many EVSs: at most 1 on one node, 2 on two, and *nodes* - 1 on more.
            windows: Operating system of the nodes.

        Raises:
            PlanError: If so many do not make a cluster.

        Example:
            >>> Plan.standard(nodes=2, evs=1).cluster
            'CLUS2'
        """
        for what, count in (("nodes", nodes), ("evs", evs)):
            if type(count) is not int or not 1 <= count <= MAX_NODES[Windows.WS2003]:
                raise PlanError([((what,), said("plan number", what, count))])
        return Plan(
            cluster="CLUS2" if nodes == ex.NODES_THAT_MAY_SHARE else "CLUS1",
            address="192.168.10.20",
            nodes=tuple(
                PlannedNode(name=f"NODE{n}", public=f"192.168.10.{10 + n}", private=f"10.10.10.{n}")
                for n in range(1, nodes + 1)
            ),
            evs=tuple(_standard_evs(number, nodes) for number in range(1, evs + 1)),
            reserve=(f"192.168.10.{21 + evs}",),
            windows=windows,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Every NetBIOS name of the plan: nodes, cluster, EVSs."""
        return (*(node.name for node in self.nodes), self.cluster, *(evs.name for evs in self.evs))


def most_evs(nodes: int) -> int:
    """Return how many EVSs a cluster of *nodes* nodes may have (handbook 3, 1.3).

    Example:
        >>> [most_evs(nodes) for nodes in (1, 2, 3, 8)]
        [1, 2, 2, 7]
    """
    return ex.MAX_EVS_ON_TWO_NODES if nodes == ex.NODES_THAT_MAY_SHARE else max(1, nodes - 1)


def _standard_evs(number: int, nodes: int) -> PlannedEvs:
    letters = DATA_LETTERS[2 * (number - 1) : 2 * number]
    return PlannedEvs(
        name=f"EVS{number}",
        address=f"192.168.10.{20 + number}",
        disks=tuple(f"{letter}:" for letter in letters),
        home=f"NODE{min(number, nodes)}",
    )


def _faults(plan: Plan) -> Iterator[PlanFault]:
    looks = (_count_faults, _name_faults, _address_faults, _evs_faults, _disk_faults)
    yield from (fault for look in looks for fault in look(plan))
    if not _ACCOUNT.fullmatch(plan.service_account):
        yield ("service_account",), said("plan account", plan.service_account, _SIGNS)


def _count_faults(plan: Plan) -> Iterator[PlanFault]:
    nodes, evs, limit = len(plan.nodes), len(plan.evs), MAX_NODES[plan.windows]
    if plan.windows < Windows.W2K:
        yield ("windows",), said("plan windows", plan.windows.name)
    if plan.exchange not in (EXCHANGE_2000, EXCHANGE_2003):
        yield ("exchange",), f"exchange is {plan.exchange!r}; allowed: 2000, 2003"
    if not 1 <= nodes <= limit:
        yield ("nodes",), said("plan nodes", nodes, limit)
    elif not 1 <= evs <= most_evs(nodes):
        yield ("evs",), said("plan evs", evs, nodes, most_evs(nodes))


def _named(plan: Plan) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    yield ("cluster",), "cluster", plan.cluster
    for index, node in enumerate(plan.nodes):
        yield ("nodes", index, "name"), "node", node.name
    for index, evs in enumerate(plan.evs):
        yield ("evs", index, "name"), "EVS", evs.name


def _name_faults(plan: Plan) -> Iterator[PlanFault]:
    seen: dict[str, str] = {}
    for where, kind, name in _named(plan):
        if not _NAME.fullmatch(name) or len(name) > NAME_LENGTH or name.isdigit():
            is_long = len(name) > NAME_LENGTH
            text = f"has {len(name)} characters" if is_long else "is not allowed"
            yield where, said("plan name", kind, name, text, NAME_LENGTH)
        elif name.casefold() in seen:
            yield where, said("plan name twice", kind, name, seen[name.casefold()])
        seen.setdefault(name.casefold(), f"{kind} {name!r}")
    for index, domain in enumerate(plan.domains):
        if not _DOMAIN.fullmatch(domain):
            yield ("domains", index), said("plan domain", domain)
    if len({domain.casefold() for domain in plan.domains}) < max(1, len(plan.domains)):
        yield (("domains",), f"domains are {list(plan.domains)}; name one or more, each once")


def _addressed(plan: Plan) -> Iterator[tuple[tuple[str | int, ...], str, str, str]]:
    public, private = plan.public_network, plan.private_network
    for index, node in enumerate(plan.nodes):
        name = node.name or f"node {index + 1}"
        yield ("nodes", index, "public"), f"public address of {name}", node.public, public
        yield ("nodes", index, "private"), f"private address of {name}", node.private, private
    yield ("address",), f"address of cluster {plan.cluster}", plan.address, public
    for index, evs in enumerate(plan.evs):
        yield ("evs", index, "address"), f"address of {evs.name or index + 1}", evs.address, public
    for index, address in enumerate(plan.reserve):
        yield ("reserve", index), "reserve address", address, public


def _network(text: str) -> IPv4Network | None:
    try:
        network = IPv4Network(text)
    except ValueError:
        return None
    return network if network.num_addresses >= SMALLEST_NETWORK else None


def _address(text: str) -> IPv4Address | None:
    try:
        return IPv4Address(text)
    except AddressValueError:
        return None


def _network_faults(plan: Plan) -> Iterator[PlanFault]:
    for key, text in (("public", plan.public_network), ("private", plan.private_network)):
        if _network(text) is None:
            yield (f"{key}_network",), said("plan network", key, text, PUBLIC_NETWORK)
    public, private = _network(plan.public_network), _network(plan.private_network)
    if public and private and public.overlaps(private):
        yield ("private_network",), said("plan networks overlap", private, public)


def _address_faults(plan: Plan) -> Iterator[PlanFault]:
    yield from _network_faults(plan)
    seen: dict[IPv4Address, str] = {}
    for where, what, text, network_text in _addressed(plan):
        address, network = _address(text), _network(network_text)
        if address is None:
            yield where, f"{what} is {text!r}; allowed: a static address, four numbers"
            continue
        if address in seen:
            yield where, said("plan address twice", what, text, seen[address])
        elif network and (address not in network or address in (network[0], network[-1])):
            yield where, said("plan no host", what, text, network, network[1], network[-2])
        seen.setdefault(address, what)


def _evs_faults(plan: Plan) -> Iterator[PlanFault]:
    names = [node.name for node in plan.nodes]
    for index, evs in enumerate(plan.evs):
        if evs.home not in names:
            yield ("evs", index, "home"), said("plan home", evs.name, evs.home, ", ".join(names))
        count = evs.storage_groups
        if type(count) is not int or not 1 <= count <= ex.MAX_STORAGE_GROUPS:
            text = said("plan storage groups", evs.name, count, ex.MAX_STORAGE_GROUPS)
            yield ("evs", index, "storage_groups"), text


def _disk_faults(plan: Plan) -> Iterator[PlanFault]:
    owners = {plan.quorum_disk: "the quorum"}
    has_mount_points = plan.windows >= Windows.WS2003 and plan.exchange == EXCHANGE_2003
    if not _is_letter(plan.quorum_disk) or plan.quorum_disk[0] in LOCAL_LETTERS:
        yield ("quorum_disk",), said("plan letter", "quorum_disk", plan.quorum_disk)
    if not _is_letter(plan.binaries) or plan.binaries[0] in "AB":
        yield ("binaries",), said("plan binaries", plan.binaries)
    owners.setdefault(plan.binaries, "each node (binaries)")
    for index, evs in enumerate(plan.evs):
        if not evs.disks:
            yield ("evs", index, "disks"), said("plan no disk", evs.name)
        for place, disk in enumerate(evs.disks):
            where = ("evs", index, "disks", place)
            if not _DISK.fullmatch(disk) or disk[0] in LOCAL_LETTERS:
                yield where, said("plan letter", f"a disk of {evs.name}", disk)
            elif disk in owners:
                yield where, said("plan disk twice", disk, evs.name, owners[disk])
            elif len(disk) > len("R:") and not has_mount_points:
                yield where, said("plan mount point", disk, evs.name)
            elif disk[:2] not in evs.disks:
                yield where, said("plan mounted elsewhere", disk, evs.name, disk[:2])
            owners.setdefault(disk, evs.name)


def _is_letter(disk: str) -> bool:
    return bool(re.fullmatch("[A-Z]:", disk))
