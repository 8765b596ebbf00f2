"""The best order of an upgrade, found by looking at every order there is (handbook 4, 4.3.3, 4.5).

A position says which nodes have the new Exchange, where each EVS is and which version it has.
Positions that differ only in the names of nodes and EVSs are one. `search` settles them by cost, so
nothing cheaper can be left when it reaches the end, and it proves what it found. An order is walked
step by step by `upgrade.order_procedure`.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from clusterlab.cluster.errors import ConfigError, impossible
from clusterlab.exchange.exres import NODES_THAT_MAY_SHARE
from clusterlab.exchange.versions import ExchangeVersion, FitResult, fit
from clusterlab.procedures.assumptions import Forecast, StepTime, times
from clusterlab.procedures.plan import Plan

_VERSIONS = (ExchangeVersion.E2000_SP3, ExchangeVersion.E2003_RTM)
"""Before and after."""


TurnKind = Literal["Setup on", "move", "upgrade"]
"""What is done at a time."""


class Turn(NamedTuple):
    """One thing that is done.

    Attributes:
        node: Number of the node, from 0: where Setup runs, or where the EVS goes.
        evs: Number of the EVS, from 0; -1 for Setup.
    """

    kind: TurnKind
    node: int
    evs: int = -1


class Position(NamedTuple):
    """How far an upgrade is.

    Attributes:
        nodes: For each node whether it has the new Exchange.
        evs: For each EVS its node, and whether it has the new version.
    """

    nodes: tuple[bool, ...]
    evs: tuple[tuple[int, bool], ...]


class OrderCost(NamedTuple):
    """What an order costs, the most important first.

    Attributes:
        out_s: Seconds out, over all EVSs.
        bare_s: Seconds online without a standby, over all EVSs.
        elapsed_s: From beginning to end.
    """

    out_s: float = 0.0
    bare_s: float = 0.0
    elapsed_s: float = 0.0


class UpgradeOrder(NamedTuple):
    """An order, and what it costs.

    Attributes:
        positions: Of the best one, how many positions there are, up to names.
        because: Why nothing is better than the best one, in sentences; others may cost as much.
    """

    name: str
    turns: tuple[Turn, ...]
    forecast: Forecast
    positions: int = 0
    because: tuple[str, ...] = ()

    @property
    def cost(self) -> OrderCost:
        """What it costs over all EVSs."""
        cost = self.forecast
        bare = sum(cost.exposure_s.values())
        return OrderCost(sum(cost.downtime_s.values()), bare, cost.elapsed_s)


_CAN_RUN = {
    (version, node): fit(_VERSIONS[version], _VERSIONS[node]).result is FitResult.ONLINE
    for version in (False, True)
    for node in (False, True)
}
"""Whether an EVS of the old or new version is online on such a node (handbook 4, 4.0.3)."""

_TAKES: Mapping[TurnKind, tuple[str, ...]] = {
    "Setup on": ("T_SETUP", "T_REBOOT"),
    "move": ("T_MOVE",),
    "upgrade": ("T_OFF", "T_MOVE_OFF", "T_CMD", "T_ON"),
}
"""Assumptions that a turn is made of."""


class Game:
    """What can be done in which position, and what it costs."""

    def __init__(self, plan: Plan, seconds: Mapping[str, float] | None = None) -> None:
        """Take the nodes, EVSs and homes of *plan*, and the client's own times."""
        names = [node.name for node in plan.nodes]
        self.nodes, self.evs = tuple(names), tuple(evs.name for evs in plan.evs)
        self.homes = tuple(names.index(evs.home) for evs in plan.evs)
        self.table = table = times(seconds)
        self.seconds = {kind: sum(table[name] for name in takes) for kind, takes in _TAKES.items()}
        self.may_share = len(names) <= NODES_THAT_MAY_SHARE
        self.start = Position((False,) * len(names), tuple((home, False) for home in self.homes))
        if len(set(self.homes)) < len(self.homes):
            raise impossible("shared homes", ", ".join(names[home] for home in self.homes))

    def turns(self, position: Position) -> Iterator[Turn]:
        """Yield what can be done: Setup where no EVS is, moves and upgrades where one can run."""
        hosts = {node for node, _ in position.evs}
        for node, is_new in enumerate(position.nodes):
            if not is_new and node not in hosts:
                yield Turn("Setup on", node)
        for evs, (owner, version) in enumerate(position.evs):
            for node, is_new in enumerate(position.nodes):
                if node in hosts and not (self.may_share or node == owner):
                    continue
                if node != owner and _CAN_RUN[version, is_new]:
                    yield Turn("move", node, evs)
                if is_new and not version:
                    yield Turn("upgrade", node, evs)

    def after(self, position: Position, turn: Turn) -> Position:
        """Return the position after a turn."""
        nodes, evs = list(position.nodes), list(position.evs)
        if turn.kind == "Setup on":
            nodes[turn.node] = True
        else:
            evs[turn.evs] = (turn.node, evs[turn.evs][1] or turn.kind == "upgrade")
        return Position(tuple(nodes), tuple(evs))

    def time_of(self, position: Position, turn: Turn) -> StepTime:
        """Return who is out and who is unprotected during a turn.

        During its upgrade an EVS is counted on the node it goes to (handbook 4, 4.5.3).
        """
        then = position if turn.kind == "Setup on" else self.after(position, turn)
        down = turn.node if turn.kind == "Setup on" else None
        hosts = {node for node, _ in then.evs}
        free = [is_new for n, is_new in enumerate(then.nodes) if n not in hosts and n != down]
        bare = tuple(
            self.evs[number]
            for number, (_, version) in enumerate(then.evs)
            if number != turn.evs and not any(_CAN_RUN[version, is_new] for is_new in free)
        )
        out = () if turn.evs < 0 else (self.evs[turn.evs],)
        return StepTime(self.text(turn), self.seconds[turn.kind], out, bare, _TAKES[turn.kind])

    def turn(self, node: str, evs: str = "") -> Turn:
        """Return a stop of a round as a turn: an EVS is upgraded where it goes."""
        place = self.nodes.index(node)
        if not evs:
            return Turn("Setup on", place)
        return Turn("upgrade", place, self.evs.index(evs))

    def text(self, turn: Turn) -> str:
        """Return a turn in words, with the client's names."""
        node = self.nodes[turn.node]
        if turn.kind == "Setup on":
            return f"{turn.kind} {node}"
        return f"{turn.kind} {self.evs[turn.evs]} to {node}"

    def is_over(self, position: Position, is_home: bool) -> bool:
        """Return whether everything is new, and with *is_home* every EVS on its home."""
        is_new = all(position.nodes) and all(version for _, version in position.evs)
        there = tuple(node for node, _ in position.evs) == self.homes
        return is_new and (there or not is_home)

    def key(self, position: Position, is_home: bool) -> object:
        """Return what is the same in two positions that differ in nothing but names.

        Where EVSs have to come home, an EVS is renamed together with its home.
        """
        if is_home:
            return position if self.may_share else self._chains(position)
        guests: list[list[bool]] = [[] for _ in position.nodes]
        for node, version in position.evs:
            guests[node].append(version)
        rows = zip(position.nodes, guests, strict=True)
        return tuple(sorted((is_new, tuple(sorted(row))) for is_new, row in rows))

    def _chains(self, position: Position) -> tuple[object, ...]:
        """Return the chains of nodes that go from each home to where its EVS is.

        No node has two EVSs, so every chain ends, or comes back to where it began.
        """
        moves = dict(zip(self.homes, position.evs, strict=True))
        hosts = {node for node, _ in position.evs}
        left = set(range(len(position.nodes)))

        def chain(node: int) -> tuple[tuple[bool, bool, bool], ...]:
            row = []
            while node in left:
                left.discard(node)
                there, version = moves.get(node, (-1, False))
                row.append((position.nodes[node], there >= 0, version))
                node = there
            return tuple(row)

        ending, rings = [chain(node) for node in sorted(left - hosts)], []
        while left:
            ring = chain(min(left))
            rings.append(min(ring[n:] + ring[:n] for n in range(len(ring))))
        return tuple(sorted(ending)), tuple(sorted(rings))

    def order(self, name: str, turns: Iterable[Turn]) -> UpgradeOrder:
        """Return an order with what it costs."""
        position, steps, turns = self.start, list[StepTime](), tuple(turns)
        for turn in turns:
            if turn not in set(self.turns(position)):
                raise ConfigError(f"order {name!r} cannot {self._words(turn)} at that moment")
            steps.append(self.time_of(position, turn))
            position = self.after(position, turn)
        if not self.is_over(position, is_home=False):
            raise impossible("something old", name, ", ".join(self._old(position)))
        return UpgradeOrder(name, turns, Forecast(evs=self.evs, steps=tuple(steps)))

    def _words(self, turn: Turn) -> str:
        """Return a turn in words, even one of a larger cluster."""
        is_known = turn.node < len(self.nodes) and turn.evs < len(self.evs)
        return repr(self.text(turn)) if is_known else "move what this plan does not have"

    def _old(self, position: Position) -> Iterator[str]:
        yield from (name for name, new in zip(self.nodes, position.nodes, strict=True) if not new)
        yield from (name for name, (_, new) in zip(self.evs, position.evs, strict=True) if not new)

    def read(self, name: str, texts: Iterable[str]) -> UpgradeOrder:
        """Return the order whose turns are given in words, as `text` has them."""
        nodes, evs = range(len(self.nodes)), range(len(self.evs))
        known = [Turn("Setup on", node) for node in nodes]
        known += [Turn(kind, n, e) for kind in ("move", "upgrade") for n in nodes for e in evs]
        by_text = {self.text(turn): turn for turn in known}
        for text in texts:
            if text not in by_text:
                raise ConfigError(f"there is no turn {text!r:.60}; allowed: {', '.join(by_text)}")
        return self.order(name, (by_text[text] for text in texts))


