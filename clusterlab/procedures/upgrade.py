"""Upgrading clusters to Exchange 2003: the paths of handbook 4, 4.2 to 4.4, for a plan.

What their steps say stands in `steps/upgrade*.toml`. Which of them are done for which node and EVS,
and in which order, is decided here; `orders.py` has the round that most of them go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from clusterlab.cluster.errors import impossible
from clusterlab.cluster.states import Windows
from clusterlab.exchange.evs import EXCHANGE_2000, EXCHANGE_2003
from clusterlab.exchange.exres import NODES_THAT_MAY_SHARE
from clusterlab.procedures import orders
from clusterlab.procedures import upgrade_start as starts
from clusterlab.procedures.orders import Game, Turn, UpgradeOrder, node_by_node
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.procedure import Procedure
from clusterlab.procedures.step import Need, Situation, Step
from clusterlab.procedures.stepfiles import steps_of
from clusterlab.procedures.upgrade_start import client_plan

_PREPARED = tuple(f"upgrade/P{n:02}" for n in (4, 5, 6, 7, 9, 10, 11, 12, 13, 15, 16))
"""What the first step of a path needs of the preparation (handbook 4, 4.9)."""
_TAGGED = "{row}@{mark}"
"""Short id of a row that is done for several nodes or EVSs."""
_MOVE_BACK = 'cluster group "{0.name}" /moveto:{0.home} /wait'


class _Path:
    """The steps of a path as they are added, each after the one before it."""

    def __init__(self, plan: Plan, before: Sequence[str] = ()) -> None:
        self.plan = plan
        self.before = tuple(before)
        self.steps: list[Step] = []
        self.nodes = [node.name for node in plan.nodes]
        self.homes = {evs.name: evs.home for evs in plan.evs}
        self.idle = [node for node in self.nodes if node not in self.homes.values()]
        marks = {node: f"N{number}" for number, node in enumerate(self.nodes, start=1)}
        self.marks = marks | {evs: f"EVS{n}" for n, evs in enumerate(self.homes, start=1)}

    def open(self, name: str) -> None:
        """Take the rows of a path from here on."""
        self.name, self.file = name, steps_of(f"upgrade_{name.casefold()}")

    def add(
        self, subject: str, *rows: str, to: str = "", named: str = "{row}", **fills: str
    ) -> None:
        """Add rows one after the other.

        *named* makes the short ids here of {row} and {mark}; *fills* is for what else is open in
        the texts.
        """
        mark = self.marks.get(subject, "")
        goes: dict[str, str | tuple[str, ...]] = {}
        if to:
            goes = {"target": to, "others": tuple(node for node in self.nodes if node != to)}
        for row in rows:
            needs = tuple(Need(step=step) for step in self.before)  # skipped, each is warned of
            own = f"upgrade-{self.name}/{named.format(row=row, mark=mark)}"
            step = self.file.step(row, **goes, **fills)
            self.steps.append(replace(step, id=own, mark=mark, needs=needs))
            self.before = (own,)

    def visit(
        self, node: str, evs: str, of_evs: Sequence[str], of_node: Sequence[str], named: str
    ) -> None:
        """Add a stop of a round: the rows of the EVS that goes to a node, or of the node itself."""
        if evs:
            self.add(evs, *of_evs, to=node, named=named)
        else:
            self.add(node, *of_node, named=named)

    def add_abreast(self, pairs: Iterable[tuple[str, str]], named: str = "{row}") -> None:
        """Add pairs of a subject and a row that all need the same; the next one needs them all."""
        before, ids = self.before, list[str]()
        for subject, row in pairs:
            self.before = before
            self.add(subject, row, named=named)
            ids += self.before
        self.before = tuple(ids)


# --- Exchange 2000 to 2003 ----------------------------------------------------------------------


def _add_u2(path: _Path, *, is_whole: bool = True) -> None:
    """Add path U2: two nodes, one EVS, the passive node first (4.3.2)."""
    path.open("U2")
    ((evs, home),), (idle,) = path.homes.items(), path.idle
    path.add(idle, "U2-01", "U2-02", "U2-03")
    path.add(evs, "U2-04", "U2-05", "U2-06", "U2-07", "U2-08", to=idle)
    path.add(home, "U2-09", "U2-10", "U2-11")
    if is_whole:
        path.add(evs, "U2-12", to=home)
    path.add("", "U2-13")


def _add_u4(path: _Path) -> None:
    """Add path U4: each EVS leaves its home, which is upgraded, and returns (4.3.3)."""
    path.open("U4")
    standby = path.idle[-1]
    for number, (evs, home) in enumerate(path.homes.items(), start=1):
        named = f"U4-{number}{{row[4]}}"  # U4-ia becomes U4-1a
        path.add(evs, "U4-ia", to=standby, named=named)
        path.add(home, "U4-ib", "U4-ic", "U4-id", named=named)
        path.add(evs, "U4-ie", "U4-if", "U4-ig", "U4-ih", to=home, named=named)
    numbers = iter(range(41, 51))
    for node in reversed(path.idle):
        for row in ("U4-41", "U4-42", "U4-43"):
            path.add(node, row, named=f"U4-{next(numbers)}")
    path.add(path.plan.evs[0].name, "U4-51", to=standby)
    path.add("", "U4-60")


def _add_u4s(path: _Path) -> None:
    """Add path U4S: the idle node first, then each EVS to the node that is free (4.3.3)."""
    path.open("U4S")
    more = [f"0.{k}" for k in range(1, len(path.idle))]
    last = 2 * len(path.homes) + 1
    numbers = ["0", *more, *map(str, range(1, last))]
    rows = {"Setup on": "U4S-0", "upgrade": "U4S-1"}
    for number, turn in zip(numbers, orders.idle_first_order(path.plan).turns, strict=True):
        _add_turn(path, turn, rows, f"U4S-{number}", number=number.partition(".")[0])
    path.add("", "U4S-7", named=f"U4S-{last}")
    evs = path.plan.evs
    does = tuple(map(_MOVE_BACK.format, reversed(evs)))
    path.steps[-1] = replace(path.steps[-1], does=does, minutes=2 * len(evs))


def _add_turn(path: _Path, turn: Turn, rows: Mapping[str, str], short: str, **fills: str) -> None:
    """Add a turn of an order as a step."""
    node, plan = path.nodes[turn.node], path.plan
    subject = node if turn.kind == "Setup on" else plan.evs[turn.evs].name
    path.add(subject, rows[turn.kind], to=node, named=short, **fills)


def _add_aa2(path: _Path) -> None:
    """Add path AA2: two nodes, two EVSs (4.3.6)."""
    path.open("AA2")
    (evs1, n1), (evs2, n2) = path.homes.items()
    path.add(evs1, "AA-01", "AA-02", to=n2)
    path.add(n1, "AA-03", "AA-04")
    path.add(evs1, "AA-05", to=n1)
    path.add(evs2, "AA-06", to=n1)
    path.add(n2, "AA-07", "AA-08")
    path.add(evs2, "AA-09", to=n2)
    path.add("", "AA-10")


def _add_ci(path: _Path) -> None:
    """Add path CI: each node is evicted, built anew and joined (4.3.7)."""
    path.open("CI")
    *others, first = path.idle
    of_node = _TAGGED if len(path.nodes) > NODES_THAT_MAY_SHARE else "{row}"
    of_evs = _TAGGED if len(path.homes) > 1 else "{row}"
    path.add(first, "CI-01", "CI-02", "CI-03", "CI-04")
    for node, evs in list(node_by_node([first, *others], path.homes))[1:]:
        path.visit(node, evs, ("CI-05",), ("CI-06",), of_evs if evs else of_node)
    path.add_abreast(((evs, "CI-07") for evs in path.homes), of_evs)


# --- Windows 2000 to Windows Server 2003 --------------------------------------------------------


def _add_w(path: _Path, owners: Mapping[str, str] | None = None) -> None:
    """Add path W: idle nodes first, then each EVS leaves its node (4.4.2)."""
    path.open("W")
    owners = owners or path.homes
    idle = [node for node in path.nodes if node not in owners.values()]
    path.add("", "W-01", "W-02")
    for node, evs in node_by_node(idle[::-1], owners):
        path.visit(node, evs, ("W-08",), ("W-03", "W-04", "W-05", "W-06", "W-07"), _TAGGED)
    everywhere = (path.marks[node] for node in (*idle, *owners.values()))
    path.before = tuple(f"upgrade-W/W-07@{mark}" for mark in everywhere)
    path.add_abreast(((evs, "W-09") for evs in owners), _TAGGED)
    path.add("", "W-10")


def _add_u2w(path: _Path) -> None:
    """Add the combined order: U2 without its return, then W from where the EVS is (4.4.3)."""
    _add_u2(path, is_whole=False)
    _add_w(path, dict.fromkeys(path.homes, path.idle[0]))


# --- service packs, hotfixes, active/passive ----------------------------------------------------


def _add_sp(path: _Path) -> None:
    """Add path SP: SP1, SP2 or a hotfix that changes exsetdata.dll, node by node (4.3.9).

    Ids are those of the handbook for two nodes and one EVS; with more, @N3 or @EVS2 stands behind
    them.
    """
    path.open("SP")
    named = "{row}" if len(path.nodes) == NODES_THAT_MAY_SHARE and len(path.homes) == 1 else _TAGGED
    path.add_abreast([("", "SP-01"), ("", "SP-02")])
    for node, evs, is_left in _round(path, "SP-03@EVS1"):
        rows = ("SP-09", "SP-10", "SP-11") if is_left else ("SP-03", "SP-04", "SP-05")
        path.visit(node, evs, ("SP-06", "SP-07", "SP-08"), rows, named)
    last = path.before
    _add_returns(path, "SP-12", named)
    path.before = last
    path.add("", "SP-13")


def _add_hf(path: _Path) -> None:
    """Add path HF: as SP without the command, so an EVS moves online (4.3.9)."""
    path.open("HF")
    path.add("", "HF-01")
    for node, evs, _ in _round(path, "HF-02@EVS1"):
        path.visit(node, evs, ("HF-04",), ("HF-02", "HF-03"), _TAGGED)
    _add_returns(path, "HF-05", _TAGGED)


def _round(path: _Path, parking: str) -> Iterator[tuple[str, str, bool]]:
    """Yield the stops of a round: node, EVS that goes there, whether one has just left it.

    Where no node is idle, the first EVS goes to the other node by a row of its own (AA-02).
    """
    stops = node_by_node(path.idle[::-1], path.homes)
    if not path.idle:
        node, evs = next(stops)
        path.add(evs, parking, to=node)
    was_evs = False
    for node, evs in stops:
        yield node, evs, was_evs
        was_evs = bool(evs)


def _add_returns(path: _Path, row: str, named: str) -> None:
    """Add the moves that bring EVSs home, the last one first, so that each home is free."""
    parked = path.plan.evs[0].name
    for evs, home in reversed(path.homes.items()):
        if path.idle or evs != parked:
            path.add(evs, row, to=home, named=named)


def _add_ap(path: _Path) -> None:
    """Add the conversion of two EVSs on two nodes to one, which leaves a passive node (4.3.8)."""
    path.open("AP")
    first, second = path.homes
    path.add("", "AP-01", first=first)
    path.add(second, "AP-02", "AP-03", "AP-04", first=first)


# --- procedures ---------------------------------------------------------------------------------


class _PathKind(NamedTuple):
    """A path, and for whom it is.

    Attributes:
        rule: Both in words.
        may_share: Whether it is for two EVSs on two nodes; else one node is idle.
        is_rebuilt: Whether the way back of a node can be done beside it.
    """

    add: Callable[[_Path], None]
    nodes: range
    evs: range
    rule: str
    start: Callable[[Plan], Situation] = starts.before_upgrade
    may_share: bool = False
    is_rebuilt: bool = False


_BEFORE: Mapping[Callable[[Plan], Situation], tuple[int, Windows]] = {
    starts.before_upgrade: (EXCHANGE_2000, Windows.W2K),
    starts.before_windows: (EXCHANGE_2003, Windows.W2K),
}
"""Products where a path begins; elsewhere Exchange 2003 on the Windows of the plan."""
_TWO, _ONE, _ANY = range(2, 3), range(1, 2), range(1, 8)
_UP_TO_FOUR = (range(2, 5), _ANY, "2 to 4 nodes, one of them without an EVS")
_UP_TO_EIGHT = (
    range(2, 9),
    _ANY,
    "2 to 8 nodes with fewer EVSs than nodes, or 2 nodes with 2 EVSs",
)
_THREE_OR_FOUR = (range(3, 5), _ANY, "3 or 4 nodes with fewer EVSs than nodes")
_ONE_ON_TWO = (_TWO, _ONE, "2 nodes and 1 EVS")
_TWO_ON_TWO = (_TWO, _TWO, "2 nodes and 2 EVSs")

PATHS: Mapping[str, _PathKind] = {
    "U2": _PathKind(_add_u2, *_ONE_ON_TWO, is_rebuilt=True),
    "U4": _PathKind(_add_u4, *_THREE_OR_FOUR, is_rebuilt=True),
    "U4S": _PathKind(_add_u4s, *_THREE_OR_FOUR, is_rebuilt=True),
    "AA2": _PathKind(_add_aa2, *_TWO_ON_TWO, may_share=True, is_rebuilt=True),
    "CI": _PathKind(_add_ci, *_UP_TO_FOUR),
    "AP": _PathKind(_add_ap, *_TWO_ON_TWO, starts.before_service_pack, may_share=True),
    "SP": _PathKind(_add_sp, *_UP_TO_EIGHT, starts.before_service_pack, may_share=True),
    "W": _PathKind(_add_w, *_UP_TO_FOUR, starts.before_windows),
    "U2W": _PathKind(_add_u2w, *_ONE_ON_TWO),
    "HF": _PathKind(_add_hf, *_UP_TO_EIGHT, starts.before_service_pack, may_share=True),
}
"""The paths of handbook 4, 4.3 and 4.4, by name."""


def upgrade(name: str, plan: Plan) -> Procedure:
    """Return one of `PATHS` for a plan, with the preparation where it begins with Exchange 2000.

    Example:
        >>> sizes = {"U2": (2, 1), "U4": (4, 3), "U4S": (4, 3), "AA2": (2, 2), "SP": (8, 7)}
        >>> [len(upgrade(name, Plan.standard(*size)).tasks) for name, size in sizes.items()]
        [29, 45, 24, 26, 55]

    Source: handbook 4, 4.2 to 4.4 and 4.9.
    """
    kind = PATHS[name]
    _check_size(name, kind, plan)
    return _procedure(name, kind, plan)


def _procedure(name: str, kind: _PathKind, plan: Plan, order: tuple[str, ...] = ()) -> Procedure:
    client = client_plan(plan, *_BEFORE.get(kind.start, (EXCHANGE_2003, plan.windows)))
    first = prepare_steps(client) if kind.start is starts.before_upgrade else ()
    path = _Path(client, _PREPARED if first else ())
    kind.add(path)
    beside = _rebuild_steps(f"upgrade-{name}", path.steps) if kind.is_rebuilt else ()
    if name == "SP":
        beside = (_for_size(path.file.step("WIN"), client),)
    return Procedure(
        name=f"upgrade-{name}",
        title=steps_of(f"upgrade_{name.casefold()}").title,
        plan=client,
        steps=(*first, *path.steps),
        beside=beside,
        start=kind.start,
        order=order,
    )


def _check_size(name: str, kind: _PathKind, plan: Plan) -> None:
    nodes, evs = len(plan.nodes), len(plan.evs)
    is_roomy = evs < nodes or (kind.may_share and nodes == NODES_THAT_MAY_SHARE)
    if nodes not in kind.nodes or evs not in kind.evs or not is_roomy:
        raise impossible("path not for the plan", name, kind.rule, nodes, evs)
    homes = [item.home for item in plan.evs]
    if len(set(homes)) < len(homes):
        raise impossible("path needs homes", name, ", ".join(homes))


def prepare_steps(plan: Plan) -> tuple[Step, ...]:
    """Return P01 to P16 for a plan (handbook 4, 4.2 and 4.5.3)."""
    steps = steps_of("upgrade").steps
    return tuple(_for_size(step, plan) for step in steps if not step.is_recovery)


def _for_size(step: Step, plan: Plan) -> Step:
    """Return a rolling pass with its time; it moves an EVS once, and twice where no node is idle.

    Source: handbook 4, 4.3.6 (derived).
    """
    if not step.takes:
        return step
    moves = 1 if len(plan.evs) < len(plan.nodes) else 2
    return replace(step, minutes=45 * len(plan.nodes), takes=("T_MOVE",) * moves)


def _rebuild_steps(path: str, steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return for each node that a path upgrades the way back (4.3.2, Rollback of U2-02)."""
    marks = dict.fromkeys(step.mark for step in steps if "run_setup" in step.does)
    changes = {"run_setup", "join_node"}
    way_back = steps_of("upgrade").step("rebuild")
    return tuple(
        replace(
            way_back,
            id=f"recover/{path}-{mark}",
            mark=mark,
            undoes=tuple(s.id for s in steps if s.mark == mark and changes.intersection(s.does)),
        )
        for mark in marks
    )


