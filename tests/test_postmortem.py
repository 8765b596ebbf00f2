"""What happened? Logs of the simulation, written as Windows would, are read back (handbook 7)."""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterlab import Simulation, cli, exchange_cluster
from clusterlab.cluster.errors import ConfigError, OperationRefused
from clusterlab.cluster.model import Cluster
from clusterlab.cluster.outages import ONLINE, Span
from clusterlab.clusterfiles import read_cluster, write_cluster
from clusterlab.clusterfiles.building import broken_rules
from clusterlab.eventlogs import reading
from clusterlab.eventlogs.postmortem import COMING, UNTOLD, Postmortem, postmortem, with_measured
from clusterlab.eventlogs.reading import DURATIONS
from clusterlab.exchange.evs import all_durations
from tests import clientlogs as written

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
    zero_s = written.START.timestamp() - datetime(1970, 1, 1).timestamp()
    spans = [span for one in found.incidents for span in one.bars.get(group, ())]
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
    "event viewer, day first": lambda sim: written.event_viewer(written.rows(sim), "%d/%m/%Y"),
    "event viewer, year first": lambda sim: written.event_viewer(written.rows(sim), "%Y-%m-%d"),
    "event viewer, short year": lambda sim: written.event_viewer(written.rows(sim), "%d.%m.%y"),
    "csv with titles": lambda sim: written.with_titles(written.rows(sim)),
    "eventquery": lambda sim: written.eventquery(written.rows(sim)),
    "eventquery /fo list": lambda sim: written.one_value_a_line(written.rows(sim)),
    "copied from event viewer": lambda sim: written.copied(written.rows(sim)),
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
    "store fails": lambda sim: sim.fail_resource(STORE.format("EVS2")),
    "SA fails": lambda sim: sim.fail_resource("Exchange System Attendant Instance - (EVS1)"),
    "address fails": lambda sim: sim.fail_resource("EVS2 IP Address"),
}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(sorted(DEEDS)), min_size=1, max_size=2, unique=True))
def test_any_two_deeds_are_read_back(tmp_path_factory: pytest.TempPathFactory, names: list[str]):
    """Whatever fails or is moved first, the bars read are those of the simulation."""
    sim = after(*(DEEDS[name] for name in names))
    assert_same(postmortem(by_node(sim, tmp_path_factory.mktemp("logs")), cluster()), sim)


def test_what_the_cluster_group_can_do_without_does_not_lengthen_its_outage(tmp_path: Path):
    """MSDTC comes online last, and does not affect the group; the cluster file says so."""
    found = postmortem(by_node(after(crash("NODE1")), tmp_path), cluster())
    parts = [part for part, *_ in read_bars(found, "Cluster Group")]
    assert ["detect", "arbitrate", "address", "name"] == parts


def test_outages_at_different_times_are_different_incidents(tmp_path: Path):
    """What one crash puts out stands together, what another one does stands apart."""
    found = postmortem(by_node(after(crash("NODE2"), crash("NODE1")), tmp_path))
    assert [{"EVS2"}, {"EVS1", "Cluster Group"}] == [set(one.bars) for one in found.incidents]


def test_nobody_waits_minutes_for_the_quorum(tmp_path: Path):
    """Where 1200 comes long after 1135, what went on between cannot be told."""
    late = [
        (at + timedelta(seconds=200 * (entry.event_id >= 1200)), entry, text)
        for at, entry, text in written.rows(after(crash("NODE1")))
    ]
    found = postmortem(saved(tmp_path, {"a.csv": written.event_viewer(late)}))
    assert ["detect", UNTOLD, COMING] == [part for part, *_ in read_bars(found, "EVS1")]
    assert (
        "EVS1: from 2006-11-30 11:51:48 to 2006-11-30 11:55:18 the logs do not show what happened"
        in str(found)
    )


def test_a_start_out_of_nothing_follows_an_outage_of_unknown_length(tmp_path: Path):
    """After a power cut of all nodes nobody has logged the loss."""
    sim = after(lambda sim: sim.move_group("EVS2", "NODE4"))
    for node in sim.cluster.config.nodes:
        sim.fail_node(node.name)
    sim.start_node("NODE1")
    sim.run(until_s=sim.now_s + 1500)
    found = postmortem(by_node(sim, tmp_path, with_lines=False))
    assert [UNTOLD, COMING] == [part for part, *_ in read_bars(found, "EVS1")]


