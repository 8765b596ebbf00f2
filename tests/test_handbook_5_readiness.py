"""Support readiness: the requirements of handbook 5, 5.7.3, scored."""

import csv
import re
from pathlib import Path

import pytest

from clusterlab.cluster.errors import ConfigError
from clusterlab.design.readiness import PROGRAMMES, REQUIREMENTS, Evidence, readiness

HANDBOOK = Path(__file__).parent.parent / "docs" / "handbook" / "05-design.md"
ALL_SHOWN = {item.id: Evidence.SHOWN for item in REQUIREMENTS}


def test_the_requirements_are_those_of_the_handbook():
    """Handbook 5, 5.7.3: D1 to D12, in order, with the same sources."""
    rows = re.findall(r"^\| (D\d+) \|.*\| ([^|]+) \|$", HANDBOOK.read_text("utf-8"), re.M)
    assert [name for name, _ in rows] == [item.id for item in REQUIREMENTS]
    for (_, basis), item in zip(rows, REQUIREMENTS, strict=True):
        assert set(re.findall(r"S\d+", basis)) == set(re.findall(r"S\d+", item.source))


def test_everything_shown_is_ready():
    """A client who shows all evidence reaches 100 %."""
    ready = readiness(ALL_SHOWN)
    assert (1.0, True, ()) == (ready.score, ready.is_supported, ready.gaps)


def test_a_promise_counts_half():
    """Until the evidence lies on the table."""
    assert 0.5 == readiness(dict.fromkeys(ALL_SHOWN, Evidence.PROMISED)).score


def test_without_a_listed_solution_there_is_no_support():
    """Handbook 5, 5.7.1: only complete listed solutions are supported, whatever else is shown."""
    ready = readiness(ALL_SHOWN | {"D3": Evidence.MISSING})
    assert not ready.is_supported
    assert ["D3"] == [item.id for item in ready.gaps]
    assert "as a whole" in str(ready)


def test_gaps_come_the_heaviest_first():
    """A test cluster is asked for after the contract."""
    ready = readiness(ALL_SHOWN | {"D12": Evidence.MISSING, "D4": Evidence.MISSING})
    assert ["D4", "D12"] == [item.id for item in ready.gaps]


def test_enterprise_edition_is_asked_for_less():
    """Handbook 5, 5.7.2: Datacenter buys support and discipline, not capacity."""
    enterprise = "Enterprise Edition with a support contract"
    given = {name: Evidence.SHOWN for name in PROGRAMMES[enterprise]}
    assert readiness(given, enterprise).is_supported
    assert not readiness(given).is_supported


def test_what_was_not_asked_is_said():
    """Silence is no evidence."""
    assert "D1 not asked" in str(readiness({}))


@pytest.mark.parametrize(
    ("given", "programme"),
    [({"D13": Evidence.SHOWN}, "Datacenter programme"), ({}, "Premier")],
    ids=["requirement", "programme"],
)
def test_what_does_not_exist_is_refused(given, programme):
    """With what is allowed."""
    with pytest.raises(ConfigError, match="allowed: 'D"):
        readiness(given, programme)


def test_the_table_for_a_spreadsheet_has_every_requirement():
    """Commas in titles are kept together; what is shown has nothing to do any more (5.7.3)."""
    ready = readiness({"D4": Evidence.SHOWN, "D5": Evidence.PROMISED})
    rows = {row["Requirement"]: row for row in csv.DictReader(ready.csv().splitlines())}
    assert list(PROGRAMMES["Datacenter programme"]) == list(rows)
    assert ("shown", "") == (rows["D4"]["Evidence"], rows["D4"]["To do"])
    assert "One contact at any hour, who escalates" in rows["D4"]["Title"]
    assert ("promised", "2") == (rows["D5"]["Evidence"], rows["D5"]["Weight"])
