"""What happened? Logs of the simulation, written as Windows would, are read back (handbook 7)."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import clientlogs as written
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterlab import Simulation, exchange_cluster
from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.outages import ONLINE, Span
from clusterlab.eventlogs.bars import COMING
from clusterlab.eventlogs.postmortem import Postmortem, postmortem

STORE = "Exchange Information Store Instance - ({})"
STARTING = ("address", "name", "disk", "SA", "store", "protocols", "quorum")

Deed = Callable[[Simulation], None]


def cluster(**durations: float) -> Cluster:
    """Return two EVSs on four nodes."""
    return exchange_cluster(active=2, passive=2, durations=durations)


def after(*deeds: Deed, **durations: float) -> Simulation:
    """Return a simulation of two EVSs on four nodes in which each deed has had its time."""
    sim = Simulation(cluster(**durations))
    sim.run(until_s=100)
    for deed in deeds:
        with suppress(OperationRefused):  # EVS2 may stand where it is to be moved to
            deed(sim)
        sim.run(until_s=sim.now_s + 1500)
    return sim


def crash(node: str) -> Deed:
    """Let a node lose power."""
    return lambda sim: sim.fail_node(node)


def saved(folder: Path, texts: dict[str, str]) -> list[Path]:
    """Write texts to files and return their paths."""
    paths = [folder / name for name in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        path.write_text(text, "utf-8")
    return paths


def by_node(sim: Simulation, folder: Path, *, with_lines: bool = True) -> list[Path]:
    """Save the event log and, if asked, cluster.log of each node."""
    nodes = [node.name for node in sim.cluster.config.nodes]
    texts = {f"{node}.csv": written.event_viewer(written.rows(sim, node)) for node in nodes}
    if with_lines:
        texts |= {f"{node}-cluster.log": written.cluster_log(sim, node) for node in nodes}
    return saved(folder, texts)


def read_bars(found: Postmortem, group: str) -> list[tuple[str, float, float, str]]:
    """Return the spans without service that were read, in seconds of the simulation."""
    zero_s = written.START.timestamp() - written.datetime(1970, 1, 1).timestamp()
    spans = [span for one in found.troubles for span in one.bars.get(group, ())]
    return [(s.part, s.start_s - zero_s, s.end_s - zero_s, s.node) for s in spans]


def true_bars(sim: Simulation, group: str, *, with_lines: bool = True) -> list[Span]:
    """Return the spans without service; without cluster.log, starting is one span."""
    bars: list[Span] = []
    for span in sim.spans(group):
        part = span.part if with_lines or span.part not in STARTING else COMING
        is_more = bars and (bars[-1].part, bars[-1].node) == (part, span.node)
        if part != ONLINE and is_more and bars[-1].end_s == span.start_s:
            bars[-1] = bars[-1]._replace(end_s=span.end_s)
        elif part != ONLINE and span.end_s > span.start_s:
            bars.append(span._replace(part=part))
    return bars


def assert_same(found: Postmortem, sim: Simulation, *, with_lines: bool = True) -> None:
    """All groups with clients have the bars of the simulation, to the second."""
    for group in sim.cluster.config.served_groups:
        true = true_bars(sim, group, with_lines=with_lines)
        read = read_bars(found, group)
        assert [(s.part, s.node) for s in true] == [(part, node) for part, *_, node in read], group
        for span, (_, start_s, end_s, _) in zip(true, read, strict=True):
            assert abs(span.start_s - start_s) <= 1.1
            assert abs(span.end_s - end_s) <= 1.1


CASES: dict[str, tuple[Deed, ...]] = {
    "a node": (crash("NODE2"),),
    "the owner of the quorum": (crash("NODE1"),),
    "two nodes": (crash("NODE2"), crash("NODE1")),
    "a move and back": (
        lambda sim: sim.move_group("EVS2", "NODE4"),
        lambda sim: sim.move_group("EVS2", "NODE2"),
    ),
    "offline and online": (
        lambda sim: sim.take_offline("EVS2"),
        lambda sim: sim.bring_online("EVS2"),
    ),
    "a service stopped": (lambda sim: sim.stop_cluster_service("NODE2"),),
}
WRITERS: dict[str, Callable[[Simulation], str]] = {
    "event viewer": lambda sim: written.event_viewer(written.rows(sim)),
    "event viewer, month first": lambda sim: written.event_viewer(written.rows(sim), "%m/%d/%Y"),
    "csv with titles": lambda sim: written.with_titles(written.rows(sim)),
    "eventquery": lambda sim: written.eventquery(written.rows(sim)),
    "dumpel": lambda sim: written.dumpel(written.rows(sim, texts=written.STRINGS)),
}


@pytest.mark.parametrize("deeds", CASES.values(), ids=CASES)
@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_an_event_log_gives_the_bars_of_the_simulation(
    writer: Callable[[Simulation], str], deeds: Sequence[Deed], tmp_path: Path
):
    """Whatever wrote it: detect, arbitrate, stop, transfer, and coming online as one part."""
    sim = after(*deeds)
    assert_same(postmortem(saved(tmp_path, {"a.txt": writer(sim)})), sim, with_lines=False)


@pytest.mark.parametrize("deeds", CASES.values(), ids=CASES)
def test_with_cluster_logs_every_part_is_that_of_the_simulation(
    deeds: Sequence[Deed], tmp_path: Path
):
    """cluster.log, in UTC, divides coming online into address, name, SA and store."""
    sim = after(*deeds)
    assert_same(postmortem(by_node(sim, tmp_path), cluster()), sim)


DEEDS: dict[str, Deed] = {
    **{f"crash of {node}": crash(node) for node in ("NODE1", "NODE2", "NODE3", "NODE4")},
    "move": lambda sim: sim.move_group("EVS2", "NODE4"),
    "move on": lambda sim: sim.move_group("EVS2", "NODE3"),
    "stop": lambda sim: sim.stop_cluster_service("NODE3"),
}


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(sorted(DEEDS)), min_size=1, max_size=2, unique=True))
def test_any_two_deeds_are_read_back(tmp_path_factory: pytest.TempPathFactory, names: list[str]):
    """Whatever fails or is moved first, the bars read are those of the simulation."""
    sim = after(*(DEEDS[name] for name in names))
    assert_same(postmortem(by_node(sim, tmp_path_factory.mktemp("logs")), cluster()), sim)


def test_cluster_logs_alone_are_enough_for_a_move(tmp_path: Path):
    """Without any event log the states of resources tell what a group did."""
    sim = after(*CASES["a move and back"])
    texts = {f"{n}.log": written.cluster_log(sim, n) for n in ("NODE2", "NODE4")}
    found = postmortem(saved(tmp_path, texts))
    parts = [part for part, *_ in read_bars(found, "EVS2")]
    assert ["stop", "transfer", "address", "name", "SA", "store"] * 2 == parts
