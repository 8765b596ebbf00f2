"""Figures that know their arithmetic."""

import pytest

from clusterlab.design.sizing import Formula, evaluated
from clusterlab.rules.expressions import shown

SHEET = [
    Formula(
        name="evs_by_cpu",
        title="EVSs by processor",
        unit="",
        expression="ceil(mailboxes * megacycles / (cpu_max * processors * mhz))",
        source="handbook 5, 5.1.5",
    ),
    Formula(
        name="nodes", title="Nodes", unit="", expression="max(evs_by_cpu, 1) + spares", source="-"
    ),
]
GIVEN = {
    "mailboxes": 3000,
    "megacycles": 1.1,
    "cpu_max": 0.8,
    "processors": 2,
    "mhz": 2800,
    "spares": 1,
}


def test_later_lines_use_earlier_results():
    """A sheet is worked out in order."""
    figures = evaluated(SHEET, GIVEN)
    assert [1, 2] == [figures["evs_by_cpu"].value, figures["nodes"].value]
    assert {"evs_by_cpu": 1, "spares": 1} == dict(figures["nodes"].inputs)


def test_the_arithmetic_shows_the_numbers_that_went_in():
    """The formula shown is the formula computed, with real signs."""
    figure = evaluated(SHEET, GIVEN)["evs_by_cpu"]
    assert "ceil(3,000 × 1.1 / (0.8 × 2 × 2,800))" == figure.arithmetic()


def test_a_formula_knows_its_inputs():
    """Names in the order of reading, each once, functions left out."""
    assert ("mailboxes", "megacycles", "cpu_max", "processors", "mhz") == SHEET[0].inputs()


def test_a_name_that_is_not_known_ends_the_sheet():
    """A sheet with a wrong name never gives a number."""
    with pytest.raises(KeyError, match="mhz"):
        evaluated(SHEET, {name: value for name, value in GIVEN.items() if name != "mhz"})


def test_a_formula_is_arithmetic_and_nothing_else():
    """Anything but numbers, names, operators and the six functions is refused."""
    formula = Formula(name="x", title="x", unit="", expression="(1).real", source="-")
    with pytest.raises(ValueError, match="cannot work out"):
        evaluated([formula], {})


@pytest.mark.parametrize(
    ("value", "text"), [(1234567.25, "1,234,567.2"), (0.9998189, "0.9998"), (5.0, "5")]
)
def test_numbers_are_shown_for_readers(value, text):
    """Thousands are set apart and noise is left away."""
    assert text == shown(value)