def test_cluster_logs_alone_are_enough_for_a_restart_in_place(tmp_path: Path):
    """A resource that is pending again on its node is no new start of the group."""
    sim = after(lambda sim: sim.fail_resource("Exchange System Attendant Instance - (EVS2)"))
    found = postmortem(saved(tmp_path, {"a.log": written.cluster_log(sim, "NODE2")}))
    true = [(span.part, span.end_s - span.start_s) for span in true_bars(sim, "EVS2")]
    assert true == [(part, end - start) for part, start, end, _ in read_bars(found, "EVS2")]


def cut_off(node: str) -> Deed:
    """Pull every cable of a node."""
    return lambda sim: sim.pull_cable(node)


def test_a_node_that_was_cut_off_is_told_from_one_that_failed(tmp_path: Path):
    """Its own log shows that it missed those that missed it; so does the simulation (1, 4.9)."""
    sim = after(cut_off("NODE2"))
    found = postmortem(by_node(sim, tmp_path), cluster())
    assert_same(found, sim)
    assert "NODE2 cut off" in str(found)
    bars = found.incidents[0].expected["EVS2"]
    assert [span.part for span in true_bars(sim, "EVS2")] == [
        s.part for s in bars if s.part != ONLINE
    ]


def test_without_its_log_nobody_can_tell_a_node_cut_off_from_one_that_failed(tmp_path: Path):
    """It is called lost, and what cannot be told is said."""
    paths = by_node(after(cut_off("NODE2")), tmp_path)
    found = postmortem([path for path in paths if "NODE2" not in path.name], cluster())
    assert "NODE2 lost" in str(found)
    assert "whether it failed or was cut off, cannot be told" in str(found)


def test_of_two_nodes_that_fail_together_neither_was_cut_off(tmp_path: Path):
    """That the last lines of one miss the other does not make it one that ran on."""

    def both(sim: Simulation) -> None:
        sim.fail_node("NODE2")
        sim.run(until_s=sim.now_s + 2.5)
        sim.fail_node("NODE1")

    found = postmortem(by_node(after(both), tmp_path))
    assert "cut off" not in str(found)


@pytest.mark.parametrize("has_moved", [False, True])
def test_the_owner_of_a_group_is_a_guess_where_two_nodes_are_lost(has_moved: bool, tmp_path: Path):
    """Without an earlier record of the group either may have had it, and that is said."""
    sim = Simulation(cluster())
    if has_moved:
        sim.move_group("EVS1", "NODE2")
        sim.run(until_s=1000)
    for node in ("NODE1", "NODE2"):
        sim.fail_node(node)
    sim.run(until_s=3000)
    told = str(postmortem(by_node(sim, tmp_path, with_lines=False)))
    assert ("EVS1: no record says which node had it." in told) is not has_moved
    assert "EVS2: no record says which node had it. NODE2 is a guess: NODE1 was lost too" in told


def test_dumpel_prints_strings_of_which_the_last_is_a_known_group(tmp_path: Path):
    """'Disk T: EVS2' are a resource and a group, since 1203 names EVS2."""
    sim = after(lambda sim: sim.lose_disk("Disk T:"))
    text = written.dumpel(written.rows(sim, texts=written.STRINGS))
    found = postmortem(saved(tmp_path, {"a.txt": text}))
    assert "Disk T: of EVS2 failed on NODE2" == found.incidents[0].words