# --- round a cluster ----------------------------------------------------------------------------


def node_by_node(
    idle: Sequence[str], owners: Mapping[str, str], homes: Mapping[str, str] | None = None
) -> Iterator[tuple[str, str]]:
    """Yield nodes in the order in which each has its turn while the others serve.

    The first of *idle*, the nodes without an EVS, is the one that EVSs go to first.

    With each stands the EVS that goes there; where it is "", it is the node's own turn.

    Idle nodes come first. Then each EVS goes to a free node that is done, and the node that it left
    is next. An EVS whose home is free goes there, before the others, so of two rounds the second
    one brings home what the first one took away. Two EVSs on two nodes have no idle node: one goes
    to the other (AA-02), and both go on together.

    Example:
        >>> list(node_by_node(["NODE3"], {"EVS1": "NODE1", "EVS2": "NODE2"}))
        [('NODE3', ''), ('NODE3', 'EVS1'), ('NODE1', ''), ('NODE1', 'EVS2'), ('NODE2', '')]

    Source: handbook 4, 4.3.3 (variant U4S), 4.3.9 and 4.4.2.
    """
    owners, waiting = dict(owners), list(owners)
    may_share = len({*idle, *owners.values()}) <= NODES_THAT_MAY_SHARE
    if not idle:
        own = owners[waiting[0]]
        idle, beside = [own], next(node for node in owners.values() if node != own)
        owners[waiting[0]] = beside
        yield beside, waiting[0]
    yield from ((node, "") for node in idle)
    done = list(reversed(idle))
    while waiting:
        free = [node for node in done if may_share or node not in owners.values()]
        to, evs = _next(waiting, free, homes or {})
        yield to, evs
        waiting.remove(evs)
        left, owners[evs] = owners[evs], to
        if left not in owners.values():
            yield left, ""
            done.append(left)


