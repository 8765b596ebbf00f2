"""Handbook 4, 4.3.3 and 4.5: orders side by side, and the best one by looking at all."""

from itertools import pairwise

import pytest

from clusterlab.cluster.errors import ConfigError
from clusterlab.procedures import Plan
from clusterlab.procedures.catalogue import PROCEDURES
from clusterlab.procedures.downtime import forecast
from clusterlab.procedures.orders import (
    Game,
    Kind,
    Turn,
    best_order,
    compare,
    documented_order,
    idle_first_order,
)

SIZES = [(2, 1), (3, 1), (3, 2), (4, 1), (4, 2), (4, 3)]


@pytest.mark.parametrize(("name", "left_out"), [("U4", ()), ("U4S", ("U4S-7",))])
def test_an_order_costs_what_its_path_costs_in_the_simulation(name: str, left_out: tuple):
    """The short calculation and the walk through the simulated cluster agree (4.5.3)."""
    plan = Plan.standard(nodes=4, evs=3)
    walked = forecast(PROCEDURES[f"upgrade-{name}"](plan), leave_out=left_out)
    order = documented_order(plan) if name == "U4" else idle_first_order(plan)
    ours = order.forecast
    assert (walked.elapsed_s, walked.downtime_s) == (ours.elapsed_s, ours.downtime_s)
    assert walked.exposure_s == ours.exposure_s


@pytest.mark.parametrize("is_home", [False, True])
@pytest.mark.parametrize(("nodes", "evs"), SIZES)
def test_no_order_is_better_than_the_best_one(monkeypatch, nodes: int, evs: int, is_home: bool):
    """The same cost comes out when positions are told apart by every name."""
    plan = Plan.standard(nodes=nodes, evs=evs)
    best = best_order(plan, is_home=is_home)
    monkeypatch.setattr(Game, "key", lambda self, position, is_home: position)
    again = best_order(plan, is_home=is_home)
    assert best.order.cost == again.order.cost
    assert best.positions <= again.positions


def test_the_idle_node_first_is_the_best_for_four_nodes_and_three_evss():
    """U4S has one outage per EVS, and nothing can have less (4.3.3)."""
    plan = Plan.standard(nodes=4, evs=3)
    best = best_order(plan)
    assert idle_first_order(plan).cost == best.order.cost
    assert best.order.cost < documented_order(plan).cost
    assert "no order is below 1350 s" in best.because[0]
    assert "1710 s out" in best.because[2]


def test_with_a_homecoming_the_outages_are_equal_and_the_exposure_is_not():
    """U4S-7 costs a move each; what is left of the advantage is time with a standby."""
    plan = Plan.standard(nodes=4, evs=3)
    ours, theirs = best_order(plan, is_home=True).order.cost, documented_order(plan).cost
    assert (ours.out_s, ours.elapsed_s) == (theirs.out_s, theirs.elapsed_s)
    assert ours.bare_s < theirs.bare_s


def test_slower_moves_do_not_change_the_best_order_but_what_it_saves():
    """The client's own times decide: with moves of an hour the homecoming costs more."""
    plan = Plan.standard(nodes=4, evs=3)
    best = best_order(plan, {"T_MOVE": 3600})
    assert 1350 == best.order.cost.out_s
    assert 1350 + 3 * 3600 == documented_order(plan, {"T_MOVE": 3600}).cost.out_s


def test_the_search_says_how_far_it_is():
    """The callback gets a growing number of positions, and never more than there are."""
    seen: list[tuple[int, int]] = []
    best_order(
        Plan.standard(nodes=4, evs=3),
        is_home=True,
        progress=lambda done, count: seen.append((done, count)),
    )
    assert all(one[0] + 1 == two[0] for one, two in pairwise(seen))
    assert seen[-1][0] <= seen[-1][1]


def test_two_orders_side_by_side():
    """Minutes out and minutes unprotected of each EVS, and in all (4.5)."""
    plan = Plan.standard(nodes=4, evs=3)
    table = compare(documented_order(plan), idle_first_order(plan))
    rows = {row[0]: row[1:] for row in table}
    assert ("28.5", "22.5") == rows["out, all EVSs"]
    assert ("844.5", "838.5") == rows["unprotected, all EVSs"]


def test_what_cannot_be_done_is_refused():
    """R9 and R10: no idle node, no order; and no turn before its time."""
    with pytest.raises(ConfigError, match="idle node"):
        documented_order(Plan.standard(nodes=2, evs=2))
    game = Game(Plan.standard(nodes=4, evs=3))
    with pytest.raises(ConfigError, match="upgrade EVS1 to NODE4"):
        game.order("mine", (Turn(Kind.UPGRADE, 3, 0),))
