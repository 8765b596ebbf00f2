"""Any text at all: 16,000 spoilt lines, files and listings for each entrance, on fixed seeds.

They come on top of what hypothesis draws in test_clusterexe.py, test_clusterfile.py and
test_listings.py: together more than 20,000 inputs for the prompt, the reader and the importer.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

import pytest

from clusterlab import Simulation, exchange_cluster
from clusterlab.cluster.invariants import broken
from clusterlab.cluster.model import Cluster
from clusterlab.clusterexe import run_line
from clusterlab.clusterexe.prompt import OBJECTS, OPTIONS
from clusterlab.clusterfiles import ClusterFileError, cluster_toml, read_cluster
from clusterlab.clusterfiles.exporting import listing_texts
from clusterlab.clusterfiles.importing import import_found
from clusterlab.clusterfiles.listings import listings_in

SEEDS = range(5)
INPUTS = 3200
"""For each seed and each entrance."""

START = exchange_cluster()
LINES = [
    f"{shell} {kind} {name} /{option}{value}".strip()
    for shell in ("cluster", "cluster CL1")
    for kind, names in OPTIONS.items()
    for name in ("", "NODE1", "EVS2", '"EVS1 IP Address"', "Public", "Files")
    for option in names
    for value in ("", ":NODE2", ":EVS1", ' /type:"Physical Disk"', " FailoverThreshold=1", ":N:Up")
] + ["net stop clussvc", "net start clussvc /forcequorum:NODE1", *(f"cluster {o}" for o in OBJECTS)]
SIGNS = " \t\n\r\0\"'/:=,;.[]{}#\\-0123456789xyzAÄß\u00e9\u2028\ufeff\U0001f600%&|<>"
FILES = [
    cluster_toml(exchange_cluster(1, 1)),
    'nodes = ["NODE1", "NODE2"]\n[[groups]]\nname = "Files"\nowner = "NODE1"\n'
    '[[resources]]\nname = "Disk F:"\ngroup = "Files"\ntype = "Physical Disk"\n',
    'name = "CL1"\n[[nodes]]\nname = "A"\n[[nodes]]\nname = "B"\n[durations]\ndisk_online = 3\n'
    '[[evs]]\nname = "EVS1"\nhome = "A"\nstorage_groups = 2\n',
]
LISTINGS = [
    list(listing_texts(exchange_cluster(1, 1)).values()),
    [
        "Listing status for all available nodes:\n\nNode           Node ID Status\n"
        "-------------- ------- ---------------------\nMAIL1  1 Up\nMAIL2  2 Down\n",
        "Listing status for all available resource groups:\n\n"
        "Group                Node            Status\n-------------------- ----- ------\n"
        "Cluster Group        MAIL1           Online\nFiles   MAIL1  Partially Online\n",
        "Listing status for all available resources:\n\n"
        "Resource             Group                Node            Status\n"
        "-------------------- -------------------- --------------- ------\n"
        "Cluster Name         Cluster Group        MAIL1           Online\n"
        "Disk Q:              Cluster Group        MAIL1           Online\n"
        "Disk R:              Files                MAIL1           Offline\n",
    ],
]
OFTEN = (1, 30, 10)
"""How often a large example is drawn beside the small ones, which take a tenth of the time."""


def spoilt(text: str, chance: random.Random) -> str:
    """Return *text* with signs lost, added, doubled or exchanged."""
    for _ in range(chance.randint(1, 3)):
        start = chance.randint(0, len(text))
        end = min(len(text), start + chance.choice((0, 1, 1, 2, 7)))
        put = chance.choice(("", "", text[start:end] * 2, *("".join(chance.choices(SIGNS, k=2)),)))
        text = text[:start] + put + text[end:]
    return text


def shuffled(lines: Sequence[str], chance: random.Random) -> str:
    """Return *lines* as a text in which some are lost, doubled, exchanged, mixed or spoilt."""
    mixed = list(lines)
    for _ in range(chance.randint(1, 3)):
        place, other = chance.randrange(len(mixed) or 1), chance.choice(lines)
        line = mixed[place] if mixed else ""
        cut = chance.randint(0, len(line))
        mixed[place : place + 1] = chance.choice(
            [[], [line, line], [other], [line[:cut] + other[cut:]], [spoilt(line, chance)]]
        )
    return chance.choice(("\n", "\n", "\n", "\r\n")).join(mixed)


@contextmanager
def told_about(text: str) -> Iterator[None]:
    """Let a failure say which text it was."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"the text was {text!r}")
        raise


def check_read_or_refused(read: Callable[[], Cluster]) -> None:
    """Fail unless *read* returns a sound cluster, or refuses with places and sentences."""
    try:
        cluster = read()
    except ClusterFileError as refusal:
        problems = refusal.problems
    else:
        assert () == broken(cluster)
        return
    assert problems
    for problem in problems:
        assert problem.file
        assert problem.line >= 0
        assert len(problem.text.split()) > 2


@pytest.mark.parametrize("seed", SEEDS)
def test_no_spoilt_line_stumbles_the_prompt(seed: int):
    """Each line gets an answer; one that is refused says what to do and has changed nothing."""
    chance = random.Random(seed)
    for _ in range(INPUTS):
        line = spoilt(chance.choice(LINES), chance)
        sim = Simulation(START)
        with told_about(line):
            answer = run_line(sim, line)
            assert answer.strip()
            assert () == broken(sim.cluster)
            if answer.startswith(("System error", "Not possible")):
                assert (START, 1) == (sim.cluster, len(sim.history))


@pytest.mark.parametrize("seed", SEEDS)
def test_no_spoilt_file_stumbles_the_reader(seed: int):
    """Each file is a sound cluster, or refused with the file, the line and what is allowed."""
    chance = random.Random(seed)
    lines = [text.splitlines() for text in FILES]
    for example in chance.choices(lines, OFTEN, k=INPUTS):
        text = shuffled(example, chance)
        with told_about(text):
            check_read_or_refused(partial(read_cluster, text))


@pytest.mark.parametrize("seed", SEEDS)
def test_no_spoilt_listing_stumbles_the_importer(seed: int):
    """Each set of listings is a sound cluster, or refused with the file, the line and why."""
    chance = random.Random(seed)
    for example in chance.choices(LISTINGS, OFTEN[:2], k=INPUTS):
        kept = [text for text in example if chance.random() < 0.9] or example
        worn = chance.randrange(len(kept))
        kept = [*kept[:worn], shuffled(kept[worn].splitlines(), chance), *kept[worn + 1 :]]
        files = {f"{number}.txt": text for number, text in enumerate(kept)}
        with told_about(kept[worn]):
            check_read_or_refused(partial(imported, files))


def imported(files: Mapping[str, str]) -> Cluster:
    """Return the cluster that listings describe."""
    return import_found(listings_in(files, "client"), "client").cluster
