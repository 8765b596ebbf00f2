"""Handbook 4, 4.3.3 and 4.5: orders side by side, and the best one by looking at all."""

import random
from itertools import pairwise

import pytest

from clusterlab.cluster.errors import ConfigError
from clusterlab.procedures import Plan, Run
from clusterlab.procedures.catalogue import PROCEDURES
from clusterlab.procedures.downtime import forecast
from clusterlab.procedures.orders import (
    Game,
    Turn,
    UpgradeOrder,
    best_order,
    compare,
    documented_order,
    idle_first_order,
    search,
)
from clusterlab.procedures.runbook import runbook_markdown
from clusterlab.procedures.upgrade import order_procedure
from tests.redundancy import redundancy

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
    assert best.cost == again.cost
    assert best.positions <= again.positions


def test_the_idle_node_first_is_the_best_for_four_nodes_and_three_evss():
    """U4S has one outage per EVS, and nothing can have less (4.3.3)."""
    plan = Plan.standard(nodes=4, evs=3)
    best = best_order(plan)
    assert idle_first_order(plan).cost == best.cost
    assert best.cost < documented_order(plan).cost
    assert "no order is below 1350 s" in best.because[0]
    assert "1710 s down" in best.because[2]


def test_with_a_homecoming_the_outages_are_equal_and_the_exposure_is_not():
    """U4S-7 costs a move each; what is left of the advantage is time with a standby."""
    plan = Plan.standard(nodes=4, evs=3)
    ours, theirs = best_order(plan, is_home=True).cost, documented_order(plan).cost
    assert (ours.out_s, ours.elapsed_s) == (theirs.out_s, theirs.elapsed_s)
    assert ours.bare_s < theirs.bare_s


def test_slower_moves_do_not_change_the_best_order_but_what_it_saves():
    """The client's own times decide: with moves of an hour the homecoming costs more."""
    plan = Plan.standard(nodes=4, evs=3)
    best = best_order(plan, {"T_MOVE": 3600})
    assert 1350 == best.cost.out_s
    assert 1350 + 3 * 3600 == documented_order(plan, {"T_MOVE": 3600}).cost.out_s


def test_the_search_says_how_far_it_is():
    """It tells a growing number of positions, and never more than there are."""
    *steps, _ = search(Plan.standard(nodes=4, evs=3), is_home=True)
    seen = [step for step in steps if step[0]]
    assert all(one[0] + 1 == two[0] for one, two in pairwise(seen))
    assert seen[-1][0] <= seen[-1][1]


def test_positions_are_counted_before_they_are_settled():
    """While they are counted nothing is settled; the last step is what was found."""
    *steps, found = search(Plan.standard(nodes=3, evs=2))
    counted = [total for done, total in steps if done == 0]
    assert counted == sorted(counted)
    assert isinstance(found, UpgradeOrder)
    assert found.positions == counted[-1]


def test_a_homecoming_of_many_evss_has_few_positions():
    """Up to names 5 EVSs that come home have 620 positions, not tens of thousands."""
    best = best_order(Plan.standard(nodes=6, evs=5), is_home=True)
    assert (620, 5 * 450 + 5 * 120) == (best.positions, best.cost.out_s)


def test_where_the_evss_end_is_said_unless_they_are_home():
    """Homes end rotated (4.3.3)."""
    plan = Plan.standard(nodes=3, evs=2)
    assert "EVS1 on NODE3, EVS2 on NODE1" in best_order(plan).because[-1]
    assert "It ends" not in "".join(best_order(plan, is_home=True).because)


def test_two_orders_side_by_side():
    """Minutes out and minutes unprotected of each EVS, and in all (4.5)."""
    plan = Plan.standard(nodes=4, evs=3)
    table = compare(documented_order(plan), idle_first_order(plan))
    rows = {row[0]: row[1:] for row in table}
    assert ("28.5", "22.5") == rows["down, all EVSs"]
    assert ("844.5", "838.5") == rows["unprotected, all EVSs"]


def test_what_cannot_be_done_is_refused():
    """R9 and R10: no idle node, no order; and no turn before its time."""
    with pytest.raises(ConfigError, match="idle node"):
        documented_order(Plan.standard(nodes=2, evs=2))
    game = Game(Plan.standard(nodes=4, evs=3))
    with pytest.raises(ConfigError, match="upgrade EVS1 to NODE4"):
        game.order("mine", (Turn("upgrade", 3, 0),))
    with pytest.raises(ConfigError, match="leaves something old: NODE1, NODE2"):
        game.order("mine", (Turn("Setup on", 3),))
    with pytest.raises(ConfigError, match="what this plan does not have"):
        order_procedure(Plan.standard(nodes=2, evs=1), best_order(game_plan()))
    with pytest.raises(ConfigError, match=r"no turn 'Setup on NODE9'; allowed: Setup on NODE1"):
        game.read("mine", ["Setup on NODE9"])


def game_plan() -> Plan:
    """Return the training plan of four nodes."""
    return Plan.standard(nodes=4, evs=3)


# --- an order as a path to walk -----------------------------------------------------------------


