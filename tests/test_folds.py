"""Parts that open and close below their titles."""

import ipywidgets as w

from clusterlab.lab.folds import Fold, folds


def test_a_title_opens_and_closes_what_stands_below():
    """The title is a button, so Tab reaches it and Enter presses it; the glyph says what is."""
    fold = Fold("Details", w.HTML("24 disks"))
    assert (False, "▸ Details") == (fold.is_open, fold.button.description)
    fold.button.click()
    assert (True, "▾ Details") == (fold.is_open, fold.button.description)
    fold.button.click()
    assert not fold.is_open


def test_each_part_opens_by_itself():
    """Opening one part leaves the others as they are."""
    _, first, second = folds(("A", "B"), (w.HTML("a"), w.HTML("b"))).children
    second.button.click()
    first.button.click()
    assert first.is_open
    assert second.is_open