def test_too_many_records_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Memory stays bounded: who has more cuts out the days in question."""
    monkeypatch.setattr(reading, "MOST_RECORDS", 5)
    text = written.event_viewer(written.rows(after(crash("NODE2"))))
    with pytest.raises(ConfigError, match=r"a\.csv: more than 5 records"):
        postmortem(saved(tmp_path, {"a.csv": text}))


def test_cluster_logs_alone_are_enough_for_a_move(tmp_path: Path):
    """Without any event log the states of resources tell what a group did."""
    sim = after(*CASES["a move and back"])
    texts = {f"{n}.log": written.cluster_log(sim, n) for n in ("NODE2", "NODE4")}
    found = postmortem(saved(tmp_path, texts))
    parts = [part for part, *_ in read_bars(found, "EVS2")]
    assert ["stop", "transfer", "address", "name", "SA", "store"] * 2 == parts


def test_a_failure_in_place_is_an_outage_only_where_cluster_log_tells_its_end(tmp_path: Path):
    """A restart in place logs only 1069 (handbook 1, 8.3); its end is in cluster.log."""
    fail: Deed = lambda sim: sim.fail_resource(STORE.format("EVS2"))  # noqa: E731
    sim = after(fail, fail)
    assert_same(postmortem(by_node(sim, tmp_path), cluster()), sim)
    found = postmortem(by_node(sim, tmp_path, with_lines=False))
    assert () == found.incidents
    assert f"EVS2: {STORE.format('EVS2')} failed on NODE2. How long it was down" in str(found)


def test_a_group_given_up_is_out_to_the_end(tmp_path: Path):
    """A disk dead for everybody: as many stops and transfers, then failed, and it says so."""
    sim = after(lambda sim: sim.lose_disk("Disk T:"))
    found = postmortem(by_node(sim, tmp_path, with_lines=False))
    true = [(s.part, s.node) for s in sim.spans("EVS2") if s.part in {"stop", "transfer", "failed"}]
    read = [(part, node) for part, *_, node in read_bars(found, "EVS2")]
    assert [one for one in read if one[0] in {"stop", "transfer", "failed"}] == true
    assert "EVS2: it is not back at the end of the logs" in str(found)


def test_what_was_expected_stands_beside_it(tmp_path: Path):
    """With the cluster, the same failure is played from the owners of that moment."""
    sim = after(lambda sim: sim.move_group("EVS2", "NODE4"), crash("NODE4"))
    found = postmortem(by_node(sim, tmp_path), cluster())
    lanes = found.lanes(2)
    assert ["EVS2", "sim EVS2"] == list(lanes)
    assert [s.part for s in lanes["EVS2"]] == [s.part for s in lanes["sim EVS2"]]
    assert 175.2 == pytest.approx(sum(s.end_s - s.start_s for s in lanes["sim EVS2"]))


def test_without_the_cluster_nothing_is_expected_and_that_is_said(tmp_path: Path):
    """No usual cluster is put in the place of the client's."""
    found = postmortem(by_node(after(crash("NODE2")), tmp_path))
    assert ["EVS2"] == list(found.lanes())
    assert "name its file with --cluster" in str(found)


def test_clocks_are_set_right_and_named(tmp_path: Path):
    """A clock 37 s ahead is told by the events that two nodes log."""
    sim = after(crash("NODE2"))
    texts = {
        f"{node}.csv": written.event_viewer(written.rows(sim, node, ahead_s=ahead_s))
        for node, ahead_s in (("NODE1", 37), ("NODE3", 0), ("NODE4", 0))
    }
    found = postmortem(saved(tmp_path, texts))
    assert "The clock of NODE1 is 37 s ahead of that of NODE3" in str(found)
    assert_same(found, sim, with_lines=False)


def test_cluster_log_is_a_whole_number_of_quarters_of_an_hour_off(tmp_path: Path):
    """Its UTC lies hours from local time, however event logs cut off parts of seconds."""
    found = postmortem(by_node(after(crash("NODE2")), tmp_path))
    assert "The clock of NODE1 (cluster.log) is 3600 s behind" in str(found)


def test_clocks_that_cannot_be_compared_are_named(tmp_path: Path):
    """Two logs without a common event are taken as they are, and a sentence says so."""
    found = postmortem(by_node(after(*CASES["a move and back"]), tmp_path, with_lines=False))
    assert "the clock of NODE4 is off that of NODE2 cannot be told" in str(found)


GERMAN = {
    1123: 'Der Knoten hat die Verbindung mit dem Clusterknoten "{peer}" im Netz "{net}" verloren.',
    1126: 'Die Schnittstelle des Knotens "{peer}" im Netzwerk "Private" ist nicht erreichbar.',
    1135: "Der Clusterknoten {peer} wurde aus der aktiven Mitgliedschaft entfernt.",
    1200: "Der Clusterdienst versucht, die Gruppe „{group}“ online zu schalten.",
    1201: "Der Clusterdienst hat die Gruppe „{group}“ online geschaltet.",
}


def test_another_language_is_read_by_numbers_and_quotes(tmp_path: Path):
    """German titles and texts in cp1252: names stand in quotes, or are those of known nodes."""
    sim = after(crash("NODE1"))
    lines = [
        f'Fehler;{at:%d.%m.%Y};{at:%H:%M:%S};{e.source};;{e.event_id};N/A;{e.node};"{quoted}"'
        for at, e, text in written.rows(sim, texts=GERMAN)
        for quoted in [text.replace('"', '""')]
    ]
    titles = "Typ;Datum;Zeit;Quelle;Kategorie;Ereignis;Benutzer;Computer;Beschreibung"
    path = tmp_path / "a.csv"
    path.write_text("\n".join([titles, *lines]), "cp1252")
    assert_same(postmortem(path), sim, with_lines=False)


