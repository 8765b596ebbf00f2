"""The availability panel: what sliders show, what is sampled, what it says without numpy."""

import asyncio
import sys
from dataclasses import fields, replace

import ipywidgets as w
import pytest

from clusterlab import design
from clusterlab.design import montecarlo
from clusterlab.design.availability import Pool, sensitivity
from clusterlab.lab import AvailabilityLab
from clusterlab.lab.figures.availability import (
    CAUSES,
    DOWNTIME,
    GAINS,
    availability_figure,
    causes_of,
    time_text,
)
from clusterlab.lab.figures.drawing import Page, text_width_px, traces_of
from clusterlab.lab.figures.still import still
from clusterlab.lab.livefigure import LiveFigure
from clusterlab.lab.panels.availability import INPUTS, YEARS
from tests.plain import trace_named


def shown(widget: w.Widget) -> str:
    """Return all HTML in a widget."""
    own = widget.value if isinstance(widget, w.HTML) else ""
    return own + "".join(shown(child) for child in getattr(widget, "children", ()))


# --- the figure -------------------------------------------------------------------------------


def test_each_bar_says_what_it_is_and_how_long():
    """Every cause and every improvement stands in the figure with its time, colour apart."""
    pool = Pool()
    figure = availability_figure(pool)
    assert list(CAUSES) == list(traces_of(figure, DOWNTIME))
    gains = [gain.change for gain in sensitivity(pool)]
    assert gains == list(traces_of(figure, GAINS))[: len(gains)]
    times = trace_named(figure, "times").text
    assert [time_text(hours) for hours in causes_of(pool).values()] == list(times)[:5]


def test_the_longest_bar_is_the_largest_part():
    """Bars are proportional to the hours they stand for."""
    bars = traces_of(availability_figure(Pool()), DOWNTIME)
    widths = {name: max(bar.x) - min(bar.x) for name, bar in bars.items() if bar.x}
    hours = causes_of(Pool())
    share = hours["failovers"] / hours["shared parts"]
    assert share == pytest.approx(widths["failovers"] / widths["shared parts"], abs=0.002)


@pytest.mark.parametrize("width_px", [560, 900, 1400])
@pytest.mark.parametrize("pool", [Pool(), Pool(active=1, passive=0), Pool(active=6, passive=2)])
def test_no_text_leaves_the_figure(pool: Pool, width_px: int):
    """Names, times and headings end inside the picture at every width."""
    figure = availability_figure(pool, page=Page(width_px))
    for name in ("names", "times", "headings"):
        trace = trace_named(figure, name)
        for x, text in zip(trace.x, trace.text, strict=True):
            bare = text.replace("<b>", "").replace("</b>", "")
            assert x + text_width_px(bare, trace.textfont.size) <= width_px + 1


def test_another_pool_changes_the_figure_in_place():
    """A stand-alone server has fewer improvements and still the same traces."""
    live = LiveFigure(availability_figure(Pool()), alt="availability")
    alone = availability_figure(Pool(active=1, passive=0, crews=1))
    live.update_from(alone)
    assert list(trace_named(alone, "times").text) == list(trace_named(live, "times").text)


def test_the_figure_has_a_still_picture():
    """Readers without a kernel see the same bars."""
    assert "waiting for an operator" in still(availability_figure(Pool())).svg


# --- the panel --------------------------------------------------------------------------------


@pytest.fixture
def lab() -> AvailabilityLab:
    """The panel with the defaults of the handbook."""
    return AvailabilityLab()


def test_there_is_a_slider_for_every_input(lab: AvailabilityLab):
    """Each input of a pool can be dragged, and begins where the pool is."""
    assert {field.name for field in fields(Pool)} == set(lab.sliders)
    assert lab.pool == Pool(**{name: slider.value for name, slider in lab.sliders.items()})


def test_a_slider_changes_figure_words_and_table(lab: AvailabilityLab):
    """Two spares leave next to nothing of "no node left", in every form."""
    lab.sliders["passive"].value = 2
    assert replace(Pool(), passive=2) == lab.pool
    assert ">99.983 %</h2>" in shown(lab)
    assert "99.9 % promised allow 8.8 h a year: 17 % of that is used" in shown(lab)
    lab.choosers["promised"].value = 0.9999
    assert "99.99 % promised allow 52.6 min a year: it is down 1.7 times as long" in shown(lab)
    times = trace_named(lab.figure, "times").text
    assert time_text(causes_of(lab.pool)["no node left"]) == times[1]


def test_too_many_nodes_are_refused_and_nothing_changes(lab: AvailabilityLab):
    """Seven active and two spare nodes are no cluster of eight: the panel says so."""
    lab.sliders["passive"].value = 2
    lab.sliders["active"].value = 7
    assert "7 + 2 nodes are more than a cluster of 8" in lab.errors.text
    assert 3 == lab.pool.active
    lab.sliders["passive"].value = 1
    assert ("", "7+1") == (lab.errors.text, str(lab.pool))