def _next(waiting: Sequence[str], free: Sequence[str], homes: Mapping[str, str]) -> tuple[str, str]:
    """Return to which of the free nodes which EVS goes next: home, if any home is free."""
    going_home = ((homes[evs], evs) for evs in waiting if homes.get(evs) in free)
    return next(going_home, (free[-1], waiting[0]))


# --- orders that the handbook knows -------------------------------------------------------------


def documented_order(plan: Plan, seconds: Mapping[str, float] | None = None) -> UpgradeOrder:
    """Return the order of path U4: each EVS leaves its home, which is upgraded, and returns.

    Example:
        >>> documented_order(Plan.standard(nodes=4, evs=3)).cost
        OrderCost(out_s=1710.0, bare_s=50670.0, elapsed_s=18030.0)

    Source: handbook 4, 4.3.3.
    """
    game = Game(plan, seconds)
    idle = _idle(game)
    turns: list[Turn] = []
    for evs, home in enumerate(game.homes):
        there = Turn("move", idle[-1], evs)
        turns += (there, Turn("Setup on", home), Turn("upgrade", home, evs))
    turns += (Turn("Setup on", node) for node in idle)
    return game.order("documented order", tuple(turns))


def idle_first_order(plan: Plan) -> UpgradeOrder:
    """Return the order of path U4S: idle nodes first, then each EVS to the node that is free.

    Example:
        >>> idle_first_order(Plan.standard(nodes=4, evs=3)).cost
        OrderCost(out_s=1350.0, bare_s=50310.0, elapsed_s=17670.0)

    Source: handbook 4, 4.3.3 (variant U4S).
    """
    game = Game(plan)
    *others, first = (game.nodes[node] for node in _idle(game))
    owners = {evs.name: evs.home for evs in plan.evs}
    turns = [game.turn(*stop) for stop in node_by_node([first, *others], owners)]
    return game.order("idle node first", turns)