def test_windows_2000_does_not_name_the_group_that_a_resource_failed_in(tmp_path: Path):
    """There 1069 names the resource alone; its group is told by the cluster, or by cluster.log."""
    sim = after(lambda sim: sim.lose_disk("Disk T:"))
    texts = {**written.TEXTS, 1069: "Cluster resource '{resource}' failed."}
    path = saved(tmp_path, {"a.csv": written.event_viewer(written.rows(sim, texts=texts))})
    assert postmortem(path, cluster()).incidents[0].words == "Disk T: of EVS2 failed on NODE2"


def test_names_of_computers_may_have_a_domain(tmp_path: Path):
    """A later Event Viewer writes NODE1.corp.example."""
    sim = after(crash("NODE2"))
    text = written.event_viewer(written.rows(sim)).replace(
        ",N/A,NODE3,", ",N/A,NODE3.corp.example,"
    )
    assert_same(postmortem(saved(tmp_path, {"a.csv": text})), sim, with_lines=False)


def test_order_in_a_file_does_not_matter(tmp_path: Path):
    """Lines in another order, and lines twice, change nothing."""
    sim = after(crash("NODE1"))
    rows = written.rows(sim)
    mixed = [*rows[1::2], *rows[::2], *rows]
    found = postmortem(saved(tmp_path, {"a.csv": written.event_viewer(mixed)}))
    assert_same(found, sim, with_lines=False)


def test_a_log_that_begins_in_the_middle_tells_no_loss(tmp_path: Path):
    """Where 1123 and 1135 were overwritten, nothing says since when or why EVS2 was out."""
    rows = [row for row in written.rows(after(crash("NODE2"))) if row[1].event_id >= 1200]
    found = postmortem(saved(tmp_path, {"a.csv": written.event_viewer(rows)}))
    assert [COMING] == [part for part, *_ in read_bars(found, "EVS2")]
    assert "EVS2 was not online; why cannot be told" in str(found)


def test_a_missing_node_is_named(tmp_path: Path):
    """Of the node that was lost there is no log, and the taker's alone gives the whole bar."""
    sim = after(crash("NODE2"))
    taker = sim.owner("EVS2")
    found = postmortem(saved(tmp_path, {"a.csv": written.event_viewer(written.rows(sim, taker))}))
    assert_same(found, sim, with_lines=False)
    assert "NODE2: nothing it logged is in these files." in str(found)


