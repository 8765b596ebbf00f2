"""Handbook 4, 4.1: from what to what, and why the direct way is blocked."""

import re

import pytest

from clusterlab.cluster.errors import ConfigError
from clusterlab.exchange.versions import ExchangeVersion as E
from clusterlab.exchange.versions import NodeWindows as W
from clusterlab.procedures.catalogue import PROCEDURES
from clusterlab.procedures.paths import Source, check_path, way
from tests import handbook_4

# For each row of 4.1 an example of it, and what the client wishes for; None cannot exist.
ROWS = [
    ({"exchange": E.E55, "windows": W.NT4}, "2003 cluster"),
    ({"exchange": E.E55, "windows": W.W2000_SP4}, "2003 cluster"),
    (None, "2003 cluster"),
    ({"exchange": E.E55, "windows": W.NT4, "nodes": 2}, "2003 cluster"),
    ({"exchange": E.E55, "windows": W.W2000_SP4, "nodes": 2}, "2003 cluster"),
    ({"exchange": E.E2000_SP3, "windows": W.W2000_SP4}, "2003 cluster"),
    (None, "2003 cluster"),
    ({"exchange": E.E2000_SP3, "windows": W.W2000_SP4, "nodes": 2}, "2003 cluster"),
    ({"exchange": E.E2000_SP3, "windows": W.W2000_SP4, "nodes": 4, "evs": 3}, "2003 cluster"),
    ({"exchange": E.E2000_SP3, "windows": W.W2000_SP4, "nodes": 2, "evs": 2}, "2003 cluster"),
    ({"exchange": E.E2000_SP3, "windows": W.W2000_SP4, "nodes": 3, "evs": 3}, "2003 cluster"),
    ({"exchange": E.E2000_SP2, "windows": W.W2000_SP4, "nodes": 2}, "2003 cluster"),
    ({"exchange": E.E2003_RTM, "windows": W.W2003}, "2003 cluster"),
    ({"exchange": E.E2003_RTM, "windows": W.W2003, "nodes": 2}, "2003 cluster"),
    ({"exchange": E.E2003_RTM, "windows": W.W2003, "nodes": 2}, "2003 stand-alone"),
    ({"exchange": E.E2003_RTM, "windows": W.W2003, "nodes": 2}, "2007"),
]


@pytest.mark.parametrize("place", range(len(ROWS)))
def test_each_row_of_the_matrix(place: int):
    """In place or not, and the paths that the row names in bold (4.1)."""
    row = handbook_4.tables("4.1")[0][place]
    what, target = ROWS[place]
    if what is None:
        assert "State cannot exist" == row[3]
        return
    found = way(Source(**what), target)
    assert (
        row[2].startswith("**Yes**") == (found.is_in_place and found.paths[0] != "SP")
        or row[2] == "After SP3"
    )
    named = set(re.findall(r"\*\*(\w+)\*\*", row[3])) - {"Yes"}
    if row[2] == "-":
        named |= {"SP"}
    if "281290" in row[3]:
        assert "281290" in found.because
        named -= {"U2"}
    assert named <= {*found.paths, *found.instead}
    assert found.is_supported == bool(named or row[2] == "After SP3")


def test_every_row_has_its_example():
    """No row of the matrix is left out (4.1)."""
    assert len(ROWS) == len(handbook_4.tables("4.1")[0])


def test_every_path_of_the_matrix_is_a_procedure():
    """What the matrix recommends can be walked (4.1)."""
    ways = [way(Source(**what), target) for what, target in ROWS if what is not None]
    paths = {path for item in ways for path in (*item.paths, *item.instead)}
    assert set() == {f"upgrade-{path}" for path in paths} - set(PROCEDURES)


@pytest.mark.parametrize(
    "what",
    [
        {"exchange": E.E55, "windows": W.W2003},
        {"exchange": E.E2000_SP3, "windows": W.W2003},
        {"exchange": E.E2003_RTM, "windows": W.NT4},
        {"exchange": E.E2000_SP3, "windows": W.W2000_SP4, "nodes": 5},
        {"exchange": E.E2000_SP3, "windows": W.W2000_SP4, "nodes": 2, "evs": 0},
    ],
)
def test_what_cannot_exist_is_refused(what: dict):
    """R1, and the nodes that an edition of Windows allows."""
    with pytest.raises(ConfigError, match="allowed"):
        Source(**what)


@pytest.mark.parametrize(
    ("path", "what", "words"),
    [
        ("U2", {"exchange": E.E55, "windows": W.NT4, "nodes": 2}, "Nearest supported path: M55"),
        ("U4", {"exchange": E.E2000_SP3, "windows": W.W2000_SP4}, "Nearest supported path: SW"),
        (
            "U4",
            {"exchange": E.E2000_SP3, "windows": W.W2000_SP4, "nodes": 3, "evs": 3},
            "until there are 2",
        ),
        ("U2", {"exchange": E.E2000_SP2, "windows": W.W2000_SP4, "nodes": 2}, "Service Pack 3"),
    ],
)
def test_a_blocked_path_is_refused_with_the_reason_and_the_nearest_one(path, what, words):
    """Why it is blocked, what comes first, and which path is supported (4.1)."""
    with pytest.raises(ConfigError, match=words):
        check_path(path, Source(**what))


def test_a_supported_path_is_not_refused():
    """U2 for two nodes with one EVS on Exchange 2000 SP3 (4.1)."""
    check_path("U2", Source(exchange=E.E2000_SP3, windows=W.W2000_SP4, nodes=2))


@pytest.mark.parametrize(
    ("evs", "windows", "paths"),
    [
        (1, W.W2003, ("SP", "HF")),
        (2, W.W2003, ("SP", "HF", "AP")),
        (1, W.W2000_SP4, ("W", "SP", "HF")),
        (2, W.W2000_SP4, ("AP", "W", "SP", "HF")),
    ],
)
def test_a_cluster_with_2003_has_each_path_that_is_left(evs: int, windows: W, paths: tuple):
    """Packs, hotfixes, Windows, and active/passive is better than active/active (4.3.8, 4.3.9)."""
    source = Source(exchange=E.E2003_RTM, windows=windows, nodes=2, evs=evs)
    found = way(source)
    assert set(paths) == {*found.paths, *found.instead}
    for path in paths:
        check_path(path, source)
