"""Upgrading clusters to Exchange 2003 in place: the paths of handbook 4, 4.3 as data.

`upgrade_prepare.py` has the steps before, `upgrade_parts.py` what the paths are made of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from clusterlab.cluster.errors import ConfigError
from clusterlab.cluster.states import Windows
from clusterlab.exchange.evs import EXCHANGE_2000
from clusterlab.procedures import upgrade_checks as looks
from clusterlab.procedures.orders import Game, Kind, Order, Turn, best_order, idle_first_order
from clusterlab.procedures.plan import Plan
from clusterlab.procedures.procedure import Procedure
from clusterlab.procedures.step import Check, Effect, Scope, Step
from clusterlab.procedures.upgrade_parts import (
    after,
    empty_step,
    move_step,
    offline_step,
    online_step,
    post_step,
    ready_step,
    rebuild_steps,
    restart_step,
    setup_step,
    upgrade_step,
    whole_evs_step,
    whole_node_step,
)
from clusterlab.procedures.upgrade_prepare import FIRST_NEEDS, prepare_steps
from clusterlab.procedures.upgrade_start import before_upgrade, client_plan

TWO = 2
"""Nodes of the paths U2 and AA2."""


def node_number(plan: Plan, node: str) -> int:
    """Return the number of a node, from 1."""
    return [item.name for item in plan.nodes].index(node) + 1


def u2_steps(plan: Plan) -> tuple[Step, ...]:
    """Return path U2: two nodes, one EVS, the passive node first (handbook 4, 4.3.2)."""
    n1 = node_number(plan, plan.evs[0].home)
    n2 = TWO + 1 - n1
    u, on_2 = "upgrade-U2/U2-", plan.nodes[n2 - 1].name
    return (
        empty_step(f"{u}01", n2, after(*FIRST_NEEDS), source="handbook 4, U2-01"),
        setup_step(f"{u}02", n2, after(f"{u}01"), source="handbook 4, U2-02"),
        restart_step(f"{u}03", n2, after(f"{u}02"), source="handbook 4, U2-03"),
        offline_step(f"{u}04", 1, after(f"{u}03"), source="handbook 4, U2-04"),
        move_step(
            f"{u}05",
            1,
            n2,
            plan,
            after(f"{u}04"),
            takes=("T_MOVE_OFF",),
            source="handbook 4, U2-05",
        ),
        ready_step(f"{u}06", 1, after(f"{u}05"), source="handbook 4, U2-06"),
        upgrade_step(f"{u}07", 1, after(f"{u}06"), source="handbook 4, U2-07"),
        online_step(
            f"{u}08",
            1,
            after(f"{u}07"),
            title=f"Bring the EVS online on {on_2}",
            source="handbook 4, U2-08",
        ),
        empty_step(
            f"{u}09",
            n1,
            after(f"{u}08"),
            title="Move the Cluster Group off the node",
            source="handbook 4, U2-09",
        ),
        setup_step(f"{u}10", n1, after(f"{u}09"), source="handbook 4, U2-10"),
        restart_step(f"{u}11", n1, after(f"{u}10"), source="handbook 4, U2-11"),
        move_step(
            f"{u}12",
            1,
            n1,
            plan,
            after(f"{u}11"),
            title="Test the failover: move the EVS home",
            source="handbook 4, U2-12",
        ),
        post_step(f"{u}13", after(f"{u}12")),
    )


def rounds(plan: Plan) -> tuple[list[int], list[int]]:
    """Return the numbers of the nodes that are homes, EVS by EVS, and of those that are idle."""
    homes = [node_number(plan, evs.home) for evs in plan.evs]
    return homes, [n for n in range(1, len(plan.nodes) + 1) if n not in homes]


def u4_steps(plan: Plan) -> tuple[Step, ...]:
    """Return path U4: each EVS leaves its home, which is upgraded, and returns (4.3.3)."""
    homes, idle = rounds(plan)
    u, steps = "upgrade-U4/U4-", list[Step]()
    before = FIRST_NEEDS
    for i, home in enumerate(homes, start=1):
        steps += _u4_round(plan, i, home, idle[-1], before)
        before = (f"{u}{i}h",)
    for k, node in enumerate(reversed(idle)):
        first, second, third = (f"{u}{41 + 3 * k + place}" for place in range(3))
        steps += (
            empty_step(first, node, after(*before), source="handbook 4, U4-41"),
            setup_step(second, node, after(first), source="handbook 4, U4-42"),
            restart_step(third, node, after(second), source="handbook 4, U4-43"),
        )
        before = (third,)
    test = move_step(
        f"{u}51",
        1,
        idle[-1],
        plan,
        after(*before),
        title=f"Test the failover: move the EVS to {plan.nodes[idle[-1] - 1].name} and back",
        does=(Effect.TEST_FAILOVER,),
        choices=(),
        checks=(),
        minutes=10,
        takes=(),
        source="handbook 4, U4-51",
    )
    return (*steps, test, post_step(f"{u}60", after(f"{u}51"), source="handbook 4, U4-60"))


def _u4_round(
    plan: Plan, i: int, home: int, standby: int, before: tuple[str, ...]
) -> tuple[Step, ...]:
    """Return the steps U4-ia to U4-ih of one EVS."""
    keys = [f"upgrade-U4/U4-{i}{letter}" for letter in "abcdefgh"]
    needs = (after(*before), *(after(key) for key in keys))

    def source(letter: str) -> str:
        return f"handbook 4, U4-i{letter}"

    return (
        move_step(keys[0], i, standby, plan, needs[0], source=source("a")),
        empty_step(
            keys[1],
            home,
            needs[1],
            title="Move any other group off the node",
            source=source("b"),
        ),
        setup_step(keys[2], home, needs[2], source=source("c")),
        restart_step(keys[3], home, needs[3], source=source("d")),
        offline_step(keys[4], i, needs[4], source=source("e")),
        move_step(
            keys[5],
            i,
            home,
            plan,
            needs[5],
            title=f"Move the EVS back to {plan.nodes[home - 1].name}; check disks, address, name",
            takes=("T_MOVE_OFF",),
            source=source("f"),
        ),
        upgrade_step(keys[6], i, needs[6], source=source("g")),
        online_step(keys[7], i, needs[7], source=source("h")),
    )


def u4s_steps(plan: Plan) -> tuple[Step, ...]:
    """Return path U4S: the idle node first, then each EVS to the node that is free (4.3.3)."""
    homes, idle = rounds(plan)
    u, turns = "upgrade-U4S/U4S-", idle_first_order(plan).turns
    more = [f"0.{k}" for k in range(1, len(idle))]
    numbers = ["0", *more, *(str(n) for n in range(1, 2 * len(homes) + 1))]
    steps = [
        _turn_step(f"{u}{number}", turn, plan, f"handbook 4, U4S-{number.partition('.')[0]}")
        for number, turn in zip(numbers, turns, strict=True)
    ]
    last = f"{u}{2 * len(homes) + 1}"
    return (*_one_by_one(steps), _homecoming(plan, last, steps[-1].id))


def _turn_step(key: str, turn: Turn, plan: Plan, source: str) -> Step:
    """Return a turn of an order as a step."""
    node, evs = turn.node + 1, turn.evs + 1
    match turn.kind:
        case Kind.SETUP:
            return whole_node_step(key, node, (), source=source)
        case Kind.MOVE:
            return move_step(key, evs, node, plan, (), source=source)
        case Kind.UPGRADE:
            return whole_evs_step(key, evs, node, plan, (), source=source)


def _one_by_one(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return steps of which each needs the one before, the first one the preparation."""
    before = (FIRST_NEEDS, *((step.id,) for step in steps))
    return tuple(
        replace(step, needs=after(*needs)) for step, needs in zip(steps, before, strict=False)
    )