def _idle(game: Game) -> list[int]:
    idle = [node for node in range(len(game.nodes)) if node not in game.homes]
    if not idle:
        raise impossible("no idle node", ", ".join(game.nodes))
    return idle


# --- the best one -------------------------------------------------------------------------------


def best_order(
    plan: Plan, seconds: Mapping[str, float] | None = None, *, is_home: bool = False
) -> UpgradeOrder:
    """Return the order with the least time out, then least without a standby, then the fastest.

    Every order is looked at, up to the names of nodes and EVSs.

    Args:
        plan: The client's names, each EVS with a home of its own.
        seconds: The client's own times.
        is_home: Whether every EVS has to be on its home at the end.

    Raises:
        ConfigError: If there is no order at all.

    Example:
        >>> best = best_order(Plan.standard(nodes=4, evs=3))
        >>> best.cost.out_s, best.forecast.steps[0].key
        (1350.0, 'Setup on NODE4')

    Source: handbook 4, 4.5.3.
    """
    *_, found = search(plan, seconds, is_home=is_home)
    assert isinstance(found, UpgradeOrder), "a search ends with what it found"
    return found


def search(
    plan: Plan, seconds: Mapping[str, float] | None = None, *, is_home: bool = False
) -> Iterator[tuple[int, int] | UpgradeOrder]:
    """Yield how far the search of `best_order` is, and at last what it found.

    How far: positions whose least cost is known, 0 while they are counted, and how many there are.
    """
    game, count = Game(plan, seconds), 0
    for count in _counts(game, is_home):
        yield 0, count
    start = game.key(game.start, is_home)
    best: dict[object, OrderCost] = {start: OrderCost()}
    came: dict[object, tuple[Turn, ...]] = {start: ()}
    queue: list[tuple[OrderCost, int, Position]] = [(OrderCost(), 0, game.start)]
    settled, number = set[object](), 0
    while queue:
        cost, _, position = heapq.heappop(queue)
        key = game.key(position, is_home)
        if key in settled:
            continue
        settled.add(key)
        yield len(settled), count
        if game.is_over(position, is_home):
            yield _best(plan, game, came[key], count)
            return
        for turn in game.turns(position):
            then = game.after(position, turn)
            other, total = game.key(then, is_home), _sum(cost, game.time_of(position, turn))
            if other not in best or total < best[other]:
                number += 1
                best[other], came[other] = total, (*came[key], turn)
                heapq.heappush(queue, (total, number, then))
    raise impossible("too many EVSs in place", len(game.evs), len(game.nodes))


