"""Look for faults: random lives of clusters, and spoilt texts for every entrance; prints counts.

Run from the folder of the clone, with as many as there is time for::

    python -m benchmarks.faults --events 1000000 --inputs 250000 --seed 11

The tests try a small part of it. Each life and each text is drawn by seed and number alone, so
`--first NUMBER` with few events or inputs repeats what was found. Ends with status 1 after a fault.
"""

from __future__ import annotations

import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.spoiling import ENTRANCES, MOST_S, taken
from tests.walking import BROKEN_SHAPES, EVENTS_PER_LIFE, SHAPES, Chance, live

LIVES = [(shape, False) for shape in SHAPES] + [(shape, True) for shape in BROKEN_SHAPES]
TOLD_EVERY_S = 10.0


def live_once(seed: int, number: int) -> str:
    """Let one cluster live, for so many random events as a life has; return its shape."""
    shape, is_broken = LIVES[number % len(LIVES)]
    rng = random.Random(f"{seed} life {number}")
    chance = Chance(rng)
    shapes, event = (BROKEN_SHAPES, chance.breakage) if is_broken else (SHAPES, chance.event)
    live(replace(shapes[shape](), seed=number), rng, event)
    return shape


def take_once(seed: int, number: int) -> str:
    """Give one spoilt text to its entrance; return which, and what became of it."""
    entrance = list(ENTRANCES)[number % len(ENTRANCES)]
    rng = random.Random(f"{seed} text {number}")
    start_s = time.process_time()
    is_read = taken(ENTRANCES[entrance](rng))
    assert time.process_time() - start_s < MOST_S, "it took too long"
    return f"{entrance}: {'read' if is_read else 'refused'}"


def told(what: str, numbers: range) -> Iterator[int]:
    """Yield *numbers*, and say now and then how far it is."""
    next_s = time.monotonic() + TOLD_EVERY_S
    for done, number in enumerate(numbers):
        if time.monotonic() > next_s:
            click.echo(f"{done:,} of {len(numbers):,} {what}", err=True)
            next_s = time.monotonic() + TOLD_EVERY_S
        yield number


def tried(what: str, numbers: range, once: Callable[[int], str]) -> int:
    """Try all *numbers*, print how often what came out, and return how many faults there were."""
    counts: Counter[str] = Counter()
    faults = 0
    for number in told(what, numbers):
        try:
            counts[once(number)] += 1
        except Exception:
            faults += 1
            click.echo(f"FAULT, {what} {number}:\n{traceback.format_exc()}")
    for name, count in sorted(counts.items()):
        click.echo(f"{name:36}{count:10,}")
    click.echo(f"{faults} faults in {len(numbers):,} {what}\n")
    return faults


@click.command()
@click.option("--events", default=100_000, show_default=True, help="Random events.")
@click.option("--inputs", default=25_000, show_default=True, help="Spoilt texts.")
@click.option("--seed", default=11, show_default=True, help="Another one draws other ones.")
@click.option("--first", default=0, show_default=True, help="Number of the first life and text.")
def main(events: int, inputs: int, seed: int, first: int) -> None:
    """Look for faults with random events and spoilt texts."""
    lives = -(-events // EVENTS_PER_LIFE)
    faults = tried("lives", range(first, first + lives), partial(live_once, seed))
    faults += tried("texts", range(first, first + inputs), partial(take_once, seed))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
