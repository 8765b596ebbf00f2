"""Handbook 4, 4.5: outage and redundancy, recomputed from the simulation, equal to the tables."""

import pytest

from clusterlab.cluster.errors import ConfigError
from clusterlab.procedures import Plan, Run
from clusterlab.procedures.assumptions import ASSUMPTIONS, times
from clusterlab.procedures.catalogue import PROCEDURES
from clusterlab.procedures.downtime import forecast
from clusterlab.procedures.timeline import ABSENT, Timeline
from tests import handbook_4
from tests.redundancy import redundancy

SHORT = {"2000 SP3": "00", "2003": "03", "Down": "down"}


def path(name: str, nodes: int, evs: int):
    """Return a path for the training plan."""
    return PROCEDURES[f"upgrade-{name}"](Plan.standard(nodes=nodes, evs=evs))


@pytest.mark.parametrize(("name", "place", "last"), [("U4", 0, None), ("U4S", 1, -1)])
def test_the_redundancy_table_comes_out_of_the_simulation(name: str, place: int, last: int | None):
    """Each phase, its nodes, EVSs and standbys, by trying every node on a branch (4.5.1)."""
    phases = redundancy(path(name, 4, 3))[:last]
    ours = []
    for phase in phases:
        nodes = " ".join(SHORT[version] for version in phase.nodes.values())
        evs = [f"{SHORT[v]}@{node.replace('NODE', 'N')}" for v, node in phase.evs.values()]
        standby = [", ".join(n).replace("NODE", "N") or "-" for n in phase.standby.values()]
        ours.append([nodes, *evs, " / ".join(standby)])
    rows = [row[1:] for row in handbook_4.tables("4.5.1")[place]]
    assert rows == (ours if name == "U4" else ours[1:])


# Path, nodes, EVSs, what is left out, elapsed, downtime of each EVS, exposure of each EVS.
VECTORS = [
    ("U2", 2, 1, ["U2-12"], 8610, [450], [8160]),
    ("U2", 2, 1, [], 8730, [570], [8160]),
    ("U4", 4, 3, [], 18030, [570, 570, 570], [17460, 16890, 16320]),
    ("U4S", 4, 3, ["U4S-7"], 17670, [450, 450, 450], [17220, 16770, 16320]),
    ("AA2", 2, 2, [], 9300, [570, 570], None),
    ("U2W", 2, 1, [], None, [750], None),
    ("CI", 2, 1, [], None, [630], None),
]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda row: f"{row[0]}{row[3]}")
def test_the_vectors_of_the_handbook(vector):
    """Elapsed time, downtime and exposure with the default assumptions (4.5.3)."""
    name, nodes, evs, left_out, elapsed, down, bare = vector
    cost = forecast(path(name, nodes, evs), leave_out=left_out)
    assert down == list(cost.downtime_s.values())
    if elapsed is not None:
        assert elapsed == cost.elapsed_s
    if bare is not None:
        assert bare == list(cost.exposure_s.values())


def test_a_clean_installation_has_no_standby_from_the_first_eviction_to_the_last_join():
    """Two nodes, each built anew in 7200 + 1200 + 1800 s, have no failover meanwhile (4.5.3)."""
    cost = forecast(path("CI", 2, 1))
    assert {"EVS1": 2 * (7200 + 1200 + 1800)} == cost.exposure_s
    bare = [step.key.partition("/")[2] for step in cost.steps if "EVS1" in step.unprotected]
    assert ["CI-02", "CI-03", "CI-04", "CI-06"] == [key.partition("@")[0] for key in bare]


def test_the_assumptions_are_those_of_the_handbook():
    """Each T_ has its default (4.5.3)."""
    table = {row[0].split()[0]: row[1] for row in handbook_4.tables("4.5.3")[0]}
    wanted = {name: float(cell.split()[0]) for name, cell in table.items() if name[:2] == "T_"}
    assert wanted == {name: row.seconds for name, row in ASSUMPTIONS.items()}


def test_the_clients_own_times_replace_the_assumptions():
    """All defaults are editable (4.5.3)."""
    cost = forecast(path("U2", 2, 1), seconds={"T_CMD": 600, "T_MOVE": 60})
    assert {"EVS1": 450 + 300 + 60} == cost.downtime_s


def test_the_preparation_costs_a_move_for_each_pass():
    """P05 and P06 take one T_MOVE per EVS and pass (4.5.3)."""
    cost = forecast(path("U4", 4, 3), with_preparation=True)
    assert [570 + 240] * 3 == list(cost.downtime_s.values())


@pytest.mark.parametrize("wrong", [{"T_WAIT": 1}, {"T_MOVE": -1}, {"T_MOVE": "long"}])
def test_an_impossible_time_is_refused(wrong: dict):
    """Only assumptions of the table, and no negative time."""
    with pytest.raises(ConfigError, match="allowed"):
        times(wrong)


def test_a_node_that_is_built_anew_is_away_meanwhile():
    """CI-06 keeps the node out of the cluster for Windows and join, and its EVS without a standby
    until Exchange is there too: from the first eviction to the last join (4.3.7, 4.5.3).
    """
    anew = path("CI", 2, 1)
    timeline = Timeline(Run(anew).do_rest(until="CI-06"))
    away = sum(s.end_s - s.start_s for s in timeline.nodes["NODE1"] if s.state == ABSENT)
    assert 7200 + 1200 == round(away)
    assert forecast(anew).exposure_s["EVS1"] <= timeline.unprotected_s("EVS1", timeline.prepared_s)