def _homecoming(plan: Plan, key: str, before: str) -> Step:
    """Return the step that moves every EVS home, the last one first (U4S-7)."""
    return Step(
        id=key,
        title="Optional: move every EVS home, the last one first",
        phase="Homecoming",
        scope=Scope.CLUSTER,
        place="Cluster Administrator",
        how="Move Group for each EVS, in this order so that each target is free; or change the "
        "preferred owners and stay",
        does=tuple(
            f'cluster group "{evs.name}" /moveto:{evs.home} /wait' for evs in reversed(plan.evs)
        ),
        needs=after(before),
        minutes=2 * len(plan.evs),
        takes=("T_MOVE",),
        permission="local Administrator on the nodes",
        verify="Each EVS is Online on its home",
        later="Each EVS stays where it is, which is harmless.",
        source="handbook 4, U4S-7",
    )


def aa2_steps(plan: Plan) -> tuple[Step, ...]:
    """Return path AA2: two nodes, two EVSs (4.3.6)."""
    (n1, n2), a = [node_number(plan, evs.home) for evs in plan.evs], "upgrade-AA2/AA-"
    on_2 = plan.nodes[n2 - 1].name

    def key(number: int) -> str:
        return f"{a}{number:02}"

    def row(number: int) -> dict[str, str]:
        return {"source": f"handbook 4, AA-{number:02}"}

    check = ready_step(
        key(1),
        1,
        after(*FIRST_NEEDS),
        title="Check that the storage groups of both EVSs fit one node, and the load",
        how="Exchange System Manager > count the storage groups: four on a node at most",
        commands=(),
        checks=(Check(code="ORDER", finds=looks.too_many_groups),),
        verify="Four storage groups or fewer in all",
        later="The store of the arriving EVS fails, and the EVS stays Failed.",
        **row(1),
    )
    return (
        check,
        move_step(
            key(2),
            1,
            n2,
            plan,
            after(key(1)),
            title=f"Move the EVS and the other groups to {on_2}",
            does=(Effect.MOVE_THERE, f'cluster group "Cluster Group" /moveto:{on_2} /wait'),
            minutes=3,
            **row(2),
        ),
        setup_step(key(3), n1, after(key(2)), **row(3)),
        restart_step(key(4), n1, after(key(3)), **row(4)),
        whole_evs_step(key(5), 1, n1, plan, after(key(4)), **row(5)),
        whole_evs_step(key(6), 2, n1, plan, after(key(5)), **row(6)),
        empty_step(
            key(7), n2, after(key(6)), title="Move the Cluster Group off the node", **row(7)
        ),
        setup_step(
            key(8),
            n2,
            after(key(7)),
            title="Upgrade Exchange on the node and restart it",
            does=(Effect.RUN_SETUP, Effect.AWAIT_SETUP, Effect.JOIN_NODE),
            minutes=68,
            takes=("T_SETUP", "T_REBOOT"),
            **row(8),
        ),
        move_step(key(9), 2, n2, plan, after(key(8)), **row(9)),
        post_step(key(10), after(key(9)), **row(10)),
    )