def _sum(cost: OrderCost, step: StepTime) -> OrderCost:
    return OrderCost(
        cost.out_s + step.seconds * len(step.out),
        cost.bare_s + step.seconds * len(step.unprotected),
        cost.elapsed_s + step.seconds,
    )


def _counts(game: Game, is_home: bool) -> Iterator[int]:
    """Yield how many positions are found that can be reached, up to names; the last is all."""
    seen, waiting = {game.key(game.start, is_home)}, [game.start]
    while waiting:
        position = waiting.pop()
        for turn in game.turns(position):
            then = game.after(position, turn)
            key = game.key(then, is_home)
            if key not in seen:
                seen.add(key)
                waiting.append(then)
        yield len(seen)


def _best(plan: Plan, game: Game, turns: tuple[Turn, ...], count: int) -> UpgradeOrder:
    order = game.order("best order", turns)
    least_s = game.seconds["upgrade"] * len(game.evs)
    out_s, bare_s, _ = order.cost
    why = [
        f"Each EVS is upgraded once, {_s(game.seconds['upgrade'])} down: no order is below "
        f"{_s(least_s)}, and this one has {_s(out_s)}"
        + (f", {_s(out_s - least_s)} of it for moves it cannot spare." if out_s > least_s else "."),
        f"All {count} positions that can be reached were compared, apart from names, the cheapest "
        f"first: of the orders with {_s(out_s)} down none has less than {_s(bare_s)} without a "
        "standby.",
    ]
    if set(range(len(game.nodes))) - set(game.homes):
        other = documented_order(plan, game.table)
        why.append(
            f"The documented order has {_s(other.cost.out_s)} down and {_s(other.cost.bare_s)} "
            "without a standby."
        )
    return order._replace(positions=count, because=(*why, *_ends(game, turns)))


def _ends(game: Game, turns: Iterable[Turn]) -> Iterator[str]:
    """Yield where the EVSs are at the end, unless that is where they were."""
    owners = dict(enumerate(game.homes)) | {t.evs: t.node for t in turns if t.evs >= 0}
    away = [evs for evs, home in enumerate(game.homes) if owners[evs] != home]
    if away:
        places = ", ".join(f"{game.evs[evs]} on {game.nodes[owners[evs]]}" for evs in away)
        yield (
            f"It ends with {places}; each one that you move back costs another "
            f"{_s(game.seconds['move'])}."
        )


def _s(seconds: float) -> str:
    return f"{seconds:.10g} s"


def compare(*orders: UpgradeOrder) -> tuple[tuple[str, ...], ...]:
    """Return orders side by side, in minutes: a head, then row by row (handbook 4, 4.5).

    Example:
        >>> plan = Plan.standard(nodes=4, evs=3)
        >>> table = compare(documented_order(plan), idle_first_order(plan))
        >>> table[0], table[-1]
        (('', 'documented order', 'idle node first'), ('unprotected, all EVSs', '844.5', '838.5'))
    """
    costs = [order.forecast for order in orders]
    names = costs[0].evs

    def row(name: str, seconds: Iterable[float]) -> tuple[str, ...]:
        return (name, *(f"{value / 60:g}" for value in seconds))

    return (
        ("", *(order.name for order in orders)),
        row("elapsed", (cost.elapsed_s for cost in costs)),
        *(row(f"down, {evs}", (cost.downtime_s[evs] for cost in costs)) for evs in names),
        row("down, all EVSs", (order.cost.out_s for order in orders)),
        *(row(f"unprotected, {evs}", (cost.exposure_s[evs] for cost in costs)) for evs in names),
        row("unprotected, all EVSs", (order.cost.bare_s for order in orders)),
    )
