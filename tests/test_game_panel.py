"""The panel of the service-level game: quarters, money, time, and the end of the year."""

import asyncio

import ipywidgets as w
import pytest

from clusterlab.design.game import Loss, Quarter, Year, play_year
from clusterlab.design.gamerules import CHOICES, QUARTER_H, Policy, Terms
from clusterlab.lab import GameLab
from clusterlab.lab.figures.drawing import Page, text_width_px, traces_of
from clusterlab.lab.figures.game import LOSSES, MARKS, losses_rows, year_figure, year_text
from clusterlab.lab.figures.still import still
from clusterlab.lab.livefigure import LiveFigure
from clusterlab.lab.panels.game import OTHERS
from tests.plain import trace_named

FAILING = Terms(mtbf_h=1000)


def shown(widget: w.Widget) -> str:
    """Return all HTML in a widget."""
    own = widget.value if isinstance(widget, w.HTML) else ""
    return own + "".join(shown(child) for child in getattr(widget, "children", ()))


def a_year(terms: Terms = FAILING) -> Year:
    """Return a year in which much happens."""
    return play_year(terms, 1, [Policy(failback="at once")] * 4)


# --- the figure -------------------------------------------------------------------------------


def test_every_cause_has_its_letter_and_its_trace():
    """Colour only repeats what the letters and the legend say."""
    figure = year_figure(a_year())
    assert list(MARKS) == list(traces_of(figure, LOSSES))
    letters = set(trace_named(figure, "letters").text)
    assert letters <= {letter for letter, _ in MARKS.values()}
    assert "P = planned move" in "".join(trace_named(figure, "texts").text)


def test_each_loss_so_far_is_a_mark_that_can_be_seen():
    """A failover of three minutes is four pixels wide in a year; later ones are not drawn."""
    year = a_year()
    trace = traces_of(year_figure(year, 4000.0), LOSSES)["failover"]
    losses = [loss for loss in year.losses if loss.cause == "failover" and loss.at_h <= 4000]
    assert len(losses) == sum(x is None for x in trace.x)
    assert min(trace.x[1::6][i] - trace.x[0::6][i] for i in range(len(losses))) >= 3.9


def test_the_graver_letter_keeps_its_place():
    """Where a storage failure lies beside a planned move its letter is the one that is shown."""
    quarter = Quarter(
        number=0,
        policy=Policy(),
        losses=(Loss("EVS1", 100, 0.1, "planned move"), Loss("EVS1", 110, 8, "storage failed")),
        happenings=(),
    )
    figure = year_figure(Year(terms=Terms(), seed=1, quarters=(quarter,)))
    assert ["S"] == list(trace_named(figure, "letters").text)


def test_the_year_passes_in_place():
    """The figure of another moment has the same traces, so nothing is built anew."""
    year = a_year()
    live = LiveFigure(year_figure(year, 0.0), alt="game")
    later = year_figure(year, 5000.0)
    live.update_from(later)
    assert list(trace_named(later, "sum").x) == list(trace_named(live, "sum").x)
    live.update_from(year_figure(Year(terms=FAILING, seed=1)))
    assert 0 == len(trace_named(live, "letters").text)


@pytest.mark.parametrize("width_px", [560, 900, 1400])
def test_no_text_leaves_the_figure(width_px: int):
    """Headings, sums and the legend end inside the picture at every width."""
    figure = year_figure(a_year(), page=Page(width_px))
    for name in ("names", "texts"):
        trace = trace_named(figure, name)
        for x, text, anchor in zip(trace.x, trace.text, trace.textposition, strict=True):
            widest = max(map(text_width_px, text.split("<br>")))
            right = x + widest if "right" in anchor else x + widest / 2
            assert right <= width_px + 1, text


def test_the_sum_ends_at_what_was_lost():
    """The staircase ends as high as its share of the larger of lost and expected."""
    year = a_year()
    figure = year_figure(year)
    heights = [y for y in trace_named(figure, "sum").y if y is not None]
    dashed = [y for y in trace_named(figure, "expected").y if y is not None]
    ratio = (heights[0] - heights[-1]) / (dashed[0] - dashed[-1])
    assert year.mailbox_hours / year.expected_mailbox_hours == pytest.approx(ratio, rel=0.02)


def test_words_table_and_picture_say_the_same():
    """What the figure shows is also told, listed and drawn as a still picture."""
    year = a_year()
    assert f"{year.mailbox_hours:,.0f} mailbox-hours lost: failover" in year_text(year, 9000)
    assert len(year.losses) == len(losses_rows(year.losses))
    assert "Quarter 1" in still(year_figure(year)).svg


# --- the panel --------------------------------------------------------------------------------


@pytest.fixture
def lab() -> GameLab:
    """A game of a cluster whose nodes fail often."""
    return GameLab(FAILING, seed=1)


def test_the_lists_are_the_policy(lab: GameLab):
    """Every choice of a policy has a list; what it would cost stands below."""
    assert set(CHOICES) <= set(lab.choosers)
    lab.choosers["spares"].value = 2
    lab.choosers["has_drills"].value = True
    assert Policy(spares=2, has_drills=True) == lab.policy
    assert "Quarter 1 would cost 11,000; 40,000 are left." in shown(lab)