def walked(plan: Plan, order: UpgradeOrder) -> list[tuple]:
    """Return what the steps of an order cost when they are played, without their keys."""
    return [step[1:] for step in forecast(order_procedure(plan, order)).steps]


@pytest.mark.parametrize("is_home", [False, True])
@pytest.mark.parametrize(("nodes", "evs"), [(2, 1), (2, 2), (3, 2), (4, 3)])
def test_the_best_order_is_walked_at_the_price_it_was_found_for(
    nodes: int, evs: int, is_home: bool
):
    """Turn by turn the simulated cluster has the same EVSs out and the same unprotected (4.5)."""
    plan = Plan.standard(nodes=nodes, evs=evs)
    order = best_order(plan, is_home=is_home)
    assert [step[1:] for step in order.forecast.steps] == walked(plan, order)


def any_order(game: Game, seed: int) -> UpgradeOrder:
    """Return an order of possible turns in which nobody thought."""
    chance, position, turns = random.Random(seed), game.start, list[Turn]()
    while not game.is_over(position, is_home=False):
        turns.append(chance.choice(list(game.turns(position))))
        position = game.after(position, turns[-1])
    return game.order(f"order {seed}", turns)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("nodes", "evs"), [(2, 1), (2, 2), (3, 1), (3, 2)])
def test_any_order_costs_what_it_costs_in_the_simulation(nodes: int, evs: int, seed: int):
    """Not only good orders: moves to and fro agree as well, EVS by EVS and turn by turn."""
    plan = Plan.standard(nodes=nodes, evs=evs)
    order = any_order(Game(plan), seed)
    assert [step[1:] for step in order.forecast.steps] == walked(plan, order)


def test_the_redundancy_on_the_way_is_that_of_the_turns():
    """While Setup runs the nodes tried on branches say the same as the short rule (4.5.1)."""
    plan = game_plan()
    order = best_order(plan, is_home=True)
    phases = redundancy(order_procedure(plan, order))
    played = {
        phase.name: tuple(evs for evs, nodes in phase.standby.items() if not nodes)
        for phase in phases
    }
    said = {step.key: step.unprotected for step in order.forecast.steps}
    setups = [name for name in said if name.startswith("Setup")]
    assert [said[name] for name in setups] == [played[name] for name in setups]
    assert {evs: owner for evs, (_, owner) in phases[-1].evs.items()} == {
        evs.name: evs.home for evs in plan.evs
    }


def test_the_clients_own_times_go_for_walked_orders_too():
    """What was found with other times costs the same when it is walked with them."""
    plan, seconds = game_plan(), {"T_MOVE": 30, "T_CMD": 900}
    order = best_order(plan, seconds, is_home=True)
    cost = forecast(order_procedure(plan, order), seconds=seconds)
    assert order.forecast.downtime_s == cost.downtime_s
    assert order.forecast.exposure_s == cost.exposure_s


def test_the_idle_node_first_is_the_best_order_with_the_names_of_the_handbook():
    """U4S has the same turns; its keys are those that the handbook prints (4.3.3)."""
    plan = game_plan()
    best, printed = PROCEDURES["upgrade-best"](plan), PROCEDURES["upgrade-U4S"](plan)
    ours = [task.title for task in best.tasks if task.key.startswith(best.name)]
    theirs = {task.short: task.title for task in printed.tasks if task.key.startswith(printed.name)}
    assert [f"U4S-{n}" for n in range(8)] == list(theirs)
    assert list(theirs.values())[:-1] == ours[:-1]


def test_a_saved_run_of_any_order_is_that_order_again():
    """The turns are saved, not the search: a run with a homecoming is read as one."""
    procedure = order_procedure(game_plan(), best_order(game_plan(), is_home=True))
    run = Run(procedure).do_rest(until="B-3")
    again = Run.from_json(run.to_json())
    assert procedure.order == again.procedure.order
    assert [task.key for task in run.left()] == [task.key for task in again.left()]
    assert () == again.do_rest().left()


@pytest.mark.parametrize("order", ['["Setup on NODE9"]', "7", "[]", "[3]"])
def test_a_damaged_order_is_refused(order: str):
    """A file with turns that do not exist, or with no turns, is no run."""
    text = Run(PROCEDURES["upgrade-best"](Plan.standard(nodes=2, evs=1))).to_json()
    head, _, _ = text.partition('"order": [')
    with pytest.raises(ConfigError, match=r"order|turn"):
        Run.from_json(f'{head}"order": {order}}}')


def test_only_the_searched_path_has_an_order():
    """A saved run of U2 with turns in it is damaged."""
    text = Run(PROCEDURES["upgrade-U2"](Plan.standard(nodes=2, evs=1))).to_json()
    with pytest.raises(ConfigError, match="only for upgrade-best"):
        Run.from_json(text.replace('"entries"', '"order": ["Setup on NODE2"], "entries"'))


def test_the_runbook_of_the_best_order_has_its_steps_and_its_forecast():
    """Title, steps and the outage of each EVS."""
    text = runbook_markdown(PROCEDURES["upgrade-best"](game_plan()))
    assert "order found by search: cluster" in text.splitlines()[0]
    assert "System Attendant offline, move to NODE4, upgrade, online" in text
    assert "7.5 min" in text