REFUSED = {
    "a letter": ("Dear all,\nthe mail is slow.\n", "letter.txt: this is no log that is known"),
    "a cluster file": ('[cluster]\nname = "CL1"\n', "letter.txt: this is no log that is known"),
    "another source": (
        "30.11.2006,10:00:00,Print,Error,None,10,N/A,NODE1,gone\n", "no event of the Cluster"
    ),
    "no computer": (
        "Source,Event ID,Date and Time\nClusSvc,1135,11/30/2006 10:00:00 AM\n", "which computer"
    ),
    "nobody's cluster.log": (
        "00000a.00000b::2006/11/30-10:00:00.000 INFO [EP] Nodes down event received\n", "which node"
    ),
    "an open quote": ('30.11.2006,10:00:00,ClusSvc,E,,1135,N/A,NODE1,"' + "x" * 200_000, "its end"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_log_is_refused_by_name(text: str, words: str, tmp_path: Path):
    """The sentence names the file and says what to do."""
    with pytest.raises(ConfigError, match=f"(?i){words}"):
        postmortem(saved(tmp_path, {"letter.txt": text}))


def test_the_event_log_itself_is_refused(tmp_path: Path):
    """An .evt is no text; Event Viewer saves it as CSV."""
    path = tmp_path / "system.evt"
    path.write_bytes(b"\x30\x00\x00\x00LfLe" + bytes(100))
    with pytest.raises(ConfigError, match=r"system\.evt: .*save it as CSV"):
        postmortem(path)


def test_moments_that_cannot_be_are_counted(tmp_path: Path):
    """The 31st of a month without one is no moment; the rest is read."""
    text = written.event_viewer(written.rows(after(crash("NODE2"))))
    bad = text.splitlines()[0].replace("30.11.2006", "31.11.2006")
    found = postmortem(saved(tmp_path, {"a.csv": f"{text}{bad}\n"}))
    assert "a.csv: 1 of its events have no moment that can be read." in found.notes


@pytest.mark.parametrize("name", ["<b>EVS</b>", "=cmd|' /C calc'!A0", "EVS\x1b[2J\x07", 'E"V"S'])
def test_names_are_data(name: str, tmp_path: Path):
    """Markup, formulas and control characters in names are shown, and steer nothing."""
    text = written.event_viewer(written.rows(after(crash("NODE2"))))
    text = text.replace('""EVS2""', f'""{name}""'.replace('E"V"S', "E'V'S"))
    found = postmortem(saved(tmp_path, {"a.csv": text}))
    assert 1 == len(found.incidents)
    assert "\x1b" not in str(found)
    assert "\x07" not in str(found)


def test_ten_megabytes_are_read_in_five_seconds(tmp_path: Path):
    """Other programs' events are passed over; time of this process, whatever else runs."""
    noise = "30.11.2006,10:21:47,Print,Information,None,10,N/A,NODE4,a document was printed\n"
    text = written.event_viewer(written.rows(after(crash("NODE2"))))
    path = saved(tmp_path, {"a.csv": noise * (10_000_000 // len(noise)) + text})
    start_s = time.process_time()
    assert 1 == len(postmortem(path).incidents)
    assert time.process_time() - start_s < 5


def test_ten_megabytes_of_cluster_events_are_read_in_five_seconds(tmp_path: Path):
    """Every line is an event of the Cluster service, day after day the same failover."""
    once = written.rows(after(crash("NODE2")), texts=written.STRINGS)
    days = 10_000_000 // len(written.dumpel(once)) + 1
    rows = [(at + timedelta(days=day), *rest) for day in range(days) for at, *rest in once]
    path = saved(tmp_path, {"a.txt": written.dumpel(rows)})
    start_s = time.process_time()
    assert days == len(postmortem(path).incidents)
    assert time.process_time() - start_s < 5


def test_durations_are_those_of_the_tables():
    """Each type has its duration, each duration a row in the tables."""
    assert set() == set(DURATIONS.values()) - all_durations({}).keys()


SLOW = {"sa_online": 47.0, "disk_online": 12.0, "is_online": 90.0, "replay_logs_per_s": 1.0}


def test_measured_durations_make_the_clients_cluster(tmp_path: Path):
    """From a slow cluster's logs, the usual cluster takes over what was slow, and nothing else."""
    sim = after(lambda sim: sim.move_group("EVS2", "NODE4"), crash("NODE4"), transfer=4.0, **SLOW)
    is_online = {"is_online": SLOW["is_online"]}
    found = postmortem(by_node(sim, tmp_path), cluster(**is_online))
    made, changed = with_measured(cluster(**is_online), found)
    expected = {"transfer": 4.0, **SLOW}
    del expected["is_online"]
    assert expected == pytest.approx(changed, abs=0.9)
    assert [] == list(broken_rules(made.config))


def test_arbitration_that_was_short_waits_no_longer_before_it_reserves(tmp_path: Path):
    """A quorum that is online after 5 s was not reserved after 7 s."""
    sim = after(crash("NODE1"), arbitration_online=5.0, arbitration_reserve=3.0)
    made, changed = with_measured(cluster(), postmortem(by_node(sim, tmp_path)))
    short = {"arbitration_online": 5.0, "arbitration_reserve": 5.0}
    assert short == pytest.approx(changed, abs=0.9)
    assert changed["arbitration_reserve"] == made.config.durations["arbitration_reserve"]


def test_the_command_prints_text_data_and_a_new_cluster_file(tmp_path: Path):
    """--json holds the bars, --durations writes a file that is read again, never over another."""
    logs = [str(path) for path in by_node(after(crash("NODE2"), sa_online=60.0), tmp_path)]
    home, out = tmp_path / "cl.toml", tmp_path / "out.toml"
    write_cluster(cluster(), home)

    def call(*options: str):
        return CliRunner().invoke(cli.cli, ["postmortem", *logs, *options])

    told = call("--cluster", str(home), "--durations", str(out))
    assert 0 == told.exit_code, told.output
    assert "NODE2 lost" in told.stdout
    assert 60.0 == read_cluster(out).config.durations["sa_online"]
    data = json.loads(call("--json").stdout)
    assert "detect" == data["incidents"][0]["bars"]["EVS2"][0]["part"]
    before = home.read_bytes()
    again = call("--cluster", str(home), "--durations", str(home))
    assert (2, before) == (again.exit_code, home.read_bytes())
    assert "exists; name a new file" in again.stderr
    assert "--cluster" in call("--durations", str(tmp_path / "no.toml")).stderr


def test_a_notebook_shows_text_and_live_bars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A cell shows the text; the lab shows it escaped, then a live figure for each incident."""
    whatif = pytest.importorskip("clusterlab.lab.panels.whatif")
    shown: list[object] = []
    monkeypatch.setattr(whatif, "display", shown.append)
    found = postmortem(by_node(after(crash("NODE2")), tmp_path), cluster())
    assert str(found) == repr(found)
    whatif.show_incidents(found)
    text, picture = shown
    assert "NODE2 lost" in text.value
    assert "sim EVS2: detect until 8.2 s" in picture.figure.alt