def _in_place(
    name: str,
    plan: Plan,
    make: Callable[[Plan], tuple[Step, ...]],
    order: tuple[str, ...] = (),
) -> Procedure:
    client = client_plan(plan, EXCHANGE_2000, Windows.W2K)
    own = make(client)
    return Procedure(
        name=name,
        plan=client,
        steps=(*prepare_steps(client), *own),
        beside=rebuild_steps(name, own),
        start=before_upgrade,
        order=order,
    )


def check_size(path: str, plan: Plan, *, nodes: range, evs: range, rule: str) -> None:
    """Raise ConfigError unless a path is for so many nodes and EVSs.

    Args:
        path: Its name.
        plan: The client's names.
        nodes: How many nodes are allowed.
        evs: How many EVSs.
        rule: What is allowed, in words.
    """
    if len(plan.nodes) not in nodes or len(plan.evs) not in evs:
        raise ConfigError(
            f"path {path} is for {rule}; the plan has {len(plan.nodes)} nodes and "
            f"{len(plan.evs)} EVSs. `paths.way` says which path is for it (handbook 4, 4.1)"
        )
    homes = [item.home for item in plan.evs]
    if len(set(homes)) < len(homes):
        raise ConfigError(
            f"path {path} is for EVSs that each have a home of their own; the homes are "
            f"{', '.join(homes)} (handbook 4, 4.3.3)"
        )