def test_a_pool_beyond_the_sliders_stretches_them():
    """A given pool is shown as it is, whatever the sliders usually span."""
    lab = AvailabilityLab(Pool(mtbf_h=50_000, shared=0.9998))
    assert (50_000, 0.9998) == (lab.sliders["mtbf_h"].value, lab.sliders["shared"].value)
    assert INPUTS["mtbf_h"][2] < lab.sliders["mtbf_h"].max


def test_failures_seen_give_cost_with_limits(lab: AvailabilityLab):
    """Four failures in six months of four nodes: 4,380 h, 90 %: 1,914 to 12,823 h."""
    assert "4,380 h (90 %: 1,914 to 12,823 h)" in shown(lab)
    assert "4,759 a year (90 %: 4,068 to 6,980)" in shown(lab)
    lab.numbers["failures"].value = 0
    assert "no failure seen: no mean" in shown(lab)


def test_sampling_stands_beside_the_formulas(lab: AvailabilityLab):
    """Without habits the value of the formulas lies near what was sampled."""
    lab.choosers["years"].value = YEARS["50,000 years"]
    lab.buttons["sample"].click()
    assert "" == lab.errors.text
    assert 50_000 == lab.study.years
    formula_h, which = lab.by_formula()
    assert abs(lab.study.hours_a_year - formula_h) < 3 * lab.study.standard_error
    assert "By the formulas" == which
    assert "50,000 of 50,000: done" in shown(lab)


def test_office_hours_make_it_worse_than_the_formulas():
    """Repairs in office hours have no formula; the value without hours stands for comparison."""
    lab = AvailabilityLab(Pool(mtbf_h=1000))
    lab.choosers["repairs"].value = "in office hours"
    lab.choosers["years"].value = YEARS["50,000 years"]
    formula_h, which = lab.by_formula()
    assert "repairs at any time" in which
    lab.buttons["sample"].click()
    assert lab.study.limits[0] > formula_h


def test_the_storage_fails_as_often_as_its_availability_says(lab: AvailabilityLab):
    """Ticked storage adds what the shared parts cost by the formula."""
    before_h, _ = lab.by_formula()
    lab.choosers["storage"].value = True
    after_h, _ = lab.by_formula()
    # All EVSs are out together; while they are, nothing else counts.
    assert after_h - before_h == pytest.approx(8760 * 1e-4, rel=0.01)


def test_a_new_input_forgets_what_was_sampled(lab: AvailabilityLab):
    """A sample of another pool is not shown beside this one."""
    lab.choosers["years"].value = YEARS["50,000 years"]
    lab.buttons["sample"].click()
    lab.sliders["mttr_h"].value = 24
    assert lab.study is None
    assert "Nothing sampled yet" in shown(lab)


def test_without_numpy_the_panel_says_what_is_missing(monkeypatch: pytest.MonkeyPatch):
    """In a browser the button names numpy in words; everything else works."""
    monkeypatch.setattr(design, "montecarlo", montecarlo)  # is put back with the module itself
    monkeypatch.setitem(sys.modules, "numpy", None)
    monkeypatch.delitem(sys.modules, montecarlo.__name__)
    lab = AvailabilityLab()
    lab.buttons["sample"].click()
    assert "sampling needs numpy" in lab.errors.text
    lab.sliders["passive"].value = 2
    assert "" == lab.errors.text


def test_sampling_can_be_stopped(lab: AvailabilityLab):
    """Stop keeps what was sampled so far and says that it is not all."""

    async def stop_early() -> None:
        lab.choosers["years"].value = YEARS["1,000,000 years"]
        lab.buttons["sample"].click()
        while lab.study is None:
            await asyncio.sleep(0)
        assert not lab.buttons["stop"].disabled
        lab.buttons["stop"].click()
        while not lab.buttons["stop"].disabled:
            await asyncio.sleep(0)

    asyncio.run(stop_early())
    assert 0 < lab.study.years < 1_000_000
    assert "stopped, what is known so far" in shown(lab)


def test_the_panel_prints_its_table(lab: AvailabilityLab):
    """Without a kernel the panel is its table and a picture."""
    bundle = lab._repr_mimebundle_()
    assert "Where the time goes" in bundle["text/plain"]
    assert bundle["text/html"].startswith("<img ")


def test_a_page_that_rounds_a_slider_changes_nothing():
    """Pages send 7.999999999999999 for 8: nobody moved the slider, so no deed is told."""
    lab, heard = AvailabilityLab(), []
    lab.on_deed(lambda deed: heard.append(deed.words))
    lab.sliders["mttr_h"].value = 7.999999999999999
    assert ([], Pool()) == (heard, lab.pool)
    lab.sliders["mttr_h"].value = 36
    assert ["set mttr_h=36"] == heard


def test_the_habits_are_shown_with_their_lists():
    """The part of the habits holds what is chosen, not only the button that samples."""
    lab = AvailabilityLab()
    lab.show_only(["habits"])
    habits = [lab.choosers[name] for name in ("repairs", "failback", "storage", "years")]
    seen = (*habits, lab.buttons["sample"])
    assert not any("clusterlab-hidden" in made._dom_classes for made in seen)
    body = lab.children[2]
    assert "clusterlab-hidden" in body._dom_classes