def test_a_quarter_is_played_under_the_policy_chosen(lab: GameLab):
    """The button goes to the end of the quarter, then the next one is for sale."""
    lab.choosers["contract"].value = "four hours"
    lab.buttons["to end"].click()
    assert (1, QUARTER_H) == (len(lab.year.quarters), lab.at_h)
    assert "four hours" == lab.year.quarters[0].policy.contract
    assert "▶ Play quarter 2" == lab.buttons["play"].description


def test_next_and_back_step_through_what_happens(lab: GameLab):
    """Each step stops at something that happened and says what it was."""
    lab.buttons["forward"].click()
    (first_h, first), (second_h, _) = lab.year.happenings[:2]
    assert first_h == lab.at_h
    assert first in shown(lab)
    lab.buttons["forward"].click()
    lab.buttons["back"].click()
    assert first_h == lab.at_h < second_h


def test_too_dear_a_policy_is_refused_with_the_numbers():
    """The budget is told before and refused at the click; the year does not go on."""
    lab = GameLab(Terms(budget=25_000), seed=1)
    lab.choosers["spares"].value = 2
    lab.choosers["contract"].value = "four hours"
    assert "Not possible" in shown(lab)
    lab.buttons["to end"].click()
    assert "the quarter would cost 13,500; allowed: up to 10,000" in lab.errors.text
    assert 0 == len(lab.year.quarters)


def test_the_end_compares_with_the_formulas_and_other_years():
    """After four quarters the expected value and the place among other years are told."""
    lab = GameLab(Terms(active=1))
    for _ in range(4):
        lab.buttons["to end"].click()
    assert "" == lab.errors.text
    assert OTHERS == len(lab.others)
    words = shown(lab)
    assert f"{lab.year.expected_mailbox_hours:,.0f} mailbox-hours" in words
    assert f"{lab.year.spent:,.0f} of {lab.year.terms.budget:,.0f} spent" in words
    assert f"Score {lab.year.score:,.0f}" in words
    assert "Less was lost in" in words
    assert lab.buttons["play"].disabled


def test_a_new_year_begins_with_the_seed_in_the_field(lab: GameLab):
    """The same seed is the same year again; another one is not."""
    lab.buttons["to end"].click()
    first = lab.year
    lab.buttons["new year"].click()
    assert (0.0, 0) == (lab.at_h, len(lab.year.quarters))
    lab.buttons["to end"].click()
    assert first == lab.year
    lab.seed.value = 2
    lab.buttons["new year"].click()
    lab.buttons["to end"].click()
    assert first.losses != lab.year.losses


def test_play_lets_the_quarter_pass_and_stops_at_its_end(lab: GameLab):
    """Time passes while the loop runs; Pause holds it, Play goes on to the end of the quarter."""

    async def watch() -> None:
        lab.buttons["play"].click()
        assert "❚❚ Pause" == lab.buttons["play"].description
        while not lab.at_h:
            await asyncio.sleep(0.01)
        lab.buttons["play"].click()
        assert not lab._player.is_on
        held_h = lab.at_h
        lab._advance(60.0)
        assert held_h < lab.at_h == QUARTER_H

    asyncio.run(watch())
    assert "▶ Play quarter 2" == lab.buttons["play"].description


def test_the_panel_prints_the_year(lab: GameLab):
    """Without a kernel the panel is the year in lines and a picture."""
    lab.buttons["to end"].click()
    bundle = lab._repr_mimebundle_()
    assert str(lab.year) == bundle["text/plain"]
    assert bundle["text/html"].startswith("<img ")


def test_what_is_unfolded_stays_so_while_time_passes():
    """The tables are filled anew, the folding is the learner's."""
    lab = GameLab(seed=7)
    _, story, losses = lab._told.children
    story.button.click()
    lab.buttons["to end"].click()
    assert [True, False] == [story.is_open, losses.is_open]
    assert "is patched" in lab._story.value
    assert "planned move" in lab._losses.value


def test_the_sum_has_an_axis_with_numbers():
    """Nothing, half and the whole of a round number of mailbox-hours stand beside the curve."""
    lab = GameLab(seed=7)
    lab.buttons["to end"].click()
    words = trace_named(lab.figure, "texts").text
    assert ["0", "5,000", "10,000"] == list(words[:3])


def test_a_year_that_has_not_begun_says_what_to_do(lab: GameLab):
    """One sentence instead of two empty frames; the first quarter brings them."""
    assert ["Nothing has happened yet"] == [
        text.partition(":")[0] for text in trace_named(lab.figure, "texts").text
    ]
    small = lab.figure.layout.height
    lab.buttons["to end"].click()
    assert "Nothing" not in trace_named(lab.figure, "texts").text[0]
    assert lab.figure.layout.height > small + 150


def test_what_happened_a_single_time_happened_once():
    """Nothing is said to have happened "1 times"."""
    words = year_text(play_year(Terms(), 7, [Policy()] * 4), 4 * QUARTER_H)
    assert "failover 10 times, failover by hand once, no node left once" in words
