"""Spoilt texts for every entrance: lines, files and listings that no longer are what they were."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from clusterlab import ConfigError, Simulation, exchange_cluster
from clusterlab.cluster.model import Cluster
from clusterlab.clusterexe import run_line
from clusterlab.clusterexe.listings import listings_in
from clusterlab.clusterexe.prompt import OBJECTS, OPTIONS
from clusterlab.clusterfiles import ClusterFileError, cluster_toml, read_cluster
from clusterlab.clusterfiles.exporting import listing_texts
from clusterlab.clusterfiles.importing import import_found
from clusterlab.design.designfiles import design_toml, read_design, starter
from clusterlab.eventlogs.postmortem import postmortem
from clusterlab.procedures import Plan, Run, installation
from clusterlab.procedures.planfiles import plan_toml, read_plan
from clusterlab.scenario import read_scenario
from clusterlab.symptoms import UnknownSymptom, explain, explain_lines
from tests import clientlogs as written
from tests.truths import broken

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
SENT = [path.read_text("utf-8") for path in sorted((Path(__file__).parent / "listings").glob("*"))]
"""Listings as people really have them."""
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


class Spoilt(NamedTuple):
    """A spoilt text, and what takes it: a call that says whether it was read or refused.

    The call fails if the text is neither read as something sound nor refused in words.
    """

    text: str
    take: Callable[[], bool]


@contextmanager
def told_about(text: str) -> Iterator[None]:
    """Let a failure say which text it was."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"the text was {text!r}")
        raise


def taken(spoilt_text: Spoilt) -> bool:
    """Return whether a text was read, and False if it was refused; fail with the text."""
    with told_about(spoilt_text.text):
        return spoilt_text.take()


def is_read(read: Callable[[], object]) -> bool:
    """Return whether *read* returned something sound; refusals have places and sentences."""
    try:
        found = read()
    except ConfigError as refusal:
        check_refusal(refusal)
        return False
    assert not isinstance(found, Cluster) or () == broken(found)
    return True


def check_refusal(refusal: ConfigError) -> None:
    """Fail unless a refusal can be shown in a terminal and says where and what is wrong."""
    for line in str(refusal).splitlines():
        assert line.isprintable(), refusal
        assert len(line.split()) > 2, refusal
    if isinstance(refusal, ClusterFileError):
        assert refusal.problems
        assert all(problem.file and problem.line >= 0 for problem in refusal.problems)


def is_answered(line: str) -> bool:
    """Return whether the prompt did what a line says; a refused line has changed nothing."""
    sim = Simulation(START)
    answer = run_line(sim, line)
    assert answer.strip()
    assert () == broken(sim.cluster)
    is_refused = answer.startswith(("System error", "Not possible"))
    assert not is_refused or (START, 1) == (sim.cluster, len(sim.history))
    return not is_refused


def spoilt_line(chance: random.Random) -> Spoilt:
    """Return a line for the prompt of cluster.exe."""
    line = spoilt(chance.choice(LINES), chance)
    return Spoilt(line, partial(is_answered, line))


def spoilt_listings(chance: random.Random) -> Spoilt:
    """Return a set of listings of which one is spoilt, and some may be missing."""
    (example,) = chance.choices([*LISTINGS, [chance.choice(SENT)]], OFTEN)
    kept = [text for text in example if chance.random() < 0.9] or example
    worn = chance.randrange(len(kept))
    text = shuffled(kept[worn].splitlines(), chance)
    files = {
        f"{number}.txt": one for number, one in enumerate([*kept[:worn], text, *kept[worn + 1 :]])
    }
    return Spoilt(text, partial(is_read, partial(imported, files)))


def imported(files: Mapping[str, str]) -> Cluster:
    """Return the cluster that listings describe."""
    return import_found(listings_in(files, "client"), "client").cluster


def spoilt_text(
    examples: Sequence[str], read: Callable[[str], object], chance: random.Random
) -> Spoilt:
    """Return one of *examples* with its lines spoilt; the first one is drawn least."""
    weights = [1, *[30] * (len(examples) - 1)]
    (example,) = chance.choices(examples, weights)
    text = shuffled(example.splitlines(), chance)
    return Spoilt(text, partial(is_read, partial(read, text)))


SCENARIOS = [
    path.read_text("utf-8") for path in sorted((Path(__file__).parent / "scenarios").glob("*.txt"))
]
RUN = Run(installation(Plan.standard(nodes=2, evs=1)))
for _ in range(5):
    RUN = RUN.do(RUN.available()[0].key)

_SIM = Simulation(exchange_cluster(1, 1))
_SIM.fail_node("NODE1")
_SIM.run()
LOGS = [
    written.cluster_log(_SIM, "NODE2"),
    written.event_viewer(written.rows(_SIM)),
    written.eventquery(written.rows(_SIM)),
    written.dumpel(written.rows(_SIM, texts=written.STRINGS)),
    written.one_value_a_line(written.rows(_SIM)),
    written.copied(written.rows(_SIM)),
]


def explained(text: str) -> bool:
    """Return whether handbook 7 answers a text, as a question and as a log; a refusal says so."""
    found = []
    for ask in (explain_lines, explain):
        with suppress(UnknownSymptom):
            found.append(str(ask(text)))
    return bool(found)


def spoilt_log(chance: random.Random) -> Spoilt:
    """Return a log of which some lines are spoilt, for those who ask what its lines mean."""
    lines = chance.choice(LOGS).splitlines()
    start = chance.randrange(len(lines))
    text = shuffled(lines[start : start + 9], chance)
    return Spoilt(text, partial(explained, text))


def told_by(text: str) -> object:
    """Return what a log says that stands in a file."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.log")
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        return postmortem(path)


def large(text: str, chance: random.Random) -> str:
    """Return ten megabytes of spoilt copies of a text."""
    copies = [spoilt(text, chance) for _ in range(20)]
    return "\n".join(chance.choices(copies, k=1 + LARGE // (len(text) + 1)))[:LARGE]


LARGE = 10_000_000
"""Letters of a large text, which is read or refused within `MOST_S`; a tenth in `MOST_BYTES`."""
MOST_S = 5.0
MOST_BYTES = 200_000_000
LARGE_TEXTS: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "prompt": (LINES[0], partial(run_line, Simulation(START))),
    "listings": ("\n".join(LISTINGS[0]), lambda text: imported({"a.txt": text})),
    "cluster file": (FILES[0], read_cluster),
    "scenario": (SCENARIOS[0], read_scenario),
    "lines of a log": (LOGS[1], explained),
    "logs": (LOGS[1], told_by),
}
"""Large texts by entrance, and what reads them."""


ENTRANCES: Mapping[str, Callable[[random.Random], Spoilt]] = {
    "prompt": spoilt_line,
    "cluster file": partial(spoilt_text, FILES, read_cluster),
    "listings": spoilt_listings,
    "lines of a log": spoilt_log,
    "logs": partial(spoilt_text, LOGS, told_by),
    "scenario": partial(spoilt_text, SCENARIOS, read_scenario),
    "plan": partial(spoilt_text, [plan_toml(Plan.standard(2, 1))], read_plan),
    "design": partial(spoilt_text, [design_toml(starter(2, 1))], read_design),
    "saved run": partial(spoilt_text, [RUN.to_json()], Run.from_json),
}
"""Everything that takes a text from outside, by name."""
