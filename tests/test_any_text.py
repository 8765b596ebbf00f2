"""Any text at all: thousands of spoilt lines, files and listings for each entrance, fixed seeds.

They come on top of what hypothesis draws in test_clusterexe.py, test_clusterfile.py and
test_listings.py. `python -m benchmarks.faults` tries as many as one likes.
"""

from __future__ import annotations

import random
import time
import tracemalloc
from contextlib import suppress

import pytest

from clusterlab import ConfigError
from tests.spoiling import ENTRANCES, LARGE_TEXTS, MOST_BYTES, MOST_S, large, taken

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


@pytest.mark.parametrize("entrance", LARGE_TEXTS)
def test_ten_megabytes_are_read_or_refused_in_time(entrance: str):
    """Five seconds of this process, and memory that is bounded, whatever stands in them."""
    example, read = LARGE_TEXTS[entrance]
    text = large(example, random.Random(f"large {entrance}"))
    start_s = time.process_time()
    with suppress(ConfigError):
        read(text)
    assert time.process_time() - start_s < MOST_S
    tracemalloc.start()
    with suppress(ConfigError):
        read(text[: len(text) // 10])
    assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    tracemalloc.stop()
