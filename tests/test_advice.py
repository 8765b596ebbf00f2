"""Which path for whom, and what it costs: `procedures.paths` and ``clusterlab upgrade``."""

from itertools import product

import pytest
from click.testing import CliRunner, Result

from clusterlab import ConfigError, cli
from clusterlab.exchange.versions import ExchangeVersion, NodeWindows
from clusterlab.procedures import Plan, upgrade_path
from clusterlab.procedures.downtime import forecast
from clusterlab.procedures.paths import Source, path_table, source_named, way


def rows(exchange: str, windows: str, nodes: int, evs: int, **times: float) -> dict[str, list[str]]:
    """Return the rows of the table by the path."""
    source = source_named(exchange, windows, nodes=nodes, evs=evs)
    return {row[0]: list(row[1:]) for row in path_table(source, seconds=times).rows}


def call(*arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(cli.cli, ["upgrade", *arguments])


def test_two_nodes_have_the_minutes_of_the_handbook():
    """U2 with return and W: 570 s, a move of 120 s and Kerberos of 180 s (handbook 4, 4.5.3)."""
    found = rows("2000 SP3", "2000 SP4", 2, 1)
    assert "14.5 min" == found["U2, then W"][3]
    assert "12.5 min" == found["or U2W"][3]
    assert "10.5 min" == found["or CI"][3]


def test_a_row_adds_up_the_paths_it_names():
    """Steps, and minutes without a standby, are those of both procedures together."""
    plan = Plan.standard(nodes=4, evs=3)
    both = [upgrade_path("U4", plan), upgrade_path("W", plan)]
    bare = sum(forecast(path).exposure_s["EVS1"] for path in both) / 60
    found = rows("2000 SP3", "2000 SP4", 4, 3)["U4, then W"]
    assert [str(sum(len(path.tasks) for path in both)), f"{bare:g} min"] == [found[1], found[4]]


def test_the_own_times_of_a_client_count():
    """A move measured with 60 s makes each of the two moves a minute shorter."""
    assert "12.5 min" == rows("2000 SP3", "2000 SP4", 2, 1, T_MOVE=60)["U2, then W"][3]


@pytest.mark.parametrize(
    ("nodes", "evs", "first"),
    [(4, 4, "U4, then W"), (2, 3, "AA2"), (1, 1, "SW"), (0, 1, "SW")],
)
def test_too_many_evss_or_no_partner_leave_the_nearest_path(nodes: int, evs: int, first: str):
    """What cannot go as it is has a path for the size it can be brought to (R10, 4.3.2)."""
    assert first == next(iter(rows("2000 SP3", "2000 SP4", nodes, evs)))


def test_the_command_prints_the_table():
    """A consultant sees paths, times, why, and what comes before."""
    result = call("--exchange", "2000 SP2", "--windows", "2000 SP4", "--nodes", "4", "--evs", "3")
    assert 0 == result.exit_code, result.output
    assert "From Exchange 2000 SP2 on 4 nodes with 3 EVSs to Exchange 2003 cluster" in result.output
    assert "- Before: Bring every node and EVS to Exchange 2000 Service Pack 3" in result.output


def test_the_command_says_that_nothing_leads_there():
    """Exchange 2007 has no way in place; the reason stands there, and the status is 1."""
    result = call("--exchange", "2003", "--windows", "2003", "--nodes", "2", "--to", "2007")
    assert 1 == result.exit_code
    assert "to Exchange 2007: no path.\nExchange 2007 runs on 64-bit Windows only" in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--exchange 5.4 --windows 2003", "Exchange is '5.4'; allowed: 5.5, 2000"),
        ("--exchange 2003 --windows XP", "Windows is 'XP'; allowed: NT 4.0"),
        ("--exchange 5.5 --windows 2003", "cannot exist; allowed: NT 4.0 or Windows 2000"),
        ("--exchange 2003 --windows 2003 --nodes 9", "nodes is 9; allowed with Windows 2003: 0"),
        ("--exchange 2003 --windows 2003 --to 2008", "the target is '2008'; allowed: 2003 cluster"),
        ("--exchange 2003 --windows 2003 --time T_MOVE", "--time is 'T_MOVE'; allowed: a name"),
        ("--exchange 2003 --windows 2003 --time T_M=1", "there is no assumption 'T_M'; allowed:"),
    ],
)
def test_what_cannot_be_is_a_sentence(arguments: str, words: str):
    """The thing, the wrong value and what is allowed; the status is 2."""
    result = call(*arguments.split())
    assert (2, True) == (result.exit_code, words in result.output), result.output


SIZES = [(0, 1), (1, 1), (2, 1), (2, 2), (2, 3), (3, 2), (3, 3), (4, 3), (8, 7), (8, 8)]


def test_every_client_gets_an_answer():
    """Whatever may exist has at least one path, and each path named can be walked (4.1)."""
    clients: dict[object, Source] = {}
    for exchange, windows, (nodes, evs) in product(ExchangeVersion, NodeWindows, SIZES):
        try:
            source = Source(exchange=exchange, windows=windows, nodes=nodes, evs=evs)
        except ConfigError:
            continue
        clients[way(source), nodes, evs] = source
    assert [] == [str(source) for source in clients.values() if not path_table(source).rows]


def test_windows_waits_for_an_idle_node():
    """Two EVSs on two nodes of Windows 2000 become one before path W (4.4.2)."""
    assert ["AP, then W, then SP", "or HF"] == list(rows("2003", "2000 SP4", 2, 2))
    assert ["SP", "or AP", "or HF"] == list(rows("2003", "2003", 2, 2))
