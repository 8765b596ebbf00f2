"""The readiness panel: the interview, its score, its gaps and its files."""

import base64
import re

import pytest

from clusterlab import ConfigError
from clusterlab.design.readiness import PROGRAMMES, REQUIREMENTS, Evidence
from clusterlab.lab import ReadinessLab
from clusterlab.lab.figures.drawing import traces_of
from clusterlab.lab.figures.readiness import CARDS, readiness_text
from tests.test_availability_panel import shown

ENTERPRISE = "Enterprise Edition with a support contract"


def test_answers_become_score_and_gaps():
    """What is shown leaves the gaps, what is promised stays there with its remedy."""
    lab = ReadinessLab()
    lab.answers["D3"].value = Evidence.SHOWN
    lab.answers["D4"].value = Evidence.PROMISED
    words = shown(lab)
    assert "16 % ready, not supported as it stands" in words
    assert "have it written into the contract" in words
    assert "change to a listed solution" not in words.partition("<h3>Gaps")[2].partition("</h3>")[2]


def test_everything_shown_is_supported():
    """With all twelve shown nothing is left to do."""
    lab = ReadinessLab({item.id: Evidence.SHOWN for item in REQUIREMENTS})
    assert "100 % ready, supported" in shown(lab)
    assert "Nothing yet." in shown(lab)


def test_the_programme_decides_who_is_asked():
    """Without the Datacenter programme three requirements do not count, and their cards say so."""
    lab = ReadinessLab({"D1": Evidence.MISSING})
    lab.act(f"set programme={ENTERPRISE}")
    assert set(PROGRAMMES[ENTERPRISE]) == set(lab.result.answers)
    assert 3 == readiness_text(lab.result).count("does not count")
    lab.act("set programme=Datacenter programme")
    assert Evidence.MISSING == lab.result.answers["D1"]


def test_a_card_opens_its_sheet():
    """A click on D8 shows what to ask for, and the one list to answer with."""
    lab = ReadinessLab()
    index = list(traces_of(lab.figure, CARDS)).index("D8")
    points = {"trace_indexes": [index], "point_indexes": [None], "xs": [None], "ys": [None]}
    lab.figure._js2py_pointsCallback = {"event_type": "plotly_click", "points": points}
    assert "a list of the drivers with their signatures" in shown(lab)
    assert ["D8"] == [name for name, one in lab.answers.items() if one.layout.display != "none"]


def test_every_card_says_what_was_shown():
    """Twelve cards; state and colour follow the answer, and nothing else moves."""
    before = ReadinessLab().picture.first()
    lab = ReadinessLab({"D3": Evidence.SHOWN})
    cards, old = traces_of(lab.picture.first(), CARDS), traces_of(before, CARDS)
    assert [item.id for item in REQUIREMENTS] == sorted(cards, key=lambda name: int(name[1:]))
    assert ["D3"] == [name for name in cards if cards[name].fillcolor != old[name].fillcolor]
    assert all(cards[name].x == old[name].x for name in cards)
    assert "D3 listed as a solution: shown" in lab.figure.alt


def test_the_files_hold_what_is_answered():
    """Text and table can be saved as they are now."""
    lab = ReadinessLab()
    lab.answers["D7"].value = Evidence.SHOWN
    files = [base64.b64decode(data).decode() for data in re.findall(r"base64,([^\"]+)", shown(lab))]
    assert [str(lab.result), lab.result.csv()] == files


def test_unknown_requirements_are_refused():
    """A panel cannot be built with an answer to nothing."""
    with pytest.raises(ConfigError, match="D13"):
        ReadinessLab({"D13": Evidence.SHOWN})


def test_the_panel_prints_its_report():
    """Without a kernel the panel is the report."""
    lab = ReadinessLab()
    assert str(lab.result) == lab._repr_mimebundle_()["text/plain"]


def test_a_requirement_chosen_in_the_list_shows_its_sheet() -> None:
    """The list does what a click on the card does."""
    lab = ReadinessLab()
    lab.choosers["requirement"].value = "D3"
    assert ["D3"] == [name for name, made in lab.answers.items() if made.layout.display != "none"]
    assert "<b>D3</b>" in lab._sheet.value