# --- the best order -----------------------------------------------------------------------------


def order_procedure(plan: Plan, order: UpgradeOrder) -> Procedure:
    """Return an order as a path to walk: preparation, a step for each turn, work afterwards.

    Raises:
        ConfigError: If the order cannot be done with the nodes and EVSs of this plan.

    Example:
        >>> plan = Plan.standard(nodes=4, evs=3)
        >>> walk = order_procedure(plan, orders.best_order(plan, is_home=True))
        >>> len(walk.tasks), walk.task("B-2").title
        (27, 'System Attendant offline, move to NODE4, upgrade, online (EVS1)')

    Source: handbook 4, 4.3.3 and 4.5.3.
    """
    game = Game(plan)
    turns = game.order(order.name, order.turns).turns
    rows = {"Setup on": "B-setup", "move": "B-move", "upgrade": "B-upgrade"}

    def add(path: _Path) -> None:
        path.open("best")
        for number, turn in enumerate(turns, start=1):
            _add_turn(path, turn, rows, f"B-{number}")
        path.add("", "B-post", named=f"B-{len(turns) + 1}")

    kind = _PathKind(add, _ANY, _ANY, "any", may_share=True, is_rebuilt=True)
    return _procedure("best", kind, plan, tuple(map(game.text, turns)))


def upgrade_best(plan: Plan, *, order: Iterable[str] = ()) -> Procedure:
    """Return the order that costs least by the assumptions, as a path to walk (handbook 4, 4.5.3).

    *order* are the turns of another order in words, as `Procedure.order` has them.

    Example:
        >>> upgrade_best(Plan.standard(nodes=2, evs=1)).order
        ('Setup on NODE2', 'upgrade EVS1 to NODE2', 'Setup on NODE1')
    """
    texts = tuple(order)
    return order_procedure(
        plan, Game(plan).read("saved order", texts) if texts else orders.best_order(plan)
    )