def upgrade_u2(plan: Plan) -> Procedure:
    """Return path U2 with its preparation: Exchange 2000 on two nodes, one EVS.

    A run of it begins with the client's cluster on Exchange 2000 SP2 and Windows 2000 SP3.

    Raises:
        ConfigError: If the plan has not two nodes and one EVS.

    Example:
        >>> procedure = upgrade_u2(Plan.standard(nodes=2, evs=1))
        >>> len(procedure.tasks)
        29

    Source: handbook 4, 4.2, 4.3.2 and 4.9.
    """
    check_size("U2", plan, nodes=range(2, 3), evs=range(1, 2), rule="2 nodes and 1 EVS")
    return _in_place("upgrade-U2", plan, u2_steps)


def upgrade_u4(plan: Plan) -> Procedure:
    """Return path U4 with its preparation: three or four nodes in the documented order.

    Raises:
        ConfigError: If the plan has not three or four nodes, one of them idle.

    Example:
        >>> len(upgrade_u4(Plan.standard(nodes=4, evs=3)).tasks)
        45

    Source: handbook 4, 4.3.3 and 4.9.
    """
    check_size("U4", plan, nodes=range(3, 5), evs=range(1, 4), rule=_THREE_OR_FOUR)
    return _in_place("upgrade-U4", plan, u4_steps)


def upgrade_u4s(plan: Plan) -> Procedure:
    """Return path U4S with its preparation: three or four nodes, the idle one first.

    Raises:
        ConfigError: If the plan has not three or four nodes, one of them idle.

    Example:
        >>> len(upgrade_u4s(Plan.standard(nodes=4, evs=3)).tasks)
        24

    Source: handbook 4, 4.3.3 (variant U4S).
    """
    check_size("U4S", plan, nodes=range(3, 5), evs=range(1, 4), rule=_THREE_OR_FOUR)
    return _in_place("upgrade-U4S", plan, u4s_steps)


def upgrade_aa2(plan: Plan) -> Procedure:
    """Return path AA2 with its preparation: two nodes, each with an EVS.

    Raises:
        ConfigError: If the plan has not two nodes and two EVSs.

    Example:
        >>> len(upgrade_aa2(Plan.standard(nodes=2, evs=2)).tasks)
        26

    Source: handbook 4, 4.3.6.
    """
    check_size("AA2", plan, nodes=range(2, 3), evs=range(2, 3), rule="2 nodes and 2 EVSs")
    return _in_place("upgrade-AA2", plan, aa2_steps)


def order_procedure(plan: Plan, order: Order) -> Procedure:
    """Return an order as a path to walk: preparation, a step for each turn, work afterwards.

    Raises:
        ConfigError: If the order cannot be done with the nodes and EVSs of this plan.

    Example:
        >>> plan = Plan.standard(nodes=4, evs=3)
        >>> walk = order_procedure(plan, best_order(plan, is_home=True).order)
        >>> len(walk.tasks), walk.task("B-2").title
        (27, 'System Attendant offline, move to NODE4, upgrade, online (EVS1)')

    Source: handbook 4, 4.3.3 and 4.5.3.
    """
    game, key = Game(plan), "upgrade-best/B-"
    turns = game.order(order.name, order.turns).turns

    def steps(client: Plan) -> tuple[Step, ...]:
        source = "handbook 4, 4.3.3 and 4.5.3"
        made = [
            _turn_step(f"{key}{n}", turn, client, source) for n, turn in enumerate(turns, start=1)
        ]
        return (*_one_by_one(made), post_step(f"{key}{len(made) + 1}", after(made[-1].id)))

    return _in_place("upgrade-best", plan, steps, tuple(map(game.text, turns)))


def upgrade_best(plan: Plan, *, order: Iterable[str] = ()) -> Procedure:
    """Return the order that costs least by the assumptions, as a path to walk.

    Args:
        plan: The client's names.
        order: The turns of another order in words, as `Procedure.order` has them.

    Raises:
        ConfigError: If there is no order at all, or *order* cannot be done.

    Example:
        >>> upgrade_best(Plan.standard(nodes=2, evs=1)).order
        ('Setup on NODE2', 'upgrade EVS1 to NODE2', 'Setup on NODE1')

    Source: handbook 4, 4.5.3.
    """
    texts = tuple(order)
    return order_procedure(
        plan, Game(plan).read("saved order", texts) if texts else best_order(plan).order
    )


_THREE_OR_FOUR = "3 or 4 nodes with fewer EVSs than nodes"
