"""Any text at all: thousands of spoilt lines, files and listings for each entrance, fixed seeds.

They come on top of what hypothesis draws in test_clusterexe.py, test_clusterfile.py and
test_listings.py. `python -m benchmarks.faults` tries as many as one likes.
"""

from __future__ import annotations

import random

import pytest

from tests.spoiling import ENTRANCES, taken

INPUTS = 1500
"""For each entrance."""


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_no_spoilt_text_stumbles_an_entrance(entrance: str):
    """Each text is read as something sound or answered, or refused in words that a terminal can
    show; what is refused has changed nothing.
    """
    chance = random.Random(f"spoilt {entrance}")
    found = {taken(ENTRANCES[entrance](chance)) for _ in range(INPUTS)}
    assert {True, False} == found
