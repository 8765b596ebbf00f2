"""What is right in the tasks of lesson 05: what if."""

import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from clusterlab.cluster.events import SetProperties
from clusterlab.cluster.model import Cluster
from clusterlab.clusterfiles import ClusterFileError, export_listings, read_cluster
from clusterlab.exchange.evs import exchange_cluster
from clusterlab.exchange.exres import MAX_STORAGE_GROUPS, storage_groups
from clusterlab.lessons import trials as tr
from clusterlab.simulation import Simulation
from clusterlab.studies.play import Aftermath, Failure, play
from clusterlab.studies.whatif import (
    double_failures,
    failures_of,
    shortest_way_to_lose,
    single_failures,
)

_DISKS = {"EVS1": ["Disk R:", "Disk S:"], "EVS2": ["Disk T:", "Disk U:"]}


def client_file() -> str:
    """Return the cluster file that task 05.1 asks to mend."""
    return Path(__file__).with_name("client.toml").read_text("utf-8")


def _mended(answer: object) -> tr.Findings:
    text = tr.given(answer, str, 'Give the text of the file: check("05.1", text).')
    try:
        cluster = read_cluster(text)
    except ClusterFileError as error:
        facts = {"count": len(error.problems), "first": error.problems[0]}
        yield tr.Finding("reads", False, facts)
        return
    yield tr.Finding("reads", True)
    homes = {name: cluster.owners[name] for name in tr.evs_names(cluster)}
    is_same = homes == {"EVS1": "NODE1", "EVS2": "NODE2"} and len(cluster.config.nodes) == 3
    yield tr.Finding("homes", is_same)
    disks = {name: _disks(cluster, name) for name in homes}
    yield tr.Finding("disks", disks == _DISKS)
    count = storage_groups(tr.resource(cluster, "EVS2/IS")) if is_same else 0
    yield tr.Finding("groups", count == MAX_STORAGE_GROUPS, {"count": count})


def _disks(cluster: Cluster, group: str) -> list[str]:
    return [r.name for r in cluster.config.members[group] if r.type.short == "Disk"]


def _counted(answer: object) -> tr.Findings:
    cluster = exchange_cluster(active=3, passive=1)
    single = len(single_failures(cluster).losses)
    right = {"single": single, "pairs": len(double_failures(cluster).losses) - single}
    yield from tr.numbers("05.2", answer, right)


def _sequence(task: str, cluster: Cluster, answer: object) -> list[Failure]:
    by_name = {failure.label.casefold(): failure for failure in failures_of(cluster)}
    given = answer if isinstance(answer, Sequence) and not isinstance(answer, str) else ()
    names = [str(name).strip().casefold() for name in given]
    if not names or not set(names) <= by_name.keys():
        nodes = ", ".join(failure.label for failure in by_name.values())
        raise tr.OtherAnswerWanted(
            f'Give nodes in order, of {nodes}: check("{task}", ("NODE1", "NODE2")).'
        )
    return [by_name[name] for name in names]


def _lost(cell: Aftermath) -> str:
    return ", ".join(cell.lost) or "no EVS"


def _order_decides(answer: object) -> tr.Findings:
    cluster = exchange_cluster(active=3, passive=1)
    sequence = _sequence("05.3", cluster, answer)
    yield tr.Finding("two", len({failure.label for failure in sequence}) == len(sequence) == 2)
    ahead, back = play(cluster, sequence), play(cluster, sequence[::-1])
    facts = {
        "sequence": ahead.label,
        "lost": _lost(ahead),
        "back": back.label,
        "other": _lost(back),
    }
    yield tr.Finding("differ", set(ahead.lost) != set(back.lost), facts)
    yield tr.Finding("active", all(failure.label != "NODE4" for failure in sequence), facts)


def _shortest(answer: object) -> tr.Findings:
    cluster = exchange_cluster(active=2, passive=2)
    sequence = _sequence("05.4", cluster, answer)
    cell = play(cluster, sequence)
    facts: dict[str, object] = {"sequence": cell.label, "count": len(sequence)}
    yield tr.Finding("loses", "EVS1" in cell.lost, facts)
    fewest = len(shortest_way_to_lose(cluster, "EVS1").failures)
    yield tr.Finding("shortest", len(sequence) <= fewest, {**facts, "fewest": fewest})


def _saved(sim: Simulation) -> tr.Findings:
    before = Simulation(sim.history[0].cluster)
    for outcome in sim.history:
        if isinstance(outcome.event, SetProperties):
            before.send(outcome.event)
    losses = single_failures(before.cluster).losses
    facts = {"lost": "; ".join(f"{cell.label}: {_lost(cell)}" for cell in losses)}
    yield tr.Finding("survives", not losses, facts)
    changes = sum(isinstance(outcome.event, SetProperties) for outcome in sim.history) - 1
    yield tr.Finding("one", changes == 1, {"count": changes})


def _surveyed() -> Cluster:
    sim = Simulation(exchange_cluster(active=2, passive=2, name="POST"))
    sim.set_properties("EVS2/IS", possible_owners=("NODE2", "NODE3"))
    return sim.cluster


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory()  # goes when Python ends


def client_listings() -> Path:
    """Return a folder with the listings that task 05.7 asks about."""
    folder = Path(_folder().name) / "listings"
    if not folder.exists():
        export_listings(_surveyed(), folder)
    return folder


def _fewest_failures(answer: object) -> tr.Findings:
    numbers = tr.given(answer, Mapping, 'Give a number for each EVS: check("05.7", {"EVS1": 1}).')
    cluster = _surveyed()
    given = {str(name).upper(): count for name, count in numbers.items()}
    for name in tr.evs_names(cluster):
        way = shortest_way_to_lose(cluster, name)
        sequence = ", then ".join(failure.label for failure in way.failures)
        facts = {"evs": name, "guess": given.get(name, tr.UNANSWERED), "nodes": sequence}
        yield tr.Finding("fewest", given.get(name) == len(way.failures), facts)
    narrow = str(given.get("RESOURCE", tr.UNANSWERED))
    names = ("IS", "EVS2/IS", tr.resource(cluster, "EVS2/IS").name)
    is_store = narrow.casefold() in map(str.casefold, names)
    yield tr.Finding("resource", is_store, {"guess": narrow})
    missing = given.get("MISSING", ())
    nodes = {str(node).upper() for node in ([missing] if isinstance(missing, str) else missing)}
    guess = ", ".join(sorted(nodes)) or "none"
    yield tr.Finding("missing", nodes == {"NODE1", "NODE4"}, {"guess": guess})


_THREE = ("NODE1", "NODE2", "NODE3")
STARTS: tr.Starts = {
    "05.6": lambda: tr.begun(SetProperties("Disk S:", {"possible_owners": _THREE}))
}

GRADERS: Mapping[str, tr.Grader] = {
    "05.1": _mended,
    "05.2": _counted,
    "05.3": _order_decides,
    "05.4": _shortest,
    "05.5": lambda answer: tr.causes("05.5", answer, "abcdef", "cde"),
    "05.6": _saved,
    "05.7": _fewest_failures,
}
